/* SPDX-License-Identifier: MIT */
/* network.h: the whole Matrix network (chat.h) against the scripted homeserver, on the virtual
 * clock, with a store; and around it what the bot's inbox and outbox promise: an event seen once, a
 * message given again under its transaction id until the network has an answer. */
#ifndef TESTS_CHAT_MATRIX_NETWORK_H
#define TESTS_CHAT_MATRIX_NETWORK_H

#include "unit.h"

#include "chat/chat.h"
#include "homeserver.h"
#include "store/store.h"

#define NETWORK_START 1795420500000LL /* 2026-11-23 07:55 UTC */
#define BOT           "@bot:home"
#define ANNA          "@anna:home"
#define BEN           "@ben:home"
enum {
    NETWORK_ROOMS = 8,
    NETWORK_EVENTS = 4096,
    NETWORK_MESSAGES = 1024,
    NETWORK_NOTICES = 64,
};

struct network_event {
    enum chat_kind kind;
    unsigned flags;
    char room[80], sender[80], id[80], relates_to[80], display[80], text[600];
    int64_t sent_at;
};
struct network_message {
    char room[80], user[80], text[200], answers[80];
    unsigned flags;
    bool given, over, may_be_sent;
    int64_t created_at;
    enum chat_outcome outcome;
    char id[80];
};
struct network {
    /* what it is like; set before network_open */
    const char *login;   /* "password", "token" */
    const char *options; /* more of networks[] */
    const char *rooms[NETWORK_ROOMS];
    bool answers;     /* "!ping N" gets "pong N" */
    const char *held; /* the room of an account that is configured before this one */

    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct metrics *metrics;
    struct random random;
    struct homeserver *hs;
    struct store *store;
    struct settings *settings;
    struct chat_network *chat;
    struct loop_timer again; /* the outbox's */
    char folder[64], secret[128];
    bool disk_full;
    size_t past_disk; /* what people said that was offered meanwhile, and not committed */

    struct network_event events[NETWORK_EVENTS]; /* each once, in the order they came */
    size_t event_count, repeats;
    struct network_message messages[NETWORK_MESSAGES];
    size_t message_count;
    struct {
        enum chat_notice what;
        char room[80];
        size_t count;
    } notices[NETWORK_NOTICES];
    size_t notice_count;
    char states[512]; /* "connecting up down " */
    struct buf log;
};

/* An account that logs in with its password, no rooms. */
struct network *network_make(void);
void network_open(struct network *n); /* creates and starts the network; time does not pass */
void network_up(struct network *n);   /* opens, and waits until it is up */
void network_close(struct network *n);
/* The process ends at once and comes again: what was not committed is lost. */
void network_die(struct network *n);
void network_run(struct network *n, int64_t ms);

/* A public room of anna's with that alias, the bot and ben in it, configured by the alias. */
const char *network_room(struct network *n, const char *alias);
/* Into the outbox; its index. */
size_t network_say(struct network *n, const char *room, const char *text);
bool network_all_said(const struct network *n); /* nothing waits in the outbox */
bool network_is_up(const struct network *n);
size_t network_heard(const struct network *n, const char *text); /* messages with that text */
const struct network_event *network_find(const struct network *n, const char *text);
size_t network_noticed(const struct network *n, enum chat_notice what);
bool network_logged(const struct network *n, const char *piece);
/* The bot's messages in that room are exactly "<prefix><from>" to "<prefix><to>", in that order. */
void network_expect_row(struct network *n, const char *room, const char *prefix, int from, int to);

#endif
