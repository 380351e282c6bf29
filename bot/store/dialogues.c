/* SPDX-License-Identifier: MIT */
/* dialogues.c: questions under way, and the choices last offered. */
#include "store/dialogues.h"

#include <errno.h>

#include "store/seal.h"
#include "store/sql.h"

static const char SQL_PUT[] =
    "INSERT INTO dialogue (member, plugin, name, version, started_at, asked_at, expires_at, state)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (member, plugin, name)"
    " DO UPDATE SET version = excluded.version, started_at = excluded.started_at, asked_at = "
    "excluded.asked_at,"
    " expires_at = excluded.expires_at, state = excluded.state";
static const char SQL_REMOVE[] =
    "DELETE FROM dialogue WHERE member = ?1 AND plugin = ?2 AND name = ?3";
static const char SQL_EACH[] =
    "SELECT plugin, name, version, started_at, asked_at, expires_at, state"
    " FROM dialogue WHERE member = ?1 ORDER BY asked_at DESC, plugin, name";
static const char SQL_EACH_MEMBER[] = "SELECT DISTINCT member FROM dialogue";
static const char SQL_COUNT[] = "SELECT count(*) FROM dialogue";
static const char SQL_OFFER_PUT[] =
    "INSERT INTO offer (owner_kind, owner_id, offer, offered_at, expires_at) VALUES (?1, ?2, ?3, "
    "?4, ?5)"
    " ON CONFLICT (owner_kind, owner_id) DO UPDATE SET offer = excluded.offer,"
    " offered_at = excluded.offered_at, expires_at = excluded.expires_at";
static const char SQL_OFFER_GET[] =
    "SELECT offer, offered_at, expires_at FROM offer WHERE owner_kind = ?1 AND owner_id = ?2";

enum { OWNER_ROOM = 2 }; /* enum mooring_owner_kind: MOORING_OWN_ROOM */

static struct seal_place state_place(uint64_t member, struct str plugin, struct str name)
{
    return (struct seal_place){
        .column = "dialogue.state", .a = member, .text = plugin, .more = name};
}

int store_dialogues_put(struct store *store, const struct store_dialogue *dialogue)
{
    AUTO_ARENA arena = {0};
    struct str sealed;
    struct seal_place place = state_place(dialogue->member, dialogue->plugin, dialogue->name);
    int r = seal_close(store, dialogue->member, &place, dialogue->state, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, dialogue->member);
    sql_text(&sql, dialogue->plugin);
    sql_text(&sql, dialogue->name);
    sql_int(&sql, dialogue->version);
    sql_int(&sql, dialogue->started_at);
    sql_int(&sql, dialogue->asked_at);
    sql_int(&sql, dialogue->expires_at);
    sql_sealed(&sql, sealed);
    return sql_run(&sql);
}

int store_dialogues_remove(struct store *store, uint64_t member, struct str plugin, struct str name)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_REMOVE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_text(&sql, plugin);
    sql_text(&sql, name);
    return sql_run(&sql);
}

static int open_row(struct store *store, uint64_t member, const struct sql *sql,
                    struct arena *arena, struct store_dialogue *ret_dialogue)
{
    struct store_dialogue dialogue = {
        .member = member,
        .version = (uint32_t)sql_get_int(sql, 2),
        .started_at = sql_get_int(sql, 3),
        .asked_at = sql_get_int(sql, 4),
        .expires_at = sql_get_int(sql, 5),
    };
    int r = sql_keep_str(sql, 0, arena, &dialogue.plugin);
    if (r == 0)
        r = sql_keep_str(sql, 1, arena, &dialogue.name);
    if (r < 0)
        return r;
    struct seal_place place = state_place(member, dialogue.plugin, dialogue.name);
    r = seal_open(store, member, &place, sql_get_str(sql, 6), arena, &dialogue.state);
    if (r == 0)
        *ret_dialogue = dialogue;
    return r;
}

int store_dialogues_each(struct store *store, uint64_t member,
                         void (*each)(void *ctx, const struct store_dialogue *dialogue), void *ctx)
{
    AUTO_ARENA arena = {0};
    AUTO_SQL sql;
    int r = sql_read(store, SQL_EACH, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        struct store_dialogue dialogue;
        r = open_row(store, member, &sql, &arena, &dialogue);
        if (r < 0)
            return r;
        each(ctx, &dialogue);
        arena_reset(&arena);
    }
}

int store_dialogues_each_member(struct store *store, void (*each)(void *ctx, uint64_t member),
                                void *ctx)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_EACH_MEMBER, &sql);
    if (r < 0)
        return r;
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        each(ctx, sql_get_id(&sql, 0));
    }
}

/* ---- offers ---------------------------------------------------------------------------------- */

static uint32_t owner_kind(bool is_member)
{
    return is_member ? (uint32_t)STORE_OWNER_MEMBER : (uint32_t)OWNER_ROOM;
}

static uint64_t key_owner(uint64_t place, bool is_member)
{
    return is_member ? place : STORE_HOUSE;
}

static struct seal_place offer_place(uint64_t place, bool is_member)
{
    return (struct seal_place){.column = "offer.offer", .a = owner_kind(is_member), .b = place};
}

int store_dialogues_count(struct store *store, int64_t *ret_count)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_COUNT, &sql);
    if (r == 0)
        r = sql_find(&sql);
    if (r == 0)
        *ret_count = sql_get_int(&sql, 0);
    return r;
}

int store_offers_put(struct store *store, uint64_t place, bool is_member, bool is_passing,
                     struct str offer, int64_t offered_at, int64_t expires_at)
{
    AUTO_ARENA arena = {0};
    struct str sealed;
    struct seal_place bond = offer_place(place, is_member);
    uint64_t owner = is_passing ? STORE_PASSING : key_owner(place, is_member);
    int r = seal_close(store, owner, &bond, offer, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_OFFER_PUT, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, owner_kind(is_member));
    sql_id(&sql, place);
    sql_sealed(&sql, sealed);
    sql_int(&sql, offered_at);
    sql_int(&sql, expires_at);
    return sql_run(&sql);
}

int store_offers_get(struct store *store, uint64_t place, bool is_member, struct arena *arena,
                     struct str *ret_offer, int64_t *ret_offered_at)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_OFFER_GET, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, owner_kind(is_member));
    sql_id(&sql, place);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    int64_t expires_at = sql_get_int(&sql, 2);
    if (expires_at > 0 && expires_at <= store_now(store))
        return -ENOENT;
    struct seal_place bond = offer_place(place, is_member);
    struct str sealed = sql_get_str(&sql, 0);
    r = seal_open(store, key_owner(place, is_member), &bond, sealed, arena, ret_offer);
    if (r == -EBADMSG)
        r = seal_open(store, STORE_PASSING, &bond, sealed, arena, ret_offer);
    if (r == -EBADMSG)
        return -ENOENT;
    if (r == 0)
        *ret_offered_at = sql_get_int(&sql, 1);
    return r;
}
