/* SPDX-License-Identifier: MIT */
/* test_sync.c: /sync against the scripted homeserver: cursor, history, late, faults. */
#include "reader.h"

#include <stdio.h>

#include "store/events.h"

static void stored_cursor(struct reader *r, char out[128])
{
    struct arena arena = {0};
    struct str cursor = {0};
    out[0] = '\0';
    if (store_events_get_cursor(r->store, STR("home"), (struct str){0}, &arena, &cursor) == 0)
        (void)str_to_c(cursor, out, 128);
    arena_done(&arena);
}

static void m9_the_server_is_asked_for_little(void **state)
{
    struct reader *r = *state;
    reader_start(r);
    assert_true(hs_requests(r->hs, "GET /_matrix/client/v3/sync?*lazy_load_members*") >= 1);
    assert_true(hs_requests(r->hs, "GET /_matrix/client/v3/sync?*presence*not_types*") >= 1);
    assert_true(hs_requests(r->hs, "GET /_matrix/client/v3/sync?*limit%22%3A50*") >= 1);
}

enum { NAMED, WHOLE };
static size_t polls(struct reader *r, int how)
{
    return hs_requests(r->hs, how == NAMED ? "GET /_matrix/client/v3/sync?filter=0&*"
                                           : "GET /_matrix/client/v3/sync?filter=%7B%22presence*");
}

/* Says something, which comes, and tells how it was asked for what comes next. */
static int asked_after(struct reader *r, const char *room, const char *text)
{
    hs_say(r->hs, room, "@anna:home", text);
    size_t named = polls(r, NAMED), whole = polls(r, WHOLE);
    reader_run(r, 1000);
    assert_non_null(reader_said(r, text));
    assert_int_equal(polls(r, NAMED) + polls(r, WHOLE) - named - whole, 1);
    return polls(r, NAMED) > named ? NAMED : WHOLE;
}

static void m9_the_server_keeps_the_filter_and_polls_name_it(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    assert_int_equal(hs_requests(r->hs, "POST /_matrix/client/v3/user/%40bot%3Ahome/filter"), 1);
    assert_int_equal(asked_after(r, id, "one"), NAMED);
    assert_int_equal(asked_after(r, id, "two"), NAMED);
    assert_int_equal(hs_requests(r->hs, "POST *filter"), 1);
    assert_false(reader_logged(r, "matrix_filter_not_kept"));
}

static void m9_where_the_filter_is_not_kept_each_poll_holds_it(void **state)
{
    const struct hs_fault faults[] = {
        {.match = "POST *filter",
         .kind = HS_ANSWER,
         .status = 404,
         .body = STR("{\"errcode\":\"M_UNRECOGNIZED\",\"error\":\"\"}")},
        {.match = "POST *filter", .kind = HS_ANSWER, .status = 200, .body = STR("{}")},
        {.match = "POST *filter",
         .kind = HS_ANSWER,
         .status = 200,
         .body = STR("{\"filter_id\":\"{}\"}")},
        {.match = "POST *filter", .kind = HS_CUT},
    };
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char text[16];
        hs_fault(r->hs, &faults[i]);
        reader_start(r);
        snprintf(text, sizeof text, "said %zu", i);
        assert_int_equal(asked_after(r, id, text), WHOLE);
        assert_int_equal(hs_requests(r->hs, "POST *filter"), i + 1);
        assert_true(reader_logged(r, "matrix_filter_not_kept"));
        hs_mend(r->hs);
        reader_die(r);
    }
}

/* Its database was restored from before: that is no reason to give up the cursor. */
static void m9_a_filter_that_the_server_lost_goes_with_the_polls_again(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    assert_int_equal(asked_after(r, id, "one"), NAMED);
    const struct hs_fault lost = {.match = "GET *sync?filter=0&*",
                                  .kind = HS_ANSWER,
                                  .status = 404,
                                  .body = STR("{\"errcode\":\"M_NOT_FOUND\",\"error\":\"\"}")};
    hs_fault(r->hs, &lost);
    hs_say(r->hs, id, "@anna:home", "wakes the poll");
    reader_run(r, 10 * 1000);
    assert_non_null(reader_said(r, "wakes the poll"));
    assert_int_equal(asked_after(r, id, "two"), WHOLE);
    assert_int_equal(hs_requests(r->hs, "GET *sync?filter=0&*"), 3);
    assert_false(reader_logged(r, "matrix_cursor_refused"));
}

