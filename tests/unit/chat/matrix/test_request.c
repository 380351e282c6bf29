/* SPDX-License-Identifier: MIT */
/* test_request.c: what answers mean, how long to wait, and that none is lost or told twice. */
#include "entry.h"

#include <errno.h>
#include <stdlib.h>

#define WHOAMI "/_matrix/client/v3/account/whoami"
enum { SECOND = 1000, MINUTE = 60 * SECOND };

static void begin(struct entry *entry)
{
    entry_begin(entry, "memory://home", "bot", MATRIX_LOGIN_PASSWORD);
    entry_run(entry, SECOND);
    assert_string_equal(entry->told, "in ");
}

static struct entry_asked ask(struct entry *entry, unsigned status, const char *headers,
                              const char *body)
{
    struct entry_asked asked;
    hs_mend(entry->hs);
    hs_fault(entry->hs, &(struct hs_fault){.match = "GET *whoami*",
                                           .kind = HS_ANSWER,
                                           .status = status,
                                           .headers = headers,
                                           .body = str_of(body)});
    entry_ask(entry, &asked, WHOAMI);
    entry_run(entry, SECOND);
    assert_true(asked.done);
    return asked;
}

static void m1_each_way_to_say_wait_is_understood(void **state)
{
    static const struct {
        const char *headers, *body;
        int64_t low, high;
    } cases[] = {
        {"Retry-After: 7\n", "{\"errcode\":\"M_LIMIT_EXCEEDED\"}", 7000, 7000},
        {"Retry-After: Mon, 23 Nov 2026 07:56:00 GMT\n", "{}", 50000, 60000},
        {"Retry-After: 7\n", "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":90000}", 7000,
         7000}, /* the header stands first */
        {NULL, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":1500}", 1500, 1500},
        {NULL, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":-5}", -1, -1},
        {NULL, "{\"errcode\":\"M_LIMIT_EXCEEDED\"}", -1, -1},
        {NULL, "<html>busy</html>", -1, -1},
        {NULL, "", -1, -1},
    };
    struct entry *entry = *state;
    begin(entry);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct entry_asked asked = ask(entry, 429, cases[i].headers, cases[i].body);
        assert_int_equal(asked.result, -EAGAIN);
        if (asked.retry_after_ms < cases[i].low || asked.retry_after_ms > cases[i].high)
            fail_msg("case %zu: %lld ms", i, (long long)asked.retry_after_ms);
    }
}

static void *no_memory(size_t size)
{
    (void)size;
    mem_note_shortage();
    return NULL;
}

/* What is no JSON is given up; what there was no memory for is asked again. */
static void without_memory_an_answer_is_not_taken_for_no_json(void **state)
{
    struct entry *entry = *state;
    begin(entry);
    assert_int_equal(ask(entry, 200, NULL, "{\"a\":").result, -EBADMSG);
    json_set_alloc_funcs(no_memory, free);
    struct entry_asked asked = ask(entry, 200, NULL, "{\"user_id\":\"@bot:home\"}");
    json_set_alloc_funcs(malloc, free);
    assert_int_equal(asked.result, -ENOMEM);
}

/* Of one member's making, it must not cost the whole answer. */
static void what_is_odd_in_an_answer_is_repaired(void **state)
{
    struct entry *entry = *state;
    begin(entry);
    assert_int_equal(ask(entry, 200, NULL, "{\"a\\u0000b\":\"\\udc00\"}").result, 0);
    assert_int_equal(ask(entry, 200, NULL, "{\"n\":99999999999999999999999}").result, 0);
}

static void m1_waits_are_what_the_server_says_else_they_grow(void **state)
{
    struct entry *entry = *state;
    struct matrix_answer says = {.retry_after_ms = 12345}, nothing = {.retry_after_ms = -1};
    begin(entry);
    assert_int_equal(matrix_retry_ms(&entry->session, &says, 9), 12345);
    for (unsigned n = 1; n < 40; n++) {
        int64_t top = n > 6 ? 60000 : 1000LL << (n - 1);
        assert_in_range(matrix_retry_ms(&entry->session, &nothing, n), MIN_OF(top, 60000) / 2,
                        MIN_OF(top, 60000));
    }
    assert_in_range(matrix_retry_ms(&entry->session, NULL, 0), 500, 1000);
}

