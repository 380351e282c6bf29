/* SPDX-License-Identifier: MIT */
/* backup.c: a copy of the database, beside the running bot.
 *
 * A second connection holds one snapshot of the WAL and is copied page by page on a thread of its
 * own: no turn waits for it, and what turns write meanwhile is not in the copy.  Until it ends the
 * WAL cannot be emptied; a forgetting that asks for this is completed in backup_noted. */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sodium.h>

#include "base/die.h"
#include "base/number.h"
#include "store/image.h"
#include "store/restore.h"
#include "store/seal.h"
#include "store/sql.h"

enum {
    STEP_PAGES = 256,             /* 1 MiB between two looks at whether it should stop */
    READ_BYTES = 256 * 1024,      /* when all of it is read back */
    SYNC_BYTES = 8 * 1024 * 1024, /* written back bit by bit: a turn's sync must not wait for all */
    SAMPLE_MAX = 64,
    SAMPLE_BYTES = 1024 * 1024,
};

static const char SQL_INTEGRITY[] = "PRAGMA integrity_check(1)";
static const char SQL_SNAPSHOT[] = "BEGIN; SELECT count(*) FROM sqlite_schema;";
/* owner, column, number, text, sealed: some of each kind, of whom chance has it */
static const char SQL_SAMPLE[] =
    "SELECT * FROM (SELECT 0, 'meta.value', 0, name, value FROM meta LIMIT 8)"
    " UNION ALL SELECT * FROM (SELECT member, 'identity.texts', member, hash, texts FROM identity"
    " WHERE member >= abs(random()) % 9223372036854775807 LIMIT 16)"
    " UNION ALL SELECT * FROM (SELECT member, 'identity.texts', member, hash, texts FROM identity"
    " LIMIT 8)"
    " UNION ALL SELECT * FROM (SELECT member, 'preference.value', member, name, value"
    " FROM preference LIMIT 16)"
    " UNION ALL SELECT * FROM (SELECT member, 'alert.who', id, '', who FROM alert"
    " WHERE who IS NOT NULL ORDER BY id DESC LIMIT 16)";

struct sample {
    uint64_t owner, number;
    const char *column;
    struct str text, sealed;
};

struct backup {
    int fd;
    char *path;         /* of the database */
    unsigned char *key; /* locked memory */
    unsigned char database_id[KEYRING_DATABASE_ID_BYTES];
    struct manifest manifest;
    atomic_bool cancelled;
    atomic_int percent;
    struct arena arena;
    struct sample samples[SAMPLE_MAX];
    size_t sample_count;
};

/* ---- life ------------------------------------------------------------------------------------ */

static int prepare(struct store *store, struct backup *backup)
{
    AUTO_BUF path;
    buf_init(&path, 4096);
    buf_add_format(&path, "%s/mooring.db", store->folder);
    backup->path = path.failed ? NULL : str_copy(buf_str(&path));
    backup->key = sodium_malloc(KEYRING_KEY_BYTES);
    if (!backup->path || !backup->key)
        return -ENOMEM;
    memcpy(backup->key, keyring_house_key(store->keyring, KEYRING_BACKUP), KEYRING_KEY_BYTES);
    memcpy(backup->database_id, keyring_database_id(store->keyring), sizeof backup->database_id);
    backup->manifest = (struct manifest){
        .schema = store_migrations_latest(),
        .keyring_sequence = keyring_sequence(store->keyring),
        .created_at = store_now(store),
    };
    memcpy(backup->manifest.database_id, backup->database_id, sizeof backup->database_id);
    return 0;
}

#define NOTHING_TO_COPY                                                                            \
    "the database is not open, so there is nothing to copy: only the floor works, and `mooring "   \
    "doctor` says why."

int backup_create(struct store *store, int fd, struct backup **ret_backup, struct error *error)
{
    if (!store->folder)
        return error_set(error, -EOPNOTSUPP, NOTHING_TO_COPY);
    struct backup *backup = mem_zalloc(sizeof *backup);
    if (!backup)
        return error_set(error, -ENOMEM, "the backup cannot begin: memory is short.");
    backup->fd = fd;
    arena_init(&backup->arena, SAMPLE_BYTES);
    int r = prepare(store, backup);
    if (r < 0) {
        backup_destroy(backup);
        return error_set(error, r, "the backup cannot begin: memory is short.");
    }
    *ret_backup = backup;
    return 0;
}

