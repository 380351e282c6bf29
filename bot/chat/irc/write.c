/* SPDX-License-Identifier: MIT */
/* write.c: no text that a person typed can become a second command. */
#include "chat/irc/write.h"

#include <errno.h>

#include "base/ascii.h"

static bool breaks_line(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
            return true;
    return false;
}

static bool fits_middle(struct str s)
{
    return s.len > 0 && s.ptr[0] != ':' && !str_has_byte(s, ' ') && !breaks_line(s);
}

/* Letters or digits: anything else could be read as tags, a source, or nothing at all. */
static bool is_command(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = (char)(s.ptr[i] | 0x20);
        if (!ascii_is_small(c) && !ascii_is_digit(s.ptr[i]))
            return false;
    }
    return s.len > 0;
}

static void add_escaped(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        switch (value.ptr[i]) {
        case ';':
            buf_add_c(out, "\\:");
            break;
        case ' ':
            buf_add_c(out, "\\s");
            break;
        case '\\':
            buf_add_c(out, "\\\\");
            break;
        case '\r':
            buf_add_c(out, "\\r");
            break;
        case '\n':
            buf_add_c(out, "\\n");
            break;
        default:
            buf_add_byte(out, value.ptr[i]);
        }
    }
}

static int add_tags(const struct irc_write *write, struct buf *out)
{
    for (size_t i = 0; i < write->tag_count; i++) {
        const struct irc_write_tag *tag = &write->tags[i];
        if (!fits_middle(tag->key) || str_has_byte(tag->key, ';') || str_has_byte(tag->key, '=') ||
            str_has_byte(tag->value, '\0'))
            return -EINVAL;
        buf_add_byte(out, i == 0 ? '@' : ';');
        buf_add(out, tag->key);
        if (tag->value.len) {
            buf_add_byte(out, '=');
            add_escaped(out, tag->value);
        }
    }
    if (out->len > IRC_WRITE_TAGS_MAX + 1)
        return -EMSGSIZE;
    if (write->tag_count)
        buf_add_byte(out, ' ');
    return 0;
}

static int add_params(const struct irc_write *write, struct buf *out)
{
    for (size_t i = 0; i < write->param_count; i++) {
        struct str param = write->params[i];
        bool plain = fits_middle(param);
        if (!plain && (i + 1 < write->param_count || breaks_line(param)))
            return -EINVAL;
        buf_add_c(out, plain ? " " : " :");
        buf_add(out, param);
    }
    return 0;
}

int irc_write_line(const struct irc_write *write, struct buf *out)
{
    buf_clear(out);
    int r = add_tags(write, out);
    if (r < 0)
        return r;
    size_t start = out->len;
    if (write->source.len) {
        if (!fits_middle(write->source))
            return -EINVAL;
        buf_add_byte(out, ':');
        buf_add(out, write->source);
        buf_add_byte(out, ' ');
    }
    if (!is_command(write->command))
        return -EINVAL;
    buf_add(out, write->command);
    r = add_params(write, out);
    if (r < 0)
        return r;
    if (out->failed)
        return out->failed == -E2BIG ? -EMSGSIZE : out->failed;
    return out->len - start > (write->limit ? write->limit : 510) ? -EMSGSIZE : 0;
}
