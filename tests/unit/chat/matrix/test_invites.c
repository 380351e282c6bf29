/* SPDX-License-Identifier: MIT */
/* test_invites.c: invitations by policy. */
#include "reader.h"

#include <stdio.h>

#include "chat/matrix/invites_internal.h"
#include "store/members.h"

static const char *invited(struct reader *r, const char *by, bool direct)
{
    const char *id = hs_room(r->hs, by, NULL, NULL);
    hs_state(r->hs, id, by, "m.room.member", BOT,
             direct ? "{\"membership\":\"invite\",\"is_direct\":true}"
                    : "{\"membership\":\"invite\"}");
    return id;
}

static void m30_a_member_may_ask_us_into_a_private_chat(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *id = invited(r, "@anna:home", true), *room = invited(r, "@anna:home", false);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    assert_string_equal(hs_membership(r->hs, room, BOT), "leave"); /* that is for moderators */
    hs_say(r->hs, id, "@anna:home", "psst");
    reader_run(r, 1000);
    assert_true(reader_said(r, "psst")->flags & CHAT_PRIVATE);
    assert_string_equal(reader_said(r, "psst")->room, "");
    assert_ptr_equal(matrix_rooms_with(r->session.rooms, STR("@anna:home")), reader_find(r, id));
}

/* Not every client says is_direct. */
static void m30_a_closed_room_without_a_name_is_a_private_chat(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *closed = hs_room(r->hs, "@anna:home", NULL, NULL);
    const char *named = hs_room(r->hs, "@anna:home", NULL, NULL);
    hs_state(r->hs, named, "@anna:home", "m.room.name", "", "{\"name\":\"a club\"}");
    const char *const rooms[] = {closed, named};
    for (size_t i = 0; i < COUNT_OF(rooms); i++) {
        hs_state(r->hs, rooms[i], "@anna:home", "m.room.join_rules", "",
                 "{\"join_rule\":\"invite\"}");
        hs_state(r->hs, rooms[i], "@anna:home", "m.room.member", BOT,
                 "{\"membership\":\"invite\"}");
    }
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, named, BOT), "leave");
    assert_string_equal(hs_membership(r->hs, closed, BOT), "join");
    hs_say(r->hs, closed, "@anna:home", "psst");
    reader_run(r, 1000);
    assert_true(reader_said(r, "psst")->flags & CHAT_PRIVATE);
}

static void m30_a_moderator_may_ask_us_anywhere(void **state)
{
    struct reader *r = *state;
    r->moderator = "@mod:home";
    reader_start(r);
    const char *id = invited(r, "@mod:home", false);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    /* and is told that nothing is heard there */
    assert_int_equal(reader_count(r, CHAT_INVITE), 1);
    const struct reader_event *event = reader_nth(r, CHAT_INVITE, 0);
    assert_true(event->flags & CHAT_PRIVATE);
    assert_string_equal(event->sender, "@mod:home");
    assert_string_equal(event->text, id);
    assert_int_equal(matrix_invites_waiting(r->session.invites), 0);
}

/* They were there before us, and never said a word to us. */
static void m30_who_sits_in_a_group_s_room_is_no_stranger(void **state)
{
    struct reader *r = *state;
    (void)reader_room(r, "@quiet:home");
    (void)reader_room(r, "@other:home");
    reader_start(r);
    const char *own = invited(r, "@quiet:home", true), *club = invited(r, "@quiet:home", false),
               *strange = invited(r, "@stranger:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, own, BOT), "join");
    assert_string_equal(hs_membership(r->hs, club, BOT), "leave");
    assert_string_equal(hs_membership(r->hs, strange, BOT), "leave");
    assert_int_equal(reader_count(r, CHAT_INVITE), 0);
}

/* A stranger's invitation to a bot with many groups costs 32 questions, and not one a room. */
static void m30_one_invitation_asks_for_no_more_than_32_rooms(void **state)
{
    struct reader *r = *state;
    for (int i = 0; i < 40; i++)
        (void)reader_room(r, "@mara:home");
    reader_start(r);
    const char *strange = invited(r, "@stranger:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, strange, BOT), "leave");
    assert_int_equal(hs_requests(r->hs, "GET */state/m.room.member/*stranger*"), 32);
    assert_int_equal(matrix_invites_waiting(r->session.invites), 0);

    const char *own = invited(r, "@mara:home", true); /* in the first that is asked for */
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, own, BOT), "join");
    assert_int_equal(hs_requests(r->hs, "GET */state/m.room.member/*mara*"), 1);
}

