/* SPDX-License-Identifier: MIT */
/* chat.h: the contract between a chat service and the bot: bytes become events, messages become
 * bytes. */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include <stdint.h>

#include "base/error.h"
#include "base/random.h"
#include "base/str.h"
#include "loop/loop.h"
#include "net/net.h"
#include "observe/metrics.h"
#include "settings/settings.h"
#include "text/markdown.h"

/* ---- what comes in --------------------------------------------------------------------------- */

enum chat_kind {
    CHAT_MESSAGE,
    CHAT_EDIT,      /* relates_to: the edited message; text: the new one */
    CHAT_REDACTION, /* relates_to: what was taken back */
    CHAT_REACTION,  /* relates_to: the message; text: the emoji */
    CHAT_JOIN,
    CHAT_LEAVE,
    CHAT_INVITE,
    CHAT_TOPIC,
    CHAT_TOMBSTONE, /* the room goes on in another; `room` keeps its name.  text: empty */
    CHAT_KIND_COUNT
};
enum chat_flags {
    CHAT_PRIVATE = 1u << 0,
    /* replayed, or read after an absence: the sender spoke at sent_at, not now */
    CHAT_HISTORY = 1u << 1,
    CHAT_FROM_BOT = 1u << 2, /* the network says the sender is a bot */
    CHAT_NOTICE = 1u << 3,   /* never answered */
    CHAT_OWN = 1u << 4,      /* our own echo */
    CHAT_BRIDGED = 1u << 5,
    /* the network says so (m.mentions); dispatch looks for our name in the text as well */
    CHAT_MENTIONS_US = 1u << 6,
    /* the network itself gives the sender the power to moderate in that room (Matrix: power level,
     * creator); whether that counts is the group's to say */
    CHAT_HAS_POWER = 1u << 7,
    CHAT_ACTION = 1u << 8 /* "/me ...": said in the third person of who speaks */
};

/* All borrowed until the batch call returns.  Texts are UTF-8 (repaired), without formatting
 * codes. */
struct chat_event {
    enum chat_kind kind;
    unsigned flags;
    struct str room;    /* canonical (case-folded) name; empty in private */
    struct str sender;  /* where an answer in private goes: nick, Matrix id */
    struct str account; /* what identifies the sender on this network; empty: nothing does */
    struct str display; /* the name the room sees */
    struct str id;      /* the network's id of the event; empty: it has none */
    struct str relates_to;
    struct str thread; /* to answer in; empty: none */
    struct str text;
    /* One of our names there, where the text begins with it ("harbor-bot: tip"); empty: it does
     * not, or with none but the one that the configuration gives the bot everywhere. */
    struct str called;
    int64_t sent_at;
};

struct chat_network;
struct chat_batch {
    struct chat_network *network;
    const struct chat_event *events;
    size_t count;
    /* committed together with what the events cause; cursor empty: none */
    struct str cursor_target, cursor;
    /* What the network itself has to keep of this batch (rooms, gaps): called inside the turn's
     * transaction, behind the last event; called again when the turn is run again.  NULL: nothing.
     * Without events too (count 0). */
    int (*keep)(void *ctx);
    void *keep_ctx;
};

/* ---- what goes out --------------------------------------------------------------------------- */

enum chat_send_flags {
    /* answers a command just typed: m.notice, NOTICE in a channel; else m.text, PRIVMSG */
    CHAT_SEND_ANSWER = 1u << 0,
    /* the outcome must be known: accepted, or refused (+g, +R, +D, no such nick) */
    CHAT_SEND_CONFIRM = 1u << 1,
    CHAT_SEND_CRISIS = 1u << 2, /* ahead of what waits inside the network */
    CHAT_SEND_LONG = 1u << 3    /* many lines that can wait: all else goes before, and between */
};
struct chat_choice {
    struct str label, emoji;
};
struct chat_message {
    uint64_t token;  /* comes back in `sent` */
    unsigned flags;  /* enum chat_send_flags */
    struct str room; /* empty: private, to `user` */
    /* private: where, and who must be there; the network finds who moved, refuses who is not
     * there */
    struct str user, identity;
    struct str mention;          /* display name of who is addressed in a room; empty: nobody */
    struct str mention_identity; /* the same person as this network identifies them; may be empty */
    struct str answers_id, thread;
    /* random, the same on every try.  `may_be_sent`: an earlier try may have reached the server (in
     * this life or another), the first not before `created_at`. */
    struct str transaction_id;
    bool may_be_sent;
    int64_t created_at;
    /* What a tap may answer, in the order of the numbers that the text gives: labels as rendered,
     * and an emoji for each (never empty where the network has CHAT reactions). */
    const struct chat_choice *choices;
    size_t choice_count;
    /* A picture that goes with it (MOORING_NET_FILE); bytes empty: none.  The text above already
     * says in words what it shows. */
    struct str file_name, file_mime, file_bytes, file_alt;
    struct str
        replaces_id;     /* this message of ours is edited (MOORING_NET_EDIT); empty: a new one */
    struct str markdown; /* the whole text, for networks that format by themselves */
    /* the same, rendered in the network's form and split to its line budget */
    const struct str *lines;
    size_t line_count;
};
enum chat_outcome {
    CHAT_CONFIRMED, /* the network took it; message_id may be known */
    /* written, and nothing will ever tell (or the connection went while it was under way) */
    CHAT_UNKNOWN,
    CHAT_REFUSED, /* that person or room cannot be reached so; trying again is of no use */
    CHAT_FAILED,  /* not written, try again later */
    CHAT_OUTCOME_COUNT
};

