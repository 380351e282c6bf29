/* SPDX-License-Identifier: MIT */
/* matrix_rooms.h: what is kept of Matrix rooms that groups have, of what is still to be read in
 * them, and of invitations.  Ids are sealed and found by a keyed hash; a room's row names nobody
 * (chat/matrix/rooms.c keeps keyed hashes of who has power), an invitation's names who invited, and
 * goes when it was answered. */
#ifndef STORE_MATRIX_ROOMS_H
#define STORE_MATRIX_ROOMS_H

#include "store/store.h"

enum store_matrix_kind {
    STORE_MATRIX_ROOM, /* id: the room's */
    STORE_MATRIX_GAP,  /* id: the room's, and where the gap ends */
    STORE_MATRIX_INVITE,
    STORE_MATRIX_KIND_COUNT
};
/* `value`: JSON of the caller's own. */
int store_matrix_put(struct store *store, enum store_matrix_kind kind, struct str network,
                     struct str id, struct str value) MUST_CHECK;
int store_matrix_remove(struct store *store, enum store_matrix_kind kind, struct str network,
                        struct str id) MUST_CHECK;
typedef int (*store_matrix_fn)(void *ctx, struct str id, struct str value);
/* Borrowed for the call; a row that cannot be opened is passed over.  Negative ends the walk and is
 * returned. */
int store_matrix_each(struct store *store, enum store_matrix_kind kind, struct str network,
                      store_matrix_fn each, void *ctx) MUST_CHECK;

#endif
