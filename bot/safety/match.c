/* SPDX-License-Identifier: MIT */
/* match.c: a pattern is tried from its rarest word outward, first to the right, then to the left. */
#include "safety/pattern.h"

struct attempt {
    struct safety_reading *reading;
    const struct safety_sequence *sequence;
    const struct safety_element *elements;
    unsigned steps;
    size_t start, end;
};

static bool token_fits(const struct attempt *attempt, const struct safety_element *element, size_t at)
{
    uint16_t word = attempt->reading->tokens->at[at].word;
    if (element->type == ELEMENT_WORD)
        return word == element->value;
    return safety_class_has(attempt->reading->program, element->value, word);
}

/* True when tokens at and at - 1 belong to one sentence. */
static bool joined(const struct attempt *attempt, size_t at)
{
    return attempt->reading->tokens->at[at].before != BREAK_HARD;
}

static bool spend(struct attempt *attempt)
{
    attempt->reading->steps++;
    return ++attempt->steps <= SAFETY_STEPS_PER_ANCHOR;
}

static bool forward(struct attempt *attempt, size_t index, size_t at);
static bool backward(struct attempt *attempt, size_t index, size_t at);

static bool forward_phrase(struct attempt *attempt, size_t index, size_t at, uint16_t phrase)
{
    const struct safety_reading *reading = attempt->reading;
    for (size_t i = 0; i < reading->span_count; i++) {
        const struct safety_span *span = &reading->spans[i];
        if (span->phrase == phrase && span->start == at && forward(attempt, index + 1, span->end))
            return true;
    }
    return false;
}

/* Elements index.. against the tokens from `at` on.  The first token of a step must not begin a new sentence. */
static bool forward(struct attempt *attempt, size_t index, size_t at)
{
    if (!spend(attempt))
        return false;
    const struct safety_tokens *tokens = attempt->reading->tokens;
    if (index == attempt->sequence->count) {
        attempt->end = at;
        return true;
    }
    const struct safety_element *element = &attempt->elements[index];
    bool inside = at < tokens->count && joined(attempt, at);
    switch ((enum safety_element_type)element->type) {
    case ELEMENT_END:
        return !inside && forward(attempt, index + 1, at);
    case ELEMENT_NOT:
        return !(inside && token_fits(attempt, element, at)) && forward(attempt, index + 1, at);
    case ELEMENT_GAP:
        for (size_t skipped = 0; skipped <= element->value; skipped++) {
            if (forward(attempt, index + 1, at + skipped))
                return true;
            if (at + skipped >= tokens->count || !joined(attempt, at + skipped))
                return false;
        }
        return false;
    case ELEMENT_WORD:
    case ELEMENT_CLASS:
        if (inside && token_fits(attempt, element, at) && forward(attempt, index + 1, at + 1))
            return true;
        break;
    case ELEMENT_PHRASE:
        if (inside && forward_phrase(attempt, index, at, element->value))
            return true;
        break;
    case ELEMENT_START:
    case ELEMENT_NEAR:
    case ELEMENT_FAR:
        return false;
    }
    return element->optional && forward(attempt, index + 1, at);
}

static bool backward_phrase(struct attempt *attempt, size_t index, size_t at, uint16_t phrase)
{
    const struct safety_reading *reading = attempt->reading;
    for (size_t i = 0; i < reading->span_count; i++) {
        const struct safety_span *span = &reading->spans[i];
        if (span->phrase == phrase && span->end == at && backward(attempt, index, span->start))
            return true;
    }
    return false;
}

/* Elements below `index` against the tokens before `at`. */
static bool backward(struct attempt *attempt, size_t index, size_t at)
{
    if (!spend(attempt))
        return false;
    if (index == 0) {
        attempt->start = at;
        return true;
    }
    const struct safety_element *element = &attempt->elements[index - 1];
    bool inside = at > 0 && joined(attempt, at);
    switch ((enum safety_element_type)element->type) {
    case ELEMENT_START:
        return !inside && backward(attempt, index - 1, at);
    case ELEMENT_NOT: /* looks at the token that follows it */
        return !token_fits(attempt, element, at) && backward(attempt, index - 1, at);
    case ELEMENT_GAP:
        for (size_t skipped = 0; skipped <= element->value; skipped++) {
            if (backward(attempt, index - 1, at - skipped))
                return true;
            if (at == skipped || !joined(attempt, at - skipped))
                return false;
        }
        return false;
    case ELEMENT_WORD:
    case ELEMENT_CLASS:
        if (inside && token_fits(attempt, element, at - 1) && backward(attempt, index - 1, at - 1))
            return true;
        break;
    case ELEMENT_PHRASE:
        if (inside && backward_phrase(attempt, index - 1, at, element->value))
            return true;
        break;
    case ELEMENT_END:
    case ELEMENT_NEAR:
    case ELEMENT_FAR:
        return false;
    }
    return element->optional && backward(attempt, index - 1, at);
}

