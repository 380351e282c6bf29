/* SPDX-License-Identifier: MIT */
/* manifest.h: the first 4096 bytes of a backup: lines of text that say what follows, and prove who
 * wrote them. */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include <stdint.h>

#include "base/error.h"
#include "store/keyring.h"

enum {
    MANIFEST_BYTES = 4096,
    MANIFEST_VERSION = 1,
    MANIFEST_HASH_BYTES = 32,
};

struct manifest {
    unsigned char database_id[KEYRING_DATABASE_ID_BYTES];
    int64_t schema;                            /* the database's version */
    uint32_t keyring_sequence;                 /* how far the keyring was */
    int64_t created_at;                        /* Unix ms */
    int64_t size_bytes;                        /* of the database behind the manifest */
    unsigned char sha256[MANIFEST_HASH_BYTES]; /* of the same */
};
/* `key`: KEYRING_BACKUP of the house.  -ENOMEM: nothing was written to `out`. */
int manifest_write(const struct manifest *manifest, const unsigned char key[KEYRING_KEY_BYTES],
                   char out[MANIFEST_BYTES]) MUST_CHECK;
/* -EMEDIUMTYPE: no backup, or one that was not finished; -EPROTO: of a newer version; -EXDEV: of
 * another database than `database_id`; -EBADMSG: changed, or written under other keys. */
int manifest_read(const char bytes[MANIFEST_BYTES], const unsigned char key[KEYRING_KEY_BYTES],
                  const unsigned char database_id[KEYRING_DATABASE_ID_BYTES],
                  struct manifest *ret_manifest) MUST_CHECK;

#endif
