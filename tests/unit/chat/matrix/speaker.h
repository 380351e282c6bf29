/* SPDX-License-Identifier: MIT */
/* speaker.h: what speaks (outbound, private rooms, media) against the scripted homeserver, on the
 * virtual clock, with a store; the account is given, rooms are what the test says. */
#ifndef TESTS_CHAT_MATRIX_SPEAKER_H
#define TESTS_CHAT_MATRIX_SPEAKER_H

#include "unit.h"

#include "chat/matrix/content.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/request.h"
#include "homeserver.h"
#include "store/store.h"

#define SPEAKER_START 1795420500000LL /* 2026-11-23 07:55 UTC */
#define BOT           "@bot:home"
enum { SPEAKER_SENT_MAX = 1024, SPEAKER_ROOMS_MAX = 64, SPEAKER_MEMBERS_MAX = 8 };

struct matrix_room_state {
    struct matrix_room room;
    char id[128], name[64], with[64];
    struct {
        char user[64];
        enum matrix_membership membership;
    } members[SPEAKER_MEMBERS_MAX];
    bool is_left;
};
struct speaker {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct metrics *metrics;
    struct random random;
    struct homeserver *hs;
    struct store *store;
    char token[128];
    struct matrix_session session;
    struct matrix_room_state rooms[SPEAKER_ROOMS_MAX];
    size_t room_count;
    struct {
        uint64_t token;
        enum chat_outcome outcome;
        char id[2048];
    } sent[SPEAKER_SENT_MAX];
    size_t sent_count, ready_count, batch_count, notice_count;
    enum chat_notice notice;
    bool no_batches; /* the store refuses */
    struct buf log;
};

int speaker_setup(void **state);
int speaker_done(void **state);
/* The process dies and comes again: what is under way is lost, the store and the server stay. */
void speaker_die(struct speaker *s);
void speaker_run(struct speaker *s, int64_t ms);
void speaker_state(struct speaker *s, enum chat_state state); /* of the session */
/* A room of a group, with us and `user` in it (NULL: nobody): its id. */
const char *speaker_room(struct speaker *s, const char *name, const char *user);
struct matrix_room *speaker_find(struct speaker *s, const char *id);
/* They come, decline or go, on the server and as /sync would tell. */
void speaker_join(struct speaker *s, const char *room, const char *user);
void speaker_leave(struct speaker *s, const char *room, const char *user);

struct chat_message speaker_message(uint64_t token, const char *room, const char *markdown);
struct chat_message speaker_private(uint64_t token, const char *user, const char *markdown);
/* -1: not told; -2: told more than once */
int speaker_outcome(const struct speaker *s, uint64_t token);
const char *speaker_id(const struct speaker *s, uint64_t token);
bool speaker_logged(const struct speaker *s, const char *event);
/* The only private room that we made; NULL: none; it fails when there are several. */
const char *speaker_private_room(struct speaker *s);

#define SPEAKER_TEST(name) cmocka_unit_test_setup_teardown(name, speaker_setup, speaker_done)

#endif
