/* SPDX-License-Identifier: MIT */
/* setup.c: puts a configuration together. */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "chat/irc/profile.h"

/* ---- where things lie ------------------------------------------------------------------------ */

static bool exists(const char *path)
{
    return access(path, R_OK) == 0;
}

/* The program's own folder, so that an installed tree can be moved. */
static int program_folder(char out[SETUP_PATH_BYTES])
{
    ssize_t length = readlink("/proc/self/exe", out, SETUP_PATH_BYTES - 1);
    if (length <= 0)
        return -ENOENT;
    out[length] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    return 0;
}

/* "<folder>/<tail>", told by whether it fits. */
static bool join(char out[SETUP_PATH_BYTES], const char *folder, const char *tail)
{
    size_t length = strlen(folder), more = strlen(tail) + 1; /* with its NUL */
    if (length + 1 + more > SETUP_PATH_BYTES)
        return false;
    memcpy(out, folder, length);
    out[length] = '/';
    memcpy(out + length + 1, tail, more);
    return true;
}

static bool has_texts(const char *folder)
{
    char text[SETUP_PATH_BYTES];
    return join(text, folder, "text") && exists(text);
}

static const char *next_folder(struct setup *setup, const char *folder, const char *tail)
{
    char *slot = setup->folder_texts[setup->folder_count];
    return setup->folder_count < SETUP_FOLDERS_MAX && join(slot, folder, tail) ? slot : NULL;
}

static void add_folder(struct setup *setup, const char *folder)
{
    if (folder)
        setup->folders[setup->folder_count++] = folder;
}

/* Beside the configuration may lie as little as one network's profile or one list of tips. */
static int find_folders(struct setup *setup, const char *path, struct error *error)
{
    static const char *const ours[] = {"../" MOORING_DATA_FROM_BIN,
                                       "../../config"}; /* the tree it was built in */
    char program[SETUP_PATH_BYTES], own[SETUP_PATH_BYTES];
    if (!str_to_c(str_of(path), own, sizeof own) || program_folder(program) < 0)
        return error_set(error, -ENAMETOOLONG, "%.200s: the path is too long", path);
    const char *folder = next_folder(setup, dirname(own), ".");
    bool is_found = folder && has_texts(folder);
    add_folder(setup, folder);
    for (size_t i = 0; i < COUNT_OF(ours); i++) {
        folder = next_folder(setup, program, ours[i]);
        if (!folder || !has_texts(folder))
            continue;
        add_folder(setup, folder);
        is_found = true;
    }
    if (!is_found)
        return error_set(error, -ENOENT,
                         "no texts found: there is no folder \"text\" beside %.200s, and none "
                         "where mooring was installed",
                         path);
    if (setup->plugin_folder[0])
        return 0;
    if (!join(setup->plugin_folder, program, "plugins") || !exists(setup->plugin_folder))
        join(setup->plugin_folder, program, "../" MOORING_PLUGINS_FROM_BIN);
    return 0;
}

/* ---- plugins --------------------------------------------------------------------------------- */

static void take_name(void *ctx, struct str value)
{
    struct setup *setup = ctx;
    /* Cut short, a name that is too long is still too long, and host_peek says so. */
    if (setup->plugin_count < SETUP_PLUGINS_MAX)
        str_to_c(str_upto(value, SETUP_NAME_BYTES - 1), setup->plugin_names[setup->plugin_count++],
                 SETUP_NAME_BYTES);
}

static void take_folder(void *ctx, struct str value)
{
    struct setup *setup = ctx;
    str_to_c(value, setup->plugin_folder, sizeof setup->plugin_folder);
}

struct teller {
    settings_mistake_fn tell;
    void *ctx;
    unsigned long shortages;
    bool told;
};

/* Read without memory, a file seems to have mistakes that it has not. */
static void tell_on(void *ctx, const struct error *mistake)
{
    struct teller *teller = ctx;
    if (mem_shortages() != teller->shortages)
        return;
    teller->told = true;
    if (teller->tell)
        teller->tell(teller->ctx, mistake);
}

static bool is_named_before(const struct setup *setup, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(setup->plugin_names[i], setup->plugin_names[index]) == 0)
            return true;
    return false;
}

