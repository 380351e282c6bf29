/* SPDX-License-Identifier: MIT */
/* test_store.c: opening, and every way in which it is refused; what the program keeps about itself.
 */
#include "fixture.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static mode_t mode_of(const struct fixture *f, const char *name)
{
    char path[512];
    struct stat status;
    fixture_path(f, name, path);
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void files_are_private(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "kestrel");
    assert_int_equal(mode_of(f, "."), 0700);
    assert_int_equal(mode_of(f, "mooring.db"), 0600);
    assert_int_equal(mode_of(f, "mooring.db-wal"), 0600);
    assert_int_equal(mode_of(f, "keyring"), 0600);
}

static void makes_its_folder(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(rmdir(f->folder), 0);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(mode_of(f, "."), 0700);
}

static void meta_survives(void **state)
{
    struct fixture *f = *state;
    struct str value;
    assert_int_equal(store_meta_put(f->store, STR("tzdata"), STR("2026b")), 0);
    assert_int_equal(store_commit(f->store), 1);
    fixture_reopen(f);
    assert_int_equal(store_meta_get(f->store, STR("tzdata"), &f->arena, &value), 0);
    assert_str(value, "2026b");
    assert_int_equal(store_meta_get(f->store, STR("other"), &f->arena, &value), -ENOENT);
}

/* Killed between the making of the tables and the note whose they are. */
static void a_first_start_that_was_cut_off_is_completed(void **state)
{
    struct fixture *f = *state;
    fixture_execute(f, "DELETE FROM self WHERE name = 'database_id'");
    fixture_commit(f);
    fixture_reopen(f);
    uint64_t member = fixture_member(f, "kestrel");
    fixture_reopen(f);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM member"), 1);
    assert_int_not_equal(member, 0);
}

static void settings_of_the_connection(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_number(f, "PRAGMA synchronous"), 2);
    assert_int_equal(fixture_number(f, "PRAGMA temp_store"), 2);
    assert_int_equal(fixture_number(f, "PRAGMA trusted_schema"), 0);
    assert_int_equal(fixture_number(f, "PRAGMA secure_delete"), 1);
    assert_int_equal(fixture_number(f, "PRAGMA foreign_keys"), 1);
    assert_int_equal(fixture_number(f, "SELECT journal_mode = 'wal' FROM pragma_journal_mode()"),
                     1);
    assert_int_equal(fixture_number(f, "PRAGMA application_id"), 0x4d4f4f52);
    assert_int_equal(fixture_number(f, "PRAGMA user_version"), store_migrations_latest());
    assert_int_equal(sqlite3_exec(f->store->db,
                                  "PRAGMA writable_schema = 1; DELETE FROM sqlite_master", NULL,
                                  NULL, NULL),
                     SQLITE_ERROR); /* defensive */
}

static void name_ids_are_stable_and_unlike(void **state)
{
    struct fixture *f = *state;
    uint64_t id = store_name_id(f->store, STR("room"), STR("libera"), STR("#harbor"));
    assert_int_not_equal(id, 0);
    assert_true(id <= INT64_MAX);
    assert_int_not_equal(id, store_name_id(f->store, STR("group"), STR("libera"), STR("#harbor")));
    assert_int_not_equal(id, store_name_id(f->store, STR("room"), STR("libera#"), STR("harbor")));
    fixture_reopen(f);
    assert_int_equal(id, store_name_id(f->store, STR("room"), STR("libera"), STR("#harbor")));
}

static void hashes_are_keyed(void **state)
{
    struct fixture *f = *state;
    unsigned char first[STORE_HASH_BYTES], second[STORE_HASH_BYTES];
    store_hash(f->store, STR("identity"), STR("libera"), STR("kestrel"), first);
    fixture_close(f);
    char path[512];
    fixture_path(f, "keyring", path);
    unlink(path);
    fixture_path(f, "mooring.db", path);
    unlink(path);
    assert_int_equal(fixture_open(f), 0);
    store_hash(f->store, STR("identity"), STR("libera"), STR("kestrel"), second);
    assert_memory_not_equal(first, second, sizeof first);
}

