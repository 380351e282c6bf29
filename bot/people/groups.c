/* SPDX-License-Identifier: MIT */
/* groups.c: the peer groups of the configuration, read once and found by room, name or id. */
#include "people/groups.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/map.h"

enum {
    ROOM_KEY_BYTES = 640, /* a network's name, a room's, and what stands between */
    ITEMS_LIMIT = 4096,   /* rooms, moderators or shifts of one group */
};

struct groups {
    const struct settings_node *networks;
    const struct store *store; /* gives rooms their ids */
    struct group *items;
    size_t count;
    struct map by_id, by_room, rooms_by_id;
};

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* ---- rooms ----------------------------------------------------------------------------------- */

/* The network's name in lower case, NUL, the room as it is spelled; false when it does not fit. */
static bool room_key(struct str network, struct str room, char out[ROOM_KEY_BYTES],
                     struct str *ret_key)
{
    if (network.len + 1 + room.len > ROOM_KEY_BYTES)
        return false;
    for (size_t i = 0; i < network.len; i++)
        out[i] = ascii_lower(network.ptr[i]);
    out[network.len] = '\0';
    if (room.len)
        memcpy(out + network.len + 1, room.ptr, room.len);
    *ret_key = (struct str){out, network.len + 1 + room.len};
    return true;
}

static uint64_t room_id(const struct groups *groups, struct str network, struct str name)
{
    return store_name_id(groups->store, STR("room"), network, name);
}

static void read_room(const struct groups *groups, const struct settings_node *node,
                      struct group *group, struct groups_room *room)
{
    room->network = settings_text(node, "network");
    room->name = settings_text(node, "room");
    room->group = group;
    room->bridged = settings_at(node, "bridged") ? settings_text(node, "bridged") : (struct str){0};
    room->id = room_id(groups, room->network, room->name);
}

/* The first group that names a room has it: the settings' own check refuses a second. */
static int index_room(struct groups *groups, struct groups_room *room)
{
    char bytes[ROOM_KEY_BYTES];
    struct str key;
    if (str_empty(room->name) || !room_key(room->network, room->name, bytes, &key) ||
        map_get(&groups->by_room, key))
        return 0;
    int r = map_put(&groups->by_room, key, room);
    return r < 0 ? r : map_put_id(&groups->rooms_by_id, room->id, room);
}

static int read_spaces(struct group *group)
{
    const struct settings_node *list = settings_at(group->node, "spaces");
    size_t count = MIN_OF(settings_count(list), (size_t)ITEMS_LIMIT);
    group->spaces = mem_zalloc_array(count, sizeof *group->spaces);
    if (!group->spaces)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        group->spaces[group->space_count++] = (struct groups_space){
            settings_text(settings_item(list, i), "network"),
            settings_text(settings_item(list, i), "room")};
    return 0;
}

/* Room for what spaces may list, so that no room moves when one is added. */
static int read_rooms(struct groups *groups, struct group *group)
{
    const struct settings_node *list = settings_at(group->node, "rooms");
    const struct settings_node *alert_room = settings_at(group->node, "alert_room");
    size_t count = MIN_OF(settings_count(list), (size_t)ITEMS_LIMIT);
    int r = 0;
    group->room_capacity = count + (group->space_count ? GROUPS_LISTED_MAX : 0);
    group->rooms = mem_zalloc_array(group->room_capacity, sizeof *group->rooms);
    if (!group->rooms)
        return -ENOMEM;
    group->room_count = count;
    for (size_t i = 0; r == 0 && i < count; i++) {
        read_room(groups, settings_item(list, i), group, &group->rooms[i]);
        r = index_room(groups, &group->rooms[i]);
    }
    group->alert_room = (struct groups_room){.group = group, .is_alert_room = true};
    if (r == 0 && alert_room && settings_is_set(alert_room)) {
        read_room(groups, alert_room, group, &group->alert_room);
        r = index_room(groups, &group->alert_room);
    }
    return r;
}

/* ---- moderators, rota ------------------------------------------------------------------------ */

/* "@mara:example.org" is called mara where no name is given. */
static struct str called(struct str identity)
{
    struct str name = identity;
    if (str_starts(name, STR("@")))
        name = str_from(name, 1);
    return str_upto(name, MIN_OF(str_find(name, STR(":"), 0), name.len));
}

/* Networks give accounts case-folded; people write them as they like. */
static void lower(char *text)
{
    for (; *text; text++)
        *text = ascii_lower(*text);
}

