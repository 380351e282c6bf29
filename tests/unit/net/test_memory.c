/* SPDX-License-Identifier: MIT */
/* test_memory.c: in-process peers, and streams to them, in virtual time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/memory.h"
#include "net/stream.h"

struct fixture {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct memory_peer *peer;
    struct memory_connection *served;
    struct stream *stream;
    struct buf log; /* what happened, in order */
    struct error why;
    bool destroy_on_line, destroy_on_open, close_on_bytes, echo;
};

static void log_add(struct fixture *fixture, const char *what, struct str bytes)
{
    buf_add_format(&fixture->log, "%s(%.*s) ", what, STR_ARG(bytes));
}

static void peer_accepted(void *ctx, struct memory_connection *connection)
{
    struct fixture *fixture = ctx;
    fixture->served = connection;
    log_add(fixture, "accepted", STR(""));
}

static void peer_bytes(void *ctx, struct memory_connection *connection, struct str bytes)
{
    struct fixture *fixture = ctx;
    log_add(fixture, "got", bytes);
    if (fixture->echo)
        assert_int_equal(memory_write(connection, bytes), 0);
    if (fixture->close_on_bytes)
        memory_close(connection, 0);
}

static void peer_closed(void *ctx, struct memory_connection *connection)
{
    struct fixture *fixture = ctx;
    (void)connection;
    log_add(fixture, "left", STR(""));
}

static void stream_opened(void *ctx)
{
    struct fixture *fixture = ctx;
    log_add(fixture, "opened", STR(""));
    if (fixture->destroy_on_open)
        stream_destroy(TAKE(fixture->stream));
}

static void stream_line(void *ctx, struct str line)
{
    struct fixture *fixture = ctx;
    log_add(fixture, "line", line);
    if (fixture->destroy_on_line)
        stream_destroy(TAKE(fixture->stream));
}

static void stream_batch_end(void *ctx)
{
    log_add(ctx, "end", STR(""));
}

