/* SPDX-License-Identifier: MIT */
/* test_rooms.c: getting into the rooms that groups have, and staying out of all others. */
#include "server.h"

static void i17_joins_in_one_line(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->rooms[1] = "#bridge";
    server_open(server);

    assert_true(server_heard(server, "JOIN #harbor,#bridge") ||
                server_ever_heard(server, "JOIN #bridge,#harbor"));
    assert_int_equal(server_count(server, "JOIN"), 1);
    server_close(server);
}

static void i17_joins_no_more_a_line_than_the_server_takes(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# TARGMAX=JOIN:1";
    server->rooms[1] = "#bridge";
    server_open(server);

    assert_int_equal(server_count(server, "JOIN"), 2);
    server_close(server);
}

static void test_a_room_that_is_no_channel_here_is_told(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->rooms[1] = "!harbor:example.org";
    server->rooms[2] = "#a,#b";
    server_open(server);

    assert_true(server_logged(server, "irc_not_a_channel"));
    assert_int_equal(server_count(server, "JOIN"), 1);
    assert_true(server_heard(server, "JOIN #harbor"));
    server_close(server);
}

static void i17_refused_joins_are_told_and_tried_again(void **state)
{
    (void)state;
    static const int numerics[] = {437, 471, 473, 474, 475, 477, 403, 405, 489};

    for (size_t i = 0; i < COUNT_OF(numerics); i++) {
        struct server *server = server_make();
        server->no_join = true;
        server_open(server);
        server_says(server, ":irc.sea.example %d harbor-bot #harbor :no", numerics[i]);
        assert_true(server_logged(server, "event=irc_join_refused"));

        server_run(server, 2 * CLOCK_MINUTE_MS);

        assert_true(server_count(server, "JOIN") >= 2);
        server_close(server);
    }
}

static enum chat_why why_out(struct server *server, const char *room)
{
    return irc_class.why_out(&server->session->network, str_of(room));
}

static void i17_why_a_room_is_shut_is_known(void **state)
{
    (void)state;
    static const struct {
        int numeric;
        enum chat_why why;
    } cases[] = {
        {403, CHAT_WHY_MISSING}, {405, CHAT_WHY_LIMIT},  {437, CHAT_WHY_BUSY},
        {439, CHAT_WHY_BUSY},    {448, CHAT_WHY_NAME},   {470, CHAT_WHY_FORWARDED},
        {471, CHAT_WHY_FULL},    {473, CHAT_WHY_INVITE}, {474, CHAT_WHY_BANNED},
        {475, CHAT_WHY_KEY},     {476, CHAT_WHY_NAME},   {477, CHAT_WHY_ACCOUNT},
        {479, CHAT_WHY_NAME},    {489, CHAT_WHY_TLS},    {520, CHAT_WHY_OPERATORS},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct server *server = server_make();
        server->no_join = true;
        server_open(server);
        assert_int_equal(why_out(server, "#harbor"), CHAT_WHY_ASKED);
        server_says(server, ":irc.sea.example %d harbor-bot #harbor :no", cases[i].numeric);
        assert_int_equal(why_out(server, "#HARBOR"), cases[i].why);
        server_run(server, 20 * CLOCK_SECOND_MS); /* asked again, and not answered yet */
        assert_int_equal(why_out(server, "#harbor"), cases[i].why);
        assert_int_equal(why_out(server, "harbor"), CHAT_WHY_NAME);
        server_close(server);
    }
}

static void i17_no_answer_is_a_reason_too(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    server_run(server, IRC_JOIN_MS + CLOCK_SECOND_MS);
    assert_int_equal(why_out(server, "#harbor"), CHAT_WHY_SILENT);
    server_close(server);
}

/* The first time may be before our login, or a slip; those who can open the door hear of it then.
 */
static void i17_the_team_hears_of_a_door_that_stays_shut(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    server_says(server, ":irc.sea.example 473 harbor-bot #harbor :no");
    assert_int_equal(server->notices[CHAT_NOTICE_ROOM_GONE], 0);
    server_run(server, CLOCK_MINUTE_MS);
    server_says(server, ":irc.sea.example 473 harbor-bot #harbor :no");
    assert_int_equal(server->notices[CHAT_NOTICE_ROOM_GONE], 1);
    server_run(server, 5 * CLOCK_MINUTE_MS);
    server_says(server, ":irc.sea.example 473 harbor-bot #harbor :no");
    assert_int_equal(server->notices[CHAT_NOTICE_ROOM_GONE], 1);
    server_close(server);
}

