/* SPDX-License-Identifier: MIT */
/* health.c: /metrics and /healthz on a loopback port. */
#include "observe/health.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/number.h"

enum {
    CONNECTIONS = 8,
    CONNECTION_SECONDS = 10,
    CONNECTION_BYTES = 16 * 1024,
    PAGE_BYTES = 1024 * 1024,
    BACKLOG = 16,
};

struct health {
    struct health_source source;
    struct MHD_Daemon *daemon;
    int port;
    uv_poll_t poll;   /* the daemon's epoll descriptor */
    uv_timer_t timer; /* its time-outs; armed only while somebody is connected */
    int open_handles;
};

/* ---- pages ----------------------------------------------------------------------------------- */

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, struct str body,
                             const char *type)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result reply_plain(struct MHD_Connection *connection, unsigned status,
                                   struct str body)
{
    return reply(connection, status, body, "text/plain; charset=utf-8");
}

static enum MHD_Result reply_metrics(struct health *health, struct MHD_Connection *connection)
{
    AUTO_BUF page;
    buf_init(&page, PAGE_BYTES);
    if (health->source.refresh)
        health->source.refresh(health->source.ctx);
    metrics_print(health->source.metrics, &page);
    if (page.failed)
        return reply_plain(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, STR("out of memory\n"));
    return reply(connection, MHD_HTTP_OK, buf_str(&page),
                 "text/plain; version=0.0.4; charset=utf-8");
}

static enum MHD_Result reply_health(struct health *health, struct MHD_Connection *connection)
{
    AUTO_BUF line;
    buf_init(&line, 1024);
    bool well = !health->source.healthy || health->source.healthy(health->source.ctx, &line);
    if (!line.len)
        buf_add_c(&line, well ? "ok" : "not healthy");
    buf_add_byte(&line, '\n');
    return reply_plain(connection, well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                       buf_str(&line));
}

/* libmicrohttpd calls this when the headers are there, again for each piece of a body, and once
 * more at its end. */
static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    static char seen;
    struct health *health = ctx;
    (void)version;
    (void)upload;
    if (!*request) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size) { /* nobody asked for it: swallowed, up to the connection's end */
        *upload_size = 0;
        return MHD_YES;
    }
    bool metrics = strcmp(url, "/metrics") == 0;
    if (!metrics && strcmp(url, "/healthz") != 0)
        return reply_plain(connection, MHD_HTTP_NOT_FOUND,
                           STR("there are /metrics and /healthz\n"));
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return reply_plain(connection, MHD_HTTP_METHOD_NOT_ALLOWED, STR("GET or HEAD\n"));
    return metrics ? reply_metrics(health, connection) : reply_health(health, connection);
}

/* ---- under the loop -------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

/* An idle bot has none, and then no timer either. */
static unsigned count_connections(struct health *health)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(health->daemon,
                                                           MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info ? info->num_connections : 0;
}

static void run_daemon(struct health *health)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    unsigned before;
    /* At its ceiling the daemon stops listening, and it listens again only in the run after one in
     * which somebody left: without that run it would be deaf for ever. */
    do {
        before = count_connections(health);
        MHD_run(health->daemon);
    } while (count_connections(health) < before);
    if (MHD_get_timeout(health->daemon, &wait_ms) == MHD_YES)
        uv_timer_start(&health->timer, on_timer, MAX_OF(wait_ms, 1ULL), 0);
    else
        uv_timer_stop(&health->timer);
}

static void on_timer(uv_timer_t *timer)
{
    run_daemon(timer->data);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run_daemon(poll->data);
}

static void on_closed(uv_handle_t *handle)
{
    struct health *health = handle->data;
    if (--health->open_handles == 0)
        mem_free(health);
}

/* libuv closes handles in its next round: the memory goes with the last of them, when there are
 * any. */
void health_destroy(struct health *health)
{
    if (!health)
        return;
    int handles = health->open_handles;
    if (handles) { /* deregistered before the daemon closes its descriptor */
        uv_close((uv_handle_t *)&health->poll, on_closed);
        uv_close((uv_handle_t *)&health->timer, on_closed);
    }
    if (health->daemon)
        MHD_stop_daemon(health->daemon);
    health->daemon = NULL;
    if (!handles)
        mem_free(health);
}

