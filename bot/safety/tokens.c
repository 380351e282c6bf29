/* SPDX-License-Identifier: MIT */
/* tokens.c: bytes to words in one pass; the common case is a letter, a space, or a word that is known. */
#include "safety/tokens.h"

#include "safety/fold.h"

enum byte_class { OTHER, LETTER, DIGIT, SPACE, SOFT, HARD, QUOTE, APOSTROPHE, SIGN, PICTURE, CITE };

static const unsigned char class_of[256] = {
    ['a' ... 'z'] = LETTER, ['A' ... 'Z'] = LETTER, ['0' ... '9'] = DIGIT,
    [' '] = SPACE,          ['\t'] = SPACE,         ['-'] = SPACE,
    ['_'] = SPACE,          ['/'] = SOFT,           [','] = SOFT,
    [':'] = SOFT,           ['('] = SOFT,           [')'] = SOFT,
    ['['] = SOFT,           [']'] = SOFT,           ['{'] = SOFT,
    ['}'] = SOFT,           ['.'] = HARD,           ['?'] = HARD,
    [';'] = HARD,           ['\n'] = HARD,          ['\r'] = HARD,
    ['!'] = SIGN,           ['*'] = SIGN,           ['$'] = SIGN,
    ['@'] = SIGN,           ['|'] = SIGN,           ['"'] = QUOTE,
    ['\''] = APOSTROPHE,    ['>'] = CITE,           [FOLD_LAUGH] = PICTURE,
    [FOLD_MEANS] = PICTURE, [FOLD_SAD] = PICTURE,
};

/* A word as it was written, kept until the next two are known: "sui c idal". */
struct piece {
    char text[SAFETY_WORD_BYTES_MAX];
    size_t length, token; /* token: its place among the tokens */
    bool known;
};

struct reader {
    const struct safety_vocabulary *vocabulary;
    struct safety_tokens *tokens;
    struct str text;
    size_t at;
    enum safety_break pending;
    unsigned flags;
    size_t quote_opened_at[2]; /* token index + 1 where a double or single quote opened; 0: none is open */
    size_t single_letters;     /* in a row */
    struct piece pieces[4];    /* a ring: this word at [piece] and those before it; length 0: none */
    size_t piece;
};

static unsigned char byte_at(const struct reader *reader, size_t at)
{
    return at < reader->text.len ? (unsigned char)reader->text.ptr[at] : 0;
}

static bool is_letter(const struct reader *reader, size_t at)
{
    return class_of[byte_at(reader, at)] == LETTER;
}

void safety_tokens_add(const struct safety_vocabulary *vocabulary, struct safety_tokens *tokens, uint16_t word,
                       enum safety_break before, unsigned flags)
{
    const struct safety_word *entry = &vocabulary->words[word];
    size_t count = entry->expansion_count ? entry->expansion_count : 1;
    if (tokens->count + count > SAFETY_TOKENS_MAX)
        return;
    for (size_t i = 0; i < count; i++) {
        uint16_t number = entry->expansion_count ? entry->expansion[i] : word;
        tokens->marks |= vocabulary->words[number].marks;
        tokens->at[tokens->count++] =
            (struct safety_token){number, (uint8_t)(i ? BREAK_NONE : before), (uint8_t)flags};
    }
}

static void push(struct reader *reader, uint16_t word)
{
    safety_tokens_add(reader->vocabulary, reader->tokens, word, reader->pending, reader->flags);
    reader->pending = BREAK_NONE;
}

/* A sign belongs to a word only between letters ("d!e", "k*ll") or, for "$" and "@", before one ("$uicide"). */
static bool sign_inside(const struct reader *reader, size_t at, bool started)
{
    unsigned char sign = byte_at(reader, at), next = byte_at(reader, at + 1);
    if (!started)
        return sign == '$' && class_of[next] == LETTER;
    return class_of[next] == LETTER || (sign == '*' && next == '*') || (class_of[next] == DIGIT && sign != '!');
}

/* "https://..." says nothing: to the next white space. */
static bool skip_address(struct reader *reader)
{
    if (byte_at(reader, reader->at) != ':' || byte_at(reader, reader->at + 1) != '/' ||
        byte_at(reader, reader->at + 2) != '/')
        return false;
    while (reader->at < reader->text.len && (unsigned char)reader->text.ptr[reader->at] > ' ')
        reader->at++;
    return true;
}

