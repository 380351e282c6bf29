/* SPDX-License-Identifier: MIT */
/* backup.c: `mooring backup` and `mooring restore`: the side of whoever asks.  Files are opened
 * here, with the rights of who asks, and handed to the daemon; they get their names when they are
 * whole. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "tools/client.h"
#include "store/restore.h"

enum { KEEP_MAX = 10000, NAMES_MAX = 20000 };

static int complain(const struct error *error)
{
    fprintf(stderr, "mooring: %s\n", error->text);
    return 1;
}

static void show_percent(void *ctx, const json_t *fields)
{
    const json_t *percent = json_object_get(fields, "percent");
    (void)ctx;
    if (isatty(STDERR_FILENO) && json_is_integer(percent))
        fprintf(stderr, "\r%3lld %%\r", (long long)json_integer_value(percent));
}

static int64_t number_of(const json_t *answer, const char *name)
{
    return json_integer_value(json_object_get(answer, name));
}

/* ---- a file that gets its name when it is whole ---------------------------------------------- */

struct target {
    char path[SETUP_PATH_BYTES], part[SETUP_PATH_BYTES];
    int fd;
};

static int split(const char *path, char folder[SETUP_PATH_BYTES], char name[SETUP_PATH_BYTES])
{
    char copy[SETUP_PATH_BYTES];
    if (!str_to_c(str_of(path), folder, SETUP_PATH_BYTES) ||
        !str_to_c(str_of(path), copy, sizeof copy))
        return -ENAMETOOLONG;
    char *base = basename(copy);
    if (!str_to_c(str_of(base), name, SETUP_PATH_BYTES))
        return -ENAMETOOLONG;
    char *parent = dirname(folder);
    memmove(folder, parent, strlen(parent) + 1);
    return 0;
}

/* Broken off by a signal: what is not whole goes. */
static char doomed[SETUP_PATH_BYTES];

static void break_off(int number)
{
    (void)unlink(doomed);
    _exit(128 + number);
}

static void watch_signals(const char *part)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    str_to_c(str_of(part), doomed, sizeof doomed);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        (void)signal(numbers[i], part ? break_off : SIG_DFL);
}

static int open_target(const char *path, struct target *target, struct error *error)
{
    char folder[SETUP_PATH_BYTES], name[SETUP_PATH_BYTES];
    int r = split(path, folder, name);
    if (r == 0 && (!str_to_c(str_of(path), target->path, sizeof target->path) ||
                   snprintf(target->part, sizeof target->part, "%s/.%s.part", folder, name) >=
                       (int)sizeof target->part))
        r = -ENAMETOOLONG;
    if (r < 0)
        return error_set(error, r, "the path is too long: %s", path);
    /* What an earlier one left that was cut short. */
    if (unlink(target->part) < 0 && errno != ENOENT)
        return error_set(error, -errno, "%s cannot be replaced: %s", target->part,
                         strerrordesc_np(errno));
    target->fd = open(target->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                      S_IRUSR | S_IWUSR);
    if (target->fd < 0)
        return error_set(error, -errno, "%s cannot be written: %s", path, strerrordesc_np(errno));
    watch_signals(target->part);
    return 0;
}

/* The daemon has synced it. */
static int keep_target(struct target *target, struct error *error)
{
    close(target->fd);
    watch_signals(NULL);
    int r = rename(target->part, target->path) < 0 ? -errno : client_sync_folder_of(target->path);
    return r < 0 ? error_set(error, r, "%s cannot get its name: %s", target->path,
                             strerrordesc_np(-r))
                 : 0;
}

static void drop_target(struct target *target)
{
    close(target->fd);
    watch_signals(NULL);
    (void)unlink(target->part);
}

static int ask_for(const struct client *client, const char *verb, int fd, json_t **ret_answer,
                   struct error *error)
{
    struct control_ask ask = {
        .verb = verb, .fds = &fd, .fd_count = 1, .piece = show_percent, .silence_ms = 120 * 1000};
    return client_ask(client, &ask, ret_answer, error);
}

/* ---- data ------------------------------------------------------------------------------------ */

