/* SPDX-License-Identifier: MIT */
/* internal.h: the bot's parts, shared by the files that build, wire and reload it. */
#ifndef BOT_INTERNAL_H
#define BOT_INTERNAL_H

#include "bot.h"
#include "commands/commands.h"
#include "selftest.h"

enum { BOT_NETWORKS_MAX = 16, BOT_STOP_WITHIN_MS = 5000 };

/* Wall clock, for status. */
struct bot_network_note {
    enum chat_state state;
    int64_t since_at, heard_at;
};

/* floor.c */
struct floor {
    enum store_cause cause; /* of which everybody was told; STORE_WELL: floor-only mode is over */
    int64_t since_elapsed_ms, wait_ms;
    int postponed;
    bool damaged; /* found while running: all of it is checked before it is trusted again */
    struct loop_call look; /* the store's trouble changed, in the middle of a turn */
    struct loop_timer probe;
    struct metric *writable;
    void (*told_status)(void *ctx);
    void *status_ctx;
};

/* watch.c */
struct watch {
    struct loop *loop; /* NULL: closed */
    int64_t began_at;
    int64_t last_at;   /* of the last row that was written before this start */
    int64_t offset_ms; /* wall minus elapsed: what a step changes */
    int64_t until_ms;  /* elapsed: then it is trusted, whatever it says */
    bool holds, behind, rearranges;
    struct loop_call stepped;
    struct loop_timer timer;
};

struct bot {
    struct bot_ground *ground;
    struct setup *setup;
    char config_path[SETUP_PATH_BYTES];
    struct safety *safety;
    struct text *text;
    struct groups *groups;
    struct people *people;
    struct jobs *jobs;
    struct outbox *outbox;
    struct alerts *alerts;
    struct host *host;
    struct dialogues *dialogues;
    struct inbox *inbox;
    struct commands *commands;
    struct dispatch *dispatch;
    struct turn *turn;
    struct chat_network *networks[BOT_NETWORKS_MAX];
    struct bot_network_note notes[BOT_NETWORKS_MAX];
    size_t network_count;
    struct loop_call reload_call;
    uint64_t reload_source;
    size_t refused_mistakes; /* of the last reload; 0: it was taken */
    uint64_t frame;          /* of the configuration that we were started with; 0: never reloaded */
    struct floor floor;
    struct watch watch;
    struct loop_timer stop_timer;
    struct loop_call stop_call;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    struct selftest selftest; /* the last one */
    int64_t began_ms;         /* elapsed clock */
    int hooks;                /* what the store still calls */
};

/* wires.c: what lower parts ask of higher ones, as callbacks with the bot as their ctx. */
int wires_local_time(void *ctx, struct str zone, int64_t at, struct mooring_civil *ret_local);
bool wires_zone_known(void *ctx, struct str zone, char *nearest, size_t size);
struct chat_network *wires_network(void *ctx, struct str name);
int wires_turn(void *ctx, int (*work)(void *work_ctx), void *work_ctx);
void wires_jobs_wake(void *ctx);
void wires_result(void *ctx, const struct outbox_result *result);
void wires_alert_change(void *ctx, uint64_t alert, enum alerts_change change);
void wires_committed(void *ctx);
void wires_rolled_back(void *ctx);
const struct mooring_dialogue *wires_dialogue(void *ctx, struct str plugin, struct str name);
int wires_dialogue_done(void *ctx, struct str plugin, const struct mooring_dialogue *dialogue,
                        const struct mooring_event *event, const struct mooring_answers *answers);
int wires_job(void *ctx, const struct store_job *job);
void wires_text_mistake(void *ctx, const struct error *mistake);
/* wires_chat.c */
struct chat_env wires_chat_env(struct bot *bot);

/* bot.c */
struct host_parts bot_host_parts(struct bot *bot);
struct commands_parts bot_commands_parts(struct bot *bot);
int64_t bot_late_after_ms(const struct bot *bot);
int64_t bot_seen_ms(const struct bot *bot);
struct selftest_parts bot_selftest_parts(struct bot *bot);
/* Everything that knows the store is built anew on this one, which is taken; the one before is
 * closed.  Connections stay, and so does what only memory knows: calls for help, what was answered.
 * After an error nothing works any more. */
int bot_move(struct bot *bot, struct store *store, enum store_cause stands_in,
             struct error *error) MUST_CHECK;
/* watch.c */
void watch_before(struct bot *bot);
void watch_open(struct bot *bot);
void watch_close(struct bot *bot);
/* floor.c */
void floor_open(struct bot *bot);
void floor_close(struct bot *bot);
bool floor_line(struct bot *bot, struct buf *line); /* true: floor only, and why */
/* reload.c */
void bot_request_reload(void *ctx, uint64_t source);
void bot_run_reload(struct loop_call *call);

#endif
