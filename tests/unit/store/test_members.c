/* SPDX-License-Identifier: MIT */
/* test_members.c: identities, groups, consents and preferences of members. */
#include "fixture.h"

#include <stdio.h>

struct list {
    char text[512];
};

static void add(struct list *list, struct str word)
{
    size_t len = strlen(list->text);
    snprintf(list->text + len, sizeof list->text - len, "%.*s ", STR_ARG(word));
}

static void add_identity(void *ctx, const struct store_identity *identity)
{
    add(ctx, identity->network);
    add(ctx, identity->identity);
    add(ctx, identity->address);
    add(ctx, identity->display);
}

static void put_identity(struct fixture *f, uint64_t member, const char *network,
                         const char *address, int64_t seen_at)
{
    struct store_identity identity = {.network = str_of(network),
                                      .identity = STR("kestrel"),
                                      .address = str_of(address),
                                      .display = STR("Kes"),
                                      .seen_at = seen_at};
    assert_int_equal(store_members_put_identity(f->store, member, &identity), 0);
}

static void the_latest_identity_comes_first(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};
    uint64_t member = fixture_member(f, "kestrel");
    put_identity(f, member, "libera", "kes_", 10);
    put_identity(f, member, "oftc", "kes", 20);
    assert_int_equal(store_members_each_identity(f->store, member, add_identity, &list), 0);
    assert_string_equal(list.text, "oftc kestrel kes Kes libera kestrel kes_ Kes ");
}

static void an_identity_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};
    uint64_t member = fixture_member(f, "kestrel");
    put_identity(f, member, "libera", "kes_", 10);
    put_identity(f, member, "libera", "kes", 20);
    assert_int_equal(store_members_each_identity(f->store, member, add_identity, &list), 0);
    assert_string_equal(list.text, "libera kestrel kes Kes ");
}

static void nothing_is_kept_of_who_is_no_member(void **state)
{
    struct fixture *f = *state;
    struct store_identity identity = {.network = STR("libera"), .identity = STR("kestrel")};
    assert_int_equal(store_members_put_identity(f->store, 99, &identity), -ENOKEY);
    assert_int_equal(store_members_put_consent(f->store, 99, 1, STR("checkins"), true), -ENOKEY);
    assert_int_equal(store_members_put_preference(f->store, 99, STR("zone"), STR("UTC")), -ENOKEY);
    assert_int_equal(store_members_note_group(f->store, 99, 1), -ENOKEY);
}

static void a_changed_identity_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};
    uint64_t member = fixture_member(f, "kestrel"), other = fixture_member(f, "heron");
    put_identity(f, member, "libera", "kes", 10);
    put_identity(f, other, "libera", "her", 10);
    fixture_commit(f);
    fixture_execute(f, "UPDATE identity SET texts = (SELECT texts FROM identity LIMIT 1)");
    int first = store_members_each_identity(f->store, member, add_identity, &list);
    int second = store_members_each_identity(f->store, other, add_identity, &list);
    assert_true((first == -EBADMSG) != (second == -EBADMSG)); /* one of them is still its own */
}

static int add_number(void *ctx, uint64_t number)
{
    struct list *list = ctx;
    size_t len = strlen(list->text);
    snprintf(list->text + len, sizeof list->text - len, "%llu ", (unsigned long long)number);
    return 0;
}

static void the_group_last_active_in_comes_first(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};
    uint64_t member = fixture_member(f, "kestrel");
    assert_int_equal(store_members_note_group(f->store, member, 1), 0);
    clock_advance(&f->clock, 1000);
    assert_int_equal(store_members_note_group(f->store, member, 2), 0);
    clock_advance(&f->clock, 1000);
    assert_int_equal(store_members_note_group(f->store, member, 1), 0);
    assert_int_equal(store_members_each_group(f->store, member, add_number, &list), 0);
    assert_string_equal(list.text, "1 2 ");
}

static void only_members_of_the_group_are_walked(void **state)
{
    struct fixture *f = *state;
    struct list list = {0};
    char expected[64];
    uint64_t member = fixture_member(f, "kestrel"), other = fixture_member(f, "heron");
    assert_int_equal(store_members_note_group(f->store, member, 1), 0);
    assert_int_equal(store_members_note_group(f->store, other, 2), 0);
    snprintf(expected, sizeof expected, "%llu ", (unsigned long long)member);
    assert_int_equal(store_members_each_in_group(f->store, 1, add_number, &list), 0);
    assert_string_equal(list.text, expected);
}

static void consent_is_asked_given_and_withdrawn(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, "kestrel");
    assert_int_equal(store_members_get_consent(f->store, member, 1, STR("nudges")), -ENOENT);
    assert_int_equal(store_members_put_consent(f->store, member, 1, STR("nudges"), true), 0);
    assert_int_equal(store_members_get_consent(f->store, member, 1, STR("nudges")), 1);
    assert_int_equal(store_members_put_consent(f->store, member, 1, STR("nudges"), false), 0);
    assert_int_equal(store_members_get_consent(f->store, member, 1, STR("nudges")), 0);
    assert_int_equal(store_members_get_consent(f->store, member, 2, STR("nudges")), -ENOENT);
    assert_int_equal(store_members_get_consent(f->store, member, 1, STR("buddy")), -ENOENT);
}

static void preferences_are_set_and_removed(void **state)
{
    struct fixture *f = *state;
    struct str value;
    uint64_t member = fixture_member(f, "kestrel");
    assert_int_equal(
        store_members_put_preference(f->store, member, STR("zone"), STR("Europe/Berlin")), 0);
    fixture_commit(f);
    fixture_reopen(f);
    assert_int_equal(store_members_get_preference(f->store, member, STR("zone"), &f->arena, &value),
                     0);
    assert_str(value, "Europe/Berlin");
    assert_int_equal(store_members_put_preference(f->store, member, STR("zone"), (struct str){0}),
                     0);
    assert_int_equal(store_members_get_preference(f->store, member, STR("zone"), &f->arena, &value),
                     -ENOENT);
}

static void too_long_names_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char long_text[STORE_NAME_LIMIT + 1];
    struct str too_long = {long_text, sizeof long_text};
    uint64_t member = fixture_member(f, "kestrel");
    assert_int_equal(store_members_put_preference(f->store, member, STR("zone"), too_long), -E2BIG);
    assert_int_equal(store_members_put_consent(f->store, member, 1, too_long, true), -E2BIG);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_latest_identity_comes_first),
        TEST(an_identity_is_replaced),
        TEST(nothing_is_kept_of_who_is_no_member),
        TEST(a_changed_identity_is_noticed),
        TEST(the_group_last_active_in_comes_first),
        TEST(only_members_of_the_group_are_walked),
        TEST(consent_is_asked_given_and_withdrawn),
        cmocka_unit_test_setup_teardown(preferences_are_set_and_removed, fixture_on_disk,
                                        fixture_done),
        TEST(too_long_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
