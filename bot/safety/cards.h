/* SPDX-License-Identifier: MIT */
/* cards.h: short fixed texts that must be right, compiled in from config/crisis/ when the program is built. */
#ifndef SAFETY_CARDS_H
#define SAFETY_CARDS_H

#include "base/str.h"
#include "safety/safety.h"

/* What a card says: CARD_CRISIS numbers to reach a person now, CARD_EMERGENCY tier 4 in four lines, CARD_OVERDOSE,
 * CARD_WITHDRAWAL, CARD_VIOLENCE. */
enum card_kind { CARD_CRISIS, CARD_EMERGENCY, CARD_OVERDOSE, CARD_WITHDRAWAL, CARD_VIOLENCE, CARD_KIND_COUNT };
enum { CARD_BYTES_MAX = 400, CARD_WORDINGS_MIN = 3 };

enum card_kind card_for(enum safety_kind kind, int tier);

/* The text of a card for a country (ISO 3166 alpha-2, any case, also "EU" and "UK"; unknown or empty: the international
 * card, never another country's numbers) in a language ("en", "en-GB"; unknown: "en").  At most CARD_BYTES_MAX bytes.
 * Static.  `wording` picks among at least CARD_WORDINGS_MIN (any number; taken modulo), so that a person who needs it
 * twice is not answered by a record. */
struct str card_text(struct str country, struct str language, enum card_kind kind, unsigned wording);
unsigned card_wording_count(struct str language, enum card_kind kind);

/* "911", "112", ... of the country; empty when unknown. */
struct str card_emergency_number(struct str country);

/* One line of a country's list, for the numbers command and for the daily word to the moderators.  All static. */
struct card_number {
    struct str number, name, how, note;
    struct str verified_on; /* "YYYY-MM-DD", or "never": nobody has confirmed it yet */
    struct str expires_on;  /* the first day on which it is stale; "never" while unverified */
};
/* False when the country's list is shorter; an unknown country has the international list. */
bool card_number_at(struct str country, size_t index, struct card_number *ret_number);
/* True when moderators are to be told: never verified, or stale on `today` ("YYYY-MM-DD").  It is shown all the same. */
bool card_number_due(const struct card_number *number, struct str today);
/* The codes that have numbers of their own, in order; false at the end.  "XX" is among them. */
bool card_country_at(size_t index, struct str *ret_country);

#endif
