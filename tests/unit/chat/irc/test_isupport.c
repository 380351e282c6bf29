/* SPDX-License-Identifier: MIT */
/* test_isupport.c: what servers say of themselves, whole or malformed, and take back. */
#include "chat/irc/isupport.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct irc_isupport after(const char *tokens)
{
    struct irc_isupport isupport;
    struct str rest = str_of(tokens), token;
    irc_isupport_init(&isupport);
    while (str_word(&rest, &token))
        irc_isupport_token(&isupport, token);
    return isupport;
}

static void i18_the_protocols_defaults(void **state)
{
    (void)state;
    struct irc_isupport isupport = after("");

    assert_int_equal(isupport.casemap, IRC_CASEMAP_RFC1459);
    assert_string_equal(isupport.chantypes, "#&");
    assert_string_equal(isupport.prefix_modes, "ov");
    assert_int_equal(isupport.linelen, 512);
    assert_int_equal(isupport.nicklen, 9);
    assert_false(isupport.whox);
    assert_int_equal(isupport.bot_mode, 0);
}

static void i18_a_real_server(void **state)
{
    (void)state;
    struct irc_isupport isupport = after(
        "WHOX KNOCK SAFELIST MONITOR=100 CHANTYPES=# PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,imnpst "
        "CASEMAPPING=ascii "
        "NETWORK=Sea\\x20Port STATUSMSG=@+ NICKLEN=31 HOSTLEN=64 USERLEN=18 CHANNELLEN=64 BOT=B "
        "UTF8ONLY LINELEN=2048 "
        "TARGMAX=NAMES:1,PRIVMSG:4,JOIN:,KICK:1 MODES=12");

    assert_true(isupport.whox && isupport.safelist && isupport.utf8_only);
    assert_int_equal(isupport.monitor, 100);
    assert_string_equal(isupport.prefix_modes, "qaohv");
    assert_string_equal(isupport.prefix_signs, "~&@%+");
    assert_string_equal(isupport.chanmodes[0], "beI");
    assert_string_equal(isupport.chanmodes[3], "imnpst");
    assert_int_equal(isupport.casemap, IRC_CASEMAP_ASCII);
    assert_string_equal(isupport.network, "Sea Port");
    assert_int_equal(isupport.nicklen, 31);
    assert_int_equal(isupport.linelen, 2048);
    assert_int_equal(isupport.bot_mode, 'B');
    assert_int_equal(isupport.targets[IRC_TARGETS_PRIVMSG], 4);
    assert_true(isupport.targets[IRC_TARGETS_JOIN] == SIZE_MAX);
    assert_int_equal(isupport.modes, 12);
    assert_int_equal(isupport.unknown, 1); /* KNOCK */
}

static void i18_a_minus_restores_the_default(void **state)
{
    (void)state;
    struct irc_isupport isupport = after(
        "WHOX PREFIX=(Yqaohv)!~&@%+ CASEMAPPING=ascii NICKLEN=31 BOT=B "
        "-WHOX -PREFIX -CASEMAPPING -NICKLEN -BOT -UNHEARD");

    assert_false(isupport.whox);
    assert_string_equal(isupport.prefix_modes, "ov");
    assert_string_equal(isupport.prefix_signs, "@+");
    assert_int_equal(isupport.casemap, IRC_CASEMAP_RFC1459);
    assert_int_equal(isupport.nicklen, 9);
    assert_int_equal(isupport.bot_mode, 0);
}

static void i18_tokens_with_an_older_name_or_a_list(void **state)
{
    (void)state;
    struct irc_isupport isupport = after(
        "MAXNICKLEN=24 MAXTARGETS=6 MSGREFTYPES=timestamp TOPICLEN=300 CHATHISTORY=500 NAMESX");

    assert_int_equal(isupport.nicklen, 24);
    assert_int_equal(isupport.targets[IRC_TARGETS_PRIVMSG], 6);
    assert_false(isupport.history_by_id);
    assert_int_equal(isupport.topiclen, 300);
    assert_int_equal(isupport.chathistory, 500);
    assert_true(isupport.namesx);
    assert_int_equal(isupport.unknown, 0);
    isupport = after("MSGREFTYPES=timestamp,msgid -MAXTARGETS TARGMAX=JOIN:2 -MAXTARGETS");
    assert_true(isupport.history_by_id);
    assert_int_equal(isupport.targets[IRC_TARGETS_JOIN], 2);
}

static void i18_malformed_tokens_change_nothing(void **state)
{
    (void)state;
    struct irc_isupport isupport = after(
        "PREFIX=(ov)@ PREFIX=ov@+ PREFIX=(ov PREFIX=(abcdefghijklmnopqr)abcdefghijklmnopqr "
        "NICKLEN=0 NICKLEN=x NICKLEN= "
        "LINELEN=10 NICKLEN=99999999999 CASEMAPPING=what CASEMAPPING BOT= BOT=BB BOT=7 "
        "TARGMAX=JOIN:0,PRIVMSG:x,:4 "
        "CHANTYPES=abcdefghijklmnopqrstuvw MONITOR=x - =x CHANTYPES=\\x00");
    struct irc_isupport fresh;
    irc_isupport_init(&fresh);

    fresh.unknown = isupport.unknown;
    assert_memory_equal(&isupport, &fresh, sizeof(fresh));
}

static void i18_empty_values_that_mean_something(void **state)
{
    (void)state;
    struct irc_isupport isupport = after("PREFIX= MONITOR CHANTYPES=");

    assert_string_equal(isupport.prefix_modes, "");
    assert_true(isupport.monitor == SIZE_MAX);
    assert_string_equal(isupport.chantypes, "");
}

static void test_channels(void **state)
{
    (void)state;
    struct irc_isupport isupport = after("CHANTYPES=# STATUSMSG=@+");
    struct str channel;

    assert_true(irc_isupport_channel(&isupport, STR("#harbor"), &channel));
    assert_true(irc_isupport_channel(&isupport, STR("@#harbor"), &channel));
    assert_true(str_eq_c(channel, "#harbor"));
    assert_false(irc_isupport_channel(&isupport, STR("&local"), &channel));
    assert_false(irc_isupport_channel(&isupport, STR("ana"), &channel));
    assert_false(irc_isupport_channel(&isupport, STR(""), &channel));
    assert_false(irc_isupport_channel(&isupport, STR("@"), &channel));
    assert_false(irc_isupport_channel(&isupport, STR("\0x"), &channel));
    assert_false(irc_isupport_channel(&isupport, STR("@\0x"), &channel));
}

static void test_a_sign_that_is_a_channel_type_too(void **state)
{
    (void)state;
    struct irc_isupport isupport = after("CHANTYPES=#+ STATUSMSG=@+");
    struct str channel;

    assert_true(irc_isupport_channel(&isupport, STR("+modeless"), &channel));
    assert_true(str_eq_c(channel, "+modeless"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i18_the_protocols_defaults),
        cmocka_unit_test(i18_a_real_server),
        cmocka_unit_test(i18_a_minus_restores_the_default),
        cmocka_unit_test(i18_tokens_with_an_older_name_or_a_list),
        cmocka_unit_test(i18_malformed_tokens_change_nothing),
        cmocka_unit_test(i18_empty_values_that_mean_something),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_a_sign_that_is_a_channel_type_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
