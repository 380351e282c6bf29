/* SPDX-License-Identifier: MIT */
/* coping.c: a tip without repeats, and two exercises with live timers in the private chat. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "coping_exercise.h"
#include "coping_library.h"

enum { RESUMED_MAX = 64 };

static const int64_t forgotten_ms = 30 * 60000; /* an exercise that stood still this long is over */
static const int64_t line_lasts_ms =
    10000; /* a line of an exercise that comes later is worth nothing */

static struct {
    const struct mooring_host *host; /* the host lends it until fini */
    bool has_resumed;                /* what was running before the start has been taken up */
} coping;

static struct mooring_owner owner_of(struct mooring_member member)
{
    return (struct mooring_owner){MOORING_OWN_MEMBER, 0, member.id};
}

/* ---- shared with coping_library.c ------------------------------------------------------------ */

const struct mooring_host *coping_host(void)
{
    return coping.host;
}

int coping_answer(const struct mooring_event *event, const char *msgid,
                  const struct mooring_arg *args, size_t arg_count,
                  const struct mooring_choice *choices, size_t choice_count)
{
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .to = {.answers = event->source},
                                            .msgid = msgid,
                                            .args = args,
                                            .arg_count = arg_count,
                                            .choices = choices,
                                            .choice_count = choice_count};
    return coping.host->say->send(coping.host->self, &message, NULL);
}

struct mooring_str coping_trim(struct mooring_str text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '.'))
        text.len--;
    while (text.len > 0 && text.ptr[0] == ' ') {
        text.ptr++;
        text.len--;
    }
    return text;
}

/* ---- exercises ------------------------------------------------------------------------------- */

/* One short line in the private chat.  A member who is not there any more does not undo the rest.
 */
static int tell(struct mooring_member member, const char *msgid, int round,
                const struct mooring_choice *choices, size_t choice_count)
{
    const struct mooring_host *host = coping.host;
    const struct mooring_arg arg = {.name = "round", .kind = MOORING_ARG_INT, .number = round};
    const struct mooring_message message = {
        .struct_size = sizeof message,
        .flags = MOORING_SAY_PRIVATE_ONLY,
        .to = {.member = member},
        .msgid = msgid,
        .args = &arg,
        .arg_count = 1,
        .choices = choices,
        .choice_count = choice_count,
        .expires_at = choice_count > 0 ? 0 : host->clock->now_at(host->self) + line_lasts_ms};
    int r = host->say->send(host->self, &message, NULL);
    return r == -ENOENT || r == -EACCES ? 0 : r;
}

static size_t running_key(struct mooring_member member, char ret_key[40])
{
    return (size_t)snprintf(ret_key, 40, "running/%020" PRIu64, member.id);
}

/* The state is the member's and sealed; the row that finds it again after a restart says only that
 * there is one. */
static int keep(struct mooring_member member, const struct coping_exercise *exercise)
{
    const struct mooring_host *host = coping.host;
    char text[COPING_EXERCISE_TEXT], key[40];
    size_t len = coping_exercise_format(exercise, text), key_len = running_key(member, key);
    int64_t until = exercise->at + forgotten_ms;
    int r = host->store->put(host->self, owner_of(member), MOORING_STR("exercise"),
                             (struct mooring_str){text, len}, until);
    if (r < 0)
        return r;
    return host->store->put(host->self, (struct mooring_owner){MOORING_OWN_PLUGIN, 0, 0},
                            (struct mooring_str){key, key_len}, MOORING_STR("1"), until);
}

static int set_tick(struct mooring_member member, int64_t after_ms, struct mooring_str key)
{
    const struct mooring_host *host = coping.host;
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .flags = MOORING_WHEN_VOLATILE,
                                      .at = host->clock->now_at(host->self) + after_ms};
    return host->timer->set(host->self, owner_of(member), key, &when);
}

/* 1: one is running, in *ret_exercise; 0: none. */
static int running(struct mooring_member member, struct coping_exercise *ret_exercise)
{
    const struct mooring_host *host = coping.host;
    struct mooring_str value;
    if (member.id == 0)
        return 0;
    int r = host->store->get(host->self, owner_of(member), MOORING_STR("exercise"), &value);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (coping_exercise_read(value, ret_exercise) < 0)
        return 0;
    return host->clock->now_at(host->self) - ret_exercise->at < forgotten_ms;
}

static int end(struct mooring_member member)
{
    const struct mooring_host *host = coping.host;
    char key[40];
    size_t len = running_key(member, key);
    (void)host->timer->cancel(host->self, owner_of(member), MOORING_STR("tick"));
    (void)host->timer->cancel(host->self, owner_of(member), MOORING_STR("resume"));
    int r = host->store->erase(host->self, owner_of(member), MOORING_STR("exercise"));
    if (r == -ENOENT)
        r = 0;
    if (r >= 0)
        r = host->store->erase(host->self, (struct mooring_owner){MOORING_OWN_PLUGIN, 0, 0},
                               (struct mooring_str){key, len});
    return r == -ENOENT ? 0 : r;
}

