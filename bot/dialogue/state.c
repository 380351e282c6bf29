/* SPDX-License-Identifier: MIT */
/* state.c: where a dialogue stands and what was answered, as JSON; the store seals it under the
 * member's key. */
#include <errno.h>
#include <jansson.h>

#include "dialogue/internal.h"

static void json_cleanup(json_t **json)
{
    json_decref(*json);
}
#define AUTO_JSON CLEANUP(json_cleanup) json_t

/* ---- writing --------------------------------------------------------------------------------- */

static json_t *text_json(struct str text)
{
    return json_stringn(text.ptr ? text.ptr : "", text.len);
}

static json_t *answer_json(const struct dialogue_answer *answer)
{
    if (answer->given != DIALOGUE_GIVEN)
        return json_integer(answer->given);
    json_t *json = json_object();
    int r = json_object_set_new(json, "n", json_integer(answer->number));
    if (r == 0)
        r = json_object_set_new(json, "t", text_json(answer->text));
    if (r == 0)
        return json;
    json_decref(json);
    return NULL;
}

static int add_answers(json_t *list, const struct dialogue_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        if (json_array_append_new(list, answer_json(&state->answers[i])) < 0)
            return -ENOMEM;
    return 0;
}

int dialogue_state_encode(const struct dialogue_state *state, struct arena *arena,
                          struct str *ret_json)
{
    AUTO_JSON *json = json_object();
    json_t *answers = json_array();
    bool failed = json_object_set_new(json, "step", json_integer((json_int_t)state->step)) < 0;
    failed |= json_object_set_new(json, "wrong", json_integer(state->wrong)) < 0;
    failed |= json_object_set_new(json, "context", text_json(state->context)) < 0;
    failed |= json_object_set_new(json, "near", text_json(state->near)) < 0;
    failed |= json_object_set_new(json, "answers", answers) < 0; /* frees it when it fails */
    if (failed || add_answers(answers, state) < 0)
        return -ENOMEM;
    size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT);
    char *text = size ? arena_alloc(arena, size) : NULL;
    if (!text || json_dumpb(json, text, size, JSON_COMPACT) != size)
        return -ENOMEM;
    *ret_json = (struct str){text, size};
    return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int read_text(json_t *json, struct arena *arena, struct str *ret_text)
{
    if (!json_is_string(json))
        return -EINVAL;
    *ret_text = str_keep(arena, (struct str){json_string_value(json), json_string_length(json)});
    return ret_text->ptr ? 0 : -ENOMEM;
}

static int read_answer(json_t *json, struct arena *arena, struct dialogue_answer *ret_answer)
{
    struct dialogue_answer answer = {0};
    if (json_is_integer(json)) {
        json_int_t given = json_integer_value(json);
        if (given < DIALOGUE_UNASKED || given > DIALOGUE_LEFT_OUT || given == DIALOGUE_GIVEN)
            return -EINVAL;
        answer.given = (enum dialogue_given)given;
        *ret_answer = answer;
        return 0;
    }
    json_t *number = json_object_get(json, "n");
    if (!json_is_integer(number))
        return -EINVAL;
    answer.given = DIALOGUE_GIVEN;
    answer.number = json_integer_value(number);
    int r = read_text(json_object_get(json, "t"), arena, &answer.text);
    if (r == 0)
        *ret_answer = answer;
    return r;
}

int dialogue_state_decode(struct str text, struct arena *arena, struct dialogue_state *ret_state)
{
    AUTO_JSON *json = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_ALLOW_NUL, NULL);
    json_t *answers = json_object_get(json, "answers"), *step = json_object_get(json, "step");
    struct dialogue_state state = {.count = json_array_size(answers),
                                   .wrong = json_integer_value(json_object_get(json, "wrong"))};
    if (!json_is_array(answers) || !json_is_integer(step) || state.count > DIALOGUE_STEPS_MAX)
        return -EINVAL;
    if (json_integer_value(step) < 0 || (size_t)json_integer_value(step) >= state.count)
        return -EINVAL;
    state.step = (size_t)json_integer_value(step);
    int r = read_text(json_object_get(json, "context"), arena, &state.context);
    if (r == 0)
        r = read_text(json_object_get(json, "near"), arena, &state.near);
    for (size_t i = 0; i < state.count && r == 0; i++)
        r = read_answer(json_array_get(answers, i), arena, &state.answers[i]);
    if (r == 0)
        *ret_state = state;
    return r;
}
