/* SPDX-License-Identifier: MIT */
/* test_value.c: single values of every kind, typed and read; countries and languages. */
#include "files.h"

#include <errno.h>

#include "settings/value.h"

struct outcome {
    int r;
    struct settings_value value;
    struct error error;
    struct arena arena;
};

static struct outcome check(const struct mooring_option *option, enum settings_raw_type type,
                            int64_t integer, const char *text)
{
    struct outcome outcome = {.r = 0};
    arena_init(&outcome.arena, 0);
    const struct settings_raw raw = {type, integer, str_of(text)};
    outcome.r = settings_value_check(NULL, option, &raw, &outcome.arena, &outcome.value,
                                     &outcome.error);
    return outcome;
}

static void expect_good(const struct mooring_option *option, const char *typed, int64_t integer,
                        const char *text)
{
    struct outcome outcome = check(option, SETTINGS_RAW_TYPED, 0, typed);
    assert_int_equal(outcome.r, 0);
    assert_true(outcome.value.integer == integer);
    assert_string_equal(outcome.value.text.ptr, text);
    arena_done(&outcome.arena);
}

static void expect_wrong(const struct mooring_option *option, enum settings_raw_type type,
                         const char *typed, const char *sentence)
{
    struct outcome outcome = check(option, type, 1, typed);
    assert_int_equal(outcome.r, -EINVAL);
    assert_string_equal(outcome.error.text, sentence);
    arena_done(&outcome.arena);
}

static void integers(void **state)
{
    (void)state;
    const struct mooring_option free_one = {.kind = MOORING_OPTION_INTEGER};
    const struct mooring_option bounded = {
        .kind = MOORING_OPTION_INTEGER, .min = -5, .max = 5, .unit = "minutes"};
    expect_good(&free_one, "1234567890123", 1234567890123, "1234567890123");
    expect_good(&bounded, "-5", -5, "-5");
    expect_good(&bounded, "+5", 5, "5");
    expect_wrong(&bounded, SETTINGS_RAW_TYPED, "6", "6 is outside -5 to 5 minutes.");
    expect_wrong(&bounded, SETTINGS_RAW_TYPED, "five",
                 "\"five\" is not a whole number. It is one from -5 to 5 minutes.");
    expect_wrong(&free_one, SETTINGS_RAW_TYPED, "", "\"\" is not a whole number.");
    expect_wrong(&free_one, SETTINGS_RAW_TYPED, "9223372036854775808", "this number is too large.");
    expect_wrong(&free_one, SETTINGS_RAW_BOOLEAN, "", "true is not a whole number.");
    expect_wrong(&free_one, SETTINGS_RAW_FRACTION, "",
                 "a number with a point is not a whole number.");
}

static void booleans(void **state)
{
    (void)state;
    const struct mooring_option option = {.kind = MOORING_OPTION_BOOLEAN};
    expect_good(&option, "yes", 1, "true");
    expect_good(&option, " On ", 1, "true");
    expect_good(&option, "FALSE", 0, "false");
    expect_wrong(&option, SETTINGS_RAW_TYPED, "2", "\"2\" is not true or false.");
    expect_wrong(&option, SETTINGS_RAW_INTEGER, "", "1 is not true or false.");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "yes", "\"yes\" is not true or false.");
}

static void times(void **state)
{
    (void)state;
    const struct mooring_option option = {.kind = MOORING_OPTION_TIME, .default_text = "09:00"};
    expect_good(&option, "0:00", 0, "00:00");
    expect_good(&option, "23:59", 1439, "23:59");
    static const char *const wrong[] = {"24:00", "9", "9.30", "09:60", "-1:00", "09:5", "9:00 pm"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct outcome outcome = check(&option, SETTINGS_RAW_TYPED, 0, wrong[i]);
        assert_int_equal(outcome.r, -EINVAL);
        arena_done(&outcome.arena);
    }
}

static void an_empty_time_is_off_only_without_a_default(void **state)
{
    (void)state;
    const struct mooring_option set = {.kind = MOORING_OPTION_TIME, .default_text = "09:00"};
    const struct mooring_option unset = {.kind = MOORING_OPTION_TIME};
    expect_good(&unset, "", 0, "");
    expect_wrong(&set, SETTINGS_RAW_TEXT, "",
                 "\"\" is not a time of day. Write it like \"09:00\", up to \"23:59\".");
}

