/* SPDX-License-Identifier: MIT */
/* parse.c: bytes in, views out; never fails but for a line without a command. */
#include "chat/irc/parse.h"

#include <errno.h>
#include <time.h>

#include "base/number.h"

/* Runs of spaces separate as one does: servers are sloppy, and RFC 1459 says so. */
static void skip_spaces(struct str *rest)
{
    while (rest->len && rest->ptr[0] == ' ')
        *rest = str_from(*rest, 1);
}

static struct str take_word(struct str *rest)
{
    size_t end = 0;
    while (end < rest->len && rest->ptr[end] != ' ')
        end++;
    struct str word = str_upto(*rest, end);
    *rest = str_from(*rest, end);
    skip_spaces(rest);
    return word;
}

static void take_params(struct str rest, struct irc_message *message)
{
    while (rest.len) {
        bool last = message->param_count == IRC_PARAMS_MAX - 1;
        if (rest.ptr[0] == ':' || last) {
            message->params[message->param_count++] = str_from(rest, rest.ptr[0] == ':' ? 1 : 0);
            return;
        }
        message->params[message->param_count++] = take_word(&rest);
    }
}

static unsigned numeric_of(struct str command)
{
    if (command.len != 3)
        return 0;
    unsigned value = 0;
    for (size_t i = 0; i < 3; i++) {
        if (command.ptr[i] < '0' || command.ptr[i] > '9')
            return 0;
        value = value * 10 + (unsigned)(command.ptr[i] - '0');
    }
    return value;
}

int irc_parse_line(struct str line, struct irc_message *ret_message)
{
    struct irc_message message = {.param_count = 0};
    struct str rest = line;
    skip_spaces(&rest);
    if (rest.len && rest.ptr[0] == '@')
        message.tags = str_from(take_word(&rest), 1);
    if (rest.len && rest.ptr[0] == ':') {
        message.source = str_from(take_word(&rest), 1);
        irc_parse_source(message.source, &message.nick, &message.user, &message.host);
    }
    message.command = take_word(&rest);
    if (str_empty(message.command))
        return -EINVAL;
    message.numeric = numeric_of(message.command);
    take_params(rest, &message);
    *ret_message = message;
    return 0;
}

void irc_parse_source(struct str source, struct str *ret_nick, struct str *ret_user,
                      struct str *ret_host)
{
    size_t end = 0;
    while (end < source.len && source.ptr[end] != '!' && source.ptr[end] != '@')
        end++;
    *ret_nick = str_upto(source, end);
    *ret_user = *ret_host = (struct str){NULL, 0};
    struct str rest = str_from(source, end);
    if (rest.len && rest.ptr[0] == '!') {
        rest = str_from(rest, 1);
        size_t at = str_find(rest, STR("@"), 0);
        *ret_user = at == SIZE_MAX ? rest : str_upto(rest, at);
        rest = at == SIZE_MAX ? (struct str){NULL, 0} : str_from(rest, at);
    }
    if (rest.len)
        *ret_host = str_from(rest, 1);
}

bool irc_parse_next_tag(struct str *rest, struct str *ret_key, struct str *ret_raw)
{
    struct str piece;
    while (str_split(rest, ';', &piece)) {
        if (str_empty(piece))
            continue;
        size_t equals = str_find(piece, STR("="), 0);
        *ret_key = equals == SIZE_MAX ? piece : str_upto(piece, equals);
        *ret_raw = equals == SIZE_MAX ? (struct str){NULL, 0} : str_from(piece, equals + 1);
        return true;
    }
    return false;
}

/* As irc_parse_next_tag would find it, but quicker: every line is asked for several. */
bool irc_parse_tag(const struct irc_message *message, const char *key, struct str *ret_raw)
{
    struct str rest = message->tags;
    size_t key_len = strlen(key);
    bool found = false;
    while (rest.len) {
        const char *end = memchr(rest.ptr, ';', rest.len);
        struct str piece = str_upto(rest, end ? (size_t)(end - rest.ptr) : rest.len);
        rest = str_from(rest, piece.len + 1);
        if (piece.len < key_len || memcmp(piece.ptr, key, key_len) != 0 ||
            (piece.len > key_len && piece.ptr[key_len] != '='))
            continue;
        *ret_raw = str_from(piece, key_len + 1);
        found = true;
    }
    return found;
}

/* What stands behind a backslash; any other byte stands for itself. */
static char unescaped(char c)
{
    switch (c) {
    case ':':
        return ';';
    case 's':
        return ' ';
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    default:
        return c;
    }
}

void irc_parse_unescape(struct str raw, struct buf *out)
{
    while (raw.len) {
        const char *escape = memchr(raw.ptr, '\\', raw.len);
        size_t plain = escape ? (size_t)(escape - raw.ptr) : raw.len;
        buf_add(out, str_upto(raw, plain));
        raw = str_from(raw, plain + 1);
        if (raw.len) /* a lone backslash at the end is dropped */
            buf_add_byte(out, unescaped(raw.ptr[0]));
        raw = str_from(raw, 1);
    }
}

static bool take_number(struct str text, size_t at, size_t len, int64_t max, int *ret_value)
{
    int64_t value;
    if (at + len > text.len || number_parse(str_upto(str_from(text, at), len), 0, max, &value) < 0)
        return false;
    *ret_value = (int)value;
    return true;
}

int irc_parse_time(struct str text, int64_t *ret_at)
{
    struct tm tm = {.tm_isdst = 0};
    int ms = 0;
    if (text.len < 20 || text.ptr[4] != '-' || text.ptr[7] != '-' || text.ptr[10] != 'T' ||
        !str_ends(text, STR("Z")))
        return -EINVAL;
    if (!take_number(text, 0, 4, 9999, &tm.tm_year) || !take_number(text, 5, 2, 12, &tm.tm_mon) ||
        !take_number(text, 8, 2, 31, &tm.tm_mday) || !take_number(text, 11, 2, 23, &tm.tm_hour) ||
        !take_number(text, 14, 2, 59, &tm.tm_min) || !take_number(text, 17, 2, 60, &tm.tm_sec))
        return -EINVAL;
    if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mday < 1)
        return -EINVAL;
    if (text.len >= 24 && text.ptr[19] == '.' && !take_number(text, 20, 3, 999, &ms))
        return -EINVAL;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *ret_at = (int64_t)timegm(&tm) * 1000 + ms; /* pure arithmetic: UTC, no clock, no zone */
    return 0;
}
