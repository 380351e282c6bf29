/* SPDX-License-Identifier: MIT */
/* safety.c: one text, read in windows, to one verdict. */
#include "safety/safety.h"

#include "base/utf8.h"
#include "safety/fold.h"
#include "safety/reader.h"
#include "safety/verdict.h"

/* A text above this is read at both ends: linear time still, but a peer's megabyte is not worth a second of ours. */
enum { READ_WHOLE_BYTES = 256 * 1024, READ_END_BYTES = 128 * 1024, PICTURES_BETWEEN_MIN = 2 };

struct safety {
    struct safety_program program;
    uint16_t asked[ASKED_COUNT];
};

static uint16_t phrase_named(const struct safety_program *program, const char *name)
{
    for (size_t i = 0; i < program->phrase_count; i++) {
        if (strcmp(program->phrase_names[i], name) == 0)
            return (uint16_t)i;
    }
    return SAFETY_PHRASES_MAX; /* no span has it */
}

struct safety *safety_create(void)
{
    static const char *const names[ASKED_COUNT] = {
        [ASKED_IDIOM] = "idiom", [ASKED_PAST] = "past",   [ASKED_SOON] = "soon",
        [ASKED_NOW] = "now",     [ASKED_STILL] = "still", [ASKED_RECENT] = "recent",
    };
    struct safety *safety = mem_zalloc(sizeof(*safety));
    if (!safety)
        return NULL;
    int r = safety_program_init(&safety->program);
    if (r < 0) {
        safety_destroy(safety);
        return NULL;
    }
    for (size_t i = 0; i < ASKED_COUNT; i++)
        safety->asked[i] = phrase_named(&safety->program, names[i]);
    return safety;
}

void safety_destroy(struct safety *safety)
{
    if (!safety)
        return;
    safety_program_done(&safety->program);
    mem_free(safety);
}

struct window {
    struct safety_scene scene;
    struct safety_tokens tokens;
    struct safety_tally *tally;
};

static void take_hit(void *arg, const struct safety_rule *rule, size_t start, size_t end)
{
    struct window *window = arg;
    struct safety_hit hit = {rule, start, end, start, end, rule->tier, (enum safety_who)rule->who, NULL};
    if (safety_context_apply(&window->scene, &hit))
        safety_tally_add(window->tally, &hit);
}

static void match_window(struct window *window)
{
    safety_match_phrases(&window->scene.reading);
    safety_match_rules(&window->scene.reading, take_hit, window);
}

static unsigned long read_window(const struct safety *safety, struct str text, struct safety_tally *tally)
{
    struct window window; /* not cleared: only what is written is read */
    char folded[SAFETY_WINDOW_BYTES];
    if (safety_fold_needed(text))
        text = (struct str){folded, safety_fold(text, folded)};
    safety_tokens_read(&safety->program.vocabulary, text, &window.tokens);
    window.scene.reading.program = &safety->program;
    window.scene.reading.tokens = &window.tokens;
    window.scene.reading.steps = window.tokens.count;
    memcpy(window.scene.asked, safety->asked, sizeof(window.scene.asked));
    window.tally = tally;
    match_window(&window);
    if (window.tokens.picture_count >= PICTURES_BETWEEN_MIN) {
        safety_tokens_drop_pictures(&safety->program.vocabulary, &window.tokens);
        match_window(&window);
    }
    return window.scene.reading.steps;
}

/* Where a window of text that begins at `from` ends: at white space if there is any in its last part. */
static size_t window_end(struct str text, size_t from)
{
    size_t end = from + SAFETY_WINDOW_BYTES;
    if (end >= text.len)
        return text.len;
    for (size_t at = end; at > end - SAFETY_OVERLAP_BYTES; at--) {
        if (text.ptr[at - 1] == ' ' || text.ptr[at - 1] == '\n')
            return at;
    }
    size_t whole = utf8_floor(text.ptr, text.len, end);
    return whole > from ? whole : end;
}

static unsigned long read_span(const struct safety *safety, struct str text, struct safety_tally *tally)
{
    unsigned long steps = 0;
    size_t from = 0;
    for (;;) {
        size_t end = window_end(text, from);
        steps += read_window(safety, (struct str){text.ptr + from, end - from}, tally);
        if (end >= text.len)
            return steps;
        from = end - SAFETY_OVERLAP_BYTES;
        while (from < end && text.ptr[from] != ' ' && text.ptr[from] != '\n') /* not inside a word */
            from++;
    }
}

unsigned long safety_read_counted(const struct safety *safety, struct str text, struct safety_verdict *ret_verdict)
{
    struct safety_tally tally;
    safety_tally_init(&tally);
    unsigned long steps = 0;
    if (text.len > READ_WHOLE_BYTES) {
        steps = read_span(safety, str_upto(text, READ_END_BYTES), &tally);
        steps += read_span(safety, str_from(text, text.len - READ_END_BYTES), &tally);
    } else if (text.len > 0) {
        steps = read_span(safety, text, &tally);
    }
    safety_tally_verdict(&tally, ret_verdict);
    return steps;
}

/* A plan names what it guards against; what happens now it does not name. */
static void lower_plan(struct safety_verdict *verdict)
{
    if (verdict->tier < 2 || verdict->kind == SAFETY_OVERDOSE)
        return;
    verdict->tier--;
    safety_verdict_note(verdict, "context.plan-text");
}

/* The worse of both readings. */
static void read_action(const struct safety *safety, struct str text, struct safety_verdict *verdict)
{
    char first[2 * SAFETY_WINDOW_BYTES];
    struct safety_verdict own;
    size_t len = safety_action_text(text, first, sizeof(first));
    if (len == 0)
        return;
    safety_read_counted(safety, (struct str){first, len}, &own);
    if (own.tier > verdict->tier)
        *verdict = own;
}

void safety_classify(const struct safety *safety, struct str text, unsigned context, struct safety_verdict *ret_verdict)
{
    safety_read_counted(safety, text, ret_verdict);
    if ((context & SAFETY_ACTION) != 0)
        read_action(safety, text, ret_verdict);
    if ((context & SAFETY_PLAN_TEXT) != 0)
        lower_plan(ret_verdict);
}

const char *safety_kind_name(enum safety_kind kind)
{
    static const char *const names[SAFETY_KIND_COUNT] = {
        [SAFETY_NONE] = "none",         [SAFETY_SUICIDE] = "suicide",       [SAFETY_SELF_HARM] = "self-harm",
        [SAFETY_OVERDOSE] = "overdose", [SAFETY_WITHDRAWAL] = "withdrawal", [SAFETY_VIOLENCE] = "violence",
        [SAFETY_CRAVING] = "craving",   [SAFETY_LAPSE] = "lapse",
    };
    return kind < SAFETY_KIND_COUNT ? names[kind] : "none";
}

const char *safety_who_name(enum safety_who who)
{
    static const char *const names[SAFETY_WHO_COUNT] = {
        [SAFETY_WHO_NONE] = "none", [SAFETY_WHO_SELF] = "self", [SAFETY_WHO_OTHER] = "other"};
    return who < SAFETY_WHO_COUNT ? names[who] : "none";
}
