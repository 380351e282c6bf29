/* SPDX-License-Identifier: MIT */
/* test_route.c: whom a message reaches, in which words, and that private things stay private. */
#include "world.h"

#include <errno.h>

static struct mooring_message answer(uint64_t source)
{
    struct mooring_message message = world_message("test.hello");
    message.to.answers.id = source;
    return message;
}

static int say(struct world *w, struct mooring_message message)
{
    int r = world_say(w, message, OUTBOX_REPLY, NULL);
    world_commit(w);
    return r;
}

static void test_an_answer_goes_where_it_was_asked(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, answer(world_source(w, "ana", "#harbor"))), 0);
    assert_string_equal(w->said[0].mention, "ana");
    world_assert_said(w, "irc #harbor", "Hello.");
    assert_int_equal(say(w, answer(world_source(w, "ana", NULL))), 0);
    world_assert_said(w, "irc ana", "Hello.");
}

static void test_private_only_never_goes_to_a_room(void **state)
{
    struct world *w = *state;
    struct mooring_message message = answer(world_source(w, "ana", "#harbor"));
    message.flags = MOORING_SAY_PRIVATE_ONLY;
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc ana", "Hello.");
    assert_int_equal(w->results[0].source_room_id, 201);

    message = world_message("test.hello");
    message.flags = MOORING_SAY_PRIVATE_ONLY;
    message.to.room.id = 201;
    assert_int_equal(say(w, message), -EACCES);
    message.to = (struct mooring_to){.group = {101}};
    assert_int_equal(say(w, message), -EACCES);
    message.flags |= MOORING_SAY_TEAM;
    assert_int_equal(say(w, message), -EACCES);
    message.flags = MOORING_SAY_PRIVATE_ONLY;
    message.to = (struct mooring_to){.member = {world_person(w, "ana")->id}, .room = {201}};
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc ana", "Hello.");
    world_assert_silent(w);
}

static void test_a_member_is_reached_where_they_are(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.hello");
    world_person(w, "ana")->network = "console";
    message.to.member.id = world_person(w, "ana")->id;
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "console ana", "Hello.");
    message.to.member.id = world_person(w, "eve")->id;
    assert_int_equal(say(w, message), -ENOENT);
}

static void test_somebody_else_is_told_in_private(void **state)
{
    struct world *w = *state;
    struct mooring_message message = answer(world_source(w, "ana", "#harbor"));
    message.to.member.id = world_person(w, "ben")->id;
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc ben", "Hello.");
}

static void test_a_member_in_a_room_is_addressed(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.hello");
    message.to = (struct mooring_to){.member = {world_person(w, "ana")->id}, .room = {202}};
    assert_int_equal(say(w, message), 0);
    assert_string_equal(w->said[0].mention, "ana");
    world_assert_said(w, "console harbor", "Hello.");
}

static void test_the_team_hears_it_in_the_alert_room(void **state)
{
    struct world *w = *state;
    struct mooring_message message = answer(world_source(w, "ana", "#harbor"));
    message.flags = MOORING_SAY_TEAM;
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc #bridge", "Hello.");
    assert_string_equal(w->said[0].mention, "");
    message = world_message("test.hello");
    message.flags = MOORING_SAY_TEAM;
    message.to.group.id = 102; /* has none */
    assert_int_equal(say(w, message), -ENOENT);
}

static void test_a_message_that_names_nobody(void **state)
{
    struct world *w = *state;
    struct mooring_message message = answer(world_source(w, "ana", "#harbor"));
    struct outbox_item item = {
        .message = &message, .verbatim = STR("You can call **988** now."), .names_nobody = true};
    assert_int_equal(outbox_enqueue(w->outbox, &item, NULL), 0);
    world_commit(w);
    assert_string_equal(w->said[0].mention, "");
    world_assert_said(w, "irc #harbor", "You can call 988 now.");
}

static void test_an_unknown_source_room_or_nobody(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, answer(999)), -ESTALE);
    struct mooring_message message = world_message("test.hello");
    assert_int_equal(say(w, message), -ENOENT);
    message.to.room.id = 999;
    assert_int_equal(say(w, message), -ENOENT);
    message.to = (struct mooring_to){.group = {999}};
    assert_int_equal(say(w, message), -ENOENT);
    assert_int_equal(world_rows(w), 0);
}

