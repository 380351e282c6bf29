/* SPDX-License-Identifier: MIT */
/* homeserver_sync.c: /sync with filters and as a long poll, /messages in both directions.  Tokens
 * are "s" and the number of the last event that was seen. */
#include "homeserver_internal.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdlib.h>

enum { TIMELINE_USUAL = 10, PAGE_USUAL = 10, PAGE_MAX = 1000 };

/* One room as one device sees it between two positions. */
struct view {
    const struct hs_request *request;
    const struct hs_room *room;
    const char *user;
    const json_t *filter; /* of the room's part: timeline, state ... */
    uint64_t since, until;
    bool state_after;
};

static bool is_in(const json_t *list, const char *text)
{
    size_t i;
    json_t *pattern;
    json_array_foreach(list, i,
                       pattern) if (json_is_string(pattern) &&
                                    fnmatch(json_string_value(pattern), text, 0) == 0) return true;
    return false;
}

static bool passes(const json_t *filter, const json_t *event)
{
    const json_t *types = json_object_get(filter, "types");
    const json_t *senders = json_object_get(filter, "senders");
    const char *type = hs_text(event, "type"), *sender = hs_text(event, "sender");
    return (!types || is_in(types, type)) && (!senders || is_in(senders, sender)) &&
           !is_in(json_object_get(filter, "not_types"), type) &&
           !is_in(json_object_get(filter, "not_senders"), sender);
}

json_t *hs_event_for(const struct hs_request *request, const struct hs_room *room,
                     const struct hs_event *event, bool with_room)
{
    (void)room;
    json_t *json = json_copy(event->json);
    json_t *more = json_deep_copy(json_object_get(event->json, "unsigned"));
    int64_t age_ms = clock_wall_at(loop_clock(request->hs->loop)) -
                     json_integer_value(json_object_get(event->json, "origin_server_ts"));
    json_object_set_new(more, "age", json_integer(age_ms));
    if (event->transaction_id && request->device && event->sender_device &&
        strcmp(event->sender_device, request->device->id) == 0 &&
        strcmp(hs_text(event->json, "sender"), request->device->user) == 0)
        json_object_set_new(more, "transaction_id", json_string(event->transaction_id));
    json_object_set_new(json, "unsigned", more);
    if (!with_room)
        json_object_del(json, "room_id");
    return json;
}

static char *token(uint64_t position)
{
    return hs_printf("s%llu", (unsigned long long)position);
}

static bool read_token(const char *text, uint64_t *ret_position)
{
    char *end;
    if (text[0] != 's')
        return false;
    *ret_position = strtoull(text + 1, &end, 10);
    return *end == '\0' && end > text + 1;
}

/* ---- a joined room --------------------------------------------------------------------------- */

/* State that holds at a position, or that changed since another one: type|key -> event. */
static json_t *state_between(const struct hs_room *room, uint64_t since, uint64_t until)
{
    json_t *state = json_object();
    for (size_t i = 0; i < room->count && room->events[i].position <= until; i++) {
        json_t *json = room->events[i].json;
        if (room->events[i].position <= since || !json_object_get(json, "state_key"))
            continue;
        char *name = hs_printf("%s|%s", hs_text(json, "type"), hs_text(json, "state_key"));
        json_object_set(state, name, json);
        free(name);
    }
    return state;
}

static json_t *state_part(const struct view *view, const json_t *timeline, uint64_t since,
                          uint64_t until)
{
    const json_t *filter = json_object_get(view->filter, "state");
    bool lazy = json_is_true(json_object_get(filter, "lazy_load_members"));
    json_t *senders = json_object(), *events = json_array();
    json_t *state = state_between(view->room, since, until), *event;
    const char *name;
    size_t i;
    json_array_foreach(timeline, i, event)
        json_object_set_new(senders, hs_text(event, "sender"), json_true());
    json_object_set_new(senders, view->user, json_true());
    json_object_foreach(state, name, event)
    {
        bool is_member = strcmp(hs_text(event, "type"), "m.room.member") == 0;
        if (!passes(filter, event) ||
            (lazy && is_member && !json_object_get(senders, hs_text(event, "state_key"))))
            continue;
        json_t *copy = json_copy(event);
        json_object_del(copy, "room_id");
        json_array_append_new(events, copy);
    }
    json_decref(state);
    json_decref(senders);
    return json_pack("{s:o}", "events", events);
}

