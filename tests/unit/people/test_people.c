/* SPDX-License-Identifier: MIT */
/* test_people.c: who somebody is, what they may do, where they are at home. */
#include "fixture.h"

#include "people/internal.h"
#include "store/sql.h"

static uint64_t find(struct fixture *f, const char *network, const char *identity)
{
    struct people_speaker speaker = fixture_speaker(network, identity, "nick");
    return people_find(f->people, &speaker);
}

static void who_was_met_is_found(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(find(f, "libera", "kestrel"), 0);
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    assert_int_not_equal(member, 0);
    assert_int_equal(find(f, "libera", "kestrel"), member);
    assert_int_equal(find(f, "home", "kestrel"), 0);
    assert_int_equal(fixture_meet(f, "kestrel", f->harbor), member);
}

static void without_an_identity_nobody_is_known(void **state)
{
    struct fixture *f = *state;
    struct people_speaker speaker = fixture_speaker("libera", "", "nick");
    uint64_t member;
    assert_int_equal(people_find(f->people, &speaker), 0);
    assert_int_equal(people_meet(f->people, &speaker, f->harbor, &member), -EACCES);
}

static void an_endless_identity_is_refused(void **state)
{
    struct fixture *f = *state;
    static char name[2000];
    uint64_t member;
    memset(name, 'x', sizeof name - 1);
    struct people_speaker speaker = fixture_speaker("libera", name, "nick");
    assert_int_equal(people_find(f->people, &speaker), 0);
    assert_int_equal(people_meet(f->people, &speaker, f->harbor, &member), -E2BIG);
}

static int refuse_sql(void *ctx UNUSED, int action UNUSED, const char *a UNUSED,
                      const char *b UNUSED, const char *c UNUSED, const char *d UNUSED)
{
    return SQLITE_DENY;
}

/* The quiet path: the second look asks neither the keyring nor the database, whether somebody is
 * there or not. */
static void the_second_look_is_in_the_cache(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    find(f, "libera", "nobody");
    sqlite3_set_authorizer(f->store->db, refuse_sql, NULL);
    sql_forget_statements(f->store);
    assert_int_equal(f->people->cache.count, 2);
    assert_int_equal(find(f, "libera", "kestrel"), member);
    assert_int_equal(find(f, "libera", "nobody"), 0);
    assert_int_equal(f->people->cache.count, 2);
    sqlite3_set_authorizer(f->store->db, NULL, NULL);
}

static void nothing_is_written_when_nothing_changed(void **state)
{
    struct fixture *f = *state;
    struct people_speaker speaker = fixture_speaker("libera", "kestrel", "kestrel");
    uint64_t member;
    fixture_meet(f, "kestrel", f->harbor);
    people_destroy(f->people); /* and with it the cache: a restart */
    assert_int_equal(people_create(f->store, f->groups, &f->people), 0);
    assert_int_equal(people_meet(f->people, &speaker, f->harbor, &member), 0);
    assert_int_equal(people_meet(f->people, &speaker, f->harbor, &member), 0);
    assert_false(store_in_transaction(f->store));
}

static void a_new_nick_is_noted(void **state)
{
    struct fixture *f = *state;
    struct people_speaker now, speaker = fixture_speaker("libera", "kestrel", "kes_away");
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    assert_int_equal(people_meet(f->people, &speaker, f->harbor, &member), 0);
    assert_int_equal(people_address(f->people, member, &f->arena, &now), 0);
    assert_str(now.address, "kes_away");
}

static void what_a_lost_turn_noted_is_noted_again(void **state)
{
    struct fixture *f = *state;
    struct people_speaker now, speaker = fixture_speaker("libera", "kestrel", "kestrel");
    uint64_t member;
    assert_int_equal(people_meet(f->people, &speaker, f->harbor, &member), 0);
    store_rollback(f->store);
    assert_int_equal(people_meet(f->people, &speaker, f->harbor, &member), 0);
    assert_int_equal(store_commit(f->store), 1);
    assert_int_equal(people_address(f->people, member, &f->arena, &now), 0);
    assert_ptr_equal(people_home(f->people, member), f->harbor);
}

/* ---- roles ----------------------------------------------------------------------------------- */

static enum mooring_role role(struct fixture *f, const char *network, const char *identity,
                              const char *nick, const struct group *group)
{
    struct people_speaker speaker = fixture_speaker(network, identity, nick);
    return people_role(f->people, &speaker, people_find(f->people, &speaker), group);
}

/* What the room's own powers give counts where the group says so, and for what is said in it. */
static void power_in_the_room_counts_where_the_group_says_so(void **state)
{
    struct fixture *f = *state;
    struct people_speaker speaker = fixture_speaker("home", "@dee:example.org", "dee");
    speaker.has_power = true;
    assert_int_equal(people_role(f->people, &speaker, 0, f->lagoon), MOORING_ROLE_MODERATOR);
    assert_int_equal(people_role(f->people, &speaker, 0, f->harbor), MOORING_ROLE_NONE);
    speaker.has_power = false;
    assert_int_equal(people_role(f->people, &speaker, 0, f->lagoon), MOORING_ROLE_NONE);
    speaker = fixture_speaker("home", "", "dee");
    speaker.has_power = true;
    assert_int_equal(people_role(f->people, &speaker, 0, f->lagoon), MOORING_ROLE_NONE);
}

