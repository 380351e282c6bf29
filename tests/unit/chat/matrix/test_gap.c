/* SPDX-License-Identifier: MIT */
/* test_gap.c: what a `limited` timeline left out. */
#include "reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/matrix_rooms.h"

static void say_many(struct reader *r, const char *room, int from, int count)
{
    char text[32];
    for (int i = from; i < from + count; i++) {
        snprintf(text, sizeof text, "line %d", i);
        hs_say(r->hs, room, "@anna:home", text);
    }
}

static void assert_all_once(const struct reader *r, int count)
{
    char text[32];
    for (int i = 0; i < count; i++) {
        snprintf(text, sizeof text, "line %d", i);
        assert_non_null(reader_said(r, text));
    }
}

static int count_row(void *ctx, struct str id, struct str value)
{
    (void)id, (void)value;
    (*(size_t *)ctx)++;
    return 0;
}

static size_t gap_rows(struct reader *r)
{
    size_t count = 0;
    assert_int_equal(store_matrix_each(r->store, STORE_MATRIX_GAP, STR("home"), count_row, &count),
                     0);
    return count;
}

/* While the server does not answer: then all of it comes with one answer. */
static void hold_polls(struct reader *r, const char *room, int64_t for_ms)
{
    struct hs_fault fault = {.match = "GET /_matrix/client/v3/sync*",
                             .kind = HS_ANSWER,
                             .status = 503,
                             .body = STR("{}"),
                             .for_ms = for_ms};
    hs_fault(r->hs, &fault);
    hs_event(r->hs, room, "@anna:home", "m.room.topic", "{}"); /* ends the poll that waits */
}

static void m11_limited_gap_is_filled(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hold_polls(r, id, 1000);
    say_many(r, id, 0, 500);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_all_once(r, 500);
    assert_true(hs_requests(r->hs, "GET */messages?*") >= 5);
    assert_int_equal(gap_rows(r), 0);
    /* marked as read late, oldest first among themselves */
    const struct reader_event *first = reader_said(r, "line 0"), *last = reader_said(r, "line 449");
    assert_true(first->flags & CHAT_HISTORY);
    assert_true(first < last);
    assert_false(reader_said(r, "line 499")->flags & CHAT_HISTORY);
    assert_string_equal(first->display, "anna");
}

/* One odd event must not cost all that was said around it. */
static void m11_an_odd_event_does_not_cost_the_gap(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hold_polls(r, id, 1000);
    say_many(r, id, 0, 100);
#define SAID(text, more)                                                                           \
    "{\"type\":\"m.room.message\",\"event_id\":\"$" text "\",\"sender\":\"@anna:home\","           \
    "\"origin_server_ts\":1795420502000,\"content\":{\"msgtype\":\"m.text\",\"body\":\"" text      \
    "\"" more "}}"
    const struct hs_fault page = {
        .match = "GET */messages?*",
        .kind = HS_ANSWER,
        .status = 200,
        .body = STR("{\"chunk\":[" SAID("large", ",\"n\":99999999999999999999") "," SAID(
            "nul", ",\"\\u0000\":1") "," SAID("plain", "") "]}")};
    hs_fault(r->hs, &page);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_non_null(reader_said(r, "plain"));
    assert_non_null(reader_said(r, "large"));
    assert_non_null(reader_said(r, "nul"));
    assert_false(reader_logged(r, "matrix_gap_lost"));
}

/* Memory is short for what comes behind the first chunk of a gap. */
static struct {
    int (*batch)(void *ctx, const struct chat_batch *batch);
    size_t batches;
    int refuse; /* so many more */
} shortage;

static void *alloc_json(size_t size)
{
    if (shortage.refuse == 0)
        return mem_alloc(size);
    shortage.refuse--;
    mem_note_shortage();
    return NULL;
}

static int batch_then_short(void *ctx, const struct chat_batch *batch)
{
    int r = shortage.batch(ctx, batch);
    if (batch->count == MATRIX_EVENTS_MAX && shortage.batches++ == 0)
        shortage.refuse = 3;
    return r;
}

static void m11_when_memory_is_short_the_gap_waits(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hold_polls(r, id, 1000);
    for (int i = 0; i < 250; i++) {
        char text[32];
        snprintf(text, sizeof text, "\"line\" %d", i); /* not plain: jansson's to read */
        hs_say(r->hs, id, "@anna:home", text);
    }
    shortage.batch = r->session.env.sink.batch;
    r->session.env.sink.batch = batch_then_short;
    json_set_alloc_funcs(alloc_json, mem_free);
    reader_run(r, CLOCK_MINUTE_MS);
    json_set_alloc_funcs(malloc, free);
    assert_true(shortage.batches > 0 && shortage.refuse == 0);
    for (int i = 0; i < 250; i++) {
        char text[32];
        snprintf(text, sizeof text, "\"line\" %d", i);
        assert_non_null(reader_said(r, text));
    }
    assert_int_equal(gap_rows(r), 0);
}

