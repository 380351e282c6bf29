/* SPDX-License-Identifier: MIT */
/* test_glue.c: the check-in on a host: what is said to whom, what is kept, what is undone. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_host.h"

static const int64_t day = 86400000;

/* One check-in on each of the days before, "back" to 1 ago. */
static void check_in_daily(struct fake_host *fake, int back, const char *line)
{
    int64_t now = fake->now;
    for (int i = back; i > 0; i--) {
        fake->now = now - i * day;
        assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, line), 0);
        fake_host_hush(fake);
    }
    fake->now = now;
}

static void test_another_major_version_is_refused(void **state)
{
    (void)state;
    assert_null(mooring_plugin_entry(MOORING_ABI_MAJOR + 1, 0));
}

static void test_one_line_is_kept_and_answered_in_private_alone(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(
        fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "CheckIn m6 c3 k8 tired \"walk after lunch\""),
        0);
    const struct fake_said *said = fake_host_said(fake, "checkin.saved-intention");
    assert_non_null(said);
    assert_int_equal(said->to.member.id, FAKE_ANA);
    assert_int_equal(said->to.answers.id, 0); /* the room is not where it goes */
    assert_true((said->flags & MOORING_SAY_PRIVATE_ONLY) != 0);
    assert_string_equal(said->member_text, "walk after lunch");
    assert_string_equal(said->args, "summary=part-mood[value=6;], part-craving[value=3;], "
                                    "part-confidence[value=8;], ask-halt-tired;");
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "mood"), 1);
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "done"), 1);
    const struct fake_row *row = fake_host_row(fake, MOORING_OWN_MEMBER, FAKE_ANA, "entry/");
    assert_non_null(row);
    assert_string_equal(row->value, "m6 c3 k8 h8\nwalk after lunch");
}

static void test_every_message_about_a_check_in_is_private(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "ci m6 c9");
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "checkin history");
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "checkin nonsense");
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "undo");
    assert_true(fake->data.said_count >= 6);
    for (size_t i = 0; i < fake->data.said_count; i++) {
        assert_true((fake->data.said[i].flags & MOORING_SAY_PRIVATE_ONLY) != 0);
        assert_int_equal(fake->data.said[i].to.group.id + fake->data.said[i].to.room.id, 0);
    }
}

static void test_who_sees_this_is_explained_once(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "checkin m6");
    fake->now += day;
    fake_host_command(fake, FAKE_ANA, 0, "checkin m7");
    assert_int_equal(fake_host_said_times(fake, "checkin.who-sees"), 1);
    fake_host_command(fake, FAKE_BEN, 0, "checkin m7");
    assert_int_equal(fake_host_said_times(fake, "checkin.who-sees"), 2);
}

static void test_the_bare_command_starts_the_dialogue(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "checkin"), 0);
    assert_string_equal(fake->data.dialogue, "daily");
    assert_int_equal(fake->data.said_count, 0);
}

static void test_without_a_private_chat_the_room_hears_nothing_private(void **state)
{
    struct fake_host *fake = *state;
    fake->unreachable = true;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "checkin"), 0);
    const struct fake_said *said = fake_host_said(fake, "checkin.no-private");
    assert_non_null(said);
    assert_int_equal(said->to.member.id, 0);
}

static void test_skipped_answers_are_not_kept_and_given_ones_are(void **state)
{
    struct fake_host *fake = *state;
    const int64_t numbers[] = {6, 0, 8, 5, 0};
    const char *const texts[] = {"6", "skip", "8", "hungry, lonely", "skip"};
    assert_int_equal(fake_host_answers(fake, FAKE_ANA, numbers, texts, 5), 0);
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "craving"), 0);
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "confidence"), 1);
    assert_string_equal(fake_host_row(fake, MOORING_OWN_MEMBER, FAKE_ANA, "entry/")->value,
                        "m6 c-1 k8 h5\n");
    assert_non_null(fake_host_said(fake, "checkin.saved"));
}

static void test_a_dialogue_of_skips_keeps_nothing_and_shames_nobody(void **state)
{
    struct fake_host *fake = *state;
    const int64_t numbers[5] = {0};
    const char *const texts[] = {"skip", "skip", "skip", "skip", "skip"};
    assert_int_equal(fake_host_answers(fake, FAKE_ANA, numbers, texts, 5), 0);
    assert_non_null(fake_host_said(fake, "checkin.all-skipped"));
    assert_null(fake_host_row(fake, MOORING_OWN_MEMBER, FAKE_ANA, "entry/"));
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "done"), 0);
}

