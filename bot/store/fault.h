/* SPDX-License-Identifier: MIT */
/* fault.h: a layer under SQLite that can refuse to write, as a full, read-only or broken disk does, or
 * take its time. */
#ifndef STORE_FAULT_H
#define STORE_FAULT_H

#include "store/store.h"

struct fault_disk;
/* A VFS of one store's own, over the system's.  `fault` is borrowed and read at each write. */
int fault_disk_create(const enum store_fault *fault, struct fault_disk **ret_disk) MUST_CHECK;
void fault_disk_destroy(struct fault_disk *disk);           /* after the connection is closed */
const char *fault_disk_name(const struct fault_disk *disk); /* for sqlite3_open_v2 */
int fault_disk_errno(
    const struct fault_disk *disk);      /* of the last write that failed, positive; 0: none did */
int fault_errno(enum store_fault fault); /* 0, -ENOSPC, -EROFS, -EIO */
void fault_delay(enum store_fault fault); /* as long as a slow disk takes to sync: for real */

#endif
