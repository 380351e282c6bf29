/* SPDX-License-Identifier: MIT */
/* test_zone.c: TZif files byte by byte, and the rules at their ends. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "schedule/zone.h"
#include "schedule/zone_rule.h"

static void add_u32(struct buf *buf, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_byte(buf, (char)(value >> shift));
}

static void add_time(struct buf *buf, int64_t value, size_t size)
{
    if (size == 8)
        add_u32(buf, (uint32_t)((uint64_t)value >> 32));
    add_u32(buf, (uint32_t)value);
}

static void add_header(struct buf *buf, char version, uint32_t leaps, uint32_t times,
                       uint32_t types, uint32_t names)
{
    buf_add_c(buf, "TZif");
    buf_add_byte(buf, version);
    for (int i = 0; i < 15; i++)
        buf_add_byte(buf, 0);
    add_u32(buf, 0);
    add_u32(buf, 0);
    add_u32(buf, leaps);
    add_u32(buf, times);
    add_u32(buf, types);
    add_u32(buf, names);
}

/* A zone with "AAA" (+1 h), then from 1000 on "BBB" (+2 h, daylight), then from 9000 on "AAA"
 * again. */
static void add_block(struct buf *buf, char version, size_t time_size)
{
    add_header(buf, version, 0, 2, 2, 8);
    add_time(buf, 1000, time_size);
    add_time(buf, 9000, time_size);
    buf_add(buf, (struct str){"\1\0", 2});
    add_u32(buf, 3600);
    buf_add(buf, (struct str){"\0\0", 2});
    add_u32(buf, 7200);
    buf_add(buf, (struct str){"\1\4", 2});
    buf_add(buf, (struct str){"AAA\0BBB\0", 8});
}

/* What slim files have instead of the first block. */
static void add_stub(struct buf *buf)
{
    add_header(buf, '2', 0, 0, 1, 1);
    buf_add(buf, (struct str){"\0\0\0\0\0\0\0", 7});
}

static void slim_file(struct buf *buf, const char *footer)
{
    buf_init(buf, ZONE_FILE_BYTES_MAX + 1);
    add_stub(buf);
    add_block(buf, '2', 8);
    buf_add_c(buf, footer);
}

static struct zone *parse(const struct buf *buf)
{
    struct zone *zone;
    assert_int_equal(zone_parse(buf_str(buf), &zone), 0);
    return zone;
}

static void assert_offset(const struct zone *zone, int64_t seconds, int offset, bool dst,
                          const char *name)
{
    struct zone_offset got;
    zone_offset_at(zone, seconds * 1000, &got);
    assert_int_equal(got.seconds, offset);
    assert_int_equal(got.is_dst, dst);
    assert_string_equal(got.abbreviation, name);
}

static void a_file_of_version_1_is_read(void **state)
{
    (void)state;
    AUTO_BUF buf;
    buf_init(&buf, ZONE_FILE_BYTES_MAX);
    add_block(&buf, 0, 4);
    struct zone *zone = parse(&buf);
    assert_offset(zone, 999, 3600, false, "AAA");
    assert_offset(zone, 1000, 7200, true, "BBB");
    assert_offset(zone, 9000, 3600, false, "AAA");
    assert_offset(zone, INT64_C(99999999999), 3600, false, "AAA");
    zone_destroy(zone);
}

static void a_slim_file_goes_on_by_its_footer(void **state)
{
    (void)state;
    AUTO_BUF buf;
    slim_file(&buf, "\nAAA-1BBB,J100/0,J200/0\n");
    struct zone *zone = parse(&buf);
    assert_offset(zone, 1000, 7200, true, "BBB");
    assert_offset(zone, 1795424400, 3600, false, "AAA"); /* 2026-11-23 */
    assert_offset(zone, 1778000000, 7200, true, "BBB");  /* 2026-05-05 */
    zone_destroy(zone);
}

static void an_empty_footer_leaves_the_last_offset(void **state)
{
    (void)state;
    AUTO_BUF buf;
    slim_file(&buf, "\n\n");
    struct zone *zone = parse(&buf);
    assert_offset(zone, 1778000000, 3600, false, "AAA");
    zone_destroy(zone);
}

static void a_file_cut_anywhere_is_damaged(void **state)
{
    (void)state;
    AUTO_BUF buf;
    slim_file(&buf, "\nAAA-1\n");
    for (size_t len = 0; len < buf.len; len++) {
        struct zone *zone;
        char *exact = mem_copy_text(buf.ptr, len); /* so that the sanitizer sees a read beyond */
        assert_non_null(exact);
        if (zone_parse((struct str){exact, len}, &zone) != -EINVAL)
            fail_msg("a file cut at %zu was taken", len);
        mem_free(exact);
    }
}

