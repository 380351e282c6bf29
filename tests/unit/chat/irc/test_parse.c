/* SPDX-License-Identifier: MIT */
/* test_parse.c: lines taken apart; the ecosystem's common cases are read in place (parser-tests,
 * msg-split, userhost-split). */
#include "chat/irc/parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fits.h"
#include "cases.h"

static struct irc_message parsed(const char *line)
{
    struct irc_message message;
    assert_int_equal(irc_parse_line(str_of(line), &message), 0);
    return message;
}

static void assert_text(struct str got, const char *wanted)
{
    if (!str_eq_c(got, wanted))
        fail_msg("got \"%.*s\", wanted \"%s\"", STR_ARG(got), wanted);
}

static void test_takes_a_line_apart(void **state)
{
    (void)state;
    struct irc_message message = parsed(
        "@time=x :ana!an@host.example PRIVMSG #harbor :hello there");

    assert_text(message.tags, "time=x");
    assert_text(message.nick, "ana");
    assert_text(message.user, "an");
    assert_text(message.host, "host.example");
    assert_text(message.command, "PRIVMSG");
    assert_int_equal(message.numeric, 0);
    assert_int_equal(message.param_count, 2);
    assert_text(message.params[1], "hello there");
}

static void test_knows_a_numeric(void **state)
{
    (void)state;
    assert_int_equal(parsed(":irc.example 433 * ana :in use").numeric, 433);
    assert_int_equal(parsed("4a3 x").numeric, 0);
    assert_int_equal(parsed("0433 x").numeric, 0);
}

static void test_refuses_lines_without_a_command(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "   ", ":only.a.source", "@only=tags",
                                        "@a=b :and.source"};
    struct irc_message message;

    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_int_equal(irc_parse_line(str_of(lines[i]), &message), -EINVAL);
}

static void test_more_parameters_than_fit_become_the_last_one(void **state)
{
    (void)state;
    AUTO_BUF line = {.limit = 1000};
    buf_add_c(&line, "X");
    for (int i = 0; i < 50; i++)
        buf_add_format(&line, " p%d", i);
    struct irc_message message = parsed(line.ptr);

    assert_int_equal(message.param_count, IRC_PARAMS_MAX);
    assert_true(str_ends(message.params[IRC_PARAMS_MAX - 1], STR("p49")));
}

static void test_bytes_of_any_kind_survive(void **state)
{
    (void)state;
    struct irc_message message;
    const struct str line = STR("PRIVMSG #h :a\0b\xff");

    assert_int_equal(irc_parse_line(line, &message), 0);
    assert_int_equal(message.params[1].len, 4);
}

static void i5_the_last_tag_of_a_name_counts(void **state)
{
    (void)state;
    struct irc_message message = parsed("@a=1;b;a=2;+draft/reply=x\\s;;c= FOO");
    struct str raw;

    assert_true(irc_parse_tag(&message, "a", &raw));
    assert_text(raw, "2");
    assert_true(irc_parse_tag(&message, "b", &raw));
    assert_int_equal(raw.len, 0);
    assert_true(irc_parse_tag(&message, "+draft/reply", &raw));
    assert_text(raw, "x\\s");
    assert_true(irc_parse_tag(&message, "c", &raw));
    assert_false(irc_parse_tag(&message, "d", &raw));
}

static void i5_reads_server_time(void **state)
{
    (void)state;
    int64_t at = 0;

    assert_int_equal(irc_parse_time(STR("2026-11-23T09:00:00.250Z"), &at), 0);
    assert_int_equal(at, 1795424400250);
    assert_int_equal(irc_parse_time(STR("1970-01-01T00:00:00Z"), &at), 0);
    assert_int_equal(at, 0);
    assert_int_equal(irc_parse_time(STR("2012-02-29T23:59:60.419Z"), &at),
                     0); /* a leap second, from the specification */
}

static void test_refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "2026",
                                        "2026-13-01T00:00:00.000Z",
                                        "2026-00-01T00:00:00.000Z",
                                        "2026-11-23 09:00:00.000Z",
                                        "2026-11-23T09:00:00.000",
                                        "2026-11-23T24:00:00.000Z",
                                        "xxxx-11-23T09:00:00.000Z",
                                        "2026-11-23T09:00:00.xxxZ",
                                        "1500-01-01T00:00:00.000Z"};
    int64_t at = 42;

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(irc_parse_time(str_of(texts[i]), &at), -EINVAL);
    assert_int_equal(at, 42);
}

