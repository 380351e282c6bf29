/* SPDX-License-Identifier: MIT */
/* login.c: logins, refreshes and whoami, as requests.  What has a secret in it is wiped. */
#include "chat/matrix/login.h"

#include <errno.h>

#include "chat/matrix/discover.h"
#include "chat/matrix/oauth.h"

enum { URL_BYTES = 1024, BODY_BYTES = 32 * 1024, LOGIN_MS = 30 * 1000 };

static int submit(struct matrix_session *session, const char *method, const char *url,
                  struct str body, const char *content_type, struct str bearer, matrix_done_fn done,
                  void *ctx, struct matrix_call **ret_call)
{
    const struct matrix_request request = {.method = method,
                                           .path = str_of(url),
                                           .body = body,
                                           .content_type = str_of(content_type),
                                           .timeout_ms = LOGIN_MS,
                                           .without_token = true,
                                           .bearer = bearer};
    return matrix_request(session, &request, done, ctx, ret_call);
}

/* Takes `json`, which may hold a secret. */
static int submit_json(struct matrix_session *session, const char *method, const char *url,
                       json_t *json, struct str bearer, matrix_done_fn done, void *ctx,
                       struct matrix_call **ret_call)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    int r = text ? submit(session, method, url, str_of(text), "application/json", bearer, done, ctx,
                          ret_call)
                 : -ENOMEM;
    if (text)
        mem_wipe(text, strlen(text));
    mem_free(text);
    json_decref(json);
    return r;
}

static int post_json(struct matrix_session *session, const char *base, const char *path,
                     json_t *json, struct str bearer, matrix_done_fn done, void *ctx,
                     struct matrix_call **ret_call)
{
    char url[URL_BYTES];
    int length = snprintf(url, sizeof url, "%s%s", base, path);
    if (length < 0 || length >= URL_BYTES) {
        json_decref(json);
        return -E2BIG;
    }
    return submit_json(session, "POST", url, json, bearer, done, ctx, ret_call);
}

/* ---- login ----------------------------------------------------------------------------------- */

static json_t *login_body(const struct matrix_options *options, struct str secret,
                          const char *device)
{
    bool is_password = options->how == MATRIX_LOGIN_PASSWORD;
    json_t *json = json_pack("{s:s, s:{s:s, s:s}, s:s, s:b}", "type",
                             is_password ? "m.login.password" : "m.login.application_service",
                             "identifier", "type", "m.id.user", "user", options->user,
                             "initial_device_display_name", options->device_name, "refresh_token",
                             true);
    int failed = json ? 0 : -1;
    if (!failed && is_password)
        failed = json_object_set_new(json, "password", json_stringn(secret.ptr, secret.len));
    if (!failed && *device)
        failed = json_object_set_new(json, "device_id", json_string(device));
    if (!failed)
        return json;
    json_decref(json);
    return NULL;
}

int matrix_login_ask(struct matrix_session *session, const char *base, struct str secret,
                     const char *device, matrix_done_fn done, void *ctx,
                     struct matrix_call **ret_call)
{
    bool is_password = session->options.how == MATRIX_LOGIN_PASSWORD;
    return post_json(session, base, "/_matrix/client/v3/login",
                     login_body(&session->options, secret, device),
                     is_password ? (struct str){0} : secret, done, ctx, ret_call);
}

static bool take_id(const json_t *json, const char *name, char out[MATRIX_TOKEN_NAME_BYTES])
{
    struct str id = matrix_answer_text(json, name);
    return id.len > 0 && str_to_c(id, out, MATRIX_TOKEN_NAME_BYTES);
}

int matrix_login_read(const json_t *json, int64_t now_at, struct matrix_tokens *tokens)
{
    char user[MATRIX_TOKEN_NAME_BYTES], device[MATRIX_TOKEN_NAME_BYTES];
    if (!take_id(json, "user_id", user) || !take_id(json, "device_id", device) || user[0] != '@')
        return -EBADMSG;
    tokens->refresh[0] = '\0'; /* an older login's */
    int r = matrix_tokens_take(json, now_at, tokens);
    if (r < 0)
        return r;
    memcpy(tokens->user, user, sizeof user);
    memcpy(tokens->device, device, sizeof device);
    return 0;
}

int matrix_logout_ask(struct matrix_session *session, const char *base, const char *token,
                      matrix_done_fn done, void *ctx, struct matrix_call **ret_call)
{
    return post_json(session, base, "/_matrix/client/v3/logout", json_object(), str_of(token), done,
                     ctx, ret_call);
}

/* ---- refresh --------------------------------------------------------------------------------- */

int matrix_refresh_ask(struct matrix_session *session, const struct matrix_tokens *tokens,
                       matrix_done_fn done, void *ctx, struct matrix_call **ret_call)
{
    if (!tokens->client[0])
        return post_json(session, tokens->base, "/_matrix/client/v3/refresh",
                         json_pack("{s:s}", "refresh_token", tokens->refresh), (struct str){0},
                         done, ctx, ret_call);
    struct buf body CLEANUP(buf_wipe);
    buf_init(&body, BODY_BYTES);
    int r = matrix_oauth_refresh(&body, tokens->client, tokens->refresh);
    if (r < 0)
        return r;
    return submit(session, "POST", tokens->endpoint, buf_str(&body),
                  "application/x-www-form-urlencoded", (struct str){0}, done, ctx, ret_call);
}

