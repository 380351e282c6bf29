/* SPDX-License-Identifier: MIT */
/* oauth.h: what is said to a homeserver's login server, and what it answers: pure.  Client-server
 * API "OAuth 2.0 API"; RFC 6749, RFC 7591, RFC 8414, RFC 8628. */
#ifndef CHAT_MATRIX_OAUTH_H
#define CHAT_MATRIX_OAUTH_H

#include <jansson.h>

#include "chat/matrix/tokens.h"

/* Of /auth_metadata. */
struct matrix_oauth_server {
    char issuer[MATRIX_TOKEN_URL_BYTES];
    char registration[MATRIX_TOKEN_URL_BYTES], device[MATRIX_TOKEN_URL_BYTES],
        token[MATRIX_TOKEN_URL_BYTES];
};
/* -EBADMSG: an address is missing, or neither https nor (`is_local`: the homeserver is on this
 * machine) local; -EOPNOTSUPP: no device grant there. */
int matrix_oauth_server_read(const json_t *json, bool is_local,
                             struct matrix_oauth_server *ret_server) MUST_CHECK;

/* The body of the registration (RFC 7591): a native client without a secret.  `home`: a client has
 * to name a page of its own; ours is whatever server it is for. */
int matrix_oauth_register(struct buf *out, const char *home) MUST_CHECK;
/* client_id of its answer.  -EBADMSG. */
int matrix_oauth_client_read(const json_t *json,
                             char ret_client[MATRIX_TOKEN_NAME_BYTES]) MUST_CHECK;

/* Form bodies. */
int matrix_oauth_device_ask(struct buf *out, const char *client, const char *device) MUST_CHECK;
int matrix_oauth_device_poll(struct buf *out, const char *client, const char *code) MUST_CHECK;
int matrix_oauth_refresh(struct buf *out, const char *client, const char *refresh) MUST_CHECK;

struct matrix_oauth_device {
    char code[MATRIX_TOKEN_NAME_BYTES];         /* secret: we poll with it */
    char user_code[MATRIX_TOKEN_NAME_BYTES];    /* to be typed in, or compared */
    char address[MATRIX_TOKEN_URL_BYTES];       /* to be opened */
    char whole_address[MATRIX_TOKEN_URL_BYTES]; /* with the code in it; empty: not offered */
    int64_t interval_ms, expires_ms;
};
/* -EBADMSG. */
int matrix_oauth_device_read(const json_t *json, struct matrix_oauth_device *ret_device) MUST_CHECK;

enum matrix_oauth_poll {
    MATRIX_OAUTH_DONE,
    MATRIX_OAUTH_PENDING,
    MATRIX_OAUTH_SLOW_DOWN,
    MATRIX_OAUTH_DENIED,
    MATRIX_OAUTH_EXPIRED,
    MATRIX_OAUTH_BROKEN,
    MATRIX_OAUTH_POLL_COUNT
};
/* What the answer to a poll means; DONE: it has tokens. */
enum matrix_oauth_poll matrix_oauth_poll_read(const json_t *json);

/* access_token, refresh_token (the old one stays where none came) and how long: in seconds
 * (expires_in) or, of the homeserver's own answers, in ms (expires_in_ms).  -EBADMSG: nothing was
 * changed. */
int matrix_tokens_take(const json_t *json, int64_t now_at, struct matrix_tokens *tokens) MUST_CHECK;

#endif
