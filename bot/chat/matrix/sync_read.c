/* SPDX-License-Identifier: MIT */
/* sync_read.c: an answer of /sync, walked twice: first who is where and may do what, and where the
 * timelines begin; then what was said, in order.  Whatever the order of keys, nobody is taken for
 * what they were before the answer. */
#include <errno.h>

#include "chat/matrix/account.h"
#include "chat/matrix/content.h"
#include "chat/matrix/invites.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/repair.h"
#include "chat/matrix/sync_internal.h"
#include "observe/log.h"

enum { TIMELINES_MAX = 100 * 1000, MEMORY_TRIES = 8 };

static struct matrix_rooms *rooms_of(const struct matrix_sync *sync)
{
    return sync->session->rooms;
}

/* ---- the first walk ------------------------------------------------------------------------- */

/* Until the next is read.  NULL: passed over, or -ENOMEM: then the answer is asked for again, but
 * not for ever over one event. */
static int parse(struct matrix_sync *sync, struct str bytes, const struct tree **ret_event)
{
    arena_reset(&sync->arena);
    int r = matrix_event_parse(&sync->arena, bytes, ret_event);
    if (r == -ENOMEM && sync->failures < MEMORY_TRIES)
        return r;
    sync->bad += r < 0;
    return 0;
}

static int account_data(struct matrix_sync *sync, const struct walk_item *item)
{
    if (!str_empty(item->type) && !str_eq_c(item->type, "m.direct"))
        return 0;
    unsigned long before = mem_shortages();
    AUTO_JSON *json = matrix_repair_json(item->bytes);
    if (!json && mem_shortages() != before && sync->failures < MEMORY_TRIES)
        return -ENOMEM;
    sync->bad += !json;
    if (str_eq_c(matrix_event_text(json, "type"), "m.direct") && sync->session->direct)
        matrix_direct_account_data(sync->session->direct, json_object_get(json, "content"));
    return 0;
}

static void begin_room(struct matrix_sync *sync, const struct walk_item *item)
{
    sync->room = NULL;
    if (item->section == WALK_INVITE)
        return;
    struct matrix_room *room = matrix_rooms_by_id(rooms_of(sync), item->room);
    if (!room || item->section == WALK_KNOCK) {
        walk_skip_room(sync->walk);
        return;
    }
    sync->room = room;
    room->state->was_joined = room->state->is_joined;
}

static int state_event(struct matrix_sync *sync, const struct walk_item *item)
{
    const struct tree *event;
    bool is_invite = item->section == WALK_INVITE; /* some ten events, all of them of interest */
    if (!is_invite && (!sync->room || !matrix_rooms_wants_type(item->type)))
        return 0;
    int r = parse(sync, item->bytes, &event);
    if (!event)
        return r;
    if (is_invite)
        matrix_invites_state(sync->session->invites, item->room, event);
    else
        r = matrix_rooms_state(rooms_of(sync), sync->room, event);
    if (sync->room && sync->room->is_space && str_eq_c(tree_text(event, "type"), "m.space.child"))
        matrix_spaces_changed(sync->spaces);
    return r;
}

static int note_timeline(struct matrix_sync *sync, const struct walk_item *item)
{
    int r = mem_grow(&sync->timelines, &sync->timeline_capacity, sync->timeline_count,
                     sizeof *sync->timelines, TIMELINES_MAX);
    if (r < 0)
        return r;
    struct matrix_timeline timeline = {.room = str_copy(item->room),
                                       .prev_batch = str_copy(item->prev_batch),
                                       .section = item->section,
                                       .offset = item->timeline,
                                       .is_limited = item->is_limited,
                                       .was_joined = sync->room->state->was_joined,
                                       .was_synced = sync->room->state->is_synced,
                                       .joined_count = item->joined_count,
                                       .invited_count = item->invited_count};
    sync->timelines[sync->timeline_count++] = timeline;
    return timeline.room && timeline.prev_batch ? 0 : -ENOMEM;
}

