/* SPDX-License-Identifier: MIT */
/* doctor_matrix.c: the way to each homeserver: where it is, what it speaks, whether a login is kept
 * and still good.  Nothing is changed: a token that has run out is left to the daemon, and where no
 * good login is kept, the password is tried with a login of its own that is ended at once: as the
 * bot's device it would put the bot out. */
#include <errno.h>
#include <stdio.h>

#include "chat/matrix/discover.h"
#include "chat/matrix/login.h"
#include "store/keyring.h"
#include "tools/client.h"
#include "tools/doctor.h"

struct visit {
    struct doctor *doctor;
    const char *name; /* of the network */
    struct matrix_session session;
    struct matrix_discovery discovery;
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct matrix_tokens *tokens;
    struct matrix_call *call;
    char command[128]; /* what mends a login */
    bool has_login;
    bool is_new; /* no login is kept yet */
};

enum { SECRET_BYTES = 4096 };

/* ---- the homeserver -------------------------------------------------------------------------- */

static void begun(struct visit *visit, int r)
{
    if (r == 0)
        return;
    doctor_say(visit->doctor, DOCTOR_WARNING, "login", NULL, "%s: could not be tried (%s)",
               visit->name, strerrordesc_np(-r));
    loop_stop(visit->loop);
}

/* What a homeserver says of any login that it does not take; false: something else. */
static bool tell_trouble(const struct visit *visit, const struct matrix_answer *answer)
{
    if (str_eq_c(answer->errcode, "M_USER_LOCKED"))
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login", "Ask the homeserver's people.",
                   "%s: the account is locked", visit->name);
    else if (str_eq_c(answer->errcode, "M_USER_DEACTIVATED"))
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login", "The bot needs another account.",
                   "%s: the account is deactivated", visit->name);
    else if (answer->result == -EAGAIN && answer->status != 401)
        doctor_say(visit->doctor, DOCTOR_WARNING, "login", "Try again in a minute.",
                   "%s: the homeserver did not say whether it is good (%.*s)", visit->name,
                   STR_ARG(answer->error));
    else
        return false;
    return true;
}

static void on_logged_out(void *ctx, const struct matrix_answer *answer)
{
    struct visit *visit = ctx;
    visit->call = NULL;
    if (answer->result < 0)
        doctor_say(visit->doctor, DOCTOR_WARNING, "login",
                   "Remove the newest device of the bot's account, with any client.",
                   "%s: the login that tried the password could not be ended", visit->name);
    loop_stop(visit->loop);
}

static const char *secret_of(const struct visit *visit)
{
    switch (visit->session.options.how) {
    case MATRIX_LOGIN_PASSWORD:
        return "password";
    case MATRIX_LOGIN_APPSERVICE:
        return "application service's token";
    case MATRIX_LOGIN_TOKEN:
    case MATRIX_LOGIN_OAUTH:
    case MATRIX_LOGIN_HOW_COUNT:
        break;
    }
    return "token";
}

static void tell_login(const struct visit *visit, const struct matrix_answer *answer)
{
    char mend[200];
    bool is_service = visit->session.options.how == MATRIX_LOGIN_APPSERVICE;
    if (tell_trouble(visit, answer))
        return;
    (void)snprintf(mend, sizeof mend, "%s, then: %s",
                   is_service ? "Compare the credential with as_token in the registration"
                              : "Mend \"user\" or the credential",
                   visit->command);
    if (answer->result == -EACCES && is_service)
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login", mend,
                   "%s: the homeserver does not know the application service's token", visit->name);
    else if (answer->result == -EACCES)
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login", mend,
                   "%s: the homeserver does not accept the user or the %s", visit->name,
                   secret_of(visit));
    else
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login",
                   "Choose another \"login\": servers with a login page of their own need "
                   "\"oauth\".",
                   "%s: the homeserver does not offer this way to log in", visit->name);
}

