/* SPDX-License-Identifier: MIT */
/* test_scram_login.c: a login by SCRAM against a server that knows the password, one that does not,
 * and those that pretend. */
#include "server.h"

#include <sodium.h>

#define NONCE_ADDED "+serverpart"

/* The services' side of RFC 5802, for SHA-256 and SHA-512. */
struct services {
    bool is_512, no_final;
    const char *password;  /* as they know it, prepared */
    const char *signature; /* instead of the true one */
    const char *error;     /* "e=..." instead of an opinion */
    unsigned rounds;
    int step;
    char account[64], first_bare[2048], server_first[2304];
    size_t logins;
};

static void mac(const struct services *services, const void *key, size_t size, const char *text,
                unsigned char *out)
{
    if (services->is_512) {
        crypto_auth_hmacsha512_state state;
        crypto_auth_hmacsha512_init(&state, key, size);
        crypto_auth_hmacsha512_update(&state, (const unsigned char *)text, strlen(text));
        crypto_auth_hmacsha512_final(&state, out);
    } else {
        crypto_auth_hmacsha256_state state;
        crypto_auth_hmacsha256_init(&state, key, size);
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
        crypto_auth_hmacsha256_final(&state, out);
    }
}

static void challenge_with(struct server *server, const char *text)
{
    char base64[2048];
    sodium_bin2base64(base64, sizeof(base64), (const unsigned char *)text, strlen(text),
                      sodium_base64_VARIANT_ORIGINAL);
    AUTO_BUF line = {.limit = 4096};
    buf_add_format(&line, "AUTHENTICATE %s\r\n", base64);
    assert_true(memory_write(server->connection, buf_str(&line)) >= 0);
}

static void say(struct server *server, const char *line)
{
    AUTO_BUF text = {.limit = 4096};
    buf_add_format(&text, "%s\r\n", line);
    assert_true(memory_write(server->connection, buf_str(&text)) >= 0);
}

static void on_first(struct server *server, struct services *services, const char *text)
{
    const char *nonce = strstr(text, ",r=");
    assert_true(strncmp(text, "n,,n=", 5) == 0 && nonce);
    snprintf(services->first_bare, sizeof(services->first_bare), "%s", text + 3);
    snprintf(services->account, sizeof(services->account), "%.*s", (int)(nonce - text - 5),
             text + 5);
    snprintf(services->server_first, sizeof(services->server_first),
             "r=%s" NONCE_ADDED ",s=c2FsdHlzYWx0,i=%u", nonce + 3, services->rounds);
    challenge_with(server, services->server_first);
}

static void on_proof(struct server *server, struct services *services, const char *text)
{
    size_t size = services->is_512 ? 64 : 32;
    unsigned char salted[64], client[64], stored[64], given[64], signature[64], key[64];
    char whole[8192], final[256] = "v=";
    const char *proof = strstr(text, ",p=");
    struct irc_scram_job job = {.hash = services->is_512 ? IRC_SCRAM_SHA512 : IRC_SCRAM_SHA256,
                                .salt = "saltysalt",
                                .salt_bytes = 9,
                                .rounds = services->rounds,
                                .password = {.limit = 1024}};
    assert_non_null(proof);
    buf_add_c(&job.password, services->password);
    irc_scram_derive(&job);
    memcpy(salted, job.salted, size);
    irc_scram_job_done(&job);
    snprintf(whole, sizeof(whole), "%s,%s,%.*s", services->first_bare, services->server_first,
             (int)(proof - text), text);
    size_t given_size = 0;
    assert_int_equal(sodium_base642bin(given, sizeof(given), proof + 3, strlen(proof + 3), NULL,
                                       &given_size, NULL, sodium_base64_VARIANT_ORIGINAL),
                     0);
    assert_int_equal(given_size, size);
    /* the proof opens to the client key, whose hash is the stored key */
    mac(services, salted, size, "Client Key", client);
    if (services->is_512)
        crypto_hash_sha512(stored, client, size);
    else
        crypto_hash_sha256(stored, client, size);
    mac(services, stored, size, whole, signature);
    for (size_t i = 0; i < size; i++)
        signature[i] ^= given[i];
    if (!services->signature && memcmp(signature, client, size) != 0) {
        say(server, ":irc.sea.example 904 * :SASL authentication failed");
        return;
    }
    mac(services, salted, size, "Server Key", key);
    mac(services, key, size, whole, signature);
    sodium_bin2base64(final + 2, sizeof(final) - 2, signature, size,
                      sodium_base64_VARIANT_ORIGINAL);
    challenge_with(server, services->error       ? services->error
                           : services->signature ? services->signature
                                                 : final);
}

static void welcome_in(struct server *server, struct services *services)
{
    services->logins++;
    say(server, ":irc.sea.example 900 * * harbor-bot :You are now logged in");
    say(server, ":irc.sea.example 903 * :ok");
}