static void push_number(struct reader *reader, struct str digits)
{
    uint16_t word = safety_vocabulary_find(reader->vocabulary, digits);
    bool year = digits.len == 4 && (str_starts(digits, STR("19")) || str_starts(digits, STR("20")));
    push(reader, word ? word : year ? reader->vocabulary->year : reader->vocabulary->number);
}

/* "friend's" is "friend" and "'s": the mark may be "is" or "has" or own something. */
static bool push_possessive(struct reader *reader, struct str token)
{
    if (!str_ends(token, STR("'s")))
        return false;
    uint16_t word = safety_vocabulary_find(reader->vocabulary, str_upto(token, token.len - 2));
    push(reader, word);
    push(reader, reader->vocabulary->possessive);
    return true;
}

/* The quick look: whether some word worth joining begins like `first` and ends like `last`. */
static bool may_join(const struct reader *reader, const struct piece *first, const struct piece *last)
{
    unsigned from = (unsigned char)first->text[0] - 'a', to = (unsigned char)last->text[last->length - 1] - 'a';
    return from < 26 && to < 26 && (reader->vocabulary->key_ends[from] >> to & 1) != 0;
}

/* Two or three written pieces that make one of the words worth repairing; 0 when they do not. */
static uint16_t joined_key(const struct reader *reader, const struct piece *const *parts, size_t count)
{
    char text[SAFETY_WORD_BYTES_MAX];
    size_t length = 0, known = 0, shortest = SAFETY_WORD_BYTES_MAX;
    const struct piece *first = parts[0], *last = parts[count - 1];
    for (size_t i = 0; i < count; i++) {
        if (length + parts[i]->length > sizeof(text))
            return SAFETY_WORD_UNKNOWN;
        memcpy(text + length, parts[i]->text, parts[i]->length);
        length += parts[i]->length;
        known += parts[i]->known;
        shortest = MIN_OF(shortest, parts[i]->length);
    }
    bool article = first->length == 1 && strchr("aiou", first->text[0]); /* "a live meeting" */
    if (known == count && (article || (shortest == 1 && count == 2 && last->length == 1)))
        return SAFETY_WORD_UNKNOWN;
    uint16_t word = safety_vocabulary_find(reader->vocabulary, (struct str){text, length});
    return reader->vocabulary->words[word].marks & MARK_KEY ? word : SAFETY_WORD_UNKNOWN;
}

/* The n-th piece before the one that is being read. */
static struct piece *piece_back(struct reader *reader, size_t n)
{
    return &reader->pieces[(reader->piece + COUNT_OF(reader->pieces) - n) % COUNT_OF(reader->pieces)];
}

static void forget_pieces(struct reader *reader)
{
    for (size_t i = 0; i < COUNT_OF(reader->pieces); i++)
        reader->pieces[i].length = 0;
}

/* Puts the joined word where its first piece stands; true when the pieces make one. */
static bool join_pieces(struct reader *reader, const struct piece *now)
{
    const struct piece *before = piece_back(reader, 1), *earlier = piece_back(reader, 2);
    const struct piece *const all[] = {earlier, before, now};
    if (reader->pending != BREAK_NONE || before->length == 0)
        return false;
    bool three = earlier->length > 0 && earlier->length + before->length <= 8 && may_join(reader, earlier, now);
    size_t skip = 0;
    uint16_t word = three ? joined_key(reader, all, 3) : SAFETY_WORD_UNKNOWN;
    if (word == SAFETY_WORD_UNKNOWN && may_join(reader, before, now)) {
        skip = 1;
        word = joined_key(reader, all + 1, 2);
    }
    if (word == SAFETY_WORD_UNKNOWN)
        return false;
    reader->pending = (enum safety_break)reader->tokens->at[all[skip]->token].before;
    reader->tokens->count = all[skip]->token;
    push(reader, word);
    forget_pieces(reader);
    return true;
}

/* The piece just read becomes the last one. */
static void remember(struct reader *reader, struct piece *piece)
{
    piece->token = reader->tokens->count;
    if (reader->pending != BREAK_NONE)
        piece_back(reader, 1)->length = 0;
    reader->piece = (reader->piece + 1) % COUNT_OF(reader->pieces);
}

