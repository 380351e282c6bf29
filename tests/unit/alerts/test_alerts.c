/* SPDX-License-Identifier: MIT */
/* test_alerts.c: a call for help becomes an alert, is raised and never lowered. */
#include "scene.h"

#include <errno.h>
#include <stdio.h>

static void count_alert(void *ctx, const struct store_alert *alert)
{
    (void)alert;
    ++*(size_t *)ctx;
}

static size_t open_count(struct scene *s)
{
    size_t count = 0;
    assert_true(store_alerts_each_open(s->world->store, count_alert, &count) >= 0);
    return count;
}

static void test_tier_one_is_only_counted(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 1);
    struct mooring_alert_status status;
    assert_int_equal(alerts_raise(s->alerts, &call, &status), -ENOENT);
    world_commit(s->world);
    world_assert_silent(s->world);
    assert_int_equal(open_count(s), 0);
    assert_int_equal(world_metric(s->world, "mooring_alerts_total"), 1);
}

static void test_what_is_kept(void **state)
{
    struct scene *s = *state;
    struct arena arena;
    arena_init(&arena, 0);
    struct mooring_alert_status status = scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    struct store_alert alert = scene_alert(s, status.alert.id, &arena);
    assert_int_equal(alert.tier, 3);
    assert_int_equal(alert.kind, SAFETY_SUICIDE);
    assert_int_equal(alert.state, MOORING_ALERT_OPEN);
    assert_true(alert.member == world_person(s->world, "ana")->id);
    assert_true(alert.opened_at == WORLD_START_AT);
    assert_int_equal(alert.room, 201);
    assert_int_equal(alert.group, 101);
    assert_true(str_eq_c(alert.who, "ana|irc|ana"));
    assert_true(str_eq_c(alert.text, "PRIVATE WORDS"));
    assert_true(str_eq_c(alert.rules, "test.rule"));
    assert_true(alert.next_page_at == WORLD_START_AT + 5 * CLOCK_MINUTE_MS);
    assert_true(status.on_call.id == world_person(s->world, "mara")->id);
    assert_string_equal(s->changes, "opened 1 ");
    arena_done(&arena);
}

static void test_the_same_person_has_one_alert(void **state)
{
    struct scene *s = *state;
    struct arena arena;
    arena_init(&arena, 0);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    struct mooring_alert_status status = scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_int_equal(status.alert.id, 1);
    assert_int_equal(open_count(s), 1);
    assert_true(str_eq_c(scene_alert(s, 1, &arena).text, "PRIVATE WORDS\nPRIVATE WORDS"));
    status = scene_raise(s, "dee", SAFETY_SUICIDE, 3);
    assert_int_equal(status.alert.id, 2);
    arena_done(&arena);
}

static void test_a_tier_rises_and_never_falls(void **state)
{
    struct scene *s = *state;
    struct arena arena;
    arena_init(&arena, 0);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_int_equal(scene_raise(s, "ana", SAFETY_SUICIDE, 2).tier, 3);
    assert_int_equal(scene_raise(s, "ana", SAFETY_OVERDOSE, 4).tier, 4);
    assert_int_equal(scene_raise(s, "ana", SAFETY_SUICIDE, 3).tier, 4);
    struct store_alert alert = scene_alert(s, 1, &arena);
    assert_int_equal(alert.tier, 4);
    assert_int_equal(alert.kind, SAFETY_OVERDOSE);
    arena_done(&arena);
}

static void raise_words(struct scene *s, const char *words, const char *rule)
{
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    struct mooring_alert_status status;
    call.text = str_of(words);
    call.verdict.rules[0] = rule;
    assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
    world_commit(s->world);
    assert_int_equal(status.alert.id, 1);
}

#define MORE                                                                                       \
    "ALERT 1: they have written again, and it's not the same as before (suicide, tier 3). Please " \
    "look again."

