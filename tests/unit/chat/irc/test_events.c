/* SPDX-License-Identifier: MIT */
/* test_events.c: what people say, as the bot hears it. */
#include "server.h"

static void test_talk_in_a_room(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, "@account=Ana-Acc;msgid=m1;time=2026-11-23T08:55:01.000Z :Ana!a@h PRIVMSG "
                        "#Harbor :\x02hello\x02 there");

    assert_int_equal(server->event_count, 1);
    const struct server_event *event = &server->events[0];
    assert_int_equal(event->kind, CHAT_MESSAGE);
    assert_int_equal(event->flags, 0);
    assert_string_equal(event->room, "#harbor");
    assert_string_equal(event->sender, "Ana");
    assert_string_equal(event->account, "ana-acc");
    assert_string_equal(event->id, "m1");
    assert_string_equal(event->text, "hello there");
    server_close(server);
}

static void test_talk_to_us(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h PRIVMSG HARBOR-BOT :help");

    assert_int_equal(server->events[0].flags, CHAT_PRIVATE);
    assert_string_equal(server->events[0].room, "");
    server_close(server);
}

static void test_talk_to_the_operators_of_a_room(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h PRIVMSG @#harbor :help");

    assert_int_equal(server->event_count, 1);
    assert_string_equal(server->events[0].room, "#harbor");
    server_close(server);
}

static void i6_without_an_account_nobody_is_known(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h PRIVMSG #harbor :hello");

    assert_string_equal(server->events[0].account, "");
    server_close(server);
}

static void test_the_nick_is_the_identity_where_the_administrator_says_so(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->options.nick_is_identity = true;
    server_open(server);

    server_says(server, "@account=other :Ana[x]!a@h PRIVMSG #harbor :hello");

    assert_string_equal(server->events[0].account, "ana{x}");
    assert_string_equal(server->events[0].sender, "Ana[x]");
    server_close(server);
}

static void i6_the_table_serves_where_there_are_no_account_tags(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "account-notify extended-join";
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");

    server_says(server, ":ana!a@h PRIVMSG #harbor :hello");

    assert_string_equal(server->events[1].account, "ana-acc");
    server_close(server);
}

static void i6_a_stale_table_proves_nothing(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "extended-join"; /* no account-notify: a log-out would not be told */
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");
    server_run(server, IRC_TRUST_MS);

    server_says(server, ":ana!a@h PRIVMSG #harbor :hello");

    assert_string_equal(server->events[1].account, "");
    server_close(server);
}

static void test_notices_are_marked(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":helper!b@h NOTICE #harbor :beep");
    server_says(server, ":irc.sea.example NOTICE harbor-bot :*** a server's word");
    server_says(server, "NOTICE harbor-bot :*** nobody's word");

    assert_int_equal(server->event_count, 1);
    assert_int_equal(server->events[0].flags, CHAT_NOTICE);
    server_close(server);
}

static void test_bots_are_marked(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, "@bot :helper!b@h PRIVMSG #harbor :beep");

    assert_int_equal(server->events[0].flags, CHAT_FROM_BOT);
    server_close(server);
}

static void i23_bridged_people_have_no_account(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->options.nick_is_identity = true;
    server_open(server);

    server_says(server, "@draft/relaymsg=bridge;account=mara :mara/m!r@h PRIVMSG #harbor :hello");

    assert_int_equal(server->events[0].flags, CHAT_BRIDGED);
    assert_string_equal(server->events[0].account, "");
    server_close(server);
}

static void i4_history_ends_with_its_batch_also_behind_a_colon(void **state)
{
    (void)state;
    static const char *const types[] = {"chathistory #harbor", "znc.in/playback #harbor"};

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        struct server *server = server_make();
        server_open(server);
        server_says(server, ":irc.sea.example BATCH +1 %s", types[i]);
        server_says(server, "@batch=1;time=2026-11-23T08:55:00.000Z :ana!a@h PRIVMSG #harbor :old");
        server_says(server, ":irc.sea.example BATCH :-1");
        server_says(server, ":ana!a@h PRIVMSG #harbor :new");

        assert_int_equal(server->event_count, 2);
        assert_int_equal(server->events[0].flags, CHAT_HISTORY);
        assert_int_equal(server->events[1].flags, 0);
        server_close(server);
    }
}

static void i4_a_batch_in_a_history_batch_is_history(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":irc.sea.example BATCH +1 chathistory #harbor");
    server_says(server, "@batch=1 :ana!a@h BATCH +2 draft/multiline #harbor");
    server_says(server, "@batch=2 :ana!a@h PRIVMSG #harbor :old");
    server_says(server, "@batch=1 :ana!a@h BATCH -2");

    assert_int_equal(server->events[0].flags, CHAT_HISTORY);
    server_close(server);
}

