/* SPDX-License-Identifier: MIT */
/* turn.c: the path of a message, one call per step.  Read this file first.
 *
 *   chat/ -> turn_run -> inbox_accept   is it for us, who speaks?
 *                        inbox_read     crisis words first: no gate stands before them
 *                        dispatch_route consent, role, rate -> command, dialogue, listeners
 *                        turn_help      a call for help: plugins, and under them the floor
 *                        dispatch_call  commands/, dialogue/, host/ -> plugins
 *            store_commit -> outbox/ -> chat/
 *
 * Beside the path: turn_floor.c while nothing can be saved, turn_bury.c for what is given up,
 * turn_due.c for timers.
 */
#include "turn_internal.h"

#include <errno.h>

#include "base/die.h"
#include "observe/log.h"

enum { CURSOR_EVERY_MS = 1000 };

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

    item.is_typo = dispatch_is_typo(&route);
    r = inbox_repeated(turn->parts.inbox, &item);
    if (r != 0)
        return r > 0 ? 0 : r;
    metric_add(turn->answered, 1);
    r = inbox_meet(turn->parts.inbox, &item);
    if (r == 0)
        r = inbox_source(turn->parts.inbox, &item, dispatch_is_asked(&route), arena);
    if (r == 0 && route.crisis)
        r = turn_help(turn, &item);
    if (r >= 0)
        r = dispatch_call(turn->parts.dispatch, &route, &item);
    const char *skipped = host_take_skipped(host);
    if (r >= 0 && skipped)
        r = turn_bury_for_plugin(turn, &item, skipped);
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

/* ---- one batch ------------------------------------------------------------------------------- */

int turn_save_cursor(struct turn *turn, const struct chat_batch *batch,
                     const struct chat_event *event)
{
    int64_t now_ms = clock_elapsed_ms(turn->parts.clock);
    if (event && event != &batch->events[batch->count - 1])
        return 0;
    int r = batch->keep ? batch->keep(batch->keep_ctx) : 0;
    if (r < 0 || str_empty(batch->cursor))
        return r;
    if (!store_in_transaction(turn->parts.store) &&
        now_ms - turn->cursor_saved_ms < CURSOR_EVERY_MS)
        return 0;
    turn->cursor_saved_ms = now_ms;
    return store_events_put_cursor(turn->parts.store, str_of(batch->network->name),
                                   batch->cursor_target, batch->cursor);
}

int turn_end(struct turn *turn, unsigned long shortages, int r)
{
    if (mem_dealt_with(shortages) && r >= 0 && !mem_on_reserve())
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
    if (r >= 0)
        r = turn_save_cursor(turn, batch, count ? &events[count - 1] : NULL);
    return turn_end(turn, shortages, r);
}

bool turn_floor_only(const struct turn *turn)
{
    return !store_writable(turn->parts.store);
}

/* One bad event must not take the others' answers with it. */
static int turn_alone(struct turn *turn, const struct chat_batch *batch,
                      const struct chat_event *event)
{
    int r = turn_floor_only(turn) ? -EROFS : attempt(turn, batch, event, 1);
    if (r >= 0)
        return 0;
    if (turn_floor_only(turn)) { /* no event is to blame for the disk */
        turn_past_disk(turn, batch->network, event);
    } else {
        uint64_t member = turn_floor(turn, batch->network, event);
        r = turn_bury(turn, batch, event, member, r);
    }
    host_turn_end(turn->parts.host, true);
    return r;
}

int turn_run(struct turn *turn, const struct chat_batch *batch)
{
    clock_refresh(turn->parts.clock);
    uint64_t started_ns = clock_precise_ns();
    metric_add(turn->events, (int64_t)batch->count);
    outbox_expect_repeat(turn->parts.outbox, true);
    int r = turn_floor_only(turn) ? -EROFS : attempt(turn, batch, batch->events, batch->count);
    if (r < 0 && !turn_floor_only(turn))
        log_event(LOG_LEVEL_WARNING, "turn_again", LOG_TEXT("network", batch->network->name),
                  LOG_INT("events", batch->count), LOG_ERRNO(r));
    bool again = r < 0;
    for (size_t i = 0; again && i < batch->count; i++)
        r = turn_alone(turn, batch, &batch->events[i]); /* the last one saves how far it was read */
    outbox_expect_repeat(turn->parts.outbox, false);
    metric_observe_us(turn->took, (int64_t)((clock_precise_ns() - started_ns) / 1000));
    return MIN_OF(r, 0);
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
