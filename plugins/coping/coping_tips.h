/* SPDX-License-Identifier: MIT */
/* coping_tips.h: which tip comes next, and which kind somebody means. */
#ifndef COPING_TIPS_H
#define COPING_TIPS_H

#include <stdbool.h>

#include "mooring.h"

enum {
    COPING_TIPS_MAX = 512, /* of a language's file; further ones are never shown */
    COPING_KINDS_MAX = 48,
    COPING_KIND_BYTES = 24,
    COPING_SEEN_TEXT = COPING_TIPS_MAX / 4 + 8 /* "<last> <hex>" */
};

/* Which tips somebody has seen: a bit each, by the tip's place in the file, and the last one. */
struct coping_seen {
    uint8_t bits[COPING_TIPS_MAX / 8];
    int last; /* -1: none */
};
void coping_seen_init(struct coping_seen *seen);
/* "17 8c01": the last and the bits in hex, without trailing zeros.  Returns the length. */
size_t coping_seen_format(const struct coping_seen *seen, char ret_text[COPING_SEEN_TEXT]);
int coping_seen_read(struct mooring_str text, struct coping_seen *ret_seen); /* -EINVAL */

/* One of those that fit (places in the file) which was not seen; when all were, they count as
 * unseen again, and the last one shown is not the next.  `seed`: any number.  Marks it.  -ENOENT:
 * none fits. */
int coping_tip_pick(const uint16_t *fits, size_t count, struct coping_seen *seen, uint64_t seed);

/* The kinds of the file's tips, each once. */
struct coping_kinds {
    char name[COPING_KINDS_MAX][COPING_KIND_BYTES];
    size_t count;
};
/* Adds "craving,evening" as they stand in a record; too long and too many ones are left out. */
void coping_kinds_add(struct coping_kinds *kinds, struct mooring_str list);
/* Whether such a list names the kind. */
bool coping_kinds_has(struct mooring_str list, const char *kind);

/* The kind that somebody typed: 1 found (also "cravings", "bored" for "boredom"); 0 not, and
 * *ret_kind is the nearest, or NULL. */
int coping_kind_find(const struct coping_kinds *kinds, struct mooring_str typed,
                     const char **ret_kind);

#endif
