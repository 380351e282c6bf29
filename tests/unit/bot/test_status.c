/* SPDX-License-Identifier: MIT */
/* test_status.c: what is told of a bot with an open alert, a disk that is full, a network that is
 * away: numbers and times, nobody's name and no word. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>

#include "observe/log.h"
#include "status.h"
#include "store/dialogues.h"
#include "store/events.h"
#include "store/internal.h"

struct told {
    char json[16384], text[8192];
    bool well;
};

static const struct told *ask(struct rig *rig)
{
    static struct told told;
    AUTO_BUF out;
    buf_init(&out, sizeof told.text - 1);
    json_t *status = status_collect(rig->stage.bot, "1.2.3");
    assert_non_null(status);
    char *json = json_dumps(status, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(json);
    told.well = status_print(status, &out);
    assert_true(str_to_c(str_of(json), told.json, sizeof told.json));
    assert_true(str_to_c(buf_str(&out), told.text, sizeof told.text));
    free(json);
    json_decref(status);
    return &told;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("not in it: \"%s\"\n%s", part, text);
}

static int64_t gauge(struct rig *rig, const char *name, const char *label, const char *value)
{
    return metric_value(metrics_gauge(rig->stage.ground.metrics, name, "", label, str_of(value)));
}

static int64_t gauge_ms(struct rig *rig, const char *name, const char *label, const char *value)
{
    return metric_value(
        metrics_gauge_ms(rig->stage.ground.metrics, name, "", label, str_of(value)));
}

static void test_all_is_well(void **state)
{
    const struct told *told = ask(*state);
    assert_true(told->well);
    assert_has(told->text, "mooring 1.2.3, process ");
    assert_has(told->text, ": all is well, up for 0 s\n");
    assert_has(told->text, "\nalerts     none open\n");
    assert_has(told->json, "\"look_at\":[]");
}

static void test_an_open_alert_has_a_number_and_no_name(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/as ana\n/room harbor\nI want to die\n/wait 3m");
    const struct told *told = ask(rig);
    assert_has(told->text,
               "alerts     1, tier 3, harbor: waiting for 3 min, pages 1, the next in 2 "
               "min\n");
    assert_has(told->json, "\"number\":1");
    for (size_t i = 0; i < 2; i++) {
        const char *text = i ? told->json : told->text;
        assert_null(strstr(text, "ana"));
        assert_null(strstr(text, "die"));
    }
    /* Never "all is well" while somebody waits, though each page was confirmed. */
    assert_false(told->well);
    assert_has(told->text, "  ! An alert of tier 3 has waited for 3 min, and nobody has taken it "
                           "(private pages: 1 confirmed, 0 refused).\n");
    rig_play(rig, "/as mara\n/room bridge\n!ack");
    told = ask(rig);
    assert_true(told->well);
    assert_has(told->text, "1, tier 3, harbor: taken for ");
}

static void test_floor_only_is_the_first_thing(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/fail disk-full\n/as ana\n/room harbor\nI want to die\n/wait 5m");
    const struct told *told = ask(rig);
    assert_false(told->well);
    assert_has(told->text, "ONLY THE FLOOR WORKS");
    assert_has(told->text, "the disk is full. `mooring doctor` says what to do.\n");
    assert_has(told->text, "(no number: the disk cannot be written), tier 3, harbor: waiting for 5 "
                           "min");
    assert_has(told->json, "\"floor\":{\"only\":true,\"since\":179544");
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge(rig, "mooring_floor_only", NULL, ""), 1);
    assert_int_equal(gauge(rig, "mooring_alerts_unsaved", NULL, ""), 1);
    rig_play(rig, "/fail none\n/wait 2m");
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge(rig, "mooring_floor_only", NULL, ""), 0);
    assert_int_equal(gauge(rig, "mooring_alerts_open", "tier", "3"), 1);
    assert_int_equal(gauge(rig, "mooring_alerts_unacknowledged", "tier", "3"), 1);
    assert_true(gauge_ms(rig, "mooring_alert_oldest_unacknowledged_seconds", NULL, "") >=
                7 * 60 * 1000);
}

