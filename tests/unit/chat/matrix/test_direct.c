/* SPDX-License-Identifier: MIT */
/* test_direct.c: private rooms: one for each person, whatever dies where. */
#include "speaker.h"

#include <errno.h>
#include <stdio.h>

#include "store/members.h"

#define ANA "@ana:home"

static int send_private(struct speaker *s, uint64_t token, unsigned flags, const char *text)
{
    struct chat_message message = speaker_private(token, ANA, text);
    message.flags = flags;
    int r = matrix_outbound_send(s->session.outbound, &message);
    speaker_run(s, 0);
    return r;
}

static size_t rooms_made(struct speaker *s)
{
    return hs_requests(s->hs, "POST */createRoom*");
}

static void m45_a_private_room_is_made_and_invited_to(void **state)
{
    struct speaker *s = *state;
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);

    const char *room = speaker_private_room(s);
    assert_non_null(room);
    assert_string_equal(hs_membership(s->hs, room, ANA), "invite");
    assert_null(hs_state_of(s->hs, room, "m.room.encryption", ""));
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "Good morning");
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    json_t *data = hs_data_of(s->hs, BOT, "m.direct");
    assert_string_equal(json_string_value(json_array_get(json_object_get(data, ANA), 0)), room);

    assert_int_equal(send_private(s, 2, 0, "And good night"), 0);
    assert_int_equal(rooms_made(s), 1);
    assert_string_equal(hs_body(s->hs, room, BOT, 1), "And good night");
}

static void somebody_in_need_must_have_entered(void **state)
{
    struct speaker *s = *state;
    assert_int_equal(send_private(s, 1, CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM, "Call 988"), 0);
    const char *room = speaker_private_room(s);
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "Call 988"); /* said all the same */
    assert_int_equal(speaker_outcome(s, 1), CHAT_REFUSED);         /* and the room hears the card */

    speaker_join(s, room, ANA);
    assert_int_equal(send_private(s, 2, CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM, "Are you there?"), 0);
    assert_int_equal(speaker_outcome(s, 2), CHAT_CONFIRMED);
    assert_int_equal(rooms_made(s), 1);
}

static void somebody_in_need_does_not_wait_for_a_slow_server(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs,
             &(struct hs_fault){
                 .match = "POST */createRoom*", .kind = HS_SLOW, .at = 20 * 1000, .times = 1});
    assert_int_equal(send_private(s, 1, CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM, "Call 988"), 0);
    speaker_run(s, 4000);
    assert_int_equal(speaker_outcome(s, 1), -1);
    speaker_run(s, 3000);
    assert_int_equal(speaker_outcome(s, 1), CHAT_REFUSED);
    speaker_run(s, 20 * 1000);
    assert_string_equal(hs_body(s->hs, speaker_private_room(s), BOT, 0), "Call 988");
    assert_int_equal(speaker_outcome(s, 1), CHAT_REFUSED); /* told once */
}

static void two_messages_at_once_are_one_wish(void **state)
{
    struct speaker *s = *state;
    struct chat_message one = speaker_private(1, ANA, "one"), two = speaker_private(2, ANA, "two");
    hs_fault(s->hs, &(struct hs_fault){
                        .match = "POST */createRoom*", .kind = HS_SLOW, .at = 5000, .times = 1});
    assert_int_equal(matrix_outbound_send(s->session.outbound, &one), 0);
    speaker_run(s, 1000);
    assert_int_equal(rooms_made(s), 1); /* asked for, and not answered */
    assert_int_equal(matrix_outbound_send(s->session.outbound, &two), 0);
    speaker_run(s, 10 * 1000);
    assert_int_equal(rooms_made(s), 1);
    const char *room = speaker_private_room(s);
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "one");
    assert_string_equal(hs_body(s->hs, room, BOT, 1), "two");
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    assert_int_equal(speaker_outcome(s, 2), CHAT_CONFIRMED);
}

/* ---- death ----------------------------------------------------------------------------------- */

static void again_after_death(struct speaker *s)
{
    speaker_die(s);
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    speaker_run(s, 60 * 1000);
    const char *room = speaker_private_room(s); /* fails when there are two */
    assert_non_null(room);
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "Good morning");
    assert_string_equal(hs_body(s->hs, room, BOT, 1), "");
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

static void a_death_before_the_wish_is_written(void **state)
{
    struct speaker *s = *state;
    struct chat_message message = speaker_private(1, ANA, "Good morning");
    assert_int_equal(matrix_outbound_send(s->session.outbound, &message), 0);
    again_after_death(s);
}

