/* SPDX-License-Identifier: MIT */
/* link.c: who was joined to whom, undone for a day, and ended for good. */
#include "store/link_internal.h"

#include <errno.h>

#include "store/alerts.h"
#include "store/matrix_direct.h"
#include "store/members.h"

enum {
    HOPS_MAX = 8, /* A to B to C: each joined on another day */
};

/* States as numbers: 0 asked, 1 joined, 2 ending, 3 ended, 4 apart. */
static const char SQL_CURRENT[] = "SELECT kept FROM link WHERE member = ?1 AND state IN (1, 2, 3)";
static const char SQL_UNDER_WAY[] =
    "SELECT 1 FROM link WHERE state IN (1, 2, 4) AND (member IN (?1, ?2) OR kept IN (?1, ?2))";
static const char SQL_PUT[] =
    "INSERT INTO link (member, kept, state, answers, at, until_at) VALUES (?2, ?1, ?3, ?4, ?5, ?6)"
    " ON CONFLICT (member) DO UPDATE SET kept = excluded.kept, state = excluded.state, answers = "
    "excluded.answers, at = excluded.at, until_at = excluded.until_at";
static const char SQL_ASIDE[] =
    "SELECT member, until_at FROM link WHERE kept = ?1 AND state = 1 ORDER BY at DESC LIMIT 1";
static const char SQL_REMOVE[] = "DELETE FROM link WHERE kept = ?1 AND member = ?2";
static const char SQL_NEXT_END[] = "SELECT min(until_at) FROM link WHERE state = 1";
static const char SQL_DUE[] =
    "SELECT kept, member FROM link WHERE state = 1 AND until_at <= ?1 LIMIT 1";
static const char SQL_KEPT_OF[] = "SELECT kept FROM link WHERE member = ?1 AND state IN (1, 2)";
static const char SQL_OF_STATE[] = "SELECT kept, member FROM link WHERE state = ?1 LIMIT 1";
static const char SQL_ENDED_AFTER[] =
    "SELECT kept, member FROM link WHERE state = 3 AND member > ?1 ORDER BY member LIMIT 1";
static const char SQL_SET_ENDING[] = "UPDATE link SET state = 2 WHERE kept = ?1 AND member = ?2";
static const char SQL_FOLLOW[] = "UPDATE link SET kept = ?1 WHERE kept = ?2";
static const char SQL_ALERT_AFTER[] =
    "SELECT id FROM alert WHERE member = ?1 AND id > ?2 ORDER BY id LIMIT 1";
static const char SQL_ASKED[] =
    "SELECT kept, answers FROM link WHERE member = ?1 AND state = 0 AND until_at > ?2";
static const char SQL_DROP_ASKED[] = "DELETE FROM link WHERE member = ?1 AND state = 0";
/* What somebody did, not what is known of them: it is the person's from now on. */
static const char *const done_by[] = {
    "UPDATE alert SET acknowledged_by = ?1 WHERE acknowledged_by = ?2",
    "UPDATE alert SET closed_by = ?1 WHERE closed_by = ?2",
    "UPDATE alert SET on_call = ?1 WHERE on_call = ?2",
    "UPDATE setting SET set_by = ?1 WHERE set_by = ?2",
};

int link_run(struct store *store, const char *text, uint64_t kept, uint64_t second)
{
    AUTO_SQL sql;
    int r = sql_write(store, text, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, kept);
    sql_id(&sql, second);
    return sql_run(&sql);
}

int link_any(struct store *store, const char *text, uint64_t kept, uint64_t second)
{
    AUTO_SQL sql;
    int r = sql_read(store, text, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, kept);
    sql_id(&sql, second);
    return sql_step(&sql);
}

static int pair_of(struct sql *sql, uint64_t *ret_kept, uint64_t *ret_second)
{
    int r = sql_find(sql);
    if (r < 0)
        return r;
    *ret_kept = sql_get_id(sql, 0);
    *ret_second = sql_get_id(sql, 1);
    return 0;
}

static int put(struct store *store, const struct link_pair *pair, enum link_state state,
               struct str answers, int64_t until_at)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_PUT, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->kept);
    sql_id(&sql, pair->second);
    sql_int(&sql, state);
    sql_text(&sql, answers);
    sql_int(&sql, store_now(store));
    sql_int(&sql, until_at);
    return sql_run(&sql);
}

/* ---- who is whom ----------------------------------------------------------------------------- */

/* A store that cannot be read knows of no link: then the number stands for itself, and the floor
 * answers it. */
