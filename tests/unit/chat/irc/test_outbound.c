/* SPDX-License-Identifier: MIT */
/* test_outbound.c: what we say: form, pace, order, budget, and what became of it. */
#include <errno.h>

#include "server.h"

static void test_talk_and_answers(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");

    assert_int_equal(server_send_room(server, 1, 0, "Good morning"), 0);
    assert_true(server_heard(server, "PRIVMSG #harbor :Good morning"));
    assert_int_equal(server_send_room(server, 2, CHAT_SEND_ANSWER, "The next one"), 0);
    assert_true(server_heard(server, "NOTICE #harbor :The next one"));
    assert_int_equal(server_send_private(server, 3, CHAT_SEND_ANSWER, "ana", "", "Only you"), 0);
    assert_true(server_heard(server, "PRIVMSG ana :Only you"));
    server_close(server);
}

static void test_without_echo_routine_is_unknown(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");

    assert_int_equal(server_send_room(server, 1, 0, "x"), 0);

    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN);
    assert_false(server_ever_heard(server, "PING mooring"));
    server_close(server);
}

static void i7_without_echo_a_barrier_confirms(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");

    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "card"), 0);

    assert_true(server_heard(server, "PRIVMSG ana card"));
    assert_string_equal(server_next(server), "PING mooring.1");
    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    server_close(server);
}

static void i8_errors_before_the_barrier_refuse(void **state)
{
    (void)state;
    static const int numerics[] = {401, 404, 477, 482, 486, 489, 520, 531, 716, 717};

    for (size_t i = 0; i < COUNT_OF(numerics); i++) {
        struct server *server = server_opened("batch");
        server->no_pong = true;
        assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "card"), 0);
        assert_int_equal(server_outcome(server, 1), -1);

        server_says(server, ":irc.sea.example %d harbor-bot Ana :no", numerics[i]);
        assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
        server_says(server, ":irc.sea.example PONG irc.sea.example :mooring.1");

        assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
        assert_true(server_logged(server, "event=irc_message_refused"));
        server_close(server);
    }
}

static void i7_an_error_for_somebody_else_refuses_nothing(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    server->no_pong = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "card"), 0);

    server_says(server, ":irc.sea.example 401 harbor-bot ben :no such nick");
    server_says(server, ":irc.sea.example PONG irc.sea.example :mooring.1");

    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    server_close(server);
}

static void i8_a_standard_reply_refuses(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    server->no_pong = true;
    assert_int_equal(server_send_room(server, 1, CHAT_SEND_CONFIRM, "x"), 0);

    server_says(server, ":irc.sea.example FAIL PRIVMSG INVALID_UTF8 #harbor :not UTF-8");

    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    server_close(server);
}

static void i7_no_pong_is_unknown_in_the_end(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    server->no_pong = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "", "card"), 0);

    server_run(server, IRC_CONFIRM_MS);

    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN);
    server_close(server);
}

static void i7_an_echo_confirms(void **state)
{
    (void)state;
    struct server *server = server_opened("echo-message");

    assert_int_equal(server_send_room(server, 1, 0, "hello there"), 0);

    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    assert_false(server_ever_heard(server, "PING mooring"));
    server_close(server);
}

static void i7_a_labelled_echo_confirms_with_its_id(void **state)
{
    (void)state;
    struct server *server = server_opened("message-tags batch" SERVER_ECHO);

    assert_int_equal(server_send_room(server, 1, 0, "hello"), 0);

    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    assert_true(server_heard(server, "@label=m1 PRIVMSG #harbor hello"));
    assert_true(strncmp(server->sent[0].id, "id-", 3) == 0);
    server_close(server);
}

static void i7_a_labelled_error_refuses_the_right_one(void **state)
{
    (void)state;
    struct server *server = server_opened("message-tags batch" SERVER_ECHO);
    server->no_echo = true;
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CRISIS, "ana", "", "one"), 0);
    assert_int_equal(server_send_private(server, 2, CHAT_SEND_CRISIS, "ana", "", "two"), 0);

    server_says(server, "@label=m2 :irc.sea.example 531 harbor-bot ana :no");

    assert_int_equal(server_outcome(server, 1), -1);
    assert_int_equal(server_outcome(server, 2), CHAT_REFUSED);
    server_close(server);
}

