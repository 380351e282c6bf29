/* SPDX-License-Identifier: MIT */
/* test_cases.c: nearly two thousand invented lines, each with the verdict that it deserves; a rule that breaks shows here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "safety/safety.h"

struct case_line {
    enum safety_kind kind;
    int tier;
    const char *category, *text;
};
#define CASE(kind, tier, category, text) {kind, tier, category, text},
static const struct case_line suicide[] = {
#include "cases_suicide_1.h"
#include "cases_suicide_2.h"
#include "cases_suicide_3.h"
};
static const struct case_line crisis[] = {
#include "cases_crisis.h"
#include "cases_crisis_2.h"
};
static const struct case_line quiet[] = {
#include "cases_quiet_1.h"
#include "cases_quiet_2.h"
#include "cases_quiet_3.h"
};

/* Lines that are read wrong today; a number here may only fall. */
enum { KNOWN_WRONG_SUICIDE = 12, KNOWN_WRONG_CRISIS = 5, KNOWN_WRONG_QUIET = 2 };

static int setup(void **state)
{
    *state = safety_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    safety_destroy(*state);
    return 0;
}

static size_t count_wrong(const struct safety *safety, const struct case_line *lines, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct safety_verdict verdict;
        safety_classify(safety, str_of(lines[i].text), 0, &verdict);
        if (verdict.kind == lines[i].kind && verdict.tier == lines[i].tier)
            continue;
        print_message("%s: wanted %s %d, got %s %d: %s\n", lines[i].category, safety_kind_name(lines[i].kind),
                      lines[i].tier, safety_kind_name(verdict.kind), verdict.tier, lines[i].text);
        wrong++;
    }
    return wrong;
}

static void suicide_lines_are_read_right(void **state)
{
    assert_in_range(count_wrong(*state, suicide, COUNT_OF(suicide)), 0, KNOWN_WRONG_SUICIDE);
}

static void other_crises_are_read_right(void **state)
{
    assert_in_range(count_wrong(*state, crisis, COUNT_OF(crisis)), 0, KNOWN_WRONG_CRISIS);
}

static void quiet_lines_are_read_right(void **state)
{
    assert_in_range(count_wrong(*state, quiet, COUNT_OF(quiet)), 0, KNOWN_WRONG_QUIET);
}

static void quiet_lines_wake_nobody(void **state)
{
    for (size_t i = 0; i < COUNT_OF(quiet); i++) {
        struct safety_verdict verdict;
        safety_classify(*state, str_of(quiet[i].text), 0, &verdict);
        if (verdict.tier > 1)
            fail_msg("tier %d for: %s", verdict.tier, quiet[i].text);
    }
}

static void no_crisis_of_tier_4_falls_below_2(void **state)
{
    for (size_t i = 0; i < COUNT_OF(crisis); i++) {
        struct safety_verdict verdict;
        safety_classify(*state, str_of(crisis[i].text), 0, &verdict);
        if (crisis[i].tier == 4 && verdict.tier < 2)
            fail_msg("tier %d for: %s", verdict.tier, crisis[i].text);
    }
}

static void every_verdict_above_0_names_its_rules(void **state)
{
    for (size_t i = 0; i < COUNT_OF(suicide); i++) {
        struct safety_verdict verdict;
        safety_classify(*state, str_of(suicide[i].text), 0, &verdict);
        assert_true(verdict.tier == 0 || (verdict.rule_count > 0 && verdict.rules[0][0] != '\0'));
        assert_true(verdict.rule_count <= SAFETY_RULES_MAX);
    }
}

static void there_are_at_least_1800_lines(void **state)
{
    (void)state;
    assert_in_range(COUNT_OF(suicide) + COUNT_OF(crisis) + COUNT_OF(quiet), 1800, SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suicide_lines_are_read_right),
        cmocka_unit_test(other_crises_are_read_right),
        cmocka_unit_test(quiet_lines_are_read_right),
        cmocka_unit_test(quiet_lines_wake_nobody),
        cmocka_unit_test(no_crisis_of_tier_4_falls_below_2),
        cmocka_unit_test(every_verdict_above_0_names_its_rules),
        cmocka_unit_test(there_are_at_least_1800_lines),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
