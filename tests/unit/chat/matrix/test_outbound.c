/* SPDX-License-Identifier: MIT */
/* test_outbound.c: what is said arrives once, in order, and a room that must wait keeps no other
 * waiting. */
#include "speaker.h"

#include <errno.h>
#include <stdio.h>

#define HARBOR "#harbor:home"
#define PIER   "#pier:home"
#define SEND   "PUT */send/m.room.message/*"

static int say_with(struct speaker *s, struct chat_message message)
{
    return matrix_outbound_send(s->session.outbound, &message);
}

static int say(struct speaker *s, uint64_t token, const char *room, const char *text)
{
    struct chat_message message = speaker_message(token, room, text);
    char id[32];
    snprintf(id, sizeof id, "t%llu", (unsigned long long)token);
    message.transaction_id = str_of(id);
    return say_with(s, message);
}

static struct hs_fault answer(const char *match, unsigned status, const char *headers,
                              const char *body)
{
    return (struct hs_fault){.match = match,
                             .kind = HS_ANSWER,
                             .status = status,
                             .headers = headers,
                             .body = str_of(body),
                             .times = 1};
}

static size_t said(struct speaker *s, const char *room)
{
    return hs_count(s->hs, room, BOT, "m.room.message");
}

/* ---- M1 -------------------------------------------------------------------------------------- */

static void m1_a_room_that_must_wait_keeps_no_other_waiting(void **state)
{
    struct speaker *s = *state;
    const char *harbor = speaker_room(s, HARBOR, NULL), *pier = speaker_room(s, PIER, NULL);
    char match[256];
    snprintf(match, sizeof match, "PUT */rooms/%s/send/*", harbor);
    for (char *c = match; *c; c++)
        if (*c == '!' || *c == ':') /* encoded in the path */
            *c = '?';
    struct hs_fault fault = answer("PUT */send/*", 429, "Retry-After: 30\n", "{}");
    hs_fault(s->hs, &fault);
    assert_int_equal(say(s, 1, HARBOR, "one"), 0);
    speaker_run(s, 100);
    assert_int_equal(say(s, 2, HARBOR, "two"), 0);
    assert_int_equal(say(s, 3, PIER, "pier"), 0);
    speaker_run(s, 1000);
    assert_int_equal(speaker_outcome(s, 3), CHAT_CONFIRMED);
    assert_int_equal(said(s, harbor), 0);
    speaker_run(s, 28 * 1000);
    assert_int_equal(said(s, harbor), 0); /* it said thirty seconds */
    speaker_run(s, 2000);
    assert_string_equal(hs_body(s->hs, harbor, BOT, 0), "one");
    assert_string_equal(hs_body(s->hs, harbor, BOT, 1), "two");
    assert_string_equal(hs_body(s->hs, pier, BOT, 0), "pier");
}

static void m1_each_form_of_429(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    static const struct {
        const char *headers, *body;
        int64_t not_before_ms, until_ms;
    } cases[] = {
        {"Retry-After: 7\n", "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":1}", 6900, 8100},
        {NULL, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":5000}", 4900, 6100},
        {NULL, "{\"errcode\":\"M_LIMIT_EXCEEDED\"}", 0, 2100},
        {NULL, "<html>too many</html>", 0, 2100},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hs_fault fault = answer(SEND, 429, cases[i].headers, cases[i].body);
        hs_fault(s->hs, &fault);
        assert_int_equal(say(s, 10 + i, HARBOR, "x"), 0);
        speaker_run(s, cases[i].not_before_ms);
        assert_int_equal(said(s, room), i);
        speaker_run(s, cases[i].until_ms - cases[i].not_before_ms);
        assert_int_equal(said(s, room), i + 1);
        assert_int_equal(speaker_outcome(s, 10 + i), CHAT_CONFIRMED);
        hs_mend(s->hs);
    }
}

