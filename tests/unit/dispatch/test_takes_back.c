/* SPDX-License-Identifier: MIT */
/* test_takes_back.c: edits, deletions, taps on messages, invitations. */
#include "rig.h"

#define THUMB "\xF0\x9F\x91\x8D"

static int setup(void **state)
{
    int r = rig_setup(state);
    ((struct rig *)*state)->puppet->run = rig_answer_args;
    return r;
}

static int setup_with_checkin(void **state)
{
    return rig_setup_with(state, &(struct rig_options){.plugins = "checkin puppet"});
}

/* ---- edits ----------------------------------------------------------------------------------- */

static void m17_an_edit_does_not_run_again(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "!pull x\n< room harbor: said pull/x\n/edit !pull y\n< nothing\n"
                  "/dm\npull x\n< dm ana: said pull/x\n/edit pull y\n< nothing");
    assert_int_equal(rig->puppet->runs, 2);
}

static void m17_a_typo_runs_in_its_new_form_once(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "!pulll x\n< room harbor: Did you mean\n/edit !pull x\n< room harbor: said "
                  "pull/x\n/edit !pull y\n< nothing");
    assert_int_equal(rig->puppet->runs, 1);
}

static void m17_also_in_private_and_after_a_try_that_is_no_better(void **state)
{
    rig_play(*state, "/dm\n!pulll x\n< dm ana: Did you mean\n/edit !pulll y\n< nothing\n"
                     "/edit pull z\n< dm ana: said pull/z\n/edit pull z\n< nothing");
}

static void m17_talk_that_becomes_a_command_runs(void **state)
{
    rig_play(*state, "pull x\n< nothing\n/edit !pull x\n< room harbor: said pull/x\n"
                     "/edit !pull x\n< nothing");
}

static void m17_talk_that_is_edited_stays_talk(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "good morning\n/edit good evening\n< nothing");
    rig_assert_quiet(rig);
}

static void m17_crisis_words_in_an_edit_are_read(void **state)
{
    rig_play(*state, "I'm fine\n< nothing\n/edit I want to kill myself tonight\n"
                     "< room bridge: ALERT\n< dm ana: 988");
}

static void m17_who_may_not_may_not_by_an_edit(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "hello\n/edit !team\n< room harbor: Only moderators\n/edit !team\n< nothing");
    assert_int_equal(rig->puppet->runs, 0);
}

static void m17_a_late_edit_runs_nothing(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull x");
    event.kind = CHAT_EDIT;
    event.relates_to = STR("$before");
    event.sent_at -= CLOCK_HOUR_MS;
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 0);
    assert_int_equal(rig_heard_count(rig), 0);
}

/* ---- deletions ------------------------------------------------------------------------------- */

static void m18_the_answer_goes_with_the_command(void **state)
{
    rig_play(*state, "!pull x\n< room harbor: said pull/x\n/delete\n< room harbor: deleted\n"
                     "/delete\n< nothing");
}

static void m18_also_that_of_an_edit(void **state)
{
    rig_play(*state, "!pulll x\n< room harbor: Did you mean\n/edit !pull x\n< room harbor: said "
                     "pull/x\n/delete\n< room harbor: deleted\n< room harbor: deleted\n< nothing");
}

static void m18_talk_that_is_deleted_costs_nothing(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "good morning\n/delete\n< nothing");
    rig_assert_quiet(rig);
}

/* By whoever may: the network has checked that. */
static void m18_a_moderator_s_deletion_counts(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull x");
    event.id = STR("$theirs");
    rig_bring(rig, &event, 1);
    assert_non_null(rig_heard(rig, "room harbor"));
    event = rig_event(rig, "mara", "harbor", "");
    event.kind = CHAT_REDACTION;
    event.id = STR("$gone");
    event.relates_to = STR("$theirs");
    rig_bring(rig, &event, 1);
    assert_non_null(strstr(rig_heard(rig, "room harbor"), "deleted"));
}

static void say_privately(struct rig *rig, const char *id, const char *text)
{
    struct chat_event event = rig_event(rig, "ana", "", text);
    event.flags = CHAT_PRIVATE;
    event.room = (struct str){0};
    event.id = str_of(id);
    rig_bring(rig, &event, 1);
}