/* What those who look after the house must hear; each has a text, notice.chat-*. */
enum chat_notice {
    CHAT_NOTICE_LOGGED_OUT, /* the token is dead and nothing here can renew it: `mooring login` */
    CHAT_NOTICE_LOCKED,     /* M_USER_LOCKED */
    CHAT_NOTICE_SUSPENDED,  /* M_USER_SUSPENDED */
    CHAT_NOTICE_KICKED,     /* out of a room of a group */
    CHAT_NOTICE_BANNED,
    CHAT_NOTICE_ROOM_GONE,      /* a configured room that is not there or cannot be entered */
    CHAT_NOTICE_ROOM_MOVED,     /* upgraded: the group's data went along */
    CHAT_NOTICE_ROOM_ENCRYPTED, /* a room of a group: nothing is said there */
    CHAT_NOTICE_INVITES,        /* declined: `count` of them since the last word */
    CHAT_NOTICE_REFUSED,        /* the server refuses what we say in a room of a group (policy) */
    CHAT_NOTICE_NICK,           /* somebody takes our name again and again: we have another */
    CHAT_NOTICE_COUNT
};

/* Why a group's room is not heard. */
enum chat_why {
    CHAT_WHY_UNKNOWN,
    CHAT_WHY_ASKED,     /* on the way in: no answer yet */
    CHAT_WHY_SILENT,    /* no answer in time */
    CHAT_WHY_BUSY,      /* the server asks to wait */
    CHAT_WHY_INVITE,    /* for invited people only */
    CHAT_WHY_FORBIDDEN, /* for invited people only, or banned: it does not say which */
    CHAT_WHY_BANNED,
    CHAT_WHY_KICKED,
    CHAT_WHY_KEY, /* a channel key, which we have none of */
    CHAT_WHY_FULL,
    CHAT_WHY_ACCOUNT, /* for registered accounts only */
    CHAT_WHY_TLS,
    CHAT_WHY_OPERATORS,
    CHAT_WHY_MISSING,   /* there is no such room */
    CHAT_WHY_NAME,      /* no room can have that name there */
    CHAT_WHY_FORWARDED, /* it sends us on to another */
    CHAT_WHY_LIMIT,     /* we may be in no more rooms there */
    CHAT_WHY_VERSION,   /* of the room: newer than the homeserver */
    CHAT_WHY_ENCRYPTED,
    CHAT_WHY_DOUBLE, /* another network of the configuration is in it */
    CHAT_WHY_COUNT
};
/* "invite", for a text's {why, select, ...}. */
const char *chat_why_word(enum chat_why why);

enum chat_state { CHAT_DOWN, CHAT_CONNECTING, CHAT_UP, CHAT_STATE_COUNT };

/* What the bot gives each network.  Calls come from the loop, never from inside chat_*
 * functions. */
struct chat_sink {
    void *ctx;
    /* 0: committed.  Negative: not; what it was to keep is offered again with a later one, and the
     * events are not: calls for help in them have been answered past the disk. */
    int (*batch)(void *ctx, const struct chat_batch *batch);
    /* Each accepted message comes back exactly once, also when the network goes down.  message_id:
     * of what a tap or an edit of it goes by; behind blanks those of its other parts. */
    void (*sent)(void *ctx, struct chat_network *network, uint64_t token, enum chat_outcome outcome,
                 struct str message_id);
    /* more can be taken after an -EAGAIN, or it came up */
    void (*ready)(void *ctx, struct chat_network *network);
    void (*state)(void *ctx, struct chat_network *network, enum chat_state state);
    /* room: as configured; empty: none.  Said once in 6 h for each room and kind, over restarts. */
    void (*notice)(void *ctx, struct chat_network *network, enum chat_notice what, struct str room,
                   size_t count);
    /* A room that a configured space lists (there), or lists no more. */
    void (*listed)(void *ctx, struct chat_network *network, struct str space, struct str room,
                   bool there);
    /* The time zone that somebody's profile names (m.tz), asked for once in a life for people whom
     * a group knows and who write to us in private.  NULL: of no interest. */
    void (*zone)(void *ctx, struct chat_network *network, struct str identity, struct str zone);
};
enum chat_standing { CHAT_STRANGER, CHAT_MEMBER, CHAT_MODERATOR, CHAT_STANDING_COUNT };
struct store;
struct chat_env {
    struct loop *loop;
    struct net *net;
    struct metrics *metrics;
    struct random *random;
    /* networks/ lies below each, the first counts; until create() returns */
    const char *const *content_folders;
    size_t content_folder_count;
    struct chat_sink sink;
    void *ctx;
    /* The rooms that groups have on this network, as configured. */
    void (*each_room)(void *ctx, struct str network, void (*each)(void *each_ctx, struct str room),
                      void *each_ctx);
    /* A secret by its credential's name, into a buffer that the caller wipes.  -ENOENT with a
     * sentence. */
    int (*credential)(void *ctx, struct str name, struct buf *ret_secret, struct error *error);
    struct str state_folder; /* for what must be read without the database: login tokens */
    /* Of this moment: it changes when the bot goes to the floor and back. */
    struct store *(*store)(void *ctx);
    /* Whether somebody moderates a group, or is a member that a group knows: whose invitation
     * counts. */
    enum chat_standing (*standing)(void *ctx, struct str network, struct str identity);
    /* The spaces that groups have on this network, as configured. */
    void (*each_space)(void *ctx, struct str network,
                       void (*each)(void *each_ctx, struct str space), void *each_ctx);
    /* Whether a network of the same kind that is configured before this one holds that room, by the
     * service's own id: then that one hears and answers there, and this one is silent.  NULL: no.
     */
    bool (*held_before)(void *ctx, struct str network, struct str room_id);
};

