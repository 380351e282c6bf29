/* SPDX-License-Identifier: MIT */
/* memory.c: in-process peers.  Each connection has one deferred call that hands over, in order,
 * what both sides did. */
#include "net/memory.h"

#include <assert.h>
#include <errno.h>

#include "base/die.h"
#include "net/internal.h"

enum {
    QUEUE_BYTES = 1024 * 1024, /* in each direction */
    CONNECTION_LIMIT = 256,    /* of one peer; more are refused */
};

enum side_state {
    SIDE_OPEN,
    SIDE_CLOSED, /* it said so; the other side hears of it after its data */
};

struct memory_connection {
    struct net_member member;
    struct net *net;
    struct memory_peer *peer; /* NULL: never accepted, or the peer went */
    struct memory_connection *next;
    struct memory_client_events client;
    struct loop_call call;
    struct buf to_client, to_peer;
    bool refused, hanging, accepted;
    enum side_state client_side, peer_side;
    bool client_told, peer_told; /* they know that it is over, or ended it themselves */
    int code;                    /* why the peer's side closed */
};

struct memory_peer {
    struct net_member member;
    struct net *net;
    char *name;
    struct memory_peer_events events;
    enum memory_mode mode;
    struct memory_connection *connections;
    size_t count;
};

/* ---- connections ----------------------------------------------------------------------------- */

static void leave_peer(struct memory_connection *connection)
{
    if (!connection->peer)
        return;
    for (struct memory_connection **link = &connection->peer->connections; *link;
         link = &(*link)->next)
        if (*link == connection) {
            *link = connection->next;
            connection->peer->count--;
            break;
        }
    connection->peer = NULL;
}

static void free_connection(struct memory_connection *connection)
{
    loop_undefer(connection->net->loop, &connection->call);
    leave_peer(connection);
    net_delist(&connection->member);
    buf_wipe(&connection->to_client);
    buf_wipe(&connection->to_peer);
    mem_free(connection);
}

static void drop_connection(struct net_member *member)
{
    free_connection(CONTAINER_OF(member, struct memory_connection, member));
}

static void wake(struct memory_connection *connection)
{
    loop_defer(connection->net->loop, &connection->call);
}

/* Takes the queue's bytes out first: whoever receives them may write again. */
static struct buf take_queue(struct buf *queue)
{
    struct buf taken = *queue;
    buf_init(queue, taken.limit);
    return taken;
}

static void open_both(struct memory_connection *connection)
{
    connection->accepted = true;
    if (connection->peer && connection->peer->events.accepted)
        connection->peer->events.accepted(connection->peer->events.ctx, connection);
    if (connection->client_side == SIDE_OPEN && !connection->client_told)
        connection->client.opened(connection->client.ctx);
}

/* The queue is taken whole first: what the other side writes in its callback waits for the next
 * round, as on a wire. */
static void hand_to_peer(struct memory_connection *connection)
{
    AUTO_BUF bytes = take_queue(&connection->to_peer);
    if (connection->peer && connection->peer_side == SIDE_OPEN && bytes.len) {
        connection->peer->events.bytes(connection->peer->events.ctx, connection, buf_str(&bytes));
        DIE_AT(DIE_SENT_UNCONFIRMED);
    }
}

static void hand_to_client(struct memory_connection *connection)
{
    AUTO_BUF bytes = take_queue(&connection->to_client);
    if (connection->client_side == SIDE_OPEN && bytes.len)
        connection->client.bytes(connection->client.ctx, buf_str(&bytes));
}

static void tell_client(struct memory_connection *connection)
{
    if (connection->client_told)
        return;
    connection->client_told = true;
    connection->client.closed(connection->client.ctx,
                              connection->refused ? -ECONNREFUSED : connection->code);
}

static void tell_peer(struct memory_connection *connection)
{
    if (connection->peer_told)
        return;
    connection->peer_told = true;
    if (connection->peer && connection->accepted && connection->peer->events.closed)
        connection->peer->events.closed(connection->peer->events.ctx, connection);
}

/* Callbacks close, write and unlisten as they like; the connection itself is freed here alone. */
static void deliver(struct loop_call *call)
{
    struct memory_connection *connection = CONTAINER_OF(call, struct memory_connection, call);
    if (!connection->accepted && !connection->refused && connection->client_side == SIDE_OPEN &&
        connection->peer && !connection->hanging)
        open_both(connection);
    if (connection->to_peer.len)
        hand_to_peer(connection);
    if (connection->to_client.len)
        hand_to_client(connection);
    if (connection->client_side == SIDE_CLOSED && !connection->to_peer.len)
        tell_peer(connection);
    if (connection->peer_side == SIDE_CLOSED && !connection->to_client.len)
        tell_client(connection);
    if (connection->client_told && connection->peer_told)
        free_connection(connection);
    else if (connection->to_client.len || connection->to_peer.len)
        wake(connection);
}

