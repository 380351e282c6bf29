/* SPDX-License-Identifier: MIT */
/* test_outbox.c: replies on their way, in order, each said once. */
#include "fixture.h"

#include "store/outbox.h"

static struct store_outbox_row row_of(struct str payload, int priority)
{
    return (struct store_outbox_row){.priority = priority,
                                     .member = STORE_HOUSE,
                                     .network = STR("libera"),
                                     .plugin = STR("checkin"),
                                     .payload = payload,
                                     .created_at = 1,
                                     .not_before_at = 2,
                                     .expires_at = 3};
}

static uint64_t put(struct fixture *f, struct store_outbox_row row)
{
    assert_int_equal(store_outbox_put(f->store, &row, 0), 0);
    return row.id;
}

static void a_row_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    struct store_outbox_row row = row_of(STR("How are you?"), 1), out;
    row.member = fixture_member(f, "kestrel");
    row.dedup_key = STR("prompt");
    uint64_t id = put(f, row);
    fixture_commit(f);
    fixture_reopen(f);
    assert_int_equal(store_outbox_get(f->store, id, &f->arena, &out), 0);
    assert_str(out.payload, "How are you?");
    assert_str(out.network, "libera");
    assert_str(out.plugin, "checkin");
    assert_str(out.dedup_key, "prompt");
    assert_int_equal(out.member, row.member);
    assert_int_equal(out.created_at, 1);
    assert_int_equal(out.not_before_at, 2);
    assert_int_equal(out.expires_at, 3);
    assert_int_equal(out.state, STORE_OUTBOX_QUEUED);
}

static void state_and_attempts_change(void **state)
{
    struct fixture *f = *state;
    struct store_outbox_row out;
    uint64_t id = put(f, row_of(STR("a"), 1));
    assert_int_equal(store_outbox_set_state(f->store, id, STORE_OUTBOX_IN_FLIGHT, 2, 50), 0);
    assert_int_equal(store_outbox_get(f->store, id, &f->arena, &out), 0);
    assert_int_equal(out.state, STORE_OUTBOX_IN_FLIGHT);
    assert_int_equal(out.attempts, 2);
    assert_int_equal(out.not_before_at, 50);
    assert_int_equal(store_outbox_end(f->store, id), 0);
    assert_int_equal(store_outbox_get(f->store, id, &f->arena, &out), -ENOENT);
    assert_int_equal(store_outbox_end(f->store, id), -ENOENT);
    assert_int_equal(store_outbox_set_state(f->store, id, STORE_OUTBOX_QUEUED, 0, 0), -ENOENT);
}

static void collect(void *ctx, const struct store_outbox_row *row)
{
    strncat(ctx, row->payload.ptr, row->payload.len);
}

static void rows_come_by_priority_then_age(void **state)
{
    struct fixture *f = *state;
    char order[16] = "";
    put(f, row_of(STR("c"), 2));
    put(f, row_of(STR("a"), 0));
    put(f, row_of(STR("d"), 2));
    put(f, row_of(STR("b"), 1));
    assert_int_equal(store_outbox_each(f->store, collect, order), 0);
    assert_string_equal(order, "abcd");
}

static void ids_grow_even_when_all_are_sent(void **state)
{
    struct fixture *f = *state;
    uint64_t first = put(f, row_of(STR("a"), 1));
    assert_int_equal(store_outbox_end(f->store, first), 0);
    assert_true(put(f, row_of(STR("b"), 1)) > first);
}

static int put_keyed(struct fixture *f, uint64_t member, const char *key, int64_t remember_ms,
                     uint64_t *ret_id)
{
    struct store_outbox_row row = row_of(STR("a"), 1);
    row.member = member;
    row.dedup_key = str_of(key);
    int r = store_outbox_put(f->store, &row, remember_ms);
    *ret_id = row.id;
    return r;
}

static void the_same_key_is_queued_once(void **state)
{
    struct fixture *f = *state;
    uint64_t id, other = fixture_member(f, "heron");
    assert_int_equal(put_keyed(f, STORE_HOUSE, "prompt", 0, &id), 0);
    assert_int_equal(put_keyed(f, STORE_HOUSE, "prompt", 0, &id), -EEXIST);
    assert_int_equal(put_keyed(f, other, "prompt", 0, &id), 0);
    assert_int_equal(put_keyed(f, STORE_HOUSE, "other", 0, &id), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM outbox"), 3);
}

static void a_key_is_remembered_for_a_while(void **state)
{
    struct fixture *f = *state;
    uint64_t id, again;
    assert_int_equal(put_keyed(f, STORE_HOUSE, "prompt", 1000, &id), 0);
    clock_advance(&f->clock, 5000);
    assert_int_equal(store_outbox_end(f->store, id), 0);
    clock_advance(&f->clock, 999);
    assert_int_equal(put_keyed(f, STORE_HOUSE, "prompt", 0, &again), -EEXIST);
    clock_advance(&f->clock, 1);
    assert_int_equal(put_keyed(f, STORE_HOUSE, "prompt", 0, &again), 0);
    assert_int_equal(store_outbox_end(f->store, again), 0);
    assert_int_equal(put_keyed(f, STORE_HOUSE, "prompt", 0, &again), 0);
}

static void a_refused_row_writes_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t id;
    assert_int_equal(put_keyed(f, STORE_HOUSE, "prompt", 0, &id), 0);
    fixture_commit(f);
    assert_int_equal(put_keyed(f, STORE_HOUSE, "prompt", 0, &id), -EEXIST);
    assert_false(store_in_transaction(f->store));
}

static void one_bad_row_does_not_hold_up_the_others(void **state)
{
    struct fixture *f = *state;
    char order[16] = "";
    put(f, row_of(STR("a"), 0));
    put(f, row_of(STR("b"), 1));
    fixture_commit(f);
    fixture_execute(f, "UPDATE outbox SET payload = (SELECT payload FROM outbox WHERE priority = "
                       "1) WHERE priority = 0");
    assert_int_equal(store_outbox_each(f->store, collect, order), 0);
    assert_string_equal(order, "b");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_comes_back_whole, fixture_on_disk, fixture_done),
        TEST(state_and_attempts_change),
        TEST(rows_come_by_priority_then_age),
        TEST(ids_grow_even_when_all_are_sent),
        TEST(the_same_key_is_queued_once),
        TEST(a_key_is_remembered_for_a_while),
        TEST(a_refused_row_writes_nothing),
        TEST(one_bad_row_does_not_hold_up_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