/* The first start: the room is not entered yet when the invitation is read. */
static void m30_an_invitation_waits_for_the_rooms_of_the_groups(void **state)
{
    struct reader *r = *state;
    struct hs_fault slow = {
        .match = "POST /_matrix/client/v3/join/*", .kind = HS_SLOW, .at = 25000, .times = 1};
    r->rooms[0] = hs_room(r->hs, "@quiet:home", NULL, NULL);
    r->moderator = "@mod:home";
    const char *own = invited(r, "@quiet:home", true);
    hs_fault(r->hs, &slow);
    reader_start(r);
    reader_run(r, 20 * 1000); /* reading does not wait so long for the rooms */
    assert_string_equal(hs_membership(r->hs, own, BOT), "invite");
    assert_int_equal(matrix_invites_waiting(r->session.invites), 1);
    reader_run(r, 30 * 1000);
    assert_string_equal(hs_membership(r->hs, own, BOT), "join");
}

static void m30_a_stranger_is_declined_and_counted(void **state)
{
    struct reader *r = *state;
    reader_start(r);
    const char *id = invited(r, "@stranger:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "leave");
    assert_int_equal(reader_notices(r, CHAT_NOTICE_INVITES), 1);
    assert_int_equal(r->notices[0].count, 1);
    assert_int_equal(hs_requests(r->hs, "POST */forget"), 1);
    assert_int_equal(r->event_count, 0);
}

static void m30_whom_the_configuration_names_is_believed(void **state)
{
    struct reader *r = *state;
    char *from[] = {(char *)(uintptr_t) "@friend:home", (char *)(uintptr_t) "hospital.example"};
    r->session.options.invite_from = from;
    r->session.options.invite_from_count = COUNT_OF(from);
    reader_start(r);
    const char *friend = invited(r, "@friend:home", true),
               *staff = invited(r, "@nurse:hospital.example", true),
               *other = invited(r, "@nurse:not-hospital.example", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, friend, BOT), "join");
    assert_string_equal(hs_membership(r->hs, staff, BOT), "join");
    assert_string_equal(hs_membership(r->hs, other, BOT), "leave");
}

