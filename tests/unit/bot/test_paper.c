/* SPDX-License-Identifier: MIT */
/* test_paper.c: a key on paper is typed in again, or the mistake is found. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/paper.h"

static unsigned char key[32];
static char sheet[PAPER_BYTES];

static int print(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)(i * 37 + 11);
    assert_true(paper_write(key, "2026-11-23 07:55 UTC", sheet) > 0);
    return 0;
}

/* What stands behind "N." on the sheet. */
static struct str line_of(unsigned line)
{
    char label[8];
    snprintf(label, sizeof label, "%u.  ", line + 1);
    size_t at = str_find(str_of(sheet), str_of(label), 0);
    assert_int_not_equal(at, SIZE_MAX);
    struct str rest = str_from(str_of(sheet), at + strlen(label)), text;
    assert_true(str_split(&rest, '\n', &text));
    return text;
}

static void each_line_gives_its_piece(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PAPER_LINES; i++) {
        unsigned char piece[PAPER_PIECE_BYTES];
        assert_int_equal(paper_read_line(i, line_of(i), piece), 0);
        assert_memory_equal(piece, key + (size_t)i * sizeof piece, sizeof piece);
    }
}

static void the_sheet_says_what_it_is(void **state)
{
    (void)state;
    char mark[PAPER_MARK_BYTES];
    paper_mark(key, mark);
    assert_non_null(strstr(sheet, mark));
    assert_non_null(strstr(sheet, "printed 2026-11-23"));
    assert_non_null(strstr(sheet, "sealed envelope"));
    assert_non_null(strstr(sheet, "mooring key read"));
}

/* Every digit, to every other: 20 x 15 x 4 mistakes, all found but what 16 bits of check let by
 * chance. */
static void a_wrong_digit_is_found(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef";
    int missed = 0;
    for (unsigned line = 0; line < PAPER_LINES; line++) {
        char typed[PAPER_LINE_BYTES];
        unsigned char piece[PAPER_PIECE_BYTES];
        assert_true(str_to_c(line_of(line), typed, sizeof typed));
        for (size_t at = 0; typed[at]; at++) {
            char right = typed[at];
            for (int i = 0; i < 16 && right != ' '; i++) {
                typed[at] = digits[i];
                if (digits[i] != right)
                    missed += paper_read_line(line, str_of(typed), piece) == 0;
            }
            typed[at] = right;
        }
    }
    assert_int_equal(missed, 0);
}

static void digits_and_lines_that_change_places_are_found(void **state)
{
    (void)state;
    unsigned char piece[PAPER_PIECE_BYTES];
    char typed[PAPER_LINE_BYTES];
    assert_int_equal(paper_read_line(1, line_of(0), piece), -EBADMSG);
    assert_int_equal(paper_read_line(0, line_of(1), piece), -EBADMSG);
    assert_true(str_to_c(line_of(0), typed, sizeof typed));
    assert_true(typed[0] != typed[1]);
    char first = typed[0];
    typed[0] = typed[1];
    typed[1] = first;
    assert_int_equal(paper_read_line(0, str_of(typed), piece), -EBADMSG);
}

static void hands_and_eyes_are_forgiven(void **state)
{
    (void)state;
    unsigned char piece[PAPER_PIECE_BYTES];
    AUTO_BUF typed;
    buf_init(&typed, PAPER_LINE_BYTES);
    buf_add_c(&typed, "  3. ");
    struct str line = line_of(2);
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        buf_add_byte(&typed, c == '0'   ? 'O'
                             : c == '1' ? 'l'
                             : c == ' ' ? '-'
                                        : (char)(c >= 'a' ? c - 32 : c));
    }
    buf_add_c(&typed, "\r\n");
    assert_int_equal(paper_read_line(2, buf_str(&typed), piece), 0);
    assert_memory_equal(piece, key + 16, sizeof piece);
}

static void what_is_no_line_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "", "   ", "3f7a", "3f7a 9c01 22de 8b45 c0a", "xyz", "3f7a 9c01 22de 8b45 c0a1 00"};
    unsigned char piece[PAPER_PIECE_BYTES];
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_int_equal(paper_read_line(0, str_of(lines[i]), piece), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_line_gives_its_piece, print),
        cmocka_unit_test_setup(the_sheet_says_what_it_is, print),
        cmocka_unit_test_setup(a_wrong_digit_is_found, print),
        cmocka_unit_test_setup(digits_and_lines_that_change_places_are_found, print),
        cmocka_unit_test_setup(hands_and_eyes_are_forgiven, print),
        cmocka_unit_test_setup(what_is_no_line_is_refused, print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
