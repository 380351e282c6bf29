/* SPDX-License-Identifier: MIT */
/* test_nickname.c: somebody else has our nick: watched, asked for, had back, and no war about it.
 */
#include "server.h"

enum { MINUTE = 60 * 1000 };

/* In, as the second of our nicks, because the first is in use. */
static struct server *held(const char *more)
{
    static char isupport[200];
    struct server *server = server_make();
    snprintf(isupport, sizeof(isupport), "CASEMAPPING=rfc1459 CHANTYPES=# NICKLEN=16 %s", more);
    server->isupport = isupport;
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":irc.sea.example 433 * harbor-bot :Nickname is already in use");
    assert_true(server_heard(server, "NICK harbor-bot2"));
    server->no_welcome = false;
    server_says(server, ":irc.sea.example 001 harbor-bot2 :Welcome");
    server_says(server, ":irc.sea.example 005 harbor-bot2 %s :are supported", isupport);
    server_says(server, ":irc.sea.example 422 harbor-bot2 :no motd");
    assert_string_equal(server->session->nick, "harbor-bot2");
    return server;
}

/* The same, logged in, on a network whose services we know. */
static struct server *held_with_services(const char *network)
{
    static char isupport[200];
    struct server *server = server_make();
    snprintf(isupport, sizeof(isupport), "CASEMAPPING=rfc1459 CHANTYPES=# NICKLEN=16 %s", network);
    server->isupport = isupport;
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("password");
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":irc.sea.example 433 * harbor-bot :Nickname is already in use");
    server_says(server, ":irc.sea.example 001 harbor-bot2 :Welcome");
    server_says(server, ":irc.sea.example 005 harbor-bot2 %s :are supported", isupport);
    server_says(server, ":irc.sea.example 422 harbor-bot2 :no motd");
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    return server;
}

static bool has_name(struct server *server)
{
    struct chat_report report;
    irc_class.report(&server->session->network, &report);
    return report.has_name;
}

static void gets(struct server *server)
{
    server_says(server, ":%s!~bot@host.example NICK :harbor-bot", server->session->nick);
    assert_string_equal(server->session->nick, "harbor-bot");
}

static void i16_a_held_nick_comes_back(void **state)
{
    (void)state;
    struct server *server = held("MONITOR=100");
    assert_true(server_heard(server, "MONITOR + harbor-bot"));
    server_says(server, ":irc.sea.example 730 harbor-bot2 :harbor-bot!x@elsewhere");
    assert_false(has_name(server));
    assert_int_equal(server_count(server, "NICK harbor-bot"), 2); /* both at registration */

    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    assert_true(server_heard(server, "NICK harbor-bot"));
    gets(server);

    assert_true(server_heard(server, "MONITOR - harbor-bot"));
    assert_true(has_name(server));
    server_forget(server);
    server_run(server, 90 * 1000);
    assert_false(server_heard(server, "ISON harbor-bot"));
    server_close(server);
}

static void i16_a_nick_held_by_nobody_is_tried_again(void **state)
{
    (void)state;
    struct server *server = held("MONITOR=100"); /* 437: services hold it */
    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    assert_true(server_heard(server, "NICK harbor-bot"));
    server_says(server, ":irc.sea.example 437 harbor-bot2 harbor-bot :Nick/channel is temporarily "
                        "unavailable");
    server_forget(server);

    server_run(server, 90 * 1000);
    server_says(server, "PING :still");
    server_run(server, 60 * 1000);
    assert_true(server_heard(server, "ISON harbor-bot"));
    server_says(server, ":irc.sea.example 303 harbor-bot2 :");
    assert_true(server_heard(server, "NICK harbor-bot"));
    gets(server);
    server_close(server);
}

