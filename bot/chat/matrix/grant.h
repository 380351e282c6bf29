/* SPDX-License-Identifier: MIT */
/* grant.h: the OAuth 2.0 device grant (RFC 8628; client-server API "Device authorization grant"):
 * a person opens an address on whatever has a browser, and says yes. */
#ifndef CHAT_MATRIX_GRANT_H
#define CHAT_MATRIX_GRANT_H

#include "chat/matrix/oauth.h"
#include "chat/matrix/session.h"

struct matrix_grant;
struct matrix_grant_events {
    /* To be shown to whoever asked for the login. */
    void (*show)(void *ctx, const struct matrix_oauth_device *device);
    /* Once: 0 with whole tokens (borrowed), or negative with a sentence.  -EOPNOTSUPP: that server
     * has no such login. */
    void (*done)(void *ctx, int result, const struct matrix_tokens *tokens,
                 const struct error *error);
    void *ctx;
};
/* `session`: its options and requests are used, never its account. */
int matrix_grant_start(struct matrix_session *session, const struct matrix_grant_events *events,
                       struct matrix_grant **ret_grant) MUST_CHECK;
void matrix_grant_destroy(struct matrix_grant *grant); /* not inside its calls */

#endif
