/* SPDX-License-Identifier: MIT */
/* test_stream.c: streams over real TCP and TLS on loopback: trust, pins, names, ends, floods. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/stream.h"
#include "peer.h"

static struct peer plain, trusted, misnamed, unsigned_peer;

struct fixture {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct stream *stream;
    struct loop_timer deadline;
    struct error why;
    struct buf last; /* the last line */
    size_t lines, wanted_lines, batches, longest;
    bool opened, closed, late, destroy_on_line;
    const char *say; /* once open */
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
    buf_init(&fixture->last, 65536);
    fixture->deadline = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = too_late};
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    assert_int_equal(net_create(fixture->loop, &fixture->net, NULL), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stream_destroy(fixture->stream);
    net_destroy(fixture->net);
    loop_timer_disarm(fixture->loop, &fixture->deadline);
    loop_destroy(fixture->loop);
    buf_done(&fixture->last);
    free(fixture);
    return 0;
}

static void on_opened(void *ctx)
{
    struct fixture *fixture = ctx;
    fixture->opened = true;
    if (fixture->say)
        assert_int_equal(stream_write_line(fixture->stream, str_of(fixture->say)), 0);
}

static void on_line(void *ctx, struct str line)
{
    struct fixture *fixture = ctx;
    fixture->lines++;
    fixture->longest = MAX_OF(fixture->longest, line.len);
    buf_clear(&fixture->last);
    buf_add(&fixture->last, line);
    if (fixture->destroy_on_line)
        stream_destroy(TAKE(fixture->stream));
    if (fixture->lines == fixture->wanted_lines)
        loop_stop(fixture->loop);
}

static void on_batch_end(void *ctx)
{
    struct fixture *fixture = ctx;
    fixture->batches++;
}

static void on_closed(void *ctx, const struct error *why)
{
    struct fixture *fixture = ctx;
    fixture->closed = true;
    fixture->why = *why;
    loop_stop(fixture->loop);
}

static const struct stream_events EVENTS = {
    .opened = on_opened, .line = on_line, .closed = on_closed, .batch_end = on_batch_end};

/* Until `lines` have come, or the stream closed. */
static void run(struct fixture *fixture, size_t lines)
{
    fixture->wanted_lines = lines;
    clock_refresh(&fixture->clock);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &fixture->deadline, 20000), 0);
    assert_int_equal(loop_run(fixture->loop), 0);
    assert_false(fixture->late);
}

static void open_to(struct fixture *fixture, struct stream_options options)
{
    struct stream_events events = EVENTS;
    events.ctx = fixture;
    if (!options.connect_timeout_ms)
        options.connect_timeout_ms = 10000;
    if (!options.host.len)
        options.host = STR("127.0.0.1");
    assert_int_equal(stream_open(fixture->net, &options, &events, &fixture->stream), 0);
}

static struct stream_options to(const struct peer *peer, bool tls)
{
    return (struct stream_options){.port = (uint16_t)peer->port, .tls = tls};
}

static const char *read_pin(const char *name, char *out, size_t size)
{
    FILE *file = fopen(peer_path(name), "r");
    assert_non_null(file);
    assert_non_null(fgets(out, (int)size, file));
    fclose(file);
    out[strcspn(out, "\n")] = '\0';
    return out;
}

static void expect_line(struct fixture *fixture, const char *line)
{
    assert_string_equal(fixture->last.ptr ? fixture->last.ptr : "(none)", line);
}

