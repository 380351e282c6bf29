/* SPDX-License-Identifier: MIT */
/* pattern.h: the tables of rules compiled to what can be matched from one anchor word outward. */
#ifndef SAFETY_PATTERN_H
#define SAFETY_PATTERN_H

#include "safety/rules.h"
#include "safety/tokens.h"

enum {
    SAFETY_PHRASES_MAX = 64,
    SAFETY_SPANS_MAX = 128,
    SAFETY_ELEMENTS_MAX = 20,
    SAFETY_STEPS_PER_ANCHOR = 400, /* the work that one anchor may cause, so that the whole stays linear */
    SAFETY_NEAR_TOKENS = 24,
};

enum safety_element_type { ELEMENT_WORD, ELEMENT_CLASS, ELEMENT_PHRASE, ELEMENT_GAP, ELEMENT_NOT, ELEMENT_START,
                           ELEMENT_END, ELEMENT_NEAR, ELEMENT_FAR };

struct safety_element {
    uint8_t type;
    bool optional;
    uint16_t value; /* word, class, phrase, or the width of a gap */
};

struct safety_sequence {
    uint16_t rule; /* index in rules[], or of the phrase */
    uint16_t first;
    uint8_t count, anchor;
    uint8_t near_count; /* conditions, after the others */
};

struct safety_span {
    uint16_t phrase, start, end; /* tokens [start, end) */
};

/* Which sequences hang on a word: list[first[word] .. first[word + 1]). */
struct safety_anchors {
    uint32_t *first;
    uint16_t *list;
};

struct safety_set;
struct safety_set_scratch;

struct safety_program {
    struct safety_vocabulary vocabulary;
    struct safety_element *elements;
    size_t element_count, element_capacity;
    struct safety_sequence *sequences;
    size_t sequence_count, sequence_capacity, phrase_sequence_count; /* phrases stand first */
    const struct safety_rule **rules;
    size_t rule_count;
    const char *phrase_names[SAFETY_PHRASES_MAX];
    size_t phrase_count;
    struct safety_set *sets; /* the classes that elements ask for */
    size_t set_count, set_capacity;
    uint16_t *members; /* of all sets */
    size_t member_count, member_capacity;
    struct safety_set_scratch *scratch; /* while building; then NULL */
    struct safety_anchors phrase_anchors, rule_anchors, span_anchors;
    uint8_t *anchored; /* per word: 1 phrases, 2 rules */
    struct str wrong;  /* the piece of a table that cannot be read; only a wrong table has one */
};

/* A class: its words in order, and one bit for each word number modulo 64, so that most questions end at the first look.
 * (Bitmaps over the whole vocabulary took 2 MB for two thousand classes of mostly a dozen words.) */
struct safety_set {
    uint64_t signature;
    uint32_t first; /* in members[] */
    uint32_t cost;  /* how often one of them would be met in ordinary talk */
    uint16_t count;
};

int safety_program_init(struct safety_program *program) MUST_CHECK; /* -ENOMEM; -EINVAL: a table is wrong */
void safety_program_done(struct safety_program *program);

/* What is being read: one window. */
struct safety_reading {
    const struct safety_program *program;
    const struct safety_tokens *tokens;
    struct safety_span spans[SAFETY_SPANS_MAX];
    size_t span_count;
    unsigned long steps; /* for the test that the whole is linear */
};

/* Finds the phrases; then safety_match_rules calls `found` for each match of a rule at tokens [start, end). */
void safety_match_phrases(struct safety_reading *reading);
typedef void safety_found(void *arg, const struct safety_rule *rule, size_t start, size_t end);
void safety_match_rules(struct safety_reading *reading, safety_found *found, void *arg);

/* sets.c: the classes.  `find` gives the set of this text ("a|b|@class"), one for all elements that say the same. */
enum { SAFETY_CLASS_DEPTH_MAX = 4 };
const struct safety_class *safety_class_named(struct str name);
int safety_sets_init(struct safety_program *program) MUST_CHECK; /* after the last word is in the vocabulary; -ENOMEM */
int safety_sets_find(struct safety_program *program, struct str text, uint16_t *ret_set) MUST_CHECK;
void safety_sets_seal(struct safety_program *program); /* nothing more is found from here on */
void safety_sets_done(struct safety_program *program);
uint32_t safety_program_word_cost(const struct safety_program *program, size_t word);
int safety_program_wrong(struct safety_program *program, struct str piece); /* -EINVAL, and remembers the piece */

static inline bool safety_class_has(const struct safety_program *program, uint16_t class, uint16_t word)
{
    const struct safety_set *set = &program->sets[class];
    if ((set->signature >> (word % 64) & 1) == 0)
        return false;
    const uint16_t *low = program->members + set->first;
    for (size_t count = set->count; count > 1;) {
        size_t half = count / 2;
        low += low[half] <= word ? half : 0;
        count -= half;
    }
    return *low == word;
}

#endif
