/* SPDX-License-Identifier: MIT */
/* test_render.c: arguments of every kind, plurals, times and durations, code, and what is missing.
 */
#include "catalogue_files.h"

#include <errno.h>

#include "text/markdown.h"

#define CORE                                                                                       \
    "time = \"{hour}:{minute}\"; date = \"{weekday} {day} {month}\"; when = \"{weekday} {day} "    \
    "{month}, {hour}:{minute}\";\n"                                                                \
    "weekdays = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\", \"Sun\"];\n"                \
    "months = [\"Jan\", \"Feb\", \"Mar\", \"Apr\", \"May\", \"Jun\", \"Jul\", \"Aug\", \"Sep\", "  \
    "\"Oct\", \"Nov\", \"Dec\"];\n"                                                                \
    "duration-seconds = \"{seconds} s\"; duration-minutes = \"{minutes} min\"; duration-hours = "  \
    "\"{hours} h\";\n"                                                                             \
    "duration-hours-minutes = \"{hours} h {minutes} min\";\n"                                      \
    "duration-days = \"{days, plural, one {# day} other {# days}}\";\n"                            \
    "duration-days-hours = \"{days, plural, one {# day} other {# days}} {hours} h\";\n"

/* Renders the pattern t.a for a reader, as a person sees it. */
struct fixture {
    struct catalogue_files *files;
    struct text *text;
    struct text_reader reader;
    struct buf out;
};

static struct fixture begin(void **state, const char *language, const char *texts)
{
    struct fixture fixture = {.files = *state, .reader = {.language = str_of(language)}};
    char name[64];
    catalogue_write(fixture.files, "a/text/en/core.cfg", CORE);
    snprintf(name, sizeof name, "a/text/%s/t.cfg", language);
    catalogue_write(fixture.files, name, texts);
    int r = catalogue_load(fixture.files, &fixture.text);
    if (fixture.files->mistake_count)
        print_error("%s\n", fixture.files->mistakes[0]);
    assert_int_equal(r, 0);
    buf_init(&fixture.out, 1 << 16);
    return fixture;
}

static void end(struct fixture *fixture)
{
    buf_done(&fixture->out);
    text_destroy(fixture->text);
}

static void expect(struct fixture *fixture, const char *msgid, const struct mooring_arg *args,
                   size_t count, const char *expected)
{
    AUTO_BUF markdown;
    buf_init(&markdown, 1 << 16);
    assert_int_equal(
        text_render(fixture->text, &fixture->reader, str_of(msgid), args, count, 0, &markdown), 0);
    buf_clear(&fixture->out);
    assert_int_equal(markdown_render(buf_str(&markdown), MARKDOWN_PLAIN, &fixture->out), 0);
    assert_string_equal(fixture->out.ptr, expected);
}

static struct mooring_arg number(const char *name, uint32_t kind, int64_t value)
{
    return (struct mooring_arg){.name = name, .kind = kind, .number = value};
}

static struct mooring_arg words(const char *name, const char *value)
{
    return (struct mooring_arg){
        .name = name, .kind = MOORING_ARG_TEXT, .text = {value, strlen(value)}};
}

static void plurals_in_english(void **state)
{
    struct fixture f = begin(state, "en",
                             "a = \"{n, plural, =0 {none} one {# day} other {# days}}.\";");
    static const struct {
        int64_t n;
        const char *expected;
    } cases[] = {{0, "none."},    {1, "1 day."},    {2, "2 days."},
                 {-1, "-1 day."}, {21, "21 days."}, {1234567, "1,234,567 days."}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mooring_arg n = number("n", MOORING_ARG_INT, cases[i].n);
        expect(&f, "t.a", &n, 1, cases[i].expected);
    }
    end(&f);
}

