/* SPDX-License-Identifier: MIT */
/* image.h: an open descriptor as a database file of SQLite's, from some byte on: a backup is
 * written and read where another process opened it, at a place that we could not open ourselves. */
#ifndef STORE_IMAGE_H
#define STORE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/attr.h"

struct image {
    sqlite3_vfs vfs;
    int fd;
    int64_t offset; /* of the database's first byte */
    int last_errno; /* of the last write or read that failed */
    char name[40];
};
/* Registers; borrows `fd`.  One connection at a time, on one thread.  A rollback database whatever
 * it was copied from: the two bytes of its header that ask for a WAL are not written. */
int image_init(struct image *image, int fd, int64_t offset) MUST_CHECK;
void image_done(struct image *image);
/* The only file there is; with `writable`, without a journal: whoever writes starts again. */
int image_open(struct image *image, bool writable, sqlite3 **ret_db) MUST_CHECK;

#endif
