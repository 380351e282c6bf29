/* SPDX-License-Identifier: MIT */
/* fuzz_http.c: URLs that are let through lead to https or to this machine; Retry-After stays within
 * its bounds. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "net/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    char place[300];
    int64_t retry_ms = http_request_retry_after_ms(text, 1795424100000);
    if (retry_ms < -1 || retry_ms > 365 * CLOCK_DAY_MS)
        abort();
    if (http_request_check_url(text, place, sizeof place) < 0)
        return 0;
    bool https = str_starts_nocase(str_trim(text), STR("https:"));
    bool near = str_starts(str_of(place), STR("127.0.0.1:")) ||
                str_starts(str_of(place), STR("[::1]:")) ||
                str_starts(str_of(place), STR("localhost:"));
    if (!https && !near)
        abort();
    return 0;
}
