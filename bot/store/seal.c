/* SPDX-License-Identifier: MIT */
/* seal.c: values sealed under their owner's key and bound to their place. */
#include "store/seal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"

static void hash_text(crypto_generichash_state *state, struct str text)
{
    /* The length first, so that ("ab", "c") and ("a", "bc") differ. */
    uint64_t len = text.len;
    crypto_generichash_update(state, (const unsigned char *)&len, sizeof len);
    crypto_generichash_update(state, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
}

/* Where a value stands is part of what is authenticated: a row moved to another member, table or
 * key by who can write the file does not open there. */
void seal_place_hash(const unsigned char *key, const struct seal_place *place, unsigned char *out,
                     size_t size)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, key ? KEYRING_KEY_BYTES : 0, size);
    hash_text(&state, str_of(place->column));
    crypto_generichash_update(&state, (const unsigned char *)&place->a, sizeof place->a);
    crypto_generichash_update(&state, (const unsigned char *)&place->b, sizeof place->b);
    hash_text(&state, place->text);
    hash_text(&state, place->more);
    crypto_generichash_final(&state, out, size);
    mem_wipe(&state, sizeof state);
}

/* The additional data of the AEAD: short, whatever the place holds. */
struct bond {
    unsigned char bytes[32];
};

static struct bond bond_of(const struct seal_place *place)
{
    struct bond bond;
    seal_place_hash(NULL, place, bond.bytes, sizeof bond.bytes);
    return bond;
}

/* A version, a nonce, the text, the tag.  The nonce is random: 192 bits need no counter that a
 * restored backup would set back. */
int seal_bytes_close(const unsigned char key[KEYRING_KEY_BYTES], const struct seal_place *place,
                     struct str plain, struct arena *arena, struct str *ret_sealed)
{
    if (plain.len > STORE_TEXT_LIMIT)
        return -E2BIG;
    unsigned char *sealed = arena_alloc(arena, plain.len + SEAL_EXTRA_BYTES);
    if (!sealed)
        return -ENOMEM;
    struct bond bond = bond_of(place);
    unsigned char *nonce = sealed + 1;
    sealed[0] = SEAL_VERSION;
    randombytes_buf(nonce, SEAL_NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        nonce + SEAL_NONCE_BYTES, NULL, (const unsigned char *)(plain.ptr ? plain.ptr : ""),
        plain.len, bond.bytes, sizeof bond.bytes, NULL, nonce, key);
    *ret_sealed = (struct str){(const char *)sealed, plain.len + SEAL_EXTRA_BYTES};
    return 0;
}

int seal_bytes_open(const unsigned char key[KEYRING_KEY_BYTES], const struct seal_place *place,
                    struct str sealed, struct arena *arena, struct str *ret_plain)
{
    if (sealed.len < SEAL_EXTRA_BYTES || sealed.ptr[0] != SEAL_VERSION)
        return -EBADMSG;
    size_t len = sealed.len - SEAL_EXTRA_BYTES;
    if (len > STORE_TEXT_LIMIT)
        return -E2BIG;
    unsigned char *plain = arena_alloc(arena, len + 1); /* and a NUL, for who wants to print it */
    if (!plain)
        return -ENOMEM;
    struct bond bond = bond_of(place);
    const unsigned char *nonce = (const unsigned char *)sealed.ptr + 1;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, nonce + SEAL_NONCE_BYTES,
                                                   len + SEAL_TAG_BYTES, bond.bytes,
                                                   sizeof bond.bytes, nonce, key) != 0)
        return -EBADMSG;
    *ret_plain = (struct str){(const char *)plain, len};
    return 0;
}

static int key_of(struct store *store, uint64_t owner, const struct keyring_key **ret_key)
{
    if (owner != STORE_HOUSE && owner != STORE_PASSING)
        return keyring_key(store->keyring, owner, ret_key);
    *ret_key = owner == STORE_HOUSE ? keyring_house(store->keyring) : store->passing;
    return 0;
}

int seal_close(struct store *store, uint64_t owner, const struct seal_place *place,
               struct str plain, struct arena *arena, struct str *ret_sealed)
{
    const struct keyring_key *key;
    int r = key_of(store, owner, &key);
    if (r < 0)
        return r;
    return seal_bytes_close(key->seal, place, plain, arena, ret_sealed);
}

int seal_open(struct store *store, uint64_t owner, const struct seal_place *place,
              struct str sealed, struct arena *arena, struct str *ret_plain)
{
    const struct keyring_key *key;
    int r = key_of(store, owner, &key);
    if (r < 0)
        return r;
    return seal_bytes_open(key->seal, place, sealed, arena, ret_plain);
}

int seal_hash(struct store *store, uint64_t owner, const struct seal_place *place,
              unsigned char ret_hash[SEAL_HASH_BYTES])
{
    const struct keyring_key *key;
    int r = key_of(store, owner, &key);
    if (r < 0)
        return r;
    seal_place_hash(key->lookup, place, ret_hash, SEAL_HASH_BYTES);
    return 0;
}

int seal_pack(const struct str *texts, size_t count, struct arena *arena, struct str *ret_packed)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len > STORE_TEXT_LIMIT)
            return -E2BIG;
        size += 4 + texts[i].len;
    }
    unsigned char *packed = arena_alloc(arena, size);
    if (!packed)
        return -ENOMEM;
    unsigned char *to = packed;
    for (size_t i = 0; i < count; i++) {
        bytes_put(to, texts[i].len, 4);
        if (texts[i].len)
            memcpy(to + 4, texts[i].ptr, texts[i].len);
        to += 4 + texts[i].len;
    }
    *ret_packed = (struct str){(const char *)packed, size};
    return 0;
}

/* Each text under its length, nothing behind the last: a row of another version is refused as a
 * whole. */
int seal_unpack(struct str packed, struct str *ret_texts, size_t count)
{
    struct str texts[SEAL_TEXT_LIMIT];
    if (count > SEAL_TEXT_LIMIT)
        return -E2BIG;
    for (size_t i = 0; i < count; i++) {
        if (packed.len < 4)
            return -EBADMSG;
        size_t len = bytes_get((const unsigned char *)packed.ptr, 4);
        packed = str_from(packed, 4);
        if (len > packed.len)
            return -EBADMSG;
        texts[i] = str_upto(packed, len);
        packed = str_from(packed, len);
    }
    if (packed.len != 0)
        return -EBADMSG;
    memcpy(ret_texts, texts, count * sizeof *texts);
    return 0;
}
