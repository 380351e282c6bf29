/* SPDX-License-Identifier: MIT */
/* test_link_kills.c: a join, its undoing and its end, killed at each commit and at each write to
 * the keyring: either nothing of it has happened, or all. */
#include "link_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"

#ifdef MOORING_FAULTS
static const struct store_link_choice as_it_comes = {0};

static int join(struct fixture *f, struct two two)
{
    int r = store_link_join(f->store, two.kept, two.second, &as_it_comes);
    return r < 0 ? r : store_commit(f->store);
}

static int undo(struct fixture *f, struct two two)
{
    uint64_t second;
    int r = store_link_undo(f->store, two.kept, &second);
    return r < 0 ? r : store_commit(f->store);
}

static int end(struct fixture *f, struct two two UNUSED)
{
    clock_step(&f->clock, STORE_LINK_UNDO_MS);
    int r = store_link_end_due(f->store);
    return r < 0 ? r : store_commit(f->store);
}

/* In a process of its own; whether the point was reached. */
static bool dies(struct fixture *f, const char *point, struct two two,
                 int (*work)(struct fixture *f, struct two two))
{
    fixture_close(f);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (fixture_open(f) < 0 || die_arm(point, NULL) < 0)
            _exit(3);
        _exit(work(f, two) < 0 ? 2 : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(fixture_open(f), 0);
    if (WIFSIGNALED(status))
        return true;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
}

static bool is_joined(struct fixture *f, struct two two)
{
    uint64_t who = link_people_lookup(f, "heron");
    assert_true(who == two.kept || who == two.second);
    bool joined = who == two.kept;
    assert_int_equal(link_people_moods(f, two.kept), joined ? 2 : 1);
    assert_int_equal(link_people_due_of(f, two.kept, "theirs"), joined ? 980 : -ENOENT);
    link_people_has_value(f, two.kept, PLAN, "other", joined ? "x" : NULL);
    if (!joined) {
        assert_int_equal(link_people_moods(f, two.second), 1);
        assert_int_equal(link_people_due_of(f, two.second, "prompt"), 950);
    }
    return joined;
}

static const char *const points[] = {"before-commit", "after-commit", "keyring-slot"};

static void killed_at_any_point_it_is_the_one_or_the_other(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    char *before = link_people_everything_there_is(f);
    int kills = 0, joined = 0, apart = 0;
    for (size_t p = 0; p < COUNT_OF(points); p++) {
        bool died = true;
        for (int i = 1; died; i++) {
            char point[32];
            snprintf(point, sizeof point, "%s:%d", points[p], i);
            died = dies(f, point, two, join);
            kills += died;
            if (!is_joined(f, two)) {
                apart++;
                assert_int_equal(join(f, two), 1);
            }
            joined++;
            died |= dies(f, point, two, undo);
            if (is_joined(f, two))
                assert_int_equal(undo(f, two), 1);
        }
    }
    assert_true(kills >= 2 && joined >= 3 && apart >= 1);
    link_people_expect_everything(f, before); /* after all that: to the byte */
}

static void killed_at_its_end_it_ends_at_the_next_start(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    int kills = 0;
    assert_int_equal(join(f, two), 1);
    for (size_t p = 0; p < COUNT_OF(points); p++) {
        for (int i = 1; i < 4; i++) {
            char point[32];
            snprintf(point, sizeof point, "%s:%d", points[p], i);
            fixture_close(f);
            fixture_copy(f, "mooring.db", "kept.db");
            fixture_copy(f, "keyring", "kept.keyring");
            assert_int_equal(fixture_open(f), 0);
            kills += dies(f, point, two, end);
            assert_true(is_joined(f, two));
            assert_int_equal(end(f, two) < 0, 0); /* what is left of it */
            clock_step(&f->clock, -STORE_LINK_UNDO_MS);
            assert_false(keyring_holds(f->store->keyring, two.second));
            assert_int_equal(fixture_number(f, "SELECT count(*) FROM link_row"), 0);
            assert_int_equal(fixture_number(f, "SELECT count(*) FROM link WHERE state = 3"), 1);
            assert_int_equal(link_people_moods(f, two.kept), 2);
            fixture_close(f);
            fixture_copy(f, "kept.db", "mooring.db");
            fixture_copy(f, "kept.keyring", "keyring");
            assert_int_equal(fixture_open(f), 0);
        }
    }
    assert_true(kills >= 5);
}
#endif

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef MOORING_FAULTS
        ON_DISK(killed_at_any_point_it_is_the_one_or_the_other),
        ON_DISK(killed_at_its_end_it_ends_at_the_next_start),
#else
        {0},
#endif
    };
#ifdef MOORING_FAULTS
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    (void)tests;
    return 0;
#endif
}
