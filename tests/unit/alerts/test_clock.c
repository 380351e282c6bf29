/* SPDX-License-Identifier: MIT */
/* test_clock.c: the table of escalation, against the protocol's own minutes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alerts/internal.h"

/* The minutes at which the first `count` pages go, and whom each calls. */
static void assert_timeline(int tier, int64_t again_minutes, const int *minutes,
                            const enum alerts_call_out *calls, size_t count)
{
    int64_t at_ms = 0;
    for (size_t i = 0; i < count; i++) {
        struct alerts_step step = alerts_step_of(tier, (int)i, again_minutes * CLOCK_MINUTE_MS);
        assert_int_equal(at_ms / CLOCK_MINUTE_MS, minutes[i]);
        assert_int_equal(step.call, calls[i]);
        at_ms += step.next_ms;
    }
}

static void test_tier_two(void **state)
{
    (void)state;
    assert_timeline(2, 5, (const int[]){0, 60, 120, 180}, (const enum alerts_call_out[4]){0}, 4);
}

static void test_tier_three(void **state)
{
    (void)state;
    static const enum alerts_call_out calls[] = {
        ALERTS_CALL_NEXT, ALERTS_CALL_NEXT, ALERTS_CALL_NEXT, ALERTS_CALL_ALL, ALERTS_CALL_ALL};
    assert_timeline(3, 5, (const int[]){0, 5, 10, 15, 30}, calls, 5);
}

static void test_tier_four(void **state)
{
    (void)state;
    static const enum alerts_call_out calls[] = {ALERTS_CALL_TWO, ALERTS_CALL_TWO, ALERTS_CALL_TWO,
                                                 ALERTS_CALL_ALL, ALERTS_CALL_ALL};
    assert_timeline(4, 5, (const int[]){0, 2, 4, 6, 11}, calls, 5);
}

/* The first page to everybody, in minutes. */
static int64_t all_at(int64_t again_minutes)
{
    int64_t at_ms = 0;
    for (int page = 0; page < 10; page++) {
        struct alerts_step step = alerts_step_of(3, page, again_minutes * CLOCK_MINUTE_MS);
        if (step.call == ALERTS_CALL_ALL)
            return at_ms / CLOCK_MINUTE_MS;
        at_ms += step.next_ms;
    }
    return -1;
}

static void test_a_person_within_fifteen_minutes_whatever_is_configured(void **state)
{
    (void)state;
    for (int64_t again = 1; again <= 15; again++)
        if (all_at(again) < 0 || all_at(again) > 15)
            fail_msg("with %d minutes everybody is called at %d", (int)again, (int)all_at(again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tier_two),
        cmocka_unit_test(test_tier_three),
        cmocka_unit_test(test_tier_four),
        cmocka_unit_test(test_a_person_within_fifteen_minutes_whatever_is_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
