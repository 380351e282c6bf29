/* SPDX-License-Identifier: MIT */
/* test_login.c: SASL as the network sees it: who gets in, who waits, and for how long. */
#include "server.h"

static struct server *with_login(void)
{
    struct server *server = server_make();
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("sea-password");
    return server;
}

static void test_logs_in_before_it_joins(void **state)
{
    (void)state;
    struct server *server = with_login();
    server_open(server);

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_true(server_heard(server, "AUTHENTICATE AGhhcmJvci1ib3QAc2VjcmV0"));
    assert_true(server_heard(server, "CAP END"));
    assert_true(server_heard(server, "JOIN #harbor"));
    assert_true(server_logged(server, "event=irc_up network=sea logged_in=1"));
    server_close(server);
}

static void test_the_password_is_in_no_log(void **state)
{
    (void)state;
    struct server *server = with_login();
    server_open(server);

    assert_false(server_logged(server, "secret"));
    assert_false(server_logged(server, "c2VjcmV0"));
    server_close(server);
}

static void test_without_an_account_sasl_is_not_asked_for(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    for (size_t i = 0; i < server->line_count; i++)
        assert_null(strstr(server->lines[i], "sasl"));
    server_close(server);
}

static void test_a_wrong_password_is_said_once_and_waits_long(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);
    server_says(server, "AUTHENTICATE +");

    server_says(server, ":irc.sea.example 904 * :SASL authentication failed");

    assert_true(server_logged(server, "<3>event=irc_login_failed") ||
                server_logged(server, "event=irc_login_failed"));
    assert_true(server_logged(server, "wrong account or password"));
    assert_null(server->connection);
    server_run(server, 9 * CLOCK_MINUTE_MS);
    assert_int_equal(server->connections, 1);
    int minutes = 9;
    while (server->connections == 1 && minutes < 60) {
        server_run(server, CLOCK_MINUTE_MS);
        minutes++;
    }
    assert_in_range(minutes, 10, 21);
    server_close(server);
}

static void test_a_wrong_password_all_day_is_no_hot_loop(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);

    for (int minute = 0; minute < 24 * 60; minute++) {
        if (server->connection && server_count(server, "AUTHENTICATE PLAIN") == server->connections)
            server_says(server, ":irc.sea.example 904 * :SASL authentication failed");
        server_run(server, CLOCK_MINUTE_MS);
    }

    assert_in_range(server->connections, 8, 60);
    server_close(server);
}

static void test_services_that_are_away_are_tried_again_soon(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);

    server_says(server,
                ":irc.sea.example 904 * :SASL failed: services are temporarily unavailable");
    assert_null(server->connection);
    server->no_login = false;
    server_run(server, 5 * CLOCK_MINUTE_MS);

    assert_int_equal(server->connections, 2);
    assert_string_equal(server->states, "connecting down connecting up ");
    server_close(server);
}

static void test_services_that_never_answer(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);

    server_run(server, IRC_SASL_MS);

    assert_null(server->connection);
    assert_true(server_logged(server, "services did not answer in time"));
    server_close(server);
}

static void test_a_mechanism_that_is_not_offered(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->caps = "sasl=EXTERNAL,SCRAM-SHA-256";
    server_open(server);

    assert_false(server_ever_heard(server, "AUTHENTICATE"));
    assert_true(server_logged(server, "irc_login_impossible"));
    assert_string_equal(server->states, "connecting up "); /* reading for a cry for help goes on */
    server_close(server);
}

static void test_a_server_without_sasl(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->caps = "batch";
    server_open(server);

    assert_true(server_logged(server, "irc_login_impossible"));
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

static void test_a_server_that_lies(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);

    server_says(server, "AUTHENTICATE *");

    assert_null(server->connection);
    assert_int_equal(server_count(server, "AUTHENTICATE"), 1);
    server_close(server);
}

static void test_a_challenge_that_nobody_asked_for(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, "AUTHENTICATE +");

    assert_false(server_ever_heard(server, "AUTHENTICATE"));
    assert_non_null(server->connection);
    server_close(server);
}

static void test_a_missing_credential_is_an_error_for_a_person(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->secret = NULL;
    server_open(server);

    assert_true(server_logged(server, "no credential"));
    assert_null(server->connection);
    server_close(server);
}

static void test_logs_in_again_when_services_come_back(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->caps = "cap-notify";
    server_open(server);
    assert_string_equal(server->states, "connecting up ");

    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

static void test_a_long_password_in_pieces(void **state)
{
    (void)state;
    char password[288]; /* 10 + 2 + 288 = 300 bytes: exactly 400 in base64 */
    struct server *server = with_login();
    memset(password, 'p', sizeof(password) - 1);
    password[sizeof(password) - 1] = '\0';
    server->options.account = STR("harbor-bot2");
    server->secret = password;
    server_open(server);

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(strlen(server_next(server)), strlen("AUTHENTICATE ") + 400);
    assert_string_equal(server_next(server), "AUTHENTICATE +");
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logs_in_before_it_joins),
        cmocka_unit_test(test_the_password_is_in_no_log),
        cmocka_unit_test(test_without_an_account_sasl_is_not_asked_for),
        cmocka_unit_test(test_a_wrong_password_is_said_once_and_waits_long),
        cmocka_unit_test(test_a_wrong_password_all_day_is_no_hot_loop),
        cmocka_unit_test(test_services_that_are_away_are_tried_again_soon),
        cmocka_unit_test(test_services_that_never_answer),
        cmocka_unit_test(test_a_mechanism_that_is_not_offered),
        cmocka_unit_test(test_a_server_without_sasl),
        cmocka_unit_test(test_a_server_that_lies),
        cmocka_unit_test(test_a_challenge_that_nobody_asked_for),
        cmocka_unit_test(test_a_missing_credential_is_an_error_for_a_person),
        cmocka_unit_test(test_logs_in_again_when_services_come_back),
        cmocka_unit_test(test_a_long_password_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
