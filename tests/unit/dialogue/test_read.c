/* SPDX-License-Identifier: MIT */
/* test_read.c: what people type in answer to each kind of question. */
#include "house.h"

struct typed {
    const char *text;
    int64_t number; /* -1: refused, for the reason in `words` */
    const char *words;
};

static void check(const struct mooring_step *step, const struct typed *typed)
{
    DIALOGUE_ARENA arena = {0};
    const struct dialogue_parts *parts = &house.dialogues->parts;
    const struct dialogue_reader reader = {.parts = parts, .member = MEMBER, .arena = &arena};
    struct dialogue_reading reading;
    int r = dialogue_read(&reader, step, str_of(typed->text), (struct str){0}, &reading);
    if (r != (typed->number >= 0))
        fail_msg("\"%s\": %d", typed->text, r);
    if (r == 0) {
        assert_string_equal(reading.reason, typed->words);
        return;
    }
    if (reading.number != typed->number)
        fail_msg("\"%s\" is read as %lld", typed->text, (long long)reading.number);
    if (typed->words && !str_eq_c(reading.text, typed->words))
        fail_msg("\"%s\" is read as \"%.*s\"", typed->text, STR_ARG(reading.text));
}

#define CHECK_ALL(step, list)                                                                                              \
    for (size_t i_ = 0; i_ < COUNT_OF(list); i_++)                                                                         \
    check(&(step), &(list)[i_])

static const struct mooring_step mood = {"mood", "checkin.mood", NULL, MOORING_ASK_NUMBER, 0, 0, 10, NULL};
static const struct mooring_step any = {"any", "checkin.any", NULL, MOORING_ASK_NUMBER, 0, 0, 0, NULL};
static const struct mooring_step one = {"halt", "checkin.halt", "hungry|angry|lonely|tired", MOORING_ASK_CHOICES, 0, 0, 0, NULL};
static const struct mooring_step many = {"halt",    "checkin.halt", "hungry|angry|lonely|tired", MOORING_ASK_CHOICES, MOORING_STEP_MANY,
                                         0,         0,              NULL};
static const struct mooring_step yes_no = {"used", "checkin.used", NULL, MOORING_ASK_YES_NO, 0, 0, 0, NULL};
static const struct mooring_step at = {"at", "checkin.at", NULL, MOORING_ASK_TIME, 0, 0, 0, NULL};
static const struct mooring_step zone = {"zone", "checkin.zone", NULL, MOORING_ASK_ZONE, 0, 0, 0, NULL};
static const struct mooring_step text = {"plan", "checkin.plan", NULL, MOORING_ASK_TEXT, 0, 3, 10, NULL};

static void numbers(void **state)
{
    (void)state;
    static const struct typed list[] = {
        {"7", 7, "7"}, {" 7. ", 7, NULL}, {"7/10", 7, NULL}, {"7 / 10", 7, NULL}, {"7 out of 10", 7, NULL},
        {"seven", 7, "7"}, {"Seven!", 7, NULL}, {"about 7", 7, NULL}, {"~7", 7, NULL}, {"like a 7", 7, NULL}, {"7\xef\xb8\x8f\xe2\x83\xa3", 7, NULL},
        {"\xef\xbc\x97", 7, NULL}, {"\xd9\xa7", 7, NULL}, {"zero", 0, NULL}, {"none", 0, NULL}, {"ten out of ten", 10, NULL},
        {"(10)", 10, NULL}, {"10", 10, NULL},
    };
    CHECK_ALL(mood, list);
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    static const struct typed list[] = {
        {"11", -1, "dialogue.outside"}, {"-1", -1, "dialogue.outside"}, {"99999999999999999999", -1, "dialogue.outside"},
        {"7.5", -1, "dialogue.not-number"}, {"6-7", -1, "dialogue.not-number"}, {"6 or 7", -1, "dialogue.not-number"},
        {"7/5", -1, "dialogue.not-number"}, {"", -1, "dialogue.not-number"}, {"bad", -1, "dialogue.not-number"}, {"/", -1, "dialogue.not-number"},
        {"we talked for 3 of those long nights again", -1, "dialogue.not-number"}, {"\xff\xfe", -1, "dialogue.not-number"},
        {"m7", -1, "dialogue.not-number"},
    };
    CHECK_ALL(mood, list);
    static const struct typed unbounded = {"many", -1, "dialogue.not-any-number"};
    check(&any, &unbounded);
}

static void one_choice(void **state)
{
    (void)state;
    static const struct typed list[] = {
        {"2", 1, "angry"}, {"(2)", 1, NULL}, {"2.", 1, NULL}, {"#2", 1, NULL}, {"Angry", 1, NULL}, {"ang", 1, NULL}, {"h", 0, "hungry"},
        {"5", -1, "dialogue.not-choice"}, {"0", -1, "dialogue.not-choice"}, {"happy", -1, "dialogue.not-choice"}, {"", -1, "dialogue.not-choice"},
        {"1 and 2", -1, "dialogue.only-one"}, {"none", -1, "dialogue.not-choice"},
    };
    CHECK_ALL(one, list);
}

