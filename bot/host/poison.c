/* SPDX-License-Identifier: MIT */
/* poison.c: who is left out, for what and for how long; and the word about it. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

#include "chat/chat.h"
#include "host/guard.h"
#include "host/internal.h"
#include "observe/log.h"

_Static_assert(crypto_shorthash_KEYBYTES == sizeof(((struct host *)0)->subject_key), "SipHash");

/* ---- what is in hand --------------------------------------------------------------------------
 */

static uint64_t hash_of(const struct host *host, struct str text)
{
    uint64_t hash;
    _Static_assert(crypto_shorthash_BYTES == sizeof hash, "64 bits");
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text.ptr, text.len,
                     host->subject_key);
    return hash;
}

/* Order counts, and 0 stays "nothing". */
static uint64_t mix(uint64_t hash, uint64_t more)
{
    hash = (hash << 7 | hash >> 57) ^ more;
    return hash ? hash : 1;
}

/* By its id; what has none (most of IRC) by who said what: the same words that come again. */
static uint64_t event_subject(const struct host *host, struct str network,
                              const struct chat_event *event)
{
    uint64_t subject = mix((uint64_t)event->kind + 1, hash_of(host, network));
    if (!str_empty(event->id))
        return mix(subject, hash_of(host, event->id));
    subject = mix(subject, hash_of(host, event->room));
    subject = mix(subject, hash_of(host, event->sender));
    return mix(subject, hash_of(host, event->text));
}

/* Each moment of what recurs is another: one that kills is passed, the next is tried. */
uint64_t host_job_subject(const struct host *host, const struct store_job *job)
{
    uint64_t subject = mix(job->owner_kind, job->owner_id);
    subject = mix(subject, hash_of(host, job->plugin));
    subject = mix(subject, hash_of(host, job->key));
    return mix(subject, (uint64_t)job->rule_at);
}

/* The last life died of it: before it may take this one, there is time to answer who calls for
 * help. */
bool host_defers(const struct host *host, const struct host_plugin *plugin, uint64_t subject)
{
    return marker_suspected(host->parts.marker, plugin->who, subject) &&
           clock_elapsed_ms(host->clock) - host->born_ms < HOST_SUSPECT_MS;
}

void host_set_subject(struct host *host, uint64_t subject)
{
    host->subject = subject;
    marker_subject(host->parts.marker, subject);
}

void host_event_stage(struct host *host, const char *stage)
{
    struct marker_was was = marker_enter(host->parts.marker, MARKER_CORE, stage);
    (void)was; /* nothing runs around it */
}

enum host_care host_event_begin(struct host *host, struct str network,
                                const struct chat_event *event)
{
    host->skipped = NULL;
    host_set_subject(host, event_subject(host, network, event));
    if (marker_poisonous(host->parts.marker, MARKER_CORE, host->subject)) {
        struct str place = str_of(
            marker_poison_place(host->parts.marker, MARKER_CORE, host->subject));
        return str_eq_c(place, "read") || str_eq_c(place, "floor") ? HOST_UNREADABLE : HOST_POISON;
    }
    host_event_stage(host, "accept");
    return HOST_SOUND;
}

static void put_down(struct host *host)
{
    host_set_subject(host, 0);
    struct marker_was was = marker_enter(host->parts.marker, MARKER_NOBODY, "");
    (void)was;
}

void host_event_end(struct host *host, bool survived)
{
    if (survived)
        marker_survived(host->parts.marker, MARKER_CORE, host->subject);
    put_down(host);
}

const char *host_take_skipped(struct host *host)
{
    const struct host_plugin *skipped = TAKE(host->skipped);
    return skipped ? skipped->name : NULL;
}

int host_core_timer_begin(struct host *host, const struct store_job *job)
{
    host_set_subject(host, host_job_subject(host, job));
    if (marker_poisonous(host->parts.marker, MARKER_CORE, host->subject)) {
        host_set_subject(host, 0);
        return -ENOTRECOVERABLE;
    }
    host_event_stage(host, "timer");
    return 0;
}

void host_core_timer_end(struct host *host)
{
    host_event_end(host, true);
}

/* ---- resting ----------------------------------------------------------------------------------
 */

int64_t host_rest_left_ms(const struct host_plugin *plugin)
{
    return MAX_OF(plugin->quarantined_until_ms - clock_elapsed_ms(plugin->host->clock), 0);
}

int host_admit(struct host_plugin *plugin)
{
    struct host *host = plugin->host;
    if (plugin->is_core)
        return 0;
    if (host_rest_left_ms(plugin) > 0)
        return -EAGAIN;
    if (!marker_poisonous(host->parts.marker, plugin->who, host->subject))
        return 0;
    host->skipped = plugin;
    return -ECANCELED;
}

