/* SPDX-License-Identifier: MIT */
/* test_budget.c: how long our lines may be, of what they are made, and how fast they go (I11 to
 * I13). */
#include <errno.h>

#include "outbox/split.h"
#include "server.h"

/* ---- I11, I12 -------------------------------------------------------------------------------- */

/* A host of 64 bytes, and what others see of the longest line is 512 with its end. */
static void i11_the_budget_follows_our_own_address(void **state)
{
    (void)state;
    struct server *server = server_opened("chghost echo-message");
    char host[65] = {0}, text[600] = {0};
    memset(host, 'h', 64);
    size_t before = server_budget(server);

    server_says(server, ":harbor-bot!~bot@host.example CHGHOST ~bot %s", host);
    assert_int_equal(server_budget(server), before - (64 - strlen("host.example")));
    server_says(server, ":irc.sea.example 396 harbor-bot short.example :is now your host");
    assert_int_equal(server_budget(server), before - 1);
    server_says(server, ":irc.sea.example 396 harbor-bot %s :is now your displayed host", host);
    server_says(server, ":harbor-bot!~bot@x NICK harbor");
    assert_int_equal(server_budget(server), before - 52 + strlen("-bot"));

    memset(text, 'x', server_budget(server));
    assert_int_equal(server_send_room(server, 1, 0, text), 0);
    char whole[700];
    snprintf(whole, sizeof(whole), ":harbor!~bot@%s %s\r\n", host,
             server->lines[server->line_count - 1]);
    assert_int_equal(strlen(whole), 512 - 18 - 1); /* "a nick of 16: " and a colon */
    server_close(server);
}

static void i11_a_line_as_long_as_the_budget_fits_as_others_see_it(void **state)
{
    (void)state;
    struct server *server = server_opened("echo-message");
    char text[600] = {0}, name[17] = {0};
    struct chat_message message = {.token = 1, .room = STR("#harbor"), .mention = {name, 16}};
    memset(text, 'x', server_budget(server));
    memset(name, 'n', 16);

    assert_int_equal(server_send(server, &message, (const char *const[]){text, NULL}), 0);

    const char *line = server->lines[server->line_count - 1];
    assert_int_equal(strlen(":harbor-bot!~bot@host.example ") + strlen(line) + 2, 512);
    server_close(server);
}

static void i11_the_budget_is_careful_until_our_address_is_known(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->no_join = true;
    server_open(server);
    size_t careful = server_budget(server);

    server_says(server, ":irc.sea.example 396 harbor-bot h :is now your host");

    assert_true(careful >= 300);
    assert_int_equal(server_budget(server), careful + 62);
    server_close(server);
}

static void i11_longer_lines_where_the_server_takes_them(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# LINELEN=2048";
    server_open(server);

    assert_true(server_budget(server) > 1800);
    server_close(server);
}

#define FAMILY                                                                                     \
    "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7" /* man ZWJ woman    \
                                                                                  ZWJ girl */

static bool is_whole_somewhere(const struct server *server, size_t from, const char *piece)
{
    for (size_t i = from; i < server->line_count; i++)
        if (strstr(server->lines[i], piece))
            return true;
    return false;
}

/* From how it is split to how others see it: a host of 64 bytes, and at each place around the end
 * of the first line an emoji of four bytes, a family joined of three, a number and a link. */
static void i11_nothing_is_cut_at_the_end_of_a_line(void **state)
{
    (void)state;
    static const char *const pieces[] = {"\xf0\x9f\x98\x80", FAMILY, "1-800-662-4357",
                                         "https://findahelpline.com"};
    struct server *server = server_opened("chghost");
    char host[65] = {0}, whole[700];
    memset(host, 'h', 64);
    server_says(server, ":harbor-bot!~bot@host.example CHGHOST ~bot %s", host);
    for (size_t p = 0; p < COUNT_OF(pieces); p++) {
        for (size_t before = server_budget(server) - 40; before < server_budget(server) + 10;
             before++) {
            AUTO_BUF text = {.limit = 4096};
            struct arena arena;
            struct str *lines;
            size_t count, from = server->line_count;
            arena_init(&arena, 0);
            while (text.len < before)
                buf_add_byte(&text, text.len % 7 == 6 ? ' ' : 'x');
            buf_add_format(&text, " %s and more", pieces[p]);
            assert_int_equal(
                split_lines(buf_str(&text), server_budget(server), &arena, &lines, &count), 0);
            struct chat_message message = {
                .token = 1, .room = STR("#harbor"), .lines = lines, .line_count = count};
            server->sent_count = 0;
            assert_int_equal(irc_class.send(&server->session->network, &message), 0);
            server_run(server, 0);
            assert_true(is_whole_somewhere(server, from, pieces[p]));
            for (size_t i = from; i < server->line_count; i++) {
                snprintf(whole, sizeof(whole), ":harbor-bot!~bot@%s %s\r\n", host,
                         server->lines[i]);
                assert_true(strlen(whole) <= 512);
            }
            arena_done(&arena);
        }
    }
    server_close(server);
}

/* In private another nick of the same person may be the one to write to. */
static void i11_a_private_line_has_room_for_another_nick(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    struct chat_network *network = &server->session->network;

    assert_int_equal(irc_class.line_bytes(network, STR(""), STR("ana")),
                     irc_class.line_bytes(network, STR(""), STR("a-nick-of-sixtee")));
    assert_int_equal(irc_class.line_bytes(network, STR(""), STR("a-nick-of-twenty-two-b")),
                     irc_class.line_bytes(network, STR(""), STR("ana")) - 6);
    server_close(server);
}

