/* SPDX-License-Identifier: MIT */
/* test_load.c: a channel that talks without end, and somebody in it who needs help. */
#include "server.h"

#include "base/number.h"

enum { LINE_MS = 2000, BURST = 4, ASK_EVERY = 10, STEP_MS = 5, SAID_MAX = 256 };

/* As the bot does it: what somebody asks is answered in its order when the network has room, a call
 * for help at once. */
static struct {
    int64_t spoken, heard, late_ms; /* lines of the channel; how late the latest was read */
    size_t waiting, answered;
    uint64_t token;
    int64_t said_ms[SAID_MAX]; /* when each of our lines left */
    size_t said;
} load;

/* From inside of what the loop does. */
static int say(struct server *server, struct str room, unsigned flags, struct str text)
{
    const struct chat_message message = {.token = ++load.token,
                                         .flags = flags,
                                         .room = room,
                                         .user = room.len ? STR("") : STR("eve"),
                                         .lines = &text,
                                         .line_count = 1};
    return irc_class.send(&server->session->network, &message);
}

static void answer(struct server *server)
{
    while (load.waiting && say(server, STR("#harbor"), CHAT_SEND_ANSWER, STR("an answer")) == 0) {
        load.waiting--;
        load.answered++;
    }
}

/* "N MS [help]": line N, said at MS on the elapsed clock. */
static void on_event(struct server *server, const struct chat_event *event)
{
    struct str text = event->text, word;
    int64_t number, spoken_ms;
    if (event->kind != CHAT_MESSAGE)
        return;
    assert_true(str_word(&text, &word) && number_parse(word, 0, INT64_MAX, &number) == 0);
    assert_true(str_word(&text, &word) && number_parse(word, 0, INT64_MAX, &spoken_ms) == 0);
    assert_int_equal(number, load.heard++); /* each, in order */
    load.late_ms = MAX_OF(load.late_ms, clock_elapsed_ms(&server->clock) - spoken_ms);
    load.waiting += number % ASK_EVERY == 0;
    if (str_word(&text, &word))
        assert_int_equal(say(server, STR(""), CHAT_SEND_CRISIS, STR("a number to call")), 0);
    answer(server);
}

static void speak(struct server *server, const char *more)
{
    server_replies(server, ":eve!e@h PRIVMSG #harbor :%lld %lld%s", (long long)load.spoken++,
                   (long long)clock_elapsed_ms(&server->clock), more);
}

static void pass(struct server *server, int64_t ms)
{
    server_run(server, ms);
    answer(server);
    server_run(server, 0);
    for (const char *line; (line = server_next(server));) {
        bool is_talk = strncmp(line, "PRIVMSG ", 8) == 0 || strncmp(line, "NOTICE ", 7) == 0;
        if (!is_talk)
            continue;
        assert_true(load.said < SAID_MAX);
        load.said_ms[load.said++] = clock_elapsed_ms(&server->clock);
    }
}

static struct server *opened(void)
{
    struct server *server = server_make();
    memset(&load, 0, sizeof load);
    server->options.flood_lines = BURST;
    server->options.flood_line_ms = LINE_MS;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    server_forget(server);
    server->event = on_event;
    return server;
}

/* In no stretch of time more than a burst, what its length earns, and one burst of credit. */
static void check_pace(void)
{
    for (size_t i = 0; i < load.said; i++)
        for (size_t j = i; j < load.said; j++)
            assert_true((int64_t)(j - i) <=
                        2 * BURST + (load.said_ms[j] - load.said_ms[i]) / LINE_MS);
}

static void i13_200_lines_a_second_are_read_at_once_and_answered_at_our_pace(void **state)
{
    (void)state;
    struct server *server = opened();
    for (int step = 0; step < 60 * 1000 / STEP_MS; step++) {
        bool is_call = step % 5000 == 2500;
        speak(server, is_call ? " help" : "");
        if (is_call) { /* it leaves in the same moment, before all that wait */
            server_run(server, 0);
            assert_string_equal(server_next(server), "PRIVMSG eve :a number to call");
            load.said_ms[load.said++] = clock_elapsed_ms(&server->clock);
        }
        pass(server, STEP_MS);
    }

    assert_int_equal(load.heard, load.spoken);
    assert_int_equal(load.late_ms, 0);
    assert_in_range(load.said, 20, 2 * BURST + 60 * 1000 / LINE_MS);
    assert_true(load.waiting > 1000); /* far more was asked than may be said */
    check_pace();
    server_close(server);
}

static void i13_2000_lines_in_a_burst_are_read_at_once_and_who_calls_is_answered_first(void **state)
{
    (void)state;
    struct server *server = opened();
    for (int i = 0; i < 2000; i++)
        speak(server, i == 1500 ? " help" : "");
    server_run(server, 0);

    assert_int_equal(load.heard, 2000);
    assert_int_equal(load.late_ms, 0);
    assert_string_equal(server_next(server), "PRIVMSG eve :a number to call");
    load.said_ms[load.said++] = clock_elapsed_ms(&server->clock);
    for (int second = 0; second < 120; second++)
        pass(server, CLOCK_SECOND_MS);
    assert_in_range(load.said, 30, 2 * BURST + 120 * 1000 / LINE_MS);
    check_pace();
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i13_200_lines_a_second_are_read_at_once_and_answered_at_our_pace),
        cmocka_unit_test(
            i13_2000_lines_in_a_burst_are_read_at_once_and_who_calls_is_answered_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
