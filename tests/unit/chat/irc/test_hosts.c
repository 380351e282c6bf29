/* SPDX-License-Identifier: MIT */
/* test_hosts.c: a network of several servers: which one is next, and how soon. */
#include "server.h"

/* A second and a third server, which only count who knocks. */
struct other {
    struct memory_peer *peer;
    struct memory_connection *connection;
    size_t connections;
};

static void on_accepted(void *ctx, struct memory_connection *connection)
{
    struct other *other = ctx;
    other->connection = connection;
    other->connections++;
}
static void on_bytes(void *ctx, struct memory_connection *connection, struct str bytes)
{
    (void)ctx, (void)connection, (void)bytes;
}
static void on_closed(void *ctx, struct memory_connection *connection)
{
    struct other *other = ctx;
    if (other->connection == connection)
        other->connection = NULL;
}

static void listen_as(struct server *server, const char *name, struct other *other,
                      enum memory_mode mode)
{
    struct memory_peer_events events = {
        .accepted = on_accepted, .bytes = on_bytes, .closed = on_closed, .ctx = other};
    *other = (struct other){.connections = 0};
    assert_int_equal(memory_listen(server->net, str_of(name), &events, &other->peer), 0);
    memory_set_mode(other->peer, mode);
}

static struct server *with_others(void)
{
    struct server *server = server_make();
    server->options.others[0] = (struct irc_host){STR("memory:lake"), 6667};
    server->options.others[1] = (struct irc_host){STR("memory:pond"), 6667};
    server->options.other_count = 2;
    return server;
}

static void i15_the_next_server_is_tried_soon(void **state)
{
    (void)state;
    struct other lake, pond;
    struct server *server = with_others();
    server_open(server);
    listen_as(server, "lake", &lake, MEMORY_REFUSE);
    listen_as(server, "pond", &pond, MEMORY_ACCEPT);

    server_hang_up(server);
    server_run(server, 2 * IRC_BACKOFF_FIRST_MS);

    assert_int_equal(server->connections, 1);
    assert_int_equal(pond.connections, 1);
    assert_int_equal(server->session->host_index, 2);
    memory_unlisten(lake.peer);
    memory_unlisten(pond.peer);
    server_close(server);
}

/* Each in turn, and only whole rounds grow longer. */
static void i15_all_of_them_away_is_no_hot_loop(void **state)
{
    (void)state;
    struct other lake, pond;
    struct server *server = with_others();
    server_open(server);
    listen_as(server, "lake", &lake, MEMORY_REFUSE);
    listen_as(server, "pond", &pond, MEMORY_REFUSE);
    memory_set_mode(server->peer, MEMORY_REFUSE);
    server_hang_up(server);

    server_run(server, 24 * CLOCK_HOUR_MS);

    assert_in_range(server->session->network.epoch, 3 * 24 * 6, 3 * (24 * 12 + 20));
    memory_set_mode(server->peer, MEMORY_ACCEPT);
    server_run(server, 11 * CLOCK_MINUTE_MS);
    assert_true(server->session->network.state == CHAT_UP);
    memory_unlisten(lake.peer);
    memory_unlisten(pond.peer);
    server_close(server);
}

static void i15_one_that_hangs_gives_way_to_the_next(void **state)
{
    (void)state;
    struct other lake, pond;
    struct server *server = with_others();
    server_open(server);
    listen_as(server, "lake", &lake, MEMORY_HANG);
    listen_as(server, "pond", &pond, MEMORY_ACCEPT);

    server_hang_up(server);
    server_run(server, IRC_CONNECT_MS + 2 * IRC_BACKOFF_FIRST_MS);

    assert_int_equal(pond.connections, 1);
    memory_unlisten(lake.peer);
    memory_unlisten(pond.peer);
    server_close(server);
}

/* A ban holds for the network, whichever of its servers said so. */
static void i15_a_ban_is_no_reason_to_hurry_to_the_next(void **state)
{
    (void)state;
    struct other lake, pond;
    struct server *server = with_others();
    server_open(server);
    listen_as(server, "lake", &lake, MEMORY_ACCEPT);
    listen_as(server, "pond", &pond, MEMORY_ACCEPT);
    server_says(server, "ERROR :Closing Link: harbor-bot[host] (K-Lined)");
    server_hang_up(server);

    server_run(server, 9 * CLOCK_MINUTE_MS);

    assert_int_equal(lake.connections + pond.connections, 0);
    memory_unlisten(lake.peer);
    memory_unlisten(pond.peer);
    server_close(server);
}

static void i15_places_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        int port;
    } cases[] = {
        {"irc.sea.example", "irc.sea.example", 6697},
        {"irc.sea.example:7000", "irc.sea.example", 7000},
        {"[2001:db8::1]:7000", "2001:db8::1", 7000},
        {"[2001:db8::1]", "2001:db8::1", 6697},
        {"2001:db8::1", "2001:db8::1", 6697},
        {"192.0.2.1:6697", "192.0.2.1", 6697},
        {"memory:sea", "memory:sea", 6697},
    };
    static const char *const bad[] = {"",        ":6697", "irc.sea.example:", "a:0",
                                      "a:70000", "[::1",  "[::1]7000",        "a:b",
                                      "a b",     "[]:1"};
    struct irc_host host;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(irc_options_parse_host(str_of(cases[i].text), 6697, &host), 0);
        assert_true(str_eq_c(host.name, cases[i].name));
        assert_int_equal(host.port, cases[i].port);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(irc_options_parse_host(str_of(bad[i]), 6697, &host), -EINVAL);
}

/* Plain text to one of them would be plain text. */
static void i3_none_of_them_in_the_clear(void **state)
{
    (void)state;
    struct server *server = with_others();
    struct irc_options kept;
    struct error error = {0};
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    server->options.others[1].name = STR("irc.sea.example");

    assert_int_equal(irc_options_copy(&server->options, &arena, &kept, &error), -EINVAL);
    assert_non_null(strstr(error.text, "tls"));

    server->options.tls = true;
    assert_int_equal(irc_options_copy(&server->options, &arena, &kept, &error), 0);
    server->options.tls = false;
    server->options.other_count = 0;
    server->options.pinned_sha256 = STR("ab");
    assert_int_equal(irc_options_copy(&server->options, &arena, &kept, &error), -EINVAL);
    server->options.pinned_sha256 = STR("");
    server->options.account = STR("harbor-bot"); /* neither password nor certificate */
    assert_int_equal(irc_options_copy(&server->options, &arena, &kept, &error), -EINVAL);
    server->options.client_certificate = STR("bot.pem");
    assert_int_equal(irc_options_copy(&server->options, &arena, &kept, &error), 0);
    arena_done(&arena);
    server->options.account = STR("");
    server->options.client_certificate = STR("");
    server_open(server);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i15_the_next_server_is_tried_soon),
        cmocka_unit_test(i15_all_of_them_away_is_no_hot_loop),
        cmocka_unit_test(i15_one_that_hangs_gives_way_to_the_next),
        cmocka_unit_test(i15_a_ban_is_no_reason_to_hurry_to_the_next),
        cmocka_unit_test(i15_places_as_people_write_them),
        cmocka_unit_test(i3_none_of_them_in_the_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
