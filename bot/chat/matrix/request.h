/* SPDX-License-Identifier: MIT */
/* request.h: requests to the homeserver, with the account's token, as JSON.
 *
 * A 401 with M_UNKNOWN_TOKEN is not seen by the caller: the account is refreshed or logged in again
 * (once for all) and the request sent again with the new token; when that ends for good the call
 * ends with -EACCES.  Nothing else is tried again here: each caller holds its own line, so that a
 * room that must wait keeps no other waiting. */
#ifndef CHAT_MATRIX_REQUEST_H
#define CHAT_MATRIX_REQUEST_H

#include <jansson.h>

#include "chat/matrix/session.h"

struct matrix_request {
    const char *method; /* "GET", "PUT", "POST", "DELETE" */
    struct str path;    /* "/_matrix/client/v3/..." with its query, encoded (see matrix_path) */
    struct str body;    /* empty with PUT and POST: "{}", unless: */
    bool is_bare;       /* the API has no body here: none is sent */
    struct str content_type; /* empty: application/json */
    int64_t timeout_ms;      /* of the whole; 0: 30 s */
    size_t max_bytes;        /* of the answer; 0: 1 MiB */
    bool is_long;            /* http.h */
    bool without_token; /* discovery, login, refresh: sent at once, whatever the account does */
    struct str bearer;  /* with it: this token, which is not the account's (yet); empty: none */
    /* The body as it comes, only with a 2xx status; answer.json is NULL then.  Negative: give up
     * (the call ends with it). */
    int (*bytes)(void *ctx, struct str bytes);
};
struct matrix_answer {
    int result;      /* 0: a 2xx.  -EAGAIN: not now (429, 5xx, no connection, cut off, timed out):
                        retry_after_ms says when, or -1.  -EACCES: no token, or M_FORBIDDEN.  -ENOENT:
                        M_NOT_FOUND.  -E2BIG: M_TOO_LARGE.  -EINVAL: other 4xx.  -EBADMSG: a 2xx that is
                        no JSON.  -EMSGSIZE: more than max_bytes.  -ECANCELED: the session stops. */
    unsigned status; /* 0: none */
    struct str errcode;     /* "M_FORBIDDEN"; empty: none */
    json_t *json;           /* of a 2xx or of an error; borrowed; NULL: none */
    struct str body;        /* the same, unread */
    int64_t retry_after_ms; /* Retry-After (seconds, date) first, then retry_after_ms; -1 */
    struct str error;       /* for people and logs: holds no token, no room, nothing of the body */
};
typedef void (*matrix_done_fn)(void *ctx, const struct matrix_answer *answer);
struct matrix_call;

int matrix_requests_create(struct matrix_session *session,
                           struct matrix_requests **ret_requests) MUST_CHECK;
void matrix_requests_destroy(struct matrix_requests *requests); /* drops calls without `done` */
/* Copies everything; `done` once, from the loop, never from inside.  -ENOMEM, -ENOBUFS (256 wait).
 */
int matrix_request(struct matrix_session *session, const struct matrix_request *request,
                   matrix_done_fn done, void *ctx, struct matrix_call **ret_call) MUST_CHECK;
void matrix_cancel(struct matrix_call *call); /* NULL is fine; without `done` */
/* From account.c: the base URL is known and there is a token (go), or there is none for now. */
void matrix_requests_go(struct matrix_session *session, bool go);
/* From account.c: it is over; what waits ends with -EACCES. */
void matrix_requests_refuse(struct matrix_session *session);

/* "/_matrix/client/v3/rooms/{}/send/{}/{}" with each {} replaced by the next part, percent-encoded
 * (RFC 3986 unreserved kept).  The part count must be the number of {}. */
int matrix_path(struct buf *out, const char *pattern, const struct str *parts,
                size_t count) MUST_CHECK;
/* How long to wait after the n-th failure in a row (n from 1): what the server says, else doubling
 * from 1 s to 60 s with jitter; never over 5 minutes unless the server says so. */
int64_t matrix_retry_ms(struct matrix_session *session, const struct matrix_answer *answer,
                        unsigned failures);

#endif