/* Whichever of the answers it is. */
static void m18_what_came_of_an_answer_goes_with_it(void **state)
{
    struct rig *rig = *state;
    say_privately(rig, "$start", "checkin");
    say_privately(rig, "$mood", "5");
    say_privately(rig, "$craving", "2");
    say_privately(rig, "$sure", "8");
    say_privately(rig, "$halt", "none");
    say_privately(rig, "$line", "walk after lunch");
    rig_play(rig, "/dm\ncheckin history\n< dm ana: mood 5\n< dm ana: 1 day\n< dm ana: averages");
    struct chat_event event = rig_event(rig, "ana", "", "");
    event.kind = CHAT_REDACTION;
    event.flags = CHAT_PRIVATE;
    event.room = (struct str){0};
    event.id = STR("$gone");
    event.relates_to = STR("$craving");
    rig_bring(rig, &event, 1);
    rig_play(rig, "checkin history\n< dm ana: No check-ins yet");
}

static int set_timer(struct puppet *puppet, const struct mooring_event *event,
                     struct mooring_str args)
{
    (void)args;
    const struct mooring_owner owner = {MOORING_OWN_MEMBER, 0, event->member.id};
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .at = puppet->host->clock->now_at(puppet->host->self) +
                                            CLOCK_MINUTE_MS};
    return puppet->host->timer->set(puppet->host->self, owner, MOORING_STR("later"), &when);
}

static void m22_a_tap_answers_the_open_question(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/dm\ncheckin\n< dm ana: 0 to 10\n5\n< dm ana: 0 to 10\n2\n< dm ana: 0 to 10\n8\n"
                  "< dm ana: ^[^(]*\\(1\\) hungry \\(2\\) angry \\(3\\) lonely \\(4\\) tired$\n"
                  "/react 2\xef\xb8\x8f\xe2\x83\xa3\n< dm ana: [Oo]ne line\n"
                  "skip\n< dm ana: mood 5.*angry");
}

/* The bot sets no eleven reactions; one that somebody sets is an answer. */
static void m22_a_number_in_a_box_answers_zero_to_ten(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/dm\ncheckin\n< dm ana: 0 to 10\n"
                  "/react 7\xef\xb8\x8f\xe2\x83\xa3\n< dm ana: 0 to 10\n"
                  "/react 0\xe2\x83\xa3\n< dm ana: 0 to 10\n"
                  "/react " THUMB "\n< nothing\n"
                  "/react \xf0\x9f\x94\x9f\n< dm ana: \\(1\\) hungry\n"
                  "skip\n< dm ana: [Oo]ne line\n"
                  "/react 7\xef\xb8\x8f\xe2\x83\xa3\n< nothing\n" /* no line for the day */
                  "skip\n< dm ana: mood 7, craving 0, confidence 10");
}

static char last_id[64];

static void note_id(void *ctx, const struct console_said *said)
{
    (void)ctx;
    assert_true(str_to_c(said->id, last_id, sizeof last_id));
}

/* A tap on a question that was answered already does not answer the next. */
static void m22_a_tap_on_an_older_question_is_no_answer(void **state)
{
    struct rig *rig = *state;
    struct bot *bot = rig->stage.bot;
    int64_t asked_at, still_at;
    console_on_said(bot_network_at(bot, 0), note_id, NULL);
    say_privately(rig, "$1", "checkin");
    say_privately(rig, "$2", "5");
    say_privately(rig, "$3", "2");
    say_privately(rig, "$4", "8");
    struct chat_event tap = rig_event(rig, "ana", "", "2");
    char halt[64];
    memcpy(halt, last_id, sizeof halt);
    clock_advance(&rig->stage.ground.clock, CLOCK_MINUTE_MS);
    say_privately(rig, "$5", "none");
    assert_string_not_equal(halt, last_id);
    assert_int_equal(dialogues_open(bot->dialogues, rig_member(rig, "ana"), &asked_at), 0);
    tap.kind = CHAT_REACTION;
    tap.flags = CHAT_PRIVATE;
    tap.room = (struct str){0};
    tap.relates_to = str_of(halt);
    tap.id = STR("$tap");
    rig_bring(rig, &tap, 1);
    assert_int_equal(dialogues_open(bot->dialogues, rig_member(rig, "ana"), &still_at), 0);
    assert_true(still_at == asked_at);
}

