/* SPDX-License-Identifier: MIT */
/* test_choices.c: a number, a word and a tap are one thing. */
#include "world.h"

#include <errno.h>

#define HEART   "\xe2\x9d\xa4"
#define VARIANT "\xef\xb8\x8f" /* U+FE0F */
#define WAVE    "\xf0\x9f\x91\x8b"
#define SKIN    "\xf0\x9f\x8f\xbd"

static const struct mooring_choice choices[] = {
    {"test.yes", MOORING_STR(HEART VARIANT), MOORING_STR("tip craving")},
    {"test.no", MOORING_STR(WAVE), MOORING_STR("skip")},
};

static struct mooring_message question(void)
{
    struct mooring_message message = world_message("test.ask");
    message.choices = choices;
    message.choice_count = 2;
    return message;
}

static void ask(struct world *w, const char *who, const char *room)
{
    struct mooring_message message = question();
    message.to.answers.id = world_source(w, who, room);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
}

/* What typing it in that place runs; "" nothing. */
static void assert_runs(struct world *w, uint64_t member, uint64_t room, const char *typed,
                        const char *command)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct str found = {0};
    int64_t at = 0;
    int r = outbox_choice(w->outbox, member, room, str_of(typed), &arena, &found, &at);
    if (r < 0 || r != (command[0] != '\0') || !str_eq_c(found, command))
        fail_msg("\"%s\" runs \"%.*s\" (%d), expected \"%s\"", typed, STR_ARG(found), r, command);
    if (r == 1)
        assert_true(at <= clock_wall_at(&w->clock) && at >= WORLD_START_AT);
    arena_done(&arena);
}

static void test_each_way_to_choose(void **state)
{
    struct world *w = *state;
    static const char *const first[] = {
        "1",           "(1)",           "1.",  "1)",          "#1",  " 1 ",  "Yes, please",
        "YES, PLEASE", " yes, please ", HEART, HEART VARIANT, "yes", "Yes!", "yes please"};
    static const char *const second[] = {"2", "(2)", "not now", "Not Now", WAVE, WAVE SKIN};
    static const char *const none[] = {"",    "0",      "3",  "12", "1 2",   "-1", "+1",   "one",
                                       "now", "please", "()", ".",  VARIANT, "1x", "1: no"};
    ask(w, "ana", NULL);
    uint64_t ana = world_person(w, "ana")->id;
    for (size_t i = 0; i < COUNT_OF(first); i++)
        assert_runs(w, ana, 0, first[i], "tip craving");
    for (size_t i = 0; i < COUNT_OF(second); i++)
        assert_runs(w, ana, 0, second[i], "skip");
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_runs(w, ana, 0, none[i], "");
}

/* "safe" fits two and picks neither; "not safe" can mean only one of them. */
static void test_part_of_a_label_picks_when_it_fits_one(void **state)
{
    static const struct mooring_choice safety[] = {
        {"test.safe", {0}, MOORING_STR("lapse-safe")},
        {"test.unsafe", {0}, MOORING_STR("sos")},
    };
    struct world *w = *state;
    struct mooring_message message = question();
    message.choices = safety;
    message.to.answers.id = world_source(w, "ana", NULL);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    uint64_t ana = world_person(w, "ana")->id;
    assert_runs(w, ana, 0, "not safe", "sos");
    assert_runs(w, ana, 0, "Im not safe.", "sos");
    assert_runs(w, ana, 0, "im safe", "lapse-safe");
    assert_runs(w, ana, 0, "get a person", "sos");
    assert_runs(w, ana, 0, "safe", "");
    assert_runs(w, ana, 0, "person", "");
    assert_runs(w, ana, 0, "am i safe", "");
    assert_runs(w, ana, 0, "I'm not sure I'm safe", "");
    world_advance(w, 61 * CLOCK_MINUTE_MS);
    assert_runs(w, ana, 0, "not safe", "");
    assert_runs(w, ana, 0, "2", "sos");
}

/* What a line that is no choice is answered with: only after a hard moment's question, to who was
 * asked, for a while; a page offers something too, to who helps. */