/* The loop's timer, at the first rest that ends. */
static void arm_waking(struct host *host)
{
    int64_t first_ms = INT64_MAX;
    for (size_t i = 0; i < host->plugin_count; i++)
        if (host->plugins[i]->rests_shown)
            first_ms = MIN_OF(first_ms, host->plugins[i]->quarantined_until_ms);
    loop_timer_disarm(host->parts.loop, &host->wake_timer);
    if (first_ms == INT64_MAX)
        return;
    int r = loop_timer_arm(host->parts.loop, &host->wake_timer, first_ms);
    if (r < 0) /* it is called again all the same, when its time is over */
        log_event(LOG_LEVEL_WARNING, "plugin_waking_not_armed", LOG_ERRNO(r));
}

static void show_rest(struct host_plugin *plugin, bool rests)
{
    plugin->rests_shown = rests;
    arm_waking(plugin->host);
}

/* `rest_ms` 0: awake again. */
void host_rest_now(struct host_plugin *plugin, const char *why, int64_t rest_ms)
{
    struct host *host = plugin->host;
    plugin->strikes = plugin->strikes_this_hour = 0;
    plugin->quarantined_until_ms = rest_ms ? clock_elapsed_ms(host->clock) + rest_ms : 0;
    marker_rest(host->parts.marker, plugin->who,
                rest_ms ? clock_wall_at(host->clock) + rest_ms : 0);
    show_rest(plugin, rest_ms > 0);
    if (rest_ms == 0)
        return;
    plugin->resting_why = why;
    plugin->untold = true;
    log_event(LOG_LEVEL_ERROR, "plugin_quarantined", LOG_TEXT("plugin", plugin->name),
              LOG_TEXT("why", why), LOG_INT("minutes", rest_ms / CLOCK_MINUTE_MS));
    loop_defer(host->parts.loop, &host->tell_call);
}

void host_look_at_rest(struct host_plugin *plugin)
{
    struct host *host = plugin->host;
    const struct marker_death *death = marker_last_death(host->parts.marker);
    int64_t left_ms;
    if (!marker_rests(host->parts.marker, plugin->who, clock_wall_at(host->clock), &left_ms))
        return;
    host_rest_now(plugin,
                  death->who == plugin->who && death->resting_ms ? marker_fault_name(death->fault)
                                                                 : "errors",
                  left_ms);
}

void host_note_absent(struct host *host, const char *name)
{
    struct host_absent *absent = &host->absent[host->absent_count++];
    *absent = (struct host_absent){.untold = true};
    str_to_c(str_of(name), absent->name, sizeof absent->name);
    log_event(LOG_LEVEL_ERROR, "plugin_passed_over", LOG_TEXT("plugin", name),
              LOG_TEXT("why", "loading it takes the process away"));
    loop_defer(host->parts.loop, &host->tell_call);
}

bool host_is_absent(const struct host *host, struct str name)
{
    for (size_t i = 0; i < host->absent_count; i++)
        if (str_eq_c(name, host->absent[i].name))
            return true;
    return false;
}

/* Three in a row, or twenty an hour whatever lies between: then it rests, longer each time while
 * nothing goes well. */
void host_strike(struct host_plugin *plugin, const char *what, const char *why, bool counts)
{
    int64_t now_ms = clock_elapsed_ms(plugin->host->clock);
    metric_add(plugin->failures, 1);
    if (!counts)
        return;
    log_event(LOG_LEVEL_WARNING, "plugin_call_failed",
              LOG_TEXT("plugin", plugin->is_core ? "core" : plugin->name), LOG_TEXT("call", what),
              LOG_TEXT("error", why), LOG_INT("strikes", plugin->strikes + 1));
    if (now_ms - plugin->hour_from_ms > CLOCK_HOUR_MS) {
        plugin->hour_from_ms = now_ms;
        plugin->strikes_this_hour = 0;
    }
    plugin->strikes++;
    plugin->strikes_this_hour++;
    if (plugin->is_core || host_rest_left_ms(plugin) > 0 ||
        (plugin->strikes < HOST_STRIKES_MAX && plugin->strikes_this_hour < HOST_STRIKES_AN_HOUR))
        return;
    host_rest_now(plugin, str_eq_c(str_of(why), "slow") ? "slow" : "errors",
                  marker_rest_ms(++plugin->rests));
}

void host_good(struct host_plugin *plugin)
{
    struct host *host = plugin->host;
    plugin->strikes = 0;
    if (plugin->strikes_this_hour == 0)
        plugin->rests = 0;
    marker_survived(host->parts.marker, plugin->who, host->subject);
}

size_t host_each_rest(const struct host *host,
                      void (*each)(void *ctx, const struct host_rest *rest), void *ctx)
{
    size_t count = host->absent_count;
    for (size_t i = 0; i < host->absent_count; i++)
        each(ctx, &(struct host_rest){
                      .plugin = host->absent[i].name, .why = "crash", .is_absent = true});
    for (size_t i = 0; i < host->plugin_count; i++) {
        const struct host_plugin *plugin = host->plugins[i];
        if (host_rest_left_ms(plugin) == 0)
            continue;
        each(ctx, &(struct host_rest){.plugin = plugin->name,
                                      .why = plugin->resting_why,
                                      .left_ms = host_rest_left_ms(plugin)});
        count++;
    }
    return count;
}

