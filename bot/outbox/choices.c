/* SPDX-License-Identifier: MIT */
/* choices.c: the choices last offered in a place, and what somebody's number, word or reaction
 * picks among them. */
#include "outbox/internal.h"

#include <errno.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>

#include "base/number.h"
#include "base/utf8.h"
#include "store/dialogues.h"

enum {
    OFFER_BYTES_MAX = 16 * 1024,
    TYPED_BYTES_MAX = 256,
    OFFER_EXPIRES_MS = 24 * 60 * 60 * 1000,
    PART_EXPIRES_MS = 60 * 60 * 1000, /* part of a label only while the question is fresh */
    WAITS_MS = 3 * 60 * 60 * 1000     /* so long what is typed in a hard moment is an answer */
};
#define ASKS ((uint64_t)MOORING_SAY_ASKS_SUICIDE | MOORING_SAY_ASKS_SAFE)

struct place {
    uint64_t id;
    bool is_member;
};

uint64_t outbox_private_place(const struct outbox *outbox, struct str network, struct str user)
{
    return store_name_id(outbox->parts.store, STR("private"), network, user);
}

static struct place place_of(const struct outbox *outbox, const struct payload *payload)
{
    if (!str_empty(payload->room))
        return (struct place){payload->room_id, false};
    if (payload->member)
        return (struct place){payload->member, true};
    return (struct place){outbox_private_place(outbox, payload->network, payload->user), false};
}

/* ---- offering -------------------------------------------------------------------------------- */

static int put_in_memory(struct outbox *outbox, struct place place, struct str text)
{
    char *copy = mem_copy_text(text.ptr, text.len);
    if (!copy)
        return -ENOMEM;
    struct outbox_offer *offer = &outbox->offers[outbox->next_offer++ % OUTBOX_MEMORY_OFFERS];
    mem_free(offer->text);
    *offer = (struct outbox_offer){place.id, place.is_member, outbox_now(outbox), copy, text.len};
    return 0;
}

static void remove_from_memory(struct outbox *outbox, struct place place)
{
    for (size_t i = 0; i < OUTBOX_MEMORY_OFFERS; i++) {
        struct outbox_offer *offer = &outbox->offers[i];
        if (offer->text && offer->place == place.id && offer->is_member == place.is_member) {
            mem_free(offer->text);
            *offer = (struct outbox_offer){0};
        }
    }
}

static int put_again(struct outbox *outbox, struct place place, struct str text, int64_t at)
{
    size_t next = outbox->next_offer % OUTBOX_MEMORY_OFFERS;
    remove_from_memory(outbox, place);
    int r = put_in_memory(outbox, place, text);
    if (r == 0)
        outbox->offers[next].at = at;
    return r;
}

void outbox_offers_done(struct outbox *outbox)
{
    for (size_t i = 0; i < OUTBOX_MEMORY_OFFERS; i++)
        mem_free(outbox->offers[i].text);
}

/* Commands of choices repeat what somebody typed, and the house's key opens old copies of the file
 * too: what is offered to one person elsewhere than under their own key ends with this process. */
static bool is_passing(const struct payload *payload, struct place place)
{
    if (place.is_member || (payload->flags & MOORING_SAY_CRISIS))
        return false;
    return str_empty(payload->room) || !str_empty(payload->mention);
}

/* The labels are kept as their reader saw them: that is what they type. */
int outbox_offer(struct outbox *outbox, const struct payload *payload, bool in_memory)
{
    if (payload->choice_count == 0 || payload->taps_only)
        return 0;
    bool is_page = payload->alert != 0; /* for who helps, not for who is helped */
    struct payload offer = {
        .flags = is_page ? 0 : payload->flags & (MOORING_SAY_CRISIS | ASKS),
        .choices = arena_alloc(&outbox->arena, payload->choice_count * sizeof *offer.choices)};
    if (!offer.choices)
        return -ENOMEM;
    for (; offer.choice_count < payload->choice_count; offer.choice_count++) {
        struct payload_choice *choice = &offer.choices[offer.choice_count];
        *choice = payload->choices[offer.choice_count];
        int r = outbox_render_label(outbox, payload, choice->label_msgid, &outbox->arena,
                                    &choice->label_msgid);
        if (r < 0)
            return r;
    }
    AUTO_BUF text;
    buf_init(&text, OFFER_BYTES_MAX);
    int r = payload_encode(&offer, &text);
    if (r < 0)
        return r;
    struct place place = place_of(outbox, payload);
    if (in_memory)
        return put_in_memory(outbox, place, buf_str(&text));
    remove_from_memory(outbox, place);
    int64_t now = outbox_now(outbox);
    return store_offers_put(outbox->parts.store, place.id, place.is_member,
                            is_passing(payload, place), buf_str(&text), now,
                            now + OFFER_EXPIRES_MS);
}