static void a_death_before_the_room_is_asked_for(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs, &(struct hs_fault){.match = "POST */createRoom*", .kind = HS_HANG});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    assert_int_equal(hs_room_count(s->hs), 0);
    hs_mend(s->hs);
    again_after_death(s);
}

static void a_death_after_the_room_was_made_and_before_it_is_known(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs,
             &(struct hs_fault){.match = "POST */createRoom*", .kind = HS_HANG_BODY, .at = 1});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    assert_non_null(speaker_private_room(s));
    hs_mend(s->hs);
    again_after_death(s);
    assert_int_equal(rooms_made(s), 1);
}

static void a_death_while_the_server_still_makes_it(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs,
             &(struct hs_fault){.match = "POST */createRoom*", .kind = HS_HANG_BODY, .at = 1});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    hs_mend(s->hs);
    /* the first look finds nothing */
    hs_fault(s->hs, &(struct hs_fault){.match = "GET */joined_rooms*",
                                       .kind = HS_ANSWER,
                                       .status = 200,
                                       .body = STR("{\"joined_rooms\":[]}"),
                                       .times = 1});
    again_after_death(s);
    assert_int_equal(rooms_made(s), 1);
}

static void a_death_after_it_is_known(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs, &(struct hs_fault){.match = "PUT */send/*", .kind = HS_HANG});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    hs_mend(s->hs);
    again_after_death(s);
    assert_int_equal(rooms_made(s), 1);
}

static void a_lost_answer_makes_no_second_room(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs, &(struct hs_fault){.match = "POST */createRoom*", .kind = HS_LOSE, .times = 1});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    speaker_run(s, 30 * 1000);
    assert_non_null(speaker_private_room(s));
    assert_int_equal(rooms_made(s), 1);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

/* createRoom whose answer is lost, and a room to which nobody was asked so far. */
static void lose_a_room_without_its_guest(struct speaker *s, unsigned looks)
{
    hs_fault(s->hs, &(struct hs_fault){.match = "POST */createRoom*", .kind = HS_LOSE, .times = 1});
    hs_fault(s->hs, &(struct hs_fault){.match = "GET */state/m.room.member/*",
                                       .kind = HS_ANSWER,
                                       .status = 404,
                                       .body = STR("{\"errcode\":\"M_NOT_FOUND\",\"error\":\"\"}"),
                                       .times = looks});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
}

