/* SPDX-License-Identifier: MIT */
/* host.h: loads plugins, lends them services, and is the only place that calls them. */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "alerts/alerts.h"
#include "dialogue/dialogue.h"

struct chat_event;
struct host;
struct host_plugin;
struct marker;

struct host_parts { /* all borrowed */
    struct loop *loop;
    struct net *net;
    struct store *store;
    struct people *people;
    struct groups *groups;
    struct outbox *outbox;
    struct jobs *jobs;
    struct zones *zones;
    struct alerts *alerts;
    const struct safety *safety;
    const struct text *text;
    const struct settings *settings;
    struct metrics *metrics;
    struct marker *marker; /* outlives the host, and the process */
    const char *const
        *content_folders; /* searched in order for <plugin>/<language or country>.cfg */
    size_t content_folder_count;
    void *ctx;
    /* Runs `work` as a turn of its own, after the present one: results of http and work. */
    int (*turn)(void *ctx, int (*work)(void *work_ctx), void *work_ctx);
};
int host_create(const struct host_parts *parts, struct host **ret_host) MUST_CHECK;
void host_destroy(struct host *host); /* calls each fini */
void host_set_dialogues(struct host *host, struct dialogues *dialogues);
void host_reloaded(struct host *host,
                   const struct host_parts *parts); /* new settings, groups, texts */

/* ---- plugins --------------------------------------------------------------------------------- */

/* Loads <folder>/<name>.so (LOCAL, NOW; 0 also for one that is passed over, see host_peek) and
 * checks its descriptor: a sentence when the file is missing, exports no entry, has another major
 * ABI, a bad or doubled name, or needs a service that is not granted.  init() is called by
 * host_start. */
int host_load(struct host *host, const char *folder, const char *name,
              struct error *error) MUST_CHECK;
/* The core's own commands, called by the same path, never quarantined. */
int host_add_core(struct host *host, const struct mooring_plugin *descriptor,
                  void *state) MUST_CHECK;
/* Inside a turn: init and migrate, then group() for each group. */
int host_start(struct host *host, struct error *error) MUST_CHECK;
/* Inside a turn, after a reload or a setting's change: reload(), group() (group_id 0: all). */
int host_rearrange(struct host *host, uint64_t group_id) MUST_CHECK;
/* The descriptor of a plugin file, for its option table (mooring check, the generator); the library
 * stays open until host_peek_done. */
struct host_peek {
    void *library;
    const struct mooring_plugin *descriptor;
};
int host_peek(const char *folder, const char *name, struct host_peek *ret_peek,
              struct error *error) MUST_CHECK;
/* The same with the marker standing meanwhile; -EAGAIN: loading it alone took the process away, and
 * it is passed over while it rests.  `marker` NULL: nobody watches. */
int host_peek_marked(struct marker *marker, const char *folder, const char *name,
                     struct host_peek *ret_peek, struct error *error) MUST_CHECK;
void host_peek_done(struct host_peek *peek);

size_t host_plugin_count(const struct host *host);
const char *host_plugin_name(const struct host *host, size_t index); /* "" the core */
const struct mooring_plugin *host_plugin_descriptor(const struct host *host, size_t index);
int host_fail(struct host *host, struct str plugin,
              bool fails); /* /fail plugin NAME: each of its calls gives -EIO */
bool host_quarantined(const struct host *host, size_t index);

/* Inside a turn: what the event stored or set for who said it goes (values, points, timers, open
 * questions, the words of an alert; never the alert). */
int host_take_back(struct host *host, struct str network, struct str event_id) MUST_CHECK;

/* Whether a call for help of theirs is open. */
bool host_is_calling(struct host *host, uint64_t member);

/* ---- commands -------------------------------------------------------------------------------- */

struct host_command {
    const struct mooring_command *def;
    struct host_plugin *plugin;
    size_t index; /* in the order of loading; the core's first */
};
/* By name or alias, ASCII case ignored; where several have the name, the first that `role` may use,
 * else the first. */
const struct host_command *host_command_find(const struct host *host, struct str name,
                                             enum mooring_role role);
