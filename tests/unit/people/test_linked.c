/* SPDX-License-Identifier: MIT */
/* test_linked.c: one person with two identities: where to reach them, what they are called, what
 * they may do as whom; and rooms that a bridge joins. */
#include "fixture.h"

#include "base/fits.h"
#include "people/bridge.h"
#include "store/link.h"

struct linked {
    uint64_t kept, second;
    struct people_speaker here, there;
};

static uint64_t meet(struct fixture *f, const struct people_speaker *speaker)
{
    uint64_t member = 0;
    clock_advance(&f->clock, CLOCK_MINUTE_MS);
    assert_int_equal(people_meet(f->people, speaker, f->harbor, &member), 0);
    assert_true(store_commit(f->store) >= 0);
    return member;
}

static struct linked link_two(struct fixture *f, const char *here, const char *there)
{
    struct linked linked = {.here = fixture_speaker("libera", here, here),
                            .there = fixture_speaker("home", there, there)};
    const struct store_link_choice choice = {0};
    linked.kept = meet(f, &linked.here);
    linked.second = meet(f, &linked.there);
    assert_int_equal(store_link_join(f->store, linked.kept, linked.second, &choice), 0);
    assert_true(store_commit(f->store) >= 0);
    return linked;
}

static void moves(struct fixture *f, const struct people_speaker *speaker)
{
    clock_advance(&f->clock, 25 * 60 * CLOCK_MINUTE_MS); /* seen again is noted once a day */
    (void)meet(f, speaker);
}

static struct str network_of(struct fixture *f, uint64_t member)
{
    struct people_speaker at;
    assert_int_equal(people_address(f->people, member, &f->arena, &at), 0);
    return at.network;
}

static bool is_libera(void *ctx UNUSED, struct str network)
{
    return str_eq(network, STR("libera"));
}

static bool nowhere(void *ctx UNUSED, struct str network UNUSED)
{
    return false;
}

static void both_are_found_as_one(void **state)
{
    struct fixture *f = *state;
    struct linked linked = link_two(f, "kestrel", "@heron:example.org");
    assert_int_equal(people_find(f->people, &linked.here), linked.kept);
    assert_int_equal(people_find(f->people, &linked.there), linked.kept);
    uint64_t second;
    assert_int_equal(store_link_undo(f->store, linked.kept, &second), 0);
    assert_int_equal(people_find(f->people, &linked.there), linked.second);
    store_rollback(f->store);
    assert_int_equal(people_find(f->people, &linked.there), linked.kept);
}

static void they_are_reached_where_they_were_last(void **state)
{
    struct fixture *f = *state;
    struct linked linked = link_two(f, "kestrel", "@heron:example.org");
    assert_str(network_of(f, linked.kept), "home");
    moves(f, &linked.here);
    assert_str(network_of(f, linked.kept), "libera");
    assert_str(network_of(f, linked.second), "libera"); /* a number that somebody kept */
    moves(f, &linked.there);
    assert_str(network_of(f, linked.kept), "home");
}

static void or_where_they_can_be(void **state)
{
    struct fixture *f = *state;
    struct people_speaker at;
    struct linked linked = link_two(f, "kestrel", "@heron:example.org");
    assert_int_equal(people_address_where(f->people, linked.kept, is_libera, NULL, &f->arena, &at),
                     0);
    assert_str(at.address, "kestrel");
    assert_int_equal(people_address_where(f->people, linked.kept, nowhere, NULL, &f->arena, &at),
                     -ENOENT);
}

static void each_of_their_names_means_one_person(void **state)
{
    struct fixture *f = *state;
    uint64_t member;
    struct linked linked = link_two(f, "kestrel", "@heron:example.org");
    assert_int_equal(people_find_typed(f->people, f->harbor, STR("kestrel"), &member), 0);
    assert_int_equal(member, linked.kept);
    assert_int_equal(people_find_typed(f->people, f->harbor, STR("heron"), &member), 0);
    assert_int_equal(member, linked.kept);
}

