/* SPDX-License-Identifier: MIT */
/* test_glue.c: words of danger on a host: who is told what, in which order, and what no error can
 * take away. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_host.h"

static const int64_t minute = 60000;
static const int64_t day = 86400000;

static int hears(struct fake_host *fake, uint64_t room, uint32_t kind, uint32_t tier, uint32_t who)
{
    return fake_host_hears(fake, FAKE_ANA, room, "words", kind, tier, who);
}

static void
test_tier_three_in_a_room_is_answered_in_private_with_card_then_person_and_question(void **state)
{
    struct fake_host *fake = *state;
    fake->raised.on_call.id = 99;
    assert_int_equal(hears(fake, FAKE_ROOM, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF), 1);
    assert_true(fake->data.has_alert);
    assert_int_equal(fake->data.said_count, 1);
    assert_string_equal(fake->data.said[0].msgid, "crisis.tier3");
    assert_string_equal(fake->data.said[0].args, "member=42;person=person-on-call[name=99;];");
    assert_int_equal(fake->data.card_count, 1);
    assert_int_equal(fake->data.cards[0].after_said, 0);
    for (size_t i = 0; i < 1; i++) {
        assert_int_equal(fake->data.said[i].flags & (MOORING_SAY_CRISIS | MOORING_SAY_PRIVATE_ONLY),
                         MOORING_SAY_CRISIS | MOORING_SAY_PRIVATE_ONLY);
        assert_int_equal(fake->data.said[i].to.member.id, FAKE_ANA);
        assert_int_equal(fake->data.said[i].to.answers.id, 0);
    }
}

static void test_tier_four_begins_with_the_card(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(hears(fake, FAKE_ROOM, MOORING_CRISIS_OVERDOSE, 4, MOORING_WHO_OTHER), 1);
    assert_int_equal(fake->data.cards[0].after_said, 0);
    assert_int_equal(fake->data.cards[0].kind, MOORING_CRISIS_OVERDOSE);
    assert_int_not_equal(fake->data.cards[0].to.answers.id,
                         0); /* so that the host can show it in the room too */
    assert_non_null(fake_host_said(fake, "crisis.overdose"));
}

static void test_nobody_awake_is_said_with_the_hour(void **state)
{
    struct fake_host *fake = *state;
    fake->raised.on_call_at = 1234;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    assert_non_null(
        strstr(fake_host_said(fake, "crisis.tier3")->args, "person-nobody-until[until=1234;]"));
    fake_host_hush(fake);
    fake->now += day;
    fake->raised.on_call_at = 0;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    assert_non_null(strstr(fake_host_said(fake, "crisis.tier3")->args, "person-nobody["));
    fake_host_hush(fake);
    fake->now += day;
    fake->raised.state = MOORING_ALERT_ACKNOWLEDGED;
    fake->raised.acknowledged_by.id = 7;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    assert_non_null(strstr(fake_host_said(fake, "crisis.tier3")->args, "person-seen[name=7;]"));
}

static void test_without_a_private_way_the_floor_answers(void **state)
{
    struct fake_host *fake = *state;
    fake->unreachable = true;
    assert_int_equal(hears(fake, FAKE_ROOM, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF), 0);
    assert_true(fake->data.has_alert);
    assert_int_equal(fake->data.said_count, 0);
}

static void test_an_alert_that_cannot_be_raised_is_the_floors(void **state)
{
    struct fake_host *fake = *state;
    fake->raise_error = -EIO;
    assert_int_equal(hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF), -EIO);
    assert_int_equal(fake->data.said_count, 0);
}

static void test_a_full_disk_does_not_take_the_answer_back(void **state)
{
    struct fake_host *fake = *state;
    fake->put_error = -ENOSPC;
    assert_int_equal(hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF), 1);
    assert_non_null(fake_host_said(fake, "crisis.tier3"));
}

static void test_the_next_dark_line_is_not_answered_by_a_record(void **state)
{
    struct fake_host *fake = *state;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    fake->now += minute;
    fake_host_hush(fake);
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 2, MOORING_WHO_SELF);
    assert_int_equal(fake->data.said_count, 1);
    assert_non_null(fake_host_said(fake, "crisis.again"));
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 4, MOORING_WHO_SELF);
    assert_non_null(fake_host_said(fake, "crisis.tier4"));
    fake->now += 11 * minute;
    fake_host_hush(fake);
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    assert_non_null(fake_host_said(fake, "crisis.tier3"));
}

