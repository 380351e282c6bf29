/* SPDX-License-Identifier: MIT */
/* keep.c: what a rehearsal that is kept in a folder has there besides the database: its key
 * (the daemon never does that), and the moment it had come to. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "stage/stage.h"

/* A descriptor, or a negative errno. */
static int open_in(const char *folder, const char *name, struct error *error)
{
    char path[SETUP_PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return error_set(error, -ENAMETOOLONG, "%.200s: the path is too long", folder);
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return error_set(error, -errno, "%.200s: the folder cannot be made (%s)", folder,
                         strerror(errno));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, -errno, "%.200s: cannot be opened (%s)", path, strerror(errno));
    return fd;
}

int stage_key(const char *folder, unsigned char key[STAGE_KEY_BYTES], struct error *error)
{
    int fd = open_in(folder, "console-key", error);
    if (fd < 0)
        return fd;
    ssize_t got = read(fd, key, STAGE_KEY_BYTES);
    if (got == 0) {
        randombytes_buf(key, STAGE_KEY_BYTES);
        got = write(fd, key, STAGE_KEY_BYTES);
    }
    close(fd);
    if (got != STAGE_KEY_BYTES)
        return error_set(error, -EIO, "%.200s/console-key: cannot be read or written", folder);
    return 0;
}

/* Mapped, so that it is right to the millisecond also after the process was taken away. */
int stage_keep_clock(const char *folder, int64_t **ret_slot, struct error *error)
{
    int fd = open_in(folder, "console-clock", error);
    if (fd < 0)
        return fd;
    void *slot = MAP_FAILED;
    if (ftruncate(fd, sizeof **ret_slot) == 0)
        slot = mmap(NULL, sizeof **ret_slot, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int code = errno;
    close(fd);
    if (slot == MAP_FAILED)
        return error_set(error, -code, "%.200s/console-clock: cannot be used (%s)", folder,
                         strerror(code));
    *ret_slot = slot;
    return 0;
}

void stage_forget_clock(int64_t *slot)
{
    if (slot)
        munmap(slot, sizeof *slot);
}
