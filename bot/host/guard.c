/* SPDX-License-Identifier: MIT */
/* guard.c: a thread that looks whether calls come back; the last line of a process that crashes;
 * the bound on its memory. */
#include "host/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "observe/log.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

enum {
    ROUNDS = 10,    /* in the time that a call may take */
    LOOP_TIMES = 4, /* the loop's own callbacks may take longer: a slow disk is not mended by us */
    WORK_SECONDS = 600,
    LINE_BYTES = 256,
    STACK_BYTES = 64 * 1024,
};

#define SECOND_NS UINT64_C(1000000000)

struct guard {
    struct marker *marker;
    _Atomic(const struct loop *) loop;
    _Atomic unsigned call_seconds;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop_asked;
    bool stopping;
    uint64_t last_call, last_loop;
    unsigned call_rounds, loop_rounds;
};

/* ---- the last line ----------------------------------------------------------------------------
 */

struct line {
    size_t len;
    char bytes[LINE_BYTES];
};

static void add(struct line *line, const char *text)
{
    for (; *text && line->len < sizeof line->bytes - 1; text++)
        line->bytes[line->len++] = *text;
}

/* Nothing but stores and two system calls: a signal handler may do that. */
static void say_end(const char *event, const char *name, const char *what)
{
    struct line line = {0};
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    add(&line, log_error_prefix());
    add(&line, "event=");
    add(&line, event);
    add(&line, " plugin=");
    add(&line, name);
    add(&line, " call=");
    add(&line, what[0] ? what : "none");
    line.bytes[line.len++] = '\n';
    if (poll(&room, 1, 0) <= 0)
        return;
    ssize_t written UNUSED = write(STDERR_FILENO, line.bytes, line.len);
}

_Noreturn void guard_end(struct marker *marker, enum marker_fault fault)
{
    static const char *const events[MARKER_FAULT_COUNT] = {
        "process_ended", "process_crashed", "process_hung", "process_memory", "process_refused"};
    const char *name, *what;
    marker_blame(marker, fault);
    marker_current(marker, &name, &what);
    say_end(events[fault], name, what);
    _exit(GUARD_EXIT);
}

/* ---- hanging ----------------------------------------------------------------------------------
 */

/* Rounds in which nothing moved, while something was under way. */
static unsigned count_rounds(uint64_t seen, uint64_t *last, bool under_way, unsigned rounds)
{
    bool same = seen == *last && under_way;
    *last = seen;
    return same ? rounds + 1 : 0;
}

static void look(struct guard *guard)
{
    struct marker *marker = guard->marker;
    unsigned ticks;
    uint64_t beat = marker_beat(marker);
    guard->call_rounds = count_rounds(beat, &guard->last_call, beat % 2 == 1, guard->call_rounds);
    if (guard->call_rounds > ROUNDS)
        guard_end(marker, MARKER_FAULT_LOOP);
    const struct loop *loop = atomic_load(&guard->loop);
    if (loop) {
        /* Calls that come back are progress too: a turn may make many. */
        uint64_t pulse = loop_pulse(loop);
        guard->loop_rounds = count_rounds(pulse + (beat << 32), &guard->last_loop, pulse % 2 == 1,
                                          guard->loop_rounds);
        if (guard->loop_rounds > ROUNDS * LOOP_TIMES)
            guard_end(marker, MARKER_FAULT_LOOP);
    }
    int slot = marker_work_tick(marker, &ticks);
    if (slot < 0 || ticks < WORK_SECONDS * ROUNDS / guard->call_seconds)
        return;
    say_end("process_hung", marker_blame_work(marker, slot, MARKER_FAULT_LOOP), "work");
    _exit(GUARD_EXIT);
}

static void *watch(void *ctx)
{
    struct guard *guard = ctx;
    pthread_mutex_lock(&guard->lock);
    while (!guard->stopping) {
        uint64_t until_ns = clock_precise_ns() + guard->call_seconds * (SECOND_NS / ROUNDS);
        struct timespec until = {.tv_sec = (time_t)(until_ns / SECOND_NS),
                                 .tv_nsec = (long)(until_ns % SECOND_NS)};
        if (pthread_cond_timedwait(&guard->stop_asked, &guard->lock, &until) == ETIMEDOUT)
            look(guard);
    }
    pthread_mutex_unlock(&guard->lock);
    return NULL;
}

