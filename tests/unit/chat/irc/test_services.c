/* SPDX-License-Identifier: MIT */
/* test_services.c: which profile a network has, a login where there is no SASL, and what people are
 * told of accounts. */
#include "server.h"

#define NO_SASL "message-tags server-time account-tag"
enum { MINUTE = 60 * 1000 };

static const char *profile_of(struct server *server)
{
    static char name[64];
    const struct irc_profile *profile = server->session->services.profile;
    str_to_c(profile ? profile->name : STR("none"), name, sizeof(name));
    return name;
}

static void test_the_profile_by_what_the_server_says(void **state)
{
    (void)state;
    static const struct {
        const char *isupport, *named, *expected;
    } cases[] = {
        {"NETWORK=Libera.Chat", "", "libera"}, {"NETWORK=OFTC", "", "oftc"},
        {"NETWORK=Elsewhere", "", "none"},     {"NETWORK=Elsewhere", "atheme", "atheme"},
        {"NETWORK=OFTC", "anope", "anope"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct server *server = server_make();
        server->isupport = cases[i].isupport;
        server->options.profile = str_of(cases[i].named);
        server_open(server);
        assert_string_equal(profile_of(server), cases[i].expected);
        server_close(server);
    }
}

static void test_ergo_by_its_version(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_welcome = true;
    server_open(server);
    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server, ":irc.sea.example 004 harbor-bot irc.sea.example ergo-2.13.0 BERTZios");
    server_says(server, ":irc.sea.example 422 harbor-bot :no motd");
    assert_string_equal(profile_of(server), "ergo");
    server_close(server);
}

static void test_a_profile_that_is_not_there(void **state)
{
    (void)state;
    struct server *server = server_make();
    struct irc_session *session = NULL;
    struct error error = {0};
    server_open(server);
    struct chat_env env = server->session->env;
    struct irc_options options = server->options;
    env.content_folders = server->content_folders;
    options.profile = STR("ofct");
    assert_int_equal(irc_session_create(&env, &options, &irc_class, &session, &error), -ENOENT);
    assert_string_equal(error.text, "there is no profile \"ofct\". Did you mean \"oftc\"?");
    server_close(server);
}

/* ---- a login without SASL -------------------------------------------------------------------- */

static struct server *on_oftc(void)
{
    struct server *server = server_make();
    server->caps = NO_SASL;
    server->isupport = "NETWORK=OFTC CHANTYPES=#";
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("password");
    return server;
}

static void test_identifies_where_there_is_no_sasl(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server_open(server);
    assert_true(
        server_heard(server, "PRIVMSG NickServ@services.oftc.net :IDENTIFY secret harbor-bot"));
    assert_false(server_ever_heard(server, "JOIN")); /* rooms may want an account */

    server_says(server, ":services.oftc.net MODE harbor-bot :+R");
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    assert_true(server_heard(server, "JOIN #harbor"));
    assert_false(server_logged(server, "secret"));
    server_close(server);
}

static void test_joins_wait_only_so_long(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server_open(server);
    server_run(server, 9999);
    assert_false(server_ever_heard(server, "JOIN"));
    server_run(server, 1);
    assert_true(server_heard(server, "JOIN #harbor"));

    server_run(server, 2 * MINUTE);
    server_says(server, "PING :still");
    server_run(server, 2 * MINUTE);
    server_says(server, "PING :still");
    server_run(server, 2 * MINUTE);
    assert_int_equal(server_count(server, "PRIVMSG NickServ@"), 2); /* services may be back */
    server_close(server);
}

static void test_a_wrong_password_is_said_once(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server_open(server);
    server_says(server, ":NickServ!x@user.example NOTICE harbor-bot :Incorrect password");
    assert_false(server_ever_heard(server, "JOIN"));
    server_says(server,
                ":NickServ!services@services.oftc.net NOTICE harbor-bot :Incorrect password");
    assert_true(server_heard(server, "JOIN #harbor"));
    for (int minute = 0; minute < 20; minute++) {
        server_run(server, MINUTE);
        server_says(server, "PING :still");
    }
    assert_int_equal(server_count(server, "PRIVMSG NickServ@"), 1);
    server_close(server);
}