size_t host_command_count(const struct host *host);
const struct host_command *host_command_at(const struct host *host, size_t index);

/* ---- calls, each in a savepoint of its own, timed, inside a turn ----------------------------- */

int host_command_run(struct host *host, const struct host_command *command,
                     const struct mooring_event *event, struct str args) MUST_CHECK;
/* Offers an event to each plugin's message() until one says it is its own: 1; 0 nobody; errors are
 * counted, never returned. */
int host_message(struct host *host, const struct mooring_event *event) MUST_CHECK;
/* The same, only to the plugin whose command it is. */
int host_message_to(const struct host_command *command,
                    const struct mooring_event *event) MUST_CHECK;
int host_reaction(struct host *host, const struct mooring_event *event) MUST_CHECK;
void host_presence(struct host *host, const struct mooring_event *event, bool joined);
int host_timer(struct host *host, const struct store_job *job, bool late) MUST_CHECK;
void host_sent(struct host *host, const struct outbox_result *result);
enum host_alert_change { HOST_ALERT_OPENED, HOST_ALERT_ACKNOWLEDGED, HOST_ALERT_CLOSED };
void host_alert(struct host *host, uint64_t alert, enum host_alert_change change);
/* Everything that plugins export about a member beyond what the store lists. */
int host_export(struct host *host, uint64_t member, mooring_row_fn each, void *ctx) MUST_CHECK;

/* For dialogue_parts. */
const struct mooring_dialogue *host_dialogue_find(void *host, struct str plugin, struct str name);
int host_dialogue_done(void *host, struct str plugin, const struct mooring_dialogue *dialogue,
                       const struct mooring_event *event, const struct mooring_answers *answers);

/* ---- what misbehaves ------------------------------------------------------------------------- */

/* An event comes into hand.  POISON: at two starts in a row the process died of it in our own hands
 * and it is not to be handled; UNREADABLE: it died while reading it for crisis words, so not even
 * that is to be done. */
enum host_care { HOST_SOUND, HOST_POISON, HOST_UNREADABLE };
enum host_care host_event_begin(struct host *host, struct str network,
                                const struct chat_event *event) MUST_CHECK;
void host_event_stage(struct host *host, const char *stage); /* a static string: "read" */
void host_event_end(struct host *host, bool survived);
/* The plugin that was left out for the event in hand because the process dies of the two together,
 * NULL: none; once. */
const char *host_take_skipped(struct host *host);
/* The same for the core's own timers: 0, or -ENOTRECOVERABLE when it is not to be run. */
int host_core_timer_begin(struct host *host, const struct store_job *job) MUST_CHECK;
void host_core_timer_end(struct host *host);

/* A plugin that rests: who, why ("errors", "slow", "crash", "loop", "memory", "init", "killed"),
 * for how long still; is_absent: it was not even loaded. */
struct host_rest {
    const char *plugin, *why;
    int64_t left_ms;
    bool is_absent;
};
/* For status: calls `each` for all that rest now; gives their number. */
size_t host_each_rest(const struct host *host,
                      void (*each)(void *ctx, const struct host_rest *rest), void *ctx);

/* ---- settings as plugins see them ------------------------------------------------------------ */

enum host_origin {
    HOST_ORIGIN_COMMAND,
    HOST_ORIGIN_GROUP,
    HOST_ORIGIN_PLUGIN,
    HOST_ORIGIN_DEFAULT
};
/* The value of "plugin.option" for a group and where it comes from ("mooring.cfg:14"; by command:
 * when); -ENOENT. */
int host_setting(struct host *host, uint64_t group, struct str plugin, struct str option,
                 struct arena *arena, struct str *ret_value, enum host_origin *ret_origin,
                 struct str *ret_where) MUST_CHECK;

struct arena *host_arena(struct host *host); /* lives until host_turn_end */
/* Sweeps and resets the arena.  What was asked of http and work in the turn begins when it was
 * committed, else it is dropped. */
void host_turn_end(struct host *host, bool committed);

#endif
