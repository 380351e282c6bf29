/* SPDX-License-Identifier: MIT */
/* tree.c: events without escapes, parsed from the bytes as they lie there.  Whatever is not plain
 * is left to jansson, so that there is one judge of what JSON is. */
#include "chat/matrix/tree.h"

#include "base/ascii.h"
#include "base/utf8.h"

enum { DEPTH_MAX = 16, MEMBERS_MAX = 64, VALUES_MAX = 4096, DIGITS_MAX = 18 };
#define EXACT_MAX                                                                                  \
    ((double)(1LL << 53)) /* up to here a real is the whole number that was written                \
                           */

struct quick {
    struct arena *arena;
    const char *at, *end;
    unsigned depth;
    size_t values;
};

static struct tree *parse_value(struct quick *quick);

static struct tree *new_tree(struct arena *arena, enum tree_kind kind)
{
    struct tree *tree = arena_alloc(arena, sizeof *tree);
    if (tree)
        tree->kind = kind;
    return tree;
}

/* ---- from bytes ----------------------------------------------------------------------------- */

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

/* From behind the opening quote to behind the closing one. */
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

static struct tree *parse_text(struct quick *quick)
{
    struct tree *tree = new_tree(quick->arena, TREE_TEXT);
    return tree && take_text(quick, &tree->text) ? tree : NULL;
}

static struct tree *parse_number(struct quick *quick)
{
    bool negative = *quick->at == '-';
    int64_t value = 0;
    const char *from = quick->at + negative, *p = from;
    while (p < quick->end && ascii_is_digit(*p) && p - from < DIGITS_MAX)
        value = value * 10 + (*p++ - '0');
    if (p == from || (*from == '0' && p - from > 1))
        return NULL;
    /* a fraction, an exponent, a further digit: no comma or bracket, of which one must follow */
    quick->at = p;
    struct tree *tree = new_tree(quick->arena, TREE_WHOLE);
    if (tree)
        tree->whole = negative ? -value : value;
    return tree;
}

static struct tree *parse_word(struct quick *quick, struct str word, enum tree_kind kind)
{
    if ((size_t)(quick->end - quick->at) < word.len || memcmp(quick->at, word.ptr, word.len) != 0)
        return NULL;
    quick->at += word.len;
    return new_tree(quick->arena, kind);
}

static const struct tree *find(const struct tree *object, struct str key)
{
    for (const struct tree *tree = object->first; tree; tree = tree->next)
        if (str_eq(tree->key, key))
            return tree;
    return NULL;
}

/* Behind the opening bracket.  Of an object a key comes before each value; one that is there twice
 * is not plain. */
static struct tree *parse_list(struct quick *quick, enum tree_kind kind)
{
    bool is_object = kind == TREE_OBJECT;
    char closing = is_object ? '}' : ']';
    struct tree *list = new_tree(quick->arena, kind);
    const struct tree **last = list ? &list->first : NULL;
    bool good = list && quick->depth++ < DEPTH_MAX;
    bool more = good && !take(quick, closing);
    while (good && more) {
        struct str key = {0};
        good = !is_object || (take(quick, '"') && take_text(quick, &key) && take(quick, ':') &&
                              list->count < MEMBERS_MAX && !find(list, key));
        struct tree *value = good ? parse_value(quick) : NULL;
        if (!value)
            return NULL;
        value->key = key;
        *last = value;
        last = &value->next;
        list->count++;
        more = take(quick, ',');
        good = more || take(quick, closing);
    }
    quick->depth--;
    return good ? list : NULL;
}

static struct tree *parse_value(struct quick *quick)
{
    skip_space(quick);
    if (quick->at == quick->end || ++quick->values > VALUES_MAX)
        return NULL;
    switch (*quick->at) {
    case '"':
        quick->at++;
        return parse_text(quick);
    case '{':
        quick->at++;
        return parse_list(quick, TREE_OBJECT);
    case '[':
        quick->at++;
        return parse_list(quick, TREE_ARRAY);
    case 't':
        return parse_word(quick, STR("true"), TREE_TRUE);
    case 'f':
        return parse_word(quick, STR("false"), TREE_FALSE);
    case 'n':
        return parse_word(quick, STR("null"), TREE_NULL);
    default:
        return *quick->at == '-' || ascii_is_digit(*quick->at) ? parse_number(quick) : NULL;
    }
}

