/* SPDX-License-Identifier: MIT */
/* internal.h: the parts of alerts, shared by the files of this folder only. */
#ifndef ALERTS_INTERNAL_H
#define ALERTS_INTERNAL_H

#include "alerts/alerts.h"

enum {
    ALERTS_TEAM_MAX = 64, /* people of one group who can be paged */
    ALERTS_CARDS = 256,   /* cards remembered for people without identity, and past a full disk */
    ALERTS_UNSAVED_MAX = 32,
    ALERTS_STAGED_MAX = 8,
    ALERTS_TEXT_MAX = 4000, /* bytes kept of what a person said */
    ALERTS_WHO_MAX = 200,
    ALERTS_NAME_MAX = 128,
    ALERTS_NOTICES = 64, /* remembered while the store cannot */
    ALERTS_WAYS = 64,    /* alerts whose private pages are counted */
};
#define ALERTS_REMIND_MS   (4 * CLOCK_HOUR_MS) /* acknowledged, and not closed */
#define ALERTS_CARD_MS     (6 * CLOCK_HOUR_MS)
#define ALERTS_NOTICE_MS   (6 * CLOCK_HOUR_MS)
#define ALERTS_TIER_TWO_MS (24 * CLOCK_HOUR_MS)

/* clock.c: whom a page calls, and when the next one goes; pure */
enum alerts_call_out { ALERTS_CALL_NOBODY, ALERTS_CALL_NEXT, ALERTS_CALL_TWO, ALERTS_CALL_ALL };
struct alerts_step {
    enum alerts_call_out call; /* in private; the alert room hears every page */
    int64_t next_ms;
};
struct alerts_step alerts_step_of(int tier, int pages, int64_t again_ms);

/* team.c: who can be called, those on call first, then in the order in which they will be */
struct alerts_person {
    uint64_t member; /* 0: never seen, cannot be reached */
    struct str name;
    int64_t from_at; /* when their next shift begins; at or before now: on call; INT64_MAX: not in
                        the rota */
};
struct alerts_team {
    struct alerts_person people[ALERTS_TEAM_MAX];
    size_t count;
};
void alerts_team_of(struct alerts *alerts, const struct group *group, struct alerts_team *ret_team);

struct alerts_card_memory {
    uint64_t key; /* of the person and the kind of card; 0: free */
    int tier;
    int64_t at;
    bool staged; /* by the turn that is open */
};
/* Raised while the store could not be written. */
struct alerts_unsaved {
    bool used;
    uint64_t alert;  /* of a staged one: the row that the turn wrote */
    bool saving;     /* by the turn that is open */
    bool unmet;      /* of another store: its people have other numbers */
    uint64_t stored; /* of one that was saved before: its clock alone runs here */
    uint64_t member, group, room_id;
    int64_t called_at;
    struct safety_verdict verdict;
    int pages, minutes;
    char who[ALERTS_WHO_MAX];
    /* Where they spoke from, by name: for a store that gives other numbers. */
    char group_name[ALERTS_NAME_MAX], room[ALERTS_NAME_MAX];
    char network[ALERTS_NAME_MAX], user[ALERTS_NAME_MAX], identity[ALERTS_NAME_MAX];
};

struct alerts_notice_memory {
    uint64_t key; /* 0: free */
    int64_t elapsed_ms;
    bool staged; /* by the turn that is open */
};

/* How the private pages of an alert ended, since the start. */
struct alerts_ways {
    uint64_t alert; /* 0: free */
    int confirmed, refused;
};

struct alerts {
    struct alerts_parts parts;
    struct arena arena;
    struct alerts_card_memory cards[ALERTS_CARDS];
    size_t next_card;
    struct alerts_unsaved unsaved[ALERTS_UNSAVED_MAX];
    struct alerts_unsaved staged[ALERTS_STAGED_MAX]; /* raised by the turn that is open */
    struct alerts_notice_memory notices[ALERTS_NOTICES];
    size_t next_notice;
    uint64_t more_source; /* the last call that added something to an open alert */
    struct alerts_ways ways[ALERTS_WAYS];
    size_t next_ways;
    bool maybe_drill; /* false: none runs, for sure */
    bool holds_clock;
    int64_t shift_since_at, shift_ms; /* of the next alerts_load */
    struct metric *raised, *paged, *unpaged, *carded;
    void (*changed)(void *ctx, uint64_t alert, enum alerts_change change);
    void *changed_ctx;
};

