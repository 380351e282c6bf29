/* SPDX-License-Identifier: MIT */
/* test_delivery.c: what the server says of our words, and of all else (I7, I8). */
#include <errno.h>

#include "server.h"

/* ---- I7 -------------------------------------------------------------------------------------- */

/* The server's lines end sooner than it said: what was lost is said again, in lines that fit. */
static void i7_a_cut_line_is_noticed_and_said_again_shorter(void **state)
{
    (void)state;
    struct server *server = server_opened("message-tags batch" SERVER_ECHO);
    char text[600] = {0};
    server->no_echo = true;
    size_t before = server_budget(server);
    memset(text, 'x', before);
    text[before - 30] = ' ';
    assert_int_equal(server_send_room(server, 1, CHAT_SEND_CRISIS, text), 0);

    server_says(server, "@label=m1;msgid=a :harbor-bot!~bot@host.example PRIVMSG #harbor :%.*s",
                (int)before - 20, text);

    assert_int_equal(server_outcome(server, 1), CHAT_FAILED); /* the outbox says it again */
    assert_true(server_logged(server, "event=irc_line_cut"));
    /* 16 letters of a nick, ": " in a room: what the first line had as well */
    assert_int_equal(server_budget(server), before - 20 - 18);
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :draft/multiline");
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);
    assert_int_equal(server_budget(server), before); /* another server, other lines */
    server_close(server);
}

/* Blanks at the end, formatting, a censored word: changed, not cut. */
static void i7_a_line_that_only_looks_shorter_is_there(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"hello  ", "hello"}, {"a bad word", "a *** wo"}, {"\002bold\002 word", "bold word"}};
    char before[301] = {0};
    memset(before, 'x', 300);
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct server *server = server_opened("message-tags batch" SERVER_ECHO);
        char ours[400];
        server->no_echo = true;
        snprintf(ours, sizeof(ours), "%s %s", before, pairs[i][0]);
        assert_int_equal(server_send_room(server, 1, 0, ours), 0);

        server_says(server, "@label=m1 :harbor-bot!~bot@host.example PRIVMSG #harbor :%s %s",
                    before, pairs[i][1]);

        assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
        assert_false(server_logged(server, "event=irc_line_cut"));
        server_close(server);
    }
}

/* A server that cuts every line, however short it is, is not asked for ever. */
static void i7_a_server_that_cuts_everything_is_no_loop(void **state)
{
    (void)state;
    struct server *server = server_opened("message-tags batch" SERVER_ECHO);
    char text[301] = {0};
    size_t again = 0;
    server->no_echo = true;
    assert_int_equal(server_send_room(server, 1000, 0, "a line of some words"), 0);
    server_says(server, "@label=m1 :harbor-bot!~bot@host.example PRIVMSG #harbor :a line");
    assert_int_equal(server_outcome(server, 1000), CHAT_CONFIRMED); /* too short to be true */

    memset(text, 'x', 300);
    for (uint64_t i = 1; i <= 100; i++) {
        assert_int_equal(server_send_room(server, i, 0, text), 0);
        server_says(server, "@label=m%llu :harbor-bot!~bot@host.example PRIVMSG #harbor :%.*s",
                    (unsigned long long)i + 1, 290, text);
        again += server_outcome(server, i) == CHAT_FAILED;
    }

    assert_in_range(again, 1, 64);
    server_close(server);
}

/* The shortest that was seen counts, whatever comes back behind it. */
static void i7_the_shortest_line_counts(void **state)
{
    (void)state;
    struct server *server = server_opened("message-tags batch" SERVER_ECHO);
    char text[401] = {0};
    memset(text, 'x', 400);
    server->no_echo = true;
    assert_int_equal(server_send_room(server, 1, 0, text), 0);
    assert_int_equal(server_send_room(server, 2, 0, text), 0);

    server_says(server, "@label=m1 :harbor-bot!~bot@host.example PRIVMSG #harbor :%.250s", text);
    server_says(server, "@label=m2 :harbor-bot!~bot@host.example PRIVMSG #harbor :%.350s", text);

    assert_int_equal(server_budget(server), 250 - 18);
    assert_int_equal(server_outcome(server, 2), CHAT_FAILED);
    server_close(server);
}