static void test_only_the_answer_to_a_command_is_one(void **state)
{
    struct world *w = *state;
    struct outbox_source source = {.network = STR("irc"),
                                   .room = STR("#harbor"),
                                   .user = STR("ana"),
                                   .display = STR("ana"),
                                   .room_id = 201,
                                   .group = 101,
                                   .is_command = true};
    struct mooring_message message = answer(outbox_note_source(w->outbox, &source));
    assert_int_equal(say(w, message), 0);
    assert_int_equal(world_next(w)->flags, CHAT_SEND_ANSWER);
    message.flags = MOORING_SAY_URGENT; /* buzzes a phone: no notice */
    assert_int_equal(say(w, message), 0);
    assert_int_equal(world_next(w)->flags, 0);
    source.is_command = false;
    assert_int_equal(say(w, answer(outbox_note_source(w->outbox, &source))), 0);
    assert_int_equal(world_next(w)->flags, 0);
}

/* ---- words ----------------------------------------------------------------------------------- */

static struct mooring_message named(struct mooring_arg args[3], uint64_t member, uint64_t room)
{
    args[0] = (struct mooring_arg){
        .name = "who", .kind = MOORING_ARG_MEMBER, .number = (int64_t)member};
    args[1] = (struct mooring_arg){
        .name = "room", .kind = MOORING_ARG_ROOM, .number = (int64_t)room};
    args[2] = (struct mooring_arg){
        .name = "at", .kind = MOORING_ARG_TIME, .number = WORLD_START_AT};
    struct mooring_message message = world_message("test.named");
    message.args = args;
    message.arg_count = 3;
    return message;
}

static void test_names_and_times_are_the_reader_s(void **state)
{
    struct world *w = *state;
    struct mooring_arg args[3];
    struct mooring_message message = named(args, world_person(w, "ben")->id, 201);
    message.to.room.id = 201;
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc #harbor", "ben in #harbor at 10:00");
    world_person(w, "ana")->zone = "Europe/Berlin";
    message.to = (struct mooring_to){.member = {world_person(w, "ana")->id}};
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc ana", "ben in #harbor at 16:00");
}

static void test_somebody_who_is_not_known(void **state)
{
    struct world *w = *state;
    struct mooring_arg args[3];
    struct mooring_message message = named(args, 424242, 201);
    message.to.room.id = 201;
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc #harbor", "someone in #harbor at 10:00");
}

static void test_the_language_is_the_reader_s(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 203; /* a German group */
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc #cove", "Guten Tag.");
    world_person(w, "ana")->language = "de";
    message.to = (struct mooring_to){.member = {world_person(w, "ana")->id}};
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc ana", "Guten Tag.");
}

static void test_a_member_s_words_are_no_markdown(void **state)
{
    struct world *w = *state;
    struct mooring_message message = answer(world_source(w, "ana", NULL));
    message.msgid = "test.said";
    message.member_text = MOORING_STR("*not* `bold` [x](http://y)");
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc ana", "They said: *not* `bold` [x](http://y)");
}

static void test_choices_stand_behind_the_text(void **state)
{
    struct world *w = *state;
    const struct mooring_choice choices[] = {{"test.yes", MOORING_STR(""), MOORING_STR("tip")},
                                             {"test.no", MOORING_STR(""), MOORING_STR("skip")}};
    struct mooring_message message = answer(world_source(w, "ana", NULL));
    message.msgid = "test.ask";
    message.choices = choices;
    message.choice_count = 2;
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc ana", "Would a tip help? (1) Yes, please (2) Not now");
    message.msgid = "test.ask-long";
    assert_int_equal(say(w, message), 0);
    world_assert_said(w, "irc ana", "First line.|Would a tip help?|(1) Yes, please (2) Not now");
}

static void test_a_piece_is_rendered_plain(void **state)
{
    struct world *w = *state;
    AUTO_BUF out;
    buf_init(&out, 1000);
    struct mooring_to to = {.group = {102}};
    assert_int_equal(outbox_render(w->outbox, &to, STR("test.hello"), NULL, 0, &out), 0);
    assert_true(str_eq(str_trim(buf_str(&out)), STR("Guten Tag.")));
    assert_int_equal(outbox_render(w->outbox, &to, STR("test.missing"), NULL, 0, &out), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer_goes_where_it_was_asked),
        TEST(test_private_only_never_goes_to_a_room),
        TEST(test_a_member_is_reached_where_they_are),
        TEST(test_somebody_else_is_told_in_private),
        TEST(test_a_member_in_a_room_is_addressed),
        TEST(test_the_team_hears_it_in_the_alert_room),
        TEST(test_a_message_that_names_nobody),
        TEST(test_an_unknown_source_room_or_nobody),
        TEST(test_only_the_answer_to_a_command_is_one),
        TEST(test_names_and_times_are_the_reader_s),
        TEST(test_somebody_who_is_not_known),
        TEST(test_the_language_is_the_reader_s),
        TEST(test_a_member_s_words_are_no_markdown),
        TEST(test_choices_stand_behind_the_text),
        TEST(test_a_piece_is_rendered_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
