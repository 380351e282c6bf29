/* SPDX-License-Identifier: MIT */
/* marker_file.h: the marker's file as it lies on the disk, for the files that read and write it. */
#ifndef HOST_MARKER_FILE_H
#define HOST_MARKER_FILE_H

#include <stdatomic.h>

#include "host/marker.h"

enum {
    MARKER_PLUGINS = 64,
    MARKER_SUSPECTS = 16,
    MARKER_WORKS = 8,
    MARKER_FIRST_PLUGIN = 2, /* marker_who of row 0 */
    MARKER_ENOUGH = 5,       /* points: see marker.c */
};

struct marker_plugin_row {
    char name[MARKER_NAME_BYTES];
    uint64_t build;
    int64_t last_at, rest_until_at;
    uint32_t points;
    uint16_t rests;
    uint16_t unloadable; /* it died of being loaded */
};

struct marker_suspect_row {
    uint64_t subject; /* 0: free */
    int64_t at;
    marker_who who;
    uint32_t points;
    char what[MARKER_WHAT_BYTES];
};

/* Changed at a start, at a quarantine: rarely, and summed up. */
struct marker_rows {
    struct marker_plugin_row plugins[MARKER_PLUGINS];
    struct marker_suspect_row suspects[MARKER_SUSPECTS];
};

/* Changed all the time, by plain stores of one thread: what a dead process stored is all there. */
struct marker_moment {
    _Atomic marker_who who;
    _Atomic uint32_t fault;     /* enum marker_fault; set by whoever ends the process ... */
    _Atomic marker_who culprit; /* ... and who was running on the thread that did it */
    uint32_t reserved;
    _Atomic uint64_t subject;
    char what[MARKER_WHAT_BYTES];
    _Atomic marker_who works[MARKER_WORKS];
};

struct marker_file {
    char magic[8];
    uint32_t format, size_bytes;
    uint64_t boot; /* of the machine: what it says of the moment is of this boot, or of no use */
    uint64_t sum;  /* of the rows */
    struct marker_moment now;
    struct marker_rows rows;
};
struct marker {
    struct marker_file *file;
    struct marker_file *before; /* what marker_keep moved away from */
    int fd;                     /* -1: in memory */
    const char *what;
    _Atomic uint64_t beat;
    size_t suspects; /* how many there are: most of the time none */
    struct marker_death death;
    int64_t opened_at;
    struct {
        _Atomic uint32_t serial;
        uint32_t last_serial, ticks;
    } works[MARKER_WORKS];
};

/* NULL: no such row. */
struct marker_plugin_row *marker_row(const struct marker *marker, marker_who who);
struct marker_suspect_row *marker_suspect(const struct marker *marker, marker_who who,
                                          uint64_t subject);
void marker_sum_up(struct marker *marker); /* after each change of the rows */

#endif
