/* SPDX-License-Identifier: MIT */
/* matrix_direct.c: private rooms on Matrix; pictures that were uploaded. */
#include "store/matrix_direct.h"

#include <errno.h>

#include "store/members.h"
#include "store/seal.h"
#include "store/sql.h"

#define GUEST_KEEP_MS (30 * CLOCK_DAY_MS)

static const char SQL_PUT[] =
    "INSERT INTO matrix_direct (hash, network, member, state, at, value) VALUES (?1, ?2, ?3, ?4, "
    "?5, "
    "?6)"
    " ON CONFLICT (hash) DO UPDATE SET member = excluded.member, state = excluded.state,"
    " at = excluded.at, value = excluded.value";
static const char SQL_GET[] = "SELECT member, state, at, value FROM matrix_direct WHERE hash = ?1";
static const char SQL_EACH[] = "SELECT member, state, at, value, hash FROM matrix_direct WHERE "
                               "network = ?1 AND member <> 0";
/* Nobody can ask for these to be forgotten: somebody without an identity whom nothing was said to
 * for a month. */
static const char SQL_PRUNE[] = "DELETE FROM matrix_direct WHERE member = 0 AND at < ?1";
static const char SQL_MEDIA_PUT[] =
    "INSERT INTO matrix_media (hash, at, value) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (hash) DO UPDATE SET at = excluded.at, value = excluded.value";
static const char SQL_MEDIA_GET[] = "SELECT value FROM matrix_media WHERE hash = ?1";
static const char SQL_MEDIA_TRIM[] =
    "DELETE FROM matrix_media WHERE hash IN (SELECT hash FROM matrix_media ORDER BY at DESC LIMIT "
    "-1 OFFSET ?1)";

static void hash_of(const struct store *store, const char *column, struct str network,
                    struct str what, unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {.column = column, .text = network, .more = what};
    seal_place_hash(keyring_house_key(store->keyring, KEYRING_EVENT), &place, ret_hash,
                    SEAL_HASH_BYTES);
}

static struct str bytes_of(const unsigned char hash[SEAL_HASH_BYTES])
{
    return (struct str){(const char *)hash, SEAL_HASH_BYTES};
}

/* ---- private rooms --------------------------------------------------------------------------- */

static struct seal_place direct_place(struct str hash)
{
    return (struct seal_place){.column = "matrix_direct.value", .text = hash};
}

/* As people/ hashes an identity: on Matrix that is the user id. */
uint64_t store_direct_member(struct store *store, struct str network, struct str user)
{
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member = 0;
    store_hash(store, STR("identity"), network, user, hash);
    return store_members_find(store, hash, &member) < 0 ? STORE_HOUSE : member;
}

static int prune(struct store *store)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_PRUNE, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, store_now(store) - GUEST_KEEP_MS);
    return sql_run(&sql);
}

static int put_row(struct store *store, struct str hash, struct str network,
                   const struct store_direct *direct, struct str sealed)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash.ptr, hash.len);
    sql_text(&sql, network);
    sql_id(&sql, direct->member);
    sql_int(&sql, direct->state);
    sql_int(&sql, direct->at);
    sql_sealed(&sql, sealed);
    return sql_run(&sql);
}

int store_direct_put(struct store *store, struct str network, struct str user,
                     const struct store_direct *direct)
{
    AUTO_ARENA arena = {0};
    unsigned char bytes[SEAL_HASH_BYTES];
    struct str packed, sealed;
    if (user.len > STORE_NAME_LIMIT || direct->room.len > STORE_NAME_LIMIT ||
        direct->wish.len > STORE_NAME_LIMIT)
        return -E2BIG;
    hash_of(store, "matrix_direct.hash", network, user, bytes);
    struct seal_place place = direct_place(bytes_of(bytes));
    uint64_t member = direct->member;
    struct str texts[] = {member == STORE_HOUSE ? (struct str){0} : user, direct->room,
                          direct->wish};
    int r = seal_pack(texts, COUNT_OF(texts), &arena, &packed);
    if (r == 0)
        r = seal_close(store, member, &place, packed, &arena, &sealed);
    if (r == 0)
        r = put_row(store, bytes_of(bytes), network, direct, sealed);
    return r < 0 ? r : prune(store);
}

static int open_direct(struct store *store, const struct sql *sql, struct str hash,
                       struct arena *arena, struct str *ret_user, struct store_direct *ret_direct)
{
    struct str packed, texts[3];
    struct seal_place place = direct_place(hash);
    int64_t state = sql_get_int(sql, 1);
    int r = seal_open(store, sql_get_id(sql, 0), &place, sql_get_str(sql, 3), arena, &packed);
    if (r == 0)
        r = seal_unpack(packed, texts, COUNT_OF(texts));
    if (r == 0 && (state < 0 || state >= STORE_DIRECT_STATE_COUNT))
        r = -EBADMSG;
    if (r < 0)
        return r;
    *ret_user = texts[0];
    *ret_direct = (struct store_direct){.state = (enum store_direct_state)state,
                                        .room = texts[1],
                                        .wish = texts[2],
                                        .at = sql_get_int(sql, 2),
                                        .member = sql_get_id(sql, 0)};
    return 0;
}

