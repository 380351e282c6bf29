/* SPDX-License-Identifier: MIT */
/* test_dialogue.c: what a bot asked gives a short answer its meaning; the course of several messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "safety/safety.h"

enum { TURNS_MAX = 6 };

struct talk {
    enum safety_kind kind;
    int tier;
    const char *turns[TURNS_MAX]; /* ">" begins a bot's */
};

static struct safety_verdict read_talk(const struct safety *safety, const struct talk *talk)
{
    struct safety_turn turns[TURNS_MAX];
    struct safety_verdict verdict;
    size_t count = 0;
    for (; count < TURNS_MAX && talk->turns[count]; count++) {
        bool bot = talk->turns[count][0] == '>';
        turns[count] = (struct safety_turn){str_of(talk->turns[count] + bot), bot};
    }
    safety_classify_dialogue(safety, turns, count, &verdict);
    return verdict;
}

static void check(void **state, const struct talk *talks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct safety_verdict verdict = read_talk(*state, &talks[i]);
        if (verdict.tier != talks[i].tier || (talks[i].tier > 0 && verdict.kind != talks[i].kind))
            fail_msg("talk %zu (%s): wanted %s %d, got %s %d", i, talks[i].turns[0], safety_kind_name(talks[i].kind),
                     talks[i].tier, safety_kind_name(verdict.kind), verdict.tier);
    }
}

static void a_bare_yes_is_what_was_asked(void **state)
{
    static const struct talk talks[] = {
        {SAFETY_SUICIDE, 3, {">Are you thinking of ending your life?", "yes"}},
        {SAFETY_SUICIDE, 3, {">Are you thinking about killing yourself?", "Yeah."}},
        {SAFETY_SUICIDE, 3, {">Do you want to die?", "i do"}},
        {SAFETY_SUICIDE, 3, {">Are you thinking about suicide?", "sometimes"}},
        {SAFETY_SUICIDE, 3, {"rough day", ">Thanks for telling me. Are you having thoughts of suicide?", "kinda"}},
        {SAFETY_SELF_HARM, 3, {">Are you thinking about hurting yourself?", "yep"}},
        {SAFETY_SUICIDE, 3, {">\xC2\xBFQuieres matarte?", "s\xC3\xAD"}},
    };
    check(state, talks, COUNT_OF(talks));
}

static void a_yes_to_something_else_is_nothing(void **state)
{
    static const struct talk talks[] = {
        {SAFETY_NONE, 0, {">Would a tip help?", "yes"}},
        {SAFETY_NONE, 0, {">Are you coming to the meeting tonight?", "yes"}},
        {SAFETY_NONE, 0, {">Are you thinking of ending your life?", "no"}},
        {SAFETY_NONE, 0, {">Are you thinking of ending your life?"}},
        {SAFETY_NONE, 0, {">Are you thinking of ending your life?", "what time is the meeting"}},
        {SAFETY_NONE, 0, {"yes"}},
    };
    check(state, talks, COUNT_OF(talks));
}

static void the_answer_names_its_rule(void **state)
{
    const struct talk talk = {SAFETY_SUICIDE, 3, {">Do you want to kill yourself?", "yes"}};
    struct safety_verdict verdict = read_talk(*state, &talk);
    assert_string_equal(verdict.rules[0], "turns.answered-yes");
    assert_int_equal(verdict.who, SAFETY_WHO_SELF);
}

static void it_only_rises(void **state)
{
    static const struct talk talks[] = {
        {SAFETY_SUICIDE, 4, {"i want to die", "tonight"}},
        {SAFETY_SUICIDE, 4, {"i want to kill myself", "i have the pills here"}},
        {SAFETY_SUICIDE, 3, {"i want to kill myself", "jk i'm fine", "see you all at the meeting tonight"}},
        {SAFETY_SUICIDE, 3, {"i can't do this anymore", "everyone would be better off without me"}},
        {SAFETY_SUICIDE, 3, {"i", "want to", "die"}},
        {SAFETY_SUICIDE, 4, {"going to kill myself", "tonight", "haha kidding"}},
        {SAFETY_SUICIDE, 4, {"quiero morirme", "esta noche"}},
        {SAFETY_SUICIDE, 4, {"i want to die", "thanks for everything. goodbye"}},
        {SAFETY_OVERDOSE, 4, {"my friend used", "he won't wake up", "his lips are blue"}},
        {SAFETY_SUICIDE, 4, {"i've got the pills", "everyone's asleep", "goodbye"}},
        {SAFETY_SUICIDE, 4, {"i can't do this anymore", "i've been saving my pills", "tonight"}},
        {SAFETY_SUICIDE, 3, {"i want to die", "thanks, see you all tomorrow"}},
        {SAFETY_NONE, 0, {"good morning", "tired of work", "coffee time"}},
        {SAFETY_NONE, 0, {"kill", "the", "process"}},
        {SAFETY_NONE, 0, {"see you tonight", "bye all", "goodnight"}},
    };
    check(state, talks, COUNT_OF(talks));
}

static int setup(void **state)
{
    *state = safety_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    safety_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_yes_is_what_was_asked),
        cmocka_unit_test(a_yes_to_something_else_is_nothing),
        cmocka_unit_test(the_answer_names_its_rule),
        cmocka_unit_test(it_only_rises),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
