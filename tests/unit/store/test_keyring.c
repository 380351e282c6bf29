/* SPDX-License-Identifier: MIT */
/* test_keyring.c: slots on disk and in memory: durable before use, found again, overwritten, never
 * mistaken. */
#include "fixture.h"

#include <sys/stat.h>

#include "store/slot.h"
#include "syncs.h"

static void hash_for(unsigned char out[KEYRING_HASH_BYTES], unsigned number)
{
    memset(out, 0, KEYRING_HASH_BYTES);
    memcpy(out, &number, sizeof number);
}

static uint64_t add(struct fixture *f, unsigned number)
{
    unsigned char hash[KEYRING_HASH_BYTES];
    uint64_t member = 0;
    hash_for(hash, number);
    assert_int_equal(keyring_add(f->store->keyring, hash, &member), 0);
    return member;
}

static uint64_t find(struct fixture *f, unsigned number)
{
    unsigned char hash[KEYRING_HASH_BYTES];
    uint64_t member = 0;
    hash_for(hash, number);
    return keyring_find(f->store->keyring, hash, &member) == 0 ? member : 0;
}

static struct keyring_key key_of(struct fixture *f, uint64_t member)
{
    const struct keyring_key *key = NULL;
    assert_int_equal(keyring_key(f->store->keyring, member, &key), 0);
    return *key;
}

