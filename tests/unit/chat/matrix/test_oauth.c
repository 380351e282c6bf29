/* SPDX-License-Identifier: MIT */
/* test_oauth.c: OAuth 2.0: what is asked and answered, the device grant from end to end, and an
 * account that renews such a login. */
#include "entry.h"

#include <errno.h>
#include <stdio.h>

#include "chat/matrix/grant.h"
#include "chat/matrix/oauth.h"
#include "store/keyring.h"

#define METADATA                                                                                   \
    "{\"issuer\":\"memory://home/\",\"token_endpoint\":\"memory://home/oauth/token\","             \
    "\"registration_endpoint\":\"memory://home/oauth/register\","                                  \
    "\"device_authorization_endpoint\":\"memory://home/oauth/device\","                            \
    "\"grant_types_supported\":[\"refresh_token\","                                                \
    "\"urn:ietf:params:oauth:grant-type:device_code\"]}"
enum { SECOND = 1000, MINUTE = 60 * SECOND };

static json_t *json_of(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

/* ---- pure ------------------------------------------------------------------------------------ */

static int read_server(const char *text, bool is_local)
{
    struct matrix_oauth_server server;
    json_t *json = json_of(text);
    int r = matrix_oauth_server_read(json, is_local, &server);
    json_decref(json);
    return r;
}

static void m5_only_encrypted_login_servers_are_asked(void **state)
{
    (void)state;
    assert_int_equal(read_server(METADATA, true), 0);
    assert_int_equal(read_server(METADATA, false), -EBADMSG);
    assert_int_equal(read_server("{}", true), -EBADMSG);
    assert_int_equal(read_server("[]", true), -EBADMSG);
    assert_int_equal(
        read_server("{\"issuer\":\"https://a/\",\"token_endpoint\":\"https://a/t\"}", false),
        -EOPNOTSUPP);
}

static void m5_bodies_are_forms(void **state)
{
    AUTO_BUF body;
    (void)state;
    buf_init(&body, 4096);
    assert_int_equal(matrix_oauth_device_ask(&body, "the client", "DEV"), 0);
    assert_true(str_eq_c(buf_str(&body),
                         "client_id=the%20client&scope=urn%3Amatrix%3Aclient%3Aapi%3A%2A%20"
                         "urn%3Amatrix%3Aclient%3Adevice%3ADEV"));
    buf_clear(&body);
    assert_int_equal(matrix_oauth_refresh(&body, "c", "r&x"), 0);
    assert_true(
        str_eq_c(buf_str(&body), "grant_type=refresh_token&refresh_token=r%26x&client_id=c"));
}

static void m5_tokens_are_taken_whole_or_not(void **state)
{
    static const struct {
        const char *json;
        int result;
        int64_t expires_at;
        const char *refresh;
    } cases[] = {
        {"{\"access_token\":\"a\",\"refresh_token\":\"b\",\"expires_in\":300}", 0, 301000, "b"},
        {"{\"access_token\":\"a\",\"expires_in_ms\":5000}", 0, 6000, "old"},
        {"{\"access_token\":\"a\"}", 0, 0, "old"},
        {"{\"access_token\":\"a\",\"expires_in\":-3}", 0, 0, "old"},
        {"{\"access_token\":\"a\",\"expires_in\":1e300}", 0, 1000000000 + 1000, "old"},
        {"{\"access_token\":\"\"}", -EBADMSG, 0, "old"},
        {"{\"access_token\":7}", -EBADMSG, 0, "old"},
        {"{\"access_token\":\"a\\r\\nX: y\"}", -EBADMSG, 0, "old"},
        {"{\"refresh_token\":\"b\"}", -EBADMSG, 0, "old"},
        {"[]", -EBADMSG, 0, "old"},
    };
    (void)state;
    struct matrix_tokens *tokens = matrix_tokens_create();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memset(tokens, 0, sizeof *tokens);
        snprintf(tokens->refresh, sizeof tokens->refresh, "old");
        json_t *json = json_of(cases[i].json);
        assert_int_equal(matrix_tokens_take(json, 1000, tokens), cases[i].result);
        json_decref(json);
        assert_int_equal(tokens->expires_at, cases[i].expires_at);
        assert_string_equal(tokens->refresh, cases[i].refresh);
    }
    matrix_tokens_destroy(tokens);
}

static void m5_a_code_is_what_it_seems(void **state)
{
    struct matrix_oauth_device device;
    (void)state;
    json_t *json = json_of("{\"device_code\":\"d\",\"user_code\":\"AB-CD\",\"verification_uri\":"
                           "\"https://a/link\",\"interval\":7,\"expires_in\":600}");
    assert_int_equal(matrix_oauth_device_read(json, &device), 0);
    assert_int_equal(device.interval_ms, 7000);
    assert_int_equal(device.expires_ms, 600000);
    assert_string_equal(device.whole_address, "");
    json_object_set_new(json, "user_code", json_string("AB\x1b[2J"));
    assert_int_equal(matrix_oauth_device_read(json, &device), -EBADMSG);
    json_object_set_new(json, "user_code", json_string("AB"));
    json_object_set_new(json, "verification_uri", json_string("javascript:alert(1)"));
    assert_int_equal(matrix_oauth_device_read(json, &device), -EBADMSG);
    json_decref(json);
}