/* ---- telling, waking --------------------------------------------------------------------------
 */

static int tell_one(struct host *host, const char *name, int64_t minutes)
{
    const struct mooring_arg args[] = {abi_text("plugin", str_of(name)),
                                       abi_int("minutes", minutes)};
    return alerts_notice(host->parts.alerts,
                         minutes ? "notice.plugin-rests" : "notice.plugin-absent", args,
                         COUNT_OF(args), str_of(name));
}

static int tell_work(void *ctx)
{
    struct host *host = ctx;
    int r = 0;
    for (size_t i = 0; i < host->absent_count && r >= 0; i++) {
        if (!host->absent[i].untold)
            continue;
        r = tell_one(host, host->absent[i].name, 0);
        host->absent[i].untold = r < 0;
    }
    for (size_t i = 0; i < host->plugin_count && r >= 0; i++) {
        struct host_plugin *plugin = host->plugins[i];
        if (!plugin->untold)
            continue;
        r = tell_one(host, plugin->name,
                     MAX_OF(host_rest_left_ms(plugin) / CLOCK_MINUTE_MS, INT64_C(1)));
        plugin->untold = r < 0;
    }
    return r;
}

static void tell(struct loop_call *call)
{
    struct host *host = CONTAINER_OF(call, struct host, tell_call);
    int r = host->parts.turn(host->parts.ctx, tell_work, host);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "plugin_rest_untold", LOG_ERRNO(r));
}

/* One that slept through the start is started now; what it does not survive, or refuses, is as at a
 * start. */
static void wake_one(struct host_plugin *plugin)
{
    struct host *host = plugin->host;
    struct error error = {0};
    show_rest(plugin, false);
    log_event(LOG_LEVEL_NOTICE, "plugin_awake", LOG_TEXT("plugin", plugin->name));
    if (plugin->started && plugin->unarranged)
        host_plugin_arrange(plugin, 0);
    if (plugin->started)
        return;
    int r = host_plugin_start(plugin, &error);
    if (r == 0) {
        host_plugin_arrange(plugin, 0);
        return;
    }
    log_event(LOG_LEVEL_ERROR, "plugin_not_started", LOG_TEXT("plugin", plugin->name),
              LOG_TEXT("what", error.text));
    int64_t rest_ms = marker_refused(host->parts.marker, plugin->who, clock_wall_at(host->clock));
    host_rest_now(plugin, "init", rest_ms ? rest_ms : marker_rest_ms(1));
}

static int wake_work(void *ctx)
{
    struct host *host = ctx;
    for (size_t i = 0; i < host->plugin_count; i++)
        if (host->plugins[i]->rests_shown && host_rest_left_ms(host->plugins[i]) == 0)
            wake_one(host->plugins[i]);
    return 0;
}

static void wake(struct loop_timer *timer)
{
    struct host *host = CONTAINER_OF(timer, struct host, wake_timer);
    int r = host->parts.turn(host->parts.ctx, wake_work, host);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "plugin_waking_failed", LOG_ERRNO(r));
}

/* ---- life -------------------------------------------------------------------------------------
 */

/* What the last life died of is told as soon as there is somebody to tell. */
static void tell_last_death(const struct host *host)
{
    const struct marker_death *death = marker_last_death(host->parts.marker);
    if (death->who == MARKER_NOBODY)
        return;
    log_event(LOG_LEVEL_ERROR, "last_life_died", LOG_TEXT("plugin", death->name),
              LOG_TEXT("call", death->what), LOG_TEXT("why", marker_fault_name(death->fault)),
              LOG_INT("resting_minutes", death->resting_ms / CLOCK_MINUTE_MS));
}

void host_poison_begin(struct host *host)
{
    unsigned char hash[STORE_HASH_BYTES];
    store_hash(host->parts.store, STR("marker"), (struct str){0}, (struct str){0}, hash);
    memcpy(host->subject_key, hash, sizeof host->subject_key);
    mem_wipe(hash, sizeof hash);
    host->tell_call = (struct loop_call){.run = tell};
    host->wake_timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = wake};
    host->born_ms = clock_elapsed_ms(host->clock);
    host->memory_bound = guard_memory_bound();
    host->memory_fd = host->memory_bound ? guard_memory_open() : -1;
    tell_last_death(host);
}

void host_poison_end(struct host *host)
{
    loop_undefer(host->parts.loop, &host->tell_call);
    loop_timer_disarm(host->parts.loop, &host->wake_timer);
    if (host->memory_fd >= 0)
        close(host->memory_fd);
}
