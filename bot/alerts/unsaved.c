/* SPDX-License-Identifier: MIT */
/* unsaved.c: calls for help while the store cannot be written: paged from memory each minute until
 * they can be saved. */
#include "alerts/internal.h"

#include <errno.h>

#include "base/utf8.h"
#include "observe/log.h"

static const struct mooring_owner house = {.kind = MOORING_OWN_PLUGIN};

/* A volatile job: it needs no store. */
static int arm(struct alerts *alerts)
{
    struct mooring_when when = {.struct_size = sizeof when,
                                .flags = MOORING_WHEN_VOLATILE,
                                .at = alerts_now(alerts) + CLOCK_MINUTE_MS};
    return jobs_set(alerts->parts.jobs, STR(""), house, STR("unsaved"), &when);
}

static struct alerts_unsaved *place_for(struct alerts *alerts, const struct alerts_call *call)
{
    struct alerts_unsaved *free_place = NULL;
    for (size_t i = 0; i < ALERTS_UNSAVED_MAX; i++) {
        struct alerts_unsaved *place = &alerts->unsaved[i];
        if (place->used && !place->stored && place->member == call->member &&
            str_eq(alerts_name(str_of(place->who)), call->who))
            return place;
        if (!place->used && !free_place)
            free_place = place;
    }
    return free_place;
}

/* One that is too long leads nowhere: rather none than another's. */
static void keep_name(struct str name, char out[ALERTS_NAME_MAX])
{
    if (!str_to_c(name, out, ALERTS_NAME_MAX))
        out[0] = '\0';
}

static void fill(struct alerts *alerts, struct alerts_unsaved *place,
                 const struct alerts_call *call)
{
    const struct outbox_source *source = outbox_find_source(alerts->parts.outbox, call->source);
    *place = (struct alerts_unsaved){.used = true,
                                     .member = call->member,
                                     .group = call->group ? call->group->id : 0,
                                     .room_id = source ? source->room_id : 0,
                                     .called_at = alerts_now(alerts),
                                     .verdict = call->verdict};
    /* Rules live with the turn: the number and kind are what a page needs. */
    place->verdict.rule_count = 0;
    size_t size = MIN_OF(call->who.len, sizeof place->who - 1);
    struct str who = str_upto(call->who, utf8_floor(call->who.ptr, call->who.len, size));
    (void)str_to_c(who, place->who, sizeof place->who);
    if (call->group)
        keep_name(call->group->name, place->group_name);
    if (!source)
        return;
    keep_name(source->room, place->room);
    keep_name(source->network, place->network);
    keep_name(source->user, place->user);
    keep_name(source->identity, place->identity);
}

void alerts_keep_unsaved(struct alerts *alerts, const struct alerts_call *call)
{
    struct alerts_unsaved spare = {0};
    struct alerts_unsaved *place = place_for(alerts, call);
    if (!place) {
        /* Full: this one is paged now and is not saved later. */
        log_event(LOG_LEVEL_ERROR, "alert_unsaved_full", LOG_INT("kept", ALERTS_UNSAVED_MAX));
        place = &spare;
    }
    if (place->used && place->verdict.tier >= call->verdict.tier)
        return; /* a turn that runs again, or more of the same: the clock is running */
    fill(alerts, place, call);
    alerts_page_unsaved(alerts, place);
    place->pages++;
    if (arm(alerts) < 0)
        log_event(LOG_LEVEL_ERROR, "alert_clock", LOG_ERRNO(-EIO));
}

/* ---- what the open turn raised --------------------------------------------------------------- */

/* Where the commit is what fails, the pages are with the outbox's lane in memory already, and the
 * alert's row is gone: a copy of the call keeps its clock running.  More than a handful in one
 * turn: the others are raised when it runs again. */
void alerts_stage(struct alerts *alerts, const struct alerts_call *call, uint64_t alert)
{
    for (size_t i = 0; i < ALERTS_STAGED_MAX; i++) {
        if (alerts->staged[i].used)
            continue;
        fill(alerts, &alerts->staged[i], call);
        alerts->staged[i].alert = alert;
        return;
    }
}

