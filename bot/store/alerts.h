/* SPDX-License-Identifier: MIT */
/* alerts.h (store): calls for help and what people did about them; the audit; settings changed by
 * command. */
#ifndef STORE_ALERTS_H
#define STORE_ALERTS_H

#include "store/store.h"

struct store_alert {
    uint64_t id;                  /* 1, 2, 3 ...: what moderators type */
    uint64_t member, group, room; /* room 0: private; member 0: unknown or forgotten */
    int kind, tier, state;        /* enum safety_kind; enum mooring_alert_state */
    int64_t opened_at, raised_at, acknowledged_at, closed_at;
    uint64_t acknowledged_by, closed_by, on_call;
    int pages;            /* sent so far */
    int64_t next_page_at; /* 0: none */
    struct str code;      /* outcome */
    struct str rules;     /* rule ids */
    /* sealed: the name the room knows, and where to reach them ("kestrel|libera|kestrel") */
    struct str who;
    struct str text; /* sealed; kept alert_text_days, then wiped */
};
/* id 0: new, given back */
int store_alerts_put(struct store *store, struct store_alert *alert) MUST_CHECK;
int store_alerts_get(struct store *store, uint64_t id, struct arena *arena,
                     struct store_alert *ret_alert) MUST_CHECK;
/* not closed, oldest first */
int store_alerts_each_open(struct store *store,
                           void (*each)(void *ctx, const struct store_alert *alert),
                           void *ctx) MUST_CHECK;
int store_alerts_open_of(struct store *store, uint64_t member, struct arena *arena,
                         struct store_alert *ret_alert) MUST_CHECK;
/* The words of alerts from before, the rules that they rang, and of closed ones by people without
 * an identity the name; out of the WAL too, after the commit. */
int store_alerts_wipe_texts(struct store *store, int64_t before_at) MUST_CHECK;

/* The audit: who did what to what, when; numbers and names of things, no text.  An append-only
 * chain of hashes. */
struct store_audit_row {
    uint64_t id;
    int64_t at;
    uint64_t actor, subject, group;    /* 0: the program itself, or nobody */
    struct str plugin, event, details; /* details: "name=1 other=2" */
};
int store_audit_put(struct store *store, const struct store_audit_row *row) MUST_CHECK;
/* Newest first; subject 0: all of the group. */
int store_audit_each(struct store *store, uint64_t group, uint64_t subject, uint32_t limit,
                     void (*each)(void *ctx, const struct store_audit_row *row),
                     void *ctx) MUST_CHECK;
/* Walks the whole chain: 0, or -EBADMSG with the first row that was changed, or that follows one
 * taken away. */
int store_audit_verify(struct store *store, uint64_t *ret_first_bad) MUST_CHECK;

/* Settings changed by moderators' command; the newest stands; undo takes it away and the one before
 * stands again. */
struct store_override {
    struct str name, value;
    uint64_t group, by;
    int64_t at;
};
int store_overrides_put(struct store *store, const struct store_override *override) MUST_CHECK;
int store_overrides_get(struct store *store, uint64_t group, struct str name, struct arena *arena,
                        struct store_override *ret_override) MUST_CHECK;
/* the group's newest; -ENOENT */
int store_overrides_undo(struct store *store, uint64_t group, struct arena *arena,
                         struct store_override *ret_undone) MUST_CHECK;

#endif
