/* SPDX-License-Identifier: MIT */
/* open.c: the state folder, its lock, the connection and the keyring: opened together, or not at
 * all. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "store/restore.h"
#include "store/diagnose.h"
#include "store/sql.h"

enum {
    PATH_BYTES = 4096,
    SMALL_DATABASE_PAGES =
        2048, /* up to here the whole file is checked at open: some milliseconds */
    LONGEST_VALUE_BYTES = 4 * 1024 * 1024,
};

static const char file_name[] = "mooring.db";

static const char SQL_PRAGMAS[] = "PRAGMA journal_mode = WAL;"
                                  "PRAGMA synchronous = FULL;"
                                  "PRAGMA temp_store = MEMORY;"
                                  "PRAGMA secure_delete = ON;"
                                  "PRAGMA foreign_keys = ON;"
                                  "PRAGMA cell_size_check = ON;"
                                  "PRAGMA cache_size = -1024;"
                                  "PRAGMA journal_size_limit = 8388608;";
static const char SQL_PAGE_COUNT[] = "PRAGMA page_count";
static const char SQL_QUICK_CHECK[] = "PRAGMA quick_check(1)";
static const char SQL_ROOTS_OUTSIDE[] = "SELECT count(*) FROM sqlite_schema WHERE rootpage > "
                                        "(SELECT page_count FROM pragma_page_count())";

/* ---- folder ---------------------------------------------------------------------------------- */

static int folder_failed(struct error *error, int code, const char *folder)
{
    return error_set(
        error, code,
        "cannot write the state folder %s: %s. It must belong to the user that mooring runs as, "
        "on a disk that can be written (systemd: StateDirectory=mooring).",
        folder, strerrordesc_np(-code));
}

static int open_folder(struct store *store, bool must_exist, struct error *error)
{
    if (!must_exist && mkdir(store->folder, S_IRWXU) < 0 && errno != EEXIST)
        return folder_failed(error, -errno, store->folder);
    store->folder_fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder_fd < 0)
        return folder_failed(error, -errno, store->folder);
    if (faccessat(store->folder_fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return folder_failed(error, -errno, store->folder);
    if (flock(store->folder_fd, LOCK_EX | LOCK_NB) < 0)
        return error_set(
            error, -EBUSY,
            "cannot open the state folder %s: another mooring is running on it. Stop that one "
            "first, or name another folder.",
            store->folder);
    return 0;
}

static bool file_exists(const struct store *store)
{
    struct stat status;
    return store->folder && fstatat(store->folder_fd, file_name, &status, 0) == 0;
}

static bool wal_exists(const struct store *store)
{
    struct stat status;
    return fstatat(store->folder_fd, "mooring.db-wal", &status, 0) == 0 && status.st_size > 0;
}

/* SQLite takes what it can read of a log for all there is, and writes over the rest: what cannot be
 * read is looked at before that. */
static int check_wal(const struct store *store, const char *path, struct error *error)
{
    struct store_wal wal = {0};
    if (!store->had_wal)
        return 0;
    int fd = openat(store->folder_fd, "mooring.db-wal", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int r = fd < 0 ? -errno : store_wal_read(fd, &wal);
    if (fd >= 0)
        close(fd);
    if (r < 0)
        return error_set(error, r, "cannot read %s-wal: %s.", path, strerrordesc_np(-r));
    if (!wal.is_damaged)
        return 0;
    return error_set(
        error, -EUCLEAN,
        "cannot open the database %s: the log beside it, mooring.db-wal, is damaged, and "
        "what was saved last stands in it. Restore the latest backup; or, to go on "
        "without that, move mooring.db-wal away. Nothing was changed.",
        path);
}

/* Mode 0600 from birth; SQLite gives its WAL the same. */
static int create_file(struct store *store, struct error *error)
{
    int fd = openat(store->folder_fd, file_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                    S_IRUSR | S_IWUSR);
    if (fd < 0)
        return folder_failed(error, -errno, store->folder);
    close(fd);
    return 0;
}

/* ---- connection ------------------------------------------------------------------------------ */

static void configure(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
}

static int open_database(struct store *store, const char *path, struct error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    const char *vfs = store->disk ? fault_disk_name(store->disk) : NULL;
    if (!store->folder)
        flags |= SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
    int code = sqlite3_open_v2(path, &store->db, flags, vfs);
    if (code != SQLITE_OK) {
        int r = store->db ? sql_error(store, code) : -ENOMEM;
        return error_set(
            error, r,
            "cannot open the database %s: %s. It must be readable and writable for the user that "
            "mooring runs as.",
            path, strerrordesc_np(-r));
    }
    configure(store->db);
    return store_check_version(store, path, error);
}

/* The database's own id, when it is there already.  Reading alone: nothing is changed yet. */
static int read_database_id(struct store *store, unsigned char *out, bool *ret_known)
{
    AUTO_ARENA arena = {0};
    struct str id;
    int r = store_self_get(store, STR("database_id"), &arena, &id);
    *ret_known = r == 0 && id.len == KEYRING_DATABASE_ID_BYTES;
    if (*ret_known)
        memcpy(out, id.ptr, KEYRING_DATABASE_ID_BYTES);
    return *ret_known || r == -ENOENT ? 0 : r;
}

static bool has_tables(struct store *store)
{
    return sqlite3_table_column_metadata(store->db, NULL, "self", NULL, NULL, NULL, NULL, NULL,
                                         NULL) == SQLITE_OK;
}

static int open_keyring(struct store *store, const unsigned char *database_id, struct error *error)
{
    struct keyring_options options = {
        .folder = store->folder,
        .folder_fd = store->folder_fd,
        .master_key = store->master_key,
        .database_id = database_id,
    };
    struct error why = {0};
    int r = keyring_open(&options, &store->keyring, &why);
    if (r == -EKEYREJECTED && store->next_key) {
        /* A rotation whose credential was not changed yet: the next key is the key now. */
        options.master_key = store->next_key;
        r = keyring_open(&options, &store->keyring, &why);
        if (r == 0) {
            memcpy(store->master_key, store->next_key, KEYRING_KEY_BYTES);
            sodium_free(TAKE(store->next_key));
            store->has_next_key = true;
        }
    }
    if (r < 0)
        return error_set(error, r, "%s", why.text);
    keyring_inject(store->keyring, fault_errno(store->fault));
    if (store->folder && !database_id && keyring_count(store->keyring) > 0)
        return error_set(
            error, -ENOENT,
            "cannot open the database %s/%s: it is missing, but the keyring beside it holds "
            "the keys of %zu people. Restore the database's backup; or, to start anew, move the "
            "keyring away. "
            "Nothing was changed.",
            store->folder, file_name, keyring_count(store->keyring));
    return 0;
}

static int read_number(struct store *store, const char *text, int64_t *ret_number)
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

static int quick_check(struct store *store)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_QUICK_CHECK, &sql);
    if (r == 0)
        r = sql_step(&sql);
    if (r < 0)
        return r;
    return str_eq(sql_get_str(&sql, 0), STR("ok")) ? 0 : -EUCLEAN;
}

