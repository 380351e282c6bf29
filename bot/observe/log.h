/* SPDX-License-Identifier: MIT */
/* log.h: log lines are events with fields, to stderr, with journald's priorities.  Never text,
 * names or tokens. */
#ifndef OBSERVE_LOG_H
#define OBSERVE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* error: a person must act.  warning: degraded, and what we do instead.  Values are syslog's. */
enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
};

enum log_kind { LOG_FIELD_INT, LOG_FIELD_TEXT };
struct log_field {
    const char *name;
    enum log_kind kind;
    int64_t number;
    struct str text; /* cut at 256 bytes, on a character; quoted and escaped where needed */
};
#define LOG_INT(name_, value)                                                                      \
    ((struct log_field){.name = (name_), .kind = LOG_FIELD_INT, .number = (int64_t)(value)})
#define LOG_STR(name_, value)                                                                      \
    ((struct log_field){.name = (name_), .kind = LOG_FIELD_TEXT, .text = (value)})
#define LOG_TEXT(name_, value) LOG_STR(name_, str_of(value))
#define LOG_ERRNO(code)        LOG_TEXT("error", log_errno_name(code))

/* log_event(LOG_LEVEL_INFO, "outbox_sent", LOG_TEXT("network", name), LOG_INT("tries", 1)) prints
 * `<6>event=outbox_sent network=libera tries=1` when journald reads (JOURNAL_STREAM names our
 * stderr), else `level=info event=outbox_sent network=libera tries=1`.  One line is one write(2) of
 * at most 4 KiB and never waits: what a full pipe refuses is counted and told by the next line that
 * gets through (`lines_lost=3`). */
#define log_event(level, ...) LOG_EVENT_PICK_(level, __VA_ARGS__, LOG_END_)
#define LOG_END_              ((struct log_field){.name = NULL})
#define LOG_EVENT_PICK_(level, event, ...)                                                         \
    log_event_fields((level), (event), (const struct log_field[]){__VA_ARGS__})
/* ends in LOG_END_ */
void log_event_fields(enum log_level level, const char *event, const struct log_field *fields);
bool log_enabled(enum log_level level);
void log_set_level(enum log_level level);
int log_level_from(struct str name) MUST_CHECK; /* "error" ... "debug"; -EINVAL */
/* Overrides what JOURNAL_STREAM says; log_detect_journal looks again (stderr went elsewhere). */
void log_set_journal(bool journal_reads);
void log_detect_journal(void);
/* What a line of level error begins with, for who can only write(2): a signal handler. */
const char *log_error_prefix(void);
/* Takes lines (without level, prefix and newline) instead of stderr (tests, the console); NULL:
 * stderr again. */
void log_set_sink(void (*sink)(void *ctx, enum log_level level, struct str line), void *ctx);
const char *log_errno_name(int code); /* "ENOSPC" for -ENOSPC or ENOSPC */

#endif
