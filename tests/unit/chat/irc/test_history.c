/* SPDX-License-Identifier: MIT */
/* test_history.c: what was said while we were away is read, once, late, and over restarts; against
 * a server that remembers (IRCv3 draft/chathistory). */
#include "server.h"

#include <time.h>

#include "base/number.h"
#include "store/store.h"

#define CAPS SERVER_CAPS " draft/chathistory"

enum { SAID_MAX = 3000 };

/* What the server remembers. */
struct said {
    char target[32], nick[32], text[64];
    int64_t at;
};
struct memory {
    struct said said[SAID_MAX];
    size_t count, asked, limit;
    bool is_silent, forgets_ids, is_vague; /* vague: nothing, instead of a word about an id */
    const char *fail;                      /* the code, instead of an answer */
    struct store *store;
};

static void remember(struct memory *memory, const char *target, const char *nick, const char *text,
                     int64_t at)
{
    assert_true(memory->count < SAID_MAX);
    struct said *said = &memory->said[memory->count++];
    *said = (struct said){.at = at};
    snprintf(said->target, sizeof(said->target), "%s", target);
    snprintf(said->nick, sizeof(said->nick), "%s", nick);
    snprintf(said->text, sizeof(said->text), "%s", text);
}

static const char *time_text(int64_t at)
{
    static char texts[4][40];
    static unsigned next;
    struct tm tm;
    time_t seconds = (time_t)(at / 1000);
    char day[32];
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    char *text = texts[next++ % 4];
    snprintf(text, sizeof(texts[0]), "%s.%03dZ", day, (int)(at % 1000));
    return text;
}

/* Number i of what is remembered has the id "id-i". */
static bool is_after(const struct memory *memory, struct str from, size_t i)
{
    int64_t number;
    if (str_starts(from, STR("msgid=id-")))
        return number_parse(str_from(from, 9), 0, SAID_MAX, &number) == 0 && i > (size_t)number;
    assert_true(str_starts(from, STR("timestamp=")));
    assert_int_equal(irc_parse_time(str_from(from, 10), &number), 0);
    return memory->said[i].at > number;
}

static void give_page(struct server *server, struct memory *memory, struct str target,
                      struct str from, size_t limit)
{
    size_t count = 0;
    server_replies(server, ":irc.sea.example BATCH +h%zu chathistory %.*s", memory->asked,
                   STR_ARG(target));
    server_replies(server, "@batch=h%zu :HistServ!HistServ@localhost PRIVMSG %.*s :ana joined",
                   memory->asked, STR_ARG(target));
    if (memory->is_vague && str_starts(from, STR("msgid=")))
        limit = 0;
    for (size_t i = 0; i < memory->count && count < limit; i++) {
        const struct said *said = &memory->said[i];
        bool is_ours = str_eq_c(target, said->target) ||
                       (said->target[0] != '#' && str_eq_c(target, said->nick));
        if (!is_ours || !is_after(memory, from, i))
            continue;
        count++;
        server_replies(server, "@batch=h%zu;time=%s;msgid=id-%zu :%s!u@h PRIVMSG %s :%s",
                       memory->asked, time_text(said->at), i, said->nick, said->target, said->text);
    }
    server_replies(server, ":irc.sea.example BATCH -h%zu", memory->asked);
}

static void give_targets(struct server *server, struct memory *memory, struct str from)
{
    server_replies(server, ":irc.sea.example BATCH +t draft/chathistory-targets");
    for (size_t i = 0; i < memory->count; i++)
        if (is_after(memory, from, i))
            server_replies(server, "@batch=t :irc.sea.example CHATHISTORY TARGETS %s %s",
                           memory->said[i].target[0] == '#' ? memory->said[i].target
                                                            : memory->said[i].nick,
                           time_text(memory->said[i].at));
    server_replies(server, ":irc.sea.example BATCH -t");
}

static void on_history(struct server *server, struct str params)
{
    struct memory *memory = server->ctx;
    struct str how, target, from, count;
    int64_t limit;
    memory->asked++;
    assert_true(str_word(&params, &how) && str_word(&params, &target) && str_word(&params, &from) &&
                str_word(&params, &count) && number_parse(count, 1, 1000, &limit) == 0);
    assert_true(!memory->limit || (size_t)limit <= memory->limit);
    if (memory->is_silent)
        return;
    if (memory->fail && !str_eq_c(how, "TARGETS"))
        server_replies(server, ":irc.sea.example FAIL CHATHISTORY %s AFTER %.*s :no", memory->fail,
                       STR_ARG(target));
    else if (memory->forgets_ids && str_starts(from, STR("msgid=")))
        server_replies(server, ":irc.sea.example FAIL CHATHISTORY INVALID_MSGREF AFTER %.*s :gone",
                       STR_ARG(target));
    else if (str_eq_c(how, "TARGETS"))
        give_targets(server, memory, target);
    else
        give_page(server, memory, target, from, (size_t)limit);
}

