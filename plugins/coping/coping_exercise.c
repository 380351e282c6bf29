/* SPDX-License-Identifier: MIT */
/* coping_exercise.c: exercises as rows of lines with pauses; where somebody is in one. */
#include "coping_exercise.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Four seconds is the exercise's own measure, and slow enough for every network's flood limit. */
static const struct {
    const char *name, *intro;
    const char *const *lines; /* of one round */
    int per_round, rounds;
    int64_t pause_ms;
    bool waits;
} exercises[COPING_EXERCISE_COUNT] = {
    {"breathe", "coping.breathe-intro",
     (const char *const[]){"coping.breathe-in", "coping.breathe-hold", "coping.breathe-out",
                           "coping.breathe-rest"},
     4, COPING_ROUNDS, 4000, false},
    {"ground", "coping.ground-intro",
     (const char *const[]){"coping.ground-see", "coping.ground-touch", "coping.ground-hear",
                           "coping.ground-smell", "coping.ground-taste"},
     5, 1, 60000, true},
};

/* Where somebody is, so that an exercise goes on after a restart: the name, the next line, when the
 * last was said. */
size_t coping_exercise_format(const struct coping_exercise *exercise,
                              char ret_text[COPING_EXERCISE_TEXT])
{
    return (size_t)snprintf(ret_text, COPING_EXERCISE_TEXT, "%s %d %" PRId64,
                            exercises[exercise->kind].name, exercise->step, exercise->at);
}

/* A number off the front of `text`, blanks before it allowed, at most `max`.  What stands in the
 * store is ours, but an older version or a restored backup may have written it. */
static bool take_number(struct mooring_str *text, uint64_t max, uint64_t *ret_number)
{
    size_t i = 0;
    uint64_t number = 0;
    while (i < text->len && text->ptr[i] == ' ')
        i++;
    size_t first = i;
    for (; i < text->len && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text->ptr[i] - '0');
        if (digit > max || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (i == first)
        return false;
    *text = (struct mooring_str){text->ptr + i, text->len - i};
    *ret_number = number;
    return true;
}

/* The exercise's name off the front of `text`; COPING_EXERCISE_COUNT: none of ours. */
static int take_kind(struct mooring_str *text)
{
    for (int kind = 0; kind < COPING_EXERCISE_COUNT; kind++) {
        size_t len = strlen(exercises[kind].name);
        if (text->len <= len || memcmp(text->ptr, exercises[kind].name, len) != 0 ||
            text->ptr[len] != ' ')
            continue;
        *text = (struct mooring_str){text->ptr + len, text->len - len};
        return kind;
    }
    return COPING_EXERCISE_COUNT;
}

int coping_exercise_read(struct mooring_str text, struct coping_exercise *ret_exercise)
{
    uint64_t step, at;
    int kind = take_kind(&text);
    if (kind == COPING_EXERCISE_COUNT)
        return -EINVAL;
    uint64_t last = (uint64_t)(exercises[kind].per_round * exercises[kind].rounds);
    if (!take_number(&text, last, &step) || !take_number(&text, INT64_MAX, &at))
        return -EINVAL;
    *ret_exercise = (struct coping_exercise){
        .kind = (enum coping_exercise_kind)kind, .step = (int)step, .at = (int64_t)at};
    return 0;
}

const char *coping_exercise_line(const struct coping_exercise *exercise)
{
    int per_round = exercises[exercise->kind].per_round;
    if (exercise->step >= per_round * exercises[exercise->kind].rounds)
        return NULL;
    return exercises[exercise->kind].lines[exercise->step % per_round];
}

const char *coping_exercise_intro(enum coping_exercise_kind kind)
{
    return exercises[kind].intro;
}

int coping_exercise_round(const struct coping_exercise *exercise)
{
    if (exercise->kind == COPING_GROUND)
        return exercise->step + 1;
    return exercise->step / exercises[exercise->kind].per_round + 1;
}

int64_t coping_exercise_pause_ms(enum coping_exercise_kind kind)
{
    return exercises[kind].pause_ms;
}

bool coping_exercise_waits(enum coping_exercise_kind kind)
{
    return exercises[kind].waits;
}

void coping_exercise_rewind(struct coping_exercise *exercise)
{
    /* `step` comes next, so what was cut off is the one before it. */
    int said = exercise->step > 0 ? exercise->step - 1 : 0;
    int per_round = exercises[exercise->kind].per_round;
    exercise->step = exercise->kind == COPING_GROUND ? said : said - said % per_round;
}

bool coping_is_stop(struct mooring_str text)
{
    static const char *const words[] = {"stop",        "enough",  "quit",          "please stop",
                                        "stop please", "stop it", "that's enough", NULL};
    while (text.len > 0 && strchr(" .!\t\r\n", text.ptr[text.len - 1]) != NULL)
        text.len--;
    while (text.len > 0 && strchr(" !\t", text.ptr[0]) != NULL) {
        text.ptr++;
        text.len--;
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        if (text.len == strlen(words[i]) && strncasecmp(text.ptr, words[i], text.len) == 0)
            return true;
    }
    return false;
}
