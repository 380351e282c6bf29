/* SPDX-License-Identifier: MIT */
/* checkin.c: the daily check-in: a prompt in the group's rooms, questions or one line in private,
 * history, undo. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "checkin_host.h"
#include "checkin_line.h"

enum { CRISIS_CRAVING = 8, BASELINE_VALUES = 5 };

static const int64_t day_ms = 86400000;
static const int64_t baseline_days = 14;

static const struct mooring_host *host; /* the host lends it until fini */

static struct mooring_owner owner_of(struct mooring_member member)
{
    return (struct mooring_owner){MOORING_OWN_MEMBER, 0, member.id};
}

static int say(const struct mooring_event *event, const char *msgid)
{
    const struct checkin_note note = {.member = event->member, .event = event, .msgid = msgid};
    return checkin_say(host, &note);
}

/* ---- keeping --------------------------------------------------------------------------------- */

static void keep_last(void *ctx, int64_t at, int64_t value)
{
    (void)at;
    *(int *)ctx = (int)value;
}

static void keep_value(void *ctx, int64_t at, int64_t value)
{
    (void)at;
    checkin_values_add(ctx, (int)value);
}

/* What the last two weeks were like, before this check-in is among them. */
static int read_baseline(struct mooring_member member, int64_t at,
                         struct checkin_baseline *ret_baseline)
{
    struct checkin_values values = {.count = 0};
    int craving = CHECKIN_SKIPPED;
    int64_t from = at - baseline_days * day_ms;
    int r = host->series->read(host->self, member, "craving", from, at, keep_last, &craving);
    if (r >= 0)
        r = host->series->read(host->self, member, "confidence", from, at, keep_value, &values);
    if (r < 0)
        return r;
    *ret_baseline = (struct checkin_baseline){craving,
                                              checkin_values_median2(&values, BASELINE_VALUES)};
    return 0;
}

/* MOORING_NO_VALUE for each takes the check-in back. */
int checkin_record(const struct mooring_host *given, struct mooring_member member, int64_t at,
                   const struct checkin_entry *entry, bool is_kept)
{
    int r = given->series->record(given->self, member, "done", at, is_kept ? 1 : MOORING_NO_VALUE);
    for (size_t i = 0; r >= 0 && i < CHECKIN_ITEM_COUNT; i++) {
        if (entry->value[i] != CHECKIN_SKIPPED)
            r = given->series->record(given->self, member, checkin_series[i], at,
                                      is_kept ? entry->value[i] : MOORING_NO_VALUE);
    }
    return r;
}

static int keep(const struct mooring_event *event, const struct checkin_entry *entry)
{
    char key[CHECKIN_KEY_BYTES], text[CHECKIN_STORED_BYTES];
    int r = checkin_record(host, event->member, event->sent_at, entry, true);
    if (r < 0)
        return r;
    size_t key_len = checkin_entry_key(event->sent_at, key),
           len = checkin_entry_format(entry, text);
    return host->store->put(host->self, owner_of(event->member), (struct mooring_str){key, key_len},
                            (struct mooring_str){text, len}, 0);
}

/* ---- answering ------------------------------------------------------------------------------- */

static int say_saved(const struct mooring_event *event, const struct checkin_entry *entry)
{
    char summary[CHECKIN_SUMMARY_BYTES];
    size_t len = checkin_summary(host, event->member, entry, summary);
    const struct mooring_arg arg = {
        .name = "summary", .kind = MOORING_ARG_TEXT, .text = {summary, len}};
    const char *msgid = "checkin.saved";
    if (entry->intention_len > 0)
        msgid = len > 0 ? "checkin.saved-intention" : "checkin.saved-only-intention";
    const struct checkin_note note = {.member = event->member,
                                      .event = event,
                                      .msgid = msgid,
                                      .args = &arg,
                                      .arg_count = 1,
                                      .words = {entry->intention, entry->intention_len}};
    return checkin_say(host, &note);
}

