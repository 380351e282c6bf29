/* SPDX-License-Identifier: MIT */
/* link_code.c: one-time codes, of which only hashes are kept.
 *
 * A code is two halves of 25 bits.  The first finds whose it is, so that a wrong try at it counts
 * against it and a blind one against nobody but who typed it: with three of each nobody gets
 * anywhere near 2^25. */
#include "store/link_internal.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "base/ascii.h"

enum { HALF = STORE_LINK_CODE_BYTES / 2 };

/* Crockford's: no I, L, O, U.  Read aloud, no letter is taken for a digit. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const char SQL_PUT[] = "INSERT INTO link_code (member, half, whole, tries, expires_at, "
                              "wrong, wrong_until_at) VALUES (?1, ?2, ?3, 0, ?4, 0, "
                              "0) ON CONFLICT (member) DO UPDATE SET half = excluded.half, whole = "
                              "excluded.whole, tries = 0, expires_at = "
                              "excluded.expires_at";
static const char SQL_FIND[] =
    "SELECT member, whole FROM link_code WHERE half = ?1 AND expires_at > ?2 AND tries < ?3";
static const char SQL_TRIED[] = "UPDATE link_code SET tries = tries + 1 WHERE member = ?1";
static const char SQL_USED[] =
    "UPDATE link_code SET half = x'', whole = x'', expires_at = 0 WHERE member = ?1";
static const char SQL_WRONG[] =
    "SELECT wrong FROM link_code WHERE member = ?1 AND wrong_until_at > ?2";
static const char SQL_WAS_WRONG[] =
    "INSERT INTO link_code (member, half, whole, tries, expires_at, wrong, wrong_until_at) VALUES "
    "(?1, x'', x'', 0, 0, 1, "
    "?2) ON CONFLICT (member) DO UPDATE SET wrong = CASE WHEN wrong_until_at > ?3 THEN wrong + 1 "
    "ELSE 1 END, "
    "wrong_until_at = CASE WHEN wrong_until_at > ?3 THEN wrong_until_at ELSE "
    "excluded.wrong_until_at END";

static void hash_code(struct store *store, const char *code, size_t len, unsigned char *out)
{
    store_hash(store, STR("link-code"), (struct str){code, len}, (struct str){0}, out);
}

/* A scenario, which has no key either, is given the same codes on every run. */
static int draw(struct store *store, char code[STORE_LINK_CODE_BYTES])
{
    unsigned char bytes[STORE_LINK_CODE_BYTES];
    uint64_t number = 0;
    if (store->master_key) {
        randombytes_buf(bytes, sizeof bytes);
    } else {
        int r = store_next_id(store, STR("link-code"), &number);
        if (r < 0)
            return r;
        unsigned char hash[crypto_generichash_BYTES];
        crypto_generichash(hash, sizeof hash, (const unsigned char *)&number, sizeof number, NULL,
                           0);
        memcpy(bytes, hash, sizeof bytes);
    }
    for (size_t i = 0; i < STORE_LINK_CODE_BYTES; i++)
        code[i] = alphabet[bytes[i] % (sizeof alphabet - 1)]; /* 32 letters: none is likelier */
    return 0;
}

int store_link_code_make(struct store *store, uint64_t member,
                         char ret_code[STORE_LINK_CODE_BYTES + 1])
{
    char code[STORE_LINK_CODE_BYTES + 1] = {0};
    unsigned char half[STORE_HASH_BYTES], whole[STORE_HASH_BYTES];
    int r = draw(store, code);
    if (r < 0)
        return r;
    hash_code(store, code, HALF, half);
    hash_code(store, code, STORE_LINK_CODE_BYTES, whole);
    AUTO_SQL sql;
    r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_blob(&sql, half, sizeof half);
    sql_blob(&sql, whole, sizeof whole);
    sql_int(&sql, store_now(store) + STORE_LINK_CODE_MS);
    r = sql_run(&sql);
    if (r == 0)
        memcpy(ret_code, code, sizeof code);
    return r;
}

static char straight(char c)
{
    if (ascii_is_small(c))
        c = (char)(c - 'a' + 'A');
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

bool store_link_code_read(struct str typed, char ret_code[STORE_LINK_CODE_BYTES + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < typed.len; i++) {
        char c = straight(typed.ptr[i]);
        if (c == ' ' || c == '-')
            continue;
        if (count == STORE_LINK_CODE_BYTES || c == '\0' || !strchr(alphabet, c))
            return false;
        ret_code[count++] = c;
    }
    ret_code[count] = '\0';
    return count == STORE_LINK_CODE_BYTES;
}

static int wrong_so_far(struct store *store, uint64_t by, int64_t *ret_wrong)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_WRONG, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, by);
    sql_int(&sql, store_now(store));
    r = sql_step(&sql);
    *ret_wrong = r > 0 ? sql_get_int(&sql, 0) : 0;
    return MIN_OF(r, 0);
}

static int note_wrong(struct store *store, uint64_t by)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_WAS_WRONG, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, by);
    sql_int(&sql, store_now(store) + STORE_LINK_CODE_MS);
    sql_int(&sql, store_now(store));
    return sql_run(&sql);
}

/* 1: it is `ret_member`'s; 0: the first half is, the second not; -ENOENT. */
static int compare(struct store *store, const char *code, uint64_t *ret_member)
{
    unsigned char half[STORE_HASH_BYTES], whole[STORE_HASH_BYTES];
    hash_code(store, code, HALF, half);
    hash_code(store, code, STORE_LINK_CODE_BYTES, whole);
    AUTO_SQL sql;
    int r = sql_read(store, SQL_FIND, &sql);
    if (r < 0)
        return r;
    sql_blob(&sql, half, sizeof half);
    sql_int(&sql, store_now(store));
    sql_int(&sql, STORE_LINK_TRIES);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    struct str kept = sql_get_str(&sql, 1);
    *ret_member = sql_get_id(&sql, 0);
    return kept.len == sizeof whole && sodium_memcmp(kept.ptr, whole, sizeof whole) == 0;
}

static int run_for(struct store *store, const char *text, uint64_t member)
{
    AUTO_SQL sql;
    int r = sql_write(store, text, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    return sql_run(&sql);
}

int store_link_code_use(struct store *store, uint64_t by, const char *code, uint64_t *ret_member)
{
    uint64_t member = 0;
    int64_t wrong = 0;
    int r = wrong_so_far(store, by, &wrong);
    if (r == 0 && wrong >= STORE_LINK_TRIES)
        r = -EAGAIN;
    if (r < 0)
        return r;
    int right = compare(store, code, &member);
    if (right < 0 && right != -ENOENT)
        return right;
    if (right <= 0) {
        r = right == 0 ? run_for(store, SQL_TRIED, member) : 0;
        if (r == 0)
            r = note_wrong(store, by);
        return r < 0 ? r : -ENOENT;
    }
    r = run_for(store, SQL_USED, member);
    if (r == 0)
        *ret_member = member;
    return r;
}
