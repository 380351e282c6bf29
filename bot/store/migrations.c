/* SPDX-License-Identifier: MIT */
/* migrations.c: the tables, version by version; each step runs once, in a transaction of its own.
 */
#include "store/internal.h"

#include <errno.h>

#include "base/die.h"
#include "store/sql.h"

/* "MOOR": sqlite3_file(1) and we know the file as ours. */
#define APPLICATION_ID 0x4d4f4f52

/* Who owns a row stands in `member`, or in `owner_kind` and `owner_id`: by these names forget.c,
 * export.c and the test that walks the schema find every row of a person.  What is said or known of
 * a person is a sealed BLOB.  `hash` columns are keyed hashes, cut to 16 bytes where nothing but
 * ourselves chooses what goes in. */
static const char SQL_VERSION_1[] =
    "CREATE TABLE self (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    /* people; `seq` keeps the order in which they came, whatever their random ids */
    "CREATE TABLE member (seq INTEGER PRIMARY KEY, member INTEGER NOT NULL UNIQUE,"
    " created_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE forget_intent (member INTEGER PRIMARY KEY, asked_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE identity (member INTEGER NOT NULL REFERENCES member (member), hash BLOB NOT NULL,"
    " texts BLOB NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY (member, hash)) STRICT, WITHOUT "
    "ROWID;"
    "CREATE TABLE member_group (seq INTEGER PRIMARY KEY,"
    " member INTEGER NOT NULL REFERENCES member (member), group_id INTEGER NOT NULL,"
    " active_at INTEGER NOT NULL, UNIQUE (member, group_id)) STRICT;"
    "CREATE INDEX member_group_by_group ON member_group (group_id, seq);"
    "CREATE TABLE consent (member INTEGER NOT NULL REFERENCES member (member),"
    " group_id INTEGER NOT NULL, scope TEXT NOT NULL, granted INTEGER NOT NULL, at INTEGER NOT "
    "NULL,"
    " PRIMARY KEY (member, group_id, scope)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE preference (member INTEGER NOT NULL REFERENCES member (member), name TEXT NOT "
    "NULL,"
    " value BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (member, name)) STRICT, WITHOUT ROWID;"
    /* how far each network was read */
    "CREATE TABLE cursor (hash BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE seen (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX seen_by_time ON seen (at);"
    "CREATE TABLE dead_event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, network TEXT NOT NULL,"
    " hash BLOB NOT NULL, code INTEGER NOT NULL, plugin TEXT NOT NULL) STRICT;"
    /* replies on their way */
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY, priority INTEGER NOT NULL, state INTEGER NOT "
    "NULL,"
    " member INTEGER NOT NULL, network TEXT NOT NULL, plugin TEXT NOT NULL, dedup_key BLOB,"
    " payload BLOB NOT NULL, created_at INTEGER NOT NULL, not_before_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL) STRICT;"
    "CREATE INDEX outbox_by_order ON outbox (priority, id);"
    "CREATE INDEX outbox_by_member ON outbox (member);"
    "CREATE TABLE outbox_dedup (hash BLOB PRIMARY KEY, member INTEGER NOT NULL, outbox_id INTEGER "
    "NOT NULL,"
    " remember_ms INTEGER NOT NULL, until_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX outbox_dedup_by_row ON outbox_dedup (outbox_id);"
    "CREATE INDEX outbox_dedup_by_member ON outbox_dedup (member);"
    "CREATE INDEX outbox_dedup_by_time ON outbox_dedup (until_at) WHERE until_at > 0;"
    /* durable timers: the first due by an index, whatever their number */
    "CREATE TABLE job (id INTEGER PRIMARY KEY, plugin TEXT NOT NULL, owner_kind INTEGER NOT NULL,"
    " owner_id INTEGER NOT NULL, hash BLOB NOT NULL, texts BLOB NOT NULL, due_at INTEGER NOT NULL,"
    " rule_at INTEGER NOT NULL, late_ok_ms INTEGER NOT NULL, spread_ms INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, recurring INTEGER NOT NULL) STRICT;"
    "CREATE INDEX job_by_due ON job (due_at, id);"
    "CREATE UNIQUE INDEX job_by_key ON job (owner_kind, owner_id, hash);"
    "CREATE INDEX job_recurring ON job (id) WHERE recurring = 1;"
    /* what plugins keep */
    "CREATE TABLE value (plugin TEXT NOT NULL, owner_kind INTEGER NOT NULL, owner_id INTEGER NOT "
    "NULL,"
    " hash BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL, PRIMARY KEY (owner_kind, owner_id, plugin, hash)) STRICT, "
    "WITHOUT ROWID;"
    "CREATE INDEX value_by_expiry ON value (expires_at) WHERE expires_at > 0;"
    "CREATE TABLE series (member INTEGER NOT NULL, plugin TEXT NOT NULL, name TEXT NOT NULL,"
    " at INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (member, plugin, name, at)) STRICT, "
    "WITHOUT ROWID;"
    /* questions under way */
    "CREATE TABLE dialogue (member INTEGER NOT NULL, plugin TEXT NOT NULL, name TEXT NOT NULL,"
    " version INTEGER NOT NULL, started_at INTEGER NOT NULL, asked_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL, state BLOB NOT NULL, PRIMARY KEY (member, plugin, name)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE TABLE offer (owner_kind INTEGER NOT NULL, owner_id INTEGER NOT NULL, offer BLOB NOT "
    "NULL,"
    " offered_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
    " PRIMARY KEY (owner_kind, owner_id)) STRICT, WITHOUT ROWID;"
    /* calls for help, the audit, settings changed by command */
    "CREATE TABLE alert (id INTEGER PRIMARY KEY, member INTEGER NOT NULL, group_id INTEGER NOT "
    "NULL,"
    " room INTEGER NOT NULL, kind INTEGER NOT NULL, tier INTEGER NOT NULL, state INTEGER NOT NULL,"
    " opened_at INTEGER NOT NULL, raised_at INTEGER NOT NULL, acknowledged_at INTEGER NOT NULL,"
    " closed_at INTEGER NOT NULL, acknowledged_by INTEGER NOT NULL, closed_by INTEGER NOT NULL,"
    " on_call INTEGER NOT NULL, pages INTEGER NOT NULL, next_page_at INTEGER NOT NULL,"
    " code TEXT NOT NULL, rules TEXT NOT NULL, who BLOB, words BLOB) STRICT;"
    "CREATE INDEX alert_open ON alert (id) WHERE state <> 2;"
    "CREATE INDEX alert_by_member ON alert (member, id);"
    "CREATE INDEX alert_with_words ON alert (opened_at) WHERE words IS NOT NULL;"
    "CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor INTEGER NOT NULL,"
    " subject INTEGER NOT NULL, group_id INTEGER NOT NULL, plugin TEXT NOT NULL, event TEXT NOT "
    "NULL,"
    " details TEXT NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE INDEX audit_by_group ON audit (group_id, id);"
    "CREATE INDEX audit_by_subject ON audit (subject, id);"
    "CREATE INDEX audit_by_actor ON audit (actor, id);"
    "CREATE TABLE setting (id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, name TEXT NOT NULL,"
    " value BLOB NOT NULL, set_by INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX setting_by_name ON setting (group_id, name, id);"
    "PRAGMA application_id = 1297043282;"
    "PRAGMA user_version = 1;";

