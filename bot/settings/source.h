/* SPDX-License-Identifier: MIT */
/* source.h: a libconfig file with its @includes, read into one text and parsed, each line knowing
 * where it came from. */
#ifndef SETTINGS_SOURCE_H
#define SETTINGS_SOURCE_H

#include <libconfig.h>

#include "base/error.h"
#include "base/str.h"

enum {
    SETTINGS_SOURCE_LIMIT_BYTES = 4 * 1024 * 1024, /* of a file with all that it includes */
    SETTINGS_SOURCE_FILE_LIMIT = 256,
    SETTINGS_SOURCE_INCLUDE_DEPTH = 8,
    SETTINGS_SOURCE_NESTING = 32, /* brackets within brackets */
    SETTINGS_SOURCE_NAMES = 4000  /* options in one section */
};

/* From this line of the joined text on, until the next run, lines come from `file`, beginning at
 * `line`. */
struct settings_source_run {
    int joined_line, line;
    const char *file;
};
struct settings_source {
    config_t config;
    bool parsed;
    struct arena arena; /* the files' names */
    struct settings_source_run *runs;
    size_t run_count, run_capacity, file_count;
};

/* Why libconfig does not read the file itself: it ends the process when it is given a folder, reads
 * 4294967301 as 5, looks for includes in the working folder, and says "syntax error" two lines
 * late.  Here includes are found beside the file that names them, numbers are 64 bits wide, and an
 * open quote or bracket is told where it was opened. -EINVAL, -ENOENT, -EACCES, -EISDIR, -E2BIG,
 * -ENOMEM with the error set; `source` may be done in any case. */
int settings_source_read(struct settings_source *source, const char *path,
                         struct error *error) MUST_CHECK;
/* The same from memory; `name` stands for the file in errors. */
int settings_source_parse(struct settings_source *source, const char *name, struct str text,
                          struct error *error) MUST_CHECK;
void settings_source_done(struct settings_source *source);
/* Where a line of the joined text (config_setting_source_line) came from. */
const char *settings_source_where(const struct settings_source *source, int joined_line,
                                  int *ret_line);

#endif
