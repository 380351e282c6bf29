/* SPDX-License-Identifier: MIT */
/* test_timer.c: order, re-arming, freeing and both clocks, in virtual and in real time. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop/loop.h"

enum { MAX_SEEN = 64 };

/* A timer that writes down who fired, and when. */
struct probe {
    struct loop_timer timer;
    struct fixture *fixture;
    char name;
    struct probe *other; /* disarmed, or armed, by the callback */
    int64_t again_ms;    /* > 0: arms itself again */
    int again_times;
};

struct fixture {
    struct clock clock;
    struct loop *loop;
    char seen[MAX_SEEN];
    size_t seen_count;
    int64_t seen_at[MAX_SEEN];
    int steps;
};

static const int64_t START_AT = 1795424100000;

static int set_up_virtual(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init_virtual(&fixture->clock, START_AT);
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    *state = fixture;
    return 0;
}

static int set_up_real(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init(&fixture->clock);
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

static void note(struct loop_timer *timer)
{
    struct probe *probe = CONTAINER_OF(timer, struct probe, timer);
    struct fixture *fixture = probe->fixture;
    assert_false(loop_timer_armed(timer));
    assert_true(fixture->seen_count < MAX_SEEN - 1);
    fixture->seen_at[fixture->seen_count] = clock_wall_at(&fixture->clock);
    fixture->seen[fixture->seen_count++] = probe->name;
    if (probe->other)
        loop_timer_disarm(fixture->loop, &probe->other->timer);
    if (probe->again_times-- > 0)
        assert_int_equal(loop_timer_arm_in(fixture->loop, timer, probe->again_ms), 0);
}

static struct probe probe_of(struct fixture *fixture, char name, enum loop_timer_clock clock)
{
    return (struct probe){
        .timer = {.clock = clock, .fire = note}, .fixture = fixture, .name = name};
}

static void stop(struct loop_timer *timer)
{
    struct probe *probe = CONTAINER_OF(timer, struct probe, timer);
    loop_stop(probe->fixture->loop);
}

static void run_for(struct fixture *fixture, int64_t ms)
{
    struct probe end = {.timer = {.clock = LOOP_TIMER_ELAPSED, .fire = stop}, .fixture = fixture};
    clock_refresh(&fixture->clock);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &end.timer, ms), 0);
    assert_int_equal(loop_run(fixture->loop), 0);
}

/* ---- virtual time ---------------------------------------------------------------------------- */

static void timers_fire_in_the_order_they_are_due(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    struct probe b = probe_of(fixture, 'b', LOOP_TIMER_ELAPSED);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, 200), 0);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &b.timer, 100), 0);
    loop_advance(fixture->loop, START_AT + 1000);
    assert_string_equal(fixture->seen, "ba");
    assert_int_equal(fixture->seen_at[0], START_AT + 100);
    assert_int_equal(fixture->seen_at[1], START_AT + 200);
    assert_int_equal(clock_wall_at(&fixture->clock), START_AT + 1000);
    assert_int_equal(clock_elapsed_ms(&fixture->clock), 1000);
}

static void equals_fire_in_the_order_they_were_armed_across_both_clocks(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_WALL);
    struct probe b = probe_of(fixture, 'b', LOOP_TIMER_ELAPSED);
    struct probe c = probe_of(fixture, 'c', LOOP_TIMER_WALL);
    struct probe d = probe_of(fixture, 'd', LOOP_TIMER_ELAPSED);
    assert_int_equal(loop_timer_arm(fixture->loop, &a.timer, START_AT + 50), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &b.timer, 50), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &c.timer, START_AT + 50), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &d.timer, 50), 0);
    loop_advance(fixture->loop, START_AT + 50);
    assert_string_equal(fixture->seen, "abcd");
}

static void a_timer_beyond_the_moment_stays_armed(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, 101), 0);
    loop_advance(fixture->loop, START_AT + 100);
    assert_int_equal(fixture->seen_count, 0);
    assert_true(loop_timer_armed(&a.timer));
    loop_advance(fixture->loop, START_AT + 101);
    assert_int_equal(fixture->seen_count, 1);
}

static void advancing_to_now_or_the_past_fires_what_is_due_and_moves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, 0), 0);
    loop_advance(fixture->loop, START_AT - 5000);
    assert_string_equal(fixture->seen, "a");
    assert_int_equal(clock_wall_at(&fixture->clock), START_AT);
}

