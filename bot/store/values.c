/* SPDX-License-Identifier: MIT */
/* values.c: keyed values per plugin and owner, sealed, keys too; found by a keyed hash, listed by
 * opening them. */
#include "store/values.h"

#include <errno.h>
#include <stdlib.h>

#include "store/seal.h"
#include "store/sql.h"

enum { KEYS_PER_OWNER = 4096 }; /* of one plugin: listing opens them all */

static const char SQL_PUT[] =
    "INSERT INTO value (owner_kind, owner_id, plugin, hash, key, value, at, expires_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (owner_kind, owner_id, plugin, hash)"
    " DO UPDATE SET key = excluded.key, value = excluded.value, at = excluded.at, expires_at = "
    "excluded.expires_at";
static const char SQL_GET[] =
    "SELECT value, expires_at FROM value"
    " WHERE owner_kind = ?1 AND owner_id = ?2 AND plugin = ?3 AND hash = ?4";
static const char SQL_FULL[] =
    "SELECT 1 FROM value WHERE owner_kind = ?1 AND owner_id = ?2 AND plugin = ?3"
    " LIMIT 1 OFFSET ?4";
static const char SQL_KEYS[] =
    "SELECT hash, key FROM value WHERE owner_kind = ?1 AND owner_id = ?2 AND plugin = ?3"
    " AND (expires_at = 0 OR expires_at > ?4)";
static const char SQL_REMOVE[] =
    "DELETE FROM value WHERE owner_kind = ?1 AND owner_id = ?2 AND plugin = ?3 AND hash = ?4";
static const char SQL_EXPIRE[] = "DELETE FROM value WHERE expires_at > 0 AND expires_at <= ?1";

/* Whose values: what the first three parameters of each statement say. */
struct owner {
    struct str plugin;
    uint32_t kind;
    uint64_t id;
};

/* What belongs to a member goes with the member's key, all else is sealed under the house's. */
static uint64_t key_owner(const struct owner *owner)
{
    return owner->kind == STORE_OWNER_MEMBER ? owner->id : STORE_HOUSE;
}

static void bind_owner(struct sql *sql, const struct owner *owner)
{
    sql_int(sql, owner->kind);
    sql_id(sql, owner->id);
    sql_text(sql, owner->plugin);
}

/* Keys are hashed under the owner's key, so that the file does not show that two members hold the
 * same one. */
static int hash_key(struct store *store, const struct owner *owner, struct str key,
                    unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {.column = "value.hash",
                               .a = owner->kind,
                               .b = owner->id,
                               .text = owner->plugin,
                               .more = key};
    return seal_hash(store, key_owner(owner), &place, ret_hash);
}

static struct seal_place place_of(const char *column, const struct owner *owner,
                                  const unsigned char *hash)
{
    return (struct seal_place){.column = column,
                               .a = owner->kind,
                               .b = owner->id,
                               .text = owner->plugin,
                               .more = {(const char *)hash, SEAL_HASH_BYTES}};
}

/* The row of one key: 1 with the statement standing on it, 0 when there is none. */
static int find(struct store *store, const struct owner *owner, const unsigned char *hash,
                struct sql *sql)
{
    int r = sql_read(store, SQL_GET, sql);
    if (r < 0)
        return r;
    bind_owner(sql, owner);
    sql_blob(sql, hash, SEAL_HASH_BYTES);
    return sql_step(sql);
}

/* Replacing never fails for want of room, or a full owner could not even correct itself. */
static int check_room(struct store *store, const struct owner *owner, const unsigned char *hash)
{
    AUTO_SQL old;
    int r = find(store, owner, hash, &old);
    if (r != 0)
        return r < 0 ? r : 0;
    AUTO_SQL sql;
    r = sql_read(store, SQL_FULL, &sql);
    if (r < 0)
        return r;
    bind_owner(&sql, owner);
    sql_int(&sql, KEYS_PER_OWNER - 1);
    r = sql_step(&sql);
    return r > 0 ? -EDQUOT : r;
}

/* Expired values of anybody go when something is written: no timer of its own is needed. */
static int expire(struct store *store)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_EXPIRE, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, store_now(store));
    return sql_run(&sql);
}

static int put_sealed(struct store *store, const struct owner *owner, const unsigned char *hash,
                      struct str key, struct str value, int64_t expires_at)
{
    AUTO_ARENA arena = {0};
    struct str sealed_key, sealed_value;
    struct seal_place key_place = place_of("value.key", owner, hash),
                      value_place = place_of("value.value", owner, hash);
    int r = seal_close(store, key_owner(owner), &key_place, key, &arena, &sealed_key);
    if (r == 0)
        r = seal_close(store, key_owner(owner), &value_place, value, &arena, &sealed_value);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    bind_owner(&sql, owner);
    sql_blob(&sql, hash, SEAL_HASH_BYTES);
    sql_sealed(&sql, sealed_key);
    sql_sealed(&sql, sealed_value);
    sql_int(&sql, store_now(store));
    sql_int(&sql, expires_at);
    return sql_run(&sql);
}

