/* SPDX-License-Identifier: MIT */
/* rig.c: a whole bot for tests, in a temporary folder. */
#include "rig.h"

#include <dlfcn.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/log.h"

#define PUPPET_TEXTS                                                                               \
    "help = \"a string to pull\";\n"                                                               \
    "said = \"said {text}\";\n"                                                                    \
    "choose = \"choose\";\nfirst = \"the first\";\nsecond = \"the second\";\n"                     \
    "ask-mood = \"Mood, 0 to 10?\";\nask-why = \"Why is that?\";\n"

#define BASE                                                                                       \
    "networks = ( { name = \"console\"; kind = \"console\"; } );\n"                                \
    "groups = ( { name = \"harbor\"; title = \"Harbor\"; zone = \"America/New_York\";\n"           \
    "  country = \"US\"; language = \"en\";\n"                                                     \
    "  rooms = ( { network = \"console\"; room = \"harbor\"; } );\n"                               \
    "  alert_room = { network = \"console\"; room = \"bridge\"; };\n"                              \
    "  moderators = ( { network = \"console\"; user = \"mara\"; name = \"Mara\"; } );\n%s } );\n"  \
    "plugins = [%s];\nplugin_folder = \"%s/plugins\";\n"                                           \
    "console = { %szone = \"America/New_York\"; people = [\"ana\", \"ben\", \"mara\"]; };\n%s"

/* ---- the folder ------------------------------------------------------------------------------ */

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    if (!value)
        fail_msg("%s is not set: run the tests through ctest", name);
    return value;
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        fail_msg("%s: %s", path, strerror(errno));
}

static void link_to(const char *target, const char *path)
{
    if (symlink(target, path) < 0)
        fail_msg("%s: %s", path, strerror(errno));
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The tree's texts, and the puppet's beside them. */
static void write_texts(struct rig *rig)
{
    static const char *const files[] = {"alerts",   "checkin", "commands", "coping",
                                        "core",     "crisis",  "dialogue", "export",
                                        "meetings", "notice",  "outbox",   "private"};
    char path[512], target[512];
    (void)snprintf(path, sizeof path, "%s/text", rig->folder);
    make_folder(path);
    (void)snprintf(path, sizeof path, "%s/text/en", rig->folder);
    make_folder(path);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        (void)snprintf(target, sizeof target, "%s/config/text/en/%s.cfg",
                       environment("MOORING_SOURCE_DIR"), files[i]);
        (void)snprintf(path, sizeof path, "%s/text/en/%s.cfg", rig->folder, files[i]);
        link_to(target, path);
    }
    (void)snprintf(path, sizeof path, "%s/text/en/puppet.cfg", rig->folder);
    write_file(path, PUPPET_TEXTS);
    static const char *const contents[] = {"coping", "crisis"};
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        (void)snprintf(target, sizeof target, "%s/config/%s", environment("MOORING_SOURCE_DIR"),
                       contents[i]);
        (void)snprintf(path, sizeof path, "%s/%s", rig->folder, contents[i]);
        link_to(target, path);
    }
}

/* One plugin's library, from the tests' or the tree's own; a name that neither has is left out. */
static void add_plugin(struct rig *rig, struct str name, struct buf *list)
{
    static const char *const folders[] = {"tests/plugins", "plugins"};
    char path[512], target[512];
    buf_add_format(list, "%s\"%.*s\"", list->len ? ", " : "", STR_ARG(name));
    (void)snprintf(path, sizeof path, "%s/plugins/%.*s.so", rig->folder, STR_ARG(name));
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        (void)snprintf(target, sizeof target, "%s/%s/%.*s.so", environment("MOORING_BUILD_DIR"),
                       folders[i], STR_ARG(name));
        if (access(target, R_OK) < 0)
            continue;
        if (access(path, R_OK) < 0)
            link_to(target, path);
        return;
    }
}