static void a_callback_may_arm_itself_again(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    a.again_ms = 30;
    a.again_times = 2;
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, 30), 0);
    loop_advance(fixture->loop, START_AT + 1000);
    assert_string_equal(fixture->seen, "aaa");
    assert_int_equal(fixture->seen_at[2], START_AT + 90);
}

static void a_callback_may_disarm_another_that_is_due_too(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    struct probe b = probe_of(fixture, 'b', LOOP_TIMER_ELAPSED);
    a.other = &b;
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, 10), 0);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &b.timer, 10), 0);
    loop_advance(fixture->loop, START_AT + 10);
    assert_string_equal(fixture->seen, "a");
    assert_false(loop_timer_armed(&b.timer));
}

static void free_itself(struct loop_timer *timer)
{
    struct probe *probe = CONTAINER_OF(timer, struct probe, timer);
    probe->fixture->seen[probe->fixture->seen_count++] = probe->name;
    free(probe);
}

static void a_callback_may_free_its_timer(void **state)
{
    struct fixture *fixture = *state;
    struct probe *a = malloc(sizeof *a);
    assert_non_null(a);
    *a = probe_of(fixture, 'a', LOOP_TIMER_WALL);
    a->timer.fire = free_itself;
    assert_int_equal(loop_timer_arm(fixture->loop, &a->timer, START_AT), 0);
    loop_advance(fixture->loop, START_AT);
    assert_string_equal(fixture->seen, "a");
}

static void arming_again_moves_the_timer(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, 10), 0);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, 500), 0);
    loop_advance(fixture->loop, START_AT + 499);
    assert_int_equal(fixture->seen_count, 0);
    loop_advance(fixture->loop, START_AT + 500);
    assert_string_equal(fixture->seen, "a");
}

static void the_ends_of_time_do_not_overflow(void **state)
{
    struct fixture *fixture = *state;
    struct probe never = probe_of(fixture, 'n', LOOP_TIMER_ELAPSED);
    struct probe late = probe_of(fixture, 'l', LOOP_TIMER_WALL);
    struct probe doomsday = probe_of(fixture, 'd', LOOP_TIMER_WALL);
    loop_advance(fixture->loop, START_AT + 1);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &never.timer, INT64_MAX), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &doomsday.timer, INT64_MAX), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &late.timer, INT64_MIN), 0);
    loop_advance(fixture->loop, START_AT + CLOCK_DAY_MS);
    assert_string_equal(fixture->seen, "l");
    loop_timer_disarm(fixture->loop, &never.timer);
    loop_timer_disarm(fixture->loop, &doomsday.timer);
}

static void count_step(void *ctx)
{
    struct fixture *fixture = ctx;
    fixture->steps++;
}

static void a_step_forward_makes_wall_timers_late_and_leaves_elapsed_ones(void **state)
{
    struct fixture *fixture = *state;
    struct probe wall = probe_of(fixture, 'w', LOOP_TIMER_WALL);
    struct probe elapsed = probe_of(fixture, 'e', LOOP_TIMER_ELAPSED);
    loop_on_clock_step(fixture->loop, count_step, fixture);
    assert_int_equal(loop_timer_arm(fixture->loop, &wall.timer, START_AT + CLOCK_HOUR_MS), 0);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &elapsed.timer, CLOCK_HOUR_MS), 0);
    clock_step(&fixture->clock, 2 * CLOCK_HOUR_MS);
    loop_clock_stepped(fixture->loop);
    loop_advance(fixture->loop, clock_wall_at(&fixture->clock));
    assert_int_equal(fixture->steps, 1);
    assert_string_equal(fixture->seen, "w");
    loop_advance(fixture->loop, clock_wall_at(&fixture->clock) + CLOCK_HOUR_MS);
    assert_string_equal(fixture->seen, "we");
}

static void a_listener_can_sign_off(void **state)
{
    struct fixture *fixture = *state;
    loop_on_clock_step(fixture->loop, count_step, fixture);
    loop_on_clock_step(fixture->loop, NULL, fixture);
    loop_clock_stepped(fixture->loop);
    assert_int_equal(fixture->steps, 0);
    struct loop_stats stats;
    loop_stats(fixture->loop, &stats);
    assert_int_equal(stats.clock_steps, 1);
}