static void m30_the_people_of_a_space_are_believed(void **state)
{
    struct reader *r = *state;
    const char *space = hs_room(r->hs, "@owner:home", NULL, NULL);
    hs_join(r->hs, space, BOT);
    hs_join(r->hs, space, "@inside:home");
    char *from[] = {(char *)(uintptr_t)space};
    r->session.options.invite_from = from;
    r->session.options.invite_from_count = 1;
    reader_start(r);
    const char *in = invited(r, "@inside:home", true), *out = invited(r, "@outside:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, in, BOT), "join");
    assert_string_equal(hs_membership(r->hs, out, BOT), "leave");
}

static void a_configured_room_needs_no_inviter_of_rank(void **state)
{
    struct reader *r = *state;
    reader_start(r);
    const char *id = hs_room(r->hs, "@stranger:home", NULL, NULL);
    hs_state(r->hs, id, "@stranger:home", "m.room.join_rules", "", "{\"join_rule\":\"invite\"}");
    r->rooms[0] = id;
    struct hs_fault closed = {.match = "POST /_matrix/client/v3/join/*",
                              .kind = HS_ANSWER,
                              .status = 403,
                              .body = STR("{\"errcode\":\"M_FORBIDDEN\"}"),
                              .times = 1};
    hs_fault(r->hs, &closed);
    reader_run(r, 2 * CLOCK_MINUTE_MS);
    hs_invite(r->hs, id, "@stranger:home", BOT);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    hs_say(r->hs, id, "@stranger:home", "welcome");
    reader_run(r, 1000);
    assert_string_equal(reader_said(r, "welcome")->room, id);
}

static void m30_a_burst_is_answered_one_a_second_and_told_once(void **state)
{
    struct reader *r = *state;
    reader_start(r);
    for (size_t i = 0; i < 150; i++)
        (void)invited(r, "@spam:home", true);
    reader_run(r, 10 * 1000);
    assert_true(matrix_invites_waiting(r->session.invites) <= MATRIX_INVITES_MAX);
    assert_true(hs_requests(r->hs, "POST */leave") <= 12);
    reader_run(r, 2 * CLOCK_HOUR_MS);
    assert_int_equal(matrix_invites_waiting(r->session.invites), 0);
    assert_int_equal(hs_requests(r->hs, "POST */leave"), MATRIX_INVITES_MAX);
    assert_int_equal(reader_notices(r, CHAT_NOTICE_INVITES), 2);
    assert_int_equal(r->notices[0].count + r->notices[1].count, MATRIX_INVITES_MAX);
}

static void m30_invitations_that_trickle_in_are_answered_one_a_second_too(void **state)
{
    struct reader *r = *state;
    reader_start(r);
    for (size_t i = 0; i < 30; i++) {
        (void)invited(r, "@spam:home", true);
        reader_run(r, 100);
    }
    assert_true(hs_requests(r->hs, "POST */leave") <= 4);
}

static void m45_an_encrypted_room_is_declined_and_answered_elsewhere(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *id = hs_room(r->hs, "@anna:home", NULL, NULL);
    hs_state(r->hs, id, "@anna:home", "m.room.encryption", "", "{\"algorithm\":\"x\"}");
    hs_state(r->hs, id, "@anna:home", "m.room.member", BOT,
             "{\"membership\":\"invite\",\"is_direct\":true}");
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "leave");
    assert_int_equal(reader_count(r, CHAT_INVITE), 1);
    const struct reader_event *event = reader_nth(r, CHAT_INVITE, 0);
    assert_true(event->flags & CHAT_PRIVATE);
    assert_string_equal(event->sender, "@anna:home");
    assert_int_equal(hs_count(r->hs, id, BOT, "m.room.message"), 0);
}

