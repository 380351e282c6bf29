/* SPDX-License-Identifier: MIT */
/* fault.c: a layer under SQLite that can refuse to write, as a full, read-only or broken disk does, or
 * take its time. */
#include "store/fault.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <sqlite3.h>

#include "base/memory.h"

enum { FAULT_SLOW_MS = 100 };

struct fault_disk {
    sqlite3_vfs vfs;
    sqlite3_vfs *under;
    const enum store_fault *fault;
    int last_errno; /* of the last write that failed: SQLite itself keeps it for some of them only
                     */
    char name[40];
};

/* What SQLite holds per open file: ours, and right behind it the system VFS's own. */
struct fault_file {
    sqlite3_file base;
    struct fault_disk *disk;
};

int fault_errno(enum store_fault fault)
{
    switch (fault) {
    case STORE_FAULT_DISK_FULL:
        return -ENOSPC;
    case STORE_FAULT_READ_ONLY:
        return -EROFS;
    case STORE_FAULT_IO:
        return -EIO;
    case STORE_FAULT_NONE:
    case STORE_FAULT_DAMAGED: /* reading fails first */
    case STORE_FAULT_SLOW:
    case STORE_FAULT_COUNT:
        break;
    }
    return 0;
}

void fault_delay(enum store_fault fault)
{
    const struct timespec pause = {.tv_nsec = FAULT_SLOW_MS * 1000000L};
    if (fault == STORE_FAULT_SLOW)
        nanosleep(&pause, NULL);
}

static sqlite3_file *under(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)((struct fault_file *)(void *)file + 1);
}

static struct fault_disk *disk_of(sqlite3_file *file)
{
    return ((struct fault_file *)(void *)file)->disk;
}

/* The unix VFS's own answers: FULL for ENOSPC, IOERR and the system's errno for all else. */
static int refused(sqlite3_file *file, int io_code)
{
    int r = fault_errno(*disk_of(file)->fault);
    if (r == 0)
        return SQLITE_OK;
    disk_of(file)->last_errno = -r;
    return r == -ENOSPC ? SQLITE_FULL : io_code;
}

static int answered(sqlite3_file *file, int code)
{
    if (code != SQLITE_OK)
        disk_of(file)->last_errno = errno;
    return code;
}

static int file_close(sqlite3_file *file)
{
    return under(file)->pMethods->xClose(under(file));
}

static int file_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    return under(file)->pMethods->xRead(under(file), out, size, at);
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    int code = refused(file, SQLITE_IOERR_WRITE);
    return code ? code
                : answered(file, under(file)->pMethods->xWrite(under(file), bytes, size, at));
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = refused(file, SQLITE_IOERR_TRUNCATE);
    return code ? code : answered(file, under(file)->pMethods->xTruncate(under(file), size));
}

static int file_sync(sqlite3_file *file, int flags)
{
    int code = refused(file, SQLITE_IOERR_FSYNC);
    fault_delay(*disk_of(file)->fault);
    return code ? code : answered(file, under(file)->pMethods->xSync(under(file), flags));
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    return under(file)->pMethods->xFileSize(under(file), ret_size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return under(file)->pMethods->xLock(under(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return under(file)->pMethods->xUnlock(under(file), level);
}

static int file_check_lock(sqlite3_file *file, int *ret_locked)
{
    return under(file)->pMethods->xCheckReservedLock(under(file), ret_locked);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return under(file)->pMethods->xFileControl(under(file), op, arg);
}

static int file_sector_size(sqlite3_file *file)
{
    return under(file)->pMethods->xSectorSize(under(file));
}

static int file_traits(sqlite3_file *file)
{
    return under(file)->pMethods->xDeviceCharacteristics(under(file));
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend,
                        void volatile **ret_at)
{
    int code = under(file)->pMethods->xShmMap(under(file), region, size, extend, ret_at);
    /* SQLite calls a map that there is no memory for an error of the disk. */
    return code != SQLITE_OK && errno == ENOMEM ? SQLITE_IOERR_NOMEM : code;
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return under(file)->pMethods->xShmLock(under(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    under(file)->pMethods->xShmBarrier(under(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete_too)
{
    return under(file)->pMethods->xShmUnmap(under(file), delete_too);
}

/* Version 2: shared memory for the WAL, but no memory-mapped reading, which we do not use. */
static const sqlite3_io_methods fault_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    struct fault_disk *disk = vfs->pAppData;
    struct fault_file *own = (struct fault_file *)(void *)file;
    own->base.pMethods = NULL;
    own->disk = disk;
    int code = disk->under->xOpen(disk->under, path, under(file), flags, ret_flags);
    if (code == SQLITE_OK)
        own->base.pMethods = &fault_methods;
    return code;
}

int fault_disk_create(const enum store_fault *fault, struct fault_disk **ret_disk)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    struct fault_disk *disk = system ? mem_zalloc(sizeof *disk) : NULL;
    if (!disk)
        return -ENOMEM;
    disk->under = system;
    disk->fault = fault;
    /* A name of its own for each store, so that faults need no global and stores in one process
     * stay apart. */
    snprintf(disk->name, sizeof disk->name, "mooring-%" PRIxPTR, (uintptr_t)disk);
    disk->vfs = *system; /* all else is the system's: its calls use neither our name nor our data */
    disk->vfs.pNext = NULL;
    disk->vfs.zName = disk->name;
    disk->vfs.pAppData = disk;
    disk->vfs.szOsFile = (int)sizeof(struct fault_file) + system->szOsFile;
    disk->vfs.xOpen = disk_open;
    if (sqlite3_vfs_register(&disk->vfs, 0) != SQLITE_OK) {
        mem_free(disk);
        return -ENOMEM;
    }
    *ret_disk = disk;
    return 0;
}

void fault_disk_destroy(struct fault_disk *disk)
{
    if (!disk)
        return;
    sqlite3_vfs_unregister(&disk->vfs);
    mem_free(disk);
}

int fault_disk_errno(const struct fault_disk *disk)
{
    return disk ? disk->last_errno : 0;
}

const char *fault_disk_name(const struct fault_disk *disk)
{
    return disk->name;
}