static void a_week_plays_the_same_twice(void **state)
{
    struct fixture *fixture = *state;
    char first[MAX_SEEN] = "";
    for (int round = 0; round < 2; round++) {
        struct probe probes[3];
        int64_t base_at = clock_wall_at(&fixture->clock);
        fixture->seen_count = 0;
        memset(fixture->seen, 0, sizeof fixture->seen);
        for (int i = 0; i < 3; i++) {
            probes[i] = probe_of(fixture, (char)('a' + i), LOOP_TIMER_ELAPSED);
            probes[i].again_ms = CLOCK_DAY_MS / (i + 1);
            probes[i].again_times = 6;
            assert_int_equal(loop_timer_arm_in(fixture->loop, &probes[i].timer, 1000), 0);
        }
        loop_advance(fixture->loop, base_at + 7 * CLOCK_DAY_MS);
        assert_int_equal(fixture->seen_count, 21);
        if (round == 0)
            memcpy(first, fixture->seen, sizeof first);
    }
    assert_string_equal(fixture->seen, first);
}

static void feed_itself(struct loop_timer *timer)
{
    struct probe *probe = CONTAINER_OF(timer, struct probe, timer);
    if (loop_timer_arm_in(probe->fixture->loop, timer, 0) < 0)
        exit(1);
}

static void a_timer_that_never_lets_time_move_is_stopped(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        alarm(60);
        struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
        a.timer.fire = feed_itself;
        if (loop_timer_arm_in(fixture->loop, &a.timer, 0) == 0)
            loop_advance(fixture->loop, START_AT + 1);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* A deferred call that says "d". */
struct later {
    struct loop_call call;
    struct fixture *fixture;
};

static void note_call(struct loop_call *call)
{
    struct fixture *fixture = CONTAINER_OF(call, struct later, call)->fixture;
    fixture->seen[fixture->seen_count++] = 'd';
}

struct deferrer {
    struct probe probe;
    struct later later;
};

static void note_and_defer(struct loop_timer *timer)
{
    struct deferrer *deferrer = CONTAINER_OF(timer, struct deferrer, probe.timer);
    note(timer);
    loop_defer(deferrer->probe.fixture->loop, &deferrer->later.call);
}

/* In both modes: the call runs after the callback that asked for it, before the next timer of the
 * same moment. */
static void deferred_calls_run_between_timers(void **state)
{
    struct fixture *fixture = *state;
    struct deferrer first = {probe_of(fixture, '1', LOOP_TIMER_ELAPSED),
                             {{.run = note_call}, fixture}};
    struct probe second = probe_of(fixture, '2', LOOP_TIMER_ELAPSED);
    struct probe end = {.timer = {.clock = LOOP_TIMER_ELAPSED, .fire = stop}, .fixture = fixture};
    int64_t due_at = clock_elapsed_ms(&fixture->clock) + 3;
    first.probe.timer.fire = note_and_defer;
    assert_int_equal(loop_timer_arm(fixture->loop, &first.probe.timer, due_at), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &second.timer, due_at), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &end.timer, due_at), 0);
    if (fixture->clock.is_virtual)
        loop_advance(fixture->loop, clock_wall_at(&fixture->clock) + 3);
    else
        assert_int_equal(loop_run(fixture->loop), 0);
    assert_string_equal(fixture->seen, "1d2");
}

/* ---- real time ------------------------------------------------------------------------------- */

static void real_timers_of_both_clocks_fire(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    struct probe b = probe_of(fixture, 'b', LOOP_TIMER_WALL);
    clock_refresh(&fixture->clock);
    int64_t due_at = clock_wall_at(&fixture->clock) + 40;
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, 10), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &b.timer, due_at), 0);
    run_for(fixture, 80);
    assert_string_equal(fixture->seen, "ab");
    assert_true(fixture->seen_at[1] >= due_at);
}

static void real_timers_in_the_past_fire_at_once_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    struct probe b = probe_of(fixture, 'b', LOOP_TIMER_ELAPSED);
    assert_int_equal(loop_timer_arm(fixture->loop, &b.timer, 2), 0);
    assert_int_equal(loop_timer_arm(fixture->loop, &a.timer, -7), 0);
    run_for(fixture, 1);
    assert_string_equal(fixture->seen, "ab");
}

static void a_timer_that_feeds_itself_starves_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct probe greedy = probe_of(fixture, 'g', LOOP_TIMER_ELAPSED);
    greedy.timer.fire = feed_itself;
    assert_int_equal(loop_timer_arm_in(fixture->loop, &greedy.timer, 0), 0);
    run_for(fixture, 5); /* would never return */
    loop_timer_disarm(fixture->loop, &greedy.timer);
}

