/* SPDX-License-Identifier: MIT */
/* loop.c: the event loop itself: rounds, deferred calls, signals, counters. */
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "loop/internal.h"

/* ---- rounds ---------------------------------------------------------------------------------- */

/* One thread writes, another reads now and then. */
static void beat(struct loop *loop, bool busy)
{
    uint64_t pulse = atomic_load_explicit(&loop->pulse, memory_order_relaxed);
    atomic_store_explicit(&loop->pulse, ((pulse | 1) + 1) | busy, memory_order_relaxed);
}

uint64_t loop_pulse(const struct loop *loop)
{
    return atomic_load_explicit(&loop->pulse, memory_order_relaxed);
}

static void run_calls(struct loop *loop)
{
    /* Only those that are queued by now: a call that defers itself again must not starve the
     * descriptors. */
    loop->batch_end = loop->last_call;
    while (loop->batch_end) {
        struct loop_call *call = loop->first_call;
        loop_undefer(loop, call); /* the batch's last one leaves batch_end empty */
        loop->dispatched++;
        loop->stats.deferred++;
        beat(loop, true);
        call->run(call); /* may free the call, or take others out of the queue */
    }
}

void loop_enter(struct loop *loop)
{
    loop->dispatched++;
    beat(loop, true);
    clock_refresh(loop->clock);
}

void loop_leave(struct loop *loop)
{
    run_calls(loop);
}

static void on_idle(uv_idle_t *idle)
{
    struct loop *loop = idle->data;
    clock_refresh(loop->clock);
    run_calls(loop);
}

static void before_wait(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;
    loop->unpolled = false;
    loop->has_due = loop_timer_prepare(loop);
    if (loop->has_due) /* then it looks at descriptors, and does not wait */
        uv_idle_start(&loop->idle, on_idle);
    beat(loop, false);
}

static void after_wait(uv_check_t *check)
{
    struct loop *loop = check->data;
    loop->stats.wakeups++;
    beat(loop, true);
    if (!loop->has_due)
        return;
    loop->has_due = false;
    uv_idle_stop(&loop->idle); /* calls that are queued run behind the timers */
    loop_timer_fire_due(loop);
}

void loop_turn_uv(struct loop *loop, uv_run_mode mode)
{
    assert(!loop->running); /* libuv cannot be entered twice: see loop.h */
    loop->running = true;
    uv_run(&loop->uv, mode);
    loop->running = false;
}

int loop_run(struct loop *loop)
{
    clock_refresh(loop->clock);
    while (!loop->stopping)
        loop_turn_uv(loop, UV_RUN_DEFAULT);
    loop->stopping = false;
    return 0;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
    if (loop->running) /* otherwise the flag alone keeps loop_run from waiting */
        uv_stop(&loop->uv);
}

void loop_poll(struct loop *loop)
{
    enum { ROUNDS = 1000 }; /* whoever is ready for ever does not hold us for ever */
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t before = loop->dispatched;
        loop_turn_uv(loop, UV_RUN_NOWAIT);
        if (loop->dispatched == before && !loop->first_call)
            return;
    }
}

void loop_wait(struct loop *loop)
{
    loop_turn_uv(loop, UV_RUN_ONCE);
}

bool loop_idle(struct loop *loop)
{
    if (loop->first_call || loop->work_count || loop->unpolled)
        return false;
    struct pollfd backend = {.fd = uv_backend_fd(&loop->uv), .events = POLLIN};
    return poll(&backend, 1, 0) == 0;
}

/* ---- deferred calls -------------------------------------------------------------------------- */

void loop_defer(struct loop *loop, struct loop_call *call)
{
    if (call->queued)
        return;
    call->queued = true;
    call->next = NULL;
    call->previous = loop->last_call;
    if (loop->last_call)
        loop->last_call->next = call;
    else
        loop->first_call = call;
    loop->last_call = call;
    int r = uv_idle_start(&loop->idle, on_idle);
    assert(r == 0); /* it has a callback, that is all it asks for */
}