uint64_t store_link_current(struct store *store, uint64_t member)
{
    for (int hop = 0; member && hop < HOPS_MAX; hop++) {
        AUTO_SQL sql;
        if (sql_read(store, SQL_CURRENT, &sql) < 0)
            return member;
        sql_id(&sql, member);
        if (sql_step(&sql) <= 0)
            return member;
        member = sql_get_id(&sql, 0);
    }
    return member;
}

int store_link_check(struct store *store, uint64_t kept, uint64_t second)
{
    if (!kept || !second || kept == second)
        return -EINVAL;
    int r = link_any(store, SQL_UNDER_WAY, kept, second);
    return r > 0 ? -EBUSY : r;
}

/* ---- joining, undoing ------------------------------------------------------------------------ */

int store_link_join(struct store *store, uint64_t kept, uint64_t second,
                    const struct store_link_choice *choice)
{
    struct link_pair pair = {.store = store, .kept = kept, .second = second, .choice = choice};
    int r = store_link_check(store, kept, second);
    if (r == 0)
        r = store_members_ensure(store, kept);
    if (r == 0)
        r = store_members_ensure(store, second);
    if (r == 0)
        r = link_move(&pair);
    if (r == 0)
        r = put(store, &pair, LINK_JOINED, (struct str){0}, store_now(store) + STORE_LINK_UNDO_MS);
    if (r == 0)
        store->links_changed++;
    return r;
}

int store_link_aside(struct store *store, uint64_t kept, uint64_t *ret_second,
                     int64_t *ret_until_at)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_ASIDE, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, kept);
    r = sql_find(&sql);
    if (r < 0)
        return r;
    *ret_second = sql_get_id(&sql, 0);
    *ret_until_at = sql_get_int(&sql, 1);
    return 0;
}

static int take_apart(struct store *store, uint64_t kept, uint64_t second)
{
    int r = link_move_back(store, kept, second);
    if (r == 0)
        r = link_run(store, SQL_REMOVE, kept, second);
    if (r == 0)
        r = store_direct_settle(store, kept);
    if (r == 0)
        store->links_changed++;
    return r;
}

int store_link_undo(struct store *store, uint64_t kept, uint64_t *ret_second)
{
    uint64_t second;
    int64_t until_at;
    int r = store_link_aside(store, kept, &second, &until_at);
    if (r == 0 && until_at <= store_now(store))
        r = -ENOENT;
    if (r == 0)
        r = take_apart(store, kept, second);
    if (r == 0)
        *ret_second = second;
    return r;
}

/* ---- ending ---------------------------------------------------------------------------------- */

int store_link_next_end(struct store *store, int64_t *ret_at)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_NEXT_END, &sql);
    if (r == 0)
        r = sql_find(&sql);
    if (r < 0)
        return r;
    int64_t at = sql_get_int(&sql, 0);
    if (at == 0)
        return -ENOENT;
    *ret_at = at;
    return 0;
}

static int next_alert(struct store *store, uint64_t member, uint64_t *id)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_ALERT_AFTER, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, member);
    sql_id(&sql, *id);
    r = sql_step(&sql);
    if (r > 0)
        *id = sql_get_id(&sql, 0);
    return r;
}

/* Calls for help outlive the key under which their words are: sealed anew, under the person's. */
static int move_alerts(struct store *store, uint64_t kept, uint64_t second)
{
    uint64_t id = 0;
    int r = next_alert(store, second, &id);
    while (r > 0) {
        AUTO_ARENA arena = {0};
        struct store_alert alert;
        r = store_alerts_get(store, id, &arena, &alert);
        alert.member = kept;
        if (r == 0)
            r = store_alerts_put(store, &alert);
        if (r == 0)
            r = next_alert(store, second, &id);
    }
    return r;
}

static int end_one(struct store *store, uint64_t kept, uint64_t second)
{
    int r = move_alerts(store, kept, second);
    if (r == 0)
        r = store_direct_settle(store, second);
    for (size_t i = 0; r == 0 && i < COUNT_OF(done_by); i++)
        r = link_run(store, done_by[i], kept, second);
    if (r == 0)
        r = link_run(store, SQL_FOLLOW, kept, second);
    if (r == 0)
        r = link_run(store, SQL_SET_ENDING, kept, second);
    return r;
}

int store_link_end_due(struct store *store)
{
    for (;;) {
        uint64_t kept, second;
        int r;
        {
            AUTO_SQL sql;
            r = sql_read(store, SQL_DUE, &sql);
            if (r < 0)
                return r;
            sql_int(&sql, store_now(store));
            r = pair_of(&sql, &kept, &second);
        }
        if (r < 0)
            return r == -ENOENT ? 0 : r;
        r = end_one(store, kept, second);
        if (r < 0)
            return r;
        store->links_end = true;
    }
}

