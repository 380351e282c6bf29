/* SPDX-License-Identifier: MIT */
/* fd.c: descriptors under the loop. */
#include <assert.h>
#include <errno.h>

#include "loop/internal.h"

struct loop_fd {
    struct loop *loop;
    struct loop_fd *next, **link; /* *link points at us */
    uv_poll_t poll;
    int fd;
    unsigned wanted;
    bool removed;
    uint64_t wakeups;
    void (*ready)(void *ctx, unsigned events);
    void *ctx;
};

_Static_assert((int)LOOP_READABLE == (int)UV_READABLE && (int)LOOP_WRITABLE == (int)UV_WRITABLE,
               "events are passed through");

static void poll_ready(uv_poll_t *poll, int status, int events)
{
    struct loop_fd *watch = poll->data;
    struct loop *loop = watch->loop;
    unsigned found = (unsigned)events & (unsigned)(LOOP_READABLE | LOOP_WRITABLE);
    /* libuv stops a watch on a descriptor in error (a refused connection): whoever reads or writes
     * next learns the error itself, so that all that was wanted is reported as ready, and the watch
     * goes on. */
    if (status < 0) {
        found = watch->wanted;
        if (loop_fd_set(watch, watch->wanted) < 0)
            watch->wanted = 0;
    }
    if (!found)
        return;
    loop_enter(loop);
    watch->wakeups++;
    watch->ready(watch->ctx, found);
    loop_leave(loop);
}

int loop_fd_add(struct loop *loop, int fd, void (*ready)(void *ctx, unsigned events), void *ctx,
                struct loop_fd **ret_watch)
{
    AUTO_FREE struct loop_fd *watch = mem_zalloc(sizeof *watch);
    if (!watch)
        return -ENOMEM;
    int r = uv_poll_init(&loop->uv, &watch->poll, fd);
    if (r < 0)
        return r;
    watch->poll.data = watch;
    watch->loop = loop;
    watch->fd = fd;
    watch->ready = ready;
    watch->ctx = ctx;
    watch->next = loop->fds;
    watch->link = &loop->fds;
    if (watch->next)
        watch->next->link = &watch->next;
    loop->fds = watch;
    *ret_watch = TAKE(watch);
    return 0;
}

int loop_fd_set(struct loop_fd *watch, unsigned events)
{
    assert(!watch->removed);
    watch->wanted = events;
    watch->loop->unpolled = watch->loop->unpolled || events;
    return events ? uv_poll_start(&watch->poll, (int)events, poll_ready)
                  : uv_poll_stop(&watch->poll);
}

static void free_watch(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void loop_fd_remove(struct loop_fd *watch)
{
    if (!watch)
        return;
    assert(!watch->removed);
    watch->removed = true;
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
    /* Takes the descriptor out of epoll at once; only the memory waits for the end of this round.
     */
    uv_close((uv_handle_t *)&watch->poll, free_watch);
}

uint64_t loop_fd_wakeups(const struct loop_fd *watch)
{
    return watch->wakeups;
}

void loop_fd_busiest(const struct loop *loop, int *ret_fd, uint64_t *ret_wakeups)
{
    *ret_fd = -1;
    *ret_wakeups = 0;
    for (const struct loop_fd *watch = loop->fds; watch; watch = watch->next) {
        if (watch->wakeups <= *ret_wakeups)
            continue;
        *ret_fd = watch->fd;
        *ret_wakeups = watch->wakeups;
    }
}

void loop_fd_teardown(struct loop *loop)
{
    while (loop->fds)
        loop_fd_remove(loop->fds);
}