static void test_a_second_unclear_line_in_a_day_counts_as_the_host_says(void **state)
{
    struct fake_host *fake = *state;
    fake->data.has_alert = true;
    fake->data.alert.tier = 3;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 2, MOORING_WHO_SELF);
    assert_non_null(fake_host_said(fake, "crisis.tier3"));
}

static void test_a_strong_craving_of_the_day_raises_it(void **state)
{
    struct fake_host *fake = *state;
    fake_host_point(fake, FAKE_ANA, "checkin.craving", fake->now - 2 * day, 9);
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 2, MOORING_WHO_SELF);
    assert_non_null(fake_host_said(fake, "crisis.tier2-ask"));
    fake->now += day;
    fake->data.has_alert = false;
    fake_host_point(fake, FAKE_ANA, "checkin.craving", fake->now - 60 * minute, 8);
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 2, MOORING_WHO_SELF);
    assert_non_null(fake_host_said(fake, "crisis.tier3"));
}

static void test_room_talk_below_a_crisis_is_left_alone(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(hears(fake, FAKE_ROOM, MOORING_CRISIS_SUICIDE, 1, MOORING_WHO_OTHER), 0);
    assert_int_equal(hears(fake, FAKE_ROOM, MOORING_CRISIS_LAPSE, 0, MOORING_WHO_SELF), 0);
    assert_int_equal(hears(fake, 0, MOORING_CRISIS_NONE, 0, MOORING_WHO_NONE), 0);
    assert_int_equal(fake->data.said_count, 0);
    assert_false(fake->data.has_alert);
}

static void test_a_lapse_in_private_is_thanked_for_and_asked_about_safety_first(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(hears(fake, 0, MOORING_CRISIS_LAPSE, 0, MOORING_WHO_SELF), 1);
    assert_string_equal(fake_host_said(fake, "crisis.lapse")->commands,
                        "lapse-safe|sos|lapse-withdrawal");
    assert_false(fake->data.has_alert);
    fake_host_command(fake, FAKE_ANA, 0, "lapse-safe");
    assert_string_equal(fake->data.said[1].msgid, "crisis.lapse-safe");
    assert_string_equal(fake->data.said[2].msgid, "crisis.lapse-next");
    fake_host_command(fake, FAKE_ANA, 0, "lapse-withdrawal");
    assert_int_equal(fake->data.cards[0].kind, MOORING_CRISIS_WITHDRAWAL);
}

static void test_obstacles_are_answered_and_lead_on(void **state)
{
    struct fake_host *fake = *state;
    static const char *const commands[] = {"sos-words", "sos-burden", "sos-police"};
    static const char *const msgids[] = {"crisis.words", "crisis.burden", "crisis.police"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, commands[i]), 0);
        assert_string_equal(fake_host_said(fake, msgids[i])->commands,
                            "sos|sos-numbers|sos-stay|sos-follow 1");
    }
}

static void test_staying_looks_in_three_times(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "sos-stay");
    fake_host_wait(fake, 10 * minute);
    assert_int_equal(fake_host_said_times(fake, "crisis.still-here"), 1);
    fake_host_wait(fake, 3 * 60 * minute);
    assert_int_equal(fake_host_said_times(fake, "crisis.still-here"), 2);
    assert_int_equal(fake_host_said_times(fake, "crisis.still-here-last"), 1);
}

static void test_staying_ends_when_it_eased(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "sos-stay");
    fake_host_wait(fake, 10 * minute);
    fake_host_command(fake, FAKE_ANA, 0, "sos-enough");
    assert_string_equal(fake_host_said(fake, "crisis.enough")->commands,
                        "sos-follow 1|sos-follow no");
    fake_host_wait(fake, 60 * minute);
    assert_int_equal(fake_host_said_times(fake, "crisis.still-here"), 1);
}