/* Somebody left, and nobody is there any more whom we could be of use. */
static bool is_deserted(const struct matrix_sync *sync, int64_t joined, int64_t invited)
{
    return sync->since && joined == 1 && invited == 0;
}

static int end_room(struct matrix_sync *sync, const struct walk_item *item)
{
    if (item->section == WALK_INVITE)
        matrix_invites_end(sync->session->invites, item->room);
    if (item->section == WALK_LEAVE)
        matrix_invites_gone(sync->session->invites, item->room);
    if (!sync->room && item->section == WALK_JOIN &&
        is_deserted(sync, item->joined_count, item->invited_count) &&
        matrix_direct_may_leave(sync->session->direct, item->room))
        matrix_rooms_leave_id(rooms_of(sync), item->room);
    if (!sync->room)
        return 0;
    if (!sync->since && item->section == WALK_JOIN) /* our own joining may be long past */
        sync->room->state->is_joined |= !sync->room->state->was_joined;
    int r = note_timeline(sync, item);
    sync->room = NULL;
    return r;
}

static int take_item(struct matrix_sync *sync, const struct walk_item *item)
{
    switch (item->what) {
    case WALK_NEXT_BATCH:
        mem_free(sync->next);
        sync->next = str_empty(item->text) ? NULL : str_copy(item->text);
        return 0;
    case WALK_ACCOUNT_DATA:
        return account_data(sync, item);
    case WALK_ROOM:
        begin_room(sync, item);
        return 0;
    case WALK_STATE:
        return state_event(sync, item);
    case WALK_ROOM_END:
        return end_room(sync, item);
    case WALK_BAD:
        sync->bad++;
        return 0;
    case WALK_TIMELINE:
    case WALK_END:
    case WALK_WHAT_COUNT:
        break;
    }
    return 0;
}

/* ---- the second walk ------------------------------------------------------------------------ */

/* A room as it was before its timeline: what changes is told at its end. */
static int begin_timeline(struct matrix_sync *sync, const struct matrix_timeline *timeline)
{
    struct matrix_room *room = matrix_rooms_by_id(rooms_of(sync), str_of(timeline->room));
    sync->room = room;
    sync->in_timeline = true;
    if (!room || timeline->offset == 0)
        return 0;
    if (timeline->is_limited && timeline->was_synced && sync->since && matrix_room_matters(room) &&
        timeline->section == WALK_JOIN) {
        int r = matrix_gaps_add(sync->gaps, room, str_of(timeline->prev_batch),
                                str_of(sync->since));
        if (r < 0)
            return r;
    }
    walk_timeline(sync->walk, timeline->offset);
    return 0;
}

/* Before we were there it was not said to us; and of what the first sync brings, only what is not
 * too old.  In private it was: many clients make the room with the first message, and we enter
 * after it. */
static bool is_past(const struct matrix_sync *sync, const struct matrix_room *room, int64_t sent_at)
{
    int64_t now_at = clock_wall_at(loop_clock(sync->session->env.loop));
    if (room->with.len > 0)
        return now_at - sent_at > MATRIX_FIRST_MS;
    if (!room->state->is_joined || sent_at < room->state->joined_at)
        return true;
    return !sync->since && now_at - sent_at > MATRIX_FIRST_MS;
}

static bool is_late(const struct matrix_sync *sync, int64_t sent_at)
{
    int64_t now_at = clock_wall_at(loop_clock(sync->session->env.loop));
    return !sync->since || (sync->has_absence && now_at - sent_at > MATRIX_LATE_MS);
}

static void note_own(struct matrix_sync *sync, const struct matrix_room *room,
                     const struct tree *event)
{
    struct str sender = tree_text(event, "sender");
    if (!str_eq(sender, matrix_account_user(sync->session->account)) || !sync->session->outbound)
        return;
    struct str id = tree_text(tree_get(event, "unsigned"), "transaction_id");
    if (!str_empty(id))
        matrix_outbound_seen(sync->session->outbound, room, id, tree_text(event, "event_id"));
}

