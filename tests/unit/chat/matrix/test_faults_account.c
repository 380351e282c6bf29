/* SPDX-License-Identifier: MIT */
/* test_faults_account.c: tokens that die while somebody waits, refreshes whose answer is lost,
 * accounts that are shut. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "network.h"

static struct network *make(int64_t token_life_ms)
{
    struct network *n = network_make();
    hs_knobs(n->hs)->token_life_ms = token_life_ms;
    return n;
}

static void say_row(struct network *n, const char *room, const char *prefix, int from, int to)
{
    char text[80];
    for (int i = from; i <= to; i++) {
        snprintf(text, sizeof text, "%s%d", prefix, i);
        network_say(n, room, text);
    }
}

static void ping(struct network *n, const char *room, int number)
{
    char text[40];
    snprintf(text, sizeof text, "!ping %d", number);
    hs_say(n->hs, room, ANNA, text);
}

static void m05_a_token_that_dies_in_mid_send_is_refreshed_and_the_word_said_once(void **state)
{
    (void)state;
    struct network *n = make(3600000);
    const char *room = network_room(n, "#harbor:home");
    network_up(n);
    const struct hs_fault expire = {
        .match = "PUT */send/*", .kind = HS_EXPIRE, .skip = 1, .times = 1};
    hs_fault(n->hs, &expire);
    say_row(n, "#harbor:home", "h", 1, 4);
    network_run(n, 20000);
    ping(n, room, 5);
    network_run(n, 20000);
    assert_true(network_all_said(n));
    assert_int_equal(hs_requests(n->hs, "POST */refresh"), 1); /* for all requests together */
    assert_int_equal(hs_requests(n->hs, "POST */login"), 1);
    assert_int_equal(hs_device_count(n->hs, BOT), 1);
    assert_int_equal(hs_count(n->hs, room, BOT, "m.room.message"), 5);
    network_close(n);
}

static void m05_tokens_of_four_minutes_for_a_day(void **state)
{
    (void)state;
    struct network *n = make(240000);
    const char *room = network_room(n, "#harbor:home");
    network_up(n);
    for (int i = 1; i <= 48; i++) {
        ping(n, room, i);
        network_run(n, 30 * 60000);
    }
    network_expect_row(n, room, "pong ", 1, 48);
    assert_int_equal(hs_device_count(n->hs, BOT), 1);
    assert_int_equal(hs_requests(n->hs, "POST */login"), 1);
    assert_true(hs_requests(n->hs, "POST */refresh") <= 24 * 3600 / 190 + 20);
    network_close(n);
}

static void m05_a_lost_refresh_answer_does_not_cost_the_device(void **state)
{
    (void)state;
    struct network *n = make(60000);
    const char *room = network_room(n, "#harbor:home");
    network_up(n);
    const struct hs_fault lose = {.match = "POST */refresh", .kind = HS_LOSE, .times = 2};
    hs_fault(n->hs, &lose);
    for (int i = 1; i <= 10; i++) {
        ping(n, room, i);
        network_run(n, 30000);
    }
    network_run(n, 60000);
    network_expect_row(n, room, "pong ", 1, 10);
    assert_int_equal(hs_device_count(n->hs, BOT), 1);
    assert_int_equal(network_noticed(n, CHAT_NOTICE_LOGGED_OUT), 0);
    network_close(n);
}

static void m05_death_between_refresh_and_use(void **state)
{
    (void)state;
    struct network *n = make(60000);
    const char *room = network_room(n, "#harbor:home");
    network_up(n);
    for (int i = 1; i <= 24; i++) {
        network_run(n, 55000 + i * 400); /* around the time of a refresh */
        ping(n, room, i);
        for (int step = 0; step < i % 8; step++)
            loop_poll(n->loop);
        network_die(n);
    }
    network_run(n, 120000);
    network_expect_row(n, room, "pong ", 1, 24);
    assert_int_equal(hs_device_count(n->hs, BOT), 1);
    network_close(n);
}

static void m06_a_soft_logout_keeps_the_device(void **state)
{
    (void)state;
    struct network *n = make(0);
    const char *room = network_room(n, "#harbor:home");
    network_up(n);
    for (int i = 1; i <= 3; i++) {
        hs_expire(n->hs, BOT, true);
        ping(n, room, i);
        network_run(n, 60000);
    }
    network_expect_row(n, room, "pong ", 1, 3);
    assert_int_equal(hs_device_count(n->hs, BOT), 1);
    network_close(n);
}

