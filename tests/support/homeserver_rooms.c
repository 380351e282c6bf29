/* SPDX-License-Identifier: MIT */
/* homeserver_rooms.c: rooms, their events and state; members who act by a function call. */
#include "homeserver_internal.h"

#include <assert.h>
#include <stdlib.h>

static const int64_t INFINITE = INT64_MAX;

struct hs_room *hs_find_room(struct homeserver *hs, const char *id)
{
    for (size_t i = hs->room_count; i > 0; i--) { /* an alias is the latest room's */
        struct hs_room *room = hs->rooms[i - 1];
        if (strcmp(room->id, id) == 0 || (room->alias && strcmp(room->alias, id) == 0))
            return room;
    }
    return NULL;
}

static struct hs_room *must_find(struct homeserver *hs, const char *id)
{
    struct hs_room *room = hs_find_room(hs, id);
    assert(room);
    return room;
}

json_t *hs_room_state(const struct hs_room *room, const char *type, const char *key)
{
    char *name = hs_printf("%s|%s", type, key);
    json_t *event = json_object_get(room->state, name);
    free(name);
    return event;
}

struct hs_event *hs_find_event(struct hs_room *room, const char *event_id)
{
    for (size_t i = room->count; i > 0; i--)
        if (strcmp(hs_text(room->events[i - 1].json, "event_id"), event_id) == 0)
            return &room->events[i - 1];
    return NULL;
}

/* content: taken */
struct hs_event *hs_add_event(struct homeserver *hs, struct hs_room *room, const char *sender,
                              const char *type, const char *state_key, json_t *content)
{
    assert(content);
    int64_t at = hs->fixed_at ? hs->fixed_at : clock_wall_at(loop_clock(hs->loop));
    char *id = hs_printf("$event-%llu", (unsigned long long)++hs->position);
    room->events = hs_more(room->events, &room->capacity, room->count, sizeof *room->events);
    struct hs_event *event = &room->events[room->count++];
    *event = (struct hs_event){.position = hs->position};
    event->json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:{}}", "event_id", id, "room_id",
                            room->id, "sender", sender, "type", type, "content", content,
                            "origin_server_ts", (json_int_t)at, "unsigned");
    free(id);
    assert(event->json);
    if (state_key) {
        char *name = hs_printf("%s|%s", type, state_key);
        json_object_set_new(event->json, "state_key", json_string(state_key));
        json_object_set(room->state, name, event->json);
        free(name);
    }
    hs_changed(hs);
    return event;
}

/* ---- membership, power ----------------------------------------------------------------------- */

const char *hs_membership_in(const struct hs_room *room, const char *user)
{
    const json_t *event = hs_room_state(room, "m.room.member", user);
    return event ? hs_text(json_object_get(event, "content"), "membership") : "";
}

const char *hs_membership_at(const struct hs_room *room, const char *user, uint64_t position)
{
    for (size_t i = room->count; i > 0; i--) {
        const json_t *json = room->events[i - 1].json;
        if (room->events[i - 1].position <= position &&
            strcmp(hs_text(json, "type"), "m.room.member") == 0 &&
            strcmp(hs_text(json, "state_key"), user) == 0)
            return hs_text(json_object_get(json, "content"), "membership");
    }
    return "";
}

void hs_member(struct homeserver *hs, struct hs_room *room, const char *sender, const char *user,
               const char *membership)
{
    json_t *content = json_pack("{s:s}", "membership", membership);
    const struct hs_account *account = hs_find_account(hs, user);
    json_t *name = account ? json_object_get(account->profile, "displayname") : NULL;
    if (name && strcmp(membership, "leave") != 0)
        json_object_set(content, "displayname", name);
    hs_add_event(hs, room, sender, "m.room.member", user, content);
}

static bool is_v12(const char *version)
{
    return strtol(version, NULL, 10) >= 12;
}

static bool is_creator(const struct hs_room *room, const char *user)
{
    const json_t *create = hs_room_state(room, "m.room.create", "");
    size_t i;
    json_t *more;
    if (strcmp(hs_text(create, "sender"), user) == 0)
        return true;
    json_array_foreach(json_object_get(json_object_get(create, "content"), "additional_creators"),
                       i, more) if (json_is_string(more) &&
                                    strcmp(json_string_value(more), user) == 0) return true;
    return false;
}

int64_t hs_power(const struct hs_room *room, const char *user)
{
    const json_t *event = hs_room_state(room, "m.room.power_levels", "");
    const json_t *content = json_object_get(event, "content");
    if (is_v12(room->version) && is_creator(room, user))
        return INFINITE;
    if (!event)
        return is_creator(room, user) ? 100 : 0;
    const json_t *own = json_object_get(json_object_get(content, "users"), user);
    return json_integer_value(own ? own : json_object_get(content, "users_default"));
}

