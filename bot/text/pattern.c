/* SPDX-License-Identifier: MIT */
/* pattern.c: the parser of patterns. */
#include "text/pattern.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/number.h"
#include "text/text.h"

struct parser {
    struct str text;
    size_t at;
    unsigned depth;
    bool in_plural; /* # is a number here */
    bool in_code;
    struct arena *arena;
    struct error *error;
};
/* A growing chain of parts. */
struct chain {
    struct text_part *first, *last;
};

static int parse_parts(struct parser *parser, char end, struct text_part **ret_parts);

static bool at_end(const struct parser *parser)
{
    return parser->at >= parser->text.len;
}

static char peek(const struct parser *parser, size_t ahead)
{
    return parser->at + ahead < parser->text.len ? parser->text.ptr[parser->at + ahead] : '\0';
}

static int wrong(const struct parser *parser, const char *what)
{
    struct str near = str_upto(str_from(parser->text, MIN_OF(parser->at, parser->text.len)), 24);
    if (str_empty(near))
        return error_set(parser->error, -EINVAL, "%s, at the end.", what);
    return error_set(parser->error, -EINVAL, "%s, near \"%.*s\".", what, STR_ARG(near));
}

static struct text_part *add_part(struct parser *parser, struct chain *chain,
                                  enum text_part_kind kind)
{
    struct text_part *part = arena_alloc(parser->arena, sizeof *part);
    if (!part)
        return NULL;
    part->kind = kind;
    if (chain->last)
        chain->last->next = part;
    else
        chain->first = part;
    chain->last = part;
    return part;
}

/* Neighbouring literals become one. */
static int add_literal(struct parser *parser, struct chain *chain, struct buf *literal)
{
    if (literal->failed)
        return literal->failed;
    if (literal->len == 0)
        return 0;
    struct text_part *part = add_part(parser, chain, TEXT_PART_LITERAL);
    if (!part)
        return -ENOMEM;
    part->text = str_keep(parser->arena, buf_str(literal));
    buf_clear(literal);
    return part->text.ptr ? 0 : -ENOMEM;
}

static void skip_space(struct parser *parser)
{
    while (peek(parser, 0) == ' ' || peek(parser, 0) == '\n' || peek(parser, 0) == '\t')
        parser->at++;
}

static bool is_name(char c)
{
    return ascii_is_word(c) || c == '_' || c == '-';
}

static int parse_name(struct parser *parser, const char *what, struct str *ret_name)
{
    skip_space(parser);
    size_t start = parser->at;
    while (is_name(peek(parser, 0)))
        parser->at++;
    if (parser->at == start)
        return wrong(parser, what);
    *ret_name = (struct str){parser->text.ptr + start, parser->at - start};
    skip_space(parser);
    return 0;
}

/* ---- apostrophes ----------------------------------------------------------------------------- */

static bool quotes(const struct parser *parser, char c)
{
    return c == '{' || c == '}' || (c == '#' && parser->in_plural);
}

/* At an apostrophe. */
static int take_apostrophe(struct parser *parser, struct buf *literal)
{
    parser->at++;
    if (peek(parser, 0) == '\'') {
        buf_add_byte(literal, '\'');
        parser->at++;
        return 0;
    }
    if (!quotes(parser, peek(parser, 0))) {
        buf_add_byte(literal, '\'');
        return 0;
    }
    while (!at_end(parser)) {
        if (peek(parser, 0) == '\'' && peek(parser, 1) != '\'') {
            parser->at++;
            return 0;
        }
        parser->at += peek(parser, 0) == '\'';
        buf_add_byte(literal, peek(parser, 0));
        parser->at++;
    }
    return wrong(parser,
                 "an apostrophe before a brace quotes what follows, and is not closed by another");
}

/* ---- braces ---------------------------------------------------------------------------------- */

static int parse_case(struct parser *parser, bool plural, struct text_case *item)
{
    int r;
    if (plural && peek(parser, 0) == '=') {
        parser->at++;
        struct str digits;
        r = parse_name(parser, "a number is missing after =", &digits);
        if (r >= 0 && number_parse(digits, 0, INT32_MAX, &item->exact) < 0)
            r = wrong(parser, "what stands after = is not a number");
    } else {
        r = parse_name(parser, "the name of a case is missing", &item->keyword);
    }
    if (r < 0)
        return r;
    if (peek(parser, 0) != '{')
        return wrong(parser, "a case needs its text in braces");
    parser->at++;
    bool outer = parser->in_plural;
    parser->in_plural = outer || plural;
    r = parse_parts(parser, '}', &item->parts);
    parser->in_plural = outer;
    return r;
}

static const char *const plural_keywords[] = {"zero", "one", "two", "few", "many", "other"};

static bool is_plural_keyword(struct str keyword)
{
    for (size_t i = 0; i < COUNT_OF(plural_keywords); i++)
        if (str_eq_c(keyword, plural_keywords[i]))
            return true;
    return str_empty(keyword);
}

/* After "{name, plural,": the cases up to the closing brace. */
static int parse_cases(struct parser *parser, bool plural, struct text_part *part)
{
    struct text_case **link = &part->cases;
    bool has_other = false;
    skip_space(parser);
    while (peek(parser, 0) != '}') {
        if (at_end(parser))
            return wrong(parser, "a { is not closed");
        struct text_case *item = arena_alloc(parser->arena, sizeof *item);
        if (!item)
            return -ENOMEM;
        int r = parse_case(parser, plural, item);
        if (r < 0)
            return r;
        if (plural && !is_plural_keyword(item->keyword))
            return wrong(parser, "a plural's cases are =N, zero, one, two, few, many and other");
        has_other |= str_eq_c(item->keyword, "other");
        *link = item;
        link = &item->next;
        skip_space(parser);
    }
    parser->at++;
    return has_other ? 0 : wrong(parser, "the case \"other\" is missing");
}