int64_t alerts_now(const struct alerts *alerts);
/* Within so long before now; never one that a clock which was ahead has left in the future: for ten
 * years nobody would get a card. */
bool alerts_is_recent(const struct alerts *alerts, int64_t at, int64_t within_ms);
const struct group *alerts_group(const struct alerts *alerts,
                                 uint64_t id); /* the first when it is gone; NULL: none at all */
struct str alerts_name(struct str who);        /* of "kestrel|libera|kestrel" */
void alerts_tell(struct alerts *alerts, uint64_t alert, enum alerts_change change);
int alerts_audit(struct alerts *alerts, const char *event, const struct store_alert *alert,
                 uint64_t actor, struct str detail) MUST_CHECK;
int alerts_set_clock(struct alerts *alerts, uint64_t alert, int64_t at) MUST_CHECK; /* 0: none */

/* page.c */

/* One step of calling people: the alert room, and in private those whose turn it is. */
struct alerts_round {
    const struct group *group;
    const struct alerts_team *team;
    struct alerts_step step;
    int tier, pages;
    int missed;     /* pages before this one that nobody sent: their people are called with it */
    uint64_t alert; /* 0: of none */
    /* outbox rows of what was queued, and the first who is told in private; 0: none */
    uint64_t room_row, person_row, person;
};
/* How many places were told; 0: nobody could be. */
int alerts_round(struct alerts *alerts, struct alerts_round *round,
                 const struct mooring_message *message) MUST_CHECK;
int64_t alerts_again_ms(const struct alerts *alerts);
/* A sentence of a page, in the team's language and zone; empty when the catalogue lacks it. */
struct str alerts_piece(struct alerts *alerts, const struct group *group, struct str msgid,
                        const struct mooring_arg *args, size_t count);
struct str alerts_on_call_piece(struct alerts *alerts, const struct group *group,
                                const struct alerts_team *team);
struct str alerts_next_piece(struct alerts *alerts, const struct alerts_round *round);
int alerts_page(struct alerts *alerts,
                struct store_alert *alert) MUST_CHECK; /* one step; saves the alert */
void alerts_page_unsaved(struct alerts *alerts, const struct alerts_unsaved *unsaved);
/* A line under an alert for its team: the alert room, or else its people in private. */
int alerts_say(struct alerts *alerts, const struct store_alert *alert, const char *msgid,
               const struct mooring_arg *args, size_t count) MUST_CHECK;

/* The team hears that a person wrote again: the room, and whoever has it, or else is on call. */
int alerts_say_more(struct alerts *alerts, const struct store_alert *alert,
                    const struct alerts_call *call, const char *once) MUST_CHECK;

/* alerts.c, more.c: a further call under an alert that is open */
/* -ENOENT: none is open */
int alerts_find_open(struct alerts *alerts, const struct alerts_call *call, struct str who,
                     struct store_alert *ret_alert) MUST_CHECK;
/* "kestrel|libera|kestrel": what to call them and where to find them. */
struct str alerts_who_of(struct alerts *alerts, const struct alerts_call *call);
struct str alerts_rules_of(struct alerts *alerts, const struct safety_verdict *verdict);
/* Each once; what made the tier stands first. */
struct str alerts_join_rules(struct alerts *alerts, struct str first, struct str then);
/* Other words than before, or another rule. */
bool alerts_says_more(const struct alerts_call *call, const struct store_alert *alert);
int alerts_add_more(struct alerts *alerts, const struct alerts_call *call,
                    struct store_alert *alert) MUST_CHECK;

/* notice.c: the turn's end */
void alerts_notices_keep(struct alerts *alerts);
void alerts_notices_undo(struct alerts *alerts);
/* drill.c */
int alerts_drill_due(struct alerts *alerts, uint64_t group_id) MUST_CHECK;
void alerts_drill_interrupt(struct alerts *alerts); /* a real alert was raised */

/* unsaved.c */
void alerts_keep_unsaved(struct alerts *alerts, const struct alerts_call *call);
void alerts_stage(struct alerts *alerts, const struct alerts_call *call, uint64_t alert);

#endif
