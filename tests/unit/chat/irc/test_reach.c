/* SPDX-License-Identifier: MIT */
/* test_reach.c: a private message goes to a person, not to a nick. */
#include "server.h"

#include "chat/irc/out.h"

static void test_somebody_known_gets_it_at_once(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);
    server_says(server, ":ana!a@h JOIN #harbor Ana-Acc :Ana");

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "hi"), 0);

    assert_string_equal(server_next(server), "PRIVMSG ana hi");
    server_close(server);
}

static void test_who_just_spoke_to_us_is_known(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);
    server_says(server, "@account=ana-acc :ana!a@h PRIVMSG harbor-bot :hi");

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "hi"), 0);

    assert_string_equal(server_next(server), "PRIVMSG ana hi");
    server_close(server);
}

static void test_a_stranger_is_asked_for(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "hi"), 0);
    assert_string_equal(server_next(server), "WHOIS ana");
    assert_null(server_next(server));
    server_says(server, ":irc.sea.example 330 harbor-bot ana ana-acc :is logged in as");
    server_says(server, ":irc.sea.example 318 harbor-bot ana :end");

    assert_string_equal(server_next(server), "PRIVMSG ana hi");
    server_close(server);
}

static void i6_an_impostor_gets_nothing(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "secret"), 0);
    server_says(server, ":irc.sea.example 330 harbor-bot ana somebody-else :is logged in as");
    server_says(server, ":irc.sea.example 318 harbor-bot ana :end");

    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    assert_false(server_ever_heard(server, "PRIVMSG"));
    server_close(server);
}

static void test_nobody_logged_in_gets_nothing(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "secret"), 0);
    server_says(server, ":irc.sea.example 318 harbor-bot ana :end");

    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    server_close(server);
}

static void test_somebody_gone_is_refused(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "secret"), 0);
    server_says(server, ":irc.sea.example 401 harbor-bot ana :no such nick");
    server_says(server, ":irc.sea.example 318 harbor-bot ana :end");

    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    server_close(server);
}

static void test_the_same_person_under_another_nick_is_found(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);
    server_says(server, ":ana|phone!a@h JOIN #harbor ana-acc :Ana");

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "hi"), 0);
    server_says(server, ":irc.sea.example 401 harbor-bot ana :no such nick");

    assert_true(server_heard(server, "PRIVMSG ana|phone hi"));
    server_close(server);
}

static void i6_a_known_impostor_in_the_room_gets_nothing(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);
    server_says(server, ":ana!x@h JOIN #harbor * :not Ana");

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "secret"), 0);

    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    assert_false(server_ever_heard(server, "PRIVMSG"));
    server_close(server);
}

static void i6_a_person_who_moved_is_followed(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");
    server_says(server, ":ana!a@h NICK ana|away");
    server_says(server, ":ben!x@h NICK ana");

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "hi"), 0);
    server_says(server, ":irc.sea.example 318 harbor-bot ana :end");

    assert_true(server_heard(server, "PRIVMSG ana|away hi"));
    server_close(server);
}

static void test_what_was_known_long_ago_is_asked_again(void **state)
{
    (void)state;
    struct server *server = server_opened("account-tag message-tags");
    server_says(server, "@account=ana-acc :ana!a@h PRIVMSG harbor-bot :hi");
    server_run(server, IRC_TRUST_MS);

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "hi"), 0);

    assert_string_equal(server_next(server), "WHOIS ana");
    server_close(server);
}

static void test_no_answer_to_whois_fails_and_may_be_tried_again(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);
    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana-acc", "hi"), 0);

    server_run(server, IRC_WHOIS_MS);

    assert_int_equal(server_outcome(server, 1), CHAT_FAILED);
    server_close(server);
}

static void test_on_a_network_of_nicks_the_nick_is_the_person(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->options.nick_is_identity = true;
    server_open(server);
    server_forget(server);

    assert_int_equal(server_send_private(server, 1, 0, "Ana[x]", "ana{x}", "hi"), 0);
    assert_string_equal(server_next(server), "PRIVMSG Ana[x] hi");
    server_says(server, ":ANA[X]!a@h JOIN #harbor * :Ana");
    assert_int_equal(server_send_private(server, 2, 0, "old-nick", "ana{x}", "hi"), 0);

    assert_string_equal(server_next(server), "PRIVMSG ANA[X] hi");
    server_close(server);
}

