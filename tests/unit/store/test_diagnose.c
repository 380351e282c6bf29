/* SPDX-License-Identifier: MIT */
/* test_diagnose.c: how far a WAL is read: what a torn write leaves at its end is normal and no
 * false alarm, a hole in the middle is damage; and a folder is looked at without a change. */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/backup.h"
#include "store/diagnose.h"

enum { WAL_MAX = 1024 * 1024, FRAME = 24 + 4096 };

struct log_file {
    unsigned char bytes[WAL_MAX];
    size_t size;
};

/* Three commits of SQLite's own, as a kill would leave them. */
static void make(struct log_file *wal, bool second_run)
{
    char folder[] = "/tmp/mooring-wal-XXXXXX", path[64], log[80];
    sqlite3 *db;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.db", folder);
    snprintf(log, sizeof log, "%s-wal", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
                                  "CREATE TABLE t (a); INSERT INTO t VALUES (1);"
                                  "INSERT INTO t VALUES (zeroblob(9000));",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    if (second_run) /* the log begins anew; the old run's frames stand behind */
        assert_int_equal(sqlite3_exec(db,
                                      "PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES (2);",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
    FILE *file = fopen(log, "rbe");
    assert_non_null(file);
    wal->size = fread(wal->bytes, 1, sizeof wal->bytes, file);
    assert_int_equal(fclose(file), 0);
    sqlite3_close(db);
    assert_int_equal(unlink(log), 0);
    assert_int_equal(unlink(path), 0);
    snprintf(log, sizeof log, "%s-shm", path);
    (void)unlink(log);
    assert_int_equal(rmdir(folder), 0);
}

static struct store_wal read_log(const struct log_file *wal)
{
    struct store_wal found;
    int fd = memfd_create("wal", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, wal->bytes, wal->size), (ssize_t)wal->size);
    assert_int_equal(store_wal_read(fd, &found), 0);
    close(fd);
    return found;
}

static struct log_file wal;

static void a_whole_log(void **state)
{
    (void)state;
    make(&wal, false);
    struct store_wal found = read_log(&wal);
    assert_int_equal(found.frames, (wal.size - 32) / FRAME);
    assert_true(found.frames >= 4);
    assert_false(found.is_damaged);
}

static void an_empty_one(void **state)
{
    (void)state;
    wal.size = 0;
    struct store_wal found = read_log(&wal);
    assert_int_equal(found.frames, 0);
    assert_false(found.is_damaged);
}

static void a_torn_end_is_normal(void **state)
{
    (void)state;
    make(&wal, false);
    uint32_t all = read_log(&wal).frames;
    wal.size -= 1000;
    struct store_wal found = read_log(&wal);
    assert_int_equal(found.frames, all - 1);
    assert_false(found.is_damaged);
    wal.size += 1000;
    memset(wal.bytes + wal.size - 1000, 0xff, 1000); /* its size was there before its bytes were */
    found = read_log(&wal);
    assert_int_equal(found.frames, all - 1);
    assert_false(found.is_damaged);
}

static void a_hole_in_the_middle_is_damage(void **state)
{
    (void)state;
    make(&wal, false);
    wal.bytes[32 + FRAME + 24 + 50] ^= 1;
    struct store_wal found = read_log(&wal);
    assert_int_equal(found.frames, 1);
    assert_true(found.is_damaged);
}

/* Written and not yet synced when the power went: the commit is there, a page before it is not. */
static void a_hole_in_the_last_transaction_is_normal(void **state)
{
    (void)state;
    make(&wal, false);
    uint32_t all = read_log(&wal).frames;
    wal.bytes[32 + (all - 2) * FRAME + 24 + 50] ^= 1;
    struct store_wal found = read_log(&wal);
    assert_int_equal(found.frames, all - 2);
    assert_false(found.is_damaged);
}

static void an_older_run_behind_is_normal(void **state)
{
    (void)state;
    make(&wal, true);
    struct store_wal found = read_log(&wal);
    assert_true(found.frames < (wal.size - 32) / FRAME);
    assert_false(found.is_damaged);
}

static void a_header_that_is_none(void **state)
{
    (void)state;
    make(&wal, false);
    wal.bytes[9] ^= 0x40;
    assert_true(read_log(&wal).is_damaged);
    wal.size = 20;
    assert_true(read_log(&wal).is_damaged);
}

/* ---- a folder -------------------------------------------------------------------------------- */

static void count_words(void *ctx, const struct store_finding *finding)
{
    size_t *words = ctx;
    words[finding->word]++;
    assert_true(finding->what.len > 0);
    assert_true(finding->word == STORE_FINE || finding->advice.len > 0);
}

static void beside_an_open_store(void **state)
{
    struct fixture *f = *state;
    size_t words[3] = {0};
    struct store_diagnosis found;
    assert_int_equal(store_diagnose(f->folder, f->key, count_words, words, &found), 0);
    assert_true(found.is_running);
    assert_false(found.is_new);
    assert_int_equal(words[STORE_WARNING] + words[STORE_PROBLEM], 0);
    assert_int_equal(words[STORE_FINE], 2); /* database, keyring; the WAL is being written */
}

/* When the last backup was is told beside a running daemon, and without the key. */
static void where_a_backup_was_made(void **state)
{
    struct fixture *f = *state;
    size_t words[3] = {0};
    struct backup *backup;
    struct store_diagnosis found;
    struct error error;
    char copy[] = "/tmp/mooring-copy-XXXXXX";
    int fd = mkstemp(copy);
    assert_true(fd >= 0);
    assert_int_equal(unlink(copy), 0);
    assert_int_equal(backup_create(f->store, fd, &backup, &error), 0);
    assert_int_equal(backup_write(backup, &error), 0);
    backup_noted(f->store, backup);
    backup_destroy(backup);
    close(fd);
    assert_int_equal(store_diagnose(f->folder, f->key, count_words, words, &found), 0);
    assert_int_equal(found.backup_at, FIXTURE_START);
    assert_int_equal(store_diagnose(f->folder, NULL, count_words, words, &found), 0);
    assert_int_equal(found.backup_at, FIXTURE_START);
    assert_int_equal(words[STORE_WARNING] + words[STORE_PROBLEM], 0);
}

static void a_folder_that_is_empty(void **state)
{
    (void)state;
    char folder[] = "/tmp/mooring-new-XXXXXX";
    size_t words[3] = {0};
    struct store_diagnosis found;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(store_diagnose(folder, NULL, count_words, words, &found), 0);
    assert_true(found.is_new);
    assert_false(found.is_running);
    assert_int_equal(words[STORE_FINE] + words[STORE_WARNING] + words[STORE_PROBLEM], 0);
    assert_int_equal(rmdir(folder), 0); /* nothing was left in it */
    assert_int_equal(store_diagnose(folder, NULL, count_words, words, &found), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_log),
        cmocka_unit_test(an_empty_one),
        cmocka_unit_test(a_torn_end_is_normal),
        cmocka_unit_test(a_hole_in_the_middle_is_damage),
        cmocka_unit_test(a_hole_in_the_last_transaction_is_normal),
        cmocka_unit_test(an_older_run_behind_is_normal),
        cmocka_unit_test(a_header_that_is_none),
        cmocka_unit_test_setup_teardown(beside_an_open_store, fixture_on_disk, fixture_done),
        cmocka_unit_test_setup_teardown(where_a_backup_was_made, fixture_on_disk, fixture_done),
        cmocka_unit_test(a_folder_that_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
