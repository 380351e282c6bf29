/* SPDX-License-Identifier: MIT */
/* coping_exercise.h: exercises as rows of lines with pauses; where somebody is in one. */
#ifndef COPING_EXERCISE_H
#define COPING_EXERCISE_H

#include <stdbool.h>

#include "mooring.h"

enum coping_exercise_kind { COPING_BREATHE, COPING_GROUND, COPING_EXERCISE_COUNT };

enum { COPING_EXERCISE_TEXT = 48, COPING_ROUNDS = 4 };

struct coping_exercise {
    enum coping_exercise_kind kind;
    int step;   /* the line that comes next */
    int64_t at; /* when the last one was said */
};

/* "breathe 5 1763900000000".  Returns the length. */
size_t coping_exercise_format(const struct coping_exercise *exercise,
                              char ret_text[COPING_EXERCISE_TEXT]);
int coping_exercise_read(struct mooring_str text,
                         struct coping_exercise *ret_exercise); /* -EINVAL */

/* The line of the step; NULL behind the last. */
const char *coping_exercise_line(const struct coping_exercise *exercise);
const char *coping_exercise_intro(enum coping_exercise_kind kind);
/* 1 to COPING_ROUNDS of breathing; 1 to 5 of the senses. */
int coping_exercise_round(const struct coping_exercise *exercise);
/* How long the line that was just said stands before the next one comes by itself. */
int64_t coping_exercise_pause_ms(enum coping_exercise_kind kind);
/* Whether any word of the person moves it on. */
bool coping_exercise_waits(enum coping_exercise_kind kind);
/* After an interruption: back to the beginning of what was cut off. */
void coping_exercise_rewind(struct coping_exercise *exercise);

/* "stop", "Enough.", "please stop": the person wants it to end. */
bool coping_is_stop(struct mooring_str text);

#endif
