/* SPDX-License-Identifier: MIT */
/* cards.c: looks a card up; everything it gives lives in the program itself. */
#include "safety/cards.h"

#include <assert.h>

#include "safety/cards_data.h"

static const struct card_country *country_coded(struct str code)
{
    for (size_t i = 0; i < card_country_count; i++) {
        for (const char *const *own = card_countries[i].codes; *own; own++) {
            if (str_eq_nocase(code, str_of(*own)))
                return &card_countries[i];
        }
    }
    return NULL;
}

static const struct card_country *country_or_international(struct str code)
{
    const struct card_country *country = country_coded(code);
    if (!country)
        country = country_coded(STR("XX"));
    assert(country); /* cards_compile refuses to write a table without it */
    return country;
}

static const struct card_language *language_coded(const struct card_country *country, struct str code)
{
    for (size_t i = 0; i < country->language_count; i++) {
        if (str_eq_nocase(code, str_of(country->languages[i].language)))
            return &country->languages[i];
    }
    return NULL;
}

/* "en-GB" is "en" when there is no wording of its own. */
static const struct card_language *language_or_english(const struct card_country *country, struct str code)
{
    const struct card_language *language = language_coded(country, code);
    struct str rest = code, base = {NULL, 0};
    if (!language && str_split(&rest, '-', &base))
        language = language_coded(country, base);
    if (!language)
        language = language_coded(country, STR("en"));
    assert(language);
    return language;
}

enum card_kind card_for(enum safety_kind kind, int tier)
{
    switch (kind) {
    case SAFETY_OVERDOSE:
        return CARD_OVERDOSE;
    case SAFETY_WITHDRAWAL:
        return CARD_WITHDRAWAL;
    case SAFETY_VIOLENCE:
        return CARD_VIOLENCE;
    case SAFETY_NONE:
    case SAFETY_SUICIDE:
    case SAFETY_SELF_HARM:
    case SAFETY_CRAVING:
    case SAFETY_LAPSE:
    case SAFETY_KIND_COUNT:
        break;
    }
    return tier >= 4 ? CARD_EMERGENCY : CARD_CRISIS;
}

struct str card_text(struct str country, struct str language, enum card_kind kind, unsigned wording)
{
    assert(kind < CARD_KIND_COUNT);
    const struct card_texts *texts = &language_or_english(country_or_international(country), language)->kinds[kind];
    return str_of(texts->texts[wording % texts->count]);
}

unsigned card_wording_count(struct str language, enum card_kind kind)
{
    assert(kind < CARD_KIND_COUNT);
    return language_or_english(country_or_international(STR("XX")), language)->kinds[kind].count;
}

struct str card_emergency_number(struct str country)
{
    return str_of(country_or_international(country)->emergency);
}

bool card_number_at(struct str country, size_t index, struct card_number *ret_number)
{
    const struct card_country *found = country_or_international(country);
    if (index >= found->line_count)
        return false;
    const struct card_line *line = &found->lines[index];
    *ret_number = (struct card_number){str_of(line->number), str_of(line->name),        str_of(line->how),
                                       str_of(line->note),   str_of(line->verified_on), str_of(line->expires_on)};
    return true;
}

bool card_number_due(const struct card_number *number, struct str today)
{
    if (str_eq_c(number->verified_on, "never"))
        return true;
    /* ISO dates compare as text. */
    return !str_eq_c(number->expires_on, "never") && str_compare(today, number->expires_on) >= 0;
}

bool card_country_at(size_t index, struct str *ret_country)
{
    for (size_t i = 0; i < card_country_count; i++) {
        for (const char *const *code = card_countries[i].codes; *code; code++) {
            if (index-- == 0) {
                *ret_country = str_of(*code);
                return true;
            }
        }
    }
    return false;
}