static void test_a_network_that_is_away(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/as ana\n/room harbor\nhello\n/wait 1h");
    console_set_down(bot_network_at(rig->stage.bot, 0), true);
    stage_settle(&rig->stage);
    assert_true(ask(rig)->well); /* it may be back in a moment */
    loop_advance(rig->stage.ground.loop,
                 clock_wall_at(&rig->stage.ground.clock) + 4 * CLOCK_MINUTE_MS);
    const struct told *told = ask(rig);
    assert_false(told->well);
    assert_has(told->text, "  ! Network console has not been up for 4 min.");
    assert_has(told->text, "console: down for 4 min, last event 64 min ago");
    console_set_down(bot_network_at(rig->stage.bot, 0), false);
    stage_settle(&rig->stage);
}

static void test_a_resting_plugin_is_named(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/as ana\n/room harbor\n/fail plugin puppet\n!pull\n!pull\n!pull");
    const struct told *told = ask(rig);
    assert_false(told->well);
    assert_has(told->text, "  ! The plugin puppet rests (errors) for ");
    assert_has(told->text, "plugins    puppet; puppet RESTS (errors), back in ");
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge(rig, "mooring_plugin_resting", "plugin", "puppet"), 1);
}

static void test_drill_and_selftest_are_remembered(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/as mara\n/room bridge\n!drill\n/wait 1m");
    assert_has(ask(rig)->text, "drill      harbor: running for 60 s; the last never\n");
    rig_play(rig, "!ack drill\n/wait 3h\n/at 2026-11-24 06:40\n/restart");
    const struct told *told = ask(rig);
    assert_has(told->text, ", answered after 60 s\n");
    assert_has(told->text, "self-test  2 h 0 min ago, well\n");
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge(rig, "mooring_drill_last_answered", "group", "harbor"), 1);
    assert_int_equal(gauge_ms(rig, "mooring_drill_last_duration_seconds", "group", "harbor"),
                     60000);
    assert_int_equal(gauge(rig, "mooring_on_call", "group", "harbor"), 1);
}

/* ---- what stands behind each sentence and number ----------------------------------------------
 */

static struct chat_report other_report;
static bool in_room;

static void report_other(struct chat_network *network, struct chat_report *ret_report)
{
    (void)network;
    *ret_report = other_report;
}

static bool is_in_room(struct chat_network *network, struct str room)
{
    (void)network;
    return in_room || str_eq(room, STR("harbor"));
}

static void test_a_network_tells_its_lag_its_name_and_its_rooms(void **state)
{
    struct rig *rig = *state;
    struct chat_network *network = bot_network_at(rig->stage.bot, 0);
    const struct chat_class *own = network->class;
    struct chat_class other = *own;
    other.report = report_other;
    other.in_room = is_in_room;
    network->class = &other;
    other_report = (struct chat_report){.lag_ms = 1234, .has_name = true, .waiting = 3};
    in_room = true;
    const struct told *told = ask(rig);
    assert_true(told->well);
    assert_has(told->json, "\"lag_ms\":1234");
    assert_has(told->text, ", lag 1.23 s, last event never, lines waiting 3\n");
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge_ms(rig, "mooring_network_lag_seconds", "network", "console"), 1234);
    assert_int_equal(gauge(rig, "mooring_network_waiting_lines", "network", "console"), 3);
    assert_int_equal(gauge(rig, "mooring_network_up", "network", "console"), 1);
    in_room = false; /* it has just come up: a room that is still being joined is no trouble */
    told = ask(rig);
    assert_true(told->well);
    assert_has(told->json, "\"joining\":1");
    assert_has(told->text, ", still joining rooms: 1");
    other_report.trouble = "the password is wrong. Mend it, then run: mooring login shore";
    told = ask(rig); /* at once, whatever comes back by itself within a minute */
    assert_false(told->well);
    assert_has(told->text, "  ! Network console is up, and yet: the password is wrong. Mend it, "
                           "then run: mooring login shore\n");
    network->state = CHAT_DOWN;
    told = ask(rig);
    assert_has(told->text, "  ! Network console is down: the password is wrong.");
    network->state = CHAT_UP;
    other_report.trouble = NULL;
    other_report.has_name = false;
    rig_play(rig, "/wait 61s");
    told = ask(rig);
    assert_false(told->well);
    assert_has(told->json, "\"joining\":0");
    assert_has(told->text, "  ! Network console: another nick than the first is in use");
    assert_has(told->text, "  ! Network console: not in the alert room bridge: the server does not "
                           "say why. Look into the journal: journalctl -u mooring.\n");
    assert_null(strstr(told->text, "not in the room"));
    network->class = own;
}

