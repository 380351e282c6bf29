/* SPDX-License-Identifier: MIT */
/* turn.c: the path of a message, one call per step.  Read this file first.
 *
 *   chat/ -> turn_run -> inbox_accept   is it for us, who speaks?
 *                        inbox_read     crisis words first: no gate stands before them
 *                        dispatch_route consent, role, rate -> command, dialogue, listeners
 *                        turn_help      a call for help: plugins, and under them the floor
 *                        dispatch_call  commands/, dialogue/, host/ -> plugins
 *            store_commit -> outbox/ -> chat/
 */
#include "turn.h"

#include <errno.h>

#include "base/die.h"
#include "observe/log.h"

struct turn {
    struct turn_parts parts;
    struct metric *events, *answered, *buried, *took;
    int64_t cursor_saved_ms; /* elapsed */
};

enum {
    DUE_PER_COMMIT = 64,
    CURSOR_EVERY_MS = 1000,
    CORE_AGAIN_MS = 10 * 60 * 1000, /* until one of our own timers that failed is tried again */
};

/* ---- what is given up -------------------------------------------------------------------------
 */

/* To the journal with a member's number; never a text, never a name. */
static void log_buried(struct turn *turn, struct str network, const char *plugin, uint64_t member,
                       int code)
{
    metric_add(turn->buried, 1);
    log_event(LOG_LEVEL_ERROR, "event_buried", LOG_STR("network", network),
              LOG_TEXT("plugin", plugin), LOG_INT("member", member), LOG_ERRNO(code));
}

/* To the teams, in words: what is buried is written, so it was not the disk. */
static int tell_buried(struct turn *turn, const char *msgid, const char *plugin, uint64_t member)
{
    const struct mooring_arg args[] = {
        {.name = "plugin", .kind = MOORING_ARG_TEXT, .text = abi_lend(str_of(plugin))},
        {.name = "member", .kind = MOORING_ARG_INT, .number = (int64_t)member}};
    int r = alerts_notice(turn->parts.alerts, msgid, args, COUNT_OF(args), str_of(plugin));
    return MIN_OF(r, 0);
}

static int tell_event_buried(struct turn *turn, const char *plugin, uint64_t member)
{
    return tell_buried(turn, member ? "notice.event-buried" : "notice.event-buried-unknown", plugin,
                       member);
}

/* ---- one event ------------------------------------------------------------------------------- */

/* Tier >= 2, or tier 1 in private: whoever answers, somebody does. */
static int turn_help(struct turn *turn, struct inbox_item *item)
{
    int answered = host_message(turn->parts.host, &item->abi);
    if (item->verdict.tier < 2)
        return answered;
    struct alerts_call call = {
        .member = item->member,
        .source = item->source,
        .group = item->group,
        .who = item->speaker.display,
        .text = item->event->text,
        .verdict = item->verdict,
    };
    return alerts_floor(turn->parts.alerts, &call, answered);
}

/* A plugin that the process dies of with this event in hand was left out: the rest of it stands. */
static int bury_for_plugin(struct turn *turn, const struct inbox_item *item, const char *plugin)
{
    struct str network = str_of(item->network->name);
    log_buried(turn, network, plugin, item->member, -ENOTRECOVERABLE);
    int r = store_events_bury(turn->parts.store, network, item->event->id, -ENOTRECOVERABLE,
                              str_of(plugin));
    return r < 0 ? r : tell_event_buried(turn, plugin, item->member);
}