static void forget_cards(struct alerts *alerts)
{
    for (size_t i = 0; i < ALERTS_CARDS; i++)
        if (alerts->cards[i].staged)
            alerts->cards[i] = (struct alerts_card_memory){0};
}

static bool row_exists(struct alerts *alerts, uint64_t id)
{
    struct arena arena;
    struct store_alert alert;
    arena_init(&arena, 0);
    int r = store_alerts_get(alerts->parts.store, id, &arena, &alert);
    arena_done(&arena);
    return r == 0;
}

static void keep_staged(struct alerts *alerts, const struct alerts_unsaved *staged)
{
    struct alerts_call call = {.member = staged->member, .who = str_of(staged->who)};
    struct alerts_unsaved *place = place_for(alerts, &call);
    if (!place || (place->used && place->verdict.tier >= staged->verdict.tier))
        return;
    *place = *staged;
    place->pages = 1; /* the outbox said it */
    if (arm(alerts) < 0)
        log_event(LOG_LEVEL_ERROR, "alert_clock", LOG_ERRNO(-EIO));
}

void alerts_committed(struct alerts *alerts)
{
    for (size_t i = 0; i < ALERTS_UNSAVED_MAX; i++)
        if (alerts->unsaved[i].saving)
            alerts->unsaved[i] = (struct alerts_unsaved){0};
    alerts_notices_keep(alerts);
    for (size_t i = 0; i < ALERTS_CARDS; i++)
        alerts->cards[i].staged = false;
    for (size_t i = 0; i < ALERTS_STAGED_MAX; i++)
        alerts->staged[i].used = false;
}

void alerts_rolled_back(struct alerts *alerts)
{
    struct store *store = alerts->parts.store;
    bool whole = !store_in_transaction(store);
    bool by_disk = whole && !store_writable(store) && !outbox_expects_repeat(alerts->parts.outbox);
    forget_cards(alerts);
    for (size_t i = 0; whole && i < ALERTS_UNSAVED_MAX; i++)
        alerts->unsaved[i].saving = false;
    if (by_disk)
        alerts_notices_keep(alerts);
    else
        alerts_notices_undo(alerts);
    alerts->maybe_drill = true; /* its end may be among what was undone */
    for (size_t i = 0; i < ALERTS_STAGED_MAX; i++) {
        struct alerts_unsaved *staged = &alerts->staged[i];
        if (!staged->used)
            continue;
        if (by_disk)
            keep_staged(alerts, staged);
        if (whole || !row_exists(alerts, staged->alert))
            staged->used = false;
    }
}

/* ---- what was raised before -------------------------------------------------------------------
 */

static void keep_stored(void *ctx, const struct store_alert *alert)
{
    struct alerts *alerts = ctx;
    if (alert->state != MOORING_ALERT_OPEN)
        return;
    for (size_t i = 0; i < ALERTS_UNSAVED_MAX; i++) {
        struct alerts_unsaved *place = &alerts->unsaved[i];
        if (place->used)
            continue;
        *place = (struct alerts_unsaved){
            .used = true,
            .stored = alert->id,
            .member = alert->member,
            .group = alert->group,
            .room_id = alert->room,
            .called_at = alert->raised_at,
            .verdict = {.kind = (enum safety_kind)alert->kind, .tier = alert->tier}};
        (void)str_to_c(alerts_name(alert->who), place->who, sizeof place->who);
        return;
    }
}

void alerts_past_disk(struct alerts *alerts)
{
    int r = store_alerts_each_open(alerts->parts.store, keep_stored, alerts);
    if (r < 0)
        log_event(LOG_LEVEL_ERROR, "alerts_unreadable", LOG_ERRNO(r));
    if (arm(alerts) < 0)
        log_event(LOG_LEVEL_ERROR, "alert_clock", LOG_ERRNO(-EIO));
}

/* ---- to another store --------------------------------------------------------------------------
 */

