/* SPDX-License-Identifier: MIT */
/* work.c: slow work on libuv's pool of threads, with a ceiling on what waits. */
#include <assert.h>
#include <errno.h>

#include "loop/internal.h"

/* libuv's request, held apart so that callers need not know uv.h. */
struct work_request {
    uv_work_t request;
    struct loop *loop;
    struct loop_work *work;
};

static void run_on_thread(uv_work_t *request)
{
    struct work_request *self = request->data;
    self->work->run(self->work);
}

static void done_on_loop(uv_work_t *request, int status)
{
    AUTO_FREE struct work_request *self = request->data;
    assert(status == 0); /* nothing here cancels */
    struct loop *loop = self->loop;
    struct loop_work *work = self->work;
    work->internal = NULL;
    loop->work_count--;
    loop_enter(loop);
    work->done(work);
    loop_leave(loop);
}

int loop_work_start(struct loop *loop, struct loop_work *work)
{
    assert(!work->internal);
    if (loop->work_count >= LOOP_WORK_LIMIT)
        return -EAGAIN;
    AUTO_FREE struct work_request *self = mem_zalloc(sizeof *self);
    if (!self)
        return -ENOMEM;
    self->request.data = self;
    self->loop = loop;
    self->work = work;
    int r = uv_queue_work(&loop->uv, &self->request, run_on_thread, done_on_loop);
    if (r < 0)
        return r;
    work->internal = TAKE(self);
    loop->work_count++;
    loop->stats.work_started++;
    return 0;
}
