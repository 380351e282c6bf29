/* SPDX-License-Identifier: MIT */
/* test_sts.c: strict transport security: learnt, kept over restarts, obeyed, taken back.  (With
 * real certificates: test_tls.c.) */
#include "server.h"

#include "chat/irc/sts.h"
#include "store/store.h"

static struct store *store_in_memory(const struct clock *clock)
{
    const struct store_options options = {.clock = clock, .in_memory = true};
    struct error error = {0};
    struct store *store = NULL;
    assert_int_equal(store_open(&options, &store, &error), 0);
    return store;
}

static void i3_reads_what_is_offered(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool is_there;
        int port;
        int64_t duration_ms;
    } cases[] = {
        {"batch sts=port=6697 sasl", true, 6697, -1},
        {"sts=duration=31536000,port=6697,preload", true, 6697, 31536000000},
        {"sts=duration=0", true, 0, 0},
        {"sts=port=70000", false, 0, -1},
        {"sts=port=,duration=", false, 0, -1},
        {"sts=duration=-1", false, 0, -1},
        {"sts=duration=99999999999999999999", false, 0, -1},
        {"sts=duration=9223372036854775807", true, 0, 10LL * 366 * 86400 * 1000},
        {"sts", false, 0, -1},
        {"draft/sts=port=6697", false, 0, -1},
        {"", false, 0, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct irc_sts_offer offer = {.duration_ms = -1};
        assert_int_equal(irc_sts_find(str_of(cases[i].list), &offer), cases[i].is_there);
        if (!cases[i].is_there)
            continue;
        assert_int_equal(offer.port, cases[i].port);
        assert_int_equal(offer.duration_ms, cases[i].duration_ms);
    }
}

static void i3_what_is_stored_is_read_again(void **state)
{
    (void)state;
    const struct irc_sts_policy policy = {
        .port = 6697, .duration_ms = 86400000, .until_at = SERVER_START_AT};
    static const char *const broken[] = {
        "", "6697", "6697 1", "0 1 1", "x 1 1", "6697 -1 1", "6697 1 99999999999999999999"};
    struct irc_sts_policy again;
    AUTO_BUF text = {.limit = 128};
    irc_sts_write(&policy, &text);
    irc_sts_read(buf_str(&text), &again);
    assert_int_equal(again.port, 6697);
    assert_int_equal(again.duration_ms, 86400000);
    assert_int_equal(again.until_at, SERVER_START_AT);
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        irc_sts_read(str_of(broken[i]), &again);
        assert_int_equal(irc_sts_port(&again, 0), 0);
    }
}

/* In the clear: what is said there counts for nothing, and everything else waits for TLS. */
static void i3_goes_to_the_port_of_the_policy(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "batch sasl=PLAIN sts=port=6697,duration=100";
    server->options.account = STR("harbor-bot");
    server->options.account_credential = STR("sea-password");
    server->no_login = true;
    server_open(server);

    assert_int_equal(server->connections, 2);
    assert_true(server->session->here_tls);
    assert_int_equal(server->session->here.port, 6697);
    for (size_t i = 0; i < server->line_count; i++)
        assert_null(strstr(server->lines[i], "sts")); /* never asked for */
    assert_int_equal(server_count(server, "AUTHENTICATE"), 1);
    assert_int_equal(server->session->sts[0].duration_ms, 100 * 1000); /* learnt over TLS */
    server_close(server);
}

/* Not even the list's end is waited for. */
static void i3_says_nothing_more_in_the_clear(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = NULL;
    server->no_welcome = true;
    server_open(server);
    server_forget(server);

    server_says(server, ":irc.sea.example CAP * LS * :batch sts=port=6697");

    assert_int_equal(server->connections, 2);
    assert_string_equal(server_next(server), "CAP LS 302"); /* of the second connection */
    server_close(server);
}

static void i3_there_is_no_way_back_to_the_clear(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "sts=port=6697";
    server_open(server);
    assert_int_equal(server->connections, 2);
    memory_set_mode(server->peer, MEMORY_REFUSE);
    server_hang_up(server);

    for (int i = 0; i < 60; i++) {
        server_run(server, CLOCK_MINUTE_MS);
        assert_true(server->session->here_tls);
    }
    memory_set_mode(server->peer, MEMORY_ACCEPT);
    server_run(server, 10 * CLOCK_MINUTE_MS);

    assert_int_equal(server->connections, 3);
    assert_true(server->session->here_tls);
    server_close(server);
}

