/* SPDX-License-Identifier: MIT */
/* test_overdue.c: backups that are made no more are told to the team, now and then; where there
 * were none, or while they are made, it is silent. */
#include "rig.h"

#include <stdio.h>

#include "store/internal.h"

/* As backup_noted does, so many days before now. */
static void made(struct rig *rig, int64_t days)
{
    char text[24];
    struct store *store = rig->stage.ground.store;
    snprintf(text, sizeof text, "%lld", (long long)(store_wall_at(store) - days * CLOCK_DAY_MS));
    assert_int_equal(store_self_put(store, STR("backup_at"), str_of(text)), 0);
    assert_true(store_commit(store) >= 0);
}

/* Days go by; how often the team heard of it, and the last that it heard. */
static int days_pass(struct rig *rig, int days, char last[512])
{
    int count = 0;
    for (int i = 0; i < days; i++) {
        rig_play(rig, "/wait 24h");
        const char *text = rig_heard(rig, "room bridge");
        if (!text || !strstr(text, "The last good copy"))
            continue;
        count++;
        snprintf(last, 512, "%s", text);
    }
    return count;
}

static void the_third_day_is_told(void **state)
{
    char last[512] = "";
    made(*state, 0);
    assert_int_equal(days_pass(*state, 2, last), 0);
    assert_int_equal(days_pass(*state, 2, last), 1);
    assert_non_null(strstr(last, "3 days old"));
    assert_non_null(strstr(last, "mooring doctor"));
}

static void then_once_a_week(void **state)
{
    char last[512] = "";
    made(*state, 4);
    assert_int_equal(days_pass(*state, 5, last), 0);
    assert_int_equal(days_pass(*state, 3, last), 1);
    assert_non_null(strstr(last, "10 days old"));
}

static void nothing_while_they_are_made(void **state)
{
    char last[512];
    for (int i = 0; i < 5; i++) {
        made(*state, 0);
        assert_int_equal(days_pass(*state, 1, last), 0);
    }
}

static void nothing_where_there_was_none(void **state)
{
    char last[512];
    assert_int_equal(days_pass(*state, 8, last), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_third_day_is_told),
        TEST(then_once_a_week),
        TEST(nothing_while_they_are_made),
        TEST(nothing_where_there_was_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