static void m22_a_number_on_an_older_question_is_no_answer(void **state)
{
    struct rig *rig = *state;
    struct bot *bot = rig->stage.bot;
    int64_t asked_at, still_at;
    console_on_said(bot_network_at(bot, 0), note_id, NULL);
    say_privately(rig, "$1", "checkin");
    struct chat_event tap = rig_event(rig, "ana", "", "7\xef\xb8\x8f\xe2\x83\xa3");
    char mood[64];
    memcpy(mood, last_id, sizeof mood);
    clock_advance(&rig->stage.ground.clock, CLOCK_MINUTE_MS);
    say_privately(rig, "$2", "5");
    assert_int_equal(dialogues_open(bot->dialogues, rig_member(rig, "ana"), &asked_at), 0);
    tap.kind = CHAT_REACTION;
    tap.flags = CHAT_PRIVATE;
    tap.room = (struct str){0};
    tap.relates_to = str_of(mood);
    tap.id = STR("$tap");
    rig_bring(rig, &tap, 1);
    assert_int_equal(dialogues_open(bot->dialogues, rig_member(rig, "ana"), &still_at), 0);
    assert_true(still_at == asked_at);
    tap.relates_to = str_of(last_id);
    tap.id = STR("$tap2");
    rig_bring(rig, &tap, 1);
    assert_int_equal(dialogues_open(bot->dialogues, rig_member(rig, "ana"), &still_at), 0);
    assert_true(still_at != asked_at);
}

static void m18_a_reminder_that_is_taken_back_does_not_come(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = set_timer;
    rig->puppet->timers = 0;
    rig_play(rig, "!pull\n/wait 2m");
    assert_int_equal(rig->puppet->timers, 1);
    rig_play(rig, "!pull\n/delete\n/wait 2m");
    assert_int_equal(rig->puppet->timers, 1);
}

static struct str words_of_the_alert(struct rig *rig)
{
    static struct store_alert alert;
    assert_int_equal(
        store_alerts_get(rig->stage.ground.store, 1, host_arena(rig->stage.bot->host), &alert), 0);
    assert_int_equal(alert.tier, 3);
    return alert.text;
}

/* Who takes a call for help back is still looked after; what they said is not kept. */
static void m18_of_a_call_only_the_words_go(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "I want to kill myself\n");
    assert_false(str_empty(words_of_the_alert(rig)));
    rig_play(rig, "/delete\n");
    assert_true(str_empty(words_of_the_alert(rig)));
}

/* ---- taps ------------------------------------------------------------------------------------ */

#define WAVE "\xF0\x9F\x91\x8B"
static int offer(struct puppet *puppet, const struct mooring_event *event, struct mooring_str args)
{
    static const struct mooring_choice choices[] = {
        {"puppet.first", MOORING_STR(THUMB), MOORING_STR("pull one")}};
    if (args.len)
        return rig_answer_args(puppet, event, args);
    struct mooring_message message = {.struct_size = sizeof message,
                                      .to = {.answers = event->source},
                                      .msgid = "puppet.choose",
                                      .choices = choices,
                                      .choice_count = 1};
    return puppet->host->say->send(puppet->host->self, &message, NULL);
}

static void m22_a_tap_by_somebody_else_does_nothing(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = offer;
    rig_play(rig, "!pull\n< room harbor: choose\n/as ben\n/react " THUMB "\n< nothing\n"
                  "/as ana\n/react " THUMB "\n< room harbor: said pull/one");
}

static void m22_a_tap_on_an_older_question_answers_that_one(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = offer;
    rig_play(rig, "/dm\npull\n< dm ana: choose\n");
    struct chat_event tap = rig_event(rig, "ana", "", THUMB);
    tap.kind = CHAT_REACTION;
    tap.flags = CHAT_PRIVATE;
    tap.room = (struct str){0};
    tap.relates_to = STR("$somebody-else-s");
    tap.id = STR("$tap");
    rig_bring(rig, &tap, 1);
    assert_null(rig_heard(rig, "dm ana")); /* not on a message of ours */
    rig_play(rig, "/react " THUMB "\n< dm ana: said pull/one");
}

