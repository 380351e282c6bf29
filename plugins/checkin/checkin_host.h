/* SPDX-License-Identifier: MIT */
/* checkin_host.h: what the glue's files share: the host, and how this plugin speaks and reads. */
#ifndef CHECKIN_HOST_H
#define CHECKIN_HOST_H

#include "checkin_days.h"

enum { CHECKIN_SUMMARY_BYTES = 200, CHECKIN_ZONE_BYTES = 64 };

/* One message to the member, in private and nowhere else.  0 also when it cannot reach them or was
 * said already. */
struct checkin_note {
    struct mooring_member member;
    const struct mooring_event *event; /* NULL: from a timer */
    const char *msgid;
    const struct mooring_arg *args;
    size_t arg_count;
    const struct mooring_choice *choices;
    size_t choice_count;
    struct mooring_str words; /* the member's own */
    int64_t expires_at;
};
int checkin_say(const struct mooring_host *host, const struct checkin_note *note);

/* "mood 6, craving 3, tired" in the reader's language.  Returns the length. */
size_t checkin_summary(const struct mooring_host *host, struct mooring_member member,
                       const struct checkin_entry *entry, char ret_text[CHECKIN_SUMMARY_BYTES]);
/* The member's zone, NUL-terminated; "UTC" when there is none.  Returns the length. */
size_t checkin_zone(const struct mooring_host *host, struct mooring_member member,
                    struct mooring_group group, char ret_zone[CHECKIN_ZONE_BYTES]);
int64_t checkin_today(const struct mooring_host *host, struct mooring_str zone, int64_t at);
/* The member's days with a check-in. */
int checkin_read_days(const struct mooring_host *host, struct mooring_member member,
                      struct mooring_str zone, struct checkin_days *ret_days);
extern const char *const checkin_series[CHECKIN_ITEM_COUNT];

/* checkin_history.c: `!checkin history`, and the member's export. */
int checkin_history(const struct mooring_host *host, const struct mooring_event *event);
int checkin_export(const struct mooring_host *host, struct mooring_member member,
                   mooring_row_fn row, void *ctx);

/* checkin_notes.c: a gentle note after silence, for those who asked for it. */
int checkin_notes_arm(const struct mooring_host *host, const struct mooring_event *event,
                      const struct checkin_days *days, bool may_offer);
int checkin_notes_due(const struct mooring_host *host, struct mooring_member member);

/* checkin.c: the points of one check-in; not `is_kept`: takes them away. */
int checkin_record(const struct mooring_host *host, struct mooring_member member, int64_t at,
                   const struct checkin_entry *entry, bool is_kept);

/* checkin_undo.c: one older than a day only when confirmed, so that a second "undo" eats no
 * history. */
int checkin_undo(const struct mooring_host *host, const struct mooring_event *event,
                 bool is_confirmed);

/* A number off the front of `text`, blanks before it allowed, at most `max`. */
bool checkin_take_number(struct mooring_str *text, uint64_t max, uint64_t *ret_number);

/* checkin_daily.c: `!checkin daily 09:00|off`: being asked each day in private. */
#define CHECKIN_DAILY_KEY "daily"
int checkin_daily(const struct mooring_host *host, const struct mooring_event *event,
                  struct mooring_str typed);
/* Each day from now on, so many minutes after midnight. */
int checkin_daily_at(const struct mooring_host *host, const struct mooring_event *event,
                     int minutes);
int checkin_daily_due(const struct mooring_host *host, struct mooring_member member);

/* checkin_prompt.c: the daily invitation. */
int checkin_prompt_arrange(const struct mooring_host *host, struct mooring_group group, int served);
int checkin_prompt_due(const struct mooring_host *host, struct mooring_group group, int64_t due_at);

#endif
