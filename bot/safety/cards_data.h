/* SPDX-License-Identifier: MIT */
/* cards_data.h: the shape of what cards_compile writes. */
#ifndef SAFETY_CARDS_DATA_H
#define SAFETY_CARDS_DATA_H

#include "safety/cards.h"

struct card_texts {
    const char *const *texts;
    unsigned count;
};
struct card_language {
    const char *language;
    struct card_texts kinds[CARD_KIND_COUNT];
};
struct card_line {
    const char *number, *name, *how, *note, *verified_on, *expires_on;
};
struct card_country {
    const char *const *codes; /* ends in NULL */
    const char *emergency;
    const struct card_language *languages;
    size_t language_count;
    const struct card_line *lines;
    size_t line_count;
};

extern const struct card_country card_countries[];
extern const size_t card_country_count;

#endif
