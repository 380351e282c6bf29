/* SPDX-License-Identifier: MIT */
/* overrides.c: settings changed by moderators' command: the newest stands, undo brings the one
 * before back. */
#include "store/alerts.h"

#include <errno.h>

#include "store/seal.h"
#include "store/sql.h"

enum { KEPT_PER_NAME = 20 }; /* how far undo reaches */

static const char SQL_PUT[] =
    "INSERT INTO setting (id, group_id, name, value, set_by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char SQL_TRIM[] =
    "DELETE FROM setting WHERE group_id = ?1 AND name = ?2 AND id <= (SELECT id FROM setting"
    " WHERE group_id = ?1 AND name = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)";
static const char SQL_GET[] = "SELECT id, group_id, name, value, set_by, at FROM setting"
                              " WHERE group_id = ?1 AND name = ?2 ORDER BY id DESC LIMIT 1";
static const char SQL_NEWEST[] = "SELECT id, group_id, name, value, set_by, at FROM setting"
                                 " WHERE group_id = ?1 ORDER BY id DESC LIMIT 1";
static const char SQL_REMOVE[] = "DELETE FROM setting WHERE id = ?1";

static struct seal_place value_place(uint64_t id)
{
    return (struct seal_place){.column = "setting.value", .a = id};
}

static int insert(struct store *store, const struct store_override *override, uint64_t id)
{
    AUTO_ARENA arena = {0};
    struct str sealed;
    struct seal_place place = value_place(id);
    int r = seal_close(store, STORE_HOUSE, &place, override->value, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    sql_id(&sql, override->group);
    sql_text(&sql, override->name);
    sql_sealed(&sql, sealed);
    sql_id(&sql, override->by);
    sql_int(&sql, override->at);
    return sql_run(&sql);
}

int store_overrides_put(struct store *store, const struct store_override *override)
{
    uint64_t id = 0;
    if (override->name.len > STORE_NAME_LIMIT || override->value.len > STORE_TEXT_LIMIT)
        return -E2BIG;
    int r = store_next_id(store, STR("setting"), &id);
    if (r == 0)
        r = insert(store, override, id);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_TRIM, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, override->group);
    sql_text(&sql, override->name);
    sql_int(&sql, KEPT_PER_NAME);
    return sql_run(&sql);
}

static int open_row(struct store *store, const struct sql *sql, struct arena *arena,
                    struct store_override *ret_override)
{
    struct store_override override = {
        .group = sql_get_id(sql, 1),
        .by = sql_get_id(sql, 4),
        .at = sql_get_int(sql, 5),
    };
    struct seal_place place = value_place(sql_get_id(sql, 0));
    int r = sql_keep_str(sql, 2, arena, &override.name);
    if (r == 0)
        r = seal_open(store, STORE_HOUSE, &place, sql_get_str(sql, 3), arena, &override.value);
    if (r == 0)
        *ret_override = override;
    return r;
}

int store_overrides_get(struct store *store, uint64_t group, struct str name, struct arena *arena,
                        struct store_override *ret_override)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_GET, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, group);
    sql_text(&sql, name);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    return open_row(store, &sql, arena, ret_override);
}

static int newest(struct store *store, uint64_t group, struct arena *arena, uint64_t *ret_id,
                  struct store_override *ret_override)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_NEWEST, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, group);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    *ret_id = sql_get_id(&sql, 0);
    return open_row(store, &sql, arena, ret_override);
}

int store_overrides_undo(struct store *store, uint64_t group, struct arena *arena,
                         struct store_override *ret_undone)
{
    struct store_override undone;
    uint64_t id = 0;
    int r = newest(store, group, arena, &id, &undone);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_REMOVE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    r = sql_run(&sql);
    if (r == 0)
        *ret_undone = undone;
    return r;
}
