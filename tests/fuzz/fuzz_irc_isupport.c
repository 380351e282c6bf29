/* SPDX-License-Identifier: MIT */
/* fuzz_irc_isupport.c: any tokens, and any names folded under what they say. */
#include <assert.h>
#include <stdint.h>

#include "chat/irc/isupport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irc_isupport isupport;
    struct str rest = {(const char *)data, size}, token, channel;
    irc_isupport_init(&isupport);
    while (str_word(&rest, &token)) {
        AUTO_BUF once = {.limit = 100 * 1000}, twice = {.limit = 100 * 1000};
        irc_isupport_token(&isupport, token);
        assert(strlen(isupport.prefix_modes) == strlen(isupport.prefix_signs));
        assert(isupport.linelen >= 512 && isupport.nicklen >= 1);
        for (size_t i = 0; i < IRC_TARGETS_COUNT; i++)
            assert(isupport.targets[i] >= 1);
        if (irc_isupport_channel(&isupport, token, &channel))
            assert(channel.len > 0 && channel.len <= token.len);
        if (irc_casemap_fold(isupport.casemap, token, &once) == 0 &&
            irc_casemap_fold(isupport.casemap, buf_str(&once), &twice) == 0)
            assert(str_eq(buf_str(&once), buf_str(&twice))); /* folding is final */
        assert(irc_casemap_same(isupport.casemap, token, token));
    }
    return 0;
}
