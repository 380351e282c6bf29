/* SPDX-License-Identifier: MIT */
/* selftest.c: the floor, tried each night from end to end without a word to anybody: so that a
 * broken one is found by a machine at four in the morning and not by a person. */
#include "selftest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "observe/log.h"

static const char meta_name[] = "selftest";
static const char *const names[] = {"reading", "card", "page", "lane", "room", "team", "rota"};
_Static_assert(COUNT_OF(names) == SELFTEST_PART_COUNT, "each part has a name");

/* ---- the parts ------------------------------------------------------------------------------- */

/* Sentences that the rules must know whatever else changes in them. */
static bool reads(const struct selftest_parts *parts)
{
    static const char *const calls[] = {"I want to kill myself tonight",
                                        "he overdosed and he is not breathing"};
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        struct safety_verdict verdict = {.tier = 0};
        parts->read(parts->ctx, str_of(calls[i]), &verdict);
        if (verdict.tier < 3)
            return false;
    }
    struct safety_verdict verdict = {.tier = 4};
    parts->read(parts->ctx, STR("good morning, the coffee is ready"), &verdict);
    return verdict.tier < 2; /* one that cries at everything is heard by nobody */
}

/* Each card, in each wording, is short enough and has a number of that country to call. */
static bool has_cards(const struct selftest_parts *parts, const struct group *group)
{
    struct card_number first;
    struct str emergency = card_emergency_number(group->country);
    if (!card_number_at(group->country, 0, &first))
        return false;
    for (unsigned wording = 0; wording < CARD_WORDINGS_MIN; wording++) {
        struct str crisis = parts->card(group->country, group->language, CARD_CRISIS, wording);
        struct str now = parts->card(group->country, group->language, CARD_EMERGENCY, wording);
        if (str_empty(crisis) || crisis.len > CARD_BYTES_MAX || str_empty(now) ||
            now.len > CARD_BYTES_MAX || str_find(crisis, first.number, 0) == SIZE_MAX)
            return false;
        if (!str_empty(emergency) && str_find(now, emergency, 0) == SIZE_MAX)
            return false;
    }
    return true;
}

static bool is_lane(int code)
{
    return code == -ENOBUFS || code == -ENOMEM;
}

static bool is_place(int code)
{
    return code == -ENOTCONN || code == -EHOSTUNREACH || code == -ENOENT || code == -EACCES;
}

static bool has_rota(const struct selftest_parts *parts, const struct group *group)
{
    int64_t at, now = clock_wall_at(parts->clock);
    return alerts_on_call(parts->alerts, group, &at) || (at > 0 && at - now <= CLOCK_DAY_MS);
}

/* ret_bad: of each part, whether it is broken. */
static void try_group(const struct selftest_parts *parts, const struct group *group,
                      bool ret_bad[SELFTEST_PART_COUNT])
{
    struct alerts_trial trial;
    alerts_try_page(parts->alerts, group, &trial);
    int room = trial.room == 1 ? 0 : trial.room;
    ret_bad[SELFTEST_READING] = !reads(parts);
    ret_bad[SELFTEST_CARD] = !has_cards(parts, group);
    ret_bad[SELFTEST_LANE] = is_lane(room) || is_lane(trial.people);
    ret_bad[SELFTEST_ROOM] = room < 0 && is_place(room);
    ret_bad[SELFTEST_TEAM] = trial.people < 0 && is_place(trial.people);
    ret_bad[SELFTEST_PAGE] = (room < 0 && !is_lane(room) && !is_place(room)) ||
                             (trial.people < 0 && !is_lane(trial.people) &&
                              !is_place(trial.people));
    ret_bad[SELFTEST_ROTA] = !has_rota(parts, group);
}

/* ---- the result ------------------------------------------------------------------------------ */

static int tell(const struct selftest_parts *parts, const struct group *group,
                enum selftest_part part)
{
    char msgid[48];
    bool warning = part == SELFTEST_ROTA;
    log_event(warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "selftest_failed",
              LOG_STR("group", group->name), LOG_TEXT("part", names[part]));
    (void)snprintf(msgid, sizeof msgid, "notice.selftest-%s", names[part]);
    return alerts_notice_to(parts->alerts, group, msgid, NULL, 0, group->name);
}

static int add_group(const struct selftest_parts *parts, const struct group *group, bool aloud,
                     struct selftest *last, struct buf *what)
{
    bool bad[SELFTEST_PART_COUNT];
    bool first = true;
    int result = 0;
    try_group(parts, group, bad);
    for (enum selftest_part part = 0; part < SELFTEST_PART_COUNT; part++) {
        if (!bad[part])
            continue;
        last->failed += part != SELFTEST_ROTA;
        last->warned += part == SELFTEST_ROTA;
        if (first)
            buf_add_format(what, "%s%.*s: ", what->len ? "; " : "", STR_ARG(group->name));
        buf_add_format(what, "%s%s", first ? "" : ", ", names[part]);
        first = false;
        int r = aloud ? tell(parts, group, part) : 0;
        result = r < 0 ? r : result;
    }
    return result;
}

static int keep(struct store *store, const struct selftest *last)
{
    AUTO_BUF value;
    buf_init(&value, SELFTEST_WHAT_BYTES + 128);
    buf_add_format(&value, "%" PRId64 " %d %d %s", last->at, last->failed, last->warned,
                   last->what);
    return value.failed ? value.failed : store_meta_put(store, STR(meta_name), buf_str(&value));
}

int selftest_run(const struct selftest_parts *parts, bool aloud, struct selftest *ret_last)
{
    AUTO_BUF what;
    buf_init(&what, SELFTEST_WHAT_BYTES - 1);
    struct selftest last = {.at = clock_wall_at(parts->clock)};
    int result = 0;
    for (size_t i = 0; i < groups_count(parts->groups); i++) {
        int r = add_group(parts, groups_at(parts->groups, i), aloud, &last, &what);
        result = r < 0 ? r : result;
    }
    (void)str_to_c(buf_str(&what), last.what, sizeof last.what);
    *ret_last = last;
    log_event(LOG_LEVEL_INFO, "selftest", LOG_INT("failed", last.failed),
              LOG_INT("warned", last.warned));
    int r = keep(parts->store, &last);
    return result < 0 ? result : r;
}

void selftest_load(struct store *store, struct selftest *ret_last)
{
    struct arena arena;
    struct str rest, word;
    int64_t numbers[3] = {0};
    *ret_last = (struct selftest){.at = 0};
    arena_init(&arena, 0);
    int r = store_meta_get(store, STR(meta_name), &arena, &rest);
    for (size_t i = 0; i < COUNT_OF(numbers) && r == 0; i++)
        r = str_word(&rest, &word) ? number_parse(word, 0, INT64_MAX, &numbers[i]) : -EBADMSG;
    if (r == 0) {
        *ret_last = (struct selftest){
            .at = numbers[0], .failed = (int)numbers[1], .warned = (int)numbers[2]};
        (void)str_to_c(str_trim(rest), ret_last->what, sizeof ret_last->what);
    }
    arena_done(&arena);
}
