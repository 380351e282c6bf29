/* SPDX-License-Identifier: MIT */
/* test_service.c: login = "appservice" against the scripted homeserver: its account is made, it is
 * given a login or none, and each way to be refused has a sentence of its own. */
#include "entry.h"

#include <errno.h>
#include <stdio.h>

#define LOGIN    "POST /_matrix/client/v3/login*"
#define REGISTER "POST /_matrix/client/v3/register*"
#define SENDER   "GET /_matrix/client/v3/account/whoami"
#define DEVICE   "PUT /_matrix/client/v3/devices/MOORING?user_id=%40bot%3Ahome"
#define WHOAMI   "/_matrix/client/v3/account/whoami"
#define AS_BOT   "?user_id=%40bot%3Ahome&device_id=MOORING"
enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static void answers(struct entry *entry, const char *match, unsigned status, const char *body,
                    unsigned times)
{
    hs_fault(entry->hs, &(struct hs_fault){.match = match,
                                           .kind = HS_ANSWER,
                                           .status = status,
                                           .body = str_of(body),
                                           .times = times});
}

/* A service of that homeserver, of which the bot is a user. */
static void begin_service(struct entry *entry, const char *sender, const char *user)
{
    static char whoami[128];
    snprintf(whoami, sizeof whoami, "{\"user_id\":\"%s\"}", sender);
    answers(entry, SENDER, 200, whoami, 1);
    entry_begin(entry, "memory:home", user, MATRIX_LOGIN_APPSERVICE);
    entry_run(entry, SECOND);
}

/* The scripted homeserver takes the service's token for the bot. */
static void give_token(struct entry *entry)
{
    snprintf(entry->secret, sizeof entry->secret, "%s", hs_token(entry->hs, ENTRY_BOT, "SERVICE"));
}

static struct str body_of(struct entry *entry, const char *prefix)
{
    for (size_t i = 0; i < hs_request_count(entry->hs); i++)
        if (strncmp(hs_request_at(entry->hs, i), prefix, strlen(prefix)) == 0)
            return hs_request_body_at(entry->hs, i);
    fail_msg("no such request: %s", prefix);
    return STR("");
}

static bool has(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) != SIZE_MAX;
}

static int ask(struct entry *entry)
{
    struct entry_asked asked;
    entry_ask(entry, &asked, WHOAMI);
    entry_run(entry, 10 * SECOND);
    assert_true(asked.done);
    return asked.result;
}

static void m7_an_application_service_logs_in_as_its_user(void **state)
{
    struct entry *entry = *state;
    static char login[512];
    give_token(entry);
    snprintf(login, sizeof login,
             "{\"user_id\":\"@bot:home\",\"device_id\":\"SERVICE\",\"access_token\":\"%s\"}",
             entry->secret);
    answers(entry, REGISTER, 200, "{\"user_id\":\"@bot:home\"}", 0);
    answers(entry, LOGIN, 200, login, 0);
    begin_service(entry, "@service:home", "@bot:home");
    assert_string_equal(entry->told, "in ");
    struct str body = body_of(entry, "POST /_matrix/client/v3/register");
    assert_true(has(body, "\"username\":\"bot\"") && has(body, "\"inhibit_login\":true"));
    assert_true(has(body, "m.login.application_service"));
    body = body_of(entry, "POST /_matrix/client/v3/login");
    assert_true(has(body, "m.login.application_service") && !has(body, "password"));
    assert_int_equal(ask(entry), 0);
    assert_int_equal(hs_requests(entry->hs, "*user_id=*"), 0); /* the login says who speaks */
}

/* Up to here as a homeserver behaves that gives services no login. */
static void begin_direct(struct entry *entry)
{
    give_token(entry);
    answers(entry, REGISTER, 400, "{\"errcode\":\"M_USER_IN_USE\"}", 0);
    answers(entry, LOGIN, 400, "{\"errcode\":\"M_APPSERVICE_LOGIN_UNSUPPORTED\"}", 0);
    answers(entry, DEVICE, 201, "{}", 0);
    begin_service(entry, "@service:home", "bot");
}

