/* SPDX-License-Identifier: MIT */
/* test_stage.c: the steps of a script, and what it expects. */
#include "rig.h"

#include <errno.h>

static int setup(void **state)
{
    int r = rig_setup(state);
    ((struct rig *)*state)->puppet->run = rig_echo;
    return r;
}

static int expect(struct rig *rig, const char *line, struct error *error)
{
    *error = (struct error){0};
    return stage_expect(&rig->stage, str_of(line), error);
}

/* ---- expectations ---------------------------------------------------------------------------- */

static void test_a_pattern_that_matches_takes_its_message(void **state)
{
    struct rig *rig = *state;
    struct error error;
    rig_play(rig, "!pull one");
    assert_int_equal(expect(rig, "< room harbor: said o.e$", &error), 1);
    assert_int_equal(expect(rig, "< room harbor: said o.e$", &error), -EBADMSG);
    assert_non_null(strstr(error.text, "expected: < room harbor: said o.e$"));
    assert_non_null(strstr(error.text, "what came:\n  nothing"));
}

static void test_what_came_is_told(void **state)
{
    struct rig *rig = *state;
    struct error error;
    rig_play(rig, "!pull one");
    assert_int_equal(expect(rig, "< room harbor: two", &error), -EBADMSG);
    assert_non_null(strstr(error.text, "room harbor: "));
    assert_non_null(strstr(error.text, "said one"));
}

static void test_the_place_counts(void **state)
{
    struct rig *rig = *state;
    struct error error;
    rig_play(rig, "!pull one");
    assert_int_equal(expect(rig, "< dm ana: one", &error), -EBADMSG);
    assert_int_equal(expect(rig, "< room bridge: one", &error), -EBADMSG);
    assert_int_equal(expect(rig, "< room harbor: one", &error), 1);
}

static void test_not(void **state)
{
    struct rig *rig = *state;
    struct error error;
    rig_play(rig, "!pull one");
    assert_int_equal(expect(rig, "! room harbor: two", &error), 1);
    assert_int_equal(expect(rig, "! dm ana: one", &error), 1);
    assert_int_equal(expect(rig, "! room harbor: one", &error), -EBADMSG);
    assert_non_null(strstr(error.text, "expected that this is not said"));
}

static void test_nothing(void **state)
{
    struct rig *rig = *state;
    struct error error;
    rig_play(rig, "hello");
    assert_int_equal(expect(rig, "< nothing", &error), 1);
    rig_play(rig, "!pull one");
    assert_int_equal(expect(rig, "< nothing", &error), -EBADMSG);
    assert_int_equal(expect(rig, "< room harbor: one", &error), 1);
    assert_int_equal(expect(rig, "< nothing", &error), 1);
}

static void test_the_next_input_forgets(void **state)
{
    struct rig *rig = *state;
    struct error error;
    rig_play(rig, "!pull one\nhello");
    assert_int_equal(expect(rig, "< nothing", &error), 1);
}

static void test_a_wrong_pattern(void **state)
{
    struct rig *rig = *state;
    struct error error;
    assert_int_equal(expect(rig, "< room harbor: (", &error), -EINVAL);
    assert_non_null(strstr(error.text, "the pattern is wrong"));
}

static void test_lines_that_are_no_expectations(void **state)
{
    static const char *const lines[] = {
        "<3 to all of you",  "< that way",          "!pull one", "! pull one", "< room: hm",
        "< roomy harbor: x", "! dm with spaces: x", "<",         "hello",      ""};
    struct rig *rig = *state;
    struct error error;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (expect(rig, lines[i], &error) != 0)
            fail_msg("\"%s\" was taken for an expectation", lines[i]);
}

static void test_expectations_in_a_script_fail_it(void **state)
{
    struct rig *rig = *state;
    assert_non_null(strstr(rig_refused(rig, "< room harbor: hello"), "expected"));
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void test_empty_lines_and_comments(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "\n   \n# !pull\n\r\n");
    assert_int_equal(rig->puppet->runs, 0);
}

static void test_a_text_that_begins_with_a_slash(void **state)
{
    struct rig *rig = *state;
    rig->puppet->message = NULL;
    rig_play(rig, "/dm\n//pull");
    assert_int_equal(rig->puppet->messages, 1);
}

static void test_steps_that_cannot_be(void **state)
{
    static const char *const pairs[][2] = {
        {"/fly away", "there is no step /fly"},
        {"/", "a step's name is missing"},
        {"/wait", "/wait needs a time"},
        {"/wait soon", "/wait needs a time"},
        {"/wait 100000d", "/wait needs a time"},
        {"/at", "/at needs a time"},
        {"/at tomorrow", "is not a time"},
        {"/at 2020-01-01 09:00", "in the past"},
        {"/at 2026-11-24 09:00 Mars/Base", "not a time zone"},
        {"/step", "/step needs a time"},
        {"/as", "a name is missing"},
        {"/room", "room's name is missing"},
        {"/edit hello", "nothing of that kind"},
        {"/delete", "nothing of that kind"},
        {"/react x", "nothing of that kind"},
        {"/fail", "/fail knows"},
        {"/fail sometimes", "/fail knows"},
        {"/fail network-down nowhere", "there is no network"},
        {"/peer", "/peer needs"},
        {"/peer nobody PING", "there is no peer"},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        const char *why = rig_refused(rig, pairs[i][0]);
        if (!strstr(why, pairs[i][1]))
            fail_msg("%s: %s", pairs[i][0], why);
    }
}

