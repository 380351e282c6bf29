/* SPDX-License-Identifier: MIT */
/* test_team.c: the moderators' commands: settings, alerts, pause, audit, reload, undo. */
#include "rig.h"

#include <errno.h>

#define MARA "/as mara\n/room bridge\n"

static int setup(void **state)
{
    return rig_setup_with(state, &(struct rig_options){.plugins = "puppet meetings",
                                                       .more = "puppet = { at = \"10:00\"; };\n"});
}

static void test_members_are_refused(void **state)
{
    static const char *const commands[] = {"group show", "alerts", "ack", "close safe",
                                           "pause 1h",   "reload", "undo"};
    struct rig *rig = *state;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        char script[200];
        (void)snprintf(script, sizeof script,
                       "!%s\n< room harbor: Only moderators can do that\n< nothing\n/wait 1m",
                       commands[i]);
        rig_play(rig, script);
    }
}

/* ---- group ----------------------------------------------------------------------------------- */

static void test_group_show_gives_each_values_origin(void **state)
{
    rig_play(*state, MARA "!group show\n< room bridge: Harbor: zone America/New_York.*puppet.level "
                          "= 3 \\(default\\).*"
                          "puppet.at = 10:00 \\(mooring.cfg:11\\)");
}

static void test_group_show_of_one_plugin(void **state)
{
    rig_play(*state, MARA "!group show puppet\n< room bridge: puppet.level\n!group show "
                          "meetings\n! room bridge: puppet.level");
}

static void test_group_set_and_undo(void **state)
{
    rig_play(*state,
             MARA "!group set puppet.level 7\n< room bridge: puppet.level is 7 now\n"
                  "!group show puppet\n< room bridge: puppet.level = 7 \\(set by command\\)\n"
                  "!group set puppet.level = 8\n< room bridge: is 8 now\n"
                  "!undo\n< room bridge: no longer 8\n!group show puppet\n< room bridge: "
                  "puppet.level = 7 \\(set by command\\)\n"
                  "!undo\n< room bridge: no longer 7\n!group show puppet\n< room bridge: "
                  "puppet.level = 3 \\(default\\)\n"
                  "!undo\n< room bridge: no changed setting");
}

static void test_group_set_is_forgiving(void **state)
{
    rig_play(*state, MARA "!group set puppet.at \xE2\x80\x9C"
                          "21:30\xE2\x80\x9D\n< room bridge: puppet.at is 21:30 now\n"
                          "!group set puppet.at=\n< room bridge: lists the settings");
}

static void test_group_set_that_cannot_be(void **state)
{
    rig_play(*state,
             MARA "!group set puppet.level 70\n< room bridge: I left it as it was\n"
                  "!group set puppet.level calm\n< room bridge: I left it as it was\n"
                  "!group set puppet.levle 7\n< room bridge: I left it as it was.*level\n"
                  "!group set puppet.fixed clay\n< room bridge: changed in the configuration file\n"
                  "!group set prefix ?\n< room bridge: changed in the configuration file\n"
                  "!group set groups.zone UTC\n< room bridge: changed in the configuration file\n"
                  "!group set puppet.level\n< room bridge: lists the settings\n"
                  "!group dance\n< room bridge: lists the settings\n"
                  "!undo\n< room bridge: no changed setting");
}

static void test_group_set_is_audited(void **state)
{
    rig_play(*state, MARA "!group set puppet.level 7\n!undo\n!audit\n< room bridge: [Mm]ara, "
                          "group_undo puppet.level\n"
                          "!audit 1\n! room bridge: group_set");
}

/* ---- alerts ---------------------------------------------------------------------------------- */

#define CRY "/as ana\n/room harbor\nI want to kill myself tonight\n"

static void test_no_alert(void **state)
{
    rig_play(*state, MARA "!alerts\n< room bridge: No alert is open\n!ack\n< room bridge: no open "
                          "alert\n!close safe\n< room bridge: no open alert");
}

static void test_alerts_are_listed_without_the_words(void **state)
{
    rig_play(*state, CRY MARA "!alerts\n! room bridge: kill myself\n< room bridge: 1, tier 4, "
                              ".*ana.*nobody has taken it yet");
}

static void test_alerts_in_a_members_room_are_answered_in_private(void **state)
{
    rig_play(*state, CRY "/as mara\n/room harbor\n!alerts\n! room harbor: .\n< dm mara: ana");
}

static void test_the_card(void **state)
{
    rig_play(*state, MARA "!alerts card\n< room bridge: .");
}

static void test_ack(void **state)
{
    rig_play(*state, CRY MARA "!ack 1\n< room bridge: [Mm]ara has it\n!ack 1\n< room bridge: taken "
                              "that one already\n!alerts\n< room bridge: taken, not closed");
}

