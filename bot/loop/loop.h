/* SPDX-License-Identifier: MIT */
/* loop.h: one event loop (libuv), its timers, deferred calls, signals and worker pool. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/heap.h"
#include "base/str.h"
#include "loop/clock.h"

struct uv_loop_s;
struct loop;

/* The loop borrows the clock.  With a virtual clock timers fire only inside loop_advance. */
int loop_create(struct clock *clock, struct loop **ret_loop) MUST_CHECK;
/* Waits for the pool (each `done` is still called); then closes what is left: watches and signals
 * that were not removed are freed, armed timers and deferred calls are forgotten.  Whoever opened
 * handles on loop_uv() closed them. */
void loop_destroy(struct loop *loop);
struct clock *loop_clock(struct loop *loop);
struct uv_loop_s *loop_uv(struct loop *loop);

/* The first three are never called from a callback of the same loop (libuv cannot be entered twice;
 * asserted): who wants time to move because of a key that was pressed stops loop_run first, and
 * runs again afterwards. */
int loop_run(struct loop *loop) MUST_CHECK; /* until loop_stop; also when that came first */
/* Everything that is ready now, without waiting; then returns. */
void loop_poll(struct loop *loop);
/* Waits until something is ready, and handles it. */
void loop_wait(struct loop *loop);
/* Virtual mode: drains ready work and the pool, then moves time to each timer that is due up to
 * `wall_at` in order, draining after each.  The wall clock ends at `wall_at`, or stays when that is
 * past.  What never comes to rest (a million callbacks without time moving) is our own defect, and
 * ends the process with an assertion. */
void loop_advance(struct loop *loop, int64_t wall_at);
/* True when nothing is ready, deferred or in the pool (in-process peers defer, so they count). */
bool loop_idle(struct loop *loop);
void loop_stop(struct loop *loop); /* legal everywhere */

/* ---- timers ---------------------------------------------------------------------------------- */

/* Intrusive, owned by whoever embeds them; firing disarms first, so that a callback may arm or
 * free. */

enum loop_timer_clock { LOOP_TIMER_ELAPSED, LOOP_TIMER_WALL };
/* All zeros, with `clock` and `fire` set, is a timer ready to be armed.  Timers fire in the order
 * they are due; of equals the one armed first.  In virtual mode that order spans both clocks. */
struct loop_timer {
    struct heap_node node;
    enum loop_timer_clock clock;
    void (*fire)(struct loop_timer *timer);
};
/* Arms (or moves) the timer: due_at is Unix ms for a wall timer, clock_elapsed_ms() terms for an
 * elapsed one.
 * -ENOMEM, never when it was armed already. */
int loop_timer_arm(struct loop *loop, struct loop_timer *timer, int64_t due_at) MUST_CHECK;
/* From clock_elapsed_ms() on, which is the reading of this round. */
int loop_timer_arm_in(struct loop *loop, struct loop_timer *timer, int64_t in_ms) MUST_CHECK;
void loop_timer_disarm(struct loop *loop, struct loop_timer *timer);
static inline bool loop_timer_armed(const struct loop_timer *timer)
{
    return heap_holds(&timer->node);
}
/* How long a timer has been due that has not fired, the longest of both clocks; 0: none.  It only
 * grows where a timerfd is armed wrongly or the loop is busy. */
int64_t loop_timers_late_ms(const struct loop *loop);
/* Told when the wall clock was set, or the machine woke up (TFD_TIMER_CANCEL_ON_SET), or clock_step
 * was called.  At most eight listeners; `stepped` NULL takes those with this `ctx` away. */
void loop_on_clock_step(struct loop *loop, void (*stepped)(void *ctx), void *ctx);
void loop_clock_stepped(struct loop *loop); /* virtual mode: after clock_step */

/* ---- deferred calls: after the present callback returned, in order, each once ---------------- */

/* Owned by whoever embeds it; all zeros but `run`.  It is out of the queue when `run` is called,
 * which may free it. */
struct loop_call {
    struct loop_call *next, *previous;
    bool queued;
    void (*run)(struct loop_call *call);
};
/* queued once however often it is asked */
void loop_defer(struct loop *loop, struct loop_call *call);
void loop_undefer(struct loop *loop, struct loop_call *call);

/* ---- file descriptors ------------------------------------------------------------------------ */

enum loop_fd_events { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };
struct loop_fd;
/* Level-triggered; a descriptor in error is ready for all that was wanted.  It stays the caller's:
 * remove first, then close.  It becomes non-blocking.  -EEXIST: it has a watch already; -EPERM: a
 * plain file. */
int loop_fd_add(struct loop *loop, int fd, void (*ready)(void *ctx, unsigned events), void *ctx,
                struct loop_fd **ret_watch) MUST_CHECK;
/* 0: none, as after loop_fd_add */
int loop_fd_set(struct loop_fd *watch, unsigned events) MUST_CHECK;
/* legal inside its own callback; NULL is fine */
void loop_fd_remove(struct loop_fd *watch);
uint64_t loop_fd_wakeups(const struct loop_fd *watch);

/* ---- signals, pool --------------------------------------------------------------------------- */

/* For the life of the loop. */
int loop_on_signal(struct loop *loop, int number, void (*caught)(void *ctx, int number),
                   void *ctx) MUST_CHECK;

/* All zeros but the two callbacks. */
struct loop_work {
    void (*run)(struct loop_work *work);  /* on a pool thread: touches only its own struct */
    void (*done)(struct loop_work *work); /* on the loop thread; may free, or start it again */
    void *internal;
};
/* -EAGAIN: the queue's ceiling */
int loop_work_start(struct loop *loop, struct loop_work *work) MUST_CHECK;

/* For a thread that watches: odd while a callback runs, even while the loop waits; every callback
 * begins with another number. */
uint64_t loop_pulse(const struct loop *loop);

/* Counters for metrics and for finding busy loops; all but the last three only grow. */
struct loop_stats {
    uint64_t wakeups; /* returns from waiting */
    uint64_t timers_fired, deferred, work_started, clock_steps;
    uint64_t timerfds_set;       /* system calls, and dear ones */
    uint64_t work_queued;        /* in the pool now */
    uint64_t busiest_fd_wakeups; /* of the present watches, the one that was ready most often ... */
    int busiest_fd;              /* ... and its descriptor; -1: none */
};
void loop_stats(const struct loop *loop, struct loop_stats *ret_stats);

#endif
