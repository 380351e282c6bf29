/* SPDX-License-Identifier: MIT */
/* discover.h: where a homeserver answers, and what it speaks (client-server API, "Server
 * discovery"). */
#ifndef CHAT_MATRIX_DISCOVER_H
#define CHAT_MATRIX_DISCOVER_H

#include "chat/matrix/request.h"
#include "chat/matrix/tokens.h"

/* All zeros, with `session`, is ready to begin. */
struct matrix_discovery {
    struct matrix_session *session;
    struct matrix_call *call;
    char base[MATRIX_TOKEN_URL_BYTES]; /* without "/" at its end */
    json_t *versions;                  /* the answer of /versions; owned */
    /* 0; -EAGAIN: not now (`answer` says when); -EBADMSG: what it says is of no use, and somebody
     * has to act.  `error` names the server. */
    void (*done)(struct matrix_discovery *discovery, int result, const struct matrix_answer *answer,
                 const struct error *error);
};
/* `known` empty: by the name of the configuration, through .well-known; else only whether what was
 * found once still answers.  -ENOMEM ...: it did not begin. */
int matrix_discover(struct matrix_discovery *discovery, struct str known) MUST_CHECK;
void matrix_discovery_done(struct matrix_discovery *discovery);

/* ---- pure ------------------------------------------------------------------------------------ */

/* "https://matrix.example.org" out of .well-known/matrix/client.  -EBADMSG.  Only https; memory://
 * where `is_memory` (an in-process peer named it). */
int matrix_well_known_read(const json_t *json, bool is_memory,
                           char ret_base[MATRIX_TOKEN_URL_BYTES]) MUST_CHECK;
/* Whether /versions says "v1.1" or later: what we ask stands there since then. */
bool matrix_versions_will_do(const json_t *json);
/* "v1.16", or an unstable feature that is switched on. */
bool matrix_versions_have(const json_t *json, const char *what);
/* `text` without the "/" at its end; false when it does not fit. */
bool matrix_url_take(struct str text, char ret_url[MATRIX_TOKEN_URL_BYTES]);
/* A member's text; empty: there is none, or it is no text, or it has a NUL in it. */
struct str matrix_answer_text(const json_t *json, const char *name);

#endif