static void i17_the_team_hears_of_a_second_kick(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":op!o@h KICK #harbor harbor-bot :out");
    assert_int_equal(why_out(server, "#harbor"), CHAT_WHY_KICKED);
    assert_int_equal(server->notices[CHAT_NOTICE_ROOM_GONE], 0);
    server_run(server, IRC_KICKED_MS + CLOCK_SECOND_MS);
    server_says(server, ":op!o@h KICK #harbor harbor-bot :out, I said");
    assert_int_equal(server->notices[CHAT_NOTICE_ROOM_GONE], 1);
    server_close(server);
}

static void i17_refused_all_day_is_no_storm(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);

    for (int minute = 0; minute < 24 * 60; minute++) {
        server_says(server, ":irc.sea.example 474 harbor-bot #harbor :banned");
        server_run(server, CLOCK_MINUTE_MS);
    }

    assert_in_range(server_count(server, "JOIN"), 20, 60);
    server_close(server);
}

/* Each room has its own wait; once in, the next refusal is a first one again. */
static void i17_each_room_waits_for_itself(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server->rooms[1] = "#bridge";
    server_open(server);
    for (int i = 0; i < 8; i++) { /* #bridge is refused until it waits for an hour */
        server_says(server, ":irc.sea.example 474 harbor-bot #bridge :banned");
        server_says(server, ":harbor-bot!~bot@host.example JOIN #harbor * :bot");
        server_run(server, CLOCK_HOUR_MS + CLOCK_MINUTE_MS);
    }
    server_says(server, ":irc.sea.example 474 harbor-bot #bridge :banned");
    server_forget(server);

    server_says(server, ":op!o@h KICK #harbor harbor-bot :out");
    server_run(server, CLOCK_MINUTE_MS);
    assert_true(server_heard(server, "JOIN #harbor"));

    size_t before = server_count(server, "JOIN #bridge");
    server_says(server, ":op!o@h INVITE harbor-bot #bridge");
    server_says(server, ":op!o@h INVITE harbor-bot #bridge"); /* it is on its way */
    assert_int_equal(server_count(server, "JOIN #bridge"), before + 1);
    server_says(server, ":harbor-bot!~bot@host.example JOIN #bridge * :bot");
    server_says(server, ":op!o@h KICK #bridge harbor-bot :out");
    server_run(server, CLOCK_MINUTE_MS);
    server_says(server, ":irc.sea.example 474 harbor-bot #bridge :banned");
    server_run(server, 2 * CLOCK_MINUTE_MS);
    assert_true(server_count(server, "JOIN #bridge") >= before + 3);
    server_close(server);
}

/* Who waited for a room that will not come is told. */
static void i17_a_room_that_never_answers_holds_nobody_up(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    server_run(server, CLOCK_SECOND_MS);
    assert_int_equal(server_send_room(server, 1, 0, "x"), -EAGAIN);
    size_t ready = server->ready_count;

    server_run(server, IRC_JOIN_MS);

    assert_int_equal(server->ready_count, ready + 1);
    server_close(server);
}

/* What the server has not heard it does not leave unanswered: whoever waits for the room waits on.
 */
static void i17_a_join_that_was_not_written_is_not_refused(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "batch";
    server->options.flood_line_ms = 0;
    server_open(server);
    server_run(server, CLOCK_SECOND_MS);
    server_says(server, ":op!o@h KICK #harbor harbor-bot :out");
    irc_flood_init(&server->session->flood, 1, 70 * 1000, clock_elapsed_ms(&server->clock));
    for (int i = 0; i < 2; i++) /* all spent, and what comes next as well */
        irc_flood_force(&server->session->flood, 512, clock_elapsed_ms(&server->clock));
    server_forget(server);

    server_run(server, IRC_KICKED_MS + IRC_JOIN_MS + CLOCK_SECOND_MS);

    assert_int_equal(server_count(server, "JOIN"), 1); /* the first */
    assert_false(server_logged(server, "no answer in time"));
    assert_int_equal(server_send_room(server, 2, CHAT_SEND_CRISIS, "card"), -EAGAIN);
    server_run(server, 3 * CLOCK_MINUTE_MS);
    assert_true(server_heard(server, "JOIN #harbor"));
    assert_int_equal(server_send_room(server, 2, CHAT_SEND_CRISIS, "card"), 0);
    server_close(server);
}

static void i17_no_answer_to_a_join(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);

    server_run(server, IRC_JOIN_MS);

    assert_true(server_logged(server, "no answer in time"));
    server_close(server);
}

static void i17_after_a_kick_once_soon_and_then_hourly(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);
    server_says(server, ":op!o@h KICK #harbor harbor-bot :out");
    server_run(server, 29 * CLOCK_SECOND_MS);
    assert_int_equal(server_count(server, "JOIN"), 1);
    server_run(server, 2 * CLOCK_SECOND_MS);
    assert_int_equal(server_count(server, "JOIN"), 2);

    server_says(server, ":op!o@h KICK #harbor harbor-bot :out, I said");
    server_run(server, 59 * CLOCK_MINUTE_MS);
    assert_int_equal(server_count(server, "JOIN"), 2);
    server_run(server, 2 * CLOCK_MINUTE_MS);

    assert_int_equal(server_count(server, "JOIN"), 3);
    server_close(server);
}

