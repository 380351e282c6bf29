/* SPDX-License-Identifier: MIT */
/* figures.c: what is measured when somebody asks (a scrape), beside what is counted as it happens.
 * docs/prometheus-rules.yml and docs/grafana-dashboard.json are made of these names. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "internal.h"
#include "store/backup.h"
#include "store/events.h"
#include "store/jobs.h"

static void set(struct bot *bot, const char *name, const char *help, int64_t value)
{
    metric_set(metrics_gauge(bot->ground->metrics, name, help, NULL, (struct str){0}), value);
}

static void set_of(struct bot *bot, const char *name, const char *help, const char *label,
                   struct str of, int64_t value)
{
    metric_set(metrics_gauge(bot->ground->metrics, name, help, label, of), value);
}

static void set_ms(struct bot *bot, const char *name, const char *help, const char *label,
                   struct str of, int64_t ms)
{
    metric_set(metrics_gauge_ms(bot->ground->metrics, name, help, label, of), ms);
}

/* ---- calls for help -------------------------------------------------------------------------- */

struct tally {
    int64_t now, oldest_ms;
    int64_t open[5], waiting[5], unsaved; /* by tier */
};

static void count_alert(void *ctx, const struct alerts_open *open)
{
    struct tally *tally = ctx;
    size_t tier = (size_t)MIN_OF(MAX_OF(open->tier, 0), 4);
    tally->open[tier]++;
    tally->unsaved += open->id == 0;
    if (open->acknowledged)
        return;
    tally->waiting[tier]++;
    tally->oldest_ms = MAX_OF(tally->oldest_ms, tally->now - open->raised_at);
}

static void refresh_alerts(struct bot *bot)
{
    struct tally tally = {.now = clock_wall_at(&bot->ground->clock)};
    if (alerts_each_open(bot->alerts, count_alert, &tally) < 0)
        return; /* the last known ones stand */
    for (int tier = 2; tier <= 4; tier++) {
        char label[2] = {(char)('0' + tier), '\0'};
        set_of(bot, "mooring_alerts_open", "Alerts that nobody has closed, by tier.", "tier",
               str_of(label), tally.open[tier]);
        set_of(bot, "mooring_alerts_unacknowledged", "Alerts that nobody has taken, by tier.",
               "tier", str_of(label), tally.waiting[tier]);
    }
    set_ms(bot, "mooring_alert_oldest_unacknowledged_seconds",
           "Since when the oldest alert waits that nobody has taken; 0: none.", NULL,
           (struct str){0}, tally.oldest_ms);
    set(bot, "mooring_alerts_unsaved", "Alerts in memory alone: the disk cannot be written.",
        tally.unsaved);
}

