/* SPDX-License-Identifier: MIT */
/* test_faults_reading.c: gaps, bodies that are no answer, keys in any order, a full disk: nothing
 * that was said is lost, and nothing is taken twice. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "network.h"

static char harbor[80];

static struct network *make_up(void)
{
    struct network *n = network_make();
    snprintf(harbor, sizeof harbor, "%s", network_room(n, "#harbor:home"));
    network_up(n);
    return n;
}

static void say(struct network *n, const char *prefix, int number)
{
    char text[40];
    snprintf(text, sizeof text, "%s%d", prefix, number);
    hs_say(n->hs, harbor, ANNA, text);
}

/* Each of them once, in order among themselves. */
static void expect_heard(struct network *n, const char *prefix, int from, int to)
{
    int next = from;
    char text[40];
    for (size_t i = 0; i < n->event_count; i++) {
        if (n->events[i].kind != CHAT_MESSAGE ||
            strncmp(n->events[i].text, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(text, sizeof text, "%s%d", prefix, next);
        if (strcmp(n->events[i].text, text) != 0)
            fail_msg("\"%s\" instead of \"%s\"", n->events[i].text, text);
        next++;
    }
    assert_int_equal(next, to + 1);
}

static void away(struct network *n)
{
    hs_set_mode(n->hs, MEMORY_HTTP_REFUSE);
    network_run(n, 1000);
}

static void back(struct network *n)
{
    hs_set_mode(n->hs, MEMORY_HTTP_TAKE);
    network_run(n, 180000);
}

static void m11_a_gap_of_500_is_filled_in_order(void **state)
{
    (void)state;
    struct network *n = make_up();
    say(n, "before ", 1);
    network_run(n, 1000);
    away(n);
    for (int i = 1; i <= 450; i++)
        say(n, "gap ", i);
    for (int i = 1; i <= 50; i++)
        say(n, "last ", i);
    back(n);
    expect_heard(n, "gap ", 1, 450);
    expect_heard(n, "last ", 1, 50);
    expect_heard(n, "before ", 1, 1);
    say(n, "after ", 1);
    network_run(n, 1000);
    expect_heard(n, "after ", 1, 1);
    network_close(n);
}

static void m11_a_gap_outlives_deaths_and_faults(void **state)
{
    (void)state;
    struct network *n = make_up();
    away(n);
    for (int i = 1; i <= 500; i++)
        say(n, "gap ", i);
    const struct hs_fault lose = {.match = "GET */messages*", .kind = HS_LOSE, .every = 3};
    const struct hs_fault cut = {
        .match = "GET */messages*", .kind = HS_CUT_BODY, .at = 5000, .every = 3};
    hs_fault(n->hs, &lose);
    hs_fault(n->hs, &cut);
    hs_set_mode(n->hs, MEMORY_HTTP_TAKE);
    for (int i = 0; i < 8; i++) {
        network_run(n, 1500);
        network_die(n);
    }
    network_run(n, 600000);
    char text[40];
    for (int i = 1; i <= 500; i++) { /* a death may put pieces in another order */
        snprintf(text, sizeof text, "gap %d", i);
        if (network_heard(n, text) != 1)
            fail_msg("\"%s\" was heard %zu times", text, network_heard(n, text));
    }
    network_close(n);
}

static void keys_in_any_order_mean_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct network *n = network_make();
        hs_knobs(n->hs)->shuffle = seed * 1000;
        snprintf(harbor, sizeof harbor, "%s", network_room(n, "#harbor:home"));
        network_up(n);
        for (int i = 1; i <= 40; i++)
            say(n, "!ping ", i);
        network_run(n, 10000);
        hs_kick(n->hs, harbor, ANNA, BEN);
        say(n, "!ping ", 41);
        network_run(n, 240000);
        network_expect_row(n, harbor, "pong ", 1, 41);
        network_close(n);
    }
}

