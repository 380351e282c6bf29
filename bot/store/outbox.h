/* SPDX-License-Identifier: MIT */
/* outbox.h (store): replies on their way. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "store/store.h"

/* ended ones are deleted */
enum store_outbox_state { STORE_OUTBOX_QUEUED, STORE_OUTBOX_IN_FLIGHT, STORE_OUTBOX_STATE_COUNT };
struct store_outbox_row {
    uint64_t id;  /* given by put; grows */
    int priority; /* 0 first */
    enum store_outbox_state state;
    uint64_t member;    /* seals the payload; STORE_HOUSE for rooms */
    struct str network; /* may be empty until routed */
    struct str plugin;  /* "" the core */
    /* hashed with the recipient: member and plugin; for a room, name it in here; empty: none */
    struct str dedup_key;
    struct str payload; /* sealed */
    int64_t created_at, not_before_at, expires_at;
    int attempts;
};
/* -EEXIST: the same dedup_key and recipient is there already (also for `remember_ms` after it was
 * ended). */
int store_outbox_put(struct store *store, struct store_outbox_row *row,
                     int64_t remember_ms) MUST_CHECK;
int store_outbox_set_state(struct store *store, uint64_t id, enum store_outbox_state state,
                           int attempts, int64_t not_before_at) MUST_CHECK;
/* The same message to another network: its network and payload; queued, never tried. */
int store_outbox_redirect(struct store *store, const struct store_outbox_row *row) MUST_CHECK;
int store_outbox_end(struct store *store, uint64_t id) MUST_CHECK;
int store_outbox_get(struct store *store, uint64_t id, struct arena *arena,
                     struct store_outbox_row *ret_row) MUST_CHECK;
/* All rows, in the order priority, id: at start.  Rows are valid inside the call. */
int store_outbox_each(struct store *store,
                      void (*each)(void *ctx, const struct store_outbox_row *row),
                      void *ctx) MUST_CHECK;

#endif
