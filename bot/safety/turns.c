/* SPDX-License-Identifier: MIT */
/* turns.c: one person's messages in a row: what was said stands, and what follows may make it worse, never better. */
#include "safety/reader.h"
#include "safety/verdict.h"

enum { JOIN_BYTES = 512, TURN_HEAD_BYTES = 200, SHORT_TURN_BYTES = 60, ANSWER_BYTES = 40, AFTER_WORDS = 5, SOON_WORDS = 6 };

static bool about_life(const struct safety_verdict *verdict)
{
    return verdict->kind == SAFETY_SUICIDE || verdict->kind == SAFETY_SELF_HARM;
}

/* The end of one message and the head of the next, as if written in one: "i'm going to" + "kill myself". */
static size_t join(struct str before, struct str after, const char *between, char *out)
{
    if (before.len > TURN_HEAD_BYTES)
        before = str_from(before, before.len - TURN_HEAD_BYTES);
    after = str_upto(after, TURN_HEAD_BYTES);
    size_t gap = strlen(between), length = 0;
    if (before.len > 0)
        memcpy(out, before.ptr, before.len);
    length += before.len;
    memcpy(out + length, between, gap);
    length += gap;
    if (after.len > 0)
        memcpy(out + length, after.ptr, after.len);
    return length + after.len;
}

static void keep_stronger(struct safety_verdict *best, const struct safety_verdict *other, const char *note)
{
    if (!safety_verdict_above(other, best))
        return;
    *best = *other;
    if (note)
        safety_verdict_note(best, note);
}

/* "tonight" in ordinary business is no threat. */
static bool is_business(struct str text)
{
    static const char *const words[] = {"meeting", "see you", "zoom", "dinner", "movie", "game", "watching", "karaoke",
                                        "celebrat", "chapter", "share", "group"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_find(text, str_of(words[i]), 0) != SIZE_MAX)
            return true;
    }
    return false;
}

/* Split over two messages; a new line keeps sentences apart, a space lets one run on. */
static void read_joined(const struct safety *safety, struct str before, struct str after, struct safety_verdict *best)
{
    char joined[JOIN_BYTES];
    static const char *const between[] = {" ", "\n"};
    if (is_business(after))
        return;
    for (size_t i = 0; i < COUNT_OF(between); i++) {
        struct safety_verdict verdict;
        size_t length = join(before, after, between[i], joined);
        safety_read_counted(safety, (struct str){joined, length}, &verdict);
        if (verdict.tier > best->tier && verdict.tier >= 2)
            keep_stronger(best, &verdict, "turns.joined");
    }
}

static void raise_to(struct safety_verdict *best, int tier, const char *note)
{
    if (best->tier >= tier)
        return;
    best->tier = tier;
    safety_verdict_note(best, note);
}

/* After a wish, words that alone say little: "tonight", "I have it here", "goodbye". */
static bool says_soon(const struct safety *safety, struct str text)
{
    static const char wish[] = "i want to kill myself\n";
    char joined[JOIN_BYTES];
    struct safety_verdict verdict;
    if (text.len > TURN_HEAD_BYTES || is_business(text))
        return false;
    size_t length = join((struct str){wish, sizeof(wish) - 2}, text, "\n", joined);
    safety_read_counted(safety, (struct str){joined, length}, &verdict);
    return verdict.tier == 4;
}

static bool one_of(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(word, str_of(words[i])))
            return true;
    }
    return false;
}

/* "yes", "kind of", "I am": an answer that says nothing without its question. */
static bool affirms(struct str text)
{
    static const char *const yes[] = {"yes", "yeah", "yea", "yep", "yup", "ya", "y", "yah", "ye", "si", "s\xC3\xAD",
                                      "kinda", "maybe", "sometimes", "often", "always", "constantly", "kind", "sort",
                                      "probably", "perhaps",
                                      "lately", "both", "correct", "true", "mhm", "definitely", "daily"};
    static const char *const after_i[] = {"am", "do", "have", "did", "guess", "think", "might", "was"};
    struct str rest = text, word, second = {NULL, 0};
    if (text.len > ANSWER_BYTES || !str_word(&rest, &word))
        return false;
    while (word.len > 1 && strchr(".,!?", word.ptr[word.len - 1]))
        word.len--;
    if (one_of(word, yes, COUNT_OF(yes)))
        return true;
    if (!str_eq_nocase(word, STR("i")) || !str_word(&rest, &second))
        return false;
    while (second.len > 1 && strchr(".,!?", second.ptr[second.len - 1]))
        second.len--;
    if (!one_of(second, after_i, COUNT_OF(after_i)))
        return false;
    return !str_word(&rest, &word) || (str_eq_nocase(str_upto(word, 2), STR("so")) && word.len <= 3);
}

