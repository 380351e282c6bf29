/* SPDX-License-Identifier: MIT */
/* test_preferences.c: consent per scope; zone, language, quiet hours. */
#include "fixture.h"

static void consent_per_scope_and_group(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    assert_int_equal(people_consent(f->people, member, f->harbor->id, STR("nudges")), -ENOENT);
    assert_int_equal(people_set_consent(f->people, member, f->harbor->id, STR("nudges"), true), 0);
    assert_int_equal(people_consent(f->people, member, f->harbor->id, STR("nudges")), 1);
    assert_int_equal(people_consent(f->people, member, f->lagoon->id, STR("nudges")), -ENOENT);
    assert_int_equal(people_set_consent(f->people, member, f->harbor->id, STR("nudges"), false), 0);
    assert_int_equal(people_consent(f->people, member, f->harbor->id, STR("nudges")), 0);
}

static void an_unknown_scope_is_refused(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    assert_int_equal(people_set_consent(f->people, member, f->harbor->id, STR("everything"), true),
                     -EINVAL);
    assert_int_equal(people_consent(f->people, member, f->harbor->id, STR("everything")), -EINVAL);
    for (size_t i = 0; people_scopes[i]; i++)
        assert_int_equal(
            people_set_consent(f->people, member, f->harbor->id, str_of(people_scopes[i]), true),
            0);
}

static void ones_own_zone_then_the_groups_then_utc(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    assert_str(people_zone(f->people, member, f->harbor, &f->arena), "America/New_York");
    assert_str(people_zone(f->people, member, NULL, &f->arena), "UTC");
    assert_str(people_zone(f->people, 0, f->lagoon, &f->arena), "Europe/Berlin");
    assert_int_equal(
        people_set_preference(f->people, member, STR("zone"), STR("Australia/Lord_Howe")), 0);
    assert_str(people_zone(f->people, member, f->harbor, &f->arena), "Australia/Lord_Howe");
    assert_int_equal(people_set_preference(f->people, member, STR("zone"), (struct str){0}), 0);
    assert_str(people_zone(f->people, member, f->harbor, &f->arena), "America/New_York");
}

static void ones_own_language(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    assert_str(people_language(f->people, member, NULL, &f->arena), "en");
    assert_int_equal(people_set_preference(f->people, member, STR("language"), STR("es")), 0);
    assert_str(people_language(f->people, member, f->harbor, &f->arena), "es");
}

static void quiet_hours(void **state)
{
    struct fixture *f = *state;
    int from, to;
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    assert_int_equal(people_parse_quiet(STR("22:00-07:30"), &from, &to), 0);
    assert_int_equal(from, 22 * 60);
    assert_int_equal(to, 7 * 60 + 30);
    assert_int_equal(people_parse_quiet(STR(" 9:00 - 10:00 "), &from, &to), 0);
    static const char *const wrong[] = {
        "", "22:00", "22:00-", "-07:00", "25:00-07:00", "22-7", "22:00-07:00-08:00", "a-b"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(people_parse_quiet(str_of(wrong[i]), &from, &to), -EINVAL);
    assert_int_equal(people_set_preference(f->people, member, STR("quiet"), STR("late")), -EINVAL);
    assert_int_equal(people_set_preference(f->people, member, STR("quiet"), STR("22:00-07:00")), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(consent_per_scope_and_group),
        TEST(an_unknown_scope_is_refused),
        TEST(ones_own_zone_then_the_groups_then_utc),
        TEST(ones_own_language),
        TEST(quiet_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