/* Put out of a room, what still waits is not said to it: it is tried again when we are in. */
static void i7_a_kick_keeps_what_waits(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    struct chat_message message = {.token = 2, .room = STR("#Harbor")};
    irc_flood_init(&server->session->flood, 2, 60 * 1000, clock_elapsed_ms(&server->clock));
    assert_int_equal(server_send_room(server, 1, 0, "taken"), 0);
    assert_int_equal(server_send(server, &message, (const char *const[]){"half", "gone", NULL}), 0);
    assert_int_equal(server_count(server, "PRIVMSG #"), 1);
    assert_int_equal(server_send_room(server, 3, CHAT_SEND_CRISIS, "help"), 0);
    assert_int_equal(server_send_room(server, 4, CHAT_SEND_CRISIS, "help too"), 0);

    server_says(server, ":op!o@h KICK #harbor harbor-bot :out");
    server_run(server, 10 * CLOCK_SECOND_MS);

    assert_int_equal(server_outcome(server, 2), CHAT_FAILED);
    assert_int_equal(server_outcome(server, 4), CHAT_REFUSED); /* another way is looked for */
    assert_false(server_ever_heard(server, "PRIVMSG #Harbor"));
    server_close(server);
}

/* Half of it was heard: nobody may take it for unsaid. */
static void i7_a_kick_in_the_middle_of_a_message_leaves_it_unknown(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    irc_flood_init(&server->session->flood, 1, 60 * 1000, clock_elapsed_ms(&server->clock));
    assert_int_equal(server_send(server, &message, (const char *const[]){"half", "gone", NULL}), 0);
    assert_int_equal(server_count(server, "PRIVMSG #"), 1);

    server_says(server, ":op!o@h KICK #harbor harbor-bot :out");

    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN);
    server_close(server);
}

/* Said in the moment in which somebody put us out. */
static void i7_an_error_behind_a_kick_is_no_refusal(void **state)
{
    (void)state;
    struct server *server = server_opened("message-tags batch" SERVER_ECHO);
    server->no_echo = server->no_join = true;
    assert_int_equal(server_send_room(server, 1, 0, "one"), 0);
    assert_int_equal(server_send_room(server, 2, CHAT_SEND_CRISIS, "two"), 0);
    assert_int_equal(server_send_room(server, 3, 0, "three"), 0);

    server_says(server, "@label=m3 :irc.sea.example 404 harbor-bot #harbor :moderated");
    server_says(server, ":op!o@h KICK #harbor harbor-bot :out");
    server_says(server, "@label=m1 :irc.sea.example 404 harbor-bot #harbor :not there");
    server_says(server, "@label=m2 :irc.sea.example 404 harbor-bot #harbor :not there");

    assert_int_equal(server_outcome(server, 1), CHAT_FAILED);
    assert_int_equal(server_outcome(server, 2), CHAT_REFUSED); /* another way is looked for */
    assert_int_equal(server_outcome(server, 3), CHAT_REFUSED);
    server_close(server);
}

static void i7_each_waits_for_its_own_time(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    server->no_pong = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "one"), 0);
    server_run(server, 30 * CLOCK_SECOND_MS);
    assert_int_equal(server_send_private(server, 2, CHAT_SEND_CONFIRM, "ana", "", "two"), 0);

    server_run(server, IRC_CONFIRM_MS - 30 * CLOCK_SECOND_MS);

    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN);
    assert_int_equal(server_outcome(server, 2), -1);
    server_close(server);
}

static void i7_an_echo_teaches_our_address(void **state)
{
    (void)state;
    struct server *server = server_opened("message-tags batch" SERVER_ECHO);
    server->no_echo = true;
    assert_int_equal(server_send_room(server, 1, 0, "hello"), 0);

    server_says(server, "@label=m1 :harbor-bot!~b@a-longer-host.example PRIVMSG #harbor :hello");

    assert_string_equal(server->session->user, "~b");
    assert_string_equal(server->session->host, "a-longer-host.example");
    server_close(server);
}

static void i7_a_pong_confirms_its_own_message_alone(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    server->no_pong = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "one"), 0);
    assert_int_equal(server_send_private(server, 2, CHAT_SEND_CONFIRM, "ben", "", "two"), 0);

    server_says(server, ":irc.sea.example PONG irc.sea.example :mooring.2");

    assert_int_equal(server_outcome(server, 1), -1);
    assert_int_equal(server_outcome(server, 2), CHAT_CONFIRMED);
    server_close(server);
}