/* ---- the grant ------------------------------------------------------------------------------- */

struct asker {
    struct matrix_oauth_device device;
    struct matrix_tokens *tokens;
    size_t shown, ended;
    int result;
    char why[256];
};

static void on_show(void *ctx, const struct matrix_oauth_device *device)
{
    struct asker *asker = ctx;
    asker->device = *device;
    asker->shown++;
}

static void on_done(void *ctx, int result, const struct matrix_tokens *tokens,
                    const struct error *error)
{
    struct asker *asker = ctx;
    asker->ended++;
    asker->result = result;
    if (result == 0)
        *asker->tokens = *tokens;
    else
        snprintf(asker->why, sizeof asker->why, "%.200s", error->text);
}

static void script(struct entry *entry, const char *match, unsigned status, const char *body,
                   unsigned skip, unsigned times)
{
    hs_fault(entry->hs, &(struct hs_fault){.match = match,
                                           .kind = HS_ANSWER,
                                           .status = status,
                                           .body = str_of(body),
                                           .skip = skip,
                                           .times = times});
}

#define PENDING "{\"error\":\"authorization_pending\"}"

static char token_answer[512];

static void script_server(struct entry *entry)
{
    hs_knobs(entry->hs)->auth_metadata = METADATA;
    script(entry, "POST /oauth/register", 201, "{\"client_id\":\"client-1\"}", 0, 0);
    script(entry, "POST /oauth/device", 200,
           "{\"device_code\":\"secret-code\",\"user_code\":\"WXYZ\",\"verification_uri\":"
           "\"https://login.example/link\",\"interval\":5,\"expires_in\":600}",
           0, 0);
    snprintf(token_answer, sizeof token_answer,
             "{\"access_token\":\"%s\",\"refresh_token\":\"refresh-x\",\"expires_in\":300}",
             hs_token(entry->hs, ENTRY_BOT, "BROWSER"));
}

/* The network's own session stays as the account's; the grant has one of its own, as the tool. */
static struct asker run_grant(struct entry *entry, int64_t for_ms)
{
    struct asker asker = {.tokens = matrix_tokens_create()};
    const struct matrix_grant_events events = {.show = on_show, .done = on_done, .ctx = &asker};
    struct matrix_session session;
    struct matrix_grant *grant;
    entry_open_session(entry, &session, "tool", "memory:home", "bot", MATRIX_LOGIN_OAUTH);
    matrix_account_stop(session.account);
    assert_int_equal(matrix_grant_start(&session, &events, &grant), 0);
    entry_run(entry, for_ms);
    matrix_grant_destroy(grant);
    entry_close_session(&session);
    return asker;
}

static void m5_a_person_says_yes_in_a_browser(void **state)
{
    struct entry *entry = *state;
    script_server(entry);
    script(entry, "POST /oauth/token", 400, PENDING, 0, 3);
    script(entry, "POST /oauth/token", 200, token_answer, 0, 0);
    struct asker asker = run_grant(entry, MINUTE);
    assert_int_equal(asker.shown, 1);
    assert_string_equal(asker.device.user_code, "WXYZ");
    assert_int_equal(asker.ended, 1);
    assert_int_equal(asker.result, 0);
    assert_string_equal(asker.tokens->client, "client-1");
    assert_string_equal(asker.tokens->endpoint, "memory://home/oauth/token");
    assert_string_equal(asker.tokens->refresh, "refresh-x");
    assert_string_equal(asker.tokens->user, ENTRY_BOT);
    assert_string_equal(asker.tokens->homeserver, "memory:home");
    assert_int_equal(hs_requests(entry->hs, "POST /oauth/token"), 4);
    matrix_tokens_destroy(asker.tokens);
}

static void m5_the_server_says_how_slowly_to_ask(void **state)
{
    struct entry *entry = *state;
    script_server(entry);
    script(entry, "POST /oauth/token", 400, "{\"error\":\"slow_down\"}", 0, 2);
    script(entry, "POST /oauth/token", 400, PENDING, 0, 0);
    struct asker asker = run_grant(entry, 60 * SECOND);
    /* at 5, 5+10, 15+15 s, and every 15 s from there on */
    assert_int_equal(hs_requests(entry->hs, "POST /oauth/token"), 5);
    assert_int_equal(asker.ended, 0);
    matrix_tokens_destroy(asker.tokens);
}

static void m5_nobody_says_yes(void **state)
{
    struct entry *entry = *state;
    script_server(entry);
    script(entry, "POST /oauth/token", 400, PENDING, 0, 0);
    struct asker asker = run_grant(entry, 20 * MINUTE);
    assert_int_equal(asker.result, -ETIMEDOUT);
    assert_int_equal(asker.ended, 1);
    assert_in_range(hs_requests(entry->hs, "POST /oauth/token"), 110, 120);
    matrix_tokens_destroy(asker.tokens);
}

