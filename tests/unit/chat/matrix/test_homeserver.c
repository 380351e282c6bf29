/* SPDX-License-Identifier: MIT */
/* test_homeserver.c: the scripted homeserver itself: what it answers, as a client sees it. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "homeserver.h"
#include "net/http.h"

#define BOT  "@bot:home"
#define ANNA "@anna:home"
#define API  "/_matrix/client/v3"

struct fixture {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct homeserver *hs;
    char token[64];
    bool done;
    int result;
    unsigned status;
    json_t *json;
    struct buf body;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    clock_init_virtual(&fixture->clock, 1795424100000);
    assert_int_equal(loop_create(&fixture->clock, &fixture->loop), 0);
    assert_int_equal(net_create(fixture->loop, &fixture->net, NULL), 0);
    fixture->hs = hs_start(fixture->net, fixture->loop);
    buf_init(&fixture->body, 1 << 30);
    hs_account(fixture->hs, BOT, "secret");
    hs_account(fixture->hs, ANNA, NULL);
    snprintf(fixture->token, sizeof fixture->token, "%s", hs_token(fixture->hs, BOT, "BOTDEVICE"));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    hs_stop(fixture->hs);
    net_destroy(fixture->net);
    loop_destroy(fixture->loop);
    json_decref(fixture->json);
    buf_done(&fixture->body);
    free(fixture);
    return 0;
}

static void on_done(void *ctx, const struct http_answer *answer)
{
    struct fixture *fixture = ctx;
    fixture->done = true;
    fixture->result = answer->result;
    fixture->status = answer->status;
    json_decref(fixture->json);
    fixture->json = json_loadb(answer->body.ptr ? answer->body.ptr : "", answer->body.len, 0, NULL);
    buf_clear(&fixture->body);
    buf_add(&fixture->body, answer->body);
}

static void wait(struct fixture *fixture, int64_t ms)
{
    loop_advance(fixture->loop, clock_wall_at(&fixture->clock) + ms);
}

static void start(struct fixture *fixture, const char *method, const char *target, const char *body)
{
    char url[1024], header[100];
    snprintf(url, sizeof url, "memory://home%s", target);
    snprintf(header, sizeof header, "Authorization: Bearer %s", fixture->token);
    const struct str headers[] = {str_of(header)};
    struct http_request request = {.method = str_of(method),
                                   .url = str_of(url),
                                   .body = str_of(body),
                                   .headers = headers,
                                   .header_count = fixture->token[0] ? 1 : 0,
                                   .timeout_ms = 60000};
    struct http_call *call;
    fixture->done = false;
    assert_int_equal(http_start(fixture->net, &request, on_done, fixture, &call), 0);
}

static json_t *ask(struct fixture *fixture, const char *method, const char *target,
                   const char *body, unsigned status)
{
    start(fixture, method, target, body);
    wait(fixture, 0);
    assert_true(fixture->done);
    if (fixture->status != status)
        fail_msg("%s %s: %u, not %u: %.*s", method, target, fixture->status, status,
                 STR_ARG(buf_str(&fixture->body)));
    return fixture->json;
}

/* "rooms.join.!x.timeline": by "/", since ids have dots. */
static json_t *at(json_t *json, const char *path)
{
    struct str rest = str_of(path), key;
    while (str_split(&rest, '/', &key)) {
        char name[200];
        assert_true(str_to_c(key, name, sizeof name));
        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(name))
                                   : json_object_get(json, name);
    }
    return json;
}

static json_t *in_room(struct fixture *fixture, const char *section, const char *room,
                       const char *path)
{
    json_t *json = at(json_object_get(at(fixture->json, "rooms"), section), room);
    return at(json, path);
}

