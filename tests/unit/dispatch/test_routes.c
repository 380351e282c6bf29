/* SPDX-License-Identifier: MIT */
/* test_routes.c: what a message asks for, and whether this person may have it. */
#include "rig.h"

static int setup(void **state)
{
    int r = rig_setup(state);
    ((struct rig *)*state)->puppet->run = rig_answer_args;
    return r;
}

/* ---- commands -------------------------------------------------------------------------------- */

static void test_a_command_in_a_room_needs_a_prefix(void **state)
{
    rig_play(
        *state,
        "pull x\n< nothing\n!pull x\n< room harbor: ^ana: said pull/x$|^said pull/x$\n< nothing");
}

static void test_forgiving(void **state)
{
    rig_play(*state, "! Pull x y\n< room harbor: said pull/x y\n"
                     "!PULL\n< room harbor: said pull/$\n"
                     "mooring: pull x\n< room harbor: said pull/x\n"
                     "@Mooring, !p x\n< room harbor: said pull/x\n"
                     "!pull?\n< room harbor: said pull/$\n"
                     "!pull \xE2\x80\x9Cx\xE2\x80\x9D\n< room harbor: said pull/\"x\"");
}

static void test_in_private_no_prefix_is_needed(void **state)
{
    rig_play(*state, "/dm\npull x\n< dm ana: said pull/x\n!pull x\n< dm ana: said pull/x");
}

static void test_a_sentence_that_begins_like_a_command_is_talk(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/dm\npull of the tide is strong today\nteam spirit was good");
    assert_int_equal(rig->puppet->runs, 0);
}

static void test_a_near_miss_is_offered(void **state)
{
    rig_play(
        *state,
        "!pulll x\n< room harbor: Did you mean `?!pull`?\n< nothing\n1\n< room harbor: said pull/");
}

static void test_a_hidden_command_is_never_offered(void **state)
{
    rig_play(*state, "!hiddn\n! room harbor: hidden\n!hidden x\n< room harbor: said hidden/x");
}

static void test_other_words_after_a_prefix_are_not_ours(void **state)
{
    rig_play(*state, "!zzzzqqqq\n< nothing\n!seen ana for the other bot here\n< nothing");
}

static void test_addressed_by_name_and_unknown(void **state)
{
    rig_play(*state, "mooring lines hold\n< nothing\nmooring: zzzzqqqq\n< room harbor: "
                     "help\n/dm\nzzzzqqqq\n< dm ana: help");
}

/* ---- who may --------------------------------------------------------------------------------- */

static void test_moderators_only(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "!team\n< room harbor: Only moderators can do that. Mara\n< nothing");
    assert_int_equal(rig->puppet->runs, 0);
    rig_play(rig, "/as mara\n!team\n< room harbor: said team/");
}

static void test_without_an_identity(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    event.account = (struct str){0};
    rig_bring(rig, &event, 1);
    const char *heard = rig_heard(rig, "room harbor");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "Register your nick"));
    event.text = STR("!open");
    rig_bring(rig, &event, 1);
    heard = rig_heard(rig, "room harbor");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "said open/"));
    assert_int_equal(rig_member(rig, "ana"), 0);
}

static bool help_of_shore(struct chat_network *network, struct chat_account_help *ret_help)
{
    (void)network;
    *ret_help = (struct chat_account_help){.title = STR("Shore"),
                                           .create = STR("/msg NickServ REGISTER"),
                                           .login = STR("/msg NickServ IDENTIFY")};
    return true;
}

/* Brings one without an account, on a network that knows how one is had. */
static const char *says_without_account(struct rig *rig, const char *who, const char *room,
                                        const char *text, unsigned flags, const char *heard_in)
{
    static struct chat_class shore;
    struct chat_event event = rig_event(rig, who, room, text);
    struct chat_network *network = bot_network(rig->stage.bot, STR("console"));
    const struct chat_class *before = network->class;
    shore = *before;
    shore.account_help = help_of_shore;
    event.account = (struct str){0};
    event.flags |= flags;
    network->class = &shore;
    rig_bring(rig, &event, 1);
    const char *heard = rig_heard(rig, heard_in);
    network->class = before;
    return heard;
}

