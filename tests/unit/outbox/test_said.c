/* SPDX-License-Identifier: MIT */
/* test_said.c: what was said is found by the network's id of it: for a reaction, a new form, and
 * when what it answered is taken back.  And what else goes with a message to networks that show
 * more. */
#include "world.h"

#include <errno.h>
#include <stdio.h>

#include "outbox/payload.h"

#define HEART "\xe2\x9d\xa4"
#define KEY_1 "1\xef\xb8\x8f\xe2\x83\xa3"
#define KEY_2 "2\xef\xb8\x8f\xe2\x83\xa3"

static const struct mooring_choice choices[] = {
    {"test.yes", MOORING_STR(HEART), MOORING_STR("tip craving")},
    {"test.no", {0}, MOORING_STR("skip")},
};
static const struct mooring_choice others[] = {
    {"test.safe", MOORING_STR(HEART), MOORING_STR("fine")},
};

static int setup(void **state)
{
    int r = world_setup(state);
    struct world *w = *state;
    w->irc.gives_ids = true;
    w->irc.base.caps = MOORING_NET_REACT | MOORING_NET_EDIT | MOORING_NET_FILE;
    return r;
}

static struct world_said *answer(struct world *w, const char *who, const char *room,
                                 const char *event_id, const struct mooring_choice *offered,
                                 size_t count, uint64_t flags)
{
    struct mooring_message message = world_message("test.ask");
    message.choices = offered;
    message.choice_count = count;
    message.flags = flags;
    message.to.answers.id = world_source_again(w, who, room, event_id);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    return world_next(w);
}

static int reacts(struct world *w, const char *who, const char *message_id, const char *emoji,
                  char ret_command[32])
{
    struct arena arena;
    struct str command = {0};
    int64_t at;
    struct outbox_chooser chooser = {world_person(w, who)->id, str_of(who)};
    arena_init(&arena, 0);
    int r = outbox_choice_of(w->outbox, STR("irc"), str_of(message_id), &chooser, str_of(emoji),
                             &arena, &command, &at);
    assert_true(str_to_c(command, ret_command, 32));
    arena_done(&arena);
    return r;
}

static void assert_runs(struct world *w, const char *who, const char *message_id, const char *emoji,
                        const char *expected)
{
    char command[32];
    assert_int_equal(reacts(w, who, message_id, emoji, command), 1);
    assert_string_equal(command, expected);
}

static void assert_runs_nothing(struct world *w, const char *who, const char *message_id,
                                const char *emoji, int expected)
{
    char command[32];
    assert_int_equal(reacts(w, who, message_id, emoji, command), expected);
}

/* ---- reactions ------------------------------------------------------------------------------- */

static void m22_a_choice_has_its_emoji_or_its_number(void **state)
{
    struct world *w = *state;
    struct world_said *said = answer(w, "ana", NULL, "$asked", choices, 2, 0);
    assert_string_equal(said->choices, "Yes, please=" HEART "|Not now=" KEY_2);
    assert_runs(w, "ana", "$1", HEART, "tip craving");
    assert_runs(w, "ana", "$1", KEY_1, "tip craving");
    assert_runs(w, "ana", "$1", KEY_2, "skip");
    assert_runs(w, "ana", "$1", "2\xe2\x83\xa3", "skip"); /* without the variation selector */
    assert_runs_nothing(w, "ana", "$1", "3\xe2\x83\xa3", 0);
}

static void m22_a_reaction_answers_the_message_that_it_is_on(void **state)
{
    struct world *w = *state;
    (void)answer(w, "ana", NULL, "$a", choices, 2, 0);
    (void)answer(w, "ana", NULL, "$b", others, 1, 0);
    assert_runs(w, "ana", "$1", HEART, "tip craving");
    assert_runs(w, "ana", "$2", HEART, "fine");
    assert_runs_nothing(w, "ana", "$2", KEY_2, 0); /* the newer question has no second choice */
    assert_runs_nothing(w, "ana", "$99", HEART, -ENOENT);
}

