/* SPDX-License-Identifier: MIT */
/* test_clock.c: the real clocks are the system's; the virtual ones move only when told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "loop/clock.h"

static void real_wall_clock_is_the_systems(void **state)
{
    (void)state;
    struct clock clock;
    int64_t before_s = (int64_t)time(NULL);
    clock_init(&clock);
    int64_t after_s = (int64_t)time(NULL);
    assert_false(clock.is_virtual);
    assert_in_range(clock_wall_at(&clock) / 1000, before_s - 1,
                    after_s + 1); /* time() is a coarse clock */
}

static void real_elapsed_clock_counts_from_boot(void **state)
{
    (void)state;
    struct clock clock;
    struct timespec boot;
    clock_init(&clock);
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &boot), 0);
    int64_t boot_ms = (int64_t)boot.tv_sec * 1000 + boot.tv_nsec / 1000000;
    assert_in_range(boot_ms - clock_elapsed_ms(&clock), 0, 10000);
}

static void one_reading_holds_until_refreshed(void **state)
{
    (void)state;
    struct clock clock;
    clock_init(&clock);
    int64_t wall_at = clock_wall_at(&clock), elapsed_ms = clock_elapsed_ms(&clock);
    uint64_t start_ns = clock_precise_ns();
    while (clock_precise_ns() - start_ns < 3000000)
        continue;
    assert_int_equal(clock_wall_at(&clock), wall_at);
    assert_int_equal(clock_elapsed_ms(&clock), elapsed_ms);
    clock_refresh(&clock);
    assert_true(clock_elapsed_ms(&clock) >= elapsed_ms + 2);
}

static void virtual_time_starts_where_told_and_ignores_refresh(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_virtual(&clock, 1795424100000);
    clock_refresh(&clock);
    assert_true(clock.is_virtual);
    assert_int_equal(clock_wall_at(&clock), 1795424100000);
    assert_int_equal(clock_elapsed_ms(&clock), 0);
}

static void advance_moves_both_clocks(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_virtual(&clock, 1000);
    clock_advance(&clock, CLOCK_DAY_MS);
    assert_int_equal(clock_wall_at(&clock), 1000 + 86400000);
    assert_int_equal(clock_elapsed_ms(&clock), 86400000);
}

static void step_moves_the_wall_clock_alone(void **state)
{
    (void)state;
    struct clock clock;
    clock_init_virtual(&clock, 10 * CLOCK_HOUR_MS);
    clock_advance(&clock, 5);
    clock_step(&clock, -CLOCK_HOUR_MS);
    assert_int_equal(clock_wall_at(&clock), 9 * CLOCK_HOUR_MS + 5);
    assert_int_equal(clock_elapsed_ms(&clock), 5);
}

static void precise_readings_never_go_back(void **state)
{
    (void)state;
    uint64_t last_ns = clock_precise_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now_ns = clock_precise_ns();
        assert_true(now_ns >= last_ns);
        last_ns = now_ns;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_wall_clock_is_the_systems),
        cmocka_unit_test(real_elapsed_clock_counts_from_boot),
        cmocka_unit_test(one_reading_holds_until_refreshed),
        cmocka_unit_test(virtual_time_starts_where_told_and_ignores_refresh),
        cmocka_unit_test(advance_moves_both_clocks),
        cmocka_unit_test(step_moves_the_wall_clock_alone),
        cmocka_unit_test(precise_readings_never_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
