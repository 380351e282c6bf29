/* SPDX-License-Identifier: MIT */
/* test_reactions.c: +draft/reply, +draft/react, +draft/unreact, in both directions (I25). */
#include "server.h"

#define SHIP "\xf0\x9f\x9a\xa2"
#define TWO  "2\xef\xb8\x8f\xe2\x83\xa3"

static struct server *with_tags(void)
{
    struct server *server = server_make();
    server->caps = SERVER_CAPS SERVER_ECHO;
    return server;
}

static void i25_a_reaction_is_told_with_its_message(void **state)
{
    (void)state;
    struct server *server = with_tags();
    server_open(server);

    /* as InspIRCd sends it; under the newer names; to us alone */
    server_says(server,
                "@account=Ana;+draft/react=" TWO ";+draft/reply=m7;msgid=r1 :ana!a@h TAGMSG "
                ":#Harbor");
    server_says(server, "@+reply=m7;+react=" SHIP ";msgid=r2 :ana!a@h TAGMSG #harbor");
    server_says(server, "@+draft/reply=m8;+draft/react=" SHIP " :ana!a@h TAGMSG harbor-bot");

    assert_int_equal(server->event_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(server->events[i].kind, CHAT_REACTION);
    assert_string_equal(server->events[0].room, "#harbor");
    assert_string_equal(server->events[0].account, "ana");
    assert_string_equal(server->events[0].id, "r1");
    assert_string_equal(server->events[0].relates_to, "m7");
    assert_string_equal(server->events[0].text, TWO);
    assert_string_equal(server->events[1].relates_to, "m7");
    assert_string_equal(server->events[1].text, SHIP);
    assert_int_equal(server->events[2].flags, CHAT_PRIVATE);
    assert_string_equal(server->events[2].relates_to, "m8");
    server_close(server);
}

static void i25_what_is_no_reaction(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "@+typing=active :ana!a@h TAGMSG #harbor",
        "@+draft/react=x :ana!a@h TAGMSG #harbor",                /* under nothing */
        "@+draft/react=;+draft/reply=m7 :ana!a@h TAGMSG #harbor", /* of nothing */
        "@+draft/react=x;+draft/reply :ana!a@h TAGMSG #harbor",   /* under nothing */
        "@+draft/react=x;+draft/reply=m7 :ana!a@h TAGMSG ben",    /* neither a room nor us */
        "@+draft/react=x;+draft/reply=m7 :irc.sea.example TAGMSG #harbor",
        "@draft/react=x;draft/reply=m7 :ana!a@h TAGMSG #harbor",     /* not from a client */
        "@+draft/unreact=x;+draft/reply=m7 :ana!a@h TAGMSG #harbor", /* that nobody set */
    };
    struct server *server = with_tags();
    server_open(server);

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        server_says(server, "%s", lines[i]);
        assert_int_equal(server->event_count, 0);
    }
    server_close(server);
}

/* A question of several lines has a message id for each: whichever somebody taps, it is that
 * question. */