/* ---- choosing -------------------------------------------------------------------------------- */

static bool is_emoji_modifier(uint32_t c)
{
    return c == 0xfe0e || c == 0xfe0f ||
           (c >= 0x1f3fb && c <= 0x1f3ff); /* variation selectors, skin tones */
}

/* Keyboards add what the eye does not see. */
static void bare_emoji(struct str emoji, struct buf *out)
{
    for (size_t at = 0; at < emoji.len;) {
        uint32_t c = utf8_next(emoji, &at);
        if (!is_emoji_modifier(c))
            utf8_add(out, c);
    }
}

static bool same_emoji(struct str a, struct str b)
{
    AUTO_BUF bare_a;
    AUTO_BUF bare_b;
    buf_init(&bare_a, OFFER_BYTES_MAX);
    buf_init(&bare_b, OFFER_BYTES_MAX);
    bare_emoji(a, &bare_a);
    bare_emoji(b, &bare_b);
    return bare_a.len > 0 && !bare_a.failed && !bare_b.failed &&
           str_eq(buf_str(&bare_a), buf_str(&bare_b));
}

/* Full case folding; a text that ICU refuses stays as it is. */
static struct str folded(struct str s, char *room, size_t size)
{
    UErrorCode status = U_ZERO_ERROR;
    UCaseMap *map = ucasemap_open("", U_FOLD_CASE_DEFAULT, &status);
    int32_t length = 0;
    if (U_SUCCESS(status))
        length = ucasemap_utf8FoldCase(map, room, (int32_t)size, s.ptr, (int32_t)s.len, &status);
    if (map)
        ucasemap_close(map);
    return U_SUCCESS(status) && length >= 0 && (size_t)length <= size
               ? (struct str){room, (size_t)length}
               : s;
}

static bool same_label(struct str typed, struct str label)
{
    char room_a[4 * TYPED_BYTES_MAX], room_b[4 * TYPED_BYTES_MAX];
    label = str_trim(label);
    if (str_empty(label) || label.len > TYPED_BYTES_MAX)
        return false;
    return str_eq(folded(typed, room_a, sizeof room_a), folded(label, room_b, sizeof room_b));
}

/* "2", "(2)", "2.", "2)", "#2"; 0: no number. */
static size_t typed_number(struct str typed)
{
    if (typed.len && (typed.ptr[0] == '(' || typed.ptr[0] == '#'))
        typed = str_from(typed, 1);
    while (typed.len && strchr(").,!", typed.ptr[typed.len - 1]) && typed.ptr[typed.len - 1])
        typed.len--;
    int64_t number;
    return number_parse(typed, 1, PAYLOAD_CHOICES_MAX, &number) == 0 && typed.ptr[0] != '+'
               ? (size_t)number
               : 0;
}

/* " im not safe ": folded words with one blank around each; apostrophes are typed by few. */
static bool add_words(struct str s, struct buf *out)
{
    char room[4 * TYPED_BYTES_MAX];
    s = folded(str_trim(s), room, sizeof room);
    buf_add_c(out, " ");
    for (size_t at = 0; at < s.len;) {
        size_t start = at;
        uint32_t c = utf8_next(s, &at);
        if (c == '\'' || c == 0x2019)
            continue;
        if (u_isalnum((UChar32)c))
            buf_add(out, (struct str){s.ptr + start, at - start});
        else if (out->len && out->ptr[out->len - 1] != ' ')
            buf_add_c(out, " ");
    }
    if (out->len > 1 && out->ptr[out->len - 1] != ' ')
        buf_add_c(out, " ");
    return !out->failed && out->len > 3;
}

/* "yes" begins "yes, forget me", and "not safe" stands in "I'm not safe, get a person".  One word
 * from the middle picks nothing: it may be a command, or just a word. */
