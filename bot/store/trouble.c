/* SPDX-License-Identifier: MIT */
/* trouble.c: the one state that says whether anything can be saved: how it begins, and how it ends.
 */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sql.h"

/* As much as a busy turn writes: a disk with one free page is still full. */
enum { PROBE_BYTES = 64 * 1024 };

static enum store_cause cause_of(int code)
{
    switch (code) {
    case -ENOSPC:
    case -EDQUOT:
        return STORE_FULL;
    case -EROFS:
    case -EACCES:
    case -EPERM:
        return STORE_READ_ONLY;
    case -EIO:
    case -ESTALE:
    case -ENXIO:
    case -ENODEV:
        return STORE_BROKEN;
    case -EBUSY:
        return STORE_LOCKED;
    case -EUCLEAN:
    case -EBADF:
        return STORE_DAMAGED;
    default:
        return STORE_WELL;
    }
}

/* What callers are told while there is trouble: one of three, whatever it was. */
static int code_of(enum store_cause cause)
{
    switch (cause) {
    case STORE_WELL:
    case STORE_CAUSE_COUNT:
        break;
    case STORE_FULL:
        return -ENOSPC;
    case STORE_READ_ONLY:
        return -EROFS;
    case STORE_BROKEN:
    case STORE_LOCKED:
    case STORE_DAMAGED:
    case STORE_NO_KEY:
        return -EIO;
    }
    return 0;
}

const char *store_cause_name(enum store_cause cause)
{
    static const char *const names[] = {
        [STORE_WELL] = "well",     [STORE_FULL] = "full",       [STORE_READ_ONLY] = "read-only",
        [STORE_BROKEN] = "broken", [STORE_LOCKED] = "locked",   [STORE_DAMAGED] = "damaged",
        [STORE_NO_KEY] = "no-key", [STORE_CAUSE_COUNT] = "well"};
    return names[cause];
}

bool store_is_fault(int code)
{
    bool no_memory = code == -ENOMEM && mem_on_reserve(); /* on the floor: its last try */
    return no_memory || cause_of(code) != STORE_WELL;
}

const struct store_trouble *store_trouble(const struct store *store)
{
    return &store->trouble;
}

bool store_writable(const struct store *store)
{
    return store->trouble.cause == STORE_WELL;
}

uint64_t store_refused(const struct store *store)
{
    return store->refused;
}

void store_on_trouble(struct store *store, void (*changed)(void *ctx), void *ctx)
{
    store->trouble_changed = changed;
    store->trouble_ctx = ctx;
}

static void tell(struct store *store)
{
    if (store->trouble_changed)
        store->trouble_changed(store->trouble_ctx);
}

static void begin_trouble(struct store *store, enum store_cause cause, int code)
{
    bool is_new = store->trouble.cause != cause;
    if (store->trouble.cause == STORE_WELL) {
        store->trouble.since_at = store_now(store);
        store->trouble.since_elapsed_ms = clock_elapsed_ms(store->clock);
    }
    store->trouble.cause = cause;
    store->trouble.code = code;
    if (is_new)
        tell(store);
}

int store_note_trouble(struct store *store, int code)
{
    enum store_cause cause = cause_of(code);
    if (cause == STORE_WELL || store->connecting || store->stands_in)
        return code;
    /* After an fsync that failed the kernel holds pages for clean that never reached the disk. */
    if (cause == STORE_BROKEN || cause == STORE_DAMAGED)
        store->reopens = true;
    begin_trouble(store, cause, code_of(cause));
    return code == -EACCES || code == -EPERM ? -EROFS : code; /* to callers -EACCES means people */
}

void store_refuse(struct store *store, enum store_cause cause)
{
    store->stands_in = true;
    begin_trouble(store, cause, code_of(cause));
}

