/* SPDX-License-Identifier: MIT */
/* test_control.c: the daemon's side of the socket: garbage, half lines, many clients, slow readers,
 * what the dead leave behind. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/client.h"
#include "control/control.h"

struct fixture {
    char folder[64], path[96];
    struct clock clock;
    struct loop *loop;
    struct control *control;
    struct control_call *waiting;
    int gone, pieces_dropped;
    char seen[64];
    struct error error;
};

/* ---- verbs ----------------------------------------------------------------------------------- */

static void echo(void *ctx, struct control_call *call, const json_t *arguments)
{
    (void)ctx;
    control_answer(call, json_pack("{s:O}", "said", (json_t *)(uintptr_t)arguments));
}

static void refuse(void *ctx, struct control_call *call, const json_t *arguments)
{
    (void)ctx;
    (void)arguments;
    control_fail(call, -ENOSPC, "the disk is full");
}

static void went(void *ctx)
{
    struct fixture *f = ctx;
    f->gone++;
    f->waiting = NULL;
}

static void later(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct fixture *f = ctx;
    (void)arguments;
    f->waiting = call;
    control_on_gone(call, went, f);
}

static void flood(void *ctx, struct control_call *call, const json_t *arguments)
{
    static char text[32 * 1024];
    struct fixture *f = ctx;
    later(ctx, call, arguments);
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 64; i++)
        if (control_piece(call, json_pack("{s:s}", "piece", text)) == -EAGAIN)
            f->pieces_dropped++;
}

static void read_file(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct fixture *f = ctx;
    (void)arguments;
    int fd = control_take_fd(call, 0);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(control_take_fd(call, 0), -1);
    assert_int_equal(read(fd, f->seen, sizeof f->seen - 1), 5);
    close(fd);
    control_answer(call, json_object());
}

/* ---- the fixture ----------------------------------------------------------------------------- */

static int open_control(struct fixture *f)
{
    struct control_options options = {
        .loop = f->loop, .path = f->path, .state_folder = str_of(f->folder)};
    int r = control_create(&options, &f->control, &f->error);
    if (r < 0)
        return r;
    assert_int_equal(control_add(f->control, "echo", echo, f), 0);
    assert_int_equal(control_add(f->control, "refuse", refuse, f), 0);
    assert_int_equal(control_add(f->control, "later", later, f), 0);
    assert_int_equal(control_add(f->control, "flood", flood, f), 0);
    assert_int_equal(control_add(f->control, "read-file", read_file, f), 0);
    return 0;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->folder, "/tmp/mooring-control-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/control", f->folder);
    clock_init_virtual(&f->clock, 0);
    assert_int_equal(loop_create(&f->clock, &f->loop), 0);
    assert_int_equal(open_control(f), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    control_destroy(f->control);
    loop_destroy(f->loop);
    unlink(f->path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static int dial(struct fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    strcpy(address.sun_path, f->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(struct fixture *f, int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    loop_poll(f->loop);
    loop_poll(f->loop);
}

/* What came so far; "" with `*ret_closed` true: nothing, and the other end is closed. */
static void hear(int fd, char *out, size_t size, bool *ret_closed)
{
    size_t have = 0;
    ssize_t length = 1;
    while (length > 0 && have < size - 1) {
        length = recv(fd, out + have, size - 1 - have, MSG_DONTWAIT);
        have += length > 0 ? (size_t)length : 0;
    }
    out[have] = '\0';
    *ret_closed = length == 0 || (length < 0 && errno == ECONNRESET);
}

static void expect(struct fixture *f, int fd, const char *part)
{
    char text[4096];
    bool closed = false;
    loop_poll(f->loop);
    hear(fd, text, sizeof text, &closed);
    if (!strstr(text, part))
        fail_msg("expected %s in: %s", part, text);
    assert_true(closed);
    close(fd);
}

static size_t clients(struct fixture *f)
{
    struct control_stats stats;
    control_stats(f->control, &stats);
    return stats.clients;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void only_its_own_user_can_open_it(void **state)
{
    struct fixture *f = *state;
    struct stat status;
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_request_is_answered(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"echo\",\"arguments\":{\"a\":1}}\n");
    expect(f, fd, "{\"said\":{\"a\":1},\"ok\":true}\n");
    assert_int_equal(clients(f), 0);
}

static void a_request_may_come_in_halves(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":");
    assert_int_equal(clients(f), 1);
    say(f, fd, "\"echo\"}");
    say(f, fd, "\n");
    expect(f, fd, "\"ok\":true");
}

static void a_failure_is_a_sentence_and_a_code(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"refuse\"}\n");
    expect(f, fd, "\"error\":\"the disk is full\",\"code\":\"ENOSPC\",\"ok\":false");
}

static void garbage_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {"\n", "GET / HTTP/1.1\r\n\r\n", "\xff\xfe\x01\n",
                                        "{\"verb\":\"echo\"\n", "[[[[[[[[\n"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        int fd = dial(f);
        say(f, fd, lines[i]);
        expect(f, fd, "\"ok\":false");
    }
    assert_int_equal(clients(f), 0);
}

static void an_unknown_verb_is_named(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"fly\"}\n");
    expect(f, fd, "does not know \\\"fly\\\"");
}

static void another_state_folder_is_refused(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"echo\",\"folder\":\"/srv/other\"}\n");
    expect(f, fd, "\"EXDEV\"");
}

