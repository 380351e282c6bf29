/* SPDX-License-Identifier: MIT */
/* fuzz_irc_session.c: a whole session against a server that says anything, while messages go out
 * and time passes.
 *
 * The first byte says what kind of network it is (':', as most lines begin: the usual one).  Each
 * line is what the server says; a byte above 0x7f in front of it is an order: 0xc0 and up say
 * something, 0x80 and up let time pass; 0x7f hangs up. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include <sodium.h>

#include "base/number.h"
#include "base/utf8.h"
#include "chat/irc/irc.h"
#include "chat/irc/session.h"
#include "net/memory.h"
#include "observe/log.h"
#include "store/store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct memory_peer *peer;
    struct memory_connection *connection;
    struct irc_session *session;
    struct irc_profile profile;
    struct store *store;
    uint64_t token, told;
};

/* Chance is the same each time: an input plays the same twice, and a server can know our nonce. */
static uint32_t chance;

static uint32_t next_chance(void)
{
    chance = chance * 1664525u + 1013904223u;
    return chance >> 8;
}
static void fill_with_chance(void *const out, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)next_chance();
}
static const char *name_of_chance(void)
{
    return "the same each time";
}

static int on_batch(void *ctx, const struct chat_batch *batch)
{
    struct fuzz *fuzz = ctx;
    int64_t now_at = clock_wall_at(&fuzz->clock);
    for (size_t i = 0; i < batch->count; i++) {
        const struct chat_event *event = &batch->events[i];
        assert(utf8_valid(event->text) && utf8_valid(event->room) && utf8_valid(event->sender) &&
               utf8_valid(event->account) && utf8_valid(event->id) &&
               utf8_valid(event->relates_to));
        assert(!(event->flags & CHAT_PRIVATE) == (event->room.len > 0));
        assert(!(event->flags & CHAT_BRIDGED) || str_empty(event->account));
        assert(event->sent_at <= now_at);
    }
    int r = batch->keep ? batch->keep(batch->keep_ctx) : 0;
    return fuzz->store && r >= 0 ? store_commit(fuzz->store) : r;
}
static void on_ready(void *ctx, struct chat_network *network)
{
    (void)ctx, (void)network;
}
static void on_state(void *ctx, struct chat_network *network, enum chat_state state)
{
    (void)ctx, (void)network;
    assert(state < CHAT_STATE_COUNT);
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
static struct store *store_of(void *ctx)
{
    return ((struct fuzz *)ctx)->store; /* without: as on the floor */
}
static void on_log(void *ctx, enum log_level level, struct str line)
{
    (void)ctx, (void)level, (void)line;
}

static void send_one(struct fuzz *fuzz, unsigned what)
{
    const struct str lines[] = {STR("hello"), STR("call 0 800 111 0 111 (free)"), STR("\xc3\xa9")};
    struct chat_message message = {
        .token = fuzz->token + 1,
        .lines = lines,
        .line_count = what & 32 ? COUNT_OF(lines) : 1,
        .answers_id = what & 32 ? STR("id-1") : STR(""),
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

/* So many rounds take a second each, and are read like few. */
static bool has_many_rounds(struct str line)
{
    char text[1024];
    size_t size = 0;
    int64_t rounds;
    if (!str_starts_nocase(line, STR("AUTHENTICATE ")) ||
        sodium_base642bin((unsigned char *)text, sizeof text, line.ptr + 13, line.len - 13, " ",
                          &size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    struct str plain = {text, size};
    size_t at = str_find(plain, STR(",i="), 0);
    if (at == SIZE_MAX)
        return false;
    struct str count = str_from(plain, at + 3);
    return number_parse(str_upto(count, str_find(count, STR(","), 0)), 0, INT64_MAX, &rounds) < 0 ||
           rounds > 4096;
}

/* A byte of orders, then a line: time passes, a message goes out, the server hangs up. */
static void play(struct fuzz *fuzz, struct str line)
{
    unsigned char order = line.len ? (unsigned char)line.ptr[0] : 0;
    if (order >= 0x80) {
        line = str_from(line, 1);
        if (order & 0x40)
            send_one(fuzz, order & 63);
        else
            loop_advance(fuzz->loop, clock_wall_at(&fuzz->clock) +
                                         (int64_t)(order & 31) * (order & 32 ? 600000 : 7000));
    }
    if (order == 0x7f && fuzz->connection) {
        memory_close(fuzz->connection, -ECONNRESET);
        fuzz->connection = NULL;
    }
    if (has_many_rounds(line))
        return;
    if (fuzz->connection && (memory_write(fuzz->connection, line) < 0 ||
                             memory_write(fuzz->connection, STR("\r\n")) < 0))
        return;
    loop_advance(fuzz->loop, clock_wall_at(&fuzz->clock));
}

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
static const struct irc_profile PROFILE = {
    .name = TEXT("sea"),
    .networks = {.items = {TEXT("Sea")}, .count = 1},
    .versions = {.items = {TEXT("sea-")}, .count = 1},
    .services = TEXT("NickServ!*@services."),
    .services_to = TEXT("NickServ"),
    .recover = {.items = {TEXT("REGAIN {nick} {password}"), TEXT("GHOST {nick}")}, .count = 2},
    .refuses = {.items = {TEXT("*Invalid password*")}, .count = 1},
    .identify = TEXT("IDENTIFY {account} {password}"),
    .identified_mode = 'r',
    .account_new = TEXT("/msg NickServ REGISTER password email"),
};

/* What the first byte changes of a network. */
enum {
    WITHOUT_ACCOUNT = 1,
    NICK_IS_IDENTITY = 2,
    NO_PACE = 4,
    UNKNOWN_NETWORK = 8,
    HAS_STORE = 64
};

static void open_all(struct fuzz *fuzz, unsigned kind)
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
                                  .flood_line_ms = kind & NO_PACE ? 0 : 2000,
                                  .nick_is_identity = (kind & NICK_IS_IDENTITY) != 0};
    const struct store_options kept = {.clock = &fuzz->clock, .in_memory = true};
    if (kind & WITHOUT_ACCOUNT)
        options.account = options.account_credential = STR("");
    chance = 1;
    clock_init_virtual(&fuzz->clock, 1795424100000);
    random_seed(&fuzz->random, 1);
    log_set_sink(on_log, NULL);
    int r = loop_create(&fuzz->clock, &fuzz->loop);
    if (kind & HAS_STORE)
        r = r < 0 ? r : store_open(&kept, &fuzz->store, &error);
    r = r < 0 ? r : net_create(fuzz->loop, &fuzz->net, &error);
    r = r < 0 ? r : memory_listen(fuzz->net, STR("sea"), &events, &fuzz->peer);
    struct chat_env env = {.loop = fuzz->loop,
                           .net = fuzz->net,
                           .random = &fuzz->random,
                           .each_room = each_room,
                           .credential = credential,
                           .store = store_of,
                           .sink = {.ctx = fuzz,
                                    .batch = on_batch,
                                    .sent = on_sent,
                                    .ready = on_ready,
                                    .state = on_state},
                           .ctx = fuzz};
    r = r < 0 ? r : irc_session_create(&env, &options, &irc_class, &fuzz->session, &error);
    assert(r >= 0);
    if (!(kind & UNKNOWN_NETWORK)) {
        fuzz->profile = PROFILE;
        fuzz->session->services.known = &fuzz->profile;
        fuzz->session->services.known_count = 1;
    }
    r = irc_class.start(&fuzz->session->network);
    assert(r >= 0);
    loop_advance(fuzz->loop, clock_wall_at(&fuzz->clock));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static randombytes_implementation same = {
        .implementation_name = name_of_chance, .random = next_chance, .buf = fill_with_chance};
    (void)argc, (void)argv;
    randombytes_set_implementation(&same);
    return sodium_init() < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {.token = 0};
    struct str rest = {(const char *)data, size}, line;
    open_all(&fuzz, size ? data[0] ^ ':' : 0);
    while (str_split(&rest, '\n', &line))
        play(&fuzz, line);
    irc_class.stop(&fuzz.session->network);
    loop_advance(fuzz.loop, clock_wall_at(&fuzz.clock) + 10000);
    assert(fuzz.told == fuzz.token); /* each message came back exactly once */
    irc_class.destroy(&fuzz.session->network);
    memory_unlisten(fuzz.peer);
    net_destroy(fuzz.net);
    store_close(fuzz.store);
    loop_destroy(fuzz.loop);
    return 0;
}
