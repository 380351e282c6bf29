/* SPDX-License-Identifier: MIT */
/* timer.c: two queues of timers, one per clock, each served by a timerfd or by virtual time. */
#include <assert.h>
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loop/internal.h"

/* A wall queue without timers stays armed for the end of time, so that a clock step is still
 * noticed. */
#define NEVER INT64_MAX

static struct loop_timer *timer_of(struct heap_node *node)
{
    return node ? CONTAINER_OF(node, struct loop_timer, node) : NULL;
}

static int64_t now_of(const struct loop *loop, enum loop_timer_clock clock)
{
    return clock == LOOP_TIMER_WALL ? clock_wall_at(loop->clock) : clock_elapsed_ms(loop->clock);
}

static int64_t add_saturating(int64_t a, int64_t b)
{
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return b > 0 ? INT64_MAX : INT64_MIN;
}

/* Milliseconds from now until the timer is due; negative when it is late. */
static int64_t due_in(const struct loop *loop, const struct loop_timer *timer)
{
    int64_t left;
    if (__builtin_sub_overflow(timer->node.key, now_of(loop, timer->clock), &left))
        return timer->node.key > 0 ? INT64_MAX : INT64_MIN;
    return left;
}

static struct heap *heap_of(struct loop *loop, const struct loop_timer *timer)
{
    return &loop->queues[timer->clock].heap;
}

int loop_timer_arm(struct loop *loop, struct loop_timer *timer, int64_t due_at)
{
    struct heap *heap = heap_of(loop, timer);
    heap_remove(heap, &timer->node);
    heap->next_order = loop->next_order++; /* one order over both queues */
    return heap_add(heap, &timer->node, due_at);
}

int loop_timer_arm_in(struct loop *loop, struct loop_timer *timer, int64_t in_ms)
{
    assert(timer->clock == LOOP_TIMER_ELAPSED);
    return loop_timer_arm(loop, timer, add_saturating(clock_elapsed_ms(loop->clock), in_ms));
}

void loop_timer_disarm(struct loop *loop, struct loop_timer *timer)
{
    heap_remove(heap_of(loop, timer), &timer->node);
}

int64_t loop_timers_late_ms(const struct loop *loop)
{
    int64_t late_ms = 0;
    for (size_t i = 0; i < COUNT_OF(loop->queues); i++) {
        const struct loop_timer *first = timer_of(heap_top(&loop->queues[i].heap));
        if (first)
            late_ms = MAX_OF(late_ms, -MAX_OF(due_in(loop, first), -INT64_MAX));
    }
    return late_ms;
}

static void fire(struct loop *loop, struct loop_timer *timer)
{
    heap_remove(heap_of(loop, timer), &timer->node);
    loop->dispatched++;
    loop->stats.timers_fired++;
    timer->fire(timer); /* may free the timer */
}

/* ---- clock steps ----------------------------------------------------------------------------- */

void loop_on_clock_step(struct loop *loop, void (*stepped)(void *ctx), void *ctx)
{
    if (stepped) {
        assert(loop->listener_count < LOOP_STEP_LISTENERS);
        loop->listeners[loop->listener_count++] = (struct step_listener){stepped, ctx};
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < loop->listener_count; i++)
        if (loop->listeners[i].ctx != ctx)
            loop->listeners[kept++] = loop->listeners[i];
    loop->listener_count = kept;
}

void loop_clock_stepped(struct loop *loop)
{
    loop->stats.clock_steps++;
    /* From a copy, since a listener may sign off. */
    struct step_listener listeners[LOOP_STEP_LISTENERS];
    size_t count = loop->listener_count;
    memcpy(listeners, loop->listeners, sizeof listeners);
    for (size_t i = 0; i < count; i++)
        listeners[i].stepped(listeners[i].ctx);
}

/* ---- real time: timerfds --------------------------------------------------------------------- */

/* Fires what is due.  What is armed meanwhile waits for the next round, so that descriptors are
 * never starved. */
static void fire_due(struct timer_queue *queue)
{
    struct loop *loop = queue->loop;
    uint64_t newest = loop->next_order;
    for (;;) {
        struct loop_timer *timer = timer_of(heap_top(&queue->heap));
        if (!timer || timer->node.order >= newest || due_in(loop, timer) > 0)
            return;
        fire(loop, timer);
        loop_leave(loop);
    }
}

static void timerfd_ready(uv_poll_t *poll, int status, int events)
{
    struct timer_queue *queue = poll->data;
    struct loop *loop = queue->loop;
    (void)status;
    (void)events;
    uint64_t expirations;
    ssize_t got = read(queue->fd, &expirations, sizeof expirations);
    bool stepped = got < 0 && errno == ECANCELED;
    queue->armed_at = 0; /* one shot: whatever happened, it has to be set again */
    loop_enter(loop);
    if (stepped)
        loop_clock_stepped(loop);
    fire_due(queue);
    loop_leave(loop);
}

static void set_timerfd(struct timer_queue *queue, int64_t due_at)
{
    bool wall = queue == &queue->loop->queues[LOOP_TIMER_WALL];
    struct itimerspec when = {0};
    if (due_at != NEVER || wall) {
        /* Zero would mean "disarm"; beyond what the kernel holds is the end of time. */
        int64_t at_ms = MIN_OF(MAX_OF(due_at, 1), INT64_MAX / 1000000);
        when.it_value.tv_sec = at_ms / 1000;
        when.it_value.tv_nsec = at_ms % 1000 * 1000000;
    }
    int flags = TFD_TIMER_ABSTIME | (wall ? TFD_TIMER_CANCEL_ON_SET : 0);
    queue->loop->stats.timerfds_set++;
    int r = timerfd_settime(queue->fd, flags, &when, NULL);
    queue->armed_at = due_at;
    if (r == 0)
        return;
    /* The clock was set, and the kernel says so here instead of in the next read (NOTES of
     * timerfd_create(2)).  The timer is armed all the same; the news goes out before the loop
     * waits. */
    assert(errno == ECANCELED);
    loop_defer(queue->loop, &queue->loop->step_call);
}

