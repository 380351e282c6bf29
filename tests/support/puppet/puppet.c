/* SPDX-License-Identifier: MIT */
/* puppet.c: a plugin that does nothing by itself: what each callback does is pulled from outside.
 */
#include "puppet.h"

#ifndef PUPPET_NAME
#define PUPPET_NAME "puppet"
#endif
#ifndef PUPPET_NEEDS
#define PUPPET_NEEDS MOORING_USES_SAY
#define PUPPET_WANTS UINT64_MAX
#endif
#ifndef PUPPET_WANTS
#define PUPPET_WANTS 0
#endif
#ifndef PUPPET_DATA
#define PUPPET_DATA 1
#endif

static struct puppet strings;

struct puppet *puppet_strings(void)
{
    return &strings;
}

static int init(const struct mooring_host *host, void **ret_state)
{
    strings.host = host;
    strings.inits++;
    *ret_state = &strings;
    return strings.init ? strings.init(&strings) : 0;
}

static void fini(void *state)
{
    ((struct puppet *)state)->finis++;
}

static int run(void *state, const char *name, const struct mooring_event *event,
               struct mooring_str args)
{
    struct puppet *puppet = state;
    puppet->runs++;
    puppet->command = name;
    return puppet->run ? puppet->run(puppet, event, args) : 0;
}

static int message(void *state, const struct mooring_event *event)
{
    struct puppet *puppet = state;
    puppet->messages++;
    return puppet->message ? puppet->message(puppet, event) : 0;
}

static int reaction(void *state, const struct mooring_event *event)
{
    struct puppet *puppet = state;
    return puppet->reaction ? puppet->reaction(puppet, event) : 0;
}

static int presence(void *state, const struct mooring_event *event, int joined)
{
    struct puppet *puppet = state;
    return puppet->presence ? puppet->presence(puppet, event, joined) : 0;
}

static int timer(void *state, struct mooring_owner owner, struct mooring_str key, int64_t due_at,
                 int late)
{
    struct puppet *puppet = state;
    (void)due_at;
    puppet->timers++;
    return puppet->timer ? puppet->timer(puppet, owner, key, late) : 0;
}

static int group(void *state, struct mooring_group which, int served)
{
    (void)which;
    (void)served;
    ((struct puppet *)state)->groups++;
    return 0;
}

static int reload(void *state)
{
    ((struct puppet *)state)->reloads++;
    return 0;
}

static int migrate(void *state, uint32_t from_version)
{
    struct puppet *puppet = state;
    return puppet->migrate ? puppet->migrate(puppet, from_version) : 0;
}

static int done(void *state, const struct mooring_event *event,
                const struct mooring_answers *answers)
{
    struct puppet *puppet = state;
    puppet->dones++;
    return puppet->done ? puppet->done(puppet, event, answers) : 0;
}

static int worked(void *state, uint64_t token, int result, struct mooring_str output)
{
    struct puppet *puppet = state;
    puppet->worked_count++;
    return puppet->worked ? puppet->worked(puppet, token, result, output) : 0;
}

static int fetched(void *state, uint64_t token, int result, uint32_t status,
                   struct mooring_str body)
{
    struct puppet *puppet = state;
    puppet->fetched_count++;
    return puppet->fetched ? puppet->fetched(puppet, token, result, status, body) : 0;
}

static int sent(void *state, struct mooring_sent what, int result)
{
    struct puppet *puppet = state;
    return puppet->sent ? puppet->sent(puppet, what, result) : 0;
}

static int alert(void *state, struct mooring_alert_id which, uint32_t change)
{
    (void)which;
    (void)change;
    ((struct puppet *)state)->alerts++;
    return 0;
}

static int export_member(void *state, struct mooring_member member, mooring_row_fn each, void *ctx)
{
    struct puppet *puppet = state;
    return puppet->export_member ? puppet->export_member(puppet, member, each, ctx) : 0;
}

/* ---- what it declares ------------------------------------------------------------------------ */

#define COMMAND(id, ...)                                                                           \
    static int run_##id(void *state, const struct mooring_event *event, struct mooring_str args)   \
    {                                                                                              \
        return run(state, #id, event, args);                                                       \
    }                                                                                              \
    static const struct mooring_command command_##id = {.struct_size = sizeof command_##id,        \
                                                        .name = #id,                               \
                                                        .help_msgid = "puppet.help",               \
                                                        .run = run_##id,                           \
                                                        __VA_ARGS__}

