/* SPDX-License-Identifier: MIT */
/* test_event.c: one event as the bot sees it. */
#include "reader.h"

#include <errno.h>

#define FROM_ANNA        "\"event_id\":\"$1\",\"sender\":\"@anna:home\",\"origin_server_ts\":1795420400000"
#define MESSAGE(content) "{\"type\":\"m.room.message\"," FROM_ANNA ",\"content\":{" content "}}"

static struct matrix_room *harbor(struct reader *r)
{
    return reader_known(r, "!harbor", "#harbor:home", NULL);
}

static void message_is_read(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    reader_state(
        r, room,
        "{\"type\":\"m.room.member\",\"state_key\":\"@anna:home\",\"sender\":\"@anna:home\","
        "\"content\":{\"membership\":\"join\",\"displayname\":\"Anna\"}}");
    assert_int_equal(
        reader_read(r, room, MESSAGE("\"msgtype\":\"m.text\",\"body\":\"good morning\"")), 1);
    const struct reader_event *event = reader_last(r);
    assert_int_equal(event->kind, CHAT_MESSAGE);
    assert_string_equal(event->room, "#harbor:home");
    assert_string_equal(event->sender, "@anna:home");
    assert_string_equal(event->display, "Anna");
    assert_string_equal(event->id, "$1");
    assert_string_equal(event->text, "good morning");
    assert_int_equal(event->sent_at, 1795420400000LL);
    assert_int_equal(event->flags, 0);
}

static void private_room_has_no_name(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!p", NULL, "@anna:home");
    assert_int_equal(reader_read(r, room, MESSAGE("\"msgtype\":\"m.text\",\"body\":\"hi\"")), 1);
    assert_int_equal(reader_last(r)->flags, CHAT_PRIVATE);
    assert_string_equal(reader_last(r)->room, "");
    assert_string_equal(reader_last(r)->display, "anna");
}

static void a_room_of_nobody_is_not_read(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = reader_known(r, "!other", NULL, NULL);
    assert_int_equal(reader_read(r, room, MESSAGE("\"msgtype\":\"m.text\",\"body\":\"hi\"")), 0);
}

static void m16_own_events_and_notices_are_marked(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    assert_int_equal(reader_read(r, room, MESSAGE("\"msgtype\":\"m.notice\",\"body\":\"beep\"")),
                     1);
    assert_true(reader_last(r)->flags & CHAT_NOTICE);
    assert_int_equal(
        reader_read(r, room,
                    "{\"type\":\"m.room.message\",\"sender\":\"" BOT
                    "\",\"event_id\":\"$2\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"me\"}}"),
        1);
    assert_true(reader_last(r)->flags & CHAT_OWN);
    assert_int_equal(reader_read(r, room, MESSAGE("\"msgtype\":\"m.emote\",\"body\":\"waves\"")),
                     1);
    assert_string_equal(reader_last(r)->text, "waves");
    assert_true(reader_last(r)->flags & CHAT_ACTION);
}

static void m17_an_edit_reads_the_new_content(void **state)
{
    struct reader *r = *state;
    assert_int_equal(
        reader_read(r, harbor(r),
                    MESSAGE("\"msgtype\":\"m.text\",\"body\":\"* !mood 7\",\"m.new_content\":{"
                            "\"msgtype\":\"m.text\",\"body\":\"!mood 7\"},\"m.relates_to\":{"
                            "\"rel_type\":\"m.replace\",\"event_id\":\"$0\"}")),
        1);
    assert_int_equal(reader_last(r)->kind, CHAT_EDIT);
    assert_string_equal(reader_last(r)->relates_to, "$0");
    assert_string_equal(reader_last(r)->text, "!mood 7");
}

static void m18_a_redaction_names_what_is_taken_back(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    assert_int_equal(reader_read(r, room,
                                 "{\"type\":\"m.room.redaction\"," FROM_ANNA
                                 ",\"redacts\":\"$old\",\"content\":{}}"),
                     1);
    assert_int_equal(reader_last(r)->kind, CHAT_REDACTION);
    assert_string_equal(reader_last(r)->relates_to, "$old");
    assert_int_equal(reader_read(r, room,
                                 "{\"type\":\"m.room.redaction\"," FROM_ANNA
                                 ",\"content\":{\"redacts\":\"$new\"}}"),
                     1);
    assert_string_equal(reader_last(r)->relates_to, "$new");
}

