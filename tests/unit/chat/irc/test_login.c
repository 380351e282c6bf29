/* SPDX-License-Identifier: MIT */
/* test_login.c: SASL as the network sees it: who gets in, who waits, and for how long. */
#include "server.h"

#include <sodium.h>

static struct server *with_login(void)
{
    struct server *server = server_make();
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("sea-password");
    return server;
}

static void i17_logs_in_before_it_joins(void **state)
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

static void i2_a_wrong_password_is_said_once_and_waits_long(void **state)
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
    assert_non_null(strstr(chat_report(&server->session->network).trouble, "systemctl restart"));
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

    for (int second = 0; second < 24 * 3600; second += 10) {
        if (server->connection &&
            server_count(server, "AUTHENTICATE PLAIN") == server->connections) {
            server_says(server, "AUTHENTICATE +");
            server_says(server, ":irc.sea.example 904 * :SASL authentication failed");
        }
        server_run(server, 10 * CLOCK_SECOND_MS);
    }

    assert_in_range(server->connections, 8, 60);
    server_close(server);
}

/* People are heard meanwhile: a long wait outside would be for nothing. */
static void i2_services_that_are_away_are_tried_again_soon(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);

    server_says(server,
                ":irc.sea.example 904 * :SASL failed: services are temporarily unavailable");
    assert_string_equal(server->states, "connecting up ");
    assert_false(server_logged(server, "wrong account or password"));
    server->no_login = false;
    server_run(server, IRC_LOGIN_AGAIN_MS);

    assert_int_equal(server->connections, 1);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

static void i2_services_that_never_answer(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);
    assert_string_equal(server->states, "connecting ");

    server_run(server, IRC_SASL_MS);

    assert_true(server_logged(server, "services did not answer in time"));
    assert_true(server_heard(server, "AUTHENTICATE *"));
    assert_string_equal(server->states, "connecting up ");
    server->no_login = false;
    server_run(server, IRC_LOGIN_AGAIN_MS);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

static void i2_a_mechanism_that_is_not_offered(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->caps = "sasl=EXTERNAL,ECDSA-NIST256P-CHALLENGE,SCRAM-SHA-1";
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

static void i2_a_server_that_aborts_the_login(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);

    server_says(server, "AUTHENTICATE *");

    assert_true(server_logged(server, "the server aborted the login"));
    assert_int_equal(server_count(server, "AUTHENTICATE"), 2);
    assert_true(server_heard(server, "AUTHENTICATE *")); /* nothing of ours but the end of it */
    assert_string_equal(server->states, "connecting up ");
    server->no_login = false;
    server_run(server, IRC_LOGIN_AGAIN_MS);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
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

static void i2_logs_in_again_when_services_come_back(void **state)
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

/* ---- 400-byte pieces ------------------------------------------------------------------------- */

/* All that came behind "AUTHENTICATE PLAIN", put together; how many lines it took. */
static size_t said_in_plain(struct server *server, char *out, size_t size)
{
    size_t count = 0;
    const char *line;
    out[0] = '\0';
    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    for (line = server_next(server); line && strncmp(line, "AUTHENTICATE ", 13) == 0;
         line = server_next(server)) {
        size_t used = strlen(out);
        assert_true(strlen(line + 13) <= 400);
        if (strcmp(line + 13, "+") != 0)
            snprintf(out + used, size - used, "%s", line + 13);
        count++;
    }
    return count;
}

static void i2_plain_with_long_and_non_ascii_passwords_at_exact_multiples(void **state)
{
    (void)state;
    /* "\0harbor-bot\0" are 12 bytes; 300 bytes make 400 letters */
    static const struct {
        size_t password, lines;
    } cases[] = {{285, 1}, {286, 2}, {288, 2}, {289, 2}, {588, 3}, {589, 3}, {888, 4}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char password[1024] = "", text[2048];
        unsigned char bytes[2048];
        size_t size = 0;
        struct server *server = with_login();
        while (strlen(password) + 4 <= cases[i].password)
            strcat(password, i % 2 ? "\xf0\x9f\x9a\xa2" : "p\xc3\xa4s"); /* 4 bytes each */
        while (strlen(password) < cases[i].password)
            strcat(password, "x");
        server->secret = password;
        server_open(server);

        assert_int_equal(said_in_plain(server, text, sizeof(text)), cases[i].lines);
        assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), text, strlen(text), NULL, &size,
                                           NULL, sodium_base64_VARIANT_ORIGINAL),
                         0);
        assert_int_equal(size, 12 + cases[i].password);
        assert_memory_equal(bytes, "\0harbor-bot\0", 12);
        assert_memory_equal(bytes + 12, password, cases[i].password);
        server_close(server);
    }
}

/* ---- what a refusal means -------------------------------------------------------------------- */

