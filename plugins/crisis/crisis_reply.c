/* SPDX-License-Identifier: MIT */
/* crisis_reply.c: which words, which card and which choices answer a verdict. */
#include "crisis_reply.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TIER_SOFT = 1, TIER_UNCLEAR = 2, TIER_ACTIVE = 3, TIER_NOW = 4, STRONG_CRAVING = 8 };

static const int64_t moment_ms = 10 * 60000;

static const struct mooring_choice unclear[] = {
    MOORING_CHOICE("crisis.choice-person", "sos"),
    MOORING_CHOICE("crisis.choice-plan", "sos-plan"),
    MOORING_CHOICE("crisis.choice-ground", "ground"),
    MOORING_CHOICE("crisis.choice-numbers", "sos-numbers"),
    MOORING_CHOICE("crisis.choice-not-me", "sos-other"),
};
static const struct mooring_choice obstacles[] = {
    MOORING_CHOICE("crisis.choice-words", "sos-words"),
    MOORING_CHOICE("crisis.choice-burden", "sos-burden"),
    MOORING_CHOICE("crisis.choice-police", "sos-police"),
    MOORING_CHOICE("crisis.choice-stay", "sos-stay"),
    MOORING_CHOICE("crisis.choice-false", "sos-false"),
};
static const struct mooring_choice together[] = {
    MOORING_CHOICE("crisis.choice-stay", "sos-stay"),
    MOORING_CHOICE("crisis.choice-words", "sos-words"),
    MOORING_CHOICE("crisis.choice-police", "sos-police"),
    MOORING_CHOICE("crisis.choice-false", "sos-false"),
};
static const struct mooring_choice about_other[] = {
    MOORING_CHOICE("crisis.choice-team", "sos"),
    MOORING_CHOICE("crisis.choice-how-to-ask", "sos-other"),
    MOORING_CHOICE("crisis.choice-numbers", "sos-numbers"),
    MOORING_CHOICE("crisis.choice-false", "sos-false"),
};
static const struct mooring_choice soft[] = {
    MOORING_CHOICE("crisis.choice-talk-other", "sos-other"),
    MOORING_CHOICE("crisis.choice-numbers", "sos-numbers"),
    MOORING_CHOICE("crisis.choice-person", "sos"),
};
static const struct mooring_choice craving[] = {
    MOORING_CHOICE("crisis.choice-breathe", "breathe"),
    MOORING_CHOICE("crisis.choice-ground", "ground"),
    MOORING_CHOICE("crisis.choice-tip", "tip craving"),
    MOORING_CHOICE("crisis.choice-person", "sos"),
};
static const struct mooring_choice lapse[] = {
    MOORING_CHOICE("crisis.choice-safe", "lapse-safe"),
    MOORING_CHOICE("crisis.choice-unsafe", "sos"),
    MOORING_CHOICE("crisis.choice-withdrawal", "lapse-withdrawal"),
};
static const struct mooring_choice lapse_next[] = {
    MOORING_CHOICE("crisis.choice-person", "sos"),
    MOORING_CHOICE("crisis.choice-meetings", "meetings"),
    MOORING_CHOICE("crisis.choice-tip", "tip craving"),
    MOORING_CHOICE("crisis.choice-follow", "sos-follow 1"),
};
static const struct mooring_choice heard[] = {
    MOORING_CHOICE("crisis.choice-easier", "sos-enough"),
    MOORING_CHOICE("crisis.choice-stay", "sos-stay"),
    MOORING_CHOICE("crisis.choice-person", "sos"),
    MOORING_CHOICE("crisis.choice-numbers", "sos-numbers"),
    MOORING_CHOICE("crisis.choice-false", "sos-false"),
};

static const struct mooring_choice help[] = {
    MOORING_CHOICE("crisis.choice-person", "sos"),
    MOORING_CHOICE("crisis.choice-numbers", "sos-numbers"),
    MOORING_CHOICE("crisis.choice-ground", "ground"),
    MOORING_CHOICE("crisis.choice-what", "help"),
};

#define WITH(list) .choices = (list), .choice_count = sizeof(list) / sizeof *(list)

/* Below a crisis: only in private, where it was meant for the bot. */
static bool soft_reply(uint32_t kind, struct crisis_reply *ret_reply)
{
    switch ((enum mooring_verdict_kind)kind) {
    case MOORING_CRISIS_LAPSE:
        *ret_reply = (struct crisis_reply){
            .msgid = "crisis.lapse", .asks = MOORING_SAY_ASKS_SAFE, WITH(lapse)};
        return true;
    case MOORING_CRISIS_CRAVING:
        *ret_reply = (struct crisis_reply){.msgid = "crisis.craving", WITH(craving)};
        return true;
    case MOORING_CRISIS_SUICIDE:
    case MOORING_CRISIS_SELF_HARM:
    case MOORING_CRISIS_OVERDOSE:
    case MOORING_CRISIS_WITHDRAWAL:
    case MOORING_CRISIS_VIOLENCE:
        *ret_reply = (struct crisis_reply){.msgid = "crisis.soft", WITH(soft)};
        return true;
    case MOORING_CRISIS_NONE:
        return false;
    }
    return false;
}

