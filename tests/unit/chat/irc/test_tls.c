/* SPDX-License-Identifier: MIT */
/* test_tls.c: sessions over real sockets: certificates of both sides, STS with a bad one. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "chat/irc/irc.h"
#include "chat/irc/session.h"
#include "observe/log.h"
#include "peer.h"

enum { SESSIONS_MAX = 3, DEADLINE_MS = 20000 };

struct world {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct irc_session *sessions[SESSIONS_MAX];
    size_t count;
    struct buf log;
    struct loop_timer timer;
    int64_t until_ms;
    bool (*is_done)(const struct world *world);
};

static struct peer good, unsigned_peer;

static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    char text[8192];
    (void)ctx, (void)error;
    if (str_eq_c(name, "password")) {
        buf_add_c(ret_secret, "secret");
        return 0;
    }
    FILE *file = fopen(peer_path("client.key"), "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text), file);
    fclose(file);
    buf_add(ret_secret, (struct str){text, size});
    return 0;
}

static void on_log(void *ctx, enum log_level level, struct str line)
{
    struct world *world = ctx;
    (void)level;
    buf_add(&world->log, line);
    buf_add_byte(&world->log, '\n');
}

static bool logged(const struct world *world, const char *piece)
{
    return world->log.ptr && strstr(world->log.ptr, piece);
}

static void looked(struct loop_timer *timer)
{
    struct world *world = CONTAINER_OF(timer, struct world, timer);
    if (world->is_done(world) || clock_elapsed_ms(&world->clock) >= world->until_ms)
        loop_stop(world->loop);
    else
        assert_int_equal(loop_timer_arm_in(world->loop, timer, 10), 0);
}

/* Fails when it does not come to pass. */
static void run_until(struct world *world, bool (*is_done)(const struct world *world))
{
    clock_refresh(&world->clock);
    world->until_ms = clock_elapsed_ms(&world->clock) + DEADLINE_MS;
    world->is_done = is_done;
    assert_int_equal(loop_timer_arm_in(world->loop, &world->timer, 10), 0);
    assert_int_equal(loop_run(world->loop), 0);
    if (!is_done(world))
        fail_msg("not in time; the log:\n%s", world->log.ptr ? world->log.ptr : "");
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    clock_init(&world->clock);
    buf_init(&world->log, 1024 * 1024);
    log_set_level(LOG_LEVEL_DEBUG);
    log_set_sink(on_log, world);
    random_seed(&world->random, 1);
    world->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = looked};
    assert_int_equal(loop_create(&world->clock, &world->loop), 0);
    assert_int_equal(net_create(world->loop, &world->net, NULL), 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < world->count; i++)
        irc_class.destroy(&world->sessions[i]->network);
    loop_timer_disarm(world->loop, &world->timer);
    net_destroy(world->net);
    loop_destroy(world->loop);
    log_set_sink(NULL, NULL);
    buf_done(&world->log);
    free(world);
    return 0;
}

static struct irc_options to(int port, bool tls)
{
    return (struct irc_options){.name = STR("sea"),
                                .host = STR("127.0.0.1"),
                                .port = (uint16_t)port,
                                .tls = tls,
                                .ca_file = str_of(peer_path("ca.pem")),
                                .nicks = {STR("harbor-bot")},
                                .nick_count = 1,
                                .username = STR("mooring"),
                                .realname = STR("bot"),
                                .flood_lines = 4};
}

/* Comes back within milliseconds, so that a test sees several tries. */
static struct irc_session *start(struct world *world, const struct irc_options *options)
{
    struct error error = {0};
    struct irc_session *session;
    const struct chat_env env = {
        .loop = world->loop, .net = world->net, .random = &world->random, .credential = credential};
    assert_int_equal(irc_session_create(&env, options, &irc_class, &session, &error), 0);
    session->backoff = (struct backoff){.first_ms = 20, .longest_ms = 50};
    world->sessions[world->count++] = session;
    assert_int_equal(irc_session_start(session), 0);
    return session;
}

static bool is_up(const struct world *world)
{
    return world->sessions[world->count - 1]->phase == IRC_UP;
}
static bool has_tried_thrice(const struct world *world)
{
    return world->sessions[world->count - 1]->network.epoch >= 4;
}
static bool has_answered(const struct world *world)
{
    const struct irc_session *session = world->sessions[world->count - 1];
    return session->login == IRC_LOGIN_DONE || session->login == IRC_LOGIN_FAILED;
}

/* ---- the server's certificate ---------------------------------------------------------------- */

static void i3_a_trusted_certificate_lets_us_in(void **state)
{
    struct world *world = *state;
    struct irc_options options = to(good.port, true);
    start(world, &options);
    run_until(world, is_up);
}