static void i25_each_line_of_ours_stands_for_the_whole(void **state)
{
    (void)state;
    struct server *server = with_tags();
    server->no_echo = true;
    server_open(server);
    struct chat_message message = {.token = 7, .room = STR("#harbor")};
    server_send(server, &message, (const char *const[]){"Who takes it?", "(1) I", "(2) he", NULL});
    for (int i = 1; i <= 3; i++)
        server_says(server,
                    "@label=m1;msgid=l\\:%d :harbor-bot!~bot@host.example PRIVMSG #harbor :x", i);
    assert_int_equal(server_outcome(server, 7), CHAT_CONFIRMED);
    assert_string_equal(server->sent[0].id, "l;3");
    server_send_room(server, 8, 0, "another");
    server_says(server, "@label=m2;msgid=n1 :harbor-bot!~bot@host.example PRIVMSG #harbor :x");
    server_forget(server);

    server_says(server, "@+draft/react=" TWO ";+draft/reply=l\\:1 :ana!a@h TAGMSG #harbor");
    server_says(server, "@+draft/react=" TWO ";+draft/reply=l\\:2 :ana!a@h TAGMSG #harbor");
    server_says(server, "@+draft/react=" TWO ";+draft/reply=l\\:3 :ana!a@h TAGMSG #harbor");
    server_says(server, "@+draft/react=" TWO ";+draft/reply=n1 :ana!a@h TAGMSG #harbor");
    server_says(server, "@+draft/reply=l\\:1 :ana!a@h PRIVMSG #harbor :harbor-bot: 2");

    static const char *const wanted[] = {"l;3", "l;3", "l;3", "n1", "l;3"};
    assert_int_equal(server->event_count, COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_string_equal(server->events[i].relates_to, wanted[i]);
    server_close(server);
}

static void i25_an_answer_of_theirs_says_what_it_answers(void **state)
{
    (void)state;
    struct server *server = with_tags();
    server_open(server);

    server_says(server, "@msgid=a1;+draft/reply=m7 :ana!a@h PRIVMSG #harbor :yes");
    server_says(server, "@msgid=a2;+reply=m8 :ana!a@h PRIVMSG harbor-bot :yes");
    server_says(server, "@msgid=a3 :ana!a@h PRIVMSG #harbor :yes");

    assert_int_equal(server->event_count, 3);
    assert_int_equal(server->events[0].kind, CHAT_MESSAGE);
    assert_string_equal(server->events[0].relates_to, "m7");
    assert_string_equal(server->events[1].relates_to, "m8");
    assert_string_equal(server->events[2].relates_to, "");
    server_close(server);
}

/* Taken away: told as taken back, by the reaction's own id, once it is the same person's. */
static void i25_a_reaction_that_is_taken_away(void **state)
{
    (void)state;
    struct server *server = with_tags();
    server_open(server);
    server_says(server,
                "@account=ana;msgid=r1;+draft/react=" TWO ";+draft/reply=m7 :ana!a@h TAGMSG "
                "#harbor");
    server_says(server,
                "@account=ana;msgid=r2;+draft/react=" SHIP ";+draft/reply=m7 :ana!a@h TAGMSG "
                "#harbor");
    server_forget(server);

    server_says(server,
                "@account=ben;msgid=u1;+draft/unreact=" TWO ";+draft/reply=m7 :ben!b@h TAGMSG "
                "#harbor");
    assert_int_equal(server->event_count, 0);
    server_says(server, "@account=ana;msgid=u2;+draft/unreact=" TWO ";+draft/reply=m7 :ana2!a@h "
                        "TAGMSG #harbor");

    assert_int_equal(server->event_count, 1);
    assert_int_equal(server->events[0].kind, CHAT_REDACTION);
    assert_string_equal(server->events[0].relates_to, "r1");
    assert_string_equal(server->events[0].room, "#harbor");
    assert_string_equal(server->events[0].text, "");
    server_says(server, "@account=ana;msgid=u3;+draft/unreact=" SHIP ";+draft/reply=m7 :ana2!a@h "
                        "TAGMSG #harbor");
    assert_int_equal(server->event_count, 2);
    assert_string_equal(server->events[1].relates_to, "r2"); /* the other one of hers */
    server_close(server);
}

static int react(struct server *server, const char *room)
{
    struct chat_network *network = &server->session->network;
    int r = irc_class.react(network, str_of(room), STR("m;7"), STR(SHIP));
    server_run(server, 0);
    return r;
}

static void i25_a_reaction_of_ours(void **state)
{
    (void)state;
    struct server *server = with_tags();
    server_open(server);
    assert_int_equal(react(server, "#harbor"), 0);
    assert_true(server_heard(server, "@+draft/react=" SHIP ";+draft/reply=m\\:7 TAGMSG #harbor"));
    assert_int_equal(react(server, ""), -ENOTSUP);
    server_hang_up(server);
    assert_int_equal(react(server, "#harbor"), -ENOTCONN);
    server_close(server);

    server = server_make();
    server->caps = "batch";
    server_open(server);
    assert_int_equal(react(server, "#harbor"), -ENOTSUP);
    assert_false(server_ever_heard(server, "@"));
    server_close(server);
}

/* CLIENTTAGDENY: what is not let through is not said, and what has another name has that. */
static void i25_tags_that_the_server_refuses_are_not_said(void **state)
{
    (void)state;
    static const struct {
        const char *deny, *tags; /* of an answer; NULL: none */
        int reaction;
    } cases[] = {
        {"CLIENTTAGDENY=*", NULL, -ENOTSUP},
        {"CLIENTTAGDENY=*,-draft/react", NULL, -ENOTSUP},
        {"CLIENTTAGDENY=*,-draft/react,-draft/reply", "@label=m1;+draft/reply=a1 ", 0},
        {"CLIENTTAGDENY=draft/react,react", "@label=m1;+draft/reply=a1 ", -ENOTSUP},
        {"CLIENTTAGDENY=draft/reply", "@label=m1;+reply=a1 ", 0},
        {"CLIENTTAGDENY=*,-reply,-react", "@label=m1;+reply=a1 ", 0},
        {"CLIENTTAGDENY=* -CLIENTTAGDENY", "@label=m1;+draft/reply=a1 ", 0},
        {"CLIENTTAGDENY=", "@label=m1;+draft/reply=a1 ", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct server *server = with_tags();
        server->isupport = cases[i].deny;
        server_open(server);
        struct chat_message message = {.token = 1, .room = STR("#harbor"), .answers_id = STR("a1")};
        server_send(server, &message, (const char *const[]){"yes", NULL});
        AUTO_BUF line = {.limit = 500};
        buf_add_format(&line, "%sPRIVMSG #harbor yes",
                       cases[i].tags ? cases[i].tags : "@label=m1 ");
        assert_true(server_heard(server, line.ptr));
        assert_int_equal(react(server, "#harbor"), cases[i].reaction);
        server_close(server);
    }
}

/* Nobody can reach us yet: whoever it is from, it is not for the account that we are going to be.
 */
static void i25_before_the_welcome_nobody_reacts(void **state)
{
    (void)state;
    struct server *server = with_tags();
    server->no_welcome = true;
    server_open(server);
    server_says(server, "@+draft/react=x;+draft/reply=m7 :ana!a@h TAGMSG #harbor");
    assert_int_equal(server->event_count, 0);
    server_close(server);
}

/* By the server itself (an operator's command, a filter), with and without its name; by services;
 * by a program that keeps order. */
static void i24_what_the_server_takes_back_is_told(void **state)
{
    (void)state;
    static const char *const by[] = {":irc.sea.example ", "",
                                     ":ChanServ!services@services.example ", "@bot :warden!w@h "};
    struct server *server = server_make();
    server->caps = SERVER_CAPS " draft/message-redaction";
    server->options.nick_is_identity = true;
    server_open(server);

    for (size_t i = 0; i < COUNT_OF(by); i++)
        server_says(server, "%sREDACT #Harbor m%zu :said too much", by[i], i);
    server_says(server, ":irc.sea.example REDACT harbor-bot m8");
    server_says(server, ":irc.sea.example REDACT #harbor :");

    assert_int_equal(server->event_count, COUNT_OF(by) + 1);
    for (size_t i = 0; i < COUNT_OF(by); i++) {
        const struct server_event *event = &server->events[i];
        assert_int_equal(event->kind, CHAT_REDACTION);
        assert_int_equal(event->flags, 0); /* else the inbox would not look at it */
        assert_string_equal(event->room, "#harbor");
        assert_int_equal(event->relates_to[1], '0' + (int)i);
        if (i < 2)
            assert_string_equal(event->account, ""); /* nobody is met */
    }
    assert_int_equal(server->events[COUNT_OF(by)].flags, CHAT_PRIVATE);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i25_a_reaction_is_told_with_its_message),
        cmocka_unit_test(i25_what_is_no_reaction),
        cmocka_unit_test(i25_each_line_of_ours_stands_for_the_whole),
        cmocka_unit_test(i25_an_answer_of_theirs_says_what_it_answers),
        cmocka_unit_test(i25_a_reaction_that_is_taken_away),
        cmocka_unit_test(i25_a_reaction_of_ours),
        cmocka_unit_test(i25_tags_that_the_server_refuses_are_not_said),
        cmocka_unit_test(i25_before_the_welcome_nobody_reacts),
        cmocka_unit_test(i24_what_the_server_takes_back_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
