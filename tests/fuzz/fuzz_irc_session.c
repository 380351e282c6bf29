/* SPDX-License-Identifier: MIT */
/* fuzz_irc_session.c: a whole session against a server that says anything, while messages go out
 * and time passes. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "base/utf8.h"
#include "chat/irc/irc.h"
#include "chat/irc/session.h"
#include "net/memory.h"
#include "observe/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct memory_peer *peer;
    struct memory_connection *connection;
    struct irc_session *session;
    uint64_t token, told;
};

static int on_batch(void *ctx, const struct chat_batch *batch)
{
    (void)ctx;
    for (size_t i = 0; i < batch->count; i++) {
        const struct chat_event *event = &batch->events[i];
        assert(utf8_valid(event->text) && utf8_valid(event->room) && utf8_valid(event->sender) &&
               utf8_valid(event->account));
        assert(!(event->flags & CHAT_PRIVATE) == (event->room.len > 0));
    }
    return 0;
}
static void on_sent(void *ctx, struct chat_network *network, uint64_t token,
                    enum chat_outcome outcome, struct str id)
{
    struct fuzz *fuzz = ctx;
    (void)network, (void)outcome, (void)id;
    assert(token <= fuzz->token);
    fuzz->told++;
}
static void on_accepted(void *ctx, struct memory_connection *connection)
{
    ((struct fuzz *)ctx)->connection = connection;
}
static void on_bytes(void *ctx, struct memory_connection *connection, struct str bytes)
{
    (void)ctx, (void)connection, (void)bytes;
}
static void on_closed(void *ctx, struct memory_connection *connection)
{
    struct fuzz *fuzz = ctx;
    if (fuzz->connection == connection)
        fuzz->connection = NULL;
}
static void each_room(void *ctx, struct str network, void (*each)(void *each_ctx, struct str room),
                      void *each_ctx)
{
    (void)ctx, (void)network;
    each(each_ctx, STR("#a"));
    each(each_ctx, STR("#b"));
}
static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    (void)ctx, (void)name, (void)error;
    buf_add_c(ret_secret, "secret");
    return 0;
}
static void on_log(void *ctx, enum log_level level, struct str line)
{
    (void)ctx, (void)level, (void)line;
}

static void send_one(struct fuzz *fuzz, unsigned what)
{
    struct str line = STR("hello");
    struct chat_message message = {
        .token = fuzz->token + 1,
        .lines = &line,
        .line_count = 1,
        .flags = what & (CHAT_SEND_ANSWER | CHAT_SEND_CONFIRM | CHAT_SEND_CRISIS)};
    if (what & 8)
        message.room = STR("#a");
    else
        message.user = STR("n");
    if (what & 16)
        message.identity = STR("acc");
    if (irc_class.send(&fuzz->session->network, &message) == 0)
        fuzz->token++;
    assert(irc_class.line_bytes(&fuzz->session->network, message.room, message.user) >= 64);
}

/* A byte of orders, then a line: time passes, a message goes out, the server hangs up. */
static void play(struct fuzz *fuzz, struct str line)
{
    unsigned char order = line.len ? (unsigned char)line.ptr[0] : 0;
    if (order >= 0x80) {
        line = str_from(line, 1);
        if (order & 0x40)
            send_one(fuzz, order & 31);
        else
            loop_advance(fuzz->loop, clock_wall_at(&fuzz->clock) + (int64_t)(order & 31) * 7000);
    }
    if (order == 0x7f && fuzz->connection) {
        memory_close(fuzz->connection, -ECONNRESET);
        fuzz->connection = NULL;
    }
    if (fuzz->connection && (memory_write(fuzz->connection, line) < 0 ||
                             memory_write(fuzz->connection, STR("\r\n")) < 0))
        return;
    loop_advance(fuzz->loop, clock_wall_at(&fuzz->clock));
}

static void open_all(struct fuzz *fuzz)
{
    struct error error = {.code = 0};
    struct memory_peer_events events = {
        .accepted = on_accepted, .bytes = on_bytes, .closed = on_closed, .ctx = fuzz};
    struct irc_options options = {.name = STR("sea"),
                                  .host = STR("memory:sea"),
                                  .port = 6667,
                                  .nicks = {STR("bot")},
                                  .nick_count = 1,
                                  .username = STR("m"),
                                  .realname = STR("m"),
                                  .account = STR("bot"),
                                  .account_credential = STR("c"),
                                  .flood_lines = 4,
                                  .flood_line_ms = 2000};
    clock_init_virtual(&fuzz->clock, 1795424100000);
    random_seed(&fuzz->random, 1);
    log_set_sink(on_log, NULL);
    int r = loop_create(&fuzz->clock, &fuzz->loop);
    r = r < 0 ? r : net_create(fuzz->loop, &fuzz->net, &error);
    r = r < 0 ? r : memory_listen(fuzz->net, STR("sea"), &events, &fuzz->peer);
    struct chat_env env = {.loop = fuzz->loop,
                           .net = fuzz->net,
                           .random = &fuzz->random,
                           .each_room = each_room,
                           .credential = credential,
                           .sink = {.ctx = fuzz, .batch = on_batch, .sent = on_sent},
                           .ctx = fuzz};
    r = r < 0 ? r : irc_session_create(&env, &options, &irc_class, &fuzz->session, &error);
    r = r < 0 ? r : irc_class.start(&fuzz->session->network);
    assert(r >= 0);
    loop_advance(fuzz->loop, clock_wall_at(&fuzz->clock));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {.token = 0};
    struct str rest = {(const char *)data, size}, line;
    open_all(&fuzz);
    while (str_split(&rest, '\n', &line))
        play(&fuzz, line);
    irc_class.stop(&fuzz.session->network);
    loop_advance(fuzz.loop, clock_wall_at(&fuzz.clock) + 10000);
    assert(fuzz.told == fuzz.token); /* each message came back exactly once */
    irc_class.destroy(&fuzz.session->network);
    memory_unlisten(fuzz.peer);
    net_destroy(fuzz.net);
    loop_destroy(fuzz.loop);
    return 0;
}
