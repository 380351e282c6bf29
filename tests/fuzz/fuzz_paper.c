/* SPDX-License-Identifier: MIT */
/* fuzz_paper.c: any bytes typed as a line of a printed key: refused, or 20 digits that add up. */
#include <stdint.h>
#include <stdlib.h>

#include "tools/paper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char piece[PAPER_PIECE_BYTES];
    struct str typed = {(const char *)data, size};
    for (unsigned line = 0; line < PAPER_LINES; line++)
        if (paper_read_line(line, typed, piece) == 0 && size < 20)
            abort();
    return 0;
}