static void on_login(void *ctx, const struct matrix_answer *answer)
{
    struct visit *visit = ctx;
    visit->call = NULL;
    int r = answer->result < 0 ? answer->result
                               : matrix_login_read(answer->json, visit->doctor->now, visit->tokens);
    if (r < 0) {
        tell_login(visit, answer);
        loop_stop(visit->loop);
        return;
    }
    doctor_say(visit->doctor, DOCTOR_OK, "login", NULL,
               "%s: the homeserver accepts the %s (tried with a login of its own, which is ended)",
               visit->name, secret_of(visit));
    begun(visit, matrix_logout_ask(&visit->session, visit->discovery.base, visit->tokens->access,
                                   on_logged_out, visit, &visit->call));
}

/* 0: begun.  Where the secret is missing, that was told. */
static bool take_secret(struct visit *visit, struct buf *secret)
{
    int r = doctor_credential(visit->doctor, visit->session.options.credential, secret);
    if (r < 0)
        doctor_say(visit->doctor, DOCTOR_WARNING, "login",
                   r == -EACCES ? "Run mooring doctor as root, or as the bot's own user." : NULL,
                   "%s: the %s was not tried: its credential cannot be read from here (%s)",
                   visit->name, secret_of(visit), strerrordesc_np(-r));
    return r == 0;
}

static void try_password(struct visit *visit)
{
    struct buf secret CLEANUP(buf_wipe);
    buf_init(&secret, SECRET_BYTES);
    if (take_secret(visit, &secret))
        begun(visit, matrix_login_ask(&visit->session, visit->discovery.base, buf_str(&secret), "",
                                      on_login, visit, &visit->call));
    else
        loop_stop(visit->loop);
}

static void try_token(struct visit *visit, matrix_done_fn done)
{
    struct buf secret CLEANUP(buf_wipe);
    char *token = visit->tokens->access;
    buf_init(&secret, SECRET_BYTES);
    if (!take_secret(visit, &secret))
        loop_stop(visit->loop);
    else if (!str_to_c(buf_str(&secret), token, sizeof visit->tokens->access))
        begun(visit, -E2BIG);
    else
        begun(visit, matrix_whoami_ask(&visit->session, visit->discovery.base, token, done, visit,
                                       &visit->call));
}

static void tell_good(const struct visit *visit)
{
    bool has_secret = visit->session.options.how == MATRIX_LOGIN_PASSWORD;
    doctor_say(
        visit->doctor, DOCTOR_OK, "login", NULL, "%s: the homeserver knows it%s", visit->name,
        has_secret ? " (the password is not tried: it is not needed while this one lasts)" : "");
}

/* ---- an application service -------------------------------------------------------------------
 */

static void on_service_user(void *ctx, const struct matrix_answer *answer)
{
    struct visit *visit = ctx;
    visit->call = NULL;
    if (answer->result == 0)
        doctor_say(visit->doctor, DOCTOR_OK, "login", NULL,
                   "%s: the homeserver accepts the application service's token for this user",
                   visit->name);
    else if (answer->result == -EACCES && !tell_trouble(visit, answer))
        doctor_say(visit->doctor, visit->is_new ? DOCTOR_WARNING : DOCTOR_PROBLEM, "login",
                   visit->is_new ? "The bot makes the account at its first start, if the "
                                   "registration has it among its users: look there."
                                 : "Write it into the users of the registration, and restart the "
                                   "homeserver.",
                   "%s: the application service's token is good, but its registration has no "
                   "account \"%s\"%s",
                   visit->name, visit->session.options.user, visit->is_new ? " yet" : "");
    else if (answer->result != -EACCES && !tell_trouble(visit, answer))
        tell_login(visit, answer);
    loop_stop(visit->loop);
}

/* As whom the token is good without saying who speaks: the service itself. */
static void on_service(void *ctx, const struct matrix_answer *answer)
{
    struct visit *visit = ctx;
    const char *user = visit->session.options.user;
    bool is_good = answer->result == 0 && matrix_whoami_read(answer->json, visit->tokens) == 0;
    visit->call = NULL;
    if (is_good && matrix_user_is(visit->tokens->user, user))
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login", visit->command,
                   "%s: " MATRIX_SERVICE_ITSELF, visit->name);
    else if (is_good && matrix_service_user(user, visit->tokens->user)) {
        begun(visit, matrix_service_whoami_ask(&visit->session, visit->tokens, on_service_user,
                                               visit, &visit->call));
        return;
    } else
        tell_login(visit, answer);
    loop_stop(visit->loop);
}

