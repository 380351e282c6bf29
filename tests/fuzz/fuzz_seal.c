/* SPDX-License-Identifier: MIT */
/* fuzz_seal.c: any bytes as a sealed value and as packed texts: refused or opened, and what was
 * packed unpacks the same. */
#include <assert.h>
#include <stddef.h>

#include "store/seal.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const unsigned char key[KEYRING_KEY_BYTES] = {1};
    const struct seal_place place = {.column = "value.value", .a = size};
    AUTO_ARENA arena = {0};
    struct str bytes = {(const char *)data, size}, opened, sealed, texts[4], packed;
    for (size_t count = 1; count <= COUNT_OF(texts); count++) {
        if (seal_unpack(bytes, texts, count) < 0)
            continue;
        assert(seal_pack(texts, count, &arena, &packed) == 0);
        assert(str_eq(packed, bytes));
    }
    (void)!seal_bytes_open(key, &place, bytes, &arena, &opened);
    if (seal_bytes_close(key, &place, bytes, &arena, &sealed) < 0)
        return 0;
    assert(seal_bytes_open(key, &place, sealed, &arena, &opened) == 0);
    assert(str_eq(opened, bytes));
    return 0;
}