/* ---- the common cases ------------------------------------------------------------------------ */

static void check_tags(const struct cases *wanted, const struct irc_message *message)
{
    struct str rest = message->tags, key, raw;
    while (irc_parse_next_tag(&rest, &key, &raw))
        assert_non_null(cases_find(wanted, "tag", key)); /* none that is not wanted */
    for (size_t i = 0; i < wanted->count; i++) {
        const struct cases_field *field = &wanted->fields[i];
        char name[256];
        AUTO_BUF value = {.limit = 8192};
        if (!str_eq_c(field->kind, "tag"))
            continue;
        assert_true(str_to_c(field->name, name, sizeof(name)));
        assert_true(irc_parse_tag(message, name, &raw));
        irc_parse_unescape(raw, &value);
        assert_true(str_eq(buf_str(&value), field->value));
    }
}

static void check_split(const struct cases *wanted)
{
    struct irc_message message;
    const struct cases_field *input = cases_find(wanted, "input", STR(""));
    size_t params = 0;
    assert_non_null(input);
    assert_int_equal(irc_parse_line(input->value, &message), 0);
    assert_true(str_eq(message.command, cases_value(wanted, "verb")));
    assert_true(str_eq(message.source, cases_value(wanted, "source")));
    for (size_t i = 0; i < wanted->count; i++) {
        if (!str_eq_c(wanted->fields[i].kind, "param"))
            continue;
        assert_true(params < message.param_count);
        assert_true(str_eq(message.params[params], wanted->fields[i].value));
        params++;
    }
    assert_int_equal(message.param_count, params);
    check_tags(wanted, &message);
}

static void i5_all_common_cases_of_splitting(void **state)
{
    (void)state;
    cases_each("msg-split", 35, check_split);
}

static void check_userhost(const struct cases *wanted)
{
    struct str nick, user, host;
    irc_parse_source(cases_value(wanted, "source"), &nick, &user, &host);
    assert_true(str_eq(nick, cases_value(wanted, "nick")));
    assert_true(str_eq(user, cases_value(wanted, "user")));
    assert_true(str_eq(host, cases_value(wanted, "host")));
}

static void test_all_common_cases_of_sources(void **state)
{
    (void)state;
    cases_each("userhost-split", 7, check_userhost);
}

static void check_mask(const struct cases *wanted)
{
    size_t checked = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct cases_field *field = &wanted->fields[i];
        bool fit = fits(field->value, cases_value(wanted, "mask"));
        if (str_eq_c(field->kind, "match"))
            assert_true(fit);
        else if (str_eq_c(field->kind, "fail"))
            assert_false(fit);
        else
            continue;
        checked++;
    }
    assert_true(checked >= 3);
}

static void i16_all_common_cases_of_masks(void **state)
{
    (void)state;
    cases_each("mask-match", 6, check_mask);
}

/* Which host names are good is the servers' business, say these cases themselves: a client takes
 * what it is given, the bad ones too (up to a blank, which ends any source). */
static void check_host(const struct cases *wanted)
{
    AUTO_BUF line = {.limit = 4096};
    struct irc_message message;
    struct str host = cases_value(wanted, "host");
    bool is_cut = str_has_byte(host, ' ');
    buf_add_format(&line, ":nick!user@%.*s PRIVMSG #a :hello", STR_ARG(host));
    assert_int_equal(irc_parse_line(buf_str(&line), &message), 0);
    assert_true(str_eq(message.host, str_upto(host, str_find(host, STR(" "), 0))));
    assert_true(str_eq_c(message.nick, "nick") && (is_cut || message.param_count == 2));
}

static void test_all_common_cases_of_hosts_are_taken_as_they_are(void **state)
{
    (void)state;
    cases_each("validate-hostname", 19, check_host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_a_line_apart),
        cmocka_unit_test(test_knows_a_numeric),
        cmocka_unit_test(test_refuses_lines_without_a_command),
        cmocka_unit_test(test_more_parameters_than_fit_become_the_last_one),
        cmocka_unit_test(test_bytes_of_any_kind_survive),
        cmocka_unit_test(i5_the_last_tag_of_a_name_counts),
        cmocka_unit_test(i5_reads_server_time),
        cmocka_unit_test(test_refuses_what_is_no_time),
        cmocka_unit_test(i5_all_common_cases_of_splitting),
        cmocka_unit_test(test_all_common_cases_of_sources),
        cmocka_unit_test(i16_all_common_cases_of_masks),
        cmocka_unit_test(test_all_common_cases_of_hosts_are_taken_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
