/* SPDX-License-Identifier: MIT */
/* route.c: whom a message goes to: where it was asked, a member in private, a room, all rooms of a
 * group, its team. */
#include "outbox/internal.h"

#include <errno.h>
#include <sodium.h>

#include "people/bridge.h"

struct router {
    struct outbox *outbox;
    const struct mooring_message *message;
    const struct outbox_source *source; /* NULL: nobody asked */
    struct arena *arena;
    bool names_nobody;
    struct payload *routes;
    size_t count;
};

const struct group *outbox_group(const struct outbox *outbox, uint64_t id)
{
    return id && outbox->parts.groups ? groups_by_id(outbox->parts.groups, id) : NULL;
}

static const struct groups_room *find_room(const struct outbox *outbox, uint64_t id)
{
    return outbox->parts.groups ? groups_room_by_id(outbox->parts.groups, id) : NULL;
}

/* Random, and stored before the first byte is written: a network that knows such ids takes a second
 * try for the first. */
static struct str transaction_id(struct arena *arena)
{
    unsigned char bytes[16];
    char text[2 * sizeof bytes + 1];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
    return str_keep(arena, str_of(text));
}

static struct payload *add(struct router *router)
{
    if (router->count == OUTBOX_ROUTES_MAX)
        return NULL;
    struct payload *route = &router->routes[router->count++];
    *route = (struct payload){.group = router->message->to.group.id};
    if (!route->group && router->source)
        route->group = router->source->group;
    return route;
}

static int finish(struct router *router, struct payload *route)
{
    if (router->names_nobody) { /* a reply to somebody's message points at them too */
        route->mention = route->mention_identity = route->answers_id = (struct str){0};
        route->thread = (struct str){0};
        route->is_answer = false;
    } else if (router->source) {
        route->cause = router->source->event_id;
    }
    route->transaction_id = transaction_id(router->arena);
    return route->transaction_id.ptr ? 0 : -ENOMEM;
}

static bool wants_attention(const struct mooring_message *message)
{
    return (message->flags & (MOORING_SAY_URGENT | MOORING_SAY_CRISIS)) != 0;
}

/* ---- the ways -------------------------------------------------------------------------------- */

static int to_room(struct router *router, const struct groups_room *room, uint64_t mention)
{
    struct payload *route = add(router);
    if (!route)
        return -E2BIG;
    route->network = room->network;
    route->room = room->name;
    route->room_id = room->id;
    if (room->group)
        route->group = room->group->id;
    route->member = mention;
    /* Who cannot be named is not addressed; the message still goes. */
    struct people *people = router->outbox->parts.people;
    if (mention && people_display(people, mention, router->arena, &route->mention) < 0)
        route->mention = (struct str){0};
    if (!str_empty(route->mention) &&
        people_identity_on(people, mention, room->network, router->arena,
                           &route->mention_identity) < 0)
        route->mention_identity = (struct str){0}; /* they are on another network */
    return finish(router, route);
}

static int to_member(struct router *router, uint64_t member)
{
    struct people_speaker speaker;
    int r = people_address(router->outbox->parts.people, member, router->arena, &speaker);
    if (r < 0)
        return r;
    /* What cannot wait goes at once to where they can be reached. */
    struct people_speaker other;
    if (wants_attention(router->message) &&
        outbox_find_elsewhere(router->outbox, member, speaker.network, router->arena, &other))
        speaker = other;
    struct payload *route = add(router);
    route->network = speaker.network;
    route->user = speaker.address;
    route->identity = speaker.identity;
    route->member = member;
    if (!route->group) {
        const struct group *home = people_home(router->outbox->parts.people, member);
        route->group = home ? home->id : 0;
    }
    if (router->source && !str_empty(router->source->room)) {
        route->source_room = router->source->room;
        route->source_room_id = router->source->room_id;
    }
    return finish(router, route);
}

/* Of the sides of one conversation, one: where we are heard, of those where somebody spoke last, of
 * equals the first of the configuration. */
static bool is_better(const struct outbox *outbox, const struct groups_room *room,
                      const struct groups_room *other)
{
    bool heard = outbox_hears(outbox, room), other_heard = outbox_hears(outbox, other);
    if (heard != other_heard)
        return heard;
    return room->active_ms != other->active_ms ? room->active_ms > other->active_ms : room < other;
}

