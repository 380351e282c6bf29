/* SPDX-License-Identifier: MIT */
/* context.c: negation, past, third person, quotation and idiom lower a tier; a time soon raises it. */
#include "safety/context.h"

enum { LOOK_LEFT_TOKENS = 7, MEDIA_TOKENS = 9, JOKE_TOKENS = 14, SOON_TOKENS = 14, SAID_SUBJECT_TOKENS = 4 };

static uint32_t marks_at(const struct safety_scene *scene, size_t at)
{
    const struct safety_reading *reading = &scene->reading;
    return reading->program->vocabulary.words[reading->tokens->at[at].word].marks;
}

static uint32_t marks_in(const struct safety_scene *scene, size_t from, size_t to)
{
    uint32_t marks = 0;
    for (size_t at = from; at < to; at++)
        marks |= marks_at(scene, at);
    return marks;
}

static bool breaks_before(const struct safety_scene *scene, size_t at, enum safety_break kind)
{
    return scene->reading.tokens->at[at].before >= kind;
}

static void find_sentence(const struct safety_scene *scene, struct safety_hit *hit)
{
    hit->from = hit->start;
    while (hit->from > 0 && !breaks_before(scene, hit->from, BREAK_HARD))
        hit->from--;
    hit->to = hit->end;
    while (hit->to < scene->reading.tokens->count && !breaks_before(scene, hit->to, BREAK_HARD))
        hit->to++;
}

/* True when a phrase that is asked for touches tokens [from, to). */
static bool stands(const struct safety_scene *scene, enum safety_asked asked, size_t from, size_t to)
{
    for (size_t i = 0; i < scene->reading.span_count; i++) {
        const struct safety_span *span = &scene->reading.spans[i];
        if (span->phrase == scene->asked[asked] && span->start < to && span->end > from)
            return true;
    }
    return false;
}

static void set_tier(struct safety_hit *hit, int tier, const char *context)
{
    hit->tier = tier;
    hit->context = context;
}

static void lower(struct safety_hit *hit, int tier, const char *context)
{
    if (hit->tier > tier)
        set_tier(hit, tier, context);
}

static bool all_flagged(const struct safety_scene *scene, const struct safety_hit *hit, unsigned flag)
{
    for (size_t at = hit->start; at < hit->end; at++) {
        if ((scene->reading.tokens->at[at].flags & flag) == 0)
            return false;
    }
    return true;
}

/* A quotation that somebody is named for: a song, a line, "- Johnny Cash" after it. */
static bool quoted_from_elsewhere(const struct safety_scene *scene, const struct safety_hit *hit)
{
    if (!all_flagged(scene, hit, TOKEN_QUOTED))
        return false;
    const struct safety_tokens *tokens = scene->reading.tokens;
    uint32_t outside = 0;
    size_t after = hit->end;
    for (size_t at = 0; at < tokens->count; at++) {
        if ((tokens->at[at].flags & TOKEN_QUOTED) == 0)
            outside |= marks_at(scene, at);
    }
    while (after < tokens->count && (tokens->at[after].flags & TOKEN_QUOTED) != 0)
        after++;
    bool signed_after = after < tokens->count && (tokens->at[0].flags & TOKEN_QUOTED) != 0 &&
                        (marks_at(scene, after) & (MARK_I | MARK_FILLER | MARK_TURN | MARK_COMMON)) == 0;
    return (outside & MARK_MEDIA) != 0 || ((outside & MARK_SAID) != 0 && (outside & MARK_I) == 0) || signed_after;
}

/* "this song about wanting to die": told by a work, and no "I" between. */
static bool told_by_work(const struct safety_scene *scene, const struct safety_hit *hit)
{
    size_t low = hit->start > hit->from + MEDIA_TOKENS ? hit->start - MEDIA_TOKENS : hit->from;
    for (size_t at = hit->start; at-- > low;) {
        uint32_t marks = marks_at(scene, at);
        bool recited = at > low && (marks_at(scene, at - 1) & MARK_SAID) != 0; /* "the song goes: I ..." */
        if ((marks & MARK_MEDIA) != 0)
            return true;
        if ((marks & MARK_I) != 0 && !recited)
            return false;
    }
    return false;
}

static bool about_machines(const struct safety_scene *scene, const struct safety_hit *hit)
{
    uint32_t marks = marks_in(scene, hit->from, hit->to);
    return (marks & MARK_CODE) != 0 && (marks & MARK_I) == 0;
}

static bool word_is(const struct safety_scene *scene, size_t at, const char *text)
{
    const struct safety_word *word = &scene->reading.program->vocabulary.words[scene->reading.tokens->at[at].word];
    return str_eq_c((struct str){word->text, word->length}, text);
}

enum subject { SUBJECT_SELF, SUBJECT_OTHER, SUBJECT_THING };