static void m06_a_dead_token_is_told_and_is_no_hot_loop(void **state)
{
    (void)state;
    struct network *n = make(0);
    n->login = "token";
    snprintf(n->secret, sizeof n->secret, "%s", hs_token(n->hs, BOT, "BYHAND"));
    network_room(n, "#harbor:home");
    network_up(n);
    hs_expire(n->hs, BOT, false);
    size_t before = hs_request_count(n->hs);
    network_run(n, 3600000);
    assert_false(network_is_up(n));
    assert_true(network_noticed(n, CHAT_NOTICE_LOGGED_OUT) >= 1);
    size_t asked = hs_request_count(n->hs) - before;
    if (asked > 70)
        fail_msg("%zu requests with a dead token in an hour", asked);
    network_close(n);
}

static void check_trouble(const char *errcode, enum chat_notice what)
{
    struct network *n = make(0);
    const char *room = network_room(n, "#harbor:home");
    network_up(n);
    hs_trouble(n->hs, BOT, errcode);
    hs_cut_all(n->hs);
    say_row(n, "#harbor:home", "h", 1, 3);
    size_t before = hs_request_count(n->hs);
    network_run(n, 1800000);
    assert_true(network_noticed(n, what) >= 1);
    assert_int_equal(network_noticed(n, CHAT_NOTICE_LOGGED_OUT), 0);
    size_t asked = hs_request_count(n->hs) - before;
    if (asked > 200)
        fail_msg("%zu requests while %s", asked, errcode);
    assert_int_equal(hs_count(n->hs, room, BOT, "m.room.message"), 0);
    assert_non_null(strstr(chat_report(n->chat).trouble, "ask them"));
    hs_trouble(n->hs, BOT, NULL);
    network_run(n, 1200000); /* it is looked at each quarter of an hour */
    assert_true(network_is_up(n));
    network_expect_row(n, room, "h", 1, 3);
    assert_null(chat_report(n->chat).trouble);
    assert_int_equal(hs_device_count(n->hs, BOT), 1);
    network_close(n);
}

static void m06_a_locked_account_waits_and_goes_on(void **state)
{
    (void)state;
    check_trouble("M_USER_LOCKED", CHAT_NOTICE_LOCKED);
}

static void m06_a_suspended_account_waits_and_goes_on(void **state)
{
    (void)state;
    check_trouble("M_USER_SUSPENDED", CHAT_NOTICE_SUSPENDED);
}

/* The whole first conversation of an account, each answer of it lost or refused once. */
static void a_login_through_every_fault_once(void **state)
{
    (void)state;
    static const char *const STEPS[] = {"GET */versions", "POST */login", "GET *sync*",
                                        "POST */join*", "PUT */send/*"};
    for (size_t i = 0; i < COUNT_OF(STEPS); i++)
        for (int kind = HS_ANSWER; kind < HS_SLOW; kind++) {
            struct network *n = make(0);
            const char *room = hs_room(n->hs, ANNA, NULL, "#harbor:home");
            n->rooms[0] = "#harbor:home";
            const struct hs_fault fault = {.match = STEPS[i],
                                           .kind = (enum hs_fault_kind)kind,
                                           .status = 503,
                                           .body = STR("<p>busy"),
                                           .at = 7,
                                           .times = 1};
            hs_fault(n->hs, &fault);
            network_open(n);
            say_row(n, "#harbor:home", "h", 1, 2);
            for (int waited = 0; waited < 1200 && !network_all_said(n); waited++)
                network_run(n, 1000);
            if (!network_all_said(n))
                fail_msg("%s, kind %d: never said\n%.*s", STEPS[i], kind,
                         STR_ARG(buf_str(&n->log)));
            network_expect_row(n, room, "h", 1, 2);
            network_close(n);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(m05_a_token_that_dies_in_mid_send_is_refreshed_and_the_word_said_once),
        cmocka_unit_test(m05_tokens_of_four_minutes_for_a_day),
        cmocka_unit_test(m05_a_lost_refresh_answer_does_not_cost_the_device),
        cmocka_unit_test(m05_death_between_refresh_and_use),
        cmocka_unit_test(m06_a_soft_logout_keeps_the_device),
        cmocka_unit_test(m06_a_dead_token_is_told_and_is_no_hot_loop),
        cmocka_unit_test(m06_a_locked_account_waits_and_goes_on),
        cmocka_unit_test(m06_a_suspended_account_waits_and_goes_on),
        cmocka_unit_test(a_login_through_every_fault_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