static void i7_a_changed_echo_still_confirms(void **state)
{
    (void)state;
    struct server *server = server_opened("echo-message");
    server->no_echo = true;
    assert_int_equal(server_send_room(server, 1, 0, "\002bold\002"), 0);

    server_says(server, ":harbor-bot!~bot@host.example PRIVMSG #harbor :bold");

    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    server_close(server);
}

static void test_several_lines_are_one_message(void **state)
{
    (void)state;
    struct server *server = server_opened("echo-message");
    struct chat_message message = {.token = 1, .room = STR("#harbor"), .mention = STR("Ana")};
    server->no_echo = true;

    assert_int_equal(server_send(server, &message, (const char *const[]){"one", "two", NULL}), 0);
    assert_true(server_heard(server, "PRIVMSG #harbor :Ana: one"));
    assert_true(server_heard(server, "PRIVMSG #harbor two"));
    server_says(server, ":harbor-bot!~bot@host.example PRIVMSG #harbor :Ana: one");
    assert_int_equal(server_outcome(server, 1), -1);
    server_says(server, ":harbor-bot!~bot@host.example PRIVMSG #harbor :two");

    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    server_close(server);
}

static void test_a_long_name_gets_a_line_of_its_own(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    struct chat_message message = {
        .token = 1, .room = STR("#harbor"), .mention = STR("a-name-of-more-than-sixteen-letters")};

    assert_int_equal(server_send(server, &message, (const char *const[]){"one", NULL}), 0);

    assert_true(server_heard(server, "PRIVMSG #harbor a-name-of-more-than-sixteen-letters:"));
    assert_true(server_heard(server, "PRIVMSG #harbor one"));
    server_close(server);
}

static void i11_nothing_can_be_smuggled(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");

    assert_int_equal(server_send_room(server, 1, 0, "x\r\nQUIT :gone"), -EINVAL);
    assert_int_equal(server_send_room(server, 2, 0, "x\nQUIT"), -EINVAL);
    assert_int_equal(server_send_private(server, 3, 0, "ana :x\r\nQUIT", "", "hi"), 0);

    assert_false(server_ever_heard(server, "QUIT"));
    assert_int_equal(server_outcome(server, 3), CHAT_REFUSED);
    server_close(server);
}

static void test_not_up_is_not_connected(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);

    assert_int_equal(server_send_room(server, 1, 0, "x"), -ENOTCONN);
    server_close(server);
}

static struct server *slow(const char *caps)
{
    struct server *server = server_make();
    server->caps = caps;
    server->options.flood_lines = 4;
    server->options.flood_line_ms = 2000;
    server_open(server);
    server_run(server, 60 * CLOCK_SECOND_MS);
    server_forget(server);
    return server;
}

static void i13_the_pace_is_the_networks(void **state)
{
    (void)state;
    struct server *server = slow("batch");
    const char *lines[31] = {NULL};
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    for (size_t i = 0; i < 30; i++)
        lines[i] = "tip";

    assert_int_equal(server_send(server, &message, lines), 0);
    assert_in_range(server_count(server, "PRIVMSG"), 2, 4);
    server_run(server, 20 * CLOCK_SECOND_MS);
    assert_in_range(server_count(server, "PRIVMSG"), 11, 14);
    server_run(server, 60 * CLOCK_SECOND_MS);

    assert_int_equal(server_count(server, "PRIVMSG"), 30);
    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN);
    server_close(server);
}

static void i13_while_one_waits_the_next_is_not_taken(void **state)
{
    (void)state;
    struct server *server = slow("batch");
    const char *lines[] = {"1", "2", "3", "4", "5", "6", "7", "8", NULL};
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    assert_int_equal(server_send(server, &message, lines), 0);
    size_t ready = server->ready_count;

    assert_int_equal(server_send_room(server, 2, 0, "later"), -EAGAIN);
    server_run(server, CLOCK_SECOND_MS);
    assert_int_equal(server->ready_count, ready);
    server_run(server, 30 * CLOCK_SECOND_MS);

    assert_int_equal(server->ready_count, ready + 1);
    assert_int_equal(server_send_room(server, 2, 0, "later"), 0);
    server_close(server);
}

