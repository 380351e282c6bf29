/* SPDX-License-Identifier: MIT */
/* time.c: the steps that move time. */
#include <errno.h>

#include "base/number.h"
#include "stage/stage.h"

static int need_virtual(const struct stage *stage, struct error *error)
{
    if (stage->ground.clock.is_virtual)
        return 0;
    return error_set(
        error, -EINVAL,
        "time moves by itself here: set console.start_at in the configuration to move it by hand");
}

static int wait_for(struct stage *stage, struct str args, struct error *error)
{
    int64_t by_ms;
    int r = need_virtual(stage, error);
    if (r < 0)
        return r;
    if (number_parse_duration(str_trim(args), CLOCK_MINUTE_MS, &by_ms) < 0 ||
        by_ms > 3660 * CLOCK_DAY_MS)
        return error_set(error, -EINVAL, "/wait needs a time such as 90s, 10m, 8h or 1d");
    loop_advance(stage->ground.loop, clock_wall_at(&stage->ground.clock) + by_ms);
    return 0;
}

/* "2026-11-23 09:00 [ZONE]", or only "09:00": the next time it is that late. */
static int parse_moment(struct stage *stage, struct str args, int64_t *ret_at, struct error *error)
{
    struct str first, second = {0}, zone_name = {0};
    const struct zone *zone;
    struct civil civil;
    int minutes;
    int64_t now_at = clock_wall_at(&stage->ground.clock);
    if (!str_word(&args, &first))
        return error_set(error, -EINVAL, "/at needs a time such as 2026-11-23 09:00, or 09:00");
    bool only_time = number_parse_time_of_day(first, &minutes) == 0;
    if (!only_time)
        str_word(&args, &second);
    if (!str_word(&args, &zone_name))
        zone_name = str_of(stage->zone);
    if (zones_get(stage->ground.zones, zone_name, &zone) < 0)
        return error_set(error, -EINVAL, "\"%.*s\" is not a time zone", STR_ARG(zone_name));
    if (only_time) {
        if (zone_local_at(zone, now_at, &civil) < 0)
            return error_set(error, -ERANGE, "that time is out of range");
        bool tomorrow = civil.hour * 60 + civil.minute >= minutes;
        civil.hour = minutes / 60;
        civil.minute = minutes % 60;
        civil.second = 0;
        if (tomorrow && civil_of_seconds(civil_seconds(&civil) + CIVIL_DAY_SECONDS, &civil) < 0)
            return error_set(error, -ERANGE, "that time is out of range");
    } else {
        char text[64];
        snprintf(text, sizeof text, "%.*s %.*s", STR_ARG(str_upto(first, 20)),
                 STR_ARG(str_upto(second, 20)));
        if (civil_parse(str_trim(str_of(text)), &civil) < 0)
            return error_set(error, -EINVAL, "\"%s\" is not a time such as 2026-11-23 09:00", text);
    }
    return zone_unix_at(zone, &civil, ret_at, NULL);
}

static int go_to(struct stage *stage, struct str args, struct error *error)
{
    int64_t at;
    int r = need_virtual(stage, error);
    if (r == 0)
        r = parse_moment(stage, args, &at, error);
    if (r < 0)
        return r;
    if (at < clock_wall_at(&stage->ground.clock))
        return error_set(error, -EINVAL, "that is in the past; /step sets the clock back");
    loop_advance(stage->ground.loop, at);
    return 0;
}

/* Somebody sets the wall clock: "/step -1h", "/step 10m". */
static int step_clock(struct stage *stage, struct str args, struct error *error)
{
    int64_t by_ms;
    int r = need_virtual(stage, error);
    if (r < 0)
        return r;
    args = str_trim(args);
    bool back = str_starts(args, STR("-"));
    if (number_parse_duration(back ? str_from(args, 1) : args, 0, &by_ms) < 0)
        return error_set(error, -EINVAL, "/step needs a time such as 10m or -1h");
    clock_step(&stage->ground.clock, back ? -by_ms : by_ms);
    loop_clock_stepped(stage->ground.loop);
    stage_settle(stage);
    return 0;
}

/* The machine sleeps: both clocks go on, and nothing runs before it wakes up. */
static int sleep_for(struct stage *stage, struct str args, struct error *error)
{
    int64_t by_ms;
    int r = need_virtual(stage, error);
    if (r < 0)
        return r;
    if (number_parse_duration(str_trim(args), 0, &by_ms) < 0 || by_ms > 3660 * CLOCK_DAY_MS)
        return error_set(error, -EINVAL, "/suspend needs a time such as 10m or 3h");
    clock_advance(&stage->ground.clock, by_ms);
    loop_clock_stepped(stage->ground.loop);
    stage_settle(stage);
    return 0;
}

int stage_play_time(struct stage *stage, struct str verb, struct str args, struct error *error)
{
    if (str_eq_c(verb, "wait"))
        return wait_for(stage, args, error);
    if (str_eq_c(verb, "at"))
        return go_to(stage, args, error);
    if (str_eq_c(verb, "step"))
        return step_clock(stage, args, error);
    if (str_eq_c(verb, "suspend"))
        return sleep_for(stage, args, error);
    return -ENOENT;
}
