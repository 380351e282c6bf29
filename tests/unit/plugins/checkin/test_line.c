/* SPDX-License-Identifier: MIT */
/* test_line.c: the one-line check-in, in the many ways in which people type it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "checkin_line.h"

enum {
    NO = CHECKIN_SKIPPED,
    H = CHECKIN_HUNGRY,
    A = CHECKIN_ANGRY,
    L = CHECKIN_LONELY,
    T = CHECKIN_TIRED
};

static const struct {
    const char *line;
    int mood, craving, confidence;
    unsigned halt;
    const char *intention;
} good[] = {
    /* the form itself, in any order */
    {"m6 c3 k8 tired \"walk after lunch\"", 6, 3, 8, T, "walk after lunch"},
    {"\"walk after lunch\" tired k8 c3 m6", 6, 3, 8, T, "walk after lunch"},
    {"c3", NO, 3, NO, 0, ""},
    {"k10", NO, NO, 10, 0, ""},
    {"m0 c0 k0", 0, 0, 0, 0, ""},
    /* signs, blanks, case */
    {"M6 C3 K8", 6, 3, 8, 0, ""},
    {"m=6 c=3 k=8", 6, 3, 8, 0, ""},
    {"m:6 c:3 k:8", 6, 3, 8, 0, ""},
    {"m 6 c 3 k 8", 6, 3, 8, 0, ""},
    {"m = 6, c = 3", 6, 3, NO, 0, ""},
    {"m: 6; c: 3; k: 8", 6, 3, 8, 0, ""},
    {"m =6 c :3", 6, 3, NO, 0, ""},
    {"m6,c3,k8,tired", 6, 3, 8, T, ""},
    {"  m6   c3  ", 6, 3, NO, 0, ""},
    {"m6\tc3\tk8", 6, 3, 8, 0, ""},
    {"m6\xc2\xa0"
     "c3",
     6, 3, NO, 0, ""},
    {"m6 | c3 | k8", 6, 3, 8, 0, ""},
    {"m06", 6, NO, NO, 0, ""},
    /* words */
    {"mood 6", 6, NO, NO, 0, ""},
    {"Mood 6 Craving 3 Confidence 8", 6, 3, 8, 0, ""},
    {"mood=6", 6, NO, NO, 0, ""},
    {"mood: 6/10", 6, NO, NO, 0, ""},
    {"craving:3", NO, 3, NO, 0, ""},
    {"cravings 3", NO, 3, NO, 0, ""},
    {"conf 8", NO, NO, 8, 0, ""},
    {"confident 8", NO, NO, 8, 0, ""},
    {"sure 8", NO, NO, 8, 0, ""},
    {"mood is 6", 6, NO, NO, 0, ""},
    {"mood is at 6", 6, NO, NO, 0, ""},
    {"mood6 craving3", 6, 3, NO, 0, ""},
    {"my mood is 6 and craving 3", 6, 3, NO, 0, ""},
    {"m6/10 c3/10", 6, 3, NO, 0, ""},
    {"m6. c3.", 6, 3, NO, 0, ""},
    /* skipped on purpose */
    {"m6 c- k8", 6, NO, 8, 0, ""},
    {"m6 c? k8", 6, NO, 8, 0, ""},
    {"m6 c skip k8", 6, NO, 8, 0, ""},
    /* three bare numbers */
    {"6 3 8", 6, 3, 8, 0, ""},
    {"6 3 8 tired", 6, 3, 8, T, ""},
    {"6/10 3/10 8/10", 6, 3, 8, 0, ""},
    {"6, 3, 8, lonely, call Sam", 6, 3, 8, L, "call Sam"},
    /* HALT */
    {"tired", NO, NO, NO, T, ""},
    {"Hungry Angry LONELY tired", NO, NO, NO, H | A | L | T, ""},
    {"hungry,tired", NO, NO, NO, H | T, ""},
    {"hungry/tired", NO, NO, NO, H | T, ""},
    {"halt=hungry+lonely", NO, NO, NO, H | L, ""},
    {"halt: angry", NO, NO, NO, A, ""},
    {"m6 and tired", 6, NO, NO, T, ""},
    {"m6 feeling a bit tired.", 6, NO, NO, T, ""},
    {"I'm lonely m4", 4, NO, NO, L, ""},
    {"m5 halt none", 5, NO, NO, 0, ""},
    /* the intention */
    {"m6 walk after lunch", 6, NO, NO, 0, "walk after lunch"},
    {"m6 c3 tired walk, then call Sam", 6, 3, NO, T, "walk, then call Sam"},
    {"m6 walk", 6, NO, NO, 0, "walk"},
    {"walk after lunch", NO, NO, NO, 0, "walk after lunch"},
    {"\"walk\"", NO, NO, NO, 0, "walk"},
    {"m6 \xe2\x80\x9cwalk after lunch\xe2\x80\x9d", 6, NO, NO, 0, "walk after lunch"},
    {"m6 \xe2\x80\x9ewalk\xe2\x80\x9c c3", 6, 3, NO, 0, "walk"},
    {"m6 \xc2\xab"
     "walk\xc2\xbb",
     6, NO, NO, 0, "walk"},
    {"m6 'walk after lunch' c3", 6, 3, NO, 0, "walk after lunch"},
    {"m6 \xe2\x80\x98it's a walk\xe2\x80\x99", 6, NO, NO, 0, "it's a walk"},
    {"m6 'don't skip lunch'", 6, NO, NO, 0, "don't skip lunch"},
    {"m6 \"walk after lunch", 6, NO, NO, 0, "walk after lunch"},
    {"m6 \"walk\xe2\x80\x9d", 6, NO, NO, 0, "walk"},
    {"m6 \"\"", 6, NO, NO, 0, ""},
    {"m6 20 minutes walk", 6, NO, NO, 0, "20 minutes walk"},
    {"20 minutes walk", NO, NO, NO, 0, "20 minutes walk"},
    {"m6 a walk", 6, NO, NO, 0, "a walk"},
    {"m6 caf\xc3\xa9 with Lea", 6, NO, NO, 0, "caf\xc3\xa9 with Lea"},
    {"m6 finish the m&ms puzzle", 6, NO, NO, 0, "finish the m&ms puzzle"},
    {"m6 be kind to myself and not tired of it", 6, NO, NO, 0,
     "be kind to myself and not tired of it"},
    {"m6 m6", 6, NO, NO, 0, ""},
};

