/* SPDX-License-Identifier: MIT */
/* test_delivery.c: what the server says of our words (I7, I8), and how fast and how long they may
 * be (I11, I12, I13). */
#include <errno.h>

#include "server.h"

static struct server *opened(const char *caps)
{
    struct server *server = server_make();
    server->caps = caps;
    server->options.flood_line_ms = 0;
    server_open(server);
    server_forget(server);
    return server;
}

static size_t budget(struct server *server)
{
    return irc_class.line_bytes(&server->session->network, STR("#harbor"), STR(""));
}

/* ---- I7 -------------------------------------------------------------------------------------- */

/* The server's lines end sooner than it said: what was lost is said again, in lines that fit. */
static void i7_a_cut_line_is_noticed_and_said_again_shorter(void **state)
{
    (void)state;
    struct server *server = opened("message-tags batch" SERVER_ECHO);
    char text[600] = {0};
    server->no_echo = true;
    size_t before = budget(server);
    memset(text, 'x', before);
    text[before - 30] = ' ';
    assert_int_equal(server_send_room(server, 1, CHAT_SEND_CRISIS, text), 0);

    server_says(server, "@label=m1;msgid=a :harbor-bot!~bot@host.example PRIVMSG #harbor :%.*s",
                (int)before - 20, text);

    assert_int_equal(server_outcome(server, 1), CHAT_FAILED); /* the outbox says it again */
    assert_true(server_logged(server, "event=irc_line_cut"));
    /* 16 letters of a nick, ": " in a room: what the first line had as well */
    assert_int_equal(budget(server), before - 20 - 18);
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :draft/multiline");
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);
    assert_int_equal(budget(server), before); /* another server, other lines */
    server_close(server);
}

/* Blanks at the end, formatting, a censored word: changed, not cut. */
static void i7_a_line_that_only_looks_shorter_is_there(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"hello  ", "hello"}, {"a bad word", "a *** word"}, {"\002bold\002 word", "bold word"}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct server *server = opened("message-tags batch" SERVER_ECHO);
        server->no_echo = true;
        assert_int_equal(server_send_room(server, 1, 0, pairs[i][0]), 0);

        server_says(server, "@label=m1 :harbor-bot!~bot@host.example PRIVMSG #harbor :%s",
                    pairs[i][1]);

        assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
        server_close(server);
    }
}

/* A server that cuts every line after a few words is not asked for ever. */
static void i7_a_server_that_cuts_everything_is_no_loop(void **state)
{
    (void)state;
    struct server *server = opened("message-tags batch" SERVER_ECHO);
    server->no_echo = true;
    assert_int_equal(server_send_room(server, 1, 0, "a line of some words"), 0);

    server_says(server, "@label=m1 :harbor-bot!~bot@host.example PRIVMSG #harbor :a line");

    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    assert_true(server_logged(server, "event=irc_line_cut"));
    server_close(server);
}

static void i7_an_echo_teaches_our_address(void **state)
{
    (void)state;
    struct server *server = opened("message-tags batch" SERVER_ECHO);
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
    struct server *server = opened("batch");
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
    struct server *server = opened("echo-message");
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
    struct server *server = opened("echo-message");
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

/* ---- I8 -------------------------------------------------------------------------------------- */

static void i8_fail_warn_and_note_are_told(void **state)
{
    (void)state;
    struct server *server = opened("batch standard-replies");

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
        struct server *server = opened("batch");

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
    server_says(server, ":irc.sea.example 437 harbor-bot #harbor :held");
    assert_true(server_logged(server, "event=irc_join_refused"));
    assert_true(server_logged(server, "held for the moment"));
    server->no_pong = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "x"), 0);
    server_says(server, ":irc.sea.example 520 harbor-bot ana :no");
    assert_true(server_logged(server, "event=irc_message_refused network=sea numeric=520"));
    assert_false(server_logged(server, "event=irc_error"));
    server_close(server);
}

/* ---- I11, I12 -------------------------------------------------------------------------------- */

/* A host of 64 bytes, and what others see of the longest line is 512 with its end. */
static void i11_the_budget_follows_our_own_address(void **state)
{
    (void)state;
    struct server *server = opened("chghost echo-message");
    char host[65] = {0}, text[600] = {0};
    memset(host, 'h', 64);
    size_t before = budget(server);

    server_says(server, ":harbor-bot!~bot@host.example CHGHOST ~bot %s", host);
    assert_int_equal(budget(server), before - (64 - strlen("host.example")));
    server_says(server, ":irc.sea.example 396 harbor-bot short.example :is now your host");
    assert_int_equal(budget(server), before - 1);
    server_says(server, ":irc.sea.example 396 harbor-bot %s :is now your displayed host", host);
    server_says(server, ":harbor-bot!~bot@x NICK harbor");
    assert_int_equal(budget(server), before - 52 + strlen("-bot"));

    memset(text, 'x', budget(server));
    assert_int_equal(server_send_room(server, 1, 0, text), 0);
    char whole[700];
    snprintf(whole, sizeof(whole), ":harbor!~bot@%s %s\r\n", host,
             server->lines[server->line_count - 1]);
    assert_int_equal(strlen(whole), 512 - 18 - 1); /* "a nick of 16: " and a colon */
    server_close(server);
}

static void i11_a_line_as_long_as_the_budget_fits_as_others_see_it(void **state)
{
    (void)state;
    struct server *server = opened("echo-message");
    char text[600] = {0}, name[17] = {0};
    struct chat_message message = {.token = 1, .room = STR("#harbor"), .mention = {name, 16}};
    memset(text, 'x', budget(server));
    memset(name, 'n', 16);

    assert_int_equal(server_send(server, &message, (const char *const[]){text, NULL}), 0);

    const char *line = server->lines[server->line_count - 1];
    assert_int_equal(strlen(":harbor-bot!~bot@host.example ") + strlen(line) + 2, 512);
    server_close(server);
}