int store_values_put(struct store *store, struct str plugin, uint32_t owner_kind, uint64_t owner_id,
                     struct str key, struct str value, int64_t expires_at)
{
    struct owner owner = {plugin, owner_kind, owner_id};
    unsigned char hash[SEAL_HASH_BYTES];
    if (key.len > STORE_NAME_LIMIT || value.len > STORE_TEXT_LIMIT)
        return -E2BIG;
    int r = hash_key(store, &owner, key, hash);
    if (r == 0)
        r = check_room(store, &owner, hash);
    if (r == 0)
        r = put_sealed(store, &owner, hash, key, value, expires_at);
    return r < 0 ? r : expire(store);
}

int store_values_get(struct store *store, struct str plugin, uint32_t owner_kind, uint64_t owner_id,
                     struct str key, struct arena *arena, struct str *ret_value)
{
    struct owner owner = {plugin, owner_kind, owner_id};
    unsigned char hash[SEAL_HASH_BYTES];
    int r = hash_key(store, &owner, key, hash);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = find(store, &owner, hash, &sql);
    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    int64_t expires_at = sql_get_int(&sql, 1);
    if (expires_at > 0 && expires_at <= store_now(store))
        return -ENOENT;
    struct seal_place place = place_of("value.value", &owner, hash);
    return seal_open(store, key_owner(&owner), &place, sql_get_str(&sql, 0), arena, ret_value);
}

/* ---- listing --------------------------------------------------------------------------------- */

struct entry {
    struct str key;
    unsigned char hash[SEAL_HASH_BYTES];
};
struct entries {
    struct entry *items;
    size_t count, capacity;
};

static int add_entry(struct store *store, const struct owner *owner, const struct sql *sql,
                     struct str prefix, struct arena *arena, struct entries *entries)
{
    struct entry entry;
    struct str hash = sql_get_str(sql, 0);
    if (hash.len != SEAL_HASH_BYTES)
        return -EBADMSG;
    memcpy(entry.hash, hash.ptr, sizeof entry.hash);
    struct seal_place place = place_of("value.key", owner, entry.hash);
    int r = seal_open(store, key_owner(owner), &place, sql_get_str(sql, 1), arena, &entry.key);
    if (r < 0 || !str_starts(entry.key, prefix))
        return r;
    r = mem_grow(&entries->items, &entries->capacity, entries->count, sizeof entry, KEYS_PER_OWNER);
    if (r == 0)
        entries->items[entries->count++] = entry;
    return r;
}

static int collect(struct store *store, const struct owner *owner, struct str prefix,
                   struct arena *arena, struct entries *entries)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_KEYS, &sql);
    if (r < 0)
        return r;
    bind_owner(&sql, owner);
    sql_int(&sql, store_now(store));
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        r = add_entry(store, owner, &sql, prefix, arena, entries);
        if (r < 0)
            return r;
    }
}

static int by_key(const void *a, const void *b)
{
    return str_compare(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static void entries_cleanup(struct entries *entries)
{
    mem_free(entries->items);
}

static int remove_one(struct store *store, const struct owner *owner, const unsigned char *hash)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_REMOVE, &sql);
    if (r < 0)
        return r;
    bind_owner(&sql, owner);
    sql_blob(&sql, hash, SEAL_HASH_BYTES);
    return sql_run(&sql);
}

int store_values_remove(struct store *store, struct str plugin, uint32_t owner_kind,
                        uint64_t owner_id, struct str key)
{
    struct owner owner = {plugin, owner_kind, owner_id};
    unsigned char hash[SEAL_HASH_BYTES];
    int r = hash_key(store, &owner, key, hash);
    return r < 0 ? r : remove_one(store, &owner, hash);
}

int store_values_erase(struct store *store, struct str plugin, uint32_t owner_kind,
                       uint64_t owner_id, struct str key_prefix)
{
    struct owner owner = {plugin, owner_kind, owner_id};
    AUTO_ARENA arena = {0};
    CLEANUP(entries_cleanup) struct entries entries = {0};
    int r = collect(store, &owner, key_prefix, &arena, &entries);
    for (size_t i = 0; r == 0 && i < entries.count; i++)
        r = remove_one(store, &owner, entries.items[i].hash);
    return r;
}

/* The value is fetched just before it is handed over: what an earlier call took away is passed
 * over. */
static int hand_over(struct store *store, const struct owner *owner, const struct entry *entry,
                     store_value_fn each, void *ctx)
{
    AUTO_ARENA arena = {0};
    struct str value;
    int r = store_values_get(store, owner->plugin, owner->kind, owner->id, entry->key, &arena,
                             &value);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    each(ctx, entry->key, value);
    return 1;
}

int store_values_scan(struct store *store, struct str plugin, uint32_t owner_kind,
                      uint64_t owner_id, struct str key_prefix, struct str after, uint32_t limit,
                      store_value_fn each, void *ctx)
{
    struct owner owner = {plugin, owner_kind, owner_id};
    AUTO_ARENA arena = {0};
    CLEANUP(entries_cleanup) struct entries entries = {0};
    int count = 0;
    int r = collect(store, &owner, key_prefix, &arena, &entries);
    if (r < 0)
        return r;
    if (entries.count > 0)
        qsort(entries.items, entries.count, sizeof *entries.items, by_key);
    for (size_t i = 0; i < entries.count && (uint32_t)count < limit; i++) {
        if (!str_empty(after) && str_compare(entries.items[i].key, after) <= 0)
            continue;
        r = hand_over(store, &owner, &entries.items[i], each, ctx);
        if (r < 0)
            return r;
        count += r;
    }
    return count;
}