static void a_second_request_is_refused(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"echo\"}\n{\"verb\":\"echo\"}\n");
    expect(f, fd, "one request a connection");
}

static void a_line_without_an_end_is_refused(void **state)
{
    struct fixture *f = *state;
    static char text[CONTROL_REQUEST_BYTES + 4097];
    int fd = dial(f);
    memset(text, ' ', sizeof text - 1);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    for (int i = 0; i < 64; i++) {
        (void)!send(fd, text, sizeof text - 1, MSG_NOSIGNAL);
        loop_poll(f->loop);
    }
    char heard[512];
    bool closed;
    hear(fd, heard, sizeof heard, &closed);
    assert_non_null(strstr(heard, "E2BIG"));
    assert_true(closed);
    close(fd);
}

static void half_a_line_and_gone(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"ec");
    close(fd);
    loop_poll(f->loop);
    assert_int_equal(clients(f), 0);
}

static void silence_has_an_end(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{");
    loop_advance(f->loop, 9 * CLOCK_SECOND_MS);
    assert_int_equal(clients(f), 1);
    loop_advance(f->loop, 11 * CLOCK_SECOND_MS);
    assert_int_equal(clients(f), 0);
    close(fd);
}

static void an_answer_may_come_later(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"later\"}\n");
    loop_advance(f->loop, CLOCK_HOUR_MS); /* a verb takes the time it takes */
    assert_non_null(f->waiting);
    assert_int_equal(control_piece(f->waiting, json_pack("{s:i}", "percent", 50)), 0);
    loop_poll(f->loop);
    control_answer(f->waiting, json_object());
    expect(f, fd, "{\"percent\":50}\n{\"ok\":true}\n");
    assert_int_equal(f->gone, 0);
    assert_int_equal(clients(f), 0);
}

static void who_goes_away_is_told(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"later\"}\n");
    close(fd);
    assert_int_equal(control_piece(f->waiting, json_object()), 0);
    loop_poll(f->loop);
    assert_int_equal(f->gone, 1);
    assert_int_equal(clients(f), 0);
}

static void a_slow_reader_loses_pieces_and_then_the_line(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    int size = 4096;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    say(f, fd, "{\"verb\":\"flood\"}\n");
    assert_in_range(f->pieces_dropped, 40, 60); /* 256 KiB of 2 MiB were kept */
    assert_int_equal(f->gone, 0);
    loop_advance(f->loop, 40 * CLOCK_SECOND_MS);
    assert_int_equal(f->gone, 1);
    assert_int_equal(clients(f), 0);
    close(fd);
}

static void a_slow_reader_gets_the_whole_answer(void **state)
{
    struct fixture *f = *state;
    static char text[4096];
    int fd = dial(f);
    size_t total = 0;
    say(f, fd, "{\"verb\":\"flood\"}\n");
    control_answer(f->waiting, json_object());
    bool closed = false;
    for (int i = 0; i < 1000 && !closed; i++) {
        hear(fd, text, sizeof text, &closed);
        total += strlen(text);
        loop_poll(f->loop);
    }
    assert_true(closed);
    assert_true(total > 256 * 1024);
    close(fd);
}

static void many_clients_at_once(void **state)
{
    struct fixture *f = *state;
    int fds[40];
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = dial(f);
        loop_poll(f->loop);
    }
    assert_int_equal(clients(f), 32);
    expect(f, fds[32], "too many are asking");
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        if (i < 32) {
            say(f, fds[i], "{\"verb\":\"echo\"}\n");
            expect(f, fds[i], "\"ok\":true");
        } else if (i > 32) {
            close(fds[i]);
        }
    assert_int_equal(clients(f), 0);
}

static void a_living_one_is_not_replaced(void **state)
{
    struct fixture *f = *state;
    struct control *first = f->control;
    assert_int_equal(open_control(f), -EBUSY);
    assert_non_null(strstr(f->error.text, "another mooring"));
    assert_ptr_equal(f->control, first);
}

static void what_the_dead_left_is_replaced(void **state)
{
    struct fixture *f = *state;
    control_destroy(f->control);
    f->control = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, f->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd); /* as kill -9 leaves it */
    assert_int_equal(open_control(f), 0);
    fd = dial(f);
    say(f, fd, "{\"verb\":\"echo\"}\n");
    expect(f, fd, "\"ok\":true");
}

static void what_is_no_socket_is_left_alone(void **state)
{
    struct fixture *f = *state;
    control_destroy(f->control);
    f->control = NULL;
    int fd = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(open_control(f), -EEXIST);
}