/* Both clocks went on, and nothing ran: whether the line still stands is not known yet. */
static void sleep_for(struct server *server, int64_t ms)
{
    clock_advance(&server->clock, ms);
}

static void test_after_a_sleep_routine_waits_for_a_sign_of_life(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    server->no_pong = true;
    sleep_for(server, 125 * 1000);

    assert_int_equal(server_send_room(server, 1, 0, "reminder"), -EAGAIN);
    server_run(server, 1000);
    assert_false(server_ever_heard(server, "PRIVMSG #harbor reminder"));
    assert_true(server_ever_heard(server, "PING")); /* asked at once */
    size_t before = server->ready_count;

    server_says(server, ":irc.sea.example PONG irc.sea.example :lag");
    assert_int_equal(server->ready_count, before + 1);
    assert_int_equal(server_send_room(server, 1, 0, "reminder"), 0);
    assert_true(server_heard(server, "PRIVMSG #harbor reminder"));
    server_close(server);
}

static void test_after_a_sleep_what_was_taken_waits_too(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    irc_flood_init(&server->session->flood, 1, 10 * 1000, clock_elapsed_ms(&server->clock));
    server->no_pong = true;
    assert_int_equal(server_send_room(server, 1, 0, "first"), 0);
    assert_int_equal(server_send_room(server, 2, 0, "second"), 0);
    assert_false(server_ever_heard(server, "PRIVMSG #harbor second"));
    sleep_for(server, 125 * 1000);
    server_run(server, 1000);
    assert_false(server_ever_heard(server, "PRIVMSG #harbor second"));

    server_hang_up(server);
    assert_int_equal(server_outcome(server, 2), CHAT_FAILED); /* not lost: tried again later */
    server_close(server);
}

static void test_after_a_sleep_a_call_for_help_does_not_wait(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    sleep_for(server, 125 * 1000);

    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CRISIS, "ana", "", "card"), 0);
    assert_true(server_heard(server, "PRIVMSG ana card"));
    server_close(server);
}

static void i13_crisis_goes_first(void **state)
{
    (void)state;
    struct server *server = slow("batch");
    const char *lines[] = {"1", "2", "3", "4", "5", "6", "7", "8", NULL};
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    assert_int_equal(server_send(server, &message, lines), 0);
    server_forget(server);

    assert_int_equal(server_send_private(server, 2, CHAT_SEND_CRISIS, "ana", "", "card"), 0);
    server_run(server, 60 * CLOCK_SECOND_MS);

    assert_string_equal(server_next(server), "PRIVMSG ana card");
    assert_int_equal(server_outcome(server, 2), CHAT_CONFIRMED);
    assert_int_equal(server_count(server, "PRIVMSG #harbor"), 8);
    server_close(server);
}

static void i13_a_pong_never_waits(void **state)
{
    (void)state;
    struct server *server = slow("batch");
    const char *lines[] = {"1", "2", "3", "4", "5", "6", "7", "8", NULL};
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    assert_int_equal(server_send(server, &message, lines), 0);
    server_forget(server);

    server_says(server, "PING :now");

    assert_string_equal(server_next(server), "PONG now");
    server_close(server);
}

static void test_a_room_we_are_getting_into(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    server_run(server, 1000);
    size_t ready = server->ready_count;
    assert_int_equal(server_send_room(server, 1, 0, "x"), -EAGAIN);

    server_says(server, ":harbor-bot!~bot@host.example JOIN #harbor * :bot");

    assert_int_equal(server->ready_count, ready + 1);
    assert_int_equal(server_send_room(server, 1, 0, "x"), 0);
    server_close(server);
}