static void i11_a_name_with_a_line_break_is_refused(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    struct chat_message message = {
        .token = 1, .room = STR("#harbor"), .mention = STR("ana\r\nQUIT")};

    assert_int_equal(server_send(server, &message, (const char *const[]){"hi", NULL}), -EINVAL);

    message.mention = STR("ana\nQUIT");
    assert_int_equal(server_send(server, &message, (const char *const[]){"hi", NULL}), -EINVAL);
    assert_false(server_ever_heard(server, "QUIT"));
    server_close(server);
}

/* Whatever somebody's client sent, what we write is UTF-8; a server that refuses it is heard. */
static void i12_what_we_write_is_utf8(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->isupport = "CHANTYPES=# UTF8ONLY";
    server_open(server);
    assert_true(server->session->isupport.utf8_only);

    server_says(server, "@account=ana :Ana\xe9!a@h PRIVMSG #harbor :caf\xe9 \xf0\x9f\x98");

    assert_string_equal(server->events[0].text, "caf\xc3\xa9 \xc3\xb0\xc2\x9f\xc2\x98");
    assert_string_equal(server->events[0].sender, "Ana\xc3\xa9");
    server->no_pong = true;
    assert_int_equal(server_send_room(server, 1, CHAT_SEND_CONFIRM, "x"), 0);
    server_says(server, ":irc.sea.example FAIL NOTICE INVALID_UTF8 #harbor :not UTF-8");
    assert_int_equal(server_outcome(server, 1), CHAT_REFUSED);
    server_close(server);
}

/* ---- I13 ------------------------------------------------------------------------------------- */

/* "Target change too fast" says not now, not never. */
static void i13_too_many_targets_is_tried_again(void **state)
{
    (void)state;
    static const int numerics[] = {439, 707};
    for (size_t i = 0; i < COUNT_OF(numerics); i++) {
        struct server *server = server_opened("batch");
        server->no_pong = true;
        assert_int_equal(server_send_private(server, 1, CHAT_SEND_CRISIS, "ana", "", "card"), 0);

        server_says(server, ":irc.sea.example %d harbor-bot ana :Targets changing too fast",
                    numerics[i]);

        assert_int_equal(server_outcome(server, 1), CHAT_FAILED);
        server_close(server);
    }
}

/* Forty pages wait after an absence: they do not keep us out of the room in which the next one
 * calls. */
static void i13_the_way_into_a_room_is_not_behind_all_pages(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->options.flood_line_ms = 2000;
    server->no_join = true;
    server_open(server);
    server_run(server, CLOCK_MINUTE_MS);
    for (uint64_t i = 1; i <= 40; i++)
        assert_int_equal(server_send_private(server, i, CHAT_SEND_CRISIS, "mara", "", "page"), 0);
    server_forget(server);

    server_says(server, ":op!o@h INVITE harbor-bot #harbor"); /* the door is open now */
    server_run(server, 10 * CLOCK_SECOND_MS);

    assert_true(server_heard(server, "JOIN #harbor"));
    assert_in_range(server_count(server, "PRIVMSG mara"), 4, 20); /* and they go on */
    server_run(server, 2 * CLOCK_MINUTE_MS);
    assert_int_equal(server_count(server, "PRIVMSG mara"), 40);
    server_close(server);
}

/* What was said for others an hour ago costs nobody their place. */
static void i13_the_first_word_of_help_is_the_first(void **state)
{
    (void)state;
    struct server *server = server_opened("batch");
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(server_send_private(server, i, CHAT_SEND_CRISIS, "ana", "", "card"), 0);
    server_forget(server);
    assert_int_equal(irc_flood_push(&server->session->flood, STR("WHO #harbor"), false), 0);

    assert_int_equal(server_send_private(server, 4, CHAT_SEND_CRISIS, "ben", "", "card"), 0);

    assert_string_equal(server_next(server), "PRIVMSG ben card");
    assert_true(server_heard(server, "WHO #harbor"));
    server_close(server);
}

/* A full house of routine leaves room for calls for help, and those have an end too. */
static void i13_crisis_has_room_of_its_own(void **state)
{
    (void)state;
    struct server *server = server_opened("echo-message");
    server->no_echo = true;
    for (uint64_t i = 1; i <= IRC_OUT_MAX; i++)
        assert_int_equal(server_send_room(server, i, 0, "x"), 0);
    assert_int_equal(server_send_room(server, 100, 0, "x"), -EAGAIN);

    for (uint64_t i = 1; i <= IRC_OUT_MAX; i++)
        assert_int_equal(server_send_room(server, 1000 + i, CHAT_SEND_CRISIS, "x"), 0);

    assert_int_equal(server_send_room(server, 2000, CHAT_SEND_CRISIS, "x"), -EAGAIN);
    server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i11_the_budget_follows_our_own_address),
        cmocka_unit_test(i11_a_line_as_long_as_the_budget_fits_as_others_see_it),
        cmocka_unit_test(i11_the_budget_is_careful_until_our_address_is_known),
        cmocka_unit_test(i11_longer_lines_where_the_server_takes_them),
        cmocka_unit_test(i11_nothing_is_cut_at_the_end_of_a_line),
        cmocka_unit_test(i11_a_private_line_has_room_for_another_nick),
        cmocka_unit_test(i11_a_name_with_a_line_break_is_refused),
        cmocka_unit_test(i12_what_we_write_is_utf8),
        cmocka_unit_test(i13_too_many_targets_is_tried_again),
        cmocka_unit_test(i13_the_way_into_a_room_is_not_behind_all_pages),
        cmocka_unit_test(i13_the_first_word_of_help_is_the_first),
        cmocka_unit_test(i13_crisis_has_room_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
