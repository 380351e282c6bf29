/* SPDX-License-Identifier: MIT */
/* slot.h: the bytes of the keyring's header and slots: read and checked, written; nothing of files.
 */
#ifndef STORE_SLOT_H
#define STORE_SLOT_H

#include <stdint.h>

#include "store/keyring.h"

enum {
    SLOT_BYTES = 128, /* divides a disk's sector: a slot is written whole or not at all */
    SLOT_HEADER_BYTES = 256,
    SLOT_NONCE_BYTES = 24,
    SLOT_WRAPPED_BYTES = SLOT_NONCE_BYTES + KEYRING_KEY_BYTES + 16,
    SLOT_VERSION = 1,
};

/* The header: magic, version, slot size, database id, the house's key wrapped by the master key,
 * checksum. */
struct slot_header {
    uint32_t version;
    unsigned char database_id[KEYRING_DATABASE_ID_BYTES];
    unsigned char wrapped[SLOT_WRAPPED_BYTES];
};
void slot_header_write(const struct slot_header *header, unsigned char out[SLOT_HEADER_BYTES]);
/* -EMEDIUMTYPE: no keyring; -EPROTO: of a newer version; -EUCLEAN: damaged. */
int slot_header_read(const unsigned char bytes[SLOT_HEADER_BYTES],
                     struct slot_header *ret_header) MUST_CHECK;

enum slot_state { SLOT_FREE, SLOT_USED, SLOT_ERASED, SLOT_STATE_COUNT };
struct slot {
    enum slot_state state;
    uint32_t sequence; /* of the change that wrote it */
    uint64_t member;
    unsigned char hash[KEYRING_HASH_BYTES];
    unsigned char wrapped[SLOT_WRAPPED_BYTES];
};
void slot_write(const struct slot *slot, unsigned char out[SLOT_BYTES]);
int slot_read(const unsigned char bytes[SLOT_BYTES],
              struct slot *ret_slot) MUST_CHECK; /* -EUCLEAN */

/* Keys at rest: XChaCha20-Poly1305 under the master key, bound to whose key it is in which
 * database. */
void slot_wrap(const unsigned char *master, const unsigned char *database_id, uint64_t member,
               const unsigned char key[KEYRING_KEY_BYTES], unsigned char out[SLOT_WRAPPED_BYTES]);
int slot_unwrap(const unsigned char *master, const unsigned char *database_id, uint64_t member,
                const unsigned char wrapped[SLOT_WRAPPED_BYTES],
                unsigned char ret_key[KEYRING_KEY_BYTES]) MUST_CHECK; /* -EBADMSG */

#endif
