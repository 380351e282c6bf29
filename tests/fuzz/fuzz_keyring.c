/* SPDX-License-Identifier: MIT */
/* fuzz_keyring.c: any bytes as a keyring's header and slots: refused or read, and what was read
 * writes the same bytes. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "store/slot.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void try_header(const unsigned char *data)
{
    struct slot_header header;
    unsigned char again[SLOT_HEADER_BYTES];
    if (slot_header_read(data, &header) < 0)
        return;
    slot_header_write(&header, again);
    assert(memcmp(again, data, 32 + SLOT_WRAPPED_BYTES) == 0);
}

static void try_slot(const unsigned char *data)
{
    static const unsigned char master[KEYRING_KEY_BYTES], database[KEYRING_DATABASE_ID_BYTES];
    struct slot slot, again;
    unsigned char bytes[SLOT_BYTES], key[KEYRING_KEY_BYTES];
    if (slot_read(data, &slot) < 0)
        return;
    slot_write(&slot, bytes);
    assert(slot_read(bytes, &again) == 0 && again.state == slot.state &&
           again.sequence == slot.sequence);
    if (slot.state == SLOT_USED)
        (void)!slot_unwrap(master, database, slot.member, slot.wrapped, key);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size >= SLOT_HEADER_BYTES) {
        try_header(data);
        data += SLOT_HEADER_BYTES;
        size -= SLOT_HEADER_BYTES;
    }
    for (; size >= SLOT_BYTES; data += SLOT_BYTES, size -= SLOT_BYTES)
        try_slot(data);
    return 0;
}