static void use_private(struct matrix_sync *sync, struct matrix_room *room)
{
    if (room->with.len && map_put(&rooms_of(sync)->by_user, room->with, room) < 0)
        return; /* another is the latest used, then */
}

static int timeline_event(struct matrix_sync *sync, const struct walk_item *item)
{
    struct matrix_room *room = sync->room;
    bool is_state = matrix_rooms_wants_type(item->type);
    if (!is_state && !matrix_event_interests(item->type))
        return 0;
    const struct tree *event;
    int r = parse(sync, item->bytes, &event);
    if (!event)
        return r;
    int64_t sent_at = tree_whole(event, "origin_server_ts", 0);
    r = is_state ? matrix_rooms_state(rooms_of(sync), room, event) : 0;
    if (room->is_space && str_eq_c(item->type, "m.space.child"))
        matrix_spaces_changed(sync->spaces);
    note_own(sync, room, event);
    if (r < 0 || is_past(sync, room, sent_at))
        return r;
    r = matrix_chunk_add(&sync->chunk, room, event, is_late(sync, sent_at));
    if (r > 0) {
        use_private(sync, room);
        matrix_zones_spoke(sync->zones, &sync->chunk.events[sync->chunk.count - 1]);
    }
    return MIN_OF(r, 0);
}

/* ---- what changed for us -------------------------------------------------------------------- */

/* Where the leaving bears our own name the server did it: it takes the room away.  Trying to enter
 * it at once tells the team whether it is gone. */
static void tell_of_room(struct matrix_sync *sync, struct matrix_room *room)
{
    struct matrix_session *session = sync->session;
    bool banned = room->membership == MATRIX_BANNED;
    if (room->name.len == 0)
        return;
    if (!room->state->is_kicked && !banned) {
        matrix_rooms_join_configured(session->rooms);
        return;
    }
    log_event(LOG_LEVEL_WARNING, banned ? "matrix_banned" : "matrix_kicked",
              LOG_TEXT("network", session->network.name),
              LOG_STR("room", matrix_log_name(room->name)));
    matrix_session_notice(session, banned ? CHAT_NOTICE_BANNED : CHAT_NOTICE_KICKED, room->name, 1);
}

/* Three in a private room are not private; one is nobody. */
static void count_people(struct matrix_sync *sync, struct matrix_room *room)
{
    int64_t joined = room->state->joined_count, invited = room->state->invited_count;
    if (room->with.len == 0 || joined < 0)
        return;
    if (joined + MAX_OF(invited, (int64_t)0) > 2)
        (void)!matrix_rooms_private(rooms_of(sync), room, (struct str){0});
}

static void end_timeline(struct matrix_sync *sync, const struct matrix_timeline *timeline)
{
    struct matrix_rooms *rooms = rooms_of(sync);
    struct matrix_room *room = matrix_rooms_by_id(rooms, str_of(timeline->room));
    sync->in_timeline = false;
    sync->room = NULL;
    if (!room)
        return;
    struct matrix_room_state *state = room->state;
    if (timeline->joined_count >= 0)
        state->joined_count = timeline->joined_count;
    if (timeline->invited_count >= 0)
        state->invited_count = timeline->invited_count;
    state->is_synced = timeline->section == WALK_JOIN;
    state->is_joined = timeline->section ==
                       WALK_JOIN; /* as the answer says, whatever events said */
    if (timeline->section == WALK_LEAVE && room->membership == MATRIX_IN)
        room->membership = MATRIX_OUT;
    matrix_room_settle(room);
    count_people(sync, room);
    if (timeline->was_joined && !state->is_joined)
        tell_of_room(sync, room);
    if (room->is_encrypted && !room->told_encrypted && room->name.len > 0) {
        room->told_encrypted = true;
        matrix_session_notice(sync->session, CHAT_NOTICE_ROOM_ENCRYPTED, room->name, 1);
    }
    rooms->to_load |= state->is_joined && !state->is_known;
    if (sync->session->outbound)
        matrix_outbound_room_changed(sync->session->outbound, room);
}

