/* SPDX-License-Identifier: MIT */
/* sasl.h: logging in (IRCv3 SASL): a table of mechanisms, and the 400-byte pieces they travel in.
 */
#ifndef CHAT_IRC_SASL_H
#define CHAT_IRC_SASL_H

#include "base/str.h"

enum { IRC_SASL_CHUNK_BYTES = 400, IRC_SASL_MESSAGE_BYTES = 16 * 1024 };

struct irc_sasl_login {
    struct str account, password;
};
/* One a mechanism.  `respond` answers the server's challenge number `step` (0: the first, empty
 * one) with raw bytes; -EPROTO: the server said what it must not; -EINVAL: the login cannot be said
 * in this mechanism. */
struct irc_sasl_mechanism {
    const char *name;
    bool needs_tls; /* the password itself travels */
    int (*respond)(const struct irc_sasl_login *login, unsigned step, struct str challenge,
                   struct buf *out);
};
/* The best one of those offered ("PLAIN,EXTERNAL"; empty: not said, any).  NULL: none that we
 * speak, or none that is safe without TLS. */
const struct irc_sasl_mechanism *irc_sasl_choose(struct str offered, bool is_tls);

/* A server's challenge, put together from its pieces.  All zeros: none begun. */
struct irc_sasl {
    const struct irc_sasl_mechanism *mechanism;
    unsigned step;
    struct buf incoming; /* base64 */
};
void irc_sasl_begin(struct irc_sasl *sasl, const struct irc_sasl_mechanism *mechanism);
void irc_sasl_done(struct irc_sasl *sasl);
/* One AUTHENTICATE parameter.  1: the challenge is whole, and `response` holds the base64 answer;
 * 0: more pieces follow; -EPROTO, -E2BIG, -EINVAL, -ENOMEM. */
int irc_sasl_take(struct irc_sasl *sasl, struct str piece, const struct irc_sasl_login *login,
                  struct buf *response) MUST_CHECK;
/* The pieces of an answer, one a call: `*sent` starts at 0.  An exact multiple of 400 (0 as well)
 * ends in "+". */
bool irc_sasl_next_piece(struct str response, size_t *sent, struct str *ret_piece);

#endif
