/* SPDX-License-Identifier: MIT */
/* test_near.c: "Did you mean ...?". */
#include "unit.h"

#include "base/near.h"

static void distances(void **state)
{
    (void)state;
    assert_int_equal(near_distance(STR("checkin"), STR("checkin")), 0);
    assert_int_equal(near_distance(STR("chekin"), STR("checkin")), 1);
    assert_int_equal(near_distance(STR("cehckin"), STR("checkin")), 1); /* a swap of neighbours is one slip */
    assert_int_equal(near_distance(STR("TIP"), STR("tip")), 0);
    assert_int_equal(near_distance(STR(""), STR("abc")), 3);
}

static const char *nearest(const char *wanted)
{
    static const char *const names[] = {"checkin", "tip", "meetings", "help", "port"};
    static char out[32];
    struct near near = {.wanted = str_of(wanted)};
    struct str best;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        near_offer(&near, str_of(names[i]));
    if (!near_found(&near, &best))
        return NULL;
    assert_true(str_to_c(best, out, sizeof out));
    return out;
}

static void a_slip_is_understood_and_another_word_is_not(void **state)
{
    (void)state;
    assert_string_equal(nearest("chekin"), "checkin");
    assert_string_equal(nearest("portt"), "port");
    assert_string_equal(nearest("meeting"), "meetings");
    assert_string_equal(nearest("hlep"), "help");
    assert_null(nearest("weather"));
    assert_null(nearest("x"));
    assert_null(nearest("anextremelylongwordthatnobodywouldevertypeintoachatroomonpurposeatallreally"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(distances), cmocka_unit_test(a_slip_is_understood_and_another_word_is_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
