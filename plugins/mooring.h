/* SPDX-License-Identifier: MIT */
/* mooring.h: the one header that a plugin includes.  Stable C ABI, version 1.  docs/PLUGINS.md is
 * the guide.
 *
 * Shapes    fixed-width integers; every struct of a table or descriptor begins with its own size
 *           and only grows at the end, which raises MOORING_ABI_MINOR; anything else raises
 *           MOORING_ABI_MAJOR.
 * Text      UTF-8; struct mooring_str is pointer + length, never assumed to end in NUL.
 * Time      int64_t milliseconds: *_at is Unix wall clock, *_ms is a duration.
 * Errors    0, a count or a length on success, negative errno on failure; outputs untouched on
 *           failure.
 * Lending   what the host passes in or returns is valid until the callback returns; what the plugin
 *           passes in is copied before the call returns.  Nobody frees the other's memory.
 * Handles   one-field structs, so that a room passed as a member does not compile; a stale one
 *           gives -ESTALE.
 * Turns     every callback runs on the loop thread, in a savepoint of its own: when it returns an
 *           error, all that it wrote, set or said is undone.  http and work begin after the commit;
 *           their results are turns of their own.
 * Limits    a call that asks for too much gets -E2BIG (docs/PLUGINS.md has the numbers), what is
 *           too much for now -EAGAIN; who does not come back, or takes the memory, ends the
 *           process.
 * Grants    a service that the administrator did not grant is a NULL table.
 */
#ifndef MOORING_H
#define MOORING_H

#include <stddef.h>
#include <stdint.h>

#define MOORING_ABI_MAJOR    1u
#define MOORING_ABI_MINOR    1u
#define MOORING_EXPORT       __attribute__((visibility("default")))
#define MOORING_STR(literal) ((struct mooring_str){(literal), sizeof(literal) - 1})
/* True when the other side's struct is new enough to have this field. */
#define MOORING_HAS(p, type, field)                                                                \
    ((p) != NULL && (p)->struct_size >= offsetof(struct type, field) + sizeof((p)->field))

struct mooring_str {
    const char *ptr;
    size_t len;
};

/* the plugin itself, first argument of every service */
struct mooring_self {
    uint64_t id;
};
/* pseudonymous: a plugin never sees a Matrix id or an IRC nick */
struct mooring_member {
    uint64_t id;
};
/* 0: the member's private conversation */
struct mooring_room {
    uint64_t id;
};
struct mooring_group {
    uint64_t id;
};
/* the message that is being answered: routes, threads and reacts */
struct mooring_source {
    uint64_t id;
};
/* a message of ours */
struct mooring_sent {
    uint64_t id;
};
struct mooring_alert_id {
    uint64_t id;
};
/* one record of a configured list: a tip, a lesson, a meeting */
struct mooring_record {
    uint64_t id;
};

enum mooring_owner_kind {
    MOORING_OWN_PLUGIN,
    MOORING_OWN_MEMBER,
    MOORING_OWN_ROOM,
    MOORING_OWN_GROUP
};
struct mooring_owner {
    uint32_t kind;
    uint32_t reserved;
    uint64_t id;
};

/* Whom a message is for.  `answers` (the message in hand) sends it where that was said: to the
 * person in private, or to the room.  Else: member (room 0: in private; with a room: there, with a
 * mention), or a room, or all rooms of a group. */
struct mooring_to {
    struct mooring_member member;
    struct mooring_room room;
    struct mooring_group group;
    struct mooring_source answers;
};

/* ---- what is said ---------------------------------------------------------------------------- */

/* INT takes part in plurals.  TEXT is shown as it is, never read as Markdown.  MEMBER and ROOM
 * (number: the id) become the name that the readers of the message know.  TIME "18:00", DATE "Mon
 * 23 Nov", WHEN both, all in the reader's zone (in a room: the group's); DURATION (number: ms) "90
 * min".  MSGID (text: the id) is rendered without arguments. */
enum mooring_arg_kind {
    MOORING_ARG_INT,
    MOORING_ARG_TEXT,
    MOORING_ARG_MEMBER,
    MOORING_ARG_ROOM,
    MOORING_ARG_TIME,
    MOORING_ARG_DATE,
    MOORING_ARG_WHEN,
    MOORING_ARG_DURATION,
    MOORING_ARG_MSGID
};
struct mooring_arg {
    const char *name;
    uint32_t kind;
    uint32_t reserved;
    int64_t number;
    struct mooring_str text;
};

