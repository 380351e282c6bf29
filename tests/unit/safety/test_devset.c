/* SPDX-License-Identifier: MIT */
/* test_devset.c: the labelled development set, read in place: its figures may not drop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/number.h"
#include "safety/safety.h"

enum { ROWS_MAX = 1000, LINE_BYTES = 2048 };

static FILE *open_set(void)
{
    char path[LINE_BYTES];
    const char *data = getenv("MOORING_TEST_DATA"), *source = getenv("MOORING_SOURCE_DIR");
    if (data)
        snprintf(path, sizeof(path), "%s/crisis/crisis_challenge_dev.csv", data);
    else
        snprintf(path, sizeof(path), "%s/../shared/data/crisis/crisis_challenge_dev.csv", source ? source : ".");
    return fopen(path, "re");
}

/* id,kind,tier,category,text, where text may stand in quotes with "" for a quote. */
static bool parse_row(char *line, struct str *fields, char *text)
{
    struct str rest = str_trim(str_of(line));
    for (int i = 0; i < 4; i++) {
        if (!str_split(&rest, ',', &fields[i]))
            return false;
    }
    size_t length = 0;
    bool quoted = str_starts(rest, STR("\""));
    size_t end = rest.len - (quoted ? 1 : 0);
    for (size_t i = quoted; i < end; i++) {
        text[length++] = rest.ptr[i];
        if (quoted && rest.ptr[i] == '"')
            i++;
    }
    fields[4] = (struct str){text, length};
    return true;
}

struct figures {
    size_t rows, right, quiet_rows_woken;
};

static void count_row(const struct safety *safety, const struct str *fields, struct figures *figures)
{
    int64_t tier;
    struct safety_verdict verdict;
    if (number_parse(fields[2], 0, 4, &tier) < 0)
        return; /* the heading */
    struct str kind = str_eq_c(fields[1], "selfharm") ? STR("self-harm") : fields[1];
    safety_classify(safety, fields[4], 0, &verdict);
    bool right = str_eq_c(kind, safety_kind_name(verdict.kind)) && verdict.tier == tier;
    figures->rows++;
    figures->right += right;
    figures->quiet_rows_woken += tier == 0 && verdict.tier > 1;
    if (!right)
        print_message("%.*s: got %s %d\n", STR_ARG(fields[0]), safety_kind_name(verdict.kind), verdict.tier);
}

static void development_set_keeps_its_figures(void **state)
{
    (void)state;
    FILE *file = open_set();
    if (!file) {
        print_message("SKIPPED: crisis_challenge_dev.csv is not here (set MOORING_TEST_DATA)\n");
        skip();
    }
    struct safety *safety = safety_create();
    struct figures figures = {0};
    char line[LINE_BYTES], text[LINE_BYTES];
    while (fgets(line, sizeof(line), file)) {
        struct str fields[5];
        if (parse_row(line, fields, text))
            count_row(safety, fields, &figures);
    }
    fclose(file);
    safety_destroy(safety);
    print_message("kind and tier right: %zu of %zu\n", figures.right, figures.rows);
    assert_true(figures.rows > 100);
    assert_true(figures.right * 100 >= figures.rows * 99);
    assert_int_equal(figures.quiet_rows_woken, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(development_set_keeps_its_figures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
