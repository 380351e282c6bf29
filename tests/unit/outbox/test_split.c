/* SPDX-License-Identifier: MIT */
/* test_split.c: lines within the budget that lose nothing and cut nothing that belongs together. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "base/random.h"
#include "base/utf8.h"
#include "outbox/split.h"

#define FAMILY                                                                                     \
    "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7" /* man ZWJ woman    \
                                                                                  ZWJ girl: 18     \
                                                                                  bytes */
#define E_ACUTE "e\xcc\x81"                        /* e and a combining accent: 3 bytes */
#define FLAG    "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa" /* two regional indicators: 8 bytes */

struct fixture {
    struct arena arena;
    struct str *lines;
    size_t count;
};

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);
    assert_non_null(f);
    arena_init(&f->arena, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_done(&f->arena);
    mem_free(f);
    return 0;
}

static void split(struct fixture *f, struct str text, size_t budget)
{
    assert_int_equal(split_lines(text, budget, &f->arena, &f->lines, &f->count), 0);
}

/* ---- the table ------------------------------------------------------------------------------- */

struct row {
    const char *name, *text;
    size_t budget;
    const char *lines[6];
};

static const struct row rows[] = {
    {"fits", "one two", 20, {"one two"}},
    {"exactly", "1234567890123456", 16, {"1234567890123456"}},
    {"at a space", "twelve letters here", 16, {"twelve letters", "here"}},
    {"budget ends at a space", "sixteen letters! more", 16, {"sixteen letters!", "more"}},
    {"several spaces", "twelve letters     here", 16, {"twelve letters", "here"}},
    {"line breaks", "a\nb\r\nc\rd", 0, {"a", "b", "c", "d"}},
    {"empty lines", "\n\n a \n \n\nb\n", 0, {" a", "b"}},
    {"no budget, no cut",
     "a very long line stays one line without a budget",
     0,
     {"a very long line stays one line without a budget"}},
    {"indent kept", "- a\n  - b", 40, {"- a", "  - b"}},
    {"number of four parts",
     "please call 1-800-662-4357 now",
     20,
     {"please call", "1-800-662-4357 now"}},
    {"number with spaces", "the number is 13 11 14 today", 20, {"the number is", "13 11 14 today"}},
    {"number with brackets",
     "or dial +1 (800) 662 4357 now",
     20,
     {"or dial", "+1 (800) 662 4357", "now"}},
    {"number longer than a line", "1111 2222 3333 4444 5555", 16, {"1111 2222 3333", "4444 5555"}},
    {"link whole",
     "meet us at https://a.example.org/x",
     26,
     {"meet us at", "https://a.example.org/x"}},
    {"link longer than a line",
     "https://a.example.org/harbor",
     16,
     {"https://a.exampl", "e.org/harbor"}},
    {"word after a link",
     "https://a.example.org/harbor now",
     16,
     {"https://a.exampl", "e.org/harbor now"}},
    {"Chinese breaks between words",
     "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd",
     16,
     {"\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd", "\xe4\xbd\xa0\xe5\xa5\xbd"}},
    {"a family is one", "abcdefgh " FAMILY, 20, {"abcdefgh", FAMILY}},
    {"families part", FAMILY FAMILY, 20, {FAMILY, FAMILY}},
    {"flags part between", FLAG FLAG FLAG, 20, {FLAG FLAG, FLAG}},
    {"accents stay", "aaaaaaaaaaaaaa" E_ACUTE "b", 16, {"aaaaaaaaaaaaaa", E_ACUTE "b"}},
    {"CRLF inside nothing", "\r\n\r\n", 16, {NULL}},
    {"nothing", "", 16, {NULL}},
};

static void test_table(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        split(f, str_of(row->text), row->budget);
        size_t wanted = 0;
        while (wanted < COUNT_OF(row->lines) && row->lines[wanted]) {
            if (wanted >= f->count || !str_eq_c(f->lines[wanted], row->lines[wanted]))
                fail_msg("%s: line %zu is \"%.*s\", expected \"%s\"", row->name, wanted,
                         wanted < f->count ? (int)f->lines[wanted].len : 0,
                         wanted < f->count ? f->lines[wanted].ptr : "", row->lines[wanted]);
            wanted++;
        }
        if (f->count != wanted)
            fail_msg("%s: %zu lines, expected %zu", row->name, f->count, wanted);
    }
}

