/* SPDX-License-Identifier: MIT */
/* image.c: an open descriptor as SQLite's database file. */
#include "store/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSIONS_AT = 18 }; /* of the header's write and read version: 2 asks for a WAL */

struct image_file {
    sqlite3_file base;
    struct image *image;
};

static struct image *image_of(sqlite3_file *file)
{
    return ((struct image_file *)(void *)file)->image;
}

static int close_file(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    struct image *image = image_of(file);
    char *to = out;
    size_t left = (size_t)size;
    while (left > 0) {
        ssize_t done = pread(image->fd, to, left, image->offset + at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            image->last_errno = errno;
            return SQLITE_IOERR_READ;
        }
        if (done == 0) {
            memset(to, 0, left); /* as SQLite asks of a read past the end */
            return SQLITE_IOERR_SHORT_READ;
        }
        to += done;
        at += done;
        left -= (size_t)done;
    }
    return SQLITE_OK;
}

static int write_at(struct image *image, const char *from, size_t left, int64_t at)
{
    while (left > 0) {
        ssize_t done = pwrite(image->fd, from, left, image->offset + at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            image->last_errno = errno;
            return errno == ENOSPC || errno == EDQUOT ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        }
        from += done;
        at += done;
        left -= (size_t)done;
    }
    return SQLITE_OK;
}

static int write_file(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    static const char rollback[2] = {1, 1};
    struct image *image = image_of(file);
    int code = write_at(image, bytes, (size_t)size, at);
    if (code == SQLITE_OK && at <= VERSIONS_AT && at + size >= VERSIONS_AT + 2)
        code = write_at(image, rollback, sizeof rollback, VERSIONS_AT);
    return code;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    struct image *image = image_of(file);
    if (ftruncate(image->fd, image->offset + size) == 0)
        return SQLITE_OK;
    image->last_errno = errno;
    return SQLITE_IOERR_TRUNCATE;
}

static int sync_file(sqlite3_file *file, int flags)
{
    struct image *image = image_of(file);
    (void)flags;
    if (fdatasync(image->fd) == 0)
        return SQLITE_OK;
    image->last_errno = errno;
    return SQLITE_IOERR_FSYNC;
}

/* Bytes behind the offset; negative errno. */
static int64_t size_of(const struct image *image)
{
    struct stat status;
    if (fstat(image->fd, &status) < 0)
        return -errno;
    return status.st_size > image->offset ? status.st_size - image->offset : 0;
}

static int size_of_file(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    int64_t size = size_of(image_of(file));
    if (size < 0)
        return SQLITE_IOERR_FSTAT;
    *ret_size = size;
    return SQLITE_OK;
}

/* Nobody else has it. */
static int lock_file(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int check_lock(sqlite3_file *file, int *ret_locked)
{
    (void)file;
    *ret_locked = 0;
    return SQLITE_OK;
}

static int control_file(sqlite3_file *file, int op, void *arg)
{
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int traits(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock_file,
    .xUnlock = lock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = traits,
};

/* No journal, no WAL, no temporary file: those would lie where we have no place for them. */
static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    struct image_file *own = (struct image_file *)(void *)file;
    (void)path;
    own->base.pMethods = NULL;
    if (!(flags & SQLITE_OPEN_MAIN_DB))
        return SQLITE_CANTOPEN;
    own->image = vfs->pAppData;
    own->base.pMethods = &methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    (void)path;
    (void)sync_folder;
    return SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *path, int flags, int *ret_there)
{
    (void)vfs;
    (void)path;
    (void)flags;
    *ret_there = 0; /* no journal is ever hot */
    return SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)size, "%s", path);
    return SQLITE_OK;
}

int image_init(struct image *image, int fd, int64_t offset)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (!system)
        return -ENOSYS;
    *image = (struct image){.vfs = *system, .fd = fd, .offset = offset};
    snprintf(image->name, sizeof image->name, "image-%" PRIxPTR, (uintptr_t)image);
    image->vfs.pNext = NULL;
    image->vfs.zName = image->name;
    image->vfs.pAppData = image;
    image->vfs.szOsFile = (int)sizeof(struct image_file);
    image->vfs.xOpen = open_file;
    image->vfs.xDelete = delete_file;
    image->vfs.xAccess = access_file;
    image->vfs.xFullPathname = full_path;
    return sqlite3_vfs_register(&image->vfs, 0) == SQLITE_OK ? 0 : -ENOMEM;
}

void image_done(struct image *image)
{
    sqlite3_vfs_unregister(&image->vfs);
}

int image_open(struct image *image, bool writable, sqlite3 **ret_db)
{
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_NOMUTEX |
                (writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    int code = sqlite3_open_v2("image", &db, flags, image->name);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db,
                            "PRAGMA temp_store = MEMORY; PRAGMA journal_mode = OFF;"
                            "PRAGMA synchronous = OFF; PRAGMA cell_size_check = ON;"
                            "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -2048;",
                            NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        sqlite3_close_v2(db);
        return code == SQLITE_NOMEM ? -ENOMEM : -EUCLEAN;
    }
    *ret_db = db;
    return 0;
}
