/* SPDX-License-Identifier: MIT */
/* test_dialogue.c: questions asked, answered, skipped, stopped, resumed and run out. */
#include "house.h"

static void advance(int64_t ms)
{
    clock_advance(&house.clock, ms);
}

/* ---- the way through ------------------------------------------------------------------------- */

static void the_first_question_goes_to_the_private_chat(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    assert_string_equal(house_last()->msgid, "checkin.mood");
    assert_int_equal(house_last()->flags, MOORING_SAY_PRIVATE_ONLY);
    assert_int_equal(house_last()->source, SOURCE);
    assert_int_equal(house_last()->member, MEMBER);
    assert_int_equal(house_last()->priority, OUTBOX_REPLY);
    assert_int_equal(house_last()->expires_at, house.clock.wall_at + 7200 * 1000);
}

static void from_a_timer_it_buzzes_as_a_reminder(void **state)
{
    (void)state;
    assert_int_equal(dialogues_start(house.dialogues, PLUGIN, &daily, MEMBER, 0, STR("")), 0);
    assert_int_equal(house_last()->flags, MOORING_SAY_PRIVATE_ONLY | MOORING_SAY_URGENT);
    assert_int_equal(house_last()->priority, OUTBOX_REMINDER);
    assert_int_equal(house_last()->source, 0);
}

static void all_answers_reach_the_plugin(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    assert_string_equal(house_type("6"), "checkin.craving");
    assert_string_equal(house_type("8"), "dialogue.ask");
    assert_string_equal(house_last()->question, "checkin.halt");
    assert_string_equal(house_last()->options, " (1) hungry (2) angry (3) lonely (4) tired");
    assert_string_equal(house_type("lonely and tired"), "dialogue.ask");
    assert_string_equal(house_last()->options, " (1) yes (2) no");
    assert_string_equal(house_type("yes"), "checkin.intention");
    assert_string_equal(house_type("walk at noon"), "");
    const struct outcome *outcome = &house.outcome;
    assert_int_equal(outcome->calls, 1);
    assert_int_equal(outcome->count, 5);
    assert_int_equal(outcome->numbers[0], 6);
    assert_int_equal(outcome->numbers[1], 8);
    assert_int_equal(outcome->numbers[2], 4 | 8);
    assert_string_equal(outcome->texts[2], "lonely,tired");
    assert_int_equal(outcome->numbers[3], 1);
    assert_string_equal(outcome->texts[4], "walk at noon");
    assert_string_equal(outcome->keys[4], "intention");
    assert_int_equal(outcome->skipped[4], 0);
    assert_false(house_has_rows());
}

static void what_does_not_apply_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    (void)house_type("6");
    assert_string_equal(house_type("3"), "checkin.intention");
    (void)house_type("skip");
    assert_int_equal(house.outcome.calls, 1);
    const uint8_t expected[] = {0, 0, 1, 1, 1};
    assert_memory_equal(house.outcome.skipped, expected, sizeof expected);
}

static void nothing_is_open_for_others(void **state)
{
    (void)state;
    int64_t at;
    const struct mooring_event event = {.struct_size = sizeof event, .text = MOORING_STR("6")};
    assert_int_equal(house_start(&daily), 0);
    assert_int_equal(dialogues_open(house.dialogues, MEMBER, &at), 0);
    assert_int_equal(at, house.clock.wall_at);
    assert_int_equal(dialogues_open(house.dialogues, house.other, &at), -ENOENT);
    assert_int_equal(dialogues_answer(house.dialogues, house.other, &event), 0);
}

static void it_survives_a_restart(void **state)
{
    (void)state;
    int64_t at;
    assert_int_equal(house_start(&daily), 0);
    (void)house_type("6");
    house_forget_memory();
    assert_int_equal(dialogues_open(house.dialogues, MEMBER, &at), 0);
    assert_string_equal(house_type("3"), "checkin.intention");
    (void)house_type("rest");
    assert_int_equal(house.outcome.numbers[0], 6);
}

static void a_rollback_is_seen(void **state)
{
    (void)state;
    int64_t at;
    assert_int_equal(dialogues_start(house.dialogues, PLUGIN, &daily, MEMBER, SOURCE, STR("")), 0);
    store_rollback(house.store);
    assert_int_equal(dialogues_open(house.dialogues, MEMBER, &at), -ENOENT);
}

static void a_forgotten_source_is_done_without(void **state)
{
    (void)state;
    house.stale_source = SOURCE;
    assert_int_equal(house_start(&daily), 0);
    assert_int_equal(house_last()->source, 0);
    assert_int_equal(house_last()->member, MEMBER);
}

static void without_a_private_way_it_does_not_start(void **state)
{
    (void)state;
    house.enqueue_result = -EACCES;
    assert_int_equal(dialogues_start(house.dialogues, PLUGIN, &daily, MEMBER, SOURCE, STR("")), -EACCES);
    assert_false(house_has_rows());
}

