/* SPDX-License-Identifier: MIT */
/* test_full.c: more to say than a connection takes: what waits is said later, once, and nothing is
 * cut (I13, I14). */
#include "server.h"

enum { MESSAGES = 30, LINES = 20, LINE_BYTES = 380 }; /* three times what may wait to be written */

/* Before anything is written: each one is of many long lines, and somebody waits for help. */
static void say_all(struct server *server)
{
    char texts[LINES][LINE_BYTES + 1];
    struct str lines[LINES];
    for (uint64_t token = 1; token <= MESSAGES; token++) {
        for (size_t i = 0; i < LINES; i++) {
            memset(texts[i], 'x', LINE_BYTES);
            int n = snprintf(texts[i], LINE_BYTES, "%d.%zu", (int)token, i);
            texts[i][n] = ' ';
            texts[i][LINE_BYTES] = '\0';
            lines[i] = str_of(texts[i]);
        }
        const struct chat_message message = {.token = token,
                                             .room = STR("#harbor"),
                                             .flags = CHAT_SEND_CRISIS,
                                             .lines = lines,
                                             .line_count = LINES};
        assert_int_equal(irc_class.send(&server->session->network, &message), 0);
    }
}

static size_t heard(const struct server *server, int token, int line)
{
    char piece[32];
    size_t count = 0;
    snprintf(piece, sizeof(piece), ":%d.%d x", token, line);
    for (size_t i = 0; i < server->line_count; i++)
        count += strstr(server->lines[i], piece) != NULL;
    return count;
}

/* Nothing that the server says wakes us meanwhile. */
static void all_is_said_once(const char *caps)
{
    struct server *server = server_make();
    server->caps = caps;
    server->no_pong = server->no_echo = true;
    server_open(server);
    server_forget(server);

    say_all(server);
    server_run(server, 10 * CLOCK_SECOND_MS);

    for (int token = 1; token <= MESSAGES; token++)
        for (int line = 0; line < LINES; line++)
            assert_int_equal(heard(server, token, line), 1);
    assert_int_equal(server->connections, 1);
    server_close(server);
}

static void i13_what_a_full_connection_does_not_take_is_said_later(void **state)
{
    (void)state;
    all_is_said_once("batch");
}

/* A batch that was begun must be ended: it waits until all of it has room. */
static void i13_no_batch_is_begun_that_does_not_fit(void **state)
{
    (void)state;
    all_is_said_once(SERVER_CAPS " draft/multiline=max-bytes=1000000,max-lines=200");
}

/* Nobody confirms anything: what is more stays with the outbox, which outlives us. */
static void i13_no_more_is_under_way_than_a_life_may_lose(void **state)
{
    (void)state;
    struct server *server = server_make();
    uint64_t token = 1;
    server->no_pong = true;
    server_open(server);
    while (server_send_room(server, token, CHAT_SEND_CRISIS, "card") == 0)
        assert_true(token++ < 1000);

    assert_int_equal(token, 2 * IRC_OUT_MAX + 1);
    assert_int_equal(server_send_room(server, token, CHAT_SEND_CRISIS, "card"), -EAGAIN);
    server_run(server, IRC_CONFIRM_MS);
    server_close(server);
}

/* Routine words for people whom nobody vouches for yet: a few at a time, then the network says that
 * it takes more; somebody in need does not wait behind them. */
static void i13_few_routine_words_wait_for_who_is_who(void **state)
{
    (void)state;
    struct server *server = server_make();
    char nick[16];
    uint64_t token = 0;
    server->caps = SERVER_CAPS;
    server_open(server);
    server_forget(server);
    do {
        snprintf(nick, sizeof(nick), "ana%d", (int)++token);
        assert_true(token < 20);
    } while (server_send_private(server, token, 0, nick, nick, "hi") == 0);
    assert_int_equal(token, 5);
    assert_int_equal(server_send_private(server, 50, CHAT_SEND_CRISIS, "ben", "ben", "card"), 0);
    size_t ready = server->ready_count;

    for (int i = 1; i < 5; i++) {
        server_says(server, ":irc.sea.example 330 harbor-bot ana%d ana%d :is", i, i);
        server_says(server, ":irc.sea.example 318 harbor-bot ana%d :end", i);
    }

    assert_int_equal(server_count(server, "PRIVMSG ana"), 4);
    assert_in_range(server->ready_count, ready + 1, ready + 4);
    assert_int_equal(server_send_private(server, 5, 0, "ana5", "ana5", "hi"), 0);
    server_close(server);
}

/* What one server would not have, the next one may. */
static void i21_the_next_connection_may_take_formatting(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "batch";
    server->no_pong = true;
    server_open(server);
    assert_int_equal(server_send_room(server, 1, CHAT_SEND_CRISIS, "Call \002988\002"), 0);
    server_says(server, ":irc.sea.example 408 harbor-bot #harbor :no colours here");
    server->no_pong = false;
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);
    server_forget(server);

    assert_int_equal(server_send_room(server, 2, CHAT_SEND_CRISIS, "Call \002988\002"), 0);

    assert_true(server_heard(server, "PRIVMSG #harbor :Call \002988\002"));
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i13_what_a_full_connection_does_not_take_is_said_later),
        cmocka_unit_test(i13_no_batch_is_begun_that_does_not_fit),
        cmocka_unit_test(i13_no_more_is_under_way_than_a_life_may_lose),
        cmocka_unit_test(i13_few_routine_words_wait_for_who_is_who),
        cmocka_unit_test(i21_the_next_connection_may_take_formatting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
