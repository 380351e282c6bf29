/* SPDX-License-Identifier: MIT */
/* safety.h: the reading for crisis words, compiled in; works when everything else is broken. */
#ifndef SAFETY_SAFETY_H
#define SAFETY_SAFETY_H

#include <stdint.h>

#include "base/str.h"

enum safety_kind {
    SAFETY_NONE,
    SAFETY_SUICIDE,
    SAFETY_SELF_HARM,
    SAFETY_OVERDOSE,
    SAFETY_WITHDRAWAL,
    SAFETY_VIOLENCE,
    SAFETY_CRAVING,
    SAFETY_LAPSE,
    SAFETY_KIND_COUNT
};
enum safety_who { SAFETY_WHO_NONE, SAFETY_WHO_SELF, SAFETY_WHO_OTHER, SAFETY_WHO_COUNT };

/* Where the text stands: plan text (a member's own crisis plan names what it names) lowers a tier, never drops it; an
 * action ("/me ...") is said in the third person of who speaks. */
enum safety_context { SAFETY_PLAN_TEXT = 1u << 0, SAFETY_PRIVATE = 1u << 1, SAFETY_ACTION = 1u << 2 };

enum { SAFETY_RULES_MAX = 8 };

/* Rules are static strings ("suicide.want-die"), the strongest first. */
struct safety_verdict {
    enum safety_kind kind;
    int tier; /* 0 to 4, docs/SAFETY.md's table */
    enum safety_who who;
    size_t rule_count;
    const char *rules[SAFETY_RULES_MAX];
};

/* The compiled rules.  Immutable after creation; one instance serves every thread. */
struct safety;
struct safety *safety_create(void) MUST_CHECK; /* NULL: out of memory */
void safety_destroy(struct safety *safety);

/* Reads one text.  Never fails: a text that cannot be read whole is read as far as it goes (ceilings in bytes; both
 * ends of a very long text are read).  Any bytes are legal: U+0000, ill-formed UTF-8, nothing. */
void safety_classify(const struct safety *safety, struct str text, unsigned context, struct safety_verdict *ret_verdict);

/* One person's consecutive messages, oldest first: the verdict on the last in the light of those before (two tier 2
 * make 3; a denial never lowers what went before; "tonight" after a wish raises). */
struct safety_turn {
    struct str text;
    bool from_bot; /* not the person's words, but what a bare "yes" answers */
};
void safety_classify_dialogue(const struct safety *safety, const struct safety_turn *turns, size_t count,
                              struct safety_verdict *ret_verdict);

/* The same without a bot's turns. */
void safety_classify_turns(const struct safety *safety, const struct str *turns, size_t count,
                           struct safety_verdict *ret_verdict);

/* "yes", "kind of", "i do", "no", "not really": a line that says nothing without its question.  In doubt it is a yes;
 * whatever says more is none. */
enum safety_answer { SAFETY_ANSWER_NONE, SAFETY_ANSWER_YES, SAFETY_ANSWER_NO };
enum safety_answer safety_answer(struct str text);

/* Somebody's new line in the light of the last one or two, as they were read by themselves: a sentence sent in pieces
 * ("i just want to", "die") is read as one, and a time after a wish ("tonight") makes it now.  Never below what the
 * line says by itself.  `had_wish`: they spoke of wanting to die a short while ago. */
struct safety_line {
    struct str text;
    int tier;
};
void safety_classify_after(const struct safety *safety, const struct safety_line *before, size_t count, bool had_wish,
                           struct str text, unsigned context, struct safety_verdict *ret_verdict);

const char *safety_kind_name(enum safety_kind kind); /* "suicide", "self-harm", ..., "none" */
const char *safety_who_name(enum safety_who who);    /* "self", "other", "none" */

#endif