/* Each plugin's table; one that cannot be opened is told, and its sections are left alone. */
static void open_each(struct setup *setup, const char *path, struct marker *marker,
                      struct teller *teller)
{
    size_t opened = 0, missing = 0;
    setup->tables[0] = settings_core;
    for (size_t i = 0; i < setup->plugin_count; i++) {
        const char *name = setup->plugin_names[i];
        struct error error = {0};
        int r = is_named_before(setup, i)
                    ? error_set(&error, -EEXIST, "plugin \"%s\" is named twice in plugins", name)
                    : host_peek_marked(marker, setup->plugin_folder, name, &setup->peeks[opened],
                                       &error);
        if (r == -EAGAIN) {
            setup->missing[missing++] = name;
            continue;
        }
        if (r < 0) {
            error_prefix(&error, "%s", path);
            tell_on(teller, &error);
            if (r != -EEXIST)
                setup->missing[missing++] = name;
            continue;
        }
        const struct mooring_plugin *descriptor = setup->peeks[opened++].descriptor;
        setup->tables[opened] = (struct settings_table){.prefix = descriptor->name,
                                                        .options = descriptor->options};
    }
    setup->schema.tables = setup->tables;
    setup->schema.table_count = opened + 1;
    setup->schema.missing = setup->missing;
    setup->schema.missing_count = missing;
}

/* The plugins' tables must be known before the file can be checked. */
static int open_plugins(struct setup *setup, const char *path, struct marker *marker,
                        struct teller *teller)
{
    struct error error = {0};
    int r = settings_peek_texts(path, "plugins", take_name, setup, &error);
    if (r >= 0)
        r = settings_peek_texts(path, "plugin_folder", take_folder, setup, &error);
    if (r >= 0)
        r = find_folders(setup, path, &error);
    if (r < 0) {
        tell_on(teller, &error);
        return r;
    }
    open_each(setup, path, marker, teller);
    return teller->told ? -EINVAL : 0;
}

static bool zone_known(void *ctx, struct str zone, char *nearest, size_t size)
{
    const struct zone *found;
    if (zones_get(ctx, zone, &found) == 0)
        return true;
    if (!zones_nearest(ctx, zone, nearest, size))
        nearest[0] = '\0';
    return false;
}

static void take_state(void *ctx, struct str value)
{
    str_to_c(value, ctx, SETUP_PATH_BYTES);
}

void setup_state_folder(const char *path, char ret_folder[SETUP_PATH_BYTES])
{
    struct error error = {0};
    ret_folder[0] = '\0';
    if (settings_peek_texts(path, "state_folder", take_state, ret_folder, &error) < 0)
        ret_folder[0] = '\0'; /* whoever reads the whole file tells the mistake */
}

int setup_load(const char *path, struct zones *zones, settings_mistake_fn tell, void *ctx,
               struct setup **ret_setup)
{
    return setup_load_marked(path, zones, NULL, tell, ctx, ret_setup);
}

/* What the file only names: each network's profile, there and without mistakes. */
static void check_profiles(const struct setup *setup, struct teller *teller)
{
    const struct settings_node *networks = settings_at(settings_root(setup->settings), "networks");
    for (size_t i = 0; i < settings_count(networks); i++) {
        const struct settings_node *profile = settings_at(settings_item(networks, i), "profile");
        struct str name = settings_value_text(profile);
        struct irc_profile ignored;
        struct error error = {0};
        if (str_empty(name))
            continue;
        AUTO_BUF where;
        struct arena arena CLEANUP(arena_done);
        buf_init(&where, SETUP_PATH_BYTES);
        arena_init(&arena, 64 * 1024);
        settings_where(profile, &where);
        if (irc_profile_read(setup->folders, setup->folder_count, name, tell_on, teller, &arena,
                             &ignored) != -ENOENT)
            continue;
        (void)irc_profile_unknown(setup->folders, setup->folder_count, name, &error);
        error_prefix(&error, "%.*s: networks[%zu].profile", STR_ARG(buf_str(&where)), i);
        tell_on(teller, &error);
    }
}

static int load(struct setup *setup, const char *path, struct marker *marker, struct teller *teller)
{
    int r = open_plugins(setup, path, marker, teller);
    if (r < 0 && setup->schema.table_count == 0)
        return r;
    int loaded = settings_load(path, &setup->schema, tell_on, teller, &setup->settings);
    if (loaded < 0 || r < 0)
        return loaded < 0 ? loaded : r;
    check_profiles(setup, teller);
    if (teller->told)
        return -EINVAL;
    const struct settings_node *root = settings_root(setup->settings);
    str_to_c(settings_text(root, "credentials_folder"), setup->credentials_folder,
             sizeof setup->credentials_folder);
    return 0;
}

