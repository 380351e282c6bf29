/* SPDX-License-Identifier: MIT */
/* crisis.c: answers words of danger in private, raises the alert, names what makes it hard to reach
 * a person. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crisis_host.h"

static const struct mooring_host *host; /* the host lends it until fini */

static const int64_t day_ms = 86400000;
static const int64_t remember_ms = 86400000; /* of what was answered last */

#define COUNT(list) (sizeof(list) / sizeof *(list))
/* ---- speaking -------------------------------------------------------------------------------- */

struct mooring_owner crisis_owner(struct mooring_member member)
{
    return (struct mooring_owner){MOORING_OWN_MEMBER, 0, member.id};
}

int crisis_ask(const struct mooring_host *given, const struct mooring_event *event,
               const char *msgid, const struct mooring_arg *args, size_t arg_count,
               const struct mooring_choice *choices, size_t choice_count, uint64_t asks)
{
    char key[96];
    /* The same event read twice is answered once. */
    int len = snprintf(key, sizeof key, "%s/%" PRIu64, msgid, event->source.id);
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY | MOORING_SAY_CRISIS |
                                               MOORING_SAY_URGENT | asks,
                                      .to = {.member = event->member},
                                      .msgid = msgid,
                                      .args = args,
                                      .arg_count = arg_count,
                                      .choices = choices,
                                      .choice_count = choice_count,
                                      .dedup_key = {key, (size_t)len}};
    /* Somebody without an identity is reached by the message in hand alone. */
    if ((event->flags & MOORING_EVENT_PRIVATE) != 0 || event->member.id == 0)
        message.to.answers = event->source;
    int r = given->say->send(given->self, &message, NULL);
    return r == -EEXIST ? 0 : r;
}

int crisis_say(const struct mooring_host *given, const struct mooring_event *event,
               const char *msgid, const struct mooring_arg *args, size_t arg_count,
               const struct mooring_choice *choices, size_t choice_count)
{
    return crisis_ask(given, event, msgid, args, arg_count, choices, choice_count, 0);
}

int crisis_remind(const struct mooring_host *given, struct mooring_member member, uint64_t flags,
                  const char *msgid, const struct mooring_choice *choices, size_t choice_count)
{
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .flags = flags | MOORING_SAY_PRIVATE_ONLY |
                                                     MOORING_SAY_URGENT,
                                            .to = {.member = member},
                                            .msgid = msgid,
                                            .choices = choices,
                                            .choice_count = choice_count};
    int r = given->say->send(given->self, &message, NULL);
    return r == -EACCES || r == -ENOENT ? 0 : r;
}

