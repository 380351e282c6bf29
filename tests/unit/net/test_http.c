/* SPDX-License-Identifier: MIT */
/* test_http.c: requests to real servers on loopback: methods, limits, redirects, cancelling, what
 * is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/http.h"
#include "net/http_request.h"
#include "peer.h"

static struct peer plain, secure;

struct fixture {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct loop_timer deadline;
    bool late;
    int answers, wanted;
    /* of the last answer */
    int result;
    unsigned status;
    int64_t retry_after_ms;
    struct buf body, etag, type, location, error;
    struct http_call *call, *cancel; /* `cancel` goes inside the callback */
};

static void too_late(struct loop_timer *timer)
{
    struct fixture *fixture = CONTAINER_OF(timer, struct fixture, deadline);
    fixture->late = true;
    loop_stop(fixture->loop);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init(&fixture->clock);
    struct buf *bufs[] = {&fixture->body, &fixture->etag, &fixture->type, &fixture->location,
                          &fixture->error};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_init(bufs[i], 1 << 20);
    fixture->deadline = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = too_late};
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    assert_int_equal(net_create(fixture->loop, &fixture->net, NULL), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    net_destroy(fixture->net);
    loop_timer_disarm(fixture->loop, &fixture->deadline);
    loop_destroy(fixture->loop);
    struct buf *bufs[] = {&fixture->body, &fixture->etag, &fixture->type, &fixture->location,
                          &fixture->error};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_done(bufs[i]);
    free(fixture);
    return 0;
}

static void keep(struct buf *buf, struct str text)
{
    buf_clear(buf);
    buf_add(buf, text);
    buf_add(buf, STR("")); /* never NULL */
}

static void on_done(void *ctx, const struct http_answer *answer)
{
    struct fixture *fixture = ctx;
    fixture->result = answer->result;
    fixture->status = answer->status;
    fixture->retry_after_ms = answer->retry_after_ms;
    keep(&fixture->body, answer->body);
    keep(&fixture->etag, answer->etag);
    keep(&fixture->type, answer->content_type);
    keep(&fixture->location, answer->location);
    keep(&fixture->error, answer->error);
    http_cancel(TAKE(fixture->cancel));
    if (++fixture->answers == fixture->wanted)
        loop_stop(fixture->loop);
}

static void run(struct fixture *fixture, int answers)
{
    fixture->wanted = answers;
    clock_refresh(&fixture->clock);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &fixture->deadline, 20000), 0);
    assert_int_equal(loop_run(fixture->loop), 0);
    assert_false(fixture->late);
}

static const char *url_of(const struct peer *peer, const char *path)
{
    static char urls[4][256];
    static unsigned next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof urls[0], "%s://127.0.0.1:%d%s", peer == &secure ? "https" : "http",
             peer->port, path);
    return url;
}

static struct http_request get(const struct peer *peer, const char *path)
{
    return (struct http_request){
        .method = STR("GET"), .url = str_of(url_of(peer, path)), .timeout_ms = 10000};
}

static void ask(struct fixture *fixture, const struct http_request *request)
{
    assert_int_equal(http_start(fixture->net, request, on_done, fixture, &fixture->call), 0);
    run(fixture, fixture->answers + 1);
}

static void expect_in(const char *whole, const char *part)
{
    if (!strstr(whole, part))
        fail_msg("\"%s\" is not in \"%s\"", part, whole);
}

static void an_answer_has_its_parts(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/show?x=1");
    ask(fixture, &request);
    assert_int_equal(fixture->result, 0);
    assert_int_equal(fixture->status, 200);
    assert_string_equal(fixture->etag.ptr, "\"v1\"");
    assert_string_equal(fixture->type.ptr, "text/plain");
    assert_string_equal(fixture->location.ptr, "");
    assert_int_equal(fixture->retry_after_ms, -1);
    expect_in(fixture->body.ptr, "GET /show?x=1\n");
    expect_in(fixture->body.ptr, "User-Agent: mooring/");
}

