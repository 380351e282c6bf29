/* SPDX-License-Identifier: MIT */
/* metrics.c: counters, gauges and histograms, printed as Prometheus text (format 0.0.4). */
#include "observe/metrics.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/utf8.h"

enum {
    SERIES_LIMIT = 1000,
    VALUE_BYTES = 128,
};

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_GAUGE_MS, METRIC_HISTOGRAM };

static const int64_t BUCKETS_US[] = {
    10,    25,    50,     100,    250,    500,     1000,    2500,    5000,     10000,
    25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

struct histogram {
    int64_t counts[COUNT_OF(BUCKETS_US)]; /* each bucket alone; added up when printed */
    int64_t sum_us;
};

struct metric {
    struct metric *next; /* of the same family */
    int64_t value;       /* a histogram's count */
    struct histogram *histogram;
    char *label;   /* value of the family's label */
    bool is_clear; /* not printed */
};

struct family {
    struct family *next;
    enum metric_kind kind;
    char *name, *help, *label;
    struct metric *first, *last;
};

struct metrics {
    struct map families; /* by name */
    struct map series;   /* by name, NUL, label's value */
    struct family *first, *last;
    size_t count;
    int64_t refused;
    struct metric spare; /* takes what nobody reads */
};

struct metrics *metrics_create(void)
{
    return mem_zalloc(sizeof(struct metrics));
}

static void free_metric(struct metric *metric)
{
    if (!metric)
        return;
    mem_free(metric->histogram);
    mem_free(metric->label);
    mem_free(metric);
}

static void free_family(struct family *family)
{
    if (!family)
        return;
    while (family->first) {
        struct metric *metric = family->first;
        family->first = metric->next;
        free_metric(metric);
    }
    mem_free(family->name);
    mem_free(family->help);
    mem_free(family->label);
    mem_free(family);
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics)
        return;
    while (metrics->first) {
        struct family *family = metrics->first;
        metrics->first = family->next;
        free_family(family);
    }
    map_done(&metrics->families);
    map_done(&metrics->series);
    mem_free(metrics);
}

/* ---- finding and making ---------------------------------------------------------------------- */

static struct family *make_family(struct metrics *metrics, enum metric_kind kind, const char *name,
                                  const char *help, const char *label)
{
    struct family *family = mem_zalloc(sizeof *family);
    if (!family)
        return NULL;
    family->kind = kind;
    family->name = str_copy(str_of(name));
    family->help = str_copy(str_of(help));
    family->label = label ? str_copy(str_of(label)) : NULL;
    if (!family->name || !family->help || (label && !family->label) ||
        map_put(&metrics->families, str_of(name), family) < 0) {
        free_family(family);
        return NULL;
    }
    if (metrics->last)
        metrics->last->next = family;
    else
        metrics->first = family;
    metrics->last = family;
    return family;
}

static struct metric *make_series(struct metrics *metrics, struct family *family, struct str key,
                                  struct str value)
{
    struct metric *metric = mem_zalloc(sizeof *metric);
    if (!metric)
        return NULL;
    bool complete = true;
    if (family->label) {
        metric->label = str_copy(value);
        complete = metric->label;
    }
    if (family->kind == METRIC_HISTOGRAM) {
        metric->histogram = mem_zalloc(sizeof *metric->histogram);
        complete = complete && metric->histogram;
    }
    if (!complete || map_put(&metrics->series, key, metric) < 0) {
        free_metric(metric);
        return NULL;
    }
    if (family->last)
        family->last->next = metric;
    else
        family->first = metric;
    family->last = metric;
    metrics->count++;
    return metric;
}

static bool same_label(const struct family *family, const char *label)
{
    return (!family->label && !label) ||
           (family->label && label && strcmp(family->label, label) == 0);
}

static struct metric *find_or_make(struct metrics *metrics, enum metric_kind kind, const char *name,
                                   const char *help, const char *label, struct str value)
{
    AUTO_BUF key;
    buf_init(&key, 1024);
    if (value.len > VALUE_BYTES)
        value = str_upto(value, utf8_floor(value.ptr, value.len, VALUE_BYTES));
    buf_add_c(&key, name);
    if (label) {
        buf_add_byte(&key, '\0');
        buf_add(&key, value);
    }
    struct family *family = map_get(&metrics->families, str_of(name));
    struct metric *metric = key.failed ? NULL : map_get(&metrics->series, buf_str(&key));
    bool fits = !family || (family->kind == kind && same_label(family, label));
    if (fits && !metric && !key.failed && metrics->count < SERIES_LIMIT) {
        if (!family)
            family = make_family(metrics, kind, name, help, label);
        if (family)
            metric = make_series(metrics, family, buf_str(&key), value);
    }
    if (fits && metric)
        return metric;
    metrics->refused++;
    return &metrics->spare;
}

struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *help,
                               const char *label, struct str value)
{
    return find_or_make(metrics, METRIC_COUNTER, name, help, label, value);
}

struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
                             const char *label, struct str value)
{
    return find_or_make(metrics, METRIC_GAUGE, name, help, label, value);
}

struct metric *metrics_gauge_ms(struct metrics *metrics, const char *name, const char *help,
                                const char *label, struct str value)
{
    return find_or_make(metrics, METRIC_GAUGE_MS, name, help, label, value);
}

struct metric *metrics_histogram(struct metrics *metrics, const char *name, const char *help)
{
    return find_or_make(metrics, METRIC_HISTOGRAM, name, help, NULL, STR(""));
}

/* ---- measuring ------------------------------------------------------------------------------- */

void metric_add(struct metric *metric, int64_t by)
{
    metric->value += by;
}

void metric_set(struct metric *metric, int64_t value)
{
    metric->value = value;
    metric->is_clear = false;
}

void metrics_clear(struct metrics *metrics, const char *name)
{
    struct family *family = map_get(&metrics->families, str_of(name));
    for (struct metric *metric = family ? family->first : NULL; metric; metric = metric->next)
        metric->is_clear = true;
}

void metric_observe_us(struct metric *metric, int64_t us)
{
    metric->value++;
    if (!metric->histogram) /* the spare one */
        return;
    us = MAX_OF(us, 0);
    metric->histogram->sum_us += us;
    for (size_t i = 0; i < COUNT_OF(BUCKETS_US); i++)
        if (us <= BUCKETS_US[i]) {
            metric->histogram->counts[i]++;
            return;
        }
}

int64_t metric_value(const struct metric *metric)
{
    return metric->value;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_escaped(struct buf *out, struct str text, bool quotes_too)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t code_point = utf8_next(text, &at);
        if (code_point == '\n')
            buf_add_c(out, "\\n");
        else if (code_point == '\\')
            buf_add_c(out, "\\\\");
        else if (code_point == '"' && quotes_too)
            buf_add_c(out, "\\\"");
        else
            utf8_add(out, code_point);
    }
}

static void print_histogram(struct buf *out, const struct family *family,
                            const struct metric *metric)
{
    int64_t total = 0;
    for (size_t i = 0; i < COUNT_OF(BUCKETS_US); i++) {
        total += metric->histogram->counts[i];
        buf_add_format(out, "%s_bucket{le=\"%g\"} %lld\n", family->name,
                       (double)BUCKETS_US[i] / 1e6, (long long)total);
    }
    int64_t sum_us = metric->histogram->sum_us;
    buf_add_format(out, "%s_bucket{le=\"+Inf\"} %lld\n", family->name, (long long)metric->value);
    buf_add_format(out, "%s_sum %lld.%06lld\n", family->name, (long long)(sum_us / 1000000),
                   (long long)(sum_us % 1000000));
    buf_add_format(out, "%s_count %lld\n", family->name, (long long)metric->value);
}

static void print_series(struct buf *out, const struct family *family, const struct metric *metric)
{
    if (family->kind == METRIC_HISTOGRAM) {
        print_histogram(out, family, metric);
        return;
    }
    buf_add_c(out, family->name);
    if (family->label) {
        buf_add_format(out, "{%s=\"", family->label);
        print_escaped(out, str_of(metric->label), true);
        buf_add_c(out, "\"}");
    }
    if (family->kind == METRIC_GAUGE_MS)
        buf_add_format(out, " %s%lld.%03lld\n", metric->value < 0 ? "-" : "",
                       llabs(metric->value / 1000), llabs(metric->value % 1000));
    else
        buf_add_format(out, " %lld\n", (long long)metric->value);
}

static void print_family(struct buf *out, const struct family *family)
{
    static const char *const KINDS[] = {[METRIC_COUNTER] = "counter",
                                        [METRIC_GAUGE] = "gauge",
                                        [METRIC_GAUGE_MS] = "gauge",
                                        [METRIC_HISTOGRAM] = "histogram"};
    buf_add_format(out, "# HELP %s ", family->name);
    print_escaped(out, str_of(family->help), false);
    buf_add_format(out, "\n# TYPE %s %s\n", family->name, KINDS[family->kind]);
    for (const struct metric *metric = family->first; metric; metric = metric->next)
        if (!metric->is_clear)
            print_series(out, family, metric);
}

void metrics_print(const struct metrics *metrics, struct buf *out)
{
    for (const struct family *family = metrics->first; family; family = family->next)
        print_family(out, family);
    if (metrics->refused)
        buf_add_format(
            out,
            "# HELP mooring_metrics_refused_total Requests for a series beyond the ceiling.\n"
            "# TYPE mooring_metrics_refused_total counter\n"
            "mooring_metrics_refused_total %lld\n",
            (long long)metrics->refused);
}