static void expect_failure(struct fixture *fixture, int code, const char *part)
{
    run(fixture, 0);
    assert_true(fixture->closed);
    assert_false(fixture->opened);
    assert_int_equal(fixture->why.code, code);
    if (!strstr(fixture->why.text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, fixture->why.text);
}

/* ---- plain TCP ------------------------------------------------------------------------------- */

static void plain_lines_go_there_and_back(void **state)
{
    struct fixture *fixture = *state;
    fixture->say = "ahoy";
    open_to(fixture, to(&plain, false));
    run(fixture, 2);
    assert_true(fixture->opened);
    expect_line(fixture, "echo ahoy");
}

static void a_good_end_has_code_0_and_drops_the_half_line(void **state)
{
    struct fixture *fixture = *state;
    fixture->say = "bye";
    open_to(fixture, to(&plain, false));
    run(fixture, 0);
    assert_int_equal(fixture->why.code, 0);
    assert_int_equal(fixture->lines, 2);
    expect_line(fixture, "goodbye"); /* it came in two pieces */
}

static void a_reset_is_told_as_broken(void **state)
{
    struct fixture *fixture = *state;
    fixture->say = "reset";
    open_to(fixture, to(&plain, false));
    run(fixture, 0);
    assert_int_equal(fixture->why.code, -ECONNRESET);
    assert_non_null(strstr(fixture->why.text, "127.0.0.1:"));
}

static void a_refused_connection_names_host_and_port(void **state)
{
    struct fixture *fixture = *state;
    char place[32];
    int port = peer_free_port();
    snprintf(place, sizeof place, "127.0.0.1:%d refused", port);
    open_to(fixture, (struct stream_options){.port = (uint16_t)port});
    expect_failure(fixture, -ECONNREFUSED, place);
}

/* A label over 63 letters can be in no DNS: the answer needs no network. */
static void an_unknown_host_is_told_as_such(void **state)
{
    struct fixture *fixture = *state;
    char host[80];
    memset(host, 'h', sizeof host);
    memcpy(host + sizeof host - 8, ".invalid", 8);
    open_to(fixture, (struct stream_options){.host = {host, sizeof host}, .port = 6667});
    expect_failure(fixture, -EHOSTUNREACH, "hhh.invalid:6667");
}

static void an_address_of_another_machine_cannot_be_bound(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&plain, false);
    options.bind_address = STR("192.0.2.1");
    open_to(fixture, options);
    expect_failure(fixture, -EADDRNOTAVAIL, "bind_address");
}

static void an_address_of_this_machine_can_be_bound(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&plain, false);
    options.bind_address = STR("127.0.0.1");
    open_to(fixture, options);
    run(fixture, 1);
    expect_line(fixture, "hello");
}

static void a_flood_arrives_whole_and_in_batches(void **state)
{
    struct fixture *fixture = *state;
    fixture->say = "flood 60000";
    open_to(fixture, to(&plain, false));
    run(fixture, 60001);
    expect_line(fixture, "line 59999");
    assert_true(fixture->batches >= 1 && fixture->batches < 60000);
}

/* The peer says something, closes, and our own line meets a closed door: what it said counts. */
static void last_words_are_read_although_writing_fails(void **state)
{
    struct fixture *fixture = *state;
    open_to(fixture, to(&plain, false));
    run(fixture, 1);
    assert_int_equal(stream_write_line(fixture->stream, STR("rude")), 0);
    stream_flush(fixture->stream);
    usleep(100000); /* the end arrives unseen */
    for (int i = 0; i < 3;
         i++) { /* the first write after a close is answered by a reset, later ones fail */
        assert_int_equal(stream_write_line(fixture->stream, STR("are you there?")), 0);
        stream_flush(fixture->stream);
        usleep(20000);
    }
    run(fixture, 0);
    assert_true(fixture->closed);
    expect_line(fixture, "last words");
}

static void a_line_over_the_limit_is_cut(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&plain, false);
    options.line_limit = 100;
    fixture->say = "long 100000";
    open_to(fixture, options);
    run(fixture, 3);
    assert_int_equal(fixture->longest, 100);
    expect_line(fixture, "short");
    assert_int_equal(stream_cut_lines(fixture->stream), 1);
}

/* The peer sleeps, the kernel's buffers fill, and the rest waits in the queue up to its ceiling. */
static void a_peer_that_does_not_read_fills_the_queue_and_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    options.queue_limit = 1024 * 1024;
    open_to(fixture, options);
    run(fixture, 1);
    assert_int_equal(stream_write_line(fixture->stream, STR("sleep 0.3")), 0);
    char line[400];
    memset(line, 'a', sizeof line);
    size_t sent = 0;
    int r = 0;
    for (int i = 0; i < 100000; i++) {
        r = stream_write_line(fixture->stream, (struct str){line, sizeof line});
        if (r < 0)
            break;
        sent++;
        if (i % 100 == 0)
            stream_flush(fixture->stream);
    }
    assert_int_equal(r, -ENOBUFS);
    run(fixture, 1 + sent);
    assert_int_equal(fixture->last.len, sizeof line + 5);
    assert_int_equal(stream_queued_bytes(fixture->stream), 0);
}

static void destroying_inside_a_line_is_legal(void **state)
{
    struct fixture *fixture = *state;
    fixture->say = "flood 1000";
    fixture->destroy_on_line = true;
    open_to(fixture, to(&plain, false));
    run(fixture, 1);
    assert_null(fixture->stream);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->lines, 1);
}