static enum chat_why why_it_is_out;
static enum chat_why says_why(struct chat_network *network, struct str room)
{
    (void)network;
    (void)room;
    return why_it_is_out;
}

/* What somebody must act upon is told at once; what may pass by itself, only when it lasts. */
static void test_each_reason_to_be_outside_has_a_sentence(void **state)
{
    struct rig *rig = *state;
    struct chat_network *network = bot_network_at(rig->stage.bot, 0);
    const struct chat_class *own = network->class;
    struct chat_class other = *own;
    other.in_room = is_in_room;
    other.why_out = says_why;
    network->class = &other;
    in_room = false;
    for (int why = CHAT_WHY_UNKNOWN; why < CHAT_WHY_COUNT; why++) {
        why_it_is_out = (enum chat_why)why;
        const char *sentence = status_why(why_it_is_out);
        assert_int_equal(sentence == NULL, why == CHAT_WHY_ASKED);
        assert_true(*chat_why_word(why_it_is_out));
        bool passes = why <= CHAT_WHY_BUSY || why == CHAT_WHY_ACCOUNT;
        const struct told *told = ask(rig);
        assert_int_equal(told->well, passes);
        if (!passes)
            assert_has(told->text, sentence);
    }
    rig_play(rig, "/wait 61s");
    why_it_is_out = CHAT_WHY_INVITE;
    assert_has(ask(rig)->text, "  ! Network console: not in the alert room bridge: it wants an "
                               "invitation (+i). Invite the bot, or put it on the channel's access "
                               "list.\n");
    why_it_is_out = CHAT_WHY_ASKED;
    assert_has(ask(rig)->text, "not in the alert room bridge.\n");
    why_it_is_out = CHAT_WHY_SILENT;
    assert_has(ask(rig)->text, "does not answer when the bot asks to enter");
    network->class = own;
}

static void made_a_backup(struct rig *rig, int64_t hours)
{
    char text[24];
    struct store *store = rig->stage.ground.store;
    snprintf(text, sizeof text, "%lld", (long long)(store_wall_at(store) - hours * CLOCK_HOUR_MS));
    assert_int_equal(store_self_put(store, STR("backup_at"), str_of(text)), 0);
    assert_true(store_commit(store) >= 0);
}

static void test_how_old_the_last_backup_is(void **state)
{
    struct rig *rig = *state;
    const struct told *told = ask(rig);
    assert_true(told->well);
    assert_has(told->text, "\nbackup     never\n");
    made_a_backup(rig, 25);
    told = ask(rig);
    assert_true(told->well);
    assert_has(told->text, "\nbackup     25 h 0 min ago\n");
    made_a_backup(rig, 30);
    told = ask(rig);
    assert_false(told->well);
    assert_has(told->text, "  ! The last backup is 30 h old. `mooring backup` makes one.\n");
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge(rig, "mooring_backup_last_timestamp_seconds", NULL, ""),
                     RIG_START_AT / 1000 - 30 * 3600);
}