/* What the bot itself would log in with; false: it does not. */
static bool try_secret(struct visit *visit)
{
    enum matrix_login_how how = visit->session.options.how;
    if (how == MATRIX_LOGIN_PASSWORD)
        try_password(visit);
    else if (how == MATRIX_LOGIN_APPSERVICE)
        try_token(visit, on_service);
    return how == MATRIX_LOGIN_PASSWORD || how == MATRIX_LOGIN_APPSERVICE;
}

static bool is_ours(struct visit *visit, const json_t *json)
{
    return matrix_whoami_read(json, visit->tokens) == 0 &&
           matrix_user_is(visit->tokens->user, visit->session.options.user);
}

static void on_whoami(void *ctx, const struct matrix_answer *answer)
{
    struct visit *visit = ctx;
    bool is_kept = visit->has_login;
    visit->call = NULL;
    visit->has_login = false;
    if (answer->result == 0 && !is_ours(visit, answer->json))
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login", "Give it a token of its own account.",
                   "%s: the token belongs to another account than \"user\" names", visit->name);
    else if (answer->result == 0)
        tell_good(visit);
    else if (tell_trouble(visit, answer))
        (void)0;
    else if (!is_kept)
        tell_login(visit, answer);
    else if (visit->tokens->refresh[0])
        doctor_say(visit->doctor, DOCTOR_OK, "login", NULL,
                   "%s: its token has run out; the bot renews it by itself", visit->name);
    else {
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login", visit->command,
                   "%s: the homeserver does not know it any more", visit->name);
        if (try_secret(visit))
            return;
    }
    loop_stop(visit->loop);
}

static void try_login(struct visit *visit)
{
    if (visit->has_login)
        begun(visit, matrix_whoami_ask(&visit->session, visit->discovery.base,
                                       visit->tokens->access, on_whoami, visit, &visit->call));
    else if (visit->session.options.how == MATRIX_LOGIN_TOKEN)
        try_token(visit, on_whoami);
    else if (!try_secret(visit))
        loop_stop(visit->loop); /* by hand, and that was told */
}

static void on_discovered(struct matrix_discovery *discovery, int result,
                          const struct matrix_answer *answer, const struct error *error)
{
    struct visit *visit = CONTAINER_OF(discovery, struct visit, discovery);
    (void)answer;
    if (result < 0) {
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "homeserver",
                   result == -EAGAIN ? "Does it run, and does a firewall stand between? Try: curl "
                                       "-v https://HOMESERVER/_matrix/client/versions"
                                     : NULL,
                   "%s: %s", visit->name, error ? error->text : "no answer");
        loop_stop(visit->loop);
        return;
    }
    (void)str_to_c(str_of(discovery->base), visit->tokens->base, sizeof visit->tokens->base);
    size_t count = json_array_size(json_object_get(discovery->versions, "versions"));
    const char *newest = json_string_value(
        json_array_get(json_object_get(discovery->versions, "versions"), count ? count - 1 : 0));
    doctor_say(visit->doctor, DOCTOR_OK, "homeserver", NULL, "%s: %s answers, and speaks %s",
               visit->name, discovery->base, newest ? newest : "?");
    try_login(visit);
}

/* ---- the login that is kept ------------------------------------------------------------------ */

static int open_file(const struct visit *visit, struct matrix_token_file **ret_file)
{
    unsigned char master[KEYRING_KEY_BYTES], key[KEYRING_KEY_BYTES];
    const char *folder = visit->doctor->state_folder;
    char path[SETUP_PATH_BYTES];
    struct client client;
    struct error error = {0};
    client_load(visit->doctor->arguments->config, &client);
    int r = client_find_key(&client, visit->doctor->arguments->key, path, master, &error);
    if (r == 0)
        r = keyring_peek(folder, master, KEYRING_LOGIN, key);
    if (r == 0)
        r = matrix_token_file_open(str_of(folder), str_of(visit->name), key, ret_file);
    mem_wipe(master, sizeof master);
    mem_wipe(key, sizeof key);
    return r;
}

