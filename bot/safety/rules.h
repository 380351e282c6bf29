/* SPDX-License-Identifier: MIT */
/* rules.h: what the tables of rules look like; the tables are lexicon.c and rules_*.c.
 *
 * A pattern is a row of elements with a space between; " / " parts whole alternatives.
 *     word          that word                      a|b|@class    one of these
 *     <phrase>      a phrase of the phrase table   ..N           up to N other words (".." is 3)
 *     x?            may be absent                  !a|b          the next word is none of these
 *     ^  $          a sentence begins, ends        &a|@b  -a|@b  one of these stands, none stands within 24 words
 * "#n" is a number, "#year" a year, "#laugh" "#means" "#sad" are emoji.  Words are read after contractions are opened
 * ("i'm" is "i am", "wanna" is "want to", "don't" is "do not"). */
#ifndef SAFETY_RULES_H
#define SAFETY_RULES_H

#include "safety/safety.h"

enum safety_rule_flag {
    RULE_FIXED = 1u << 0,  /* says all there is to say: no context lowers it */
    RULE_WISH = 1u << 1,   /* a want or a thought: a time soon makes tier 3 into 4 only with an intent */
    RULE_INTENT = 1u << 2, /* a time soon makes tier 3 into 4 */
    RULE_NOUN = 1u << 3,   /* the bare word */
    RULE_EITHER = 1u << 4, /* the subject decides who is meant */
    RULE_WEAK = 1u << 5,   /* only counts when no other rule of tier 1 or more says a thing */
    RULE_NEGATIVE = 1u << 6, /* its own words hold the "not" */
};

struct safety_rule {
    const char *id;
    const char *pattern;
    uint8_t kind, tier, who, flags;
};

/* A phrase is a name for patterns; "idiom" is the phrase that no rule may touch. */
struct safety_phrase {
    const char *name;
    const char *pattern;
};

struct safety_class {
    const char *name;
    const char *words; /* parted by spaces; "@other" takes another class in */
    uint32_t marks;
};

/* Written as "from=to to", parted by two spaces or more. */
extern const char *const safety_aliases[];
extern const size_t safety_alias_count;
extern const struct safety_class safety_classes[];
extern const size_t safety_class_count;

struct safety_phrase_table {
    const struct safety_phrase *rows;
    size_t count;
};
struct safety_rule_table {
    const struct safety_rule *rows;
    size_t count;
};
extern const struct safety_phrase_table safety_phrases_events, safety_phrases_idioms;
extern const struct safety_rule_table safety_rules_suicide, safety_rules_passive, safety_rules_about,
    safety_rules_plan, safety_rules_harm, safety_rules_overdose, safety_rules_withdrawal, safety_rules_violence,
    safety_rules_recovery, safety_rules_spanish;

#endif
