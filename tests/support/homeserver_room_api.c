/* SPDX-License-Identifier: MIT */
/* homeserver_room_api.c: what clients may do with rooms. */
#include "homeserver_internal.h"

#include <assert.h>
#include <stdlib.h>

/* ---- whether they may ------------------------------------------------------------------------ */

/* NULL: it was answered. */
static struct hs_room *joined_room(struct hs_request *request)
{
    struct hs_room *room = hs_find_room(request->hs, request->parts[0]);
    if (room && strcmp(room->id, request->parts[0]) == 0 &&
        strcmp(hs_membership_in(room, request->account->user), "join") == 0)
        return room;
    hs_error(request, 403, "M_FORBIDDEN");
    return NULL;
}

static bool has_power(struct hs_request *request, const struct hs_room *room, int64_t needed)
{
    if (hs_power(room, request->account->user) >= needed)
        return true;
    hs_error(request, 403, "M_FORBIDDEN");
    return false;
}

static void answer_event(struct hs_request *request, const char *event_id)
{
    hs_answer(request, 200, json_pack("{s:s}", "event_id", event_id));
}

/* ---- sending --------------------------------------------------------------------------------- */

static char *transaction_key(const struct hs_request *request, const char *id)
{
    return hs_printf("%s %s %s", request->device->user, request->device->id, id);
}

static const char *find_transaction(const struct hs_request *request, const char *id)
{
    struct homeserver *hs = request->hs;
    char *key = transaction_key(request, id);
    const char *event_id = NULL;
    for (size_t i = 0; i < hs->transaction_count; i++)
        if (strcmp(hs->transactions[i].key, key) == 0 &&
            hs_now(hs) - hs->transactions[i].at < hs->knobs.transaction_life_ms)
            event_id = hs->transactions[i].event_id;
    free(key);
    return event_id;
}

static void keep_transaction(const struct hs_request *request, struct hs_event *event,
                             const char *id)
{
    struct homeserver *hs = request->hs;
    hs->transactions = hs_more(hs->transactions, &hs->transaction_room, hs->transaction_count,
                               sizeof *hs->transactions);
    hs->transactions[hs->transaction_count++] = (struct hs_transaction){
        .key = transaction_key(request, id),
        .event_id = hs_printf("%s", hs_text(event->json, "event_id")),
        .at = hs_now(hs)};
    event->transaction_id = hs_printf("%s", id);
    event->sender_device = hs_printf("%s", request->device->id);
}

static bool is_too_large(struct hs_request *request)
{
    if (request->body.len < 64 * 1024)
        return false;
    hs_error(request, 413, "M_TOO_LARGE");
    return true;
}

/* parts: room, type, transaction */
void hs_put_send(struct hs_request *request)
{
    struct hs_room *room = joined_room(request);
    const char *type = request->parts[1], *before;
    if (!room)
        return;
    before = find_transaction(request, request->parts[2]);
    if (before) {
        answer_event(request, before);
        return;
    }
    if (!json_is_object(request->json)) {
        hs_error(request, 400, "M_NOT_JSON");
        return;
    }
    if (is_too_large(request))
        return;
    int64_t usual = hs_power_needed(room, "events_default", NULL, 0);
    if (!has_power(request, room, hs_power_needed(room, type, "events", usual)))
        return;
    struct hs_event *event = hs_add_event(request->hs, room, request->account->user, type, NULL,
                                          json_incref(request->json));
    keep_transaction(request, event, request->parts[2]);
    answer_event(request, hs_text(event->json, "event_id"));
}

/* parts: room, type, maybe key */
void hs_put_state(struct hs_request *request)
{
    struct hs_room *room = joined_room(request);
    const char *key = request->parts[2] ? request->parts[2] : "";
    if (!room)
        return;
    int64_t usual = hs_power_needed(room, "state_default", NULL, 50);
    if (is_too_large(request) ||
        !has_power(request, room, hs_power_needed(room, request->parts[1], "events", usual)))
        return;
    struct hs_event *event = hs_add_event(request->hs, room, request->account->user,
                                          request->parts[1], key, json_incref(request->json));
    answer_event(request, hs_text(event->json, "event_id"));
}