static void i4_replay_without_batches_is_known_by_its_time(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, "@time=2026-11-22T20:00:00.000Z :ana!a@h PRIVMSG #harbor :old");

    assert_int_equal(server->events[0].flags, CHAT_HISTORY);
    assert_int_equal(server->events[0].sent_at, 1795377600000);
    server_close(server);
}

static void i6_an_account_in_history_is_no_login_now(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor * :Ana");
    server_says(server, ":irc.sea.example BATCH +1 chathistory #harbor");

    server_says(server, "@batch=1;account=mara :ana!a@h PRIVMSG #harbor :old");

    assert_string_equal(server->events[1].account, "mara");
    assert_null(irc_users_find(&server->session->users, STR("ana"))->account);
    server_close(server);
}

static void i4_a_server_whose_clock_is_wrong(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->motd_time = "2026-11-23T08:45:00.000Z"; /* ten minutes behind */
    server_open(server);
    server_run(server, 5000);

    server_says(server, "@time=2026-11-23T08:45:05.000Z :ana!a@h PRIVMSG #harbor :live");
    server_says(server, "@time=2026-11-23T08:40:05.000Z :ana!a@h PRIVMSG #harbor :old");

    assert_int_equal(server->events[0].flags, 0);
    assert_int_equal(server->events[0].sent_at, SERVER_START_AT + 5000);
    assert_int_equal(server->events[1].flags, CHAT_HISTORY);
    server_close(server);
}

static void test_a_time_in_the_future_is_now(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, "@time=2030-01-01T00:00:00.000Z :ana!a@h PRIVMSG #harbor :hello");

    assert_int_equal(server->events[0].sent_at, SERVER_START_AT);
    server_close(server);
}

static void i20_an_action_is_talk(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h PRIVMSG #harbor :\001ACTION waves\001");

    server_says(server, ":ana!a@h PRIVMSG #harbor :waves");

    assert_string_equal(server->events[0].text, "waves");
    assert_true(server->events[0].flags & CHAT_ACTION);
    assert_false(server->events[1].flags & CHAT_ACTION);
    server_close(server);
}

static void i20_ctcp_questions_are_answered_by_notice(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h PRIVMSG harbor-bot :\001VERSION\001");
    server_says(server, ":ana!a@h PRIVMSG harbor-bot :\001PING 12 34\001");
    server_says(server, ":ana!a@h PRIVMSG harbor-bot :\001TIME\001");

    assert_true(server_heard(server, "NOTICE ana :\001VERSION mooring\001"));
    assert_true(server_heard(server, "NOTICE ana :\001PING 12 34\001"));
    assert_true(server_heard(server, "NOTICE ana :\001TIME 2026-11-23T08:55:00Z\001"));
    assert_int_equal(server->event_count, 0);
    server_close(server);
}

static void i20_ctcp_answers_are_few(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    for (int i = 0; i < 100; i++)
        server_says(server, ":ana!a@h PRIVMSG harbor-bot :\001PING %d\001", i);

    assert_in_range(server_count(server, "NOTICE"), 1, 5);
    server_close(server);
}

static void i20_a_ctcp_answer_is_never_answered(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h NOTICE harbor-bot :\001VERSION client 1\001");

    assert_false(server_ever_heard(server, "NOTICE"));
    server_close(server);
}

static void i12_latin_1_is_read(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h PRIVMSG #harbor :caf\xe9");

    assert_string_equal(server->events[0].text, "caf\xc3\xa9");
    server_close(server);
}

static void i24_what_was_taken_back_is_told(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = SERVER_CAPS " draft/message-redaction";
    server_open(server);
    assert_true(irc_caps_has(&server->session->caps, IRC_CAP_REDACTION));

    server_says(server, "@account=ana :ana!a@h REDACT #Harbor m7 :said too much");
    server_says(server, "@account=ana :ana!a@h REDACT harbor-bot m8");
    server_says(server, ":ana!a@h REDACT #harbor");
    server_says(server, ":ana!a@h REDACT ben m9"); /* neither a channel nor us */

    assert_int_equal(server->event_count, 2);
    assert_int_equal(server->events[0].kind, CHAT_REDACTION);
    assert_string_equal(server->events[0].room, "#harbor");
    assert_string_equal(server->events[0].relates_to, "m7");
    assert_string_equal(server->events[0].sender, "ana");
    assert_string_equal(server->events[0].text, "");
    assert_int_equal(server->events[1].flags & CHAT_PRIVATE, CHAT_PRIVATE);
    server_close(server);
}

