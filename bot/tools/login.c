/* SPDX-License-Identifier: MIT */
/* login.c: mooring login: a Matrix account is let in by a person with a browser; a daemon that runs
 * reads the login at once. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include <sodium.h>

#include "chat/matrix/grant.h"
#include "chat/matrix/request.h"
#include "store/keyring.h"
#include "tools/client.h"

struct login {
    const char *name; /* of the network */
    struct client client;
    struct matrix_token_file *file;
    struct matrix_session session;
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct matrix_grant *grant;
    struct error error;
    int result;
};

static int complain(const struct error *error)
{
    fprintf(stderr, "mooring: %s\n", error->text);
    return 1;
}

static void show(void *ctx, const struct matrix_oauth_device *device)
{
    const struct login *login = ctx;
    printf("To let the bot in on %s, open this address, on this machine or any other, and log in "
           "there as the bot's own account:\n\n    %s\n\n",
           login->name, device->whole_address[0] ? device->whole_address : device->address);
    printf("%s %s\n\nThis waits for %lld minutes.\n",
           device->whole_address[0] ? "It must show the code" : "and type in the code",
           device->user_code, (long long)(device->expires_ms / CLOCK_MINUTE_MS));
    (void)fflush(stdout);
}

/* On the disk before anybody uses it. */
static void done(void *ctx, int result, const struct matrix_tokens *tokens,
                 const struct error *error)
{
    struct login *login = ctx;
    login->result = result;
    if (result < 0)
        login->error = *error;
    else
        login->result = matrix_token_file_save(login->file, tokens);
    if (result == 0 && login->result < 0)
        error_set(&login->error, login->result,
                  "the login could not be stored in %s (%s): run it as root or as the bot's own "
                  "user, and see whether the disk can be written",
                  login->client.state_folder, strerrordesc_np(-login->result));
    loop_stop(login->loop);
}

static int run(struct login *login)
{
    const struct matrix_grant_events events = {.show = show, .done = done, .ctx = login};
    struct error *error = &login->error;
    clock_init(&login->clock);
    clock_refresh(&login->clock);
    random_seed_from_system(&login->random);
    int r = loop_create(&login->clock, &login->loop);
    if (r == 0)
        r = net_create(login->loop, &login->net, error);
    login->session.env = (struct chat_env){
        .loop = login->loop, .net = login->net, .random = &login->random};
    if (r == 0)
        r = matrix_requests_create(&login->session, &login->session.requests);
    if (r == 0)
        r = matrix_grant_start(&login->session, &events, &login->grant);
    if (r == 0)
        r = loop_run(login->loop);
    if (r < 0 && !error->code)
        error_set(error, r, "it could not begin (%s)", strerrordesc_np(-r));
    matrix_grant_destroy(login->grant);
    matrix_requests_destroy(login->session.requests);
    net_destroy(login->net);
    loop_destroy(login->loop);
    return r < 0 ? r : login->result;
}

/* ---- before and after ------------------------------------------------------------------------ */

static int open_file(struct login *login, const char *given, struct error *error)
{
    unsigned char master[KEYRING_KEY_BYTES], key[KEYRING_KEY_BYTES];
    char path[SETUP_PATH_BYTES];
    const char *folder = login->client.state_folder;
    int r = client_find_key(&login->client, given, path, master, error);
    if (r < 0)
        return r;
    r = keyring_peek(folder, master, KEYRING_LOGIN, key);
    mem_wipe(master, sizeof master);
    if (r == -ENOENT)
        return error_set(error, r,
                         "there is no keyring in %s yet: start mooring once, then run this again",
                         folder);
    if (r < 0)
        return error_set(error, r,
                         "the keyring in %s cannot be read with the key in %s (%s): run it as "
                         "root, and see mooring doctor",
                         folder, path, strerrordesc_np(-r));
    r = matrix_token_file_open(str_of(folder), str_of(login->name), key, &login->file);
    mem_wipe(key, sizeof key);
    struct matrix_tokens *old = r == 0 ? matrix_tokens_create() : NULL;
    if (old)
        (void)!matrix_token_file_load(login->file, old); /* what is there counts as read */
    matrix_tokens_destroy(old);
    return r < 0 || !old ? error_set(error, -ENOMEM, "memory is short") : 0;
}

static const struct settings_node *find_network(const struct setup *setup, const char *name,
                                                struct error *error)
{
    const struct settings_node *list = settings_at(settings_root(setup->settings), "networks");
    for (size_t i = 0; i < settings_count(list); i++) {
        const struct settings_node *node = settings_item(list, i);
        if (!str_eq_c(settings_text(node, "name"), name))
            continue;
        if (str_eq_c(settings_text(node, "kind"), "matrix"))
            return node;
        error_set(error, -EINVAL,
                  "%s is no Matrix network: only those have a login that is made by hand", name);
        return NULL;
    }
    error_set(error, -ENOENT, "no network is named \"%s\" in the configuration", name);
    return NULL;
}

/* The daemon reads the file anew, and tries. */
static int tell_daemon(struct login *login, struct error *error)
{
    AUTO_JSON *answer = NULL;
    AUTO_JSON *arguments = json_pack("{s:s}", "network", login->name);
    struct control_ask ask = {.verb = "login", .arguments = arguments};
    return client_ask(&login->client, &ask, &answer, error);
}

static int log_in(struct login *login, const struct arguments *arguments)
{
    struct error error = {0};
    int r = open_file(login, arguments->key, &error);
    if (r == 0) {
        r = run(login);
        error = login->error;
    }
    matrix_token_file_close(login->file);
    if (r < 0)
        return complain(&error);
    r = tell_daemon(login, &error);
    if (r == 0)
        printf("%s: logged in. The bot is there in a moment; mooring status shows it.\n",
               login->name);
    else if (r == -ENOENT || r == -ECONNREFUSED)
        printf("%s: logged in. It is used when mooring starts.\n", login->name);
    else
        fprintf(stderr,
                "mooring: the login is stored, but the running bot could not be told (%s): "
                "systemctl restart mooring\n",
                error.text);
    return 0;
}

/* With a password or token there is nothing for a person to do but to mend the credential. */
static int try_again(struct login *login)
{
    struct error error = {0};
    int r = tell_daemon(login, &error);
    if (r < 0)
        return complain(&error);
    printf("%s: the bot reads its credential again and logs in; mooring status shows what came of "
           "it.\n",
           login->name);
    return 0;
}

int command_login(const struct arguments *arguments)
{
    if (arguments->word_count != 1)
        return MAIN_USAGE;
    struct login login = {.name = arguments->words[0]};
    struct error error = {0};
    struct setup *setup = NULL;
    int code = 1;
    client_load(arguments->config, &login.client);
    struct zones *zones = zones_create(NULL);
    int r = zones ? setup_load(arguments->config, zones, main_print_mistake, NULL, &setup)
                  : -ENOMEM;
    const struct settings_node *node = r < 0 ? NULL : find_network(setup, login.name, &error);
    if (node)
        r = matrix_options_read(node, &login.session.options, &error);
    if (!node || r < 0) {
        if (error.code)
            (void)complain(&error);
    } else {
        (void)str_to_c(str_of(login.name), login.session.network.name,
                       sizeof login.session.network.name);
        code = login.session.options.how == MATRIX_LOGIN_OAUTH ? log_in(&login, arguments)
                                                               : try_again(&login);
        matrix_options_done(&login.session.options);
    }
    setup_destroy(setup);
    zones_destroy(zones);
    return code;
}
