/* SPDX-License-Identifier: MIT */
/* drill.c: a page rehearsed end to end, the way of a real one, marked in every message: how long
 * each step took, and whether a person answered.  It is no alert, and gives way to one. */
#include "alerts/drill.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "observe/log.h"
#include "store/values.h"

enum { DRILL_TIER = 3, DRILL_TEXT_BYTES = 512 };
#define DRILL_AWAY_MS (10 * CLOCK_MINUTE_MS) /* a page later than this means that we were away */

static const struct mooring_owner house = {.kind = MOORING_OWN_PLUGIN};
static const char state_key[] = "drill.now", last_key[] = "drill.last";

/* ---- kept ------------------------------------------------------------------------------------ */

static int read_numbers(struct str text, int64_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str word;
        if (!str_word(&text, &word) || number_parse(word, INT64_MIN, INT64_MAX, &out[i]) < 0)
            return -EBADMSG;
    }
    return 0;
}

static void add_numbers(struct buf *out, const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_format(out, "%s%" PRId64, i ? " " : "", numbers[i]);
}

static int get(struct alerts *alerts, const struct group *group, const char *key, int64_t *out,
               size_t count)
{
    struct str value;
    int r = store_values_get(alerts->parts.store, STR(""), MOORING_OWN_GROUP, group->id,
                             str_of(key), &alerts->arena, &value);
    return r < 0 ? r : read_numbers(value, out, count);
}

static int put(struct alerts *alerts, const struct group *group, const char *key,
               const int64_t *numbers, size_t count)
{
    AUTO_BUF value;
    buf_init(&value, DRILL_TEXT_BYTES);
    add_numbers(&value, numbers, count);
    if (value.failed)
        return value.failed;
    return store_values_put(alerts->parts.store, STR(""), MOORING_OWN_GROUP, group->id, str_of(key),
                            buf_str(&value), 0);
}

/* -ENOENT: none runs. */
static int load(struct alerts *alerts, const struct group *group, struct drill *ret_drill)
{
    struct drill drill = {.group = group};
    int r = get(alerts, group, state_key, drill.is, DRILL_FIELD_COUNT);
    if (r == 0)
        *ret_drill = drill;
    return r;
}

static int save(struct alerts *alerts, const struct drill *drill)
{
    return put(alerts, drill->group, state_key, drill->is, DRILL_FIELD_COUNT);
}

static void job_key(const struct group *group, char out[32])
{
    (void)snprintf(out, 32, "drill/%" PRIu64, group->id);
}

static int set_clock(struct alerts *alerts, const struct drill *drill)
{
    char key[32];
    job_key(drill->group, key);
    struct mooring_when when = {.struct_size = sizeof when, .at = drill->is[DRILL_NEXT_AT]};
    return jobs_set(alerts->parts.jobs, STR(""), house, str_of(key), &when);
}

static int clear(struct alerts *alerts, const struct group *group)
{
    char key[32];
    job_key(group, key);
    int r = jobs_cancel(alerts->parts.jobs, STR(""), house, str_of(key));
    if (r < 0 && r != -ENOENT)
        return r;
    return store_values_erase(alerts->parts.store, STR(""), MOORING_OWN_GROUP, group->id,
                              str_of(state_key));
}

static int audit(struct alerts *alerts, const struct drill *drill, const char *event,
                 uint64_t actor)
{
    char details[64];
    int64_t seconds = (alerts_now(alerts) - drill->is[DRILL_STARTED_AT]) / CLOCK_SECOND_MS;
    (void)snprintf(details, sizeof details, "pages=%" PRId64 " seconds=%" PRId64,
                   drill->is[DRILL_PAGES], seconds);
    struct store_audit_row row = {.at = alerts_now(alerts),
                                  .actor = actor,
                                  .group = drill->group->id,
                                  .plugin = STR(""),
                                  .event = str_of(event),
                                  .details = str_of(details)};
    return store_audit_put(alerts->parts.store, &row);
}

/* ---- its end --------------------------------------------------------------------------------- */

