/* SPDX-License-Identifier: MIT */
/* program.c: compiles the tables of rules, once, when the program starts. */
#include "safety/pattern.h"

#include <errno.h>

#include "base/number.h"

enum { SEQUENCES_MAX = 16384, ELEMENTS_MAX = 131072 };
enum { ANCHOR_PHRASES = 1, ANCHOR_RULES = 2 };

/* What stands around the words of an element: "!a|b?" is a|b. */
static struct str bare(struct str piece)
{
    if (!str_empty(piece) && strchr("!&-", piece.ptr[0]) && piece.len > 1)
        piece = str_from(piece, 1);
    if (str_ends(piece, STR("?")))
        piece.len--;
    return piece;
}

static bool names_words(struct str piece)
{
    return !str_eq_c(piece, "/") && !str_eq_c(piece, "^") && !str_eq_c(piece, "$") && piece.ptr[0] != '<' &&
           !str_starts(piece, STR(".."));
}

static void intern_pattern(struct safety_program *program, const char *pattern)
{
    struct str rest = str_of(pattern), piece, word;
    while (str_word(&rest, &piece)) {
        if (!names_words(piece))
            continue;
        struct str words = bare(piece);
        while (str_split(&words, '|', &word)) {
            if (word.ptr[0] != '@')
                safety_vocabulary_add(&program->vocabulary, word);
        }
    }
}

/* Gives the words of a class its marks, and those of the classes that it takes in. */
static int mark_class(struct safety_program *program, const struct safety_class *class, uint32_t marks, int depth)
{
    struct str rest = str_of(class->words), word;
    while (str_word(&rest, &word)) {
        if (word.ptr[0] == '@' && word.len > 1) {
            const struct safety_class *other = safety_class_named(str_from(word, 1));
            int r = other && depth < SAFETY_CLASS_DEPTH_MAX ? mark_class(program, other, marks, depth + 1)
                                                            : safety_program_wrong(program, word);
            if (r < 0)
                return r;
            continue;
        }
        uint16_t number = safety_vocabulary_add(&program->vocabulary, word);
        program->vocabulary.words[number].marks |= marks;
    }
    return 0;
}

static int add_alias(struct safety_program *program, struct str line)
{
    struct safety_vocabulary *vocabulary = &program->vocabulary;
    struct str from, rest = line, word;
    if (!str_split(&rest, '=', &from))
        return safety_program_wrong(program, line);
    uint16_t number = safety_vocabulary_add(vocabulary, from);
    while (str_word(&rest, &word)) {
        uint16_t target = safety_vocabulary_add(vocabulary, word);
        struct safety_word *entry = &vocabulary->words[number];
        if (entry->expansion_count == SAFETY_EXPANSION_MAX)
            return safety_program_wrong(program, line);
        entry->expansion[entry->expansion_count++] = target;
    }
    return 0;
}

static int intern_all(struct safety_program *program)
{
    int r = 0;
    for (size_t i = 0; i < safety_alias_count && r >= 0; i++) {
        struct str rest = str_of(safety_aliases[i]);
        while (!str_empty(rest) && r >= 0) {
            size_t end = str_find(rest, STR("  "), 0);
            struct str line = str_trim(str_upto(rest, end == SIZE_MAX ? rest.len : end));
            rest = str_from(rest, end == SIZE_MAX ? rest.len : end + 2);
            if (!str_empty(line))
                r = add_alias(program, line);
        }
    }
    for (size_t i = 0; i < safety_class_count && r >= 0; i++)
        r = mark_class(program, &safety_classes[i], safety_classes[i].marks, 0);
    return r;
}

static int phrase_of(struct safety_program *program, struct str piece, uint16_t *ret_phrase)
{
    struct str name = {piece.ptr + 1, piece.len - 2};
    for (size_t i = 0; i < program->phrase_count; i++) {
        if (str_eq_c(name, program->phrase_names[i])) {
            *ret_phrase = (uint16_t)i;
            return 0;
        }
    }
    return safety_program_wrong(program, piece);
}

