/* SPDX-License-Identifier: MIT */
/* guard.h: ends a process that hangs, says why one crashed, and bounds its memory: always with the
 * marker standing, so that the next start knows whom to leave out. */
#ifndef HOST_GUARD_H
#define HOST_GUARD_H

#include <stdint.h>

#include "host/marker.h"
#include "loop/loop.h"

/* What the process ends with when it ends itself (EX_SOFTWARE). */
enum { GUARD_EXIT = 70 };

struct guard;
/* Watches from a thread of its own: a call into a plugin that does not return within
 * `call_seconds`, any other callback of the loop within four times that, a plugin's work on the
 * pool within ten minutes.  A thread and not a POSIX timer: it counts its own rounds, so that time
 * in which the whole process did not run (SIGSTOP, a debugger, a suspended machine) is no time, no
 * call costs a system call, and no signal interrupts anybody's system calls. */
int guard_start(struct marker *marker, unsigned call_seconds, struct guard **ret_guard) MUST_CHECK;
/* From now on the loop's other callbacks too; before that, start-up work takes what it takes. */
void guard_watch_loop(struct guard *guard, const struct loop *loop);
void guard_set_seconds(struct guard *guard, unsigned call_seconds);
void guard_stop(struct guard *guard);

/* One line about a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) on standard error, the marker
 * told, and the signal goes its way.  For the life of the process; NULL: no longer. */
void guard_catch_faults(struct marker *marker);
/* The process's data (RLIMIT_DATA); 0: unbounded.  Does nothing under a sanitizer, whose shadow is
 * larger than any bound. */
void guard_bound_memory(unsigned megabytes);
uint64_t guard_memory_bound(void); /* bytes; 0: none */
/* A descriptor for guard_memory_bytes, the caller's to close; -1: cannot be had. */
int guard_memory_open(void);
/* Data in use now, as the bound counts it; 0: not known. */
uint64_t guard_memory_bytes(int fd);

/* Ends the process at once, with one line about who did it and why. */
_Noreturn void guard_end(struct marker *marker, enum marker_fault fault);

#endif