/* A tap, a reaction or a number typed runs the command ("tip craving", no prefix): the same choice
 * works on every network. */
struct mooring_choice {
    const char *label_msgid;
    struct mooring_str reaction;
    struct mooring_str command;
};
/* One without a reaction of its own; `run` is a literal. */
/* clang-format off */
#define MOORING_CHOICE(label, run) {label, {NULL, 0}, {run, sizeof(run) - 1}}
/* clang-format on */

struct mooring_file {
    struct mooring_str name, mime, bytes;
    const char *alt_msgid;
};

enum mooring_say_flags {
    MOORING_SAY_PRIVATE_ONLY = 1u << 0, /* never in a room, whatever the network can do */
    /* ahead of all queues; passes quiet hours; at least once */
    MOORING_SAY_CRISIS = 1u << 1,
    MOORING_SAY_URGENT = 1u << 2, /* buzzes a phone: m.text + mention, PRIVMSG */
    MOORING_SAY_REPORT = 1u << 3, /* tell the plugin what became of it */
    MOORING_SAY_TEAM = 1u << 4,   /* to.group's alert room instead of its rooms */
    /* It asks, in private, whether they think of ending their life: a bare "yes" is a call for help
     * of tier 3.  Whether they are safe: a bare "no" is one, as !sos is.  Until they have answered
     * it, chosen or begun something else. */
    MOORING_SAY_ASKS_SUICIDE = 1u << 5,
    MOORING_SAY_ASKS_SAFE = 1u << 6
};
struct mooring_message {
    size_t struct_size;
    uint64_t flags;
    struct mooring_to to;
    /* rendered when sent, in the recipient's language, for their network */
    const char *msgid;
    const struct mooring_arg *args;
    size_t arg_count;
    /* "{member_text}": what a member wrote; sealed under its author; never read as Markdown */
    struct mooring_str member_text;
    const struct mooring_choice *choices;
    size_t choice_count;
    const struct mooring_file *file;
    struct mooring_str dedup_key; /* same key, same recipient: queued once */
    /* edits this message of ours where the network can, else says it anew */
    struct mooring_sent replaces;
    /* a message id with several wordings: which one (taken modulo); 0: by turn */
    uint64_t wording;
    int64_t not_before_at; /* 0: now */
    /* 0: default; a late check-in is dropped, not sent at three in the morning */
    int64_t expires_at;
};

/* ---- what has happened ----------------------------------------------------------------------- */

/* What the reading for crisis words says of a text.  Tiers 0 to 4: docs/SAFETY.md. */
enum mooring_verdict_kind {
    MOORING_CRISIS_NONE,
    MOORING_CRISIS_SUICIDE,
    MOORING_CRISIS_SELF_HARM,
    MOORING_CRISIS_OVERDOSE,
    MOORING_CRISIS_WITHDRAWAL,
    MOORING_CRISIS_VIOLENCE,
    MOORING_CRISIS_CRAVING,
    MOORING_CRISIS_LAPSE
};
enum mooring_verdict_who { MOORING_WHO_NONE, MOORING_WHO_SELF, MOORING_WHO_OTHER };
struct mooring_verdict {
    size_t struct_size;
    uint32_t kind, tier, who, reserved;
    struct mooring_str rules; /* ids, with spaces between */
};

enum mooring_event_flags {
    MOORING_EVENT_LATE = 1u << 0,
    MOORING_EVENT_EDITED = 1u << 1,
    MOORING_EVENT_PRIVATE = 1u << 2,
    MOORING_EVENT_BRIDGED = 1u << 3,
    MOORING_EVENT_SAYS_YES =
        1u << 4, /* barely, to a question that asks such (MOORING_SAY_ASKS_...) */
    MOORING_EVENT_SAYS_NO = 1u << 5
};
enum mooring_net_caps {
    MOORING_NET_ENCRYPTED = 1u << 0,
    MOORING_NET_FORMATTED = 1u << 1,
    MOORING_NET_EDIT = 1u << 2,
    MOORING_NET_REACT = 1u << 3,
    MOORING_NET_THREAD = 1u << 4,
    MOORING_NET_FILE = 1u << 5
};
struct mooring_event {
    size_t struct_size;
    uint32_t flags;
    /* plugins degrade by capability, and never ask "is this IRC?" */
    uint32_t net_caps;
    struct mooring_source source;
    struct mooring_member member;
    struct mooring_room room;
    struct mooring_group group; /* of the room; in private the member's own; 0: none */
    int64_t sent_at;
    struct mooring_str text;
    struct mooring_verdict verdict; /* read by the host before any plugin */
};