static void a_server_in_trouble_for_ten_minutes_loses_nothing(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    hs_fault(s->hs, &(struct hs_fault){.match = "*",
                                       .kind = HS_ANSWER,
                                       .status = 502,
                                       .body = STR("Bad Gateway"),
                                       .for_ms = 590 * 1000});
    for (uint64_t i = 1; i <= 5; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", (int)i);
        assert_int_equal(say(s, i, HARBOR, text), 0);
    }
    speaker_run(s, 589 * 1000);
    assert_true(hs_requests(s->hs, "PUT *") < 40); /* no storm */
    speaker_run(s, 70 * 1000);
    assert_int_equal(said(s, room), 5);
    for (uint64_t i = 1; i <= 5; i++)
        assert_int_equal(speaker_outcome(s, i), CHAT_CONFIRMED);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(hs_body(s->hs, room, BOT, i)[0], '1' + (int)i);
}

static void at_most_some_at_once_and_each_in_turn(void **state)
{
    struct speaker *s = *state;
    char names[20][32];
    const char *rooms[20];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(names[i], sizeof names[i], "#room%zu:home", i);
        rooms[i] = speaker_room(s, names[i], NULL);
    }
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_SLOW, .at = 1000});
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(say(s, i + 1, names[i], "x"), 0);
    speaker_run(s, 500);
    assert_true(hs_requests(s->hs, SEND) <= 8);
    speaker_run(s, 5000);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(said(s, rooms[i]), 1);
}

static void crisis_stands_first_in_its_room(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    for (uint64_t i = 1; i <= 10; i++)
        assert_int_equal(say(s, i, HARBOR, "routine"), 0);
    struct chat_message card = speaker_message(99, HARBOR, "Call 988");
    card.flags = CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM;
    assert_int_equal(say_with(s, card), 0);
    speaker_run(s, 0);
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "Call 988");
    assert_int_equal(speaker_outcome(s, 99), CHAT_CONFIRMED);
    assert_int_equal(said(s, room), 11);
}

static void crisis_does_not_wait_for_slow_rooms(void **state)
{
    struct speaker *s = *state;
    char name[32];
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "#room%d:home", i);
        speaker_room(s, name, NULL);
    }
    const char *harbor = speaker_room(s, HARBOR, NULL);
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_HANG, .times = 8});
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "#room%d:home", i);
        assert_int_equal(say(s, (uint64_t)i + 1, name, "x"), 0);
    }
    speaker_run(s, 100);
    struct chat_message card = speaker_message(99, HARBOR, "Call 988");
    card.flags = CHAT_SEND_CRISIS;
    assert_int_equal(say_with(s, card), 0);
    speaker_run(s, 100);
    assert_string_equal(hs_body(s->hs, harbor, BOT, 0), "Call 988");
}

static void a_full_queue_says_not_now_and_then_ready(void **state)
{
    struct speaker *s = *state;
    speaker_room(s, HARBOR, NULL);
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_SLOW, .at = 100});
    uint64_t taken = 0;
    int r = 0;
    while (r == 0 && taken < 1000)
        r = say(s, ++taken, HARBOR, "x");
    assert_int_equal(r, -EAGAIN);
    struct chat_message card = speaker_message(5000, HARBOR, "Call 988");
    card.flags = CHAT_SEND_CRISIS;
    assert_int_equal(say_with(s, card), 0); /* there is always room for that */
    speaker_run(s, 60 * 1000);
    assert_int_equal(s->ready_count, 1);
    assert_int_equal(matrix_outbound_waiting(s->session.outbound), 0);
    assert_int_equal(s->sent_count, taken);
}

/* ---- M13 ------------------------------------------------------------------------------------- */

static void m13_a_lost_answer_says_nothing_twice(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    static const enum hs_fault_kind kinds[] = {HS_LOSE, HS_CUT_BODY, HS_HANG_BODY, HS_CUT};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = kinds[i], .at = 5, .times = 1});
        assert_int_equal(say(s, i + 1, HARBOR, "once"), 0);
        speaker_run(s, 40 * 1000);
        assert_int_equal(said(s, room), i + 1);
        assert_int_equal(speaker_outcome(s, i + 1), CHAT_CONFIRMED);
        assert_true(speaker_id(s, i + 1)[0] == '$');
        hs_mend(s->hs);
    }
}

