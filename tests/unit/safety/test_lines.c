/* SPDX-License-Identifier: MIT */
/* test_lines.c: a new line in the light of the last ones: sentences sent in pieces, a time after a wish; ordinary lines in
 * a row; and what is a bare answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "safety/safety.h"

enum { PIECE_BYTES = 40, WALKS = 20 };

struct case_line {
    enum safety_kind kind;
    int tier;
    const char *category, *text;
};
#define CASE(kind, tier, category, text) {kind, tier, category, text},
static const struct case_line quiet[] = {
#include "cases_quiet_1.h"
#include "cases_quiet_2.h"
#include "cases_quiet_3.h"
};

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

static struct safety_line line_of(const struct safety *safety, const char *text)
{
    struct safety_verdict verdict;
    safety_classify(safety, str_of(text), 0, &verdict);
    return (struct safety_line){str_of(text), verdict.tier};
}

/* The last is new. */
struct talk {
    enum safety_kind kind;
    int tier;
    const char *lines[4];
};

static struct safety_verdict read_talk(const struct safety *safety, const struct talk *talk, bool had_wish, unsigned context)
{
    struct safety_line before[3];
    struct safety_verdict verdict;
    size_t count = 0;
    while (count < 3 && talk->lines[count + 1]) {
        before[count] = line_of(safety, talk->lines[count]);
        count++;
    }
    safety_classify_after(safety, before, count, had_wish, str_of(talk->lines[count]), context, &verdict);
    return verdict;
}

static void check(const struct safety *safety, const struct talk *talks, size_t count, bool had_wish)
{
    for (size_t i = 0; i < count; i++) {
        struct safety_verdict verdict = read_talk(safety, &talks[i], had_wish, 0);
        if (verdict.tier != talks[i].tier || (talks[i].tier > 0 && verdict.kind != talks[i].kind))
            fail_msg("talk %zu (%s): wanted %s %d, got %s %d", i, talks[i].lines[0], safety_kind_name(talks[i].kind),
                     talks[i].tier, safety_kind_name(verdict.kind), verdict.tier);
    }
}

/* ---- sentences in pieces --------------------------------------------------------------------- */

static void a_sentence_in_pieces_is_read_as_one(void **state)
{
    static const struct talk talks[] = {
        {SAFETY_SUICIDE, 3, {"i just want to", "die"}},
        {SAFETY_SUICIDE, 3, {"i just want to...", "die"}},
        {SAFETY_SUICIDE, 3, {"im going to", "kill myself"}},
        {SAFETY_SUICIDE, 3, {"I want", "to die"}},
        {SAFETY_SUICIDE, 3, {"i keep thinking about", "ending it all"}},
        {SAFETY_SUICIDE, 3, {"im gonna end", "my life"}},
        {SAFETY_SUICIDE, 3, {"quiero", "morirme"}},
        {SAFETY_SUICIDE, 2, {"i just want to", "stop existing"}},
        {SAFETY_SUICIDE, 3, {"me quiero", "matar"}},
        {SAFETY_SUICIDE, 3, {"i", "want to", "die"}},
        {SAFETY_OVERDOSE, 4, {"i think my friend took too much and", "he's not breathing"}},
        {SAFETY_SELF_HARM, 3, {"i really want to", "cut myself"}},
    };
    check(*state, talks, COUNT_OF(talks), false);
}

static void two_sentences_are_not(void **state)
{
    static const struct talk talks[] = {
        {SAFETY_NONE, 0, {"i want to.", "kill bill is on tonight"}},
        {SAFETY_NONE, 0, {"how do i kill", "a zombie process"}},
        {SAFETY_NONE, 0, {"i'm going to the gym", "myself and ben"}},
        {SAFETY_NONE, 0, {"i want to see", "die hard"}},
        {SAFETY_NONE, 0, {"what a day", "i'm dead tired"}},
    };
    check(*state, talks, COUNT_OF(talks), false);
}

/* The one that said it was answered; what follows is read for itself. */
static void what_was_said_before_is_not_said_again(void **state)
{
    static const struct talk talks[] = {
        {SAFETY_NONE, 0, {"i want to die", "lol jk"}},
        {SAFETY_NONE, 0, {"i want to die and", "i feel so"}},
        {SAFETY_NONE, 0, {"i just want to", "die", "sorry"}},
    };
    check(*state, talks, COUNT_OF(talks), false);
}

static void a_line_says_at_least_what_it_says_alone(void **state)
{
    static const struct talk talks[] = {
        {SAFETY_SUICIDE, 3, {"it is not true that", "i want to die"}},
        {SAFETY_SUICIDE, 3, {"good morning", "i want to kill myself"}},
        {SAFETY_SUICIDE, 3, {"i want to kill myself"}},
    };
    check(*state, talks, COUNT_OF(talks), false);
}

