/* SPDX-License-Identifier: MIT */
/* test_jobs.c: durable timers, and that no question about them reads a whole table. */
#include "fixture.h"

#include <stdio.h>

#include "store/jobs.h"
#include "store/seal.h"

static struct store_job job_of(const char *key, int64_t due_at)
{
    return (struct store_job){.plugin = STR("checkin"),
                              .owner_kind = 3,
                              .owner_id = 11,
                              .key = str_of(key),
                              .due_at = due_at,
                              .rule_at = due_at,
                              .late_ok_ms = 5000,
                              .spread_ms = 70,
                              .flags = 2};
}

static uint64_t put(struct fixture *f, const struct store_job *job)
{
    uint64_t id = 0;
    assert_int_equal(store_jobs_put(f->store, job, &id), 0);
    return id;
}

static void a_job_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    struct store_job job = job_of("prompt", 900), out;
    job.rrule = STR("FREQ=DAILY");
    job.zone = STR("America/New_York");
    job.start_local = STR("2026-11-23T09:00");
    uint64_t id = put(f, &job);
    fixture_commit(f);
    fixture_reopen(f);
    assert_int_equal(
        store_jobs_get(f->store, STR("checkin"), 3, 11, STR("prompt"), &f->arena, &out), 0);
    assert_int_equal(out.id, id);
    assert_str(out.plugin, "checkin");
    assert_str(out.key, "prompt");
    assert_str(out.rrule, "FREQ=DAILY");
    assert_str(out.zone, "America/New_York");
    assert_str(out.start_local, "2026-11-23T09:00");
    assert_int_equal(out.due_at, 900);
    assert_int_equal(out.rule_at, 900);
    assert_int_equal(out.late_ok_ms, 5000);
    assert_int_equal(out.spread_ms, 70);
    assert_int_equal(out.flags, 2);
    assert_int_equal(out.owner_kind, 3);
    assert_int_equal(out.owner_id, 11);
}

