/* SPDX-License-Identifier: MIT */
/* turns.c: one person's messages in a row: what was said stands, and what follows may make it worse, never better. */
#include "safety/reader.h"
#include "safety/verdict.h"

enum { JOIN_BYTES = 512, TURN_HEAD_BYTES = 200, SHORT_TURN_BYTES = 60, ANSWER_BYTES = 40 };

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

/* "tonight" in ordinary business is no threat. */
static bool is_business(struct str text)
{
    static const char *const words[] = {"meeting", "see you", "zoom", "dinner", "movie"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_find(text, str_of(words[i]), 0) != SIZE_MAX)
            return true;
    }
    return false;
}

/* Split over two messages; a new line keeps sentences apart, a space lets one run on. */
static void read_joined(const struct safety *safety, struct str before, struct str after, struct safety_verdict *best)
{
    char joined[JOIN_BYTES];
    static const char *const between[] = {" ", "\n"};
    if (is_business(after))
        return;
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
    if (text.len > TURN_HEAD_BYTES || is_business(text))
        return false;
    size_t length = join((struct str){wish, sizeof(wish) - 2}, text, "\n", joined);
    safety_read_counted(safety, (struct str){joined, length}, &verdict);
    return verdict.tier == 4;
}

static bool one_of(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(word, str_of(words[i])))
            return true;
    }
    return false;
}

/* "yes", "kind of", "I am": an answer that says nothing without its question. */
static bool affirms(struct str text)
{
    static const char *const yes[] = {"yes", "yeah", "yea", "yep", "yup", "ya", "y", "yah", "ye", "si", "s\xC3\xAD",
                                      "kinda", "maybe", "sometimes", "often", "always", "constantly", "kind", "sort",
                                      "probably",
                                      "lately", "both", "correct", "true", "mhm", "definitely", "daily"};
    static const char *const after_i[] = {"am", "do", "have", "did", "guess", "think", "might", "was"};
    struct str rest = text, word, second = {NULL, 0};
    if (text.len > ANSWER_BYTES || !str_word(&rest, &word))
        return false;
    while (word.len > 1 && strchr(".,!?", word.ptr[word.len - 1]))
        word.len--;
    if (one_of(word, yes, COUNT_OF(yes)))
        return true;
    if (!str_eq_nocase(word, STR("i")) || !str_word(&rest, &second))
        return false;
    while (second.len > 1 && strchr(".,!?", second.ptr[second.len - 1]))
        second.len--;
    return one_of(second, after_i, COUNT_OF(after_i)) && !str_word(&rest, &word);
}

/* What a bot asked, in the mouth of the one who says yes: "are you thinking of ending your life?". */
static size_t turn_round(struct str question, char *out)
{
    static const struct {
        const char *from, *to;
    } words[] = {{"you", "i"},          {"your", "my"},   {"yourself", "myself"}, {"yourself?", "myself?"},
                 {"you?", "me?"},       {"are", "am"},    {"you're", "i'm"},      {"life?", "life"},
                 {"yourself,", "myself,"}, {"estas", "estoy"}, {"est\xC3\xA1s", "estoy"}, {"quieres", "quiero"},
                 {"piensas", "pienso"}, {"tienes", "tengo"}, {"matarte", "matarme"}, {"matarte?", "matarme"},
                 {"suicidarte", "suicidarme"}, {"suicidarte?", "suicidarme"}, {"quitarte", "quitarme"}, {"tu", "mi"}};
    size_t length = 0;
    struct str word, rest = question;
    if (rest.len > TURN_HEAD_BYTES)
        rest = str_from(rest, rest.len - TURN_HEAD_BYTES);
    while (str_word(&rest, &word)) {
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            if (str_eq_nocase(word, str_of(words[i].from))) {
                word = str_of(words[i].to);
                break;
            }
        }
        if (length + word.len + 1 > JOIN_BYTES)
            break;
        memcpy(out + length, word.ptr, word.len);
        length += word.len;
        out[length++] = ' ';
    }
    return length;
}

/* A bare "yes" is at least what was asked, and "tonight?" asked after a wish is a time. */
static void read_answer(const struct safety *safety, struct str question, struct str answer,
                        struct safety_verdict *best)
{
    char asked[JOIN_BYTES];
    struct safety_verdict verdict;
    if (!affirms(answer))
        return;
    struct str text = {asked, turn_round(question, asked)};
    bool wish = best->tier == 3 && best->kind == SAFETY_SUICIDE && best->who == SAFETY_WHO_SELF;
    safety_read_counted(safety, text, &verdict);
    if (verdict.tier >= 2) {
        verdict.tier = MIN_OF(verdict.tier, 3);
        verdict.who = SAFETY_WHO_SELF;
        keep_stronger(best, &verdict, "turns.answered-yes");
    }
    if (wish && says_soon(safety, text))
        raise_to(best, 4, "turns.answered-yes");
}

/* Three short messages may be one sentence. */
static void read_three(const struct safety *safety, const struct str *last, struct safety_verdict *best)
{
    char joined[JOIN_BYTES];
    if (last[0].len > SHORT_TURN_BYTES || last[1].len > SHORT_TURN_BYTES || last[2].len > SHORT_TURN_BYTES)
        return;
    size_t length = join(last[0], last[1], " ", joined);
    read_joined(safety, (struct str){joined, length}, last[2], best);
}

struct course {
    const struct safety *safety;
    struct safety_verdict best;
    size_t twos, own_count;
    struct str last[3]; /* the person's latest, the newest at [2] */
};

static void read_own(struct course *course, struct str text)
{
    struct safety_verdict verdict, *best = &course->best;
    bool wish = best->tier == 3 && best->kind == SAFETY_SUICIDE && best->who == SAFETY_WHO_SELF;
    if (wish && says_soon(course->safety, text))
        raise_to(best, 4, "turns.soon");
    safety_classify(course->safety, text, 0, &verdict);
    course->twos += verdict.tier == 2 && about_life(&verdict);
    keep_stronger(best, &verdict, NULL);
    course->last[0] = course->last[1];
    course->last[1] = course->last[2];
    course->last[2] = text;
    course->own_count++;
    if (course->own_count >= 2)
        read_joined(course->safety, course->last[1], text, best);
    if (course->own_count >= 3)
        read_three(course->safety, course->last, best);
}

static void finish(struct course *course, struct safety_verdict *ret_verdict)
{
    if (course->twos >= 2 && course->best.tier == 2)
        raise_to(&course->best, 3, "turns.two-of-tier-2");
    *ret_verdict = course->best;
}

void safety_classify_dialogue(const struct safety *safety, const struct safety_turn *turns, size_t count,
                              struct safety_verdict *ret_verdict)
{
    struct course course = {.safety = safety, .best = {SAFETY_NONE, 0, SAFETY_WHO_NONE, 0, {0}}};
    for (size_t i = 0; i < count; i++) {
        if (turns[i].from_bot)
            continue;
        if (i > 0 && turns[i - 1].from_bot)
            read_answer(safety, turns[i - 1].text, turns[i].text, &course.best);
        read_own(&course, turns[i].text);
    }
    finish(&course, ret_verdict);
}

void safety_classify_turns(const struct safety *safety, const struct str *turns, size_t count,
                           struct safety_verdict *ret_verdict)
{
    struct course course = {.safety = safety, .best = {SAFETY_NONE, 0, SAFETY_WHO_NONE, 0, {0}}};
    for (size_t i = 0; i < count; i++)
        read_own(&course, turns[i]);
    finish(&course, ret_verdict);
}
