/* SPDX-License-Identifier: MIT */
/* test_flood.c: the pace of lines. */
#include "chat/irc/flood.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void i13_a_burst_and_then_a_pause(void **state)
{
    (void)state;
    struct irc_flood flood;
    irc_flood_init(&flood, 4, 2000, 0);
    int sent = 0;
    while (sent < 100 && irc_flood_take(&flood, 10, 0) == 0)
        sent++;

    int64_t wait_ms = irc_flood_take(&flood, 10, 0);

    assert_in_range(sent, 3, 4);
    assert_in_range(wait_ms, 1, 2200);
    assert_int_equal(irc_flood_take(&flood, 10, wait_ms), 0);
}

static void i13_long_lines_weigh_more(void **state)
{
    (void)state;
    struct irc_flood flood;
    int with_short = 0, with_long = 0;
    irc_flood_init(&flood, 10, 1000, 0);
    while (irc_flood_take(&flood, 10, 0) == 0)
        with_short++;
    irc_flood_init(&flood, 10, 1000, 0);
    while (irc_flood_take(&flood, 500, 0) == 0)
        with_long++;

    assert_true(with_long <= with_short * 2 / 3);
    assert_true(with_long >= 4);
}

static void i13_what_cannot_wait_goes_into_debt(void **state)
{
    (void)state;
    struct irc_flood flood;
    irc_flood_init(&flood, 2, 1000, 0);
    for (int i = 0; i < 50; i++)
        irc_flood_force(&flood, 10, 0);

    int64_t wait_ms = irc_flood_take(&flood, 10, 0);

    assert_true(wait_ms > 2000);  /* the debt counts ... */
    assert_true(wait_ms <= 4000); /* ... but no more than a bucket of it */
}

/* Registration takes more lines than a bucket has. */
static void i13_getting_in_does_not_delay_the_first_join(void **state)
{
    (void)state;
    struct irc_flood flood;
    irc_flood_init(&flood, 4, 2000, 0);
    for (int i = 0; i < 12; i++)
        irc_flood_force(&flood, 40, 0);
    irc_flood_forgive(&flood);

    assert_int_equal(irc_flood_take(&flood, 30, 0), 0);
    assert_in_range(irc_flood_take(&flood, 30, 0), 1, 2000); /* and no burst */
}

/* A quarter of the credit is for getting to where people are heard, and the rest for who calls. */
static void i13_what_is_urgent_leaves_credit_for_who_calls(void **state)
{
    (void)state;
    struct irc_flood flood;
    int urgent = 0, crisis = 0;
    irc_flood_init(&flood, 8, 2000, 0);
    while (irc_flood_take(&flood, 0, 0) == 0)
        continue;
    while (irc_flood_take_urgent(&flood, 0, 0) == 0)
        urgent++;
    while (irc_flood_take_crisis(&flood, 0, 0) == 0)
        crisis++;
    assert_int_equal(urgent, 2);
    assert_int_equal(crisis, 6);
}

static void i13_what_is_urgent_goes_ahead_in_its_order(void **state)
{
    (void)state;
    static const char *const order[] = {"JOIN #a", "CHATHISTORY", "JOIN #b", "WHO #a", "MODE"};
    struct irc_flood flood;
    struct str line;
    bool is_urgent;
    irc_flood_init(&flood, 4, 2000, 0);
    assert_int_equal(irc_flood_push(&flood, STR("WHO #a"), false), 0);
    assert_int_equal(irc_flood_push(&flood, STR("JOIN #a"), true), 0);
    assert_int_equal(irc_flood_push(&flood, STR("MODE"), false), 0);
    assert_int_equal(irc_flood_push(&flood, STR("CHATHISTORY"), true), 0);
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        assert_true(irc_flood_peek(&flood, &line, &is_urgent));
        assert_true(str_eq_c(line, order[i]));
        assert_int_equal(is_urgent, i < 3);
        irc_flood_pop(&flood);
        if (i == 1) /* none is left that goes ahead: it is the next one */
            assert_int_equal(irc_flood_push(&flood, STR("JOIN #b"), true), 0);
    }
    assert_false(irc_flood_peek(&flood, &line, &is_urgent));
    assert_int_equal(irc_flood_push(&flood, STR("WHO #b"), false), 0);
    irc_flood_done(&flood);
}

