/* SPDX-License-Identifier: MIT */
/* meetings_book.h: all meetings of a group, from configuration and commands, and when they take
 * place. */
#ifndef MEETINGS_BOOK_H
#define MEETINGS_BOOK_H

#include "meetings_item.h"

enum {
    MEETINGS_ITEMS_MAX = 40,
    MEETINGS_EXCEPTIONS_MAX = 80,
    MEETINGS_SPAN_MAX = 64,
    MEETINGS_STORE_KEY_BYTES = 64
};

static const int64_t meetings_minute_ms = 60000;
static const int64_t meetings_day_ms = 86400000;

/* One occurrence that does not take place, or at another time. */
struct meetings_exception {
    char key[MEETINGS_KEY_BYTES], date[MEETINGS_DATE_BYTES];
    char to[MEETINGS_LOCAL_BYTES]; /* "": cancelled */
};
/* An item's number is its place + 1. */
struct meetings_book {
    const struct mooring_host *host;
    struct mooring_group group;
    char zone[MEETINGS_ZONE_BYTES]; /* the group's */
    struct meetings_item items[MEETINGS_ITEMS_MAX];
    size_t item_count, configured_count;
    struct meetings_exception exceptions[MEETINGS_EXCEPTIONS_MAX];
    size_t exception_count;
};
struct meetings_occurrence {
    const struct meetings_item *item;
    int number;
    int64_t start_at, end_at;
    char date[MEETINGS_DATE_BYTES]; /* by the rule: what an exception names, also of a moved one */
    bool is_moved;
};

/* Reads configuration and store.  What does not fit into the book is left out. */
int meetings_book_load(const struct mooring_host *host, struct mooring_group group,
                       struct meetings_book *ret_book);

/* Occurrences of one item that end after `from_at` and begin before `to_at`, in order; `room` at
 * most.  Returns the count. */
int meetings_book_walk(const struct meetings_book *book, size_t index, int64_t from_at,
                       int64_t to_at, struct meetings_occurrence *ret_list, size_t room);
/* The same of all items, in order of start. */
int meetings_book_span(const struct meetings_book *book, int64_t from_at, int64_t to_at,
                       struct meetings_occurrence *ret_list, size_t room);
/* The first one that begins at or after a moment; -ENOENT. */
int meetings_book_next(const struct meetings_book *book, size_t index, int64_t from_at,
                       struct meetings_occurrence *ret_next);

/* An item's zone: its own or the group's. */
struct mooring_str meetings_book_zone(const struct meetings_book *book,
                                      const struct meetings_item *item);
/* "2026-11-23" of a moment; -EINVAL: no such zone. */
int meetings_book_date(const struct meetings_book *book, struct mooring_str zone, int64_t at,
                       char ret_date[MEETINGS_DATE_BYTES], int *ret_weekday);
const struct meetings_exception *meetings_book_exception(const struct meetings_book *book,
                                                         const char *key, const char *date);
struct mooring_owner meetings_book_owner(const struct meetings_book *book);

#endif
