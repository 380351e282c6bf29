/* SPDX-License-Identifier: MIT */
/* test_connection.c: loss, return, and the pace of both. */
#include "server.h"

static void i15_comes_back_after_a_loss(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_run(server, 10 * CLOCK_MINUTE_MS);

    server_hang_up(server);
    assert_string_equal(server->states, "connecting up down ");
    server_run(server, 5 * CLOCK_SECOND_MS);

    assert_string_equal(server->states, "connecting up down connecting up ");
    assert_int_equal(server->session->network.epoch, 2);
    assert_int_equal(server_count(server, "JOIN"), 2);
    server_close(server);
}

static void i15_a_server_that_refuses_is_tried_ever_more_slowly(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    memory_set_mode(server->peer, MEMORY_REFUSE);
    server_hang_up(server);

    server_run(server, 24 * CLOCK_HOUR_MS);

    assert_in_range(server->session->network.epoch, 24 * 6, 24 * 12 + 20);
    memory_set_mode(server->peer, MEMORY_ACCEPT);
    server_run(server, 10 * CLOCK_MINUTE_MS);
    assert_true(server->session->network.state == CHAT_UP);
    server_close(server);
}

static void i14_a_server_that_hangs_is_given_up(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    memory_set_mode(server->peer, MEMORY_HANG);
    server_hang_up(server);

    server_run(server, 5 * CLOCK_MINUTE_MS);
    assert_true(server->session->network.epoch >= 3);
    memory_set_mode(server->peer, MEMORY_ACCEPT);
    server_run(server, 10 * CLOCK_MINUTE_MS);

    assert_true(server->session->network.state == CHAT_UP);
    server_close(server);
}

static void i15_a_connection_that_flaps_is_no_hot_loop(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    for (int second = 0; second < 3600; second++) {
        if (server->connection && server->welcomed)
            server_hang_up(server);
        server_run(server, CLOCK_SECOND_MS);
    }

    assert_true(server->connections < 20);
    server_close(server);
}

static void i14_a_silent_server_is_asked_twice_and_left(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server->no_pong = true;
    server_forget(server);

    server_run(server, IRC_SILENCE_MS);
    assert_string_equal(server_next(server), "PING lag");
    server_run(server, IRC_PING_MS);
    assert_string_equal(server_next(server), "PING lag");
    assert_string_equal(server->states, "connecting up ");
    server_run(server, IRC_PING_MS);

    assert_string_equal(server->states, "connecting up down ");
    assert_true(server_logged(server, "the server is silent"));
    server_close(server);
}

/* A quiet one is measured by the PING that asks whether it is there; an unanswered one counts. */
static void i14_the_lag_is_measured(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    struct chat_network *network = &server->session->network;
    assert_int_equal(chat_report(network).lag_ms, -1);
    assert_true(chat_report(network).has_name);
    assert_true(chat_in_room(network, STR("#harbor")));
    assert_false(chat_in_room(network, STR("#elsewhere")));
    server_run(server, IRC_SILENCE_MS);
    server_run(server, 0);
    assert_true(chat_report(network).lag_ms >= 0);
    assert_true(chat_report(network).lag_ms < 1000);
    server->no_pong = true;
    server_run(server, IRC_SILENCE_MS + 20 * CLOCK_SECOND_MS);
    assert_int_equal(chat_report(network).lag_ms, 20 * CLOCK_SECOND_MS);
    server_close(server);
}

static void i14_a_quiet_server_that_answers_is_kept(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_run(server, 12 * CLOCK_HOUR_MS);

    assert_string_equal(server->states, "connecting up ");
    assert_in_range(server_count(server, "PING"), 300, 361);
    server_close(server);
}

static void i14_a_busy_server_is_asked_for_its_lag_alone(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    for (int i = 0; i < 60; i++) {
        server_run(server, CLOCK_MINUTE_MS);
        server_says(server, ":ana!a@h PRIVMSG #harbor :still here");
    }

    assert_in_range(server_count(server, "PING"), 6, 12);
    assert_true(chat_report(&server->session->network).lag_ms >= 0);
    server_close(server);
}

static void i15_a_ban_waits_long(void **state)
{
    (void)state;
    static const char *const lines[] = {"ERROR :Closing Link: harbor-bot[host] (K-Lined)",
                                        ":irc.sea.example 465 harbor-bot :You are banned"};

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct server *server = server_make();
        server_open(server);
        server_says(server, "%s", lines[i]);
        server_hang_up(server);
        server_run(server, 9 * CLOCK_MINUTE_MS);
        assert_int_equal(server->connections, 1);
        assert_true(server_logged(server, "irc_banned"));

        server_run(server, 12 * CLOCK_MINUTE_MS);

        assert_int_equal(server->connections, 2);
        server_close(server);
    }
}

