/* SPDX-License-Identifier: MIT */
/* test_sets.c: the classes of words, and what the compiled rules weigh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "safety/pattern.h"

enum { PROGRAM_BYTES_MAX = 500 * 1024 };

static int setup(void **state)
{
    static struct safety_program program;
    *state = &program;
    return safety_program_init(&program);
}

static int teardown(void **state)
{
    safety_program_done(*state);
    return 0;
}

static void a_set_holds_its_members_and_no_other_word(void **state)
{
    const struct safety_program *program = *state;
    assert_true(program->set_count > 1000);
    for (size_t s = 0; s < program->set_count; s++) {
        const struct safety_set *set = &program->sets[s];
        size_t next = 0;
        for (size_t word = 0; word < program->vocabulary.word_count; word++) {
            bool member = next < set->count && program->members[set->first + next] == word;
            next += member;
            if (safety_class_has(program, (uint16_t)s, (uint16_t)word) != member)
                fail_msg("set %zu is wrong about word %zu", s, word);
        }
        assert_int_equal(next, set->count); /* all found on the way: they are in order */
    }
}

static void no_set_is_empty_or_holds_the_unknown_word(void **state)
{
    const struct safety_program *program = *state;
    for (size_t s = 0; s < program->set_count; s++) {
        assert_true(program->sets[s].count > 0);
        assert_false(safety_class_has(program, (uint16_t)s, SAFETY_WORD_UNKNOWN));
    }
}

static void the_compiled_rules_are_light(void **state)
{
    const struct safety_program *program = *state;
    size_t words = program->vocabulary.word_count, bytes = words * sizeof(struct safety_word);
    bytes += SAFETY_SLOTS * sizeof(uint16_t) + program->vocabulary.key_count * sizeof(uint16_t);
    bytes += program->set_count * sizeof(struct safety_set) + program->member_count * sizeof(uint16_t);
    bytes += program->element_count * sizeof(struct safety_element);
    bytes += program->sequence_count * sizeof(struct safety_sequence);
    bytes += program->rule_count * sizeof(*program->rules) + words;
    bytes += (words + 2) * 2 * sizeof(uint32_t);
    bytes += (program->phrase_anchors.first[words] + program->rule_anchors.first[words]) * sizeof(uint16_t);
    assert_in_range(bytes, 1, PROGRAM_BYTES_MAX);
    assert_null(program->scratch); /* what only building needed is gone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_holds_its_members_and_no_other_word),
        cmocka_unit_test(no_set_is_empty_or_holds_the_unknown_word),
        cmocka_unit_test(the_compiled_rules_are_light),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
