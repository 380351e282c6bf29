/* SPDX-License-Identifier: MIT */
/* test_work.c: the pool: threads, the ceiling, virtual time waits for it. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "loop/internal.h"

struct fixture {
    struct clock clock;
    struct loop *loop;
    int done;
    int64_t done_at;
};

struct job {
    struct loop_work work;
    struct fixture *fixture;
    sem_t *gate;
    pthread_t thread;
    int again;
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

static void run(struct loop_work *work)
{
    struct job *job = CONTAINER_OF(work, struct job, work);
    job->thread = pthread_self();
    if (job->gate)
        sem_wait(job->gate);
}

static void done(struct loop_work *work)
{
    struct job *job = CONTAINER_OF(work, struct job, work);
    job->fixture->done++;
    job->fixture->done_at = clock_wall_at(&job->fixture->clock);
    if (job->again-- > 0)
        assert_int_equal(loop_work_start(job->fixture->loop, work), 0);
}

static struct job job_of(struct fixture *fixture)
{
    return (struct job){.work = {.run = run, .done = done}, .fixture = fixture};
}

static void work_runs_elsewhere_and_ends_here(void **state)
{
    struct fixture *fixture = *state;
    struct job job = job_of(fixture);
    assert_int_equal(loop_work_start(fixture->loop, &job.work), 0);
    loop_advance(fixture->loop, 0);
    assert_int_equal(fixture->done, 1);
    assert_false(pthread_equal(job.thread, pthread_self()));
}

static void note_time(struct loop_timer *timer)
{
    (void)timer;
}

static void virtual_time_waits_for_the_pool(void **state)
{
    struct fixture *fixture = *state;
    struct job job = job_of(fixture);
    struct loop_timer timer = {.clock = LOOP_TIMER_ELAPSED, .fire = note_time};
    assert_int_equal(loop_timer_arm_in(fixture->loop, &timer, 10), 0);
    job.again = 3;
    assert_int_equal(loop_work_start(fixture->loop, &job.work), 0);
    loop_advance(fixture->loop, 1000);
    assert_int_equal(fixture->done, 4);
    assert_int_equal(fixture->done_at, 0);
}

static void work_in_the_pool_is_not_idle(void **state)
{
    struct fixture *fixture = *state;
    struct job job = job_of(fixture);
    sem_t gate;
    sem_init(&gate, 0, 0);
    job.gate = &gate;
    assert_int_equal(loop_work_start(fixture->loop, &job.work), 0);
    loop_poll(fixture->loop);
    assert_false(loop_idle(fixture->loop));
    sem_post(&gate);
    loop_advance(fixture->loop, 0);
    assert_true(loop_idle(fixture->loop));
    sem_destroy(&gate);
}

static void the_queue_has_a_ceiling(void **state)
{
    struct fixture *fixture = *state;
    struct job *jobs = calloc(LOOP_WORK_LIMIT + 1, sizeof *jobs);
    struct loop_stats stats;
    sem_t gate;
    assert_non_null(jobs);
    sem_init(&gate, 0, 0);
    for (int i = 0; i < LOOP_WORK_LIMIT; i++) {
        jobs[i] = job_of(fixture);
        jobs[i].gate = &gate;
        assert_int_equal(loop_work_start(fixture->loop, &jobs[i].work), 0);
    }
    jobs[LOOP_WORK_LIMIT] = job_of(fixture);
    assert_int_equal(loop_work_start(fixture->loop, &jobs[LOOP_WORK_LIMIT].work), -EAGAIN);
    loop_stats(fixture->loop, &stats);
    assert_int_equal(stats.work_queued, LOOP_WORK_LIMIT);
    for (int i = 0; i < LOOP_WORK_LIMIT; i++)
        sem_post(&gate);
    loop_advance(fixture->loop, 0);
    assert_int_equal(fixture->done, LOOP_WORK_LIMIT);
    loop_stats(fixture->loop, &stats);
    assert_int_equal(stats.work_queued, 0);
    assert_int_equal(stats.work_started, LOOP_WORK_LIMIT);
    sem_destroy(&gate);
    free(jobs);
}

static void done_may_free(struct loop_work *work)
{
    struct job *job = CONTAINER_OF(work, struct job, work);
    job->fixture->done++;
    free(job);
}

static void the_end_of_the_loop_waits_for_work(void **state)
{
    struct fixture *fixture = *state;
    struct loop *loop;
    struct job *job = malloc(sizeof *job);
    assert_non_null(job);
    *job = job_of(fixture);
    job->work.done = done_may_free;
    assert_int_equal(loop_create(&fixture->clock, &loop), 0);
    assert_int_equal(loop_work_start(loop, &job->work), 0);
    loop_destroy(loop);
    assert_int_equal(fixture->done, 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(work_runs_elsewhere_and_ends_here),  TEST(virtual_time_waits_for_the_pool),
        TEST(work_in_the_pool_is_not_idle),       TEST(the_queue_has_a_ceiling),
        TEST(the_end_of_the_loop_waits_for_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
