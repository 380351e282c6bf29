/* SPDX-License-Identifier: MIT */
/* marker.c: opens the mapped file, counts what it says of the last life, keeps who rests. */
#include "host/marker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "host/marker_file.h"
#include "loop/clock.h"

enum {
    FORMAT = 1,
    FILE_BYTES = 8192,
    /* Who said why it died is believed sooner than who merely was there when it was killed: two
     * crashes, or three deaths without a word (MARKER_ENOUGH). */
    POINTS_EXPLAINED = 3,
    POINTS_UNEXPLAINED = 2,
    RESTS_MAX = 4,
};
/* "In a row" ends when nothing happened for that long: a daily timer that kills is still one row.
 */
#define ROW_MS (25 * CLOCK_HOUR_MS)
static const char MAGIC[8] = "MOORMARK";
static const char LOADING[] = "load";
_Static_assert(sizeof(struct marker_file) <= FILE_BYTES, "the file has two pages");

/* ---- the file -------------------------------------------------------------------------------- */

/* FNV-1a: for telling damage and builds, not for keeping anybody out. */
static uint64_t sum_of(const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    uint64_t sum = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ at[i]) * 0x100000001b3ULL;
    return sum ? sum : 1;
}

static uint64_t this_boot(void)
{
    char text[64] = "";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    return length > 0 ? sum_of(text, (size_t)length) : 0;
}

void marker_sum_up(struct marker *marker)
{
    struct marker_file *file = marker->file;
    marker->suspects = 0;
    for (size_t i = 0; i < MARKER_SUSPECTS; i++)
        marker->suspects += file->rows.suspects[i].subject != 0;
    file->sum = sum_of(&file->rows, sizeof file->rows);
}

static bool is_sound(const struct marker_file *file)
{
    if (memcmp(file->magic, MAGIC, sizeof MAGIC) != 0 || file->format != FORMAT ||
        file->size_bytes != sizeof *file || file->sum != sum_of(&file->rows, sizeof file->rows))
        return false;
    for (size_t i = 0; i < MARKER_PLUGINS; i++)
        if (file->rows.plugins[i].name[MARKER_NAME_BYTES - 1] != '\0')
            return false;
    return true;
}

static void make_anew(struct marker *marker)
{
    struct marker_file *file = marker->file;
    memset(file, 0, sizeof *file);
    memcpy(file->magic, MAGIC, sizeof MAGIC);
    file->format = FORMAT;
    file->size_bytes = sizeof *file;
    file->boot = this_boot();
    marker_sum_up(marker);
}

/* The mapped file and its descriptor, locked; NULL when it cannot be had. */
static struct marker_file *map_file(const char *folder, int *ret_fd)
{
    char path[1024];
    struct stat status;
    int length = snprintf(path, sizeof path, "%s/" MARKER_FILE, folder);
    if (length < 0 || (size_t)length >= sizeof path)
        return NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return NULL;
    /* Where each write goes to a new block, a full disk would be a SIGBUS: not for this file. */
    int in_place = FS_NOCOW_FL;
    if (fstat(fd, &status) == 0 && status.st_size == 0)
        (void)ioctl(fd, FS_IOC_SETFLAGS, &in_place); /* other filesystems know no such thing */
    void *map = MAP_FAILED;
    /* Another process' is left alone.  The blocks are taken now: a full disk under a mapped page is
     * a SIGBUS at any later moment. */
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        (status.st_size <= FILE_BYTES || ftruncate(fd, FILE_BYTES) == 0) &&
        posix_fallocate(fd, 0, FILE_BYTES) == 0)
        map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        close(fd);
        return NULL;
    }
    *ret_fd = fd;
    return map;
}

/* ---- counting -------------------------------------------------------------------------------- */

int64_t marker_rest_ms(unsigned times)
{
    static const int64_t rests[RESTS_MAX] = {10 * CLOCK_MINUTE_MS, CLOCK_HOUR_MS, 6 * CLOCK_HOUR_MS,
                                             CLOCK_DAY_MS};
    return rests[times == 0 ? 0 : MIN_OF(times, (unsigned)RESTS_MAX) - 1];
}

struct marker_plugin_row *marker_row(const struct marker *marker, marker_who who)
{
    if (who < MARKER_FIRST_PLUGIN || who >= MARKER_FIRST_PLUGIN + MARKER_PLUGINS)
        return NULL;
    struct marker_plugin_row *row = &marker->file->rows.plugins[who - MARKER_FIRST_PLUGIN];
    return row->name[0] ? row : NULL;
}

static bool is_over(int64_t last_at, int64_t rest_until_at, int64_t now_at)
{
    return now_at - MAX_OF(last_at, rest_until_at) > ROW_MS;
}