/* 1: this was the first ever, and who sees it was explained. */
static int explain_once(const struct mooring_event *event)
{
    struct mooring_str value;
    int r = host->store->get(host->self, owner_of(event->member), MOORING_STR("explained"), &value);
    if (r != -ENOENT)
        return r < 0 ? r : 0;
    r = host->store->put(host->self, owner_of(event->member), MOORING_STR("explained"),
                         MOORING_STR("1"), 0);
    if (r >= 0)
        r = say(event, "checkin.who-sees");
    return r < 0 ? r : 1;
}

/* Offered, never accused: what may help right now, and the way to a person. */
static int offer_help(const struct mooring_event *event, enum checkin_flag flag, int last_craving)
{
    static const char *const msgids[CHECKIN_FLAG_COUNT] = {
        NULL, "checkin.flag-strong", "checkin.flag-change", "checkin.flag-again",
        "checkin.flag-unsure"};
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("checkin.offer-breathe", "breathe"),
        MOORING_CHOICE("checkin.offer-ground", "ground"),
        MOORING_CHOICE("checkin.offer-tip", "tip craving"),
        MOORING_CHOICE("checkin.offer-person", "sos"),
        MOORING_CHOICE("checkin.not-now", "checkin-fine")};
    if (msgids[flag] == NULL)
        return 0;
    const struct mooring_arg arg = {
        .name = "last", .kind = MOORING_ARG_INT, .number = last_craving};
    const struct checkin_note note = {.member = event->member,
                                      .event = event,
                                      .msgid = msgids[flag],
                                      .args = &arg,
                                      .arg_count = 1,
                                      .choices = choices,
                                      .choice_count = sizeof choices / sizeof *choices};
    return checkin_say(host, &note);
}

/* A strong craving makes dark words weigh more: tier 2 together with it is tier 3. */
static int pass_on(const struct mooring_event *event, const struct checkin_entry *entry)
{
    struct mooring_verdict verdict = {.struct_size = sizeof verdict};
    struct mooring_alert_status status = {.struct_size = sizeof status};
    if (entry->value[CHECKIN_CRAVING] < CRISIS_CRAVING || entry->intention_len == 0 ||
        host->safety == NULL || host->alerts == NULL)
        return 0;
    int r = host->safety->classify(
        host->self, (struct mooring_str){entry->intention, entry->intention_len}, 0, &verdict);
    if (r < 0 || verdict.tier != 2)
        return r < 0 ? r : 0;
    verdict.tier = 3;
    const struct mooring_alert alert = {.struct_size = sizeof alert,
                                        .about = event->member,
                                        .source = event->source,
                                        .verdict = verdict};
    r = host->alerts->raise(host->self, &alert, &status);
    if (r >= 0)
        r = host->safety->card(host->self, (struct mooring_to){.member = event->member},
                               verdict.kind, verdict.tier);
    return r < 0 ? r : 0;
}

static int follow_up(const struct mooring_event *event, const struct checkin_entry *entry,
                     const struct checkin_baseline *baseline)
{
    char zone[CHECKIN_ZONE_BYTES];
    struct checkin_days days;
    enum checkin_flag flag = checkin_flag_of(entry, baseline);
    int is_first = explain_once(event);
    int r = is_first < 0 ? is_first : pass_on(event, entry);
    if (r >= 0)
        r = offer_help(event, flag, baseline->last_craving);
    if (r < 0)
        return r;
    size_t len = checkin_zone(host, event->member, event->group, zone);
    r = checkin_read_days(host, event->member, (struct mooring_str){zone, len}, &days);
    if (r < 0)
        return r;
    return checkin_notes_arm(host, event, &days, flag == CHECKIN_FLAG_NONE && is_first == 0);
}

static int say_consent(const struct mooring_event *event)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("checkin.consent-yes", "consent checkins yes"),
        MOORING_CHOICE("checkin.not-now", "checkin-fine")};
    const struct checkin_note note = {.member = event->member,
                                      .event = event,
                                      .msgid = "checkin.consent",
                                      .choices = choices,
                                      .choice_count = 2};
    return checkin_say(host, &note);
}