static int read_moderators(struct group *group)
{
    const struct settings_node *list = settings_at(group->node, "moderators");
    size_t count = MIN_OF(settings_count(list), (size_t)ITEMS_LIMIT);
    group->moderators = mem_zalloc_array(count, sizeof *group->moderators);
    if (!group->moderators)
        return -ENOMEM;
    group->moderator_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct settings_node *node = settings_item(list, i);
        struct groups_moderator *moderator = &group->moderators[i];
        struct str account = settings_text(node, "account"), name = settings_text(node, "name");
        moderator->network = settings_text(node, "network");
        if (str_to_c(account, moderator->folded, sizeof moderator->folded))
            lower(moderator->folded);
        moderator->identity = str_empty(account) ? settings_text(node, "user")
                                                 : str_of(moderator->folded);
        moderator->name = str_empty(name) ? called(moderator->identity) : name;
    }
    return 0;
}

static bool find_moderator(const struct group *group, struct str who, size_t *ret_index)
{
    for (size_t i = 0; i < group->moderator_count; i++) {
        const struct groups_moderator *moderator = &group->moderators[i];
        if (str_eq_nocase(moderator->name, who) || str_eq_nocase(moderator->identity, who)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static unsigned read_days(const struct settings_node *list)
{
    unsigned bits = 0;
    for (size_t i = 0; i < settings_count(list); i++)
        for (unsigned day = 0; day < COUNT_OF(days); day++)
            if (str_starts_nocase(settings_value_text(settings_item(list, i)), str_of(days[day])))
                bits |= 1u << day;
    return bits;
}

/* A shift of somebody who is no moderator is left out: the settings' check has said so already. */
static int read_shifts(struct group *group)
{
    const struct settings_node *list = settings_at(group->node, "on_call");
    size_t count = MIN_OF(settings_count(list), (size_t)ITEMS_LIMIT);
    group->shifts = mem_zalloc_array(count, sizeof *group->shifts);
    if (!group->shifts)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct settings_node *node = settings_item(list, i);
        struct groups_shift *shift = &group->shifts[group->shift_count];
        if (!find_moderator(group, settings_text(node, "who"), &shift->moderator))
            continue;
        shift->days = read_days(settings_at(node, "days"));
        shift->from_minutes = (int)settings_integer(node, "from");
        shift->to_minutes = (int)settings_integer(node, "to");
        group->shift_count++;
    }
    return 0;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static int read_group(struct groups *groups, const struct settings_node *node, struct group *group)
{
    group->node = node;
    group->name = settings_text(node, "name");
    group->title = settings_text(node, "title");
    group->zone = settings_text(node, "zone");
    group->country = settings_text(node, "country");
    group->language = settings_text(node, "language");
    group->moderators_by_power = settings_boolean(node, "moderators_by_power");
    group->moderators_by_link = settings_boolean(node, "moderators_by_link");
    group->id = store_name_id(groups->store, STR("group"), group->name, (struct str){0});
    if (str_empty(group->title))
        group->title = group->name;
    int r = map_put_id(&groups->by_id, group->id, group);
    if (r == 0)
        r = read_spaces(group);
    if (r == 0)
        r = read_rooms(groups, group);
    if (r == 0)
        r = read_moderators(group);
    if (r == 0)
        r = read_shifts(group);
    return r;
}

int groups_create(const struct settings *settings, const struct store *store,
                  struct groups **ret_groups)
{
    const struct settings_node *list = settings_at(settings_root(settings), "groups");
    struct groups *groups = mem_zalloc(sizeof *groups);
    if (!groups)
        return -ENOMEM;
    groups->store = store;
    groups->networks = settings_at(settings_root(settings), "networks");
    groups->count = MIN_OF(settings_count(list), (size_t)ITEMS_LIMIT);
    groups->items = mem_zalloc_array(groups->count, sizeof *groups->items);
    int r = groups->items ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < groups->count; i++)
        r = read_group(groups, settings_item(list, i), &groups->items[i]);
    if (r < 0) {
        groups_destroy(groups);
        return r;
    }
    *ret_groups = groups;
    return 0;
}

static void room_done(struct groups_room *room)
{
    mem_free(room->space);
    mem_free(room->listed);
    *room = (struct groups_room){0};
}

static void group_done(struct group *group)
{
    for (size_t i = 0; group->rooms && i < group->room_count; i++)
        room_done(&group->rooms[i]);
    mem_free(group->rooms);
    mem_free(group->spaces);
    mem_free(group->moderators);
    mem_free(group->shifts);
}

void groups_destroy(struct groups *groups)
{
    if (!groups)
        return;
    for (size_t i = 0; groups->items && i < groups->count; i++)
        group_done(&groups->items[i]);
    map_done(&groups->by_id);
    map_done(&groups->by_room);
    map_done(&groups->rooms_by_id);
    mem_free(groups->items);
    mem_free(groups);
}

const struct settings_node *groups_networks(const struct groups *groups)
{
    return groups->networks;
}

size_t groups_count(const struct groups *groups)
{
    return groups->count;
}

struct group *groups_at(const struct groups *groups, size_t index)
{
    return index < groups->count ? &groups->items[index] : NULL;
}

struct group *groups_by_id(const struct groups *groups, uint64_t id)
{
    return map_get_id(&groups->by_id, id);
}

struct group *groups_by_name(const struct groups *groups, struct str name)
{
    for (size_t i = 0; i < groups->count; i++)
        if (str_eq_nocase(groups->items[i].name, name))
            return &groups->items[i];
    return NULL;
}

struct groups_room *groups_find_room(const struct groups *groups, struct str network,
                                     struct str room)
{
    char bytes[ROOM_KEY_BYTES];
    struct str key;
    return room_key(network, room, bytes, &key) ? map_get(&groups->by_room, key) : NULL;
}

int groups_note_spelling(struct groups *groups, struct groups_room *room, struct str spelling)
{
    char bytes[ROOM_KEY_BYTES];
    struct str key;
    return room_key(room->network, spelling, bytes, &key) ? map_put(&groups->by_room, key, room)
                                                          : -E2BIG;
}

struct groups_room *groups_room_by_id(const struct groups *groups, uint64_t id)
{
    return map_get_id(&groups->rooms_by_id, id);
}

/* ---- rooms that a space lists ---------------------------------------------------------------- */

static const struct groups_space *find_space(const struct groups *groups, struct str network,
                                             struct str space, struct group **ret_group)
{
    for (size_t g = 0; g < groups->count; g++) {
        struct group *group = &groups->items[g];
        for (size_t i = 0; i < group->space_count; i++) {
            if (!str_eq(group->spaces[i].network, network) || !str_eq(group->spaces[i].name, space))
                continue;
            *ret_group = group;
            return &group->spaces[i];
        }
    }
    return NULL;
}

int groups_list_room(struct groups *groups, struct str network, struct str space, struct str name)
{
    struct group *group;
    const struct groups_space *found = find_space(groups, network, space, &group);
    if (!found)
        return -ENOENT;
    if (groups_find_room(groups, network, name))
        return 0; /* a group's own, or its alert room: that goes before what a space says */
    if (group->room_count == group->room_capacity)
        return -ENOBUFS;
    struct groups_room room = {.network = found->network,
                               .group = group,
                               .space = str_copy(space),
                               .listed = str_copy(name)};
    room.name = (struct str){room.listed, name.len};
    room.id = room_id(groups, network, name);
    struct groups_room *place = &group->rooms[group->room_count];
    int r = room.space && room.listed ? 0 : -ENOMEM;
    *place = room;
    if (r == 0)
        r = index_room(groups, place);
    if (r < 0) {
        room_done(place);
        return r;
    }
    group->room_count++;
    return 1;
}

/* Under each of its spellings. */
static void point_away(struct groups *groups, const struct groups_room *room)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&groups->by_room, &cursor, &key, &value))
        if (value == room)
            (void)map_remove(&groups->by_room, key);
    (void)map_remove_id(&groups->rooms_by_id, room->id);
}

