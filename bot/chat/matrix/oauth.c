/* SPDX-License-Identifier: MIT */
/* oauth.c: bodies and answers of the OAuth 2.0 login. */
#include "chat/matrix/oauth.h"

#include <errno.h>

#include "base/ascii.h"
#include "chat/matrix/discover.h"

#define API_SCOPE    "urn:matrix:client:api:*"
#define DEVICE_SCOPE "urn:matrix:client:device:"
#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"

enum {
    INTERVAL_MS = 5000, /* RFC 8628, 3.5: where the server names none */
    INTERVAL_MAX_SECONDS = 300,
    EXPIRES_MAX_SECONDS = 3600,
    TOKEN_MAX_MS = 1000 * 1000 * 1000, /* eleven days: a longer life is looked at again then */
};

/* ---- answers --------------------------------------------------------------------------------- */

static bool is_safe(struct str url, bool is_local)
{
    static const char *const local[] = {"http://127.0.0.1", "http://localhost", "http://[::1]",
                                        "memory://"};
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ')
            return false;
    if (str_starts(url, STR("https://")))
        return true;
    for (size_t i = 0; is_local && i < COUNT_OF(local); i++)
        if (str_starts(url, str_of(local[i])))
            return true;
    return false;
}

static bool take_url(const json_t *json, const char *name, bool is_local,
                     char out[MATRIX_TOKEN_URL_BYTES])
{
    struct str url = matrix_answer_text(json, name);
    return is_safe(url, is_local) && str_to_c(url, out, MATRIX_TOKEN_URL_BYTES);
}

static bool lists(const json_t *list, const char *word)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        const char *text = json_string_value(one);
        if (text && strcmp(text, word) == 0)
            return true;
    }
    return false;
}

int matrix_oauth_server_read(const json_t *json, bool is_local,
                             struct matrix_oauth_server *ret_server)
{
    struct matrix_oauth_server server = {0};
    if (!take_url(json, "issuer", is_local, server.issuer) ||
        !take_url(json, "token_endpoint", is_local, server.token))
        return -EBADMSG;
    if (!take_url(json, "device_authorization_endpoint", is_local, server.device) ||
        !take_url(json, "registration_endpoint", is_local, server.registration) ||
        !lists(json_object_get(json, "grant_types_supported"), DEVICE_GRANT))
        return -EOPNOTSUPP;
    *ret_server = server;
    return 0;
}

int matrix_oauth_client_read(const json_t *json, char ret_client[MATRIX_TOKEN_NAME_BYTES])
{
    struct str client = matrix_answer_text(json, "client_id");
    return client.len > 0 && str_to_c(client, ret_client, MATRIX_TOKEN_NAME_BYTES) ? 0 : -EBADMSG;
}

static int64_t seconds_of(const json_t *json, const char *name, int64_t fallback_ms, int64_t max)
{
    const json_t *value = json_object_get(json, name);
    double seconds = json_number_value(value);
    if (!json_is_number(value) || !(seconds >= 1))
        return fallback_ms;
    return seconds < (double)max ? (int64_t)(seconds * 1000) : max * 1000;
}