static void nothing_is_answered_from_inside_the_start(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/show");
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &fixture->call), 0);
    assert_int_equal(fixture->answers, 0);
    http_cancel(fixture->call);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->answers, 0);
}

static void a_body_and_headers_are_sent_with_any_method(void **state)
{
    struct fixture *fixture = *state;
    static const char *const METHODS[] = {"POST", "PUT", "DELETE"};
    const struct str headers[] = {STR("Authorization: Bearer secret"),
                                  STR("Content-Type: application/json")};
    for (size_t i = 0; i < COUNT_OF(METHODS); i++) {
        struct http_request request = get(&plain, "/show");
        request.method = str_of(METHODS[i]);
        request.headers = headers;
        request.header_count = COUNT_OF(headers);
        request.body = STR("{\"a\": 1}");
        ask(fixture, &request);
        assert_int_equal(fixture->status, 200);
        assert_memory_equal(fixture->body.ptr, METHODS[i], strlen(METHODS[i]));
        expect_in(fixture->body.ptr, "Authorization: Bearer secret\n");
        expect_in(fixture->body.ptr, "Content-Type: application/json\n");
        expect_in(fixture->body.ptr, "\n\n{\"a\": 1}");
        assert_null(strstr(fixture->body.ptr, "Expect:"));
    }
}

static void an_empty_body_claims_no_type(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/show");
    request.method = STR("PUT");
    ask(fixture, &request);
    expect_in(fixture->body.ptr, "Content-Length: 0\n");
    assert_null(strstr(fixture->body.ptr, "Content-Type"));
}

static void head_has_no_body(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/show");
    request.method = STR("HEAD");
    ask(fixture, &request);
    assert_int_equal(fixture->status, 200);
    assert_int_equal(fixture->body.len, 0);
}

static void any_status_is_an_answer(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/nothing");
    ask(fixture, &request);
    assert_int_equal(fixture->result, 0);
    assert_int_equal(fixture->status, 404);
    assert_string_equal(fixture->body.ptr, "no");
}

static void retry_after_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/busy");
    ask(fixture, &request);
    assert_int_equal(fixture->status, 429);
    assert_int_equal(fixture->retry_after_ms, 17000);
}

static void retry_after_has_two_forms(void **state)
{
    (void)state;
    const int64_t now_at = 1795424100000; /* 2026-11-23 08:55:00 UTC */
    assert_int_equal(http_request_retry_after_ms(STR(" 120 "), now_at), 120000);
    assert_int_equal(http_request_retry_after_ms(STR("0"), now_at), 0);
    assert_int_equal(http_request_retry_after_ms(STR("Mon, 23 Nov 2026 08:56:30 GMT"), now_at),
                     90000);
    assert_int_equal(http_request_retry_after_ms(STR("Mon, 23 Nov 2026 08:00:00 GMT"), now_at), 0);
    assert_int_equal(http_request_retry_after_ms(STR("-5"), now_at), -1);
    assert_int_equal(http_request_retry_after_ms(STR("soon"), now_at), -1);
    assert_int_equal(http_request_retry_after_ms(STR(""), now_at), -1);
    assert_int_equal(http_request_retry_after_ms(STR("99999999999999999999"), now_at),
                     365 * CLOCK_DAY_MS);
}

static void an_answer_over_the_ceiling_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const PATHS[] = {"/big", "/endless"}; /* its length told, and not */
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        struct http_request request = get(&plain, PATHS[i]);
        request.max_bytes = 99999;
        ask(fixture, &request);
        assert_int_equal(fixture->result, -EMSGSIZE);
        assert_int_equal(fixture->body.len, 0);
    }
}

static void an_answer_at_the_ceiling_is_not(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/big");
    request.max_bytes = 100000;
    ask(fixture, &request);
    assert_int_equal(fixture->result, 0);
    assert_int_equal(fixture->body.len, 100000);
}

static void a_cut_answer_is_no_answer(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/cut");
    ask(fixture, &request);
    assert_int_equal(fixture->result, -ECONNRESET);
    assert_int_equal(fixture->body.len, 0);
}

