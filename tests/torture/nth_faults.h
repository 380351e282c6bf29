/* SPDX-License-Identifier: MIT */
/* nth_faults.h: lets the n-th allocation, write or socket call of this process fail, whoever of
 * ours or of the libraries makes it.  For the test build `mooring-nth` alone. */
#ifndef TORTURE_NTH_FAULTS_H
#define TORTURE_NTH_FAULTS_H

#include <stdbool.h>

/* What is to fail comes from the environment (tests/torture/nth.py writes it):
 *   MOORING_NTH=KIND:FIRST:COUNT:ERROR   alloc:17:1:ENOMEM, write:3:0:ENOSPC (0: that and all later
 *                                        ones), write:5:1:SHORT (half is written)
 *   MOORING_NTH_REPORT=FILE              at the end: how many calls of each kind there were, how
 * many failed, and by what stack the first of them was asked for MOORING_NTH_STACKS=KIND also the
 * number of the first call from each place in the program: the sample beyond the first calls is
 * made of them */
void nth_arm(void);

/* What the test itself does neither counts nor fails; calls nest, and are this thread's own. */
void nth_pause(void);
void nth_resume(void);
/* Memory, disk or network are back: nothing fails any more (and nothing counts). */
void nth_heal(void);
/* A moment by name, for the report: "mark started 1234 56 7", the calls of each kind until then. */
void nth_mark(const char *name);

#endif