/* ---- in slices ------------------------------------------------------------------------------ */

static void drop_timelines(struct matrix_sync *sync)
{
    for (size_t i = 0; i < sync->timeline_count; i++) {
        mem_free(sync->timelines[i].room);
        mem_free(sync->timelines[i].prev_batch);
    }
    mem_free(TAKE(sync->timelines));
    sync->timeline_count = sync->timeline_capacity = sync->timeline_at = 0;
}

void matrix_sync_read_stop(struct matrix_sync *sync)
{
    loop_undefer(sync->session->env.loop, &sync->step);
    walk_destroy(TAKE(sync->walk));
    drop_timelines(sync);
    matrix_chunk_empty(&sync->chunk);
    sync->room = NULL;
    sync->in_timeline = sync->in_timelines = false;
}

static void finish(struct matrix_sync *sync, int r)
{
    if (r == 0 && !sync->next)
        r = -EBADMSG;
    if (r == 0) /* not committed: the disk is full, and reading goes on in memory */
        (void)!matrix_chunk_hand_over(&sync->chunk, str_of(sync->next));
    if (sync->bad > 0) {
        metric_add(sync->bad_events, (int64_t)sync->bad);
        log_event(LOG_LEVEL_WARNING, "matrix_events_bad",
                  LOG_TEXT("network", sync->session->network.name), LOG_INT("events", sync->bad));
    }
    matrix_sync_read_stop(sync);
    matrix_sync_read_done(sync, r);
}

/* 1: both walks are over. */
static int step_state(struct matrix_sync *sync)
{
    struct walk_item item;
    int r = walk_next(sync->walk, &item);
    if (r < 0)
        return r;
    if (item.what != WALK_END)
        return take_item(sync, &item);
    sync->in_timelines = true;
    return 0;
}

static int step_timeline(struct matrix_sync *sync)
{
    struct walk_item item;
    if (sync->timeline_at == sync->timeline_count)
        return 1;
    const struct matrix_timeline *timeline = &sync->timelines[sync->timeline_at];
    if (!sync->in_timeline) {
        int r = begin_timeline(sync, timeline);
        if (r < 0)
            return r;
    }
    int r = 0;
    item.what = WALK_END;
    if (sync->room && timeline->offset > 0)
        r = walk_next(sync->walk, &item);
    if (r == 0 && item.what == WALK_TIMELINE)
        return timeline_event(sync, &item);
    if (r < 0 || item.what == WALK_BAD) {
        sync->bad += r == 0;
        return r;
    }
    end_timeline(sync, timeline);
    sync->timeline_at++;
    return 0;
}

static void on_step(struct loop_call *call)
{
    struct matrix_sync *sync = CONTAINER_OF(call, struct matrix_sync, step);
    uint64_t until = walk_offset(sync->walk) + MATRIX_SLICE_BYTES;
    size_t steps = 0;
    int r = 0;
    while (r == 0 && steps++ < MATRIX_EVENTS_MAX * 16 && walk_offset(sync->walk) < until)
        r = sync->in_timelines ? step_timeline(sync) : step_state(sync);
    if (r == 0)
        loop_defer(sync->session->env.loop, call);
    else
        finish(sync, MIN_OF(r, 0));
}

int matrix_sync_read(struct matrix_sync *sync)
{
    struct walk_source source = {.read = spool_read, .ctx = sync->spool};
    int r = walk_create(&source, WALK_WINDOW_BYTES, &sync->walk);
    if (r < 0)
        return r;
    sync->bad = 0;
    sync->in_timelines = false;
    sync->step.run = on_step;
    loop_defer(sync->session->env.loop, &sync->step);
    return 0;
}