/* A server that fails over the name alone would fail for ever. */
static void m9_after_a_failure_a_poll_holds_the_filter(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    const struct hs_fault broken = {
        .match = "GET *sync?filter=0&*", .kind = HS_ANSWER, .status = 500, .body = STR("{}")};
    hs_fault(r->hs, &broken);
    hs_say(r->hs, id, "@anna:home", "wakes the poll");
    reader_run(r, 1000);
    hs_say(r->hs, id, "@anna:home", "meanwhile");
    reader_run(r, 10 * 1000);
    assert_non_null(reader_said(r, "meanwhile"));
    hs_mend(r->hs);
    reader_run(r, 2 * CLOCK_MINUTE_MS);
    assert_int_equal(asked_after(r, id, "two"), NAMED);
}

/* Then it is not named any more; outages between polls that go well are none of its doing. */
static void m9_a_name_that_never_goes_well_is_forgotten(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    struct hs_fault broken = {.match = "GET *sync?filter=0&*",
                              .kind = HS_ANSWER,
                              .status = 500,
                              .body = STR("{}"),
                              .times = 1};
    reader_start(r);
    for (int i = 0; i < 8; i++) {
        hs_fault(r->hs, &broken);
        hs_say(r->hs, id, "@anna:home", "wakes the poll");
        reader_run(r, 10 * 1000);
        hs_say(r->hs, id, "@anna:home", "wakes the whole poll");
        reader_run(r, 1000);
    }
    assert_int_equal(asked_after(r, id, "still"), NAMED);
    size_t named = polls(r, NAMED);
    broken.times = 0;
    hs_fault(r->hs, &broken);
    for (int i = 0; i < 20; i++) {
        hs_say(r->hs, id, "@anna:home", "wakes the poll");
        reader_run(r, 10 * 1000);
    }
    assert_int_equal(polls(r, NAMED), named + 5);
    assert_int_equal(asked_after(r, id, "in the end"), WHOLE);
}

static void what_is_said_comes(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    assert_int_equal(r->session.network.state, CHAT_UP);
    const char *event = hs_say(r->hs, id, "@anna:home", "hello");
    reader_run(r, 1000);
    const struct reader_event *said = reader_said(r, "hello");
    assert_non_null(said);
    assert_string_equal(said->id, event);
    assert_string_equal(said->room, id);
    assert_int_equal(said->flags & (CHAT_HISTORY | CHAT_PRIVATE), 0);
}

static void m10_the_cursor_is_committed_with_the_events(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    char before[128], after[128];
    reader_start(r);
    stored_cursor(r, before);
    assert_true(before[0]);
    r->no_batches = true;
    hs_say(r->hs, id, "@anna:home", "one");
    reader_run(r, 1000);
    stored_cursor(r, after);
    assert_string_equal(before, after);
    assert_non_null(reader_said(r, "one"));
    /* while nothing can be kept reading goes on in memory, and nothing comes twice */
    hs_say(r->hs, id, "@anna:home", "two");
    reader_run(r, 1000);
    assert_non_null(reader_said(r, "one"));
    assert_non_null(reader_said(r, "two"));
    r->no_batches = false;
    hs_say(r->hs, id, "@anna:home", "three");
    reader_run(r, 1000);
    stored_cursor(r, after);
    assert_string_not_equal(before, after);
}

static void m10_after_a_death_reading_goes_on_where_it_was(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hs_say(r->hs, id, "@anna:home", "before");
    reader_run(r, 1000);
    reader_die(r);
    size_t joins = hs_requests(r->hs, "POST /_matrix/client/v3/join/*"),
           states = hs_requests(r->hs, "GET */state");
    hs_say(r->hs, id, "@anna:home", "while away");
    reader_start(r);
    assert_non_null(reader_said(r, "before")); /* once */
    assert_non_null(reader_said(r, "while away"));
    assert_int_equal(hs_requests(r->hs, "POST /_matrix/client/v3/join/*"), joins);
    assert_int_equal(hs_requests(r->hs, "GET */state"), states);
}

