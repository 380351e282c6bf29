/* SPDX-License-Identifier: MIT */
/* zones.c: a folder of TZif files as a cache of zones. */
#include "schedule/zones.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/map.h"
#include "base/near.h"

enum {
    ZONES_MAX = 4096, /* all versions of all zones; tzdata has some 600 names */
    NAMES_MAX = 4096,
    DEPTH_MAX = 3, /* America/Argentina/Ushuaia */
    VERSION_LINE_BYTES = 128,
};

#define ZONES_FOLDER "/usr/share/zoneinfo"

/* One version of one zone's file.  It lives as long as `zones`: others hold the zone. */
struct entry {
    struct entry *next;
    struct zone *zone;
    uint64_t hash; /* of the file's bytes */
    char name[ZONES_NAME_BYTES];
};

struct zones {
    char *folder;
    struct entry *entries;
    size_t entry_count;
    struct map current; /* name -> entry */
    struct buf names;   /* every name in the folder, each with a newline; empty: not read yet */
};

struct zones *zones_create(const char *folder)
{
    struct zones *zones = mem_zalloc(sizeof *zones);
    if (!zones)
        return NULL;
    zones->folder = str_copy(str_of(folder ? folder : ZONES_FOLDER));
    buf_init(&zones->names, (size_t)NAMES_MAX * ZONES_NAME_BYTES);
    if (!zones->folder) {
        zones_destroy(zones);
        return NULL;
    }
    return zones;
}

void zones_destroy(struct zones *zones)
{
    if (!zones)
        return;
    while (zones->entries) {
        struct entry *entry = zones->entries;
        zones->entries = entry->next;
        zone_destroy(entry->zone);
        mem_free(entry);
    }
    map_done(&zones->current);
    buf_done(&zones->names);
    mem_free(zones->folder);
    mem_free(zones);
}

static bool is_name_byte(char c)
{
    return ascii_is_word(c) || c == '_' || c == '-' || c == '+';
}

/* tzdata's own rule for names (theory.html): so no name leaves the folder, and none has a dot. */
static bool is_safe(struct str name)
{
    struct str part;
    if (str_empty(name) || name.len >= ZONES_NAME_BYTES || str_ends(name, STR("/")))
        return false;
    while (str_split(&name, '/', &part)) {
        if (str_empty(part) || part.ptr[0] == '-')
            return false;
        for (size_t i = 0; i < part.len; i++)
            if (!is_name_byte(part.ptr[i]))
                return false;
    }
    return true;
}

/* Files that lie among the zones and name none: copies, links, and the variants with leap seconds.
 */
static bool is_reserved(struct str name)
{
    return str_starts(name, STR("posix/")) || str_starts(name, STR("right/")) ||
           str_eq(name, STR("posix")) || str_eq(name, STR("right")) ||
           str_eq(name, STR("posixrules")) || str_eq(name, STR("localtime")) ||
           str_eq(name, STR("leapseconds")) || str_eq(name, STR("SECURITY")) ||
           str_eq(name, STR("Factory"));
}

static void close_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int read_whole(int fd, struct buf *out)
{
    char chunk[4096];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return out->failed == -E2BIG ? -EINVAL : out->failed;
        buf_add(out, (struct str){chunk, (size_t)got});
    }
}

static int read_file(const struct zones *zones, struct str name, struct buf *out)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%.*s", zones->folder, STR_ARG(name));
    if (length < 0 || (size_t)length >= sizeof path)
        return -EINVAL;
    CLEANUP(close_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOTDIR ? -ENOENT : -errno;
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    return S_ISREG(status.st_mode) ? read_whole(fd, out) : -ENOENT;
}

static uint64_t hash_more(uint64_t hash, const void *bytes, size_t size) /* FNV-1a */
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

static const uint64_t hash_start = UINT64_C(14695981039346656037);

static struct entry *find_entry(const struct zones *zones, struct str name, uint64_t hash)
{
    struct entry *entry = zones->entries;
    while (entry && (entry->hash != hash || !str_eq_c(name, entry->name)))
        entry = entry->next;
    return entry;
}

static int add_entry(struct zones *zones, struct str name, struct str bytes,
                     struct entry **ret_entry)
{
    if (zones->entry_count >= ZONES_MAX)
        return -EFBIG;
    struct entry *entry = mem_zalloc(sizeof *entry);
    if (!entry)
        return -ENOMEM;
    int r = zone_parse(bytes, &entry->zone);
    if (r < 0) {
        mem_free(entry);
        return r;
    }
    (void)str_to_c(name, entry->name, sizeof entry->name); /* is_safe has looked at the length */
    entry->hash = hash_more(hash_start, bytes.ptr, bytes.len);
    entry->next = zones->entries;
    zones->entries = entry;
    zones->entry_count++;
    *ret_entry = entry;
    return 0;
}

int zones_get(struct zones *zones, struct str name, const struct zone **ret_zone)
{
    if (!is_safe(name))
        return -EINVAL;
    if (is_reserved(name))
        return -ENOENT;
    struct entry *entry = map_get(&zones->current, name);
    if (!entry) {
        AUTO_BUF bytes;
        buf_init(&bytes, ZONE_FILE_BYTES_MAX);
        int r = read_file(zones, name, &bytes);
        if (r < 0)
            return r;
        /* some other file of the folder */
        if (!str_starts(buf_str(&bytes), STR("TZif")))
            return -ENOENT;
        entry = find_entry(zones, name, hash_more(hash_start, bytes.ptr, bytes.len));
        if (!entry)
            r = add_entry(zones, name, buf_str(&bytes), &entry);
        if (r >= 0)
            r = map_put(&zones->current, name, entry);
        if (r < 0)
            return r;
    }
    *ret_zone = entry->zone;
    return 0;
}