static void a_slow_server_times_out(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/slow?token=secret");
    request.timeout_ms = 50;
    ask(fixture, &request);
    assert_int_equal(fixture->result, -ETIMEDOUT);
    assert_int_equal(fixture->status, 0);
    expect_in(fixture->error.ptr, "127.0.0.1:");
    assert_null(strstr(fixture->error.ptr, "secret"));
}

static void a_refused_connection_is_told(void **state)
{
    struct fixture *fixture = *state;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", peer_free_port());
    struct http_request request = {.method = STR("GET"), .url = str_of(url), .timeout_ms = 5000};
    ask(fixture, &request);
    assert_int_equal(fixture->result, -ECONNREFUSED);
    expect_in(fixture->error.ptr, "refused");
}

static void a_redirect_is_an_answer_unless_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/to-http");
    ask(fixture, &request);
    assert_int_equal(fixture->status, 302);
    expect_in(fixture->location.ptr, "/show");
}

static void a_redirect_to_http_is_not_followed(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/to-http");
    request.redirects = true;
    ask(fixture, &request);
    assert_int_equal(fixture->result, -EPROTONOSUPPORT);
}

static void a_redirect_to_https_is_followed(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&secure, "/to-https");
    request.redirects = true;
    request.ca_file = str_of(peer_path("ca.pem"));
    ask(fixture, &request);
    assert_int_equal(fixture->result, 0);
    assert_int_equal(fixture->status, 200);
    assert_string_equal(fixture->etag.ptr, "\"v1\"");
}

static void redirects_in_a_circle_end(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&secure, "/circle");
    request.redirects = true;
    request.ca_file = str_of(peer_path("ca.pem"));
    ask(fixture, &request);
    assert_int_equal(fixture->result, -ELOOP);
}

static void a_certificate_that_nobody_signed_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&secure, "/show");
    ask(fixture, &request);
    assert_int_equal(fixture->result, -EKEYREJECTED);
    expect_in(fixture->error.ptr, "certificate");
}

static void cancelling_another_request_inside_a_callback_is_legal(void **state)
{
    struct fixture *fixture = *state;
    struct http_request slow = get(&plain, "/slow"), fast = get(&plain, "/show");
    assert_int_equal(http_start(fixture->net, &slow, on_done, fixture, &fixture->cancel), 0);
    ask(fixture, &fast);
    assert_null(fixture->cancel);
    assert_int_equal(fixture->status, 200);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->answers, 1);
}

static void cancelling_itself_inside_its_callback_is_legal(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/show");
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &fixture->call), 0);
    fixture->cancel = fixture->call;
    run(fixture, 1);
    assert_int_equal(fixture->status, 200);
}

static void cancelling_a_request_under_way_ends_it_unheard(void **state)
{
    struct fixture *fixture = *state;
    struct http_request slow = get(&plain, "/slow"), fast = get(&plain, "/show");
    struct http_call *call;
    assert_int_equal(http_start(fixture->net, &slow, on_done, fixture, &call), 0);
    ask(fixture, &fast); /* by now the slow one is sent */
    http_cancel(call);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->answers, 1);
    http_cancel(NULL);
}

static void many_requests_are_served_and_the_ceiling_holds(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/show");
    struct http_call *call;
    int started = 0;
    while (http_start(fixture->net, &request, on_done, fixture, &call) == 0)
        started++;
    assert_int_equal(started, 256);
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &call), -EAGAIN);
    run(fixture, started);
    assert_int_equal(fixture->status, 200);
    ask(fixture, &request);
}

static void requests_left_at_the_end_are_dropped_without_a_call(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get(&plain, "/show");
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &fixture->call), 0);
    net_destroy(TAKE(fixture->net));
    loop_poll(fixture->loop);
    assert_int_equal(fixture->answers, 0);
}

static void check_url(struct str url, int expected, const char *place)
{
    char got[300] = "";
    int r = http_request_check_url(url, got, sizeof got);
    if (r != expected)
        fail_msg("%.*s: %d instead of %d", STR_ARG(url), r, expected);
    if (r == 0)
        assert_string_equal(got, place);
}