/* A round's clock that does not count suspend, and a thread that takes nobody's signals. */
static int start_thread(struct guard *guard)
{
    pthread_condattr_t attributes;
    sigset_t all, before;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&guard->lock, NULL);
    pthread_cond_init(&guard->stop_asked, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = -pthread_create(&guard->thread, NULL, watch, guard);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

int guard_start(struct marker *marker, unsigned call_seconds, struct guard **ret_guard)
{
    struct guard *guard = mem_zalloc(sizeof *guard);
    if (!guard)
        return -ENOMEM;
    guard->marker = marker;
    guard->call_seconds = MAX_OF(call_seconds, 1u);
    int r = start_thread(guard);
    if (r < 0) {
        mem_free(guard);
        return r;
    }
    *ret_guard = guard;
    return 0;
}

void guard_set_seconds(struct guard *guard, unsigned call_seconds)
{
    if (guard)
        atomic_store(&guard->call_seconds, MAX_OF(call_seconds, 1u));
}

void guard_watch_loop(struct guard *guard, const struct loop *loop)
{
    if (guard)
        atomic_store(&guard->loop, loop);
}

void guard_stop(struct guard *guard)
{
    if (!guard)
        return;
    pthread_mutex_lock(&guard->lock);
    guard->stopping = true;
    pthread_cond_signal(&guard->stop_asked);
    pthread_mutex_unlock(&guard->lock);
    (void)pthread_join(guard->thread, NULL);
    pthread_cond_destroy(&guard->stop_asked);
    pthread_mutex_destroy(&guard->lock);
    mem_free(guard);
}

/* ---- crashing ---------------------------------------------------------------------------------
 */

/* A signal handler has nothing else to find it by. */
static struct marker *fault_marker;

static void tell_crash(void)
{
    const char *name, *what;
    if (!fault_marker)
        return;
    marker_blame(fault_marker, MARKER_FAULT_CRASH);
    marker_current(fault_marker, &name, &what);
    say_end("process_crashed", name, what);
}

#ifdef __SANITIZE_ADDRESS__
void guard_catch_faults(struct marker *marker)
{
    fault_marker = marker;
    __sanitizer_set_death_callback(tell_crash); /* it has handlers of its own */
}
#else
/* SA_RESETHAND: the second time it is the system's own handling that runs. */
static void crashed(int number)
{
    tell_crash();
    (void)raise(number);
}

void guard_catch_faults(struct marker *marker)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char stack[STACK_BYTES]; /* a stack that overflowed cannot run a handler */
    fault_marker = marker;
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    (void)sigaltstack(&other, NULL);
    struct sigaction action = {.sa_handler = crashed,
                               .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK | SA_NODEFER)};
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        (void)sigaction(signals[i], &action, NULL);
}
#endif

/* ---- memory -----------------------------------------------------------------------------------
 */

void guard_bound_memory(unsigned megabytes)
{
#ifdef __SANITIZE_ADDRESS__
    (void)megabytes;
#else
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    if (getrlimit(RLIMIT_DATA, &limit) < 0)
        return;
    rlim_t wanted = megabytes ? (rlim_t)megabytes * 1024 * 1024 : limit.rlim_max;
    limit.rlim_cur = MIN_OF(wanted, limit.rlim_max);
    (void)setrlimit(RLIMIT_DATA, &limit);
#endif
}

uint64_t guard_memory_bound(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    return limit.rlim_cur;
}

int guard_memory_open(void)
{
    return open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

/* proc(5): the sixth number of statm is data and stack, in pages. */
uint64_t guard_memory_bytes(int fd)
{
    char text[128];
    int64_t pages = 0;
    ssize_t length = fd < 0 ? -1 : pread(fd, text, sizeof text, 0);
    struct str rest = {text, length > 0 ? (size_t)length : 0}, word;
    for (int i = 0; i < 6; i++)
        if (!str_word(&rest, &word))
            return 0;
    if (number_parse(word, 0, INT64_MAX, &pages) < 0)
        return 0;
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
