/* SPDX-License-Identifier: MIT */
/* memory_http.h: in-process HTTP peers on the virtual clock: a whole homeserver's behaviour in a
 * test.  Structured: no bytes of HTTP are written or read; that is curl's, and is tested on real
 * sockets. */
#ifndef NET_MEMORY_HTTP_H
#define NET_MEMORY_HTTP_H

#include "net/net.h"

struct memory_http_peer;
/* One request that the peer has not answered yet; gone after memory_http_end, _cut, or `gone`. */
struct memory_exchange;
struct memory_http_request {
    struct str method, target; /* "/path?query", as sent */
    const struct str *headers; /* "Name: value" */
    size_t header_count;
    struct str body;
};
struct memory_http_events {
    /* From the loop, deferred.  Everything is borrowed.  The peer may answer now or later. */
    void (*request)(void *ctx, struct memory_exchange *exchange,
                    const struct memory_http_request *request);
    void (*gone)(void *ctx, struct memory_exchange *exchange); /* cancelled or timed out */
    void *ctx;
};
/* Requests to "memory://NAME/..." reach it. */
int memory_http_listen(struct net *net, struct str name, const struct memory_http_events *events,
                       struct memory_http_peer **ret_peer) MUST_CHECK;
void memory_http_unlisten(struct memory_http_peer *peer); /* what is open is cut off */
/* New requests: taken; -ECONNREFUSED; never answered (they time out on the virtual clock).  A
 * request under a name that nobody listens on is refused too. */
enum memory_http_mode {
    MEMORY_HTTP_TAKE,
    MEMORY_HTTP_REFUSE,
    MEMORY_HTTP_HANG,
    MEMORY_HTTP_MODE_COUNT
};
void memory_http_set_mode(struct memory_http_peer *peer, enum memory_http_mode mode);
/* The head, then the body in pieces, then the end; all copied, handed over by deferred calls, in
 * order.  Not ended: it hangs in mid-body.  -EINVAL: a second head, or a body before it; -ENOBUFS:
 * 256 MiB wait; -ENOMEM. */
int memory_http_head(struct memory_exchange *exchange, unsigned status, const struct str *headers,
                     size_t header_count) MUST_CHECK;
int memory_http_body(struct memory_exchange *exchange, struct str bytes) MUST_CHECK;
void memory_http_end(struct memory_exchange *exchange);
/* The connection breaks there, behind what was handed over so far: -ECONNRESET. */
void memory_http_cut(struct memory_exchange *exchange);

/* The bot's end, used by http.c alone. */
struct memory_http_client {
    int (*bytes)(void *ctx, struct str bytes); /* negative: it ends with that */
    /* 0: whole.  The exchange is there until it returns. */
    void (*done)(void *ctx, int result);
    void *ctx;
};
int memory_http_ask(struct net *net, struct str name, const struct memory_http_request *request,
                    int64_t timeout_ms, const struct memory_http_client *client,
                    struct memory_exchange **ret_exchange) MUST_CHECK;
void memory_http_cancel(struct memory_exchange *exchange); /* without `done`; not inside `bytes` */
unsigned memory_http_status(const struct memory_exchange *exchange); /* 0: no head yet */
/* Of the head; empty: not there. */
struct str memory_http_header(const struct memory_exchange *exchange, struct str name);
int64_t memory_http_left_ms(const struct memory_exchange *exchange); /* of its time */

#endif
