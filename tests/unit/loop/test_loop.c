/* SPDX-License-Identifier: MIT */
/* test_loop.c: running, stopping, deferred calls, signals. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "loop/loop.h"

struct fixture {
    struct clock clock;
    struct loop *loop;
    char seen[32];
    size_t seen_count;
};

struct probe {
    struct loop_call call;
    struct fixture *fixture;
    char name;
    struct probe *defers, *undefers;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init_virtual(&fixture->clock, 0);
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    loop_destroy(fixture->loop);
    free(fixture);
    return 0;
}

static void note(struct loop_call *call)
{
    struct probe *probe = CONTAINER_OF(call, struct probe, call);
    struct fixture *fixture = probe->fixture;
    fixture->seen[fixture->seen_count++] = probe->name;
    assert_true(fixture->seen_count < sizeof fixture->seen);
    struct probe *defers = TAKE(probe->defers);
    if (defers)
        loop_defer(fixture->loop, &defers->call);
    if (probe->undefers)
        loop_undefer(fixture->loop, &probe->undefers->call);
}

static struct probe probe_of(struct fixture *fixture, char name)
{
    return (struct probe){.call = {.run = note}, .fixture = fixture, .name = name};
}

static void calls_run_in_order_and_once(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a'), b = probe_of(fixture, 'b');
    loop_defer(fixture->loop, &a.call);
    loop_defer(fixture->loop, &b.call);
    loop_defer(fixture->loop, &a.call);
    assert_int_equal(fixture->seen_count, 0);
    loop_poll(fixture->loop);
    assert_string_equal(fixture->seen, "ab");
    loop_poll(fixture->loop);
    assert_string_equal(fixture->seen, "ab");
}

static void a_call_may_defer_itself_and_others(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a'), b = probe_of(fixture, 'b');
    a.defers = &a;
    b.defers = &a;
    loop_defer(fixture->loop, &a.call);
    loop_defer(fixture->loop, &b.call);
    loop_poll(fixture->loop);
    assert_string_equal(fixture->seen, "aba");
}

static void a_call_taken_out_does_not_run(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a'), b = probe_of(fixture, 'b'), c = probe_of(fixture, 'c');
    loop_defer(fixture->loop, &a.call);
    loop_defer(fixture->loop, &b.call);
    loop_defer(fixture->loop, &c.call);
    loop_undefer(fixture->loop, &b.call);
    loop_undefer(fixture->loop, &b.call);
    loop_poll(fixture->loop);
    assert_string_equal(fixture->seen, "ac");
}

static void a_call_may_take_out_the_rest_of_its_batch(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a'), b = probe_of(fixture, 'b');
    a.undefers = &b;
    loop_defer(fixture->loop, &a.call);
    loop_defer(fixture->loop, &b.call);
    loop_poll(fixture->loop);
    assert_string_equal(fixture->seen, "a");
    assert_true(loop_idle(fixture->loop));
}

static void a_call_put_back_behind_the_batch_still_runs(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a'), b = probe_of(fixture, 'b');
    loop_defer(fixture->loop, &b.call);
    loop_undefer(fixture->loop, &b.call);
    loop_defer(fixture->loop, &a.call);
    loop_defer(fixture->loop, &b.call);
    loop_poll(fixture->loop);
    assert_string_equal(fixture->seen, "ab");
}

static void free_itself(struct loop_call *call)
{
    struct probe *probe = CONTAINER_OF(call, struct probe, call);
    probe->fixture->seen_count++;
    free(probe);
}

static void a_call_may_free_itself(void **state)
{
    struct fixture *fixture = *state;
    struct probe *probe = malloc(sizeof *probe);
    assert_non_null(probe);
    *probe = probe_of(fixture, 'a');
    probe->call.run = free_itself;
    loop_defer(fixture->loop, &probe->call);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->seen_count, 1);
}

static void for_ever(struct loop_call *call)
{
    struct probe *probe = CONTAINER_OF(call, struct probe, call);
    loop_defer(probe->fixture->loop, call);
}

static void polling_ends_although_a_call_defers_itself_for_ever(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a');
    a.call.run = for_ever;
    loop_defer(fixture->loop, &a.call);
    loop_poll(fixture->loop);
    assert_false(loop_idle(fixture->loop));
    loop_undefer(fixture->loop, &a.call);
}

static void idle_means_nothing_is_deferred(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a');
    assert_true(loop_idle(fixture->loop));
    loop_defer(fixture->loop, &a.call);
    assert_false(loop_idle(fixture->loop));
    loop_poll(fixture->loop);
    assert_true(loop_idle(fixture->loop));
}

static void stop(struct loop_call *call)
{
    struct probe *probe = CONTAINER_OF(call, struct probe, call);
    probe->fixture->seen_count++;
    loop_stop(probe->fixture->loop);
}

static void running_ends_when_told_and_can_begin_again(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a');
    a.call.run = stop;
    for (size_t i = 1; i <= 2; i++) {
        loop_defer(fixture->loop, &a.call);
        assert_int_equal(loop_run(fixture->loop), 0);
        assert_int_equal(fixture->seen_count, i);
    }
}

static void a_stop_before_the_run_counts(void **state)
{
    struct fixture *fixture = *state;
    loop_stop(fixture->loop);
    assert_int_equal(loop_run(fixture->loop), 0); /* would wait for ever */
}

