/* SPDX-License-Identifier: MIT */
/* fuzz_payload.c: any bytes as a stored message: refused, or read so that writing it again reads
 * the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "outbox/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct payload payload, again;
    AUTO_BUF json;
    buf_init(&json, 4 * PAYLOAD_BYTES_MAX);
    if (payload_decode((struct str){(const char *)data, size}, &arena, &payload) == 0) {
        int r = payload_encode(&payload, &json);
        if (r < 0 && r != -E2BIG /* escapes may grow */)
            abort();
        if (r == 0 && (payload_decode(buf_str(&json), &arena, &again) < 0 ||
                       !str_eq(payload.room, again.room) || payload.arg_count != again.arg_count ||
                       payload.choice_count != again.choice_count))
            abort();
    }
    arena_done(&arena);
    return 0;
}
