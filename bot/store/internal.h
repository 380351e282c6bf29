/* SPDX-License-Identifier: MIT */
/* internal.h: the store's own parts, shared by the files of this folder (and its tests) only. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>

#include "base/map.h"
#include "store/fault.h"
#include "store/keyring.h"
#include "store/store.h"

enum {
    STORE_HOOK_LIMIT = 8,
    STORE_SAVEPOINT_LIMIT = 32,
    STORE_TEXT_LIMIT = 1024 * 1024, /* bytes of one sealed value */
    STORE_NAME_LIMIT = 512,         /* bytes of a name, a key, a hashed identity */
    STORE_OWNER_MEMBER = 1,         /* enum mooring_owner_kind: MOORING_OWN_MEMBER */
};

struct store_hook {
    void (*call)(void *ctx);
    void *ctx;
};

struct store {
    char *folder;  /* NULL in memory */
    int folder_fd; /* holds the lock; -1 in memory */
    const struct clock *clock;
    sqlite3 *db;
    struct map statements; /* address of an SQL constant -> its prepared statement */
    struct keyring *keyring;
    unsigned char *master_key;   /* locked memory; NULL: in memory without one */
    unsigned char *next_key;     /* the same; NULL: none, or it is the master key now */
    bool has_next_key;           /* it was the one that opened */
    struct keyring_key *passing; /* locked memory; made anew whenever the files are opened */
    struct fault_disk *disk;     /* NULL in memory */
    enum store_fault fault;

    bool begun;         /* BEGIN was said */
    unsigned depth;     /* savepoints asked for */
    unsigned sql_depth; /* savepoints that SQLite knows: those under which something was written */
    int lost;           /* why SQLite rolled back under us; 0: it did not */
    struct store_trouble trouble;
    bool had_wal;     /* before we looked: then nothing of it is touched when opening fails */
    bool opened;      /* in good order: else nothing is moved from the WAL when it is closed */
    bool connecting;  /* errors are told by who opens */
    bool probing;     /* writes go through although there is trouble: to see whether they can */
    bool stands_in;   /* for a store that cannot be opened: the trouble never ends */
    bool reopens;     /* the connection is not trusted any more */
    uint64_t refused; /* writes */
    uint64_t generation_before; /* of keyrings that this store had before its present one */
    void (*trouble_changed)(void *ctx);
    void *trouble_ctx;
    bool trusts_clock;      /* what it says is noted with a commit, once an hour */
    int64_t noted_at;       /* what was noted last */
    bool forgets;           /* intents to forget may be waiting */
    bool links_end;         /* joins whose day is over may be waiting */
    uint64_t links_changed; /* joins and their undoing since the start */
    bool wipes;             /* texts were wiped: the WAL still has them */
    bool quiet; /* no hooks: the store's own work, or inside the committed hooks themselves */

    struct store_hook committed[STORE_HOOK_LIMIT], rolled_back[STORE_HOOK_LIMIT];
    size_t committed_count, rolled_back_count;
};

/* An arena of one function's own; what it held is wiped. */
static inline void arena_cleanup(struct arena *arena)
{
    arena_done(arena);
}
#define AUTO_ARENA CLEANUP(arena_cleanup) struct arena

/* ---- open.c: files, connection --------------------------------------------------------------- */

int store_connect(struct store *store, struct error *error) MUST_CHECK;
/* The folder and its lock, and the keyring: without the database. */
int store_connect_bare(struct store *store, struct error *error) MUST_CHECK;
void store_disconnect(struct store *store, bool as_killed);

/* Only what is there already: nothing is made. */
int store_connect_again(struct store *store, struct error *error) MUST_CHECK;

/* ---- trouble.c ------------------------------------------------------------------------------- */

/* Takes note of an error if it is the disk's; returns it. */
/* Into the transaction that is open: what the wall clock says, when it was an hour ago. */
int store_note_clock(struct store *store) MUST_CHECK;
int store_note_trouble(struct store *store, int code);
/* 0, or -ESTALE when the file under the connection is no longer the one of that name. */
int store_still_there(struct store *store) MUST_CHECK;

/* ---- transaction.c --------------------------------------------------------------------------- */

/* The store's own work, between turns: nobody is told. */
int store_commit_quietly(struct store *store) MUST_CHECK;
void store_rollback_quietly(struct store *store);
/* Moves the WAL into the database and empties it: only then are deleted rows gone from the disk. */
int store_checkpoint(struct store *store);

/* ---- migrations.c ---------------------------------------------------------------------------- */

/* Brings an opened database to this version; a new one is made.  *ret_new: it was empty.  Errors
 * are whole sentences. */
int store_migrate(struct store *store, bool *ret_new, struct error *error) MUST_CHECK;
/* Refuses a database that is not ours or is newer, before anything is written to it. */
int store_check_version(struct store *store, const char *path, struct error *error) MUST_CHECK;
int store_migrations_latest(void);

/* ---- counters, self -------------------------------------------------------------------------- */

/* The next number of a kind: grows, never given twice, even after its row is gone. */
int store_next_id(struct store *store, struct str name, uint64_t *ret_id) MUST_CHECK;
int store_self_get(struct store *store, struct str name, struct arena *arena,
                   struct str *ret_value) MUST_CHECK;
int store_self_put(struct store *store, struct str name, struct str value) MUST_CHECK;
static inline int64_t store_now(const struct store *store)
{
    return clock_wall_at(store->clock);
}

/* ---- forget.c -------------------------------------------------------------------------------- */

/* Completes every intent that was committed; called after a commit and at open.  Stays quiet when
 * the disk refuses: the intents wait for the next commit or start. */
void store_forget_complete(struct store *store);
/* A restored older database holds members whose slots are gone: what is left of them goes too. */
int store_forget_strays(struct store *store) MUST_CHECK;

/* What an earlier process sealed under the key that ended with it. */
int store_forget_passed(struct store *store) MUST_CHECK;

/* All rows of a member, of every table but the audit. */
int store_forget_rows(struct store *store, uint64_t member) MUST_CHECK;

/* ---- link.c ---------------------------------------------------------------------------------- */

/* Completes every join whose day was over; called after a commit and at open. */
void store_link_complete(struct store *store);
/* Nobody has the key of this member any more: their rows go. */
int store_link_stray(struct store *store, uint64_t member) MUST_CHECK;
/* At open: what a restored backup or keyring brought back is as it was undone, or ended. */
int store_link_load(struct store *store) MUST_CHECK;

/* Notes how far the keyring was when the database last knew of it. */
int store_note_sequence(struct store *store) MUST_CHECK;

/* ---- members.c ------------------------------------------------------------------------------- */

/* The member's row; made again when a rollback took it while the key stayed. */
int store_members_ensure(struct store *store, uint64_t member) MUST_CHECK;

#endif