static int take(const struct mooring_event *event, const struct checkin_entry *entry)
{
    struct checkin_baseline baseline;
    int r = read_baseline(event->member, event->sent_at, &baseline);
    if (r >= 0)
        r = keep(event, entry);
    if (r == -EACCES)
        return say_consent(event);
    if (r >= 0)
        r = say_saved(event, entry);
    if (r < 0)
        return r;
    return follow_up(event, entry, &baseline);
}

/* ---- the dialogue ---------------------------------------------------------------------------- */

static int finished(void *state, const struct mooring_event *event,
                    const struct mooring_answers *answers)
{
    struct checkin_entry entry;
    (void)state;
    checkin_entry_init(&entry);
    for (size_t i = 0; i < answers->count; i++) {
        if (answers->skipped[i])
            continue;
        const char *key = answers->steps[i]->key;
        for (size_t item = 0; item < CHECKIN_ITEM_COUNT; item++) {
            if (strcmp(key, checkin_series[item]) == 0)
                entry.value[item] = (int)answers->numbers[i];
        }
        if (strcmp(key, "halt") == 0)
            entry.halt = (unsigned)answers->numbers[i] & CHECKIN_HALT_ALL;
        if (strcmp(key, "intention") == 0 && checkin_entry_intend(&entry, answers->texts[i]) < 0)
            (void)checkin_entry_intend(&entry, (struct mooring_str){answers->texts[i].ptr, 0});
    }
    if (checkin_entry_is_empty(&entry))
        return say(event, "checkin.all-skipped");
    return take(event, &entry);
}

static int finished_time(void *state, const struct mooring_event *event,
                         const struct mooring_answers *answers)
{
    (void)state;
    return answers->count == 1 && !answers->skipped[0]
               ? checkin_daily_at(host, event, (int)answers->numbers[0])
               : 0;
}

static int start(const struct mooring_event *event)
{
    if (host->people != NULL &&
        host->people->consent(host->self, event->member, event->group, "checkins") == 0)
        return say_consent(event);
    int r = host->ask->start(host->self, event->member, "daily", MOORING_STR(""));
    if (r != -EACCES && r != -ENOENT && r != -EHOSTUNREACH)
        return r;
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .to = {.answers = event->source},
                                            .msgid = "checkin.no-private"};
    return host->say->send(host->self, &message, NULL);
}

/* ---- the commands ---------------------------------------------------------------------------- */

static bool is_word(struct mooring_str args, const char *word)
{
    while (args.len > 0 && args.ptr[args.len - 1] == ' ')
        args.len--;
    while (args.len > 0 && args.ptr[0] == ' ') {
        args.ptr++;
        args.len--;
    }
    return args.len == strlen(word) && strncasecmp(args.ptr, word, args.len) == 0;
}

/* The word off the front, with the blanks around what follows; false: another stands there. */
static bool take_word(struct mooring_str *args, const char *word)
{
    struct mooring_str rest = *args;
    while (rest.len > 0 && rest.ptr[0] == ' ')
        rest = (struct mooring_str){rest.ptr + 1, rest.len - 1};
    size_t len = strlen(word);
    if (rest.len < len || strncasecmp(rest.ptr, word, len) != 0 ||
        (rest.len > len && rest.ptr[len] != ' '))
        return false;
    rest = (struct mooring_str){rest.ptr + len, rest.len - len};
    while (rest.len > 0 && rest.ptr[0] == ' ')
        rest = (struct mooring_str){rest.ptr + 1, rest.len - 1};
    while (rest.len > 0 && rest.ptr[rest.len - 1] == ' ')
        rest.len--;
    *args = rest;
    return true;
}