/* Nobody looked at our password: it cannot be wrong. */
static void i2_refused_before_we_said_anything_is_no_wrong_password(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->no_login = true;
    server_open(server);

    server_says(server, ":irc.sea.example 904 * :SASL authentication failed");

    assert_true(server_logged(server, "services did not look at our login"));
    assert_string_equal(server->states, "connecting up ");
    server->no_login = false;
    server_run(server, IRC_LOGIN_AGAIN_MS);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

/* What was right an hour ago: the services are not well. */
static void i2_a_password_that_was_right_before_is_doubted_only_later(void **state)
{
    (void)state;
    struct server *server = with_login();
    server_open(server);
    assert_true(server->session->was_logged_in);
    server->no_login = true;
    server_run(server, CLOCK_HOUR_MS);
    server_hang_up(server);

    for (unsigned i = 1; i <= 4; i++) {
        while (server_count(server, "AUTHENTICATE PLAIN") <= i)
            server_run(server, CLOCK_SECOND_MS);
        assert_false(server_logged(server, "wrong account or password"));
        server_says(server, "AUTHENTICATE +");
        server_says(server, ":irc.sea.example 904 * :SASL authentication failed");
    }

    assert_true(server_logged(server, "wrong account or password"));
    assert_int_equal(server->connections, 2);
    server_close(server);
}

static void i2_mechanisms_that_908_names_instead(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->caps = "sasl";
    server->no_login = true;
    server_open(server);
    assert_true(server_heard(server, "AUTHENTICATE SCRAM-SHA-512"));

    server_says(server, ":irc.sea.example 908 * PLAIN,EXTERNAL :are available SASL mechanisms");
    server_says(server, ":irc.sea.example 904 * :SASL authentication failed");

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_non_null(server->connection);
    server_close(server);
}

static void i2_only_scram_where_nothing_else_is_wanted(void **state)
{
    (void)state;
    struct server *server = with_login();
    server->options.mechanism = IRC_SASL_ONLY_SCRAM;
    server_open(server);

    assert_false(server_ever_heard(server, "AUTHENTICATE"));
    assert_true(server_logged(server, "irc_login_impossible"));
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

/* ---- services that go and come back ---------------------------------------------------------- */

static void i2_logs_in_again_when_services_log_us_out(void **state)
{
    (void)state;
    static const char *const ways[] = {
        ":irc.sea.example 901 harbor-bot harbor-bot!m@h :You are now logged out",
        ":harbor-bot!~bot@host.example ACCOUNT *"};
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct server *server = with_login();
        server_open(server);
        server_forget(server);

        server_says(server, "%s", ways[i]);

        assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
        assert_int_equal(server->session->login, IRC_LOGIN_DONE);
        server_close(server);
    }
}

static void i2_logs_in_again_when_sasl_goes_and_comes_back(void **state)
{
    (void)state;
    struct server *server = with_login();
    server_open(server);
    server_forget(server);

    server_says(server, ":irc.sea.example CAP harbor-bot DEL :sasl");
    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");

    assert_true(server_heard(server, "CAP REQ sasl"));
    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i17_logs_in_before_it_joins),
        cmocka_unit_test(test_the_password_is_in_no_log),
        cmocka_unit_test(test_without_an_account_sasl_is_not_asked_for),
        cmocka_unit_test(i2_a_wrong_password_is_said_once_and_waits_long),
        cmocka_unit_test(test_a_wrong_password_all_day_is_no_hot_loop),
        cmocka_unit_test(i2_services_that_are_away_are_tried_again_soon),
        cmocka_unit_test(i2_services_that_never_answer),
        cmocka_unit_test(i2_a_mechanism_that_is_not_offered),
        cmocka_unit_test(test_a_server_without_sasl),
        cmocka_unit_test(i2_a_server_that_aborts_the_login),
        cmocka_unit_test(test_a_challenge_that_nobody_asked_for),
        cmocka_unit_test(test_a_missing_credential_is_an_error_for_a_person),
        cmocka_unit_test(i2_logs_in_again_when_services_come_back),
        cmocka_unit_test(test_a_long_password_in_pieces),
        cmocka_unit_test(i2_plain_with_long_and_non_ascii_passwords_at_exact_multiples),
        cmocka_unit_test(i2_refused_before_we_said_anything_is_no_wrong_password),
        cmocka_unit_test(i2_a_password_that_was_right_before_is_doubted_only_later),
        cmocka_unit_test(i2_mechanisms_that_908_names_instead),
        cmocka_unit_test(i2_only_scram_where_nothing_else_is_wanted),
        cmocka_unit_test(i2_logs_in_again_when_services_log_us_out),
        cmocka_unit_test(i2_logs_in_again_when_sasl_goes_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