static int handle_event(struct turn *turn, struct chat_network *network,
                        const struct chat_event *event)
{
    struct inbox_item item;
    struct dispatch_route route;
    struct host *host = turn->parts.host;
    struct arena *arena = host_arena(host);
    int r = inbox_accept(turn->parts.inbox, network, event, &item);
    if (r <= 0)
        return r;
    host_event_stage(host, "read");
    inbox_read(turn->parts.inbox, &item);
    DIE_AT(DIE_EVENT_READ);
    host_event_stage(host, "act");
    dispatch_route(turn->parts.dispatch, &item, arena, &route);
    if (!route.crisis && route.kind == DISPATCH_NOTHING)
        return 0; /* talk that nobody has to answer costs no disk */

    r = inbox_repeated(turn->parts.inbox, &item);
    if (r != 0)
        return r > 0 ? 0 : r;
    metric_add(turn->answered, 1);
    r = inbox_meet(turn->parts.inbox, &item);
    if (r == 0)
        r = inbox_source(turn->parts.inbox, &item, route.kind == DISPATCH_COMMAND, arena);
    if (r == 0 && route.crisis)
        r = turn_help(turn, &item);
    if (r >= 0)
        r = dispatch_call(turn->parts.dispatch, &route, &item);
    const char *skipped = host_take_skipped(host);
    if (r >= 0 && skipped)
        r = bury_for_plugin(turn, &item, skipped);
    return MIN_OF(r, 0);
}

static int turn_event(struct turn *turn, struct chat_network *network,
                      const struct chat_event *event)
{
    int r = -ENOTRECOVERABLE;
    if (host_event_begin(turn->parts.host, str_of(network->name), event) == HOST_SOUND)
        r = handle_event(turn, network, event);
    host_event_end(turn->parts.host, r >= 0);
    return r;
}

/* "!sos" is read as a call like any other.  False: nobody calls for help here. */
static bool take_verdict(struct turn *turn, struct inbox_item *item)
{
    if (dispatch_is_sos(turn->parts.dispatch, item) && item->verdict.tier < 3)
        item->verdict = (struct safety_verdict){
            .tier = 3, .who = SAFETY_WHO_SELF, .rule_count = 1, .rules = {"sos"}};
    return item->verdict.tier >= 2;
}

/* The card and the page, through memory if need be. */
static void floor_call(struct turn *turn, struct inbox_item *item)
{
    int r = inbox_source(turn->parts.inbox, item, false, host_arena(turn->parts.host));
    struct alerts_call call = {.member = item->member,
                               .source = item->source,
                               .group = item->group,
                               .who = item->speaker.display,
                               .text = item->event->text,
                               .verdict = item->verdict};
    if (r == 0)
        r = alerts_floor(turn->parts.alerts, &call, 0);
    if (r < 0)
        log_event(LOG_LEVEL_ERROR, "floor_failed", LOG_TEXT("network", item->network->name),
                  LOG_ERRNO(r));
}

/* What is left when a turn cannot be had twice. */
static void read_floor(struct turn *turn, struct chat_network *network,
                       const struct chat_event *event, uint64_t *ret_member)
{
    struct inbox_item item;
    if (inbox_accept(turn->parts.inbox, network, event, &item) <= 0)
        return;
    *ret_member = item.member;
    inbox_read(turn->parts.inbox, &item);
    if (take_verdict(turn, &item))
        floor_call(turn, &item);
}

/* ---- while nothing can be saved ----------------------------------------------------------------
 */

static int say_unsaved(struct turn *turn, const struct inbox_item *item)
{
    struct mooring_message message = {.struct_size = sizeof message,
                                      .to = {.answers = {item->source}},
                                      .msgid = "core.cannot-save"};
    struct outbox_item out = {.message = &message, .priority = OUTBOX_REPLY, .past_disk = true};
    return outbox_enqueue(turn->parts.outbox, &out, NULL);
}

static bool expects_answer(const struct dispatch_route *route)
{
    return route->kind == DISPATCH_COMMAND || route->kind == DISPATCH_DIALOGUE ||
           route->kind == DISPATCH_LISTENERS || route->crisis;
}

/* Somebody new asks for what only a member can have. */
static bool needs_meeting(const struct dispatch_route *route, const struct inbox_item *item)
{
    return item->member == 0 && route->kind == DISPATCH_COMMAND &&
           !(route->command->def->flags & MOORING_COMMAND_NO_CONSENT);
}

/* What needs no disk is done as ever.  What would be kept is not done, and that is said: whoever
 * asked for it must not think that it is. */
