/* SPDX-License-Identifier: MIT */
/* transaction.c: one transaction a turn, opened by its first write; savepoints that cost nothing
 * until written under. */
#include "store/internal.h"

#include <errno.h>

#include "base/die.h"
#include "store/sql.h"

static const char SQL_BEGIN[] = "BEGIN IMMEDIATE";
static const char SQL_COMMIT[] = "COMMIT";
static const char SQL_ROLLBACK[] = "ROLLBACK";
/* One name for all: SQLite's names nest, and each of these means the innermost. */
static const char SQL_SAVEPOINT[] = "SAVEPOINT s";
static const char SQL_RELEASE[] = "RELEASE s";
static const char SQL_ROLLBACK_TO[] = "ROLLBACK TO s";

static int run(struct store *store, const char *text)
{
    AUTO_SQL sql;
    int r = sql_control(store, text, &sql);
    if (r < 0)
        return r;
    return sql_run(&sql);
}

/* A hook may write and commit by itself; it is not told of that. */
static void call_hooks(struct store *store, const struct store_hook *hooks, size_t count)
{
    if (store->quiet)
        return;
    store->quiet = true;
    for (size_t i = 0; i < count; i++)
        hooks[i].call(hooks[i].ctx);
    store->quiet = false;
}

/* A database in memory writes to no disk that could refuse: the fault is asked here instead. */
static int refused_in_memory(struct store *store)
{
    int r = store->folder ? 0 : fault_errno(store->fault);
    if (r == 0)
        return 0;
    store_note_trouble(store, r);
    if (store->begun && !sqlite3_get_autocommit(store->db))
        (void)run(store, SQL_ROLLBACK); /* as SQLite does by itself: all or nothing */
    if (store->begun) {
        store->lost = r;
        store->sql_depth = 0;
    }
    return r;
}

/* Known without asking the disk: the turn is lost, or there is trouble.  Half a turn must not be
 * committed: first the rollback, then again. */
static int refused(struct store *store)
{
    int r = store->lost;
    if (r == 0 && !store->probing)
        r = store->trouble.code;
    if (r == 0)
        r = refused_in_memory(store);
    if (r < 0)
        store->refused++;
    return r;
}

/* Asked before each write, and cheap when all is open.  `depth` is how many savepoints the callers
 * think they are in, `sql_depth` how many SQLite has: they are only made when something is written
 * under them, so that a plugin that writes nothing costs no statement. */
int store_begin(struct store *store)
{
    int r = refused(store);
    if (r < 0)
        return r;
    if (!store->begun) {
        r = store_still_there(store);
        if (r == 0)
            r = run(store, SQL_BEGIN);
        if (r < 0)
            return r;
        store->begun = true;
    }
    while (store->sql_depth < store->depth) {
        r = run(store, SQL_SAVEPOINT);
        if (r < 0)
            return r;
        store->sql_depth++;
    }
    return 0;
}

bool store_in_transaction(const struct store *store)
{
    return store->begun;
}

bool store_lost_transaction(const struct store *store)
{
    return store->lost != 0 || (store->begun && store->trouble.cause != STORE_WELL);
}

/* Every savepoint ended with it: store_release and store_rollback_to of an older one find their
 * depth above `depth` and do nothing. */
static void forget_transaction(struct store *store)
{
    store->begun = false;
    store->lost = 0;
    store->depth = 0;
    store->sql_depth = 0;
}

/* The hooks run only where something was written: memory that mirrors the database is then stale,
 * and only then. */
void store_rollback(struct store *store)
{
    bool wrote = store->begun;
    if (wrote && !sqlite3_get_autocommit(store->db))
        (void)run(store, SQL_ROLLBACK); /* fails only where SQLite rolled back already */
    forget_transaction(store);
    store->noted_at = 0; /* it may have been undone */
    if (wrote)
        call_hooks(store, store->rolled_back, store->rolled_back_count);
}

/* 1 when something was committed, 0 when there was nothing.  After an error the transaction is gone
 * as a whole, whatever SQLite kept of it: half a turn must not stay open under the next one. */
