/* SPDX-License-Identifier: MIT */
/* test_rooms.c: power, creators, encryption, joining, being put out, spaces. */
#include "reader.h"

#include <stdio.h>

#include "store/matrix_rooms.h"

static void create(struct reader *r, struct matrix_room *room, const char *version)
{
    AUTO_BUF json;
    buf_init(&json, 4096);
    buf_add_format(
        &json,
        "{\"type\":\"m.room.create\",\"state_key\":\"\",\"sender\":\"@owner:home\","
        "\"content\":{\"room_version\":\"%s\",\"additional_creators\":[\"@second:home\"]}}",
        version);
    reader_state(r, room, json.ptr);
}

static void levels(struct reader *r, struct matrix_room *room, const char *content)
{
    AUTO_BUF json;
    buf_init(&json, 4096);
    buf_add_format(
        &json,
        "{\"type\":\"m.room.power_levels\",\"state_key\":\"\",\"sender\":\"@owner:home\","
        "\"content\":%s}",
        content);
    reader_state(r, room, json.ptr);
}

static int64_t power(const struct matrix_room *room, const char *user)
{
    return matrix_rooms_power(room, str_of(user));
}

static void m27_power_is_as_the_levels_say(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!a", "#a:home", NULL);
    create(r, room, "11");
    assert_int_equal(power(room, "@owner:home"), 100); /* until there are levels */
    assert_int_equal(power(room, "@second:home"), 0);
    levels(
        r, room,
        "{\"users\":{\"@mod:home\":50,\"@old:home\":\" 75 \",\"@huge:home\":1e30},"
        "\"users_default\":5,\"events\":{\"m.room.topic\":10},\"state_default\":60,\"redact\":40}");
    assert_int_equal(power(room, "@mod:home"), 50);
    assert_int_equal(power(room, "@old:home"), 75);
    assert_true(power(room, "@huge:home") >= 1000000);
    assert_int_equal(power(room, "@owner:home"), 5);
    assert_int_equal(matrix_rooms_power_needed(room, STR("m.room.topic"), true), 10);
    assert_int_equal(matrix_rooms_power_needed(room, STR("m.room.name"), true), 60);
    assert_int_equal(matrix_rooms_power_needed(room, STR("m.room.message"), false), 0);
    assert_int_equal(matrix_rooms_power_needed(room, STR("redact"), false), 40);
    levels(r, room, "{}");
    assert_int_equal(power(room, "@mod:home"), 0);
    assert_int_equal(matrix_rooms_power_needed(room, STR("m.room.name"), true), 50);
}

static void m27_creators_of_version_12_stand_above(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!a", "#a:home", NULL);
    create(r, room, "12");
    levels(r, room, "{\"users\":{\"@mod:home\":50}}");
    assert_true(power(room, "@owner:home") == INT64_MAX);
    assert_true(power(room, "@second:home") == INT64_MAX);
    assert_int_equal(power(room, "@mod:home"), 50);
    create(r, room, "9");
    assert_int_equal(power(room, "@second:home"), 0);
}

static void m27_what_is_no_list_of_creators_makes_none(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!a", "#a:home", NULL);
    static const char *const MORE[] = {"{\"a\":\"@evil:home\"}", "\"@evil:home\"",
                                       "[[\"@evil:home\"],5,null]"};
    for (size_t i = 0; i < COUNT_OF(MORE); i++) {
        AUTO_BUF json;
        buf_init(&json, 4096);
        buf_add_format(&json,
                       "{\"type\":\"m.room.create\",\"state_key\":\"\",\"sender\":\"@owner:home\","
                       "\"content\":{\"room_version\":\"12\",\"additional_creators\":%s}}",
                       MORE[i]);
        reader_state(r, room, json.ptr);
        levels(r, room, "{\"users_default\":[1],\"users\":[\"@evil:home\"],\"events\":\"x\"}");
        assert_true(power(room, "@owner:home") == INT64_MAX);
        assert_int_equal(power(room, "@evil:home"), 0);
    }
}

