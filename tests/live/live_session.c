/* SPDX-License-Identifier: MIT */
/* live_session.c: the IRC network alone on a real server: answers "ping N", whispers, and prints
 * what it is told.
 *
 * "react EMOJI" gets it as a reaction.
 *
 * live_session PORT plain|tls CA_FILE CHANNEL: lives until standard input ends; then leaves in good
 * order.  In the environment: LIVE_ACCOUNT and LIVE_PASSWORD log it in, or LIVE_CERTIFICATE (a
 * file with certificate and key) does; LIVE_STATE is a folder where it keeps how far it read,
 * LIVE_PROFILE and LIVE_CONTENT name a network's profile and where it lies. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/number.h"
#include "chat/irc/irc.h"
#include "chat/irc/session.h"
#include "store/store.h"

struct live {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct irc_session *session;
    struct loop_fd *input;
    const char *channel;
    struct store *store; /* NULL: none */
    uint64_t token;
    bool leaving;
};

static void say(struct live *live, const struct chat_event *event, struct str user, unsigned flags,
                struct str text)
{
    struct chat_message message = {.token = ++live->token,
                                   .flags = flags,
                                   .room = event->room,
                                   .lines = &text,
                                   .line_count = 1};
    if (str_empty(event->room)) {
        message.user = user;
        message.identity = str_eq(user, event->sender) ? event->account : STR("");
    }
    int r = irc_class.send(&live->session->network, &message);
    printf("send %llu %d\n", (unsigned long long)live->token, r);
}

/* "ping 7" is answered where it was said; in private "whisper nick" writes to that nick. */
static void hear(struct live *live, const struct chat_event *event)
{
    AUTO_BUF answer = {.limit = 600};
    printf("event %d flags %u room %.*s account %.*s\n", (int)event->kind, event->flags,
           STR_ARG(event->room), STR_ARG(event->account));
    for (size_t i = 0; i < event->text.len; i++)
        printf("%s%c", i ? "" : "text ", event->text.ptr[i] == '\n' ? '|' : event->text.ptr[i]);
    printf("\n");
    if (event->kind != CHAT_MESSAGE || (event->flags & (CHAT_NOTICE | CHAT_OWN | CHAT_HISTORY)))
        return;
    if (str_starts(event->text, STR("long "))) {
        const struct str lines[] = {STR("one"), STR("two"), STR("three")};
        struct chat_message message = {.token = ++live->token,
                                       .room = event->room,
                                       .answers_id = event->id,
                                       .lines = lines,
                                       .line_count = COUNT_OF(lines)};
        printf("send %llu %d\n", (unsigned long long)live->token,
               irc_class.send(&live->session->network, &message));
        return;
    }
    if (str_starts(event->text, STR("react "))) {
        printf("react %d\n", irc_class.react(&live->session->network, event->room, event->id,
                                             str_from(event->text, 6)));
        return;
    }
    if (str_starts(event->text, STR("whisper "))) {
        say(live, event, str_from(event->text, 8), CHAT_SEND_CONFIRM, STR("hello"));
        return;
    }
    if (!str_starts(event->text, STR("ping ")))
        return;
    buf_add_c(&answer, "pong ");
    buf_add(&answer, str_from(event->text, 5));
    say(live, event, event->sender, str_empty(event->room) ? CHAT_SEND_CONFIRM : CHAT_SEND_ANSWER,
        buf_str(&answer));
}

static int on_batch(void *ctx, const struct chat_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        hear(ctx, &batch->events[i]);
    struct live *live = ctx;
    int r = batch->keep ? batch->keep(batch->keep_ctx) : 0;
    return live->store && r >= 0 ? MIN_OF(store_commit(live->store), 0) : MIN_OF(r, 0);
}

static struct store *store_of(void *ctx)
{
    return ((struct live *)ctx)->store;
}

static void on_sent(void *ctx, struct chat_network *network, uint64_t token,
                    enum chat_outcome outcome, struct str id)
{
    static const char *const names[CHAT_OUTCOME_COUNT] = {"confirmed", "unknown", "refused",
                                                          "failed"};
    (void)ctx, (void)network, (void)id;
    printf("sent %llu %s\n", (unsigned long long)token, names[outcome]);
}

static void on_ready(void *ctx, struct chat_network *network)
{
    struct live *live = ctx;
    printf("ready budget %zu\n", irc_class.line_bytes(network, str_of(live->channel), STR("")));
}