static void test_a_room_that_does_not_let_us_in(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    server_says(server, ":irc.sea.example 474 harbor-bot #harbor :banned");

    assert_int_equal(server_send_room(server, 1, 0, "x"), 0);
    assert_int_equal(server_send_room(server, 2, CHAT_SEND_CRISIS, "x"), 0);

    assert_int_equal(server_outcome(server, 1), CHAT_FAILED);
    assert_int_equal(server_outcome(server, 2), CHAT_REFUSED);
    assert_false(server_ever_heard(server, "PRIVMSG"));
    server_close(server);
}

static void test_the_connection_goes(void **state)
{
    (void)state;
    struct server *server = slow("echo-message");
    const char *lines[] = {"1", "2", "3", "4", "5", "6", "7", "8", NULL};
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    server->no_echo = true;
    assert_int_equal(server_send(server, &message, lines), 0);
    assert_int_equal(server_send_private(server, 2, CHAT_SEND_CRISIS, "ana", "", "card"), 0);
    struct chat_message later = {.token = 3, .room = STR("#harbor")};
    const char *word[] = {"later", NULL};
    int r = server_send(server, &later, word);

    server_hang_up(server);

    assert_int_equal(server_outcome(server, 1), CHAT_UNKNOWN); /* some of it went out */
    assert_int_equal(server_outcome(server, 2), CHAT_UNKNOWN); /* it did not wait */
    if (r == 0)
        assert_int_equal(server_outcome(server, 3), CHAT_FAILED); /* nothing did */
    else
        assert_int_equal(r, -EAGAIN);
    server_close(server);
}

/* Only the first line says whom it answers, and only where tags are heard. */
static void i25_an_answer_says_what_it_answers(void **state)
{
    (void)state;
    static const char *const lines[] = {"one", "two", NULL};
    struct chat_message message = {.token = 1, .room = STR("#harbor"), .answers_id = STR("m 7;")};
    struct server *server = server_make();
    server_open(server);

    assert_int_equal(server_send(server, &message, lines), 0);
    assert_true(server_heard(server, "@+draft/reply=m\\s7\\: PRIVMSG #harbor one"));
    assert_true(server_heard(server, "PRIVMSG #harbor two"));
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :message-tags");
    message.token = 2;
    assert_int_equal(server_send(server, &message, lines), 0);
    server_run(server, CLOCK_MINUTE_MS);

    assert_true(server_heard(server, "PRIVMSG #harbor one"));
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talk_and_answers),
        cmocka_unit_test(test_without_echo_routine_is_unknown),
        cmocka_unit_test(i7_without_echo_a_barrier_confirms),
        cmocka_unit_test(i8_errors_before_the_barrier_refuse),
        cmocka_unit_test(i7_an_error_for_somebody_else_refuses_nothing),
        cmocka_unit_test(i8_a_standard_reply_refuses),
        cmocka_unit_test(i7_no_pong_is_unknown_in_the_end),
        cmocka_unit_test(i7_an_echo_confirms),
        cmocka_unit_test(i7_a_labelled_echo_confirms_with_its_id),
        cmocka_unit_test(i7_a_labelled_error_refuses_the_right_one),
        cmocka_unit_test(i7_a_changed_echo_still_confirms),
        cmocka_unit_test(test_several_lines_are_one_message),
        cmocka_unit_test(test_a_long_name_gets_a_line_of_its_own),
        cmocka_unit_test(i11_nothing_can_be_smuggled),
        cmocka_unit_test(test_not_up_is_not_connected),
        cmocka_unit_test(i13_the_pace_is_the_networks),
        cmocka_unit_test(i13_while_one_waits_the_next_is_not_taken),
        cmocka_unit_test(test_after_a_sleep_routine_waits_for_a_sign_of_life),
        cmocka_unit_test(test_after_a_sleep_what_was_taken_waits_too),
        cmocka_unit_test(test_after_a_sleep_a_call_for_help_does_not_wait),
        cmocka_unit_test(i13_crisis_goes_first),
        cmocka_unit_test(i13_a_pong_never_waits),
        cmocka_unit_test(test_a_room_we_are_getting_into),
        cmocka_unit_test(test_a_room_that_does_not_let_us_in),
        cmocka_unit_test(test_the_connection_goes),
        cmocka_unit_test(i25_an_answer_says_what_it_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
