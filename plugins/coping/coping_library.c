/* SPDX-License-Identifier: MIT */
/* coping_library.c: a tip from the library, none twice before all of its kind were seen. */
#include "coping_library.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "coping_tips.h"

struct tip_walk {
    struct coping_kinds kinds;
    const char *kind; /* NULL: any */
    uint16_t fits[COPING_TIPS_MAX];
    size_t fit_count, at;
    int wanted; /* the place of the tip whose text is looked for; -1: none */
    struct mooring_str text;
};

static int see_tip(void *ctx, struct mooring_record record)
{
    const struct mooring_host *host = coping_host();
    struct tip_walk *walk = ctx;
    struct mooring_str kinds = {NULL, 0};
    if (walk->at >= COPING_TIPS_MAX)
        return 0;
    if (host->settings->field(host->self, record, "kinds", &kinds) < 0)
        kinds = MOORING_STR("");
    coping_kinds_add(&walk->kinds, kinds);
    if (walk->kind == NULL || coping_kinds_has(kinds, walk->kind))
        walk->fits[walk->fit_count++] = (uint16_t)walk->at;
    if ((int)walk->at++ == walk->wanted)
        return host->settings->field(host->self, record, "text", &walk->text);
    return 0;
}

/* Reads the list once more: for the kinds, for those that fit a kind, or for one tip's text. */
static int walk_tips(struct mooring_group group, struct tip_walk *walk, const char *kind,
                     int wanted)
{
    walk->kind = kind;
    walk->wanted = wanted;
    walk->fit_count = walk->at = 0;
    return coping_host()->settings->each(coping_host()->self, group, "tips", see_tip, walk);
}

/* Who remembers what was seen: the person, or the room where people have no identity. */
static struct mooring_owner seen_owner(const struct mooring_event *event)
{
    if (event->member.id != 0)
        return (struct mooring_owner){MOORING_OWN_MEMBER, 0, event->member.id};
    return (struct mooring_owner){MOORING_OWN_ROOM, 0, event->room.id};
}

static int pick(const struct mooring_event *event, const struct tip_walk *walk)
{
    const struct mooring_host *host = coping_host();
    struct mooring_owner owner = seen_owner(event);
    struct coping_seen seen;
    struct mooring_str value;
    coping_seen_init(&seen);
    if (host->store->get(host->self, owner, MOORING_STR("seen"), &value) >= 0)
        (void)coping_seen_read(value, &seen); /* unreadable: a repeat is no harm */
    int tip = coping_tip_pick(walk->fits, walk->fit_count, &seen,
                              (uint64_t)host->clock->now_at(host->self) ^ owner.id << 7);
    if (tip < 0)
        return tip;
    char text[COPING_SEEN_TEXT];
    size_t len = coping_seen_format(&seen, text);
    int r = host->store->put(host->self, owner, MOORING_STR("seen"),
                             (struct mooring_str){text, len}, 0);
    return r < 0 && r != -EACCES ? r : tip; /* without leave to remember, there may be repeats */
}

static int say_unknown_kind(const struct mooring_event *event, const struct coping_kinds *kinds,
                            const char *nearest)
{
    char list[COPING_KINDS_MAX * (COPING_KIND_BYTES + 2)], command[COPING_KIND_BYTES + 8];
    size_t len = 0;
    for (size_t i = 0; i < kinds->count; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i > 0 ? ", " : "",
                                kinds->name[i]);
    if (nearest == NULL)
        nearest = "";
    const struct mooring_arg args[] = {
        {.name = "kinds", .kind = MOORING_ARG_TEXT, .text = {list, len}},
        {.name = "nearest", .kind = MOORING_ARG_TEXT, .text = {nearest, strlen(nearest)}}};
    int n = snprintf(command, sizeof command, "tip %s", nearest);
    const struct mooring_choice choices[] = {{"coping.yes", {NULL, 0}, {command, (size_t)n}},
                                             MOORING_CHOICE("coping.any-tip", "tip")};
    bool has_nearest = nearest[0] != '\0';
    return coping_answer(event, has_nearest ? "coping.kind-near" : "coping.kind-unknown", args, 2,
                         choices + !has_nearest, has_nearest ? 2 : 1);
}

int coping_library_tip(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct tip_walk walk = {.kinds.count = 0};
    const char *kind = NULL;
    char command[COPING_KIND_BYTES + 8] = "tip";
    (void)state;
    args = coping_trim(args);
    int r = walk_tips(event->group, &walk, NULL, -1);
    if (r < 0)
        return r;
    if (args.len > 0) {
        if (coping_kind_find(&walk.kinds, args, &kind) == 0)
            return say_unknown_kind(event, &walk.kinds, kind);
        (void)snprintf(command, sizeof command, "tip %s", kind);
        r = walk_tips(event->group, &walk, kind, -1);
    }
    int tip = r < 0 ? r : pick(event, &walk);
    if (tip == -ENOENT)
        return coping_answer(event, "coping.no-tips", NULL, 0, NULL, 0);
    r = tip < 0 ? tip : walk_tips(event->group, &walk, kind, tip);
    if (r < 0)
        return r;
    const struct mooring_arg arg = {.name = "tip", .kind = MOORING_ARG_TEXT, .text = walk.text};
    const struct mooring_choice choices[] = {
        {"coping.another-tip", {NULL, 0}, {command, strlen(command)}},
        MOORING_CHOICE("coping.offer-breathe", "breathe")};
    return coping_answer(event, "coping.tip", &arg, 1, choices, 2);
}
