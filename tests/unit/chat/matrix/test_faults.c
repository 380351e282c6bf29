/* SPDX-License-Identifier: MIT */
/* test_faults.c: a homeserver that has no time, answers half, or not at all: each message is there
 * once and in order, one room holds up no other, nothing is asked in a hot loop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "network.h"

struct two { /* two rooms, and a network that is up */
    struct network *n;
    char harbor[80], cove[80];
};

static int set_up(void **state)
{
    struct two *two = calloc(1, sizeof *two);
    two->n = network_make();
    snprintf(two->harbor, sizeof two->harbor, "%s", network_room(two->n, "#harbor:home"));
    snprintf(two->cove, sizeof two->cove, "%s", network_room(two->n, "#cove:home"));
    network_up(two->n);
    *state = two;
    return 0;
}

static int tear_down(void **state)
{
    struct two *two = *state;
    network_close(two->n);
    free(two);
    return 0;
}

/* Requests that say something in that room; the first letter of its id is percent-encoded. */
static const char *send_to(const char *room)
{
    static char match[2][120];
    static unsigned next;
    char *out = match[next++ % 2];
    snprintf(out, sizeof match[0], "PUT */rooms/*%s/send/*", room + 1);
    return out;
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

static void run_until_said(struct network *n, int64_t at_most_ms)
{
    for (int64_t waited = 0; waited < at_most_ms && !network_all_said(n); waited += 1000)
        network_run(n, 1000);
    if (!network_all_said(n))
        fail_msg("something was never said; the log:\n%.*s", STR_ARG(buf_str(&n->log)));
}

/* ---- 429 ------------------------------------------------------------------------------------- */

/* One room is told to wait half a minute: the other is not held up, and nothing is tried there
 * before. */
static void check_busy(struct two *two, const char *headers, const char *body)
{
    struct network *n = two->n;
    const struct hs_fault busy = {.match = send_to(two->harbor),
                                  .kind = HS_ANSWER,
                                  .status = 429,
                                  .headers = headers,
                                  .body = str_of(body),
                                  .times = 1};
    hs_fault(n->hs, &busy);
    say_row(n, "#harbor:home", "h", 1, 3);
    say_row(n, "#cove:home", "c", 1, 3);
    network_run(n, 5000);
    network_expect_row(n, two->cove, "c", 1, 3);
    network_run(n, 24000);
    assert_int_equal(hs_count(n->hs, two->harbor, BOT, "m.room.message"), 0);
    assert_int_equal(hs_requests(n->hs, busy.match), 1);
    network_run(n, 10000);
    network_expect_row(n, two->harbor, "h", 1, 3);
    assert_true(network_all_said(n));
}

static void m01_retry_after_in_seconds_is_kept(void **state)
{
    check_busy(*state, "Retry-After: 30\n", "{\"errcode\":\"M_LIMIT_EXCEEDED\"}");
}

static void m01_retry_after_as_a_date_is_kept(void **state)
{
    struct two *two = *state;
    char headers[100];
    time_t at = (time_t)(clock_wall_at(&two->n->clock) / 1000) + 30;
    strftime(headers, sizeof headers, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\n", gmtime(&at));
    check_busy(two, headers, "{\"errcode\":\"M_LIMIT_EXCEEDED\"}");
}

static void m01_retry_after_in_the_body_alone_is_kept(void **state)
{
    check_busy(*state, NULL, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":30000}");
}

static void m01_the_header_counts_before_the_body(void **state)
{
    check_busy(*state, "Retry-After: 30\n",
               "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":1000}");
}

static void m02_a_429_that_names_no_time_is_tried_again_by_and_by(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault busy = {.match = send_to(two->harbor),
                                  .kind = HS_ANSWER,
                                  .status = 429,
                                  .body = STR("{}"),
                                  .for_ms = 120000};
    hs_fault(n->hs, &busy);
    say_row(n, "#harbor:home", "h", 1, 3);
    say_row(n, "#cove:home", "c", 1, 3);
    network_run(n, 5000);
    network_expect_row(n, two->cove, "c", 1, 3);
    network_run(n, 115000);
    size_t tries = hs_requests(n->hs, busy.match);
    assert_true(tries >= 3 && tries <= 20);
    run_until_said(n, 120000);
    network_expect_row(n, two->harbor, "h", 1, 3);
}

static void m01_a_sync_that_is_told_to_wait_waits_and_speaking_goes_on(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault busy = {.match = "GET *sync*",
                                  .kind = HS_ANSWER,
                                  .status = 429,
                                  .headers = "Retry-After: 60\n",
                                  .times = 1};
    hs_fault(n->hs, &busy);
    ping(n, two->harbor, 1); /* ends the poll; the next is refused */
    network_run(n, 2000);
    size_t asked = hs_requests(n->hs, "GET *sync*");
    ping(n, two->harbor, 2);
    say_row(n, "#cove:home", "c", 1, 3);
    network_run(n, 50000);
    assert_int_equal(hs_requests(n->hs, "GET *sync*"), asked);
    network_expect_row(n, two->cove, "c", 1, 3);
    network_run(n, 20000);
    network_expect_row(n, two->harbor, "pong ", 1, 2);
}

/* ---- away ------------------------------------------------------------------------------------ */

static void m02_ten_minutes_of_502_lose_nothing_and_are_no_hot_loop(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault away = {.match = "*",
                                  .kind = HS_ANSWER,
                                  .status = 502,
                                  .body = STR("<html>Bad Gateway</html>"),
                                  .for_ms = 600000};
    network_run(n, 10000);
    size_t before = hs_request_count(n->hs);
    hs_fault(n->hs, &away);
    for (int i = 1; i <= 10; i++) {
        say_row(n, "#harbor:home", "h", i, i);
        say_row(n, "#cove:home", "c", i, i);
        network_run(n, 60000);
    }
    size_t asked = hs_request_count(n->hs) - before;
    if (asked > 150)
        fail_msg("%zu requests in ten minutes", asked);
    assert_int_equal(hs_count(n->hs, two->harbor, BOT, "m.room.message"), 0);
    run_until_said(n, 180000);
    assert_true(network_is_up(n));
    network_expect_row(n, two->harbor, "h", 1, 10);
    network_expect_row(n, two->cove, "c", 1, 10);
}

static void m02_a_server_that_hangs_is_left_and_found_again(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    hs_set_mode(n->hs, MEMORY_HTTP_HANG);
    hs_cut_all(n->hs);
    say_row(n, "#harbor:home", "h", 1, 5);
    network_run(n, 300000);
    assert_false(network_is_up(n)); /* told to whoever looks after it */
    hs_set_mode(n->hs, MEMORY_HTTP_TAKE);
    ping(n, two->cove, 1);
    run_until_said(n, 240000);
    assert_true(network_is_up(n));
    network_expect_row(n, two->harbor, "h", 1, 5);
    network_run(n, 5000);
    network_expect_row(n, two->cove, "pong ", 1, 1);
}

static void a_server_stopped_and_started_twenty_times(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    for (int i = 1; i <= 20; i++) {
        ping(n, two->harbor, i);
        network_run(n, i % 3 * 40);
        hs_set_mode(n->hs, MEMORY_HTTP_REFUSE);
        say_row(n, "#cove:home", "c", i, i);
        network_run(n, 2000 + i * 700);
        hs_set_mode(n->hs, MEMORY_HTTP_TAKE);
        network_run(n, i % 4 * 9000);
    }
    network_run(n, 240000);
    run_until_said(n, 240000);
    network_expect_row(n, two->harbor, "pong ", 1, 20);
    network_expect_row(n, two->cove, "c", 1, 20);
    assert_true(hs_request_count(n->hs) < 2000);
}

static void each_third_request_is_refused_and_all_is_said_once(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault busy = {
        .match = "*", .kind = HS_ANSWER, .status = 429, .headers = "Retry-After: 2\n", .every = 3};
    const struct hs_fault lost = {.match = "*", .kind = HS_LOSE, .every = 4};
    hs_fault(n->hs, &busy);
    hs_fault(n->hs, &lost);
    for (int i = 1; i <= 25; i++) {
        ping(n, two->harbor, i);
        say_row(n, "#cove:home", "c", i, i);
        network_run(n, 500);
    }
    network_run(n, 240000);
    run_until_said(n, 240000);
    network_expect_row(n, two->harbor, "pong ", 1, 25);
    network_expect_row(n, two->cove, "c", 1, 25);
}

/* What waits and what is asked in the same answer of /sync that tells of encryption: neither is
 * said in the clear. */
static void m45_encryption_comes_with_a_command_while_something_waits(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault busy = {.match = send_to(two->harbor),
                                  .kind = HS_ANSWER,
                                  .status = 429,
                                  .headers = "Retry-After: 5\n",
                                  .times = 1};
    const struct hs_fault down = {.match = "GET */sync*", .kind = HS_CUT, .for_ms = 3000};
    hs_fault(n->hs, &busy);
    say_row(n, "#harbor:home", "h", 1, 2);
    network_run(n, 500);
    assert_int_equal(hs_requests(n->hs, busy.match), 1);
    hs_fault(n->hs, &down);
    ping(n, two->harbor, 1);
    hs_state(n->hs, two->harbor, ANNA, "m.room.encryption", "",
             "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}");
    ping(n, two->harbor, 2);
    network_run(n, 120000);
    assert_int_equal(network_heard(n, "!ping 2"), 1);
    assert_int_equal(hs_count(n->hs, two->harbor, BOT, "m.room.message"), 0);
    assert_true(network_noticed(n, CHAT_NOTICE_ROOM_ENCRYPTED) >= 1); /* told once in six hours */
    say_row(n, "#cove:home", "c", 1, 2);
    network_run(n, 5000);
    network_expect_row(n, two->cove, "c", 1, 2);
}

/* ---- answers lost, cut, late ----------------------------------------------------------------- */

static void m13_a_lost_answer_is_no_second_message(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault lose = {.match = send_to(two->harbor), .kind = HS_LOSE, .times = 3};
    hs_fault(n->hs, &lose);
    say_row(n, "#harbor:home", "h", 1, 3);
    run_until_said(n, 120000);
    network_expect_row(n, two->harbor, "h", 1, 3);
    assert_true(hs_requests(n->hs, lose.match) <= 6); /* /sync may tell that it is there */
}

static void m13_an_answer_that_comes_too_late_is_no_second_message(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault slow = {
        .match = send_to(two->harbor), .kind = HS_SLOW, .at = 90000, .times = 2};
    hs_fault(n->hs, &slow);
    say_row(n, "#harbor:home", "h", 1, 3);
    say_row(n, "#cove:home", "c", 1, 3);
    network_run(n, 3000);
    network_expect_row(n, two->cove, "c", 1, 3);
    run_until_said(n, 300000);
    network_expect_row(n, two->harbor, "h", 1, 3);
}

static void m13_an_answer_cut_anywhere_is_no_second_message(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    for (int i = 0; i < 30; i++) { /* {"event_id":"$event-9"} */
        const struct hs_fault cut = {
            .match = "PUT */send/*", .kind = HS_CUT_BODY, .at = (size_t)i, .times = 1};
        hs_mend(n->hs);
        hs_fault(n->hs, &cut);
        say_row(n, "#harbor:home", "h", i, i);
        run_until_said(n, 60000);
    }
    network_expect_row(n, two->harbor, "h", 0, 29);
}

static void a_sync_cut_anywhere_is_read_whole_by_the_next(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    char text[40];
    for (int i = 0; i < 1200; i += 13) {
        const struct hs_fault cut = {
            .match = "GET *sync*", .kind = HS_CUT_BODY, .at = (size_t)i, .skip = 1, .times = 1};
        hs_mend(n->hs);
        hs_fault(n->hs, &cut);
        snprintf(text, sizeof text, "word %d", i);
        hs_say(n->hs, two->harbor, ANNA, "ends the poll that waits");
        network_run(n, 100);
        hs_say(n->hs, two->harbor, ANNA, text);
        network_run(n, 10000);
        assert_int_equal(network_heard(n, text), 1);
    }
    assert_int_equal(n->repeats, 0);
    assert_true(network_is_up(n));
}

static void a_sync_that_hangs_in_mid_body_holds_up_no_word_of_ours(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault hang = {
        .match = "GET *sync*", .kind = HS_HANG_BODY, .at = 200, .skip = 0, .times = 1};
    ping(n, two->harbor, 1);
    hs_fault(n->hs, &hang);
    network_run(n, 1000);
    ping(n, two->harbor, 2); /* half of this is there */
    network_run(n, 1000);
    say_row(n, "#cove:home", "c", 1, 3);
    network_run(n, 2000);
    network_expect_row(n, two->cove, "c", 1, 3);
    network_run(n, 90000);
    network_expect_row(n, two->harbor, "pong ", 1, 2);
    assert_true(network_is_up(n));
}

/* ---- death ----------------------------------------------------------------------------------- */

static void death_at_any_moment_answers_each_command_once(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    for (int i = 1; i <= 60; i++) {
        ping(n, two->harbor, i);
        say_row(n, "#cove:home", "c", i, i);
        /* as many callbacks as it takes to be in the middle of something else each time */
        for (int step = 0; step < i % 12; step++)
            loop_poll(n->loop);
        network_die(n);
        network_run(n, i % 5 * 700);
    }
    network_run(n, 60000);
    run_until_said(n, 120000);
    network_expect_row(n, two->harbor, "pong ", 1, 60);
    network_expect_row(n, two->cove, "c", 1, 60);
    assert_int_equal(hs_device_count(n->hs, BOT), 1);
}

/* A homeserver forgets transaction ids after half an hour: then it is looked for what is there. */
static void m13_dead_for_an_hour_with_a_message_under_way(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct hs_fault lose = {.match = "PUT */send/*", .kind = HS_LOSE};
    hs_fault(n->hs, &lose);
    say_row(n, "#harbor:home", "h", 1, 2);
    network_run(n, 500);
    assert_int_equal(hs_count(n->hs, two->harbor, BOT, "m.room.message"), 1);
    n->chat->class->destroy(TAKE(n->chat)); /* away for an hour */
    n->messages[0].given = n->messages[1].given = false;
    hs_mend(n->hs);
    network_run(n, 3600000);
    network_die(n);
    run_until_said(n, 120000);
    network_expect_row(n, two->harbor, "h", 1, 2);
}

/* By alias for one of our accounts, by id for another: one of the two is silent there. */
static void m5_the_room_of_another_account_is_left_to_it(void **state)
{
    struct two *two = *state;
    struct network *n = two->n;
    const struct chat_class *class = n->chat->class;
    assert_true(class->holds(n->chat, str_of(two->harbor)));
    assert_false(class->holds(n->chat, STR("!elsewhere")));
    n->held = two->harbor;
    hs_say(n->hs, two->harbor, ANNA, "hello harbor");
    hs_say(n->hs, two->cove, ANNA, "hello cove");
    network_say(n, "#harbor:home", "a prompt");
    network_run(n, 60000);
    assert_int_equal(network_heard(n, "hello harbor"), 0);
    assert_int_equal(network_heard(n, "hello cove"), 1);
    assert_int_equal(hs_count(n->hs, two->harbor, BOT, "m.room.message"), 0);
    assert_false(class->in_room(n->chat, STR("#harbor:home")));
    assert_true(class->in_room(n->chat, STR("#cove:home")));
    assert_true(network_logged(n, "event=matrix_room_twice"));
    n->held = NULL; /* it was taken out there */
    hs_say(n->hs, two->harbor, ANNA, "hello again");
    network_run(n, 60000);
    assert_int_equal(network_heard(n, "hello again"), 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(m01_retry_after_in_seconds_is_kept),
        TEST(m01_retry_after_as_a_date_is_kept),
        TEST(m01_retry_after_in_the_body_alone_is_kept),
        TEST(m01_the_header_counts_before_the_body),
        TEST(m02_a_429_that_names_no_time_is_tried_again_by_and_by),
        TEST(m01_a_sync_that_is_told_to_wait_waits_and_speaking_goes_on),
        TEST(m02_ten_minutes_of_502_lose_nothing_and_are_no_hot_loop),
        TEST(m02_a_server_that_hangs_is_left_and_found_again),
        TEST(a_server_stopped_and_started_twenty_times),
        TEST(each_third_request_is_refused_and_all_is_said_once),
        TEST(m45_encryption_comes_with_a_command_while_something_waits),
        TEST(m13_a_lost_answer_is_no_second_message),
        TEST(m13_an_answer_that_comes_too_late_is_no_second_message),
        TEST(m13_an_answer_cut_anywhere_is_no_second_message),
        TEST(a_sync_cut_anywhere_is_read_whole_by_the_next),
        TEST(a_sync_that_hangs_in_mid_body_holds_up_no_word_of_ours),
        TEST(death_at_any_moment_answers_each_command_once),
        TEST(m13_dead_for_an_hour_with_a_message_under_way),
        TEST(m5_the_room_of_another_account_is_left_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