/* Who knows of it: a name and never a promise. */
static struct mooring_str person_text(const struct mooring_event *event,
                                      const struct mooring_alert_status *status)
{
    const char *msgid = "crisis.person-nobody";
    struct mooring_arg arg = {
        .name = "name", .kind = MOORING_ARG_MEMBER, .number = (int64_t)status->on_call.id};
    struct mooring_str text;
    if (status->state == MOORING_ALERT_ACKNOWLEDGED && status->acknowledged_by.id != 0) {
        msgid = "crisis.person-seen";
        arg.number = (int64_t)status->acknowledged_by.id;
    } else if (status->on_call.id != 0) {
        msgid = "crisis.person-on-call";
    } else if (status->on_call_at > 0) {
        msgid = "crisis.person-nobody-until";
        arg = (struct mooring_arg){
            .name = "until", .kind = MOORING_ARG_TIME, .number = status->on_call_at};
    }
    if (host->text->render(host->self, (struct mooring_to){.member = event->member}, msgid, &arg, 1,
                           &text) < 0)
        return MOORING_STR("");
    return text;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void keep_last(void *ctx, int64_t at, int64_t value)
{
    (void)at;
    *(int64_t *)ctx = value;
}

/* The last craving of a day's check-ins; -1: none, or not granted. */
static int64_t last_craving(const struct mooring_event *event)
{
    int64_t craving = -1, now = host->clock->now_at(host->self);
    if (host->series == NULL || event->member.id == 0 ||
        host->series->read(host->self, event->member, "checkin.craving", now - day_ms, now + 1,
                           keep_last, &craving) < 0)
        return -1;
    return craving;
}

static bool is_repeat(const struct mooring_event *event, uint32_t tier)
{
    struct mooring_str value;
    struct crisis_said said;
    return event->member.id != 0 &&
           host->store->get(host->self, crisis_owner(event->member), MOORING_STR("said"), &value) >=
               0 &&
           crisis_said_read(value, &said) >= 0 &&
           crisis_said_is_repeat(&said, tier, host->clock->now_at(host->self));
}

/* Not being able to remember it must not take the answer back: a full disk is no reason for
 * silence. */
static void remember(const struct mooring_event *event, uint32_t tier)
{
    char text[CRISIS_SAID_BYTES];
    const struct crisis_said said = {tier, host->clock->now_at(host->self)};
    size_t len = crisis_said_format(&said, text);
    if (event->member.id != 0)
        (void)host->store->put(host->self, crisis_owner(event->member), MOORING_STR("said"),
                               (struct mooring_str){text, len}, said.at + remember_ms);
}

/* The host finds the way: in private where that is confirmed, an overdose also in the room, where
 * others can act. */
static int send_card(const struct mooring_event *event, uint32_t kind, uint32_t tier)
{
    return host->safety->card(
        host->self, (struct mooring_to){.member = event->member, .answers = event->source}, kind,
        tier);
}

/* `is_card_said`: what the hands can do is on its way already. */
static int send_reply(const struct mooring_event *event, const struct crisis_reply *reply,
                      const struct mooring_verdict *verdict,
                      const struct mooring_alert_status *status, bool is_card_said)
{
    const struct mooring_arg args[] = {
        {.name = "member", .kind = MOORING_ARG_MEMBER, .number = (int64_t)event->member.id},
        {.name = "person", .kind = MOORING_ARG_TEXT, .text = person_text(event, status)}};
    bool is_asked_later = reply->question != NULL;
    bool is_card_due = reply->has_card && reply->is_card_first && !is_card_said;
    int r = is_card_due ? send_card(event, verdict->kind, verdict->tier) : 0;
    if (r >= 0)
        r = crisis_ask(host, event, reply->msgid, args, COUNT(args),
                       is_asked_later ? NULL : reply->choices,
                       is_asked_later ? 0 : reply->choice_count, is_asked_later ? 0 : reply->asks);
    if (r >= 0 && reply->has_card && !reply->is_card_first)
        r = send_card(event, verdict->kind, verdict->tier);
    if (r >= 0 && is_asked_later)
        r = crisis_ask(host, event, reply->question, args, COUNT(args), reply->choices,
                       reply->choice_count, reply->asks);
    return r;
}

/* ---- words of danger ----------------------------------------------------------------------- */

/* Below tier 2 nobody is paged; the team only counts. */
static int answer_softly(const struct mooring_event *event)
{
    struct mooring_alert_status status = {.struct_size = sizeof status};
    const struct mooring_alert alert = {.struct_size = sizeof alert,
                                        .about = event->member,
                                        .source = event->source,
                                        .verdict = event->verdict};
    struct crisis_reply reply;
    bool is_private = (event->flags & MOORING_EVENT_PRIVATE) != 0;
    if (!crisis_reply_for(&event->verdict, is_private, false, &reply))
        return 0;
    if (alert.verdict.tier == 1)
        (void)host->alerts->raise(host->self, &alert, &status);
    int r = crisis_ask(host, event, reply.msgid, NULL, 0, reply.choices, reply.choice_count,
                       reply.asks);
    if (r < 0)
        return r;
    crisis_keep_asked(host, event->member, crisis_asked_after(&reply), 0);
    return 1;
}

/* Tier 2 and above: answered, and a person is called. */
static int answer_call(const struct mooring_event *event)
{
    struct mooring_alert_status status = {.struct_size = sizeof status};
    struct mooring_alert alert = {.struct_size = sizeof alert,
                                  .about = event->member,
                                  .source = event->source,
                                  .verdict = event->verdict};
    struct crisis_reply reply;
    alert.verdict.tier = crisis_tier_with_craving(&event->verdict, last_craving(event));
    /* Help first: on a slow network each page that goes ahead of the card costs seconds. */
    bool is_private = (event->flags & MOORING_EVENT_PRIVATE) != 0;
    bool is_repeated = is_repeat(event, alert.verdict.tier);
    bool is_card_first = crisis_reply_for(&alert.verdict, is_private, is_repeated, &reply) &&
                         reply.is_card_first;
    int said = is_card_first ? send_card(event, alert.verdict.kind, alert.verdict.tier) : 0;
    int r = host->alerts->raise(host->self, &alert, &status);
    if (r < 0)
        return r; /* all of it is undone: the host's floor answers and pages then */
    if (status.tier > alert.verdict.tier && alert.verdict.who != MOORING_WHO_OTHER &&
        status.tier <= 3)
        alert.verdict.tier = status.tier; /* the second dark word in a day */
    is_repeated = is_repeat(event, alert.verdict.tier);
    if (!crisis_reply_for(&alert.verdict, is_private, is_repeated, &reply))
        return 0;
    r = said < 0 ? said : send_reply(event, &reply, &alert.verdict, &status, is_card_first);
    if (r == -EACCES || r == -ENOENT)
        return 0; /* no private way: the floor sends a card that names nobody to the room */
    if (r < 0)
        return r;
    remember(event, alert.verdict.tier);
    crisis_keep_asked(host, event->member, crisis_asked_after(&reply), 0);
    return 1;
}

/* ---- what makes it hard ---------------------------------------------------------------------- */

static const struct mooring_choice next_steps[] = {
    MOORING_CHOICE("crisis.choice-person", "sos"),
    MOORING_CHOICE("crisis.choice-numbers", "sos-numbers"),
    MOORING_CHOICE("crisis.choice-stay", "sos-stay"),
    MOORING_CHOICE("crisis.choice-follow", "sos-follow 1"),
};

static int explain(const struct mooring_event *event, const char *msgid)
{
    crisis_keep_asked(host, event->member, CRISIS_ASKED_HOW, 0);
    return crisis_say(host, event, msgid, NULL, 0, next_steps, COUNT(next_steps));
}

static int run_words(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    return explain(event, "crisis.words");
}

static int run_burden(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    return explain(event, "crisis.burden");
}

static int run_police(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    return explain(event, "crisis.police");
}

static int run_stay(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    crisis_keep_asked(host, event->member, CRISIS_ASKED_NOTHING,
                      0); /* an exercise is among what it offers */
    return crisis_stay_run(host, event);
}

static int run_enough(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    return crisis_stay_end(host, event);
}

static int run_follow(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state;
    return crisis_stay_follow(host, event, args);
}

static int run_plan(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state;
    return crisis_stay_plan(host, event, args);
}

static int run_numbers(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    return crisis_team_numbers(host, event);
}

/* A line under the alert for the moderators; the alert stays as it is, and only a person closes it.
 * 1: there was one. */
static int note(const struct mooring_event *event, const char *msgid)
{
    struct mooring_alert_status status = {.struct_size = sizeof status};
    int r = host->alerts->open(host->self, event->member, &status);
    if (r == -ENOENT)
        return 0;
    const struct mooring_arg arg = {
        .name = "number", .kind = MOORING_ARG_INT, .number = (int64_t)status.alert.id};
    if (r >= 0)
        r = host->alerts->note(host->self, status.alert, msgid, &arg, 1);
    return r < 0 ? r : 1;
}

static int run_false(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    int r = note(event, "crisis.note-false-alarm");
    if (r < 0)
        return r;
    return crisis_say(host, event, r > 0 ? "crisis.false-noted" : "crisis.false-none", NULL, 0,
                      NULL, 0);
}

static int run_other(void *state, const struct mooring_event *event, struct mooring_str args)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("crisis.choice-team", "sos"),
        MOORING_CHOICE("crisis.choice-numbers", "sos-numbers")};
    (void)state, (void)args;
    crisis_keep_asked(host, event->member, CRISIS_ASKED_NOTHING, 0); /* it was not about them */
    int r = note(event, "crisis.note-other");
    return r < 0 ? r
                 : crisis_say(host, event, "crisis.about-other", NULL, 0, choices, COUNT(choices));
}

