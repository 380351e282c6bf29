/* SPDX-License-Identifier: MIT */
/* status.c: gathers how the bot is; asked by `mooring status` through the control socket. */
#include "status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "internal.h"
#include "store/backup.h"
#include "store/dialogues.h"
#include "store/events.h"
#include "store/jobs.h"

enum { SENTENCE_BYTES = ERROR_TEXT_BYTES + 100 };
#define STATUS_BACKUP_OLD_MS   (26 * CLOCK_HOUR_MS) /* a day, and two hours for a slow one */
#define STATUS_SELFTEST_OLD_MS (26 * CLOCK_HOUR_MS)
#define STATUS_JOINING_MS      CLOCK_MINUTE_MS /* a network that has just come up */
#define STATUS_DOWN_MS         CLOCK_MINUTE_MS /* a network that comes back by itself */

static const char *const priorities[] = {"crisis", "reply", "reminder", "long"};
_Static_assert(COUNT_OF(priorities) == OUTBOX_PRIORITY_COUNT, "each priority has a name");

struct gather {
    struct bot *bot;
    int64_t now;
    json_t *all, *look_at;
};

static int64_t seconds(int64_t at)
{
    return at / CLOCK_SECOND_MS;
}

static void PRINTF_LIKE(2, 3) look(struct gather *gather, const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    json_array_append_new(gather->look_at, json_string(sentence));
}

static json_t *text_of(struct str text)
{
    return json_stringn_nocheck(text.ptr ? text.ptr : "", text.len);
}

/* ---- the parts ------------------------------------------------------------------------------- */

static void add_floor(struct gather *gather)
{
    AUTO_BUF line;
    buf_init(&line, SENTENCE_BYTES);
    bool only = floor_line(gather->bot, &line);
    const struct store_trouble *trouble = store_trouble(gather->bot->ground->store);
    json_t *floor = json_object();
    json_object_set_new(floor, "only", json_boolean(only));
    json_object_set_new(floor, "why", text_of(buf_str(&line)));
    json_object_set_new(floor, "since", json_integer(only ? seconds(trouble->since_at) : 0));
    json_object_set_new(gather->all, "floor", floor);
    if (only)
        look(gather, "For %lld s now: %.*s. `mooring doctor` says what to do.",
             (long long)seconds(gather->now - trouble->since_at), STR_ARG(buf_str(&line)));
}

/* What ends without anybody is told only when it lasts. */
static bool may_pass(enum chat_why why)
{
    return why <= CHAT_WHY_BUSY || why == CHAT_WHY_ACCOUNT; /* the login may be under way */
}

/* Rooms in which nothing is heard are worse than they look: the network is up.  Just after it came
 * up they are being joined: how many. */
static size_t add_rooms(struct gather *gather, struct chat_network *network,
                        const struct bot_network_note *note)
{
    struct groups *groups = gather->bot->groups;
    size_t joining = 0;
    if (network->state != CHAT_UP)
        return 0;
    for (size_t g = 0; g < groups_count(groups); g++) {
        const struct group *group = groups_at(groups, g);
        for (size_t i = 0; i <= group->room_count; i++) {
            const struct groups_room *room = i < group->room_count ? &group->rooms[i]
                                                                   : &group->alert_room;
            if (str_empty(room->name) || !str_eq_c(room->network, network->name) ||
                chat_in_room(network, room->name))
                continue;
            enum chat_why why = chat_why_out(network, room->name);
            const char *sentence = status_why(why);
            if (may_pass(why) && gather->now - note->since_at < STATUS_JOINING_MS)
                joining++;
            else
                look(gather, "Network %s: not in the %s %.*s%s%s.", network->name,
                     i < group->room_count ? "room" : "alert room", STR_ARG(room->name),
                     sentence ? ": " : "", sentence ? sentence : "");
        }
    }
    return joining;
}

static void add_network(struct gather *gather, json_t *list, size_t index)
{
    static const char *const states[] = {"down", "connecting", "up"};
    struct chat_network *network = gather->bot->networks[index];
    const struct bot_network_note *note = &gather->bot->notes[index];
    struct chat_report report = chat_report(network);
    json_t *one = json_object();
    json_object_set_new(one, "name", json_string(network->name));
    json_object_set_new(one, "kind", json_string(network->class->kind));
    json_object_set_new(one, "state", json_string(states[network->state]));
    json_object_set_new(one, "since", json_integer(seconds(note->since_at)));
    json_object_set_new(one, "heard_at", json_integer(seconds(note->heard_at)));
    json_object_set_new(one, "lag_ms", json_integer(report.lag_ms));
    json_object_set_new(one, "has_name", json_boolean(report.has_name));
    json_object_set_new(one, "waiting", json_integer((json_int_t)report.waiting));
    json_object_set_new(one, "joining", json_integer((json_int_t)add_rooms(gather, network, note)));
    json_array_append_new(list, one);
    if (report.trouble)
        look(gather, "Network %s is %s: %s", network->name,
             network->state == CHAT_UP ? "up, and yet" : states[network->state], report.trouble);
    else if (network->state != CHAT_UP && gather->now - note->since_at >= STATUS_DOWN_MS)
        look(gather,
             "Network %s has not been up for %lld min. `mooring doctor` tries the way to it.",
             network->name, (long long)((gather->now - note->since_at) / CLOCK_MINUTE_MS));
    if (!report.has_name)
        look(gather,
             "Network %s: another nick than the first is in use, because that one was taken.",
             network->name);
}

