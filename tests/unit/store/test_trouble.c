/* SPDX-License-Identifier: MIT */
/* test_trouble.c: the state that says whether anything can be saved: how it begins, what it
 * refuses, and how it ends; and a log that is torn. */
#include "fixture.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "store/diagnose.h"

static void put(struct fixture *f, const char *name)
{
    assert_int_equal(store_meta_put(f->store, str_of(name), STR("1")), 0);
    assert_int_equal(store_commit(f->store), 1);
}

static bool has(struct fixture *f, const char *name)
{
    struct str value;
    return store_meta_get(f->store, str_of(name), &f->arena, &value) == 0;
}

static void count(void *ctx)
{
    ++*(int *)ctx;
}

/* A write that the disk refuses. */
static void fail_once(struct fixture *f, enum store_fault fault)
{
    store_inject(f->store, fault);
    int r = store_meta_put(f->store, STR("lost"), STR("1"));
    if (r == 0)
        r = store_commit(f->store);
    else
        store_rollback(f->store);
    assert_true(r < 0);
}

static void it_begins_once_and_ends_once(void **state)
{
    struct fixture *f = *state;
    int told = 0;
    store_on_trouble(f->store, count, &told);
    put(f, "kept");
    assert_true(store_writable(f->store));
    clock_advance(&f->clock, 5000);
    fail_once(f, STORE_FAULT_DISK_FULL);
    assert_int_equal(told, 1);
    assert_int_equal(store_trouble(f->store)->cause, STORE_FULL);
    assert_int_equal(store_trouble(f->store)->since_elapsed_ms, 5000);
    clock_advance(&f->clock, 5000);
    fail_once(f, STORE_FAULT_DISK_FULL);
    assert_int_equal(store_trouble(f->store)->since_elapsed_ms, 5000);
    assert_int_equal(told, 1);
    store_inject(f->store, STORE_FAULT_NONE);
    assert_int_equal(store_probe(f->store), 0);
    assert_int_equal(told, 2);
    assert_int_equal(store_trouble(f->store)->cause, STORE_WELL);
    assert_true(has(f, "kept") && !has(f, "lost"));
    put(f, "again");
}

/* Nobody waits for a disk that is known to fail, and nothing goes to one that is not known to be
 * well. */
static void every_write_is_refused_and_counted(void **state)
{
    struct fixture *f = *state;
    fail_once(f, STORE_FAULT_READ_ONLY);
    store_inject(f->store, STORE_FAULT_NONE); /* it is well again, and nobody has looked */
    uint64_t refused = store_refused(f->store);
    assert_int_equal(store_meta_put(f->store, STR("a"), STR("1")), -EROFS);
    assert_int_equal(store_refused(f->store), refused + 1);
    assert_false(store_in_transaction(f->store));
    assert_int_equal(store_commit(f->store), 0);
}

static void half_a_turn_is_not_committed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_meta_put(f->store, STR("first"), STR("1")), 0);
    store_note_trouble(f->store, -EIO); /* a page could not be read in between */
    assert_true(store_lost_transaction(f->store));
    assert_true(store_commit(f->store) < 0);
    assert_false(has(f, "first"));
}

static void after_a_failed_sync_it_is_opened_again(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, "kestrel");
    put(f, "kept");
    uint64_t generation = store_people_generation(f->store);
    sqlite3 *before = f->store->db;
    fail_once(f, STORE_FAULT_IO);
    assert_int_equal(store_trouble(f->store)->cause, STORE_BROKEN);
    assert_int_equal(store_probe(f->store), -EIO); /* opened, and still not well */
    store_inject(f->store, STORE_FAULT_NONE);
    assert_int_equal(store_probe(f->store), 0);
    assert_ptr_not_equal(f->store->db, before);
    assert_true(store_people_generation(f->store) > generation); /* nobody relies on the old one */
    assert_true(has(f, "kept"));
    put(f, "again");
    assert_true(keyring_holds(f->store->keyring, member));
    fixture_reopen(f);
    assert_true(has(f, "again"));
}

/* The folder was taken away, as an unmounted disk is: nothing is made in its place. */
static void a_database_that_is_gone_is_not_made_again(void **state)
{
    struct fixture *f = *state;
    char from[512], to[512];
    struct stat status;
    put(f, "kept");
    fixture_path(f, "mooring.db", from);
    fixture_path(f, "elsewhere", to);
    assert_int_equal(rename(from, to), 0);
    assert_true(store_meta_put(f->store, STR("a"), STR("1")) < 0);
    assert_int_equal(store_trouble(f->store)->cause, STORE_BROKEN);
    assert_int_equal(store_probe(f->store), -ESTALE);
    assert_int_equal(stat(from, &status), -1);
    assert_int_equal(rename(to, from), 0);
    assert_int_equal(store_probe(f->store), 0);
    assert_true(has(f, "kept"));
    put(f, "again");
}

static void another_program_holds_it(void **state)
{
    struct fixture *f = *state;
    char path[512];
    sqlite3 *other;
    put(f, "kept");
    fixture_path(f, "mooring.db", path);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_true(store_meta_put(f->store, STR("a"), STR("1")) < 0);
    store_rollback(f->store);
    assert_int_equal(store_trouble(f->store)->cause, STORE_LOCKED);
    assert_true(store_probe(f->store) < 0);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(store_probe(f->store), 0);
    put(f, "again");
}

static void a_page_that_cannot_be_read_is_trouble(void **state)
{
    struct fixture *f = *state;
    put(f, "kept");
    store_inject(f->store, STORE_FAULT_DAMAGED);
    assert_false(has(f, "kept"));
    assert_int_equal(store_trouble(f->store)->cause, STORE_DAMAGED);
    assert_int_equal(store_meta_put(f->store, STR("a"), STR("1")), -EIO);
    store_inject(f->store, STORE_FAULT_NONE);
    assert_int_equal(store_probe(f->store), 0);
    assert_true(has(f, "kept"));
}

