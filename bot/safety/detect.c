/* SPDX-License-Identifier: MIT */
/* detect.c: the classifier on a stream of JSON lines. */
#include "safety/detect.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/utf8.h"
#include "safety/safety.h"

enum { TURNS_MAX = 4096 };

static void release(json_t **json)
{
    json_decref(*json);
}
#define AUTO_JSON CLEANUP(release) json_t

static json_t *load(struct str line, json_error_t *error)
{
    return json_loadb(line.ptr ? line.ptr : "", line.len, (size_t)JSON_ALLOW_NUL | JSON_DECODE_ANY, error);
}

/* What is not UTF-8 is read as Latin-1 and then once more; a lone surrogate escape (\ud83d) becomes a space. */
static json_t *load_repaired(struct str line, json_error_t *error)
{
    json_t *json = load(line, error);
    if (json)
        return json;
    AUTO_BUF repaired;
    buf_init(&repaired, (size_t)DETECT_LINE_BYTES_MAX * 2);
    utf8_add_repaired(&repaired, line);
    for (size_t i = 0; i + 6 <= repaired.len; i++) {
        char *at = repaired.ptr + i;
        if (at[0] == '\\' && at[1] == '\\')
            i++;
        else if (at[0] == '\\' && at[1] == 'u' && (at[2] | 0x20) == 'd' && (at[3] == '8' || at[3] == '9' || at[3] > '9'))
            memcpy(at, "\\u0020", 6);
    }
    return repaired.failed ? NULL : load(buf_str(&repaired), error);
}

static bool is_text(const json_t *json, struct str *ret_text)
{
    if (!json_is_string(json))
        return false;
    *ret_text = (struct str){json_string_value(json), json_string_length(json)};
    return true;
}

/* The bot's own words are not the person's; false when there is no text. */
static bool read_turn(const json_t *turn, struct safety_turn *ret_turn)
{
    static const char *const others[] = {"bot", "assistant", "system", "mooring"};
    *ret_turn = (struct safety_turn){{NULL, 0}, false};
    if (is_text(turn, &ret_turn->text))
        return true;
    struct str role;
    bool named = is_text(json_object_get(turn, "role"), &role) || is_text(json_object_get(turn, "from"), &role);
    for (size_t i = 0; named && i < COUNT_OF(others); i++)
        ret_turn->from_bot |= str_eq_nocase(role, str_of(others[i]));
    return is_text(json_object_get(turn, "text"), &ret_turn->text);
}

/* The last TURNS_MAX are read. */
static int read_turns(const struct safety *safety, const json_t *array, struct safety_verdict *ret_verdict)
{
    size_t count = json_array_size(array), used = 0;
    size_t first = count > TURNS_MAX ? count - TURNS_MAX : 0;
    AUTO_FREE struct safety_turn *turns = mem_zalloc_array(count - first + 1, sizeof(*turns));
    if (!turns)
        return -ENOMEM;
    for (size_t i = first; i < count; i++)
        used += read_turn(json_array_get(array, i), &turns[used]);
    safety_classify_dialogue(safety, turns, used, ret_verdict);
    return 0;
}

/* Returns what is wrong with the request, or NULL. */
static const char *read_request(const struct safety *safety, const json_t *request, struct safety_verdict *ret_verdict)
{
    struct str text;
    const json_t *turns = json_object_get(request, "turns");
    if (!json_is_object(request))
        return "not an object";
    if (is_text(json_object_get(request, "text"), &text)) {
        safety_classify(safety, text, 0, ret_verdict);
        return NULL;
    }
    if (json_is_array(turns))
        return read_turns(safety, turns, ret_verdict) < 0 ? "out of memory" : NULL;
    return "neither a \"text\" that is a string nor \"turns\" that are an array";
}

static int print(FILE *out, const json_t *request, const struct safety_verdict *verdict, const char *error)
{
    AUTO_JSON *rules = json_array();
    for (size_t i = 0; i < verdict->rule_count; i++) {
        if (json_array_append_new(rules, json_string(verdict->rules[i])) < 0)
            return -ENOMEM;
    }
    json_t *id = json_object_get(request, "id");
    if (!json_is_string(id) && !json_is_number(id))
        id = NULL;
    AUTO_JSON *line = json_pack("{s:O?, s:s, s:i, s:s, s:O}", "id", id, "kind", safety_kind_name(verdict->kind), "tier",
                                verdict->tier, "who", safety_who_name(verdict->who), "rules", rules);
    if (!line)
        return -ENOMEM;
    if (!id && json_object_set_new(line, "id", json_null()) < 0)
        return -ENOMEM;
    if (error && json_object_set_new(line, "error", json_string(error)) < 0)
        return -ENOMEM;
    if (json_dumpf(line, out, JSON_COMPACT | JSON_PRESERVE_ORDER) < 0 || fputc('\n', out) == EOF || fflush(out) != 0)
        return -EIO;
    return 0;
}

static int detect_line(const struct safety *safety, struct str line, FILE *out)
{
    struct safety_verdict verdict = {SAFETY_NONE, 0, SAFETY_WHO_NONE, 0, {0}};
    json_error_t parse_error;
    const char *error = "a line that is too long";
    AUTO_JSON *request = NULL;
    if (line.len <= DETECT_LINE_BYTES_MAX) {
        request = load_repaired(line, &parse_error);
        error = request ? read_request(safety, request, &verdict) : "not JSON";
    }
    return print(out, request, &verdict, error);
}

static void free_line(char **line)
{
    free(*line); /* getline's own */
}

int detect_stream(FILE *in, FILE *out)
{
    struct safety *safety = safety_create();
    if (!safety)
        return -ENOMEM;
    CLEANUP(free_line) char *line = NULL;
    size_t capacity = 0;
    int r = 0;
    while (r >= 0) {
        ssize_t length = getline(&line, &capacity, in);
        if (length < 0) {
            r = feof(in) ? 0 : -EIO;
            break;
        }
        struct str text = str_trim((struct str){line, (size_t)length});
        if (!str_empty(text))
            r = detect_line(safety, text, out);
    }
    safety_destroy(safety);
    return r;
}
