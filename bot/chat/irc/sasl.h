/* SPDX-License-Identifier: MIT */
/* sasl.h: logging in (IRCv3 SASL): a table of mechanisms, and the 400-byte pieces they travel in.
 */
#ifndef CHAT_IRC_SASL_H
#define CHAT_IRC_SASL_H

#include "base/str.h"
#include "chat/irc/scram.h"

enum { IRC_SASL_CHUNK_BYTES = 400, IRC_SASL_MESSAGE_BYTES = 16 * 1024 };

struct irc_sasl_login {
    struct str account, password;
};
/* What a login has, and what a mechanism needs. */
enum irc_sasl_needs {
    IRC_SASL_TLS = 1u << 0, /* nobody else reads along */
    IRC_SASL_CERTIFICATE = 1u << 1,
    IRC_SASL_PASSWORD = 1u << 2
};
/* As configured: networks.sasl.mechanism. */
enum irc_sasl_policy {
    IRC_SASL_BEST,
    IRC_SASL_ONLY_EXTERNAL,
    IRC_SASL_ONLY_SCRAM,
    IRC_SASL_ONLY_PLAIN,
    IRC_SASL_POLICY_COUNT
};
struct irc_sasl;
/* One a mechanism.  `respond` answers the server's challenge number `step` (0: the first, empty
 * one) with raw bytes, and returns 0 or IRC_SASL_DERIVES; -EPROTO: the server said what it must
 * not; -EINVAL, -EILSEQ: the login cannot be said in this mechanism; and as irc_scram_verify. */
struct irc_sasl_mechanism {
    const char *name;
    enum irc_sasl_policy kind;
    unsigned needs; /* enum irc_sasl_needs */
    enum irc_scram_hash hash;
    int (*respond)(struct irc_sasl *sasl, const struct irc_sasl_login *login, struct str challenge,
                   struct buf *out);
};
/* A login under way.  All zeros: none begun. */
struct irc_sasl {
    const struct irc_sasl_mechanism *mechanism;
    unsigned step;       /* challenges that we answered */
    struct buf incoming; /* base64 */
    struct irc_scram scram;
    struct irc_scram_job job;
};
/* The best one of those offered ("PLAIN,EXTERNAL"; empty: not said, any) that `has` is enough for
 * and `tried` (bits, by irc_sasl_bit) leaves.  NULL: none. */
const struct irc_sasl_mechanism *irc_sasl_choose(struct str offered, enum irc_sasl_policy policy,
                                                 unsigned has, uint32_t tried);
uint32_t irc_sasl_bit(const struct irc_sasl_mechanism *mechanism);
void irc_sasl_begin(struct irc_sasl *sasl, const struct irc_sasl_mechanism *mechanism);
void irc_sasl_done(struct irc_sasl *sasl);
enum { IRC_SASL_MORE, IRC_SASL_ANSWERS, IRC_SASL_DERIVES };
/* One AUTHENTICATE parameter.  MORE: more pieces follow; ANSWERS: the challenge is whole, and
 * `response` holds the base64 answer; DERIVES: irc_scram_derive(&sasl->job) is to be run, then
 * irc_sasl_derived; or an error as `respond` gives it, -E2BIG, -ENOMEM. */
int irc_sasl_take(struct irc_sasl *sasl, struct str piece, const struct irc_sasl_login *login,
                  struct buf *response) MUST_CHECK;
int irc_sasl_derived(struct irc_sasl *sasl, const struct irc_scram_job *job,
                     struct buf *response) MUST_CHECK;
/* Nothing that depends on the secret was said yet: a refusal means no wrong password. */
bool irc_sasl_is_unproved(const struct irc_sasl *sasl);
/* The server did not prove that it knows the password, in a mechanism where it has to. */
bool irc_sasl_is_doubtful(const struct irc_sasl *sasl);
/* The pieces of an answer, one a call: `*sent` starts at 0.  An exact multiple of 400 (0 as well)
 * ends in "+". */
bool irc_sasl_next_piece(struct str response, size_t *sent, struct str *ret_piece);

#endif