static void tell_missing(const struct visit *visit)
{
    bool by_hand = visit->session.options.how == MATRIX_LOGIN_OAUTH;
    doctor_say(visit->doctor, by_hand ? DOCTOR_PROBLEM : DOCTOR_OK, "login",
               by_hand ? visit->command : NULL, "%s: %s", visit->name,
               by_hand ? "the bot is not logged in"
                       : "none is kept yet: the bot logs in by itself");
}

static void look_at_login(struct visit *visit)
{
    struct matrix_token_file *file = NULL;
    const struct matrix_options *options = &visit->session.options;
    if (options->how == MATRIX_LOGIN_TOKEN)
        return; /* it stands in the credential */
    int r = open_file(visit, &file);
    if (r == 0)
        r = matrix_token_file_load(file, visit->tokens);
    matrix_token_file_close(file);
    if (r == 0 && (strcmp(visit->tokens->homeserver, options->homeserver) != 0 ||
                   strcmp(visit->tokens->account, options->user) != 0))
        r = -ENOENT; /* another account's: it will be overwritten */
    visit->has_login = r == 0 && visit->tokens->access[0];
    visit->is_new = r == -ENOENT;
    if (r == -ENOENT)
        tell_missing(visit);
    else if (r == -EACCES || r == -EPERM)
        doctor_say(visit->doctor, DOCTOR_WARNING, "login",
                   "Run mooring doctor as root, or as the bot's own user.",
                   "%s: the file of the login cannot be read (%s)", visit->name,
                   strerrordesc_np(-r));
    else if (r < 0)
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login",
                   "Is it the right master key? If the file is damaged: take it away, and let the "
                   "bot log in anew.",
                   "%s: the login that is kept cannot be opened (%s)", visit->name,
                   strerrordesc_np(-r));
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int ask(struct visit *visit)
{
    struct error error = {0};
    int r = loop_create(&visit->clock, &visit->loop);
    if (r == 0)
        r = net_create(visit->loop, &visit->net, &error);
    visit->session.env = (struct chat_env){
        .loop = visit->loop, .net = visit->net, .random = &visit->random};
    visit->discovery = (struct matrix_discovery){.session = &visit->session, .done = on_discovered};
    if (r == 0)
        r = matrix_requests_create(&visit->session, &visit->session.requests);
    if (r == 0)
        r = matrix_discover(&visit->discovery, STR(""));
    if (r == 0)
        r = loop_run(visit->loop);
    matrix_discovery_done(&visit->discovery);
    matrix_cancel(visit->call);
    matrix_requests_destroy(visit->session.requests);
    net_destroy(visit->net);
    loop_destroy(visit->loop);
    return r;
}

void doctor_matrix(struct doctor *doctor, const struct settings_node *node)
{
    struct visit visit = {.doctor = doctor, .tokens = matrix_tokens_create()};
    struct error error = {0};
    char name[64];
    (void)str_to_c(settings_text(node, "name"), name, sizeof name);
    visit.name = name;
    (void)snprintf(visit.command, sizeof visit.command, "mooring login %s", name);
    clock_init(&visit.clock);
    clock_refresh(&visit.clock);
    random_seed_from_system(&visit.random);
    int r = visit.tokens ? matrix_options_read(node, &visit.session.options, &error) : -ENOMEM;
    if (r == 0) {
        look_at_login(&visit);
        r = ask(&visit);
    }
    if (r < 0)
        doctor_say(doctor, error.code ? DOCTOR_PROBLEM : DOCTOR_WARNING, "network", NULL, "%s: %s",
                   name, error.code ? error.text : strerrordesc_np(-r));
    matrix_options_done(&visit.session.options);
    matrix_tokens_destroy(visit.tokens);
}