static void what_is_due_by_now_sets_no_timerfd(void **state)
{
    struct fixture *fixture = *state;
    struct probe far = probe_of(fixture, 'f', LOOP_TIMER_ELAPSED);
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    struct loop_stats before, after;
    assert_int_equal(loop_timer_arm_in(fixture->loop, &far.timer, CLOCK_DAY_MS), 0);
    run_for(fixture, 1);
    loop_poll(fixture->loop); /* the timerfds stand for what is far */
    loop_stats(fixture->loop, &before);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, -1), 0);
        loop_wait(fixture->loop);
    }
    loop_stats(fixture->loop, &after);
    assert_string_equal(fixture->seen, "aaaaaaaaaa");
    assert_int_equal(after.timerfds_set - before.timerfds_set, 0);
    run_for(fixture, 30); /* and then it waits again */
    loop_stats(fixture->loop, &before);
    assert_true(before.wakeups - after.wakeups <= 2);
    loop_timer_disarm(fixture->loop, &far.timer);
}

struct ahead {
    struct fixture *fixture;
    struct probe *due;
    struct loop_fd *watch;
    struct loop_call call;
    int calls;
};

static void call_again(struct loop_call *call)
{
    struct ahead *ahead = (struct ahead *)((char *)call - offsetof(struct ahead, call));
    if (++ahead->calls == 1)
        loop_defer(ahead->fixture->loop, call);
}

static void be_ahead(void *ctx, unsigned events)
{
    struct ahead *ahead = ctx;
    (void)events;
    loop_fd_remove(ahead->watch);
    loop_timer_disarm(ahead->fixture->loop, &ahead->due->timer);
    loop_defer(ahead->fixture->loop, &ahead->call);
}

/* What is called later does not wait for the next thing that happens. */
static void calls_run_when_what_was_due_is_disarmed_first(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    struct probe late = probe_of(fixture, 'l', LOOP_TIMER_ELAPSED);
    struct ahead ahead = {.fixture = fixture, .due = &a, .call.run = call_again};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(loop_fd_add(fixture->loop, ends[0], be_ahead, &ahead, &ahead.watch), 0);
    assert_int_equal(loop_fd_set(ahead.watch, LOOP_READABLE), 0);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, -1), 0);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &late.timer, 1000), 0);
    while (ahead.calls < 2)
        loop_wait(fixture->loop);
    assert_int_equal(fixture->seen_count, 0);
    loop_timer_disarm(fixture->loop, &late.timer);
    close(ends[0]);
    close(ends[1]);
}

struct slices {
    struct loop_call call;
    struct fixture *fixture;
    int64_t at[2];
    int count;
};

static void slice(struct loop_call *call)
{
    struct slices *slices = (struct slices *)((char *)call - offsetof(struct slices, call));
    slices->at[slices->count++] = clock_elapsed_ms(&slices->fixture->clock);
    if (slices->count == 2)
        return;
    usleep(30 * 1000);
    loop_defer(slices->fixture->loop, call);
}

static void each_round_of_calls_has_the_time_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct slices slices = {.fixture = fixture, .call.run = slice};
    loop_defer(fixture->loop, &slices.call);
    while (slices.count < 2)
        loop_wait(fixture->loop);
    assert_true(slices.at[1] - slices.at[0] >= 25);
}

static void take_long(struct loop_work *work)
{
    (void)work;
    usleep(30 * 1000);
}

static void nothing(struct loop_work *work)
{
    (void)work;
}

/* Its owner is gone by then. */
static void a_timer_that_is_due_does_not_fire_as_the_loop_ends(void **state)
{
    struct fixture *fixture = *state;
    struct probe a = probe_of(fixture, 'a', LOOP_TIMER_ELAPSED);
    struct loop_work work = {.run = take_long, .done = nothing};
    run_for(fixture, 1);
    assert_int_equal(loop_work_start(fixture->loop, &work), 0);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &a.timer, -1), 0);
    loop_destroy(fixture->loop);
    assert_int_equal(fixture->seen_count, 0);
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0); /* for tear_down */
}

