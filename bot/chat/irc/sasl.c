/* SPDX-License-Identifier: MIT */
/* sasl.c: mechanisms, best first. */
#include "chat/irc/sasl.h"

#include <errno.h>

#include <sodium.h>

/* RFC 4616: authorization identity (none: the account's own), account, password. */
static int respond_plain(struct irc_sasl *sasl, const struct irc_sasl_login *login,
                         struct str challenge, struct buf *out)
{
    if (sasl->step != 0 || challenge.len)
        return -EPROTO;
    if (str_has_byte(login->account, '\0') || str_has_byte(login->password, '\0'))
        return -EINVAL;
    buf_add_byte(out, '\0');
    buf_add(out, login->account);
    buf_add_byte(out, '\0');
    buf_add(out, login->password);
    return out->failed;
}

/* RFC 4422, appendix A: the certificate that TLS has shown says who we are. */
static int respond_external(struct irc_sasl *sasl, const struct irc_sasl_login *login,
                            struct str challenge, struct buf *out)
{
    (void)login, (void)out;
    return sasl->step == 0 && !challenge.len ? 0 : -EPROTO;
}

static int respond_scram(struct irc_sasl *sasl, const struct irc_sasl_login *login,
                         struct str challenge, struct buf *out)
{
    int r;
    switch (sasl->step) {
    case 0:
        return challenge.len ? -EPROTO : irc_scram_first(&sasl->scram, login->account, out);
    case 1:
        irc_scram_job_done(&sasl->job);
        r = irc_scram_challenge(&sasl->scram, challenge, login->password, &sasl->job);
        return r < 0 ? r : IRC_SASL_DERIVES;
    case 2:
        return irc_scram_verify(&sasl->scram, challenge); /* the answer is empty */
    default:
        return -EPROTO;
    }
}

/* Best first: with a certificate no secret travels; in SCRAM none does, and the server has to know
 * the password; PLAIN trusts the server with it. */
static const struct irc_sasl_mechanism mechanisms[] = {
    {"EXTERNAL", IRC_SASL_ONLY_EXTERNAL, IRC_SASL_TLS | IRC_SASL_CERTIFICATE, IRC_SCRAM_SHA256,
     respond_external},
    {"SCRAM-SHA-512", IRC_SASL_ONLY_SCRAM, IRC_SASL_PASSWORD, IRC_SCRAM_SHA512, respond_scram},
    {"SCRAM-SHA-256", IRC_SASL_ONLY_SCRAM, IRC_SASL_PASSWORD, IRC_SCRAM_SHA256, respond_scram},
    {"PLAIN", IRC_SASL_ONLY_PLAIN, IRC_SASL_TLS | IRC_SASL_PASSWORD, IRC_SCRAM_SHA256,
     respond_plain},
};

static bool offers(struct str offered, const char *name)
{
    struct str piece;
    if (str_empty(offered))
        return true;
    while (str_split(&offered, ',', &piece))
        if (str_eq_nocase(str_trim(piece), str_of(name)))
            return true;
    return false;
}

uint32_t irc_sasl_bit(const struct irc_sasl_mechanism *mechanism)
{
    return 1u << (mechanism - mechanisms);
}

const struct irc_sasl_mechanism *irc_sasl_choose(struct str offered, enum irc_sasl_policy policy,
                                                 unsigned has, uint32_t tried)
{
    for (size_t i = 0; i < COUNT_OF(mechanisms); i++) {
        const struct irc_sasl_mechanism *mechanism = &mechanisms[i];
        bool may = policy == IRC_SASL_BEST || policy == mechanism->kind;
        if (may && !(mechanism->needs & ~has) && !(tried & irc_sasl_bit(mechanism)) &&
            offers(offered, mechanism->name))
            return mechanism;
    }
    return NULL;
}

void irc_sasl_begin(struct irc_sasl *sasl, const struct irc_sasl_mechanism *mechanism)
{
    irc_sasl_done(sasl);
    *sasl = (struct irc_sasl){.mechanism = mechanism,
                              .incoming = {.limit = IRC_SASL_MESSAGE_BYTES}};
    irc_scram_begin(&sasl->scram, mechanism->hash);
}