/* Takes connections and never says a word. */
static int listen_mute(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int mute = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(mute, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(mute, 1), 0);
    assert_int_equal(getsockname(mute, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return mute;
}

static void destroying_while_connecting_is_legal(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = {.tls = true};
    int mute = listen_mute(&options.port);
    for (int rounds = 0; rounds < 2; rounds++) { /* before and after the socket is there */
        open_to(fixture, options);
        if (rounds)
            loop_poll(fixture->loop);
        stream_destroy(TAKE(fixture->stream));
    }
    loop_poll(fixture->loop);
    assert_false(fixture->opened || fixture->closed);
    close(mute);
}

static void a_listener_that_never_speaks_tls_times_out(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = {.tls = true, .connect_timeout_ms = 50};
    int mute = listen_mute(&options.port);
    open_to(fixture, options);
    expect_failure(fixture, -ETIMEDOUT, "in time");
    close(mute);
}

static void an_idle_stream_does_not_wake_the_loop(void **state)
{
    struct fixture *fixture = *state;
    struct loop_stats before, after;
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    open_to(fixture, options);
    run(fixture, 1);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &fixture->deadline, 300), 0);
    assert_int_equal(loop_run(fixture->loop), 0); /* what curl still had to do */
    loop_stats(fixture->loop, &before);
    assert_int_equal(loop_timer_arm_in(fixture->loop, &fixture->deadline, 300), 0);
    assert_int_equal(loop_run(fixture->loop), 0);
    loop_stats(fixture->loop, &after);
    assert_int_equal(after.wakeups - before.wakeups, 1); /* the end of the test */
}

/* ---- TLS ------------------------------------------------------------------------------------- */

static void a_trusted_server_is_accepted(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    fixture->say = "ahoy";
    open_to(fixture, options);
    run(fixture, 2);
    expect_line(fixture, "echo ahoy");
}

static void a_name_works_as_well_as_an_address(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.host = STR("localhost");
    options.ca_file = str_of(peer_path("ca.pem"));
    open_to(fixture, options);
    run(fixture, 1);
    expect_line(fixture, "hello");
}

static void a_tls_flood_is_read_to_its_last_byte(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    fixture->say = "flood 60000";
    open_to(fixture, options);
    run(fixture, 60001);
    expect_line(fixture, "line 59999");
}

static void a_server_that_nobody_signed_is_refused_with_advice(void **state)
{
    struct fixture *fixture = *state;
    open_to(fixture, to(&unsigned_peer, true));
    expect_failure(fixture, -EKEYREJECTED, "self");
    assert_non_null(strstr(fixture->why.text, "ca_file"));
    assert_non_null(strstr(fixture->why.text, "pinned_sha256"));
}

static void the_systems_roots_do_not_know_our_authority(void **state)
{
    struct fixture *fixture = *state;
    open_to(fixture, to(&trusted, true));
    expect_failure(fixture, -EKEYREJECTED, "issuer");
}

static void a_certificate_for_another_name_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&misnamed, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    open_to(fixture, options);
    expect_failure(fixture, -EKEYREJECTED, "127.0.0.1");
}

static void a_pinned_certificate_needs_no_root_and_no_name(void **state)
{
    struct fixture *fixture = *state;
    char pin[128];
    const struct {
        const struct peer *peer;
        const char *pin;
    } cases[] = {{&unsigned_peer, "alone.pin"}, {&misnamed, "other.pin"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stream_options options = to(cases[i].peer, true);
        options.pinned_sha256 = str_of(read_pin(cases[i].pin, pin, sizeof pin));
        fixture->lines = 0;
        open_to(fixture, options);
        run(fixture, 1);
        expect_line(fixture, "hello");
        stream_destroy(TAKE(fixture->stream));
    }
}

static void another_certificate_than_the_pinned_one_is_refused_and_named(void **state)
{
    struct fixture *fixture = *state;
    char pin[128], seen[128];
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem")); /* even though it is signed */
    options.pinned_sha256 = str_of(read_pin("alone.pin", pin, sizeof pin));
    open_to(fixture, options);
    read_pin("server.pin", seen, sizeof seen);
    char hex[65] = "";
    size_t len = 0;
    for (const char *c = seen; *c; c++)
        if (*c != ':')
            hex[len++] = (char)(*c >= 'A' && *c <= 'F' ? *c + 32 : *c);
    expect_failure(fixture, -EKEYREJECTED, hex);
    assert_int_equal(len, 64);
}

static void a_server_without_tls_is_told_as_such(void **state)
{
    struct fixture *fixture = *state;
    open_to(fixture, to(&plain, true));
    expect_failure(fixture, -EPROTO, "speaks TLS");
}

static void a_ca_file_that_is_not_there_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.ca_file = STR("/nonexistent/ca.pem");
    open_to(fixture, options);
    expect_failure(fixture, -ENOENT, "ca_file");
}

