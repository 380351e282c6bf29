/* SPDX-License-Identifier: MIT */
/* test_transaction.c: one transaction a turn, lazy savepoints, full and read-only disks, kills. */
#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>

static void put(struct fixture *f, const char *name)
{
    assert_int_equal(store_meta_put(f->store, str_of(name), STR("1")), 0);
}

static bool has(struct fixture *f, const char *name)
{
    struct str value;
    return store_meta_get(f->store, str_of(name), &f->arena, &value) == 0;
}

static void count_call(void *ctx)
{
    ++*(int *)ctx;
}

/* ---- opening and ending ---------------------------------------------------------------------- */

static void reading_opens_nothing(void **state)
{
    struct fixture *f = *state;
    assert_false(has(f, "a"));
    assert_false(store_in_transaction(f->store));
    assert_int_equal(store_commit(f->store), 0);
}

static void the_first_write_opens(void **state)
{
    struct fixture *f = *state;
    put(f, "a");
    assert_true(store_in_transaction(f->store));
    assert_int_equal(store_commit(f->store), 1);
    assert_false(store_in_transaction(f->store));
    assert_true(has(f, "a"));
}

static void rollback_takes_all_back(void **state)
{
    struct fixture *f = *state;
    put(f, "a");
    store_rollback(f->store);
    assert_false(has(f, "a"));
}

static void hooks_are_called_in_order_and_only_after_writes(void **state)
{
    struct fixture *f = *state;
    int committed = 0, rolled_back = 0;
    assert_int_equal(store_on_commit(f->store, count_call, &committed), 0);
    assert_int_equal(store_on_rollback(f->store, count_call, &rolled_back), 0);
    assert_int_equal(store_commit(f->store), 0);
    store_rollback(f->store);
    assert_int_equal(committed + rolled_back, 0);
    put(f, "a");
    assert_int_equal(store_commit(f->store), 1);
    put(f, "b");
    store_rollback(f->store);
    assert_int_equal(committed, 1);
    assert_int_equal(rolled_back, 1);
}

static void hooks_have_a_ceiling(void **state)
{
    struct fixture *f = *state;
    int count = 0;
    for (int i = 0; i < STORE_HOOK_LIMIT; i++)
        assert_int_equal(store_on_commit(f->store, count_call, &count), 0);
    assert_int_equal(store_on_commit(f->store, count_call, &count), -E2BIG);
}

/* ---- savepoints ------------------------------------------------------------------------------ */

static void an_unused_savepoint_costs_no_sql(void **state)
{
    struct fixture *f = *state;
    struct store_savepoint savepoint;
    int rolled_back = 0;
    assert_int_equal(store_on_rollback(f->store, count_call, &rolled_back), 0);
    assert_int_equal(store_savepoint(f->store, &savepoint), 0);
    assert_int_equal(store_rollback_to(f->store, savepoint), 0);
    assert_false(store_in_transaction(f->store));
    assert_int_equal(f->store->sql_depth, 0);
    assert_int_equal(rolled_back, 0);
}

static void a_savepoint_loses_its_own_writes_alone(void **state)
{
    struct fixture *f = *state;
    struct store_savepoint savepoint;
    int rolled_back = 0;
    assert_int_equal(store_on_rollback(f->store, count_call, &rolled_back), 0);
    put(f, "before");
    assert_int_equal(store_savepoint(f->store, &savepoint), 0);
    put(f, "inside");
    assert_int_equal(store_rollback_to(f->store, savepoint), 0);
    put(f, "after");
    assert_int_equal(store_commit(f->store), 1);
    assert_true(has(f, "before") && has(f, "after"));
    assert_false(has(f, "inside"));
    assert_int_equal(rolled_back, 1);
}

static void nested_savepoints_end_from_the_outside(void **state)
{
    struct fixture *f = *state;
    struct store_savepoint outer, inner;
    assert_int_equal(store_savepoint(f->store, &outer), 0);
    put(f, "outer");
    assert_int_equal(store_savepoint(f->store, &inner), 0);
    put(f, "inner");
    assert_int_equal(store_release(f->store, inner), 0);
    assert_int_equal(store_rollback_to(f->store, outer), 0);
    put(f, "after");
    assert_int_equal(store_commit(f->store), 1);
    assert_false(has(f, "outer") || has(f, "inner"));
    assert_true(has(f, "after"));
}

