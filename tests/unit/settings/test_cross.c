/* SPDX-License-Identifier: MIT */
/* test_cross.c: names that refer to each other, encryption, the alert room, moderators and their
 * rota. */
#include "files.h"

#include <errno.h>

#define CONSOLE "networks = ( { name = \"n\"; kind = \"console\"; } );\n"
#define IRC     "{ name = \"i\"; kind = \"irc\"; "
#define GROUP                                                                                      \
    "groups = ( { name = \"g\"; zone = \"UTC\"; rooms = ( { network = \"n\"; room = \"r\"; } );\n"
#define END "} );\n"

static void expect_good(void **state, const char *text)
{
    struct files *files = *state;
    struct settings *settings = NULL;
    int r = files_load(files, text, &settings);
    if (files->mistake_count)
        print_error("%s\n", files->mistakes[0]);
    assert_int_equal(r, 0);
    settings_destroy(settings);
}

static void two_networks_of_one_name(void **state)
{
    files_expect(
        state,
        "networks = ( { name = \"n\"; kind = \"console\"; },\n{ name = \"n\"; kind = \"console\"; "
        "} );",
        "mooring.cfg:2: networks[1].name: \"n\" is the name of another one already, on line 1.");
}

static void two_groups_of_one_name(void **state)
{
    files_expect(
        state,
        CONSOLE GROUP
        "},\n{ name = \"g\"; zone = \"UTC\"; rooms = ( { network = \"n\"; room = \"s\"; } ); } );",
        "mooring.cfg:4: groups[1].name: \"g\" is the name of another one already, on line 2.");
}

static void an_irc_network_needs_a_host(void **state)
{
    files_expect(state, "networks = (\n" IRC "} );",
                 "mooring.cfg:2: networks[0].host: this is missing. An IRC network needs its "
                 "server's name or address.");
}

static void tls_is_off_only_for_this_machine(void **state)
{
    files_expect(
        state, "networks = ( " IRC "host = \"irc.example.org\";\ntls = false; } );",
        "mooring.cfg:2: networks[0].tls: without TLS anyone on the way can read what people say. "
        "It can be off "
        "only for a server on this machine (localhost), and \"irc.example.org\" is not one.");
}

static void loopback_and_memory_need_no_tls(void **state)
{
    expect_good(state, "networks = ( " IRC "host = \"127.0.0.1\"; tls = false; } );");
    expect_good(state, "networks = ( " IRC "host = \"::1\"; tls = false; } );");
    expect_good(state, "networks = ( " IRC "host = \"localhost\"; tls = false; } );");
    expect_good(state, "networks = ( " IRC "host = \"memory:harbor\"; tls = false; } );");
}

static void nicks_are_nicks(void **state)
{
    files_expect(state, "networks = ( " IRC "host = \"h\"; nicks = [\"ok\",\n\"not ok\"]; } );",
                 "mooring.cfg:2: networks[0].nicks[1]: \"not ok\" is not an IRC nick. Use letters, "
                 "digits, - and _, "
                 "beginning with a letter.");
}

static void a_bot_without_a_nick(void **state)
{
    files_expect(state, "networks = ( " IRC "host = \"h\"; nicks = []; } );",
                 "mooring.cfg:1: networks[0].nicks: the bot needs at least one nick.");
}

static void fingerprints_have_64_digits(void **state)
{
    files_expect(state, "networks = ( " IRC "host = \"h\"; pinned_sha256 = \"abc\"; } );",
                 "mooring.cfg:1: networks[0].pinned_sha256: a SHA-256 fingerprint has 64 "
                 "hexadecimal digits, with or "
                 "without colons.");
}

static void sasl_needs_both_its_parts(void **state)
{
    files_expect(state, "networks = ( " IRC "host = \"h\"; sasl = { account = \"a\"; }; } );",
                 "mooring.cfg:1: networks[0].sasl.password_credential: this is missing. The "
                 "credential that holds the "
                 "account's password. \"\": only client_certificate logs in.");
}

static void no_password_needs_a_certificate(void **state)
{
    files_expect(state,
                 "networks = ( " IRC "host = \"h\"; sasl = { account = \"a\"; "
                 "password_credential = \"\"; }; } );",
                 "mooring.cfg:1: networks[0].sasl.password_credential: without it the network "
                 "needs a client_certificate to log in with.");
}

