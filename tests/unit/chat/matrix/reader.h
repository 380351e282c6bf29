/* SPDX-License-Identifier: MIT */
/* reader.h: what reads (sync, rooms, gaps, upgrades, invitations, spaces) against the scripted
 * homeserver, on the virtual clock, with a store; the account is given. */
#ifndef TESTS_CHAT_MATRIX_READER_H
#define TESTS_CHAT_MATRIX_READER_H

#include "unit.h"

#include "chat/matrix/invites.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/request.h"
#include "chat/matrix/sync_internal.h"
#include "homeserver.h"
#include "store/store.h"

#define READER_START 1795420500000LL /* 2026-11-23 07:55 UTC */
#define BOT          "@bot:home"
enum { READER_EVENTS_MAX = 6000, READER_NAMES_MAX = 48, READER_NOTICES_MAX = 64 };

struct reader_event {
    enum chat_kind kind;
    unsigned flags;
    char room[128], sender[128], display[64], id[128], relates_to[128], thread[128], text[256];
    int64_t sent_at;
};
struct reader {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct metrics *metrics;
    struct random random;
    struct homeserver *hs;
    struct store *store;
    char token[128];
    const char *feature; /* that the homeserver has; NULL: none */
    struct matrix_session session;

    /* the configuration, and who is known */
    const char *rooms[READER_NAMES_MAX], *spaces[READER_NAMES_MAX];
    char names[READER_NAMES_MAX][128]; /* of listed rooms */
    const char *moderator, *member;

    struct reader_event *events;
    size_t event_count, batch_count, cursor_count;
    struct {
        enum chat_notice what;
        char room[128];
        size_t count;
    } notices[READER_NOTICES_MAX];
    size_t notice_count;
    char listed[4096], zones[512]; /* "+room " or "-room "; "user=zone " */
    bool no_batches;               /* the disk is full */
    struct buf log;
};

int reader_setup(void **state);
int reader_done(void **state);
void reader_start(struct reader *r); /* begins to read; runs a second */
/* The process dies and comes again: what is under way is lost, the store and the server stay. */
void reader_die(struct reader *r);
void reader_run(struct reader *r, int64_t ms);
/* A room of a group that is configured by its id, with us and `user` in it (NULL: nobody). */
const char *reader_room(struct reader *r, const char *user);
struct matrix_room *reader_find(struct reader *r, const char *id);
/* The only event with that text; NULL: none; it fails when there are several. */
const struct reader_event *reader_said(const struct reader *r, const char *text);
size_t reader_count(const struct reader *r, enum chat_kind kind);
const struct reader_event *reader_nth(const struct reader *r, enum chat_kind kind, size_t n);
size_t reader_notices(const struct reader *r, enum chat_notice what);
bool reader_logged(const struct reader *r, const char *event);
/* 0 or 1 as matrix_event_read; the event as last. */
int reader_read(struct reader *r, struct matrix_room *room, const char *json);
const struct reader_event *reader_last(const struct reader *r);
/* A room that exists here alone: named, or private with somebody. */
struct matrix_room *reader_known(struct reader *r, const char *id, const char *name,
                                 const char *with);
void reader_state(struct reader *r, struct matrix_room *room, const char *json);

#define READER_TEST(name) cmocka_unit_test_setup_teardown(name, reader_setup, reader_done)

#endif
