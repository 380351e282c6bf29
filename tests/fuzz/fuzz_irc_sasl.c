/* SPDX-License-Identifier: MIT */
/* fuzz_irc_sasl.c: a server's part of the login, line by line; capability lists on the way. */
#include <assert.h>
#include <stdint.h>

#include "chat/irc/caps.h"
#include "chat/irc/sasl.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irc_sasl_login login = {STR("account"), STR("password")};
    struct irc_sasl sasl = {.mechanism = NULL};
    struct irc_caps caps = {.offered = 0};
    struct str rest = {(const char *)data, size}, line;
    AUTO_BUF response = {.limit = IRC_SASL_MESSAGE_BYTES * 2}, request = {.limit = 1024};
    irc_sasl_begin(&sasl, irc_sasl_choose(STR("PLAIN"), true));
    while (str_split(&rest, '\n', &line)) {
        if (irc_sasl_take(&sasl, line, &login, &response) > 0)
            check_pieces(buf_str(&response));
        irc_sasl_choose(line, true);
        irc_caps_offer(&caps, line);
        if (irc_caps_request(&caps, 0, &request))
            assert(request.len <= IRC_CAPS_REQUEST_BYTES + 32);
        if (line.len % 3 == 0)
            irc_caps_refuse(&caps, line);
        else
            irc_caps_accept(&caps, line);
        irc_caps_withdraw(&caps, str_from(line, line.len / 2));
    }
    check_pieces((struct str){(const char *)data, size});
    irc_sasl_done(&sasl);
    return 0;
}