static void i15_a_throttle_waits_minutes(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, "ERROR :Trying to reconnect too fast");
    server_hang_up(server);

    server_run(server, 119 * CLOCK_SECOND_MS);
    assert_int_equal(server->connections, 1);
    server_run(server, 3 * CLOCK_MINUTE_MS);

    assert_int_equal(server->connections, 2);
    server_close(server);
}

static void i21_leaves_in_good_order(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    irc_class.stop(&server->session->network);
    server_run(server, 0);
    assert_true(server_heard(server, "QUIT bye"));
    server_hang_up(server);

    assert_string_equal(server->states, "connecting up down ");
    server_run(server, CLOCK_HOUR_MS);
    assert_int_equal(server->connections, 1);
    server_close(server);
}

static void test_leaves_although_the_server_holds_on(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    irc_class.stop(&server->session->network);
    server_run(server, IRC_QUIT_MS);

    assert_string_equal(server->states, "connecting up down ");
    server_close(server);
}

static void test_stops_while_it_waits(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_hang_up(server);

    irc_class.stop(&server->session->network);
    server_run(server, CLOCK_HOUR_MS);

    assert_int_equal(server->connections, 1);
    assert_string_equal(server->states,
                        "connecting up down down "); /* whoever asked us to stop is told */
    server_close(server);
}

static void test_starts_again_after_a_stop(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    irc_class.stop(&server->session->network);
    server_run(server, IRC_QUIT_MS);

    assert_int_equal(irc_class.start(&server->session->network), 0);
    server_run(server, 0);

    assert_true(server->session->network.state == CHAT_UP);
    server_close(server);
}

static void test_logs_hold_no_names_and_no_words(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, "@account=ana-acc :ana!anauser@anahost PRIVMSG #harbor :my words");
    server_says(server, "ERROR :Closing Link: harbor-bot[bothost] (some reason)");
    assert_int_equal(
        server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "ana-acc", "my answer"), 0);
    server_says(server, ":irc.sea.example 486 harbor-bot ana :ana does not want you");
    server_says(server, ":irc.sea.example FAIL ana AnaIsGone x :my words");
    assert_true(
        server_logged(server, "event=irc_fail")); /* of which neither word looks like a code */
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);

    static const char *const never[] = {"ana",       "AnaIsGone", "my words",
                                        "my answer", "bothost",   "harbor-bot"};
    for (size_t i = 0; i < COUNT_OF(never); i++)
        assert_false(server_logged(server, never[i]));
    assert_true(server_logged(server, "network=sea"));
    server_close(server);
}

static void test_options_that_cannot_be(void **state)
{
    (void)state;
    struct server *server = server_make();
    struct irc_options options = server->options, kept;
    struct error error = {0};
    struct arena arena;
    arena_init(&arena, 64 * 1024);

    options.host = STR("irc.example.org");
    assert_int_equal(irc_options_copy(&options, &arena, &kept, &error),
                     -EINVAL); /* no TLS to elsewhere */
    assert_non_null(strstr(error.text, "tls"));
    options.tls = true;
    assert_int_equal(irc_options_copy(&options, &arena, &kept, &error), 0);
    options.nicks[0] = STR("two words");
    assert_int_equal(irc_options_copy(&options, &arena, &kept, &error), -EINVAL);
    options.nick_count = 0;
    assert_int_equal(irc_options_copy(&options, &arena, &kept, &error), -EINVAL);
    options = server->options;
    options.username = STR("a\nb");
    assert_int_equal(irc_options_copy(&options, &arena, &kept, &error), -EINVAL);
    options = server->options;
    options.host = STR("");
    assert_int_equal(irc_options_copy(&options, &arena, &kept, &error), -EINVAL);

    arena_done(&arena);
    server_open(server);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i15_comes_back_after_a_loss),
        cmocka_unit_test(i15_a_server_that_refuses_is_tried_ever_more_slowly),
        cmocka_unit_test(i14_a_server_that_hangs_is_given_up),
        cmocka_unit_test(i15_a_connection_that_flaps_is_no_hot_loop),
        cmocka_unit_test(i14_a_silent_server_is_asked_twice_and_left),
        cmocka_unit_test(i14_the_lag_is_measured),
        cmocka_unit_test(i14_a_quiet_server_that_answers_is_kept),
        cmocka_unit_test(i14_a_busy_server_is_asked_for_its_lag_alone),
        cmocka_unit_test(i15_a_ban_waits_long),
        cmocka_unit_test(i15_a_throttle_waits_minutes),
        cmocka_unit_test(i21_leaves_in_good_order),
        cmocka_unit_test(test_leaves_although_the_server_holds_on),
        cmocka_unit_test(test_stops_while_it_waits),
        cmocka_unit_test(test_starts_again_after_a_stop),
        cmocka_unit_test(test_logs_hold_no_names_and_no_words),
        cmocka_unit_test(test_options_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
