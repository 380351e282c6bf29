/* SPDX-License-Identifier: MIT */
/* link_move.c: what the second of two members has comes to be the first's, sealed under their key;
 * and back.
 *
 * The second's rows stay where they are, under their own number, which nobody has any more; only
 * their timers leave their table, for those would go off.  What the first loses and what they gain
 * is noted row by row: what is still as it was put goes again when it is undone, what was written
 * since stays. */
#include "store/link_internal.h"

#include <errno.h>
#include <string.h>

#include "store/jobs.h"
#include "store/members.h"
#include "store/values.h"

/* ---- notes of one row ------------------------------------------------------------------------ */

/* A statement about one row of the kept one: ?1 kept, ?2 second, then what tells the row. */
static int run_for_row(const struct link_pair *pair, const char *text, struct str a, struct str b,
                       const unsigned char *hash, int64_t at)
{
    AUTO_SQL sql;
    int r = sql_write(pair->store, text, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->kept);
    sql_id(&sql, pair->second);
    sql_text(&sql, a);
    sql_text(&sql, b);
    if (hash)
        sql_blob(&sql, hash, SEAL_HASH_BYTES);
    else
        sql_int(&sql, at);
    return sql_run(&sql);
}

/* ---- preferences ----------------------------------------------------------------------------- */

static const char SQL_PREFERENCES[] = "SELECT name FROM preference WHERE member = ?1 ORDER BY name";
static const char SQL_PREFERENCE_TAKE[] = LINK_NOTE(
    1, "preference", LINK_C4) "WHERE member = ?1 AND name = ?3 AND ?4 IS ?4 AND ?5 IS ?5";
static const char SQL_PREFERENCE_NOTE[] = LINK_NOTE(
    2, "preference", LINK_C4) "WHERE member = ?1 AND name = ?3 AND ?4 IS ?4 AND ?5 IS ?5";

static int move_preference(const struct link_pair *pair, struct str name)
{
    AUTO_ARENA arena = {0};
    struct str own, value;
    int r = store_members_get_preference(pair->store, pair->second, name, &arena, &value);
    if (r < 0)
        return r == -EBADMSG ? 0 : r;
    r = store_members_get_preference(pair->store, pair->kept, name, &arena, &own);
    if (r == 0 && pair->choice->preferences != STORE_LINK_SECOND)
        return 0;
    if (r == 0)
        r = run_for_row(pair, SQL_PREFERENCE_TAKE, name, (struct str){0}, NULL, 0);
    if (r == 0 || r == -ENOENT || r == -EBADMSG)
        r = store_members_put_preference(pair->store, pair->kept, name, value);
    return r < 0 ? r : run_for_row(pair, SQL_PREFERENCE_NOTE, name, (struct str){0}, NULL, 0);
}

static int move_preferences(const struct link_pair *pair)
{
    AUTO_SQL sql;
    int r = sql_read(pair->store, SQL_PREFERENCES, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->second);
    for (r = sql_step(&sql); r > 0; r = sql_step(&sql)) {
        r = move_preference(pair, sql_get_str(&sql, 0));
        if (r < 0)
            return r;
    }
    return r;
}

/* ---- series ---------------------------------------------------------------------------------- */

static const char SQL_SERIES[] =
    "SELECT plugin, name, at, value FROM series WHERE member = ?1 ORDER BY plugin, name, at";
static const char SQL_SERIES_TAKE[] = LINK_NOTE(
    1, "series",
    LINK_C5) "WHERE member = ?1 AND plugin IN (SELECT plugin FROM series WHERE member = ?2)";
static const char SQL_SERIES_OUT[] = "DELETE FROM series WHERE member = ?1 AND plugin IN (SELECT "
                                     "plugin FROM series WHERE member = ?2)";
static const char SQL_POINT_HAS[] =
    "SELECT 1 FROM series WHERE member = ?1 AND plugin = ?2 AND name = ?3 AND at = ?4";
static const char SQL_POINT_NOTE[] = LINK_NOTE(
    2, "series", LINK_C5) "WHERE member = ?1 AND plugin = ?3 AND name = ?4 AND at = ?5";
static const char SQL_HAVE_SERIES[] =
    "SELECT count(DISTINCT member) FROM series WHERE member IN (?1, ?2) AND plugin = ?3";

