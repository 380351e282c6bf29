/* SPDX-License-Identifier: MIT */
/* test_matrix_rooms.c: rooms of groups and gaps as rows. */
#include "fixture.h"

#include <stdio.h>

#include "store/matrix_rooms.h"

struct found {
    char text[512];
    int result;
};

static int note(void *ctx, struct str id, struct str value)
{
    struct found *found = ctx;
    size_t len = strlen(found->text);
    snprintf(found->text + len, sizeof found->text - len, "%.*s=%.*s;", STR_ARG(id),
             STR_ARG(value));
    return found->result;
}

static void assert_rows(struct fixture *f, enum store_matrix_kind kind, const char *network,
                        const char *wanted)
{
    struct found found = {.result = 0};
    assert_int_equal(store_matrix_each(f->store, kind, str_of(network), note, &found), 0);
    assert_string_equal(found.text, wanted);
}

static void what_was_put_is_there_until_it_is_removed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        store_matrix_put(f->store, STORE_MATRIX_ROOM, STR("home"), STR("!a"), STR("one")), 0);
    assert_int_equal(
        store_matrix_put(f->store, STORE_MATRIX_ROOM, STR("away"), STR("!a"), STR("other")), 0);
    assert_int_equal(
        store_matrix_put(f->store, STORE_MATRIX_GAP, STR("home"), STR("!a\np"), STR("gap")), 0);
    assert_int_equal(
        store_matrix_put(f->store, STORE_MATRIX_ROOM, STR("home"), STR("!a"), STR("two")), 0);
    fixture_commit(f);
    fixture_reopen(f);
    assert_rows(f, STORE_MATRIX_ROOM, "home", "!a=two;");
    assert_rows(f, STORE_MATRIX_ROOM, "away", "!a=other;");
    assert_rows(f, STORE_MATRIX_GAP, "home", "!a\np=gap;");
    assert_int_equal(store_matrix_remove(f->store, STORE_MATRIX_ROOM, STR("home"), STR("!a")), 0);
    assert_int_equal(store_matrix_remove(f->store, STORE_MATRIX_GAP, STR("home"), STR("!b")), 0);
    fixture_commit(f);
    assert_rows(f, STORE_MATRIX_ROOM, "home", "");
    assert_rows(f, STORE_MATRIX_ROOM, "away", "!a=other;");
    assert_rows(f, STORE_MATRIX_GAP, "home", "!a\np=gap;");
}

static void a_row_that_was_changed_is_passed_over(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        store_matrix_put(f->store, STORE_MATRIX_ROOM, STR("home"), STR("!a"), STR("one")), 0);
    fixture_commit(f);
    fixture_execute(f, "UPDATE matrix_room SET value = zeroblob(60)");
    assert_rows(f, STORE_MATRIX_ROOM, "home", "");
}

static void who_walks_may_stop(void **state)
{
    struct fixture *f = *state;
    struct found found = {.result = -ECANCELED};
    assert_int_equal(
        store_matrix_put(f->store, STORE_MATRIX_ROOM, STR("home"), STR("!a"), STR("one")), 0);
    assert_int_equal(store_matrix_each(f->store, STORE_MATRIX_ROOM, STR("home"), note, &found),
                     -ECANCELED);
    store_rollback(f->store);
    assert_rows(f, STORE_MATRIX_ROOM, "home", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_is_there_until_it_is_removed),
        TEST(a_row_that_was_changed_is_passed_over),
        TEST(who_walks_may_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