/* A certificate that the account knows does it without a word. */
static void test_a_certificate_is_waited_for(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server->options.account_credential = STR("");
    server->options.client_certificate = STR("/nowhere.pem");
    server->no_welcome = true;
    server_open(server);
    server->session->has_certificate = true;
    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server, ":irc.sea.example 005 harbor-bot NETWORK=OFTC CHANTYPES=# :are supported");
    server_says(server, ":irc.sea.example 422 harbor-bot :no motd");
    assert_false(server_ever_heard(server, "PRIVMSG NickServ"));
    assert_false(server_ever_heard(server, "JOIN"));
    server_says(server, ":harbor-bot MODE harbor-bot :+iR");
    assert_true(server_heard(server, "JOIN #harbor"));
    server_close(server);
}

/* In, over a line that anybody can read. */
static void come_in_in_the_clear(struct server *server)
{
    server->no_welcome = true;
    server_open(server);
    server->session->here.name = STR("irc.sea.example");
    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server, ":irc.sea.example 005 harbor-bot NETWORK=OFTC CHANTYPES=# :are supported");
    server_says(server, ":irc.sea.example 422 harbor-bot :no motd");
}

static void test_no_password_in_the_clear(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    come_in_in_the_clear(server);
    assert_false(server_ever_heard(server, "PRIVMSG"));
    assert_true(server_heard(server, "JOIN #harbor"));
    server_close(server);
}

/* A bare nick may be anybody's. */
static void test_no_password_to_a_bare_nick(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server_open(server);
    server_says(server, ":services.oftc.net MODE harbor-bot :+R");
    struct irc_profile profile = *server->session->services.profile;
    profile.services_to = STR("NickServ");
    server->session->services.profile = &profile;
    server_forget(server);
    assert_false(irc_services_say(server->session, STR("IDENTIFY {password}")));
    assert_true(irc_services_say(server->session, STR("GHOST {nick}")));
    server_run(server, 0);
    assert_true(server_heard(server, "PRIVMSG NickServ :GHOST harbor-bot"));
    server_close(server);
}

/* Services restarted, or our nick changed: the mode goes, and we log in again. */
static void test_logged_out_again(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server_open(server);
    server_says(server, ":services.oftc.net MODE harbor-bot :+R");
    server_says(server, ":services.oftc.net MODE harbor-bot :-R");
    server_run(server, 10000);
    assert_int_equal(server_count(server, "PRIVMSG NickServ@"), 2);
    server_says(server, ":somebody MODE somebody :+R");
    assert_int_equal(server->session->login, IRC_LOGIN_FAILED);
    server_close(server);
}

/* Some write PRIVMSG: still nobody to talk to. */
static void test_services_are_no_company(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server_open(server);
    server_says(server, ":NickServ!services@services.oftc.net PRIVMSG harbor-bot :Welcome back");
    assert_int_equal(server->event_count, 1);
    assert_true(server->events[0].flags & CHAT_NOTICE);
    server_says(server, ":NickServ!x@user.example PRIVMSG harbor-bot :Hello");
    assert_false(server->events[1].flags & CHAT_NOTICE);
    server_close(server);
}

/* ---- a login by SASL that comes late --------------------------------------------------------- */

#define SEA_NICKSERV "NickServ@services.sea.example"

/* In without services, whose NickServ is not told of a later login. */
static struct server *before_services(struct irc_profile *profile)
{
    struct server *server = on_oftc();
    server->isupport = "NETWORK=Sea CHANTYPES=#";
    server_open(server);
    *profile = (struct irc_profile){.services_to = STR(SEA_NICKSERV),
                                    .identify_late = STR("IDENTIFY {account} {password}")};
    server->session->services.profile = profile;
    return server;
}

