/* SPDX-License-Identifier: MIT */
/* checkin_days.h: what a person's own check-ins say over time: days, averages, baseline.  Never
 * compared with others. */
#ifndef CHECKIN_DAYS_H
#define CHECKIN_DAYS_H

#include "checkin_entry.h"

/* ---- days ------------------------------------------------------------------------------------ */

/* Nothing here ever goes back to zero but `current`, and `total` is what is shown first. */

struct checkin_days {
    int64_t last_day;                    /* days since 1970-01-01 in the member's zone */
    int total, current, longest, recent; /* recent: of the last seven days */
    int64_t today;
};
void checkin_days_init(struct checkin_days *days, int64_t today);
/* Days in order, oldest first; the same day again counts once. */
void checkin_days_add(struct checkin_days *days, int64_t day);
/* The current run still stands when yesterday had a check-in and today has none yet. */
int checkin_days_current(const struct checkin_days *days);
/* A steady run: five of the last seven days. */
bool checkin_days_is_steady(const struct checkin_days *days);

int64_t checkin_days_of(const struct mooring_civil *local);

/* ---- values ---------------------------------------------------------------------------------- */

enum { CHECKIN_VALUES_MAX = 64 };
/* The latest values; older ones fall out. */
struct checkin_values {
    int value[CHECKIN_VALUES_MAX];
    size_t count, next;
};
void checkin_values_add(struct checkin_values *values, int value);
/* Twice the median, so that halves stay whole; -1 with fewer than `enough` values. */
int checkin_values_median2(const struct checkin_values *values, size_t enough);

struct checkin_mean {
    int64_t sum, count;
};
/* "5.2" into at least 8 bytes; "" when there is nothing.  Returns the length. */
size_t checkin_mean_format(const struct checkin_mean *mean, char *ret_text, size_t size);

/* ---- what is worth offering help for --------------------------------------------------------- */

enum checkin_flag {
    CHECKIN_FLAG_NONE,
    CHECKIN_FLAG_STRONG, /* craving 7 or more */
    CHECKIN_FLAG_CHANGE, /* the same, and at least 4 above the last one */
    CHECKIN_FLAG_AGAIN,  /* 7 or more twice running */
    CHECKIN_FLAG_UNSURE, /* confidence 3 or more under the own 14-day median */
    CHECKIN_FLAG_COUNT
};
struct checkin_baseline {
    int last_craving; /* CHECKIN_SKIPPED: none before */
    int median2;      /* of confidence, checkin_values_median2(); -1: not enough yet */
};
enum checkin_flag checkin_flag_of(const struct checkin_entry *entry,
                                  const struct checkin_baseline *baseline);

/* ---- notes after silence --------------------------------------------------------------------- */

enum { CHECKIN_NOTES_MAX = 4 };
/* Days of silence before the note number `sent` + 1: after two ignored half as often, after four no
 * more (0). */
int checkin_note_after_days(int sent);

#endif
