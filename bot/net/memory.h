/* SPDX-License-Identifier: MIT */
/* memory.h: in-process peers that speak bytes on the virtual clock: a whole server's behaviour in a
 * scenario. */
#ifndef NET_MEMORY_H
#define NET_MEMORY_H

#include "net/net.h"

/* A peer listens under a name; streams opened to "memory:NAME" reach it.  Bytes are handed over by
 * deferred calls, so that nothing recurses, and in order. */
struct memory_connection;
struct memory_peer_events {
    void (*accepted)(void *ctx, struct memory_connection *connection);
    void (*bytes)(void *ctx, struct memory_connection *connection, struct str bytes);
    /* the other side went; do not use it again */
    void (*closed)(void *ctx, struct memory_connection *connection);
    void *ctx;
};
struct memory_peer;
int memory_listen(struct net *net, struct str name, const struct memory_peer_events *events,
                  struct memory_peer **ret_peer) MUST_CHECK;
void memory_unlisten(struct memory_peer *peer); /* open connections are closed */
/* How the peer behaves towards new connections: accept, refuse (-ECONNREFUSED), hang (never
 * answers). */
enum memory_mode { MEMORY_ACCEPT, MEMORY_REFUSE, MEMORY_HANG, MEMORY_MODE_COUNT };
void memory_set_mode(struct memory_peer *peer, enum memory_mode mode);
/* to the bot */
int memory_write(struct memory_connection *connection, struct str bytes) MUST_CHECK;
/* 0, or -ECONNRESET ... */
void memory_close(struct memory_connection *connection, int code);

/* The bot's end, used by stream.c alone. */
struct memory_client_events {
    void (*opened)(void *ctx);
    void (*bytes)(void *ctx, struct str bytes);
    void (*closed)(void *ctx, int code);
    void *ctx;
};
int memory_connect(struct net *net, struct str name, const struct memory_client_events *events,
                   struct memory_connection **ret_connection) MUST_CHECK;
int memory_client_write(struct memory_connection *connection, struct str bytes) MUST_CHECK;
void memory_client_close(struct memory_connection *connection);

#endif
