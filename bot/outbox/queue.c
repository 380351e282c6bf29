/* SPDX-License-Identifier: MIT */
/* queue.c: who goes next on a network: crisis first, and inside a priority each target in turn, so
 * that one long list of tips does not hold up another room. */
#include "outbox/internal.h"

#include <errno.h>

struct outbox_network *outbox_queue_network(struct outbox *outbox, struct str name)
{
    for (struct outbox_network *network = outbox->networks; network; network = network->next)
        if (str_eq_c(name, network->name))
            return network;
    struct outbox_network *network = mem_zalloc(sizeof *network);
    if (!network)
        return NULL;
    if (!str_to_c(name, network->name, sizeof network->name)) {
        mem_free(network); /* no configured network has such a name */
        return NULL;
    }
    network->blocked = OUTBOX_PRIORITY_COUNT;
    network->next = outbox->networks;
    outbox->networks = network;
    return network;
}

void outbox_queue_done(struct outbox_network *network)
{
    for (size_t i = 0; i < OUTBOX_PRIORITY_COUNT; i++)
        map_done(&network->targets[i]);
    mem_free(network);
}

static void ring_add(struct outbox_network *network, struct outbox_target *target)
{
    struct outbox_target *first = network->turn[target->priority];
    if (!first) {
        target->next = target->previous = target;
        network->turn[target->priority] = target;
        return;
    }
    target->next = first; /* behind all others */
    target->previous = first->previous;
    first->previous->next = target;
    first->previous = target;
}

static void ring_remove(struct outbox_network *network, struct outbox_target *target)
{
    struct outbox_target **turn = &network->turn[target->priority];
    if (*turn == target)
        *turn = target->next == target ? NULL : target->next;
    target->previous->next = target->next;
    target->next->previous = target->previous;
}

static struct outbox_target *target_of(struct outbox_network *network,
                                       const struct outbox_entry *entry)
{
    struct map *targets = &network->targets[entry->priority];
    struct outbox_target *target = map_get(targets, str_of(entry->target_key));
    if (target)
        return target;
    target = mem_zalloc(sizeof *target);
    if (!target)
        return NULL;
    target->priority = entry->priority;
    if (map_put(targets, str_of(entry->target_key), target) < 0) {
        mem_free(target);
        return NULL;
    }
    ring_add(network, target);
    return target;
}

int outbox_queue_push(struct outbox_network *network, struct outbox_entry *entry)
{
    struct outbox_target *target = target_of(network, entry);
    if (!target)
        return -ENOMEM;
    /* By id, so that what comes back after a refusal keeps its place. */
    struct outbox_entry *after = target->queue.last;
    while (after && after->id > entry->id)
        after = after->previous;
    entry->previous = after;
    entry->next = after ? after->next : target->queue.first;
    *(after ? &after->next : &target->queue.first) = entry;
    *(entry->next ? &entry->next->previous : &target->queue.last) = entry;
    entry->target = target;
    entry->network = network;
    network->ready[entry->priority]++;
    return 0;
}

void outbox_queue_remove(struct outbox_entry *entry)
{
    struct outbox_network *network = entry->network;
    struct outbox_target *target = entry->target;
    outbox_list_remove(&target->queue, entry);
    entry->target = NULL;
    network->ready[entry->priority]--;
    if (target->queue.first)
        return;
    ring_remove(network, target);
    (void)map_remove(&network->targets[target->priority], str_of(entry->target_key));
    mem_free(target);
}

struct outbox_entry *outbox_queue_pop(struct outbox_network *network, enum outbox_priority last)
{
    for (int priority = OUTBOX_CRISIS; priority <= (int)last; priority++) {
        struct outbox_target *target = network->turn[priority];
        if (!target)
            continue;
        struct outbox_entry *entry = target->queue.first;
        network->turn[priority] = target->next;
        outbox_queue_remove(entry);
        return entry;
    }
    return NULL;
}
