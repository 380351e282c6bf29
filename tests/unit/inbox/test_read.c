/* SPDX-License-Identifier: MIT */
/* test_read.c: what is said is read together with the lines before it: whose, where, how long; and
 * as the answer to what we asked. */
#include "rig.h"

#include "inbox/internal.h"

static int setup(void **state)
{
    static struct rig rig;
    rig_open(&rig, &(struct rig_options){0});
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    return 0;
}

/* Its tier; `after_ms` after now. */
static int read_event(struct rig *rig, struct chat_event event, int64_t after_ms)
{
    struct inbox_item item;
    event.sent_at += after_ms;
    assert_int_equal(
        inbox_accept(rig->stage.bot->inbox, bot_network_at(rig->stage.bot, 0), &event, &item), 1);
    inbox_read(rig->stage.bot->inbox, &item);
    return item.verdict.tier;
}

static int says(struct rig *rig, const char *who, const char *room, const char *text,
                int64_t after_ms)
{
    return read_event(rig, rig_event(rig, who, room, text), after_ms);
}

static void pieces_of_one_sentence_are_read_as_one(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(says(rig, "ana", "harbor", "i just want to", 0), 0);
    assert_int_equal(says(rig, "ana", "harbor", "die", 60 * 1000), 3);
    assert_int_equal(says(rig, "kim", NULL, "  i just want to ", 0), 0);
    assert_int_equal(says(rig, "kim", NULL, "die", 1000), 3);
}

static void another_ones_another_places_or_an_old_line_is_no_piece(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(says(rig, "ana", "harbor", "i just want to", 0), 0);
    assert_int_equal(says(rig, "kim", "harbor", "die", 1000), 0);
    assert_int_equal(says(rig, "ana", NULL, "die", 1000), 0);
    assert_int_equal(says(rig, "ana", "harbor", "die", 60 * 1000 + 1), 0);
    assert_int_equal(says(rig, "lou", "harbor", "i just want to", 0), 0);
    assert_int_equal(
        says(rig, "lou", "harbor", "say that this was a very long and good day for me", 1000), 0);
    assert_int_equal(says(rig, "lou", "harbor", "die", 2000), 0);
}

/* A turn that is run again, a server that tells twice. */
static void the_same_event_reads_the_same(void **state)
{
    struct rig *rig = *state;
    struct chat_event first = rig_event(rig, "ana", "harbor", "i want to"),
                      second = rig_event(rig, "ana", "harbor", "die");
    first.id = STR("$one");
    second.id = STR("$two");
    for (int i = 0; i < 2; i++)
        assert_int_equal(read_event(rig, first, 0), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(read_event(rig, second, 1000), 3);
    assert_int_equal(read_event(rig, first, 0), 0);
    assert_int_equal(read_event(rig, second, 1000), 3);
    /* and a wish is not followed by itself */
    struct chat_event wish = rig_event(rig, "kim", "harbor", "thinking about dying now");
    wish.id = STR("$three");
    struct chat_event soon = rig_event(rig, "kim", "harbor", "tonight");
    soon.id = STR("$four");
    for (int i = 0; i < 2; i++)
        assert_int_equal(read_event(rig, wish, 0), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(read_event(rig, soon, 1000), 4);
}

static void a_time_after_a_wish_is_now_for_half_an_hour(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(says(rig, "ana", "harbor", "i want to kill myself", 0), 3);
    assert_int_equal(says(rig, "ana", "harbor", "tonight", 30 * CLOCK_MINUTE_MS), 4);
    assert_int_equal(says(rig, "kim", "harbor", "i want to kill myself", 0), 3);
    assert_int_equal(says(rig, "kim", "harbor", "tonight", 30 * CLOCK_MINUTE_MS + 1), 0);
    assert_int_equal(says(rig, "lou", "harbor", "tonight", 0), 0);
    /* we answer in private, and there they go on */
    assert_int_equal(says(rig, "zoe", "harbor", "i want to kill myself", 0), 3);
    assert_int_equal(says(rig, "zoe", NULL, "its tonight", 1000), 4);
}

static void an_action_and_an_edit_are_no_pieces(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "die");
    assert_int_equal(says(rig, "ana", "harbor", "i just want to", 0), 0);
    event.kind = CHAT_EDIT;
    event.relates_to = STR("$x");
    assert_int_equal(read_event(rig, event, 1000), 0);
    event.kind = CHAT_MESSAGE;
    event.flags |= CHAT_ACTION;
    assert_int_equal(read_event(rig, event, 1000), 0);
    event.sender = event.account = STR("kim");
    event.text = STR("i just want to");
    assert_int_equal(read_event(rig, event, 0), 0);
    assert_int_equal(says(rig, "kim", "harbor", "die", 1000), 0);
}

static bool is_kept(const struct inbox *inbox, const char *text)
{
    const char *bytes = (const char *)inbox->speakers;
    return memmem(bytes, sizeof inbox->speakers, text, strlen(text)) != NULL;
}

/* In memory alone, and there not for long. */
static void lines_are_wiped_after_a_minute(void **state)
{
    struct rig *rig = *state;
    struct inbox *inbox = rig->stage.bot->inbox;
    (void)says(rig, "ana", "harbor", "an unmistakable line", 0);
    assert_true(is_kept(inbox, "unmistakable"));
    rig_play(rig, "/wait 61s");
    (void)says(rig, "kim", "harbor", "hello", 0);
    assert_false(is_kept(inbox, "unmistakable"));
    (void)says(rig, "ana", "harbor", "another unmistakable line", 0);
    rig_play(rig, "/wait 61s");
    assert_true(inbox_prune(inbox) >= 0);
    assert_false(is_kept(inbox, "unmistakable"));
    (void)says(rig, "ana", "harbor",
               "this line is far too long to be kept as a piece of a sentence", 0);
    assert_false(is_kept(inbox, "too long to be"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_of_one_sentence_are_read_as_one, setup, teardown),
        cmocka_unit_test_setup_teardown(another_ones_another_places_or_an_old_line_is_no_piece,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_event_reads_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_after_a_wish_is_now_for_half_an_hour, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_action_and_an_edit_are_no_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_are_wiped_after_a_minute, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
