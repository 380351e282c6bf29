/* SPDX-License-Identifier: MIT */
/* test_memory.c: what is known when memory was short, and what the reserve gives then. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/reserve.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

/* The linker sends memory.c's calls here (--wrap). */
static bool none_left;
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return none_left ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return none_left ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return none_left ? NULL : __real_realloc(old, size);
}

static int teardown(void **state)
{
    (void)state;
    none_left = false;
    return (int)reserve_lent(); /* each test gives back what it borrowed */
}

static void shortages_are_counted_until_dealt_with(void **state)
{
    (void)state;
    unsigned long before = mem_shortages();
    mem_free(mem_alloc(10));
    assert_false(mem_dealt_with(before));
    none_left = true;
    assert_null(mem_alloc(10));
    assert_null(mem_zalloc(10));
    assert_null(mem_resize(NULL, 2, 10));
    assert_int_equal(mem_shortages(), before + 3);
    assert_true(mem_dealt_with(before));
    assert_false(mem_dealt_with(before));
}

static void a_size_that_cannot_be_is_no_shortage(void **state)
{
    (void)state;
    unsigned long before = mem_shortages();
    assert_null(mem_resize(NULL, SIZE_MAX, 2));
    assert_null(mem_zalloc_array(SIZE_MAX, 2));
    assert_int_equal(mem_shortages(), before);
}

static void an_arenas_ceiling_is_no_shortage(void **state)
{
    (void)state;
    struct arena arena;
    unsigned long before = mem_shortages();
    arena_init(&arena, 32 * 1024);
    assert_null(arena_alloc(&arena, 64 * 1024));
    arena_done(&arena);
    assert_int_equal(mem_shortages(), before);
}

#ifdef __SANITIZE_ADDRESS__
/* Otherwise whoever keeps what an arena has taken back, or reads behind it, is not found out. */
static void what_an_arena_did_not_give_is_forbidden(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *text = arena_copy_text(&arena, "hold on", 7);
    char *far = arena_alloc(&arena, 20 * 1024); /* a chunk of its own */
    assert_true(text && far);
    assert_false(__asan_address_is_poisoned(text + 7));
    assert_true(__asan_address_is_poisoned(text + 8));
    assert_false(__asan_address_is_poisoned(far + 20 * 1024 - 1));
    arena_reset(&arena);
    assert_true(__asan_address_is_poisoned(text));
    char *again = arena_alloc(&arena, 1);
    assert_ptr_equal(again, text);
    assert_false(__asan_address_is_poisoned(again));
    assert_true(__asan_address_is_poisoned(again + 1));
    arena_done(&arena);
}
#endif

static void the_reserve_gives_and_the_shortage_counts(void **state)
{
    (void)state;
    unsigned long before = mem_shortages();
    none_left = true;
    mem_reserve_begin();
    char *text = mem_copy_text("hold on", 7);
    mem_reserve_end();
    assert_non_null(text);
    assert_string_equal(text, "hold on");
    assert_true(reserve_owns(text));
    assert_null(mem_alloc(1)); /* outside of it there is none */
    assert_true(mem_dealt_with(before));
    mem_free(text);
}

static void a_block_moves_between_the_two(void **state)
{
    (void)state;
    unsigned long before = mem_shortages();
    char *text = mem_copy_text("hold on", 7);
    mem_reserve_begin();
    none_left = true;
    text = mem_resize(text, 1, 5000);
    assert_true(reserve_owns(text));
    assert_string_equal(text, "hold on");
    text = mem_resize(text, 1, 9000);
    assert_true(reserve_owns(text));
    none_left = false;
    text = mem_resize(text, 1, 9500);
    mem_reserve_end();
    assert_false(reserve_owns(text));
    assert_string_equal(text, "hold on");
    mem_free(text);
    assert_true(mem_dealt_with(before));
}

static void the_reserve_ends_and_comes_back(void **state)
{
    (void)state;
    enum { SIZE = 1000, MANY = RESERVE_BYTES / SIZE };
    void *blocks[MANY];
    size_t count = 0;
    for (int round = 0; round < 2; round++) {
        for (count = 0; count < MANY; count++) {
            blocks[count] = reserve_lend(SIZE);
            if (!blocks[count])
                break;
            assert_int_equal(((char *)blocks[count])[SIZE - 1], 0);
            memset(blocks[count], 1, SIZE);
        }
        assert_in_range(count, MANY - MANY / 20, MANY - 1);
        for (size_t i = 0; i < count; i++)
            reserve_return(blocks[i]);
        assert_int_equal(reserve_lent(), 0);
    }
    assert_null(reserve_lend(SIZE_MAX));
}

/* One that stays does not hold the room of those that went. */
static void what_is_given_back_is_lent_again(void **state)
{
    (void)state;
    void *stays = NULL;
    for (int i = 0; i < 1000; i++) {
        void *large = reserve_lend(RESERVE_BYTES / 4);
        void *small = reserve_lend(100);
        assert_non_null(large);
        assert_non_null(small);
        reserve_return(large);
        if (stays)
            reserve_return(stays);
        stays = small;
    }
    reserve_return(stays);
    void *all = reserve_lend(RESERVE_BYTES - 64);
    assert_non_null(all);
    reserve_return(all);
}

static void a_start_without_memory_blames_nothing_else(void **state)
{
    (void)state;
    struct error error = {0};
    unsigned long before = mem_shortages();
    assert_int_equal(error_set(&error, -EINVAL, "the file is damaged"), -EINVAL);
    assert_int_equal(error_blame_memory(&error, before, -EINVAL), -EINVAL);
    assert_string_equal(error.text, "the file is damaged");
    mem_note_shortage();
    assert_int_equal(error_blame_memory(&error, before, 0), 0);
    assert_int_equal(error_blame_memory(&error, before, -EINVAL), -ENOMEM);
    assert_string_equal(error.text, "out of memory: the file is damaged");
    assert_int_equal(error.code, -ENOMEM);
    error = (struct error){0};
    assert_int_equal(error_blame_memory(&error, before, -EINVAL), -ENOMEM);
    assert_string_equal(error.text, "out of memory");
    (void)mem_dealt_with(before);
}

#define WITH(test) cmocka_unit_test_teardown(test, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(shortages_are_counted_until_dealt_with),
        WITH(a_size_that_cannot_be_is_no_shortage),
        WITH(an_arenas_ceiling_is_no_shortage),
#ifdef __SANITIZE_ADDRESS__
        WITH(what_an_arena_did_not_give_is_forbidden),
#endif
        WITH(the_reserve_gives_and_the_shortage_counts),
        WITH(a_block_moves_between_the_two),
        WITH(the_reserve_ends_and_comes_back),
        WITH(what_is_given_back_is_lent_again),
        WITH(a_start_without_memory_blames_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