/* What an event left behind: answers, and what it stored. */
static const char SQL_VERSION_TRACES[] =
    "CREATE TABLE trace (id INTEGER PRIMARY KEY, member INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " sent INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE, cause BLOB NOT NULL, record BLOB NOT NULL,"
    " at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX trace_by_cause ON trace (cause, id);"
    "CREATE INDEX trace_by_sent ON trace (sent, id) WHERE sent <> 0;"
    "CREATE INDEX trace_to_redact ON trace (kind, id) WHERE kind = 1;"
    "CREATE INDEX trace_by_member ON trace (member);"
    "CREATE INDEX trace_by_expiry ON trace (expires_at);"
    "PRAGMA user_version = 2;";

/* Private rooms on Matrix, from the wish on; pictures that were uploaded there. */
static const char SQL_VERSION_DIRECT[] =
    "CREATE TABLE matrix_direct (hash BLOB PRIMARY KEY, network TEXT NOT NULL, member INTEGER NOT "
    "NULL, state INTEGER NOT NULL, at INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX matrix_direct_by_member ON matrix_direct (member);"
    "CREATE TABLE matrix_media (hash BLOB PRIMARY KEY, at INTEGER NOT NULL, value BLOB NOT NULL) "
    "STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 3;";

/* One person with two identities: who was joined to whom, what that changed row by row (in the
 * columns of the table that it was in), and codes that are out. */
static const char SQL_VERSION_LINK[] =
    "CREATE TABLE link (member INTEGER PRIMARY KEY, kept INTEGER NOT NULL, state INTEGER NOT NULL,"
    " answers TEXT NOT NULL, at INTEGER NOT NULL, until_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX link_by_kept ON link (kept);"
    "CREATE INDEX link_by_end ON link (until_at) WHERE state = 1;"
    "CREATE TABLE link_row (id INTEGER PRIMARY KEY, member INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " source TEXT NOT NULL, c0 ANY, c1 ANY, c2 ANY, c3 ANY, c4 ANY, c5 ANY, c6 ANY, c7 ANY, c8 ANY,"
    " c9 ANY, c10 ANY, c11 ANY) STRICT;"
    "CREATE INDEX link_row_by_member ON link_row (member, source, kind);"
    "CREATE TABLE link_code (member INTEGER PRIMARY KEY, half BLOB NOT NULL, whole BLOB NOT NULL,"
    " tries INTEGER NOT NULL, expires_at INTEGER NOT NULL, wrong INTEGER NOT NULL,"
    " wrong_until_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX link_code_by_half ON link_code (half);"
    "PRAGMA user_version = 4;";

