/* SPDX-License-Identifier: MIT */
/* test_multiline.c: messages of several lines, as one event and as one message (draft/multiline).
 */
#include "server.h"

#define CAPS SERVER_CAPS " draft/multiline=max-bytes=200,max-lines=3"

static struct server *opened(const char *caps)
{
    struct server *server = server_make();
    server->caps = caps;
    server_open(server);
    server_forget(server);
    return server;
}

/* ---- in -------------------------------------------------------------------------------------- */

static void i10_several_lines_are_one_message(void **state)
{
    (void)state;
    struct server *server = opened(CAPS);

    server_says(server, "@msgid=m1;account=ana :ana!a@h BATCH +1 draft/multiline #harbor");
    server_says(server, "@batch=1 :ana!a@h PRIVMSG #harbor :I do not");
    server_says(server, "@batch=1;draft/multiline-concat :ana!a@h PRIVMSG #harbor : want to");
    server_says(server, ":ben!b@h PRIVMSG #harbor :between"); /* somebody else's */
    server_says(server, "@batch=1 :ana!a@h PRIVMSG #harbor :live any more");
    assert_int_equal(server->event_count, 1);
    server_says(server, ":irc.sea.example BATCH -1");

    assert_int_equal(server->event_count, 2);
    assert_string_equal(server->events[0].text, "between");
    assert_string_equal(server->events[1].text, "I do not want to\nlive any more");
    assert_string_equal(server->events[1].id, "m1");
    assert_string_equal(server->events[1].account, "ana");
    assert_string_equal(server->events[1].room, "#harbor");
    server_close(server);
}

static void i10_a_notice_stays_one(void **state)
{
    (void)state;
    struct server *server = opened(CAPS);

    server_says(server, ":ana!a@h BATCH +1 draft/multiline harbor-bot");
    server_says(server, "@batch=1 :ana!a@h NOTICE harbor-bot :a");
    server_says(server, ":irc.sea.example BATCH -1");

    assert_int_equal(server->events[0].flags, CHAT_PRIVATE | CHAT_NOTICE);
    server_close(server);
}

/* Half of a call for help is a call for help. */
static void i10_what_has_no_end_is_told_at_the_end_of_the_connection(void **state)
{
    (void)state;
    struct server *server = opened(CAPS);
    server_says(server, ":ana!a@h BATCH +1 draft/multiline #harbor");
    server_says(server, "@batch=1 :ana!a@h PRIVMSG #harbor :I want to die");

    server_hang_up(server);

    assert_int_equal(server->event_count, 1);
    assert_string_equal(server->events[0].text, "I want to die");
    server_close(server);
}

static void i10_empty_endless_and_broken_ones(void **state)
{
    (void)state;
    char line[400];
    struct server *server = opened(CAPS);
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';

    server_says(server, ":ana!a@h BATCH +1 draft/multiline #harbor");
    server_says(server, ":irc.sea.example BATCH -1");
    assert_int_equal(server->event_count, 0);
    server_says(server, ":ana!a@h BATCH +2 draft/multiline"); /* to nobody: lines for themselves */
    server_says(server, "@batch=2 :ana!a@h PRIVMSG #harbor :alone");
    assert_int_equal(server->event_count, 1);
    server_says(server, ":ana!a@h BATCH +3 draft/multiline #harbor");
    for (int i = 0; i < 200; i++) /* 80,000 bytes */
        server_says(server, "@batch=3 :ana!a@h PRIVMSG #harbor :%s", line);
    server_says(server, ":irc.sea.example BATCH -3");
    assert_int_equal(server->event_count, 2);
    server_says(server, ":ana!a@h BATCH +4 draft/multiline #harbor"); /* still open at the end */
    server_says(server, "@batch=4 :ana!a@h PRIVMSG #harbor :held");
    server_close(server);
}

/* ---- out ------------------------------------------------------------------------------------- */

