/* SPDX-License-Identifier: MIT */
/* read_choices.c: a choice by its number, its word, its label or how that begins; or several:
 * "1,3", "hungry and tired". */
#include <errno.h>

#include "base/number.h"
#include "dialogue/internal.h"

enum { MSGID_BYTES = 128 };

struct choices {
    size_t count;
    struct str words[DIALOGUE_CHOICES_MAX];
    struct str labels[DIALOGUE_CHOICES_MAX]; /* folded */
    struct str and_words;
};

int dialogue_read_label(const struct dialogue_reader *reader, const struct mooring_step *step,
                        struct str choice, struct str *ret_label)
{
    AUTO_BUF msgid;
    buf_init(&msgid, MSGID_BYTES);
    buf_add_format(&msgid, "%s-%.*s", step->prompt_msgid, STR_ARG(choice));
    if (msgid.failed)
        return msgid.failed;
    int r = dialogue_reader_text(reader, buf_str(&msgid).ptr, ret_label);
    if (r == 0 && str_empty(*ret_label))
        *ret_label = choice; /* odd, but it can still be chosen */
    return r;
}

static int choices_of(const struct dialogue_reader *reader, const struct mooring_step *step,
                      struct choices *ret_choices)
{
    struct str rest = str_of(step->choices), word, label;
    struct choices choices = {0};
    while (choices.count < DIALOGUE_CHOICES_MAX && str_split(&rest, '|', &word)) {
        int r = dialogue_read_label(reader, step, word, &label);
        if (r < 0)
            return r;
        choices.words[choices.count] = word;
        choices.labels[choices.count++] = dialogue_words_fold(label, reader->arena);
    }
    int r = dialogue_reader_words(reader, "dialogue.words-and", &choices.and_words);
    if (r == 0)
        *ret_choices = choices;
    return r;
}

/* "2", "(2)", "2.", "#2" */
static int by_number(const struct choices *choices, struct str typed)
{
    int64_t number;
    while (typed.len && strchr("(#", typed.ptr[0]))
        typed = str_from(typed, 1);
    while (typed.len && strchr(").", typed.ptr[typed.len - 1]))
        typed.len--;
    return number_parse(typed, 1, (int64_t)choices->count, &number) == 0 ? (int)number - 1 : -1;
}

/* The place of what was typed; -1: none, or the beginning of two. */
static int find(const struct choices *choices, struct str typed)
{
    int found = by_number(choices, typed);
    if (found >= 0 || str_empty(typed))
        return found;
    for (size_t i = 0; i < choices->count; i++)
        if (str_eq_nocase(typed, choices->words[i]) || str_eq(typed, choices->labels[i]))
            return (int)i;
    for (size_t i = 0; i < choices->count; i++) {
        if (!str_starts(choices->labels[i], typed) && !str_starts_nocase(choices->words[i], typed))
            continue;
        if (found >= 0)
            return -1;
        found = (int)i;
    }
    return found;
}

/* Adds what a piece names to the bits; false when a word of it names nothing. */
static bool add_piece(const struct choices *choices, struct str piece, uint64_t *bits)
{
    struct str word;
    piece = str_trim(piece);
    int place = find(choices, piece);
    if (place >= 0) {
        *bits |= UINT64_C(1) << place;
        return true;
    }
    while (str_word(&piece, &word)) {
        if (dialogue_words_has(choices->and_words, word))
            continue;
        place = find(choices, word);
        if (place < 0)
            return false;
        *bits |= UINT64_C(1) << place;
    }
    return true;
}

static bool find_many(const struct choices *choices, struct str typed, uint64_t *ret_bits)
{
    uint64_t bits = 0;
    size_t from = 0;
    for (size_t i = 0; i <= typed.len; i++) {
        if (i < typed.len && !strchr(",;+&/", typed.ptr[i]))
            continue;
        if (!add_piece(choices, (struct str){typed.ptr + from, i - from}, &bits))
            return false;
        from = i + 1;
    }
    *ret_bits = bits;
    return bits != 0;
}

static int keep_many(const struct dialogue_reader *reader, const struct choices *choices,
                     uint64_t bits, struct dialogue_reading *reading)
{
    AUTO_BUF words;
    buf_init(&words, MSGID_BYTES * DIALOGUE_CHOICES_MAX);
    for (size_t i = 0; i < choices->count; i++)
        if (bits & (UINT64_C(1) << i))
            buf_add_format(&words, "%s%.*s", words.len ? "," : "", STR_ARG(choices->words[i]));
    if (words.failed)
        return words.failed;
    reading->number = (int64_t)bits;
    reading->text = str_keep(reader->arena, buf_str(&words));
    return reading->text.ptr ? 1 : -ENOMEM;
}

int dialogue_read_choices(const struct dialogue_reader *reader, const struct mooring_step *step,
                          struct str folded, struct dialogue_reading *reading)
{
    struct choices choices;
    struct str none = {0};
    uint64_t bits = 0;
    int r = choices_of(reader, step, &choices);
    if (r == 0)
        r = dialogue_reader_words(reader, "dialogue.words-none", &none);
    if (r < 0)
        return r;
    bool many = step->flags & MOORING_STEP_MANY;
    int place = find(&choices, folded);
    if (place >= 0 && !many) {
        reading->number = place;
        reading->text = choices.words[place];
        return 1;
    }
    bool is_many = !str_empty(folded) && find_many(&choices, folded, &bits);
    if (many && (is_many || dialogue_words_has(none, folded)))
        return keep_many(reader, &choices, bits, reading);
    reading->reason = is_many ? "dialogue.only-one"
                      : many  ? "dialogue.not-choices"
                              : "dialogue.not-choice";
    return 0;
}
