/* SPDX-License-Identifier: MIT */
/* world.h: a small world for tests: a store in memory, virtual time, two networks that record what
 * they are given, a group with two rooms and an alert room, and a few invented people. */
#ifndef TESTS_OUTBOX_WORLD_H
#define TESTS_OUTBOX_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chat/chat.h"
#include "outbox/outbox.h"
#include "store/dialogues.h"

enum { WORLD_SAID_MAX = 512, WORLD_PEOPLE = 6, WORLD_RESULTS_MAX = 256 };
#define WORLD_START_AT 1795446000000LL /* 2026-11-23 15:00 UTC, 10:00 in New York */

struct world_said {
    char network[16], room[64], user[64], mention[64], transaction_id[40];
    char text[4096]; /* lines, joined by "|" */
    char mention_identity[64], answers[64], thread[64], replaces[64];
    char choices[512]; /* "yes=X|no=Y" */
    char file_name[64], file_alt[256];
    size_t file_bytes;
    unsigned flags;
    bool may_be_sent;
    int64_t created_at;
    uint64_t token;
    bool answered; /* its outcome was told */
    int64_t at;
};
struct world_network {
    struct chat_network base;
    struct world *world;
    size_t budget;
    int takes; /* so many more; -1: any number */
    bool no_long;
    int fails; /* the next so many sends give `error` */
    int error;
    bool confirms;       /* by itself, from the loop */
    bool gives_ids;      /* "$1" for the first message of all */
    char redacted[256];  /* "ROOM-OR-USER ID|..." */
    const char *parts;   /* ids behind the message's own: " $x $y"; NULL: none */
    const char *outside; /* the room that we are not in; NULL: in each */
};
struct world_result {
    uint64_t id, member, alert, source_room_id, flags;
    int result;
    char plugin[32];
};
struct world_person {
    uint64_t id;
    const char *name, *network, *address, *language, *zone, *quiet, *country;
    bool reachable;
    const char *elsewhere; /* another network that knows them; NULL: none */
};

struct world {
    struct clock clock;
    struct loop *loop;
    struct store *store;
    char folder[64]; /* of the store; "" in memory */
    struct metrics *metrics;
    struct text *text;
    struct outbox *outbox;
    struct world_network irc, console;
    struct group group, other;
    struct groups_room rooms[2], other_room;
    struct groups_moderator moderators[3];
    struct world_person people[WORLD_PEOPLE]; /* ana, ben, mara, cleo, dee, unreachable eve */
    struct world_said said[WORLD_SAID_MAX];
    size_t said_count, taken; /* how many of them a test has looked at */
    struct world_result results[WORLD_RESULTS_MAX];
    size_t result_count;
    struct loop_call confirm;
    /* For worlds that stand on this one. */
    void (*committed)(void *ctx);
    void (*rolled_back)(void *ctx);
    void (*told)(void *ctx, const struct outbox_result *result);
    void *ctx;
    uint64_t commits;
};

/* For cmocka: *state becomes the world. */
int world_setup(void **state);
int world_setup_on_disk(
    void **state); /* a real database, and a real layer that refuses its writes */
int world_teardown(void **state);

struct world_person *world_person(struct world *world, const char *name);
void world_advance(struct world *world, int64_t by_ms);
void world_commit(struct world *world); /* and all that then is ready happens */
void world_settle(struct world *world);
/* The whole process goes and comes back: kill loses what is not committed. */
void world_kill(struct world *world);
void world_restart(struct world *world);
void world_set_down(struct world *world, struct world_network *network,
                    bool down); /* what is under way becomes unknown */

/* The next message that a network was given; fails the test when there is none. */
struct world_said *world_next(struct world *world);
void world_assert_said(struct world *world, const char *place,
                       const char *text); /* "irc #harbor", "irc ana" */
void world_assert_silent(struct world *world);
void world_outcome(struct world *world, struct world_said *said, enum chat_outcome outcome);
int64_t world_metric(struct world *world, const char *name);
size_t world_rows(struct world *world);

/* Queues; the message has only what the test says. */
int world_say(struct world *world, struct mooring_message message, enum outbox_priority priority,
              uint64_t *ret_id);
struct mooring_message world_message(const char *msgid);
uint64_t world_source(struct world *world, const char *who,
                      const char *room); /* room NULL: private */
uint64_t world_source_again(struct world *world, const char *who, const char *room,
                            const char *event_id);

#endif