static void a_password_logs_in_and_tokens_are_refreshed(void **state)
{
    struct fixture *fixture = *state;
    hs_knobs(fixture->hs)->token_life_ms = 60000;
    fixture->token[0] = '\0';
    ask(fixture, "GET", API "/account/whoami", NULL, 401);
    ask(fixture, "POST", API "/login",
        "{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\",\"user\":\"bot\"},"
        "\"password\":\"wrong\"}",
        403);
    json_t *json = ask(fixture, "POST", API "/login",
                       "{\"type\":\"m.login.password\",\"refresh_token\":true,\"device_id\":\"D\","
                       "\"identifier\":{\"type\":\"m.id.user\",\"user\":\"bot\"},"
                       "\"password\":\"secret\"}",
                       200);
    assert_int_equal(json_integer_value(at(json, "expires_in_ms")), 60000);
    snprintf(fixture->token, sizeof fixture->token, "%s",
             json_string_value(at(json, "access_token")));
    char body[200];
    snprintf(body, sizeof body, "{\"refresh_token\":\"%s\"}",
             json_string_value(at(json, "refresh_token")));
    ask(fixture, "GET", API "/account/whoami", NULL, 200);
    wait(fixture, 60000);
    json = ask(fixture, "GET", API "/account/whoami", NULL, 401);
    assert_true(json_is_true(at(json, "soft_logout")));
    fixture->token[0] = '\0';
    ask(fixture, "POST", API "/refresh", body, 200);
    json = ask(fixture, "POST", API "/refresh", body, 200); /* the first answer was lost */
    snprintf(fixture->token, sizeof fixture->token, "%s",
             json_string_value(at(json, "access_token")));
    ask(fixture, "GET", API "/account/whoami", NULL, 200);
    ask(fixture, "POST", API "/refresh", body, 401); /* now the old one is over */
    assert_int_equal(hs_device_count(fixture->hs, BOT), 2);
}

static void sync_waits_for_what_is_new(void **state)
{
    struct fixture *fixture = *state;
    const char *room = hs_room(fixture->hs, ANNA, NULL, NULL);
    hs_join(fixture->hs, room, BOT);
    hs_say(fixture->hs, room, ANNA, "before");
    json_t *json = ask(fixture, "GET", API "/sync", NULL, 200);
    char target[200];
    snprintf(target, sizeof target, API "/sync?timeout=30000&since=%s",
             json_string_value(at(json, "next_batch")));
    assert_int_equal(json_array_size(in_room(fixture, "join", room, "timeline/events")), 7);
    start(fixture, "GET", target, NULL);
    wait(fixture, 10000);
    assert_false(fixture->done);
    hs_say(fixture->hs, room, ANNA, "after");
    wait(fixture, 0);
    assert_true(fixture->done);
    assert_int_equal(json_array_size(in_room(fixture, "join", room, "timeline/events")), 1);
    assert_string_equal(
        json_string_value(in_room(fixture, "join", room, "timeline/events/0/content/body")),
        "after");
    assert_true(json_is_false(in_room(fixture, "join", room, "timeline/limited")));
    snprintf(target, sizeof target, API "/sync?timeout=30000&since=%s",
             json_string_value(at(fixture->json, "next_batch")));
    start(fixture, "GET", target, NULL);
    wait(fixture, 29999);
    assert_false(fixture->done);
    wait(fixture, 1);
    assert_true(fixture->done);
    assert_int_equal(json_object_size(at(fixture->json, "rooms")), 0);
}

static void a_gap_is_limited_and_read_back_by_pages(void **state)
{
    struct fixture *fixture = *state;
    const char *room = hs_room(fixture->hs, ANNA, NULL, NULL);
    char target[300], since[40], text[20];
    hs_join(fixture->hs, room, BOT);
    json_t *json = ask(fixture, "GET", API "/sync", NULL, 200);
    snprintf(since, sizeof since, "%s", json_string_value(at(json, "next_batch")));
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "%d", i);
        hs_say(fixture->hs, room, ANNA, text);
    }
    hs_state(fixture->hs, room, ANNA, "m.room.topic", "", "{\"topic\":\"x\"}");
    for (int i = 0; i < 10; i++)
        hs_say(fixture->hs, room, ANNA, "last");
    snprintf(target, sizeof target, API "/sync?timeout=0&since=%s", since);
    ask(fixture, "GET", target, NULL, 200);
    assert_true(json_is_true(in_room(fixture, "join", room, "timeline/limited")));
    assert_int_equal(json_array_size(in_room(fixture, "join", room, "timeline/events")), 10);
    assert_int_equal(json_array_size(in_room(fixture, "join", room, "state/events")), 1);
    char from[40];
    snprintf(from, sizeof from, "%s",
             json_string_value(in_room(fixture, "join", room, "timeline/prev_batch")));
    int count = 0;
    for (int pages = 0; from[0]; pages++) {
        assert_true(pages < 10);
        snprintf(target, sizeof target, API "/rooms/%s/messages?dir=b&limit=100&from=%s&to=%s",
                 room, from, since);
        json = ask(fixture, "GET", target, NULL, 200);
        count += (int)json_array_size(at(json, "chunk"));
        const char *end = json_string_value(at(json, "end"));
        snprintf(from, sizeof from, "%s", end ? end : "");
    }
    assert_int_equal(count, 501);
    assert_string_equal(json_string_value(at(json, "chunk/0/content/body")), "0");
}

