/* SPDX-License-Identifier: MIT */
/* test_http_bodies.c: bodies as they come, connections used again, long polls: against a real
 * server on loopback. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "peer.h"

static struct peer plain;

struct fixture {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct loop_timer deadline;
    bool late;
    int answers, wanted;
    int result; /* of the last answer */
    unsigned status;
    struct buf body, streamed;
    int refuse; /* what `bytes` returns */
    bool tell;  /* once the first piece is there, the peer may send the second */
    struct loop_call telling;
};

static void too_late(struct loop_timer *timer)
{
    struct fixture *fixture = CONTAINER_OF(timer, struct fixture, deadline);
    fixture->late = true;
    loop_stop(fixture->loop);
}

static void on_done(void *ctx, const struct http_answer *answer)
{
    struct fixture *fixture = ctx;
    fixture->result = answer->result;
    fixture->status = answer->status;
    buf_clear(&fixture->body);
    buf_add(&fixture->body, answer->body);
    buf_add(&fixture->body, STR("")); /* never NULL */
    if (++fixture->answers == fixture->wanted)
        loop_stop(fixture->loop);
}

static int on_piece(void *ctx, struct str bytes)
{
    struct fixture *fixture = ctx;
    buf_add(&fixture->streamed, bytes);
    if (fixture->tell)
        loop_defer(fixture->loop, &fixture->telling);
    return fixture->refuse;
}

static void run(struct fixture *fixture, int answers)
{
    fixture->wanted = answers;
    clock_refresh(&fixture->clock);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &fixture->deadline, 20000), 0);
    assert_int_equal(loop_run(fixture->loop), 0);
    assert_false(fixture->late);
}

static struct http_request get(const char *path)
{
    static char urls[4][256];
    static unsigned next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof urls[0], "http://127.0.0.1:%d%s", plain.port, path);
    return (struct http_request){.method = STR("GET"), .url = str_of(url), .timeout_ms = 10000};
}

static void tell_peer(struct loop_call *telling)
{
    struct fixture *fixture = CONTAINER_OF(telling, struct fixture, telling);
    struct http_request request = get("/seen");
    struct http_call *call;
    fixture->tell = false;
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &call), 0);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init(&fixture->clock);
    buf_init(&fixture->body, 1 << 20);
    buf_init(&fixture->streamed, 1 << 20);
    fixture->telling.run = tell_peer;
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
    buf_done(&fixture->body);
    buf_done(&fixture->streamed);
    free(fixture);
    return 0;
}

static void ask(struct fixture *fixture, const struct http_request *request)
{
    struct http_call *call;
    assert_int_equal(http_start(fixture->net, request, on_done, fixture, &call), 0);
    run(fixture, fixture->answers + 1);
}

static void a_body_is_handed_over_as_it_comes(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("/drip");
    request.bytes = on_piece;
    struct http_call *call;
    fixture->tell = true; /* else the peer would wait for ever */
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &call), 0);
    run(fixture, 2);
    assert_int_equal(fixture->result, 0);
    assert_int_equal(fixture->body.len, 0);
    assert_string_equal(fixture->streamed.ptr, "onetwo");
}

static void the_body_of_a_refusal_is_gathered_as_ever(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("/busy");
    request.bytes = on_piece;
    ask(fixture, &request);
    assert_int_equal(fixture->status, 429);
    assert_string_equal(fixture->body.ptr, "later");
    assert_int_equal(fixture->streamed.len, 0);
}

static void who_takes_a_body_may_give_up_in_it(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("/endless");
    request.bytes = on_piece;
    request.max_bytes = 1 << 20;
    fixture->refuse = -EDQUOT;
    ask(fixture, &request);
    assert_int_equal(fixture->result, -EDQUOT);
    assert_true(fixture->streamed.len > 0 && fixture->streamed.len <= 64 * 1024);
}

static void the_ceiling_holds_for_a_body_as_it_comes(void **state)
{
    struct fixture *fixture = *state;
    static const char *const PATHS[] = {"/endless", "/packed"}; /* as unpacked */
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        struct http_request request = get(PATHS[i]);
        request.bytes = on_piece;
        request.max_bytes = 99999;
        buf_clear(&fixture->streamed);
        ask(fixture, &request);
        assert_int_equal(fixture->result, -EMSGSIZE);
        assert_true(fixture->streamed.len <= 99999);
    }
}

static void a_connection_is_used_again(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = get("/port");
    ask(fixture, &request);
    long first = strtol(fixture->body.ptr, NULL, 10);
    ask(fixture, &request);
    assert_true(first > 0);
    assert_int_equal(strtol(fixture->body.ptr, NULL, 10), first);
}

/* As many as a host may have connections hang; what is short comes through beside them only when
 * they do not count. */
static void long_polls_keep_no_request_waiting(void **state)
{
    struct fixture *fixture = *state;
    struct http_request slow = get("/slow"), fast = get("/show");
    struct http_call *polls[20];
    slow.is_long = true;
    for (size_t i = 0; i < COUNT_OF(polls); i++)
        assert_int_equal(http_start(fixture->net, &slow, on_done, fixture, &polls[i]), 0);
    ask(fixture, &fast);
    assert_int_equal(fixture->status, 200);
    for (size_t i = 0; i < COUNT_OF(polls); i++)
        http_cancel(polls[i]);
}

static int start_peer(void **state)
{
    (void)state;
    peer_start(&plain, "http", NULL);
    return 0;
}

static int stop_peer(void **state)
{
    (void)state;
    peer_stop(&plain);
    return 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_is_handed_over_as_it_comes),  TEST(the_body_of_a_refusal_is_gathered_as_ever),
        TEST(who_takes_a_body_may_give_up_in_it), TEST(the_ceiling_holds_for_a_body_as_it_comes),
        TEST(a_connection_is_used_again),         TEST(long_polls_keep_no_request_waiting),
    };
    return cmocka_run_group_tests(tests, start_peer, stop_peer);
}
