/* SPDX-License-Identifier: MIT */
/* checkin_entry.c: one check-in, as it is typed, shown and stored. */
#include "checkin_entry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Keys count down, so that a plain ascending scan gives the newest first.  Holds until the year
 * 2286. */
static const int64_t last_moment = 9999999999999;

void checkin_entry_init(struct checkin_entry *entry)
{
    for (size_t i = 0; i < CHECKIN_ITEM_COUNT; i++)
        entry->value[i] = CHECKIN_SKIPPED;
    entry->halt = 0;
    entry->intention_len = 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int checkin_entry_intend(struct checkin_entry *entry, struct mooring_str text)
{
    while (text.len > 0 && is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    if (text.len > CHECKIN_INTENTION_BYTES)
        return -E2BIG;
    for (size_t i = 0; i < text.len; i++)
        entry->intention[i] = (unsigned char)text.ptr[i] < ' ' ? ' ' : text.ptr[i];
    entry->intention_len = text.len;
    return 0;
}

bool checkin_entry_is_empty(const struct checkin_entry *entry)
{
    for (size_t i = 0; i < CHECKIN_ITEM_COUNT; i++) {
        if (entry->value[i] != CHECKIN_SKIPPED)
            return false;
    }
    return entry->halt == 0 && entry->intention_len == 0;
}

size_t checkin_entry_key(int64_t at, char *ret_key)
{
    if (at < 0)
        at = 0;
    if (at > last_moment)
        at = last_moment;
    return (size_t)snprintf(ret_key, CHECKIN_KEY_BYTES, "entry/%013" PRId64, last_moment - at);
}

int checkin_entry_key_at(struct mooring_str key, int64_t *ret_at)
{
    static const char prefix[] = "entry/";
    const size_t before = sizeof prefix - 1;
    if (key.len != before + 13 || memcmp(key.ptr, prefix, before) != 0)
        return -EINVAL;
    int64_t number = 0;
    for (size_t i = before; i < key.len; i++) {
        if (key.ptr[i] < '0' || key.ptr[i] > '9')
            return -EINVAL;
        number = number * 10 + (key.ptr[i] - '0');
    }
    *ret_at = last_moment - number;
    return 0;
}

size_t checkin_entry_format(const struct checkin_entry *entry, char *ret_text)
{
    int n = snprintf(ret_text, CHECKIN_STORED_BYTES, "m%d c%d k%d h%u\n",
                     entry->value[CHECKIN_MOOD], entry->value[CHECKIN_CRAVING],
                     entry->value[CHECKIN_CONFIDENCE], entry->halt);
    size_t len = (size_t)n;
    memcpy(ret_text + len, entry->intention, entry->intention_len);
    return len + entry->intention_len;
}

/* "m6 " at *at: the letter, a number from -1 to 15, one blank or line break. */
static int read_field(struct mooring_str text, size_t *at, char letter, int *ret_value)
{
    size_t i = *at;
    if (i >= text.len || text.ptr[i++] != letter)
        return -EINVAL;
    bool is_negative = i < text.len && text.ptr[i] == '-';
    if (is_negative)
        i++;
    int value = 0, digits = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && digits < 2; i++, digits++)
        value = value * 10 + (text.ptr[i] - '0');
    if (digits == 0 || i >= text.len || !is_blank(text.ptr[i]))
        return -EINVAL;
    *ret_value = is_negative ? -value : value;
    *at = i + 1;
    return 0;
}

int checkin_entry_read(struct mooring_str text, struct checkin_entry *ret_entry)
{
    static const char letters[] = "mckh";
    int values[4];
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        int r = read_field(text, &at, letters[i], &values[i]);
        if (r < 0)
            return r;
        if (values[i] < (i < 3 ? CHECKIN_SKIPPED : 0) ||
            values[i] > (i < 3 ? CHECKIN_VALUE_MAX : 15))
            return -EINVAL;
    }
    struct checkin_entry entry;
    checkin_entry_init(&entry);
    for (size_t i = 0; i < CHECKIN_ITEM_COUNT; i++)
        entry.value[i] = values[i];
    entry.halt = (unsigned)values[3];
    int r = checkin_entry_intend(&entry, (struct mooring_str){text.ptr + at, text.len - at});
    if (r < 0)
        return -EINVAL;
    *ret_entry = entry;
    return 0;
}
