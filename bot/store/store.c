/* SPDX-License-Identifier: MIT */
/* store.c: a store's life; faults; keyed hashes; what the program keeps about itself. */
#include "store/internal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "store/restore.h"
#include "base/number.h"
#include "store/seal.h"
#include "store/sql.h"

static const char SQL_SELF_GET[] = "SELECT value FROM self WHERE name = ?1";
static const char SQL_SELF_PUT[] = "INSERT INTO self (name, value) VALUES (?1, ?2) ON CONFLICT "
                                   "(name) DO UPDATE SET value = excluded.value";
static const char SQL_META_GET[] = "SELECT value FROM meta WHERE name = ?1";
static const char SQL_META_PUT[] = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT "
                                   "(name) DO UPDATE SET value = excluded.value";
static const char SQL_COUNTER_NEXT[] =
    "INSERT INTO counter (name, value) VALUES (?1, 1)"
    " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value";

/* ---- life ------------------------------------------------------------------------------------ */

static int keep_options(struct store *store, const struct store_options *options)
{
    store->clock = options->clock;
    store->folder_fd = -1;
    if (!options->in_memory) {
        store->folder = str_copy(str_of(options->folder));
        if (!store->folder)
            return -ENOMEM;
        int r = fault_disk_create(&store->fault, &store->disk);
        if (r < 0)
            return r;
    }
    store->passing = sodium_malloc(sizeof *store->passing);
    if (!store->passing)
        return -ENOMEM;
    if (!options->master_key)
        return 0;
    store->master_key = sodium_malloc(KEYRING_KEY_BYTES);
    if (!store->master_key)
        return -ENOMEM;
    memcpy(store->master_key, options->master_key, KEYRING_KEY_BYTES);
    if (!options->next_key)
        return 0;
    store->next_key = sodium_malloc(KEYRING_KEY_BYTES);
    if (!store->next_key)
        return -ENOMEM;
    memcpy(store->next_key, options->next_key, KEYRING_KEY_BYTES);
    return 0;
}

static int open_with(const struct store_options *options,
                     int (*connect)(struct store *store, struct error *error),
                     struct store **ret_store, struct error *error)
{
    assert(options->in_memory || options->folder);
    if (sodium_init() < 0)
        return error_set(error, -ENOSYS,
                         "cannot open the store: libsodium finds no source of random numbers.");
    struct store *store = mem_zalloc(sizeof *store);
    if (!store)
        return error_set(error, -ENOMEM, "cannot open the store: memory is short.");
    int r = keep_options(store, options);
    if (r < 0)
        r = error_set(error, r, "cannot open the store: memory is short.");
    else
        r = connect(store, error);
    if (r < 0) {
        store_close(store);
        return r;
    }
    *ret_store = store;
    return 0;
}

int store_open(const struct store_options *options, struct store **ret_store, struct error *error)
{
    return open_with(options, options->must_exist ? store_connect_again : store_connect, ret_store,
                     error);
}

int store_open_bare(const struct store_options *options, struct store **ret_store,
                    struct error *error)
{
    return open_with(options, store_connect_bare, ret_store, error);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store->rolled_back_count = 0; /* whom they would tell may be gone */
    if (store->db)
        store_rollback(store);
    store_disconnect(store, false);
    fault_disk_destroy(store->disk);
    sodium_free(store->master_key);
    sodium_free(store->passing);
    sodium_free(store->next_key);
    if (store->folder_fd >= 0)
        close(store->folder_fd); /* and the lock with it */
    mem_free(store->folder);
    mem_free(store);
}

int store_crash(struct store *store)
{
    store->committed_count = 0;
    store->rolled_back_count = 0;
    store->trouble_changed = NULL;
    if (!store->folder) {
        store->trouble = (struct store_trouble){0};
        /* all that a kill would lose; the rest has no file to come back from */
        store_rollback(store);
        sql_forget_statements(store);
        randombytes_buf(store->passing, sizeof *store->passing);
        return store_forget_passed(store);
    }
    store->begun = false;
    store->depth = store->sql_depth = 0;
    store->lost = 0;
    store->trouble = (struct store_trouble){0};
    store->reopens = false;
    store_disconnect(store, true);
    return store_connect(store, NULL);
}

/* ---- faults ---------------------------------------------------------------------------------- */

void store_inject(struct store *store, enum store_fault fault)
{
    store->fault = fault;
    keyring_inject(store->keyring, fault_errno(fault));
}

/* ---- the master key -------------------------------------------------------------------------- */

int store_rotate_key(struct store *store, const unsigned char *new_key, struct error *error)
{
    if (!store->folder || !store->master_key)
        return error_set(error, -EOPNOTSUPP,
                         "the database is not open, so its key cannot be changed: only the floor "
                         "works, and `mooring doctor` says why.");
    if (sodium_memcmp(store->master_key, new_key, KEYRING_KEY_BYTES) == 0)
        return error_set(error, -EALREADY, "the keyring is under this master key already.");
    int r = keyring_rotate(store->keyring, new_key);
    if (r < 0)
        return error_set(error, r,
                         "the keyring could not be put under the new key: %s. It is under the old "
                         "one, as before.",
                         strerrordesc_np(-r));
    memcpy(store->master_key, new_key, KEYRING_KEY_BYTES);
    sodium_free(TAKE(store->next_key));
    return 0;
}

