/* SPDX-License-Identifier: MIT */
/* test_long.c: what is many lines and can wait (an export) keeps nobody waiting at the pace that a
 * network allows (I13). */
#include "server.h"

enum { LINES = 16, LINE_MS = 2000, BURST = 4, STEP_MS = 50 };

/* The default pace. */
static struct server *paced(void)
{
    struct server *server = server_make();
    server->options.flood_lines = BURST;
    server->options.flood_line_ms = LINE_MS;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    server_forget(server);
    return server;
}

static int send_long(struct server *server, uint64_t token, unsigned flags)
{
    char texts[LINES][80];
    const char *lines[LINES + 1] = {NULL};
    for (int i = 0; i < LINES; i++) {
        snprintf(texts[i], sizeof texts[i], "- %02d: mood 7, craving 0, a line of an export", i);
        lines[i] = texts[i];
    }
    const struct chat_message message = {.token = token, .flags = flags, .user = STR("ana")};
    return server_send(server, &message, lines);
}

/* How long until that line is out; the long one's lines come in their order. */
static int64_t until(struct server *server, const char *beginning, int *next)
{
    for (int64_t ms = 0; ms < 2 * CLOCK_MINUTE_MS; ms += STEP_MS) {
        for (const char *line; (line = server_next(server));) {
            const char *text = strstr(line, ":- ");
            if (text)
                assert_int_equal(atoi(text + 3), (*next)++);
            if (strncmp(line, beginning, strlen(beginning)) == 0)
                return ms;
        }
        server_run(server, STEP_MS);
    }
    fail();
    return 0;
}

/* Somebody else, a room, and whoever asked for it: at once, in the middle of it. */
static void i13_answers_do_not_wait_for_an_export(void **state)
{
    (void)state;
    struct server *server = paced();
    int next = 0;
    assert_int_equal(send_long(server, 1, CHAT_SEND_LONG), 0);
    (void)until(server, "PRIVMSG ana :- 04", &next);
    server_run(server, 700); /* whenever that is */

    assert_int_equal(server_send_private(server, 2, 0, "ben", "", "hello there"), 0);
    assert_int_equal(until(server, "PRIVMSG ben :hello there", &next), 0);
    assert_int_equal(server_send_room(server, 3, 0, "a tip"), 0);
    assert_in_range(until(server, "PRIVMSG #harbor :a tip", &next), 0, LINE_MS);
    assert_int_equal(server_send_private(server, 4, 0, "ana", "", "your tip"), 0);
    assert_in_range(until(server, "PRIVMSG ana :your tip", &next), 0, 2 * LINE_MS);
    assert_in_range(next, 5, LINES - 1);

    (void)until(server, "PRIVMSG ana :- 15", &next);
    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN); /* this server tells nothing */
    server_close(server);
}

/* An answer of several lines is in one piece. */
static void i13_an_export_does_not_get_into_an_answer(void **state)
{
    (void)state;
    struct server *server = paced();
    static const char *const lines[] = {"line one", "two",      "three", "four",
                                        "five",     "line six", NULL};
    const struct chat_message message = {.token = 2, .user = STR("ana")};
    int next = 0;
    assert_int_equal(send_long(server, 1, CHAT_SEND_LONG), 0);
    (void)until(server, "PRIVMSG ana :- 02", &next);
    assert_int_equal(server_send(server, &message, lines), 0);
    (void)until(server, "PRIVMSG ana :line one", &next);
    int before = next;
    (void)until(server, "PRIVMSG ana :line six", &next);
    assert_int_equal(next, before);
    server_close(server);
}

/* It is all said at the pace that is allowed, and no faster: the burst, then the lines' weight. */
static void i13_an_export_keeps_the_pace(void **state)
{
    (void)state;
    struct server *server = paced();
    int next = 0;
    assert_int_equal(send_long(server, 1, CHAT_SEND_LONG), 0);
    int64_t took_ms = until(server, "PRIVMSG ana :- 15", &next);
    print_message("16 lines of an export in %lld ms\n", (long long)took_ms);
    assert_in_range(took_ms, (LINES - BURST) * LINE_MS, (LINES + 4) * LINE_MS);
    server_close(server);
}

/* One long message at a time: the next one waits where a kill does not lose it, and keeps nobody
 * else from being taken. */
static void i13_a_second_export_waits_its_turn(void **state)
{
    (void)state;
    struct server *server = paced();
    int next = 0;
    assert_int_equal(send_long(server, 1, CHAT_SEND_LONG), 0);
    assert_int_equal(send_long(server, 2, CHAT_SEND_LONG), -EAGAIN);
    size_t ready = server->ready_count;
    (void)until(server, "PRIVMSG ana :- 08", &next);
    assert_int_equal(server->ready_count, ready); /* not asked for in vain */
    assert_int_equal(server_send_private(server, 3, 0, "ben", "", "hello there"), 0);
    (void)until(server, "PRIVMSG ana :- 15", &next);
    server_run(server, LINE_MS);
    assert_true(server->ready_count > ready);
    assert_int_equal(send_long(server, 2, CHAT_SEND_LONG), 0);
    server_close(server);
}

/* Where messages of several lines are one, this one is not: nothing could go between. */
static void i13_an_export_is_no_batch(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS SERVER_ECHO
                                          " draft/multiline=max-bytes=4096,max-lines=24");
    assert_int_equal(send_long(server, 1, CHAT_SEND_LONG), 0);
    for (const char *line; (line = server_next(server));)
        assert_null(strstr(line, "BATCH"));
    assert_int_equal(send_long(server, 2, 0), 0);
    server_run(server, 0);
    assert_true(server_ever_heard(server, "@label=m2 BATCH +m2 draft/multiline ana"));
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i13_answers_do_not_wait_for_an_export),
        cmocka_unit_test(i13_an_export_does_not_get_into_an_answer),
        cmocka_unit_test(i13_an_export_keeps_the_pace),
        cmocka_unit_test(i13_a_second_export_waits_its_turn),
        cmocka_unit_test(i13_an_export_is_no_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