static void take_back(struct alerts *alerts, int64_t row)
{
    int r = row ? outbox_cancel(alerts->parts.outbox, (uint64_t)row) : 0;
    if (r < 0 && r != -ENOENT)
        log_event(LOG_LEVEL_WARNING, "drill_cancel", LOG_ERRNO(r));
}

static int finish(struct alerts *alerts, const struct drill *drill, enum alerts_drill_end end,
                  uint64_t by)
{
    static const char *const names[] = {"answered", "unanswered",  "unreached",
                                        "stopped",  "interrupted", "away"};
    char event[32];
    int64_t now = alerts_now(alerts);
    const int64_t last[] = {now, (int64_t)end, MAX_OF(now - drill->is[DRILL_STARTED_AT], 0),
                            drill->is[DRILL_PAGES]};
    (void)snprintf(event, sizeof event, "drill-%s", names[end]);
    take_back(alerts, drill->is[DRILL_ROOM_ROW]);
    take_back(alerts, drill->is[DRILL_PERSON_ROW]);
    int r = clear(alerts, drill->group);
    if (r == 0)
        r = put(alerts, drill->group, last_key, last, COUNT_OF(last));
    if (r == 0)
        r = audit(alerts, drill, event, by);
    if (r == 0)
        r = alerts_drill_report(alerts, drill, end, by);
    if (r == 0)
        log_event(LOG_LEVEL_NOTICE, "drill_over", LOG_STR("group", drill->group->name),
                  LOG_TEXT("end", names[end]), LOG_INT("pages", drill->is[DRILL_PAGES]),
                  LOG_INT("seconds", last[2] / CLOCK_SECOND_MS));
    return r;
}

int alerts_drill_last(struct alerts *alerts, const struct group *group,
                      struct alerts_drill_last *ret_last)
{
    int64_t last[4];
    arena_reset(&alerts->arena);
    int r = get(alerts, group, last_key, last, COUNT_OF(last));
    if (r < 0)
        return r;
    if (last[1] < 0 || last[1] >= ALERTS_DRILL_END_COUNT)
        return -EBADMSG;
    *ret_last = (struct alerts_drill_last){.ended_at = last[0],
                                           .end = (enum alerts_drill_end)last[1],
                                           .took_ms = last[2],
                                           .pages = (int)last[3]};
    return 0;
}

int64_t alerts_drill_since(struct alerts *alerts, const struct group *group)
{
    struct drill drill;
    arena_reset(&alerts->arena);
    return load(alerts, group, &drill) == 0 ? drill.is[DRILL_STARTED_AT] : 0;
}

/* ---- its pages ------------------------------------------------------------------------------- */

static struct str next_of(struct alerts *alerts, const struct alerts_round *round)
{
    if (round->step.call != ALERTS_CALL_ALL)
        return alerts_next_piece(alerts, round);
    struct mooring_arg at = abi_time("at", alerts_now(alerts) + round->step.next_ms);
    return alerts_piece(alerts, round->group, STR("alerts.drill-last"), &at, 1);
}

/* Everybody was called: one more interval, and it ends; a real one would go on. */
static struct alerts_step step_of(const struct alerts *alerts, int64_t pages)
{
    int64_t again_ms = alerts_again_ms(alerts);
    struct alerts_step step = alerts_step_of(DRILL_TIER, (int)pages, again_ms);
    if (step.call == ALERTS_CALL_ALL)
        step.next_ms = MIN_OF(step.next_ms, again_ms);
    return step;
}

