/* SPDX-License-Identifier: MIT */
/* syncs.h: in a test's executable these stand before the C library's: a disk whose syncs fail.
 * Included by one file of a test. */
#ifndef STORE_SYNCS_H
#define STORE_SYNCS_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static int syncs_left = -1; /* this many succeed, and the next fails; < 0: none does */

static int sync_fails(void)
{
    if (syncs_left < 0 || syncs_left-- > 0)
        return 0;
    errno = EIO;
    return 1;
}

__attribute__((visibility("default"))) int fsync(int fd);
int fsync(int fd)
{
    return sync_fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd);
int fdatasync(int fd)
{
    return sync_fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

#endif
