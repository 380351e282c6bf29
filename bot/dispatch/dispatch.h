/* SPDX-License-Identifier: MIT */
/* dispatch.h: what a message asks for, and whether this person may have it. */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "inbox/inbox.h"

enum dispatch_kind {
    DISPATCH_NOTHING,   /* talk that nobody has to answer */
    DISPATCH_COMMAND,   /* typed, tapped or chosen */
    DISPATCH_DIALOGUE,  /* the answer to an open question */
    DISPATCH_LISTENERS, /* a private text that may be some plugin's */
    DISPATCH_OVERHEARD, /* a "stop" in a room that may be some plugin's */
    DISPATCH_REACTION,
    DISPATCH_PRESENCE,
    DISPATCH_NEAR,        /* no such command; `near` is the one that was meant */
    DISPATCH_UNKNOWN,     /* addressed to us, and nothing of ours */
    DISPATCH_REFUSED,     /* moderators only */
    DISPATCH_NO_IDENTITY, /* needs an account on this network */
    DISPATCH_LATE,        /* asked while we were away */
    DISPATCH_TOO_FAST,
    DISPATCH_TAKEN_BACK, /* what it is about had an effect, and goes */
    DISPATCH_ENTERED,    /* a private room of ours: who we are, the first time */
    DISPATCH_INVITED,    /* to a private room that is not for us: why */
    DISPATCH_KIND_COUNT
};
struct dispatch_route {
    enum dispatch_kind kind;
    bool crisis; /* tier >= 2, or tier 1 in private: answered first, whatever else it is */
    const struct host_command *command;
    const struct host_command *stop; /* the line says "stop": its plugin may have something to stop,
                                        before the line is anything else */
    struct str typed, args; /* the command as typed, and what stands behind it (quotes straightened;
                               in the arena) */
    struct str near;
};

struct dispatch_parts { /* all borrowed */
    struct host *host;
    struct people *people;
    struct outbox *outbox;
    struct dialogues *dialogues;
    struct clock *clock;
    struct str prefix;   /* "!" */
    struct str bot_name; /* "mooring" */
};
struct dispatch;
int dispatch_create(const struct dispatch_parts *parts, struct dispatch **ret_dispatch) MUST_CHECK;
void dispatch_destroy(struct dispatch *dispatch);
void dispatch_reloaded(struct dispatch *dispatch, struct str prefix, struct str bot_name);

/* Decides; writes nothing and allocates nothing for talk that is not for us. */
void dispatch_route(struct dispatch *dispatch, const struct inbox_item *item, struct arena *arena,
                    struct dispatch_route *ret_route);
/* Whether all that comes of it is a word that we did not know this one. */
bool dispatch_is_typo(const struct dispatch_route *route);
/* Whether what comes of it answers a command, also by a no: said less loudly in a room (NOTICE). */
bool dispatch_is_asked(const struct dispatch_route *route);
/* Does it: runs the command, feeds the dialogue, offers to the plugins, or says why not. */
int dispatch_call(struct dispatch *dispatch, const struct dispatch_route *route,
                  struct inbox_item *item) MUST_CHECK;

/* Whether a text is the one-word call for help (`!sos` or an alias), found without plugins or
 * store. */
bool dispatch_is_sos(struct dispatch *dispatch, const struct inbox_item *item);

/* The forgiving reader of a command line, pure: takes a leading mention ("mooring: ", "@Mooring, ")
 * and prefix ("! ") off. True when the text is addressed to us by either; *ret_rest is what
 * follows. */
bool dispatch_addressed(struct str text, struct str prefix, struct str bot_name,
                        struct str *ret_rest);
/* Spoken to by name beyond doubt: "mooring: x", "@mooring x"; "mooring lines hold" may be talk. */
bool dispatch_hailed(struct str text, struct str bot_name);
/* Curly quotes and odd spaces become plain ones; in the arena. */
struct str dispatch_straighten(struct str text, struct arena *arena);

#endif