static void test_a_question_in_a_hard_moment_can_be_asked_again(void **state)
{
    struct world *w = *state;
    struct arena arena = {0};
    struct str asked;
    int64_t asked_at = 0, before_at = clock_wall_at(&w->clock);
    uint64_t ana = world_person(w, "ana")->id;
    ask(w, "ana", NULL);
    assert_int_equal(outbox_asked_in_crisis(w->outbox, ana, 0, &arena, &asked, &asked_at), 0);
    struct mooring_message message = question();
    message.flags |= MOORING_SAY_CRISIS;
    message.to.answers.id = world_source(w, "ana", NULL);
    assert_int_equal(world_say(w, message, OUTBOX_CRISIS, NULL), 0);
    world_commit(w);
    assert_int_equal(outbox_asked_in_crisis(w->outbox, ana, 0, &arena, &asked, &asked_at), 1);
    assert_true(str_eq_c(asked, "(1) Yes, please (2) Not now"));
    assert_true(asked_at >= before_at);
    uint64_t ben = world_person(w, "ben")->id;
    assert_int_equal(outbox_asked_in_crisis(w->outbox, ben, 0, &arena, &asked, &asked_at), 0);
    world_advance(w, 3 * CLOCK_HOUR_MS);
    assert_int_equal(outbox_asked_in_crisis(w->outbox, ana, 0, &arena, &asked, &asked_at), 0);
    message.to = (struct mooring_to){.member = {ben}};
    struct outbox_item page = {.message = &message, .priority = OUTBOX_CRISIS, .alert = 1};
    assert_int_equal(outbox_enqueue(w->outbox, &page, NULL), 0);
    world_commit(w);
    assert_int_equal(outbox_asked_in_crisis(w->outbox, ben, 0, &arena, &asked, &asked_at), 0);
    assert_runs(w, ben, 0, "1", "tip craving");
    arena_done(&arena);
}

/* A question whose bare answer is known, until it was answered, they do something else, another is
 * put, or hours went by. */
static void test_what_a_question_asks_waits_for_its_answer(void **state)
{
    struct world *w = *state;
    uint64_t ana = world_person(w, "ana")->id, ben = world_person(w, "ben")->id, asks;
    int64_t asked_at, now = clock_wall_at(&w->clock);
    struct mooring_message message = question();
    message.flags |= MOORING_SAY_CRISIS | MOORING_SAY_ASKS_SUICIDE;
    message.to.answers.id = world_source(w, "ana", NULL);
    for (int how = 0; how < 3; how++) {
        assert_int_equal(world_say(w, message, OUTBOX_CRISIS, NULL), 0);
        world_commit(w);
        assert_int_equal(outbox_asks(w->outbox, ana, 0, &asks, &asked_at), 1);
        assert_int_equal(asks, MOORING_SAY_ASKS_SUICIDE);
        assert_true(asked_at >= now);
        assert_int_equal(outbox_asks(w->outbox, ben, 0, &asks, &asked_at), 0);
        if (how == 0)
            assert_int_equal(outbox_answered(w->outbox, ana, 0), 0);
        else if (how == 1)
            ask(w, "ana", NULL);
        else
            world_advance(w, 3 * CLOCK_HOUR_MS);
        assert_int_equal(outbox_asks(w->outbox, ana, 0, &asks, &asked_at), 0);
        assert_runs(w, ana, 0, "1", "tip craving"); /* its choices stay */
    }
    assert_int_equal(outbox_answered(w->outbox, ben, 0), 0); /* nothing was asked */
}

static void test_a_place_has_its_own(void **state)
{
    struct world *w = *state;
    ask(w, "ana", "#harbor");
    assert_runs(w, world_person(w, "ana")->id, 0, "1", "");
    assert_runs(w, 0, 201, "1", "tip craving");
    assert_runs(w, 0, 202, "1", "");
    assert_runs(w, world_person(w, "ben")->id, 0, "1", "");
    assert_runs(w, 0, 0, "1", "");
}

static void test_somebody_without_identity_can_choose(void **state)
{
    struct world *w = *state;
    struct outbox_source source = {
        .network = STR("irc"), .user = STR("guest"), .display = STR("guest"), .group = 101};
    struct mooring_message message = question();
    message.to.answers.id = outbox_note_source(w->outbox, &source);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    assert_runs(w, 0, outbox_private_place(w->outbox, STR("irc"), STR("guest")), "2", "skip");
    assert_runs(w, 0, outbox_private_place(w->outbox, STR("irc"), STR("other")), "2", "");
}

