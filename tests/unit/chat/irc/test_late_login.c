/* SPDX-License-Identifier: MIT */
/* test_late_login.c: services that are away when we come, or go while we are there (I2, I17). */
#include "server.h"

static struct server *without_services(void)
{
    struct server *server = server_make();
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("sea-password");
    server->caps = "batch message-tags account-notify";
    return server;
}

static void i2_a_login_that_comes_late_without_cap_new(void **state)
{
    (void)state;
    struct server *server = without_services();
    server_open(server);
    assert_string_equal(server->states, "connecting up ");
    assert_int_equal(server->session->login, IRC_LOGIN_FAILED);
    server_run(server, 20 * CLOCK_MINUTE_MS);
    server_forget(server);

    server->caps = "batch message-tags account-notify sasl=PLAIN";
    server_run(server, IRC_LOGIN_LONGEST_MS);

    assert_true(server_heard(server, "CAP LS 302"));
    assert_true(server_heard(server, "CAP REQ sasl"));
    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    assert_true(server_logged(server, "event=irc_logged_in_late"));
    assert_int_equal(server->connections, 1);
    server_close(server);
}

/* Half an hour away, an hour, a day: a question now and then, at no fixed pace; none when we have
 * what we want. */
static void i2_the_list_is_asked_for_ever_more_slowly(void **state)
{
    (void)state;
    struct server *server = without_services();
    int64_t last_ms = 0, shortest_ms = INT64_MAX, longest_ms = 0;
    server_open(server);
    server_run(server, IRC_LOGIN_AGAIN_MS);
    assert_int_equal(server_count(server, "CAP LS 302"), 2); /* the first at the beginning */

    server_run(server, CLOCK_HOUR_MS);
    assert_in_range(server_count(server, "CAP LS 302"), 7, 16);
    size_t before = server_count(server, "CAP LS 302");
    for (int64_t ms = CLOCK_SECOND_MS; ms <= 6 * CLOCK_HOUR_MS; ms += CLOCK_SECOND_MS) {
        server_run(server, CLOCK_SECOND_MS);
        if (server_count(server, "CAP LS 302") == before)
            continue;
        assert_int_equal(server_count(server, "CAP LS 302"), ++before);
        shortest_ms = last_ms ? MIN_OF(shortest_ms, ms - last_ms) : shortest_ms;
        longest_ms = last_ms ? MAX_OF(longest_ms, ms - last_ms) : longest_ms;
        last_ms = ms;
    }
    assert_in_range(shortest_ms, IRC_LOGIN_LONGEST_MS / 2 - 1000, IRC_LOGIN_LONGEST_MS - 30000);
    assert_in_range(longest_ms, shortest_ms + 30000, IRC_LOGIN_LONGEST_MS + 1000);
    assert_int_equal(server_count(server, "CAP END"), 1);

    server->caps = "sasl=PLAIN";
    server_run(server, IRC_LOGIN_LONGEST_MS);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    before = server_count(server, "CAP LS 302");
    server_run(server, CLOCK_HOUR_MS);
    assert_int_equal(server_count(server, "CAP LS 302"), before);
    server_close(server);
}