static void m20_old_quotes_are_stripped_from_answers(void **state)
{
    struct reader *r = *state;
    static const struct {
        const char *body, *text;
    } cases[] = {
        {"> <@ben:home> how are you?\\n> and then?\\n\\nfine", "fine"},
        {"> <@ben:home> a\\nfine", "fine"},
        {"fine\\n> said so", "fine\n> said so"},
        {"> nothing else", "> nothing else"},
        {"> <@ben:home> a\\n\\n", "> <@ben:home> a\n\n"},
    };
    struct matrix_room *room = harbor(r);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF json;
        buf_init(&json, 4096);
        buf_add_format(&json,
                       "{\"type\":\"m.room.message\"," FROM_ANNA
                       ",\"content\":{\"msgtype\":\"m.text\",\"body\":\"%s\",\"formatted_body\":"
                       "\"<mx-reply>no</mx-reply>fine\",\"m.relates_to\":{\"m.in_reply_to\":{"
                       "\"event_id\":\"$q\"}}}}",
                       cases[i].body);
        assert_int_equal(reader_read(r, room, json.ptr), 1);
        assert_string_equal(reader_last(r)->text, cases[i].text);
        assert_string_equal(reader_last(r)->relates_to, "$q");
    }
    assert_int_equal(
        reader_read(r, room, MESSAGE("\"msgtype\":\"m.text\",\"body\":\"> a line\\nof mine\"")), 1);
    assert_string_equal(reader_last(r)->text, "> a line\nof mine");
}

static void m21_a_thread_is_named_by_its_root(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    assert_int_equal(
        reader_read(r, room,
                    MESSAGE("\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":{\"rel_type\":"
                            "\"m.thread\",\"event_id\":\"$root\",\"is_falling_back\":true,"
                            "\"m.in_reply_to\":{\"event_id\":\"$last\"}}")),
        1);
    assert_string_equal(reader_last(r)->thread, "$root");
    assert_string_equal(reader_last(r)->relates_to, "");
    assert_int_equal(
        reader_read(r, room,
                    MESSAGE("\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":{\"rel_type\":"
                            "\"m.thread\",\"event_id\":\"$root\",\"is_falling_back\":false,"
                            "\"m.in_reply_to\":{\"event_id\":\"$one\"}}")),
        1);
    assert_string_equal(reader_last(r)->relates_to, "$one");
}

static void m19_mentions_are_believed_before_pills(void **state)
{
    struct reader *r = *state;
    static const struct {
        const char *content;
        bool mentions;
    } cases[] = {
        {"\"m.mentions\":{\"user_ids\":[\"@x:home\",\"" BOT "\"]}", true},
        {"\"m.mentions\":{\"user_ids\":[\"" BOT "2\"]}", false},
        {"\"m.mentions\":{\"user_ids\":[\"" BOT "\\u0000\"]}", false},
        {"\"m.mentions\":{\"user_ids\":[5,[\"" BOT "\"]]}", false},
        {"\"m.mentions\":{\"user_ids\":{\"a\":\"" BOT "\"}}", false},
        {"\"m.mentions\":{\"user_ids\":\"" BOT "\"}", false},
        {"\"m.mentions\":{},\"formatted_body\":\"<a href='https://matrix.to/#/" BOT "'>b</a>\"",
         false},
        {"\"formatted_body\":\"<a href=\\\"https://matrix.to/#/@x:home\\\">x</a> <a "
         "href=\\\"https://matrix.to/#/" BOT "\\\">b</a>\"",
         true},
        {"\"formatted_body\":\"<a href=\\\"https://matrix.to/#/" BOT "ter\\\">b</a>\"", false},
    };
    struct matrix_room *room = harbor(r);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF json;
        buf_init(&json, 4096);
        buf_add_format(&json,
                       "{\"type\":\"m.room.message\"," FROM_ANNA
                       ",\"content\":{\"msgtype\":\"m.text\",\"body\":\"b\",%s}}",
                       cases[i].content);
        assert_int_equal(reader_read(r, room, json.ptr), 1);
        assert_int_equal((reader_last(r)->flags & CHAT_MENTIONS_US) != 0, cases[i].mentions);
    }
}

static void m22_a_reaction_is_an_answer(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    assert_int_equal(reader_read(r, room,
                                 "{\"type\":\"m.reaction\"," FROM_ANNA
                                 ",\"content\":{\"m.relates_to\":{\"rel_type\":\"m.annotation\","
                                 "\"event_id\":\"$q\",\"key\":\"\\ud83d\\udc4d\"}}}"),
                     1);
    assert_int_equal(reader_last(r)->kind, CHAT_REACTION);
    assert_string_equal(reader_last(r)->relates_to, "$q");
    assert_string_equal(reader_last(r)->text, "\xf0\x9f\x91\x8d");
}

static void m23_a_polls_answer_is_a_reaction(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    static const char *const events[] = {
        "{\"type\":\"org.matrix.msc3381.poll.response\"," FROM_ANNA
        ",\"content\":{\"org.matrix.msc3381.poll.response\":{\"answers\":[\"2\"]},\"m.relates_to\":"
        "{\"rel_type\":\"m.reference\",\"event_id\":\"$poll\"}}}",
        "{\"type\":\"m.poll.response\"," FROM_ANNA
        ",\"content\":{\"m.selections\":[\"2\",\"3\"],\"m.relates_to\":{\"rel_type\":"
        "\"m.reference\",\"event_id\":\"$poll\"}}}"};
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        assert_int_equal(reader_read(r, room, events[i]), 1);
        assert_int_equal(reader_last(r)->kind, CHAT_REACTION);
        assert_string_equal(reader_last(r)->relates_to, "$poll");
        assert_string_equal(reader_last(r)->text, "2");
    }
}

