/* SPDX-License-Identifier: MIT */
/* test_registration.c: how we get in: capabilities, nick, welcome, and servers that do it their own
 * way. */
#include "server.h"

static void test_registers_in_the_usual_way(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    assert_string_equal(server_next(server), "CAP LS 302");
    assert_string_equal(server_next(server), "NICK harbor-bot");
    assert_string_equal(server_next(server), "USER mooring 0 * :Peer-support bot");
    assert_string_equal(
        server_next(server),
        "CAP REQ :message-tags server-time account-tag account-notify extended-join multi-prefix "
        "userhost-in-names batch chghost cap-notify invite-notify setname away-notify");
    assert_string_equal(server_next(server), "CAP END");
    assert_string_equal(server_next(server), "JOIN #harbor");
    assert_null(server_next(server));
    assert_string_equal(server->states, "connecting up ");
    assert_int_equal(server->session->network.epoch, 1);
    server_close(server);
}

static void i1_a_list_in_several_lines(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = NULL;
    server->no_welcome = true;
    server_open(server);
    server_forget(server);

    server_says(server, ":irc.sea.example CAP * LS * :batch draft/pre-away");
    assert_null(server_next(server));
    server_says(server, ":irc.sea.example CAP * LS :chghost");

    assert_string_equal(server_next(server), "CAP REQ :batch chghost");
    server_close(server);
}

/* Some take seconds for their message of the day, and some never end it. */
static void i14_who_writes_to_us_before_the_message_of_the_day_ends_is_heard(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":eve!e@h PRIVMSG harbor-bot :who lets nobody in says nothing");
    assert_int_equal(server->event_count, 0);

    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server,
                ":irc.sea.example 005 harbor-bot CHANTYPES=# :are supported by this server");
    server_says(server, ":irc.sea.example 372 harbor-bot :- and now, at length");
    server_says(server, ":eve!e@h PRIVMSG harbor-bot :I can't go on");

    assert_int_equal(server->event_count, 1);
    assert_string_equal(server->events[0].text, "I can't go on");
    assert_int_equal(server->events[0].flags, CHAT_PRIVATE);
    server_says(server, ":irc.sea.example 376 harbor-bot :End of /MOTD command.");
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

static void i1_an_empty_list(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "";
    server_open(server);

    assert_false(server_ever_heard(server, "CAP REQ"));
    assert_true(server_heard(server, "CAP END"));
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

static void test_a_list_line_without_a_list(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = NULL;
    server->no_welcome = true;
    server_open(server);

    server_says(server, ":irc.sea.example CAP * LS");

    assert_true(server_heard(server, "CAP END"));
    server_close(server);
}

static void i1_a_server_that_never_answers_cap_but_lets_us_in(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = NULL;
    server_open(server);

    assert_string_equal(server->states, "connecting up ");
    assert_true(server_heard(server, "JOIN #harbor"));
    server_close(server);
}

static void i1_a_server_that_never_answers_cap_and_waits(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = NULL;
    server->no_welcome = true;
    server_open(server);
    server_forget(server);

    server_run(server, 9999);
    assert_null(server_next(server));
    server_run(server, 1);

    assert_string_equal(server_next(server), "CAP END");
    server_close(server);
}

static void i1_a_server_that_does_not_answer_the_request(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_ack = true;
    server_open(server);

    server_run(server, 10000);

    assert_true(server_heard(server, "CAP END"));
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

static void test_a_server_that_does_not_know_cap(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = NULL;
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":irc.sea.example 421 harbor-bot CAP :Unknown command");

    server_run(server, 20000);

    assert_false(server_ever_heard(server, "CAP END"));
    server_close(server);
}

static void i1_refused_capabilities_are_asked_for_one_by_one(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "batch chghost";
    server->no_ack = true;
    server_open(server);
    assert_true(server_heard(server, "CAP REQ :batch chghost"));

    server_says(server, ":irc.sea.example CAP * NAK :batch chghost");
    assert_true(server_heard(server, "CAP REQ batch"));
    server_says(server, ":irc.sea.example CAP * NAK :batch");
    assert_true(server_heard(server, "CAP REQ chghost"));
    server_says(server, ":irc.sea.example CAP * ACK :chghost");

    assert_true(server_heard(server, "CAP END"));
    server_close(server);
}

static void test_the_next_nick_while_one_is_in_use(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);

    server_says(server, ":irc.sea.example 433 * harbor-bot :Nickname is already in use");
    assert_true(server_heard(server, "NICK harbor-bot2"));
    server_says(server, ":irc.sea.example 433 * harbor-bot2 :Nickname is already in use");
    assert_true(server_heard(server, "NICK harbor-bot2_"));
    server_says(server, ":irc.sea.example 437 * harbor-bot2_ :Nick is temporarily unavailable");
    assert_true(server_heard(server, "NICK harbor-bot2__"));

    server_close(server);
}

