/* SPDX-License-Identifier: MIT */
/* test_services.c: people, consent, series, statistics, values, timers, safety and audit as plugins
 * see them. */
#include "rig.h"

#include <errno.h>

static int setup(void **state)
{
    return rig_setup_with(state, &(struct rig_options){.plugins = "puppet shadow"});
}

/* Outside of a turn, tests commit what services wrote. */
static void commit(struct rig *rig)
{
    assert_true(store_commit(rig->stage.ground.store) >= 0);
    host_turn_end(rig->stage.bot->host, true);
}

static struct mooring_member meet(struct rig *rig, const char *who)
{
    struct people_speaker speaker = {.network = STR("console"),
                                     .identity = str_of(who),
                                     .address = str_of(who),
                                     .display = str_of(who)};
    uint64_t member;
    assert_int_equal(people_meet(rig->stage.bot->people, &speaker,
                                 groups_at(rig->stage.bot->groups, 0), &member),
                     0);
    return (struct mooring_member){member};
}

static void allow(struct rig *rig, struct mooring_member member, const char *scope, bool yes)
{
    assert_int_equal(
        people_set_consent(rig->stage.bot->people, member.id, rig_group(rig), str_of(scope), yes),
        0);
}

#define HOST(rig)  ((rig)->puppet->host)
#define GROUP(rig) ((struct mooring_group){rig_group(rig)})

/* ---- people ---------------------------------------------------------------------------------- */

static void test_roles(void **state)
{
    struct rig *rig = *state;
    struct mooring_member ana = meet(rig, "ana"), mara = meet(rig, "mara");
    assert_int_equal(HOST(rig)->people->role(HOST(rig)->self, ana, GROUP(rig)),
                     MOORING_ROLE_MEMBER);
    assert_int_equal(HOST(rig)->people->role(HOST(rig)->self, mara, GROUP(rig)),
                     MOORING_ROLE_MODERATOR);
    commit(rig);
}

static void test_consent_is_asked_for_but_checkins(void **state)
{
    struct rig *rig = *state;
    struct mooring_member ana = meet(rig, "ana");
    const struct mooring_people *people = HOST(rig)->people;
    assert_int_equal(people->consent(HOST(rig)->self, ana, GROUP(rig), "checkins"), 1);
    assert_int_equal(people->consent(HOST(rig)->self, ana, GROUP(rig), "nudges"), 0);
    allow(rig, ana, "nudges", true);
    allow(rig, ana, "checkins", false);
    assert_int_equal(people->consent(HOST(rig)->self, ana, GROUP(rig), "checkins"), 0);
    assert_int_equal(people->consent(HOST(rig)->self, ana, GROUP(rig), "nudges"), 1);
    assert_int_equal(
        people->consent(HOST(rig)->self, (struct mooring_member){0}, GROUP(rig), "checkins"), 0);
    commit(rig);
}

static int count_member(void *ctx, struct mooring_member member)
{
    (void)member;
    ++*(int *)ctx;
    return 0;
}

static void test_each_walks_those_who_agreed(void **state)
{
    struct rig *rig = *state;
    int all = 0, nudged = 0;
    allow(rig, meet(rig, "ana"), "nudges", true);
    meet(rig, "ben");
    assert_true(
        HOST(rig)->people->each(HOST(rig)->self, GROUP(rig), "nudges", count_member, &nudged) >= 0);
    assert_true(HOST(rig)->people->each(HOST(rig)->self, GROUP(rig), NULL, count_member, &all) >=
                0);
    assert_int_equal(nudged, 1);
    assert_int_equal(all, 3); /* mara is known from the start */
    commit(rig);
}

static void test_preferences_fall_back_to_the_group(void **state)
{
    struct rig *rig = *state;
    struct mooring_member ana = meet(rig, "ana");
    struct mooring_str value;
    const struct mooring_people *people = HOST(rig)->people;
    assert_int_equal(people->preference(HOST(rig)->self, ana, "zone", &value), 0);
    assert_true(str_eq_c(abi_take(value), "America/New_York"));
    assert_int_equal(
        people_set_preference(rig->stage.bot->people, ana.id, STR("zone"), STR("Europe/Berlin")),
        0);
    assert_int_equal(people->preference(HOST(rig)->self, ana, "zone", &value), 0);
    assert_true(str_eq_c(abi_take(value), "Europe/Berlin"));
    assert_int_equal(people->preference(HOST(rig)->self, ana, "country", &value), 0);
    assert_true(str_eq_c(abi_take(value), "US"));
    assert_int_equal(people->preference(HOST(rig)->self, ana, "shoe-size", &value), -ENOENT);
    commit(rig);
}

