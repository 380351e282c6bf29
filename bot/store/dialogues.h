/* SPDX-License-Identifier: MIT */
/* dialogues.h: questions under way, and the choices last offered. */
#ifndef STORE_DIALOGUES_H
#define STORE_DIALOGUES_H

#include "store/store.h"

struct store_dialogue {
    uint64_t member;
    struct str plugin, name;
    uint32_t version;
    int64_t started_at, asked_at, expires_at;
    struct str state; /* sealed: step, answers, context */
};
/* replaces member+plugin+name */
int store_dialogues_put(struct store *store, const struct store_dialogue *dialogue) MUST_CHECK;
int store_dialogues_remove(struct store *store, uint64_t member, struct str plugin,
                           struct str name) MUST_CHECK;
/* The member's, latest asked first. */
int store_dialogues_each(struct store *store, uint64_t member,
                         void (*each)(void *ctx, const struct store_dialogue *dialogue),
                         void *ctx) MUST_CHECK;
int store_dialogues_each_member(struct store *store, void (*each)(void *ctx, uint64_t member),
                                void *ctx) MUST_CHECK;
int store_dialogues_count(struct store *store, int64_t *ret_count) MUST_CHECK;

/* Choices last offered in a place (the member's private chat: member; a room: room id), sealed text
 * of the outbox's making.  is_passing: to one person in a room, or to a guest: STORE_PASSING; a
 * restart loses it. */
int store_offers_put(struct store *store, uint64_t place, bool is_member, bool is_passing,
                     struct str offer, int64_t offered_at, int64_t expires_at) MUST_CHECK;
/* -ENOENT also when it ran out, or was passing and another process's. */
int store_offers_get(struct store *store, uint64_t place, bool is_member, struct arena *arena,
                     struct str *ret_offer, int64_t *ret_offered_at) MUST_CHECK;

#endif
