/* SPDX-License-Identifier: MIT */
/* selftest.h: each night everything between a call for help and a person is tried, and nobody is
 * written to. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "alerts/alerts.h"

/* What is tried for each group, in the order of the way. */
enum selftest_part {
    SELFTEST_READING, /* a known call for help is read as one */
    SELFTEST_CARD,    /* the card of the group's country carries its numbers */
    SELFTEST_PAGE,    /* a page can be written and rendered */
    SELFTEST_LANE,    /* the lane in memory, past a disk that is full, takes it */
    SELFTEST_ROOM,    /* the alert room is one we are in, on a network that is up */
    SELFTEST_TEAM,    /* somebody of the team can be reached in private */
    SELFTEST_ROTA,    /* somebody is on call within a day (a warning) */
    SELFTEST_PART_COUNT
};
enum { SELFTEST_WHAT_BYTES = 512 };
/* Core jobs: each night; and once more a while later, when something was not as it must be or the
 * bot had just begun: then it is told. */
#define SELFTEST_KEY       "selftest"
#define SELFTEST_AGAIN_KEY "selftest/again"
#define SELFTEST_AGAIN_MS  (10 * CLOCK_MINUTE_MS)

/* The last one; kept in the store. */
struct selftest {
    int64_t at;                     /* 0: never */
    int failed, warned;             /* parts, over all groups */
    char what[SELFTEST_WHAT_BYTES]; /* "harbor: room, rota; quay: team"; empty: all is well */
};

struct selftest_parts { /* all borrowed */
    struct store *store;
    struct groups *groups;
    struct alerts *alerts;
    struct clock *clock;
    /* the floor's own, but for tests of this test */
    void (*read)(void *ctx, struct str text, struct safety_verdict *ret_verdict);
    struct str (*card)(struct str country, struct str language, enum card_kind kind,
                       unsigned wording);
    void *ctx;
};
/* Inside a turn.  `aloud`: what fails is an error line and a word to that group's team; *ret_last
 * is written whatever happens.  Negative: what it said could not be queued, or not be kept. */
int selftest_run(const struct selftest_parts *parts, bool aloud,
                 struct selftest *ret_last) MUST_CHECK;
/* As kept; all zeros when there never was one. */
void selftest_load(struct store *store, struct selftest *ret_last);

#endif
