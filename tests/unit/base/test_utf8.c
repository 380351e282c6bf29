/* SPDX-License-Identifier: MIT */
/* test_utf8.c: decoding, encoding, repair. */
#include "unit.h"

#include "base/utf8.h"

static void every_scalar_value_survives_a_round_trip(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 97) {
        AUTO_BUF buf;
        size_t at = 0;
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        buf_init(&buf, 8);
        utf8_add(&buf, c);
        assert_true(utf8_valid(buf_str(&buf)));
        assert_int_equal(utf8_next(buf_str(&buf), &at), c);
        assert_int_equal(at, buf.len);
    }
}

static void what_is_ill_formed_is_refused_and_skipped_by_one(void **state)
{
    static const char *const bad[] = {
        "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xc3", "\xff"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        size_t at = 0;
        assert_false(utf8_valid(str_of(bad[i])));
        assert_int_equal(utf8_next(str_of(bad[i]), &at), 0xFFFD);
        assert_int_equal(at, 1);
    }
}

static void floor_never_stands_inside_a_character(void **state)
{
    const char *text = "a\xc3\xa9\xf0\x9f\x98\x80z"; /* a, e acute, an emoji, z */
    static const size_t floors[] = {0, 1, 1, 3, 3, 3, 3, 7, 8};
    (void)state;
    for (size_t at = 0; at < COUNT_OF(floors); at++)
        assert_int_equal(utf8_floor(text, 8, at), floors[at]);
    assert_int_equal(utf8_floor(text, 8, 100), 8);
}

static void whole_leaves_out_a_cut_character(void **state)
{
    (void)state;
    assert_int_equal(utf8_whole(STR("abc")), 3);
    assert_int_equal(utf8_whole(STR("ab\xc3")), 2);
    assert_int_equal(utf8_whole(STR("ab\xf0\x9f\x98")), 2);
    assert_int_equal(utf8_whole(STR("ab\xc3\xa9")), 4);
    assert_int_equal(utf8_whole(STR("")), 0);
}

static void latin_1_is_repaired_and_utf_8_left_alone(void **state)
{
    AUTO_BUF buf;
    (void)state;
    buf_init(&buf, 100);
    utf8_add_repaired(&buf, STR("caf\xe9"));
    assert_true(str_eq(buf_str(&buf), STR("caf\xc3\xa9")));
    buf_clear(&buf);
    utf8_add_repaired(&buf, STR("caf\xc3\xa9"));
    assert_true(str_eq(buf_str(&buf), STR("caf\xc3\xa9")));
}

static void one_wrong_byte_is_found_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t at = 0; at < 24; at++)
        for (size_t len = at + 1; len <= 24; len++) {
            char text[24];
            memset(text, 'x', sizeof text);
            assert_true(utf8_valid((struct str){text, len}));
            text[at] = (char)0x80;
            assert_false(utf8_valid((struct str){text, len}));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_wrong_byte_is_found_wherever_it_stands),
        cmocka_unit_test(every_scalar_value_survives_a_round_trip),
        cmocka_unit_test(what_is_ill_formed_is_refused_and_skipped_by_one),
        cmocka_unit_test(floor_never_stands_inside_a_character),
        cmocka_unit_test(whole_leaves_out_a_cut_character),
        cmocka_unit_test(latin_1_is_repaired_and_utf_8_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
