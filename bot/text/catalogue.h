/* SPDX-License-Identifier: MIT */
/* catalogue.h: the texts in memory: languages, ids, wordings. */
#ifndef TEXT_CATALOGUE_H
#define TEXT_CATALOGUE_H

#include <unicode/unum.h>
#include <unicode/upluralrules.h>

#include "base/map.h"
#include "text/pattern.h"
#include "text/text.h"

enum { TEXT_LANGUAGE_LIMIT = 64, TEXT_FILE_LIMIT = 512 };

struct text_wording {
    struct str pattern;
    struct text_part *parts;
};
struct text_entry {
    struct str id; /* "area.key" */
    struct text_wording *wordings;
    size_t count;
    struct text_entry *next; /* in the order of the files */
};
struct text_language {
    struct str tag; /* "en", "es-AR", as the folder is named */
    struct map ids; /* -> struct text_entry */
    struct text_entry *first, *last;
    UPluralRules *plurals;  /* made at load */
    UNumberFormat *numbers; /* made when a large number is first shown */
    bool latin_digits;      /* small numbers need no ICU */
};
struct text {
    struct arena arena;
    struct text_language *languages[TEXT_LANGUAGE_LIMIT];
    size_t language_count;
    struct map files; /* "en/core": read already, from an earlier folder */
};

/* A new language with its ICU rules; -ENOMEM, -E2BIG, -EINVAL when ICU does not know it. */
int text_language_create(struct text *text, struct str tag,
                         struct text_language **ret_language) MUST_CHECK;
void text_language_done(struct text_language *language);
struct text_language *text_language_exact(const struct text *text, struct str tag); /* NULL: none */
/* "es-AR" -> es-AR, es; NULL: neither. */
struct text_language *text_language_find(const struct text *text, struct str tag);
/* The id in the reader's language, else in "en".  *ret_language is the one it was found in. */
const struct text_entry *text_entry_find(const struct text *text, struct str language,
                                         struct str msgid, struct text_language **ret_language);

/* "one", "few", "other" ... of a number; the language's digits and separators. */
struct str text_language_plural(const struct text_language *language, int64_t number, char *room,
                                size_t size);
void text_language_number(struct text_language *language, int64_t number, struct buf *out);

#endif
