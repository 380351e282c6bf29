/* SPDX-License-Identifier: MIT */
/* restore.h: the database changed for one from a backup: the old one stands, or the new one, whole,
 * wherever the process is killed. */
#ifndef STORE_RESTORE_H
#define STORE_RESTORE_H

#include "store/backup.h"

/* A store without its database: the folder's lock and the keyring alone, for a restore where the
 * present database cannot be opened any more.  Only backup_create, restore_* and store_close. */
int store_open_bare(const struct store_options *options, struct store **ret_store,
                    struct error *error) MUST_CHECK;

/* Where backup_read copies to: a file in the state folder, the caller's to close.  -ENOSPC before
 * anything is written, when there is no room. */
int restore_incoming(struct store *store, const struct backup *backup, int *ret_fd,
                     struct error *error) MUST_CHECK;
void restore_drop(struct store *store); /* takes it away again */

/* What of the present database went over into the restored one: what is going on now is not
 * history. */
struct restore_report {
    bool had_present;   /* the present database could be read */
    int64_t alerts;     /* calls for help that are open today */
    int64_t replies;    /* waiting to be said, from today */
    int64_t dropped;    /* replies in the backup, long said or past */
    int64_t consents;   /* withdrawn since the backup, and withdrawn still */
    int64_t created_at; /* of the backup */
};
/* Closes the store, takes over what is going on, changes the files, opens the store again: the
 * handle stays, what was prepared on it does not, and no hook is left.  After an error the present
 * database is open again; -ENOTRECOVERABLE: neither could be opened. */
int restore_change(struct store *store, struct backup *backup, struct restore_report *ret_report,
                   struct error *error) MUST_CHECK;

/* Back to the database that restore_change put aside, for when nothing can be built on the new
 * one. */
int restore_undo(struct store *store, struct error *error) MUST_CHECK;

/* At each opening: what a kill left half done is ended. */
void restore_tidy(const struct store *store);
/* The database that was put aside, when a good backup of the new one stands. */
void restore_forget_aside(const struct store *store);

#endif
