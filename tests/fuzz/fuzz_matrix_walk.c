/* SPDX-License-Identifier: MIT */
/* fuzz_matrix_walk.c: any bytes as a body of /sync.  Whatever the size of the window, the same
 * items come, all inside the body; and a timeline read again gives only events. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "chat/matrix/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct body {
    const uint8_t *data;
    size_t size;
};

static int read_body(void *ctx, uint64_t offset, char *out, size_t size)
{
    const struct body *body = ctx;
    size_t left = offset < body->size ? body->size - (size_t)offset : 0;
    size_t count = MIN_OF(left, size);
    if (count > 0)
        memcpy(out, body->data + offset, count);
    return (int)count;
}

static void note(struct buf *log, const struct walk_item *item)
{
    buf_add_format(log, "%d %d %lld %lld %llu %d|", (int)item->what, (int)item->section,
                   (long long)item->joined_count, (long long)item->invited_count,
                   (unsigned long long)item->timeline, item->is_limited);
    buf_add(log, item->room);
    buf_add(log, item->text);
    buf_add(log, item->bytes);
    buf_add(log, item->type);
    buf_add(log, item->prev_batch);
}

static int all_items(struct body *body, size_t window, struct buf *log, uint64_t *ret_timeline)
{
    struct walk *walk;
    struct walk_item item;
    struct walk_source source = {.read = read_body, .ctx = body};
    if (walk_create(&source, window, &walk) < 0)
        return -ENOMEM;
    int r = walk_next(walk, &item);
    for (; r == 0 && item.what != WALK_END; r = walk_next(walk, &item)) {
        assert(item.bytes.len <= body->size && item.type.len <= item.bytes.len);
        if (item.timeline > 0)
            *ret_timeline = item.timeline;
        note(log, &item);
    }
    if (*ret_timeline > 0) {
        walk_timeline(walk, *ret_timeline);
        for (int t = walk_next(walk, &item); t == 0 && item.what != WALK_END;
             t = walk_next(walk, &item)) {
            assert(item.what == WALK_TIMELINE || item.what == WALK_BAD);
            note(log, &item);
        }
    }
    walk_destroy(walk);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct body body = {data, size};
    AUTO_BUF first, second;
    uint64_t timeline = 0, again = 0;
    buf_init(&first, 16 * 1024 * 1024);
    buf_init(&second, 16 * 1024 * 1024);
    int r = all_items(&body, 1 << 20, &first, &timeline);
    int s = all_items(&body, 16 + size % 40, &second, &again);
    assert(r == s && timeline == again);
    assert(str_eq(buf_str(&first), buf_str(&second)));
    return 0;
}
