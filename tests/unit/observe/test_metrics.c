/* SPDX-License-Identifier: MIT */
/* test_metrics.c: what Prometheus reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "observe/metrics.h"

struct fixture {
    struct metrics *metrics;
    struct buf page;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->metrics = metrics_create();
    assert_non_null(fixture->metrics);
    buf_init(&fixture->page, 1 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    metrics_destroy(fixture->metrics);
    buf_done(&fixture->page);
    free(fixture);
    return 0;
}

static const char *print(struct fixture *fixture)
{
    buf_clear(&fixture->page);
    metrics_print(fixture->metrics, &fixture->page);
    assert_int_equal(fixture->page.failed, 0);
    return buf_str(&fixture->page).ptr;
}

static void counters_and_gauges_are_printed(void **state)
{
    struct fixture *fixture = *state;
    struct metric *counter = metrics_counter(fixture->metrics, "mooring_turns_total", "Turns.",
                                             NULL, STR(""));
    struct metric *gauge = metrics_gauge(fixture->metrics, "mooring_jobs", "Pending jobs.", NULL,
                                         STR(""));
    metric_add(counter, 2);
    metric_add(counter, 3);
    metric_set(gauge, 7);
    metric_set(gauge, -1);
    assert_int_equal(metric_value(counter), 5);
    assert_string_equal(print(fixture), "# HELP mooring_turns_total Turns.\n"
                                        "# TYPE mooring_turns_total counter\n"
                                        "mooring_turns_total 5\n"
                                        "# HELP mooring_jobs Pending jobs.\n"
                                        "# TYPE mooring_jobs gauge\n"
                                        "mooring_jobs -1\n");
}

static void a_family_is_described_once_with_its_series_together(void **state)
{
    struct fixture *fixture = *state;
    metric_add(metrics_counter(fixture->metrics, "a_total", "A.", "network", STR("libera")), 1);
    metric_add(metrics_counter(fixture->metrics, "b_total", "B.", NULL, STR("")), 2);
    metric_add(metrics_counter(fixture->metrics, "a_total", "A.", "network", STR("oftc")), 3);
    assert_string_equal(print(fixture),
                        "# HELP a_total A.\n# TYPE a_total counter\n"
                        "a_total{network=\"libera\"} 1\na_total{network=\"oftc\"} 3\n"
                        "# HELP b_total B.\n# TYPE b_total counter\nb_total 2\n");
}

static void the_same_series_is_found_again(void **state)
{
    struct fixture *fixture = *state;
    struct metric *first = metrics_counter(fixture->metrics, "a_total", "A.", "network", STR("x"));
    assert_ptr_equal(metrics_counter(fixture->metrics, "a_total", "A.", "network", STR("x")),
                     first);
    assert_ptr_not_equal(metrics_counter(fixture->metrics, "a_total", "A.", "network", STR("y")),
                         first);
}

static void values_and_help_are_escaped(void **state)
{
    struct fixture *fixture = *state;
    metric_add(metrics_counter(fixture->metrics, "a_total", "One\\two\nthree \"q\".", "n",
                               STR("q\"b\\s\nl\xff")),
               1);
    assert_string_equal(print(fixture),
                        "# HELP a_total One\\\\two\\nthree \"q\".\n# TYPE a_total counter\n"
                        "a_total{n=\"q\\\"b\\\\s\\nl\xef\xbf\xbd\"} 1\n");
}

static void histograms_are_cumulative_and_in_seconds(void **state)
{
    struct fixture *fixture = *state;
    struct metric *metric = metrics_histogram(fixture->metrics, "h_seconds", "H.");
    const int64_t us[] = {3, 10, 11, 1500, 2000000, 60000000, -5};
    for (size_t i = 0; i < COUNT_OF(us); i++)
        metric_observe_us(metric, us[i]);
    const char *page = print(fixture);
    assert_non_null(strstr(page, "# TYPE h_seconds histogram\nh_seconds_bucket{le=\"1e-05\"} 3\n"
                                 "h_seconds_bucket{le=\"2.5e-05\"} 4\n"));
    assert_non_null(
        strstr(page, "h_seconds_bucket{le=\"0.001\"} 4\nh_seconds_bucket{le=\"0.0025\"} 5\n"));
    assert_non_null(strstr(page, "h_seconds_bucket{le=\"1\"} 5\nh_seconds_bucket{le=\"2.5\"} 6\n"));
    assert_non_null(strstr(page, "h_seconds_bucket{le=\"10\"} 6\nh_seconds_bucket{le=\"+Inf\"} 7\n"
                                 "h_seconds_sum 62.001524\nh_seconds_count 7\n"));
    assert_int_equal(metric_value(metric), 7);
}

static void series_have_a_ceiling_and_callers_need_not_know(void **state)
{
    struct fixture *fixture = *state;
    char value[32];
    for (int i = 0; i < 1003; i++) {
        int length = snprintf(value, sizeof value, "%d", i);
        metric_add(metrics_counter(fixture->metrics, "a_total", "A.", "n",
                                   (struct str){value, (size_t)length}),
                   1);
    }
    const char *page = print(fixture);
    assert_non_null(strstr(page, "a_total{n=\"999\"} 1\n"));
    assert_null(strstr(page, "a_total{n=\"1000\"}"));
    assert_non_null(strstr(page, "mooring_metrics_refused_total 3\n"));
    metric_add(metrics_counter(fixture->metrics, "a_total", "A.", "n", STR("5")),
               1); /* old ones are still found */
    assert_non_null(strstr(print(fixture), "a_total{n=\"5\"} 2\n"));
}