static int first_of(struct store *store, enum link_state state, uint64_t *ret_kept,
                    uint64_t *ret_second)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_OF_STATE, &sql);
    if (r < 0)
        return r;
    sql_int(&sql, state);
    return pair_of(&sql, ret_kept, ret_second);
}

/* The slots first: with them the key is gone, and what a kill leaves of the rows opens no more. */
static int complete_one(struct store *store, uint64_t kept, uint64_t second)
{
    const struct link_pair pair = {.kept = kept, .second = second};
    int r = store_note_trouble(store, keyring_hand_over(store->keyring, second, kept));
    if (r < 0)
        return r;
    r = store_forget_rows(store, second);
    if (r == 0)
        r = put(store, &pair, LINK_ENDED, (struct str){0}, 0);
    if (r == 0)
        r = store_note_sequence(store);
    if (r < 0) {
        store_rollback_quietly(store);
        return r;
    }
    r = store_commit_quietly(store);
    return MIN_OF(r, 0);
}

static int kept_of(struct store *store, uint64_t second, uint64_t *ret_kept)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_KEPT_OF, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, second);
    r = sql_step(&sql);
    if (r > 0)
        *ret_kept = sql_get_id(&sql, 0);
    return r;
}

/* A backup from within the day, beside a keyring from after it. */
int store_link_stray(struct store *store, uint64_t second)
{
    struct link_pair pair = {.second = second};
    int r = kept_of(store, second, &pair.kept);
    if (r <= 0)
        return r < 0 ? r : store_forget_rows(store, second);
    r = end_one(store, pair.kept, second);
    if (r == 0)
        r = store_forget_rows(store, second);
    return r < 0 ? r : put(store, &pair, LINK_ENDED, (struct str){0}, 0);
}

/* An older copy of the keyring has the slots of somebody whose day was over: they are handed over
 * again. */
static int hand_over_again(struct store *store)
{
    uint64_t kept, second = 0;
    for (;;) {
        int r;
        {
            AUTO_SQL sql;
            r = sql_read(store, SQL_ENDED_AFTER, &sql);
            if (r < 0)
                return r;
            sql_id(&sql, second);
            r = pair_of(&sql, &kept, &second);
        }
        if (r < 0)
            return r == -ENOENT ? 0 : r;
        if (keyring_holds(store->keyring, second) && keyring_holds(store->keyring, kept))
            r = keyring_hand_over(store->keyring, second, kept);
        if (r < 0)
            return r;
    }
}

void store_link_complete(struct store *store)
{
    uint64_t kept, second;
    store->links_end = false;
    int r = first_of(store, LINK_ENDING, &kept, &second);
    bool ended = r == 0;
    while (r == 0) {
        r = complete_one(store, kept, second);
        if (r == 0)
            r = first_of(store, LINK_ENDING, &kept, &second);
    }
    if (r == -ENOENT && ended)
        r = store_checkpoint(store);
    if (r < 0 && r != -ENOENT)
        store->links_end = true; /* tried again after the next commit, and at the next start */
}

int store_link_load(struct store *store)
{
    uint64_t kept, second;
    int r = first_of(store, LINK_APART, &kept, &second);
    while (r == 0) {
        r = take_apart(store, kept, second);
        if (r == 0)
            r = MIN_OF(store_commit_quietly(store), 0);
        if (r == 0)
            r = first_of(store, LINK_APART, &kept, &second);
    }
    if (r < 0 && r != -ENOENT)
        return r;
    store_link_complete(store);
    return hand_over_again(store);
}

/* ---- what was asked -------------------------------------------------------------------------- */

int store_link_ask(struct store *store, uint64_t kept, uint64_t second, struct str answers)
{
    const struct link_pair pair = {.kept = kept, .second = second};
    int r = store_link_check(store, kept, second);
    return r < 0 ? r
                 : put(store, &pair, LINK_ASKED, answers, store_now(store) + STORE_LINK_CODE_MS);
}

int store_link_asked(struct store *store, uint64_t second, struct arena *arena, uint64_t *ret_kept,
                     struct str *ret_answers)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_ASKED, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, second);
    sql_int(&sql, store_now(store));
    r = sql_find(&sql);
    if (r < 0)
        return r;
    *ret_kept = sql_get_id(&sql, 0);
    return sql_keep_str(&sql, 1, arena, ret_answers);
}

int store_link_drop_asked(struct store *store, uint64_t second)
{
    AUTO_SQL sql;
    int r = sql_write(store, SQL_DROP_ASKED, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, second);
    return sql_run(&sql);
}
