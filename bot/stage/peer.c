/* SPDX-License-Identifier: MIT */
/* peer.c: in-process peers, so that a script can play a whole IRC server line by line. */
#include <errno.h>

#include "net/memory.h"
#include "stage/stage.h"

struct stage_peer {
    struct stage_peer *next;
    struct stage *stage;
    char name[64];
    struct memory_peer *peer;
    struct memory_connection *connection;
    struct buf in;
};

static void accepted(void *ctx, struct memory_connection *connection)
{
    struct stage_peer *peer = ctx;
    peer->connection = connection;
    buf_clear(&peer->in);
}

static void bytes(void *ctx, struct memory_connection *connection, struct str what)
{
    struct stage_peer *peer = ctx;
    (void)connection;
    buf_add(&peer->in, what);
    for (;;) {
        size_t end = str_find(buf_str(&peer->in), STR("\r\n"), 0);
        if (end == SIZE_MAX)
            return;
        struct str line = str_upto(buf_str(&peer->in), end);
        char place[96];
        snprintf(place, sizeof place, "peer %s", peer->name);
        stage_note(peer->stage, str_of(place), line);
        stage_print_peer(peer->stage, str_of(peer->name), line, true);
        buf_drop(&peer->in, end + 2);
    }
}

static void closed(void *ctx, struct memory_connection *connection)
{
    struct stage_peer *peer = ctx;
    if (peer->connection == connection)
        peer->connection = NULL;
}

static int open_peer(struct stage *stage, struct str name, struct error *error)
{
    struct stage_peer *peer = mem_zalloc(sizeof *peer);
    if (!peer)
        return error_set(error, -ENOMEM, "out of memory");
    peer->stage = stage;
    buf_init(&peer->in, 1 << 20);
    str_to_c(name, peer->name, sizeof peer->name);
    struct memory_peer_events events = {
        .accepted = accepted, .bytes = bytes, .closed = closed, .ctx = peer};
    int r = memory_listen(stage->ground.net, name, &events, &peer->peer);
    if (r < 0) {
        mem_free(peer);
        return error_set(error, r, "the peer \"%.*s\" cannot be played (%s)", STR_ARG(name),
                         strerror(-r));
    }
    peer->next = stage->peers;
    stage->peers = peer;
    return 0;
}

int stage_peers_open(struct stage *stage, const struct setup *setup, struct error *error)
{
    const struct settings_node *list = settings_at(settings_root(setup->settings), "networks");
    for (size_t i = 0; i < settings_count(list); i++) {
        struct str host = settings_text(settings_item(list, i), "host");
        int r = str_starts(host, STR("memory:")) ? open_peer(stage, str_from(host, 7), error) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

void stage_peers_close(struct stage *stage)
{
    struct stage_peer *next;
    for (struct stage_peer *peer = stage->peers; peer; peer = next) {
        next = peer->next;
        memory_unlisten(peer->peer);
        buf_done(&peer->in);
        mem_free(peer);
    }
    stage->peers = NULL;
}

static struct stage_peer *find(struct stage *stage, struct str name)
{
    for (struct stage_peer *peer = stage->peers; peer; peer = peer->next)
        if (str_eq_c(name, peer->name))
            return peer;
    return NULL;
}

int stage_peer_write(struct stage *stage, struct str name, struct str line, struct error *error)
{
    struct stage_peer *peer = find(stage, name);
    if (!peer || !peer->connection)
        return error_set(error, -ENOTCONN,
                         peer ? "the bot is not connected to the peer \"%.*s\""
                              : "there is no peer \"%.*s\"",
                         STR_ARG(name));
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    buf_add(&out, line);
    buf_add_c(&out, "\r\n");
    stage_print_peer(stage, name, line, false);
    int r = memory_write(peer->connection, buf_str(&out));
    return r < 0 ? error_set(error, r, "the peer cannot write (%s)", strerror(-r)) : 0;
}

bool stage_peer_down(struct stage *stage, struct str name, bool down)
{
    struct stage_peer *peer = find(stage, name);
    if (!peer)
        return false;
    memory_set_mode(peer->peer, down ? MEMORY_REFUSE : MEMORY_ACCEPT);
    if (down && peer->connection)
        memory_close(TAKE(peer->connection), -ECONNRESET);
    return true;
}