static void m11_a_gap_outlives_a_death(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hold_polls(r, id, 1000);
    say_many(r, id, 0, 200);
    struct hs_fault fault = {.match = "GET */messages?*", .kind = HS_HANG};
    hs_fault(r->hs, &fault);
    reader_run(r, 20 * 1000);
    assert_null(reader_said(r, "line 0"));
    assert_non_null(reader_said(r, "line 199"));
    assert_int_equal(gap_rows(r), 1);
    hs_mend(r->hs);
    reader_die(r);
    reader_start(r);
    reader_run(r, 5000);
    assert_all_once(r, 200);
    assert_int_equal(gap_rows(r), 0);
}

static void a_gap_that_cannot_be_read_now_is_read_later(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hold_polls(r, id, 1000);
    say_many(r, id, 0, 300);
    struct hs_fault slow = {.match = "GET */messages?*",
                            .kind = HS_ANSWER,
                            .status = 429,
                            .headers = "Retry-After: 40\n",
                            .body = STR("{\"errcode\":\"M_LIMIT_EXCEEDED\"}"),
                            .skip = 1,
                            .times = 1};
    struct hs_fault cut = {.match = "GET */messages?*", .kind = HS_CUT_BODY, .at = 500, .times = 1};
    hs_fault(r->hs, &slow);
    hs_fault(r->hs, &cut);
    reader_run(r, 20 * 1000);
    assert_null(reader_said(r, "line 0"));
    reader_run(r, CLOCK_MINUTE_MS);
    assert_all_once(r, 300);
}

static void a_gap_in_a_room_that_is_gone_is_given_up(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hold_polls(r, id, 1000);
    say_many(r, id, 0, 200);
    struct hs_fault fault = {.match = "GET */messages?*",
                             .kind = HS_ANSWER,
                             .status = 403,
                             .body = STR("{\"errcode\":\"M_FORBIDDEN\"}")};
    hs_fault(r->hs, &fault);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_int_equal(gap_rows(r), 0);
    assert_true(reader_logged(r, "matrix_gap_lost"));
    assert_non_null(reader_said(r, "line 199"));
}

static void of_a_gap_older_than_a_day_the_newest_day_is_read(void **state)
{
    struct reader *r = *state;
    hs_time(r->hs, READER_START - 5 * CLOCK_DAY_MS);
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    reader_die(r);
    hs_time(r->hs, READER_START - 3 * CLOCK_DAY_MS);
    say_many(r, id, 0, 300);
    hs_time(r->hs, READER_START - CLOCK_HOUR_MS);
    say_many(r, id, 300, 150);
    hs_time(r->hs, 0);
    reader_start(r);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_non_null(reader_said(r, "line 300"));
    assert_null(reader_said(r, "line 0"));
    assert_int_equal(gap_rows(r), 0);
}

/* What a room's timeline leaves out that we have just entered was not said to us. */
static void a_room_just_entered_has_no_gap(void **state)
{
    struct reader *r = *state;
    reader_start(r);
    const char *id = hs_room(r->hs, "@owner:home", NULL, NULL);
    hs_join(r->hs, id, "@anna:home");
    say_many(r, id, 0, 200);
    r->rooms[0] = id;
    reader_run(r, 2 * CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    assert_int_equal(hs_requests(r->hs, "GET */messages?*"), 0);
    assert_int_equal(reader_count(r, CHAT_MESSAGE), 0);
}

/* A crowd of bots may fill a room: what is kept of it has a ceiling, and it is the newest. */
static void a_flood_has_a_ceiling(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hold_polls(r, id, 1000);
    say_many(r, id, 0, 5200);
    reader_run(r, 2 * CLOCK_MINUTE_MS);
    assert_null(reader_said(r, "line 0"));
    assert_non_null(reader_said(r, "line 200"));
    assert_true(reader_count(r, CHAT_MESSAGE) <= 5050);
}

static void while_nothing_can_be_kept_a_gap_is_filled_once(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hold_polls(r, id, 1000);
    r->no_batches = true;
    say_many(r, id, 0, 200);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_all_once(r, 200);
    r->no_batches = false;
    hs_say(r->hs, id, "@anna:home", "after");
    reader_run(r, CLOCK_MINUTE_MS);
    assert_all_once(r, 200);
    assert_int_equal(gap_rows(r), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READER_TEST(m11_limited_gap_is_filled),
        READER_TEST(m11_an_odd_event_does_not_cost_the_gap),
        READER_TEST(m11_when_memory_is_short_the_gap_waits),
        READER_TEST(m11_a_gap_outlives_a_death),
        READER_TEST(a_gap_that_cannot_be_read_now_is_read_later),
        READER_TEST(a_gap_in_a_room_that_is_gone_is_given_up),
        READER_TEST(of_a_gap_older_than_a_day_the_newest_day_is_read),
        READER_TEST(a_room_just_entered_has_no_gap),
        READER_TEST(a_flood_has_a_ceiling),
        READER_TEST(while_nothing_can_be_kept_a_gap_is_filled_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