static void an_idle_loop_does_not_wake_up(void **state)
{
    struct fixture *fixture = *state;
    struct probe far = probe_of(fixture, 'f', LOOP_TIMER_WALL);
    struct loop_stats before, after;
    assert_int_equal(
        loop_timer_arm(fixture->loop, &far.timer, clock_wall_at(&fixture->clock) + CLOCK_DAY_MS),
        0);
    run_for(fixture, 1);
    loop_stats(fixture->loop, &before);
    run_for(fixture, 1000);
    loop_stats(fixture->loop, &after);
    assert_int_equal(after.wakeups - before.wakeups, 1); /* the timer that ends the test */
    assert_int_equal(after.timers_fired - before.timers_fired, 1);
    loop_timer_disarm(fixture->loop, &far.timer);
}

/* Setting the clock by one nanosecond harms nobody and is a step all the same. */
static void a_real_clock_step_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    struct timex nanosecond = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {.tv_usec = 1}};
    loop_on_clock_step(fixture->loop, count_step, fixture);
    run_for(fixture, 1);
    if (adjtimex(&nanosecond) < 0) {
        print_message("SKIPPED: a_real_clock_step_is_noticed: only root may set the clock (%d)\n",
                      errno);
        skip();
    }
    run_for(fixture, 5);
    assert_int_equal(fixture->steps, 1);
    run_for(fixture, 5);
    assert_int_equal(fixture->steps, 1);
}

static void set_clock_and_arm(struct loop_timer *timer)
{
    struct probe *probe = CONTAINER_OF(timer, struct probe, timer);
    struct timex nanosecond = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {.tv_usec = 1}};
    probe->fixture->seen_count = adjtimex(&nanosecond) >= 0;
    assert_int_equal(loop_timer_arm(probe->fixture->loop, &probe->other->timer,
                                    clock_wall_at(&probe->fixture->clock) + CLOCK_DAY_MS),
                     0);
}

static void a_step_is_not_lost_when_a_timer_is_armed_right_after_it(void **state)
{
    struct fixture *fixture = *state;
    struct probe wall = probe_of(fixture, 'w', LOOP_TIMER_WALL);
    struct probe setter = probe_of(fixture, 's', LOOP_TIMER_ELAPSED);
    setter.timer.fire = set_clock_and_arm;
    setter.other = &wall;
    loop_on_clock_step(fixture->loop, count_step, fixture);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &setter.timer, 1), 0);
    run_for(fixture, 10);
    loop_timer_disarm(fixture->loop, &wall.timer);
    if (!fixture->seen_count) {
        print_message("SKIPPED: a_step_is_not_lost...: only root may set the clock\n");
        skip();
    }
    assert_int_equal(fixture->steps, 1);
}

#define VIRTUAL(test) cmocka_unit_test_setup_teardown(test, set_up_virtual, tear_down)
#define REAL(test)    cmocka_unit_test_setup_teardown(test, set_up_real, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VIRTUAL(timers_fire_in_the_order_they_are_due),
        VIRTUAL(equals_fire_in_the_order_they_were_armed_across_both_clocks),
        VIRTUAL(a_timer_beyond_the_moment_stays_armed),
        VIRTUAL(advancing_to_now_or_the_past_fires_what_is_due_and_moves_nothing),
        VIRTUAL(a_callback_may_arm_itself_again),
        VIRTUAL(a_callback_may_disarm_another_that_is_due_too),
        VIRTUAL(a_callback_may_free_its_timer),
        VIRTUAL(arming_again_moves_the_timer),
        VIRTUAL(the_ends_of_time_do_not_overflow),
        VIRTUAL(a_step_forward_makes_wall_timers_late_and_leaves_elapsed_ones),
        VIRTUAL(a_listener_can_sign_off),
        VIRTUAL(a_week_plays_the_same_twice),
        VIRTUAL(a_timer_that_never_lets_time_move_is_stopped),
        VIRTUAL(deferred_calls_run_between_timers),
        REAL(deferred_calls_run_between_timers),
        REAL(real_timers_of_both_clocks_fire),
        REAL(real_timers_in_the_past_fire_at_once_in_order),
        REAL(a_timer_that_feeds_itself_starves_nobody),
        REAL(what_is_due_by_now_sets_no_timerfd),
        REAL(calls_run_when_what_was_due_is_disarmed_first),
        REAL(each_round_of_calls_has_the_time_of_its_own),
        REAL(a_timer_that_is_due_does_not_fire_as_the_loop_ends),
        REAL(an_idle_loop_does_not_wake_up),
        REAL(a_real_clock_step_is_noticed),
        REAL(a_step_is_not_lost_when_a_timer_is_armed_right_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