static void a_pictures_caption_is_read_and_a_file_name_is_not(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    assert_int_equal(reader_read(r, room,
                                 MESSAGE("\"msgtype\":\"m.image\",\"body\":\"I cannot go on\","
                                         "\"filename\":\"a.jpg\"")),
                     1);
    assert_string_equal(reader_last(r)->text, "I cannot go on");
    assert_int_equal(reader_read(r, room, MESSAGE("\"msgtype\":\"m.image\",\"body\":\"a.jpg\"")),
                     0);
}

static void coming_and_going_is_told_a_new_name_is_not(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
#define MEMBER(now, before)                                                                        \
    "{\"type\":\"m.room.member\",\"sender\":\"@mod:home\",\"event_id\":\"$m\",\"state_key\":"      \
    "\"@anna:home\",\"content\":{\"membership\":\"" now                                            \
    "\",\"displayname\":\"Anna\"},\"unsigned\":{\"prev_content\":{\"membership\":\"" before        \
    "\"}}}"
    assert_int_equal(reader_read(r, room, MEMBER("join", "invite")), 1);
    assert_int_equal(reader_last(r)->kind, CHAT_JOIN);
    assert_string_equal(reader_last(r)->sender, "@anna:home");
    assert_string_equal(reader_last(r)->display, "Anna");
    assert_int_equal(reader_read(r, room, MEMBER("join", "join")), 0);
    assert_int_equal(reader_read(r, room, MEMBER("invite", "leave")), 0);
    assert_int_equal(reader_read(r, room, MEMBER("leave", "invite")), 0);
    assert_int_equal(reader_read(r, room, MEMBER("ban", "join")), 1);
    assert_int_equal(reader_last(r)->kind, CHAT_LEAVE);
}

