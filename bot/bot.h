/* SPDX-License-Identifier: MIT */
/* bot.h: the parts of the daemon, built in order, torn down in reverse. */
#ifndef BOT_H
#define BOT_H

#include "chat/console/console.h"
#include "setup.h"
#include "turn.h"

/* What a bot stands on.  The console keeps it over a /restart; the daemon has one for its life. */
struct bot_ground {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct zones *zones;
    struct store *store;
    struct metrics *metrics;
    struct marker *marker;
    struct random random;
    char state_folder[SETUP_PATH_BYTES]; /* "": in memory */
    /* Opens the state folder's store, at the start and whenever it may be well again; NULL: there
     * is none but the one in memory.  -ENOKEY: no master key. */
    int (*open_store)(void *ctx, const struct clock *clock, struct store **ret_store,
                      struct error *error);
    void *open_ctx;
    /* The store in memory stands in for that one: why, and what to do. */
    enum store_cause stands_in;
    struct error why;
    bool lost; /* the bot stopped the loop, because nothing works any more */
};
/* `virtual_at` 0: real time.  `state_folder` NULL: in memory.  `master_key` 32 bytes, or NULL with
 * memory. */
struct bot_ground_options {
    int64_t virtual_at;
    const char *state_folder;
    const unsigned char *master_key;
    struct marker *marker; /* opened before it, and then the ground's; NULL: it opens one itself */
    /* Instead of the key: a store of the folder that cannot be opened is stood in for by one in
     * memory, unless it is the first start there (store_holds_state). */
    int (*open_store)(void *ctx, const struct clock *clock, struct store **ret_store,
                      struct error *error);
    void *open_ctx;
};
int bot_ground_open(struct bot_ground *ground, const struct bot_ground_options *options,
                    struct error *error) MUST_CHECK;
void bot_ground_close(struct bot_ground *ground);
/* A store in memory, in the place of one that cannot be opened for `why`.  -EINVAL: that is no
 * cause to go on (another process, a newer version): `why` is the error. */
int bot_ground_stand_in(struct bot_ground *ground, const struct error *why,
                        struct store **ret_store) MUST_CHECK;

struct bot;
/* Borrows the ground; takes the configuration (also on failure).  Everything stands, nothing is
 * connected. */
int bot_create(struct bot_ground *ground, const char *config_path, struct setup *setup,
               struct bot **ret_bot, struct error *error) MUST_CHECK;
/* Connects the networks and lets what was queued go. */
int bot_start(struct bot *bot, struct error *error) MUST_CHECK;
/* Leaves the networks in good order; what is on its way has until the loop is idle or 5 s are over,
 * then `stopped` is called. */
void bot_stop(struct bot *bot, void (*stopped)(void *ctx), void *ctx);
void bot_destroy(struct bot *bot);
/* Reads the configuration again: all of it, or nothing with the mistakes told to the log and to
 * `source` (0: nobody).  Negative, with a sentence: the one before goes on. */
int bot_reload(struct bot *bot, uint64_t source, struct error *error);
/* Whether the configuration that was read last names other networks or plugins than those that run.
 */
bool bot_wants_restart(const struct bot *bot);

struct chat_network *bot_network(const struct bot *bot, struct str name); /* NULL */
/* A network's login is read anew (chat_class.log_in).  -ENOENT: no such network, or nothing to
 * read. */
int bot_log_in(struct bot *bot, struct str network) MUST_CHECK;
struct chat_network *bot_network_at(const struct bot *bot, size_t index); /* NULL at the end */
const struct setup *bot_setup(const struct bot *bot);
struct groups *bot_groups(const struct bot *bot);
struct host *bot_host(const struct bot *bot);
/* False: a person should look (/healthz, status); writes one line. */
bool bot_healthy(struct bot *bot, struct buf *line);
/* False: nothing goes on and only a restart helps (the watchdog): timers do not fire, or a turn
 * never ended; writes why.  A network that is down, a disk that is full and a plugin that rests are
 * none of that: such a bot still answers a call for help.  What does not come back from the store
 * does not come back from here either. */
bool bot_alive(struct bot *bot, struct buf *line);
/* For the service manager's status line: health, and a reload that was refused; names nobody. */
void bot_status(struct bot *bot, struct buf *line);
/* Told when the status line may be another: floor-only mode began or ended. */
void bot_on_status(struct bot *bot, void (*told)(void *ctx), void *ctx);
void bot_refresh_metrics(struct bot *bot);
struct selftest;
/* The self-test of the night, now and silently: a turn of its own. */
void bot_selftest(struct bot *bot, struct selftest *ret_last);

#endif
