/* SPDX-License-Identifier: MIT */
/* doctor_matrix.c: the way to each homeserver: where it is, what it speaks, whether a login is kept
 * and still good.  Nothing is changed: a token that has run out is left to the daemon. */
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
    bool has_login;
};

/* ---- the homeserver -------------------------------------------------------------------------- */

static void on_whoami(void *ctx, const struct matrix_answer *answer)
{
    struct visit *visit = ctx;
    visit->call = NULL;
    if (answer->result == 0)
        doctor_say(visit->doctor, DOCTOR_OK, "login", NULL, "%s: the homeserver knows it",
                   visit->name);
    else if (answer->result == -EAGAIN && answer->status != 401)
        doctor_say(visit->doctor, DOCTOR_WARNING, "login", "Try again in a minute.",
                   "%s: the homeserver did not say whether it is good (%.*s)", visit->name,
                   STR_ARG(answer->error));
    else if (str_eq_c(answer->errcode, "M_USER_LOCKED"))
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login", "Ask the homeserver's people.",
                   "%s: the account is locked", visit->name);
    else if (visit->tokens->refresh[0])
        doctor_say(visit->doctor, DOCTOR_OK, "login", NULL,
                   "%s: its token has run out; the bot renews it by itself", visit->name);
    else
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login",
                   "mooring login NETWORK, and mooring status after it.",
                   "%s: the homeserver does not know it any more", visit->name);
    loop_stop(visit->loop);
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
    size_t count = json_array_size(json_object_get(discovery->versions, "versions"));
    const char *newest = json_string_value(
        json_array_get(json_object_get(discovery->versions, "versions"), count ? count - 1 : 0));
    doctor_say(visit->doctor, DOCTOR_OK, "homeserver", NULL, "%s: %s answers, and speaks %s",
               visit->name, discovery->base, newest ? newest : "?");
    if (!visit->has_login ||
        matrix_whoami_ask(&visit->session, discovery->base, visit->tokens->access, on_whoami, visit,
                          &visit->call) < 0)
        loop_stop(visit->loop);
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
    char command[128];
    (void)snprintf(command, sizeof command, "mooring login %s", visit->name);
    doctor_say(visit->doctor, by_hand ? DOCTOR_PROBLEM : DOCTOR_OK, "login",
               by_hand ? command : NULL, "%s: %s", visit->name,
               by_hand ? "the bot is not logged in"
                       : "none is kept yet: the bot logs in by itself");
}

static void look_at_login(struct visit *visit)
{
    struct matrix_token_file *file = NULL;
    const struct matrix_options *options = &visit->session.options;
    if (options->how == MATRIX_LOGIN_TOKEN)
        return; /* it stands in the credential, and that was looked at */
    int r = open_file(visit, &file);
    if (r == 0)
        r = matrix_token_file_load(file, visit->tokens);
    matrix_token_file_close(file);
    if (r == 0 && (strcmp(visit->tokens->homeserver, options->homeserver) != 0 ||
                   strcmp(visit->tokens->account, options->user) != 0))
        r = -ENOENT; /* another account's: it will be overwritten */
    visit->has_login = r == 0 && visit->tokens->access[0];
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