/* From version 12 on it is who sent it, whatever they wrote. */
static void m27_who_is_said_to_be_the_creator_is_none(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!a", "#a:home", NULL);
    static const char *const VERSIONS[] = {"10", "12"};
    for (size_t i = 0; i < COUNT_OF(VERSIONS); i++) {
        AUTO_BUF json;
        buf_init(&json, 4096);
        buf_add_format(&json,
                       "{\"type\":\"m.room.create\",\"state_key\":\"\",\"sender\":\"@owner:home\","
                       "\"content\":{\"room_version\":\"%s\",\"creator\":\"@said:home\"}}",
                       VERSIONS[i]);
        reader_state(r, room, json.ptr);
        assert_true(power(room, "@said:home") == (i == 0 ? 100 : 0));
        assert_true(power(room, "@owner:home") == (i == 0 ? 0 : INT64_MAX));
    }
}

/* More than are kept, and more than a quick look takes. */
static void m27_of_very_many_levels_each_counts(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!a", "#a:home", NULL);
    AUTO_BUF json;
    buf_init(&json, 8 << 20);
    static const int COUNTS[] = {65, 20 * 1000, 100 * 1000};
    for (size_t k = 0; k < COUNT_OF(COUNTS); k++) {
        buf_clear(&json);
        buf_add_c(&json, "{\"type\":\"m.room.power_levels\",\"state_key\":\"\",\"content\":{"
                         "\"users\":{\"@mod:home\":50");
        for (int i = 0; i < COUNTS[k]; i++)
            buf_add_format(&json, ",\"@user%d:home\":%d", i, i % 100);
        buf_add_c(&json, "}}}");
        reader_state(r, room, json.ptr);
        assert_int_equal(power(room, "@mod:home"), 50);
        assert_int_equal(power(room, "@user64:home"), 64);
        if (COUNTS[k] < MATRIX_LEVELS_MAX)
            assert_int_equal(power(room, "@user19999:home"), COUNTS[k] < 19999 ? 0 : 99);
        assert_int_equal(power(room, "@nobody:home"), 0);
    }
}

/* Only where `state_key` is a text, and for all but members the empty one, is it state. */
static void what_is_no_state_changes_nothing(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!a", "#a:home", NULL);
    levels(r, room, "{\"users\":{\"@mod:home\":50}}");
    static const char *const ODD[] = {
        "{\"type\":\"m.room.power_levels\",\"content\":{}}",
        "{\"type\":\"m.room.power_levels\",\"state_key\":5,\"content\":{}}",
        "{\"type\":\"m.room.power_levels\",\"state_key\":null,\"content\":{}}",
        "{\"type\":\"m.room.power_levels\",\"state_key\":\"x\",\"content\":{}}",
        "{\"type\":\"m.room.power_levels\",\"state_key\":\"\",\"content\":[]}",
        "{\"type\":\"m.room.power_levels\",\"state_key\":\"\"}",
        "{\"type\":\"m.room.encryption\",\"state_key\":[\"\"],\"content\":{}}",
        "{\"type\":\"m.room.tombstone\",\"state_key\":\"\",\"sender\":\"@mod:home\\u0000:x\","
        "\"content\":{\"replacement_room\":\"!evil\"}}",
        "{\"type\":\"m.room.member\",\"state_key\":\"\",\"content\":{\"membership\":\"join\"}}",
    };
    for (size_t i = 0; i < COUNT_OF(ODD); i++)
        reader_state(r, room, ODD[i]);
    assert_int_equal(power(room, "@mod:home"), 50);
    assert_false(room->is_encrypted || room->is_tombstoned);
    assert_int_equal(room->state->members.count, 0);
}

static void m27_power_is_told_with_the_event(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hs_say(r->hs, id, "@owner:home", "owner speaks");
    hs_say(r->hs, id, "@anna:home", "anna speaks");
    reader_run(r, 1000);
    assert_true(reader_said(r, "owner speaks")->flags & CHAT_HAS_POWER);
    assert_false(reader_said(r, "anna speaks")->flags & CHAT_HAS_POWER);
}

static void m28_ids_have_no_parts(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", NULL,
                                            NULL);
    assert_ptr_equal(
        matrix_rooms_by_id(r->session.rooms, STR("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM")),
        room);
    const char *id = reader_room(r, "@anna:home"); /* version 12 */
    assert_null(strchr(id, ':'));
    reader_start(r);
    hs_say(r->hs, id, "@anna:home", "here");
    reader_run(r, 1000);
    assert_string_equal(reader_said(r, "here")->room, id);
}