static void a_first_write_inside_opens_both_levels(void **state)
{
    struct fixture *f = *state;
    struct store_savepoint outer, inner;
    assert_int_equal(store_savepoint(f->store, &outer), 0);
    assert_int_equal(store_savepoint(f->store, &inner), 0);
    put(f, "inner");
    assert_int_equal(f->store->sql_depth, 2);
    assert_int_equal(store_rollback_to(f->store, inner), 0);
    assert_int_equal(store_release(f->store, outer), 0);
    assert_int_equal(store_commit(f->store), 1);
    assert_false(has(f, "inner"));
}

static void a_release_after_the_end_is_harmless(void **state)
{
    struct fixture *f = *state;
    struct store_savepoint savepoint;
    assert_int_equal(store_savepoint(f->store, &savepoint), 0);
    put(f, "inside");
    assert_int_equal(store_rollback_to(f->store, savepoint), 0);
    assert_int_equal(store_release(f->store, savepoint), 0);
    assert_int_equal(store_rollback_to(f->store, savepoint), 0);
}

static void savepoints_have_a_ceiling(void **state)
{
    struct fixture *f = *state;
    struct store_savepoint savepoint;
    for (int i = 0; i < STORE_SAVEPOINT_LIMIT; i++)
        assert_int_equal(store_savepoint(f->store, &savepoint), 0);
    assert_int_equal(store_savepoint(f->store, &savepoint), -E2BIG);
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* One turn under a fault: it ends with the fault's error, and nothing of it stands. */
static void turn_fails(struct fixture *f, enum store_fault fault, int code)
{
    int rolled_back = 0;
    assert_int_equal(store_on_rollback(f->store, count_call, &rolled_back), 0);
    put(f, "kept");
    assert_int_equal(store_commit(f->store), 1);
    put(f, "lost");
    store_inject(f->store, fault);
    int r = store_meta_put(f->store, STR("more"), STR("1"));
    assert_true(r == 0 || r == code);
    assert_int_equal(store_commit(f->store), code);
    assert_int_equal(rolled_back, 1);
    assert_true(has(f, "kept"));
    assert_false(has(f, "lost") || has(f, "more"));
    assert_false(store_writable(f->store));
    assert_int_equal(store_probe(f->store), code);
    store_inject(f->store, STORE_FAULT_NONE);
    assert_int_equal(store_meta_put(f->store, STR("unasked"), STR("1")), code);
    assert_int_equal(store_probe(f->store), 0);
    assert_true(store_writable(f->store));
    put(f, "again");
    assert_int_equal(store_commit(f->store), 1);
}

static void a_full_disk_loses_the_turn(void **state)
{
    turn_fails(*state, STORE_FAULT_DISK_FULL, -ENOSPC);
}

static void a_read_only_disk_loses_the_turn(void **state)
{
    turn_fails(*state, STORE_FAULT_READ_ONLY, -EROFS);
}

/* More than the page cache holds: SQLite writes in the middle of the turn, and rolls back under us.
 */
static void a_disk_that_fills_up_mid_turn_is_noticed(void **state)
{
    struct fixture *f = *state;
    static char large[512 * 1024];
    int r = 0;
    put(f, "first");
    store_inject(f->store, STORE_FAULT_DISK_FULL);
    for (int i = 0; i < 16 && r == 0; i++) {
        char name[] = {'n', (char)('a' + i), '\0'};
        r = store_meta_put(f->store, str_of(name), (struct str){large, sizeof large});
    }
    assert_int_equal(r, -ENOSPC);
    assert_true(store_lost_transaction(f->store));
    /* no half of the turn may be committed, even when there is room again */
    store_inject(f->store, STORE_FAULT_NONE);
    assert_int_equal(store_meta_put(f->store, STR("late"), STR("1")), -ENOSPC);
    store_rollback(f->store);
    assert_false(store_lost_transaction(f->store));
    assert_false(has(f, "first") || has(f, "late"));
    assert_int_equal(store_probe(f->store), 0);
    put(f, "again");
    assert_int_equal(store_commit(f->store), 1);
}

/* After an error of the disk itself the files are opened anew: all of it must work as before. */
static void a_broken_disk_is_opened_again(void **state)
{
    struct fixture *f = *state;
    put(f, "kept");
    assert_int_equal(store_commit(f->store), 1);
    put(f, "lost");
    store_inject(f->store, STORE_FAULT_IO);
    assert_int_equal(store_commit(f->store), -EIO);
    assert_int_equal(store_probe(f->store), -EIO);
    store_inject(f->store, STORE_FAULT_NONE);
    assert_int_equal(store_probe(f->store), 0);
    assert_true(has(f, "kept"));
    put(f, "again");
    assert_int_equal(store_commit(f->store), 1);
}

static void in_memory_a_write_is_refused_at_once(void **state)
{
    struct fixture *f = *state;
    store_inject(f->store, STORE_FAULT_READ_ONLY);
    assert_int_equal(store_meta_put(f->store, STR("a"), STR("1")), -EROFS);
    assert_false(store_lost_transaction(f->store)); /* there was none to lose */
    store_inject(f->store, STORE_FAULT_NONE);
    assert_int_equal(store_probe(f->store), 0);
    put(f, "b");
    store_inject(f->store, STORE_FAULT_DISK_FULL);
    assert_int_equal(store_meta_put(f->store, STR("c"), STR("1")), -ENOSPC);
    assert_true(store_lost_transaction(f->store));
    store_rollback(f->store);
    assert_false(has(f, "b"));
}

static void no_key_is_made_on_a_read_only_disk(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[STORE_HASH_BYTES] = {1};
    uint64_t member;
    store_inject(f->store, STORE_FAULT_READ_ONLY);
    assert_int_equal(store_members_create(f->store, hash, &member), -EROFS);
    store_rollback(f->store);
    assert_int_equal(store_members_find(f->store, hash, &member), -ENOENT);
}

/* ---- kills ----------------------------------------------------------------------------------- */

static void a_crash_keeps_what_was_committed(void **state)
{
    struct fixture *f = *state;
    put(f, "kept");
    assert_int_equal(store_commit(f->store), 1);
    put(f, "lost");
    assert_int_equal(store_crash(f->store), 0);
    assert_true(has(f, "kept"));
    assert_false(has(f, "lost"));
    assert_false(store_in_transaction(f->store));
}

static void a_killed_process_keeps_what_was_committed(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    pid_t child = fork();
    if (child == 0) {
        if (fixture_open(f) < 0 || store_meta_put(f->store, STR("kept"), STR("1")) < 0 ||
            store_commit(f->store) != 1 || store_meta_put(f->store, STR("lost"), STR("1")) < 0)
            _exit(1);
        _exit(0); /* nothing is closed */
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(fixture_open(f), 0);
    assert_true(has(f, "kept"));
    assert_false(has(f, "lost"));
}

static void a_member_of_a_lost_turn_keeps_their_key(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[STORE_HASH_BYTES] = {5};
    uint64_t first, again;
    assert_int_equal(store_members_create(f->store, hash, &first), 0);
    store_rollback(f->store);
    assert_int_equal(store_members_create(f->store, hash, &again), 0);
    assert_int_equal(first, again);
    assert_int_equal(store_commit(f->store), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM member"), 1);
}

#define BOTH(test)                                                                                 \
    cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done),                          \
        cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(reading_opens_nothing),
        BOTH(the_first_write_opens),
        BOTH(rollback_takes_all_back),
        BOTH(hooks_are_called_in_order_and_only_after_writes),
        BOTH(hooks_have_a_ceiling),
        BOTH(an_unused_savepoint_costs_no_sql),
        BOTH(a_savepoint_loses_its_own_writes_alone),
        BOTH(nested_savepoints_end_from_the_outside),
        BOTH(a_first_write_inside_opens_both_levels),
        BOTH(a_release_after_the_end_is_harmless),
        BOTH(savepoints_have_a_ceiling),
        BOTH(a_full_disk_loses_the_turn),
        BOTH(a_read_only_disk_loses_the_turn),
        ON_DISK(a_disk_that_fills_up_mid_turn_is_noticed),
        ON_DISK(a_broken_disk_is_opened_again),
        cmocka_unit_test_setup_teardown(in_memory_a_write_is_refused_at_once, fixture_in_memory,
                                        fixture_done),
        BOTH(no_key_is_made_on_a_read_only_disk),
        BOTH(a_crash_keeps_what_was_committed),
        ON_DISK(a_killed_process_keeps_what_was_committed),
        BOTH(a_member_of_a_lost_turn_keeps_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
