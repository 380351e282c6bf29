/* SPDX-License-Identifier: MIT */
/* stream.c: lines over a connection, or over an in-process peer. */
#include "net/stream.h"

#include <errno.h>
#include <stdio.h>

#include "base/die.h"
#include "net/connection.h"
#include "net/internal.h"
#include "net/lines.h"
#include "net/memory.h"

enum {
    DEFAULT_TIMEOUT_MS = 30000,
    DEFAULT_LINE_BYTES = 8191 + 512, /* IRCv3: tags and message */
    DEFAULT_QUEUE_BYTES = 64 * 1024,
    READ_BYTES = 16 * 1024,
    READS_A_ROUND = 16, /* then others get their turn */
    CHUNK_BYTES = 4096,
    NAME_BYTES = 300,
};

enum stream_state { STREAM_CONNECTING, STREAM_OPEN, STREAM_DEAD };

struct stream {
    struct net_member member;
    struct net *net;
    struct stream_events events;
    enum stream_state state;
    struct connection *connection; /* one of these two, until dead */
    struct memory_connection *in_process;
    struct loop_timer timeout;
    struct loop_call step; /* whatever has to be told or continued outside of our callers' calls */
    bool tell_opened, tell_closed, more_to_read;
    int write_error; /* nothing can be written any more, but what came before that is still read */
    struct error why;
    struct lines lines;
    struct buf queue;
    /* What was offered to TLS and not taken has to be offered again from the same address. */
    char chunk[CHUNK_BYTES];
    size_t chunk_len, chunk_sent;
    char place[NAME_BYTES];
    bool *gone; /* set for the frames below us on the stack when a callback destroys us */
};

/* ---- the end --------------------------------------------------------------------------------- */

/* Closes what is below, once; the object itself stays until its owner destroys it. */
static void let_go(struct stream *stream)
{
    loop_timer_disarm(stream->net->loop, &stream->timeout);
    connection_close(TAKE(stream->connection));
    memory_client_close(TAKE(stream->in_process));
}

/* The first reason stays; `closed` is called from the loop. */
static void end(struct stream *stream, const struct error *why)
{
    if (stream->state == STREAM_DEAD)
        return;
    stream->state = STREAM_DEAD;
    stream->why = *why;
    stream->tell_closed = true;
    let_go(stream);
    loop_defer(stream->net->loop, &stream->step);
}

static void end_broken(struct stream *stream, int code)
{
    struct error why = {0};
    if (code < 0)
        error_set(&why, code, "the connection to %s broke (%s)", stream->place,
                  code == -ECONNRESET ? "it ended without a goodbye" : strerror(-code));
    end(stream, &why);
}

static void on_timeout(struct loop_timer *timer)
{
    struct stream *stream = CONTAINER_OF(timer, struct stream, timeout);
    struct error why;
    error_set(&why, -ETIMEDOUT,
              "%s did not answer in time: are host and port right, or is a firewall between?",
              stream->place);
    end(stream, &why);
}

/* ---- writing --------------------------------------------------------------------------------- */

static ssize_t write_some(struct stream *stream, struct str bytes)
{
    if (stream->connection)
        return connection_write(stream->connection, bytes);
    int r = memory_client_write(stream->in_process, bytes);
    return r < 0 ? r : (ssize_t)bytes.len;
}

static void watch(struct stream *stream)
{
    if (!stream->connection)
        return;
    bool waiting = stream->chunk_len || stream->queue.len;
    int r = connection_watch(stream->connection,
                             LOOP_READABLE | (waiting ? (unsigned)LOOP_WRITABLE : 0));
    if (r < 0)
        end_broken(stream, r);
}

/* A server that throws us out says why before it closes: what it said is read before the stream
 * ends. */
static void fail_write(struct stream *stream, int code)
{
    if (!stream->connection) {
        end_broken(stream, code);
        return;
    }
    stream->write_error = code;
    stream->more_to_read = true;
    loop_defer(stream->net->loop, &stream->step);
}

/* Through a chunk of its own, because the queue moves when it grows and TLS insists on the same
 * address for what it half took. */