static void a_name_of_another_kind_or_label_gets_the_spare_one(void **state)
{
    struct fixture *fixture = *state;
    metric_add(metrics_counter(fixture->metrics, "a_total", "A.", NULL, STR("")), 1);
    metric_set(metrics_gauge(fixture->metrics, "a_total", "A.", NULL, STR("")), 99);
    metric_add(metrics_counter(fixture->metrics, "a_total", "A.", "n", STR("x")), 99);
    metric_observe_us(metrics_histogram(fixture->metrics, "a_total", "A."), 99);
    assert_string_equal(print(fixture),
                        "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n"
                        "# HELP mooring_metrics_refused_total Requests for a series beyond the "
                        "ceiling.\n# TYPE mooring_metrics_refused_total counter\n"
                        "mooring_metrics_refused_total 3\n");
}

static void long_values_are_cut_on_a_character(void **state)
{
    struct fixture *fixture = *state;
    char value[200];
    memset(value, 'v', sizeof value);
    memcpy(value + 127, "\xc3\xbc", 2);
    metric_add(
        metrics_counter(fixture->metrics, "a_total", "A.", "n", (struct str){value, sizeof value}),
        1);
    char expected[200];
    snprintf(expected, sizeof expected, "a_total{n=\"%.127s\"} 1\n", value);
    assert_non_null(strstr(print(fixture), expected));
}

static void a_page_that_does_not_fit_says_so(void **state)
{
    struct fixture *fixture = *state;
    struct buf small;
    metric_add(metrics_counter(fixture->metrics, "a_total", "A.", NULL, STR("")), 1);
    buf_init(&small, 10);
    metrics_print(fixture->metrics, &small);
    assert_true(small.failed < 0);
    buf_done(&small);
    metrics_destroy(NULL);
}

static void milliseconds_are_printed_as_seconds(void **state)
{
    struct fixture *fixture = *state;
    struct metric *lag = metrics_gauge_ms(fixture->metrics, "mooring_lag_seconds", "Lag.",
                                          "network", STR("sea"));
    metric_set(lag, 1042);
    assert_non_null(strstr(print(fixture), "mooring_lag_seconds{network=\"sea\"} 1.042\n"));
    assert_non_null(strstr(print(fixture), "# TYPE mooring_lag_seconds gauge\n"));
    metric_set(lag, -7);
    assert_non_null(strstr(print(fixture), "mooring_lag_seconds{network=\"sea\"} -0.007\n"));
}

static void what_is_not_known_is_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct metric *lag = metrics_gauge_ms(fixture->metrics, "mooring_lag_seconds", "Lag.",
                                          "network", STR("sea"));
    metric_set(lag, 1);
    metrics_clear(fixture->metrics, "mooring_lag_seconds");
    assert_null(strstr(print(fixture), "sea"));
    assert_non_null(strstr(print(fixture), "# TYPE mooring_lag_seconds gauge\n"));
    metric_set(lag, 2);
    assert_non_null(strstr(print(fixture), "{network=\"sea\"} 0.002\n"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(milliseconds_are_printed_as_seconds),
        TEST(what_is_not_known_is_left_out),
        TEST(counters_and_gauges_are_printed),
        TEST(a_family_is_described_once_with_its_series_together),
        TEST(the_same_series_is_found_again),
        TEST(values_and_help_are_escaped),
        TEST(histograms_are_cumulative_and_in_seconds),
        TEST(series_have_a_ceiling_and_callers_need_not_know),
        TEST(a_name_of_another_kind_or_label_gets_the_spare_one),
        TEST(long_values_are_cut_on_a_character),
        TEST(a_page_that_does_not_fit_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
