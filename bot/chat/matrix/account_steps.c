/* SPDX-License-Identifier: MIT */
/* account_steps.c: logging in, renewing, asking who we are; and what each refusal means. */
#include <errno.h>

#include <sodium.h>

#include "base/die.h"
#include "chat/matrix/account_internal.h"
#include "chat/matrix/login.h"
#include "chat/matrix/oauth.h"

enum { SECRET_BYTES = 4096 };

static void refused_login(struct matrix_account *account, const struct matrix_answer *answer)
{
    static const char *const sentences[] = {
        [MATRIX_LOGIN_PASSWORD] = "the homeserver does not accept the user or the password. Mend "
                                  "\"user\" or the credential, then run:",
        [MATRIX_LOGIN_TOKEN] = "the homeserver does not accept the token. Put a good one into the "
                               "credential, then run:",
        [MATRIX_LOGIN_OAUTH] = "the homeserver does not accept the login. Run:",
        [MATRIX_LOGIN_APPSERVICE] = "the homeserver does not let the application service in as "
                                    "this \"user\". Look for both in its registration, then run:",
    };
    if (str_eq_c(answer->errcode, "M_USER_DEACTIVATED"))
        account_out(account, "the account is deactivated. The bot needs another one.");
    else if (answer->result == -EACCES)
        account_out(account, sentences[account->session->options.how]);
    else
        account_out(account,
                    "the homeserver does not offer this way to log in. Choose another \"login\": "
                    "servers with a login page of their own need \"oauth\".");
}

static void on_login(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_account *account = ctx;
    account->call = NULL;
    if (str_eq_c(answer->errcode, "M_USER_LOCKED")) {
        account->is_locked = true;
        loop_defer(account_loop(account), &account->act);
        return;
    }
    if (answer->result == -EAGAIN || answer->result == -ENOMEM || answer->result == -EBADMSG) {
        account_try_later_saying(account, answer, "the homeserver does not let us log in just now");
        return;
    }
    if (str_eq_c(answer->errcode, "M_APPSERVICE_LOGIN_UNSUPPORTED")) {
        account_service_speak(account);
        return;
    }
    if (answer->result < 0) {
        refused_login(account, answer);
        return;
    }
    *account->fresh = *account->tokens;
    if (matrix_login_read(answer->json, account_wall_at(account), account->fresh) < 0) {
        account_try_later_saying(account, NULL,
                                 "the homeserver's answer to the login makes no sense");
        return;
    }
    DIE_AT(DIE_TOKEN_REFRESHED);
    account->is_dead = true; /* there is no older one to go on with */
    account->is_checked = true;
    account->has_fresh = true;
    account_take_fresh(account);
}

/* A token that was dead is not tried again, until the file holds another. */
static bool is_new_secret(struct matrix_account *account, struct str secret)
{
    unsigned char hash[sizeof account->credential];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)secret.ptr, secret.len, NULL, 0);
    bool is_new = sodium_memcmp(hash, account->credential, sizeof hash) != 0;
    memcpy(account->credential, hash, sizeof hash);
    return is_new;
}

static void take_token(struct matrix_account *account, struct str secret)
{
    struct matrix_tokens *tokens = account->tokens;
    if (!is_new_secret(account, secret)) {
        account_out(account,
                    "the homeserver does not accept the token any more. Put a new one into the "
                    "credential, then run:");
        return;
    }
    if (!str_to_c(secret, tokens->access, sizeof tokens->access)) {
        account_out(account, "the credential is too long to be a token");
        return;
    }
    account->is_dead = account->is_checked = false;
    account_go_on(account);
}

void account_ask_login(struct matrix_account *account, struct str secret)
{
    const struct matrix_tokens *tokens = account->tokens;
    const char *device = tokens->device[0] ? tokens->device : account->session->options.device_id;
    account_begun(account, matrix_login_ask(account->session, tokens->base, secret, device,
                                            on_login, account, &account->call));
}