COMMAND(pull, .aliases = "p", .usage = "[anything]", .role = MOORING_ROLE_MEMBER);
COMMAND(secret, .flags = MOORING_COMMAND_PRIVATE, .role = MOORING_ROLE_MEMBER);
COMMAND(team, .role = MOORING_ROLE_MODERATOR);
COMMAND(open, .flags = MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_LATE_OK,
        .role = MOORING_ROLE_NONE);
COMMAND(hidden, .flags = MOORING_COMMAND_HIDDEN, .role = MOORING_ROLE_MEMBER);

static const struct mooring_command *const commands[] = {
    &command_pull, &command_secret, &command_team, &command_open, &command_hidden, NULL};

#define OPTION(id, ...)                                                                            \
    static const struct mooring_option option_##id = {.struct_size = sizeof option_##id,           \
                                                      __VA_ARGS__}

OPTION(level, .name = "level", .kind = MOORING_OPTION_INTEGER, .default_text = "3", .min = 1,
       .max = 10, .help = "A level.");
OPTION(at, .name = "at", .kind = MOORING_OPTION_TIME, .default_text = "09:00", .help = "A time.");
OPTION(loud, .name = "loud", .kind = MOORING_OPTION_BOOLEAN, .default_text = "false",
       .help = "Loud.");
OPTION(fixed, .name = "fixed", .kind = MOORING_OPTION_TEXT, .default_text = "stone",
       .flags = MOORING_OPTION_FILE_ONLY, .help = "Only in the file.");
OPTION(words, .name = "words", .kind = MOORING_OPTION_LIST, .flags = MOORING_OPTION_BY_LANGUAGE,
       .help = "Words.");
OPTION(word, .name = "words.text", .kind = MOORING_OPTION_TEXT, .flags = MOORING_OPTION_REQUIRED,
       .default_text = "x", .max = 100, .help = "A word.");
OPTION(lines, .name = "lines", .kind = MOORING_OPTION_LIST, .flags = MOORING_OPTION_BY_COUNTRY,
       .help = "Lines.");
OPTION(line, .name = "lines.text", .kind = MOORING_OPTION_TEXT, .flags = MOORING_OPTION_REQUIRED,
       .default_text = "x", .max = 100, .help = "A line.");

static const struct mooring_option *const options[] = {&option_level, &option_at,    &option_loud,
                                                       &option_fixed, &option_words, &option_word,
                                                       &option_lines, &option_line,  NULL};

static const struct mooring_step steps[] = {
    {.key = "mood",
     .prompt_msgid = "puppet.ask-mood",
     .kind = MOORING_ASK_NUMBER,
     .flags = MOORING_STEP_SKIP,
     .max = 10},
    {.key = "why",
     .prompt_msgid = "puppet.ask-why",
     .kind = MOORING_ASK_TEXT,
     .flags = MOORING_STEP_SKIP,
     .max = 200},
};
static const struct mooring_dialogue walk = {.struct_size = sizeof walk,
                                             .name = "walk",
                                             .version = 1,
                                             .expires_s = 86400,
                                             .steps = steps,
                                             .step_count = 2,
                                             .done = done};
static const struct mooring_dialogue *const dialogues[] = {&walk, NULL};

static const struct mooring_series_def mood = {
    .struct_size = sizeof mood, .name = "mood", .consent_scope = "checkins", .min = 0, .max = 10};
static const struct mooring_series_def *const series[] = {&mood, NULL};

static const struct mooring_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = MOORING_ABI_MAJOR,
    .abi_minor = MOORING_ABI_MINOR,
    .data_version = PUPPET_DATA,
    .name = PUPPET_NAME,
    .version = "1",
    .needs = PUPPET_NEEDS,
    .wants = PUPPET_WANTS,
    .options = options,
    .commands = commands,
    .dialogues = dialogues,
    .series = series,
    .init = init,
    .group = group,
    .migrate = migrate,
    .reload = reload,
    .message = message,
    .reaction = reaction,
    .presence = presence,
    .timer = timer,
    .fetched = fetched,
    .worked = worked,
    .sent = sent,
    .alert = alert,
    .export_member = export_member,
    .fini = fini,
};

const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == MOORING_ABI_MAJOR ? &descriptor : NULL;
}
