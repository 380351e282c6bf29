/* SPDX-License-Identifier: MIT */
/* test_caps.c: what is offered, asked for, accepted, refused and taken back. */
#include "chat/irc/caps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_request(struct irc_caps *caps, uint32_t unwanted, const char *wanted)
{
    AUTO_BUF out = {.limit = 1024};
    bool any = irc_caps_request(caps, unwanted, &out);
    assert_string_equal(any ? out.ptr : "", wanted);
}

static void i1_asks_only_for_what_is_used(void **state)
{
    (void)state;
    struct irc_caps caps = {0};

    irc_caps_offer(&caps, STR("draft/pre-away sts=port=6697 server-time batch draft/typing"));

    assert_request(&caps, 0, "server-time batch");
}

/* A refusal holds until it is offered anew: the server may have changed its mind. */
static void i1_what_was_refused_is_asked_for_when_it_is_new(void **state)
{
    (void)state;
    struct irc_caps caps = {0};
    irc_caps_offer(&caps, STR("batch"));
    assert_request(&caps, 0, "batch");
    irc_caps_refuse(&caps, STR("batch"));
    assert_request(&caps, 0, "");

    irc_caps_offer(&caps, STR("batch"));

    assert_request(&caps, 0, "batch");
}

static void test_asks_for_nothing_twice(void **state)
{
    (void)state;
    struct irc_caps caps = {0};
    irc_caps_offer(&caps, STR("server-time batch"));
    assert_request(&caps, 0, "server-time batch");

    assert_request(&caps, 0, "");
    irc_caps_accept(&caps, STR("batch server-time"));

    assert_request(&caps, 0, "");
    assert_int_equal(caps.asked, 0);
    assert_true(irc_caps_has(&caps, IRC_CAP_BATCH));
}

static void test_leaves_out_what_is_unwanted(void **state)
{
    (void)state;
    struct irc_caps caps = {0};

    irc_caps_offer(&caps, STR("sasl=PLAIN batch"));

    assert_request(&caps, 1u << IRC_CAP_SASL, "batch");
    assert_string_equal(caps.sasl_mechanisms, "PLAIN");
}

static void test_an_empty_list_offers_nothing(void **state)
{
    (void)state;
    struct irc_caps caps = {0};

    irc_caps_offer(&caps, STR(""));

    assert_request(&caps, 0, "");
}

static void i1_several_lines_add_up(void **state)
{
    (void)state;
    struct irc_caps caps = {0};

    irc_caps_offer(&caps, STR("batch"));
    irc_caps_offer(&caps, STR("chghost setname"));

    assert_request(&caps, 0, "batch chghost setname");
}

static void i1_after_a_refusal_asks_one_by_one(void **state)
{
    (void)state;
    struct irc_caps caps = {0};
    irc_caps_offer(&caps, STR("batch chghost setname"));
    assert_request(&caps, 0, "batch chghost setname");

    irc_caps_refuse(&caps, STR("batch chghost setname"));

    assert_request(&caps, 0, "batch");
    irc_caps_refuse(&caps, STR("batch"));
    assert_request(&caps, 0, "chghost");
    irc_caps_accept(&caps, STR("chghost"));
    assert_request(&caps, 0, "setname");
    irc_caps_accept(&caps, STR("setname "));
    assert_request(&caps, 0, "");
    assert_false(irc_caps_has(&caps, IRC_CAP_BATCH));
}

static void test_a_refusal_without_a_list_means_all_that_was_asked(void **state)
{
    (void)state;
    struct irc_caps caps = {0};
    irc_caps_offer(&caps, STR("batch"));
    assert_request(&caps, 0, "batch");

    irc_caps_refuse(&caps, STR(""));

    assert_int_equal(caps.asked, 0);
    assert_request(&caps, 0, "");
}

static void i1_del_turns_off_and_new_offers_again(void **state)
{
    (void)state;
    struct irc_caps caps = {0};
    irc_caps_offer(&caps, STR("sasl=PLAIN batch"));
    assert_request(&caps, 0, "sasl batch");
    irc_caps_accept(&caps, STR("sasl batch"));

    irc_caps_withdraw(&caps, STR("sasl"));
    assert_false(irc_caps_has(&caps, IRC_CAP_SASL));
    assert_true(irc_caps_has(&caps, IRC_CAP_BATCH));
    irc_caps_offer(&caps, STR("sasl=SCRAM-SHA-256"));

    assert_request(&caps, 0, "sasl");
    assert_string_equal(caps.sasl_mechanisms, "SCRAM-SHA-256");
}

static void test_ack_with_a_minus_turns_off(void **state)
{
    (void)state;
    struct irc_caps caps = {0};
    irc_caps_accept(&caps, STR("batch ~server-time =chghost"));
    assert_true(irc_caps_has(&caps, IRC_CAP_SERVER_TIME));
    assert_true(irc_caps_has(&caps, IRC_CAP_CHGHOST));

    irc_caps_accept(&caps, STR("-batch"));

    assert_false(irc_caps_has(&caps, IRC_CAP_BATCH));
}

/* Taken away while it was asked for: no answer comes, and whoever relied on it is told. */
static void i1_what_goes_while_it_is_asked_for_is_not_waited_for(void **state)
{
    (void)state;
    struct irc_caps caps = {0};
    irc_caps_offer(&caps, STR("batch"));
    assert_request(&caps, 0, "batch");

    assert_int_equal(irc_caps_withdraw(&caps, STR("batch")), 1u << IRC_CAP_BATCH);

    assert_int_equal(caps.asked, 0);
    assert_false(irc_caps_has(&caps, IRC_CAP_BATCH));
    assert_request(&caps, 0, "");
}

/* A later list without a login: that of before is not to be had any more. */
static void i2_a_list_without_sasl_takes_it_away(void **state)
{
    (void)state;
    struct irc_caps caps = {0};
    irc_caps_list(&caps, STR("batch sasl=PLAIN"), true);
    irc_caps_accept(&caps, STR("batch sasl"));
    irc_caps_list(&caps, STR("sasl=PLAIN"), false); /* of two lines */
    irc_caps_list(&caps, STR("batch"), true);
    assert_true(irc_caps_has(&caps, IRC_CAP_SASL));

    irc_caps_list(&caps, STR("batch"), true);

    assert_false(irc_caps_has(&caps, IRC_CAP_SASL));
    assert_true(irc_caps_has(&caps, IRC_CAP_BATCH));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i1_asks_only_for_what_is_used),
        cmocka_unit_test(i1_what_was_refused_is_asked_for_when_it_is_new),
        cmocka_unit_test(test_asks_for_nothing_twice),
        cmocka_unit_test(test_leaves_out_what_is_unwanted),
        cmocka_unit_test(test_an_empty_list_offers_nothing),
        cmocka_unit_test(i1_several_lines_add_up),
        cmocka_unit_test(i1_after_a_refusal_asks_one_by_one),
        cmocka_unit_test(test_a_refusal_without_a_list_means_all_that_was_asked),
        cmocka_unit_test(i1_del_turns_off_and_new_offers_again),
        cmocka_unit_test(test_ack_with_a_minus_turns_off),
        cmocka_unit_test(i1_what_goes_while_it_is_asked_for_is_not_waited_for),
        cmocka_unit_test(i2_a_list_without_sasl_takes_it_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
