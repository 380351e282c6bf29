/* SPDX-License-Identifier: MIT */
/* test_limits.c: token buckets: bursts, refills, fractions, ends of the range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/limits.h"

static void a_burst_up_to_the_capacity_passes(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    limits_init(&bucket, 3, 1000, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(limits_take(&bucket, 1000, 0), 0);
    assert_int_equal(limits_take(&bucket, 1000, 0), 1000);
}

static void waiting_as_told_is_enough_and_less_is_not(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    limits_init(&bucket, 1, 300, 0);
    assert_int_equal(limits_take(&bucket, 1000, 0), 0);
    int64_t wait_ms = limits_take(&bucket, 1000, 0);
    assert_int_equal(wait_ms, 3334);
    assert_int_equal(limits_take(&bucket, 1000, wait_ms - 1), 1);
    assert_int_equal(limits_take(&bucket, 1000, wait_ms), 0);
}

static void a_refusal_takes_nothing(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    limits_init(&bucket, 2, 1000, 0);
    assert_int_equal(limits_take(&bucket, 1500, 0), 0);
    assert_true(limits_take(&bucket, 1000, 0) > 0);
    assert_int_equal(limits_take(&bucket, 500, 0), 0);
}

static void asking_often_loses_no_fraction(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    int taken = 0;
    limits_init(&bucket, 1, 333, 0);
    for (int64_t now_ms = 0; now_ms <= 300000; now_ms += 7)
        taken += limits_take(&bucket, 1000, now_ms) == 0;
    assert_in_range(taken, 99,
                    101); /* 1 + 300 s / 3.003 s, less what waits for the next question */
}

static void it_never_holds_more_than_its_capacity(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    limits_init(&bucket, 2, 1000, 0);
    assert_int_equal(limits_take(&bucket, 2000, 1000000000), 0);
    assert_true(limits_take(&bucket, 1, 1000000000) > 0);
}

static void more_than_the_capacity_waits_for_a_full_bucket(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    limits_init(&bucket, 2, 1000, 0);
    assert_int_equal(limits_take(&bucket, 9000, 0), 0);
    assert_int_equal(limits_take(&bucket, 9000, 0), 2000);
}

static void time_that_goes_back_gives_nothing(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    limits_init(&bucket, 1, 1000, 5000);
    assert_int_equal(limits_take(&bucket, 1000, 5000), 0);
    assert_int_equal(limits_take(&bucket, 1000, 4000), 1000);
}

static void a_bucket_without_refill_says_never(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    limits_init(&bucket, 1, 0, 0);
    assert_int_equal(limits_take(&bucket, 1000, 0), 0);
    assert_int_equal(limits_take(&bucket, 1000, INT64_MAX), INT64_MAX);
}

static void vast_values_do_not_overflow(void **state)
{
    (void)state;
    struct limits_bucket bucket;
    limits_init(&bucket, INT64_MAX, INT64_MAX, 0);
    assert_int_equal(limits_take(&bucket, INT64_MAX, 0), 0);
    assert_true(limits_take(&bucket, INT64_MAX, 1) > 0);
    assert_int_equal(limits_take(&bucket, INT64_MAX, INT64_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_up_to_the_capacity_passes),
        cmocka_unit_test(waiting_as_told_is_enough_and_less_is_not),
        cmocka_unit_test(a_refusal_takes_nothing),
        cmocka_unit_test(asking_often_loses_no_fraction),
        cmocka_unit_test(it_never_holds_more_than_its_capacity),
        cmocka_unit_test(more_than_the_capacity_waits_for_a_full_bucket),
        cmocka_unit_test(time_that_goes_back_gives_nothing),
        cmocka_unit_test(a_bucket_without_refill_says_never),
        cmocka_unit_test(vast_values_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
