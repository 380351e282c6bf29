/* SPDX-License-Identifier: MIT */
/* test_detect.c: a line in, a line out, whatever the line holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/str.h"
#include "safety/detect.h"

/* The answers to `input`, as an array of objects. */
static json_t *run(struct str input)
{
    char *output = NULL;
    size_t size = 0;
    FILE *in = input.len ? fmemopen((void *)(uintptr_t)input.ptr, input.len, "r") : fopen("/dev/null", "r");
    FILE *out = open_memstream(&output, &size);
    assert_int_equal(detect_stream(in, out), 0);
    fclose(in);
    fclose(out);
    json_t *answers = json_array();
    struct str rest = {output, size}, line;
    while (str_split(&rest, '\n', &line)) {
        if (str_empty(line))
            continue;
        json_t *answer = json_loadb(line.ptr, line.len, 0, NULL);
        assert_non_null(answer);
        json_array_append_new(answers, answer);
    }
    free(output);
    return answers;
}

static const char *text_at(const json_t *answers, size_t index, const char *key)
{
    const char *text = json_string_value(json_object_get(json_array_get(answers, index), key));
    return text ? text : "";
}

static int tier_at(const json_t *answers, size_t index)
{
    return (int)json_integer_value(json_object_get(json_array_get(answers, index), "tier"));
}

static void answers_come_in_order_with_their_ids(void **state)
{
    (void)state;
    json_t *answers = run(STR("{\"id\": \"a\", \"text\": \"i want to die\"}\n{\"id\": 7, \"text\": \"hello\"}"));
    assert_int_equal(json_array_size(answers), 2);
    assert_string_equal(text_at(answers, 0, "id"), "a");
    assert_string_equal(text_at(answers, 0, "kind"), "suicide");
    assert_string_equal(text_at(answers, 0, "who"), "self");
    assert_int_equal(tier_at(answers, 0), 3);
    assert_true(json_array_size(json_object_get(json_array_get(answers, 0), "rules")) > 0);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(answers, 1), "id")), 7);
    assert_string_equal(text_at(answers, 1, "kind"), "none");
    json_decref(answers);
}

static void bad_lines_answer_with_an_error_and_stop_nothing(void **state)
{
    static const char input[] = "nonsense\n[]\n{\"id\": 1}\n{\"id\": 2, \"text\": 5}\n{\"id\": 3, \"turns\": \"x\"}\n"
                                "{\"id\": 4, \"text\": \"i want to die\"}\n";
    (void)state;
    json_t *answers = run(STR(input));
    assert_int_equal(json_array_size(answers), 6);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(text_at(answers, i, "kind"), "none");
        assert_true(strlen(text_at(answers, i, "error")) > 0);
    }
    assert_true(json_is_null(json_object_get(json_array_get(answers, 0), "id")));
    assert_int_equal(tier_at(answers, 5), 3);
    json_decref(answers);
}

static void empty_and_nul_and_broken_bytes_are_read(void **state)
{
    static const char input[] = "{\"id\": 1, \"text\": \"\"}\n{\"id\": 2, \"text\": \"i want \\u0000to die\"}\n"
                                "{\"id\": 3, \"text\": \"caf\xE9 i want to die\"}\n"
                                "{\"id\": 4, \"text\": \"\\ud83d i want to die\"}\n\n";
    (void)state;
    json_t *answers = run((struct str){input, sizeof(input) - 1});
    assert_int_equal(json_array_size(answers), 4);
    assert_int_equal(tier_at(answers, 0), 0);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(tier_at(answers, i), 3);
    json_decref(answers);
}

static void long_texts_are_read(void **state)
{
    (void)state;
    AUTO_BUF line;
    buf_init(&line, 4 * 1024 * 1024);
    buf_add_c(&line, "{\"id\": \"long\", \"text\": \"");
    while (line.len < 100 * 1024)
        buf_add_c(&line, "and then we had tea ");
    buf_add_c(&line, "i want to die\"}\n");
    json_t *answers = run(buf_str(&line));
    assert_int_equal(tier_at(answers, 0), 3);
    json_decref(answers);
}

static void turns_are_texts_or_objects_and_the_bots_do_not_count(void **state)
{
    static const char input[] =
        "{\"id\": 1, \"turns\": [\"i want to kill myself\", {\"text\": \"tonight\"}]}\n"
        "{\"id\": 2, \"turns\": [{\"role\": \"bot\", \"text\": \"do you want to die\"}, {\"from\": \"ana\", \"text\": \"no\"}]}\n"
        "{\"id\": 3, \"turns\": []}\n{\"id\": 4, \"turns\": [5, null, {\"x\": 1}, \"i want to die\"]}\n";
    (void)state;
    json_t *answers = run(STR(input));
    assert_int_equal(tier_at(answers, 0), 4);
    assert_int_equal(tier_at(answers, 1), 0);
    assert_int_equal(tier_at(answers, 2), 0);
    assert_int_equal(tier_at(answers, 3), 3);
    json_decref(answers);
}

static void a_yes_to_the_bots_question_counts(void **state)
{
    static const char input[] = "{\"id\": 1, \"turns\": [{\"role\": \"bot\", \"text\": \"Are you thinking of ending your "
                                "life?\"}, {\"role\": \"user\", \"text\": \"yes\"}]}\n";
    (void)state;
    json_t *answers = run(STR(input));
    assert_int_equal(tier_at(answers, 0), 3);
    assert_string_equal(text_at(answers, 0, "kind"), "suicide");
    json_decref(answers);
}

static void no_input_gives_no_output(void **state)
{
    (void)state;
    json_t *answers = run((struct str){NULL, 0});
    assert_int_equal(json_array_size(answers), 0);
    json_decref(answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_in_order_with_their_ids),
        cmocka_unit_test(bad_lines_answer_with_an_error_and_stop_nothing),
        cmocka_unit_test(empty_and_nul_and_broken_bytes_are_read),
        cmocka_unit_test(long_texts_are_read),
        cmocka_unit_test(turns_are_texts_or_objects_and_the_bots_do_not_count),
        cmocka_unit_test(a_yes_to_the_bots_question_counts),
        cmocka_unit_test(no_input_gives_no_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