static void m22_also_after_a_kill(void **state)
{
    struct world *w = *state;
    (void)answer(w, "ana", NULL, "$a", choices, 2, 0);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    world_kill(w);
    assert_runs(w, "ana", "$1", HEART, "tip craving");
    world_advance(w, CLOCK_DAY_MS);
    assert_runs_nothing(w, "ana", "$1", HEART, 0); /* a day is enough to answer */
}

static void m22_a_question_to_one_person_is_theirs(void **state)
{
    struct world *w = *state;
    (void)answer(w, "ana", "#harbor", "$a", choices, 2, 0);
    assert_runs(w, "ana", "$1", HEART, "tip craving");
    assert_runs_nothing(w, "dee", "$1", HEART, -EPERM);
}

static void m22_a_question_to_the_room_is_anybody_s(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.ask");
    message.choices = choices;
    message.choice_count = 2;
    message.to.room.id = 201;
    assert_int_equal(world_say(w, message, OUTBOX_REMINDER, NULL), 0);
    world_commit(w);
    assert_runs(w, "dee", "$1", HEART, "tip craving");
}

/* The page buzzes one phone, and any of the team may take it by a tap. */
static void m22_a_page_is_the_whole_team_s(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.ask");
    message.flags = MOORING_SAY_TEAM | MOORING_SAY_CRISIS;
    message.choices = choices;
    message.choice_count = 2;
    message.to.group.id = 101;
    message.to.member.id = world_person(w, "mara")->id;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    struct world_said *said = world_next(w);
    assert_string_equal(said->room, "#bridge");
    assert_string_equal(said->mention, "mara");
    assert_string_equal(said->mention_identity, "mara");
    assert_runs(w, "ben", "$1", HEART, "tip craving");
}

static void m22_a_check_mark_is_a_yes_where_there_is_one(void **state)
{
    static const struct mooring_choice ack[] = {
        {"test.yes", MOORING_STR("\xf0\x9f\x91\x8d"), MOORING_STR("ack 1")}};
    struct world *w = *state;
    (void)answer(w, "ana", NULL, "$a", ack, 1, 0);
    assert_runs(w, "ana", "$1", "\xe2\x9c\x85", "ack 1");
    assert_runs(w, "ana", "$1", "\xe2\x9c\x94\xef\xb8\x8f", "ack 1");
    assert_runs_nothing(w, "ana", "$1", "\xf0\x9f\x98\xa2", 0); /* a tear is none */
    (void)answer(w, "ana", NULL, "$b", choices, 2, 0);
    assert_runs_nothing(w, "ana", "$2", "\xe2\x9c\x85", 0);
}

/* ---- what is taken back ---------------------------------------------------------------------- */

static void take_back(struct world *w, const char *event_id)
{
    assert_int_equal(outbox_take_back(w->outbox, STR("irc"), str_of(event_id)), 0);
    world_commit(w);
}

static void m18_the_answer_to_a_deleted_message_is_deleted(void **state)
{
    struct world *w = *state;
    (void)answer(w, "ana", "#harbor", "$a", NULL, 0, 0);
    (void)answer(w, "ana", "#harbor", "$b", NULL, 0, 0);
    (void)answer(w, "ana", NULL, "$a", NULL, 0, 0);
    take_back(w, "$a");
    assert_string_equal(w->irc.redacted, "#harbor $1|ana $3");
    take_back(w, "$a");
    world_kill(w);
    assert_string_equal(w->irc.redacted, "#harbor $1|ana $3"); /* once */
}

