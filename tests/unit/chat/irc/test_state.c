/* SPDX-License-Identifier: MIT */
/* test_state.c: who is there (I19), through great splits and on servers that do not list names
 * unasked; relays and puppets (I23); CTCP of the past (I20). */
#include "server.h"

static struct irc_user *user_of(struct server *server, const char *nick)
{
    return irc_users_find(&server->session->users, str_of(nick));
}

static struct server *opened(const char *caps, const char *isupport)
{
    struct server *server = server_make();
    server->caps = caps;
    if (isupport)
        server->isupport = isupport;
    server_open(server);
    return server;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* One list with names and accounts, instead of two. */
static void i19_where_names_are_not_listed_who_tells_them(void **state)
{
    (void)state;
    static const char *const caps[] = {SERVER_CAPS " no-implicit-names",
                                       SERVER_CAPS " draft/no-implicit-names"};
    for (size_t i = 0; i < COUNT_OF(caps); i++) {
        struct server *server = opened(caps[i], "CHANTYPES=# WHOX");
        assert_true(server_heard(server, "WHO #harbor %tcna,77"));
        server_says(server, ":irc.sea.example 354 harbor-bot 77 #Harbor ana ana-acc");
        server_says(server, ":irc.sea.example 354 harbor-bot 77 #harbor ben 0");
        server_says(server, ":irc.sea.example 354 harbor-bot 77 #harbor harbor-bot 0");
        server_says(server, ":irc.sea.example 354 harbor-bot 77 #other kim kim");

        assert_string_equal(user_of(server, "ana")->account, "ana-acc");
        assert_int_equal(user_of(server, "ana")->rooms, 1);
        assert_true(user_of(server, "ben")->account_known);
        assert_null(user_of(server, "harbor-bot"));
        assert_null(user_of(server, "kim")); /* nobody whom we would hear of again */
        server_says(server, ":ana!a@h QUIT :Quit: bye");
        assert_int_equal(server->event_count, 1);
        server_says(server, ":op!o@h KICK #harbor harbor-bot :out"); /* the rest of a list */
        server_says(server, ":irc.sea.example 354 harbor-bot 77 #harbor lou lou");
        assert_null(user_of(server, "lou"));
        server_close(server);
    }
}

static void i19_without_who_the_names_are_asked_for(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS " draft/no-implicit-names", "CHANTYPES=#");
    assert_true(server_heard(server, "NAMES #harbor"));
    server_close(server);

    server = opened(SERVER_CAPS, "CHANTYPES=#");
    assert_false(server_ever_heard(server, "NAMES"));
    server_close(server);
}

static void i19_all_signs_before_a_name_and_its_address(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, "CHANTYPES=# PREFIX=(qaohv)~&@%+");

    server_says(server, ":irc.sea.example 353 harbor-bot = #harbor :~&@%%+ana!a@h @ben +~kim!k@h");
    server_says(server, ":irc.sea.example 353 harbor-bot = #harbor :@harbor-bot!~b@new.example");

    assert_non_null(user_of(server, "ana"));
    assert_non_null(user_of(server, "ben"));
    assert_non_null(user_of(server, "kim"));
    assert_string_equal(server->session->host, "new.example");
    server_close(server);
}

/* ---- small changes that are no news ---------------------------------------------------------- */

static void i19_setname_chghost_and_invitations_of_others_are_no_news(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, NULL);
    server_says(server, ":ana!a@h JOIN #harbor ana-acc :Ana");
    server_forget(server);

    server_says(server, ":ana!a@h SETNAME :Ana of the harbor");
    server_says(server, ":ana!a@h CHGHOST b new.example");
    server_says(server, ":ana!a@h INVITE kim #harbor");
    server_says(server, ":ana!a@h AWAY :lunch");
    server_says(server, ":nobody!a@h AWAY");

    assert_int_equal(server->event_count, 0);
    assert_string_equal(user_of(server, "ana")->account, "ana-acc");
    assert_string_equal(server->session->host, "host.example");
    server_close(server);
}

