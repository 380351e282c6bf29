/* SPDX-License-Identifier: MIT */
/* marker.h: what the process does at this moment, in a small mapped file that outlives it; and who
 * took it away, how often in a row.  Never a person's name, never a text: plugins' names, names of
 * calls, keyed hashes. */
#ifndef HOST_MARKER_H
#define HOST_MARKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* Who runs: nobody (0), the bot itself (1), else a plugin, by its row. */
typedef uint32_t marker_who;
enum { MARKER_NOBODY = 0, MARKER_CORE = 1, MARKER_NAME_BYTES = 32, MARKER_WHAT_BYTES = 24 };
#define MARKER_FILE "marker"

/* Why a process ended, as far as it could still say so itself. */
enum marker_fault {
    MARKER_FAULT_UNKNOWN, /* SIGKILL, the machine, the kernel short of memory */
    MARKER_FAULT_CRASH,
    MARKER_FAULT_LOOP,
    MARKER_FAULT_MEMORY,
    MARKER_FAULT_INIT, /* the process did not die of it: it refused to start */
    MARKER_FAULT_COUNT
};
const char *marker_fault_name(enum marker_fault fault); /* "crash" */

struct marker;
/* Maps <folder>/marker (made when the folder is there) and counts what it says of the last life.
 * What is torn, foreign, locked by another process or cannot be opened leaves a marker in memory;
 * `folder` NULL: memory is what is wanted.  `now_at` Unix ms.  -ENOMEM alone. */
int marker_open(const char *folder, int64_t now_at, struct marker **ret_marker) MUST_CHECK;
/* The folder came into being: what memory holds goes on there. */
void marker_keep(struct marker *marker, const char *folder);
bool marker_is_kept(const struct marker *marker);
/* Nobody runs any more. */
void marker_close(struct marker *marker);
/* The bot was told to stop: whoever rests may try again at the next start, since an administrator
 * may have mended it; the counts stay, so that one more death is one too many. */
void marker_calm(struct marker *marker);

/* What the last life died of; who == MARKER_NOBODY: of nothing that is known. */
struct marker_death {
    marker_who who;
    char name[MARKER_NAME_BYTES]; /* "core", or the plugin's */
    char what[MARKER_WHAT_BYTES]; /* the call */
    enum marker_fault fault;
    bool on_subject;    /* an event or a timer was in hand */
    int64_t resting_ms; /* > 0: the plugin rests because of it */
};
const struct marker_death *marker_last_death(const struct marker *marker);

/* ---- plugins --------------------------------------------------------------------------------- */

/* The row of a plugin; `build` tells one build of its file from another (0: not known): a new one
 * begins without a past.  MARKER_NOBODY when there are too many. */
marker_who marker_plugin(struct marker *marker, const char *name, uint64_t build);
/* True while it rests; ret_left_ms (may be NULL) > 0 says how long still. */
bool marker_rests(const struct marker *marker, marker_who who, int64_t now_at,
                  int64_t *ret_left_ms);
/* True when it rests because loading it alone takes the process away. */
bool marker_unloadable(const struct marker *marker, marker_who who);
/* It errs: it rests until then, also over a crash of the process. */
void marker_rest(struct marker *marker, marker_who who, int64_t until_at);
/* It cannot start.  Counted as a death; ms that it is to rest now, 0: not yet. */
int64_t marker_refused(struct marker *marker, marker_who who, int64_t now_at);
/* The n-th rest in a row: 10 minutes, an hour, 6 hours, a day. */
int64_t marker_rest_ms(unsigned times);

/* ---- the moment ------------------------------------------------------------------------------ */

/* The event or timer in hand, as a keyed hash; 0: none. */
void marker_subject(struct marker *marker, uint64_t subject);
/* What ran before, to go back to. */
struct marker_was {
    marker_who who;
    const char *what;
};
/* No system call: some stores to the mapped page. */
struct marker_was marker_enter(struct marker *marker, marker_who who, const char *what);
void marker_leave(struct marker *marker, struct marker_was was);
/* Work of a plugin on a pool thread; `slot` as given by begin, -1 when all are taken. */
int marker_work_begin(struct marker *marker, marker_who who);
void marker_work_end(struct marker *marker, int slot);

/* True when this plugin (or the core) took the process away too often with this subject in hand. */
bool marker_poisonous(const struct marker *marker, marker_who who, uint64_t subject);
/* True when it did so at least once, and not too often yet. */
bool marker_suspected(const struct marker *marker, marker_who who, uint64_t subject);
/* Where the core died of it: "read". */
const char *marker_poison_place(const struct marker *marker, marker_who who, uint64_t subject);
/* It went well: the row is broken. */
void marker_survived(struct marker *marker, marker_who who, uint64_t subject);

/* ---- the end --------------------------------------------------------------------------------- */

/* Async-signal-safe.  The first word about it stands. */
void marker_blame(struct marker *marker, enum marker_fault fault);
/* For the guard: changes with each call into a plugin, and is odd inside one. */
uint64_t marker_beat(const struct marker *marker);
/* Who runs on this thread, or on the loop's: "name" and "what" for one line.  Async-signal-safe. */
void marker_current(const struct marker *marker, const char **ret_name, const char **ret_what);
/* The longest that work is under way: which slot, for how many ticks of the guard; -1: none. */
int marker_work_tick(struct marker *marker, unsigned *ret_ticks);
/* The name of whose it is. */
const char *marker_blame_work(struct marker *marker, int slot, enum marker_fault fault);

#endif