static void refresh_group(struct bot *bot, const struct group *group)
{
    struct alerts_drill_last last;
    int64_t at;
    set_of(bot, "mooring_on_call", "1 while somebody of the group's team is on call.", "group",
           group->name, alerts_on_call(bot->alerts, group, &at) != 0);
    set_of(bot, "mooring_drill_running", "1 while a page is rehearsed.", "group", group->name,
           alerts_drill_since(bot->alerts, group) != 0);
    int r = alerts_drill_last(bot->alerts, group, &last);
    if (r < 0)
        last = (struct alerts_drill_last){.ended_at = 0};
    set_of(bot, "mooring_drill_last_timestamp_seconds",
           "When the last rehearsal of a page ended; 0: never.", "group", group->name,
           last.ended_at / CLOCK_SECOND_MS);
    set_of(bot, "mooring_drill_last_answered", "1 when somebody answered the last rehearsal.",
           "group", group->name, r == 0 && last.end == ALERTS_DRILL_ANSWERED);
    set_ms(bot, "mooring_drill_last_duration_seconds",
           "From the last rehearsal's beginning to its answer or end.", "group", group->name,
           last.took_ms);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void refresh_networks(struct bot *bot)
{
    static const char lag[] = "mooring_network_lag_seconds";
    static const char lag_help[] =
        "The last round trip to the server, or how long one has been awaited; not there while "
        "it is not known.";
    for (size_t i = 0; i < bot->network_count; i++)
        set_ms(bot, lag, lag_help, "network", str_of(bot->networks[i]->name), 0);
    metrics_clear(bot->ground->metrics, lag);
    for (size_t i = 0; i < bot->network_count; i++) {
        struct chat_network *network = bot->networks[i];
        struct chat_report report = chat_report(network);
        struct str name = str_of(network->name);
        set_of(bot, "mooring_network_up", "1 while a network is joined.", "network", name,
               network->state == CHAT_UP);
        if (report.lag_ms >= 0)
            set_ms(bot, lag, lag_help, "network", name, report.lag_ms);
        set_of(bot, "mooring_network_waiting_lines", "Lines that wait for their turn to be sent.",
               "network", name, (int64_t)report.waiting);
        set_of(bot, "mooring_network_last_event_timestamp_seconds",
               "When something last came from it; 0: never.", "network", name,
               bot->notes[i].heard_at / CLOCK_SECOND_MS);
    }
}

static void refresh_queues(struct bot *bot)
{
    static const char *const names[] = {"crisis", "reply", "reminder", "long"};
    struct outbox_report report;
    int64_t count = 0;
    outbox_report(bot->outbox, (struct str){0}, &report);
    for (size_t i = 0; i < OUTBOX_PRIORITY_COUNT; i++) {
        set_of(bot, "mooring_outbox_messages", "Messages queued or under way, by priority.",
               "priority", str_of(names[i]), (int64_t)report.waiting[i]);
        set_ms(bot, "mooring_outbox_oldest_seconds",
               "Age of the oldest message that could go, by priority.", "priority",
               str_of(names[i]), report.oldest_ms[i]);
    }
    if (store_jobs_count(bot->ground->store, &count) == 0)
        set(bot, "mooring_jobs", "Durable timers.", count);
    if (store_events_buried_count(bot->ground->store, &count) == 0)
        set(bot, "mooring_events_buried", "Events that failed twice and were put aside.", count);
}

static void mark_rest(void *ctx, const struct host_rest *rest)
{
    set_of(ctx, "mooring_plugin_resting", "1 while its calls are left out.", "plugin",
           str_of(rest->plugin), 1);
}

static void refresh_plugins(struct bot *bot)
{
    for (size_t i = 0; i < host_plugin_count(bot->host); i++)
        if (host_plugin_name(bot->host, i)[0])
            set_of(bot, "mooring_plugin_resting", "1 while its calls are left out.", "plugin",
                   str_of(host_plugin_name(bot->host, i)), 0);
    (void)host_each_rest(bot->host, mark_rest, bot);
}

static void refresh_selftest(struct bot *bot)
{
    const struct selftest *last = &bot->selftest;
    set(bot, "mooring_selftest_last_timestamp_seconds",
        "When the floor was last tried from end to end; 0: never.", last->at / CLOCK_SECOND_MS);
    set(bot, "mooring_selftest_failed_parts", "Parts of the floor that it found broken.",
        last->failed);
    set(bot, "mooring_selftest_warnings", "Gaps in the rota that it found.", last->warned);
}

static void refresh_backup(struct bot *bot)
{
    set(bot, "mooring_backup_last_timestamp_seconds", "When the last backup was made; 0: never.",
        store_backup_at(bot->ground->store) / CLOCK_SECOND_MS);
}

static int64_t resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    int read = fscanf(file, "%ld %ld", &pages, &resident);
    (void)fclose(file);
    return read == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : 0;
}

static void refresh_process(struct bot *bot)
{
    struct loop_stats stats;
    const struct clock *clock = &bot->ground->clock;
    int64_t up_ms = clock_elapsed_ms(clock) - bot->began_ms;
    loop_stats(bot->ground->loop, &stats);
    set(bot, "mooring_loop_wakeups", "Times that the loop woke up.", (int64_t)stats.wakeups);
    set(bot, "process_start_time_seconds", "When the bot began, Unix time.",
        (clock_wall_at(clock) - up_ms) / CLOCK_SECOND_MS);
    set(bot, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
    set(bot, "mooring_config_last_reload_successful",
        "0 after a reload that was refused: the configuration before it goes on.",
        bot->refused_mistakes == 0);
}

void bot_refresh_metrics(struct bot *bot)
{
    clock_refresh(&bot->ground->clock);
    set(bot, "mooring_floor_only", "1 while calls for help alone are answered.",
        !store_writable(bot->ground->store));
    refresh_alerts(bot);
    for (size_t i = 0; i < groups_count(bot->groups); i++)
        refresh_group(bot, groups_at(bot->groups, i));
    refresh_networks(bot);
    refresh_queues(bot);
    refresh_plugins(bot);
    refresh_selftest(bot);
    refresh_backup(bot);
    refresh_process(bot);
}
