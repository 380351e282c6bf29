/* SPDX-License-Identifier: MIT */
/* client.c: a sub-command's side of the control socket; it may wait, nothing else runs in it. */
#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/address.h"

enum { LINE_BYTES_MAX = 2 * 1024 * 1024, SILENCE_MS = 30 * 1000 };

/* The first that listens.  What is refused is remembered rather than what is missing. */
static int find_daemon(const struct control_ask *ask, struct error *error)
{
    char path[CONTROL_PATH_BYTES], tried[CONTROL_PATH_BYTES] = "";
    int worst = ENOENT;
    for (size_t i = 0; control_path_guess(ask->configured, ask->state_folder, i, path); i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return error_set(error, -errno, "no socket can be had: %s", strerrordesc_np(errno));
        memcpy(address.sun_path, path, sizeof address.sun_path);
        if (path[0] && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        if (path[0] && (!tried[0] || (worst == ENOENT && errno != ENOENT))) {
            worst = errno;
            memcpy(tried, path, sizeof tried);
        }
        close(fd);
    }
    struct stat status;
    if (worst == ECONNREFUSED && lstat(tried, &status) == 0 && !S_ISSOCK(status.st_mode))
        return error_set(error, -ENOENT,
                         "mooring cannot be asked: something that is no socket has the name of its "
                         "own, %s. Move it away, and start mooring again.",
                         tried);
    if (worst == EACCES || worst == EPERM)
        return error_set(error, -EACCES,
                         "mooring cannot be asked at %s: only root and mooring's own user may. Try "
                         "again with sudo.",
                         tried);
    return error_set(
        error, -ENOENT,
        "mooring is not running, or its socket is not where it was looked for: %s (%s)", tried,
        strerrordesc_np(worst));
}

static int send_request(int socket_fd, struct str line, const int *fds, size_t count)
{
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(CONTROL_FDS_MAX * sizeof(int))];
    } rights = {0};
    struct iovec piece = {(void *)(uintptr_t)line.ptr, line.len};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (count) {
        message.msg_control = &rights;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    }
    while (piece.iov_len > 0) {
        ssize_t sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -errno;
        piece.iov_base = (char *)piece.iov_base + sent;
        piece.iov_len -= (size_t)sent;
        message.msg_control = NULL; /* they go with the first bytes */
        message.msg_controllen = 0;
    }
    return 0;
}

/* The errno behind a name such as "ENOSPC": what a caller may want to tell apart. */
static int code_of(const char *name)
{
    enum { LAST_ERRNO = 133 };
    for (int code = 1; name && code <= LAST_ERRNO; code++) {
        const char *known = strerrorname_np(code);
        if (known && strcmp(known, name) == 0)
            return -code;
    }
    return -EIO;
}

/* 1: there was a last line.  0: a piece. */
static int take_line(const struct control_ask *ask, struct str line, json_t **ret_answer,
                     struct error *error)
{
    AUTO_JSON *fields = json_loadb(line.ptr, line.len, 0, NULL);
    const json_t *ok = json_object_get(fields, "ok");
    if (!json_is_object(fields))
        return error_set(error, -EPROTO, "mooring answered with what is no answer");
    if (!ok) {
        if (ask->piece)
            ask->piece(ask->ctx, fields);
        return 0;
    }
    if (!json_is_true(ok)) {
        const char *why = json_string_value(json_object_get(fields, "error"));
        const char *code = json_string_value(json_object_get(fields, "code"));
        return error_set(error, code_of(code), "%s", why ? why : "it failed, and did not say why");
    }
    *ret_answer = TAKE(fields);
    return 1;
}

static int receive_more(int fd, int silence_ms, struct buf *in, struct error *error)
{
    char bytes[16 * 1024];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int r;
    do
        r = poll(&wait, 1, silence_ms);
    while (r < 0 && errno == EINTR);
    if (r == 0)
        return error_set(error, -ETIMEDOUT,
                         "mooring took the request and has said nothing for %d seconds",
                         silence_ms / 1000);
    ssize_t length = r < 0 ? -1 : recv(fd, bytes, sizeof bytes, 0);
    if (length < 0 && errno == EINTR)
        return 0;
    if (length <= 0)
        return error_set(error, -EPIPE,
                         "mooring went away before it had answered: see its log (journalctl -u "
                         "mooring)");
    buf_add(in, (struct str){bytes, (size_t)length});
    return in->failed ? error_set(error, in->failed, "mooring's answer is too long") : 0;
}

static int await(const struct control_ask *ask, int fd, json_t **ret_answer, struct error *error)
{
    AUTO_BUF in;
    buf_init(&in, LINE_BYTES_MAX);
    for (;;) {
        size_t end = str_find(buf_str(&in), STR("\n"), 0);
        int r = end == SIZE_MAX
                    ? receive_more(fd, ask->silence_ms ? ask->silence_ms : SILENCE_MS, &in, error)
                    : take_line(ask, str_upto(buf_str(&in), end), ret_answer, error);
        if (r != 0)
            return r < 0 ? r : 0;
        if (end != SIZE_MAX)
            buf_drop(&in, end + 1);
    }
}

int control_ask(const struct control_ask *ask, json_t **ret_answer, struct error *error)
{
    AUTO_BUF line;
    buf_init(&line, CONTROL_REQUEST_BYTES);
    int r = control_request_write(ask->verb, ask->state_folder, ask->arguments, &line);
    if (r < 0)
        return error_set(error, r,
                         "the request could not be made: it is too long, or memory is "
                         "short");
    int fd = find_daemon(ask, error);
    if (fd < 0)
        return fd;
    r = send_request(fd, buf_str(&line), ask->fds, ask->fd_count);
    /* One that was turned away reads why, though it could not say all. */
    if (r < 0 && r != -EPIPE && r != -ECONNRESET)
        r = error_set(error, r, "mooring could not be asked: %s", strerrordesc_np(-r));
    else
        r = await(ask, fd, ret_answer, error);
    close(fd);
    return r;
}
