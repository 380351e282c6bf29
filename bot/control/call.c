/* SPDX-License-Identifier: MIT */
/* call.c: what a client of the control socket is answered, and how its call ends. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/internal.h"
#include "observe/log.h"

enum { PROGRESS_WITHIN_MS = 30 * 1000 }; /* of a client that must read */

/* ---- a call's end ---------------------------------------------------------------------------- */

void call_free(struct control_call *call)
{
    struct control *control = call->control;
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    control->stats.clients--;
    loop_timer_disarm(control->loop, &call->timer);
    loop_fd_remove(call->watch);
    if (call->fd >= 0)
        close(call->fd);
    for (size_t i = 0; i < call->fd_count; i++)
        if (call->fds[i] >= 0)
            close(call->fds[i]);
    buf_done(&call->in);
    buf_done(&call->out);
    control_request_done(&call->request);
    mem_free(call);
}

/* The client went away, or is sent away. */
void call_hang_up(struct control_call *call)
{
    void (*gone)(void *ctx) = TAKE(call->gone);
    if (gone && !call->answered)
        gone(call->gone_ctx);
    call_free(call);
}

int call_arm(struct control_call *call, int64_t in_ms)
{
    return loop_timer_arm_in(call->control->loop, &call->timer, in_ms);
}

void call_timed_out(struct loop_timer *timer)
{
    struct control_call *call = CONTAINER_OF(timer, struct control_call, timer);
    call->control->stats.timed_out++;
    call_hang_up(call);
}

/* ---- out ------------------------------------------------------------------------------------- */

/* Negative: the client is gone.  A call that was answered ends with its last byte. */
int call_flush(struct control_call *call)
{
    bool moved = false;
    while (call->out.len > 0) {
        ssize_t sent = send(call->fd, call->out.ptr, call->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (sent < 0)
            return -errno;
        buf_drop(&call->out, (size_t)sent);
        moved = true;
    }
    if (call->out.len == 0) {
        loop_timer_disarm(call->control->loop, &call->timer);
        return loop_fd_set(call->watch, 0);
    }
    int r = loop_fd_set(call->watch, LOOP_WRITABLE);
    if (r == 0 && (moved || !loop_timer_armed(&call->timer)))
        r = call_arm(call, PROGRESS_WITHIN_MS);
    return r;
}

/* Adds a line; false when it could not be made. */
static bool add_line(struct control_call *call, const json_t *fields)
{
    char *text = fields ? json_dumps(fields, JSON_COMPACT) : NULL;
    bool fits = text && strlen(text) < CONTROL_ANSWER_BYTES_MAX;
    if (fits) {
        buf_add_c(&call->out, text);
        buf_add_byte(&call->out, '\n');
    }
    mem_free(text); /* jansson has its memory from us */
    return fits && !call->out.failed;
}

/* What is left to say when an answer cannot be made. */
static void add_last_resort(struct control_call *call)
{
    static const struct str line = {
        "{\"ok\":false,\"code\":\"ENOMEM\",\"error\":\"the answer could not be made: memory is "
        "short, or it is too long\"}\n",
        sizeof "{\"ok\":false,\"code\":\"ENOMEM\",\"error\":\"the answer could not be made: memory "
               "is short, or it is too long\"}\n" -
            1};
    buf_clear(&call->out);
    call->out.failed = 0;
    buf_add(&call->out, line);
}

void call_finish(struct control_call *call)
{
    call->answered = true;
    call->gone = NULL;
    if (call->running)
        return; /* ask() goes on with it */
    if (call_flush(call) < 0 || call->out.len == 0)
        call_free(call);
}

static void answer(struct control_call *call, bool ok, json_t *fields)
{
    if (!fields || json_object_set_new(fields, "ok", json_boolean(ok)) < 0 ||
        !add_line(call, fields))
        add_last_resort(call);
    json_decref(fields);
    call_finish(call);
}

void control_answer(struct control_call *call, json_t *fields)
{
    answer(call, true, fields);
}

void control_fail(struct control_call *call, int code, const char *format, ...)
{
    char text[ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    answer(call, false, json_pack("{s:s, s:s}", "error", text, "code", log_errno_name(code)));
}

int control_piece(struct control_call *call, json_t *fields)
{
    AUTO_JSON *owned = fields;
    if (call->out.len > CONTROL_WAITING_BYTES_MAX)
        return -EAGAIN;
    size_t before = call->out.len;
    if (!add_line(call, owned)) {
        call->out.len = before;
        call->out.failed = 0;
        return -ENOMEM;
    }
    /* A client that is gone is found out by its watch, never inside the caller's own call. */
    return loop_fd_set(call->watch, LOOP_WRITABLE) < 0 ||
                   (!loop_timer_armed(&call->timer) && call_arm(call, PROGRESS_WITHIN_MS) < 0)
               ? -ENOMEM
               : 0;
}

void control_on_gone(struct control_call *call, void (*gone)(void *ctx), void *ctx)
{
    call->gone = gone;
    call->gone_ctx = ctx;
}

int control_take_fd(struct control_call *call, size_t index)
{
    if (index >= call->fd_count)
        return -1;
    int fd = call->fds[index];
    call->fds[index] = -1;
    return fd;
}
