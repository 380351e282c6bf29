/* SPDX-License-Identifier: MIT */
/* keyring.c: who is who, and the key of each, in memory; every change is in the file first. */
#include "store/keyring.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "store/keyring_internal.h"

#define KDF_CONTEXT "mooringk"

/* ---- maps of indexes ------------------------------------------------------------------------- */

static void *index_value(size_t index)
{
    return (void *)(uintptr_t)(index + 1);
}

static struct slot *slot_of(const struct keyring *keyring, const void *value)
{
    return value ? &keyring->slots[(uintptr_t)value - 1] : NULL;
}

static struct str hash_str(const unsigned char *hash)
{
    return (struct str){(const char *)hash, KEYRING_HASH_BYTES};
}

/* A person with several identities has a slot for each; any of them leads to the same key, so the
 * first is enough. */
static int index_slot(struct keyring *keyring, size_t index)
{
    const struct slot *slot = &keyring->slots[index];
    int r = map_put(&keyring->by_hash, hash_str(slot->hash), index_value(index));
    if (r == 0 && !map_get_id(&keyring->by_member, slot->member))
        r = map_put_id(&keyring->by_member, slot->member, index_value(index));
    return r;
}

/* The highest sequence seen, also of erased slots: it tells a restored database that people were
 * forgotten since (store_forget_strays). */