static void advancing_runs_deferred_calls_before_time_moves(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a'), b = probe_of(fixture, 'b');
    a.defers = &b;
    loop_defer(fixture->loop, &a.call);
    loop_advance(fixture->loop, 0);
    assert_string_equal(fixture->seen, "ab");
}

static void forgotten_calls_and_a_stop_do_not_hinder_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a');
    struct loop *loop;
    assert_int_equal(loop_create(&fixture->clock, &loop), 0);
    loop_defer(loop, &a.call);
    loop_stop(loop);
    loop_destroy(loop);
    assert_int_equal(fixture->seen_count, 0);
}

static void caught(void *ctx, int number)
{
    struct fixture *fixture = ctx;
    fixture->seen[fixture->seen_count++] = number == SIGUSR1 ? '1' : '2';
}

static void signals_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(loop_on_signal(fixture->loop, SIGUSR1, caught, fixture), 0);
    assert_int_equal(loop_on_signal(fixture->loop, SIGUSR2, caught, fixture), 0);
    raise(SIGUSR2);
    loop_poll(fixture->loop);
    assert_string_equal(fixture->seen, "2");
    raise(SIGUSR1);
    loop_poll(fixture->loop);
    assert_string_equal(fixture->seen, "21");
}

static void a_signal_that_cannot_be_caught_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    assert_true(loop_on_signal(fixture->loop, SIGKILL, caught, fixture) < 0);
}

static void the_loop_knows_its_clock(void **state)
{
    struct fixture *fixture = *state;
    assert_ptr_equal(loop_clock(fixture->loop), &fixture->clock);
    assert_non_null(loop_uv(fixture->loop));
}

static void deferred_calls_are_counted(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a');
    struct loop_stats stats;
    loop_defer(fixture->loop, &a.call);
    loop_poll(fixture->loop);
    loop_stats(fixture->loop, &stats);
    assert_int_equal(stats.deferred, 1);
    assert_true(stats.wakeups >= 1);
    assert_int_equal(stats.busiest_fd, -1);
}

static void destroying_nothing_is_fine(void **state)
{
    (void)state;
    loop_destroy(NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_run_in_order_and_once),
        TEST(a_call_may_defer_itself_and_others),
        TEST(a_call_taken_out_does_not_run),
        TEST(a_call_may_take_out_the_rest_of_its_batch),
        TEST(a_call_put_back_behind_the_batch_still_runs),
        TEST(a_call_may_free_itself),
        TEST(polling_ends_although_a_call_defers_itself_for_ever),
        TEST(idle_means_nothing_is_deferred),
        TEST(running_ends_when_told_and_can_begin_again),
        TEST(a_stop_before_the_run_counts),
        TEST(advancing_runs_deferred_calls_before_time_moves),
        TEST(forgotten_calls_and_a_stop_do_not_hinder_the_end),
        TEST(signals_are_told_apart),
        TEST(a_signal_that_cannot_be_caught_is_an_error),
        TEST(the_loop_knows_its_clock),
        TEST(deferred_calls_are_counted),
        cmocka_unit_test(destroying_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
