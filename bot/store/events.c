/* SPDX-License-Identifier: MIT */
/* events.c: how far each network was read, what had effects already, what was buried. */
#include "store/events.h"

#include <errno.h>

#include "store/seal.h"
#include "store/sql.h"

enum { BURIED_LIMIT = 10000 }; /* the newest are kept: enough to see what goes wrong */

static const char SQL_CURSOR_PUT[] = "INSERT INTO cursor (hash, value) VALUES (?1, ?2) ON CONFLICT "
                                     "(hash) DO UPDATE SET value = excluded.value";
static const char SQL_CURSOR_GET[] = "SELECT value FROM cursor WHERE hash = ?1";
static const char SQL_SEEN_PUT[] =
    "INSERT INTO seen (hash, at) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING";
static const char SQL_SEEN_GET[] = "SELECT 1 FROM seen WHERE hash = ?1";
static const char SQL_SEEN_PRUNE[] = "DELETE FROM seen WHERE at < ?1";
static const char SQL_DIALOGUES_PRUNE[] = "DELETE FROM dialogue WHERE expires_at <= ?1";
static const char SQL_OFFERS_PRUNE[] =
    "DELETE FROM offer WHERE expires_at > 0 AND expires_at <= ?1";
static const char SQL_VALUES_PRUNE[] =
    "DELETE FROM value WHERE expires_at > 0 AND expires_at <= ?1";
static const char SQL_TRACES_PRUNE[] = "DELETE FROM trace WHERE expires_at <= ?1";
static const char SQL_CODES_PRUNE[] =
    "DELETE FROM link_code WHERE expires_at <= ?1 AND wrong_until_at <= ?1";
static const char SQL_ASKED_PRUNE[] = "DELETE FROM link WHERE state = 0 AND until_at <= ?1";
static const char SQL_DEDUP_PRUNE[] =
    "DELETE FROM outbox_dedup WHERE until_at > 0 AND until_at <= ?1";
static const char SQL_BURY[] =
    "INSERT INTO dead_event (at, network, hash, code, plugin) VALUES (?1, ?2, ?3, ?4, ?5)";
static const char SQL_BURIED_TRIM[] =
    "DELETE FROM dead_event WHERE id <= (SELECT max(id) FROM dead_event) - ?1";
static const char SQL_BURIED_COUNT[] = "SELECT count(*) FROM dead_event";

/* A target may be a person's nick, and an event id names its sender's server: neither is kept as it
 * is. */
static void hash_of(const struct store *store, const char *column, struct str network,
                    struct str what, unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {.column = column, .text = network, .more = what};
    seal_place_hash(keyring_house_key(store->keyring, KEYRING_EVENT), &place, ret_hash,
                    SEAL_HASH_BYTES);
}

static struct seal_place cursor_place(const unsigned char *hash)
{
    return (struct seal_place){.column = "cursor.value",
                               .text = {(const char *)hash, SEAL_HASH_BYTES}};
}

int store_events_put_cursor(struct store *store, struct str network, struct str target,
                            struct str cursor)
{
    AUTO_ARENA arena = {0};
    struct str sealed;
    unsigned char hash[SEAL_HASH_BYTES];
    hash_of(store, "cursor.hash", network, target, hash);
    struct seal_place place = cursor_place(hash);
    int r = seal_close(store, STORE_HOUSE, &place, cursor, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_CURSOR_PUT, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, sizeof hash);
    sql_sealed(&sql, sealed);
    return sql_run(&sql);
}

int store_events_get_cursor(struct store *store, struct str network, struct str target,
                            struct arena *arena, struct str *ret_cursor)
{
    unsigned char hash[SEAL_HASH_BYTES];
    hash_of(store, "cursor.hash", network, target, hash);
    AUTO_SQL sql;
    int r = sql_read(store, SQL_CURSOR_GET, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, sizeof hash);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    struct seal_place place = cursor_place(hash);
    return seal_open(store, STORE_HOUSE, &place, sql_get_str(&sql, 0), arena, ret_cursor);
}

int store_events_mark_seen(struct store *store, struct str network, struct str event_id)
{
    unsigned char hash[SEAL_HASH_BYTES];
    hash_of(store, "seen.hash", network, event_id, hash);
    AUTO_SQL sql;
    int r = sql_write(store, SQL_SEEN_PUT, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, sizeof hash);
    sql_int(&sql, store_now(store));
    return sql_run(&sql);
}

int store_events_seen(struct store *store, struct str network, struct str event_id)
{
    unsigned char hash[SEAL_HASH_BYTES];
    hash_of(store, "seen.hash", network, event_id, hash);
    AUTO_SQL sql;
    int r = sql_read(store, SQL_SEEN_GET, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, sizeof hash);
    return sql_step(&sql);
}

static int prune(struct store *store, const char *text, int64_t at)
{
    AUTO_SQL sql;
    int r = sql_write(store, text, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, at);
    r = sql_run(&sql);
    store->wipes |= r == 0 && sql_changes(store) > 0;
    return r;
}

/* Others prune when they write; where nobody writes, a day is the most that anything outlasts its
 * time. */
int store_events_prune(struct store *store, int64_t before_at)
{
    int64_t now_at = store_now(store);
    int r = prune(store, SQL_SEEN_PRUNE, before_at);
    if (r == 0)
        r = prune(store, SQL_DIALOGUES_PRUNE, now_at);
    if (r == 0)
        r = prune(store, SQL_OFFERS_PRUNE, now_at);
    if (r == 0)
        r = prune(store, SQL_TRACES_PRUNE, now_at);
    if (r == 0)
        r = prune(store, SQL_VALUES_PRUNE, now_at);
    if (r == 0)
        r = prune(store, SQL_CODES_PRUNE, now_at);
    if (r == 0)
        r = prune(store, SQL_ASKED_PRUNE, now_at);
    return r < 0 ? r : prune(store, SQL_DEDUP_PRUNE, now_at);
}

static int trim_buried(struct store *store)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_BURIED_TRIM, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, BURIED_LIMIT);
    return sql_run(&sql);
}

int store_events_bury(struct store *store, struct str network, struct str event_id, int code,
                      struct str plugin)
{
    unsigned char hash[SEAL_HASH_BYTES];
    hash_of(store, "seen.hash", network, event_id, hash);
    AUTO_SQL sql;
    int r = sql_write(store, SQL_BURY, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, store_now(store));
    sql_text(&sql, network);
    sql_blob(&sql, hash, sizeof hash);
    sql_int(&sql, code);
    sql_text(&sql, plugin);
    r = sql_run(&sql);
    return r < 0 ? r : trim_buried(store);
}

int store_events_buried_count(struct store *store, int64_t *ret_count)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_BURIED_COUNT, &sql);
    if (r == 0)
        r = sql_step(&sql);
    if (r < 0)
        return r;
    *ret_count = sql_get_int(&sql, 0);
    return 0;
}