static int say_trouble(const struct mooring_event *event, const struct checkin_trouble *trouble)
{
    static const char *const msgids[CHECKIN_TROUBLE_KIND_COUNT] = {
        "checkin.trouble-nothing", "checkin.trouble-word",  "checkin.trouble-range",
        "checkin.trouble-number",  "checkin.trouble-twice", "checkin.trouble-long"};
    const char *suggestion = trouble->suggestion != NULL ? trouble->suggestion : "";
    const struct mooring_arg args[] = {
        {.name = "suggestion", .kind = MOORING_ARG_TEXT, .text = {suggestion, strlen(suggestion)}},
        {.name = "max", .kind = MOORING_ARG_INT, .number = CHECKIN_INTENTION_BYTES}};
    const char *msgid = trouble->suggestion != NULL ? "checkin.trouble-near"
                                                    : msgids[trouble->kind];
    struct mooring_str word = trouble->word;
    const struct checkin_note note = {.member = event->member,
                                      .event = event,
                                      .msgid = msgid,
                                      .args = args,
                                      .arg_count = 2,
                                      .words = {word.ptr, word.len < 60 ? word.len : 60}};
    return checkin_say(host, &note);
}

static int run_checkin(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct checkin_entry entry;
    struct checkin_trouble trouble;
    (void)state;
    if (is_word(args, ""))
        return start(event);
    if (is_word(args, "history"))
        return checkin_history(host, event);
    if (is_word(args, "undo") || is_word(args, "undo yes"))
        return checkin_undo(host, event, is_word(args, "undo yes"));
    if (is_word(args, "who"))
        return say(event, "checkin.who-sees");
    if (take_word(&args, "daily"))
        return checkin_daily(host, event, args);
    if (checkin_line_parse(args, &entry, &trouble) < 0)
        return say_trouble(event, &trouble);
    return take(event, &entry);
}

static int run_undo(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state;
    return checkin_undo(host, event, is_word(args, "yes"));
}

static int run_fine(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    return say(event, "checkin.fine");
}

/* ---- the prompt ------------------------------------------------------------------------------ */

static int arrange(void *state, struct mooring_group group, int served)
{
    (void)state;
    return checkin_prompt_arrange(host, group, served);
}

static int due(void *state, struct mooring_owner owner, struct mooring_str key, int64_t due_at,
               int late)
{
    (void)state, (void)late;
    if (owner.kind == MOORING_OWN_GROUP)
        return checkin_prompt_due(host, (struct mooring_group){owner.id}, due_at);
    if (is_word(key, CHECKIN_DAILY_KEY))
        return checkin_daily_due(host, (struct mooring_member){owner.id});
    return checkin_notes_due(host, (struct mooring_member){owner.id});
}

static int export_member(void *state, struct mooring_member member, mooring_row_fn row, void *ctx)
{
    (void)state;
    return checkin_export(host, member, row, ctx);
}

static int init(const struct mooring_host *given, void **ret_state)
{
    host = given;
    *ret_state = NULL;
    return 0;
}

/* ---- what this plugin declares --------------------------------------------------------------- */

static const struct mooring_step steps[] = {
    {"mood", "checkin.ask-mood", NULL, MOORING_ASK_NUMBER, MOORING_STEP_SKIP, 0, CHECKIN_VALUE_MAX,
     NULL},
    {"craving", "checkin.ask-craving", NULL, MOORING_ASK_NUMBER, MOORING_STEP_SKIP, 0,
     CHECKIN_VALUE_MAX, NULL},
    {"confidence", "checkin.ask-confidence", NULL, MOORING_ASK_NUMBER, MOORING_STEP_SKIP, 0,
     CHECKIN_VALUE_MAX, NULL},
    {"halt", "checkin.ask-halt", "hungry|angry|lonely|tired", MOORING_ASK_CHOICES,
     MOORING_STEP_SKIP | MOORING_STEP_MANY, 0, 0, NULL},
    {"intention", "checkin.ask-intention", NULL, MOORING_ASK_TEXT, MOORING_STEP_SKIP, 1, 100, NULL},
};
static const struct mooring_dialogue daily = {
    sizeof daily, "daily", 1, 4 * 3600, steps, sizeof steps / sizeof *steps, finished};

