/* SPDX-License-Identifier: MIT */
/* test_rotate.c: the keyring under a new master key: nothing that was sealed changes, the old key
 * opens nothing, and a kill at any write leaves a keyring that one of the two opens. */
#include "everything.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "store/backup.h"
#include "store/keyring_file.h"

static const unsigned char new_key[32] = {9, 8, 7};

static void note(struct fixture *f, uint64_t member)
{
    assert_int_equal(store_members_put_preference(f->store, member, STR("zone"), STR(SECRET_WORDS)),
                     0);
    assert_int_equal(store_meta_put(f->store, STR("mark"), STR("kept")), 0);
    fixture_commit(f);
}

static bool reads(struct fixture *f, uint64_t member)
{
    struct str zone, mark;
    return store_members_get_preference(f->store, member, STR("zone"), &f->arena, &zone) == 0 &&
           str_eq(zone, STR(SECRET_WORDS)) &&
           store_meta_get(f->store, STR("mark"), &f->arena, &mark) == 0 &&
           str_eq(mark, STR("kept"));
}

static bool there(struct fixture *f, const char *name)
{
    char path[512];
    fixture_path(f, name, path);
    return access(path, F_OK) == 0;
}

static int open_with(struct fixture *f, const unsigned char *key, const unsigned char *next)
{
    struct store_options options = {
        .folder = f->folder, .clock = &f->clock, .master_key = key, .next_key = next};
    f->error = (struct error){0};
    return store_open(&options, &f->store, &f->error);
}

static void all_opens_as_before_and_the_old_key_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT), gone = fixture_member(f, "wren");
    note(f, member);
    assert_int_equal(store_members_forget(f->store, gone), 0);
    uint32_t sequence = keyring_sequence(f->store->keyring);
    assert_int_equal(store_rotate_key(f->store, new_key, &f->error), 0);
    assert_true(reads(f, member));
    uint64_t later = fixture_member(f, "kestrel"); /* and who comes after it is under the new one */
    note(f, later);
    assert_int_equal(store_crash(f->store), 0); /* opens again with what it holds itself */
    assert_true(reads(f, later));
    fixture_close(f);
    assert_int_equal(fixture_open(f), -EKEYREJECTED);
    assert_error_says(f, "the master key is not the one");
    assert_int_equal(open_with(f, new_key, NULL), 0);
    assert_true(reads(f, member) && reads(f, later));
    assert_false(keyring_holds(f->store->keyring, gone));
    assert_int_equal(keyring_sequence(f->store->keyring), sequence + 1);
    assert_false(there(f, "keyring.rotating") || there(f, "keyring.rotated-away"));
}

/* The old file's bytes are gone from the disk, not only its name: seen through a second name. */
static void the_old_file_is_overwritten(void **state)
{
    struct fixture *f = *state;
    char keyring[512], watch[512];
    unsigned char bytes[256 + 64 * 128];
    fixture_member(f, SECRET_ACCOUNT);
    fixture_path(f, "keyring", keyring);
    fixture_path(f, "watch", watch);
    assert_int_equal(link(keyring, watch), 0);
    assert_int_equal(store_rotate_key(f->store, new_key, &f->error), 0);
    assert_int_equal(fixture_read(f, "watch", bytes, sizeof bytes), sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], 0);
    struct stat status;
    assert_int_equal(stat(keyring, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void more_people_than_a_block(void **state)
{
    struct fixture *f = *state;
    uint64_t members[150];
    char name[16];
    for (unsigned i = 0; i < COUNT_OF(members); i++) {
        snprintf(name, sizeof name, "m%u", i);
        members[i] = fixture_member(f, name);
    }
    note(f, members[149]);
    assert_int_equal(store_rotate_key(f->store, new_key, &f->error), 0);
    fixture_close(f);
    assert_int_equal(open_with(f, new_key, NULL), 0);
    assert_int_equal(keyring_count(f->store->keyring), 150);
    assert_true(reads(f, members[149]));
    fixture_member(f, "one more");
}

static void the_same_key_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_rotate_key(f->store, f->key, &f->error), -EALREADY);
}

static void a_disk_that_refuses_changes_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    note(f, member);
    store_inject(f->store, STORE_FAULT_DISK_FULL);
    assert_int_equal(store_rotate_key(f->store, new_key, &f->error), -ENOSPC);
    assert_error_says(f, "It is under the old one");
    store_inject(f->store, STORE_FAULT_NONE);
    fixture_reopen(f);
    assert_true(reads(f, member));
}

/* Between the rotation and the administrator's change of the credential. */
static void both_keys_are_taken_in_the_hand_over(void **state)
{
    struct fixture *f = *state;
    unsigned char old_key[32], third[32] = {5};
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    note(f, member);
    memcpy(old_key, f->key, sizeof old_key);
    fixture_close(f);
    assert_int_equal(open_with(f, old_key, new_key), 0); /* before it */
    assert_false(store_has_next_key(f->store));
    assert_int_equal(store_rotate_key(f->store, new_key, &f->error), 0);
    fixture_close(f);
    assert_int_equal(open_with(f, old_key, new_key), 0); /* after it */
    assert_true(store_has_next_key(f->store));
    assert_true(reads(f, member));
    assert_int_equal(store_crash(f->store), 0);
    assert_true(reads(f, member));
    fixture_close(f);
    assert_int_equal(open_with(f, old_key, third), -EKEYREJECTED);
}

