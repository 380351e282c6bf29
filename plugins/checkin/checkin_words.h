/* SPDX-License-Identifier: MIT */
/* checkin_words.h: the words that a one-line check-in knows, and slips of the finger in them. */
#ifndef CHECKIN_WORDS_H
#define CHECKIN_WORDS_H

#include "checkin_entry.h"

bool checkin_word_is_digit(char c);
bool checkin_word_is_letter(char c); /* ASCII, and the apostrophe of "I'm" */
bool checkin_word_is(struct mooring_str word, const char *known); /* in any case */

int checkin_word_key(struct mooring_str word);          /* enum checkin_item; -1: none */
unsigned checkin_word_feeling(struct mooring_str word); /* a bit of enum checkin_halt; 0: none */
bool checkin_word_is_filler(struct mooring_str word);   /* "and", "feeling", "a bit" */
const char *
checkin_word_nearest(struct mooring_str word); /* what was meant by a slip; NULL: nothing */

#endif
