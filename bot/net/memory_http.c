/* SPDX-License-Identifier: MIT */
/* memory_http.c: in-process HTTP peers.  Each exchange has one deferred call that hands over, in
 * order, what the peer said, and one timer: the request's own time. */
#include "net/memory_http.h"

#include <errno.h>

#include "net/internal.h"

enum {
    QUEUE_BYTES = 256 * 1024 * 1024, /* of one exchange, not yet handed over */
    REQUEST_BYTES = 64 * 1024 * 1024,
};

/* What the peer did, in order. */
enum piece_kind { PIECE_BYTES, PIECE_HEAD, PIECE_END, PIECE_CUT };
struct piece {
    struct piece *next;
    enum piece_kind kind;
    struct buf bytes; /* HEAD: "Name: value\n" ... */
    unsigned status;
};

struct memory_exchange {
    struct net_member member;
    struct net *net;
    struct memory_http_peer *peer; /* NULL: refused, the peer is through, or went */
    struct memory_exchange *next;  /* of the peer's */
    struct memory_http_client client;
    struct loop_call call;
    struct loop_timer timer;
    int64_t ends_at; /* elapsed ms */
    struct buf method, target, body, headers;
    size_t header_count;
    struct piece *first, **last;
    size_t queued_bytes;
    unsigned status; /* of the head that was handed over */
    struct buf answer_headers;
    bool refused, hanging, asked, has_head;
    bool client_gone, peer_gone; /* they are through with it */
    bool delivering;             /* deliver() is on the stack, and frees it */
};

struct memory_http_peer {
    struct net_member member;
    struct net *net;
    char *name;
    struct memory_http_events events;
    enum memory_http_mode mode;
    struct memory_exchange *exchanges;
};

/* ---- exchanges ------------------------------------------------------------------------------- */

static void leave_peer(struct memory_exchange *exchange)
{
    if (!exchange->peer)
        return;
    for (struct memory_exchange **link = &exchange->peer->exchanges; *link; link = &(*link)->next)
        if (*link == exchange) {
            *link = exchange->next;
            break;
        }
    exchange->peer = NULL;
}

static void free_piece(struct piece *piece)
{
    buf_wipe(&piece->bytes);
    mem_free(piece);
}

static void free_exchange(struct memory_exchange *exchange)
{
    loop_undefer(exchange->net->loop, &exchange->call);
    loop_timer_disarm(exchange->net->loop, &exchange->timer);
    leave_peer(exchange);
    net_delist(&exchange->member);
    while (exchange->first) {
        struct piece *piece = exchange->first;
        exchange->first = piece->next;
        free_piece(piece);
    }
    struct buf *bufs[] = {&exchange->method, &exchange->target, &exchange->body, &exchange->headers,
                          &exchange->answer_headers};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_wipe(bufs[i]);
    mem_free(exchange);
}

static void drop_exchange(struct net_member *member)
{
    free_exchange(CONTAINER_OF(member, struct memory_exchange, member));
}

/* The peer hears that nobody waits any more, unless it is through anyway. */
static void tell_peer(struct memory_exchange *exchange)
{
    struct memory_http_peer *peer = exchange->peer;
    bool knows = exchange->peer_gone || !exchange->asked || !peer;
    exchange->peer_gone = true;
    leave_peer(exchange);
    if (!knows && peer->events.gone)
        peer->events.gone(peer->events.ctx, exchange);
}

static void finish(struct memory_exchange *exchange, int result)
{
    loop_timer_disarm(exchange->net->loop, &exchange->timer);
    if (!exchange->client_gone) {
        exchange->client_gone = true;
        exchange->client.done(exchange->client.ctx, result);
    }
    tell_peer(exchange);
}

static void on_late(struct loop_timer *timer)
{
    struct memory_exchange *exchange = CONTAINER_OF(timer, struct memory_exchange, timer);
    finish(exchange, -ETIMEDOUT);
    free_exchange(exchange);
}

static void ask_peer(struct memory_exchange *exchange)
{
    enum { HEADERS = 64 };
    struct str headers[HEADERS], rest = buf_str(&exchange->headers);
    struct memory_http_request request = {.method = buf_str(&exchange->method),
                                          .target = buf_str(&exchange->target),
                                          .body = buf_str(&exchange->body),
                                          .headers = headers};
    while (rest.len && request.header_count < HEADERS &&
           str_split(&rest, '\n', &headers[request.header_count]))
        request.header_count++;
    exchange->asked = true;
    exchange->peer->events.request(exchange->peer->events.ctx, exchange, &request);
}

