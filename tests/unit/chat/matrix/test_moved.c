/* SPDX-License-Identifier: MIT */
/* test_moved.c: rooms that were upgraded. */
#include "reader.h"

#include <stdio.h>

static void m29_an_upgrade_is_followed_and_the_name_goes_along(void **state)
{
    struct reader *r = *state;
    const char *old = reader_room(r, "@anna:home");
    reader_start(r);
    const char *new = hs_upgrade(r->hs, old, "@owner:home", "12");
    hs_join(r->hs, new, "@anna:home");
    reader_run(r, 10 * 1000);
    assert_string_equal(hs_membership(r->hs, new, BOT), "join");
    struct matrix_room *room = matrix_rooms_by_name(r->session.rooms, str_of(old));
    assert_non_null(room);
    assert_string_equal(room->id.ptr, new);
    assert_int_equal(room->membership, MATRIX_IN);
    assert_int_equal(reader_find(r, old)->name.len, 0);
    hs_say(r->hs, new, "@anna:home", "in the new one");
    reader_run(r, 1000);
    assert_string_equal(reader_said(r, "in the new one")->room, old); /* as configured */
    assert_int_equal(reader_count(r, CHAT_TOMBSTONE), 1);
    assert_string_equal(reader_nth(r, CHAT_TOMBSTONE, 0)->room, old);
    assert_int_equal(reader_notices(r, CHAT_NOTICE_ROOM_MOVED), 1);
    assert_true(hs_requests(r->hs, "POST /_matrix/client/v3/join/*via=home*") >= 1);
    /* over a death, and the old one is left later */
    reader_die(r);
    reader_start(r);
    hs_say(r->hs, new, "@anna:home", "and again");
    reader_run(r, 1000);
    assert_string_equal(reader_said(r, "and again")->room, old);
    assert_int_equal(reader_count(r, CHAT_TOMBSTONE), 1);
}

static void the_old_room_is_left_after_an_hour(void **state)
{
    struct reader *r = *state;
    const char *old = reader_room(r, "@anna:home");
    reader_start(r);
    hs_upgrade(r->hs, old, "@owner:home", "12");
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, old, BOT), "join");
    reader_run(r, 2 * CLOCK_HOUR_MS);
    assert_string_equal(hs_membership(r->hs, old, BOT), "leave");
}

static void m29_a_death_before_it_was_kept_loses_nothing(void **state)
{
    struct reader *r = *state;
    const char *old = reader_room(r, "@anna:home");
    reader_start(r);
    struct hs_fault fault = {
        .match = "POST /_matrix/client/v3/join/*", .kind = HS_LOSE, .times = 1};
    hs_fault(r->hs, &fault);
    const char *new = hs_upgrade(r->hs, old, "@owner:home", "12");
    reader_run(r, 500);
    reader_die(r);
    reader_start(r);
    reader_run(r, CLOCK_MINUTE_MS);
    hs_join(r->hs, new, "@anna:home");
    hs_say(r->hs, new, "@anna:home", "found");
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(reader_said(r, "found")->room, old);
    assert_int_equal(reader_count(r, CHAT_TOMBSTONE), 1);
}

static void m29_a_missed_tombstone_is_found_at_the_start(void **state)
{
    struct reader *r = *state;
    const char *old = reader_room(r, "@anna:home");
    reader_start(r);
    reader_die(r);
    const char *new = hs_upgrade(r->hs, old, "@owner:home", "12");
    /* as if the answer with it had been lost: the next begins behind it */
    struct hs_fault fault = {.match = "GET /_matrix/client/v3/sync*",
                             .kind = HS_ANSWER,
                             .status = 200,
                             .body = STR("{\"next_batch\":\"s13\"}"),
                             .times = 1};
    hs_fault(r->hs, &fault);
    char whole[160];
    snprintf(whole, sizeof whole, "GET */rooms/*%s/state", old + 1);
    size_t asked = hs_requests(r->hs, whole);
    reader_start(r);
    reader_run(r, 2 * CLOCK_MINUTE_MS);
    assert_int_equal(hs_requests(r->hs, whole), asked + 1);
    assert_string_equal(hs_membership(r->hs, new, BOT), "join");
    assert_string_equal(matrix_rooms_by_name(r->session.rooms, str_of(old))->id.ptr, new);
}

static void m29_who_has_no_right_moves_nobody(void **state)
{
    struct reader *r = *state;
    const char *old = reader_room(r, "@anna:home");
    reader_start(r);
    const char *trap = hs_room(r->hs, "@anna:home", NULL, NULL);
    char content[256];
    snprintf(content, sizeof content,
             "{\"room_version\":\"12\",\"predecessor\":{\"room_id\":\"%s\"}}", old);
    hs_state(r->hs, trap, "@anna:home", "m.room.create", "", content);
    snprintf(content, sizeof content, "{\"replacement_room\":\"%s\",\"body\":\"come\"}", trap);
    hs_state(r->hs, old, "@anna:home", "m.room.tombstone", "", content);
    reader_run(r, 10 * CLOCK_MINUTE_MS);
    assert_ptr_equal(matrix_rooms_by_name(r->session.rooms, str_of(old)), reader_find(r, old));
    assert_int_equal(reader_count(r, CHAT_TOMBSTONE), 0);
}

static void m29_a_room_that_does_not_come_from_ours_is_left_again(void **state)
{
    struct reader *r = *state;
    const char *old = reader_room(r, "@anna:home");
    reader_start(r);
    const char *trap = hs_room(r->hs, "@mallory:home", NULL, NULL);
    char content[256];
    snprintf(content, sizeof content, "{\"replacement_room\":\"%s\",\"body\":\"come\"}", trap);
    hs_state(r->hs, old, "@owner:home", "m.room.tombstone", "", content);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_ptr_equal(matrix_rooms_by_name(r->session.rooms, str_of(old)), reader_find(r, old));
    assert_string_equal(hs_membership(r->hs, trap, BOT), "leave");
    assert_true(reader_logged(r, "matrix_move_refused"));
}

static void what_is_said_before_the_move_is_known_is_read(void **state)
{
    struct reader *r = *state;
    const char *old = reader_room(r, "@anna:home");
    reader_start(r);
    struct hs_fault slow = {.match = "GET */state", .kind = HS_SLOW, .at = 20 * 1000, .times = 1};
    hs_fault(r->hs, &slow);
    const char *new = hs_upgrade(r->hs, old, "@owner:home", "12");
    hs_join(r->hs, new, "@anna:home");
    reader_run(r, 5000);
    assert_string_equal(hs_membership(r->hs, new, BOT), "join");
    hs_say(r->hs, new, "@anna:home", "anybody here?");
    reader_run(r, CLOCK_MINUTE_MS);
    assert_non_null(reader_said(r, "anybody here?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READER_TEST(m29_an_upgrade_is_followed_and_the_name_goes_along),
        READER_TEST(the_old_room_is_left_after_an_hour),
        READER_TEST(m29_a_death_before_it_was_kept_loses_nothing),
        READER_TEST(m29_a_missed_tombstone_is_found_at_the_start),
        READER_TEST(m29_who_has_no_right_moves_nobody),
        READER_TEST(m29_a_room_that_does_not_come_from_ours_is_left_again),
        READER_TEST(what_is_said_before_the_move_is_known_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
