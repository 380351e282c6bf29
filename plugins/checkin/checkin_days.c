/* SPDX-License-Identifier: MIT */
/* checkin_days.c: what a person's own check-ins say over time. */
#include "checkin_days.h"

#include <stdio.h>
#include <string.h>

enum {
    WEEK_DAYS = 7,
    STEADY_DAYS = 5,
    STRONG = 7,
    CHANGE = 4,
    DROP = 3,
    NOTE_DAYS = 3,
    PATIENT_NOTES = 2
};

void checkin_days_init(struct checkin_days *days, int64_t today)
{
    *days = (struct checkin_days){.last_day = INT64_MIN / 2, .today = today};
}

void checkin_days_add(struct checkin_days *days, int64_t day)
{
    if (day <= days->last_day)
        return;
    days->current = day == days->last_day + 1 ? days->current + 1 : 1;
    days->last_day = day;
    days->total++;
    if (days->current > days->longest)
        days->longest = days->current;
    if (day > days->today - WEEK_DAYS && day <= days->today)
        days->recent++;
}

int checkin_days_current(const struct checkin_days *days)
{
    return days->last_day >= days->today - 1 ? days->current : 0;
}

bool checkin_days_is_steady(const struct checkin_days *days)
{
    return days->recent >= STEADY_DAYS;
}

/* Days from civil, with the year beginning in March so that the leap day is its last. */
int64_t checkin_days_of(const struct mooring_civil *local)
{
    int64_t year = (int64_t)local->year - (local->month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month = (local->month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + local->day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void checkin_values_add(struct checkin_values *values, int value)
{
    values->value[values->next] = value;
    values->next = (values->next + 1) % CHECKIN_VALUES_MAX;
    if (values->count < CHECKIN_VALUES_MAX)
        values->count++;
}

int checkin_values_median2(const struct checkin_values *values, size_t enough)
{
    int sorted[CHECKIN_VALUES_MAX];
    if (values->count == 0 || values->count < enough)
        return -1;
    for (size_t i = 0; i < values->count; i++) {
        size_t at = i;
        for (; at > 0 && sorted[at - 1] > values->value[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = values->value[i];
    }
    size_t middle = values->count / 2;
    return values->count % 2 == 1 ? 2 * sorted[middle] : sorted[middle - 1] + sorted[middle];
}

size_t checkin_mean_format(const struct checkin_mean *mean, char *ret_text, size_t size)
{
    ret_text[0] = '\0';
    if (mean->count == 0)
        return 0;
    int64_t tenths = (mean->sum * 10 + mean->count / 2) / mean->count;
    return (size_t)snprintf(ret_text, size, "%d.%d", (int)(tenths / 10), (int)(tenths % 10));
}

enum checkin_flag checkin_flag_of(const struct checkin_entry *entry,
                                  const struct checkin_baseline *baseline)
{
    int craving = entry->value[CHECKIN_CRAVING], confidence = entry->value[CHECKIN_CONFIDENCE];
    if (craving >= STRONG && baseline->last_craving >= STRONG)
        return CHECKIN_FLAG_AGAIN;
    if (confidence != CHECKIN_SKIPPED && baseline->median2 >= 0 &&
        baseline->median2 - 2 * confidence >= 2 * DROP)
        return CHECKIN_FLAG_UNSURE;
    if (craving < STRONG)
        return CHECKIN_FLAG_NONE;
    if (baseline->last_craving != CHECKIN_SKIPPED && craving - baseline->last_craving >= CHANGE)
        return CHECKIN_FLAG_CHANGE;
    return CHECKIN_FLAG_STRONG;
}

int checkin_note_after_days(int sent)
{
    if (sent < 0 || sent >= CHECKIN_NOTES_MAX)
        return 0;
    return sent < PATIENT_NOTES ? NOTE_DAYS : 2 * NOTE_DAYS;
}
