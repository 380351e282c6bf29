/* SPDX-License-Identifier: MIT */
/* diagnose.c: looks at the state folder's files one by one, and says what is wrong and what to do.
 * Nothing is opened for writing. */
#include "store/diagnose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "store/backup.h"
#include "store/slot.h"
#include "store/sql.h"

enum { PATH_BYTES = 4096, SENTENCE_BYTES = 1024, CHECK_SECONDS = 20, STEPS_A_CALL = 100000 };

static const char SQL_QUICK[] = "PRAGMA quick_check(1)";
static const char SQL_NEWEST[] =
    "SELECT max(at) FROM (SELECT max(at) AS at FROM audit UNION ALL SELECT max(at) FROM seen"
    " UNION ALL SELECT max(created_at) FROM member UNION ALL SELECT max(raised_at) FROM alert"
    " UNION ALL SELECT max(at) FROM dead_event)";

struct diagnosis {
    const char *folder;
    int folder_fd;
    const unsigned char *master_key;
    void (*each)(void *ctx, const struct store_finding *finding);
    void *ctx;
    struct store_diagnosis *out;
    bool has_database, has_id;
    unsigned char database_id[KEYRING_DATABASE_ID_BYTES];
    uint64_t deadline_ns;
};

static void say(struct diagnosis *diagnosis, enum store_word word, const char *topic,
                const char *what, const char *advice)
{
    struct store_finding finding = {word, topic, str_of(what), str_of(advice)};
    diagnosis->each(diagnosis->ctx, &finding);
}