static void add_queues(struct gather *gather)
{
    struct bot *bot = gather->bot;
    struct outbox_report report;
    int64_t jobs = -1, due_at = 0, dialogues = -1;
    json_t *queues = json_object(), *outbox = json_object();
    outbox_report(bot->outbox, (struct str){0}, &report);
    for (size_t i = 0; i < OUTBOX_PRIORITY_COUNT; i++)
        json_object_set_new(outbox, priorities[i],
                            json_pack("{s:I, s:I}", "waiting", (json_int_t)report.waiting[i],
                                      "oldest_s", (json_int_t)seconds(report.oldest_ms[i])));
    json_object_set_new(queues, "outbox", outbox);
    if (store_jobs_count(bot->ground->store, &jobs) == 0)
        json_object_set_new(queues, "jobs", json_integer(jobs));
    if (store_jobs_first_due(bot->ground->store, &due_at) == 0)
        json_object_set_new(queues, "next_job_at", json_integer(seconds(due_at)));
    if (store_dialogues_count(bot->ground->store, &dialogues) == 0)
        json_object_set_new(queues, "dialogues", json_integer(dialogues));
    json_object_set_new(gather->all, "queues", queues);
    if (report.oldest_ms[OUTBOX_CRISIS] > CLOCK_MINUTE_MS)
        look(gather, "A crisis message has waited for %lld s: is its network up?",
             (long long)seconds(report.oldest_ms[OUTBOX_CRISIS]));
}

static struct str group_name(const struct bot *bot, uint64_t id)
{
    const struct group *group = id ? groups_by_id(bot->groups, id) : NULL;
    return group ? group->name : STR("");
}

struct alert_list {
    struct gather *gather;
    json_t *list;
    struct alerts_open worst; /* of those that nobody has taken; tier 0: none */
};

static void add_alert(void *ctx, const struct alerts_open *open)
{
    struct alert_list *alerts = ctx;
    struct gather *gather = alerts->gather;
    int64_t age_ms = gather->now - open->raised_at;
    json_t *one = json_pack("{s:I, s:i, s:s, s:I, s:i, s:i, s:i}", "number", (json_int_t)open->id,
                            "tier", open->tier, "state", open->acknowledged ? "taken" : "waiting",
                            "age_s", (json_int_t)seconds(age_ms), "pages", open->pages, "confirmed",
                            open->confirmed, "refused", open->refused);
    json_object_set_new(one, "next_page_at", json_integer(seconds(open->next_page_at)));
    json_object_set_new(one, "group", text_of(group_name(gather->bot, open->group)));
    json_array_append_new(alerts->list, one);
    const struct alerts_open *worst = &alerts->worst;
    if (!open->acknowledged && (open->tier > worst->tier ||
                                (open->tier == worst->tier && open->raised_at < worst->raised_at)))
        alerts->worst = *open;
}

static void add_alerts(struct gather *gather)
{
    struct alert_list alerts = {.gather = gather, .list = json_array()};
    int r = alerts_each_open(gather->bot->alerts, add_alert, &alerts);
    json_object_set_new(gather->all, "alerts", alerts.list);
    if (r < 0)
        look(gather, "The open alerts cannot be read (%s).", strerror(-r));
    /* From the first second: that a page was said is not that somebody has seen it. */
    const struct alerts_open *worst = &alerts.worst;
    if (worst->tier)
        look(gather,
             "An alert of tier %d has waited for %lld min, and nobody has taken it (private pages: "
             "%d confirmed, %d refused).",
             worst->tier, (long long)((gather->now - worst->raised_at) / CLOCK_MINUTE_MS),
             worst->confirmed, worst->refused);
}

struct rest_list {
    struct gather *gather;
    json_t *list;
};

static void add_rest(void *ctx, const struct host_rest *rest)
{
    struct rest_list *rests = ctx;
    json_array_append_new(rests->list,
                          json_pack("{s:s, s:s, s:I, s:b}", "name", rest->plugin, "why", rest->why,
                                    "left_s", (json_int_t)seconds(rest->left_ms), "absent",
                                    rest->is_absent));
    look(rests->gather, "The plugin %s rests (%s) for %lld min more; the log says how it came.",
         rest->plugin, rest->why, (long long)(rest->left_ms / CLOCK_MINUTE_MS));
}

