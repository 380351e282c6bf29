/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of this folder share. */
#ifndef DIALOGUE_INTERNAL_H
#define DIALOGUE_INTERNAL_H

#include "base/map.h"
#include "dialogue/dialogue.h"

enum {
    DIALOGUE_STEPS_MAX = 64,
    DIALOGUE_CHOICES_MAX = 62, /* bits of a positive number */
    DIALOGUE_ROWS_MAX = 8,     /* open ones of one member; beyond, the oldest goes */
    DIALOGUE_CONTEXT_BYTES_MAX = 4096,
    DIALOGUE_TEXT_CHARACTERS = 2000, /* of a text whose step names no maximum */
    DIALOGUE_WRONG_MAX = 3,          /* then leaving the question out is offered */
};

static inline void dialogue_arena_cleanup(struct arena *arena)
{
    arena_done(arena);
}
/* Holds what a person said: wiped with the block that it lives in. */
#define DIALOGUE_ARENA CLEANUP(dialogue_arena_cleanup) struct arena

/* ---- state.c: the sealed part of a row ------------------------------------------------------- */

enum dialogue_given { DIALOGUE_UNASKED, DIALOGUE_GIVEN, DIALOGUE_SKIPPED, DIALOGUE_LEFT_OUT };
struct dialogue_answer {
    enum dialogue_given given;
    int64_t number;
    struct str text;
};
struct dialogue_state {
    size_t step;
    int64_t wrong;      /* answers in a row that did not fit */
    struct str context; /* what dialogues_start was given */
    struct str near;    /* a zone that was offered instead of the one typed */
    size_t count;
    struct dialogue_answer answers[DIALOGUE_STEPS_MAX];
};
int dialogue_state_encode(const struct dialogue_state *state, struct arena *arena,
                          struct str *ret_json) MUST_CHECK;
/* -EINVAL: not ours. */
int dialogue_state_decode(struct str json, struct arena *arena,
                          struct dialogue_state *ret_state) MUST_CHECK;

/* ---- condition.c ----------------------------------------------------------------------------- */

/* Whether the step's only_if holds for what was answered; what was not answered holds for
 * nothing. */
bool dialogue_condition_holds(const struct mooring_dialogue *dialogue,
                              const struct dialogue_state *state, size_t step);
/* True when `word` is among the pieces of "a,b,c". */
bool dialogue_condition_lists(struct str list, char separator, struct str word);

/* ---- words.c: reading what people type ------------------------------------------------------- */

/* Lower case, plain digits and apostrophes, single spaces, without quotes around and marks behind;
 * empty when it is too long to be a word or two.  In the arena. */
struct str dialogue_words_fold(struct str text, struct arena *arena);
/* "a|b|c" holds `word`; with alternatives ("zero,none|one") the place is given, else -1. */
bool dialogue_words_has(struct str list, struct str word);
int dialogue_words_place(struct str list, struct str word);

/* ---- read.c: one answer ---------------------------------------------------------------------- */

struct dialogue_reader {
    const struct dialogue_parts *parts;
    uint64_t member;
    struct arena *arena;
};
/* A text of the catalogue as the member reads it; empty when there is none.  In the arena. */
int dialogue_reader_text(const struct dialogue_reader *reader, const char *msgid,
                         struct str *ret_text) MUST_CHECK;
/* Folded, for comparing. */
int dialogue_reader_words(const struct dialogue_reader *reader, const char *msgid,
                          struct str *ret_list) MUST_CHECK;

struct dialogue_reading {
    int64_t number;
    struct str text;
    const char *reason; /* why not: a message id */
    struct str near;
};
/* 1: an answer; 0: none, with the reason. */
int dialogue_read(const struct dialogue_reader *reader, const struct mooring_step *step,
                  struct str typed, struct str near,
                  struct dialogue_reading *ret_reading) MUST_CHECK;
int dialogue_read_number(const struct dialogue_reader *reader, const struct mooring_step *step,
                         struct str folded, struct dialogue_reading *reading) MUST_CHECK;
int dialogue_read_time(const struct dialogue_reader *reader, struct str folded,
                       struct dialogue_reading *reading) MUST_CHECK;
int dialogue_read_choices(const struct dialogue_reader *reader, const struct mooring_step *step,
                          struct str folded, struct dialogue_reading *reading) MUST_CHECK;
/* The label of a choice as the member reads it. */
int dialogue_read_label(const struct dialogue_reader *reader, const struct mooring_step *step,
                        struct str choice, struct str *ret_label) MUST_CHECK;

/* ---- open.c: who has a question open --------------------------------------------------------- */

struct dialogue_open {
    uint64_t member;
    bool known;   /* the rest is; else the store is asked at the next use */
    size_t count; /* not expired */
    int64_t asked_at, expires_at;
    unsigned context;
    bool asks_number;
};
struct dialogue_memory {
    struct map members; /* -> struct dialogue_open */
    bool is_stale;      /* a rollback: to be read again */
    bool is_full;       /* more people than the ceiling: the store knows of the others */
    size_t sweep_cursor;
};

struct dialogues {
    struct dialogue_parts parts;
    struct dialogue_memory open;
};
int dialogue_open_load(struct dialogues *dialogues) MUST_CHECK;
void dialogue_open_done(struct dialogues *dialogues);
/* something changed for this member */
int dialogue_open_touch(struct dialogues *dialogues, uint64_t member) MUST_CHECK;
/* Takes rows away that expired while nobody came back to them: a few at a time. */
int dialogue_open_sweep(struct dialogues *dialogues) MUST_CHECK;

/* ---- rows.c: the member's open dialogues ----------------------------------------------------- */

struct dialogue_rows {
    struct arena *arena;
    size_t count;
    struct store_dialogue items[DIALOGUE_ROWS_MAX + 1]; /* latest asked first */
    int result;
};
int dialogue_rows_load(struct store *store, uint64_t member, struct arena *arena,
                       struct dialogue_rows *ret_rows) MUST_CHECK;
int dialogue_rows_remove(struct store *store, struct dialogue_rows *rows, size_t at) MUST_CHECK;
int dialogue_rows_drop_expired(struct store *store, struct dialogue_rows *rows,
                               int64_t now) MUST_CHECK;

/* ---- ask.c: what is said --------------------------------------------------------------------- */

/* One call of ours for one member. */
struct dialogue_turn {
    struct dialogues *dialogues;
    uint64_t member;
    uint64_t source; /* 0: from a timer */
    int64_t now;
    struct arena *arena;
    struct dialogue_rows rows;
};
int dialogue_turn_say(const struct dialogue_turn *turn, const char *msgid) MUST_CHECK;
/* Asks the step that state->step names, for the `reason` if there is one, and keeps the row. */
int dialogue_turn_ask(const struct dialogue_turn *turn, struct store_dialogue *row,
                      const struct mooring_dialogue *dialogue, const struct dialogue_state *state,
                      const struct dialogue_reading *reason) MUST_CHECK;
struct dialogue_reader dialogue_turn_reader(const struct dialogue_turn *turn);

#endif