/* Cheap whatever the size: a file cut short, and small files as a whole. */
static int check_pages(struct store *store)
{
    int64_t outside = 0, pages = 0;
    int r = read_number(store, SQL_ROOTS_OUTSIDE, &outside);
    if (r == 0)
        r = read_number(store, SQL_PAGE_COUNT, &pages);
    if (r < 0 || outside > 0)
        return r < 0 ? r : -EUCLEAN;
    if (pages > SMALL_DATABASE_PAGES)
        return 0;
    /* What it finds is read again before it is believed: short of memory it finds things as well.
     */
    r = quick_check(store);
    return r == -EUCLEAN ? quick_check(store) : r;
}

int store_check(struct store *store, struct error *error)
{
    AUTO_SQL sql;
    int r = sql_read(store, SQL_QUICK_CHECK, &sql);
    if (r == 0)
        r = sql_step(&sql);
    if (r >= 0)
        r = str_eq(sql_get_str(&sql, 0), STR("ok")) ? 0 : -EUCLEAN;
    if (r < 0)
        return error_set(error, r,
                         "the database %s/%s is damaged. Restore the latest backup; nothing was "
                         "changed.",
                         store->folder ? store->folder : "", file_name);
    return 0;
}

/* `known`: it says already whose it is.  It may not although its tables are there: a first start
 * that was cut off between the two. */
static int prepare_database(struct store *store, const char *path, bool known, struct error *error)
{
    bool is_new = false;
    int code = sqlite3_exec(store->db, SQL_PRAGMAS, NULL, NULL, NULL);
    int r = code == SQLITE_OK ? check_pages(store) : sql_error(store, code);
    if (r == -EUCLEAN)
        return error_set(error, r,
                         "cannot open the database %s: the file is damaged. Restore the latest "
                         "backup; nothing was "
                         "changed.",
                         path);
    if (r < 0)
        return error_set(error, r, "cannot open the database %s: %s.", path, strerrordesc_np(-r));
    r = store_migrate(store, &is_new, error);
    if (r < 0)
        return r;
    if (is_new || !known) {
        const char *id = (const char *)keyring_database_id(store->keyring);
        r = store_self_put(store, STR("database_id"), (struct str){id, KEYRING_DATABASE_ID_BYTES});
        if (r == 0)
            r = store_commit(store);
    }
    if (r >= 0)
        r = store_link_load(store);
    if (r >= 0)
        r = store_forget_strays(store);
    if (r >= 0)
        r = store_forget_passed(store);
    if (r < 0)
        return error_set(error, r, "cannot write the database %s: %s.", path, strerrordesc_np(-r));
    return 0;
}