static void a_member_is_on_disk_at_once(void **state)
{
    struct fixture *f = *state;
    unsigned char bytes[256 + 128];
    struct slot slot;
    uint64_t member = add(f, 1);
    assert_int_equal(fixture_read(f, "keyring", bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(slot_read(bytes + 256, &slot), 0);
    assert_int_equal(slot.state, SLOT_USED);
    assert_int_equal(slot.member, member);
}

static void members_and_keys_come_back(void **state)
{
    struct fixture *f = *state;
    uint64_t first = add(f, 1), second = add(f, 2);
    struct keyring_key key = key_of(f, first);
    assert_int_not_equal(first, second);
    fixture_reopen(f);
    assert_int_equal(find(f, 1), first);
    assert_int_equal(find(f, 2), second);
    assert_int_equal(find(f, 3), 0);
    struct keyring_key again = key_of(f, first);
    assert_memory_equal(&key, &again, sizeof key);
}

static void ids_are_positive_numbers(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 50; i++) {
        uint64_t member = add(f, i);
        assert_true(member > 0 && member <= INT64_MAX);
    }
}

static void every_member_has_their_own_keys(void **state)
{
    struct fixture *f = *state;
    struct keyring_key first = key_of(f, add(f, 1)), second = key_of(f, add(f, 2));
    assert_memory_not_equal(first.seal, second.seal, sizeof first.seal);
    assert_memory_not_equal(first.seal, first.lookup, sizeof first.seal);
    assert_memory_not_equal(first.seal, keyring_house(f->store->keyring)->seal, sizeof first.seal);
}

static void the_same_identity_is_not_added_twice(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[KEYRING_HASH_BYTES];
    uint64_t member;
    add(f, 1);
    hash_for(hash, 1);
    assert_int_equal(keyring_add(f->store->keyring, hash, &member), -EEXIST);
}

static void the_file_grows_in_blocks(void **state)
{
    struct fixture *f = *state;
    char path[512];
    struct stat status;
    for (unsigned i = 0; i < 130; i++)
        add(f, i);
    fixture_path(f, "keyring", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 256 + 3 * 64 * 128);
    uint64_t last = find(f, 129);
    fixture_reopen(f);
    assert_int_equal(find(f, 129), last);
    assert_int_equal(keyring_count(f->store->keyring), 130);
}

static void more_people_than_unwrapped_keys(void **state)
{
    struct fixture *f = *state;
    struct keyring_key first = key_of(f, add(f, 0));
    for (unsigned i = 1; i < 200; i++)
        key_of(f, add(f, i));
    struct keyring_key again = key_of(f, find(f, 0));
    assert_memory_equal(&first, &again, sizeof first);
}

static void an_erased_slot_holds_nothing(void **state)
{
    struct fixture *f = *state;
    static unsigned char before[256 + 64 * 128], after[sizeof before];
    const struct keyring_key *key;
    uint64_t member = add(f, 1), other = add(f, 2);
    fixture_read(f, "keyring", before, sizeof before);
    assert_int_equal(keyring_erase(f->store->keyring, member), 0);
    fixture_read(f, "keyring", after, sizeof after);
    assert_int_equal(find(f, 1), 0);
    assert_int_equal(keyring_key(f->store->keyring, member, &key), -ENOKEY);
    /* member, hash and wrapped key: all gone from the file */
    assert_null(memmem(after, sizeof after, before + 256 + 8, 112));
    assert_null(memmem(after, sizeof after, before + 256 + 8, 8));
    assert_null(memmem(after, sizeof after, before + 256 + 48, 16));
    fixture_reopen(f);
    assert_int_equal(find(f, 1), 0);
    assert_int_equal(find(f, 2), other);
}

static void an_erased_slot_is_used_again(void **state)
{
    struct fixture *f = *state;
    uint64_t gone = add(f, 1);
    add(f, 2);
    assert_int_equal(keyring_erase(f->store->keyring, gone), 0);
    uint64_t back = add(f, 1);
    assert_int_not_equal(back, gone); /* the number from an old backup means nobody */
    fixture_reopen(f);
    assert_int_equal(find(f, 1), back);
    assert_int_equal(keyring_count(f->store->keyring), 2);
}

static void two_identities_of_one_member(void **state)
{
    struct fixture *f = *state;
    uint64_t member = add(f, 1);
    assert_int_equal(keyring_hand_over(f->store->keyring, add(f, 2), member), 0);
    assert_int_equal(find(f, 2), member);
    fixture_reopen(f);
    assert_int_equal(find(f, 1), member);
    assert_int_equal(find(f, 2), member);
    assert_int_equal(keyring_erase(f->store->keyring, member), 0);
    assert_int_equal(find(f, 1), 0);
    assert_int_equal(find(f, 2), 0);
    assert_int_equal(keyring_count(f->store->keyring), 0);
}

static void the_sequence_only_grows(void **state)
{
    struct fixture *f = *state;
    uint64_t member = add(f, 1);
    uint32_t before = keyring_sequence(f->store->keyring);
    assert_int_equal(keyring_erase(f->store->keyring, member), 0);
    assert_true(keyring_sequence(f->store->keyring) > before);
    fixture_reopen(f);
    assert_true(keyring_sequence(f->store->keyring) > before);
}

static void a_failed_write_leaves_nobody_behind(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[KEYRING_HASH_BYTES];
    uint64_t member;
    hash_for(hash, 1);
    keyring_inject(f->store->keyring, -ENOSPC);
    assert_int_equal(keyring_add(f->store->keyring, hash, &member), -ENOSPC);
    assert_int_equal(find(f, 1), 0);
    assert_int_equal(keyring_count(f->store->keyring), 0);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* What is not known to be on the disk is nobody's key. */
static void a_failed_sync_leaves_nobody_behind(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[KEYRING_HASH_BYTES];
    uint64_t member;
    hash_for(hash, 1);
    syncs_left = 0;
    int r = keyring_add(f->store->keyring, hash, &member);
    syncs_left = -1;
    assert_int_equal(r, -EIO);
    assert_int_equal(find(f, 1), 0);
    assert_int_not_equal(add(f, 1), 0);
}

/* Half of a block would be damage to the next start. */
static void a_block_that_was_not_synced_is_taken_back(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[KEYRING_HASH_BYTES];
    uint64_t member;
    char path[512];
    struct stat before, after;
    for (unsigned i = 0; i < 64; i++)
        add(f, i + 1);
    fixture_path(f, "keyring", path);
    assert_int_equal(stat(path, &before), 0);
    hash_for(hash, 65);
    syncs_left = 0;
    int r = keyring_add(f->store->keyring, hash, &member);
    syncs_left = -1;
    assert_int_equal(r, -EIO);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    add(f, 65);
    fixture_reopen(f);
    assert_int_not_equal(find(f, 65), 0);
}

static void a_damaged_slot_stops_the_start(void **state)
{
    struct fixture *f = *state;
    add(f, 1);
    fixture_close(f);
    fixture_flip(f, "keyring", 256 + 50);
    assert_int_equal(fixture_open(f), -EUCLEAN);
    assert_error_says(f, "slot 0 is damaged");
    fixture_flip(f, "keyring", 256 + 50);
    assert_int_equal(fixture_open(f), 0);
    assert_int_not_equal(find(f, 1), 0);
}

/* A copy that was put back may have come with rights for others. */
static void nobody_else_may_read_it(void **state)
{
    struct fixture *f = *state;
    struct stat status;
    char path[512];
    fixture_path(f, "keyring", path);
    fixture_close(f);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void any_flipped_bit_of_a_slot_is_found(void **state UNUSED)
{
    struct slot slot = {.state = SLOT_USED, .sequence = 3, .member = 42}, out;
    unsigned char bytes[SLOT_BYTES];
    slot_write(&slot, bytes);
    assert_int_equal(slot_read(bytes, &out), 0);
    for (size_t i = 0; i < sizeof bytes * 8; i++) {
        bytes[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_int_equal(slot_read(bytes, &out), -EUCLEAN);
        bytes[i / 8] ^= (unsigned char)(1u << i % 8);
    }
}

static void a_newer_header_says_so(void **state UNUSED)
{
    struct slot_header header = {.version = SLOT_VERSION + 1}, out;
    unsigned char bytes[SLOT_HEADER_BYTES];
    slot_header_write(&header, bytes);
    assert_int_equal(slot_header_read(bytes, &out), -EPROTO);
}

static void a_wrapped_key_is_bound_to_its_member_and_database(void **state UNUSED)
{
    unsigned char master[32] = {1}, database[16] = {2}, other[16] = {3}, key[32] = {4}, out[32];
    unsigned char wrapped[SLOT_WRAPPED_BYTES];
    slot_wrap(master, database, 7, key, wrapped);
    assert_int_equal(slot_unwrap(master, database, 7, wrapped, out), 0);
    assert_memory_equal(out, key, sizeof key);
    assert_int_equal(slot_unwrap(master, database, 8, wrapped, out), -EBADMSG);
    assert_int_equal(slot_unwrap(master, other, 7, wrapped, out), -EBADMSG);
    master[0] ^= 1;
    assert_int_equal(slot_unwrap(master, database, 7, wrapped, out), -EBADMSG);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_member_is_on_disk_at_once),
        ON_DISK(members_and_keys_come_back),
        ON_DISK(ids_are_positive_numbers),
        ON_DISK(every_member_has_their_own_keys),
        ON_DISK(the_same_identity_is_not_added_twice),
        ON_DISK(the_file_grows_in_blocks),
        ON_DISK(more_people_than_unwrapped_keys),
        ON_DISK(an_erased_slot_holds_nothing),
        ON_DISK(an_erased_slot_is_used_again),
        ON_DISK(two_identities_of_one_member),
        ON_DISK(the_sequence_only_grows),
        ON_DISK(a_failed_write_leaves_nobody_behind),
        ON_DISK(a_failed_sync_leaves_nobody_behind),
        ON_DISK(a_block_that_was_not_synced_is_taken_back),
        ON_DISK(a_damaged_slot_stops_the_start),
        ON_DISK(nobody_else_may_read_it),
        cmocka_unit_test(any_flipped_bit_of_a_slot_is_found),
        cmocka_unit_test(a_newer_header_says_so),
        cmocka_unit_test(a_wrapped_key_is_bound_to_its_member_and_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
