/* SPDX-License-Identifier: MIT */
/* test_many_rooms.c: a bot in a thousand rooms, at a pace that servers allow: nobody who asks
 * something meanwhile waits behind all of them (I13, I17). */
#include "server.h"

enum { ROOMS = 1000 };

/* The network's default pace: four lines, then one every two seconds. */
static struct server *opened(size_t rooms, const char *isupport)
{
    struct server *server = server_make();
    server->isupport = isupport;
    server->options.flood_lines = 4;
    server->options.flood_line_ms = 2000;
    server->more_rooms = rooms;
    server_open(server);
    return server;
}

static bool is_in(struct server *server, const char *name)
{
    const struct irc_room *room = irc_users_room(&server->session->users, str_of(name));
    return room && room->state == IRC_ROOM_IN;
}

/* Runs until the bot is in all of them: how long that took. */
static int64_t run_until_in_all(struct server *server, size_t rooms)
{
    int64_t began_at = clock_wall_at(&server->clock);
    for (size_t i = 0; i < rooms; i++) {
        char name[32];
        snprintf(name, sizeof(name), "#room%zu", i);
        while (!is_in(server, name)) {
            server_run(server, 1000);
            assert_true(clock_wall_at(&server->clock) - began_at < CLOCK_HOUR_MS);
        }
    }
    return clock_wall_at(&server->clock) - began_at;
}

static void i17_a_thousand_rooms_at_the_default_pace(void **state)
{
    (void)state;
    struct server *server = opened(ROOMS, "CHANTYPES=# WHOX");

    int64_t took_ms = run_until_in_all(server, ROOMS);

    assert_true(took_ms < 5 * CLOCK_MINUTE_MS);
    assert_false(server_logged(server, "event=irc_join_refused")); /* of our own making */
    server_run(server, CLOCK_HOUR_MS);
    assert_int_equal(server_count(server, "WHO #"), ROOMS + 1);
    assert_int_equal(server->connections, 1);
    server_close(server);
}

static void i17_rooms_that_never_answer_hold_no_others_up(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server->more_rooms = 199;
    server_open(server);

    server_run(server, 1000);

    assert_int_equal(server_count(server, "JOIN #"), 20);
    server_close(server);
}

static void i13_an_answer_does_not_wait_for_the_joins(void **state)
{
    (void)state;
    struct server *server = opened(ROOMS, "CHANTYPES=# WHOX");
    while (!is_in(server, "#harbor"))
        server_run(server, 1000);
    assert_int_equal(server_send_room(server, 1, CHAT_SEND_ANSWER, "here it is"), 0);

    server_run(server, 8000); /* a line, and what the JOIN before it had in advance */

    assert_true(server_ever_heard(server, "NOTICE #harbor :here it is") ||
                server_ever_heard(server, "@label=m1 NOTICE #harbor :here it is"));
    server_close(server);
}

/* A private word needs to know first whether the nick is still theirs. */
static void i13_nor_does_a_private_word_for_the_lists(void **state)
{
    (void)state;
    struct server *server = opened(300, "CHANTYPES=# WHOX");
    (void)run_until_in_all(server, 300);
    assert_true(server_count(server, "WHO #") < 200); /* still asking */
    assert_int_equal(server_send_private(server, 1, 0, "ana", "acc", "the group begins"), 0);

    server_run(server, 8000);

    assert_true(server_ever_heard(server, "WHOIS ana"));
    server_close(server);
}

/* "Server load is temporarily too heavy": again later, not at once and not never. */
static void i6_a_list_that_is_put_off_is_asked_again(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# WHOX";
    server->no_who = true;
    server_open(server);
    assert_int_equal(server_count(server, "WHO #harbor"), 1);
    server_says(server, ":irc.sea.example 263 harbor-bot WHO :try again");
    server_run(server, IRC_WHO_MS / 2);
    assert_int_equal(server_count(server, "WHO #harbor"), 1);

    server->no_who = false;
    server_run(server, IRC_WHO_MS);

    assert_int_equal(server_count(server, "WHO #harbor"), 2);
    server_run(server, CLOCK_HOUR_MS);
    assert_int_equal(server_count(server, "WHO #harbor"), 2);
    server_close(server);
}

/* One list at a time; one that never ends holds the others up for a minute. */
static void i6_a_list_that_never_ends_is_not_waited_for(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# WHOX";
    server->no_who = true;
    server->more_rooms = 2;
    server_open(server);
    server_run(server, IRC_WHO_MS / 2);
    assert_int_equal(server_count(server, "WHO #"), 1);

    server_run(server, 3 * IRC_WHO_MS);

    assert_int_equal(server_count(server, "WHO #"), 3);
    server_close(server);
}

/* The room whose people were asked for is gone with the connection. */
static void i6_a_list_ends_with_its_connection(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# WHOX";
    server->no_who = true;
    server->more_rooms = 2;
    server_open(server);
    server_hang_up(server);

    server_run(server, IRC_WHO_MS / 2);

    assert_int_equal(server->connections, 2);
    assert_int_equal(server_count(server, "WHO #"), 2); /* the first of each connection */
    server_says(server, ":op!o@host.example KICK #harbor harbor-bot :out");
    server_says(server, ":op!o@host.example KICK #room0 harbor-bot :out");
    server_says(server, ":op!o@host.example KICK #room1 harbor-bot :out");
    server->no_who = false;
    server_run(server, 2 * CLOCK_MINUTE_MS);
    assert_int_equal(server_count(server, "JOIN #"), 3);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i17_a_thousand_rooms_at_the_default_pace),
        cmocka_unit_test(i17_rooms_that_never_answer_hold_no_others_up),
        cmocka_unit_test(i13_an_answer_does_not_wait_for_the_joins),
        cmocka_unit_test(i13_nor_does_a_private_word_for_the_lists),
        cmocka_unit_test(i6_a_list_that_is_put_off_is_asked_again),
        cmocka_unit_test(i6_a_list_that_never_ends_is_not_waited_for),
        cmocka_unit_test(i6_a_list_ends_with_its_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