/* Version 3 is the base: each life but the first begins with a point to go on from, and no position
 * of a connection is asked for (docs/ARCHITECTURE.md says why). */
static void m15_reading_goes_on_from_a_point_that_lasts(void **state)
{
    struct reader *r = *state;
    (void)reader_room(r, "@anna:home");
    reader_start(r);
    reader_run(r, 1000);
    size_t before = hs_requests(r->hs, "GET /_matrix/client/v3/sync?*"),
           since = hs_requests(r->hs, "GET /_matrix/client/v3/sync?*since=*");
    assert_true(before >= 2);
    assert_true(since >= 1);
    reader_die(r);
    reader_start(r);
    size_t after = hs_requests(r->hs, "GET /_matrix/client/v3/sync?*");
    assert_true(after > before);
    assert_int_equal(hs_requests(r->hs, "GET /_matrix/client/v3/sync?*since=*") - since,
                     after - before);
    assert_int_equal(hs_requests(r->hs, "* /_matrix/client/*/sync*"), after);
}

static void m14_what_was_said_while_away_is_history(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    reader_die(r);
    hs_say(r->hs, id, "@anna:home", "an hour ago");
    reader_run(r, CLOCK_HOUR_MS);
    hs_say(r->hs, id, "@anna:home", "just now");
    reader_start(r);
    assert_true(reader_said(r, "an hour ago")->flags & CHAT_HISTORY);
    assert_int_equal(reader_said(r, "an hour ago")->sent_at, READER_START + 1000);
    assert_false(reader_said(r, "just now")->flags & CHAT_HISTORY);
    hs_say(r->hs, id, "@anna:home", "then");
    reader_run(r, 1000);
    assert_false(reader_said(r, "then")->flags & CHAT_HISTORY);
}

static void m14_a_long_absence_loses_nothing_and_a_slow_server_makes_no_history(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hs_time(r->hs, clock_wall_at(&r->clock) + 1000);
    reader_run(r, 5 * CLOCK_MINUTE_MS);
    hs_say(r->hs, id, "@anna:home", "slow");
    hs_time(r->hs, 0);
    reader_run(r, 1000);
    assert_false(reader_said(r, "slow")->flags & CHAT_HISTORY);
    reader_die(r);
    hs_say(r->hs, id, "@anna:home", "two days ago");
    reader_run(r, 2 * CLOCK_DAY_MS);
    reader_start(r);
    assert_non_null(reader_said(r, "two days ago"));
    assert_true(reader_said(r, "two days ago")->flags & CHAT_HISTORY);
}

/* The session ends while the server takes its time. */
static void a_filter_on_its_way_outlives_nobody(void **state)
{
    struct reader *r = *state;
    (void)reader_room(r, "@anna:home");
    hs_fault(r->hs, &(struct hs_fault){.match = "POST *filter", .kind = HS_HANG});
    reader_start(r);
    assert_int_equal(hs_requests(r->hs, "POST *filter"), 1);
    reader_die(r);
    reader_run(r, CLOCK_MINUTE_MS);
}

static void m16_what_was_said_before_we_came_is_not_read(void **state)
{
    struct reader *r = *state;
    const char *id = hs_room(r->hs, "@owner:home", NULL, NULL);
    hs_join(r->hs, id, "@anna:home");
    hs_say(r->hs, id, "@anna:home", "before");
    reader_run(r, 1000);
    r->rooms[0] = id;
    reader_start(r);
    hs_say(r->hs, id, "@anna:home", "after");
    reader_run(r, 1000);
    assert_null(reader_said(r, "before"));
    assert_non_null(reader_said(r, "after"));
}

