/* SPDX-License-Identifier: MIT */
/* key.c: the master key: made, changed, printed for an envelope, typed in again. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "tools/client.h"
#include "tools/paper.h"
#include "store/restore.h"

static int complain(const struct error *error)
{
    fprintf(stderr, "mooring: %s\n", error->text);
    return 1;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int write_key(const char *path, const unsigned char key[32], struct error *error)
{
    char hex[32 * 2 + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, -errno, "%s: %s%s", path, strerror(errno),
                         errno == EEXIST
                             ? ". A key that is in use must never be overwritten: choose another "
                               "file."
                             : "");
    sodium_bin2hex(hex, sizeof hex, key, 32);
    hex[sizeof hex - 1] = '\n';
    bool written = write(fd, hex, sizeof hex) == (ssize_t)sizeof hex && fsync(fd) == 0;
    close(fd);
    mem_wipe(hex, sizeof hex);
    if (!written || client_sync_folder_of(path) < 0)
        return error_set(error, -EIO, "%s: the key could not be written", path);
    return 0;
}

static int make(const char *path)
{
    unsigned char key[32];
    struct error error = {0};
    randombytes_buf(key, sizeof key);
    int r = write_key(path, key, &error);
    mem_wipe(key, sizeof key);
    if (r < 0)
        return complain(&error);
    printf("%s: a new master key. Keep a copy in a safe place: without it nothing that is stored "
           "can be read (mooring key print %s, in a sealed envelope).\n",
           path, path);
    return 0;
}

/* ---- on paper -------------------------------------------------------------------------------- */

/* Where what is printed would stay: a file, or the journal. */
static bool would_stay(int fd)
{
    struct stat status;
    return fstat(fd, &status) < 0 || S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode);
}

static int print(const char *path)
{
    unsigned char key[32];
    char text[PAPER_BYTES], date[32];
    struct error error = {0};
    if (would_stay(STDOUT_FILENO)) {
        error_set(
            &error, -EPERM,
            "a key is printed to a terminal or through a pipe to a printer (mooring key print "
            "%s | lp), never into a file or a log",
            path);
        return complain(&error);
    }
    int r = client_read_key(path, key, &error);
    if (r < 0)
        return complain(&error);
    client_date(client_now(), date);
    size_t size = paper_write(key, date, text);
    mem_wipe(key, sizeof key);
    bool written = write(STDOUT_FILENO, text, size) == (ssize_t)size;
    mem_wipe(text, sizeof text);
    return written ? 0 : 1;
}

static int read_line(char out[PAPER_LINE_BYTES])
{
    if (!fgets(out, PAPER_LINE_BYTES, stdin))
        return -ENODATA;
    if (strchr(out, '\n'))
        return 0;
    int byte;
    do
        byte = getchar();
    while (byte != '\n' && byte != EOF);
    return -E2BIG;
}

/* Asked again until it adds up; from a pipe once. */
static int read_piece(unsigned line, unsigned char out[PAPER_PIECE_BYTES], struct error *error)
{
    char typed[PAPER_LINE_BYTES];
    bool person = isatty(STDIN_FILENO);
    for (;;) {
        if (person)
            fprintf(stderr, "line %u of %d: ", line + 1, PAPER_LINES);
        int r = read_line(typed);
        if (r == 0)
            r = paper_read_line(line, str_of(typed), out);
        mem_wipe(typed, sizeof typed);
        if (r == 0)
            return 0;
        if (r == -ENODATA)
            return error_set(error, r, "line %u is missing", line + 1);
        error_set(error, r, "line %u %s", line + 1,
                  r == -EBADMSG ? "does not add up: a digit is wrong, or two have changed places"
                                : "is not 20 of the digits 0-9 and a-f");
        if (!person)
            return r;
        fprintf(stderr, "%s. Once more.\n", error->text);
    }
}

static int type_in(const char *path)
{
    unsigned char key[32];
    char mark[PAPER_MARK_BYTES];
    struct error error = {0};
    int r = 0;
    if (isatty(STDIN_FILENO))
        fprintf(stderr, "Type the %d lines from the paper; spaces do not matter.\n", PAPER_LINES);
    for (unsigned i = 0; i < PAPER_LINES && r == 0; i++)
        r = read_piece(i, key + (size_t)i * PAPER_PIECE_BYTES, &error);
    if (r == 0)
        r = write_key(path, key, &error);
    if (r == 0)
        paper_mark(key, mark);
    mem_wipe(key, sizeof key);
    if (r < 0)
        return complain(&error);
    printf("%s: the master key with the mark %s; the paper must show the same.\n", path, mark);
    return 0;
}

/* ---- a new one in place of the old ----------------------------------------------------------- */

struct rotation {
    char path[SETUP_PATH_BYTES];      /* of the key in use */
    char next_path[SETUP_PATH_BYTES]; /* of the new one, until it takes its place */
    char old_path[SETUP_PATH_BYTES];  /* of the old one, until it is overwritten */
};

