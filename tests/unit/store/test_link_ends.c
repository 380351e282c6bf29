/* SPDX-License-Identifier: MIT */
/* test_link_ends.c: a join after its day, forgotten, told; through kills, restored databases and a
 * new master key. */
#include "link_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/alerts.h"
#include "store/jobs.h"
#include "store/matrix_direct.h"
#include "store/values.h"

static const struct store_link_choice as_it_comes = {0};

/* ---- ended ----------------------------------------------------------------------------------- */

static void after_a_day_the_second_s_key_is_gone(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    int64_t end_at;
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(store_link_next_end(f->store, &end_at), 0);
    assert_int_equal(end_at, FIXTURE_START + STORE_LINK_UNDO_MS);
    assert_int_equal(store_link_end_due(f->store), 0); /* not yet */
    assert_true(keyring_holds(f->store->keyring, two.second));
    link_people_a_day_later(f);
    assert_false(keyring_holds(f->store->keyring, two.second));
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
    assert_int_equal(store_link_current(f->store, two.second), two.kept);
    assert_int_equal(store_link_next_end(f->store, &end_at), -ENOENT);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM link_row"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM member"), 1);
    fixture_reopen(f);
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
    assert_int_equal(link_people_moods(f, two.kept), 2);
    link_people_has_value(f, two.kept, PLAN, "other", "x");
}

static void a_kill_before_the_keyring_followed_ends_it_at_the_next_start(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    link_people_join(f, two, &as_it_comes);
    clock_advance(&f->clock, STORE_LINK_UNDO_MS);
    assert_int_equal(store_link_end_due(f->store), 0);
    keyring_inject(f->store->keyring, -EIO);
    assert_int_equal(store_commit(f->store), 1);
    assert_true(keyring_holds(f->store->keyring, two.second));
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
    fixture_reopen(f);
    assert_false(keyring_holds(f->store->keyring, two.second));
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
    assert_int_equal(link_people_moods(f, two.kept), 2);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM link WHERE state = 3"), 1);
}

static void a_call_of_the_second_is_found_taken_and_kept(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    struct store_alert found,
        alert = {.member = two.second, .tier = 3, .who = STR("heron|home"), .text = STR("help")};
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(store_alerts_open_of(f->store, two.kept, &f->arena, &found), 0);
    assert_int_equal(found.id, alert.id);
    link_people_a_day_later(f);
    assert_int_equal(store_alerts_get(f->store, alert.id, &f->arena, &found), 0);
    assert_int_equal(found.member, two.kept);
    assert_str(found.text, "help");
    alert.pages = 2; /* who holds it in memory still has the old number */
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    fixture_commit(f);
    assert_int_equal(store_alerts_get(f->store, alert.id, &f->arena, &found), 0);
    assert_int_equal(found.member, two.kept);
    assert_str(found.who, "heron|home");
}

static uint64_t whose_room(struct fixture *f, const char *room)
{
    struct store_direct direct;
    assert_int_equal(store_direct_get(f->store, STR("libera"), STR("heron"), &f->arena, &direct),
                     0);
    assert_true(str_eq_c(direct.room, room));
    return direct.member;
}

static void a_private_room_of_the_second_goes_where_they_go(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    uint64_t second;
    struct store_direct direct = {.room = STR("!first"), .member = two.second};
    assert_int_equal(store_direct_put(f->store, STR("libera"), STR("heron"), &direct), 0);
    link_people_join(f, two, &as_it_comes);
    assert_true(whose_room(f, "!first") == two.second);
    direct = (struct store_direct){.room = STR("!next"), .member = two.kept};
    assert_int_equal(store_direct_put(f->store, STR("libera"), STR("heron"), &direct), 0);
    assert_int_equal(store_link_undo(f->store, two.kept, &second), 0);
    fixture_commit(f);
    assert_true(whose_room(f, "!next") == two.second);
    link_people_join(f, two, &as_it_comes);
    link_people_a_day_later(f);
    assert_true(whose_room(f, "!next") == two.kept);
}

/* ---- forgotten, told ------------------------------------------------------------------------- */

static void who_asks_to_be_forgotten_is_both(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(store_members_forget(f->store, two.kept), 0);
    assert_false(keyring_holds(f->store->keyring, two.kept));
    assert_false(keyring_holds(f->store->keyring, two.second));
    assert_int_equal(link_people_lookup(f, "heron"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM link"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM link_row"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM value"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM identity"), 0);
}

