/* SPDX-License-Identifier: MIT */
/* metrics.h: counters, gauges and histograms, printed as Prometheus text. */
#ifndef OBSERVE_METRICS_H
#define OBSERVE_METRICS_H

#include <stdint.h>

#include "base/str.h"

struct metrics;
struct metric;
struct metrics *metrics_create(void) MUST_CHECK;
void metrics_destroy(struct metrics *metrics);

/* Finds or makes one; `label` may be NULL, else one label such as "network".  Names (`mooring_...`,
 * counters end in `_total`, histograms in `_seconds`), help and values are copied; a value is cut
 * at 128 bytes.  At most 1,000 series: beyond, when memory is short, and when the name is of
 * another kind already, a shared spare one is returned, so that callers never check; how often is
 * printed as mooring_metrics_refused_total.  Owned by `metrics`. */
struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *help,
                               const char *label, struct str value);
struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
                             const char *label, struct str value);
/* Set in milliseconds, printed in seconds. */
struct metric *metrics_gauge_ms(struct metrics *metrics, const char *name, const char *help,
                                const char *label, struct str value);
/* Microseconds, fixed buckets from 10 us to 10 s. */
struct metric *metrics_histogram(struct metrics *metrics, const char *name, const char *help);
void metric_add(struct metric *metric, int64_t by);
void metric_set(struct metric *metric, int64_t value);
void metric_observe_us(struct metric *metric, int64_t us);
int64_t metric_value(const struct metric *metric); /* a histogram's count */
/* Series of a name that nobody sets again (a tier without an alert, a group that went) are left out
 * until they are set again. */
void metrics_clear(struct metrics *metrics, const char *name);
/* Prometheus text format 0.0.4: families in the order they were made.  Durations are printed in
 * seconds. */
void metrics_print(const struct metrics *metrics, struct buf *out);

#endif