static const struct mooring_step time_steps[] = {
    {"time", "checkin.ask-daily-time", NULL, MOORING_ASK_TIME, 0, 0, 0, NULL},
};
static const struct mooring_dialogue daily_time = {
    sizeof daily_time, "daily-time", 1, 4 * 3600, time_steps, 1, finished_time};

static const struct mooring_option option_prompt = {
    .struct_size = sizeof option_prompt,
    .name = "prompt",
    .kind = MOORING_OPTION_BOOLEAN,
    .default_text = "true",
    .help = "whether the group's rooms are invited to check in"};
static const struct mooring_option option_at = {
    .struct_size = sizeof option_at,
    .name = "prompt_at",
    .kind = MOORING_OPTION_TIME,
    .default_text = "09:00",
    .help = "when the invitation is sent, on the group's wall clock"};
static const struct mooring_option option_days = {.struct_size = sizeof option_days,
                                                  .name = "prompt_days",
                                                  .kind = MOORING_OPTION_TEXTS,
                                                  .choices = "mon|tue|wed|thu|fri|sat|sun",
                                                  .help = "on which days; none named: every day"};
static const struct mooring_option option_late = {
    .struct_size = sizeof option_late,
    .name = "late_ok",
    .unit = "minutes",
    .kind = MOORING_OPTION_INTEGER,
    .default_text = "120",
    .min = 0,
    .max = 720,
    .help = "how late an invitation may still be sent after downtime; later it is left out"};

static const struct mooring_command checkin = {
    sizeof checkin,
    MOORING_COMMAND_PRIVATE,
    "checkin",
    "check-in ci",
    "[m6 c3 k8 tired \"one line\" | history | undo | who | daily 09:00]",
    "checkin.help",
    MOORING_ROLE_MEMBER,
    0,
    run_checkin};
static const struct mooring_command undo_last = {
    sizeof undo_last,    MOORING_COMMAND_PRIVATE, "undo", NULL,    "",
    "checkin.help-undo", MOORING_ROLE_MEMBER,     0,      run_undo};
static const struct mooring_command fine = {sizeof fine,
                                            MOORING_COMMAND_PRIVATE | MOORING_COMMAND_HIDDEN,
                                            "checkin-fine",
                                            NULL,
                                            "",
                                            "checkin.help",
                                            MOORING_ROLE_MEMBER,
                                            0,
                                            run_fine};

static const struct mooring_series_def done = {sizeof done, "done", "checkins", 0, 1};
static const struct mooring_series_def mood = {sizeof mood, "mood", "checkins", 0,
                                               CHECKIN_VALUE_MAX};
static const struct mooring_series_def craving = {sizeof craving, "craving", "checkins", 0,
                                                  CHECKIN_VALUE_MAX};
static const struct mooring_series_def confidence = {sizeof confidence, "confidence", "checkins", 0,
                                                     CHECKIN_VALUE_MAX};

static const struct mooring_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = MOORING_ABI_MAJOR,
    .abi_minor = MOORING_ABI_MINOR,
    .data_version = 1,
    .name = "checkin",
    .version = "0.1",
    .needs = MOORING_USES_SAY | MOORING_USES_ASK | MOORING_USES_PEOPLE | MOORING_USES_SERIES |
             MOORING_USES_STORE | MOORING_USES_TIMER,
    .wants = MOORING_USES_ALERTS | MOORING_USES_SAFETY,
    .options = (const struct mooring_option *const[]){&option_prompt, &option_at, &option_days,
                                                      &option_late, NULL},
    .commands = (const struct mooring_command *const[]){&checkin, &undo_last, &fine, NULL},
    .dialogues = (const struct mooring_dialogue *const[]){&daily, &daily_time, NULL},
    .series = (const struct mooring_series_def *const[]){&done, &mood, &craving, &confidence, NULL},
    .init = init,
    .group = arrange,
    .timer = due,
    .export_member = export_member,
};

const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == MOORING_ABI_MAJOR ? &plugin : NULL;
}