/* A backup from before needs the keyring alone, whatever wraps it. */
static void older_backups_open_after_it(void **state)
{
    struct fixture *f = *state;
    struct backup *backup;
    char path[512];
    fixture_path(f, "copy", path);
    FILE *copy = fopen(path, "w+b");
    note(f, fixture_member(f, SECRET_ACCOUNT));
    assert_int_equal(backup_create(f->store, fileno(copy), &backup, &f->error), 0);
    assert_int_equal(backup_write(backup, &f->error), 0);
    backup_destroy(backup);
    assert_int_equal(store_rotate_key(f->store, new_key, &f->error), 0);
    assert_int_equal(backup_create(f->store, fileno(copy), &backup, &f->error), 0);
    assert_int_equal(backup_read(backup, -1, &f->error), 0);
    assert_int_equal(backup_judge(f->store, backup, &f->error), 0);
    backup_destroy(backup);
    fclose(copy);
}

static void marks_tell_keys_apart(void **state UNUSED)
{
    unsigned char key[32] = {1}, mark[STORE_KEY_MARK_BYTES], other[STORE_KEY_MARK_BYTES];
    store_key_mark(key, mark);
    store_key_mark(new_key, other);
    assert_memory_not_equal(mark, other, sizeof mark);
    assert_memory_not_equal(mark, key, sizeof mark);
}

/* ---- the keyring's own copy ------------------------------------------------------------------ */

static void a_copy_of_the_keyring_is_checked(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, SECRET_ACCOUNT);
    AUTO_BUF bytes;
    buf_init(&bytes, 1024 * 1024);
    assert_int_equal(store_keyring_image(f->store, &bytes, &f->error), 0);
    assert_int_equal(bytes.len, 256 + 64 * 128);
    assert_int_equal(keyring_image_check(f->store->keyring, buf_str(&bytes)), 0);
    bytes.ptr[256 + 50] ^= 1;
    assert_int_equal(keyring_image_check(f->store->keyring, buf_str(&bytes)), -EUCLEAN);
    fixture_flip(f, "keyring", 256 + 50); /* under an open store: no copy is made of that */
    AUTO_BUF bad;
    buf_init(&bad, 1024 * 1024);
    assert_int_equal(store_keyring_image(f->store, &bad, &f->error), -EUCLEAN);
    fixture_flip(f, "keyring", 256 + 50);
    bytes.ptr[256 + 50] ^= 1;
    assert_int_equal(keyring_image_check(f->store->keyring, str_upto(buf_str(&bytes), 300)),
                     -EUCLEAN);
    assert_int_equal(store_rotate_key(f->store, new_key, &f->error), 0);
    assert_int_equal(keyring_image_check(f->store->keyring, buf_str(&bytes)), -EKEYREJECTED);
}

#ifdef MOORING_FAULTS
static bool dies(struct fixture *f, const char *point, const unsigned char *from,
                 const unsigned char *to)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (open_with(f, from, NULL) < 0 || die_arm(point, NULL) < 0)
            _exit(3);
        _exit(store_rotate_key(f->store, to, NULL) < 0 ? 2 : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return true;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
}

static void a_kill_at_each_write_leaves_one_key_that_opens(void **state)
{
    struct fixture *f = *state;
    unsigned char first[32];
    const unsigned char *from = first, *to = new_key;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    int with_old = 0, with_new = 0;
    bool died = true;
    note(f, member);
    memcpy(first, f->key, sizeof first);
    fixture_close(f);
    for (int i = 1; died; i++) {
        char point[32];
        snprintf(point, sizeof point, "keyring-slot:%d", i);
        died = dies(f, point, from, to);
        bool old_opens = open_with(f, from, NULL) == 0;
        if (!old_opens) {
            assert_int_equal(open_with(f, to, NULL), 0);
            const unsigned char *swapped = from;
            from = to;
            to = swapped;
        }
        with_old += old_opens;
        with_new += !old_opens;
        assert_true(reads(f, member));
        assert_false(there(f, "keyring.rotating") || there(f, "keyring.rotated-away"));
        fixture_close(f);
        assert_int_equal(open_with(f, to, NULL), -EKEYREJECTED); /* never both */
    }
    assert_true(with_old >= 64 && with_new >= 2); /* a slot each, and behind the change */
}
#endif

int main(void)
{
#define ON_DISK(name) cmocka_unit_test_setup_teardown(name, fixture_on_disk, fixture_done)
    const struct CMUnitTest tests[] = {
        ON_DISK(all_opens_as_before_and_the_old_key_nothing),
        ON_DISK(the_old_file_is_overwritten),
        ON_DISK(more_people_than_a_block),
        ON_DISK(the_same_key_is_refused),
        ON_DISK(a_disk_that_refuses_changes_nothing),
        ON_DISK(both_keys_are_taken_in_the_hand_over),
        ON_DISK(older_backups_open_after_it),
        cmocka_unit_test(marks_tell_keys_apart),
        ON_DISK(a_copy_of_the_keyring_is_checked),
#ifdef MOORING_FAULTS
        ON_DISK(a_kill_at_each_write_leaves_one_key_that_opens),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