/* How many places were told. */
static int send_page(struct alerts *alerts, const struct drill *drill, struct alerts_round *round)
{
    const struct group *group = drill->group;
    char command[128], key[64];
    (void)snprintf(command, sizeof command, "ack drill %.*s", (int)MIN_OF(group->name.len, 96),
                   group->name.ptr);
    (void)snprintf(key, sizeof key, "drill/%" PRId64 "/%" PRId64, drill->is[DRILL_STARTED_AT],
                   drill->is[DRILL_PAGES]);
    struct mooring_arg args[] = {
        abi_time("at", drill->is[DRILL_STARTED_AT]),
        abi_text("on_call", alerts_on_call_piece(alerts, group, round->team)),
        abi_text("next", next_of(alerts, round)),
        abi_int("minutes", (alerts_now(alerts) - drill->is[DRILL_STARTED_AT]) / CLOCK_MINUTE_MS),
    };
    struct mooring_choice ack = {"alerts.choice-ack", MOORING_STR("\xf0\x9f\x91\x8d"),
                                 abi_lend(str_of(command))};
    int64_t at;
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_CRISIS | MOORING_SAY_URGENT,
                                      .msgid = drill->is[DRILL_PAGES] ? "alerts.drill-page-again"
                                                                      : "alerts.drill-page",
                                      .to = {.member = {alerts_on_call(alerts, group, &at)}},
                                      .args = args,
                                      .arg_count = COUNT_OF(args),
                                      .choices = &ack,
                                      .choice_count = 1,
                                      .dedup_key = abi_lend(str_of(key))};
    return alerts_round(alerts, round, &message);
}

static int page(struct alerts *alerts, struct drill *drill)
{
    struct alerts_team team;
    alerts_team_of(alerts, drill->group, &team);
    struct alerts_round round = {.group = drill->group,
                                 .team = &team,
                                 .step = step_of(alerts, drill->is[DRILL_PAGES]),
                                 .tier = DRILL_TIER,
                                 .pages = (int)drill->is[DRILL_PAGES]};
    int said = send_page(alerts, drill, &round);
    if (said < 0)
        return said;
    if (said == 0)
        return finish(alerts, drill, ALERTS_DRILL_UNREACHED, 0);
    if (drill->is[DRILL_PAGES]++ == 0) {
        drill->is[DRILL_ROOM_ROW] = (int64_t)round.room_row;
        drill->is[DRILL_PERSON_ROW] = (int64_t)round.person_row;
        drill->is[DRILL_PERSON] = (int64_t)round.person;
    }
    drill->is[DRILL_NEXT_AT] = alerts_now(alerts) + round.step.next_ms;
    int r = save(alerts, drill);
    return r < 0 ? r : set_clock(alerts, drill);
}

static void count_waiting(void *ctx, const struct store_alert *alert)
{
    size_t *count = ctx;
    *count += alert->state == MOORING_ALERT_OPEN;
}

int alerts_drill_start(struct alerts *alerts, const struct group *group, uint64_t by,
                       int64_t asked_at)
{
    struct drill drill = {.group = group};
    size_t waiting = 0;
    arena_reset(&alerts->arena);
    int r = load(alerts, group, &drill);
    if (r != -ENOENT)
        return r < 0 ? r : -EEXIST;
    r = store_alerts_each_open(alerts->parts.store, count_waiting, &waiting);
    if (r < 0 || waiting)
        return r < 0 ? r : -EBUSY;
    int64_t now = alerts_now(alerts);
    drill.is[DRILL_BY] = (int64_t)by;
    drill.is[DRILL_ASKED_AT] = asked_at > 0 && asked_at < now ? asked_at : now;
    drill.is[DRILL_STARTED_AT] = now;
    alerts->maybe_drill = true;
    r = audit(alerts, &drill, "drill-start", by);
    return r < 0 ? r : page(alerts, &drill);
}

int alerts_drill_due(struct alerts *alerts, uint64_t group_id)
{
    const struct group *group = groups_by_id(alerts->parts.groups, group_id);
    struct drill drill;
    if (!group)
        return 0; /* gone from the configuration */
    int r = load(alerts, group, &drill);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (alerts_now(alerts) - drill.is[DRILL_NEXT_AT] > DRILL_AWAY_MS)
        return finish(alerts, &drill, ALERTS_DRILL_AWAY, 0);
    if (step_of(alerts, drill.is[DRILL_PAGES] - 1).call == ALERTS_CALL_ALL)
        return finish(alerts, &drill, ALERTS_DRILL_UNANSWERED, 0);
    return page(alerts, &drill);
}