/* What a plugin keeps beside its numbers over time goes with those, where both have some. */
static int side_of(const struct link_pair *pair, struct str plugin, enum store_link_side *ret_side)
{
    AUTO_SQL sql;
    int r = sql_read(pair->store, SQL_HAVE_SERIES, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->kept);
    sql_id(&sql, pair->second);
    sql_text(&sql, plugin);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    int64_t have = sql_get_int(&sql, 0);
    enum store_link_side values = pair->choice->values == STORE_LINK_SECOND ? STORE_LINK_SECOND
                                                                            : STORE_LINK_BOTH;
    *ret_side = have == 2 ? pair->choice->entries : have == 1 ? STORE_LINK_BOTH : values;
    return 0;
}

static int has_point(const struct link_pair *pair, struct str plugin, struct str name, int64_t at)
{
    AUTO_SQL sql;
    int r = sql_read(pair->store, SQL_POINT_HAS, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->kept);
    sql_text(&sql, plugin);
    sql_text(&sql, name);
    sql_int(&sql, at);
    return sql_step(&sql);
}

static int move_point(const struct link_pair *pair, const struct sql *row)
{
    AUTO_ARENA arena = {0};
    struct str plain, plugin = sql_get_str(row, 0), name = sql_get_str(row, 1);
    int64_t at = sql_get_int(row, 2), value;
    enum store_link_side side;
    struct seal_place place = {.column = "series.value",
                               .a = pair->second,
                               .b = (uint64_t)at,
                               .text = plugin,
                               .more = name};
    int r = side_of(pair, plugin, &side);
    if (r < 0 || side == STORE_LINK_KEPT)
        return r;
    r = has_point(pair, plugin, name, at);
    if (r != 0)
        return MIN_OF(r, 0);
    r = seal_open(pair->store, pair->second, &place, sql_get_str(row, 3), &arena, &plain);
    if (r == -EBADMSG || (r == 0 && plain.len != sizeof value))
        return 0; /* of no use to anybody */
    if (r < 0)
        return r;
    memcpy(&value, plain.ptr, sizeof value);
    r = store_series_put(pair->store, plugin, pair->kept, name, at, value);
    return r < 0 ? r : run_for_row(pair, SQL_POINT_NOTE, plugin, name, NULL, at);
}

static int move_series(const struct link_pair *pair)
{
    int r = 0;
    if (pair->choice->entries == STORE_LINK_SECOND)
        r = link_run(pair->store, SQL_SERIES_TAKE, pair->kept, pair->second);
    if (r == 0 && pair->choice->entries == STORE_LINK_SECOND)
        r = link_run(pair->store, SQL_SERIES_OUT, pair->kept, pair->second);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_read(pair->store, SQL_SERIES, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->second);
    for (r = sql_step(&sql); r > 0; r = sql_step(&sql)) {
        r = move_point(pair, &sql);
        if (r < 0)
            return r;
    }
    return r;
}

/* ---- values ---------------------------------------------------------------------------------- */

static const char SQL_VALUES[] = "SELECT plugin, hash, key, value, at, expires_at FROM value WHERE "
                                 "owner_kind = 1 AND owner_id = ?1 AND (expires_at = "
                                 "0 OR expires_at > ?2)";
static const char SQL_VALUE_PUT[] = "INSERT INTO value (owner_kind, owner_id, plugin, hash, key, "
                                    "value, at, expires_at) VALUES (1, ?1, ?2, ?3, ?4, ?5, "
                                    "?6, ?7)";
static const char SQL_VALUE_HAS[] =
    "SELECT 1 FROM value WHERE owner_kind = 1 AND owner_id = ?1 AND plugin = ?2 AND hash = ?3";
static const char SQL_VALUE_TAKE[] = LINK_NOTE(
    1, "value",
    LINK_C8) "WHERE owner_kind = 1 AND owner_id = ?1 AND plugin = ?3 AND ?4 IS ?4 AND hash = ?5";
static const char SQL_VALUE_OUT[] = "DELETE FROM value WHERE owner_kind = 1 AND owner_id = ?1 AND "
                                    "?2 = ?2 AND plugin = ?3 AND ?4 IS ?4 AND hash = ?5";
static const char SQL_VALUE_NOTE[] = LINK_NOTE(
    2, "value",
    LINK_C8) "WHERE owner_kind = 1 AND owner_id = ?1 AND plugin = ?3 AND ?4 IS ?4 AND hash = ?5";
/* Of plugins with entries, when only the second's are to be kept. */
#define OF_ENTRIES                                                                                 \
    "owner_kind = 1 AND owner_id = ?1 AND plugin IN (SELECT plugin FROM series WHERE member = ?2)"