/* Without MONITOR: ISON, seldom, and more seldom the longer it lasts. */
static void i16_pauses_grow(void **state)
{
    (void)state;
    struct server *server = held("");
    size_t in_first_hour, in_last_hour;
    assert_false(server_ever_heard(server, "MONITOR"));
    for (int minute = 0; minute < 60; minute++)
        server_run(server, MINUTE);
    in_first_hour = server_count(server, "ISON harbor-bot");
    for (int minute = 0; minute < 240; minute++)
        server_run(server, MINUTE);
    in_last_hour = server_count(server, "ISON harbor-bot");
    for (int minute = 0; minute < 60; minute++)
        server_run(server, MINUTE);
    in_last_hour = server_count(server, "ISON harbor-bot") - in_last_hour;

    assert_true(in_first_hour >= 4 && in_first_hour <= 12);
    assert_true(in_last_hour >= 2 && in_last_hour <= 4);
    server_says(server, ":irc.sea.example 303 harbor-bot2 :harbor-bot");
    assert_int_equal(server_count(server, "NICK harbor-bot"), 2);
    server_says(server, ":irc.sea.example 303 harbor-bot2 :");
    assert_int_equal(server_count(server, "NICK harbor-bot"), 3);
    server_close(server);
}

static void i16_who_has_it_leaves_before_our_eyes(void **state)
{
    (void)state;
    struct server *server = held("");
    server_says(server, ":harbor-bot!x@elsewhere QUIT :irc.a.example irc.b.example");
    assert_int_equal(server_count(server, "NICK harbor-bot"), 2); /* a split: not gone */

    server_says(server, ":harbor-bot!x@elsewhere NICK :somebody");
    assert_int_equal(server_count(server, "NICK harbor-bot"), 3);
    server_says(server, ":irc.sea.example 433 harbor-bot2 harbor-bot :in use");
    server_run(server, 3000);
    server_says(server, ":harbor-bot!x@elsewhere QUIT :Quit: bye");
    assert_int_equal(server_count(server, "NICK harbor-bot"), 4);
    server_close(server);
}

static void i16_services_give_it_back(void **state)
{
    (void)state;
    struct server *server = held_with_services("NETWORK=Libera.Chat");
    server_run(server, 2000);
    assert_true(server_heard(server, "PRIVMSG NickServ@services.libera.chat :REGAIN harbor-bot"));
    gets(server);
    server_run(server, 10000);
    assert_false(server_ever_heard(server, "PRIVMSG NickServ@services.libera.chat :GHOST"));
    assert_true(has_name(server));
    server_close(server);
}

/* REGAIN is not known there: GHOST, then NICK; asked for again only after a while. */
static void i16_the_next_line_when_one_did_not_help(void **state)
{
    (void)state;
    struct server *server = held_with_services("NETWORK=Libera.Chat");
    server_run(server, 7000);
    assert_true(server_heard(server, "NICK harbor-bot"));
    server_says(server, ":irc.sea.example 433 harbor-bot2 harbor-bot :in use");
    assert_true(server_heard(server, "PRIVMSG NickServ@services.libera.chat :GHOST harbor-bot"));
    server_run(server, 5000);
    assert_true(server_heard(server, "NICK harbor-bot"));
    server_says(server, ":irc.sea.example 433 harbor-bot2 harbor-bot :in use");
    server_forget(server);

    for (int minute = 0; minute < 9; minute++)
        server_run(server, MINUTE);
    assert_int_equal(server_count(server, "PRIVMSG NickServ@"), 2);
    for (int minute = 0; minute < 30; minute++) {
        server_run(server, MINUTE);
        server_says(server, "PING :still");
    }
    assert_true(server_count(server, "PRIVMSG NickServ@") > 2);
    server_close(server);
}

static void i16_not_logged_in_services_are_not_asked(void **state)
{
    (void)state;
    struct server *server = held("NETWORK=Libera.Chat");
    server_run(server, 10 * MINUTE);
    assert_false(server_ever_heard(server, "PRIVMSG NickServ"));
    server_close(server);
}

