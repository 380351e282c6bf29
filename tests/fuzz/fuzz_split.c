/* SPDX-License-Identifier: MIT */
/* fuzz_split.c: any bytes at any budget: no line over it, nothing lost but white space. */
#include <stdint.h>
#include <stdlib.h>

#include "outbox/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t solid_bytes(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += !strchr(" \t\r\n", s.ptr[i]) || s.ptr[i] == '\0';
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t budget = data[0] < 16 ? 0 : data[0];
    struct str text = {(const char *)data + 1, size - 1};
    struct arena arena;
    arena_init(&arena, 0);
    struct str *lines;
    size_t count;
    if (split_lines(text, budget, &arena, &lines, &count) == 0) {
        size_t solid = 0;
        for (size_t i = 0; i < count; i++) {
            if (lines[i].len == 0 || (budget && lines[i].len > budget))
                abort();
            solid += solid_bytes(lines[i]);
        }
        if (solid != solid_bytes(text))
            abort();
    }
    arena_done(&arena);
    return 0;
}