bool matrix_refresh_is_refused(const struct matrix_answer *answer)
{
    /* RFC 6749, 5.2: invalid_grant, invalid_client ...; a homeserver says 401 or 403, and 404 when
     * it knows of no refresh tokens any more. */
    return answer->result == -EACCES || answer->result == -ENOENT || answer->result == -EINVAL;
}

/* ---- whoami ---------------------------------------------------------------------------------- */

int matrix_whoami_ask(struct matrix_session *session, const char *base, const char *token,
                      matrix_done_fn done, void *ctx, struct matrix_call **ret_call)
{
    char url[URL_BYTES];
    int length = snprintf(url, sizeof url, "%s/_matrix/client/v3/account/whoami", base);
    if (length < 0 || length >= URL_BYTES)
        return -E2BIG;
    const struct matrix_request request = {.method = "GET",
                                           .path = str_of(url),
                                           .timeout_ms = LOGIN_MS,
                                           .without_token = true,
                                           .bearer = str_of(token)};
    return matrix_request(session, &request, done, ctx, ret_call);
}

int matrix_whoami_read(const json_t *json, struct matrix_tokens *tokens)
{
    char user[MATRIX_TOKEN_NAME_BYTES];
    if (!take_id(json, "user_id", user) || user[0] != '@')
        return -EBADMSG;
    memcpy(tokens->user, user, sizeof user);
    char device[MATRIX_TOKEN_NAME_BYTES];
    if (take_id(json, "device_id", device))
        memcpy(tokens->device, device, sizeof device);
    return 0;
}

bool matrix_user_is(const char *user, const char *configured)
{
    struct str whole = str_of(user), name = str_of(configured);
    if (name.len == 0 || str_eq(whole, name))
        return true;
    struct str local = str_upto(str_from(whole, 1), str_find(whole, STR(":"), 0) - 1);
    return str_eq_nocase(local, name);
}

/* ---- application services -------------------------------------------------------------------- */

/* "harbor-bot" of "@harbor-bot:example.org" */
static struct str localpart(const char *user)
{
    struct str name = str_of(user);
    if (!str_starts(name, STR("@")))
        return name;
    name = str_from(name, 1);
    size_t colon = str_find(name, STR(":"), 0);
    return colon == SIZE_MAX ? name : str_upto(name, colon);
}

int matrix_service_register_ask(struct matrix_session *session, const char *base,
                                struct str as_token, matrix_done_fn done, void *ctx,
                                struct matrix_call **ret_call)
{
    struct str name = localpart(session->options.user);
    return post_json(session, base, "/_matrix/client/v3/register",
                     json_pack("{s:s, s:s%, s:b}", "type", "m.login.application_service",
                               "username", name.ptr, name.len, "inhibit_login", true),
                     as_token, done, ctx, ret_call);
}

bool matrix_service_user(const char *configured, char user[MATRIX_TOKEN_NAME_BYTES])
{
    char sender[MATRIX_TOKEN_NAME_BYTES];
    struct str name = localpart(configured);
    memcpy(sender, user, sizeof sender);
    const char *colon = strchr(sender, ':');
    if (!colon)
        return false;
    int length = snprintf(user, MATRIX_TOKEN_NAME_BYTES, "@%.*s%s", STR_ARG(name), colon);
    return length > 0 && length < MATRIX_TOKEN_NAME_BYTES;
}

int matrix_service_device_ask(struct matrix_session *session, const struct matrix_tokens *tokens,
                              matrix_done_fn done, void *ctx, struct matrix_call **ret_call)
{
    AUTO_BUF url;
    const struct str parts[] = {str_of(tokens->device), str_of(tokens->user)};
    buf_init(&url, URL_BYTES);
    buf_add_c(&url, tokens->base);
    int r = matrix_path(&url, "/_matrix/client/v3/devices/{}?user_id={}", parts, COUNT_OF(parts));
    if (r == 0)
        buf_add_byte(&url, '\0');
    if (r < 0 || url.failed)
        return r < 0 ? r : url.failed;
    return submit_json(session, "PUT", url.ptr,
                       json_pack("{s:s}", "display_name", session->options.device_name),
                       str_of(tokens->access), done, ctx, ret_call);
}

int matrix_service_whoami_ask(struct matrix_session *session, const struct matrix_tokens *tokens,
                              matrix_done_fn done, void *ctx, struct matrix_call **ret_call)
{
    AUTO_BUF query;
    const struct str parts[] = {str_of(tokens->user)};
    buf_init(&query, URL_BYTES);
    buf_add_c(&query, tokens->base);
    int r = matrix_path(&query, "/_matrix/client/v3/account/whoami?user_id={}", parts, 1);
    if (r < 0)
        return r;
    const struct matrix_request request = {.method = "GET",
                                           .path = buf_str(&query),
                                           .timeout_ms = LOGIN_MS,
                                           .without_token = true,
                                           .bearer = str_of(tokens->access)};
    return matrix_request(session, &request, done, ctx, ret_call);
}