static void what_is_no_fault_of_the_disk_is_no_trouble(void **state)
{
    struct fixture *f = *state;
    static const int codes[] = {-ENOMEM, -EINVAL, -ENOENT, -EEXIST, -E2BIG, -ECANCELED};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_false(store_is_fault(codes[i]));
        assert_int_equal(store_note_trouble(f->store, codes[i]), codes[i]);
        assert_true(store_writable(f->store));
    }
    assert_false(store_is_fault(0));
}

static void one_that_stands_in_never_writes(void **state)
{
    struct fixture *f = *state;
    put(f, "kept");
    store_refuse(f->store, STORE_NO_KEY);
    assert_int_equal(store_meta_put(f->store, STR("a"), STR("1")), -EIO);
    assert_int_equal(store_probe(f->store), -EIO);
    assert_int_equal(store_trouble(f->store)->cause, STORE_NO_KEY);
    assert_true(has(f, "kept"));
}

static void the_first_start_is_told_from_later_ones(void **state)
{
    struct fixture *f = *state;
    char path[512];
    assert_false(store_holds_state(f->folder));
    assert_false(store_holds_state("/proc/nowhere"));
    fixture_write(f, "keyring", "x", 1);
    assert_true(store_holds_state(f->folder));
    fixture_path(f, "keyring", path);
    assert_int_equal(unlink(path), 0);
    fixture_write(f, "mooring.db", "", 0);
    assert_true(store_holds_state(f->folder));
}

/* ---- the log --------------------------------------------------------------------------------- */

enum { WAL_BYTES = 4 * 1024 * 1024, FRAME = 24 + 4096 };

/* Killed with a log of several transactions; its size. */
static size_t leave_log(struct fixture *f, unsigned char *bytes)
{
    put(f, "one");
    put(f, "two");
    put(f, "three");
    /* what a kill leaves: no checkpoint, no tidying up */
    store_disconnect(f->store, true);
    mem_free(f->store->folder);
    f->store->folder = NULL;
    if (f->store->folder_fd >= 0)
        close(f->store->folder_fd);
    f->store->folder_fd = -1;
    fault_disk_destroy(f->store->disk);
    sodium_free(f->store->master_key);
    mem_free(f->store);
    f->store = NULL;
    return fixture_read(f, "mooring.db-wal", bytes, WAL_BYTES);
}

static void opens_with(struct fixture *f, const unsigned char *bytes, size_t size, int expected)
{
    fixture_write(f, "mooring.db-wal", bytes, size);
    f->error = (struct error){0};
    assert_int_equal(fixture_open(f), expected);
    if (expected < 0)
        assert_error_says(f, "mooring.db-wal");
    unsigned char *after = mem_zalloc(WAL_BYTES);
    if (expected < 0) {
        assert_int_equal(fixture_read(f, "mooring.db-wal", after, WAL_BYTES), size);
        assert_memory_equal(after, bytes, size);
    }
    mem_free(after);
}

static void a_log_without_its_head_is_not_written_over(void **state)
{
    struct fixture *f = *state;
    unsigned char *bytes = mem_zalloc(WAL_BYTES);
    size_t size = leave_log(f, bytes);
    memset(bytes, 0xa5, 32);
    opens_with(f, bytes, size, -EUCLEAN);
    mem_free(bytes);
}

static void a_hole_in_a_log_is_not_written_over(void **state)
{
    struct fixture *f = *state;
    unsigned char *bytes = mem_zalloc(WAL_BYTES);
    size_t size = leave_log(f, bytes);
    assert_true(size >= 32 + 3 * FRAME);
    bytes[size - 3 * FRAME + 100] ^= 1;
    opens_with(f, bytes, size, -EUCLEAN);
    mem_free(bytes);
}

/* What a power cut leaves at the end was never promised to anybody. */
static void a_torn_end_is_what_a_power_cut_leaves(void **state)
{
    struct fixture *f = *state;
    unsigned char *bytes = mem_zalloc(WAL_BYTES);
    size_t size = leave_log(f, bytes);
    bytes[size - 10] ^= 1;
    opens_with(f, bytes, size, 0);
    assert_true(has(f, "one") && !has(f, "three"));
    mem_free(bytes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_on_disk, fixture_done)
#define IN_MEMORY(name)                                                                            \
    {                                                                                              \
#name " in memory", name, fixture_in_memory, fixture_done, NULL                            \
    }
    const struct CMUnitTest tests[] = {
        TEST(it_begins_once_and_ends_once),
        IN_MEMORY(it_begins_once_and_ends_once),
        TEST(every_write_is_refused_and_counted),
        IN_MEMORY(every_write_is_refused_and_counted),
        TEST(half_a_turn_is_not_committed),
        TEST(after_a_failed_sync_it_is_opened_again),
        TEST(a_database_that_is_gone_is_not_made_again),
        TEST(another_program_holds_it),
        TEST(a_page_that_cannot_be_read_is_trouble),
        IN_MEMORY(a_page_that_cannot_be_read_is_trouble),
        TEST(what_is_no_fault_of_the_disk_is_no_trouble),
        IN_MEMORY(one_that_stands_in_never_writes),
        cmocka_unit_test_setup_teardown(the_first_start_is_told_from_later_ones, fixture_folder,
                                        fixture_done),
        TEST(a_log_without_its_head_is_not_written_over),
        TEST(a_hole_in_a_log_is_not_written_over),
        TEST(a_torn_end_is_what_a_power_cut_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
