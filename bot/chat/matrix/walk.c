/* SPDX-License-Identifier: MIT */
/* walk.c: the body of a /sync answer, item by item.
 *
 * The grammar is read only as far as it matters: where strings end and brackets close.  Commas
 * count as white space, and which bracket closes which is not compared: an event that interests
 * somebody is read by a real parser afterwards. */
#include "chat/matrix/walk.h"

#include <errno.h>

#include "base/ascii.h"
#include "chat/matrix/walk_internal.h"

enum field { TO_LEVEL, NEXT_BATCH, LIMITED, PREV_BATCH, EVENTS, JOINED, INVITED };
struct path {
    enum walk_level in;
    struct str key;
    enum field field;
    enum walk_level to;
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

/* ---- values --------------------------------------------------------------------------------- */

/* A string is read, anything else passed over. */
static int read_text_value(struct walk *walk, struct buf *out)
{
    char c;
    size_t depth;
    int r = walk_next_byte(walk, &c);
    if (r < 0)
        return r;
    if (c != '"') {
        buf_clear(out);
        return walk_skip_value(walk, &depth);
    }
    walk->at++;
    return walk_read_text(walk, out);
}

static int read_bool(struct walk *walk, bool *ret_is)
{
    char c;
    size_t depth;
    int r = walk_next_byte(walk, &c);
    if (r < 0)
        return r;
    *ret_is = c == 't';
    return walk_skip_value(walk, &depth);
}

static int read_count(struct walk *walk, int64_t *ret_count)
{
    char c;
    size_t depth;
    int64_t count = 0;
    int r = walk_next_byte(walk, &c), digits = 0;
    for (; r == 0 && ascii_is_digit(c) && digits < WALK_NUMBER_MAX - 2; digits++) {
        count = count * 10 + (c - '0');
        walk->at++;
        r = walk_fill(walk);
        c = r == 0 ? walk->window[walk->at] : '\0';
    }
    *ret_count = digits > 0 ? count : -1;
    return r < 0 || (digits > 0 && walk_ends_scalar(c)) ? r : walk_skip_value(walk, &depth);
}

/* ---- the tree ------------------------------------------------------------------------------- */

static enum walk_what event_of(enum walk_level level)
{
    return level == IN_ACCOUNT_EVENTS ? WALK_ACCOUNT_DATA
           : level == IN_STATE_EVENTS ? WALK_STATE
                                      : WALK_TIMELINE;
}

static bool holds_events(enum walk_level level)
{
    return level == IN_ACCOUNT_EVENTS || level == IN_STATE_EVENTS || level == IN_TIMELINE_EVENTS;
}

static void describe(const struct walk *walk, struct walk_item *item)
{
    item->section = walk->section;
    item->room = walk->in_room ? buf_str(&walk->room) : (struct str){0};
}

static const struct path *find_path(enum walk_level in, struct str key)
{
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (paths[i].in == in && str_eq(paths[i].key, key))
            return &paths[i];
    return NULL;
}

/* Into an object (or an array of events); anything else there is passed over. */
static int enter(struct walk *walk, enum walk_level to)
{
    char c, wanted = holds_events(to) ? '[' : '{';
    size_t depth;
    int r = walk_next_byte(walk, &c);
    if (r < 0)
        return r;
    if (c != wanted)
        return walk_skip_value(walk, &depth);
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
    int r = walk_next_byte(walk, &c);
    if (r < 0)
        return r;
    uint64_t offset = walk->base + walk->at;
    r = walk_skip_value(walk, &depth);
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
            return walk_skip_value(walk, &depth);
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
    enum walk_level level = walk->stack[walk->depth - 1];
    int r = walk_read_text(walk, &walk->scratch);
    if (r == 0)
        r = walk_expect(walk, ':');
    if (r < 0)
        return r;
    if (level == IN_SECTION)
        return str_empty(buf_str(&walk->scratch)) ? walk_skip_value(walk, &depth)
                                                  : begin_room(walk, item);
    const struct path *path = find_path(level, buf_str(&walk->scratch));
    if (!path)
        return walk_skip_value(walk, &depth);
    r = follow(walk, path);
    if (r < 0 || path->field != NEXT_BATCH)
        return r;
    item->what = WALK_NEXT_BATCH;
    item->text = buf_str(&walk->text);
    return 1;
}

static int leave(struct walk *walk, enum walk_level level, struct walk_item *item)
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
    enum walk_level level = walk->stack[walk->depth - 1];
    int r = walk_next_byte(walk, &c);
    if (r < 0)
        return r;
    if (c == (holds_events(level) ? ']' : '}'))
        return leave(walk, level, item);
    if (holds_events(level)) {
        item->what = event_of(level);
        r = walk_scan_event(walk, item);
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
        int r = walk_fill(walk);
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
        r = walk_expect(walk, '{');
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
    walk->mark = WALK_NO_MARK;
    walk->in_room = false;
    walk->failed = 0;
    walk->depth = 0;
    int r = walk_expect(walk, '[');
    walk->failed = r;
    walk->stack[0] = IN_TIMELINE_EVENTS;
    walk->depth = r == 0 ? 1 : 0;
}

uint64_t walk_offset(const struct walk *walk)
{
    return walk->base + walk->at;
}

/* ---- life ----------------------------------------------------------------------------------- */

int walk_create(const struct walk_source *source, size_t window_bytes, struct walk **ret_walk)
{
    struct walk *walk = mem_zalloc(sizeof *walk);
    if (!walk)
        return -ENOMEM;
    *walk = (struct walk){
        .source = *source, .capacity = MAX_OF(window_bytes, (size_t)16), .mark = WALK_NO_MARK};
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
