/* SPDX-License-Identifier: MIT */
/* groups.c: the peer groups of the configuration, read once and found by room, name or id. */
#include "people/groups.h"

#include <errno.h>

#include "base/map.h"

enum {
    ROOM_KEY_BYTES = 640, /* a network's name, a room's, and what stands between */
    ITEMS_LIMIT = 4096,   /* rooms, moderators or shifts of one group */
};

struct groups {
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
    for (size_t i = 0; i < network.len; i++) {
        char c = network.ptr[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out[network.len] = '\0';
    if (room.len)
        memcpy(out + network.len + 1, room.ptr, room.len);
    *ret_key = (struct str){out, network.len + 1 + room.len};
    return true;
}

static void read_room(const struct settings_node *node, const struct store *store,
                      struct group *group, struct groups_room *room)
{
    room->network = settings_text(node, "network");
    room->name = settings_text(node, "room");
    room->group = group;
    room->id = store_name_id(store, STR("room"), room->network, room->name);
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

static int read_rooms(struct groups *groups, struct group *group, const struct store *store)
{
    const struct settings_node *list = settings_at(group->node, "rooms");
    const struct settings_node *alert_room = settings_at(group->node, "alert_room");
    size_t count = MIN_OF(settings_count(list), (size_t)ITEMS_LIMIT);
    int r = 0;
    group->rooms = mem_zalloc_array(count, sizeof *group->rooms);
    if (!group->rooms)
        return -ENOMEM;
    group->room_count = count;
    for (size_t i = 0; r == 0 && i < count; i++) {
        read_room(settings_item(list, i), store, group, &group->rooms[i]);
        r = index_room(groups, &group->rooms[i]);
    }
    group->alert_room = (struct groups_room){.group = group, .is_alert_room = true};
    if (r == 0 && alert_room && settings_is_set(alert_room)) {
        read_room(alert_room, store, group, &group->alert_room);
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
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + 32);
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

static int read_group(struct groups *groups, const struct settings_node *node,
                      const struct store *store, struct group *group)
{
    group->node = node;
    group->name = settings_text(node, "name");
    group->title = settings_text(node, "title");
    group->zone = settings_text(node, "zone");
    group->country = settings_text(node, "country");
    group->language = settings_text(node, "language");
    group->id = store_name_id(store, STR("group"), group->name, (struct str){0});
    if (str_empty(group->title))
        group->title = group->name;
    int r = map_put_id(&groups->by_id, group->id, group);
    if (r == 0)
        r = read_rooms(groups, group, store);
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
    groups->count = MIN_OF(settings_count(list), (size_t)ITEMS_LIMIT);
    groups->items = mem_zalloc_array(groups->count, sizeof *groups->items);
    int r = groups->items ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < groups->count; i++)
        r = read_group(groups, settings_item(list, i), store, &groups->items[i]);
    if (r < 0) {
        groups_destroy(groups);
        return r;
    }
    *ret_groups = groups;
    return 0;
}

void groups_destroy(struct groups *groups)
{
    if (!groups)
        return;
    for (size_t i = 0; groups->items && i < groups->count; i++) {
        mem_free(groups->items[i].rooms);
        mem_free(groups->items[i].moderators);
        mem_free(groups->items[i].shifts);
    }
    map_done(&groups->by_id);
    map_done(&groups->by_room);
    map_done(&groups->rooms_by_id);
    mem_free(groups->items);
    mem_free(groups);
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
