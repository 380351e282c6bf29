/* SPDX-License-Identifier: MIT */
/* checkin_words.c: the words that a one-line check-in knows, and slips of the finger in them. */
#include "checkin_words.h"

#include <string.h>

static const struct {
    const char *word;
    enum checkin_item item;
} keys[] = {
    {"m", CHECKIN_MOOD},
    {"mood", CHECKIN_MOOD},
    {"c", CHECKIN_CRAVING},
    {"craving", CHECKIN_CRAVING},
    {"cravings", CHECKIN_CRAVING},
    {"crave", CHECKIN_CRAVING},
    {"k", CHECKIN_CONFIDENCE},
    {"conf", CHECKIN_CONFIDENCE},
    {"confidence", CHECKIN_CONFIDENCE},
    {"confident", CHECKIN_CONFIDENCE},
    {"sure", CHECKIN_CONFIDENCE},
};
static const struct {
    const char *word;
    unsigned bit;
} feelings[] = {
    {"hungry", CHECKIN_HUNGRY}, {"hunger", CHECKIN_HUNGRY},   {"angry", CHECKIN_ANGRY},
    {"anger", CHECKIN_ANGRY},   {"lonely", CHECKIN_LONELY},   {"loneliness", CHECKIN_LONELY},
    {"tired", CHECKIN_TIRED},   {"exhausted", CHECKIN_TIRED},
};
/* Words that may stand between those that count. */
static const char *const fillers[] = {"and", "feeling", "feel", "i",    "i'm",  "im",    "am",
                                      "a",   "bit",     "very", "so",   "my",   "is",    "at",
                                      "&",   "+",       "-",    "halt", "none", "today", NULL};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool checkin_word_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool checkin_word_is_letter(char c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || c == '\'';
}

bool checkin_word_is(struct mooring_str word, const char *known)
{
    size_t len = strlen(known);
    if (word.len != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (lower(word.ptr[i]) != known[i])
            return false;
    }
    return true;
}

int checkin_word_key(struct mooring_str word)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (checkin_word_is(word, keys[i].word))
            return (int)keys[i].item;
    }
    return -1;
}

unsigned checkin_word_feeling(struct mooring_str word)
{
    for (size_t i = 0; i < sizeof feelings / sizeof *feelings; i++) {
        if (checkin_word_is(word, feelings[i].word))
            return feelings[i].bit;
    }
    return 0;
}

bool checkin_word_is_filler(struct mooring_str word)
{
    for (size_t i = 0; fillers[i] != NULL; i++) {
        if (checkin_word_is(word, fillers[i]))
            return true;
    }
    return false;
}

/* Whether one slip of the finger (a letter more, less, other, or two swapped) makes `word` of
 * `known`. */
static bool is_near(struct mooring_str word, const char *known)
{
    size_t len = strlen(known), from = 0, tail = 0;
    if (word.len < 3 || word.len + 1 < len || word.len > len + 1)
        return false;
    while (from < word.len && from < len && lower(word.ptr[from]) == known[from])
        from++;
    while (tail + from < word.len && tail + from < len &&
           lower(word.ptr[word.len - 1 - tail]) == known[len - 1 - tail])
        tail++;
    size_t rest_word = word.len - from - tail, rest_known = len - from - tail;
    if (rest_word <= 1 && rest_known <= 1)
        return true;
    return rest_word == 2 && rest_known == 2 && lower(word.ptr[from]) == known[from + 1] &&
           lower(word.ptr[from + 1]) == known[from];
}

const char *checkin_word_nearest(struct mooring_str word)
{
    for (size_t i = 0; i < sizeof feelings / sizeof *feelings; i++) {
        if (is_near(word, feelings[i].word))
            return feelings[i].word;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (is_near(word, keys[i].word))
            return keys[i].word;
    }
    return NULL;
}
