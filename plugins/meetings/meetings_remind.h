/* SPDX-License-Identifier: MIT */
/* meetings_remind.h: reminders: when, what, and to whom. */
#ifndef MEETINGS_REMIND_H
#define MEETINGS_REMIND_H

#include "meetings_book.h"

enum meetings_due { MEETINGS_DUE_NOTHING, MEETINGS_DUE_BEFORE, MEETINGS_DUE_LATE };

/* What the reminder `lead` minutes before an occurrence says when it comes at `now`: nothing when
 * the meeting is over, or when a reminder nearer to the start is due by now as well and speaks for
 * both. */
enum meetings_due meetings_remind_decide(const struct meetings_item *item, int lead,
                                         int64_t start_at, int64_t now);

/* Sets one timer per meeting and lead, takes away those that have no meeting any more. */
int meetings_remind_arrange(const struct meetings_book *book);
/* The group is gone. */
int meetings_remind_drop(const struct mooring_host *host, struct mooring_group group);
/* A timer "remind/<key>/<lead>" of a group is due. */
int meetings_remind_due(const struct mooring_host *host, struct mooring_group group,
                        struct mooring_str key);

/* The same words for a member alone: after a snooze. */
int meetings_remind_member(const struct meetings_book *book,
                           const struct meetings_occurrence *occurrence,
                           struct mooring_member member);

#endif