/* A whole line in small letters and single blanks; apostrophes and accents left out. */
static struct str plain_line(struct str text, char ret_line[ANSWER_BYTES])
{
    size_t length = 0;
    for (size_t i = 0; i < text.len && i < ANSWER_BYTES; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (is_letter)
            ret_line[length++] = (char)(c | 0x20);
        else if (c == 0xC3) /* with its accent: U+00E1, U+00ED and so on, or their capitals */
            ret_line[length++] = i + 1 < text.len && (text.ptr[i + 1] & 0x1F) == 0x01 ? 'a' : 'i';
        else if (c != '\'' && c < 0x80 && length > 0 && ret_line[length - 1] != ' ')
            ret_line[length++] = ' ';
    }
    if (length > 0 && ret_line[length - 1] == ' ')
        length--;
    return (struct str){ret_line, length};
}

enum safety_answer safety_answer(struct str text)
{
    static const char *const yes[] = {"si", "a bit", "a little", "i guess so", "un poco", "tal vez", "a veces", "quizas",
                                      "creo que si", "lo estoy"};
    static const char *const no[] = {"no", "nope", "nah", "na", "nop", "n", "no no", "no no no", "not really", "no not really",
                                     "no im not", "im not", "i am not", "no i am not", "not at all", "no not at all",
                                     "absolutely not", "no way", "never", "no never", "god no", "oh no", "of course not",
                                     "no i dont", "i dont", "no gracias", "para nada", "no thanks", "no thank you",
                                     "no i swear", "no promise", "hell no", "claro que no"};
    char bytes[ANSWER_BYTES];
    text = str_trim(text);
    if (text.len > ANSWER_BYTES)
        return SAFETY_ANSWER_NONE;
    struct str line = plain_line(text, bytes);
    if (affirms(text) || one_of(line, yes, COUNT_OF(yes)))
        return SAFETY_ANSWER_YES;
    return one_of(line, no, COUNT_OF(no)) ? SAFETY_ANSWER_NO : SAFETY_ANSWER_NONE;
}

/* What a bot asked, in the mouth of the one who says yes: "are you thinking of ending your life?". */
static size_t turn_round(struct str question, char *out)
{
    static const struct {
        const char *from, *to;
    } words[] = {{"you", "i"},          {"your", "my"},   {"yourself", "myself"}, {"yourself?", "myself?"},
                 {"you?", "me?"},       {"are", "am"},    {"you're", "i'm"},      {"life?", "life"},
                 {"yourself,", "myself,"}, {"estas", "estoy"}, {"est\xC3\xA1s", "estoy"}, {"quieres", "quiero"},
                 {"piensas", "pienso"}, {"tienes", "tengo"}, {"matarte", "matarme"}, {"matarte?", "matarme"},
                 {"suicidarte", "suicidarme"}, {"suicidarte?", "suicidarme"}, {"quitarte", "quitarme"}, {"tu", "mi"}};
    size_t length = 0;
    struct str word, rest = question;
    if (rest.len > TURN_HEAD_BYTES)
        rest = str_from(rest, rest.len - TURN_HEAD_BYTES);
    while (str_word(&rest, &word)) {
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            if (str_eq_nocase(word, str_of(words[i].from))) {
                word = str_of(words[i].to);
                break;
            }
        }
        if (length + word.len + 1 > JOIN_BYTES)
            break;
        memcpy(out + length, word.ptr, word.len);
        length += word.len;
        out[length++] = ' ';
    }
    return length;
}

