/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of host/ share. */
#ifndef HOST_INTERNAL_H
#define HOST_INTERNAL_H

#include "host/host.h"
#include "host/marker.h"

enum {
    HOST_PLUGINS_MAX = 64,
    HOST_COMMANDS_MAX = 512,
    HOST_CONTENTS_MAX = 128,
    HOST_BUDGET_MS = 50,
    HOST_STRIKES_MAX = 3,      /* in a row */
    HOST_STRIKES_AN_HOUR = 20, /* with good calls in between */
    HOST_SUSPECT_MS = 15000,   /* that a timer waits which the last life died of */
    HOST_PENDING_MAX = 64,     /* http and work under way, a plugin */
};

/* What a call may ask for, at most: budget.c has the numbers. */
enum host_ask { HOST_ASK_PUT, HOST_ASK_SAY, HOST_ASK_TIMER, HOST_ASK_RECORD, HOST_ASK_COUNT };

/* A request or a piece of work that a plugin waits for: on its ledger, so that unloading takes it
 * back. */
struct host_pending;

/* What one call asked of the services so far. */
struct host_spent {
    uint32_t counts[HOST_ASK_COUNT];
    uint64_t bytes[HOST_ASK_COUNT];
};

struct host_plugin {
    struct host *host;
    const struct mooring_plugin *descriptor;
    void *library; /* NULL: compiled in */
    void *state;
    struct mooring_host lent;
    char name[32];
    bool is_core, started, made_to_fail;
    marker_who who;
    unsigned strikes, strikes_this_hour, rests; /* rests: in a row, without a good call between */
    int64_t hour_from_ms;                       /* elapsed: when strikes_this_hour began */
    int64_t quarantined_until_ms;               /* elapsed; 0: not */
    const char *resting_why;                    /* of the last rest */
    bool rests_shown, untold, unarranged;       /* it slept through a reload */
    int64_t grown_bytes;                        /* of the process's data, during its calls */
    struct host_spent spent;
    struct metric *calls, *failures, *refused;
    struct host_pending *pending;
    size_t pending_count, held_bytes;
};

/* Passed over at this start. */
struct host_absent {
    char name[MARKER_NAME_BYTES];
    bool untold;
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
    int64_t born_ms;                   /* elapsed: when this life began */
    uint64_t subject;                  /* the event or timer in hand, as the marker has it */
    const struct host_plugin *skipped; /* left out for it */
    unsigned char subject_key[16];
    struct loop_call tell_call;   /* what rests is told in a turn of its own */
    struct loop_timer wake_timer; /* the first rest that ends */
    struct host_absent absent[HOST_PLUGINS_MAX];
    size_t absent_count;
    int memory_fd;
    uint64_t memory_bound, memory_bytes; /* data of the process: at most, and when last looked */
    struct host_plugin *hungry;          /* it has taken so much that the process has to end */
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
    unsigned long shortages; /* of memory, until it began */
    uint64_t asked_before;
    struct marker_was was;
};
int host_call_begin(struct host_plugin *plugin, const char *what, const struct mooring_event *event,
                    struct host_call *ret_call) MUST_CHECK;
int host_call_end(struct host_call *call, int result) MUST_CHECK;

/* effects.c: noted for the message in hand */
int host_note_effect(struct host_plugin *plugin, enum outbox_effect_kind kind, uint64_t member,
                     struct str key, int64_t at) MUST_CHECK;
int host_note_owned(struct host_plugin *plugin, enum outbox_effect_kind kind,
                    struct mooring_owner owner, struct str key) MUST_CHECK;
/* serve_settings.c */
void host_contents_drop(struct host *host);
/* serve_work.c */
void host_pending_drop(struct host_plugin *plugin);
void host_pending_undo(struct host *host,
                       uint64_t asked_before); /* what was asked for since, and has not begun */
void host_pending_settle(struct host *host, bool committed);
/* poison.c: who is left out, who rests, and telling of it. */
void host_poison_begin(struct host *host);
void host_poison_end(struct host *host);
/* 0; -EAGAIN: it rests; -ECANCELED: the process dies of it and what is in hand. */
int host_admit(struct host_plugin *plugin) MUST_CHECK;
void host_strike(struct host_plugin *plugin, const char *what, const char *why, bool counts);
void host_good(struct host_plugin *plugin);
void host_rest_now(struct host_plugin *plugin, const char *why, int64_t rest_ms);
void host_look_at_rest(struct host_plugin *plugin); /* at its loading: what the marker says */
void host_note_absent(struct host *host, const char *name);
bool host_is_absent(const struct host *host, struct str name);
bool host_defers(const struct host *host, const struct host_plugin *plugin, uint64_t subject);
uint64_t host_job_subject(const struct host *host, const struct store_job *job);
void host_set_subject(struct host *host, uint64_t subject);
int64_t host_rest_left_ms(const struct host_plugin *plugin); /* 0: it does not rest */
/* budget.c: -E2BIG with a line in the log when this call asked for too much. */
int host_afford(struct host_plugin *plugin, enum host_ask ask, size_t bytes) MUST_CHECK;
void host_look_at_memory(struct host_plugin *plugin, bool before);
void host_end_if_hungry(struct host *host);
/* load.c: init, migrate; group for each */
int host_plugin_start(struct host_plugin *plugin, struct error *error) MUST_CHECK;
void host_plugin_arrange(struct host_plugin *plugin, uint64_t group_id);
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