/* Twenty pages wait for one moderator after an absence; and not even forty people are asked for all
 * at once. */
static void i13_one_question_for_all_who_wait_for_the_answer(void **state)
{
    (void)state;
    struct server *server = server_make();
    char nick[16];
    server->options.flood_line_ms = 2000;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    server_forget(server);
    for (uint64_t i = 1; i <= 20; i++)
        assert_int_equal(server_send_private(server, i, CHAT_SEND_CRISIS, "Mara", "mara", "page"),
                         0);
    assert_int_equal(server_count(server, "WHOIS"), 1);
    server_says(server, ":irc.sea.example 330 harbor-bot mara mara :is logged in as");
    server_says(server, ":irc.sea.example 318 harbor-bot mara :End of /WHOIS list.");
    server_run(server, CLOCK_MINUTE_MS);
    assert_int_equal(server_count(server, "PRIVMSG mara"), 20);

    for (uint64_t i = 100; i < 140; i++) {
        snprintf(nick, sizeof(nick), "ana%d", (int)i);
        assert_int_equal(server_send_private(server, i, CHAT_SEND_CRISIS, nick, nick, "card"), 0);
    }
    assert_in_range(server_count(server, "WHOIS"), 4, 10);
    server_close(server);
}

/* Between two lines of a long talk at the network's pace. */
static void i13_who_calls_for_help_is_asked_for_at_once(void **state)
{
    (void)state;
    struct server *server = server_make();
    const char *lines[] = {"1", "2", "3", "4", "5", "6", "7", "8", NULL};
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    server->options.flood_line_ms = 2000;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    assert_int_equal(server_send(server, &message, lines), 0);
    server_forget(server);

    assert_int_equal(server_send_private(server, 2, CHAT_SEND_CRISIS, "ana", "ana", "card"), 0);

    assert_string_equal(server_next(server), "WHOIS ana");
    server_close(server);
}

/* Whom the server does not vouch for any more is nobody, whatever we knew. */
static void i6_what_the_answer_does_not_say_is_not_so(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, "@account=ana :ana!a@h PRIVMSG harbor-bot :hi");
    server_run(server, IRC_TRUST_MS + CLOCK_SECOND_MS);

    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CONFIRM, "ana", "ana", "card"), 0);
    assert_true(server_heard(server, "WHOIS ana"));
    server_says(server, ":irc.sea.example 318 harbor-bot ana :End of /WHOIS list.");

    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    assert_false(server_ever_heard(server, "PRIVMSG"));
    server_close(server);
}

/* Two are asked for; what is said of the one is nothing said of the other. */
static void i6_each_answer_is_of_its_own_nick(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CRISIS, "ana", "ana", "card"), 0);
    assert_int_equal(server_send_private(server, 2, CHAT_SEND_CRISIS, "ben", "ben", "card"), 0);

    server_says(server, ":irc.sea.example 318 harbor-bot ben :End of /WHOIS list.");

    assert_int_equal(server_outcome(server, 1), -1);
    assert_int_equal(server_outcome(server, 2), CHAT_REFUSED);
    server_says(server, ":irc.sea.example 330 harbor-bot ana ana :is logged in as");
    server_says(server, ":irc.sea.example 318 harbor-bot ana :End of /WHOIS list.");
    assert_true(server_heard(server, "PRIVMSG ana card"));
    server_close(server);
}

/* They speak and go while we ask: gone is gone, whoever they were. */
static void i6_who_went_while_we_asked_is_not_written_to(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    assert_int_equal(server_send_private(server, 1, CHAT_SEND_CRISIS, "ana", "ana", "card"), 0);

    server_says(server, "@account=ana :ana!a@h PRIVMSG harbor-bot :are you there");
    server_says(server, ":irc.sea.example 401 harbor-bot ana :No such nick/channel");

    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    assert_false(server_ever_heard(server, "PRIVMSG"));
    server_close(server);
}

