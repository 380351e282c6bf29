/* SPDX-License-Identifier: MIT */
/* traces.h: what an event left behind: the messages that answered it, and what came to be stored by
 * it; so that an edit, a reaction and a deletion find what they mean. */
#ifndef STORE_TRACES_H
#define STORE_TRACES_H

#include "store/store.h"

enum store_trace_kind {
    STORE_TRACE_SAID,   /* a message of ours; `thing`: the network's id of it */
    STORE_TRACE_REDACT, /* the same, which is to be deleted there */
    STORE_TRACE_GONE,   /* an event that was taken back; `thing`: its id */
    STORE_TRACE_EFFECT, /* something that it stored or set; `thing`: what, once for each owner */
    STORE_TRACE_PART,   /* an event whose effects are those of another cause (a dialogue's) */
    STORE_TRACE_KIND_COUNT
};
/* Ids are hashed; the record is sealed under the owner. */
struct store_trace {
    enum store_trace_kind kind;
    uint64_t owner; /* a member, STORE_HOUSE or STORE_PASSING */
    uint64_t sent;  /* SAID: the outbox's id */
    /* `cause`: what it goes back to, an event's id or what stands for several; empty: nothing */
    struct str network, thing, cause;
    struct str record; /* text of the caller's making, JSON */
    int64_t at, expires_at;
    int64_t row; /* given by reads */
};

/* Replaces what has the same kind, owner (of EFFECT), network and thing. */
int store_traces_put(struct store *store, const struct store_trace *trace) MUST_CHECK;
/* -ENOENT also when it ran out, or was passing and another process's.  ret_trace: kind, owner,
 * sent, record, at, row. */
int store_traces_find(struct store *store, enum store_trace_kind kind, struct str network,
                      struct str thing, struct arena *arena,
                      struct store_trace *ret_trace) MUST_CHECK;
int store_traces_find_sent(struct store *store, uint64_t sent, struct arena *arena,
                           struct store_trace *ret_trace) MUST_CHECK;
/* Those of a cause, oldest first; those that do not open any more are passed over.  Valid inside
 * the call, which must not write traces. */
typedef void (*store_trace_fn)(void *ctx, const struct store_trace *trace);
int store_traces_each_of(struct store *store, struct str network, struct str cause,
                         store_trace_fn each, void *ctx) MUST_CHECK;
/* All of a kind, oldest first, at most `limit`. */
int store_traces_each(struct store *store, enum store_trace_kind kind, size_t limit,
                      store_trace_fn each, void *ctx) MUST_CHECK;
int store_traces_set_kind(struct store *store, int64_t row, enum store_trace_kind kind) MUST_CHECK;
int store_traces_remove(struct store *store, int64_t row) MUST_CHECK;

#endif