static void test_no_nick_at_all_is_a_wait_and_no_loop(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);

    for (int i = 0; i < 20 && server->connection; i++)
        server_says(server, ":irc.sea.example 433 * x :Nickname is already in use");

    assert_null(server->connection);
    assert_true(server_count(server, "NICK") < 10);
    server_close(server);
}

static void i1_a_server_that_renames_us_at_001(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);

    server_says(server, ":irc.sea.example 001 Account :Welcome to Sea, Account!~m@cloak.example");
    server_says(server, ":irc.sea.example 422 Account :no motd");

    assert_string_equal(server->session->nick, "Account");
    assert_string_equal(server->session->host, "cloak.example");
    server_says(server, ":ana!a@h PRIVMSG Account :hello");
    assert_int_equal(server->event_count, 1);
    assert_int_equal(server->events[0].flags & CHAT_PRIVATE, CHAT_PRIVATE);
    server_close(server);
}

static void i14_eleven_seconds_to_register(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);

    server_run(server, 11000);
    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server, ":irc.sea.example 376 harbor-bot :end");

    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

static void i14_a_welcome_without_an_end_of_the_motd(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);

    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    assert_string_equal(server->states, "connecting ");
    server_run(server, 10000);

    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

static void i14_never_let_in_is_given_up(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);

    server_run(server, IRC_REGISTER_MS);

    assert_string_equal(server->states, "connecting down ");
    assert_null(server->connection);
    server_close(server);
}

static void test_a_ping_before_the_welcome_is_answered(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);

    server_says(server, "PING :cookie 42");

    assert_true(server_heard(server, "PONG :cookie 42"));
    server_close(server);
}

static void test_bot_mode_is_set_where_there_is_one(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "BOT=B CHANTYPES=#";
    server_open(server);

    assert_true(server_heard(server, "MODE harbor-bot +B"));
    server_close(server);
}

static void test_the_servers_own_password_comes_before_the_nick(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->options.server_credential = STR("sea-server");
    server_open(server);

    assert_string_equal(server_next(server), "CAP LS 302");
    assert_string_equal(server_next(server), "PASS secret");
    assert_string_equal(server_next(server), "NICK harbor-bot");
    assert_false(server_logged(server, "secret"));
    server_close(server);
}

static void i1_a_capability_that_comes_later_is_asked_for(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "cap-notify";
    server_open(server);
    server_forget(server);

    server_says(server, ":irc.sea.example CAP harbor-bot NEW :echo-message draft/x");
    assert_true(server_heard(server, "CAP REQ echo-message"));
    assert_true(irc_caps_has(&server->session->caps, IRC_CAP_ECHO_MESSAGE));
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :echo-message");

    assert_false(irc_caps_has(&server->session->caps, IRC_CAP_ECHO_MESSAGE));
    assert_false(server_ever_heard(server, "CAP END") && server_heard(server, "CAP END"));
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registers_in_the_usual_way),
        cmocka_unit_test(i1_a_list_in_several_lines),
        cmocka_unit_test(i14_who_writes_to_us_before_the_message_of_the_day_ends_is_heard),
        cmocka_unit_test(i1_an_empty_list),
        cmocka_unit_test(test_a_list_line_without_a_list),
        cmocka_unit_test(i1_a_server_that_never_answers_cap_but_lets_us_in),
        cmocka_unit_test(i1_a_server_that_never_answers_cap_and_waits),
        cmocka_unit_test(i1_a_server_that_does_not_answer_the_request),
        cmocka_unit_test(test_a_server_that_does_not_know_cap),
        cmocka_unit_test(i1_refused_capabilities_are_asked_for_one_by_one),
        cmocka_unit_test(test_the_next_nick_while_one_is_in_use),
        cmocka_unit_test(test_no_nick_at_all_is_a_wait_and_no_loop),
        cmocka_unit_test(i1_a_server_that_renames_us_at_001),
        cmocka_unit_test(i14_eleven_seconds_to_register),
        cmocka_unit_test(i14_a_welcome_without_an_end_of_the_motd),
        cmocka_unit_test(i14_never_let_in_is_given_up),
        cmocka_unit_test(test_a_ping_before_the_welcome_is_answered),
        cmocka_unit_test(test_bot_mode_is_set_where_there_is_one),
        cmocka_unit_test(test_the_servers_own_password_comes_before_the_nick),
        cmocka_unit_test(i1_a_capability_that_comes_later_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
