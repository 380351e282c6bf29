/* SPDX-License-Identifier: MIT */
/* test_login_again.c: what is forgotten, kept and said between one login and the next (I2, I17). */
#include "server.h"

static struct server *with_account(const char *caps)
{
    struct server *server = server_make();
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("sea-password");
    server->caps = caps;
    return server;
}

static size_t logged(const struct server *server, const char *piece)
{
    size_t count = 0;
    struct str rest = buf_str(&server->log);
    for (size_t at; (at = str_find(rest, str_of(piece), 0)) != SIZE_MAX; count++)
        rest = str_from(rest, at + 1);
    return count;
}

/* Services told us who we are, then SASL came, and the answer to our wish for it did not. */
static void i2_a_wish_without_an_answer_is_said_again(void **state)
{
    (void)state;
    struct server *server = with_account("batch account-notify");
    server_open(server);
    server_says(server, ":harbor-bot!~bot@host.example ACCOUNT harbor-bot");
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server->no_ack = true;
    server->caps = "batch account-notify sasl=PLAIN";
    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");
    assert_int_equal(server_count(server, "CAP REQ sasl"), 1);
    server->no_ack = false;

    server_run(server, IRC_LOGIN_LONGEST_MS);

    assert_int_equal(server_count(server, "CAP REQ sasl"), 2);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

static void i2_a_list_that_does_not_come_is_asked_for_again(void **state)
{
    (void)state;
    struct server *server = with_account("batch");
    server_open(server);
    server->caps = NULL;
    server_run(server, CLOCK_HOUR_MS);
    size_t asked = server_count(server, "CAP LS 302");
    assert_in_range(asked, 5, 20);
    assert_int_equal(logged(server, "event=irc_login_impossible"), 1);

    server->caps = "batch sasl=PLAIN";
    server_run(server, IRC_LOGIN_LONGEST_MS);

    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

/* Each list without a login is no news. */
static void i2_that_no_login_is_offered_is_said_once(void **state)
{
    (void)state;
    struct server *server = with_account("batch");
    server_open(server);
    server_run(server, CLOCK_HOUR_MS);
    assert_in_range(server_count(server, "CAP LS 302"), 3, 20);
    assert_int_equal(logged(server, "event=irc_login_impossible"), 1);
    server_close(server);
}

static void i2_who_has_no_account_looks_for_no_login(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "batch";
    server_open(server);
    server_run(server, 3 * CLOCK_HOUR_MS);
    assert_int_equal(server_count(server, "CAP LS 302"), 1);
    server_close(server);
}

/* However long it took the last time. */
static void i2_after_a_login_the_next_is_looked_for_soon(void **state)
{
    (void)state;
    struct server *server = with_account("batch");
    server_open(server);
    server_run(server, 3 * CLOCK_HOUR_MS);
    server->caps = "batch sasl=PLAIN";
    server_run(server, IRC_LOGIN_LONGEST_MS);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server->caps = "batch";
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :sasl");
    size_t before = server_count(server, "CAP LS 302");

    server_run(server, IRC_LOGIN_AGAIN_MS + CLOCK_SECOND_MS);

    assert_int_equal(server_count(server, "CAP LS 302"), before + 1);
    server_close(server);
}

static void i2_a_trouble_that_is_over_is_not_told(void **state)
{
    (void)state;
    struct chat_report report;
    struct server *server = with_account("batch");
    server_open(server);
    server->no_login = true;
    server->caps = "batch sasl=PLAIN";
    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");
    server_says(server, "AUTHENTICATE +");
    server_says(server, ":irc.sea.example 904 harbor-bot :SASL authentication failed");
    irc_class.report(&server->session->network, &report);
    assert_non_null(report.trouble);
    server->no_login = false;

    server_run(server, 2 * IRC_REFUSED_FIRST_MS);

    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    irc_class.report(&server->session->network, &report);
    assert_null(report.trouble);
    server_close(server);
}

/* Right in between, each time: the doubts of a year ago count no more. */
static void i2_services_may_be_wrong_now_and_then(void **state)
{
    (void)state;
    struct server *server = with_account("batch sasl=PLAIN");
    server_open(server);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(server->session->login, IRC_LOGIN_DONE);
        server->no_login = true;
        server_says(server, ":irc.sea.example CAP harbor-bot DEL :sasl");
        server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");
        server_says(server, "AUTHENTICATE +");
        server_says(server, ":irc.sea.example 904 harbor-bot :SASL authentication failed");
        assert_int_equal(server->session->login, IRC_LOGIN_FAILED);
        server->no_login = false;
        server_run(server, IRC_LOGIN_LONGEST_MS);
    }
    assert_true(server_logged(server, "although it was right before"));
    assert_false(server_logged(server, "wrong account or password"));
    server_close(server);
}

/* Welcomed, the login fails, and the message of the day has no end. */
static void i2_let_in_with_neither_login_nor_an_end_of_the_welcome(void **state)
{
    (void)state;
    struct server *server = with_account("sasl=PLAIN");
    server->no_login = true;
    server_open(server);
    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server, ":irc.sea.example 904 harbor-bot :services are not available");
    assert_string_equal(server->states, "connecting ");

    server_run(server, IRC_MOTD_MS);

    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

/* In the middle of our login: nobody refused us, so we go in. */
static void i2_services_that_go_during_a_login_keep_nobody_out(void **state)
{
    (void)state;
    struct server *server = with_account("sasl=PLAIN");
    server->no_login = true;
    server_open(server);
    server_says(server, ":irc.sea.example CAP * DEL :sasl");
    assert_string_equal(server->states, "connecting up ");
    assert_false(server_logged(server, "transient=0"));
    server_close(server);
}

static void i2_an_offer_during_a_login_begins_no_second_one(void **state)
{
    (void)state;
    struct server *server = with_account("sasl=PLAIN");
    server->no_login = true;
    server_open(server);
    server_says(server, ":irc.sea.example CAP * NEW :sasl=PLAIN");
    assert_int_equal(server_count(server, "AUTHENTICATE PLAIN"), 1);
    assert_int_equal(server->session->login, IRC_LOGIN_ASKED);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i2_a_wish_without_an_answer_is_said_again),
        cmocka_unit_test(i2_a_list_that_does_not_come_is_asked_for_again),
        cmocka_unit_test(i2_that_no_login_is_offered_is_said_once),
        cmocka_unit_test(i2_who_has_no_account_looks_for_no_login),
        cmocka_unit_test(i2_after_a_login_the_next_is_looked_for_soon),
        cmocka_unit_test(i2_a_trouble_that_is_over_is_not_told),
        cmocka_unit_test(i2_services_may_be_wrong_now_and_then),
        cmocka_unit_test(i2_let_in_with_neither_login_nor_an_end_of_the_welcome),
        cmocka_unit_test(i2_services_that_go_during_a_login_keep_nobody_out),
        cmocka_unit_test(i2_an_offer_during_a_login_begins_no_second_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
