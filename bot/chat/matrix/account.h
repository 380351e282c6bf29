/* SPDX-License-Identifier: MIT */
/* account.h: being logged in: discovery, login, refresh, log-outs of each kind; the token file.
 *
 * Tokens lie in a file of their own, `<state_folder>/matrix-<network>.session`: readable without
 * the database, so that the floor can speak (DESIGN 7); sealed; of fixed size and written in place
 * in two slots, so that a full disk does not keep a refreshed token from being durable before its
 * first use. */
#ifndef CHAT_MATRIX_ACCOUNT_H
#define CHAT_MATRIX_ACCOUNT_H

#include "chat/matrix/session.h"

int matrix_account_create(struct matrix_session *session,
                          struct matrix_account **ret_account) MUST_CHECK;
void matrix_account_destroy(struct matrix_account *account);
int matrix_account_start(struct matrix_account *account) MUST_CHECK;
void matrix_account_stop(struct matrix_account *account);

/* Borrowed until the next login.  Empty: not logged in. */
struct str matrix_account_user(const struct matrix_account *account);   /* "@bot:example.org" */
struct str matrix_account_device(const struct matrix_account *account); /* "ABCDEF" */
struct str matrix_account_token(const struct matrix_account *account);
struct str
matrix_account_base(const struct matrix_account *account); /* "https://..." without "/" */
/* The token is an application service's own: */
bool matrix_account_is_service(const struct matrix_account *account);
/* ... and this appends who speaks. */
void matrix_account_add_identity(const struct matrix_account *account, struct buf *url);
/* What keeps us out, or silent, until a person acts, and what to do.  NULL: nothing. */
const char *matrix_account_trouble(const struct matrix_account *account);
/* Of /versions: "v1.16"; or an unstable feature ("org.matrix.msc3381..."). */
bool matrix_account_has(const struct matrix_account *account, const char *version_or_feature);
/* A request got 401.  soft: `soft_logout` was true.  Refreshes or logs in again, once for all. */
void matrix_account_unknown_token(struct matrix_account *account, bool soft);
/* `mooring login` wrote new tokens, or somebody mended what kept us out: all is read anew. */
void matrix_account_reload(struct matrix_account *account);
/* M_USER_LOCKED, M_USER_SUSPENDED, M_USER_DEACTIVATED seen in an answer. */
void matrix_account_refused(struct matrix_account *account, struct str errcode);
/* Something was written: no account that is suspended can. */
void matrix_account_spoke(struct matrix_account *account);

#endif