static void services_come(struct server *server)
{
    server->caps = "batch sasl=PLAIN";
    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sasl=PLAIN");
    server_run(server, CLOCK_SECOND_MS);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
}

static void i16_services_are_told_of_a_login_that_comes_late(void **state)
{
    (void)state;
    struct irc_profile profile;
    struct server *server = before_services(&profile);
    assert_false(server_ever_heard(server, "PRIVMSG"));

    services_come(server);
    assert_int_equal(server_count(server, "PRIVMSG"), 1);
    assert_true(server_heard(server, "PRIVMSG " SEA_NICKSERV " :IDENTIFY harbor-bot secret"));
    assert_false(server_logged(server, "secret"));
    /* what is said to them comes back where there is echo-message: that is no event */
    server_says(server,
                ":harbor-bot!~bot@host.example PRIVMSG NickServ :IDENTIFY harbor-bot secret");
    assert_int_equal(server->event_count, 0);
    server_says(server, ":irc.sea.example 900 harbor-bot harbor-bot!b@h harbor-bot :logged in");
    server_run(server, MINUTE);
    assert_int_equal(server_count(server, "PRIVMSG"), 1);

    server_says(server, ":irc.sea.example 901 harbor-bot harbor-bot!b@h :You are now logged out");
    server_run(server, MINUTE); /* they went, and came back */
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    assert_int_equal(server_count(server, "PRIVMSG " SEA_NICKSERV), 2);
    server_close(server);
}

/* Where they see us come they know us; and what they say themselves they know. */
static void i16_services_that_know_us_are_told_nothing(void **state)
{
    (void)state;
    struct irc_profile profile;
    struct server *server = before_services(&profile);
    server_says(server, ":harbor-bot!~bot@host.example ACCOUNT harbor-bot");
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_run(server, MINUTE);
    assert_int_equal(server_count(server, "PRIVMSG"), 0);
    server_close(server);

    server = on_oftc();
    server->isupport = "NETWORK=Sea CHANTYPES=#";
    server->caps = SERVER_CAPS;
    server->no_welcome = true;
    server_open(server);
    server->session->services.known[0] = profile;
    server->session->options.profile = STR("sea");
    server_says(server, ":irc.sea.example 001 harbor-bot :Welcome");
    server_says(server, ":irc.sea.example 422 harbor-bot :no motd");
    assert_ptr_equal(server->session->services.profile, server->session->services.known);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_run(server, MINUTE);
    assert_int_equal(server_count(server, "PRIVMSG"), 0);
    server_close(server);
}

/* The password goes to nobody of whom it is not certain that it is they, nor in the clear, nor when
 * there is none (a certificate logged us in). */
static void i16_a_late_password_goes_to_services_alone(void **state)
{
    (void)state;
    struct irc_profile profile;
    for (int i = 0; i < 3; i++) {
        struct server *server = before_services(&profile);
        if (i == 0)
            profile.services_to = STR("NickServ");
        if (i == 1)
            server->session->here.name = STR("irc.sea.example");
        server->session->login = IRC_LOGIN_ASKED;
        if (i == 2)
            server->session->options.account_credential = STR("");
        server_says(server, ":irc.sea.example 903 harbor-bot :ok");
        server_run(server, MINUTE);
        assert_int_equal(server->session->login, IRC_LOGIN_DONE);
        assert_int_equal(server_count(server, "PRIVMSG"), 0);
        server_close(server);
    }
}

/* ---- what people are told -------------------------------------------------------------------- */

