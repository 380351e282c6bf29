/* SPDX-License-Identifier: MIT */
/* saslprep.c: by ICU's profile; plain ASCII needs none of it. */
#include "chat/irc/saslprep.h"

#include <errno.h>

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include "base/utf8.h"

enum {
    TEXT_BYTES = 4096, /* of what is given; a password has at most a quarter of that */
    GROWTH = 18,       /* the most that NFKC makes of one code unit (U+FDFA) */
};

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || (unsigned char)text.ptr[i] >= 0x7f)
            return false;
    return true;
}

static int code_of(UErrorCode status)
{
    if (U_SUCCESS(status))
        return 0;
    return status == U_MEMORY_ALLOCATION_ERROR ? -ENOMEM : -EINVAL;
}

static int prepare(const UChar *wide, int32_t length, UChar *prepared, int32_t capacity,
                   int32_t *ret_length)
{
    UErrorCode status = U_ZERO_ERROR;
    UParseError where;
    UStringPrepProfile *profile = usprep_openByType(USPREP_RFC4013_SASLPREP, &status);
    if (U_FAILURE(status))
        return -ENOMEM; /* the profile is part of ICU's own data */
    /* "query" strings may hold characters that Unicode 3.2 did not know yet (RFC 5802, 2.2) */
    int32_t count = usprep_prepare(profile, wide, length, prepared, capacity,
                                   USPREP_ALLOW_UNASSIGNED, &where, &status);
    usprep_close(profile);
    if (U_SUCCESS(status))
        *ret_length = count;
    return code_of(status);
}

static int add_utf8(const UChar *wide, int32_t length, struct buf *out)
{
    int32_t capacity = length * 3 + 1, size = 0; /* a code unit has three bytes at most */
    UErrorCode status = U_ZERO_ERROR;
    char *bytes = mem_zalloc((size_t)capacity);
    if (!bytes)
        return -ENOMEM;
    u_strToUTF8(bytes, capacity, &size, wide, length, &status);
    int r = code_of(status);
    if (r == 0)
        buf_add(out, (struct str){bytes, (size_t)size});
    mem_wipe(bytes, (size_t)capacity);
    mem_free(bytes);
    return r < 0 ? r : out->failed;
}

int irc_saslprep(struct str text, struct buf *out)
{
    if (text.len > TEXT_BYTES)
        return -E2BIG;
    if (!utf8_valid(text))
        return -EILSEQ;
    if (is_plain(text)) {
        buf_add(out, text);
        return out->failed;
    }
    size_t capacity = text.len * (GROWTH + 1);
    UChar *wide = mem_zalloc_array(capacity, sizeof *wide);
    int32_t length = 0;
    UErrorCode status = U_ZERO_ERROR;
    if (!wide)
        return -ENOMEM;
    UChar *prepared = wide + text.len;
    u_strFromUTF8(wide, (int32_t)text.len, &length, text.ptr, (int32_t)text.len, &status);
    int r = code_of(status);
    if (r == 0)
        r = prepare(wide, length, prepared, (int32_t)(text.len * GROWTH), &length);
    if (r == 0)
        r = add_utf8(prepared, length, out);
    mem_wipe(wide, capacity * sizeof *wide);
    mem_free(wide);
    return r;
}
