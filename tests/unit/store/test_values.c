/* SPDX-License-Identifier: MIT */
/* test_values.c: keyed values and series of numbers. */
#include "fixture.h"

#include <stdio.h>

#include "store/values.h"

#define PLUGIN STR("coping")

static void put(struct fixture *f, uint32_t kind, uint64_t owner, const char *key,
                const char *value)
{
    assert_int_equal(store_values_put(f->store, PLUGIN, kind, owner, str_of(key), str_of(value), 0),
                     0);
}

static int get(struct fixture *f, uint32_t kind, uint64_t owner, const char *key,
               struct str *ret_value)
{
    return store_values_get(f->store, PLUGIN, kind, owner, str_of(key), &f->arena, ret_value);
}

static void values_belong_to_plugin_owner_and_key(void **state)
{
    struct fixture *f = *state;
    struct str value;
    uint64_t member = fixture_member(f, "kestrel");
    put(f, 1, member, "tip", "one");
    put(f, 3, member, "tip", "two");
    put(f, 1, member, "tip", "three");
    fixture_commit(f);
    fixture_reopen(f);
    assert_int_equal(get(f, 1, member, "tip", &value), 0);
    assert_str(value, "three");
    assert_int_equal(get(f, 3, member, "tip", &value), 0);
    assert_str(value, "two");
    assert_int_equal(get(f, 1, member, "top", &value), -ENOENT);
    assert_int_equal(
        store_values_get(f->store, STR("other"), 1, member, STR("tip"), &f->arena, &value),
        -ENOENT);
    assert_int_equal(get(f, 1, 4242, "tip", &value), -ENOKEY);
}

static void values_expire(void **state)
{
    struct fixture *f = *state;
    struct str value;
    assert_int_equal(
        store_values_put(f->store, PLUGIN, 0, 0, STR("tip"), STR("one"), FIXTURE_START + 10), 0);
    assert_int_equal(get(f, 0, 0, "tip", &value), 0);
    clock_advance(&f->clock, 10);
    assert_int_equal(get(f, 0, 0, "tip", &value), -ENOENT);
    put(f, 0, 0, "another", "x");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM value"), 1);
}

static void add_pair(void *ctx, struct str key, struct str value)
{
    char *text = ctx;
    size_t len = strlen(text);
    snprintf(text + len, 256 - len, "%.*s=%.*s ", STR_ARG(key), STR_ARG(value));
}

static void fill(struct fixture *f)
{
    put(f, 0, 0, "b.2", "d");
    put(f, 0, 0, "a.1", "a");
    put(f, 0, 0, "b.1", "c");
    put(f, 0, 0, "b", "b");
    put(f, 0, 9, "b.3", "not theirs");
}

static void a_scan_goes_in_key_order(void **state)
{
    struct fixture *f = *state;
    char text[256] = "";
    fill(f);
    assert_int_equal(
        store_values_scan(f->store, PLUGIN, 0, 0, STR(""), STR(""), 100, add_pair, text), 4);
    assert_string_equal(text, "a.1=a b=b b.1=c b.2=d ");
}

static void a_scan_by_prefix_goes_on_after_a_key(void **state)
{
    struct fixture *f = *state;
    char text[256] = "";
    fill(f);
    assert_int_equal(
        store_values_scan(f->store, PLUGIN, 0, 0, STR("b"), STR("b"), 1, add_pair, text), 1);
    assert_string_equal(text, "b.1=c ");
    assert_int_equal(
        store_values_scan(f->store, PLUGIN, 0, 0, STR("c"), STR(""), 9, add_pair, text), 0);
}

static void erasing_takes_a_prefix(void **state)
{
    struct fixture *f = *state;
    char text[256] = "";
    fill(f);
    assert_int_equal(store_values_erase(f->store, PLUGIN, 0, 0, STR("b.")), 0);
    assert_int_equal(
        store_values_scan(f->store, PLUGIN, 0, 0, STR(""), STR(""), 100, add_pair, text), 2);
    assert_string_equal(text, "a.1=a b=b ");
}

