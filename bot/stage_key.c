/* SPDX-License-Identifier: MIT */
/* stage_key.c: a rehearsal that is kept in a folder keeps its key there too; the daemon never does.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "stage.h"

int stage_key(const char *folder, unsigned char key[STAGE_KEY_BYTES], struct error *error)
{
    char path[SETUP_PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/console-key", folder);
    if (length < 0 || (size_t)length >= sizeof path)
        return error_set(error, -ENAMETOOLONG, "%.200s: the path is too long", folder);
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return error_set(error, -errno, "%.200s: the folder cannot be made (%s)", folder,
                         strerror(errno));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, -errno, "%.200s: cannot be opened (%s)", path, strerror(errno));
    ssize_t got = read(fd, key, STAGE_KEY_BYTES);
    if (got == 0) {
        randombytes_buf(key, STAGE_KEY_BYTES);
        got = write(fd, key, STAGE_KEY_BYTES);
    }
    close(fd);
    if (got != STAGE_KEY_BYTES)
        return error_set(error, -EIO, "%.200s: the rehearsal's key cannot be read or written",
                         path);
    return 0;
}