static void authenticate(struct server *server, struct str param)
{
    struct services *services = server->ctx;
    char text[2048] = "";
    size_t size = 0;
    if (str_eq_c(param, "*")) {
        say(server, ":irc.sea.example 906 * :aborted");
        services->step = 0;
        return;
    }
    if (str_starts(param, STR("SCRAM")) || str_starts(param, STR("PLAIN"))) {
        services->step = str_starts(param, STR("PLAIN")) ? 10 : 1;
        services->is_512 = str_eq_c(param, "SCRAM-SHA-512");
        say(server, "AUTHENTICATE +");
        return;
    }
    if (!str_eq_c(param, "+"))
        assert_int_equal(sodium_base642bin((unsigned char *)text, sizeof(text) - 1, param.ptr,
                                           param.len, NULL, &size, NULL,
                                           sodium_base64_VARIANT_ORIGINAL),
                         0);
    switch (services->step++) {
    case 1:
        on_first(server, services, text);
        break;
    case 2:
        if (services->no_final)
            welcome_in(server, services);
        else
            on_proof(server, services, text);
        break;
    default:
        welcome_in(server, services);
    }
}

static struct server *with_services(struct services *services, const char *caps)
{
    struct server *server = server_make();
    server->caps = caps;
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("sea-password");
    server->authenticate = authenticate;
    server->ctx = services;
    services->password = services->password ? services->password : "secret";
    services->rounds = services->rounds ? services->rounds : 4096;
    return server;
}

static void i2_logs_in_by_scram(void **state)
{
    (void)state;
    static const char *const caps[] = {"sasl=PLAIN,SCRAM-SHA-256",
                                       "sasl=SCRAM-SHA-512,SCRAM-SHA-256"};
    for (size_t i = 0; i < COUNT_OF(caps); i++) {
        struct services services = {.step = 0};
        struct server *server = with_services(&services, caps[i]);
        server_open(server);

        assert_int_equal(services.logins, 1);
        assert_true(services.is_512 == (i == 1));
        assert_string_equal(services.account, "harbor-bot");
        assert_int_equal(server->session->login, IRC_LOGIN_DONE);
        assert_true(server_heard(server, "CAP END"));
        assert_true(server_heard(server, "JOIN #harbor"));
        assert_false(server_logged(server, "secret"));
        server_close(server);
    }
}

/* The services know the prepared form; so do we, whichever way it was typed. */
static void i2_scram_with_a_password_beyond_ascii(void **state)
{
    (void)state;
    struct services services = {.password = "IX p\xc3\xa4ss\xf0\x9f\x9a\xa2"};
    struct server *server = with_services(&services, "sasl=SCRAM-SHA-256");
    server->secret = "\xe2\x85\xa8\xc2\xa0pa\xcc\x88ss\xc2\xad\xf0\x9f\x9a\xa2";
    server_open(server);

    assert_int_equal(services.logins, 1);
    server_close(server);
}

static void i2_scram_with_a_wrong_password(void **state)
{
    (void)state;
    struct services services = {.password = "another"};
    struct server *server = with_services(&services, "sasl=SCRAM-SHA-256,PLAIN");
    server_open(server);

    assert_int_equal(services.logins, 0);
    assert_true(server_logged(server, "wrong account or password"));
    assert_false(
        server_ever_heard(server, "AUTHENTICATE PLAIN")); /* no second guess in the clear */
    assert_null(server->connection);
    server_run(server, 9 * CLOCK_MINUTE_MS);
    assert_int_equal(server->connections, 1);
    server_close(server);
}

