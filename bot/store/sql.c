/* SPDX-License-Identifier: MIT */
/* sql.c: prepared statements, kept; parameters bound in order; errors as errno. */
#include "store/sql.h"

#include <assert.h>
#include <errno.h>

/* The system's own word where SQLite passes it on: a disk that went read-only is an IOERR to
 * SQLite. */
static int errno_of_io(const struct store *store)
{
    int number = fault_disk_errno(store->disk);
    if (number == 0)
        number = sqlite3_system_errno(store->db);
    if (number == EROFS || number == ENOSPC || number == EDQUOT || number == EACCES)
        return -number;
    return -EIO;
}

static int errno_of(const struct store *store, int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return -ENOMEM;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EUCLEAN;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_TOOBIG:
        return -E2BIG;
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    case SQLITE_ABORT:
    case SQLITE_INTERRUPT:
        return -ECANCELED;
    case SQLITE_PERM:
        return -EACCES;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        return errno_of_io(store);
    default:
        return -EIO;
    }
}

/* Of the disk; all else is a mistake of ours, or memory that is short. */
static bool is_of_disk(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return true;
    case SQLITE_IOERR:
        return code != SQLITE_IOERR_NOMEM;
    default:
        return false;
    }
}

int sql_error(struct store *store, int code)
{
    int r = errno_of(store, code);
    if (r == -EEXIST || r == -E2BIG)
        return r; /* the statement alone failed */
    if (r == -ENOMEM)
        mem_note_shortage();
    if (store->begun && sqlite3_get_autocommit(store->db)) {
        /* After a full disk nothing of the turn stands, savepoints included. */
        store->lost = r;
        store->sql_depth = 0;
    }
    return is_of_disk(code) ? store_note_trouble(store, r) : r;
}

static int prepare(struct store *store, const char *text, unsigned flags, sqlite3_stmt **ret_stmt)
{
    int code = sqlite3_prepare_v3(store->db, text, -1, flags, ret_stmt, NULL);
    return code == SQLITE_OK ? 0 : sql_error(store, code);
}

static int prepare_kept(struct store *store, const char *text, sqlite3_stmt **ret_stmt)
{
    sqlite3_stmt *stmt = NULL;
    int r = prepare(store, text, SQLITE_PREPARE_PERSISTENT, &stmt);
    if (r < 0)
        return r;
    r = map_put_id(&store->statements, (uintptr_t)text, stmt);
    if (r < 0) {
        sqlite3_finalize(stmt);
        return r;
    }
    *ret_stmt = stmt;
    return 0;
}

int sql_read(struct store *store, const char *text, struct sql *ret_sql)
{
    *ret_sql = (struct sql){0};
    if (store->fault == STORE_FAULT_DAMAGED)
        return store_note_trouble(store, -EUCLEAN);
    return sql_control(store, text, ret_sql);
}

int sql_control(struct store *store, const char *text, struct sql *ret_sql)
{
    *ret_sql = (struct sql){0};
    struct sql sql = {.store = store};
    int r = 0;
    sql.stmt = map_get_id(&store->statements, (uintptr_t)text);
    if (!sql.stmt) {
        r = prepare_kept(store, text, &sql.stmt);
    } else if (sqlite3_stmt_busy(sql.stmt)) {
        sql.own = true;
        r = prepare(store, text, 0, &sql.stmt);
    }
    if (r < 0)
        return r;
    *ret_sql = sql;
    return 0;
}

int sql_write(struct store *store, const char *text, struct sql *ret_sql)
{
    *ret_sql = (struct sql){0};
    int r = store_begin(store);
    if (r < 0)
        return r;
    return sql_read(store, text, ret_sql);
}

/* Reset, so that a read that was left half-way holds no lock; bindings go, for they point into the
 * caller's memory. */
void sql_done(struct sql *sql)
{
    if (!sql->stmt)
        return;
    if (sql->own) {
        sqlite3_finalize(sql->stmt);
    } else {
        sqlite3_reset(sql->stmt);
        sqlite3_clear_bindings(sql->stmt);
    }
    sql->stmt = NULL;
}

/* The first failure sticks and is returned by the step, so that a row of bindings needs no check
 * each. */
static void bound(struct sql *sql, int code)
{
    assert(code != SQLITE_RANGE); /* more values than parameters is our own mistake */
    if (code != SQLITE_OK && !sql->failed)
        sql->failed = sql_error(sql->store, code);
}

void sql_int(struct sql *sql, int64_t value)
{
    bound(sql, sqlite3_bind_int64(sql->stmt, ++sql->bound, value));
}

void sql_id(struct sql *sql, uint64_t value)
{
    sql_int(sql, (int64_t)value);
}

void sql_text(struct sql *sql, struct str text)
{
    bound(sql, sqlite3_bind_text64(sql->stmt, ++sql->bound, text.ptr ? text.ptr : "", text.len,
                                   SQLITE_STATIC, SQLITE_UTF8));
}

void sql_blob(struct sql *sql, const void *bytes, size_t size)
{
    bound(sql,
          sqlite3_bind_blob64(sql->stmt, ++sql->bound, bytes ? bytes : "", size, SQLITE_STATIC));
}

void sql_sealed(struct sql *sql, struct str sealed)
{
    if (str_empty(sealed))
        bound(sql, sqlite3_bind_null(sql->stmt, ++sql->bound));
    else
        sql_blob(sql, sealed.ptr, sealed.len);
}

/* -EEXIST of a unique index is an answer, not a disk that fails. */
int sql_step(struct sql *sql)
{
    if (sql->failed)
        return sql->failed;
    int code = sqlite3_step(sql->stmt);
    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    sql->failed = sql_error(sql->store, code);
    return sql->failed;
}

int sql_find(struct sql *sql)
{
    int r = sql_step(sql);
    return r > 0 ? 0 : r < 0 ? r : -ENOENT;
}

int sql_run(struct sql *sql)
{
    int r;
    do {
        r = sql_step(sql);
    } while (r > 0);
    return r;
}

int64_t sql_get_int(const struct sql *sql, int column)
{
    return sqlite3_column_int64(sql->stmt, column);
}

uint64_t sql_get_id(const struct sql *sql, int column)
{
    return (uint64_t)sql_get_int(sql, column);
}

struct str sql_get_str(const struct sql *sql, int column)
{
    /* The pointer first: asking for the size may convert the value. */
    const char *bytes = sqlite3_column_blob(sql->stmt, column);
    int size = sqlite3_column_bytes(sql->stmt, column);
    return (struct str){bytes, bytes ? (size_t)size : 0};
}

int sql_keep_str(const struct sql *sql, int column, struct arena *arena, struct str *ret_text)
{
    struct str text = sql_get_str(sql, column);
    char *copy = arena_copy_text(arena, text.ptr, text.len);
    if (!copy)
        return -ENOMEM;
    *ret_text = (struct str){copy, text.len};
    return 0;
}

int sql_changes(const struct store *store)
{
    return sqlite3_changes(store->db);
}

void sql_forget_statements(struct store *store)
{
    size_t cursor = 0;
    void *stmt;
    while (map_next(&store->statements, &cursor, NULL, &stmt))
        sqlite3_finalize(stmt);
    map_done(&store->statements);
}