/* ---- services -------------------------------------------------------------------------------- */

typedef void (*mooring_row_fn)(void *ctx, struct mooring_str key, struct mooring_str value);
typedef void (*mooring_point_fn)(void *ctx, int64_t at, int64_t value);
/* people < 0: withheld */
typedef void (*mooring_cell_fn)(void *ctx, int64_t from_at, int64_t people, int64_t mean_milli);
typedef int (*mooring_member_fn)(void *ctx, struct mooring_member member);
typedef int (*mooring_record_fn)(void *ctx, struct mooring_record record);
/* pool thread; no services */
typedef int (*mooring_work_fn)(struct mooring_str input, void *ret_output, size_t size);

/* weekday: 0 Monday ... 6 Sunday */
struct mooring_civil {
    int32_t year, month, day, hour, minute, second, weekday;
};
/* logs and audit take numbers and names, no text */
struct mooring_field {
    const char *name;
    int64_t number;
};
struct mooring_log {
    size_t struct_size;
    void (*event)(struct mooring_self, uint32_t level, const char *event,
                  const struct mooring_field *, size_t count);
};

struct mooring_clock {
    size_t struct_size;
    int64_t (*now_at)(struct mooring_self);     /* wall clock, the same throughout a turn */
    int64_t (*elapsed_ms)(struct mooring_self); /* never jumps; counts suspend */
    int (*local)(struct mooring_self, struct mooring_str zone, int64_t at,
                 struct mooring_civil *ret_local);
    /* The first moment after `after_at` (and, with an rrule, every further one): see struct
     * mooring_when.  -ENOENT: none. */
    int (*next)(struct mooring_self, struct mooring_str rrule, struct mooring_str zone,
                struct mooring_str start_local, int64_t after_at, int64_t *ret_at);
};

/* Names stand in the descriptor's option table.  A group's value set by command wins over the
 * group's in the file, that over the plugin's own section, that over the default.  Group 0: the
 * plugin's own section.  `each` walks a list in the group's language or country where the option
 * says so; `field` (and `text`) give any value as text, an array's items joined by ",", a time as
 * "18:00".  Of the group itself `text` also gives "group.zone", "group.country", "group.language",
 * "group.title". */
struct mooring_settings {
    size_t struct_size;
    int (*integer)(struct mooring_self, struct mooring_group, const char *name, int64_t *ret_value);
    int (*text)(struct mooring_self, struct mooring_group, const char *name,
                struct mooring_str *ret_value);
    int (*each)(struct mooring_self, struct mooring_group, const char *list, mooring_record_fn,
                void *ctx);
    int (*field)(struct mooring_self, struct mooring_record, const char *name,
                 struct mooring_str *ret_value);
};

/* Plain text, lines kept: a piece to be the TEXT argument of another message. */
struct mooring_text {
    size_t struct_size;
    int (*render)(struct mooring_self, struct mooring_to, const char *msgid,
                  const struct mooring_arg *, size_t count, struct mooring_str *ret_text);
};

struct mooring_say {
    size_t struct_size;
    /* ret may be NULL */
    int (*send)(struct mooring_self, const struct mooring_message *, struct mooring_sent *ret_sent);
    int (*cancel)(struct mooring_self, struct mooring_sent);
    int (*react)(struct mooring_self, struct mooring_source, struct mooring_str emoji);
};

struct mooring_ask {
    size_t struct_size;
    int (*start)(struct mooring_self, struct mooring_member, const char *dialogue,
                 struct mooring_str context);
    int (*stop)(struct mooring_self, struct mooring_member, const char *dialogue);
};

