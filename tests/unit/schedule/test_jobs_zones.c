/* SPDX-License-Identifier: MIT */
/* test_jobs_zones.c: what recurs follows a tzdata that changes. */
#include "jobs_house.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- tzdata changes -------------------------------------------------------------------------- */

#define ZONE_HEADER                                                                                                        \
    "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
static const struct str one_hour = {ZONE_HEADER "\0\0\x0e\x10\0\0ONE", sizeof(ZONE_HEADER "\0\0\x0e\x10\0\0ONE")};
static const struct str two_hours = {ZONE_HEADER "\0\0\x1c\x20\0\0TWO", sizeof(ZONE_HEADER "\0\0\x1c\x20\0\0TWO")};

static char folder[64];

static void put_file(const char *name, struct str text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
    if (!text.len)
        return;
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(text.ptr, 1, text.len, out), text.len);
    assert_int_equal(fclose(out), 0);
}

static int setup_zones(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/mooring-jobs-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    put_file("Haven", one_hour);
    put_file("tzdata.zi", STR("# version 2026a\n"));
    *state = build(folder);
    return 0;
}

static int teardown_zones(void **state)
{
    put_file("Haven", (struct str){0});
    put_file("tzdata.zi", (struct str){0});
    (void)rmdir(folder);
    return teardown(state);
}

static void update_tzdata(struct str zone)
{
    put_file("Haven", zone);
    put_file("tzdata.zi", STR("# version 2026b\n"));
}

static void a_restart_computes_by_new_zones(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("Haven", "2026-11-24T09:00"));
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-24T08:00"));
    update_tzdata(two_hours);
    be_away(house, MINUTE);
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-24T07:00"));
    pass(house, DAY);
    assert_int_equal(house->count, 1);
    assert_int_equal(house->taken[0].at, utc("2026-11-24T07:00"));
}

static void a_clock_step_looks_at_the_zones(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("Haven", "2026-11-24T09:00"));
    update_tzdata(two_hours);
    step(house, MINUTE);
    pass(house, 1);
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-24T07:00"));
}

static void what_fired_today_does_not_fire_again_by_new_zones(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("Haven", "2026-11-23T15:30")); /* 14:30 UTC, then 13:30 */
    pass(house, 40 * MINUTE);
    assert_int_equal(house->count, 1);
    update_tzdata((struct str){ZONE_HEADER "\0\0\0\0\0\0NIL", sizeof(ZONE_HEADER "\0\0\0\0\0\0NIL")}); /* 15:30 UTC now */
    be_away(house, MINUTE);
    pass(house, 12 * HOUR);
    assert_int_equal(house->count, 1);
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-24T15:30"));
}

static void a_zone_that_is_gone_for_a_while_loses_nothing(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("Haven", "2026-11-23T15:30"));
    update_tzdata((struct str){0});
    step(house, 0);
    pass(house, HOUR);
    assert_int_equal(house->count, 1);
    put_file("Haven", one_hour);
    pass(house, 2 * HOUR);
    assert_int_equal(house->count, 1);
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-24T14:30"));
    pass(house, DAY);
    assert_int_equal(house->count, 2);
}


#define IN_HAVEN(test) cmocka_unit_test_setup_teardown(test, setup_zones, teardown_zones)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HAVEN(a_restart_computes_by_new_zones),
        IN_HAVEN(a_clock_step_looks_at_the_zones),
        IN_HAVEN(what_fired_today_does_not_fire_again_by_new_zones),
        IN_HAVEN(a_zone_that_is_gone_for_a_while_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