void backup_destroy(struct backup *backup)
{
    if (!backup)
        return;
    sodium_free(backup->key);
    arena_done(&backup->arena);
    mem_free(backup->path);
    mem_free(backup);
}

void backup_cancel(struct backup *backup)
{
    atomic_store(&backup->cancelled, true);
}

/* A copy that fills the disk under the bot would cost it its own writes. */
int backup_check_room(int fd, int64_t bytes, struct error *error)
{
    enum { SPARE_BYTES = 64 * 1024 * 1024 };
    struct statvfs disk;
    if (fstatvfs(fd, &disk) < 0)
        return 0; /* who writes will see */
    int64_t room = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    if (room >= bytes + MIN_OF(bytes, (int64_t)SPARE_BYTES))
        return 0;
    return error_set(error, -ENOSPC,
                     "there is no room for it: %lld MB are needed there, and %lld MB free.",
                     (long long)(bytes >> 20) + 1, (long long)(room >> 20));
}

int64_t backup_file_bytes(const struct backup *backup)
{
    struct stat status;
    return fstat(backup->fd, &status) < 0 ? 0 : status.st_size;
}

int backup_percent(const struct backup *backup)
{
    return atomic_load(&backup->percent);
}

const struct manifest *backup_manifest(const struct backup *backup)
{
    return &backup->manifest;
}

static int failed(struct error *error, int code, const char *what)
{
    if (code == -ECANCELED)
        return error_set(error, code, "%s was broken off.", what);
    return error_set(error, code, "%s failed: %s.", what, strerrordesc_np(-code));
}

static int errno_of(int code, const struct image *image)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EUCLEAN;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    default:
        return image && image->last_errno ? -image->last_errno : -EIO;
    }
}

/* ---- copying --------------------------------------------------------------------------------- */

static int open_snapshot(const struct backup *backup, sqlite3 **ret_db)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(backup->path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "PRAGMA cache_size = -512; PRAGMA trusted_schema = OFF;", NULL,
                            NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, SQL_SNAPSHOT, NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        sqlite3_close_v2(db);
        return errno_of(code, NULL);
    }
    *ret_db = db;
    return 0;
}

static int copy_pages(struct backup *backup, sqlite3 *from, sqlite3 *to, const struct image *image)
{
    int code = SQLITE_OK, steps = 0;
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (!copy)
        return errno_of(sqlite3_errcode(to), image);
    while (code == SQLITE_OK && !atomic_load(&backup->cancelled)) {
        code = sqlite3_backup_step(copy, STEP_PAGES);
        int total = sqlite3_backup_pagecount(copy), left = sqlite3_backup_remaining(copy);
        if (total > 0) /* reading back is the other half */
            atomic_store(&backup->percent, (int)(50LL * (total - left) / total));
        if (++steps % (SYNC_BYTES / (STEP_PAGES * 4096)) == 0)
            (void)fdatasync(image->fd);
        DIE_AT(DIE_BACKUP_HALF);
    }
    int finished = sqlite3_backup_finish(copy);
    if (code == SQLITE_OK)
        return -ECANCELED;
    return code == SQLITE_DONE ? errno_of(finished, image) : errno_of(code, image);
}

static int copy_database(struct backup *backup)
{
    struct image image;
    sqlite3 *from = NULL, *to = NULL;
    int r = ftruncate(backup->fd, 0) < 0 ? -errno : 0; /* whatever was there is no backup now */
    if (r == 0)
        r = image_init(&image, backup->fd, MANIFEST_BYTES);
    if (r < 0)
        return r;
    r = open_snapshot(backup, &from);
    if (r == 0)
        r = image_open(&image, true, &to);
    if (r == 0)
        r = copy_pages(backup, from, to, &image);
    sqlite3_close_v2(to);
    sqlite3_close_v2(from);
    image_done(&image);
    if (r == 0 && fsync(backup->fd) < 0)
        r = -errno;
    return r;
}

/* ---- reading it back ------------------------------------------------------------------------- */

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        bytes += done;
        size -= (size_t)done;
    }
    return 0;
}