/* The last takes the free place; its other spellings are found again when it speaks. */
static void remove_room(struct groups *groups, struct groups_room *room)
{
    struct group *group = room->group;
    struct groups_room *last = &group->rooms[group->room_count - 1];
    point_away(groups, room);
    room_done(room);
    group->room_count--;
    if (room == last)
        return;
    point_away(groups, last);
    *room = TAKE(*last);
    mem_reserve_begin(); /* a place in a map that had it a moment ago */
    (void)index_room(groups, room);
    mem_reserve_end();
}

int groups_unlist_room(struct groups *groups, struct str network, struct str space, struct str name)
{
    struct groups_room *room = groups_find_room(groups, network, name);
    if (!room || !room->listed || !str_eq_c(space, room->space))
        return 0;
    remove_room(groups, room);
    return 1;
}

int groups_take_listed(struct groups *groups, const struct groups *from)
{
    for (size_t g = 0; g < from->count; g++) {
        const struct group *group = &from->items[g];
        for (size_t i = 0; i < group->room_count; i++) {
            const struct groups_room *room = &group->rooms[i];
            if (!room->listed)
                continue;
            int r = groups_list_room(groups, room->network, str_of(room->space), room->name);
            if (r == -ENOMEM)
                return r;
        }
    }
    return 0;
}
