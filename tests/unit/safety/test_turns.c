/* SPDX-License-Identifier: MIT */
/* test_turns.c: several messages of one person: what follows may raise, never lower. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "safety/safety.h"

struct talk {
    int tier;
    const char *turns[5];
};
static const struct talk talks[] = {
    {3, {"i want to die", "lol jk i'm fine", "what time is the meeting"}},
    {4, {"i want to kill myself", "tonight"}},
    {4, {"i want to die", "i have the pills here. goodbye"}},
    {3, {"i don't want to wake up tomorrow", "everyone would be better off without me"}},
    {3, {"i'm going to", "kill myself"}},
    {4, {"my friend used", "he's not breathing and his lips are blue"}},
    {2, {"i don't want to be here anymore", "nvm", "sorry"}},
    {0, {"good morning", "coffee is on", "see you at the meeting tonight"}},
    {0, {"how do i kill", "a zombie process"}},
    {0, {NULL}},
};

static void read_talk(const struct safety *safety, const struct talk *talk, struct safety_verdict *ret_verdict)
{
    struct str turns[5];
    size_t count = 0;
    while (count < COUNT_OF(turns) && talk->turns[count]) {
        turns[count] = str_of(talk->turns[count]);
        count++;
    }
    safety_classify_turns(safety, turns, count, ret_verdict);
}

static void talks_have_their_tiers(void **state)
{
    (void)state;
    struct safety *safety = safety_create();
    for (size_t i = 0; i < COUNT_OF(talks); i++) {
        struct safety_verdict verdict;
        read_talk(safety, &talks[i], &verdict);
        if (verdict.tier != talks[i].tier)
            fail_msg("talk %zu: wanted %d, got %d", i, talks[i].tier, verdict.tier);
    }
    safety_destroy(safety);
}

static void two_of_tier_2_say_so(void **state)
{
    (void)state;
    struct safety *safety = safety_create();
    struct safety_verdict verdict;
    read_talk(safety, &talks[3], &verdict);
    assert_string_equal(verdict.rules[0], "turns.two-of-tier-2");
    safety_destroy(safety);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(talks_have_their_tiers),
        cmocka_unit_test(two_of_tier_2_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
