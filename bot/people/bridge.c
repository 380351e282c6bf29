/* SPDX-License-Identifier: MIT */
/* bridge.c: rooms that a bridge makes one conversation, and who in them is a puppet. */
#include "people/bridge.h"

#include "base/ascii.h"
#include "base/fits.h"

bool bridge_is_puppet(const struct groups *groups, struct str network, const struct str *names,
                      size_t count)
{
    const struct settings_node *networks = groups_networks(groups);
    for (size_t i = 0; i < settings_count(networks); i++) {
        const struct settings_node *node = settings_item(networks, i);
        const struct settings_node *patterns = settings_at(node, "bridge_users");
        if (!patterns || !str_eq_nocase(settings_text(node, "name"), network))
            continue;
        for (size_t k = 0; k < settings_count(patterns); k++)
            for (size_t m = 0; m < count; m++)
                if (!str_empty(names[m]) &&
                    fits(names[m], settings_value_text(settings_item(patterns, k))))
                    return true;
    }
    return false;
}

struct groups_room *bridge_next(const struct groups_room *room, size_t *cursor)
{
    if (str_empty(room->bridged) || !room->group)
        return NULL;
    while (*cursor < room->group->room_count) {
        struct groups_room *other = &room->group->rooms[(*cursor)++];
        if (other->id != room->id && str_eq(other->bridged, room->bridged))
            return other;
    }
    return NULL;
}

static struct str without_name(struct str text)
{
    size_t end = str_starts(text, STR("<")) ? str_find(text, STR("> "), 1) : SIZE_MAX;
    return end == SIZE_MAX ? text : str_from(text, end + 2);
}

/* FNV-1a: only to see that something is the same. */
static uint64_t mix(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * 1099511628211u;
}

uint64_t bridge_words(const struct groups_room *room, struct str text)
{
    uint64_t hash = 14695981039346656037u;
    text = without_name(text);
    for (size_t i = 0; i < room->bridged.len; i++)
        hash = mix(hash, (unsigned char)room->bridged.ptr[i]);
    hash = mix(hash ^ (room->group ? room->group->id : 0), 0xff);
    for (size_t i = 0; i < text.len; i++) {
        char c = ascii_lower(text.ptr[i]);
        bool counts = ascii_is_small(c) || ascii_is_digit(c) || (unsigned char)c >= 0x80;
        hash = counts ? mix(hash, (unsigned char)c) : hash;
    }
    return hash ? hash : 1;
}
