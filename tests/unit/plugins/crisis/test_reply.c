/* SPDX-License-Identifier: MIT */
/* test_reply.c: which words, card and choices answer which verdict; which numbers somebody has to
 * try. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crisis_numbers.h"
#include "crisis_reply.h"

static struct mooring_verdict verdict(uint32_t kind, uint32_t tier, uint32_t who)
{
    return (struct mooring_verdict){
        .struct_size = sizeof(struct mooring_verdict), .kind = kind, .tier = tier, .who = who};
}

static bool offers(const struct crisis_reply *reply, const char *command)
{
    for (size_t i = 0; i < reply->choice_count; i++) {
        if (reply->choices[i].command.len == strlen(command) &&
            memcmp(reply->choices[i].command.ptr, command, reply->choices[i].command.len) == 0)
            return true;
    }
    return false;
}

static void test_every_crisis_gets_words_and_a_way_to_a_person(void **state)
{
    (void)state;
    for (uint32_t kind = MOORING_CRISIS_SUICIDE; kind <= MOORING_CRISIS_VIOLENCE; kind++) {
        for (uint32_t tier = 2; tier <= 4; tier++) {
            for (uint32_t who = MOORING_WHO_NONE; who <= MOORING_WHO_OTHER; who++) {
                const struct mooring_verdict read = verdict(kind, tier, who);
                struct crisis_reply reply;
                assert_true(crisis_reply_for(&read, false, false, &reply));
                assert_non_null(reply.msgid);
                assert_true(reply.choice_count >= 4 && reply.choice_count <= 5);
                if (tier == 4)
                    assert_true(reply.has_card && reply.is_card_first);
                if (tier == 3)
                    assert_true(reply.has_card);
            }
        }
    }
}

static void test_tier_two_asks_directly_with_five_choices(void **state)
{
    const struct mooring_verdict read = verdict(MOORING_CRISIS_SUICIDE, 2, MOORING_WHO_SELF);
    static const char *const commands[] = {"sos", "sos-plan", "ground", "sos-numbers", "sos-other"};
    struct crisis_reply reply;
    (void)state;
    assert_true(crisis_reply_for(&read, true, false, &reply));
    assert_string_equal(reply.question, "crisis.tier2-ask");
    assert_false(reply.has_card);
    assert_int_equal(reply.choice_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(offers(&reply, commands[i]));
}

static void test_tier_three_names_what_is_in_the_way_and_has_the_false_alarm(void **state)
{
    const struct mooring_verdict read = verdict(MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    static const char *const commands[] = {"sos-words", "sos-burden", "sos-police", "sos-stay",
                                           "sos-false"};
    struct crisis_reply reply;
    (void)state;
    assert_true(crisis_reply_for(&read, true, false, &reply));
    assert_string_equal(reply.msgid, "crisis.tier3");
    assert_true(reply.has_card && reply.is_card_first);
    for (size_t i = 0; i < 5; i++)
        assert_true(offers(&reply, commands[i]));
}

static void test_each_danger_of_tier_four_has_its_own_words(void **state)
{
    static const struct {
        uint32_t kind, who;
        const char *msgid;
    } cases[] = {{MOORING_CRISIS_SUICIDE, MOORING_WHO_SELF, "crisis.tier4"},
                 {MOORING_CRISIS_OVERDOSE, MOORING_WHO_OTHER, "crisis.overdose"},
                 {MOORING_CRISIS_OVERDOSE, MOORING_WHO_SELF, "crisis.overdose"},
                 {MOORING_CRISIS_WITHDRAWAL, MOORING_WHO_SELF, "crisis.withdrawal"},
                 {MOORING_CRISIS_VIOLENCE, MOORING_WHO_SELF, "crisis.violence"},
                 {MOORING_CRISIS_SUICIDE, MOORING_WHO_OTHER, "crisis.other-now"},
                 {77, MOORING_WHO_SELF, "crisis.tier4"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mooring_verdict read = verdict(cases[i].kind, 4, cases[i].who);
        struct crisis_reply reply;
        assert_true(crisis_reply_for(&read, false, true,
                                     &reply)); /* also when it is the second in a minute */
        assert_string_equal(reply.msgid, cases[i].msgid);
    }
}

static void test_below_a_crisis_only_private_talk_is_answered(void **state)
{
    struct crisis_reply reply;
    (void)state;
    for (uint32_t kind = MOORING_CRISIS_NONE; kind <= MOORING_CRISIS_LAPSE; kind++) {
        const struct mooring_verdict read = verdict(kind, 1, MOORING_WHO_OTHER);
        assert_false(crisis_reply_for(&read, false, false, &reply));
        assert_int_equal(crisis_reply_for(&read, true, false, &reply), kind != MOORING_CRISIS_NONE);
    }
    const struct mooring_verdict lapse = verdict(MOORING_CRISIS_LAPSE, 0, MOORING_WHO_SELF);
    assert_true(crisis_reply_for(&lapse, true, false, &reply));
    assert_true(offers(&reply, "lapse-safe") && offers(&reply, "sos"));
}

