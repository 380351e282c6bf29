/* SPDX-License-Identifier: MIT */
/* condition.c: "used=yes", "craving>=7", "halt=tired": whether a step is asked after what was
 * answered before. */
#include "base/number.h"
#include "dialogue/internal.h"

enum relation { IS_EQUAL, IS_OTHER, IS_LESS, IS_MORE, IS_AT_LEAST, IS_AT_MOST };

struct condition {
    struct str key, value;
    enum relation relation;
};

static bool parse(struct str text, struct condition *ret_condition)
{
    static const struct {
        struct str sign;
        enum relation relation;
    } signs[] = {{STR(">="), IS_AT_LEAST}, {STR("<="), IS_AT_MOST}, {STR("!="), IS_OTHER},
                 {STR("="), IS_EQUAL},     {STR(">"), IS_MORE},     {STR("<"), IS_LESS}};
    size_t at = 0;
    while (at < text.len && !strchr("<>!=", text.ptr[at]))
        at++;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (!str_starts(str_from(text, at), signs[i].sign))
            continue;
        *ret_condition = (struct condition){
            .key = str_trim(str_upto(text, at)),
            .value = str_trim(str_from(text, at + signs[i].sign.len)),
            .relation = signs[i].relation};
        return true;
    }
    return false;
}

static bool compare(int64_t a, enum relation relation, int64_t b)
{
    switch (relation) {
    case IS_EQUAL:
        return a == b;
    case IS_OTHER:
        return a != b;
    case IS_LESS:
        return a < b;
    case IS_MORE:
        return a > b;
    case IS_AT_LEAST:
        return a >= b;
    case IS_AT_MOST:
        return a <= b;
    }
    return false;
}

bool dialogue_condition_lists(struct str list, char separator, struct str word)
{
    struct str piece;
    while (str_split(&list, separator, &piece))
        if (str_eq(str_trim(piece), word))
            return true;
    return false;
}

/* Texts know only "is" and "is not". */
static bool holds_for(const struct mooring_step *step, const struct dialogue_answer *answer,
                      const struct condition *condition)
{
    int64_t number;
    int minutes;
    if (step->kind == MOORING_ASK_NUMBER)
        return number_parse(condition->value, INT64_MIN, INT64_MAX, &number) == 0 &&
               compare(answer->number, condition->relation, number);
    if (step->kind == MOORING_ASK_TIME)
        return number_parse_time_of_day(condition->value, &minutes) == 0 &&
               compare(answer->number, condition->relation, minutes);
    bool is = step->kind == MOORING_ASK_CHOICES
                  ? dialogue_condition_lists(answer->text, ',', condition->value)
                  : str_eq(answer->text, condition->value);
    return condition->relation == IS_EQUAL ? is : condition->relation == IS_OTHER && !is;
}

bool dialogue_condition_holds(const struct mooring_dialogue *dialogue,
                              const struct dialogue_state *state, size_t step)
{
    struct condition condition;
    const char *only_if = dialogue->steps[step].only_if;
    if (!only_if || !only_if[0])
        return true;
    if (!parse(str_of(only_if), &condition))
        return false;
    for (size_t i = 0; i < step; i++)
        if (str_eq_c(condition.key, dialogue->steps[i].key))
            return state->answers[i].given == DIALOGUE_GIVEN &&
                   holds_for(&dialogue->steps[i], &state->answers[i], &condition);
    return false;
}
