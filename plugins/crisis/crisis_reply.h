/* SPDX-License-Identifier: MIT */
/* crisis_reply.h: which words, which card and which choices answer a verdict. */
#ifndef CRISIS_REPLY_H
#define CRISIS_REPLY_H

#include <stdbool.h>

#include "mooring.h"

/* What is said, in this order: the card where it comes first, `msgid`, the card where it does not,
 * `question`. */
struct crisis_reply {
    const char *msgid;
    const char *question; /* with the choices; NULL: they stand under `msgid` */
    bool has_card, is_card_first;
    const struct mooring_choice *choices;
    size_t choice_count;
    uint64_t asks; /* MOORING_SAY_ASKS_..., of what stands over the choices */
};

/* `is_repeat`: the same person had an answer of at least this tier a moment ago.  False: nothing is
 * answered. */
bool crisis_reply_for(const struct mooring_verdict *verdict, bool is_private, bool is_repeat,
                      struct crisis_reply *ret_reply);

/* What the person was asked last: what an unexpected line is probably an answer to. */
enum crisis_asked_what {
    CRISIS_ASKED_NOTHING,
    CRISIS_ASKED_HOW,      /* what makes it hard to reach somebody */
    CRISIS_ASKED_SAFE,     /* after a lapse: are you safe */
    CRISIS_ASKED_BEFORE,   /* after a lapse: what was going on before */
    CRISIS_ASKED_DIRECTLY, /* whether they think of ending their life */
};
enum crisis_asked_what crisis_asked_after(const struct crisis_reply *reply);
/* To who asks for somebody, and does not say why. */
void crisis_reply_to_help(struct crisis_reply *ret_reply);
/* To a line that is none of the choices.  False: nothing was asked. */
bool crisis_reply_after(uint32_t asked, struct crisis_reply *ret_reply);

/* Tier 2 together with a strong craving is tier 3. */
uint32_t crisis_tier_with_craving(const struct mooring_verdict *verdict, int64_t craving);

/* "3 1763900000000": what was answered last and when. */
enum { CRISIS_SAID_BYTES = 32 };
struct crisis_said {
    uint32_t tier;
    int64_t at;
};
size_t crisis_said_format(const struct crisis_said *said, char ret_text[CRISIS_SAID_BYTES]);
int crisis_said_read(struct mooring_str text, struct crisis_said *ret_said);
bool crisis_said_is_repeat(const struct crisis_said *said, uint32_t tier, int64_t now);

#endif
