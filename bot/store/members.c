/* SPDX-License-Identifier: MIT */
/* members.c: members, their identities, groups, consents and preferences. */
#include "store/members.h"

#include <errno.h>

#include "store/link.h"
#include "store/seal.h"
#include "store/sql.h"

static const char SQL_MEMBER_ENSURE[] =
    "INSERT INTO member (member, created_at) VALUES (?1, ?2) ON CONFLICT (member) DO NOTHING";
static const char SQL_IDENTITY_PUT[] =
    "INSERT INTO identity (member, hash, texts, seen_at) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (member, hash) DO UPDATE SET texts = excluded.texts, seen_at = excluded.seen_at";
static const char SQL_IDENTITY_EACH[] =
    "SELECT hash, texts, seen_at FROM identity WHERE member = ?1 ORDER BY seen_at DESC, hash";
static const char SQL_GROUP_NOTE[] =
    "INSERT INTO member_group (member, group_id, active_at) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (member, group_id) DO UPDATE SET active_at = excluded.active_at";
static const char SQL_GROUP_EACH_MEMBER[] = "SELECT member FROM member_group WHERE group_id = ?1 "
                                            "AND member NOT IN (SELECT member FROM link "
                                            "WHERE state IN (1, 2, 3)) ORDER BY seq";
static const char SQL_MEMBER_EACH_GROUP[] =
    "SELECT group_id FROM member_group WHERE member = ?1 ORDER BY active_at DESC, seq DESC";
static const char SQL_CONSENT_PUT[] =
    "INSERT INTO consent (member, group_id, scope, granted, at) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (member, group_id, scope) DO UPDATE SET granted = excluded.granted, at = "
    "excluded.at";
static const char SQL_CONSENT_GET[] =
    "SELECT granted FROM consent WHERE member = ?1 AND group_id = ?2 AND scope = ?3";
static const char SQL_PREFERENCE_PUT[] =
    "INSERT INTO preference (member, name, value, at) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (member, name) DO UPDATE SET value = excluded.value, at = excluded.at";
static const char SQL_PREFERENCE_GET[] =
    "SELECT value FROM preference WHERE member = ?1 AND name = ?2";
static const char SQL_PREFERENCE_REMOVE[] =
    "DELETE FROM preference WHERE member = ?1 AND name = ?2";

int store_members_find(struct store *store, const unsigned char hash[STORE_HASH_BYTES],
                       uint64_t *ret_member)
{
    int r = keyring_find(store->keyring, hash, ret_member);
    if (r == 0)
        *ret_member = store_link_current(store, *ret_member);
    return r;
}