static void a_slow_server_invites_after_the_room_was_found(void **state)
{
    struct speaker *s = *state;
    lose_a_room_without_its_guest(s, 3);
    speaker_run(s, 30 * 1000);
    assert_non_null(speaker_private_room(s));
    assert_int_equal(hs_requests(s->hs, "POST */invite*"), 0);
    assert_int_equal(rooms_made(s), 1);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

static void whom_a_dead_server_did_not_invite_is_invited(void **state)
{
    struct speaker *s = *state;
    lose_a_room_without_its_guest(s, 1000);
    hs_fault(s->hs,
             &(struct hs_fault){
                 .match = "POST */invite*", .kind = HS_ANSWER, .status = 200, .body = STR("{}")});
    speaker_run(s, 90 * 1000);
    assert_int_equal(hs_requests(s->hs, "POST */invite*"), 1);
    assert_int_equal(rooms_made(s), 1);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

static void who_cannot_be_invited_later_leaves_no_room(void **state)
{
    struct speaker *s = *state;
    lose_a_room_without_its_guest(s, 1000);
    hs_fault(s->hs,
             &(struct hs_fault){.match = "POST */invite*",
                                .kind = HS_ANSWER,
                                .status = 403,
                                .body = STR("{\"errcode\":\"M_FORBIDDEN\",\"error\":\"\"}")});
    const char *room = speaker_private_room(s);
    assert_non_null(room);
    speaker_run(s, 90 * 1000);
    assert_int_equal(hs_requests(s->hs, "POST */invite*"), 1);
    assert_string_equal(hs_membership(s->hs, room, BOT), "leave");
    assert_int_equal(rooms_made(s), 1);
    assert_int_equal(speaker_outcome(s, 1), CHAT_REFUSED);
}

static void a_room_of_before_the_database_is_found_in_m_direct(void **state)
{
    struct speaker *s = *state;
    const char *room = hs_room(s->hs, BOT, NULL, NULL);
    char data[256];
    hs_join(s->hs, room, ANA);
    snprintf(data, sizeof data, "{\"%s\":[\"!gone\",\"%s\"]}", ANA, room);
    hs_account_data(s->hs, BOT, "m.direct", data);
    assert_int_equal(send_private(s, 1, CHAT_SEND_CONFIRM, "Good morning"), 0);
    /* its state is asked for, and known */
    speaker_find(s, room)->membership = MATRIX_IN;
    speaker_run(s, 2000);
    assert_int_equal(rooms_made(s), 0);
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "Good morning");
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

/* They were asked in, and have not come yet. */
static void a_room_that_they_are_asked_into_is_found_in_m_direct(void **state)
{
    struct speaker *s = *state;
    const char *room = hs_room(s->hs, BOT, NULL, NULL);
    char data[256];
    hs_invite(s->hs, room, BOT, ANA);
    snprintf(data, sizeof data, "{\"%s\":[\"%s\"]}", ANA, room);
    hs_account_data(s->hs, BOT, "m.direct", data);
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    speaker_find(s, room)->membership = MATRIX_IN;
    speaker_run(s, 2000);
    assert_int_equal(rooms_made(s), 0);
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "Good morning");
}

/* Too fast is not done: nothing is there to be searched for. */
static void a_limit_is_waited_for_and_no_room_is_searched(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs, &(struct hs_fault){.match = "POST */createRoom*",
                                       .kind = HS_ANSWER,
                                       .status = 429,
                                       .body = STR("{\"errcode\":\"M_LIMIT_EXCEEDED\","
                                                   "\"retry_after_ms\":1000}"),
                                       .times = 1});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    speaker_run(s, 10000);
    assert_int_equal(hs_requests(s->hs, "GET */joined_rooms*"), 0);
    assert_int_equal(hs_room_count(s->hs), 1);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

static void on_the_floor_a_room_is_made_all_the_same(void **state)
{
    struct speaker *s = *state;
    s->no_batches = true;
    store_inject(s->store, STORE_FAULT_READ_ONLY);
    store_refuse(s->store, STORE_READ_ONLY);
    assert_int_equal(send_private(s, 1, CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM, "Call 988"), 0);
    const char *room = speaker_private_room(s);
    assert_non_null(room);
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "Call 988");
    /* and the server knows it for the next life */
    json_t *data = hs_data_of(s->hs, BOT, "m.direct");
    assert_string_equal(json_string_value(json_array_get(json_object_get(data, ANA), 0)), room);
}

static void others_in_m_direct_stay(void **state)
{
    struct speaker *s = *state;
    hs_account_data(s->hs, BOT, "m.direct", "{\"@ben:home\":[\"!bens\"]}");
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    json_t *data = hs_data_of(s->hs, BOT, "m.direct");
    assert_string_equal(json_string_value(json_array_get(json_object_get(data, "@ben:home"), 0)),
                        "!bens");
    assert_int_equal(json_array_size(json_object_get(data, ANA)), 1);
}

/* ---- who goes -------------------------------------------------------------------------------- */

static void who_left_gets_another_room_when_they_speak(void **state)
{
    struct speaker *s = *state;
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    const char *first = speaker_private_room(s);
    speaker_join(s, first, ANA);
    speaker_leave(s, first, ANA);

    assert_int_equal(send_private(s, 2, 0, "Good night"), -EHOSTUNREACH);
    assert_int_equal(rooms_made(s), 1);
    matrix_direct_spoke(s->session.direct, STR(ANA));
    assert_int_equal(send_private(s, 3, 0, "There you are"), 0);
    assert_int_equal(rooms_made(s), 2);
    assert_int_equal(speaker_outcome(s, 3), CHAT_CONFIRMED);
}

static void who_declined_is_asked_again_after_a_day(void **state)
{
    struct speaker *s = *state;
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    speaker_leave(s, speaker_private_room(s), ANA);
    speaker_run(s, 23 * CLOCK_HOUR_MS);
    assert_int_equal(send_private(s, 2, 0, "Good night"), -EHOSTUNREACH);
    speaker_die(s); /* it is remembered */
    assert_int_equal(send_private(s, 3, 0, "Good night"), -EHOSTUNREACH);
    speaker_run(s, 2 * CLOCK_HOUR_MS);
    assert_int_equal(send_private(s, 4, 0, "Good morning"), 0);
    assert_int_equal(rooms_made(s), 2);
}

