/* SPDX-License-Identifier: MIT */
/* test_health.c: /metrics and /healthz over real sockets, by libcurl and by hand. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "observe/health.h"

struct fixture {
    uv_loop_t uv;
    struct metrics *metrics;
    struct health *health;
    struct metric *gauge;
    bool sick;
    int refreshed;
    struct buf body, headers;
};

static void refresh(void *ctx)
{
    struct fixture *fixture = ctx;
    metric_set(fixture->gauge, ++fixture->refreshed);
}

static bool healthy(void *ctx, struct buf *line)
{
    struct fixture *fixture = ctx;
    buf_add_c(line, fixture->sick ? "the disk is full" : "ok");
    return !fixture->sick;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error error = {0};
    assert_non_null(fixture);
    assert_int_equal(uv_loop_init(&fixture->uv), 0);
    fixture->metrics = metrics_create();
    assert_non_null(fixture->metrics);
    fixture->gauge = metrics_gauge(fixture->metrics, "mooring_asked", "How often.", NULL, STR(""));
    buf_init(&fixture->body, 1 << 20);
    buf_init(&fixture->headers, 1 << 16);
    const struct health_source source = {fixture->metrics, refresh, healthy, fixture};
    assert_int_equal(
        health_create(&fixture->uv, STR("127.0.0.1:0"), &source, &fixture->health, &error), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    health_destroy(fixture->health);
    uv_run(&fixture->uv, UV_RUN_NOWAIT);
    assert_int_equal(uv_loop_close(&fixture->uv), 0);
    metrics_destroy(fixture->metrics);
    buf_done(&fixture->body);
    buf_done(&fixture->headers);
    free(fixture);
    return 0;
}

static size_t keep(char *bytes, size_t size, size_t count, void *ctx)
{
    buf_add(ctx, (struct str){bytes, size * count});
    return size * count;
}

/* Both ends live in this thread: curl and the loop take turns. */
static long fetch(struct fixture *fixture, const char *method, const char *path)
{
    char url[128];
    long status = 0;
    int running = 1;
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", health_port(fixture->health), path);
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();
    buf_clear(&fixture->body);
    buf_clear(&fixture->headers);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &fixture->body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &fixture->headers);
    if (strcmp(method, "POST") == 0)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "some=body");
    else if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_multi_add_handle(multi, easy);
    while (running) {
        curl_multi_perform(multi, &running);
        uv_run(&fixture->uv, UV_RUN_NOWAIT);
        curl_multi_poll(multi, NULL, 0, 1, NULL);
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    return status;
}

static void metrics_are_printed_fresh(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fetch(fixture, "GET", "/metrics"), 200);
    assert_non_null(strstr(fixture->body.ptr, "\nmooring_asked 1\n"));
    assert_non_null(strstr(fixture->headers.ptr, "text/plain; version=0.0.4"));
    assert_int_equal(fetch(fixture, "GET", "/metrics"), 200);
    assert_non_null(strstr(fixture->body.ptr, "\nmooring_asked 2\n"));
}

static void health_is_one_line_and_a_status(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fetch(fixture, "GET", "/healthz"), 200);
    assert_string_equal(fixture->body.ptr, "ok\n");
    fixture->sick = true;
    assert_int_equal(fetch(fixture, "GET", "/healthz"), 503);
    assert_string_equal(fixture->body.ptr, "the disk is full\n");
}

static void head_gives_headers_alone(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fetch(fixture, "HEAD", "/metrics"), 200);
    assert_int_equal(fixture->body.len, 0);
    assert_non_null(strstr(fixture->headers.ptr, "Content-Length: "));
}

static void other_methods_are_not_allowed(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fetch(fixture, "POST", "/metrics"), 405);
    assert_non_null(strstr(fixture->headers.ptr, "Allow: GET, HEAD"));
    assert_int_equal(fetch(fixture, "DELETE", "/healthz"), 405);
    assert_int_equal(fixture->refreshed, 0);
}

