/* SPDX-License-Identifier: MIT */
/* render.c: parsed patterns and arguments to Markdown. */
#include "text/render.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "text/escape.h"

enum { DEPTH_LIMIT = 4, CODE_LIMIT_BYTES = 64 * 1024 };

static void render_parts(struct text_rendering *rendering, const struct text_part *part);

/* ---- arguments ------------------------------------------------------------------------------- */

static const struct mooring_arg *find_argument(const struct text_rendering *rendering,
                                               struct str name)
{
    for (size_t i = 0; i < rendering->count; i++)
        if (rendering->args[i].name && str_eq_c(name, rendering->args[i].name))
            return &rendering->args[i];
    return NULL;
}

static void add_shown(struct buf *out, struct str s)
{
    size_t at = 0;
    while (at < s.len)
        utf8_add(out, text_escape_shown(utf8_next(s, &at)));
}

void text_render_plain(struct text_rendering *rendering, struct str s)
{
    if (rendering->in_code)
        add_shown(rendering->out, s);
    else
        text_escape(rendering->out, s);
}

static void render_name(struct text_rendering *rendering, const struct mooring_arg *arg)
{
    const struct text_reader *reader = rendering->reader;
    AUTO_BUF name;
    buf_init(&name, 1024);
    int r = -ENOENT;
    if (reader && reader->name)
        r = reader->name(reader->ctx, arg->kind, (uint64_t)arg->number, &name);
    if (r < 0 || name.failed || name.len == 0) {
        buf_clear(&name);
        buf_add_format(&name, "%" PRIu64, (uint64_t)arg->number);
    }
    text_render_plain(rendering, buf_str(&name));
}

static void render_argument(struct text_rendering *rendering, const struct mooring_arg *arg)
{
    switch ((enum mooring_arg_kind)arg->kind) {
    case MOORING_ARG_INT:
        text_language_number(rendering->language, arg->number, rendering->out);
        return;
    case MOORING_ARG_TEXT:
        text_render_plain(rendering, abi_take(arg->text));
        return;
    case MOORING_ARG_MEMBER:
    case MOORING_ARG_ROOM:
        render_name(rendering, arg);
        return;
    case MOORING_ARG_TIME:
    case MOORING_ARG_DATE:
    case MOORING_ARG_WHEN:
        text_format_moment(rendering, arg->kind, arg->number);
        return;
    case MOORING_ARG_DURATION:
        text_format_duration(rendering, arg->number);
        return;
    case MOORING_ARG_MSGID:
        if (!text_render_inner(rendering, abi_take(arg->text), NULL, 0, (uint64_t)arg->number))
            text_render_plain(rendering, abi_take(arg->text));
        return;
    }
}

static void render_missing(struct text_rendering *rendering, struct str name)
{
    rendering->missing = true;
    buf_add_format(rendering->out, "{%.*s}", STR_ARG(name));
}

bool text_render_inner(struct text_rendering *rendering, struct str msgid,
                       const struct mooring_arg *args, size_t count, uint64_t wording)
{
    struct text_language *language;
    const struct text_entry *entry = text_entry_find(rendering->text, rendering->language->tag,
                                                     msgid, &language);
    if (!entry || rendering->depth >= DEPTH_LIMIT)
        return false;
    struct text_rendering inner = *rendering;
    inner.language = language;
    inner.args = args;
    inner.count = count;
    inner.depth++;
    render_parts(&inner, entry->wordings[wording % entry->count].parts);
    rendering->missing |= inner.missing;
    return true;
}

/* ---- plurals and selections ------------------------------------------------------------------ */

static const struct text_case *find_case(const struct text_case *item, struct str keyword)
{
    while (item && !str_eq(item->keyword, keyword))
        item = item->next;
    return item;
}

static void render_plural(struct text_rendering *rendering, const struct text_part *part,
                          const struct mooring_arg *arg)
{
    char room[16];
    const struct text_case *chosen = part->cases;
    while (chosen && !(str_empty(chosen->keyword) && chosen->exact == arg->number))
        chosen = chosen->next;
    if (!chosen)
        chosen = find_case(
            part->cases, text_language_plural(rendering->language, arg->number, room, sizeof room));
    if (!chosen)
        chosen = find_case(part->cases, STR("other"));
    int64_t outer = rendering->number;
    rendering->number = arg->number;
    render_parts(rendering, chosen ? chosen->parts : NULL);
    rendering->number = outer;
}

