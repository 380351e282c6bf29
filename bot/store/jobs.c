/* SPDX-License-Identifier: MIT */
/* jobs.c (store): durable timers; the first due comes from an index, whatever their number. */
#include "store/jobs.h"

#include <errno.h>

#include "store/seal.h"
#include "store/sql.h"

#define COLUMNS                                                                                    \
    "id, plugin, owner_kind, owner_id, hash, texts, due_at, rule_at, late_ok_ms, spread_ms, flags"

static const char SQL_FIND[] =
    "SELECT id FROM job WHERE owner_kind = ?1 AND owner_id = ?2 AND hash = ?3";
static const char SQL_PUT[] =
    "INSERT INTO job (" COLUMNS ", recurring)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    " ON CONFLICT (id) DO UPDATE SET texts = excluded.texts, due_at = excluded.due_at,"
    " rule_at = excluded.rule_at, late_ok_ms = excluded.late_ok_ms,"
    " spread_ms = excluded.spread_ms, flags = excluded.flags,"
    " recurring = excluded.recurring";
static const char SQL_GET[] = "SELECT " COLUMNS
                              " FROM job WHERE owner_kind = ?1 AND owner_id = ?2 AND hash = ?3";
static const char SQL_REMOVE[] = "DELETE FROM job WHERE id = ?1";
static const char SQL_SET_DUE[] = "UPDATE job SET due_at = ?2, rule_at = ?3 WHERE id = ?1";
static const char SQL_FIRST_DUE[] = "SELECT due_at FROM job ORDER BY due_at LIMIT 1";
static const char SQL_NEXT[] = "SELECT " COLUMNS
                               " FROM job WHERE due_at <= ?1 ORDER BY due_at, id LIMIT 1";
static const char SQL_OF_OWNER[] = "SELECT " COLUMNS
                                   " FROM job WHERE owner_kind = ?1 AND owner_id = ?2 ORDER BY id";
static const char SQL_RECURRING[] = "SELECT " COLUMNS " FROM job WHERE recurring = 1 ORDER BY id";
static const char SQL_COUNT[] = "SELECT count(*) FROM job";

static uint64_t key_owner(uint32_t owner_kind, uint64_t owner_id)
{
    return owner_kind == STORE_OWNER_MEMBER ? owner_id : STORE_HOUSE;
}

static int hash_key(struct store *store, struct str plugin, uint32_t owner_kind, uint64_t owner_id,
                    struct str key, unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {
        .column = "job.hash", .a = owner_kind, .b = owner_id, .text = plugin, .more = key};
    return seal_hash(store, key_owner(owner_kind, owner_id), &place, ret_hash);
}

/* A member's zone and hours say where and how they live: sealed with the key. */
static struct seal_place texts_place(const struct store_job *job, struct str hash)
{
    return (struct seal_place){.column = "job.texts",
                               .a = job->owner_kind,
                               .b = job->owner_id,
                               .text = job->plugin,
                               .more = hash};
}

static int find_id(struct store *store, const struct store_job *job, const unsigned char *hash,
                   uint64_t *ret_id)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_FIND, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, job->owner_kind);
    sql_id(&sql, job->owner_id);
    sql_blob(&sql, hash, SEAL_HASH_BYTES);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    *ret_id = sql_get_id(&sql, 0);
    return 0;
}

static int put_row(struct store *store, const struct store_job *job, const unsigned char *hash,
                   struct str texts, uint64_t id)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    sql_text(&sql, job->plugin);
    sql_int(&sql, job->owner_kind);
    sql_id(&sql, job->owner_id);
    sql_blob(&sql, hash, SEAL_HASH_BYTES);
    sql_sealed(&sql, texts);
    sql_int(&sql, job->due_at);
    sql_int(&sql, job->rule_at);
    sql_int(&sql, job->late_ok_ms);
    sql_int(&sql, job->spread_ms);
    sql_id(&sql, job->flags);
    sql_int(&sql, !str_empty(job->rrule));
    return sql_run(&sql);
}

int store_jobs_put(struct store *store, const struct store_job *job, uint64_t *ret_id)
{
    AUTO_ARENA arena = {0};
    struct str parts[] = {job->key, job->rrule, job->zone, job->start_local};
    struct str packed, sealed;
    unsigned char hash[SEAL_HASH_BYTES];
    struct seal_place place = texts_place(job, (struct str){(char *)hash, sizeof hash});
    uint64_t id = 0;
    if (job->key.len > STORE_NAME_LIMIT || job->rrule.len > STORE_NAME_LIMIT)
        return -E2BIG;
    int r = hash_key(store, job->plugin, job->owner_kind, job->owner_id, job->key, hash);
    if (r == 0)
        r = seal_pack(parts, COUNT_OF(parts), &arena, &packed);
    if (r == 0)
        r = seal_close(store, key_owner(job->owner_kind, job->owner_id), &place, packed, &arena,
                       &sealed);
    if (r == 0)
        r = find_id(store, job, hash, &id);
    if (r == -ENOENT)
        r = store_next_id(store, STR("job"), &id);
    if (r == 0)
        r = put_row(store, job, hash, sealed, id);
    if (r == 0)
        *ret_id = id;
    return r;
}

