/* SPDX-License-Identifier: MIT */
/* carry.h: what is going on now goes over into a database from a backup. */
#ifndef STORE_CARRY_H
#define STORE_CARRY_H

#include "store/restore.h"

/* Brings the database at `path` (nobody has it open) to this version, takes over what is going on
 * from the one at `present` (NULL: there is none that could be read), and syncs it.  After an error
 * `path` is to be thrown away. */
int carry_over(const char *path, const char *present, const struct clock *clock,
               struct restore_report *ret_report, struct error *error) MUST_CHECK;

#endif
