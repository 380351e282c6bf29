/* SPDX-License-Identifier: MIT */
/* test_backoff.c: waits grow, stay within their bounds, and differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/backoff.h"

static void waits_double_up_to_the_longest(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 7);
    struct backoff backoff = {.first_ms = 1000, .longest_ms = 10000};
    const int64_t whole_ms[] = {1000, 2000, 4000, 8000, 10000, 10000};
    for (size_t i = 0; i < sizeof whole_ms / sizeof whole_ms[0]; i++)
        assert_in_range(backoff_next_ms(&backoff, &random), whole_ms[i] / 2, whole_ms[i]);
    assert_int_equal(backoff.tries, 6);
}

static void waits_use_the_whole_of_their_range(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1);
    int64_t least_ms = INT64_MAX, most_ms = 0;
    for (int i = 0; i < 1000; i++) {
        struct backoff backoff = {.first_ms = 1000, .longest_ms = 60000};
        int64_t wait_ms = backoff_next_ms(&backoff, &random);
        least_ms = wait_ms < least_ms ? wait_ms : least_ms;
        most_ms = wait_ms > most_ms ? wait_ms : most_ms;
    }
    assert_in_range(least_ms, 500, 520);
    assert_in_range(most_ms, 980, 1000);
}

static void a_reset_starts_again(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 3);
    struct backoff backoff = {.first_ms = 1000, .longest_ms = 100000};
    for (int i = 0; i < 5; i++)
        assert_true(backoff_next_ms(&backoff, &random) >= 500);
    backoff_reset(&backoff);
    assert_in_range(backoff_next_ms(&backoff, &random), 500, 1000);
}

static void the_same_seed_waits_the_same(void **state)
{
    (void)state;
    struct random one, two;
    random_seed(&one, 42);
    random_seed(&two, 42);
    struct backoff a = {.first_ms = 1000, .longest_ms = 600000}, b = a;
    for (int i = 0; i < 20; i++)
        assert_int_equal(backoff_next_ms(&a, &one), backoff_next_ms(&b, &two));
}

static void nothing_overflows(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 5);
    struct backoff vast = {.first_ms = 1000, .longest_ms = INT64_MAX};
    for (int i = 0; i < 200; i++)
        assert_true(backoff_next_ms(&vast, &random) > 0);
    struct backoff none = {0};
    assert_in_range(backoff_next_ms(&none, &random), 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_up_to_the_longest),
        cmocka_unit_test(waits_use_the_whole_of_their_range),
        cmocka_unit_test(a_reset_starts_again),
        cmocka_unit_test(the_same_seed_waits_the_same),
        cmocka_unit_test(nothing_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
