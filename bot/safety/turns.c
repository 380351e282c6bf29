/* SPDX-License-Identifier: MIT */
/* turns.c: one person's messages in a row: what was said stands, and what follows may make it worse, never better. */
#include "safety/reader.h"
#include "safety/verdict.h"

enum { JOIN_BYTES = 512, TURN_HEAD_BYTES = 200 };

static bool about_life(const struct safety_verdict *verdict)
{
    return verdict->kind == SAFETY_SUICIDE || verdict->kind == SAFETY_SELF_HARM;
}

/* The end of one message and the head of the next, as if written in one: "i'm going to" + "kill myself". */
static size_t join(struct str before, struct str after, const char *between, char *out)
{
    if (before.len > TURN_HEAD_BYTES)
        before = str_from(before, before.len - TURN_HEAD_BYTES);
    after = str_upto(after, TURN_HEAD_BYTES);
    size_t gap = strlen(between), length = 0;
    if (before.len > 0)
        memcpy(out, before.ptr, before.len);
    length += before.len;
    memcpy(out + length, between, gap);
    length += gap;
    if (after.len > 0)
        memcpy(out + length, after.ptr, after.len);
    return length + after.len;
}

static void keep_stronger(struct safety_verdict *best, const struct safety_verdict *other, const char *note)
{
    if (!safety_verdict_above(other, best))
        return;
    *best = *other;
    if (note)
        safety_verdict_note(best, note);
}

/* Split over two messages; a new line keeps sentences apart, a space lets one run on. */
static void read_joined(const struct safety *safety, struct str before, struct str after, struct safety_verdict *best)
{
    char joined[JOIN_BYTES];
    static const char *const between[] = {" ", "\n"};
    for (size_t i = 0; i < COUNT_OF(between); i++) {
        struct safety_verdict verdict;
        size_t length = join(before, after, between[i], joined);
        safety_read_counted(safety, (struct str){joined, length}, &verdict);
        if (verdict.tier > best->tier && verdict.tier >= 2)
            keep_stronger(best, &verdict, "turns.joined");
    }
}

static void raise_to(struct safety_verdict *best, int tier, const char *note)
{
    if (best->tier >= tier)
        return;
    best->tier = tier;
    safety_verdict_note(best, note);
}

/* After a wish, words that alone say little: "tonight", "I have it here", "goodbye". */
static bool says_soon(const struct safety *safety, struct str text)
{
    static const char wish[] = "i want to kill myself\n";
    char joined[JOIN_BYTES];
    struct safety_verdict verdict;
    size_t length = join((struct str){wish, sizeof(wish) - 2}, text, "\n", joined);
    safety_read_counted(safety, (struct str){joined, length}, &verdict);
    return verdict.tier == 4;
}

void safety_classify_turns(const struct safety *safety, const struct str *turns, size_t count,
                           struct safety_verdict *ret_verdict)
{
    struct safety_verdict best = {SAFETY_NONE, 0, SAFETY_WHO_NONE, 0, {0}};
    size_t twos = 0;
    for (size_t i = 0; i < count; i++) {
        struct safety_verdict verdict;
        bool wish = best.tier == 3 && best.kind == SAFETY_SUICIDE && best.who == SAFETY_WHO_SELF;
        if (wish && turns[i].len <= TURN_HEAD_BYTES && says_soon(safety, turns[i]))
            raise_to(&best, 4, "turns.soon");
        safety_classify(safety, turns[i], 0, &verdict);
        twos += verdict.tier == 2 && about_life(&verdict);
        keep_stronger(&best, &verdict, NULL);
        if (i > 0)
            read_joined(safety, turns[i - 1], turns[i], &best);
    }
    if (twos >= 2 && best.tier == 2)
        raise_to(&best, 3, "turns.two-of-tier-2");
    *ret_verdict = best;
}