static void test_ack_in_private(void **state)
{
    rig_play(*state, CRY "/as mara\n/dm\nack #1\n< dm mara: Alert 1 is yours");
}

static void test_ack_of_what_there_is_not(void **state)
{
    rig_play(*state, CRY MARA "!ack 99\n< room bridge: no open alert of that number\n!ack calm\n< "
                              "room bridge: I need the alert's number");
}

static void test_ack_with_two_alerts_needs_a_number(void **state)
{
    rig_play(*state, CRY "/as ben\nI want to kill myself tonight\n" MARA
                         "!ack\n< room bridge: Say which\n!ack 2\n< room bridge: [Mm]ara has it");
}

static void test_close_needs_a_code(void **state)
{
    rig_play(
        *state, CRY MARA
        "!close\n< room bridge: what came of it: .*safe\n!close 1\n< room bridge: what came of it\n"
        "!close 1 perhaps\n< room bridge: what came of it");
}

static void test_close(void **state)
{
    rig_play(
        *state, CRY MARA
        "!close safe 1\n< room bridge: .\n!alerts\n< room bridge: No alert is open\n!close 1 safe\n"
        "< room bridge: closed already|no open alert");
}

/* ---- pause, reload, undo --------------------------------------------------------------------- */

static void test_pause(void **state)
{
    rig_play(*state,
             MARA "!pause 2h\n< room bridge: wait until .*10:55\n!pause off\n< room bridge: go on\n"
                  "!pause\n< room bridge: How long\n!pause 31d\n< room bridge: How long\n!pause "
                  "soon\n< room bridge: How long");
}

static void rewrite(struct rig *rig, const char *from, const char *to)
{
    AUTO_BUF text;
    char bytes[8192];
    buf_init(&text, sizeof bytes * 2);
    FILE *file = fopen(rig->config, "re");
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    struct str all = {bytes, length};
    size_t at = str_find(all, str_of(from), 0);
    assert_true(at != SIZE_MAX);
    buf_add(&text, str_upto(all, at));
    buf_add_c(&text, to);
    buf_add(&text, str_from(all, at + strlen(from)));
    file = fopen(rig->config, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static void test_reload_takes_the_new_file(void **state)
{
    struct rig *rig = *state;
    rewrite(rig, "10:00", "11:30");
    rig_play(rig, MARA "!group show puppet\n< room bridge: 10:00\n!reload\n< room bridge: The new "
                       "configuration holds\n"
                       "!group show puppet\n< room bridge: puppet.at = 11:30");
}

static void test_reload_keeps_the_old_when_the_new_is_wrong(void **state)
{
    struct rig *rig = *state;
    rewrite(rig, "10:00", "25:00");
    rig_play(rig,
             MARA "!reload\n< room bridge: has a mistake, so the old one stays.*mooring.cfg:11\n"
                  "!group show puppet\n< room bridge: puppet.at = 10:00");
}

static void test_reload_changes_prefix_and_name(void **state)
{
    struct rig *rig = *state;
    rewrite(rig, "plugins =", "prefix = \"?\"; bot_name = \"buoy\"; plugins =");
    rig_play(rig, MARA "!reload\n!help\n< nothing\n?help\n< room bridge: \\?help\nbuoy: help\n< "
                       "room bridge: help");
}

static void test_undo_in_private_is_for_settings_when_no_plugin_has_one(void **state)
{
    rig_play(*state, MARA "!group set puppet.level 7\n/dm\nundo\n< dm mara: puppet.level");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_members_are_refused),
        TEST(test_group_show_gives_each_values_origin),
        TEST(test_group_show_of_one_plugin),
        TEST(test_group_set_and_undo),
        TEST(test_group_set_is_forgiving),
        TEST(test_group_set_that_cannot_be),
        TEST(test_group_set_is_audited),
        TEST(test_no_alert),
        TEST(test_alerts_are_listed_without_the_words),
        TEST(test_alerts_in_a_members_room_are_answered_in_private),
        TEST(test_the_card),
        TEST(test_ack),
        TEST(test_ack_in_private),
        TEST(test_ack_of_what_there_is_not),
        TEST(test_ack_with_two_alerts_needs_a_number),
        TEST(test_close_needs_a_code),
        TEST(test_close),
        TEST(test_pause),
        TEST(test_reload_takes_the_new_file),
        TEST(test_reload_keeps_the_old_when_the_new_is_wrong),
        TEST(test_reload_changes_prefix_and_name),
        TEST(test_undo_in_private_is_for_settings_when_no_plugin_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
