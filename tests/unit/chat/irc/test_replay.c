/* SPDX-License-Identifier: MIT */
/* test_replay.c: what a server repeats to who enters, with and without times and batches (I4); and
 * capabilities that go while something relies on them (I1, I7, I10). */
#include "server.h"

#define PLAIN "cap-notify multi-prefix"

static struct server *opened(const char *caps)
{
    struct server *server = server_make();
    server->caps = caps;
    server_open(server);
    server_run(server, CLOCK_HOUR_MS);
    server_forget(server);
    return server;
}

static void rejoin(struct server *server)
{
    server_says(server, ":ana!a@h KICK #harbor harbor-bot :out");
    server->no_pong = true;
    server_forget(server);
    server_run(server, IRC_KICKED_MS);
    assert_true(server_heard(server, "JOIN #harbor"));
}

/* InspIRCd's +H to a client without batches: said after we came to the network, and before we
 * entered the room. */
static void i4_what_is_older_than_our_entry_is_history(void **state)
{
    (void)state;
    struct server *server = opened("server-time cap-notify");
    rejoin(server); /* it is 09:55:30 */

    server_says(server, "@time=2026-11-23T09:40:00.000Z :ana!a@h PRIVMSG #harbor :!tip");
    server_says(server, "@time=2026-11-23T09:55:31.000Z :ana!a@h PRIVMSG #harbor :!tip");
    server_says(server, "@time=2026-11-23T09:40:00.000Z :ana!a@h PRIVMSG harbor-bot :late line");

    assert_int_equal(server->events[0].flags, CHAT_HISTORY);
    assert_int_equal(server->events[0].sent_at, 1795426800000);
    assert_int_equal(server->events[1].flags, 0);
    assert_int_equal(server->events[2].flags, CHAT_PRIVATE); /* no room's entry */
    server_close(server);
}

/* Neither times nor batches: until the server has answered what we asked at the entry, it may be of
 * the past; what we heard before is known by its words, and told no second time. */
static void i4_without_times_what_comes_with_the_entry_is_not_live(void **state)
{
    (void)state;
    struct server *server = opened(PLAIN);
    server_says(server, ":ana!a@h PRIVMSG #harbor :heard already");
    server_says(server,
                ":ana!a@h PRIVMSG #harbor :heard already"); /* live: said twice is told twice */
    assert_int_equal(server->event_count, 2);
    rejoin(server);
    assert_true(server_heard(server, "PING entered.2"));
    server_forget(server);

    server_says(server, ":ana!a@h PRIVMSG #harbor :heard already");
    assert_int_equal(server->event_count, 0);
    server_says(server, ":ben!b@h PRIVMSG #harbor :!tip");
    server_says(server, ":ben!b@h PRIVMSG harbor-bot :to us alone");
    server_says(server, ":irc.sea.example PONG irc.sea.example :entered.2");
    server_says(server, ":ben!b@h PRIVMSG #harbor :!tip");
    server_says(server, ":ana!a@h PRIVMSG #harbor :heard already");

    assert_int_equal(server->event_count, 4);
    assert_int_equal(server->events[0].flags, CHAT_HISTORY);
    assert_true(server->events[0].sent_at <=
                clock_wall_at(&server->clock) - 30 * CLOCK_MINUTE_MS); /* late, by any setting */
    assert_int_equal(server->events[1].flags, CHAT_PRIVATE);
    assert_int_equal(server->events[2].flags, 0);
    assert_int_equal(server->events[2].sent_at, clock_wall_at(&server->clock));
    assert_int_equal(server->events[3].flags, 0);
    server_close(server);
}

/* Over a connection that was lost: what was heard on the last one is known on the next. */
static void i4_without_times_nothing_is_told_twice_over_a_reconnect(void **state)
{
    (void)state;
    struct server *server = opened(PLAIN);
    server_says(server, ":ana!a@h PRIVMSG #harbor :I want to die");
    assert_int_equal(server->event_count, 1);
    server_hang_up(server);
    server->no_pong = true;
    server_run(server, CLOCK_MINUTE_MS);
    assert_int_equal(server->connections, 2);
    server_forget(server);

    server_says(server, ":ana!a@h PRIVMSG #harbor :I want to die");
    server_says(server, ":ana!a@h PRIVMSG #harbor :nobody there?");

    assert_int_equal(server->event_count, 1);
    assert_string_equal(server->events[0].text, "nobody there?");
    assert_int_equal(server->events[0].flags, CHAT_HISTORY);
    server_close(server);
}

/* Many rooms ask few questions; where lines have times, none. */
static void i4_many_rooms_ask_few_questions(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = PLAIN;
    for (size_t i = 0; i < 6; i++)
        server->rooms[i] = (const char *const[]){"#a", "#b", "#c", "#d", "#e", "#f"}[i];
    server_open(server);
    server_run(server, CLOCK_SECOND_MS);
    assert_in_range(server_count(server, "PING entered."), 1, 2);
    server_says(server, ":ana!a@h PRIVMSG #f :live");
    assert_int_equal(server->events[0].flags, 0);
    server_close(server);

    server = server_make();
    server_open(server);
    assert_int_equal(server_count(server, "PING entered."), 0);
    server_close(server);
}

