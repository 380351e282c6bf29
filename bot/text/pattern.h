/* SPDX-License-Identifier: MIT */
/* pattern.h: one wording of a message, parsed once at load: literal text, arguments, plurals and
 * selections. */
#ifndef TEXT_PATTERN_H
#define TEXT_PATTERN_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum { TEXT_PATTERN_LIMIT_BYTES = 16 * 1024, TEXT_PATTERN_DEPTH = 8 };

enum text_part_kind {
    TEXT_PART_LITERAL, /* Markdown, as it stands in the file */
    TEXT_PART_ARGUMENT,
    TEXT_PART_PLURAL,
    TEXT_PART_SELECT,
    TEXT_PART_NUMBER, /* # within a plural */
    TEXT_PART_CODE, /* `...`: what is in it is shown as it is, so it needs other care than the rest
                     */
    TEXT_PART_KIND_COUNT
};
struct text_case {
    struct str keyword; /* "one", "other", a selector; empty for =N */
    int64_t exact;      /* =N */
    struct text_part *parts;
    struct text_case *next;
};
struct text_part {
    enum text_part_kind kind;
    struct str text; /* the literal, or the argument's name */
    struct text_case *cases;
    struct text_part *parts; /* of CODE */
    struct text_part *next;
};

/* Syntax: {name}, {n, plural, =0 {...} one {...} other {...}}, {x, select, a {...} other {...}},
 * nested; # in a plural is its number.  '' is an apostrophe, '{' a brace (an apostrophe before {, }
 * or # quotes up to the next one); every other apostrophe is itself.  0, -EINVAL with a sentence,
 * -ENOMEM.  Parts live in the arena. */
int text_pattern_parse(struct str pattern, struct arena *arena, struct text_part **ret_parts,
                       struct error *error) MUST_CHECK;

#endif
