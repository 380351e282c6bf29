/* SPDX-License-Identifier: MIT */
/* fold.c: Unicode, IRC formatting and invisible characters off the text, before anything reads it. */
#include "safety/fold.h"

#include "base/utf8.h"

struct range {
    uint32_t first, last;
};

/* Default-ignorable and combining characters (Unicode 15, DerivedCoreProperties), and variation selectors. */
static const struct range invisible[] = {
    {0x0000, 0x0008}, {0x000B, 0x000C}, {0x000E, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD},
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x061C, 0x061C}, {0x064B, 0x065F},
    {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0x20D0, 0x20FF}, {0x3164, 0x3164},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB},
    {0xE0000, 0xE0FFF},
};

struct picture {
    uint32_t code_point;
    char byte;
};
static const struct picture pictures[] = {
    {0x1F480, FOLD_LAUGH}, {0x1F52A, FOLD_MEANS}, {0x1F52B, FOLD_MEANS}, {0x1F602, FOLD_LAUGH},
    {0x1F605, FOLD_LAUGH}, {0x1F606, FOLD_LAUGH}, {0x1F61C, FOLD_LAUGH}, {0x1F61D, FOLD_LAUGH},
    {0x1F622, FOLD_SAD},   {0x1F62D, FOLD_SAD},   {0x1F639, FOLD_LAUGH}, {0x1F643, FOLD_LAUGH},
    {0x1F48A, FOLD_MEANS}, {0x1F923, FOLD_LAUGH}, {0x1F92A, FOLD_LAUGH}, {0x1FAA2, FOLD_MEANS},
    {0x2620, FOLD_LAUGH},  {0x26B0, FOLD_MEANS},
};

bool safety_fold_needed(struct str text)
{
    size_t i = 0;
    /* Eight bytes at a time while all are printable ASCII: every line passes here. */
    for (uint64_t eight; i + sizeof(eight) <= text.len; i += sizeof(eight)) {
        memcpy(&eight, text.ptr + i, sizeof(eight));
        uint64_t control = (eight - 0x2020202020202020u) & ~eight, del = eight + 0x0101010101010101u;
        if (((control | del | eight) & 0x8080808080808080u) != 0)
            break;
    }
    for (; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte >= 0x7F || (byte < ' ' && byte != '\n' && byte != '\r' && byte != '\t'))
            return true;
    }
    return false;
}

static bool is_invisible(uint32_t c)
{
    size_t low = 0, high = COUNT_OF(invisible);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > invisible[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT_OF(invisible) && c >= invisible[low].first;
}

static char picture_of(uint32_t c)
{
    for (size_t i = 0; i < COUNT_OF(pictures); i++) {
        if (pictures[i].code_point == c)
            return pictures[i].byte;
    }
    return 0;
}

/* IRC colour: ^C and up to two numbers of two digits; the digits are no text (modern.ircdocs.horse/formatting). */
static size_t skip_colour(struct str text, size_t at)
{
    for (int part = 0; part < 2; part++) {
        for (int digit = 0; digit < 2 && at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; digit++)
            at++;
        bool more = part == 0 && at + 1 < text.len && text.ptr[at] == ',' && text.ptr[at + 1] >= '0' &&
                    text.ptr[at + 1] <= '9';
        if (!more)
            break;
        at++;
    }
    return at;
}

static size_t put(char *out, size_t length, uint32_t c)
{
    if (is_invisible(c))
        return length;
    unsigned char byte = safety_fold_look(c);
    if (byte == 0)
        byte = (unsigned char)picture_of(c);
    out[length] = (char)(byte ? byte : '~');
    return length + 1;
}

size_t safety_fold(struct str text, char *out)
{
    size_t length = 0;
    for (size_t at = 0; at < text.len;) {
        unsigned char byte = (unsigned char)text.ptr[at];
        if (byte == 0x03) {
            at = skip_colour(text, at + 1);
        } else if (byte >= ' ' && byte < 0x7F) {
            out[length++] = text.ptr[at++];
        } else if (byte == '\n' || byte == '\r' || byte == '\t') {
            out[length++] = text.ptr[at++];
        } else {
            uint32_t c = utf8_next(text, &at);
            bool latin1 = c == 0xFFFD && byte >= 0xC0; /* an old IRC client's "quiero morir" has accents too */
            length = put(out, length, latin1 ? byte : c);
        }
    }
    return length;
}