static void on_state(void *ctx, struct chat_network *network, enum chat_state state)
{
    static const char *const names[CHAT_STATE_COUNT] = {"down", "connecting", "up"};
    struct live *live = ctx;
    printf("state %s\n", names[state]);
    if (state == CHAT_UP)
        printf("login %d tls %d epoch %llu\n", (int)live->session->login, live->session->here_tls,
               (unsigned long long)network->epoch);
    if (state == CHAT_DOWN && live->leaving)
        loop_stop(live->loop);
}

static void each_room(void *ctx, struct str network, void (*each)(void *each_ctx, struct str room),
                      void *each_ctx)
{
    struct live *live = ctx;
    (void)network;
    each(each_ctx, str_of(live->channel));
}

static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    const char *password = getenv("LIVE_PASSWORD");
    (void)ctx, (void)name;
    if (!password)
        return error_set(error, -ENOENT, "none in this test");
    buf_add_c(ret_secret, password);
    return 0;
}

static void on_input(void *ctx, unsigned events)
{
    struct live *live = ctx;
    char bytes[256];
    (void)events;
    if (read(STDIN_FILENO, bytes, sizeof(bytes)) != 0 || live->leaving)
        return;
    live->leaving = true;
    loop_fd_remove(TAKE(live->input));
    irc_class.stop(&live->session->network);
}

static int run(struct live *live, const struct irc_options *options)
{
    struct error error = {0};
    const char *content = getenv("LIVE_CONTENT");
    struct chat_env env = {.loop = live->loop,
                           .net = live->net,
                           .random = &live->random,
                           .ctx = live,
                           .each_room = each_room,
                           .credential = credential,
                           .store = store_of,
                           .content_folders = &content,
                           .content_folder_count = content ? 1 : 0,
                           .sink = {live, on_batch, on_sent, on_ready, on_state}};
    int r = irc_session_create(&env, options, &irc_class, &live->session, &error);
    if (r >= 0)
        r = loop_fd_add(live->loop, STDIN_FILENO, on_input, live, &live->input);
    if (r >= 0)
        r = loop_fd_set(live->input, LOOP_READABLE);
    if (r >= 0)
        r = irc_class.start(&live->session->network);
    if (r >= 0)
        r = loop_run(live->loop);
    if (r < 0)
        fprintf(stderr, "live_session: %d %s\n", r, error.text);
    loop_fd_remove(live->input);
    if (live->session)
        irc_class.destroy(&live->session->network);
    return r;
}

int main(int argc, char **argv)
{
    struct live live = {.channel = argc > 4 ? argv[4] : ""};
    struct error error = {0};
    int64_t port;
    if (argc != 5 || number_parse(str_of(argv[1]), 1, 65535, &port) < 0) {
        fprintf(stderr, "usage: live_session PORT plain|tls CA_FILE CHANNEL\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct irc_options options = {.name = STR("sea"),
                                  .host = STR("localhost"),
                                  .port = (uint16_t)port,
                                  .tls = strcmp(argv[2], "tls") == 0,
                                  .ca_file = str_of(argv[3]),
                                  .nicks = {STR("harbor-bot"), STR("harbor-bot2")},
                                  .nick_count = 2,
                                  .username = STR("mooring"),
                                  .realname = STR("Peer-support bot"),
                                  .nick_is_identity = true,
                                  .flood_lines = 4,
                                  .flood_line_ms = 1000};
    const char *profile = getenv("LIVE_PROFILE");
    if (profile)
        options.profile = str_of(profile);
    const char *account = getenv("LIVE_ACCOUNT"), *folder = getenv("LIVE_STATE");
    const char *certificate = getenv("LIVE_CERTIFICATE");
    if (account) {
        options.account = str_of(account);
        options.account_credential = getenv("LIVE_PASSWORD") ? STR("password") : STR("");
        options.client_certificate = certificate ? str_of(certificate) : STR("");
        options.nick_is_identity = false;
    }
    random_seed_from_system(&live.random);
    clock_init(&live.clock);
    static const unsigned char key[32] = {1};
    struct store_options where = {.folder = folder, .clock = &live.clock, .master_key = key};
    if (folder && store_open(&where, &live.store, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    if (loop_create(&live.clock, &live.loop) < 0 || net_create(live.loop, &live.net, &error) < 0)
        return 1;
    int r = run(&live, &options);
    net_destroy(live.net);
    loop_destroy(live.loop);
    if (live.store)
        store_close(live.store);
    return r < 0;
}