static void what_a_server_should_not_have_let_pass_is_repaired(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    assert_int_equal(
        reader_read(r, room, MESSAGE("\"msgtype\":\"m.text\",\"body\":\"a\xff\\ud800b\\u0000c\"")),
        1);
    assert_string_equal(reader_last(r)->text, "a\xef\xbf\xbd\xef\xbf\xbd"
                                              "b\xef\xbf\xbd"
                                              "c");
    assert_int_equal(reader_last(r)->sent_at, 1795420400000LL);
    assert_int_equal(
        reader_read(r, room,
                    MESSAGE("\"msgtype\":\"m.text\",\"body\":\"\\ud83d\\ude00 \\\\ud800 n\",\"n\":"
                            "99999999999999999999999")),
        1);
    assert_string_equal(reader_last(r)->text, "\xf0\x9f\x98\x80 \\ud800 n");
    assert_int_equal(reader_last(r)->sent_at, 1795420400000LL);
    /* a NUL in a text goes; in a key it does not hide the rest, and makes it no other key */
    assert_int_equal(
        reader_read(r, room, MESSAGE("\"msgtype\":\"m.text\",\"body\":\"n\\u0000ul\"")), 1);
    assert_string_equal(reader_last(r)->text, "nul");
    assert_int_equal(
        reader_read(r, room,
                    MESSAGE("\"msgtype\":\"m.text\",\"body\":\"seen\",\"bo\\u0000dy\":\"x\"")),
        1);
    assert_string_equal(reader_last(r)->text, "seen");
    assert_int_equal(
        reader_read(r, room,
                    MESSAGE("\"msgtype\":\"m.text\",\"body\":\"\\\\u0000\",\"\\u0000\":0")),
        1);
    assert_string_equal(reader_last(r)->text, "\\u0000");
}

/* Ids longer than any are nobody's; what is of another kind than it should be is not there. */
static void what_is_of_another_kind_is_not_there(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    AUTO_BUF json;
    buf_init(&json, 4096);
    for (int over = 0; over < 2; over++) {
        buf_clear(&json);
        buf_add_c(&json, "{\"type\":\"m.room.message\",\"event_id\":[\"$1\"],"
                         "\"origin_server_ts\":\"1795420400000\",\"sender\":\"@");
        for (int i = 1; i < MATRIX_ID_MAX + over; i++)
            buf_add_byte(&json, 'a');
        buf_add_c(&json, "\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\"}}");
        assert_int_equal(reader_read(r, room, json.ptr), 1 - over);
    }
    assert_string_equal(reader_last(r)->id, "");
    assert_int_equal(reader_last(r)->sent_at, READER_START);
    assert_int_equal(
        reader_read(r, room,
                    "{\"type\":\"m.poll.response\"," FROM_ANNA
                    ",\"content\":{\"m.selections\":{\"a\":\"2\"},\"m.relates_to\":{\"rel_type\":"
                    "\"m.reference\",\"event_id\":\"$poll\"}}}"),
        0);
}

/* What the turn gets does not lie where the event lay, and is whole or not there. */
static void a_chunk_keeps_all_texts_or_no_event(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
#define LONG(more)                                                                                 \
    "{\"type\":\"m.room.message\",\"event_id\":\"$a-long-one-of-forty-and-four-bytes-as-in-v4\","  \
    "\"sender\":\"@somebody-with-a-name-of-some-length:home\",\"content\":{\"msgtype\":\"m."       \
    "text\","                                                                                      \
    "\"body\":\"x\"" more "}}"
    static const char *const EVENTS[] = {
        LONG(",\"m.relates_to\":{\"rel_type\":\"m.thread\",\"event_id\":\"$root\","
             "\"m.in_reply_to\":{\"event_id\":\"$one\"}}"),
        LONG("")};
    enum { CHUNK = 16 * 1024 };
    for (size_t left = 0; left < 1024; left += 8) {
        const char *text = EVENTS[left / 8 % 2];
        struct arena arena = {0};
        struct matrix_chunk chunk;
        const struct tree *tree;
        char *bytes = mem_copy_text(text, strlen(text));
        matrix_chunk_init(&chunk, &r->session, NULL);
        arena_init(&chunk.arena, CHUNK);
        (void)!arena_alloc(&chunk.arena, CHUNK - left / 16 * 16);
        assert_int_equal(matrix_event_parse(&arena, str_of(bytes), &tree), 0);
        int result = matrix_chunk_add(&chunk, room, tree, false);
        mem_free(bytes);
        arena_done(&arena);
        bool kept = result > 0;
        assert_true(kept || (result == -ENOMEM && left < 512));
        assert_int_equal(chunk.count, kept);
        const struct chat_event *event = &chunk.events[0];
        if (kept) {
            assert_true(str_eq_c(event->sender, "@somebody-with-a-name-of-some-length:home"));
            assert_true(str_eq(event->account, event->sender));
            assert_true(str_eq_c(event->display, "somebody-with-a-name-of-some-length"));
            assert_true(str_eq_c(event->id, "$a-long-one-of-forty-and-four-bytes-as-in-v4"));
            assert_true(str_eq_c(event->thread, text == EVENTS[0] ? "$root" : ""));
            assert_true(str_eq_c(event->relates_to, text == EVENTS[0] ? "$one" : ""));
            assert_true(str_eq_c(event->text, "x"));
        }
        matrix_chunk_done(&chunk);
    }
}

