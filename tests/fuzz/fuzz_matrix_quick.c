/* SPDX-License-Identifier: MIT */
/* fuzz_matrix_quick.c: what the quick parser takes is what jansson takes, and means the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "chat/matrix/quick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    json_t *quick = matrix_quick_parse(bytes);
    if (!quick)
        return 0;
    json_t *slow = json_loadb(bytes.ptr, size, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL);
    if (!slow || !json_equal(quick, slow))
        abort();
    json_decref(quick);
    json_decref(slow);
    return 0;
}
