/* SPDX-License-Identifier: MIT */
/* test_scram.c: RFC 7677's example, others computed by another implementation (Python's hashlib),
 * and servers that say what they must not; RFC 4013's examples. */
#include "chat/irc/scram.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chat/irc/saslprep.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define WHOLE NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT  "s=W22ZaJ0SNY7soEsUEjb6gQ=="
#define FIRST "r=" WHOLE "," SALT ",i=4096"

static struct irc_scram begun(enum irc_scram_hash hash)
{
    struct irc_scram scram;
    irc_scram_begin(&scram, hash);
    str_to_c(STR(NONCE), scram.nonce, sizeof(scram.nonce));
    return scram;
}

static int challenge(struct irc_scram *scram, const char *first, const char *password,
                     struct buf *out)
{
    struct irc_scram_job job;
    int r = irc_scram_challenge(scram, str_of(first), str_of(password), &job);
    if (r < 0)
        return r;
    irc_scram_derive(&job);
    r = irc_scram_proof(scram, &job, out);
    irc_scram_job_done(&job);
    return r;
}

static const struct example {
    enum irc_scram_hash hash;
    const char *account, *password, *client_first, *server_first, *proof, *server_final;
} examples[] = {
    /* RFC 7677, section 3 */
    {IRC_SCRAM_SHA256, "user", "pencil", "n,,n=user,r=" NONCE, FIRST,
     "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    {IRC_SCRAM_SHA512, "user", "pencil", "n,,n=user,r=" NONCE, FIRST,
     "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
     "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw=="},
    /* "Ⅸpä" is hashed as "IXpä"; what has a meaning in the message is written another way */
    {IRC_SCRAM_SHA512, "b,=\xc3\xb6", "\xe2\x85\xa8pa\xcc\x88", "n,,n=b=2C=3D\xc3\xb6,r=" NONCE,
     "r=" WHOLE "," SALT ",i=5000",
     "lq5wK7ygdWHAx617McXyDMvDshKnxWDdBBdYFZrYdfA8hgxEdd5qI6UabkQ7DhwXmKxBxUUk3MzgbmWD+gJ0VQ==",
     "v=1MLfbqNlsJsf3Z0PzYy7JSpbpJR2rurcekqzIsBfMeO/tLE7CwGiF1v/i1be8qbTXxNiqiramK6DvwqLUBqTvQ=="},
};

static void i2_scram_says_what_the_rfc_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        const struct example *example = &examples[i];
        struct irc_scram scram = begun(example->hash);
        AUTO_BUF first = {.limit = 1024}, final = {.limit = 1024}, wanted = {.limit = 1024};

        assert_int_equal(irc_scram_first(&scram, str_of(example->account), &first), 0);
        assert_string_equal(first.ptr, example->client_first);
        assert_int_equal(challenge(&scram, example->server_first, example->password, &final), 0);
        buf_add_c(&wanted, "c=biws,r=" WHOLE ",p=");
        buf_add_c(&wanted, example->proof);
        assert_string_equal(final.ptr, wanted.ptr);
        assert_false(scram.is_verified);
        assert_int_equal(irc_scram_verify(&scram, str_of(example->server_final)), 0);
        assert_true(scram.is_verified);
        irc_scram_done(&scram);
    }
}

static int verified(const char *server_final)
{
    struct irc_scram scram = begun(IRC_SCRAM_SHA256);
    AUTO_BUF out = {.limit = 1024};
    assert_int_equal(irc_scram_first(&scram, STR("user"), &out), 0);
    assert_int_equal(challenge(&scram, FIRST, "pencil", &out), 0);
    int r = irc_scram_verify(&scram, str_of(server_final));
    assert_true(scram.is_verified == (r == 0));
    irc_scram_done(&scram);
    return r;
}