int store_members_ensure(struct store *store, uint64_t member)
{
    if (!keyring_holds(store->keyring, member))
        return -ENOKEY;
    AUTO_SQL sql;
    int r = sql_write(store, SQL_MEMBER_ENSURE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_int(&sql, store_now(store));
    return sql_run(&sql);
}

int store_members_create(struct store *store, const unsigned char hash[STORE_HASH_BYTES],
                         uint64_t *ret_member)
{
    uint64_t member = 0;
    /* The transaction first: when the disk refuses it, no key is made for nothing. */
    int r = store_begin(store);
    if (r < 0)
        return r;
    /* left over from a turn that was rolled back */
    r = keyring_find(store->keyring, hash, &member);
    if (r == -ENOENT)
        r = store_note_trouble(store, keyring_add(store->keyring, hash, &member));
    member = r == 0 ? store_link_current(store, member) : member;
    if (r == 0)
        r = store_members_ensure(store, member);
    if (r == 0)
        r = store_note_sequence(store);
    if (r < 0)
        return r;
    *ret_member = member;
    return 0;
}

static struct seal_place identity_place(uint64_t member, struct str hash)
{
    return (struct seal_place){.column = "identity.texts", .a = member, .text = hash};
}

int store_members_put_identity(struct store *store, uint64_t member,
                               const struct store_identity *identity)
{
    AUTO_ARENA arena = {0};
    struct str texts[] = {identity->network, identity->identity, identity->address,
                          identity->display};
    struct str packed, sealed;
    unsigned char hash[SEAL_HASH_BYTES];
    struct seal_place key = {
        .column = "identity.hash", .text = identity->network, .more = identity->identity};
    struct seal_place place = identity_place(member, (struct str){(char *)hash, sizeof hash});
    int r = store_members_ensure(store, member);
    if (r == 0)
        r = seal_hash(store, member, &key, hash);
    if (r == 0)
        r = seal_pack(texts, COUNT_OF(texts), &arena, &packed);
    if (r == 0)
        r = seal_close(store, member, &place, packed, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_IDENTITY_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_blob(&sql, hash, sizeof hash);
    sql_sealed(&sql, sealed);
    sql_int(&sql, identity->seen_at);
    return sql_run(&sql);
}

static int open_identity(struct store *store, uint64_t member, const struct sql *sql,
                         struct arena *arena, struct store_identity *ret_identity)
{
    struct str packed, texts[4];
    struct seal_place place = identity_place(member, sql_get_str(sql, 0));
    int r = seal_open(store, member, &place, sql_get_str(sql, 1), arena, &packed);
    if (r == 0)
        r = seal_unpack(packed, texts, COUNT_OF(texts));
    if (r < 0)
        return r;
    *ret_identity = (struct store_identity){.network = texts[0],
                                            .identity = texts[1],
                                            .address = texts[2],
                                            .display = texts[3],
                                            .seen_at = sql_get_int(sql, 2)};
    return 0;
}

int store_members_each_identity(struct store *store, uint64_t member, store_identity_fn each,
                                void *ctx)
{
    AUTO_ARENA arena = {0};
    AUTO_SQL sql;
    int r = sql_read(store, SQL_IDENTITY_EACH, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        struct store_identity identity;
        r = open_identity(store, member, &sql, &arena, &identity);
        if (r < 0)
            return r;
        each(ctx, &identity);
        arena_reset(&arena);
    }
}

static int walk_members(struct sql *sql, store_member_fn each, void *ctx)
{
    for (;;) {
        int r = sql_step(sql);
        if (r <= 0)
            return r;
        r = each(ctx, sql_get_id(sql, 0));
        if (r != 0)
            return r;
    }
}

int store_members_note_group(struct store *store, uint64_t member, uint64_t group)
{
    int r = store_members_ensure(store, member);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_GROUP_NOTE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_id(&sql, group);
    sql_int(&sql, store_now(store));
    return sql_run(&sql);
}

int store_members_each_in_group(struct store *store, uint64_t group, store_member_fn each,
                                void *ctx)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_GROUP_EACH_MEMBER, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, group);
    return walk_members(&sql, each, ctx);
}

int store_members_each_group(struct store *store, uint64_t member,
                             int (*each)(void *ctx, uint64_t group), void *ctx)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_MEMBER_EACH_GROUP, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    return walk_members(&sql, each, ctx);
}

int store_members_put_consent(struct store *store, uint64_t member, uint64_t group,
                              struct str scope, bool granted)
{
    if (scope.len > STORE_NAME_LIMIT)
        return -E2BIG;
    int r = store_members_ensure(store, member);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_CONSENT_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_id(&sql, group);
    sql_text(&sql, scope);
    sql_int(&sql, granted);
    sql_int(&sql, store_now(store));
    return sql_run(&sql);
}

int store_members_get_consent(struct store *store, uint64_t member, uint64_t group,
                              struct str scope)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_CONSENT_GET, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_id(&sql, group);
    sql_text(&sql, scope);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    return sql_get_int(&sql, 0) != 0;
}

static int remove_preference(struct store *store, uint64_t member, struct str name)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_PREFERENCE_REMOVE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_text(&sql, name);
    return sql_run(&sql);
}

int store_members_put_preference(struct store *store, uint64_t member, struct str name,
                                 struct str value)
{
    if (name.len > STORE_NAME_LIMIT || value.len > STORE_NAME_LIMIT)
        return -E2BIG;
    if (str_empty(value))
        return remove_preference(store, member, name);
    AUTO_ARENA arena = {0};
    struct str sealed;
    struct seal_place place = {.column = "preference.value", .a = member, .text = name};
    int r = store_members_ensure(store, member);
    if (r == 0)
        r = seal_close(store, member, &place, value, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_PREFERENCE_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_text(&sql, name);
    sql_sealed(&sql, sealed);
    sql_int(&sql, store_now(store));
    return sql_run(&sql);
}

int store_members_get_preference(struct store *store, uint64_t member, struct str name,
                                 struct arena *arena, struct str *ret_value)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_PREFERENCE_GET, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_text(&sql, name);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    struct seal_place place = {.column = "preference.value", .a = member, .text = name};
    return seal_open(store, member, &place, sql_get_str(&sql, 0), arena, ret_value);
}
