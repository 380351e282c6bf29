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

#endif
