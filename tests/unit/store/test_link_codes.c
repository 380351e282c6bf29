/* SPDX-License-Identifier: MIT */
/* test_link_codes.c: one-time codes. */
#include "link_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/alerts.h"
#include "store/jobs.h"
#include "store/values.h"

/* ---- codes ----------------------------------------------------------------------------------- */

static void a_code_is_good_once_and_over_a_restart(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    char code[STORE_LINK_CODE_BYTES + 1];
    uint64_t member = 0;
    assert_int_equal(store_link_code_make(f->store, two.kept, code), 0);
    fixture_commit(f);
    fixture_reopen(f);
    assert_int_equal(store_link_code_use(f->store, two.second, code, &member), 0);
    assert_int_equal(member, two.kept);
    assert_int_equal(store_link_code_use(f->store, two.second, code, &member), -ENOENT);
}

static void a_code_runs_out(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    char code[STORE_LINK_CODE_BYTES + 1];
    uint64_t member;
    assert_int_equal(store_link_code_make(f->store, two.kept, code), 0);
    clock_advance(&f->clock, STORE_LINK_CODE_MS);
    assert_int_equal(store_link_code_use(f->store, two.second, code, &member), -ENOENT);
}

static void three_wrong_tries_end_a_code_and_stop_who_guesses(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    char code[STORE_LINK_CODE_BYTES + 1], wrong[STORE_LINK_CODE_BYTES + 1];
    uint64_t member,
        others[] = {fixture_member(f, "a"), fixture_member(f, "b"), fixture_member(f, "c")};
    assert_int_equal(store_link_code_make(f->store, two.kept, code), 0);
    memcpy(wrong, code, sizeof wrong);
    wrong[9] = code[9] == '0' ? '1' : '0';
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_int_equal(store_link_code_use(f->store, others[i], wrong, &member), -ENOENT);
    assert_int_equal(store_link_code_use(f->store, two.second, code, &member), -ENOENT);
    assert_int_equal(store_link_code_make(f->store, two.kept, code), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(store_link_code_use(f->store, two.second, "0000000000", &member), -ENOENT);
    assert_int_equal(store_link_code_use(f->store, two.second, code, &member), -EAGAIN);
    clock_advance(&f->clock, STORE_LINK_CODE_MS);
    assert_int_equal(store_link_code_make(f->store, two.kept, code), 0);
    assert_int_equal(store_link_code_use(f->store, two.second, code, &member), 0);
}

static void a_code_is_kept_as_hashes_alone(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    char code[STORE_LINK_CODE_BYTES + 1], text[160];
    assert_int_equal(store_link_code_make(f->store, two.kept, code), 0);
    snprintf(text, sizeof text,
             "SELECT count(*) FROM link_code WHERE instr(half, '%.5s') OR instr(whole, '%.5s')",
             code, code + 5);
    assert_int_equal(fixture_number(f, text), 0);
    assert_int_equal(fixture_number(f, "SELECT length(half) + length(whole) FROM link_code"), 64);
}

static void a_code_is_read_as_people_type_it(void **state UNUSED)
{
    char code[STORE_LINK_CODE_BYTES + 1];
    assert_true(store_link_code_read(STR("7kq2m-x4tbd"), code));
    assert_string_equal(code, "7KQ2MX4TBD");
    assert_true(store_link_code_read(STR(" oOiIl LLL11"), code));
    assert_string_equal(code, "0011111111");
    assert_false(store_link_code_read(STR("7KQ2MX4TB"), code));
    assert_false(store_link_code_read(STR("7KQ2MX4TBDD"), code));
    assert_false(store_link_code_read(STR("7KQ2MX4TB!"), code));
    assert_false(store_link_code_read(STR("7KQ2MX4TBU"), code));
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_code_is_good_once_and_over_a_restart),
        ON_DISK(a_code_runs_out),
        ON_DISK(three_wrong_tries_end_a_code_and_stop_who_guesses),
        ON_DISK(a_code_is_kept_as_hashes_alone),
        cmocka_unit_test(a_code_is_read_as_people_type_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
