/* SPDX-License-Identifier: MIT */
/* login.h: the requests that get tokens, and those that keep them: their bodies and answers. */
#ifndef CHAT_MATRIX_LOGIN_H
#define CHAT_MATRIX_LOGIN_H

#include "chat/matrix/request.h"
#include "chat/matrix/tokens.h"

/* Each begins a request whose answer `done` gets; at most one error: -ENOMEM, -ENOBUFS. */

/* POST /login by password, or (appservice) with `secret` as the bearer; `device` empty: a new one.
 */
int matrix_login_ask(struct matrix_session *session, const char *base, struct str secret,
                     const char *device, matrix_done_fn done, void *ctx,
                     struct matrix_call **ret_call) MUST_CHECK;
/* user_id, device_id and tokens of its answer.  -EBADMSG. */
int matrix_login_read(const json_t *json, int64_t now_at, struct matrix_tokens *tokens) MUST_CHECK;

/* POST /logout: the login of that token ends, and its device goes. */
int matrix_logout_ask(struct matrix_session *session, const char *base, const char *token,
                      matrix_done_fn done, void *ctx, struct matrix_call **ret_call) MUST_CHECK;

/* POST /refresh, or the OAuth server's token endpoint where tokens->client is set. */
int matrix_refresh_ask(struct matrix_session *session, const struct matrix_tokens *tokens,
                       matrix_done_fn done, void *ctx, struct matrix_call **ret_call) MUST_CHECK;
/* Whether the refresh token itself is refused, which trying again does not mend. */
bool matrix_refresh_is_refused(const struct matrix_answer *answer);

int matrix_whoami_ask(struct matrix_session *session, const char *base, const char *token,
                      matrix_done_fn done, void *ctx, struct matrix_call **ret_call) MUST_CHECK;
/* -EBADMSG.  An answer without device_id (an application service) leaves the device as it is. */
int matrix_whoami_read(const json_t *json, struct matrix_tokens *tokens) MUST_CHECK;
/* "@mooring:example.org" as "mooring" or itself; empty is anybody. */
bool matrix_user_is(const char *user, const char *configured);

/* Synapse answers 500 to each /sync of a service itself. */
#define MATRIX_SERVICE_ITSELF                                                                      \
    "\"user\" is the application service itself (sender_localpart), which the homeserver lets "    \
    "read "                                                                                        \
    "nothing. Write another sender_localpart into the registration and the bot into its users, "   \
    "and restart the homeserver."
/* Application services: `tokens` holds the service's token and whom it speaks for. */

/* POST /register of options.user, without a login; M_USER_IN_USE where it is there. */
int matrix_service_register_ask(struct matrix_session *session, const char *base,
                                struct str as_token, matrix_done_fn done, void *ctx,
                                struct matrix_call **ret_call) MUST_CHECK;
/* `user`: the service itself, "@harbor-service:example.org"; then `configured`, beside it there.
 * False: it does not fit. */
bool matrix_service_user(const char *configured, char user[MATRIX_TOKEN_NAME_BYTES]);
/* PUT /devices/{device}, which makes it (v1.17). */
int matrix_service_device_ask(struct matrix_session *session, const struct matrix_tokens *tokens,
                              matrix_done_fn done, void *ctx,
                              struct matrix_call **ret_call) MUST_CHECK;
/* Whether it may speak for tokens->user. */
int matrix_service_whoami_ask(struct matrix_session *session, const struct matrix_tokens *tokens,
                              matrix_done_fn done, void *ctx,
                              struct matrix_call **ret_call) MUST_CHECK;

#endif