static void test_reachable_and_find(void **state)
{
    struct rig *rig = *state;
    struct mooring_member ana = meet(rig, "ana"), found = {0};
    const struct mooring_people *people = HOST(rig)->people;
    assert_int_equal(people->reachable(HOST(rig)->self, ana), 1);
    assert_int_equal(people->reachable(HOST(rig)->self, (struct mooring_member){424242}), -ENOENT);
    assert_int_equal(people->find(HOST(rig)->self, GROUP(rig), MOORING_STR("@ana"), &found), 0);
    assert_true(found.id == ana.id);
    assert_int_equal(people->find(HOST(rig)->self, GROUP(rig), MOORING_STR("nobody"), &found),
                     -ENOENT);
    commit(rig);
}

/* ---- series ---------------------------------------------------------------------------------- */

static void add_value(void *ctx, int64_t at, int64_t value)
{
    (void)at;
    *(int64_t *)ctx = *(int64_t *)ctx * 100 + value;
}

static int64_t read_mood(struct rig *rig, struct mooring_member member, const struct puppet *puppet,
                         const char *series)
{
    int64_t values = 0;
    int r = puppet->host->series->read(puppet->host->self, member, series, 0, INT64_MAX, add_value,
                                       &values);
    (void)rig;
    return r < 0 ? r : values;
}

static void test_points_by_time(void **state)
{
    struct rig *rig = *state;
    struct mooring_member ana = meet(rig, "ana");
    const struct mooring_series *series = HOST(rig)->series;
    assert_int_equal(series->record(HOST(rig)->self, ana, "mood", RIG_START_AT + 1000, 7), 0);
    assert_int_equal(series->record(HOST(rig)->self, ana, "mood", RIG_START_AT, 3), 0);
    assert_int_equal(read_mood(rig, ana, rig->puppet, "mood"), 307);
    assert_int_equal(series->record(HOST(rig)->self, ana, "mood", RIG_START_AT, 4), 0);
    assert_int_equal(read_mood(rig, ana, rig->puppet, "mood"), 407);
    assert_int_equal(series->record(HOST(rig)->self, ana, "mood", RIG_START_AT, MOORING_NO_VALUE),
                     0);
    assert_int_equal(read_mood(rig, ana, rig->puppet, "puppet.mood"), 7);
    commit(rig);
}

static void test_points_out_of_range_or_without_consent(void **state)
{
    struct rig *rig = *state;
    struct mooring_member ana = meet(rig, "ana");
    const struct mooring_series *series = HOST(rig)->series;
    assert_int_equal(series->record(HOST(rig)->self, ana, "mood", RIG_START_AT, 11), -ERANGE);
    assert_int_equal(series->record(HOST(rig)->self, ana, "mood", RIG_START_AT, -1), -ERANGE);
    assert_int_equal(series->record(HOST(rig)->self, ana, "weather", RIG_START_AT, 1), -ENOENT);
    assert_int_equal(
        series->record(HOST(rig)->self, (struct mooring_member){0}, "mood", RIG_START_AT, 1),
        -ENOENT);
    allow(rig, ana, "checkins", false);
    assert_int_equal(series->record(HOST(rig)->self, ana, "mood", RIG_START_AT, 5), -EACCES);
    assert_int_equal(read_mood(rig, ana, rig->puppet, "mood"), 0);
    assert_int_equal(read_mood(rig, ana, rig->puppet, "nobody.mood"), -ENOENT);
    commit(rig);
}

struct cells {
    int count;
    int64_t people, mean;
};

static void note_cell(void *ctx, int64_t from_at, int64_t people, int64_t mean_milli)
{
    struct cells *cells = ctx;
    (void)from_at;
    cells->count++;
    cells->people = people;
    cells->mean = mean_milli;
}

/* `agreed` people of whom each recorded one point of the same moment. */
static struct cells aggregate(struct rig *rig, int agreed)
{
    struct cells cells = {0};
    for (int i = 0; i < agreed; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "person%d", i);
        struct mooring_member member = meet(rig, name);
        allow(rig, member, "statistics", true);
        assert_int_equal(
            HOST(rig)->series->record(HOST(rig)->self, member, "mood", RIG_START_AT, i % 2 ? 6 : 4),
            0);
    }
    assert_int_equal(HOST(rig)->series->aggregate(
                         HOST(rig)->self, GROUP(rig), "mood", RIG_START_AT - CLOCK_DAY_MS,
                         RIG_START_AT + CLOCK_DAY_MS, 2 * CLOCK_DAY_MS, note_cell, &cells),
                     1);
    commit(rig);
    return cells;
}

static void test_ten_people_are_withheld(void **state)
{
    struct cells cells = aggregate(*state, 10);
    assert_int_equal(cells.count, 1);
    assert_true(cells.people < 0);
    assert_int_equal(cells.mean, 0);
}

