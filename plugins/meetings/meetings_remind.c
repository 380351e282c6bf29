/* SPDX-License-Identifier: MIT */
/* meetings_remind.c: reminders: when, what, and to whom. */
#include "meetings_remind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOTES_MAX = MEETINGS_ITEMS_MAX * MEETINGS_LEADS_MAX, CITY_BYTES = 40 };

static const int64_t late_after_ms = 2 * 60000; /* until then "starts now" is true enough */

/* After downtime several leads of one meeting may be due together; only the one nearest to the
 * start speaks, the others would say the same again.  Once it has begun the reminder says so, and
 * after its end nothing is said. */
enum meetings_due meetings_remind_decide(const struct meetings_item *item, int lead,
                                         int64_t start_at, int64_t now)
{
    if (now >= start_at + item->minutes * meetings_minute_ms)
        return MEETINGS_DUE_NOTHING;
    for (size_t i = 0; i < item->lead_count; i++) {
        if (item->leads[i] < lead && start_at - item->leads[i] * meetings_minute_ms <= now)
            return MEETINGS_DUE_NOTHING;
    }
    return now >= start_at + late_after_ms ? MEETINGS_DUE_LATE : MEETINGS_DUE_BEFORE;
}

/* ---- what is said ---------------------------------------------------------------------------- */

/* "America/New_York" to "New York". */
static size_t city_of(const char *zone, char ret_city[CITY_BYTES])
{
    const char *slash = strrchr(zone, '/');
    meetings_copy(ret_city, CITY_BYTES, meetings_str(slash != NULL ? slash + 1 : zone));
    size_t len = strlen(ret_city);
    for (size_t i = 0; i < len; i++) {
        if (ret_city[i] == '_')
            ret_city[i] = ' ';
    }
    return len;
}

static const char *msgid_of(const struct meetings_item *item, bool is_late)
{
    if (item->link[0] != '\0')
        return is_late ? "meetings.late-link" : "meetings.remind-link";
    if (item->place[0] != '\0')
        return is_late ? "meetings.late-place" : "meetings.remind-place";
    return is_late ? "meetings.late" : "meetings.remind";
}

/* "10 minutes", "1 hour", in the reader's language. */
static struct mooring_str span_text(const struct mooring_host *host, struct mooring_to to,
                                    int64_t minutes)
{
    bool is_hours = minutes >= 60 && minutes % 60 == 0;
    const struct mooring_arg arg = {
        .name = "count", .kind = MOORING_ARG_INT, .number = is_hours ? minutes / 60 : minutes};
    struct mooring_str text;
    if (host->text->render(host->self, to, is_hours ? "meetings.hours" : "meetings.minutes", &arg,
                           1, &text) < 0)
        return MOORING_STR("");
    return text;
}

static int send(const struct meetings_book *book, const struct meetings_occurrence *occurrence,
                struct mooring_to to, bool is_late, const struct mooring_choice *choices,
                size_t choice_count)
{
    const struct mooring_host *host = book->host;
    const struct meetings_item *item = occurrence->item;
    char city[CITY_BYTES];
    int64_t away = (is_late ? 1 : -1) * (host->clock->now_at(host->self) - occurrence->start_at);
    int64_t minutes = (away + meetings_minute_ms / 2) / meetings_minute_ms;
    bool is_now = !is_late && minutes <= 0;
    size_t city_len = city_of(book->zone, city);
    const struct mooring_arg args[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(item->title)},
        {.name = "in",
         .kind = MOORING_ARG_TEXT,
         .text = span_text(host, to, minutes > 0 ? minutes : 0)},
        {.name = "time", .kind = MOORING_ARG_TIME, .number = occurrence->start_at},
        {.name = "city", .kind = MOORING_ARG_TEXT, .text = {city, city_len}},
        {.name = "length",
         .kind = MOORING_ARG_DURATION,
         .number = item->minutes * meetings_minute_ms},
        {.name = "link", .kind = MOORING_ARG_TEXT, .text = meetings_str(item->link)},
        {.name = "place", .kind = MOORING_ARG_TEXT, .text = meetings_str(item->place)}};
    const struct mooring_message message = {
        .struct_size = sizeof message,
        .flags = to.member.id != 0 ? MOORING_SAY_PRIVATE_ONLY : 0,
        .to = to,
        .msgid = is_now ? "meetings.starts-now" : msgid_of(item, is_late),
        .args = args,
        .arg_count = sizeof args / sizeof *args,
        .choices = choices,
        .choice_count = choice_count,
        .expires_at = is_late || is_now ? occurrence->end_at : occurrence->start_at};
    int r = host->say->send(host->self, &message, NULL);
    return r == -ENOENT || r == -EACCES ? 0 : r;
}