/* A bare "yes" is at least what was asked, and "tonight?" asked after a wish is a time. */
static void read_answer(const struct safety *safety, struct str question, struct str answer,
                        struct safety_verdict *best)
{
    char asked[JOIN_BYTES];
    struct safety_verdict verdict;
    if (!affirms(answer))
        return;
    struct str text = {asked, turn_round(question, asked)};
    bool wish = best->tier == 3 && best->kind == SAFETY_SUICIDE && best->who == SAFETY_WHO_SELF;
    safety_read_counted(safety, text, &verdict);
    if (verdict.tier >= 2) {
        verdict.tier = MIN_OF(verdict.tier, 3);
        verdict.who = SAFETY_WHO_SELF;
        keep_stronger(best, &verdict, "turns.answered-yes");
    }
    if (wish && says_soon(safety, text))
        raise_to(best, 4, "turns.answered-yes");
}

/* Three short messages may be one sentence. */
static void read_three(const struct safety *safety, const struct str *last, struct safety_verdict *best)
{
    char joined[JOIN_BYTES];
    if (last[0].len > SHORT_TURN_BYTES || last[1].len > SHORT_TURN_BYTES || last[2].len > SHORT_TURN_BYTES)
        return;
    size_t length = join(last[0], last[1], " ", joined);
    read_joined(safety, (struct str){joined, length}, last[2], best);
}

struct course {
    const struct safety *safety;
    struct safety_verdict best;
    size_t twos, own_count;
    struct str last[3]; /* the person's latest, the newest at [2] */
};

static void read_own(struct course *course, struct str text)
{
    struct safety_verdict verdict, *best = &course->best;
    bool wish = best->tier == 3 && best->kind == SAFETY_SUICIDE && best->who == SAFETY_WHO_SELF;
    if (wish && says_soon(course->safety, text))
        raise_to(best, 4, "turns.soon");
    safety_classify(course->safety, text, 0, &verdict);
    course->twos += verdict.tier == 2 && about_life(&verdict);
    keep_stronger(best, &verdict, NULL);
    course->last[0] = course->last[1];
    course->last[1] = course->last[2];
    course->last[2] = text;
    course->own_count++;
    if (course->own_count >= 2)
        read_joined(course->safety, course->last[1], text, best);
    if (course->own_count >= 3)
        read_three(course->safety, course->last, best);
}

static void finish(struct course *course, struct safety_verdict *ret_verdict)
{
    if (course->twos >= 2 && course->best.tier == 2)
        raise_to(&course->best, 3, "turns.two-of-tier-2");
    *ret_verdict = course->best;
}

void safety_classify_dialogue(const struct safety *safety, const struct safety_turn *turns, size_t count,
                              struct safety_verdict *ret_verdict)
{
    struct course course = {.safety = safety, .best = {SAFETY_NONE, 0, SAFETY_WHO_NONE, 0, {0}}};
    for (size_t i = 0; i < count; i++) {
        if (turns[i].from_bot)
            continue;
        if (i > 0 && turns[i - 1].from_bot)
            read_answer(safety, turns[i - 1].text, turns[i].text, &course.best);
        read_own(&course, turns[i].text);
    }
    finish(&course, ret_verdict);
}

static struct str bare(struct str word)
{
    while (word.len > 1 && strchr(".,!?;:\"'", word.ptr[word.len - 1]))
        word.len--;
    return word;
}

static size_t count_words(struct str text, struct str *ret_first, struct str *ret_last)
{
    struct str word, rest = text;
    size_t count = 0;
    *ret_first = *ret_last = (struct str){NULL, 0};
    for (; str_word(&rest, &word); count++) {
        *ret_last = bare(word);
        if (count == 0)
            *ret_first = *ret_last;
    }
    return count;
}

/* Whether a line ends, or the next one begins, in the midst of a sentence.  Two whole sentences are not read as one:
 * the words of danger of the one would meet the subject of the other. */