static void find_again(struct alerts *alerts, struct alerts_unsaved *unsaved)
{
    const struct group *group = groups_by_name(alerts->parts.groups, str_of(unsaved->group_name));
    const struct groups_room *room = unsaved->room[0] ? groups_find_room(alerts->parts.groups,
                                                                         str_of(unsaved->network),
                                                                         str_of(unsaved->room))
                                                      : NULL;
    unsaved->group = group ? group->id : 0;
    unsaved->room_id = room ? room->id : 0;
    unsaved->member = 0;
    unsaved->unmet = unsaved->identity[0] != '\0';
}

void alerts_take_past_disk(struct alerts *alerts, struct alerts *from)
{
    size_t count = 0;
    for (size_t i = 0; i < ALERTS_UNSAVED_MAX; i++) {
        if (!from->unsaved[i].used || from->unsaved[i].stored)
            continue;
        alerts->unsaved[count] = from->unsaved[i];
        find_again(alerts, &alerts->unsaved[count++]);
    }
    memcpy(alerts->notices, from->notices, sizeof alerts->notices);
    alerts->next_notice = from->next_notice;
    if (count && arm(alerts) < 0)
        log_event(LOG_LEVEL_ERROR, "alert_clock", LOG_ERRNO(-EIO));
}

/* Whoever called is a member of this store, too; without an identity they are known by where they
 * spoke from. */
static int meet(struct alerts *alerts, struct alerts_unsaved *unsaved)
{
    if (!unsaved->unmet)
        return 0;
    const struct people_speaker speaker = {.network = str_of(unsaved->network),
                                           .identity = str_of(unsaved->identity),
                                           .address = str_of(unsaved->user),
                                           .display = str_of(unsaved->who)};
    struct group *group = groups_by_id(alerts->parts.groups, unsaved->group);
    int r = people_meet(alerts->parts.people, &speaker, group, &unsaved->member);
    unsaved->unmet = r < 0;
    return MIN_OF(r, 0);
}

void alerts_each_unsaved(struct alerts *alerts,
                         void (*each)(void *ctx, const struct store_alert *alert), void *ctx)
{
    for (size_t i = 0; i < ALERTS_UNSAVED_MAX; i++) {
        const struct alerts_unsaved *unsaved = &alerts->unsaved[i];
        if (!unsaved->used || unsaved->stored)
            continue;
        const struct store_alert alert = {.member = unsaved->member,
                                          .group = unsaved->group,
                                          .room = unsaved->room_id,
                                          .kind = (int)unsaved->verdict.kind,
                                          .tier = unsaved->verdict.tier,
                                          .state = MOORING_ALERT_OPEN,
                                          .opened_at = unsaved->called_at,
                                          .raised_at = unsaved->called_at,
                                          .pages = unsaved->pages,
                                          .who = str_of(unsaved->who)};
        each(ctx, &alert);
    }
}

/* ---- again ----------------------------------------------------------------------------------- */

/* 1: it has its row now. */
static int save(struct alerts *alerts, struct alerts_unsaved *unsaved)
{
    if (!store_writable(alerts->parts.store))
        return 0;
    if (unsaved->stored) { /* its row keeps its clock again */
        unsaved->used = false;
        return 1;
    }
    if (meet(alerts, unsaved) < 0)
        return 0;
    struct alerts_call call = {.member = unsaved->member,
                               .group = alerts_group(alerts, unsaved->group),
                               .who = str_of(unsaved->who),
                               .verdict = unsaved->verdict,
                               .room_id = unsaved->room_id,
                               .called_at = unsaved->called_at,
                               .network = str_of(unsaved->network),
                               .user = str_of(unsaved->user)};
    struct mooring_alert_status status;
    unsaved->saving = alerts_raise(alerts, &call, &status) == 0 && status.alert.id != 0;
    return unsaved->saving;
}

int alerts_retry_unsaved(struct alerts *alerts)
{
    bool left = false;
    for (size_t i = 0; i < ALERTS_UNSAVED_MAX; i++) {
        struct alerts_unsaved *unsaved = &alerts->unsaved[i];
        if (!unsaved->used || unsaved->saving || save(alerts, unsaved))
            continue;
        left = true;
        if (++unsaved->minutes % 5 != 0) /* every five minutes, as tier 4 */
            continue;
        alerts_page_unsaved(alerts, unsaved);
        unsaved->pages++;
    }
    return left ? arm(alerts) : 0;
}
