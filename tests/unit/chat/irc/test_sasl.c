/* SPDX-License-Identifier: MIT */
/* test_sasl.c: the mechanism that is chosen, what PLAIN says, and the pieces it travels in. */
#include "chat/irc/sasl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sodium.h>

static struct irc_sasl_login login_of(const char *account, const char *password)
{
    return (struct irc_sasl_login){str_of(account), str_of(password)};
}

enum { ALL = IRC_SASL_TLS | IRC_SASL_CERTIFICATE | IRC_SASL_PASSWORD };

static const struct irc_sasl_mechanism *chosen(const char *offered, unsigned has)
{
    return irc_sasl_choose(str_of(offered), IRC_SASL_BEST, has, 0);
}

static struct irc_sasl begun_with(const char *name)
{
    struct irc_sasl sasl = {0};
    irc_sasl_begin(&sasl, chosen(name, ALL));
    return sasl;
}

static struct irc_sasl begun(void)
{
    return begun_with("PLAIN");
}

/* The answer to an empty challenge, decoded. */
static size_t plain_bytes(const struct irc_sasl_login *login, unsigned char *bytes, size_t size,
                          struct buf *response)
{
    size_t len = 0;
    struct irc_sasl sasl = begun();
    assert_int_equal(irc_sasl_take(&sasl, STR("+"), login, response), 1);
    assert_int_equal(sodium_base642bin(bytes, size, response->ptr, response->len, NULL, &len, NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    irc_sasl_done(&sasl);
    return len;
}

static void i2_the_best_of_what_is_offered_and_possible(void **state)
{
    (void)state;
    static const struct {
        const char *offered;
        unsigned has;
        const char *name;
    } cases[] = {
        {"PLAIN,SCRAM-SHA-256,EXTERNAL,SCRAM-SHA-512", ALL, "EXTERNAL"},
        {"PLAIN,SCRAM-SHA-256,EXTERNAL,SCRAM-SHA-512", IRC_SASL_TLS | IRC_SASL_PASSWORD,
         "SCRAM-SHA-512"},
        {"PLAIN,SCRAM-SHA-256,EXTERNAL", IRC_SASL_TLS | IRC_SASL_PASSWORD, "SCRAM-SHA-256"},
        {"EXTERNAL,PLAIN", IRC_SASL_TLS | IRC_SASL_PASSWORD, "PLAIN"},
        {"plain", ALL, "PLAIN"},
        {"EXTERNAL,PLAIN", IRC_SASL_TLS | IRC_SASL_CERTIFICATE, "EXTERNAL"},
        {"", ALL, "EXTERNAL"}, /* CAP 3.1 does not say */
        {"PLAIN,SCRAM-SHA-256", IRC_SASL_PASSWORD, "SCRAM-SHA-256"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(chosen(cases[i].offered, cases[i].has)->name, cases[i].name);
    assert_null(chosen("EXTERNAL,PLAINER", IRC_SASL_TLS | IRC_SASL_PASSWORD));
    assert_null(chosen("PLAIN,SCRAM-SHA-256", IRC_SASL_TLS | IRC_SASL_CERTIFICATE));
}

static void i2_what_was_tried_or_is_not_wanted_is_left_out(void **state)
{
    (void)state;
    struct str offered = STR("PLAIN,SCRAM-SHA-256,EXTERNAL");
    const struct irc_sasl_mechanism *first = chosen(offered.ptr, ALL);

    const struct irc_sasl_mechanism *second = irc_sasl_choose(offered, IRC_SASL_BEST, ALL,
                                                              irc_sasl_bit(first));

    assert_string_equal(second->name, "SCRAM-SHA-256");
    assert_string_equal(irc_sasl_choose(offered, IRC_SASL_ONLY_PLAIN, ALL, 0)->name, "PLAIN");
    assert_string_equal(irc_sasl_choose(offered, IRC_SASL_ONLY_SCRAM, ALL, 0)->name,
                        "SCRAM-SHA-256");
    assert_null(irc_sasl_choose(STR("PLAIN"), IRC_SASL_ONLY_SCRAM, ALL, 0));
    assert_null(irc_sasl_choose(STR("PLAIN"), IRC_SASL_ONLY_EXTERNAL, ALL, 0));
}

static void i3_the_password_never_travels_in_the_clear(void **state)
{
    (void)state;
    assert_null(chosen("PLAIN", IRC_SASL_PASSWORD));
    assert_null(chosen("EXTERNAL", IRC_SASL_PASSWORD | IRC_SASL_CERTIFICATE));
    assert_string_equal(chosen("", IRC_SASL_PASSWORD)->name, "SCRAM-SHA-512");
}

static void i2_external_says_nothing(void **state)
{
    (void)state;
    struct irc_sasl_login login = login_of("harbor-bot", "");
    AUTO_BUF response = {.limit = 1024};
    struct irc_sasl sasl = begun_with("EXTERNAL");

    assert_true(irc_sasl_is_unproved(&sasl));
    assert_int_equal(irc_sasl_take(&sasl, STR("+"), &login, &response), IRC_SASL_ANSWERS);

    assert_int_equal(response.len, 0);
    assert_false(irc_sasl_is_unproved(&sasl));
    assert_false(irc_sasl_is_doubtful(&sasl));
    assert_int_equal(irc_sasl_take(&sasl, STR("+"), &login, &response), -EPROTO);
    irc_sasl_done(&sasl);
}

static void test_plain(void **state)
{
    (void)state;
    struct irc_sasl_login login = login_of("harbor-bot", "secret");
    unsigned char bytes[100];
    AUTO_BUF response = {.limit = 1024};

    size_t len = plain_bytes(&login, bytes, sizeof(bytes), &response);

    assert_int_equal(len, 18);
    assert_memory_equal(bytes, "\0harbor-bot\0secret", 18);
}

static void i2_plain_with_letters_beyond_ascii(void **state)
{
    (void)state;
    struct irc_sasl_login login = login_of("b\xc3\xb6", "p\xc3\xa4\xf0\x9f\x9a\xa2");
    unsigned char bytes[100];
    AUTO_BUF response = {.limit = 1024};

    size_t len = plain_bytes(&login, bytes, sizeof(bytes), &response);

    assert_int_equal(len, 12);
    assert_memory_equal(bytes + 5, "p\xc3\xa4\xf0\x9f\x9a\xa2", 7);
}

static void test_plain_refuses_a_nul(void **state)
{
    (void)state;
    struct irc_sasl_login login = {STR("a\0b"), STR("x")};
    AUTO_BUF response = {.limit = 1024};
    struct irc_sasl sasl = begun();

    assert_int_equal(irc_sasl_take(&sasl, STR("+"), &login, &response), -EINVAL);
    irc_sasl_done(&sasl);
}

static void test_plain_refuses_a_second_challenge(void **state)
{
    (void)state;
    struct irc_sasl_login login = login_of("a", "x");
    AUTO_BUF response = {.limit = 1024};
    struct irc_sasl sasl = begun();
    assert_int_equal(irc_sasl_take(&sasl, STR("+"), &login, &response), 1);

    assert_int_equal(irc_sasl_take(&sasl, STR("+"), &login, &response), -EPROTO);
    irc_sasl_done(&sasl);
}

static void test_a_lying_server_gets_no_answer(void **state)
{
    (void)state;
    static const char *const pieces[] = {"*", "!!!", "Zm9v"};
    struct irc_sasl_login login = login_of("a", "x");

    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        AUTO_BUF response = {.limit = 1024};
        struct irc_sasl sasl = begun();
        assert_int_equal(irc_sasl_take(&sasl, str_of(pieces[i]), &login, &response), -EPROTO);
        assert_int_equal(response.len, 0);
        irc_sasl_done(&sasl);
    }
}

static void test_an_endless_challenge_has_a_ceiling(void **state)
{
    (void)state;
    char piece[400];
    struct irc_sasl_login login = login_of("a", "x");
    AUTO_BUF response = {.limit = 1024};
    struct irc_sasl sasl = begun();
    int r = 0;
    memset(piece, 'A', sizeof(piece));

    for (int i = 0; i < 100 && r == 0; i++)
        r = irc_sasl_take(&sasl, (struct str){piece, sizeof(piece)}, &login, &response);

    assert_int_equal(r, -E2BIG);
    irc_sasl_done(&sasl);
}

static void test_nothing_begun_is_an_error(void **state)
{
    (void)state;
    struct irc_sasl sasl = {0};
    struct irc_sasl_login login = login_of("a", "x");
    AUTO_BUF response = {.limit = 1024};

    assert_int_equal(irc_sasl_take(&sasl, STR("+"), &login, &response), -EPROTO);
}

static size_t pieces_of(size_t len, size_t *ret_last)
{
    static char text[2000];
    size_t sent = 0, count = 0, total = 0;
    struct str piece;
    memset(text, 'A', sizeof(text));
    while (irc_sasl_next_piece((struct str){text, len}, &sent, &piece)) {
        assert_true(piece.len >= 1 && piece.len <= IRC_SASL_CHUNK_BYTES);
        bool is_mark = str_eq_c(piece, "+");
        total += is_mark ? 0 : piece.len;
        *ret_last = is_mark ? 0 : piece.len;
        count++;
    }
    assert_int_equal(total, len);
    return count;
}

static void test_pieces(void **state)
{
    (void)state;
    static const struct {
        size_t len, pieces, last;
    } cases[] = {{0, 1, 0},   {1, 1, 1},   {399, 1, 399}, {400, 2, 0},
                 {401, 2, 1}, {800, 3, 0}, {1200, 4, 0},  {1201, 4, 1}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t last = 9999;
        assert_int_equal(pieces_of(cases[i].len, &last), cases[i].pieces);
        assert_int_equal(last, cases[i].last);
    }
}

static void i2_a_password_that_makes_exactly_one_piece(void **state)
{
    (void)state;
    char password[298]; /* 1 + 1 + 1 + 297 bytes = 300, which are 400 in base64 */
    memset(password, 'p', sizeof(password));
    password[297] = '\0';
    struct irc_sasl_login login = login_of("a", password);
    unsigned char bytes[400];
    AUTO_BUF response = {.limit = 1024};
    size_t sent = 0;
    struct str piece;

    assert_int_equal(plain_bytes(&login, bytes, sizeof(bytes), &response), 300);

    assert_int_equal(response.len, 400);
    assert_true(irc_sasl_next_piece(buf_str(&response), &sent, &piece));
    assert_int_equal(piece.len, 400);
    assert_true(irc_sasl_next_piece(buf_str(&response), &sent, &piece));
    assert_true(str_eq_c(piece, "+"));
    assert_false(irc_sasl_next_piece(buf_str(&response), &sent, &piece));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i2_the_best_of_what_is_offered_and_possible),
        cmocka_unit_test(i2_what_was_tried_or_is_not_wanted_is_left_out),
        cmocka_unit_test(i2_external_says_nothing),
        cmocka_unit_test(i3_the_password_never_travels_in_the_clear),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(i2_plain_with_letters_beyond_ascii),
        cmocka_unit_test(test_plain_refuses_a_nul),
        cmocka_unit_test(test_plain_refuses_a_second_challenge),
        cmocka_unit_test(test_a_lying_server_gets_no_answer),
        cmocka_unit_test(test_an_endless_challenge_has_a_ceiling),
        cmocka_unit_test(test_nothing_begun_is_an_error),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(i2_a_password_that_makes_exactly_one_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
