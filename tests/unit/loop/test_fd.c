/* SPDX-License-Identifier: MIT */
/* test_fd.c: descriptors: ready, changed, removed inside their own callback, in error. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop/loop.h"

struct fixture {
    struct clock clock;
    struct loop *loop;
    int fds[2];
    struct loop_fd *watch;
    int calls;
    unsigned events;
    bool remove, drain;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init_virtual(&fixture->clock, 0);
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fixture->fds), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    loop_fd_remove(fixture->watch);
    loop_destroy(fixture->loop);
    close(fixture->fds[0]);
    close(fixture->fds[1]);
    free(fixture);
    return 0;
}

static void ready(void *ctx, unsigned events)
{
    struct fixture *fixture = ctx;
    char byte;
    fixture->calls++;
    fixture->events |= events;
    if (fixture->drain)
        assert_int_equal(read(fixture->fds[0], &byte, 1), 1);
    if (fixture->remove) {
        loop_fd_remove(fixture->watch);
        fixture->watch = NULL;
    }
}

static void watch(struct fixture *fixture, unsigned events)
{
    assert_int_equal(loop_fd_add(fixture->loop, fixture->fds[0], ready, fixture, &fixture->watch),
                     0);
    assert_int_equal(loop_fd_set(fixture->watch, events), 0);
}

static void send_byte(struct fixture *fixture)
{
    assert_int_equal(write(fixture->fds[1], "x", 1), 1);
}

static void a_readable_descriptor_is_told(void **state)
{
    struct fixture *fixture = *state;
    fixture->drain = true;
    watch(fixture, LOOP_READABLE);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->calls, 0);
    send_byte(fixture);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->calls, 1);
    assert_int_equal(fixture->events, LOOP_READABLE);
}

static void virtual_time_waits_until_descriptors_are_read(void **state)
{
    struct fixture *fixture = *state;
    fixture->drain = true;
    watch(fixture, LOOP_READABLE);
    send_byte(fixture);
    send_byte(fixture);
    loop_advance(fixture->loop, 1000);
    assert_int_equal(fixture->calls, 2);
}

static void nothing_is_told_before_events_are_set_or_after_they_are_cleared(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(loop_fd_add(fixture->loop, fixture->fds[0], ready, fixture, &fixture->watch),
                     0);
    send_byte(fixture);
    loop_poll(fixture->loop);
    assert_int_equal(loop_fd_set(fixture->watch, LOOP_READABLE), 0);
    assert_int_equal(loop_fd_set(fixture->watch, 0), 0);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->calls, 0);
}

static void a_writable_descriptor_is_told(void **state)
{
    struct fixture *fixture = *state;
    fixture->remove = true;
    watch(fixture, LOOP_WRITABLE);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->calls, 1);
    assert_int_equal(fixture->events, LOOP_WRITABLE);
}

static void removing_inside_the_callback_is_legal(void **state)
{
    struct fixture *fixture = *state;
    fixture->remove = true;
    watch(fixture, LOOP_READABLE | LOOP_WRITABLE);
    send_byte(fixture);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->calls, 1);
    assert_null(fixture->watch);
}

static void a_descriptor_can_be_watched_again_right_after_removal(void **state)
{
    struct fixture *fixture = *state;
    watch(fixture, LOOP_READABLE);
    loop_fd_remove(fixture->watch);
    fixture->drain = true;
    watch(fixture, LOOP_READABLE);
    send_byte(fixture);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->calls, 1);
}

static void a_second_watch_on_the_same_descriptor_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct loop_fd *second = NULL;
    watch(fixture, LOOP_READABLE);
    assert_int_equal(loop_fd_add(fixture->loop, fixture->fds[0], ready, fixture, &second), -EEXIST);
    assert_null(second);
}

static void a_plain_file_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct loop_fd *refused = NULL;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(loop_fd_add(fixture->loop, fd, ready, fixture, &refused), -EPERM);
    assert_null(refused);
    close(fd);
}

static void a_closed_peer_makes_it_readable(void **state)
{
    struct fixture *fixture = *state;
    fixture->remove = true;
    watch(fixture, LOOP_READABLE);
    close(fixture->fds[1]);
    fixture->fds[1] = -1;
    loop_poll(fixture->loop);
    assert_int_equal(fixture->calls, 1);
    assert_int_equal(fixture->events, LOOP_READABLE);
}

/* A port that was free a moment ago refuses: the socket is then in error, and writable. */
static void a_descriptor_in_error_is_ready(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    close(listener);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connect(fd, (struct sockaddr *)&address, size);
    fixture->remove = true;
    assert_int_equal(loop_fd_add(fixture->loop, fd, ready, fixture, &fixture->watch), 0);
    assert_int_equal(loop_fd_set(fixture->watch, LOOP_WRITABLE), 0);
    loop_poll(fixture->loop);
    assert_int_equal(fixture->calls, 1);
    assert_int_equal(fixture->events, LOOP_WRITABLE);
    close(fd);
}

static void wakeups_are_counted_per_descriptor(void **state)
{
    struct fixture *fixture = *state;
    struct loop_stats stats;
    fixture->drain = true;
    watch(fixture, LOOP_READABLE);
    send_byte(fixture);
    send_byte(fixture);
    loop_poll(fixture->loop);
    assert_int_equal(loop_fd_wakeups(fixture->watch), 2);
    loop_stats(fixture->loop, &stats);
    assert_int_equal(stats.busiest_fd, fixture->fds[0]);
    assert_int_equal(stats.busiest_fd_wakeups, 2);
}

static void a_ready_descriptor_is_not_idle(void **state)
{
    struct fixture *fixture = *state;
    watch(fixture, LOOP_READABLE);
    loop_poll(fixture->loop);
    assert_true(loop_idle(fixture->loop));
    send_byte(fixture);
    assert_false(loop_idle(fixture->loop));
}

static void watches_left_behind_are_freed_with_the_loop(void **state)
{
    struct fixture *fixture = *state;
    watch(fixture, LOOP_READABLE);
    fixture->watch = NULL; /* the sanitizer sees what is lost */
}

static void removing_nothing_is_fine(void **state)
{
    (void)state;
    loop_fd_remove(NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_readable_descriptor_is_told),
        TEST(virtual_time_waits_until_descriptors_are_read),
        TEST(nothing_is_told_before_events_are_set_or_after_they_are_cleared),
        TEST(a_writable_descriptor_is_told),
        TEST(removing_inside_the_callback_is_legal),
        TEST(a_descriptor_can_be_watched_again_right_after_removal),
        TEST(a_second_watch_on_the_same_descriptor_is_refused),
        TEST(a_plain_file_is_refused),
        TEST(a_closed_peer_makes_it_readable),
        TEST(a_descriptor_in_error_is_ready),
        TEST(wakeups_are_counted_per_descriptor),
        TEST(a_ready_descriptor_is_not_idle),
        TEST(watches_left_behind_are_freed_with_the_loop),
        cmocka_unit_test(removing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
