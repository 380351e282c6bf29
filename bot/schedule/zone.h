/* SPDX-License-Identifier: MIT */
/* zone.h: one time zone: Unix time to wall clock and back (TZif, RFC 9636). */
#ifndef SCHEDULE_ZONE_H
#define SCHEDULE_ZONE_H

#include <stdint.h>

#include "base/str.h"
#include "schedule/civil.h"

enum { ZONE_FILE_BYTES_MAX = 65536 };

struct zone;  /* immutable once parsed */
struct zones; /* all of them, by name: zones.h */

struct zone_offset {
    int32_t seconds; /* east of UTC */
    bool is_dst;
    const char *abbreviation; /* "EST"; borrowed from the zone */
};

/* A stretch of time with one offset: [from_ms, until_ms), INT64_MIN and INT64_MAX where it has no
 * end. */
struct zone_span {
    int64_t from_ms, until_ms;
    struct zone_offset offset;
};

/* How a local time fits the zone. */
enum zone_fit {
    ZONE_FIT_EXACT,
    ZONE_FIT_GAP,       /* the clocks skip it: taken with the offset before the gap (RFC 5545
                           section 3.3.5) */
    ZONE_FIT_AMBIGUOUS, /* the clocks show it twice: the first */
    ZONE_FIT_COUNT,
};

/* Parses a TZif file, versions 1 to 4, fat or slim.  Files with leap seconds ("right/") are
 * refused: Unix time has none. -EINVAL damaged, -ENOMEM.  The zone is new; zone_destroy. */
int zone_parse(struct str bytes, struct zone **ret_zone) MUST_CHECK;
void zone_destroy(struct zone *zone);

/* What the zone's clocks do at that moment.  Any unix_ms. */
void zone_span_at(const struct zone *zone, int64_t unix_ms, struct zone_span *ret_span);
void zone_offset_at(const struct zone *zone, int64_t unix_ms, struct zone_offset *ret_offset);
/* The wall clock at that moment, parts of a second dropped.  -ERANGE outside the years of civil.h.
 */
int zone_local_at(const struct zone *zone, int64_t unix_ms, struct civil *ret_local) MUST_CHECK;
/* The moment at which the wall clock shows `local`.  A time in a gap moves forward by the length of
 * the gap (02:30 -> 03:30), an ambiguous one is the first.  ret_fit may be NULL.  -EINVAL when
 * `local` is not civil_valid. */
int zone_unix_at(const struct zone *zone, const struct civil *local, int64_t *ret_unix_ms,
                 enum zone_fit *ret_fit) MUST_CHECK;

#endif
