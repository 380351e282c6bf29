/* SPDX-License-Identifier: MIT */
/* carry.c: a restored database takes over what is going on.
 *
 * A backup is what was; some rows say what is.  A call for help that is open now, a reply that
 * waits, how far the networks were read, what was handled and must not be handled twice, a consent
 * that was withdrawn, a wish to be forgotten, the audit: those are today's.  Sealed values go over
 * as they are: both databases are under the same keyring, and bound to the same places. */
#include "store/carry.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/sql.h"

#define WITH_A_CALL                                                                                \
    "(SELECT member FROM present.alert WHERE state <> 2 UNION SELECT acknowledged_by FROM "        \
    "present.alert WHERE state <> 2 UNION SELECT member FROM present.outbox)"

static const char *const carrying[] = {
    /* no number is given twice: sealed values are bound to them */
    "INSERT INTO counter (name, value) SELECT name, value FROM present.counter WHERE true"
    " ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
    /* wishes to be forgotten that are under way */
    "INSERT OR IGNORE INTO forget_intent SELECT * FROM present.forget_intent",
    /* who did what: the backup's is how today's begins, and the chain goes on */
    "DELETE FROM audit",
    "INSERT INTO audit SELECT * FROM present.audit",
    /* how far was read, and what was handled */
    "DELETE FROM cursor",
    "INSERT INTO cursor SELECT * FROM present.cursor",
    "DELETE FROM seen",
    "INSERT INTO seen SELECT * FROM present.seen",
    "DELETE FROM matrix_direct",
    "INSERT INTO matrix_direct SELECT * FROM present.matrix_direct",
    "DELETE FROM matrix_media",
    "INSERT INTO matrix_media SELECT * FROM present.matrix_media",
    "DELETE FROM matrix_room",
    "INSERT INTO matrix_room SELECT * FROM present.matrix_room",
    "DELETE FROM matrix_gap",
    "INSERT INTO matrix_gap SELECT * FROM present.matrix_gap",
    "DELETE FROM matrix_invite",
    "INSERT INTO matrix_invite SELECT * FROM present.matrix_invite",
    /* people in the middle of something are known, and where they are */
    "INSERT OR IGNORE INTO member (member, created_at) SELECT member, created_at FROM "
    "present.member WHERE member IN " WITH_A_CALL,
    "INSERT OR REPLACE INTO identity SELECT * FROM present.identity WHERE member IN " WITH_A_CALL,
    "INSERT OR IGNORE INTO member_group (member, group_id, active_at) SELECT member, group_id, "
    "active_at FROM present.member_group WHERE member IN " WITH_A_CALL,
    /* A join that was undone since is undone again when the state is opened; codes were for then.
     */
    "UPDATE link SET state = 4 WHERE state = 1 AND member NOT IN (SELECT member FROM present.link "
    "WHERE state IN (1, 2, 3))",
    "DELETE FROM link_code",
    /* questions under way, the choices last offered, what answered which message */
    "DELETE FROM dialogue",
    "INSERT INTO dialogue SELECT * FROM present.dialogue",
    "DELETE FROM offer",
    "INSERT INTO offer SELECT * FROM present.offer",
    "DELETE FROM trace",
    "INSERT INTO trace SELECT * FROM present.trace",
    "DELETE FROM outbox_dedup",
    "INSERT INTO outbox_dedup SELECT * FROM present.outbox_dedup",
    /* a timer that has fired since does not fire again; one that is the same is due when it is now
     */
    "DELETE FROM job WHERE recurring = 0 AND due_at <= $now AND NOT EXISTS (SELECT 1 FROM "
    "present.job AS p WHERE p.owner_kind = job.owner_kind AND p.owner_id = job.owner_id AND "
    "p.hash = job.hash)",
    "UPDATE job SET due_at = p.due_at, rule_at = p.rule_at FROM present.job AS p WHERE "
    "p.owner_kind = job.owner_kind AND p.owner_id = job.owner_id AND p.hash = job.hash AND "
    "p.texts = job.texts",
    /* the core's own: the escalation of what is open, and housekeeping */
    "DELETE FROM job WHERE plugin = ''",
    "INSERT OR REPLACE INTO job SELECT * FROM present.job WHERE plugin = ''",
    "INSERT OR REPLACE INTO self SELECT * FROM present.self WHERE name = 'backup_at'",
};
/* Open today, or open in the backup and closed since. */
static const char SQL_ALERTS[] =
    "INSERT OR REPLACE INTO alert SELECT * FROM present.alert AS p WHERE p.state <> 2 OR p.id IN "
    "(SELECT id FROM alert WHERE state <> 2)";