/* ms of rest that follow; 0: none yet. */
static int64_t count_plugin(struct marker_plugin_row *row, uint32_t points, int64_t now_at)
{
    if (is_over(row->last_at, row->rest_until_at, now_at))
        row->points = row->rests = 0;
    row->points = MIN_OF(row->points + points, (uint32_t)MARKER_ENOUGH);
    row->last_at = now_at;
    if (row->points < MARKER_ENOUGH)
        return 0;
    row->rests = (uint16_t)MIN_OF(row->rests + 1, RESTS_MAX);
    int64_t rest_ms = marker_rest_ms(row->rests);
    row->rest_until_at = now_at + rest_ms;
    return rest_ms;
}

struct marker_suspect_row *marker_suspect(const struct marker *marker, marker_who who,
                                          uint64_t subject)
{
    if (marker->suspects == 0 || subject == 0)
        return NULL;
    for (size_t i = 0; i < MARKER_SUSPECTS; i++) {
        struct marker_suspect_row *row = &marker->file->rows.suspects[i];
        if (row->subject == subject && row->who == who)
            return row;
    }
    return NULL;
}

/* True when it is new among the suspects. */
static bool count_suspect(struct marker *marker, marker_who who, uint64_t subject, uint32_t points,
                          int64_t now_at)
{
    struct marker_suspect_row *row = marker_suspect(marker, who, subject);
    bool is_new = !row;
    for (size_t i = 0; i < MARKER_SUSPECTS && is_new; i++) { /* a free one, else the oldest */
        struct marker_suspect_row *other = &marker->file->rows.suspects[i];
        if (!row || (row->subject && (!other->subject || other->at < row->at)))
            row = other;
    }
    if (is_new)
        *row = (struct marker_suspect_row){.subject = subject, .who = who};
    row->points += points;
    row->at = now_at;
    memcpy(row->what, marker->death.what, sizeof row->what);
    return is_new;
}

/* A subject that kills again and again is buried by itself; what a plugin does to one after the
 * other, or without any in hand, is the plugin's.  Whoever was killed from outside with something
 * in hand is not blamed for more than that. */
static void count_death(struct marker *marker, marker_who who, int64_t now_at)
{
    struct marker_death *death = &marker->death;
    struct marker_moment *now = &marker->file->now;
    struct marker_plugin_row *row = marker_row(marker, who);
    uint64_t subject = who == now->who ? now->subject : 0;
    bool explained = death->fault != MARKER_FAULT_UNKNOWN;
    uint32_t points = explained ? POINTS_EXPLAINED : POINTS_UNEXPLAINED;
    if (!row && who != MARKER_CORE)
        return;
    death->who = who;
    death->on_subject = subject != 0;
    (void)snprintf(death->name, sizeof death->name, "%s", row ? row->name : "core");
    bool is_new = !subject || count_suspect(marker, who, subject, points, now_at);
    if (row && is_new && (explained || !subject)) {
        death->resting_ms = count_plugin(row, points, now_at);
        row->unloadable = strcmp(death->what, LOADING) == 0;
    }
}

/* What the last life left: counted once, and wiped. */
static void read_last_life(struct marker *marker, int64_t now_at)
{
    struct marker_file *file = marker->file;
    struct marker_moment *now = &file->now;
    struct marker_death *death = &marker->death;
    marker_who who = now->culprit ? now->culprit : now->who;
    for (size_t i = 0; i < MARKER_SUSPECTS; i++)
        if (file->rows.suspects[i].subject && now_at - file->rows.suspects[i].at > ROW_MS)
            file->rows.suspects[i] = (struct marker_suspect_row){0};
    now->what[MARKER_WHAT_BYTES - 1] = '\0';
    death->fault = now->fault < MARKER_FAULT_COUNT ? (enum marker_fault)now->fault
                                                   : MARKER_FAULT_UNKNOWN;
    memcpy(death->what, who == now->who ? now->what : "work",
           who == now->who ? sizeof now->what : sizeof "work");
    if (file->boot == this_boot() && who != MARKER_NOBODY)
        count_death(marker, who, now_at);
    for (size_t i = 0; i < MARKER_WORKS && file->boot == this_boot() && who == MARKER_NOBODY; i++)
        if (now->works[i] != MARKER_NOBODY) {
            memcpy(death->what, "work", sizeof "work");
            count_death(marker, now->works[i], now_at);
        }
    memset(now, 0, sizeof *now);
    file->boot = this_boot();
    marker_sum_up(marker);
}

const struct marker_death *marker_last_death(const struct marker *marker)
{
    return &marker->death;
}