/* Of two nicks of one person the one that sits before the screen is written to. */
static void i19_who_is_away_is_written_to_last(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct server *server = opened(SERVER_CAPS, NULL);
        server_says(server, ":ana1!a@h JOIN #harbor ana :Ana");
        server_says(server, ":ana2!a@h JOIN #harbor ana :Ana");
        server_says(server, ":ana%d!a@h AWAY :out", which + 1);
        server_forget(server);

        assert_int_equal(server_send_private(server, 1, 0, "ana3", "ana", "hello"), 0);
        server_says(server, ":irc.sea.example 401 harbor-bot ana3 :no such nick");
        assert_true(server_heard(server, which ? "PRIVMSG ana1 hello" : "PRIVMSG ana2 hello"));

        server_says(server, ":ana%d!a@h AWAY :out", 2 - which); /* both: better than nobody */
        assert_int_equal(server_send_private(server, 2, 0, "ana3", "ana", "again"), 0);
        server_says(server, ":irc.sea.example 401 harbor-bot ana3 :no such nick");
        assert_int_equal(server_count(server, "PRIVMSG"), 2);
        server_says(server, ":ana%d!a@h AWAY", which + 1); /* and back */
        assert_false(user_of(server, which ? "ana2" : "ana1")->is_away);
        server_close(server);
    }
}

/* ---- splits ---------------------------------------------------------------------------------- */

enum { CROWD = 1000 };

static void crowd(struct server *server, const char *what)
{
    for (int i = 0; i < CROWD; i++)
        server_replies(server, ":u%d!u@h %s", i, what);
    server_run(server, 0);
}

/* More than the table of strangers holds. */
static void i19_a_thousand_who_come_back_are_no_news(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, NULL);
    for (int i = 0; i < CROWD; i++)
        server_replies(server, ":irc.sea.example 353 harbor-bot = #harbor :u%d", i);
    server_run(server, 0);
    server_forget(server);

    crowd(server, "QUIT :*.net *.split");
    assert_int_equal(server->event_count, 0);
    server_run(server, 20 * CLOCK_MINUTE_MS);
    crowd(server, "JOIN #harbor * :U");

    assert_int_equal(server->event_count, 0);
    server_says(server, ":u7!u@h PART #harbor");
    server_says(server, ":u7!u@h JOIN #harbor * :U"); /* of their own will */
    assert_int_equal(server->event_count, 2);
    server_close(server);
}

/* Strangers come and go by the hundred meanwhile; they do not take the place of those. */
static void i19_strangers_do_not_push_out_who_is_behind_a_split(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, NULL);
    server_says(server, ":irc.sea.example 353 harbor-bot = #harbor :ana");
    server_says(server, ":ana!a@h QUIT :*.net *.split");

    for (int i = 0; i < 600; i++)
        server_replies(server, ":irc.sea.example 330 harbor-bot s%d s%d :is logged in as", i, i);
    server_run(server, 0);
    server_forget(server);
    server_says(server, ":ana!a@h JOIN #harbor * :Ana");

    assert_int_equal(server->event_count, 0);
    server_close(server);
}

/* Whoever comes back the next day is greeted, and nothing is kept of who does not. */
static void i19_a_split_is_forgotten_after_an_hour(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, NULL);
    server_says(server, ":irc.sea.example 353 harbor-bot = #harbor :ana ben kim");
    server_says(server, ":ana!a@h QUIT :one.sea.example two.sea.example");
    server_says(server, ":ben!a@h QUIT :one.sea.example two.sea.example");
    server_run(server, 61 * CLOCK_MINUTE_MS);
    server_forget(server);

    server_says(server, ":ana!a@h JOIN #harbor * :Ana");
    assert_int_equal(server->event_count, 1);
    server_says(server, ":kim!a@h QUIT :one.sea.example two.sea.example");

    assert_null(user_of(server, "ben"));
    assert_non_null(user_of(server, "kim"));
    server_close(server);
}

/* Nobody tells us what they do on the other side: an account from before proves nothing. */
static void i19_an_account_from_before_a_split_is_asked_for_again(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, NULL);
    server_says(server, ":ana!a@h JOIN #harbor ana :Ana");
    server_says(server, ":ana!a@h QUIT :one.sea.example two.sea.example");
    server_forget(server);

    assert_int_equal(server_send_private(server, 1, 0, "ana", "ana", "hello"), 0);

    assert_true(server_heard(server, "WHOIS ana"));
    assert_false(server_ever_heard(server, "PRIVMSG ana"));
    server_close(server);
}

static void i19_a_quit_in_two_words_is_no_split(void **state)
{
    (void)state;
    static const char *const reasons[] = {
        "Read error", "see http://a.b:80 c.d", "http://a.b c.d", "a.b http://c.d", "cloak/a.b c.d",
        "one.two",    "a.b c.d e.f",           "a.b nodots"};
    struct server *server = opened(SERVER_CAPS, NULL);
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        server_says(server, ":ana!a@h JOIN #harbor * :Ana");
        server_forget(server);
        server_says(server, ":ana!a@h QUIT :%s", reasons[i]);
        if (server->event_count != 1)
            fail_msg("\"%s\" was taken for a split", reasons[i]);
    }
    server_close(server);
}