int store_direct_get(struct store *store, struct str network, struct str user, struct arena *arena,
                     struct store_direct *ret_direct)
{
    unsigned char bytes[SEAL_HASH_BYTES];
    hash_of(store, "matrix_direct.hash", network, user, bytes);
    AUTO_SQL sql;
    int r = sql_read(store, SQL_GET, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, bytes, sizeof bytes);
    r = sql_find(&sql);
    struct str whose;
    return r < 0 ? r : open_direct(store, &sql, bytes_of(bytes), arena, &whose, ret_direct);
}

int store_direct_each(struct store *store, struct str network, store_direct_fn each, void *ctx)
{
    AUTO_ARENA arena = {0};
    AUTO_SQL sql;
    int r = sql_read(store, SQL_EACH, &sql);
    if (r < 0)
        return r;
    sql_text(&sql, network);
    for (r = sql_step(&sql); r > 0; r = sql_step(&sql)) {
        struct store_direct direct;
        struct str user;
        int opened = open_direct(store, &sql, sql_get_str(&sql, 4), &arena, &user, &direct);
        if (opened == 0 && !str_empty(user))
            opened = each(ctx, user, &direct);
        if (opened == -ENOMEM)
            return opened; /* one row that cannot be opened must not hold up the others */
        arena_reset(&arena);
    }
    return r;
}

static const char SQL_AFTER[] = "SELECT member, state, at, value, hash, network FROM matrix_direct "
                                "WHERE member = ?1 AND hash > ?2 ORDER BY hash LIMIT 1";

/* One row: 1 with its hash in `after`, 0 none. */
static int settle_next(struct store *store, uint64_t member, unsigned char after[SEAL_HASH_BYTES])
{
    AUTO_ARENA arena = {0};
    struct store_direct direct;
    struct str user, network;
    int opened;
    {
        AUTO_SQL sql;
        int r = sql_read(store, SQL_AFTER, &sql);
        if (r < 0)
            return r;
        sql_id(&sql, member);
        sql_blob(&sql, after, SEAL_HASH_BYTES);
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        struct str hash = sql_get_str(&sql, 4);
        opened = open_direct(store, &sql, hash, &arena, &user, &direct);
        if (hash.len != SEAL_HASH_BYTES)
            return -EBADMSG;
        memcpy(after, hash.ptr, SEAL_HASH_BYTES);
        r = sql_keep_str(&sql, 5, &arena, &network);
        if (r < 0)
            return r;
    }
    if (opened < 0 || str_empty(user)) /* of no use to anybody */
        return opened == -ENOMEM ? opened : 1;
    direct.member = store_direct_member(store, network, user);
    if (direct.member == member || direct.member == STORE_HOUSE)
        return 1;
    int r = store_direct_put(store, network, user, &direct);
    return r < 0 ? r : 1;
}

int store_direct_settle(struct store *store, uint64_t member)
{
    unsigned char after[SEAL_HASH_BYTES] = {0};
    int r = 1;
    while (r > 0)
        r = settle_next(store, member, after);
    return r;
}

/* ---- pictures -------------------------------------------------------------------------------- */

static struct seal_place media_place(struct str hash)
{
    return (struct seal_place){.column = "matrix_media.value", .text = hash};
}

static int trim_media(struct store *store)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_MEDIA_TRIM, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, STORE_MEDIA_MAX);
    return sql_run(&sql);
}

int store_media_put(struct store *store, struct str network,
                    const unsigned char hash[STORE_MEDIA_HASH_BYTES], struct str uri)
{
    AUTO_ARENA arena = {0};
    struct str sealed;
    unsigned char bytes[SEAL_HASH_BYTES];
    if (uri.len > STORE_NAME_LIMIT)
        return -E2BIG;
    hash_of(store, "matrix_media.hash", network,
            (struct str){(const char *)hash, STORE_MEDIA_HASH_BYTES}, bytes);
    struct seal_place place = media_place(bytes_of(bytes));
    int r = seal_close(store, STORE_HOUSE, &place, uri, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, SQL_MEDIA_PUT, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, bytes, sizeof bytes);
    sql_int(&sql, store_now(store));
    sql_sealed(&sql, sealed);
    r = sql_run(&sql);
    return r < 0 ? r : trim_media(store);
}

int store_media_get(struct store *store, struct str network,
                    const unsigned char hash[STORE_MEDIA_HASH_BYTES], struct arena *arena,
                    struct str *ret_uri)
{
    unsigned char bytes[SEAL_HASH_BYTES];
    hash_of(store, "matrix_media.hash", network,
            (struct str){(const char *)hash, STORE_MEDIA_HASH_BYTES}, bytes);
    AUTO_SQL sql;
    int r = sql_read(store, SQL_MEDIA_GET, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, bytes, sizeof bytes);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    struct seal_place place = media_place(bytes_of(bytes));
    return seal_open(store, STORE_HOUSE, &place, sql_get_str(&sql, 0), arena, ret_uri);
}
