/* SPDX-License-Identifier: MIT */
/* test_options.c: from the administrator's file to a Matrix network. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chat/matrix/options.h"

#define GROUPS                                                                                     \
    "groups = ( { name = \"harbor\"; zone = \"Etc/UTC\"; rooms = ( { network = \"sea\"; room = "   \
    "\"#harbor:a.org\"; } ); } );"

static void on_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    print_message("    %s\n", mistake->text);
}

static struct matrix_options read_options(const char *network)
{
    char path[] = "/tmp/mooring-options-XXXXXX";
    int fd = mkstemp(path);
    struct settings_schema schema = {.tables = &settings_core, .table_count = 1};
    struct settings *settings = NULL;
    struct matrix_options options = {0};
    struct error error = {0};
    assert_true(fd >= 0);
    assert_true(
        dprintf(fd, "networks = ( { %s } );\n" GROUPS "\nplugins = [\"checkin\"];\n", network) > 0);
    close(fd);
    assert_int_equal(settings_load(path, &schema, on_mistake, NULL, &settings), 0);
    unlink(path);
    const struct settings_node *list = settings_at(settings_root(settings), "networks");
    assert_int_equal(matrix_options_read(settings_item(list, 0), &options, &error), 0);
    settings_destroy(settings); /* everything was copied */
    return options;
}

static void what_is_not_said_has_a_sensible_value(void **state)
{
    (void)state;
    struct matrix_options options = read_options(
        "name = \"sea\"; kind = \"matrix\"; homeserver = \"a.org\"; user = \"mooring\"; "
        "password_credential = \"secret\";");
    assert_string_equal(options.homeserver, "a.org");
    assert_string_equal(options.user, "mooring");
    assert_int_equal(options.how, MATRIX_LOGIN_PASSWORD);
    assert_string_equal(options.credential, "secret");
    assert_string_equal(options.device_id, "");
    assert_string_equal(options.device_name, "Mooring");
    assert_int_equal(options.threads, MATRIX_THREADS_FOLLOW);
    assert_int_equal(options.invite_from_count, 0);
    assert_true(options.has_receipts);
    assert_false(options.has_polls);
    matrix_options_done(&options);
}

static void all_that_can_be_said(void **state)
{
    (void)state;
    struct matrix_options options = read_options(
        "name = \"sea\"; kind = \"matrix\"; homeserver = \"https://m.a.org\"; "
        "user = \"@bot:a.org\"; login = \"oauth\"; device_id = \"HARBOR\"; device_name = \"Bot\"; "
        "ca_file = \"/etc/ca.pem\"; threads = \"never\"; "
        "invite_from = [\"@ana:a.org\", \"b.org\"]; receipts = false; polls = true;");
    assert_string_equal(options.homeserver, "https://m.a.org");
    assert_int_equal(options.how, MATRIX_LOGIN_OAUTH);
    assert_string_equal(options.device_id, "HARBOR");
    assert_string_equal(options.device_name, "Bot");
    assert_string_equal(options.ca_file, "/etc/ca.pem");
    assert_int_equal(options.threads, MATRIX_THREADS_NEVER);
    assert_int_equal(options.invite_from_count, 2);
    assert_string_equal(options.invite_from[1], "b.org");
    assert_false(options.has_receipts);
    assert_true(options.has_polls);
    matrix_options_done(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_has_a_sensible_value),
        cmocka_unit_test(all_that_can_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