static void a_changed_byte_never_crashes(void **state)
{
    (void)state;
    AUTO_BUF buf;
    slim_file(&buf, "\nAAA-1BBB,J100/0,J200/0\n");
    struct civil local = {2026, 11, 23, 9, 0, 0};
    for (size_t at = 0; at < buf.len; at++) {
        for (int value = 0; value < 256; value += 5) {
            struct zone *zone = NULL;
            char old = buf.ptr[at];
            buf.ptr[at] = (char)value;
            int r = zone_parse(buf_str(&buf), &zone);
            buf.ptr[at] = old;
            int64_t unix_ms;
            assert_true(r == 0 || r == -EINVAL);
            if (r == 0)
                assert_int_equal(zone_unix_at(zone, &local, &unix_ms, NULL), 0);
            zone_destroy(zone);
        }
    }
}

static void files_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t at; /* from the second header */
        char byte;
        const char *what;
    } cases[] = {
        {31, 1, "a leap second"},
        {32, 1, "sixteen million transitions"},
        {39, 0, "no type"},
        {43, 0, "no name"},
        {44 + 8 + 7, 0, "times that go back"},
        {44 + 16, 2, "a type that is not there"},
        {44 + 18, 1, "an offset of 194 days"},
        {44 + 18 + 4, 2, "a daylight flag that is no flag"},
        {44 + 18 + 5, 8, "a name behind the names"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF buf;
        struct zone *zone;
        slim_file(&buf, "\nAAA-1\n");
        size_t second = 44 + 7;
        buf.ptr[second + cases[i].at] = cases[i].byte;
        if (strcmp(cases[i].what, "times that go back") == 0)
            buf.ptr[second + 44 + 14] = 0; /* 9000 becomes 0 */
        if (zone_parse(buf_str(&buf), &zone) != -EINVAL)
            fail_msg("a file with %s was taken", cases[i].what);
    }
}

static void a_file_beyond_the_ceiling_is_refused(void **state)
{
    (void)state;
    AUTO_BUF buf;
    struct zone *zone;
    slim_file(&buf, "\nAAA-1\n");
    while (buf.len <= ZONE_FILE_BYTES_MAX)
        buf_add_byte(&buf, 'x');
    assert_int_equal(zone_parse(buf_str(&buf), &zone), -EINVAL);
}

static void spans_tell_where_an_offset_begins_and_ends(void **state)
{
    (void)state;
    AUTO_BUF buf;
    slim_file(&buf, "\nAAA-1\n");
    struct zone *zone = parse(&buf);
    struct zone_span span;
    zone_span_at(zone, 1000999, &span);
    assert_int_equal(span.from_ms, 1000000);
    assert_int_equal(span.until_ms, 9000000);
    zone_span_at(zone, INT64_MIN, &span);
    assert_int_equal(span.from_ms, INT64_MIN);
    zone_span_at(zone, INT64_MAX, &span);
    assert_int_equal(span.until_ms, INT64_MAX);
    zone_destroy(zone);
}

static void local_times_fit_exactly_in_a_gap_or_twice(void **state)
{
    (void)state;
    static const struct {
        int hour, minute;
        int64_t unix_seconds;
        enum zone_fit fit;
    } cases[] = {
        {1, 16, 960, ZONE_FIT_EXACT},  /* the gap is 01:16:40 .. 02:16:40 */
        {1, 30, 1800, ZONE_FIT_GAP},   /* as 02:30 */
        {2, 16, 4560, ZONE_FIT_GAP},   /* as 03:16 */
        {2, 17, 1020, ZONE_FIT_EXACT}, /* the repeated hour is 03:30 .. 04:30 */
        {3, 30, 5400, ZONE_FIT_AMBIGUOUS}, {4, 29, 8940, ZONE_FIT_AMBIGUOUS},
        {4, 30, 12600, ZONE_FIT_EXACT},
    };
    AUTO_BUF buf;
    slim_file(&buf, "\nAAA-1\n");
    struct zone *zone = parse(&buf);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct civil local = {1970, 1, 1, cases[i].hour, cases[i].minute, 0};
        int64_t unix_ms;
        enum zone_fit fit;
        assert_int_equal(zone_unix_at(zone, &local, &unix_ms, &fit), 0);
        assert_int_equal(unix_ms, cases[i].unix_seconds * 1000);
        assert_int_equal(fit, cases[i].fit);
    }
    zone_destroy(zone);
}

static void local_time_before_1970_rounds_down(void **state)
{
    (void)state;
    AUTO_BUF buf;
    slim_file(&buf, "\nAAA-1\n");
    struct zone *zone = parse(&buf);
    struct civil local;
    assert_int_equal(zone_local_at(zone, -3600001, &local), 0);
    assert_true(local.year == 1969 && local.hour == 23 && local.second == 59);
    assert_int_equal(zone_local_at(zone, INT64_MAX, &local), -ERANGE);
    zone_destroy(zone);
}

static void a_date_that_does_not_exist_has_no_moment(void **state)
{
    (void)state;
    AUTO_BUF buf;
    slim_file(&buf, "\nAAA-1\n");
    struct zone *zone = parse(&buf);
    struct civil local = {2026, 2, 30, 0, 0, 0};
    int64_t unix_ms;
    assert_int_equal(zone_unix_at(zone, &local, &unix_ms, NULL), -EINVAL);
    zone_destroy(zone);
}