/* ---- after a lapse --------------------------------------------------------------------------- */

static int run_lapse_safe(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct crisis_reply next;
    (void)state, (void)args;
    int r = crisis_say(host, event, "crisis.lapse-safe", NULL, 0, NULL, 0);
    if (r < 0)
        return r;
    crisis_keep_asked(host, event->member, CRISIS_ASKED_BEFORE, 0);
    (void)crisis_reply_after(CRISIS_ASKED_BEFORE, &next); /* the same next steps */
    return crisis_say(host, event, "crisis.lapse-next", NULL, 0, next.choices, next.choice_count);
}

static int run_lapse_withdrawal(void *state, const struct mooring_event *event,
                                struct mooring_str args)
{
    (void)state, (void)args;
    int r = send_card(event, MOORING_CRISIS_WITHDRAWAL, 4);
    return r < 0 ? r : explain(event, "crisis.lapse-withdrawal");
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static int heard(void *state, const struct mooring_event *event)
{
    if (event->verdict.tier >= 2)
        return answer_call(event);
    if (event->verdict.kind != MOORING_CRISIS_NONE)
        return answer_softly(event);
    if ((event->flags & MOORING_EVENT_SAYS_YES) == 0)
        return crisis_after(host, event);
    int r = run_lapse_safe(state, event, MOORING_STR("")); /* the other yes is a call */
    return r < 0 ? r : 1;
}

static int planned(void *state, const struct mooring_event *event,
                   const struct mooring_answers *answers)
{
    (void)state;
    return crisis_stay_planned(host, event, answers);
}

static int arrange(void *state, struct mooring_group group, int served)
{
    (void)state;
    return crisis_team_arrange(host, group, served);
}

static int due(void *state, struct mooring_owner owner, struct mooring_str key, int64_t due_at,
               int late)
{
    (void)state, (void)due_at, (void)late;
    if (owner.kind == MOORING_OWN_GROUP)
        return crisis_team_due(host, (struct mooring_group){owner.id});
    return crisis_stay_due(host, (struct mooring_member){owner.id}, key);
}

static int init(const struct mooring_host *given, void **ret_state)
{
    host = given;
    *ret_state = &host;
    return 0;
}

/* ---- what this plugin declares --------------------------------------------------------------- */

static const struct mooring_step steps[] = {
    {"alone", "crisis.plan-ask-alone", NULL, MOORING_ASK_TEXT,
     MOORING_STEP_SKIP | MOORING_STEP_PLAN_TEXT, 1, 100, NULL},
    {"people", "crisis.plan-ask-people", NULL, MOORING_ASK_TEXT,
     MOORING_STEP_SKIP | MOORING_STEP_PLAN_TEXT, 1, 100, NULL},
    {"ask", "crisis.plan-ask-ask", NULL, MOORING_ASK_TEXT,
     MOORING_STEP_SKIP | MOORING_STEP_PLAN_TEXT, 1, 100, NULL},
    {"safer", "crisis.plan-ask-safer", NULL, MOORING_ASK_TEXT,
     MOORING_STEP_SKIP | MOORING_STEP_PLAN_TEXT, 1, 100, NULL},
};
static const struct mooring_dialogue plan = {sizeof plan, "crisis-plan", 1,      24 * 3600,
                                             steps,       COUNT(steps),  planned};

#define OPTION(id, option_name, option_kind, ...)                                                  \
    static const struct mooring_option id = {                                                      \
        .struct_size = sizeof id, .name = option_name, .kind = option_kind, __VA_ARGS__}
OPTION(verify_at, "verify_at", MOORING_OPTION_TIME, .default_text = "10:00",
       .help = "when the team is told, once a day, of crisis numbers that nobody has verified");
OPTION(numbers, "numbers", MOORING_OPTION_LIST,
       .flags = MOORING_OPTION_BY_COUNTRY | MOORING_OPTION_FILE_ONLY,
       .help = "whom to reach in a crisis, a file per country");
OPTION(numbers_number, "numbers.number", MOORING_OPTION_TEXT, .flags = MOORING_OPTION_REQUIRED,
       .min = 1, .max = 120, .help = "the number as it is dialled, or the address");
OPTION(numbers_name, "numbers.name", MOORING_OPTION_TEXT, .flags = MOORING_OPTION_REQUIRED,
       .min = 1, .max = 120, .help = "who answers");
OPTION(numbers_how, "numbers.how", MOORING_OPTION_TEXT, .default_text = "call", .max = 60,
       .help = "how they are reached: \"call\", \"call or text\", \"web\"");
OPTION(numbers_verified, "numbers.verified_on", MOORING_OPTION_TEXT, .default_text = "never",
       .max = 10, .help = "the day a person tried it, \"2026-11-23\"");
OPTION(numbers_expires, "numbers.expires_on", MOORING_OPTION_TEXT, .default_text = "never",
       .max = 10, .help = "from when on it is to be tried again, \"2027-05-23\"");
OPTION(numbers_note, "numbers.note", MOORING_OPTION_TEXT, .max = 200,
       .help = "what else people need to know");

#define COMMAND(id, command_name, words, callback)                                                 \
    static const struct mooring_command id = {                                                     \
        sizeof id,                                                                                 \
        MOORING_COMMAND_PRIVATE | MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_LATE_OK |           \
            MOORING_COMMAND_HIDDEN,                                                                \
        command_name,                                                                              \
        NULL,                                                                                      \
        words,                                                                                     \
        "crisis.help",                                                                             \
        MOORING_ROLE_NONE,                                                                         \
        0,                                                                                         \
        callback}
COMMAND(sos_words, "sos-words", "", run_words);
COMMAND(sos_burden, "sos-burden", "", run_burden);
COMMAND(sos_police, "sos-police", "", run_police);
COMMAND(sos_stay, "sos-stay", "", run_stay);
COMMAND(sos_enough, "sos-enough", "", run_enough);
COMMAND(sos_follow, "sos-follow", "1 | 7 | 30 | no", run_follow);
COMMAND(sos_plan, "sos-plan", "[write]", run_plan);
COMMAND(sos_numbers, "sos-numbers", "", run_numbers);
COMMAND(sos_other, "sos-other", "", run_other);
COMMAND(sos_false, "sos-false", "", run_false);
COMMAND(lapse_safe, "lapse-safe", "", run_lapse_safe);
COMMAND(lapse_withdrawal, "lapse-withdrawal", "", run_lapse_withdrawal);

static const struct mooring_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = MOORING_ABI_MAJOR,
    .abi_minor = MOORING_ABI_MINOR,
    .data_version = 1,
    .name = "crisis",
    .version = "0.1",
    .needs = MOORING_USES_SAY | MOORING_USES_ASK | MOORING_USES_STORE | MOORING_USES_TIMER |
             MOORING_USES_ALERTS | MOORING_USES_SAFETY,
    .wants = MOORING_USES_SERIES,
    .options = (const struct mooring_option *const[]){&verify_at, &numbers, &numbers_name,
                                                      &numbers_number, &numbers_how, &numbers_note,
                                                      &numbers_verified, &numbers_expires, NULL},
    .commands = (const struct mooring_command *const[]){&sos_words, &sos_burden, &sos_police,
                                                        &sos_stay, &sos_enough, &sos_follow,
                                                        &sos_plan, &sos_numbers, &sos_other,
                                                        &sos_false, &lapse_safe, &lapse_withdrawal,
                                                        NULL},
    .dialogues = (const struct mooring_dialogue *const[]){&plan, NULL},
    .init = init,
    .group = arrange,
    .message = heard,
    .timer = due,
    .export_member = crisis_stay_export,
};

const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == MOORING_ABI_MAJOR ? &plugin : NULL;
}