static void test_a_second_message_in_a_minute_is_not_answered_by_a_record(void **state)
{
    const struct mooring_verdict read = verdict(MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    struct crisis_reply reply;
    (void)state;
    assert_true(crisis_reply_for(&read, true, true, &reply));
    assert_string_equal(reply.msgid, "crisis.again");
    assert_false(reply.has_card);
}

static void test_a_repeat_is_of_the_same_tier_and_moment(void **state)
{
    const struct crisis_said said = {3, 1000000};
    (void)state;
    assert_true(crisis_said_is_repeat(&said, 3, 1000001));
    assert_true(crisis_said_is_repeat(&said, 2, 1000001));
    assert_false(crisis_said_is_repeat(&said, 4, 1000001));
    assert_false(crisis_said_is_repeat(&said, 3, 1000000 + 600000));
    assert_false(crisis_said_is_repeat(&said, 3, 999999));
}

static void test_what_was_said_survives_storing(void **state)
{
    const struct crisis_said said = {4, 1763900000000};
    struct crisis_said back;
    char text[CRISIS_SAID_BYTES];
    (void)state;
    size_t len = crisis_said_format(&said, text);
    assert_int_equal(crisis_said_read((struct mooring_str){text, len}, &back), 0);
    assert_int_equal(back.tier, 4);
    assert_int_equal(back.at, 1763900000000);
    assert_true(crisis_said_read(MOORING_STR("x"), &back) < 0);
    assert_true(crisis_said_read(MOORING_STR("33333333333333333333333333333333333333"), &back) < 0);
}

static void test_a_strong_craving_raises_unclear_words_of_the_person(void **state)
{
    const struct mooring_verdict self = verdict(MOORING_CRISIS_SUICIDE, 2, MOORING_WHO_SELF),
                                 other = verdict(MOORING_CRISIS_SUICIDE, 2, MOORING_WHO_OTHER),
                                 now = verdict(MOORING_CRISIS_SUICIDE, 4, MOORING_WHO_SELF);
    (void)state;
    assert_int_equal(crisis_tier_with_craving(&self, 8), 3);
    assert_int_equal(crisis_tier_with_craving(&self, 7), 2);
    assert_int_equal(crisis_tier_with_craving(&self, -1), 2);
    assert_int_equal(crisis_tier_with_craving(&other, 10), 2);
    assert_int_equal(crisis_tier_with_craving(&now, 10), 4);
}

static void test_numbers_are_good_between_their_dates(void **state)
{
    static const struct {
        const char *verified, *expires;
        enum crisis_number_state state;
    } cases[] = {{"2026-11-01", "2027-05-01", CRISIS_NUMBER_GOOD},
                 {"2026-11-23", "never", CRISIS_NUMBER_GOOD},
                 {"2026-11-01", "2026-11-24", CRISIS_NUMBER_GOOD},
                 {"2026-11-01", "2026-11-23", CRISIS_NUMBER_EXPIRED},
                 {"never", "never", CRISIS_NUMBER_UNVERIFIED},
                 {"", "", CRISIS_NUMBER_UNVERIFIED},
                 {"2026-11-24", "2027-05-01", CRISIS_NUMBER_UNVERIFIED},
                 {"2026/11/01", "2027-05-01", CRISIS_NUMBER_UNVERIFIED},
                 {"yesterday!", "2027-05-01", CRISIS_NUMBER_UNVERIFIED}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mooring_str verified = {cases[i].verified, strlen(cases[i].verified)},
                                 expires = {cases[i].expires, strlen(cases[i].expires)};
        if (crisis_number_state(verified, expires, "2026-11-23") != cases[i].state)
            fail_msg("case %zu", i);
    }
}

static void test_what_was_asked_follows_from_the_choices(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind, tier;
        enum crisis_asked_what asked;
    } cases[] = {{MOORING_CRISIS_SUICIDE, 2, CRISIS_ASKED_DIRECTLY},
                 {MOORING_CRISIS_SUICIDE, 3, CRISIS_ASKED_HOW},
                 {MOORING_CRISIS_OVERDOSE, 4, CRISIS_ASKED_HOW},
                 {MOORING_CRISIS_LAPSE, 0, CRISIS_ASKED_SAFE},
                 {MOORING_CRISIS_CRAVING, 0, CRISIS_ASKED_NOTHING}}; /* an exercise is offered */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mooring_verdict verdict = {
            .struct_size = sizeof verdict, .kind = cases[i].kind, .tier = cases[i].tier};
        struct crisis_reply reply;
        assert_true(crisis_reply_for(&verdict, true, false, &reply));
        assert_int_equal(crisis_asked_after(&reply), cases[i].asked);
    }
    struct crisis_reply after;
    assert_false(crisis_reply_after(CRISIS_ASKED_NOTHING, &after));
    assert_false(crisis_reply_after(CRISIS_ASKED_DIRECTLY, &after)); /* its question once more */
    assert_false(crisis_reply_after(99, &after));                    /* a newer version's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_crisis_gets_words_and_a_way_to_a_person),
        cmocka_unit_test(test_tier_two_asks_directly_with_five_choices),
        cmocka_unit_test(test_tier_three_names_what_is_in_the_way_and_has_the_false_alarm),
        cmocka_unit_test(test_each_danger_of_tier_four_has_its_own_words),
        cmocka_unit_test(test_below_a_crisis_only_private_talk_is_answered),
        cmocka_unit_test(test_a_second_message_in_a_minute_is_not_answered_by_a_record),
        cmocka_unit_test(test_a_repeat_is_of_the_same_tier_and_moment),
        cmocka_unit_test(test_what_was_said_survives_storing),
        cmocka_unit_test(test_a_strong_craving_raises_unclear_words_of_the_person),
        cmocka_unit_test(test_what_was_asked_follows_from_the_choices),
        cmocka_unit_test(test_numbers_are_good_between_their_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