static void stream_closed(void *ctx, const struct error *why)
{
    struct fixture *fixture = ctx;
    fixture->why = *why;
    buf_add_format(&fixture->log, "closed(%d) ", why->code);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init_virtual(&fixture->clock, 0);
    buf_init(&fixture->log, 4096);
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    assert_int_equal(net_create(fixture->loop, &fixture->net, NULL), 0);
    const struct memory_peer_events events = {
        .accepted = peer_accepted, .bytes = peer_bytes, .closed = peer_closed, .ctx = fixture};
    assert_int_equal(memory_listen(fixture->net, STR("harbor"), &events, &fixture->peer), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stream_destroy(fixture->stream);
    net_destroy(fixture->net);
    loop_destroy(fixture->loop);
    buf_done(&fixture->log);
    free(fixture);
    return 0;
}

static void open_with(struct fixture *fixture, struct stream_options options)
{
    const struct stream_events events = {.opened = stream_opened,
                                         .line = stream_line,
                                         .closed = stream_closed,
                                         .batch_end = stream_batch_end,
                                         .ctx = fixture};
    assert_int_equal(stream_open(fixture->net, &options, &events, &fixture->stream), 0);
}

static void open_stream(struct fixture *fixture)
{
    open_with(fixture,
              (struct stream_options){.host = STR("memory:harbor"), .connect_timeout_ms = 5000});
}

/* All that can happen without time passing; then what did happen, and a clean sheet. */
static void expect(struct fixture *fixture, const char *events)
{
    loop_advance(fixture->loop, clock_wall_at(&fixture->clock));
    assert_string_equal(fixture->log.ptr ? fixture->log.ptr : "", events);
    buf_clear(&fixture->log);
}

static void opened_fixture(struct fixture *fixture)
{
    open_stream(fixture);
    expect(fixture, "accepted() opened() ");
}

static void nothing_is_told_before_the_loop_runs(void **state)
{
    struct fixture *fixture = *state;
    open_stream(fixture);
    assert_int_equal(fixture->log.len, 0);
    expect(fixture, "accepted() opened() ");
}

static void lines_go_there_and_back(void **state)
{
    struct fixture *fixture = *state;
    fixture->echo = true;
    opened_fixture(fixture);
    assert_int_equal(stream_write_line(fixture->stream, STR("NICK ana")), 0);
    assert_int_equal(stream_write_line(fixture->stream, STR("USER ana")), 0);
    assert_int_equal(stream_queued_bytes(fixture->stream), 20);
    expect(fixture, "got(NICK ana\r\nUSER ana\r\n) line(NICK ana) line(USER ana) end() ");
    assert_int_equal(stream_queued_bytes(fixture->stream), 0);
}

static void bytes_arrive_in_order_and_lines_are_put_together(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    assert_int_equal(memory_write(fixture->served, STR("PI")), 0);
    expect(fixture, "");
    assert_int_equal(memory_write(fixture->served, STR("NG 1\r")), 0);
    assert_int_equal(memory_write(fixture->served, STR("\nPING 2\n")), 0);
    expect(fixture, "line(PING 1) line(PING 2) end() ");
}

static void data_before_the_close_is_delivered_and_a_half_line_is_not(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    assert_int_equal(memory_write(fixture->served, STR("ERROR :bye\r\nQUI")), 0);
    memory_close(fixture->served, 0);
    expect(fixture, "line(ERROR :bye) end() closed(0) ");
}

static void a_broken_connection_is_a_sentence(void **state)
{
    struct fixture *fixture = *state;
    char expected[64];
    opened_fixture(fixture);
    memory_close(fixture->served, -ECONNRESET);
    snprintf(expected, sizeof expected, "closed(%d) ", -ECONNRESET);
    expect(fixture, expected);
    assert_non_null(strstr(fixture->why.text, "memory:harbor"));
}

static void what_the_client_said_last_is_delivered_before_it_leaves(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    assert_int_equal(stream_write_line(fixture->stream, STR("QUIT")), 0);
    stream_flush(fixture->stream);
    stream_destroy(TAKE(fixture->stream));
    expect(fixture, "got(QUIT\r\n) left() ");
}

static void a_destroyed_stream_takes_its_queue_with_it(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    assert_int_equal(stream_write_line(fixture->stream, STR("QUIT")), 0);
    stream_destroy(TAKE(fixture->stream));
    expect(fixture, "left() ");
}

static void a_refusing_peer_is_told_as_such(void **state)
{
    struct fixture *fixture = *state;
    char expected[64];
    memory_set_mode(fixture->peer, MEMORY_REFUSE);
    open_stream(fixture);
    snprintf(expected, sizeof expected, "closed(%d) ", -ECONNREFUSED);
    expect(fixture, expected);
    assert_non_null(strstr(fixture->why.text, "refused"));
}

static void a_name_that_nobody_has_refuses(void **state)
{
    struct fixture *fixture = *state;
    char expected[64];
    open_with(fixture, (struct stream_options){.host = STR("memory:nowhere")});
    snprintf(expected, sizeof expected, "closed(%d) ", -ECONNREFUSED);
    expect(fixture, expected);
}

static void a_hanging_peer_times_out_on_the_virtual_clock(void **state)
{
    struct fixture *fixture = *state;
    char expected[64];
    memory_set_mode(fixture->peer, MEMORY_HANG);
    open_stream(fixture);
    loop_advance(fixture->loop, 4999);
    expect(fixture, "");
    loop_advance(fixture->loop, 5000);
    snprintf(expected, sizeof expected, "closed(%d) ", -ETIMEDOUT);
    expect(fixture, expected);
    assert_non_null(strstr(fixture->why.text, "in time"));
}

static void an_open_stream_does_not_time_out(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    loop_advance(fixture->loop, CLOCK_DAY_MS);
    expect(fixture, "");
}

static void unlistening_closes_what_is_open(void **state)
{
    struct fixture *fixture = *state;
    char expected[64];
    opened_fixture(fixture);
    memory_unlisten(fixture->peer);
    snprintf(expected, sizeof expected, "closed(%d) ", -ECONNRESET);
    expect(fixture, expected);
}

static void a_hanging_connection_outlives_its_peer_and_is_freed(void **state)
{
    struct fixture *fixture = *state;
    memory_set_mode(fixture->peer, MEMORY_HANG);
    open_stream(fixture);
    expect(fixture, "");
    memory_unlisten(TAKE(fixture->peer));
    expect(fixture, "");
    stream_destroy(TAKE(fixture->stream)); /* the sanitizer sees what is lost */
    expect(fixture, "");
}

static void a_stream_destroyed_before_it_was_accepted_is_never_seen(void **state)
{
    struct fixture *fixture = *state;
    open_stream(fixture);
    stream_destroy(TAKE(fixture->stream));
    expect(fixture, "");
}

static void a_side_that_closed_cannot_write_and_the_other_writes_into_the_void(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    memory_close(fixture->served, 0);
    assert_int_equal(memory_write(fixture->served, STR("x\n")), -ENOTCONN);
    assert_int_equal(stream_write_line(fixture->stream, STR("nobody reads this")), 0);
    expect(fixture, "closed(0) ");
}

static void a_peer_takes_a_limited_number_of_connections(void **state)
{
    struct fixture *fixture = *state;
    struct stream *streams[257];
    const struct stream_options options = {.host = STR("memory:harbor")};
    const struct stream_events events = {
        .opened = stream_opened, .line = stream_line, .closed = stream_closed, .ctx = fixture};
    for (size_t i = 0; i < COUNT_OF(streams); i++) {
        assert_int_equal(stream_open(fixture->net, &options, &events, &streams[i]), 0);
        loop_advance(fixture->loop, 0);
        buf_clear(&fixture->log);
    }
    assert_int_equal(fixture->why.code, -ECONNREFUSED); /* the last one */
    for (size_t i = 0; i < COUNT_OF(streams); i++)
        stream_destroy(streams[i]);
}

static void a_mode_changes_for_new_connections_only(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    memory_set_mode(fixture->peer, MEMORY_REFUSE);
    assert_int_equal(memory_write(fixture->served, STR("still here\n")), 0);
    expect(fixture, "line(still here) end() ");
}

static void a_line_over_several_writes_fills_a_chunk_exactly(void **state)
{
    struct fixture *fixture = *state;
    char line[4094];
    memset(line, 'c', sizeof line);
    fixture->echo = true;
    opened_fixture(fixture);
    buf_done(&fixture->log);
    buf_init(&fixture->log, 65536);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stream_write_line(fixture->stream, (struct str){line, sizeof line}), 0);
    loop_advance(fixture->loop, 0);
    assert_int_equal(stream_queued_bytes(fixture->stream), 0);
    size_t count = 0;
    for (size_t at = str_find(buf_str(&fixture->log), STR("line(ccc"), 0); at != SIZE_MAX;
         at = str_find(buf_str(&fixture->log), STR("line(ccc"), at + 1))
        count++;
    assert_int_equal(count, 3);
}

