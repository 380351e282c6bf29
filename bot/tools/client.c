/* SPDX-License-Identifier: MIT */
/* client.c: what the sub-commands that ask the daemon share. */
#include "tools/client.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#define INSTALLED_KEY MOORING_SYSCONFDIR "/mooring/master-key"

static void take_path(void *ctx, struct str value)
{
    (void)str_to_c(value, ctx, SETUP_PATH_BYTES);
}

void client_load(const char *config_path, struct client *ret_client)
{
    const struct {
        const char *option;
        char *out;
    } options[] = {{"state_folder", ret_client->state_folder},
                   {"control_socket", ret_client->control_socket},
                   {"credentials_folder", ret_client->credentials_folder}};
    *ret_client = (struct client){.state_folder = "/var/lib/mooring"};
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        /* Without a file that can be read: the usual places. */
        if (settings_peek_texts(config_path, options[i].option, take_path, options[i].out,
                                &ret_client->mistake) < 0 &&
            settings_peek_line(config_path, options[i].option, take_path, options[i].out) < 0)
            continue;
    }
}

int client_ask(const struct client *client, struct control_ask *ask, json_t **ret_answer,
               struct error *error)
{
    ask->configured = str_of(client->control_socket);
    ask->state_folder = str_of(client->state_folder);
    int r = control_ask(ask, ret_answer, error);
    if (r != -ENOENT || !client->mistake.code)
        return r;
    struct error nowhere = *error; /* and why it was looked for there */
    return error_set(error, r, "%s. %s", nowhere.text, client->mistake.text);
}

int client_read_key(const char *path, unsigned char ret_key[32], struct error *error)
{
    char text[256];
    size_t length = 0;
    const char *end = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, -errno, "the key file %s cannot be read: %s", path,
                         strerrordesc_np(errno));
    ssize_t size = read(fd, text, sizeof text);
    close(fd);
    bool good = size > 0 && size < (ssize_t)sizeof text &&
                sodium_hex2bin(ret_key, 32, text, (size_t)size, " \t\r\n", &length, &end) == 0 &&
                length == 32 && end == text + size;
    mem_wipe(text, sizeof text);
    return good ? 0
                : error_set(error, -EINVAL,
                            "%s does not hold a key: it must be 64 hexadecimal digits, as mooring "
                            "key new writes it",
                            path);
}

int client_find_key(const struct client *client, const char *given, char ret_path[SETUP_PATH_BYTES],
                    unsigned char ret_key[32], struct error *error)
{
    const char *folder = client->credentials_folder;
    int length = given       ? snprintf(ret_path, SETUP_PATH_BYTES, "%s", given)
                 : folder[0] ? snprintf(ret_path, SETUP_PATH_BYTES, "%s/master-key", folder)
                             : snprintf(ret_path, SETUP_PATH_BYTES, "%s", INSTALLED_KEY);
    if (length < 0 || length >= SETUP_PATH_BYTES)
        return error_set(error, -ENAMETOOLONG, "the key file's path is too long");
    int r = client_read_key(ret_path, ret_key, error);
    struct error why = *error;
    return r < 0 && !given
               ? error_set(error, r, "%s. Name the master key's file with --key FILE.", why.text)
               : r;
}

int client_wipe_file(const char *path)
{
    static const char zeros[4096];
    struct stat status;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    int r = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;
    for (off_t at = 0; r == 0 && at < status.st_size; at += (off_t)sizeof zeros)
        if (pwrite(fd, zeros, MIN_OF((size_t)(status.st_size - at), sizeof zeros), at) < 0)
            r = -errno;
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (fd >= 0)
        close(fd);
    if (r == 0 && unlink(path) < 0)
        r = -errno;
    return r;
}

int client_sync_folder_of(const char *path)
{
    char copy[SETUP_PATH_BYTES];
    if (!str_to_c(str_of(path), copy, sizeof copy))
        return -ENAMETOOLONG;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return r;
}

int64_t client_now(void)
{
    struct clock clock;
    clock_init(&clock);
    clock_refresh(&clock);
    return clock_wall_at(&clock);
}

void client_date(int64_t at, char out[32])
{
    struct tm tm;
    time_t seconds = (time_t)(at / 1000);
    gmtime_r(&seconds, &tm);
    strftime(out, 32, "%Y-%m-%d %H:%M UTC", &tm);
}
