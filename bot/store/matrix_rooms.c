/* SPDX-License-Identifier: MIT */
/* matrix_rooms.c: Matrix rooms of groups, gaps in them, invitations. */
#include "store/matrix_rooms.h"

#include <errno.h>

#include "store/seal.h"
#include "store/sql.h"

static const char SQL_ROOM_PUT[] =
    "INSERT INTO matrix_room (hash, network, value) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO "
    "UPDATE SET value = excluded.value";
static const char SQL_ROOM_REMOVE[] = "DELETE FROM matrix_room WHERE hash = ?1";
static const char SQL_ROOM_EACH[] = "SELECT hash, value FROM matrix_room WHERE network = ?1";
static const char SQL_GAP_PUT[] =
    "INSERT INTO matrix_gap (hash, network, value) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO "
    "UPDATE SET value = excluded.value";
static const char SQL_GAP_REMOVE[] = "DELETE FROM matrix_gap WHERE hash = ?1";
static const char SQL_GAP_EACH[] = "SELECT hash, value FROM matrix_gap WHERE network = ?1";
static const char SQL_INVITE_PUT[] =
    "INSERT INTO matrix_invite (hash, network, value) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO "
    "UPDATE SET value = excluded.value";
static const char SQL_INVITE_REMOVE[] = "DELETE FROM matrix_invite WHERE hash = ?1";
static const char SQL_INVITE_EACH[] = "SELECT hash, value FROM matrix_invite WHERE network = ?1";

static const struct kind {
    const char *hash, *value; /* columns */
    const char *put, *remove, *each;
} kinds[] = {
    [STORE_MATRIX_ROOM] = {"matrix_room.hash", "matrix_room.value", SQL_ROOM_PUT, SQL_ROOM_REMOVE,
                           SQL_ROOM_EACH},
    [STORE_MATRIX_GAP] = {"matrix_gap.hash", "matrix_gap.value", SQL_GAP_PUT, SQL_GAP_REMOVE,
                          SQL_GAP_EACH},
    [STORE_MATRIX_INVITE] = {"matrix_invite.hash", "matrix_invite.value", SQL_INVITE_PUT,
                             SQL_INVITE_REMOVE, SQL_INVITE_EACH},
};

static void hash_of(const struct store *store, const struct kind *kind, struct str network,
                    struct str id, unsigned char ret_hash[SEAL_HASH_BYTES])
{
    struct seal_place place = {.column = kind->hash, .text = network, .more = id};
    seal_place_hash(keyring_house_key(store->keyring, KEYRING_EVENT), &place, ret_hash,
                    SEAL_HASH_BYTES);
}

static struct seal_place value_place(const struct kind *kind, struct str hash)
{
    return (struct seal_place){.column = kind->value, .text = hash};
}

int store_matrix_put(struct store *store, enum store_matrix_kind which, struct str network,
                     struct str id, struct str value)
{
    const struct kind *kind = &kinds[which];
    AUTO_ARENA arena = {0};
    unsigned char hash[SEAL_HASH_BYTES];
    struct str texts[] = {id, value}, packed, sealed;
    hash_of(store, kind, network, id, hash);
    struct seal_place place = value_place(kind, (struct str){(const char *)hash, sizeof hash});
    int r = seal_pack(texts, COUNT_OF(texts), &arena, &packed);
    if (r == 0)
        r = seal_close(store, STORE_HOUSE, &place, packed, &arena, &sealed);
    if (r < 0)
        return r;
    AUTO_SQL sql;
    r = sql_write(store, kind->put, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, sizeof hash);
    sql_text(&sql, network);
    sql_sealed(&sql, sealed);
    return sql_run(&sql);
}

int store_matrix_remove(struct store *store, enum store_matrix_kind which, struct str network,
                        struct str id)
{
    unsigned char hash[SEAL_HASH_BYTES];
    hash_of(store, &kinds[which], network, id, hash);
    AUTO_SQL sql;
    int r = sql_write(store, kinds[which].remove, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, hash, sizeof hash);
    return sql_run(&sql);
}

static int open_row(struct store *store, const struct kind *kind, const struct sql *sql,
                    store_matrix_fn each, void *ctx)
{
    AUTO_ARENA arena = {0};
    struct str packed, texts[2];
    struct seal_place place = value_place(kind, sql_get_str(sql, 0));
    int r = seal_open(store, STORE_HOUSE, &place, sql_get_str(sql, 1), &arena, &packed);
    if (r == 0)
        r = seal_unpack(packed, texts, COUNT_OF(texts));
    if (r == -ENOMEM)
        return r;
    return r < 0 ? 0 : each(ctx, texts[0], texts[1]);
}

int store_matrix_each(struct store *store, enum store_matrix_kind which, struct str network,
                      store_matrix_fn each, void *ctx)
{
    AUTO_SQL sql;
    int r = sql_read(store, kinds[which].each, &sql);
    if (r < 0)
        return r;
    sql_text(&sql, network);
    for (r = sql_step(&sql); r > 0; r = sql_step(&sql)) {
        int opened = open_row(store, &kinds[which], &sql, each, ctx);
        if (opened < 0)
            return opened;
    }
    return r;
}
