/* SPDX-License-Identifier: MIT */
/* matrix_direct.h: private rooms on Matrix, from the wish for one on; pictures that were uploaded.
 *
 * A room that was asked for must be found again after a death between asking and knowing: the wish
 * is a random text that the room carries, and stands here before anybody is asked. */
#ifndef STORE_MATRIX_DIRECT_H
#define STORE_MATRIX_DIRECT_H

#include "store/store.h"

enum store_direct_state {
    STORE_DIRECT_WISHED, /* wanted; perhaps asked for */
    STORE_DIRECT_ASKED,  /* there, and they have not entered */
    STORE_DIRECT_JOINED,
    STORE_DIRECT_REFUSED, /* they declined or left, or cannot be invited */
    STORE_DIRECT_STATE_COUNT
};
struct store_direct {
    enum store_direct_state state;
    struct str room, wish; /* may be empty */
    int64_t at;            /* of the state */
    uint64_t member;       /* whose key seals it; STORE_HOUSE: nobody's, and no name is kept */
};
/* Who has that id as their identity on the network; STORE_HOUSE: nobody. */
uint64_t store_direct_member(struct store *store, struct str network, struct str user);
/* Sealed under the member's key, and forgotten with them.  Somebody who is none is not named: a
 * keyed hash finds the row, the house's key opens it. */
int store_direct_put(struct store *store, struct str network, struct str user,
                     const struct store_direct *direct) MUST_CHECK;
/* -ENOENT; texts in the arena. */
int store_direct_get(struct store *store, struct str network, struct str user, struct arena *arena,
                     struct store_direct *ret_direct) MUST_CHECK;

/* Two members were joined, or taken apart: the rooms of `member` come to be under the key of whose
 * they are now. */
int store_direct_settle(struct store *store, uint64_t member) MUST_CHECK;
/* Those of members, at start: whose rooms are private.  -ENOMEM from `each` ends it. */
typedef int (*store_direct_fn)(void *ctx, struct str user, const struct store_direct *direct);
int store_direct_each(struct store *store, struct str network, store_direct_fn each,
                      void *ctx) MUST_CHECK;

enum { STORE_MEDIA_HASH_BYTES = 32, STORE_MEDIA_MAX = 256 };
/* Where a picture with that SHA-256 was uploaded to; of more than STORE_MEDIA_MAX the oldest go. */
int store_media_put(struct store *store, struct str network,
                    const unsigned char hash[STORE_MEDIA_HASH_BYTES], struct str uri) MUST_CHECK;
int store_media_get(struct store *store, struct str network,
                    const unsigned char hash[STORE_MEDIA_HASH_BYTES], struct arena *arena,
                    struct str *ret_uri) MUST_CHECK; /* -ENOENT */

#endif
