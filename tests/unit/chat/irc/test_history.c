/* SPDX-License-Identifier: MIT */
/* test_history.c: what was said while we were away is read, once, late, and over restarts. */
#include "past.h"

#include "store/store.h"

static void i5_what_was_missed_is_read_late_and_once(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    server_open(server);
    assert_int_equal(memory->asked, 0); /* the first time there is nothing that was for us */
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    int64_t said_at = past_now(server) + 1000;
    past_add(memory, "#harbor", "ana", "meanwhile", said_at);
    server_run(server, CLOCK_MINUTE_MS);

    assert_true(server_ever_heard(server, "CHATHISTORY AFTER #harbor msgid=id-0 100"));
    assert_int_equal(past_count(server, "before"), 1);
    assert_int_equal(past_count(server, "meanwhile"), 1);
    const struct server_event *event = past_event(server, "meanwhile");
    assert_int_equal(event->flags & CHAT_HISTORY, CHAT_HISTORY);
    assert_int_equal(event->sent_at, said_at);
    assert_string_equal(event->id, "id-1");
    past_live(server, memory, "#harbor", "ana", "after");
    assert_int_equal(past_event(server, "after")->flags & CHAT_HISTORY, 0);
    past_close(server, memory);
}

static void i5_over_a_restart_too(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *first = past_server(memory), *second = past_server(memory);
    server_open(first);
    server_run(first, CLOCK_MINUTE_MS);
    past_live(first, memory, "#harbor", "ana", "before");
    past_live(first, memory, "#harbor", "ana", "within a second");
    irc_class.stop(&first->session->network);
    server_run(first, IRC_QUIT_MS);
    irc_class.destroy(&first->session->network);
    first->session = NULL;
    past_add(memory, "#harbor", "ana", "meanwhile", past_now(first) + 1000);
    clock_init_virtual(&second->clock, past_now(first) + CLOCK_HOUR_MS);

    server_open(second);
    server_run(second, CLOCK_SECOND_MS);

    assert_int_equal(past_count(second, "meanwhile"), 1);
    assert_int_equal(past_count(second, "before"), 0);
    assert_int_equal(past_count(second, "within a second"), 0);
    server_close(second);
    past_close(first, memory);
}

/* Killed: what was saved a second ago is where it goes on. */
static void i5_a_kill_loses_nothing(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *first = past_server(memory), *second = past_server(memory);
    server_open(first);
    server_run(first, CLOCK_MINUTE_MS);
    past_live(first, memory, "#harbor", "ana", "one");
    past_live(first, memory, "#harbor", "ana", "two"); /* within the same second: not saved */
    irc_class.destroy(&first->session->network);
    first->session = NULL;
    past_add(memory, "#harbor", "ana", "three", past_now(first) + 1000);
    clock_init_virtual(&second->clock, past_now(first) + CLOCK_HOUR_MS);

    server_open(second);
    server_run(second, CLOCK_SECOND_MS);

    assert_int_equal(past_count(second, "one"), 0);
    assert_int_equal(past_count(second, "two"), 1); /* again, by the same id */
    assert_string_equal(past_event(second, "two")->id, "id-1");
    assert_int_equal(past_count(second, "three"), 1);
    server_close(second);
    past_close(first, memory);
}

static void i5_a_long_gap_is_read_page_by_page(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    char text[32];
    server->isupport = "CHANTYPES=# CHATHISTORY=50";
    memory->limit = 50;
    server->options.flood_lines = 100;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    for (int i = 0; i < 210; i++) {
        snprintf(text, sizeof(text), "line %d", i);
        past_add(memory, "#harbor", "ana", text, past_now(server) + i);
    }

    server_run(server, 5 * CLOCK_MINUTE_MS);

    assert_int_equal(server->event_count, 211);
    for (size_t i = 0; i < 210; i++) {
        snprintf(text, sizeof(text), "line %zu", i);
        assert_string_equal(server->events[i + 1].text, text);
    }
    assert_in_range(memory->asked, 5, 7);
    past_close(server, memory);
}

