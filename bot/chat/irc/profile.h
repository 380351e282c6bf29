/* SPDX-License-Identifier: MIT */
/* profile.h: what is particular to one IRC network, or to one kind of services: who they are, how a
 * nick is had back, how somebody gets an account.  Read from networks/NAME.cfg. */
#ifndef CHAT_IRC_PROFILE_H
#define CHAT_IRC_PROFILE_H

#include "base/error.h"
#include "base/str.h"
#include "settings/settings.h"

enum { IRC_PROFILE_LINES_MAX = 8, IRC_PROFILES_MAX = 64 };

struct irc_profile_list {
    struct str items[IRC_PROFILE_LINES_MAX];
    size_t count;
};
struct irc_profile {
    struct str name;  /* of the file */
    struct str title; /* as people call the network; empty: as it calls itself, or as configured */
    struct irc_profile_list networks; /* NETWORK= of 005 */
    struct irc_profile_list versions; /* how the server's version in 004 begins */
    struct str services;              /* nick!user@host under which they speak, * for any run */
    struct str services_to;           /* a recipient, or "/NS": the server's own command for it */
    struct irc_profile_list recover;  /* said to services, in this order: {nick} {password} */
    struct irc_profile_list refuses;  /* in what they answer: of no use to ask again */
    struct str identify;      /* where there is no SASL: {account} {password}; empty: none */
    struct str identify_late; /* after a SASL login that came late; empty: services learn of it */
    char identified_mode;     /* our own mode that says so; 0: none */
    /* What somebody types to get an account, to confirm it, to log in. */
    struct str account_new, account_confirm, account_login;
};

/* <folder>/networks/<name>.cfg of the first folder that has it.  Texts are copied into the arena.
 * -ENOENT: none has (see irc_profile_unknown); -EINVAL: mistakes were told, each with file and
 * line. */
int irc_profile_read(const char *const *folders, size_t folder_count, struct str name,
                     settings_mistake_fn tell, void *ctx, struct arena *arena,
                     struct irc_profile *ret_profile) MUST_CHECK;
/* Each name once, in no order; borrowed until it returns. */
void irc_profile_each(const char *const *folders, size_t folder_count,
                      void (*each)(void *ctx, struct str name), void *ctx);
/* A sentence for the name of a profile that is not there. */
int irc_profile_unknown(const char *const *folders, size_t folder_count, struct str name,
                        struct error *error);

/* Whether the server itself sees to it that nobody but services gets what is said to them. */
bool irc_profile_is_safe(const struct irc_profile *profile);
/* Whether a sender is the services: false where the profile does not name their host. */
bool irc_profile_is_services(const struct irc_profile *profile, struct str nick, struct str user,
                             struct str host);
/* One of the lines with its {words} filled in; -EINVAL when one would break the line or stand for
 * several. */
struct irc_profile_words {
    struct str nick, account, password;
};
int irc_profile_fill(struct str line, const struct irc_profile_words *words,
                     struct buf *out) MUST_CHECK;
bool irc_profile_needs_password(struct str line);

#endif