static void what_is_no_event_is_passed_over(void **state)
{
    struct reader *r = *state;
    struct matrix_room *room = harbor(r);
    static const char *const events[] = {
        "{}",
        "{\"type\":\"m.room.message\",\"sender\":\"anna\",\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"x\"}}",
        "{\"type\":\"m.room.message\",\"sender\":7,\"content\":{}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@a\\u0000b:home\",\"content\":{\"msgtype\":"
        "\"m.text\",\"body\":\"x\"}}",
        MESSAGE("\"msgtype\":\"m.text\""),
        MESSAGE("\"msgtype\":\"m.text\",\"body\":[1]"),
        MESSAGE("\"body\":\"x\""),
        MESSAGE(""),
        MESSAGE(
            "\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":{\"rel_type\":\"m.replace\","
            "\"event_id\":\"$0\"}"),
        "{\"type\":\"m.reaction\"," FROM_ANNA ",\"content\":{\"m.relates_to\":[]}}",
        "{\"type\":\"m.room.redaction\"," FROM_ANNA ",\"content\":{}}",
        "{\"type\":\"m.room.encrypted\"," FROM_ANNA ",\"content\":{\"algorithm\":\"x\"}}",
    };
    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_int_equal(reader_read(r, room, events[i]), 0);
    assert_true(reader_read(r, room, "[1]") < 0);
    assert_true(reader_read(r, room, "{\"a\":") < 0);
}

static void the_time_of_sending_is_never_in_the_future(void **state)
{
    struct reader *r = *state;
    assert_int_equal(
        reader_read(r, harbor(r),
                    "{\"type\":\"m.room.message\",\"sender\":\"@a:x\",\"origin_server_ts\":"
                    "99999999999999,\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\"}}"),
        1);
    assert_int_equal(reader_last(r)->sent_at, READER_START);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        READER_TEST(message_is_read),
        READER_TEST(private_room_has_no_name),
        READER_TEST(a_room_of_nobody_is_not_read),
        READER_TEST(m16_own_events_and_notices_are_marked),
        READER_TEST(m17_an_edit_reads_the_new_content),
        READER_TEST(m18_a_redaction_names_what_is_taken_back),
        READER_TEST(m19_mentions_are_believed_before_pills),
        READER_TEST(m20_old_quotes_are_stripped_from_answers),
        READER_TEST(m21_a_thread_is_named_by_its_root),
        READER_TEST(m22_a_reaction_is_an_answer),
        READER_TEST(m23_a_polls_answer_is_a_reaction),
        READER_TEST(a_pictures_caption_is_read_and_a_file_name_is_not),
        READER_TEST(coming_and_going_is_told_a_new_name_is_not),
        READER_TEST(what_a_server_should_not_have_let_pass_is_repaired),
        READER_TEST(what_is_of_another_kind_is_not_there),
        READER_TEST(a_chunk_keeps_all_texts_or_no_event),
        READER_TEST(what_is_no_event_is_passed_over),
        READER_TEST(the_time_of_sending_is_never_in_the_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