/* Returns false when it is over. */
static bool hand_over(struct memory_exchange *exchange, struct piece *piece)
{
    int r = 0;
    switch (piece->kind) {
    case PIECE_HEAD:
        exchange->status = piece->status;
        exchange->answer_headers = piece->bytes;
        buf_init(&piece->bytes, 0);
        return true;
    case PIECE_BYTES:
        exchange->queued_bytes -= piece->bytes.len;
        r = exchange->client.bytes(exchange->client.ctx, buf_str(&piece->bytes));
        if (r < 0)
            finish(exchange, r);
        return r >= 0;
    case PIECE_END:
        finish(exchange, 0);
        return false;
    case PIECE_CUT:
        finish(exchange, -ECONNRESET);
        return false;
    }
    return false;
}

/* Callbacks answer, cut and unlisten as they like; the exchange itself is freed here alone. */
static void deliver(struct loop_call *call)
{
    struct memory_exchange *exchange = CONTAINER_OF(call, struct memory_exchange, call);
    exchange->delivering = true;
    if (exchange->refused)
        finish(exchange, -ECONNREFUSED);
    else if (!exchange->asked && !exchange->hanging && exchange->peer)
        ask_peer(exchange);
    bool goes_on = !exchange->client_gone;
    while (goes_on && exchange->first) {
        struct piece *piece = exchange->first;
        exchange->first = piece->next;
        if (!exchange->first)
            exchange->last = &exchange->first;
        goes_on = hand_over(exchange, piece);
        free_piece(piece);
    }
    exchange->delivering = false;
    if (exchange->client_gone)
        free_exchange(exchange);
}

static void wake(struct memory_exchange *exchange)
{
    if (!exchange->client_gone)
        loop_defer(exchange->net->loop, &exchange->call);
}

/* ---- the peer's end -------------------------------------------------------------------------- */

static void drop_peer(struct net_member *member)
{
    memory_http_unlisten(CONTAINER_OF(member, struct memory_http_peer, member));
}

int memory_http_listen(struct net *net, struct str name, const struct memory_http_events *events,
                       struct memory_http_peer **ret_peer)
{
    if (str_empty(name) || !events->request)
        return -EINVAL;
    if (map_get(&net->http_peers, name))
        return -EADDRINUSE;
    AUTO_FREE struct memory_http_peer *peer = mem_zalloc(sizeof *peer);
    AUTO_FREE char *copy = str_copy(name);
    if (!peer || !copy || map_put(&net->http_peers, name, peer) < 0)
        return -ENOMEM;
    *peer = (struct memory_http_peer){.net = net, .name = TAKE(copy), .events = *events};
    peer->member.drop = drop_peer;
    net_enlist(&net->in_process, &peer->member);
    *ret_peer = TAKE(peer);
    return 0;
}

/* A piece that needs no memory of its own is never short of it: a server's socket is closed by the
 * kernel. */
static int add_piece(struct memory_exchange *exchange, enum piece_kind kind, struct str bytes,
                     struct piece **ret_piece)
{
    if (bytes.len > QUEUE_BYTES - exchange->queued_bytes)
        return -ENOBUFS;
    mem_reserve_begin(); /* what is under way between two processes is not in our memory */
    struct piece *piece = mem_zalloc(sizeof *piece);
    int r = piece ? 0 : -ENOMEM;
    if (piece) {
        piece->kind = kind;
        buf_init(&piece->bytes, QUEUE_BYTES);
        buf_add(&piece->bytes, bytes);
        r = piece->bytes.failed;
    }
    mem_reserve_end();
    if (r < 0) {
        if (piece)
            free_piece(piece);
        return r;
    }
    exchange->queued_bytes += bytes.len;
    *exchange->last = piece;
    exchange->last = &piece->next;
    if (ret_piece)
        *ret_piece = piece;
    wake(exchange);
    return 0;
}

static void end_with(struct memory_exchange *exchange, enum piece_kind kind)
{
    if (exchange->peer_gone)
        return;
    exchange->peer_gone = true;
    leave_peer(exchange);
    /* without memory it never ends, and times out: a test's matter */
    (void)!add_piece(exchange, kind, STR(""), NULL);
}

void memory_http_unlisten(struct memory_http_peer *peer)
{
    if (!peer)
        return;
    while (peer->exchanges) {
        struct memory_exchange *exchange = peer->exchanges;
        if (exchange->hanging)
            leave_peer(exchange);
        else
            end_with(exchange, PIECE_CUT);
    }
    map_remove(&peer->net->http_peers, str_of(peer->name));
    net_delist(&peer->member);
    mem_free(peer->name);
    mem_free(peer);
}

