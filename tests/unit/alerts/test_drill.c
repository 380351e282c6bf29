/* SPDX-License-Identifier: MIT */
/* test_drill.c: a page rehearsed: every message says so, each step is measured, it ends by itself,
 * outlives a kill, and a real call goes first. */
#include "scene.h"

#include <errno.h>

static void rota(struct scene *s) /* mara now, ben from noon, cleo in the evening */
{
    scene_shift(s, 0, EVERY_DAY, 8 * 60, 12 * 60);
    scene_shift(s, 1, EVERY_DAY, 12 * 60, 18 * 60);
    scene_shift(s, 2, EVERY_DAY, 18 * 60, 23 * 60);
}

static int start(struct scene *s, int64_t asked_ms_ago)
{
    int r = alerts_drill_start(s->alerts, &s->world->group, world_person(s->world, "ben")->id,
                               clock_wall_at(&s->world->clock) - asked_ms_ago);
    world_commit(s->world);
    return r;
}

static int answer(struct scene *s, const char *who)
{
    int r = alerts_drill_acknowledge(s->alerts, STR("harbor"), world_person(s->world, who)->id);
    world_commit(s->world);
    return r;
}

static struct alerts_drill_last last(struct scene *s)
{
    struct alerts_drill_last last;
    assert_int_equal(alerts_drill_last(s->alerts, &s->world->group, &last), 0);
    return last;
}

static const char *newest(struct scene *s)
{
    s->world->taken = s->world->said_count;
    return s->world->said[s->world->said_count - 1].text;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("not in it: \"%s\"\n%s", part, text);
}

static void test_the_words_of_a_drill(void **state)
{
    struct scene *s = *state;
    rota(s);
    assert_int_equal(start(s, 0), 0);
    const char *page = "DRILL, nobody is in danger. A real call would reach you like this; it "
                       "began at 10:00. On call: mara. Please answer as you would then: !ack "
                       "drill, or react. Next page: ben at 10:05. (1) I have it";
    world_assert_said(s->world, "irc #bridge", page);
    world_assert_said(s->world, "irc mara", page);
    world_assert_silent(s->world);
    assert_true(s->world->said[0].flags & CHAT_SEND_CONFIRM);
    assert_true(s->world->said[0].flags & CHAT_SEND_CRISIS);
}

static void test_the_choice_answers_it(void **state)
{
    struct scene *s = *state;
    struct arena arena;
    struct str command;
    int64_t at;
    arena_init(&arena, 0);
    assert_int_equal(start(s, 0), 0);
    assert_int_equal(outbox_choice(s->world->outbox, 0, 204, STR("1"), &arena, &command, &at), 1);
    assert_true(str_eq_c(command, "ack drill harbor"));
    arena_done(&arena);
}

/* It waits for its network 9 s, and goes then. */
static void test_what_had_to_wait_is_measured(void **state)
{
    struct scene *s = *state;
    world_set_down(s->world, &s->world->irc, true);
    assert_int_equal(start(s, 0), 0);
    world_advance(s->world, 9 * CLOCK_SECOND_MS);
    world_set_down(s->world, &s->world->irc, false);
    world_settle(s->world);
    assert_int_equal(answer(s, "mara"), 0);
    assert_has(newest(s), "In the alert room: queued 0.00 s after it was asked for, sent 9.00 s "
                          "later, confirmed by the network 0.00 s after that.");
}

/* Said 1.5 s before it was read, confirmed at once in the room and 7 s later in private. */
static void test_each_step_is_measured(void **state)
{
    struct scene *s = *state;
    s->world->irc.confirms = false;
    assert_int_equal(start(s, 1500), 0);
    world_outcome(s->world, &s->world->said[0], CHAT_CONFIRMED);
    world_advance(s->world, 7 * CLOCK_SECOND_MS);
    for (size_t i = 1; i < s->world->said_count; i++)
        world_outcome(s->world, &s->world->said[i], CHAT_CONFIRMED);
    world_advance(s->world, 34 * CLOCK_SECOND_MS);
    s->world->irc.confirms = true;
    assert_int_equal(answer(s, "cleo"), 0);
    const char *text = newest(s);
    assert_has(text, "DRILL over. cleo answered after 41.00 s, at the first page.");
    assert_has(text, "In the alert room: queued 1.50 s after it was asked for, sent 0.00 s later, "
                     "confirmed by the network 0.00 s after that.");
    assert_has(text, "In private to mara: queued 1.50 s after it was asked for, sent 0.00 s later, "
                     "confirmed by the network 7.00 s after that.");
    assert_int_equal(last(s).end, ALERTS_DRILL_ANSWERED);
    assert_int_equal(last(s).took_ms, 41000);
    assert_int_equal(last(s).pages, 1);
}