/* What people see must be what it seems: no control characters, no line ends. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

int matrix_oauth_device_read(const json_t *json, struct matrix_oauth_device *ret_device)
{
    struct matrix_oauth_device device = {
        .interval_ms = seconds_of(json, "interval", INTERVAL_MS, INTERVAL_MAX_SECONDS),
        .expires_ms = seconds_of(json, "expires_in", EXPIRES_MAX_SECONDS * 1000LL,
                                 EXPIRES_MAX_SECONDS)};
    struct str code = matrix_answer_text(json, "device_code");
    struct str user_code = matrix_answer_text(json, "user_code");
    bool good = code.len > 0 && user_code.len > 0 &&
                str_to_c(code, device.code, sizeof device.code) &&
                str_to_c(user_code, device.user_code, sizeof device.user_code) &&
                is_plain(device.user_code) &&
                take_url(json, "verification_uri", true, device.address) &&
                is_plain(device.address);
    if (!good)
        return -EBADMSG;
    if (!take_url(json, "verification_uri_complete", true, device.whole_address) ||
        !is_plain(device.whole_address))
        device.whole_address[0] = '\0';
    *ret_device = device;
    return 0;
}

enum matrix_oauth_poll matrix_oauth_poll_read(const json_t *json)
{
    static const struct {
        const char *error;
        enum matrix_oauth_poll poll;
    } errors[] = {{"authorization_pending", MATRIX_OAUTH_PENDING},
                  {"slow_down", MATRIX_OAUTH_SLOW_DOWN},
                  {"access_denied", MATRIX_OAUTH_DENIED},
                  {"expired_token", MATRIX_OAUTH_EXPIRED}};
    struct str error = matrix_answer_text(json, "error");
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        if (str_eq_c(error, errors[i].error))
            return errors[i].poll;
    return matrix_answer_text(json, "access_token").len > 0 ? MATRIX_OAUTH_DONE
                                                            : MATRIX_OAUTH_BROKEN;
}

/* A header's line must stay one line. */
static bool is_token(struct str token)
{
    for (size_t i = 0; i < token.len; i++)
        if ((unsigned char)token.ptr[i] <= ' ' || (unsigned char)token.ptr[i] >= 0x7f)
            return false;
    return token.len < MATRIX_TOKEN_BYTES;
}

int matrix_tokens_take(const json_t *json, int64_t now_at, struct matrix_tokens *tokens)
{
    struct str access = matrix_answer_text(json, "access_token");
    struct str refresh = matrix_answer_text(json, "refresh_token");
    const json_t *in_ms = json_object_get(json, "expires_in_ms");
    if (access.len == 0 || !is_token(access) || !is_token(refresh))
        return -EBADMSG;
    int64_t life_ms = seconds_of(json, "expires_in", 0, TOKEN_MAX_MS / 1000);
    double ms = json_number_value(in_ms);
    if (json_is_number(in_ms) && ms >= 1)
        life_ms = ms < TOKEN_MAX_MS ? (int64_t)ms : TOKEN_MAX_MS;
    (void)str_to_c(access, tokens->access, sizeof tokens->access);
    if (refresh.len > 0)
        (void)str_to_c(refresh, tokens->refresh, sizeof tokens->refresh);
    tokens->expires_at = life_ms > 0 ? now_at + life_ms : 0;
    return 0;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

int matrix_oauth_register(struct buf *out, const char *home)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:[s, s], s:[]}", "client_name", "Mooring",
                             "client_uri", home, "application_type", "native",
                             "token_endpoint_auth_method", "none", "grant_types", DEVICE_GRANT,
                             "refresh_token", "response_types");
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text)
        return -ENOMEM;
    buf_add_c(out, text);
    mem_free(text);
    return out->failed;
}

static void add_field(struct buf *out, const char *name, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";
    if (out->len > 0)
        buf_add_byte(out, '&');
    buf_add_format(out, "%s=", name);
    for (; *value; value++) {
        unsigned char byte = (unsigned char)*value;
        bool is_kept = ascii_is_word(byte) || strchr("-._~", byte);
        if (is_kept) {
            buf_add_byte(out, (char)byte);
            continue;
        }
        buf_add_byte(out, '%');
        buf_add_byte(out, digits[byte >> 4]);
        buf_add_byte(out, digits[byte & 15]);
    }
}

int matrix_oauth_device_ask(struct buf *out, const char *client, const char *device)
{
    AUTO_BUF scope;
    buf_init(&scope, 1024);
    buf_add_format(&scope, API_SCOPE " " DEVICE_SCOPE "%s", device);
    if (scope.failed)
        return scope.failed;
    add_field(out, "client_id", client);
    add_field(out, "scope", scope.ptr);
    return out->failed;
}

int matrix_oauth_device_poll(struct buf *out, const char *client, const char *code)
{
    add_field(out, "grant_type", DEVICE_GRANT);
    add_field(out, "device_code", code);
    add_field(out, "client_id", client);
    return out->failed;
}

int matrix_oauth_refresh(struct buf *out, const char *client, const char *refresh)
{
    add_field(out, "grant_type", "refresh_token");
    add_field(out, "refresh_token", refresh);
    add_field(out, "client_id", client);
    return out->failed;
}