static void i9_an_invitation_to_a_room_of_ours_opens_the_door(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    server_says(server, ":irc.sea.example 473 harbor-bot #harbor :invite only");

    server_says(server, ":op!o@h INVITE harbor-bot #harbor");

    assert_int_equal(server_count(server, "JOIN"), 2);
    assert_int_equal(server->events[0].kind, CHAT_INVITE);
    assert_string_equal(server->events[0].room, "#harbor");
    server_close(server);
}

static void i9_an_invitation_elsewhere_is_only_told(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":x!o@h INVITE harbor-bot #elsewhere");
    server_says(server, ":x!o@h INVITE somebody #elsewhere");

    assert_int_equal(server->event_count, 1);
    assert_int_equal(server_count(server, "JOIN"), 1);
    server_close(server);
}

static void i9_put_somewhere_else_it_leaves(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_open(server);

    server_says(server, ":harbor-bot!~bot@host.example JOIN #overflow");

    assert_true(server_heard(server, "PART #overflow"));
    server_close(server);
}

/* `mooring doctor`: where all who log in to an account are one client, its PART was the bot's. */
static void i9_a_visitor_says_nothing_but_what_gets_it_in(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->options.is_visit = true;
    server->isupport = "CHANTYPES=# WHOX BOT=B MONITOR=100";
    server_open(server);

    server_says(server, ":harbor-bot!~bot@host.example JOIN #harbor");
    server_says(server, ":anna!a@host.example INVITE harbor-bot #harbor");
    server_says(server, ":anna!a@host.example PRIVMSG harbor-bot :\001VERSION\001");
    server_run(server, 10 * CLOCK_MINUTE_MS);

    static const char *const never[] = {"JOIN", "PART",    "WHO",  "MODE",
                                        "NICK", "MONITOR", "ISON", "NOTICE"};
    for (size_t i = 0; i < COUNT_OF(never); i++)
        assert_int_equal(server_count(server, never[i]), strcmp(never[i], "NICK") == 0);
    assert_true(server->session->phase == IRC_UP);
    server_close(server);
}

static void i6_asks_who_is_there_where_accounts_are_told(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# WHOX";
    server_open(server);

    assert_true(server_heard(server, "WHO #harbor %tna,77"));
    server_close(server);
}

static void i18_names_of_rooms_are_folded_as_the_server_does(void **state)
{
    (void)state;
    AUTO_BUF name = {.limit = 100};
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# CASEMAPPING=ascii";
    server_open(server);

    assert_int_equal(irc_class.room_canonical(&server->session->network, STR("#Har[B]or"), &name),
                     0);
    assert_string_equal(name.ptr, "#har[b]or");
    server_hang_up(server);

    assert_int_equal(irc_class.room_canonical(&server->session->network, STR("#Har[B]or"), &name),
                     0);
    assert_string_equal(name.ptr, "#har[b]or"); /* also while away */
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i17_joins_in_one_line),
        cmocka_unit_test(i17_joins_no_more_a_line_than_the_server_takes),
        cmocka_unit_test(test_a_room_that_is_no_channel_here_is_told),
        cmocka_unit_test(i17_refused_joins_are_told_and_tried_again),
        cmocka_unit_test(i17_why_a_room_is_shut_is_known),
        cmocka_unit_test(i17_no_answer_is_a_reason_too),
        cmocka_unit_test(i17_the_team_hears_of_a_door_that_stays_shut),
        cmocka_unit_test(i17_the_team_hears_of_a_second_kick),
        cmocka_unit_test(i17_refused_all_day_is_no_storm),
        cmocka_unit_test(i17_each_room_waits_for_itself),
        cmocka_unit_test(i17_a_room_that_never_answers_holds_nobody_up),
        cmocka_unit_test(i17_a_join_that_was_not_written_is_not_refused),
        cmocka_unit_test(i17_no_answer_to_a_join),
        cmocka_unit_test(i17_after_a_kick_once_soon_and_then_hourly),
        cmocka_unit_test(i9_an_invitation_to_a_room_of_ours_opens_the_door),
        cmocka_unit_test(i9_an_invitation_elsewhere_is_only_told),
        cmocka_unit_test(i9_put_somewhere_else_it_leaves),
        cmocka_unit_test(i9_a_visitor_says_nothing_but_what_gets_it_in),
        cmocka_unit_test(i6_asks_who_is_there_where_accounts_are_told),
        cmocka_unit_test(i18_names_of_rooms_are_folded_as_the_server_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
