/* SPDX-License-Identifier: MIT */
/* walk.c: the body of a /sync answer, item by item.
 *
 * The grammar is read only as far as it matters: where strings end and brackets close.  Commas
 * count as white space, and which bracket closes which is not compared: an event that interests
 * somebody is read by a real parser afterwards. */
#include "chat/matrix/walk.h"

#include <errno.h>
#include <sys/types.h>

#include "base/utf8.h"

enum { NO_MARK = -1, STACK_MAX = 12, NUMBER_MAX = 20 };

/* Where in the body we stand. */
enum level {
    IN_ROOT,
    IN_ACCOUNT,
    IN_ACCOUNT_EVENTS,
    IN_ROOMS,
    IN_SECTION,
    IN_ROOM,
    IN_STATE,
    IN_STATE_EVENTS,
    IN_TIMELINE,
    IN_TIMELINE_EVENTS,
    IN_SUMMARY,
    LEVEL_COUNT
};
enum field { TO_LEVEL, NEXT_BATCH, LIMITED, PREV_BATCH, EVENTS, JOINED, INVITED };
struct path {
    enum level in;
    struct str key;
    enum field field;
    enum level to;
    enum walk_section section; /* of IN_SECTION */
};
static const struct path paths[] = {
    {IN_ROOT, {"next_batch", 10}, NEXT_BATCH},
    {IN_ROOT, {"account_data", 12}, TO_LEVEL, IN_ACCOUNT},
    {IN_ROOT, {"rooms", 5}, TO_LEVEL, IN_ROOMS},
    {IN_ACCOUNT, {"events", 6}, TO_LEVEL, IN_ACCOUNT_EVENTS},
    {IN_ROOMS, {"join", 4}, TO_LEVEL, IN_SECTION, WALK_JOIN},
    {IN_ROOMS, {"invite", 6}, TO_LEVEL, IN_SECTION, WALK_INVITE},
    {IN_ROOMS, {"knock", 5}, TO_LEVEL, IN_SECTION, WALK_KNOCK},
    {IN_ROOMS, {"leave", 5}, TO_LEVEL, IN_SECTION, WALK_LEAVE},
    {IN_ROOM, {"state", 5}, TO_LEVEL, IN_STATE},
    {IN_ROOM, {"state_after", 11}, TO_LEVEL, IN_STATE},
    {IN_ROOM, {"org.matrix.msc4222.state_after", 30}, TO_LEVEL, IN_STATE},
    {IN_ROOM, {"invite_state", 12}, TO_LEVEL, IN_STATE},
    {IN_ROOM, {"knock_state", 11}, TO_LEVEL, IN_STATE},
    {IN_ROOM, {"timeline", 8}, TO_LEVEL, IN_TIMELINE},
    {IN_ROOM, {"summary", 7}, TO_LEVEL, IN_SUMMARY},
    {IN_STATE, {"events", 6}, TO_LEVEL, IN_STATE_EVENTS},
    {IN_TIMELINE, {"events", 6}, EVENTS},
    {IN_TIMELINE, {"limited", 7}, LIMITED},
    {IN_TIMELINE, {"prev_batch", 10}, PREV_BATCH},
    {IN_SUMMARY, {"m.joined_member_count", 21}, JOINED},
    {IN_SUMMARY, {"m.invited_member_count", 22}, INVITED},
};

struct walk {
    struct walk_source source;
    char *window;
    size_t at, filled, capacity;
    uint64_t base; /* offset of window[0] */
    bool at_end;   /* nothing comes behind the window */
    ssize_t mark;  /* what must stay in the window; NO_MARK */
    int failed;

    enum level stack[STACK_MAX];
    size_t depth; /* 0: behind the end */
    enum walk_section section;
    bool in_room, skips_room;
    struct buf room, text, prev_batch, scratch;
    struct walk_item end; /* of the present room, as far as it is known */
};

/* ---- bytes -------------------------------------------------------------------------------------
 */

