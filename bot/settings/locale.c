/* SPDX-License-Identifier: MIT */
/* locale.c: countries (ISO 3166-1) and languages (BCP 47), as ICU knows them. */
#include <errno.h>
#include <string.h>

#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/near.h"
#include "settings/value.h"

/* An English name in UTF-8; "" when there is none. */
typedef int32_t (*display_fn)(const char *locale, const char *in, UChar *out, int32_t size,
                              UErrorCode *status);
static struct str english(display_fn display, const char *locale, char *out, size_t size)
{
    UChar wide[96];
    UErrorCode status = U_ZERO_ERROR;
    int32_t length = 0, written = 0;
    length = display(locale, "en", wide, COUNT_OF(wide), &status);
    if (U_SUCCESS(status) && length < (int32_t)COUNT_OF(wide))
        u_strToUTF8(out, (int32_t)size, &written, wide, length, &status);
    return U_SUCCESS(status) ? (struct str){out, (size_t)written} : STR("");
}

/* "UK" and the three-letter codes are what people write; else the English name. */
static const char *country_like(struct str text)
{
    if (str_eq_nocase(text, STR("UK")))
        return "GB";
    for (const char *const *code = uloc_getISOCountries(); *code; code++) {
        char locale[8] = "und_", name[128];
        memcpy(locale + 4, *code, 3);
        if (str_eq_nocase(text, str_of(*code)) ||
            str_eq_nocase(text, str_of(uloc_getISO3Country(locale))) ||
            str_eq_nocase(text, english(uloc_getDisplayCountry, locale, name, sizeof name)))
            return *code;
    }
    return NULL;
}

int settings_locale_country(struct str text, struct error *error)
{
    for (const char *const *code = uloc_getISOCountries(); *code; code++)
        if (str_eq_c(text, *code))
            return 0;
    const char *like = country_like(text);
    struct str shown = str_upto(text, 80);
    if (like)
        return error_set(error, -EINVAL, "\"%.*s\" is not a country's code. Did you mean \"%s\"?",
                         STR_ARG(shown), like);
    return error_set(error, -EINVAL,
                     "\"%.*s\" is not a country's code. Write its two letters, as in \"US\".",
                     STR_ARG(shown));
}

static const char *language_like(struct str text)
{
    for (const char *const *code = uloc_getISOLanguages(); *code; code++) {
        char name[128];
        if (str_eq_nocase(text, str_of(*code)) ||
            str_eq_nocase(text, str_of(uloc_getISO3Language(*code))) ||
            str_eq_nocase(text, english(uloc_getDisplayLanguage, *code, name, sizeof name)))
            return *code;
    }
    return NULL;
}

static bool language_known(const char *code)
{
    for (const char *const *known = uloc_getISOLanguages(); *known; known++)
        if (strcmp(*known, code) == 0)
            return true;
    return false;
}

int settings_locale_language(struct str text, struct error *error)
{
    char tag[64], locale[128], language[16];
    UErrorCode status = U_ZERO_ERROR;
    int32_t parsed = 0;
    if (str_to_c(text, tag, sizeof tag) && text.len)
        uloc_forLanguageTag(tag, locale, sizeof locale, &parsed, &status);
    if (U_SUCCESS(status) && parsed > 0 && (size_t)parsed == text.len) {
        uloc_getLanguage(locale, language, sizeof language, &status);
        if (U_SUCCESS(status) && language_known(language))
            return 0;
    }
    const char *like = language_like(text);
    struct str shown = str_upto(text, 80);
    if (like)
        return error_set(error, -EINVAL, "\"%.*s\" is not a language's tag. Did you mean \"%s\"?",
                         STR_ARG(shown), like);
    return error_set(error, -EINVAL,
                     "\"%.*s\" is not a language's tag. Write it like \"en\" or \"es-AR\".",
                     STR_ARG(shown));
}
