/* SPDX-License-Identifier: MIT */
/* nickname.h: what is remembered of the nick that we want, and of the network's services. */
#ifndef CHAT_IRC_NICKNAME_H
#define CHAT_IRC_NICKNAME_H

#include "chat/irc/profile.h"
#include "loop/loop.h"

enum {
    IRC_NICK_TAKES = 3 /* so often in an hour we take our nick back; more is a war */
};

enum irc_nick_step {
    IRC_NICK_RESTS, /* nothing is under way; the timer or the server wakes us */
    IRC_NICK_ASKED, /* services were told to give it back: they may rename us by themselves */
    IRC_NICK_TRIES, /* "NICK" is under way */
    IRC_NICK_STEP_COUNT
};
struct irc_nickname {
    struct loop_timer timer;
    enum irc_nick_step step;
    unsigned rests;                   /* since it began: the pauses grow */
    size_t said;                      /* of the profile's lines, in this round */
    int64_t round_ms;                 /* when services were last asked; INT64_MIN: never */
    int64_t try_ms;                   /* when the last NICK went out; INT64_MIN: never */
    bool is_watched;                  /* MONITOR */
    bool is_taken_here;               /* on this connection */
    bool has_given_up;                /* and told so */
    int64_t takes_ms[IRC_NICK_TAKES]; /* the latest first; over connections */
    size_t take_count;
};
struct irc_services {
    struct irc_profile *known;
    size_t known_count;
    const struct irc_profile *profile; /* of this network; NULL: nothing is known of it */
    char version[64];                  /* of the server, as 004 has it */
    struct loop_timer timer;
    bool is_waited_for; /* joins wait for a login that is not SASL's */
    bool is_late;       /* SASL logged us in behind the welcome: they may not know us */
    bool has_refused;   /* on this connection: of no use to ask again */
};

#endif