static void power_ends_with_the_turn(void **state)
{
    struct fixture *f = *state;
    uint64_t dee = fixture_meet(f, "dee", f->lagoon);
    people_speaks_with_power(f->people, dee, f->lagoon);
    assert_int_equal(people_member_role(f->people, dee, f->lagoon), MOORING_ROLE_MODERATOR);
    assert_int_equal(people_member_role(f->people, dee, f->harbor), MOORING_ROLE_MEMBER);
    people_speaks_with_power(f->people, dee, f->harbor);
    assert_int_equal(people_member_role(f->people, dee, f->harbor), MOORING_ROLE_MEMBER);
    people_speaks_with_power(f->people, dee, f->lagoon);
    (void)fixture_meet(f, "kestrel", f->harbor); /* commits */
    assert_int_equal(people_member_role(f->people, dee, f->lagoon), MOORING_ROLE_MEMBER);
}

static void moderators_are_known_by_identity_alone(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(role(f, "libera", "mara", "anything", f->harbor), MOORING_ROLE_MODERATOR);
    assert_int_equal(role(f, "libera", "", "mara", f->harbor), MOORING_ROLE_NONE);
    assert_int_equal(role(f, "libera", "heron", "mara", f->harbor), MOORING_ROLE_NONE);
    assert_int_equal(role(f, "home", "mara", "mara", f->harbor), MOORING_ROLE_NONE);
    assert_int_equal(role(f, "home", "@ben:example.org", "ben", f->harbor), MOORING_ROLE_MODERATOR);
    assert_int_equal(role(f, "home", "@Ben:example.org", "ben", f->harbor), MOORING_ROLE_NONE);
    assert_int_equal(role(f, "libera", "mara", "mara", f->lagoon), MOORING_ROLE_NONE);
}

static void members_and_moderators_by_number(void **state)
{
    struct fixture *f = *state;
    uint64_t kestrel = fixture_meet(f, "kestrel", f->harbor), mara = fixture_meet(f, "mara", NULL);
    assert_int_equal(people_member_role(f->people, 0, f->harbor), MOORING_ROLE_NONE);
    assert_int_equal(people_member_role(f->people, kestrel, f->harbor), MOORING_ROLE_MEMBER);
    assert_int_equal(people_member_role(f->people, mara, f->harbor), MOORING_ROLE_MODERATOR);
    assert_int_equal(people_member_role(f->people, mara, f->lagoon), MOORING_ROLE_MEMBER);
    assert_int_equal(people_member_role(f->people, mara, NULL), MOORING_ROLE_MEMBER);
}

static void in_private_a_moderator_is_one_at_home(void **state)
{
    struct fixture *f = *state;
    fixture_meet(f, "mara", NULL);
    assert_int_equal(role(f, "libera", "mara", "mara", NULL), MOORING_ROLE_MODERATOR);
}

/* ---- home, forgetting ------------------------------------------------------------------------ */

static void home_is_where_they_were_last_active(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    clock_advance(&f->clock, 1000);
    fixture_meet(f, "kestrel", f->lagoon);
    assert_ptr_equal(people_home(f->people, member), f->lagoon);
    clock_advance(&f->clock, 1000);
    fixture_meet(f, "kestrel", f->harbor);
    assert_ptr_equal(people_home(f->people, member), f->harbor);
    assert_null(people_home(f->people, 0));
    assert_null(people_home(f->people, fixture_meet(f, "heron", NULL)));
}

static void a_moderator_is_at_home_before_speaking_there(void **state)
{
    struct fixture *f = *state;
    assert_ptr_equal(people_home(f->people, fixture_meet(f, "mara", NULL)), f->harbor);
}

static void who_is_forgotten_is_not_found(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_meet(f, "mara", f->harbor);
    assert_int_equal(f->harbor->moderators[0].member, member);
    assert_int_equal(people_forget(f->people, member), 0);
    assert_int_equal(find(f, "libera", "mara"), 0);
    assert_int_equal(f->harbor->moderators[0].member, 0);
    assert_int_equal(role(f, "libera", "mara", "mara", f->harbor),
                     MOORING_ROLE_MODERATOR); /* the file says so */
    assert_int_not_equal(fixture_meet(f, "mara", f->harbor), member);
}

static void within_a_turn_they_are_gone_after_it(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_meet(f, "kestrel", f->harbor);
    assert_int_equal(store_begin(f->store), 0);
    assert_int_equal(people_forget(f->people, member), 0);
    find(f, "libera", "kestrel"); /* in the cache again, still there */
    assert_int_equal(store_commit(f->store), 1);
    assert_int_equal(find(f, "libera", "kestrel"), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_was_met_is_found),
        TEST(without_an_identity_nobody_is_known),
        TEST(an_endless_identity_is_refused),
        TEST(the_second_look_is_in_the_cache),
        TEST(nothing_is_written_when_nothing_changed),
        TEST(a_new_nick_is_noted),
        TEST(what_a_lost_turn_noted_is_noted_again),
        TEST(moderators_are_known_by_identity_alone),
        TEST(members_and_moderators_by_number),
        TEST(in_private_a_moderator_is_one_at_home),
        TEST(power_in_the_room_counts_where_the_group_says_so),
        TEST(power_ends_with_the_turn),
        TEST(home_is_where_they_were_last_active),
        TEST(a_moderator_is_at_home_before_speaking_there),
        TEST(who_is_forgotten_is_not_found),
        TEST(within_a_turn_they_are_gone_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