static void test_what_waits_is_counted(void **state)
{
    struct rig *rig = *state;
    struct store *store = rig->stage.ground.store;
    assert_has(ask(rig)->json, "\"dialogues\":0,\"jobs\":4,");
    rig_play(rig, "/as ana\n/room harbor\nI want to die");
    assert_has(ask(rig)->json, "\"jobs\":5,");
    struct store_dialogue asked = {.member = rig_member(rig, "ana"),
                                   .plugin = STR("puppet"),
                                   .name = STR("day"),
                                   .state = STR("{}"),
                                   .expires_at = RIG_START_AT + CLOCK_DAY_MS};
    assert_int_equal(store_dialogues_put(store, &asked), 0);
    assert_true(store_commit(store) >= 0);
    assert_has(ask(rig)->text, "; dialogues 1\n");
    console_set_down(bot_network_at(rig->stage.bot, 0), true);
    loop_advance(rig->stage.ground.loop, RIG_START_AT + 8 * CLOCK_MINUTE_MS);
    const struct told *told = ask(rig);
    assert_has(told->text, "  ! A crisis message has waited for ");
    assert_has(told->text, "\nqueues     crisis ");
    assert_has(told->text, " (oldest ");
    assert_null(strstr(told->text, "crisis 0"));
    bot_refresh_metrics(rig->stage.bot);
    assert_true(gauge(rig, "mooring_outbox_messages", "priority", "crisis") > 0);
    assert_true(gauge_ms(rig, "mooring_outbox_oldest_seconds", "priority", "crisis") > 60000);
    assert_int_equal(gauge(rig, "mooring_network_up", "network", "console"), 0);
    assert_int_equal(store_events_bury(store, STR("console"), STR("an id"), -EIO, STR("")), 0);
    assert_true(store_commit(store) >= 0);
    assert_has(ask(rig)->text, "; events buried 1\n");
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge(rig, "mooring_events_buried", NULL, ""), 1);
    console_set_down(bot_network_at(rig->stage.bot, 0), false);
    stage_settle(&rig->stage);
}

static void test_what_the_night_found(void **state)
{
    struct rig *rig = *state;
    struct bot *bot = rig->stage.bot;
    bot->selftest = (struct selftest){
        .at = RIG_START_AT, .failed = 1, .warned = 1, .what = "harbor: room, rota"};
    const struct told *told = ask(rig);
    assert_false(told->well);
    assert_has(told->text, "  ! The last self-test found: harbor: room, rota. "
                           "docs/SAFETY.md says what each part is.\n");
    assert_has(told->text, "\nself-test  0 s ago, FOUND SOMETHING\n");
    bot_refresh_metrics(bot);
    assert_int_equal(gauge(rig, "mooring_selftest_failed_parts", NULL, ""), 1);
    assert_int_equal(gauge(rig, "mooring_selftest_warnings", NULL, ""), 1);
    bot->selftest = (struct selftest){.at = RIG_START_AT - 27 * CLOCK_HOUR_MS};
    assert_true(ask(rig)->well); /* begun just now */
    bot->began_ms -= 27 * CLOCK_HOUR_MS;
    told = ask(rig);
    assert_false(told->well);
    assert_has(told->text, "  ! There was no self-test for more than a day.\n");
}

static void test_a_drill_that_was_stopped_was_not_answered(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/as mara\n/room bridge\n!drill\n/wait 1m\n!drill stop");
    assert_has(ask(rig)->text, ", stopped after 60 s\n");
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge(rig, "mooring_drill_last_answered", "group", "harbor"), 0);
    groups_at(rig->stage.bot->groups, 0)->moderators[0].member = 0;
    groups_at(rig->stage.bot->groups, 0)->shift_count = 0;
    bot_refresh_metrics(rig->stage.bot);
    assert_int_equal(gauge(rig, "mooring_on_call", "group", "harbor"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(test_all_is_well),
        TEST(test_an_open_alert_has_a_number_and_no_name),
        TEST(test_floor_only_is_the_first_thing),
        TEST(test_a_network_that_is_away),
        TEST(test_a_resting_plugin_is_named),
        TEST(test_drill_and_selftest_are_remembered),
        TEST(test_a_network_tells_its_lag_its_name_and_its_rooms),
        TEST(test_each_reason_to_be_outside_has_a_sentence),
        TEST(test_how_old_the_last_backup_is),
        TEST(test_what_waits_is_counted),
        TEST(test_what_the_night_found),
        TEST(test_a_drill_that_was_stopped_was_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
