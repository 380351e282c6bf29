/* SPDX-License-Identifier: MIT */
/* test_dialogues.c: questions under way, choices last offered. */
#include "fixture.h"

#include <stdio.h>

#include "store/dialogues.h"

static void put(struct fixture *f, uint64_t member, struct str name, int64_t asked_at,
                struct str words)
{
    struct store_dialogue dialogue = {.member = member,
                                      .plugin = STR("checkin"),
                                      .name = name,
                                      .version = 2,
                                      .started_at = 1,
                                      .asked_at = asked_at,
                                      .expires_at = 99,
                                      .state = words};
    assert_int_equal(store_dialogues_put(f->store, &dialogue), 0);
}

static void add(void *ctx, const struct store_dialogue *dialogue)
{
    char *text = ctx;
    size_t len = strlen(text);
    snprintf(text + len, 256 - len, "%.*s/%.*s v%u %d-%d-%d %.*s; ", STR_ARG(dialogue->plugin),
             STR_ARG(dialogue->name), dialogue->version, (int)dialogue->started_at,
             (int)dialogue->asked_at, (int)dialogue->expires_at, STR_ARG(dialogue->state));
}

static void the_latest_asked_comes_first(void **state)
{
    struct fixture *f = *state;
    char text[256] = "";
    uint64_t member = fixture_member(f, "kestrel");
    put(f, member, STR("daily"), 10, STR("old"));
    put(f, member, STR("plan"), 20, STR("p"));
    put(f, member, STR("daily"), 30, STR("new"));
    fixture_commit(f);
    fixture_reopen(f);
    assert_int_equal(store_dialogues_each(f->store, member, add, text), 0);
    assert_string_equal(text, "checkin/daily v2 1-30-99 new; checkin/plan v2 1-20-99 p; ");
}

static void a_dialogue_ends(void **state)
{
    struct fixture *f = *state;
    char text[256] = "";
    uint64_t member = fixture_member(f, "kestrel");
    put(f, member, STR("daily"), 10, STR("s"));
    assert_int_equal(store_dialogues_remove(f->store, member, STR("checkin"), STR("daily")), 0);
    assert_int_equal(store_dialogues_each(f->store, member, add, text), 0);
    assert_string_equal(text, "");
}

static void count(void *ctx, uint64_t member UNUSED)
{
    ++*(int *)ctx;
}

static void members_with_dialogues_come_once(void **state)
{
    struct fixture *f = *state;
    int members = 0;
    uint64_t first = fixture_member(f, "kestrel"), second = fixture_member(f, "heron");
    put(f, first, STR("daily"), 1, STR("s"));
    put(f, first, STR("plan"), 1, STR("s"));
    put(f, second, STR("daily"), 1, STR("s"));
    assert_int_equal(store_dialogues_each_member(f->store, count, &members), 0);
    assert_int_equal(members, 2);
}

static void an_offer_belongs_to_its_place(void **state)
{
    struct fixture *f = *state;
    struct str offer;
    int64_t at;
    uint64_t member = fixture_member(f, "kestrel");
    assert_int_equal(store_offers_put(f->store, member, true, false, STR("private"), 5, 0), 0);
    assert_int_equal(store_offers_put(f->store, member, false, false, STR("room"), 6, 0),
                     0); /* the same number, a room */
    assert_int_equal(store_offers_get(f->store, member, true, &f->arena, &offer, &at), 0);
    assert_str(offer, "private");
    assert_int_equal(at, 5);
    assert_int_equal(store_offers_get(f->store, member, false, &f->arena, &offer, &at), 0);
    assert_str(offer, "room");
}

static void an_offer_expires(void **state)
{
    struct fixture *f = *state;
    struct str offer;
    int64_t at;
    assert_int_equal(store_offers_put(f->store, 8, false, false, STR("a"), 5, FIXTURE_START + 10),
                     0);
    assert_int_equal(store_offers_get(f->store, 8, false, &f->arena, &offer, &at), 0);
    clock_advance(&f->clock, 10);
    assert_int_equal(store_offers_get(f->store, 8, false, &f->arena, &offer, &at), -ENOENT);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_latest_asked_comes_first, fixture_on_disk,
                                        fixture_done),
        TEST(a_dialogue_ends),
        TEST(members_with_dialogues_come_once),
        TEST(an_offer_belongs_to_its_place),
        TEST(an_offer_expires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
