/* SPDX-License-Identifier: MIT */
/* fuzz_matrix_tree.c: what the quick parser takes is what jansson takes, and means the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "same_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    struct arena arena = {0};
    const struct tree *quick = tree_parse(&arena, bytes);
    if (quick) {
        json_t *json = json_loadb(bytes.ptr, size, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL);
        if (!json || !same_tree(quick, tree_of_json(&arena, json)))
            abort();
        json_decref(json);
    }
    arena_done(&arena);
    return 0;
}
