/* SPDX-License-Identifier: MIT */
/* sasl.c: mechanisms, best first. */
#include "chat/irc/sasl.h"

#include <errno.h>

#include <sodium.h>

/* RFC 4616: authorization identity (none: the account's own), account, password. */
static int respond_plain(const struct irc_sasl_login *login, unsigned step, struct str challenge,
                         struct buf *out)
{
    if (step != 0 || challenge.len)
        return -EPROTO;
    if (str_has_byte(login->account, '\0') || str_has_byte(login->password, '\0'))
        return -EINVAL;
    buf_add_byte(out, '\0');
    buf_add(out, login->account);
    buf_add_byte(out, '\0');
    buf_add(out, login->password);
    return out->failed;
}

static const struct irc_sasl_mechanism mechanisms[] = {
    {"PLAIN", true, respond_plain},
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

const struct irc_sasl_mechanism *irc_sasl_choose(struct str offered, bool is_tls)
{
    for (size_t i = 0; i < COUNT_OF(mechanisms); i++)
        if ((is_tls || !mechanisms[i].needs_tls) && offers(offered, mechanisms[i].name))
            return &mechanisms[i];
    return NULL;
}

void irc_sasl_begin(struct irc_sasl *sasl, const struct irc_sasl_mechanism *mechanism)
{
    irc_sasl_done(sasl);
    *sasl = (struct irc_sasl){.mechanism = mechanism,
                              .incoming = {.limit = IRC_SASL_MESSAGE_BYTES}};
}

void irc_sasl_done(struct irc_sasl *sasl)
{
    buf_wipe(&sasl->incoming);
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
        r = sasl->mechanism->respond(login, sasl->step, buf_str(&challenge), &raw);
    if (r >= 0)
        r = encode(buf_str(&raw), response);
    buf_wipe(&raw);
    sasl->step++;
    buf_clear(&sasl->incoming);
    return r < 0 ? r : 1;
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
        return 0;
    return answer(sasl, login, response);
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