static void flush(struct stream *stream)
{
    if (stream->write_error)
        return;
    while (stream->state == STREAM_OPEN && (stream->chunk_len || stream->queue.len)) {
        if (!stream->chunk_len) {
            stream->chunk_len = MIN_OF(stream->queue.len, (size_t)CHUNK_BYTES);
            memcpy(stream->chunk, stream->queue.ptr, stream->chunk_len);
            buf_drop(&stream->queue, stream->chunk_len);
        }
        struct str rest = {stream->chunk + stream->chunk_sent,
                           stream->chunk_len - stream->chunk_sent};
        ssize_t sent = write_some(stream, rest);
        if (sent == -ENOBUFS) /* an in-process peer that has not had its turn yet */
            loop_defer(stream->net->loop, &stream->step);
        if (sent == -EAGAIN || sent == -ENOBUFS)
            break;
        if (sent < 0) {
            fail_write(stream, (int)sent);
            return;
        }
        stream->chunk_sent += (size_t)sent;
        if (stream->chunk_sent == stream->chunk_len)
            stream->chunk_sent = stream->chunk_len = 0;
        if (stream->connection) /* an in-process peer takes them a round later */
            DIE_AT(DIE_SENT_UNCONFIRMED);
    }
    if (stream->state == STREAM_OPEN)
        watch(stream);
}

/* The only writer of lines, and it refuses what would be two: CR or LF inside a parameter is an
 * injection, not a line.  Written from the loop, so that several lines of one turn leave in one
 * record. */
int stream_write_line(struct stream *stream, struct str line)
{
    if (stream->state != STREAM_OPEN)
        return -ENOTCONN;
    if (str_has_byte(line, '\r') || str_has_byte(line, '\n') || str_has_byte(line, '\0'))
        return -EINVAL;
    size_t room = stream->queue.limit - stream->queue.len;
    if (room < 2 || line.len > room - 2)
        return -ENOBUFS;
    size_t before = stream->queue.len;
    buf_add(&stream->queue, line);
    buf_add_c(&stream->queue, "\r\n");
    int r = stream->queue.failed;
    if (r < 0) { /* memory: no half line may stay */
        stream->queue.failed = 0;
        stream->queue.len = before;
        return r;
    }
    loop_defer(stream->net->loop, &stream->step);
    return 0;
}

void stream_flush(struct stream *stream)
{
    flush(stream);
}

size_t stream_queued_bytes(const struct stream *stream)
{
    return stream->queue.len + stream->chunk_len - stream->chunk_sent;
}

uint64_t stream_cut_lines(const struct stream *stream)
{
    return stream->lines.cut_count;
}

int64_t stream_certificate_expires_at(const struct stream *stream)
{
    return stream->connection ? connection_certificate_expires_at(stream->connection) : 0;
}

/* ---- reading: every function here returns false when a callback destroyed the stream --------- */

/* A callback may destroy the stream under our feet; `gone` lives on this frame and is passed on to
 * the frames below, so that none of them touches it again. */
static bool take(struct stream *stream, struct str bytes, bool *any)
{
    bool gone = false;
    bool *outer = stream->gone;
    struct str line;
    stream->gone = &gone;
    while (lines_next(&stream->lines, &bytes, &line)) {
        *any = true;
        stream->events.line(stream->events.ctx, line);
        if (gone)
            break;
    }
    if (gone && outer)
        *outer = true;
    if (!gone)
        stream->gone = outer;
    return !gone;
}

static bool tell(struct stream *stream, void (*what)(void *ctx))
{
    bool gone = false;
    bool *outer = stream->gone;
    if (!what)
        return true;
    stream->gone = &gone;
    what(stream->events.ctx);
    if (gone && outer)
        *outer = true;
    if (!gone)
        stream->gone = outer;
    return !gone;
}

/* Reads until nothing is left, since TLS holds bytes back that no descriptor shows. */
static bool read_all(struct stream *stream)
{
    char bytes[READ_BYTES];
    bool any = false;
    ssize_t got = 0;
    stream->more_to_read = false;
    for (int i = 0; i < READS_A_ROUND && stream->state == STREAM_OPEN; i++) {
        got = connection_read(stream->connection, bytes, sizeof bytes);
        if (got <= 0)
            break;
        DIE_AT(DIE_BODY_RECEIVED);
        if (!take(stream, (struct str){bytes, (size_t)got}, &any))
            return false;
    }
    if (any && !tell(stream, stream->events.batch_end))
        return false;
    if (stream->state != STREAM_OPEN)
        return true;
    if (got == -EAGAIN && !stream->write_error)
        return true;
    if (got <= 0) {
        end_broken(stream, got == -EAGAIN ? stream->write_error : (int)got);
        return true;
    }
    stream->more_to_read = true;
    loop_defer(stream->net->loop, &stream->step);
    return true;
}

static void on_step(struct loop_call *call)
{
    struct stream *stream = CONTAINER_OF(call, struct stream, step);
    if (TAKE(stream->tell_opened)) {
        /* some may have come with the end of the handshake */
        stream->more_to_read = stream->connection != NULL;
        if (!tell(stream, stream->events.opened))
            return;
    }
    if (stream->more_to_read && stream->state == STREAM_OPEN && !read_all(stream))
        return;
    flush(stream);
    if (stream->tell_closed) {
        stream->tell_closed = false;
        loop_undefer(stream->net->loop, call);
        /* the last call: it may destroy us */
        stream->events.closed(stream->events.ctx, &stream->why);
    }
}

