/* SPDX-License-Identifier: MIT */
/* test_fold.c: disguises fall: look-alikes, invisible characters, leet, spaces, stretches, typos. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "safety/fold.h"
#include "safety/safety.h"

static void assert_folds(struct str from, const char *to)
{
    char out[256];
    size_t length = safety_fold(from, out);
    assert_true(length <= from.len);
    assert_int_equal(length, strlen(to));
    assert_memory_equal(out, to, length);
}

static void plain_text_needs_no_folding(void **state)
{
    (void)state;
    assert_false(safety_fold_needed(STR("Plain text, 100 %.\r\n\tand more~")));
    assert_true(safety_fold_needed(STR("caf\xC3\xA9")));
    assert_true(safety_fold_needed(STR("nul\0inside")));
}

static void letters_become_what_they_look_like(void **state)
{
    (void)state;
    assert_folds(STR("ma\xC3\xB1" "ana"), "manana");
    assert_folds(STR("\xD1\x95u\xD1\x96\xD1\x81id\xD0\xB5"), "suicide");      /* Cyrillic */
    assert_folds(STR("\xEF\xBD\x84\xEF\xBD\x89\xEF\xBD\x85"), "die");          /* full width */
    assert_folds(STR("\xF0\x9D\x93\xAD\xF0\x9D\x93\xB2\xF0\x9D\x93\xAE"), "die"); /* script bold */
    assert_folds(STR("don\xE2\x80\x99t"), "don't");
}

static void what_is_not_seen_is_not_read(void **state)
{
    (void)state;
    assert_folds(STR("ki\xE2\x80\x8Bll"), "kill");
    assert_folds(STR("d\xCC\xB6i\xCC\xB6" "e\xCC\xB6"), "die"); /* struck through */
    assert_folds(STR("ki\0ll"), "kill");
    assert_folds(STR("\x02" "bold\x0F \x03" "04,01red\x03"), "bold red");
}

static void broken_bytes_are_read_as_far_as_they_go(void **state)
{
    (void)state;
    assert_folds(STR("a\xFF\xFE" "b"), "aypb"); /* as Latin-1, which old clients send */
}


static void disguised_wishes_are_still_wishes(void **state)
{
    static const char *const texts[] = {
        "i wanna d1e",          "I WANT TO DIE",          "i want to diiiie",     "i w4nt t0 d1e",
        "i want to k*ll myself", "i want to k1ll mys3lf",  "i want to kill mysefl", "i want to kill my self",
        "k i l l m y s e l f",   "thinking about s.u.i.c.i.d.e", "$uicidal af again", "i want to kiII myself",
        "i want to unalive myself", "s-u-i-c-i-d-e is on my mind",
    };
    (void)state;
    struct safety *safety = safety_create();
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct safety_verdict verdict;
        safety_classify(safety, str_of(texts[i]), 0, &verdict);
        if (verdict.kind != SAFETY_SUICIDE || verdict.tier != 3)
            fail_msg("%s %d: %s", safety_kind_name(verdict.kind), verdict.tier, texts[i]);
    }
    safety_destroy(safety);
}

static void words_one_letter_away_stay_what_they_are(void **state)
{
    static const char *const texts[] = {
        "my skill with the drill is growing", "the overdone steak was filling", "i am handing out flyers tonight",
        "the diet starts tomorrow",           "building bridges, not walls",     "bill will fill the till",
    };
    (void)state;
    struct safety *safety = safety_create();
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct safety_verdict verdict;
        safety_classify(safety, str_of(texts[i]), 0, &verdict);
        if (verdict.kind != SAFETY_NONE)
            fail_msg("%s %d: %s", safety_kind_name(verdict.kind), verdict.tier, texts[i]);
    }
    safety_destroy(safety);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_needs_no_folding),
        cmocka_unit_test(letters_become_what_they_look_like),
        cmocka_unit_test(what_is_not_seen_is_not_read),
        cmocka_unit_test(broken_bytes_are_read_as_far_as_they_go),
        cmocka_unit_test(disguised_wishes_are_still_wishes),
        cmocka_unit_test(words_one_letter_away_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