/* ---- ceilings -------------------------------------------------------------------------------- */

static void test_refuses_a_budget_that_holds_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(split_lines(STR("text"), 15, &f->arena, &f->lines, &f->count), -EINVAL);
    assert_int_equal(split_lines(STR("text"), 1, &f->arena, &f->lines, &f->count), -EINVAL);
}

static void test_too_many_lines(void **state)
{
    struct fixture *f = *state;
    AUTO_BUF text;
    buf_init(&text, 4096);
    for (int i = 0; i < SPLIT_LINES_MAX; i++)
        buf_add_c(&text, "x\n");
    split(f, buf_str(&text), 0);
    assert_int_equal(f->count, SPLIT_LINES_MAX);
    buf_add_c(&text, "one more");
    assert_int_equal(split_lines(buf_str(&text), 0, &f->arena, &f->lines, &f->count), -E2BIG);
}

static void test_short_of_memory(void **state)
{
    (void)state;
    struct arena small;
    struct str *lines;
    size_t count;
    arena_init(&small, 1);
    assert_int_equal(split_lines(STR("text"), 0, &small, &lines, &count), -ENOMEM);
    arena_done(&small);
}

static void test_a_grapheme_longer_than_the_line_is_cut_between_characters(void **state)
{
    struct fixture *f = *state;
    AUTO_BUF text;
    buf_init(&text, 4096);
    buf_add_c(&text, "a");
    for (int i = 0; i < 40; i++)
        buf_add_c(&text, "\xcc\x81");
    split(f, buf_str(&text), 16);
    assert_true(f->count > 1);
    for (size_t i = 0; i < f->count; i++) {
        assert_true(f->lines[i].len <= 16);
        assert_true(utf8_valid(f->lines[i]));
    }
}

/* ---- the property ---------------------------------------------------------------------------- */

static const char *const pieces[] = {
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "word",
    "a",
    "1-800-662-4357",
    "988",
    "13 11 14",
    "https://meet.example.org/harbor?x=1&y=2",
    FAMILY,
    E_ACUTE,
    FLAG,
    "\xe4\xbd\xa0\xe5\xa5\xbd",
    "na\xc3\xafve",
    "\xf0\x9f\x99\x82",
    "(1) yes",
    "don't",
    "\t",
    "\r\n",
    "supercalifragilisticexpialidocious",
    "\xe0\xb8\xaa\xe0\xb8\xa7\xe0\xb8\xb1\xe0\xb8\xaa\xe0\xb8\x94\xe0\xb8\xb5",
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void add_without_blanks(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_blank(text.ptr[i]))
            buf_add_byte(out, text.ptr[i]);
}

/* Every cut that no blank marks must stand between graphemes of the text, unless one alone is
 * longer than the line. */
static void check_graphemes(struct str text, const struct str *lines, size_t count, size_t budget)
{
    UErrorCode status = U_ZERO_ERROR;
    UText *source = utext_openUTF8(NULL, text.ptr, (int64_t)text.len, &status);
    UBreakIterator *iterator = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status);
    ubrk_setUText(iterator, source, &status);
    assert_true(U_SUCCESS(status));
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        while (at < text.len && is_blank(text.ptr[at]))
            at++;
        assert_true(lines[i].len <= budget);
        /* An indent stays with its line. */
        struct str line = lines[i];
        while (line.len && is_blank(line.ptr[0]))
            line = str_from(line, 1);
        assert_true(str_starts(str_from(text, at), line));
        at += line.len;
        if (at < text.len && !ubrk_isBoundary(iterator, (int32_t)at))
            fail_msg("a grapheme was cut at byte %zu of \"%.*s\"", at, STR_ARG(text));
    }
    ubrk_close(iterator);
    utext_close(source);
}

