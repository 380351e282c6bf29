/* SPDX-License-Identifier: MIT */
/* test_spool.c: a body in memory, on disk, where there is no disk. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "chat/matrix/spool.h"

/* `count` bytes that tell where they stand. */
static void fill(struct spool *spool, size_t count, size_t piece)
{
    char bytes[5000];
    for (size_t at = 0; at < count;) {
        size_t len = MIN_OF(MIN_OF(piece, sizeof bytes), count - at);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)('a' + (at + i) * 7 % 23);
        assert_int_equal(spool_add(spool, (struct str){bytes, len}), 0);
        at += len;
    }
    assert_int_equal(spool_end(spool), 0);
    assert_int_equal(spool_size(spool), count);
}

static void check(struct spool *spool, size_t count, size_t from, size_t size)
{
    char *bytes = mem_alloc(size);
    int got = spool_read(spool, from, bytes, size);
    assert_int_equal(got, from >= count ? 0 : MIN_OF(size, count - from));
    for (size_t i = 0; i < (size_t)got; i++)
        assert_int_equal(bytes[i], 'a' + (from + i) * 7 % 23);
    mem_free(bytes);
}

static void check_all(struct spool *spool, size_t count)
{
    static const size_t froms[] = {0, 1, 63, 64, 65, 65535, 65536, 65537, 200001, 262143, 262145};
    static const size_t sizes[] = {1, 17, 64, 1000, 65536, 70001};
    for (size_t i = 0; i < COUNT_OF(froms); i++)
        for (size_t k = 0; k < COUNT_OF(sizes); k++)
            check(spool, count, froms[i], sizes[k]);
    check(spool, count, count - 1, 10);
    check(spool, count, count, 10);
    check(spool, count, count + 1, 10);
}

static void a_small_body_stays_in_memory(void **state)
{
    (void)state;
    struct spool *spool;
    assert_int_equal(spool_create(STR("/tmp"), &spool), 0);
    fill(spool, SPOOL_MEMORY_BYTES, 999);
    assert_false(spool_on_disk(spool));
    check_all(spool, SPOOL_MEMORY_BYTES);
    spool_clear(spool);
    assert_int_equal(spool_size(spool), 0);
    spool_destroy(spool);
}

static void a_large_one_goes_to_a_file_and_comes_back_the_same(void **state)
{
    (void)state;
    struct spool *spool;
    assert_int_equal(spool_create(STR("/tmp"), &spool), 0);
    for (int round = 0; round < 2; round++) {
        fill(spool, 700 * 1000 + 13, 4999);
        assert_true(spool_on_disk(spool));
        check_all(spool, 700 * 1000 + 13);
        spool_clear(spool);
        assert_false(spool_on_disk(spool));
    }
    spool_destroy(spool);
}

/* The file has no name; its bytes are found through the descriptor alone. */
static void what_lies_on_the_disk_says_nothing(void **state)
{
    (void)state;
    struct spool *spool;
    size_t looked_at = 0;
    assert_int_equal(spool_create(STR("/tmp"), &spool), 0);
    for (size_t i = 0; i < 40 * 1000; i++)
        assert_int_equal(spool_add(spool, STR("I want to die tonight. ")), 0);
    assert_int_equal(spool_end(spool), 0);
    for (int fd = 3; fd < 64; fd++) {
        static char bytes[64 * 1024];
        struct stat status;
        if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_nlink > 0)
            continue;
        ssize_t n = pread(fd, bytes, sizeof bytes, 0);
        if (n <= 0)
            continue;
        looked_at += (size_t)n;
        assert_true(str_find((struct str){bytes, (size_t)n}, STR("tonight"), 0) == SIZE_MAX);
    }
    assert_true(looked_at > 1000);
    spool_destroy(spool);
}

static void without_a_disk_memory_has_a_ceiling(void **state)
{
    (void)state;
    static const struct str folders[] = {{NULL, 0}, {"/proc/self", 10}, {"/not/there", 10}};
    char bytes[4096] = {0};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        struct spool *spool;
        int r = 0;
        size_t added = 0;
        assert_int_equal(spool_create(folders[i], &spool), 0);
        fill(spool, 700 * 1000, 4999);
        assert_false(spool_on_disk(spool));
        check_all(spool, 700 * 1000);
        for (; r == 0 && added < 32u * 1024 * 1024; added += sizeof bytes)
            r = spool_add(spool, (struct str){bytes, sizeof bytes});
        assert_int_equal(r, -ENOSPC);
        spool_clear(spool);
        fill(spool, 1000, 10);
        check_all(spool, 1000);
        spool_destroy(spool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_body_stays_in_memory),
        cmocka_unit_test(a_large_one_goes_to_a_file_and_comes_back_the_same),
        cmocka_unit_test(what_lies_on_the_disk_says_nothing),
        cmocka_unit_test(without_a_disk_memory_has_a_ceiling),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
