/* SPDX-License-Identifier: MIT */
/* spool.c: a body while it comes. */
#include "chat/matrix/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <sodium.h>

enum { BLOCK = 64, PIECE_BYTES = 64 * 1024 }; /* the cipher's block; what is written at once */

struct spool {
    char *folder;
    struct buf memory; /* the whole body, or what is not yet written of it */
    int fd;            /* -1: everything is in memory */
    bool no_disk;      /* it was tried */
    uint64_t written;  /* a multiple of PIECE_BYTES until the end */
    char *piece;       /* PIECE_BYTES + BLOCK, for reading and writing */
    unsigned char key[crypto_stream_chacha20_KEYBYTES];
    unsigned char nonce[crypto_stream_chacha20_NONCEBYTES];
};

int spool_create(struct str folder, struct spool **ret_spool)
{
    struct spool *spool = mem_zalloc(sizeof *spool);
    if (!spool)
        return -ENOMEM;
    spool->fd = -1;
    buf_init(&spool->memory, SPOOL_NO_DISK_BYTES);
    spool->folder = str_empty(folder) ? NULL : str_copy(folder);
    if (!spool->folder && !str_empty(folder)) {
        spool_destroy(spool);
        return -ENOMEM;
    }
    *ret_spool = spool;
    return 0;
}

void spool_destroy(struct spool *spool)
{
    if (!spool)
        return;
    spool_clear(spool);
    buf_wipe(&spool->memory);
    mem_free(spool->piece);
    mem_free(spool->folder);
    mem_free(spool);
}

static int open_file(struct spool *spool)
{
    if (!spool->folder || spool->no_disk)
        return -ENOSPC;
    spool->no_disk = true; /* until it is open */
    if (!spool->piece)
        spool->piece = mem_alloc(PIECE_BYTES + BLOCK);
    if (!spool->piece)
        return -ENOMEM;
    int fd = open(spool->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    randombytes_buf(spool->key, sizeof spool->key);
    randombytes_buf(spool->nonce, sizeof spool->nonce);
    spool->fd = fd;
    spool->no_disk = false;
    return 0;
}

static int write_whole(int fd, const char *bytes, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, bytes, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENOSPC;
        bytes += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

/* `size` bytes of what is in hand, enciphered; they stay in hand when it fails. */
static int write_piece(struct spool *spool, size_t from, size_t size)
{
    crypto_stream_chacha20_xor_ic((unsigned char *)spool->piece,
                                  (const unsigned char *)spool->memory.ptr + from, size,
                                  spool->nonce, spool->written / BLOCK, spool->key);
    int r = write_whole(spool->fd, spool->piece, size, spool->written);
    if (r == 0)
        spool->written += size;
    return r;
}

/* Whole pieces go to the file; `all`: the rest too. */
static int flush(struct spool *spool, bool all)
{
    size_t done = 0;
    int r = 0;
    while (r == 0 &&
           (spool->memory.len - done >= PIECE_BYTES || (all && spool->memory.len > done))) {
        size_t size = MIN_OF(spool->memory.len - done, (size_t)PIECE_BYTES);
        r = write_piece(spool, done, size);
        if (r == 0)
            done += size;
    }
    buf_drop(&spool->memory, done);
    return r;
}

/* A disk that does not take it: then memory, as far as that goes. */
int spool_add(struct spool *spool, struct str bytes)
{
    buf_add(&spool->memory, bytes);
    if (spool->memory.failed)
        return spool->memory.failed == -E2BIG ? -ENOSPC : -ENOMEM;
    if (spool->memory.len <= SPOOL_MEMORY_BYTES)
        return 0;
    int r = spool->fd >= 0 ? 0 : open_file(spool);
    if (r == -ENOMEM)
        return r;
    if (r == 0)
        (void)!flush(spool, false); /* what was not written is in hand still */
    return 0;
}

int spool_end(struct spool *spool)
{
    if (spool->fd < 0)
        return 0;
    (void)!flush(spool, true);
    return 0;
}

uint64_t spool_size(const struct spool *spool)
{
    return spool->written + spool->memory.len;
}

bool spool_on_disk(const struct spool *spool)
{
    return spool->fd >= 0;
}

/* From a multiple of BLOCK on. */
static int read_piece(struct spool *spool, uint64_t offset, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = pread(spool->fd, spool->piece + got, size - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        got += (size_t)n;
    }
    crypto_stream_chacha20_xor_ic((unsigned char *)spool->piece, (unsigned char *)spool->piece,
                                  size, spool->nonce, offset / BLOCK, spool->key);
    return 0;
}

int spool_read(void *ctx, uint64_t offset, char *out, size_t size)
{
    struct spool *spool = ctx;
    size_t count = 0;
    while (count < size && offset + count < spool->written) {
        uint64_t at = offset + count, from = at - at % BLOCK;
        size_t ahead = (size_t)(at - from);
        size_t len = (size_t)MIN_OF(spool->written - from,
                                    (uint64_t)MIN_OF(size - count + ahead, (size_t)PIECE_BYTES));
        int r = read_piece(spool, from, len);
        if (r < 0)
            return r;
        size_t taken = MIN_OF(len - ahead, size - count);
        memcpy(out + count, spool->piece + ahead, taken);
        count += taken;
    }
    if (count < size && offset + count >= spool->written) {
        struct str rest = str_from(buf_str(&spool->memory),
                                   (size_t)(offset + count - spool->written));
        size_t taken = MIN_OF(rest.len, size - count);
        if (taken > 0)
            memcpy(out + count, rest.ptr, taken);
        count += taken;
    }
    return (int)count;
}

void spool_clear(struct spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    spool->fd = -1;
    spool->no_disk = false;
    spool->written = 0;
    mem_wipe(spool->key, sizeof spool->key);
    if (spool->memory.capacity > SPOOL_MEMORY_BYTES * 2)
        buf_wipe(&spool->memory);
    buf_clear(&spool->memory);
}