static void bodies_that_are_no_answer_are_passed_over(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "",
        "{",
        "[]",
        "null",
        "\"\"",
        "{}",
        "{\"next_batch\":5}",
        "{\"next_batch\":\"s1\"",
        "{\"next_batch\":\"s1\"}}",
        "{\"next_batch\":\"s1\",\"rooms\":{\"join\":{\"!x:y\":{\"timeline\":{\"events\":[{]}}}}}",
        "{\"rooms\":{\"join\":{}}}",
        "\x00\x01\xff",
        "<html><body>502</body></html>",
        "{\"next_batch\":\"\\ud800\"}",
        "{\"next_batch\":\"s1\",\"next_batch\":\"s2\",",
    };
    struct network *n = make_up();
    for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
        const struct hs_fault junk = {.match = "GET *sync*",
                                      .kind = HS_ANSWER,
                                      .status = 200,
                                      .body = str_of(BODIES[i]),
                                      .times = 3};
        hs_mend(n->hs);
        hs_fault(n->hs, &junk);
        say(n, "ends the poll ", (int)i);
        network_run(n, 100);
        say(n, "!ping ", (int)i);
        network_run(n, 60000);
    }
    network_expect_row(n, harbor, "pong ", 0, COUNT_OF(BODIES) - 1);
    network_close(n);
}

static void a_body_nested_without_end_is_passed_over(void **state)
{
    (void)state;
    struct network *n = make_up();
    struct buf deep;
    buf_init(&deep, 1 << 24);
    buf_add_c(&deep, "{\"rooms\":");
    for (int i = 0; i < 1000000; i++)
        buf_add_byte(&deep, '[');
    const struct hs_fault junk = {.match = "GET *sync*",
                                  .kind = HS_ANSWER,
                                  .status = 200,
                                  .body = buf_str(&deep),
                                  .times = 2};
    hs_fault(n->hs, &junk);
    say(n, "ends the poll ", 1);
    network_run(n, 100);
    say(n, "!ping ", 1);
    network_run(n, 60000);
    network_expect_row(n, harbor, "pong ", 1, 1);
    buf_done(&deep);
    network_close(n);
}

/* Between good events stand some that no homeserver should let through. */
static void events_that_are_junk_hide_no_other(void **state)
{
    (void)state;
    static const char *const CONTENTS[] = {
        "{}",
        "{\"body\":5,\"msgtype\":[]}",
        "{\"body\":null,\"msgtype\":\"m.text\"}",
        "{\"body\":\"nul \\u0000 within\",\"msgtype\":\"m.text\"}",
        "{\"body\":\"\",\"msgtype\":\"m.text\",\"m.relates_to\":\"x\"}",
        "{\"body\":\"x\",\"msgtype\":\"m.text\",\"m.relates_to\":{\"rel_type\":5,\"event_id\":{}}}",
        "{\"body\":\"x\",\"msgtype\":\"m.text\",\"m.mentions\":[],\"m.new_content\":7}",
        "{\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$no\"},\"m.new_content\":[]}",
        "{\"body\":\"\\ud83d\\ude00\\u202e\",\"msgtype\":\"m.text\",\"m.mentions\":{\"user_ids\":"
        "[1,null]}}",
    };
    static const char *const STATES[][3] = {
        {"m.room.power_levels", "", "{\"users\":[],\"users_default\":\"x\",\"events\":3}"},
        {"m.room.member", "@ben:home", "{\"membership\":7}"},
        {"m.room.tombstone", "", "{\"replacement_room\":5}"},
        {"m.room.create", "", "{\"room_version\":{},\"additional_creators\":\"x\"}"},
        {"m.room.topic", "", "[]"},
    };
    struct network *n = make_up();
    char deep[1200] = "{\"body\":\"x\",\"a\":";
    size_t at = strlen(deep);
    for (int i = 0; i < 500; i++)
        deep[at++] = '[';
    for (int i = 0; i < 500; i++)
        deep[at++] = ']';
    snprintf(deep + at, sizeof deep - at, "}");
    int number = 0;
    for (size_t i = 0; i < COUNT_OF(CONTENTS); i++) {
        hs_event(n->hs, harbor, ANNA, "m.room.message", CONTENTS[i]);
        hs_event(n->hs, harbor, ANNA, "m.reaction", CONTENTS[i]);
        hs_event(n->hs, harbor, ANNA, "m.room.redaction", CONTENTS[i]);
        say(n, "!ping ", ++number);
    }
    hs_event(n->hs, harbor, ANNA, "m.room.message", deep);
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        hs_state(n->hs, harbor, ANNA, STATES[i][0], STATES[i][1], STATES[i][2]);
        say(n, "!ping ", ++number);
    }
    network_run(n, 20000);
    network_expect_row(n, harbor, "pong ", 1, number);
    network_close(n);
}

