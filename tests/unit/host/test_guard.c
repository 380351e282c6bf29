/* SPDX-License-Identifier: MIT */
/* test_guard.c: calls that do not come back, crashes, and memory: in processes of their own, since
 * each ends with one.  Real time is what is tested here; the processes wait side by side. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#include "host/guard.h"
#include "observe/log.h"

#define NOW INT64_C(1795442100000)

struct child {
    pid_t pid;
    int words, wake; /* what it says on standard error; a pipe that it may wait for */
    char folder[64];
};

static void nap_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static void wait_for_word(int wake)
{
    char byte;
    while (read(wake, &byte, 1) < 0 && errno == EINTR)
        ;
}

/* `live` runs with a marker and a guard of one second; 0 when it comes to its end. */
static void start(struct child *child, void (*live)(struct marker *, struct guard *, int wake))
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    int words[2], wake[2];
    *child = (struct child){.folder = "/tmp/mooring-guard-XXXXXX"};
    assert_non_null(mkdtemp(child->folder));
    assert_int_equal(pipe2(words, O_CLOEXEC), 0);
    assert_int_equal(pipe2(wake, O_CLOEXEC), 0);
    child->pid = fork();
    assert_true(child->pid >= 0);
    if (child->pid == 0) {
        struct marker *marker;
        struct guard *guard;
        for (size_t i = 0; i < COUNT_OF(signals); i++)
            (void)signal(signals[i], SIG_DFL); /* not the runner's */
        (void)dup2(words[1], STDERR_FILENO);
        alarm(20);
        if (marker_open(child->folder, NOW, &marker) < 0 || guard_start(marker, 1, &guard) < 0)
            _exit(99);
        guard_catch_faults(marker);
        live(marker, guard, wake[0]);
        guard_stop(guard);
        guard_catch_faults(NULL);
        marker_close(marker);
        _exit(0);
    }
    close(words[1]);
    close(wake[0]);
    child->words = words[0];
    child->wake = wake[1];
}