static void several_choices(void **state)
{
    (void)state;
    static const struct typed list[] = {
        {"1,3", 5, "hungry,lonely"}, {"1 3", 5, NULL}, {"hungry and tired", 9, "hungry,tired"}, {"tired, lonely & angry", 14, NULL},
        {"4", 8, NULL}, {"none", 0, ""}, {"nothing", 0, ""}, {"tired tired", 8, NULL}, {"a bit tired", 8, NULL}, {"1,2,3,4", 15, NULL},
        {"1,5", -1, "dialogue.not-choices"}, {"and", -1, "dialogue.not-choices"}, {",,", -1, "dialogue.not-choices"}, {"13", -1, "dialogue.not-choices"},
    };
    CHECK_ALL(many, list);
}

static void yes_and_no(void **state)
{
    (void)state;
    static const struct typed list[] = {
        {"yes", 1, "yes"}, {"Y", 1, NULL}, {"yeah, a little", 1, NULL}, {"1", 1, NULL}, {"no", 0, "no"}, {"Nope.", 0, NULL},
        {"2", 0, NULL}, {"I didn\xe2\x80\x99t", 0, NULL}, {"maybe", -1, "dialogue.not-yes-no"}, {"", -1, "dialogue.not-yes-no"},
        {"no idea what you mean", -1, "dialogue.not-yes-no"},
    };
    CHECK_ALL(yes_no, list);
}

static void times(void **state)
{
    (void)state;
    static const struct typed list[] = {
        {"9", 540, "09:00"}, {"9am", 540, NULL}, {"9 AM", 540, NULL}, {"9 a.m.", 540, NULL}, {"9pm", 1260, "21:00"}, {"12am", 0, "00:00"},
        {"12pm", 720, NULL}, {"21:30", 1290, NULL}, {"21.30", 1290, NULL}, {"2130", 1290, NULL}, {"9h30", 570, NULL}, {"9h", 540, NULL},
        {"9:30 pm", 1290, NULL}, {"at 9", 540, NULL}, {"around 9 o'clock", 540, NULL}, {"noon", 720, NULL}, {"midnight", 0, NULL},
        {"0:00", 0, NULL}, {"9 in the evening", 1260, NULL},
        {"24:00", -1, "dialogue.not-time"}, {"9:60", -1, "dialogue.not-time"}, {"13pm", -1, "dialogue.not-time"}, {"9:3", -1, "dialogue.not-time"},
        {"soon", -1, "dialogue.not-time"}, {"", -1, "dialogue.not-time"}, {"9 or 10", -1, "dialogue.not-time"}, {"12345", -1, "dialogue.not-time"},
        {"0am", -1, "dialogue.not-time"}, {":", -1, "dialogue.not-time"}, {"at", -1, "dialogue.not-time"},
    };
    CHECK_ALL(at, list);
}

static void zones(void **state)
{
    (void)state;
    static const struct typed list[] = {
        {"America/New_York", 0, "America/New_York"}, {"America/New York", 0, "America/New_York"}, {"america/new_york", 0, "America/New_York"},
        {"America/Newyork", -1, "dialogue.near-zone"}, {"the moon", -1, "dialogue.not-zone"}, {"yes", -1, "dialogue.not-zone"},
        {"", -1, "dialogue.not-zone"},
    };
    CHECK_ALL(zone, list);
}

static void texts(void **state)
{
    (void)state;
    static const struct typed list[] = {
        {" walk ", 4, "walk"}, {"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 10, NULL}, {"hi", -1, "dialogue.too-short"}, {"12345678901", -1, "dialogue.too-long"},
        {"  ", -1, "dialogue.no-text"}, {"ab\xff\xfe", -1, "dialogue.no-text"},
    };
    CHECK_ALL(text, list);
}

static void nothing_is_too_long_to_be_refused(void **state)
{
    (void)state;
    static char big[100001];
    memset(big, '7', sizeof big - 1);
    const struct mooring_step *const steps[] = {&mood, &one, &many, &yes_no, &at, &zone, &text};
    const char *const reasons[] = {"dialogue.not-number",  "dialogue.not-choice", "dialogue.not-choices", "dialogue.not-yes-no",
                                   "dialogue.not-time",    "dialogue.not-zone",   "dialogue.too-long"};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const struct typed typed = {big, -1, reasons[i]};
        check(steps[i], &typed);
    }
}

static void words_that_cannot_be_rendered_are_an_error(void **state)
{
    (void)state;
    DIALOGUE_ARENA arena = {0};
    const struct dialogue_reader reader = {.parts = &house.dialogues->parts, .member = MEMBER, .arena = &arena};
    struct str list;
    house.render_result = -ENOMEM;
    assert_int_equal(dialogue_reader_words(&reader, "dialogue.words-stop", &list), -ENOMEM);
    house.render_result = 0;
    assert_int_equal(dialogue_reader_words(&reader, "dialogue.words-stop", &list), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(numbers), IN_HOUSE(numbers_that_are_none), IN_HOUSE(one_choice), IN_HOUSE(several_choices), IN_HOUSE(yes_and_no),
        IN_HOUSE(times),   IN_HOUSE(zones),                 IN_HOUSE(texts),      IN_HOUSE(nothing_is_too_long_to_be_refused),
        IN_HOUSE(words_that_cannot_be_rendered_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