static void i6_how_an_account_is_had_is_told_once_a_day_in_private(void **state)
{
    struct rig *rig = *state;
    const char *heard = says_without_account(rig, "ana", "harbor", "!pull", 0, "dm ana");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "on Shore an account tells me"));
    assert_non_null(strstr(heard, "/msg NickServ REGISTER"));
    heard = says_without_account(rig, "ana", "harbor", "!pull", 0, "room harbor");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "That needs an account on Shore"));
    heard = says_without_account(rig, "ben", "harbor", "!pull", 0, "dm ben"); /* another */
    assert_non_null(heard);
    rig_play(rig, "/wait 25h");
    heard = says_without_account(rig, "ana", "harbor", "!pull", 0, "dm ana");
    assert_non_null(heard);
    assert_int_equal(rig->puppet->runs, 0);
}

static void i6_register_says_how(void **state)
{
    struct rig *rig = *state;
    const char *heard = says_without_account(rig, "ana", "harbor", "!register", 0, "dm ana");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "/msg NickServ IDENTIFY"));
    rig_play(rig, "/dm\nregister\n< dm ana: You're logged in");
    heard = says_without_account(rig, "ana", "harbor", "!help", 0, "room harbor"); /* listed ... */
    assert_non_null(heard);
    assert_non_null(strstr(heard, "!register"));
    rig_play(rig, "/room harbor\n!help\n! room harbor: !register"); /* ... for whom it is */
    struct chat_event event = rig_event(rig, "ben", "harbor", "!register");
    event.account = (struct str){0};
    rig_bring(rig, &event, 1); /* a network of which we know nothing */
    heard = rig_heard(rig, "room harbor");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "I don't know how accounts are had"));
}

static void i23_people_behind_a_bridge_are_not_sent_to_register(void **state)
{
    struct rig *rig = *state;
    const char *const lines[] = {"!pull", "!register", "!team"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const char *heard = says_without_account(rig, "kim", "harbor", lines[i], CHAT_BRIDGED,
                                                 "room harbor");
        assert_non_null(heard);
        assert_null(strstr(heard, "NickServ"));
        assert_true(i == 2 || strstr(heard, "over a bridge"));
        assert_null(rig_heard(rig, "dm kim"));
    }
}

static void i6_a_moderator_who_is_not_logged_in_is_told_so(void **state)
{
    struct rig *rig = *state;
    const char *heard = says_without_account(rig, "mara", "harbor", "!team", 0, "room harbor");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "I know them by their account on Shore"));
    assert_int_equal(rig->puppet->runs, 0);
}

static void test_a_moderators_name_is_not_an_identity(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "mara", "harbor", "!team");
    event.account = (struct str){0};
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 0);
}

static void test_late_commands_are_asked_about(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull x");
    event.sent_at -= CLOCK_HOUR_MS;
    rig_bring(rig, &event, 1);
    const char *heard = rig_heard(rig, "room harbor");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "I was away when you asked for"));
    assert_int_equal(rig->puppet->runs, 0);
    rig_play(rig, "1\n< room harbor: said pull/x");
}

static void test_late_is_fine_for_some(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!open");
    event.sent_at -= CLOCK_HOUR_MS;
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 1);
}

/* ---- rate ------------------------------------------------------------------------------------ */

static void repeat(struct rig *rig, const char *line, int times)
{
    for (int i = 0; i < times; i++)
        rig_play(rig, line);
}

static void test_too_fast_is_said_once_and_passes(void **state)
{
    struct rig *rig = *state;
    repeat(rig, "!pull", 10);
    assert_int_equal(rig->puppet->runs, 10);
    rig_play(rig, "!pull\n< room harbor: That was a lot at once\n!pull\n< nothing");
    assert_int_equal(rig->puppet->runs, 10);
    rig_play(rig,
             "/as ben\n!pull\n< room harbor: said\n/as ana\n/wait 10s\n!pull\n< room harbor: said");
}

static void test_sos_is_never_too_fast(void **state)
{
    struct rig *rig = *state;
    repeat(rig, "!pull", 12);
    rig_play(rig, "!sos\n< dm ana: 988");
}