static void destroying_in_a_line_callback_is_legal(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    fixture->destroy_on_line = true;
    assert_int_equal(memory_write(fixture->served, STR("one\r\ntwo\r\n")), 0);
    expect(fixture, "line(one) left() ");
}

static void destroying_in_the_opened_callback_is_legal(void **state)
{
    struct fixture *fixture = *state;
    fixture->destroy_on_open = true;
    open_stream(fixture);
    expect(fixture, "accepted() opened() left() ");
}

static void closing_inside_the_peers_callback_is_legal(void **state)
{
    struct fixture *fixture = *state;
    fixture->echo = fixture->close_on_bytes = true;
    opened_fixture(fixture);
    assert_int_equal(stream_write_line(fixture->stream, STR("hi")), 0);
    expect(fixture, "got(hi\r\n) line(hi) end() closed(0) ");
}

static void lines_that_would_smuggle_are_refused(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    assert_int_equal(stream_write_line(fixture->stream, STR("a\r\nQUIT")), -EINVAL);
    assert_int_equal(stream_write_line(fixture->stream, STR("a\nQUIT")), -EINVAL);
    assert_int_equal(stream_write_line(fixture->stream, STR("a\0b")), -EINVAL);
    assert_int_equal(stream_queued_bytes(fixture->stream), 0);
}

static void writing_needs_an_open_stream(void **state)
{
    struct fixture *fixture = *state;
    open_stream(fixture);
    assert_int_equal(stream_write_line(fixture->stream, STR("early")), -ENOTCONN);
    expect(fixture, "accepted() opened() ");
    memory_close(fixture->served, 0);
    expect(fixture, "closed(0) ");
    assert_int_equal(stream_write_line(fixture->stream, STR("late")), -ENOTCONN);
}

static void the_queue_has_a_ceiling_and_takes_lines_whole(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, (struct stream_options){.host = STR("memory:harbor"), .queue_limit = 10});
    expect(fixture, "accepted() opened() ");
    assert_int_equal(stream_write_line(fixture->stream, STR("12345678")), 0);
    assert_int_equal(stream_write_line(fixture->stream, STR("")), -ENOBUFS);
    expect(fixture, "got(12345678\r\n) ");
    assert_int_equal(stream_write_line(fixture->stream, STR("123456789")), -ENOBUFS);
    expect(fixture, "");
}

