/* SPDX-License-Identifier: MIT */
/* test_lines.c: the splitter gives the same lines however the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/lines.h"

/* Feeds `input` in pieces of `step` bytes and writes the lines down, each in brackets. */
static uint64_t feed(struct str input, size_t limit, size_t step, struct buf *out)
{
    struct lines lines;
    struct str line;
    assert_int_equal(lines_init(&lines, limit), 0);
    buf_clear(out);
    while (input.len) {
        char *piece = str_copy(
            str_upto(input, step)); /* of its own size: the sanitizer sees what is read behind it */
        struct str rest = str_upto(input, step);
        assert_non_null(piece);
        rest.ptr = piece;
        input = str_from(input, rest.len);
        while (lines_next(&lines, &rest, &line)) {
            assert_true(line.len <= limit);
            buf_add_byte(out, '[');
            buf_add(out, line);
            buf_add_byte(out, ']');
        }
        assert_int_equal(rest.len, 0);
        mem_free(piece);
    }
    uint64_t cut_count = lines.cut_count;
    lines_done(&lines);
    return cut_count;
}

static void check(struct str input, size_t limit, struct str expected, uint64_t cut_count)
{
    AUTO_BUF out;
    buf_init(&out, 4096);
    for (size_t step = 1; step <= input.len; step++) {
        assert_int_equal(feed(input, limit, step, &out), cut_count);
        assert_true(str_eq(buf_str(&out), expected));
    }
}

static void lf_and_crlf_end_lines(void **state)
{
    (void)state;
    check(STR("one\r\ntwo\nthree\r\n"), 20, STR("[one][two][three]"), 0);
}

static void an_unfinished_line_is_kept_back(void **state)
{
    (void)state;
    check(STR("one\r\nhal"), 20, STR("[one]"), 0);
}

static void empty_lines_are_lines(void **state)
{
    (void)state;
    check(STR("\r\n\n\r\r\n"), 20, STR("[][][\r]"), 0);
}

static void nul_and_lone_cr_belong_to_the_line(void **state)
{
    (void)state;
    check(STR("a\0b\rc\r\n"), 20, STR("[a\0b\rc]"), 0);
}

static void a_line_of_full_length_is_not_cut(void **state)
{
    (void)state;
    check(STR("12345\r\n12345\n"), 5, STR("[12345][12345]"), 0);
}

static void a_longer_line_is_cut_dropped_and_counted(void **state)
{
    (void)state;
    check(STR("123456\r\nab\n1234567890123\nc\r\n"), 5, STR("[12345][ab][12345][c]"), 2);
}

static void a_cr_at_the_cut_is_not_taken_for_an_end(void **state)
{
    (void)state;
    check(STR("1234\rxyz\r\n12345\rx\n"), 5, STR("[1234\r][12345]"), 2);
}

static void a_limit_of_nothing_gives_empty_lines(void **state)
{
    (void)state;
    check(STR("\r\nx\n"), 0, STR("[][]"), 1);
}

static void an_absurd_limit_is_refused(void **state)
{
    (void)state;
    struct lines lines;
    assert_true(lines_init(&lines, SIZE_MAX) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lf_and_crlf_end_lines),
        cmocka_unit_test(an_unfinished_line_is_kept_back),
        cmocka_unit_test(empty_lines_are_lines),
        cmocka_unit_test(nul_and_lone_cr_belong_to_the_line),
        cmocka_unit_test(a_line_of_full_length_is_not_cut),
        cmocka_unit_test(a_longer_line_is_cut_dropped_and_counted),
        cmocka_unit_test(a_cr_at_the_cut_is_not_taken_for_an_end),
        cmocka_unit_test(a_limit_of_nothing_gives_empty_lines),
        cmocka_unit_test(an_absurd_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
