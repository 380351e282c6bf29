/* SPDX-License-Identifier: MIT */
/* checkin_entry.h: one check-in, as it is typed, shown and stored. */
#ifndef CHECKIN_ENTRY_H
#define CHECKIN_ENTRY_H

#include <stdbool.h>

#include "mooring.h"

enum checkin_item { CHECKIN_MOOD, CHECKIN_CRAVING, CHECKIN_CONFIDENCE, CHECKIN_ITEM_COUNT };

/* The order is that of the dialogue's choices: an answer's bits are these bits. */
enum checkin_halt {
    CHECKIN_HUNGRY = 1u << 0,
    CHECKIN_ANGRY = 1u << 1,
    CHECKIN_LONELY = 1u << 2,
    CHECKIN_TIRED = 1u << 3,
    CHECKIN_HALT_ALL = 15u
};

enum {
    CHECKIN_SKIPPED = -1, /* a value that was not given */
    CHECKIN_VALUE_MAX = 10,
    CHECKIN_INTENTION_BYTES = 400,
    CHECKIN_KEY_BYTES = 24, /* "entry/" + 13 digits + NUL, with room */
    CHECKIN_STORED_BYTES = 440
};

struct checkin_entry {
    int value[CHECKIN_ITEM_COUNT];
    unsigned halt;
    char intention[CHECKIN_INTENTION_BYTES]; /* not NUL-terminated */
    size_t intention_len;
};

/* Nothing said yet. */
void checkin_entry_init(struct checkin_entry *entry);
/* Copies, without line breaks and outer blanks.  -E2BIG: longer than an entry holds. */
int checkin_entry_intend(struct checkin_entry *entry, struct mooring_str text);
bool checkin_entry_is_empty(const struct checkin_entry *entry);

/* "entry/<13 digits>", which sorts the newest first; writes CHECKIN_KEY_BYTES at most.  Returns the
 * length. */
size_t checkin_entry_key(int64_t at, char *ret_key);
/* The moment in such a key; -EINVAL when it is none. */
int checkin_entry_key_at(struct mooring_str key, int64_t *ret_at);

/* "m6 c3 k8 h9", then a line break and the intention; CHECKIN_STORED_BYTES at most.  Returns the
 * length. */
size_t checkin_entry_format(const struct checkin_entry *entry, char *ret_text);
/* -EINVAL: not written by checkin_entry_format(). */
int checkin_entry_read(struct mooring_str text, struct checkin_entry *ret_entry);

#endif