static void m13_the_same_transaction_id_on_every_try(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_LOSE, .times = 1});
    struct chat_message message = speaker_message(1, HARBOR, "once");
    message.transaction_id = STR("abc");
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 10);
    speaker_die(s); /* the server had it, we do not know */
    message.may_be_sent = true;
    message.created_at = clock_wall_at(&s->clock);
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 5000);
    assert_int_equal(said(s, room), 1);
    assert_int_equal(hs_requests(s->hs, "PUT */send/m.room.message/abc"), 2);
    assert_int_equal(hs_requests(s->hs, "GET */messages*"), 0);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

/* A homeserver forgets transaction ids after half an hour. */
static void m13_after_twenty_minutes_it_is_looked_for(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, "@ana:home");
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_LOSE, .times = 1});
    struct chat_message message = speaker_message(1, HARBOR, "once");
    message.transaction_id = STR("abc");
    message.created_at = clock_wall_at(&s->clock);
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 10);
    for (int i = 0; i < 250; i++)
        hs_say(s->hs, room, "@ana:home", "talk");
    speaker_die(s);
    speaker_run(s, 3 * CLOCK_HOUR_MS);
    message.may_be_sent = true;
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 5000);
    assert_int_equal(said(s, room), 1);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    assert_true(speaker_id(s, 1)[0] == '$');
    assert_true(hs_requests(s->hs, "GET */messages*") > 0);
}

static void m13_what_is_not_found_is_said(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, "@ana:home");
    for (int i = 0; i < 250; i++)
        hs_say(s->hs, room, "@ana:home", "talk");
    struct chat_message message = speaker_message(1, HARBOR, "late");
    message.transaction_id = STR("abc");
    message.may_be_sent = true;
    message.created_at = clock_wall_at(&s->clock) - CLOCK_HOUR_MS;
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 5000);
    assert_int_equal(said(s, room), 1);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

/* Of a message in parts only the missing ones are said. */
static void m13_parts_that_are_there_stay(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    AUTO_BUF markdown;
    buf_init(&markdown, 256 * 1024);
    for (int i = 0; i < 2000; i++)
        buf_add_format(&markdown, "Paragraph %04d of a long text for the harbor.\n\n", i);
    struct chat_message message = speaker_message(1, HARBOR, buf_str(&markdown).ptr);
    message.transaction_id = STR("abc");
    message.created_at = clock_wall_at(&s->clock);
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_HANG, .skip = 2});
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 10);
    assert_int_equal(said(s, room), 2);
    hs_mend(s->hs);
    speaker_die(s);
    speaker_run(s, CLOCK_HOUR_MS);
    message.may_be_sent = true;
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 5000);
    size_t count = said(s, room);
    assert_true(count > 2);
    int next = 0;
    for (size_t i = 0; i < count; i++)
        for (const char *at = hs_body(s->hs, room, BOT, i); (at = strstr(at, "Paragraph ")); at++)
            assert_int_equal(strtol(at + 10, NULL, 10), next++);
    assert_int_equal(next, 2000);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    /* and all of them can be taken back */
    struct str rest = str_of(speaker_id(s, 1)), id;
    while (str_word(&rest, &id))
        assert_int_equal(matrix_outbound_redact(s->session.outbound, STR(HARBOR), STR(""), id), 0);
    speaker_run(s, CLOCK_MINUTE_MS);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(hs_body(s->hs, room, BOT, i), "");
}

static void m13_an_echo_is_as_good_as_an_answer(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_LOSE});
    struct chat_message message = speaker_message(1, HARBOR, "once");
    message.transaction_id = STR("abc");
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 10);
    matrix_outbound_seen(s->session.outbound, speaker_find(s, room), STR("abc"), STR("$it"));
    speaker_run(s, 3000);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    assert_string_equal(speaker_id(s, 1), "$it");
}