static void an_invitation_that_is_refused_leaves_no_room(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs, &(struct hs_fault){.match = "POST */createRoom*",
                                       .kind = HS_ANSWER,
                                       .status = 403,
                                       .body = STR("{\"errcode\":\"M_FORBIDDEN\"}"),
                                       .times = 1});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    speaker_run(s, 30 * 1000);
    assert_int_equal(speaker_outcome(s, 1), CHAT_REFUSED);
    assert_null(speaker_private_room(s));
    assert_int_equal(send_private(s, 2, 0, "Good night"), -EHOSTUNREACH);
}

static void m45_a_server_that_encrypts_every_private_room(void **state)
{
    struct speaker *s = *state;
    hs_fault(s->hs, &(struct hs_fault){.match = "GET */state/m.room.encryption*",
                                       .kind = HS_ANSWER,
                                       .status = 200,
                                       .body = STR("{\"algorithm\":\"m.megolm.v1.aes-sha2\"}")});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    speaker_run(s, 2000);
    assert_int_equal(speaker_outcome(s, 1), CHAT_REFUSED);
    assert_string_equal(hs_body(s->hs, speaker_private_room(s), BOT, 0), "");
    assert_true(speaker_logged(s, "matrix_private_rooms_encrypted"));
    matrix_direct_spoke(s->session.direct, STR(ANA));
    assert_int_equal(send_private(s, 2, 0, "Good night"), -EHOSTUNREACH);
}

static void m45_a_private_room_that_turns_encrypted_is_not_written_to(void **state)
{
    struct speaker *s = *state;
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    const char *room = speaker_private_room(s);
    speaker_join(s, room, ANA);
    speaker_find(s, room)->is_encrypted = true;
    assert_int_equal(send_private(s, 2, 0, "Good night"), -EHOSTUNREACH);
    assert_string_equal(hs_body(s->hs, room, BOT, 1), "");
}

static void their_own_room_is_used(void **state)
{
    struct speaker *s = *state;
    const char *id = hs_room(s->hs, ANA, NULL, NULL);
    hs_join(s->hs, id, BOT);
    struct matrix_room *room = matrix_rooms_made(s->session.rooms, str_of(id), STR(ANA));
    speaker_join(s, id, ANA);
    assert_non_null(room);
    assert_int_equal(send_private(s, 1, CHAT_SEND_CONFIRM, "Good morning"), 0);
    assert_string_equal(hs_body(s->hs, id, BOT, 0), "Good morning");
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    assert_int_equal(rooms_made(s), 0);
    speaker_die(s); /* and a restart knows it */
    assert_int_equal(send_private(s, 2, CHAT_SEND_CONFIRM, "Good night"), 0);
    assert_string_equal(hs_body(s->hs, id, BOT, 1), "Good night");
    assert_int_equal(rooms_made(s), 0);
}

static void a_room_that_others_came_into_is_left(void **state)
{
    struct speaker *s = *state;
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    const char *first = speaker_private_room(s);
    speaker_join(s, first, ANA);
    /* what is given in the same moment goes nowhere else */
    struct chat_message at_once = speaker_private(9, ANA, "For you alone");
    assert_int_equal(matrix_outbound_send(s->session.outbound, &at_once), 0);
    speaker_join(s, first, "@curious:home");
    assert_string_equal(hs_body(s->hs, first, BOT, 1), "");
    assert_true(speaker_find(s, first)->state->is_left);
    assert_string_equal(hs_membership(s->hs, first, BOT), "leave");

    assert_int_equal(send_private(s, 2, 0, "And that"), 0);
    assert_int_equal(speaker_outcome(s, 9), CHAT_CONFIRMED);
    assert_int_equal(rooms_made(s), 2);
    assert_string_equal(hs_body(s->hs, first, BOT, 1), "");
    assert_int_equal(speaker_outcome(s, 2), CHAT_CONFIRMED);
    speaker_die(s);
    assert_int_equal(send_private(s, 3, 0, "And again"), 0);
    assert_int_equal(rooms_made(s), 2);
    assert_int_equal(speaker_outcome(s, 3), CHAT_CONFIRMED);
}

