/* SPDX-License-Identifier: MIT */
/* test_tips.c: no tip again before all of its kind were seen; the kind that somebody means is
 * found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "coping_tips.h"

static void test_no_repeats_until_all_of_a_kind_were_seen(void **state)
{
    static const uint16_t fits[] = {3, 8, 9, 40, 511};
    struct coping_seen seen;
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        bool was[512] = {false};
        coping_seen_init(&seen);
        for (uint64_t i = 0; i < 5; i++) {
            int tip = coping_tip_pick(fits, 5, &seen, seed * 31 + i);
            assert_true(tip >= 0 && !was[tip]);
            was[tip] = true;
        }
    }
}

static void test_a_new_round_does_not_begin_with_the_last_tip(void **state)
{
    static const uint16_t fits[] = {1, 2, 3};
    struct coping_seen seen;
    (void)state;
    coping_seen_init(&seen);
    int last = -1;
    for (uint64_t seed = 0; seed < 300; seed++) {
        int tip = coping_tip_pick(fits, 3, &seen, seed * seed);
        assert_int_not_equal(tip, last);
        last = tip;
    }
}

static void test_the_only_tip_of_a_kind_comes_again(void **state)
{
    static const uint16_t fits[] = {7};
    struct coping_seen seen;
    (void)state;
    coping_seen_init(&seen);
    assert_int_equal(coping_tip_pick(fits, 1, &seen, 1), 7);
    assert_int_equal(coping_tip_pick(fits, 1, &seen, 2), 7);
    assert_true(coping_tip_pick(fits, 0, &seen, 2) < 0);
}

static void test_tips_of_other_kinds_stay_seen(void **state)
{
    static const uint16_t one[] = {1}, two[] = {1, 2};
    struct coping_seen seen;
    (void)state;
    coping_seen_init(&seen);
    coping_tip_pick(one, 1, &seen, 5);
    assert_int_equal(coping_tip_pick(two, 2, &seen, 5), 2);
}

static void test_what_was_seen_survives_storing(void **state)
{
    static const uint16_t fits[] = {0, 9, 17, 511};
    struct coping_seen seen, back;
    char text[COPING_SEEN_TEXT];
    (void)state;
    coping_seen_init(&seen);
    assert_int_equal(coping_seen_format(&seen, text), strlen("-1 "));
    for (uint64_t i = 0; i < 4; i++)
        coping_tip_pick(fits, 4, &seen, i);
    size_t len = coping_seen_format(&seen, text);
    assert_int_equal(coping_seen_read((struct mooring_str){text, len}, &back), 0);
    assert_memory_equal(back.bits, seen.bits, sizeof seen.bits);
    assert_int_equal(back.last, seen.last);
}

static void test_other_texts_are_not_read_as_seen(void **state)
{
    static const char *const texts[] = {"",       "3", "x 00", "3 0", "3 0g", "99999999999 00",
                                        "512 00", "-"};
    struct coping_seen seen;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (coping_seen_read((struct mooring_str){texts[i], strlen(texts[i])}, &seen) == 0)
            fail_msg("\"%s\" was read", texts[i]);
    }
}

static void test_kinds_are_found_as_people_type_them(void **state)
{
    static const struct {
        const char *typed;
        int found;
        const char *kind;
    } cases[] = {
        {"craving", 1, "craving"},
        {"CRAVING", 1, "craving"},
        {"cravings", 1, "craving"},
        {"bored", 1, "boredom"},
        {"hunger", 1, "hungry"},
        {"anxiety", 1, "anxious"},
        {"loneliness", 1, "lonely"},
        {"anger", 0, "angry"},
        {"tierd", 0, "tired"},
        {"sleeping", 1, "sleep"},
        {"wednesday", 0, NULL},
        {"xy", 0, NULL},
        {"a very long word that nobody would type here", 0, NULL},
    };
    struct coping_kinds kinds = {.count = 0};
    (void)state;
    coping_kinds_add(&kinds, MOORING_STR("craving, hungry,angry"));
    coping_kinds_add(&kinds, MOORING_STR("lonely,tired,anxious,sleep,boredom,craving"));
    assert_int_equal(kinds.count, 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *kind = NULL;
        int found = coping_kind_find(
            &kinds, (struct mooring_str){cases[i].typed, strlen(cases[i].typed)}, &kind);
        if (found != cases[i].found ||
            strcmp(kind != NULL ? kind : "", cases[i].kind != NULL ? cases[i].kind : "") != 0)
            fail_msg("%s: %d %s", cases[i].typed, found, kind != NULL ? kind : "none");
    }
}

static void test_a_kind_is_a_whole_word_of_the_list(void **state)
{
    (void)state;
    assert_true(coping_kinds_has(MOORING_STR("sleep, evening"), "evening"));
    assert_false(coping_kinds_has(MOORING_STR("sleepless,evenings"), "sleep"));
    assert_false(coping_kinds_has(MOORING_STR(""), "sleep"));
}

static void test_too_many_and_too_long_kinds_are_left_out(void **state)
{
    struct coping_kinds kinds = {.count = 0};
    char name[16];
    (void)state;
    coping_kinds_add(&kinds, MOORING_STR("this-kind-has-a-name-that-is-too-long,ok"));
    assert_int_equal(kinds.count, 1);
    for (int i = 0; i < 2 * COPING_KINDS_MAX; i++) {
        snprintf(name, sizeof name, "kind%d", i);
        coping_kinds_add(&kinds, (struct mooring_str){name, strlen(name)});
    }
    assert_int_equal(kinds.count, COPING_KINDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_repeats_until_all_of_a_kind_were_seen),
        cmocka_unit_test(test_a_new_round_does_not_begin_with_the_last_tip),
        cmocka_unit_test(test_the_only_tip_of_a_kind_comes_again),
        cmocka_unit_test(test_tips_of_other_kinds_stay_seen),
        cmocka_unit_test(test_what_was_seen_survives_storing),
        cmocka_unit_test(test_other_texts_are_not_read_as_seen),
        cmocka_unit_test(test_kinds_are_found_as_people_type_them),
        cmocka_unit_test(test_a_kind_is_a_whole_word_of_the_list),
        cmocka_unit_test(test_too_many_and_too_long_kinds_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