static void i2_a_server_that_does_not_know_the_password_is_found_out(void **state)
{
    (void)state;
    assert_int_equal(verified("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), 0);
    assert_int_equal(verified("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), -EBADMSG);
    assert_int_equal(verified("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl9"), -EBADMSG);
    assert_int_equal(verified("v="), -EBADMSG);
    assert_int_equal(verified(""), -EBADMSG);
    assert_int_equal(verified("e=invalid-proof"), -EACCES);
    assert_int_equal(verified("e=unknown-user"), -EACCES);
    assert_int_equal(verified("e=other-error"), -EAGAIN);
}

static void i2_success_before_our_proof_is_a_lie(void **state)
{
    (void)state;
    struct irc_scram scram = begun(IRC_SCRAM_SHA256);
    /* of nothing but zeros, as the signature still is */
    assert_int_equal(
        irc_scram_verify(&scram, STR("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")), -EBADMSG);
    irc_scram_done(&scram);
}

static void i2_challenges_that_must_not_be(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "r=" WHOLE,
        "r=" WHOLE "," SALT,
        "r=" NONCE "," SALT ",i=4096",        /* nothing of the server's own */
        "r=another" WHOLE "," SALT ",i=4096", /* not an answer to us */
        "m=ext,r=" WHOLE "," SALT ",i=4096",  /* must be understood, and is not */
        SALT ",r=" WHOLE ",i=4096",           /* out of order */
        "r=" WHOLE ",s=,i=4096",              /* no salt */
        "r=" WHOLE ",s=!!!!,i=4096",
        "r=" WHOLE "," SALT ",i=4095", /* easier to guess from than the RFC allows */
        "r=" WHOLE "," SALT ",i=1",
        "r=" WHOLE "," SALT ",i=1000001", /* would keep us busy */
        "r=" WHOLE "," SALT ",i=99999999999999999999",
        "r=" WHOLE "," SALT ",i=-4096",
        "r=" WHOLE "\x01," SALT ",i=4096",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct irc_scram scram = begun(IRC_SCRAM_SHA256);
        AUTO_BUF out = {.limit = 1024};
        assert_int_equal(irc_scram_first(&scram, STR("user"), &out), 0);
        if (challenge(&scram, bad[i], "pencil", &out) != -EPROTO)
            fail_msg("taken: %s", bad[i]);
        irc_scram_done(&scram);
    }
}

static void i2_extensions_behind_are_passed_over(void **state)
{
    (void)state;
    struct irc_scram scram = begun(IRC_SCRAM_SHA256);
    AUTO_BUF out = {.limit = 1024};
    assert_int_equal(irc_scram_first(&scram, STR("user"), &out), 0);
    assert_int_equal(challenge(&scram, FIRST ",x=later", "pencil", &out), 0);
    irc_scram_done(&scram);
}

static void i2_each_login_has_its_own_nonce(void **state)
{
    (void)state;
    struct irc_scram first, second;
    irc_scram_begin(&first, IRC_SCRAM_SHA256);
    irc_scram_begin(&second, IRC_SCRAM_SHA256);
    assert_int_equal(strlen(first.nonce), IRC_SCRAM_NONCE_BYTES);
    assert_string_not_equal(first.nonce, second.nonce);
    irc_scram_done(&first);
    irc_scram_done(&second);
}

static void i2_texts_are_prepared_as_the_rfc_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *prepared;
        int code;
    } cases[] = {
        /* RFC 4013, section 3 */
        {"I\xc2\xadX", "IX", 0},
        {"user", "user", 0},
        {"USER", "USER", 0},
        {"\xc2\xaa", "a", 0},
        {"\xe2\x85\xa8", "IX", 0},
        {"\x07", "", -EINVAL},
        {"\xd8\xa7\x31", "", -EINVAL},
        /* others */
        {"a\xc2\xa0"
         "b",
         "a b", 0},
        {"\xef\xbc\xa1", "A", 0},
        {"pa\xcc\x88", "p\xc3\xa4", 0},
        {"\xf0\x9f\x9a\xa2", "\xf0\x9f\x9a\xa2", 0}, /* unknown to Unicode 3.2: as it is */
        {"\xff", "", -EILSEQ},
        {"", "", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF out = {.limit = 4096};
        assert_int_equal(irc_saslprep(str_of(cases[i].text), &out), cases[i].code);
        if (cases[i].code == 0)
            assert_string_equal(buf_str(&out).ptr, cases[i].prepared);
    }
}

static void i2_a_text_that_grows_most(void **state)
{
    (void)state;
    AUTO_BUF text = {.limit = 4096}, out = {.limit = 64 * 1024};
    for (int i = 0; i < 300; i++)
        buf_add_c(&text, "\xef\xb7\xba"); /* 18 letters each */
    assert_int_equal(irc_saslprep(buf_str(&text), &out), 0);
    assert_true(out.len > 300 * 18);
    buf_clear(&out);
    out.limit = 100;
    assert_int_equal(irc_saslprep(buf_str(&text), &out), -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i2_scram_says_what_the_rfc_says),
        cmocka_unit_test(i2_a_server_that_does_not_know_the_password_is_found_out),
        cmocka_unit_test(i2_success_before_our_proof_is_a_lie),
        cmocka_unit_test(i2_challenges_that_must_not_be),
        cmocka_unit_test(i2_extensions_behind_are_passed_over),
        cmocka_unit_test(i2_each_login_has_its_own_nonce),
        cmocka_unit_test(i2_texts_are_prepared_as_the_rfc_says),
        cmocka_unit_test(i2_a_text_that_grows_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