static bool speaks_for_its_bridge(const struct outbox *outbox, const struct groups_room *room)
{
    const struct groups_room *other;
    size_t cursor = 0;
    while ((other = bridge_next(room, &cursor)))
        if (!is_better(outbox, room, other))
            return false;
    return true;
}

static int to_group(struct router *router, uint64_t id)
{
    const struct group *group = outbox_group(router->outbox, id);
    if (!group)
        return -ENOENT;
    for (size_t i = 0; i < group->room_count; i++) {
        if (!speaks_for_its_bridge(router->outbox, &group->rooms[i]))
            continue;
        int r = to_room(router, &group->rooms[i], router->message->to.member.id);
        if (r < 0)
            return r;
    }
    return group->room_count ? 0 : -ENOENT;
}

static int to_team(struct router *router)
{
    uint64_t id = router->message->to.group.id;
    if (!id && router->source)
        id = router->source->group;
    const struct group *group = outbox_group(router->outbox, id);
    if (!group || str_empty(group->alert_room.name))
        return -ENOENT;
    return to_room(router, &group->alert_room, router->message->to.member.id);
}

static struct str answers_id(const struct outbox_source *source)
{
    return str_empty(source->answers_id) ? source->event_id : source->answers_id;
}

/* The room in which it was asked, as an answer to that message. */
static int back_to_room(struct router *router)
{
    const struct outbox_source *source = router->source;
    struct payload *route = add(router);
    route->network = source->network;
    route->room = source->room;
    route->room_id = source->room_id;
    route->member = source->member;
    route->mention = source->display;
    route->mention_identity = source->identity;
    route->answers_id = answers_id(source);
    route->thread = source->thread;
    route->is_answer = source->is_command && !wants_attention(router->message);
    return finish(router, route);
}

/* The person who asked, on the network on which they did. */
static int back_in_private(struct router *router)
{
    const struct outbox_source *source = router->source;
    if (str_empty(source->user))
        return -EACCES;
    struct payload *route = add(router);
    route->network = source->network;
    route->user = source->user;
    route->identity = source->identity;
    route->member = source->member;
    route->source_room = source->room;
    route->source_room_id = source->room_id;
    if (str_empty(source->room)) {
        route->answers_id = answers_id(source);
        route->thread = source->thread;
    }
    route->is_answer = source->is_command && !wants_attention(router->message);
    return finish(router, route);
}

/* In the order of what is most particular: the team; the message in hand, unless somebody or
 * somewhere else is named; a room; a member; a group.  PRIVATE_ONLY wins over every room. */
static int route(struct router *router)
{
    const struct mooring_to *to = &router->message->to;
    bool is_private = (router->message->flags & MOORING_SAY_PRIVATE_ONLY) != 0;
    if (router->message->flags & MOORING_SAY_TEAM)
        return is_private ? -EACCES : to_team(router);
    if (router->source && (!to->member.id || to->member.id == router->source->member) &&
        (!to->room.id || to->room.id == router->source->room_id)) {
        bool in_room = !str_empty(router->source->room) && !is_private;
        return in_room ? back_to_room(router) : back_in_private(router);
    }
    if (to->room.id && !is_private) {
        const struct groups_room *room = find_room(router->outbox, to->room.id);
        return room ? to_room(router, room, to->member.id) : -ENOENT;
    }
    if (to->member.id)
        return to_member(router, to->member.id);
    if (is_private)
        return -EACCES;
    return to->group.id ? to_group(router, to->group.id) : -ENOENT;
}

int outbox_route(struct outbox *outbox, const struct outbox_item *item, struct arena *arena,
                 struct payload *ret_routes, size_t *ret_count)
{
    struct router router = {.outbox = outbox,
                            .message = item->message,
                            .arena = arena,
                            .names_nobody = item->names_nobody,
                            .routes = ret_routes};
    uint64_t answers = item->message->to.answers.id;
    if (answers) {
        router.source = outbox_find_source(outbox, answers);
        if (!router.source)
            return -ESTALE;
    }
    int r = route(&router);
    if (r < 0)
        return r;
    *ret_count = router.count;
    return 0;
}
