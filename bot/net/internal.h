/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of this folder share about `struct net`. */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include "base/map.h"
#include "net/multi.h"
#include "net/net.h"

/* Whatever lives in a net is listed there, so that net_destroy can drop it without a call. */
struct net_member {
    struct net_member *next, **link; /* *link points at us; NULL: not listed */
    void (*drop)(struct net_member *member);
};

struct net {
    struct loop *loop;
    struct multi
        *multi; /* of all HTTP requests: they share connections, name cache and TLS sessions */
    struct multi *polls; /* of the long polls: no limit for each host */
    struct net_member
        *clients; /* streams and requests: dropped first, since they hold connections */
    struct net_member *in_process; /* peers and their connections */
    struct map peers, http_peers;  /* in-process, by name */
    size_t call_count;             /* HTTP requests under way */
    bool in_bytes;                 /* http_request.bytes is being called */
};

void net_enlist(struct net_member **list, struct net_member *member);
void net_delist(struct net_member *member); /* fine when it is not listed */

#endif