/* Every byte behind the manifest, to the hash and to `copy_fd` (-1: nowhere). */
static int read_through(struct backup *backup, int copy_fd, int64_t *ret_size,
                        unsigned char ret_hash[MANIFEST_HASH_BYTES])
{
    struct stat status;
    crypto_hash_sha256_state state;
    AUTO_FREE char *bytes = mem_alloc(READ_BYTES);
    off_t at = MANIFEST_BYTES;
    int r = bytes ? 0 : -ENOMEM;
    if (r == 0 && fstat(backup->fd, &status) < 0)
        r = -errno;
    crypto_hash_sha256_init(&state);
    while (r == 0) {
        ssize_t length = pread(backup->fd, bytes, READ_BYTES, at);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0) {
            r = length < 0 ? -errno : 0;
            break;
        }
        crypto_hash_sha256_update(&state, (unsigned char *)bytes, (size_t)length);
        at += length;
        if (copy_fd >= 0)
            r = write_all(copy_fd, bytes, (size_t)length);
        if (copy_fd >= 0 && at % SYNC_BYTES < READ_BYTES)
            (void)fdatasync(copy_fd);
        atomic_store(&backup->percent, 50 + (int)(40LL * at / MAX_OF(status.st_size, (off_t)1)));
        if (r == 0 && atomic_load(&backup->cancelled))
            r = -ECANCELED;
        if (copy_fd >= 0)
            DIE_AT(DIE_BACKUP_HALF);
    }
    if (r == 0 && copy_fd >= 0 && fsync(copy_fd) < 0)
        r = -errno;
    if (r < 0)
        return r;
    crypto_hash_sha256_final(&state, ret_hash);
    *ret_size = at - MANIFEST_BYTES;
    return 0;
}

static int stop_if_cancelled(void *ctx)
{
    return atomic_load(&((struct backup *)ctx)->cancelled);
}

static struct str column(sqlite3_stmt *stmt, int index, struct arena *arena)
{
    const char *bytes = sqlite3_column_blob(stmt, index);
    return str_keep(arena, (struct str){bytes, (size_t)sqlite3_column_bytes(stmt, index)});
}

static void keep_sample(struct backup *backup, sqlite3_stmt *stmt)
{
    struct sample *sample = &backup->samples[backup->sample_count];
    *sample = (struct sample){.owner = (uint64_t)sqlite3_column_int64(stmt, 0),
                              .number = (uint64_t)sqlite3_column_int64(stmt, 2),
                              .column = column(stmt, 1, &backup->arena).ptr,
                              .text = column(stmt, 3, &backup->arena),
                              .sealed = column(stmt, 4, &backup->arena)};
    if (sample->column && sample->sealed.ptr)
        backup->sample_count++;
}

static int take_samples(struct backup *backup, sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, SQL_SAMPLE, -1, &stmt, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(stmt);
        if (code == SQLITE_ROW && backup->sample_count < SAMPLE_MAX)
            keep_sample(backup, stmt);
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? 0 : -EUCLEAN;
}

/* As a database: every page, every index, and some of what is sealed in it. */
static int check_database(struct backup *backup)
{
    struct image image;
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int r = image_init(&image, backup->fd, MANIFEST_BYTES);
    if (r < 0)
        return r;
    r = image_open(&image, false, &db);
    if (r == 0) {
        sqlite3_progress_handler(db, 100000, stop_if_cancelled, backup);
        int code = sqlite3_prepare_v2(db, SQL_INTEGRITY, -1, &stmt, NULL);
        if (code == SQLITE_OK)
            code = sqlite3_step(stmt);
        const char *said = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        r = said && strcmp(said, "ok") == 0           ? 0
            : (code & 0xff) == SQLITE_INTERRUPT       ? -ECANCELED
            : code == SQLITE_ROW || code == SQLITE_OK ? -EUCLEAN
                                                      : errno_of(code, &image);
    }
    sqlite3_finalize(stmt);
    if (r == 0)
        r = take_samples(backup, db);
    sqlite3_close_v2(db);
    image_done(&image);
    return r;
}

int backup_write(struct backup *backup, struct error *error)
{
    char head[MANIFEST_BYTES];
    struct stat database;
    int r = stat(backup->path, &database) < 0
                ? 0
                : backup_check_room(backup->fd, database.st_size, error);
    if (r < 0)
        return r;
    r = copy_database(backup);
    if (r < 0)
        return failed(error, r, "the backup");
    /* From the disk, not from memory, where the system lets us. */
    (void)posix_fadvise(backup->fd, 0, 0, POSIX_FADV_DONTNEED);
    r = read_through(backup, -1, &backup->manifest.size_bytes, backup->manifest.sha256);
    if (r == 0)
        r = check_database(backup);
    if (r < 0)
        return failed(error, r, "reading the backup back");
    r = manifest_write(&backup->manifest, backup->key, head);
    if (r == 0 && pwrite(backup->fd, head, sizeof head, 0) != (ssize_t)sizeof head)
        r = errno ? -errno : -EIO;
    if (r == 0 && fsync(backup->fd) < 0)
        r = -errno;
    atomic_store(&backup->percent, 100);
    return r < 0 ? failed(error, r, "the backup") : 0;
}

