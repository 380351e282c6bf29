/* SPDX-License-Identifier: MIT */
/* test_tree.c: the quick parser against jansson's, and looking into what it gives. */
#include "unit.h"

#include "same_tree.h"

/* What jansson makes of it; NULL: no JSON. */
static const struct tree *slow(struct arena *arena, struct str bytes)
{
    json_t *json = json_loadb(bytes.ptr, bytes.len, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL);
    const struct tree *tree = json ? tree_of_json(arena, json) : NULL;
    json_decref(json);
    return tree;
}

/* Of bytes behind which nothing may be read. */
static const struct tree *quick(struct arena *arena, const char *text)
{
    char *bytes = mem_alloc(strlen(text));
    memcpy(bytes, text, strlen(text));
    const struct tree *tree = tree_parse(arena, (struct str){bytes, strlen(text)});
    mem_free(bytes);
    return tree;
}

static void what_is_plain_is_taken_and_means_the_same(void **state)
{
    (void)state;
    static const char *const PLAIN[] = {
        "{}",
        " {\n}x",
        "\t{ \r\n\t\"a\"\t:\r1\n}",
        "{\"a\":1}",
        "{\"a\" : -0 , \"b\":[ ] , \"c\":[1,\"x\",{}]}",
        "{\"a\":true,\"b\":false,\"c\":null,\"d\":\"last\"}",
        "{\"\":\"\xc3\xa4\xf0\x9f\x98\x80\",\"n\":123456789012345678,\"m\":-999999999999999999}",
        "{\"a\":{\"b\":{\"c\":{\"d\":[[[[\"deep\"]]]]}}}}",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(PLAIN); i++)
        if (!same_tree(tree_parse(&arena, str_of(PLAIN[i])), slow(&arena, str_of(PLAIN[i]))))
            fail_msg("%s", PLAIN[i]);
    arena_done(&arena);
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
        "{\"a\":-",
        "{\"a\":12",
        "{\"a\": ",
        "{\"a\":\"b",
        "{\"a\":t",
        "{\"a\":1E3}",
        "{\"a\":1234567890123456789}",
        "{\"a\":1.5}",
        "{\"a\":1e3}",
        "{\"a\":123456789012345678901}",
        "{\"a\":tru}",
        "{\"a\":\"\\n\"}",
        "{\"a\\u0041\":1}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\xff\"}",
        "{\"\xff\":1}",
        "{\"a\":1,\"b\":2,\"a\":3}", /* which counts is jansson's to say */
        "{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(ODD); i++)
        if (quick(&arena, ODD[i]))
            fail_msg("%s", ODD[i]);
    arena_done(&arena);
}

/* `count` members "k0":0, "k1":1, ... */
static void members(struct buf *out, int count)
{
    buf_clear(out);
    for (int i = 0; i < count; i++)
        buf_add_format(out, "%c\"k%d\":%d", i == 0 ? '{' : ',', i, i);
    buf_add_c(out, "}");
}

static void an_object_of_very_many_members_is_left_to_jansson(void **state)
{
    (void)state;
    struct arena arena = {0};
    AUTO_BUF text;
    buf_init(&text, 4096);
    members(&text, 64);
    const struct tree *tree = tree_parse(&arena, buf_str(&text));
    assert_true(same_tree(tree, slow(&arena, buf_str(&text))));
    assert_int_equal(tree->count, 64);
    members(&text, 65);
    assert_null(tree_parse(&arena, buf_str(&text)));
    assert_int_equal(slow(&arena, buf_str(&text))->count, 65);
    arena_done(&arena);
}

static void a_list_of_very_many_values_is_left_to_jansson(void **state)
{
    (void)state;
    struct arena arena = {0};
    AUTO_BUF text;
    buf_init(&text, 64 * 1024);
    for (int count = 4095; count <= 4096; count++) {
        buf_clear(&text);
        for (int i = 0; i < count; i++)
            buf_add_c(&text, i == 0 ? "{\"a\":[7" : ",7");
        buf_add_c(&text, "]}");
        const struct tree *tree = tree_parse(&arena, buf_str(&text));
        if (count == 4095)
            assert_true(same_tree(tree, slow(&arena, buf_str(&text))));
        else
            assert_null(tree);
    }
    arena_done(&arena);
}

static void brackets_up_to_a_depth_are_taken(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_non_null(tree_parse(&arena, STR("{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}"))); /* 16 */
    assert_null(tree_parse(&arena, STR("{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}")));
    /* side by side they are not deep */
    assert_non_null(tree_parse(
        &arena, STR("{\"a\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],{},{}]}")));
    arena_done(&arena);
}

/* jansson reads as deep as that; our stack must bear it too. */
static void very_deep_json_becomes_a_tree(void **state)
{
    (void)state;
    enum { DEPTH = 2040 };
    struct arena arena = {0};
    AUTO_BUF text;
    buf_init(&text, 64 * 1024);
    for (int i = 0; i < DEPTH; i++)
        buf_add_c(&text, i % 2 ? "[" : "{\"a\":");
    buf_add_c(&text, "7");
    for (int i = DEPTH; i-- > 0;)
        buf_add_c(&text, i % 2 ? "]" : "}");
    const struct tree *tree = slow(&arena, buf_str(&text));
    for (int i = 0; i < DEPTH; i++)
        tree = i % 2 ? tree_first(tree) : tree_get(tree, "a");
    assert_true(tree_is(tree, TREE_WHOLE) && tree->whole == 7);
    arena_done(&arena);
}