static void test_how_an_account_is_had(void **state)
{
    (void)state;
    struct chat_account_help help;
    struct server *server = server_make();
    server->isupport = "NETWORK=Libera.Chat CHANTYPES=#";
    server_open(server);
    assert_true(irc_class.account_help(&server->session->network, &help));
    assert_true(str_eq_c(help.title, "Libera.Chat"));
    assert_true(str_eq_c(help.create, "/msg NickServ REGISTER PASSWORD E-MAIL"));
    server_close(server);

    server = server_make();
    server->isupport = "NETWORK=Shore CHANTYPES=#";
    server->options.profile = STR("atheme");
    server_open(server);
    assert_true(irc_class.account_help(&server->session->network, &help));
    assert_true(str_eq_c(help.title, "Shore") && str_empty(help.confirm));
    server_close(server);
}

static void test_where_nicks_are_identities_nobody_needs_one(void **state)
{
    (void)state;
    struct chat_account_help help;
    struct server *server = server_make();
    server->isupport = "NETWORK=Libera.Chat CHANTYPES=#";
    server->options.nick_is_identity = true;
    server_open(server);
    assert_false(irc_class.account_help(&server->session->network, &help));
    server_close(server);
}

/* Where SASL logs in, the mode tells of something else. */
static void test_a_mode_is_no_logout_where_sasl_logged_in(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server->caps = SERVER_CAPS;
    server_open(server);
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_says(server, ":services.oftc.net MODE harbor-bot :-R");
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

static void test_who_has_no_account_is_not_logged_in_by_a_mode(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server->options.account = STR("");
    server_open(server);
    server_says(server, ":services.oftc.net MODE harbor-bot :+R");
    assert_int_equal(server->session->login, IRC_LOGIN_NONE);
    server_close(server);
}

/* What services say unasked, to somebody who tries our name, is not about us. */
static void test_a_refusal_of_nothing_changes_nothing(void **state)
{
    (void)state;
    static const char *const no =
        ":NickServ!services@services.oftc.net NOTICE harbor-bot :Incorrect password";
    struct server *server = on_oftc();
    server_open(server);
    server_says(server, ":services.oftc.net MODE harbor-bot :+R");
    server_says(server, "%s", no);
    assert_false(server->session->services.has_refused);
    assert_false(server_logged(server, "irc_services_refuse"));
    server_close(server);
}

/* The next connection asks once more: somebody may have mended it. */
static void test_a_refusal_holds_for_its_connection(void **state)
{
    (void)state;
    struct server *server = on_oftc();
    server_open(server);
    server_says(server,
                ":NickServ!services@services.oftc.net NOTICE harbor-bot :Incorrect password");
    assert_int_equal(server_count(server, "PRIVMSG NickServ@"), 1);
    server_hang_up(server);
    server_run(server, 5 * MINUTE);
    assert_int_equal(server_count(server, "PRIVMSG NickServ@"), 2);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_profile_by_what_the_server_says),
        cmocka_unit_test(test_ergo_by_its_version),
        cmocka_unit_test(test_a_profile_that_is_not_there),
        cmocka_unit_test(test_identifies_where_there_is_no_sasl),
        cmocka_unit_test(test_joins_wait_only_so_long),
        cmocka_unit_test(test_a_wrong_password_is_said_once),
        cmocka_unit_test(test_a_certificate_is_waited_for),
        cmocka_unit_test(test_no_password_in_the_clear),
        cmocka_unit_test(test_no_password_to_a_bare_nick),
        cmocka_unit_test(test_logged_out_again),
        cmocka_unit_test(i16_services_are_told_of_a_login_that_comes_late),
        cmocka_unit_test(i16_services_that_know_us_are_told_nothing),
        cmocka_unit_test(i16_a_late_password_goes_to_services_alone),
        cmocka_unit_test(test_services_are_no_company),
        cmocka_unit_test(test_how_an_account_is_had),
        cmocka_unit_test(test_where_nicks_are_identities_nobody_needs_one),
        cmocka_unit_test(test_a_mode_is_no_logout_where_sasl_logged_in),
        cmocka_unit_test(test_who_has_no_account_is_not_logged_in_by_a_mode),
        cmocka_unit_test(test_a_refusal_of_nothing_changes_nothing),
        cmocka_unit_test(test_a_refusal_holds_for_its_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
