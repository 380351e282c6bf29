/* SPDX-License-Identifier: MIT */
/* traces.c: what an event left behind. */
#include "store/traces.h"

#include <errno.h>

#include "store/seal.h"
#include "store/sql.h"

#define COLUMNS "id, member, kind, sent, hash, record, at, expires_at"
static const char SQL_PUT[] =
    "INSERT INTO trace (member, kind, sent, hash, cause, record, at, expires_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (hash) DO UPDATE SET member = "
    "excluded.member, kind = excluded.kind, sent = excluded.sent, cause = excluded.cause,"
    " record = excluded.record, at = excluded.at, expires_at = excluded.expires_at";
static const char SQL_FIND[] = "SELECT " COLUMNS " FROM trace WHERE hash = ?1";
static const char SQL_FIND_SENT[] =
    "SELECT " COLUMNS " FROM trace WHERE sent = ?1 AND sent <> 0 ORDER BY id DESC LIMIT 1";
static const char SQL_EACH_OF[] = "SELECT " COLUMNS " FROM trace WHERE cause = ?1 ORDER BY id";
static const char SQL_EACH[] = "SELECT " COLUMNS " FROM trace WHERE kind = ?1 ORDER BY id LIMIT ?2";
static const char SQL_SET_KIND[] = "UPDATE trace SET kind = ?2 WHERE id = ?1";
static const char SQL_REMOVE[] = "DELETE FROM trace WHERE id = ?1";

/* A message keeps its place when it is to be deleted. */
static const char *column_of(enum store_trace_kind kind)
{
    switch (kind) {
    case STORE_TRACE_SAID:
    case STORE_TRACE_REDACT:
        return "trace.said";
    case STORE_TRACE_GONE:
        return "trace.gone";
    case STORE_TRACE_EFFECT:
        return "trace.effect";
    case STORE_TRACE_PART:
        return "trace.part";
    case STORE_TRACE_KIND_COUNT:
        break;
    }
    return "trace";
}

static void hash_of(const struct store *store, const struct seal_place *place,
                    unsigned char ret_hash[SEAL_HASH_BYTES])
{
    seal_place_hash(keyring_house_key(store->keyring, KEYRING_EVENT), place, ret_hash,
                    SEAL_HASH_BYTES);
}

static void thing_hash(const struct store *store, const struct store_trace *trace,
                       unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {.column = column_of(trace->kind),
                               .a = trace->kind == STORE_TRACE_EFFECT ? trace->owner : 0,
                               .text = trace->network,
                               .more = trace->thing};
    hash_of(store, &place, ret_hash);
}

static void cause_hash(const struct store *store, struct str network, struct str cause,
                       unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {.column = "trace.cause", .text = network, .more = cause};
    hash_of(store, &place, ret_hash);
}

static struct seal_place record_place(const unsigned char *hash)
{
    return (struct seal_place){.column = "trace.record",
                               .text = {(const char *)hash, SEAL_HASH_BYTES}};
}

int store_traces_put(struct store *store, const struct store_trace *trace)
{
    AUTO_ARENA arena = {0};
    unsigned char hash[SEAL_HASH_BYTES], cause[SEAL_HASH_BYTES];
    struct str sealed;
    thing_hash(store, trace, hash);
    cause_hash(store, trace->network, trace->cause, cause);
    struct seal_place place = record_place(hash);
    int r = seal_close(store, trace->owner, &place, trace->record, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, trace->owner);
    sql_int(&sql, trace->kind);
    sql_id(&sql, trace->sent);
    sql_blob(&sql, hash, sizeof hash);
    sql_blob(&sql, cause, str_empty(trace->cause) ? 0 : sizeof cause);
    sql_sealed(&sql, sealed);
    sql_int(&sql, trace->at);
    sql_int(&sql, trace->expires_at);
    return sql_run(&sql);
}

static int open_row(struct store *store, const struct sql *sql, struct arena *arena,
                    struct store_trace *ret_trace)
{
    struct store_trace trace = {.row = sql_get_int(sql, 0),
                                .owner = sql_get_id(sql, 1),
                                .kind = (enum store_trace_kind)sql_get_int(sql, 2),
                                .sent = sql_get_id(sql, 3),
                                .at = sql_get_int(sql, 6),
                                .expires_at = sql_get_int(sql, 7)};
    struct str hash = sql_get_str(sql, 4);
    if (hash.len != SEAL_HASH_BYTES || trace.expires_at <= store_now(store))
        return -ENOENT;
    struct seal_place place = record_place((const unsigned char *)hash.ptr);
    int r = seal_open(store, trace.owner, &place, sql_get_str(sql, 5), arena, &trace.record);
    if (r == -EBADMSG || r == -ENOKEY)
        return -ENOENT;
    if (r == 0)
        *ret_trace = trace;
    return r;
}

int store_traces_find(struct store *store, enum store_trace_kind kind, struct str network,
                      struct str thing, struct arena *arena, struct store_trace *ret_trace)
{
    unsigned char hash[SEAL_HASH_BYTES];
    thing_hash(store, &(struct store_trace){.kind = kind, .network = network, .thing = thing},
               hash);
    AUTO_SQL sql;
    int r = sql_read(store, SQL_FIND, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, sizeof hash);
    r = sql_find(&sql);
    return r < 0 ? r : open_row(store, &sql, arena, ret_trace);
}

int store_traces_find_sent(struct store *store, uint64_t sent, struct arena *arena,
                           struct store_trace *ret_trace)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_FIND_SENT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, sent);
    r = sql_find(&sql);
    return r < 0 ? r : open_row(store, &sql, arena, ret_trace);
}

static int walk(struct store *store, struct sql *sql, store_trace_fn each, void *ctx)
{
    AUTO_ARENA arena = {0};
    for (;;) {
        int r = sql_step(sql);
        if (r <= 0)
            return r;
        struct store_trace trace;
        r = open_row(store, sql, &arena, &trace);
        if (r == 0)
            each(ctx, &trace);
        else if (r != -ENOENT)
            return r;
        arena_reset(&arena);
    }
}

int store_traces_each_of(struct store *store, struct str network, struct str cause,
                         store_trace_fn each, void *ctx)
{
    unsigned char hash[SEAL_HASH_BYTES];
    cause_hash(store, network, cause, hash);
    AUTO_SQL sql;
    int r = sql_read(store, SQL_EACH_OF, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, sizeof hash);
    return walk(store, &sql, each, ctx);
}

int store_traces_each(struct store *store, enum store_trace_kind kind, size_t limit,
                      store_trace_fn each, void *ctx)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_EACH, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, kind);
    sql_int(&sql, (int64_t)limit);
    return walk(store, &sql, each, ctx);
}

int store_traces_set_kind(struct store *store, int64_t row, enum store_trace_kind kind)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_SET_KIND, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, row);
    sql_int(&sql, kind);
    return sql_run(&sql);
}

int store_traces_remove(struct store *store, int64_t row)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_REMOVE, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, row);
    return sql_run(&sql);
}