/* How it stands, for people who look after it: no names, no words. */
struct chat_report {
    int64_t lag_ms; /* the last round trip to the server; -1: not measured */
    bool has_name;  /* it goes by the name it wants most */
    size_t waiting; /* lines that wait inside the network for their turn */
    /* What keeps it out, or silent, until a person acts, and what they are to do; a sentence.
     * Borrowed until the loop goes on.  NULL: nothing. */
    const char *trouble;
};

/* What somebody without an account types to get one; borrowed until the turn's end. */
struct chat_account_help {
    struct str title;                  /* of the network */
    struct str create, confirm, login; /* confirm: may be empty */
};

/* ---- a network ------------------------------------------------------------------------------- */

/* What a network can do, as enum mooring_net_caps; and how its text looks. */
struct chat_class {
    const char *kind; /* networks[].kind */
    enum markdown_form form;
    int (*create)(const struct chat_env *env, const struct settings_node *node,
                  struct chat_network **ret_network, struct error *error);
    int (*start)(struct chat_network *network);
    /* leaves in good order (QUIT); `state` down follows */
    void (*stop)(struct chat_network *network);
    void (*destroy)(struct chat_network *network);
    /* 0 taken; -EAGAIN not now (flood, `ready` will tell); -ENOTCONN down. */
    int (*send)(struct chat_network *network, const struct chat_message *message);
    /* Bytes of text that one line to this place may have, as others see it; 0: no lines, no
     * limit. */
    size_t (*line_bytes)(struct chat_network *network, struct str room, struct str user);
    /* as events name it */
    int (*room_canonical)(struct chat_network *network, struct str room, struct buf *out);
    /* -ENOTSUP */
    int (*react)(struct chat_network *network, struct str room, struct str event_id,
                 struct str emoji);
    /* NULL: nothing to tell */
    void (*report)(struct chat_network *network, struct chat_report *ret_report);
    /* Whether what is said in that room is heard; NULL: in every room there is. */
    bool (*in_room)(struct chat_network *network, struct str room);
    /* Of a room of a group in which it is not.  NULL: not known. */
    enum chat_why (*why_out)(struct chat_network *network, struct str room);
    /* Whether a group's room is that one (as the service itself calls it), and we hear and answer
     * there.  NULL: no room has two names. */
    bool (*holds)(struct chat_network *network, struct str room_id);
    /* A message of ours is deleted again (the one it answered was).  NULL: cannot. */
    int (*redact)(struct chat_network *network, struct str room, struct str user,
                  struct str message_id);
    /* The store in chat_env.store has changed (floor and back).  NULL: of no interest. */
    void (*moved)(struct chat_network *network);
    /* Its login was renewed from outside (mooring login), or what kept it out was mended: it is
     * read again, and tried.  NULL: nothing to read. */
    void (*log_in)(struct chat_network *network);
    /* False, or NULL: accounts are none of ours to explain there. */
    bool (*account_help)(struct chat_network *network, struct chat_account_help *ret_help);
};
struct chat_network { /* the first member of each network's own struct */
    const struct chat_class *class;
    char name[64]; /* networks[].name */
    uint32_t caps;
    enum chat_state state;
    uint64_t epoch; /* counts connections: what was under way in an older one is unknown */
    /* A transaction id makes a second try the same message: what was under way when we died is sent
     * again, and nothing ends unknown. */
    bool is_idempotent;
    /* A private talk is a room of its own, made for what is to be said and entered later (a private
     * CHAT_JOIN): what waits there is read from its beginning. */
    bool has_private_rooms;
};

extern const struct chat_class *const chat_classes[]; /* ends in NULL */
const struct chat_class *chat_class_find(struct str kind);
struct chat_report chat_report(struct chat_network *network);
bool chat_in_room(struct chat_network *network, struct str room); /* false while it is not up */
enum chat_why chat_why_out(struct chat_network *network, struct str room);

#endif