/* The conditions "&" and "-": whether a word of the class stands near the match. */
static bool conditions_hold(struct attempt *attempt)
{
    const struct safety_tokens *tokens = attempt->reading->tokens;
    size_t low = attempt->start > SAFETY_NEAR_TOKENS ? attempt->start - SAFETY_NEAR_TOKENS : 0;
    size_t high = MIN_OF(tokens->count, attempt->end + SAFETY_NEAR_TOKENS);
    const struct safety_element *element = attempt->elements + attempt->sequence->count;
    for (size_t i = 0; i < attempt->sequence->near_count; i++, element++) {
        bool stands = false;
        for (size_t at = low; at < high && !stands; at++) {
            attempt->reading->steps++;
            stands = safety_class_has(attempt->reading->program, element->value, tokens->at[at].word);
        }
        if (stands != (element->type == ELEMENT_NEAR))
            return false;
    }
    return true;
}

static bool try_sequence(struct attempt *attempt, size_t anchor_start, size_t anchor_end)
{
    attempt->steps = 0;
    size_t anchor = attempt->sequence->anchor;
    return forward(attempt, anchor + 1, anchor_end) && backward(attempt, anchor, anchor_start) &&
           conditions_hold(attempt);
}

static void add_span(struct safety_reading *reading, uint16_t phrase, size_t start, size_t end)
{
    for (size_t i = reading->span_count; i-- > 0 && reading->span_count - i < 8;) {
        const struct safety_span *span = &reading->spans[i];
        if (span->phrase == phrase && span->start == start && span->end == end)
            return;
    }
    if (reading->span_count < SAFETY_SPANS_MAX)
        reading->spans[reading->span_count++] =
            (struct safety_span){phrase, (uint16_t)start, (uint16_t)end};
}

void safety_match_phrases(struct safety_reading *reading)
{
    const struct safety_program *program = reading->program;
    reading->span_count = 0;
    for (size_t at = 0; at < reading->tokens->count; at++) {
        uint16_t word = reading->tokens->at[at].word;
        if ((program->anchored[word] & 1) == 0)
            continue;
        for (uint32_t i = program->phrase_anchors.first[word]; i < program->phrase_anchors.first[word + 1]; i++) {
            const struct safety_sequence *sequence = &program->sequences[program->phrase_anchors.list[i]];
            struct attempt attempt = {reading, sequence, &program->elements[sequence->first], 0, 0, 0};
            if (try_sequence(&attempt, at, at + 1))
                add_span(reading, sequence->rule, attempt.start, attempt.end);
        }
    }
}

static void try_rule(struct safety_reading *reading, uint16_t number, size_t start, size_t end, safety_found *found,
                     void *arg)
{
    const struct safety_program *program = reading->program;
    const struct safety_sequence *sequence = &program->sequences[number];
    struct attempt attempt = {reading, sequence, &program->elements[sequence->first], 0, 0, 0};
    if (try_sequence(&attempt, start, end))
        found(arg, program->rules[sequence->rule], attempt.start, attempt.end);
}

void safety_match_rules(struct safety_reading *reading, safety_found *found, void *arg)
{
    const struct safety_program *program = reading->program;
    for (size_t at = 0; at < reading->tokens->count; at++) {
        uint16_t word = reading->tokens->at[at].word;
        if ((program->anchored[word] & 2) == 0)
            continue;
        for (uint32_t i = program->rule_anchors.first[word]; i < program->rule_anchors.first[word + 1]; i++)
            try_rule(reading, program->rule_anchors.list[i], at, at + 1, found, arg);
    }
    for (size_t s = 0; s < reading->span_count; s++) {
        const struct safety_span span = reading->spans[s];
        const struct safety_anchors *anchors = &program->span_anchors;
        for (uint32_t i = anchors->first[span.phrase]; i < anchors->first[span.phrase + 1]; i++)
            try_rule(reading, anchors->list[i], span.start, span.end, found, arg);
    }
}