static void long_lines_are_cut_and_counted(void **state)
{
    struct fixture *fixture = *state;
    open_with(fixture, (struct stream_options){.host = STR("memory:harbor"), .line_limit = 4});
    expect(fixture, "accepted() opened() ");
    assert_int_equal(memory_write(fixture->served, STR("123456\r\nab\r\n")), 0);
    expect(fixture, "line(1234) line(ab) end() ");
    assert_int_equal(stream_cut_lines(fixture->stream), 1);
}

static void a_peers_queue_has_a_ceiling(void **state)
{
    struct fixture *fixture = *state;
    char *bytes = calloc(1, 700 * 1024);
    assert_non_null(bytes);
    opened_fixture(fixture);
    assert_int_equal(memory_write(fixture->served, (struct str){bytes, 700 * 1024}), 0);
    assert_int_equal(memory_write(fixture->served, (struct str){bytes, 700 * 1024}), -ENOBUFS);
    expect(fixture, "");
    assert_int_equal(memory_write(fixture->served, (struct str){bytes, 700 * 1024}), 0);
    free(bytes);
}

static void a_name_is_taken_once(void **state)
{
    struct fixture *fixture = *state;
    struct memory_peer *second = NULL;
    const struct memory_peer_events events = {.bytes = peer_bytes, .ctx = fixture};
    assert_int_equal(memory_listen(fixture->net, STR("harbor"), &events, &second), -EADDRINUSE);
    memory_unlisten(TAKE(fixture->peer));
    assert_int_equal(memory_listen(fixture->net, STR("harbor"), &events, &second), 0);
}

static void in_process_traffic_keeps_the_loop_from_idling(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    assert_true(loop_idle(fixture->loop));
    assert_int_equal(memory_write(fixture->served, STR("x\n")), 0);
    assert_false(loop_idle(fixture->loop));
    expect(fixture, "line(x) end() ");
    assert_true(loop_idle(fixture->loop));
}

static void the_end_of_the_net_drops_all_without_a_call(void **state)
{
    struct fixture *fixture = *state;
    opened_fixture(fixture);
    assert_int_equal(memory_write(fixture->served, STR("x\n")), 0);
    assert_int_equal(stream_write_line(fixture->stream, STR("y")), 0);
    net_destroy(TAKE(fixture->net));
    fixture->stream = NULL;
    expect(fixture, "");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_told_before_the_loop_runs),
        TEST(lines_go_there_and_back),
        TEST(bytes_arrive_in_order_and_lines_are_put_together),
        TEST(data_before_the_close_is_delivered_and_a_half_line_is_not),
        TEST(a_broken_connection_is_a_sentence),
        TEST(what_the_client_said_last_is_delivered_before_it_leaves),
        TEST(a_destroyed_stream_takes_its_queue_with_it),
        TEST(a_refusing_peer_is_told_as_such),
        TEST(a_name_that_nobody_has_refuses),
        TEST(a_hanging_peer_times_out_on_the_virtual_clock),
        TEST(an_open_stream_does_not_time_out),
        TEST(unlistening_closes_what_is_open),
        TEST(a_hanging_connection_outlives_its_peer_and_is_freed),
        TEST(a_stream_destroyed_before_it_was_accepted_is_never_seen),
        TEST(a_side_that_closed_cannot_write_and_the_other_writes_into_the_void),
        TEST(a_peer_takes_a_limited_number_of_connections),
        TEST(a_mode_changes_for_new_connections_only),
        TEST(a_line_over_several_writes_fills_a_chunk_exactly),
        TEST(destroying_in_a_line_callback_is_legal),
        TEST(destroying_in_the_opened_callback_is_legal),
        TEST(closing_inside_the_peers_callback_is_legal),
        TEST(lines_that_would_smuggle_are_refused),
        TEST(writing_needs_an_open_stream),
        TEST(the_queue_has_a_ceiling_and_takes_lines_whole),
        TEST(long_lines_are_cut_and_counted),
        TEST(a_peers_queue_has_a_ceiling),
        TEST(a_name_is_taken_once),
        TEST(in_process_traffic_keeps_the_loop_from_idling),
        TEST(the_end_of_the_net_drops_all_without_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