void account_log_in(struct matrix_account *account)
{
    struct matrix_session *session = account->session;
    const struct matrix_options *options = &session->options;
    struct error error = {0};
    struct buf secret CLEANUP(buf_wipe);
    buf_init(&secret, SECRET_BYTES);
    if (options->how == MATRIX_LOGIN_OAUTH) {
        account_out(account, "this account is not logged in. Run:");
        return;
    }
    if (session->env.credential(session->env.ctx, str_of(options->credential), &secret, &error) <
        0) {
        account_out(account, error.text);
        return;
    }
    if (options->how == MATRIX_LOGIN_TOKEN) {
        take_token(account, buf_str(&secret));
        return;
    }
    if (options->how == MATRIX_LOGIN_APPSERVICE)
        account_service_log_in(account, buf_str(&secret));
    else
        account_ask_login(account, buf_str(&secret));
}

/* The refresh token is refused.  Ahead of the end nothing is lost yet: the access token says, when
 * it is refused too, whether the session is still there. */
static void lost_refresh(struct matrix_account *account, bool is_soft)
{
    account->tokens->refresh[0] = '\0';
    account->is_soft = account->is_soft || is_soft;
    if (account->is_dead)
        account_go_on(account);
    else
        account_enter(account);
}

static void on_refreshed(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_account *account = ctx;
    account->call = NULL;
    if (matrix_refresh_is_refused(answer)) {
        lost_refresh(account, json_is_true(json_object_get(answer->json, "soft_logout")));
        return;
    }
    if (answer->result < 0) { /* perhaps only its answer was lost: the same token again */
        account_try_later_saying(account, answer, "the token could not be renewed just now");
        return;
    }
    *account->fresh = *account->tokens;
    if (matrix_tokens_take(answer->json, account_wall_at(account), account->fresh) < 0) {
        account_try_later_saying(account, NULL,
                                 "the homeserver's answer to a refresh makes no sense");
        return;
    }
    DIE_AT(DIE_TOKEN_REFRESHED);
    account->has_fresh = true;
    account->failures = 0;
    account_take_fresh(account);
}

void account_refresh(struct matrix_account *account)
{
    account_begun(account, matrix_refresh_ask(account->session, account->tokens, on_refreshed,
                                              account, &account->call));
}

static void on_whoami(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_account *account = ctx;
    account->call = NULL;
    if (str_eq_c(answer->errcode, "M_USER_LOCKED")) {
        account->is_locked = true;
        loop_defer(account_loop(account), &account->act);
        return;
    }
    if (str_eq_c(answer->errcode, "M_USER_DEACTIVATED")) {
        account_out(account, "the account is deactivated. The bot needs another one.");
        return;
    }
    if (answer->status == 401) {
        account->is_dead = true;
        account->is_soft = json_is_true(json_object_get(answer->json, "soft_logout"));
        account_go_on(account);
        return;
    }
    if (answer->result < 0 || matrix_whoami_read(answer->json, account->tokens) < 0) {
        account_try_later_saying(account, answer->result < 0 ? answer : NULL,
                                 "the homeserver does not say just now whose token it is");
        return;
    }
    if (!matrix_user_is(account->tokens->user, account->session->options.user)) {
        account_out(account, "the token belongs to another account than \"user\" names");
        return;
    }
    account->is_checked = true;
    account_enter(account);
}

void account_whoami(struct matrix_account *account)
{
    struct matrix_session *session = account->session;
    const struct matrix_tokens *tokens = account->tokens;
    account_begun(account, account->is_asserted
                               ? matrix_service_whoami_ask(session, tokens, on_whoami, account,
                                                           &account->call)
                               : matrix_whoami_ask(session, tokens->base, tokens->access, on_whoami,
                                                   account, &account->call));
}

/* What a dead token leaves to do. */
void account_revive(struct matrix_account *account)
{
    enum matrix_login_how how = account->session->options.how;
    if (account->tokens->refresh[0]) {
        account_refresh(account);
        return;
    }
    if (how == MATRIX_LOGIN_TOKEN) {
        account_log_in(account); /* if the credential holds another one by now */
        return;
    }
    if (account->is_asserted || (account->is_soft && how != MATRIX_LOGIN_OAUTH)) {
        account->is_asserted = account->is_dead = false;
        account->tokens->access[0] = '\0'; /* as the same device */
        account_log_in(account);
        return;
    }
    account_discard(account);
    account_out(account,
                account->is_soft
                    ? "the login has ended. Run:"
                    : "the homeserver ended this login: somebody removed the device or changed the "
                      "password. If it was not you, look who did; then run:");
}