static void test_without_a_limit_everything_goes(void **state)
{
    (void)state;
    struct irc_flood flood;
    irc_flood_init(&flood, 1, 0, 0);

    for (int i = 0; i < 1000; i++)
        assert_int_equal(irc_flood_take(&flood, 500, 0), 0);
}

static void test_a_line_heavier_than_the_bucket_still_goes_some_day(void **state)
{
    (void)state;
    struct irc_flood flood;
    irc_flood_init(&flood, 1, 1000, 0);

    assert_int_equal(irc_flood_take(&flood, 510, 0), 0);
    assert_int_equal(irc_flood_take(&flood, 510, 1000), 0);
}

static void test_lines_wait_in_order(void **state)
{
    (void)state;
    struct irc_flood flood;
    struct str line;
    bool is_urgent;
    irc_flood_init(&flood, 4, 2000, 0);
    assert_false(irc_flood_peek(&flood, &line, &is_urgent));
    assert_int_equal(irc_flood_push(&flood, STR("JOIN #a"), false), 0);
    assert_int_equal(irc_flood_push(&flood, STR("JOIN #b"), false), 0);

    assert_true(irc_flood_peek(&flood, &line, &is_urgent));
    assert_true(str_eq_c(line, "JOIN #a"));
    irc_flood_pop(&flood);
    assert_true(irc_flood_peek(&flood, &line, &is_urgent));
    assert_true(str_eq_c(line, "JOIN #b"));
    irc_flood_pop(&flood);
    irc_flood_pop(&flood);
    assert_false(irc_flood_peek(&flood, &line, &is_urgent));
    assert_int_equal(flood.count, 0);
    assert_int_equal(irc_flood_push(&flood, STR(""), false), 0);
    irc_flood_done(&flood);
}

static void test_the_queue_has_a_ceiling_and_counts_what_it_drops(void **state)
{
    (void)state;
    struct irc_flood flood;
    irc_flood_init(&flood, 4, 2000, 0);
    for (int i = 0; i < IRC_FLOOD_QUEUE_MAX; i++)
        assert_int_equal(irc_flood_push(&flood, STR("x"), false), 0);

    assert_int_equal(irc_flood_push(&flood, STR("x"), false), -ENOBUFS);

    assert_int_equal(flood.dropped, 1);
    irc_flood_done(&flood);
    assert_int_equal(flood.count, 0);
}

static void i13_a_call_for_help_spends_what_comes_later_and_no_more_than_a_bucket(void **state)
{
    struct irc_flood flood;
    int sent = 0;
    (void)state;
    irc_flood_init(&flood, 4, 2000, 0);
    while (irc_flood_take(&flood, 10, 0) == 0)
        sent++;
    assert_in_range(sent, 3, 4);
    for (sent = 0; irc_flood_take_crisis(&flood, 10, 0) == 0; sent++)
        assert_true(sent < 100);
    assert_in_range(sent, 3, 4);
    int64_t wait_ms = irc_flood_take_crisis(&flood, 10, 0);
    assert_in_range(wait_ms, 1, 2100);
    assert_int_equal(irc_flood_take_crisis(&flood, 10, wait_ms), 0);
    assert_true(irc_flood_take(&flood, 10, wait_ms) > wait_ms); /* the rest pays for it */
    irc_flood_done(&flood);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i13_a_call_for_help_spends_what_comes_later_and_no_more_than_a_bucket),
        cmocka_unit_test(i13_a_burst_and_then_a_pause),
        cmocka_unit_test(i13_long_lines_weigh_more),
        cmocka_unit_test(i13_what_cannot_wait_goes_into_debt),
        cmocka_unit_test(i13_getting_in_does_not_delay_the_first_join),
        cmocka_unit_test(i13_what_is_urgent_goes_ahead_in_its_order),
        cmocka_unit_test(i13_what_is_urgent_leaves_credit_for_who_calls),
        cmocka_unit_test(test_without_a_limit_everything_goes),
        cmocka_unit_test(test_a_line_heavier_than_the_bucket_still_goes_some_day),
        cmocka_unit_test(test_lines_wait_in_order),
        cmocka_unit_test(test_the_queue_has_a_ceiling_and_counts_what_it_drops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