/* A long answer is several messages there. */
static void m18_all_parts_of_an_answer_are_deleted(void **state)
{
    struct world *w = *state;
    w->irc.parts = " $1a $1b";
    (void)answer(w, "ana", "#harbor", "$a", NULL, 0, 0);
    world_set_down(w, &w->irc, true);
    take_back(w, "$a");
    world_kill(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    assert_string_equal(w->irc.redacted, "#harbor $1|#harbor $1a|#harbor $1b");
}

static void m18_an_answer_that_waits_is_not_said(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.hello");
    world_set_down(w, &w->irc, true);
    message.to.answers.id = world_source_again(w, "ana", "#harbor", "$a");
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    take_back(w, "$a");
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_silent(w);
    assert_int_equal(world_rows(w), 0);
}

static void m18_an_answer_on_its_way_goes_when_it_is_known(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    struct world_said *said = answer(w, "ana", "#harbor", "$a", NULL, 0, 0);
    take_back(w, "$a");
    assert_string_equal(w->irc.redacted, "");
    world_outcome(w, said, CHAT_CONFIRMED);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    assert_string_equal(w->irc.redacted, "#harbor $1");
}

static void m18_deleting_waits_for_its_network(void **state)
{
    struct world *w = *state;
    (void)answer(w, "ana", "#harbor", "$a", NULL, 0, 0);
    world_set_down(w, &w->irc, true);
    take_back(w, "$a");
    assert_string_equal(w->irc.redacted, "");
    world_kill(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    assert_string_equal(w->irc.redacted, "#harbor $1");
}

static void m18_help_in_private_stays(void **state)
{
    struct world *w = *state;
    (void)answer(w, "ana", NULL, "$a", NULL, 0, MOORING_SAY_CRISIS);
    (void)answer(w, "ana", "#harbor", "$a", NULL, 0, MOORING_SAY_CRISIS);
    take_back(w, "$a");
    assert_string_equal(w->irc.redacted, "#harbor $2"); /* in the room it points at somebody */
}

static void m18_a_turn_that_is_undone_deletes_nothing(void **state)
{
    struct world *w = *state;
    (void)answer(w, "ana", "#harbor", "$a", NULL, 0, 0);
    assert_int_equal(outbox_take_back(w->outbox, STR("irc"), STR("$a")), 0);
    store_rollback(w->store);
    world_advance(w, CLOCK_MINUTE_MS);
    assert_string_equal(w->irc.redacted, "");
    assert_false(outbox_was_taken_back(w->outbox, STR("irc"), STR("$a")));
}

/* ---- new forms ------------------------------------------------------------------------------- */

static uint64_t say_instead(struct world *w, uint64_t replaces, const char *msgid)
{
    struct mooring_message message = world_message(msgid);
    uint64_t id = 0;
    message.to.room.id = 201;
    message.replaces.id = replaces;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, &id), 0);
    world_commit(w);
    return id;
}

static void a_new_form_takes_the_first_one_s_place(void **state)
{
    struct world *w = *state;
    uint64_t first = say_instead(w, 0, "test.hello");
    assert_string_equal(world_next(w)->replaces, "");
    uint64_t second = say_instead(w, first, "test.no");
    assert_string_equal(world_next(w)->replaces, "$1");
    world_advance(w, 2 * CLOCK_SECOND_MS);
    (void)say_instead(w, second, "test.yes"); /* by either number */
    assert_string_equal(world_next(w)->replaces, "$1");
    world_advance(w, 2 * CLOCK_SECOND_MS);
    world_kill(w);
    (void)say_instead(w, first, "test.yes");
    assert_string_equal(world_next(w)->replaces, "$1");
}

static void where_nothing_can_be_edited_it_is_said_anew(void **state)
{
    struct world *w = *state;
    w->irc.base.caps = MOORING_NET_REACT;
    uint64_t first = say_instead(w, 0, "test.hello");
    (void)world_next(w);
    (void)say_instead(w, first, "test.no");
    assert_string_equal(world_next(w)->replaces, "");
    w->irc.base.caps |= MOORING_NET_EDIT;
    (void)say_instead(w, 4711, "test.no");
    assert_string_equal(world_next(w)->replaces, "");
}