int store_commit(struct store *store)
{
    int r = store->lost;
    if (r == 0 && !store->begun) {
        store->depth = 0;
        return 0;
    }
    if (r == 0)
        r = refused(store);
    if (r == 0)
        r = store_note_clock(store);
    if (r == 0 && !store->folder)
        fault_delay(store->fault);
    if (r == 0) {
        DIE_AT(DIE_BEFORE_COMMIT);
        r = run(store, SQL_COMMIT);
    }
    if (r < 0) {
        store_rollback(store);
        return r;
    }
    DIE_AT(DIE_AFTER_COMMIT);
    forget_transaction(store);
    if (store->forgets)
        store_forget_complete(store);
    if (store->links_end)
        store_link_complete(store);
    /* Again with the next wipe when it fails: the texts are gone from the database either way. */
    if (store->wipes && store_checkpoint(store) == 0)
        store->wipes = false;
    call_hooks(store, store->committed, store->committed_count);
    return 1;
}

/* For the store's own writes between turns, of which the hooks' owners mirror nothing. */
void store_rollback_quietly(struct store *store)
{
    bool quiet = store->quiet;
    store->quiet = true;
    store_rollback(store);
    store->quiet = quiet;
}

int store_commit_quietly(struct store *store)
{
    bool quiet = store->quiet;
    store->quiet = true;
    int r = store_commit(store);
    store->quiet = quiet;
    return r;
}

int store_checkpoint(struct store *store)
{
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (code == SQLITE_BUSY)
        return -EBUSY; /* a backup is being read: later */
    return code == SQLITE_OK ? 0 : sql_error(store, code);
}

int store_savepoint(struct store *store, struct store_savepoint *ret_savepoint)
{
    if (store->depth >= STORE_SAVEPOINT_LIMIT)
        return -E2BIG;
    *ret_savepoint = (struct store_savepoint){.depth = ++store->depth};
    return 0;
}

/* A savepoint that SQLite never had is released by counting alone. */
int store_release(struct store *store, struct store_savepoint savepoint)
{
    if (savepoint.depth > store->depth)
        return 0; /* ended already: by its own rollback, or with the transaction */
    store->depth = savepoint.depth - 1;
    if (store->lost)
        return store->lost;
    while (store->sql_depth > store->depth) {
        int r = run(store, SQL_RELEASE);
        if (r < 0)
            return r;
        store->sql_depth--;
    }
    return 0;
}

/* SQLite's ROLLBACK TO leaves the savepoint standing, hence the RELEASE behind it.  Inner ones that
 * were never ended by their owners go with the outer. */
int store_rollback_to(struct store *store, struct store_savepoint savepoint)
{
    if (savepoint.depth > store->depth)
        return 0;
    bool wrote = store->sql_depth >= savepoint.depth;
    store->depth = savepoint.depth - 1;
    if (store->lost)
        return store->lost;
    while (store->sql_depth > store->depth) {
        int r = run(store, SQL_ROLLBACK_TO);
        if (r == 0)
            r = run(store, SQL_RELEASE);
        if (r < 0)
            return r;
        store->sql_depth--;
    }
    if (wrote)
        call_hooks(store, store->rolled_back, store->rolled_back_count);
    return 0;
}

static int add_hook(struct store_hook *hooks, size_t *count, void (*call)(void *ctx), void *ctx)
{
    if (*count >= STORE_HOOK_LIMIT)
        return -E2BIG;
    hooks[(*count)++] = (struct store_hook){call, ctx};
    return 0;
}

void store_forget_hooks(struct store *store)
{
    store->committed_count = 0;
    store->rolled_back_count = 0;
    store->trouble_changed = NULL;
}

int store_on_commit(struct store *store, void (*committed)(void *ctx), void *ctx)
{
    return add_hook(store->committed, &store->committed_count, committed, ctx);
}

int store_on_rollback(struct store *store, void (*rolled_back)(void *ctx), void *ctx)
{
    return add_hook(store->rolled_back, &store->rolled_back_count, rolled_back, ctx);
}
