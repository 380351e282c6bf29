/* SPDX-License-Identifier: MIT */
/* context.h: what stands around a match: whose, when, whether at all, and in whose words. */
#ifndef SAFETY_CONTEXT_H
#define SAFETY_CONTEXT_H

#include "safety/pattern.h"

/* The phrases that the code asks for, by the names of the phrase tables. */
enum safety_asked { ASKED_IDIOM, ASKED_PAST, ASKED_SOON, ASKED_NOW, ASKED_STILL, ASKED_RECENT, ASKED_COUNT };

struct safety_scene {
    struct safety_reading reading;
    uint16_t asked[ASKED_COUNT]; /* phrase numbers */
};

/* A match on its way to the verdict. */
struct safety_hit {
    const struct safety_rule *rule;
    size_t start, end;           /* tokens */
    size_t from, to;             /* the sentence that it stands in */
    int tier;
    enum safety_who who;
    const char *context;         /* the rule id of what lowered or raised it last, or NULL */
};

/* Lowers, raises or drops (false). */
bool safety_context_apply(const struct safety_scene *scene, struct safety_hit *hit);

#endif
