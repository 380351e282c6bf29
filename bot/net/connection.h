/* SPDX-License-Identifier: MIT */
/* connection.h: a TCP or TLS connection made by curl (CONNECT_ONLY), read and written by us. */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "net/stream.h"

struct connection;
/* Called from the loop.  connection_close is legal inside. */
struct connection_events {
    void (*opened)(void *ctx);
    void (*failed)(void *ctx, const struct error *why);
    void (*ready)(void *ctx, unsigned events); /* LOOP_READABLE, LOOP_WRITABLE */
    void *ctx;
};
/* -EINVAL: options that make no sense; -ENOMEM. */
int connection_open(struct loop *loop, const struct stream_options *options,
                    const struct connection_events *events,
                    struct connection **ret_connection) MUST_CHECK;
/* "host:port" (an IPv6 address in brackets), for people. */
void connection_place(const struct stream_options *options, char *out, size_t size);
int connection_watch(struct connection *connection, unsigned events) MUST_CHECK;
/* Bytes, 0 at the peer's orderly end, -EAGAIN, or what broke.  TLS holds bytes back: read until
 * -EAGAIN before waiting. After -EAGAIN from a write the same bytes at the same address must be
 * offered again. */
ssize_t connection_read(struct connection *connection, char *bytes, size_t size) MUST_CHECK;
ssize_t connection_write(struct connection *connection, struct str bytes) MUST_CHECK;
int64_t connection_certificate_expires_at(const struct connection *connection); /* 0: not known */
void connection_close(struct connection *connection);                           /* NULL is fine */

#endif
