/* SPDX-License-Identifier: MIT */
/* request.c: one line of the control socket, read and written. */
#include "control/request.h"

#include <errno.h>
#include <stdlib.h>

#include "base/ascii.h"

static bool is_verb_byte(char c)
{
    return ascii_is_small(c) || ascii_is_digit(c) || c == '-' || c == '.';
}

static bool take_verb(struct str text, char out[CONTROL_VERB_BYTES])
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_verb_byte(text.ptr[i]))
            return false;
    return !str_empty(text) && str_to_c(text, out, CONTROL_VERB_BYTES);
}

static struct str text_of(const json_t *value)
{
    return json_is_string(value) ? (struct str){json_string_value(value), json_string_length(value)}
                                 : (struct str){0};
}

int control_request_read(struct str line, struct control_request *ret_request, struct error *error)
{
    json_error_t where;
    struct control_request request = {0};
    AUTO_JSON *whole = json_loadb(line.ptr ? line.ptr : "", line.len, JSON_REJECT_DUPLICATES,
                                  &where);
    if (!whole && json_error_code(&where) == json_error_out_of_memory)
        return error_set(error, -ENOMEM, "out of memory");
    if (!json_is_object(whole))
        return error_set(error, -EINVAL, "a request is one JSON object on one line");
    if (!take_verb(text_of(json_object_get(whole, "verb")), request.verb))
        return error_set(error, -EINVAL, "a request names its \"verb\"");
    json_t *arguments = json_object_get(whole, "arguments");
    if (!arguments) {
        arguments = json_object();
        if (json_object_set_new(whole, "arguments", arguments) < 0)
            return error_set(error, -ENOMEM, "out of memory");
    }
    if (!json_is_object(arguments))
        return error_set(error, -EINVAL, "a request's \"arguments\" are an object");
    request.folder = text_of(json_object_get(whole, "folder"));
    request.arguments = arguments;
    request.whole = TAKE(whole);
    *ret_request = request;
    return 0;
}

void control_request_done(struct control_request *request)
{
    json_decref(request->whole);
    *request = (struct control_request){0};
}

int control_request_write(const char *verb, struct str folder, const json_t *arguments,
                          struct buf *out)
{
    AUTO_JSON *whole = json_object();
    int r = whole ? 0 : -ENOMEM;
    if (r == 0 && json_object_set_new(whole, "verb", json_string(verb)) < 0)
        r = -ENOMEM;
    if (r == 0 && !str_empty(folder) &&
        json_object_set_new(whole, "folder", json_stringn(folder.ptr, folder.len)) < 0)
        r = -ENOMEM;
    if (r == 0 && arguments &&
        json_object_set_new(whole, "arguments", json_deep_copy(arguments)) < 0)
        r = -ENOMEM;
    char *text = r == 0 ? json_dumps(whole, JSON_COMPACT) : NULL;
    if (!text)
        return -ENOMEM;
    buf_add_c(out, text);
    buf_add_byte(out, '\n');
    mem_free(text); /* jansson has its memory from us */
    return out->failed;
}
