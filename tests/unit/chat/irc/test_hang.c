/* SPDX-License-Identifier: MIT */
/* test_hang.c: networks whose addresses hang, over real sockets: in DNS, in TCP, in TLS, and after
 * that; and one beside them that must not notice. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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

enum { HANGING = 4, BACKLOG = 16, ROUNDS = 40, DEADLINE_MS = 20000, NOTICED_MS = 3000 };

/* ---- a name server that does not answer ------------------------------------------------------ */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t over;
    atomic_int asked, waiting;
    atomic_bool is_over;
} dns = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};

/* In the place of libc's, also for curl's threads. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_list)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!name || strcmp(name, "hangs.sea.example") != 0)
        return real(name, service, hints, ret_list);
    atomic_fetch_add(&dns.asked, 1);
    atomic_fetch_add(&dns.waiting, 1);
    pthread_mutex_lock(&dns.lock);
    while (!dns.is_over)
        pthread_cond_wait(&dns.over, &dns.lock);
    pthread_mutex_unlock(&dns.lock);
    atomic_fetch_sub(&dns.waiting, 1);
    return EAI_AGAIN;
}

static void end_dns(void)
{
    pthread_mutex_lock(&dns.lock);
    dns.is_over = true;
    pthread_cond_broadcast(&dns.over);
    pthread_mutex_unlock(&dns.lock);
    for (int i = 0; i < 500 && atomic_load(&dns.waiting); i++)
        usleep(10 * 1000);
    usleep(50 * 1000); /* curl's threads tidy up behind it */
}

/* ---- a port whose queue is full: the kernel answers nobody -------------------------------------
 */

static int full_port(int fds[BACKLOG], int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    for (int i = 0; i < BACKLOG; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fds[i] >= 0);
        (void)!connect(fds[i], (struct sockaddr *)&address, size);
    }
    return listener;
}

/* ---- the bot's side ----------------------------------------------------------------------------
 */

struct world {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct irc_session *hanging[HANGING], *fine;
    struct loop_timer timer;
    int64_t sent_ms, worst_ms; /* of the network that is well: when we spoke, the longest answer */
    int rounds;
};

static int64_t now_ms(struct world *world)
{
    clock_refresh(&world->clock);
    return clock_elapsed_ms(&world->clock);
}

static void speak(struct world *world)
{
    const struct str text = STR("are you there?");
    const struct chat_message message = {.token = (uint64_t)world->rounds + 1,
                                         .flags = CHAT_SEND_CONFIRM,
                                         .user = STR("ana"),
                                         .lines = &text,
                                         .line_count = 1};
    world->sent_ms = now_ms(world);
    assert_int_equal(irc_class.send(&world->fine->network, &message), 0);
}

static void on_sent(void *ctx, struct chat_network *network, uint64_t token,
                    enum chat_outcome outcome, struct str id)
{
    struct world *world = ctx;
    (void)id, (void)token;
    if (network != &world->fine->network)
        return;
    assert_int_equal(outcome, CHAT_CONFIRMED);
    world->worst_ms = MAX_OF(world->worst_ms, now_ms(world) - world->sent_ms);
    world->rounds++;
    world->sent_ms = 0;
}

/* Every now and then the others give up, which is when their resolver, socket and TLS are taken
 * down, and try again. */
static void looked(struct loop_timer *timer)
{
    struct world *world = CONTAINER_OF(timer, struct world, timer);
    bool is_up = world->fine->phase == IRC_UP;
    if (world->rounds == ROUNDS) {
        loop_stop(world->loop);
        return;
    }
    if (is_up && world->sent_ms == 0) {
        for (size_t i = 0; i < HANGING && world->rounds % 5 == 4; i++)
            if (world->hanging[i]->stream)
                irc_session_drop(world->hanging[i], IRC_WAIT_NORMAL, "it hangs");
        speak(world);
    }
    if (is_up && now_ms(world) - world->sent_ms > DEADLINE_MS)
        fail_msg("no answer in round %d", world->rounds);
    assert_int_equal(loop_timer_arm_in(world->loop, timer, 10), 0);
}

static struct irc_session *start(struct world *world, const char *host, int port, bool tls)
{
    struct error error = {0};
    struct irc_session *session;
    const struct irc_options options = {.name = str_of(host),
                                        .host = str_of(host),
                                        .port = (uint16_t)port,
                                        .tls = tls,
                                        .ca_file = str_of(peer_path("ca.pem")),
                                        .nicks = {STR("harbor-bot")},
                                        .nick_count = 1,
                                        .username = STR("mooring"),
                                        .realname = STR("bot"),
                                        .flood_lines = 4};
    const struct chat_env env = {.loop = world->loop,
                                 .net = world->net,
                                 .random = &world->random,
                                 .sink = {.ctx = world, .sent = on_sent}};
    assert_int_equal(irc_session_create(&env, &options, &irc_class, &session, &error), 0);
    session->backoff = (struct backoff){.first_ms = 10, .longest_ms = 10};
    assert_int_equal(irc_class.start(&session->network), 0);
    return session;
}

static void i22_addresses_that_hang_delay_no_other_network(void **state)
{
    static struct world world;
    struct peer good, hanging;
    int fds[BACKLOG], port, listener = full_port(fds, &port);
    (void)state;
    peer_start(&good, "irc batch", "server");
    peer_start(&hanging, "hang", NULL);
    clock_init(&world.clock);
    random_seed(&world.random, 1);
    log_set_level(LOG_LEVEL_ERROR);
    world.timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = looked};
    assert_int_equal(loop_create(&world.clock, &world.loop), 0);
    assert_int_equal(net_create(world.loop, &world.net, NULL), 0);
    world.hanging[0] = start(&world, "hangs.sea.example", 6697, true);  /* in DNS */
    world.hanging[1] = start(&world, "127.0.0.1", port, true);          /* in TCP */
    world.hanging[2] = start(&world, "127.0.0.1", hanging.port, true);  /* in TLS */
    world.hanging[3] = start(&world, "127.0.0.1", hanging.port, false); /* and after it */
    world.fine = start(&world, "127.0.0.1", good.port, true);
    assert_int_equal(loop_timer_arm_in(world.loop, &world.timer, 10), 0);
    int64_t began_ms = now_ms(&world);

    assert_int_equal(loop_run(world.loop), 0);

    printf("the slowest of %d answers took %lld ms, %d questions to a name server that is silent\n",
           world.rounds, (long long)world.worst_ms, atomic_load(&dns.asked));
    assert_in_range(now_ms(&world) - began_ms, 0, DEADLINE_MS);
    assert_in_range(world.worst_ms, 0, NOTICED_MS);
    assert_true(atomic_load(&dns.asked) > 1);
    assert_int_equal(atomic_load(&dns.waiting), atomic_load(&dns.asked)); /* it did hang */
    began_ms = now_ms(&world);
    for (size_t i = 0; i < HANGING; i++) {
        assert_true(world.hanging[i]->phase != IRC_UP);
        irc_class.destroy(&world.hanging[i]->network);
    }
    irc_class.destroy(&world.fine->network);
    net_destroy(world.net);
    loop_destroy(world.loop);
    assert_in_range(now_ms(&world) - began_ms, 0, NOTICED_MS); /* nor the end */
    end_dns();
    for (int i = 0; i < BACKLOG; i++)
        close(fds[i]);
    close(listener);
    peer_stop(&good);
    peer_stop(&hanging);
    peer_clean();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i22_addresses_that_hang_delay_no_other_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