static int database_path(const struct store *store, char *out, size_t size)
{
    if (!store->folder)
        return str_to_c(STR(":memory:"), out, size) ? 0 : -ENAMETOOLONG;
    AUTO_BUF path;
    buf_init(&path, size - 1);
    buf_add_format(&path, "%s/%s", store->folder, file_name);
    return str_to_c(buf_str(&path), out, size) && !path.failed ? 0 : -ENAMETOOLONG;
}

static int connect_any(struct store *store, bool must_exist, struct error *error)
{
    char path[PATH_BYTES];
    unsigned char id[KEYRING_DATABASE_ID_BYTES];
    bool known = false;
    randombytes_buf(store->passing, sizeof *store->passing);
    int r = database_path(store, path, sizeof path);
    if (r < 0)
        return error_set(error, r, "cannot open the state folder: its path is too long.");
    if (store->folder && store->folder_fd < 0)
        r = open_folder(store, must_exist, error);
    if (r == 0 && store->folder)
        restore_tidy(store);
    bool exists = r == 0 && file_exists(store);
    if (r == 0 && must_exist && !exists)
        return error_set(
            error, -ESTALE,
            "cannot open the database %s: it is gone. Is its disk mounted? Nothing was "
            "made in its place.",
            path);
    store->had_wal = exists && wal_exists(store);
    if (r == 0)
        r = check_wal(store, path, error);
    if (r == 0 && exists)
        r = open_database(store, path, error);
    if (r < 0)
        return r;
    if (exists && has_tables(store) && read_database_id(store, id, &known) < 0)
        return error_set(
            error, -EUCLEAN,
            "cannot open the database %s: the file is damaged. Restore the latest backup; "
            "nothing was changed.",
            path);
    r = open_keyring(store, known ? id : NULL, error);
    if (r == 0 && !exists && store->folder)
        r = create_file(store, error);
    if (r == 0 && !exists)
        r = open_database(store, path, error);
    if (r < 0)
        return r;
    return prepare_database(store, path, known, error);
}

int store_connect_bare(struct store *store, struct error *error)
{
    int r = open_folder(store, false, error);
    if (r == 0)
        restore_tidy(store);
    if (r < 0)
        return r;
    struct keyring_options options = {
        .folder = store->folder, .folder_fd = store->folder_fd, .master_key = store->master_key};
    struct stat status;
    /* One that is missing is not made: it would open nothing. */
    if (fstatat(store->folder_fd, "keyring", &status, 0) < 0)
        return error_set(error, -ENOENT,
                         "cannot open the keyring %s/keyring: the file is missing. Put back its "
                         "copy first: without it no backup can be read.",
                         store->folder);
    return keyring_open(&options, &store->keyring, error);
}

/* A first start that failed half-way leaves nothing: or the next would take it for somebody's data.
 */
static void unmake(const struct store *store)
{
    static const char *const names[] = {"mooring.db", "mooring.db-wal", "mooring.db-shm",
                                        "keyring"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        (void)unlinkat(store->folder_fd, names[i], 0);
}

static int connect_one(struct store *store, bool must_exist, struct error *error)
{
    bool is_first = store->folder && !store_holds_state(store->folder);
    store->connecting = true;
    int r = connect_any(store, must_exist, error);
    store->connecting = false;
    if (r < 0 && is_first && store->folder_fd >= 0) {
        store_disconnect(store, true);
        if (r != -EBUSY) /* another's first start is under way */
            unmake(store);
    }
    store->opened = r == 0;
    return r;
}

/* What exists is looked at before anything is made: a wrong key or a newer file leaves all as it
 * was. */
int store_connect(struct store *store, struct error *error)
{
    return connect_one(store, false, error);
}

int store_connect_again(struct store *store, struct error *error)
{
    return connect_one(store, true, error);
}

void store_disconnect(struct store *store, bool as_killed)
{
    sql_forget_statements(store);
    bool in_order = !as_killed && (store->opened ? store_writable(store) : !store->had_wal);
    if (store->db && !in_order)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    else if (store->db && store->folder && store->opened && sqlite3_get_autocommit(store->db))
        store_checkpoint(store); /* deleted rows leave the WAL, too */
    sqlite3_close_v2(store->db);
    store->db = NULL;
    keyring_close(store->keyring);
    store->keyring = NULL;
}
