/* SPDX-License-Identifier: MIT */
/* keyring_file.h: the keyring's file: made whole, read whole, each slot written in place and
 * synced. */
#ifndef STORE_KEYRING_FILE_H
#define STORE_KEYRING_FILE_H

#include "store/slot.h"

enum {
    KEYRING_FILE_BLOCK_SLOTS = 64, /* the file grows by 8 KiB */
    KEYRING_FILE_SLOT_LIMIT = 1024 * 1024,
};

/* All functions take the folder's path for their errors alone. */
struct keyring_file {
    int fd; /* -1: in memory, nothing is written */
    size_t capacity;
};
/* -ENOENT without a sentence when there is none. */
int keyring_file_open(struct keyring_file *file, int folder_fd, const char *folder,
                      struct slot_header *ret_header, struct error *error) MUST_CHECK;
/* The header alone, of a file that is only read. */
int keyring_file_peek(const char *folder, struct slot_header *ret_header) MUST_CHECK;
/* Appears whole or not at all. */
int keyring_file_create(struct keyring_file *file, int folder_fd, const char *folder,
                        const struct slot_header *header, struct error *error) MUST_CHECK;
void keyring_file_close(struct keyring_file *file);
/* Reads slot by slot; each returns negative to stop. */
int keyring_file_walk(struct keyring_file *file, const char *folder,
                      int (*each)(void *ctx, size_t index, const struct slot *slot), void *ctx,
                      struct error *error) MUST_CHECK;
/* All its bytes. */
int keyring_file_image(const struct keyring_file *file, struct buf *ret_bytes) MUST_CHECK;
/* Every slot of `slots` under a new header, in a new file that takes the old one's place when it is
 * whole; the old one is overwritten, then removed.  After an error the old one stands. */
int keyring_file_replace(struct keyring_file *file, int folder_fd, const struct slot_header *header,
                         const struct slot *slots, size_t count) MUST_CHECK;
/* Ends what a kill left of it.  Before the keyring is opened. */
void keyring_file_tidy(int folder_fd);
int keyring_file_put(struct keyring_file *file, size_t index,
                     const struct slot *slot) MUST_CHECK; /* synced */

#endif