enum mooring_role {
    MOORING_ROLE_NONE,
    MOORING_ROLE_MEMBER,
    MOORING_ROLE_MODERATOR,
    MOORING_ROLE_ADMIN
};
struct mooring_people {
    size_t struct_size;
    int (*group_of)(struct mooring_self, struct mooring_room, struct mooring_group *ret_group);
    int (*role)(struct mooring_self, struct mooring_member, struct mooring_group);
    int (*consent)(struct mooring_self, struct mooring_member, struct mooring_group,
                   const char *scope);
    /* "zone", "language", "country", "quiet" ("22:00-07:00"): the member's own, else the group's. */
    int (*preference)(struct mooring_self, struct mooring_member, const char *name,
                      struct mooring_str *ret_value);
    /* 1 in private, 0 only in rooms, -ENOENT gone */
    int (*reachable)(struct mooring_self, struct mooring_member);
    int (*find)(struct mooring_self, struct mooring_group, struct mooring_str typed,
                struct mooring_member *ret_member);
    int (*each)(struct mooring_self, struct mooring_group, const char *scope, mooring_member_fn,
                void *ctx);
};

/* Numbers over time: history, own baseline, chart, export and statistics all read these.  One point
 * per moment: recording again replaces it, MOORING_NO_VALUE takes it away.  `read` goes by time,
 * oldest first, and reads another plugin's series as "checkin.craving" (-ENOENT: not loaded). */
#define MOORING_NO_VALUE INT64_MIN
struct mooring_series {
    size_t struct_size;
    int (*record)(struct mooring_self, struct mooring_member, const char *series, int64_t at,
                  int64_t value);
    int (*read)(struct mooring_self, struct mooring_member, const char *series, int64_t from_at,
                int64_t to_at, mooring_point_fn, void *ctx);
    /* small cells are withheld by the host */
    int (*aggregate)(struct mooring_self, struct mooring_group, const char *series, int64_t from_at,
                     int64_t to_at, int64_t bucket_ms, mooring_cell_fn, void *ctx);
};

struct mooring_store {
    size_t struct_size;
    int (*put)(struct mooring_self, struct mooring_owner, struct mooring_str key,
               struct mooring_str value, int64_t expires_at);
    int (*get)(struct mooring_self, struct mooring_owner, struct mooring_str key,
               struct mooring_str *ret_value);
    int (*erase)(struct mooring_self, struct mooring_owner, struct mooring_str key_prefix);
    int (*scan)(struct mooring_self, struct mooring_owner, struct mooring_str key_prefix,
                struct mooring_str after, uint32_t limit, mooring_row_fn, void *ctx);
};

/* ticks of an exercise: no commit each */
enum mooring_when_flags { MOORING_WHEN_VOLATILE = 1u << 0, MOORING_WHEN_RESPECTS_QUIET = 1u << 1 };
struct mooring_when {
    size_t struct_size;
    uint64_t flags;
    int64_t at; /* once; or 0 and the next three */
    /* "FREQ=DAILY", "Europe/Berlin", "2026-11-23T09:00" */
    struct mooring_str rrule, zone, start_local;
    int64_t late_ok_ms; /* later than this after downtime: skipped and counted */
    int64_t spread_ms;  /* many at the same minute: spread them */
};
/* Setting a timer again under its key replaces it; with the same rule, zone and start it stays as
 * it was. */
struct mooring_timer {
    size_t struct_size;
    int (*set)(struct mooring_self, struct mooring_owner, struct mooring_str key,
               const struct mooring_when *);
    int (*cancel)(struct mooring_self, struct mooring_owner, struct mooring_str key);
};

struct mooring_request {
    size_t struct_size;
    struct mooring_str method, url, etag, body;
    uint32_t timeout_ms, max_bytes;
};
/* https, hosts from the plugin's allow list */
struct mooring_http {
    size_t struct_size;
    int (*request)(struct mooring_self, const struct mooring_request *, uint64_t token);
};

struct mooring_work {
    size_t struct_size;
    int (*run)(struct mooring_self, mooring_work_fn, struct mooring_str input, size_t output_size,
               uint64_t token);
};

struct mooring_alert {
    size_t struct_size;
    struct mooring_member about;
    struct mooring_source source;
    struct mooring_verdict verdict;
};
enum mooring_alert_state { MOORING_ALERT_OPEN, MOORING_ALERT_ACKNOWLEDGED, MOORING_ALERT_CLOSED };
struct mooring_alert_status {
    size_t struct_size;
    struct mooring_alert_id alert;
    uint32_t state, tier;
    struct mooring_member on_call; /* 0: nobody is awake */
    /* then: when somebody next is; 0: not known */
    int64_t on_call_at;
    struct mooring_member acknowledged_by;
};
/* acknowledging and closing are for people alone */
struct mooring_alerts {
    size_t struct_size;
    /* Opens an alert and pages, or raises the tier of the member's open one.  A tier never
     * falls. */
    int (*raise)(struct mooring_self, const struct mooring_alert *,
                 struct mooring_alert_status *ret_status);
    /* A line under the alert for the moderators ("reported as a false alarm"); sent to the alert
     * room. */
    int (*note)(struct mooring_self, struct mooring_alert_id, const char *msgid,
                const struct mooring_arg *, size_t count);
    /* -ENOENT: none */
    int (*open)(struct mooring_self, struct mooring_member,
                struct mooring_alert_status *ret_status);
};