static void test_twelve_people_are_shown(void **state)
{
    struct cells cells = aggregate(*state, 12);
    assert_int_equal(cells.people, 12);
    assert_int_equal(cells.mean, 5000);
}

static void test_who_did_not_agree_is_not_counted(void **state)
{
    struct rig *rig = *state;
    struct mooring_member ana = meet(rig, "ana");
    assert_int_equal(HOST(rig)->series->record(HOST(rig)->self, ana, "mood", RIG_START_AT, 10), 0);
    struct cells cells = aggregate(rig, 11);
    assert_int_equal(cells.people, 11);
}

static void test_buckets_under_a_day_single_people_out(void **state)
{
    struct rig *rig = *state;
    struct cells cells = {0};
    assert_int_equal(HOST(rig)->series->aggregate(HOST(rig)->self, GROUP(rig), "mood", 0,
                                                  CLOCK_DAY_MS, CLOCK_HOUR_MS, note_cell, &cells),
                     -EINVAL);
    assert_int_equal(HOST(rig)->series->aggregate(HOST(rig)->self, GROUP(rig), "mood", CLOCK_DAY_MS,
                                                  0, CLOCK_DAY_MS, note_cell, &cells),
                     -EINVAL);
    assert_int_equal(cells.count, 0);
}

/* ---- values, timers -------------------------------------------------------------------------- */

static void test_ceilings_on_values(void **state)
{
    static char big[64 * 1024 + 1];
    struct rig *rig = *state;
    const struct mooring_owner own = {.kind = MOORING_OWN_PLUGIN};
    const struct mooring_store *store = HOST(rig)->store;
    assert_int_equal(
        store->put(HOST(rig)->self, own, (struct mooring_str){big, 129}, MOORING_STR("v"), 0),
        -E2BIG);
    assert_int_equal(store->put(HOST(rig)->self, own, (struct mooring_str){0}, MOORING_STR("v"), 0),
                     -E2BIG);
    assert_int_equal(store->put(HOST(rig)->self, own, MOORING_STR("k"),
                                (struct mooring_str){big, sizeof big}, 0),
                     -E2BIG);
}

static void test_values_expire_and_are_erased_by_prefix(void **state)
{
    struct rig *rig = *state;
    const struct mooring_owner own = {.kind = MOORING_OWN_PLUGIN};
    const struct mooring_store *store = HOST(rig)->store;
    struct mooring_str value;
    assert_true(store->put(HOST(rig)->self, own, MOORING_STR("day/1"), MOORING_STR("a"), 0) >= 0);
    assert_true(store->put(HOST(rig)->self, own, MOORING_STR("day/2"), MOORING_STR("b"),
                           RIG_START_AT + 60000) >= 0);
    commit(rig);
    assert_int_equal(store->get(HOST(rig)->self, own, MOORING_STR("day/2"), &value), 0);
    rig_play(rig, "/wait 2m");
    assert_int_equal(store->get(HOST(rig)->self, own, MOORING_STR("day/2"), &value), -ENOENT);
    assert_int_equal(store->get(HOST(rig)->self, own, MOORING_STR("day/1"), &value), 0);
    assert_true(store->erase(HOST(rig)->self, own, MOORING_STR("day/")) >= 0);
    commit(rig);
    assert_int_equal(store->get(HOST(rig)->self, own, MOORING_STR("day/1"), &value), -ENOENT);
}

static int set_daily(struct puppet *puppet, const struct mooring_event *event,
                     struct mooring_str args)
{
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .rrule = MOORING_STR("FREQ=DAILY"),
                                      .zone = MOORING_STR("America/New_York"),
                                      .start_local = MOORING_STR("2026-11-23T09:00")};
    const struct mooring_owner owner = {.kind = MOORING_OWN_GROUP, .id = event->group.id};
    if (args.len)
        return puppet->host->timer->cancel(puppet->host->self, owner, MOORING_STR("daily"));
    return puppet->host->timer->set(puppet->host->self, owner, MOORING_STR("daily"), &when);
}

static void test_a_daily_timer_survives_a_kill_and_is_cancelled(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = set_daily;
    rig_play(rig, "!pull\n/wait 10m");
    assert_int_equal(rig->puppet->timers, 1);
    rig_play(rig, "/kill\n/wait 2d");
    assert_int_equal(rig->puppet->timers, 3);
    rig_play(rig, "!pull off\n/wait 3d");
    assert_int_equal(rig->puppet->timers, 3);
}