/* The state of an account of which nothing is stored: a day's talk, marked, and no more. */
static void the_first_sync_brings_a_day_of_history(void **state)
{
    struct reader *r = *state;
    hs_time(r->hs, READER_START - 3 * CLOCK_DAY_MS);
    const char *id = reader_room(r, "@anna:home");
    hs_time(r->hs, READER_START - 2 * CLOCK_DAY_MS);
    hs_say(r->hs, id, "@anna:home", "old");
    hs_time(r->hs, READER_START - CLOCK_HOUR_MS);
    hs_say(r->hs, id, "@anna:home", "today");
    hs_time(r->hs, 0);
    reader_start(r);
    assert_null(reader_said(r, "old"));
    assert_non_null(reader_said(r, "today"));
    assert_true(reader_said(r, "today")->flags & CHAT_HISTORY);
}

static void keys_in_any_order_make_no_difference(void **state)
{
    struct reader *r = *state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        hs_knobs(r->hs)->shuffle = seed;
        const char *id = seed == 1 ? reader_room(r, "@anna:home") : r->rooms[0];
        if (seed == 1)
            reader_start(r);
        char text[32];
        snprintf(text, sizeof text, "shuffled %d", (int)seed);
        hs_say(r->hs, id, "@anna:home", text);
        reader_run(r, 1000);
        assert_non_null(reader_said(r, text));
    }
}

static void a_body_cut_off_is_asked_for_again(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    for (size_t at = 0; at < 400; at += 13) {
        char text[32];
        struct hs_fault fault = {.match = "GET /_matrix/client/v3/sync*",
                                 .kind = at % 2 ? HS_CUT_BODY : HS_HANG_BODY,
                                 .at = at,
                                 .times = 1};
        hs_fault(r->hs, &fault);
        reader_run(r, 31 * 1000);
        snprintf(text, sizeof text, "cut at %d", (int)at);
        hs_say(r->hs, id, "@anna:home", text);
        reader_run(r, 3 * CLOCK_MINUTE_MS);
        assert_non_null(reader_said(r, text)); /* exactly once */
        hs_mend(r->hs);
    }
    assert_int_equal(reader_count(r, CHAT_MESSAGE), 31);
}

static void m2_ten_minutes_of_502_cost_few_requests_and_nothing_is_lost(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    struct hs_fault fault = {.match = "GET /_matrix/client/v3/sync*",
                             .kind = HS_ANSWER,
                             .status = 502,
                             .body = STR("<html>bad gateway"),
                             .for_ms = 10 * CLOCK_MINUTE_MS};
    hs_fault(r->hs, &fault);
    hs_say(r->hs, id, "@anna:home", "first");
    reader_run(r, 1000);
    size_t before = hs_requests(r->hs, "GET /_matrix/client/v3/sync*");
    hs_say(r->hs, id, "@anna:home", "meanwhile");
    reader_run(r, 10 * 1000); /* soon at first, for most troubles are short */
    assert_true(hs_requests(r->hs, "GET /_matrix/client/v3/sync*") - before >= 2);
    reader_run(r, 5 * CLOCK_MINUTE_MS);
    assert_int_equal(r->session.network.state, CHAT_DOWN);
    reader_run(r, 6 * CLOCK_MINUTE_MS + 30 * 1000);
    assert_true(hs_requests(r->hs, "GET /_matrix/client/v3/sync*") - before < 40);
    assert_non_null(reader_said(r, "meanwhile"));
    assert_false(reader_logged(r, "matrix_cursor_refused")); /* it is not the token's fault */
    assert_int_equal(r->session.network.state, CHAT_UP);
}

static void a_cursor_that_the_server_forgot_is_given_up(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    struct hs_fault fault = {.match = "GET /_matrix/client/v3/sync*since*",
                             .kind = HS_ANSWER,
                             .status = 400,
                             .body = STR("{\"errcode\":\"M_INVALID_PARAM\",\"error\":\"since\"}"),
                             .times = 3}; /* the first may mean the filter */
    hs_fault(r->hs, &fault);
    hs_say(r->hs, id, "@anna:home", "wakes the poll");
    reader_run(r, 1000);
    hs_say(r->hs, id, "@anna:home", "still there");
    reader_run(r, CLOCK_MINUTE_MS);
    assert_non_null(reader_said(r, "still there"));
    assert_true(reader_logged(r, "matrix_cursor_refused"));
}

