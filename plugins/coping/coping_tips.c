/* SPDX-License-Identifier: MIT */
/* coping_tips.c: which tip comes next, and which kind somebody means. */
#include "coping_tips.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SAME_BEGINNING = 4, NEAR = 2 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ---- seen ------------------------------------------------------------------------------------ */

void coping_seen_init(struct coping_seen *seen)
{
    memset(seen->bits, 0, sizeof seen->bits);
    seen->last = -1;
}

size_t coping_seen_format(const struct coping_seen *seen, char ret_text[COPING_SEEN_TEXT])
{
    size_t used = sizeof seen->bits;
    while (used > 0 && seen->bits[used - 1] == 0)
        used--;
    size_t len = (size_t)snprintf(ret_text, COPING_SEEN_TEXT, "%d ", seen->last);
    for (size_t i = 0; i < used; i++)
        len += (size_t)snprintf(ret_text + len, COPING_SEEN_TEXT - len, "%02x", seen->bits[i]);
    return len;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int coping_seen_read(struct mooring_str text, struct coping_seen *ret_seen)
{
    struct coping_seen seen;
    coping_seen_init(&seen);
    size_t i = 0;
    int last = 0;
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    for (i = is_negative;
         i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && last < COPING_TIPS_MAX; i++)
        last = last * 10 + (text.ptr[i] - '0');
    if (i == (size_t)is_negative || i >= text.len || text.ptr[i] != ' ' || last >= COPING_TIPS_MAX)
        return -EINVAL;
    seen.last = is_negative ? -1 : last;
    i++;
    for (size_t byte = 0; i < text.len; byte++, i += 2) {
        int high = hex_value(text.ptr[i]), low = i + 1 < text.len ? hex_value(text.ptr[i + 1]) : -1;
        if (high < 0 || low < 0 || byte >= sizeof seen.bits)
            return -EINVAL;
        seen.bits[byte] = (uint8_t)(high << 4 | low);
    }
    *ret_seen = seen;
    return 0;
}

static bool was_seen(const struct coping_seen *seen, unsigned tip)
{
    return (seen->bits[tip / 8] & 1u << tip % 8) != 0;
}

static size_t count_fresh(const uint16_t *fits, size_t count, const struct coping_seen *seen)
{
    size_t fresh = 0;
    for (size_t i = 0; i < count; i++)
        fresh += !was_seen(seen, fits[i]);
    return fresh;
}

int coping_tip_pick(const uint16_t *fits, size_t count, struct coping_seen *seen, uint64_t seed)
{
    if (count == 0)
        return -ENOENT;
    size_t fresh = count_fresh(fits, count, seen);
    if (fresh == 0) {
        for (size_t i = 0; i < count; i++) {
            if (fits[i] != seen->last || count == 1)
                seen->bits[fits[i] / 8] &= (uint8_t) ~(1u << fits[i] % 8);
        }
        fresh = count_fresh(fits, count, seen);
    }
    /* A multiplicative hash, so that people who ask in the same second are not told the same. */
    size_t skip = (size_t)((seed * 0x9e3779b97f4a7c15u) >> 33) % fresh;
    for (size_t i = 0; i < count; i++) {
        if (was_seen(seen, fits[i]) || skip-- > 0)
            continue;
        seen->bits[fits[i] / 8] |= (uint8_t)(1u << fits[i] % 8);
        seen->last = fits[i];
        return fits[i];
    }
    return -ENOENT;
}

/* ---- kinds ----------------------------------------------------------------------------------- */

/* The next name of "a,b , c"; moves the list on.  False at its end. */
static bool next_name(struct mooring_str *list, struct mooring_str *ret_name)
{
    while (list->len > 0 && (*list->ptr == ',' || *list->ptr == ' ')) {
        list->ptr++;
        list->len--;
    }
    size_t len = 0;
    while (len < list->len && list->ptr[len] != ',')
        len++;
    *ret_name = (struct mooring_str){list->ptr, len};
    list->ptr += len;
    list->len -= len;
    while (ret_name->len > 0 && ret_name->ptr[ret_name->len - 1] == ' ')
        ret_name->len--;
    return ret_name->len > 0;
}

static bool is_name(struct mooring_str name, const char *known)
{
    return name.len == strlen(known) && memcmp(name.ptr, known, name.len) == 0;
}

bool coping_kinds_has(struct mooring_str list, const char *kind)
{
    struct mooring_str name;
    while (next_name(&list, &name)) {
        if (is_name(name, kind))
            return true;
    }
    return false;
}

void coping_kinds_add(struct coping_kinds *kinds, struct mooring_str list)
{
    struct mooring_str name;
    while (next_name(&list, &name)) {
        bool is_known = name.len >= COPING_KIND_BYTES || kinds->count == COPING_KINDS_MAX;
        for (size_t i = 0; i < kinds->count && !is_known; i++)
            is_known = is_name(name, kinds->name[i]);
        if (is_known)
            continue;
        memcpy(kinds->name[kinds->count], name.ptr, name.len);
        kinds->name[kinds->count++][name.len] = '\0';
    }
}

/* Slips between two short words: letters more, less, other, or two swapped. */
static int distance(const char *a, const char *b)
{
    int table[COPING_KIND_BYTES + 1][COPING_KIND_BYTES + 1];
    int rows = (int)strlen(a), columns = (int)strlen(b);
    for (int i = 0; i <= rows; i++) {
        for (int j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            int best = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (table[i - 1][j] + 1 < best)
                best = table[i - 1][j] + 1;
            if (table[i][j - 1] + 1 < best)
                best = table[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                table[i - 2][j - 2] + 1 < best)
                best = table[i - 2][j - 2] + 1;
            table[i][j] = best;
        }
    }
    return table[rows][columns];
}

static size_t same_beginning(const char *a, const char *b)
{
    size_t len = 0;
    while (a[len] != '\0' && a[len] == b[len])
        len++;
    return len;
}

int coping_kind_find(const struct coping_kinds *kinds, struct mooring_str typed,
                     const char **ret_kind)
{
    char word[COPING_KIND_BYTES];
    size_t len = typed.len < sizeof word - 1 ? typed.len : sizeof word - 1;
    for (size_t i = 0; i < len; i++)
        word[i] = lower(typed.ptr[i]);
    word[len] = '\0';

    const char *nearest = NULL, *alike = NULL;
    int best = NEAR + 1;
    for (size_t i = 0; i < kinds->count; i++) {
        int slips = distance(word, kinds->name[i]);
        if (slips == 0) {
            *ret_kind = kinds->name[i];
            return 1;
        }
        if (alike == NULL && same_beginning(word, kinds->name[i]) >= SAME_BEGINNING)
            alike = kinds->name[i];
        if (slips < best && len >= 3) {
            best = slips;
            nearest = kinds->name[i];
        }
    }
    *ret_kind = alike != NULL ? alike : nearest;
    return alike != NULL;
}
