/* SPDX-License-Identifier: MIT */
/* read.c: what somebody says is read for words of danger: by itself, together with the lines just
 * before ("i just want to", "die"), and as the answer to what we asked ("are you thinking of ending
 * your life?", "yes"). */
#include <assert.h>
#include <sodium.h>

#include "inbox/internal.h"

enum { PIECES_MS = 60 * 1000, WISH_MS = 30 * 60 * 1000 };

/* ---- the lines before ------------------------------------------------------------------------ */

void inbox_forget_lines(struct inbox *inbox, int64_t now_at)
{
    for (size_t i = 0; i < INBOX_SPEAKERS; i++) {
        struct inbox_speaker *speaker = &inbox->speakers[i];
        for (size_t k = 0; k < INBOX_LINES; k++)
            if (speaker->lines[k].event && now_at - speaker->lines[k].said_at > PIECES_MS)
                mem_wipe(&speaker->lines[k], sizeof speaker->lines[k]);
    }
    for (size_t i = 0; i < INBOX_WISHES; i++)
        if (now_at - inbox->wishes[i].said_at[0] > WISH_MS)
            inbox->wishes[i] = (struct inbox_wishes){0};
    inbox->lines_swept_at = now_at;
}

static uint64_t mix(const struct inbox *inbox, uint64_t hash, struct str text)
{
    uint64_t more;
    unsigned char out[crypto_shorthash_BYTES];
    static_assert(sizeof out == sizeof more && sizeof inbox->lines_key == crypto_shorthash_KEYBYTES,
                  "a short hash is a number");
    crypto_shorthash(out, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len,
                     inbox->lines_key);
    memcpy(&more, out, sizeof more);
    return (hash ^ more) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t person_of(const struct inbox *inbox, const struct inbox_item *item)
{
    return mix(inbox, mix(inbox, 0, item->speaker.network), item->event->sender);
}

/* What they say elsewhere is another sentence. */
static struct inbox_speaker *speaker_of(struct inbox *inbox, const struct inbox_item *item,
                                        uint64_t person)
{
    uint64_t who = mix(inbox, person, item->is_private ? (struct str){0} : item->event->room);
    struct inbox_speaker *speaker = &inbox->speakers[(who >> 32) % INBOX_SPEAKERS];
    if (speaker->who != who) {
        mem_wipe(speaker, sizeof *speaker);
        speaker->who = who;
    }
    return speaker;
}

static uint64_t event_of(const struct inbox *inbox, const struct chat_event *event)
{
    uint64_t hash = mix(inbox, (uint64_t)event->sent_at,
                        str_empty(event->id) ? event->text : event->id);
    return hash | 1; /* 0 is none */
}

/* A turn that is run again, or a server that tells twice, brings the same line. */
static size_t index_before(const struct inbox_speaker *speaker, uint64_t event)
{
    for (size_t i = 0; i < INBOX_LINES; i++)
        if (speaker->lines[i].event == event)
            return i + 1;
    return 0;
}

static bool is_soon_after(int64_t before_at, int64_t at, int64_t within_ms)
{
    return before_at <= at && at - before_at <= within_ms;
}

/* Oldest first. */
static size_t pieces_before(const struct inbox_speaker *speaker, size_t first, int64_t at,
                            struct safety_line out[INBOX_LINES - 1])
{
    size_t count = 0, last = first;
    while (last < INBOX_LINES && last - first < INBOX_LINES - 1) {
        const struct inbox_line *line = &speaker->lines[last];
        if (!line->event || !is_soon_after(line->said_at, at, PIECES_MS))
            break;
        at = line->said_at;
        last++;
    }
    for (size_t i = last; i-- > first;)
        out[count++] = (struct safety_line){{speaker->lines[i].text, speaker->lines[i].len},
                                            speaker->lines[i].tier};
    return count;
}

static void keep_line(struct inbox_speaker *speaker, uint64_t event, const struct inbox_item *item)
{
    struct str text = str_trim(item->event->text);
    struct inbox_line line = {.event = event,
                              .said_at = item->event->sent_at,
                              .tier = item->verdict.tier,
                              .len = text.len <= INBOX_LINE_BYTES ? text.len : 0};
    if (line.len > 0)
        memcpy(line.text, text.ptr, line.len);
    memmove(&speaker->lines[1], &speaker->lines[0], sizeof speaker->lines - sizeof line);
    speaker->lines[0] = line;
    mem_wipe(&line, sizeof line);
}

static struct inbox_wishes *wishes_of(struct inbox *inbox, uint64_t person)
{
    return &inbox->wishes[(person >> 32) % INBOX_WISHES];
}

/* Another time than with this very event, which may come again. */
static bool had_wish(struct inbox *inbox, uint64_t person, uint64_t event, int64_t at)
{
    const struct inbox_wishes *wishes = wishes_of(inbox, person);
    for (size_t i = 0; wishes->who == person && i < COUNT_OF(wishes->events); i++)
        if (wishes->events[i] && wishes->events[i] != event &&
            is_soon_after(wishes->said_at[i], at, WISH_MS))
            return true;
    return false;
}

/* In a room or in private: what we answer in private they answer there. */
static void note_wish(struct inbox *inbox, const struct inbox_item *item)
{
    const struct safety_verdict *verdict = &item->verdict;
    if (verdict->tier < 3 || verdict->kind != SAFETY_SUICIDE || verdict->who != SAFETY_WHO_SELF)
        return;
    uint64_t person = person_of(inbox, item), event = event_of(inbox, item->event);
    struct inbox_wishes *wishes = wishes_of(inbox, person);
    if (wishes->who != person)
        *wishes = (struct inbox_wishes){.who = person};
    if (wishes->events[0] == event || wishes->events[1] == event)
        return;
    wishes->events[1] = wishes->events[0];
    wishes->said_at[1] = wishes->said_at[0];
    wishes->events[0] = event;
    wishes->said_at[0] = item->event->sent_at;
}

static void read_line(struct inbox *inbox, struct inbox_item *item, unsigned context)
{
    struct safety_line before[INBOX_LINES - 1];
    int64_t at = item->event->sent_at, now_at = clock_wall_at(inbox->parts.clock);
    if (now_at - inbox->lines_swept_at > PIECES_MS || now_at < inbox->lines_swept_at)
        inbox_forget_lines(inbox, now_at);
    uint64_t event = event_of(inbox, item->event), person = person_of(inbox, item);
    struct inbox_speaker *speaker = speaker_of(inbox, item, person);
    size_t first = index_before(speaker, event);
    size_t count = pieces_before(speaker, first, at, before);
    safety_classify_after(inbox->parts.safety, before, count, had_wish(inbox, person, event, at),
                          str_trim(item->event->text), context, &item->verdict);
    if (first == 0)
        keep_line(speaker, event, item);
}

/* ---- an answer to what we asked -------------------------------------------------------------- */

static void call_for_help(struct inbox_item *item, enum safety_kind kind, const char *rule)
{
    item->verdict = (struct safety_verdict){
        .kind = kind, .tier = 3, .who = SAFETY_WHO_SELF, .rule_count = 1, .rules = {rule}};
}

/* A store that cannot be read knows of no question: then the line is what it says by itself. */
static void read_answer(struct inbox *inbox, struct inbox_item *item)
{
    struct outbox *outbox = inbox->parts.outbox;
    enum safety_answer answer = safety_answer(item->event->text);
    uint64_t asks;
    int64_t asked_at, other_at;
    if (answer == SAFETY_ANSWER_NONE || item->verdict.tier >= 3)
        return;
    uint64_t place = outbox_private_place(outbox, item->speaker.network, item->speaker.address);
    if (outbox_asks(outbox, item->member, place, &asks, &asked_at) <= 0)
        return;
    if (item->member && dialogues_open(inbox->parts.dialogues, item->member, &other_at) >= 0 &&
        other_at > asked_at)
        return; /* they were asked something else since */
    item->answer = answer;
    if ((asks & MOORING_SAY_ASKS_SUICIDE) && answer == SAFETY_ANSWER_YES)
        call_for_help(item, SAFETY_SUICIDE, "answer.yes");
    else if ((asks & MOORING_SAY_ASKS_SAFE) && answer == SAFETY_ANSWER_NO)
        call_for_help(item, SAFETY_NONE, "answer.not-safe");
}

void inbox_read(struct inbox *inbox, struct inbox_item *item)
{
    const struct chat_event *event = item->event;
    unsigned context = item->is_private ? SAFETY_PRIVATE : 0;
    if (event->kind != CHAT_MESSAGE && event->kind != CHAT_EDIT)
        return;
    if (item->is_private && item->member)
        context |= dialogues_context(inbox->parts.dialogues, item->member);
    if (event->flags & CHAT_ACTION)
        context |= SAFETY_ACTION;
    if (event->kind == CHAT_EDIT || (event->flags & CHAT_ACTION))
        safety_classify(inbox->parts.safety, event->text, context, &item->verdict);
    else
        read_line(inbox, item, context);
    if (item->is_private && event->kind == CHAT_MESSAGE)
        read_answer(inbox, item);
    note_wish(inbox, item);
}