const char *marker_fault_name(enum marker_fault fault)
{
    static const char *const names[MARKER_FAULT_COUNT] = {"killed", "crash", "loop", "memory",
                                                          "init"};
    return fault < MARKER_FAULT_COUNT ? names[fault] : "killed";
}

/* ---- life ------------------------------------------------------------------------------------ */

int marker_open(const char *folder, int64_t now_at, struct marker **ret_marker)
{
    struct marker *marker = mem_zalloc(sizeof *marker);
    if (!marker)
        return -ENOMEM;
    marker->fd = -1;
    marker->opened_at = now_at;
    marker->file = folder ? map_file(folder, &marker->fd) : NULL;
    bool is_old = marker->file && is_sound(marker->file);
    if (!marker->file)
        marker->file = mem_zalloc(FILE_BYTES);
    if (!marker->file) {
        mem_free(marker);
        return -ENOMEM;
    }
    if (is_old)
        marker_sum_up(marker); /* counts the suspects */
    else
        make_anew(marker);
    read_last_life(marker, now_at);
    *ret_marker = marker;
    return 0;
}

void marker_keep(struct marker *marker, const char *folder)
{
    int fd;
    if (marker->fd >= 0)
        return;
    struct marker_file *file = map_file(folder, &fd);
    if (!file)
        return;
    memcpy(file, marker->file, sizeof *file);
    marker->before = marker->file; /* another thread may look at it just now */
    marker->file = file;
    marker->fd = fd;
}

void marker_calm(struct marker *marker)
{
    for (size_t i = 0; i < MARKER_PLUGINS; i++)
        marker->file->rows.plugins[i].rest_until_at = 0;
    marker_sum_up(marker);
}

bool marker_is_kept(const struct marker *marker)
{
    return marker->fd >= 0;
}

void marker_close(struct marker *marker)
{
    if (!marker)
        return;
    memset(&marker->file->now, 0, sizeof marker->file->now);
    if (marker->fd >= 0) {
        munmap(marker->file, FILE_BYTES);
        close(marker->fd);
    } else {
        mem_free(marker->file);
    }
    mem_free(marker->before);
    mem_free(marker);
}

/* ---- plugins --------------------------------------------------------------------------------- */

/* The one of that name, else a free one, else the one whose last word is the oldest. */
static struct marker_plugin_row *find_plugin(struct marker *marker, const char *name)
{
    struct marker_plugin_row *rows = marker->file->rows.plugins, *best = NULL;
    for (size_t i = 0; i < MARKER_PLUGINS; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
        if (!best || (best->name[0] && (!rows[i].name[0] || rows[i].last_at < best->last_at)))
            best = &rows[i];
    }
    *best = (struct marker_plugin_row){0};
    return best;
}

marker_who marker_plugin(struct marker *marker, const char *name, uint64_t build)
{
    if (!name[0] || strlen(name) >= MARKER_NAME_BYTES)
        return MARKER_NOBODY;
    struct marker_plugin_row *row = find_plugin(marker, name);
    if (row->build && build && row->build != build)
        *row = (struct marker_plugin_row){0};
    memcpy(row->name, name, strlen(name) + 1);
    if (build)
        row->build = build;
    marker_sum_up(marker);
    return (marker_who)(row - marker->file->rows.plugins) + MARKER_FIRST_PLUGIN;
}

/* A wall clock that was set back must not make a rest longer than it was meant. */
bool marker_rests(const struct marker *marker, marker_who who, int64_t now_at, int64_t *ret_left_ms)
{
    const struct marker_plugin_row *row = marker_row(marker, who);
    int64_t left_ms = row ? row->rest_until_at - now_at : 0;
    if (left_ms <= 0)
        return false;
    if (ret_left_ms)
        *ret_left_ms = MIN_OF(left_ms, CLOCK_DAY_MS);
    return true;
}

/* As it was when this process began: what was passed over then is not loaded by a reload. */
bool marker_unloadable(const struct marker *marker, marker_who who)
{
    const struct marker_plugin_row *row = marker_row(marker, who);
    return row && row->unloadable && marker_rests(marker, who, marker->opened_at, NULL);
}

void marker_rest(struct marker *marker, marker_who who, int64_t until_at)
{
    struct marker_plugin_row *row = marker_row(marker, who);
    if (!row)
        return;
    row->rest_until_at = until_at;
    marker_sum_up(marker);
}

int64_t marker_refused(struct marker *marker, marker_who who, int64_t now_at)
{
    struct marker_plugin_row *row = marker_row(marker, who);
    if (!row)
        return 0;
    int64_t rest_ms = count_plugin(row, POINTS_EXPLAINED, now_at);
    row->unloadable = 0;
    marker_sum_up(marker);
    return rest_ms;
}
