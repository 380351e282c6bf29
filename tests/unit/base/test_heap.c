/* SPDX-License-Identifier: MIT */
/* test_heap.c: the timers' heap. */
#include "unit.h"

#include "base/heap.h"
#include "base/random.h"

static void they_leave_in_order_and_equals_as_they_came(void **state)
{
    enum { COUNT = 2000 };
    static struct heap_node nodes[COUNT];
    struct heap heap = {0};
    struct random random;
    (void)state;
    random_seed(&random, 7);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(heap_add(&heap, &nodes[i], (int64_t)random_below(&random, 50)), 0);
    int64_t last_key = INT64_MIN;
    uint64_t last_order = 0;
    for (struct heap_node *top = heap_top(&heap); top; top = heap_top(&heap)) {
        assert_true(top->key > last_key || (top->key == last_key && top->order > last_order));
        last_key = top->key;
        last_order = top->order;
        heap_remove(&heap, top);
        assert_false(heap_holds(top));
    }
    heap_done(&heap);
}

static void any_of_them_may_leave_early(void **state)
{
    enum { COUNT = 500 };
    static struct heap_node nodes[COUNT];
    struct heap heap = {0};
    struct random random;
    (void)state;
    random_seed(&random, 3);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(heap_add(&heap, &nodes[i], (int64_t)random_below(&random, 1000)), 0);
    for (size_t i = 0; i < COUNT; i += 3) {
        heap_remove(&heap, &nodes[i]);
        heap_remove(&heap, &nodes[i]); /* once is enough, twice does no harm */
    }
    int64_t last = INT64_MIN;
    size_t left = 0;
    for (struct heap_node *top = heap_top(&heap); top; top = heap_top(&heap), left++) {
        assert_true(top->key >= last);
        assert_true((size_t)(top - nodes) % 3 != 0);
        last = top->key;
        heap_remove(&heap, top);
    }
    assert_int_equal(left, COUNT - (COUNT + 2) / 3);
    heap_done(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_leave_in_order_and_equals_as_they_came),
        cmocka_unit_test(any_of_them_may_leave_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
