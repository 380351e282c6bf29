/* SPDX-License-Identifier: MIT */
/* restore.c: the database changed for one from a backup.
 *
 * The copy comes in under a name of its own and takes over what is going on there.  Then the
 * present database gets a second name, and the copy its first one, in one step: rename(2).  A kill
 * before it leaves the old database with two names, one after it the new one with the old aside;
 * restore_tidy tells which, and takes the WAL of the old away from beside the new. */
#include "store/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/die.h"
#include "store/carry.h"
#include "store/internal.h"

enum { PATH_BYTES = 4096 };

static const char name[] = "mooring.db";
static const char wal_name[] = "mooring.db-wal";
static const char shm_name[] = "mooring.db-shm";
static const char incoming_name[] = "mooring.db.incoming";
static const char aside_name[] = "mooring.db.before-restore";
static const char aside_wal_name[] = "mooring.db.before-restore-wal";

static bool look(const struct store *store, const char *file, struct stat *ret_status)
{
    return fstatat(store->folder_fd, file, ret_status, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool same_file(const struct store *store, const char *a, const char *b)
{
    struct stat first, second;
    return look(store, a, &first) && look(store, b, &second) && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}

static void remove_file(const struct store *store, const char *file)
{
    (void)unlinkat(store->folder_fd, file, 0);
}

static int sync_folder(const struct store *store)
{
    return fsync(store->folder_fd) < 0 ? -errno : 0;
}

/* ---- tidying --------------------------------------------------------------------------------- */

void restore_drop(struct store *store)
{
    remove_file(store, incoming_name);
}

void restore_tidy(const struct store *store)
{
    struct stat status;
    remove_file(store, incoming_name);
    if (!look(store, aside_name, &status))
        return;
    if (same_file(store, aside_name, name)) { /* killed before the change */
        remove_file(store, aside_name);
        remove_file(store, aside_wal_name);
    } else if (same_file(store, aside_wal_name, wal_name)) { /* killed right behind it */
        remove_file(store, wal_name);
        remove_file(store, shm_name);
    }
    if (sync_folder(store) < 0)
        return; /* done again at the next opening */
}

void restore_forget_aside(const struct store *store)
{
    if (!store->folder)
        return;
    remove_file(store, aside_wal_name);
    remove_file(store, aside_name);
}

/* ---- coming in ------------------------------------------------------------------------------- */

int restore_incoming(struct store *store, const struct backup *backup, int *ret_fd,
                     struct error *error)
{
    restore_drop(store);
    int room = backup_check_room(store->folder_fd, backup_file_bytes(backup), error);
    if (room < 0)
        return room;
    int fd = openat(store->folder_fd, incoming_name,
                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return error_set(error, -errno,
                         "the backup cannot be brought into the state folder %s: %s.",
                         store->folder, strerrordesc_np(errno));
    struct stat folder;
    /* Without a running daemon this may be root: the file is for the daemon. */
    if (geteuid() == 0 && fstat(store->folder_fd, &folder) == 0 &&
        fchown(fd, folder.st_uid, folder.st_gid) < 0) {
        int r = -errno;
        close(fd);
        return error_set(error, r, "the backup cannot be given to the state folder's owner: %s.",
                         strerrordesc_np(-r));
    }
    *ret_fd = fd;
    return 0;
}

static bool path_of(const struct store *store, const char *file, char out[PATH_BYTES])
{
    AUTO_BUF path;
    buf_init(&path, PATH_BYTES - 1);
    buf_add_format(&path, "%s/%s", store->folder, file);
    return !path.failed && str_to_c(buf_str(&path), out, PATH_BYTES);
}

/* ---- the change ------------------------------------------------------------------------------ */

static int link_aside(const struct store *store)
{
    struct stat status;
    remove_file(store, aside_name);
    remove_file(store, aside_wal_name);
    if (!look(store, name, &status))
        return 0; /* it is what is missing */
    if (linkat(store->folder_fd, name, store->folder_fd, aside_name, 0) < 0)
        return -errno;
    /* A database that could not be closed in good order keeps the WAL that belongs to it. */
    if (look(store, wal_name, &status) && status.st_size > 0 &&
        linkat(store->folder_fd, wal_name, store->folder_fd, aside_wal_name, 0) < 0)
        return -errno;
    return sync_folder(store);
}

static int change_files(const struct store *store)
{
    int r = link_aside(store);
    if (r < 0)
        return r;
    DIE_AT(DIE_BACKUP_HALF);
    if (renameat(store->folder_fd, incoming_name, store->folder_fd, name) < 0)
        return -errno;
    DIE_AT(DIE_BACKUP_HALF);
    remove_file(store, wal_name);
    remove_file(store, shm_name);
    return sync_folder(store);
}

/* One step as well: the old file is still whole, under its second name. */
static void change_back(const struct store *store)
{
    if (renameat(store->folder_fd, aside_name, store->folder_fd, name) == 0)
        (void)sync_folder(store);
}

static void close_store(struct store *store)
{
    store_forget_hooks(store);
    if (store->db)
        store_rollback(store);
    store->trouble = (struct store_trouble){0};
    store->reopens = false;
    store_disconnect(store, false);
}

static int change(struct store *store, bool readable, struct restore_report *report,
                  struct error *error)
{
    char incoming[PATH_BYTES], present[PATH_BYTES];
    if (!path_of(store, incoming_name, incoming) || !path_of(store, name, present))
        return -ENAMETOOLONG;
    int r = carry_over(incoming, readable ? present : NULL, store->clock, report, error);
    /* It opened, and yet is damaged further in: that may be why somebody restores. */
    if (r == -EUCLEAN && readable)
        r = carry_over(incoming, NULL, store->clock, report, error);
    DIE_AT(DIE_BACKUP_HALF);
    return r < 0 ? r : change_files(store);
}

int restore_change(struct store *store, struct backup *backup, struct restore_report *ret_report,
                   struct error *error)
{
    bool readable = store->db != NULL, changed = false;
    struct restore_report report = {0};
    struct error why = {0};
    close_store(store);
    int r = change(store, readable, &report, &why);
    if (r == 0) {
        changed = true;
        r = store_connect(store, &why);
    }
    if (r == 0) {
        report.created_at = backup_manifest(backup)->created_at;
        *ret_report = report;
        return 0;
    }
    if (!why.code)
        error_set(&why, r, "%s", strerrordesc_np(-r));
    store_disconnect(store, true);
    if (changed)
        change_back(store);
    restore_drop(store);
    if (readable && store_connect(store, error) < 0)
        return error_set(error, -ENOTRECOVERABLE,
                         "the backup could not be put in place (%s), and the database before it "
                         "cannot be opened again.",
                         why.text);
    return error_set(
        error, r, "the backup could not be put in place: %s. The database is as it was.", why.text);
}

int restore_undo(struct store *store, struct error *error)
{
    struct stat status;
    if (!look(store, aside_name, &status))
        return error_set(error, -ENOENT, "there is no database from before the restore.");
    close_store(store);
    change_back(store);
    return store_connect(store, error);
}
