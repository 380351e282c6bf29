/* SPDX-License-Identifier: MIT */
/* meetings_change.h: `!meeting`: what moderators change. */
#ifndef MEETINGS_CHANGE_H
#define MEETINGS_CHANGE_H

#include "meetings_book.h"

/* add, cancel, move, restore, remove, going; anything else shows how. */
int meetings_change_run(const struct mooring_host *host, const struct mooring_event *event,
                        struct mooring_str args);

/* Answers where the command was typed. */
int meetings_answer(const struct mooring_host *host, const struct mooring_event *event,
                    const char *msgid, const struct mooring_arg *args, size_t arg_count);

/* "going/<key>/<start>": the store's key under which those who are coming are counted. */
struct mooring_str meetings_going_key(const struct meetings_occurrence *occurrence,
                                      char buffer[MEETINGS_STORE_KEY_BYTES]);
int meetings_going_count(const struct meetings_book *book,
                         const struct meetings_occurrence *occurrence);

#endif