static void a_row_names_nobody_and_says_the_same(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    hs_state(r->hs, id, "@owner:home", "m.room.power_levels", "",
             "{\"users\":{\"@anna:home\":70},\"events\":{\"m.room.topic\":33}}");
    reader_start(r);
    reader_die(r);
    struct matrix_room *room = reader_find(r, id);
    assert_non_null(room);
    assert_int_equal(room->membership, MATRIX_IN);
    assert_string_equal(room->name.ptr, id);
    assert_int_equal(power(room, "@anna:home"), 70);
    assert_true(power(room, "@owner:home") == INT64_MAX);
    assert_int_equal(matrix_rooms_power_needed(room, STR("m.room.topic"), true), 33);
}

static int find_name(void *ctx, struct str id, struct str value)
{
    (void)id;
    bool *found = ctx;
    *found |= str_find(value, STR("anna"), 0) != SIZE_MAX ||
              str_find(value, STR("owner"), 0) != SIZE_MAX;
    return 0;
}

static void what_is_kept_of_a_room_holds_no_ids(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    bool found = false;
    hs_state(r->hs, id, "@owner:home", "m.room.power_levels", "",
             "{\"users\":{\"@anna:home\":70}}");
    reader_start(r);
    hs_say(r->hs, id, "@anna:home", "x");
    reader_run(r, 1000);
    assert_int_equal(store_matrix_each(r->store, STORE_MATRIX_ROOM, STR("home"), find_name, &found),
                     0);
    assert_false(found);
}

static void an_alias_is_joined_and_stays_the_name(void **state)
{
    struct reader *r = *state;
    const char *id = hs_room(r->hs, "@owner:home", NULL, "#harbor:home");
    r->rooms[0] = "#harbor:home";
    reader_start(r);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    hs_say(r->hs, id, "@owner:home", "welcome");
    reader_run(r, 1000);
    assert_string_equal(reader_said(r, "welcome")->room, "#harbor:home");
}

/* As when the server's people remove it: the leaving bears our own name. */
static void m32_a_room_taken_away_is_told_at_once(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hs_fault(r->hs, &(struct hs_fault){.match = "POST */join/*",
                                       .kind = HS_ANSWER,
                                       .status = 403,
                                       .body = STR("{\"errcode\":\"M_FORBIDDEN\"}")});
    hs_leave(r->hs, id, BOT);
    reader_run(r, 2000);
    assert_int_equal(reader_notices(r, CHAT_NOTICE_ROOM_GONE), 1);
    assert_true(reader_logged(r, "matrix_room_refused"));
}

/* Synapse says nothing of it in /sync. */
static void m32_a_room_that_vanishes_is_told(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hs_say(r->hs, id, "@anna:home", "x");
    reader_run(r, 5 * CLOCK_MINUTE_MS);
    assert_int_equal(reader_notices(r, CHAT_NOTICE_ROOM_GONE), 0);
    assert_false(reader_logged(r, "matrix_room_vanished"));
    hs_fault(r->hs, &(struct hs_fault){.match = "GET *joined_rooms",
                                       .kind = HS_ANSWER,
                                       .status = 200,
                                       .body = STR("{\"joined_rooms\":[]}")});
    hs_fault(r->hs, &(struct hs_fault){.match = "POST */join/*",
                                       .kind = HS_ANSWER,
                                       .status = 403,
                                       .body = STR("{\"errcode\":\"M_UNKNOWN\"}")});
    reader_run(r, CLOCK_MINUTE_MS + 1000);
    assert_true(reader_logged(r, "matrix_room_vanished"));
    assert_int_equal(reader_notices(r, CHAT_NOTICE_ROOM_GONE), 1);
    assert_int_equal(reader_find(r, id)->membership, MATRIX_OUT);
}

