/* SPDX-License-Identifier: MIT */
/* bad_disk.c: preloaded under an unchanged daemon: a disk whose syncs take long or fail.  What it does
 * stands in the file that BAD_DISK names, read at each sync: "MS ERRNO", such as "100 0" or "0 5". */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/syscall.h>

static int refused(void)
{
    char text[32] = {0};
    long ms = 0;
    int code = 0;
    const char *path = getenv("BAD_DISK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0 || sscanf(text, "%ld %d", &ms, &code) != 2)
        return 0;
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
    errno = code;
    return code;
}

int fsync(int fd)
{
    return refused() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return refused() ? -1 : (int)syscall(SYS_fdatasync, fd);
}