static struct server *with_memory(struct memory *memory)
{
    struct server *server = server_make();
    const struct store_options options = {.clock = &server->clock, .in_memory = true};
    struct error error = {0};
    server->caps = CAPS;
    server->history = on_history;
    server->ctx = memory;
    if (!memory->store)
        assert_int_equal(store_open(&options, &memory->store, &error), 0);
    server->store = memory->store;
    return server;
}

static int64_t now_at(const struct server *server)
{
    return clock_wall_at(&server->clock);
}

/* Heard live, and remembered by the server. */
static void live(struct server *server, struct memory *memory, const char *target, const char *nick,
                 const char *text)
{
    remember(memory, target, nick, text, now_at(server));
    server_says(server, "@time=%s;msgid=id-%zu :%s!u@h PRIVMSG %s :%s", time_text(now_at(server)),
                memory->count - 1, nick, target, text);
}

static size_t count_of(const struct server *server, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < server->event_count; i++)
        count += strcmp(server->events[i].text, text) == 0;
    return count;
}

static const struct server_event *event_of(const struct server *server, const char *text)
{
    for (size_t i = 0; i < server->event_count; i++)
        if (strcmp(server->events[i].text, text) == 0)
            return &server->events[i];
    return NULL;
}

static void close_all(struct server *server, struct memory *memory)
{
    server_close(server);
    store_close(memory->store);
    free(memory);
}

static struct memory *make_memory(void)
{
    struct memory *memory = calloc(1, sizeof(*memory));
    assert_non_null(memory);
    return memory;
}

static void i5_what_was_missed_is_read_late_and_once(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    server_open(server);
    assert_int_equal(memory->asked, 0); /* the first time there is nothing that was for us */
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    int64_t said_at = now_at(server) + 1000;
    remember(memory, "#harbor", "ana", "meanwhile", said_at);
    server_run(server, CLOCK_MINUTE_MS);

    assert_true(server_ever_heard(server, "CHATHISTORY AFTER #harbor msgid=id-0 100"));
    assert_int_equal(count_of(server, "before"), 1);
    assert_int_equal(count_of(server, "meanwhile"), 1);
    const struct server_event *event = event_of(server, "meanwhile");
    assert_int_equal(event->flags & CHAT_HISTORY, CHAT_HISTORY);
    assert_int_equal(event->sent_at, said_at);
    assert_string_equal(event->id, "id-1");
    live(server, memory, "#harbor", "ana", "after");
    assert_int_equal(event_of(server, "after")->flags & CHAT_HISTORY, 0);
    close_all(server, memory);
}

static void i5_over_a_restart_too(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *first = with_memory(memory), *second = with_memory(memory);
    server_open(first);
    server_run(first, CLOCK_MINUTE_MS);
    live(first, memory, "#harbor", "ana", "before");
    live(first, memory, "#harbor", "ana", "within a second");
    irc_class.stop(&first->session->network);
    server_run(first, IRC_QUIT_MS);
    irc_class.destroy(&first->session->network);
    first->session = NULL;
    remember(memory, "#harbor", "ana", "meanwhile", now_at(first) + 1000);
    clock_init_virtual(&second->clock, now_at(first) + CLOCK_HOUR_MS);

    server_open(second);
    server_run(second, CLOCK_SECOND_MS);

    assert_int_equal(count_of(second, "meanwhile"), 1);
    assert_int_equal(count_of(second, "before"), 0);
    assert_int_equal(count_of(second, "within a second"), 0);
    server_close(second);
    close_all(first, memory);
}

/* Killed: what was saved a second ago is where it goes on. */
static void i5_a_kill_loses_nothing(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *first = with_memory(memory), *second = with_memory(memory);
    server_open(first);
    server_run(first, CLOCK_MINUTE_MS);
    live(first, memory, "#harbor", "ana", "one");
    live(first, memory, "#harbor", "ana", "two"); /* within the same second: not saved */
    irc_class.destroy(&first->session->network);
    first->session = NULL;
    remember(memory, "#harbor", "ana", "three", now_at(first) + 1000);
    clock_init_virtual(&second->clock, now_at(first) + CLOCK_HOUR_MS);

    server_open(second);
    server_run(second, CLOCK_SECOND_MS);

    assert_int_equal(count_of(second, "one"), 0);
    assert_int_equal(count_of(second, "two"), 1); /* again, by the same id */
    assert_string_equal(event_of(second, "two")->id, "id-1");
    assert_int_equal(count_of(second, "three"), 1);
    server_close(second);
    close_all(first, memory);
}