static void PRINTF_LIKE(5, 6) say_of(struct diagnosis *diagnosis, enum store_word word,
                                     const char *topic, const char *advice, const char *format, ...)
{
    char what[SENTENCE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    say(diagnosis, word, topic, what, advice);
}

#define RESTORE_IT                                                                                 \
    "Stop mooring, keep a copy of the folder as it is, then `mooring restore BACKUP` "             \
    "(docs/ADMIN.md)."

/* ---- the database ---------------------------------------------------------------------------- */

static int give_up(void *ctx)
{
    const struct diagnosis *diagnosis = ctx;
    return clock_precise_ns() > diagnosis->deadline_ns;
}

/* Beside a running daemon as any reader.  Alone: with no lock and no shared memory, so that neither
 * file nor owner of one appears in the folder; without a WAL not even that is looked for. */
static int open_copy(struct diagnosis *diagnosis, bool has_wal, sqlite3 **ret_db)
{
    char uri[PATH_BYTES * 3 + 64];
    bool running = diagnosis->out->is_running;
    AUTO_BUF path;
    buf_init(&path, PATH_BYTES * 3);
    for (const char *c = diagnosis->folder; *c; c++) {
        if (strchr("%?#", *c))
            buf_add_format(&path, "%%%02x", (unsigned char)*c);
        else
            buf_add_byte(&path, *c);
    }
    (void)snprintf(uri, sizeof uri, "file:%.*s/mooring.db%s", STR_ARG(buf_str(&path)),
                   running || has_wal ? "" : "?immutable=1");
    int code = sqlite3_open_v2(uri, ret_db,
                               SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                               running ? NULL : "unix-none");
    if (code != SQLITE_OK)
        return -EIO;
    sqlite3_extended_result_codes(*ret_db, 1);
    sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(*ret_db, 5000);
    sqlite3_progress_handler(*ret_db, STEPS_A_CALL, give_up, diagnosis);
    const char *pragmas = running ? "PRAGMA query_only = 1"
                                  : "PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = 1";
    return sqlite3_exec(*ret_db, pragmas, NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
}

static int64_t number_of(struct store *store, const char *text)
{
    AUTO_SQL sql;
    int r = sql_read(store, text, &sql);
    if (r == 0)
        r = sql_step(&sql);
    return r > 0 ? sql_get_int(&sql, 0) : 0;
}

/* What the keyring is compared with, and what the clock is. */
static void read_facts(struct diagnosis *diagnosis, struct store *store)
{
    AUTO_ARENA arena = {0};
    struct str id;
    if (store_self_get(store, STR("database_id"), &arena, &id) == 0 &&
        id.len == KEYRING_DATABASE_ID_BYTES) {
        memcpy(diagnosis->database_id, id.ptr, id.len);
        diagnosis->has_id = true;
    }
    diagnosis->out->newest_at = number_of(store, SQL_NEWEST);
    diagnosis->out->backup_at = store_backup_at(store);
}

static void check_pages(struct diagnosis *diagnosis, struct store *store)
{
    AUTO_SQL sql;
    diagnosis->deadline_ns = clock_precise_ns() + (uint64_t)CHECK_SECONDS * 1000000000;
    int r = sql_read(store, SQL_QUICK, &sql);
    if (r == 0)
        r = sql_step(&sql);
    bool too_long = sqlite3_errcode(store->db) == SQLITE_INTERRUPT;
    if (r > 0 && str_eq(sql_get_str(&sql, 0), STR("ok")))
        say_of(diagnosis, STORE_FINE, "database", "", "%s/mooring.db: whole", diagnosis->folder);
    else if (too_long)
        say_of(diagnosis, STORE_WARNING, "database",
               "Look again at a quiet hour, or check a backup: `mooring backup` verifies what it "
               "writes.",
               "%s/mooring.db: too large to be looked through in %d s; what was read is whole",
               diagnosis->folder, CHECK_SECONDS);
    else
        say_of(diagnosis, STORE_PROBLEM, "database", RESTORE_IT, "%s/mooring.db: damaged",
               diagnosis->folder);
    diagnosis->deadline_ns = UINT64_MAX;
}

static void look_inside(struct diagnosis *diagnosis, bool has_wal)
{
    char path[PATH_BYTES];
    struct error error = {0};
    struct clock clock;
    clock_init(&clock);
    struct store store = {.folder_fd = -1, .clock = &clock};
    (void)snprintf(path, sizeof path, "%s/mooring.db", diagnosis->folder);
    diagnosis->deadline_ns = UINT64_MAX;
    int r = open_copy(diagnosis, has_wal, &store.db);
    if (r == 0)
        r = store_check_version(&store, path, &error);
    if (r < 0 && error.code)
        say_of(diagnosis, STORE_PROBLEM, "database", RESTORE_IT, "%s", error.text);
    else if (r < 0)
        say_of(diagnosis, STORE_PROBLEM, "database", RESTORE_IT, "%s: it cannot be opened (%s)",
               path, store.db ? sqlite3_errmsg(store.db) : "memory is short");
    if (r >= 0) {
        check_pages(diagnosis, &store);
        read_facts(diagnosis, &store);
    }
    sql_forget_statements(&store);
    map_done(&store.statements);
    sqlite3_close_v2(store.db);
}

static int check_wal(struct diagnosis *diagnosis)
{
    struct store_wal wal;
    int fd = openat(diagnosis->folder_fd, "mooring.db-wal", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return 0;
    int r = store_wal_read(fd, &wal);
    close(fd);
    if (diagnosis->out->is_running) /* it is written just now */
        return 1;
    if (r < 0 || wal.is_damaged)
        say_of(diagnosis, STORE_PROBLEM, "WAL",
               "Keep a copy of the folder as it is. Then `mooring restore BACKUP`; or, to go on "
               "without what stands behind the damage, move mooring.db-wal away. And look at the "
               "disk (smartctl -a).",
               "%s/mooring.db-wal: damaged after %u whole pages: what was written last is lost",
               diagnosis->folder, r < 0 ? 0 : wal.frames);
    else
        say_of(diagnosis, STORE_FINE, "WAL", "",
               "%s/mooring.db-wal: %u pages that the next start takes over", diagnosis->folder,
               wal.frames);
    return 1;
}

static void check_database(struct diagnosis *diagnosis)
{
    struct stat status;
    bool has_wal = check_wal(diagnosis) > 0;
    if (fstatat(diagnosis->folder_fd, "mooring.db", &status, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    diagnosis->has_database = status.st_size > 0 || has_wal; /* an empty file is none */
    if (status.st_size > 0)
        look_inside(diagnosis, has_wal);
}

/* ---- the keyring ----------------------------------------------------------------------------- */

struct keyring_look {
    size_t used, damaged, unreadable;
    bool is_cut;
};

static void look_at_slots(const struct diagnosis *diagnosis, int fd,
                          const struct slot_header *header, struct keyring_look *look)
{
    unsigned char bytes[SLOT_BYTES], key[KEYRING_KEY_BYTES];
    struct slot slot;
    ssize_t got;
    for (off_t at = SLOT_HEADER_BYTES; (got = pread(fd, bytes, sizeof bytes, at)) > 0;
         at += SLOT_BYTES) {
        look->is_cut |= got < SLOT_BYTES;
        if (got < SLOT_BYTES)
            return;
        if (slot_read(bytes, &slot) < 0) {
            look->damaged++;
            continue;
        }
        if (slot.state != SLOT_USED)
            continue;
        look->used++;
        if (diagnosis->master_key && slot_unwrap(diagnosis->master_key, header->database_id,
                                                 slot.member, slot.wrapped, key) < 0)
            look->unreadable++;
    }
    mem_wipe(key, sizeof key);
}

#define PUT_IT_BACK                                                                                \
    "Stop mooring and put back the copy of `keyring` that was kept with this database; without "   \
    "it "                                                                                          \
    "nothing that is stored can be read."

static bool check_key(struct diagnosis *diagnosis, const struct slot_header *header)
{
    unsigned char root[KEYRING_KEY_BYTES];
    if (!diagnosis->master_key)
        return true;
    int r = slot_unwrap(diagnosis->master_key, header->database_id, 0, header->wrapped, root);
    mem_wipe(root, sizeof root);
    if (r < 0)
        say_of(diagnosis, STORE_PROBLEM, "key",
               "Give the key that belongs to it: the one from the sealed envelope, or from before "
               "the last change of the credential.",
               "%s/keyring: the credential master-key does not open it", diagnosis->folder);
    return r == 0;
}

static void judge_slots(struct diagnosis *diagnosis, const struct keyring_look *look)
{
    if (look->is_cut || look->damaged || look->unreadable)
        say_of(diagnosis, STORE_PROBLEM, "keyring", PUT_IT_BACK,
               "%s/keyring: %zu of its slots are damaged%s: what these people stored cannot be "
               "read",
               diagnosis->folder, look->damaged + look->unreadable,
               look->is_cut ? ", and its end is missing" : "");
    else
        say_of(diagnosis, STORE_FINE, "keyring", "", "%s/keyring: keys of %zu identities%s",
               diagnosis->folder, look->used,
               diagnosis->master_key ? ", and the master key opens them" : "");
}

static void look_at_keyring(struct diagnosis *diagnosis, int fd)
{
    unsigned char bytes[SLOT_HEADER_BYTES];
    struct slot_header header;
    struct keyring_look look = {.used = 0};
    int r = pread(fd, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes ? 0 : -EUCLEAN;
    if (r == 0)
        r = slot_header_read(bytes, &header);
    if (r < 0) {
        say_of(diagnosis, STORE_PROBLEM, "keyring", PUT_IT_BACK, "%s/keyring: %s",
               diagnosis->folder,
               r == -EPROTO ? "a newer version of mooring wrote it" : "its beginning is damaged");
        return;
    }
    if (diagnosis->has_id &&
        memcmp(diagnosis->database_id, header.database_id, sizeof header.database_id) != 0) {
        say_of(diagnosis, STORE_PROBLEM, "keyring", PUT_IT_BACK,
               "%s/keyring: it belongs to another database than the mooring.db beside it",
               diagnosis->folder);
        return;
    }
    if (!check_key(diagnosis, &header))
        return;
    look_at_slots(diagnosis, fd, &header, &look);
    judge_slots(diagnosis, &look);
}

static void check_keyring(struct diagnosis *diagnosis)
{
    int fd = openat(diagnosis->folder_fd, "keyring", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT && diagnosis->has_database)
        say_of(diagnosis, STORE_PROBLEM, "keyring", PUT_IT_BACK,
               "%s/keyring: missing, and mooring.db beside it cannot be read without it",
               diagnosis->folder);
    else if (fd < 0 && errno == ENOENT)
        diagnosis->out->is_new = true;
    else if (fd < 0)
        say_of(diagnosis, STORE_PROBLEM, "keyring",
               "It must belong to the user that mooring runs as, with mode 0600; look as that "
               "user or as root.",
               "%s/keyring: %s", diagnosis->folder, strerrordesc_np(errno));
    if (fd < 0)
        return;
    if (!diagnosis->has_database)
        say_of(diagnosis, STORE_PROBLEM, "database",
               "Restore the database's backup (`mooring restore BACKUP`); or, to start anew, move "
               "the keyring away.",
               "%s/mooring.db: missing or empty, but the keyring beside it holds keys",
               diagnosis->folder);
    look_at_keyring(diagnosis, fd);
    close(fd);
}

/* ---- all ------------------------------------------------------------------------------------- */

int store_diagnose(const char *folder, const unsigned char *master_key,
                   void (*each)(void *ctx, const struct store_finding *finding), void *ctx,
                   struct store_diagnosis *ret_diagnosis)
{
    *ret_diagnosis = (struct store_diagnosis){.newest_at = 0};
    if (sodium_init() < 0)
        return -ENOSYS;
    struct diagnosis diagnosis = {.folder = folder,
                                  .folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                  .master_key = master_key,
                                  .each = each,
                                  .ctx = ctx,
                                  .out = ret_diagnosis};
    if (diagnosis.folder_fd < 0)
        return -errno;
    /* A lock that is had is let go at once: a daemon that starts in this moment finds it free at
     * its next try. */
    if (flock(diagnosis.folder_fd, LOCK_SH | LOCK_NB) < 0)
        ret_diagnosis->is_running = errno == EWOULDBLOCK;
    else
        (void)flock(diagnosis.folder_fd, LOCK_UN);
    check_database(&diagnosis);
    check_keyring(&diagnosis);
    close(diagnosis.folder_fd);
    return 0;
}
