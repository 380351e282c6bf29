/* SPDX-License-Identifier: MIT */
/* series.c: numbers over time, each sealed under its member's key. */
#include "store/values.h"

#include <errno.h>

#include "store/seal.h"
#include "store/sql.h"

static const char SQL_PUT[] =
    "INSERT INTO series (member, plugin, name, at, value) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (member, plugin, name, at) DO UPDATE SET value = excluded.value";
static const char SQL_ERASE[] =
    "DELETE FROM series WHERE member = ?1 AND plugin = ?2 AND name = ?3 AND at = ?4";
static const char SQL_READ[] =
    "SELECT at, value FROM series WHERE member = ?1 AND plugin = ?2 AND name = ?3"
    " AND at >= ?4 AND at <= ?5 ORDER BY at";

static struct seal_place point_place(uint64_t member, struct str plugin, struct str series,
                                     int64_t at)
{
    return (struct seal_place){
        .column = "series.value", .a = member, .b = (uint64_t)at, .text = plugin, .more = series};
}

int store_series_put(struct store *store, struct str plugin, uint64_t member, struct str series,
                     int64_t at, int64_t value)
{
    AUTO_ARENA arena = {0};
    struct str sealed;
    struct seal_place place = point_place(member, plugin, series, at);
    int r = seal_close(store, member, &place, (struct str){(char *)&value, sizeof value}, &arena,
                       &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_text(&sql, plugin);
    sql_text(&sql, series);
    sql_int(&sql, at);
    sql_sealed(&sql, sealed);
    return sql_run(&sql);
}

int store_series_erase(struct store *store, struct str plugin, uint64_t member, struct str series,
                       int64_t at)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_ERASE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_text(&sql, plugin);
    sql_text(&sql, series);
    sql_int(&sql, at);
    return sql_run(&sql);
}

static int open_point(struct store *store, struct str plugin, uint64_t member, struct str series,
                      const struct sql *sql, struct arena *arena, int64_t *ret_value)
{
    struct str plain;
    struct seal_place place = point_place(member, plugin, series, sql_get_int(sql, 0));
    int r = seal_open(store, member, &place, sql_get_str(sql, 1), arena, &plain);
    if (r < 0)
        return r;
    if (plain.len != sizeof *ret_value)
        return -EBADMSG;
    memcpy(ret_value, plain.ptr, sizeof *ret_value);
    return 0;
}

int store_series_read(struct store *store, struct str plugin, uint64_t member, struct str series,
                      int64_t from_at, int64_t to_at, store_point_fn each, void *ctx)
{
    AUTO_ARENA arena = {0};
    AUTO_SQL sql;
    int count = 0;
    int r = sql_read(store, SQL_READ, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_text(&sql, plugin);
    sql_text(&sql, series);
    sql_int(&sql, from_at);
    sql_int(&sql, to_at);
    for (;;) {
        int64_t value;
        r = sql_step(&sql);
        if (r <= 0)
            return r < 0 ? r : count;
        r = open_point(store, plugin, member, series, &sql, &arena, &value);
        if (r < 0)
            return r;
        each(ctx, sql_get_int(&sql, 0), value);
        count++;
        arena_reset(&arena);
    }
}
