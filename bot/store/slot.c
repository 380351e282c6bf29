/* SPDX-License-Identifier: MIT */
/* slot.c: the bytes of the keyring's header and slots. */
#include "store/slot.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"

/* Numbers are little-endian.  Header: magic 0, version 8, slot size 12, database id 16, wrapped 32,
 * zeros, checksum 240. Slot: state 0, sequence 4, member 8, hash 16, wrapped 48, checksum 120. */
enum {
    HEADER_CHECKSUM_AT = SLOT_HEADER_BYTES - 16,
    SLOT_CHECKSUM_AT = SLOT_BYTES - 8,
};
static const unsigned char magic[8] = {'m', 'o', 'o', 'r', 'k', 'e', 'y', '\n'};

/* Finds decay, not malice: that is what the authenticated wrapping is for. */
static void checksum(const unsigned char *bytes, size_t size, unsigned char *out, size_t out_size)
{
    unsigned char whole[crypto_generichash_BYTES];
    crypto_generichash(whole, sizeof whole, bytes, size, NULL, 0);
    memcpy(out, whole, out_size);
}

void slot_header_write(const struct slot_header *header, unsigned char out[SLOT_HEADER_BYTES])
{
    memset(out, 0, SLOT_HEADER_BYTES);
    memcpy(out, magic, sizeof magic);
    bytes_put(out + 8, header->version, 4);
    bytes_put(out + 12, SLOT_BYTES, 4);
    memcpy(out + 16, header->database_id, KEYRING_DATABASE_ID_BYTES);
    memcpy(out + 32, header->wrapped, SLOT_WRAPPED_BYTES);
    checksum(out, HEADER_CHECKSUM_AT, out + HEADER_CHECKSUM_AT, 16);
}

int slot_header_read(const unsigned char bytes[SLOT_HEADER_BYTES], struct slot_header *ret_header)
{
    unsigned char expected[16];
    if (memcmp(bytes, magic, sizeof magic) != 0)
        return -EMEDIUMTYPE;
    struct slot_header header = {.version = (uint32_t)bytes_get(bytes + 8, 4)};
    checksum(bytes, HEADER_CHECKSUM_AT, expected, sizeof expected);
    if (memcmp(expected, bytes + HEADER_CHECKSUM_AT, sizeof expected) != 0)
        return -EUCLEAN;
    if (header.version > SLOT_VERSION)
        return -EPROTO;
    if (header.version != SLOT_VERSION || bytes_get(bytes + 12, 4) != SLOT_BYTES)
        return -EUCLEAN;
    memcpy(header.database_id, bytes + 16, KEYRING_DATABASE_ID_BYTES);
    memcpy(header.wrapped, bytes + 32, SLOT_WRAPPED_BYTES);
    *ret_header = header;
    return 0;
}

void slot_write(const struct slot *slot, unsigned char out[SLOT_BYTES])
{
    memset(out, 0, SLOT_BYTES);
    if (slot->state == SLOT_FREE)
        return; /* all zeros, as a grown file is */
    bytes_put(out, slot->state, 4);
    bytes_put(out + 4, slot->sequence, 4);
    if (slot->state == SLOT_USED) {
        bytes_put(out + 8, slot->member, 8);
        memcpy(out + 16, slot->hash, KEYRING_HASH_BYTES);
        memcpy(out + 48, slot->wrapped, SLOT_WRAPPED_BYTES);
    }
    checksum(out, SLOT_CHECKSUM_AT, out + SLOT_CHECKSUM_AT, SLOT_BYTES - SLOT_CHECKSUM_AT);
}

int slot_read(const unsigned char bytes[SLOT_BYTES], struct slot *ret_slot)
{
    if (sodium_is_zero(bytes, SLOT_BYTES)) {
        *ret_slot = (struct slot){.state = SLOT_FREE};
        return 0;
    }
    unsigned char expected[SLOT_BYTES - SLOT_CHECKSUM_AT];
    checksum(bytes, SLOT_CHECKSUM_AT, expected, sizeof expected);
    if (memcmp(expected, bytes + SLOT_CHECKSUM_AT, sizeof expected) != 0)
        return -EUCLEAN;
    uint64_t state = bytes_get(bytes, 4);
    struct slot slot = {.sequence = (uint32_t)bytes_get(bytes + 4, 4),
                        .member = bytes_get(bytes + 8, 8)};
    if (state != SLOT_USED && state != SLOT_ERASED)
        return -EUCLEAN;
    slot.state = (enum slot_state)state;
    if (slot.state == SLOT_USED && (slot.member == 0 || slot.member > INT64_MAX))
        return -EUCLEAN;
    memcpy(slot.hash, bytes + 16, KEYRING_HASH_BYTES);
    memcpy(slot.wrapped, bytes + 48, SLOT_WRAPPED_BYTES);
    *ret_slot = slot;
    return 0;
}

struct wrap_bond {
    unsigned char bytes[8 + KEYRING_DATABASE_ID_BYTES];
};

static struct wrap_bond bond_of(const unsigned char *database_id, uint64_t member)
{
    struct wrap_bond bond;
    bytes_put(bond.bytes, member, 8);
    memcpy(bond.bytes + 8, database_id, KEYRING_DATABASE_ID_BYTES);
    return bond;
}

void slot_wrap(const unsigned char *master, const unsigned char *database_id, uint64_t member,
               const unsigned char key[KEYRING_KEY_BYTES], unsigned char out[SLOT_WRAPPED_BYTES])
{
    struct wrap_bond bond = bond_of(database_id, member);
    randombytes_buf(out, SLOT_NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + SLOT_NONCE_BYTES, NULL, key, KEYRING_KEY_BYTES,
                                               bond.bytes, sizeof bond.bytes, NULL, out, master);
}

int slot_unwrap(const unsigned char *master, const unsigned char *database_id, uint64_t member,
                const unsigned char wrapped[SLOT_WRAPPED_BYTES],
                unsigned char ret_key[KEYRING_KEY_BYTES])
{
    struct wrap_bond bond = bond_of(database_id, member);
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        ret_key, NULL, NULL, wrapped + SLOT_NONCE_BYTES, SLOT_WRAPPED_BYTES - SLOT_NONCE_BYTES,
        bond.bytes, sizeof bond.bytes, wrapped, master);
    return failed ? -EBADMSG : 0;
}