static void test_a_false_alarm_is_noted_and_closes_nothing(void **state)
{
    struct fake_host *fake = *state;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "sos-false"), 0);
    assert_string_equal(fake->data.notes[0].msgid, "crisis.note-false-alarm");
    assert_int_equal(fake->data.notes[0].alert, 17);
    assert_int_equal(fake->data.alert.tier, 3);
    assert_int_equal(fake->data.alert.state, MOORING_ALERT_OPEN);
    assert_non_null(fake_host_said(fake, "crisis.false-noted"));
}

static void test_a_false_alarm_without_an_alert_says_so(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "sos-false");
    assert_non_null(fake_host_said(fake, "crisis.false-none"));
    assert_int_equal(fake->data.note_count, 0);
}

static void test_follow_up_comes_only_when_wanted_and_leads_from_day_to_month(void **state)
{
    struct fake_host *fake = *state;
    fake_host_wait(fake, 3 * day);
    assert_int_equal(fake->data.said_count, 0);
    fake_host_command(fake, FAKE_ANA, 0, "sos-follow");
    assert_int_equal(fake_host_timer(fake, "follow/1")->flags, MOORING_WHEN_RESPECTS_QUIET);
    fake_host_restart(fake, 60 * minute);
    fake_host_wait(fake, day);
    assert_non_null(strstr(fake_host_said(fake, "crisis.follow-day")->commands, "sos-follow 7"));
    fake_host_command(fake, FAKE_ANA, 0, "sos-follow 7");
    fake_host_wait(fake, 7 * day);
    assert_non_null(strstr(fake_host_said(fake, "crisis.follow-week")->commands, "sos-follow 30"));
    fake_host_command(fake, FAKE_ANA, 0, "sos-follow 30");
    fake_host_command(fake, FAKE_ANA, 0, "sos-follow no");
    fake_host_wait(fake, 31 * day);
    assert_null(fake_host_said(fake, "crisis.follow-month"));
}

static void test_the_own_plan_is_written_sealed_and_shown(void **state)
{
    struct fake_host *fake = *state;
    const int64_t numbers[4] = {0};
    const char *const texts[] = {"walk with the dog", "skip", "my sister", "skip"};
    fake_host_command(fake, FAKE_ANA, 0, "sos-plan");
    assert_non_null(fake_host_said(fake, "crisis.plan-none"));
    fake_host_command(fake, FAKE_ANA, 0, "sos-plan write");
    assert_string_equal(fake->data.dialogue, "crisis-plan");
    assert_int_equal(fake_host_answers(fake, FAKE_ANA, numbers, texts, 4), 0);
    assert_non_null(fake_host_row(fake, MOORING_OWN_MEMBER, FAKE_ANA, "plan"));
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "sos-plan");
    const struct fake_said *said = fake_host_said(fake, "crisis.plan");
    assert_string_equal(said->member_text, "plan-alone walk with the dog\nplan-ask my sister");
    assert_true((said->flags & MOORING_SAY_PRIVATE_ONLY) != 0);
}

static void see_row(void *ctx, struct mooring_str key, struct mooring_str value)
{
    char *all = ctx;
    snprintf(all + strlen(all), 256 - strlen(all), "%.*s|%.*s;", (int)key.len, key.ptr,
             (int)value.len, value.ptr);
}

static void test_the_export_has_the_own_plan(void **state)
{
    struct fake_host *fake = *state;
    char all[256] = "";
    const struct mooring_member ana = {FAKE_ANA};
    assert_int_equal(fake->plugin->export_member(fake->state, ana, see_row, all), 0);
    assert_string_equal(all, "");
    fake_host_command(fake, FAKE_ANA, 0, "sos-plan write");
    const int64_t numbers[4] = {0};
    const char *const texts[] = {"walk", "skip", "skip", "skip"};
    assert_int_equal(fake_host_answers(fake, FAKE_ANA, numbers, texts, 4), 0);
    assert_int_equal(fake->plugin->export_member(fake->state, ana, see_row, all), 0);
    assert_string_equal(all, "plan|plan-alone walk;");
}