static void m32_a_kick_is_told_and_not_undone(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    size_t joins = hs_requests(r->hs, "POST /_matrix/client/v3/join/*");
    hs_kick(r->hs, id, "@owner:home", BOT);
    reader_run(r, 10 * CLOCK_MINUTE_MS);
    assert_int_equal(reader_notices(r, CHAT_NOTICE_KICKED), 1);
    assert_true(reader_logged(r, "matrix_kicked"));
    assert_int_equal(reader_find(r, id)->membership, MATRIX_OUT);
    reader_die(r);
    reader_start(r);
    reader_run(r, 10 * CLOCK_MINUTE_MS);
    assert_int_equal(hs_requests(r->hs, "POST /_matrix/client/v3/join/*"), joins);
    assert_string_equal(hs_membership(r->hs, id, BOT), "leave");
    hs_invite(r->hs, id, "@owner:home", BOT); /* a new invitation is a new word */
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    hs_say(r->hs, id, "@owner:home", "back");
    reader_run(r, 1000);
    assert_non_null(reader_said(r, "back"));
}

static void m32_a_ban_is_told_and_not_undone(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    size_t joins = hs_requests(r->hs, "POST /_matrix/client/v3/join/*");
    hs_ban(r->hs, id, "@owner:home", BOT);
    reader_run(r, 10 * CLOCK_MINUTE_MS);
    assert_int_equal(reader_notices(r, CHAT_NOTICE_BANNED), 1);
    assert_int_equal(hs_requests(r->hs, "POST /_matrix/client/v3/join/*"), joins);
}

static enum chat_why why_out(struct reader *r, const char *name)
{
    return matrix_rooms_why_out(r->session.rooms, str_of(name));
}

static void m32_why_a_room_is_shut_is_known(void **state)
{
    struct reader *r = *state;
    static const struct {
        unsigned status;
        const char *body;
        enum chat_why why;
    } cases[] = {
        {403, "{\"errcode\":\"M_FORBIDDEN\"}", CHAT_WHY_FORBIDDEN},
        {404, "{\"errcode\":\"M_NOT_FOUND\"}", CHAT_WHY_MISSING},
        {400, "{\"errcode\":\"M_INVALID_PARAM\"}", CHAT_WHY_NAME},
        {400, "{\"errcode\":\"M_INCOMPATIBLE_ROOM_VERSION\"}", CHAT_WHY_VERSION},
        {403, "{\"errcode\":\"M_USER_LIMIT_EXCEEDED\"}", CHAT_WHY_LIMIT},
        {502, "", CHAT_WHY_BUSY},
    };
    r->rooms[0] = "#attic:home";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        hs_mend(r->hs);
        hs_fault(r->hs, &(struct hs_fault){.match = "POST */join/*",
                                           .kind = HS_ANSWER,
                                           .status = cases[i].status,
                                           .body = str_of(cases[i].body)});
        reader_start(r);
        assert_int_equal(why_out(r, "#attic:home"), cases[i].why);
        reader_die(r);
    }
}

static void m32_put_out_banned_and_encrypted_are_reasons(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    hs_kick(r->hs, id, "@owner:home", BOT);
    reader_run(r, 2000);
    assert_int_equal(why_out(r, id), CHAT_WHY_KICKED);
    reader_find(r, id)->membership = MATRIX_BANNED;
    assert_int_equal(why_out(r, id), CHAT_WHY_BANNED);
    reader_find(r, id)->membership = MATRIX_IN;
    reader_find(r, id)->state->is_kicked = false;
    reader_find(r, id)->is_encrypted = true;
    assert_int_equal(why_out(r, id), CHAT_WHY_ENCRYPTED);
}

