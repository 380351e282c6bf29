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

size_t coping_exercise_format(const struct coping_exercise *exercise,
                              char ret_text[COPING_EXERCISE_TEXT])
{
    return (size_t)snprintf(ret_text, COPING_EXERCISE_TEXT, "%s %d %" PRId64,
                            exercises[exercise->kind].name, exercise->step, exercise->at);
}

int coping_exercise_read(struct mooring_str text, struct coping_exercise *ret_exercise)
{
    char copy[COPING_EXERCISE_TEXT] = {0}, name[16];
    struct coping_exercise exercise;
    if (text.len >= sizeof copy)
        return -EINVAL;
    memcpy(copy, text.ptr, text.len);
    if (sscanf(copy, "%15s %d %" SCNd64, name, &exercise.step, &exercise.at) != 3)
        return -EINVAL;
    for (int kind = 0; kind < COPING_EXERCISE_COUNT; kind++) {
        if (strcmp(name, exercises[kind].name) != 0)
            continue;
        if (exercise.step < 0 || exercise.step > exercises[kind].per_round * exercises[kind].rounds)
            return -EINVAL;
        exercise.kind = (enum coping_exercise_kind)kind;
        *ret_exercise = exercise;
        return 0;
    }
    return -EINVAL;
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