static void plurals_in_polish_and_digits_in_arabic(void **state)
{
    struct fixture f = begin(
        state, "pl",
        "a = \"{n, plural, one {# dzień} few {# dni (few)} many {# dni} other {# dnia}}\";");
    static const struct {
        int64_t n;
        const char *expected;
    } cases[] = {
        {1, "1 dzień"}, {3, "3 dni (few)"}, {5, "5 dni"}, {22, "22 dni (few)"}, {112, "112 dni"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mooring_arg n = number("n", MOORING_ARG_INT, cases[i].n);
        expect(&f, "t.a", &n, 1, cases[i].expected);
    }
    end(&f);
}

static void digits_are_the_languages_own(void **state)
{
    struct fixture f = begin(state, "ar-EG", "a = \"{n}\";");
    struct mooring_arg n = number("n", MOORING_ARG_INT, 42);
    expect(&f, "t.a", &n, 1, "٤٢");
    end(&f);
}

static void selections(void **state)
{
    struct fixture f = begin(state, "en", "a = \"{x, select, yes {y} 7 {seven} other {o}}\";");
    struct mooring_arg arg = words("x", "yes");
    expect(&f, "t.a", &arg, 1, "y");
    arg = words("x", "");
    expect(&f, "t.a", &arg, 1, "o");
    arg = number("x", MOORING_ARG_INT, 7);
    expect(&f, "t.a", &arg, 1, "seven");
    end(&f);
}

static void apostrophes_and_braces(void **state)
{
    struct fixture f = begin(
        state, "en", "a = \"it's '{'plain'}' and ''two'' # {n, plural, other {'#' is #}}\";");
    struct mooring_arg n = number("n", MOORING_ARG_INT, 3);
    expect(&f, "t.a", &n, 1, "it's {plain} and 'two' # # is 3");
    end(&f);
}

static void texts_are_never_markdown(void **state)
{
    struct fixture f = begin(state, "en", "a = \"**Note:** {x}\";");
    struct mooring_arg x = words("x", "*not* `this` [nor](that) <b> # & 1. 'x'");
    expect(&f, "t.a", &x, 1, "Note: *not* `this` [nor](that) <b> # & 1. 'x'");
    end(&f);
}

static void texts_in_code_are_shown_as_they_are(void **state)
{
    struct fixture f = begin(state, "en", "a = \"I don't know `!{x}`.\";");
    static const char *const cases[][2] = {{"chekin", "I don't know !chekin."},
                                           {"a-b_c*", "I don't know !a-b_c*."},
                                           {"a`b", "I don't know !a`b."},
                                           {"```", "I don't know !```."},
                                           {" x ", "I don't know ! x ."},
                                           {"\\", "I don't know !\\."},
                                           {"two\nlines", "I don't know !two lines."}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mooring_arg x = words("x", cases[i][0]);
        expect(&f, "t.a", &x, 1, cases[i][1]);
    }
    end(&f);
}

static void code_alone_keeps_its_spaces(void **state)
{
    struct fixture f = begin(state, "en", "a = \"`{x}`\";");
    static const char *const cases[] = {"`x`", " x ", "`", "``a` b", "  ", "x"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mooring_arg x = words("x", cases[i]);
        expect(&f, "t.a", &x, 1, cases[i]);
    }
    struct mooring_arg empty = words("x", "");
    expect(&f, "t.a", &empty, 1, "");
    end(&f);
}

/* ---- people and places ----------------------------------------------------------------------- */

static int name_of(void *ctx, uint32_t kind, uint64_t id, struct buf *out)
{
    (void)ctx;
    if (id == 9)
        return -ENOENT;
    buf_add_format(out, "%s_%d_", kind == MOORING_ARG_MEMBER ? "member" : "#room", (int)id);
    return 0;
}

static void names_come_from_the_reader(void **state)
{
    struct fixture f = begin(state, "en", "a = \"{m} in {r}\";");
    struct mooring_arg args[] = {number("m", MOORING_ARG_MEMBER, 1),
                                 number("r", MOORING_ARG_ROOM, 2)};
    expect(&f, "t.a", args, 2, "1 in 2");
    f.reader.name = name_of;
    expect(&f, "t.a", args, 2, "member_1_ in #room_2_");
    args[0].number = 9;
    expect(&f, "t.a", args, 2, "9 in #room_2_");
    end(&f);
}

/* ---- times ----------------------------------------------------------------------------------- */

static int local_of(void *ctx, int64_t at, struct mooring_civil *ret_local)
{
    (void)ctx;
    if (at == 13)
        return -EINVAL;
    *ret_local = (struct mooring_civil){2026, 11, 23, 18, 5, 0, 0};
    return 0;
}

static void times_are_the_readers(void **state)
{
    struct fixture f = begin(state, "en", "a = \"{t} / {d} / {w}\";");
    f.reader.local = local_of;
    struct mooring_arg args[] = {number("t", MOORING_ARG_TIME, 1), number("d", MOORING_ARG_DATE, 1),
                                 number("w", MOORING_ARG_WHEN, 1)};
    expect(&f, "t.a", args, 3, "18:05 / Mon 23 Nov / Mon 23 Nov, 18:05");
    end(&f);
}

static void times_without_a_zone_are_utc(void **state)
{
    struct fixture f = begin(state, "en", "a = \"{w}\";");
    static const struct {
        int64_t at;
        const char *expected;
    } cases[] = {{0, "Thu 1 Jan, 00:00"},
                 {1795424700000, "Mon 23 Nov, 09:05"},
                 {-1, "Wed 31 Dec, 23:59"},
                 {951782400000, "Tue 29 Feb, 00:00"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mooring_arg w = number("w", MOORING_ARG_WHEN, cases[i].at);
        expect(&f, "t.a", &w, 1, cases[i].expected);
    }
    f.reader.local = local_of;
    struct mooring_arg failing = number("w", MOORING_ARG_WHEN, 13);
    expect(&f, "t.a", &failing, 1, "Thu 1 Jan, 00:00");
    end(&f);
}

static void another_languages_times_are_only_files(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/de/core.cfg",
                    "time = \"{hour12}.{minute} {half, select, am {früh} other {spät}}\"; date = "
                    "\"{day}. {month-number}. {year}\";");
    struct fixture f = begin(state, "de", "a = \"{t}, {d}\";");
    f.reader.local = local_of;
    struct mooring_arg args[] = {number("t", MOORING_ARG_TIME, 1),
                                 number("d", MOORING_ARG_DATE, 1)};
    expect(&f, "t.a", args, 2, "6.05 spät, 23. 11. 2026");
    end(&f);
}

static void durations(void **state)
{
    struct fixture f = begin(state, "en", "a = \"{d}\";");
    static const struct {
        int64_t ms;
        const char *expected;
    } cases[] = {{0, "0 s"},
                 {45000, "45 s"},
                 {60000, "1 min"},
                 {5400000, "90 min"},
                 {3600000, "1 h"},
                 {7200000, "2 h"},
                 {9000000, "2 h 30 min"},
                 {86400000, "1 day"},
                 {90000000, "25 h"},
                 {3 * 86400000LL, "3 days"},
                 {190800000, "2 days 5 h"},
                 {-5400000, "90 min"},
                 {20 * 60000 + 40000, "21 min"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mooring_arg d = number("d", MOORING_ARG_DURATION, cases[i].ms);
        expect(&f, "t.a", &d, 1, cases[i].expected);
    }
    end(&f);
}

/* ---- odd things ------------------------------------------------------------------------------ */

static void extreme_numbers_are_survived(void **state)
{
    struct fixture f = begin(state, "en", "a = \"{x}{x, plural, one {1} other {#}}\";");
    static const int64_t numbers[] = {INT64_MIN, INT64_MAX, 0, -1};
    for (uint32_t kind = 0; kind <= MOORING_ARG_MSGID + 1; kind++)
        for (size_t i = 0; i < COUNT_OF(numbers); i++) {
            struct mooring_arg x = number("x", kind, numbers[i]);
            buf_clear(&f.out);
            assert_int_equal(text_render(f.text, &f.reader, STR("t.a"), &x, 1, 0, &f.out), 0);
        }
    end(&f);
}

static void ids_of_other_messages(void **state)
{
    struct fixture f = begin(state, "en", "a = \"[{x}]\"; b = \"**other**\"; loop = \"{x}\";");
    struct mooring_arg x = {.name = "x", .kind = MOORING_ARG_MSGID, .text = MOORING_STR("t.b")};
    expect(&f, "t.a", &x, 1, "[other]");
    x.text = MOORING_STR("t.gone");
    expect(&f, "t.a", &x, 1, "[t.gone]");
    end(&f);
}

/* Sanitized builds are Debug builds: there a missing argument is the programmer's error, with the
 * text all the same. */
static void a_missing_argument_is_seen(void **state)
{
    struct fixture f = begin(state, "en", "a = \"Hello {who}.\";");
    int r = text_render(f.text, &f.reader, STR("t.a"), NULL, 0, 0, &f.out);
    assert_true(r == -EINVAL || r == 0);
    assert_string_equal(f.out.ptr, "Hello {who}.");
    end(&f);
}

static void a_full_buffer_is_an_error(void **state)
{
    struct fixture f = begin(state, "en", "a = \"Hello.\";");
    AUTO_BUF small;
    buf_init(&small, 3);
    assert_int_equal(text_render(f.text, &f.reader, STR("t.a"), NULL, 0, 0, &small), -E2BIG);
    end(&f);
}

static void the_shipped_texts_load(void **state)
{
    (void)state;
    const char *source = getenv("MOORING_SOURCE_DIR");
    if (!source) {
        print_message(
            "SKIPPED: MOORING_SOURCE_DIR is not set, so the shipped texts are not at hand\n");
        skip();
    }
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/config", source);
    const char *const folders[] = {folder};
    struct text *text = NULL;
    struct catalogue_files *files = *state;
    int r = text_load(folders, 1, catalogue_tell, files, &text);
    for (size_t i = 0; i < files->mistake_count; i++)
        print_error("%s\n", files->mistakes[i]);
    assert_int_equal(r, 0);
    assert_true(text_has(text, STR("en"), STR("core.when")));
    text_destroy(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CATALOGUE_TEST(plurals_in_english),
        CATALOGUE_TEST(plurals_in_polish_and_digits_in_arabic),
        CATALOGUE_TEST(digits_are_the_languages_own),
        CATALOGUE_TEST(selections),
        CATALOGUE_TEST(apostrophes_and_braces),
        CATALOGUE_TEST(texts_are_never_markdown),
        CATALOGUE_TEST(texts_in_code_are_shown_as_they_are),
        CATALOGUE_TEST(code_alone_keeps_its_spaces),
        CATALOGUE_TEST(names_come_from_the_reader),
        CATALOGUE_TEST(times_are_the_readers),
        CATALOGUE_TEST(times_without_a_zone_are_utc),
        CATALOGUE_TEST(another_languages_times_are_only_files),
        CATALOGUE_TEST(durations),
        CATALOGUE_TEST(extreme_numbers_are_survived),
        CATALOGUE_TEST(ids_of_other_messages),
        CATALOGUE_TEST(a_missing_argument_is_seen),
        CATALOGUE_TEST(a_full_buffer_is_an_error),
        CATALOGUE_TEST(the_shipped_texts_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
