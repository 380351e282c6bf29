/* SPDX-License-Identifier: MIT */
/* net.h: what every connection shares: the loop, curl's handle for all HTTP, the in-process
 * peers. */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/error.h"
#include "loop/loop.h"

struct net;
int net_create(struct loop *loop, struct net **ret_net, struct error *error) MUST_CHECK;
/* all streams and requests are gone by then, or are dropped without a call */
void net_destroy(struct net *net);

#endif