static int grow(struct walk *walk)
{
    if (walk->capacity >= WALK_EVENT_MAX) { /* too large to keep: from here on it is passed over */
        walk->mark = NO_MARK;
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
    size_t keep = walk->mark == NO_MARK ? walk->at : (size_t)walk->mark;
    if (keep == 0)
        return;
    memmove(walk->window, walk->window + keep, walk->filled - keep);
    walk->base += keep;
    walk->at -= keep;
    walk->filled -= keep;
    if (walk->mark != NO_MARK)
        walk->mark = 0;
}

/* 0: there is at least one more byte at `at`.  The only place where the window moves. */
static int fill(struct walk *walk)
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
static int next_byte(struct walk *walk, char *ret_byte)
{
    for (;;) {
        int r = fill(walk);
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
static int skip_string(struct walk *walk)
{
    bool escaped = false; /* the byte before `at` is a backslash that counts */
    for (;;) {
        int r = fill(walk);
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
        int r = fill(walk);
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
                r = skip_string(walk);
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

static bool ends_scalar(char c)
{
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* A value, whatever it is; 1 + how deep it went below. */
static int skip_value(struct walk *walk, size_t *ret_depth)
{
    char c;
    int r = next_byte(walk, &c);
    *ret_depth = 0;
    if (r < 0)
        return r;
    if (c == '}' || c == ']' || c == ':')
        return -EBADMSG;
    walk->at++;
    if (c == '"')
        return skip_string(walk);
    if (c == '{' || c == '[')
        return skip_brackets(walk, ret_depth);
    for (r = fill(walk); r == 0 && !ends_scalar(walk->window[walk->at]); r = fill(walk))
        walk->at++;
    return r;
}

static int expect(struct walk *walk, char wanted)
{
    char c;
    int r = next_byte(walk, &c);
    if (r < 0)
        return r;
    if (c != wanted)
        return -EBADMSG;
    walk->at++;
    return 0;
}

/* ---- texts -------------------------------------------------------------------------------------
 */

static int hex4(struct str raw, size_t at, uint32_t *ret_value)
{
    uint32_t value = 0;
    if (raw.len - at < 4)
        return -EBADMSG;
    for (size_t i = at; i < at + 4; i++) {
        char c = raw.ptr[i], lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
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
static int read_text(struct walk *walk, struct buf *out)
{
    walk->mark = (ssize_t)walk->at;
    int r = skip_string(walk);
    struct str raw = {0};
    if (r == 0 && walk->mark != NO_MARK)
        raw = (struct str){walk->window + walk->mark, walk->at - 1 - (size_t)walk->mark};
    walk->mark = NO_MARK;
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

/* A string is read, anything else passed over. */
static int read_text_value(struct walk *walk, struct buf *out)
{
    char c;
    size_t depth;
    int r = next_byte(walk, &c);
    if (r < 0)
        return r;
    if (c != '"') {
        buf_clear(out);
        return skip_value(walk, &depth);
    }
    walk->at++;
    return read_text(walk, out);
}

static int read_bool(struct walk *walk, bool *ret_is)
{
    char c;
    size_t depth;
    int r = next_byte(walk, &c);
    if (r < 0)
        return r;
    *ret_is = c == 't';
    return skip_value(walk, &depth);
}

static int read_count(struct walk *walk, int64_t *ret_count)
{
    char c;
    size_t depth;
    int64_t count = 0;
    int r = next_byte(walk, &c), digits = 0;
    for (; r == 0 && c >= '0' && c <= '9' && digits < NUMBER_MAX - 2; digits++) {
        count = count * 10 + (c - '0');
        walk->at++;
        r = fill(walk);
        c = r == 0 ? walk->window[walk->at] : '\0';
    }
    *ret_count = digits > 0 ? count : -1;
    return r < 0 || (digits > 0 && ends_scalar(c)) ? r : skip_value(walk, &depth);
}

/* ---- events ------------------------------------------------------------------------------------
 */

/* What is known of an event while it is passed; offsets from its begin, since the window moves. */
struct scan {
    size_t type_from, type_to;
    size_t deepest;
    bool is_odd; /* a key is written with escapes: it may say "type" too */
};

/* A key that begins here (behind its quote) and its value; the type's value is noted. */
static int scan_member(struct walk *walk, struct scan *scan)
{
    bool kept = walk->mark != NO_MARK;
    size_t from = kept ? walk->at - (size_t)walk->mark : 0, depth;
    int r = skip_string(walk);
    if (r < 0)
        return r;
    kept = walk->mark != NO_MARK;
    const char *key = kept ? walk->window + walk->mark + from : NULL;
    size_t len = kept ? walk->at - 1 - (size_t)walk->mark - from : 0;
    bool is_type = len == 4 && memcmp(key, "type", 4) == 0;
    scan->is_odd |= kept && memchr(key, '\\', len);
    r = expect(walk, ':');
    char c;
    if (r == 0)
        r = next_byte(walk, &c);
    from = walk->mark == NO_MARK ? 0 : walk->at - (size_t)walk->mark;
    if (r == 0)
        r = skip_value(walk, &depth);
    if (r < 0)
        return r;
    scan->deepest = MAX_OF(scan->deepest, depth + 1);
    if (is_type && c == '"' && walk->mark != NO_MARK) {
        scan->type_from = from + 1;
        scan->type_to = walk->at - 1 - (size_t)walk->mark;
    }
    return 0;
}

/* An element of an array of events, of which the first byte stands at `at`. */
static int scan_event(struct walk *walk, struct walk_item *item)
{
    struct scan scan = {0};
    char c = walk->window[walk->at];
    if (c != '{') {
        item->what = WALK_BAD;
        return skip_value(walk, &scan.deepest);
    }
    walk->mark = (ssize_t)walk->at++;
    int r = next_byte(walk, &c);
    while (r == 0 && c == '"') {
        walk->at++;
        r = scan_member(walk, &scan);
        if (r == 0)
            r = next_byte(walk, &c);
    }
    if (r < 0)
        return r;
    if (c != '}')
        return -EBADMSG;
    walk->at++;
    bool kept = walk->mark != NO_MARK;
    if (!kept || scan.deepest > WALK_DEPTH_MAX) {
        item->what = WALK_BAD;
        walk->mark = NO_MARK;
        return 0;
    }
    const char *event = walk->window + walk->mark;
    item->bytes = (struct str){event, walk->at - (size_t)walk->mark};
    struct str type = {event + scan.type_from, scan.type_to - scan.type_from};
    if (!scan.is_odd && !str_has_byte(type, '\\'))
        item->type = type;
    walk->mark = NO_MARK;
    return 0;
}

/* ---- the tree ----------------------------------------------------------------------------------
 */

static enum walk_what event_of(enum level level)
{
    return level == IN_ACCOUNT_EVENTS ? WALK_ACCOUNT_DATA
           : level == IN_STATE_EVENTS ? WALK_STATE
                                      : WALK_TIMELINE;
}

static bool holds_events(enum level level)
{
    return level == IN_ACCOUNT_EVENTS || level == IN_STATE_EVENTS || level == IN_TIMELINE_EVENTS;
}

static void describe(const struct walk *walk, struct walk_item *item)
{
    item->section = walk->section;
    item->room = walk->in_room ? buf_str(&walk->room) : (struct str){0};
}

static const struct path *find_path(enum level in, struct str key)
{
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (paths[i].in == in && str_eq(paths[i].key, key))
            return &paths[i];
    return NULL;
}

/* Into an object (or an array of events); anything else there is passed over. */
static int enter(struct walk *walk, enum level to)
{
    char c, wanted = holds_events(to) ? '[' : '{';
    size_t depth;
    int r = next_byte(walk, &c);
    if (r < 0)
        return r;
    if (c != wanted)
        return skip_value(walk, &depth);
    walk->at++;
    walk->stack[walk->depth++] = to;
    return 1;
}

static int begin_room(struct walk *walk, struct walk_item *item)
{
    buf_clear(&walk->room);
    buf_add(&walk->room, buf_str(&walk->scratch));
    if (walk->room.failed)
        return walk->room.failed;
    int r = enter(walk, IN_ROOM);
    if (r <= 0)
        return r;
    walk->in_room = true;
    walk->skips_room = false;
    buf_clear(&walk->prev_batch);
    walk->end = (struct walk_item){.what = WALK_ROOM_END, .joined_count = -1, .invited_count = -1};
    item->what = WALK_ROOM;
    describe(walk, item);
    return 1;
}

static int note_timeline(struct walk *walk)
{
    char c;
    size_t depth;
    int r = next_byte(walk, &c);
    if (r < 0)
        return r;
    uint64_t offset = walk->base + walk->at;
    r = skip_value(walk, &depth);
    if (r == 0 && c == '[')
        walk->end.timeline = offset;
    return r;
}

static int follow(struct walk *walk, const struct path *path)
{
    size_t depth;
    switch (path->field) {
    case TO_LEVEL:
        if (path->in == IN_ROOMS)
            walk->section = path->section;
        if (path->to == IN_STATE && str_ends(path->key, STR("state_after")))
            walk->end.has_state_after = true;
        if (walk->in_room && walk->skips_room && path->to == IN_STATE)
            return skip_value(walk, &depth);
        return MIN_OF(enter(walk, path->to), 0);
    case NEXT_BATCH:
        return read_text_value(walk, &walk->text);
    case LIMITED:
        return read_bool(walk, &walk->end.is_limited);
    case PREV_BATCH:
        return read_text_value(walk, &walk->prev_batch);
    case EVENTS:
        return note_timeline(walk);
    case JOINED:
        return read_count(walk, &walk->end.joined_count);
    case INVITED:
        return read_count(walk, &walk->end.invited_count);
    }
    return 0;
}

/* A key of the present object, and what stands behind it.  1: an item. */
static int step_member(struct walk *walk, struct walk_item *item)
{
    size_t depth;
    enum level level = walk->stack[walk->depth - 1];
    int r = read_text(walk, &walk->scratch);
    if (r == 0)
        r = expect(walk, ':');
    if (r < 0)
        return r;
    if (level == IN_SECTION)
        return str_empty(buf_str(&walk->scratch)) ? skip_value(walk, &depth)
                                                  : begin_room(walk, item);
    const struct path *path = find_path(level, buf_str(&walk->scratch));
    if (!path)
        return skip_value(walk, &depth);
    r = follow(walk, path);
    if (r < 0 || path->field != NEXT_BATCH)
        return r;
    item->what = WALK_NEXT_BATCH;
    item->text = buf_str(&walk->text);
    return 1;
}

static int leave(struct walk *walk, enum level level, struct walk_item *item)
{
    walk->at++;
    walk->depth--;
    if (level == IN_ROOM) {
        *item = walk->end;
        item->prev_batch = buf_str(&walk->prev_batch);
        describe(walk, item);
        walk->in_room = false;
        return 1;
    }
    return 0;
}

static int step_in(struct walk *walk, struct walk_item *item)
{
    char c;
    enum level level = walk->stack[walk->depth - 1];
    int r = next_byte(walk, &c);
    if (r < 0)
        return r;
    if (c == (holds_events(level) ? ']' : '}'))
        return leave(walk, level, item);
    if (holds_events(level)) {
        item->what = event_of(level);
        r = scan_event(walk, item);
        describe(walk, item);
        return r < 0 ? r : 1;
    }
    if (c != '"')
        return -EBADMSG;
    walk->at++;
    return step_member(walk, item);
}

/* Behind the last bracket only white space stands. */
static int finish(struct walk *walk)
{
    while (walk->base + walk->at > 0) {
        int r = fill(walk);
        if (r == -EBADMSG && walk->at_end)
            return 0;
        if (r < 0)
            return r;
        char c = walk->window[walk->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return -EBADMSG;
        walk->at++;
    }
    return 0;
}

int walk_next(struct walk *walk, struct walk_item *ret_item)
{
    int r = walk->failed;
    *ret_item = (struct walk_item){.what = WALK_END};
    if (r == 0 && walk->base + walk->at == 0) {
        r = expect(walk, '{');
        walk->stack[0] = IN_ROOT;
        walk->depth = 1;
    }
    while (r == 0 && walk->depth > 0)
        r = step_in(walk, ret_item);
    if (r > 0)
        return 0;
    *ret_item = (struct walk_item){.what = WALK_END};
    if (r == 0 && walk->stack[0] == IN_ROOT)
        r = finish(walk);
    walk->failed = r;
    return r;
}

void walk_skip_room(struct walk *walk)
{
    walk->skips_room = true;
}

void walk_timeline(struct walk *walk, uint64_t timeline)
{
    if (timeline >= walk->base && timeline < walk->base + walk->filled) {
        walk->at = (size_t)(timeline - walk->base);
    } else {
        walk->at = walk->filled = 0;
        walk->base = timeline;
        walk->at_end = false;
    }
    walk->mark = NO_MARK;
    walk->in_room = false;
    walk->failed = 0;
    walk->depth = 0;
    int r = expect(walk, '[');
    walk->failed = r;
    walk->stack[0] = IN_TIMELINE_EVENTS;
    walk->depth = r == 0 ? 1 : 0;
}

uint64_t walk_offset(const struct walk *walk)
{
    return walk->base + walk->at;
}

/* ---- life --------------------------------------------------------------------------------------
 */

int walk_create(const struct walk_source *source, size_t window_bytes, struct walk **ret_walk)
{
    struct walk *walk = mem_zalloc(sizeof *walk);
    if (!walk)
        return -ENOMEM;
    *walk = (struct walk){
        .source = *source, .capacity = MAX_OF(window_bytes, (size_t)16), .mark = NO_MARK};
    struct buf *const bufs[] = {&walk->room, &walk->text, &walk->prev_batch, &walk->scratch};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_init(bufs[i], WALK_TEXT_MAX);
    walk->window = mem_alloc(walk->capacity);
    if (!walk->window) {
        walk_destroy(walk);
        return -ENOMEM;
    }
    *ret_walk = walk;
    return 0;
}

void walk_destroy(struct walk *walk)
{
    if (!walk)
        return;
    buf_done(&walk->room);
    buf_done(&walk->text);
    buf_done(&walk->prev_batch);
    buf_done(&walk->scratch);
    mem_free(walk->window);
    mem_free(walk);
}
