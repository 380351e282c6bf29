/* SPDX-License-Identifier: MIT */
/* server.h: an IRC server scripted over net/memory.h on the virtual clock, and a bot's side that
 * writes down what it is told. */
#ifndef TESTS_CHAT_IRC_SERVER_H
#define TESTS_CHAT_IRC_SERVER_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/irc/irc.h"
#include "chat/irc/session.h"
#include "net/memory.h"

#define SERVER_START_AT 1795424100000LL /* 2026-11-23 08:55 UTC */
#define SERVER_CAPS                                                                                \
    "batch message-tags server-time account-tag account-notify extended-join multi-prefix "        \
    "userhost-in-names chghost "                                                                   \
    "cap-notify invite-notify setname sasl=PLAIN away-notify"
#define SERVER_ECHO " echo-message labeled-response"

enum { SERVER_LINES_MAX = 4096, SERVER_EVENTS_MAX = 512, SERVER_SENT_MAX = 256 };

struct server_event {
    enum chat_kind kind;
    unsigned flags;
    char room[64], sender[64], account[64], id[64], relates_to[64], called[64], text[600];
    int64_t sent_at;
};
struct server_sent {
    uint64_t token;
    enum chat_outcome outcome;
    char id[64];
};
struct server {
    /* how it behaves; set before server_open */
    const char *caps;      /* CAP LS; NULL: it never answers CAP; "": an empty list */
    const char *isupport;  /* of 005 */
    const char *motd_time; /* server-time of the welcome; NULL: none */
    bool no_welcome, no_join, no_pong, no_echo, no_ack, no_login, no_who;
    struct irc_options options;
    const char *rooms[8];
    size_t more_rooms;  /* "#room0", "#room1" ... besides */
    const char *secret; /* NULL: the credential is missing */
    char content[1024]; /* where networks/ lies: the tree's own; "": nowhere */
    const char *content_folders[1];
    struct store *store; /* the bot's; NULL: it has none */
    /* Instead of a yes to everything: the parameter of each AUTHENTICATE. */
    void (*authenticate)(struct server *server, struct str param);
    void (*history)(struct server *server, struct str params); /* of CHATHISTORY */
    void (*event)(struct server *server,
                  const struct chat_event *event); /* instead of keeping it */
    void *ctx;                                     /* the test's own */

    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct memory_peer *peer;
    struct memory_connection *connection;
    size_t connections;
    struct irc_session *session;
    char nick[64];
    bool cap_open, has_user, welcomed;
    struct buf partial, log;

    char *lines[SERVER_LINES_MAX]; /* what the bot wrote */
    size_t line_count, taken;
    struct server_event events[SERVER_EVENTS_MAX];
    size_t event_count;
    struct server_sent sent[SERVER_SENT_MAX];
    size_t sent_count, ready_count;
    size_t notices[CHAT_NOTICE_COUNT];
    char states[256]; /* "connecting up down " */
};
/* A server with SERVER_CAPS, one room "#harbor", no flood limit, identity account, no login;
 * change, then open. */
struct server *server_make(void);
void server_open(
    struct server *server); /* listens, starts the session, lets it come up if it can */
/* Up with these capabilities, without a pace of ours, and nothing heard yet. */
struct server *server_opened(const char *caps);
size_t server_budget(struct server *server); /* bytes that a line to #harbor may have */
void server_close(struct server *server);
void server_run(struct server *server, int64_t ms); /* time passes */
void server_says(struct server *server, const char *format, ...)
    PRINTF_LIKE(2, 3); /* a line, and what follows from it */
void server_replies(struct server *server, const char *format, ...)
    PRINTF_LIKE(2, 3); /* the same, without waiting for what follows */
void server_hang_up(struct server *server);
/* The next line that the bot wrote and nobody took; NULL: none. */
const char *server_next(struct server *server);
/* True when such a line was written since the last one taken; takes it and all before it. */
bool server_heard(struct server *server, const char *line);
bool server_ever_heard(const struct server *server, const char *beginning);
size_t server_count(const struct server *server, const char *beginning);
void server_forget(struct server *server); /* takes all lines, drops all events */

/* One message; lines end in NULL.  Returns what send() returned. */
int server_send(struct server *server, const struct chat_message *message,
                const char *const *lines);
int server_send_room(struct server *server, uint64_t token, unsigned flags, const char *text);
int server_send_private(struct server *server, uint64_t token, unsigned flags, const char *user,
                        const char *identity, const char *text);
/* What became of it; -1: nothing yet.  Fails when it was told twice. */
int server_outcome(const struct server *server, uint64_t token);
bool server_logged(const struct server *server, const char *piece);

#endif
