/* SPDX-License-Identifier: MIT */
/* meetings_item.h: one meeting: how it is typed, stored and repeated. */
#ifndef MEETINGS_ITEM_H
#define MEETINGS_ITEM_H

#include <stdbool.h>

#include "mooring.h"

enum {
    MEETINGS_TITLE_BYTES = 100,
    MEETINGS_LINK_BYTES = 300,
    MEETINGS_PLACE_BYTES = 120,
    MEETINGS_ZONE_BYTES = 64,
    MEETINGS_KEY_BYTES = 20,   /* "c" + 16 hex, or "s" + number */
    MEETINGS_DATE_BYTES = 11,  /* "2026-11-23" and a NUL */
    MEETINGS_LOCAL_BYTES = 17, /* "2026-11-23T18:00" and a NUL */
    MEETINGS_RULE_BYTES = 48,
    MEETINGS_CANCELLED_BYTES = 360,
    MEETINGS_LEADS_MAX = 6,
    MEETINGS_STORED_BYTES = 900,
    MEETINGS_EVERY_DAY = 127,
    MEETINGS_MINUTES_MAX = 1440
};

struct meetings_item {
    char key[MEETINGS_KEY_BYTES];
    bool is_stored; /* by a moderator's command; else from the configuration */
    bool is_in_person;
    unsigned days;           /* bit 0 Monday; 0: once, on `date` */
    int at_minutes, minutes; /* local start after midnight; how long */
    int leads[MEETINGS_LEADS_MAX];
    size_t lead_count;
    char title[MEETINGS_TITLE_BYTES], link[MEETINGS_LINK_BYTES], place[MEETINGS_PLACE_BYTES],
        zone[MEETINGS_ZONE_BYTES];
    char date[MEETINGS_DATE_BYTES], until[MEETINGS_DATE_BYTES];
    char cancelled[MEETINGS_CANCELLED_BYTES]; /* dates, with commas between */
};

void meetings_item_init(struct meetings_item *item);

/* ---- small readers; all accept upper and lower case ------------------------------------------ */

/* "mon", "Monday", "mon,wed", "daily", "weekdays", "weekends" to bits; 0: not days. */
unsigned meetings_days_read(struct mooring_str text);
/* "18:00", "6pm", "6:30 pm" without the blank, "18.30", "1080" (minutes, as options give) to
 * minutes; -EINVAL. */
int meetings_time_read(struct mooring_str text);
/* "90m", "90min", "90", "1h", "1h30", "1.5h" to minutes; -EINVAL. */
int meetings_length_read(struct mooring_str text);
/* "2026-11-23", a date that exists; -EINVAL. */
int meetings_date_read(struct mooring_str text, int *ret_year, int *ret_month, int *ret_day);
/* "60,10" to leads, the longest first, doubles left out. */
void meetings_leads_read(struct meetings_item *item, struct mooring_str text);
/* A number off the front of what was stored, at most `max`; blanks before it allowed.  False: none.
 */
bool meetings_number_take(struct mooring_str *text, uint64_t max, uint64_t *ret_number);
/* Copies with a NUL; cuts on a whole UTF-8 character. */
void meetings_copy(char *ret_text, size_t size, struct mooring_str text);
struct mooring_str meetings_str(const char *text);

/* 0 Monday ... 6 Sunday, of a date in the Gregorian calendar. */
int meetings_weekday(int year, int month, int day);

/* ---- rule ------------------------------------------------------------------------------------ */

/* "FREQ=WEEKLY;BYDAY=MO,WE"; "" for a single one.  The start is its first moment
 * ("2026-01-05T18:00"), so that the same meeting gives the same rule whenever it is asked. */
size_t meetings_rule(const struct meetings_item *item, char ret_rule[MEETINGS_RULE_BYTES],
                     char ret_start[MEETINGS_LOCAL_BYTES]);
/* A name for a configured meeting that stays while its title, days and time do. */
void meetings_item_name(struct meetings_item *item);
bool meetings_item_is_cancelled(const struct meetings_item *item, const char *date);

/* ---- storing --------------------------------------------------------------------------------- */

size_t meetings_item_format(const struct meetings_item *item, char ret_text[MEETINGS_STORED_BYTES]);
int meetings_item_read(struct mooring_str text, struct meetings_item *ret_item); /* -EINVAL */

#endif
