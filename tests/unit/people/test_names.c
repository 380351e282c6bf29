/* SPDX-License-Identifier: MIT */
/* test_names.c: addresses, display names, typed names. */
#include "fixture.h"

#include "store/link.h"

static uint64_t meet(struct fixture *f, const char *network, const char *identity,
                     const char *address, const char *display)
{
    struct people_speaker speaker = {.network = str_of(network),
                                     .identity = str_of(identity),
                                     .address = str_of(address),
                                     .display = str_of(display)};
    uint64_t member = 0;
    assert_int_equal(people_meet(f->people, &speaker, f->harbor, &member), 0);
    assert_int_equal(store_commit(f->store), 1);
    return member;
}

static int find(struct fixture *f, const char *typed, uint64_t *ret_member)
{
    return people_find_typed(f->people, f->harbor, str_of(typed), ret_member);
}

static void an_address_says_network_and_nick(void **state)
{
    struct fixture *f = *state;
    struct people_speaker speaker;
    uint64_t member = meet(f, "libera", "kestrel", "kes_", "Kes");
    assert_int_equal(people_address(f->people, member, &f->arena, &speaker), 0);
    assert_str(speaker.network, "libera");
    assert_str(speaker.identity, "kestrel");
    assert_str(speaker.address, "kes_");
    assert_int_equal(people_address(f->people, 77, &f->arena, &speaker), -ENOENT);
}

/* One person on two networks (joined by !link) is written to where they spoke last, though when
 * they were seen is written once a day. */
static void an_address_is_where_they_were_last_seen(void **state)
{
    struct fixture *f = *state;
    struct people_speaker there;
    uint64_t member = meet(f, "libera", "kestrel", "kes_", "Kes");
    uint64_t second = meet(f, "home", "@kes:x", "@kes:x", "Kes");
    assert_int_equal(store_link_join(f->store, member, second, &(struct store_link_choice){0}), 0);
    assert_int_equal(store_commit(f->store), 1);
    static const char *const turns[] = {"libera", "home", "libera", "home"};
    for (size_t i = 0; i < COUNT_OF(turns); i++) {
        bool home = strcmp(turns[i], "home") == 0;
        clock_advance(&f->clock, CLOCK_MINUTE_MS);
        assert_int_equal(
            meet(f, turns[i], home ? "@kes:x" : "kestrel", home ? "@kes:x" : "kes_", "Kes"),
            member);
        assert_int_equal(people_address(f->people, member, &f->arena, &there), 0);
        assert_true(str_eq_c(there.network, turns[i]));
    }
}

static void the_display_name_or_the_address(void **state)
{
    struct fixture *f = *state;
    struct str name;
    assert_int_equal(
        people_display(f->people, meet(f, "libera", "kestrel", "kes_", "Kes"), &f->arena, &name),
        0);
    assert_str(name, "Kes");
    assert_int_equal(
        people_display(f->people, meet(f, "libera", "heron", "her", ""), &f->arena, &name), 0);
    assert_str(name, "her");
    assert_int_equal(people_display(f->people, 77, &f->arena, &name), -ENOENT);
}

static void a_typed_name_in_any_dress(void **state)
{
    struct fixture *f = *state;
    uint64_t found, member = meet(f, "home", "@ana:example.org", "@ana:example.org",
                                  "\xc3\x81na Mar\xc3\xad"
                                  "a"); /* Ána María */
    static const char *const typed[] = {"ana",
                                        "@ana",
                                        "ANA",
                                        "ana:",
                                        "@ana:example.org",
                                        "  ana, ",
                                        ("\xc3\xa1NA MAR\xc3\x8d"
                                         "A")};
    for (size_t i = 0; i < COUNT_OF(typed); i++) {
        found = 0;
        if (find(f, typed[i], &found) != 0 || found != member)
            fail_msg("\"%s\" is not found", typed[i]);
    }
}

static void nobody_of_that_name(void **state)
{
    struct fixture *f = *state;
    uint64_t found;
    meet(f, "libera", "kestrel", "kes", "Kes");
    assert_int_equal(find(f, "heron", &found), -ENOENT);
    assert_int_equal(find(f, "ke", &found), -ENOENT);
    assert_int_equal(find(f, "", &found), -ENOENT);
    assert_int_equal(find(f, "@", &found), -ENOENT);
    assert_int_equal(find(f, "\xff\xfe", &found), -ENOENT);
    assert_int_equal(people_find_typed(f->people, f->lagoon, STR("kes"), &found), -ENOENT);
}

static void two_of_that_name(void **state)
{
    struct fixture *f = *state;
    uint64_t found;
    meet(f, "libera", "kestrel", "kes", "Sam");
    meet(f, "libera", "heron", "her", "sam");
    assert_int_equal(find(f, "Sam", &found), -ENOTUNIQ);
    assert_int_equal(find(f, "kes", &found), 0);
}

static void moderators_by_the_name_in_the_file(void **state)
{
    struct fixture *f = *state;
    uint64_t found, ben = meet(f, "home", "@ben:example.org", "@ben:example.org", "Benjamin");
    assert_int_equal(find(f, "Ben", &found), 0);
    assert_int_equal(found, ben);
    assert_int_equal(find(f, "mara", &found), -ENOENT); /* never seen yet */
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_says_network_and_nick),
        TEST(an_address_is_where_they_were_last_seen),
        TEST(the_display_name_or_the_address),
        TEST(a_typed_name_in_any_dress),
        TEST(nobody_of_that_name),
        TEST(two_of_that_name),
        TEST(moderators_by_the_name_in_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
