/* SPDX-License-Identifier: MIT */
/* grant.c: discovery, the login server, a client of our own there, a code for a person, and polls
 * until they said yes. */
#include "chat/matrix/grant.h"

#include <errno.h>

#include <sodium.h>

#include "chat/matrix/discover.h"
#include "chat/matrix/login.h"

enum {
    URL_BYTES = 1024,
    BODY_BYTES = 8 * 1024,
    DEVICE_LETTERS = 10,
    SLOWER_MS = 5000, /* RFC 8628, 3.5 */
    FAILURES_MAX = 5, /* in a row */
};

struct matrix_grant {
    struct matrix_session *session;
    struct matrix_grant_events events;
    struct matrix_discovery discovery;
    struct matrix_call *call;
    struct loop_timer timer;
    struct matrix_oauth_server server;
    struct matrix_oauth_device device;
    struct matrix_tokens *tokens;
    int64_t until_ms; /* elapsed */
    unsigned failures;
    bool is_unstable; /* the address of before v1.15 was tried */
};

static struct clock *clock_of(const struct matrix_grant *grant)
{
    return loop_clock(grant->session->env.loop);
}

static void fail(struct matrix_grant *grant, int code, const char *sentence)
{
    struct error error;
    error_set(&error, code, "%s", sentence);
    grant->events.done(grant->events.ctx, code, NULL, &error);
}

static void check(struct matrix_grant *grant, int r)
{
    if (r < 0)
        fail(grant, r, "memory is short");
}

