/* SPDX-License-Identifier: MIT */
/* test_map.c: the hash map. */
#include "unit.h"

#include <stdio.h>

#include "base/map.h"

static void what_is_put_is_found_replaced_and_removed(void **state)
{
    struct map map = {0};
    int one = 1, two = 2;
    (void)state;
    assert_null(map_get(&map, STR("a")));
    assert_int_equal(map_put(&map, STR("a"), &one), 0);
    assert_ptr_equal(map_get(&map, STR("a")), &one);
    assert_int_equal(map_put(&map, STR("a"), &two), 0);
    assert_int_equal(map.count, 1);
    assert_ptr_equal(map_remove(&map, STR("a")), &two);
    assert_null(map_get(&map, STR("a")));
    assert_null(map_remove(&map, STR("a")));
    map_done(&map);
}

static void thousands_stay_found_while_others_come_and_go(void **state)
{
    enum { COUNT = 5000 };
    static int values[COUNT];
    struct map map = {0};
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < COUNT; i++)
            assert_int_equal(map_put_id(&map, i, &values[i]), 0);
        for (uint64_t i = 0; i < COUNT; i += 2)
            assert_ptr_equal(map_remove_id(&map, i), &values[i]);
        for (uint64_t i = 0; i < COUNT; i++)
            assert_ptr_equal(map_get_id(&map, i), i % 2 ? &values[i] : NULL);
    }
    assert_int_equal(map.count, COUNT / 2);
    map_done(&map);
}

static void a_walk_sees_each_once_also_when_they_are_removed(void **state)
{
    struct map map = {0};
    int values[100];
    size_t cursor = 0, seen = 0;
    struct str key;
    void *value;
    (void)state;
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "key-%d", i);
        assert_int_equal(map_put(&map, str_of(name), &values[i]), 0);
    }
    while (map_next(&map, &cursor, &key, &value)) {
        seen++;
        char copy[16];
        assert_true(str_to_c(key, copy, sizeof copy));
        assert_ptr_equal(map_remove(&map, str_of(copy)), value);
    }
    assert_int_equal(seen, 100);
    assert_int_equal(map.count, 0);
    map_done(&map);
}

static void keys_may_hold_any_bytes(void **state)
{
    struct map map = {0};
    int one = 1, two = 2;
    (void)state;
    assert_int_equal(map_put(&map, (struct str){"a\0b", 3}, &one), 0);
    assert_int_equal(map_put(&map, (struct str){"a\0c", 3}, &two), 0);
    assert_ptr_equal(map_get(&map, (struct str){"a\0b", 3}), &one);
    assert_ptr_equal(map_get(&map, (struct str){"a\0c", 3}), &two);
    map_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_found_replaced_and_removed),
        cmocka_unit_test(thousands_stay_found_while_others_come_and_go),
        cmocka_unit_test(a_walk_sees_each_once_also_when_they_are_removed),
        cmocka_unit_test(keys_may_hold_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