/* "sasl=" is a login with nothing behind it. */
static void i2_sasl_without_mechanisms_is_no_login_yet(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->caps = "batch sasl=";
    server_open(server);
    assert_string_equal(server->states, "connecting up ");
    assert_false(server_ever_heard(server, "AUTHENTICATE"));

    server->caps = "batch sasl=PLAIN,EXTERNAL";
    server_run(server, IRC_LOGIN_AGAIN_MS);

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

/* The rooms that want an account had refused us; the one that threw us out has not changed its
 * mind. */
static void i17_what_waits_for_the_login_is_joined_then(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->rooms[1] = "#quay";
    server->no_join = true;
    server_open(server);
    server_says(server, ":irc.sea.example 477 harbor-bot #harbor :registered accounts only");
    server_says(server, ":harbor-bot!~bot@host.example JOIN #quay");
    for (int i = 0; i < 2; i++) {
        server_says(server, ":harbor-bot!~bot@host.example JOIN #quay");
        server_says(server, ":ana!a@h KICK #quay harbor-bot :out");
    }
    server_run(server, 10 * CLOCK_SECOND_MS);
    server_forget(server);

    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_true(server_heard(server, "JOIN #harbor"));
    server_close(server);
}

/* Services came back half awake: once more a little later, without leaving. */
static void i2_a_login_that_fails_while_we_are_in_is_tried_again(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->no_login = true;
    server_open(server);
    server->caps = "batch sasl=PLAIN";
    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");
    server_says(server, ":irc.sea.example 904 harbor-bot :services are not available");
    assert_string_equal(server->states, "connecting up ");
    server_forget(server);
    server->no_login = false;

    server_run(server, IRC_LOGIN_LONGEST_MS);

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

/* Nobody mends a password in a minute. */
static void i2_a_wrong_password_while_we_are_in_waits_long(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->no_login = true;
    server_open(server);
    server->caps = "batch sasl=PLAIN";
    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");
    server_says(server, "AUTHENTICATE +");
    server_says(server, ":irc.sea.example 904 harbor-bot :SASL authentication failed");
    assert_true(server_logged(server, "wrong account or password"));
    server_forget(server);
    server->no_login = false;

    server_run(server, IRC_REFUSED_FIRST_MS / 2 - CLOCK_SECOND_MS);
    assert_null(server_next(server) ? strstr(server_next(server), "AUTHENTICATE") : NULL);
    assert_int_equal(server_count(server, "AUTHENTICATE PLAIN"), 1);
    server_run(server, IRC_REFUSED_FIRST_MS);

    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

/* A standard reply knows better than the number behind it. */
static void i2_a_fail_tells_services_from_a_password(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->caps = "sasl=PLAIN";
    server->no_login = true;
    server_open(server);
    server_says(server, "AUTHENTICATE +");
    server_says(server, "FAIL AUTHENTICATE TEMPORARILY_UNAVAILABLE :Not now");
    server_says(server, ":irc.sea.example 904 * :SASL authentication failed");
    assert_string_equal(server->states, "connecting up ");
    assert_false(server_logged(server, "wrong account or password"));
    server_close(server);

    server = without_services();
    server->caps = "sasl=PLAIN";
    server->no_login = true;
    server_open(server);
    server_says(server, "AUTHENTICATE +");
    server_says(server, "FAIL AUTHENTICATE INVALID_CREDENTIALS :That is not it");
    server_run(server, IRC_SASL_MS); /* and no number at all */
    assert_string_equal(server->states, "connecting down ");
    assert_true(server_logged(server, "wrong account or password"));
    server_close(server);
}

static void i2_a_long_login_may_be_the_services_fault(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->caps = "sasl=PLAIN";
    server->no_login = true;
    server_open(server);

    server_says(server, ":irc.sea.example 905 * :Services are unavailable, try again later");

    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

/* "CAP DEL sasl": they went, perhaps with what they knew; we look for them until they are back. */
static void i2_services_that_go_are_looked_for(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->caps = "batch sasl=PLAIN";
    server_open(server);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_forget(server);

    server->caps = "batch";
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :sasl");
    server_run(server, 5 * CLOCK_MINUTE_MS);
    assert_true(server_heard(server, "CAP LS 302"));
    assert_int_equal(server->session->login, IRC_LOGIN_FAILED);
    server->caps = "batch sasl=PLAIN";
    server_run(server, IRC_LOGIN_LONGEST_MS);

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

/* Some services remember who was logged in, and say so by themselves. */
static void i2_services_that_know_us_again(void **state)
{
    (void)state;
    struct server *server = without_services();
    server_open(server);
    assert_int_equal(server->session->login, IRC_LOGIN_FAILED);

    server_says(server, ":harbor-bot!~bot@host.example ACCOUNT somebody-else");
    assert_int_equal(server->session->login, IRC_LOGIN_FAILED);
    server_says(server, ":harbor-bot!~bot@host.example ACCOUNT Harbor-Bot");

    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

/* Somebody logs us out as often as we log in. */
static void i2_being_logged_out_again_and_again_is_no_hot_loop(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->caps = "account-notify sasl=PLAIN";
    server_open(server);
    for (int second = 0; second < 3600; second++) {
        if (server->session->login == IRC_LOGIN_DONE)
            server_says(server, ":harbor-bot!~bot@host.example ACCOUNT *");
        server_run(server, CLOCK_SECOND_MS);
    }
    assert_in_range(server_count(server, "AUTHENTICATE PLAIN"), 10, 130);
    server_close(server);
}

/* A server that lets us in before the login has ended, and then never ends it. */
static void i2_let_in_in_the_middle_of_a_login(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->caps = "sasl=PLAIN";
    server->no_login = true;
    server_open(server);
    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server, ":irc.sea.example 422 harbor-bot :no motd");
    assert_string_equal(server->states, "connecting up ");

    server_run(server, IRC_SASL_MS);
    assert_true(server_logged(server, "services did not answer in time"));
    server->no_login = false;
    server_run(server, IRC_LOGIN_AGAIN_MS);

    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

static void i2_a_server_without_capabilities_is_not_asked(void **state)
{
    (void)state;
    struct server *server = without_services();
    server->caps = NULL;
    server_open(server);
    server_run(server, CLOCK_HOUR_MS);

    assert_int_equal(server_count(server, "CAP LS"), server->connections);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i2_a_login_that_comes_late_without_cap_new),
        cmocka_unit_test(i2_the_list_is_asked_for_ever_more_slowly),
        cmocka_unit_test(i2_sasl_without_mechanisms_is_no_login_yet),
        cmocka_unit_test(i17_what_waits_for_the_login_is_joined_then),
        cmocka_unit_test(i2_a_login_that_fails_while_we_are_in_is_tried_again),
        cmocka_unit_test(i2_a_wrong_password_while_we_are_in_waits_long),
        cmocka_unit_test(i2_a_fail_tells_services_from_a_password),
        cmocka_unit_test(i2_a_long_login_may_be_the_services_fault),
        cmocka_unit_test(i2_services_that_go_are_looked_for),
        cmocka_unit_test(i2_services_that_know_us_again),
        cmocka_unit_test(i2_being_logged_out_again_and_again_is_no_hot_loop),
        cmocka_unit_test(i2_let_in_in_the_middle_of_a_login),
        cmocka_unit_test(i2_a_server_without_capabilities_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