void zones_refresh(struct zones *zones)
{
    map_done(&zones->current);
    zones->current = (struct map){0};
    buf_clear(&zones->names);
}

static uint64_t hash_of_status(uint64_t hash, const struct zones *zones, const char *file)
{
    char path[PATH_MAX];
    struct stat status;
    int length = snprintf(path, sizeof path, "%s/%s", zones->folder, file);
    if (length < 0 || (size_t)length >= sizeof path || stat(path, &status) < 0)
        return hash_more(hash, "", 1);
    int64_t parts[] = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, (int64_t)status.st_ino};
    return hash_more(hash, parts, sizeof parts);
}

/* The first line says which release it is; the times change also when someone copies a file by
 * hand. */
uint64_t zones_version(struct zones *zones)
{
    static const char *const stamped[] = {".",       "tzdata.zi", "+VERSION", "Africa",
                                          "America", "Asia",      "Europe"};
    static const char *const named[] = {"tzdata.zi", "+VERSION"};
    uint64_t hash = hash_start;
    for (size_t i = 0; i < COUNT_OF(stamped); i++)
        hash = hash_of_status(hash, zones, stamped[i]);
    for (size_t i = 0; i < COUNT_OF(named); i++) {
        char path[PATH_MAX], line[VERSION_LINE_BYTES];
        int length = snprintf(path, sizeof path, "%s/%s", zones->folder, named[i]);
        if (length < 0 || (size_t)length >= sizeof path)
            continue;
        CLEANUP(close_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        ssize_t got = fd < 0 ? 0 : read(fd, line, sizeof line);
        struct str text = {line, got < 0 ? 0 : (size_t)got}, first;
        if (str_split(&text, '\n', &first))
            hash = hash_more(hash, first.ptr, first.len);
    }
    return hash;
}

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

/* Adds the names below folder/prefix; symbolic links are names of their own. */
static void list_names(struct zones *zones, struct str prefix, int depth)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%.*s", zones->folder, STR_ARG(prefix));
    if (length < 0 || (size_t)length >= sizeof path)
        return;
    CLEANUP(close_folder) DIR *folder = opendir(path);
    const struct dirent *item = folder ? readdir(folder) : NULL;
    for (; item; item = readdir(folder)) {
        char text[ZONES_NAME_BYTES];
        int size = snprintf(text, sizeof text, "%.*s%s", STR_ARG(prefix), item->d_name);
        struct str name = str_of(text);
        if (size < 0 || (size_t)size >= sizeof text - 1 || !is_safe(name) || is_reserved(name))
            continue;
        if (item->d_type == DT_DIR && depth < DEPTH_MAX) {
            text[size] = '/';
            text[size + 1] = '\0';
            list_names(zones, str_of(text), depth + 1);
        } else if (item->d_type != DT_DIR) {
            buf_add(&zones->names, name);
            buf_add_byte(&zones->names, '\n');
        }
    }
}

static struct str city_of(struct str name)
{
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != '/')
        at--;
    return str_from(name, at);
}

/* Best first: the same name but for case, the same city, a name nearly the same, a city nearly the
 * same. */
struct search {
    struct str exact, city_exact, city_best;
    struct near whole, city;
};

static void offer(struct search *search, struct str name)
{
    struct str city = city_of(name);
    if (str_eq_nocase(name, search->whole.wanted))
        search->exact = name;
    /* Some cities have an old name too: of Indiana/Indianapolis and America/Indianapolis the
     * shorter reads better. */
    if (str_eq_nocase(city, search->city.wanted) &&
        (str_empty(search->city_exact) || name.len < search->city_exact.len))
        search->city_exact = name;
    near_offer(&search->whole, name);
    size_t distance = search->city.distance;
    bool first = str_empty(search->city.best);
    near_offer(&search->city, city);
    if (first || search->city.distance < distance)
        search->city_best = name;
}

static bool choose(const struct search *search, struct str *ret_name)
{
    struct str whole, city;
    bool whole_found = near_found(&search->whole, &whole);
    bool city_found = near_found(&search->city, &city);
    if (!str_empty(search->exact))
        *ret_name = search->exact;
    else if (!str_empty(search->city_exact))
        *ret_name = search->city_exact;
    else if (whole_found && (!city_found || search->whole.distance <= search->city.distance))
        *ret_name = whole;
    else if (city_found)
        *ret_name = search->city_best;
    else
        return false;
    return true;
}

bool zones_nearest(struct zones *zones, struct str wanted, char *out, size_t size)
{
    char text[ZONES_NAME_BYTES];
    if (!str_to_c(str_trim(wanted), text, sizeof text) || text[0] == '\0')
        return false;
    for (char *c = text; *c; c++)
        if (*c == ' ')
            *c = '_';
    if (zones->names.len == 0)
        list_names(zones, STR(""), 1);
    struct search search = {.whole.wanted = str_of(text), .city.wanted = city_of(str_of(text))};
    struct str rest = buf_str(&zones->names), name;
    while (str_split(&rest, '\n', &name))
        if (!str_empty(name))
            offer(&search, name);
    const struct zone *zone;
    bool found = choose(&search, &name) && zones_get(zones, name, &zone) >= 0 &&
                 str_to_c(name, out, size);
    if (zones->names.failed) /* half a list must not be kept; `name` lies in it */
        buf_done(&zones->names);
    return found;
}
