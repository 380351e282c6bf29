/* SPDX-License-Identifier: MIT */
/* test_retention.c: what is kept goes when docs/PRIVACY.md says it goes, out of the files too; what
 * is sealed for this process alone ends with it. */
#include "fixture.h"

#include <stdio.h>

#include "store/alerts.h"
#include "store/dialogues.h"
#include "store/events.h"
#include "store/outbox.h"
#include "store/traces.h"
#include "store/values.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)

/* ---- what runs out --------------------------------------------------------------------------- */

static int64_t rows_of(struct fixture *f, const char *table)
{
    char text[128];
    snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
    return fixture_number(f, text);
}

static void keep_for_a_while(struct fixture *f, uint64_t member, int64_t until_at)
{
    struct store_dialogue dialogue = {.member = member,
                                      .plugin = STR("checkin"),
                                      .name = STR("daily"),
                                      .expires_at = until_at,
                                      .state = STR("half an answer")};
    struct store_outbox_row row = {
        .member = member, .plugin = STR("checkin"), .payload = STR("a"), .dedup_key = STR("k")};
    assert_int_equal(store_dialogues_put(f->store, &dialogue), 0);
    assert_int_equal(store_offers_put(f->store, member, true, false, STR("yes|no"), 1, until_at),
                     0);
    assert_int_equal(store_values_put(f->store, STR("coping"), STORE_OWNER_MEMBER, member,
                                      STR("exercise"), STR("3"), until_at),
                     0);
    struct store_trace trace = {.kind = STORE_TRACE_EFFECT,
                                .owner = member,
                                .thing = STR("a"),
                                .record = STR("{}"),
                                .expires_at = until_at};
    assert_int_equal(store_traces_put(f->store, &trace), 0);
    assert_int_equal(store_outbox_put(f->store, &row, until_at - store_wall_at(f->store)), 0);
    assert_int_equal(store_outbox_end(f->store, row.id), 0);
    fixture_commit(f);
}

static void what_ran_out_goes_once_a_day_though_nobody_writes(void **state)
{
    static const char *const tables[] = {"dialogue", "offer", "value", "outbox_dedup", "trace"};
    struct fixture *f = *state;
    uint64_t brief = fixture_member(f, "kestrel"), lasting = fixture_member(f, "heron");
    keep_for_a_while(f, brief, FIXTURE_START + DAY_MS);
    keep_for_a_while(f, lasting, FIXTURE_START + 2 * DAY_MS);
    clock_advance(&f->clock, DAY_MS);
    assert_int_equal(store_events_prune(f->store, 0), 0);
    fixture_commit(f);
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (rows_of(f, tables[i]) != 1)
            fail_msg("%s: %d rows", tables[i], (int)rows_of(f, tables[i]));
}

static struct store_alert alert_of(uint64_t member, int state)
{
    return (struct store_alert){.member = member,
                                .tier = 3,
                                .state = state,
                                .opened_at = 10,
                                .rules = STR("suicide.wish"),
                                .who = STR("wren|libera|wren"),
                                .text = STR("their words")};
}

static void which_rules_rang_goes_with_the_words(void **state)
{
    struct fixture *f = *state;
    struct store_alert alert = alert_of(fixture_member(f, "kestrel"), 0), out;
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    assert_int_equal(store_alerts_wipe_texts(f->store, 11), 0);
    assert_int_equal(store_alerts_get(f->store, alert.id, &f->arena, &out), 0);
    assert_int_equal(out.text.len + out.rules.len, 0);
    assert_int_equal(out.tier, 3);
}

/* Nobody else could ask for it: a guest has no key to destroy. */
static void a_guests_name_goes_with_the_words_once_the_alert_is_closed(void **state)
{
    struct fixture *f = *state;
    struct store_alert closed = alert_of(0, 2), open = alert_of(0, 0), out;
    assert_int_equal(store_alerts_put(f->store, &closed), 0);
    assert_int_equal(store_alerts_put(f->store, &open), 0);
    assert_int_equal(store_alerts_wipe_texts(f->store, 11), 0);
    assert_int_equal(store_alerts_get(f->store, closed.id, &f->arena, &out), 0);
    assert_int_equal(out.who.len + out.text.len, 0);
    assert_int_equal(store_alerts_get(f->store, open.id, &f->arena, &out), 0);
    assert_str(out.who, "wren|libera|wren");
    assert_int_equal(out.text.len, 0);
}

/* Sealed bytes of a column, as they lie in the files. */
static size_t sealed_bytes(struct fixture *f, const char *text, unsigned char *out, size_t size)
{
    AUTO_SQL sql;
    assert_int_equal(sql_read(f->store, text, &sql), 0);
    assert_int_equal(sql_step(&sql), 1);
    struct str bytes = sql_get_str(&sql, 0);
    assert_true(bytes.len > 0 && bytes.len <= size);
    memcpy(out, bytes.ptr, bytes.len);
    return bytes.len;
}