struct told {
    int heron, swim, berlin;
};

static void look_for(void *ctx, const struct store_export_row *row)
{
    struct told *told = ctx;
    for (size_t i = 0; i < row->count; i++) {
        told->heron += str_eq_c(row->fields[i].text, "@heron:x");
        told->swim += str_eq_c(row->fields[i].text, "swim");
        told->berlin += str_eq_c(row->fields[i].text, "Europe/Berlin");
    }
}

static void the_export_tells_of_both_and_of_what_was_set_aside(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    struct told told = {0};
    const struct store_link_choice second = {.preferences = STORE_LINK_SECOND};
    link_people_join(f, two, &second);
    assert_int_equal(store_members_export(f->store, two.kept, look_for, &told), 0);
    assert_true(told.heron > 0);
    assert_int_equal(told.swim, 1);   /* the second's, which was not wanted */
    assert_int_equal(told.berlin, 1); /* the first's, which had to go */
}

/* ---- restored, rotated ----------------------------------------------------------------------- */

static void a_database_from_before_the_join_has_two_again(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    fixture_close(f);
    fixture_copy(f, "mooring.db", "older.db");
    fixture_reopen(f);
    link_people_join(f, two, &as_it_comes);
    fixture_close(f);
    fixture_copy(f, "older.db", "mooring.db");
    fixture_reopen(f);
    assert_int_equal(link_people_lookup(f, "heron"), two.second);
    link_people_has_value(f, two.second, PLAN, "plan", "swim");
}

static void a_database_from_before_the_end_stays_joined(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    link_people_join(f, two, &as_it_comes);
    fixture_close(f);
    fixture_copy(f, "mooring.db", "older.db");
    fixture_reopen(f);
    link_people_a_day_later(f);
    fixture_close(f);
    fixture_copy(f, "older.db", "mooring.db");
    fixture_reopen(f);
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
    assert_int_equal(link_people_moods(f, two.kept), 2);
    assert_int_equal(store_link_end_due(f->store), 0);
    fixture_commit(f);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM link WHERE state = 3"), 1);
}

static void what_was_undone_since_is_undone_when_a_backup_is_opened(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    char *before = link_people_everything_there_is(f);
    link_people_join(f, two, &as_it_comes);
    fixture_execute(f, "UPDATE link SET state = 4");
    fixture_reopen(f);
    assert_int_equal(link_people_lookup(f, "heron"), two.second);
    link_people_expect_everything(f, before);
}

static void an_older_keyring_is_handed_over_again(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    fixture_close(f);
    fixture_copy(f, "keyring", "older-keyring");
    fixture_reopen(f);
    link_people_join(f, two, &as_it_comes);
    link_people_a_day_later(f);
    fixture_close(f);
    fixture_copy(f, "older-keyring", "keyring");
    fixture_reopen(f);
    assert_false(keyring_holds(f->store->keyring, two.second));
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
}

static void a_new_master_key_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    unsigned char key[32] = {9};
    uint64_t second;
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(store_rotate_key(f->store, key, &f->error), 0);
    memcpy(f->key, key, sizeof key);
    fixture_reopen(f);
    assert_int_equal(link_people_moods(f, two.kept), 2);
    assert_int_equal(store_link_undo(f->store, two.kept, &second), 0);
    fixture_commit(f);
    link_people_has_value(f, two.second, PLAN, "plan", "swim");
    link_people_join(f, two, &as_it_comes);
    link_people_a_day_later(f);
    fixture_reopen(f);
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(after_a_day_the_second_s_key_is_gone),
        ON_DISK(a_kill_before_the_keyring_followed_ends_it_at_the_next_start),
        ON_DISK(a_call_of_the_second_is_found_taken_and_kept),
        ON_DISK(a_private_room_of_the_second_goes_where_they_go),
        ON_DISK(who_asks_to_be_forgotten_is_both),
        ON_DISK(the_export_tells_of_both_and_of_what_was_set_aside),
        ON_DISK(a_database_from_before_the_join_has_two_again),
        ON_DISK(a_database_from_before_the_end_stays_joined),
        ON_DISK(what_was_undone_since_is_undone_when_a_backup_is_opened),
        ON_DISK(an_older_keyring_is_handed_over_again),
        ON_DISK(a_new_master_key_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