/* Danger now: what the hands can do comes before any sentence. */
static void now_reply(const struct mooring_verdict *verdict, struct crisis_reply *ret_reply)
{
    static const char *const msgids[] = {[MOORING_CRISIS_NONE] = "crisis.tier4",
                                         [MOORING_CRISIS_SUICIDE] = "crisis.tier4",
                                         [MOORING_CRISIS_SELF_HARM] = "crisis.tier4",
                                         [MOORING_CRISIS_OVERDOSE] = "crisis.overdose",
                                         [MOORING_CRISIS_WITHDRAWAL] = "crisis.withdrawal",
                                         [MOORING_CRISIS_VIOLENCE] = "crisis.violence",
                                         [MOORING_CRISIS_CRAVING] = "crisis.tier4",
                                         [MOORING_CRISIS_LAPSE] = "crisis.tier4"};
    bool is_known = verdict->kind < sizeof msgids / sizeof *msgids;
    *ret_reply = (struct crisis_reply){.msgid = is_known ? msgids[verdict->kind] : "crisis.tier4",
                                       .has_card = true,
                                       .is_card_first = true,
                                       WITH(together)};
    if (verdict->who == MOORING_WHO_OTHER && verdict->kind != MOORING_CRISIS_OVERDOSE) {
        ret_reply->msgid = "crisis.other-now";
        ret_reply->choices = about_other;
        ret_reply->choice_count = sizeof about_other / sizeof *about_other;
    }
}

bool crisis_reply_for(const struct mooring_verdict *verdict, bool is_private, bool is_repeat,
                      struct crisis_reply *ret_reply)
{
    if (verdict->tier <= TIER_SOFT)
        return is_private && soft_reply(verdict->kind, ret_reply);
    if (verdict->tier >= TIER_NOW) {
        now_reply(verdict, ret_reply);
        return true;
    }
    if (is_repeat)
        *ret_reply = (struct crisis_reply){.msgid = "crisis.again", WITH(obstacles)};
    else if (verdict->who == MOORING_WHO_OTHER)
        *ret_reply = (struct crisis_reply){
            .msgid = "crisis.other", .has_card = verdict->tier == TIER_ACTIVE, WITH(about_other)};
    else if (verdict->tier == TIER_UNCLEAR)
        *ret_reply = (struct crisis_reply){.msgid = "crisis.tier2",
                                           .question = "crisis.tier2-ask",
                                           .asks = MOORING_SAY_ASKS_SUICIDE,
                                           WITH(unclear)};
    else
        *ret_reply = (struct crisis_reply){
            .msgid = "crisis.tier3", .has_card = true, .is_card_first = true, WITH(obstacles)};
    return true;
}

enum crisis_asked_what crisis_asked_after(const struct crisis_reply *reply)
{
    if (reply->choices == lapse)
        return CRISIS_ASKED_SAFE;
    if (reply->choices == unclear)
        return CRISIS_ASKED_DIRECTLY;
    /* Where an exercise is offered, what is typed next may belong to it. */
    bool is_how = reply->choices == obstacles || reply->choices == together ||
                  reply->choices == about_other;
    return is_how ? CRISIS_ASKED_HOW : CRISIS_ASKED_NOTHING;
}

void crisis_reply_to_help(struct crisis_reply *ret_reply)
{
    *ret_reply = (struct crisis_reply){.msgid = "crisis.help-me", WITH(help)};
}

bool crisis_reply_after(uint32_t asked, struct crisis_reply *ret_reply)
{
    if (asked == CRISIS_ASKED_HOW)
        *ret_reply = (struct crisis_reply){.msgid = "crisis.heard", WITH(heard)};
    else if (asked == CRISIS_ASKED_SAFE)
        *ret_reply = (struct crisis_reply){
            .msgid = "crisis.lapse-unclear", .asks = MOORING_SAY_ASKS_SAFE, WITH(lapse)};
    else if (asked == CRISIS_ASKED_BEFORE)
        *ret_reply = (struct crisis_reply){.msgid = "crisis.lapse-heard", WITH(lapse_next)};
    else
        return false;
    return true;
}

uint32_t crisis_tier_with_craving(const struct mooring_verdict *verdict, int64_t craving_value)
{
    bool is_raised = verdict->tier == TIER_UNCLEAR && verdict->who != MOORING_WHO_OTHER &&
                     craving_value >= STRONG_CRAVING;
    return is_raised ? TIER_ACTIVE : verdict->tier;
}

size_t crisis_said_format(const struct crisis_said *said, char ret_text[CRISIS_SAID_BYTES])
{
    return (size_t)snprintf(ret_text, CRISIS_SAID_BYTES, "%" PRIu32 " %" PRId64, said->tier,
                            said->at);
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

int crisis_said_read(struct mooring_str text, struct crisis_said *ret_said)
{
    uint64_t tier, at;
    if (!take_number(&text, UINT32_MAX, &tier) || !take_number(&text, INT64_MAX, &at))
        return -EINVAL;
    *ret_said = (struct crisis_said){(uint32_t)tier, (int64_t)at};
    return 0;
}

bool crisis_said_is_repeat(const struct crisis_said *said, uint32_t tier, int64_t now)
{
    return said->tier >= tier && now >= said->at && now - said->at < moment_ms;
}