static int parse_argument(struct parser *parser, struct chain *chain)
{
    struct str name, kind;
    parser->at++;
    int r = parse_name(parser, "an argument's name is missing after {", &name);
    if (r < 0)
        return r;
    struct text_part *part = add_part(parser, chain, TEXT_PART_ARGUMENT);
    if (!part)
        return -ENOMEM;
    part->text = str_keep(parser->arena, name);
    if (!part->text.ptr)
        return -ENOMEM;
    if (peek(parser, 0) == '}') {
        parser->at++;
        return 0;
    }
    if (peek(parser, 0) != ',')
        return wrong(parser, "after an argument's name comes } or a comma");
    parser->at++;
    r = parse_name(parser, "\"plural\" or \"select\" is missing", &kind);
    if (r < 0)
        return r;
    bool plural = str_eq_c(kind, "plural");
    if ((!plural && !str_eq_c(kind, "select")) || peek(parser, 0) != ',')
        return wrong(parser, "an argument is plain, \"plural,\" or \"select,\"");
    parser->at++;
    part->kind = plural ? TEXT_PART_PLURAL : TEXT_PART_SELECT;
    return parse_cases(parser, plural, part);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int parse_code(struct parser *parser, struct chain *chain)
{
    struct text_part *part = add_part(parser, chain, TEXT_PART_CODE);
    if (!part)
        return -ENOMEM;
    parser->at++;
    parser->in_code = true;
    int r = parse_parts(parser, '`', &part->parts);
    parser->in_code = false;
    return r;
}

/* One step at a byte that may mean something.  1: it does and was taken; 0: plain. */
static int parse_special(struct parser *parser, struct chain *chain, struct buf *literal)
{
    char c = peek(parser, 0);
    if (c == '\'')
        return take_apostrophe(parser, literal) < 0 ? -EINVAL : 1;
    bool number = c == '#' && parser->in_plural, code = c == '`' && !parser->in_code;
    if (c == '}')
        return wrong(parser, "a } has no {; a brace that is to be shown is written '}'");
    if (c != '{' && !number && !code)
        return 0;
    int r = add_literal(parser, chain, literal);
    if (r < 0)
        return r;
    if (number) {
        parser->at++;
        return add_part(parser, chain, TEXT_PART_NUMBER) ? 1 : -ENOMEM;
    }
    r = code ? parse_code(parser, chain) : parse_argument(parser, chain);
    return r < 0 ? r : 1;
}

/* Up to `end`, which is taken; '\0': up to the end of the text. */
static int parse_until(struct parser *parser, char end, struct chain *chain, struct buf *literal)
{
    while (!at_end(parser)) {
        char c = peek(parser, 0);
        if (end && c == end) {
            parser->at++;
            return add_literal(parser, chain, literal);
        }
        if (c == '\\' && !parser->in_code && parser->at + 1 < parser->text.len &&
            !quotes(parser, peek(parser, 1))) {
            buf_add_byte(literal, c); /* Markdown's own escape: what follows is no code span */
            buf_add_byte(literal, peek(parser, 1));
            parser->at += 2;
            continue;
        }
        int r = parse_special(parser, chain, literal);
        if (r < 0)
            return r;
        if (r == 0) {
            buf_add_byte(literal, c);
            parser->at++;
        }
    }
    if (end)
        return wrong(parser, end == '}' ? "a { is not closed" : "a ` is not closed");
    return add_literal(parser, chain, literal);
}

static int parse_parts(struct parser *parser, char end, struct text_part **ret_parts)
{
    if (parser->depth == TEXT_PATTERN_DEPTH)
        return wrong(parser, "braces are nested too deep");
    struct chain chain = {NULL, NULL};
    AUTO_BUF literal;
    buf_init(&literal, TEXT_PATTERN_LIMIT_BYTES);
    parser->depth++;
    int r = parse_until(parser, end, &chain, &literal);
    parser->depth--;
    if (r >= 0)
        *ret_parts = chain.first;
    return r;
}

int text_pattern_parse(struct str pattern, struct arena *arena, struct text_part **ret_parts,
                       struct error *error)
{
    if (pattern.len > TEXT_PATTERN_LIMIT_BYTES)
        return error_set(error, -EINVAL, "the text is too long (at most %d bytes).",
                         TEXT_PATTERN_LIMIT_BYTES);
    struct parser parser = {.text = pattern, .arena = arena, .error = error};
    return parse_parts(&parser, '\0', ret_parts);
}

/* ---- for checks ------------------------------------------------------------------------------ */

static void walk(const struct text_part *part, void (*argument)(void *ctx, struct str name),
                 void *ctx)
{
    for (; part; part = part->next) {
        bool named = part->kind == TEXT_PART_ARGUMENT || part->kind == TEXT_PART_PLURAL ||
                     part->kind == TEXT_PART_SELECT;
        if (named && argument)
            argument(ctx, part->text);
        for (const struct text_case *item = part->cases; item; item = item->next)
            walk(item->parts, argument, ctx);
        walk(part->parts, argument, ctx);
    }
}

int text_pattern_check(struct str pattern, void (*argument)(void *ctx, struct str name), void *ctx,
                       struct error *error)
{
    struct arena arena CLEANUP(arena_done);
    arena_init(&arena, 0);
    struct text_part *parts = NULL;
    int r = text_pattern_parse(pattern, &arena, &parts, error);
    if (r < 0)
        return r;
    walk(parts, argument, ctx);
    return 0;
}