static void only_https_or_this_machine_is_reached(void **state)
{
    (void)state;
    check_url(STR("https://matrix.example.org/_matrix?access_token=x"), 0,
              "matrix.example.org:443");
    check_url(STR("https://[2001:db8::1]:8448/"), 0, "[2001:db8::1]:8448");
    check_url(STR("http://127.0.0.1:8008/"), 0, "127.0.0.1:8008");
    check_url(STR("http://[::1]:8008/"), 0, "[::1]:8008");
    check_url(STR("http://localhost/"), 0, "localhost:80");
    check_url(STR("http://example.org/"), -EINVAL, NULL);
    check_url(STR("http://localhost.example.org/"), -EINVAL, NULL);
    check_url(STR("http://127.0.0.1@example.org/"), -EINVAL, NULL);
    check_url(STR("https://user:secret@example.org/"), -EINVAL, NULL);
    check_url(STR("file:///etc/passwd"), -EINVAL, NULL);
    check_url(STR("ftp://127.0.0.1/"), -EINVAL, NULL);
    check_url(STR("https://"), -EINVAL, NULL);
    check_url(STR("example.org"), -EINVAL, NULL);
    check_url(STR(""), -EINVAL, NULL);
    check_url(STR("https://example.org/\0x"), -EINVAL, NULL);
}

static void bad_methods_and_headers_are_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct str headers[] = {STR("X: a\r\nEvil: b"),
                                  STR("X: a\nEvil: b"),
                                  STR("X: \0"),
                                  STR("no colon"),
                                  STR("X:"),
                                  STR("a b: c"),
                                  STR(": x")};
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        struct http_request request = get(&plain, "/show");
        request.headers = &headers[i];
        request.header_count = 1;
        assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &fixture->call),
                         -EINVAL);
    }
    const struct str methods[] = {STR(""), STR("GET /x"), STR("GET\r\n"),
                                  STR("A-METHOD-THAT-IS-TOO-LONG")};
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        struct http_request request = get(&plain, "/show");
        request.method = methods[i];
        assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &fixture->call),
                         -EINVAL);
    }
    assert_null(fixture->call);
}

static int start_peers(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* must not matter */
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    peer_start(&plain, "http", NULL);
    peer_start(&secure, "http", "server");
    return 0;
}

static int stop_peers(void **state)
{
    (void)state;
    peer_stop(&plain);
    peer_stop(&secure);
    peer_clean();
    return 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_has_its_parts),
        TEST(nothing_is_answered_from_inside_the_start),
        TEST(a_body_and_headers_are_sent_with_any_method),
        TEST(an_empty_body_claims_no_type),
        TEST(head_has_no_body),
        TEST(any_status_is_an_answer),
        TEST(retry_after_is_read),
        cmocka_unit_test(retry_after_has_two_forms),
        TEST(an_answer_over_the_ceiling_is_refused),
        TEST(an_answer_at_the_ceiling_is_not),
        TEST(a_cut_answer_is_no_answer),
        TEST(a_slow_server_times_out),
        TEST(a_refused_connection_is_told),
        TEST(a_redirect_is_an_answer_unless_asked_for),
        TEST(a_redirect_to_http_is_not_followed),
        TEST(a_redirect_to_https_is_followed),
        TEST(redirects_in_a_circle_end),
        TEST(a_certificate_that_nobody_signed_is_refused),
        TEST(cancelling_another_request_inside_a_callback_is_legal),
        TEST(cancelling_itself_inside_its_callback_is_legal),
        TEST(cancelling_a_request_under_way_ends_it_unheard),
        TEST(many_requests_are_served_and_the_ceiling_holds),
        TEST(requests_left_at_the_end_are_dropped_without_a_call),
        cmocka_unit_test(only_https_or_this_machine_is_reached),
        TEST(bad_methods_and_headers_are_refused),
    };
    return cmocka_run_group_tests(tests, start_peers, stop_peers);
}