static bool is_noted;

static int note_answered(struct puppet *puppet, const struct mooring_event *event)
{
    const struct rig *rig = puppet->ctx;
    const struct outbox_source *source = outbox_find_source(rig->stage.bot->outbox,
                                                            event->source.id);
    is_noted = source && str_eq(source->answers_id, STR("$message")) &&
               str_eq(source->event_id, STR("$tap"));
    return 1;
}

static void m20_nobody_replies_to_a_tap(void **state)
{
    struct rig *rig = *state;
    rig->puppet->reaction = note_answered;
    rig->puppet->ctx = rig;
    is_noted = false;
    struct chat_event tap = rig_event(rig, "ana", "harbor", THUMB);
    tap.kind = CHAT_REACTION;
    tap.relates_to = STR("$message");
    tap.id = STR("$tap");
    rig_bring(rig, &tap, 1);
    assert_true(is_noted);
}

/* ---- invitations ----------------------------------------------------------------------------- */

static void m45_why_it_is_another_room_is_said_once(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "@ana:x", "", "");
    event.kind = CHAT_INVITE;
    event.flags = CHAT_PRIVATE;
    event.room = (struct str){0};
    event.id = (struct str){0};
    rig_bring(rig, &event, 1);
    assert_non_null(strstr(rig_heard(rig, "dm @ana:x"), "encrypted"));
    assert_non_null(strstr(rig_heard(rig, "dm @ana:x"), "Hello ana."));
    rig_bring(rig, &event, 1);
    assert_null(rig_heard(rig, "dm @ana:x"));
}

/* Who enters our room hears who we are, once; the question stays away while another is open. */
static void the_first_words_in_a_private_room(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "", "");
    event.kind = CHAT_JOIN;
    event.flags = CHAT_PRIVATE;
    event.room = (struct str){0};
    event.id = STR("$joined");
    rig_bring(rig, &event, 1);
    const char *heard = rig_heard(rig, "dm ana");
    assert_non_null(strstr(heard, "Hello ana"));
    assert_non_null(strstr(heard, "(3) no thanks"));
    event.id = STR("$again");
    rig_bring(rig, &event, 1);
    assert_null(rig_heard(rig, "dm ana"));
    rig_play(rig, "/as ben\n!checkin\n< dm ben: 0 to 10");
    event = rig_event(rig, "ben", "", "");
    event.kind = CHAT_JOIN;
    event.flags = CHAT_PRIVATE;
    event.room = (struct str){0};
    event.id = STR("$ben");
    rig_bring(rig, &event, 1);
    heard = rig_heard(rig, "dm ben");
    assert_non_null(strstr(heard, "Hello ben"));
    assert_null(strstr(heard, "(1)"));
    event.kind = CHAT_LEAVE;
    event.id = STR("$left");
    rig_bring(rig, &event, 1);
    assert_null(rig_heard(rig, "dm ben"));
}

/* A room is made for the answer: who we are stands first in it, and the question waits for them. */
static void the_first_words_stand_before_the_answer(void **state)
{
    struct rig *rig = *state;
    bot_network_at(rig->stage.bot, 0)->has_private_rooms = true;
    rig_play(rig, "!consent");
    assert_non_null(strstr(rig_heard(rig, "dm ana"), "Hello ana"));
    const char *heard = rig_heard(rig, "dm ana");
    assert_non_null(heard);
    assert_null(strstr(heard, "Hello"));
    assert_null(rig_heard(rig, "dm ana"));
    struct chat_event event = rig_event(rig, "ana", "", "");
    event.kind = CHAT_JOIN;
    event.flags = CHAT_PRIVATE;
    event.room = (struct str){0};
    event.id = STR("$joined");
    rig_bring(rig, &event, 1);
    heard = rig_heard(rig, "dm ana");
    assert_non_null(heard);
    assert_null(strstr(heard, "Hello"));
    assert_non_null(strstr(heard, "(3) no thanks"));
    rig_play(rig, "!consent");
    assert_null(strstr(rig_heard(rig, "dm ana"), "Hello"));
    rig_play(rig, "/as ben\n!forget me");
    assert_null(strstr(rig_heard(rig, "dm ben"), "Hello"));
}

