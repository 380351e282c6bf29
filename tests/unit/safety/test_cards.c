/* SPDX-License-Identifier: MIT */
/* test_cards.c: every card of every country: length, numbers, a bot that says so, promises nothing it cannot keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "safety/cards.h"

typedef void card_check(struct str country, enum card_kind kind, struct str text);

static void each_card(card_check *check)
{
    struct str country;
    for (size_t i = 0; card_country_at(i, &country); i++) {
        for (int kind = 0; kind < CARD_KIND_COUNT; kind++) {
            unsigned count = card_wording_count(STR("en"), (enum card_kind)kind);
            assert_true(count >= CARD_WORDINGS_MIN);
            for (unsigned wording = 0; wording < count; wording++)
                check(country, (enum card_kind)kind, card_text(country, STR("en"), (enum card_kind)kind, wording));
        }
    }
}

static bool says(struct str text, const char *what)
{
    return str_find(text, str_of(what), 0) != SIZE_MAX;
}

static void check_shape(struct str country, enum card_kind kind, struct str text)
{
    (void)country;
    (void)kind;
    assert_in_range(text.len, 60, CARD_BYTES_MAX);
    assert_false(says(text, "{"));
    assert_false(says(text, "}"));
    assert_true(says(text, "a bot"));
    assert_false(says(text, "!"));
}

static void cards_are_short_filled_and_say_that_a_bot_speaks(void **state)
{
    (void)state;
    each_card(check_shape);
}

static void check_promises(struct str country, enum card_kind kind, struct str text)
{
    static const char *const never[] = {
        "1-800-273-8255", "press 3", "secret", "confidential", "between us", "I have called", "I called", "I've called",
        "promise", "should", "commit", "addict", "abuse", "clean", "counsellor", "anonymous",
    };
    (void)country;
    (void)kind;
    for (size_t i = 0; i < COUNT_OF(never); i++)
        assert_false(says(text, never[i]));
}

static void cards_promise_no_secrecy_and_claim_no_call(void **state)
{
    (void)state;
    each_card(check_promises);
}

static void check_number(struct str country, enum card_kind kind, struct str text)
{
    (void)kind;
    struct str emergency = card_emergency_number(country);
    if (!str_empty(emergency))
        assert_true(str_find(text, emergency, 0) != SIZE_MAX);
    else
        assert_true(says(text, "local emergency number"));
}

static void cards_give_the_emergency_number(void **state)
{
    (void)state;
    each_card(check_number);
}

static void check_isolation(struct str country, enum card_kind kind, struct str text)
{
    (void)kind;
    bool american = str_eq_c(country, "US") || str_eq_c(country, "CA");
    assert_true(american || (!says(text, "988") && !says(text, "911")));
    assert_true(str_eq_c(country, "US") || !says(text, "741741"));
    assert_true(str_eq_c(country, "AU") || !says(text, "13 11 14"));
}

static void no_country_sees_anothers_numbers(void **state)
{
    (void)state;
    each_card(check_isolation);
}

static void unknown_countries_get_the_international_card(void **state)
{
    (void)state;
    static const char *const unknown[] = {"", "ZZ", "XX", "USA", "U", "BR"};
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        struct str text = card_text(str_of(unknown[i]), STR("en"), CARD_CRISIS, 0);
        assert_true(says(text, "findahelpline.com"));
        assert_false(says(text, "988"));
        assert_true(str_empty(card_emergency_number(str_of(unknown[i]))));
    }
}

static void countries_are_found_in_any_case(void **state)
{
    (void)state;
    assert_true(str_eq_c(card_emergency_number(STR("us")), "911"));
    assert_true(str_eq_c(card_emergency_number(STR("GB")), "999"));
    assert_true(str_eq_c(card_emergency_number(STR("UK")), "999"));
    assert_true(str_eq_c(card_emergency_number(STR("de")), "112"));
    assert_true(str_eq_c(card_emergency_number(STR("AU")), "000"));
    assert_true(str_eq_c(card_emergency_number(STR("NZ")), "111"));
}

static void unknown_languages_read_english(void **state)
{
    (void)state;
    struct str english = card_text(STR("US"), STR("en"), CARD_CRISIS, 1);
    assert_true(str_eq(english, card_text(STR("US"), STR("tlh"), CARD_CRISIS, 1)));
    assert_true(str_eq(english, card_text(STR("US"), STR("en-GB"), CARD_CRISIS, 1)));
    assert_true(str_eq(english, card_text(STR("US"), (struct str){NULL, 0}, CARD_CRISIS, 1)));
}

static void wordings_differ_and_wrap_around(void **state)
{
    (void)state;
    unsigned count = card_wording_count(STR("en"), CARD_OVERDOSE);
    struct str first = card_text(STR("US"), STR("en"), CARD_OVERDOSE, 0);
    assert_false(str_eq(first, card_text(STR("US"), STR("en"), CARD_OVERDOSE, 1)));
    assert_true(str_eq(first, card_text(STR("US"), STR("en"), CARD_OVERDOSE, count)));
}

static void overdose_cards_say_all_steps(void **state)
{
    static const char *const steps[] = {"lips", "breath", "gurgling", "aloxone", "5 seconds", "2-3 minutes", "side", "tay"};
    (void)state;
    for (unsigned w = 0; w < card_wording_count(STR("en"), CARD_OVERDOSE); w++) {
        for (size_t i = 0; i < COUNT_OF(steps); i++)
            assert_true(says(card_text(STR("US"), STR("en"), CARD_OVERDOSE, w), steps[i]));
    }
}

static void withdrawal_cards_name_every_sign(void **state)
{
    static const char *const signs[] = {"eizure", "seeing or hearing", "confusion", "fever", "racing heart", "fluids",
                                        "benzodiazepines", "alcohol"};
    (void)state;
    for (unsigned w = 0; w < card_wording_count(STR("en"), CARD_WITHDRAWAL); w++) {
        for (size_t i = 0; i < COUNT_OF(signs); i++)
            assert_true(says(card_text(STR("US"), STR("en"), CARD_WITHDRAWAL, w), signs[i]));
    }
}

static void emergency_cards_have_four_lines(void **state)
{
    (void)state;
    for (unsigned w = 0; w < card_wording_count(STR("en"), CARD_EMERGENCY); w++) {
        struct str rest = card_text(STR("GB"), STR("en"), CARD_EMERGENCY, w), line;
        size_t lines = 0;
        while (str_split(&rest, '\n', &line))
            lines++;
        assert_int_equal(lines, 4);
    }
}

static void the_right_card_goes_with_the_verdict(void **state)
{
    (void)state;
    assert_int_equal(card_for(SAFETY_OVERDOSE, 4), CARD_OVERDOSE);
    assert_int_equal(card_for(SAFETY_WITHDRAWAL, 2), CARD_WITHDRAWAL);
    assert_int_equal(card_for(SAFETY_VIOLENCE, 4), CARD_VIOLENCE);
    assert_int_equal(card_for(SAFETY_SUICIDE, 4), CARD_EMERGENCY);
    assert_int_equal(card_for(SAFETY_SUICIDE, 3), CARD_CRISIS);
    assert_int_equal(card_for(SAFETY_NONE, 3), CARD_CRISIS);
}

static void numbers_can_be_walked(void **state)
{
    (void)state;
    struct card_number number;
    size_t count = 0;
    while (card_number_at(STR("US"), count, &number)) {
        assert_false(str_empty(number.number));
        assert_false(str_eq_c(number.number, "1-800-273-8255"));
        count++;
    }
    assert_true(count >= 5);
    assert_true(card_number_at(STR("ZZ"), 0, &number));
    assert_false(card_number_at(STR("ZZ"), 1, &number));
}

static void a_number_nobody_confirmed_is_due_every_day(void **state)
{
    (void)state;
    struct card_number number = {.verified_on = STR("never"), .expires_on = STR("never")};
    assert_true(card_number_due(&number, STR("2026-11-23")));
    number = (struct card_number){.verified_on = STR("2026-11-01"), .expires_on = STR("2027-05-01")};
    assert_false(card_number_due(&number, STR("2027-04-30")));
    assert_true(card_number_due(&number, STR("2027-05-01")));
}

static void spanish_cards_are_spanish_in_every_country(void **state)
{
    (void)state;
    struct str country;
    for (size_t i = 0; card_country_at(i, &country); i++) {
        for (size_t kind = 0; kind < CARD_KIND_COUNT; kind++) {
            for (unsigned wording = 0; wording < card_wording_count(STR("es"), (enum card_kind)kind); wording++) {
                struct str text = card_text(country, STR("es"), (enum card_kind)kind, wording);
                assert_in_range(text.len, 1, CARD_BYTES_MAX);
                assert_true(str_find(text, STR("Soy un bot"), 0) != SIZE_MAX || str_find(text, STR("oy un bot"), 0) != SIZE_MAX);
                assert_true(str_find(text, STR("Call "), 0) == SIZE_MAX && str_find(text, STR("call "), 0) == SIZE_MAX);
            }
        }
    }
}

/* "{how} {number}" is part of a sentence: "text HOME to 741741". */
static void how_stands_before_a_number(void **state)
{
    (void)state;
    struct str country;
    struct card_number number;
    for (size_t i = 0; card_country_at(i, &country); i++) {
        for (size_t n = 0; card_number_at(country, n, &number); n++) {
            bool texted = str_starts(number.how, STR("text "));
            assert_true(str_eq_c(number.how, "call") || str_eq_c(number.how, "text") || str_eq_c(number.how, "go to") ||
                        str_eq_c(number.how, "call or text") || (texted && str_ends(number.how, STR(" to"))));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_are_short_filled_and_say_that_a_bot_speaks),
        cmocka_unit_test(cards_promise_no_secrecy_and_claim_no_call),
        cmocka_unit_test(cards_give_the_emergency_number),
        cmocka_unit_test(no_country_sees_anothers_numbers),
        cmocka_unit_test(unknown_countries_get_the_international_card),
        cmocka_unit_test(countries_are_found_in_any_case),
        cmocka_unit_test(unknown_languages_read_english),
        cmocka_unit_test(wordings_differ_and_wrap_around),
        cmocka_unit_test(overdose_cards_say_all_steps),
        cmocka_unit_test(withdrawal_cards_name_every_sign),
        cmocka_unit_test(emergency_cards_have_four_lines),
        cmocka_unit_test(the_right_card_goes_with_the_verdict),
        cmocka_unit_test(numbers_can_be_walked),
        cmocka_unit_test(a_number_nobody_confirmed_is_due_every_day),
        cmocka_unit_test(spanish_cards_are_spanish_in_every_country),
        cmocka_unit_test(how_stands_before_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
