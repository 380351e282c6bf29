/* SPDX-License-Identifier: MIT */
/* house.h: a store, a clock, a plugin's tables and an outbox that only listens, for the tests of dialogues. */
#ifndef TEST_DIALOGUE_HOUSE_H
#define TEST_DIALOGUE_HOUSE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <libconfig.h>

#include "base/abi.h"
#include "dialogue/internal.h"
#include "safety/safety.h"
#include "store/members.h"

#define PLUGIN STR("checkin")

enum { SAID_MAX = 64, SOURCE = 55 };
#define MEMBER house.member

struct said {
    char msgid[64], question[64], options[160], near[64], skip[8];
    int64_t min, max, expires_at;
    uint64_t member, source, flags;
    enum outbox_priority priority;
};

/* What done() was given. */
struct outcome {
    size_t calls, count;
    int64_t numbers[8];
    char texts[8][64];
    uint8_t skipped[8];
    char keys[8][32];
};

struct house {
    struct clock clock;
    struct store *store;
    struct dialogues *dialogues;
    uint64_t member, other;
    config_t texts;
    struct said said[SAID_MAX];
    size_t count;
    struct outcome outcome;
    int done_result;
    const struct mooring_dialogue *starts_then; /* what done() starts */
    const struct mooring_dialogue *tables[3];
    uint64_t stale_source; /* the outbox has forgotten it */
    int enqueue_result, render_result;
};

extern struct house house;
extern const struct mooring_dialogue daily, weekly, versioned;
int house_setup(void **state);
int house_teardown(void **state);
void house_forget_memory(void); /* as after a restart */
int house_start(const struct mooring_dialogue *dialogue);
/* What a member types; the answer's message id, "" when nothing was said. */
const char *house_type(const char *text);
const struct said *house_last(void);
bool house_has_rows(void);
#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, house_setup, house_teardown)

#endif