int setup_load_marked(const char *path, struct zones *zones, struct marker *marker,
                      settings_mistake_fn tell, void *ctx, struct setup **ret_setup)
{
    struct teller teller = {.tell = tell, .ctx = ctx, .shortages = mem_shortages()};
    struct setup *setup = mem_zalloc(sizeof *setup);
    int r = -ENOMEM;
    if (setup) {
        setup->schema = (struct settings_schema){.zone_known = zone_known, .zone_ctx = zones};
        r = load(setup, path, marker, &teller);
    }
    if (mem_dealt_with(teller.shortages) || r == -ENOMEM) {
        struct error error;
        r = error_set(&error, -ENOMEM, "%s: out of memory", path);
        if (tell)
            tell(ctx, &error);
    }
    if (r < 0) {
        setup_destroy(setup);
        return r;
    }
    *ret_setup = setup;
    return 0;
}

void setup_destroy(struct setup *setup)
{
    if (!setup)
        return;
    settings_destroy(setup->settings);
    for (size_t i = 0; i < setup->plugin_count; i++)
        host_peek_done(&setup->peeks[i]);
    mem_free(setup);
}

/* ---- credentials ----------------------------------------------------------------------------- */

int setup_credential(const struct setup *setup, struct str name, struct buf *ret_secret,
                     struct error *error)
{
    enum { SECRET_BYTES_MAX = 4096 };
    const char *folder = setup->credentials_folder[0] ? setup->credentials_folder
                                                      : getenv("CREDENTIALS_DIRECTORY");
    char path[SETUP_PATH_BYTES], tail[256];
    char bytes[SECRET_BYTES_MAX];
    if (!folder)
        return error_set(error, -ENOENT,
                         "the credential \"%.*s\" is missing: no credentials folder. With systemd: "
                         "LoadCredential=%.*s:FILE. By hand: set "
                         "credentials_folder.",
                         STR_ARG(name), STR_ARG(name));
    if (!str_to_c(name, tail, sizeof tail) || strchr(tail, '/') || !join(path, folder, tail))
        return error_set(error, -EINVAL, "\"%.*s\" cannot be a credential's name", STR_ARG(name));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, -errno,
                         "the credential \"%s\" cannot be read from %s (%s). With systemd: "
                         "LoadCredential=%s:FILE.",
                         tail, folder, strerror(errno), tail);
    ssize_t length = read(fd, bytes, sizeof bytes);
    close(fd);
    bool fits = length >= 0 && (size_t)length < sizeof bytes;
    struct str secret = fits ? str_trim((struct str){bytes, (size_t)length}) : (struct str){0};
    buf_add(ret_secret, secret);
    mem_wipe(bytes, sizeof bytes);
    if (!fits)
        return error_set(error, -E2BIG,
                         "the credential \"%s\" cannot be read, or is longer than %d bytes", tail,
                         SECRET_BYTES_MAX - 1);
    if (str_empty(secret))
        return error_set(error, -EINVAL, "the credential \"%s\" in %s is empty", tail, folder);
    return ret_secret->failed ? error_set(error, ret_secret->failed, "out of memory") : 0;
}

/* ---- the master key -------------------------------------------------------------------------- */

static bool is_key(struct str text, unsigned char key[32])
{
    size_t length = 0;
    const char *end = NULL;
    return sodium_hex2bin(key, 32, text.ptr, text.len, " \t\r\n", &length, &end) == 0 &&
           length == 32 && end == text.ptr + text.len;
}

/* 64 hexadecimal digits, from the credential "master-key".  The unit puts MISSING_KEY there when it
 * finds no file: systemd's own words would be "Protocol error". */
#define MISSING_KEY "missing"

int setup_master_key(const struct setup *setup, unsigned char key[32], struct error *error)
{
    struct buf text CLEANUP(buf_wipe);
    buf_init(&text, 4096);
    int r = setup_credential(setup, STR("master-key"), &text, error);
    if (r == 0 && str_eq_c(buf_str(&text), MISSING_KEY))
        r = -ENOENT;
    if (r < 0)
        return error_set(
            error, r,
            "cannot open the keyring: the credential \"master-key\" is missing. With systemd: "
            "mooring key new %s/mooring/master-key, or bring the old key back there. By hand: "
            "mooring key new FILE, and set credentials_folder to its folder.",
            MOORING_SYSCONFDIR);
    if (!is_key(buf_str(&text), key))
        return error_set(error, -EINVAL,
                         "cannot open the keyring: the credential \"master-key\" must be 64 "
                         "hexadecimal digits, as mooring key new writes it.");
    return 0;
}

/* The credential "master-key-next", which is there only while the master key is changed. */
bool setup_next_key(const struct setup *setup, unsigned char key[32])
{
    struct buf text CLEANUP(buf_wipe);
    struct error none;
    buf_init(&text, 4096);
    return setup_credential(setup, STR("master-key-next"), &text, &none) == 0 &&
           is_key(buf_str(&text), key);
}