static enum subject subject_of(const struct safety_scene *scene, const struct safety_hit *hit)
{
    if (word_is(scene, hit->start, "is") && word_is(scene, hit->end - 1, "suicidal"))
        return SUBJECT_OTHER; /* "jay is suicidal" */
    size_t low = hit->start > hit->from + LOOK_LEFT_TOKENS ? hit->start - LOOK_LEFT_TOKENS : hit->from;
    for (size_t at = hit->start; at-- > low;) {
        uint32_t marks = marks_at(scene, at);
        if ((marks & MARK_I) != 0)
            return SUBJECT_SELF;
        if ((marks & MARK_OTHER) != 0)
            return SUBJECT_OTHER;
        if ((marks & (MARK_CODE | MARK_MEDIA)) != 0)
            return SUBJECT_THING;
    }
    return SUBJECT_SELF; /* "want to die": people leave the "I" out */
}

/* "not", unless what follows it ("can't stop", "don't know if", "not just") takes the denial away again. */
static bool denies(const struct safety_scene *scene, const struct safety_hit *hit, size_t at)
{
    for (size_t next = at + 1; next < hit->start && next <= at + 2; next++) {
        if ((marks_at(scene, next) & MARK_HEDGE) != 0)
            return false;
    }
    if (at > hit->from && word_is(scene, at - 1, "why"))
        return false;
    /* "never wanted to die so much" says the opposite. */
    return !(word_is(scene, at, "never") && (marks_in(scene, hit->end, MIN_OF(hit->to, hit->end + 2)) & MARK_FILLER) != 0);
}

static bool negated(const struct safety_scene *scene, const struct safety_hit *hit)
{
    size_t low = hit->start > hit->from + LOOK_LEFT_TOKENS ? hit->start - LOOK_LEFT_TOKENS : hit->from;
    bool passed_subject = false;
    for (size_t at = hit->start; at-- > low;) {
        uint32_t marks = marks_at(scene, at);
        if (breaks_before(scene, at + 1, BREAK_SOFT) || (marks & MARK_TURN) != 0)
            return false;
        if ((marks & MARK_NOT) != 0)
            return denies(scene, hit, at);
        if (passed_subject && (marks & (MARK_HEDGE | MARK_SAID)) == 0)
            return false;
        passed_subject |= (marks & (MARK_I | MARK_OTHER)) != 0;
    }
    return false;
}

/* "asked if I was suicidal". */
static bool only_asked(const struct safety_scene *scene, const struct safety_hit *hit)
{
    size_t low = hit->start > hit->from + LOOK_LEFT_TOKENS ? hit->start - LOOK_LEFT_TOKENS : hit->from;
    bool condition = false;
    for (size_t at = hit->start; at-- > low;) {
        uint32_t marks = marks_at(scene, at);
        condition |= (marks & MARK_CONDITION) != 0;
        if (condition && (marks & MARK_SAID) != 0)
            return true;
    }
    return false;
}

/* "what I said about wanting to die". */
static bool own_report(const struct safety_scene *scene, const struct safety_hit *hit)
{
    size_t low = hit->start > hit->from + LOOK_LEFT_TOKENS ? hit->start - LOOK_LEFT_TOKENS : hit->from;
    for (size_t at = low; at < hit->start; at++) {
        size_t before = at > hit->from + SAID_SUBJECT_TOKENS ? at - SAID_SUBJECT_TOKENS : hit->from;
        bool mine = (marks_in(scene, before, at) & MARK_I) != 0;
        bool near = at + SAID_SUBJECT_TOKENS >= hit->start;
        if (mine && near && (word_is(scene, at, "said") || word_is(scene, at, "wrote") || word_is(scene, at, "posted")))
            return true;
        if (at + 1 < hit->start && word_is(scene, at + 1, "about") &&
            (word_is(scene, at, "message") || word_is(scene, at, "messages") || word_is(scene, at, "said") ||
             word_is(scene, at, "post") || word_is(scene, at, "wrote")))
            return true;
    }
    return false;
}

static bool long_past(const struct safety_scene *scene, const struct safety_hit *hit)
{
    return stands(scene, ASKED_PAST, hit->from, hit->to) && !stands(scene, ASKED_STILL, hit->from, hit->to) &&
           !stands(scene, ASKED_SOON, hit->from, hit->to);
}

static bool joking(const struct safety_scene *scene, const struct safety_hit *hit)
{
    size_t low = hit->start > JOKE_TOKENS ? hit->start - JOKE_TOKENS : 0;
    size_t high = MIN_OF(scene->reading.tokens->count, hit->end + JOKE_TOKENS);
    return (marks_in(scene, low, high) & MARK_JOKE) != 0;
}