static int finish(struct mooring_member member)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("coping.felt-easier", "exercise-felt easier"),
        MOORING_CHOICE("coping.felt-same", "exercise-felt same"),
        MOORING_CHOICE("coping.felt-harder", "exercise-felt harder")};
    int r = end(member);
    if (r < 0)
        return r;
    return tell(member, "coping.how-now", 0, choices, 3);
}

/* Says the next line and sets the clock for the one after it. */
static int go_on(struct mooring_member member, struct coping_exercise *exercise)
{
    const char *line = coping_exercise_line(exercise);
    if (line == NULL)
        return finish(member);
    int r = tell(member, line, coping_exercise_round(exercise), NULL, 0);
    if (r < 0)
        return r;
    exercise->step++;
    exercise->at = coping.host->clock->now_at(coping.host->self);
    r = keep(member, exercise);
    return r < 0 ? r
                 : set_tick(member, coping_exercise_pause_ms(exercise->kind), MOORING_STR("tick"));
}

static int begin(const struct mooring_event *event, enum coping_exercise_kind kind,
                 const char *public_msgid)
{
    const struct mooring_host *host = coping.host;
    bool has_private = event->member.id != 0 &&
                       ((event->flags & MOORING_EVENT_PRIVATE) != 0 ||
                        host->people->reachable(host->self, event->member) == 1);
    if (!has_private)
        return coping_answer(event, public_msgid, NULL, 0, NULL, 0);
    int r = end(event->member); /* one at a time: the new one is what is wanted now */
    if (r < 0)
        return r;
    const struct coping_exercise exercise = {kind, 0, host->clock->now_at(host->self)};
    r = keep(event->member, &exercise);
    if (r == -EACCES)
        return coping_answer(event, public_msgid, NULL, 0, NULL, 0);
    if (r >= 0)
        r = tell(event->member, coping_exercise_intro(kind), 0, NULL, 0);
    return r < 0 ? r : set_tick(event->member, 5000, MOORING_STR("tick"));
}

static int run_breathe(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    return begin(event, COPING_BREATHE, "coping.breathe-public");
}

static int run_ground(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state, (void)args;
    return begin(event, COPING_GROUND, "coping.ground-public");
}

static int run_stop(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct coping_exercise exercise;
    (void)state, (void)args;
    int r = running(event->member, &exercise);
    if (r < 0)
        return r;
    if (r == 0)
        return coping_answer(event, "coping.nothing-runs", NULL, 0, NULL, 0);
    r = end(event->member);
    return r < 0 ? r : tell(event->member, "coping.stopped", 0, NULL, 0);
}

static int run_felt(void *state, const struct mooring_event *event, struct mooring_str args)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("coping.offer-breathe", "breathe"),
        MOORING_CHOICE("coping.offer-ground", "ground"), MOORING_CHOICE("coping.any-tip", "tip"),
        MOORING_CHOICE("coping.offer-person", "sos")};
    const char *msgid = "coping.after-same";
    (void)state;
    args = coping_trim(args);
    if (args.len == 6 && memcmp(args.ptr, "easier", 6) == 0)
        return coping_answer(event, "coping.after-easier", NULL, 0, NULL, 0);
    if (args.len == 6 && memcmp(args.ptr, "harder", 6) == 0)
        msgid = "coping.after-harder";
    return coping_answer(event, msgid, NULL, 0, choices, 4);
}

/* ---- events and timers ----------------------------------------------------------------------- */

static int heard(void *state, const struct mooring_event *event)
{
    struct coping_exercise exercise;
    bool is_private = (event->flags & MOORING_EVENT_PRIVATE) != 0;
    bool stops = coping_is_stop(event->text);
    if (!is_private && !stops)
        return 0;
    int r = running(event->member, &exercise);
    if (r <= 0)
        return r;
    if (stops) { /* said in the room too: there it was begun, perhaps; the answer is private */
        r = run_stop(state, event, MOORING_STR(""));
        return r < 0 ? r : 1;
    }
    /* Words of danger are for others to answer, and no answer to "three things that you hear". */
    if (!coping_exercise_waits(exercise.kind) || event->verdict.tier >= 2)
        return 0;
    r = go_on(event->member, &exercise);
    return r < 0 ? r : 1;
}

static int resume(struct mooring_member member, struct coping_exercise *exercise)
{
    coping_exercise_rewind(exercise);
    const char *msgid = exercise->kind == COPING_BREATHE ? "coping.resumed-breathe"
                                                         : "coping.resumed-ground";
    int r = tell(member, msgid, coping_exercise_round(exercise), NULL, 0);
    if (r >= 0)
        r = keep(member, exercise);
    return r < 0 ? r : set_tick(member, 5000, MOORING_STR("tick"));
}