static int64_t now(const struct rig *rig)
{
    return clock_wall_at(&rig->stage.ground.clock);
}

static void test_time_moves_only_when_told(void **state)
{
    struct rig *rig = *state;
    assert_true(now(rig) == RIG_START_AT);
    rig_play(rig, "/wait 90s");
    assert_true(now(rig) == RIG_START_AT + 90000);
    rig_play(rig, "/wait 10");
    assert_true(now(rig) == RIG_START_AT + 90000 + 600000); /* without a unit: minutes */
    rig_play(rig, "/at 2026-11-24 08:55");
    assert_true(now(rig) == RIG_START_AT + CLOCK_DAY_MS);
    rig_play(rig, "/at 08:54");
    assert_true(now(rig) == RIG_START_AT + 2 * CLOCK_DAY_MS - 60000);
    rig_play(rig, "/at 2026-11-26 08:55 Europe/Berlin");
    assert_true(now(rig) == RIG_START_AT + 3 * CLOCK_DAY_MS - 6 * CLOCK_HOUR_MS);
    rig_play(rig, "/step -1h");
    assert_true(now(rig) == RIG_START_AT + 3 * CLOCK_DAY_MS - 7 * CLOCK_HOUR_MS);
}

static void test_real_time_is_not_moved(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, &(struct rig_options){.real_clock = true});
    assert_non_null(strstr(rig_refused(&rig, "/wait 1m"), "time moves by itself here"));
    rig_close(&rig);
}

static void test_people_and_places(void **state)
{
    rig_play(*state, "/as ben\n/dm\npull one\n< dm ben: said one\n/room bridge\n!pull two\n< room "
                     "bridge: said two\n/network console");
}

static void test_a_network_that_is_down_hears_nothing_and_later_all(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/fail network-down console\n!pull one\n< nothing\n/fail none\n!pull two\n< room "
                  "harbor: said two\n< nothing");
}

static void test_what_was_not_committed_is_lost_by_a_kill(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(store_meta_put(rig->stage.ground.store, STR("half"), STR("x")), 0);
    rig_play(rig, "/kill");
    struct arena arena;
    struct str value;
    arena_init(&arena, 0);
    assert_int_equal(store_meta_get(rig->stage.ground.store, STR("half"), &arena, &value), -ENOENT);
    arena_done(&arena);
}

static void test_after_a_start_that_failed_only_a_restart_is_played(void **state)
{
    struct rig *rig = *state;
    struct store *store = rig->stage.ground.store;
    assert_int_equal(store_meta_put(store, STR("plugin-data/puppet"), STR("7")), 0);
    assert_true(store_commit(store) >= 0);
    assert_non_null(strstr(rig_refused(rig, "/restart"), "newer version"));
    assert_non_null(strstr(rig_refused(rig, "hello"), "the bot did not start again"));
    assert_non_null(strstr(rig_refused(rig, "/wait 1m"), "the bot did not start again"));
    assert_int_equal(store_meta_put(store, STR("plugin-data/puppet"), STR("1")), 0);
    assert_true(store_commit(store) >= 0);
    rig_play(rig, "/restart\n!pull one\n< room harbor: said one");
}

static void test_the_same_script_gives_the_same_answers(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "!pull one");
    struct rig again;
    rig_open(&again, &(struct rig_options){0});
    again.puppet->run = rig_echo;
    rig_play(&again, "!pull one");
    assert_string_equal(rig->stage.lines[0].text, again.stage.lines[0].text);
    rig_close(&again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

static void test_a_rehearsal_in_a_folder_goes_on_where_it_was(void **state)
{
    struct rig rig = {0};
    struct stage kept;
    char folder[128];
    FILE *out = fopen("/dev/null", "w");
    (void)state;
    assert_non_null(out);
    rig_write(&rig, &(struct rig_options){.plugins = "puppet"});
    snprintf(folder, sizeof folder, "%s/kept", rig.folder);
    for (int life = 0; life < 2; life++) {
        struct error error = {0};
        assert_int_equal(stage_open(&kept, rig.config, folder, out), 0);
        if (life == 0)
            assert_int_equal(stage_play(&kept, STR("!timezone Europe/Berlin"), &error), 0);
        assert_int_equal(stage_play(&kept, STR("!timezone"), &error), 0);
        assert_int_equal(stage_play(&kept, STR("< dm ana: Europe/Berlin"), &error), 0);
        stage_close(&kept);
    }
    fclose(out);
    rig_remove(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rehearsal_in_a_folder_goes_on_where_it_was),
        TEST(test_a_pattern_that_matches_takes_its_message),
        TEST(test_what_came_is_told),
        TEST(test_the_place_counts),
        TEST(test_not),
        TEST(test_nothing),
        TEST(test_the_next_input_forgets),
        TEST(test_a_wrong_pattern),
        TEST(test_lines_that_are_no_expectations),
        TEST(test_expectations_in_a_script_fail_it),
        TEST(test_empty_lines_and_comments),
        TEST(test_a_text_that_begins_with_a_slash),
        TEST(test_steps_that_cannot_be),
        TEST(test_time_moves_only_when_told),
        cmocka_unit_test(test_real_time_is_not_moved),
        TEST(test_people_and_places),
        TEST(test_a_network_that_is_down_hears_nothing_and_later_all),
        TEST(test_what_was_not_committed_is_lost_by_a_kill),
        TEST(test_after_a_start_that_failed_only_a_restart_is_played),
        TEST(test_the_same_script_gives_the_same_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