/* ---- capabilities that go -------------------------------------------------------------------- */

static void i7_an_echo_that_will_not_come_is_asked_for(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = SERVER_CAPS SERVER_ECHO;
    server->no_echo = true;
    server_open(server);
    server_send_room(server, 1, CHAT_SEND_CONFIRM, "waits for its echo");
    server_send_room(server, 2, CHAT_SEND_ANSWER, "routine");
    assert_int_equal(server_outcome(server, 1), -1);

    server_says(server, ":irc.sea.example CAP harbor-bot DEL :echo-message labeled-response");

    assert_true(server_heard(server, "PING mooring.1"));
    assert_int_equal(server_outcome(server, 1), CHAT_CONFIRMED);
    assert_int_equal(server_outcome(server, 2), CHAT_UNKNOWN);
    server_send_room(server, 3, CHAT_SEND_CONFIRM, "no label any more");
    assert_true(server_heard(server, "PRIVMSG #harbor :no label any more"));
    assert_int_equal(server_outcome(server, 3), CHAT_CONFIRMED);
    server_close(server);
}

static void i10_batches_that_go_in_the_middle_of_one(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = SERVER_CAPS " draft/multiline=max-bytes=4096";
    server_open(server);
    server_says(server, "@account=ana;msgid=m1 :ana!a@h BATCH +1 draft/multiline #harbor");
    server_says(server, "@batch=1 :ana!a@h PRIVMSG #harbor :I want to die");
    server_says(server, ":irc.sea.example BATCH +2 chathistory #harbor");
    assert_int_equal(server->event_count, 0);

    server_says(server, ":irc.sea.example CAP harbor-bot DEL :batch draft/multiline");

    assert_int_equal(server->event_count, 1);
    assert_string_equal(server->events[0].text, "I want to die");
    assert_string_equal(server->events[0].account, "ana");
    server_says(server, "@batch=2 :ana!a@h PRIVMSG #harbor :now");
    assert_int_equal(server->events[1].flags, 0); /* the batch is over with the capability */
    struct chat_message message = {.token = 1, .room = STR("#harbor")};
    server_send(server, &message, (const char *const[]){"one", "two", NULL});
    assert_false(server_ever_heard(server, "BATCH"));
    server_close(server);
}

/* Times that go: from then on there are none, and what comes is live. */
static void i4_times_that_go(void **state)
{
    (void)state;
    struct server *server = opened(SERVER_CAPS " draft/chathistory");
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :server-time");
    server_says(server, ":ana!a@h PRIVMSG #harbor :now");
    assert_int_equal(server->events[0].flags, 0);
    assert_int_equal(server->events[0].sent_at, clock_wall_at(&server->clock));
    rejoin(server);
    assert_false(server_ever_heard(server, "CHATHISTORY AFTER"));
    server_says(server, ":ana!a@h PRIVMSG #harbor :of when?");
    assert_int_equal(server->events[0].flags, CHAT_HISTORY);
    server_run(server, CLOCK_MINUTE_MS); /* and it never answers */
    server_says(server, ":ana!a@h PRIVMSG #harbor :a minute later");
    assert_int_equal(server->event_count, 2);
    assert_int_equal(server->events[1].flags, 0);
    server_close(server);
}

/* Of ourselves: the budget is that of the new address at once. */
static void i11_our_new_address_counts_at_once(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    struct chat_network *network = &server->session->network;
    size_t before = irc_class.line_bytes(network, STR("#harbor"), STR(""));

    server_says(server, ":harbor-bot!~bot@host.example CHGHOST ~bot a.much.longer.host.example");
    assert_int_equal(irc_class.line_bytes(network, STR("#harbor"), STR("")),
                     before - strlen("a.much.longer."));
    server_says(server, ":harbor-bot!~bot@a.much.longer.host.example SETNAME :A bot");
    server_says(server, ":irc.sea.example 396 harbor-bot h :is now your hidden host");

    assert_int_equal(irc_class.line_bytes(network, STR("#harbor"), STR("")),
                     before + strlen("host.example") - 1);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i4_what_is_older_than_our_entry_is_history),
        cmocka_unit_test(i4_without_times_what_comes_with_the_entry_is_not_live),
        cmocka_unit_test(i4_without_times_nothing_is_told_twice_over_a_reconnect),
        cmocka_unit_test(i4_many_rooms_ask_few_questions),
        cmocka_unit_test(i7_an_echo_that_will_not_come_is_asked_for),
        cmocka_unit_test(i10_batches_that_go_in_the_middle_of_one),
        cmocka_unit_test(i4_times_that_go),
        cmocka_unit_test(i11_our_new_address_counts_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