/* Of the same tier: the same words are one call, others are told, a new rule always. */
static void test_other_words_are_told_to_the_team(void **state)
{
    struct scene *s = *state;
    struct arena arena = {0};
    uint64_t id;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    s->world->taken = s->world->said_count;
    raise_words(s, "private words ", "test.rule");
    world_assert_silent(s->world);
    raise_words(s, "THERE ARE PILLS", "test.rule");
    world_assert_said(s->world, "irc #bridge", MORE);
    world_assert_said(s->world, "irc mara", MORE);
    raise_words(s, "AND MORE", "test.rule"); /* within the minute */
    world_assert_silent(s->world);
    raise_words(s, "AND MORE", "test.pills");
    world_assert_said(s->world, "irc #bridge", MORE);
    world_assert_said(s->world, "irc mara", MORE);
    raise_words(s, "AND MORE", "test.pills");
    world_assert_silent(s->world);
    assert_true(str_eq_c(scene_alert(s, 1, &arena).rules, "test.rule test.pills"));
    assert_int_equal(alerts_acknowledge(s->alerts, 1, world_person(s->world, "ben")->id, &id), 0);
    world_commit(s->world);
    (void)world_next(s->world);
    world_advance(s->world, CLOCK_MINUTE_MS);
    raise_words(s, "STILL MORE", "test.pills");
    world_assert_said(s->world, "irc #bridge", MORE);
    world_assert_said(s->world, "irc ben", MORE);
    world_assert_silent(s->world);
    arena_done(&arena);
}

static void test_a_denial_changes_nothing(void **state)
{
    struct scene *s = *state;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    for (int tier = 0; tier < 2; tier++) {
        struct alerts_call call = scene_call(s, "ana", SAFETY_NONE, tier);
        struct mooring_alert_status status;
        assert_int_equal(alerts_raise(s->alerts, &call, &status), -ENOENT);
        scene_floor(s, &call, 0);
    }
    struct mooring_alert_status status;
    assert_int_equal(alerts_status_of(s->alerts, world_person(s->world, "ana")->id, &status), 0);
    assert_int_equal(status.tier, 3);
    assert_int_equal(status.state, MOORING_ALERT_OPEN);
}

static void test_two_of_tier_two_in_a_day_are_three(void **state)
{
    struct scene *s = *state;
    assert_int_equal(scene_raise(s, "ana", SAFETY_SUICIDE, 2).tier, 2);
    world_advance(s->world, 23 * CLOCK_HOUR_MS);
    assert_int_equal(scene_raise(s, "ana", SAFETY_SUICIDE, 2).tier, 3);
    assert_int_equal(scene_raise(s, "dee", SAFETY_SUICIDE, 2).tier, 2);
}

static void test_also_when_the_first_was_closed(void **state)
{
    struct scene *s = *state;
    uint64_t id;
    scene_raise(s, "ana", SAFETY_SUICIDE, 2);
    assert_int_equal(
        alerts_close(s->alerts, 1, world_person(s->world, "mara")->id, STR("safe"), &id), 0);
    world_commit(s->world);
    assert_int_equal(scene_raise(s, "ana", SAFETY_SUICIDE, 2).tier, 3);
}

static void test_two_of_tier_two_a_day_apart_stay_two(void **state)
{
    struct scene *s = *state;
    uint64_t id;
    scene_raise(s, "ana", SAFETY_SUICIDE, 2);
    assert_int_equal(
        alerts_close(s->alerts, 1, world_person(s->world, "mara")->id, STR("safe"), &id), 0);
    world_commit(s->world);
    world_advance(s->world, 24 * CLOCK_HOUR_MS);
    assert_int_equal(scene_raise(s, "ana", SAFETY_SUICIDE, 2).tier, 2);
}