/* Services were away when we came. */
static void i16_a_login_that_comes_late_has_it_back(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# NETWORK=Libera.Chat MONITOR=100";
    server->caps = "message-tags cap-notify";
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("password");
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":irc.sea.example 433 * harbor-bot :in use");
    server_says(server, ":irc.sea.example 001 harbor-bot2 :Welcome");
    server_says(server, ":irc.sea.example 005 harbor-bot2 %s :are supported", server->isupport);
    server_says(server, ":irc.sea.example 422 harbor-bot2 :no motd");
    server_run(server, 5000);
    assert_false(server_ever_heard(server, "PRIVMSG NickServ"));

    server_says(server, ":irc.sea.example CAP harbor-bot2 NEW :sasl=PLAIN");
    server_run(server, 2000);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    assert_true(server_heard(server, "PRIVMSG NickServ@services.libera.chat :REGAIN harbor-bot"));
    server_close(server);
}

/* Several lines tell that it is free, and the server may want us to wait. */
static void i16_one_try_at_a_time(void **state)
{
    (void)state;
    struct server *server = held("MONITOR=100");
    size_t before = server_count(server, "NICK harbor-bot");
    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    server_says(server, ":harbor-bot!x@elsewhere QUIT :Quit: bye");
    server_says(server, ":irc.sea.example 438 harbor-bot2 harbor-bot :Nick change too fast");
    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    assert_int_equal(server_count(server, "NICK harbor-bot"), before + 1);
    server_run(server, 2000);
    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    assert_int_equal(server_count(server, "NICK harbor-bot"), before + 2);
    server_close(server);
}

/* Only their own host says no. */
static void i16_a_false_nickserv_is_not_believed(void **state)
{
    (void)state;
    struct server *server = held_with_services("NETWORK=Libera.Chat");
    server_run(server, 2000);
    server_says(server, ":NickServ!NickServ@user.example NOTICE harbor-bot2 :harbor-bot is not a "
                        "registered nickname.");
    server_run(server, 5000);
    server_says(server, ":irc.sea.example 433 harbor-bot2 harbor-bot :in use");
    assert_true(server_heard(server, "PRIVMSG NickServ@services.libera.chat :GHOST harbor-bot"));
    assert_false(server_logged(server, "irc_services_refuse"));
    server_close(server);
}

static void i16_what_services_refuse_is_not_asked_again(void **state)
{
    (void)state;
    struct server *server = held_with_services("NETWORK=Libera.Chat");
    server_run(server, 2000);
    server_says(server, ":NickServ!NickServ@services.libera.chat NOTICE harbor-bot2 "
                        ":\x02harbor-bot\x02 is not a registered nickname.");
    assert_true(server_logged(server, "irc_services_refuse"));
    buf_clear(&server->log); /* they say it in several lines, and we in one */
    server_says(server, ":NickServ!NickServ@services.libera.chat NOTICE harbor-bot2 "
                        ":\x02harbor-bot\x02 is not a registered nickname.");
    assert_false(server_logged(server, "irc_services_refuse"));
    server_run(server, 5000);
    server_says(server, ":irc.sea.example 433 harbor-bot2 harbor-bot :in use");
    for (int minute = 0; minute < 60; minute++) {
        server_run(server, MINUTE);
        server_says(server, "PING :still");
    }
    assert_int_equal(server_count(server, "PRIVMSG NickServ@"), 1);
    server_close(server);
}

/* Two of us, each taking it from the other: three times, then we stay who we are, and say so once.
 */
