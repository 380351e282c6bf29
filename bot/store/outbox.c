/* SPDX-License-Identifier: MIT */
/* outbox.c (store): replies on their way. */
#include "store/outbox.h"

#include <errno.h>

#include "store/seal.h"
#include "store/sql.h"

#define COLUMNS                                                                                    \
    "id, priority, state, member, network, plugin, dedup_key, payload, created_at, not_before_at," \
    " expires_at, attempts"

static const char SQL_PUT[] = "INSERT INTO outbox (" COLUMNS ")"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
static const char SQL_SET_STATE[] =
    "UPDATE outbox SET state = ?2, attempts = ?3, not_before_at = ?4 WHERE id = ?1";
static const char SQL_REDIRECT[] =
    "UPDATE outbox SET network = ?2, payload = ?3, state = 0, attempts = 0 WHERE id = ?1";
static const char SQL_END[] = "DELETE FROM outbox WHERE id = ?1";
static const char SQL_GET[] = "SELECT " COLUMNS " FROM outbox WHERE id = ?1";
static const char SQL_EACH[] = "SELECT " COLUMNS " FROM outbox ORDER BY priority, id";
static const char SQL_DEDUP_GET[] = "SELECT until_at FROM outbox_dedup WHERE hash = ?1";
static const char SQL_DEDUP_PUT[] =
    "INSERT INTO outbox_dedup (hash, member, outbox_id, remember_ms, until_at) VALUES (?1, ?2, ?3, "
    "?4, 0)"
    " ON CONFLICT (hash) DO UPDATE SET member = excluded.member, outbox_id = excluded.outbox_id,"
    " remember_ms = excluded.remember_ms, until_at = 0";
/* At least 1, since 0 means that the row is still there. */
static const char SQL_DEDUP_END[] = "UPDATE outbox_dedup SET until_at = max(1, ?2 + remember_ms) "
                                    "WHERE outbox_id = ?1 AND until_at = 0";
static const char SQL_DEDUP_PRUNE[] =
    "DELETE FROM outbox_dedup WHERE until_at > 0 AND until_at <= ?1";

/* ---- said once ------------------------------------------------------------------------------- */

static int dedup_hash(struct store *store, const struct store_outbox_row *row,
                      unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {
        .column = "outbox.dedup", .a = row->member, .text = row->plugin, .more = row->dedup_key};
    return seal_hash(store, row->member, &place, ret_hash);
}

/* 1: it is there, or was not long ago. */
static int dedup_holds(struct store *store, const unsigned char *hash)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_DEDUP_GET, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, SEAL_HASH_BYTES);
    r = sql_step(&sql);
    if (r <= 0)
        return r;
    int64_t until_at = sql_get_int(&sql, 0);
    return until_at == 0 || until_at > store_now(store);
}

static int dedup_put(struct store *store, uint64_t member, const unsigned char *hash, uint64_t id,
                     int64_t remember_ms)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_DEDUP_PUT, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, SEAL_HASH_BYTES);
    sql_id(&sql, member);
    sql_id(&sql, id);
    sql_int(&sql, MAX_OF(remember_ms, (int64_t)0));
    return sql_run(&sql);
}

static int dedup_end(struct store *store, uint64_t id)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_DEDUP_END, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    sql_int(&sql, store_now(store));
    r = sql_run(&sql);
    if (r < 0)
        return r;
    AUTO_SQL prune;
    r = sql_write(store, SQL_DEDUP_PRUNE, &prune);
    if (r < 0)
        return r;
    sql_int(&prune, store_now(store));
    return sql_run(&prune);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct seal_place payload_place(uint64_t id)
{
    return (struct seal_place){.column = "outbox.payload", .a = id};
}

static struct seal_place key_place(uint64_t id)
{
    return (struct seal_place){.column = "outbox.dedup_key", .a = id};
}

static int insert(struct store *store, const struct store_outbox_row *row, uint64_t id)
{
    AUTO_ARENA arena = {0};
    struct str payload, key = {0};
    struct seal_place place = payload_place(id), at_key = key_place(id);
    int r = seal_close(store, row->member, &place, row->payload, &arena, &payload);
    if (r == 0 && !str_empty(row->dedup_key))
        r = seal_close(store, row->member, &at_key, row->dedup_key, &arena, &key);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    sql_int(&sql, row->priority);
    sql_int(&sql, row->state);
    sql_id(&sql, row->member);
    sql_text(&sql, row->network);
    sql_text(&sql, row->plugin);
    sql_sealed(&sql, key);
    sql_sealed(&sql, payload);
    sql_int(&sql, row->created_at);
    sql_int(&sql, row->not_before_at);
    sql_int(&sql, row->expires_at);
    sql_int(&sql, row->attempts);
    return sql_run(&sql);
}