static void an_invitation_that_cannot_be_accepted_now_is_accepted_later(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    struct hs_fault fault = {
        .match = "POST /_matrix/client/v3/join/*",
        .kind = HS_ANSWER,
        .status = 429,
        .body = STR("{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":5000}"),
        .times = 2};
    hs_fault(r->hs, &fault);
    const char *id = invited(r, "@anna:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
}

/* Many clients make the room with the first message in it; and /sync may tell of the room before
 * the answer of /join comes. */
static void m30_what_was_said_before_we_entered_is_heard(void **state)
{
    struct reader *r = *state;
    struct hs_fault slow = {
        .match = "POST /_matrix/client/v3/join/*", .kind = HS_SLOW, .at = 3000, .times = 1};
    r->member = "@anna:home";
    reader_start(r);
    for (int i = 0; i < 2; i++) {
        const char *id = invited(r, "@anna:home", true), *text = i ? "help me" : "please help";
        hs_say(r->hs, id, "@anna:home", text);
        if (i)
            hs_fault(r->hs, &slow);
        reader_run(r, 10 * 1000);
        const struct reader_event *event = reader_said(r, text);
        assert_non_null(event);
        assert_true(event->flags & CHAT_PRIVATE);
        assert_false(event->flags & CHAT_HISTORY);
    }
}

/* ---- death ----------------------------------------------------------------------------------- */

static struct hs_fault lost_join(enum hs_fault_kind kind)
{
    return (struct hs_fault){.match = "POST /_matrix/client/v3/join/*", .kind = kind};
}

static void expect_private(struct reader *r, const char *text)
{
    const struct reader_event *event = reader_said(r, text);
    assert_non_null(event);
    assert_true(event->flags & CHAT_PRIVATE);
}

static void m30_a_kill_before_a_room_is_entered_forgets_no_invitation(void **state)
{
    struct reader *r = *state;
    struct hs_fault fault = lost_join(HS_HANG);
    r->member = "@anna:home";
    reader_start(r);
    hs_fault(r->hs, &fault);
    const char *id = invited(r, "@anna:home", true);
    reader_run(r, 5000);
    assert_int_equal(hs_requests(r->hs, "POST */join/*"), 1);
    reader_die(r);
    hs_mend(r->hs);
    reader_start(r);
    reader_run(r, 5000);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    hs_say(r->hs, id, "@anna:home", "psst");
    reader_run(r, 1000);
    expect_private(r, "psst");
}

/* The server has let us in, the answer was never read. */
static void m45_a_kill_as_a_private_room_is_entered_leaves_nobody_unheard(void **state)
{
    struct reader *r = *state;
    struct hs_fault fault = lost_join(HS_LOSE);
    r->member = "@anna:home";
    reader_start(r);
    hs_fault(r->hs, &fault);
    const char *id = invited(r, "@anna:home", true);
    for (int i = 0; i < 100 && strcmp(hs_membership(r->hs, id, BOT), "join") != 0; i++)
        reader_run(r, 20);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    reader_die(r);
    hs_mend(r->hs);
    hs_say(r->hs, id, "@anna:home", "while you were dead");
    reader_start(r);
    reader_run(r, 5000);
    expect_private(r, "while you were dead");
    hs_say(r->hs, id, "@anna:home", "psst");
    reader_run(r, 1000);
    expect_private(r, "psst");
}

/* Of people who are no members no row can be listed: m.direct knows, and is read first. */
static void m45_a_private_room_with_a_stranger_outlives_a_kill_at_any_time(void **state)
{
    struct reader *r = *state;
    char *from[] = {(char *)(uintptr_t) "@friend:home"};
    for (int64_t after_ms = 0; after_ms < 3000; after_ms += 100) {
        r->session.options.invite_from = from;
        r->session.options.invite_from_count = COUNT_OF(from);
        reader_start(r);
        const char *id = invited(r, "@friend:home", true);
        for (int i = 0; i < 200 && strcmp(hs_membership(r->hs, id, BOT), "join") != 0; i++)
            reader_run(r, 20);
        reader_run(r, after_ms);
        reader_die(r);
        char text[32];
        snprintf(text, sizeof text, "after %d", (int)after_ms);
        hs_say(r->hs, id, "@friend:home", text);
        r->session.options.invite_from = from;
        r->session.options.invite_from_count = COUNT_OF(from);
        reader_start(r);
        reader_run(r, 5000);
        expect_private(r, text);
        reader_die(r);
    }
}

/* Somebody whose room is written down: m.direct adds the other one. */
static void m45_a_second_private_room_of_a_member_is_heard_after_a_restart(void **state)
{
    struct reader *r = *state;
    uint64_t member;
    unsigned char hash[STORE_HASH_BYTES];
    r->member = "@anna:home";
    store_hash(r->store, STR("identity"), STR("home"), STR("@anna:home"), hash);
    assert_int_equal(store_members_create(r->store, hash, &member), 0);
    assert_true(store_commit(r->store) >= 0);
    reader_start(r);
    const char *first = invited(r, "@anna:home", true);
    reader_run(r, 5000);
    const char *second = invited(r, "@anna:home", true);
    reader_run(r, 5000);
    reader_die(r);
    hs_say(r->hs, first, "@anna:home", "in the first");
    hs_say(r->hs, second, "@anna:home", "in the second");
    reader_start(r);
    reader_run(r, 5000);
    expect_private(r, "in the first");
    expect_private(r, "in the second");
}

/* More than one was entered in the moment of the death: they are gone through one a second, and
 * /sync does not wait for that. */
static void m45_a_kill_as_several_private_rooms_are_entered_leaves_nobody_unheard(void **state)
{
    struct reader *r = *state;
    struct hs_fault fault = lost_join(HS_HANG);
    const char *ids[3], *const texts[] = {"psst 0", "psst 1", "psst 2"};
    r->member = "@anna:home";
    reader_start(r);
    hs_fault(r->hs, &fault);
    for (int i = 0; i < 3; i++)
        ids[i] = invited(r, "@anna:home", true);
    reader_run(r, 5000);
    reader_die(r);
    hs_mend(r->hs);
    for (int i = 0; i < 3; i++) {
        hs_join(r->hs, ids[i], BOT);
        hs_say(r->hs, ids[i], "@anna:home", texts[i]);
    }
    reader_start(r);
    reader_run(r, 20 * 1000);
    for (int i = 0; i < 3; i++)
        expect_private(r, texts[i]);
}

/* The list of private rooms could not be written when the process died. */
static void m45_a_kill_before_m_direct_was_written_leaves_nobody_unheard(void **state)
{
    struct reader *r = *state;
    struct hs_fault fault = {.match = "PUT */m.direct", .kind = HS_HANG};
    char *from[] = {(char *)(uintptr_t) "@friend:home"};
    for (int life = 0; life < 2; life++) {
        r->session.options.invite_from = from;
        r->session.options.invite_from_count = COUNT_OF(from);
        if (life == 0)
            hs_fault(r->hs, &fault);
        reader_start(r);
        const char *id = life == 0 ? invited(r, "@friend:home", true) : hs_room_at(r->hs, 0);
        reader_run(r, 5000);
        if (life == 1)
            break;
        assert_string_equal(hs_membership(r->hs, id, BOT), "join");
        hs_mend(r->hs);
        reader_die(r);
        hs_say(r->hs, id, "@friend:home", "psst");
    }
    expect_private(r, "psst");
}

static void m45_a_slow_list_of_private_rooms_is_waited_for(void **state)
{
    struct reader *r = *state;
    struct hs_fault slow = {.match = "GET */m.direct", .kind = HS_SLOW, .at = 2000};
    char *from[] = {(char *)(uintptr_t) "@friend:home"};
    r->session.options.invite_from = from;
    r->session.options.invite_from_count = COUNT_OF(from);
    reader_start(r);
    const char *id = invited(r, "@friend:home", true);
    reader_run(r, 10 * 1000);
    reader_die(r);
    hs_say(r->hs, id, "@friend:home", "psst");
    hs_fault(r->hs, &slow);
    reader_start(r);
    reader_run(r, 10 * 1000);
    expect_private(r, "psst");
}

static void m45_a_second_private_room_is_heard_after_a_restart(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *first = invited(r, "@anna:home", true);
    reader_run(r, 5000);
    const char *second = invited(r, "@anna:home", true);
    reader_run(r, 5000);
    reader_die(r);
    hs_say(r->hs, first, "@anna:home", "in the first");
    hs_say(r->hs, second, "@anna:home", "in the second");
    reader_start(r);
    reader_run(r, 5000);
    expect_private(r, "in the first");
    expect_private(r, "in the second");
}

static void what_was_answered_is_not_answered_again(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    (void)invited(r, "@anna:home", true);
    (void)invited(r, "@stranger:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    size_t joins = hs_requests(r->hs, "POST */join/*"), leaves = hs_requests(r->hs, "POST */leave");
    assert_int_equal(joins, 1);
    assert_int_equal(leaves, 1);
    assert_null(r->session.invites->first);
    reader_die(r);
    assert_null(r->session.invites->first); /* no row */
    reader_start(r);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_int_equal(hs_requests(r->hs, "POST */join/*"), joins);
    assert_int_equal(hs_requests(r->hs, "POST */leave"), leaves);
}

/* The word that is said once an hour holds up nobody. */
static void after_a_stranger_a_member_is_answered_at_once(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    for (int i = 0; i < 2; i++) {
        (void)invited(r, "@stranger:home", true);
        reader_run(r, CLOCK_MINUTE_MS);
    }
    const char *id = invited(r, "@anna:home", true);
    reader_run(r, 5000);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
}

/* Their name still stands in the room's list: as somebody who was put out. */
static void m30_who_was_put_out_of_a_group_s_room_is_a_stranger(void **state)
{
    struct reader *r = *state;
    const char *room = reader_room(r, "@quiet:home");
    hs_join(r->hs, room, "@loud:home");
    hs_ban(r->hs, room, BOT, "@loud:home");
    reader_start(r);
    const char *own = invited(r, "@loud:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, own, BOT), "leave");
}

/* A space is open to more people than its rooms; whose people may invite, the configuration
 * says. */
static void m30_who_sits_in_a_group_s_space_alone_is_a_stranger(void **state)
{
    struct reader *r = *state;
    const char *space = hs_room(r->hs, "@owner:home", NULL, NULL);
    hs_state(r->hs, space, "@owner:home", "m.room.create", "",
             "{\"type\":\"m.space\",\"room_version\":\"10\"}");
    hs_join(r->hs, space, BOT);
    hs_join(r->hs, space, "@inside:home");
    r->spaces[0] = space;
    reader_start(r);
    const char *own = invited(r, "@inside:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, own, BOT), "leave");
}

/* A private room of ours is no group's: who sits in one, and is no member any more, is a
 * stranger. */
static void m30_who_sits_in_a_private_room_alone_is_a_stranger(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *first = invited(r, "@anna:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, first, BOT), "join");
    r->member = NULL;
    const char *second = invited(r, "@anna:home", true);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, second, BOT), "leave");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READER_TEST(m30_a_member_may_ask_us_into_a_private_chat),
        READER_TEST(m30_a_closed_room_without_a_name_is_a_private_chat),
        READER_TEST(m30_a_moderator_may_ask_us_anywhere),
        READER_TEST(m30_who_sits_in_a_group_s_room_is_no_stranger),
        READER_TEST(m30_one_invitation_asks_for_no_more_than_32_rooms),
        READER_TEST(m30_an_invitation_waits_for_the_rooms_of_the_groups),
        READER_TEST(m30_a_stranger_is_declined_and_counted),
        READER_TEST(m30_whom_the_configuration_names_is_believed),
        READER_TEST(m30_the_people_of_a_space_are_believed),
        READER_TEST(a_configured_room_needs_no_inviter_of_rank),
        READER_TEST(m30_a_burst_is_answered_one_a_second_and_told_once),
        READER_TEST(m30_invitations_that_trickle_in_are_answered_one_a_second_too),
        READER_TEST(m45_an_encrypted_room_is_declined_and_answered_elsewhere),
        READER_TEST(an_invitation_that_cannot_be_accepted_now_is_accepted_later),
        READER_TEST(m30_what_was_said_before_we_entered_is_heard),
        READER_TEST(m30_a_kill_before_a_room_is_entered_forgets_no_invitation),
        READER_TEST(m45_a_kill_as_a_private_room_is_entered_leaves_nobody_unheard),
        READER_TEST(m45_a_private_room_with_a_stranger_outlives_a_kill_at_any_time),
        READER_TEST(m45_a_second_private_room_is_heard_after_a_restart),
        READER_TEST(m45_a_second_private_room_of_a_member_is_heard_after_a_restart),
        READER_TEST(m45_a_kill_as_several_private_rooms_are_entered_leaves_nobody_unheard),
        READER_TEST(m45_a_kill_before_m_direct_was_written_leaves_nobody_unheard),
        READER_TEST(m45_a_slow_list_of_private_rooms_is_waited_for),
        READER_TEST(what_was_answered_is_not_answered_again),
        READER_TEST(after_a_stranger_a_member_is_answered_at_once),
        READER_TEST(m30_who_was_put_out_of_a_group_s_room_is_a_stranger),
        READER_TEST(m30_who_sits_in_a_group_s_space_alone_is_a_stranger),
        READER_TEST(m30_who_sits_in_a_private_room_alone_is_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
