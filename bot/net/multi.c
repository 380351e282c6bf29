/* SPDX-License-Identifier: MIT */
/* multi.c: curl's multi socket interface on our loop (libcurl-multi(3), "MULTI_SOCKET"). */
#include "net/multi.h"

#include <assert.h>
#include <errno.h>

struct watched {
    struct watched *next;
    struct multi *multi;
    struct loop_fd *watch;
    curl_socket_t fd;
};

struct multi {
    struct loop *loop;
    CURLM *curl;
    struct loop_timer timer;
    struct watched *sockets;
    bool *gone; /* set for the frames below us on the stack when a callback destroys us */
};

static void act(struct multi *multi, curl_socket_t fd, int events);

static void on_timer(struct loop_timer *timer)
{
    struct multi *multi = CONTAINER_OF(timer, struct multi, timer);
    act(multi, CURL_SOCKET_TIMEOUT, 0);
}

static void on_ready(void *ctx, unsigned events)
{
    struct watched *socket = ctx;
    act(socket->multi, socket->fd,
        (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) |
            (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0));
}

static void report_finished(struct multi *multi)
{
    bool gone = false;
    bool *outer = multi->gone;
    multi->gone = &gone;
    CURLMsg *message;
    int left;
    for (message = curl_multi_info_read(multi->curl, &left); message;
         message = gone ? NULL : curl_multi_info_read(multi->curl, &left)) {
        struct multi_transfer *transfer = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer->finished(transfer, code);
    }
    if (gone && outer)
        *outer = true;
    if (!gone)
        multi->gone = outer;
}

static void act(struct multi *multi, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(multi->curl, fd, events, &running);
    report_finished(multi);
}

/* ---- curl's callbacks: nothing here may call curl -------------------------------------------- */

static int on_timeout(CURLM *curl, long timeout_ms, void *ctx)
{
    struct multi *multi = ctx;
    (void)curl;
    if (timeout_ms < 0) {
        loop_timer_disarm(multi->loop, &multi->timer);
        return 0;
    }
    return loop_timer_arm_in(multi->loop, &multi->timer, timeout_ms) < 0 ? -1 : 0;
}

static void forget(struct multi *multi, struct watched *socket)
{
    for (struct watched **link = &multi->sockets; *link; link = &(*link)->next)
        if (*link == socket) {
            *link = socket->next;
            break;
        }
    loop_fd_remove(socket->watch);
    mem_free(socket);
}

static int watch_socket(struct multi *multi, curl_socket_t fd, struct watched **ret_socket)
{
    AUTO_FREE struct watched *socket = mem_zalloc(sizeof *socket);
    if (!socket)
        return -ENOMEM;
    *socket = (struct watched){.multi = multi, .fd = fd, .next = multi->sockets};
    int r = loop_fd_add(multi->loop, fd, on_ready, socket, &socket->watch);
    if (r < 0)
        return r;
    multi->sockets = socket;
    *ret_socket = TAKE(socket);
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct multi *multi = ctx;
    struct watched *socket = socket_ctx;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket)
            forget(multi, socket);
        return 0;
    }
    if (!socket) {
        /* curl ends its transfers with an error */
        if (watch_socket(multi, fd, &socket) < 0)
            return -1;
        /* the one call that is allowed here, by its manual */
        curl_multi_assign(multi->curl, fd, socket);
    }
    unsigned events = (what & CURL_POLL_IN ? (unsigned)LOOP_READABLE : 0) |
                      (what & CURL_POLL_OUT ? (unsigned)LOOP_WRITABLE : 0);
    return loop_fd_set(socket->watch, events) < 0 ? -1 : 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

int multi_create(struct loop *loop, struct multi **ret_multi)
{
    AUTO_FREE struct multi *multi = mem_zalloc(sizeof *multi);
    if (!multi)
        return -ENOMEM;
    multi->loop = loop;
    multi->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_timer};
    multi->curl = curl_multi_init();
    if (!multi->curl)
        return -ENOMEM;
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
    *ret_multi = TAKE(multi);
    return 0;
}

void multi_destroy(struct multi *multi)
{
    if (!multi)
        return;
    if (multi->gone)
        *multi->gone = true;
    curl_multi_cleanup(multi->curl); /* still calls on_socket for what it closes */
    loop_timer_disarm(multi->loop, &multi->timer);
    while (multi->sockets)
        forget(multi, multi->sockets);
    mem_free(multi);
}

int multi_add(struct multi *multi, struct multi_transfer *transfer)
{
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    return curl_multi_add_handle(multi->curl, transfer->easy) == CURLM_OK ? 0 : -ENOMEM;
}

void multi_remove(struct multi *multi, struct multi_transfer *transfer)
{
    CURLMcode code = curl_multi_remove_handle(multi->curl, transfer->easy);
    assert(code == CURLM_OK); /* it fails only inside curl's own callbacks */
}

CURLM *multi_curl(struct multi *multi)
{
    return multi->curl;
}