/* ---- refusals: one sentence that says what to do, and nothing is changed --------------------- */

static void refuse(struct fixture *f, int code, const char *what, const char *advice)
{
    static unsigned char before[512 * 1024], after[512 * 1024];
    size_t size = fixture_read(f, "mooring.db", before, sizeof before);
    assert_int_equal(fixture_open(f), code);
    assert_null(f->store);
    assert_error_says(f, what);
    assert_error_says(f, advice);
    assert_null(strchr(f->error.text, '\n'));
    assert_int_equal(fixture_read(f, "mooring.db", after, sizeof after), size);
    assert_memory_equal(before, after, size);
}

static void refuses_a_second_process(void **state)
{
    struct fixture *f = *state;
    struct store *first = f->store;
    assert_int_equal(fixture_open(f), -EBUSY);
    assert_error_says(f, "another mooring is running");
    f->store = first;
}

static void refuses_a_newer_database(void **state)
{
    struct fixture *f = *state;
    char newer[128];
    (void)snprintf(newer, sizeof newer,
                   "a newer version of mooring wrote it (its data has version 99, this program "
                   "knows %d)",
                   store_migrations_latest());
    fixture_execute(f, "PRAGMA user_version = 99");
    fixture_close(f);
    refuse(f, -EPROTO, newer, "Install that version again");
}

static void refuses_somebody_elses_database(void **state)
{
    struct fixture *f = *state;
    fixture_execute(f, "PRAGMA application_id = 1");
    fixture_close(f);
    refuse(f, -EMEDIUMTYPE, "it is not one of mooring's", "Move it away");
}

static void refuses_what_is_no_database(void **state)
{
    struct fixture *f = *state;
    static const char text[4096] = "this is a letter, not a database";
    fixture_write(f, "mooring.db", text, sizeof text);
    refuse(f, -EUCLEAN, "the file is damaged", "Restore the latest backup");
}

static void refuses_a_database_cut_short(void **state)
{
    struct fixture *f = *state;
    char path[512];
    fixture_close(f);
    fixture_path(f, "mooring.db", path);
    assert_int_equal(truncate(path, 3 * 4096), 0);
    refuse(f, -EUCLEAN, "the file is damaged", "nothing was changed");
}

static void refuses_without_a_key(void **state)
{
    struct fixture *f = *state;
    struct store_options options = {.folder = f->folder, .clock = &f->clock};
    assert_int_equal(store_open(&options, &f->store, &f->error), -ENOKEY);
    assert_error_says(f, "cannot open the keyring");
    assert_error_says(f, "LoadCredential=master-key:");
    assert_error_says(f, "mooring key new FILE");
}

static void refuses_a_wrong_key(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    f->key[3] ^= 1;
    refuse(f, -EKEYREJECTED, "the master key is not the one", "nothing was changed");
    f->key[3] ^= 1;
    assert_int_equal(fixture_open(f), 0);
}

static void refuses_another_databases_keyring(void **state)
{
    struct fixture *f = *state;
    char path[512], aside[512];
    fixture_close(f);
    fixture_copy(f, "keyring", "keyring.first");
    fixture_path(f, "keyring", path);
    unlink(path);
    fixture_path(f, "mooring.db", path);
    fixture_path(f, "aside", aside);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(fixture_open(f), 0); /* a second installation */
    fixture_close(f);
    fixture_copy(f, "keyring.first", "keyring");
    refuse(f, -EXDEV, "it belongs to another database", "Put back the keyring");
}

static void refuses_without_the_keyring(void **state)
{
    struct fixture *f = *state;
    char path[512];
    fixture_close(f);
    fixture_path(f, "keyring", path);
    unlink(path);
    refuse(f, -ENOENT, "the file is missing", "Restore the keyring's backup");
    assert_int_not_equal(access(path, F_OK), 0);
}

static void refuses_a_keyring_without_its_database(void **state)
{
    struct fixture *f = *state;
    char path[512];
    fixture_member(f, "kestrel");
    fixture_close(f);
    fixture_path(f, "mooring.db", path);
    unlink(path);
    assert_int_equal(fixture_open(f), -ENOENT);
    assert_error_says(f, "holds the keys of 1 people");
    assert_int_not_equal(access(path, F_OK), 0);
}