static void a_client_certificate_can_be_shown(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    options.client_cert_file = str_of(peer_path("client.pem"));
    options.client_key_file = str_of(peer_path("client.key"));
    open_to(fixture, options);
    run(fixture, 1);
    expect_line(fixture, "hello");
}

static void a_client_certificate_that_is_not_there_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    options.client_cert_file = STR("/nonexistent/client.pem");
    open_to(fixture, options);
    expect_failure(fixture, -ENOENT, "client certificate");
}

static void a_tls_goodbye_has_code_0(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    fixture->say = "bye";
    open_to(fixture, options);
    run(fixture, 0);
    assert_int_equal(fixture->why.code, 0);
    expect_line(fixture, "goodbye");
}

static void last_words_are_read_before_a_rude_end(void **state)
{
    struct fixture *fixture = *state;
    struct stream_options options = to(&trusted, true);
    options.ca_file = str_of(peer_path("ca.pem"));
    fixture->say = "rude";
    open_to(fixture, options);
    run(fixture, 0);
    expect_line(fixture, "last words");
    assert_true(fixture->why.code == -ECONNRESET || fixture->why.code == 0);
}

static void options_that_make_no_sense_are_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct stream_options cases[] = {
        {.host = STR(""), .port = 1},
        {.host = STR("a b"), .port = 1},
        {.host = STR("a/b@c"), .port = 1},
        {.host = STR("example.org"), .port = 0},
        {.host = STR("example.org"), .port = 1, .tls = true, .pinned_sha256 = STR("abcd")},
        {.host = STR("example.org"),
         .port = 1,
         .tls = true,
         .pinned_sha256 = STR("not hex at all")},
        {.host = STR("example.org"),
         .port = 1,
         .pinned_sha256 = STR("00000000000000000000000000000000000000000000000000000000000000ff")},
    };
    struct stream_events events = EVENTS;
    events.ctx = fixture;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(stream_open(fixture->net, &cases[i], &events, &fixture->stream), -EINVAL);
    assert_null(fixture->stream);
}

static int start_peers(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* must not matter */
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    peer_start(&plain, "lines", NULL);
    peer_start(&trusted, "lines", "server");
    peer_start(&misnamed, "lines", "other");
    peer_start(&unsigned_peer, "lines", "alone");
    return 0;
}

static int stop_peers(void **state)
{
    (void)state;
    peer_stop(&plain);
    peer_stop(&trusted);
    peer_stop(&misnamed);
    peer_stop(&unsigned_peer);
    peer_clean();
    return 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_lines_go_there_and_back),
        TEST(a_good_end_has_code_0_and_drops_the_half_line),
        TEST(a_reset_is_told_as_broken),
        TEST(a_refused_connection_names_host_and_port),
        TEST(an_unknown_host_is_told_as_such),
        TEST(an_address_of_another_machine_cannot_be_bound),
        TEST(an_address_of_this_machine_can_be_bound),
        TEST(a_flood_arrives_whole_and_in_batches),
        TEST(last_words_are_read_although_writing_fails),
        TEST(a_line_over_the_limit_is_cut),
        TEST(a_peer_that_does_not_read_fills_the_queue_and_loses_nothing),
        TEST(destroying_inside_a_line_is_legal),
        TEST(destroying_while_connecting_is_legal),
        TEST(a_listener_that_never_speaks_tls_times_out),
        TEST(an_idle_stream_does_not_wake_the_loop),
        TEST(a_trusted_server_is_accepted),
        TEST(a_name_works_as_well_as_an_address),
        TEST(a_tls_flood_is_read_to_its_last_byte),
        TEST(a_server_that_nobody_signed_is_refused_with_advice),
        TEST(the_systems_roots_do_not_know_our_authority),
        TEST(a_certificate_for_another_name_is_refused),
        TEST(a_pinned_certificate_needs_no_root_and_no_name),
        TEST(another_certificate_than_the_pinned_one_is_refused_and_named),
        TEST(a_server_without_tls_is_told_as_such),
        TEST(a_ca_file_that_is_not_there_is_named),
        TEST(a_client_certificate_can_be_shown),
        TEST(a_client_certificate_that_is_not_there_is_told),
        TEST(a_tls_goodbye_has_code_0),
        TEST(last_words_are_read_before_a_rude_end),
        TEST(options_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, start_peers, stop_peers);
}