static void a_new_form_waits_for_the_first_to_arrive(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    uint64_t first = say_instead(w, 0, "test.hello");
    struct world_said *said = world_next(w);
    (void)say_instead(w, first, "test.no");
    world_assert_silent(w);
    world_outcome(w, said, CHAT_CONFIRMED);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    assert_string_equal(world_next(w)->replaces, "$1");
}

/* ---- pictures, threads ----------------------------------------------------------------------- */

static void send_picture(struct world *w, size_t size)
{
    static char bytes[PAYLOAD_FILE_BYTES_MAX + 1];
    struct mooring_file file = {.name = MOORING_STR("week.png"),
                                .mime = MOORING_STR("image/png"),
                                .bytes = {bytes, size},
                                .alt_msgid = "test.no"};
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 201;
    message.file = &file;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
}

static void m25_a_picture_goes_with_its_words(void **state)
{
    struct world *w = *state;
    send_picture(w, 70000);
    struct world_said *said = world_next(w);
    assert_int_equal(said->file_bytes, 70000);
    assert_string_equal(said->file_name, "week.png");
    assert_string_equal(said->file_alt, "Not now");
    assert_string_equal(said->text, "Hello.|Not now");
}

static void m25_without_pictures_the_words_stand_alone(void **state)
{
    struct world *w = *state;
    send_picture(w, PAYLOAD_FILE_BYTES_MAX + 1);
    assert_int_equal(world_next(w)->file_bytes, 0);
    w->irc.base.caps = 0;
    send_picture(w, 10);
    struct world_said *said = world_next(w);
    assert_int_equal(said->file_bytes, 0);
    assert_string_equal(said->text, "Hello.|Not now");
}

static void m25_a_picture_outlives_a_kill(void **state)
{
    struct world *w = *state;
    world_set_down(w, &w->irc, true);
    send_picture(w, 5000);
    world_kill(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    assert_int_equal(world_next(w)->file_bytes, 5000);
}

static void m21_answers_go_to_the_thread_of_the_question(void **state)
{
    struct world *w = *state;
    struct outbox_source source = {.network = STR("irc"),
                                   .room = STR("#harbor"),
                                   .room_id = 201,
                                   .group = 101,
                                   .user = STR("ana"),
                                   .identity = STR("@ana:x"),
                                   .display = STR("ana"),
                                   .event_id = STR("$reaction"),
                                   .answers_id = STR("$message"),
                                   .thread = STR("$root")};
    struct mooring_message message = world_message("test.hello");
    message.to.answers.id = outbox_note_source(w->outbox, &source);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    struct world_said *said = world_next(w);
    assert_string_equal(said->thread, "$root");
    assert_string_equal(said->answers, "$message"); /* nobody replies to a reaction */
    assert_string_equal(said->mention_identity, "@ana:x");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(m22_a_choice_has_its_emoji_or_its_number),
        TEST(m22_a_reaction_answers_the_message_that_it_is_on),
        TEST(m22_also_after_a_kill),
        TEST(m22_a_question_to_one_person_is_theirs),
        TEST(m22_a_question_to_the_room_is_anybody_s),
        TEST(m22_a_page_is_the_whole_team_s),
        TEST(m22_a_check_mark_is_a_yes_where_there_is_one),
        TEST(m18_the_answer_to_a_deleted_message_is_deleted),
        TEST(m18_all_parts_of_an_answer_are_deleted),
        TEST(m18_an_answer_that_waits_is_not_said),
        TEST(m18_an_answer_on_its_way_goes_when_it_is_known),
        TEST(m18_deleting_waits_for_its_network),
        TEST(m18_help_in_private_stays),
        TEST(m18_a_turn_that_is_undone_deletes_nothing),
        TEST(a_new_form_takes_the_first_one_s_place),
        TEST(where_nothing_can_be_edited_it_is_said_anew),
        TEST(a_new_form_waits_for_the_first_to_arrive),
        TEST(m25_a_picture_goes_with_its_words),
        TEST(m25_without_pictures_the_words_stand_alone),
        TEST(m25_a_picture_outlives_a_kill),
        TEST(m21_answers_go_to_the_thread_of_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