static void test_what_the_network_refused_is_told(void **state)
{
    struct scene *s = *state;
    s->world->irc.confirms = false;
    assert_int_equal(start(s, 0), 0);
    world_outcome(s->world, &s->world->said[0], CHAT_CONFIRMED);
    world_outcome(s->world, &s->world->said[1], CHAT_REFUSED);
    world_settle(s->world);
    s->world->irc.confirms = true;
    assert_int_equal(answer(s, "mara"), 0);
    assert_has(newest(s), "In private to mara: sent, and the network did not confirm it");
}

static void test_a_network_that_is_down_is_told(void **state)
{
    struct scene *s = *state;
    world_set_down(s->world, &s->world->irc, true);
    assert_int_equal(start(s, 0), 0);
    assert_int_equal(answer(s, "mara"), 0);
    world_set_down(s->world, &s->world->irc, false);
    world_settle(s->world);
    /* The pages that never went are taken back: only the report comes. */
    assert_has(newest(s), "In the alert room: queued 0.00 s after it was asked for; the network "
                          "has not confirmed it.");
    assert_int_equal(s->world->said_count, 1);
}

static void test_what_never_went_is_told(void **state)
{
    struct scene *s = *state;
    world_set_down(s->world, &s->world->irc, true);
    assert_int_equal(start(s, 0), 0);
    for (uint64_t id = 1; id < 8; id++)
        alerts_drill_result(
            s->alerts,
            &(struct outbox_result){.id = id, .flags = MOORING_SAY_CRISIS, .result = -ETIMEDOUT});
    world_commit(s->world);
    assert_int_equal(answer(s, "mara"), 0);
    world_set_down(s->world, &s->world->irc, false);
    world_settle(s->world);
    assert_has(newest(s), "In the alert room: it could not be sent.");
    assert_has(newest(s), "In private to mara: it could not be sent.");
}

static void note_audit(void *ctx, const struct store_audit_row *row)
{
    struct buf *events = ctx;
    buf_add(events, row->event);
    buf_add(events, STR(" "));
    buf_add(events, row->details);
    buf_add(events, STR("; "));
}

static void test_its_beginning_and_end_are_audited(void **state)
{
    struct scene *s = *state;
    AUTO_BUF events;
    buf_init(&events, 512);
    assert_int_equal(start(s, 0), 0);
    world_advance(s->world, 41 * CLOCK_SECOND_MS);
    assert_int_equal(answer(s, "mara"), 0);
    assert_true(store_audit_each(s->world->store, s->world->group.id, 0, 10, note_audit, &events) >=
                0);
    if (!str_starts(buf_str(&events), STR("drill-")))
        fail_msg("%.*s", STR_ARG(buf_str(&events)));
    assert_true(str_starts(buf_str(&events), STR("drill-answered pages=1 seconds=41; ")));
    assert_true(str_find(buf_str(&events), STR("drill-start pages=0 seconds=0; "), 0) != SIZE_MAX);
}

static void test_nobody_answers_minute_by_minute(void **state)
{
    struct scene *s = *state;
    rota(s);
    assert_int_equal(start(s, 0), 0);
    scene_assert_pages(s, 90,
                       "0:#bridge,mara 5:#bridge,ben 10:#bridge,cleo 15:#bridge,mara,ben,cleo "
                       "20:#bridge ");
    assert_has(newest(s), "DRILL over. Nobody answered 4 pages in 20 min 0 s.");
    assert_int_equal(last(s).end, ALERTS_DRILL_UNANSWERED);
}

static void test_every_message_says_drill(void **state)
{
    struct scene *s = *state;
    rota(s);
    assert_int_equal(start(s, 0), 0);
    world_advance(s->world, CLOCK_HOUR_MS);
    assert_true(s->world->said_count > 9);
    for (size_t i = 0; i < s->world->said_count; i++)
        assert_int_equal(strncmp(s->world->said[i].text, "DRILL", 5), 0);
}

static void test_a_kill_does_not_end_it(void **state)
{
    struct scene *s = *state;
    rota(s);
    assert_int_equal(start(s, 0), 0);
    scene_kill(s);
    s->world->taken = s->world->said_count;
    world_advance(s->world, 5 * CLOCK_MINUTE_MS);
    world_assert_said(s->world, "irc #bridge",
                      "DRILL, nobody is in danger. Nobody has answered for 5 min, so the next is "
                      "called, as for a real call. On call: mara. !ack drill, or react. Next page: "
                      "cleo at 10:10. (1) I have it");
    assert_int_equal(answer(s, "ben"), 0);
    assert_has(newest(s), "after 2 pages");
}