static void a_moderator_is_one_only_as_whom_they_were_named(void **state)
{
    struct fixture *f = *state;
    struct str name;
    struct linked linked = link_two(f, "mara", "@other:example.org");
    assert_int_equal(people_role(f->people, &linked.here, linked.kept, f->harbor),
                     MOORING_ROLE_MODERATOR);
    assert_int_equal(people_role(f->people, &linked.there, linked.kept, f->harbor),
                     MOORING_ROLE_MEMBER);
    people_speaks(f->people, &linked.there, linked.kept);
    assert_int_equal(people_member_role(f->people, linked.kept, f->harbor), MOORING_ROLE_MEMBER);
    people_speaks(f->people, &linked.here, linked.kept);
    assert_int_equal(people_member_role(f->people, linked.kept, f->harbor), MOORING_ROLE_MODERATOR);
    people_speaks(f->people, NULL, 0);
    assert_int_equal(people_member_role(f->people, linked.second, f->harbor),
                     MOORING_ROLE_MODERATOR); /* the person: who is on the rota */
    assert_int_equal(people_display(f->people, linked.kept, &f->arena, &name), 0);
    assert_str(name, "mara"); /* as the team calls them, wherever they were last */
}

static void unless_the_group_says_so(void **state)
{
    struct fixture *f = *state;
    struct linked linked = link_two(f, "mara", "@other:example.org");
    f->harbor->moderators_by_link = true;
    assert_int_equal(people_role(f->people, &linked.there, linked.kept, f->harbor),
                     MOORING_ROLE_MODERATOR);
}

static void the_moderator_is_the_person_on_either_side_of_the_join(void **state)
{
    struct fixture *f = *state;
    struct linked linked = link_two(f, "kestrel", "@ben:example.org");
    assert_int_equal(f->harbor->moderators[1].member ? 1 : 0, 1);
    (void)people_find(f->people, &linked.there);
    assert_int_equal(f->harbor->moderators[1].member, linked.kept);
    assert_int_equal(people_role(f->people, &linked.here, linked.kept, f->harbor),
                     MOORING_ROLE_MEMBER);
    assert_int_equal(people_role(f->people, &linked.there, linked.kept, f->harbor),
                     MOORING_ROLE_MODERATOR);
}

static void a_join_that_is_taken_back_leaves_the_team_as_it_was(void **state)
{
    struct fixture *f = *state;
    const struct store_link_choice choice = {0};
    struct people_speaker here = fixture_speaker("libera", "kestrel", "kestrel"),
                          there = fixture_speaker("home", "@ben:example.org", "ben");
    uint64_t kept = meet(f, &here), second = meet(f, &there);
    assert_int_equal(store_link_join(f->store, kept, second, &choice), 0);
    assert_int_equal(people_find(f->people, &there), kept);
    assert_int_equal(f->harbor->moderators[1].member, kept);
    store_rollback(f->store);
    (void)people_find(f->people, &there);
    assert_int_equal(f->harbor->moderators[1].member, second);
}

static void a_pattern_fits_whole_names(void **state UNUSED)
{
    static const struct {
        const char *pattern, *name;
        bool fits;
    } cases[] = {{"@irc_*:example.org", "@irc_ana:example.org", true},
                 {"@irc_*:example.org", "@IRC_Ana:example.org", true},
                 {"@irc_*:example.org", "@ircana:example.org", false},
                 {"*[m]", "ana[m]", true},
                 {"*[m]", "ana[m]x", false},
                 {"a?c", "abc", true},
                 {"a?c", "ac", false},
                 {"*a*b*", "xxaxxbxx", true},
                 {"*a*b*", "xxbxxaxx", false},
                 {"", "", true},
                 {"*", "", true},
                 {"", "a", false},
                 {"**", "a", true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (fits(str_of(cases[i].name), str_of(cases[i].pattern)) != cases[i].fits)
            fail_msg("%s and %s", cases[i].pattern, cases[i].name);
}

static void a_bridge_may_set_words_anew(void **state)
{
    struct fixture *f = *state;
    struct groups_room *room = &f->harbor->rooms[0], other = *room;
    room->bridged = other.bridged = STR("one");
    uint64_t words = bridge_words(room, STR("**I can't** go on!"));
    assert_true(words == bridge_words(&other, STR("<ana> i can\xe2\x80\x99t go on")) ||
                words == bridge_words(&other, STR("<ana> I cant go on")));
    assert_true(words != bridge_words(&other, STR("I can go on")));
    other.bridged = STR("two");
    assert_true(words != bridge_words(&other, STR("I cant go on")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_done)
    const struct CMUnitTest tests[] = {
        TEST(both_are_found_as_one),
        TEST(they_are_reached_where_they_were_last),
        TEST(or_where_they_can_be),
        TEST(each_of_their_names_means_one_person),
        TEST(a_moderator_is_one_only_as_whom_they_were_named),
        TEST(unless_the_group_says_so),
        TEST(the_moderator_is_the_person_on_either_side_of_the_join),
        TEST(a_join_that_is_taken_back_leaves_the_team_as_it_was),
        TEST(a_pattern_fits_whole_names),
        TEST(a_bridge_may_set_words_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
