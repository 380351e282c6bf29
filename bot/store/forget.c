/* SPDX-License-Identifier: MIT */
/* forget.c: a person asks to be forgotten: a durable intent, the key, the rows, the WAL; in that
 * order, through any crash. */
#include "store/members.h"

#include <errno.h>
#include <string.h>

#include "store/sql.h"

/* Every table with a person in it.  The audit alone keeps their number, which by then leads to
 * nobody: its chain of hashes would break.  A test walks the schema and fails for a table that is
 * missing here. */
static const char *const forget_statements[] = {
    "DELETE FROM identity WHERE member = ?1",
    "DELETE FROM member_group WHERE member = ?1",
    "DELETE FROM consent WHERE member = ?1",
    "DELETE FROM preference WHERE member = ?1",
    "DELETE FROM outbox WHERE member = ?1",
    "DELETE FROM outbox_dedup WHERE member = ?1",
    "DELETE FROM job WHERE owner_kind = 1 AND owner_id = ?1",
    "DELETE FROM value WHERE owner_kind = 1 AND owner_id = ?1",
    "DELETE FROM offer WHERE owner_kind = 1 AND owner_id = ?1",
    "DELETE FROM series WHERE member = ?1",
    "DELETE FROM dialogue WHERE member = ?1",
    "DELETE FROM trace WHERE member = ?1",
    "DELETE FROM matrix_direct WHERE member = ?1",
    "DELETE FROM link WHERE member = ?1 OR kept = ?1",
    "DELETE FROM link_row WHERE member = ?1",
    "DELETE FROM link_code WHERE member = ?1",
    /* A call for help stays a call for help until a person closes it; which of their words rang
       goes with them. */
    "UPDATE alert SET member = 0, rules = '', who = NULL, words = NULL WHERE member = ?1",
    "UPDATE alert SET acknowledged_by = 0 WHERE acknowledged_by = ?1",
    "UPDATE alert SET closed_by = 0 WHERE closed_by = ?1",
    "UPDATE alert SET on_call = 0 WHERE on_call = ?1",
    "UPDATE setting SET set_by = 0 WHERE set_by = ?1",
    "DELETE FROM member WHERE member = ?1",
};
static const char SQL_INTENT_PUT[] =
    "INSERT INTO forget_intent (member, asked_at) VALUES (?1, ?2) ON CONFLICT (member) DO NOTHING";
/* Whom somebody's other identity was, until a day has passed. */
static const char SQL_ASIDE[] =
    "SELECT member FROM link WHERE kept = ?1 AND state IN (1, 2, 4) LIMIT 1";
static const char SQL_INTENT_FIRST[] = "SELECT member FROM forget_intent LIMIT 1";
static const char SQL_INTENT_REMOVE[] = "DELETE FROM forget_intent WHERE member = ?1";
static const char SQL_MEMBERS_AFTER[] =
    "SELECT seq, member FROM member WHERE seq > ?1 ORDER BY seq LIMIT 512";

static int run_for(struct store *store, const char *text, uint64_t member)
{
    AUTO_SQL sql;
    int r = sql_write(store, text, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    return sql_run(&sql);
}

/* In no particular order: all of them are one transaction. */
int store_forget_rows(struct store *store, uint64_t member)
{
    for (size_t i = 0; i < COUNT_OF(forget_statements); i++) {
        int r = run_for(store, forget_statements[i], member);
        if (r < 0)
            return r;
    }
    return 0;
}

static int put_intent(struct store *store, uint64_t member)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_INTENT_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_int(&sql, store_now(store));
    return sql_run(&sql);
}

static int find_aside(struct store *store, uint64_t member, uint64_t *ret_aside)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_ASIDE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    r = sql_step(&sql);
    if (r > 0)
        *ret_aside = sql_get_id(&sql, 0);
    return r;
}

/* Who was set aside for them is them as well: an intent of its own, for a key of its own. */
static int forget_asides(struct store *store, uint64_t member)
{
    uint64_t aside = 0;
    int r = find_aside(store, member, &aside);
    while (r > 0) {
        r = put_intent(store, aside);
        if (r == 0)
            r = store_forget_rows(store, aside);
        if (r == 0)
            r = find_aside(store, member, &aside);
    }
    return r;
}

int store_members_forget(struct store *store, uint64_t member)
{
    bool alone = !store->begun && store->depth == 0;
    int r = put_intent(store, member);
    if (r == 0)
        r = forget_asides(store, member);
    if (r == 0)
        r = store_forget_rows(store, member);
    if (r == 0)
        store->forgets = true;
    /* The key cannot go before the intent is durable; within a turn that is when the turn is. */
    if (r == 0 && alone)
        r = store_commit(store);
    else if (r < 0 && alone)
        store_rollback(store);
    return r < 0 ? r : 0;
}

/* ---- completing ------------------------------------------------------------------------------ */

static int first_intent(struct store *store, uint64_t *ret_member)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_INTENT_FIRST, &sql);
    if (r < 0)
        return r;
    r = sql_find(&sql);
    if (r < 0)
        return r;
    *ret_member = sql_get_id(&sql, 0);
    return 0;
}