/* list NULL: content.key itself ("redact"); else content.list.key, else content.usual by the
 * caller */
int64_t hs_power_needed(const struct hs_room *room, const char *key, const char *list,
                        int64_t usual)
{
    const json_t *event = hs_room_state(room, "m.room.power_levels", "");
    const json_t *content = json_object_get(event, "content");
    const json_t *value = json_object_get(list ? json_object_get(content, list) : content, key);
    return value ? json_integer_value(value) : usual;
}

/* ---- rooms ----------------------------------------------------------------------------------- */

static json_t *power_levels(const struct hs_room *room, const char *creator)
{
    bool v12 = is_v12(room->version);
    json_t *users = json_object();
    if (!v12)
        json_object_set_new(users, creator, json_integer(100));
    return json_pack("{s:o, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:{s:i, s:i}}", "users", users,
                     "users_default", 0, "events_default", 0, "state_default", 50, "ban", 50,
                     "kick", 50, "redact", 50, "invite", 0, "events", "m.room.tombstone",
                     v12 ? 150 : 100, "m.room.power_levels", 100);
}

struct hs_room *hs_add_room(struct homeserver *hs, const char *creator, const char *version,
                            json_t *creation_content)
{
    struct hs_room *room = calloc(1, sizeof *room);
    assert(room);
    hs->rooms = hs_more(hs->rooms, &hs->room_room, hs->room_count, sizeof room);
    hs->rooms[hs->room_count++] = room;
    room->version = hs_printf("%s", version);
    room->id = is_v12(version) ? hs_printf("!opaque_%zu-kFz3", hs->room_count)
                               : hs_printf("!room%zu:%s", hs->room_count, hs->knobs.server_name);
    room->state = json_object();
    room->receipts = json_object();
    room->room_data = json_object();
    room->forgotten = json_object();
    json_t *create = creation_content ? json_deep_copy(creation_content) : json_object();
    json_object_set_new(create, "room_version", json_string(version));
    if (strtol(version, NULL, 10) < 11)
        json_object_set_new(create, "creator", json_string(creator));
    hs_add_event(hs, room, creator, "m.room.create", "", create);
    hs_member(hs, room, creator, creator, "join");
    hs_add_event(hs, room, creator, "m.room.power_levels", "", power_levels(room, creator));
    return room;
}

static void set_public(struct homeserver *hs, struct hs_room *room, const char *creator)
{
    room->is_public = true;
    hs_add_event(hs, room, creator, "m.room.join_rules", "",
                 json_pack("{s:s}", "join_rule", "public"));
    hs_add_event(hs, room, creator, "m.room.history_visibility", "",
                 json_pack("{s:s}", "history_visibility", "shared"));
}

const char *hs_room(struct homeserver *hs, const char *creator, const char *version,
                    const char *alias)
{
    struct hs_room *room = hs_add_room(hs, creator, version ? version : hs->knobs.room_version,
                                       NULL);
    set_public(hs, room, creator);
    if (alias) {
        room->alias = hs_printf("%s", alias);
        hs_add_event(hs, room, creator, "m.room.canonical_alias", "",
                     json_pack("{s:s}", "alias", alias));
    }
    return room->id;
}

const char *hs_upgrade(struct homeserver *hs, const char *id, const char *user, const char *version)
{
    struct hs_room *old = must_find(hs, id);
    json_t *content = json_pack("{s:{s:s}}", "predecessor", "room_id", old->id);
    struct hs_room *room = hs_add_room(hs, user, version, content);
    json_decref(content);
    set_public(hs, room, user);
    room->alias = TAKE(old->alias);
    hs_add_event(hs, old, user, "m.room.tombstone", "",
                 json_pack("{s:s, s:s}", "body", "moved", "replacement_room", room->id));
    return room->id;
}

void hs_join(struct homeserver *hs, const char *room, const char *user)
{
    hs_member(hs, must_find(hs, room), user, user, "join");
}

void hs_leave(struct homeserver *hs, const char *room, const char *user)
{
    hs_member(hs, must_find(hs, room), user, user, "leave");
}

void hs_invite(struct homeserver *hs, const char *room, const char *by, const char *user)
{
    hs_member(hs, must_find(hs, room), by, user, "invite");
}

void hs_kick(struct homeserver *hs, const char *room, const char *by, const char *user)
{
    hs_member(hs, must_find(hs, room), by, user, "leave");
}