static void a_transaction_is_one_event(void **state)
{
    struct fixture *fixture = *state;
    const char *room = hs_room(fixture->hs, ANNA, NULL, NULL);
    char target[200], id[60];
    hs_join(fixture->hs, room, BOT);
    snprintf(target, sizeof target, API "/rooms/%s/send/m.room.message/t1", room);
    json_t *json = ask(fixture, "PUT", target, "{\"msgtype\":\"m.text\",\"body\":\"hi\"}", 200);
    snprintf(id, sizeof id, "%s", json_string_value(at(json, "event_id")));
    json = ask(fixture, "PUT", target, "{\"msgtype\":\"m.text\",\"body\":\"hi\"}", 200);
    assert_string_equal(json_string_value(at(json, "event_id")), id);
    assert_int_equal(hs_count(fixture->hs, room, BOT, "m.room.message"), 1);
    ask(fixture, "GET", API "/sync", NULL, 200);
    json_t *events = in_room(fixture, "join", room, "timeline/events");
    json_t *last = json_array_get(events, json_array_size(events) - 1);
    assert_string_equal(json_string_value(at(last, "unsigned/transaction_id")), "t1");
    wait(fixture, 31 * 60 * 1000); /* then the server has forgotten it */
    ask(fixture, "PUT", target, "{\"msgtype\":\"m.text\",\"body\":\"hi\"}", 200);
    assert_int_equal(hs_count(fixture->hs, room, BOT, "m.room.message"), 2);
}

static void a_private_room_is_made_and_entered(void **state)
{
    struct fixture *fixture = *state;
    json_t *json = ask(fixture, "POST", API "/createRoom",
                       "{\"preset\":\"trusted_private_chat\",\"is_direct\":true,"
                       "\"invite\":[\"@anna:home\"],\"creation_content\":{\"org.x\":\"y\"}}",
                       200);
    char room[100];
    snprintf(room, sizeof room, "%s", json_string_value(at(json, "room_id")));
    assert_string_equal(hs_membership(fixture->hs, room, ANNA), "invite");
    assert_string_equal(
        json_string_value(at(hs_state_of(fixture->hs, room, "m.room.create", ""), "content/org.x")),
        "y");
    hs_join(fixture->hs, room, ANNA);
    assert_string_equal(hs_membership(fixture->hs, room, ANNA), "join");
    assert_null(strchr(room, ':')); /* version 12 */
}

static void invites_and_kicks_are_told(void **state)
{
    struct fixture *fixture = *state;
    const char *room = hs_room(fixture->hs, ANNA, "10", NULL);
    hs_invite(fixture->hs, room, ANNA, BOT);
    json_t *json = ask(fixture, "GET", API "/sync", NULL, 200);
    assert_non_null(in_room(fixture, "invite", room, "invite_state/events/1"));
    hs_join(fixture->hs, room, BOT);
    hs_kick(fixture->hs, room, ANNA, BOT);
    hs_say(fixture->hs, room, ANNA, "unseen");
    char target[200];
    snprintf(target, sizeof target, API "/sync?since=%s",
             json_string_value(at(json, "next_batch")));
    ask(fixture, "GET", target, NULL, 200);
    json_t *events = in_room(fixture, "leave", room, "timeline/events");
    assert_int_equal(json_array_size(events), 2);
    snprintf(target, sizeof target, API "/rooms/%s/send/m.room.message/t1", room);
    ask(fixture, "PUT", target, "{}", 403);
}

static void lazy_members_and_types_are_filtered(void **state)
{
    struct fixture *fixture = *state;
    const char *room = hs_room(fixture->hs, ANNA, NULL, NULL);
    hs_join(fixture->hs, room, "@ben:home");
    hs_join(fixture->hs, room, BOT);
    for (int i = 0; i < 5; i++)
        hs_say(fixture->hs, room, ANNA, "x");
    json_t *json = ask(fixture, "POST", API "/user/@bot:home/filter",
                       "{\"room\":{\"state\":{\"lazy_load_members\":true},\"timeline\":{\"limit\":"
                       "3,\"not_types\":[\"m.reaction\"]}}}",
                       200);
    char target[200];
    hs_event(fixture->hs, room, ANNA, "m.reaction", "{}");
    snprintf(target, sizeof target, API "/sync?filter=%s",
             json_string_value(at(json, "filter_id")));
    ask(fixture, "GET", target, NULL, 200);
    assert_int_equal(json_array_size(in_room(fixture, "join", room, "timeline/events")), 3);
    size_t members = 0, i;
    json_t *event;
    json_array_foreach(in_room(fixture, "join", room, "state/events"), i, event)
        members += strcmp(json_string_value(at(event, "type")), "m.room.member") == 0;
    assert_int_equal(members, 2);
}