static void m32_an_empty_private_room_is_left_and_forgotten(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *id = hs_room(r->hs, "@anna:home", NULL, NULL);
    hs_state(r->hs, id, "@anna:home", "m.room.member", BOT,
             "{\"membership\":\"invite\",\"is_direct\":true}");
    reader_run(r, CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    hs_say(r->hs, id, "@anna:home", "only you");
    reader_run(r, 1000);
    assert_true(reader_said(r, "only you")->flags & CHAT_PRIVATE);
    hs_leave(r->hs, id, "@anna:home");
    reader_run(r, 3 * CLOCK_MINUTE_MS);
    assert_string_equal(hs_membership(r->hs, id, BOT), "leave");
    assert_int_equal(hs_requests(r->hs, "POST */forget"), 1);
    for (size_t i = 0; i < hs_request_count(r->hs); i++) /* the API has no body there */
        assert_true(!strstr(hs_request_at(r->hs, i), "/forget") ||
                    hs_request_body_at(r->hs, i).len == 0);
}

/* Not by the minute: the private room is old enough, and the next minute far. */
static void m32_a_private_room_is_left_as_soon_as_a_third_is_in_it(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *id = hs_room(r->hs, "@anna:home", NULL, NULL);
    hs_state(r->hs, id, "@anna:home", "m.room.member", BOT,
             "{\"membership\":\"invite\",\"is_direct\":true}");
    reader_run(r, 3 * CLOCK_MINUTE_MS + 9 * 1000);
    assert_string_equal(hs_membership(r->hs, id, BOT), "join");
    hs_join(r->hs, id, "@third:home");
    reader_run(r, 1000);
    assert_string_equal(hs_membership(r->hs, id, BOT), "leave");
    assert_true(reader_logged(r, "matrix_private_room_crowded"));
}

static void m32_the_servers_limit_ends_the_asking(void **state)
{
    struct reader *r = *state;
    r->rooms[0] = "#full:home";
    struct hs_fault fault = {
        .match = "POST /_matrix/client/v3/join/*",
        .kind = HS_ANSWER,
        .status = 403,
        .body = STR("{\"errcode\":\"M_USER_LIMIT_EXCEEDED\",\"info_uri\":\"https://x\"}")};
    hs_fault(r->hs, &fault);
    reader_start(r);
    reader_run(r, CLOCK_HOUR_MS);
    assert_int_equal(hs_requests(r->hs, "POST /_matrix/client/v3/join/*"), 1);
    assert_true(reader_logged(r, "matrix_limit_reached"));
    assert_int_equal(reader_notices(r, CHAT_NOTICE_ROOM_GONE), 1);
}

static void a_room_that_cannot_be_entered_is_told_and_tried_rarely(void **state)
{
    struct reader *r = *state;
    r->rooms[0] = "#nowhere:home";
    reader_start(r);
    reader_run(r, CLOCK_HOUR_MS);
    size_t joins = hs_requests(r->hs, "POST /_matrix/client/v3/join/*");
    assert_true(joins >= 2 && joins <= 5);
    assert_true(reader_notices(r, CHAT_NOTICE_ROOM_GONE) >= 1);
    assert_string_equal(r->notices[0].room, "#nowhere:home");
}

static void m45_a_room_that_turns_encrypted_is_known_as_such_for_ever(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    reader_start(r);
    assert_false(reader_find(r, id)->is_encrypted);
    hs_state(r->hs, id, "@owner:home", "m.room.encryption", "",
             "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}");
    reader_run(r, 1000);
    assert_true(reader_find(r, id)->is_encrypted);
    assert_int_equal(reader_notices(r, CHAT_NOTICE_ROOM_ENCRYPTED), 1);
    hs_state(r->hs, id, "@owner:home", "m.room.encryption", "", "{}");
    reader_run(r, 1000);
    assert_true(reader_find(r, id)->is_encrypted);
    reader_die(r);
    assert_true(reader_find(r, id)->is_encrypted);
}

/* Nothing may be said before it is known whether the room is encrypted. */
static void m45_joined_is_only_what_is_known(void **state)
{
    struct reader *r = *state;
    const char *id = reader_room(r, "@anna:home");
    hs_state(r->hs, id, "@owner:home", "m.room.encryption", "", "{\"algorithm\":\"x\"}");
    struct hs_fault sync = {.match = "GET /_matrix/client/v3/sync*", .kind = HS_HANG};
    struct hs_fault whole = {.match = "GET */state", .kind = HS_SLOW, .at = 45 * 1000};
    hs_fault(r->hs, &sync);
    hs_fault(r->hs, &whole);
    reader_start(r);
    assert_non_null(reader_find(r, id));
    assert_int_not_equal(reader_find(r, id)->membership, MATRIX_IN);
    reader_run(r, CLOCK_MINUTE_MS);
    assert_int_equal(reader_find(r, id)->membership, MATRIX_IN);
    assert_true(reader_find(r, id)->is_encrypted);
}

static void three_in_a_private_room_are_not_private(void **state)
{
    struct reader *r = *state;
    r->member = "@anna:home";
    reader_start(r);
    const char *id = hs_room(r->hs, "@anna:home", NULL, NULL);
    hs_state(r->hs, id, "@anna:home", "m.room.member", BOT,
             "{\"membership\":\"invite\",\"is_direct\":true}");
    reader_run(r, CLOCK_MINUTE_MS);
    assert_int_equal(reader_find(r, id)->with.len, strlen("@anna:home"));
    hs_join(r->hs, id, "@third:home");
    reader_run(r, 1000);
    assert_true(!reader_find(r, id) || reader_find(r, id)->with.len == 0);
    hs_say(r->hs, id, "@anna:home", "not private");
    reader_run(r, 1000);
    assert_null(reader_said(r, "not private"));
}

static void a_space_lists_a_groups_rooms(void **state)
{
    struct reader *r = *state;
    const char *space = hs_room(r->hs, "@owner:home", NULL, "#space:home");
    const char *one = hs_room(r->hs, "@owner:home", NULL, NULL),
               *two = hs_room(r->hs, "@owner:home", NULL, NULL);
    r->spaces[0] = "#space:home";
    hs_state(r->hs, space, "@owner:home", "m.space.child", one, "{\"via\":[\"home\"]}");
    reader_start(r);
    reader_run(r, 5000);
    char wanted[160];
    snprintf(wanted, sizeof wanted, "+%s ", one);
    assert_non_null(strstr(r->listed, wanted));
    assert_string_equal(hs_membership(r->hs, one, BOT), "join");
    hs_say(r->hs, one, "@owner:home", "in the listed one");
    reader_run(r, 1000);
    assert_string_equal(reader_said(r, "in the listed one")->room, one);
    hs_state(r->hs, space, "@owner:home", "m.space.child", two, "{\"via\":[\"home\"]}");
    hs_state(r->hs, space, "@owner:home", "m.space.child", one, "{}");
    reader_run(r, 2 * CLOCK_HOUR_MS);
    snprintf(wanted, sizeof wanted, "-%s ", one);
    assert_non_null(strstr(r->listed, wanted));
    assert_string_equal(hs_membership(r->hs, two, BOT), "join");
    assert_true(reader_logged(r, "matrix_room_joined"));
    assert_true(str_find(buf_str(&r->log), str_of(one), 0) == SIZE_MAX); /* no ids in logs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READER_TEST(m27_power_is_as_the_levels_say),
        READER_TEST(m27_creators_of_version_12_stand_above),
        READER_TEST(m27_what_is_no_list_of_creators_makes_none),
        READER_TEST(m27_who_is_said_to_be_the_creator_is_none),
        READER_TEST(m27_of_very_many_levels_each_counts),
        READER_TEST(what_is_no_state_changes_nothing),
        READER_TEST(m27_power_is_told_with_the_event),
        READER_TEST(m28_ids_have_no_parts),
        READER_TEST(a_row_names_nobody_and_says_the_same),
        READER_TEST(what_is_kept_of_a_room_holds_no_ids),
        READER_TEST(an_alias_is_joined_and_stays_the_name),
        READER_TEST(m32_a_room_taken_away_is_told_at_once),
        READER_TEST(m32_a_room_that_vanishes_is_told),
        READER_TEST(m32_a_kick_is_told_and_not_undone),
        READER_TEST(m32_a_ban_is_told_and_not_undone),
        READER_TEST(m32_why_a_room_is_shut_is_known),
        READER_TEST(m32_put_out_banned_and_encrypted_are_reasons),
        READER_TEST(m32_an_empty_private_room_is_left_and_forgotten),
        READER_TEST(m32_a_private_room_is_left_as_soon_as_a_third_is_in_it),
        READER_TEST(m32_the_servers_limit_ends_the_asking),
        READER_TEST(a_room_that_cannot_be_entered_is_told_and_tried_rarely),
        READER_TEST(m45_a_room_that_turns_encrypted_is_known_as_such_for_ever),
        READER_TEST(m45_joined_is_only_what_is_known),
        READER_TEST(three_in_a_private_room_are_not_private),
        READER_TEST(a_space_lists_a_groups_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