static int queue_bytes(struct buf *queue, struct str bytes)
{
    if (bytes.len > QUEUE_BYTES - queue->len)
        return -ENOBUFS;
    mem_reserve_begin(); /* a socket's buffer is the kernel's, and never short of our memory */
    buf_add(queue, bytes);
    mem_reserve_end();
    int r = queue->failed;
    queue->failed = 0;
    return r;
}

/* ---- the peer's end -------------------------------------------------------------------------- */

static void drop_peer(struct net_member *member)
{
    memory_unlisten(CONTAINER_OF(member, struct memory_peer, member));
}

int memory_listen(struct net *net, struct str name, const struct memory_peer_events *events,
                  struct memory_peer **ret_peer)
{
    if (str_empty(name) || !events->bytes)
        return -EINVAL;
    if (map_get(&net->peers, name))
        return -EADDRINUSE;
    AUTO_FREE struct memory_peer *peer = mem_zalloc(sizeof *peer);
    AUTO_FREE char *copy = str_copy(name);
    if (!peer || !copy || map_put(&net->peers, name, peer) < 0)
        return -ENOMEM;
    *peer = (struct memory_peer){.net = net, .name = TAKE(copy), .events = *events};
    peer->member.drop = drop_peer;
    net_enlist(&net->in_process, &peer->member);
    *ret_peer = TAKE(peer);
    return 0;
}

/* As when a server dies: what it had sent still arrives, then the connection breaks. */
void memory_unlisten(struct memory_peer *peer)
{
    if (!peer)
        return;
    while (peer->connections) {
        struct memory_connection *connection = peer->connections;
        connection->peer_told = true;
        if (connection->peer_side == SIDE_OPEN && !connection->hanging) {
            connection->peer_side = SIDE_CLOSED;
            connection->code = -ECONNRESET;
        }
        leave_peer(connection);
        wake(connection);
    }
    map_remove(&peer->net->peers, str_of(peer->name));
    net_delist(&peer->member);
    mem_free(peer->name);
    mem_free(peer);
}

void memory_set_mode(struct memory_peer *peer, enum memory_mode mode)
{
    peer->mode = mode;
}

int memory_write(struct memory_connection *connection, struct str bytes)
{
    if (connection->peer_side == SIDE_CLOSED)
        return -ENOTCONN;
    if (connection->client_side == SIDE_CLOSED)
        return 0; /* like TCP: it was sent, and nobody reads it */
    wake(connection);
    return queue_bytes(&connection->to_client, bytes);
}

void memory_close(struct memory_connection *connection, int code)
{
    if (connection->peer_side == SIDE_CLOSED)
        return;
    connection->peer_side = SIDE_CLOSED;
    connection->peer_told = true;
    connection->code = code;
    wake(connection);
}

/* ---- the bot's end --------------------------------------------------------------------------- */

/* Also for a name that nobody listens on: being refused comes later, from the loop, exactly as a
 * socket's refusal would. */
int memory_connect(struct net *net, struct str name, const struct memory_client_events *events,
                   struct memory_connection **ret_connection)
{
    struct memory_peer *peer = map_get(&net->peers, name);
    struct memory_connection *connection = mem_zalloc(sizeof *connection);
    if (!connection)
        return -ENOMEM;
    *connection = (struct memory_connection){.net = net, .client = *events};
    connection->call.run = deliver;
    connection->member.drop = drop_connection;
    buf_init(&connection->to_client, QUEUE_BYTES);
    buf_init(&connection->to_peer, QUEUE_BYTES);
    net_enlist(&net->in_process, &connection->member);
    connection->refused = !peer || peer->mode == MEMORY_REFUSE || peer->count >= CONNECTION_LIMIT;
    connection->hanging = !connection->refused && peer->mode == MEMORY_HANG;
    if (connection->refused) {
        connection->peer_side = SIDE_CLOSED;
        connection->peer_told = true;
    } else {
        connection->peer = peer;
        connection->next = peer->connections;
        peer->connections = connection;
        peer->count++;
    }
    wake(connection);
    *ret_connection = connection;
    return 0;
}

int memory_client_write(struct memory_connection *connection, struct str bytes)
{
    if (connection->client_side == SIDE_CLOSED || !connection->accepted)
        return -ENOTCONN;
    if (connection->peer_side == SIDE_CLOSED)
        return 0;
    wake(connection);
    return queue_bytes(&connection->to_peer, bytes);
}

void memory_client_close(struct memory_connection *connection)
{
    if (!connection || connection->client_side == SIDE_CLOSED)
        return;
    connection->client_side = SIDE_CLOSED;
    connection->client_told = true;
    wake(connection);
}