static void i2_scram_with_a_lying_server(void **state)
{
    (void)state;
    struct services services = {.signature = "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    struct server *server = with_services(&services, "sasl=SCRAM-SHA-256,PLAIN");
    server_open(server);

    assert_true(server_heard(server, "AUTHENTICATE *"));
    assert_true(server_logged(server, "did not prove that it knows the account's password"));
    assert_false(server_ever_heard(server, "AUTHENTICATE PLAIN"));
    assert_false(server_ever_heard(server, "JOIN"));
    assert_null(server->connection);
    server_run(server, 9 * CLOCK_MINUTE_MS); /* it is left alone for long */
    assert_int_equal(server->connections, 1);
    server_close(server);
}

/* "Logged in!", and no proof at all. */
static void i2_scram_with_a_server_that_skips_its_proof(void **state)
{
    (void)state;
    struct services services = {.no_final = true};
    struct server *server = with_services(&services, "sasl=SCRAM-SHA-256");
    server_open(server);

    assert_true(server_heard(server, "AUTHENTICATE *"));
    assert_int_equal(server->session->login, IRC_LOGIN_FAILED);
    assert_null(server->connection);
    server_close(server);
}

static void i2_scram_errors_that_services_name(void **state)
{
    (void)state;
    static const struct {
        const char *error, *logged, *states;
    } cases[] = {{"e=invalid-proof", "wrong account or password", "connecting down "},
                 {"e=other-error", "services have a trouble of their own", "connecting up "}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct services services = {.error = cases[i].error};
        struct server *server = with_services(&services, "sasl=SCRAM-SHA-256");
        server_open(server);
        assert_true(server_logged(server, cases[i].logged));
        assert_string_equal(server->states, cases[i].states);
        server_close(server);
    }
}

static void i2_too_few_and_too_many_rounds_are_refused(void **state)
{
    (void)state;
    static const unsigned rounds[] = {1, 4095, 1000001};
    for (size_t i = 0; i < COUNT_OF(rounds); i++) {
        struct services services = {.rounds = rounds[i]};
        struct server *server = with_services(&services, "sasl=SCRAM-SHA-256,PLAIN");
        server_open(server);
        assert_true(server_heard(server, "AUTHENTICATE *"));
        assert_int_equal(services.logins, 0);
        assert_false(server_ever_heard(server, "AUTHENTICATE PLAIN"));
        server_close(server);
    }
}

/* Services that keep this account's password in a way that SCRAM cannot use say no at once. */
static void i2_scram_that_this_account_cannot_do_gives_way_to_plain(void **state)
{
    (void)state;
    struct services services = {.step = 0};
    struct server *server = with_services(&services, "sasl=SCRAM-SHA-256,PLAIN");
    services.step = 100;
    server->authenticate = NULL;
    server->no_login = true;
    server_open(server);
    assert_true(server_heard(server, "AUTHENTICATE SCRAM-SHA-256"));
    server_says(server, "AUTHENTICATE +");
    server->authenticate = authenticate;
    server_says(server, ":irc.sea.example 904 * :SASL authentication failed");

    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    server_close(server);
}

/* A control character cannot be said in SCRAM; over TLS it can in PLAIN. */
static void i2_a_password_that_scram_does_not_allow(void **state)
{
    (void)state;
    struct services services = {.step = 0};
    struct server *server = with_services(&services, "sasl=SCRAM-SHA-256,PLAIN");
    server->secret = "bell\x07";
    server_open(server);

    assert_true(server_heard(server, "AUTHENTICATE *"));
    assert_true(server_heard(server, "AUTHENTICATE PLAIN"));
    assert_int_equal(server->session->login, IRC_LOGIN_DONE);
    assert_string_equal(server->states, "connecting up ");
    server_close(server);
}

/* The pool still computes for a connection that is gone, and for a bot that is. */
static void i2_a_connection_that_goes_while_the_key_is_derived(void **state)
{
    (void)state;
    struct services services = {.rounds = 100000};
    struct server *server = with_services(&services, "sasl=SCRAM-SHA-256");
    server->authenticate = NULL;
    server->no_login = true;
    server_open(server);
    server_says(server, "AUTHENTICATE +");
    struct str nonce = str_of(server->session->sasl.scram.nonce);
    char first[512];
    snprintf(first, sizeof(first), "r=%.*sx,s=c2FsdA==,i=100000", STR_ARG(nonce));
    challenge_with(server, first);
    memory_close(TAKE(server->connection), -ECONNRESET); /* arrives behind it */

    server_run(server, 0);
    assert_null(server->session->login_work);
    assert_false(server_logged(server, "irc_login_failed"));
    server_close(server);
}

/* The same, with the whole session: what the pool gives back finds nobody. */
static void i2_a_session_that_goes_while_the_key_is_derived(void **state)
{
    (void)state;
    struct services services = {.step = 0};
    struct server *server = with_services(&services, "sasl=SCRAM-SHA-256");
    char first[256], base64[512], line[600];
    struct irc_message message;
    server->authenticate = NULL;
    server->no_login = true;
    server_open(server);
    server_says(server, "AUTHENTICATE +");
    snprintf(first, sizeof(first), "r=%sx,s=c2FsdA==,i=50000", server->session->sasl.scram.nonce);
    sodium_bin2base64(base64, sizeof(base64), (const unsigned char *)first, strlen(first),
                      sodium_base64_VARIANT_ORIGINAL);
    snprintf(line, sizeof(line), "AUTHENTICATE %s", base64);
    assert_int_equal(irc_parse_line(str_of(line), &message), 0);

    irc_login_authenticate(server->session, &message); /* begins, and returns at once */
    assert_non_null(server->session->login_work);
    irc_class.destroy(&server->session->network);
    server->session = NULL;

    server_close(server); /* waits for the pool */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i2_logs_in_by_scram),
        cmocka_unit_test(i2_scram_with_a_password_beyond_ascii),
        cmocka_unit_test(i2_scram_with_a_wrong_password),
        cmocka_unit_test(i2_scram_with_a_lying_server),
        cmocka_unit_test(i2_scram_with_a_server_that_skips_its_proof),
        cmocka_unit_test(i2_scram_errors_that_services_name),
        cmocka_unit_test(i2_too_few_and_too_many_rounds_are_refused),
        cmocka_unit_test(i2_scram_that_this_account_cannot_do_gives_way_to_plain),
        cmocka_unit_test(i2_a_password_that_scram_does_not_allow),
        cmocka_unit_test(i2_a_connection_that_goes_while_the_key_is_derived),
        cmocka_unit_test(i2_a_session_that_goes_while_the_key_is_derived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
