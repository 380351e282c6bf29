/* SPDX-License-Identifier: MIT */
/* fuzz_matrix_session.c: a whole Matrix session against a homeserver that says anything, while
 * messages go out and time passes.
 *
 * A line of the input is an order and its body: 's' answers /sync, 'm' whatever else waits, 'e' the
 * same with an error, 'c' cuts /sync off behind the body, 'w' says something, 't' lets time pass.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "chat/matrix/matrix.h"
#include "net/memory_http.h"
#include "observe/log.h"

enum { WAITING_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct metrics *metrics;
    struct random random;
    struct memory_http_peer *peer;
    struct memory_exchange *sync, *waiting[WAITING_MAX];
    struct chat_network *network;
    uint64_t token, told;
};

static int on_batch(void *ctx, const struct chat_batch *batch)
{
    (void)ctx;
    for (size_t i = 0; i < batch->count; i++) {
        const struct chat_event *event = &batch->events[i];
        assert(event->kind < CHAT_KIND_COUNT);
        assert(utf8_valid(event->text) && utf8_valid(event->room) && utf8_valid(event->sender) &&
               utf8_valid(event->account) && utf8_valid(event->display) && utf8_valid(event->id));
    }
    return batch->keep ? batch->keep(batch->keep_ctx) : 0;
}
static void on_sent(void *ctx, struct chat_network *network, uint64_t token,
                    enum chat_outcome outcome, struct str id)
{
    struct fuzz *fuzz = ctx;
    (void)network, (void)id;
    assert(token > 0 && token <= fuzz->token && outcome != CHAT_UNKNOWN);
    fuzz->told++;
}
static void on_ready(void *ctx, struct chat_network *network)
{
    (void)ctx, (void)network;
}
static void on_state(void *ctx, struct chat_network *network, enum chat_state state)
{
    (void)ctx, (void)network, (void)state;
}
static void on_notice(void *ctx, struct chat_network *network, enum chat_notice what,
                      struct str room, size_t count)
{
    (void)ctx, (void)network, (void)room, (void)count;
    assert(what < CHAT_NOTICE_COUNT);
}
static void on_listed(void *ctx, struct chat_network *network, struct str space, struct str room,
                      bool there)
{
    (void)ctx, (void)network, (void)space, (void)there;
    assert(utf8_valid(room));
}
static void each_room(void *ctx, struct str network, void (*each)(void *each_ctx, struct str room),
                      void *each_ctx)
{
    (void)ctx, (void)network;
    each(each_ctx, STR("#a:home"));
    each(each_ctx, STR("!b:home"));
}
static void each_space(void *ctx, struct str network,
                       void (*each)(void *each_ctx, struct str space), void *each_ctx)
{
    (void)ctx, (void)network;
    each(each_ctx, STR("!s:home"));
}
static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    (void)ctx, (void)name, (void)error;
    buf_add_c(ret_secret, "secret");
    return 0;
}
static struct store *store_of(void *ctx)
{
    (void)ctx;
    return NULL; /* as on the floor */
}
static enum chat_standing standing(void *ctx, struct str network, struct str identity)
{
    (void)ctx, (void)network;
    return identity.len % 3 == 0 ? CHAT_MODERATOR : CHAT_STRANGER;
}
static void on_log(void *ctx, enum log_level level, struct str line)
{
    (void)ctx, (void)level, (void)line;
}

/* ---- the homeserver -------------------------------------------------------------------------- */

static void answer(struct memory_exchange *exchange, unsigned status, struct str body)
{
    int r = memory_http_head(exchange, status, NULL, 0);
    r = r < 0 ? r : memory_http_body(exchange, body);
    assert(r == 0);
    memory_http_end(exchange);
}

static bool has(const struct memory_http_request *request, const char *part)
{
    return str_find(request->target, str_of(part), 0) != SIZE_MAX;
}

static void on_request(void *ctx, struct memory_exchange *exchange,
                       const struct memory_http_request *request)
{
    struct fuzz *fuzz = ctx;
    if (has(request, "/versions")) {
        answer(exchange, 200, STR("{\"versions\":[\"v1.11\",\"v1.16\",\"v1.19\"]}"));
    } else if (has(request, "/whoami")) {
        answer(exchange, 200, STR("{\"user_id\":\"@bot:home\",\"device_id\":\"D\"}"));
    } else if (has(request, "/join")) {
        answer(exchange, 200,
               has(request, "b%3Ahome") ? STR("{\"room_id\":\"!b:home\"}")
                                        : STR("{\"room_id\":\"!a:home\"}"));
    } else if (has(request, "/sync?")) {
        fuzz->sync = exchange;
    } else {
        for (size_t i = 0; i < WAITING_MAX; i++)
            if (!fuzz->waiting[i]) {
                fuzz->waiting[i] = exchange;
                return;
            }
        memory_http_cut(exchange);
    }
}

static void on_gone(void *ctx, struct memory_exchange *exchange)
{
    struct fuzz *fuzz = ctx;
    if (fuzz->sync == exchange)
        fuzz->sync = NULL;
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (fuzz->waiting[i] == exchange)
            fuzz->waiting[i] = NULL;
}

static void answer_waiting(struct fuzz *fuzz, unsigned status, struct str body)
{
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (fuzz->waiting[i]) {
            answer(TAKE(fuzz->waiting[i]), status, body);
            return;
        }
}

/* ---- orders ---------------------------------------------------------------------------------- */

