/* SPDX-License-Identifier: MIT */
/* names.c: where to reach somebody, what others call them, and whom a typed name means. */
#include "people/internal.h"

#include <errno.h>

#include "store/link.h"

enum { NAME_BYTES = 512 };

/* ---- address, display ------------------------------------------------------------------------ */

/* The identities come latest first: the first with an address is where they are now. */
struct latest {
    struct arena *arena;
    struct people_speaker speaker;
    bool found, short_of_memory;
    bool (*fits)(void *ctx, struct str network); /* NULL: any */
    void *ctx;
};

static struct str keep(struct latest *latest, struct str text)
{
    struct str copy = str_keep(latest->arena, text);
    if (!copy.ptr && text.len)
        latest->short_of_memory = true;
    return copy;
}

static void take_latest(void *ctx, const struct store_identity *identity)
{
    struct latest *latest = ctx;
    if (latest->found || str_empty(identity->address) ||
        (latest->fits && !latest->fits(latest->ctx, identity->network)))
        return;
    latest->found = true;
    latest->speaker = (struct people_speaker){
        .network = keep(latest, identity->network),
        .identity = keep(latest, identity->identity),
        .address = keep(latest, identity->address),
        .display = keep(latest, identity->display),
    };
}

/* Where the configuration says that a moderator is: for a store that cannot be read. */
static int address_in_settings(const struct people *people, uint64_t member,
                               struct people_speaker *ret_speaker)
{
    for (size_t g = 0; people->groups && g < groups_count(people->groups); g++) {
        const struct group *group = groups_at(people->groups, g);
        for (size_t i = 0; i < group->moderator_count; i++) {
            const struct groups_moderator *moderator = &group->moderators[i];
            if (moderator->member != member)
                continue;
            *ret_speaker = (struct people_speaker){.network = moderator->network,
                                                   .identity = moderator->identity,
                                                   .address = moderator->identity,
                                                   .display = moderator->name};
            return 0;
        }
    }
    return -ENOENT;
}

int people_address_where(struct people *people, uint64_t member,
                         bool (*fits)(void *ctx, struct str network), void *ctx,
                         struct arena *arena, struct people_speaker *ret_speaker)
{
    struct latest latest = {.arena = arena, .fits = fits, .ctx = ctx};
    member = store_link_current(people->store, member);
    int r = store_members_each_identity(people->store, member, take_latest, &latest);
    if (store_is_fault(r))
        return member && !fits ? address_in_settings(people, member, ret_speaker) : -ENOENT;
    if (r < 0)
        return r == -ENOKEY ? -ENOENT : r;
    if (latest.short_of_memory)
        return -ENOMEM;
    if (!latest.found)
        return -ENOENT;
    *ret_speaker = latest.speaker;
    return 0;
}

int people_address(struct people *people, uint64_t member, struct arena *arena,
                   struct people_speaker *ret_speaker)
{
    return people_address_where(people, member, NULL, NULL, arena, ret_speaker);
}

struct on_network {
    struct latest latest;
    struct str network;
};

static void take_there(void *ctx, const struct store_identity *identity)
{
    struct on_network *on = ctx;
    if (on->latest.found || !str_eq(identity->network, on->network))
        return;
    on->latest.found = true;
    on->latest.speaker.identity = keep(&on->latest, identity->identity);
}

int people_identity_on(struct people *people, uint64_t member, struct str network,
                       struct arena *arena, struct str *ret_identity)
{
    struct on_network on = {.latest = {.arena = arena}, .network = network};
    int r = store_members_each_identity(people->store, member, take_there, &on);
    if (r < 0)
        return r == -ENOKEY ? -ENOENT : r;
    if (on.latest.short_of_memory)
        return -ENOMEM;
    if (!on.latest.found)
        return -ENOENT;
    *ret_identity = on.latest.speaker.identity;
    return 0;
}

/* A moderator is called as the configuration calls them, whatever their nick is just now. */
static bool moderator_name(const struct people *people, const struct people_speaker *speaker,
                           uint64_t member, struct str *ret_name)
{
    for (size_t g = 0; people->groups && g < groups_count(people->groups); g++) {
        const struct group *group = groups_at(people->groups, g);
        for (size_t i = 0; i < group->moderator_count; i++) {
            const struct groups_moderator *moderator = &group->moderators[i];
            bool same = str_eq(moderator->network, speaker->network) &&
                        str_eq(moderator->identity, speaker->identity);
            if (!same && (!member || moderator->member != member))
                continue;
            *ret_name = group->moderators[i].name;
            return true;
        }
    }
    return false;
}

