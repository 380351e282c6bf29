/* SPDX-License-Identifier: MIT */
/* test_history_long.c: long absences: thousands of lines in a room, hundreds in private. */
#include "past.h"

#include "base/number.h"

/* What came, without keeping it: lines are "line N" of a room, or "whisper N". */
static struct {
    size_t lines, whispers, others;
    int64_t next, gaps, first, last; /* of the lines: what number is due, how often it was not */
    int64_t help_at, last_at;        /* elapsed: when somebody called, and the last line came */
    unsigned char *seen;             /* which whispers */
} came;

static void note(struct server *server, const struct chat_event *event)
{
    int64_t now_ms = clock_elapsed_ms(&server->clock), number;
    if (str_starts(event->text, STR("line "))) {
        assert_int_equal(number_parse(str_from(event->text, 5), 0, PAST_SAID_MAX, &number), 0);
        assert_true(number >= came.next); /* never back, never twice */
        came.gaps += number > came.next;
        came.first = came.lines++ ? came.first : number;
        came.next = number + 1;
        came.last = number;
        came.last_at = now_ms;
    } else if (str_starts(event->text, STR("whisper "))) {
        assert_int_equal(number_parse(str_from(event->text, 8), 0, PAST_SAID_MAX, &number), 0);
        assert_int_equal(came.seen[number]++, 0);
        came.whispers++;
    } else if (event->kind == CHAT_MESSAGE) {
        came.others++;
        if (str_eq_c(event->text, "help"))
            came.help_at = now_ms;
    }
}

static void say_lines(struct past *past, const char *room, size_t count, int64_t from_at,
                      int64_t every_ms)
{
    char text[32];
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof(text), "line %zu", i);
        past_add(past, room, "ana", text, from_at + (int64_t)i * every_ms);
    }
}

/* Up, and away; what happens in the hour before that is not heard. */
static struct server *gone(struct past *past, const char *isupport, const char *caps, size_t rooms)
{
    static const char *const names[] = {"#harbor", "#b", "#c", "#d", "#e", "#f", "#g", "#h"};
    struct server *server = past_server(past);
    server->caps = caps;
    memcpy(server->rooms, names, rooms * sizeof(names[0]));
    memset(&came, 0, sizeof came);
    came.seen = calloc(PAST_SAID_MAX, 1);
    assert_non_null(came.seen);
    server->isupport = isupport;
    server->event = note;
    server->options.flood_line_ms = 1000;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    past_live(server, past, "#harbor", "ana", "before");
    server_run(server, CLOCK_HOUR_MS);
    server_hang_up(server);
    return server;
}

static int64_t since(const struct past *past)
{
    return past->said[0].at + CLOCK_SECOND_MS;
}

static void end(struct server *server, struct past *past)
{
    free(came.seen);
    past_close(server, past);
}

/* Whole, in order, each once, also in small pages; what is said meanwhile is heard at once, and
 * what we say goes out. */
static void i5_5000_lines_are_read_whole_while_talk_goes_on(void **state)
{
    (void)state;
    static const char *const sizes[] = {"CHANTYPES=# CHATHISTORY=100",
                                        "CHANTYPES=# CHATHISTORY=20"};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct past *past = past_make();
        struct server *server = gone(past, sizes[i], PAST_CAPS, 1);
        say_lines(past, "#harbor", 5000, since(past), 1);
        server_run(server, 20 * CLOCK_SECOND_MS);
        assert_in_range(came.lines, 20, 2000); /* it has begun ... */
        past_live(server, past, "#harbor", "ben", "help");
        assert_int_equal(came.help_at,
                         clock_elapsed_ms(&server->clock)); /* ... and others are heard */
        assert_int_equal(server_send_room(server, 7, 0, "an answer"), 0);
        server_run(server, 5 * CLOCK_SECOND_MS);
        assert_true(server_ever_heard(server, "PRIVMSG #harbor :an answer"));

        server_run(server, 20 * CLOCK_MINUTE_MS);

        assert_int_equal(came.lines, 5000);
        assert_int_equal(came.gaps, 0);
        assert_int_equal(came.others, 2);
        assert_int_equal(server->session->history.asked, 0);
        assert_false(server_logged(server, "irc_history_long"));
        end(server, past);
    }
}

/* Ergo: who speaks in the same moment as others may stand behind them with an earlier time, and it
 * looks by the times. */
static void i5_who_speaks_at_the_same_moment_is_read_at_the_end_of_a_page_too(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past, "CHANTYPES=# CHATHISTORY=20", PAST_CAPS, 1);
    size_t first = past->count;
    say_lines(past, "#harbor", 1000, since(past), 1);
    for (size_t i = first + 3; i < past->count; i += 3)
        past->said[i].at = past->said[i - 2].at;
    past->is_by_time = true;
    server_run(server, 20 * CLOCK_MINUTE_MS);
    assert_int_equal(came.lines, 1000);
    assert_int_equal(came.gaps, 0);
    end(server, past);
}