static void i5_what_was_said_to_us_alone(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "harbor-bot", "ana", "hello");
    server_hang_up(server);
    past_add(memory, "harbor-bot", "ana", "I need help", past_now(server) + 1000);
    past_add(memory, "harbor-bot_", "ben", "me too", past_now(server) + 1001); /* our nick then */
    past_add(memory, "#elsewhere", "ben", "not for us", past_now(server) + 1002);
    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(past_count(server, "hello"), 1);
    assert_int_equal(past_count(server, "I need help"), 1);
    assert_int_equal(past_count(server, "me too"), 1);
    assert_int_equal(past_count(server, "not for us"), 0);
    assert_int_equal(past_event(server, "me too")->flags, CHAT_PRIVATE | CHAT_HISTORY);
    assert_int_equal(server->session->history.persons, 0);
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS); /* read: not again */
    assert_int_equal(past_count(server, "I need help"), 1);
    past_close(server, memory);
}

/* Live lines that come while the gap is still open do not close it. */
static void i5_a_gap_that_was_not_read_stays_open(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    past_add(memory, "#harbor", "ana", "meanwhile", past_now(server) + 1000);
    memory->is_silent = true;
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "#harbor", "ana", "live");
    server_run(server, 5 * CLOCK_MINUTE_MS);
    assert_true(server_logged(server, "irc_history_unanswered"));
    memory->is_silent = false;
    server_hang_up(server);

    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(past_count(server, "meanwhile"), 1);
    past_close(server, memory);
}

static void i5_an_id_that_the_server_forgot_is_asked_for_by_time(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    memory->forgets_ids = true;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    past_add(memory, "#harbor", "ana", "meanwhile", past_now(server) + 1000);

    server_run(server, CLOCK_MINUTE_MS);

    assert_true(server_ever_heard(server, "CHATHISTORY AFTER #harbor timestamp=2026-11-23T08:56:"));
    assert_int_equal(past_count(server, "meanwhile"), 1);
    past_close(server, memory);
}

static void i5_nothing_behind_an_id_may_mean_that_it_is_forgotten(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    memory->is_vague = true;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    past_add(memory, "#harbor", "ana", "meanwhile", past_now(server) + 1000);

    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(past_count(server, "meanwhile"), 1);
    assert_int_equal(past_count(server, "ana joined"), 0); /* nobody said that */
    past_close(server, memory);
}

static void i5_a_refusal_is_no_loop(void **state)
{
    (void)state;
    static const char *const codes[] = {"MESSAGE_ERROR", "INVALID_TARGET", "UNKNOWN_COMMAND"};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct past *memory = past_make();
        struct server *server = past_server(memory);
        memory->fail = codes[i];
        server_open(server);
        server_run(server, CLOCK_MINUTE_MS);
        past_live(server, memory, "#harbor", "ana", "before");
        server_hang_up(server);
        server_run(server, CLOCK_HOUR_MS);

        assert_in_range(memory->asked, 1, 4);
        assert_int_equal(server->session->history.asked, 0);
        past_live(server, memory, "#harbor", "ana", "live");
        assert_int_equal(past_count(server, "live"), 1);
        past_close(server, memory);
    }
}

static void i5_nothing_is_asked_of_a_server_without(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    server->caps = SERVER_CAPS;
    server_open(server);
    past_live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(memory->asked, 0);
    assert_int_equal(server->session->history.pasts.count, 0);
    past_close(server, memory);
}

/* A bouncer's own playback may begin anywhere: the gap before it is still one. */
static void i5_what_nobody_asked_for_moves_no_mark(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    past_add(memory, "#harbor", "ana", "meanwhile", past_now(server) + 1000);
    memory->is_silent = true;
    server_run(server, 2 * CLOCK_MINUTE_MS);
    server_says(server, ":irc.sea.example BATCH +9 chathistory #harbor");
    server_says(server, "@batch=9;time=%s;msgid=id-9 :ana!u@h PRIVMSG #harbor :unasked",
                past_time(past_now(server) - 1000));
    server_says(server, ":irc.sea.example BATCH -9");
    assert_int_equal(past_event(server, "unasked")->flags & CHAT_HISTORY, CHAT_HISTORY);
    memory->is_silent = false;
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(past_count(server, "meanwhile"), 1);
    past_close(server, memory);
}

