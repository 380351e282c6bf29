/* SPDX-License-Identifier: MIT */
/* wal.c: walks a write-ahead log as https://www.sqlite.org/fileformat2.html#walformat says: what a
 * torn write at the end leaves is normal, a hole in the middle is not. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/diagnose.h"

enum {
    HEADER_BYTES = 32,
    FRAME_BYTES = 24, /* before each page */
    MAGIC = 0x377f0682,
    VERSION = 3007000,
    PAGE_MAX = 65536,
};

struct walk {
    int fd;
    bool is_big_endian; /* of the checksums */
    uint32_t page_bytes;
    unsigned char salts[8];
    uint32_t sum[2];
    unsigned char *frame;
};

static uint32_t big(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t little(const unsigned char *bytes)
{
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static void add(struct walk *walk, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint32_t a = walk->is_big_endian ? big(bytes + i) : little(bytes + i);
        uint32_t b = walk->is_big_endian ? big(bytes + i + 4) : little(bytes + i + 4);
        walk->sum[0] += a + walk->sum[1];
        walk->sum[1] += b + walk->sum[0];
    }
}

/* 1: a whole header; 0: not; negative errno. */
static int read_header(struct walk *walk)
{
    unsigned char header[HEADER_BYTES];
    ssize_t got = pread(walk->fd, header, sizeof header, 0);
    if (got < 0)
        return -errno;
    if (got < (ssize_t)sizeof header || (big(header) & ~1u) != MAGIC || big(header + 4) != VERSION)
        return 0;
    walk->is_big_endian = big(header) & 1;
    walk->page_bytes = big(header + 8);
    memcpy(walk->salts, header + 16, sizeof walk->salts);
    add(walk, header, 24);
    bool is_size = walk->page_bytes >= 512 && walk->page_bytes <= PAGE_MAX &&
                   (walk->page_bytes & (walk->page_bytes - 1)) == 0;
    return is_size && walk->sum[0] == big(header + 24) && walk->sum[1] == big(header + 28);
}

/* 1: of this run of the log; 0: an older one's, or the end; negative errno.  *ret_is_whole: its
 * checksum goes on from the frame before. */
static int read_frame(struct walk *walk, uint32_t index, bool *ret_is_whole)
{
    size_t size = FRAME_BYTES + walk->page_bytes;
    off_t at = HEADER_BYTES + (off_t)index * (off_t)size;
    ssize_t got = pread(walk->fd, walk->frame, size, at);
    if (got < 0)
        return -errno;
    if (got < (ssize_t)size || memcmp(walk->frame + 8, walk->salts, sizeof walk->salts) != 0)
        return 0;
    uint32_t before[2] = {walk->sum[0], walk->sum[1]};
    add(walk, walk->frame, 8);
    add(walk, walk->frame + FRAME_BYTES, walk->page_bytes);
    *ret_is_whole = walk->sum[0] == big(walk->frame + 16) && walk->sum[1] == big(walk->frame + 20);
    if (!*ret_is_whole)
        memcpy(walk->sum, before, sizeof before);
    return 1;
}

/* After the first bad frame the chain is broken.  A power cut may leave a hole in the last
 * transaction, written and not yet synced: its commit may stand and an earlier frame of it not. But
 * one whose end is followed by another commit was synced before that was begun: then what was
 * durable is gone. */
static int walk_frames(struct walk *walk, struct store_wal *wal)
{
    enum { HOLE_FRAMES = 4096 }; /* looked at behind a bad one */
    bool is_whole = true;
    int r = 1, ends = 0;
    while (r > 0 && is_whole) {
        r = read_frame(walk, wal->frames, &is_whole);
        if (r > 0 && is_whole)
            wal->frames++;
    }
    for (uint32_t i = 1; r > 0 && i <= HOLE_FRAMES && !wal->is_damaged; i++) {
        r = read_frame(walk, wal->frames + i, &is_whole);
        ends += r > 0 && big(walk->frame + 4) != 0;
        wal->is_damaged = ends > 1;
    }
    return r < 0 ? r : 0;
}

int store_wal_read(int fd, struct store_wal *ret_wal)
{
    struct walk walk = {.fd = fd};
    struct store_wal wal = {.frames = 0};
    off_t size = lseek(fd, 0, SEEK_END);
    if (size < 0)
        return -errno;
    int r = size == 0 ? 0 : read_header(&walk);
    if (r == 0)
        wal.is_damaged = size != 0;
    if (r > 0) {
        walk.frame = mem_alloc(FRAME_BYTES + walk.page_bytes);
        r = walk.frame ? walk_frames(&walk, &wal) : -ENOMEM;
        mem_free(walk.frame);
    }
    if (r < 0)
        return r;
    *ret_wal = wal;
    return 0;
}
