/* SPDX-License-Identifier: MIT */
/* test_pattern.c: what a pattern may be, and the sentence when it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "text/text.h"

static void collect(void *ctx, struct str name)
{
    struct buf *out = ctx;
    buf_add(out, name);
    buf_add_byte(out, ' ');
}

static void expect_arguments(const char *pattern, const char *expected)
{
    struct error error = {0, ""};
    AUTO_BUF out;
    buf_init(&out, 256);
    buf_add_c(&out, "");
    assert_int_equal(text_pattern_check(str_of(pattern), collect, &out, &error), 0);
    assert_string_equal(out.ptr, expected);
}

static void expect_wrong(const char *pattern, const char *expected)
{
    struct error error = {0, ""};
    assert_int_equal(text_pattern_check(str_of(pattern), NULL, NULL, &error), -EINVAL);
    assert_string_equal(error.text, expected);
}

static void arguments_are_listed(void **state)
{
    (void)state;
    expect_arguments("no arguments", "");
    expect_arguments("{a} and {b_1} and { c-d }", "a b_1 c-d ");
    expect_arguments("{n, plural, one {# of {all}} other {x}} {s, select, a {`{cmd}`} other {}}",
                     "n all s cmd ");
}

static void quoted_braces_are_no_arguments(void **state)
{
    (void)state;
    expect_arguments("it's '{'not'}' an argument, '{neither}' this; {one}'s is", "one ");
}

static void open_and_loose_braces_are_told(void **state)
{
    (void)state;
    expect_wrong("a {b", "after an argument's name comes } or a comma, at the end.");
    expect_wrong("a } b",
                 "a } has no {; a brace that is to be shown is written '}', near \"} b\".");
    expect_wrong("{n, plural, other {x}", "a { is not closed, at the end.");
    expect_wrong("{n, plural, other {x", "a { is not closed, at the end.");
    expect_wrong("a {} b", "an argument's name is missing after {, near \"} b\".");
}

static void plurals_need_other_and_known_cases(void **state)
{
    (void)state;
    expect_wrong("{n, plural, one {x}} y", "the case \"other\" is missing, near \" y\".");
    expect_wrong(
        "{n, plural, ones {x} other {y}}",
        "a plural's cases are =N, zero, one, two, few, many and other, near \" other {y}}\".");
    expect_wrong("{n, plural, =x {x} other {y}}",
                 "what stands after = is not a number, near \"{x} other {y}}\".");
    expect_wrong("{n, plural, one other {y}}",
                 "a case needs its text in braces, near \"other {y}}\".");
    expect_wrong("{n, number}", "an argument is plain, \"plural,\" or \"select,\", near \"}\".");
}

static void open_quotes_and_code_are_told(void **state)
{
    (void)state;
    expect_wrong("say '{", "an apostrophe before a brace quotes what follows, and is not closed by "
                           "another, at the end.");
    expect_wrong("type `!help", "a ` is not closed, at the end.");
    expect_arguments("a \\` is plain", "");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    AUTO_BUF pattern;
    buf_init(&pattern, 4096);
    for (int i = 0; i < 20; i++)
        buf_add_c(&pattern, "{n, plural, other {");
    struct error error;
    assert_int_equal(text_pattern_check(buf_str(&pattern), NULL, NULL, &error), -EINVAL);
    assert_non_null(strstr(error.text, "nested too deep"));
}

static void long_texts_are_refused(void **state)
{
    (void)state;
    char *text = mem_zalloc(20000);
    assert_non_null(text);
    memset(text, 'x', 19999);
    expect_wrong(text, "the text is too long (at most 16384 bytes).");
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_listed),
        cmocka_unit_test(quoted_braces_are_no_arguments),
        cmocka_unit_test(open_and_loose_braces_are_told),
        cmocka_unit_test(plurals_need_other_and_known_cases),
        cmocka_unit_test(open_quotes_and_code_are_told),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(long_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
