/* SPDX-License-Identifier: MIT */
/* http.h: HTTP requests over curl multi. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "net/net.h"

struct http_request {
    /* https; http only to 127.0.0.1, [::1] and localhost; "memory://NAME/path": an in-process peer
     * (memory_http.h) */
    struct str method, url;
    const struct str *headers; /* "Name: value" */
    size_t header_count;
    struct str body;
    int64_t timeout_ms; /* of the whole; 0: 30 s */
    size_t max_bytes;   /* of the answer, unpacked; more: -EMSGSIZE; 0: 1 MiB */
    bool redirects;     /* follow up to five, https only */
    struct str ca_file; /* instead of the system's roots; empty: those */
    /* The body of a 2xx answer as it comes (unpacked, still under max_bytes); answer.body is empty
     * then.  Other statuses' bodies are gathered as ever.  Negative: the call ends with it.  Called
     * from the loop; no request may be started or cancelled inside (curl is on the stack). */
    int (*bytes)(void *ctx, struct str bytes);
    /* A long poll: it holds a connection of its own, which does not count among the handful a host
     * has. */
    bool is_long;
};
struct http_answer {
    /* 0 with any status, or negative errno: -ETIMEDOUT, -ECONNREFUSED, -EMSGSIZE, -EKEYREJECTED
     * ... */
    int result;
    unsigned status;                               /* 200 ...; 0 when there was none */
    struct str body, etag, content_type, location; /* with result 0 */
    int64_t retry_after_ms; /* from Retry-After, seconds or HTTP-date; at most a year; -1: none */
    /* with a negative result, for people; never holds a token, the path or the query */
    struct str error;
};
/* borrowed until it returns */
typedef void (*http_done_fn)(void *ctx, const struct http_answer *answer);
struct http_call;
/* Copies everything; `done` is called once, from the loop, unless http_cancel came first.  A
 * handful of connections a host; more requests wait their turn, and their timeout counts meanwhile.
 * -EINVAL: no such URL, method or header; -EAGAIN: 256 requests are under way; -ENOMEM. */
int http_start(struct net *net, const struct http_request *request, http_done_fn done, void *ctx,
               struct http_call **ret_call) MUST_CHECK;
/* Legal everywhere, also inside any `done`, where its own call is over anyway.  NULL is fine. */
void http_cancel(struct http_call *call);

#endif