static void tell_step(struct loop_call *call)
{
    loop_clock_stepped(CONTAINER_OF(call, struct loop, step_call));
}

/* What is due by now needs no timerfd: setting one into the past costs more than all else of a
 * round (an interrupt, and in a virtual machine an exit). */
bool loop_timer_prepare(struct loop *loop)
{
    bool is_due = false;
    if (loop->clock->is_virtual)
        return false;
    for (size_t i = 0; i < COUNT_OF(loop->queues); i++) {
        struct timer_queue *queue = &loop->queues[i];
        if (uv_is_closing((uv_handle_t *)&queue->poll))
            continue; /* armed timers are forgotten */
        const struct loop_timer *first = timer_of(heap_top(&queue->heap));
        int64_t due_at = first ? MAX_OF(first->node.key, 1) : NEVER;
        if (first && due_in(loop, first) <= 0)
            is_due = true;
        else if (due_at != queue->armed_at)
            set_timerfd(queue, due_at);
    }
    return is_due;
}

void loop_timer_fire_due(struct loop *loop)
{
    loop_enter(loop);
    for (size_t i = 0; i < COUNT_OF(loop->queues); i++)
        fire_due(&loop->queues[i]);
    loop_leave(loop);
}

static int open_timerfd(struct timer_queue *queue, clockid_t clock)
{
    queue->fd = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
    if (queue->fd < 0)
        return -errno;
    int r = uv_poll_init(&queue->loop->uv, &queue->poll, queue->fd);
    if (r < 0) {
        close(queue->fd);
        queue->fd = -1;
        return r;
    }
    queue->poll.data = queue;
    return uv_poll_start(&queue->poll, UV_READABLE, timerfd_ready);
}

int loop_timer_setup(struct loop *loop)
{
    for (size_t i = 0; i < COUNT_OF(loop->queues); i++)
        loop->queues[i] = (struct timer_queue){.loop = loop, .fd = -1};
    loop->step_call.run = tell_step;
    if (loop->clock->is_virtual)
        return 0;
    int r = open_timerfd(&loop->queues[LOOP_TIMER_ELAPSED], CLOCK_BOOTTIME);
    if (r < 0)
        return r;
    return open_timerfd(&loop->queues[LOOP_TIMER_WALL], CLOCK_REALTIME);
}

void loop_timer_teardown(struct loop *loop)
{
    for (size_t i = 0; i < COUNT_OF(loop->queues); i++)
        if (loop->queues[i].loop && loop->queues[i].fd >= 0)
            uv_close((uv_handle_t *)&loop->queues[i].poll, NULL);
}

void loop_timer_release(struct loop *loop)
{
    for (size_t i = 0; i < COUNT_OF(loop->queues); i++) {
        if (loop->queues[i].loop && loop->queues[i].fd >= 0)
            close(loop->queues[i].fd);
        heap_done(&loop->queues[i].heap);
    }
}

/* ---- virtual time ---------------------------------------------------------------------------- */

/* Of both queues: what is due first; of equals, what was armed first. */
static struct loop_timer *next_timer(struct loop *loop)
{
    struct loop_timer *a = timer_of(heap_top(&loop->queues[LOOP_TIMER_ELAPSED].heap));
    struct loop_timer *b = timer_of(heap_top(&loop->queues[LOOP_TIMER_WALL].heap));
    if (!a || !b)
        return a ? a : b;
    int64_t a_in = due_in(loop, a), b_in = due_in(loop, b);
    if (a_in != b_in)
        return a_in < b_in ? a : b;
    return a->node.order < b->node.order ? a : b;
}

static void check_stall(const struct loop *loop)
{
    assert(loop->dispatched - loop->stall_from < LOOP_STALL_LIMIT &&
           "virtual time stands still: a timer, deferred call or descriptor feeds itself for ever");
}

/* Until nothing is ready, deferred or in the pool. */
static void drain(struct loop *loop)
{
    uint64_t before;
    do {
        before = loop->dispatched;
        loop_turn_uv(loop, loop->work_count ? UV_RUN_ONCE : UV_RUN_NOWAIT);
        check_stall(loop);
    } while (loop->dispatched != before || loop->first_call || loop->work_count);
}

static void move_time(struct loop *loop, int64_t by_ms)
{
    if (by_ms <= 0)
        return;
    clock_advance(loop->clock, by_ms);
    loop->stall_from = loop->dispatched;
}

void loop_advance(struct loop *loop, int64_t wall_at)
{
    assert(loop->clock->is_virtual && !loop->advancing);
    loop->advancing = true;
    loop->stall_from = loop->dispatched;
    for (;;) {
        drain(loop);
        struct loop_timer *timer = next_timer(loop);
        if (!timer)
            break;
        int64_t wait_ms = MAX_OF(due_in(loop, timer), 0);
        if (wait_ms && wait_ms > wall_at - clock_wall_at(loop->clock))
            break;
        move_time(loop, wait_ms);
        fire(loop, timer);
    }
    move_time(loop, wall_at - clock_wall_at(loop->clock));
    loop->advancing = false;
}