static void m13_409_means_sent(void **state)
{
    struct speaker *s = *state;
    speaker_room(s, HARBOR, NULL);
    struct hs_fault fault = answer(SEND, 409, NULL, "{\"errcode\":\"M_DUPLICATE_TXNID\"}");
    hs_fault(s->hs, &fault);
    assert_int_equal(say(s, 1, HARBOR, "once"), 0);
    speaker_run(s, 0);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

static void down_gives_everything_back_once(void **state)
{
    struct speaker *s = *state;
    speaker_room(s, HARBOR, NULL);
    speaker_room(s, PIER, NULL);
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_HANG});
    for (uint64_t i = 1; i <= 6; i++)
        assert_int_equal(say(s, i, i % 2 ? HARBOR : PIER, "x"), 0);
    speaker_run(s, 100);
    speaker_state(s, CHAT_DOWN);
    for (uint64_t i = 1; i <= 6; i++)
        assert_int_equal(speaker_outcome(s, i), CHAT_FAILED);
    assert_int_equal(say(s, 7, HARBOR, "x"), -ENOTCONN);
    assert_int_equal(matrix_outbound_waiting(s->session.outbound), 0);
}

/* ---- M31, M45, rooms ------------------------------------------------------------------------- */

static void m31_a_refusal_by_policy_is_not_tried_again(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    struct hs_fault fault = answer(SEND, 403, NULL, "{\"errcode\":\"M_FORBIDDEN\"}");
    hs_fault(s->hs, &fault);
    assert_int_equal(say(s, 1, HARBOR, "x"), 0);
    speaker_run(s, CLOCK_HOUR_MS);
    assert_int_equal(speaker_outcome(s, 1), CHAT_REFUSED);
    assert_int_equal(hs_requests(s->hs, SEND), 1);
    assert_int_equal(said(s, room), 0);
    assert_int_equal(s->notice_count, 1);
    assert_int_equal(s->notice, CHAT_NOTICE_REFUSED);
    assert_true(speaker_logged(s, "event=matrix_refused"));
}

static void m45_no_plain_text_into_an_encrypted_room(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_SLOW, .at = 1000, .times = 1});
    assert_int_equal(say(s, 1, HARBOR, "before"), 0);
    assert_int_equal(say(s, 2, HARBOR, "queued before, its turn comes after"), 0);
    assert_int_equal(matrix_outbound_react(s->session.outbound, STR(HARBOR), STR("$x"), STR("y")),
                     0);
    speaker_run(s, 100);
    speaker_find(s, room)->is_encrypted = true; /* /sync told */
    matrix_outbound_room_changed(s->session.outbound, speaker_find(s, room));
    speaker_run(s, 5000);
    assert_int_equal(said(s, room), 1);
    assert_int_equal(hs_count(s->hs, room, BOT, "m.reaction"), 0);
    assert_int_equal(speaker_outcome(s, 2), CHAT_REFUSED);
    assert_int_equal(s->notice, CHAT_NOTICE_ROOM_ENCRYPTED);
    assert_int_equal(s->notice_count, 1); /* for what waited, all of it */
    assert_int_equal(say(s, 3, HARBOR, "later"), -EHOSTUNREACH);
}

static void a_room_that_is_being_entered_is_waited_for(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    speaker_find(s, room)->membership = MATRIX_INVITED;
    assert_int_equal(say(s, 1, HARBOR, "soon"), 0);
    speaker_run(s, 10 * 1000);
    assert_int_equal(speaker_outcome(s, 1), -1);
    speaker_find(s, room)->membership = MATRIX_IN;
    matrix_outbound_room_changed(s->session.outbound, speaker_find(s, room));
    speaker_run(s, 0);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);

    speaker_find(s, room)->membership = MATRIX_OUT;
    assert_int_equal(say(s, 2, HARBOR, "never"), 0);
    speaker_run(s, 61 * 1000);
    assert_int_equal(speaker_outcome(s, 2), CHAT_REFUSED);
    speaker_find(s, room)->membership = MATRIX_BANNED;
    assert_int_equal(say(s, 3, HARBOR, "never"), -EHOSTUNREACH);
}