/* The rows once more: the turn that asked may have written of the member after asking. */
static int complete_one(struct store *store, uint64_t member)
{
    int r = store_note_trouble(store, keyring_erase(store->keyring, member));
    if (r < 0)
        return r;
    r = store_forget_rows(store, member);
    if (r == 0)
        r = run_for(store, SQL_INTENT_REMOVE, member);
    if (r == 0)
        r = store_note_sequence(store);
    if (r < 0) {
        store_rollback_quietly(store);
        return r;
    }
    r = store_commit_quietly(store);
    return r < 0 ? r : 0;
}

/* After every commit that asked for it and at each start.  The checkpoint comes last: until the WAL
 * is truncated, deleted pages can still be read from it. */
void store_forget_complete(struct store *store)
{
    uint64_t member = 0;
    store->forgets = false;
    int r = first_intent(store, &member);
    while (r == 0) {
        r = complete_one(store, member);
        if (r == 0)
            r = first_intent(store, &member);
    }
    if (r == -ENOENT)
        r = store_checkpoint(store);
    if (r < 0)
        store->forgets = true; /* tried again after the next commit, and at the next start */
}

static const char SQL_PASSED[] = "SELECT 1 FROM outbox WHERE member = ?1 LIMIT 1";

/* Nobody can open these rows any more, and nobody will: left alone they would stay for ever. */
int store_forget_passed(struct store *store)
{
    int r;
    {
        AUTO_SQL sql;
        r = sql_read(store, SQL_PASSED, &sql);
        if (r < 0)
            return r;
        sql_id(&sql, STORE_PASSING);
        r = sql_step(&sql);
    }
    if (r <= 0)
        return r;
    r = store_forget_rows(store, STORE_PASSING);
    if (r == 0)
        return MIN_OF(store_commit_quietly(store), 0);
    store_rollback_quietly(store);
    return r;
}

/* ---- restored databases ---------------------------------------------------------------------- */

static int known_sequence(struct store *store, uint32_t *ret_sequence)
{
    AUTO_ARENA arena = {0};
    struct str value;
    *ret_sequence = 0;
    int r = store_self_get(store, STR("keyring_sequence"), &arena, &value);
    if (r == 0 && value.len == sizeof *ret_sequence)
        memcpy(ret_sequence, value.ptr, sizeof *ret_sequence);
    return r == -ENOENT ? 0 : r;
}

/* The database remembers how far the keyring had come, never backwards. */
int store_note_sequence(struct store *store)
{
    uint32_t known, now = keyring_sequence(store->keyring);
    int r = known_sequence(store, &known);
    if (r < 0 || known >= now)
        return r;
    return store_self_put(store, STR("keyring_sequence"), (struct str){(char *)&now, sizeof now});
}

static int read_strays(struct store *store, int64_t *after, uint64_t *strays, size_t *count,
                       bool *ret_more)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_MEMBERS_AFTER, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, *after);
    *count = 0;
    *ret_more = false;
    for (;;) {
        r = sql_step(&sql);
        if (r <= 0)
            return r;
        *ret_more = true;
        *after = sql_get_int(&sql, 0);
        uint64_t member = sql_get_id(&sql, 1);
        if (!keyring_holds(store->keyring, member))
            strays[(*count)++] = member;
    }
}

/* In batches with a commit each: a large old backup may hold many people who were forgotten
 * since. */
static int remove_strays(struct store *store)
{
    uint64_t strays[512];
    size_t count;
    int64_t after = 0;
    bool more = true, removed = false;
    while (more) {
        int r = read_strays(store, &after, strays, &count, &more);
        for (size_t i = 0; r == 0 && i < count; i++) {
            r = store_link_stray(store, strays[i]);
            removed = true;
        }
        if (r == 0)
            r = store_commit_quietly(store);
        if (r < 0)
            return r;
    }
    return removed ? store_checkpoint(store) : 0;
}

static const char SQL_FORGOTTEN[] =
    "SELECT DISTINCT actor FROM audit WHERE event = 'forgotten' AND plugin = '' AND actor <> 0";

static int next_forgotten(struct store *store, uint64_t *ret_member)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_FORGOTTEN, &sql);
    for (r = r < 0 ? r : sql_step(&sql); r > 0; r = sql_step(&sql)) {
        *ret_member = sql_get_id(&sql, 0);
        if (keyring_holds(store->keyring, *ret_member))
            return 1;
    }
    return r;
}

/* An older copy of the keyring brings back the keys of people who were forgotten since: the audit
 * knows their numbers, and who comes back has another one. */
static int forget_again(struct store *store)
{
    uint64_t member;
    int r = next_forgotten(store, &member);
    while (r > 0) {
        r = keyring_erase(store->keyring, member);
        if (r == 0)
            r = next_forgotten(store, &member);
    }
    return r;
}

/* Only when the keyring is at least as new as the database: beside an older keyring, put there by
 * mistake, the rows wait for the right one.  From then on nobody can tell any more, and they are
 * left alone: closed, but there. */
int store_forget_strays(struct store *store)
{
    AUTO_ARENA arena = {0};
    struct str mark;
    uint32_t known;
    store_forget_complete(store);
    int r = known_sequence(store, &known);
    if (r < 0)
        return r;
    if (known > keyring_sequence(store->keyring)) {
        /* The mark first: each key that goes makes the keyring look newer. */
        r = store_self_put(store, STR("keyring_was_older"), STR("1"));
        if (r == 0)
            r = store_commit_quietly(store);
        return r < 0 ? r : forget_again(store);
    }
    r = store_self_get(store, STR("keyring_was_older"), &arena, &mark);
    if (r != -ENOENT)
        return r;
    return remove_strays(store);
}
