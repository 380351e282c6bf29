/* SPDX-License-Identifier: MIT */
/* test_traces.c: what an event left behind is found by what it is, by its cause and by the outbox's
 * number. */
#include "fixture.h"

#include "store/traces.h"

static struct store_trace said(uint64_t owner, const char *thing, const char *cause,
                               const char *record)
{
    return (struct store_trace){.kind = STORE_TRACE_SAID,
                                .owner = owner,
                                .sent = 7,
                                .network = STR("home"),
                                .thing = str_of(thing),
                                .cause = str_of(cause),
                                .record = str_of(record),
                                .at = FIXTURE_START,
                                .expires_at = FIXTURE_START + 1000};
}

static void put(struct fixture *f, struct store_trace trace)
{
    assert_int_equal(store_traces_put(f->store, &trace), 0);
    fixture_commit(f);
}

static void a_message_is_found_by_its_id_and_number(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, "kestrel");
    struct store_trace found;
    put(f, said(member, "$one", "$asked", "{\"a\":1}"));
    assert_int_equal(
        store_traces_find(f->store, STORE_TRACE_SAID, STR("home"), STR("$one"), &f->arena, &found),
        0);
    assert_str(found.record, "{\"a\":1}");
    assert_int_equal(found.owner, member);
    assert_int_equal(found.sent, 7);
    assert_int_equal(store_traces_find_sent(f->store, 7, &f->arena, &found), 0);
    assert_int_equal(store_traces_find_sent(f->store, 8, &f->arena, &found), -ENOENT);
    assert_int_equal(
        store_traces_find(f->store, STORE_TRACE_SAID, STR("else"), STR("$one"), &f->arena, &found),
        -ENOENT);
    assert_int_equal(
        store_traces_find(f->store, STORE_TRACE_GONE, STR("home"), STR("$one"), &f->arena, &found),
        -ENOENT);
}

static void count_one(void *ctx, const struct store_trace *trace)
{
    (void)trace;
    ++*(size_t *)ctx;
}

static size_t of_cause(struct fixture *f, const char *cause)
{
    size_t count = 0;
    assert_int_equal(store_traces_each_of(f->store, STR("home"), str_of(cause), count_one, &count),
                     0);
    return count;
}

static void what_goes_back_to_an_event_is_found_by_it(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, "kestrel");
    put(f, said(member, "$one", "$asked", "{}"));
    put(f, said(STORE_HOUSE, "$two", "$asked", "{}"));
    put(f, said(member, "$three", "$other", "{}"));
    put(f, said(member, "$four", "", "{}"));
    assert_int_equal(of_cause(f, "$asked"), 2);
    assert_int_equal(of_cause(f, "$other"), 1);
    assert_int_equal(of_cause(f, "$nothing"), 0);
    clock_advance(&f->clock, 1000);
    assert_int_equal(of_cause(f, "$asked"), 0); /* it ran out */
}

static void a_later_one_takes_the_place(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, "kestrel"), other = fixture_member(f, "heron");
    struct store_trace effect = said(member, "value|note", "$first", "{}");
    effect.kind = STORE_TRACE_EFFECT;
    effect.sent = 0;
    put(f, effect);
    effect.cause = STR("$second");
    put(f, effect);
    assert_int_equal(of_cause(f, "$first"), 0);
    assert_int_equal(of_cause(f, "$second"), 1);
    effect.owner = other; /* the same thing of somebody else is another */
    put(f, effect);
    assert_int_equal(of_cause(f, "$second"), 2);
}

static void what_is_to_be_deleted_is_listed(void **state)
{
    struct fixture *f = *state;
    struct store_trace found;
    size_t count = 0;
    put(f, said(STORE_HOUSE, "$one", "$asked", "{}"));
    assert_int_equal(store_traces_each(f->store, STORE_TRACE_REDACT, 8, count_one, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(
        store_traces_find(f->store, STORE_TRACE_SAID, STR("home"), STR("$one"), &f->arena, &found),
        0);
    assert_int_equal(store_traces_set_kind(f->store, found.row, STORE_TRACE_REDACT), 0);
    assert_int_equal(store_traces_each(f->store, STORE_TRACE_REDACT, 8, count_one, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(store_traces_remove(f->store, found.row), 0);
    fixture_commit(f);
    assert_int_equal(of_cause(f, "$asked"), 0);
}

static void who_is_forgotten_leaves_none(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, "kestrel");
    put(f, said(member, "$one", "$asked", "{}"));
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_int_equal(of_cause(f, "$asked"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM trace"), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_is_found_by_its_id_and_number),
        TEST(what_goes_back_to_an_event_is_found_by_it),
        TEST(a_later_one_takes_the_place),
        TEST(what_is_to_be_deleted_is_listed),
        TEST(who_is_forgotten_leaves_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