int store_outbox_put(struct store *store, struct store_outbox_row *row, int64_t remember_ms)
{
    uint64_t id = 0;
    if (row->dedup_key.len > STORE_NAME_LIMIT || row->payload.len > STORE_TEXT_LIMIT)
        return -E2BIG;
    unsigned char hash[SEAL_HASH_BYTES];
    bool once = !str_empty(row->dedup_key);
    int r = once ? dedup_hash(store, row, hash) : 0;
    if (r == 0 && once)
        r = dedup_holds(store, hash);
    if (r != 0)
        return r < 0 ? r : -EEXIST; /* before anything is written */
    r = store_next_id(store, STR("outbox"), &id);
    if (r == 0 && once)
        r = dedup_put(store, row->member, hash, id, remember_ms);
    if (r == 0)
        r = insert(store, row, id);
    if (r == 0)
        row->id = id;
    return r;
}

static int updated_one(struct store *store, struct sql *sql)
{
    int r = sql_run(sql);
    if (r < 0)
        return r;
    return sql_changes(store) > 0 ? 0 : -ENOENT;
}

int store_outbox_redirect(struct store *store, const struct store_outbox_row *row)
{
    AUTO_ARENA arena = {0};
    struct str sealed;
    struct seal_place place = payload_place(row->id);
    int r = seal_close(store, row->member, &place, row->payload, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_REDIRECT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, row->id);
    sql_text(&sql, row->network);
    sql_sealed(&sql, sealed);
    return sql_run(&sql);
}

int store_outbox_set_state(struct store *store, uint64_t id, enum store_outbox_state state,
                           int attempts, int64_t not_before_at)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_SET_STATE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    sql_int(&sql, state);
    sql_int(&sql, attempts);
    sql_int(&sql, not_before_at);
    return updated_one(store, &sql);
}

int store_outbox_end(struct store *store, uint64_t id)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_END, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    r = updated_one(store, &sql);
    return r < 0 ? r : dedup_end(store, id);
}

static int open_row(struct store *store, const struct sql *sql, struct arena *arena,
                    struct store_outbox_row *ret_row)
{
    struct store_outbox_row row = {
        .id = sql_get_id(sql, 0),
        .priority = (int)sql_get_int(sql, 1),
        .state = sql_get_int(sql, 2) == STORE_OUTBOX_IN_FLIGHT ? STORE_OUTBOX_IN_FLIGHT
                                                               : STORE_OUTBOX_QUEUED,
        .member = sql_get_id(sql, 3),
        .created_at = sql_get_int(sql, 8),
        .not_before_at = sql_get_int(sql, 9),
        .expires_at = sql_get_int(sql, 10),
        .attempts = (int)sql_get_int(sql, 11),
    };
    struct seal_place place = payload_place(row.id), at_key = key_place(row.id);
    int r = sql_keep_str(sql, 4, arena, &row.network);
    if (r == 0)
        r = sql_keep_str(sql, 5, arena, &row.plugin);
    if (r == 0 && !str_empty(sql_get_str(sql, 6)))
        r = seal_open(store, row.member, &at_key, sql_get_str(sql, 6), arena, &row.dedup_key);
    if (r == 0)
        r = seal_open(store, row.member, &place, sql_get_str(sql, 7), arena, &row.payload);
    if (r == 0)
        *ret_row = row;
    return r;
}

int store_outbox_get(struct store *store, uint64_t id, struct arena *arena,
                     struct store_outbox_row *ret_row)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_GET, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    return open_row(store, &sql, arena, ret_row);
}

int store_outbox_each(struct store *store,
                      void (*each)(void *ctx, const struct store_outbox_row *row), void *ctx)
{
    AUTO_ARENA arena = {0};
    AUTO_SQL sql;
    int r = sql_read(store, SQL_EACH, &sql);
    if (r < 0)
        return r;
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        struct store_outbox_row row;
        r = open_row(store, &sql, &arena, &row);
        if (r == 0)
            each(ctx, &row);
        else if (r != -EBADMSG && r != -ENOKEY)
            return r; /* one row that cannot be opened must not hold up the others */
        arena_reset(&arena);
    }
}
