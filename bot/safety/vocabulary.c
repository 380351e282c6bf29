/* SPDX-License-Identifier: MIT */
/* vocabulary.c: the words of the rules in one open-addressed table; built once, then only read. */
#include "safety/vocabulary.h"

#include <errno.h>

static uint32_t hash_of(struct str text)
{
    uint32_t hash = SAFETY_HASH_START;
    for (size_t i = 0; i < text.len; i++)
        hash = safety_hash_add(hash, (unsigned char)text.ptr[i]);
    return hash;
}

static size_t slot_of(uint32_t hash)
{
    return (hash ^ hash >> 15) & (SAFETY_SLOTS - 1);
}

static uint32_t letters_of(struct str text)
{
    uint32_t letters = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'a' && text.ptr[i] <= 'z')
            letters |= 1u << (text.ptr[i] - 'a');
    }
    return letters;
}

int safety_vocabulary_init(struct safety_vocabulary *vocabulary)
{
    *vocabulary = (struct safety_vocabulary){.word_count = 1};
    vocabulary->words = mem_zalloc_array(SAFETY_WORDS_MAX, sizeof(*vocabulary->words));
    vocabulary->slots = mem_zalloc_array(SAFETY_SLOTS, sizeof(*vocabulary->slots));
    if (!vocabulary->words || !vocabulary->slots) {
        safety_vocabulary_done(vocabulary);
        return -ENOMEM;
    }
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < COUNT_OF(vocabulary->letter); i++)
        vocabulary->letter[i] = safety_vocabulary_add(vocabulary, (struct str){alphabet + i, 1});
    vocabulary->number = safety_vocabulary_add(vocabulary, STR("#n"));
    vocabulary->year = safety_vocabulary_add(vocabulary, STR("#year"));
    vocabulary->possessive = safety_vocabulary_add(vocabulary, STR("'s"));
    vocabulary->myself = safety_vocabulary_add(vocabulary, STR("myself"));
    vocabulary->laugh = safety_vocabulary_add(vocabulary, STR("#laugh"));
    vocabulary->means = safety_vocabulary_add(vocabulary, STR("#means"));
    vocabulary->sad = safety_vocabulary_add(vocabulary, STR("#sad"));
    return 0;
}

void safety_vocabulary_done(struct safety_vocabulary *vocabulary)
{
    mem_free(vocabulary->words);
    mem_free(vocabulary->slots);
    mem_free(vocabulary->keys);
    *vocabulary = (struct safety_vocabulary){0};
}

uint16_t safety_vocabulary_find_hashed(const struct safety_vocabulary *vocabulary, struct str text, uint32_t hash)
{
    for (size_t slot = slot_of(hash);; slot = (slot + 1) & (SAFETY_SLOTS - 1)) {
        uint16_t number = vocabulary->slots[slot];
        if (number == SAFETY_WORD_UNKNOWN)
            return SAFETY_WORD_UNKNOWN;
        const struct safety_word *word = &vocabulary->words[number];
        if (word->hash == hash && word->length == text.len && memcmp(word->text, text.ptr, text.len) == 0)
            return number;
    }
}

uint16_t safety_vocabulary_find(const struct safety_vocabulary *vocabulary, struct str text)
{
    if (str_empty(text) || text.len > SAFETY_WORD_BYTES_MAX)
        return SAFETY_WORD_UNKNOWN;
    return safety_vocabulary_find_hashed(vocabulary, text, hash_of(text));
}

uint16_t safety_vocabulary_add(struct safety_vocabulary *vocabulary, struct str text)
{
    uint32_t hash = hash_of(text);
    bool fits = !str_empty(text) && text.len <= SAFETY_WORD_BYTES_MAX;
    uint16_t number = fits ? safety_vocabulary_find_hashed(vocabulary, text, hash) : SAFETY_WORD_UNKNOWN;
    if (number != SAFETY_WORD_UNKNOWN)
        return number;
    if (!fits || vocabulary->word_count == SAFETY_WORDS_MAX) {
        vocabulary->failed = true;
        return SAFETY_WORD_UNKNOWN;
    }
    size_t slot = slot_of(hash);
    while (vocabulary->slots[slot] != SAFETY_WORD_UNKNOWN)
        slot = (slot + 1) & (SAFETY_SLOTS - 1);
    number = (uint16_t)vocabulary->word_count++;
    vocabulary->slots[slot] = number;
    vocabulary->words[number] = (struct safety_word){
        .text = text.ptr, .hash = hash, .letters = letters_of(text), .length = (uint8_t)text.len};
    return number;
}

int safety_vocabulary_index_keys(struct safety_vocabulary *vocabulary)
{
    vocabulary->keys = mem_zalloc_array(vocabulary->word_count, sizeof(*vocabulary->keys));
    if (!vocabulary->keys)
        return -ENOMEM;
    for (int letter = 0; letter < 26; letter++) {
        struct safety_key_bucket *bucket = &vocabulary->buckets[letter];
        bucket->first = (uint16_t)vocabulary->key_count;
        for (size_t i = 1; i < vocabulary->word_count; i++) {
            const struct safety_word *word = &vocabulary->words[i];
            if ((word->marks & MARK_KEY) != 0 && word->text[0] == 'a' + letter)
                vocabulary->keys[vocabulary->key_count++] = (uint16_t)i;
        }
        bucket->count = (uint16_t)(vocabulary->key_count - bucket->first);
    }
    for (size_t i = 0; i < vocabulary->key_count; i++) {
        const struct safety_word *word = &vocabulary->words[vocabulary->keys[i]];
        unsigned last = (unsigned char)word->text[word->length - 1] - 'a';
        if (last < 26)
            vocabulary->key_ends[word->text[0] - 'a'] |= 1u << last;
    }
    return 0;
}