static void a_key_needs_its_certificate(void **state)
{
    files_expect(state, "networks = ( " IRC "host = \"h\"; client_key_credential = \"k\"; } );",
                 "mooring.cfg:1: networks[0].client_key_credential: a key is of no use without its "
                 "client_certificate.");
}

static void each_server_needs_tls(void **state)
{
    files_expect(state,
                 "networks = ( " IRC "host = \"::1\"; tls = false; hosts = [\"localhost\", "
                 "\"irc.sea.example\"]; } );",
                 "mooring.cfg:1: networks[0].hosts[1]: without TLS anyone on the way can read what "
                 "people say. It can be off only for servers on this machine.");
}

static void a_fingerprint_needs_tls(void **state)
{
    files_expect(state,
                 "networks = ( " IRC "host = \"::1\"; tls = false; pinned_sha256 = \"ab\"; } );",
                 "mooring.cfg:1: networks[0].pinned_sha256: there is no certificate to compare "
                 "without TLS.");
}

static void a_rooms_network_exists(void **state)
{
    files_expect(state,
                 "networks = ( { name = \"libera\"; kind = \"console\"; } );\n"
                 "groups = ( { name = \"g\"; zone = \"UTC\"; rooms = ( { room = \"r\";\nnetwork = "
                 "\"libra\"; } ); } );",
                 "mooring.cfg:3: groups[0].rooms[0].network: no network is named \"libra\". Did "
                 "you mean \"libera\"?");
}

static void a_room_has_one_group(void **state)
{
    files_expect(
        state,
        CONSOLE GROUP
        "},\n{ name = \"h\"; zone = \"UTC\"; rooms = ( { network = \"n\";\nroom = \"r\"; } ); } );",
        "mooring.cfg:5: groups[1].rooms[0].room: \"r\" belongs to groups[0] already, on line 2. A "
        "room has one group.");
}

/* Two accounts in it would both answer, and take each other for members. */
static void a_matrix_room_has_one_account(void **state)
{
    files_expect(
        state,
        "networks = ( { name = \"n\"; kind = \"matrix\"; homeserver = \"a.org\"; login = "
        "\"oauth\"; },\n"
        "{ name = \"m\"; kind = \"matrix\"; homeserver = \"a.org\"; login = \"oauth\"; } );\n"
        "groups = ( { name = \"g\"; zone = \"UTC\"; rooms = (\n"
        "{ network = \"n\"; room = \"#r:a.org\"; },\n"
        "{ network = \"m\"; room = \"#r:a.org\"; } ); } );",
        "mooring.cfg:5: groups[0].rooms[1].room: \"#r:a.org\" belongs to groups[0] already, "
        "on line 4. A room has one group.");
}

static void the_alert_room_is_no_members_room(void **state)
{
    files_expect(state, CONSOLE GROUP "alert_room = { network = \"n\";\nroom = \"R\"; };" END,
                 "mooring.cfg:4: groups[0].alert_room.room: \"R\" is groups[0].rooms[0] as well: "
                 "members would read the "
                 "alerts. Name a room that only the team can enter.");
}

static void the_alert_rooms_network_exists(void **state)
{
    files_expect(state, CONSOLE GROUP "alert_room = { network = \"x\"; room = \"s\"; };" END,
                 "mooring.cfg:3: groups[0].alert_room.network: no network is named \"x\". Name one "
                 "of those in \"networks\".");
}

static void a_moderator_on_irc_has_an_account(void **state)
{
    files_expect(state,
                 "networks = ( " IRC "host = \"h\"; } );\n"
                 "groups = ( { name = \"g\"; zone = \"UTC\"; rooms = ( { network = \"i\"; room = "
                 "\"#r\"; } );\n"
                 "moderators = ( { network = \"i\"; user = \"mara\"; } ); } );",
                 "mooring.cfg:3: groups[0].moderators[0].account: this is missing. On IRC a "
                 "moderator is known by their "
                 "services account.");
}