static const char SQL_ENTRIES_TAKE[] = LINK_NOTE(1, "value", LINK_C8) "WHERE " OF_ENTRIES;
static const char SQL_ENTRIES_OUT[] = "DELETE FROM value WHERE " OF_ENTRIES;
static const char SQL_ENTRY_JOBS_TAKE[] = LINK_NOTE(1, "job", LINK_C12) "WHERE " OF_ENTRIES;
static const char SQL_ENTRY_JOBS_OUT[] = "DELETE FROM job WHERE " OF_ENTRIES;

static int value_hash(const struct link_pair *pair, struct str plugin, struct str key,
                      unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {.column = "value.hash",
                               .a = STORE_OWNER_MEMBER,
                               .b = pair->kept,
                               .text = plugin,
                               .more = key};
    return seal_hash(pair->store, pair->kept, &place, ret_hash);
}

static struct seal_place value_place(const char *column, uint64_t owner, struct str plugin,
                                     struct str hash)
{
    return (struct seal_place){
        .column = column, .a = STORE_OWNER_MEMBER, .b = owner, .text = plugin, .more = hash};
}

static int has_value(const struct link_pair *pair, struct str plugin, const unsigned char *hash)
{
    AUTO_SQL sql;
    int r = sql_read(pair->store, SQL_VALUE_HAS, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->kept);
    sql_text(&sql, plugin);
    sql_blob(&sql, hash, SEAL_HASH_BYTES);
    return sql_step(&sql);
}

/* 0: the kept one's stands, or there is none; 1: the second's is to come. */
static int make_way(const struct link_pair *pair, struct str plugin, const unsigned char *hash)
{
    enum store_link_side side;
    int r = side_of(pair, plugin, &side);
    if (r < 0 || side == STORE_LINK_KEPT)
        return r;
    r = has_value(pair, plugin, hash);
    if (r <= 0)
        return r < 0 ? r : 1;
    if (side != STORE_LINK_SECOND)
        return 0;
    r = run_for_row(pair, SQL_VALUE_TAKE, plugin, (struct str){0}, hash, 0);
    if (r == 0)
        r = run_for_row(pair, SQL_VALUE_OUT, plugin, (struct str){0}, hash, 0);
    return r < 0 ? r : 1;
}

static int put_value(const struct link_pair *pair, const struct sql *row, const unsigned char *hash,
                     struct str key, struct str value)
{
    AUTO_ARENA arena = {0};
    struct str plugin = sql_get_str(row, 0), sealed_key, sealed_value;
    struct str hash_text = {(const char *)hash, SEAL_HASH_BYTES};
    struct seal_place key_place = value_place("value.key", pair->kept, plugin, hash_text);
    struct seal_place place = value_place("value.value", pair->kept, plugin, hash_text);
    int r = seal_close(pair->store, pair->kept, &key_place, key, &arena, &sealed_key);
    if (r == 0)
        r = seal_close(pair->store, pair->kept, &place, value, &arena, &sealed_value);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(pair->store, SQL_VALUE_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->kept);
    sql_text(&sql, plugin);
    sql_blob(&sql, hash, SEAL_HASH_BYTES);
    sql_sealed(&sql, sealed_key);
    sql_sealed(&sql, sealed_value);
    sql_int(&sql, sql_get_int(row, 4));
    sql_int(&sql, sql_get_int(row, 5));
    r = sql_run(&sql);
    return r < 0 ? r : run_for_row(pair, SQL_VALUE_NOTE, plugin, (struct str){0}, hash, 0);
}

static int move_value(const struct link_pair *pair, const struct sql *row)
{
    AUTO_ARENA arena = {0};
    unsigned char hash[SEAL_HASH_BYTES];
    struct str key, value, plugin = sql_get_str(row, 0), old_hash = sql_get_str(row, 1);
    struct seal_place key_place = value_place("value.key", pair->second, plugin, old_hash);
    struct seal_place place = value_place("value.value", pair->second, plugin, old_hash);
    int r = seal_open(pair->store, pair->second, &key_place, sql_get_str(row, 2), &arena, &key);
    if (r == 0)
        r = seal_open(pair->store, pair->second, &place, sql_get_str(row, 3), &arena, &value);
    if (r == -EBADMSG)
        return 0;
    if (r == 0)
        r = value_hash(pair, plugin, key, hash);
    if (r == 0)
        r = make_way(pair, plugin, hash);
    return r <= 0 ? r : put_value(pair, row, hash, key, value);
}