static void other_paths_are_not_found(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fetch(fixture, "GET", "/"), 404);
    assert_int_equal(fetch(fixture, "GET", "/metrics/../etc/passwd"), 404);
    assert_int_equal(fetch(fixture, "GET", "/metricsx"), 404);
    assert_int_equal(fetch(fixture, "GET", "/metrics?name=x"), 200);
}

static int connect_by_hand(const struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)health_port(fixture->health)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_true(connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
                errno == EINPROGRESS);
    return fd;
}

static void spin(struct fixture *fixture)
{
    for (int i = 0; i < 20; i++) {
        uv_run(&fixture->uv, UV_RUN_NOWAIT);
        usleep(500);
    }
}

static void nonsense_does_no_harm(void **state)
{
    struct fixture *fixture = *state;
    static const char NONSENSE[] = "\x16\x03\x01 this is \0 no HTTP\r\n\r\n";
    int fd = connect_by_hand(fixture);
    spin(fixture);
    assert_true(send(fd, NONSENSE, sizeof NONSENSE, MSG_NOSIGNAL) > 0);
    spin(fixture);
    close(fd);
    assert_int_equal(fetch(fixture, "GET", "/healthz"), 200);
}

static void connections_have_a_ceiling_and_it_recovers(void **state)
{
    struct fixture *fixture = *state;
    int fds[20];
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = connect_by_hand(fixture);
        uv_run(&fixture->uv, UV_RUN_NOWAIT);
    }
    spin(fixture);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    spin(fixture);
    assert_int_equal(fetch(fixture, "GET", "/healthz"), 200);
}

static void nobody_connected_means_no_wakeups(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fetch(fixture, "GET", "/healthz"), 200);
    spin(fixture);
    assert_int_equal(uv_backend_timeout(&fixture->uv), -1);
}

static void expect_refusal(struct fixture *fixture, struct str address, int code, const char *part)
{
    struct error error = {0};
    struct health *refused = NULL;
    const struct health_source source = {.metrics = fixture->metrics};
    assert_int_equal(health_create(&fixture->uv, address, &source, &refused, &error), code);
    assert_null(refused);
    if (!strstr(error.text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, error.text);
}

static void only_loopback_is_served(void **state)
{
    struct fixture *fixture = *state;
    expect_refusal(fixture, STR("0.0.0.0:9464"), -EACCES, "loopback");
    expect_refusal(fixture, STR("192.0.2.1:9464"), -EACCES, "loopback");
    expect_refusal(fixture, STR("[::]:9464"), -EACCES, "loopback");
}

static void what_is_no_address_is_told(void **state)
{
    struct fixture *fixture = *state;
    static const char *const WRONG[] = {
        "",       ":",     "9464",           "127.0.0.1",      "127.0.0.1:",   "127.0.0.1:65536",
        "::1:80", "[::1]", "[127.0.0.1]:80", "example.org:80", "127.0.0.1:80x"};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++)
        expect_refusal(fixture, str_of(WRONG[i]), -EINVAL, "127.0.0.1:PORT");
}

static void a_port_in_use_is_told(void **state)
{
    struct fixture *fixture = *state;
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", health_port(fixture->health));
    expect_refusal(fixture, str_of(address), -EADDRINUSE, address);
}

static void ipv6_loopback_works(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    struct health *second = NULL;
    const struct health_source source = {.metrics = fixture->metrics};
    int r = health_create(&fixture->uv, STR("[::1]:0"), &source, &second, &error);
    if (r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT) {
        print_message("SKIPPED: ipv6_loopback_works: this machine has no IPv6\n");
        skip();
    }
    assert_int_equal(r, 0);
    assert_true(health_port(second) > 0);
    health_destroy(second);
    health_destroy(NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(metrics_are_printed_fresh),
        TEST(health_is_one_line_and_a_status),
        TEST(head_gives_headers_alone),
        TEST(other_methods_are_not_allowed),
        TEST(other_paths_are_not_found),
        TEST(nonsense_does_no_harm),
        TEST(connections_have_a_ceiling_and_it_recovers),
        TEST(nobody_connected_means_no_wakeups),
        TEST(only_loopback_is_served),
        TEST(what_is_no_address_is_told),
        TEST(a_port_in_use_is_told),
        TEST(ipv6_loopback_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
