/* SPDX-License-Identifier: MIT */
/* log.c: one event, one line, one write. */
#include "observe/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/utf8.h"

enum {
    LINE_BYTES = 4096, /* PIPE_BUF: a shorter write is never torn */
    TEXT_BYTES = 256,
};

/* The one mutable global of the daemon: every layer logs to the same place. */
static struct {
    enum log_level level;
    enum { JOURNAL_UNKNOWN, JOURNAL_READS, JOURNAL_ABSENT } journal;
    void (*sink)(void *ctx, enum log_level level, struct str line);
    void *ctx;
    int64_t lost; /* lines that stderr refused */
} logger = {.level = LOG_LEVEL_INFO};

/* A line on the stack, so that logging works when memory is short.  What does not fit is dropped
 * whole. */
struct line {
    size_t len;
    char bytes[LINE_BYTES];
};

static void add(struct line *line, const char *bytes, size_t count)
{
    if (count > sizeof line->bytes - 1 - line->len) /* one byte is kept for the newline */
        return;
    memcpy(line->bytes + line->len, bytes, count);
    line->len += count;
}

static void add_c(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

static void add_number(struct line *line, int64_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    add_c(line, digits);
}

/* What a terminal or a reader's eye would obey instead of show: controls, line separators, changes
 * of direction. */
static bool is_active(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) ||
           code_point == 0x200e || code_point == 0x200f ||
           (code_point >= 0x2028 && code_point <= 0x202e) ||
           (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xfeff;
}

static bool needs_quotes(struct str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t code_point = utf8_next(text, &at);
        if (code_point == ' ' || code_point == '"' || code_point == '=' || code_point == '\\' ||
            code_point == 0xfffd || is_active(code_point))
            return true;
    }
    return str_empty(text);
}

static void add_character(struct line *line, struct str character, uint32_t code_point)
{
    char escape[16];
    if (code_point == '"' || code_point == '\\')
        snprintf(escape, sizeof escape, "\\%c", (char)code_point);
    else if (code_point == '\n' || code_point == '\r' || code_point == '\t')
        snprintf(escape, sizeof escape, "\\%c",
                 code_point == '\n'   ? 'n'
                 : code_point == '\r' ? 'r'
                                      : 't');
    else if (code_point == 0xfffd && character.len == 1) /* not UTF-8: the byte itself */
        snprintf(escape, sizeof escape, "\\x%02x", (unsigned)(unsigned char)character.ptr[0]);
    else if (is_active(code_point))
        snprintf(escape, sizeof escape, code_point < 0x80 ? "\\x%02x" : "\\u%04x",
                 (unsigned)code_point);
    else {
        add(line, character.ptr, character.len);
        return;
    }
    add_c(line, escape);
}

static void add_text(struct line *line, struct str text)
{
    if (text.len > TEXT_BYTES)
        text = str_upto(text, utf8_floor(text.ptr, text.len, TEXT_BYTES));
    bool quotes = needs_quotes(text);
    if (quotes)
        add_c(line, "\"");
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        uint32_t code_point = utf8_next(text, &at);
        add_character(line, (struct str){text.ptr + start, at - start}, code_point);
    }
    if (quotes)
        add_c(line, "\"");
}

static void add_fields(struct line *line, const char *event, const struct log_field *fields)
{
    add_c(line, "event=");
    add_text(line, str_of(event));
    for (; fields->name; fields++) {
        add_c(line, " ");
        add_c(line, fields->name);
        add_c(line, "=");
        switch (fields->kind) {
        case LOG_FIELD_INT:
            add_number(line, fields->number);
            break;
        case LOG_FIELD_TEXT:
            add_text(line, fields->text);
            break;
        }
    }
}

static const struct {
    const char *name;
    enum log_level level;
} LEVELS[] = {
    {"error", LOG_LEVEL_ERROR}, {"warning", LOG_LEVEL_WARNING}, {"notice", LOG_LEVEL_NOTICE},
    {"info", LOG_LEVEL_INFO},   {"debug", LOG_LEVEL_DEBUG},
};

/* systemd.exec(5): JOURNAL_STREAM is "device:inode" of the socket that it gave us; a shell may have
 * passed the variable on while stderr goes elsewhere. */
static bool journal_reads(void)
{
    if (logger.journal == JOURNAL_UNKNOWN) {
        struct str rest = str_of(getenv("JOURNAL_STREAM")), device_text, inode_text;
        int64_t device, inode;
        struct stat stat;
        bool ours = str_split(&rest, ':', &device_text) && str_split(&rest, ':', &inode_text) &&
                    number_parse(device_text, 0, INT64_MAX, &device) == 0 &&
                    number_parse(inode_text, 0, INT64_MAX, &inode) == 0 &&
                    fstat(STDERR_FILENO, &stat) == 0 && (int64_t)stat.st_dev == device &&
                    (int64_t)stat.st_ino == inode;
        logger.journal = ours ? JOURNAL_READS : JOURNAL_ABSENT;
    }
    return logger.journal == JOURNAL_READS;
}

static void add_level(struct line *line, enum log_level level)
{
    if (journal_reads()) {
        add_c(line, "<");
        add_number(line, level);
        add_c(line, ">");
        return;
    }
    add_c(line, "level=");
    for (size_t i = 0; i < COUNT_OF(LEVELS); i++)
        if (LEVELS[i].level == level)
            add_c(line, LEVELS[i].name);
    add_c(line, " ");
}

static void write_line(struct line *line)
{
    line->bytes[line->len++] = '\n';
    /* stderr is not ours alone, so that it stays blocking; a pipe that has room says so, and then
     * takes a whole line. */
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&room, 1, 0) == 0) {
        logger.lost++;
        return;
    }
    ssize_t written;
    do
        written = write(STDERR_FILENO, line->bytes, line->len);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)line->len)
        logger.lost = 0;
    else
        logger.lost++;
}

void log_event_fields(enum log_level level, const char *event, const struct log_field *fields)
{
    if (!log_enabled(level))
        return;
    int saved_errno = errno; /* logging must not change what the caller is about to look at */
    struct line line;
    line.len = 0;
    if (!logger.sink)
        add_level(&line, level);
    add_fields(&line, event, fields);
    if (logger.sink) {
        logger.sink(logger.ctx, level, (struct str){line.bytes, line.len});
    } else {
        if (logger.lost) {
            add_c(&line, " lines_lost=");
            add_number(&line, logger.lost);
        }
        write_line(&line);
    }
    errno = saved_errno;
}

bool log_enabled(enum log_level level)
{
    return level <= logger.level;
}

void log_set_level(enum log_level level)
{
    logger.level = level;
}

int log_level_from(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(LEVELS); i++)
        if (str_eq_c(name, LEVELS[i].name))
            return (int)LEVELS[i].level;
    return -EINVAL;
}

const char *log_error_prefix(void)
{
    return logger.journal == JOURNAL_READS ? "<3>" : "level=error ";
}

void log_set_journal(bool reads)
{
    logger.journal = reads ? JOURNAL_READS : JOURNAL_ABSENT;
}

void log_detect_journal(void)
{
    logger.journal = JOURNAL_UNKNOWN;
}

void log_set_sink(void (*sink)(void *ctx, enum log_level level, struct str line), void *ctx)
{
    logger.sink = sink;
    logger.ctx = ctx;
}

const char *log_errno_name(int code)
{
    const char *name = code == INT32_MIN ? NULL : strerrorname_np(code < 0 ? -code : code);
    return name ? name : "unknown";
}