static void m12_the_state_after_is_asked_for_where_it_is_known(void **state)
{
    struct reader *r = *state;
    r->feature = "v1.16";
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    assert_true(hs_requests(r->hs, "GET /_matrix/client/v3/sync*use_state_after=true*") > 0);
    hs_state(r->hs, id, "@owner:home", "m.room.power_levels", "",
             "{\"users\":{\"@anna:home\":50},\"redact\":50}");
    hs_say(r->hs, id, "@anna:home", "moderating");
    reader_run(r, 1000);
    assert_true(reader_said(r, "moderating")->flags & CHAT_HAS_POWER);
    assert_int_equal(reader_find(r, id)->membership, MATRIX_IN);
}

static void a_large_answer_goes_through_the_disk(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    char *body = mem_zalloc(60 * 1000);
    memset(body, 'x', 60 * 1000 - 1);
    for (size_t i = 0; i < 10; i++)
        hs_say(r->hs, id, "@anna:home", body);
    hs_say(r->hs, id, "@anna:home", "last");
    reader_run(r, 5000);
    assert_non_null(reader_said(r, "last"));
    assert_int_equal(reader_count(r, CHAT_MESSAGE), 11);
    mem_free(body);
}

/* An answer of our making, once, which does not move the cursor. */
static void answer_once(struct reader *r, const char *room, const char *events)
{
    static char body[2 << 20];
    int len = snprintf(body, sizeof body,
                       "{\"next_batch\":\"%s\",\"rooms\":{\"join\":{\"%s\":{\"timeline\":{"
                       "\"events\":[%s]}}}}}",
                       r->session.sync->since, room, events);
    assert_in_range(len, 1, sizeof body - 1);
    const struct hs_fault answer = {.match = "GET /_matrix/client/v3/sync*",
                                    .kind = HS_ANSWER,
                                    .status = 200,
                                    .body = {body, (size_t)len},
                                    .times = 1};
    hs_fault(r->hs, &answer);
    hs_say(r->hs, room, "@anna:home", "wakes the poll"); /* and comes again behind that answer */
    reader_run(r, 1000);
}

#define SAID(now, body, more)                                                                      \
    "{\"type\":\"m.room.message\",\"event_id\":\"$" body "\",\"sender\":\"@anna:home\","           \
    "\"origin_server_ts\":" now ",\"content\":{\"msgtype\":\"m.text\",\"body\":\"" body "\"" more  \
    "}}"
#define NOW "1795420502000"

/* Where one number is too large all of the event's are reals: its time too. */
static void what_is_odd_comes_through_a_sync_too(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    answer_once(r, id,
                SAID(NOW, "large", ",\"n\":99999999999999999999999") "," SAID(
                    NOW, "lone", ",\"x\":\"\\udc00\"") "," SAID(NOW, "nul",
                                                                ",\"\\u0000\":1") "," SAID(NOW ".0",
                                                                                           "real",
                                                                                           ""));
    static const char *const TEXTS[] = {"large", "lone", "nul", "real"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        const struct reader_event *said = reader_said(r, TEXTS[i]);
        assert_non_null(said);
        assert_int_equal(said->flags & CHAT_HISTORY, 0);
    }
    assert_false(reader_logged(r, "matrix_events_bad"));
}

/* The state of an answer is read before its timeline, wherever it stands. */
static void the_state_of_an_answer_counts_for_its_timeline(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    static const char STATE[] =
        "{\"type\":\"m.room.member\",\"state_key\":\"@anna:home\",\"sender\":\"@anna:home\","
        "\"content\":{\"membership\":\"join\",\"displayname\":\"Anna of the Harbor\"}},"
        "{\"type\":\"m.room.power_levels\",\"state_key\":\"\",\"sender\":\"@owner:home\","
        "\"content\":{\"users\":{\"@anna:home\":100}}}";
    static const char *const NAMES[] = {"state", "state_after", "org.matrix.msc4222.state_after"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        AUTO_BUF more;
        buf_init(&more, 4096);
        buf_add_format(&more, SAID(NOW, "%c", "") "]},\"%s\":{\"events\":[%s", 'a' + (int)i,
                       'a' + (int)i, NAMES[i], STATE);
        reader_state(r, reader_find(r, id),
                     "{\"type\":\"m.room.power_levels\",\"state_key\":\"\",\"content\":{}}");
        answer_once(r, id, more.ptr);
        const char text[] = {(char)('a' + i), '\0'};
        const struct reader_event *said = reader_said(r, text);
        assert_non_null(said);
        assert_string_equal(said->display, "Anna of the Harbor");
        assert_true(said->flags & CHAT_HAS_POWER);
    }
}

