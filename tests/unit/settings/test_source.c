/* SPDX-License-Identifier: MIT */
/* test_source.c: syntax errors that say where, includes, numbers of 64 bits. */
#include "files.h"

#include <errno.h>

#include "settings/source.h"

static void expect_error(const char *text, const char *expected)
{
    struct settings_source source;
    struct error error = {0, ""};
    int r = settings_source_parse(&source, "a.cfg", str_of(text), &error);
    settings_source_done(&source);
    assert_int_equal(r, -EINVAL);
    assert_string_equal(error.text, expected);
}

static int64_t integer_of(const char *text)
{
    struct settings_source source;
    struct error error = {0, ""};
    assert_int_equal(settings_source_parse(&source, "a.cfg", str_of(text), &error), 0);
    const config_setting_t *setting = config_lookup(&source.config, "a");
    assert_non_null(setting);
    int64_t value = config_setting_get_int64(setting);
    settings_source_done(&source);
    return value;
}

static void numbers_are_64_bits_wide(void **state)
{
    (void)state;
    assert_int_equal(integer_of("a = 4294967301;"), 4294967301);
    assert_int_equal(integer_of("a = -4294967301;"), -4294967301);
    assert_int_equal(integer_of("a = 0xFFFFFFFFF;"), 0xFFFFFFFFF);
    assert_int_equal(integer_of("a = 5L;"), 5);
    assert_int_equal(integer_of("a = +7;"), 7);
}

static void numbers_beyond_64_bits_stay_at_the_end(void **state)
{
    (void)state;
    assert_true(integer_of("a = 99999999999999999999;") == INT64_MAX);
    assert_true(integer_of("a = 0x10000000000000005;") == INT64_MAX);
}

static void digits_in_names_texts_and_fractions_are_left_alone(void **state)
{
    (void)state;
    struct settings_source source;
    struct error error = {0, ""};
    const char *text = "a1-2 = \"3 4\"; b = 1.5e+3; c = [1, 2]; # 5\n/* 6 */ d = 7;";
    assert_int_equal(settings_source_parse(&source, "a.cfg", str_of(text), &error), 0);
    assert_string_equal(config_setting_get_string(config_lookup(&source.config, "a1-2")), "3 4");
    assert_true(config_setting_get_float(config_lookup(&source.config, "b")) == 1500.0);
    assert_int_equal(config_setting_length(config_lookup(&source.config, "c")), 2);
    settings_source_done(&source);
}

static void an_open_quote_is_told_where_it_opens(void **state)
{
    (void)state;
    expect_error("a = 1;\nb = \"open;\nc = \"x\";\n",
                 "a.cfg:2: a quote is opened on this line and not closed on it. A long text may be "
                 "several, one after "
                 "the other: \"like \" \"this\".");
}

static void an_open_bracket_is_told_where_it_opens(void **state)
{
    (void)state;
    expect_error("a = 1;\nb = {\n  c = 2;\n",
                 "a.cfg:2: the \"{\" on this line is never closed with \"}\".");
}

static void a_wrong_bracket_names_its_partner(void **state)
{
    (void)state;
    expect_error(
        "b = (\n  { c = 2; )\n",
        "a.cfg:2: \")\" stands here, but the \"{\" of a.cfg:2 is still open and needs \"}\".");
    expect_error("b = 2; }", "a.cfg:1: \"}\" closes nothing: remove it.");
}

static void a_comma_after_the_last_one_is_named(void **state)
{
    (void)state;
    expect_error("a = (\n { b = 1; },\n);\n",
                 "a.cfg:3: remove the comma before \")\": nothing comes after the last one.");
}

static void a_duplicate_and_a_missing_sign_name_the_line(void **state)
{
    (void)state;
    expect_error("a = 1;\na = 2;\n",
                 "a.cfg:2: this option is set for the second time here: keep one.");
    expect_error("a = 1;\nb 2;\n", "a.cfg:2: the file cannot be understood from here on. Look, on "
                                   "this line and the one before, for a "
                                   "missing quote, equals sign, comma or semicolon.");
    expect_error("a = [1, \"x\"];",
                 "a.cfg:1: [ ] holds values of one kind: all numbers, or all texts in quotes.");
}

static void a_text_without_a_name_is_told(void **state)
{
    (void)state;
    expect_error("prefix \"!\";",
                 "a.cfg:1: a text stands here without a name and an equals sign before it.");
    expect_error("a = 1;\nb = { \"x\" };",
                 "a.cfg:2: a text stands here without a name and an equals sign before it.");
    expect_error("a = 1, \"x\";",
                 "a.cfg:1: a text stands here without a name and an equals sign before it.");
}

static void an_open_comment_is_told(void **state)
{
    (void)state;
    expect_error("a = 1;\n/* b\nc",
                 "a.cfg:2: a comment is opened with /* and never closed with */.");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    expect_error("a = \"\xff\";", "a.cfg: this is not UTF-8 text. Save the file as UTF-8.");
    expect_error("a = \"\\x00\";", "a.cfg:1: \\x00 cannot stand in a text.");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    char text[512] = "a = ";
    memset(text + 4, '(', 400);
    expect_error(text, "a.cfg:1: brackets are nested too deep here.");
}

