/* SPDX-License-Identifier: MIT */
/* repair.c: JSON as servers send it, which did not always look at what their users sent. */
#include "chat/matrix/repair.h"

#include "base/utf8.h"

enum { REPAIRED_MAX = 32 * 1024 * 1024 };

static bool is_lone(struct str bytes, size_t at)
{
    if (bytes.len - at < 6 || bytes.ptr[at + 1] != 'u' || (bytes.ptr[at + 2] | 0x20) != 'd')
        return false;
    char c = bytes.ptr[at + 3] | 0x20;
    if (c >= 'c' && c <= 'f')
        return true; /* a low one, which no high one brought along */
    bool high = (c >= '8' && c <= '9') || c == 'a' || c == 'b';
    return high && !(bytes.len - at >= 12 && bytes.ptr[at + 6] == '\\' &&
                     bytes.ptr[at + 7] == 'u' && (bytes.ptr[at + 8] | 0x20) == 'd' &&
                     (bytes.ptr[at + 9] | 0x20) >= 'c' && (bytes.ptr[at + 9] | 0x20) <= 'f');
}

/* In a key jansson takes it nowhere. */
static bool is_nul(struct str bytes, size_t at)
{
    return str_starts(str_from(bytes, at), STR("\\u0000"));
}

/* How many bytes an escape has, from its backslash on. */
static size_t escape_len(struct str bytes, size_t at)
{
    bool pair = bytes.len - at >= 12 && bytes.ptr[at + 1] == 'u' && bytes.ptr[at + 6] == '\\' &&
                (bytes.ptr[at + 2] | 0x20) == 'd' && !is_lone(bytes, at);
    return pair ? 12 : 2;
}

static void repair(struct str bytes, struct buf *out)
{
    size_t at = 0;
    while (at < bytes.len) {
        if (bytes.ptr[at] == '\\') {
            bool bad = is_lone(bytes, at) || is_nul(bytes, at);
            size_t len = MIN_OF(bad ? (size_t)6 : escape_len(bytes, at), bytes.len - at);
            if (bad)
                utf8_add(out, 0xfffd);
            else
                buf_add(out, (struct str){bytes.ptr + at, len});
            at += len;
        } else if ((unsigned char)bytes.ptr[at] < 0x80) {
            buf_add_byte(out, bytes.ptr[at++]);
        } else {
            utf8_add(out, utf8_next(bytes, &at));
        }
    }
}

json_t *matrix_repair_json(struct str bytes)
{
    enum { FLAGS = JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK };
    json_t *json = json_loadb(bytes.ptr, bytes.len, FLAGS, NULL);
    if (json)
        return json;
    AUTO_BUF repaired;
    buf_init(&repaired, REPAIRED_MAX);
    repair(bytes, &repaired);
    return repaired.failed ? NULL
                           : json_loadb(repaired.ptr ? repaired.ptr : "", repaired.len,
                                        FLAGS | JSON_DECODE_INT_AS_REAL, NULL);
}