/* parts: room, event, transaction */
void hs_put_redact(struct hs_request *request)
{
    struct hs_room *room = joined_room(request);
    if (!room)
        return;
    const char *before = find_transaction(request, request->parts[2]);
    if (before) {
        answer_event(request, before);
        return;
    }
    struct hs_event *event = hs_find_event(room, request->parts[1]);
    if (!event) {
        hs_error(request, 404, "M_NOT_FOUND");
        return;
    }
    bool own = strcmp(hs_text(event->json, "sender"), request->account->user) == 0;
    if (!own && !has_power(request, room, hs_power_needed(room, "redact", NULL, 50)))
        return;
    struct hs_event *by = hs_add_event(request->hs, room, request->account->user,
                                       "m.room.redaction", NULL,
                                       json_pack("{s:s}", "redacts", request->parts[1]));
    json_object_set_new(by->json, "redacts", json_string(request->parts[1]));
    keep_transaction(request, by, request->parts[2]);
    hs_do_redact(request->hs, room, hs_find_event(room, request->parts[1]), by);
    answer_event(request, hs_text(by->json, "event_id"));
}

/* ---- rooms ----------------------------------------------------------------------------------- */

static void apply_presets(struct hs_request *request, struct hs_room *room)
{
    struct homeserver *hs = request->hs;
    const char *me = request->account->user, *preset = hs_text(request->json, "preset");
    bool is_public = strcmp(preset, "public_chat") == 0;
    room->is_public = is_public;
    hs_add_event(hs, room, me, "m.room.join_rules", "",
                 json_pack("{s:s}", "join_rule", is_public ? "public" : "invite"));
    hs_add_event(hs, room, me, "m.room.history_visibility", "",
                 json_pack("{s:s}", "history_visibility", "shared"));
    if (strcmp(preset, "trusted_private_chat") == 0) {
        json_t *levels = json_deep_copy(
            json_object_get(hs_room_state(room, "m.room.power_levels", ""), "content"));
        size_t i;
        json_t *user;
        json_array_foreach(json_object_get(request->json, "invite"), i, user) json_object_set_new(
            json_object_get(levels, "users"), json_string_value(user), json_integer(100));
        hs_add_event(hs, room, me, "m.room.power_levels", "", levels);
    }
}

void hs_create_room(struct hs_request *request)
{
    struct homeserver *hs = request->hs;
    const char *me = request->account->user, *version = hs_text(request->json, "room_version");
    json_t *initial = json_object_get(request->json, "initial_state"), *item;
    size_t i;
    if (!json_is_object(request->json)) {
        hs_error(request, 400, "M_NOT_JSON");
        return;
    }
    struct hs_room *room = hs_add_room(hs, me, *version ? version : hs->knobs.room_version,
                                       json_object_get(request->json, "creation_content"));
    apply_presets(request, room);
    json_array_foreach(initial, i, item)
        hs_add_event(hs, room, me, hs_text(item, "type"), hs_text(item, "state_key"),
                     json_incref(json_object_get(item, "content")));
    if (*hs_text(request->json, "name"))
        hs_add_event(hs, room, me, "m.room.name", "",
                     json_pack("{s:s}", "name", hs_text(request->json, "name")));
    if (*hs_text(request->json, "topic"))
        hs_add_event(hs, room, me, "m.room.topic", "",
                     json_pack("{s:s}", "topic", hs_text(request->json, "topic")));
    json_array_foreach(json_object_get(request->json, "invite"), i, item)
    {
        hs_member(hs, room, me, json_string_value(item), "invite");
        if (json_is_true(json_object_get(request->json, "is_direct")))
            json_object_set_new(
                json_object_get(hs_room_state(room, "m.room.member", json_string_value(item)),
                                "content"),
                "is_direct", json_true());
    }
    hs_answer(request, 200, json_pack("{s:s}", "room_id", room->id));
}

/* parts: room or alias */
void hs_post_join(struct hs_request *request)
{
    struct hs_room *room = hs_find_room(request->hs, request->parts[0]);
    const char *me = request->account->user;
    if (!room) {
        hs_error(request, 404, "M_NOT_FOUND");
        return;
    }
    const char *now = hs_membership_in(room, me);
    if (strcmp(now, "ban") == 0 ||
        (!room->is_public && strcmp(now, "invite") != 0 && strcmp(now, "join") != 0)) {
        hs_error(request, 403, "M_FORBIDDEN");
        return;
    }
    if (strcmp(now, "join") != 0)
        hs_member(request->hs, room, me, me, "join");
    json_object_del(room->forgotten, me);
    hs_answer(request, 200, json_pack("{s:s}", "room_id", room->id));
}

