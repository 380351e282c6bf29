/* SPDX-License-Identifier: MIT */
/* spool.h: a body while it comes: in memory while it is small, else in a file that has no name.
 *
 * What people say to each other is never left readable on a disk: the file is written under a key
 * that lives as long as the spool. */
#ifndef CHAT_MATRIX_SPOOL_H
#define CHAT_MATRIX_SPOOL_H

#include <stdint.h>

#include "base/str.h"

enum {
    SPOOL_MEMORY_BYTES = 256 * 1024,
    SPOOL_NO_DISK_BYTES = 16 * 1024 * 1024, /* in memory, where no file can be written */
};

struct spool;
/* `folder`: where the file goes; copied; empty: always memory. */
int spool_create(struct str folder, struct spool **ret_spool) MUST_CHECK;
void spool_destroy(struct spool *spool);
/* -ENOSPC: neither disk nor memory has room for it. */
int spool_add(struct spool *spool, struct str bytes) MUST_CHECK;
/* Nothing more comes. */
int spool_end(struct spool *spool) MUST_CHECK;
uint64_t spool_size(const struct spool *spool);
bool spool_on_disk(const struct spool *spool);
/* As walk_source asks; `ctx` is the spool. */
int spool_read(void *ctx, uint64_t offset, char *out, size_t size);
/* Empty again; the disk's space is given back, the memory above SPOOL_MEMORY_BYTES too. */
void spool_clear(struct spool *spool);

#endif