static int remind_group(const struct meetings_book *book,
                        const struct meetings_occurrence *occurrence, int lead, bool is_late)
{
    char going[32], snooze[32];
    int again = lead >= 30 ? 15 : 5;
    int going_len = snprintf(going, sizeof going, "going %d", occurrence->number);
    int snooze_len = snprintf(snooze, sizeof snooze, "snooze %dm %d", again, occurrence->number);
    const struct mooring_choice choices[] = {
        {"meetings.going", MOORING_STR("\xf0\x9f\x91\x8b"), {going, (size_t)going_len}},
        {again == 15 ? "meetings.snooze-15" : "meetings.snooze-5",
         MOORING_STR("\xe2\x8f\xb0"),
         {snooze, (size_t)snooze_len}}};
    size_t count = is_late || lead < 10 ? 1 : 2;
    return send(book, occurrence, (struct mooring_to){.group = book->group}, is_late, choices,
                count);
}

int meetings_remind_member(const struct meetings_book *book,
                           const struct meetings_occurrence *occurrence,
                           struct mooring_member member)
{
    int64_t now = book->host->clock->now_at(book->host->self);
    if (now >= occurrence->end_at)
        return 0;
    return send(book, occurrence, (struct mooring_to){.member = member},
                now >= occurrence->start_at + late_after_ms, NULL, 0);
}

/* ---- timers ---------------------------------------------------------------------------------- */

/* Padded, because the store erases by prefix: the note of 6 must not take that of 60 with it. */
static struct mooring_str note_key(char buffer[MEETINGS_STORE_KEY_BYTES], const char *key, int lead)
{
    int len = snprintf(buffer, MEETINGS_STORE_KEY_BYTES, "remind/%s/%04d", key, lead);
    return (struct mooring_str){buffer, (size_t)len};
}

/* The occurrence that a timer was set for; 0: none. */
static int64_t armed_for(const struct meetings_book *book, struct mooring_str key)
{
    struct mooring_str value;
    uint64_t at;
    if (book->host->store->get(book->host->self, meetings_book_owner(book), key, &value) < 0)
        return 0;
    return meetings_number_take(&value, INT64_MAX, &at) ? (int64_t)at : 0;
}

/* 1: the meeting still takes place at that moment and is not over.  Searched by the moment, not by
 * the meeting's rule alone: it may have been moved or cancelled since the timer was set. */
static int find_at(const struct meetings_book *book, size_t index, int64_t start_at,
                   struct meetings_occurrence *ret_found)
{
    struct meetings_occurrence some[4];
    int64_t now = book->host->clock->now_at(book->host->self);
    int count = start_at == 0 ? 0
                              : meetings_book_walk(book, index, start_at, start_at + 1, some, 4);
    for (int i = 0; i < count; i++) {
        if (some[i].start_at != start_at || some[i].end_at <= now)
            continue;
        *ret_found = some[i];
        return 1;
    }
    return count < 0 ? count : 0;
}

static int forget(const struct mooring_host *host, struct mooring_owner owner,
                  struct mooring_str key)
{
    (void)host->timer->cancel(host->self, owner, key);
    int r = host->store->erase(host->self, owner, key);
    return r == -ENOENT ? 0 : r;
}

/* One timer, for the next occurrence whose lead is still ahead; one that is overdue after downtime
 * stays, so that it can say "started 20 minutes ago". */
static int arm(const struct meetings_book *book, size_t index, int lead)
{
    const struct mooring_host *host = book->host;
    const struct meetings_item *item = &book->items[index];
    char key_buffer[MEETINGS_STORE_KEY_BYTES], text[24];
    struct mooring_str key = note_key(key_buffer, item->key, lead);
    struct meetings_occurrence next = {.start_at = 0}, armed;
    int64_t stored = armed_for(book, key), lead_ms = lead * meetings_minute_ms;

    int r = meetings_book_next(book, index, host->clock->now_at(host->self) + lead_ms + 1, &next);
    if (r < 0 && r != -ENOENT)
        return r;
    bool has_next = r >= 0;
    r = find_at(book, index, stored, &armed);
    if (r < 0)
        return r;
    if (r > 0 && (!has_next || stored <= next.start_at))
        next = armed;
    else if (!has_next)
        return forget(host, meetings_book_owner(book), key);
    int len = snprintf(text, sizeof text, "%" PRId64, next.start_at);
    if (next.start_at != stored) {
        r = host->store->put(host->self, meetings_book_owner(book), key,
                             (struct mooring_str){text, (size_t)len}, 0);
        if (r < 0)
            return r;
    }
    /* However late, it comes here: one that the host skipped would never be set again. */
    const struct mooring_when when = {.struct_size = sizeof when, .at = next.start_at - lead_ms};
    return host->timer->set(host->self, meetings_book_owner(book), key, &when);
}

