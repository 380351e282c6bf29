/* SPDX-License-Identifier: MIT */
/* test_links.c: where a bare link ends, and what is protected in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/links.h"

static void a_links_end(void **state)
{
    (void)state;
    static const struct {
        const char *text, *link;
    } cases[] = {
        {"https://example.org/a b", "https://example.org/a"},
        {"http://example.org", "http://example.org"},
        {"https://example.org/a.", "https://example.org/a"},
        {"https://example.org/a?b=c!?", "https://example.org/a?b=c"},
        {"https://example.org/a), and", "https://example.org/a"},
        {"https://example.org/a_(b)", "https://example.org/a_(b)"},
        {"https://example.org/a_(b))", "https://example.org/a_(b)"},
        {"https://example.org/a**", "https://example.org/a"},
        {"https://example.org/<b>", "https://example.org/"},
        {"https://example.org/\"x", "https://example.org/"},
        {"https://example.org/\xC3\xA9 x", "https://example.org/\xC3\xA9"},
        {"https://", ""},
        {"https://...", ""},
        {"http:/example.org", ""},
        {"ftp://example.org", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(links_length(str_of(cases[i].text)), strlen(cases[i].link));
}

static void expect(const char *markdown, const char *expected)
{
    AUTO_BUF out;
    buf_init(&out, 4096);
    links_protect(str_of(markdown), &out);
    assert_string_equal(buf_str(&out).ptr, expected);
}

static void what_means_something_in_links_is_escaped(void **state)
{
    (void)state;
    expect("a_b https://x.example/_c_d*e&f _g_", "a_b https://x.example/\\_c\\_d\\*e\\&f _g_");
    expect("", "");
    expect("no links", "no links");
}

static void code_is_left_alone(void **state)
{
    (void)state;
    expect("`https://x.example/_a_` https://x.example/_a",
           "`https://x.example/_a_` https://x.example/\\_a");
    expect("``a`https://x.example/_a``", "``a`https://x.example/_a``");
    expect("```\nhttps://x.example/_a\n```", "```\nhttps://x.example/_a\n```");
}

static void a_backtick_alone_begins_no_code(void **state)
{
    (void)state;
    expect("` https://x.example/_a", "` https://x.example/\\_a");
    expect("\\`https://x.example/_a` ", "\\`https://x.example/\\_a` ");
}

static void links_in_angle_brackets_are_left_alone(void **state)
{
    (void)state;
    expect("<https://x.example/_a>", "<https://x.example/_a>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_links_end),
        cmocka_unit_test(what_means_something_in_links_is_escaped),
        cmocka_unit_test(code_is_left_alone),
        cmocka_unit_test(a_backtick_alone_begins_no_code),
        cmocka_unit_test(links_in_angle_brackets_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