int health_port(const struct health *health)
{
    return health->port;
}

/* ---- opening --------------------------------------------------------------------------------- */

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* The pages have no password, so nobody beyond this machine may be able to ask for them. */
static bool is_loopback(const union any_address *address)
{
    if (address->any.sa_family == AF_INET)
        return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

/* "127.0.0.1:9464" or "[::1]:9464". */
static int parse_address(struct str text, union any_address *ret_address, struct error *error)
{
    union any_address address = {0};
    char host[INET6_ADDRSTRLEN];
    size_t colon = text.len;
    while (colon && text.ptr[colon - 1] != ':')
        colon--;
    struct str name = str_upto(text, colon ? colon - 1 : 0);
    bool v6 = name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']';
    if (v6)
        name = str_upto(str_from(name, 1), name.len - 2);
    int64_t port;
    if (!colon || !str_to_c(name, host, sizeof host) ||
        number_parse(str_from(text, colon), 0, 65535, &port) < 0)
        goto out;
    if (v6)
        address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                           .sin6_port = htons((uint16_t)port)};
    else
        address.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    void *where = v6 ? (void *)&address.v6.sin6_addr : (void *)&address.v4.sin_addr;
    if (inet_pton(v6 ? AF_INET6 : AF_INET, host, where) != 1)
        goto out;
    if (!is_loopback(&address))
        return error_set(
            error, -EACCES,
            "%.*s is not a loopback address: health and metrics listen on 127.0.0.1:PORT or "
            "[::1]:PORT only",
            STR_ARG(text));
    *ret_address = address;
    return 0;
out:
    return error_set(error, -EINVAL, "\"%.*s\" is no address: write 127.0.0.1:PORT or [::1]:PORT",
                     STR_ARG(text));
}

static int listen_on(union any_address *address)
{
    bool v6 = address->any.sa_family == AF_INET6;
    socklen_t size = v6 ? sizeof address->v6 : sizeof address->v4;
    int on = 1;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, &address->any, size) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, &address->any, &size) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

/* It would write to stderr in its own format; a client's mistake is no event of ours. */
static void be_quiet(void *ctx, const char *format, va_list args)
{
    (void)ctx;
    (void)format;
    (void)args;
}

static int start_daemon(struct health *health, int fd)
{
    health->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, health,
        MHD_OPTION_EXTERNAL_LOGGER, be_quiet, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)CONNECTION_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_END);
    if (!health->daemon) {
        close(fd); /* else the daemon closes it */
        return -EIO;
    }
    return 0;
}

static int attach(struct health *health, uv_loop_t *uv)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(health->daemon,
                                                           MHD_DAEMON_INFO_EPOLL_FD);
    if (!info)
        return -EIO;
    int r = uv_poll_init(uv, &health->poll, info->epoll_fd);
    if (r < 0)
        return r;
    uv_timer_init(uv, &health->timer);
    health->poll.data = health->timer.data = health;
    health->open_handles = 2;
    return uv_poll_start(&health->poll, UV_READABLE, on_ready);
}

int health_create(struct uv_loop_s *uv, struct str address, const struct health_source *source,
                  struct health **ret_health, struct error *error)
{
    union any_address where;
    int r = parse_address(address, &where, error);
    if (r < 0)
        return r;
    int fd = listen_on(&where);
    if (fd < 0)
        return error_set(error, fd,
                         "cannot listen on %.*s (%s): choose another port, or stop what uses it",
                         STR_ARG(address), strerror(-fd));
    struct health *health = mem_zalloc(sizeof *health);
    if (!health) {
        close(fd);
        return error_set(error, -ENOMEM, "out of memory");
    }
    health->source = *source;
    health->port = ntohs(where.any.sa_family == AF_INET6 ? where.v6.sin6_port : where.v4.sin_port);
    r = start_daemon(health, fd);
    if (r == 0)
        r = attach(health, uv);
    if (r < 0) {
        health_destroy(health);
        return error_set(error, r, "cannot serve %.*s: %s", STR_ARG(address), strerror(-r));
    }
    *ret_health = health;
    return 0;
}