/* Without labels and with other words, an echo is of the oldest that still waits for one. */
static void i7_a_changed_echo_is_of_the_oldest(void **state)
{
    (void)state;
    struct server *server = server_opened("echo-message");
    server->no_echo = true;
    assert_int_equal(server_send_room(server, 1, 0, "one \002bold\002"), 0);
    assert_int_equal(server_send_room(server, 2, CHAT_SEND_CRISIS, "two \002bold\002"), 0);

    server_says(server, ":harbor-bot!~bot@host.example PRIVMSG #harbor :one bold");

    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    assert_int_equal(server_outcome(server, 2), -1);
    server_close(server);
}

/* Half of it went out, the other half never can: nobody may take it for unsaid. */
static void i7_a_message_that_cannot_be_finished_is_unknown(void **state)
{
    (void)state;
    struct server *server = server_opened("echo-message");
    char text[600] = {0};
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    memset(text, 'x', 599);
    server->no_echo = true;

    assert_int_equal(server_send(server, &message, (const char *const[]){"one", text, NULL}), 0);
    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN);
    message.token = 2;
    assert_int_equal(server_send(server, &message, (const char *const[]){text, NULL}), 0);
    assert_int_equal(server_outcome(server, 2), CHAT_REFUSED); /* nothing of it was said */
    server_close(server);
}

/* Nothing came since, not even the answer that was owed: the next connection is sooner than the
 * third question. */
static void i14_a_call_for_help_does_not_wait_for_a_dead_line(void **state)
{
    (void)state;
    static const char *const caps[] = {"batch", "message-tags batch" SERVER_ECHO};
    for (size_t i = 0; i < COUNT_OF(caps); i++) {
        struct server *server = server_opened(caps[i]);
        server->no_echo = server->no_pong = true;
        assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "a"), 0);
        server_run(server, IRC_CONFIRM_MS);
        assert_int_equal(server->connections, 1); /* that can wait */
        server_says(server, ":irc.sea.example NOTICE harbor-bot :still here");
        assert_int_equal(server_send_private(server, 2, CHAT_SEND_CRISIS, "ana", "", "card"), 0);

        server_run(server, IRC_CONFIRM_MS + IRC_BACKOFF_FIRST_MS);

        assert_int_equal(server_outcome(server, 2), CHAT_UNKNOWN);
        assert_int_equal(server->connections, 2);
        server_close(server);
    }
}

/* Slow, but there. */
static void i14_a_server_that_speaks_is_kept(void **state)
{
    (void)state;
    struct server *server = server_opened("message-tags batch" SERVER_ECHO);
    server->no_echo = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CRISIS, "ana", "", "card"), 0);
    server_run(server, CLOCK_SECOND_MS);
    server_says(server, ":ana!a@h PRIVMSG #harbor :hello");

    server_run(server, IRC_CONFIRM_MS + IRC_BACKOFF_FIRST_MS);

    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN);
    assert_int_equal(server->connections, 1);
    server_close(server);
}

/* ---- I21 ------------------------------------------------------------------------------------- */

static void i21_no_formatting_where_nobody_wants_it(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->options.is_plain = true;
    server_open(server);

    assert_int_equal(server_send_room(server, 1, 0, "Call \002988\002, \00311any\035 hour"), 0);

    assert_true(server_heard(server, "PRIVMSG #harbor :Call 988, any hour"));
    server_close(server);
}

/* A number in bold must not be what keeps a card from a channel with +c. */
static void i21_a_channel_that_refuses_formatting_gets_plain_text(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    server->no_pong = true;
    assert_int_equal(server_send_room(server, 1, CHAT_SEND_CRISIS, "Call \002988\002"), 0);
    assert_true(server_heard(server, "PRIVMSG #harbor :Call \002988\002"));

    server_says(server, ":irc.sea.example 408 harbor-bot #harbor :no colours here");

    assert_int_equal(server_outcome(server, 1), CHAT_FAILED); /* said again, and then ... */
    assert_int_equal(server_send_room(server, 2, CHAT_SEND_CRISIS, "Call \002988\002"), 0);
    assert_true(server_heard(server, "PRIVMSG #harbor :Call 988"));
    server_close(server);
}

/* ---- I8 -------------------------------------------------------------------------------------- */

static void i8_fail_warn_and_note_are_told(void **state)
{
    (void)state;
    struct server *server = server_opened("batch standard-replies");

    server_says(server, ":irc.sea.example FAIL BATCH TIMEOUT x :Batch timed out");
    server_says(server, ":irc.sea.example WARN REHASH CERTS_EXPIRED :ana's certificate");
    server_says(server, ":irc.sea.example NOTE * OPER_MESSAGE :hello ana");
    server_says(server, ":irc.sea.example WARN");
    server_says(server, ":irc.sea.example NOTE x");

    assert_true(server_logged(server, "event=irc_fail network=sea command=BATCH code=TIMEOUT"));
    assert_true(
        server_logged(server, "event=irc_warn network=sea command=REHASH code=CERTS_EXPIRED"));
    assert_true(server_logged(server, "event=irc_note network=sea command=? code=OPER_MESSAGE"));
    assert_false(server_logged(server, "ana")); /* words may hold names */
    server_close(server);
}

