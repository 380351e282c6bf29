/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of this folder share. */
#ifndef INBOX_INTERNAL_H
#define INBOX_INTERNAL_H

#include "inbox/inbox.h"
#include "people/bridge.h"

enum { PAST_DISK_MAX = 512, PAST_DISK_BYTES = 1024, INBOX_BRIDGED_MAX = 128 };

/* An event that was handled while nothing could be written: "network\0id". */
struct past_disk {
    char *text; /* NULL: free */
    size_t network_size, size;
};
/* What was handled in a room that has another side. */
struct inbox_bridged {
    uint64_t words, room;
    int64_t elapsed_ms;
    bool is_puppet;
};
struct inbox {
    struct inbox_parts parts;
    struct past_disk past_disk[PAST_DISK_MAX];
    size_t next_past_disk;
    struct inbox_bridged bridged[INBOX_BRIDGED_MAX];
    size_t next_bridged;
};

/* bridge.c */
bool inbox_is_puppet(const struct inbox *inbox, const struct inbox_item *item);
bool inbox_bridge_drops(const struct inbox *inbox, struct inbox_item *item);
bool inbox_bridge_repeats(struct inbox *inbox, const struct inbox_item *item);

#endif
