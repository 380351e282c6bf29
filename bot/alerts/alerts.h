/* SPDX-License-Identifier: MIT */
/* alerts.h: calls for help: the moderators' queue, the rota, the escalation clocks, and the floor's
 * answer. */
#ifndef ALERTS_ALERTS_H
#define ALERTS_ALERTS_H

#include "outbox/outbox.h"
#include "safety/cards.h"
#include "safety/safety.h"
#include "schedule/jobs.h"
#include "store/alerts.h"

struct alerts;
struct alerts_parts { /* all borrowed */
    struct store *store;
    struct people *people;
    struct groups *groups;
    struct outbox *outbox;
    struct jobs *jobs;
    struct zones *zones;
    struct clock *clock;
    struct metrics *metrics;
    const struct settings *settings; /* NULL: the defaults */
};
int alerts_create(const struct alerts_parts *parts, struct alerts **ret_alerts) MUST_CHECK;
void alerts_destroy(struct alerts *alerts);
void alerts_reloaded(struct alerts *alerts, struct groups *groups, const struct settings *settings);
void alerts_committed(struct alerts *alerts); /* store_on_commit */
/* store_on_rollback: a card that was undone may be sent again */
void alerts_rolled_back(struct alerts *alerts);
/* at start, and when the wall clock was set: every open alert runs on its clock */
int alerts_load(struct alerts *alerts) MUST_CHECK;

/* The wall clock is not to be trusted: pages go by the elapsed one, in memory, until it is; then
 * alerts_load sets them anew. */
void alerts_hold_clock(struct alerts *alerts, bool holds);
/* It was set by so much: what was raised since then, by the clock that was behind, was raised so
 * much later.  alerts_load follows. */
void alerts_clock_set(struct alerts *alerts, int64_t since_at, int64_t by_ms);
/* Told inside the turn that made them, so that plugins hear of them in the same one. */
enum alerts_change { ALERTS_OPENED, ALERTS_ACKNOWLEDGED, ALERTS_CLOSED };
void alerts_on_change(struct alerts *alerts,
                      void (*changed)(void *ctx, uint64_t alert, enum alerts_change change),
                      void *ctx);

/* What was read, where; from the inbox's item or a plugin. */
struct alerts_call {
    uint64_t member, source;   /* source: outbox_note_source */
    const struct group *group; /* NULL: not known: the first group's moderators are paged */
    struct str who;            /* the name the room knows */
    struct str text;
    /* "!sos" is kind NONE ("asked for help"), tier 3, who SELF, rules {"sos"} */
    struct safety_verdict verdict;
    uint64_t room_id; /* where and when, of a call that could not be saved at once; 0: the source's,
                         and now */
    int64_t called_at;
    struct str network, user; /* of such a call: where to reach them */
};
/* Opens an alert and pages by its tier, or raises the tier of the same person's open one (never
 * lowers; two tier 2 within 24 h make tier 3).  Tier 1 is only counted: -ENOENT then.  When the
 * store cannot be written the team is paged all the same, by everybody who can be reached, and the
 * alert is saved when it can be: status.alert is 0 until then. */
int alerts_raise(struct alerts *alerts, const struct alerts_call *call,
                 struct mooring_alert_status *ret_status) MUST_CHECK;
/* Who called took their words back: what was called for stays, with its tier, and the words go. */
int alerts_forget_words(struct alerts *alerts, uint64_t alert) MUST_CHECK;
/* -ENOENT */
int alerts_status_of(struct alerts *alerts, uint64_t member,
                     struct mooring_alert_status *ret_status) MUST_CHECK;
int alerts_note(struct alerts *alerts, uint64_t alert, const char *msgid,
                const struct mooring_arg *args, size_t count) MUST_CHECK;

/* Only people do these, and there is no call that lowers a tier.  id 0: the only one waiting
 * (-ENOTUNIQ: several).  -ENOENT, -EALREADY.  Who may is the caller's to check.  An alert that is
 * acknowledged and not closed is brought up every 4 h. */
int alerts_acknowledge(struct alerts *alerts, uint64_t id, uint64_t by,
                       uint64_t *ret_id) MUST_CHECK;
/* outcome codes, end in NULL; texts "alerts.code-<code>" */
extern const char *const alerts_codes[];
/* -EINVAL: no such code */
int alerts_close(struct alerts *alerts, uint64_t id, uint64_t by, struct str code,
                 uint64_t *ret_id) MUST_CHECK;

/* What is open, for status and metrics: those past a store that cannot be written first (id 0). */
struct alerts_open {
    uint64_t id, group;
    int tier, pages;
    int confirmed, refused; /* private pages, since the start */
    bool acknowledged;
    int64_t raised_at, next_page_at; /* 0: none */
};
/* How a page ended, from the outbox. */
void alerts_page_result(struct alerts *alerts, const struct outbox_result *result);
int alerts_each_open(struct alerts *alerts, void (*each)(void *ctx, const struct alerts_open *open),
                     void *ctx) MUST_CHECK;

/* Everything of `from` that no store knows, for one on another store: groups, rooms and people are
 * found again by their names. */
void alerts_take_past_disk(struct alerts *alerts, struct alerts *from);
/* Those that are not saved yet; id 0. */
void alerts_each_unsaved(struct alerts *alerts,
                         void (*each)(void *ctx, const struct store_alert *alert), void *ctx);
/* Nothing can be saved from now on: the clocks of the open alerts run in memory, so that their team
 * goes on hearing of them. */
void alerts_past_disk(struct alerts *alerts);
/* Inside a turn: what was raised while nothing could be saved is saved now, or paged again from
 * memory.  Comes by itself each minute; whoever knows that the disk is well calls it at once. */
