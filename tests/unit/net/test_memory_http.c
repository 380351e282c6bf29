/* SPDX-License-Identifier: MIT */
/* test_memory_http.c: requests to in-process peers, in virtual time. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "net/http.h"
#include "net/memory_http.h"

struct fixture {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct memory_http_peer *peer;
    struct memory_exchange *exchange; /* the latest that was asked */
    struct http_call *call;
    struct buf log;           /* what happened, in order */
    bool answer_at_once;      /* 200 with the request's body */
    bool unlisten_in_request; /* the peer dies in the middle of it */
    int refuse;               /* what `bytes` returns */
};

static void answer_echo(struct memory_exchange *exchange, struct str body)
{
    const struct str headers[] = {STR("content-type: text/x"), STR("Retry-After: 3")};
    assert_int_equal(memory_http_head(exchange, 200, headers, COUNT_OF(headers)), 0);
    assert_int_equal(memory_http_body(exchange, body), 0);
    memory_http_end(exchange);
}

static void on_request(void *ctx, struct memory_exchange *exchange,
                       const struct memory_http_request *request)
{
    struct fixture *fixture = ctx;
    fixture->exchange = exchange;
    buf_add_format(&fixture->log, "asked(%.*s %.*s", STR_ARG(request->method),
                   STR_ARG(request->target));
    for (size_t i = 0; i < request->header_count; i++)
        buf_add_format(&fixture->log, " %.*s", STR_ARG(request->headers[i]));
    buf_add_c(&fixture->log, ") ");
    if (str_eq_c(request->target, "/moved")) {
        const struct str headers[] = {STR("Location: /here")};
        assert_int_equal(memory_http_head(exchange, 302, headers, 1), 0);
        memory_http_end(exchange);
    } else if (fixture->answer_at_once) {
        answer_echo(exchange, request->body);
    }
    if (fixture->unlisten_in_request)
        memory_http_unlisten(TAKE(fixture->peer));
}

static void on_gone(void *ctx, struct memory_exchange *exchange)
{
    struct fixture *fixture = ctx;
    assert_ptr_equal(exchange, fixture->exchange);
    buf_add_c(&fixture->log, "gone ");
}

static int on_bytes(void *ctx, struct str bytes)
{
    struct fixture *fixture = ctx;
    buf_add_format(&fixture->log, "bytes(%.*s) ", STR_ARG(bytes));
    return fixture->refuse;
}

static void on_done(void *ctx, const struct http_answer *answer)
{
    struct fixture *fixture = ctx;
    buf_add_format(&fixture->log, "done(%d %u %.*s) ", answer->result, answer->status,
                   STR_ARG(answer->body));
    fixture->call = NULL;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init_virtual(&fixture->clock, 0);
    buf_init(&fixture->log, 4096);
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    assert_int_equal(net_create(fixture->loop, &fixture->net, NULL), 0);
    const struct memory_http_events events = {
        .request = on_request, .gone = on_gone, .ctx = fixture};
    assert_int_equal(memory_http_listen(fixture->net, STR("home"), &events, &fixture->peer), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    http_cancel(fixture->call);
    net_destroy(fixture->net);
    loop_destroy(fixture->loop);
    buf_done(&fixture->log);
    free(fixture);
    return 0;
}

static void start(struct fixture *fixture, struct http_request request)
{
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &fixture->call), 0);
}

static struct http_request get(const char *url)
{
    return (struct http_request){.method = STR("GET"), .url = str_of(url), .timeout_ms = 10000};
}

static void expect_after(struct fixture *fixture, int64_t ms, const char *events)
{
    loop_advance(fixture->loop, clock_wall_at(&fixture->clock) + ms);
    assert_string_equal(fixture->log.ptr ? fixture->log.ptr : "", events);
    buf_clear(&fixture->log);
}