static const struct {
    const char *line;
    enum checkin_trouble_kind kind;
    const char *word, *suggestion;
} bad[] = {
    {"", CHECKIN_TROUBLE_NOTHING, "", NULL},
    {"   ", CHECKIN_TROUBLE_NOTHING, "", NULL},
    {"m- c-", CHECKIN_TROUBLE_NOTHING, "", NULL},
    {"m11", CHECKIN_TROUBLE_RANGE, "m11", NULL},
    {"m 11", CHECKIN_TROUBLE_RANGE, "m 11", NULL},
    {"mood=99999999999", CHECKIN_TROUBLE_RANGE, "mood=99999999999", NULL},
    {"m-3", CHECKIN_TROUBLE_RANGE, "m-3", NULL},
    {"m6.5", CHECKIN_TROUBLE_RANGE, "m6.5", NULL},
    {"c3 m", CHECKIN_TROUBLE_NUMBER, "m", NULL},
    {"mood c3", CHECKIN_TROUBLE_NUMBER, "mood", NULL},
    {"m6 m7", CHECKIN_TROUBLE_TWICE, "m7", NULL},
    {"m6 mood 7", CHECKIN_TROUBLE_TWICE, "mood 7", NULL},
    {"moood6", CHECKIN_TROUBLE_WORD, "moood", "mood"},
    {"craivng3 m6", CHECKIN_TROUBLE_WORD, "craivng", "craving"},
    {"m6 tierd", CHECKIN_TROUBLE_WORD, "tierd", "tired"},
    {"histroy", CHECKIN_TROUBLE_WORD, "histroy", NULL},
    {"xyz m6", CHECKIN_TROUBLE_WORD, "xyz", NULL},
    {"m6 walk c3", CHECKIN_TROUBLE_WORD, "walk", NULL},
    {"m6 \"walk\" call Sam", CHECKIN_TROUBLE_WORD, "call", NULL},
    {"6 3", CHECKIN_TROUBLE_WORD, "6", NULL},
    {"m6c", CHECKIN_TROUBLE_WORD, "m6c", NULL},
    {"6 3 80", CHECKIN_TROUBLE_RANGE, "80", NULL},
};