static bool soon(const struct safety_scene *scene, const struct safety_hit *hit)
{
    size_t low = hit->start > SOON_TOKENS ? hit->start - SOON_TOKENS : 0;
    size_t high = hit->end + SOON_TOKENS;
    if (stands(scene, ASKED_SOON, low, hit->start) || stands(scene, ASKED_SOON, hit->end, high))
        return true;
    return (hit->rule->flags & RULE_INTENT) != 0 && stands(scene, ASKED_NOW, hit->from, hit->to);
}

/* A line that repeats somebody else's, among lines of one's own. */
static bool cited(const struct safety_scene *scene, const struct safety_hit *hit)
{
    if (!all_flagged(scene, hit, TOKEN_CITED))
        return false;
    for (size_t at = 0; at < scene->reading.tokens->count; at++) {
        if ((scene->reading.tokens->at[at].flags & TOKEN_CITED) == 0)
            return true;
    }
    return false;
}

/* "she can't go on": a pronoun right before words that are otherwise read as one's own. */
static bool said_of_another(const struct safety_scene *scene, const struct safety_hit *hit)
{
    if (hit->rule->kind != SAFETY_SUICIDE || hit->start == hit->from)
        return false;
    size_t at = hit->start - 1;
    return word_is(scene, at, "she") || word_is(scene, at, "he") || word_is(scene, at, "they");
}

static void lower_to_other(struct safety_hit *hit)
{
    hit->who = SAFETY_WHO_OTHER;
    lower(hit, 1, "context.other");
}

/* The frame of a wish or an act whose subject stands outside the pattern. */
static bool apply_subject(const struct safety_scene *scene, struct safety_hit *hit)
{
    switch (subject_of(scene, hit)) {
    case SUBJECT_SELF:
        hit->who = SAFETY_WHO_SELF;
        return true;
    case SUBJECT_OTHER:
        lower_to_other(hit);
        return true;
    case SUBJECT_THING:
        return false;
    }
    return true;
}

static void apply_time(const struct safety_scene *scene, struct safety_hit *hit)
{
    bool raises = (hit->rule->flags & (RULE_INTENT | RULE_WISH)) != 0 && hit->rule->kind == SAFETY_SUICIDE;
    bool own = (hit->rule->flags & RULE_EITHER) == 0 || hit->who == SAFETY_WHO_SELF;
    if (long_past(scene, hit))
        lower(hit, 1, "context.past");
    else if (raises && own && hit->tier == hit->rule->tier && soon(scene, hit))
        set_tier(hit, 4, "context.soon");
}

/* "my dad stopped drinking and is having a seizure": somebody is named, and "I" is not. */
static bool speaks_of_another(const struct safety_scene *scene)
{
    bool other = false;
    for (size_t at = 0; at < scene->reading.tokens->count; at++) {
        if (word_is(scene, at, "i") || word_is(scene, at, "yo") || word_is(scene, at, "am"))
            return false;
        uint32_t marks = marks_at(scene, at);
        other |= (marks & MARK_PERSON) != 0 || word_is(scene, at, "he") || word_is(scene, at, "she");
    }
    return other;
}

bool safety_context_apply(const struct safety_scene *scene, struct safety_hit *hit)
{
    const struct safety_rule *rule = hit->rule;
    find_sentence(scene, hit);
    bool crisis = rule->kind != SAFETY_CRAVING && rule->kind != SAFETY_LAPSE;
    if (crisis && stands(scene, ASKED_IDIOM, hit->start, hit->end))
        return false;
    if ((rule->kind == SAFETY_WITHDRAWAL || rule->kind == SAFETY_OVERDOSE) && hit->who == SAFETY_WHO_SELF &&
        speaks_of_another(scene))
        hit->who = SAFETY_WHO_OTHER;
    if ((rule->flags & RULE_FIXED) != 0)
        return true;
    if (quoted_from_elsewhere(scene, hit) || told_by_work(scene, hit) || about_machines(scene, hit))
        return false;
    if (cited(scene, hit))
        lower(hit, 1, "context.cited");
    bool either = (rule->flags & RULE_EITHER) != 0;
    if (either && !apply_subject(scene, hit))
        return false;
    if (!either && said_of_another(scene, hit))
        lower_to_other(hit);
    bool denied = (rule->flags & RULE_NEGATIVE) == 0 && negated(scene, hit);
    if (denied && rule->kind == SAFETY_CRAVING)
        return false; /* "I don't want to drink anymore" */
    if (denied)
        lower(hit, 1, "context.denied");
    else if (only_asked(scene, hit))
        lower(hit, 1, "context.asked");
    else if (own_report(scene, hit))
        lower(hit, 2, "context.reported");
    apply_time(scene, hit);
    if (hit->tier < 4 && joking(scene, hit))
        lower(hit, 2, "context.joking");
    return hit->tier > 0 || rule->tier == 0;
}