/* Matrix: rooms of groups under their present id; gaps that a `limited` timeline left. */
static const char SQL_VERSION_ROOMS[] =
    "CREATE TABLE matrix_room (hash BLOB PRIMARY KEY, network TEXT NOT NULL, value BLOB NOT NULL) "
    "STRICT, WITHOUT ROWID;"
    "CREATE INDEX matrix_room_by_network ON matrix_room (network);"
    "CREATE TABLE matrix_gap (hash BLOB PRIMARY KEY, network TEXT NOT NULL, value BLOB NOT NULL) "
    "STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 5;";

/* Matrix: invitations that are not answered yet. */
static const char SQL_VERSION_INVITES[] =
    "CREATE TABLE matrix_invite (hash BLOB PRIMARY KEY, network TEXT NOT NULL, value BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 6;";

/* In order: the step at index n brings version n to n + 1.  Never change one that was released: add
 * the next. */
static const char *const migrations[] = {SQL_VERSION_1,    SQL_VERSION_TRACES, SQL_VERSION_DIRECT,
                                         SQL_VERSION_LINK, SQL_VERSION_ROOMS,  SQL_VERSION_INVITES};

static const char SQL_MIGRATION_BEGIN[] = "BEGIN IMMEDIATE";
static const char SQL_MIGRATION_COMMIT[] = "COMMIT";
static const char SQL_MIGRATION_ROLLBACK[] = "ROLLBACK";
static const char SQL_GET_APPLICATION_ID[] = "PRAGMA application_id";
static const char SQL_GET_VERSION[] = "PRAGMA user_version";
static const char SQL_COUNT_TABLES[] = "SELECT count(*) FROM sqlite_schema";

int store_migrations_latest(void)
{
    return (int)COUNT_OF(migrations);
}

static int get_number(struct store *store, const char *text, int64_t *ret_number)
{
    AUTO_SQL sql;
    int r = sql_read(store, text, &sql);
    if (r == 0)
        r = sql_step(&sql);
    if (r < 0)
        return r;
    *ret_number = sql_get_int(&sql, 0);
    return 0;
}

int store_check_version(struct store *store, const char *path, struct error *error)
{
    int64_t application = 0, version = 0, tables = 0;
    int r = get_number(store, SQL_COUNT_TABLES, &tables);
    if (r == 0)
        r = get_number(store, SQL_GET_APPLICATION_ID, &application);
    if (r == 0)
        r = get_number(store, SQL_GET_VERSION, &version);
    if (r == -EUCLEAN)
        return error_set(
            error, r,
            "cannot open the database %s: the file is damaged. Restore the latest backup; "
            "nothing was changed.",
            path);
    if (r < 0)
        return error_set(error, r, "cannot open the database %s: it could not be read (%s).", path,
                         strerrordesc_np(-r));
    if (tables == 0 && application == 0)
        return 0; /* new, or its making was cut short */
    if (application != APPLICATION_ID)
        return error_set(
            error, -EMEDIUMTYPE,
            "cannot open the database %s: it is not one of mooring's. Move it away, or "
            "name another state folder; nothing was changed.",
            path);
    if (version > store_migrations_latest())
        return error_set(
            error, -EPROTO,
            "cannot open the database %s: a newer version of mooring wrote it (its data has "
            "version %d, this program knows %d). Install that version again, or restore a backup "
            "from "
            "before; nothing was changed.",
            path, (int)version, store_migrations_latest());
    return 0;
}

static int execute(struct store *store, const char *text)
{
    int code = sqlite3_exec(store->db, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : sql_error(store, code);
}

static int migrate_one(struct store *store, const char *step)
{
    int r = execute(store, SQL_MIGRATION_BEGIN);
    if (r < 0)
        return r;
    r = execute(store, step);
    DIE_AT(DIE_MIGRATION_HALF);
    if (r == 0)
        r = execute(store, SQL_MIGRATION_COMMIT);
    if (r < 0 && !sqlite3_get_autocommit(store->db))
        (void)execute(store, SQL_MIGRATION_ROLLBACK);
    return r;
}

int store_migrate(struct store *store, bool *ret_new, struct error *error)
{
    int64_t version = 0;
    int r = get_number(store, SQL_GET_VERSION, &version);
    *ret_new = version == 0;
    for (int64_t i = version; r == 0 && i < store_migrations_latest(); i++) {
        r = migrate_one(store, migrations[i]);
        if (r < 0)
            return error_set(error, r,
                             "cannot bring the database to version %d: %s. It stays as it was.",
                             (int)i + 1, strerrordesc_np(-r));
    }
    if (r < 0)
        return error_set(error, r, "cannot read the database's version: %s.", strerrordesc_np(-r));
    return 0;
}