static const char SQL_OPEN_ALERTS[] = "SELECT count(*) FROM alert WHERE state <> 2";
static const char SQL_WITHDRAWN[] =
    "INSERT INTO consent (member, group_id, scope, granted, at) SELECT member, group_id, scope, "
    "granted, at FROM present.consent WHERE granted = 0 AND member IN (SELECT member FROM member)"
    " ON CONFLICT (member, group_id, scope) DO UPDATE SET granted = 0, at = excluded.at"
    " WHERE granted <> 0";
static const char SQL_DROPPED[] =
    "DELETE FROM outbox WHERE id NOT IN (SELECT id FROM present.outbox)";
static const char SQL_REPLIES_OUT[] = "DELETE FROM outbox";
static const char SQL_REPLIES[] = "INSERT INTO outbox SELECT * FROM present.outbox";
/* Without the present database nobody knows what was said since: what is routine is not said again;
 * a crisis reply that has not expired is, and marked so. */
static const char SQL_ROUTINE_OUT[] = "DELETE FROM outbox WHERE priority <> 0";
static const char SQL_MARK_AGAIN[] = "UPDATE outbox SET state = 1";
static const char SQL_CROWDED_OUT[] =
    "DELETE FROM job WHERE recurring = 0 AND due_at + late_ok_ms < $now";

static const char SQL_ATTACH[] = "ATTACH ?1 AS present";
static const char SQL_SETTINGS[] =
    "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
    "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = OFF;";

/* A statement that may ask for $now; `ret_count` (may be NULL): rows changed, or the first
 * number. */
static int execute(struct store *scratch, const char *text, int64_t *ret_count)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(scratch->db, text, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        int now = sqlite3_bind_parameter_index(stmt, "$now");
        if (now)
            code = sqlite3_bind_int64(stmt, now, store_now(scratch));
    }
    int64_t count = 0;
    bool row = false;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(stmt);
        if (code == SQLITE_ROW) {
            count = sqlite3_column_int64(stmt, 0);
            row = true;
        }
    }
    sqlite3_finalize(stmt);
    if (code != SQLITE_DONE)
        return sql_error(scratch, code);
    if (ret_count)
        *ret_count = row ? count : sqlite3_changes(scratch->db);
    return 0;
}

static int attach(struct store *scratch, const char *present)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(scratch->db, SQL_ATTACH, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, present, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? 0 : sql_error(scratch, code);
}

static int carry_present(struct store *scratch, struct restore_report *report)
{
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(carrying) && r == 0; i++)
        r = execute(scratch, carrying[i], NULL);
    if (r == 0)
        r = execute(scratch, SQL_ALERTS, NULL);
    if (r == 0)
        r = execute(scratch, SQL_OPEN_ALERTS, &report->alerts);
    if (r == 0)
        r = execute(scratch, SQL_WITHDRAWN, &report->consents);
    if (r == 0)
        r = execute(scratch, SQL_DROPPED, &report->dropped);
    if (r == 0)
        r = execute(scratch, SQL_REPLIES_OUT, NULL);
    if (r == 0)
        r = execute(scratch, SQL_REPLIES, &report->replies);
    return r;
}

static int carry_nothing(struct store *scratch, struct restore_report *report)
{
    int r = execute(scratch, SQL_ROUTINE_OUT, &report->dropped);
    if (r == 0)
        r = execute(scratch, SQL_MARK_AGAIN, &report->replies);
    if (r == 0)
        r = execute(scratch, SQL_CROWDED_OUT, NULL);
    if (r == 0)
        r = execute(scratch, SQL_OPEN_ALERTS, &report->alerts);
    return r;
}

static int fill(struct store *scratch, const char *path, const char *present,
                struct restore_report *report, struct error *error)
{
    bool is_new = false;
    int code = sqlite3_open_v2(path, &scratch->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                               NULL);
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(scratch->db, 1);
        code = sqlite3_exec(scratch->db, SQL_SETTINGS, NULL, NULL, NULL);
    }
    int r = code == SQLITE_OK ? 0 : scratch->db ? sql_error(scratch, code) : -ENOMEM;
    if (r == 0)
        r = store_check_version(scratch, path, error);
    if (r == 0)
        r = store_migrate(scratch, &is_new, error);
    if (r == 0 && present)
        r = attach(scratch, present);
    if (r == 0)
        r = execute(scratch, "BEGIN", NULL);
    if (r == 0)
        r = present ? carry_present(scratch, report) : carry_nothing(scratch, report);
    if (r == 0)
        r = execute(scratch, "COMMIT", NULL);
    return r;
}

static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return r;
}

int carry_over(const char *path, const char *present, const struct clock *clock,
               struct restore_report *ret_report, struct error *error)
{
    struct store scratch = {.clock = clock, .folder_fd = -1, .quiet = true};
    struct restore_report report = {.had_present = present != NULL};
    int r = fill(&scratch, path, present, &report, error);
    sql_forget_statements(&scratch);
    sqlite3_close_v2(scratch.db);
    if (r == 0)
        r = sync_file(path);
    if (r == 0)
        *ret_report = report;
    return r;
}
