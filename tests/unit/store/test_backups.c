/* SPDX-License-Identifier: MIT */
/* test_backups.c: who was forgotten stays forgotten beside every copy from before: of the database,
 * of several slots, of a slot that somebody else has now, of the keyring itself. */
#include "everything.h"

#include "store/alerts.h"
#include "store/values.h"

static void hash_of(struct fixture *f, const char *account, unsigned char out[STORE_HASH_BYTES])
{
    store_hash(f->store, STR("identity"), STR("libera"), str_of(account), out);
}

static uint64_t lookup(struct fixture *f, const char *account)
{
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member = 0;
    hash_of(f, account, hash);
    return store_members_find(f->store, hash, &member) == 0 ? member : 0;
}

static bool opens(struct fixture *f, uint64_t member)
{
    struct str value;
    int r = store_values_get(f->store, STR("checkin"), STORE_OWNER_MEMBER, member, STR(SECRET_KEY),
                             &f->arena, &value);
    assert_true(r == 0 || r == -ENOKEY || r == -ENOENT);
    return r == 0;
}

/* As `!forget me` does: the audit has a row of it. */
static void forget(struct fixture *f, uint64_t member)
{
    struct store_audit_row row = {.at = 9, .actor = member, .event = STR("forgotten")};
    assert_int_equal(store_audit_put(f->store, &row), 0);
    assert_int_equal(store_members_forget(f->store, member), 0);
    if (store_in_transaction(f->store))
        fixture_commit(f);
}

/* The plainest backup of all: the files as they lie there, with a WAL that nobody emptied. */
static void copy_database(struct fixture *f)
{
    fixture_copy(f, "mooring.db", "copy");
    fixture_copy(f, "mooring.db-wal", "copy-wal");
}

static void put_database_back(struct fixture *f)
{
    fixture_close(f);
    fixture_copy(f, "copy", "mooring.db");
    fixture_copy(f, "copy-wal", "mooring.db-wal");
    assert_int_equal(fixture_open(f), 0);
}

static void every_identity_of_a_person_goes(void **state)
{
    struct fixture *f = *state;
    uint64_t gone = fixture_member(f, SECRET_ACCOUNT), stays = fixture_member(f, "heron");
    everything_of(f, gone);
    everything_of(f, stays);
    uint64_t second = fixture_member(f, "second"), third = fixture_member(f, "third");
    assert_int_equal(keyring_hand_over(f->store->keyring, second, gone), 0);
    assert_int_equal(keyring_hand_over(f->store->keyring, third, gone), 0);
    assert_true(lookup(f, "second") == gone && lookup(f, "third") == gone);
    copy_database(f);
    forget(f, gone);
    put_database_back(f);
    assert_int_equal(lookup(f, SECRET_ACCOUNT) + lookup(f, "second") + lookup(f, "third"), 0);
    assert_false(opens(f, gone));
    assert_true(lookup(f, "heron") == stays && opens(f, stays));
}

static void whose_slot_is_used_again_stays_closed(void **state)
{
    struct fixture *f = *state;
    uint64_t gone = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, gone);
    copy_database(f);
    size_t slots = keyring_count(f->store->keyring);
    forget(f, gone);
    uint64_t next = fixture_member(f, "heron");
    assert_int_equal(keyring_count(f->store->keyring), slots); /* in the same place */
    everything_of(f, next);
    put_database_back(f);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
    assert_false(opens(f, gone));
    assert_true(lookup(f, "heron") == next);
}

static void a_copy_between_the_wish_and_the_key_is_closed_as_well(void **state)
{
    struct fixture *f = *state;
    uint64_t gone = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, gone);
    keyring_inject(f->store->keyring, -EIO);
    forget(f, gone);
    copy_database(f);
    keyring_inject(f->store->keyring, 0);
    assert_int_equal(store_crash(f->store), 0);
    put_database_back(f);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
    assert_false(opens(f, gone));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM forget_intent"), 0);
}

/* Kept against the rule, and put back: what the database knows of is destroyed again. */
static void an_older_keyring_does_not_bring_them_back(void **state)
{
    struct fixture *f = *state;
    uint64_t gone = fixture_member(f, SECRET_ACCOUNT), stays = fixture_member(f, "heron");
    everything_of(f, gone);
    everything_of(f, stays);
    fixture_copy(f, "keyring", "keyring.old");
    forget(f, gone);
    fixture_close(f);
    fixture_copy(f, "keyring.old", "keyring");
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
    assert_false(opens(f, gone));
    assert_true(lookup(f, "heron") == stays && opens(f, stays));
    fixture_reopen(f);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
}

static void who_came_back_is_not_forgotten_again(void **state)
{
    struct fixture *f = *state;
    uint64_t gone = fixture_member(f, SECRET_ACCOUNT);
    forget(f, gone);
    uint64_t again = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, again);
    fixture_close(f);
    fixture_copy(f, "keyring", "keyring.old");
    assert_int_equal(fixture_open(f), 0);
    fixture_member(f, "heron");
    fixture_close(f);
    fixture_copy(f, "keyring.old", "keyring");
    assert_int_equal(fixture_open(f), 0);
    assert_true(lookup(f, SECRET_ACCOUNT) == again && opens(f, again));
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(every_identity_of_a_person_goes),
        ON_DISK(whose_slot_is_used_again_stays_closed),
        ON_DISK(a_copy_between_the_wish_and_the_key_is_closed_as_well),
        ON_DISK(an_older_keyring_does_not_bring_them_back),
        ON_DISK(who_came_back_is_not_forgotten_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
