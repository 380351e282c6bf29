/* SPDX-License-Identifier: MIT */
/* test_request.c: one line of the control socket, read and written. */
#include "unit.h"

#include <errno.h>

#include "control/request.h"

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "status",
        "{",
        "[]",
        "{}",
        "null",
        "{\"verb\":1}",
        "{\"verb\":\"\"}",
        "{\"verb\":\"STATUS\"}",
        "{\"verb\":\"../status\"}",
        "{\"verb\":\"a-verb-that-is-far-too-long-to-be-one\"}",
        "{\"verb\":\"a\",\"verb\":\"b\"}",
        "{\"verb\":\"a\",\"arguments\":[]}",
        "{\"verb\":\"a\"} {\"verb\":\"b\"}",
        "{\"verb\":\"a\xff\"}",
        "{\"verb\":\"a\\u0000\"}",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct control_request request;
        struct error error = {0};
        if (control_request_read(str_of(lines[i]), &request, &error) != -EINVAL)
            fail_msg("%s", lines[i]);
        assert_true(error.text[0]);
    }
}

static void arguments_may_be_left_out(void **state)
{
    (void)state;
    struct control_request request;
    assert_int_equal(control_request_read(STR("{\"verb\":\"status\"}"), &request, NULL), 0);
    assert_string_equal(request.verb, "status");
    assert_true(str_empty(request.folder));
    assert_int_equal(json_object_size(request.arguments), 0);
    control_request_done(&request);
}

static void what_is_written_reads_the_same(void **state)
{
    (void)state;
    struct control_request request;
    AUTO_BUF line;
    AUTO_JSON *arguments = json_pack("{s:s, s:b}", "file", "/tmp/a \"b\"\n", "force", 1);
    buf_init(&line, CONTROL_REQUEST_BYTES);
    assert_int_equal(control_request_write("key-rotate", STR("/srv/m\xc3\xbc"), arguments, &line),
                     0);
    assert_int_equal(str_find(buf_str(&line), STR("\n"), 0), line.len - 1);
    assert_int_equal(control_request_read(str_upto(buf_str(&line), line.len - 1), &request, NULL),
                     0);
    assert_string_equal(request.verb, "key-rotate");
    assert_true(str_eq(request.folder, STR("/srv/m\xc3\xbc")));
    assert_true(json_equal(request.arguments, arguments));
    control_request_done(&request);
}

static void a_line_has_a_ceiling(void **state)
{
    (void)state;
    static char text[CONTROL_REQUEST_BYTES + 1];
    memset(text, 'x', CONTROL_REQUEST_BYTES);
    AUTO_JSON *arguments = json_pack("{s:s}", "file", text);
    AUTO_BUF line;
    buf_init(&line, CONTROL_REQUEST_BYTES);
    assert_int_equal(control_request_write("backup", (struct str){0}, arguments, &line), -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(arguments_may_be_left_out),
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(a_line_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