static void test_a_plan_of_skips_is_no_plan(void **state)
{
    struct fake_host *fake = *state;
    const int64_t numbers[4] = {0};
    const char *const texts[] = {"skip", "skip", "skip", "skip"};
    fake_host_answers(fake, FAKE_ANA, numbers, texts, 4);
    assert_non_null(fake_host_said(fake, "crisis.plan-empty"));
    assert_int_equal(fake->data.row_count, 0);
}

static void test_numbers_are_those_of_the_country_or_the_card(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "sos-numbers");
    assert_int_equal(fake->data.card_count, 1);
    fake_host_record(fake, "numbers",
                     "number=988\nname=Lifeline\nhow=call or text\nnote=Any hour.");
    fake_host_record(fake, "numbers", "number=911\nname=Emergency\nhow=call");
    fake_host_command(fake, FAKE_ANA, 0, "sos-numbers");
    const char *lines = fake_host_said(fake, "crisis.numbers")->args;
    assert_non_null(strstr(lines, "number-note[name=Lifeline;number=988;how=call or text;note=Any "
                                  "hour.;]\nnumber[name=Emergency;"));
}

static void test_the_team_hears_daily_of_numbers_that_nobody_tried(void **state)
{
    struct fake_host *fake = *state;
    fake_host_record(fake, "numbers",
                     "number=988\nname=Lifeline\nverified_on=2026-11-01\nexpires_on=2026-11-24");
    fake_host_record(fake, "numbers", "number=1\nname=Old\nverified_on=never");
    fake_host_wait(fake, 2 * 60 * minute);
    const struct fake_said *said = fake_host_said(fake, "crisis.numbers-unchecked");
    assert_non_null(said);
    assert_int_equal(said->flags, MOORING_SAY_TEAM);
    assert_int_equal(said->to.group.id, FAKE_GROUP);
    assert_string_equal(said->args, "count=1;country=US;names=Old;");
    fake_host_wait(fake, day);
    assert_string_equal(fake_host_said(fake, "crisis.numbers-unchecked")->args,
                        "count=2;country=US;names=Lifeline, Old;");
}

static void test_good_numbers_disturb_nobody(void **state)
{
    struct fake_host *fake = *state;
    fake_host_record(fake, "numbers",
                     "number=988\nname=Lifeline\nverified_on=2026-11-01\nexpires_on=2027-11-01");
    fake_host_wait(fake, 5 * day);
    assert_int_equal(fake->data.said_count, 0);
}

/* "yes im safe", "dunno": asked again, never sent to a list of commands. */
static void test_a_line_after_the_question_of_safety_is_asked_again(void **state)
{
    struct fake_host *fake = *state;
    hears(fake, 0, MOORING_CRISIS_LAPSE, 0, MOORING_WHO_SELF);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(hears(fake, 0, MOORING_CRISIS_NONE, 0, MOORING_WHO_NONE), 1);
        assert_int_equal(fake_host_said_times(fake, "crisis.lapse-unclear"), i);
    }
    assert_string_equal(fake_host_said(fake, "crisis.lapse-unclear")->commands,
                        "lapse-safe|sos|lapse-withdrawal");
}

static void test_what_was_before_a_lapse_is_heard_once_and_then_let_be_said(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "lapse-safe");
    for (int i = 0; i < 4; i++)
        assert_int_equal(hears(fake, 0, MOORING_CRISIS_NONE, 0, MOORING_WHO_NONE), 1);
    assert_int_equal(fake_host_said_times(fake, "crisis.lapse-heard"), 1);
    fake->now += 4 * minute;
    hears(fake, 0, MOORING_CRISIS_NONE, 0, MOORING_WHO_NONE);
    assert_int_equal(fake_host_said_times(fake, "crisis.lapse-heard"), 2);
}

static void test_never_mind_after_a_cry_for_help_is_answered_and_lowers_nothing(void **state)
{
    struct fake_host *fake = *state;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    assert_int_equal(hears(fake, 0, MOORING_CRISIS_NONE, 0, MOORING_WHO_NONE), 1);
    assert_string_equal(fake_host_said(fake, "crisis.heard")->commands,
                        "sos-enough|sos-stay|sos|sos-numbers|sos-false");
    assert_int_equal(fake->data.alert.tier, 3);
    assert_int_equal(fake->data.alert.state, MOORING_ALERT_OPEN);
    assert_int_equal(hears(fake, FAKE_ROOM, MOORING_CRISIS_NONE, 0, MOORING_WHO_NONE), 0);
}