static void turn_unsaved(struct turn *turn, const struct dispatch_route *route,
                         struct inbox_item *item)
{
    uint64_t refused = store_refused(turn->parts.store);
    outbox_hold_answers(turn->parts.outbox);
    int r = needs_meeting(route, item) ? inbox_meet(turn->parts.inbox, item) : 0;
    if (r == 0 && route->kind == DISPATCH_NOTHING && route->crisis)
        r = host_message(turn->parts.host, &item->abi);
    else if (r == 0)
        r = dispatch_call(turn->parts.dispatch, route, item);
    bool kept = r >= 0 && store_refused(turn->parts.store) == refused;
    outbox_let_answers(turn->parts.outbox, kept);
    store_rollback(turn->parts.store);
    if (kept || !expects_answer(route))
        return;
    r = say_unsaved(turn, item);
    if (r < 0 && r != -EEXIST)
        log_event(LOG_LEVEL_WARNING, "unsaved_untold", LOG_ERRNO(r));
}

/* One event on the floor alone: calls for help first, and they need nothing else. */
static void handle_past_disk(struct turn *turn, struct chat_network *network,
                             const struct chat_event *event)
{
    struct inbox_item item;
    struct dispatch_route route;
    if (inbox_accept(turn->parts.inbox, network, event, &item) <= 0)
        return;
    host_event_stage(turn->parts.host, "read");
    inbox_read(turn->parts.inbox, &item);
    host_event_stage(turn->parts.host, "act");
    dispatch_route(turn->parts.dispatch, &item, host_arena(turn->parts.host), &route);
    bool calls = take_verdict(turn, &item);
    if (!calls && !route.crisis && route.kind == DISPATCH_NOTHING)
        return;
    if (inbox_repeated_past_disk(turn->parts.inbox, &item))
        return;
    metric_add(turn->answered, 1);
    if (calls)
        floor_call(turn, &item);
    bool is_sos = route.kind == DISPATCH_COMMAND && dispatch_is_sos(turn->parts.dispatch, &item);
    if (is_sos || (calls && route.kind == DISPATCH_NOTHING))
        return;
    bool is_command = route.kind == DISPATCH_COMMAND;
    int r = inbox_source(turn->parts.inbox, &item, is_command, host_arena(turn->parts.host));
    if (r == 0)
        turn_unsaved(turn, &route, &item);
}

/* What the process died of is not handled here either. */
static void turn_past_disk(struct turn *turn, struct chat_network *network,
                           const struct chat_event *event)
{
    uint64_t member = 0;
    enum host_care care = host_event_begin(turn->parts.host, str_of(network->name), event);
    host_event_stage(turn->parts.host, care == HOST_SOUND ? "act" : "floor");
    if (care == HOST_SOUND)
        handle_past_disk(turn, network, event);
    else if (care == HOST_POISON)
        read_floor(turn, network, event, &member);
    host_event_end(turn->parts.host, care == HOST_SOUND);
}

/* Gives the member, 0: not known.  Reading is what killed us: then not even that. */
static uint64_t turn_floor(struct turn *turn, struct chat_network *network,
                           const struct chat_event *event)
{
    uint64_t member = 0;
    if (host_event_begin(turn->parts.host, str_of(network->name), event) != HOST_UNREADABLE) {
        host_event_stage(turn->parts.host, "floor");
        mem_reserve_begin(); /* whoever calls for help is answered when there is no memory */
        read_floor(turn, network, event, &member);
        mem_reserve_end();
    }
    host_event_end(turn->parts.host, false);
    return member;
}

/* The cursor moves with the last event of a batch: never over one that was not handled yet. */
static bool is_last(const struct chat_batch *batch, const struct chat_event *event)
{
    return event == &batch->events[batch->count - 1];
}

static int save_cursor(struct turn *turn, const struct chat_batch *batch)
{
    int64_t now_ms = clock_elapsed_ms(turn->parts.clock);
    if (str_empty(batch->cursor))
        return 0;
    if (!store_in_transaction(turn->parts.store) &&
        now_ms - turn->cursor_saved_ms < CURSOR_EVERY_MS)
        return 0;
    turn->cursor_saved_ms = now_ms;
    return store_events_put_cursor(turn->parts.store, str_of(batch->network->name),
                                   batch->cursor_target, batch->cursor);
}

