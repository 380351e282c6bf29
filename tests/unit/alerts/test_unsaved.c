/* SPDX-License-Identifier: MIT */
/* test_unsaved.c: a call for help while the disk is full or read-only: answered once, paged, and
 * saved when that works. */
#include "scene.h"

#include <errno.h>

static size_t said_to(struct scene *s, const char *place)
{
    size_t count = 0;
    for (size_t i = 0; i < s->world->said_count; i++)
        count += strcmp(s->world->said[i].room, place) == 0 ||
                 strcmp(s->world->said[i].user, place) == 0;
    return count;
}

static void recovers(struct scene *s)
{
    store_inject(s->world->store, STORE_FAULT_NONE);
    assert_int_equal(store_probe(s->world->store), 0);
}

/* What a turn does with an event when nothing can be written: it runs, its commit fails, and it
 * runs again. */
static void cry(struct scene *s, const char *event_id)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
        call.source = world_source_again(s->world, "ana", "#harbor", event_id);
        assert_int_equal(alerts_floor(s->alerts, &call, 0), 0);
        if (store_commit(s->world->store) >= 0)
            break;
        store_rollback(s->world->store);
    }
    world_settle(s->world);
}

static void answered_once(struct scene *s, enum store_fault fault)
{
    store_inject(s->world->store, fault);
    cry(s, "$1");
    assert_int_equal(said_to(s, "ana"), 2); /* the card, and who is on call */
    assert_int_equal(said_to(s, "#bridge"), 1);
    assert_int_equal(said_to(s, "mara"), 1);
    cry(s, "$1");
    assert_int_equal(said_to(s, "ana"), 2);
    assert_int_equal(said_to(s, "#bridge"), 1);
}

static void test_a_full_disk(void **state)
{
    answered_once(*state, STORE_FAULT_DISK_FULL);
}

static void test_a_read_only_disk(void **state)
{
    answered_once(*state, STORE_FAULT_READ_ONLY);
}

static void test_everybody_is_paged_when_nothing_keeps_a_clock(void **state)
{
    struct scene *s = *state;
    store_inject(s->world->store, STORE_FAULT_DISK_FULL);
    cry(s, "$1");
    world_advance(s->world, 5 * CLOCK_MINUTE_MS);
    assert_true(said_to(s, "ben") >= 1 && said_to(s, "cleo") >= 1);
}

static void test_paged_again_until_it_can_be_saved(void **state)
{
    struct scene *s = *state;
    store_inject(s->world->store, STORE_FAULT_DISK_FULL);
    cry(s, "$1");
    world_advance(s->world, 12 * CLOCK_MINUTE_MS);
    size_t pages = said_to(s, "#bridge");
    if (pages < 2 || pages > 4)
        fail_msg("%zu pages in twelve minutes", pages);
}

static void test_saved_when_the_disk_is_well_again(void **state)
{
    struct scene *s = *state;
    store_inject(s->world->store, STORE_FAULT_DISK_FULL);
    cry(s, "$1");
    recovers(s);
    world_advance(s->world, 2 * CLOCK_MINUTE_MS);
    struct mooring_alert_status status;
    assert_int_equal(alerts_status_of(s->alerts, world_person(s->world, "ana")->id, &status), 0);
    assert_int_equal(status.tier, 3);
    uint64_t id;
    assert_int_equal(alerts_acknowledge(s->alerts, 0, world_person(s->world, "mara")->id, &id), 0);
    world_commit(s->world);
    size_t pages = said_to(s, "#bridge");
    world_advance(s->world, CLOCK_HOUR_MS);
    assert_int_equal(said_to(s, "#bridge"), pages); /* answered: quiet */
}

static void test_a_worse_cry_is_paged_at_once(void **state)
{
    struct scene *s = *state;
    store_inject(s->world->store, STORE_FAULT_DISK_FULL);
    cry(s, "$1");
    struct alerts_call call = scene_call(s, "ana", SAFETY_OVERDOSE, 4);
    assert_int_equal(alerts_floor(s->alerts, &call, 0), 0);
    store_rollback(s->world->store);
    world_settle(s->world);
    assert_int_equal(said_to(s, "#bridge"), 2);
}

/* A disk that takes the writes and refuses the commit. */
static void test_a_commit_that_fails(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    assert_int_equal(alerts_floor(s->alerts, &call, 0), 0);
    store_inject(s->world->store, STORE_FAULT_DISK_FULL);
    assert_true(store_commit(s->world->store) < 0);
    world_settle(s->world);
    assert_int_equal(said_to(s, "ana"), 2);
    assert_int_equal(said_to(s, "#bridge"), 1);
    world_advance(s->world, 6 * CLOCK_MINUTE_MS);
    assert_true(said_to(s, "#bridge") > 1); /* the clock goes on */
    recovers(s);
    world_advance(s->world, 2 * CLOCK_MINUTE_MS);
    struct mooring_alert_status status;
    assert_int_equal(alerts_status_of(s->alerts, call.member, &status), 0);
    assert_int_equal(said_to(s, "ana"), 2);
}

static void test_a_turn_that_is_undone_for_another_reason_leaves_nothing(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    assert_int_equal(alerts_floor(s->alerts, &call, 0), 0);
    store_rollback(s->world->store);
    world_advance(s->world, CLOCK_HOUR_MS);
    assert_int_equal(s->world->said_count, 0);
}

static void test_the_status_has_no_number(void **state)
{
    struct scene *s = *state;
    store_inject(s->world->store, STORE_FAULT_DISK_FULL);
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    struct mooring_alert_status status;
    assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
    store_rollback(s->world->store);
    assert_int_equal(status.alert.id, 0);
    assert_int_equal(status.tier, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
#define ON_DISK(name)                                                                              \
    {#name " on disk", name, scene_setup_on_disk, scene_teardown, NULL}
    const struct CMUnitTest tests[] = {
        TEST(test_a_full_disk),
        TEST(test_a_read_only_disk),
        TEST(test_everybody_is_paged_when_nothing_keeps_a_clock),
        TEST(test_paged_again_until_it_can_be_saved),
        TEST(test_saved_when_the_disk_is_well_again),
        TEST(test_a_worse_cry_is_paged_at_once),
        TEST(test_a_commit_that_fails),
        TEST(test_a_turn_that_is_undone_for_another_reason_leaves_nothing),
        TEST(test_the_status_has_no_number),
        ON_DISK(test_a_full_disk),
        ON_DISK(test_a_read_only_disk),
        ON_DISK(test_everybody_is_paged_when_nothing_keeps_a_clock),
        ON_DISK(test_paged_again_until_it_can_be_saved),
        ON_DISK(test_saved_when_the_disk_is_well_again),
        ON_DISK(test_a_worse_cry_is_paged_at_once),
        ON_DISK(test_a_commit_that_fails),
        ON_DISK(test_a_turn_that_is_undone_for_another_reason_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
