/* SPDX-License-Identifier: MIT */
/* ircnet.h: an IRC network for a day of virtual time: members who come and go, servers that part,
 * services that are away, and a book of what the bot was told and what of its words was taken. */
#ifndef TESTS_BOT_IRCNET_H
#define TESTS_BOT_IRCNET_H

#include "rig.h"

#include "net/memory.h"

enum { NET_MEMBERS = 24, NET_ASKED_MAX = 4096, NET_SAID_MAX = 32768 };

struct net_member {
    char nick[16];
    bool is_known;            /* has an account: its nick */
    bool is_online, is_split; /* split: behind a server that we do not see */
    int64_t called_at;        /* their last call for help */
};
/* What somebody asked of the bot, and what of the answer the network took. */
struct net_asked {
    int64_t at, took_ms; /* took_ms: on one and the same connection */
    size_t member, connection;
    bool is_crisis, is_private;
    bool is_heard;     /* it reached the bot: live, or out of the history */
    bool is_late;      /* not live */
    unsigned taken;    /* answers that the network took */
    unsigned repeated; /* of them marked "(again)" */
    unsigned lost;     /* answers that went into a dead line */
    bool is_alerted, is_told_in_room;
};
/* One line of a channel that the network remembers. */
struct net_said {
    char nick[32], target[16], text[120];
    int64_t at;
    size_t asked; /* number of the request + 1; 0: none */
};
enum net_services { NET_SERVICES_UP, NET_SERVICES_AWAY, NET_SERVICES_NO_SASL, NET_SERVICES_SILENT };

struct ircnet {
    struct loop *loop;
    struct clock *clock;
    struct random random;
    struct memory_peer *peer;
    struct memory_connection *connection;
    struct buf in;
    bool has_history, has_batches, has_echo; /* what the server offers */
    bool is_traced;

    /* the bot, as the server sees it */
    bool cap_open, has_user, welcomed, logged_in, is_dead;
    bool caps_labels, caps_tags, caps_echo, caps_batch, caps_history, caps_notify, monitors;
    char nick[32];
    bool in_harbor, in_bridge;
    size_t connections, welcomes, logins, joins, pongs;

    /* the weather */
    enum net_services services;
    bool is_held; /* somebody else has the bot's nick */
    int64_t banned_until, throttled_until, refused_until;
    int refusal; /* numeric of a refused JOIN */

    struct net_member members[NET_MEMBERS];
    struct net_asked asked[NET_ASKED_MAX];
    size_t asked_count;
    struct net_said said[NET_SAID_MAX];
    size_t said_count, batch_count;
    unsigned alert;            /* the last one that nobody has; 0: none */
    int64_t alert_at, card_at; /* card_at: of the last card to the room */
    size_t strange;            /* answers to nothing */
    int64_t line_at[64];       /* when the last lines came: the pace */
    size_t line_count, too_fast;
};

void ircnet_open(struct ircnet *net, struct rig *rig, uint64_t seed);
void ircnet_close(struct ircnet *net);
void ircnet_pass(struct ircnet *net, int64_t ms); /* time passes */
int64_t ircnet_now(const struct ircnet *net);
uint64_t ircnet_dice(struct ircnet *net, uint64_t sides);
/* True when the bot heard it. */
bool ircnet_live(const struct ircnet *net);
void ircnet_talks(struct ircnet *net, size_t member, const char *text);
void ircnet_asks(struct ircnet *net, size_t member, bool is_private);
void ircnet_calls(struct ircnet *net, size_t member); /* for help, in the channel */
void ircnet_acknowledges(struct ircnet *net);
void ircnet_split(struct ircnet *net);
void ircnet_rejoin(struct ircnet *net);
void ircnet_kill(struct ircnet *net, const char *why); /* of the bot's connection, with a word */
void ircnet_kick(struct ircnet *net);
void ircnet_hang_up(struct ircnet *net);
void ircnet_ping_storm(struct ircnet *net);
void ircnet_services(struct ircnet *net, enum net_services services);
void ircnet_log_out(struct ircnet *net);
void ircnet_hold(struct ircnet *net, bool is_held);
void ircnet_comes_and_goes(struct ircnet *net, size_t member);

#endif
