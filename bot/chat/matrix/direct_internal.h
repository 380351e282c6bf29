/* SPDX-License-Identifier: MIT */
/* direct_internal.h: what direct*.c share: a person, and how far their private room has come. */
#ifndef CHAT_MATRIX_DIRECT_INTERNAL_H
#define CHAT_MATRIX_DIRECT_INTERNAL_H

#include "base/map.h"
#include "chat/matrix/content.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/request.h"

#define MATRIX_WISH_KEY "org.mooring.wish" /* in the creation content */
enum {
    MATRIX_WISH_BYTES = 16,
    MATRIX_PEOPLE_MAX = 20 * 1000,
    MATRIX_AGAIN_MS = 3000,      /* what we asked for may come to be after our connection broke */
    MATRIX_ENTER_MS = 20 * 1000, /* for a room's state to be known */
};

/*   LOOK -> WISH -> ASK -> CHECK -> THERE <-> REFUSED
 *             ^      |       ^
 *             |      v       |
 *             +--- SEARCH ---+
 *
 * From WISH (committed) to THERE the row says "wished": whoever reads it after a death cannot know
 * whether the room was asked for, and begins with SEARCH. */
enum direct_phase {
    DIRECT_LOOK,    /* m.direct may know one */
    DIRECT_WISH,    /* to be written down */
    DIRECT_ASK,     /* createRoom is under way */
    DIRECT_SEARCH,  /* among the rooms we are in: which carries the wish? */
    DIRECT_CHECK,   /* it is there: is it encrypted, and where are they? */
    DIRECT_THERE,   /* `room` is the one */
    DIRECT_REFUSED, /* since `at` */
};
struct direct_person {
    struct matrix_direct *direct;
    char *user, *room; /* room NULL: none */
    char *beside;      /* another that they asked us into, the latest; NULL: none */
    char wish[2 * MATRIX_WISH_BYTES + 1];
    enum direct_phase phase;
    enum matrix_membership they;
    int64_t at;                   /* wall: of the wish, of being there, of the refusal */
    bool is_dirty, is_being_kept; /* to be written; in the transaction that is open */
    bool is_forced;               /* the server made the room encrypted: speaking changes nothing */
    bool is_crowded;              /* somebody else came in: to be left */
    bool gives_up;                /* SEARCH: what may have been made is left again */
    bool was_searched;
    int64_t since_ms; /* elapsed: THERE without a known state */
    unsigned failures;
    struct matrix_call *call;
    struct loop_timer timer;
    json_t *candidates; /* room ids, as texts */
    size_t next;
};
struct matrix_direct {
    struct matrix_session *session;
    struct map people; /* by user: struct direct_person */
    size_t dirty;
    struct loop_call save; /* what is dirty, in a turn of its own */
    struct loop_timer save_timer;
    /* direct_data.c: m.direct, as the server has it */
    json_t *data;
    bool sends_data;
    struct matrix_call *data_call;
    unsigned data_failures;
    struct loop_timer data_timer;
};

/* ---- direct.c -------------------------------------------------------------------------------- */

void direct_set_phase(struct direct_person *person, enum direct_phase phase);
/* Begins what the phase asks for; also again, when the timer says so. */
void direct_step(struct direct_person *person);
void direct_retry(struct direct_person *person, const struct matrix_answer *answer);
void direct_touch(struct direct_person *person); /* to be written */
int direct_set_room(struct direct_person *person, struct str room) MUST_CHECK;
/* `membership` is theirs; the outbound goes on. */
void direct_there(struct direct_person *person, enum matrix_membership membership);
void direct_refuse(struct direct_person *person);
void direct_leave_crowded(struct matrix_direct *direct);
int64_t direct_now(const struct matrix_direct *direct); /* wall */
enum matrix_membership direct_membership(const json_t *content);

/* NULL: no memory, or too many. */
struct direct_person *direct_add(struct matrix_direct *direct, struct str user);

/* ---- direct_keep.c --------------------------------------------------------------------------- */

void direct_keep_init(struct matrix_direct *direct);
int direct_load(struct matrix_direct *direct) MUST_CHECK;     /* -ENOMEM */
int direct_load_one(struct direct_person *person) MUST_CHECK; /* what cannot be read: the server's
                                                                 word; -ENOMEM */

/* ---- direct_make.c --------------------------------------------------------------------------- */

void direct_look(struct direct_person *person);
void direct_ask(struct direct_person *person);
void direct_search(struct direct_person *person);
void direct_check(struct direct_person *person);
int direct_get(struct direct_person *person, const char *pattern, const struct str *parts,
               size_t count, matrix_done_fn done) MUST_CHECK;

/* ---- direct_data.c --------------------------------------------------------------------------- */

void direct_data_init(struct matrix_direct *direct);
void direct_data_read(struct matrix_direct *direct); /* asks the server for it */
void direct_data_write(struct matrix_direct *direct);
bool direct_data_is_written(const struct matrix_direct *direct); /* the server has all of it */
void direct_data_done(struct matrix_direct *direct);

#endif