static void what_is_not_there_or_of_another_kind_is_empty(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct tree *tree = tree_parse(
        &arena, STR("{\"text\":\"x\",\"number\":7,\"yes\":true,\"no\":false,\"list\":[1,2],"
                    "\"none\":[],\"object\":{\"in\":\"y\"}}"));
    assert_non_null(tree);
    assert_true(str_eq_c(tree_text(tree, "text"), "x"));
    assert_true(str_empty(tree_text(tree, "number")) && str_empty(tree_text(tree, "missing")));
    assert_true(str_empty(tree_text(NULL, "text")));
    assert_true(str_eq_c(tree_text(tree_get(tree, "object"), "in"), "y"));
    assert_null(tree_get(tree_get(tree, "text"), "in"));
    assert_null(tree_get(tree_get(tree, "list"), ""));
    assert_int_equal(tree_whole(tree, "number", -1), 7);
    assert_int_equal(tree_whole(tree, "text", -1), -1);
    assert_true(tree_is_true(tree, "yes"));
    assert_false(tree_is_true(tree, "no") || tree_is_true(tree, "number"));
    const struct tree *first = tree_first(tree_get(tree, "list"));
    assert_true(first && first->whole == 1 && first->next->whole == 2 && !first->next->next);
    assert_null(tree_first(tree_get(tree, "none")));
    assert_null(tree_first(tree_get(tree, "text")));
    assert_null(tree_first(tree_get(tree, "object")));
    arena_done(&arena);
}

/* Nothing of it is needed once it is a tree. */
static void a_tree_of_json_outlives_it(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct tree *tree = slow(&arena,
                                   STR("{\"a\":\"nul \\u0000 in it\",\"b\":[1.5,-2,null]}"));
    assert_true(str_eq(tree_text(tree, "a"), (struct str){"nul \0 in it", 11}));
    const struct tree *first = tree_first(tree_get(tree, "b"));
    assert_true(tree_is(first, TREE_REAL) && first->real == 1.5);
    assert_true(tree_is(first->next, TREE_WHOLE) && first->next->whole == -2);
    assert_true(tree_is(first->next->next, TREE_NULL));
    arena_done(&arena);
}

/* Where one number is too large for jansson all are reals. */
static void a_real_is_a_whole_number_as_far_as_it_is_exact(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct tree *tree = slow(
        &arena, STR("{\"a\":1795420400000.0,\"b\":-9007199254740992.0,\"c\":9007199254740992.0,"
                    "\"d\":9007199254740994.0,\"e\":-1e300}"));
    assert_int_equal(tree_whole(tree, "a", -1), 1795420400000LL);
    assert_int_equal(tree_whole(tree, "b", -1), -(1LL << 53));
    assert_int_equal(tree_whole(tree, "c", -1), 1LL << 53);
    assert_int_equal(tree_whole(tree, "d", -1), -1);
    assert_int_equal(tree_whole(tree, "e", -1), -1);
    arena_done(&arena);
}

static void without_memory_there_is_no_tree(void **state)
{
    (void)state;
    const struct str TEXT = STR("{\"a\":{\"b\":[1,2,3]},\"c\":\"a text that is longer than its key\"}");
    json_t *json = json_loadb(TEXT.ptr, TEXT.len, 0, NULL);
    bool parsed = false, made = false;
    assert_non_null(json);
    for (size_t left = 0; !parsed || !made; left += 16) {
        assert_true(left < 1024);
        parsed = made = true;
        for (int how = 0; how < 2; how++) {
            enum { CHUNK = 16 * 1024 };
            struct arena arena;
            arena_init(&arena, CHUNK);
            (void)!arena_alloc(&arena, CHUNK - left);
            const struct tree *tree = how ? tree_of_json(&arena, json) : tree_parse(&arena, TEXT);
            struct arena other = {0};
            if (tree)
                assert_true(same_tree(tree, tree_of_json(&other, json)));
            *(how ? &made : &parsed) = tree;
            arena_done(&arena);
            arena_done(&other);
        }
    }
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_is_taken_and_means_the_same),
        cmocka_unit_test(what_is_not_plain_is_left_to_jansson),
        cmocka_unit_test(an_object_of_very_many_members_is_left_to_jansson),
        cmocka_unit_test(a_list_of_very_many_values_is_left_to_jansson),
        cmocka_unit_test(brackets_up_to_a_depth_are_taken),
        cmocka_unit_test(very_deep_json_becomes_a_tree),
        cmocka_unit_test(what_is_not_there_or_of_another_kind_is_empty),
        cmocka_unit_test(a_tree_of_json_outlives_it),
        cmocka_unit_test(a_real_is_a_whole_number_as_far_as_it_is_exact),
        cmocka_unit_test(without_memory_there_is_no_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