static int parse_words(struct safety_program *program, struct str piece, struct safety_element *element)
{
    static const struct {
        char sign;
        enum safety_element_type type;
    } signs[] = {{'!', ELEMENT_NOT}, {'&', ELEMENT_NEAR}, {'-', ELEMENT_FAR}};
    element->optional = str_ends(piece, STR("?"));
    element->type = ELEMENT_CLASS;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (piece.len > 1 && piece.ptr[0] == signs[i].sign)
            element->type = (uint8_t)signs[i].type;
    }
    struct str words = bare(piece);
    if (element->type == ELEMENT_CLASS && !str_has_byte(words, '|') && words.ptr[0] != '@' &&
        !str_eq_c(words, "#n")) {
        element->type = ELEMENT_WORD;
        element->value = safety_vocabulary_find(&program->vocabulary, words);
        bool read = element->value && !program->vocabulary.words[element->value].expansion_count;
        return read ? 0 : safety_program_wrong(program, piece);
    }
    return safety_sets_find(program, words, &element->value);
}

static int parse_element(struct safety_program *program, struct str piece, struct safety_element *ret_element)
{
    *ret_element = (struct safety_element){0};
    if (str_eq_c(piece, "^") || str_eq_c(piece, "$")) {
        ret_element->type = piece.ptr[0] == '^' ? ELEMENT_START : ELEMENT_END;
        return 0;
    }
    if (str_starts(piece, STR(".."))) {
        int64_t width = 3;
        int r = piece.len > 2 ? number_parse(str_from(piece, 2), 1, 16, &width) : 0;
        ret_element->type = ELEMENT_GAP;
        ret_element->value = (uint16_t)width;
        return r < 0 ? safety_program_wrong(program, piece) : 0;
    }
    if (piece.ptr[0] == '<') {
        ret_element->type = ELEMENT_PHRASE;
        ret_element->optional = str_ends(piece, STR("?"));
        return phrase_of(program, ret_element->optional ? str_upto(piece, piece.len - 1) : piece, &ret_element->value);
    }
    return parse_words(program, piece, ret_element);
}

/* How often an element would be met in ordinary talk: the anchor is the rarest. */
static unsigned element_cost(const struct safety_program *program, const struct safety_element *element)
{
    if (element->optional)
        return UINT32_MAX;
    switch ((enum safety_element_type)element->type) {
    case ELEMENT_PHRASE:
        return 0;
    case ELEMENT_WORD:
        return safety_program_word_cost(program, element->value);
    case ELEMENT_CLASS:
        return program->sets[element->value].cost;
    case ELEMENT_GAP:
    case ELEMENT_NOT:
    case ELEMENT_START:
    case ELEMENT_END:
    case ELEMENT_NEAR:
    case ELEMENT_FAR:
        break;
    }
    return UINT32_MAX;
}

static int add_sequence(struct safety_program *program, const struct safety_element *elements, size_t count,
                        size_t near_count, size_t rule)
{
    unsigned best = UINT32_MAX;
    size_t anchor = count;
    for (size_t i = 0; i < count; i++) {
        unsigned cost = element_cost(program, &elements[i]);
        if (cost < best) {
            best = cost;
            anchor = i;
        }
    }
    if (anchor == count)
        return -EINVAL;
    int r = mem_grow(&program->sequences, &program->sequence_capacity, program->sequence_count,
                     sizeof(*program->sequences), SEQUENCES_MAX);
    if (r < 0)
        return r;
    program->sequences[program->sequence_count++] = (struct safety_sequence){
        (uint16_t)rule, (uint16_t)program->element_count, (uint8_t)count, (uint8_t)anchor, (uint8_t)near_count};
    for (size_t i = 0; i < count + near_count; i++) {
        r = mem_grow(&program->elements, &program->element_capacity, program->element_count,
                     sizeof(*program->elements), ELEMENTS_MAX);
        if (r < 0)
            return r;
        program->elements[program->element_count++] = elements[i];
    }
    return 0;
}