static void say(struct fuzz *fuzz, struct str what)
{
    static const struct chat_choice CHOICES[] = {{{"yes", 3}, {"+", 1}}, {{"no", 2}, {"-", 1}}};
    unsigned char kind = what.len ? (unsigned char)what.ptr[0] : 0;
    char transaction[32];
    snprintf(transaction, sizeof transaction, "t%llu", (unsigned long long)fuzz->token + 1);
    struct str text = utf8_valid(what) ? what : STR("hello");
    struct chat_message message = {
        .token = fuzz->token + 1,
        .flags = kind & (CHAT_SEND_ANSWER | CHAT_SEND_CONFIRM | CHAT_SEND_CRISIS),
        .room = kind & 8 ? STR("#a:home") : STR(""),
        .user = kind & 8 ? STR("") : STR("@anna:home"),
        .transaction_id = str_of(transaction),
        .may_be_sent = kind & 16,
        .created_at = clock_wall_at(&fuzz->clock) - (kind & 32 ? CLOCK_HOUR_MS : 0),
        .choices = kind & 64 ? CHOICES : NULL,
        .choice_count = kind & 64 ? COUNT_OF(CHOICES) : 0,
        .markdown = text,
    };
    if (matrix_class.send(fuzz->network, &message) == 0)
        fuzz->token++;
}

static void play(struct fuzz *fuzz, struct str line)
{
    char order = line.len ? line.ptr[0] : 0;
    struct str body = str_from(line, 1);
    int64_t by_ms = 100;
    if (order == 's' && fuzz->sync) {
        answer(TAKE(fuzz->sync), 200, body);
    } else if (order == 'c' && fuzz->sync) {
        struct memory_exchange *sync = TAKE(fuzz->sync);
        int r = memory_http_head(sync, 200, NULL, 0);
        r = r < 0 ? r : memory_http_body(sync, body);
        assert(r == 0);
        memory_http_cut(sync);
    } else if (order == 'm') {
        answer_waiting(fuzz, 200, body);
    } else if (order == 'e') {
        answer_waiting(fuzz, body.len % 2 ? 429 : 403, body);
    } else if (order == 'w') {
        say(fuzz, body);
    } else if (order == 't') {
        by_ms = (int64_t)(body.len ? (unsigned char)body.ptr[0] : 1) * 3000;
    }
    loop_advance(fuzz->loop, clock_wall_at(&fuzz->clock) + by_ms);
}

static const struct settings_node *node(void)
{
    static struct settings *settings; /* read once: it is the same for all */
    struct settings_schema schema = {.tables = &settings_core, .table_count = 1};
    if (!settings) {
        char path[] = "/tmp/mooring-fuzz-XXXXXX";
        int fd = mkstemp(path);
        int r = dprintf(fd, "networks = ( { name = \"home\"; kind = \"matrix\"; homeserver = "
                            "\"memory://home\"; user = \"bot\"; login = \"token\"; "
                            "password_credential = \"pw\"; } );\n"
                            "groups = ( { name = \"h\"; zone = \"Etc/UTC\"; rooms = ( { network = "
                            "\"home\"; room = \"#a:home\"; } ); } );\nplugins = [\"checkin\"];\n");
        assert(r > 0);
        close(fd);
        r = settings_load(path, &schema, NULL, NULL, &settings);
        unlink(path);
        assert(r == 0);
    }
    return settings_item(settings_at(settings_root(settings), "networks"), 0);
}

static void open_all(struct fuzz *fuzz)
{
    struct error error = {.code = 0};
    const struct memory_http_events events = {.request = on_request, .gone = on_gone, .ctx = fuzz};
    clock_init_virtual(&fuzz->clock, 1795424100000);
    random_seed(&fuzz->random, 1);
    log_set_sink(on_log, NULL);
    int r = loop_create(&fuzz->clock, &fuzz->loop);
    r = r < 0 ? r : net_create(fuzz->loop, &fuzz->net, &error);
    r = r < 0 ? r : memory_http_listen(fuzz->net, STR("home"), &events, &fuzz->peer);
    fuzz->metrics = metrics_create();
    struct chat_env env = {.loop = fuzz->loop,
                           .net = fuzz->net,
                           .metrics = fuzz->metrics,
                           .random = &fuzz->random,
                           .each_room = each_room,
                           .each_space = each_space,
                           .credential = credential,
                           .store = store_of,
                           .standing = standing,
                           .state_folder = STR(""),
                           .sink = {.ctx = fuzz,
                                    .batch = on_batch,
                                    .sent = on_sent,
                                    .ready = on_ready,
                                    .state = on_state,
                                    .notice = on_notice,
                                    .listed = on_listed},
                           .ctx = fuzz};
    r = r < 0 ? r : matrix_class.create(&env, node(), &fuzz->network, &error);
    r = r < 0 ? r : matrix_class.start(fuzz->network);
    assert(r >= 0);
    loop_advance(fuzz->loop, clock_wall_at(&fuzz->clock) + 6000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {.token = 0};
    struct str rest = {(const char *)data, size}, line;
    open_all(&fuzz);
    while (str_split(&rest, '\n', &line))
        play(&fuzz, line);
    matrix_class.stop(fuzz.network);
    loop_advance(fuzz.loop, clock_wall_at(&fuzz.clock) + 10000);
    assert(fuzz.told == fuzz.token); /* each message came back exactly once */
    matrix_class.destroy(fuzz.network);
    memory_http_unlisten(fuzz.peer);
    net_destroy(fuzz.net);
    metrics_destroy(fuzz.metrics);
    loop_destroy(fuzz.loop);
    return 0;
}