static void test_without_consent_nothing_is_kept_and_the_way_is_said(void **state)
{
    struct fake_host *fake = *state;
    fake->consent_checkins = 0;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "checkin m6"), 0);
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "checkin"), 0);
    assert_int_equal(fake_host_said_times(fake, "checkin.consent"), 2);
    assert_int_equal(fake->data.row_count, 0);
    assert_int_equal(fake->data.point_count, 0);
    assert_string_equal(fake->data.dialogue, "");
    assert_string_equal(fake_host_said(fake, "checkin.consent")->commands,
                        "consent checkins yes|checkin-fine");
}

static void test_a_failing_disk_undoes_points_and_answer(void **state)
{
    struct fake_host *fake = *state;
    fake->put_error = -ENOSPC;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "checkin m6 c3"), -ENOSPC);
    assert_int_equal(fake->data.point_count, 0);
    assert_int_equal(fake->data.said_count, 0);
}

static void test_mistakes_are_named_and_keep_nothing(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "checkin m6 tierd"), 0);
    const struct fake_said *said = fake_host_said(fake, "checkin.trouble-near");
    assert_non_null(said);
    assert_string_equal(said->member_text, "tierd");
    assert_non_null(strstr(said->args, "suggestion=tired;"));
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "checkin m60"), 0);
    assert_non_null(fake_host_said(fake, "checkin.trouble-range"));
    assert_int_equal(fake->data.point_count, 0);
}

static void test_undo_takes_points_and_words_of_the_last_alone(void **state)
{
    struct fake_host *fake = *state;
    check_in_daily(fake, 1, "checkin m5");
    fake_host_command(fake, FAKE_ANA, 0, "checkin m6 c3 \"walk\"");
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "undo"), 0);
    assert_non_null(fake_host_said(fake, "checkin.undone"));
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "mood"), 1);
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "craving"), 0);
    assert_string_equal(fake_host_row(fake, MOORING_OWN_MEMBER, FAKE_ANA, "entry/")->value,
                        "m5 c-1 k-1 h0\n");
}

static void test_undo_asks_before_it_reaches_into_older_days(void **state)
{
    struct fake_host *fake = *state;
    check_in_daily(fake, 2, "checkin m5");
    fake_host_command(fake, FAKE_ANA, 0, "undo");
    fake_host_command(fake, FAKE_ANA, 0, "undo");
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "mood"),
                     1); /* a day ago exactly still went */
    assert_string_equal(fake_host_said(fake, "checkin.undo-old")->commands,
                        "checkin undo yes|checkin-fine");
    fake_host_command(fake, FAKE_ANA, 0, "checkin undo yes");
    assert_int_equal(fake_host_points(fake, FAKE_ANA, "mood"), 0);
    fake_host_command(fake, FAKE_ANA, 0, "undo");
    assert_non_null(fake_host_said(fake, "checkin.undo-none"));
}

static void test_history_shows_fourteen_lines_days_and_own_means(void **state)
{
    struct fake_host *fake = *state;
    check_in_daily(fake, 20, "checkin m6 c2 k8");
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "checkin history"), 0);
    const char *lines = fake_host_said(fake, "checkin.history")->args;
    size_t count = 0;
    for (const char *at = lines; (at = strstr(at, "history-line[")) != NULL; at++)
        count++;
    assert_int_equal(count, 14);
    char newest[32];
    snprintf(newest, sizeof newest, "when=%lld;", (long long)(fake->now - day));
    assert_non_null(strstr(lines, newest));
    assert_null(strchr(strstr(lines, newest), '\n')); /* and it stands last */
    assert_string_equal(fake_host_said(fake, "checkin.history-days")->args,
                        "total=20;current=20;longest=20;");
    assert_string_equal(fake_host_said(fake, "checkin.history-means")->args,
                        "mood=6.0;craving=2.0;confidence=8.0;");
    assert_non_null(fake_host_said(fake, "checkin.history-means-before"));
}

static void test_an_empty_history_says_how_to_begin(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "checkin history"), 0);
    assert_int_equal(fake->data.said_count, 1);
    assert_non_null(fake_host_said(fake, "checkin.history-empty"));
}

