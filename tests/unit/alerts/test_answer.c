/* SPDX-License-Identifier: MIT */
/* test_answer.c: only people end an alert, with a code. */
#include "scene.h"

#include <errno.h>
#include <stdio.h>

static uint64_t mara(struct scene *s)
{
    return world_person(s->world, "mara")->id;
}

static void test_the_only_one_waiting_needs_no_number(void **state)
{
    struct scene *s = *state;
    uint64_t id = 0;
    assert_int_equal(alerts_acknowledge(s->alerts, 0, mara(s), &id), -ENOENT);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_int_equal(alerts_acknowledge(s->alerts, 0, mara(s), &id), 0);
    assert_int_equal(id, 1);
    world_commit(s->world);
    scene_raise(s, "dee", SAFETY_SUICIDE, 3);
    assert_int_equal(alerts_acknowledge(s->alerts, 0, mara(s), &id),
                     0); /* the other is answered already */
    assert_int_equal(id, 2);
    assert_string_equal(s->changes, "opened 1 acknowledged 1 opened 2 acknowledged 2 ");
}

static void test_several_waiting_need_one(void **state)
{
    struct scene *s = *state;
    uint64_t id = 0;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    scene_raise(s, "dee", SAFETY_SUICIDE, 3);
    assert_int_equal(alerts_acknowledge(s->alerts, 0, mara(s), &id), -ENOTUNIQ);
    assert_int_equal(alerts_close(s->alerts, 0, mara(s), STR("safe"), &id), -ENOTUNIQ);
    assert_int_equal(alerts_acknowledge(s->alerts, 2, mara(s), &id), 0);
    assert_int_equal(alerts_acknowledge(s->alerts, 2, mara(s), &id), -EALREADY);
    assert_int_equal(alerts_acknowledge(s->alerts, 99, mara(s), &id), -ENOENT);
}

static void test_each_code_closes_and_no_other(void **state)
{
    struct scene *s = *state;
    uint64_t id;
    for (const char *const *code = alerts_codes; *code; code++) {
        scene_raise(s, "ana", SAFETY_SUICIDE, 3);
        assert_int_equal(alerts_close(s->alerts, 0, mara(s), STR("fine"), &id), -EINVAL);
        assert_int_equal(alerts_close(s->alerts, 0, mara(s), STR(""), &id), -EINVAL);
        assert_int_equal(alerts_close(s->alerts, 0, mara(s), str_of(*code), &id), 0);
        world_commit(s->world);
        assert_int_equal(alerts_close(s->alerts, id, mara(s), str_of(*code), &id), -EALREADY);
        struct mooring_alert_status status;
        assert_int_equal(alerts_status_of(s->alerts, world_person(s->world, "ana")->id, &status),
                         -ENOENT);
    }
}

static void test_each_code_has_its_words(void **state)
{
    struct scene *s = *state;
    for (const char *const *code = alerts_codes; *code; code++) {
        char msgid[64];
        (void)snprintf(msgid, sizeof msgid, "alerts.code-%s", *code);
        assert_true(text_has(s->world->text, STR("en"), str_of(msgid)));
    }
    for (int kind = SAFETY_SUICIDE; kind < SAFETY_KIND_COUNT; kind++) {
        char msgid[64];
        (void)snprintf(msgid, sizeof msgid, "alerts.kind-%s",
                       safety_kind_name((enum safety_kind)kind));
        assert_true(text_has(s->world->text, STR("en"), str_of(msgid)));
    }
    assert_true(text_has(s->world->text, STR("en"), STR("alerts.moderator-card")));
}

static void test_closed_is_quiet(void **state)
{
    struct scene *s = *state;
    uint64_t id;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    s->world->taken = s->world->said_count;
    assert_int_equal(alerts_close(s->alerts, 1, mara(s), STR("REACHED"), &id), 0);
    world_commit(s->world);
    world_assert_said(s->world, "irc #bridge",
                      "ALERT 1 closed by mara: reached, and staying in touch.");
    scene_assert_pages(s, 600, "");
}

static void test_a_tier_four_ends_with_a_debrief(void **state)
{
    struct scene *s = *state;
    uint64_t id;
    scene_raise(s, "ana", SAFETY_OVERDOSE, 4);
    s->world->taken = s->world->said_count;
    assert_int_equal(alerts_close(s->alerts, 1, mara(s), STR("emergency"), &id), 0);
    world_commit(s->world);
    world_assert_said(s->world, "irc #bridge",
                      "ALERT 1 closed by mara: emergency services are there.");
    assert_non_null(strstr(world_next(s->world)->text, "ten minutes for yourselves"));
}

static void test_a_note_goes_to_the_team_and_changes_nothing(void **state)
{
    struct scene *s = *state;
    struct arena arena;
    arena_init(&arena, 0);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    s->world->taken = s->world->said_count;
    assert_int_equal(alerts_note(s->alerts, 1, "test.hello", NULL, 0), 0);
    world_commit(s->world);
    world_assert_said(s->world, "irc #bridge", "Hello.");
    assert_int_equal(scene_alert(s, 1, &arena).tier, 3);
    assert_int_equal(scene_alert(s, 1, &arena).state, MOORING_ALERT_OPEN);
    assert_int_equal(alerts_note(s->alerts, 99, "test.hello", NULL, 0), -ENOENT);
    arena_done(&arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_only_one_waiting_needs_no_number),
        TEST(test_several_waiting_need_one),
        TEST(test_each_code_closes_and_no_other),
        TEST(test_each_code_has_its_words),
        TEST(test_closed_is_quiet),
        TEST(test_a_tier_four_ends_with_a_debrief),
        TEST(test_a_note_goes_to_the_team_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
