/* SPDX-License-Identifier: MIT */
/* test_entity.c: character references by number and by name; what a person's text is escaped to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/entity.h"
#include "text/text.h"

static void expect(const char *entity, const char *expected)
{
    AUTO_BUF out;
    buf_init(&out, 256);
    entity_add(&out, str_of(entity));
    assert_string_equal(buf_str(&out).ptr, expected);
}

static void numbers(void **state)
{
    (void)state;
    expect("&#65;", "A");
    expect("&#x41;", "A");
    expect("&#X1F30A;", "\xF0\x9F\x8C\x8A");
}

static void numbers_that_are_no_characters(void **state)
{
    (void)state;
    expect("&#0;", "\xEF\xBF\xBD");
    expect("&#xD800;", "\xEF\xBF\xBD");
    expect("&#x110000;", "\xEF\xBF\xBD");
    expect("&#99999999999999999999;", "\xEF\xBF\xBD");
}

static void names(void **state)
{
    (void)state;
    expect("&amp;", "&");
    expect("&lt;", "<");
    expect("&nbsp;", "\xC2\xA0");
    expect("&hellip;", "\xE2\x80\xA6");
}

static void what_is_unknown_stays(void **state)
{
    (void)state;
    expect("&unknown;", "&unknown;");
    expect("&#;", "&#;");
    expect("&#x;", "&#x;");
    expect("&#12a;", "&#12a;");
    expect("&", "&");
    expect("", "");
}

/* ---- text_escape, byte for byte: what is stored and logged nowhere must at least be predictable  */

static void expect_escaped(const char *words, const char *expected)
{
    AUTO_BUF out;
    buf_init(&out, 256);
    text_escape(&out, str_of(words));
    assert_string_equal(buf_str(&out).ptr, expected);
}

static void plain_words_stay_readable(void **state)
{
    (void)state;
    expect_escaped("I'm fine, thanks; 100% \"ok\"", "I'm fine, thanks; 100% \"ok\"");
    expect_escaped("one two", "one two");
}

static void meaning_is_taken_away(void **state)
{
    (void)state;
    expect_escaped("*a_", "\\*a\\_");
    expect_escaped("18:00", "18\\:00");
    expect_escaped("a&b", "a\\&b");
}

static void white_space_is_kept(void **state)
{
    (void)state;
    expect_escaped(" a  b ", "&#32;a&#32;&#32;b&#32;");
    expect_escaped("a\nb\r\nc\rd", "a&#10;b&#10;c&#10;d");
    expect_escaped("a\tb", "a&#9;b");
    expect_escaped("a \nb", "a&#32;&#10;b");
}

static void a_full_buffer_is_noted(void **state)
{
    (void)state;
    AUTO_BUF out;
    buf_init(&out, 3);
    text_escape(&out, STR("****"));
    assert_true(out.failed < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(numbers_that_are_no_characters),
        cmocka_unit_test(names),
        cmocka_unit_test(what_is_unknown_stays),
        cmocka_unit_test(plain_words_stay_readable),
        cmocka_unit_test(meaning_is_taken_away),
        cmocka_unit_test(white_space_is_kept),
        cmocka_unit_test(a_full_buffer_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