static void plan_text_is_told_to_the_reading(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    assert_int_equal(dialogues_context(house.dialogues, MEMBER), 0);
    (void)house_type("6");
    (void)house_type("3");
    assert_int_equal(dialogues_context(house.dialogues, MEMBER), SAFETY_PLAN_TEXT);
    assert_int_equal(dialogues_context(house.dialogues, house.other), 0);
}

/* ---- words of control ------------------------------------------------------------------------ */

static void stop_ends_it(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    (void)house_type("6");
    assert_string_equal(house_type("Stop."), "dialogue.stopped");
    assert_false(house_has_rows());
    assert_int_equal(house.outcome.calls, 0);
}

static void skip_is_refused_where_the_answer_is_needed(void **state)
{
    (void)state;
    assert_int_equal(house_start(&weekly), 0);
    assert_string_equal(house_type("SKIP"), "dialogue.no-skip");
    assert_string_equal(house_last()->question, "checkin.at");
}

static void back_asks_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    assert_string_equal(house_type("back"), "dialogue.no-back");
    (void)house_type("6");
    (void)house_type("3");
    assert_string_equal(house_type("back"), "checkin.craving"); /* over those left out */
    assert_string_equal(house_type("8"), "dialogue.ask");
}

/* ---- answers that do not fit ----------------------------------------------------------------- */

static void a_wrong_answer_is_asked_again_with_the_reason(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    assert_string_equal(house_type("11"), "dialogue.outside");
    assert_string_equal(house_last()->question, "checkin.mood");
    assert_string_equal(house_last()->skip, "yes");
    assert_int_equal(house_last()->max, 10);
    assert_string_equal(house_type("dunno"), "dialogue.not-number");
    assert_string_equal(house_type("still"), "dialogue.offer-skip");
    assert_string_equal(house_type("6"), "checkin.craving");
    assert_string_equal(house_type("11"), "dialogue.outside"); /* counted anew */
}

static void where_nothing_can_be_skipped_stop_is_offered(void **state)
{
    (void)state;
    assert_int_equal(house_start(&weekly), 0);
    (void)house_type("a");
    (void)house_type("b");
    assert_string_equal(house_type("c"), "dialogue.offer-stop");
}

static void a_near_zone_is_taken_by_yes(void **state)
{
    (void)state;
    assert_int_equal(house_start(&weekly), 0);
    assert_string_equal(house_type("9am"), "checkin.zone");
    assert_string_equal(house_type("America/Newyork"), "dialogue.near-zone");
    assert_string_equal(house_last()->near, "America/New_York");
    (void)house_type("yes");
    assert_int_equal(house.outcome.calls, 1);
    assert_string_equal(house.outcome.texts[1], "America/New_York");
    assert_int_equal(house.outcome.numbers[0], 540);
}

/* ---- several of them ------------------------------------------------------------------------- */

static void a_newer_one_goes_first_and_the_older_goes_on(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    (void)house_type("6");
    assert_int_equal(house_start(&weekly), 0); /* in the same millisecond */
    assert_string_equal(house_type("21:30"), "checkin.zone");
    assert_string_equal(house_type("America/New York"), "dialogue.resume");
    assert_string_equal(house_last()->question, "checkin.craving");
    assert_string_equal(house_type("3"), "checkin.intention");
    assert_int_equal(house.outcome.calls, 1);
}

static void stopping_the_newer_resumes_the_older(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    assert_int_equal(house_start(&weekly), 0);
    assert_string_equal(house_type("cancel"), "dialogue.stopped");
    assert_string_equal(house_last()->msgid, "dialogue.resume");
    assert_string_equal(house_last()->question, "checkin.mood");
}

static void the_same_one_starts_anew(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    (void)house_type("6");
    assert_int_equal(house_start(&daily), 0);
    assert_string_equal(house_last()->msgid, "checkin.mood");
    (void)house_type("stop");
    assert_false(house_has_rows());
}

static void done_may_start_the_next(void **state)
{
    (void)state;
    house.starts_then = &weekly;
    assert_int_equal(house_start(&daily), 0);
    (void)house_type("6");
    (void)house_type("3");
    assert_string_equal(house_type("skip"), "checkin.at");
    assert_true(house_has_rows());
}

static void a_plugin_stops_its_own(void **state)
{
    (void)state;
    assert_int_equal(dialogues_stop(house.dialogues, MEMBER, PLUGIN, STR("daily")), -ENOENT);
    assert_int_equal(house_start(&daily), 0);
    assert_int_equal(dialogues_stop(house.dialogues, MEMBER, PLUGIN, STR("daily")), 0);
    assert_false(house_has_rows());
}

/* ---- the end --------------------------------------------------------------------------------- */

