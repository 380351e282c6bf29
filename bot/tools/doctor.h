/* SPDX-License-Identifier: MIT */
/* doctor.h: what the files of `mooring doctor` share.  It reads and changes nothing; a line for
 * each thing that was looked at, and under what is wrong a line that says what to do. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "main.h"

enum doctor_word { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_PROBLEM };

struct doctor {
    const struct arguments *arguments;
    struct zones *zones;
    struct setup *setup; /* NULL: the configuration is full of mistakes */
    char state_folder[SETUP_PATH_BYTES], control_socket[SETUP_PATH_BYTES];
    bool is_running;   /* a daemon holds the state folder */
    int64_t newest_at; /* of what the store last wrote; 0: not known */
    int64_t now;       /* Unix ms */
    size_t problems, warnings;
};

/* `advice` NULL: none.  No secret, no person's name and no word of anybody. */
void doctor_say(struct doctor *doctor, enum doctor_word word, const char *topic, const char *advice,
                const char *format, ...) PRINTF_LIKE(5, 6);

/* doctor_files.c: credentials, state folder, disk, database, keyring */
void doctor_files(struct doctor *doctor);
/* The secret of that name, as the daemon would find it, or where systemd or the administrator keeps
 * it.  -ENOENT; -EACCES: not from here. */
int doctor_credential(const struct doctor *doctor, const char *name,
                      struct buf *ret_secret) MUST_CHECK;
/* doctor_time.c: clock, zones */
void doctor_time(struct doctor *doctor);
/* doctor_groups.c: alert rooms, rota, crisis numbers */
void doctor_groups(struct doctor *doctor);
/* doctor_net.c: names, connections, certificates, greetings */
void doctor_networks(struct doctor *doctor);
/* doctor_irc.c: whether that server lets the bot in and its account is logged in; 15 s at most */
struct irc_options;
void doctor_irc(struct doctor *doctor, const struct irc_options *options, const char *place);
/* doctor_matrix.c: a homeserver, what it speaks, the login that is kept */
void doctor_matrix(struct doctor *doctor, const struct settings_node *node);

#endif