static void i3_a_policy_that_comes_later_counts_as_well(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->caps = "cap-notify";
    server_open(server);
    assert_false(server->session->here_tls);

    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sts=port=6697");
    assert_true(server->session->here_tls);
    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sts=duration=3600");
    server_says(server, ":irc.sea.example CAP harbor-bot DEL :sts"); /* of no effect */

    assert_int_equal(server->session->sts[0].port, 6697);
    assert_int_equal(server->session->sts[0].duration_ms, CLOCK_HOUR_MS);
    server_close(server);
}

/* A life over TLS that learns, one in which the configuration asks for none. */
static void over_a_restart(const char *learnt, bool is_killed, int64_t away_ms, bool is_obeyed)
{
    struct server *first = server_make(), *second = server_make();
    struct store *store = store_in_memory(&first->clock);
    first->store = second->store = store;
    first->options.tls = true;
    first->options.port = 7000;
    first->caps = learnt;
    server_open(first);
    server_run(first, CLOCK_HOUR_MS);
    if (!is_killed)
        server_hang_up(first); /* from here on the time counts */
    int64_t now_at = clock_wall_at(&first->clock);
    second->caps = "batch";
    clock_init_virtual(&second->clock, now_at + away_ms);
    if (first->session)
        irc_class.destroy(&first->session->network);
    first->session = NULL;
    server_open(second);

    assert_true(second->session->here_tls == is_obeyed);
    assert_int_equal(second->session->here.port, is_obeyed ? 7000 : 6667);
    server_close(second);
    server_close(first);
    store_close(store);
}

static void i3_a_policy_is_kept_over_a_restart(void **state)
{
    (void)state;
    over_a_restart("sts=duration=86400", false, 23 * CLOCK_HOUR_MS, true);
    over_a_restart("sts=duration=86400", false, 25 * CLOCK_HOUR_MS, false); /* run out */
    over_a_restart("sts=port=6697", false, CLOCK_HOUR_MS, false); /* no time: nothing to keep */
    over_a_restart("sts=duration=86400", true, 22 * CLOCK_HOUR_MS, true);
    over_a_restart("batch", false, CLOCK_HOUR_MS, false);
}

static void i3_duration_0_takes_it_back(void **state)
{
    (void)state;
    struct server *server = server_make();
    struct store *store = store_in_memory(&server->clock);
    server->store = store;
    server->options.tls = true;
    server->caps = "cap-notify sts=duration=86400";
    server_open(server);
    assert_true(server->session->sts[0].until_at > 0);

    server_says(server, ":irc.sea.example CAP harbor-bot NEW :sts=duration=0");
    assert_int_equal(server->session->sts[0].until_at, 0);
    server_hang_up(server); /* must not bring it back */

    assert_int_equal(server->session->sts[0].until_at, 0);
    server->session->sts[0].port = 1;
    server->session->sts_loaded = false;
    irc_sts_load(server->session);
    assert_int_equal(irc_sts_port(&server->session->sts[0], SERVER_START_AT), 0);
    server_close(server);
    store_close(store);
}

/* Longer on the line than the policy lasts: it does not run out under us. */
static void i3_a_policy_is_renewed_while_we_are_there(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->options.tls = true;
    server->caps = "sts=duration=3600";
    server_open(server);

    server_run(server, 5 * CLOCK_HOUR_MS);

    assert_true(server->session->sts[0].until_at > clock_wall_at(&server->clock));
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i3_reads_what_is_offered),
        cmocka_unit_test(i3_what_is_stored_is_read_again),
        cmocka_unit_test(i3_goes_to_the_port_of_the_policy),
        cmocka_unit_test(i3_says_nothing_more_in_the_clear),
        cmocka_unit_test(i3_there_is_no_way_back_to_the_clear),
        cmocka_unit_test(i3_a_policy_that_comes_later_counts_as_well),
        cmocka_unit_test(i3_a_policy_is_kept_over_a_restart),
        cmocka_unit_test(i3_duration_0_takes_it_back),
        cmocka_unit_test(i3_a_policy_is_renewed_while_we_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
