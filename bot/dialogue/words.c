/* SPDX-License-Identifier: MIT */
/* words.c: what people type, in one form, so that "Skip.", "SKIP" and "skip" are one word in any
 * script. */
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/utf8.h"
#include "dialogue/internal.h"

enum { TYPED_BYTES_MAX = 512, FOLDED_UNITS_MAX = 4 * TYPED_BYTES_MAX, KEYCAP = 0x20e3 };

/* Unicode's own folding for comparing (NFKC_Casefold): also wide digits, and marks that nobody
 * sees. */
static struct str case_folded(struct str text, char *room, int32_t size)
{
    UChar units[TYPED_BYTES_MAX], folded[FOLDED_UNITS_MAX];
    int32_t count = 0, length = 0;
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&status);
    u_strFromUTF8WithSub(units, TYPED_BYTES_MAX, &count, text.ptr, (int32_t)text.len, 0xfffd, NULL,
                         &status);
    count = unorm2_normalize(fold, units, count, folded, FOLDED_UNITS_MAX, &status);
    u_strToUTF8(room, size, &length, folded, count, &status);
    return U_SUCCESS(status) && length <= size ? (struct str){room, (size_t)length}
                                               : (struct str){0};
}

static void add_plain(struct buf *out, UChar32 c)
{
    bool spaced = out->len == 0 || out->ptr[out->len - 1] == ' ';
    int32_t digit = u_charDigitValue(c);
    if (c == KEYCAP)
        return;
    if (u_isUWhiteSpace(c) || u_iscntrl(c)) {
        if (!spaced)
            buf_add_byte(out, ' ');
    } else if (digit >= 0 && digit <= 9) {
        buf_add_byte(out, (char)('0' + digit));
    } else if (c == 0x2018 || c == 0x2019 || c == 0x02bc) {
        buf_add_byte(out, '\'');
    } else if (c == 0x2013 || c == 0x2014 || c == 0x2212) {
        buf_add_byte(out, '-');
    } else {
        utf8_add(out, (uint32_t)c);
    }
}

static struct str strip(struct str s)
{
    s = str_trim(s);
    while (s.len && strchr("\"'`*_(<[", s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && strchr("\"'`*_)>].,;:!?", s.ptr[s.len - 1]))
        s.len--;
    return str_trim(s);
}

struct str dialogue_words_fold(struct str text, struct arena *arena)
{
    char room[3 * FOLDED_UNITS_MAX];
    text = str_trim(text);
    if (str_empty(text) || text.len > TYPED_BYTES_MAX)
        return (struct str){0};
    struct str folded = case_folded(text, room, (int32_t)sizeof room);
    AUTO_BUF out;
    buf_init(&out, sizeof room);
    for (size_t at = 0; at < folded.len;)
        add_plain(&out, (UChar32)utf8_next(folded, &at));
    return out.failed ? (struct str){0} : str_keep(arena, strip(buf_str(&out)));
}

bool dialogue_words_has(struct str list, struct str word)
{
    return dialogue_words_place(list, word) >= 0;
}

int dialogue_words_place(struct str list, struct str word)
{
    struct str piece;
    for (int place = 0; !str_empty(word) && str_split(&list, '|', &piece); place++)
        if (dialogue_condition_lists(piece, ',', word))
            return place;
    return -1;
}