const struct tree *tree_parse(struct arena *arena, struct str bytes)
{
    struct quick quick = {.arena = arena, .at = bytes.ptr, .end = bytes.ptr + bytes.len};
    if (!bytes.len || !take(&quick, '{'))
        return NULL;
    const struct tree *tree = parse_list(&quick, TREE_OBJECT);
    struct str read = {bytes.ptr, (size_t)(quick.at - bytes.ptr)};
    return tree && utf8_valid(read) ? tree : NULL;
}

/* ---- from jansson --------------------------------------------------------------------------- */

static struct tree *text_of_json(struct arena *arena, const json_t *json)
{
    struct tree *tree = new_tree(arena, TREE_TEXT);
    if (tree)
        tree->text = str_keep(arena,
                              (struct str){json_string_value(json), json_string_length(json)});
    return tree && tree->text.ptr ? tree : NULL;
}

static struct tree *scalar_of_json(struct arena *arena, const json_t *json)
{
    if (json_is_string(json))
        return text_of_json(arena, json);
    struct tree *tree = new_tree(arena, json_is_integer(json) ? TREE_WHOLE
                                        : json_is_real(json)  ? TREE_REAL
                                        : json_is_true(json)  ? TREE_TRUE
                                        : json_is_false(json) ? TREE_FALSE
                                                              : TREE_NULL);
    if (tree && tree->kind == TREE_WHOLE)
        tree->whole = json_integer_value(json);
    if (tree && tree->kind == TREE_REAL)
        tree->real = json_real_value(json);
    return tree;
}

/* Puts a value behind the last; false: no memory. */
static bool add(struct tree *list, const struct tree ***last, struct tree *value)
{
    if (!value)
        return false;
    **last = value;
    *last = &value->next;
    list->count++;
    return true;
}

static struct tree *value_of_json(struct arena *arena, const json_t *json)
{
    bool is_list = json_is_object(json) || json_is_array(json);
    if (!is_list)
        return scalar_of_json(arena, json);
    struct tree *list = new_tree(arena, json_is_object(json) ? TREE_OBJECT : TREE_ARRAY);
    const struct tree **last = list ? &list->first : NULL;
    const char *key; /* jansson lets no NUL into keys */
    size_t i;
    json_t *member;
    bool good = list;
    json_array_foreach(json, i, member)
    {
        good = good && add(list, &last, value_of_json(arena, member));
    }
    json_object_foreach((json_t *)(uintptr_t)json, key, member)
    {
        struct tree *value = good ? value_of_json(arena, member) : NULL;
        if (value)
            value->key = str_keep(arena, str_of(key));
        good = value && value->key.ptr && add(list, &last, value);
    }
    return good ? list : NULL;
}

const struct tree *tree_of_json(struct arena *arena, const json_t *json)
{
    return value_of_json(arena, json);
}

/* ---- looking -------------------------------------------------------------------------------- */

bool tree_is(const struct tree *tree, enum tree_kind kind)
{
    return tree && tree->kind == kind;
}

const struct tree *tree_first(const struct tree *array)
{
    return tree_is(array, TREE_ARRAY) ? array->first : NULL;
}

const struct tree *tree_get(const struct tree *object, const char *key)
{
    return tree_is(object, TREE_OBJECT) ? find(object, str_of(key)) : NULL;
}

struct str tree_text(const struct tree *object, const char *key)
{
    const struct tree *member = tree_get(object, key);
    return tree_is(member, TREE_TEXT) ? member->text : (struct str){0};
}

int64_t tree_whole(const struct tree *object, const char *key, int64_t otherwise)
{
    const struct tree *member = tree_get(object, key);
    if (tree_is(member, TREE_REAL) && member->real >= -EXACT_MAX && member->real <= EXACT_MAX)
        return (int64_t)member->real;
    return tree_is(member, TREE_WHOLE) ? member->whole : otherwise;
}

bool tree_is_true(const struct tree *object, const char *key)
{
    return tree_is(tree_get(object, key), TREE_TRUE);
}