struct notes {
    char key[NOTES_MAX][MEETINGS_STORE_KEY_BYTES];
    size_t count;
};

static void see_note(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct notes *notes = ctx;
    (void)value;
    if (notes->count < NOTES_MAX && key.len < MEETINGS_STORE_KEY_BYTES)
        meetings_copy(notes->key[notes->count++], MEETINGS_STORE_KEY_BYTES, key);
}

static bool is_wanted(const struct meetings_book *book, const char *key)
{
    char buffer[MEETINGS_STORE_KEY_BYTES];
    for (size_t index = 0; index < book->item_count; index++) {
        for (size_t i = 0; i < book->items[index].lead_count; i++) {
            (void)note_key(buffer, book->items[index].key, book->items[index].leads[i]);
            if (strcmp(buffer, key) == 0)
                return true;
        }
    }
    return false;
}

/* Timers of meetings and leads that are no longer there; without a book, of all.  The notes in the
 * store say which timers exist: the host lists none. */
static int drop_unwanted(const struct mooring_host *host, struct mooring_group group,
                         const struct meetings_book *book)
{
    const struct mooring_owner owner = {MOORING_OWN_GROUP, 0, group.id};
    struct notes notes = {.count = 0};
    int r = host->store->scan(host->self, owner, MOORING_STR("remind/"), MOORING_STR(""), NOTES_MAX,
                              see_note, &notes);
    for (size_t i = 0; r >= 0 && i < notes.count; i++) {
        if (book == NULL || !is_wanted(book, notes.key[i]))
            r = forget(host, owner, meetings_str(notes.key[i]));
    }
    return r < 0 ? r : 0;
}

int meetings_remind_drop(const struct mooring_host *host, struct mooring_group group)
{
    return drop_unwanted(host, group, NULL);
}

/* Safe to run at each start, reload and change: what stands right stays as it is. */
int meetings_remind_arrange(const struct meetings_book *book)
{
    int r = drop_unwanted(book->host, book->group, book);
    for (size_t index = 0; r >= 0 && index < book->item_count; index++) {
        for (size_t i = 0; r >= 0 && i < book->items[index].lead_count; i++)
            r = arm(book, index, book->items[index].leads[i]);
    }
    return r;
}

/* "remind/<key>/<lead>"; -EINVAL. */
static int read_key(const struct meetings_book *book, struct mooring_str key, size_t *ret_index,
                    int *ret_lead)
{
    char buffer[MEETINGS_STORE_KEY_BYTES];
    for (size_t index = 0; index < book->item_count; index++) {
        for (size_t i = 0; i < book->items[index].lead_count; i++) {
            struct mooring_str known = note_key(buffer, book->items[index].key,
                                                book->items[index].leads[i]);
            if (known.len != key.len || memcmp(known.ptr, key.ptr, key.len) != 0)
                continue;
            *ret_index = index;
            *ret_lead = book->items[index].leads[i];
            return 0;
        }
    }
    return -EINVAL;
}

int meetings_remind_due(const struct mooring_host *host, struct mooring_group group,
                        struct mooring_str key)
{
    struct meetings_book book;
    struct meetings_occurrence occurrence;
    size_t index;
    int lead;
    int r = meetings_book_load(host, group, &book);
    if (r < 0)
        return r;
    if (read_key(&book, key, &index, &lead) < 0) /* the meeting was taken out meanwhile */
        return forget(host, meetings_book_owner(&book), key);
    r = find_at(&book, index, armed_for(&book, key), &occurrence);
    if (r < 0)
        return r;
    if (r > 0) {
        int64_t now = host->clock->now_at(host->self);
        enum meetings_due what = meetings_remind_decide(occurrence.item, lead, occurrence.start_at,
                                                        now);
        r = what == MEETINGS_DUE_NOTHING
                ? 0
                : remind_group(&book, &occurrence, lead, what == MEETINGS_DUE_LATE);
    }
    /* Forgotten first: arm() would take what was just said for still to be said. */
    if (r >= 0)
        r = forget(host, meetings_book_owner(&book), key);
    return r < 0 ? r : arm(&book, index, lead);
}
