/* SPDX-License-Identifier: MIT */
/* link.c: !link: two identities of one person, by a code that is said on the one network and typed
 * on the other; !unlink takes them apart again.
 *
 * Who types the code is asked what will happen, then what to keep where both have something: one
 * question at a time, each answer a letter in the store, so that a restart asks nothing twice. */
#include "store/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/internal.h"
#include "schedule/jobs.h"

enum { ANSWERS_MAX = 4, UNDO_HOURS = STORE_LINK_UNDO_MS / (60 * 60 * 1000) };

/* Asked in this order: first whether at all, then for each kind of which both have some. */
enum question { Q_WHETHER, Q_ENTRIES, Q_VALUES, Q_PREFERENCES, QUESTION_COUNT };

static const struct {
    const char *typed;
    char letter;
    enum store_link_side side;
} answers[] = {{"yes", 'y', STORE_LINK_BOTH},
               {"both", 'b', STORE_LINK_BOTH},
               {"there", 'k', STORE_LINK_KEPT},
               {"here", 's', STORE_LINK_SECOND}};

static const struct outbox_source *source_of(struct commands *commands,
                                             const struct mooring_event *event)
{
    return outbox_find_source(commands->parts.outbox, event->source.id);
}

int commands_arm_links(struct jobs *jobs, struct store *store)
{
    int64_t at;
    int r = store_link_next_end(store, &at);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    const struct mooring_when when = {.struct_size = sizeof when, .at = at};
    return jobs_set(jobs, (struct str){0}, (struct mooring_owner){MOORING_OWN_PLUGIN, 0, 0},
                    STR(COMMANDS_LINK_KEY), &when);
}

/* ---- the code -------------------------------------------------------------------------------- */

static int give_code(struct commands *commands, const struct mooring_event *event)
{
    char code[STORE_LINK_CODE_BYTES + 1], spaced[STORE_LINK_CODE_BYTES + 2];
    int r = store_link_code_make(commands->parts.store, event->member.id, code);
    if (r < 0)
        return r;
    snprintf(spaced, sizeof spaced, "%.5s-%s", code, code + 5);
    r = commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.link-code",
                          abi_text("code", str_of(spaced)),
                          abi_int("minutes", STORE_LINK_CODE_MS / CLOCK_MINUTE_MS),
                          abi_text("prefix", commands_prefix(commands)));
    mem_wipe(code, sizeof code);
    mem_wipe(spaced, sizeof spaced);
    return r;
}

/* In a room everybody has read it: it is used up, whosever it was. */
static int in_room(struct commands *commands, const struct mooring_event *event, struct str typed)
{
    char code[STORE_LINK_CODE_BYTES + 1];
    uint64_t whose;
    bool is_code = store_link_code_read(typed, code);
    int r = is_code ? store_link_code_use(commands->parts.store, event->member.id, code, &whose)
                    : 0;
    if (r < 0 && r != -ENOENT && r != -EAGAIN)
        return r;
    return commands_say(commands, event, 0,
                        is_code ? "commands.link-room-code" : "commands.link-room");
}

/* ---- the questions --------------------------------------------------------------------------- */

struct asking {
    struct commands *commands;
    const struct mooring_event *event;
    uint64_t kept, second;
    struct str answers;
    enum question questions[QUESTION_COUNT];
    size_t count;
};

static int list_questions(struct asking *asking)
{
    struct store_link_overlap overlap;
    int r = store_link_overlap(asking->commands->parts.store, asking->kept, asking->second,
                               &overlap);
    if (r < 0)
        return r;
    asking->questions[asking->count++] = Q_WHETHER;
    if (overlap.entries)
        asking->questions[asking->count++] = Q_ENTRIES;
    if (overlap.values)
        asking->questions[asking->count++] = Q_VALUES;
    if (overlap.preferences)
        asking->questions[asking->count++] = Q_PREFERENCES;
    return 0;
}