/* ---- M22, M23, M18 --------------------------------------------------------------------------- */

static const struct chat_choice CHOICES[] = {{{"yes", 3}, {"\U0001F44D", 4}},
                                             {{"no", 2}, {"\U0001F44E", 4}}};

static struct chat_message question(uint64_t token)
{
    struct chat_message message = speaker_message(token, HARBOR, "Did you sleep? (1) yes (2) no");
    message.choices = CHOICES;
    message.choice_count = COUNT_OF(CHOICES);
    return message;
}

static void m22_the_bot_sets_the_choices_itself(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    assert_int_equal(say_with(s, question(1)), 0);
    assert_int_equal(say(s, 2, HARBOR, "the next"), 0);
    speaker_run(s, 0);
    assert_int_equal(hs_count(s->hs, room, BOT, "m.reaction"), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *content = json_object_get(hs_nth(s->hs, room, BOT, "m.reaction", i),
                                                "content");
        const json_t *relation = json_object_get(content, "m.relates_to");
        assert_string_equal(json_string_value(json_object_get(relation, "event_id")),
                            speaker_id(s, 1));
        assert_string_equal(json_string_value(json_object_get(relation, "key")),
                            CHOICES[i].emoji.ptr);
    }
    /* what is said does not wait for them */
    assert_int_equal(speaker_outcome(s, 2), CHAT_CONFIRMED);
}

static void m22_reactions_that_fail_fail_nothing_else(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    hs_fault(s->hs, &(struct hs_fault){.match = "PUT */send/m.reaction/*",
                                       .kind = HS_ANSWER,
                                       .status = 403,
                                       .body = STR("{}")});
    assert_int_equal(say_with(s, question(1)), 0);
    assert_int_equal(say(s, 2, HARBOR, "the next"), 0);
    speaker_run(s, 1000);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    assert_int_equal(speaker_outcome(s, 2), CHAT_CONFIRMED);
    assert_int_equal(said(s, room), 2);
    assert_int_equal(s->notice_count, 0);
}

static void m23_a_poll_has_no_reactions(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    s->session.options.has_polls = true;
    assert_int_equal(say_with(s, question(1)), 0);
    speaker_run(s, 0);
    assert_int_equal(hs_count(s->hs, room, BOT, "org.matrix.msc3381.poll.start"), 1);
    assert_int_equal(hs_count(s->hs, room, BOT, "m.reaction"), 0);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
}

static void m18_what_we_said_is_deleted_again(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    assert_int_equal(say(s, 1, HARBOR, "an answer"), 0);
    speaker_run(s, 0);
    assert_int_equal(matrix_outbound_redact(s->session.outbound, STR(HARBOR), (struct str){0},
                                            str_of(speaker_id(s, 1))),
                     0);
    speaker_run(s, 0);
    assert_int_equal(hs_requests(s->hs, "PUT */redact/*"), 1);
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "");
}

static void m21_answers_stand_in_their_thread(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    struct chat_message message = speaker_message(1, HARBOR, "Yes");
    message.flags = CHAT_SEND_ANSWER;
    message.thread = STR("$root");
    message.answers_id = STR("$asked");
    assert_int_equal(say_with(s, message), 0);
    s->session.options.threads = MATRIX_THREADS_NEVER;
    message.token = 2;
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 0);
    for (size_t i = 0; i < 2; i++) {
        const json_t *content = json_object_get(hs_nth(s->hs, room, BOT, "m.room.message", i),
                                                "content");
        assert_string_equal(json_string_value(json_object_get(content, "msgtype")), "m.notice");
        (void)content;
    }
}

/* ---- M24 ------------------------------------------------------------------------------------- */