static void add_plugins(struct gather *gather)
{
    struct host *host = gather->bot->host;
    struct rest_list rests = {gather, json_array()};
    json_t *list = json_array();
    for (size_t i = 0; i < host_plugin_count(host); i++)
        if (host_plugin_name(host, i)[0])
            json_array_append_new(list, json_string(host_plugin_name(host, i)));
    (void)host_each_rest(host, add_rest, &rests);
    json_object_set_new(gather->all, "plugins", list);
    json_object_set_new(gather->all, "resting", rests.list);
    int64_t buried = 0;
    if (store_events_buried_count(gather->bot->ground->store, &buried) == 0)
        json_object_set_new(gather->all, "buried", json_integer(buried));
}

static void add_drill(struct gather *gather, json_t *list, const struct group *group)
{
    static const char *const ends[] = {"answered", "unanswered",  "unreached",
                                       "stopped",  "interrupted", "away"};
    struct alerts_drill_last last;
    json_t *one = json_object();
    int64_t since = alerts_drill_since(gather->bot->alerts, group);
    json_object_set_new(one, "group", text_of(group->name));
    if (since)
        json_object_set_new(one, "running_since", json_integer(seconds(since)));
    if (alerts_drill_last(gather->bot->alerts, group, &last) == 0) {
        json_object_set_new(one, "ended_at", json_integer(seconds(last.ended_at)));
        json_object_set_new(one, "end", json_string(ends[last.end]));
        json_object_set_new(one, "took_ms", json_integer(last.took_ms));
        json_object_set_new(one, "pages", json_integer(last.pages));
    }
    json_array_append_new(list, one);
}

static void add_drills(struct gather *gather)
{
    json_t *list = json_array();
    for (size_t i = 0; i < groups_count(gather->bot->groups); i++)
        add_drill(gather, list, groups_at(gather->bot->groups, i));
    json_object_set_new(gather->all, "drills", list);
}

static void add_selftest(struct gather *gather)
{
    const struct selftest *last = &gather->bot->selftest;
    int64_t up_ms = clock_elapsed_ms(&gather->bot->ground->clock) - gather->bot->began_ms;
    json_object_set_new(gather->all, "selftest",
                        json_pack("{s:I, s:i, s:i, s:s}", "at", (json_int_t)seconds(last->at),
                                  "failed", last->failed, "warned", last->warned, "what",
                                  last->what));
    if (last->failed + last->warned)
        look(gather, "The last self-test found: %s. docs/SAFETY.md says what each part is.",
             last->what);
    if (up_ms > STATUS_SELFTEST_OLD_MS && gather->now - last->at > STATUS_SELFTEST_OLD_MS)
        look(gather, "There was no self-test for more than a day.");
}

/* Only who has made one before is told that there is none of today: whoever copies the folder in
 * another way knows what they do. */
static void add_backup(struct gather *gather)
{
    int64_t at = store_backup_at(gather->bot->ground->store);
    json_object_set_new(gather->all, "backup", json_pack("{s:I}", "at", (json_int_t)seconds(at)));
    if (at && gather->now - at > STATUS_BACKUP_OLD_MS)
        look(gather, "The last backup is %lld h old. `mooring backup` makes one.",
             (long long)((gather->now - at) / CLOCK_HOUR_MS));
}

static void add_memory(struct gather *gather)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return;
    int read = fscanf(file, "%ld %ld", &pages, &resident);
    (void)fclose(file);
    if (read == 2)
        json_object_set_new(gather->all, "resident_bytes",
                            json_integer((json_int_t)resident * sysconf(_SC_PAGESIZE)));
}

static void add_process(struct gather *gather, const char *version)
{
    struct bot *bot = gather->bot;
    int64_t up_ms = clock_elapsed_ms(&bot->ground->clock) - bot->began_ms;
    json_object_set_new(gather->all, "version", json_string(version));
    json_object_set_new(gather->all, "pid", json_integer(getpid()));
    json_object_set_new(gather->all, "now", json_integer(seconds(gather->now)));
    json_object_set_new(gather->all, "up_s", json_integer(seconds(up_ms)));
    if (bot->refused_mistakes)
        look(gather,
             "The last reload was refused (%zu mistakes); the configuration before it goes on. "
             "`mooring check` names each.",
             bot->refused_mistakes);
    if (bot_wants_restart(bot))
        look(gather, "Networks or plugins changed in the configuration: they hold from the next "
                     "start (systemctl restart mooring).");
}

json_t *status_collect(struct bot *bot, const char *version)
{
    clock_refresh(&bot->ground->clock);
    struct gather gather = {.bot = bot,
                            .now = clock_wall_at(&bot->ground->clock),
                            .all = json_object(),
                            .look_at = json_array()};
    json_t *networks = json_array();
    add_floor(&gather);
    for (size_t i = 0; i < bot->network_count; i++)
        add_network(&gather, networks, i);
    json_object_set_new(gather.all, "networks", networks);
    add_alerts(&gather);
    add_queues(&gather);
    add_plugins(&gather);
    add_backup(&gather);
    add_selftest(&gather);
    add_drills(&gather);
    add_memory(&gather);
    add_process(&gather, version);
    json_object_set_new(gather.all, "look_at", gather.look_at);
    return gather.all;
}