static int clear_entries(const struct link_pair *pair)
{
    static const char *const statements[] = {SQL_ENTRIES_TAKE, SQL_ENTRIES_OUT, SQL_ENTRY_JOBS_TAKE,
                                             SQL_ENTRY_JOBS_OUT};
    int r = 0;
    for (size_t i = 0; r == 0 && i < COUNT_OF(statements); i++)
        r = link_run(pair->store, statements[i], pair->kept, pair->second);
    return r;
}

static int move_values(const struct link_pair *pair)
{
    AUTO_SQL sql;
    int r = sql_read(pair->store, SQL_VALUES, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->second);
    sql_int(&sql, store_now(pair->store));
    for (r = sql_step(&sql); r > 0; r = sql_step(&sql)) {
        r = move_value(pair, &sql);
        if (r < 0)
            return r;
    }
    return r;
}

/* ---- timers ---------------------------------------------------------------------------------- */

static const char SQL_JOBS_ASIDE[] = LINK_NOTE(
    0, "job", LINK_C12) "WHERE owner_kind = 1 AND owner_id = ?2 AND plugin <> ''";
static const char SQL_JOBS_OUT[] =
    "DELETE FROM job WHERE owner_kind = 1 AND owner_id = ?2 AND plugin <> ''";

static const char SQL_JOB_TAKE[] = LINK_NOTE(
    1, "job",
    LINK_C12) "WHERE owner_kind = 1 AND owner_id = ?1 AND ?3 IS ?3 AND ?4 IS ?4 AND id = ?5";
static const char SQL_JOB_NOTE[] = LINK_NOTE(
    2, "job",
    LINK_C12) "WHERE owner_kind = 1 AND owner_id = ?1 AND ?3 IS ?3 AND ?4 IS ?4 AND id = ?5";

struct move_jobs {
    const struct link_pair *pair;
    int r;
};

static int move_one_job(const struct link_pair *pair, const struct store_job *job)
{
    AUTO_ARENA arena = {0};
    struct store_job own, moved = *job;
    uint64_t id;
    enum store_link_side side;
    int r = side_of(pair, job->plugin, &side);
    if (r < 0 || side == STORE_LINK_KEPT)
        return r;
    r = store_jobs_get(pair->store, job->plugin, STORE_OWNER_MEMBER, pair->kept, job->key, &arena,
                       &own);
    if (r == 0 && side != STORE_LINK_SECOND)
        return 0;
    if (r == 0)
        r = run_for_row(pair, SQL_JOB_TAKE, (struct str){0}, (struct str){0}, NULL,
                        (int64_t)own.id);
    if (r == 0)
        r = store_jobs_remove(pair->store, own.id);
    if (r < 0 && r != -ENOENT && r != -EBADMSG)
        return r;
    moved.owner_id = pair->kept;
    r = store_jobs_put(pair->store, &moved, &id);
    return r < 0 ? r
                 : run_for_row(pair, SQL_JOB_NOTE, (struct str){0}, (struct str){0}, NULL,
                               (int64_t)id);
}

static void move_job(void *ctx, const struct store_job *job)
{
    struct move_jobs *moving = ctx;
    if (moving->r == 0 && !str_empty(job->plugin))
        moving->r = move_one_job(moving->pair, job);
}

static int move_jobs(const struct link_pair *pair)
{
    struct move_jobs moving = {.pair = pair};
    int r = store_jobs_each_of(pair->store, STORE_OWNER_MEMBER, pair->second, move_job, &moving);
    if (r == 0)
        r = moving.r;
    if (r == 0)
        r = link_run(pair->store, SQL_JOBS_ASIDE, pair->kept, pair->second);
    return r < 0 ? r : link_run(pair->store, SQL_JOBS_OUT, pair->kept, pair->second);
}

/* ---- there and back -------------------------------------------------------------------------- */

/* Values and timers before the series, by which plugins with entries are known. */
int link_move(const struct link_pair *pair)
{
    int r = link_move_who(pair);
    if (r == 0)
        r = move_preferences(pair);
    if (r == 0 && pair->choice->entries == STORE_LINK_SECOND)
        r = clear_entries(pair);
    if (r == 0)
        r = move_values(pair);
    if (r == 0)
        r = move_jobs(pair);
    return r < 0 ? r : move_series(pair);
}
