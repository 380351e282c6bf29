/* SPDX-License-Identifier: MIT */
/* test_history_marks.c: how far was read moves only over what was read, and is kept only of rooms
 * and of all that is private. */
#include "past.h"

#include "store/events.h"
#include "store/store.h"

/* Up, heard once in the room and once in private, and away. */
static struct server *gone(struct past *past)
{
    struct server *server = past_server(past);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, past, "#harbor", "ana", "before");
    past_live(server, past, "harbor-bot", "ana", "hello");
    server_run(server, CLOCK_MINUTE_MS);
    server_hang_up(server);
    return server;
}

static struct irc_past *past_of(const struct server *server, const char *name)
{
    struct irc_past *past = map_get(&server->session->history.pasts, str_of(name));
    assert_non_null(past);
    return past;
}

/* Services that put us out and in again, or a second JOIN: the question is still open. */
static void i5_a_room_entered_again_is_not_asked_for_twice(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past);
    past_add(past, "#harbor", "ana", "meanwhile", past_now(server) + 1000);
    past->deaf_to = "#harbor";
    server_run(server, 20 * CLOCK_SECOND_MS);
    assert_int_equal(server_count(server, "CHATHISTORY AFTER #harbor"), 1);

    server_says(server, ":harbor-bot!~bot@host.example JOIN #harbor * :bot");
    server_run(server, 10 * CLOCK_SECOND_MS);

    assert_int_equal(server_count(server, "CHATHISTORY AFTER #harbor"), 1);
    assert_int_equal(server->session->history.asked, 1);
    past_page(server, past, STR("#harbor"), STR("msgid=id-0"), 100);
    server_run(server, CLOCK_MINUTE_MS);
    assert_int_equal(past_count(server, "meanwhile"), 1);
    assert_int_equal(server->session->history.asked, 0);
    past_close(server, past);
}

/* A list that names us too: what we said is nobody's call. */
static void i5_what_we_said_is_not_asked_for(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past);
    past_add(past, "harbor-bot", "harbor-bot", "a word to ourselves", past_now(server) + 1000);
    past_add(past, "harbor-bot", "ben", "a word to you", past_now(server) + 1001);

    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(past_count(server, "a word to you"), 1);
    assert_int_equal(server_count(server, "CHATHISTORY AFTER ben"), 1);
    assert_int_equal(server_count(server, "CHATHISTORY AFTER harbor-bot"), 0);
    past_close(server, past);
}

/* A server that lists more people than it was asked for: they are read a list at a time, and
 * nobody behind the first list is lost. */
static void i5_a_list_longer_than_asked_loses_nobody(void **state)
{
    (void)state;
    enum { PEOPLE = 3 * IRC_PAST_PEOPLE_MAX };
    struct past *past = past_make();
    struct server *server = gone(past);
    char nick[16], text[32];
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(nick, sizeof(nick), "p%d", i);
        snprintf(text, sizeof(text), "whisper %d", i);
        past_add(past, "harbor-bot", nick, text, past_now(server) + 1 + i);
    }
    past->is_overfull = true;
    server->session->options.flood_line_ms = 100; /* so that the pages take a while */
    size_t most = 0;
    for (int i = 0; i < 6000; i++) {
        server_run(server, 50);
        most = MAX_OF(most, server->session->history.persons);
    }

    assert_int_equal(most, IRC_PAST_PEOPLE_MAX);
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(text, sizeof(text), "whisper %d", i);
        assert_int_equal(past_count(server, text), 1);
    }
    assert_int_equal(past_of(server, "")->gap, IRC_GAP_NONE);
    past_close(server, past);
}

/* The same list for ever is left. */
static void i5_a_list_that_repeats_itself_is_left(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past);
    char nick[16];
    for (int i = 0; i < IRC_PAST_PEOPLE_MAX; i++) {
        snprintf(nick, sizeof(nick), "p%d", i);
        past_add(past, "harbor-bot", nick, "whisper", past_now(server) + 1 + i);
    }
    past->repeats = true;

    server_run(server, 10 * CLOCK_MINUTE_MS);

    assert_in_range(past->asked, IRC_PAST_PEOPLE_MAX, 4 * IRC_PAST_PEOPLE_MAX);
    assert_int_equal(past_of(server, "")->gap, IRC_GAP_NONE);
    past_close(server, past);
}