struct mooring_safety {
    size_t struct_size;
    int (*classify)(struct mooring_self, struct mooring_str text, uint32_t context,
                    struct mooring_verdict *ret_verdict);
    /* Sends the compiled-in card for a kind and tier; not the same again within 6 hours (then 0,
     * else 1). */
    int (*card)(struct mooring_self, struct mooring_to, uint32_t kind, uint32_t tier);
};

struct mooring_audit {
    size_t struct_size;
    int (*record)(struct mooring_self, const char *event, struct mooring_member subject,
                  const struct mooring_field *, size_t count);
};

struct mooring_host {
    size_t struct_size;
    uint16_t abi_major, abi_minor;
    uint32_t call_budget_ms;
    struct mooring_self self;
    const struct mooring_log *log;
    const struct mooring_clock *clock;
    const struct mooring_settings *settings;
    const struct mooring_text *text;
    const struct mooring_say *say;
    const struct mooring_ask *ask;
    const struct mooring_people *people;
    const struct mooring_series *series;
    const struct mooring_store *store;
    const struct mooring_timer *timer;
    const struct mooring_http *http;
    const struct mooring_work *work;
    const struct mooring_alerts *alerts;
    const struct mooring_safety *safety;
    const struct mooring_audit *audit;
};

/* ---- what a plugin declares ------------------------------------------------------------------ */

/* Needs and wants: which services, by bit; log, clock, settings and text are always there. */
enum mooring_service {
    MOORING_USES_SAY = 1u << 0,
    MOORING_USES_ASK = 1u << 1,
    MOORING_USES_PEOPLE = 1u << 2,
    MOORING_USES_SERIES = 1u << 3,
    MOORING_USES_STORE = 1u << 4,
    MOORING_USES_TIMER = 1u << 5,
    MOORING_USES_HTTP = 1u << 6,
    MOORING_USES_WORK = 1u << 7,
    MOORING_USES_ALERTS = 1u << 8,
    MOORING_USES_SAFETY = 1u << 9,
    MOORING_USES_AUDIT = 1u << 10
};

enum mooring_step_kind {
    MOORING_ASK_NUMBER,
    MOORING_ASK_CHOICES,
    MOORING_ASK_TEXT,
    MOORING_ASK_YES_NO,
    MOORING_ASK_TIME,
    MOORING_ASK_ZONE
};
enum mooring_step_flags {
    MOORING_STEP_SKIP = 1u << 0,
    MOORING_STEP_MANY = 1u << 1,
    MOORING_STEP_PLAN_TEXT = 1u << 2
};
struct mooring_step {
    const char *key, *prompt_msgid;
    /* of ASK_CHOICES: "hungry|angry|lonely|tired"; labels are texts "<prompt_msgid>-<choice>" */
    const char *choices;
    uint32_t kind, flags;
    int64_t min, max; /* of a number; of a text: its length in characters */
    /* "used=yes", "craving>=7": of an earlier answer; else the step is left out */
    const char *only_if;
};
/* numbers: the number; a choice's index (many: bits); yes 1, no 0; a time in minutes after
 * midnight. */
struct mooring_answers {
    size_t struct_size;
    size_t count;
    const struct mooring_step *const *steps;
    const int64_t *numbers;
    /* what ask->start was given */
    const struct mooring_str *texts;
    const uint8_t *skipped;
    struct mooring_str context;
};
struct mooring_dialogue {
    size_t struct_size;
    const char *name;
    uint32_t version, expires_s;
    const struct mooring_step *steps;
    size_t step_count;
    int (*done)(void *state, const struct mooring_event *, const struct mooring_answers *);
};

