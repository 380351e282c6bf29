/* SPDX-License-Identifier: MIT */
/* test_link.c: !link and !unlink as they are typed; the rest is tests/scenario/link.scn. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "store/link.h"

static const char base[] =
    "networks = ( { name = \"shore\"; kind = \"console\"; }, { name = \"sea\"; kind = \"console\"; "
    "} "
    ");\n"
    "groups = ( { name = \"harbor\"; zone = \"America/New_York\"; country = \"US\";\n"
    "    rooms = ( { network = \"shore\"; room = \"harbor\"; }, { network = \"sea\"; room = "
    "\"quay\"; } "
    ");\n"
    "    alert_room = { network = \"shore\"; room = \"bridge\"; };\n"
    "    moderators = ( { network = \"shore\"; user = \"mara\"; name = \"Mara\"; } ); } );\n"
    "plugins = [];\n"
    "console = { start_at = \"2026-11-23 12:00\"; zone = \"America/New_York\";\n"
    "            people = [\"ana\", \"anabel\", \"mara\"]; };\n";

static int setup(void **state)
{
    return rig_setup_with(state, &(struct rig_options){.base = base});
}

static struct store *store_of(struct rig *rig)
{
    return rig->stage.bot->ground->store;
}

/* Lines as `who` on the network, in private. */
static void say(struct rig *rig, const char *network, const char *who, const char *text)
{
    char script[256];
    snprintf(script, sizeof script, "/network %s\n/as %s\n/dm\n%s", network, who, text);
    rig_play(rig, script);
}

/* The code that ana was just given. */
static void take_code(struct rig *rig, char out[16])
{
    say(rig, "shore", "ana", "link");
    const char *heard = rig_heard(rig, "dm ana");
    assert_non_null(heard);
    const char *at = strstr(heard, "link ");
    assert_non_null(at);
    snprintf(out, 16, "%.11s", at + 5);
}

static void type_code(struct rig *rig, const char *code)
{
    char line[32];
    snprintf(line, sizeof line, "link %s", code);
    say(rig, "sea", "anabel", line);
}

static void test_a_join_ends_by_itself_after_a_day(void **state)
{
    struct rig *rig = *state;
    char code[16];
    int64_t at;
    take_code(rig, code);
    type_code(rig, code);
    say(rig, "sea", "anabel", "yes, join us\n< dm anabel: Done: you are one person");
    assert_int_equal(store_link_next_end(store_of(rig), &at), 0);
    rig_play(rig, "/wait 23h");
    assert_int_equal(store_link_next_end(store_of(rig), &at), 0);
    rig_play(rig, "/wait 61m");
    assert_int_equal(store_link_next_end(store_of(rig), &at), -ENOENT);
}

static void test_the_second_may_say_no_and_the_code_is_used_up(void **state)
{
    struct rig *rig = *state;
    char code[16];
    take_code(rig, code);
    type_code(rig, code);
    say(rig, "sea", "anabel", "2\n< dm anabel: nothing was changed");
    type_code(rig, code);
    rig_play(rig, "< dm anabel: That code isn't good");
}

static void test_nobody_is_joined_with_themselves(void **state)
{
    struct rig *rig = *state;
    char code[16], line[64];
    take_code(rig, code);
    snprintf(line, sizeof line, "link %s\n< dm ana: of this very account", code);
    say(rig, "shore", "ana", line);
}

static void test_a_guess_is_stopped(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 3; i++)
        say(rig, "sea", "anabel", "link 00000-00000\n< dm anabel: That code isn't good");
    say(rig, "sea", "anabel", "link 00000-00000\n< dm anabel: wrong three times");
    say(rig, "sea", "anabel", "link hello\n< dm anabel: A code has ten letters");
}

static void test_a_number_that_fits_no_question_asks_it_again(void **state)
{
    struct rig *rig = *state;
    char code[16];
    take_code(rig, code);
    type_code(rig, code);
    say(rig, "sea", "anabel", "link both\n< dm anabel: Is ana you");
}

static void test_unlink_without_a_link(void **state)
{
    say(*state, "sea", "anabel", "unlink\n< dm anabel: no link of the last 24 hours");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_join_ends_by_itself_after_a_day),
        TEST(test_the_second_may_say_no_and_the_code_is_used_up),
        TEST(test_nobody_is_joined_with_themselves),
        TEST(test_a_guess_is_stopped),
        TEST(test_a_number_that_fits_no_question_asks_it_again),
        TEST(test_unlink_without_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
