/* SPDX-License-Identifier: MIT */
/* fuzz_control.c: any bytes as a line of the control socket: refused, or read so that writing it
 * again reads the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "control/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control_request request, again;
    struct error error = {0};
    if (control_request_read((struct str){(const char *)data, size}, &request, &error) < 0) {
        if (error.code == 0 || error.text[0] == '\0')
            abort();
        return 0;
    }
    AUTO_BUF line;
    buf_init(&line, 16 * CONTROL_REQUEST_BYTES);
    int r = control_request_write(request.verb, request.folder, request.arguments, &line);
    if (r < 0 && r != -E2BIG)
        abort();
    if (r == 0) {
        if (str_find(buf_str(&line), STR("\n"), 0) != line.len - 1)
            abort();
        if (control_request_read(str_upto(buf_str(&line), line.len - 1), &again, &error) < 0)
            abort();
        if (strcmp(request.verb, again.verb) != 0 || !str_eq(request.folder, again.folder) ||
            !json_equal(request.arguments, again.arguments))
            abort();
        control_request_done(&again);
    }
    control_request_done(&request);
    return 0;
}