static void test_somebody_without_identity(void **state)
{
    struct scene *s = *state;
    struct outbox_source source = {.network = STR("irc"),
                                   .room = STR("#harbor"),
                                   .user = STR("guest"),
                                   .display = STR("guest"),
                                   .room_id = 201,
                                   .group = 101};
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    call.member = 0;
    call.who = STR("guest");
    struct mooring_alert_status status;
    for (int i = 0; i < 2; i++) {
        call.source = outbox_note_source(s->world->outbox, &source);
        assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
        world_commit(s->world);
        assert_int_equal(status.alert.id, 1);
    }
    source.user = STR("other");
    call.source = outbox_note_source(s->world->outbox, &source);
    assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
    world_commit(s->world);
    assert_int_equal(status.alert.id, 2);
}

static void test_no_group_is_the_first_group(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    call.group = NULL;
    struct mooring_alert_status status;
    assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
    world_commit(s->world);
    assert_string_equal(world_next(s->world)->room, "#bridge");
}

static void test_the_text_has_a_ceiling(void **state)
{
    struct scene *s = *state;
    struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF text;
    buf_init(&text, 100000);
    for (int i = 0; i < 20000; i++)
        buf_add_c(&text, "\xc3\xa9");
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    call.text = buf_str(&text);
    struct mooring_alert_status status;
    for (int i = 0; i < 3; i++)
        assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
    world_commit(s->world);
    assert_true(scene_alert(s, 1, &arena).text.len <= 4000);
    arena_done(&arena);
}

static void test_texts_are_wiped_after_thirty_days(void **state)
{
    struct scene *s = *state;
    struct arena arena;
    uint64_t id;
    arena_init(&arena, 0);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_int_equal(
        alerts_close(s->alerts, 1, world_person(s->world, "mara")->id, STR("reached"), &id), 0);
    world_commit(s->world);
    world_advance(s->world, 29 * CLOCK_DAY_MS);
    assert_true(str_eq_c(scene_alert(s, 1, &arena).text, "PRIVATE WORDS"));
    world_advance(s->world, 2 * CLOCK_DAY_MS);
    assert_true(str_empty(scene_alert(s, 1, &arena).text));
    arena_done(&arena);
}

static void test_an_undone_call_pages_nobody(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    struct mooring_alert_status status;
    assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
    store_rollback(s->world->store);
    scene_assert_pages(s, 30, "");
    assert_int_equal(open_count(s), 0);
}

struct audit {
    char events[512];
};

static void note_audit(void *ctx, const struct store_audit_row *row)
{
    struct audit *audit = ctx;
    size_t used = strlen(audit->events);
    (void)snprintf(audit->events + used, sizeof audit->events - used, "%.*s ", STR_ARG(row->event));
}

static void test_each_step_is_audited(void **state)
{
    struct scene *s = *state;
    struct audit audit = {{0}};
    uint64_t id, mara = world_person(s->world, "mara")->id;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_int_equal(alerts_acknowledge(s->alerts, 1, mara, &id), 0);
    assert_int_equal(alerts_close(s->alerts, 1, mara, STR("reached"), &id), 0);
    world_commit(s->world);
    assert_true(store_audit_each(s->world->store, 101, world_person(s->world, "ana")->id, 10,
                                 note_audit, &audit) >= 0);
    assert_string_equal(audit.events, "alert-close alert-acknowledge alert-page alert-raise ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_tier_one_is_only_counted),
        TEST(test_what_is_kept),
        TEST(test_the_same_person_has_one_alert),
        TEST(test_a_tier_rises_and_never_falls),
        TEST(test_other_words_are_told_to_the_team),
        TEST(test_a_denial_changes_nothing),
        TEST(test_two_of_tier_two_in_a_day_are_three),
        TEST(test_also_when_the_first_was_closed),
        TEST(test_two_of_tier_two_a_day_apart_stay_two),
        TEST(test_somebody_without_identity),
        TEST(test_no_group_is_the_first_group),
        TEST(test_the_text_has_a_ceiling),
        TEST(test_texts_are_wiped_after_thirty_days),
        TEST(test_an_undone_call_pages_nobody),
        TEST(test_each_step_is_audited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