static void m2_what_an_answer_means(void **state)
{
    static const struct {
        unsigned status;
        const char *body;
        int result;
    } cases[] = {
        {200, "{}", 0},
        {200, "not JSON", -EBADMSG},
        {500, "{}", -EAGAIN},
        {502, "<html>", -EAGAIN},
        {504, "", -EAGAIN},
        {403, "{\"errcode\":\"M_FORBIDDEN\"}", -EACCES},
        {403, "{\"errcode\":\"M_USER_SUSPENDED\"}", -EAGAIN},
        {404, "{\"errcode\":\"M_NOT_FOUND\"}", -ENOENT},
        {413, "{\"errcode\":\"M_TOO_LARGE\"}", -E2BIG},
        {400, "{\"errcode\":\"M_BAD_JSON\"}", -EINVAL},
        {400, "{\"errcode\":7}", -EINVAL},
        {408, "", -EAGAIN},
    };
    struct entry *entry = *state;
    begin(entry);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct entry_asked asked = ask(entry, cases[i].status, NULL, cases[i].body);
        if (asked.result != cases[i].result)
            fail_msg("case %zu: %d", i, asked.result);
    }
}

static void m2_a_server_that_hangs_is_given_up(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked[3];
    static const enum hs_fault_kind kinds[] = {HS_HANG, HS_CUT, HS_HANG_BODY};
    begin(entry);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        hs_mend(entry->hs);
        hs_fault(entry->hs, &(struct hs_fault){.match = "GET *whoami*", .kind = kinds[i], .at = 5});
        entry_ask(entry, &asked[i], WHOAMI);
        entry_run(entry, 31 * SECOND);
        assert_true(asked[i].done);
        assert_int_equal(asked[i].result, -EAGAIN);
        assert_int_equal(asked[i].status, i == 2 ? 200 : 0);
    }
}

static void m5_a_token_that_dies_under_a_request_is_renewed_under_it(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked;
    begin(entry);
    hs_fault(entry->hs, &(struct hs_fault){.match = "GET *whoami*", .kind = HS_EXPIRE, .times = 1});
    entry_ask(entry, &asked, WHOAMI);
    entry_run(entry, SECOND);
    assert_true(asked.done);
    assert_int_equal(asked.result, 0);
    assert_int_equal(hs_requests(entry->hs, "GET *whoami*"), 2);
}

static void requests_wait_for_the_login(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked;
    hs_set_mode(entry->hs, MEMORY_HTTP_REFUSE);
    entry_begin(entry, "memory://home", "bot", MATRIX_LOGIN_PASSWORD);
    entry_ask(entry, &asked, WHOAMI);
    entry_run(entry, 10 * MINUTE);
    assert_false(asked.done);
    hs_set_mode(entry->hs, MEMORY_HTTP_TAKE);
    entry_run(entry, 2 * MINUTE);
    assert_true(asked.done);
    assert_int_equal(asked.result, 0);
}

static void a_burst_has_a_ceiling(void **state)
{
    enum { CEILING = 256 };
    struct entry *entry = *state;
    struct matrix_call *call;
    static struct entry_asked asked[CEILING];
    const struct matrix_request request = {.method = "GET", .path = STR(WHOAMI)};
    begin(entry);
    for (size_t i = 0; i < CEILING; i++)
        entry_ask(entry, &asked[i], WHOAMI);
    assert_int_equal(matrix_request(&entry->session, &request, NULL, NULL, &call), -ENOBUFS);
    entry_run(entry, MINUTE);
    for (size_t i = 0; i < CEILING; i++)
        assert_true(asked[i].done);
}

static void parts_of_a_path_are_encoded(void **state)
{
    const struct str parts[] = {STR("!a/b:home"), STR("m.room.message"), STR("\xc3\xa9?")};
    AUTO_BUF out;
    (void)state;
    buf_init(&out, 256);
    assert_int_equal(matrix_path(&out, "/rooms/{}/send/{}/{}", parts, 3), 0);
    assert_true(str_eq_c(buf_str(&out), "/rooms/%21a%2Fb%3Ahome/send/m.room.message/%C3%A9%3F"));
    buf_clear(&out);
    assert_int_equal(matrix_path(&out, "/rooms/{}", parts, 2), -EINVAL);
    buf_clear(&out);
    assert_int_equal(matrix_path(&out, "/rooms/{}/{}", parts, 1), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(m1_each_way_to_say_wait_is_understood),
        ENTRY_TEST(without_memory_an_answer_is_not_taken_for_no_json),
        ENTRY_TEST(what_is_odd_in_an_answer_is_repaired),
        ENTRY_TEST(m1_waits_are_what_the_server_says_else_they_grow),
        ENTRY_TEST(m2_what_an_answer_means),
        ENTRY_TEST(m2_a_server_that_hangs_is_given_up),
        ENTRY_TEST(m5_a_token_that_dies_under_a_request_is_renewed_under_it),
        ENTRY_TEST(requests_wait_for_the_login),
        ENTRY_TEST(a_burst_has_a_ceiling),
        cmocka_unit_test(parts_of_a_path_are_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
