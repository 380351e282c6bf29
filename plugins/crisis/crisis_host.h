/* SPDX-License-Identifier: MIT */
/* crisis_host.h: what the glue's files share. */
#ifndef CRISIS_HOST_H
#define CRISIS_HOST_H

#include "crisis_reply.h"

enum { CRISIS_ZONE_BYTES = 64 };

/* To the member, in private, ahead of everything.  -EACCES, -ENOENT: there is no private way. */
int crisis_say(const struct mooring_host *host, const struct mooring_event *event,
               const char *msgid, const struct mooring_arg *args, size_t arg_count,
               const struct mooring_choice *choices, size_t choice_count);
/* The same; `asks`: MOORING_SAY_ASKS_... */
int crisis_ask(const struct mooring_host *host, const struct mooring_event *event,
               const char *msgid, const struct mooring_arg *args, size_t arg_count,
               const struct mooring_choice *choices, size_t choice_count, uint64_t asks);
/* The same from a timer, in its own time. */
int crisis_remind(const struct mooring_host *host, struct mooring_member member, uint64_t flags,
                  const char *msgid, const struct mooring_choice *choices, size_t choice_count);
struct mooring_owner crisis_owner(struct mooring_member member);

/* crisis_after.c: what comes after a question: kept, so that the next line is read as its answer.
 */
void crisis_keep_asked(const struct mooring_host *host, struct mooring_member member,
                       enum crisis_asked_what what, int64_t answered);
/* 1: answered, or left to be said; 0: nothing was asked. */
int crisis_after(const struct mooring_host *host, const struct mooring_event *event);

/* crisis_team.c: numbers: shown to who asks, and the team told of those that nobody has checked. */
int crisis_team_numbers(const struct mooring_host *host, const struct mooring_event *event);
int crisis_team_arrange(const struct mooring_host *host, struct mooring_group group, int served);
int crisis_team_due(const struct mooring_host *host, struct mooring_group group);

/* crisis_stay.c: staying with somebody, asking again another day, the own plan. */
int crisis_stay_run(const struct mooring_host *host, const struct mooring_event *event);
int crisis_stay_end(const struct mooring_host *host, const struct mooring_event *event);
/* No more looking in by itself. */
void crisis_stay_cancel(const struct mooring_host *host, struct mooring_member member);
int crisis_stay_follow(const struct mooring_host *host, const struct mooring_event *event,
                       struct mooring_str args);
int crisis_stay_due(const struct mooring_host *host, struct mooring_member member,
                    struct mooring_str key);
int crisis_stay_plan(const struct mooring_host *host, const struct mooring_event *event,
                     struct mooring_str args);
int crisis_stay_planned(const struct mooring_host *host, const struct mooring_event *event,
                        const struct mooring_answers *answers);
/* state: a pointer to the host's, as init gave it */
int crisis_stay_export(void *state, struct mooring_member member, mooring_row_fn row, void *ctx);

#endif
