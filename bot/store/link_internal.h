/* SPDX-License-Identifier: MIT */
/* link_internal.h: what the files of a link share. */
#ifndef STORE_LINK_INTERNAL_H
#define STORE_LINK_INTERNAL_H

#include "store/link.h"
#include "store/seal.h"
#include "store/sql.h"

/* Of a row of `link`.  Only from JOINED on does the one number mean the other. */
enum link_state {
    LINK_ASKED,
    LINK_JOINED, /* can be undone */
    LINK_ENDING, /* the keyring is to follow */
    LINK_ENDED,  /* the number is all that is left */
    LINK_APART,  /* a restored backup has it, and it was undone since: to be undone again */
};

/* Of a row of `link_row`: a row of another table, as it was. */
enum link_row_kind {
    LINK_ROW_ASIDE, /* the second's, out of its table */
    LINK_ROW_TAKEN, /* the kept one's, that had to go */
    LINK_ROW_ADDED, /* what the kept one has now of the second */
};

struct link_pair {
    struct store *store;
    uint64_t kept, second;
    const struct store_link_choice *choice;
};

/* As many columns of link_row as a table has. */
#define LINK_C2  "c0, c1"
#define LINK_C4  LINK_C2 ", c2, c3"
#define LINK_C5  LINK_C4 ", c4"
#define LINK_C8  LINK_C5 ", c5, c6, c7"
#define LINK_C12 LINK_C8 ", c8, c9, c10, c11"

#define LINK_NOTE(kind, source, columns)                                                           \
    "INSERT INTO link_row (member, kind, source, " columns ") SELECT ?2, " #kind ", '" source      \
    "', * FROM " source " "

/* link_move.c, link_who.c, link_back.c: the data. */
int link_move(const struct link_pair *pair) MUST_CHECK;
int link_move_who(const struct link_pair *pair) MUST_CHECK;
int link_move_back(struct store *store, uint64_t kept, uint64_t second) MUST_CHECK;

/* One statement about a pair: ?1 the kept, ?2 the second. */
int link_run(struct store *store, const char *text, uint64_t kept, uint64_t second) MUST_CHECK;
/* Whether it gives a row; negative errno. */
int link_any(struct store *store, const char *text, uint64_t kept, uint64_t second) MUST_CHECK;

#endif
