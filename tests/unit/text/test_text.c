/* SPDX-License-Identifier: MIT */
/* test_text.c: reading the catalogue: folders, languages, fallbacks, mistakes. */
#include "catalogue_files.h"

#include <errno.h>

static struct text *load(struct catalogue_files *files)
{
    struct text *text = NULL;
    int r = catalogue_load(files, &text);
    if (files->mistake_count)
        print_error("%s\n", files->mistakes[0]);
    assert_int_equal(r, 0);
    return text;
}

static void expect(const struct text *text, const char *language, const char *msgid,
                   const char *expected)
{
    AUTO_BUF out;
    buf_init(&out, 4096);
    const struct text_reader reader = {.language = str_of(language)};
    assert_int_equal(text_render(text, &reader, str_of(msgid), NULL, 0, 0, &out), 0);
    assert_string_equal(out.ptr, expected);
}

static void texts_are_found_by_area_and_key(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/en/core.cfg", "hello = \"Hello.\";\n");
    catalogue_write(files, "a/text/en/check-in.cfg", "hello = \"Good \" \"morning.\";\n");
    struct text *text = load(files);
    expect(text, "en", "core.hello", "Hello.");
    expect(text, "en", "check-in.hello", "Good morning.");
    text_destroy(text);
}

static void an_unknown_id_writes_nothing(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/en/core.cfg", "hello = \"Hello.\";\n");
    struct text *text = load(files);
    AUTO_BUF out;
    buf_init(&out, 64);
    const struct text_reader reader = {.language = STR("en")};
    assert_int_equal(text_render(text, &reader, STR("core.bye"), NULL, 0, 0, &out), -ENOENT);
    assert_int_equal(out.len, 0);
    text_destroy(text);
}

static void languages_fall_back_step_by_step(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/en/core.cfg", "a = \"en a\"; b = \"en b\"; c = \"en c\";\n");
    catalogue_write(files, "a/text/es/core.cfg", "a = \"es a\"; b = \"es b\";\n");
    catalogue_write(files, "a/text/es-AR/core.cfg", "a = \"ar a\";\n");
    struct text *text = load(files);
    expect(text, "es-AR", "core.a", "ar a");
    expect(text, "ES_ar", "core.a", "ar a");
    expect(text, "es-AR", "core.b", "es b");
    expect(text, "es-AR", "core.c", "en c");
    expect(text, "es-MX", "core.a", "es a");
    expect(text, "de", "core.a", "en a");
    expect(text, "", "core.a", "en a");
    text_destroy(text);
}

static void has_looks_into_that_language(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/en/core.cfg", "a = \"a\"; b = \"b\";\n");
    catalogue_write(files, "a/text/es/core.cfg", "a = \"a\";\n");
    struct text *text = load(files);
    assert_true(text_has(text, STR("es"), STR("core.a")));
    assert_false(text_has(text, STR("es"), STR("core.b")));
    assert_false(text_has(text, STR("de"), STR("core.a")));
    struct str list[4];
    assert_int_equal(text_languages(text, list, 4), 2);
    assert_true(str_eq_c(list[0], "en") && str_eq_c(list[1], "es"));
    assert_int_equal(text_languages(text, NULL, 0), 2);
    text_destroy(text);
}

static void the_first_folders_file_counts(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/en/core.cfg", "a = \"ours\";\n");
    catalogue_write(files, "b/text/en/core.cfg", "a = \"shipped\"; b = \"hidden\";\n");
    catalogue_write(files, "b/text/en/more.cfg", "a = \"more\";\n");
    struct text *text = load(files);
    expect(text, "en", "core.a", "ours");
    expect(text, "en", "more.a", "more");
    assert_false(text_has(text, STR("en"), STR("core.b")));
    text_destroy(text);
}

static void wordings_are_picked_modulo(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/en/core.cfg", "a = [\"one\", \"two\", \"three\"];\n");
    struct text *text = load(files);
    AUTO_BUF out;
    buf_init(&out, 256);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(text_render(text, NULL, STR("core.a"), NULL, 0, i, &out), 0);
    assert_string_equal(out.ptr, "onetwothreeone");
    text_destroy(text);
}

static void other_files_are_left_alone(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/en/core.cfg", "a = \"a\";\n");
    catalogue_write(files, "a/text/en/core.cfg~", "broken {");
    catalogue_write(files, "a/text/en/.core.cfg", "broken {");
    catalogue_write(files, "a/text/README", "words");
    text_destroy(load(files));
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static void all_mistakes_name_file_line_and_key(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(
        files, "a/text/en/core.cfg",
        "a = \"{\";\nb = 5;\nc = [];\nd = \"fine\";\ne = ( \"x\",\n\"{n, plural, one {x}}\" );\n");
    catalogue_write(files, "a/text/en/more.cfg", "a = \"x;\n");
    struct text *text = NULL;
    assert_int_equal(catalogue_load(files, &text), -EINVAL);
    assert_null(text);
    assert_int_equal(files->mistake_count, 5);
    assert_string_equal(
        files->mistakes[0],
        "a/text/en/core.cfg:1: a: an argument's name is missing after {, at the end.");
    assert_string_equal(files->mistakes[1],
                        "a/text/en/core.cfg:2: b: a text in quotes is needed here.");
    assert_string_equal(files->mistakes[2], "a/text/en/core.cfg:3: c: no wording stands here.");
    assert_string_equal(files->mistakes[3],
                        "a/text/en/core.cfg:5: e: the case \"other\" is missing, at the end.");
    assert_non_null(
        strstr(files->mistakes[4], "a/text/en/more.cfg:1: a quote is opened on this line"));
}

static void a_folder_that_is_no_language_is_told(void **state)
{
    struct catalogue_files *files = *state;
    catalogue_write(files, "a/text/en/core.cfg", "a = \"a\";\n");
    catalogue_write(files, "a/text/abcdefghijabcdefghijabcdefghijabcdefghij/core.cfg",
                    "a = \"a\";\n");
    struct text *text = NULL;
    assert_int_equal(catalogue_load(files, &text), -EINVAL);
    assert_non_null(strstr(files->mistakes[0], "the folder's name is no language."));
}

static void no_texts_at_all_is_told(void **state)
{
    struct catalogue_files *files = *state;
    struct text *text = NULL;
    assert_int_equal(catalogue_load(files, &text), -ENOENT);
    assert_string_equal(files->mistakes[0],
                        "a/text/en: there are no texts. Is this the folder of the configuration?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CATALOGUE_TEST(texts_are_found_by_area_and_key),
        CATALOGUE_TEST(an_unknown_id_writes_nothing),
        CATALOGUE_TEST(languages_fall_back_step_by_step),
        CATALOGUE_TEST(has_looks_into_that_language),
        CATALOGUE_TEST(the_first_folders_file_counts),
        CATALOGUE_TEST(wordings_are_picked_modulo),
        CATALOGUE_TEST(other_files_are_left_alone),
        CATALOGUE_TEST(all_mistakes_name_file_line_and_key),
        CATALOGUE_TEST(a_folder_that_is_no_language_is_told),
        CATALOGUE_TEST(no_texts_at_all_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