static void a_moderator_on_the_console_has_a_name(void **state)
{
    expect_good(state, CONSOLE GROUP "moderators = ( { network = \"n\"; user = \"mara\"; } );" END);
    files_expect(state, CONSOLE GROUP "moderators = ( { network = \"n\"; } );" END,
                 "mooring.cfg:3: groups[0].moderators[0].user: this is missing. Say by which name "
                 "the network knows them.");
}

static void who_is_on_call_is_a_moderator(void **state)
{
    files_expect(state,
                 CONSOLE GROUP "moderators = ( { network = \"n\"; user = \"mara\"; } );\non_call = "
                               "( { who = \"marra\"; } );" END,
                 "mooring.cfg:4: groups[0].on_call[0].who: \"marra\" is no moderator of this "
                 "group. Did you mean \"mara\"?");
}

static void who_may_be_a_name_or_the_local_part_of_an_id(void **state)
{
    expect_good(state,
                CONSOLE GROUP "moderators = ( { network = \"n\"; user = \"@mara:example.org\"; },\n"
                              "{ network = \"n\"; user = \"b1\"; name = \"Ben\"; } );\n"
                              "on_call = ( { who = \"mara\"; }, { who = \"ben\"; } );" END);
}

static void metrics_listen_on_loopback_alone(void **state)
{
    expect_good(state, "metrics = { listen = \"127.0.0.1:9464\"; };");
    expect_good(state, "metrics = { listen = \"[::1]:9464\"; };");
    files_expect(state, "metrics = { listen = \"127.0.0.1\"; };",
                 "mooring.cfg:1: metrics.listen: \"127.0.0.1\" is not a loopback address and a "
                 "port. Write it like "
                 "\"127.0.0.1:9464\".");
}

static void the_console_begins_at_a_moment(void **state)
{
    expect_good(state, "console = { start_at = \"2026-11-23 08:55\"; };");
    expect_good(state, "console = { start_at = \"2028-02-29 00:00\"; };");
    files_expect(state, "console = { start_at = \"2026-02-29 08:55\"; };",
                 "mooring.cfg:1: console.start_at: \"2026-02-29 08:55\" is not a moment. Write it "
                 "like \"2026-11-23 08:55\".");
}

/* ---- Matrix ---------------------------------------------------------------------------------- */

#define MATRIX "{ name = \"n\"; kind = \"matrix\"; homeserver = \"a.org\"; login = \"oauth\"; "
#define MATRIX_GROUP                                                                               \
    "groups = ( { name = \"g\"; zone = \"UTC\"; rooms = ( { network = \"n\"; room = "              \
    "\"#r:a.org\"; "                                                                               \
    "} );\n"

/* One of several in a test. */
static void expect(void **state, const char *text, const char *mistake)
{
    struct files *files = *state;
    files->mistake_count = 0;
    files_expect(state, text, mistake);
    files->mistake_count = 0;
}

static void a_matrix_network_needs_a_homeserver_and_a_way_in(void **state)
{
    expect_good(state, "networks = ( " MATRIX "} );\n" MATRIX_GROUP END);
    expect(state, "networks = (\n{ name = \"n\"; kind = \"matrix\"; login = \"oauth\"; } );",
           "mooring.cfg:2: networks[0].homeserver: this is missing. A Matrix network needs "
           "its homeserver's name, such as \"example.org\".");
    expect(state,
           "networks = ( { name = \"n\"; kind = \"matrix\"; homeserver = \"a.org\";\n"
           "login = \"token\"; } );",
           "mooring.cfg:1: networks[0].password_credential: this is missing. Name the "
           "credential that holds the account's password or token, or choose login = "
           "\"oauth\" and run mooring login.");
    expect(state,
           "networks = ( { name = \"n\"; kind = \"matrix\"; homeserver = \"a.org\";\n"
           "password_credential = \"p\"; } );",
           "mooring.cfg:1: networks[0].user: this is missing. Name the account, such as "
           "\"mooring\".");
}

