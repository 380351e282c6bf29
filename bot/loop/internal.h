/* SPDX-License-Identifier: MIT */
/* internal.h: the loop's own parts, shared by the files of this folder only. */
#ifndef LOOP_INTERNAL_H
#define LOOP_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "loop/loop.h"

enum {
    LOOP_STEP_LISTENERS = 8,
    LOOP_WORK_LIMIT = 256, /* pieces of work in the pool at once, waiting or running */
    LOOP_STALL_LIMIT =
        1000000, /* dispatches in virtual mode without time moving: something feeds itself */
};

struct step_listener {
    void (*stepped)(void *ctx);
    void *ctx;
};

/* One clock's timers, and the timerfd armed for the first of them (none in virtual mode). */
struct timer_queue {
    struct loop *loop;
    struct heap heap;
    int fd; /* -1 in virtual mode */
    uv_poll_t poll;
    int64_t armed_at; /* what the timerfd was last set to */
};

struct signal_watch {
    struct signal_watch *next;
    struct loop *loop;
    uv_signal_t handle;
    void (*caught)(void *ctx, int number);
    void *ctx;
};

struct loop {
    struct clock *clock;
    uv_loop_t uv;
    bool uv_ready; /* uv_loop_init succeeded */
    bool running;  /* inside uv_run: it cannot be entered twice */
    bool stopping;
    bool advancing; /* inside loop_advance */
    bool unpolled;  /* descriptors were added that the kernel was not yet asked about */
    bool has_due;   /* timers that are due by now are fired when the descriptors were looked at */
    uint64_t dispatched;    /* callbacks called, of any kind */
    _Atomic uint64_t pulse; /* see loop_pulse */
    uint64_t stall_from;    /* `dispatched` when virtual time last moved */

    uv_prepare_t prepare; /* before each wait: arms the timerfds */
    uv_check_t check;     /* after each wait: counts it */
    uv_idle_t idle; /* active while calls are deferred or timers due: the loop does not wait */
    struct loop_call *first_call, *last_call;
    struct loop_call
        *batch_end; /* the last call of the batch that runs; those behind it wait a round */

    struct timer_queue queues[2]; /* by enum loop_timer_clock */
    uint64_t next_order;          /* shared by both queues: who was armed first */
    struct step_listener listeners[LOOP_STEP_LISTENERS];
    size_t listener_count;
    struct loop_call step_call; /* tells the listeners when the news came outside of a callback */

    struct loop_fd *fds; /* open watches, for the counters */
    struct signal_watch *signals;
    size_t work_count; /* in the pool */
    struct loop_stats stats;
};

/* Every callback from libuv goes through this pair: time is read once before, deferred calls run
 * after. */
void loop_enter(struct loop *loop);
void loop_leave(struct loop *loop);
void loop_turn_uv(struct loop *loop, uv_run_mode mode); /* one uv_run, marked as running */

int loop_timer_setup(struct loop *loop) MUST_CHECK;
void loop_timer_teardown(struct loop *loop); /* closes the handles */
void loop_timer_release(struct loop *loop);  /* after they are closed: descriptors and heaps */
/* Arms the timerfds for the next wait; true: something is due by now, do not wait. */
bool loop_timer_prepare(struct loop *loop);
void loop_timer_fire_due(struct loop *loop);

void loop_fd_teardown(struct loop *loop);
/* The watch that woke us most often, for the statistics. */
void loop_fd_busiest(const struct loop *loop, int *ret_fd, uint64_t *ret_wakeups);

#endif
