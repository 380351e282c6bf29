/* SPDX-License-Identifier: MIT */
/* read.c: one answer, by the kind of its step; what does not fit gets a reason that a person
 * understands. */
#include <errno.h>

#include "base/abi.h"
#include "base/utf8.h"
#include "dialogue/internal.h"

enum { CATALOGUE_BYTES_MAX = 4096, ZONE_BYTES = 64 };

/* ---- texts of the catalogue ------------------------------------------------------------------ */

int dialogue_reader_text(const struct dialogue_reader *reader, const char *msgid,
                         struct str *ret_text)
{
    const struct mooring_to to = {.member = {reader->member}};
    AUTO_BUF text;
    buf_init(&text, CATALOGUE_BYTES_MAX);
    int r = outbox_render(reader->parts->outbox, &to, str_of(msgid), NULL, 0, &text);
    if (r == -ENOENT) {
        *ret_text = (struct str){0};
        return 0;
    }
    if (r < 0)
        return r;
    *ret_text = str_keep(reader->arena, str_trim(buf_str(&text)));
    return ret_text->ptr ? 0 : -ENOMEM;
}

int dialogue_reader_words(const struct dialogue_reader *reader, const char *msgid,
                          struct str *ret_list)
{
    struct str list, folded, piece;
    AUTO_BUF out;
    buf_init(&out, CATALOGUE_BYTES_MAX);
    int r = dialogue_reader_text(reader, msgid, &list);
    if (r < 0)
        return r;
    /* Piece by piece: a list may be longer than anything that people type. */
    for (bool first = true; str_split(&list, '|', &piece); first = false) {
        if (!first)
            buf_add_byte(&out, '|');
        folded = dialogue_words_fold(piece, reader->arena);
        buf_add(&out, folded);
    }
    *ret_list = out.failed ? (struct str){0} : str_keep(reader->arena, buf_str(&out));
    return ret_list->ptr ? 0 : -ENOMEM;
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static int wrong(struct dialogue_reading *reading, const char *reason)
{
    reading->reason = reason;
    return 0;
}

static int read_text(const struct dialogue_reader *reader, const struct mooring_step *step,
                     struct str typed, struct dialogue_reading *reading)
{
    struct str text = str_trim(typed);
    int64_t characters = 0, max = step->max > 0 ? step->max : DIALOGUE_TEXT_CHARACTERS;
    if (!utf8_valid(text))
        return wrong(reading, "dialogue.no-text");
    for (size_t at = 0; at < text.len; characters++)
        (void)utf8_next(text, &at);
    if (characters > max)
        return wrong(reading, "dialogue.too-long");
    if (characters < MAX_OF(step->min, 1))
        return wrong(reading, characters ? "dialogue.too-short" : "dialogue.no-text");
    reading->number = characters;
    reading->text = str_keep(reader->arena, text);
    return reading->text.ptr ? 1 : -ENOMEM;
}

/* "yes, a little" is a yes: what stands before the first pause counts. */
static struct str before_pause(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (strchr(",.;:!", s.ptr[i]))
            return str_trim(str_upto(s, i));
    return s;
}

static int read_yes_no(const struct dialogue_reader *reader, struct str folded,
                       struct dialogue_reading *reading)
{
    struct str yes, no, head = before_pause(folded);
    int r = dialogue_reader_words(reader, "dialogue.words-yes", &yes);
    if (r == 0)
        r = dialogue_reader_words(reader, "dialogue.words-no", &no);
    if (r < 0)
        return r;
    bool is_yes = dialogue_words_has(yes, folded) || dialogue_words_has(yes, head) ||
                  str_eq_c(folded, "1");
    bool is_no = dialogue_words_has(no, folded) || dialogue_words_has(no, head) ||
                 str_eq_c(folded, "2");
    if (is_yes == is_no)
        return wrong(reading, "dialogue.not-yes-no");
    reading->number = is_yes;
    reading->text = is_yes ? STR("yes") : STR("no");
    return 1;
}

/* "America/New York" is how people write it. */
static struct str zone_name(struct str typed, char *room, size_t size)
{
    struct str trimmed = str_trim(typed);
    if (!str_to_c(trimmed, room, size))
        return (struct str){0};
    for (size_t i = 0; i < trimmed.len; i++)
        if (room[i] == ' ')
            room[i] = '_';
    return (struct str){room, trimmed.len};
}

static int take_zone(const struct dialogue_reader *reader, struct str zone,
                     struct dialogue_reading *reading)
{
    reading->text = str_keep(reader->arena, zone);
    return reading->text.ptr ? 1 : -ENOMEM;
}

static int read_zone(const struct dialogue_reader *reader, struct str typed, struct str folded,
                     struct str near, struct dialogue_reading *reading)
{
    char room[ZONE_BYTES], nearest[ZONE_BYTES] = "";
    struct str yes, zone = zone_name(typed, room, sizeof room);
    int r = dialogue_reader_words(reader, "dialogue.words-yes", &yes);
    if (r < 0)
        return r;
    if (!str_empty(near) && dialogue_words_has(yes, folded))
        return take_zone(reader, near, reading);
    if (str_empty(zone))
        return wrong(reading, "dialogue.not-zone");
    if (reader->parts->zone_known(reader->parts->ctx, zone, nearest, sizeof nearest))
        return take_zone(reader, zone, reading);
    if (!nearest[0])
        return wrong(reading, "dialogue.not-zone");
    if (str_eq_nocase(zone, str_of(nearest)))
        return take_zone(reader, str_of(nearest), reading);
    reading->near = str_keep(reader->arena, str_of(nearest));
    return reading->near.ptr ? wrong(reading, "dialogue.near-zone") : -ENOMEM;
}

static int read_kind(const struct dialogue_reader *reader, const struct mooring_step *step,
                     struct str typed, struct str near, struct dialogue_reading *reading)
{
    struct str folded = dialogue_words_fold(typed, reader->arena);
    switch ((enum mooring_step_kind)step->kind) {
    case MOORING_ASK_NUMBER:
        return dialogue_read_number(reader, step, folded, reading);
    case MOORING_ASK_CHOICES:
        return dialogue_read_choices(reader, step, folded, reading);
    case MOORING_ASK_TEXT:
        return read_text(reader, step, typed, reading);
    case MOORING_ASK_YES_NO:
        return read_yes_no(reader, folded, reading);
    case MOORING_ASK_TIME:
        return dialogue_read_time(reader, folded, reading);
    case MOORING_ASK_ZONE:
        return read_zone(reader, typed, folded, near, reading);
    }
    return -EINVAL; /* a kind of a newer header */
}

int dialogue_read(const struct dialogue_reader *reader, const struct mooring_step *step,
                  struct str typed, struct str near, struct dialogue_reading *ret_reading)
{
    struct dialogue_reading reading = {0};
    int r = read_kind(reader, step, typed, near, &reading);
    if (r >= 0)
        *ret_reading = reading;
    return r;
}