int people_display(struct people *people, uint64_t member, struct arena *arena,
                   struct str *ret_name)
{
    struct people_speaker speaker;
    int r = people_address(people, member, arena, &speaker);
    if (r < 0)
        return r;
    if (moderator_name(people, &speaker, store_link_current(people->store, member), ret_name))
        return 0;
    *ret_name = str_empty(speaker.display) ? speaker.address : speaker.display;
    return 0;
}

/* ---- typed names ----------------------------------------------------------------------------- */

struct typed_search {
    struct people *people;
    struct str whole, wanted; /* folded: as typed, and without what people put around a name */
    char whole_bytes[NAME_BYTES], wanted_bytes[NAME_BYTES];
    uint64_t candidate, found;
    bool ambiguous;
};

/* Case folding as Unicode has it; a text that is no UTF-8 or too long matches nothing. */
static struct str fold(const struct people *people, struct str text, char out[NAME_BYTES])
{
    UErrorCode failed = U_ZERO_ERROR;
    if (text.len > NAME_BYTES)
        return (struct str){0};
    int32_t len = ucasemap_utf8FoldCase(people->fold, out, NAME_BYTES, text.ptr ? text.ptr : "",
                                        (int32_t)text.len, &failed);
    return U_FAILURE(failed) || len > NAME_BYTES ? (struct str){0} : (struct str){out, (size_t)len};
}

static struct str local_part(struct str identity)
{
    if (!str_starts(identity, STR("@")))
        return (struct str){0};
    struct str rest = str_from(identity, 1);
    return str_upto(rest, MIN_OF(str_find(rest, STR(":"), 0), rest.len));
}

static bool matches(const struct typed_search *search, struct str name)
{
    char bytes[NAME_BYTES];
    struct str folded = fold(search->people, name, bytes);
    return !str_empty(folded) && (str_eq(folded, search->wanted) || str_eq(folded, search->whole));
}

static void found(struct typed_search *search, uint64_t member)
{
    if (search->found && search->found != member)
        search->ambiguous = true;
    search->found = member;
}

static void match_identity(void *ctx, const struct store_identity *identity)
{
    struct typed_search *search = ctx;
    if (matches(search, identity->display) || matches(search, identity->address) ||
        matches(search, identity->identity) || matches(search, local_part(identity->identity)))
        found(search, search->candidate);
}

static int match_member(void *ctx, uint64_t member)
{
    struct typed_search *search = ctx;
    search->candidate = member;
    int r = store_members_each_identity(search->people->store, member, match_identity, search);
    return r == -EBADMSG || r == -ENOKEY ? 0 : r; /* one damaged row must not hide the others */
}

static void match_moderators(struct typed_search *search, const struct group *group)
{
    for (size_t i = 0; i < group->moderator_count; i++) {
        const struct groups_moderator *moderator = &group->moderators[i];
        if (moderator->member &&
            (matches(search, moderator->name) || matches(search, moderator->identity)))
            found(search, moderator->member);
    }
}

static struct str bare(struct str typed)
{
    if (str_starts(typed, STR("@")))
        typed = str_from(typed, 1);
    while (str_ends(typed, STR(":")) || str_ends(typed, STR(",")))
        typed = str_upto(typed, typed.len - 1);
    return typed;
}

int people_find_typed(struct people *people, const struct group *group, struct str typed,
                      uint64_t *ret_member)
{
    struct typed_search search = {.people = people};
    typed = str_trim(typed);
    search.whole = fold(people, typed, search.whole_bytes);
    search.wanted = fold(people, bare(typed), search.wanted_bytes);
    if (str_empty(search.wanted))
        return -ENOENT;
    match_moderators(&search, group);
    int r = store_members_each_in_group(people->store, group->id, match_member, &search);
    if (r < 0)
        return r;
    if (search.ambiguous)
        return -ENOTUNIQ;
    if (!search.found)
        return -ENOENT;
    *ret_member = search.found;
    return 0;
}