/* The answer is not asked for again: the event would be no better. */
static void what_cannot_be_read_is_counted_and_hides_no_other(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    answer_once(r, id,
                SAID(NOW, "one", "") ",{\"type\":\"m.room.message\",\"content\":{\"a\":01}}," SAID(
                    NOW, "two", ""));
    assert_non_null(reader_said(r, "one"));
    assert_non_null(reader_said(r, "two"));
    assert_true(reader_logged(r, "matrix_events_bad"));
    assert_false(reader_logged(r, "matrix_sync_failed"));
}

static void a_huge_event_does_not_stop_the_others(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    AUTO_BUF events;
    buf_init(&events, 2 << 20);
    reader_start(r);
    buf_add_c(&events, SAID(NOW, "first", "") ",");
    buf_add_c(&events, "{\"type\":\"m.room.message\",\"sender\":\"@anna:home\","
                       "\"origin_server_ts\":" NOW ",\"event_id\":\"$huge\",\"content\":{"
                       "\"msgtype\":\"m.text\",\"body\":\"huge\",\"list\":[0");
    for (int i = 0; i < 500 * 1000; i++)
        buf_add_c(&events, ",0");
    buf_add_c(&events, "]}}," SAID(NOW, "last", ""));
    answer_once(r, id, events.ptr);
    assert_non_null(reader_said(r, "first"));
    assert_non_null(reader_said(r, "huge"));
    assert_non_null(reader_said(r, "last"));
}

/* Written by another client of our account: what is said there is private from then on. */
static void a_room_that_m_direct_lists_later_is_private(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *id = hs_room(r->hs, "@anna:home", NULL, NULL);
    hs_join(r->hs, id, BOT);
    hs_say(r->hs, id, "@anna:home", "of a room of nobody");
    reader_run(r, 1000);
    assert_null(reader_said(r, "of a room of nobody"));
    AUTO_BUF data;
    buf_init(&data, 1024);
    buf_add_format(&data, "{\"@anna:home\":[\"%s\"]}", id);
    hs_account_data(r->hs, BOT, "m.direct", data.ptr);
    reader_run(r, CLOCK_MINUTE_MS);
    hs_say(r->hs, id, "@anna:home", "only you");
    reader_run(r, 1000);
    assert_non_null(reader_said(r, "only you"));
    assert_true(reader_said(r, "only you")->flags & CHAT_PRIVATE);
}

static void what_was_read_takes_no_memory_any_more(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    const struct matrix_sync *sync = r->session.sync;
    reader_start(r);
    for (int i = 0; i < 400; i++) {
        hs_say(r->hs, id, "@anna:home", "something that was said, and is handled by now");
        if (i % 40 == 0)
            reader_run(r, 1000);
    }
    reader_run(r, CLOCK_MINUTE_MS);
    assert_int_equal(reader_count(r, CHAT_MESSAGE), 400);
    assert_in_range(sync->arena.used_bytes, 1, 16 * 1024);
    assert_in_range(sync->chunk.arena.used_bytes, 1, 16 * 1024);
}