void rig_write(struct rig *rig, const struct rig_options *options)
{
    char path[512];
    *rig = (struct rig){.folder = "/tmp/mooring-rig-XXXXXX"};
    AUTO_BUF plugins;
    AUTO_BUF text;
    buf_init(&plugins, 4096);
    buf_init(&text, 65536);
    assert_non_null(mkdtemp(rig->folder));
    (void)snprintf(path, sizeof path, "%s/plugins", rig->folder);
    make_folder(path);
    write_texts(rig);
    struct str rest = str_of(options->plugins ? options->plugins : "puppet"), name;
    while (str_word(&rest, &name))
        add_plugin(rig, name, &plugins);
    if (options->base)
        buf_add_c(&text, options->base);
    else
        buf_add_format(&text, BASE, options->group ? options->group : "",
                       plugins.len ? plugins.ptr : "", rig->folder,
                       options->real_clock ? "" : "start_at = \"2026-11-23 08:55\"; ",
                       options->more ? options->more : "");
    (void)snprintf(rig->config, sizeof rig->config, "%s/mooring.cfg", rig->folder);
    write_file(rig->config, text.ptr);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void rig_remove(struct rig *rig)
{
    assert_int_equal(nftw(rig->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The library is held open before and after the bot's lives, so that its strings stay. */
static struct puppet *hold(struct rig *rig, const char *name, void **ret_library)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/plugins/%s.so", rig->folder, name);
    *ret_library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!*ret_library)
        return NULL;
    struct puppet *(*strings)(void) = NULL;
    *(void **)&strings = dlsym(*ret_library, "puppet_strings");
    assert_non_null(strings);
    struct puppet *puppet = strings();
    *puppet = (struct puppet){0};
    return puppet;
}

void rig_raise(struct rig *rig, bool is_kept)
{
    rig_raise_with(rig, is_kept, NULL);
}

void rig_raise_with(struct rig *rig, bool is_kept, void (*begin)(struct rig *rig))
{
    char state[96];
    (void)snprintf(state, sizeof state, "%s/state", rig->folder);
    rig->puppet = hold(rig, "puppet", &rig->libraries[0]);
    rig->shadow = hold(rig, "shadow", &rig->libraries[1]);
    if (begin)
        begin(rig);
    rig->out = fopen("/dev/null", "we");
    assert_non_null(rig->out);
    log_set_level(LOG_LEVEL_ERROR);
    if (stage_open(&rig->stage, rig->config, is_kept ? state : NULL, rig->out) < 0)
        fail_msg("the stage does not open: see standard error");
}

void rig_open(struct rig *rig, const struct rig_options *options)
{
    rig_write(rig, options);
    rig_raise(rig, false);
}

void rig_close(struct rig *rig)
{
    stage_close(&rig->stage);
    for (size_t i = 0; i < COUNT_OF(rig->libraries); i++)
        if (rig->libraries[i])
            dlclose(rig->libraries[i]);
    (void)fclose(rig->out);
    rig_remove(rig);
}

int rig_setup_with(void **state, const struct rig_options *options)
{
    static struct rig rig;
    rig_open(&rig, options);
    *state = &rig;
    return 0;
}

int rig_setup(void **state)
{
    return rig_setup_with(state, &(struct rig_options){0});
}

int rig_teardown(void **state)
{
    rig_close(*state);
    return 0;
}

/* ---- playing --------------------------------------------------------------------------------- */

void rig_play(struct rig *rig, const char *script)
{
    struct str rest = str_of(script), line;
    while (str_split(&rest, '\n', &line)) {
        struct error error = {0};
        if (stage_play(&rig->stage, line, &error) < 0)
            fail_msg("%.*s\n%s", STR_ARG(line), error.text);
    }
}

const char *rig_refused(struct rig *rig, const char *line)
{
    static struct error error;
    error = (struct error){0};
    assert_true(stage_play(&rig->stage, str_of(line), &error) < 0);
    assert_int_not_equal(error.code, 0);
    return error.text;
}

const char *rig_heard(struct rig *rig, const char *place)
{
    for (size_t i = 0; i < rig->stage.line_count; i++) {
        struct stage_line *line = &rig->stage.lines[i];
        if (line->taken || strcmp(line->place, place) != 0)
            continue;
        line->taken = true;
        return line->text;
    }
    return NULL;
}

size_t rig_heard_count(const struct rig *rig)
{
    return rig->stage.line_count;
}

struct chat_event rig_event(struct rig *rig, const char *who, const char *room, const char *text)
{
    return (struct chat_event){.kind = CHAT_MESSAGE,
                               .flags = room ? 0 : CHAT_PRIVATE,
                               .room = str_of(room),
                               .sender = str_of(who),
                               .account = str_of(who),
                               .display = str_of(who),
                               .text = str_of(text),
                               .sent_at = clock_wall_at(&rig->stage.ground.clock)};
}

void rig_bring(struct rig *rig, const struct chat_event *events, size_t count)
{
    struct chat_batch batch = {
        .network = bot_network_at(rig->stage.bot, 0), .events = events, .count = count};
    stage_forget_lines(&rig->stage);
    turn_run(rig->stage.bot->turn, &batch);
    stage_settle(&rig->stage);
}

uint64_t rig_member(struct rig *rig, const char *who)
{
    struct people_speaker speaker = {.network = STR("console"),
                                     .identity = str_of(who),
                                     .address = str_of(who),
                                     .display = str_of(who)};
    return people_find(rig->stage.bot->people, &speaker);
}

uint64_t rig_group(struct rig *rig)
{
    return groups_at(rig->stage.bot->groups, 0)->id;
}

int64_t rig_metric(struct rig *rig, const char *name, const char *label, const char *value)
{
    return metric_value(metrics_counter(rig->stage.ground.metrics, name, "", label, str_of(value)));
}

int rig_say(struct puppet *puppet, const struct mooring_event *event, const char *text)
{
    const struct mooring_arg args[] = {
        {.name = "text", .kind = MOORING_ARG_TEXT, .text = {text, strlen(text)}}};
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .to = {.answers = event->source},
                                            .msgid = "puppet.said",
                                            .args = args,
                                            .arg_count = COUNT_OF(args)};
    return puppet->host->say->send(puppet->host->self, &message, NULL);
}

int rig_echo(struct puppet *puppet, const struct mooring_event *event, struct mooring_str args)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%.*s", (int)args.len, args.ptr ? args.ptr : "");
    return rig_say(puppet, event, text);
}

int rig_answer_args(struct puppet *puppet, const struct mooring_event *event,
                    struct mooring_str args)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s/%.*s", puppet->command, (int)args.len,
                   args.ptr ? args.ptr : "");
    return rig_say(puppet, event, text);
}

void rig_assert_quiet(struct rig *rig)
{
    assert_false(store_in_transaction(rig->stage.ground.store));
}
