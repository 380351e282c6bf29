/* SPDX-License-Identifier: MIT */
/* action.c: "* ana is going to kill herself": what an action says of "herself" it says of who
 * speaks. */
#include "safety/reader.h"

/* With one of these in front it is said of somebody else: "* ana fears he might hurt himself". */
static const char *const told[] = {
    "thinks",  "thought", "worried", "worries", "fears", "afraid",  "scared",  "heard",    "hears",
    "says",    "said",    "tells",   "told",    "knows", "knew",    "saw",     "believes", "asks",
    "reports", "he",      "she",     "they",    "who",   "someone", "somebody"};
static const char *const reflexive[] = {"herself",  "himself",   "themselves",
                                        "themself", "theirself", "hisself"};
static const char *const possessive[] = {"her", "his", "their"};
/* What is one's own in talk of harm. */
static const char *const owned[] = {"life", "own",        "wrist",   "wrists", "arm",   "arms",
                                    "leg",  "legs",       "thigh",   "throat", "veins", "pills",
                                    "meds", "medication", "insulin", "suicide"};

static bool is_one_of(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(word, str_of(words[i])))
            return true;
    return false;
}
#define IS_ONE_OF(word, words) is_one_of(word, words, COUNT_OF(words))

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next word, and what stands before it, from `at` on. */
static struct str next_word(struct str text, size_t at, struct str *ret_between)
{
    size_t from = at;
    while (from < text.len && !is_letter(text.ptr[from]))
        from++;
    size_t end = from;
    while (end < text.len && is_letter(text.ptr[end]))
        end++;
    *ret_between = (struct str){text.ptr + at, from - at};
    return (struct str){text.ptr + from, end - from};
}

static struct str in_first_person(struct str text, struct str word, bool is_first)
{
    struct str between;
    if (is_first && str_eq_nocase(word, STR("is")))
        return STR("am");
    if (IS_ONE_OF(word, reflexive))
        return STR("myself");
    if (IS_ONE_OF(word, possessive) &&
        IS_ONE_OF(next_word(text, (size_t)(word.ptr + word.len - text.ptr), &between), owned))
        return STR("my");
    return word;
}

size_t safety_action_text(struct str text, char *out, size_t size)
{
    struct str between, word;
    size_t len = 0, at = 0;
    bool is_other = false, is_changed = false;
    if (text.len > size / 2) /* no word grows to more than twice its length */
        return 0;
    out[len++] = 'I';
    out[len++] = ' ';
    do {
        word = next_word(text, at, &between);
        struct str said = in_first_person(text, word, at == 0);
        bool is_self = word.len && said.ptr != word.ptr && !str_eq_c(said, "am");
        if (len + between.len + said.len > size || (is_self && is_other))
            return 0;
        memcpy(out + len, between.ptr, between.len);
        memcpy(out + len + between.len, said.ptr, said.len);
        len += between.len + said.len;
        at += between.len + word.len;
        is_other |= IS_ONE_OF(word, told);
        is_changed |= is_self;
    } while (word.len > 0);
    return is_changed ? len : 0;
}