/* One alternative of a pattern; conditions ("&", "-") are kept behind the row. */
static int compile_row(struct safety_program *program, struct str *rest, size_t rule)
{
    struct safety_element row[SAFETY_ELEMENTS_MAX], conditions[4];
    size_t count = 0, near_count = 0;
    struct str piece;
    while (str_word(rest, &piece) && !str_eq_c(piece, "/")) {
        struct safety_element element;
        int r = parse_element(program, piece, &element);
        if (r < 0)
            return r;
        bool condition = element.type == ELEMENT_NEAR || element.type == ELEMENT_FAR;
        if (condition ? near_count == COUNT_OF(conditions) : count == SAFETY_ELEMENTS_MAX - COUNT_OF(conditions))
            return safety_program_wrong(program, piece);
        if (condition)
            conditions[near_count++] = element;
        else
            row[count++] = element;
    }
    memcpy(row + count, conditions, near_count * sizeof(conditions[0]));
    int r = add_sequence(program, row, count, near_count, rule);
    return r == -EINVAL ? safety_program_wrong(program, piece) : r;
}

static int compile_pattern(struct safety_program *program, const char *pattern, size_t rule)
{
    struct str rest = str_trim(str_of(pattern));
    int r = 0;
    while (!str_empty(str_trim(rest)) && r >= 0)
        r = compile_row(program, &rest, rule);
    return r;
}

static const struct safety_phrase_table *const phrase_tables[] = {&safety_phrases_events, &safety_phrases_idioms};
static const struct safety_rule_table *const rule_tables[] = {
    &safety_rules_suicide,    &safety_rules_passive,    &safety_rules_about,      &safety_rules_plan,
    &safety_rules_harm,       &safety_rules_overdose,   &safety_rules_withdrawal, &safety_rules_violence,
    &safety_rules_recovery,   &safety_rules_spanish,
};

static int intern_tables(struct safety_program *program)
{
    for (size_t t = 0; t < COUNT_OF(phrase_tables); t++) {
        for (size_t i = 0; i < phrase_tables[t]->count; i++)
            intern_pattern(program, phrase_tables[t]->rows[i].pattern);
    }
    for (size_t t = 0; t < COUNT_OF(rule_tables); t++) {
        program->rule_count += rule_tables[t]->count;
        for (size_t i = 0; i < rule_tables[t]->count; i++)
            intern_pattern(program, rule_tables[t]->rows[i].pattern);
    }
    return program->vocabulary.failed ? safety_program_wrong(program, STR("too many or too long words")) : 0;
}

static int compile_phrases(struct safety_program *program)
{
    int r = 0;
    for (size_t t = 0; t < COUNT_OF(phrase_tables); t++) {
        for (size_t i = 0; i < phrase_tables[t]->count && r >= 0; i++) {
            const struct safety_phrase *phrase = &phrase_tables[t]->rows[i];
            size_t number = 0;
            while (number < program->phrase_count && strcmp(program->phrase_names[number], phrase->name) != 0)
                number++;
            if (number == SAFETY_PHRASES_MAX)
                return safety_program_wrong(program, str_of(phrase->name));
            if (number == program->phrase_count)
                program->phrase_names[program->phrase_count++] = phrase->name;
            r = compile_pattern(program, phrase->pattern, number);
        }
    }
    program->phrase_sequence_count = program->sequence_count;
    return r;
}

static int compile_rules(struct safety_program *program)
{
    program->rules = mem_zalloc_array(program->rule_count, sizeof(*program->rules));
    if (!program->rules)
        return -ENOMEM;
    size_t number = 0;
    int r = 0;
    for (size_t t = 0; t < COUNT_OF(rule_tables); t++) {
        for (size_t i = 0; i < rule_tables[t]->count && r >= 0; i++) {
            program->rules[number] = &rule_tables[t]->rows[i];
            r = compile_pattern(program, rule_tables[t]->rows[i].pattern, number);
            number++;
        }
    }
    return r;
}

/* Counts the anchor words of a sequence into `first`, or (list not NULL) writes the sequence down for each. */
static void note_anchor(const struct safety_program *program, size_t number, struct safety_anchors *anchors, bool fill)
{
    const struct safety_sequence *sequence = &program->sequences[number];
    const struct safety_element *element = &program->elements[sequence->first + sequence->anchor];
    const struct safety_set *set = element->type == ELEMENT_CLASS ? &program->sets[element->value] : NULL;
    for (size_t i = 0; i < (set ? set->count : 1u); i++) {
        size_t word = set ? program->members[set->first + i] : element->value;
        if (fill)
            anchors->list[anchors->first[word]++] = (uint16_t)number;
        else
            anchors->first[word + 1]++;
    }
}

