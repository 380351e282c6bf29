/* SPDX-License-Identifier: MIT */
/* test_cache.c: the ceiling of the cache, and who stays in it. */
#include "fixture.h"

#include <stdio.h>

#include "people/cache.h"

static struct str key_of(unsigned number, char out[32])
{
    return (struct str){out, (size_t)snprintf(out, 32, "libera %u", number)};
}

static void fill(struct people_cache *cache, unsigned from, unsigned count)
{
    char bytes[32];
    for (unsigned i = from; i < from + count; i++)
        assert_non_null(people_cache_put(cache, key_of(i, bytes), i + 1));
}

static void what_was_put_is_there(void **state UNUSED)
{
    struct people_cache cache = {0};
    char bytes[32];
    fill(&cache, 0, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(people_cache_get(&cache, key_of(i, bytes))->member, i + 1);
    assert_null(people_cache_get(&cache, key_of(100, bytes)));
    people_cache_clear(&cache);
}

static void it_never_grows_beyond_its_ceiling(void **state UNUSED)
{
    struct people_cache cache = {0};
    fill(&cache, 0, 3 * PEOPLE_CACHE_LIMIT);
    assert_int_equal(cache.count, PEOPLE_CACHE_LIMIT);
    assert_int_equal(cache.map.count, PEOPLE_CACHE_LIMIT);
    people_cache_clear(&cache);
}

static void who_speaks_stays(void **state UNUSED)
{
    struct people_cache cache = {0};
    char bytes[32];
    fill(&cache, 0,
         PEOPLE_CACHE_LIMIT +
             1); /* one round of the hand: everybody counts as silent from now on */
    for (unsigned i = 0; i < PEOPLE_CACHE_LIMIT - 10; i++) {
        assert_non_null(people_cache_get(&cache, key_of(2000, bytes)));
        fill(&cache, 10000 + i, 1);
    }
    assert_non_null(people_cache_get(&cache, key_of(2000, bytes)));
    assert_null(people_cache_get(&cache, key_of(1999, bytes)));
    people_cache_clear(&cache);
}

static void a_put_replaces(void **state UNUSED)
{
    struct people_cache cache = {0};
    char bytes[32];
    people_cache_put(&cache, key_of(1, bytes), 5)->noted = 9;
    people_cache_put(&cache, key_of(1, bytes), 6);
    assert_int_equal(people_cache_get(&cache, key_of(1, bytes))->member, 6);
    assert_int_equal(people_cache_get(&cache, key_of(1, bytes))->noted, 0);
    assert_int_equal(cache.count, 1);
    people_cache_clear(&cache);
}

static void keys_tell_network_and_identity_apart(void **state UNUSED)
{
    char a[PEOPLE_CACHE_KEY_BYTES], b[PEOPLE_CACHE_KEY_BYTES];
    struct str first, second;
    assert_true(people_cache_key(STR("ab"), STR("c"), a, &first));
    assert_true(people_cache_key(STR("a"), STR("bc"), b, &second));
    assert_false(str_eq(first, second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_there),
        cmocka_unit_test(it_never_grows_beyond_its_ceiling),
        cmocka_unit_test(who_speaks_stays),
        cmocka_unit_test(a_put_replaces),
        cmocka_unit_test(keys_tell_network_and_identity_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
