/* SPDX-License-Identifier: MIT */
/* account_service.c: login = "appservice".  The bot is one of the service's users, and nobody else
 * makes that account: it is registered first, which changes nothing where it is there.
 * Then it logs in as others do, so that the service's token, which can be any of its users, is sent
 * once.  A server that gives services no login (M_APPSERVICE_LOGIN_UNSUPPORTED, v1.17) hears that
 * token with each request, and `user_id` says who speaks (application service API, "Identity
 * assertion"); with a device of its own, for transaction ids are remembered by device. */
#include <errno.h>

#include "chat/matrix/account_internal.h"
#include "chat/matrix/login.h"

static const char device_name[] = "MOORING"; /* one bot, one device, the same after each start */

static const char not_ours[] =
    "the homeserver does not let the application service be this \"user\". Write the user into the "
    "users of its registration, restart the homeserver, then run:";

static void go_on_as_user(struct matrix_account *account)
{
    account->is_asserted = account->is_checked = true;
    account->is_dead = false;
    account_enter(account);
}

/* True: it was dealt with. */
static bool is_refused(struct matrix_account *account, const struct matrix_answer *answer)
{
    if (answer->status == 401)
        account_out(account,
                    "the homeserver does not know the application service's token. Compare "
                    "the credential with as_token in the registration, then run:");
    else if (answer->result == -EAGAIN || answer->result == -ENOMEM || answer->result == -EBADMSG)
        account_try_later_saying(account, answer,
                                 "the homeserver does not let the application service in just now");
    else
        return false;
    return true;
}

static void on_device(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_account *account = ctx;
    account->call = NULL;
    if (answer->result < 0 && is_refused(account, answer))
        return;
    if (answer->result == -EACCES) {
        account_out(account, not_ours);
        return;
    }
    if (answer->result < 0)
        account->tokens->device[0] = '\0'; /* a server that does not make any: without */
    go_on_as_user(account);
}

static void make_device(struct matrix_account *account)
{
    struct matrix_tokens *tokens = account->tokens;
    const struct matrix_options *options = &account->session->options;
    (void)str_to_c(str_of(*options->device_id ? options->device_id : device_name), tokens->device,
                   sizeof tokens->device);
    account_begun(account, matrix_service_device_ask(account->session, tokens, on_device, account,
                                                     &account->call));
}

/* The credential, wiped by the caller; false: why not was told. */
static bool read_secret(struct matrix_account *account, struct buf *secret)
{
    const struct matrix_session *session = account->session;
    struct error error = {0};
    buf_init(secret, sizeof account->tokens->access);
    if (session->env.credential(session->env.ctx, str_of(session->options.credential), secret,
                                &error) == 0)
        return true;
    account_out(account, error.text);
    return false;
}

void account_service_speak(struct matrix_account *account)
{
    struct matrix_tokens *tokens = account->tokens;
    struct buf secret CLEANUP(buf_wipe);
    if (!read_secret(account, &secret))
        return;
    if (str_to_c(buf_str(&secret), tokens->access, sizeof tokens->access))
        make_device(account);
    else
        account_out(account, "the credential is too long to be a token");
}

static void on_registered(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_account *account = ctx;
    struct buf secret CLEANUP(buf_wipe);
    account->call = NULL;
    buf_init(&secret, 0);
    if (answer->result < 0 && is_refused(account, answer))
        return;
    if (str_eq_c(answer->errcode, "M_EXCLUSIVE"))
        account_out(account, not_ours);
    else if (read_secret(account, &secret)) /* M_USER_IN_USE, mostly; the login says what else */
        account_ask_login(account, buf_str(&secret));
}

/* Who the token is without `user_id`: the service itself, which lives where its users do. */
static void on_sender(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_account *account = ctx;
    struct matrix_session *session = account->session;
    struct matrix_tokens *tokens = account->tokens;
    struct buf secret CLEANUP(buf_wipe);
    account->call = NULL;
    buf_init(&secret, 0);
    if (answer->result < 0 && is_refused(account, answer))
        return;
    if (answer->result < 0 || matrix_whoami_read(answer->json, tokens) < 0) {
        account_out(account, not_ours);
        return;
    }
    if (matrix_user_is(tokens->user, session->options.user)) {
        account_out(account, MATRIX_SERVICE_ITSELF " Then run:");
        return;
    }
    if (!matrix_service_user(session->options.user, tokens->user))
        account_out(account, not_ours);
    else if (read_secret(account, &secret))
        account_begun(account, matrix_service_register_ask(session, tokens->base, buf_str(&secret),
                                                           on_registered, account, &account->call));
}

void account_service_log_in(struct matrix_account *account, struct str secret)
{
    char token[MATRIX_TOKEN_BYTES];
    if (!str_to_c(secret, token, sizeof token)) {
        account_out(account, "the credential is too long to be a token");
        return;
    }
    account_begun(account, matrix_whoami_ask(account->session, account->tokens->base, token,
                                             on_sender, account, &account->call));
    mem_wipe(token, sizeof token);
}

bool matrix_account_is_service(const struct matrix_account *account)
{
    return account->is_asserted;
}

void matrix_account_add_identity(const struct matrix_account *account, struct buf *url)
{
    const struct matrix_tokens *tokens = account->tokens;
    const struct str parts[] = {str_of(tokens->user), str_of(tokens->device)};
    size_t count = *tokens->device ? 2 : 1;
    if (!account->is_asserted)
        return;
    buf_add_byte(url, str_find(buf_str(url), STR("?"), 0) == SIZE_MAX ? '?' : '&');
    if (matrix_path(url, count == 2 ? "user_id={}&device_id={}" : "user_id={}", parts, count) < 0)
        url->failed = -ENOMEM;
}