static bool files_hold(struct fixture *f, const unsigned char *needle, size_t len)
{
    static const char *const names[] = {"mooring.db", "mooring.db-wal"};
    enum { SIZE = 8 * 1024 * 1024 };
    unsigned char *bytes = mem_alloc(SIZE);
    bool found = false;
    assert_non_null(bytes);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        found |= memmem(bytes, fixture_read(f, names[i], bytes, SIZE), needle, len) != NULL;
    mem_free(bytes);
    return found;
}

static void wiped_words_leave_the_log_too(void **state)
{
    static const char words[] = "SELECT words FROM alert";
    struct fixture *f = *state;
    unsigned char sealed[256];
    struct store_alert alert = alert_of(fixture_member(f, "kestrel"), 0);
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    fixture_commit(f);
    size_t len = sealed_bytes(f, words, sealed, sizeof sealed);
    assert_true(files_hold(f, sealed, len));
    assert_int_equal(store_alerts_wipe_texts(f->store, 11), 0);
    fixture_commit(f);
    assert_false(files_hold(f, sealed, len));
}

static void half_answers_leave_the_log_too(void **state)
{
    static const char answers[] = "SELECT state FROM dialogue";
    struct fixture *f = *state;
    unsigned char sealed[256];
    keep_for_a_while(f, fixture_member(f, "kestrel"), FIXTURE_START + 1000);
    size_t len = sealed_bytes(f, answers, sealed, sizeof sealed);
    assert_true(files_hold(f, sealed, len));
    clock_advance(&f->clock, 1000);
    assert_int_equal(store_events_prune(f->store, 0), 0);
    fixture_commit(f);
    assert_false(files_hold(f, sealed, len));
}

/* ---- for this process alone ------------------------------------------------------------------ */

static uint64_t put_passing(struct fixture *f)
{
    struct store_outbox_row row = {
        .member = STORE_PASSING, .network = STR("libera"), .payload = STR("to wren")};
    assert_int_equal(store_outbox_put(f->store, &row, 0), 0);
    fixture_commit(f);
    return row.id;
}

static void a_passing_row_is_read_while_the_process_lives(void **state)
{
    struct fixture *f = *state;
    struct store_outbox_row out;
    uint64_t id = put_passing(f);
    assert_int_equal(store_outbox_get(f->store, id, &f->arena, &out), 0);
    assert_str(out.payload, "to wren");
}

static void a_passing_row_ends_with_the_process(void **state)
{
    struct fixture *f = *state;
    struct store_outbox_row out;
    uint64_t id = put_passing(f);
    assert_int_equal(store_crash(f->store), 0);
    assert_int_equal(store_outbox_get(f->store, id, &f->arena, &out), -ENOENT);
    assert_int_equal(rows_of(f, "outbox"), 0);
}

static void a_copy_of_it_does_not_open_elsewhere(void **state)
{
    struct fixture *f = *state;
    struct store_outbox_row out;
    uint64_t id = put_passing(f);
    fixture_copy(f, "mooring.db", "copy");
    fixture_copy(f, "mooring.db-wal", "copy-wal");
    fixture_close(f);
    fixture_copy(f, "copy", "mooring.db");
    fixture_copy(f, "copy-wal", "mooring.db-wal");
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_outbox_get(f->store, id, &f->arena, &out), -ENOENT);
}

static void a_passing_offer_ends_with_the_process(void **state)
{
    struct fixture *f = *state;
    struct str offer;
    int64_t at;
    assert_int_equal(store_offers_put(f->store, 8, false, true, STR("tip 3"), 5, 0), 0);
    fixture_commit(f);
    assert_int_equal(store_offers_get(f->store, 8, false, &f->arena, &offer, &at), 0);
    assert_str(offer, "tip 3");
    assert_int_equal(store_crash(f->store), 0);
    assert_int_equal(store_offers_get(f->store, 8, false, &f->arena, &offer, &at), -ENOENT);
}

#define TEST(test)    cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_ran_out_goes_once_a_day_though_nobody_writes),
        TEST(which_rules_rang_goes_with_the_words),
        TEST(a_guests_name_goes_with_the_words_once_the_alert_is_closed),
        ON_DISK(wiped_words_leave_the_log_too),
        ON_DISK(half_answers_leave_the_log_too),
        ON_DISK(a_passing_row_is_read_while_the_process_lives),
        ON_DISK(a_passing_row_ends_with_the_process),
        TEST(a_passing_row_ends_with_the_process),
        ON_DISK(a_copy_of_it_does_not_open_elsewhere),
        ON_DISK(a_passing_offer_ends_with_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