/* Found by fuzz_matrix_session: the event held the name that the room no longer had. */
static void who_speaks_and_takes_another_name_at_once_spoke_by_the_first(void **state)
{
    (void)state;
    struct network *n = make_up();
    hs_knobs(n->hs)->no_state_after = true; /* else the second is known ahead */
    hs_profile(n->hs, ANNA, "displayname", "Anna of the harbor");
    hs_join(n->hs, harbor, ANNA);
    network_run(n, 1000);
    hs_say(n->hs, harbor, ANNA, "a word");
    hs_profile(n->hs, ANNA, "displayname", "Another name, which is longer than the first");
    hs_join(n->hs, harbor, ANNA);
    network_run(n, 1000);
    assert_non_null(network_find(n, "a word"));
    assert_string_equal(network_find(n, "a word")->display, "Anna of the harbor");
    network_close(n);
}

/* While the disk is full reading goes on; what was not committed is read again by the next life and
 * known by its id. */
static void m10_a_full_disk_stops_no_reading(void **state)
{
    (void)state;
    struct network *n = make_up();
    say(n, "word ", 1);
    network_run(n, 1000);
    n->disk_full = true;
    say(n, "lost ", 1);
    network_run(n, 600000);
    assert_int_equal(n->past_disk, 1); /* the floor has read it, once */
    say(n, "lost ", 2);
    network_run(n, 5000);
    assert_int_equal(n->past_disk, 2); /* and reading goes on at once */
    assert_true(network_is_up(n));
    size_t asked = hs_requests(n->hs, "GET *sync*");
    network_run(n, 600000);
    assert_true(hs_requests(n->hs, "GET *sync*") - asked <= 25); /* no hot loop */
    n->disk_full = false;
    say(n, "word ", 2);
    network_run(n, 60000);
    expect_heard(n, "word ", 1, 2);
    network_die(n);
    network_run(n, 60000);
    expect_heard(n, "word ", 1, 2);
    network_close(n);
}

static void m10_death_with_a_full_disk_reads_again(void **state)
{
    (void)state;
    struct network *n = make_up();
    n->disk_full = true;
    say(n, "word ", 1);
    network_run(n, 5000);
    n->disk_full = false;
    network_die(n);
    network_run(n, 60000);
    expect_heard(n, "word ", 1, 1);
    network_close(n);
}

static void a_cursor_that_the_server_forgot_is_given_up(void **state)
{
    (void)state;
    struct network *n = make_up();
    say(n, "word ", 1);
    network_run(n, 1000);
    const struct hs_fault unknown = {.match = "GET *sync*since=*",
                                     .kind = HS_ANSWER,
                                     .status = 400,
                                     .body = STR("{\"errcode\":\"M_UNKNOWN_POS\"}"),
                                     .times = 4};
    hs_fault(n->hs, &unknown);
    network_run(n, 120000);
    say(n, "word ", 2);
    network_run(n, 60000);
    expect_heard(n, "word ", 1, 2);
    assert_true(network_is_up(n));
    network_close(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(m11_a_gap_of_500_is_filled_in_order),
        cmocka_unit_test(m11_a_gap_outlives_deaths_and_faults),
        cmocka_unit_test(keys_in_any_order_mean_the_same),
        cmocka_unit_test(bodies_that_are_no_answer_are_passed_over),
        cmocka_unit_test(a_body_nested_without_end_is_passed_over),
        cmocka_unit_test(events_that_are_junk_hide_no_other),
        cmocka_unit_test(who_speaks_and_takes_another_name_at_once_spoke_by_the_first),
        cmocka_unit_test(m10_a_full_disk_stops_no_reading),
        cmocka_unit_test(m10_death_with_a_full_disk_reads_again),
        cmocka_unit_test(a_cursor_that_the_server_forgot_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