/* Who the other one is, as people know them: a stranger's code shows itself here. */
static int ask_next(struct asking *asking)
{
    static const char *const msgids[] = {"commands.link-ask", "commands.link-entries",
                                         "commands.link-values", "commands.link-preferences"};
    static const struct mooring_choice whether[] = {
        {"commands.link-yes", {0}, MOORING_STR("link yes")},
        {"commands.link-no", {0}, MOORING_STR("link no")}};
    static const struct mooring_choice which[] = {
        {"commands.link-there", {0}, MOORING_STR("link there")},
        {"commands.link-here", {0}, MOORING_STR("link here")},
        {"commands.link-both", {0}, MOORING_STR("link both")}};
    struct commands *commands = asking->commands;
    struct people_speaker other;
    enum question question = asking->questions[asking->answers.len];
    int r = people_address(commands->parts.people, asking->kept, host_arena(commands->parts.host),
                           &other);
    const struct outbox_source *source = source_of(commands, asking->event);
    if (r < 0 || !source)
        return r < 0 ? r : -ESTALE;
    const struct mooring_arg args[] = {
        abi_text("name", other.display), abi_text("there", other.network),
        abi_text("here", source->network), abi_int("hours", UNDO_HOURS),
        abi_text("prefix", commands_prefix(commands))};
    bool is_first = question == Q_WHETHER;
    struct answer answer = {.msgid = msgids[question],
                            .args = args,
                            .arg_count = COUNT_OF(args),
                            .choices = is_first ? whether : which,
                            .choice_count = is_first || question != Q_ENTRIES ? 2 : 3,
                            .flags = MOORING_SAY_PRIVATE_ONLY};
    return commands_answer(commands, asking->event, &answer);
}

static int take_code(struct commands *commands, const struct mooring_event *event, const char *code)
{
    struct asking asking = {.commands = commands, .event = event, .second = event->member.id};
    struct store *store = commands->parts.store;
    int r = store_link_code_use(store, asking.second, code, &asking.kept);
    if (r == 0)
        r = store_link_check(store, asking.kept, asking.second);
    const char *why = r == -ENOENT   ? "commands.link-wrong"
                      : r == -EAGAIN ? "commands.link-wait"
                      : r == -EINVAL ? "commands.link-same"
                      : r == -EBUSY  ? "commands.link-busy"
                                     : NULL;
    if (why)
        return commands_say(commands, event, MOORING_SAY_PRIVATE_ONLY, why);
    if (r == 0)
        r = store_link_ask(store, asking.kept, asking.second, (struct str){0});
    if (r == 0)
        r = list_questions(&asking);
    return r < 0 ? r : ask_next(&asking);
}

/* ---- doing it -------------------------------------------------------------------------------- */

static void choose(const struct asking *asking, struct store_link_choice *choice)
{
    for (size_t i = 0; i < asking->answers.len; i++) {
        enum store_link_side side = STORE_LINK_BOTH;
        for (size_t k = 0; k < COUNT_OF(answers); k++)
            if (answers[k].letter == asking->answers.ptr[i])
                side = answers[k].side;
        if (asking->questions[i] == Q_ENTRIES)
            choice->entries = side;
        else if (asking->questions[i] == Q_VALUES)
            choice->values = side;
        else if (asking->questions[i] == Q_PREFERENCES)
            choice->preferences = side;
    }
}

/* To where the code came from, before that place is one of two: who did not do this reads it. */
static int tell_there(const struct asking *asking, const struct outbox_source *source)
{
    struct commands *commands = asking->commands;
    const struct mooring_arg args[] = {
        abi_text("name", source->display), abi_text("network", source->network),
        abi_int("hours", UNDO_HOURS), abi_text("prefix", commands_prefix(commands))};
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY | MOORING_SAY_URGENT,
                                      .to = {.member = {asking->kept}},
                                      .msgid = "commands.link-told",
                                      .args = args,
                                      .arg_count = COUNT_OF(args)};
    struct outbox_item item = {.message = &message, .priority = OUTBOX_REPLY};
    int r = outbox_enqueue(commands->parts.outbox, &item, NULL);
    return r == -EEXIST || r == -ENOENT ? 0 : r;
}

/* The answer goes to whom the identity means from now on. */
static int say_as(struct commands *commands, const struct mooring_event *event, uint64_t member,
                  const char *msgid)
{
    const struct outbox_source *source = source_of(commands, event);
    if (!source)
        return -ESTALE;
    struct outbox_source now = *source;
    struct mooring_event last = *event;
    now.member = last.member.id = member;
    last.source.id = outbox_note_source(commands->parts.outbox, &now);
    return commands_say_with(commands, &last, MOORING_SAY_PRIVATE_ONLY, msgid,
                             abi_int("hours", UNDO_HOURS),
                             abi_text("prefix", commands_prefix(commands)));
}