static void it_goes_with_its_daemon(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(f, fd, "{\"verb\":\"later\"}\n");
    control_destroy(f->control);
    f->control = NULL;
    assert_int_equal(f->gone, 1);
    assert_int_equal(access(f->path, F_OK), -1);
    close(fd);
}

/* ---- with the client ------------------------------------------------------------------------- */

struct asking {
    struct control_ask ask;
    json_t *answer;
    int result, pieces;
    struct error error;
    bool done;
};

static void *ask_on_a_thread(void *ctx)
{
    struct asking *asking = ctx;
    asking->result = control_ask(&asking->ask, &asking->answer, &asking->error);
    __atomic_store_n(&asking->done, true, __ATOMIC_RELEASE);
    return NULL;
}

static void ask(struct fixture *f, struct asking *asking)
{
    pthread_t thread;
    asking->ask.configured = str_of(f->path);
    asking->ask.state_folder = str_of(f->folder);
    assert_int_equal(pthread_create(&thread, NULL, ask_on_a_thread, asking), 0);
    while (!__atomic_load_n(&asking->done, __ATOMIC_ACQUIRE)) {
        loop_poll(f->loop);
        usleep(200);
    }
    pthread_join(thread, NULL);
}

static void the_client_hears_the_answer(void **state)
{
    struct fixture *f = *state;
    AUTO_JSON *arguments = json_pack("{s:i}", "a", 7);
    struct asking asking = {.ask = {.verb = "echo", .arguments = arguments}};
    ask(f, &asking);
    assert_int_equal(asking.result, 0);
    assert_true(json_equal(json_object_get(asking.answer, "said"), arguments));
    json_decref(asking.answer);
}

static void the_client_hears_why_not(void **state)
{
    struct fixture *f = *state;
    struct asking asking = {.ask = {.verb = "refuse"}};
    ask(f, &asking);
    assert_int_equal(asking.result, -ENOSPC);
    assert_string_equal(asking.error.text, "the disk is full");
}

static void a_descriptor_goes_along(void **state)
{
    struct fixture *f = *state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(write(fds[1], "hello", 5), 5);
    struct asking asking = {.ask = {.verb = "read-file", .fds = fds, .fd_count = 1}};
    ask(f, &asking);
    assert_int_equal(asking.result, 0);
    assert_string_equal(f->seen, "hello");
    json_decref(asking.answer);
    close(fds[0]);
    close(fds[1]);
}

/* What comes along and nobody wants is closed again, and the request with it refused. */
static void too_many_descriptors_are_refused(void **state)
{
    struct fixture *f = *state;
    int fds[CONTROL_FDS_MAX + 1], line = dial(f);
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof fds)];
    } rights = {0};
    char text[] = "{\"verb\":\"echo\"}\n";
    struct iovec piece = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &rights,
                             .msg_controllen = sizeof rights};
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        fds[i] = line;
    rights.head.cmsg_level = SOL_SOCKET;
    rights.head.cmsg_type = SCM_RIGHTS;
    rights.head.cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(&rights.head), fds, sizeof fds);
    loop_poll(f->loop);
    assert_int_equal(sendmsg(line, &message, MSG_NOSIGNAL), (ssize_t)piece.iov_len);
    loop_poll(f->loop);
    expect(f, line, "too many descriptors");
}

static void no_daemon_is_a_sentence(void **state)
{
    struct fixture *f = *state;
    struct control_ask lost = {.configured = STR("/tmp/mooring-control-nobody/control"),
                               .state_folder = str_of(f->folder),
                               .verb = "echo"};
    json_t *answer;
    assert_int_equal(control_ask(&lost, &answer, &f->error), -ENOENT);
    assert_non_null(strstr(f->error.text, "mooring is not running, or its socket is not where"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(only_its_own_user_can_open_it),
        TEST(a_request_is_answered),
        TEST(a_request_may_come_in_halves),
        TEST(a_failure_is_a_sentence_and_a_code),
        TEST(garbage_is_refused),
        TEST(an_unknown_verb_is_named),
        TEST(another_state_folder_is_refused),
        TEST(a_second_request_is_refused),
        TEST(a_line_without_an_end_is_refused),
        TEST(half_a_line_and_gone),
        TEST(silence_has_an_end),
        TEST(an_answer_may_come_later),
        TEST(who_goes_away_is_told),
        TEST(a_slow_reader_loses_pieces_and_then_the_line),
        TEST(a_slow_reader_gets_the_whole_answer),
        TEST(many_clients_at_once),
        TEST(a_living_one_is_not_replaced),
        TEST(what_the_dead_left_is_replaced),
        TEST(what_is_no_socket_is_left_alone),
        TEST(it_goes_with_its_daemon),
        TEST(the_client_hears_the_answer),
        TEST(the_client_hears_why_not),
        TEST(a_descriptor_goes_along),
        TEST(too_many_descriptors_are_refused),
        TEST(no_daemon_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
