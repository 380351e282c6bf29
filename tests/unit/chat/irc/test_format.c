/* SPDX-License-Identifier: MIT */
/* test_format.c: formatting codes off, CTCP recognised. */
#include "chat/irc/format.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_stripped(struct str text, const char *wanted)
{
    AUTO_BUF out = {.limit = 4096};
    irc_format_strip(text, &out);
    assert_string_equal(out.ptr ? out.ptr : "", wanted);
}

static void i21_takes_codes_off(void **state)
{
    (void)state;
    assert_stripped(STR("\x02!\x02"
                        "checkin\x0f"),
                    "!checkin");
    assert_stripped(STR("a\x1d\x1f\x1e\x11\x16z"), "az");
    assert_stripped(STR(""), "");
}

static void i21_takes_colours_off_with_their_numbers(void **state)
{
    (void)state;
    assert_stripped(STR("\x03"
                        "4red"),
                    "red");
    assert_stripped(STR("\x03"
                        "04,12both"),
                    "both");
    assert_stripped(STR("\x03"
                        "041"
                        "23"),
                    "123");               /* two digits at most */
    assert_stripped(STR("\x03,5"), ",5"); /* no colour before the comma: it is text */
    assert_stripped(STR("\x03"
                        "4,x"),
                    ",x");
    assert_stripped(STR("\x03"
                        "4,"),
                    ",");
    assert_stripped(STR("end\x03"), "end");
}

static void i21_takes_hex_colours_off(void **state)
{
    (void)state;
    assert_stripped(STR("\x04"
                        "ff00AAtext"),
                    "text");
    assert_stripped(STR("\x04"
                        "ff00aa,00ff00text"),
                    "text");
    assert_stripped(STR("\x04"
                        "ff00"),
                    "ff00");
    assert_stripped(STR("\x04"
                        "ff00aa,00f x"),
                    ",00f x");
}

static void i12_old_clients_bytes_become_utf8(void **state)
{
    (void)state;
    assert_stripped(STR("caf\xe9"), "caf\xc3\xa9");
    assert_stripped(STR("caf\xc3\xa9"), "caf\xc3\xa9");
}

static void test_ctcp(void **state)
{
    (void)state;
    struct str command, args;

    assert_true(irc_format_ctcp(STR("\001ACTION waves\001"), &command, &args));
    assert_true(str_eq_c(command, "ACTION"));
    assert_true(str_eq_c(args, "waves"));
    assert_true(irc_format_ctcp(STR("\001VERSION\001"), &command, &args));
    assert_int_equal(args.len, 0);
    assert_true(irc_format_ctcp(STR("\001PING 12 3"), &command, &args));
    assert_true(str_eq_c(args, "12 3"));
}

static void test_what_is_no_ctcp(void **state)
{
    (void)state;
    struct str command, args;

    assert_false(irc_format_ctcp(STR("hello"), &command, &args));
    assert_false(irc_format_ctcp(STR("\001"), &command, &args));
    assert_false(irc_format_ctcp(STR("\001\001"), &command, &args));
    assert_false(irc_format_ctcp(STR("\001 x\001"), &command, &args));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i21_takes_codes_off),
        cmocka_unit_test(i21_takes_colours_off_with_their_numbers),
        cmocka_unit_test(i21_takes_hex_colours_off),
        cmocka_unit_test(i12_old_clients_bytes_become_utf8),
        cmocka_unit_test(test_ctcp),
        cmocka_unit_test(test_what_is_no_ctcp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