static bool is_part(struct str words, struct str label)
{
    AUTO_BUF all;
    buf_init(&all, OFFER_BYTES_MAX);
    if (label.len > TYPED_BYTES_MAX || !add_words(label, &all))
        return false;
    if (str_starts(buf_str(&all), words))
        return true;
    bool is_single = memchr(words.ptr + 1, ' ', words.len - 2) == NULL;
    return !is_single && memmem(all.ptr, all.len, words.ptr, words.len) != NULL;
}

/* The only choice whose label holds what was typed, word for word; what fits two picks neither. */
static const struct payload_choice *pick_part(const struct payload *offer, struct str typed)
{
    const struct payload_choice *found = NULL;
    AUTO_BUF words;
    buf_init(&words, OFFER_BYTES_MAX);
    if (typed_number(typed) || !add_words(typed, &words))
        return NULL;
    for (size_t i = 0; i < offer->choice_count; i++) {
        if (!is_part(buf_str(&words), offer->choices[i].label_msgid))
            continue;
        if (found)
            return NULL;
        found = &offer->choices[i];
    }
    return found;
}

static const char *const keycaps[PAYLOAD_CHOICES_MAX] = {
    "1\xef\xb8\x8f\xe2\x83\xa3", "2\xef\xb8\x8f\xe2\x83\xa3", "3\xef\xb8\x8f\xe2\x83\xa3",
    "4\xef\xb8\x8f\xe2\x83\xa3", "5\xef\xb8\x8f\xe2\x83\xa3", "6\xef\xb8\x8f\xe2\x83\xa3",
    "7\xef\xb8\x8f\xe2\x83\xa3", "8\xef\xb8\x8f\xe2\x83\xa3", "9\xef\xb8\x8f\xe2\x83\xa3"};

struct str outbox_choice_emoji(const struct payload_choice *choice, size_t index)
{
    return str_empty(choice->reaction) ? str_of(keycaps[index % PAYLOAD_CHOICES_MAX])
                                       : choice->reaction;
}

/* Where there is one thing to say yes to, people say it as their keyboard offers it. */
static bool is_yes(const struct payload *offer, struct str typed)
{
    static const char thumb[] = "\xf0\x9f\x91\x8d";
    static const char *const others[] = {"\xe2\x9c\x85", "\xe2\x9c\x94", "\xe2\x98\x91",
                                         "\xf0\x9f\x91\x8c"};
    bool is = false;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        is |= same_emoji(typed, str_of(others[i]));
    return is && offer->choice_count == 1 && same_emoji(offer->choices[0].reaction, str_of(thumb));
}

static const struct payload_choice *pick(const struct payload *offer, struct str typed)
{
    size_t number = typed_number(typed);
    if (number >= 1 && number <= offer->choice_count)
        return &offer->choices[number - 1];
    for (size_t i = 0; i < offer->choice_count; i++)
        if (same_label(typed, offer->choices[i].label_msgid) ||
            same_emoji(typed, offer->choices[i].reaction))
            return &offer->choices[i];
    for (size_t i = 0; i < offer->choice_count && i < PAYLOAD_CHOICES_MAX; i++)
        if (same_emoji(typed, str_of(keycaps[i])))
            return &offer->choices[i];
    if (is_yes(offer, typed))
        return &offer->choices[0];
    return NULL;
}

int outbox_pick(const struct outbox *outbox, const struct payload *offer, struct str typed,
                int64_t offered_at, struct str *ret_command)
{
    int64_t age_ms = outbox_now(outbox) - offered_at;
    typed = str_trim(typed);
    if (str_empty(typed) || typed.len > TYPED_BYTES_MAX || age_ms >= OFFER_EXPIRES_MS)
        return 0;
    const struct payload_choice *choice = pick(offer, typed);
    if (!choice && age_ms < PART_EXPIRES_MS)
        choice = pick_part(offer, typed);
    if (!choice || str_empty(choice->command))
        return 0;
    *ret_command = choice->command;
    return 1;
}

static const struct outbox_offer *find_in_memory(const struct outbox *outbox, struct place place)
{
    const struct outbox_offer *latest = NULL;
    for (size_t i = 0; i < OUTBOX_MEMORY_OFFERS; i++) {
        const struct outbox_offer *offer = &outbox->offers[i];
        if (offer->text && offer->place == place.id && offer->is_member == place.is_member &&
            outbox_now(outbox) - offer->at < OFFER_EXPIRES_MS &&
            (!latest || offer->at >= latest->at))
            latest = offer;
    }
    return latest;
}

