/* SPDX-License-Identifier: MIT */
/* backup.h: a copy of the database, whole and consistent, written and checked beside the running
 * bot.  The keyring is never in it: who was forgotten stays closed in every copy. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/manifest.h"
#include "store/store.h"

/* One copy or one check.  Made on the store's thread; then `backup_write` or `backup_read` on any
 * other, which touches nothing of the store but the files; then judged on the store's thread
 * again. */
struct backup;
/* Borrows `fd` (read and write for backup_write): the copy, which another process may have opened
 * where we could not.  -EOPNOTSUPP: a store in memory. */
int backup_create(struct store *store, int fd, struct backup **ret_backup,
                  struct error *error) MUST_CHECK;
void backup_destroy(struct backup *backup);
void backup_cancel(struct backup *backup); /* any thread: ends soon with -ECANCELED */
/* -ENOSPC with a sentence where `bytes` more would fill the disk that `fd` lies on. */
int backup_check_room(int fd, int64_t bytes, struct error *error) MUST_CHECK;
int64_t backup_file_bytes(const struct backup *backup); /* of the descriptor's file */
int backup_percent(const struct backup *backup);        /* any thread: 0 .. 100 */
const struct manifest *backup_manifest(const struct backup *backup);

/* Copies, syncs, reads all of it back, and writes the manifest last: until then the file is none.
 */
int backup_write(struct backup *backup, struct error *error) MUST_CHECK;
/* Checks one that was written earlier: whose it is, every byte, the database's own consistency.
 * With `copy_fd` >= 0 the database is written there on the way, and synced. */
int backup_read(struct backup *backup, int copy_fd, struct error *error) MUST_CHECK;
/* Opens what was sampled of its sealed values with the present keyring. */
int backup_judge(struct store *store, struct backup *backup, struct error *error) MUST_CHECK;
/* After backup_write and backup_judge: notes the time, and lets go of what the copy held up and of
 * the database that a restore had put aside. */
void backup_noted(struct store *store, const struct backup *backup);
/* When the last good one was made, Unix ms; 0: never. */
int64_t store_backup_at(struct store *store);

/* The keyring's own copy: its bytes now (sealed under the master key), tried.  For one place that
 * is replaced, never for a row of versions. */
int store_keyring_image(struct store *store, struct buf *ret_bytes, struct error *error) MUST_CHECK;

#endif