void irc_sasl_done(struct irc_sasl *sasl)
{
    buf_wipe(&sasl->incoming);
    irc_scram_done(&sasl->scram);
    irc_scram_job_done(&sasl->job);
    *sasl = (struct irc_sasl){.mechanism = NULL};
}

static int encode(struct str raw, struct buf *out)
{
    size_t size = sodium_base64_encoded_len(raw.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = mem_alloc(size);
    if (!text)
        return -ENOMEM;
    sodium_bin2base64(text, size, (const unsigned char *)raw.ptr, raw.len,
                      sodium_base64_VARIANT_ORIGINAL);
    buf_clear(out);
    buf_add(out, (struct str){text, size - 1});
    mem_wipe(text, size);
    mem_free(text);
    return out->failed;
}

static int decode(struct str text, struct buf *out)
{
    AUTO_FREE unsigned char *raw = mem_alloc(text.len + 1);
    size_t size;
    if (!raw)
        return -ENOMEM;
    if (sodium_base642bin(raw, text.len + 1, text.ptr, text.len, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return -EPROTO;
    buf_add(out, (struct str){(const char *)raw, size});
    return out->failed;
}

static int answer(struct irc_sasl *sasl, const struct irc_sasl_login *login, struct buf *response)
{
    AUTO_BUF challenge = {.limit = IRC_SASL_MESSAGE_BYTES};
    struct buf raw = {.limit = IRC_SASL_MESSAGE_BYTES};
    int r = decode(buf_str(&sasl->incoming), &challenge);
    if (r >= 0)
        r = sasl->mechanism->respond(sasl, login, buf_str(&challenge), &raw);
    if (r >= 0 && r != IRC_SASL_DERIVES)
        r = MIN_OF(encode(buf_str(&raw), response), 0);
    buf_wipe(&raw);
    if (r != -EINVAL && r != -EILSEQ) /* of these nothing was said */
        sasl->step++;
    buf_clear(&sasl->incoming);
    return r == 0 ? IRC_SASL_ANSWERS : r;
}

int irc_sasl_take(struct irc_sasl *sasl, struct str piece, const struct irc_sasl_login *login,
                  struct buf *response)
{
    if (!sasl->mechanism)
        return -EPROTO;
    bool is_end = str_eq_c(piece, "+");
    if (!is_end)
        buf_add(&sasl->incoming, piece);
    if (sasl->incoming.failed)
        return sasl->incoming.failed;
    if (!is_end && piece.len >= IRC_SASL_CHUNK_BYTES)
        return IRC_SASL_MORE;
    return answer(sasl, login, response);
}

int irc_sasl_derived(struct irc_sasl *sasl, const struct irc_scram_job *job, struct buf *response)
{
    struct buf raw = {.limit = IRC_SASL_MESSAGE_BYTES};
    int r = irc_scram_proof(&sasl->scram, job, &raw);
    if (r >= 0)
        r = encode(buf_str(&raw), response);
    buf_wipe(&raw);
    return r < 0 ? r : IRC_SASL_ANSWERS;
}

bool irc_sasl_is_unproved(const struct irc_sasl *sasl)
{
    bool is_scram = sasl->mechanism && sasl->mechanism->kind == IRC_SASL_ONLY_SCRAM;
    return is_scram ? !sasl->scram.is_proved : sasl->step == 0;
}

bool irc_sasl_is_doubtful(const struct irc_sasl *sasl)
{
    return sasl->mechanism && sasl->mechanism->kind == IRC_SASL_ONLY_SCRAM &&
           !sasl->scram.is_verified;
}

bool irc_sasl_next_piece(struct str response, size_t *sent, struct str *ret_piece)
{
    if (*sent > response.len)
        return false;
    struct str piece = str_upto(str_from(response, *sent), IRC_SASL_CHUNK_BYTES);
    bool is_last = piece.len < IRC_SASL_CHUNK_BYTES;
    *sent = is_last ? response.len + 1 : *sent + piece.len;
    *ret_piece = piece.len ? piece : STR("+");
    return true;
}
