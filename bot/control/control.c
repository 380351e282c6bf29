/* SPDX-License-Identifier: MIT */
/* control.c: the daemon's side of the control socket. */
#include "control/control.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/internal.h"

enum {
    CLIENTS_MAX = 32,
    BACKLOG = 16,
    REQUEST_WITHIN_MS = 10 * 1000, /* from the connection to its newline */
};

/* ---- in -------------------------------------------------------------------------------------- */

static const struct verb *find_verb(const struct control *control, const char *name)
{
    for (size_t i = 0; i < control->verb_count; i++)
        if (strcmp(control->verbs[i].name, name) == 0)
            return &control->verbs[i];
    return NULL;
}

static void run_request(struct control_call *call, struct str line)
{
    struct control *control = call->control;
    struct error error = {0};
    int r = control_request_read(line, &call->request, &error);
    if (r < 0) {
        control->stats.refused++;
        control_fail(call, r, "%s", error.text);
        return;
    }
    struct str folder = call->request.folder;
    const struct verb *verb = find_verb(control, call->request.verb);
    if (!str_empty(folder) && !str_eq(folder, str_of(control->state_folder))) {
        control_fail(call, -EXDEV, "the mooring at %s runs on another state folder: %s",
                     control->path, control->state_folder);
        return;
    }
    if (!verb) {
        control->stats.refused++;
        control_fail(call, -ENOSYS, "this mooring does not know \"%s\": is it another version?",
                     call->request.verb);
        return;
    }
    control->stats.requests++;
    verb->run(verb->ctx, call, call->request.arguments);
}

/* The request is whole: nothing more is read. */
static void ask(struct control_call *call, struct str line, bool more)
{
    call->asked = true;
    loop_timer_disarm(call->control->loop, &call->timer);
    if (loop_fd_set(call->watch, 0) < 0) {
        call_free(call);
        return;
    }
    call->running = true;
    if (more)
        control_fail(call, -EINVAL, "one request a connection");
    else
        run_request(call, line);
    call->running = false;
    assert(call->answered || call->gone); /* a verb that answers later must know when not to */
    if (call->answered)
        call_finish(call);
}

static void keep_descriptors(struct control_call *call, struct msghdr *message, bool *ret_too_many)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
            if (call->fd_count < CONTROL_FDS_MAX)
                call->fds[call->fd_count++] = fd;
            else {
                close(fd);
                *ret_too_many = true;
            }
        }
    }
    *ret_too_many = *ret_too_many || (message->msg_flags & MSG_CTRUNC);
}

/* > 0: bytes came; 0: the end; negative errno. */
static ssize_t receive(struct control_call *call)
{
    char bytes[4096];
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(CONTROL_FDS_MAX * sizeof(int))];
    } rights;
    struct iovec piece = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &rights,
                             .msg_controllen = sizeof rights};
    bool too_many = false;
    ssize_t length = recvmsg(call->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0)
        return -errno;
    keep_descriptors(call, &message, &too_many);
    if (too_many)
        return -E2BIG;
    buf_add(&call->in, (struct str){bytes, (size_t)length});
    return call->in.failed ? call->in.failed : length;
}

static void refuse(struct control_call *call, int code, const char *sentence)
{
    call->asked = true;
    call->control->stats.refused++;
    control_fail(call, code, "%s", sentence);
}

static void read_more(struct control_call *call)
{
    ssize_t length = receive(call);
    if (length == -EAGAIN || length == -EINTR)
        return;
    struct str all = buf_str(&call->in);
    size_t end = str_find(all, STR("\n"), 0);
    if (length == -E2BIG)
        refuse(call, -E2BIG, "the request is too long, or brings too many descriptors");
    else if (length < 0 || (length == 0 && end == SIZE_MAX))
        call_free(call); /* half a line, and nobody to tell */
    else if (end != SIZE_MAX)
        ask(call, str_upto(all, end), end + 1 < all.len);
}

static void ready(void *ctx, unsigned events)
{
    struct control_call *call = ctx;
    if (!call->asked && (events & LOOP_READABLE)) {
        read_more(call);
        return;
    }
    if (!(events & LOOP_WRITABLE))
        return;
    if (call_flush(call) < 0)
        call_hang_up(call);
    else if (call->answered && call->out.len == 0)
        call_free(call);
}

/* ---- listening ------------------------------------------------------------------------------- */

static bool may_ask(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static int take_client(struct control *control, int fd)
{
    struct control_call *call = mem_zalloc(sizeof *call);
    if (!call)
        return -ENOMEM;
    call->control = control;
    call->fd = fd;
    call->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = call_timed_out};
    buf_init(&call->in, CONTROL_REQUEST_BYTES);
    buf_init(&call->out, CONTROL_ANSWER_BYTES_MAX + CONTROL_WAITING_BYTES_MAX);
    call->next = control->calls;
    call->link = &control->calls;
    if (call->next)
        call->next->link = &call->next;
    control->calls = call;
    control->stats.clients++;
    int r = loop_fd_add(control->loop, fd, ready, call, &call->watch);
    if (r == 0)
        r = loop_fd_set(call->watch, LOOP_READABLE);
    if (r == 0)
        r = call_arm(call, REQUEST_WITHIN_MS);
    if (r < 0) {
        call->fd = -1; /* stays the caller's */
        call_free(call);
    }
    return r;
}