/* Its exit code, or minus the signal; what it said; what the marker says of it. */
static int finish(struct child *child, char words[4096], struct marker_death *ret_death)
{
    int status;
    char file[96];
    struct marker *marker;
    size_t used = 0;
    ssize_t got;
    while ((got = read(child->words, words + used, 4095 - used)) > 0)
        used += (size_t)got;
    words[used] = '\0';
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    close(child->words);
    close(child->wake);
    assert_int_equal(marker_open(child->folder, NOW, &marker), 0);
    *ret_death = *marker_last_death(marker);
    marker_close(marker);
    (void)snprintf(file, sizeof file, "%s/" MARKER_FILE, child->folder);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(child->folder), 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* ---- calls ------------------------------------------------------------------------------------
 */

static void hang(struct marker *marker, struct guard *guard, int wake)
{
    (void)guard;
    (void)wake;
    marker_subject(marker, 7);
    struct marker_was was UNUSED = marker_enter(marker, marker_plugin(marker, "puppet", 0),
                                                "timer");
    for (;;)
        nap_ms(1000);
}

static void call_often(struct marker *marker, struct guard *guard, int wake)
{
    (void)guard;
    (void)wake;
    for (int i = 0; i < 100; i++) {
        struct marker_was was = marker_enter(marker, marker_plugin(marker, "puppet", 0), "timer");
        nap_ms(25);
        marker_leave(marker, was);
    }
}

static void wait_in_call(struct marker *marker, struct guard *guard, int wake)
{
    (void)guard;
    struct marker_was was = marker_enter(marker, marker_plugin(marker, "puppet", 0), "timer");
    wait_for_word(wake);
    marker_leave(marker, was);
}

/* A slow disk is not mended by ending: what is not a plugin's has more time, and a commit of 100 ms
 * is nothing. */
static void wait_in_core(struct marker *marker, struct guard *guard, int wake)
{
    (void)guard;
    (void)wake;
    struct marker_was was = marker_enter(marker, MARKER_CORE, "act");
    nap_ms(2500);
    marker_leave(marker, was);
}

static void test_calls(void **state)
{
    struct child hung, often, stopped, core;
    struct marker_death death;
    char words[4096];
    (void)state;
    start(&hung, hang);
    start(&often, call_often);
    start(&stopped, wait_in_call);
    start(&core, wait_in_core);
    nap_ms(150);
    assert_int_equal(kill(stopped.pid, SIGSTOP), 0);
    uint64_t from_ns = clock_precise_ns();
    assert_int_equal(finish(&hung, words, &death), GUARD_EXIT);
    assert_true(clock_precise_ns() - from_ns < UINT64_C(6000000000));
    assert_string_equal(words, "level=error event=process_hung plugin=puppet call=timer\n");
    assert_string_equal(death.name, "puppet");
    assert_string_equal(death.what, "timer");
    assert_int_equal(death.fault, MARKER_FAULT_LOOP);
    assert_true(death.on_subject);
    assert_int_equal(finish(&often, words, &death), 0);
    assert_int_equal(finish(&core, words, &death), 0);
    /* More than two seconds in one call by the clock on the wall, and none of its own. */
    assert_int_equal(kill(stopped.pid, SIGCONT), 0);
    nap_ms(250); /* the guard looks again before the call is over */
    assert_int_equal(write(stopped.wake, "x", 1), 1);
    assert_int_equal(finish(&stopped, words, &death), 0);
    assert_int_equal(death.who, MARKER_NOBODY);
}

/* ---- the loop ---------------------------------------------------------------------------------
 */

struct turn_of_loop {
    struct loop *loop;
    struct loop_timer timer;
    int rounds;
    long nap;
};

static void fired(struct loop_timer *timer)
{
    struct turn_of_loop *turn = CONTAINER_OF(timer, struct turn_of_loop, timer);
    nap_ms(turn->nap);
    if (--turn->rounds == 0 || loop_timer_arm_in(turn->loop, timer, 1) < 0)
        loop_stop(turn->loop);
}

static void run_loop(struct guard *guard, int64_t in_ms, long nap, int rounds)
{
    struct clock clock;
    struct turn_of_loop turn = {.nap = nap, .rounds = rounds};
    clock_init(&clock);
    if (loop_create(&clock, &turn.loop) < 0)
        _exit(98);
    turn.timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = fired};
    guard_watch_loop(guard, turn.loop);
    clock_refresh(&clock);
    if (loop_timer_arm_in(turn.loop, &turn.timer, in_ms) < 0 || loop_run(turn.loop) < 0)
        _exit(97);
    guard_watch_loop(guard, NULL);
    loop_destroy(turn.loop);
}

static void loop_hangs(struct marker *marker, struct guard *guard, int wake)
{
    (void)marker;
    (void)wake;
    run_loop(guard, 1, 8000, 1);
}

static void loop_waits(struct marker *marker, struct guard *guard, int wake)
{
    (void)marker;
    (void)wake;
    run_loop(guard, 5500, 0, 1);
}

static void loop_works(struct marker *marker, struct guard *guard, int wake)
{
    (void)marker;
    (void)wake;
    run_loop(guard, 1, 700, 8);
}

static void test_the_loops_own_callbacks(void **state)
{
    struct child hung, waits, works;
    struct marker_death death;
    char words[4096];
    (void)state;
    start(&hung, loop_hangs);
    start(&waits, loop_waits);
    start(&works, loop_works);
    assert_int_equal(finish(&hung, words, &death), GUARD_EXIT);
    assert_string_equal(words, "level=error event=process_hung plugin=none call=none\n");
    assert_int_equal(finish(&waits, words, &death), 0);
    assert_int_equal(finish(&works, words, &death), 0);
}

/* ---- crashes ----------------------------------------------------------------------------------
 */

static void crash(struct marker *marker, struct guard *guard, int wake)
{
    (void)guard;
    (void)wake;
    marker_subject(marker, 7);
    struct marker_was was UNUSED = marker_enter(marker, marker_plugin(marker, "puppet", 0), "pull");
#ifdef __SANITIZE_ADDRESS__
    volatile size_t size = 2;
    char *one = calloc(1, 1);
    memset(one, 1, size);
    _exit(one[0]);
#else
    (void)raise(SIGSEGV);
#endif
}

