/* SPDX-License-Identifier: MIT */
/* test_line.c: the forgiving reader of a command line. */
#include "unit.h"

#include "dispatch/dispatch.h"

struct line_case {
    const char *text;
    const char *rest; /* NULL: not addressed to us */
};

static const struct line_case cases[] = {
    /* the prefix */
    {"!tip", "tip"},
    {"! tip", "tip"},
    {"!   tip craving", "tip craving"},
    {"  !tip", "tip"},
    {"!tip  ", "tip"},
    {"!Tip", "Tip"},
    {"! Checkin", "Checkin"},
    {"!CHECKIN 6 4", "CHECKIN 6 4"},
    {"!988", "988"},
    {"!check-in", "check-in"},
    {"!t", "t"},
    {"!tip!", "tip!"},
    {"!tip ?", "tip ?"},
    {"\t!tip", "tip"},
    {"!\ttip", "tip"},
    {"!größe", "größe"},
    /* talk that only looks like it */
    {"!", NULL},
    {"! ", NULL},
    {"!!", NULL},
    {"!!!", NULL},
    {"!!tip", NULL},
    {"!?", NULL},
    {"!...", NULL},
    {"! !", NULL},
    {"!)", NULL},
    {"wow!", NULL},
    {"wow !tip", NULL},
    {"no way!!! tip", NULL},
    {"", NULL},
    {"   ", NULL},
    {"hello", NULL},
    {"tip", NULL},
    /* other bots' words */
    {".tip", NULL},
    {"?help", NULL},
    {"~help", NULL},
    {"$help", NULL},
    {"/help", NULL},
    {"-help", NULL},
    {"@help", NULL},
    {"chanserv: help", NULL},
    {"NickServ identify x", NULL},
    /* our name */
    {"mooring: tip", "tip"},
    {"mooring, tip", "tip"},
    {"mooring; tip", "tip"},
    {"mooring tip", "tip"},
    {"mooring:tip", "tip"},
    {"mooring:   tip", "tip"},
    {"@mooring tip", "tip"},
    {"@mooring: tip", "tip"},
    {"@Mooring, tip", "tip"},
    {"MOORING: tip", "tip"},
    {"Mooring: !tip", "tip"},
    {"mooring: ! tip", "tip"},
    {"@mooring !Tip craving", "Tip craving"},
    {"mooring:", ""},
    {"mooring", ""},
    {"@mooring", ""},
    {"mooring: !!!", "!!!"},
    {"  mooring: tip", "tip"},
    /* somebody else's name */
    {"mooringfan: tip", NULL},
    {"mooring_: tip", NULL},
    {"mooring-two tip", NULL},
    {"mooring2 tip", NULL},
    {"moor tip", NULL},
    {"the mooring line held", NULL},
    {"@ana: mooring tip", NULL},
    {"mooringé tip", NULL},
};

static void test_the_table(void **state)
{
    (void)state;
    assert_true(COUNT_OF(cases) >= 60);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str rest = STR("untouched");
        bool addressed = dispatch_addressed(str_of(cases[i].text), STR("!"), STR("mooring"), &rest);
        if (addressed != (cases[i].rest != NULL))
            fail_msg("\"%s\": addressed %d", cases[i].text, addressed);
        const char *expected = cases[i].rest ? cases[i].rest : "untouched";
        if (!str_eq_c(rest, expected))
            fail_msg("\"%s\": rest \"%.*s\", not \"%s\"", cases[i].text, STR_ARG(rest), expected);
    }
}

static void test_other_prefixes(void **state)
{
    static const struct {
        const char *prefix, *text, *rest;
    } others[] = {
        {"m.", "m.tip", "tip"}, {"m.", "m. tip", "tip"},
        {"m.", "!tip", NULL},   {"\xE2\x9A\x93", "\xE2\x9A\x93 tip", "tip"},
        {"", "tip", NULL},      {"", "mooring tip", "tip"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct str rest = {0};
        bool addressed = dispatch_addressed(str_of(others[i].text), str_of(others[i].prefix),
                                            STR("mooring"), &rest);
        assert_int_equal(addressed, others[i].rest != NULL);
        if (others[i].rest)
            assert_true(str_eq_c(rest, others[i].rest));
    }
}

static void test_hailed_beyond_doubt(void **state)
{
    static const char *const hailed[] = {"mooring: x", "Mooring, x", " @mooring x", "@Mooring: x",
                                         "mooring:"};
    static const char *const talk[] = {
        "mooring lines hold", "mooring", "@mooringfan x", "!x", "", "@", "the mooring: x"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hailed); i++)
        assert_true(dispatch_hailed(str_of(hailed[i]), STR("mooring")));
    for (size_t i = 0; i < COUNT_OF(talk); i++)
        assert_false(dispatch_hailed(str_of(talk[i]), STR("mooring")));
}

static void test_without_a_name_nobody_is_mentioned(void **state)
{
    struct str rest;
    (void)state;
    assert_false(dispatch_addressed(STR(": tip"), STR("!"), (struct str){0}, &rest));
    assert_false(dispatch_addressed(STR("@ tip"), STR("!"), (struct str){0}, &rest));
}

static void test_straightens_what_phones_write(void **state)
{
    static const struct {
        const char *text, *plain;
    } texts[] = {
        {"set \xE2\x80\x9Cx y\xE2\x80\x9D", "set \"x y\""},
        {"\xE2\x80\x9Ex\xE2\x80\x9F", "\"x\""},
        {"\xC2\xABx\xC2\xBB", "\"x\""},
        {"I\xE2\x80\x99m", "I'm"},
        {"\xE2\x80\x98x\xE2\x80\x9A", "'x'"},
        {"22:00\xE2\x80\x93"
         "07:00",
         "22:00-07:00"},
        {"a\xE2\x80\x94"
         "b",
         "a-b"},
        {"a\xE2\x88\x92"
         "b",
         "a-b"},
        {"a\xC2\xA0"
         "b\xE2\x80\xAF"
         "c\xE3\x80\x80"
         "d",
         "a b c d"},
        {"a\xE2\x80\x8B"
         "b\xEF\xBB\xBF",
         "ab"},
        {"größe", "größe"},
        {"", ""},
    };
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str plain = dispatch_straighten(str_of(texts[i].text), &arena);
        if (!str_eq_c(plain, texts[i].plain))
            fail_msg("\"%s\" became \"%.*s\"", texts[i].text, STR_ARG(plain));
    }
    arena_done(&arena);
}

static void test_a_full_arena_leaves_the_text_as_it_was(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 16);
    char text[4096];
    memset(text, 'x', sizeof text);
    struct str plain = dispatch_straighten((struct str){text, sizeof text}, &arena);
    assert_true(plain.len == sizeof text || plain.len == 0);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_other_prefixes),
        cmocka_unit_test(test_hailed_beyond_doubt),
        cmocka_unit_test(test_without_a_name_nobody_is_mentioned),
        cmocka_unit_test(test_straightens_what_phones_write),
        cmocka_unit_test(test_a_full_arena_leaves_the_text_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
