/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of host/ share. */
#ifndef HOST_INTERNAL_H
#define HOST_INTERNAL_H

#include "host/host.h"

enum {
    HOST_PLUGINS_MAX = 64,
    HOST_COMMANDS_MAX = 512,
    HOST_CONTENTS_MAX = 128,
    HOST_BUDGET_MS = 50,
    HOST_STRIKES_MAX = 3,
    HOST_PENDING_MAX = 64, /* http and work under way, a plugin */
};
#define HOST_QUARANTINE_MS (10 * CLOCK_MINUTE_MS)

/* A request or a piece of work that a plugin waits for: on its ledger, so that unloading takes it
 * back. */
struct host_pending;

struct host_plugin {
    struct host *host;
    const struct mooring_plugin *descriptor;
    void *library; /* NULL: compiled in */
    void *state;
    struct mooring_host lent;
    char name[32];
    bool is_core, started, made_to_fail;
    unsigned strikes;
    int64_t quarantined_until_ms; /* elapsed; 0: not */
    struct metric *calls, *failures;
    struct host_pending *pending;
    size_t pending_count;
};

/* A list of a content file, kept for the life of a configuration. */
struct host_content {
    char *path;
    struct str list; /* borrowed from the descriptor */
    struct settings *settings;
};

struct host {
    struct host_parts parts;
    struct clock *clock;
    struct dialogues *dialogues;
    struct arena arena;
    struct host_plugin *plugins[HOST_PLUGINS_MAX];
    size_t plugin_count;
    struct host_command commands[HOST_COMMANDS_MAX];
    size_t command_count;
    struct host_content contents[HOST_CONTENTS_MAX];
    size_t content_count;
    const struct mooring_event *event; /* the one being handled; NULL in a timer */
    unsigned depth;                    /* calls within calls */
    uint64_t
        asked; /* counts what was asked of http and work: what a call asked for is known by it */
};

/* The plugin behind a handle; a forged one is a defect of the plugin and gives NULL only when it is
 * 0. */
static inline struct host_plugin *host_self(struct mooring_self self)
{
    return (struct host_plugin *)(uintptr_t)self.id;
}

/* call.c: a call into a plugin.  host_call_begin: -EAGAIN in quarantine; host_call_end gives
 * `result`, or what the store said when undoing. */
struct host_call {
    struct host_plugin *plugin;
    const char *what;
    struct store_savepoint savepoint;
    uint64_t jobs_mark; /* volatile timers, which no savepoint knows */
    const struct mooring_event *outer_event;
    uint64_t started_ns;
    uint64_t asked_before;
};
int host_call_begin(struct host_plugin *plugin, const char *what, const struct mooring_event *event,
                    struct host_call *ret_call) MUST_CHECK;
int host_call_end(struct host_call *call, int result) MUST_CHECK;

/* serve_settings.c */
void host_contents_drop(struct host *host);
/* serve_work.c */
void host_pending_drop(struct host_plugin *plugin);
void host_pending_undo(struct host *host,
                       uint64_t asked_before); /* what was asked for since, and has not begun */
void host_pending_settle(struct host *host, bool committed);
/* grants.c: what the administrator lets a plugin use, as enum mooring_service bits; and where its
 * requests may go. */
uint64_t host_granted(const struct host *host, struct str plugin);
bool host_may_reach(const struct host *host, struct str plugin, struct str url);
const char *host_service_name(uint64_t bit);
/* load.c */
void host_lend(struct host_plugin *plugin);
void host_plugin_destroy(struct host_plugin *plugin);

extern const struct mooring_log serve_log;
extern const struct mooring_clock serve_clock;
extern const struct mooring_settings serve_settings;
extern const struct mooring_text serve_text;
extern const struct mooring_say serve_say;
extern const struct mooring_ask serve_ask;
extern const struct mooring_people serve_people;
extern const struct mooring_series serve_series;
extern const struct mooring_store serve_store;
extern const struct mooring_timer serve_timer;
extern const struct mooring_http serve_http;
extern const struct mooring_work serve_work;
extern const struct mooring_alerts serve_alerts;
extern const struct mooring_safety serve_safety;
extern const struct mooring_audit serve_audit;

#endif