/* Kept, counted, told; never replayed for ever. */
static void turn_bury(struct turn *turn, const struct chat_batch *batch,
                      const struct chat_event *event, uint64_t member, int code)
{
    struct str network = str_of(batch->network->name);
    log_buried(turn, network, "core", member, code);
    int r = store_events_bury(turn->parts.store, network, event->id, code, (struct str){0});
    if (r == 0)
        r = tell_event_buried(turn, "core", member);
    if (r == 0 && is_last(batch, event))
        r = save_cursor(turn, batch);
    if (r == 0)
        r = store_commit(turn->parts.store);
    if (r < 0)
        store_rollback(turn->parts.store);
}

/* ---- one batch ------------------------------------------------------------------------------- */

/* Commits, or leaves nothing.  The outbox and the jobs wake up by store_on_commit.  A turn that was
 * short of memory, wherever, leaves nothing either: what it did may rest on half of what there is.
 */
static int turn_end(struct turn *turn, unsigned long shortages, int r)
{
    if (mem_dealt_with(shortages) && r >= 0)
        r = -ENOMEM;
    if (r >= 0)
        r = store_commit(turn->parts.store);
    if (r < 0)
        store_rollback(turn->parts.store);
    host_turn_end(turn->parts.host, r >= 0);
    (void)mem_dealt_with(shortages); /* of the commit, or of what it woke: its own error tells */
    return r;
}

static int attempt(struct turn *turn, const struct chat_batch *batch,
                   const struct chat_event *events, size_t count)
{
    unsigned long shortages = mem_shortages();
    int r = 0;
    for (size_t i = 0; i < count && r >= 0; i++) {
        r = turn_event(turn, batch->network, &events[i]);
        DIE_AT(DIE_IN_MID_BATCH);
    }
    if (r >= 0 && (count == 0 || is_last(batch, &events[count - 1])))
        r = save_cursor(turn, batch);
    return turn_end(turn, shortages, r);
}

static bool is_floor_only(const struct turn *turn)
{
    return !store_writable(turn->parts.store);
}

/* One bad event must not take the others' answers with it. */
static void turn_alone(struct turn *turn, const struct chat_batch *batch,
                       const struct chat_event *event)
{
    int r = is_floor_only(turn) ? -EROFS : attempt(turn, batch, event, 1);
    if (r >= 0)
        return;
    if (is_floor_only(turn)) { /* no event is to blame for the disk */
        turn_past_disk(turn, batch->network, event);
    } else {
        uint64_t member = turn_floor(turn, batch->network, event);
        turn_bury(turn, batch, event, member, r);
    }
    host_turn_end(turn->parts.host, true);
}

void turn_run(struct turn *turn, const struct chat_batch *batch)
{
    clock_refresh(turn->parts.clock);
    uint64_t started_ns = clock_precise_ns();
    metric_add(turn->events, (int64_t)batch->count);
    outbox_expect_repeat(turn->parts.outbox, true);
    int r = is_floor_only(turn) ? -EROFS : attempt(turn, batch, batch->events, batch->count);
    if (r < 0 && !is_floor_only(turn))
        log_event(LOG_LEVEL_WARNING, "turn_again", LOG_TEXT("network", batch->network->name),
                  LOG_INT("events", batch->count), LOG_ERRNO(r));
    for (size_t i = 0; r < 0 && i < batch->count; i++)
        turn_alone(turn, batch, &batch->events[i]);
    outbox_expect_repeat(turn->parts.outbox, false);
    metric_observe_us(turn->took, (int64_t)((clock_precise_ns() - started_ns) / 1000));
}

/* ---- time ------------------------------------------------------------------------------------ */

static int run_core_work(struct turn *turn, const struct store_job *job, bool late)
{
    if (str_eq_c(job->key, TURN_PRUNE_KEY))
        return inbox_prune(turn->parts.inbox);
    int r = turn->parts.job ? turn->parts.job(turn->parts.ctx, job) : 0;
    return r != 0 ? MIN_OF(r, 0) : alerts_due(turn->parts.alerts, job, late);
}