static int load_slot(void *ctx, size_t index, const struct slot *slot)
{
    struct keyring *keyring = ctx;
    keyring->sequence = MAX_OF(keyring->sequence, slot->sequence);
    int r = mem_grow(&keyring->slots, &keyring->slot_capacity, index, sizeof *keyring->slots,
                     KEYRING_FILE_SLOT_LIMIT);
    if (r < 0)
        return r;
    keyring->slots[index] = *slot;
    keyring->slot_count = index + 1;
    if (slot->state != SLOT_USED)
        return 0;
    keyring->used_count++;
    return index_slot(keyring, index);
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Two keys from one root: what seals never also hashes. */
static void derive(struct keyring_key *key, const unsigned char root[KEYRING_KEY_BYTES])
{
    crypto_kdf_derive_from_key(key->seal, sizeof key->seal, 1, KDF_CONTEXT, root);
    crypto_kdf_derive_from_key(key->lookup, sizeof key->lookup, 2, KDF_CONTEXT, root);
}

static void derive_house(struct secrets *secrets, const unsigned char root[KEYRING_KEY_BYTES])
{
    derive(&secrets->house, root);
    for (unsigned use = 0; use < KEYRING_USE_COUNT; use++)
        crypto_kdf_derive_from_key(secrets->uses[use], KEYRING_KEY_BYTES, 16 + use, KDF_CONTEXT,
                                   root);
}

/* The header's root is wrapped like a member's, as number 0: a wrong master key is found out at
 * once, and not at the first value that does not open. */
static int make_header(struct keyring *keyring, const struct keyring_options *options,
                       struct error *error)
{
    struct slot_header header = {.version = SLOT_VERSION};
    unsigned char root[KEYRING_KEY_BYTES];
    if (keyring->is_fixed) {
        memset(root, 0, sizeof root);
    } else {
        randombytes_buf(root, sizeof root);
        randombytes_buf(keyring->database_id, sizeof keyring->database_id);
    }
    memcpy(header.database_id, keyring->database_id, sizeof header.database_id);
    slot_wrap(keyring->secrets->master, header.database_id, 0, root, header.wrapped);
    int r = 0;
    if (options->folder)
        r = keyring_file_create(&keyring->file, options->folder_fd, options->folder, &header,
                                error);
    if (r == 0)
        derive_house(keyring->secrets, root);
    mem_wipe(root, sizeof root);
    return r;
}

/* The key is tried before the database's id is compared: with a wrong key the id proves nothing. */
static int take_header(struct keyring *keyring, const struct keyring_options *options,
                       const struct slot_header *header, struct error *error)
{
    unsigned char root[KEYRING_KEY_BYTES];
    memcpy(keyring->database_id, header->database_id, sizeof keyring->database_id);
    int r = slot_unwrap(keyring->secrets->master, header->database_id, 0, header->wrapped, root);
    if (r < 0)
        return error_set(
            error, -EKEYREJECTED,
            "cannot open the keyring %s/keyring: the master key is not the one that it "
            "is under. Give the key that belongs to it (after a rotation that was cut short: the "
            "file with .next at its end; mooring key rotate ends it); nothing was changed.",
            options->folder);
    derive_house(keyring->secrets, root);
    mem_wipe(root, sizeof root);
    if (options->database_id &&
        memcmp(options->database_id, header->database_id, KEYRING_DATABASE_ID_BYTES) != 0)
        return error_set(
            error, -EXDEV,
            "cannot open the keyring %s/keyring: it belongs to another database. Put back the "
            "keyring that was kept with this mooring.db; nothing was changed.",
            options->folder);
    return keyring_file_walk(&keyring->file, options->folder, load_slot, keyring, error);
}

/* A missing file beside an existing database is never made anew: the new keys would open nothing,
 * and the old file's backup would then be overwritten by a useless one. */
static int open_file(struct keyring *keyring, const struct keyring_options *options,
                     struct error *error)
{
    struct slot_header header;
    int r = -ENOENT;
    if (options->folder)
        keyring_file_tidy(options->folder_fd);
    if (options->folder)
        r = keyring_file_open(&keyring->file, options->folder_fd, options->folder, &header, error);
    if (r == 0)
        return take_header(keyring, options, &header, error);
    if (r != -ENOENT)
        return r;
    if (options->database_id)
        return error_set(
            error, -ENOENT,
            "cannot open the keyring %s/keyring: the file is missing, and mooring.db beside it "
            "cannot be read without it. Restore the keyring's backup; nothing was changed.",
            options->folder);
    return make_header(keyring, options, error);
}

int keyring_open(const struct keyring_options *options, struct keyring **ret_keyring,
                 struct error *error)
{
    if (options->folder && !options->master_key)
        return error_set(
            error, -ENOKEY,
            "cannot open the keyring %s/keyring: no master key was given. With systemd: "
            "LoadCredential=master-key:/etc/mooring/master-key. By hand: mooring key new FILE.",
            options->folder);
    if (sodium_init() < 0)
        return error_set(error, -ENOSYS,
                         "cannot open the keyring: libsodium finds no source of random numbers.");
    struct keyring *keyring = mem_zalloc(sizeof *keyring);
    if (!keyring)
        return error_set(error, -ENOMEM, "cannot open the keyring: memory is short.");
    keyring->file.fd = -1;
    keyring->folder_fd = options->folder ? options->folder_fd : -1;
    keyring->is_fixed = !options->master_key;
    keyring->secrets = sodium_malloc(sizeof *keyring->secrets);
    if (!keyring->secrets) {
        keyring_close(keyring);
        return error_set(error, -ENOMEM, "cannot open the keyring: memory is short.");
    }
    memset(keyring->secrets, 0, sizeof *keyring->secrets);
    if (options->master_key)
        memcpy(keyring->secrets->master, options->master_key, KEYRING_KEY_BYTES);
    int r = open_file(keyring, options, error);
    if (r < 0) {
        keyring_close(keyring);
        return r;
    }
    *ret_keyring = keyring;
    return 0;
}

void keyring_close(struct keyring *keyring)
{
    if (!keyring)
        return;
    keyring_file_close(&keyring->file);
    sodium_free(keyring->secrets); /* wipes; NULL is fine */
    map_done(&keyring->by_hash);
    map_done(&keyring->by_member);
    mem_wipe(keyring->slots, keyring->slot_count * sizeof *keyring->slots);
    mem_free(keyring->slots);
    mem_free(keyring);
}

const unsigned char *keyring_database_id(const struct keyring *keyring)
{
    return keyring->database_id;
}

/* ---- people ---------------------------------------------------------------------------------- */

int keyring_find(const struct keyring *keyring, const unsigned char hash[KEYRING_HASH_BYTES],
                 uint64_t *ret_member)
{
    const struct slot *slot = slot_of(keyring, map_get(&keyring->by_hash, hash_str(hash)));
    if (!slot)
        return -ENOENT;
    *ret_member = slot->member;
    return 0;
}

bool keyring_holds(const struct keyring *keyring, uint64_t member)
{
    return map_get_id(&keyring->by_member, member) != NULL;
}

/* Durable before memory knows of it; a failure leaves both as they were. */
static int put(struct keyring *keyring, size_t index, const struct slot *slot)
{
    if (keyring->injected)
        return keyring->injected;
    return keyring_file_put(&keyring->file, index, slot);
}

/* Random, so that an id from an old backup never comes to mean somebody else. */
static uint64_t new_member(const struct keyring *keyring, const unsigned char *hash)
{
    uint64_t member;
    uint64_t salt = keyring->sequence;
    do {
        if (keyring->is_fixed) {
            struct {
                unsigned char hash[KEYRING_HASH_BYTES];
                uint64_t salt;
            } seed = {.salt = salt++};
            memcpy(seed.hash, hash, sizeof seed.hash);
            unsigned char digest[crypto_generichash_BYTES];
            crypto_generichash(digest, sizeof digest, (const unsigned char *)&seed, sizeof seed,
                               NULL, 0);
            memcpy(&member, digest, sizeof member);
        } else {
            randombytes_buf(&member, sizeof member);
        }
        member &= INT64_MAX;
    } while (member == 0 || member == INT64_MAX || keyring_holds(keyring, member));
    return member;
}

/* Erased slots are used again, so that the file does not grow with people who come and go. */
static size_t free_index(struct keyring *keyring)
{
    while (keyring->free_from < keyring->slot_count &&
           keyring->slots[keyring->free_from].state == SLOT_USED)
        keyring->free_from++;
    return keyring->free_from;
}

static int add_slot(struct keyring *keyring, struct slot *slot)
{
    size_t index = free_index(keyring);
    int r = 0;
    if (index == keyring->slot_count) {
        r = mem_grow(&keyring->slots, &keyring->slot_capacity, index, sizeof *keyring->slots,
                     KEYRING_FILE_SLOT_LIMIT);
        if (r < 0)
            return r;
    }
    slot->state = SLOT_USED;
    slot->sequence = keyring->sequence + 1;
    r = put(keyring, index, slot);
    if (r < 0)
        return r;
    keyring->slots[index] = *slot;
    keyring->slot_count = MAX_OF(keyring->slot_count, index + 1);
    keyring->sequence++;
    keyring->generation++;
    keyring->used_count++;
    return index_slot(keyring, index);
}

int keyring_add(struct keyring *keyring, const unsigned char hash[KEYRING_HASH_BYTES],
                uint64_t *ret_member)
{
    if (map_get(&keyring->by_hash, hash_str(hash)))
        return -EEXIST;
    struct slot slot = {.member = new_member(keyring, hash)};
    unsigned char root[KEYRING_KEY_BYTES];
    memcpy(slot.hash, hash, sizeof slot.hash);
    randombytes_buf(root, sizeof root);
    slot_wrap(keyring->secrets->master, keyring->database_id, slot.member, root, slot.wrapped);
    mem_wipe(root, sizeof root);
    int r = add_slot(keyring, &slot);
    if (r < 0)
        return r;
    *ret_member = slot.member;
    return 0;
}

/* The unwrapped copy as well, or a forgotten person's values would stay readable until others
 * pushed it out. */
static void drop_opened(struct keyring *keyring, uint64_t member)
{
    for (size_t i = 0; i < OPENED_KEYS; i++)
        if (keyring->secrets->opened[i].member == member)
            mem_wipe(&keyring->secrets->opened[i], sizeof keyring->secrets->opened[i]);
}

/* All slots of the person, each overwritten in place and durable before the next; called again
 * after a crash it goes on where it stopped.  An unknown member is fine: the intent may be older
 * than the crash that erased them. */
int keyring_erase(struct keyring *keyring, uint64_t member)
{
    for (size_t i = 0; i < keyring->slot_count; i++) {
        struct slot *slot = &keyring->slots[i];
        if (slot->state != SLOT_USED || slot->member != member)
            continue;
        struct slot erased = {.state = SLOT_ERASED, .sequence = keyring->sequence + 1};
        int r = put(keyring, i, &erased);
        if (r < 0)
            return r;
        (void)map_remove(&keyring->by_hash, hash_str(slot->hash));
        mem_wipe(slot, sizeof *slot);
        *slot = erased;
        keyring->sequence++;
        keyring->used_count--;
        keyring->free_from = MIN_OF(keyring->free_from, i);
    }
    (void)map_remove_id(&keyring->by_member, member);
    drop_opened(keyring, member);
    keyring->generation++;
    return 0;
}

/* Called again after a crash it goes on where it stopped. */
int keyring_hand_over(struct keyring *keyring, uint64_t member, uint64_t heir)
{
    unsigned char root[KEYRING_KEY_BYTES];
    const struct slot *known = slot_of(keyring, map_get_id(&keyring->by_member, heir));
    if (!known)
        return -ENOKEY;
    int r = slot_unwrap(keyring->secrets->master, keyring->database_id, heir, known->wrapped, root);
    for (size_t i = 0; r == 0 && i < keyring->slot_count; i++) {
        struct slot slot = keyring->slots[i];
        if (slot.state != SLOT_USED || slot.member != member)
            continue;
        slot.member = heir;
        slot.sequence = keyring->sequence + 1;
        slot_wrap(keyring->secrets->master, keyring->database_id, heir, root, slot.wrapped);
        r = put(keyring, i, &slot);
        if (r < 0)
            break;
        keyring->slots[i] = slot;
        keyring->sequence++;
    }
    mem_wipe(root, sizeof root);
    if (r < 0)
        return r;
    (void)map_remove_id(&keyring->by_member, member);
    drop_opened(keyring, member);
    keyring->generation++;
    return 0;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The 64 used last stay open, since every sealed
 * value asks for its owner's key.  The pointer
 * holds until the next call, which may reuse the place. */
int keyring_key(struct keyring *keyring, uint64_t member, const struct keyring_key **ret_key)
{
    assert(member != 0);
    struct opened_key *oldest = &keyring->secrets->opened[0];
    for (size_t i = 0; i < OPENED_KEYS; i++) {
        struct opened_key *opened = &keyring->secrets->opened[i];
        if (opened->member == member) {
            opened->used = ++keyring->tick;
            *ret_key = &opened->key;
            return 0;
        }
        if (opened->used < oldest->used)
            oldest = opened;
    }
    const struct slot *slot = slot_of(keyring, map_get_id(&keyring->by_member, member));
    if (!slot)
        return -ENOKEY;
    unsigned char root[KEYRING_KEY_BYTES];
    int r = slot_unwrap(keyring->secrets->master, keyring->database_id, member, slot->wrapped,
                        root);
    if (r < 0)
        return r;
    derive(&oldest->key, root);
    mem_wipe(root, sizeof root);
    oldest->member = member;
    oldest->used = ++keyring->tick;
    *ret_key = &oldest->key;
    return 0;
}

const struct keyring_key *keyring_house(const struct keyring *keyring)
{
    return &keyring->secrets->house;
}

const unsigned char *keyring_house_key(const struct keyring *keyring, enum keyring_use use)
{
    assert(use < KEYRING_USE_COUNT);
    return keyring->secrets->uses[use];
}

int keyring_peek(const char *folder, const unsigned char *master, enum keyring_use use,
                 unsigned char ret_key[KEYRING_KEY_BYTES])
{
    struct slot_header header;
    unsigned char root[KEYRING_KEY_BYTES];
    int r = keyring_file_peek(folder, &header);
    if (r == 0 && slot_unwrap(master, header.database_id, 0, header.wrapped, root) < 0)
        r = -EKEYREJECTED;
    if (r == 0)
        crypto_kdf_derive_from_key(ret_key, KEYRING_KEY_BYTES, 16 + use, KDF_CONTEXT, root);
    mem_wipe(root, sizeof root);
    return r;
}

uint64_t keyring_generation(const struct keyring *keyring)
{
    return keyring->generation;
}

uint32_t keyring_sequence(const struct keyring *keyring)
{
    return keyring->sequence;
}

size_t keyring_count(const struct keyring *keyring)
{
    return keyring->used_count;
}

void keyring_inject(struct keyring *keyring, int code)
{
    keyring->injected = code;
}