static uint16_t resolve(const struct reader *reader, const char *lower, struct str raw, uint32_t hash, bool odd)
{
    struct str token = {lower, raw.len};
    uint16_t word = safety_vocabulary_find_hashed(reader->vocabulary, token, hash);
    if (word != SAFETY_WORD_UNKNOWN)
        return word;
    if (raw.len > 1 && raw.ptr[0] != 'I' && memchr(raw.ptr + 1, 'I', raw.len - 1)) {
        /* "kiII": a capital I that plays a small L. */
        char other[SAFETY_WORD_BYTES_MAX];
        for (size_t i = 0; i < raw.len; i++)
            other[i] = raw.ptr[i] == 'I' && i > 1 ? 'l' : lower[i];
        word = safety_vocabulary_find(reader->vocabulary, (struct str){other, raw.len});
    }
    return word ? word : safety_repair_word(reader->vocabulary, token, odd);
}

static void read_word(struct reader *reader)
{
    char lower[SAFETY_WORD_BYTES_MAX + 1] = {0};
    size_t start = reader->at, length = 0, digits = 0;
    uint32_t hash = SAFETY_HASH_START;
    bool odd = false;
    for (;; reader->at++) {
        /* Letters are nearly all there is: a loop of their own, on locals. */
        size_t at = reader->at;
        for (; at < reader->text.len && class_of[(unsigned char)reader->text.ptr[at]] == LETTER; at++, length++) {
            unsigned char letter = (unsigned char)reader->text.ptr[at] | 0x20;
            if (length < SAFETY_WORD_BYTES_MAX)
                lower[length] = (char)letter;
            hash = safety_hash_add(hash, letter);
        }
        reader->at = at;
        unsigned char byte = byte_at(reader, at), class = class_of[byte];
        if (class == DIGIT)
            digits++;
        else if (class == APOSTROPHE ? !length || !is_letter(reader, at + 1)
                                     : class != SIGN || !sign_inside(reader, at, length > 0))
            break;
        odd |= class == SIGN;
        if (length < SAFETY_WORD_BYTES_MAX)
            lower[length] = (char)byte;
        length++;
        hash = safety_hash_add(hash, byte);
    }
    reader->single_letters = length == 1 && !digits ? reader->single_letters + 1 : 0;
    reader->tokens->spaced_letters |= reader->single_letters >= 3;
    if (skip_address(reader) || length > SAFETY_WORD_BYTES_MAX) {
        forget_pieces(reader);
        push(reader, SAFETY_WORD_UNKNOWN);
        return;
    }
    if (digits == length && length > 0) {
        forget_pieces(reader);
        push_number(reader, (struct str){lower, length});
        return;
    }
    struct str raw = {reader->text.ptr + start, length};
    uint16_t word = resolve(reader, lower, raw, hash, odd || digits);
    if (word == SAFETY_WORD_UNKNOWN && push_possessive(reader, (struct str){lower, length})) {
        forget_pieces(reader);
        return;
    }
    if (word == SAFETY_WORD_UNKNOWN && class_of[(unsigned char)lower[0]] == DIGIT)
        word = reader->vocabulary->number; /* "30mg", "7pm" */
    struct piece *piece = &reader->pieces[reader->piece];
    piece->length = length;
    piece->known = word != SAFETY_WORD_UNKNOWN;
    memcpy(piece->text, lower, sizeof(piece->text));
    if (join_pieces(reader, piece))
        return;
    remember(reader, piece);
    push(reader, word);
}

/* Opens or closes a quotation; a lone mark that never closes quotes nothing. */
static void toggle_quote(struct reader *reader, size_t which)
{
    size_t *opened = &reader->quote_opened_at[which];
    struct safety_tokens *tokens = reader->tokens;
    if (*opened == 0) {
        *opened = tokens->count + 1;
        return;
    }
    for (size_t i = *opened - 1; i < tokens->count; i++)
        tokens->at[i].flags |= TOKEN_QUOTED;
    *opened = 0;
}