/* Each number that the list names, when nothing of ours waits for it. */
static void i8_no_error_is_silent(void **state)
{
    (void)state;
    static const struct {
        int numeric;
        const char *why;
    } cases[] = {{401, "nobody with that nick"},
                 {403, "no such channel"},
                 {404, "does not take our"},
                 {415, "such a recipient"},
                 {471, "is full"},
                 {472, "does not know that mode"},
                 {473, "invited people only"},
                 {474, "we are banned"},
                 {475, "has a key"},
                 {476, "not a channel name"},
                 {477, "registered accounts"},
                 {480, "TLS"},
                 {482, "operator status"},
                 {489, "TLS only"},
                 {520, "operators only"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct server *server = server_opened("batch");

        server_says(server, ":irc.sea.example %d harbor-bot nobody :no", cases[i].numeric);

        if (!server_logged(server, "event=irc_error network=sea numeric=") ||
            !server_logged(server, cases[i].why))
            fail_msg("%d is silent", cases[i].numeric);
        server_close(server);
    }
}

/* ... and when a JOIN or a message of ours does, it is said of that, once. */
static void i8_an_error_of_ours_is_told_as_such(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    server_says(server, ":irc.sea.example 473 harbor-bot #harbor :invite only");
    assert_true(server_logged(server, "event=irc_join_refused"));
    assert_true(server_logged(server, "invited people only"));
    server_says(server, ":irc.sea.example 433 harbor-bot harbor-bot2 :in use");
    assert_int_equal(server_send_private(server, 2, CHAT_SEND_CONFIRM, "ben", "ben", "x"), 0);
    server_says(server, ":irc.sea.example 401 harbor-bot ben :no such nick");
    assert_int_equal(server_outcome(server, 2), CHAT_REFUSED);
    server->no_pong = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "x"), 0);
    server_says(server, ":irc.sea.example 520 harbor-bot ana :no");
    assert_true(server_logged(server, "event=irc_message_refused network=sea numeric=520"));
    assert_false(server_logged(server, "event=irc_error"));
    server_close(server);
}

/* Both in one reading: the error came first, and it is what counts. */
static void i8_an_error_and_the_barrier_in_one_breath_refuse(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    server->no_pong = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "card"), 0);
    server_replies(server, ":irc.sea.example 401 harbor-bot ana :no");
    server_replies(server, ":irc.sea.example PONG irc.sea.example :mooring.1");
    server_run(server, 0);
    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i7_a_cut_line_is_noticed_and_said_again_shorter),
        cmocka_unit_test(i7_a_line_that_only_looks_shorter_is_there),
        cmocka_unit_test(i7_a_server_that_cuts_everything_is_no_loop),
        cmocka_unit_test(i7_the_shortest_line_counts),
        cmocka_unit_test(i7_a_kick_keeps_what_waits),
        cmocka_unit_test(i7_a_kick_in_the_middle_of_a_message_leaves_it_unknown),
        cmocka_unit_test(i7_an_error_behind_a_kick_is_no_refusal),
        cmocka_unit_test(i7_each_waits_for_its_own_time),
        cmocka_unit_test(i7_an_echo_teaches_our_address),
        cmocka_unit_test(i7_a_pong_confirms_its_own_message_alone),
        cmocka_unit_test(i7_a_changed_echo_is_of_the_oldest),
        cmocka_unit_test(i7_a_message_that_cannot_be_finished_is_unknown),
        cmocka_unit_test(i14_a_call_for_help_does_not_wait_for_a_dead_line),
        cmocka_unit_test(i14_a_server_that_speaks_is_kept),
        cmocka_unit_test(i21_no_formatting_where_nobody_wants_it),
        cmocka_unit_test(i21_a_channel_that_refuses_formatting_gets_plain_text),
        cmocka_unit_test(i8_fail_warn_and_note_are_told),
        cmocka_unit_test(i8_no_error_is_silent),
        cmocka_unit_test(i8_an_error_of_ours_is_told_as_such),
        cmocka_unit_test(i8_an_error_and_the_barrier_in_one_breath_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
