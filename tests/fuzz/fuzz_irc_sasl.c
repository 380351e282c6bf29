/* SPDX-License-Identifier: MIT */
/* fuzz_irc_sasl.c: a server's part of the login, line by line; capability lists on the way. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "chat/irc/caps.h"
#include "chat/irc/sasl.h"
#include "chat/irc/saslprep.h"
#include "chat/irc/sts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pieces(struct str response)
{
    size_t sent = 0, total = 0;
    struct str piece = {NULL, 0}, last = {NULL, 0};
    while (irc_sasl_next_piece(response, &sent, &piece)) {
        assert(piece.len >= 1 && piece.len <= IRC_SASL_CHUNK_BYTES);
        total += str_eq_c(piece, "+") ? 0 : piece.len;
        last = piece;
    }
    assert(last.len < IRC_SASL_CHUNK_BYTES);
    (void)total;
}

/* The first line chooses the mechanism by its length.  Few rounds are derived: what is read is what
 * counts. */
static void log_in(struct str rest)
{
    static const char *const names[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "EXTERNAL"};
    const unsigned all = IRC_SASL_TLS | IRC_SASL_CERTIFICATE | IRC_SASL_PASSWORD;
    struct irc_sasl_login login = {STR("account"), STR("password")};
    struct irc_sasl sasl = {.mechanism = NULL};
    struct str line;
    AUTO_BUF response = {.limit = IRC_SASL_MESSAGE_BYTES * 2};
    irc_sasl_begin(
        &sasl, irc_sasl_choose(str_of(names[rest.len % COUNT_OF(names)]), IRC_SASL_BEST, all, 0));
    memset(sasl.scram.nonce, 'n', IRC_SCRAM_NONCE_BYTES);
    while (str_split(&rest, '\n', &line)) {
        int r = irc_sasl_take(&sasl, line, &login, &response);
        if (r == IRC_SASL_DERIVES) {
            assert(sasl.job.rounds >= IRC_SCRAM_ROUNDS_MIN &&
                   sasl.job.rounds <= IRC_SCRAM_ROUNDS_MAX);
            sasl.job.rounds = 2;
            irc_scram_derive(&sasl.job);
            r = irc_sasl_derived(&sasl, &sasl.job, &response);
        }
        if (r == IRC_SASL_ANSWERS)
            check_pieces(buf_str(&response));
    }
    irc_sasl_done(&sasl);
}

static void prepare(struct str text)
{
    AUTO_BUF once = {.limit = 128 * 1024};
    if (irc_saslprep(text, &once) == 0)
        assert(utf8_valid(buf_str(&once)));
}

static void list_caps(struct str rest)
{
    struct irc_caps caps = {.offered = 0};
    struct irc_sts_offer offer;
    struct irc_sts_policy policy;
    struct str line;
    AUTO_BUF request = {.limit = 1024};
    while (str_split(&rest, '\n', &line)) {
        irc_sasl_choose(line, IRC_SASL_BEST, IRC_SASL_TLS | IRC_SASL_PASSWORD, 0);
        irc_caps_offer(&caps, line);
        if (irc_sts_find(line, &offer))
            assert(offer.port || offer.duration_ms >= 0);
        irc_sts_read(line, &policy);
        assert(policy.duration_ms >= 0 && policy.until_at >= 0);
        if (irc_caps_request(&caps, 0, &request))
            assert(request.len <= IRC_CAPS_REQUEST_BYTES + 32);
        if (line.len % 3 == 0)
            irc_caps_refuse(&caps, line);
        else
            irc_caps_accept(&caps, line);
        irc_caps_withdraw(&caps, str_from(line, line.len / 2));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = {(const char *)data, size};
    log_in(all);
    list_caps(all);
    check_pieces(all);
    prepare(all);
    return 0;
}
