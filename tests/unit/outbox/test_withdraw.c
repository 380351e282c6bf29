/* SPDX-License-Identifier: MIT */
/* test_withdraw.c: of what waits only that is taken back which is about the same thing, and is the
 * core's own. */
#include "world.h"

#include "base/abi.h"

#define ABOUT "sea"

static int setup(void **state)
{
    int r = world_setup(state);
    struct world *w = *state;
    world_set_down(w, &w->irc, true);
    return r;
}

static void say(struct world *w, struct str plugin, const char *msgid, const char *text)
{
    struct mooring_message message = world_message(msgid);
    const struct mooring_arg arg = {
        .name = "member_text", .kind = MOORING_ARG_TEXT, .text = abi_lend(str_of(text))};
    message.to.room.id = 201;
    message.args = &arg;
    message.arg_count = 1;
    const struct outbox_item item = {
        .message = &message, .plugin = plugin, .priority = OUTBOX_REPLY};
    assert_int_equal(outbox_enqueue(w->outbox, &item, NULL), 0);
}

static void back(struct world *w)
{
    world_set_down(w, &w->irc, false);
    world_settle(w);
}

static void what_became_untrue_is_not_said(void **state)
{
    struct world *w = *state;
    say(w, STR(""), "test.said", ABOUT);
    say(w, STR(""), "test.said", ABOUT);
    world_commit(w);
    assert_int_equal(outbox_withdraw(w->outbox, STR("test.said"), STR(ABOUT)), 2);
    world_commit(w);
    back(w);
    world_assert_silent(w);
    assert_int_equal(world_rows(w), 0);
}

/* Another network's, a text that names it only in its words, a plugin's. */
static void what_is_about_something_else_is_said(void **state)
{
    struct world *w = *state;
    say(w, STR(""), "test.said", "shore");
    say(w, STR("test"), "test.said", ABOUT);
    say(w, STR(""), "test.hello", "test.said");
    world_commit(w);
    assert_int_equal(outbox_withdraw(w->outbox, STR("test.said"), STR(ABOUT)), 0);
    assert_int_equal(outbox_withdraw(w->outbox, STR("test.said"), STR("test.said")), 0);
    world_commit(w);
    back(w);
    (void)world_next(w);
    (void)world_next(w);
    (void)world_next(w);
    world_assert_silent(w);
}

/* It may have been heard already: that is no error, and it counts for nothing. */
static void what_the_network_has_is_said(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    world_set_down(w, &w->irc, false);
    say(w, STR(""), "test.said", ABOUT);
    world_commit(w);
    (void)world_next(w);
    assert_int_equal(outbox_withdraw(w->outbox, STR("test.said"), STR(ABOUT)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_became_untrue_is_not_said, setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_is_about_something_else_is_said, setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(what_the_network_has_is_said, setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
