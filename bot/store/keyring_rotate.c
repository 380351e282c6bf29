/* SPDX-License-Identifier: MIT */
/* keyring_rotate.c: the keyring under a new master key; its bytes for a copy. */
#include "store/keyring.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "store/keyring_internal.h"

static int wrap_anew(const struct keyring *keyring, const unsigned char *master, uint64_t member,
                     unsigned char wrapped[SLOT_WRAPPED_BYTES])
{
    unsigned char root[KEYRING_KEY_BYTES], again[KEYRING_KEY_BYTES];
    int r = slot_unwrap(keyring->secrets->master, keyring->database_id, member, wrapped, root);
    if (r == 0) {
        slot_wrap(master, keyring->database_id, member, root, wrapped);
        r = slot_unwrap(master, keyring->database_id, member, wrapped, again);
    }
    if (r == 0 && sodium_memcmp(root, again, sizeof root) != 0)
        r = -EIO;
    mem_wipe(root, sizeof root);
    mem_wipe(again, sizeof again);
    return r;
}

/* The roots stay what they are, so that all that was sealed under them opens as before; only their
 * wrapping changes. */
int keyring_rotate(struct keyring *keyring, const unsigned char *new_master)
{
    struct slot_header header;
    unsigned char bytes[SLOT_HEADER_BYTES];
    if (keyring->file.fd < 0)
        return -EOPNOTSUPP;
    if (keyring->injected)
        return keyring->injected;
    AUTO_FREE struct slot *slots = mem_zalloc_array(MAX_OF(keyring->slot_count, (size_t)1),
                                                    sizeof *slots);
    if (!slots)
        return -ENOMEM;
    int r = pread(keyring->file.fd, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes
                ? slot_header_read(bytes, &header)
                : -EIO;
    if (r == 0)
        r = wrap_anew(keyring, new_master, 0, header.wrapped);
    for (size_t i = 0; r == 0 && i < keyring->slot_count; i++) {
        slots[i] = keyring->slots[i];
        if (slots[i].state == SLOT_USED)
            r = wrap_anew(keyring, new_master, slots[i].member, slots[i].wrapped);
    }
    if (r == 0)
        r = keyring_file_replace(&keyring->file, keyring->folder_fd, &header, slots,
                                 keyring->slot_count);
    if (r == 0) {
        if (keyring->slot_count) /* nobody yet: there is no array */
            memcpy(keyring->slots, slots, keyring->slot_count * sizeof *slots);
        memcpy(keyring->secrets->master, new_master, KEYRING_KEY_BYTES);
    }
    mem_wipe(slots, keyring->slot_count * sizeof *slots);
    return r;
}

int keyring_image(const struct keyring *keyring, struct buf *ret_bytes)
{
    return keyring_file_image(&keyring->file, ret_bytes);
}

int keyring_image_check(const struct keyring *keyring, struct str bytes)
{
    struct slot_header header;
    struct slot slot;
    unsigned char root[KEYRING_KEY_BYTES];
    const unsigned char *from = (const unsigned char *)bytes.ptr;
    if (bytes.len < SLOT_HEADER_BYTES || (bytes.len - SLOT_HEADER_BYTES) % SLOT_BYTES != 0)
        return -EUCLEAN;
    int r = slot_header_read(from, &header);
    if (r == 0 && memcmp(header.database_id, keyring->database_id, sizeof header.database_id) != 0)
        r = -EXDEV;
    if (r == 0 &&
        slot_unwrap(keyring->secrets->master, header.database_id, 0, header.wrapped, root) < 0)
        r = -EKEYREJECTED;
    for (size_t at = SLOT_HEADER_BYTES; r == 0 && at < bytes.len; at += SLOT_BYTES) {
        r = slot_read(from + at, &slot);
        if (r == 0 && slot.state == SLOT_USED)
            r = slot_unwrap(keyring->secrets->master, header.database_id, slot.member, slot.wrapped,
                            root);
    }
    mem_wipe(root, sizeof root);
    return r;
}