static void the_same_key_replaces(void **state)
{
    struct fixture *f = *state;
    struct store_job job = job_of("prompt", 900), other = job_of("prompt", 950), out;
    int64_t count;
    uint64_t id = put(f, &job);
    assert_int_equal(put(f, &other), id);
    other.plugin = STR("coping");
    assert_int_not_equal(put(f, &other), id);
    assert_int_equal(store_jobs_count(f->store, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(
        store_jobs_get(f->store, STR("checkin"), 3, 11, STR("prompt"), &f->arena, &out), 0);
    assert_int_equal(out.due_at, 950);
}

static void the_earliest_comes_first(void **state)
{
    struct fixture *f = *state;
    struct store_job late = job_of("late", 300), early = job_of("early", 100), out;
    int64_t due_at;
    assert_int_equal(store_jobs_first_due(f->store, &due_at), -ENOENT);
    put(f, &late);
    uint64_t id = put(f, &early);
    assert_int_equal(store_jobs_first_due(f->store, &due_at), 0);
    assert_int_equal(due_at, 100);
    assert_int_equal(store_jobs_next(f->store, 99, &f->arena, &out), -ENOENT);
    assert_int_equal(store_jobs_next(f->store, 500, &f->arena, &out), 0);
    assert_str(out.key, "early");
    assert_int_equal(store_jobs_set_due(f->store, id, 400, 390), 0);
    assert_int_equal(store_jobs_next(f->store, 500, &f->arena, &out), 0);
    assert_str(out.key, "late");
    assert_int_equal(store_jobs_remove(f->store, out.id), 0);
    assert_int_equal(store_jobs_next(f->store, 500, &f->arena, &out), 0);
    assert_int_equal(out.due_at, 400);
    assert_int_equal(out.rule_at, 390);
}

static void ids_are_not_given_twice(void **state)
{
    struct fixture *f = *state;
    struct store_job job = job_of("a", 1);
    uint64_t first = put(f, &job);
    assert_int_equal(store_jobs_remove(f->store, first), 0);
    assert_int_not_equal(put(f, &job), first);
    assert_int_equal(store_jobs_set_due(f->store, first, 1, 1), -ENOENT);
}

static void collect(void *ctx, const struct store_job *job)
{
    struct fixture *f = ctx;
    f->key[0]++;
    assert_str(job->rrule, "FREQ=DAILY");
    assert_int_equal(store_jobs_set_due(f->store, job->id, job->due_at + 1000, job->due_at), 0);
}

static void recurring_ones_are_walked_once_while_they_move(void **state)
{
    struct fixture *f = *state;
    struct store_job once = job_of("once", 5);
    put(f, &once);
    for (int i = 0; i < 20; i++) {
        char name[] = {'k', (char)('a' + i), '\0'};
        struct store_job job = job_of(name, 10 + i);
        job.rrule = STR("FREQ=DAILY");
        put(f, &job);
    }
    f->key[0] = 0;
    assert_int_equal(store_jobs_each_recurring(f->store, collect, f), 0);
    assert_int_equal(f->key[0], 20);
}

static void a_job_that_cannot_be_read_does_not_stand_in_the_way(void **state)
{
    struct fixture *f = *state;
    struct store_job bad = job_of("bad", 1), good = job_of("good", 2), out;
    put(f, &bad);
    put(f, &good);
    fixture_commit(f);
    fixture_execute(f, "UPDATE job SET texts = x'00' WHERE due_at = 1");
    assert_int_equal(store_jobs_next(f->store, 10, &f->arena, &out), 0);
    assert_str(out.key, "good");
}

static void two_jobs_cannot_be_swapped(void **state)
{
    struct fixture *f = *state;
    struct store_job first = job_of("first", 1), second = job_of("second", 2), out;
    put(f, &first);
    put(f, &second);
    fixture_commit(f);
    fixture_execute(
        f, "UPDATE job SET texts = (SELECT texts FROM job WHERE due_at = 2) WHERE due_at = 1");
    assert_int_equal(store_jobs_get(f->store, STR("checkin"), 3, 11, STR("first"), &f->arena, &out),
                     -EBADMSG);
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* Every statement that a turn or a timer runs, in the words of the source: none may read a whole
 * table. */
static void hot_questions_use_an_index(void **state)
{
    struct fixture *f = *state;
    static const char *const hot[] = {
        "SELECT due_at FROM job ORDER BY due_at LIMIT 1",
        "SELECT id FROM job WHERE due_at <= ?1 ORDER BY due_at, id LIMIT 1",
        "SELECT id FROM job WHERE owner_kind = ?1 AND owner_id = ?2 AND hash = ?3",
        "SELECT id FROM job WHERE recurring = 1 ORDER BY id",
        "DELETE FROM job WHERE owner_kind = 1 AND owner_id = ?1",
        "SELECT 1 FROM seen WHERE hash = ?1",
        "DELETE FROM seen WHERE at < ?1",
        "SELECT value FROM value WHERE owner_kind = ?1 AND owner_id = ?2 AND plugin = ?3 AND hash "
        "= ?4",
        "DELETE FROM value WHERE expires_at > 0 AND expires_at <= ?1",
        "SELECT at FROM series WHERE member = ?1 AND plugin = ?2 AND name = ?3 AND at >= ?4 AND at "
        "<= ?5 ORDER BY at",
        "SELECT member FROM member_group WHERE group_id = ?1 ORDER BY seq",
        "SELECT id FROM alert WHERE state <> 2 ORDER BY id",
        "SELECT id FROM alert WHERE member = ?1 AND state <> 2 ORDER BY id DESC LIMIT 1",
        "UPDATE outbox_dedup SET until_at = 1 WHERE outbox_id = ?1 AND until_at = 0",
        "DELETE FROM outbox_dedup WHERE until_at > 0 AND until_at <= ?1",
        "DELETE FROM outbox WHERE member = ?1",
    };
    for (size_t i = 0; i < COUNT_OF(hot); i++) {
        char text[512];
        sqlite3_stmt *stmt = NULL;
        snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", hot[i]);
        assert_int_equal(sqlite3_prepare_v2(f->store->db, text, -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *plan = (const char *)sqlite3_column_text(stmt, 3);
            /* a walk along an index in its order is what LIMIT 1 and partial indexes are for */
            if (strstr(plan, "TEMP B-TREE") || (strstr(plan, "SCAN") && !strstr(plan, "USING")))
                fail_msg("%s: %s", hot[i], plan);
        }
        sqlite3_finalize(stmt);
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_job_comes_back_whole, fixture_on_disk, fixture_done),
        TEST(the_same_key_replaces),
        TEST(the_earliest_comes_first),
        TEST(ids_are_not_given_twice),
        TEST(recurring_ones_are_walked_once_while_they_move),
        TEST(a_job_that_cannot_be_read_does_not_stand_in_the_way),
        TEST(two_jobs_cannot_be_swapped),
        TEST(hot_questions_use_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
