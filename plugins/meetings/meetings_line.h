/* SPDX-License-Identifier: MIT */
/* meetings_line.h: reads what moderators type behind `!meeting`. */
#ifndef MEETINGS_LINE_H
#define MEETINGS_LINE_H

#include "meetings_item.h"

/* A day that somebody names. */
struct meetings_day {
    enum {
        MEETINGS_DAY_ANY,
        MEETINGS_DAY_DATE,
        MEETINGS_DAY_WEEKDAY,
        MEETINGS_DAY_TODAY,
        MEETINGS_DAY_TOMORROW
    } kind;
    char date[MEETINGS_DATE_BYTES];
    unsigned weekday; /* a bit */
};

enum meetings_trouble {
    MEETINGS_TROUBLE_NONE,
    MEETINGS_TROUBLE_TITLE,  /* no title */
    MEETINGS_TROUBLE_DAYS,   /* no day, no date */
    MEETINGS_TROUBLE_TIME,   /* no time of day */
    MEETINGS_TROUBLE_WORD,   /* *ret_word was not understood */
    MEETINGS_TROUBLE_NUMBER, /* no number of a meeting */
    MEETINGS_TROUBLE_COUNT
};

/* "Title" mon,wed 18:00 90m [https://...] ["place"] [in-person] [Europe/Berlin]; days may be a
 * date. */
enum meetings_trouble meetings_line_add(struct mooring_str line, struct meetings_item *ret_item,
                                        struct mooring_str *ret_word);

/* 2 [wed | 2026-11-25 | today | tomorrow] [to] [day] [19:00]; at_minutes -1: no time. */
struct meetings_change {
    int number;
    struct meetings_day which, to;
    int at_minutes;
};
enum meetings_trouble meetings_line_change(struct mooring_str line,
                                           struct meetings_change *ret_change,
                                           struct mooring_str *ret_word);

/* The next word of the line, taken off it; empty at its end. */
struct mooring_str meetings_line_word(struct mooring_str *line);
bool meetings_line_is(struct mooring_str word, const char *known);

#endif