/* "Five things that you can see": those words are not ours. */
static void test_where_an_exercise_is_offered_the_next_line_is_left_alone(void **state)
{
    struct fake_host *fake = *state;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 2, MOORING_WHO_SELF);
    assert_int_equal(hears(fake, 0, MOORING_CRISIS_NONE, 0, MOORING_WHO_NONE), 0);
    fake->now += day;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    fake_host_command(fake, FAKE_ANA, 0, "sos-stay");
    assert_int_equal(hears(fake, 0, MOORING_CRISIS_NONE, 0, MOORING_WHO_NONE), 0);
}

static void test_who_stays_also_looks_in_during_quiet_hours(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "sos-stay");
    fake_host_wait(fake, 10 * minute);
    assert_true((fake_host_said(fake, "crisis.still-here")->flags & MOORING_SAY_CRISIS) != 0);
    fake_host_command(fake, FAKE_ANA, 0, "sos-follow");
    fake_host_wait(fake, day);
    assert_int_equal(fake_host_said(fake, "crisis.follow-day")->flags & MOORING_SAY_CRISIS, 0);
}

/* On IRC every line before it costs the person two seconds. */
static void test_the_card_is_on_its_way_before_the_team_is_paged(void **state)
{
    struct fake_host *fake = *state;
    hears(fake, 0, MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF);
    assert_int_equal(fake->data.card_count, 1);
    assert_false(fake->data.cards[0].after_alert);
    assert_true(fake->data.has_alert);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fake_host_set_up, fake_host_tear_down)

int main(void)
{
#define ON_HOST(test) TEST(test)
    const struct CMUnitTest tests[] = {
        ON_HOST(
            test_tier_three_in_a_room_is_answered_in_private_with_card_then_person_and_question),
        ON_HOST(test_tier_four_begins_with_the_card),
        ON_HOST(test_nobody_awake_is_said_with_the_hour),
        ON_HOST(test_without_a_private_way_the_floor_answers),
        ON_HOST(test_an_alert_that_cannot_be_raised_is_the_floors),
        ON_HOST(test_a_full_disk_does_not_take_the_answer_back),
        ON_HOST(test_the_next_dark_line_is_not_answered_by_a_record),
        ON_HOST(test_a_second_unclear_line_in_a_day_counts_as_the_host_says),
        ON_HOST(test_a_strong_craving_of_the_day_raises_it),
        ON_HOST(test_room_talk_below_a_crisis_is_left_alone),
        ON_HOST(test_a_lapse_in_private_is_thanked_for_and_asked_about_safety_first),
        ON_HOST(test_obstacles_are_answered_and_lead_on),
        ON_HOST(test_staying_looks_in_three_times),
        ON_HOST(test_staying_ends_when_it_eased),
        ON_HOST(test_a_false_alarm_is_noted_and_closes_nothing),
        ON_HOST(test_a_false_alarm_without_an_alert_says_so),
        ON_HOST(test_follow_up_comes_only_when_wanted_and_leads_from_day_to_month),
        ON_HOST(test_the_own_plan_is_written_sealed_and_shown),
        ON_HOST(test_a_plan_of_skips_is_no_plan),
        ON_HOST(test_the_export_has_the_own_plan),
        ON_HOST(test_numbers_are_those_of_the_country_or_the_card),
        ON_HOST(test_the_team_hears_daily_of_numbers_that_nobody_tried),
        ON_HOST(test_good_numbers_disturb_nobody),
        ON_HOST(test_a_line_after_the_question_of_safety_is_asked_again),
        ON_HOST(test_what_was_before_a_lapse_is_heard_once_and_then_let_be_said),
        ON_HOST(test_never_mind_after_a_cry_for_help_is_answered_and_lowers_nothing),
        ON_HOST(test_where_an_exercise_is_offered_the_next_line_is_left_alone),
        ON_HOST(test_who_stays_also_looks_in_during_quiet_hours),
        ON_HOST(test_the_card_is_on_its_way_before_the_team_is_paged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
