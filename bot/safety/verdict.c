/* SPDX-License-Identifier: MIT */
/* verdict.c: the strongest hit decides kind, tier and who; the others leave their rule ids. */
#include "safety/verdict.h"

/* At one tier, what needs another answer than the rest stands first. */
static const uint8_t rank_of[SAFETY_KIND_COUNT] = {
    [SAFETY_NONE] = 0,      [SAFETY_CRAVING] = 2,    [SAFETY_LAPSE] = 3,   [SAFETY_SELF_HARM] = 4,
    [SAFETY_VIOLENCE] = 5,  [SAFETY_WITHDRAWAL] = 6, [SAFETY_SUICIDE] = 8, [SAFETY_OVERDOSE] = 7,
};

static bool stronger(const struct safety_verdict_entry *a, const struct safety_verdict_entry *b)
{
    if (a->tier != b->tier)
        return a->tier > b->tier;
    if (a->kind != b->kind)
        return rank_of[a->kind] > rank_of[b->kind];
    return a->who == SAFETY_WHO_SELF && b->who != SAFETY_WHO_SELF;
}

/* The same rule at the same tier counts once. */
static void insert(struct safety_tally *tally, struct safety_verdict_entry entry)
{
    size_t at = 0;
    for (size_t i = 0; i < tally->count; i++) {
        const struct safety_verdict_entry *old = &tally->entries[i];
        if (old->rule == entry.rule && old->tier == entry.tier && old->who == entry.who)
            return;
    }
    while (at < tally->count && !stronger(&entry, &tally->entries[at]))
        at++;
    if (at == SAFETY_ENTRIES_MAX)
        return;
    size_t kept = MIN_OF(tally->count, (size_t)SAFETY_ENTRIES_MAX - 1);
    memmove(&tally->entries[at + 1], &tally->entries[at], (kept - at) * sizeof(entry));
    tally->entries[at] = entry;
    tally->count = kept + 1;
}

void safety_tally_init(struct safety_tally *tally)
{
    tally->count = 0;
    tally->has_weak = false;
}

void safety_tally_add(struct safety_tally *tally, const struct safety_hit *hit)
{
    struct safety_verdict_entry entry = {hit->rule->id, hit->context, hit->rule->kind, (uint8_t)hit->tier,
                                         (uint8_t)hit->who};
    if ((hit->rule->flags & RULE_WEAK) != 0) {
        if (!tally->has_weak || stronger(&entry, &tally->weak))
            tally->weak = entry;
        tally->has_weak = true;
        return;
    }
    insert(tally, entry);
}

static void append(struct safety_verdict *verdict, const char *rule)
{
    for (size_t i = 0; i < verdict->rule_count; i++) {
        if (strcmp(verdict->rules[i], rule) == 0)
            return;
    }
    if (verdict->rule_count < SAFETY_RULES_MAX)
        verdict->rules[verdict->rule_count++] = rule;
}

void safety_verdict_note(struct safety_verdict *verdict, const char *rule)
{
    struct safety_verdict old = *verdict;
    verdict->rule_count = 0;
    append(verdict, rule);
    for (size_t i = 0; i < old.rule_count; i++)
        append(verdict, old.rules[i]);
}

/* "overdose" alone is talk about it; beside "sugar" it is an idiom, beside a wish it adds nothing. */
static void settle_weak(struct safety_tally *tally)
{
    if (!tally->has_weak)
        return;
    const struct safety_verdict_entry *top = tally->count ? &tally->entries[0] : NULL;
    if (!top || (top->tier == 0 && top->kind != tally->weak.kind))
        insert(tally, tally->weak);
    tally->has_weak = false;
}

static bool has_rule(const struct safety_tally *tally, const char *rule)
{
    for (size_t i = 0; i < tally->count; i++) {
        if (strcmp(tally->entries[i].rule, rule) == 0)
            return true;
    }
    return false;
}

void safety_tally_verdict(struct safety_tally *tally, struct safety_verdict *ret_verdict)
{
    settle_weak(tally);
    struct safety_verdict verdict = {SAFETY_NONE, 0, SAFETY_WHO_NONE, 0, {0}};
    for (size_t i = 0; i < tally->count; i++) {
        const struct safety_verdict_entry *entry = &tally->entries[i];
        if (i == 0) {
            verdict.kind = (enum safety_kind)entry->kind;
            verdict.tier = entry->tier;
            verdict.who = (enum safety_who)entry->who;
        }
        append(&verdict, entry->rule);
        if (entry->context)
            append(&verdict, entry->context);
    }
    if (verdict.tier == 2 && verdict.kind == SAFETY_SUICIDE && has_rule(tally, "combined.craving-high"))
        verdict.tier = 3; /* a craving of 8 and more with a tier 2 (the crisis protocol) */
    *ret_verdict = verdict;
}

bool safety_verdict_above(const struct safety_verdict *a, const struct safety_verdict *b)
{
    struct safety_verdict_entry left = {NULL, NULL, (uint8_t)a->kind, (uint8_t)a->tier, (uint8_t)a->who};
    struct safety_verdict_entry right = {NULL, NULL, (uint8_t)b->kind, (uint8_t)b->tier, (uint8_t)b->who};
    return stronger(&left, &right);
}