/* In a savepoint of its own: one of ours that fails, or that the process dies of, is put off and
 * does not keep all others from being given. */
static int run_core_job(struct turn *turn, const struct store_job *job, bool late)
{
    struct store *store = turn->parts.store;
    struct store_savepoint savepoint;
    int r = store_savepoint(store, &savepoint);
    if (r < 0)
        return r;
    r = host_core_timer_begin(turn->parts.host, job);
    if (r == 0) {
        r = run_core_work(turn, job, late);
        host_core_timer_end(turn->parts.host);
    }
    if (r >= 0)
        return store_release(store, savepoint);
    if (is_floor_only(turn))
        return r; /* no timer is to blame for the disk */
    log_event(LOG_LEVEL_ERROR, "timer_put_off", LOG_TEXT("plugin", "core"), LOG_ERRNO(r));
    r = store_rollback_to(store, savepoint);
    return r < 0 ? r : jobs_put_off(turn->parts.jobs, job, CORE_AGAIN_MS);
}

/* What is due once is gone, what recurs goes on at its next moment: as with a late one. */
static int bury_job(struct turn *turn, const struct store_job *job, const char *plugin)
{
    log_buried(turn, STR(""), plugin, 0, -ENOTRECOVERABLE);
    int r = store_events_bury(turn->parts.store, STR(""), job->key, -ENOTRECOVERABLE,
                              str_of(plugin));
    return r < 0 ? r : tell_buried(turn, "notice.timer-buried", plugin, 0);
}

static int run_job(struct turn *turn, const struct store_job *job, bool late)
{
    if (str_empty(job->plugin))
        return run_core_job(turn, job, late);
    int r = host_timer(turn->parts.host, job, late);
    if (r < 0 && store_lost_transaction(turn->parts.store))
        return r;
    const char *skipped = host_take_skipped(turn->parts.host);
    return skipped ? bury_job(turn, job, skipped)
                   : 0; /* a plugin's failure is its own: undone, counted and told */
}

void turn_due(struct turn *turn)
{
    bool more = true;
    while (more) {
        clock_refresh(turn->parts.clock);
        unsigned long shortages = mem_shortages();
        int r = 0;
        more = false;
        for (int i = 0; i < DUE_PER_COMMIT && r >= 0; i++) {
            struct store_job job;
            bool late;
            r = jobs_take(turn->parts.jobs, host_arena(turn->parts.host), &job, &late);
            if (r <= 0)
                break;
            DIE_AT(DIE_TIMER_DUE);
            r = run_job(turn, &job, late);
            more = i + 1 == DUE_PER_COMMIT;
        }
        r = turn_end(turn, shortages, r);
        if (r < 0) {
            if (!is_floor_only(turn))
                log_event(LOG_LEVEL_ERROR, "timer_turn_failed", LOG_ERRNO(r));
            return; /* jobs_rolled_back arms again, later */
        }
    }
}

int turn_call(struct turn *turn, int (*work)(void *ctx), void *ctx)
{
    clock_refresh(turn->parts.clock);
    unsigned long shortages = mem_shortages();
    return turn_end(turn, shortages, work(ctx));
}

/* ---- life ------------------------------------------------------------------------------------ */

int turn_create(const struct turn_parts *parts, struct turn **ret_turn)
{
    struct turn *turn = mem_zalloc(sizeof *turn);
    if (!turn)
        return -ENOMEM;
    turn->parts = *parts;
    struct metrics *metrics = parts->metrics;
    turn->events = metrics_counter(metrics, "mooring_events_total",
                                   "Events read from all networks.", NULL, (struct str){0});
    turn->answered = metrics_counter(metrics, "mooring_events_acted_on_total",
                                     "Events that had an effect.", NULL, (struct str){0});
    turn->buried = metrics_counter(metrics, "mooring_events_buried_total",
                                   "Events that failed twice.", NULL, (struct str){0});
    turn->took = metrics_histogram(metrics, "mooring_turn_seconds", "From a batch to its commit.");
    *ret_turn = turn;
    return 0;
}

void turn_destroy(struct turn *turn)
{
    mem_free(turn);
}