static int find_offer(struct outbox *outbox, struct place place, struct arena *arena,
                      struct str *ret_text, int64_t *ret_at)
{
    const struct outbox_offer *offer = find_in_memory(outbox, place);
    if (!offer)
        return store_offers_get(outbox->parts.store, place.id, place.is_member, arena, ret_text,
                                ret_at);
    *ret_text = (struct str){offer->text, offer->size};
    *ret_at = offer->at;
    return 0;
}

int outbox_choice(struct outbox *outbox, uint64_t member, uint64_t room_id, struct str typed,
                  struct arena *arena, struct str *ret_command, int64_t *ret_offered_at)
{
    typed = str_trim(typed);
    if (str_empty(typed) || typed.len > TYPED_BYTES_MAX || (!member && !room_id))
        return 0;
    struct place place = room_id ? (struct place){room_id, false} : (struct place){member, true};
    struct str text;
    int64_t offered_at;
    int r = find_offer(outbox, place, arena, &text, &offered_at);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    struct payload offer;
    r = payload_decode(text, arena, &offer);
    if (r < 0)
        return r;
    r = outbox_pick(outbox, &offer, typed, offered_at, ret_command);
    if (r > 0)
        *ret_offered_at = offered_at;
    return r;
}

static struct place private_of(uint64_t member, uint64_t private_place)
{
    return member ? (struct place){member, true} : (struct place){private_place, false};
}

/* 1; 0: none. */
static int read_offer(struct outbox *outbox, struct place place, struct arena *arena,
                      struct payload *ret_offer, int64_t *ret_at)
{
    struct str text;
    int r = find_offer(outbox, place, arena, &text, ret_at);
    if (r == 0)
        r = payload_decode(text, arena, ret_offer);
    return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

int outbox_asks(struct outbox *outbox, uint64_t member, uint64_t private_place, uint64_t *ret_asks,
                int64_t *ret_asked_at)
{
    struct arena arena = {0};
    struct payload offer;
    int r = read_offer(outbox, private_of(member, private_place), &arena, &offer, ret_asked_at);
    *ret_asks = r > 0 ? offer.flags & ASKS : 0;
    arena_done(&arena);
    bool waits = r > 0 && *ret_asks && outbox_now(outbox) - *ret_asked_at < WAITS_MS;
    return r < 0 ? r : waits;
}

/* The question stands where it stood, without what it asks; there until it would have expired. */
int outbox_answered(struct outbox *outbox, uint64_t member, uint64_t private_place)
{
    struct arena arena = {0};
    struct place place = private_of(member, private_place);
    struct payload offer;
    int64_t asked_at = 0;
    int r = read_offer(outbox, place, &arena, &offer, &asked_at);
    if (r > 0 && (offer.flags & ASKS)) {
        AUTO_BUF text;
        buf_init(&text, OFFER_BYTES_MAX);
        offer.flags &= ~ASKS;
        r = payload_encode(&offer, &text);
        bool is_passing = !place.is_member && !(offer.flags & MOORING_SAY_CRISIS);
        if (r == 0 && find_in_memory(outbox, place))
            r = put_again(outbox, place, buf_str(&text), asked_at);
        else if (r == 0)
            r = store_offers_put(outbox->parts.store, place.id, place.is_member, is_passing,
                                 buf_str(&text), asked_at, asked_at + OFFER_EXPIRES_MS);
    }
    arena_done(&arena);
    return MIN_OF(r, 0);
}

int outbox_asked_in_crisis(struct outbox *outbox, uint64_t member, uint64_t private_place,
                           struct arena *arena, struct str *ret_choices, int64_t *ret_asked_at)
{
    int64_t offered_at;
    struct payload offer;
    int r = read_offer(outbox, private_of(member, private_place), arena, &offer, &offered_at);
    if (r <= 0)
        return r;
    if (!(offer.flags & MOORING_SAY_CRISIS) || outbox_now(outbox) - offered_at >= WAITS_MS)
        return 0;
    AUTO_BUF choices;
    buf_init(&choices, OFFER_BYTES_MAX);
    for (size_t i = 0; i < offer.choice_count; i++)
        buf_add_format(&choices, "%s(%zu) %.*s", i ? " " : "", i + 1,
                       STR_ARG(offer.choices[i].label_msgid));
    *ret_choices = str_keep(arena, buf_str(&choices));
    *ret_asked_at = offered_at;
    return choices.failed ? choices.failed : ret_choices->ptr ? 1 : -ENOMEM;
}