bool store_has_next_key(const struct store *store)
{
    return store->has_next_key;
}

void store_key_mark(const unsigned char *key, unsigned char ret_mark[STORE_KEY_MARK_BYTES])
{
    static const char purpose[] = "mooring master key mark";
    unsigned char whole[32];
    crypto_generichash(whole, sizeof whole, (const unsigned char *)purpose, sizeof purpose - 1, key,
                       KEYRING_KEY_BYTES);
    memcpy(ret_mark, whole, STORE_KEY_MARK_BYTES);
}

/* ---- keyed hashes ---------------------------------------------------------------------------- */

static struct seal_place place_of(struct str a, struct str b)
{
    return (struct seal_place){.column = "name", .text = a, .more = b};
}

/* kind, a and b each with its length before it: the kind takes the place of the column's name. */
static void hash_names(const unsigned char *key, struct str kind, struct str a, struct str b,
                       unsigned char *out)
{
    unsigned char inner[KEYRING_HASH_BYTES];
    struct seal_place names = place_of(a, b);
    seal_place_hash(key, &names, inner, sizeof inner);
    struct seal_place whole = place_of(kind, (struct str){(const char *)inner, sizeof inner});
    seal_place_hash(key, &whole, out, KEYRING_HASH_BYTES);
}

uint64_t store_name_id(const struct store *store, struct str kind, struct str a, struct str b)
{
    unsigned char hash[KEYRING_HASH_BYTES];
    uint64_t id = 0;
    hash_names(keyring_house_key(store->keyring, KEYRING_NAME_ID), kind, a, b, hash);
    memcpy(&id, hash, sizeof id);
    id &= INT64_MAX;
    return id ? id : 1;
}

void store_hash(const struct store *store, struct str kind, struct str a, struct str b,
                unsigned char ret_hash[STORE_HASH_BYTES])
{
    _Static_assert((int)STORE_HASH_BYTES == (int)KEYRING_HASH_BYTES, "one size of lookup hashes");
    hash_names(keyring_house_key(store->keyring, KEYRING_IDENTITY), kind, a, b, ret_hash);
}

int64_t store_wall_at(const struct store *store)
{
    return store_now(store);
}

uint64_t store_people_generation(const struct store *store)
{
    return store->generation_before + store->links_changed + keyring_generation(store->keyring);
}

/* ---- self, meta, counters -------------------------------------------------------------------- */

int store_self_get(struct store *store, struct str name, struct arena *arena, struct str *ret_value)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_SELF_GET, &sql);
    if (r < 0)
        return r;
    sql_text(&sql, name);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    return sql_keep_str(&sql, 0, arena, ret_value);
}

int store_self_put(struct store *store, struct str name, struct str value)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_SELF_PUT, &sql);
    if (r < 0)
        return r;
    sql_text(&sql, name);
    sql_blob(&sql, value.ptr, value.len);
    return sql_run(&sql);
}

int store_meta_get(struct store *store, struct str name, struct arena *arena, struct str *ret_value)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_META_GET, &sql);
    if (r < 0)
        return r;
    sql_text(&sql, name);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    struct seal_place place = {.column = "meta.value", .text = name};
    return seal_open(store, STORE_HOUSE, &place, sql_get_str(&sql, 0), arena, ret_value);
}

int store_meta_put(struct store *store, struct str name, struct str value)
{
    AUTO_ARENA arena = {0};
    struct str sealed;
    struct seal_place place = {.column = "meta.value", .text = name};
    int r = seal_close(store, STORE_HOUSE, &place, value, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_META_PUT, &sql);
    if (r < 0)
        return r;
    sql_text(&sql, name);
    sql_sealed(&sql, sealed);
    return sql_run(&sql);
}

/* ---- the clock of what was written -------------------------------------------------------------
 */

#define LAST_AT STR("last_at")
#define NOTE_MS CLOCK_HOUR_MS

int store_last_at(struct store *store, int64_t *ret_at)
{
    AUTO_ARENA arena = {0};
    struct str value;
    int r = store_self_get(store, LAST_AT, &arena, &value);
    return r < 0 ? r : number_parse(value, 0, INT64_MAX, ret_at) < 0 ? -ENOENT : 0;
}

void store_trust_clock(struct store *store, bool trusts)
{
    store->trusts_clock = trusts;
    store->noted_at = 0;
}

/* Not with a commit of its own: a bot that writes nothing has nothing that a wrong clock could
 * harm. */
int store_note_clock(struct store *store)
{
    int64_t now = store_now(store), ago_ms = now - store->noted_at;
    char value[24];
    if (!store->trusts_clock || (ago_ms >= 0 && ago_ms < NOTE_MS))
        return 0;
    (void)snprintf(value, sizeof value, "%" PRId64, now);
    store->noted_at = now;
    return store_self_put(store, LAST_AT, str_of(value));
}

int store_next_id(struct store *store, struct str name, uint64_t *ret_id)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_COUNTER_NEXT, &sql);
    if (r < 0)
        return r;
    sql_text(&sql, name);
    r = sql_step(&sql);
    if (r < 0)
        return r;
    *ret_id = sql_get_id(&sql, 0);
    return 0;
}
