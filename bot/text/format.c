/* SPDX-License-Identifier: MIT */
/* format.c: times, dates and durations in the reader's way, which the texts of the area "core" say.
 */
#include <stdio.h>

#include "text/render.h"

enum { SECOND_MS = 1000, MINUTE_MIN = 60, DAY_MIN = 24 * 60 };

static struct mooring_arg text_arg(const char *name, const char *text)
{
    return (struct mooring_arg){
        .name = name, .kind = MOORING_ARG_TEXT, .text = {text, strlen(text)}};
}

static struct mooring_arg msgid_arg(const char *name, struct str msgid, int64_t wording)
{
    return (struct mooring_arg){
        .name = name, .kind = MOORING_ARG_MSGID, .number = wording, .text = {msgid.ptr, msgid.len}};
}

/* ---- times ----------------------------------------------------------------------------------- */

/* UTC, for a reader whose zone nobody told (H. Hinnant's civil_from_days). */
static struct mooring_civil utc_of(int64_t at)
{
    int64_t seconds = at / SECOND_MS - (at % SECOND_MS < 0);
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    int64_t of_day = seconds - days * 86400;
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
    int64_t month = m < 10 ? m + 3 : m - 9;
    return (struct mooring_civil){
        .year = (int32_t)(year + era * 400 + (month <= 2)),
        .month = (int32_t)month,
        .day = (int32_t)(of_year - (153 * m + 2) / 5 + 1),
        .hour = (int32_t)(of_day / 3600),
        .minute = (int32_t)(of_day / 60 % 60),
        .second = (int32_t)(of_day % 60),
        .weekday = (int32_t)(((days + 3) % 7 + 7) % 7), /* 1970-01-01 was a Thursday */
    };
}

static bool is_civil(const struct mooring_civil *c)
{
    return c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= 31 && c->hour >= 0 &&
           c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->weekday >= 0 && c->weekday <= 6;
}

static struct str moment_msgid(uint32_t kind)
{
    return kind == MOORING_ARG_TIME   ? STR("core.time")
           : kind == MOORING_ARG_DATE ? STR("core.date")
                                      : STR("core.when");
}

void text_format_moment(struct text_rendering *rendering, uint32_t kind, int64_t at)
{
    const struct text_reader *reader = rendering->reader;
    struct mooring_civil civil;
    int r = reader && reader->local ? reader->local(reader->ctx, at, &civil) : -1;
    if (r < 0 || !is_civil(&civil))
        civil = utc_of(at);
    char hour[16], hour12[16], minute[16], year[16];
    snprintf(hour, sizeof hour, "%02d", civil.hour);
    snprintf(hour12, sizeof hour12, "%d", civil.hour % 12 ? civil.hour % 12 : 12);
    snprintf(minute, sizeof minute, "%02d", civil.minute);
    snprintf(year, sizeof year, "%d", civil.year);
    const struct mooring_arg args[] = {
        text_arg("hour", hour),
        text_arg("hour12", hour12),
        text_arg("half", civil.hour < 12 ? "am" : "pm"),
        text_arg("minute", minute),
        text_arg("year", year),
        abi_int("day", civil.day),
        abi_int("month-number", civil.month),
        msgid_arg("weekday", STR("core.weekdays"), civil.weekday),
        msgid_arg("month", STR("core.months"), civil.month - 1),
    };
    if (text_render_inner(rendering, moment_msgid(kind), args, COUNT_OF(args), 0))
        return;
    char plain[96]; /* a catalogue without these texts: digits that everyone can read */
    if (kind == MOORING_ARG_TIME)
        snprintf(plain, sizeof plain, "%s:%s", hour, minute);
    else
        snprintf(plain, sizeof plain, "%04d-%02d-%02d%s%s%s%s", civil.year, civil.month, civil.day,
                 kind == MOORING_ARG_DATE ? "" : " ", kind == MOORING_ARG_DATE ? "" : hour,
                 kind == MOORING_ARG_DATE ? "" : ":", kind == MOORING_ARG_DATE ? "" : minute);
    text_render_plain(rendering, str_of(plain));
}

/* ---- durations ------------------------------------------------------------------------------- */

/* "45 s", "90 min", "2 h", "2 h 30 min", "3 days", "2 days 5 h": one unit where that is exact, two
 * at most. */
static struct str duration_msgid(int64_t seconds, int64_t minutes)
{
    if (seconds < 60)
        return STR("core.duration-seconds");
    if (minutes < 2 * MINUTE_MIN && minutes != MINUTE_MIN)
        return STR("core.duration-minutes");
    if (minutes % DAY_MIN == 0)
        return STR("core.duration-days");
    if (minutes >= 2 * DAY_MIN)
        return STR("core.duration-days-hours");
    return minutes % MINUTE_MIN == 0 ? STR("core.duration-hours")
                                     : STR("core.duration-hours-minutes");
}

void text_format_duration(struct text_rendering *rendering, int64_t ms)
{
    uint64_t magnitude = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    int64_t seconds = (int64_t)(magnitude / SECOND_MS);
    int64_t minutes = (seconds + 30) / 60;
    /* Beyond two days minutes do not matter: whole hours, rounded. */
    if (minutes >= 2 * DAY_MIN)
        minutes = (minutes + MINUTE_MIN / 2) / MINUTE_MIN * MINUTE_MIN;
    struct str msgid = duration_msgid(seconds, minutes);
    bool with_days = minutes >= 2 * DAY_MIN || minutes % DAY_MIN == 0;
    const struct mooring_arg args[] = {
        abi_int("seconds", seconds),
        abi_int("minutes",
                minutes < 2 * MINUTE_MIN && minutes != MINUTE_MIN ? minutes : minutes % MINUTE_MIN),
        abi_int("hours", with_days ? minutes % DAY_MIN / MINUTE_MIN : minutes / MINUTE_MIN),
        abi_int("days", minutes / DAY_MIN),
    };
    if (text_render_inner(rendering, msgid, args, COUNT_OF(args), 0))
        return;
    char plain[64];
    snprintf(plain, sizeof plain, "%lld:%02lld:%02lld", (long long)(seconds / 3600),
             (long long)(seconds / 60 % 60), (long long)(seconds % 60));
    text_render_plain(rendering, str_of(plain));
}