static void test_who_answers_calls_is_never_too_fast(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/as mara\n/room bridge");
    repeat(rig, "!alerts", 12);
    rig_play(rig, "!alerts\n< room bridge: No alert is open");
}

/* The word alone; within a sentence it is talk. */
static void test_sos_in_a_room_needs_no_prefix(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "sos a song by that name\n< nothing\n/as ben\nthat sos\n< nothing");
    rig_play(rig, "SOS!\n< dm ben: 988\n< room bridge: from ben\n! room harbor: .");
}

static void test_crisis_words_are_never_too_fast(void **state)
{
    struct rig *rig = *state;
    repeat(rig, "!pull", 12);
    rig_play(rig, "I want to kill myself tonight\n< dm ana: 988\n< room bridge: .");
}

/* ---- choices --------------------------------------------------------------------------------- */

static int offer(struct puppet *puppet, const struct mooring_event *event, struct mooring_str args)
{
    if (args.len)
        return rig_answer_args(puppet, event, args);
    const struct mooring_choice choices[] = {
        {"puppet.first", MOORING_STR("\xF0\x9F\x91\x8D"), MOORING_STR("pull one")},
        {"puppet.second", {0}, MOORING_STR("pull two")}};
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .to = {.answers = event->source},
                                            .msgid = "puppet.choose",
                                            .choices = choices,
                                            .choice_count = 2};
    return puppet->host->say->send(puppet->host->self, &message, NULL);
}

static void test_a_choice_by_number_in_private(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = offer;
    rig_play(rig, "/dm\npull\n< dm ana: choose\n2\n< dm ana: said pull/two");
}

static void test_a_choice_by_its_label_in_private(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = offer;
    rig_play(rig, "/dm\npull\n< dm ana: choose\nThe second\n< dm ana: said pull/two");
}

static void test_a_choice_in_a_room(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = offer;
    rig_play(
        rig,
        "!pull\n< room harbor: choose\n(1)\n< room harbor: said pull/one\nThe second\n< nothing");
}

static void test_a_choice_by_reaction(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = offer;
    rig_play(rig,
             "!pull\n< room harbor: choose\n/react \xF0\x9F\x91\x8D\n< room harbor: said pull/one");
}

static void test_a_number_without_an_offer_is_talk(void **state)
{
    rig_play(*state, "2\n< nothing\n12345\n< nothing");
}

static int start_walk(struct puppet *puppet, const struct mooring_event *event,
                      struct mooring_str args)
{
    if (args.len)
        return offer(puppet, event, (struct mooring_str){0});
    return puppet->host->ask->start(puppet->host->self, event->member, "walk",
                                    (struct mooring_str){0});
}

static void test_who_asked_last_gets_the_number(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = start_walk;
    /* The question came last: 2 is its answer. */
    rig_play(
        rig,
        "/dm\npull choose\n< dm ana: choose\n/wait 1m\npull\n< dm ana: Mood\n2\n< dm ana: Why");
    rig_play(rig, "skip");
    assert_int_equal(rig->puppet->dones, 1);
    /* The offer came last: 2 is the choice. */
    rig_play(rig, "pull\n< dm ana: Mood\n/wait 1m\n!pull choose\n< dm ana: choose");
    rig->puppet->run = rig_answer_args;
    rig_play(rig, "2\n< dm ana: said pull/two");
}

/* ---- dialogues and crisis -------------------------------------------------------------------- */

static void test_a_call_for_help_is_nobodys_answer(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = start_walk;
    rig_play(rig, "/dm\npull\n< dm ana: Mood\nI want to kill myself tonight\n< dm ana: 988\n! dm "
                  "ana: 0 to 10");
    rig_play(rig, "3\n< dm ana: Why");
}

static void test_sos_gets_through_a_question(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = start_walk;
    rig_play(rig, "/dm\npull\n< dm ana: Mood\nsos\n< dm ana: 988\n< room bridge: .");
}

static void test_a_command_with_prefix_gets_through_a_question(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = start_walk;
    rig_play(rig, "/dm\npull\n< dm ana: Mood");
    rig->puppet->run = rig_answer_args;
    rig_play(rig, "!pull x\n< dm ana: said pull/x\n3\n< dm ana: Why");
}

