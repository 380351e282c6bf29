/* SPDX-License-Identifier: MIT */
/* language.c: what a language does with numbers (ICU), kept from the load on. */
#include <errno.h>
#include <inttypes.h>

#include <unicode/uloc.h>
#include <unicode/unumsys.h>
#include <unicode/ustring.h>

#include "text/catalogue.h"

static bool has_latin_digits(const char *locale)
{
    UErrorCode status = U_ZERO_ERROR;
    UNumberingSystem *system = unumsys_open(locale, &status);
    const char *name = U_SUCCESS(status) ? unumsys_getName(system) : NULL;
    bool latin = name && strcmp(name, "latn") == 0;
    if (system)
        unumsys_close(system);
    return latin;
}

static bool same_tag(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        struct str x = {a.ptr + i, 1}, y = {b.ptr + i, 1};
        bool dash = (*x.ptr == '-' || *x.ptr == '_') && (*y.ptr == '-' || *y.ptr == '_');
        if (!dash && !str_eq_nocase(x, y))
            return false;
    }
    return true;
}

int text_language_create(struct text *text, struct str tag, struct text_language **ret_language)
{
    char name[32];
    UErrorCode status = U_ZERO_ERROR;
    if (text->language_count == TEXT_LANGUAGE_LIMIT)
        return -E2BIG;
    if (!str_to_c(tag, name, sizeof name))
        return -EINVAL;
    struct text_language *language = arena_alloc(&text->arena, sizeof *language);
    if (!language)
        return -ENOMEM;
    language->tag = str_keep(&text->arena, tag);
    if (!language->tag.ptr)
        return -ENOMEM;
    language->plurals = uplrules_openForType(name, UPLURAL_TYPE_CARDINAL, &status);
    if (U_FAILURE(status))
        return status == U_MEMORY_ALLOCATION_ERROR ? -ENOMEM : -EINVAL;
    language->latin_digits = has_latin_digits(name);
    text->languages[text->language_count++] = language;
    *ret_language = language;
    return 0;
}

void text_language_done(struct text_language *language)
{
    if (language->plurals)
        uplrules_close(language->plurals);
    if (language->numbers)
        unum_close(language->numbers);
    map_done(&language->ids);
}

struct text_language *text_language_exact(const struct text *text, struct str tag)
{
    for (size_t i = 0; i < text->language_count; i++)
        if (same_tag(text->languages[i]->tag, tag))
            return text->languages[i];
    return NULL;
}

struct text_language *text_language_find(const struct text *text, struct str tag)
{
    while (!str_empty(tag)) {
        struct text_language *found = text_language_exact(text, tag);
        if (found)
            return found;
        while (tag.len && tag.ptr[tag.len - 1] != '-' && tag.ptr[tag.len - 1] != '_')
            tag.len--;
        tag.len -= tag.len > 0;
    }
    return NULL;
}

const struct text_entry *text_entry_find(const struct text *text, struct str language,
                                         struct str msgid, struct text_language **ret_language)
{
    struct text_language *candidates[] = {text_language_find(text, language), NULL,
                                          text_language_exact(text, STR("en"))};
    /* "es-AR" may lack what "es" has */
    if (candidates[0]) {
        struct str parent = candidates[0]->tag;
        size_t dash = str_find(parent, STR("-"), 0);
        candidates[1] = dash < parent.len ? text_language_find(text, str_upto(parent, dash)) : NULL;
    }
    for (size_t i = 0; i < COUNT_OF(candidates); i++) {
        const struct text_entry *entry = candidates[i] ? map_get(&candidates[i]->ids, msgid) : NULL;
        if (!entry)
            continue;
        *ret_language = candidates[i];
        return entry;
    }
    return NULL;
}

struct str text_language_plural(const struct text_language *language, int64_t number, char *room,
                                size_t size)
{
    UChar keyword[16];
    UErrorCode status = U_ZERO_ERROR;
    int32_t length = uplrules_select(language->plurals, (double)number, keyword, COUNT_OF(keyword),
                                     &status);
    if (U_FAILURE(status) || length <= 0 || (size_t)length >= size)
        return STR("other");
    u_UCharsToChars(keyword, room, length);
    return (struct str){room, (size_t)length};
}

void text_language_number(struct text_language *language, int64_t number, struct buf *out)
{
    UErrorCode status = U_ZERO_ERROR;
    bool small = number > -1000 && number < 1000;
    if (!(small && language->latin_digits) && !language->numbers) {
        char name[32];
        str_to_c(language->tag, name, sizeof name);
        language->numbers = unum_open(UNUM_DECIMAL, NULL, 0, name, NULL, &status);
        if (U_FAILURE(status)) {
            unum_close(language->numbers);
            language->numbers = NULL;
        }
    }
    UChar wide[64];
    char narrow[192];
    int32_t length = 0, written = 0;
    bool by_icu = !(small && language->latin_digits) && language->numbers;
    if (by_icu) {
        status = U_ZERO_ERROR;
        length = unum_formatInt64(language->numbers, number, wide, COUNT_OF(wide), NULL, &status);
        u_strToUTF8(narrow, sizeof narrow, &written, wide, length, &status);
    }
    if (by_icu && U_SUCCESS(status))
        buf_add(out, (struct str){narrow, (size_t)written});
    else
        buf_add_format(out, "%" PRId64, number);
}
