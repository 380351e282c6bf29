/* SPDX-License-Identifier: MIT */
/* test_bots.c: we are marked as a bot, and know the others (I9); who may call us where. */
#include "server.h"

static struct server *with_letter(void)
{
    struct server *server = server_make();
    server->isupport = "BOT=B CHANTYPES=# WHOX PREFIX=(ov)@+";
    return server;
}

static void i9_we_are_marked_on_each_connection_once(void **state)
{
    (void)state;
    struct server *server = with_letter();
    server_open(server);
    assert_int_equal(server_count(server, "MODE "), 1);
    assert_true(server_heard(server, "MODE harbor-bot +B"));
    assert_true(server_heard(server, "JOIN #harbor")); /* unmarked it is nowhere */
    server_run(server, CLOCK_HOUR_MS);
    assert_int_equal(server_count(server, "MODE "), 1);

    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);
    assert_int_equal(server->connections, 2);
    assert_true(server_heard(server, "MODE harbor-bot +B"));
    assert_int_equal(server_count(server, "MODE "), 2);
    server_close(server);
}

/* The message of the day that never ends ends the wait, and the mark is set all the same. */
static void i9_we_are_marked_without_a_message_of_the_day(void **state)
{
    (void)state;
    struct server *server = with_letter();
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server, ":irc.sea.example 005 harbor-bot BOT=b CHANTYPES=# :are supported");
    server_run(server, IRC_MOTD_MS);
    assert_string_equal(server->states, "connecting up ");
    assert_true(server_heard(server, "MODE harbor-bot +b"));
    server_close(server);
}

static void i9_a_bot_by_tag_or_by_who_is_one(void **state)
{
    (void)state;
    struct server *server = with_letter();
    server_open(server);
    assert_true(server_heard(server, "WHO #harbor %tnfa,77"));
    server_says(server, ":irc.sea.example 353 harbor-bot = #harbor :harbor-bot ana robo");
    server_says(server, ":irc.sea.example 354 harbor-bot 77 robo HB 0");
    server_says(server, ":irc.sea.example 354 harbor-bot 77 ana H@ ana");
    server_says(server, ":irc.sea.example 315 harbor-bot #harbor :end");
    server_forget(server);
    /* the account still stands at its place */
    assert_true(irc_users_find(&server->session->users, STR("ana"))->account_known);
    assert_string_equal(irc_users_find(&server->session->users, STR("ana"))->account, "ana");
    assert_null(irc_users_find(&server->session->users, STR("robo"))->account);

    server_says(server, ":robo!r@h PRIVMSG #harbor :!tip");
    server_says(server, "@account=ana :ana!a@h PRIVMSG #harbor :!tip");
    server_says(server, "@bot;account=x :other!o@h PRIVMSG #harbor :!tip");
    server_says(server, ":robo!r@h NICK robo2");
    server_says(server, ":robo2!r@h PRIVMSG harbor-bot :hello");

    assert_int_equal(server->event_count, 4);
    assert_int_equal(server->events[0].flags, CHAT_FROM_BOT);
    assert_int_equal(server->events[1].flags, 0);
    assert_int_equal(server->events[2].flags, CHAT_FROM_BOT);
    assert_int_equal(server->events[3].flags, CHAT_FROM_BOT | CHAT_PRIVATE);
    server_close(server);
}

/* "%tcnfa": where the names come with WHO alone. */
static void i9_a_bot_among_names_that_who_tells(void **state)
{
    (void)state;
    struct server *server = with_letter();
    server->caps = SERVER_CAPS " no-implicit-names";
    server_open(server);
    assert_true(server_heard(server, "WHO #harbor %tcnfa,77"));
    server_says(server, ":irc.sea.example 354 harbor-bot 77 #harbor robo HB 0");
    server_says(server, ":irc.sea.example 354 harbor-bot 77 #harbor ana H ana");
    server_forget(server);

    server_says(server, ":robo!r@h PRIVMSG #harbor :!tip");
    server_says(server, "@account=ana :ana!a@h PRIVMSG #harbor :!tip");

    assert_int_equal(server->events[0].flags, CHAT_FROM_BOT);
    assert_int_equal(server->events[1].flags, 0);
    assert_string_equal(server->events[1].account, "ana");
    server_close(server);
}

static enum chat_standing standing(void *ctx, struct str network, struct str identity)
{
    (void)ctx, (void)network;
    return str_eq_c(identity, "mara") ? CHAT_MODERATOR : CHAT_MEMBER;
}

/* Only into rooms that a group has; and where we were thrown out, only by who looks after one. */
static void i9_an_invitation_counts_by_who_sends_it(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server->session->env.standing = standing;
    server_says(server, "@account=mara :boss!m@h INVITE harbor-bot #elsewhere");
    assert_false(server_ever_heard(server, "JOIN #elsewhere"));
    server_says(server, ":ana!a@h KICK #harbor harbor-bot :out");
    server_forget(server);

    server_says(server, ":eve!e@h INVITE harbor-bot #harbor");
    server_says(server, ":mara!e@h INVITE harbor-bot #harbor"); /* a name is no account */
    assert_false(server_heard(server, "JOIN #harbor"));
    server_says(server, "@account=mara :mara-away!m@h INVITE harbor-bot #harbor");

    assert_true(server_heard(server, "JOIN #harbor"));
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i9_we_are_marked_on_each_connection_once),
        cmocka_unit_test(i9_we_are_marked_without_a_message_of_the_day),
        cmocka_unit_test(i9_a_bot_by_tag_or_by_who_is_one),
        cmocka_unit_test(i9_a_bot_among_names_that_who_tells),
        cmocka_unit_test(i9_an_invitation_counts_by_who_sends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
