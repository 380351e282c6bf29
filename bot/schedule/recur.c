/* SPDX-License-Identifier: MIT */
/* recur.c: instances of an RRULE, on the wall clock and in a zone. */
#include "schedule/recur.h"

#include <errno.h>

#include "schedule/recur_plan.h"

/* The instances in order.  Only COUNT has to begin at the first one. */
struct walk {
    struct recur_plan plan;
    int64_t at;   /* the next instance is not before this */
    int64_t left; /* of COUNT; -1: no limit */
};

static int walk_init(struct walk *walk, struct str text, const struct civil *start, int64_t from)
{
    int r = recur_plan_init(&walk->plan, text, start);
    if (r < 0)
        return r;
    walk->left = walk->plan.rule.count ? walk->plan.rule.count : -1;
    walk->at = walk->left < 0 ? from : INT64_MIN;
    return 0;
}

/* The next instance not before `from`; the walk then stands behind it. */
static int walk_next(struct walk *walk, int64_t from, int64_t *ret_at)
{
    for (;;) {
        int64_t at = walk->left < 0 ? MAX_OF(walk->at, from) : walk->at;
        if (walk->left == 0)
            return -ENOENT;
        int r = recur_plan_next(&walk->plan, at, &at);
        if (r < 0)
            return r;
        walk->at = at + 1;
        if (walk->left > 0)
            walk->left--;
        if (at >= from) {
            *ret_at = at;
            return 0;
        }
    }
}

int recur_check(struct str rule, struct error *error)
{
    struct recur_rule parsed;
    return str_empty(rule) ? 0 : recur_rule_parse(rule, &parsed, error);
}

int recur_next(struct str rule, const struct civil *start, const struct civil *after,
               struct civil *ret_next)
{
    struct walk walk;
    if (after && !civil_valid(after))
        return -EINVAL;
    int64_t from = after ? civil_seconds(after) + 1 : INT64_MIN, at;
    int r = walk_init(&walk, rule, start, from);
    if (r < 0)
        return r;
    r = walk_next(&walk, from, &at);
    return r < 0 ? r : civil_of_seconds(at, ret_next);
}

/* An instance in floating time, as a moment of the zone. */
static int moment_of(const struct zone *zone, int64_t at, int64_t *ret_unix_ms,
                     enum zone_fit *ret_fit)
{
    struct civil local;
    int r = civil_of_seconds(at, &local);
    return r < 0 ? r : zone_unix_at(zone, &local, ret_unix_ms, ret_fit);
}

/* Where to begin so that no instance with a moment after `after_unix_ms` is missed: the wall clock
 * there, less what it jumped forward in the day before, because an instance in that gap comes later
 * than its time says. */
static int64_t begin_walk(const struct zone *zone, int64_t after_unix_ms)
{
    const int64_t day_ms = (int64_t)CIVIL_DAY_SECONDS * 1000;
    int64_t after = MAX_OF(after_unix_ms, INT64_MIN + 2 * day_ms);
    struct zone_offset now, before;
    zone_offset_at(zone, after, &now);
    zone_offset_at(zone, after - day_ms - 1, &before);
    return civil_floor_div(after, 1000) + MIN_OF(now.seconds, before.seconds);
}

/* `moment` is an instance out of a gap.  One whose own time lies just behind the gap can come
 * before it. */
static int earlier_behind_gap(struct walk *walk, const struct zone *zone, int64_t after_unix_ms,
                              int64_t *moment)
{
    struct zone_span span;
    zone_span_at(zone, *moment, &span);
    int64_t at, other;
    int r = walk_next(walk, civil_floor_div(span.from_ms, 1000) + span.offset.seconds, &at);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    r = moment_of(zone, at, &other, NULL);
    if (r >= 0 && other > after_unix_ms && other < *moment)
        *moment = other;
    return r == -ERANGE ? 0 : r;
}

int recur_next_at(struct str rule, const struct zone *zone, const struct civil *start,
                  int64_t after_unix_ms, int64_t *ret_unix_ms)
{
    struct walk walk;
    int64_t from = begin_walk(zone, after_unix_ms), until_ms = INT64_MAX, at, moment;
    enum zone_fit fit;
    int r = walk_init(&walk, rule, start, from);
    if (r < 0)
        return r;
    if (walk.plan.rule.until_is_utc) {
        until_ms = walk.plan.until * 1000;
        walk.plan.until = INT64_MAX;
    }
    do { /* over those that autumn's repeated hour has already had */
        r = walk_next(&walk, from, &at);
        if (r >= 0)
            r = moment_of(zone, at, &moment, &fit);
        if (r < 0)
            return r;
    } while (moment <= after_unix_ms && moment <= until_ms);
    if (fit == ZONE_FIT_GAP)
        r = earlier_behind_gap(&walk, zone, after_unix_ms, &moment);
    if (r < 0)
        return r;
    if (moment > until_ms)
        return -ENOENT;
    *ret_unix_ms = moment;
    return 0;
}