static int open_row(struct store *store, const struct sql *sql, struct arena *arena,
                    struct store_job *ret_job)
{
    struct store_job job = {
        .id = sql_get_id(sql, 0),
        .owner_kind = (uint32_t)sql_get_int(sql, 2),
        .owner_id = sql_get_id(sql, 3),
        .due_at = sql_get_int(sql, 6),
        .rule_at = sql_get_int(sql, 7),
        .late_ok_ms = sql_get_int(sql, 8),
        .spread_ms = sql_get_int(sql, 9),
        .flags = sql_get_id(sql, 10),
    };
    struct str packed, parts[4];
    int r = sql_keep_str(sql, 1, arena, &job.plugin);
    if (r < 0)
        return r;
    struct seal_place place = texts_place(&job, sql_get_str(sql, 4));
    r = seal_open(store, key_owner(job.owner_kind, job.owner_id), &place, sql_get_str(sql, 5),
                  arena, &packed);
    if (r == 0)
        r = seal_unpack(packed, parts, COUNT_OF(parts));
    if (r < 0)
        return r;
    job.key = parts[0];
    job.rrule = parts[1];
    job.zone = parts[2];
    job.start_local = parts[3];
    *ret_job = job;
    return 0;
}

int store_jobs_get(struct store *store, struct str plugin, uint32_t owner_kind, uint64_t owner_id,
                   struct str key, struct arena *arena, struct store_job *ret_job)
{
    unsigned char hash[SEAL_HASH_BYTES];
    int r = hash_key(store, plugin, owner_kind, owner_id, key, hash);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_read(store, SQL_GET, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, owner_kind);
    sql_id(&sql, owner_id);
    sql_blob(&sql, hash, sizeof hash);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    return open_row(store, &sql, arena, ret_job);
}

int store_jobs_remove(struct store *store, uint64_t id)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_REMOVE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    return sql_run(&sql);
}

int store_jobs_set_due(struct store *store, uint64_t id, int64_t due_at, int64_t rule_at)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_SET_DUE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    sql_int(&sql, due_at);
    sql_int(&sql, rule_at);
    r = sql_run(&sql);
    if (r < 0)
        return r;
    return sql_changes(store) > 0 ? 0 : -ENOENT;
}

int store_jobs_first_due(struct store *store, int64_t *ret_due_at)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_FIRST_DUE, &sql);
    if (r < 0)
        return r;
    r = sql_find(&sql);
    if (r < 0)
        return r;
    *ret_due_at = sql_get_int(&sql, 0);
    return 0;
}

/* 0 with a job; -ENOENT; -EBADMSG with the id of a job that nobody can read any more. */
static int next_row(struct store *store, int64_t at, struct arena *arena, struct store_job *ret_job,
                    uint64_t *ret_id)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_NEXT, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, at);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    *ret_id = sql_get_id(&sql, 0);
    r = open_row(store, &sql, arena, ret_job);
    return r == -ENOKEY ? -EBADMSG : r;
}

int store_jobs_next(struct store *store, int64_t at, struct arena *arena, struct store_job *ret_job)
{
    for (;;) {
        uint64_t id = 0;
        int r = next_row(store, at, arena, ret_job, &id);
        if (r != -EBADMSG)
            return r;
        /* Left in place it would stand first for ever, and no other timer would fire. */
        r = store_jobs_remove(store, id);
        if (r < 0)
            return r;
    }
}

/* A row that does not open is passed over. */
static int walk(struct store *store, struct sql *sql,
                void (*each)(void *ctx, const struct store_job *job), void *ctx)
{
    AUTO_ARENA arena = {0};
    for (;;) {
        int r = sql_step(sql);
        if (r <= 0)
            return r;
        struct store_job job;
        r = open_row(store, sql, &arena, &job);
        if (r == 0)
            each(ctx, &job);
        else if (r != -EBADMSG && r != -ENOKEY)
            return r;
        arena_reset(&arena);
    }
}

int store_jobs_each_recurring(struct store *store,
                              void (*each)(void *ctx, const struct store_job *job), void *ctx)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_RECURRING, &sql);
    return r < 0 ? r : walk(store, &sql, each, ctx);
}

int store_jobs_each_of(struct store *store, uint32_t owner_kind, uint64_t owner_id,
                       void (*each)(void *ctx, const struct store_job *job), void *ctx)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_OF_OWNER, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, owner_kind);
    sql_id(&sql, owner_id);
    return walk(store, &sql, each, ctx);
}

int store_jobs_count(struct store *store, int64_t *ret_count)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_COUNT, &sql);
    if (r == 0)
        r = sql_step(&sql);
    if (r < 0)
        return r;
    *ret_count = sql_get_int(&sql, 0);
    return 0;
}
