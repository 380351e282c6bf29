/* SPDX-License-Identifier: MIT */
/* quick.c: events without escapes, parsed from the bytes as they lie there.  jansson's own reader
 * copies each byte through three functions: it was most of what a quiet event cost.  Whatever is
 * not plain is left to it, so that there is one judge of what JSON is. */
#include "chat/matrix/quick.h"

enum { DEPTH_MAX = 16, DIGITS_MAX = 17 };

struct quick {
    const char *at, *end;
    unsigned depth;
};

static json_t *parse_value(struct quick *quick);

static void skip_space(struct quick *quick)
{
    while (quick->at < quick->end &&
           (*quick->at == ' ' || *quick->at == '\n' || *quick->at == '\t' || *quick->at == '\r'))
        quick->at++;
}

static bool take(struct quick *quick, char c)
{
    skip_space(quick);
    if (quick->at == quick->end || *quick->at != c)
        return false;
    quick->at++;
    return true;
}

/* From behind the opening quote to behind the closing one.  UTF-8 is checked by who takes it. */
static bool take_text(struct quick *quick, struct str *ret_text)
{
    const char *from = quick->at;
    for (const char *p = from; p < quick->end; p++) {
        if (*p == '"') {
            *ret_text = (struct str){from, (size_t)(p - from)};
            quick->at = p + 1;
            return true;
        }
        if (*p == '\\' || (unsigned char)*p < ' ')
            return false;
    }
    return false;
}

static json_t *parse_text(struct quick *quick)
{
    struct str text;
    return take_text(quick, &text) ? json_stringn(text.ptr, text.len) : NULL;
}

static json_t *parse_number(struct quick *quick)
{
    bool negative = *quick->at == '-';
    json_int_t value = 0;
    const char *from = quick->at + negative, *p = from;
    while (p < quick->end && *p >= '0' && *p <= '9' && p - from <= DIGITS_MAX)
        value = value * 10 + (*p++ - '0');
    bool whole = p > from && p - from <= DIGITS_MAX && (*from != '0' || p - from == 1);
    /* in an object or array something follows */
    if (!whole || p == quick->end || *p == '.' || *p == 'e' || *p == 'E')
        return NULL;
    quick->at = p;
    return json_integer(negative ? -value : value);
}

static bool take_word(struct quick *quick, struct str word)
{
    if ((size_t)(quick->end - quick->at) < word.len || memcmp(quick->at, word.ptr, word.len) != 0)
        return false;
    quick->at += word.len;
    return true;
}

/* value: taken */
static bool put(json_t *object, struct str key, json_t *value)
{
    return value && json_object_setn_new(object, key.ptr, key.len, value) == 0;
}

static json_t *parse_object(struct quick *quick)
{
    json_t *object = json_object();
    struct str key;
    bool good = object && quick->depth++ < DEPTH_MAX;
    bool more = good && !take(quick, '}');
    while (good && more) {
        good = take(quick, '"') && take_text(quick, &key) && take(quick, ':') &&
               put(object, key, parse_value(quick));
        more = good && take(quick, ',');
        good = good && (more || take(quick, '}'));
    }
    quick->depth--;
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *parse_array(struct quick *quick)
{
    json_t *array = json_array();
    bool good = array && quick->depth++ < DEPTH_MAX;
    bool more = good && !take(quick, ']');
    while (good && more) {
        json_t *value = parse_value(quick);
        good = value && json_array_append_new(array, value) == 0;
        more = good && take(quick, ',');
        good = good && (more || take(quick, ']'));
    }
    quick->depth--;
    if (good)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *parse_value(struct quick *quick)
{
    skip_space(quick);
    if (quick->at == quick->end)
        return NULL;
    switch (*quick->at) {
    case '"':
        quick->at++;
        return parse_text(quick);
    case '{':
        quick->at++;
        return parse_object(quick);
    case '[':
        quick->at++;
        return parse_array(quick);
    case 't':
        return take_word(quick, STR("true")) ? json_true() : NULL;
    case 'f':
        return take_word(quick, STR("false")) ? json_false() : NULL;
    case 'n':
        return take_word(quick, STR("null")) ? json_null() : NULL;
    default:
        return *quick->at == '-' || (*quick->at >= '0' && *quick->at <= '9') ? parse_number(quick)
                                                                             : NULL;
    }
}

json_t *matrix_quick_parse(struct str bytes)
{
    struct quick quick = {.at = bytes.ptr, .end = bytes.ptr + bytes.len};
    return bytes.len && take(&quick, '{') ? parse_object(&quick) : NULL;
}
