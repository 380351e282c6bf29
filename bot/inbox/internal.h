/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of this folder share. */
#ifndef INBOX_INTERNAL_H
#define INBOX_INTERNAL_H

#include "inbox/inbox.h"
#include "people/bridge.h"

enum { PAST_DISK_MAX = 512, PAST_DISK_BYTES = 1024, INBOX_BRIDGED_MAX = 128 };
enum { INBOX_SPEAKERS = 256, INBOX_WISHES = 64, INBOX_LINES = 3, INBOX_LINE_BYTES = 40 };

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
/* What somebody said last in a place, while it may be a piece of a sentence.  In memory alone. */
struct inbox_line {
    uint64_t event; /* which, so that the same is not read together with itself; 0: none */
    int64_t said_at;
    int tier;
    size_t len; /* 0: too long to be a piece */
    char text[INBOX_LINE_BYTES];
};
struct inbox_speaker {
    uint64_t who; /* network, person and place, under the process's own key */
    struct inbox_line lines[INBOX_LINES]; /* the newest first */
};
/* Who spoke of wanting to die, wherever it was: the last two times, the latest first. */
struct inbox_wishes {
    uint64_t who;       /* network and person */
    uint64_t events[2]; /* 0: none */
    int64_t said_at[2];
};
struct inbox {
    struct inbox_parts parts;
    struct inbox_speaker speakers[INBOX_SPEAKERS];
    struct inbox_wishes wishes[INBOX_WISHES];
    unsigned char lines_key[16];
    int64_t lines_swept_at;
    struct past_disk past_disk[PAST_DISK_MAX];
    size_t next_past_disk;
    struct inbox_bridged bridged[INBOX_BRIDGED_MAX];
    size_t next_bridged;
};

/* read.c: what is older than a moment is wiped. */
void inbox_forget_lines(struct inbox *inbox, int64_t now_at);

/* bridge.c */
bool inbox_is_puppet(const struct inbox *inbox, const struct inbox_item *item);
bool inbox_bridge_drops(const struct inbox *inbox, struct inbox_item *item);
bool inbox_bridge_repeats(struct inbox *inbox, const struct inbox_item *item);

#endif
