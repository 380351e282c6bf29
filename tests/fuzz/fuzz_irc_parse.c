/* SPDX-License-Identifier: MIT */
/* fuzz_irc_parse.c: any bytes as a line; what was taken apart lies inside it, and composed again it
 * reads the same. */
#include <assert.h>
#include <stdint.h>

#include "chat/irc/format.h"
#include "chat/irc/numerics.h"
#include "chat/irc/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tags(const struct irc_message *message)
{
    struct str rest = message->tags, key, raw;
    while (irc_parse_next_tag(&rest, &key, &raw)) {
        AUTO_BUF value = {.limit = 100 * 1000};
        irc_parse_unescape(raw, &value);
        assert(value.len <= raw.len);
    }
    int64_t at;
    if (irc_parse_tag(message, "time", &raw) && irc_parse_time(raw, &at) == 0)
        assert(at >= 0);
}

static void check_again(const struct irc_message *message)
{
    struct irc_message again;
    AUTO_BUF line = {.limit = 1000 * 1000};
    struct irc_write write = {.source = message->source,
                              .command = message->command,
                              .params = message->params,
                              .param_count = message->param_count,
                              .limit = 1000 * 1000};
    if (irc_write_line(&write, &line) < 0)
        return;
    assert(irc_parse_line(buf_str(&line), &again) == 0);
    assert(str_eq(again.command, message->command) && again.param_count == message->param_count);
    for (size_t i = 0; i < again.param_count; i++)
        assert(str_eq(again.params[i], message->params[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irc_message message;
    struct str line = {(const char *)data, size}, command, args;
    AUTO_BUF text = {.limit = 1000 * 1000};
    irc_format_strip(line, &text);
    irc_format_ctcp(line, &command, &args);
    irc_numerics_goodbye(line);
    if (irc_parse_line(line, &message) < 0)
        return 0;
    assert(message.param_count <= IRC_PARAMS_MAX && message.command.len > 0);
    irc_numerics_min_params(&message);
    check_tags(&message);
    check_again(&message);
    return 0;
}