static void m7_a_service_that_gets_no_login_says_who_speaks(void **state)
{
    struct entry *entry = *state;
    begin_direct(entry);
    assert_string_equal(entry->told, "in ");
    assert_int_equal(hs_requests(entry->hs, DEVICE), 1);
    assert_int_equal(ask(entry), 0);
    assert_int_equal(hs_requests(entry->hs, "GET " WHOAMI AS_BOT), 1);
    struct entry_asked asked;
    entry_ask(entry, &asked, WHOAMI "?timeout=3");
    entry_run(entry, SECOND);
    assert_int_equal(hs_requests(entry->hs, "GET " WHOAMI "?timeout=3&user_id=%40bot%3Ahome"
                                            "&device_id=MOORING"),
                     1);
}

static void m7_a_server_that_makes_no_device_goes_without(void **state)
{
    struct entry *entry = *state;
    answers(entry, DEVICE, 404, "{\"errcode\":\"M_NOT_FOUND\"}", 0);
    begin_direct(entry);
    assert_string_equal(entry->told, "in ");
    assert_int_equal(ask(entry), 0);
    assert_int_equal(hs_requests(entry->hs, "GET " WHOAMI "?user_id=%40bot%3Ahome"), 1);
}

static void m7_a_service_makes_its_device_anew(void **state)
{
    struct entry *entry = *state;
    begin_direct(entry);
    answers(entry, "GET " WHOAMI AS_BOT, 400, "{\"errcode\":\"M_UNKNOWN_DEVICE\"}", 1);
    answers(entry, SENDER, 200, "{\"user_id\":\"@service:home\"}", 1);
    assert_int_equal(ask(entry), 0);
    assert_int_equal(hs_requests(entry->hs, DEVICE), 2);
    assert_string_equal(entry->told, "in ");
}

static void refused(struct entry *entry, const char *sentence)
{
    size_t requests = hs_request_count(entry->hs);
    assert_int_equal(entry->notices[CHAT_NOTICE_LOGGED_OUT], 1);
    if (!strstr(entry->log.ptr, sentence))
        fail_msg("\"%s\" is not in: %s", sentence, entry->log.ptr);
    entry_run(entry, HOUR);
    assert_int_equal(hs_request_count(entry->hs), requests);
}

static void m7_a_service_is_told_why_it_is_refused(void **state)
{
    struct entry *entry = *state;
    answers(entry, SENDER, 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}", 1);
    begin_service(entry, "@service:home", "bot");
    refused(entry, "does not know the application service's token");
}

static void m7_a_user_that_is_not_the_services_is_refused(void **state)
{
    struct entry *entry = *state;
    answers(entry, REGISTER, 400, "{\"errcode\":\"M_EXCLUSIVE\"}", 0);
    begin_service(entry, "@service:home", "bot");
    refused(entry, "Write the user into the users of its registration");
}

/* Synapse answers 500 to each of its /sync. */
static void m7_a_service_itself_is_no_bot(void **state)
{
    struct entry *entry = *state;
    begin_service(entry, "@bot:home", "bot");
    refused(entry, "another sender_localpart");
    assert_int_equal(hs_requests(entry->hs, REGISTER), 0);
}

static void m7_a_token_that_dies_later_is_told(void **state)
{
    struct entry *entry = *state;
    begin_direct(entry);
    hs_expire(entry->hs, ENTRY_BOT, false);
    assert_int_equal(ask(entry), -EACCES);
    refused(entry, "does not know the application service's token");
}

static void m7_a_server_in_trouble_is_asked_again(void **state)
{
    struct entry *entry = *state;
    answers(entry, SENDER, 502, "", 2);
    begin_direct(entry);
    assert_string_equal(entry->told, "");
    entry_run(entry, 5 * MINUTE);
    assert_string_equal(entry->told, "in ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(m7_an_application_service_logs_in_as_its_user),
        ENTRY_TEST(m7_a_service_that_gets_no_login_says_who_speaks),
        ENTRY_TEST(m7_a_server_that_makes_no_device_goes_without),
        ENTRY_TEST(m7_a_service_makes_its_device_anew),
        ENTRY_TEST(m7_a_service_is_told_why_it_is_refused),
        ENTRY_TEST(m7_a_user_that_is_not_the_services_is_refused),
        ENTRY_TEST(m7_a_service_itself_is_no_bot),
        ENTRY_TEST(m7_a_token_that_dies_later_is_told),
        ENTRY_TEST(m7_a_server_in_trouble_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
