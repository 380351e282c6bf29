/* SPDX-License-Identifier: MIT */
/* entry.h: an account alone (requests, login, token file) against the scripted homeserver, on the
 * virtual clock; what the rest of the network would be told is noted. */
#ifndef TESTS_CHAT_MATRIX_ENTRY_H
#define TESTS_CHAT_MATRIX_ENTRY_H

#include "unit.h"

#include "chat/matrix/account.h"
#include "chat/matrix/request.h"
#include "chat/matrix/tokens.h"
#include "homeserver.h"

#define ENTRY_START  1795420500000LL /* 2026-11-23 07:55 UTC */
#define ENTRY_BOT    "@bot:home"
#define ENTRY_SECRET "correct horse"

struct entry {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct homeserver *hs;
    char folder[64]; /* with a keyring */
    char secret[256];
    struct matrix_session session;
    char told[1024]; /* "in ", "out " */
    size_t notices[CHAT_NOTICE_COUNT];
    struct buf log;
};
int entry_setup(void **state);
int entry_done(void **state);
/* The account of these options, begun; an earlier one is ended, as by a restart. */
void entry_begin(struct entry *entry, const char *homeserver, const char *user,
                 enum matrix_login_how how);
void entry_end(struct entry *entry);
void entry_run(struct entry *entry, int64_t ms);
/* A second account beside it, with requests of its own.  entry_close_session at its end. */
void entry_open_session(struct entry *entry, struct matrix_session *session, const char *name,
                        const char *homeserver, const char *user, enum matrix_login_how how);
void entry_close_session(struct matrix_session *session);

/* A request as the other parts make them; what became of it. */
struct entry_asked {
    bool done;
    int result;
    unsigned status;
    int64_t retry_after_ms, done_at;
    struct entry *entry;
};
void entry_ask(struct entry *entry, struct entry_asked *asked, const char *path);

#define ENTRY_TEST(name) cmocka_unit_test_setup_teardown(name, entry_setup, entry_done)

#endif