/* The offset by a rule alone, at a time in UTC. */
static int rule_offset(const char *text, struct civil utc)
{
    struct zone_rule rule;
    struct zone_rule_span span;
    if (zone_rule_parse(str_of(text), &rule) < 0)
        fail_msg("%s was refused", text);
    zone_rule_span_at(&rule, civil_seconds(&utc), &span);
    assert_true(span.from <= civil_seconds(&utc) && span.until > civil_seconds(&utc));
    return span.is_daylight ? rule.daylight.offset_seconds : rule.standard.offset_seconds;
}

static void rules_of_every_form_change_when_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        struct civil utc;
        int offset;
    } cases[] = {
        {"UTC0", {2026, 7, 1, 0, 0, 0}, 0},
        {"<+0545>-5:45", {2026, 7, 1, 0, 0, 0}, 20700},
        {"EST5EDT,M3.2.0,M11.1.0", {2026, 3, 8, 6, 59, 59}, -18000},
        {"EST5EDT,M3.2.0,M11.1.0", {2026, 3, 8, 7, 0, 0}, -14400},
        {"EST5EDT,M3.2.0,M11.1.0", {2026, 11, 1, 5, 59, 59}, -14400},
        {"EST5EDT,M3.2.0,M11.1.0", {2026, 11, 1, 6, 0, 0}, -18000},
        {"CET-1CEST,M3.5.0,M10.5.0/3", {2026, 10, 25, 0, 59, 59}, 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", {2026, 10, 25, 1, 0, 0}, 3600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", {2026, 1, 1, 0, 0, 0}, 0}, /* Dublin: winter is "daylight" */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", {2026, 7, 1, 0, 0, 0}, 3600},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", {2026, 1, 1, 0, 0, 0}, 39600}, /* Lord Howe */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
         {2026, 3, 29, 0, 59, 59},
         -7200}, /* Nuuk: on Saturday, 23 o'clock */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", {2026, 3, 29, 1, 0, 0}, -3600},
        {"IST-2IDT,M3.4.4/26,M10.5.0",
         {2026, 3, 26, 23, 59, 59},
         7200}, /* Jerusalem: Friday before the last Sunday */
        {"IST-2IDT,M3.4.4/26,M10.5.0", {2026, 3, 27, 0, 0, 0}, 10800},
        {"AAA0BBB,J60/0,J61/0",
         {2028, 3, 1, 12, 0, 0},
         3600}, /* J60 is March 1, leap year or not */
        {"AAA0BBB,J60/0,J61/0", {2027, 3, 1, 12, 0, 0}, 3600},
        {"AAA0BBB,59/0,60/0", {2028, 2, 29, 12, 0, 0}, 3600}, /* 59 is February 29 in a leap year */
        {"AAA0BBB,59/0,60/0", {2027, 3, 1, 12, 0, 0}, 3600},
        {"XXX3EDT4,0/0,J365/23", {2026, 12, 31, 23, 59, 59}, -14400}, /* daylight time all year */
        {"XXX3EDT4,0/0,J365/23", {2027, 1, 1, 3, 0, 0}, -14400},
        {"AAA0BBB,J365/167,J100", {2027, 1, 6, 22, 59, 59}, 0}, /* a week into the next year */
        {"AAA0BBB,J365/167,J100", {2027, 1, 6, 23, 0, 0}, 3600},
        {"AAA0BBB,J1/-167,J100", {2026, 12, 25, 1, 0, 0}, 3600},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int got = rule_offset(cases[i].rule, cases[i].utc);
        if (got != cases[i].offset)
            fail_msg("case %zu, %s: %d", i, cases[i].rule, got);
    }
}

static void rules_that_are_wrong_are_refused(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "",
        "E5",
        "EST",
        "EST25",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,J0,J5",
        "EST5EDT,366,5",
        "EST5EDT,M3.2.0/168,M11.1.0",
        "EST5EDT,M3.2.0,M11.1.0x",
        "<EST5",
        "<E!T>5",
        "EST5:60",
        "ABCDEFGHIJKLMNOPQ5",
        "EST5EDT,M3.2.0/,M11.1.0",
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct zone_rule rule;
        if (zone_rule_parse(str_of(rules[i]), &rule) != -EINVAL)
            fail_msg("%s was taken", rules[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_version_1_is_read),
        cmocka_unit_test(a_slim_file_goes_on_by_its_footer),
        cmocka_unit_test(an_empty_footer_leaves_the_last_offset),
        cmocka_unit_test(a_file_cut_anywhere_is_damaged),
        cmocka_unit_test(a_changed_byte_never_crashes),
        cmocka_unit_test(files_that_lie_are_refused),
        cmocka_unit_test(a_file_beyond_the_ceiling_is_refused),
        cmocka_unit_test(spans_tell_where_an_offset_begins_and_ends),
        cmocka_unit_test(local_times_fit_exactly_in_a_gap_or_twice),
        cmocka_unit_test(local_time_before_1970_rounds_down),
        cmocka_unit_test(a_date_that_does_not_exist_has_no_moment),
        cmocka_unit_test(rules_of_every_form_change_when_they_say),
        cmocka_unit_test(rules_that_are_wrong_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