/* ---- what people do -------------------------------------------------------------------------- */

/* How many run among those that `by` moderates, and the first of them; name: that group's alone. */
static int find_of(struct alerts *alerts, struct str name, uint64_t by, struct drill *ret_drill)
{
    int found = 0;
    arena_reset(&alerts->arena);
    for (size_t i = 0; i < groups_count(alerts->parts.groups); i++) {
        const struct group *group = groups_at(alerts->parts.groups, i);
        struct drill one;
        if ((!str_empty(name) && !str_eq(name, group->name)) ||
            people_member_role(alerts->parts.people, by, group) < MOORING_ROLE_MODERATOR)
            continue;
        int r = load(alerts, group, &one);
        if (r < 0 && r != -ENOENT)
            return r;
        if (r == 0 && found++ == 0)
            *ret_drill = one;
    }
    return found;
}

bool alerts_drill_runs(struct alerts *alerts, uint64_t by)
{
    struct drill drill;
    return find_of(alerts, (struct str){0}, by, &drill) > 0;
}

int alerts_drill_acknowledge(struct alerts *alerts, struct str name, uint64_t by)
{
    struct drill drill;
    int r = find_of(alerts, name, by, &drill);
    if (r != 1)
        return r < 0 ? r : r ? -ENOTUNIQ : -ENOENT;
    return finish(alerts, &drill, ALERTS_DRILL_ANSWERED, by);
}

int alerts_drill_stop(struct alerts *alerts, const struct group *group, uint64_t by)
{
    struct drill drill;
    arena_reset(&alerts->arena);
    int r = load(alerts, group, &drill);
    return r < 0 ? r : finish(alerts, &drill, ALERTS_DRILL_STOPPED, by);
}

/* ---- what else happens ----------------------------------------------------------------------- */

static bool note_leg(struct drill *drill, enum drill_field row, const struct outbox_result *result,
                     int64_t now)
{
    int64_t *leg = &drill->is[row];
    if (leg[0] == 0 || (uint64_t)leg[0] != result->id)
        return false;
    leg[1] = result->given_at;
    leg[2] = now;
    leg[3] = result->result;
    return true;
}

void alerts_drill_result(struct alerts *alerts, const struct outbox_result *result)
{
    bool any = false;
    if (!alerts->maybe_drill || !(result->flags & MOORING_SAY_CRISIS))
        return;
    arena_reset(&alerts->arena);
    for (size_t i = 0; i < groups_count(alerts->parts.groups); i++) {
        struct drill drill;
        int r = load(alerts, groups_at(alerts->parts.groups, i), &drill);
        any |= r == 0;
        if (r < 0 || !(note_leg(&drill, DRILL_ROOM_ROW, result, alerts_now(alerts)) ||
                       note_leg(&drill, DRILL_PERSON_ROW, result, alerts_now(alerts))))
            continue;
        r = save(alerts, &drill);
        if (r < 0)
            log_event(LOG_LEVEL_WARNING, "drill_result", LOG_ERRNO(r));
    }
    alerts->maybe_drill = any;
}

static int interrupt(struct alerts *alerts)
{
    int r = 0;
    for (size_t i = 0; i < groups_count(alerts->parts.groups) && r >= 0; i++) {
        struct drill drill;
        r = load(alerts, groups_at(alerts->parts.groups, i), &drill);
        r = r == -ENOENT ? 0 : r < 0 ? r : finish(alerts, &drill, ALERTS_DRILL_INTERRUPTED, 0);
    }
    return r;
}

/* In earnest now.  Whatever goes wrong here, it never takes the real page with it. */
void alerts_drill_interrupt(struct alerts *alerts)
{
    struct store_savepoint savepoint;
    if (!alerts->maybe_drill || store_savepoint(alerts->parts.store, &savepoint) < 0)
        return;
    int r = interrupt(alerts);
    if (r < 0)
        r = store_rollback_to(alerts->parts.store, savepoint);
    else
        r = store_release(alerts->parts.store, savepoint);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "drill_interrupt", LOG_ERRNO(r));
}