static void render_select(struct text_rendering *rendering, const struct text_part *part,
                          const struct mooring_arg *arg)
{
    char digits[32];
    struct str selector = abi_take(arg->text);
    if (arg->kind != MOORING_ARG_TEXT && arg->kind != MOORING_ARG_MSGID) {
        snprintf(digits, sizeof digits, "%" PRId64, arg->number);
        selector = str_of(digits);
    }
    const struct text_case *chosen = str_empty(selector) ? NULL : find_case(part->cases, selector);
    if (!chosen)
        chosen = find_case(part->cases, STR("other"));
    render_parts(rendering, chosen ? chosen->parts : NULL);
}

/* ---- code spans ------------------------------------------------------------------------------ */

static size_t longest_run(struct str s, char c)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < s.len; i++) {
        run = s.ptr[i] == c ? run + 1 : 0;
        longest = MAX_OF(longest, run);
    }
    return longest;
}

static void add_fence(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_byte(out, '`');
}

/* In a code span no escape works; what protects a backtick is a longer fence (CommonMark 6.1). */
static void render_code(struct text_rendering *rendering, const struct text_part *part)
{
    AUTO_BUF inside;
    buf_init(&inside, CODE_LIMIT_BYTES);
    struct text_rendering inner = *rendering;
    inner.out = &inside;
    inner.in_code = true;
    render_parts(&inner, part->parts);
    rendering->missing |= inner.missing;
    if (inside.failed) {
        rendering->out->failed = rendering->out->failed ? rendering->out->failed : inside.failed;
        return;
    }
    for (size_t i = 0; i < inside.len; i++)
        if (inside.ptr[i] == '\n')
            inside.ptr[i] = ' ';
    struct str code = buf_str(&inside);
    if (rendering->in_code || str_empty(code)) {
        buf_add(rendering->out, code);
        return;
    }
    char first = code.ptr[0], last = code.ptr[code.len - 1];
    bool padded = first == '`' || last == '`' ||
                  (first == ' ' && last == ' ' && !str_empty(str_trim(code)));
    size_t fence = longest_run(code, '`') + 1;
    add_fence(rendering->out, fence);
    if (padded)
        buf_add_byte(rendering->out, ' ');
    buf_add(rendering->out, code);
    if (padded)
        buf_add_byte(rendering->out, ' ');
    add_fence(rendering->out, fence);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void render_named(struct text_rendering *rendering, const struct text_part *part)
{
    const struct mooring_arg *arg = find_argument(rendering, part->text);
    if (!arg)
        render_missing(rendering, part->text);
    else if (part->kind == TEXT_PART_PLURAL)
        render_plural(rendering, part, arg);
    else if (part->kind == TEXT_PART_SELECT)
        render_select(rendering, part, arg);
    else
        render_argument(rendering, arg);
}

static void render_parts(struct text_rendering *rendering, const struct text_part *part)
{
    for (; part; part = part->next) {
        switch (part->kind) {
        case TEXT_PART_LITERAL:
            buf_add(rendering->out, part->text);
            break;
        case TEXT_PART_ARGUMENT:
        case TEXT_PART_PLURAL:
        case TEXT_PART_SELECT:
            render_named(rendering, part);
            break;
        case TEXT_PART_NUMBER:
            text_language_number(rendering->language, rendering->number, rendering->out);
            break;
        case TEXT_PART_CODE:
            render_code(rendering, part);
            break;
        case TEXT_PART_KIND_COUNT:
            break;
        }
    }
}

int text_render(const struct text *text, const struct text_reader *reader, struct str msgid,
                const struct mooring_arg *args, size_t count, uint64_t wording, struct buf *out)
{
    struct text_language *language;
    const struct text_entry *entry = text_entry_find(text, reader ? reader->language : STR("en"),
                                                     msgid, &language);
    if (!entry)
        return -ENOENT;
    struct text_rendering rendering = {.text = text,
                                       .reader = reader,
                                       .language = language,
                                       .args = args,
                                       .count = count,
                                       .out = out};
    render_parts(&rendering, entry->wordings[wording % entry->count].parts);
    if (out->failed)
        return out->failed;
#ifdef MOORING_DEV
    if (rendering.missing)
        return -EINVAL;
#endif
    return 0;
}
