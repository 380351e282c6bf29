/* SPDX-License-Identifier: MIT */
/* source.c: files in, a parsed libconfig tree out. */
#include "settings/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings/scan.h"

static void close_cleanup(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int cannot(struct error *error, const char *path, int code)
{
    switch (code) {
    case -ENOENT:
        return error_set(error, code, "%s: there is no such file.", path);
    case -EACCES:
        return error_set(error, code,
                         "%s: this file may not be read. Check its owner and permissions.", path);
    case -EISDIR:
        return error_set(error, code, "%s: this is no file.", path);
    case -E2BIG:
        return error_set(error, code, "%s: the file is too long (at most %d MB).", path,
                         SETTINGS_SOURCE_LIMIT_BYTES >> 20);
    default:
        return error_set(error, code, "%s: cannot be read: %s.", path, strerror(-code));
    }
}

static int read_all(int fd, struct buf *out)
{
    char chunk[16384];
    ssize_t got = read(fd, chunk, sizeof chunk);
    while (got != 0) {
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0)
            buf_add(out, (struct str){chunk, (size_t)got});
        if (out->failed)
            return out->failed;
        got = read(fd, chunk, sizeof chunk);
    }
    return 0;
}

/* Plain files only: a folder, a device or a pipe would hang or end us. */
static int slurp(const char *path, struct buf *out)
{
    int fd CLEANUP(close_cleanup) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EISDIR;
    return read_all(fd, out);
}

int settings_scan_file(struct settings_scan *scan, const char *path)
{
    if (++scan->source->file_count > SETTINGS_SOURCE_FILE_LIMIT)
        return error_set(scan->error, -E2BIG, "%s: too many files are included.", path);
    AUTO_BUF text;
    buf_init(&text, SETTINGS_SOURCE_LIMIT_BYTES);
    int r = slurp(path, &text);
    if (r < 0)
        return cannot(scan->error, path, r);
    return settings_scan_text(scan, path, buf_str(&text));
}

/* ---- libconfig ------------------------------------------------------------------------------- */

static int syntax_error(const struct settings_source *source, struct error *error)
{
    int line;
    const char *file = settings_source_where(source, config_error_line(&source->config), &line);
    const char *text = config_error_text(&source->config);
    if (text && strstr(text, "duplicate"))
        return error_set(error, -EINVAL,
                         "%s:%d: this option is set for the second time here: keep one.", file,
                         line);
    if (text && strstr(text, "array"))
        return error_set(
            error, -EINVAL,
            "%s:%d: [ ] holds values of one kind: all numbers, or all texts in quotes.", file,
            line);
    return error_set(
        error, -EINVAL,
        "%s:%d: the file cannot be understood from here on. Look, on this line and the one "
        "before, for a missing quote, equals sign, comma or semicolon.",
        file, line);
}

static int parse_joined(struct settings_source *source, struct settings_scan *scan)
{
    int r = settings_scan_finish(scan);
    if (r < 0)
        return r;
    source->parsed = true;
    config_init(&source->config);
    if (config_read_string(&source->config, buf_str(&scan->out).ptr) != CONFIG_TRUE)
        return syntax_error(source, scan->error);
    return 0;
}

static const char *keep_name(struct settings_source *source, const char *name)
{
    *source = (struct settings_source){.parsed = false};
    arena_init(&source->arena, 1024 * 1024);
    return arena_copy_text(&source->arena, name, strlen(name));
}

int settings_source_read(struct settings_source *source, const char *path, struct error *error)
{
    const char *name = keep_name(source, path);
    if (!name)
        return -ENOMEM;
    struct settings_scan scan = {.source = source, .out_line = 1, .error = error};
    buf_init(&scan.out, SETTINGS_SOURCE_LIMIT_BYTES);
    int r = settings_scan_file(&scan, name);
    if (r >= 0)
        r = parse_joined(source, &scan);
    buf_done(&scan.out);
    return r;
}

int settings_source_parse(struct settings_source *source, const char *name, struct str text,
                          struct error *error)
{
    name = keep_name(source, name);
    if (!name)
        return -ENOMEM;
    struct settings_scan scan = {.source = source, .out_line = 1, .error = error};
    buf_init(&scan.out, SETTINGS_SOURCE_LIMIT_BYTES);
    int r = settings_scan_text(&scan, name, text);
    if (r >= 0)
        r = parse_joined(source, &scan);
    buf_done(&scan.out);
    return r;
}

void settings_source_done(struct settings_source *source)
{
    if (source->parsed)
        config_destroy(&source->config);
    mem_free(source->runs);
    arena_done(&source->arena);
    *source = (struct settings_source){.parsed = false};
}

const char *settings_source_where(const struct settings_source *source, int joined_line,
                                  int *ret_line)
{
    const struct settings_source_run *run = NULL;
    for (size_t i = 0;
         i < source->run_count && source->runs[i].joined_line <= MAX_OF(joined_line, 1); i++)
        run = &source->runs[i];
    *ret_line = run ? run->line + MAX_OF(joined_line, 1) - run->joined_line : joined_line;
    return run ? run->file : "";
}
