/* SPDX-License-Identifier: MIT */
/* key.c: the master key's file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "main.h"

static int make(const char *path)
{
    unsigned char key[32];
    char hex[sizeof key * 2 + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        fprintf(stderr, "mooring: %s: %s%s\n", path, strerror(errno),
                errno == EEXIST
                    ? ". A key that is in use must never be overwritten: choose another file."
                    : "");
        return 1;
    }
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    hex[sizeof hex - 1] = '\n';
    bool written = write(fd, hex, sizeof hex) == (ssize_t)sizeof hex && fsync(fd) == 0;
    close(fd);
    mem_wipe(key, sizeof key);
    mem_wipe(hex, sizeof hex);
    if (!written) {
        fprintf(stderr, "mooring: %s: the key could not be written\n", path);
        return 1;
    }
    printf("%s: a new master key. Keep a copy in a safe place: without it nothing that is stored "
           "can be read.\n",
           path);
    return 0;
}

int command_key(const struct arguments *arguments)
{
    if (arguments->word_count != 2 || strcmp(arguments->words[0], "new") != 0)
        return MAIN_USAGE;
    return make(arguments->words[1]);
}
