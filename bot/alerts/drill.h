/* SPDX-License-Identifier: MIT */
/* drill.h: what the two files of a drill share. */
#ifndef ALERTS_DRILL_H
#define ALERTS_DRILL_H

#include "alerts/internal.h"

/* What is kept while one runs, as numbers in this order: moments in Unix ms, members and outbox
 * rows by their ids, results as the outbox tells them. */
enum drill_field {
    DRILL_BY,
    DRILL_ASKED_AT,
    DRILL_STARTED_AT,
    DRILL_PAGES,
    DRILL_NEXT_AT,
    DRILL_ROOM_ROW,
    DRILL_ROOM_SENT_AT,
    DRILL_ROOM_DONE_AT,
    DRILL_ROOM_RESULT,
    DRILL_PERSON,
    DRILL_PERSON_ROW,
    DRILL_PERSON_SENT_AT,
    DRILL_PERSON_DONE_AT,
    DRILL_PERSON_RESULT,
    DRILL_FIELD_COUNT
};
struct drill {
    const struct group *group;
    int64_t is[DRILL_FIELD_COUNT];
};

/* drill_report.c: how it ended and how long each step took, to the team. */
int alerts_drill_report(struct alerts *alerts, const struct drill *drill, enum alerts_drill_end end,
                        uint64_t by) MUST_CHECK;

#endif