static void m24_too_large_all_the_same_is_refused(void **state)
{
    struct speaker *s = *state;
    speaker_room(s, HARBOR, NULL);
    struct hs_fault fault = answer(SEND, 413, NULL, "{\"errcode\":\"M_TOO_LARGE\"}");
    hs_fault(s->hs, &fault);
    assert_int_equal(say(s, 1, HARBOR, "x"), 0);
    speaker_run(s, 0);
    assert_int_equal(speaker_outcome(s, 1), CHAT_REFUSED);
}

/* ---- M26 ------------------------------------------------------------------------------------- */

static void m26_the_latest_of_each_room_is_receipted_once_a_second(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, "@ana:home");
    const char *last = "";
    for (int i = 0; i < 20; i++) {
        last = hs_say(s->hs, room, "@ana:home", "talk");
        matrix_outbound_read(s->session.outbound, speaker_find(s, room), str_of(last),
                             (struct str){0});
        speaker_run(s, 100);
    }
    speaker_run(s, 2000);
    size_t count = hs_requests(s->hs, "POST */receipt/m.read/*");
    assert_true(count >= 2 && count <= 4);
    assert_string_equal(json_string_value(hs_receipt(s->hs, room, BOT)), last);
    s->session.options.has_receipts = false;
    matrix_outbound_read(s->session.outbound, speaker_find(s, room), str_of(last), (struct str){0});
    speaker_run(s, 2000);
    assert_int_equal(hs_requests(s->hs, "POST */receipt/m.read/*"), count);
}

static void m26_typing_while_somebody_waits(void **state)
{
    struct speaker *s = *state;
    speaker_room(s, HARBOR, "@ana:home");
    hs_fault(s->hs, &(struct hs_fault){.match = SEND, .kind = HS_SLOW, .at = 6000, .times = 1});
    struct chat_message message = speaker_message(1, HARBOR, "Thursday");
    message.flags = CHAT_SEND_ANSWER;
    message.answers_id = STR("$asked");
    assert_int_equal(say_with(s, message), 0);
    speaker_run(s, 1000);
    assert_int_equal(hs_typing_count(s->hs), 0);
    speaker_run(s, 2500);
    assert_int_equal(hs_typing_count(s->hs), 1);
    speaker_run(s, 4000);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    assert_int_equal(hs_requests(s->hs, "PUT */typing/*"), 2); /* and no longer */
    assert_int_equal(say(s, 2, HARBOR, "quick"), 0);
    speaker_run(s, 5000);
    assert_int_equal(hs_typing_count(s->hs), 1);
}

/* ---- M25 ------------------------------------------------------------------------------------- */

static struct chat_message picture(uint64_t token, const char *bytes)
{
    struct chat_message message = speaker_message(token, HARBOR, "Your week");
    message.file_name = STR("week.png");
    message.file_mime = STR("image/png");
    message.file_alt = STR("It rises.");
    message.file_bytes = str_of(bytes);
    return message;
}

static void m25_a_picture_is_uploaded_once(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    for (uint64_t i = 1; i <= 2; i++) {
        assert_int_equal(say_with(s, picture(i, "png-bytes")), 0);
        speaker_run(s, 0);
        assert_int_equal(speaker_outcome(s, i), CHAT_CONFIRMED);
    }
    assert_int_equal(hs_media_count(s->hs), 1);
    assert_true(str_eq_c(hs_media(s->hs, 0), "png-bytes"));
    assert_string_equal(hs_body(s->hs, room, BOT, 0), "Your week");
    assert_string_equal(hs_body(s->hs, room, BOT, 1), "It rises.");
    assert_int_equal(said(s, room), 4);
}

static void m25_another_life_asks_whether_it_is_there(void **state)
{
    struct speaker *s = *state;
    speaker_room(s, HARBOR, NULL);
    assert_int_equal(say_with(s, picture(1, "png-bytes")), 0);
    speaker_run(s, 0);
    speaker_die(s);
    assert_int_equal(say_with(s, picture(2, "png-bytes")), 0);
    speaker_run(s, 0);
    assert_int_equal(hs_requests(s->hs, "GET /_matrix/client/v1/media/download/*"), 1);
    assert_int_equal(hs_media_count(s->hs), 1);
    assert_int_equal(speaker_outcome(s, 2), CHAT_CONFIRMED);
}

