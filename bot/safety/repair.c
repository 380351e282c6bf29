/* SPDX-License-Identifier: MIT */
/* repair.c: words that are written so as not to be read, or in a hurry: leet, masks, stretches, spaces, typos. */
#include "safety/tokens.h"

enum { RUN_MAX = 32, KEY_TYPO_BYTES_MIN = 5 };

static char leet_letter(char byte)
{
    switch (byte) {
    case '0':
        return 'o';
    case '1':
    case '!':
    case '|':
        return 'i';
    case '3':
        return 'e';
    case '4':
    case '@':
        return 'a';
    case '5':
    case '$':
        return 's';
    case '7':
        return 't';
    case '8':
        return 'b';
    default:
        return byte;
    }
}

/* "1" is an i in "d1e" and an l in "k1ll" written "ki11": both are tried. */
static uint16_t without_leet(const struct safety_vocabulary *vocabulary, struct str token)
{
    char plain[SAFETY_WORD_BYTES_MAX];
    for (int reading = 0; reading < 2; reading++) {
        for (size_t i = 0; i < token.len; i++)
            plain[i] = reading && token.ptr[i] == '1' ? 'l' : leet_letter(token.ptr[i]);
        uint16_t word = safety_vocabulary_find(vocabulary, (struct str){plain, token.len});
        if (word != SAFETY_WORD_UNKNOWN)
            return word;
    }
    return SAFETY_WORD_UNKNOWN;
}

static bool fits_mask(const struct safety_word *word, struct str token)
{
    if (word->length != token.len)
        return false;
    for (size_t i = 0; i < token.len; i++) {
        if (token.ptr[i] != '*' && leet_letter(token.ptr[i]) != word->text[i])
            return false;
    }
    return true;
}

/* "s*icide", "k*ll". */
static uint16_t without_mask(const struct safety_vocabulary *vocabulary, struct str token)
{
    if (token.ptr[0] < 'a' || token.ptr[0] > 'z')
        return SAFETY_WORD_UNKNOWN;
    const struct safety_key_bucket *bucket = &vocabulary->buckets[token.ptr[0] - 'a'];
    for (size_t i = 0; i < bucket->count; i++) {
        uint16_t number = vocabulary->keys[bucket->first + i];
        if (fits_mask(&vocabulary->words[number], token))
            return number;
    }
    return SAFETY_WORD_UNKNOWN;
}

/* Runs of three and more are shortened to `keep`: "diiie", "killlll". */
static uint16_t without_stretch(const struct safety_vocabulary *vocabulary, struct str token, size_t keep)
{
    char plain[SAFETY_WORD_BYTES_MAX];
    size_t length = 0;
    for (size_t i = 0; i < token.len;) {
        size_t run = 1;
        while (i + run < token.len && token.ptr[i + run] == token.ptr[i])
            run++;
        for (size_t copy = 0; copy < (run >= 3 ? keep : run); copy++)
            plain[length++] = token.ptr[i];
        i += run;
    }
    return safety_vocabulary_find(vocabulary, (struct str){plain, length});
}

static bool has_stretch(struct str token)
{
    for (size_t i = 2; i < token.len; i++) {
        if (token.ptr[i] == token.ptr[i - 1] && token.ptr[i] == token.ptr[i - 2])
            return true;
    }
    return false;
}

/* True when one insertion, deletion, change or swap of neighbours makes a of b. */
static bool one_edit(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t head = 0, tail = 0, shorter = MIN_OF(a_len, b_len);
    while (head < shorter && a[head] == b[head])
        head++;
    while (tail < shorter - head && a[a_len - 1 - tail] == b[b_len - 1 - tail])
        tail++;
    size_t a_left = a_len - head - tail, b_left = b_len - head - tail;
    if (a_left <= 1 && b_left <= 1)
        return true;
    return a_left == 2 && b_left == 2 && a[head] == b[head + 1] && a[head + 1] == b[head];
}

static bool swapped_only(struct str token, const struct safety_word *word)
{
    return token.len == word->length;
}

/* Short words ("kill", "want") are only ever swaps: with one letter changed they would be "fill" and "wand". */
static uint16_t nearest_key(const struct safety_vocabulary *vocabulary, struct str token, uint32_t letters, char first)
{
    if (first < 'a' || first > 'z')
        return SAFETY_WORD_UNKNOWN;
    const struct safety_key_bucket *bucket = &vocabulary->buckets[first - 'a'];
    for (size_t i = 0; i < bucket->count; i++) {
        uint16_t number = vocabulary->keys[bucket->first + i];
        const struct safety_word *word = &vocabulary->words[number];
        if (word->length + 1u < token.len || token.len + 1u < word->length)
            continue;
        if (__builtin_popcount(word->letters ^ letters) > 2)
            continue;
        bool is_short = word->length < KEY_TYPO_BYTES_MIN;
        if (is_short && (!swapped_only(token, word) || word->letters != letters))
            continue;
        if (one_edit(token.ptr, token.len, word->text, word->length))
            return number;
    }
    return SAFETY_WORD_UNKNOWN;
}

