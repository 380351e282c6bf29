/* SPDX-License-Identifier: MIT */
/* test_notify.c: what the service manager hears on its socket. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop/notify.h"

struct fixture {
    struct clock clock;
    struct loop *loop;
    struct notify *notify;
    int manager;
    char name[64]; /* as in NOTIFY_SOCKET, abstract */
    bool sick;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init_virtual(&fixture->clock, 0);
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(fixture->name, sizeof fixture->name, "@mooring-test-%d", (int)getpid());
    memcpy(address.sun_path + 1, fixture->name + 1, (size_t)length - 1);
    fixture->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length);
    assert_int_equal(bind(fixture->manager, (struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", fixture->name, 1);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    notify_destroy(fixture->notify);
    loop_destroy(fixture->loop);
    close(fixture->manager);
    free(fixture);
    return 0;
}

static bool alive(void *ctx)
{
    struct fixture *fixture = ctx;
    return !fixture->sick;
}

static void begin(struct fixture *fixture)
{
    assert_int_equal(notify_create(fixture->loop, alive, fixture, &fixture->notify), 0);
}

static const char *heard(struct fixture *fixture)
{
    static char text[256];
    ssize_t got = recv(fixture->manager, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void ready_and_stopping_are_said(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture);
    assert_string_equal(heard(fixture), "");
    notify_ready(fixture->notify);
    assert_string_equal(heard(fixture), "READY=1");
    notify_stopping(fixture->notify);
    assert_string_equal(heard(fixture), "STOPPING=1");
}

static void status_is_one_line(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture);
    notify_status(fixture->notify, "2 networks up\nREADY=1");
    assert_string_equal(heard(fixture), "STATUS=2 networks up");
}

static void reloading_carries_the_monotonic_time(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture);
    unsigned long long before_us = clock_precise_ns() / 1000, said_us = 0;
    notify_reloading(fixture->notify);
    assert_int_equal(sscanf(heard(fixture), "RELOADING=1\nMONOTONIC_USEC=%llu", &said_us), 1);
    assert_in_range(said_us, before_us, clock_precise_ns() / 1000);
}

static void the_environment_is_not_handed_on(void **state)
{
    struct fixture *fixture = *state;
    setenv("WATCHDOG_USEC", "10000000", 1);
    begin(fixture);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
}

static void the_watchdog_is_fed_each_quarter_of_its_limit(void **state)
{
    struct fixture *fixture = *state;
    setenv("WATCHDOG_USEC", "10000000", 1);
    begin(fixture);
    loop_advance(fixture->loop, 2499);
    assert_string_equal(heard(fixture), "");
    loop_advance(fixture->loop, 2500);
    assert_string_equal(heard(fixture), "WATCHDOG=1");
    loop_advance(fixture->loop, 5000);
    assert_string_equal(heard(fixture), "WATCHDOG=1");
    assert_string_equal(heard(fixture), "");
}

static void an_ill_daemon_does_not_feed_it_until_it_is_well(void **state)
{
    struct fixture *fixture = *state;
    setenv("WATCHDOG_USEC", "10000000", 1);
    fixture->sick = true;
    begin(fixture);
    loop_advance(fixture->loop, 5000);
    assert_string_equal(heard(fixture), "");
    fixture->sick = false;
    loop_advance(fixture->loop, 6000);
    assert_string_equal(heard(fixture), "WATCHDOG=1");
}

/* One wrong answer must not use up the next quarter too. */
static void an_ill_daemon_is_asked_again_within_a_second(void **state)
{
    struct fixture *fixture = *state;
    setenv("WATCHDOG_USEC", "10000000", 1);
    fixture->sick = true;
    begin(fixture);
    loop_advance(fixture->loop, 2500);
    fixture->sick = false;
    loop_advance(fixture->loop, 3500);
    assert_string_equal(heard(fixture), "WATCHDOG=1");
    assert_string_equal(heard(fixture), "");
    loop_advance(fixture->loop, 6000);
    assert_string_equal(heard(fixture), "WATCHDOG=1");
}

static void a_watchdog_for_another_process_is_not_ours(void **state)
{
    struct fixture *fixture = *state;
    setenv("WATCHDOG_USEC", "10000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    begin(fixture);
    loop_advance(fixture->loop, 60000);
    assert_string_equal(heard(fixture), "");
}

static void a_watchdog_for_this_process_is(void **state)
{
    struct fixture *fixture = *state;
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "10000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    begin(fixture);
    loop_advance(fixture->loop, 5000);
    assert_string_equal(heard(fixture), "WATCHDOG=1");
}

static void nonsense_in_the_environment_means_no_watchdog(void **state)
{
    struct fixture *fixture = *state;
    setenv("WATCHDOG_USEC", "soon", 1);
    begin(fixture);
    loop_advance(fixture->loop, 60000);
    assert_string_equal(heard(fixture), "");
}

static void without_a_manager_nothing_happens(void **state)
{
    struct fixture *fixture = *state;
    struct loop_stats stats;
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "10000000", 1);
    begin(fixture);
    notify_ready(fixture->notify);
    notify_status(fixture->notify, "fine");
    loop_advance(fixture->loop, 60000);
    assert_string_equal(heard(fixture), "");
    loop_stats(fixture->loop, &stats);
    assert_int_equal(stats.timers_fired, 0);
}

static void a_socket_of_another_kind_is_refused(void **state)
{
    struct fixture *fixture = *state;
    setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
    assert_int_equal(notify_create(fixture->loop, alive, fixture, &fixture->notify), -EINVAL);
    assert_null(fixture->notify);
}

static void a_socket_that_is_not_there_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
    assert_int_equal(notify_create(fixture->loop, alive, fixture, &fixture->notify), -ENOENT);
}

static void a_manager_that_went_away_is_no_harm(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture);
    close(fixture->manager);
    fixture->manager = -1;
    notify_ready(fixture->notify);
    notify_destroy(NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ready_and_stopping_are_said),
        TEST(status_is_one_line),
        TEST(reloading_carries_the_monotonic_time),
        TEST(the_environment_is_not_handed_on),
        TEST(the_watchdog_is_fed_each_quarter_of_its_limit),
        TEST(an_ill_daemon_does_not_feed_it_until_it_is_well),
        TEST(an_ill_daemon_is_asked_again_within_a_second),
        TEST(a_watchdog_for_another_process_is_not_ours),
        TEST(a_watchdog_for_this_process_is),
        TEST(nonsense_in_the_environment_means_no_watchdog),
        TEST(without_a_manager_nothing_happens),
        TEST(a_socket_of_another_kind_is_refused),
        TEST(a_socket_that_is_not_there_is_an_error),
        TEST(a_manager_that_went_away_is_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