static int join(const struct asking *asking)
{
    struct commands *commands = asking->commands;
    struct store_link_choice choice = {0};
    const struct outbox_source *source = source_of(commands, asking->event);
    choose(asking, &choice);
    int r = source ? tell_there(asking, source) : -ESTALE;
    if (r == 0)
        r = commands_audit(commands, asking->event, asking->kept, "linked", (struct str){0});
    if (r == 0)
        r = store_link_drop_asked(commands->parts.store, asking->second);
    if (r == 0)
        r = store_link_join(commands->parts.store, asking->kept, asking->second, &choice);
    if (r == 0)
        r = commands_arm_links(commands->parts.jobs, commands->parts.store);
    return r < 0 ? r : say_as(commands, asking->event, asking->kept, "commands.link-done");
}

static int take_answer(struct asking *asking, char letter)
{
    char all[ANSWERS_MAX + 1];
    struct store *store = asking->commands->parts.store;
    int r = list_questions(asking);
    if (r < 0)
        return r;
    if (asking->answers.len >= asking->count) /* what both have has changed since */
        asking->answers.len = 0;
    bool fits = (asking->questions[asking->answers.len] == Q_WHETHER) == (letter == 'y');
    if (fits) {
        memcpy(all, asking->answers.ptr ? asking->answers.ptr : "", asking->answers.len);
        all[asking->answers.len] = letter;
        asking->answers = (struct str){all, asking->answers.len + 1};
    }
    if (asking->answers.len == asking->count)
        return join(asking);
    r = store_link_ask(store, asking->kept, asking->second, asking->answers);
    return r < 0 ? r : ask_next(asking);
}

/* ---- the commands ---------------------------------------------------------------------------- */

/* 1: it was an answer to a question. */
static int answer_word(struct commands *commands, const struct mooring_event *event,
                       struct str typed)
{
    struct asking asking = {.commands = commands, .event = event, .second = event->member.id};
    bool is_no = str_eq_nocase(typed, STR("no"));
    char letter = '\0';
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        if (str_eq_nocase(typed, str_of(answers[i].typed)))
            letter = answers[i].letter;
    if (!is_no && !letter)
        return 0;
    int r = store_link_asked(commands->parts.store, asking.second, host_arena(commands->parts.host),
                             &asking.kept, &asking.answers);
    if (r == -ENOENT)
        r = commands_say(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.link-nothing");
    else if (r == 0 && is_no)
        r = store_link_drop_asked(commands->parts.store, asking.second);
    else if (r == 0)
        r = take_answer(&asking, letter);
    if (r == 0 && is_no)
        r = commands_say(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.link-left");
    return r < 0 ? r : 1;
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct str typed = str_trim(abi_take(args));
    char code[STORE_LINK_CODE_BYTES + 1];
    if (!(event->flags & MOORING_EVENT_PRIVATE))
        return in_room(commands, event, typed);
    if (!event->member.id || (event->flags & MOORING_EVENT_BRIDGED))
        return commands_say(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.link-nobody");
    if (str_empty(typed))
        return give_code(commands, event);
    int r = answer_word(commands, event, typed);
    if (r != 0)
        return MIN_OF(r, 0);
    if (!store_link_code_read(typed, code))
        return commands_say(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.link-no-code");
    return take_code(commands, event, code);
}

static int run_unlink(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    uint64_t second;
    (void)args;
    int r = store_link_undo(commands->parts.store, event->member.id, &second);
    if (r == -ENOENT)
        return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY,
                                 "commands.unlink-nothing", abi_int("hours", UNDO_HOURS),
                                 abi_text("prefix", commands_prefix(commands)));
    if (r == 0)
        r = commands_audit(commands, event, second, "unlinked", (struct str){0});
    return r < 0 ? r
                 : commands_say(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.unlink-done");
}

const struct mooring_command command_link = {
    .struct_size = sizeof command_link,
    .flags = 0,
    .name = "link",
    .aliases = NULL,
    .usage = "[code]",
    .help_msgid = "commands.help-link",
    .role = MOORING_ROLE_MEMBER,
    .run = run,
};

const struct mooring_command command_unlink = {
    .struct_size = sizeof command_unlink,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "unlink",
    .aliases = NULL,
    .usage = NULL,
    .help_msgid = "commands.help-unlink",
    .role = MOORING_ROLE_MEMBER,
    .run = run_unlink,
};