/* ---- listeners ------------------------------------------------------------------------------- */

static int take_message(struct puppet *puppet, const struct mooring_event *event)
{
    (void)puppet;
    (void)event;
    return 1;
}

static void test_private_talk_is_offered_to_listeners(void **state)
{
    struct rig *rig = *state;
    rig->puppet->message = take_message;
    rig_play(rig, "/dm\njust saying\n< nothing");
    assert_int_equal(rig->puppet->messages, 1);
}

static void test_room_talk_is_offered_to_nobody(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "just saying\n< nothing");
    assert_int_equal(rig->puppet->messages, 0);
}

static int note_joined(struct puppet *puppet, const struct mooring_event *event, int joined)
{
    (void)event;
    *(int *)puppet->ctx = joined ? 1 : 2;
    return 0;
}

static void test_presence(void **state)
{
    struct rig *rig = *state;
    int joined = 0;
    rig->puppet->ctx = &joined;
    rig->puppet->presence = note_joined;
    rig_play(rig, "/join harbor");
    assert_int_equal(joined, 1);
    rig_play(rig, "/leave");
    assert_int_equal(joined, 2);
}

static int answer_to_reaction(struct puppet *puppet, const struct mooring_event *event)
{
    return rig_say(puppet, event, "felt") < 0 ? -1 : 1;
}

static void test_a_reaction_without_a_choice_goes_to_plugins(void **state)
{
    struct rig *rig = *state;
    rig->puppet->reaction = answer_to_reaction;
    rig_play(rig, "!pull\n< room harbor: said\n/react \xE2\x9D\xA4\n< room harbor: said felt");
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

static int go_wrong(struct puppet *puppet, const struct mooring_event *event,
                    struct mooring_str args)
{
    (void)args;
    int r = rig_say(puppet, event, "never heard");
    return r < 0 ? r : -42;
}

static void test_a_command_that_fails_says_so(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = go_wrong;
    rig_play(rig, "!pull\n! room harbor: never\n< room harbor: went wrong on my side\n< nothing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_command_in_a_room_needs_a_prefix),
        TEST(test_forgiving),
        TEST(test_in_private_no_prefix_is_needed),
        TEST(test_a_sentence_that_begins_like_a_command_is_talk),
        TEST(test_a_near_miss_is_offered),
        TEST(test_a_hidden_command_is_never_offered),
        TEST(test_other_words_after_a_prefix_are_not_ours),
        TEST(test_addressed_by_name_and_unknown),
        TEST(test_moderators_only),
        TEST(test_without_an_identity),
        TEST(i6_how_an_account_is_had_is_told_once_a_day_in_private),
        TEST(i6_register_says_how),
        TEST(i23_people_behind_a_bridge_are_not_sent_to_register),
        TEST(i6_a_moderator_who_is_not_logged_in_is_told_so),
        TEST(test_a_moderators_name_is_not_an_identity),
        TEST(test_late_commands_are_asked_about),
        TEST(test_late_is_fine_for_some),
        TEST(test_too_fast_is_said_once_and_passes),
        TEST(test_sos_is_never_too_fast),
        TEST(test_who_answers_calls_is_never_too_fast),
        TEST(test_sos_in_a_room_needs_no_prefix),
        TEST(test_crisis_words_are_never_too_fast),
        TEST(test_a_choice_by_number_in_private),
        TEST(test_a_choice_by_its_label_in_private),
        TEST(test_a_choice_in_a_room),
        TEST(test_a_choice_by_reaction),
        TEST(test_a_number_without_an_offer_is_talk),
        TEST(test_who_asked_last_gets_the_number),
        TEST(test_a_call_for_help_is_nobodys_answer),
        TEST(test_sos_gets_through_a_question),
        TEST(test_a_command_with_prefix_gets_through_a_question),
        TEST(test_private_talk_is_offered_to_listeners),
        TEST(test_room_talk_is_offered_to_nobody),
        TEST(test_presence),
        TEST(test_a_reaction_without_a_choice_goes_to_plugins),
        TEST(test_a_command_that_fails_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