static uint16_t without_typo(const struct safety_vocabulary *vocabulary, struct str token)
{
    if (token.len < 4)
        return SAFETY_WORD_UNKNOWN;
    uint32_t letters = 0;
    for (size_t i = 0; i < token.len; i++) {
        if (token.ptr[i] >= 'a' && token.ptr[i] <= 'z')
            letters |= 1u << (token.ptr[i] - 'a');
    }
    uint16_t word = nearest_key(vocabulary, token, letters, token.ptr[0]);
    if (word == SAFETY_WORD_UNKNOWN && token.ptr[1] != token.ptr[0])
        word = nearest_key(vocabulary, token, letters, token.ptr[1]); /* the first two changed places */
    return word;
}

uint16_t safety_repair_word(const struct safety_vocabulary *vocabulary, struct str token, bool odd)
{
    uint16_t word = SAFETY_WORD_UNKNOWN;
    if (odd) {
        word = without_leet(vocabulary, token);
        return word ? word : memchr(token.ptr, '*', token.len) ? without_mask(vocabulary, token) : word;
    }
    if (has_stretch(token)) {
        word = without_stretch(vocabulary, token, 1);
        return word ? word : without_stretch(vocabulary, token, 2);
    }
    return without_typo(vocabulary, token);
}

static int letter_of(const struct safety_vocabulary *vocabulary, uint16_t word)
{
    return word >= vocabulary->letter[0] && word <= vocabulary->letter[25] ? word - vocabulary->letter[0] : -1;
}

/* Cuts joined letters into known words, the longest first; false when something is left over. */
static bool cut_run(const struct safety_vocabulary *vocabulary, struct str run, struct safety_tokens *out,
                    enum safety_break before)
{
    size_t at = 0, kept = out->count;
    while (at < run.len) {
        uint16_t word = SAFETY_WORD_UNKNOWN;
        size_t length = MIN_OF(run.len - at, (size_t)SAFETY_WORD_BYTES_MAX);
        for (; length > 0 && word == SAFETY_WORD_UNKNOWN; length--)
            word = safety_vocabulary_find(vocabulary, (struct str){run.ptr + at, length});
        bool lonely = length == 0 && run.ptr[at] != 'i' && run.ptr[at] != 'u' && run.ptr[at] != '2';
        bool grows = vocabulary->words[word].expansion_count > length + 1; /* it would not fit over its letters */
        if (word == SAFETY_WORD_UNKNOWN || lonely || grows) {
            out->count = kept;
            return false;
        }
        safety_tokens_add(vocabulary, out, word, at ? BREAK_NONE : before, 0);
        at += length + 1;
    }
    return true;
}

/* The run of single letters at `from`, joined; the first may be a word of its own ("i s u i c i d e"). */
static size_t join_run(const struct safety_vocabulary *vocabulary, struct safety_tokens *tokens, size_t from)
{
    char run[RUN_MAX];
    size_t length = 0, count = tokens->count;
    while (length < RUN_MAX && from + length < count) {
        int letter = letter_of(vocabulary, tokens->at[from + length].word);
        if (letter < 0)
            break;
        run[length++] = (char)('a' + letter);
    }
    if (length < 3)
        return length;
    struct safety_tokens *out = tokens; /* the words are fewer than the letters: they fit over them */
    struct safety_token rest[RUN_MAX];
    memcpy(rest, &tokens->at[from], length * sizeof(rest[0]));
    out->count = from;
    bool cut = cut_run(vocabulary, (struct str){run, length}, out, rest[0].before);
    size_t written = cut ? out->count - from : length;
    if (!cut) {
        memcpy(&tokens->at[from], rest, length * sizeof(rest[0]));
        tokens->count = count;
        return length;
    }
    memmove(&tokens->at[from + written], &tokens->at[from + length], (count - from - length) * sizeof(rest[0]));
    tokens->count = count - (length - written);
    return written;
}

void safety_repair_spacing(const struct safety_vocabulary *vocabulary, struct safety_tokens *tokens)
{
    if (!tokens->spaced_letters)
        return;
    for (size_t i = 0; i < tokens->count;) {
        size_t moved = letter_of(vocabulary, tokens->at[i].word) < 0 ? 1 : join_run(vocabulary, tokens, i);
        i += moved ? moved : 1;
    }
}