static size_t timeline_limit(const struct view *view, const json_t *filter)
{
    const json_t *limit = json_object_get(filter, "limit");
    size_t count = json_is_integer(limit) ? (size_t)json_integer_value(limit) : TIMELINE_USUAL;
    unsigned most = view->request->hs->knobs.timeline_max;
    return most && count > most ? most : count;
}

/* The latest `limit` events; how far back they reach goes to *ret_from. */
static json_t *timeline_part(const struct view *view, json_t **ret_events, uint64_t *ret_from)
{
    const struct hs_room *room = view->room;
    const json_t *filter = json_object_get(view->filter, "timeline");
    size_t limit = timeline_limit(view, filter);
    json_t *events = json_array();
    bool limited = false;
    uint64_t from = view->until;
    for (size_t i = room->count; i > 0 && room->events[i - 1].position > view->since; i--) {
        const struct hs_event *event = &room->events[i - 1];
        if (event->position > view->until || !passes(filter, event->json))
            continue;
        limited = json_array_size(events) == limit;
        if (limited)
            break;
        json_array_insert_new(events, 0, hs_event_for(view->request, room, event, false));
        from = event->position - 1;
    }
    if (!limited)
        from = view->since;
    char *back = token(from);
    *ret_events = events;
    *ret_from = from;
    json_t *part = json_pack("{s:o, s:b, s:s}", "events", events, "limited", limited, "prev_batch",
                             back);
    free(back);
    return part;
}

static json_t *ephemeral_part(const struct view *view)
{
    json_t *event = json_pack("{s:s, s:{s:[]}}", "type", "m.typing", "content", "user_ids");
    json_t *events = json_array();
    if (passes(json_object_get(view->filter, "ephemeral"), event))
        json_array_append(events, event);
    json_decref(event);
    return json_pack("{s:o}", "events", events);
}

static bool has_news(const struct view *view)
{
    const struct hs_room *room = view->room;
    const json_t *filters[] = {json_object_get(view->filter, "timeline"),
                               json_object_get(view->filter, "state")};
    for (size_t i = room->count; i > 0 && room->events[i - 1].position > view->since; i--) {
        const struct hs_event *event = &room->events[i - 1];
        bool is_state = json_object_get(event->json, "state_key") != NULL;
        if (event->position <= view->until &&
            (passes(filters[0], event->json) || (is_state && passes(filters[1], event->json))))
            return true;
    }
    return false;
}

/* Only where somebody came or went, as homeservers do. */
static json_t *summary_part(const struct view *view)
{
    const struct hs_room *room = view->room;
    json_t *summary = json_object(), *event;
    const char *name;
    json_int_t joined = 0, invited = 0;
    bool changed = false;
    for (size_t i = room->count; i > 0 && room->events[i - 1].position > view->since; i--)
        changed = changed ||
                  strcmp(hs_text(room->events[i - 1].json, "type"), "m.room.member") == 0;
    json_object_foreach(room->state, name, event)
    {
        const char *what = hs_text(json_object_get(event, "content"), "membership");
        bool is_member = strncmp(name, "m.room.member|", 14) == 0;
        joined += is_member && strcmp(what, "join") == 0;
        invited += is_member && strcmp(what, "invite") == 0;
    }
    if (changed) {
        json_object_set_new(summary, "m.joined_member_count", json_integer(joined));
        json_object_set_new(summary, "m.invited_member_count", json_integer(invited));
    }
    return summary;
}

static json_t *joined_part(struct view *view, bool newly)
{
    uint64_t since = newly ? 0 : view->since, from;
    json_t *events;
    view->since = since;
    json_t *timeline = timeline_part(view, &events, &from);
    json_t *state = state_part(view, events, since, view->state_after ? view->until : from);
    return json_pack("{s:o, s:o, s:o, s:{s:[]}, s:o, s:{}}", "timeline", timeline,
                     view->state_after ? "state_after" : "state", state, "ephemeral",
                     ephemeral_part(view), "account_data", "events", "summary", summary_part(view),
                     "unread_notifications");
}