static int post(struct matrix_grant *grant, const char *url, const struct buf *body, bool is_json,
                matrix_done_fn done)
{
    const struct matrix_request request = {
        .method = "POST",
        .path = str_of(url),
        .body = buf_str(body),
        .content_type = is_json ? STR("application/json")
                                : STR("application/x-www-form-urlencoded"),
        .without_token = true};
    return body->failed ? body->failed
                        : matrix_request(grant->session, &request, done, grant, &grant->call);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void on_whoami(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_grant *grant = ctx;
    const struct matrix_options *options = &grant->session->options;
    grant->call = NULL;
    if (answer->result < 0 || matrix_whoami_read(answer->json, grant->tokens) < 0)
        fail(grant, -EBADMSG,
             "the login was given, and then the homeserver did not say whose it is: try again");
    else if (!matrix_user_is(grant->tokens->user, options->user))
        fail(grant, -EPERM,
             "that is another account than \"user\" in the configuration names: log in there as "
             "the bot, in a private window of the browser");
    else
        grant->events.done(grant->events.ctx, 0, grant->tokens, NULL);
}

static void take(struct matrix_grant *grant, const json_t *json)
{
    const struct matrix_options *options = &grant->session->options;
    struct matrix_tokens *tokens = grant->tokens;
    if (matrix_tokens_take(json, clock_wall_at(clock_of(grant)), tokens) < 0) {
        fail(grant, -EBADMSG, "the login server's answer makes no sense");
        return;
    }
    (void)str_to_c(str_of(options->homeserver), tokens->homeserver, sizeof tokens->homeserver);
    (void)str_to_c(str_of(options->user), tokens->account, sizeof tokens->account);
    (void)str_to_c(str_of(grant->server.token), tokens->endpoint, sizeof tokens->endpoint);
    check(grant, matrix_whoami_ask(grant->session, tokens->base, tokens->access, on_whoami, grant,
                                   &grant->call));
}

/* ---- polls ----------------------------------------------------------------------------------- */

static void poll_later(struct matrix_grant *grant)
{
    if (clock_elapsed_ms(clock_of(grant)) + grant->device.interval_ms > grant->until_ms) {
        fail(grant, -ETIMEDOUT, "nobody said yes in time: run it again");
        return;
    }
    check(grant,
          loop_timer_arm_in(grant->session->env.loop, &grant->timer, grant->device.interval_ms));
}

static void on_poll(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_grant *grant = ctx;
    grant->call = NULL;
    if (answer->result == -EAGAIN && ++grant->failures < FAILURES_MAX) {
        grant->device.interval_ms += SLOWER_MS; /* the same section: on a time-out as well */
        poll_later(grant);
        return;
    }
    switch (matrix_oauth_poll_read(answer->json)) {
    case MATRIX_OAUTH_DONE:
        take(grant, answer->json);
        return;
    case MATRIX_OAUTH_SLOW_DOWN:
        grant->device.interval_ms += SLOWER_MS;
        poll_later(grant);
        return;
    case MATRIX_OAUTH_PENDING:
        grant->failures = 0;
        poll_later(grant);
        return;
    case MATRIX_OAUTH_DENIED:
        fail(grant, -EACCES, "somebody said no there");
        return;
    case MATRIX_OAUTH_EXPIRED:
        fail(grant, -ETIMEDOUT, "nobody said yes in time: run it again");
        return;
    case MATRIX_OAUTH_BROKEN:
    case MATRIX_OAUTH_POLL_COUNT:
        break;
    }
    fail(grant, -EBADMSG, "the login server does not give the login: look there, and run it again");
}

static void fire(struct loop_timer *timer)
{
    struct matrix_grant *grant = CONTAINER_OF(timer, struct matrix_grant, timer);
    struct buf body CLEANUP(buf_wipe);
    buf_init(&body, BODY_BYTES);
    int r = matrix_oauth_device_poll(&body, grant->tokens->client, grant->device.code);
    check(grant, r < 0 ? r : post(grant, grant->server.token, &body, false, on_poll));
}

static void on_device(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_grant *grant = ctx;
    grant->call = NULL;
    if (answer->result < 0 || matrix_oauth_device_read(answer->json, &grant->device) < 0) {
        fail(grant, -EBADMSG, "the login server gives no code to log in with: try again");
        return;
    }
    grant->until_ms = clock_elapsed_ms(clock_of(grant)) + grant->device.expires_ms;
    grant->events.show(grant->events.ctx, &grant->device);
    poll_later(grant);
}

/* ---- a client of our own --------------------------------------------------------------------- */

/* The device's id is ours to choose, and stands in what the person says yes to. */
static void name_device(struct matrix_grant *grant)
{
    char *device = grant->tokens->device;
    if (str_to_c(str_of(grant->session->options.device_id), device, MATRIX_TOKEN_NAME_BYTES) &&
        device[0])
        return;
    for (size_t i = 0; i < DEVICE_LETTERS; i++)
        device[i] = (char)('A' + (int)randombytes_uniform(26));
    device[DEVICE_LETTERS] = '\0';
}

static void on_registered(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_grant *grant = ctx;
    AUTO_BUF body;
    buf_init(&body, BODY_BYTES);
    grant->call = NULL;
    if (answer->result < 0 || matrix_oauth_client_read(answer->json, grant->tokens->client) < 0) {
        fail(grant, answer->result == -EAGAIN ? -EAGAIN : -EBADMSG,
             answer->result == -EAGAIN ? "the login server asks to wait: run it again in a while"
                                       : "the login server takes no new clients: ask its people");
        return;
    }
    name_device(grant);
    int r = matrix_oauth_device_ask(&body, grant->tokens->client, grant->tokens->device);
    check(grant, r < 0 ? r : post(grant, grant->server.device, &body, false, on_device));
}

static void ask_metadata(struct matrix_grant *grant);

static void on_metadata(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_grant *grant = ctx;
    struct str base = str_of(grant->tokens->base);
    bool is_local = str_starts(base, STR("http://")) || str_starts(base, STR("memory://"));
    AUTO_BUF body;
    buf_init(&body, BODY_BYTES);
    grant->call = NULL;
    if (answer->result < 0 && answer->result != -EAGAIN && !grant->is_unstable) {
        grant->is_unstable = true;
        ask_metadata(grant);
        return;
    }
    int r = answer->result < 0 ? answer->result
                               : matrix_oauth_server_read(answer->json, is_local, &grant->server);
    if (r == -EAGAIN) {
        fail(grant, r, "the homeserver does not answer just now: run it again in a while");
        return;
    }
    if (r < 0) {
        fail(grant, -EOPNOTSUPP,
             "this homeserver offers no login in a browser for a program like this one: set "
             "login = \"password\" or \"token\"");
        return;
    }
    r = matrix_oauth_register(&body, grant->server.issuer);
    check(grant, r < 0 ? r : post(grant, grant->server.registration, &body, true, on_registered));
}

static void ask_metadata(struct matrix_grant *grant)
{
    AUTO_BUF url;
    buf_init(&url, URL_BYTES);
    buf_add_format(&url, "%s/_matrix/client/%s/auth_metadata", grant->tokens->base,
                   grant->is_unstable ? "unstable/org.matrix.msc2965" : "v1");
    const struct matrix_request request = {
        .method = "GET", .path = buf_str(&url), .without_token = true};
    check(grant, url.failed
                     ? url.failed
                     : matrix_request(grant->session, &request, on_metadata, grant, &grant->call));
}

static void on_discovered(struct matrix_discovery *discovery, int result,
                          const struct matrix_answer *answer, const struct error *error)
{
    struct matrix_grant *grant = CONTAINER_OF(discovery, struct matrix_grant, discovery);
    (void)answer;
    if (result < 0) {
        fail(grant, result, error ? error->text : "the homeserver does not answer");
        return;
    }
    (void)str_to_c(str_of(discovery->base), grant->tokens->base, sizeof grant->tokens->base);
    ask_metadata(grant);
}

int matrix_grant_start(struct matrix_session *session, const struct matrix_grant_events *events,
                       struct matrix_grant **ret_grant)
{
    struct matrix_grant *grant = mem_zalloc(sizeof *grant);
    if (!grant)
        return -ENOMEM;
    grant->session = session;
    grant->events = *events;
    grant->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = fire};
    grant->discovery = (struct matrix_discovery){.session = session, .done = on_discovered};
    grant->tokens = matrix_tokens_create();
    int r = grant->tokens ? matrix_discover(&grant->discovery, STR("")) : -ENOMEM;
    if (r < 0) {
        matrix_grant_destroy(grant);
        return r;
    }
    *ret_grant = grant;
    return 0;
}

void matrix_grant_destroy(struct matrix_grant *grant)
{
    if (!grant)
        return;
    matrix_cancel(grant->call);
    matrix_discovery_done(&grant->discovery);
    loop_timer_disarm(grant->session->env.loop, &grant->timer);
    matrix_tokens_destroy(grant->tokens);
    sodium_memzero(&grant->device, sizeof grant->device);
    mem_free(grant);
}