static void a_request_comes_whole_and_its_answer_goes_back(void **state)
{
    struct fixture *fixture = *state;
    const struct str headers[] = {STR("Authorization: Bearer x"), STR("A: b")};
    struct http_request request = get("memory://home/path?q=1");
    request.method = STR("PUT");
    request.headers = headers;
    request.header_count = COUNT_OF(headers);
    request.body = STR("{}");
    fixture->answer_at_once = true;
    start(fixture, request);
    assert_int_equal(fixture->log.len, 0); /* nothing from inside the start */
    expect_after(fixture, 0, "asked(PUT /path?q=1 Authorization: Bearer x A: b) done(0 200 {}) ");
}

static void headers_done(void *ctx, const struct http_answer *answer)
{
    struct fixture *fixture = ctx;
    buf_add_format(&fixture->log, "%.*s %lld", STR_ARG(answer->content_type),
                   (long long)answer->retry_after_ms);
}

static void headers_of_an_answer_are_read(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("memory://home/");
    fixture->answer_at_once = true;
    struct http_call *call;
    assert_int_equal(http_start(fixture->net, &request, headers_done, fixture, &call), 0);
    expect_after(fixture, 0, "asked(GET /) text/x 3000");
}

static void an_answer_may_come_later_and_in_pieces(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("memory://home/");
    request.bytes = on_bytes;
    start(fixture, request);
    expect_after(fixture, 5000, "asked(GET /) ");
    assert_int_equal(memory_http_head(fixture->exchange, 200, NULL, 0), 0);
    assert_int_equal(memory_http_body(fixture->exchange, STR("one")), 0);
    expect_after(fixture, 1000, "bytes(one) ");
    assert_int_equal(memory_http_body(fixture->exchange, STR("two")), 0);
    memory_http_end(fixture->exchange);
    expect_after(fixture, 0, "bytes(two) done(0 200 ) ");
    expect_after(fixture, 60000, "");
}

static void a_refusals_body_is_gathered(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("memory://home/");
    request.bytes = on_bytes;
    start(fixture, request);
    expect_after(fixture, 0, "asked(GET /) ");
    assert_int_equal(memory_http_head(fixture->exchange, 502, NULL, 0), 0);
    assert_int_equal(memory_http_body(fixture->exchange, STR("bad ")), 0);
    assert_int_equal(memory_http_body(fixture->exchange, STR("gateway")), 0);
    memory_http_end(fixture->exchange);
    expect_after(fixture, 0, "done(0 502 bad gateway) ");
}

static void a_request_times_out_on_the_virtual_clock(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, get("memory://home/"));
    expect_after(fixture, 9999, "asked(GET /) ");
    expect_after(fixture, 1, "done(-110 0 ) gone ");
    start(fixture, get("memory://home/"));
    expect_after(fixture, 0, "asked(GET /) ");
    assert_int_equal(memory_http_head(fixture->exchange, 200, NULL, 0), 0); /* hangs in mid-body */
    assert_int_equal(memory_http_body(fixture->exchange, STR("half")), 0);
    expect_after(fixture, 20000, "done(-110 200 ) gone ");
}

static void peers_refuse_and_hang(void **state)
{
    struct fixture *fixture = *state;
    memory_http_set_mode(fixture->peer, MEMORY_HTTP_REFUSE);
    start(fixture, get("memory://home/"));
    expect_after(fixture, 0, "done(-111 0 ) ");
    start(fixture, get("memory://nobody/"));
    expect_after(fixture, 0, "done(-111 0 ) ");
    memory_http_set_mode(fixture->peer, MEMORY_HTTP_HANG);
    start(fixture, get("memory://home/"));
    expect_after(fixture, 9999, "");
    expect_after(fixture, 1, "done(-110 0 ) ");
}

static void what_is_cut_off_is_no_answer(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("memory://home/");
    start(fixture, request);
    expect_after(fixture, 0, "asked(GET /) ");
    memory_http_cut(fixture->exchange);
    expect_after(fixture, 0, "done(-104 0 ) ");
    request.bytes = on_bytes;
    start(fixture, request);
    expect_after(fixture, 0, "asked(GET /) ");
    assert_int_equal(memory_http_head(fixture->exchange, 200, NULL, 0), 0);
    assert_int_equal(memory_http_body(fixture->exchange, STR("half")), 0);
    memory_http_cut(fixture->exchange);
    expect_after(fixture, 0, "bytes(half) done(-104 200 ) ");
}

