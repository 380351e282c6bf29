/* SPDX-License-Identifier: MIT */
/* seal.h: values sealed under their owner's key and bound to their place, so that rows cannot be
 * swapped. */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "store/internal.h"

enum {
    SEAL_VERSION = 1,
    SEAL_NONCE_BYTES = 24,
    SEAL_TAG_BYTES = 16,
    SEAL_EXTRA_BYTES = 1 + SEAL_NONCE_BYTES + SEAL_TAG_BYTES,
    SEAL_HASH_BYTES = 16, /* of keyed hashes within the database */
    SEAL_TEXT_LIMIT = 8,  /* texts in one sealed value */
};

/* Where a value stands: column ("outbox.payload") and what tells its row from others. */
struct seal_place {
    const char *column;
    uint64_t a, b;
    struct str text, more;
};

/* `owner`: a member, STORE_HOUSE or STORE_PASSING.  -ENOKEY: forgotten or unknown; -EBADMSG:
 * changed, or of another place; -E2BIG. */
int seal_close(struct store *store, uint64_t owner, const struct seal_place *place,
               struct str plain, struct arena *arena, struct str *ret_sealed) MUST_CHECK;
int seal_open(struct store *store, uint64_t owner, const struct seal_place *place,
              struct str sealed, struct arena *arena, struct str *ret_plain) MUST_CHECK;

/* The same for bytes and a key at hand. */
int seal_bytes_close(const unsigned char key[KEYRING_KEY_BYTES], const struct seal_place *place,
                     struct str plain, struct arena *arena, struct str *ret_sealed) MUST_CHECK;
int seal_bytes_open(const unsigned char key[KEYRING_KEY_BYTES], const struct seal_place *place,
                    struct str sealed, struct arena *arena, struct str *ret_plain) MUST_CHECK;

/* Several texts as one: each with its length before it.  unpack: exactly `count`, or -EBADMSG;
 * borrowed from `packed`. */
int seal_pack(const struct str *texts, size_t count, struct arena *arena,
              struct str *ret_packed) MUST_CHECK;
int seal_unpack(struct str packed, struct str *ret_texts, size_t count) MUST_CHECK;

/* A keyed hash under the owner's lookup key: for finding a row without knowing what its sealed key
 * says. */
int seal_hash(struct store *store, uint64_t owner, const struct seal_place *place,
              unsigned char ret_hash[SEAL_HASH_BYTES]) MUST_CHECK;
/* Places hashed under a key at hand. */
void seal_place_hash(const unsigned char *key, const struct seal_place *place, unsigned char *out,
                     size_t size);

#endif