void hs_post_leave(struct hs_request *request)
{
    struct hs_room *room = hs_find_room(request->hs, request->parts[0]);
    const char *me = request->account->user;
    const char *now = room ? hs_membership_in(room, me) : "";
    if (strcmp(now, "join") != 0 && strcmp(now, "invite") != 0) {
        hs_error(request, 403, "M_FORBIDDEN");
        return;
    }
    hs_member(request->hs, room, me, me, "leave");
    hs_answer(request, 200, json_object());
}

void hs_post_forget(struct hs_request *request)
{
    struct hs_room *room = hs_find_room(request->hs, request->parts[0]);
    const char *me = request->account->user;
    if (!room || strcmp(hs_membership_in(room, me), "join") == 0) {
        hs_error(request, 400, "M_UNKNOWN");
        return;
    }
    json_object_set_new(room->forgotten, me, json_true());
    hs_answer(request, 200, json_object());
}

/* parts: room, "invite", "kick", "ban" or "unban" */
void hs_post_member(struct hs_request *request)
{
    struct hs_room *room;
    const char *what = request->parts[1], *user = hs_text(request->json, "user_id");
    bool invites = strcmp(what, "invite") == 0;
    if (!invites && strcmp(what, "kick") != 0 && strcmp(what, "ban") != 0 &&
        strcmp(what, "unban") != 0) {
        hs_error(request, 404, "M_UNRECOGNIZED");
        return;
    }
    room = joined_room(request);
    if (!room || !has_power(request, room,
                            hs_power_needed(room, strcmp(what, "unban") == 0 ? "ban" : what, NULL,
                                            invites ? 0 : 50)))
        return;
    const char *now = hs_membership_in(room, user);
    if (!*user || (invites && (strcmp(now, "join") == 0 || strcmp(now, "ban") == 0))) {
        hs_error(request, 403, "M_FORBIDDEN");
        return;
    }
    hs_member(request->hs, room, request->account->user, user,
              invites                    ? "invite"
              : strcmp(what, "ban") == 0 ? "ban"
                                         : "leave");
    hs_answer(request, 200, json_object());
}

void hs_post_upgrade(struct hs_request *request)
{
    const struct hs_room *room = joined_room(request);
    if (!room || !has_power(request, room, hs_power_needed(room, "m.room.tombstone", "events", 50)))
        return;
    const char *id = hs_upgrade(request->hs, room->id, request->account->user,
                                hs_text(request->json, "new_version"));
    hs_answer(request, 200, json_pack("{s:s}", "replacement_room", id));
}

/* ---- reading --------------------------------------------------------------------------------- */

/* parts: room, maybe type, maybe key */
void hs_get_state(struct hs_request *request)
{
    const struct hs_room *room = joined_room(request);
    if (!room)
        return;
    if (request->parts[1]) {
        json_t *event = hs_room_state(room, request->parts[1],
                                      request->parts[2] ? request->parts[2] : "");
        char *format = hs_query(request, "format");
        if (!event)
            hs_error(request, 404, "M_NOT_FOUND");
        else if (format && strcmp(format, "event") == 0)
            hs_answer(request, 200, json_incref(event));
        else
            hs_answer(request, 200, json_incref(json_object_get(event, "content")));
        free(format);
        return;
    }
    json_t *events = json_array(), *event;
    const char *name;
    json_object_foreach(room->state, name, event) json_array_append(events, event);
    hs_answer(request, 200, events);
}

/* parts: room, event */
void hs_get_event(struct hs_request *request)
{
    struct hs_room *room = joined_room(request);
    if (!room)
        return;
    const struct hs_event *event = hs_find_event(room, request->parts[1]);
    if (event)
        hs_answer(request, 200, hs_event_for(request, room, event, true));
    else
        hs_error(request, 404, "M_NOT_FOUND");
}