static void a_token_never_goes_in_the_clear(void **state)
{
    expect(state,
           "networks = ( { name = \"n\"; kind = \"matrix\"; login = \"oauth\";\n"
           "homeserver = \"http://a.org\"; } );",
           "mooring.cfg:2: networks[0].homeserver: http:// is only for a homeserver on this "
           "machine: anyone on the way could read what people say. Write https://.");
    expect_good(state, "networks = ( { name = \"n\"; kind = \"matrix\"; login = \"oauth\"; "
                       "homeserver = \"http://127.0.0.1:8008\"; } );\n" MATRIX_GROUP END);
    expect_good(state, "networks = ( { name = \"n\"; kind = \"matrix\"; login = \"oauth\"; "
                       "homeserver = \"http://[::1]:8008\"; } );\n" MATRIX_GROUP END);
}

static void an_option_of_another_kind_is_a_mistake(void **state)
{
    expect(state, "networks = ( " MATRIX "\nnicks = [\"a\"]; } );",
           "mooring.cfg:2: networks[0].nicks: this is for a network of the kind \"irc\", and "
           "this one is of the kind \"matrix\". Take it out, or set kind = \"irc\".");
    expect(state, "networks = ( " MATRIX "\ntls = true; } );",
           "mooring.cfg:2: networks[0].tls: this is for a network of the kind \"irc\", and "
           "this one is of the kind \"matrix\". Take it out, or set kind = \"irc\".");
    expect(state, "networks = ( " IRC "host = \"irc.a.org\";\npolls = true; } );",
           "mooring.cfg:2: networks[0].polls: this is for a network of the kind \"matrix\", "
           "and this one is of the kind \"irc\". Take it out, or set kind = \"matrix\".");
}

static void rooms_and_people_on_matrix_have_whole_names(void **state)
{
    expect(state,
           "networks = ( " MATRIX "} );\n"
           "groups = ( { name = \"g\"; zone = \"UTC\"; rooms = ( { network = \"n\";\n"
           "room = \"#harbor\"; } ); } );",
           "mooring.cfg:3: groups[0].rooms[0].room: \"#harbor\" is no room on Matrix. Write "
           "its address, such as \"#harbor:example.org\", or its id, which begins with an "
           "exclamation mark.");
    expect(state,
           "networks = ( " MATRIX "} );\n" MATRIX_GROUP
           "moderators = ( { network = \"n\";\nuser = \"mara\"; } ); } );",
           "mooring.cfg:4: groups[0].moderators[0].user: on Matrix a moderator is known by "
           "their whole id, such as \"@mara:example.org\".");
    /* room version 12: an id without a domain */
    expect_good(state, "networks = ( " MATRIX "} );\n"
                       "groups = ( { name = \"g\"; zone = \"UTC\"; rooms = ( { network = \"n\"; "
                       "room = \"!abcdef\"; } ); } );");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(two_networks_of_one_name),
        FILES_TEST(two_groups_of_one_name),
        FILES_TEST(an_irc_network_needs_a_host),
        FILES_TEST(tls_is_off_only_for_this_machine),
        FILES_TEST(loopback_and_memory_need_no_tls),
        FILES_TEST(nicks_are_nicks),
        FILES_TEST(a_bot_without_a_nick),
        FILES_TEST(fingerprints_have_64_digits),
        FILES_TEST(sasl_needs_both_its_parts),
        FILES_TEST(no_password_needs_a_certificate),
        FILES_TEST(a_key_needs_its_certificate),
        FILES_TEST(a_fingerprint_needs_tls),
        FILES_TEST(each_server_needs_tls),
        FILES_TEST(a_rooms_network_exists),
        FILES_TEST(a_room_has_one_group),
        FILES_TEST(a_matrix_room_has_one_account),
        FILES_TEST(the_alert_room_is_no_members_room),
        FILES_TEST(the_alert_rooms_network_exists),
        FILES_TEST(a_moderator_on_irc_has_an_account),
        FILES_TEST(a_moderator_on_the_console_has_a_name),
        FILES_TEST(who_is_on_call_is_a_moderator),
        FILES_TEST(who_may_be_a_name_or_the_local_part_of_an_id),
        FILES_TEST(metrics_listen_on_loopback_alone),
        FILES_TEST(the_console_begins_at_a_moment),
        FILES_TEST(a_matrix_network_needs_a_homeserver_and_a_way_in),
        FILES_TEST(a_token_never_goes_in_the_clear),
        FILES_TEST(an_option_of_another_kind_is_a_mistake),
        FILES_TEST(rooms_and_people_on_matrix_have_whole_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
