/* SPDX-License-Identifier: MIT */
/* scan.h: goes through libconfig's text once before libconfig does: joins includes, widens numbers,
 * checks brackets. */
#ifndef SETTINGS_SCAN_H
#define SETTINGS_SCAN_H

#include "settings/source.h"

struct settings_scan_bracket {
    char opened;
    const char *file;
    int line;
    size_t names; /* set within it */
};
struct settings_scan {
    struct settings_source *source;
    struct buf out; /* the joined text */
    int out_line;   /* of the next byte written */
    struct settings_scan_bracket brackets[SETTINGS_SOURCE_NESTING];
    size_t bracket_count, depth;
    size_t names; /* set at the top */
    struct error *error;
};

/* Appends a file's text.  -EINVAL with the error set, -E2BIG, -ENOMEM. */
int settings_scan_text(struct settings_scan *scan, const char *file, struct str text) MUST_CHECK;
/* Reads the file and does the same. */
int settings_scan_file(struct settings_scan *scan, const char *path) MUST_CHECK;
/* At the very end: is every bracket closed? */
int settings_scan_finish(struct settings_scan *scan) MUST_CHECK;

#endif
