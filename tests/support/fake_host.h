/* SPDX-License-Identifier: MIT */
/* fake_host.h: a host for one plugin in memory: keeps what it stores, sets and says, moves time,
 * undoes a failed callback. */
#ifndef SUPPORT_FAKE_HOST_H
#define SUPPORT_FAKE_HOST_H

#include <stdbool.h>

#include "mooring.h"

enum {
    FAKE_SAID_MAX = 160,
    FAKE_ROWS_MAX = 160,
    FAKE_POINTS_MAX = 2000,
    FAKE_TIMERS_MAX = 80,
    FAKE_RECORDS_MAX = 80,
    FAKE_TEXT_BYTES = 2200,
    FAKE_ROW_BYTES = 2000,
    FAKE_GROUP = 1,
    FAKE_ROOM = 7,
    FAKE_ANA = 42,
    FAKE_BEN = 43
};

/* Rendered as "name=value;" for each argument, in order; {when}-like ones as their number. */
struct fake_said {
    uint64_t flags;
    struct mooring_to to;
    char msgid[64], args[FAKE_TEXT_BYTES], member_text[FAKE_ROW_BYTES], commands[200], dedup[100];
    int64_t expires_at;
};
struct fake_row {
    struct mooring_owner owner;
    char key[80], value[FAKE_ROW_BYTES];
    size_t value_len;
    int64_t expires_at;
};
struct fake_point {
    uint64_t member;
    char series[32];
    int64_t at, value;
};
struct fake_timer {
    struct mooring_owner owner;
    char key[80], rrule[64], zone[64], start_local[24];
    uint64_t flags;
    int64_t at, late_ok_ms;
};
struct fake_record {
    char list[24], fields[1500]; /* "name=value\n" ... */
};
struct fake_note {
    char msgid[64];
    uint64_t alert;
};
struct fake_card {
    struct mooring_to to;
    uint32_t kind, tier;
    size_t after_said; /* how many messages were before it */
    bool after_alert;  /* the team had been told by then */
};

/* All that a failed callback is undone of. */
struct fake_data {
    struct fake_said said[FAKE_SAID_MAX];
    size_t said_count;
    struct fake_row rows[FAKE_ROWS_MAX];
    size_t row_count;
    struct fake_point points[FAKE_POINTS_MAX];
    size_t point_count;
    struct fake_timer timers[FAKE_TIMERS_MAX];
    size_t timer_count;
    struct fake_note notes[8];
    size_t note_count;
    struct fake_card cards[16];
    size_t card_count;
    struct mooring_alert_status alert;
    bool has_alert;
    char dialogue[32]; /* the one last started */
    char audits[400];
};
struct fake_host {
    const struct mooring_plugin *plugin;
    struct mooring_host host;
    void *state;
    int64_t now;
    struct fake_data data;
    /* What the world is like; tests set these. */
    char options[16][2][120];
    size_t option_count;
    struct fake_record records[FAKE_RECORDS_MAX];
    size_t record_count;
    int consent_checkins, consent_nudges; /* 1, 0, -ENOENT */
    bool unreachable;                     /* nobody has a private chat */
    int record_error, put_error, send_error, raise_error, start_error;
    struct mooring_alert_status raised; /* what raise() answers, next to the tier */
    struct mooring_verdict classified;
    uint64_t next_source;
};

/* Loads the plugin at "2026-11-23 09:00" in America/New_York; group() is called.  Fails the test
 * when init does. */
struct fake_host *fake_host_create(const struct mooring_plugin *plugin);
void fake_host_destroy(struct fake_host *fake);
/* Around a test: a host in *state for the plugin that is linked in. */
int fake_host_set_up(void **state);
int fake_host_tear_down(void **state);
/* Local time in the group's zone, "2026-11-23 09:00"; timers on the way are not fired. */
void fake_host_at(struct fake_host *fake, const char *local);
/* Fires what comes due until then, in order. */
void fake_host_wait(struct fake_host *fake, int64_t ms);
/* Volatile timers are lost, what is stored stays; the plugin starts again `away_ms` later, and
 * overdue timers fire late. */
void fake_host_restart(struct fake_host *fake, int64_t away_ms);
int fake_host_arrange(struct fake_host *fake);

void fake_host_option(struct fake_host *fake, const char *name, const char *value);
/* "text=...\nkinds=a,b". */
void fake_host_record(struct fake_host *fake, const char *list, const char *fields);

/* "checkin m6 c3" by name or alias; room 0: in private.  What the callback returned; -ENOSYS: no
 * such command. */
int fake_host_command(struct fake_host *fake, uint64_t member, uint64_t room, const char *line);
int fake_host_hears(struct fake_host *fake, uint64_t member, uint64_t room, const char *text,
                    uint32_t kind, uint32_t tier, uint32_t who);
/* Answers of a dialogue in its steps' order: numbers and texts; a text of "skip" is a skipped step.
 */
int fake_host_answers(struct fake_host *fake, uint64_t member, const int64_t *numbers,
                      const char *const *texts, size_t count);

/* The last message with that id; NULL: it was not said. */
const struct fake_said *fake_host_said(const struct fake_host *fake, const char *msgid);
size_t fake_host_said_times(const struct fake_host *fake, const char *msgid);
void fake_host_hush(struct fake_host *fake); /* forgets what was said */
const struct fake_row *fake_host_row(const struct fake_host *fake, uint32_t owner_kind,
                                     uint64_t owner, const char *prefix);
size_t fake_host_points(const struct fake_host *fake, uint64_t member, const char *series);
void fake_host_point(struct fake_host *fake, uint64_t member, const char *series, int64_t at,
                     int64_t value);
const struct fake_timer *fake_host_timer(const struct fake_host *fake, const char *key_prefix);

#endif
