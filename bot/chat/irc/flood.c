/* SPDX-License-Identifier: MIT */
/* flood.c: servers disconnect who speaks too fast; a bot that is silent for a second is better than
 * one that is gone. */
#include "chat/irc/flood.h"

#include <errno.h>

enum { LEFT_MILLI = 2500 }; /* two short lines */

struct irc_flood_line {
    struct irc_flood_line *next;
    size_t len;
    char text[];
};

void irc_flood_init(struct irc_flood *flood, int64_t lines, int64_t line_ms, int64_t now_ms)
{
    *flood = (struct irc_flood){.is_open = line_ms == 0, .capacity_milli = lines * 1000};
    limits_init(&flood->bucket, lines, line_ms ? MAX_OF(1000 * 1000 / line_ms, 1) : 1000, now_ms);
}

void irc_flood_done(struct irc_flood *flood)
{
    while (flood->first)
        irc_flood_pop(flood);
}

/* Servers count bytes as well as lines: a full line weighs almost as much as two short ones. */
static int64_t weight_of(const struct irc_flood *flood, size_t bytes)
{
    return MIN_OF(1000 + (int64_t)bytes * 1000 / 512, flood->capacity_milli);
}

int64_t irc_flood_take(struct irc_flood *flood, size_t bytes, int64_t now_ms)
{
    return flood->is_open ? 0 : limits_take(&flood->bucket, weight_of(flood, bytes), now_ms);
}

int64_t irc_flood_take_long(struct irc_flood *flood, size_t bytes, int64_t now_ms)
{
    int64_t weight = weight_of(flood, bytes);
    int64_t left = MIN_OF((int64_t)LEFT_MILLI, flood->capacity_milli - weight);
    int64_t wait_ms = flood->is_open ? 0 : limits_take(&flood->bucket, weight + left, now_ms);
    if (!flood->is_open && wait_ms == 0)
        flood->bucket.level_milli += left;
    return wait_ms;
}

static int64_t take_ahead(struct irc_flood *flood, size_t bytes, int64_t now_ms, int64_t debt_milli)
{
    int64_t weight = weight_of(flood, bytes);
    if (flood->is_open || limits_take(&flood->bucket, weight, now_ms) == 0)
        return 0;
    int64_t over = weight - flood->bucket.level_milli - debt_milli;
    if (over > 0)
        return over * 1000 / MAX_OF(flood->bucket.milli_per_second, 1) + 1;
    flood->bucket.level_milli -= weight;
    return 0;
}

int64_t irc_flood_take_crisis(struct irc_flood *flood, size_t bytes, int64_t now_ms)
{
    return take_ahead(flood, bytes, now_ms, flood->capacity_milli);
}

int64_t irc_flood_take_urgent(struct irc_flood *flood, size_t bytes, int64_t now_ms)
{
    return take_ahead(flood, bytes, now_ms, flood->capacity_milli / 4);
}

void irc_flood_force(struct irc_flood *flood, size_t bytes, int64_t now_ms)
{
    int64_t weight = weight_of(flood, bytes);
    if (flood->is_open || limits_take(&flood->bucket, weight, now_ms) == 0)
        return;
    flood->bucket.level_milli = MAX_OF(flood->bucket.level_milli - weight, -flood->capacity_milli);
}

void irc_flood_forgive(struct irc_flood *flood)
{
    int64_t few = MIN_OF(2 * 1000, flood->capacity_milli);
    flood->bucket.level_milli = MAX_OF(flood->bucket.level_milli, few);
}

/* For JOIN, WHO and the like; messages wait in the outbox, which can expire them.  Full means that
 * something asks without end: dropped and counted. */
int irc_flood_push(struct irc_flood *flood, struct str line, bool is_urgent)
{
    if (flood->count >= IRC_FLOOD_QUEUE_MAX) {
        flood->dropped++;
        return -ENOBUFS;
    }
    struct irc_flood_line *entry = mem_alloc(sizeof(*entry) + line.len);
    if (!entry)
        return -ENOMEM;
    *entry = (struct irc_flood_line){.len = line.len};
    if (line.len)
        memcpy(entry->text, line.ptr, line.len);
    struct irc_flood_line *before = is_urgent ? flood->last_urgent : flood->last;
    entry->next = before ? before->next : flood->first;
    *(before ? &before->next : &flood->first) = entry;
    if (!entry->next)
        flood->last = entry;
    if (is_urgent)
        flood->last_urgent = entry;
    flood->count++;
    return 0;
}

bool irc_flood_peek(const struct irc_flood *flood, struct str *ret_line, bool *ret_is_urgent)
{
    if (!flood->first)
        return false;
    *ret_is_urgent = flood->last_urgent != NULL;
    *ret_line = (struct str){flood->first->text, flood->first->len};
    return true;
}

void irc_flood_pop(struct irc_flood *flood)
{
    struct irc_flood_line *first = flood->first;
    if (!first)
        return;
    flood->first = first->next;
    if (!flood->first)
        flood->last = NULL;
    if (first == flood->last_urgent)
        flood->last_urgent = NULL;
    flood->count--;
    mem_free(first);
}
