/* SPDX-License-Identifier: MIT */
/* sets.c: the classes of words that patterns ask for, each kept once, as a short sorted list. */
#include <errno.h>

#include "safety/pattern.h"

enum { SETS_MAX = 8192, MEMBERS_MAX = 1 << 20, SLOTS = 16384, COMMON_COST = 60 };

/* What only building needs: the texts by hash, and one bitmap in which a class is put together. */
struct safety_set_scratch {
    struct str texts[SETS_MAX];
    uint16_t slots[SLOTS]; /* set + 1 */
    size_t bit_words;
    uint64_t bits[SAFETY_WORDS_MAX / 64 + 1];
};

int safety_program_wrong(struct safety_program *program, struct str piece)
{
    program->wrong = piece;
    return -EINVAL;
}

const struct safety_class *safety_class_named(struct str name)
{
    for (size_t i = 0; i < safety_class_count; i++) {
        if (str_eq_c(name, safety_classes[i].name))
            return &safety_classes[i];
    }
    return NULL;
}

uint32_t safety_program_word_cost(const struct safety_program *program, size_t word)
{
    return program->vocabulary.words[word].marks & MARK_COMMON ? COMMON_COST : 1;
}

int safety_sets_init(struct safety_program *program)
{
    program->scratch = mem_zalloc(sizeof(*program->scratch));
    if (!program->scratch)
        return -ENOMEM;
    program->scratch->bit_words = program->vocabulary.word_count / 64 + 1;
    return 0;
}

static void set_bit(struct safety_program *program, size_t word)
{
    program->scratch->bits[word / 64] |= 1ull << (word % 64);
}

/* A number that some rule names ("988") is a number all the same. */
static void add_digits(struct safety_program *program)
{
    for (size_t number = 1; number < program->vocabulary.word_count; number++) {
        char first = program->vocabulary.words[number].text[0];
        if (first >= '0' && first <= '9')
            set_bit(program, number);
    }
}

static int gather(struct safety_program *program, struct str text, char separator, int depth)
{
    struct str word;
    while (str_split(&text, separator, &word)) {
        if (str_empty(word))
            continue;
        if (word.ptr[0] == '@') {
            const struct safety_class *class = safety_class_named(str_from(word, 1));
            int r = class && depth < SAFETY_CLASS_DEPTH_MAX ? gather(program, str_of(class->words), ' ', depth + 1)
                                                            : safety_program_wrong(program, word);
            if (r < 0)
                return r;
            continue;
        }
        uint16_t number = safety_vocabulary_find(&program->vocabulary, word);
        if (number == SAFETY_WORD_UNKNOWN || program->vocabulary.words[number].expansion_count)
            return safety_program_wrong(program, word); /* such a word is never read: the rule would be dead */
        set_bit(program, number);
        if (number == program->vocabulary.number)
            add_digits(program);
    }
    return 0;
}

/* The bitmap as a sorted list at the end of members[]; clears it on the way. */
static int write_members(struct safety_program *program, struct safety_set *set)
{
    for (size_t w = 0; w < program->scratch->bit_words; w++) {
        uint64_t bits = program->scratch->bits[w];
        program->scratch->bits[w] = 0;
        for (; bits; bits &= bits - 1) {
            size_t word = w * 64 + (size_t)__builtin_ctzll(bits);
            int r = mem_grow(&program->members, &program->member_capacity, program->member_count,
                             sizeof(*program->members), MEMBERS_MAX);
            if (r < 0)
                return r;
            program->members[program->member_count++] = (uint16_t)word;
            set->signature |= 1ull << (word % 64);
            set->cost += safety_program_word_cost(program, word);
            set->count++;
        }
    }
    return 0;
}

static size_t slot_of(struct str text)
{
    uint32_t hash = SAFETY_HASH_START;
    for (size_t i = 0; i < text.len; i++)
        hash = safety_hash_add(hash, (unsigned char)text.ptr[i]);
    return (hash ^ hash >> 15) & (SLOTS - 1);
}

int safety_sets_find(struct safety_program *program, struct str text, uint16_t *ret_set)
{
    struct safety_set_scratch *scratch = program->scratch;
    size_t slot = slot_of(text);
    for (; scratch->slots[slot]; slot = (slot + 1) & (SLOTS - 1)) {
        uint16_t known = (uint16_t)(scratch->slots[slot] - 1);
        if (str_eq(scratch->texts[known], text)) {
            *ret_set = known;
            return 0;
        }
    }
    int r = mem_grow(&program->sets, &program->set_capacity, program->set_count, sizeof(*program->sets), SETS_MAX);
    if (r >= 0)
        r = gather(program, text, '|', 0);
    struct safety_set set = {0, (uint32_t)program->member_count, 0, 0};
    if (r >= 0)
        r = write_members(program, &set);
    if (r < 0)
        return r;
    scratch->texts[program->set_count] = text;
    program->sets[program->set_count] = set;
    *ret_set = (uint16_t)program->set_count++;
    scratch->slots[slot] = (uint16_t)program->set_count;
    return 0;
}

void safety_sets_seal(struct safety_program *program)
{
    mem_free(program->scratch);
    program->scratch = NULL;
}

void safety_sets_done(struct safety_program *program)
{
    mem_free(program->sets);
    mem_free(program->members);
    safety_sets_seal(program);
}