/* The page comes late, and holds what was said since we were back. */
static void i5_what_we_heard_ourselves_is_not_told_twice(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    past_add(memory, "#harbor", "ana", "meanwhile", past_now(server) + 1000);
    memory->is_silent = true;
    server_run(server, 20 * CLOCK_SECOND_MS);
    past_live(server, memory, "#harbor", "ana", "live");

    past_page(server, memory, STR("#harbor"), STR("msgid=id-0"), 100);
    server_run(server, 0);

    assert_int_equal(past_count(server, "meanwhile"), 1);
    assert_int_equal(past_count(server, "live"), 1);
    assert_string_equal(
        map_get(&server->session->history.pasts, STR("#harbor"))
            ? ((struct irc_past *)map_get(&server->session->history.pasts, STR("#harbor")))
                  ->read.msgid
            : "",
        "id-2");
    past_close(server, memory);
}

/* Ours of yesterday is no echo of what we say today. */
static void i5_history_confirms_nothing(void **state)
{
    (void)state;
    struct past *memory = past_make();
    struct server *server = past_server(memory);
    server->caps = PAST_CAPS SERVER_ECHO;
    server->no_echo = true;
    server_open(server);
    assert_int_equal(server_send_room(server, 1, 0, "same words"), 0);

    server_says(server, ":irc.sea.example BATCH +1 chathistory #harbor");
    server_says(server, "@batch=1;time=2026-11-22T10:00:00.000Z;msgid=old :harbor-bot!b@h PRIVMSG "
                        "#harbor :same words");
    server_says(server, ":irc.sea.example BATCH -1");

    assert_int_equal(server_outcome(server, 1), -1);
    past_close(server, memory);
}

static size_t place_of(const struct server *server, const char *beginning)
{
    for (size_t i = 0; i < server->line_count; i++)
        if (strncmp(server->lines[i], beginning, strlen(beginning)) == 0)
            return i;
    return SIZE_MAX;
}

/* At a pace at which what registration takes is more than a burst: rooms and what was said there
 * come first, and at once. */
static void i5_the_past_is_asked_for_before_who_is_there(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *first = past_server(past), *second = past_server(past);
    first->isupport = second->isupport = "CHANTYPES=# CHATHISTORY=100 WHOX BOT=B";
    second->options.flood_line_ms = 2000;
    second->options.account = STR("harbor-bot");
    second->options.account_credential = STR("password");
    server_open(first);
    past_live(first, past, "#harbor", "ana", "before");
    irc_class.stop(&first->session->network);
    server_run(first, IRC_QUIT_MS);
    irc_class.destroy(&first->session->network);
    first->session = NULL;
    past_add(past, "#harbor", "ana", "meanwhile", past_now(first) + 1000);
    clock_init_virtual(&second->clock, past_now(first) + CLOCK_HOUR_MS);

    server_open(second);
    server_run(second, CLOCK_SECOND_MS);

    assert_int_equal(past_count(second, "meanwhile"), 1); /* although WHO still waits */
    assert_int_equal(place_of(second, "WHO "), SIZE_MAX);
    server_run(second, CLOCK_MINUTE_MS);
    assert_true(place_of(second, "JOIN #harbor") < place_of(second, "CHATHISTORY AFTER"));
    assert_true(place_of(second, "CHATHISTORY AFTER") < place_of(second, "WHO "));
    assert_true(place_of(second, "WHO ") < SIZE_MAX);
    server_close(second);
    past_close(first, past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i5_what_was_missed_is_read_late_and_once),
        cmocka_unit_test(i5_over_a_restart_too),
        cmocka_unit_test(i5_a_kill_loses_nothing),
        cmocka_unit_test(i5_a_long_gap_is_read_page_by_page),
        cmocka_unit_test(i5_what_was_said_to_us_alone),
        cmocka_unit_test(i5_a_gap_that_was_not_read_stays_open),
        cmocka_unit_test(i5_an_id_that_the_server_forgot_is_asked_for_by_time),
        cmocka_unit_test(i5_nothing_behind_an_id_may_mean_that_it_is_forgotten),
        cmocka_unit_test(i5_a_refusal_is_no_loop),
        cmocka_unit_test(i5_nothing_is_asked_of_a_server_without),
        cmocka_unit_test(i5_what_nobody_asked_for_moves_no_mark),
        cmocka_unit_test(i5_what_we_heard_ourselves_is_not_told_twice),
        cmocka_unit_test(i5_history_confirms_nothing),
        cmocka_unit_test(i5_the_past_is_asked_for_before_who_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