static void i16_no_ghost_war(void **state)
{
    (void)state;
    struct server *server = held_with_services("NETWORK=Libera.Chat MONITOR=100");
    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    gets(server);
    for (int i = 0; i < 2; i++) {
        server_says(server, ":harbor-bot!~bot@host.example NICK :Guest%d", i);
        server_run(server, 3000);
        server_says(server, ":irc.sea.example 731 %s :harbor-bot", server->session->nick);
        gets(server);
    }
    server_forget(server);
    size_t before = server_count(server, "NICK harbor-bot");

    server_says(server, ":harbor-bot!~bot@host.example NICK :Guest7");
    assert_true(server_heard(server, "NICK harbor-bot2")); /* better known than Guest7 */
    server_says(server, ":Guest7!~bot@host.example NICK :harbor-bot2");
    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    for (int minute = 0; minute < 50; minute++) {
        server_run(server, MINUTE);
        server_says(server, "PING :still");
    }
    assert_int_equal(server_count(server, "NICK harbor-bot"), before + 1);
    assert_int_equal(server->notices[CHAT_NOTICE_NICK], 1);
    assert_true(server_logged(server, "irc_nick_given_up"));

    for (int minute = 0; minute < 20; minute++) {
        server_run(server, MINUTE);
        server_says(server, "PING :still");
    }
    assert_true(server_count(server, "PRIVMSG NickServ@") > 0); /* an hour later: again */
    server_close(server);
}

/* A collision kills us each time we come with it: then we come with another. */
static void i16_killed_for_the_nick(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(server->session->nick, "harbor-bot");
        server_says(server, ":irc.sea.example KILL harbor-bot :Nickname collision");
        server_hang_up(server);
        server_run(server, 5 * MINUTE);
    }
    assert_string_equal(server->session->nick, "harbor-bot2");
    server_hang_up(server);
    server_run(server, 5 * MINUTE);
    assert_string_equal(server->session->nick, "harbor-bot2");
    assert_int_equal(server->notices[CHAT_NOTICE_NICK], 1); /* once, over connections */
    server_close(server);
}

/* By services, because the nick is another's ("Guest12345"), or by an operator. */
static void i16_renamed_by_services(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_forget(server);
    server_says(server, ":harbor-bot!~bot@host.example NICK :Guest12345");
    assert_string_equal(server->session->nick, "Guest12345");
    assert_true(server_logged(server, "irc_nick_lost"));
    server_run(server, 61 * 1000);
    assert_true(server_heard(server, "ISON harbor-bot"));
    server_says(server, ":irc.sea.example 303 Guest12345 :");
    assert_true(server_heard(server, "NICK harbor-bot"));
    server_close(server);
}

static void i16_renamed_at_the_welcome(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":irc.sea.example 001 account-name :Welcome");
    server_says(server, ":irc.sea.example 422 account-name :no motd");
    assert_string_equal(server->session->nick, "account-name");
    server_run(server, 2000);
    assert_true(server_heard(server, "ISON harbor-bot"));
    server_close(server);
}

static void i16_what_the_server_cuts_is_all_of_it(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":irc.sea.example 001 harbor-bo :Welcome");
    server_says(server, ":irc.sea.example 005 harbor-bo NICKLEN=9 CHANTYPES=# :are supported");
    server_says(server, ":irc.sea.example 422 harbor-bo :no motd");
    server_run(server, 3 * MINUTE);
    assert_false(server_ever_heard(server, "ISON"));
    assert_false(server_logged(server, "irc_nick_held"));
    server_close(server);
}

/* People call the bot by the name that they know. */
static void i16_known_by_the_name_it_is_to_have(void **state)
{
    (void)state;
    static const struct {
        const char *text, *called;
    } cases[] = {
        {"harbor-bot: tip", "harbor-bot"},
        {"Harbor-Bot, tip", "Harbor-Bot"},
        {"harbor-bot2: tip", "harbor-bot2"},
        {"@harbor-bot tip", "harbor-bot"},
        {"harbor-bots: tip", ""},
        {"the harbor-bot: tip", ""},
        {"harbor-bot", "harbor-bot"},
        {"harbor-bo", ""},
    };
    struct server *server = held("");
    server_says(server, ":harbor-bot2!~bot@host.example JOIN #harbor * :bot");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        server_forget(server);
        server_says(server, ":ana!a@host PRIVMSG #harbor :%s", cases[i].text);
        assert_int_equal(server->event_count, 1);
        assert_string_equal(server->events[0].called, cases[i].called);
    }
    server_close(server);
}

