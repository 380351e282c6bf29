/* SPDX-License-Identifier: MIT */
/* test_options.c: from the administrator's file to an IRC network. */
#include "chat/irc/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define GROUPS                                                                                     \
    "groups = ( { name = \"harbor\"; zone = \"Etc/UTC\"; rooms = ( { network = \"sea\"; room = "   \
    "\"#harbor\"; } ); } );"

static void on_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    print_message("    %s\n", mistake->text);
}

static struct settings *loaded(const char *network)
{
    char path[] = "/tmp/mooring-options-XXXXXX";
    int fd = mkstemp(path);
    struct settings_schema schema = {.tables = &settings_core, .table_count = 1};
    struct settings *settings = NULL;
    assert_true(fd >= 0);
    assert_true(
        dprintf(fd, "networks = ( { %s } );\n" GROUPS "\nplugins = [\"checkin\"];\n", network) > 0);
    close(fd);
    int r = settings_load(path, &schema, on_mistake, NULL, &settings);
    unlink(path);
    assert_int_equal(r, 0);
    return settings;
}

static int read_options(const char *network, struct arena *arena, struct irc_options *options,
                        struct error *error)
{
    struct settings *settings = loaded(network);
    const struct settings_node *list = settings_at(settings_root(settings), "networks");
    int r = irc_options_read(settings_item(list, 0), arena, options, error);
    settings_destroy(settings); /* everything was copied */
    return r;
}

static void test_a_network_with_a_login(void **state)
{
    (void)state;
    struct arena arena;
    struct irc_options options;
    struct error error = {0};
    arena_init(&arena, 64 * 1024);

    int r = read_options("name = \"sea\"; kind = \"irc\"; host = \"irc.sea.example\"; "
                         "nicks = [\"harbor-bot\", \"harbor-bot_\"]; "
                         "sasl = { account = \"harbor-bot\"; password_credential = \"sea-pw\"; };",
                         &arena, &options, &error);

    assert_int_equal(r, 0);
    assert_true(str_eq_c(options.name, "sea"));
    assert_true(str_eq_c(options.host, "irc.sea.example"));
    assert_int_equal(options.port, 6697);
    assert_true(options.tls);
    assert_int_equal(options.nick_count, 2);
    assert_true(str_eq_c(options.nicks[1], "harbor-bot_"));
    assert_true(str_eq_c(options.account, "harbor-bot"));
    assert_true(str_eq_c(options.account_credential, "sea-pw"));
    assert_false(options.nick_is_identity);
    assert_int_equal(options.flood_lines, 4);
    assert_int_equal(options.flood_line_ms, 2000);
    assert_false(options.is_plain);
    arena_done(&arena);
}

static void test_a_closed_server_without_login(void **state)
{
    (void)state;
    struct arena arena;
    struct irc_options options;
    struct error error = {0};
    arena_init(&arena, 64 * 1024);

    int r = read_options("name = \"sea\"; kind = \"irc\"; host = \"localhost\"; port = 6667; "
                         "tls = false; identity = \"nick\"; flood_seconds = 0; "
                         "formatting = false;",
                         &arena, &options, &error);

    assert_int_equal(r, 0);
    assert_false(options.tls);
    assert_true(options.nick_is_identity && options.is_plain);
    assert_int_equal(options.account.len, 0); /* an example in the table is no login */
    assert_int_equal(options.flood_line_ms, 0);
    assert_true(options.nick_count >= 1);
    arena_done(&arena);
}

static void test_what_is_this_machine(void **state)
{
    (void)state;
    assert_true(irc_options_is_loopback(STR("localhost")));
    assert_true(irc_options_is_loopback(STR("127.0.0.1")));
    assert_true(irc_options_is_loopback(STR("::1")));
    assert_false(irc_options_is_loopback(STR("irc.sea.example")));
    assert_false(irc_options_is_loopback(STR("localhost.sea.example")));
    assert_false(irc_options_is_loopback(STR("127.sea.example")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_network_with_a_login),
        cmocka_unit_test(test_a_closed_server_without_login),
        cmocka_unit_test(test_what_is_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
