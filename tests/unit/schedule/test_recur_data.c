/* SPDX-License-Identifier: MIT */
/* test_recur_data.c: the RRULEs of libical's own test file with their instances, walked, and jumped
 * into. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schedule/recur.h"

enum { LINE_BYTES = 65536, RULES_AT_LEAST = 140, RULE_BYTES = 1024 };

/* Left out, each for a reason that no change of ours can remove. */
static const struct {
    const char *rule, *reason;
} left_out[] = {
    {"FREQ=DAILY;BYMINUTE=1,2,3,4;INTERVAL=2;COUNT=3",
     "tells what a start without a time of day ignores; ours always has one"},
    {"FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30;BYWEEKNO=1;UNTIL=20320101",
     "the file says only that libical cannot do it; see test_recur.c"},
};

struct example {
    char rule[RULE_BYTES];
    struct civil start;
    struct str instances; /* with commas, into the line */
};

/* "19970902T090000", "19970902T090000Z", "19970902" */
static struct civil read_stamp(struct str text)
{
    struct civil civil = {0};
    char copy[32];
    assert_true(str_to_c(text, copy, sizeof copy));
    int got = sscanf(copy, "%4d%2d%2dT%2d%2d%2d", &civil.year, &civil.month, &civil.day,
                     &civil.hour, &civil.minute, &civil.second);
    assert_true(got == 3 || got == 6);
    return civil;
}

static void assert_same(const struct example *example, const struct civil *got,
                        const struct civil *wanted)
{
    if (civil_compare(got, wanted) == 0)
        return;
    char a[CIVIL_TEXT_BYTES], b[CIVIL_TEXT_BYTES];
    civil_format(got, a);
    civil_format(wanted, b);
    fail_msg("%s: got %s, wanted %s", example->rule, a, b);
}

/* Each instance must be the next one after the one before, and also after the second just before
 * itself: that is a jump into the middle.  (START-AT names one such jump; this makes all of them.)
 */
static void check_example(const struct example *example)
{
    struct str rule = str_of(example->rule), rest = example->instances, stamp;
    struct civil last = {0}, got, almost;
    size_t count = 0;
    struct error error;
    if (recur_check(rule, &error) < 0)
        fail_msg("%s: %s", example->rule, error.text);
    while (!str_empty(rest) && str_split(&rest, ',', &stamp)) {
        struct civil wanted = read_stamp(stamp);
        const struct civil *after = count > 0 ? &last : NULL;
        int r = recur_next(rule, &example->start, after, &got);
        if (r < 0)
            fail_msg("%s: %d before %.*s", example->rule, r, STR_ARG(stamp));
        assert_same(example, &got, &wanted);
        assert_int_equal(civil_of_seconds(civil_seconds(&wanted) - 1, &almost), 0);
        assert_int_equal(recur_next(rule, &example->start, &almost, &got), 0);
        assert_same(example, &got, &wanted);
        last = wanted;
        count++;
    }
    if (count > 0)
        assert_int_equal(recur_next(rule, &example->start, &last, &got), -ENOENT);
}

static bool is_left_out(const char *rule)
{
    for (size_t i = 0; i < COUNT_OF(left_out); i++) {
        if (strcmp(rule, left_out[i].rule) == 0) {
            print_message("left out: %s: %s\n", rule, left_out[i].reason);
            return true;
        }
    }
    return false;
}

static FILE *open_data(void)
{
    char path[4096];
    const char *data = getenv("MOORING_TEST_DATA"), *source = getenv("MOORING_SOURCE_DIR");
    if (data)
        snprintf(path, sizeof path, "%s/ical/icalrecur_test.txt", data);
    else
        snprintf(path, sizeof path, "%s/../shared/data/ical/icalrecur_test.txt",
                 source ? source : ".");
    return fopen(path, "re");
}

static void read_line(struct example *example, struct str line, size_t *rules, size_t *outside)
{
    if (str_starts(line, STR("RRULE:"))) {
        *example = (struct example){0};
        assert_true(str_to_c(str_from(line, 6), example->rule, sizeof example->rule));
    } else if (str_starts(line, STR("DTSTART:"))) {
        example->start = read_stamp(str_from(line, 8));
    } else if (str_starts(line, STR("INSTANCES:"))) {
        example->instances = str_from(line, 10);
        if (is_left_out(example->rule))
            (*outside)++;
        else
            check_example(example);
        (*rules)++;
    }
}

static void every_rule_of_the_file_gives_its_instances(void **state)
{
    (void)state;
    static char line[LINE_BYTES];
    struct example example = {0};
    size_t rules = 0, outside = 0;
    FILE *in = open_data();
    if (!in) {
        print_message("SKIPPED: ical/icalrecur_test.txt is not in MOORING_TEST_DATA\n");
        skip();
    }
    while (fgets(line, sizeof line, in))
        read_line(&example, str_trim(str_of(line)), &rules, &outside);
    fclose(in);
    print_message("%zu rules, %zu of them left out\n", rules, outside);
    assert_true(rules >= RULES_AT_LEAST);
    assert_int_equal(outside, COUNT_OF(left_out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_of_the_file_gives_its_instances)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
