/* SPDX-License-Identifier: MIT */
/* dialogue.h: questions as tables: ask, check, skip, resume. */
#ifndef DIALOGUE_DIALOGUE_H
#define DIALOGUE_DIALOGUE_H

#include "outbox/outbox.h"
#include "store/dialogues.h"

/* What a tap on a question runs: when that was asked, and the number of the choice. */
#define DIALOGUE_TAP "= "

struct dialogues;
struct dialogue_parts { /* all borrowed */
    struct store *store;
    struct outbox *outbox;
    struct clock *clock;
    void *ctx;
    /* The table of a dialogue; NULL: the plugin is gone. */
    const struct mooring_dialogue *(*find)(void *ctx, struct str plugin, struct str name);
    /* All questions are answered: calls the plugin (host/ gives this). */
    int (*done)(void *ctx, struct str plugin, const struct mooring_dialogue *dialogue,
                const struct mooring_event *event, const struct mooring_answers *answers);
    bool (*zone_known)(void *ctx, struct str zone, char *nearest, size_t size);
};
int dialogues_create(const struct dialogue_parts *parts,
                     struct dialogues **ret_dialogues) MUST_CHECK;
void dialogues_destroy(struct dialogues *dialogues);

/* Asks the first question in private.  An older dialogue of another name waits and goes on
 * afterwards.  `source` 0: from a timer. */
int dialogues_start(struct dialogues *dialogues, struct str plugin,
                    const struct mooring_dialogue *dialogue, uint64_t member, uint64_t source,
                    struct str context) MUST_CHECK;
/* -ENOENT */
int dialogues_stop(struct dialogues *dialogues, uint64_t member, struct str plugin,
                   struct str name) MUST_CHECK;
/* When the member's last question was asked; -ENOENT: none is open.  From memory: no disk for
 * people without one. */
int dialogues_open(struct dialogues *dialogues, uint64_t member, int64_t *ret_asked_at) MUST_CHECK;
/* Whether the open question takes its own answers from this text's crisis context: SAFETY_PLAN_TEXT
 * or 0. */
unsigned dialogues_context(struct dialogues *dialogues, uint64_t member);
/* Whether the open question is answered by a number, and a message that was said at that time can
 * be it. */
bool dialogues_asks_number(struct dialogues *dialogues, uint64_t member, int64_t said_at);
/* A private text of a member with an open question.  1: taken (answered, skipped, stopped, or asked
 * again with the reason); 0: there is none. */
int dialogues_answer(struct dialogues *dialogues, uint64_t member,
                     const struct mooring_event *event) MUST_CHECK;
void dialogues_rolled_back(struct dialogues *dialogues); /* memory is read again */

#endif