/* ---- connections ----------------------------------------------------------------------------- */

static void on_opened(void *ctx)
{
    struct stream *stream = ctx;
    loop_timer_disarm(stream->net->loop, &stream->timeout);
    stream->state = STREAM_OPEN;
    stream->tell_opened = true;
    loop_defer(stream->net->loop, &stream->step);
}

static void on_failed(void *ctx, const struct error *why)
{
    end(ctx, why);
}

static void on_ready(void *ctx, unsigned events)
{
    struct stream *stream = ctx;
    if (stream->tell_opened) /* `opened` comes first */
        return;
    if (events & LOOP_READABLE && !read_all(stream))
        return;
    flush(stream);
}

/* ---- in-process peers ------------------------------------------------------------------------ */

static void on_memory_opened(void *ctx)
{
    struct stream *stream = ctx;
    loop_timer_disarm(stream->net->loop, &stream->timeout);
    stream->state = STREAM_OPEN;
    (void)tell(stream, stream->events.opened);
}

static void on_memory_bytes(void *ctx, struct str bytes)
{
    struct stream *stream = ctx;
    bool any = false;
    DIE_AT(DIE_BODY_RECEIVED);
    if (take(stream, bytes, &any) && any)
        (void)tell(stream, stream->events.batch_end);
}

static void on_memory_closed(void *ctx, int code)
{
    struct stream *stream = ctx;
    stream->in_process = NULL; /* it is gone when this returns */
    if (code == -ECONNREFUSED) {
        struct error why;
        error_set(&why, code,
                  "%s refused the connection: is the port right, and does the server run?",
                  stream->place);
        end(stream, &why);
        return;
    }
    end_broken(stream, code);
}

/* ---- life ------------------------------------------------------------------------------------ */

static const struct str MEMORY_PREFIX = {"memory:", 7};

static int connect_stream(struct stream *stream, const struct stream_options *options)
{
    if (str_starts(options->host, MEMORY_PREFIX)) {
        const struct memory_client_events events = {.opened = on_memory_opened,
                                                    .bytes = on_memory_bytes,
                                                    .closed = on_memory_closed,
                                                    .ctx = stream};
        if (!str_to_c(options->host, stream->place, sizeof stream->place))
            return -EINVAL;
        return memory_connect(stream->net, str_from(options->host, MEMORY_PREFIX.len), &events,
                              &stream->in_process);
    }
    const struct connection_events events = {
        .opened = on_opened, .failed = on_failed, .ready = on_ready, .ctx = stream};
    connection_place(options, stream->place, sizeof stream->place);
    return connection_open(stream->net->loop, options, &events, &stream->connection);
}

static void drop(struct net_member *member)
{
    stream_destroy(CONTAINER_OF(member, struct stream, member));
}

int stream_open(struct net *net, const struct stream_options *options,
                const struct stream_events *events, struct stream **ret_stream)
{
    struct stream *stream = mem_zalloc(sizeof *stream);
    if (!stream)
        return -ENOMEM;
    stream->net = net;
    stream->events = *events;
    stream->timeout = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_timeout};
    stream->step.run = on_step;
    stream->member.drop = drop;
    buf_init(&stream->queue,
             options->queue_limit ? options->queue_limit : (size_t)DEFAULT_QUEUE_BYTES);
    int64_t timeout_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms
                                                         : DEFAULT_TIMEOUT_MS;
    int r = lines_init(&stream->lines,
                       options->line_limit ? options->line_limit : (size_t)DEFAULT_LINE_BYTES);
    if (r == 0)
        r = loop_timer_arm_in(net->loop, &stream->timeout, timeout_ms);
    if (r == 0)
        r = connect_stream(stream, options);
    if (r < 0) {
        stream_destroy(stream);
        return r;
    }
    net_enlist(&net->clients, &stream->member);
    *ret_stream = stream;
    return 0;
}

void stream_destroy(struct stream *stream)
{
    if (!stream)
        return;
    if (stream->gone)
        *stream->gone = true;
    let_go(stream);
    loop_undefer(stream->net->loop, &stream->step);
    net_delist(&stream->member);
    lines_done(&stream->lines);
    buf_wipe(&stream->queue); /* it may hold a password on its way */
    mem_wipe(stream->chunk, sizeof stream->chunk);
    mem_free(stream);
}