void memory_http_set_mode(struct memory_http_peer *peer, enum memory_http_mode mode)
{
    peer->mode = mode;
}

int memory_http_head(struct memory_exchange *exchange, unsigned status, const struct str *headers,
                     size_t header_count)
{
    if (exchange->peer_gone || exchange->has_head)
        return -EINVAL;
    struct piece *piece;
    AUTO_BUF lines;
    buf_init(&lines, QUEUE_BYTES);
    mem_reserve_begin();
    for (size_t i = 0; i < header_count; i++)
        buf_add_format(&lines, "%.*s\n", STR_ARG(headers[i]));
    mem_reserve_end();
    int r = lines.failed ? lines.failed : add_piece(exchange, PIECE_HEAD, buf_str(&lines), &piece);
    if (r < 0)
        return r;
    exchange->queued_bytes -= lines.len;
    piece->status = status;
    exchange->has_head = true;
    return 0;
}

int memory_http_body(struct memory_exchange *exchange, struct str bytes)
{
    if (exchange->peer_gone || !exchange->has_head)
        return -EINVAL;
    return str_empty(bytes) ? 0 : add_piece(exchange, PIECE_BYTES, bytes, NULL);
}

void memory_http_end(struct memory_exchange *exchange)
{
    end_with(exchange, exchange->has_head ? PIECE_END : PIECE_CUT);
}

void memory_http_cut(struct memory_exchange *exchange)
{
    end_with(exchange, PIECE_CUT);
}

/* ---- the bot's end --------------------------------------------------------------------------- */

static int copy_request(struct memory_exchange *exchange, const struct memory_http_request *request)
{
    struct buf *bufs[] = {&exchange->method, &exchange->target, &exchange->body,
                          &exchange->headers};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_init(bufs[i], REQUEST_BYTES);
    buf_add(&exchange->method, request->method);
    buf_add(&exchange->target, request->target);
    buf_add(&exchange->body, request->body);
    for (size_t i = 0; i < request->header_count; i++) {
        buf_add(&exchange->headers, request->headers[i]);
        buf_add_byte(&exchange->headers, '\n');
    }
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        if (bufs[i]->failed)
            return bufs[i]->failed;
    return 0;
}

int memory_http_ask(struct net *net, struct str name, const struct memory_http_request *request,
                    int64_t timeout_ms, const struct memory_http_client *client,
                    struct memory_exchange **ret_exchange)
{
    struct memory_http_peer *peer = map_get(&net->http_peers, name);
    struct memory_exchange *exchange = mem_zalloc(sizeof *exchange);
    if (!exchange)
        return -ENOMEM;
    *exchange = (struct memory_exchange){.net = net, .client = *client};
    exchange->call.run = deliver;
    exchange->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_late};
    exchange->last = &exchange->first;
    exchange->member.drop = drop_exchange;
    exchange->ends_at = clock_elapsed_ms(loop_clock(net->loop)) + timeout_ms;
    int r = copy_request(exchange, request);
    if (r == 0)
        r = loop_timer_arm(net->loop, &exchange->timer, exchange->ends_at);
    if (r < 0) {
        free_exchange(exchange);
        return r;
    }
    net_enlist(&net->in_process, &exchange->member);
    exchange->refused = !peer || peer->mode == MEMORY_HTTP_REFUSE;
    exchange->hanging = !exchange->refused && peer->mode == MEMORY_HTTP_HANG;
    if (!exchange->refused) {
        exchange->peer = peer;
        exchange->next = peer->exchanges;
        peer->exchanges = exchange;
    }
    wake(exchange);
    *ret_exchange = exchange;
    return 0;
}

void memory_http_cancel(struct memory_exchange *exchange)
{
    if (!exchange || exchange->client_gone)
        return;
    exchange->client_gone = true;
    tell_peer(exchange);
    if (!exchange->delivering)
        free_exchange(exchange);
}

unsigned memory_http_status(const struct memory_exchange *exchange)
{
    return exchange->status;
}

struct str memory_http_header(const struct memory_exchange *exchange, struct str name)
{
    struct str rest = buf_str(&exchange->answer_headers), line;
    while (str_split(&rest, '\n', &line))
        if (line.len > name.len && line.ptr[name.len] == ':' && str_starts_nocase(line, name))
            return str_trim(str_from(line, name.len + 1));
    return STR("");
}

int64_t memory_http_left_ms(const struct memory_exchange *exchange)
{
    return MAX_OF(exchange->ends_at - clock_elapsed_ms(loop_clock(exchange->net->loop)), 1);
}