static bool runs_on(struct str before, struct str after)
{
    static const char *const open[] = {
        "to", "wanna", "want", "wants", "gonna", "gunna", "going", "gotta", "just", "and", "or", "the", "a", "an", "my", "i",
        "im", "i'm", "ive", "i've", "ill", "i'll", "id", "i'd", "cant", "can't", "dont", "don't", "wont", "won't", "will",
        "would", "could", "should", "might", "must", "may", "am", "be", "been", "is", "isnt", "isn't", "has", "had", "of",
        "about", "with", "for", "in", "at", "from", "by", "so", "that", "like", "thinking", "end", "ending", "kill", "killing",
        "hurt", "hurting", "taking", "take", "took", "swallowed", "really", "never", "not", "wish", "hope", "because", "cuz",
        "cause", "if", "when", "then", "than", "until", "every", "some", "these", "those", "need", "ready", "better",
        "planning", "decided", "trying", "stop", "stopped", "his", "her", "hes", "he's", "shes", "she's", "he", "she",
        "they", "quiero", "voy", "que", "de", "a", "mi", "no", "ganas", "y", "con"};
    static const char *const on[] = {
        "to", "myself", "my", "anymore", "of", "in", "with", "and", "or", "off", "out", "from", "so", "because", "cuz",
        "that", "it", "everything", "himself", "herself", "up", "down", "on", "all", "de", "que", "con", "y"};
    struct str first, last, ignored;
    size_t count = count_words(before, &ignored, &last);
    bool is_ended = count > 0 && strchr(".!?", before.ptr[before.len - 1]) && !str_ends(before, STR(".."));
    if (count == 0 || is_ended)
        return false;
    if (one_of(last, open, COUNT_OF(open)))
        return true;
    count = count_words(after, &first, &ignored);
    return count <= AFTER_WORDS && one_of(first, on, COUNT_OF(on));
}

/* "i just want to" + "die"; three pieces as well. */
static void read_pieces(const struct safety *safety, const struct safety_line *before, size_t count, struct str text,
                        struct safety_verdict *best)
{
    char joined[JOIN_BYTES];
    struct safety_verdict verdict;
    struct str line = text;
    int tier = best->tier;
    for (size_t i = count; i-- > 0;) {
        char *out = i + 1 == count ? joined : joined + JOIN_BYTES / 2;
        if (!runs_on(before[i].text, line))
            return;
        line = (struct str){out, join(before[i].text, line, " ", out)};
        tier = MAX_OF(tier, before[i].tier); /* what was answered by itself is not answered again */
        safety_read_counted(safety, line, &verdict);
        if (verdict.tier >= 2 && verdict.tier > tier)
            keep_stronger(best, &verdict, "turns.joined");
    }
}

/* More than a time or a thing: it says what it means by itself. */
static bool is_whole(struct str text, const struct safety_verdict *verdict)
{
    struct str first, last;
    return count_words(text, &first, &last) > SOON_WORDS || str_find(text, STR("last night"), 0) != SIZE_MAX ||
           verdict->kind == SAFETY_CRAVING;
}

void safety_classify_after(const struct safety *safety, const struct safety_line *before, size_t count, bool had_wish,
                           struct str text, unsigned context, struct safety_verdict *ret_verdict)
{
    safety_classify(safety, text, context, ret_verdict);
    if (text.len > SHORT_TURN_BYTES || (context & (SAFETY_PLAN_TEXT | SAFETY_ACTION)))
        return;
    read_pieces(safety, before, MIN_OF(count, (size_t)2), text, ret_verdict);
    if (!had_wish || ret_verdict->tier >= 4 || is_whole(text, ret_verdict) || !says_soon(safety, text))
        return;
    *ret_verdict = (struct safety_verdict){SAFETY_SUICIDE, 4, SAFETY_WHO_SELF, 0, {0}};
    safety_verdict_note(ret_verdict, "turns.soon");
}

void safety_classify_turns(const struct safety *safety, const struct str *turns, size_t count,
                           struct safety_verdict *ret_verdict)
{
    struct course course = {.safety = safety, .best = {SAFETY_NONE, 0, SAFETY_WHO_NONE, 0, {0}}};
    for (size_t i = 0; i < count; i++)
        read_own(&course, turns[i]);
    finish(&course, ret_verdict);
}