/* The answer is asked for again, and what of it was read comes once; but not for ever. */
static void when_memory_is_short_an_event_is_read_again(void **state)
{
    struct reader *r = *state;
    struct matrix_sync *sync = r->session.sync;
    const char *id = reader_room(r, "@anna:home");
    char *body = mem_zalloc(20 * 1000); /* more than the first chunk holds */
    memset(body, 'x', 20 * 1000 - 1);
    body[0] = '"'; /* not plain */
    for (size_t forever = 0; forever < 2; forever++) {
        size_t before = reader_count(r, CHAT_MESSAGE);
        reader_start(r);
        sync->arena.limit_bytes = 1;
        hs_say(r->hs, id, "@anna:home", forever ? "small 2" : "small 1");
        hs_say(r->hs, id, "@anna:home", body);
        reader_run(r, 3000);
        assert_int_equal(reader_count(r, CHAT_MESSAGE), before);
        assert_false(reader_logged(r, "matrix_events_bad"));
        sync->arena.limit_bytes = forever;
        reader_run(r, CLOCK_HOUR_MS);
        assert_non_null(reader_said(r, forever ? "small 2" : "small 1"));
        assert_int_equal(reader_count(r, CHAT_MESSAGE), before + 2 - forever);
        assert_int_equal(reader_logged(r, "matrix_events_bad"), forever);
    }
    mem_free(body);
}

static void m48_the_zone_of_who_writes_to_us_is_asked_for_once(void **state)
{
    struct reader *r = *state;
    r->feature = "v1.16";
    r->member = "@anna:home";
    hs_account(r->hs, "@anna:home", "x");
    hs_profile(r->hs, "@anna:home", "m.tz", "Europe/Berlin");
    const char *id = reader_room(r, "@anna:home");
    hs_join(r->hs, id, "@stranger:home");
    reader_start(r);
    hs_say(r->hs, id, "@anna:home", "one");
    hs_say(r->hs, id, "@stranger:home", "two");
    hs_say(r->hs, id, "@anna:home", "three");
    reader_run(r, 2000);
    hs_say(r->hs, id, "@anna:home", "four");
    reader_run(r, CLOCK_HOUR_MS);
    hs_say(r->hs, id, "@anna:home", "five");
    reader_run(r, CLOCK_HOUR_MS);
    assert_string_equal(r->zones, "@anna:home=Europe/Berlin ");
    assert_int_equal(hs_requests(r->hs, "GET *profile*"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READER_TEST(m9_the_server_is_asked_for_little),
        READER_TEST(m9_the_server_keeps_the_filter_and_polls_name_it),
        READER_TEST(m9_where_the_filter_is_not_kept_each_poll_holds_it),
        READER_TEST(m9_a_filter_that_the_server_lost_goes_with_the_polls_again),
        READER_TEST(m9_after_a_failure_a_poll_holds_the_filter),
        READER_TEST(m9_a_name_that_never_goes_well_is_forgotten),
        READER_TEST(what_is_said_comes),
        READER_TEST(m10_the_cursor_is_committed_with_the_events),
        READER_TEST(m10_after_a_death_reading_goes_on_where_it_was),
        READER_TEST(m15_reading_goes_on_from_a_point_that_lasts),
        READER_TEST(m14_what_was_said_while_away_is_history),
        READER_TEST(m14_a_long_absence_loses_nothing_and_a_slow_server_makes_no_history),
        READER_TEST(a_filter_on_its_way_outlives_nobody),
        READER_TEST(m16_what_was_said_before_we_came_is_not_read),
        READER_TEST(the_first_sync_brings_a_day_of_history),
        READER_TEST(keys_in_any_order_make_no_difference),
        READER_TEST(a_body_cut_off_is_asked_for_again),
        READER_TEST(m2_ten_minutes_of_502_cost_few_requests_and_nothing_is_lost),
        READER_TEST(a_cursor_that_the_server_forgot_is_given_up),
        READER_TEST(m12_the_state_after_is_asked_for_where_it_is_known),
        READER_TEST(a_large_answer_goes_through_the_disk),
        READER_TEST(what_is_odd_comes_through_a_sync_too),
        READER_TEST(the_state_of_an_answer_counts_for_its_timeline),
        READER_TEST(what_cannot_be_read_is_counted_and_hides_no_other),
        READER_TEST(a_huge_event_does_not_stop_the_others),
        READER_TEST(a_room_that_m_direct_lists_later_is_private),
        READER_TEST(what_was_read_takes_no_memory_any_more),
        READER_TEST(when_memory_is_short_an_event_is_read_again),
        READER_TEST(m48_the_zone_of_who_writes_to_us_is_asked_for_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