static void texts(void **state)
{
    (void)state;
    const struct mooring_option option = {.kind = MOORING_OPTION_TEXT, .min = 2, .max = 4};
    expect_good(&option, "abcd", 0, "abcd");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "a", "\"a\" is too short: at least 2 bytes.");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "", "this cannot be empty.");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "abcde", "this is 5 bytes long; at most 4 fit.");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "a\x7f",
                 "the text holds a control character (127). Remove it.");
    expect_wrong(&option, SETTINGS_RAW_BOOLEAN, "", "true is not a text. Write it in quotes.");
}

static void long_values_are_cut_in_sentences(void **state)
{
    (void)state;
    const struct mooring_option option = {.kind = MOORING_OPTION_CHOICE, .choices = "a|b"};
    char text[300];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct outcome outcome = check(&option, SETTINGS_RAW_TEXT, 0, text);
    assert_int_equal(outcome.r, -EINVAL);
    assert_true(strlen(outcome.error.text) < 140);
    arena_done(&outcome.arena);
}

static void choices(void **state)
{
    (void)state;
    const struct mooring_option option = {
        .kind = MOORING_OPTION_CHOICE, .choices = "plain|tls", .default_text = "tls"};
    expect_good(&option, "plain", 0, "plain");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "plian",
                 "\"plian\" is not one of plain, tls. Did you mean \"plain\"?");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "TLS",
                 "\"TLS\" is not one of plain, tls. Did you mean \"tls\"?");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "pla",
                 "\"pla\" is not one of plain, tls. Did you mean \"plain\"?");
    expect_wrong(&option, SETTINGS_RAW_TEXT, "x", "\"x\" is not one of plain, tls.");
}

static void a_section_is_no_value(void **state)
{
    (void)state;
    const struct mooring_option option = {.kind = MOORING_OPTION_LIST, .default_text = "x"};
    expect_wrong(&option, SETTINGS_RAW_TYPED, "a", "this is not a value but a section.");
}

/* ---- locale ---------------------------------------------------------------------------------- */

static void countries(void **state)
{
    (void)state;
    static const char *const good[] = {"US", "GB", "AR", "DE", "NZ"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct error error;
        assert_int_equal(settings_locale_country(str_of(good[i]), &error), 0);
    }
    static const struct {
        const char *typed, *like;
    } wrong[] = {{"us", "\"US\""},
                 {"USA", "\"US\""},
                 {"UK", "\"GB\""},
                 {"France", "\"FR\""},
                 {"united states", "\"US\""}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct error error;
        assert_int_equal(settings_locale_country(str_of(wrong[i].typed), &error), -EINVAL);
        assert_non_null(strstr(error.text, wrong[i].like));
    }
    struct error error;
    assert_int_equal(settings_locale_country(STR("ZZ"), &error), -EINVAL);
    assert_int_equal(settings_locale_country(STR(""), &error), -EINVAL);
}

static void languages(void **state)
{
    (void)state;
    static const char *const good[] = {"en", "es", "es-AR", "zh-Hant", "pt-BR", "de"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct error error;
        assert_int_equal(settings_locale_language(str_of(good[i]), &error), 0);
    }
    static const char *const wrong[] = {"",        "e",     "qq",    "es_", "en-",
                                        "english", "en us", "x\xff", "-",   "en-US-toolongsubtag"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct error error;
        assert_int_equal(settings_locale_language(str_of(wrong[i]), &error), -EINVAL);
    }
    struct error error;
    assert_int_equal(settings_locale_language(STR("Spanish"), &error), -EINVAL);
    assert_non_null(strstr(error.text, "Did you mean \"es\"?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),  cmocka_unit_test(booleans),
        cmocka_unit_test(times),     cmocka_unit_test(an_empty_time_is_off_only_without_a_default),
        cmocka_unit_test(texts),     cmocka_unit_test(long_values_are_cut_in_sentences),
        cmocka_unit_test(choices),   cmocka_unit_test(a_section_is_no_value),
        cmocka_unit_test(countries), cmocka_unit_test(languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