static void values_cannot_be_swapped(void **state)
{
    struct fixture *f = *state;
    struct str value;
    put(f, 0, 0, "a", "1");
    put(f, 0, 5, "a", "2");
    fixture_commit(f);
    fixture_execute(
        f,
        "UPDATE value SET value = (SELECT value FROM value WHERE owner_id = 5) WHERE owner_id = 0");
    assert_int_equal(get(f, 0, 0, "a", &value), -EBADMSG);
}

static void keys_and_values_have_ceilings(void **state)
{
    struct fixture *f = *state;
    static const char large[STORE_TEXT_LIMIT + 1];
    struct str key = {large, STORE_NAME_LIMIT + 1}, value = {large, sizeof large};
    assert_int_equal(store_values_put(f->store, PLUGIN, 0, 0, key, STR("v"), 0), -E2BIG);
    assert_int_equal(store_values_put(f->store, PLUGIN, 0, 0, STR("k"), value, 0), -E2BIG);
}

static void one_owner_cannot_fill_the_disk_with_keys(void **state)
{
    struct fixture *f = *state;
    char key[16];
    int r = 0, count = 0;
    for (; count < 5000 && r == 0; count++) {
        snprintf(key, sizeof key, "k%d", count);
        r = store_values_put(f->store, PLUGIN, 0, 0, str_of(key), STR("v"), 0);
    }
    assert_int_equal(r, -EDQUOT);
    assert_int_equal(count, 4097);
    put(f, 0, 0, "k7", "replaced"); /* what is there can still change */
}

/* ---- series ---------------------------------------------------------------------------------- */

static void add_point(void *ctx, int64_t at, int64_t value)
{
    char *text = ctx;
    size_t len = strlen(text);
    snprintf(text + len, 256 - len, "%lld:%lld ", (long long)at, (long long)value);
}

static void a_series_is_read_by_time(void **state)
{
    struct fixture *f = *state;
    char text[256] = "";
    uint64_t member = fixture_member(f, "kestrel");
    const int64_t points[][2] = {{30, 3}, {10, 1}, {20, 9}, {20, -2}, {40, 4}};
    for (size_t i = 0; i < COUNT_OF(points); i++)
        assert_int_equal(
            store_series_put(f->store, PLUGIN, member, STR("mood"), points[i][0], points[i][1]), 0);
    assert_int_equal(store_series_put(f->store, PLUGIN, member, STR("craving"), 15, 8), 0);
    assert_int_equal(store_series_erase(f->store, PLUGIN, member, STR("mood"), 30), 0);
    assert_int_equal(
        store_series_read(f->store, PLUGIN, member, STR("mood"), 10, 39, add_point, text), 2);
    assert_string_equal(text, "10:1 20:-2 ");
}

static void points_cannot_be_moved_in_time(void **state)
{
    struct fixture *f = *state;
    char text[256] = "";
    uint64_t member = fixture_member(f, "kestrel");
    assert_int_equal(store_series_put(f->store, PLUGIN, member, STR("mood"), 10, 1), 0);
    fixture_commit(f);
    fixture_execute(f, "UPDATE series SET at = 11");
    assert_int_equal(
        store_series_read(f->store, PLUGIN, member, STR("mood"), 0, 99, add_point, text), -EBADMSG);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_belong_to_plugin_owner_and_key, fixture_on_disk,
                                        fixture_done),
        TEST(values_expire),
        TEST(a_scan_goes_in_key_order),
        TEST(a_scan_by_prefix_goes_on_after_a_key),
        TEST(erasing_takes_a_prefix),
        TEST(values_cannot_be_swapped),
        TEST(keys_and_values_have_ceilings),
        TEST(one_owner_cannot_fill_the_disk_with_keys),
        TEST(a_series_is_read_by_time),
        TEST(points_cannot_be_moved_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