static void i5_a_long_gap_is_read_page_by_page(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    char text[32];
    server->isupport = "CHANTYPES=# CHATHISTORY=50";
    memory->limit = 50;
    server->options.flood_lines = 100;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    for (int i = 0; i < 210; i++) {
        snprintf(text, sizeof(text), "line %d", i);
        remember(memory, "#harbor", "ana", text, now_at(server) + i);
    }

    server_run(server, 5 * CLOCK_MINUTE_MS);

    assert_int_equal(server->event_count, 211);
    for (size_t i = 0; i < 210; i++) {
        snprintf(text, sizeof(text), "line %zu", i);
        assert_string_equal(server->events[i + 1].text, text);
    }
    assert_in_range(memory->asked, 5, 7);
    close_all(server, memory);
}

/* An endless gap has an end: then what is said now counts. */
static void i5_an_endless_gap_is_left(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    server->isupport = "CHANTYPES=# CHATHISTORY=10";
    server->options.flood_lines = 100;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    for (int i = 0; i < 1000; i++)
        remember(memory, "#harbor", "ana", "line", now_at(server) + i);

    server_run(server, 10 * CLOCK_MINUTE_MS);

    assert_int_equal(server->event_count, 1 + 10 * IRC_PAGES_MAX);
    assert_true(server_logged(server, "irc_history_long"));
    assert_int_equal(server->session->history.asked, 0);
    close_all(server, memory);
}

static void i5_what_was_said_to_us_alone(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "harbor-bot", "ana", "hello");
    server_hang_up(server);
    remember(memory, "harbor-bot", "ana", "I need help", now_at(server) + 1000);
    remember(memory, "harbor-bot_", "ben", "me too", now_at(server) + 1001); /* our nick then */
    remember(memory, "#elsewhere", "ben", "not for us", now_at(server) + 1002);
    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(count_of(server, "hello"), 1);
    assert_int_equal(count_of(server, "I need help"), 1);
    assert_int_equal(count_of(server, "me too"), 1);
    assert_int_equal(count_of(server, "not for us"), 0);
    assert_int_equal(event_of(server, "me too")->flags, CHAT_PRIVATE | CHAT_HISTORY);
    assert_int_equal(server->session->history.persons, 0);
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS); /* read: not again */
    assert_int_equal(count_of(server, "I need help"), 1);
    close_all(server, memory);
}

/* Live lines that come while the gap is still open do not close it. */
static void i5_a_gap_that_was_not_read_stays_open(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    remember(memory, "#harbor", "ana", "meanwhile", now_at(server) + 1000);
    memory->is_silent = true;
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "live");
    server_run(server, 5 * CLOCK_MINUTE_MS);
    assert_true(server_logged(server, "irc_history_unanswered"));
    memory->is_silent = false;
    server_hang_up(server);

    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(count_of(server, "meanwhile"), 1);
    close_all(server, memory);
}

static void i5_an_id_that_the_server_forgot_is_asked_for_by_time(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    memory->forgets_ids = true;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    remember(memory, "#harbor", "ana", "meanwhile", now_at(server) + 1000);

    server_run(server, CLOCK_MINUTE_MS);

    assert_true(server_ever_heard(server, "CHATHISTORY AFTER #harbor timestamp=2026-11-23T08:56:"));
    assert_int_equal(count_of(server, "meanwhile"), 1);
    close_all(server, memory);
}

static void i5_nothing_behind_an_id_may_mean_that_it_is_forgotten(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    memory->is_vague = true;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    remember(memory, "#harbor", "ana", "meanwhile", now_at(server) + 1000);

    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(count_of(server, "meanwhile"), 1);
    assert_int_equal(count_of(server, "ana joined"), 0); /* nobody said that */
    close_all(server, memory);
}