enum mooring_command_flags {
    /* its answers hold private things: they go to the private chat, or not at all */
    MOORING_COMMAND_PRIVATE = 1u << 0,
    /* needs no identity and stores nothing about the person */
    MOORING_COMMAND_NO_CONSENT = 1u << 1,
    MOORING_COMMAND_LATE_OK = 1u << 2, /* still runs when it was read late */
    MOORING_COMMAND_HIDDEN = 1u << 3   /* a choice's command: not listed by !help */
};
struct mooring_command {
    size_t struct_size;
    uint64_t flags;
    const char *name, *aliases; /* "checkin", "check-in ci" or NULL */
    const char *usage, *help_msgid;
    uint32_t role, reserved; /* enum mooring_role: who may */
    int (*run)(void *state, const struct mooring_event *, struct mooring_str args);
};

/* GROUP and LIST hold options whose names begin with theirs and a dot: "meetings",
 * "meetings.title".  TIME is "HH:MM" and reads as minutes after midnight.  A plugin's option stands
 * in its own section and in each group's section of that name; where the section is a list, it is
 * the list of the plugin's name. */
enum mooring_option_kind {
    MOORING_OPTION_INTEGER,
    MOORING_OPTION_BOOLEAN,
    MOORING_OPTION_TEXT,
    MOORING_OPTION_TIME,
    MOORING_OPTION_ZONE,
    MOORING_OPTION_COUNTRY,
    MOORING_OPTION_LANGUAGE,
    MOORING_OPTION_CHOICE, /* one of `choices`, "plain|tls" */
    MOORING_OPTION_INTEGERS,
    MOORING_OPTION_TEXTS,
    MOORING_OPTION_GROUP,
    MOORING_OPTION_LIST,
    MOORING_OPTION_KIND_COUNT
};
enum mooring_option_flags {
    MOORING_OPTION_REQUIRED = 1u << 0,
    /* a list in content files: config/<plugin>/<language>.cfg */
    MOORING_OPTION_BY_LANGUAGE = 1u << 1,
    /* a list in content files: config/<plugin>/<country>.cfg */
    MOORING_OPTION_BY_COUNTRY = 1u << 2,
    MOORING_OPTION_FILE_ONLY = 1u << 3 /* not to be changed by !group set */
};
struct mooring_option {
    size_t struct_size;
    const char *name, *unit, *help, *default_text, *choices;
    uint32_t kind, flags;
    /* of a number; of a text: its length in bytes; 0, 0: no bounds */
    int64_t min, max;
};
struct mooring_series_def {
    size_t struct_size;
    const char *name, *consent_scope;
    int64_t min, max;
};

struct mooring_plugin {
    size_t struct_size;
    uint16_t abi_major, abi_minor; /* of the header it was built with */
    uint32_t data_version;         /* migrate() is called while the stored one is lower */
    /* name: [a-z][a-z0-9-]{1,30}; its commands', texts' and storage's namespace */
    const char *name, *version;
    /* services: loading fails without the first, degrades without the second */
    uint64_t needs, wants;
    const struct mooring_option *const *options; /* each list ends in NULL */
    const struct mooring_command *const *commands;
    const struct mooring_dialogue *const *dialogues;
    const struct mooring_series_def *const *series;
    int (*init)(const struct mooring_host *, void **ret_state); /* *host stays valid until fini */
    /* after init, a reload and a setting's change, for each group: arrange its timers; served 0: it
     * is gone */
    int (*group)(void *state, struct mooring_group, int served);
    int (*migrate)(void *state, uint32_t from_version);
    int (*reload)(void *state);
    int (*message)(void *state, const struct mooring_event *); /* 0 pass on, 1 mine */
    int (*reaction)(void *state, const struct mooring_event *);
    int (*presence)(void *state, const struct mooring_event *, int joined);
    int (*timer)(void *state, struct mooring_owner, struct mooring_str key, int64_t due_at,
                 int late);
    int (*fetched)(void *state, uint64_t token, int result, uint32_t status,
                   struct mooring_str body);
    int (*worked)(void *state, uint64_t token, int result, struct mooring_str output);
    int (*sent)(void *state, struct mooring_sent, int result);
    int (*alert)(void *state, struct mooring_alert_id, uint32_t change);
    int (*export_member)(void *state, struct mooring_member, mooring_row_fn, void *ctx);
    /* the host has already taken back all that the plugin owned */
    void (*fini)(void *state);
};

/* The only exported symbol.  Returns NULL when it cannot work with this host. */
MOORING_EXPORT const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major,
                                                                 uint16_t host_minor);

#endif
