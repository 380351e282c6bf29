/* SPDX-License-Identifier: MIT */
/* test_casemap.c: which names are the same, under each mapping. */
#include "chat/irc/casemap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_folds(enum irc_casemap map, const char *name, const char *wanted)
{
    AUTO_BUF out = {.limit = 4096};
    assert_int_equal(irc_casemap_fold(map, str_of(name), &out), 0);
    assert_string_equal(out.ptr ? out.ptr : "", wanted);
}

static void i18_names_of_mappings(void **state)
{
    (void)state;
    assert_int_equal(irc_casemap_from(STR("ascii")), IRC_CASEMAP_ASCII);
    assert_int_equal(irc_casemap_from(STR("RFC1459")), IRC_CASEMAP_RFC1459);
    assert_int_equal(irc_casemap_from(STR("rfc1459-strict")), IRC_CASEMAP_RFC1459_STRICT);
    assert_int_equal(irc_casemap_from(STR("strict-rfc1459")), IRC_CASEMAP_RFC1459_STRICT);
    assert_int_equal(irc_casemap_from(STR("rfc7613")), IRC_CASEMAP_RFC7613);
    assert_int_equal(irc_casemap_from(STR("rfc8265")), IRC_CASEMAP_RFC7613);
    assert_int_equal(irc_casemap_from(STR("klingon")), -EINVAL);
    assert_int_equal(irc_casemap_from(STR("")), -EINVAL);
}

static void i18_ascii(void **state)
{
    (void)state;
    assert_folds(IRC_CASEMAP_ASCII, "Ana[]\\^{}|~_-", "ana[]\\^{}|~_-");
    assert_folds(IRC_CASEMAP_ASCII, "\xc3\x84@Z`", "\xc3\x84@z`");
}

static void i18_rfc1459(void **state)
{
    (void)state;
    assert_folds(IRC_CASEMAP_RFC1459, "Ana[]\\^", "ana{}|~");
}

static void i18_rfc1459_strict(void **state)
{
    (void)state;
    assert_folds(IRC_CASEMAP_RFC1459_STRICT, "Ana[]\\^~", "ana{}|^~");
}

static void i18_unicode(void **state)
{
    (void)state;
    assert_folds(IRC_CASEMAP_RFC7613, "\xc3\x84NA", "\xc3\xa4na"); /* a with dots, capital */
    assert_folds(IRC_CASEMAP_RFC7613, "A\xcc\x88NA",
                 "\xc3\xa4na");                                 /* the same of two code points */
    assert_folds(IRC_CASEMAP_RFC7613, "\xef\xbc\xa1na", "ana"); /* full width */
    assert_folds(IRC_CASEMAP_RFC7613, "Ana[", "ana[");
}

static void test_unicode_takes_broken_bytes_as_they_are(void **state)
{
    (void)state;
    assert_folds(IRC_CASEMAP_RFC7613, "A\xff\xc3", "a\xff\xc3");
}

static void test_a_name_longer_than_any_is_folded_all_the_same(void **state)
{
    (void)state;
    AUTO_BUF name = {.limit = 8192}, out = {.limit = 8192};
    for (int i = 0; i < 3000; i++)
        buf_add_c(&name, i % 2 ? "A" : "\xc3\x84");

    assert_int_equal(irc_casemap_fold(IRC_CASEMAP_RFC7613, buf_str(&name), &out), 0);

    assert_int_equal(out.len, name.len);
}

static void test_the_ceiling_is_an_error(void **state)
{
    (void)state;
    AUTO_BUF out = {.limit = 2};

    assert_int_equal(irc_casemap_fold(IRC_CASEMAP_ASCII, STR("abc"), &out), -E2BIG);
}

static void test_same(void **state)
{
    (void)state;
    assert_true(irc_casemap_same(IRC_CASEMAP_RFC1459, STR("a[b]"), STR("A{B}")));
    assert_false(irc_casemap_same(IRC_CASEMAP_ASCII, STR("a[b]"), STR("A{B}")));
    assert_false(irc_casemap_same(IRC_CASEMAP_RFC1459, STR("ana"), STR("anab")));
    assert_true(irc_casemap_same(IRC_CASEMAP_RFC7613, STR("\xc3\x84na"), STR("\xc3\xa4NA")));
    assert_false(irc_casemap_same(IRC_CASEMAP_ASCII, STR("\xc3\x84na"), STR("\xc3\xa4NA")));
    assert_true(irc_casemap_same(IRC_CASEMAP_ASCII, STR(""), STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i18_names_of_mappings),
        cmocka_unit_test(i18_ascii),
        cmocka_unit_test(i18_rfc1459),
        cmocka_unit_test(i18_rfc1459_strict),
        cmocka_unit_test(i18_unicode),
        cmocka_unit_test(test_unicode_takes_broken_bytes_as_they_are),
        cmocka_unit_test(test_a_name_longer_than_any_is_folded_all_the_same),
        cmocka_unit_test(test_the_ceiling_is_an_error),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
