/* SPDX-License-Identifier: MIT */
/* test_quick.c: the quick parser against jansson's. */
#include "unit.h"

#include "chat/matrix/quick.h"

static json_t *slow(struct str bytes)
{
    return json_loadb(bytes.ptr, bytes.len, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL);
}

static void what_is_plain_is_taken_and_means_the_same(void **state)
{
    (void)state;
    static const char *const PLAIN[] = {
        "{}",
        " {\n}x",
        "{\"a\":1}",
        "{\"a\" : -0 , \"b\":[ ] , \"c\":[1,\"x\",{}]}",
        "{\"a\":true,\"b\":false,\"c\":null,\"a\":\"last counts\"}",
        "{\"\":\"\xc3\xa4\xf0\x9f\x98\x80\",\"n\":12345678901234567}",
        "{\"a\":{\"b\":{\"c\":{\"d\":[[[[\"deep\"]]]]}}}}",
    };
    for (size_t i = 0; i < COUNT_OF(PLAIN); i++) {
        json_t *quick = matrix_quick_parse(str_of(PLAIN[i])), *other = slow(str_of(PLAIN[i]));
        if (!quick || !other || !json_equal(quick, other))
            fail_msg("%s", PLAIN[i]);
        json_decref(quick);
        json_decref(other);
    }
}

static void what_is_not_plain_is_left_to_jansson(void **state)
{
    (void)state;
    static const char *const ODD[] = {
        "",
        "x",
        "[]",
        "5",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":1.5}",
        "{\"a\":1e3}",
        "{\"a\":123456789012345678901}",
        "{\"a\":tru}",
        "{\"a\":\"\\n\"}",
        "{\"a\\u0041\":1}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\xff\"}",
        "{\"\xff\":1}",
        "{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < COUNT_OF(ODD); i++)
        if (matrix_quick_parse(str_of(ODD[i])))
            fail_msg("%s", ODD[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_is_taken_and_means_the_same),
        cmocka_unit_test(what_is_not_plain_is_left_to_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