/* Made once: a rotation that was cut short goes on with the same key, which may be the keyring's
 * already. */
static int make_next(const struct rotation *rotation, struct error *error)
{
    unsigned char key[32];
    struct stat status;
    if (access(rotation->next_path, F_OK) == 0)
        return client_read_key(rotation->next_path, key, error);
    randombytes_buf(key, sizeof key);
    int r = write_key(rotation->next_path, key, error);
    mem_wipe(key, sizeof key);
    if (r == 0 && stat(rotation->path, &status) == 0 &&
        chown(rotation->next_path, status.st_uid, status.st_gid) < 0)
        return error_set(error, -errno, "%s cannot be given to the old key's owner: %s",
                         rotation->next_path, strerrordesc_np(errno));
    return r;
}

static int rotate_offline(const struct client *client, const struct rotation *rotation,
                          struct error *error)
{
    unsigned char key[32], next[32];
    struct clock clock;
    struct store *store;
    int r = client_read_key(rotation->path, key, error);
    if (r == 0)
        r = client_read_key(rotation->next_path, next, error);
    if (r < 0)
        return r;
    clock_init(&clock);
    clock_refresh(&clock);
    struct store_options options = {
        .folder = client->state_folder, .clock = &clock, .master_key = key, .next_key = next};
    r = store_open_bare(&options, &store, error);
    if (r == 0) {
        r = store_rotate_key(store, next, error);
        store_close(store);
    }
    mem_wipe(key, sizeof key);
    mem_wipe(next, sizeof next);
    return r;
}

/* The old key's file keeps a second name until its bytes are gone. */
static int take_place(const struct rotation *rotation, struct error *error)
{
    (void)unlink(rotation->old_path);
    int r = link(rotation->path, rotation->old_path) < 0 ? -errno : 0;
    if (r == 0 && rename(rotation->next_path, rotation->path) < 0)
        r = -errno;
    if (r == 0)
        r = client_sync_folder_of(rotation->path);
    if (r == 0)
        r = client_wipe_file(rotation->old_path);
    if (r < 0)
        return error_set(
            error, r,
            "the keyring is under the new key in %s, but that could not take the place "
            "of %s (%s): move it there by hand, before mooring starts again.",
            rotation->next_path, rotation->path, strerrordesc_np(-r));
    return 0;
}

static int ask_to_rotate(const struct client *client, const struct rotation *rotation,
                         struct error *error)
{
    AUTO_JSON *answer = NULL;
    int fd = open(rotation->next_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, -errno, "%s: %s", rotation->next_path, strerrordesc_np(errno));
    struct control_ask ask = {.verb = "key-rotate", .fds = &fd, .fd_count = 1};
    int r = client_ask(client, &ask, &answer, error);
    close(fd);
    if (r == -ENOENT || r == -EOPNOTSUPP)
        r = rotate_offline(client, rotation, error);
    return r == -EALREADY ? 0 : r; /* an earlier attempt came that far */
}

static int find_files(const struct client *client, const char *given, struct rotation *rotation,
                      struct error *error)
{
    unsigned char key[32];
    int r = client_find_key(client, given, rotation->path, key, error);
    mem_wipe(key, sizeof key);
    if (r < 0)
        return r;
    if (snprintf(rotation->next_path, SETUP_PATH_BYTES, "%s.next", rotation->path) >=
            SETUP_PATH_BYTES ||
        snprintf(rotation->old_path, SETUP_PATH_BYTES, "%s.old", rotation->path) >=
            SETUP_PATH_BYTES)
        return error_set(error, -ENAMETOOLONG, "the key file's path is too long");
    return 0;
}

static int rotate(const struct arguments *arguments)
{
    const char *given = arguments->word_count > 1 ? arguments->words[1] : arguments->key;
    struct client client;
    struct rotation rotation;
    struct error error = {0};
    client_load(arguments->config, &client);
    int r = find_files(&client, given, &rotation, &error);
    if (r == 0)
        r = make_next(&rotation, &error);
    if (r == 0)
        r = ask_to_rotate(&client, &rotation, &error);
    if (r == 0)
        r = take_place(&rotation, &error);
    if (r < 0)
        return complain(&error);
    printf(
        "%s: a new master key; the old one opens nothing any more. Now: put it on paper in place "
        "of the old (mooring key print %s), and replace the keyring's copy (mooring backup "
        "--keyring FILE): the copy from before opens with the old key alone.\n",
        rotation.path, rotation.path);
    return 0;
}

int command_key(const struct arguments *arguments)
{
    const char *what = arguments->word_count ? arguments->words[0] : "";
    if (strcmp(what, "rotate") == 0)
        return rotate(arguments);
    if (arguments->word_count != 2)
        return MAIN_USAGE;
    const char *path = arguments->words[1];
    return strcmp(what, "new") == 0     ? make(path)
           : strcmp(what, "print") == 0 ? print(path)
           : strcmp(what, "read") == 0  ? type_in(path)
                                        : MAIN_USAGE;
}