static const char *const two[] = {"one", "two", NULL};

static void i10_a_long_answer_goes_as_one(void **state)
{
    (void)state;
    struct server *server = opened(CAPS SERVER_ECHO);
    struct chat_message message = {
        .token = 1, .room = STR("#harbor"), .flags = CHAT_SEND_ANSWER, .answers_id = STR("m7")};
    server->no_echo = true;

    assert_int_equal(server_send(server, &message, two), 0);

    assert_string_equal(server_next(server),
                        "@label=m1;+draft/reply=m7 BATCH +m1 draft/multiline #harbor");
    assert_string_equal(server_next(server), "@batch=m1 NOTICE #harbor one");
    assert_string_equal(server_next(server), "@batch=m1 NOTICE #harbor two");
    assert_string_equal(server_next(server), "BATCH -m1");
    assert_int_equal(server_outcome(server, 1), -1);
    server_says(server, "@label=m1;msgid=m9 :harbor-bot!m@h BATCH +9 draft/multiline #harbor");
    server_says(server, "@batch=9 :harbor-bot!m@h NOTICE #harbor :one");
    assert_int_equal(server_outcome(server, 1), -1); /* not yet whole */
    server_says(server, "@batch=9 :harbor-bot!m@h NOTICE #harbor :two");
    server_says(server, ":irc.sea.example BATCH -9");

    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    assert_string_equal(server->sent[0].id, "m9");
    assert_int_equal(server->event_count, 1);
    assert_int_equal(server->events[0].flags & CHAT_OWN, CHAT_OWN);
    server_close(server);
}

/* Longer than the server takes, or of one line: as ever. */
static void i10_what_is_too_long_goes_line_by_line(void **state)
{
    (void)state;
    static const char *const four[] = {"1", "2", "3", "4", NULL}, *const one[] = {"1", NULL};
    char text[151];
    memset(text, 'x', 150);
    text[150] = '\0';
    const char *const wide[] = {text, text, NULL};
    const char *const *const cases[] = {four, one, wide};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct server *server = opened(CAPS);
        struct chat_message message = {.token = 1, .room = STR("#harbor")};
        assert_int_equal(server_send(server, &message, cases[i]), 0);
        server_run(server, CLOCK_MINUTE_MS);
        assert_false(server_ever_heard(server, "BATCH"));
        assert_true(server_ever_heard(server, "PRIVMSG #harbor "));
        server_close(server);
    }
}

static void i10_without_max_bytes_nothing_is_promised(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS " draft/multiline");
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    assert_int_equal(server_send(server, &message, two), 0);
    assert_false(server_ever_heard(server, "BATCH"));
    server_close(server);
}

/* All lines of it count against the limit: what comes next waits for them. */
static void i10_it_is_paid_for(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = CAPS;
    server->options.flood_lines = 4;
    server->options.flood_line_ms = 2000;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    static const char *const three[] = {"1", "2", "3", NULL};
    assert_int_equal(server_send(server, &message, three), 0);
    assert_true(server_heard(server, "BATCH -m1"));
    server_forget(server);

    assert_int_equal(server_send_room(server, 3, 0, "later"), 0);
    server_run(server, 1000);
    assert_null(server_next(server));
    server_run(server, 20 * CLOCK_SECOND_MS);

    assert_true(server_heard(server, "PRIVMSG #harbor later"));
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i10_several_lines_are_one_message),
        cmocka_unit_test(i10_a_notice_stays_one),
        cmocka_unit_test(i10_what_has_no_end_is_told_at_the_end_of_the_connection),
        cmocka_unit_test(i10_empty_endless_and_broken_ones),
        cmocka_unit_test(i10_a_long_answer_goes_as_one),
        cmocka_unit_test(i10_what_is_too_long_goes_line_by_line),
        cmocka_unit_test(i10_without_max_bytes_nothing_is_promised),
        cmocka_unit_test(i10_it_is_paid_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