/* Who asked us into a room that is no group's hears that we are deaf there, and what to do. */
static void m30_a_room_that_is_no_group_s_is_told_to_who_asked_us_in(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "mara", "", "!a-room_id:x");
    event.kind = CHAT_INVITE;
    event.flags = CHAT_PRIVATE;
    event.room = (struct str){0};
    event.id = (struct str){0};
    rig_bring(rig, &event, 1);
    const char *heard = rig_heard(rig, "dm mara");
    assert_non_null(strstr(heard, "isn't in my configuration"));
    assert_non_null(strstr(heard, "!a-room_id:x"));
    assert_non_null(strstr(heard, "console"));
    rig_bring(rig, &event, 1);
    assert_null(rig_heard(rig, "dm mara"));
}

static void enters(struct rig *rig, const char *who)
{
    struct chat_event event = rig_event(rig, who, "", "");
    event.kind = CHAT_JOIN;
    event.flags = CHAT_PRIVATE;
    event.room = (struct str){0};
    rig_bring(rig, &event, 1);
}

/* The room was made for a card, or for a page. */
static void no_first_words_to_who_calls_or_is_called(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "I want to kill myself\n< dm ana: 988\n< room bridge: ALERT 1\n");
    enters(rig, "ana");
    assert_null(rig_heard(rig, "dm ana"));
    enters(rig, "mara");
    assert_null(rig_heard(rig, "dm mara"));
    rig_play(rig, "/as mara\n/room bridge\n!ack 1\n!close 1 safe\n");
    enters(rig, "ana"); /* once it is over */
    assert_non_null(strstr(rig_heard(rig, "dm ana"), "Hello ana"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(m17_an_edit_does_not_run_again),
        TEST(m17_a_typo_runs_in_its_new_form_once),
        TEST(m17_also_in_private_and_after_a_try_that_is_no_better),
        TEST(m17_talk_that_becomes_a_command_runs),
        TEST(m17_talk_that_is_edited_stays_talk),
        TEST(m17_crisis_words_in_an_edit_are_read),
        TEST(m17_who_may_not_may_not_by_an_edit),
        TEST(m17_a_late_edit_runs_nothing),
        TEST(m18_the_answer_goes_with_the_command),
        TEST(m18_also_that_of_an_edit),
        TEST(m18_talk_that_is_deleted_costs_nothing),
        TEST(m18_a_moderator_s_deletion_counts),
        cmocka_unit_test_setup_teardown(m18_what_came_of_an_answer_goes_with_it, setup_with_checkin,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(the_first_words_in_a_private_room, setup_with_checkin,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(m22_a_tap_answers_the_open_question, setup_with_checkin,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(m22_a_number_in_a_box_answers_zero_to_ten,
                                        setup_with_checkin, rig_teardown),
        cmocka_unit_test_setup_teardown(m22_a_number_on_an_older_question_is_no_answer,
                                        setup_with_checkin, rig_teardown),
        cmocka_unit_test_setup_teardown(m22_a_tap_on_an_older_question_is_no_answer,
                                        setup_with_checkin, rig_teardown),
        TEST(m18_a_reminder_that_is_taken_back_does_not_come),
        TEST(m18_of_a_call_only_the_words_go),
        TEST(no_first_words_to_who_calls_or_is_called),
        TEST(m20_nobody_replies_to_a_tap),
        TEST(m22_a_tap_by_somebody_else_does_nothing),
        TEST(m22_a_tap_on_an_older_question_answers_that_one),
        TEST(m45_why_it_is_another_room_is_said_once),
        TEST(m30_a_room_that_is_no_group_s_is_told_to_who_asked_us_in),
        cmocka_unit_test_setup_teardown(the_first_words_stand_before_the_answer, setup_with_checkin,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
