/* SPDX-License-Identifier: MIT */
/* notify.c: systemd's notification socket protocol (sd_notify(3), "Standalone Implementations"). */
#include "loop/notify.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/number.h"

enum { ASK_AGAIN_MS = 1000 };

struct notify {
    struct loop *loop;
    bool (*alive)(void *ctx);
    void *ctx;
    int fd; /* -1: nobody listens */
    struct loop_timer watchdog;
    int64_t interval_ms; /* between pings; 0: no watchdog */
};

static void send_text(struct notify *notify, struct str text)
{
    if (notify->fd < 0)
        return;
    /* Nothing could be done about a failure: the service manager went away, or kills us for our
     * silence. */
    ssize_t sent UNUSED = send(notify->fd, text.ptr, text.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void ping(struct loop_timer *timer)
{
    struct notify *notify = CONTAINER_OF(timer, struct notify, watchdog);
    bool alive = !notify->alive || notify->alive(notify->ctx);
    if (alive)
        send_text(notify, STR("WATCHDOG=1"));
    int64_t again_ms = alive ? notify->interval_ms : MIN_OF(notify->interval_ms, ASK_AGAIN_MS);
    int r = loop_timer_arm_in(notify->loop, timer, again_ms);
    if (r < 0) /* no memory even for a pointer: let the watchdog end it */
        notify->interval_ms = 0;
}

/* "/path" or "@abstract".  0 without a socket. */
static int open_socket(struct notify *notify, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = name ? strlen(name) : 0;
    if (!length)
        return 0;
    if ((name[0] != '/' && name[0] != '@') || length >= sizeof address.sun_path)
        return -EINVAL;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->fd < 0)
        return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return connect(notify->fd, (struct sockaddr *)&address, size) < 0 ? -errno : 0;
}

/* A quarter of the limit: sd_watchdog_enabled(3) asks for half at the latest, and a disk that takes
 * seconds for each sync holds up the loop for a good part of the rest.  0 when there is none or it
 * is meant for another process. */
static int64_t read_interval_ms(void)
{
    int64_t limit_us = 0, pid = 0;
    const char *owner = getenv("WATCHDOG_PID");
    if (owner && (number_parse(str_of(owner), 1, INT32_MAX, &pid) < 0 || pid != getpid()))
        return 0;
    if (number_parse(str_of(getenv("WATCHDOG_USEC")), 4000, INT64_MAX, &limit_us) < 0)
        return 0;
    return limit_us / 4000;
}

int notify_create(struct loop *loop, bool (*alive)(void *ctx), void *ctx,
                  struct notify **ret_notify)
{
    struct notify *notify = mem_zalloc(sizeof *notify);
    if (!notify)
        return -ENOMEM;
    *notify = (struct notify){.loop = loop, .alive = alive, .ctx = ctx, .fd = -1};
    notify->watchdog = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = ping};
    int r = open_socket(notify, getenv("NOTIFY_SOCKET"));
    if (r == 0 && notify->fd >= 0)
        notify->interval_ms = read_interval_ms();
    if (r == 0 && notify->interval_ms)
        r = loop_timer_arm_in(loop, &notify->watchdog, notify->interval_ms);
    if (r < 0) {
        notify_destroy(notify);
        return r;
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    *ret_notify = notify;
    return 0;
}

void notify_destroy(struct notify *notify)
{
    if (!notify)
        return;
    loop_timer_disarm(notify->loop, &notify->watchdog);
    if (notify->fd >= 0)
        close(notify->fd);
    mem_free(notify);
}

void notify_ready(struct notify *notify)
{
    send_text(notify, STR("READY=1"));
}

void notify_status(struct notify *notify, const char *status)
{
    AUTO_BUF text;
    buf_init(&text, 1024);
    buf_add_c(&text, "STATUS=");
    /* a second line would be a second variable */
    buf_add(&text, str_upto(str_of(status), strcspn(status, "\r\n")));
    if (!text.failed)
        send_text(notify, buf_str(&text));
}

void notify_reloading(struct notify *notify)
{
    AUTO_BUF text;
    buf_init(&text, 128);
    buf_add_format(&text, "RELOADING=1\nMONOTONIC_USEC=%llu",
                   (unsigned long long)(clock_precise_ns() / 1000));
    if (!text.failed)
        send_text(notify, buf_str(&text));
}

void notify_stopping(struct notify *notify)
{
    send_text(notify, STR("STOPPING=1"));
}
