/* SPDX-License-Identifier: MIT */
/* test_payload.c: what a queued message carries comes back as it went in, and nothing else is
 * believed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "outbox/payload.h"

static void round_trip(const struct payload *in, struct arena *arena, struct payload *ret_out)
{
    AUTO_BUF json;
    buf_init(&json, PAYLOAD_BYTES_MAX);
    assert_int_equal(payload_encode(in, &json), 0);
    assert_int_equal(payload_decode(buf_str(&json), arena, ret_out), 0);
}

static void test_everything_comes_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct mooring_arg args[] = {
        {.name = "count", .kind = MOORING_ARG_INT, .number = -7},
        {.name = "member_text",
         .kind = MOORING_ARG_TEXT,
         .text = MOORING_STR("a walk \xf0\x9f\x99\x82 \"quoted\"\n")},
    };
    struct payload_choice choices[] = {{STR("test.yes"), STR("\xf0\x9f\x91\x8d"), STR("ack 17")},
                                       {STR("test.no"), {0}, STR("no")}};
    struct payload in = {.flags = MOORING_SAY_CRISIS | MOORING_SAY_TEAM,
                         .is_answer = true,
                         .is_again = true,
                         .msgid = STR("test.hello"),
                         .verbatim = STR("*card*"),
                         .alt_msgid = STR("test.alt"),
                         .args = args,
                         .arg_count = 2,
                         .choices = choices,
                         .choice_count = 2,
                         .wording = 3,
                         .alert = 17,
                         .network = STR("libera"),
                         .room = STR("#harbor"),
                         .user = STR("ana"),
                         .identity = STR("account:ana"),
                         .mention = STR("Ana"),
                         .answers_id = STR("$1"),
                         .thread = STR("$0"),
                         .transaction_id = STR("0123"),
                         .member = 5,
                         .room_id = UINT64_C(0x7fffffffffffffff),
                         .group = 9,
                         .source_room = STR("#bridge"),
                         .source_room_id = 11};
    struct payload out;

    round_trip(&in, &arena, &out);

    assert_int_equal(out.flags, in.flags);
    assert_true(out.is_answer && out.is_again);
    assert_true(str_eq(out.msgid, in.msgid) && str_eq(out.verbatim, in.verbatim) &&
                str_eq(out.alt_msgid, in.alt_msgid));
    assert_int_equal(out.arg_count, 2);
    assert_string_equal(out.args[0].name, "count");
    assert_int_equal(out.args[0].number, -7);
    assert_int_equal(out.args[1].kind, MOORING_ARG_TEXT);
    assert_int_equal(out.args[1].text.len, args[1].text.len);
    assert_memory_equal(out.args[1].text.ptr, args[1].text.ptr, args[1].text.len);
    assert_int_equal(out.choice_count, 2);
    assert_true(str_eq(out.choices[0].command, STR("ack 17")) &&
                str_eq(out.choices[0].reaction, choices[0].reaction));
    assert_true(str_eq(out.choices[1].label_msgid, STR("test.no")) &&
                str_empty(out.choices[1].reaction));
    assert_int_equal(out.wording, 3);
    assert_int_equal(out.alert, 17);
    assert_true(str_eq(out.network, in.network) && str_eq(out.room, in.room) &&
                str_eq(out.user, in.user));
    assert_true(str_eq(out.identity, in.identity) && str_eq(out.mention, in.mention) &&
                str_eq(out.thread, in.thread));
    assert_true(str_eq(out.answers_id, in.answers_id) &&
                str_eq(out.transaction_id, in.transaction_id));
    assert_int_equal(out.member, 5);
    assert_true(out.room_id == in.room_id);
    assert_int_equal(out.group, 9);
    assert_true(str_eq(out.source_room, in.source_room));
    assert_int_equal(out.source_room_id, 11);
    arena_done(&arena);
}

static void test_nothing_comes_back_as_nothing(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct payload out;
    round_trip(&(struct payload){0}, &arena, &out);
    assert_true(str_empty(out.msgid) && str_empty(out.room));
    assert_int_equal(out.arg_count + out.choice_count + out.member + out.flags, 0);
    arena_done(&arena);
}

static void test_a_nul_inside_a_text_is_kept(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct payload out;
    round_trip(&(struct payload){.user = {"a\0b", 3}}, &arena, &out);
    assert_int_equal(out.user.len, 3);
    assert_memory_equal(out.user.ptr, "a\0b", 3);
    arena_done(&arena);
}

static void test_ill_formed_text_is_repaired(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct payload out;
    round_trip(&(struct payload){.mention = STR("caf\xe9")}, &arena, &out);
    assert_true(str_eq(out.mention, STR("caf\xc3\xa9")));
    arena_done(&arena);
}

static void test_too_much_is_refused(void **state)
{
    (void)state;
    AUTO_BUF json;
    buf_init(&json, PAYLOAD_BYTES_MAX);
    assert_int_equal(payload_encode(&(struct payload){.arg_count = PAYLOAD_ARGS_MAX + 1}, &json),
                     -E2BIG);
    assert_int_equal(
        payload_encode(&(struct payload){.choice_count = PAYLOAD_CHOICES_MAX + 1}, &json), -E2BIG);
    buf_init(&json, 8);
    assert_int_equal(payload_encode(&(struct payload){.room = STR("#a-long-name")}, &json), -E2BIG);
}

static void test_what_is_no_payload_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"v\":2}",
        "{\"v\":\"1\"}",
        "{\"v\":1,\"room\":5}",
        "{\"v\":1,\"member\":\"5\"}",
        "{\"v\":1,\"member\":1.5}",
        "{\"v\":1,\"args\":{}}",
        "{\"v\":1,\"args\":[1]}",
        "{\"v\":1,\"args\":[{\"kind\":0}]}",
        "{\"v\":1,\"args\":[{\"name\":\"a\",\"kind\":99}]}",
        "{\"v\":1,\"args\":[{\"name\":\"a\",\"kind\":-1}]}",
        "{\"v\":1,\"args\":[{\"name\":\"a\\u0000b\",\"kind\":1}]}",
        "{\"v\":1,\"choices\":\"x\"}",
        "{\"v\":1,\"choices\":[{\"label\":7}]}",
        "{\"v\":1,\"choices\":[1,2,3,4,5,6,7,8,9,10]}",
        "{\"v\":1} trailing",
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct payload out;
        if (payload_decode(str_of(bad[i]), &arena, &out) >= 0)
            fail_msg("believed: %s", bad[i]);
    }
    arena_done(&arena);
}

static void test_unknown_members_are_left_alone(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct payload out;
    assert_int_equal(payload_decode(STR("{\"v\":1,\"later\":[1],\"msgid\":\"a.b\"}"), &arena, &out),
                     0);
    assert_true(str_eq(out.msgid, STR("a.b")));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_comes_back),
        cmocka_unit_test(test_nothing_comes_back_as_nothing),
        cmocka_unit_test(test_a_nul_inside_a_text_is_kept),
        cmocka_unit_test(test_ill_formed_text_is_repaired),
        cmocka_unit_test(test_too_much_is_refused),
        cmocka_unit_test(test_what_is_no_payload_is_refused),
        cmocka_unit_test(test_unknown_members_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