static void i19_a_batch_inside_a_split_is_of_it(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, NULL);
    server_says(server, ":ana!a@h JOIN #harbor * :Ana");
    server_forget(server);

    server_says(server, ":irc.sea.example BATCH +1 netsplit one two");
    server_says(server, "@batch=1 :irc.sea.example BATCH +2 example.com/part");
    server_says(server, "@batch=2 :ana!a@h QUIT :gone");

    assert_int_equal(server->event_count, 0);
    server_close(server);
}

static void i4_a_batch_of_any_kind_inside_history_is_history(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, NULL);

    server_says(server, ":irc.sea.example BATCH +1 chathistory #harbor");
    server_says(server, "@batch=1 :irc.sea.example BATCH +2 example.com/part");
    server_says(server, "@batch=2 :ana!a@h PRIVMSG #harbor :old");

    assert_int_equal(server->events[0].flags, CHAT_HISTORY);
    server_close(server);
}

/* ---- I20, I23 -------------------------------------------------------------------------------- */

static void i20_questions_of_the_past_and_long_ones(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS, NULL);
    char args[201] = {0}, expected[128];
    memset(args, '1', 200);

    server_says(server,
                "@time=2026-11-22T20:00:00.000Z :ana!a@h PRIVMSG harbor-bot :\001VERSION\001");
    assert_false(server_ever_heard(server, "NOTICE"));
    server_says(server, ":ana!a@h PRIVMSG harbor-bot :\001PING %s\001", args);
    snprintf(expected, sizeof(expected), "NOTICE ana :\001PING %.64s\001", args);
    assert_true(server_heard(server, expected));
    server_says(server, ":ana!a@h PRIVMSG harbor-bot :\001SOURCE\001");
    assert_true(server_heard(server, "NOTICE ana :\001SOURCE mooring\001"));
    server_says(server, ":ana!a@h PRIVMSG harbor-bot :\001DCC SEND x 1 2 3\001");
    server_says(server, ":irc.sea.example PRIVMSG harbor-bot :\001VERSION\001");
    assert_int_equal(server_count(server, "NOTICE"), 2);
    server_close(server);
}

/* Each sign of a relay alone is enough. */
static void i23_each_sign_of_a_relay(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "@account=mara :mara/d!r@h PRIVMSG #harbor :!alerts",
        "@draft/relaymsg=b;account=mara :mara!r@h PRIVMSG #harbor :x",
        "@relaymsg=b;account=mara :mara!r@h PRIVMSG #harbor :x"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct server *server = opened(SERVER_CAPS, NULL);
        server_says(server, "%s", lines[i]);

        assert_int_equal(server->events[0].flags, CHAT_BRIDGED);
        assert_string_equal(server->events[0].account, "");
        server_close(server);
    }
}

/* A NUL would cut a name to another one. */
static void i11_a_line_with_a_nul_is_not_read(void **state)
{
    (void)state;
    static const char line[] = "@account=mara :mara!m@h PRIVMSG #harbor :hel\0lo\r\n";
    struct server *server = opened(SERVER_CAPS, NULL);

    assert_true(memory_write(server->connection, (struct str){line, sizeof(line) - 1}) >= 0);
    server_run(server, 0);

    assert_int_equal(server->event_count, 0);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i19_where_names_are_not_listed_who_tells_them),
        cmocka_unit_test(i19_without_who_the_names_are_asked_for),
        cmocka_unit_test(i19_all_signs_before_a_name_and_its_address),
        cmocka_unit_test(i19_setname_chghost_and_invitations_of_others_are_no_news),
        cmocka_unit_test(i19_who_is_away_is_written_to_last),
        cmocka_unit_test(i19_a_thousand_who_come_back_are_no_news),
        cmocka_unit_test(i19_strangers_do_not_push_out_who_is_behind_a_split),
        cmocka_unit_test(i19_a_split_is_forgotten_after_an_hour),
        cmocka_unit_test(i19_an_account_from_before_a_split_is_asked_for_again),
        cmocka_unit_test(i19_a_quit_in_two_words_is_no_split),
        cmocka_unit_test(i19_a_batch_inside_a_split_is_of_it),
        cmocka_unit_test(i4_a_batch_of_any_kind_inside_history_is_history),
        cmocka_unit_test(i20_questions_of_the_past_and_long_ones),
        cmocka_unit_test(i23_each_sign_of_a_relay),
        cmocka_unit_test(i11_a_line_with_a_nul_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
