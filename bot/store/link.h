/* SPDX-License-Identifier: MIT */
/* link.h: two members who are one person: the second is set aside for a day, sealed as they were,
 * and their numbers and identities mean the first.
 *
 * One row says it, in the same transaction as all that it changes: before its commit nothing has
 * happened, after it everything has, and the keyring is not touched.  When the day is over the
 * slots of the second come to be the first's, which overwrites their key; that is an intent which a
 * restart completes. */
#ifndef STORE_LINK_H
#define STORE_LINK_H

#include "store/store.h"

enum { STORE_LINK_UNDO_MS = 24 * 60 * 60 * 1000 };

/* Whose, where both have some.  BOTH: all of it where it does not collide, the kept one's where it
 * does; of consents, the stricter. */
enum store_link_side { STORE_LINK_BOTH, STORE_LINK_KEPT, STORE_LINK_SECOND, STORE_LINK_SIDE_COUNT };
struct store_link_choice {
    enum store_link_side entries;     /* series, and what their plugins keep of a member */
    enum store_link_side values;      /* what other plugins keep: a plan */
    enum store_link_side preferences; /* zone, language, quiet hours */
    enum store_link_side consents;
};
/* Where both have something that differs: what is to be asked. */
struct store_link_overlap {
    bool entries, values, preferences, consents;
};

/* Who a number means today: itself, or the one that it was joined to. */
uint64_t store_link_current(struct store *store, uint64_t member);

/* -EINVAL: one and the same; -EBUSY: one of them was joined to somebody less than a day ago. */
int store_link_check(struct store *store, uint64_t kept, uint64_t second) MUST_CHECK;
int store_link_overlap(struct store *store, uint64_t kept, uint64_t second,
                       struct store_link_overlap *ret_overlap) MUST_CHECK;
/* Inside a turn, which commits or undoes all of it. */
int store_link_join(struct store *store, uint64_t kept, uint64_t second,
                    const struct store_link_choice *choice) MUST_CHECK;
/* Takes the last join of `kept` apart: both are what they were, and what was written since stays
 * with `kept`.  -ENOENT: none, or its day is over. */
int store_link_undo(struct store *store, uint64_t kept, uint64_t *ret_second) MUST_CHECK;
/* Who is set aside for `kept`, and until when it can be undone; -ENOENT. */
int store_link_aside(struct store *store, uint64_t kept, uint64_t *ret_second,
                     int64_t *ret_until_at) MUST_CHECK;
/* Those whose day is over: forgotten for good when the turn is committed. */
int store_link_end_due(struct store *store) MUST_CHECK;
int store_link_next_end(struct store *store, int64_t *ret_at) MUST_CHECK; /* -ENOENT */

/* ---- codes ----------------------------------------------------------------------------------- */

enum {
    STORE_LINK_CODE_BYTES = 10, /* of 32 letters each: 50 bits */
    STORE_LINK_CODE_MS = 10 * 60 * 1000,
    STORE_LINK_TRIES = 3,
};
/* A new code of `member` ("7KQ2MX4TBD"), in the place of an older one; only hashes of it are kept.
 */
int store_link_code_make(struct store *store, uint64_t member,
                         char ret_code[STORE_LINK_CODE_BYTES + 1]) MUST_CHECK;
/* As people type codes: any case, spaces and dashes anywhere, O for 0, I and L for 1.  False: no
 * code. */
bool store_link_code_read(struct str typed, char ret_code[STORE_LINK_CODE_BYTES + 1]);
/* Typed by `by`: whose it is; it is used up then.  -ENOENT: no such code, or it ran out (a wrong
 * try, which is counted: the third ends the code whose first half it was); -EAGAIN: `by` has been
 * wrong three times within ten minutes. */
int store_link_code_use(struct store *store, uint64_t by, const char *code,
                        uint64_t *ret_member) MUST_CHECK;

/* ---- what was asked ---------------------------------------------------------------------------
 */

/* `second` typed a code of `kept` and is asked what to do; `answers`: a letter for each.  -ENOENT:
 * nothing is asked, or it ran out. */
int store_link_ask(struct store *store, uint64_t kept, uint64_t second,
                   struct str answers) MUST_CHECK;
int store_link_asked(struct store *store, uint64_t second, struct arena *arena, uint64_t *ret_kept,
                     struct str *ret_answers) MUST_CHECK;
int store_link_drop_asked(struct store *store, uint64_t second) MUST_CHECK;

#endif