static int read_manifest(struct backup *backup, struct error *error)
{
    char head[MANIFEST_BYTES];
    ssize_t length = pread(backup->fd, head, sizeof head, 0);
    int r = length < 0 ? -errno : length < (ssize_t)sizeof head ? -EMEDIUMTYPE : 0;
    if (r == 0)
        r = manifest_read(head, backup->key, backup->database_id, &backup->manifest);
    if (r == -EMEDIUMTYPE)
        return error_set(error, r,
                         "this is not a backup of mooring's, or one that was never finished.");
    if (r == -EXDEV)
        return error_set(error, r,
                         "this backup belongs to another database: the keyring here cannot open "
                         "it. Put back the keyring that was kept with it first.");
    if (r == -EBADMSG)
        return error_set(error, r,
                         "this backup was changed after it was written, or is damaged: take "
                         "another.");
    if (r == -EPROTO || (r == 0 && backup->manifest.schema > store_migrations_latest()))
        return error_set(error, -EPROTO,
                         "a newer version of mooring wrote this backup: install that version "
                         "first.");
    return r < 0 ? failed(error, r, "reading the backup") : 0;
}

int backup_read(struct backup *backup, int copy_fd, struct error *error)
{
    unsigned char hash[MANIFEST_HASH_BYTES];
    int64_t size = 0;
    int r = read_manifest(backup, error);
    if (r < 0)
        return r;
    r = read_through(backup, copy_fd, &size, hash);
    if (r == 0 && (size != backup->manifest.size_bytes ||
                   memcmp(hash, backup->manifest.sha256, sizeof hash) != 0))
        return error_set(error, -EUCLEAN,
                         "this backup is damaged or cut short: its bytes are not those that were "
                         "written. Take another.");
    if (r == 0)
        r = check_database(backup);
    if (r == -EUCLEAN)
        return error_set(error, r, "the database in this backup is damaged: take another.");
    atomic_store(&backup->percent, 100);
    return r < 0 ? failed(error, r, "reading the backup") : 0;
}

/* ---- judging --------------------------------------------------------------------------------- */

int backup_judge(struct store *store, struct backup *backup, struct error *error)
{
    AUTO_ARENA arena = {0};
    for (size_t i = 0; i < backup->sample_count; i++) {
        const struct sample *sample = &backup->samples[i];
        struct seal_place place = {
            .column = sample->column, .a = sample->number, .text = sample->text};
        struct str plain;
        int r = seal_open(store, sample->owner, &place, sample->sealed, &arena, &plain);
        arena_reset(&arena);
        if (r == -ENOKEY)
            continue; /* forgotten since: so it must be */
        if (r < 0)
            return error_set(error, r,
                             "the present keyring does not open what is in the copy (%s): the copy "
                             "is of no use. Keep the one before it, and look at the keyring.",
                             sample->column);
    }
    return 0;
}

/* Not sealed: it names nobody, and who looks at a database without its key wants to know. */
#define BACKUP_AT STR("backup_at")

void backup_noted(struct store *store, const struct backup *backup)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)backup->manifest.created_at);
    int r = store_self_put(store, BACKUP_AT, str_of(text));
    if (r == 0)
        r = store_commit_quietly(store); /* completes what waited for the WAL, too */
    if (r < 0)
        store_rollback_quietly(store);
    restore_forget_aside(store);
}

int64_t store_backup_at(struct store *store)
{
    AUTO_ARENA arena = {0};
    struct str value;
    int64_t at = 0;
    if (store_self_get(store, BACKUP_AT, &arena, &value) < 0 ||
        number_parse(value, 0, INT64_MAX, &at) < 0)
        return 0;
    return at;
}

int store_keyring_image(struct store *store, struct buf *ret_bytes, struct error *error)
{
    int r = keyring_image(store->keyring, ret_bytes);
    if (r == -EOPNOTSUPP)
        return error_set(error, r, NOTHING_TO_COPY);
    if (r == 0)
        r = keyring_image_check(store->keyring, buf_str(ret_bytes));
    return r < 0 ? failed(error, r, "copying the keyring") : 0;
}