void hs_ban(struct homeserver *hs, const char *room, const char *by, const char *user)
{
    hs_member(hs, must_find(hs, room), by, user, "ban");
}

/* ---- events ---------------------------------------------------------------------------------- */

const char *hs_event_json(struct homeserver *hs, const char *room, const char *user,
                          const char *type, json_t *content)
{
    return hs_text(hs_add_event(hs, must_find(hs, room), user, type, NULL, content)->json,
                   "event_id");
}

static json_t *must_load(const char *content)
{
    json_t *json = json_loads(content, JSON_ALLOW_NUL, NULL);
    assert(json);
    return json;
}

const char *hs_event(struct homeserver *hs, const char *room, const char *user, const char *type,
                     const char *content)
{
    return hs_event_json(hs, room, user, type, must_load(content));
}

const char *hs_state(struct homeserver *hs, const char *room, const char *user, const char *type,
                     const char *key, const char *content)
{
    return hs_text(hs_add_event(hs, must_find(hs, room), user, type, key, must_load(content))->json,
                   "event_id");
}

const char *hs_say(struct homeserver *hs, const char *room, const char *user, const char *text)
{
    return hs_event_json(
        hs, room, user, "m.room.message",
        json_pack("{s:s, s:s, s:{}}", "msgtype", "m.text", "body", text, "m.mentions"));
}

void hs_do_redact(struct homeserver *hs, struct hs_room *room, struct hs_event *event,
                  struct hs_event *by)
{
    (void)hs;
    (void)room;
    json_object_set_new(event->json, "content", json_object());
    json_object_set_new(event->json, "unsigned",
                        json_pack("{s:o}", "redacted_because", json_deep_copy(by->json)));
}

void hs_time(struct homeserver *hs, int64_t at)
{
    hs->fixed_at = at;
}

/* ---- what came of it ------------------------------------------------------------------------- */

size_t hs_room_count(struct homeserver *hs)
{
    return hs->room_count;
}

const char *hs_room_at(struct homeserver *hs, size_t index)
{
    return index < hs->room_count ? hs->rooms[index]->id : "";
}

const char *hs_membership(struct homeserver *hs, const char *room, const char *user)
{
    return hs_membership_in(must_find(hs, room), user);
}

json_t *hs_state_of(struct homeserver *hs, const char *room, const char *type, const char *key)
{
    return hs_room_state(must_find(hs, room), type, key);
}

static bool is_of(const json_t *json, const char *sender, const char *type)
{
    return strcmp(hs_text(json, "sender"), sender) == 0 &&
           (!type || strcmp(hs_text(json, "type"), type) == 0);
}

size_t hs_count(struct homeserver *hs, const char *id, const char *sender, const char *type)
{
    const struct hs_room *room = must_find(hs, id);
    size_t count = 0;
    for (size_t i = 0; i < room->count; i++)
        count += is_of(room->events[i].json, sender, type);
    return count;
}

json_t *hs_nth(struct homeserver *hs, const char *id, const char *sender, const char *type,
               size_t n)
{
    const struct hs_room *room = must_find(hs, id);
    for (size_t i = 0; i < room->count; i++)
        if (is_of(room->events[i].json, sender, type) && n-- == 0)
            return room->events[i].json;
    return NULL;
}

const char *hs_body(struct homeserver *hs, const char *room, const char *sender, size_t n)
{
    return hs_text(json_object_get(hs_nth(hs, room, sender, "m.room.message", n), "content"),
                   "body");
}

json_t *hs_receipt(struct homeserver *hs, const char *room, const char *user)
{
    return json_object_get(must_find(hs, room)->receipts, user);
}

void hs_rooms_free(struct homeserver *hs)
{
    for (size_t i = 0; i < hs->room_count; i++) {
        struct hs_room *room = hs->rooms[i];
        for (size_t k = 0; k < room->count; k++) {
            json_decref(room->events[k].json);
            free(room->events[k].transaction_id);
            free(room->events[k].sender_device);
        }
        json_t *all[] = {room->state, room->receipts, room->room_data, room->forgotten};
        for (size_t k = 0; k < COUNT_OF(all); k++)
            json_decref(all[k]);
        free(room->events);
        free(room->id);
        free(room->version);
        free(room->alias);
        free(room);
    }
    for (size_t i = 0; i < hs->transaction_count; i++) {
        free(hs->transactions[i].key);
        free(hs->transactions[i].event_id);
    }
    for (size_t i = 0; i < hs->media_count; i++) {
        free(hs->media[i].bytes);
        free(hs->media[i].type);
    }
    free(hs->rooms);
    free(hs->transactions);
    free(hs->media);
}
