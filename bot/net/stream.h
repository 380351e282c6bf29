/* SPDX-License-Identifier: MIT */
/* stream.h: lines over TLS or plain TCP (curl CONNECT_ONLY), or to an in-process peer
 * (memory.h). */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/error.h"
#include "net/net.h"

/* What to connect to.  Everything is copied. */
struct stream_options {
    /* "memory:NAME" reaches an in-process peer (memory.h); port and tls are then ignored */
    struct str host;
    uint16_t port;
    /* verified against the system's roots, and the host's name; 1.2 or later */
    bool tls;
    /* instead of the system's roots; for closed networks and tests */
    struct str ca_file;
    struct str client_cert_file, client_key_file;
    struct str client_key; /* the key itself (PEM), instead of a file; copied by the TLS library */
    /* Hex (colons are fine) of the SHA-256 of the certificate's DER; it alone decides then: no
     * root, no name.  Empty: none.  -EINVAL without tls: it would promise what nothing keeps. */
    struct str pinned_sha256;
    bool wants_certificate; /* for stream_certificate_expires_at */
    struct str bind_address;
    int64_t connect_timeout_ms; /* lookup, TCP and TLS together, on the elapsed clock; 0: 30 s */
    /* longest line accepted, without CRLF; a longer one is cut and counted; 0: 8191 + 512 */
    size_t line_limit;
    size_t queue_limit; /* bytes waiting to be written; 0: 64 KiB */
};

/* Calls come from the loop, never from inside stream_* functions.  After `closed` the stream is
 * dead: destroy it. */
struct stream_events {
    void (*opened)(void *ctx);
    void (*line)(void *ctx, struct str line); /* without CR LF; any bytes; may be empty */
    /* code 0: the peer closed in good order; else negative errno with a sentence (host, port, what
     * to do):
     * -ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH (also an unknown name), -EKEYREJECTED (its
     * certificate), -EPROTO (no TLS),
     * -ECONNRESET (broke) ...  A line without its end is never delivered: it may be half of what
     * was meant. */
    void (*closed)(void *ctx, const struct error *why);
    void (*batch_end)(void *ctx); /* after the last line of what arrived together; may be NULL */
    void *ctx;
};

struct stream;
/* -EINVAL: options that make no sense (host, port, fingerprint); -ENOMEM. */
int stream_open(struct net *net, const struct stream_options *options,
                const struct stream_events *events, struct stream **ret_stream) MUST_CHECK;
/* Queues one line; CR LF is added.  -EINVAL: it holds CR, LF or NUL; -ENOBUFS: the queue's ceiling;
 * -ENOTCONN: not yet open, or dead.  What is queued in one turn leaves together. */
int stream_write_line(struct stream *stream, struct str line) MUST_CHECK;
/* Gives the kernel what it takes right now, before an end. */
void stream_flush(struct stream *stream);
size_t stream_queued_bytes(const struct stream *stream);
/* how many came that were over line_limit */
uint64_t stream_cut_lines(const struct stream *stream);
/* The last moment of the peer's own certificate (Unix ms), where it was wanted; 0: not known. */
int64_t stream_certificate_expires_at(const struct stream *stream);
/* flushes nothing; legal inside its own callbacks; NULL is fine */
void stream_destroy(struct stream *stream);

#endif
