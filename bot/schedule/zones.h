/* SPDX-License-Identifier: MIT */
/* zones.h: the system's time zones by name, read once and kept. */
#ifndef SCHEDULE_ZONES_H
#define SCHEDULE_ZONES_H

#include <stdint.h>

#include "schedule/zone.h"

enum { ZONES_NAME_BYTES = 64 };

struct zones;

/* `folder` (copied) holds TZif files; NULL: /usr/share/zoneinfo.  The environment (TZDIR, TZ) is
 * not read. NULL when memory is short.  The folder need not exist: then every zone is unknown. */
struct zones *zones_create(const char *folder) MUST_CHECK;
void zones_destroy(struct zones *zones); /* and with it every zone that it gave */

/* The zone of that exact IANA name, read at its first use; borrowed, and valid until zones_destroy
 * even when zones_refresh comes between.  -ENOENT no such zone; -EINVAL a name that cannot be one
 * ("../x", "/x", "a\b") or a damaged file; -EFBIG too many zones; else what the system says
 * (-EACCES, -ENOMEM). */
int zones_get(struct zones *zones, struct str name, const struct zone **ret_zone) MUST_CHECK;

/* A name worth offering for one that is unknown: "America/Newyork" -> "America/New_York", "berlin"
 * -> "Europe/Berlin". */
bool zones_nearest(struct zones *zones, struct str wanted, char *out, size_t size) MUST_CHECK;

/* A number that changes when the system's tzdata does.  Asks the disk, at each call. */
uint64_t zones_version(struct zones *zones);
/* Forgets what was read: the next zones_get reads again, and gives the same zone where the file is
 * the same. */
void zones_refresh(struct zones *zones);

#endif
