/* SPDX-License-Identifier: MIT */
/* alerts.c (store): calls for help and what people did about them. */
#include "store/alerts.h"

#include <errno.h>

#include "store/link.h"
#include "store/seal.h"
#include "store/sql.h"

#define COLUMNS                                                                                    \
    "id, member, group_id, room, kind, tier, state, opened_at, raised_at, acknowledged_at, "       \
    "closed_at,"                                                                                   \
    " acknowledged_by, closed_by, on_call, pages, next_page_at, code, rules, who, words"

static const char SQL_PUT[] =
    "INSERT INTO alert (" COLUMNS
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
    " ?14, ?15, ?16, ?17, ?18, ?19, ?20) ON CONFLICT (id) DO UPDATE SET member = excluded.member,"
    " group_id = excluded.group_id, room = excluded.room, kind = excluded.kind, tier = "
    "excluded.tier,"
    " state = excluded.state, opened_at = excluded.opened_at, raised_at = excluded.raised_at,"
    " acknowledged_at = excluded.acknowledged_at, closed_at = excluded.closed_at,"
    " acknowledged_by = excluded.acknowledged_by, closed_by = excluded.closed_by,"
    " on_call = excluded.on_call, pages = excluded.pages, next_page_at = excluded.next_page_at,"
    " code = excluded.code, rules = excluded.rules, who = excluded.who, words = excluded.words";
static const char SQL_GET[] = "SELECT " COLUMNS " FROM alert WHERE id = ?1";
static const char SQL_EACH_OPEN[] = "SELECT " COLUMNS " FROM alert WHERE state <> 2 ORDER BY id";
static const char SQL_OPEN_OF[] =
    "SELECT " COLUMNS " FROM alert WHERE (member = ?1 OR member IN (SELECT member "
    "FROM link WHERE kept = ?1 AND state = 1)) AND state <> 2 ORDER BY id DESC LIMIT 1";
static const char SQL_WIPE[] =
    "UPDATE alert SET words = NULL, rules = '' WHERE words IS NOT NULL AND opened_at < ?1";
/* Who has no key of their own cannot ask to be forgotten: the name goes by itself, once nobody
 * needs it. */
static const char SQL_WIPE_GUESTS[] = "UPDATE alert SET who = NULL WHERE who IS NOT NULL AND "
                                      "member = 0 AND state = 2 AND opened_at < ?1";

static struct seal_place place_of(const char *column, uint64_t id)
{
    return (struct seal_place){.column = column, .a = id};
}

/* ---- writing --------------------------------------------------------------------------------- */

static int seal_text(struct store *store, const struct store_alert *alert, const char *column,
                     struct str text, struct arena *arena, struct str *ret_sealed)
{
    *ret_sealed = (struct str){0};
    if (str_empty(text))
        return 0;
    struct seal_place place = place_of(column, alert->id);
    return seal_close(store, alert->member, &place, text, arena, ret_sealed);
}

static void bind_numbers(struct sql *sql, const struct store_alert *alert)
{
    sql_id(sql, alert->id);
    sql_id(sql, alert->member);
    sql_id(sql, alert->group);
    sql_id(sql, alert->room);
    sql_int(sql, alert->kind);
    sql_int(sql, alert->tier);
    sql_int(sql, alert->state);
    sql_int(sql, alert->opened_at);
    sql_int(sql, alert->raised_at);
    sql_int(sql, alert->acknowledged_at);
    sql_int(sql, alert->closed_at);
    sql_id(sql, alert->acknowledged_by);
    sql_id(sql, alert->closed_by);
    sql_id(sql, alert->on_call);
    sql_int(sql, alert->pages);
    sql_int(sql, alert->next_page_at);
}

static int put_row(struct store *store, const struct store_alert *alert)
{
    AUTO_ARENA arena = {0};
    struct str who, words;
    int r = seal_text(store, alert, "alert.who", alert->who, &arena, &who);
    if (r == 0)
        r = seal_text(store, alert, "alert.words", alert->text, &arena, &words);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    bind_numbers(&sql, alert);
    sql_text(&sql, alert->code);
    sql_text(&sql, alert->rules);
    sql_sealed(&sql, who);
    sql_sealed(&sql, words);
    return sql_run(&sql);
}

