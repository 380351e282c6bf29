/* SPDX-License-Identifier: MIT */
/* values.h: keyed values per plugin and owner, sealed; and series of numbers. */
#ifndef STORE_VALUES_H
#define STORE_VALUES_H

#include "store/store.h"

/* owner_kind as enum mooring_owner_kind; a member's are sealed under the member's key, others under
 * the house's.  Keys are sealed too (deterministic lookup by keyed hash; a scan opens them). */
int store_values_put(struct store *store, struct str plugin, uint32_t owner_kind, uint64_t owner_id,
                     struct str key, struct str value, int64_t expires_at) MUST_CHECK;
int store_values_get(struct store *store, struct str plugin, uint32_t owner_kind, uint64_t owner_id,
                     struct str key,
                     /* -ENOENT, also when expired */
                     struct arena *arena, struct str *ret_value) MUST_CHECK;
/* Exactly that key; fine when it is not there. */
int store_values_remove(struct store *store, struct str plugin, uint32_t owner_kind,
                        uint64_t owner_id, struct str key) MUST_CHECK;
int store_values_erase(struct store *store, struct str plugin, uint32_t owner_kind,
                       uint64_t owner_id, struct str key_prefix) MUST_CHECK;
typedef void (*store_value_fn)(void *ctx, struct str key, struct str value);
int store_values_scan(struct store *store, struct str plugin, uint32_t owner_kind,
                      uint64_t owner_id, struct str key_prefix,
                      /* in key order; count */
                      struct str after, uint32_t limit, store_value_fn each, void *ctx) MUST_CHECK;

int store_series_put(struct store *store, struct str plugin, uint64_t member, struct str series,
                     int64_t at, int64_t value) MUST_CHECK;
int store_series_erase(struct store *store, struct str plugin, uint64_t member, struct str series,
                       int64_t at) MUST_CHECK;
typedef void (*store_point_fn)(void *ctx, int64_t at, int64_t value);
int store_series_read(struct store *store, struct str plugin, uint64_t member, struct str series,
                      int64_t from_at, int64_t to_at, store_point_fn each,
                      void *ctx) MUST_CHECK; /* oldest first; count */

#endif