static void an_expired_one_goes_silently(void **state)
{
    (void)state;
    int64_t at;
    const struct mooring_event event = {.struct_size = sizeof event, .text = MOORING_STR("6")};
    assert_int_equal(house_start(&daily), 0);
    advance(7200 * 1000);
    assert_int_equal(dialogues_open(house.dialogues, MEMBER, &at), -ENOENT);
    assert_int_equal(dialogues_answer(house.dialogues, MEMBER, &event), 0);
    assert_int_equal(house.count, 1);
    assert_false(house_has_rows());
}

static void each_answer_gives_time_again(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    advance(7000 * 1000);
    (void)house_type("6");
    advance(7000 * 1000);
    assert_string_equal(house_type("3"), "checkin.intention");
}

static void what_nobody_comes_back_to_is_swept(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    advance(7200 * 1000);
    for (int i = 0; i < 4; i++)
        assert_int_equal(dialogues_start(house.dialogues, PLUGIN, &daily, house.other, SOURCE, STR("")), 0);
    assert_false(house_has_rows());
}

static void another_version_is_put_away_with_a_sentence(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    house.tables[0] = &versioned;
    assert_string_equal(house_type("6"), "dialogue.gone");
    assert_false(house_has_rows());
}

static void a_plugin_that_is_gone_is_told_too(void **state)
{
    (void)state;
    assert_int_equal(house_start(&daily), 0);
    house.tables[0] = NULL;
    assert_string_equal(house_type("6"), "dialogue.gone");
}

static void a_plugin_that_fails_is_admitted(void **state)
{
    (void)state;
    house.done_result = -EIO;
    assert_int_equal(house_start(&daily), 0);
    (void)house_type("6");
    (void)house_type("3");
    assert_string_equal(house_type("skip"), "dialogue.failed");
    assert_false(house_has_rows());
}

static void no_end_of_open_ones(void **state)
{
    (void)state;
    static const struct mooring_step step = {"a", "checkin.mood", NULL, MOORING_ASK_NUMBER, 0, 0, 10, NULL};
    static struct mooring_dialogue many[20];
    static char names[20][8];
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        snprintf(names[i], sizeof names[i], "d%zu", i);
        many[i] = (struct mooring_dialogue){sizeof many[i], names[i], 1, 7200, &step, 1, daily.done};
        assert_int_equal(house_start(&many[i]), 0);
    }
    DIALOGUE_ARENA arena = {0};
    struct dialogue_rows rows;
    assert_int_equal(dialogue_rows_load(house.store, MEMBER, &arena, &rows), 0);
    assert_int_equal(rows.count, DIALOGUE_ROWS_MAX);
    assert_true(str_eq_c(rows.items[0].name, "d19"));
}

static void unsound_tables_are_refused(void **state)
{
    (void)state;
    const struct mooring_dialogue empty = {sizeof empty, "x", 1, 60, NULL, 0, daily.done};
    assert_int_equal(house_start(&empty), -EINVAL);
    assert_int_equal(dialogues_start(house.dialogues, PLUGIN, &daily, 0, 0, STR("")), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(the_first_question_goes_to_the_private_chat),
        IN_HOUSE(from_a_timer_it_buzzes_as_a_reminder),
        IN_HOUSE(all_answers_reach_the_plugin),
        IN_HOUSE(what_does_not_apply_is_left_out),
        IN_HOUSE(nothing_is_open_for_others),
        IN_HOUSE(it_survives_a_restart),
        IN_HOUSE(a_rollback_is_seen),
        IN_HOUSE(a_forgotten_source_is_done_without),
        IN_HOUSE(without_a_private_way_it_does_not_start),
        IN_HOUSE(plan_text_is_told_to_the_reading),
        IN_HOUSE(stop_ends_it),
        IN_HOUSE(skip_is_refused_where_the_answer_is_needed),
        IN_HOUSE(back_asks_the_one_before),
        IN_HOUSE(a_wrong_answer_is_asked_again_with_the_reason),
        IN_HOUSE(where_nothing_can_be_skipped_stop_is_offered),
        IN_HOUSE(a_near_zone_is_taken_by_yes),
        IN_HOUSE(a_newer_one_goes_first_and_the_older_goes_on),
        IN_HOUSE(stopping_the_newer_resumes_the_older),
        IN_HOUSE(the_same_one_starts_anew),
        IN_HOUSE(done_may_start_the_next),
        IN_HOUSE(a_plugin_stops_its_own),
        IN_HOUSE(an_expired_one_goes_silently),
        IN_HOUSE(each_answer_gives_time_again),
        IN_HOUSE(what_nobody_comes_back_to_is_swept),
        IN_HOUSE(another_version_is_put_away_with_a_sentence),
        IN_HOUSE(a_plugin_that_is_gone_is_told_too),
        IN_HOUSE(a_plugin_that_fails_is_admitted),
        IN_HOUSE(no_end_of_open_ones),
        IN_HOUSE(unsound_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
