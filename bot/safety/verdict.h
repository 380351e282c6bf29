/* SPDX-License-Identifier: MIT */
/* verdict.h: many hits to one verdict. */
#ifndef SAFETY_VERDICT_H
#define SAFETY_VERDICT_H

#include "safety/context.h"

struct safety_verdict_entry {
    const char *rule, *context;
    uint8_t kind, tier, who;
};
enum { SAFETY_ENTRIES_MAX = 24 };

/* Keeps the strongest hits, strongest first. */
struct safety_tally {
    size_t count;
    struct safety_verdict_entry entries[SAFETY_ENTRIES_MAX];
    struct safety_verdict_entry weak; /* the strongest that counts only when nothing else says more */
    bool has_weak;
};

void safety_tally_init(struct safety_tally *tally);
void safety_tally_add(struct safety_tally *tally, const struct safety_hit *hit);
void safety_tally_verdict(struct safety_tally *tally, struct safety_verdict *ret_verdict);
/* Puts a rule id first, the last falling off; the same id once. */
void safety_verdict_note(struct safety_verdict *verdict, const char *rule);
/* True when a stands above b. */
bool safety_verdict_above(const struct safety_verdict *a, const struct safety_verdict *b);

#endif
