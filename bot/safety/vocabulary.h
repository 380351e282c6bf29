/* SPDX-License-Identifier: MIT */
/* vocabulary.h: every word that a rule names, found by hash; what is not here is word 0. */
#ifndef SAFETY_VOCABULARY_H
#define SAFETY_VOCABULARY_H

#include <stdint.h>

#include "base/str.h"

enum {
    SAFETY_WORDS_MAX = 6144,
    SAFETY_SLOTS = 16384, /* a power of two, at most three eighths full */
    SAFETY_EXPANSION_MAX = 4,
    SAFETY_WORD_BYTES_MAX = 24, /* a longer token is no word of ours */
    SAFETY_WORD_UNKNOWN = 0,
};

/* What a word says about the frame that it stands in.  A word may carry several. */
enum safety_mark {
    MARK_I = 1u << 0,       /* I, me, my */
    MARK_OTHER = 1u << 1,   /* he, she, my friend, somebody */
    MARK_NOT = 1u << 2,     /* not, never, without */
    MARK_LONG_AGO = 1u << 3,
    MARK_SOON = 1u << 4,    /* tonight, bye: makes an intent imminent */
    MARK_STILL = 1u << 5,   /* again, still, lately: the past is not past */
    MARK_JOKE = 1u << 6,
    MARK_MEDIA = 1u << 7,   /* song, film, book, game */
    MARK_CODE = 1u << 8,    /* process, server, daemon */
    MARK_TURN = 1u << 9,    /* but, because, so, and: a new clause may begin */
    MARK_SAID = 1u << 10,   /* said, asked, told */
    MARK_FILLER = 1u << 11, /* so, really, just, also: stands between subject and verb */
    MARK_HEDGE = 1u << 12,  /* think, sure, know: a negation before them is no denial */
    MARK_NOUN = 1u << 13,   /* training, awareness: talk about the thing */
    MARK_CONDITION = 1u << 14,
    MARK_COMMON = 1u << 15, /* so frequent that no rule hangs on it */
    MARK_KEY = 1u << 16,    /* worth recognising when it is misspelt */
    MARK_MEANS = 1u << 17,
    MARK_PERSON = 1u << 18, /* a noun for a person, so a subject that "my" may stand before */
    MARK_NUMBER = 1u << 19,
};

struct safety_word {
    const char *text; /* borrowed from the tables, not ended by NUL */
    uint32_t hash, letters; /* letters: one bit for each that occurs, for the typo filter */
    uint32_t marks;
    uint16_t expansion[SAFETY_EXPANSION_MAX]; /* read as these words instead; all 0: as itself */
    uint8_t length, expansion_count;
};

struct safety_key_bucket {
    uint16_t first, count; /* in keys[], all with the same first letter */
};

struct safety_vocabulary {
    struct safety_word *words; /* [0] is the unknown word */
    uint16_t *slots;
    uint16_t *keys; /* the words marked MARK_KEY, by first letter */
    size_t word_count, key_count;
    struct safety_key_bucket buckets[26];
    uint32_t key_ends[26]; /* by first letter: one bit for each last letter, the quick look before words are joined */
    uint16_t letter[26]; /* the words "a" to "z" */
    uint16_t number, year, possessive, myself, laugh, means, sad;
    bool failed; /* the tables hold more than fits: only a wrong table can do that */
};

int safety_vocabulary_init(struct safety_vocabulary *vocabulary) MUST_CHECK; /* -ENOMEM */
void safety_vocabulary_done(struct safety_vocabulary *vocabulary);
/* The word's number, added when it is new; `text` must stay.  0 when the ceiling is reached (`failed` is set). */
uint16_t safety_vocabulary_add(struct safety_vocabulary *vocabulary, struct str text);
/* Indexes the misspellable words; after the last marks are set. */
int safety_vocabulary_index_keys(struct safety_vocabulary *vocabulary) MUST_CHECK;
uint16_t safety_vocabulary_find(const struct safety_vocabulary *vocabulary, struct str text);
uint16_t safety_vocabulary_find_hashed(const struct safety_vocabulary *vocabulary, struct str text, uint32_t hash);

/* The hash of a token, built while it is read: start with SAFETY_HASH_START, add each byte. */
#define SAFETY_HASH_START 0x811C9DC5u
static inline uint32_t safety_hash_add(uint32_t hash, unsigned char byte)
{
    return (hash ^ byte) * 0x01000193u;
}

#endif
