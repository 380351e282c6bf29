/* SPDX-License-Identifier: MIT */
/* test_call.c: a call that fails leaves nothing; strikes, quarantine, the time budget. */
#include "rig.h"

#include <errno.h>
#include <time.h>

#include "observe/log.h"

static int setup(void **state)
{
    return rig_setup_with(state, &(struct rig_options){.plugins = "puppet shadow"});
}

static const struct mooring_owner OWN = {.kind = MOORING_OWN_PLUGIN};

/* Writes, says and sets a timer; "fail" at the end undoes all of it. */
static int do_much(struct puppet *puppet, const struct mooring_event *event,
                   struct mooring_str args)
{
    const struct mooring_host *host = puppet->host;
    const struct mooring_when when = {.struct_size = sizeof when, .at = event->sent_at + 60000};
    const struct mooring_when tick = {
        .struct_size = sizeof tick, .at = event->sent_at + 30000, .flags = MOORING_WHEN_VOLATILE};
    int r = host->store->put(host->self, OWN, MOORING_STR("key"), MOORING_STR("value"), 0);
    if (r >= 0)
        r = host->timer->set(host->self, OWN, MOORING_STR("once"), &when);
    if (r >= 0)
        r = host->timer->set(host->self, OWN, MOORING_STR("tick"), &tick);
    if (r >= 0)
        r = rig_say(puppet, event, "done");
    return r < 0 ? r : args.len ? -EBADMSG : 0;
}

static int show_key(struct puppet *puppet, const struct mooring_event *event,
                    struct mooring_str args)
{
    struct mooring_str value;
    (void)args;
    int r = puppet->host->store->get(puppet->host->self, OWN, MOORING_STR("key"), &value);
    return rig_say(puppet, event, r == 0 ? "it is there" : "it is not there");
}

static void test_a_call_that_ends_well_stands(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = do_much;
    rig_play(rig, "!pull\n< room harbor: said done");
    rig->puppet->run = show_key;
    rig_play(rig, "!pull\n< room harbor: it is there\n/wait 2m");
    assert_int_equal(rig->puppet->timers, 2);
}

static void test_a_call_that_fails_is_undone(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = do_much;
    rig_play(rig, "!pull fail\n! room harbor: said done\n< room harbor: went wrong\n< nothing");
    rig->puppet->run = show_key;
    rig_play(rig, "!pull\n< room harbor: it is not there\n/wait 2m");
    assert_int_equal(rig->puppet->timers, 0);
}

static void test_a_plugin_that_fails_takes_nobody_with_it(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = do_much;
    rig->shadow->run = do_much;
    struct chat_event events[] = {rig_event(rig, "ana", "harbor", "!pull fail"),
                                  rig_event(rig, "ben", "harbor", "!pull")};
    rig_bring(rig, events, 2);
    const char *heard = rig_heard(rig, "room harbor");
    assert_non_null(strstr(heard, "went wrong"));
    heard = rig_heard(rig, "room harbor");
    assert_non_null(strstr(heard, "said done"));
    assert_int_equal(rig->puppet->runs, 2);
}

static int counted_failure(struct puppet *puppet, const struct mooring_event *event)
{
    (void)event;
    *(int *)puppet->ctx += 1;
    return -EBADMSG;
}

static bool in_quarantine(const struct rig *rig, const char *name)
{
    const struct host *host = rig->stage.bot->host;
    for (size_t i = 0; i < host_plugin_count(host); i++)
        if (strcmp(host_plugin_name(host, i), name) == 0)
            return host_quarantined(host, i);
    return false;
}

static void test_three_strikes_and_ten_minutes(void **state)
{
    struct rig *rig = *state;
    int calls = 0;
    rig->puppet->ctx = &calls;
    rig->puppet->message = counted_failure;
    log_set_level(LOG_LEVEL_ERROR);
    rig_play(rig, "/dm\none of those days\ntwo of those days");
    assert_false(in_quarantine(rig, "puppet"));
    rig_play(rig, "three of those days");
    assert_int_equal(calls, 3);
    assert_true(in_quarantine(rig, "puppet"));
    rig_play(rig, "four of those days\n/wait 9m\nfive of those days");
    assert_int_equal(calls, 3);
    assert_int_equal(rig->shadow->messages, 5); /* the others hear all of it */
    rig_play(rig, "/wait 1m\nsix of those days");
    assert_int_equal(calls, 4);
}

static void test_a_full_disk_is_no_plugins_fault(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = do_much;
    log_set_level(LOG_LEVEL_ERROR);
    rig_play(rig, "/fail disk-full\n!pull\n!pull\n!pull\n!pull");
    assert_false(in_quarantine(rig, "puppet"));
    rig_play(rig, "/fail none\n/wait 20s\n!pull\n< room harbor: said done");
}

static int no_private_way(struct puppet *puppet, const struct mooring_event *event,
                          struct mooring_str args)
{
    (void)args;
    int r = rig_say(puppet, event, "never heard");
    return r < 0 ? r : -EACCES;
}

static void test_nobody_to_reach_is_no_plugins_fault(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = no_private_way;
    for (int i = 0; i < 4; i++)
        rig_play(rig, "!pull\n! room harbor: never\n< room harbor: I can only say that in private");
    assert_int_equal(rig->puppet->runs, 4);
    assert_false(in_quarantine(rig, "puppet"));
}

static void test_a_good_call_clears_the_strikes(void **state)
{
    struct rig *rig = *state;
    int calls = 0;
    rig->puppet->ctx = &calls;
    rig->puppet->message = counted_failure;
    rig_play(rig, "/dm\none of those days\ntwo of those days");
    rig_play(rig, "!pull");
    rig_play(rig, "three of those days\nfour of those days");
    assert_int_equal(calls, 4);
    assert_false(in_quarantine(rig, "puppet"));
}