static void i5_a_refusal_is_no_loop(void **state)
{
    (void)state;
    static const char *const codes[] = {"MESSAGE_ERROR", "INVALID_TARGET", "UNKNOWN_COMMAND"};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct memory *memory = make_memory();
        struct server *server = with_memory(memory);
        memory->fail = codes[i];
        server_open(server);
        server_run(server, CLOCK_MINUTE_MS);
        live(server, memory, "#harbor", "ana", "before");
        server_hang_up(server);
        server_run(server, CLOCK_HOUR_MS);

        assert_in_range(memory->asked, 1, 4);
        assert_int_equal(server->session->history.asked, 0);
        live(server, memory, "#harbor", "ana", "live");
        assert_int_equal(count_of(server, "live"), 1);
        close_all(server, memory);
    }
}

static void i5_nothing_is_asked_of_a_server_without(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    server->caps = SERVER_CAPS;
    server_open(server);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(memory->asked, 0);
    assert_int_equal(server->session->history.pasts.count, 0);
    close_all(server, memory);
}

/* A bouncer's own playback may begin anywhere: the gap before it is still one. */
static void i5_what_nobody_asked_for_moves_no_mark(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    remember(memory, "#harbor", "ana", "meanwhile", now_at(server) + 1000);
    memory->is_silent = true;
    server_run(server, 2 * CLOCK_MINUTE_MS);
    server_says(server, ":irc.sea.example BATCH +9 chathistory #harbor");
    server_says(server, "@batch=9;time=%s;msgid=id-9 :ana!u@h PRIVMSG #harbor :unasked",
                time_text(now_at(server) - 1000));
    server_says(server, ":irc.sea.example BATCH -9");
    assert_int_equal(event_of(server, "unasked")->flags & CHAT_HISTORY, CHAT_HISTORY);
    memory->is_silent = false;
    server_hang_up(server);
    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(count_of(server, "meanwhile"), 1);
    close_all(server, memory);
}

/* The page comes late, and holds what was said since we were back. */
static void i5_what_we_heard_ourselves_is_not_told_twice(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    live(server, memory, "#harbor", "ana", "before");
    server_hang_up(server);
    remember(memory, "#harbor", "ana", "meanwhile", now_at(server) + 1000);
    memory->is_silent = true;
    server_run(server, 20 * CLOCK_SECOND_MS);
    live(server, memory, "#harbor", "ana", "live");

    give_page(server, memory, STR("#harbor"), STR("msgid=id-0"), 100);
    server_run(server, 0);

    assert_int_equal(count_of(server, "meanwhile"), 1);
    assert_int_equal(count_of(server, "live"), 1);
    assert_string_equal(
        map_get(&server->session->history.pasts, STR("#harbor"))
            ? ((struct irc_past *)map_get(&server->session->history.pasts, STR("#harbor")))
                  ->read.msgid
            : "",
        "id-2");
    close_all(server, memory);
}

/* Ours of yesterday is no echo of what we say today. */
static void i5_history_confirms_nothing(void **state)
{
    (void)state;
    struct memory *memory = make_memory();
    struct server *server = with_memory(memory);
    server->caps = CAPS SERVER_ECHO;
    server->no_echo = true;
    server_open(server);
    assert_int_equal(server_send_room(server, 1, 0, "same words"), 0);

    server_says(server, ":irc.sea.example BATCH +1 chathistory #harbor");
    server_says(server, "@batch=1;time=2026-11-22T10:00:00.000Z;msgid=old :harbor-bot!b@h PRIVMSG "
                        "#harbor :same words");
    server_says(server, ":irc.sea.example BATCH -1");

    assert_int_equal(server_outcome(server, 1), -1);
    close_all(server, memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i5_what_was_missed_is_read_late_and_once),
        cmocka_unit_test(i5_over_a_restart_too),
        cmocka_unit_test(i5_a_kill_loses_nothing),
        cmocka_unit_test(i5_a_long_gap_is_read_page_by_page),
        cmocka_unit_test(i5_an_endless_gap_is_left),
        cmocka_unit_test(i5_what_was_said_to_us_alone),
        cmocka_unit_test(i5_a_gap_that_was_not_read_stays_open),
        cmocka_unit_test(i5_an_id_that_the_server_forgot_is_asked_for_by_time),
        cmocka_unit_test(i5_nothing_behind_an_id_may_mean_that_it_is_forgotten),
        cmocka_unit_test(i5_a_refusal_is_no_loop),
        cmocka_unit_test(i5_nothing_is_asked_of_a_server_without),
        cmocka_unit_test(i5_what_nobody_asked_for_moves_no_mark),
        cmocka_unit_test(i5_what_we_heard_ourselves_is_not_told_twice),
        cmocka_unit_test(i5_history_confirms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
