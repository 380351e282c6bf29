/* SPDX-License-Identifier: MIT */
/* sts.h: strict transport security (IRCv3 STS): a server that wants to be reached over TLS only. It
 * is never asked for by CAP REQ. */
#ifndef CHAT_IRC_STS_H
#define CHAT_IRC_STS_H

#include <stdint.h>

#include "base/str.h"

/* Of "sts=port=6697,duration=31536000,preload". */
struct irc_sts_offer {
    uint16_t port;       /* 0: not said */
    int64_t duration_ms; /* -1: not said */
};
/* The capability of a list; false: it is not there, or says nothing that can be understood. */
bool irc_sts_find(struct str list, struct irc_sts_offer *ret_offer);

/* What is known of one server.  All zeros: nothing. */
struct irc_sts_policy {
    uint16_t upgrade_port;         /* learnt in the clear, for this life of the process; 0: none */
    uint16_t port;                 /* learnt over TLS, with a certificate that was good */
    int64_t duration_ms, until_at; /* Unix ms, since it outlives the process */
};
/* The port to go to by TLS, whatever the configuration says; 0: none. */
uint16_t irc_sts_port(const struct irc_sts_policy *policy, int64_t now_at);
/* As it is stored; what cannot be read is no policy. */
void irc_sts_write(const struct irc_sts_policy *policy, struct buf *out);
void irc_sts_read(struct str text, struct irc_sts_policy *ret_policy);

#endif