int alerts_retry_unsaved(struct alerts *alerts) MUST_CHECK;
/* A core job of alerts is due ("page/17", "wipe", "unsaved"): pages again, the next person,
 * everybody, by the tier's clock. */
int alerts_due(struct alerts *alerts, const struct store_job *job, bool late) MUST_CHECK;

/* Sends the card for a kind and tier where the source came from (private where it can; an overdose
 * also in the room).  Not the same again within 6 h unless the tier rose: then 0, else 1. */
int alerts_card(struct alerts *alerts, uint64_t source, uint64_t member, const struct group *group,
                enum safety_kind kind, int tier) MUST_CHECK;
/* The end of a turn's event: tier >= 2 and nobody answered (`answered` <= 0): card, alert and page
 * all the same.  From tier 3 on an answer without an alert still raises one.  !sos comes here. */
int alerts_floor(struct alerts *alerts, const struct alerts_call *call, int answered) MUST_CHECK;
/* A private crisis reply was refused by the network: a card that names nobody goes to the room. */
void alerts_refused(struct alerts *alerts, const struct outbox_result *result);
/* A word about the house itself (a disk, a resting plugin, a missing backup) to every group's alert
 * room, or else its moderators in private.  Inside a turn (turn_call makes one), also past a store
 * that cannot be written: then through the outbox's lane in memory.  The same msgid and key not
 * again within 6 h, over a restart too.  Names no person: give it no MEMBER argument.  1 said; 0
 * said before, or nobody can be told (logged); -E2BIG: the key is over 100 bytes. */
int alerts_notice(struct alerts *alerts, const char *msgid, const struct mooring_arg *args,
                  size_t count, struct str key) MUST_CHECK;
/* The same to one group's team alone; NULL: to every one. */
int alerts_notice_to(struct alerts *alerts, const struct group *only, const char *msgid,
                     const struct mooring_arg *args, size_t count, struct str key) MUST_CHECK;
/* The same, where not everybody can be told as usual.  A team that its alert room does not hold (we
 * were put out) is told in private in any case. */
struct alerts_notice_way {
    const struct group *only; /* NULL: every one */
    /* This network says nothing now: who is on another is told there as well.  Empty: none. */
    struct str down;
};
int alerts_notice_by(struct alerts *alerts, const struct alerts_notice_way *way, const char *msgid,
                     const struct mooring_arg *args, size_t count, struct str key) MUST_CHECK;
/* What that notice said of `about` (its first argument) is over: who has not heard it yet does not
 * hear it any more, and if it comes again it is told again.  Inside a turn. */
int alerts_notice_over(struct alerts *alerts, const char *msgid, struct str about,
                       struct str key) MUST_CHECK;
/* Everything that a page to this group needs, tried without telling anybody: written, routed,
 * rendered, taken by the outbox's lane in memory. */
struct alerts_trial {
    int room;   /* 0: it would get there; 1: the group has no alert room; else as outbox_try */
    int people; /* 0: at least one of the team; else the last error, -ENOENT: nobody is known */
};
void alerts_try_page(struct alerts *alerts, const struct group *group,
                     struct alerts_trial *ret_trial);
/* Who is on call now; 0: nobody, then *ret_at is when somebody next is (0: not known). */
uint64_t alerts_on_call(struct alerts *alerts, const struct group *group, int64_t *ret_at);

/* ---- drills: drill.c ------------------------------------------------------------------------- */

/* A page rehearsed end to end, by the clock of tier 3: the alert room, the person on call; nobody
 * answers: the next, and the next, then everybody.  One at a time in a group; durable; each message
 * says that it is a drill; it is no alert and counts as none, and a real one ends it. */
enum alerts_drill_end {
    ALERTS_DRILL_ANSWERED,
    ALERTS_DRILL_UNANSWERED,
    ALERTS_DRILL_UNREACHED,   /* no room and nobody in private */
    ALERTS_DRILL_STOPPED,     /* by a moderator */
    ALERTS_DRILL_INTERRUPTED, /* by a real alert */
    ALERTS_DRILL_AWAY,        /* the bot was away when the next page was due */
    ALERTS_DRILL_END_COUNT
};
struct alerts_drill_last {
    int64_t ended_at, took_ms;
    enum alerts_drill_end end;
    int pages;
};
/* Inside a turn.  asked_at: when it was said.  -EEXIST: one runs; -EBUSY: a real alert waits. */
int alerts_drill_start(struct alerts *alerts, const struct group *group, uint64_t by,
                       int64_t asked_at) MUST_CHECK;
/* name: the group's; empty: the only one that runs among those that `by` moderates (-ENOTUNIQ:
 * several).  -ENOENT: none.  It ends, and how long each step took is said to the team. */
int alerts_drill_acknowledge(struct alerts *alerts, struct str name, uint64_t by) MUST_CHECK;
bool alerts_drill_runs(struct alerts *alerts, uint64_t by); /* any that `by` moderates */
int alerts_drill_stop(struct alerts *alerts, const struct group *group,
                      uint64_t by) MUST_CHECK; /* -ENOENT */
/* From the outbox: when a page was sent and how it ended. */
void alerts_drill_result(struct alerts *alerts, const struct outbox_result *result);
int alerts_drill_last(struct alerts *alerts, const struct group *group,
                      struct alerts_drill_last *ret_last) MUST_CHECK; /* -ENOENT: never one */
/* When the one that runs began; 0: none runs. */
int64_t alerts_drill_since(struct alerts *alerts, const struct group *group);

#endif