/* No answer yet, and told again that it is free. */
static void i16_a_try_without_an_answer_is_one_try(void **state)
{
    (void)state;
    struct server *server = held("MONITOR=100");
    size_t before = server_count(server, "NICK harbor-bot");
    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    server_run(server, 3000);
    server_says(server, ":irc.sea.example 731 harbor-bot2 :harbor-bot");
    assert_int_equal(server_count(server, "NICK harbor-bot"), before + 1);
    server_close(server);
}

/* What we took back on this connection is one take, however it ends. */
static void i16_a_kill_after_we_had_it_back_counts_once(void **state)
{
    (void)state;
    struct server *server = held("MONITOR=100");
    server_says(server, ":harbor-bot2!~bot@host.example NICK :harbor-bot");
    assert_int_equal(server->session->nickname.take_count, 1);
    server_says(server, ":irc.sea.example KILL harbor-bot :Nickname collision");
    assert_int_equal(server->session->nickname.take_count, 1);
    server_close(server);
}

/* From one foreign name to another: nothing was lost by that. */
static void i16_renamed_twice_is_lost_once(void **state)
{
    (void)state;
    struct server *server = server_make();
    size_t count = 0;
    server_open(server);
    server_says(server, ":harbor-bot!~bot@host.example NICK :Guest12345");
    server_says(server, ":Guest12345!~bot@host.example NICK :Guest54321");
    struct str rest = buf_str(&server->log);
    for (size_t at; (at = str_find(rest, STR("irc_nick_lost"), 0)) != SIZE_MAX; count++)
        rest = str_from(rest, at + 1);
    assert_int_equal(count, 1);
    server_close(server);
}

/* A war that begins again after a truce is said again. */
static void i16_a_second_war_is_said_too(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    for (int war = 1; war <= 2; war++) {
        for (int i = 0; i < 6 && server->notices[CHAT_NOTICE_NICK] < (size_t)war; i++) {
            server_says(server, ":harbor-bot!~bot@host.example NICK :Guest12345");
            server_says(server, ":Guest12345!~bot@host.example NICK :harbor-bot");
        }
        assert_int_equal(server->notices[CHAT_NOTICE_NICK], war);
        for (int minute = 0; minute < 90; minute++) {
            server_run(server, MINUTE);
            server_says(server, "PING :still");
        }
        if (!irc_session_is_us(server->session, STR("harbor-bot")))
            server_says(server, ":%s!~bot@host.example NICK :harbor-bot", server->session->nick);
    }
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i16_a_held_nick_comes_back),
        cmocka_unit_test(i16_a_nick_held_by_nobody_is_tried_again),
        cmocka_unit_test(i16_pauses_grow),
        cmocka_unit_test(i16_who_has_it_leaves_before_our_eyes),
        cmocka_unit_test(i16_services_give_it_back),
        cmocka_unit_test(i16_the_next_line_when_one_did_not_help),
        cmocka_unit_test(i16_not_logged_in_services_are_not_asked),
        cmocka_unit_test(i16_a_login_that_comes_late_has_it_back),
        cmocka_unit_test(i16_one_try_at_a_time),
        cmocka_unit_test(i16_a_false_nickserv_is_not_believed),
        cmocka_unit_test(i16_what_services_refuse_is_not_asked_again),
        cmocka_unit_test(i16_no_ghost_war),
        cmocka_unit_test(i16_killed_for_the_nick),
        cmocka_unit_test(i16_renamed_by_services),
        cmocka_unit_test(i16_renamed_at_the_welcome),
        cmocka_unit_test(i16_what_the_server_cuts_is_all_of_it),
        cmocka_unit_test(i16_known_by_the_name_it_is_to_have),
        cmocka_unit_test(i16_a_try_without_an_answer_is_one_try),
        cmocka_unit_test(i16_a_kill_after_we_had_it_back_counts_once),
        cmocka_unit_test(i16_renamed_twice_is_lost_once),
        cmocka_unit_test(i16_a_second_war_is_said_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