static void who_takes_a_body_may_give_up_and_the_ceiling_holds(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("memory://home/");
    request.bytes = on_bytes;
    fixture->refuse = -EDQUOT;
    start(fixture, request);
    expect_after(fixture, 0, "asked(GET /) ");
    assert_int_equal(memory_http_head(fixture->exchange, 200, NULL, 0), 0);
    assert_int_equal(memory_http_body(fixture->exchange, STR("more")), 0);
    expect_after(fixture, 0, "bytes(more) done(-122 200 ) gone ");
    request = get("memory://home/");
    request.method = STR("POST");
    request.body = STR("12345");
    request.max_bytes = 4;
    fixture->answer_at_once = true;
    start(fixture, request);
    expect_after(fixture, 0, "asked(POST /) done(-90 200 ) ");
}

static void a_cancelled_request_is_gone_for_the_peer(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, get("memory://home/"));
    http_cancel(TAKE(fixture->call));
    expect_after(fixture, 0, ""); /* never asked */
    start(fixture, get("memory://home/"));
    expect_after(fixture, 0, "asked(GET /) ");
    http_cancel(TAKE(fixture->call));
    expect_after(fixture, 60000, "gone ");
}

static void a_peer_that_dies_cuts_what_is_open(void **state)
{
    struct fixture *fixture = *state;
    fixture->unlisten_in_request = true;
    start(fixture, get("memory://home/"));
    expect_after(fixture, 0, "asked(GET /) done(-104 0 ) ");
    start(fixture, get("memory://home/"));
    expect_after(fixture, 0, "done(-111 0 ) ");
}

static void redirects_are_followed_when_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("memory://home/moved");
    fixture->answer_at_once = true;
    start(fixture, request);
    expect_after(fixture, 0, "asked(GET /moved) done(0 302 ) ");
    request.redirects = true;
    start(fixture, request);
    expect_after(fixture, 0, "asked(GET /moved) asked(GET /here) done(0 200 ) ");
}

static void only_whole_urls_are_taken(void **state)
{
    struct fixture *fixture = *state;
    static const char *const URLS[] = {
        "memory://home", "memory:///x",      "memory://home/a b",     "memory://a@home/",
        "memory:home/x", "memory://home/\n", "memory://home/\xc3\xa4"};
    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        struct http_request request = get(URLS[i]);
        assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &fixture->call),
                         -EINVAL);
    }
    const struct str bad = STR("A: b\nC: d");
    struct http_request request = get("memory://home/");
    request.headers = &bad;
    request.header_count = 1;
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &fixture->call), -EINVAL);
}

static void what_is_left_at_the_end_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, get("memory://home/"));
    expect_after(fixture, 0, "asked(GET /) ");
    start(fixture, get("memory://home/2"));
    fixture->call = NULL;
    net_destroy(TAKE(fixture->net));
    loop_poll(fixture->loop);
    assert_null(strstr(fixture->log.ptr, "done"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_comes_whole_and_its_answer_goes_back),
        TEST(headers_of_an_answer_are_read),
        TEST(an_answer_may_come_later_and_in_pieces),
        TEST(a_refusals_body_is_gathered),
        TEST(a_request_times_out_on_the_virtual_clock),
        TEST(peers_refuse_and_hang),
        TEST(what_is_cut_off_is_no_answer),
        TEST(who_takes_a_body_may_give_up_and_the_ceiling_holds),
        TEST(a_cancelled_request_is_gone_for_the_peer),
        TEST(a_peer_that_dies_cuts_what_is_open),
        TEST(redirects_are_followed_when_asked_for),
        TEST(only_whole_urls_are_taken),
        TEST(what_is_left_at_the_end_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
