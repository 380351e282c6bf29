/* SPDX-License-Identifier: MIT */
/* test_bridge.c: two rooms that a bridge joins: whose words count, and which are our own. */
#include "rig.h"

static const char base[] =
    "networks = ( { name = \"shore\"; kind = \"console\"; bridge_users = [\"*-sea\"]; },\n"
    "             { name = \"sea\"; kind = \"console\"; bridge_users = [\"*-shore\"]; } );\n"
    "groups = ( { name = \"harbor\"; zone = \"America/New_York\"; country = \"US\";\n"
    "    rooms = ( { network = \"shore\"; room = \"harbor\"; bridged = \"one\"; },\n"
    "              { network = \"sea\"; room = \"quay\"; bridged = \"one\"; },\n"
    "              { network = \"sea\"; room = \"cove\"; } );\n"
    "    alert_room = { network = \"shore\"; room = \"bridge\"; };\n"
    "    moderators = ( { network = \"shore\"; user = \"mara\"; name = \"Mara\"; } ); } );\n"
    "plugins = [];\n"
    "console = { start_at = \"2026-11-23 12:00\"; zone = \"America/New_York\";\n"
    "            people = [\"ana\", \"ana-shore\", \"mara\", \"mooring-shore\"]; };\n";

static int setup(void **state)
{
    return rig_setup_with(state, &(struct rig_options){.base = base});
}

static int accept(struct rig *rig, size_t network, const struct chat_event *event,
                  struct inbox_item *ret_item)
{
    return inbox_accept(rig->stage.bot->inbox, bot_network_at(rig->stage.bot, network), event,
                        ret_item);
}

static void test_a_puppet_is_nobody(void **state)
{
    struct rig *rig = *state;
    struct inbox_item item;
    struct chat_event event = rig_event(rig, "ana-shore", "cove", "!help");
    event.account = STR("ana-shore");
    assert_int_equal(accept(rig, 1, &event, &item), 1);
    assert_true(item.is_puppet);
    assert_int_equal(item.speaker.identity.len, 0);
    event.sender = event.display = event.account = STR("ana");
    event.flags |= CHAT_BRIDGED; /* the network says so */
    assert_int_equal(accept(rig, 1, &event, &item), 1);
    assert_true(item.is_puppet);
    assert_int_equal(item.speaker.identity.len, 0);
}

static void test_a_puppet_s_words_count_only_where_the_author_is_not_heard(void **state)
{
    struct rig *rig = *state;
    struct inbox_item item;
    struct chat_event event = rig_event(rig, "ana-shore", "quay", "I want to die");
    assert_int_equal(accept(rig, 1, &event, &item), 0);
    rig_play(rig, "/fail network-down shore");
    assert_int_equal(accept(rig, 1, &event, &item), 1);
}

static void test_our_own_words_come_back_as_nobody_s(void **state)
{
    struct rig *rig = *state;
    struct inbox_item item;
    rig_play(rig, "/network shore\n/as ana\n/room harbor\n!help");
    const char *heard = rig_heard(rig, "room harbor");
    assert_non_null(heard);
    struct chat_event event = rig_event(rig, "mooring-shore", "quay", "x");
    AUTO_BUF said;
    buf_init(&said, 4096);
    buf_add_format(&said, "<mooring> %s", heard);
    rig_play(rig, "/fail network-down shore");
    event.text = buf_str(&said);
    assert_int_equal(accept(rig, 1, &event, &item), 0);
    event.text = STR("<mooring> said by somebody else");
    assert_int_equal(accept(rig, 1, &event, &item), 1);
}

static void test_the_same_call_from_both_sides_is_one(void **state)
{
    rig_play(*state,
             "/network sea\n/fail network-down shore\n/as ana-shore\n/room quay\nI want to "
             "die\n< room quay: 988\n/fail none\n/wait 9m\n/network shore\n/as ana\n/room "
             "harbor\n*I want* to die.\n! room harbor: 988\n! dm ana: .\n! room bridge: ALERT "
             "2");
}

static void test_two_people_of_one_side_are_two(void **state)
{
    rig_play(*state, "/network shore\n/as ana\n/room harbor\nI want to die\n< dm ana: .\n/as "
                     "mara\nI want to die\n< dm mara: .");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_puppet_is_nobody),
        TEST(test_a_puppet_s_words_count_only_where_the_author_is_not_heard),
        TEST(test_our_own_words_come_back_as_nobody_s),
        TEST(test_the_same_call_from_both_sides_is_one),
        TEST(test_two_people_of_one_side_are_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
