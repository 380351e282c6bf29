/* SPDX-License-Identifier: MIT */
/* ircnet_internal.h: what ircnet.c and ircnet_weather.c share. */
#ifndef TESTS_BOT_IRCNET_INTERNAL_H
#define TESTS_BOT_IRCNET_INTERNAL_H

#include "ircnet.h"

#define SERVER ":irc.sea.example"

void ircnet_write(struct ircnet *net, const char *format, ...) PRINTF_LIKE(2, 3);
void ircnet_time_text(int64_t at, char text[40]);
bool ircnet_is_here(const struct net_member *member);
/* With an ERROR before it. */
void ircnet_drop(struct ircnet *net, const char *words);
/* A line of a channel; `asked`: number of the request + 1. */
void ircnet_remember(struct ircnet *net, const char *nick, const char *target, struct str text,
                     size_t asked);
/* NULL: nobody. */
struct net_member *ircnet_member(struct ircnet *net, struct str nick);
void ircnet_not_here(struct ircnet *net, struct str nick); /* 401 */
/* ircnet_lookups.c: each answers one command. */
void ircnet_monitor(struct ircnet *net, struct str rest);
void ircnet_ison(struct ircnet *net, struct str nick);
void ircnet_who(struct ircnet *net);
void ircnet_whois(struct ircnet *net, struct str nick);
void ircnet_history(struct ircnet *net, struct str params);
extern const struct memory_peer_events ircnet_events; /* without ctx */

#endif
