/* SPDX-License-Identifier: MIT */
/* test_inbox.c: what is for us, what was seen, what is late, who speaks. */
#include "rig.h"

static int accept(struct rig *rig, const struct chat_event *event, struct inbox_item *ret_item)
{
    return inbox_accept(rig->stage.bot->inbox, bot_network_at(rig->stage.bot, 0), event, ret_item);
}

static void test_what_bots_say_is_never_input(void **state)
{
    static const unsigned flags[] = {CHAT_OWN, CHAT_NOTICE, CHAT_FROM_BOT, CHAT_OWN | CHAT_PRIVATE};
    struct rig *rig = *state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct inbox_item item;
        struct chat_event event = rig_event(rig, "ana", "harbor", "I want to die");
        event.flags |= flags[i];
        assert_int_equal(accept(rig, &event, &item), 0);
        rig_bring(rig, &event, 1);
        assert_int_equal(rig_heard_count(rig), 0);
    }
}

/* A bridge may mark its puppets as the bots that they are: what they say people say. */
static void i9_people_behind_a_marked_bridge_are_heard(void **state)
{
    struct rig *rig = *state;
    struct inbox_item item;
    struct chat_event event = rig_event(rig, "ana/elsewhere", "harbor", "I want to die");
    event.flags |= CHAT_FROM_BOT | CHAT_BRIDGED;
    assert_int_equal(accept(rig, &event, &item), 1);
    assert_true(item.is_puppet);
}

static void test_a_room_that_no_group_has_is_not_ours(void **state)
{
    struct rig *rig = *state;
    struct inbox_item item;
    struct chat_event event = rig_event(rig, "ana", "elsewhere", "!help");
    assert_int_equal(accept(rig, &event, &item), 0);
}

static void test_a_room_brings_its_group(void **state)
{
    struct rig *rig = *state;
    struct inbox_item item;
    struct chat_event event = rig_event(rig, "ana", "harbor", "hello");
    assert_int_equal(accept(rig, &event, &item), 1);
    assert_true(item.group->id == rig_group(rig));
    assert_non_null(item.room);
    assert_false(item.is_private);
    assert_false(item.is_late);
    assert_int_equal(item.member, 0); /* accepting makes nobody a member */
}

static void test_a_stranger_in_private_belongs_to_the_only_group(void **state)
{
    struct rig *rig = *state;
    struct inbox_item item;
    struct chat_event event = rig_event(rig, "ana", NULL, "hello");
    assert_int_equal(accept(rig, &event, &item), 1);
    assert_true(item.is_private);
    assert_null(item.room);
    assert_true(item.group->id == rig_group(rig));
}

static void test_ten_minutes_old_is_late(void **state)
{
    struct rig *rig = *state;
    struct inbox_item item;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    event.sent_at -= 10 * CLOCK_MINUTE_MS;
    assert_int_equal(accept(rig, &event, &item), 1);
    assert_false(item.is_late);
    event.sent_at -= 1;
    assert_int_equal(accept(rig, &event, &item), 1);
    assert_true(item.is_late);
}

static void test_an_edit_is_read_but_not_run(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "!pull\n/edit !pull again\n< nothing");
    assert_int_equal(rig->puppet->runs, 1);
}

static void test_crisis_words_put_in_by_an_edit_are_answered(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "I am tired\n< nothing\n/edit I want to kill myself tonight\n< dm ana: .");
}

static void test_the_same_event_is_acted_on_once(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    event.id = STR("$one");
    rig_bring(rig, &event, 1);
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 1);
    event.id = STR("$two");
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 2);
}

static void test_seen_outlives_a_kill(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    event.id = STR("$one");
    rig_bring(rig, &event, 1);
    rig_play(rig, "/kill");
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 1);
}

static void test_events_without_an_id_are_all_new(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    rig_bring(rig, &event, 1);
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 2);
}

static void test_who_asks_something_becomes_a_member(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "hello");
    assert_int_equal(rig_member(rig, "ana"), 0);
    rig_play(rig, "!pull");
    assert_true(rig_member(rig, "ana") != 0);
}

static int note_event(struct puppet *puppet, const struct mooring_event *event,
                      struct mooring_str args)
{
    (void)args;
    *(struct mooring_event *)puppet->ctx = *event;
    return 0;
}

static void test_what_a_plugin_sees(void **state)
{
    struct rig *rig = *state;
    struct mooring_event seen = {0};
    rig->puppet->ctx = &seen;
    rig->puppet->run = note_event;
    struct chat_event event = rig_event(rig, "ana", NULL, "!open");
    event.flags |= CHAT_BRIDGED;
    event.sent_at -= CLOCK_HOUR_MS;
    rig_bring(rig, &event, 1);
    assert_int_equal(seen.flags,
                     MOORING_EVENT_PRIVATE | MOORING_EVENT_LATE | MOORING_EVENT_BRIDGED);
    assert_true(seen.member.id == rig_member(rig, "ana"));
    assert_int_equal(seen.room.id, 0);
    assert_true(seen.group.id == rig_group(rig));
    assert_true(seen.sent_at == event.sent_at);
    assert_true(seen.net_caps & MOORING_NET_FORMATTED);
    assert_int_equal(seen.verdict.tier, 0);
}

static void test_an_action_is_read_as_its_speakers(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "is going to kill herself tonight");
    rig_bring(rig, &event, 1);
    assert_null(rig_heard(rig, "dm ana")); /* said of somebody else */
    event.flags |= CHAT_ACTION;
    rig_bring(rig, &event, 1);
    const char *said = rig_heard(rig, "dm ana");
    assert_non_null(said);
    assert_non_null(strstr(said, "988"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_bots_say_is_never_input),
        TEST(i9_people_behind_a_marked_bridge_are_heard),
        TEST(test_a_room_that_no_group_has_is_not_ours),
        TEST(test_a_room_brings_its_group),
        TEST(test_an_action_is_read_as_its_speakers),
        TEST(test_a_stranger_in_private_belongs_to_the_only_group),
        TEST(test_ten_minutes_old_is_late),
        TEST(test_an_edit_is_read_but_not_run),
        TEST(test_crisis_words_put_in_by_an_edit_are_answered),
        TEST(test_the_same_event_is_acted_on_once),
        TEST(test_seen_outlives_a_kill),
        TEST(test_events_without_an_id_are_all_new),
        TEST(test_who_asks_something_becomes_a_member),
        TEST(test_what_a_plugin_sees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
