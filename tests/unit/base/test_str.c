/* SPDX-License-Identifier: MIT */
/* test_str.c: views and builders. */
#include "unit.h"

#include <errno.h>

#include "base/str.h"

#define SAME(view, text) assert_true(str_eq((view), str_of(text)))

static void trim_takes_white_space_off_both_ends(void **state)
{
    (void)state;
    SAME(str_trim(STR(" \t a b \r\n")), "a b");
    SAME(str_trim(STR(" \n ")), "");
    SAME(str_trim((struct str){0}), "");
}

static void split_gives_every_piece_also_empty_ones(void **state)
{
    (void)state;
    struct str rest = STR("a,,b"), piece;
    assert_true(str_split(&rest, ',', &piece));
    SAME(piece, "a");
    assert_true(str_split(&rest, ',', &piece));
    SAME(piece, "");
    assert_true(str_split(&rest, ',', &piece));
    SAME(piece, "b");
    assert_false(str_split(&rest, ',', &piece));
}

static void words_are_runs_between_spaces(void **state)
{
    (void)state;
    struct str rest = STR("  set  checkin.prompt_at 10:00 "), word;
    assert_true(str_word(&rest, &word));
    SAME(word, "set");
    assert_true(str_word(&rest, &word));
    SAME(rest, "10:00");
    assert_true(str_word(&rest, &word));
    assert_false(str_word(&rest, &word));
}

static void find_tells_where_or_nowhere(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("harbor"), STR("bor"), 0), 3);
    assert_true(str_find(STR("harbor"), STR("bor"), 4) == SIZE_MAX);
    assert_true(str_find((struct str){0}, STR("x"), 0) == SIZE_MAX);
    assert_int_equal(str_find(STR("abc"), STR(""), 2), 2);
}

static void compare_orders_by_bytes_then_length(void **state)
{
    (void)state;
    assert_true(str_compare(STR("a"), STR("b")) < 0);
    assert_true(str_compare(STR("ab"), STR("a")) > 0);
    assert_int_equal(str_compare(STR("a"), STR("a")), 0);
    assert_int_equal(str_compare((struct str){0}, STR("")), 0);
}

static void case_is_ignored_in_ascii_alone(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("CheckIn"), STR("checkin")));
    assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
    assert_true(str_starts_nocase(STR("Mooring: hi"), STR("mooring")));
}

static void a_copy_that_does_not_fit_is_empty(void **state)
{
    char out[4] = "xyz";
    (void)state;
    assert_false(str_to_c(STR("four"), out, sizeof out));
    assert_string_equal(out, "");
    assert_true(str_to_c(STR("abc"), out, sizeof out));
    assert_string_equal(out, "abc");
}

static void a_builder_stops_at_its_ceiling_and_says_so(void **state)
{
    AUTO_BUF buf;
    (void)state;
    buf_init(&buf, 5);
    buf_add_c(&buf, "abc");
    buf_add_c(&buf, "def");
    assert_int_equal(buf.failed, -E2BIG);
    SAME(buf_str(&buf), "abc");
    buf_add_c(&buf, "d");
    SAME(buf_str(&buf), "abc"); /* the first failure sticks */
    buf_clear(&buf);
    buf_add_format(&buf, "%d", 12345);
    assert_int_equal(buf.failed, 0);
    SAME(buf_str(&buf), "12345");
}

static void dropping_takes_from_the_front(void **state)
{
    AUTO_BUF buf;
    (void)state;
    buf_init(&buf, 100);
    buf_add_c(&buf, "one\r\ntwo");
    buf_drop(&buf, 5);
    SAME(buf_str(&buf), "two");
    buf_drop(&buf, 99);
    SAME(buf_str(&buf), "");
}

static void an_arena_gives_zeroed_blocks_until_its_ceiling(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 64 * 1024);
    char *first = arena_alloc(&arena, 100);
    assert_non_null(first);
    assert_int_equal(first[0] | first[99], 0);
    assert_null(arena_alloc(&arena, 1024 * 1024));
    first[0] = 'x';
    arena_reset(&arena);
    char *again = arena_alloc(&arena, 100);
    assert_ptr_equal(again, first); /* the first chunk stays: a quiet turn never allocates */
    assert_int_equal(again[0], 0);
    SAME(str_keep(&arena, STR("kept")), "kept");
    arena_done(&arena);
}

static void growing_doubles_and_respects_the_limit(void **state)
{
    int *items = NULL;
    size_t capacity = 0;
    (void)state;
    for (size_t count = 0; count < 20; count++) {
        assert_int_equal(mem_grow(&items, &capacity, count, sizeof *items, 20), 0);
        items[count] = (int)count;
    }
    assert_int_equal(mem_grow(&items, &capacity, 20, sizeof *items, 20), -E2BIG);
    assert_int_equal(items[19], 19);
    mem_free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trim_takes_white_space_off_both_ends),
        cmocka_unit_test(split_gives_every_piece_also_empty_ones),
        cmocka_unit_test(words_are_runs_between_spaces),
        cmocka_unit_test(find_tells_where_or_nowhere),
        cmocka_unit_test(compare_orders_by_bytes_then_length),
        cmocka_unit_test(case_is_ignored_in_ascii_alone),
        cmocka_unit_test(a_copy_that_does_not_fit_is_empty),
        cmocka_unit_test(a_builder_stops_at_its_ceiling_and_says_so),
        cmocka_unit_test(dropping_takes_from_the_front),
        cmocka_unit_test(an_arena_gives_zeroed_blocks_until_its_ceiling),
        cmocka_unit_test(growing_doubles_and_respects_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