static void i11_the_budget_is_careful_until_our_address_is_known(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    size_t careful = budget(server);

    server_says(server, ":irc.sea.example 396 harbor-bot h :is now your host");

    assert_true(careful >= 300);
    assert_int_equal(budget(server), careful + 62);
    server_close(server);
}

static void i11_longer_lines_where_the_server_takes_them(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# LINELEN=2048";
    server_open(server);

    assert_true(budget(server) > 1800);
    server_close(server);
}

/* In private another nick of the same person may be the one to write to. */
static void i11_a_private_line_has_room_for_another_nick(void **state)
{
    (void)state;
    struct server *server = opened("batch");
    struct chat_network *network = &server->session->network;

    assert_int_equal(irc_class.line_bytes(network, STR(""), STR("ana")),
                     irc_class.line_bytes(network, STR(""), STR("a-nick-of-sixtee")));
    assert_int_equal(irc_class.line_bytes(network, STR(""), STR("a-nick-of-twenty-two-b")),
                     irc_class.line_bytes(network, STR(""), STR("ana")) - 6);
    server_close(server);
}

static void i11_a_name_with_a_line_break_is_refused(void **state)
{
    (void)state;
    struct server *server = opened("batch");
    struct chat_message message = {
        .token = 1, .room = STR("#harbor"), .mention = STR("ana\r\nQUIT")};

    assert_int_equal(server_send(server, &message, (const char *const[]){"hi", NULL}), -EINVAL);

    message.mention = STR("ana\nQUIT");
    assert_int_equal(server_send(server, &message, (const char *const[]){"hi", NULL}), -EINVAL);
    assert_false(server_ever_heard(server, "QUIT"));
    server_close(server);
}

/* Whatever somebody's client sent, what we write is UTF-8; a server that refuses it is heard. */
static void i12_what_we_write_is_utf8(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# UTF8ONLY";
    server_open(server);
    assert_true(server->session->isupport.utf8_only);

    server_says(server, "@account=ana :Ana\xe9!a@h PRIVMSG #harbor :caf\xe9 \xf0\x9f\x98");

    assert_string_equal(server->events[0].text, "caf\xc3\xa9 \xc3\xb0\xc2\x9f\xc2\x98");
    assert_string_equal(server->events[0].sender, "Ana\xc3\xa9");
    server->no_pong = true;
    assert_int_equal(server_send_room(server, 1, CHAT_SEND_CONFIRM, "x"), 0);
    server_says(server, ":irc.sea.example FAIL NOTICE INVALID_UTF8 #harbor :not UTF-8");
    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    server_close(server);
}

/* ---- I13 ------------------------------------------------------------------------------------- */

/* "Target change too fast" says not now, not never. */
static void i13_too_many_targets_is_tried_again(void **state)
{
    (void)state;
    static const int numerics[] = {439, 707};
    for (size_t i = 0; i < COUNT_OF(numerics); i++) {
        struct server *server = opened("batch");
        server->no_pong = true;
        assert_int_equal(server_send_private(server, 1, CHAT_SEND_CRISIS, "ana", "", "card"), 0);

        server_says(server, ":irc.sea.example %d harbor-bot ana :Targets changing too fast",
                    numerics[i]);

        assert_int_equal(server_outcome(server, 1), CHAT_FAILED);
        server_close(server);
    }
}

/* A full house of routine leaves room for calls for help, and those have an end too. */
static void i13_crisis_has_room_of_its_own(void **state)
{
    (void)state;
    struct server *server = opened("echo-message");
    server->no_echo = true;
    for (uint64_t i = 1; i <= IRC_OUT_MAX; i++)
        assert_int_equal(server_send_room(server, i, 0, "x"), 0);
    assert_int_equal(server_send_room(server, 100, 0, "x"), -EAGAIN);

    for (uint64_t i = 1; i <= IRC_OUT_MAX; i++)
        assert_int_equal(server_send_room(server, 1000 + i, CHAT_SEND_CRISIS, "x"), 0);

    assert_int_equal(server_send_room(server, 2000, CHAT_SEND_CRISIS, "x"), -EAGAIN);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i7_a_cut_line_is_noticed_and_said_again_shorter),
        cmocka_unit_test(i7_a_line_that_only_looks_shorter_is_there),
        cmocka_unit_test(i7_a_server_that_cuts_everything_is_no_loop),
        cmocka_unit_test(i7_an_echo_teaches_our_address),
        cmocka_unit_test(i7_a_pong_confirms_its_own_message_alone),
        cmocka_unit_test(i7_a_changed_echo_is_of_the_oldest),
        cmocka_unit_test(i7_a_message_that_cannot_be_finished_is_unknown),
        cmocka_unit_test(i8_fail_warn_and_note_are_told),
        cmocka_unit_test(i8_no_error_is_silent),
        cmocka_unit_test(i8_an_error_of_ours_is_told_as_such),
        cmocka_unit_test(i11_the_budget_follows_our_own_address),
        cmocka_unit_test(i11_a_line_as_long_as_the_budget_fits_as_others_see_it),
        cmocka_unit_test(i11_the_budget_is_careful_until_our_address_is_known),
        cmocka_unit_test(i11_longer_lines_where_the_server_takes_them),
        cmocka_unit_test(i11_a_private_line_has_room_for_another_nick),
        cmocka_unit_test(i11_a_name_with_a_line_break_is_refused),
        cmocka_unit_test(i12_what_we_write_is_utf8),
        cmocka_unit_test(i13_too_many_targets_is_tried_again),
        cmocka_unit_test(i13_crisis_has_room_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
