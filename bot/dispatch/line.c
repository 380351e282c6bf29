/* SPDX-License-Identifier: MIT */
/* line.c: the forgiving reader of a command line: mention, prefix, curly quotes, odd spaces. */
#include "base/ascii.h"
#include "base/utf8.h"
#include "dispatch/dispatch.h"

static bool is_letter(struct str s, size_t at)
{
    unsigned char c = (unsigned char)s.ptr[at];
    return c >= 0x80 || ascii_is_word(c) || c == '_' || c == '-';
}

/* "mooring: x", "@Mooring, x", "mooring x": the name and what separates it taken off; true when it
 * stood there. */
static bool take_mention(struct str *text, struct str bot_name)
{
    struct str rest = str_trim(*text);
    if (str_starts(rest, STR("@")))
        rest = str_from(rest, 1);
    if (str_empty(bot_name) || !str_starts_nocase(rest, bot_name))
        return false;
    rest = str_from(rest, bot_name.len);
    if (rest.len && is_letter(rest, 0))
        return false; /* "mooringfan" is somebody else */
    while (rest.len &&
           (rest.ptr[0] == ':' || rest.ptr[0] == ',' || rest.ptr[0] == ';' || rest.ptr[0] == ' '))
        rest = str_from(rest, 1);
    *text = str_trim(rest);
    return true;
}

/* "!x", "! x"; but "!!" and a lone "!" are only talk. */
static bool take_prefix(struct str *text, struct str prefix)
{
    struct str rest = str_trim(*text);
    if (str_empty(prefix) || !str_starts(rest, prefix))
        return false;
    rest = str_trim(str_from(rest, prefix.len));
    if (str_empty(rest) || !is_letter(rest, 0))
        return false;
    *text = rest;
    return true;
}

bool dispatch_addressed(struct str text, struct str prefix, struct str bot_name,
                        struct str *ret_rest)
{
    struct str rest = text;
    bool mentioned = take_mention(&rest, bot_name);
    bool prefixed = take_prefix(&rest, prefix);
    if (!mentioned && !prefixed)
        return false;
    *ret_rest = rest;
    return true;
}

bool dispatch_hailed(struct str text, struct str bot_name)
{
    struct str rest = str_trim(text);
    bool at = str_starts(rest, STR("@"));
    if (at)
        rest = str_from(rest, 1);
    if (!take_mention(&(struct str){rest.ptr, rest.len}, bot_name))
        return false;
    rest = str_from(rest, bot_name.len);
    return at || str_starts(rest, STR(":")) || str_starts(rest, STR(","));
}

static const char *plain_for(uint32_t c)
{
    switch (c) {
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x201F:
    case 0x00AB:
    case 0x00BB:
    case 0x2033:
        return "\"";
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x2032:
        return "'";
    case 0x00A0:
    case 0x2007:
    case 0x2009:
    case 0x202F:
    case 0x3000:
        return " ";
    case 0x200B:
    case 0xFEFF:
        return "";
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return "-";
    default:
        return NULL;
    }
}

struct str dispatch_straighten(struct str text, struct arena *arena)
{
    AUTO_BUF out;
    buf_init(&out, text.len * 3 + 1);
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        const char *plain = plain_for(utf8_next(text, &at));
        if (plain)
            buf_add_c(&out, plain);
        else
            buf_add(&out, (struct str){text.ptr + start, at - start});
    }
    struct str kept = str_keep(arena, buf_str(&out));
    return out.failed || !kept.ptr ? text : kept;
}
