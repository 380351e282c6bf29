/* SPDX-License-Identifier: MIT */
/* fuzz_detect.c: any bytes as lines of JSON: a line out for each line in, and never an end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "safety/detect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *printed = NULL;
    size_t printed_size = 0, lines = 0;
    if (size == 0)
        return 0;
    FILE *in = fmemopen((void *)(uintptr_t)data, size, "r"),
         *out = open_memstream(&printed, &printed_size);
    if (!in || !out || detect_stream(in, out) < 0)
        abort();
    fclose(in);
    fclose(out);
    for (size_t i = 0; i < printed_size; i++)
        lines += printed[i] == '\n';
    size_t most = 1;
    for (size_t i = 0; i < size; i++)
        most += data[i] == '\n';
    if (lines > most)
        abort();
    free(printed);
    return 0;
}
