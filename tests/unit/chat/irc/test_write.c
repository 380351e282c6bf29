/* SPDX-License-Identifier: MIT */
/* test_write.c: composed lines; what would end one early is refused. */
#include "chat/irc/write.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cases.h"

static int written(struct buf *out, const char *command, const struct str *params, size_t count)
{
    struct irc_write write = {.command = str_of(command), .params = params, .param_count = count};
    return irc_write_line(&write, out);
}
#define PARAMS(...) (const struct str[]){__VA_ARGS__}, COUNT_OF(((const struct str[]){__VA_ARGS__}))

static void test_composes_a_message(void **state)
{
    (void)state;
    AUTO_BUF out = {.limit = 1024};

    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#harbor"), STR("hello there"))), 0);
    assert_string_equal(out.ptr, "PRIVMSG #harbor :hello there");
    assert_int_equal(written(&out, "JOIN", PARAMS(STR("#a,#b"))), 0);
    assert_string_equal(out.ptr, "JOIN #a,#b");
    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#a"), STR(":)"))), 0);
    assert_string_equal(out.ptr, "PRIVMSG #a ::)");
    assert_int_equal(written(&out, "AWAY", PARAMS(STR(""))), 0);
    assert_string_equal(out.ptr, "AWAY :");
}

static void i11_refuses_line_breaks_and_nul(void **state)
{
    (void)state;
    AUTO_BUF out = {.limit = 1024};

    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#a"), STR("x\r\nQUIT"))), -EINVAL);
    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#a"), STR("x\nQUIT"))), -EINVAL);
    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#a"), STR("x\rQUIT"))), -EINVAL);
    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#a"), STR("x\0y"))), -EINVAL);
    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#a\n"), STR("x"))), -EINVAL);
    assert_int_equal(written(&out, "PRIV\nMSG", PARAMS(STR("#a"), STR("x"))), -EINVAL);
}

static void test_refuses_middle_parameters_that_would_shift_the_rest(void **state)
{
    (void)state;
    AUTO_BUF out = {.limit = 1024};

    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("a b"), STR("x"))), -EINVAL);
    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR(""), STR("x"))), -EINVAL);
    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR(":a"), STR("x"))), -EINVAL);
    assert_int_equal(written(&out, "", PARAMS(STR("a"))), -EINVAL);
    assert_int_equal(written(&out, "@x", PARAMS(STR("a"))), -EINVAL); /* would be read as tags */
    assert_int_equal(written(&out, "A B", PARAMS(STR("a"))), -EINVAL);
}

static void test_refuses_a_line_over_the_limit(void **state)
{
    (void)state;
    AUTO_BUF out = {.limit = 2048};
    char text[600];
    memset(text, 'x', sizeof(text));
    const size_t fits = 510 - strlen("PRIVMSG #a ");

    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#a"), ((struct str){text, fits}))), 0);
    assert_int_equal(out.len, 510);
    assert_int_equal(written(&out, "PRIVMSG", PARAMS(STR("#a"), ((struct str){text, fits + 1}))),
                     -EMSGSIZE);
}

static void test_tags_do_not_count_as_the_line(void **state)
{
    (void)state;
    AUTO_BUF out = {.limit = 8192};
    char text[5000];
    memset(text, 'x', sizeof(text));
    struct irc_write_tag tag = {STR("label"), {text, 4000}};
    struct irc_write write = {.tags = &tag, .tag_count = 1, .command = STR("PING")};

    assert_int_equal(irc_write_line(&write, &out), 0);
    tag.value.len = 4094;
    assert_int_equal(irc_write_line(&write, &out), -EMSGSIZE);
}

static void test_refuses_tags_that_would_shift_the_rest(void **state)
{
    (void)state;
    AUTO_BUF out = {.limit = 8192};
    static const char *const keys[] = {"", "a b", "a;b", "a=b", "a\n"};

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct irc_write_tag tag = {str_of(keys[i]), STR("x")};
        struct irc_write write = {.tags = &tag, .tag_count = 1, .command = STR("PING")};
        assert_int_equal(irc_write_line(&write, &out), -EINVAL);
    }
}

/* One of the matches, whichever: tags have no order. */
static void check_join(const struct cases *wanted)
{
    struct irc_write_tag tags[8];
    struct str params[8];
    struct irc_write write = {.tags = tags,
                              .params = params,
                              .source = cases_value(wanted, "source"),
                              .command = cases_value(wanted, "verb")};
    AUTO_BUF out = {.limit = 8192};
    bool matches = false;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct cases_field *field = &wanted->fields[i];
        if (str_eq_c(field->kind, "param"))
            params[write.param_count++] = field->value;
        else if (str_eq_c(field->kind, "tag"))
            tags[write.tag_count++] = (struct irc_write_tag){field->name, field->value};
    }
    assert_int_equal(irc_write_line(&write, &out), 0);
    for (size_t i = 0; i < wanted->count; i++)
        matches = matches || (str_eq_c(wanted->fields[i].kind, "match") &&
                              str_eq(wanted->fields[i].value, buf_str(&out)));
    if (!matches)
        fail_msg("\"%s\" is none of the matches", out.ptr);
}

static void test_all_common_cases_of_joining(void **state)
{
    (void)state;
    cases_each("msg-join", 18, check_join);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_composes_a_message),
        cmocka_unit_test(i11_refuses_line_breaks_and_nul),
        cmocka_unit_test(test_refuses_middle_parameters_that_would_shift_the_rest),
        cmocka_unit_test(test_refuses_a_line_over_the_limit),
        cmocka_unit_test(test_tags_do_not_count_as_the_line),
        cmocka_unit_test(test_refuses_tags_that_would_shift_the_rest),
        cmocka_unit_test(test_all_common_cases_of_joining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