static void refuses_a_damaged_slot(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "kestrel");
    fixture_close(f);
    fixture_flip(f, "keyring", 256 + 20);
    refuse(f, -EUCLEAN, "slot 0 is damaged", "Restore the keyring's backup");
}

static void refuses_a_damaged_header(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    fixture_flip(f, "keyring", 40);
    refuse(f, -EUCLEAN, "its header is damaged", "Restore the keyring's backup");
}

static void refuses_what_is_no_keyring(void **state)
{
    struct fixture *f = *state;
    static const char text[1024] = "a shopping list";
    fixture_close(f);
    fixture_write(f, "keyring", text, sizeof text);
    refuse(f, -EMEDIUMTYPE, "the file is not a keyring", "Restore");
}

static void refuses_a_folder_that_is_a_file(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "file", "x", 1);
    strncat(f->folder, "/file", sizeof f->folder - strlen(f->folder) - 1);
    int r = fixture_open(f);
    f->folder[strlen(f->folder) - 5] = '\0';
    assert_int_equal(r, -ENOTDIR);
    assert_error_says(f, "cannot write the state folder");
    assert_error_says(f, "StateDirectory=mooring");
}

/* As a user who may not write there: root may write anywhere. */
static void refuses_an_unwritable_folder(void **state)
{
    struct fixture *f = *state;
    if (geteuid() != 0) {
        assert_int_equal(chmod(f->folder, 0500), 0);
        assert_int_equal(fixture_open(f), -EACCES);
        assert_int_equal(chmod(f->folder, 0700), 0);
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        bool right = chmod(f->folder, 0755) == 0 && seteuid(65534) == 0 &&
                     fixture_open(f) == -EACCES &&
                     strstr(f->error.text, "cannot write the state folder");
        _exit(right ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char path[512];
    fixture_path(f, "keyring", path);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void finishes_a_making_that_was_cut_short(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "mooring.db", "", 0); /* the file was made, its tables were not */
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(fixture_number(f, "PRAGMA user_version"), store_migrations_latest());
}

/* ---- in memory ------------------------------------------------------------------------------- */

static void in_memory_gives_the_same_ids_on_every_run(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, "kestrel");
    uint64_t room = store_name_id(f->store, STR("room"), STR("libera"), STR("#harbor"));
    fixture_close(f);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(fixture_member(f, "kestrel"), member);
    assert_int_equal(store_name_id(f->store, STR("room"), STR("libera"), STR("#harbor")), room);
}

#define ON_DISK(test)   cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, fixture_folder, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(files_are_private),
        IN_FOLDER(makes_its_folder),
        ON_DISK(meta_survives),
        ON_DISK(a_first_start_that_was_cut_off_is_completed),
        ON_DISK(settings_of_the_connection),
        ON_DISK(name_ids_are_stable_and_unlike),
        ON_DISK(hashes_are_keyed),
        ON_DISK(refuses_a_second_process),
        ON_DISK(refuses_a_newer_database),
        ON_DISK(refuses_somebody_elses_database),
        IN_FOLDER(refuses_what_is_no_database),
        ON_DISK(refuses_a_database_cut_short),
        IN_FOLDER(refuses_without_a_key),
        ON_DISK(refuses_a_wrong_key),
        ON_DISK(refuses_another_databases_keyring),
        ON_DISK(refuses_without_the_keyring),
        ON_DISK(refuses_a_keyring_without_its_database),
        ON_DISK(refuses_a_damaged_slot),
        ON_DISK(refuses_a_damaged_header),
        ON_DISK(refuses_what_is_no_keyring),
        IN_FOLDER(refuses_a_folder_that_is_a_file),
        IN_FOLDER(refuses_an_unwritable_folder),
        IN_FOLDER(finishes_a_making_that_was_cut_short),
        cmocka_unit_test_setup_teardown(in_memory_gives_the_same_ids_on_every_run,
                                        fixture_in_memory, fixture_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
