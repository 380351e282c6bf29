/* SPDX-License-Identifier: MIT */
/* keyring.h: who is who, and the key of each: a file of fixed slots beside the database, never in
 * it or its backups. */
#ifndef STORE_KEYRING_H
#define STORE_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum { KEYRING_HASH_BYTES = 32, KEYRING_DATABASE_ID_BYTES = 16, KEYRING_KEY_BYTES = 32 };

struct keyring;

/* One person's two keys, or the house's.  In locked memory; valid until the next call of
 * keyring_key. */
struct keyring_key {
    unsigned char seal[KEYRING_KEY_BYTES];   /* of values */
    unsigned char lookup[KEYRING_KEY_BYTES]; /* of keyed hashes */
};
/* Sub-keys of the house. */
enum keyring_use {
    KEYRING_IDENTITY,
    KEYRING_NAME_ID,
    KEYRING_EVENT,
    KEYRING_AUDIT,
    KEYRING_BACKUP,
    KEYRING_LOGIN, /* of what lets the bot in elsewhere: files beside the database */
    KEYRING_USE_COUNT
};

struct keyring_options {
    const char *folder; /* NULL: in memory */
    const unsigned char
        *master_key; /* 32 bytes, used only inside the call and kept in locked memory; in memory
                        NULL: a fixed one, so that a scenario plays the same twice */
    const unsigned char *database_id; /* the database's own; NULL: there is none yet */
    int folder_fd;                    /* -1 in memory */
};
int keyring_open(const struct keyring_options *options, struct keyring **ret_keyring,
                 struct error *error) MUST_CHECK;
void keyring_close(struct keyring *keyring);
const unsigned char *keyring_database_id(const struct keyring *keyring);

int keyring_find(const struct keyring *keyring, const unsigned char hash[KEYRING_HASH_BYTES],
                 uint64_t *ret_member) MUST_CHECK; /* -ENOENT */
bool keyring_holds(const struct keyring *keyring, uint64_t member);
/* A member with a key of their own, on the disk before this returns. */
int keyring_add(struct keyring *keyring, const unsigned char hash[KEYRING_HASH_BYTES],
                uint64_t *ret_member) MUST_CHECK;
/* Every identity of `member` is `heir`'s from now on: each slot overwritten in place with the
 * heir's key, on the disk before this returns; with the last the member's own key is gone.  0 also
 * when there is none. */
int keyring_hand_over(struct keyring *keyring, uint64_t member, uint64_t heir) MUST_CHECK;
/* Overwrites every slot of the member, on the disk before this returns.  0 also when there is none.
 */
int keyring_erase(struct keyring *keyring, uint64_t member) MUST_CHECK;

/* -ENOKEY: no such member, or forgotten.  -EBADMSG: the slot was changed by others. */
int keyring_key(struct keyring *keyring, uint64_t member,
                const struct keyring_key **ret_key) MUST_CHECK;
const struct keyring_key *keyring_house(const struct keyring *keyring);
const unsigned char *keyring_house_key(const struct keyring *keyring, enum keyring_use use);
/* The same from the header of the folder's keyring alone, for what must be read when the rest
 * cannot be.  It stays what it is when the master key is changed.  -ENOENT: no keyring; -EUCLEAN;
 * -EKEYREJECTED: it is under another master key. */
int keyring_peek(const char *folder, const unsigned char *master, enum keyring_use use,
                 unsigned char ret_key[KEYRING_KEY_BYTES]) MUST_CHECK;

/* Wraps every key under a new master key (32 bytes): a new file beside the old one, read again and
 * tried whole before it takes its place; the old one is overwritten.  A kill leaves a keyring that
 * one of the two keys opens.  In between nothing else may be asked of it. */
int keyring_rotate(struct keyring *keyring, const unsigned char *new_master) MUST_CHECK;
/* The file's bytes as they are now.  -EOPNOTSUPP in memory; `ret_bytes` is wiped by the caller. */
int keyring_image(const struct keyring *keyring, struct buf *ret_bytes) MUST_CHECK;
/* Whether bytes are a whole keyring of this database that this keyring's master key opens:
 * -EUCLEAN, -EXDEV, -EKEYREJECTED. */
int keyring_image_check(const struct keyring *keyring, struct str bytes) MUST_CHECK;

uint64_t keyring_generation(
    const struct keyring *keyring); /* grows with each change since opening: for caches */
uint32_t keyring_sequence(
    const struct keyring *keyring); /* grows with each change ever: which of two copies is older */
size_t keyring_count(const struct keyring *keyring);    /* of used slots */
void keyring_inject(struct keyring *keyring, int code); /* each write fails with it; 0: none */

#endif
