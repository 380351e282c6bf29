/* SPDX-License-Identifier: MIT */
/* fuzz_lines.c: however the bytes are cut, the splitter gives the same lines, none over the limit.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "net/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t hash_lines(struct str input, size_t limit, size_t step)
{
    uint64_t hash = 1469598103934665603u;
    struct lines lines;
    struct str line;
    if (lines_init(&lines, limit) < 0)
        abort();
    while (input.len) {
        struct str piece = str_upto(input, step);
        input = str_from(input, piece.len);
        while (lines_next(&lines, &piece, &line)) {
            if (line.len > limit)
                abort();
            for (size_t i = 0; i < line.len; i++)
                hash = (hash ^ (unsigned char)line.ptr[i]) * 1099511628211u;
            hash = (hash ^ 0x100) * 1099511628211u;
        }
    }
    hash += lines.cut_count;
    lines_done(&lines);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct str input = {(const char *)data + 2, size - 2};
    size_t limit = data[0];
    size_t step = (size_t)data[1] + 1;
    if (hash_lines(input, limit, step) != hash_lines(input, limit, input.len + 1))
        abort();
    return 0;
}