static void test_the_newest_replaces(void **state)
{
    struct world *w = *state;
    ask(w, "ana", NULL);
    static const struct mooring_choice other[] = {
        {"test.no", MOORING_STR(""), MOORING_STR("later")}};
    struct mooring_message message = world_message("test.ask");
    message.to.answers.id = world_source(w, "ana", NULL);
    message.choices = other;
    message.choice_count = 1;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    assert_runs(w, world_person(w, "ana")->id, 0, "1", "later");
    assert_runs(w, world_person(w, "ana")->id, 0, "2", "");
}

static void test_they_last_a_day_and_a_restart(void **state)
{
    struct world *w = *state;
    ask(w, "ana", NULL);
    world_kill(w);
    world_advance(w, CLOCK_DAY_MS - CLOCK_MINUTE_MS);
    assert_runs(w, world_person(w, "ana")->id, 0, "1", "tip craving");
    world_advance(w, 2 * CLOCK_MINUTE_MS);
    assert_runs(w, world_person(w, "ana")->id, 0, "1", "");
}

static void test_a_question_that_waits_is_not_yet_asked(void **state)
{
    struct world *w = *state;
    ask(w, "ana", NULL);
    static const struct mooring_choice other[] = {
        {"test.no", MOORING_STR(""), MOORING_STR("later")}};
    struct mooring_message message = world_message("test.ask");
    message.to.member.id = world_person(w, "ana")->id;
    message.choices = other;
    message.choice_count = 1;
    message.not_before_at = WORLD_START_AT + CLOCK_HOUR_MS;
    assert_int_equal(world_say(w, message, OUTBOX_REMINDER, NULL), 0);
    world_commit(w);
    assert_runs(w, world_person(w, "ana")->id, 0, "1", "tip craving");
    world_advance(w, CLOCK_HOUR_MS);
    assert_runs(w, world_person(w, "ana")->id, 0, "1", "later");
}

static void test_undone_with_its_turn(void **state)
{
    struct world *w = *state;
    struct mooring_message message = question();
    message.to.answers.id = world_source(w, "ana", NULL);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    store_rollback(w->store);
    assert_runs(w, world_person(w, "ana")->id, 0, "1", "");
}

static void test_offered_though_the_disk_is_full(void **state)
{
    struct world *w = *state;
    store_inject(w->store, STORE_FAULT_DISK_FULL);
    struct mooring_message message = question();
    message.flags = MOORING_SAY_CRISIS;
    message.to.answers.id = world_source(w, "ana", NULL);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    store_rollback(w->store);
    world_settle(w);
    assert_runs(w, world_person(w, "ana")->id, 0, "2", "skip");
}

/* What somebody typed stands in the commands: under their own key, or in the room under one that
 * ends with the process.  A question to everybody goes on. */
static void test_offered_to_one_in_a_room_until_a_restart(void **state)
{
    struct world *w = *state;
    ask(w, "ana", "harbor");
    uint64_t room = w->rooms[0].id;
    assert_runs(w, 0, room, "1", "tip craving");
    world_kill(w);
    assert_runs(w, 0, room, "1", "");
    struct mooring_message everybody = question();
    everybody.to.room.id = room;
    assert_int_equal(world_say(w, everybody, OUTBOX_REMINDER, NULL), 0);
    world_commit(w);
    world_kill(w);
    assert_runs(w, 0, room, "1", "tip craving");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_each_way_to_choose),
        TEST(test_part_of_a_label_picks_when_it_fits_one),
        TEST(test_a_question_in_a_hard_moment_can_be_asked_again),
        TEST(test_what_a_question_asks_waits_for_its_answer),
        TEST(test_a_place_has_its_own),
        TEST(test_somebody_without_identity_can_choose),
        TEST(test_the_newest_replaces),
        TEST(test_they_last_a_day_and_a_restart),
        TEST(test_a_question_that_waits_is_not_yet_asked),
        TEST(test_undone_with_its_turn),
        TEST(test_offered_though_the_disk_is_full),
        cmocka_unit_test_setup_teardown(test_offered_to_one_in_a_room_until_a_restart,
                                        world_setup_on_disk, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