static void test_two_strong_cravings_offer_help_and_a_person(void **state)
{
    struct fake_host *fake = *state;
    check_in_daily(fake, 1, "checkin c8");
    fake_host_command(fake, FAKE_ANA, 0, "checkin c7");
    const struct fake_said *said = fake_host_said(fake, "checkin.flag-again");
    assert_non_null(said);
    assert_string_equal(said->commands, "breathe|ground|tip craving|sos|checkin-fine");
    assert_ptr_equal(said,
                     &fake->data.said[fake->data.said_count - 1]); /* the question comes last */
}

static void test_confidence_under_the_own_median_is_noticed(void **state)
{
    struct fake_host *fake = *state;
    check_in_daily(fake, 5, "checkin k8");
    fake_host_command(fake, FAKE_ANA, 0, "checkin k5");
    assert_non_null(fake_host_said(fake, "checkin.flag-unsure"));
    fake_host_hush(fake);
    fake_host_command(fake, FAKE_BEN, 0, "checkin k5"); /* nobody else's numbers count */
    assert_null(fake_host_said(fake, "checkin.flag-unsure"));
}

static void test_a_strong_craving_makes_dark_words_weigh_more(void **state)
{
    struct fake_host *fake = *state;
    fake->classified = (struct mooring_verdict){
        .kind = MOORING_CRISIS_SUICIDE, .tier = 2, .who = MOORING_WHO_SELF};
    fake_host_command(fake, FAKE_ANA, 0, "checkin c7 \"they'd be better off\"");
    assert_false(fake->data.has_alert);
    fake_host_command(fake, FAKE_ANA, 0, "checkin c8 \"they'd be better off\"");
    assert_true(fake->data.has_alert);
    assert_int_equal(fake->data.alert.tier, 3);
    assert_int_equal(fake->data.card_count, 1);
}

static void test_the_prompt_goes_to_the_groups_rooms_and_not_at_night(void **state)
{
    struct fake_host *fake = *state;
    fake_host_option(fake, "prompt_at", "540");
    fake_host_option(fake, "late_ok", "60");
    fake_host_arrange(fake);
    fake_host_wait(fake, day);
    const struct fake_said *said = fake_host_said(fake, "checkin.prompt");
    assert_non_null(said);
    assert_int_equal(said->to.group.id, FAKE_GROUP);
    assert_string_equal(said->commands, "checkin");
    assert_int_equal(said->expires_at - fake->now, 3600000);
    fake_host_hush(fake);
    fake_host_restart(fake, day + 2 * 3600000); /* away over the next one, and two hours more */
    assert_null(fake_host_said(fake, "checkin.prompt"));
}

static void test_the_prompt_can_be_turned_off(void **state)
{
    struct fake_host *fake = *state;
    assert_non_null(fake_host_timer(fake, "prompt"));
    fake_host_option(fake, "prompt", "0");
    fake_host_arrange(fake);
    assert_null(fake_host_timer(fake, "prompt"));
}

static void test_notes_after_silence_are_offered_once_and_need_a_yes(void **state)
{
    struct fake_host *fake = *state;
    check_in_daily(fake, 5, "checkin m6");
    fake_host_command(fake, FAKE_ANA, 0, "checkin m6");
    fake->now += day;
    fake_host_command(fake, FAKE_ANA, 0, "checkin m6");
    assert_int_equal(fake_host_said_times(fake, "checkin.offer-notes") +
                         fake_host_said_times(fake, "checkin.note"),
                     0);
    assert_non_null(
        fake_host_row(fake, MOORING_OWN_MEMBER, FAKE_ANA, "offered")); /* in the loop above */
    fake_host_wait(fake, 30 * day);
    assert_null(fake_host_said(fake, "checkin.note"));
}

static void test_notes_get_rarer_then_stop_and_say_so(void **state)
{
    struct fake_host *fake = *state;
    fake_host_option(fake, "prompt", "0");
    fake_host_arrange(fake);
    fake->consent_nudges = 1;
    check_in_daily(fake, 6, "checkin m6");
    fake_host_command(fake, FAKE_ANA, 0, "checkin m6");
    fake_host_hush(fake);
    fake_host_wait(fake, 3 * day);
    assert_int_equal(fake_host_said_times(fake, "checkin.note"), 0);
    fake_host_wait(fake, day);
    assert_int_equal(fake_host_said_times(fake, "checkin.note"), 1);
    fake_host_wait(fake, 60 * day);
    assert_int_equal(fake_host_said_times(fake, "checkin.note"), 3);
    assert_int_equal(fake_host_said_times(fake, "checkin.note-last"), 1);
    assert_null(fake_host_timer(fake, "silence"));
}