/* From more people than one list names, among rooms that stand on it too, and many lines of one. */
static void i5_what_200_people_said_to_us_alone_is_read_whole(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past, "CHANTYPES=# CHATHISTORY=50", PAST_CAPS, 1);
    char name[32], text[32];
    int64_t at = since(past);
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof(name), i % 2 ? "p%d" : "#c%d", i % 199 ? i : 1);
        snprintf(text, sizeof(text), "whisper %d", i);
        past_add(past, i % 2 ? "harbor-bot" : name, name, i % 2 ? text : "not for us", at + i);
    }
    for (int i = 400; i < 520; i++) {
        snprintf(text, sizeof(text), "whisper %d", i);
        past_add(past, "harbor-bot", "zoe", text, at + i);
    }

    server_run(server, 30 * CLOCK_MINUTE_MS);

    assert_int_equal(came.whispers, 200 + 120);
    assert_int_equal(server->session->history.persons, 0);
    assert_int_equal(server->session->history.people->gap, IRC_GAP_NONE);
    end(server, past);
}

/* A night in which hundreds came and went, and few spoke; also on a server that counts the others
 * and does not show them. */
static void i5_words_behind_pages_of_comings_and_goings_are_read(void **state)
{
    (void)state;
    static const char *const caps[] = {PAST_CAPS, SERVER_CAPS " draft/chathistory"};
    for (size_t c = 0; c < COUNT_OF(caps); c++) {
        struct past *past = past_make();
        char nick[32], text[32];
        int passers = c == 0 ? 350 : 70; /* between two words */
        struct server *server = gone(past, "CHANTYPES=# CHATHISTORY=100", caps[c], 1);
        int64_t at = since(past);
        for (int i = 0; i < 5 * passers; i++) {
            snprintf(nick, sizeof(nick), "passer%d", i);
            past_add(past, "#harbor", nick, "", at + i);
            snprintf(text, sizeof(text), "line %d", i / passers);
            if (i % passers == passers - 1)
                past_add(past, "#harbor", "eve", text, at + i);
        }

        server_run(server, 5 * CLOCK_MINUTE_MS);

        assert_int_equal(came.lines, 5);
        /* Who came yesterday is not here for it. */
        assert_null(irc_users_find(&server->session->users, STR("passer7")));
        end(server, past);
    }
}

/* More than anybody can read: in order as far as it goes, then the older half of what is left is
 * passed over, again and again.  The newest is read whole. */
static void i5_of_an_endless_gap_the_newest_is_read(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past, "CHANTYPES=# CHATHISTORY=100", PAST_CAPS, 1);
    int64_t at = since(past);
    server->options.flood_line_ms = 0;
    say_lines(past, "#harbor", 80000, at, 10);
    past_add(past, "#harbor", "eve", "help", at + 80000 * 10);

    server_run(server, CLOCK_HOUR_MS);

    assert_true(came.help_at > 0);
    assert_int_equal(came.first, 0);
    assert_int_equal(came.last, 79999);
    assert_in_range(came.gaps, 1, 8);
    assert_in_range(came.lines, IRC_STRETCH_LINES + IRC_STRETCH_LINES / 2, 79999);
    assert_true(server_logged(server, "irc_history_long"));
    assert_int_equal(server->session->history.asked, 0);
    end(server, past);
}

/* One that does not do what AFTER says. */
static void i5_a_server_that_repeats_itself_is_left(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past, "CHANTYPES=# CHATHISTORY=10", PAST_CAPS, 1);
    server->event = NULL;
    for (int i = 0; i < 30; i++)
        past_add(past, "#harbor", "ana", "again", since(past));
    past->repeats = true;

    server_run(server, CLOCK_HOUR_MS);

    assert_in_range(past->asked, 1, 8);
    assert_int_equal(server->session->history.asked, 0);
    end(server, past);
}

/* Who wrote to us alone does not wait for rooms, and no room for the thousands of another. */
static void i5_private_words_first_and_rooms_in_turn(void **state)
{
    (void)state;
    struct past *past = past_make();
    struct server *server = gone(past, "CHANTYPES=# CHATHISTORY=50", PAST_CAPS, 8);
    int64_t at = since(past), up_ms = clock_elapsed_ms(&server->clock);
    for (int i = 0; i < 2000; i++) {
        past_add(past, "#harbor", "ana", "talk", at + i);
        for (size_t room = 2; room < 7; room++)
            past_add(past, server->rooms[room], "ana", "talk", at + i);
    }
    past_add(past, "#h", "ana", "whisper 1", at + 4500);
    past_add(past, "#b", "ana", "whisper 2", at + 4501);
    past_add(past, "harbor-bot", "eve", "help", at + 5000);

    server_run(server, CLOCK_MINUTE_MS);

    assert_int_equal(came.whispers, 2);
    assert_in_range(came.help_at - up_ms, 1, 12 * CLOCK_SECOND_MS);
    assert_in_range(came.others, 100, 4000);
    server_run(server, 20 * CLOCK_MINUTE_MS);
    assert_int_equal(came.others, 2 + 6 * 2000);
    end(server, past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i5_5000_lines_are_read_whole_while_talk_goes_on),
        cmocka_unit_test(i5_who_speaks_at_the_same_moment_is_read_at_the_end_of_a_page_too),
        cmocka_unit_test(i5_what_200_people_said_to_us_alone_is_read_whole),
        cmocka_unit_test(i5_words_behind_pages_of_comings_and_goings_are_read),
        cmocka_unit_test(i5_of_an_endless_gap_the_newest_is_read),
        cmocka_unit_test(i5_a_server_that_repeats_itself_is_left),
        cmocka_unit_test(i5_private_words_first_and_rooms_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