static void a_flood_of_names_is_refused(void **state)
{
    (void)state;
    AUTO_BUF text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i <= SETTINGS_SOURCE_NAMES; i++)
        buf_add_format(&text, "a%d = 1;\n", i);
    expect_error(text.ptr, "a.cfg:4001: too many options stand in one section here.");
}

static void a_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    assert_int_equal(integer_of("\xEF\xBB\xBF"
                                "a = 3;"),
                     3);
}

/* ---- includes -------------------------------------------------------------------------------- */

static int read_file(struct files *files, const char *path, struct settings_source *source,
                     struct error *error)
{
    (void)files;
    *error = (struct error){0, ""};
    return settings_source_read(source, path, error);
}

static void lines_are_known_inside_and_after_an_include(void **state)
{
    struct files *files = *state;
    struct settings_source source;
    struct error error;
    int line;
    files_write(files, "more.cfg", "\nb = 2;\nc = 3;");
    const char *path = files_write(files, "main.cfg", "a = 1;\n  @include \"more.cfg\"\nd = 4;\n");
    assert_int_equal(read_file(files, path, &source, &error), 0);
    int c = (int)config_setting_source_line(config_lookup(&source.config, "c"));
    assert_non_null(strstr(settings_source_where(&source, c, &line), "/more.cfg"));
    assert_int_equal(line, 3);
    int d = (int)config_setting_source_line(config_lookup(&source.config, "d"));
    assert_non_null(strstr(settings_source_where(&source, d, &line), "/main.cfg"));
    assert_int_equal(line, 3);
    settings_source_done(&source);
}

static void a_missing_include_names_both_files(void **state)
{
    struct files *files = *state;
    struct settings_source source;
    struct error error;
    char expected[512];
    const char *path = files_write(files, "main.cfg", "a = 1;\n@include \"gone.cfg\"\n");
    assert_int_equal(read_file(files, path, &source, &error), -EINVAL);
    settings_source_done(&source);
    snprintf(expected, sizeof expected, "%s:2: %s/gone.cfg: there is no such file.", path,
             files->folder);
    assert_string_equal(error.text, expected);
}

static void a_file_that_includes_itself_ends(void **state)
{
    struct files *files = *state;
    struct settings_source source;
    struct error error;
    const char *path = files_write(files, "main.cfg", "@include \"main.cfg\"\n");
    assert_int_equal(read_file(files, path, &source, &error), -EINVAL);
    settings_source_done(&source);
    assert_non_null(
        strstr(error.text, ":1: files include each other too deep; does one include itself?"));
}

/* libconfig would end the process here. */
static void a_folder_is_refused_and_survived(void **state)
{
    struct files *files = *state;
    struct settings_source source;
    struct error error;
    assert_int_equal(read_file(files, files->folder, &source, &error), -EISDIR);
    settings_source_done(&source);
    const char *path = files_write(files, "main.cfg", "@include \".\"\n");
    assert_int_equal(read_file(files, path, &source, &error), -EINVAL);
    settings_source_done(&source);
    assert_non_null(strstr(error.text, "this is no file."));
}

static void an_include_that_libconfig_would_open_itself_is_refused(void **state)
{
    (void)state;
    expect_error(
        "/* x */ @include \"/tmp\"\n",
        "a.cfg:1: \"@include\" stands at the beginning of a line; \"@\" has no other use here.");
}

static void a_missing_file_says_so(void **state)
{
    (void)state;
    struct settings_source source;
    struct error error = {0, ""};
    assert_int_equal(settings_source_read(&source, "/nonexistent/a.cfg", &error), -ENOENT);
    settings_source_done(&source);
    assert_string_equal(error.text, "/nonexistent/a.cfg: there is no such file.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_64_bits_wide),
        cmocka_unit_test(numbers_beyond_64_bits_stay_at_the_end),
        cmocka_unit_test(digits_in_names_texts_and_fractions_are_left_alone),
        cmocka_unit_test(an_open_quote_is_told_where_it_opens),
        cmocka_unit_test(an_open_bracket_is_told_where_it_opens),
        cmocka_unit_test(a_wrong_bracket_names_its_partner),
        cmocka_unit_test(a_comma_after_the_last_one_is_named),
        cmocka_unit_test(a_duplicate_and_a_missing_sign_name_the_line),
        cmocka_unit_test(a_text_without_a_name_is_told),
        cmocka_unit_test(an_open_comment_is_told),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_flood_of_names_is_refused),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        FILES_TEST(lines_are_known_inside_and_after_an_include),
        FILES_TEST(a_missing_include_names_both_files),
        FILES_TEST(a_file_that_includes_itself_ends),
        FILES_TEST(a_folder_is_refused_and_survived),
        cmocka_unit_test(an_include_that_libconfig_would_open_itself_is_refused),
        cmocka_unit_test(a_missing_file_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