/* Of two who wrote, one is answered for and the other is not: the next connection asks again. */
static void i5_what_one_said_is_not_passed_over_for_another(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past);
    past_add(past, "harbor-bot", "ana", "I need help", past_now(server) + 1000);
    past_add(past, "harbor-bot", "ben", "good night", past_now(server) + 1001);
    past->deaf_to = "ana";
    server_run(server, 30 * CLOCK_SECOND_MS);
    assert_int_equal(past_count(server, "good night"), 1);
    assert_int_equal(past_of(server, "")->gap, IRC_GAP_WAITING);
    server_hang_up(server);
    server_run(server, 5 * CLOCK_MINUTE_MS);
    assert_int_equal(past_count(server, "I need help"), 0);
    assert_int_equal(past_of(server, "")->gap, IRC_GAP_STUCK);
    past->deaf_to = NULL;
    server_hang_up(server);

    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(past_count(server, "I need help"), 1);
    past_close(server, past);
}

/* No answer about the first; then one about the second, who waited behind. */
static void i5_an_answer_after_a_silence_closes_nothing(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past);
    past_add(past, "harbor-bot", "ana", "I need help", past_now(server) + 1000);
    past->deaf_to = "ana";
    server_run(server, 5 * CLOCK_MINUTE_MS);
    int64_t read_at = past_of(server, "")->read.at;
    assert_int_equal(past_of(server, "")->gap, IRC_GAP_STUCK);

    server_says(server, ":irc.sea.example BATCH +x draft/chathistory-targets");
    server_says(server, ":irc.sea.example BATCH -x");

    assert_int_equal(past_of(server, "")->gap, IRC_GAP_STUCK);
    assert_int_equal(past_of(server, "")->read.at, read_at);
    past_close(server, past);
}

/* Read to the end, and quiet since: the next life asks from there. */
static void i5_what_was_read_in_private_is_kept_over_a_restart(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *first = gone(past), *second = past_server(past);
    past_add(past, "harbor-bot", "ana", "I need help", past_now(first) + 1000);
    server_run(first, CLOCK_MINUTE_MS);
    assert_int_equal(past_count(first, "I need help"), 1);
    irc_class.stop(&first->session->network);
    server_run(first, IRC_QUIT_MS);
    irc_class.destroy(&first->session->network);
    first->session = NULL;
    clock_init_virtual(&second->clock, past_now(first) + CLOCK_HOUR_MS);

    server_open(second);
    server_run(second, CLOCK_MINUTE_MS);

    assert_int_equal(past_count(second, "I need help"), 0);
    server_close(second);
    past_close(first, past);
}

static bool is_kept(const struct past *past, const char *target)
{
    struct arena arena;
    struct str text;
    arena_init(&arena, 64 * 1024);
    int r = store_events_get_cursor(past->store, STR("sea"), str_of(target), &arena, &text);
    arena_done(&arena);
    return r >= 0;
}

/* Who wrote to us is no business of a file. */
static void i5_no_person_is_named_in_what_is_kept(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past);
    for (int i = 0; i < 250; i++)
        past_add(past, "harbor-bot", "ana", "I need help", past_now(server) + 1000 + i);
    server_run(server, 5 * CLOCK_MINUTE_MS);
    assert_int_equal(past_count(server, "I need help"), 250);
    server_hang_up(server);

    assert_true(is_kept(past, "past #harbor"));
    assert_true(is_kept(past, "past "));
    assert_false(is_kept(past, "past ana"));
    past_close(server, past);
}

static int not_taken(void *ctx, const struct chat_batch *batch)
{
    struct server *server = ctx;
    (void)batch->keep(batch->keep_ctx);
    assert_true(store_commit(server->store) >= 0);
    return -EIO; /* as far as the network is told */
}

/* What a disk did not take is written again. */
static void i5_a_mark_that_was_not_taken_is_written_again(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = past_server(past);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, past, "#harbor", "ana", "one");
    assert_false(past_of(server, "#harbor")->is_dirty);
    server_run(server, CLOCK_MINUTE_MS);
    const struct chat_sink sink = server->session->env.sink;
    server->session->env.sink.batch = not_taken;
    past_live(server, past, "#harbor", "ana", "two");
    assert_true(past_of(server, "#harbor")->is_dirty);
    server->session->env.sink = sink;
    server_run(server, CLOCK_MINUTE_MS);

    server_hang_up(server);

    assert_false(past_of(server, "#harbor")->is_dirty);
    past_close(server, past);
}

