/* SPDX-License-Identifier: MIT */
/* test_presence.c: who comes, goes, changes names, logs in. */
#include "server.h"

static struct irc_user *user_of(struct server *server, const char *nick)
{
    return irc_users_find(&server->session->users, str_of(nick));
}

static void test_comings_and_goings_are_events(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":Ana!a@h JOIN #Harbor ana-acc :Ana");
    server_says(server, ":Ana!a@h PART #harbor :bye");

    assert_int_equal(server->event_count, 2);
    assert_int_equal(server->events[0].kind, CHAT_JOIN);
    assert_string_equal(server->events[0].room, "#harbor");
    assert_string_equal(server->events[0].sender, "Ana");
    assert_int_equal(server->events[1].kind, CHAT_LEAVE);
    server_close(server);
}

static void i6_extended_join_tells_the_account(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");
    server_says(server, ":ben!b@h JOIN #harbor * :Ben");

    assert_string_equal(user_of(server, "ana")->account, "ana-acc");
    assert_true(user_of(server, "ben")->account_known);
    assert_null(user_of(server, "ben")->account);
    server_close(server);
}

static void i6_account_notify(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor * :Ana");

    server_says(server, ":ana!a@h ACCOUNT ana-acc");
    assert_string_equal(user_of(server, "ana")->account, "ana-acc");
    server_says(server, ":ana!a@h ACCOUNT *");

    assert_null(user_of(server, "ana")->account);
    server_close(server);
}

static void i19_names_and_who(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# WHOX PREFIX=(ov)@+";
    server_open(server);

    server_says(
        server,
        ":irc.sea.example 353 harbor-bot = #harbor :@+ana!a@h ben harbor-bot!~bot@host.example");
    server_says(server, ":irc.sea.example 354 harbor-bot 77 ana ana-acc");
    server_says(server, ":irc.sea.example 354 harbor-bot 77 ben 0");
    server_says(server, ":irc.sea.example 354 harbor-bot 12 ben wrong-token");

    assert_string_equal(user_of(server, "ana")->account, "ana-acc");
    assert_null(user_of(server, "ben")->account);
    assert_true(user_of(server, "ben")->account_known);
    assert_null(user_of(server, "harbor-bot"));
    assert_int_equal(server->event_count, 0); /* who was there before us did not come */
    server_close(server);
}

static void i6_a_new_nick_keeps_the_account(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");

    server_says(server, ":ana!a@h NICK ana|away");

    assert_null(user_of(server, "ana"));
    assert_string_equal(user_of(server, "ana|away")->account, "ana-acc");
    server_close(server);
}

static void test_our_own_new_nick(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":harbor-bot!~bot@host.example NICK Guest1234");
    server_says(server, ":ana!a@h PRIVMSG Guest1234 :hi");

    assert_string_equal(server->session->nick, "Guest1234");
    assert_int_equal(server->event_count, 1);
    server_close(server);
}

static void i19_a_quit_leaves_every_room(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->rooms[1] = "#bridge";
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor * :Ana");
    server_says(server, ":ana!a@h JOIN #bridge * :Ana");
    server_forget(server);

    server_says(server, ":ana!a@h QUIT :Quit: bye");

    assert_int_equal(server->event_count, 2);
    assert_int_equal(server->events[0].kind, CHAT_LEAVE);
    assert_null(user_of(server, "ana"));
    server_close(server);
}

static void i19_a_netsplit_is_no_news(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");
    server_forget(server);

    server_says(server, ":ana!a@h QUIT :one.sea.example two.sea.example");
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");

    assert_int_equal(server->event_count, 0);
    assert_string_equal(user_of(server, "ana")->account, "ana-acc");
    server_close(server);
}

static void i19_a_netsplit_in_batches_is_no_news(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");
    server_forget(server);

    server_says(server, ":irc.sea.example BATCH +x netsplit one two");
    server_says(server, "@batch=x :ana!a@h QUIT :*.net *.split");
    server_says(server, ":irc.sea.example BATCH :-x");
    server_says(server, ":irc.sea.example BATCH +y netjoin one two");
    server_says(server, "@batch=y :ana!a@h JOIN #harbor ana-acc :Ana");
    server_says(server, ":irc.sea.example BATCH -y");

    assert_int_equal(server->event_count, 0);
    server_says(server, ":ben!a@h JOIN #harbor * :Ben");
    assert_int_equal(server->event_count, 1);
    server_close(server);
}

static void i19_words_that_look_like_a_netsplit(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor * :Ana");
    server_forget(server);

    server_says(server, ":ana!a@h QUIT :see you.there http://x.example");

    assert_int_equal(server->event_count, 1);
    server_close(server);
}

static void test_somebody_kicked(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor * :Ana");
    server_forget(server);

    server_says(server, ":op!o@h KICK #harbor ana :out");

    assert_int_equal(server->event_count, 1);
    assert_string_equal(server->events[0].sender, "ana");
    assert_null(user_of(server, "ana"));
    server_close(server);
}

static void i11_our_own_address_is_learnt(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    assert_string_equal(server->session->host, "host.example");

    server_says(server,
                ":irc.sea.example 396 harbor-bot cloak.example :is now your displayed host");
    assert_string_equal(server->session->host, "cloak.example");
    server_says(server, ":harbor-bot!~bot@cloak.example CHGHOST bot new.example");

    assert_string_equal(server->session->user, "bot");
    assert_string_equal(server->session->host, "new.example");
    server_close(server);
}

static void test_nothing_is_known_after_the_connection(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");

    server_hang_up(server);

    assert_null(user_of(server, "ana"));
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comings_and_goings_are_events),
        cmocka_unit_test(i6_extended_join_tells_the_account),
        cmocka_unit_test(i6_account_notify),
        cmocka_unit_test(i19_names_and_who),
        cmocka_unit_test(i6_a_new_nick_keeps_the_account),
        cmocka_unit_test(test_our_own_new_nick),
        cmocka_unit_test(i19_a_quit_leaves_every_room),
        cmocka_unit_test(i19_a_netsplit_is_no_news),
        cmocka_unit_test(i19_a_netsplit_in_batches_is_no_news),
        cmocka_unit_test(i19_words_that_look_like_a_netsplit),
        cmocka_unit_test(test_somebody_kicked),
        cmocka_unit_test(i11_our_own_address_is_learnt),
        cmocka_unit_test(test_nothing_is_known_after_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