static int due(void *state, struct mooring_owner owner, struct mooring_str key, int64_t due_at,
               int late)
{
    const struct mooring_member member = {owner.id};
    struct coping_exercise exercise;
    (void)state, (void)due_at, (void)late;
    int r = running(member, &exercise);
    if (r <= 0)
        return r < 0 ? r : end(member);
    if (key.len == 6 && memcmp(key.ptr, "resume", 6) == 0)
        return resume(member, &exercise);
    return go_on(member, &exercise);
}

struct resumed {
    uint64_t member[RESUMED_MAX];
    size_t count;
};

static void see_running(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct resumed *found = ctx;
    uint64_t id = 0;
    (void)value;
    for (size_t i = sizeof "running/" - 1; i < key.len && key.ptr[i] >= '0' && key.ptr[i] <= '9';
         i++)
        id = id * 10 + (uint64_t)(key.ptr[i] - '0');
    if (id != 0 && found->count < RESUMED_MAX)
        found->member[found->count++] = id;
}

/* The host calls this for each group after the start: ticks are volatile, so what was running is
 * taken up here, once. */
static int arrange(void *state, struct mooring_group group, int served)
{
    const struct mooring_host *host = coping.host;
    struct resumed found = {.count = 0};
    (void)state, (void)group, (void)served;
    if (coping.has_resumed)
        return 0;
    int r = host->store->scan(host->self, (struct mooring_owner){MOORING_OWN_PLUGIN, 0, 0},
                              MOORING_STR("running/"), MOORING_STR(""), RESUMED_MAX, see_running,
                              &found);
    for (size_t i = 0; r >= 0 && i < found.count; i++)
        r = set_tick((struct mooring_member){found.member[i]}, 1000, MOORING_STR("resume"));
    if (r < 0)
        return r;
    coping.has_resumed = true;
    return 0;
}

static int init(const struct mooring_host *given, void **ret_state)
{
    coping.host = given;
    coping.has_resumed = false;
    *ret_state = NULL;
    return 0;
}

/* ---- what this plugin declares --------------------------------------------------------------- */

static const struct mooring_option tips = {
    .struct_size = sizeof tips,
    .name = "tips",
    .kind = MOORING_OPTION_LIST,
    .flags = MOORING_OPTION_BY_LANGUAGE | MOORING_OPTION_FILE_ONLY,
    .help = "the library of coping tips, a file per language"};
static const struct mooring_option tips_text = {.struct_size = sizeof tips_text,
                                                .name = "tips.text",
                                                .kind = MOORING_OPTION_TEXT,
                                                .flags = MOORING_OPTION_REQUIRED,
                                                .min = 20,
                                                .max = 350,
                                                .help = "the tip, as it is said"};
static const struct mooring_option tips_kinds = {
    .struct_size = sizeof tips_kinds,
    .name = "tips.kinds",
    .kind = MOORING_OPTION_TEXTS,
    .help = "what it is good for: the words after !tip"};

static const struct mooring_command tip = {sizeof tip,
                                           MOORING_COMMAND_NO_CONSENT,
                                           "tip",
                                           "tips",
                                           "[craving | angry | lonely | ...]",
                                           "coping.help-tip",
                                           MOORING_ROLE_NONE,
                                           0,
                                           coping_library_tip};
static const struct mooring_command breathe = {sizeof breathe,
                                               MOORING_COMMAND_NO_CONSENT,
                                               "breathe",
                                               "breath breathing box",
                                               "",
                                               "coping.help-breathe",
                                               MOORING_ROLE_NONE,
                                               0,
                                               run_breathe};
static const struct mooring_command ground = {
    sizeof ground,        MOORING_COMMAND_NO_CONSENT, "ground", "grounding 54321", "",
    "coping.help-ground", MOORING_ROLE_NONE,          0,        run_ground};
static const struct mooring_command stop = {sizeof stop,
                                            MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_HIDDEN,
                                            "stop",
                                            "enough quit",
                                            "",
                                            "coping.help-stop",
                                            MOORING_ROLE_NONE,
                                            0,
                                            run_stop};
static const struct mooring_command felt = {sizeof felt,
                                            MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_HIDDEN,
                                            "exercise-felt",
                                            NULL,
                                            "easier | same | harder",
                                            "coping.help-stop",
                                            MOORING_ROLE_NONE,
                                            0,
                                            run_felt};

static const struct mooring_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = MOORING_ABI_MAJOR,
    .abi_minor = MOORING_ABI_MINOR,
    .data_version = 1,
    .name = "coping",
    .version = "0.1",
    .needs = MOORING_USES_SAY | MOORING_USES_PEOPLE | MOORING_USES_STORE | MOORING_USES_TIMER,
    .options = (const struct mooring_option *const[]){&tips, &tips_text, &tips_kinds, NULL},
    .commands = (const struct mooring_command *const[]){&tip, &breathe, &ground, &stop, &felt,
                                                        NULL},
    .init = init,
    .group = arrange,
    .message = heard,
    .timer = due,
};

const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == MOORING_ABI_MAJOR ? &plugin : NULL;
}