enum store_cause store_cause_of_open(int code)
{
    switch (code) {
    case -EBUSY: /* another mooring runs there */
        return STORE_WELL;
    case -ENOENT: /* the keyring, or the database beside it */
    case -ENOKEY:
    case -EKEYREJECTED:
    case -EXDEV:
        return STORE_NO_KEY;
    case -EMEDIUMTYPE:
    case -EBADMSG:
    case -ENOTDIR:
        return STORE_DAMAGED;
    default:
        return cause_of(code);
    }
}

bool store_holds_state(const char *folder)
{
    static const char *const names[] = {"mooring.db", "keyring"};
    struct stat status;
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES || errno == EIO || errno == ESTALE;
    bool holds = false;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        holds = holds || fstatat(fd, names[i], &status, AT_SYMLINK_NOFOLLOW) == 0 ||
                errno != ENOENT;
    close(fd);
    return holds;
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* What was deleted, or went with its disk, takes writes for ever and keeps none. */
int store_still_there(struct store *store)
{
    int moved = 0;
    if (!store->folder ||
        sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
        !moved)
        return 0;
    return store_note_trouble(store, -ESTALE);
}

static int write_once(struct store *store, const char *bytes, size_t size)
{
    int r = store_self_put(store, STR("probe"), (struct str){bytes, size});
    if (r == 0)
        return store_commit_quietly(store);
    store_rollback_quietly(store);
    return r;
}

static int try_writing(struct store *store)
{
    char *bytes = mem_zalloc(PROBE_BYTES);
    if (!bytes)
        return -ENOMEM;
    int r = write_once(store, bytes, PROBE_BYTES);
    mem_free(bytes);
    if (r >= 0)
        r = write_once(store, "1", 1);
    return MIN_OF(r, 0);
}

static bool same_folder(const struct store *store)
{
    struct stat by_name, held;
    return stat(store->folder, &by_name) == 0 && fstat(store->folder_fd, &held) == 0 &&
           by_name.st_dev == held.st_dev && by_name.st_ino == held.st_ino;
}

/* The new connection stands before the old one goes: until then what can be read can be read. */
static int open_again(struct store *store)
{
    struct store fresh = {.folder = store->folder,
                          .folder_fd = same_folder(store) ? store->folder_fd : -1,
                          .clock = store->clock,
                          .master_key = store->master_key,
                          .passing = store->passing,
                          .next_key = store->next_key,
                          .has_next_key = store->has_next_key,
                          .disk = store->disk,
                          .fault = store->fault};
    struct error error = {0};
    int r = store_connect_again(&fresh, &error);
    store->next_key = fresh.next_key; /* it may have become the key */
    store->has_next_key = fresh.has_next_key;
    if (r < 0) {
        store_disconnect(&fresh, true);
        if (fresh.folder_fd >= 0 && fresh.folder_fd != store->folder_fd)
            close(fresh.folder_fd);
        return r;
    }
    uint64_t generation = store_people_generation(store);
    store_disconnect(store, true);
    if (fresh.folder_fd != store->folder_fd)
        close(store->folder_fd);
    store->folder_fd = fresh.folder_fd;
    store->db = fresh.db;
    store->statements = fresh.statements;
    store->keyring = fresh.keyring;
    store->generation_before = generation + 1; /* whoever remembers people asks again */
    return 0;
}

int store_probe(struct store *store)
{
    if (store->trouble.cause == STORE_WELL)
        return 0;
    if (store->stands_in || store->begun)
        return store->trouble.code;
    int r = store->reopens && store->folder ? open_again(store) : 0;
    if (r == 0) {
        store->reopens = false;
        store->probing = true;
        r = try_writing(store);
        store->probing = false;
    } else {
        enum store_cause cause = cause_of(r);
        begin_trouble(store, cause ? cause : STORE_DAMAGED, code_of(cause ? cause : STORE_DAMAGED));
    }
    if (r < 0)
        return r;
    store->trouble = (struct store_trouble){0};
    tell(store);
    return 0;
}
