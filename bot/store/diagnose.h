/* SPDX-License-Identifier: MIT */
/* diagnose.h: what is wrong with a database, its WAL and its keyring, found without changing a byte
 * of them; also beside a running daemon. */
#ifndef STORE_DIAGNOSE_H
#define STORE_DIAGNOSE_H

#include "store/store.h"

enum store_word { STORE_FINE, STORE_WARNING, STORE_PROBLEM };
struct store_finding {
    enum store_word word;
    const char *topic; /* "database", "WAL", "keyring" */
    struct str what;   /* a sentence that names the file */
    struct str advice; /* what to do; empty when it is fine */
};
struct store_diagnosis {
    bool is_running;   /* a daemon holds the folder */
    bool is_new;       /* nothing is there yet */
    int64_t newest_at; /* of what was written last; 0: not known */
    int64_t backup_at; /* of the last backup; 0: never, or not known */
};
/* `master_key` 32 bytes, or NULL: then what it opens is not tried.  0 also when all is wrong:
 * findings tell.  Negative: the folder cannot be opened. */
int store_diagnose(const char *folder, const unsigned char *master_key,
                   void (*each)(void *ctx, const struct store_finding *finding), void *ctx,
                   struct store_diagnosis *ret_diagnosis) MUST_CHECK;

/* wal.c: how far a WAL can be read.  Pure but for reading. */
struct store_wal {
    uint32_t frames; /* that are whole, from its beginning */
    bool is_damaged; /* its header is bad, or what was durable stands behind a bad frame */
};
int store_wal_read(int fd, struct store_wal *ret_wal) MUST_CHECK; /* 0; -errno of reading */

#endif