static void a_time_or_a_thing_after_a_wish_is_now(void **state)
{
    static const struct talk soon[] = {
        {SAFETY_SUICIDE, 4, {"tonight"}},
        {SAFETY_SUICIDE, 4, {"its tonight"}},
        {SAFETY_SUICIDE, 4, {"i have the pills here"}},
        {SAFETY_SUICIDE, 4, {"goodbye everyone"}},
        {SAFETY_NONE, 0, {"thank you"}},
        {SAFETY_NONE, 0, {"see you at the meeting tonight"}},
        {SAFETY_NONE, 0, {"what are you all watching tonight"}},
    };
    static const struct talk not_soon[] = {{SAFETY_NONE, 0, {"tonight"}}, {SAFETY_NONE, 0, {"goodbye everyone"}}};
    check(*state, soon, COUNT_OF(soon), true);
    check(*state, not_soon, COUNT_OF(not_soon), false);
    const struct talk lapse = {SAFETY_LAPSE, 0, {"i drank last night"}};
    assert_true(read_talk(*state, &lapse, true, 0).tier < 4);
}

/* Plan text names what it names; an action is no piece of a sentence. */
static void plan_text_and_actions_stand_alone(void **state)
{
    const struct talk pieces = {SAFETY_NONE, 0, {"i just want to", "die"}};
    assert_int_equal(read_talk(*state, &pieces, false, SAFETY_PLAN_TEXT).tier, 0);
    assert_int_equal(read_talk(*state, &pieces, false, SAFETY_ACTION).tier, 0);
    const struct talk soon = {SAFETY_NONE, 0, {"tonight"}};
    assert_int_equal(read_talk(*state, &soon, true, SAFETY_PLAN_TEXT).tier, 0);
}

/* Lines that are as near to danger as ordinary ones come, in pairs that nobody wrote: what is wrong today; a number here
 * may only fall. */
enum { KNOWN_JOINED = 6, KNOWN_SOON = 14, PAIRS_AT_LEAST = 13000 };

static void ordinary_lines_in_a_row_are_ordinary(void **state)
{
    const struct safety *safety = *state;
    size_t count = COUNT_OF(quiet), pairs = 0, joined = 0, soon = 0;
    for (size_t i = 0; i < count; i++) {
        struct safety_line before = line_of(safety, quiet[i].text);
        struct safety_verdict verdict;
        safety_classify_after(safety, NULL, 0, true, str_of(quiet[i].text), 0, &verdict);
        soon += verdict.tier >= 4 && before.tier < 4;
        for (size_t step = 1; step <= WALKS && before.text.len <= PIECE_BYTES; step++) {
            struct str text = str_of(quiet[(i + count - step * 37 % count) % count].text);
            struct safety_verdict alone;
            safety_classify(safety, text, 0, &alone);
            safety_classify_after(safety, &before, 1, false, text, 0, &verdict);
            pairs++;
            joined += verdict.tier > alone.tier;
        }
    }
    if (pairs < PAIRS_AT_LEAST || joined > KNOWN_JOINED || soon > KNOWN_SOON)
        fail_msg("%zu pairs, %zu of them joined; %zu lines were now", pairs, joined, soon);
}

/* ---- bare answers ---------------------------------------------------------------------------- */

static void a_bare_answer_is_known(void **state)
{
    static const struct {
        enum safety_answer answer;
        const char *text;
    } lines[] = {
        {SAFETY_ANSWER_YES, "yes"},
        {SAFETY_ANSWER_YES, "Yes."},
        {SAFETY_ANSWER_YES, "yeah i am"},
        {SAFETY_ANSWER_YES, "  y "},
        {SAFETY_ANSWER_YES, "kind of"},
        {SAFETY_ANSWER_YES, "sometimes"},
        {SAFETY_ANSWER_YES, "i do"},
        {SAFETY_ANSWER_YES, "i think so"},
        {SAFETY_ANSWER_YES, "s\xC3\xAD"},
        {SAFETY_ANSWER_YES, "S\xC3\x8D"},
        {SAFETY_ANSWER_YES, "quiz\xC3\xA1s"},
        {SAFETY_ANSWER_YES, "creo que s\xC3\xAD"},
        {SAFETY_ANSWER_YES, "a little"},
        {SAFETY_ANSWER_NO, "no"},
        {SAFETY_ANSWER_NO, "No."},
        {SAFETY_ANSWER_NO, "NO!!"},
        {SAFETY_ANSWER_NO, "no, not really"},
        {SAFETY_ANSWER_NO, "I'm not"},
        {SAFETY_ANSWER_NO, "I\xE2\x80\x99m not"},
        {SAFETY_ANSWER_NO, "nope"},
        {SAFETY_ANSWER_NONE, ""},
        {SAFETY_ANSWER_NONE, "no but i wish i was dead"},
        {SAFETY_ANSWER_NONE, "no idea"},
        {SAFETY_ANSWER_NONE, "not sure"},
        {SAFETY_ANSWER_NONE, "i don't know"},
        {SAFETY_ANSWER_NONE, "2"},
        {SAFETY_ANSWER_NONE, "what?"},
        {SAFETY_ANSWER_NONE, "yes the meeting is at seven, in the small room downstairs"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (safety_answer(str_of(lines[i].text)) != lines[i].answer)
            fail_msg("%s", lines[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_in_pieces_is_read_as_one),
        cmocka_unit_test(two_sentences_are_not),
        cmocka_unit_test(what_was_said_before_is_not_said_again),
        cmocka_unit_test(a_line_says_at_least_what_it_says_alone),
        cmocka_unit_test(a_time_or_a_thing_after_a_wish_is_now),
        cmocka_unit_test(plan_text_and_actions_stand_alone),
        cmocka_unit_test(ordinary_lines_in_a_row_are_ordinary),
        cmocka_unit_test(a_bare_answer_is_known),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