static struct mooring_str view(const char *text)
{
    return (struct mooring_str){text, strlen(text)};
}

static void test_every_form_that_people_type_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct checkin_entry entry;
        struct checkin_trouble trouble = {0};
        int r = checkin_line_parse(view(good[i].line), &entry, &trouble);
        if (r != 0)
            fail_msg("\"%s\" was refused: kind %d, \"%.*s\"", good[i].line, (int)trouble.kind,
                     (int)trouble.word.len, trouble.word.ptr);
        bool is_same = entry.value[CHECKIN_MOOD] == good[i].mood &&
                       entry.value[CHECKIN_CRAVING] == good[i].craving &&
                       entry.value[CHECKIN_CONFIDENCE] == good[i].confidence &&
                       entry.halt == good[i].halt &&
                       entry.intention_len == strlen(good[i].intention) &&
                       memcmp(entry.intention, good[i].intention, entry.intention_len) == 0;
        if (!is_same)
            fail_msg("\"%s\": m%d c%d k%d h%u \"%.*s\"", good[i].line, entry.value[0],
                     entry.value[1], entry.value[2], entry.halt, (int)entry.intention_len,
                     entry.intention);
    }
}

static void test_what_is_not_understood_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct checkin_entry entry;
        struct checkin_trouble trouble = {0};
        int r = checkin_line_parse(view(bad[i].line), &entry, &trouble);
        if (r == 0)
            fail_msg("\"%s\" was taken", bad[i].line);
        bool is_same = trouble.kind == bad[i].kind && trouble.word.len == strlen(bad[i].word) &&
                       memcmp(trouble.word.ptr, bad[i].word, trouble.word.len) == 0;
        const char *suggestion = trouble.suggestion != NULL ? trouble.suggestion : "";
        if (!is_same || strcmp(suggestion, bad[i].suggestion != NULL ? bad[i].suggestion : "") != 0)
            fail_msg("\"%s\": kind %d, \"%.*s\", \"%s\"", bad[i].line, (int)trouble.kind,
                     (int)trouble.word.len, trouble.word.ptr, suggestion);
    }
}

static void test_an_intention_that_is_too_long_is_refused(void **state)
{
    char line[600];
    struct checkin_entry entry;
    struct checkin_trouble trouble;
    (void)state;
    memset(line, 'a', sizeof line);
    memcpy(line, "m6 \"", 4);

    int r = checkin_line_parse((struct mooring_str){line, sizeof line}, &entry, &trouble);

    assert_true(r < 0);
    assert_int_equal(trouble.kind, CHECKIN_TROUBLE_LONG);
}

/* Whatever the bytes are, the reader ends and stays inside them (the sanitizers watch). */
static void test_any_bytes_are_survived(void **state)
{
    static const char pool[] = "mck0123456789=:/- \"'\xe2\x80\x9c\xc2\xa0 tiredhalt,.\n";
    char line[40];
    uint64_t seed = 1;
    (void)state;
    for (int round = 0; round < 200000; round++) {
        size_t len = (size_t)round % sizeof line;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            line[i] = seed >> 62 == 0 ? (char)(seed >> 33) : pool[(seed >> 33) % (sizeof pool - 1)];
        }
        struct checkin_entry entry;
        struct checkin_trouble trouble;
        int r = checkin_line_parse((struct mooring_str){line, len}, &entry, &trouble);
        if (r == 0)
            assert_false(checkin_entry_is_empty(&entry));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_that_people_type_is_understood),
        cmocka_unit_test(test_what_is_not_understood_is_named),
        cmocka_unit_test(test_an_intention_that_is_too_long_is_refused),
        cmocka_unit_test(test_any_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
