/* SPDX-License-Identifier: MIT */
/* tokens.h: a window of text as a row of words, with where sentences break and what stands in quotes. */
#ifndef SAFETY_TOKENS_H
#define SAFETY_TOKENS_H

#include "safety/vocabulary.h"

enum {
    SAFETY_WINDOW_BYTES = 2048,   /* a longer text is read in windows */
    SAFETY_OVERLAP_BYTES = 256,   /* that share this much, so that no sentence is cut out of sight */
    SAFETY_TOKENS_MAX = SAFETY_WINDOW_BYTES + 8,
};

enum safety_break { BREAK_NONE, BREAK_SOFT, BREAK_HARD }; /* comma; full stop or new line */
enum { TOKEN_QUOTED = 1u << 0, TOKEN_CITED = 1u << 1 };   /* cited: a line that begins with ">" */

struct safety_token {
    uint16_t word;
    uint8_t before; /* enum safety_break: what stands between this token and the one before */
    uint8_t flags;
};

struct safety_tokens {
    size_t count;
    uint32_t marks; /* of all tokens */
    bool spaced_letters; /* three single letters in a row were seen */
    bool question;
    size_t picture_count; /* emoji that stand for a word */
    struct safety_token at[SAFETY_TOKENS_MAX];
};

/* Reads at most SAFETY_WINDOW_BYTES of folded text (fold.h). */
void safety_tokens_read(const struct safety_vocabulary *vocabulary, struct str folded, struct safety_tokens *ret_tokens);
/* Adds a word, or the words that it stands for. */
void safety_tokens_add(const struct safety_vocabulary *vocabulary, struct safety_tokens *tokens, uint16_t word,
                       enum safety_break before, unsigned flags);

/* Leaves the emoji out: "kill (skull) my (skull) self" is read once with and once without them. */
void safety_tokens_drop_pictures(const struct safety_vocabulary *vocabulary, struct safety_tokens *tokens);

/* repair.c: a token that is no word as it stands: leet, stretched, masked or misspelt; 0 when it is simply unknown.
 * `odd`: it holds digits or signs. */
uint16_t safety_repair_word(const struct safety_vocabulary *vocabulary, struct str token, bool odd);
/* repair.c: joins "s u i c i d e" and "my self". */
void safety_repair_spacing(const struct safety_vocabulary *vocabulary, struct safety_tokens *tokens);

#endif
