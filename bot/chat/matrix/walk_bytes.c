/* SPDX-License-Identifier: MIT */
/* walk_bytes.c: where strings end and brackets close; a text decoded; an event found. */
#include <errno.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "chat/matrix/walk_internal.h"

/* ---- bytes ---------------------------------------------------------------------------------- */

static int grow(struct walk *walk)
{
    if (walk->capacity >= WALK_EVENT_MAX) { /* too large to keep: from here on it is passed over */
        walk->mark = WALK_NO_MARK;
        return 0;
    }
    size_t capacity = MIN_OF(walk->capacity * 2, (size_t)WALK_EVENT_MAX);
    char *window = mem_resize(walk->window, capacity, 1);
    if (!window)
        return -ENOMEM;
    walk->window = window;
    walk->capacity = capacity;
    return 0;
}

static void slide(struct walk *walk)
{
    size_t keep = walk->mark == WALK_NO_MARK ? walk->at : (size_t)walk->mark;
    if (keep == 0)
        return;
    memmove(walk->window, walk->window + keep, walk->filled - keep);
    walk->base += keep;
    walk->at -= keep;
    walk->filled -= keep;
    if (walk->mark != WALK_NO_MARK)
        walk->mark = 0;
}

/* 0: there is at least one more byte at `at`.  The only place where the window moves. */
int walk_fill(struct walk *walk)
{
    if (walk->at < walk->filled)
        return 0;
    if (walk->at_end)
        return -EBADMSG;
    slide(walk);
    if (walk->filled == walk->capacity) {
        int r = grow(walk);
        if (r < 0)
            return r;
        slide(walk);
    }
    size_t room = walk->capacity - walk->filled;
    int r = walk->source.read(walk->source.ctx, walk->base + walk->filled,
                              walk->window + walk->filled, room);
    if (r < 0)
        return r;
    walk->filled += (size_t)r;
    walk->at_end = (size_t)r < room;
    return r > 0 ? 0 : -EBADMSG;
}

/* To the next byte that is neither white space nor a comma. */
int walk_next_byte(struct walk *walk, char *ret_byte)
{
    for (;;) {
        int r = walk_fill(walk);
        if (r < 0)
            return r;
        char c = walk->window[walk->at];
        if (c != ' ' && c != ',' && c != '\n' && c != '\r' && c != '\t') {
            *ret_byte = c;
            return 0;
        }
        walk->at++;
    }
}

static bool ends_in_odd_backslashes(const char *from, const char *to, bool before)
{
    const char *p = to;
    while (p > from && p[-1] == '\\')
        p--;
    return (((to - p) & 1) != 0) != (p == from && before);
}

/* From behind the opening quote to behind the closing one. */
int walk_skip_string(struct walk *walk)
{
    bool escaped = false; /* the byte before `at` is a backslash that counts */
    for (;;) {
        int r = walk_fill(walk);
        if (r < 0)
            return r;
        const char *from = walk->window + walk->at;
        const char *quote = memchr(from, '"', walk->filled - walk->at);
        const char *to = quote ? quote : walk->window + walk->filled;
        escaped = ends_in_odd_backslashes(from, to, escaped);
        walk->at = (size_t)(to - walk->window) + (quote ? 1 : 0);
        if (quote && !escaped)
            return 0;
        escaped = escaped && !quote;
    }
}

/* From behind an opening bracket to behind the one that closes it.  How deep it went: *ret_depth.
 */
static int skip_brackets(struct walk *walk, size_t *ret_depth)
{
    size_t depth = 1, deepest = 1;
    while (depth > 0) {
        int r = walk_fill(walk);
        if (r < 0)
            return r;
        const char *p = walk->window + walk->at, *end = walk->window + walk->filled;
        while (p < end && depth > 0) {
            char c = *p++;
            if (c == '"') {
                const char *quote = memchr(p, '"', (size_t)(end - p));
                if (quote && quote[-1] != '\\') {
                    p = quote + 1;
                    continue;
                }
                walk->at = (size_t)(p - walk->window);
                r = walk_skip_string(walk);
                if (r < 0)
                    return r;
                p = walk->window + walk->at;
                end = walk->window + walk->filled;
            } else if ((c | 0x20) == '{') { /* [ and { differ in that bit alone */
                depth++;
                deepest = MAX_OF(deepest, depth);
            } else if ((c | 0x20) == '}') {
                depth--;
            }
        }
        walk->at = (size_t)(p - walk->window);
    }
    *ret_depth = deepest;
    return 0;
}

