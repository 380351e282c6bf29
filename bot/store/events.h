/* SPDX-License-Identifier: MIT */
/* events.h: how far each network was read, what had effects already, what was buried. */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "store/store.h"

int store_events_put_cursor(struct store *store, struct str network, struct str target,
                            struct str cursor) MUST_CHECK;
int store_events_get_cursor(struct store *store, struct str network, struct str target,
                            struct arena *arena, struct str *ret_cursor) MUST_CHECK;
/* Only events with effects are marked.  Event ids are hashed.  seen: 1 or 0. */
int store_events_mark_seen(struct store *store, struct str network, struct str event_id) MUST_CHECK;
int store_events_seen(struct store *store, struct str network, struct str event_id) MUST_CHECK;
/* Marks from before, and all whose time ran out: questions, offers, values, keys of messages; out
 * of the WAL too, after the commit. */
int store_events_prune(struct store *store, int64_t before_at) MUST_CHECK;
/* No text: network, hashed id, the error, which plugin ("" the core). */
int store_events_bury(struct store *store, struct str network, struct str event_id, int code,
                      struct str plugin) MUST_CHECK;
int store_events_buried_count(struct store *store, int64_t *ret_count) MUST_CHECK;

#endif