static void m5_somebody_says_no(void **state)
{
    struct entry *entry = *state;
    script_server(entry);
    script(entry, "POST /oauth/token", 400, "{\"error\":\"access_denied\"}", 0, 0);
    struct asker asker = run_grant(entry, MINUTE);
    assert_int_equal(asker.result, -EACCES);
    matrix_tokens_destroy(asker.tokens);
}

static void m5_a_login_as_somebody_else_is_not_taken(void **state)
{
    struct entry *entry = *state;
    script_server(entry);
    snprintf(token_answer, sizeof token_answer, "{\"access_token\":\"%s\"}",
             hs_token(entry->hs, "@mara:home", "PHONE"));
    script(entry, "POST /oauth/token", 200, token_answer, 0, 0);
    struct asker asker = run_grant(entry, MINUTE);
    assert_int_equal(asker.result, -EPERM);
    matrix_tokens_destroy(asker.tokens);
}

static void m5_servers_of_before_v1_15_are_asked_at_their_address(void **state)
{
    struct entry *entry = *state;
    script_server(entry);
    hs_knobs(entry->hs)->auth_metadata = NULL;
    script(entry, "GET /_matrix/client/v1/auth_metadata", 404, "{\"errcode\":\"M_UNRECOGNIZED\"}",
           0, 0);
    script(entry, "GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata", 200, METADATA, 0,
           0);
    script(entry, "POST /oauth/token", 200, token_answer, 0, 0);
    struct asker asker = run_grant(entry, MINUTE);
    assert_int_equal(asker.result, 0);
    matrix_tokens_destroy(asker.tokens);
}

static void m5_a_server_without_it_says_what_to_choose(void **state)
{
    struct entry *entry = *state;
    struct asker asker = run_grant(entry, MINUTE);
    assert_int_equal(asker.result, -EOPNOTSUPP);
    assert_non_null(strstr(asker.why, "login = \"password\""));
    matrix_tokens_destroy(asker.tokens);
}

/* ---- the account with such a login ----------------------------------------------------------- */

static void store_login(struct entry *entry, const struct matrix_tokens *tokens)
{
    static const unsigned char master[KEYRING_KEY_BYTES] = {7};
    unsigned char key[KEYRING_KEY_BYTES];
    struct matrix_token_file *file;
    assert_int_equal(keyring_peek(entry->folder, master, KEYRING_LOGIN, key), 0);
    assert_int_equal(matrix_token_file_open(str_of(entry->folder), STR("shore"), key, &file), 0);
    assert_int_equal(matrix_token_file_save(file, tokens), 0);
    matrix_token_file_close(file);
}

static void m5_a_running_account_takes_the_login_up_and_renews_it(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked;
    char renewed[512];
    script_server(entry);
    script(entry, "POST /oauth/token", 200, token_answer, 0, 1);
    entry_begin(entry, "memory:home", "bot", MATRIX_LOGIN_OAUTH);
    entry_run(entry, MINUTE);
    assert_string_equal(entry->told, "");
    struct asker asker = run_grant(entry, MINUTE);
    assert_int_equal(asker.result, 0);
    store_login(entry, asker.tokens);
    matrix_account_reload(entry->session.account);
    entry_run(entry, SECOND);
    assert_string_equal(entry->told, "in ");
    snprintf(renewed, sizeof renewed,
             "{\"access_token\":\"%s\",\"refresh_token\":\"refresh-y\",\"expires_in\":300}",
             hs_token(entry->hs, ENTRY_BOT, "BROWSER"));
    script(entry, "POST /oauth/token", 200, renewed, 0, 0);
    entry_run(entry, 6 * MINUTE);
    assert_string_equal(entry->told, "in ");
    assert_in_range(hs_requests(entry->hs, "POST /oauth/token"), 2, 3);
    bool found = false;
    for (size_t i = 0; i < hs_request_count(entry->hs); i++)
        found = found ||
                str_eq_c(hs_request_body_at(entry->hs, i),
                         "grant_type=refresh_token&refresh_token=refresh-x&client_id=client-1");
    assert_true(found);
    entry_ask(entry, &asked, "/_matrix/client/v3/account/whoami");
    entry_run(entry, SECOND);
    assert_int_equal(asked.result, 0);
    matrix_tokens_destroy(asker.tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(m5_only_encrypted_login_servers_are_asked),
        cmocka_unit_test(m5_bodies_are_forms),
        cmocka_unit_test(m5_tokens_are_taken_whole_or_not),
        cmocka_unit_test(m5_a_code_is_what_it_seems),
        ENTRY_TEST(m5_a_person_says_yes_in_a_browser),
        ENTRY_TEST(m5_the_server_says_how_slowly_to_ask),
        ENTRY_TEST(m5_nobody_says_yes),
        ENTRY_TEST(m5_somebody_says_no),
        ENTRY_TEST(m5_a_login_as_somebody_else_is_not_taken),
        ENTRY_TEST(m5_servers_of_before_v1_15_are_asked_at_their_address),
        ENTRY_TEST(m5_a_server_without_it_says_what_to_choose),
        ENTRY_TEST(m5_a_running_account_takes_the_login_up_and_renews_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