bool walk_ends_scalar(char c)
{
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* A value, whatever it is; 1 + how deep it went below. */
int walk_skip_value(struct walk *walk, size_t *ret_depth)
{
    char c;
    int r = walk_next_byte(walk, &c);
    *ret_depth = 0;
    if (r < 0)
        return r;
    if (c == '}' || c == ']' || c == ':')
        return -EBADMSG;
    walk->at++;
    if (c == '"')
        return walk_skip_string(walk);
    if (c == '{' || c == '[')
        return skip_brackets(walk, ret_depth);
    for (r = walk_fill(walk); r == 0 && !walk_ends_scalar(walk->window[walk->at]);
         r = walk_fill(walk))
        walk->at++;
    return r;
}

int walk_expect(struct walk *walk, char wanted)
{
    char c;
    int r = walk_next_byte(walk, &c);
    if (r < 0)
        return r;
    if (c != wanted)
        return -EBADMSG;
    walk->at++;
    return 0;
}

/* ---- texts ---------------------------------------------------------------------------------- */

static int hex4(struct str raw, size_t at, uint32_t *ret_value)
{
    uint32_t value = 0;
    if (raw.len - at < 4)
        return -EBADMSG;
    for (size_t i = at; i < at + 4; i++) {
        char c = raw.ptr[i], lower = (char)(c | 0x20);
        if (ascii_is_digit(c))
            value = value * 16 + (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value * 16 + (uint32_t)(lower - 'a' + 10);
        else
            return -EBADMSG;
    }
    *ret_value = value;
    return 0;
}

/* Behind "\u": one code unit, or a pair of them. */
static size_t unescape_unicode(struct str raw, size_t at, struct buf *out)
{
    uint32_t unit, low;
    if (hex4(raw, at, &unit) < 0) {
        utf8_add(out, 0xfffd);
        return at;
    }
    at += 4;
    if (unit >= 0xd800 && unit < 0xdc00 && raw.len - at >= 6 && raw.ptr[at] == '\\' &&
        raw.ptr[at + 1] == 'u' && hex4(raw, at + 2, &low) == 0 && low >= 0xdc00 && low < 0xe000) {
        utf8_add(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
        return at + 6;
    }
    utf8_add(out, unit); /* U+FFFD for a lone surrogate */
    return at;
}

void walk_unescape(struct str raw, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    size_t at = 0;
    while (at < raw.len) {
        const char *slash = memchr(raw.ptr + at, '\\', raw.len - at);
        size_t end = slash ? (size_t)(slash - raw.ptr) : raw.len;
        buf_add(out, (struct str){raw.ptr + at, end - at});
        at = end;
        if (!slash)
            return;
        if (at + 1 >= raw.len) {
            utf8_add(out, 0xfffd);
            return;
        }
        char c = raw.ptr[at + 1];
        const char *known = memchr(from, c, sizeof from - 1);
        at += 2;
        if (c == 'u')
            at = unescape_unicode(raw, at, out);
        else if (known)
            buf_add_byte(out, to[known - from]);
        else
            utf8_add(out, 0xfffd);
    }
}

/* From behind the opening quote; too long a text is empty. */
int walk_read_text(struct walk *walk, struct buf *out)
{
    walk->mark = (ssize_t)walk->at;
    int r = walk_skip_string(walk);
    struct str raw = {0};
    if (r == 0 && walk->mark != WALK_NO_MARK)
        raw = (struct str){walk->window + walk->mark, walk->at - 1 - (size_t)walk->mark};
    walk->mark = WALK_NO_MARK;
    buf_clear(out);
    if (r < 0 || raw.len > WALK_TEXT_MAX)
        return r;
    walk_unescape(raw, out);
    if (out->failed) {
        r = out->failed == -E2BIG ? 0 : out->failed;
        buf_done(out); /* too long: empty */
    }
    return r;
}

/* ---- events --------------------------------------------------------------------------------- */

/* What is known of an event while it is passed; offsets from its begin, since the window moves. */
struct scan {
    size_t type_from, type_to;
    size_t deepest;
    bool is_odd; /* a key is written with escapes: it may say "type" too */
};

/* A key that begins here (behind its quote) and its value; the type's value is noted. */
static int scan_member(struct walk *walk, struct scan *scan)
{
    bool kept = walk->mark != WALK_NO_MARK;
    size_t from = kept ? walk->at - (size_t)walk->mark : 0, depth;
    int r = walk_skip_string(walk);
    if (r < 0)
        return r;
    kept = walk->mark != WALK_NO_MARK;
    const char *key = kept ? walk->window + walk->mark + from : NULL;
    size_t len = kept ? walk->at - 1 - (size_t)walk->mark - from : 0;
    bool is_type = len == 4 && memcmp(key, "type", 4) == 0;
    scan->is_odd |= kept && memchr(key, '\\', len);
    r = walk_expect(walk, ':');
    char c;
    if (r == 0)
        r = walk_next_byte(walk, &c);
    from = walk->mark == WALK_NO_MARK ? 0 : walk->at - (size_t)walk->mark;
    if (r == 0)
        r = walk_skip_value(walk, &depth);
    if (r < 0)
        return r;
    scan->deepest = MAX_OF(scan->deepest, depth + 1);
    if (is_type && c == '"' && walk->mark != WALK_NO_MARK) {
        scan->type_from = from + 1;
        scan->type_to = walk->at - 1 - (size_t)walk->mark;
    }
    return 0;
}

/* An element of an array of events, of which the first byte stands at `at`. */
int walk_scan_event(struct walk *walk, struct walk_item *item)
{
    struct scan scan = {0};
    char c = walk->window[walk->at];
    if (c != '{') {
        item->what = WALK_BAD;
        return walk_skip_value(walk, &scan.deepest);
    }
    walk->mark = (ssize_t)walk->at++;
    int r = walk_next_byte(walk, &c);
    while (r == 0 && c == '"') {
        walk->at++;
        r = scan_member(walk, &scan);
        if (r == 0)
            r = walk_next_byte(walk, &c);
    }
    if (r < 0)
        return r;
    if (c != '}')
        return -EBADMSG;
    walk->at++;
    bool kept = walk->mark != WALK_NO_MARK;
    if (!kept || scan.deepest > WALK_DEPTH_MAX) {
        item->what = WALK_BAD;
        walk->mark = WALK_NO_MARK;
        return 0;
    }
    const char *event = walk->window + walk->mark;
    item->bytes = (struct str){event, walk->at - (size_t)walk->mark};
    struct str type = {event + scan.type_from, scan.type_to - scan.type_from};
    if (!scan.is_odd && !str_has_byte(type, '\\'))
        item->type = type;
    walk->mark = WALK_NO_MARK;
    return 0;
}