static void faults_are_played(void **state)
{
    struct fixture *fixture = *state;
    struct homeserver *hs = fixture->hs;
    const struct hs_fault busy = {.match = "GET *whoami",
                                  .kind = HS_ANSWER,
                                  .status = 429,
                                  .headers = "Retry-After: 3\n",
                                  .skip = 1,
                                  .times = 1};
    hs_fault(hs, &busy);
    ask(fixture, "GET", API "/account/whoami", NULL, 200);
    ask(fixture, "GET", API "/account/whoami", NULL, 429);
    ask(fixture, "GET", API "/account/whoami", NULL, 200);
    assert_int_equal(hs_requests(hs, "GET *whoami"), 3);
    const char *room = hs_room(hs, ANNA, NULL, NULL);
    char target[200];
    hs_join(hs, room, BOT);
    snprintf(target, sizeof target, API "/rooms/%s/send/m.room.message/t1", room);
    const struct hs_fault lose = {.match = "PUT *send*", .kind = HS_LOSE, .times = 1};
    hs_fault(hs, &lose);
    start(fixture, "PUT", target, "{}");
    wait(fixture, 0);
    assert_int_equal(fixture->result, -ECONNRESET);
    assert_int_equal(hs_count(hs, room, BOT, "m.room.message"), 1); /* it was done */
    const struct hs_fault cut = {.match = "GET *sync*", .kind = HS_CUT_BODY, .at = 40, .times = 1};
    hs_fault(hs, &cut);
    start(fixture, "GET", API "/sync", NULL);
    wait(fixture, 0);
    assert_int_equal(fixture->result, -ECONNRESET);
    const struct hs_fault hang = {.match = "GET *sync*", .kind = HS_HANG_BODY, .at = 9, .times = 1};
    hs_fault(hs, &hang);
    start(fixture, "GET", API "/sync", NULL);
    wait(fixture, 60000);
    assert_int_equal(fixture->result, -ETIMEDOUT);
    assert_int_equal(hs_waiting(hs), 0);
    const struct hs_fault away = {.match = "*", .kind = HS_ANSWER, .status = 502, .for_ms = 600000};
    hs_fault(hs, &away);
    ask(fixture, "GET", API "/account/whoami", NULL, 502);
    wait(fixture, 600000);
    ask(fixture, "GET", API "/account/whoami", NULL, 200);
    const struct hs_fault expire = {.match = "GET *whoami", .kind = HS_EXPIRE, .times = 1};
    hs_fault(hs, &expire);
    ask(fixture, "GET", API "/account/whoami", NULL, 401);
}

static void keys_come_in_any_order(void **state)
{
    struct fixture *fixture = *state;
    const char *room = hs_room(fixture->hs, ANNA, NULL, NULL);
    hs_join(fixture->hs, room, BOT);
    struct buf first;
    buf_init(&first, 1 << 30);
    hs_knobs(fixture->hs)->shuffle = 7;
    ask(fixture, "GET", API "/sync", NULL, 200);
    buf_add(&first, buf_str(&fixture->body));
    json_t *before = json_incref(fixture->json);
    ask(fixture, "GET", API "/sync", NULL, 200);
    assert_false(str_eq(buf_str(&first), buf_str(&fixture->body)));
    assert_true(json_equal(before, fixture->json));
    json_decref(before);
    buf_done(&first);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_password_logs_in_and_tokens_are_refreshed),
        TEST(sync_waits_for_what_is_new),
        TEST(a_gap_is_limited_and_read_back_by_pages),
        TEST(a_transaction_is_one_event),
        TEST(a_private_room_is_made_and_entered),
        TEST(invites_and_kicks_are_told),
        TEST(lazy_members_and_types_are_filtered),
        TEST(faults_are_played),
        TEST(keys_come_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