/* Answers to one person go out on one answer of the server's. */
static void i6_one_whois_is_for_all_who_wait_for_it(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(server_send_private(server, i, 0, "ana", "ana-acc", "hi"), 0);
    assert_int_equal(server_count(server, "WHOIS ana"), 1);
    /* Who calls for help does not wait for one that is still in the queue. */
    assert_int_equal(server_send_private(server, 9, CHAT_SEND_CRISIS, "ana", "ana-acc", "card"), 0);
    assert_int_equal(server_count(server, "WHOIS ana"), 2);

    server_says(server, ":irc.sea.example 330 harbor-bot ana ana-acc :is logged in as");
    server_says(server, ":irc.sea.example 318 harbor-bot ana :end");

    assert_int_equal(server_count(server, "PRIVMSG ana hi"), 3);
    assert_int_equal(server_count(server, "PRIVMSG ana card"), 1);
    server_close(server);
}

/* What we took is lost with us when we are killed: few are taken before it is known whom they are
 * for. */
static void i7_few_are_taken_before_their_recipient_is_known(void **state)
{
    (void)state;
    struct server *server = server_opened(SERVER_CAPS);
    char nick[16];
    uint64_t taken = 0;
    for (int i = 0; i < 20; i++) {
        snprintf(nick, sizeof(nick), "p%d", i);
        taken += server_send_private(server, (uint64_t)i + 1, 0, nick, nick, "hi") == 0;
    }
    assert_int_equal(taken, IRC_OUT_ASKING_MAX);
    assert_int_equal(server_send_private(server, 99, CHAT_SEND_CRISIS, "eve", "eve", "card"), 0);
    size_t ready = server->ready_count;

    server_says(server, ":irc.sea.example 401 harbor-bot p0 :No such nick/channel");

    assert_true(server->ready_count > ready); /* there is room for the next */
    server_close(server);
}

/* Many names of one account, none of them there any more: a few are asked for, not all. */
static void i13_who_is_nowhere_is_not_asked_for_without_end(void **state)
{
    (void)state;
    struct server *server = server_opened("account-tag message-tags");
    for (int i = 0; i < 10; i++)
        server_says(server, "@account=ana-acc :a%d!a@h PRIVMSG harbor-bot :hi", i);
    server_run(server, IRC_TRUST_MS);
    server_forget(server);
    assert_int_equal(server_send_private(server, 1, 0, "a0", "ana-acc", "hi"), 0);
    for (int i = 0; i < 40 && server_outcome(server, 1) < 0; i++)
        server_says(server, ":irc.sea.example 401 harbor-bot a%d :no such nick", i % 10);
    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    assert_in_range(server_count(server, "WHOIS"), 2, IRC_OUT_ASKED_MAX);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i13_one_question_for_all_who_wait_for_the_answer),
        cmocka_unit_test(i13_who_calls_for_help_is_asked_for_at_once),
        cmocka_unit_test(i6_what_the_answer_does_not_say_is_not_so),
        cmocka_unit_test(i6_each_answer_is_of_its_own_nick),
        cmocka_unit_test(i6_who_went_while_we_asked_is_not_written_to),
        cmocka_unit_test(i6_one_whois_is_for_all_who_wait_for_it),
        cmocka_unit_test(i7_few_are_taken_before_their_recipient_is_known),
        cmocka_unit_test(test_somebody_known_gets_it_at_once),
        cmocka_unit_test(test_who_just_spoke_to_us_is_known),
        cmocka_unit_test(test_a_stranger_is_asked_for),
        cmocka_unit_test(i6_an_impostor_gets_nothing),
        cmocka_unit_test(test_nobody_logged_in_gets_nothing),
        cmocka_unit_test(test_somebody_gone_is_refused),
        cmocka_unit_test(test_the_same_person_under_another_nick_is_found),
        cmocka_unit_test(i6_a_known_impostor_in_the_room_gets_nothing),
        cmocka_unit_test(i6_a_person_who_moved_is_followed),
        cmocka_unit_test(test_what_was_known_long_ago_is_asked_again),
        cmocka_unit_test(test_no_answer_to_whois_fails_and_may_be_tried_again),
        cmocka_unit_test(test_on_a_network_of_nicks_the_nick_is_the_person),
        cmocka_unit_test(i13_who_is_nowhere_is_not_asked_for_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