static bool begins_with(const char *path, const char *magic)
{
    char bytes[16] = "";
    size_t size = strlen(magic);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good = fd >= 0 && size <= sizeof bytes && read(fd, bytes, size) == (ssize_t)size &&
                memcmp(bytes, magic, size) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* "mooring-20261126T151000Z.backup": sorted by name is sorted by time. */
static bool is_ours(const char *name)
{
    static const char pattern[] = "mooring-00000000T000000Z.backup";
    if (strlen(name) != sizeof pattern - 1)
        return false;
    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != pattern[i])
            return false;
    return true;
}

static int name_in(const char *folder, char out[SETUP_PATH_BYTES])
{
    char date[32];
    struct tm tm;
    time_t now = (time_t)(client_now() / 1000);
    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm);
    int length = snprintf(out, SETUP_PATH_BYTES, "%s/mooring-%s.backup", folder, date);
    return length > 0 && length < SETUP_PATH_BYTES ? 0 : -ENAMETOOLONG;
}

/* What a power cut left of one: nobody gives it its name any more. */
static void sweep(const char *folder)
{
    DIR *open_folder = opendir(folder);
    struct dirent *entry;
    while (open_folder && (entry = readdir(open_folder)) != NULL) {
        struct stat status;
        char name[sizeof entry->d_name];
        struct str all = str_of(entry->d_name);
        if (!str_starts(all, STR(".")) || !str_ends(all, STR(".part")) ||
            !str_to_c(str_upto(str_from(all, 1), all.len - 6), name, sizeof name) || !is_ours(name))
            continue;
        if (fstatat(dirfd(open_folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            client_now() / 1000 - status.st_mtime > 24 * 60 * 60)
            (void)unlinkat(dirfd(open_folder), entry->d_name, 0);
    }
    if (open_folder)
        closedir(open_folder);
}

static int only_ours(const struct dirent *entry)
{
    return is_ours(entry->d_name);
}

/* The oldest go, once a new one stands. */
static void thin_out(const char *folder, int64_t keep)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, only_ours, alphasort);
    for (int i = 0; i < count; i++) {
        char path[SETUP_PATH_BYTES];
        if (count - i > keep &&
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path)
            (void)unlink(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* The folder, made when it is one of many copies that are meant; or a file of ours, or none yet. */
static int find_place(const char *where, int64_t keep, char ret_path[SETUP_PATH_BYTES],
                      struct error *error)
{
    struct stat status;
    bool named_folder = keep > 0 || str_ends(str_of(where), STR("/"));
    if (named_folder && mkdir(where, S_IRWXU) < 0 && errno != EEXIST)
        return error_set(error, -errno, "the folder %s cannot be made: %s", where,
                         strerrordesc_np(errno));
    if (named_folder && !is_folder(where))
        return error_set(error, -ENOTDIR, "%s is not a folder: --keep is for one", where);
    if (is_folder(where)) {
        sweep(where);
        return name_in(where, ret_path) < 0
                   ? error_set(error, -ENAMETOOLONG, "the path is too long: %s", where)
                   : 0;
    }
    if (stat(where, &status) == 0 && !begins_with(where, "mooring backup "))
        return error_set(error, -EEXIST,
                         "%s is something else than a backup, and is not overwritten.", where);
    return str_to_c(str_of(where), ret_path, SETUP_PATH_BYTES)
               ? 0
               : error_set(error, -ENAMETOOLONG, "the path is too long: %s", where);
}

static int back_up(const struct client *client, const char *where, int64_t keep,
                   struct error *error)
{
    char path[SETUP_PATH_BYTES], date[32];
    struct target target;
    AUTO_JSON *answer = NULL;
    int r = find_place(where, keep, path, error);
    if (r == 0)
        r = open_target(path, &target, error);
    if (r < 0)
        return r;
    r = ask_for(client, "backup", target.fd, &answer, error);
    if (r < 0) {
        drop_target(&target);
        return r;
    }
    r = keep_target(&target, error);
    if (r < 0)
        return r;
    if (keep > 0)
        thin_out(where, keep);
    client_date(number_of(answer, "created_at"), date);
    printf("%s: %lld bytes, made %s, read back and opened\n", path,
           (long long)number_of(answer, "bytes"), date);
    return 0;
}

/* ---- the keyring's own ----------------------------------------------------------------------- */

static bool looks_versioned(const char *name)
{
    int digits = 0;
    for (; *name; name++) {
        digits = *name >= '0' && *name <= '9' ? digits + 1 : 0;
        if (digits >= 4)
            return true;
    }
    return false;
}

static bool holds_backups(const char *folder)
{
    DIR *open_folder = opendir(folder);
    bool found = false;
    for (struct dirent *entry = open_folder ? readdir(open_folder) : NULL; entry && !found;
         entry = readdir(open_folder))
        found = is_ours(entry->d_name);
    if (open_folder)
        closedir(open_folder);
    return found;
}

static int may_hold_keys(const char *path, const char *data, bool force, struct error *error)
{
    char folder[SETUP_PATH_BYTES], name[SETUP_PATH_BYTES], other[SETUP_PATH_BYTES] = "";
    char other_name[SETUP_PATH_BYTES];
    struct stat status;
    int r = split(path, folder, name);
    if (r == 0 && data && !is_folder(data))
        r = split(data, other, other_name);
    else if (r == 0 && data && !str_to_c(str_of(data), other, sizeof other))
        r = -ENAMETOOLONG;
    if (r < 0)
        return error_set(error, r, "the path is too long: %s", path);
    if (is_folder(path))
        return error_set(error, -EISDIR,
                         "%s is a folder: the keyring's copy needs a file's name, always the same: "
                         "it is replaced, never kept beside older ones.",
                         path);
    if (stat(path, &status) == 0 && !begins_with(path, "moorkey\n"))
        return error_set(error, -EEXIST,
                         "%s is something else than a keyring's copy, and is not overwritten.",
                         path);
    if (force)
        return 0;
    if (looks_versioned(name))
        return error_set(error, -EINVAL,
                         "%s looks like one of many versions. The keyring's copy is replaced, "
                         "never versioned: an older one would still open what people asked to be "
                         "forgotten. Give it one name (or --force).",
                         path);
    if (holds_backups(folder) || strcmp(folder, other) == 0)
        return error_set(error, -EINVAL,
                         "%s would lie beside the data's backups: whoever takes that folder would "
                         "have both. Keep the keyring's copy somewhere else (or --force).",
                         path);
    return 0;
}

/* The old copy is overwritten, not only unlinked. */
static int put_in_place(struct target *target, struct error *error)
{
    close(target->fd);
    watch_signals(NULL);
    int r = 0;
    if (renameat2(AT_FDCWD, target->part, AT_FDCWD, target->path, RENAME_EXCHANGE) == 0)
        r = client_wipe_file(target->part);
    else if (errno != ENOENT || rename(target->part, target->path) < 0)
        r = -errno;
    if (r == 0)
        r = client_sync_folder_of(target->path);
    return r < 0 ? error_set(error, r, "%s cannot be put in place of the old copy: %s",
                             target->path, strerrordesc_np(-r))
                 : 0;
}

static int back_up_keyring(const struct client *client, const char *path, struct error *error)
{
    struct target target;
    AUTO_JSON *answer = NULL;
    int r = open_target(path, &target, error);
    if (r < 0)
        return r;
    r = ask_for(client, "keyring", target.fd, &answer, error);
    if (r < 0) {
        drop_target(&target);
        return r;
    }
    r = put_in_place(&target, error);
    if (r < 0)
        return r;
    printf("%s: the keyring, read back and opened. It opens with the master key alone: keep that "
           "apart from it.\n",
           path);
    return 0;
}

int command_backup(const struct arguments *arguments)
{
    struct client client;
    struct error error = {0};
    const char *where = arguments->word_count ? arguments->words[0] : NULL;
    int64_t keep = 0;
    if (arguments->word_count > 1 || (!where && !arguments->keyring))
        return MAIN_USAGE;
    if (arguments->keep && number_parse(str_of(arguments->keep), 1, KEEP_MAX, &keep) < 0)
        return MAIN_USAGE;
    client_load(arguments->config, &client);
    int r = 0;
    if (arguments->keyring)
        r = may_hold_keys(arguments->keyring, where, arguments->force, &error);
    if (r == 0 && where)
        r = back_up(&client, where, keep, &error);
    if (r == 0 && arguments->keyring)
        r = back_up_keyring(&client, arguments->keyring, &error);
    return r < 0 ? complain(&error) : 0;
}

/* ---- restore --------------------------------------------------------------------------------- */

static void print_report(const json_t *answer)
{
    char date[32];
    client_date(number_of(answer, "created_at"), date);
    if (json_is_true(json_object_get(answer, "alone")))
        printf(
            "The database is as it was on %s. There was none that could be read, so that what went "
            "on since then is lost:\n",
            date);
    else
        printf("The database is as it was on %s. What is going on now went over into it:\n", date);
    printf("  open calls for help: %lld\n", (long long)number_of(answer, "alerts"));
    printf("  messages that wait to be sent: %lld (of the backup, not said again: %lld)\n",
           (long long)number_of(answer, "replies"), (long long)number_of(answer, "dropped"));
    printf("  consents withdrawn since, still withdrawn: %lld\n",
           (long long)number_of(answer, "consents"));
    printf(
        "Who was forgotten since stays forgotten. The database from before is kept beside it, as "
        "mooring.db.before-restore, until the next good backup.\n");
}

/* The same steps without a daemon: under the store's lock, so that none can start meanwhile. */
static int restore_here(struct store *store, int fd, struct restore_report *report,
                        struct error *error)
{
    struct backup *backup;
    int copy_fd = -1;
    int r = backup_create(store, fd, &backup, error);
    if (r < 0)
        return r;
    r = restore_incoming(store, backup, &copy_fd, error);
    if (r == 0)
        r = backup_read(backup, copy_fd, error);
    if (copy_fd >= 0)
        close(copy_fd);
    if (r == 0)
        r = backup_judge(store, backup, error);
    if (r == 0)
        r = restore_change(store, backup, report, error);
    else
        restore_drop(store);
    backup_destroy(backup);
    return r;
}

static int restore_offline(const struct client *client, const char *key_path, int fd,
                           json_t **ret_answer, struct error *error)
{
    struct clock clock;
    struct store *store;
    struct restore_report report;
    unsigned char key[32];
    char path[SETUP_PATH_BYTES];
    int r = client_find_key(client, key_path, path, key, error);
    if (r < 0)
        return r;
    clock_init(&clock);
    clock_refresh(&clock);
    struct store_options options = {
        .folder = client->state_folder, .clock = &clock, .master_key = key};
    struct error why = {0};
    r = store_open(&options, &store, &why);
    /* A database that cannot be opened is the reason to be here; a wrong key or a second process is
     * not. */
    if (r < 0)
        r = store_open_bare(&options, &store, error);
    mem_wipe(key, sizeof key);
    if (r < 0)
        return r;
    r = restore_here(store, fd, &report, error);
    store_close(store);
    if (r < 0)
        return r;
    *ret_answer = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I}", "alone", !report.had_present,
                            "created_at", (json_int_t)report.created_at, "alerts",
                            (json_int_t)report.alerts, "replies", (json_int_t)report.replies,
                            "dropped", (json_int_t)report.dropped, "consents",
                            (json_int_t)report.consents);
    return 0;
}

int command_restore(const struct arguments *arguments)
{
    struct client client;
    struct error error = {0};
    AUTO_JSON *answer = NULL;
    if (arguments->word_count != 1)
        return MAIN_USAGE;
    const char *path = arguments->words[0];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error_set(&error, -errno, "%s cannot be read: %s", path, strerrordesc_np(errno));
        return complain(&error);
    }
    client_load(arguments->config, &client);
    int r = ask_for(&client, "restore", fd, &answer, &error);
    /* A daemon that could not open its database holds nothing, and goes over to what it finds. */
    if (r == -ENOENT || r == -EOPNOTSUPP)
        r = restore_offline(&client, arguments->key, fd, &answer, &error);
    close(fd);
    if (r < 0)
        return complain(&error);
    print_report(answer);
    return 0;
}