int store_alerts_put(struct store *store, struct store_alert *alert)
{
    struct store_alert row = *alert;
    /* Joined to another since, for good. */
    if (row.member && !keyring_holds(store->keyring, row.member))
        row.member = store_link_current(store, row.member);
    /* The person may have asked to be forgotten since: the call stays, without them. */
    if (row.member && !keyring_holds(store->keyring, row.member)) {
        row.member = 0;
        row.who = (struct str){0};
        row.text = (struct str){0};
    }
    int r = store_begin(store);
    if (r == 0 && row.member) /* whom a turn met that was undone, and who called all the same */
        r = store_members_ensure(store, row.member);
    if (r == 0 && row.id == 0)
        r = store_next_id(store, STR("alert"), &row.id);
    if (r == 0)
        r = put_row(store, &row);
    if (r == 0)
        alert->id = row.id;
    return r;
}

static int wipe(struct store *store, const char *text, int64_t before_at)
{
    AUTO_SQL sql;
    int r = sql_write(store, text, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, before_at);
    r = sql_run(&sql);
    store->wipes |= r == 0 && sql_changes(store) > 0;
    return r;
}

int store_alerts_wipe_texts(struct store *store, int64_t before_at)
{
    int r = wipe(store, SQL_WIPE, before_at);
    return r < 0 ? r : wipe(store, SQL_WIPE_GUESTS, before_at);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A text that cannot be opened is left empty: the call itself must be seen whatever happened to it.
 */
static int open_text(struct store *store, const struct store_alert *alert, const char *column,
                     struct str sealed, struct arena *arena, struct str *ret_text)
{
    *ret_text = (struct str){0};
    if (str_empty(sealed))
        return 0;
    struct seal_place place = place_of(column, alert->id);
    int r = seal_open(store, alert->member, &place, sealed, arena, ret_text);
    return r == -EBADMSG || r == -ENOKEY ? 0 : r;
}

static struct store_alert read_numbers(const struct sql *sql)
{
    return (struct store_alert){
        .id = sql_get_id(sql, 0),
        .member = sql_get_id(sql, 1),
        .group = sql_get_id(sql, 2),
        .room = sql_get_id(sql, 3),
        .kind = (int)sql_get_int(sql, 4),
        .tier = (int)sql_get_int(sql, 5),
        .state = (int)sql_get_int(sql, 6),
        .opened_at = sql_get_int(sql, 7),
        .raised_at = sql_get_int(sql, 8),
        .acknowledged_at = sql_get_int(sql, 9),
        .closed_at = sql_get_int(sql, 10),
        .acknowledged_by = sql_get_id(sql, 11),
        .closed_by = sql_get_id(sql, 12),
        .on_call = sql_get_id(sql, 13),
        .pages = (int)sql_get_int(sql, 14),
        .next_page_at = sql_get_int(sql, 15),
    };
}

static int open_row(struct store *store, const struct sql *sql, struct arena *arena,
                    struct store_alert *ret_alert)
{
    struct store_alert alert = read_numbers(sql);
    int r = sql_keep_str(sql, 16, arena, &alert.code);
    if (r == 0)
        r = sql_keep_str(sql, 17, arena, &alert.rules);
    if (r == 0)
        r = open_text(store, &alert, "alert.who", sql_get_str(sql, 18), arena, &alert.who);
    if (r == 0)
        r = open_text(store, &alert, "alert.words", sql_get_str(sql, 19), arena, &alert.text);
    if (r == 0)
        *ret_alert = alert;
    return r;
}

static int get_one(struct store *store, const char *text, uint64_t id, struct arena *arena,
                   struct store_alert *ret_alert)
{
    AUTO_SQL sql;
    int r = sql_read(store, text, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, id);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    return open_row(store, &sql, arena, ret_alert);
}

int store_alerts_get(struct store *store, uint64_t id, struct arena *arena,
                     struct store_alert *ret_alert)
{
    return get_one(store, SQL_GET, id, arena, ret_alert);
}

int store_alerts_open_of(struct store *store, uint64_t member, struct arena *arena,
                         struct store_alert *ret_alert)
{
    if (member == 0)
        return -ENOENT; /* nobody in particular: not the same nobody */
    return get_one(store, SQL_OPEN_OF, member, arena, ret_alert);
}

int store_alerts_each_open(struct store *store,
                           void (*each)(void *ctx, const struct store_alert *alert), void *ctx)
{
    AUTO_ARENA arena = {0};
    AUTO_SQL sql;
    int r = sql_read(store, SQL_EACH_OPEN, &sql);
    if (r < 0)
        return r;
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        struct store_alert alert;
        r = open_row(store, &sql, &arena, &alert);
        if (r < 0)
            return r;
        each(ctx, &alert);
        arena_reset(&arena);
    }
}