static void test_away_for_long_ends_it(void **state)
{
    struct scene *s = *state;
    assert_int_equal(start(s, 0), 0);
    struct clock *clock = &s->world->clock;
    clock_step(clock, 3 * CLOCK_HOUR_MS);
    scene_kill(s);
    world_settle(s->world);
    assert_has(newest(s), "DRILL over: I was away in the middle of it.");
    assert_int_equal(last(s).end, ALERTS_DRILL_AWAY);
}

static void test_one_at_a_time(void **state)
{
    struct scene *s = *state;
    assert_int_equal(start(s, 0), 0);
    assert_int_equal(start(s, 0), -EEXIST);
    assert_int_equal(answer(s, "ana"), -ENOENT); /* no moderator */
    assert_int_equal(answer(s, "mara"), 0);
    assert_int_equal(answer(s, "mara"), -ENOENT);
}

static void test_a_real_call_goes_first(void **state)
{
    struct scene *s = *state;
    rota(s);
    world_set_down(s->world, &s->world->irc, true);
    assert_int_equal(start(s, 0), 0);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    world_set_down(s->world, &s->world->irc, false);
    world_settle(s->world);
    /* The drill's pages, which had not gone, never go: the first word is the real one. */
    assert_int_equal(strncmp(s->world->said[0].text, "ALERT 1", 7), 0);
    assert_has(newest(s), "DRILL over: a real alert came, and goes first.");
    assert_null(strstr(newest(s), "queued"));
    for (size_t i = 0; i < s->world->said_count; i++)
        assert_null(strstr(s->world->said[i].text, "nobody is in danger"));
    assert_int_equal(alerts_drill_since(s->alerts, &s->world->group), 0);
    assert_int_equal(start(s, 0), -EBUSY);
}

static void test_an_undone_turn_leaves_it_running(void **state)
{
    struct scene *s = *state;
    assert_int_equal(start(s, 0), 0);
    assert_int_equal(alerts_drill_stop(s->alerts, &s->world->group, 0), 0);
    /* Another message's end comes in the same turn: no drill is left to be asked about. */
    alerts_drill_result(s->alerts, &(struct outbox_result){.id = 99, .flags = MOORING_SAY_CRISIS});
    store_rollback(s->world->store);
    assert_int_not_equal(alerts_drill_since(s->alerts, &s->world->group), 0);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_int_equal(last(s).end, ALERTS_DRILL_INTERRUPTED);
}

static void test_it_is_no_alert(void **state)
{
    struct scene *s = *state;
    int64_t raised = world_metric(s->world, "mooring_alerts_total");
    int64_t paged = world_metric(s->world, "mooring_alert_pages_total");
    assert_int_equal(start(s, 0), 0);
    world_advance(s->world, CLOCK_HOUR_MS);
    assert_int_equal(world_metric(s->world, "mooring_alerts_total"), raised);
    assert_int_equal(world_metric(s->world, "mooring_alert_pages_total"), paged);
    assert_string_equal(s->changes, "");
}

static void test_nobody_there_is_found(void **state)
{
    struct scene *s = *state;
    s->world->group.alert_room.name = (struct str){0};
    for (size_t i = 0; i < s->world->group.moderator_count; i++)
        s->world->group.moderators[i].member = 0;
    assert_int_equal(start(s, 0), 0);
    assert_int_equal(last(s).end, ALERTS_DRILL_UNREACHED);
    assert_int_equal(alerts_drill_since(s->alerts, &s->world->group), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_words_of_a_drill),
        TEST(test_the_choice_answers_it),
        TEST(test_what_had_to_wait_is_measured),
        TEST(test_each_step_is_measured),
        TEST(test_what_the_network_refused_is_told),
        TEST(test_a_network_that_is_down_is_told),
        TEST(test_what_never_went_is_told),
        TEST(test_its_beginning_and_end_are_audited),
        TEST(test_nobody_answers_minute_by_minute),
        TEST(test_every_message_says_drill),
        TEST(test_a_kill_does_not_end_it),
        TEST(test_away_for_long_ends_it),
        TEST(test_one_at_a_time),
        TEST(test_a_real_call_goes_first),
        TEST(test_an_undone_turn_leaves_it_running),
        TEST(test_it_is_no_alert),
        TEST(test_nobody_there_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
