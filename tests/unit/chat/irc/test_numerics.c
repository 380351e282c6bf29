/* SPDX-License-Identifier: MIT */
/* test_numerics.c: reasons, minimum parameters, and what goodbyes mean. */
#include "chat/irc/numerics.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static size_t min_of(const char *line)
{
    struct irc_message message;
    assert_int_equal(irc_parse_line(str_of(line), &message), 0);
    return irc_numerics_min_params(&message);
}

static void i8_errors_that_requirements_name_have_reasons(void **state)
{
    (void)state;
    static const unsigned numbers[] = {401, 403, 404, 415, 437, 471, 473, 474, 475, 477,
                                       480, 482, 486, 489, 520, 531, 707, 716, 717};

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const struct irc_numeric *numeric = irc_numerics_find(numbers[i]);
        assert_non_null(numeric);
        assert_true(strlen(numeric->reason) > 10);
        assert_true(numeric->flags != 0);
        assert_true(numeric->min_params >= 2); /* params[1] is read */
    }
    assert_non_null(irc_numerics_find(472));
    assert_null(irc_numerics_find(1));
    assert_null(irc_numerics_find(0));
}

static void i8_what_each_error_means(void **state)
{
    (void)state;
    assert_int_equal(irc_numerics_find(401)->flags, IRC_NUMERIC_UNDELIVERED);
    assert_int_equal(irc_numerics_find(716)->flags, IRC_NUMERIC_UNDELIVERED);
    assert_int_equal(irc_numerics_find(474)->flags, IRC_NUMERIC_NOT_JOINED);
    assert_int_equal(irc_numerics_find(477)->flags,
                     IRC_NUMERIC_UNDELIVERED | IRC_NUMERIC_NOT_JOINED);
    assert_int_equal(irc_numerics_find(433)->flags, IRC_NUMERIC_NICK);
    assert_int_equal(irc_numerics_find(465)->flags, IRC_NUMERIC_BANNED);
}

static void test_minimum_parameters(void **state)
{
    (void)state;
    assert_int_equal(min_of("PRIVMSG"), 2);
    assert_int_equal(min_of("privmsg"), 2);
    assert_int_equal(min_of("353 x"), 4);
    assert_int_equal(min_of("474"), 2);
    assert_int_equal(min_of("QUIT"), 0);
    assert_true(min_of("WALLOPS x") == SIZE_MAX);
    assert_true(min_of("372 x :motd") == SIZE_MAX);
}

static void test_goodbyes(void **state)
{
    (void)state;
    assert_int_equal(irc_numerics_goodbye(STR("Closing Link: x[y] (K-Lined)")), IRC_GOODBYE_BANNED);
    assert_int_equal(irc_numerics_goodbye(STR("You are banned from this server")),
                     IRC_GOODBYE_BANNED);
    assert_int_equal(irc_numerics_goodbye(STR("Trying to reconnect too fast.")),
                     IRC_GOODBYE_THROTTLED);
    assert_int_equal(irc_numerics_goodbye(STR("Your host is being THROTTLED")),
                     IRC_GOODBYE_THROTTLED);
    assert_int_equal(irc_numerics_goodbye(STR("Server shutting down")), IRC_GOODBYE_ANY);
    assert_int_equal(irc_numerics_goodbye(STR("")), IRC_GOODBYE_ANY);
}

static void test_transient_refusals(void **state)
{
    (void)state;
    assert_true(irc_numerics_is_transient(
        STR("SASL authentication failed: services are temporarily unavailable")));
    assert_true(irc_numerics_is_transient(STR("Try again later")));
    assert_false(irc_numerics_is_transient(STR("SASL authentication failed")));
    assert_false(irc_numerics_is_transient(STR("Invalid account credentials")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i8_errors_that_requirements_name_have_reasons),
        cmocka_unit_test(i8_what_each_error_means),
        cmocka_unit_test(test_minimum_parameters),
        cmocka_unit_test(test_goodbyes),
        cmocka_unit_test(test_transient_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
