/* SPDX-License-Identifier: MIT */
/* turn_floor.c: an event that cannot have a turn, because nothing can be saved or because it failed
 * twice: a call for help in it is answered all the same. */
#include "turn_internal.h"

#include <errno.h>

#include "observe/log.h"

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

/* Gives the member, 0: not known.  Reading is what killed us: then not even that. */
uint64_t turn_floor(struct turn *turn, struct chat_network *network, const struct chat_event *event)
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

/* ---- while nothing can be saved -------------------------------------------------------------- */

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
static void act_unsaved(struct turn *turn, const struct dispatch_route *route,
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
    int r = inbox_source(turn->parts.inbox, &item, dispatch_is_asked(&route),
                         host_arena(turn->parts.host));
    if (r == 0)
        act_unsaved(turn, &route, &item);
}

/* What the process died of is not handled here either. */
void turn_past_disk(struct turn *turn, struct chat_network *network, const struct chat_event *event)
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