static void i24_our_answer_is_taken_back_with_what_it_answered(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = SERVER_CAPS " draft/message-redaction";
    server_open(server);
    struct chat_network *network = &server->session->network;

    assert_int_equal(irc_class.redact(network, STR("#harbor"), STR(""), STR("m9")), 0);
    assert_int_equal(irc_class.redact(network, STR(""), STR("ana"), STR("m10")), 0);
    server_run(server, 0);

    assert_true(server_heard(server, "REDACT #harbor m9"));
    assert_true(server_heard(server, "REDACT ana m10"));
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :draft/message-redaction");
    assert_int_equal(irc_class.redact(network, STR("#harbor"), STR(""), STR("m9")), -ENOTSUP);
    server_hang_up(server);
    assert_int_equal(irc_class.redact(network, STR("#harbor"), STR(""), STR("m9")), -ENOTCONN);
    server_close(server);
}

static void test_a_topic(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h TOPIC #harbor :Be kind");

    assert_int_equal(server->events[0].kind, CHAT_TOPIC);
    assert_string_equal(server->events[0].text, "Be kind");
    server_close(server);
}

static void i7_our_own_words_are_ours(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":harbor-bot!~bot@host.example PRIVMSG #harbor :mine");

    assert_int_equal(server->events[0].flags, CHAT_OWN);
    server_close(server);
}

static void test_a_burst_arrives_whole(void **state)
{
    (void)state;
    struct server *server = server_make();
    AUTO_BUF burst = {.limit = 1024 * 1024};
    server_open(server);
    for (int i = 0; i < 400; i++)
        buf_add_format(&burst, ":ana!a@h PRIVMSG #harbor :line %d\r\n", i);

    assert_true(memory_write(server->connection, buf_str(&burst)) >= 0);
    server_run(server, 0);

    assert_int_equal(server->event_count, 400);
    assert_string_equal(server->events[399].text, "line 399");
    server_close(server);
}

static void test_malformed_lines_are_passed_over(void **state)
{
    (void)state;
    static const char *const lines[] = {"PRIVMSG",
                                        ":a!b@c PRIVMSG #harbor",
                                        ":a!b@c JOIN",
                                        ":a!b@c KICK #harbor",
                                        ":",
                                        "@",
                                        "@a",
                                        "BATCH",
                                        "BATCH :",
                                        "CAP",
                                        "CAP *",
                                        "PONG",
                                        ":x 353 a b",
                                        ":x 005",
                                        ":x 001",
                                        "MODE",
                                        "AUTHENTICATE",
                                        ":a!b@c NICK",
                                        ":a!b@c CHGHOST x",
                                        ":x 396 y",
                                        ":x 900",
                                        "FAIL",
                                        "PING",
                                        ":x 330 a b",
                                        ":x 354 a 77",
                                        ":x 474 y",
                                        ":!@ PRIVMSG #harbor :x",
                                        ":a!b@c TAGMSG"};
    struct server *server = server_make();
    server_open(server);

    for (size_t i = 0; i < COUNT_OF(lines); i++)
        server_says(server, "%s", lines[i]);

    assert_non_null(server->connection);
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talk_in_a_room),
        cmocka_unit_test(test_talk_to_us),
        cmocka_unit_test(test_talk_to_the_operators_of_a_room),
        cmocka_unit_test(i6_without_an_account_nobody_is_known),
        cmocka_unit_test(test_the_nick_is_the_identity_where_the_administrator_says_so),
        cmocka_unit_test(i6_the_table_serves_where_there_are_no_account_tags),
        cmocka_unit_test(i6_a_stale_table_proves_nothing),
        cmocka_unit_test(test_notices_are_marked),
        cmocka_unit_test(test_bots_are_marked),
        cmocka_unit_test(i23_bridged_people_have_no_account),
        cmocka_unit_test(i4_history_ends_with_its_batch_also_behind_a_colon),
        cmocka_unit_test(i4_a_batch_in_a_history_batch_is_history),
        cmocka_unit_test(i4_replay_without_batches_is_known_by_its_time),
        cmocka_unit_test(i6_an_account_in_history_is_no_login_now),
        cmocka_unit_test(i4_a_server_whose_clock_is_wrong),
        cmocka_unit_test(test_a_time_in_the_future_is_now),
        cmocka_unit_test(i20_an_action_is_talk),
        cmocka_unit_test(i20_ctcp_questions_are_answered_by_notice),
        cmocka_unit_test(i20_ctcp_answers_are_few),
        cmocka_unit_test(i20_a_ctcp_answer_is_never_answered),
        cmocka_unit_test(i12_latin_1_is_read),
        cmocka_unit_test(i24_what_was_taken_back_is_told),
        cmocka_unit_test(i24_our_answer_is_taken_back_with_what_it_answered),
        cmocka_unit_test(test_a_topic),
        cmocka_unit_test(i7_our_own_words_are_ours),
        cmocka_unit_test(test_a_burst_arrives_whole),
        cmocka_unit_test(test_malformed_lines_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