static void test_the_clock_in_a_zone(void **state)
{
    struct rig *rig = *state;
    struct mooring_civil local;
    int64_t at;
    const struct mooring_clock *clock = HOST(rig)->clock;
    assert_int_equal(
        clock->local(HOST(rig)->self, MOORING_STR("Europe/Berlin"), RIG_START_AT, &local), 0);
    assert_int_equal(local.hour, 14);
    assert_int_equal(local.minute, 55);
    assert_int_equal(local.weekday, 0);
    assert_true(clock->now_at(HOST(rig)->self) == RIG_START_AT);
    assert_int_equal(clock->next(HOST(rig)->self, MOORING_STR("FREQ=DAILY"),
                                 MOORING_STR("America/New_York"), MOORING_STR("2026-11-01T09:00"),
                                 RIG_START_AT, &at),
                     0);
    assert_true(at == RIG_START_AT + 5 * 60000);
    assert_true(clock->local(HOST(rig)->self, MOORING_STR("Mars/Base"), RIG_START_AT, &local) < 0);
}

/* ---- safety, alerts, audit ------------------------------------------------------------------- */

static void test_classify(void **state)
{
    struct rig *rig = *state;
    struct mooring_verdict verdict = {0};
    assert_int_equal(HOST(rig)->safety->classify(HOST(rig)->self,
                                                 MOORING_STR("I want to kill myself tonight"), 0,
                                                 &verdict),
                     0);
    assert_int_equal(verdict.kind, MOORING_CRISIS_SUICIDE);
    assert_true(verdict.tier >= 3);
    assert_true(verdict.rules.len > 0);
    assert_int_equal(
        HOST(rig)->safety->classify(HOST(rig)->self, MOORING_STR("the tide is out"), 0, &verdict),
        0);
    assert_int_equal(verdict.tier, 0);
    host_turn_end(rig->stage.bot->host, true);
}

static int raise_alert(struct puppet *puppet, const struct mooring_event *event,
                       struct mooring_str args)
{
    const struct mooring_host *host = puppet->host;
    struct mooring_alert_status *status = puppet->ctx;
    const struct mooring_alert alert = {.struct_size = sizeof alert,
                                        .about = event->member,
                                        .source = event->source,
                                        .verdict = {.struct_size = sizeof alert.verdict,
                                                    .kind = MOORING_CRISIS_SUICIDE,
                                                    .tier = args.len ? 9 : 3,
                                                    .who = MOORING_WHO_SELF,
                                                    .rules = MOORING_STR("test.rule")}};
    return host->alerts->raise(host->self, &alert, status);
}

static void test_raising_pages_the_team(void **state)
{
    struct rig *rig = *state;
    struct mooring_alert_status status = {0};
    rig->puppet->ctx = &status;
    rig->puppet->run = raise_alert;
    rig_play(rig, "/dm\npull\n< room bridge: ana");
    assert_int_equal(status.tier, 3);
    assert_int_equal(status.state, MOORING_ALERT_OPEN);
    struct mooring_alert_status open = {0};
    assert_int_equal(HOST(rig)->alerts->open(
                         HOST(rig)->self, (struct mooring_member){rig_member(rig, "ana")}, &open),
                     0);
    assert_true(open.alert.id == status.alert.id);
}

static void test_a_tier_that_there_is_not(void **state)
{
    struct rig *rig = *state;
    struct mooring_alert_status status = {0};
    rig->puppet->ctx = &status;
    rig->puppet->run = raise_alert;
    rig_play(rig, "/dm\npull nine\n! room bridge: .\n< dm ana: went wrong");
}

static int record_audit(struct puppet *puppet, const struct mooring_event *event,
                        struct mooring_str args)
{
    const struct mooring_field fields[] = {{"count", 3}, {"minutes", 20}};
    (void)args;
    return puppet->host->audit->record(puppet->host->self, "walked", event->member, fields, 2);
}

static void test_audit_rows_are_read_by_whom_they_concern(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = record_audit;
    rig_play(
        rig,
        "/dm\npull\naudit\n< dm ana: walked count=3 minutes=20\n/as ben\naudit\n! dm ben: walked");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_roles),
        TEST(test_consent_is_asked_for_but_checkins),
        TEST(test_each_walks_those_who_agreed),
        TEST(test_preferences_fall_back_to_the_group),
        TEST(test_reachable_and_find),
        TEST(test_points_by_time),
        TEST(test_points_out_of_range_or_without_consent),
        TEST(test_ten_people_are_withheld),
        TEST(test_twelve_people_are_shown),
        TEST(test_who_did_not_agree_is_not_counted),
        TEST(test_buckets_under_a_day_single_people_out),
        TEST(test_ceilings_on_values),
        TEST(test_values_expire_and_are_erased_by_prefix),
        TEST(test_a_daily_timer_survives_a_kill_and_is_cancelled),
        TEST(test_the_clock_in_a_zone),
        TEST(test_classify),
        TEST(test_raising_pages_the_team),
        TEST(test_a_tier_that_there_is_not),
        TEST(test_audit_rows_are_read_by_whom_they_concern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