static bool hangs_on_phrase(const struct safety_program *program, size_t number)
{
    const struct safety_sequence *sequence = &program->sequences[number];
    return program->elements[sequence->first + sequence->anchor].type == ELEMENT_PHRASE;
}

/* Lists, for each word (or phrase), the sequences in [from, to) that hang on it: counted, summed, filled. */
static int index_anchors(struct safety_program *program, struct safety_anchors *anchors, bool phrases, size_t from,
                         size_t to, uint8_t bit)
{
    size_t count = phrases ? program->phrase_count : program->vocabulary.word_count;
    anchors->first = mem_zalloc_array(count + 2, sizeof(*anchors->first));
    if (!anchors->first)
        return -ENOMEM;
    for (size_t i = from; i < to; i++) {
        if (hangs_on_phrase(program, i) == phrases)
            note_anchor(program, i, anchors, false);
    }
    for (size_t word = 0; word < count; word++) {
        if (!phrases && anchors->first[word + 1])
            program->anchored[word] |= bit;
        anchors->first[word + 1] += anchors->first[word];
    }
    anchors->list = mem_zalloc_array(anchors->first[count] + 1, sizeof(*anchors->list));
    if (!anchors->list)
        return -ENOMEM;
    for (size_t i = from; i < to; i++) {
        if (hangs_on_phrase(program, i) == phrases)
            note_anchor(program, i, anchors, true);
    }
    memmove(anchors->first + 1, anchors->first, count * sizeof(*anchors->first)); /* filling moved each to its end */
    anchors->first[0] = 0;
    return 0;
}

static int index_all(struct safety_program *program)
{
    program->anchored = mem_zalloc_array(program->vocabulary.word_count, 1);
    if (!program->anchored)
        return -ENOMEM;
    size_t phrases = program->phrase_sequence_count, all = program->sequence_count;
    int r = index_anchors(program, &program->phrase_anchors, false, 0, phrases, ANCHOR_PHRASES);
    if (r >= 0)
        r = index_anchors(program, &program->rule_anchors, false, phrases, all, ANCHOR_RULES);
    if (r >= 0)
        r = index_anchors(program, &program->span_anchors, true, phrases, all, 0);
    return r;
}

static void shrink(void *pointer_to_block, size_t count, size_t size)
{
    void **block = pointer_to_block;
    void *smaller = mem_resize(*block, count ? count : 1, size);
    if (smaller) /* else the larger block stays, which is as good */
        *block = smaller;
}

/* What building needed and reading does not is given back. */
static void trim(struct safety_program *program)
{
    safety_sets_seal(program);
    shrink(&program->vocabulary.words, program->vocabulary.word_count, sizeof(*program->vocabulary.words));
    shrink(&program->vocabulary.keys, program->vocabulary.key_count, sizeof(*program->vocabulary.keys));
    shrink(&program->elements, program->element_count, sizeof(*program->elements));
    shrink(&program->sequences, program->sequence_count, sizeof(*program->sequences));
    shrink(&program->sets, program->set_count, sizeof(*program->sets));
    shrink(&program->members, program->member_count, sizeof(*program->members));
}

int safety_program_init(struct safety_program *program)
{
    *program = (struct safety_program){0};
    int r = safety_vocabulary_init(&program->vocabulary);
    if (r >= 0)
        r = intern_all(program);
    if (r >= 0)
        r = intern_tables(program);
    if (r >= 0)
        r = safety_sets_init(program);
    if (r >= 0)
        r = compile_phrases(program);
    if (r >= 0)
        r = compile_rules(program);
    if (r >= 0)
        r = index_all(program);
    if (r >= 0)
        r = safety_vocabulary_index_keys(&program->vocabulary);
    if (r >= 0)
        trim(program);
    return r;
}

void safety_program_done(struct safety_program *program)
{
    safety_vocabulary_done(&program->vocabulary);
    mem_free(program->elements);
    mem_free(program->sequences);
    mem_free(program->rules);
    safety_sets_done(program);
    struct safety_anchors *const anchors[] = {&program->phrase_anchors, &program->rule_anchors, &program->span_anchors};
    for (size_t i = 0; i < COUNT_OF(anchors); i++) {
        mem_free(anchors[i]->first);
        mem_free(anchors[i]->list);
    }
    mem_free(program->anchored);
}