static void test_consent_taken_back_silences_the_notes(void **state)
{
    struct fake_host *fake = *state;
    fake->consent_nudges = 1;
    check_in_daily(fake, 6, "checkin m6");
    fake_host_command(fake, FAKE_ANA, 0, "checkin m6");
    fake->consent_nudges = 0;
    fake_host_wait(fake, 30 * day);
    assert_null(fake_host_said(fake, "checkin.note"));
}

struct rows {
    char text[400];
    size_t count;
};

static void see(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct rows *rows = ctx;
    rows->count++;
    snprintf(rows->text, sizeof rows->text, "%.*s|%.*s", (int)key.len, key.ptr, (int)value.len,
             value.ptr);
}

/* A letter for each of the next days: asked, said that it ends, or nothing. */
static void each_day(struct fake_host *fake, size_t days, char *ret_seen)
{
    for (size_t i = 0; i < days; i++) {
        fake->data.dialogue[0] = '\0';
        fake_host_hush(fake);
        fake_host_wait(fake, day);
        ret_seen[i] = fake->data.dialogue[0]                        ? 'a'
                      : fake_host_said(fake, "checkin.daily-ended") ? 'e'
                                                                    : '-';
    }
    ret_seen[days] = '\0';
}

static void test_a_daily_question_that_nobody_answers_gets_rarer_then_ends(void **state)
{
    char seen[16];
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "checkin daily 09:00");
    each_day(fake, 9, seen);
    assert_string_equal(seen, "aa-a-ae--");
}

static void test_a_check_in_keeps_the_daily_question(void **state)
{
    char seen[16];
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "checkin daily 09:00");
    each_day(fake, 3, seen);
    assert_string_equal(seen, "aa-");
    fake_host_command(fake, FAKE_ANA, 0, "checkin m6");
    each_day(fake, 3, seen);
    assert_string_equal(seen, "aa-");
    /* asking for it anew is interest enough */
    fake_host_command(fake, FAKE_ANA, 0, "checkin daily 09:00");
    each_day(fake, 7, seen);
    assert_string_equal(seen, "aa-a-ae");
}

static void test_export_gives_everything(void **state)
{
    struct fake_host *fake = *state;
    struct rows rows = {.count = 0};
    check_in_daily(fake, 70, "checkin m6 \"walk\"");
    int r = fake->plugin->export_member(fake->state, (struct mooring_member){FAKE_ANA}, see, &rows);
    assert_int_equal(r, 0);
    assert_int_equal(rows.count, 70);
    assert_non_null(strstr(rows.text, "2026-09-14 "));
    assert_non_null(strstr(rows.text, "; walk"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fake_host_set_up, fake_host_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_another_major_version_is_refused),
        TEST(test_one_line_is_kept_and_answered_in_private_alone),
        TEST(test_every_message_about_a_check_in_is_private),
        TEST(test_who_sees_this_is_explained_once),
        TEST(test_the_bare_command_starts_the_dialogue),
        TEST(test_without_a_private_chat_the_room_hears_nothing_private),
        TEST(test_skipped_answers_are_not_kept_and_given_ones_are),
        TEST(test_a_dialogue_of_skips_keeps_nothing_and_shames_nobody),
        TEST(test_without_consent_nothing_is_kept_and_the_way_is_said),
        TEST(test_a_failing_disk_undoes_points_and_answer),
        TEST(test_mistakes_are_named_and_keep_nothing),
        TEST(test_undo_takes_points_and_words_of_the_last_alone),
        TEST(test_undo_asks_before_it_reaches_into_older_days),
        TEST(test_history_shows_fourteen_lines_days_and_own_means),
        TEST(test_an_empty_history_says_how_to_begin),
        TEST(test_two_strong_cravings_offer_help_and_a_person),
        TEST(test_confidence_under_the_own_median_is_noticed),
        TEST(test_a_strong_craving_makes_dark_words_weigh_more),
        TEST(test_the_prompt_goes_to_the_groups_rooms_and_not_at_night),
        TEST(test_the_prompt_can_be_turned_off),
        TEST(test_notes_after_silence_are_offered_once_and_need_a_yes),
        TEST(test_notes_get_rarer_then_stop_and_say_so),
        TEST(test_consent_taken_back_silences_the_notes),
        TEST(test_a_daily_question_that_nobody_answers_gets_rarer_then_ends),
        TEST(test_a_check_in_keeps_the_daily_question),
        TEST(test_export_gives_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