static void test_a_crash_says_who(void **state)
{
    struct child child;
    struct marker_death death;
    char words[4096];
    (void)state;
    start(&child, crash);
    assert_true(finish(&child, words, &death) != 0);
    assert_non_null(strstr(words, "level=error event=process_crashed plugin=puppet call=pull\n"));
    assert_int_equal(death.fault, MARKER_FAULT_CRASH);
}

/* Down a stack until there is none. */
static size_t go_down(volatile const size_t *floor, size_t depth)
{
    volatile char room[4096];
    room[depth % sizeof room] = (char)depth;
    return depth >= *floor ? 0 : go_down(floor, depth + 1) + (size_t)room[depth % sizeof room];
}

static void overflow(struct marker *marker, struct guard *guard, int wake)
{
    static volatile const size_t bottomless = SIZE_MAX;
    (void)guard;
    (void)wake;
    struct marker_was was UNUSED = marker_enter(marker, marker_plugin(marker, "puppet", 0), "pull");
    _exit((int)(go_down(&bottomless, 0) & 1));
}

static void test_a_stack_that_ends_says_who(void **state)
{
    static char words[4096];
    struct child child;
    struct marker_death death;
    (void)state;
    start(&child, overflow);
    assert_true(finish(&child, words, &death) != 0);
    assert_string_equal(death.name, "puppet");
#ifndef __SANITIZE_ADDRESS__ /* whose own handler this test has taken away with the runner's */
    assert_int_equal(death.fault, MARKER_FAULT_CRASH);
    assert_string_equal(words, "level=error event=process_crashed plugin=puppet call=pull\n");
#endif
}

static void end_now(struct marker *marker, struct guard *guard, int wake)
{
    (void)guard;
    (void)wake;
    struct marker_was was UNUSED = marker_enter(marker, marker_plugin(marker, "puppet", 0),
                                                "memory");
    log_set_journal(true);
    guard_end(marker, MARKER_FAULT_MEMORY);
}

static void test_an_end_of_our_own(void **state)
{
    struct child child;
    struct marker_death death;
    char words[4096];
    (void)state;
    start(&child, end_now);
    assert_int_equal(finish(&child, words, &death), GUARD_EXIT);
    assert_string_equal(words, "<3>event=process_memory plugin=puppet call=memory\n");
    assert_int_equal(death.fault, MARKER_FAULT_MEMORY);
}

/* ---- memory -----------------------------------------------------------------------------------
 */

static void test_memory_is_seen(void **state)
{
    enum { MORE = 64 * 1024 * 1024 };
    int fd = guard_memory_open();
    (void)state;
    uint64_t before = guard_memory_bytes(fd);
    assert_true(before > 0);
    void *more = malloc(MORE);
    assert_non_null(more);
    uint64_t after = guard_memory_bytes(fd);
    assert_true(after >= before + MORE); /* counted although nobody touched it */
    free(more);
    close(fd);
    assert_int_equal(guard_memory_bytes(-1), 0);
}

static void eat(struct marker *marker, struct guard *guard, int wake)
{
    (void)marker;
    (void)guard;
    (void)wake;
    guard_bound_memory(256);
    for (int i = 0; i < 64; i++) {
        void *more = malloc(16 * 1024 * 1024);
        if (!more)
            _exit(42);
    }
}

/* Under a sanitizer there is no bound, and no harm: the memory is never touched. */
static void test_memory_is_bounded(void **state)
{
    struct child child;
    struct marker_death death;
    char words[4096];
    (void)state;
    start(&child, eat);
#ifdef __SANITIZE_ADDRESS__
    assert_int_equal(finish(&child, words, &death), 0);
    assert_int_equal(guard_memory_bound(), 0);
#else
    assert_int_equal(finish(&child, words, &death), 42);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_the_loops_own_callbacks),
        cmocka_unit_test(test_a_crash_says_who),
        cmocka_unit_test(test_a_stack_that_ends_says_who),
        cmocka_unit_test(test_an_end_of_our_own),
        cmocka_unit_test(test_memory_is_seen),
        cmocka_unit_test(test_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