static void i3_an_untrusted_certificate_is_refused_each_time(void **state)
{
    struct world *world = *state;
    struct irc_options options = to(unsigned_peer.port, true);
    start(world, &options);

    run_until(world, has_tried_thrice);

    assert_true(logged(world, "was not accepted"));
    assert_false(logged(world, "irc_up"));
}

static void i3_a_pinned_certificate_is_trusted_alone(void **state)
{
    struct world *world = *state;
    char pin[128] = "";
    struct irc_options options = to(unsigned_peer.port, true);
    FILE *file = fopen(peer_path("alone.pin"), "r");
    assert_non_null(file);
    assert_non_null(fgets(pin, sizeof(pin), file));
    fclose(file);
    options.pinned_sha256 = str_trim(str_of(pin));
    start(world, &options);
    run_until(world, is_up);
}

/* ---- STS ------------------------------------------------------------------------------------- */

static struct peer plain_that_wants(const struct peer *tls)
{
    char kind[64];
    struct peer plain;
    snprintf(kind, sizeof(kind), "irc batch sts=port=%d", tls->port);
    peer_start(&plain, kind, NULL);
    return plain;
}

static void i3_sts_goes_to_the_port_over_tls(void **state)
{
    struct world *world = *state;
    struct peer plain = plain_that_wants(&good);
    struct irc_options options = to(plain.port, false);
    struct irc_session *session = start(world, &options);

    run_until(world, is_up);

    assert_true(session->here_tls);
    assert_int_equal(session->here.port, good.port);
    assert_int_equal(session->sts[0].port, good.port);
    assert_int_equal(session->sts[0].duration_ms, 3600 * 1000);
    peer_stop(&plain);
}

/* Neither back to the clear, nor in although the certificate is bad, nor learnt from it. */
static void i3_sts_with_an_invalid_certificate_stays_out(void **state)
{
    struct world *world = *state;
    struct peer plain = plain_that_wants(&unsigned_peer);
    struct irc_options options = to(plain.port, false);
    struct irc_session *session = start(world, &options);

    run_until(world, has_tried_thrice);

    assert_true(session->here_tls);
    assert_false(logged(world, "irc_up"));
    assert_int_equal(session->sts[0].until_at, 0);
    assert_true(logged(world, "was not accepted"));
    peer_stop(&plain);
}

/* ---- ours ------------------------------------------------------------------------------------ */

static void i2_external_by_the_client_certificate(void **state)
{
    struct world *world = *state;
    struct irc_options options = to(good.port, true);
    options.client_certificate = str_of(peer_path("client.pem"));
    options.client_key_credential = STR("client-key");
    options.account = STR("bot");
    struct irc_session *session = start(world, &options);

    run_until(world, has_answered);

    assert_int_equal(session->login, IRC_LOGIN_DONE);
    assert_int_equal(session->sasl_tried,
                     irc_sasl_bit(irc_sasl_choose(STR("EXTERNAL"), IRC_SASL_BEST,
                                                  IRC_SASL_TLS | IRC_SASL_CERTIFICATE, 0)));
}

/* The account does not know this certificate: the password still opens. */
static void i2_a_certificate_that_nobody_knows_gives_way_to_the_password(void **state)
{
    struct world *world = *state;
    struct peer strict;
    peer_start(&strict, "irc knows-nobody sasl=EXTERNAL,PLAIN", "server");
    struct irc_options options = to(strict.port, true);
    options.client_certificate = str_of(peer_path("client.pem"));
    options.client_key_credential = STR("client-key");
    options.account = STR("bot");
    options.account_credential = STR("password");
    struct irc_session *session = start(world, &options);

    run_until(world, has_answered);

    assert_int_equal(session->login, IRC_LOGIN_DONE);
    assert_true(logged(world, "irc_certificate_unknown"));
    peer_stop(&strict);
}

static int start_peers(void **state)
{
    (void)state;
    peer_start(&good, "irc sts=duration=3600 sasl=EXTERNAL,PLAIN batch", "server");
    peer_start(&unsigned_peer, "irc sts=duration=3600 batch", "alone");
    return 0;
}

static int stop_peers(void **state)
{
    (void)state;
    peer_stop(&good);
    peer_stop(&unsigned_peer);
    peer_clean();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(i3_a_trusted_certificate_lets_us_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(i3_an_untrusted_certificate_is_refused_each_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(i3_a_pinned_certificate_is_trusted_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(i3_sts_goes_to_the_port_over_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(i3_sts_with_an_invalid_certificate_stays_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(i2_external_by_the_client_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            i2_a_certificate_that_nobody_knows_gives_way_to_the_password, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, start_peers, stop_peers);
}