static void test_nothing_is_lost_and_no_grapheme_is_cut(void **state)
{
    struct fixture *f = *state;
    struct random random;
    random_seed(&random, 7);
    for (int round = 0; round < 3000; round++) {
        AUTO_BUF text;
        AUTO_BUF before;
        AUTO_BUF after;
        buf_init(&text, 65536);
        buf_init(&before, 65536);
        buf_init(&after, 65536);
        size_t budget = 20 +
                        (size_t)random_below(&random, 80); /* the longest grapheme has 18 bytes */
        for (uint64_t left = random_below(&random, 60); left > 0; left--)
            buf_add_c(&text, pieces[random_below(&random, COUNT_OF(pieces))]);
        arena_reset(&f->arena);

        split(f, buf_str(&text), budget);

        add_without_blanks(&before, buf_str(&text));
        for (size_t i = 0; i < f->count; i++) {
            assert_true(f->lines[i].len > 0);
            add_without_blanks(&after, f->lines[i]);
        }
        assert_true(str_eq(buf_str(&before), buf_str(&after)));
        check_graphemes(buf_str(&text), f->lines, f->count, budget);
    }
}

static void test_numbers_and_links_stay_whole_where_they_fit(void **state)
{
    struct fixture *f = *state;
    static const char *const whole[] = {"1-800-662-4357", "116 123", "13 11 14",
                                        "https://findahelpline.com", "+353 1 872 7700"};
    struct random random;
    random_seed(&random, 11);
    for (int round = 0; round < 2000; round++) {
        AUTO_BUF text;
        buf_init(&text, 65536);
        const char *kept = whole[random_below(&random, COUNT_OF(whole))];
        for (uint64_t left = random_below(&random, 40); left > 0; left--)
            buf_add_c(&text, random_below(&random, 2) ? "call " : "us or ");
        buf_add_c(&text, kept);
        buf_add_c(&text, " any time, day or night");
        arena_reset(&f->arena);

        split(f, buf_str(&text), 26 + (size_t)random_below(&random, 60));

        bool found = false;
        for (size_t i = 0; i < f->count; i++)
            found |= str_find(f->lines[i], str_of(kept), 0) != SIZE_MAX;
        if (!found)
            fail_msg("\"%s\" was cut in \"%.*s\"", kept, STR_ARG(buf_str(&text)));
    }
}

static void test_ill_formed_bytes_do_not_crash(void **state)
{
    struct fixture *f = *state;
    struct random random;
    random_seed(&random, 3);
    for (int round = 0; round < 2000; round++) {
        char bytes[300];
        size_t size = (size_t)random_below(&random, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)(random_below(&random, 4) ? 0x80 | random_below(&random, 128)
                                                       : random_below(&random, 128));
        arena_reset(&f->arena);
        int r = split_lines((struct str){bytes, size}, 16, &f->arena, &f->lines, &f->count);
        assert_true(r == 0 || r == -E2BIG);
    }
}

static void test_neighbours_join_while_they_fit(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(split_lines(STR("Call 911.\nNaloxone.\nBreaths.\nStay with them, please."), 25,
                                 &f->arena, &f->lines, &f->count),
                     0);
    assert_int_equal(f->count, 4);
    assert_int_equal(split_join(f->lines, &f->count, 25, &f->arena), 0);
    assert_int_equal(f->count, 3);
    assert_true(str_eq_c(f->lines[0], "Call 911. Naloxone."));
    assert_true(str_eq_c(f->lines[1], "Breaths."));
    assert_true(str_eq_c(f->lines[2], "Stay with them, please."));
    f->count = 0;
    assert_int_equal(split_join(f->lines, &f->count, 25, &f->arena), 0);
    assert_int_equal(f->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses_a_budget_that_holds_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_lines, setup, teardown),
        cmocka_unit_test(test_short_of_memory),
        cmocka_unit_test_setup_teardown(test_neighbours_join_while_they_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_grapheme_longer_than_the_line_is_cut_between_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_lost_and_no_grapheme_is_cut, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_numbers_and_links_stay_whole_where_they_fit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ill_formed_bytes_do_not_crash, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
