/* SPDX-License-Identifier: MIT */
/* audit.c: who did what to what, when: an append-only chain of keyed hashes. */
#include "store/alerts.h"

#include <errno.h>

#include <sodium.h>

#include "store/seal.h"
#include "store/sql.h"

enum { CHAIN_BYTES = 32 };

static const char SQL_LAST[] = "SELECT hash FROM audit ORDER BY id DESC LIMIT 1";
static const char SQL_PUT[] =
    "INSERT INTO audit (id, at, actor, subject, group_id, plugin, event, details, hash)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char SQL_EACH_OF_GROUP[] =
    "SELECT id, at, actor, subject, group_id, plugin, event, details FROM audit"
    " WHERE group_id = ?1 ORDER BY id DESC LIMIT ?2";
static const char SQL_EACH_OF_SUBJECT[] =
    "SELECT id, at, actor, subject, group_id, plugin, event, details FROM audit"
    " WHERE subject = ?3 AND group_id = ?1 ORDER BY id DESC LIMIT ?2";
static const char SQL_ALL[] =
    "SELECT id, at, actor, subject, group_id, plugin, event, details, hash FROM audit ORDER BY id";

static void add_text(crypto_generichash_state *state, struct str text)
{
    uint64_t len = text.len;
    crypto_generichash_update(state, (const unsigned char *)&len, sizeof len);
    crypto_generichash_update(state, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
}

/* The hash of the row before and of this row, under a key of the house: nobody else can mend a
 * broken chain. */
static void link_of(const struct store *store, const unsigned char *before,
                    const struct store_audit_row *row, unsigned char ret_link[CHAIN_BYTES])
{
    crypto_generichash_state state;
    uint64_t numbers[] = {row->id, (uint64_t)row->at, row->actor, row->subject, row->group};
    crypto_generichash_init(&state, keyring_house_key(store->keyring, KEYRING_AUDIT),
                            KEYRING_KEY_BYTES, CHAIN_BYTES);
    crypto_generichash_update(&state, before, CHAIN_BYTES);
    crypto_generichash_update(&state, (const unsigned char *)numbers, sizeof numbers);
    add_text(&state, row->plugin);
    add_text(&state, row->event);
    add_text(&state, row->details);
    crypto_generichash_final(&state, ret_link, CHAIN_BYTES);
}

static int last_link(struct store *store, unsigned char ret_link[CHAIN_BYTES])
{
    AUTO_SQL sql;
    memset(ret_link, 0, CHAIN_BYTES);
    int r = sql_read(store, SQL_LAST, &sql);
    if (r < 0)
        return r;
    r = sql_step(&sql);
    if (r <= 0)
        return r;
    struct str hash = sql_get_str(&sql, 0);
    if (hash.len == CHAIN_BYTES)
        memcpy(ret_link, hash.ptr, CHAIN_BYTES);
    return 0;
}

int store_audit_put(struct store *store, const struct store_audit_row *given)
{
    struct store_audit_row row = *given;
    unsigned char before[CHAIN_BYTES], link[CHAIN_BYTES];
    if (row.event.len > STORE_NAME_LIMIT || row.details.len > STORE_NAME_LIMIT)
        return -E2BIG;
    int r = store_next_id(store, STR("audit"), &row.id);
    if (r == 0)
        r = last_link(store, before);
    if (r < 0)
        return r;
    link_of(store, before, &row, link);
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, row.id);
    sql_int(&sql, row.at);
    sql_id(&sql, row.actor);
    sql_id(&sql, row.subject);
    sql_id(&sql, row.group);
    sql_text(&sql, row.plugin);
    sql_text(&sql, row.event);
    sql_text(&sql, row.details);
    sql_blob(&sql, link, sizeof link);
    return sql_run(&sql);
}

static int read_row(const struct sql *sql, struct arena *arena, struct store_audit_row *ret_row)
{
    struct store_audit_row row = {
        .id = sql_get_id(sql, 0),
        .at = sql_get_int(sql, 1),
        .actor = sql_get_id(sql, 2),
        .subject = sql_get_id(sql, 3),
        .group = sql_get_id(sql, 4),
    };
    int r = sql_keep_str(sql, 5, arena, &row.plugin);
    if (r == 0)
        r = sql_keep_str(sql, 6, arena, &row.event);
    if (r == 0)
        r = sql_keep_str(sql, 7, arena, &row.details);
    if (r == 0)
        *ret_row = row;
    return r;
}

int store_audit_each(struct store *store, uint64_t group, uint64_t subject, uint32_t limit,
                     void (*each)(void *ctx, const struct store_audit_row *row), void *ctx)
{
    AUTO_ARENA arena = {0};
    AUTO_SQL sql;
    int r = sql_read(store, subject ? SQL_EACH_OF_SUBJECT : SQL_EACH_OF_GROUP, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, group);
    sql_int(&sql, limit);
    if (subject)
        sql_id(&sql, subject);
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        struct store_audit_row row;
        r = read_row(&sql, &arena, &row);
        if (r < 0)
            return r;
        each(ctx, &row);
        arena_reset(&arena);
    }
}

int store_audit_verify(struct store *store, uint64_t *ret_first_bad)
{
    AUTO_ARENA arena = {0};
    unsigned char before[CHAIN_BYTES] = {0}, link[CHAIN_BYTES];
    AUTO_SQL sql;
    int r = sql_read(store, SQL_ALL, &sql);
    if (r < 0)
        return r;
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        struct store_audit_row row;
        r = read_row(&sql, &arena, &row);
        if (r < 0)
            return r;
        link_of(store, before, &row, link);
        struct str stored = sql_get_str(&sql, 8);
        if (stored.len != CHAIN_BYTES || sodium_memcmp(stored.ptr, link, CHAIN_BYTES) != 0) {
            *ret_first_bad = row.id;
            return -EBADMSG;
        }
        memcpy(before, link, sizeof before);
        arena_reset(&arena);
    }
}