static void m25_what_is_gone_or_changed_is_uploaded_anew(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    assert_int_equal(say_with(s, picture(1, "png-bytes")), 0);
    speaker_run(s, 0);
    static const struct {
        unsigned status;
        const char *body;
    } cases[] = {{404, "{}"}, {200, "png-BYTES"}, {200, "png-bytes-and-more"}};
    for (uint64_t i = 0; i < COUNT_OF(cases); i++) {
        speaker_die(s);
        struct hs_fault fault = answer("GET */media/download/*", cases[i].status, NULL,
                                       cases[i].body);
        hs_fault(s->hs, &fault);
        assert_int_equal(say_with(s, picture(i + 2, "png-bytes")), 0);
        speaker_run(s, 1000);
        assert_int_equal(hs_media_count(s->hs), i + 2);
        assert_int_equal(speaker_outcome(s, i + 2), CHAT_CONFIRMED);
        assert_int_equal(said(s, room), 2 * (i + 2));
    }
}

static void m25_without_its_picture_the_text_is_said(void **state)
{
    struct speaker *s = *state;
    const char *room = speaker_room(s, HARBOR, NULL);
    hs_knobs(s->hs)->upload_max = 4;
    assert_int_equal(say_with(s, picture(1, "png-bytes")), 0);
    speaker_run(s, 0);
    assert_int_equal(speaker_outcome(s, 1), CHAT_CONFIRMED);
    assert_int_equal(said(s, room), 1);
    assert_true(speaker_logged(s, "event=matrix_upload"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPEAKER_TEST(m1_a_room_that_must_wait_keeps_no_other_waiting),
        SPEAKER_TEST(m1_each_form_of_429),
        SPEAKER_TEST(a_server_in_trouble_for_ten_minutes_loses_nothing),
        SPEAKER_TEST(at_most_some_at_once_and_each_in_turn),
        SPEAKER_TEST(crisis_stands_first_in_its_room),
        SPEAKER_TEST(crisis_does_not_wait_for_slow_rooms),
        SPEAKER_TEST(a_full_queue_says_not_now_and_then_ready),
        SPEAKER_TEST(m13_a_lost_answer_says_nothing_twice),
        SPEAKER_TEST(m13_the_same_transaction_id_on_every_try),
        SPEAKER_TEST(m13_after_twenty_minutes_it_is_looked_for),
        SPEAKER_TEST(m13_what_is_not_found_is_said),
        SPEAKER_TEST(m13_parts_that_are_there_stay),
        SPEAKER_TEST(m13_an_echo_is_as_good_as_an_answer),
        SPEAKER_TEST(m13_409_means_sent),
        SPEAKER_TEST(down_gives_everything_back_once),
        SPEAKER_TEST(m31_a_refusal_by_policy_is_not_tried_again),
        SPEAKER_TEST(m45_no_plain_text_into_an_encrypted_room),
        SPEAKER_TEST(a_room_that_is_being_entered_is_waited_for),
        SPEAKER_TEST(m22_the_bot_sets_the_choices_itself),
        SPEAKER_TEST(m22_reactions_that_fail_fail_nothing_else),
        SPEAKER_TEST(m23_a_poll_has_no_reactions),
        SPEAKER_TEST(m18_what_we_said_is_deleted_again),
        SPEAKER_TEST(m21_answers_stand_in_their_thread),
        SPEAKER_TEST(m24_too_large_all_the_same_is_refused),
        SPEAKER_TEST(m26_the_latest_of_each_room_is_receipted_once_a_second),
        SPEAKER_TEST(m26_typing_while_somebody_waits),
        SPEAKER_TEST(m25_a_picture_is_uploaded_once),
        SPEAKER_TEST(m25_another_life_asks_whether_it_is_there),
        SPEAKER_TEST(m25_what_is_gone_or_changed_is_uploaded_anew),
        SPEAKER_TEST(m25_without_its_picture_the_text_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