static void turn_away(struct control *control, int fd, const char *why)
{
    control->stats.refused++;
    ssize_t sent UNUSED = send(fd, why, strlen(why), MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

static void knock(void *ctx, unsigned events)
{
    struct control *control = ctx;
    (void)events;
    for (int i = 0; i < BACKLOG; i++) {
        int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        if (!may_ask(fd))
            turn_away(control, fd,
                      "{\"ok\":false,\"code\":\"EACCES\",\"error\":\"only root and mooring's own "
                      "user may ask\"}\n");
        else if (control->stats.clients >= CLIENTS_MAX || take_client(control, fd) < 0)
            turn_away(control, fd,
                      "{\"ok\":false,\"code\":\"EBUSY\",\"error\":\"too many are asking at once: "
                      "try again in a moment\"}\n");
    }
}

/* 0: nothing is there, or what a dead process left. */
static int look_at(const char *path, struct error *error)
{
    struct stat status;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (lstat(path, &status) < 0)
        return 0;
    if (!S_ISSOCK(status.st_mode))
        return error_set(error, -EEXIST,
                         "the control socket %s cannot be made: something else has that name. Move "
                         "it away, or name another with control_socket.",
                         path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set(error, -errno, "the control socket %s cannot be made: %s", path,
                         strerrordesc_np(errno));
    str_to_c(str_of(path), address.sun_path, sizeof address.sun_path);
    bool lives = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    close(fd);
    return lives ? error_set(error, -EBUSY,
                             "the control socket %s cannot be made: another mooring listens there. "
                             "Name another with control_socket.",
                             path)
                 : 0;
}

/* Under another name first: nobody ever meets it with wider rights, or before it listens. */
static int listen_at(struct control *control)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO_BUF name;
    buf_init(&name, sizeof address.sun_path - 1);
    buf_add_c(&name, control->path);
    buf_add_c(&name, ".new");
    if (name.failed)
        return -ENAMETOOLONG;
    str_to_c(buf_str(&name), address.sun_path, sizeof address.sun_path);
    control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (control->fd < 0)
        return -errno;
    (void)unlink(address.sun_path);
    if (bind(control->fd, (struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    if (chmod(address.sun_path, S_IRUSR | S_IWUSR) < 0 || listen(control->fd, BACKLOG) < 0 ||
        rename(address.sun_path, control->path) < 0) {
        int r = -errno;
        (void)unlink(address.sun_path);
        return r;
    }
    control->bound = true;
    return 0;
}

int control_create(const struct control_options *options, struct control **ret_control,
                   struct error *error)
{
    struct control *control = mem_zalloc(sizeof *control);
    if (!control)
        return error_set(error, -ENOMEM, "out of memory");
    control->loop = options->loop;
    control->fd = -1;
    control->state_folder = str_copy(options->state_folder);
    int r = control->state_folder ? 0 : error_set(error, -ENOMEM, "out of memory");
    if (r == 0 && !str_to_c(str_of(options->path), control->path, sizeof control->path))
        r = error_set(error, -ENAMETOOLONG, "the control socket's path is too long: %s",
                      options->path);
    if (r == 0)
        r = look_at(control->path, error);
    if (r == 0) {
        r = listen_at(control);
        if (r == 0)
            r = loop_fd_add(control->loop, control->fd, knock, control, &control->watch);
        if (r == 0)
            r = loop_fd_set(control->watch, LOOP_READABLE);
        if (r < 0)
            error_set(error, r, "the control socket %s cannot be made: %s", control->path,
                      strerrordesc_np(-r));
    }
    if (r < 0) {
        control_destroy(control);
        return r;
    }
    *ret_control = control;
    return 0;
}

void control_destroy(struct control *control)
{
    if (!control)
        return;
    while (control->calls)
        call_hang_up(control->calls);
    loop_fd_remove(control->watch);
    if (control->fd >= 0)
        close(control->fd);
    if (control->bound)
        (void)unlink(control->path);
    mem_free(control->state_folder);
    mem_free(control);
}

int control_add(struct control *control, const char *verb, control_fn run, void *ctx)
{
    if (control->verb_count == CONTROL_VERBS_MAX || find_verb(control, verb))
        return -EEXIST;
    control->verbs[control->verb_count++] = (struct verb){verb, run, ctx};
    return 0;
}

void control_stats(const struct control *control, struct control_stats *ret_stats)
{
    *ret_stats = control->stats;
}