/* /sync counted a third, who has not entered yet. */
static void a_room_that_others_are_asked_into_is_left(void **state)
{
    struct speaker *s = *state;
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    const char *first = speaker_private_room(s);
    speaker_join(s, first, ANA);
    assert_int_equal(
        matrix_rooms_private(s->session.rooms, speaker_find(s, first), (struct str){0}), 0);
    assert_int_equal(send_private(s, 2, 0, "For you alone"), 0);
    assert_true(speaker_find(s, first)->state->is_left);
    assert_int_equal(rooms_made(s), 2);
    assert_string_equal(hs_body(s->hs, first, BOT, 1), "");
    assert_int_equal(speaker_outcome(s, 2), CHAT_CONFIRMED);
}

/* While it is being made we are alone in it. */
static void a_room_that_is_being_made_is_not_left(void **state)
{
    struct speaker *s = *state;
    assert_true(matrix_direct_may_leave(s->session.direct, STR("!some")));
    hs_fault(s->hs,
             &(struct hs_fault){.match = "POST */createRoom*", .kind = HS_HANG_BODY, .at = 1});
    assert_int_equal(send_private(s, 1, 0, "Good morning"), 0);
    assert_false(matrix_direct_may_leave(s->session.direct, STR("!some")));
    hs_mend(s->hs);
    speaker_run(s, 60 * 1000);
    struct str made = str_of(speaker_private_room(s));
    assert_true(matrix_direct_may_leave(s->session.direct, STR("!some")));
    assert_false(matrix_direct_may_leave(s->session.direct, made));
    speaker_run(s, 60 * 1000);
    assert_true(matrix_direct_may_leave(s->session.direct, made));
}

/* What is said there must be known as private before anybody is asked: by the row, not by m.direct.
 */
static void a_restart_knows_the_rooms_of_members(void **state)
{
    struct speaker *s = *state;
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member;
    store_hash(s->store, STR("identity"), STR("home"), STR(ANA), hash);
    assert_int_equal(store_members_create(s->store, hash, &member), 0);
    const char *id = hs_room(s->hs, ANA, NULL, NULL);
    hs_join(s->hs, id, BOT);
    assert_non_null(matrix_rooms_made(s->session.rooms, str_of(id), STR(ANA)));
    speaker_join(s, id, ANA);
    speaker_die(s);
    const struct matrix_room *room = speaker_find(s, id);
    assert_non_null(room);
    assert_true(str_eq_c(room->with, ANA));
    assert_int_equal(room->membership, MATRIX_IN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPEAKER_TEST(m45_a_private_room_is_made_and_invited_to),
        SPEAKER_TEST(somebody_in_need_must_have_entered),
        SPEAKER_TEST(somebody_in_need_does_not_wait_for_a_slow_server),
        SPEAKER_TEST(two_messages_at_once_are_one_wish),
        SPEAKER_TEST(a_death_before_the_wish_is_written),
        SPEAKER_TEST(a_death_before_the_room_is_asked_for),
        SPEAKER_TEST(a_death_after_the_room_was_made_and_before_it_is_known),
        SPEAKER_TEST(a_death_while_the_server_still_makes_it),
        SPEAKER_TEST(a_death_after_it_is_known),
        SPEAKER_TEST(a_lost_answer_makes_no_second_room),
        SPEAKER_TEST(a_slow_server_invites_after_the_room_was_found),
        SPEAKER_TEST(whom_a_dead_server_did_not_invite_is_invited),
        SPEAKER_TEST(who_cannot_be_invited_later_leaves_no_room),
        SPEAKER_TEST(a_room_of_before_the_database_is_found_in_m_direct),
        SPEAKER_TEST(a_room_that_they_are_asked_into_is_found_in_m_direct),
        SPEAKER_TEST(a_limit_is_waited_for_and_no_room_is_searched),
        SPEAKER_TEST(on_the_floor_a_room_is_made_all_the_same),
        SPEAKER_TEST(others_in_m_direct_stay),
        SPEAKER_TEST(who_left_gets_another_room_when_they_speak),
        SPEAKER_TEST(who_declined_is_asked_again_after_a_day),
        SPEAKER_TEST(an_invitation_that_is_refused_leaves_no_room),
        SPEAKER_TEST(m45_a_server_that_encrypts_every_private_room),
        SPEAKER_TEST(m45_a_private_room_that_turns_encrypted_is_not_written_to),
        SPEAKER_TEST(their_own_room_is_used),
        SPEAKER_TEST(a_room_that_others_came_into_is_left),
        SPEAKER_TEST(a_room_that_others_are_asked_into_is_left),
        SPEAKER_TEST(a_room_that_is_being_made_is_not_left),
        SPEAKER_TEST(a_restart_knows_the_rooms_of_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
