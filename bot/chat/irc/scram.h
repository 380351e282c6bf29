/* SPDX-License-Identifier: MIT */
/* scram.h: SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677), the client's side: the password
 * never travels, and the server has to prove that it knows it too.
 *
 * irc_scram_first; irc_scram_challenge, which makes a job; irc_scram_derive on any thread, since it
 * takes milliseconds to a second; irc_scram_proof; irc_scram_verify. */
#ifndef CHAT_IRC_SCRAM_H
#define CHAT_IRC_SCRAM_H

#include <stdint.h>

#include "base/str.h"

enum {
    IRC_SCRAM_KEY_BYTES = 64, /* of the longer hash */
    IRC_SCRAM_NONCE_BYTES = 24,
    IRC_SCRAM_SALT_BYTES = 512,
    IRC_SCRAM_TEXT_BYTES = 4096,
    /* Fewer rounds than the RFC's least would make what travels easy to guess a password from; more
     * than that many (a second of the pool's time) would be an attack on us. */
    IRC_SCRAM_ROUNDS_MIN = 4096,
    IRC_SCRAM_ROUNDS_MAX = 1000 * 1000
};
enum irc_scram_hash { IRC_SCRAM_SHA256, IRC_SCRAM_SHA512 };

/* All zeros but `hash` and `nonce`: not begun.  Holds what a listener could hear, and one key. */
struct irc_scram {
    enum irc_scram_hash hash;
    char nonce[IRC_SCRAM_NONCE_BYTES + 1]; /* ours: printable, no comma */
    /* client-first-bare "," server-first "," client-final-without-proof */
    struct buf said;
    struct str whole_nonce; /* of `said` */
    unsigned char server_signature[IRC_SCRAM_KEY_BYTES];
    bool is_proved, is_verified; /* we said our proof; the server said its own, and it is right */
};
/* What the slow part needs and gives: secrets, to be wiped by irc_scram_job_done. */
struct irc_scram_job {
    enum irc_scram_hash hash;
    struct buf password;
    unsigned char salt[IRC_SCRAM_SALT_BYTES];
    size_t salt_bytes;
    uint32_t rounds;
    unsigned char salted[IRC_SCRAM_KEY_BYTES];
};
void irc_scram_begin(struct irc_scram *scram, enum irc_scram_hash hash); /* with a fresh nonce */
void irc_scram_done(struct irc_scram *scram);
/* Each appends what is to be said.  -EINVAL, -EILSEQ: the account or password has characters that
 * SCRAM does not allow; -EPROTO: the server said what it must not; -E2BIG, -ENOMEM. */
int irc_scram_first(struct irc_scram *scram, struct str account, struct buf *out) MUST_CHECK;
int irc_scram_challenge(struct irc_scram *scram, struct str server_first, struct str password,
                        struct irc_scram_job *ret_job) MUST_CHECK;
void irc_scram_derive(struct irc_scram_job *job);
void irc_scram_job_done(struct irc_scram_job *job);
int irc_scram_proof(struct irc_scram *scram, const struct irc_scram_job *job,
                    struct buf *out) MUST_CHECK;
/* 0: the server knows the password.  -EBADMSG: it does not, or nothing like it was said; -EACCES:
 * it says that ours is wrong; -EAGAIN: it says that something else is the matter. */
int irc_scram_verify(struct irc_scram *scram, struct str server_final) MUST_CHECK;

#endif