static json_t *invited_part(const struct view *view)
{
    static const char *const TYPES[] = {"m.room.create", "m.room.join_rules", "m.room.name",
                                        "m.room.canonical_alias", "m.room.encryption"};
    json_t *events = json_array();
    json_t *own = hs_room_state(view->room, "m.room.member", view->user);
    json_t *inviter = hs_room_state(view->room, "m.room.member", hs_text(own, "sender"));
    for (size_t i = 0; i < COUNT_OF(TYPES) + 2; i++) {
        json_t *event = i < COUNT_OF(TYPES)    ? hs_room_state(view->room, TYPES[i], "")
                        : i == COUNT_OF(TYPES) ? inviter
                                               : own;
        if (event)
            json_array_append_new(events, json_pack("{s:O, s:O, s:O, s:O}", "type",
                                                    json_object_get(event, "type"), "state_key",
                                                    json_object_get(event, "state_key"), "sender",
                                                    json_object_get(event, "sender"), "content",
                                                    json_object_get(event, "content")));
    }
    return json_pack("{s:{s:o}}", "invite_state", "events", events);
}

/* Of a room left since: up to the event that says so. */
static json_t *left_part(struct view *view)
{
    const struct hs_room *room = view->room;
    json_t *events;
    uint64_t from;
    for (size_t i = room->count; i > 0; i--) {
        const json_t *json = room->events[i - 1].json;
        if (strcmp(hs_text(json, "type"), "m.room.member") == 0 &&
            strcmp(hs_text(json, "state_key"), view->user) == 0) {
            view->until = room->events[i - 1].position;
            break;
        }
    }
    json_t *timeline = timeline_part(view, &events, &from);
    return json_pack("{s:o, s:{s:[]}}", "timeline", timeline, "state", "events");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static json_t *find_filter(const struct hs_request *request)
{
    char *id = hs_query(request, "filter");
    json_t *filter = NULL;
    if (id && id[0] == '{')
        filter = json_loads(id, 0, NULL);
    else if (id)
        filter = json_incref(
            json_array_get(request->account->filters, (size_t)strtoul(id, NULL, 10)));
    free(id);
    return filter ? filter : json_object();
}

static void add_room(struct view *view, json_t *rooms)
{
    const struct hs_room *room = view->room;
    const char *then = view->since ? hs_membership_at(room, view->user, view->since) : "";
    const char *now = hs_membership_in(room, view->user);
    const char *section = NULL;
    json_t *part = NULL;
    if (strcmp(now, "join") == 0) {
        bool newly = strcmp(then, "join") != 0;
        section = "join";
        if (newly || has_news(view))
            part = joined_part(view, newly);
    } else if (strcmp(now, "invite") == 0) {
        section = "invite";
        if (strcmp(then, "invite") != 0)
            part = invited_part(view);
    } else if ((strcmp(now, "leave") == 0 || strcmp(now, "ban") == 0) && *then &&
               strcmp(then, now) != 0 && !json_object_get(room->forgotten, view->user)) {
        section = "leave";
        part = left_part(view);
    }
    if (!part)
        return;
    if (!json_object_get(rooms, section))
        json_object_set_new(rooms, section, json_object());
    json_object_set_new(json_object_get(rooms, section), room->id, part);
}

static json_t *data_part(const struct hs_request *request, const json_t *filter)
{
    json_t *events = json_array(), *item;
    const char *type;
    json_object_foreach(request->account->data, type, item)
    {
        json_t *event = json_pack("{s:s, s:O}", "type", type, "content",
                                  json_object_get(item, "content"));
        if ((uint64_t)json_integer_value(json_object_get(item, "position")) > request->since &&
            passes(json_object_get(filter, "account_data"), event))
            json_array_append(events, event);
        json_decref(event);
    }
    return events;
}

/* NULL: nothing new, and it may wait. */
static json_t *build(struct hs_request *request, bool must)
{
    struct homeserver *hs = request->hs;
    json_t *filter = find_filter(request), *rooms = json_object();
    char *after = hs_query(request, "use_state_after");
    for (size_t i = 0; i < hs->room_count; i++) {
        struct view view = {
            .request = request,
            .room = hs->rooms[i],
            .user = request->account->user,
            .filter = json_object_get(filter, "room"),
            .since = request->since,
            .until = hs->position,
            .state_after = after && strcmp(after, "true") == 0 && !hs->knobs.no_state_after,
        };
        add_room(&view, rooms);
    }
    free(after);
    json_t *data = data_part(request, filter);
    json_decref(filter);
    if (!must && json_object_size(rooms) == 0 && json_array_size(data) == 0) {
        json_decref(rooms);
        json_decref(data);
        return NULL;
    }
    char *next = token(hs->position);
    json_t *json = json_pack("{s:s, s:o, s:{s:o}, s:{}}", "next_batch", next, "rooms", rooms,
                             "account_data", "events", data, "device_one_time_keys_count");
    free(next);
    return json;
}

void hs_sync_again(struct hs_request *request, bool must)
{
    json_t *json = build(request, must);
    if (json) {
        request->polls = false;
        loop_timer_disarm(request->hs->loop, &request->timer);
        hs_answer(request, 200, json);
    }
}

void hs_sync(struct hs_request *request)
{
    char *since = hs_query(request, "since"), *timeout = hs_query(request, "timeout");
    bool known = !since ||
                 (read_token(since, &request->since) && request->since <= request->hs->position);
    int64_t wait_ms = timeout ? strtoll(timeout, NULL, 10) : 0;
    bool must = !since || wait_ms <= 0;
    free(since);
    free(timeout);
    if (!known) {
        hs_error(request, 400, "M_INVALID_PARAM");
        return;
    }
    json_t *json = build(request, must);
    if (json) {
        hs_answer(request, 200, json);
        return;
    }
    request->polls = true;
    int r = loop_timer_arm_in(request->hs->loop, &request->timer, wait_ms);
    assert(r == 0);
}

/* ---- /messages ------------------------------------------------------------------------------- */

struct page {
    uint64_t from, to;
    size_t limit;
    bool backwards, has_to;
    json_t *filter;
};

static bool read_page(struct hs_request *request, struct page *page)
{
    char *from = hs_query(request, "from"), *to = hs_query(request, "to");
    char *dir = hs_query(request, "dir"), *limit = hs_query(request, "limit");
    char *filter = hs_query(request, "filter");
    bool good = dir && (strcmp(dir, "b") == 0 || strcmp(dir, "f") == 0);
    page->backwards = good && dir[0] == 'b';
    page->from = page->backwards ? request->hs->position : 0;
    page->has_to = to != NULL;
    page->limit = limit ? (size_t)strtoul(limit, NULL, 10) : PAGE_USUAL;
    page->limit = MIN_OF(page->limit, (size_t)PAGE_MAX);
    page->filter = filter ? json_loads(filter, 0, NULL) : NULL;
    good = good && (!from || read_token(from, &page->from)) && (!to || read_token(to, &page->to)) &&
           (!filter || page->filter);
    free(from);
    free(to);
    free(dir);
    free(limit);
    free(filter);
    return good;
}

/* True while the page takes more of that side. */
static bool take(struct hs_request *request, const struct hs_room *room, const struct page *page,
                 const struct hs_event *event, json_t *chunk, uint64_t *end)
{
    if (json_array_size(chunk) == page->limit)
        return false;
    if (passes(page->filter, event->json))
        json_array_append_new(chunk, hs_event_for(request, room, event, true));
    *end = page->backwards ? event->position - 1 : event->position;
    return true;
}

void hs_get_messages(struct hs_request *request)
{
    const struct hs_room *room = hs_find_room(request->hs, request->parts[0]);
    struct page page = {0};
    if (!room || strcmp(hs_membership_in(room, request->account->user), "join") != 0) {
        hs_error(request, 403, "M_FORBIDDEN");
        return;
    }
    if (!read_page(request, &page)) {
        json_decref(page.filter);
        hs_error(request, 400, "M_INVALID_PARAM");
        return;
    }
    json_t *chunk = json_array();
    uint64_t end = page.from;
    bool more = false;
    for (size_t i = 0; i < room->count && !more; i++) {
        const struct hs_event *event = &room->events[page.backwards ? room->count - 1 - i : i];
        bool on_side = page.backwards ? event->position <= page.from : event->position > page.from;
        bool within = !page.has_to ||
                      (page.backwards ? event->position > page.to : event->position <= page.to);
        if (on_side && within)
            more = !take(request, room, &page, event, chunk, &end);
    }
    char *start = token(page.from), *next = token(end);
    json_t *json = json_pack("{s:o, s:s}", "chunk", chunk, "start", start);
    if (more)
        json_object_set_new(json, "end", json_string(next));
    free(start);
    free(next);
    json_decref(page.filter);
    hs_answer(request, 200, json);
}
