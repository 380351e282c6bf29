/* SPDX-License-Identifier: MIT */
/* crisis_reply.c: which words, which card and which choices answer a verdict. */
#include "crisis_reply.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TIER_SOFT = 1, TIER_UNCLEAR = 2, TIER_ACTIVE = 3, TIER_NOW = 4, STRONG_CRAVING = 8 };

static const int64_t moment_ms = 10 * 60000;

#define CHOICE(label, run)                                                                         \
    {                                                                                              \
        label, {NULL, 0},                                                                          \
        {                                                                                          \
            run, sizeof(run) - 1                                                                   \
        }                                                                                          \
    }

static const struct mooring_choice unclear[] = {
    CHOICE("crisis.choice-person", "sos"),       CHOICE("crisis.choice-plan", "sos-plan"),
    CHOICE("crisis.choice-ground", "ground"),    CHOICE("crisis.choice-numbers", "sos-numbers"),
    CHOICE("crisis.choice-not-me", "sos-other"),
};
static const struct mooring_choice obstacles[] = {
    CHOICE("crisis.choice-words", "sos-words"),   CHOICE("crisis.choice-burden", "sos-burden"),
    CHOICE("crisis.choice-police", "sos-police"), CHOICE("crisis.choice-stay", "sos-stay"),
    CHOICE("crisis.choice-false", "sos-false"),
};
static const struct mooring_choice together[] = {
    CHOICE("crisis.choice-stay", "sos-stay"),
    CHOICE("crisis.choice-words", "sos-words"),
    CHOICE("crisis.choice-police", "sos-police"),
    CHOICE("crisis.choice-false", "sos-false"),
};
static const struct mooring_choice about_other[] = {
    CHOICE("crisis.choice-team", "sos"),
    CHOICE("crisis.choice-how-to-ask", "sos-other"),
    CHOICE("crisis.choice-numbers", "sos-numbers"),
    CHOICE("crisis.choice-false", "sos-false"),
};
static const struct mooring_choice soft[] = {
    CHOICE("crisis.choice-talk-other", "sos-other"),
    CHOICE("crisis.choice-numbers", "sos-numbers"),
    CHOICE("crisis.choice-person", "sos"),
};
static const struct mooring_choice craving[] = {
    CHOICE("crisis.choice-breathe", "breathe"),
    CHOICE("crisis.choice-ground", "ground"),
    CHOICE("crisis.choice-tip", "tip craving"),
    CHOICE("crisis.choice-person", "sos"),
};
static const struct mooring_choice lapse[] = {
    CHOICE("crisis.choice-safe", "lapse-safe"),
    CHOICE("crisis.choice-unsafe", "sos"),
    CHOICE("crisis.choice-withdrawal", "lapse-withdrawal"),
};

#define WITH(list) .choices = (list), .choice_count = sizeof(list) / sizeof *(list)

/* Below a crisis: only in private, where it was meant for the bot. */
static bool soft_reply(uint32_t kind, struct crisis_reply *ret_reply)
{
    switch ((enum mooring_verdict_kind)kind) {
    case MOORING_CRISIS_LAPSE:
        *ret_reply = (struct crisis_reply){.msgid = "crisis.lapse", WITH(lapse)};
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
        *ret_reply = (struct crisis_reply){
            .msgid = "crisis.tier2", .question = "crisis.tier2-ask", WITH(unclear)};
    else
        *ret_reply = (struct crisis_reply){
            .msgid = "crisis.tier3", .has_card = true, .is_card_first = true, WITH(obstacles)};
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

int crisis_said_read(struct mooring_str text, struct crisis_said *ret_said)
{
    char copy[CRISIS_SAID_BYTES] = {0};
    if (text.len >= sizeof copy)
        return -EINVAL;
    memcpy(copy, text.ptr, text.len);
    return sscanf(copy, "%" SCNu32 " %" SCNd64, &ret_said->tier, &ret_said->at) == 2 ? 0 : -EINVAL;
}

bool crisis_said_is_repeat(const struct crisis_said *said, uint32_t tier, int64_t now)
{
    return said->tier >= tier && now >= said->at && now - said->at < moment_ms;
}
