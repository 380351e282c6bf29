/* SPDX-License-Identifier: MIT */
/* test_entry.c: a check-in survives being stored, and nothing else is read as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "checkin_entry.h"

static struct mooring_str view(const char *text)
{
    return (struct mooring_str){text, strlen(text)};
}

static void test_what_was_stored_is_read_back(void **state)
{
    struct checkin_entry entry, back;
    char text[CHECKIN_STORED_BYTES];
    (void)state;
    checkin_entry_init(&entry);
    entry.value[CHECKIN_MOOD] = 10;
    entry.value[CHECKIN_CONFIDENCE] = 0;
    entry.halt = CHECKIN_HUNGRY | CHECKIN_TIRED;
    assert_int_equal(checkin_entry_intend(&entry, view("  walk,\n then call \xc3\x89va ")), 0);
    size_t len = checkin_entry_format(&entry, text);
    assert_int_equal(checkin_entry_read((struct mooring_str){text, len}, &back), 0);
    assert_memory_equal(back.value, entry.value, sizeof entry.value);
    assert_int_equal(back.halt, entry.halt);
    assert_int_equal(back.intention_len, strlen("walk,  then call \xc3\x89va"));
    assert_memory_equal(back.intention, "walk,  then call \xc3\x89va", back.intention_len);
}

static void test_the_longest_entry_fits(void **state)
{
    struct checkin_entry entry, back;
    char text[CHECKIN_STORED_BYTES], words[CHECKIN_INTENTION_BYTES + 1];
    (void)state;
    memset(words, 'x', sizeof words);
    checkin_entry_init(&entry);
    assert_true(checkin_entry_intend(&entry, (struct mooring_str){words, sizeof words}) < 0);
    assert_int_equal(checkin_entry_intend(&entry, (struct mooring_str){words, sizeof words - 1}),
                     0);
    size_t len = checkin_entry_format(&entry, text);
    assert_true(len <= CHECKIN_STORED_BYTES);
    assert_int_equal(checkin_entry_read((struct mooring_str){text, len}, &back), 0);
    assert_int_equal(back.intention_len, CHECKIN_INTENTION_BYTES);
}

static void test_other_texts_are_no_entries(void **state)
{
    static const char *const texts[] = {"",
                                        "m6",
                                        "m6 c3 k8 h9",
                                        "m11 c3 k8 h9\n",
                                        "m6 c3 k8 h16\n",
                                        "m6 c3 k8 h-1\n",
                                        "c3 m6 k8 h9\n",
                                        "m-2 c3 k8 h9\n",
                                        "m c3 k8 h9\n",
                                        "m666 c3 k8 h9\n"};
    struct checkin_entry entry;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (checkin_entry_read(view(texts[i]), &entry) == 0)
            fail_msg("\"%s\" was read", texts[i]);
    }
}

static void test_keys_sort_the_newest_first_and_give_the_moment_back(void **state)
{
    char early[CHECKIN_KEY_BYTES], late[CHECKIN_KEY_BYTES];
    int64_t at = 0;
    (void)state;
    size_t len = checkin_entry_key(1763900000000, early);
    checkin_entry_key(1763900000001, late);
    assert_true(strcmp(late, early) < 0);
    assert_int_equal(checkin_entry_key_at((struct mooring_str){early, len}, &at), 0);
    assert_int_equal(at, 1763900000000);
    assert_true(checkin_entry_key_at(view("entry/12"), &at) < 0);
    assert_true(checkin_entry_key_at(view("entry/12345678901x3"), &at) < 0);
    assert_true(checkin_entry_key_at(view("other/1234567890123"), &at) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_stored_is_read_back),
        cmocka_unit_test(test_the_longest_entry_fits),
        cmocka_unit_test(test_other_texts_are_no_entries),
        cmocka_unit_test(test_keys_sort_the_newest_first_and_give_the_moment_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