static void read_apostrophe(struct reader *reader)
{
    bool after = reader->at > 0 && class_of[byte_at(reader, reader->at - 1)] > SPACE; /* "wait.'" closes too */
    bool word_before = reader->at > 0 && is_letter(reader, reader->at - 1);
    bool before_letter = is_letter(reader, reader->at + 1);
    bool open = reader->quote_opened_at[1] != 0;
    if ((!open && before_letter && !word_before) || (open && (word_before || after) && !before_letter))
        toggle_quote(reader, 1);
    reader->at++;
}

static void mark_break(struct reader *reader, enum safety_break kind)
{
    if (kind > reader->pending)
        reader->pending = kind;
}

static void read_hard(struct reader *reader, unsigned char byte)
{
    bool line = byte == '\n' || byte == '\r';
    bool inside = byte == '.' && class_of[byte_at(reader, reader->at + 1)] <= DIGIT &&
                  class_of[byte_at(reader, reader->at + 1)] >= LETTER;
    bool dots = byte == '.' && (byte_at(reader, reader->at + 1) == '.' || (reader->at && byte_at(reader, reader->at - 1) == '.'));
    if (!inside)
        mark_break(reader, dots ? BREAK_SOFT : BREAK_HARD);
    reader->tokens->question |= byte == '?';
    if (line)
        reader->flags = 0;
    reader->at++;
}

static void read_picture(struct reader *reader, unsigned char byte)
{
    const struct safety_vocabulary *vocabulary = reader->vocabulary;
    uint16_t word = byte == FOLD_LAUGH ? vocabulary->laugh : byte == FOLD_MEANS ? vocabulary->means : vocabulary->sad;
    mark_break(reader, BREAK_SOFT);
    push(reader, word);
    mark_break(reader, BREAK_SOFT);
    reader->tokens->picture_count++;
    reader->at++;
}

void safety_tokens_drop_pictures(const struct safety_vocabulary *vocabulary, struct safety_tokens *tokens)
{
    size_t kept = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        uint16_t word = tokens->at[i].word;
        if (word != vocabulary->laugh && word != vocabulary->means && word != vocabulary->sad)
            tokens->at[kept++] = tokens->at[i];
    }
    tokens->count = kept;
}

static void read_sign(struct reader *reader, unsigned char byte)
{
    if (sign_inside(reader, reader->at, false)) {
        read_word(reader);
        return;
    }
    if (byte == '!' || byte == '|')
        mark_break(reader, BREAK_HARD);
    reader->at++;
}

static void read_cite(struct reader *reader)
{
    bool at_line_start = reader->at == 0 || byte_at(reader, reader->at - 1) == '\n';
    if (at_line_start)
        reader->flags = TOKEN_CITED;
    mark_break(reader, BREAK_SOFT);
    reader->at++;
}

void safety_tokens_read(const struct safety_vocabulary *vocabulary, struct str folded, struct safety_tokens *ret_tokens)
{
    ret_tokens->count = 0;
    ret_tokens->marks = 0;
    ret_tokens->picture_count = 0;
    ret_tokens->spaced_letters = ret_tokens->question = false;
    struct reader reader = {vocabulary, ret_tokens, folded, 0, BREAK_HARD, 0, {0, 0}, 0, {{.length = 0}}, 0};
    while (reader.at < folded.len) {
        unsigned char byte = (unsigned char)folded.ptr[reader.at];
        switch (class_of[byte]) {
        case LETTER:
        case DIGIT:
            read_word(&reader);
            break;
        case SPACE:
            if (byte == '-' && byte_at(&reader, reader.at + 1) == ' ')
                mark_break(&reader, BREAK_SOFT);
            reader.at++;
            break;
        case SOFT:
            mark_break(&reader, BREAK_SOFT);
            reader.at++;
            break;
        case HARD:
            read_hard(&reader, byte);
            break;
        case QUOTE:
            toggle_quote(&reader, 0);
            mark_break(&reader, BREAK_SOFT);
            reader.at++;
            break;
        case APOSTROPHE:
            read_apostrophe(&reader);
            break;
        case SIGN:
            read_sign(&reader, byte);
            break;
        case PICTURE:
            read_picture(&reader, byte);
            break;
        case CITE:
            read_cite(&reader);
            break;
        default:
            mark_break(&reader, BREAK_SOFT);
            reader.at++;
        }
    }
    safety_repair_spacing(vocabulary, ret_tokens);
}