void loop_undefer(struct loop *loop, struct loop_call *call)
{
    if (!call->queued)
        return;
    if (loop->batch_end == call)
        loop->batch_end = call->previous; /* NULL: the batch ends here */
    *(call->previous ? &call->previous->next : &loop->first_call) = call->next;
    *(call->next ? &call->next->previous : &loop->last_call) = call->previous;
    call->queued = false;
    if (!loop->first_call)
        uv_idle_stop(&loop->idle);
}

/* ---- signals --------------------------------------------------------------------------------- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct signal_watch *watch = handle->data;
    loop_enter(watch->loop);
    watch->caught(watch->ctx, number);
    loop_leave(watch->loop);
}

int loop_on_signal(struct loop *loop, int number, void (*caught)(void *ctx, int number), void *ctx)
{
    struct signal_watch *watch = mem_zalloc(sizeof *watch);
    if (!watch)
        return -ENOMEM;
    *watch = (struct signal_watch){
        .next = loop->signals, .loop = loop, .caught = caught, .ctx = ctx};
    int r = uv_signal_init(&loop->uv, &watch->handle);
    if (r < 0) {
        mem_free(watch);
        return r;
    }
    watch->handle.data = watch;
    loop->signals = watch; /* an open handle: freed with the loop, started or not */
    return uv_signal_start(&watch->handle, on_signal, number);
}

static void free_signal(uv_handle_t *handle)
{
    mem_free(handle->data);
}

static void close_signals(struct loop *loop)
{
    while (loop->signals) {
        struct signal_watch *watch = loop->signals;
        loop->signals = watch->next;
        uv_close((uv_handle_t *)&watch->handle, free_signal);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static int start(struct loop *loop)
{
    int r = uv_loop_init(&loop->uv);
    if (r < 0)
        return r;
    loop->uv_ready = true;
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_check_init(&loop->uv, &loop->check);
    uv_idle_init(&loop->uv, &loop->idle);
    loop->prepare.data = loop->check.data = loop->idle.data = loop;
    r = uv_prepare_start(&loop->prepare, before_wait);
    if (r < 0)
        return r;
    r = uv_check_start(&loop->check, after_wait);
    if (r < 0)
        return r;
    return loop_timer_setup(loop);
}

int loop_create(struct clock *clock, struct loop **ret_loop)
{
    struct loop *loop = mem_zalloc(sizeof *loop);
    if (!loop)
        return -ENOMEM;
    loop->clock = clock;
    int r = start(loop);
    if (r < 0) {
        loop_destroy(loop);
        return r;
    }
    *ret_loop = loop;
    return 0;
}

static void close_all(struct loop *loop)
{
    loop_fd_teardown(loop);
    close_signals(loop);
    loop_timer_teardown(loop);
    while (loop->work_count) /* its memory is its owner's, and threads still touch it */
        loop_turn_uv(loop, UV_RUN_ONCE);
    loop_fd_teardown(loop); /* what the last work opened */
    uv_close((uv_handle_t *)&loop->idle, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    loop_turn_uv(
        loop, UV_RUN_NOWAIT); /* once more than needed: a stop may have cut the first one short */
    loop_turn_uv(loop, UV_RUN_NOWAIT);
    int r = uv_loop_close(&loop->uv);
    assert(r == 0); /* whoever opened handles on loop_uv() closed them */
    loop_timer_release(loop);
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->uv_ready)
        close_all(loop);
    mem_free(loop);
}

struct clock *loop_clock(struct loop *loop)
{
    return loop->clock;
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

void loop_stats(const struct loop *loop, struct loop_stats *ret_stats)
{
    *ret_stats = loop->stats;
    ret_stats->work_queued = loop->work_count;
    loop_fd_busiest(loop, &ret_stats->busiest_fd, &ret_stats->busiest_fd_wakeups);
}