/* parts: room, "members" or "joined_members" */
void hs_get_members(struct hs_request *request)
{
    const struct hs_room *room = joined_room(request);
    if (!room)
        return;
    bool joined = strcmp(request->parts[1], "joined_members") == 0;
    if (!joined && strcmp(request->parts[1], "members") != 0) {
        hs_error(request, 404, "M_UNRECOGNIZED");
        return;
    }
    json_t *members = joined ? json_object() : json_array(), *event;
    const char *name;
    json_object_foreach(room->state, name, event)
    {
        const json_t *content = json_object_get(event, "content");
        if (strncmp(name, "m.room.member|", 14) != 0)
            continue;
        if (!joined) {
            json_array_append(members, event);
        } else if (strcmp(hs_text(content, "membership"), "join") == 0) {
            json_t *member = json_object();
            if (json_object_get(content, "displayname"))
                json_object_set(member, "display_name", json_object_get(content, "displayname"));
            json_object_set_new(members, hs_text(event, "state_key"), member);
        }
    }
    hs_answer(request, 200, json_pack("{s:o}", joined ? "joined" : "chunk", members));
}

void hs_get_joined_rooms(struct hs_request *request)
{
    json_t *rooms = json_array();
    for (size_t i = 0; i < request->hs->room_count; i++)
        if (strcmp(hs_membership_in(request->hs->rooms[i], request->account->user), "join") == 0)
            json_array_append_new(rooms, json_string(request->hs->rooms[i]->id));
    hs_answer(request, 200, json_pack("{s:o}", "joined_rooms", rooms));
}

void hs_get_alias(struct hs_request *request)
{
    const struct hs_room *room = hs_find_room(request->hs, request->parts[0]);
    if (room && request->parts[0][0] == '#')
        hs_answer(request, 200,
                  json_pack("{s:s, s:[s]}", "room_id", room->id, "servers",
                            request->hs->knobs.server_name));
    else
        hs_error(request, 404, "M_NOT_FOUND");
}

static json_t *summary(const struct hs_room *room)
{
    json_t *children = json_array(), *event;
    const char *name;
    json_object_foreach(room->state, name,
                        event) if (strncmp(name, "m.space.child|", 14) == 0 &&
                                   json_object_get(json_object_get(event, "content"), "via"))
        json_array_append(children, event);
    json_t *json = json_pack("{s:s, s:o, s:i, s:b, s:b}", "room_id", room->id, "children_state",
                             children, "num_joined_members", 1, "guest_can_join", 0,
                             "world_readable", 0);
    const json_t *create = json_object_get(hs_room_state(room, "m.room.create", ""), "content");
    if (json_object_get(create, "type"))
        json_object_set(json, "room_type", json_object_get(create, "type"));
    if (room->alias)
        json_object_set_new(json, "canonical_alias", json_string(room->alias));
    return json;
}

/* A space and its children, one level down. */
void hs_get_hierarchy(struct hs_request *request)
{
    const struct hs_room *room = joined_room(request);
    if (!room)
        return;
    json_t *rooms = json_array(), *event;
    const char *name;
    json_array_append_new(rooms, summary(room));
    json_object_foreach(room->state, name, event)
    {
        const struct hs_room *child = hs_find_room(request->hs, hs_text(event, "state_key"));
        if (child && strncmp(name, "m.space.child|", 14) == 0 &&
            json_object_get(json_object_get(event, "content"), "via"))
            json_array_append_new(rooms, summary(child));
    }
    hs_answer(request, 200, json_pack("{s:o}", "rooms", rooms));
}

/* parts: room, type, event */
void hs_post_receipt(struct hs_request *request)
{
    struct hs_room *room = joined_room(request);
    if (!room)
        return;
    if (!hs_find_event(room, request->parts[2])) {
        hs_error(request, 400, "M_INVALID_PARAM");
        return;
    }
    json_object_set_new(room->receipts, request->account->user, json_string(request->parts[2]));
    hs_answer(request, 200, json_object());
}

/* parts: room, user */
void hs_put_typing(struct hs_request *request)
{
    if (!joined_room(request))
        return;
    request->hs->typing_count += json_is_true(json_object_get(request->json, "typing"));
    hs_answer(request, 200, json_object());
}