/* As a turn whose first attempt fails: all of it is undone, and the events are run again. */
static int at_second_try(void *ctx, const struct chat_batch *batch)
{
    struct server *server = ctx;
    assert_int_equal(batch->keep(batch->keep_ctx), 0);
    store_rollback(server->store);
    assert_int_equal(batch->keep(batch->keep_ctx), 0);
    assert_true(store_commit(server->store) >= 0);
    return 0;
}

static char *kept_mark(const struct past *past, const char *target)
{
    struct arena arena;
    struct str text;
    arena_init(&arena, 64 * 1024);
    assert_true(store_events_get_cursor(past->store, STR("sea"), str_of(target), &arena, &text) >=
                0);
    char *copy = str_copy(text);
    assert_non_null(copy);
    arena_done(&arena);
    return copy;
}

/* What the first attempt wrote was undone with it, and is in the second. */
static void i5_a_turn_run_again_keeps_its_mark(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = past_server(past);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, past, "#harbor", "ana", "one");
    server_run(server, CLOCK_MINUTE_MS);
    server->session->env.sink.batch = at_second_try;

    past_live(server, past, "#harbor", "ana", "two");

    AUTO_FREE char *mark = kept_mark(past, "past #harbor");
    assert_non_null(strstr(mark, " id-1"));
    assert_false(past_of(server, "#harbor")->is_dirty);
    past_close(server, past);
}

/* Within a second nothing is written for a mark alone: a first attempt that wrote it beside
 * something else is no reason to take it for kept. */
static int beside_something_first(void *ctx, const struct chat_batch *batch)
{
    struct server *server = ctx;
    assert_int_equal(
        store_events_put_cursor(server->store, STR("sea"), STR("something"), STR("else")), 0);
    assert_int_equal(batch->keep(batch->keep_ctx), 0);
    store_rollback(server->store);
    assert_int_equal(batch->keep(batch->keep_ctx), 0);
    assert_true(store_commit(server->store) >= 0);
    return 0;
}

static void i5_what_an_undone_attempt_wrote_is_not_kept(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = past_server(past);
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, past, "#harbor", "ana", "one");
    const struct chat_sink sink = server->session->env.sink;
    server->session->env.sink.batch = beside_something_first;
    past_live(server, past, "#harbor", "ana", "two"); /* in the same second */
    assert_true(past_of(server, "#harbor")->is_dirty);
    server->session->env.sink = sink;

    server_hang_up(server);

    AUTO_FREE char *mark = kept_mark(past, "past #harbor");
    assert_non_null(strstr(mark, " id-1"));
    past_close(server, past);
}

/* The page comes late, and holds a reaction that was set before our eyes. */
static void i25_a_reaction_that_we_saw_is_not_told_twice(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past);
    past->is_silent = true;
    server_run(server, 20 * CLOCK_SECOND_MS);
    const char *at = past_time(past_now(server));
    static const char *const form =
        "%stime=%s;msgid=r1;+draft/react=x;+draft/reply=m7 :ana!u@h TAGMSG #harbor";
    size_t before = server->event_count;
    server_says(server, form, "@", at);
    assert_int_equal(server->event_count, before + 1);

    server_says(server, ":irc.sea.example BATCH +1 chathistory #harbor");
    server_says(server, form, "@batch=1;", at);
    server_says(server, ":irc.sea.example BATCH -1");

    assert_int_equal(server->event_count, before + 1);
    past_close(server, past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i5_a_room_entered_again_is_not_asked_for_twice),
        cmocka_unit_test(i5_what_we_said_is_not_asked_for),
        cmocka_unit_test(i5_a_list_longer_than_asked_loses_nobody),
        cmocka_unit_test(i5_a_list_that_repeats_itself_is_left),
        cmocka_unit_test(i5_what_one_said_is_not_passed_over_for_another),
        cmocka_unit_test(i5_an_answer_after_a_silence_closes_nothing),
        cmocka_unit_test(i5_what_was_read_in_private_is_kept_over_a_restart),
        cmocka_unit_test(i5_no_person_is_named_in_what_is_kept),
        cmocka_unit_test(i5_a_mark_that_was_not_taken_is_written_again),
        cmocka_unit_test(i5_a_turn_run_again_keeps_its_mark),
        cmocka_unit_test(i5_what_an_undone_attempt_wrote_is_not_kept),
        cmocka_unit_test(i25_a_reaction_that_we_saw_is_not_told_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