static void test_a_quarantined_plugins_command_says_so(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = do_much;
    rig_play(rig, "!pull fail\n!pull fail\n!pull fail\n!pull\n! room harbor: said done\n< room "
                  "harbor: went wrong");
    assert_int_equal(rig->puppet->runs, 3);
}

static void test_made_to_fail(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = do_much;
    rig_play(rig, "/fail plugin puppet\n!pull\n! room harbor: said done\n< room harbor: went "
                  "wrong\n/fail none\n!pull\n< room harbor: said done");
    assert_non_null(strstr(rig_refused(rig, "/fail plugin nobody"), "/fail knows"));
}

static void test_failures_are_counted(void **state)
{
    struct rig *rig = *state;
    int64_t calls = rig_metric(rig, "mooring_plugin_calls_total", "plugin", "puppet");
    rig->puppet->run = do_much;
    rig_play(rig, "!pull fail\n!pull");
    assert_int_equal(rig_metric(rig, "mooring_plugin_failures_total", "plugin", "puppet"), 1);
    assert_int_equal(rig_metric(rig, "mooring_plugin_calls_total", "plugin", "puppet"), calls + 2);
}

/* ---- the budget ------------------------------------------------------------------------------ */

static int dawdle(struct puppet *puppet, const struct mooring_event *event, struct mooring_str args)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 60000000; /* over the 50 ms that a call may take */
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)args;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
        ;
    return rig_say(puppet, event, "slow");
}

static void test_slow_calls_stand_but_count(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, &(struct rig_options){.real_clock = true});
    rig.puppet->run = dawdle;
    rig_play(&rig, "!pull\n< room harbor: said slow\n!pull");
    assert_false(in_quarantine(&rig, "puppet"));
    rig_play(&rig, "!pull");
    assert_true(in_quarantine(&rig, "puppet"));
    rig_close(&rig);
}

/* ---- calls within calls ---------------------------------------------------------------------- */

static int start_walk(struct puppet *puppet, const struct mooring_event *event,
                      struct mooring_str args)
{
    (void)args;
    return puppet->host->ask->start(puppet->host->self, event->member, "walk",
                                    (struct mooring_str){0});
}

static int note_answers(struct puppet *puppet, const struct mooring_event *event,
                        const struct mooring_answers *answers)
{
    char *text = puppet->ctx;
    (void)snprintf(text, 200, "%zu %d %d %d %.*s", answers->count, (int)answers->numbers[0],
                   answers->skipped[0], answers->skipped[1], (int)answers->texts[1].len,
                   answers->texts[1].ptr ? answers->texts[1].ptr : "");
    return rig_say(puppet, event, "thanks");
}

static void test_dialogues_end_in_the_plugin(void **state)
{
    struct rig *rig = *state;
    char answers[200] = "";
    rig->puppet->run = start_walk;
    rig->puppet->done = note_answers;
    rig->puppet->ctx = answers;
    rig_play(
        rig,
        "/dm\npull\n< dm ana: Mood\n7\n< dm ana: Why\nthe sea was calm\n< dm ana: said thanks");
    assert_string_equal(answers, "2 7 0 0 the sea was calm");
}

static void test_a_dialogue_whose_plugin_has_none_of_that_name(void **state)
{
    struct rig *rig = *state;
    assert_null(host_dialogue_find(rig->stage.bot->host, STR("puppet"), STR("run")));
    assert_null(host_dialogue_find(rig->stage.bot->host, STR("nobody"), STR("walk")));
    assert_non_null(host_dialogue_find(rig->stage.bot->host, STR("puppet"), STR("walk")));
}

static int fail_done(struct puppet *puppet, const struct mooring_event *event,
                     const struct mooring_answers *answers)
{
    (void)answers;
    int r = do_much(puppet, event, (struct mooring_str){0});
    return r < 0 ? r : -EBADMSG;
}

static void test_a_dialogue_that_fails_at_its_end_is_told(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = start_walk;
    rig->puppet->done = fail_done;
    rig_play(rig, "/dm\npull\n7\nskip\n! dm ana: said done\n< dm ana: wrong on my side");
    rig->puppet->run = show_key;
    rig_play(rig, "pull\n< dm ana: it is not there");
}

/* A plugin's store, read without a call: the tests' way to look. */
static void test_another_plugins_values_are_not_seen(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = do_much;
    rig_play(rig, "!pull");
    struct mooring_str value;
    assert_int_equal(
        rig->shadow->host->store->get(rig->shadow->host->self, OWN, MOORING_STR("key"), &value),
        -ENOENT);
    assert_int_equal(
        rig->puppet->host->store->get(rig->puppet->host->self, OWN, MOORING_STR("key"), &value), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_call_that_ends_well_stands),
        TEST(test_a_call_that_fails_is_undone),
        TEST(test_a_plugin_that_fails_takes_nobody_with_it),
        TEST(test_three_strikes_and_ten_minutes),
        TEST(test_a_full_disk_is_no_plugins_fault),
        TEST(test_nobody_to_reach_is_no_plugins_fault),
        TEST(test_a_good_call_clears_the_strikes),
        TEST(test_a_quarantined_plugins_command_says_so),
        TEST(test_made_to_fail),
        TEST(test_failures_are_counted),
        cmocka_unit_test(test_slow_calls_stand_but_count),
        TEST(test_dialogues_end_in_the_plugin),
        TEST(test_a_dialogue_whose_plugin_has_none_of_that_name),
        TEST(test_a_dialogue_that_fails_at_its_end_is_told),
        TEST(test_another_plugins_values_are_not_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
