/* SPDX-License-Identifier: MIT */
/* meetings_change.c: `!meeting`: what moderators change; kept per group, audited, told to the
 * group. */
#include "meetings_change.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "meetings_line.h"
#include "meetings_remind.h"

int meetings_answer(const struct mooring_host *host, const struct mooring_event *event,
                    const char *msgid, const struct mooring_arg *args, size_t arg_count)
{
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .to = {.answers = event->source},
                                            .msgid = msgid,
                                            .args = args,
                                            .arg_count = arg_count};
    return host->say->send(host->self, &message, NULL);
}

static int announce(const struct meetings_book *book, const char *msgid,
                    const struct mooring_arg *args, size_t arg_count)
{
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .to = {.group = book->group},
                                            .msgid = msgid,
                                            .args = args,
                                            .arg_count = arg_count};
    int r = book->host->say->send(book->host->self, &message, NULL);
    return r == -ENOENT ? 0 : r;
}

static int audit(const struct meetings_book *book, const struct mooring_event *event,
                 const char *what, int number, int64_t at)
{
    const struct mooring_field fields[] = {
        {"group", (int64_t)book->group.id}, {"number", number}, {"at", at}};
    if (book->host->audit == NULL)
        return 0;
    return book->host->audit->record(book->host->self, what, event->member, fields, 3);
}

static int say_trouble(const struct mooring_host *host, const struct mooring_event *event,
                       enum meetings_trouble trouble, struct mooring_str word)
{
    static const char *const msgids[MEETINGS_TROUBLE_COUNT] = {NULL,
                                                               "meetings.trouble-title",
                                                               "meetings.trouble-days",
                                                               "meetings.trouble-time",
                                                               "meetings.trouble-word",
                                                               "meetings.trouble-number"};
    if (word.len > 60)
        word.len = 60;
    const struct mooring_arg arg = {.name = "word", .kind = MOORING_ARG_TEXT, .text = word};
    return meetings_answer(host, event, msgids[trouble], &arg, 1);
}

/* ---- add ------------------------------------------------------------------------------------- */

/* Numbers of stored meetings never recur, so that a change kept for a removed one cannot meet its
 * successor. */
static int next_id(const struct meetings_book *book)
{
    const struct mooring_host *host = book->host;
    struct mooring_str value;
    char text[12];
    uint64_t last;
    int r = host->store->get(host->self, meetings_book_owner(book), MOORING_STR("last-id"), &value);
    if (r < 0 || !meetings_number_take(&value, INT_MAX, &last))
        last = 0;
    int id = (int)last % 9999 + 1;
    int len = snprintf(text, sizeof text, "%d", id);
    r = host->store->put(host->self, meetings_book_owner(book), MOORING_STR("last-id"),
                         (struct mooring_str){text, (size_t)len}, 0);
    return r < 0 ? r : id;
}

static int keep(const struct meetings_book *book, const struct meetings_item *item)
{
    char key[32], text[MEETINGS_STORED_BYTES];
    int id = next_id(book);
    if (id < 0)
        return id;
    int len = snprintf(key, sizeof key, "meeting/%04d", id);
    size_t text_len = meetings_item_format(item, text);
    return book->host->store->put(book->host->self, meetings_book_owner(book),
                                  (struct mooring_str){key, (size_t)len},
                                  (struct mooring_str){text, text_len}, 0);
}

static int add(struct meetings_book *book, const struct mooring_event *event,
               struct mooring_str args)
{
    const struct mooring_host *host = book->host;
    struct meetings_item item;
    struct meetings_occurrence first;
    struct mooring_str word = {NULL, 0};
    struct mooring_civil local;
    enum meetings_trouble trouble = meetings_line_add(args, &item, &word);
    if (trouble != MEETINGS_TROUBLE_NONE)
        return say_trouble(host, event, trouble, word);
    int64_t now = host->clock->now_at(host->self);
    if (item.zone[0] != '\0' &&
        host->clock->local(host->self, meetings_str(item.zone), now, &local) < 0)
        return say_trouble(host, event, MEETINGS_TROUBLE_WORD, meetings_str(item.zone));
    if (book->item_count == MEETINGS_ITEMS_MAX)
        return meetings_answer(host, event, "meetings.too-many", NULL, 0);
    meetings_leads_read(&item, MOORING_STR("60,10"));
    book->items[book->item_count++] = item; /* on trial: does it ever take place? */
    int r = meetings_book_next(book, book->item_count - 1, now, &first);
    if (r == -ENOENT)
        return meetings_answer(host, event, "meetings.past", NULL, 0);
    if (r >= 0)
        r = keep(book, &item);
    if (r >= 0)
        r = meetings_book_load(host, event->group, book);
    if (r >= 0)
        r = meetings_remind_arrange(book);
    if (r >= 0)
        r = audit(book, event, "meeting_added", first.number, first.start_at);
    if (r < 0)
        return r;
    const struct mooring_arg args_said[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(item.title)},
        {.name = "when", .kind = MOORING_ARG_WHEN, .number = first.start_at},
        {.name = "number", .kind = MOORING_ARG_INT, .number = first.number}};
    return meetings_answer(host, event, "meetings.added", args_said, 3);
}

/* ---- one occurrence -------------------------------------------------------------------------- */

static bool is_day(const struct meetings_book *book, const struct meetings_day *day,
                   const struct meetings_occurrence *occurrence)
{
    struct mooring_str zone = meetings_book_zone(book, occurrence->item);
    int64_t now = book->host->clock->now_at(book->host->self);
    char date[MEETINGS_DATE_BYTES] = "", wanted[MEETINGS_DATE_BYTES] = "";
    int weekday = 0;
    if (meetings_book_date(book, zone, occurrence->start_at, date, &weekday) < 0)
        return false;
    switch (day->kind) {
    case MEETINGS_DAY_ANY:
        return true;
    case MEETINGS_DAY_DATE:
        return strcmp(date, day->date) == 0 || strcmp(occurrence->date, day->date) == 0;
    case MEETINGS_DAY_WEEKDAY:
        return (day->weekday & 1u << weekday) != 0;
    case MEETINGS_DAY_TODAY:
    case MEETINGS_DAY_TOMORROW:
        /* Half a day of slack finds tomorrow's date on days of 23 and 25 hours too. */
        if (day->kind == MEETINGS_DAY_TOMORROW &&
            meetings_book_date(book, zone, now, wanted, NULL) == 0) {
            int64_t at = now;
            char today[MEETINGS_DATE_BYTES];
            memcpy(today, wanted, sizeof today);
            while (strcmp(today, wanted) == 0 && at < now + 2 * meetings_day_ms) {
                at += meetings_day_ms / 2;
                if (meetings_book_date(book, zone, at, wanted, NULL) < 0)
                    return false;
            }
        } else if (meetings_book_date(book, zone, now, wanted, NULL) < 0) {
            return false;
        }
        return strcmp(date, wanted) == 0;
    }
    return false;
}

/* The next occurrence that a change means: 0, or -ENOENT. */
static int find(const struct meetings_book *book, const struct meetings_change *change,
                struct meetings_occurrence *ret_found)
{
    struct meetings_occurrence some[MEETINGS_SPAN_MAX];
    int64_t now = book->host->clock->now_at(book->host->self);
    int count = meetings_book_walk(book, (size_t)change->number - 1, now,
                                   now + 62 * meetings_day_ms, some, MEETINGS_SPAN_MAX);
    for (int i = 0; i < count; i++) {
        if (!is_day(book, &change->which, &some[i]))
            continue;
        *ret_found = some[i];
        return 0;
    }
    return count < 0 ? count : -ENOENT;
}

static struct mooring_str change_key(const char *key, const char *date,
                                     char buffer[MEETINGS_STORE_KEY_BYTES])
{
    int len = snprintf(buffer, MEETINGS_STORE_KEY_BYTES, "change/%s/%s", key, date);
    return (struct mooring_str){buffer, (size_t)len};
}

/* `to` "": cancelled.  The row goes by itself when the day is past. */
static int keep_change(struct meetings_book *book, const struct meetings_occurrence *occurrence,
                       const char *to, int64_t until_at)
{
    char buffer[MEETINGS_STORE_KEY_BYTES];
    struct mooring_str key = change_key(occurrence->item->key, occurrence->date, buffer);
    int r = book->host->store->put(book->host->self, meetings_book_owner(book), key,
                                   meetings_str(to), until_at + 3 * meetings_day_ms);
    if (r >= 0)
        r = meetings_book_load(book->host, book->group, book);
    return r < 0 ? r : meetings_remind_arrange(book);
}

static int cancel(struct meetings_book *book, const struct mooring_event *event,
                  const struct meetings_change *change)
{
    struct meetings_occurrence occurrence;
    char title[MEETINGS_TITLE_BYTES];
    int r = find(book, change, &occurrence);
    if (r == -ENOENT)
        return meetings_answer(book->host, event, "meetings.no-occurrence", NULL, 0);
    if (r < 0)
        return r;
    meetings_copy(title, sizeof title, meetings_str(occurrence.item->title));
    r = keep_change(book, &occurrence, "", occurrence.start_at);
    if (r >= 0)
        r = audit(book, event, "meeting_cancelled", change->number, occurrence.start_at);
    const struct mooring_arg args[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(title)},
        {.name = "when", .kind = MOORING_ARG_WHEN, .number = occurrence.start_at},
        {.name = "number", .kind = MOORING_ARG_INT, .number = change->number},
        {.name = "date", .kind = MOORING_ARG_TEXT, .text = meetings_str(occurrence.date)}};
    if (r >= 0)
        r = announce(book, "meetings.cancelled", args, 4);
    return r < 0 ? r : meetings_answer(book->host, event, "meetings.cancel-done", args, 4);
}

/* The local date of the day that `to` names, seen from the occurrence: its own day, or the next
 * such one from today on. */
static int target_date(const struct meetings_book *book, const struct meetings_change *change,
                       const struct meetings_occurrence *occurrence,
                       char ret_date[MEETINGS_DATE_BYTES])
{
    struct mooring_str zone = meetings_book_zone(book, occurrence->item);
    struct meetings_occurrence day = *occurrence;
    if (change->to.kind == MEETINGS_DAY_ANY)
        return meetings_book_date(book, zone, occurrence->start_at, ret_date, NULL);
    if (change->to.kind == MEETINGS_DAY_DATE) {
        meetings_copy(ret_date, MEETINGS_DATE_BYTES, meetings_str(change->to.date));
        return 0;
    }
    int64_t now = book->host->clock->now_at(book->host->self);
    day.date[0] = '\0';
    for (int halves = 0; halves < 18; halves++) {
        day.start_at = now + halves * meetings_day_ms / 2;
        if (is_day(book, &change->to, &day))
            return meetings_book_date(book, zone, day.start_at, ret_date, NULL);
    }
    return -ENOENT;
}

/* Only this one occurrence moves; the rule stays.  The note about it is kept until both moments are
 * past, so that the old day is not reminded of either. */
static int move(struct meetings_book *book, const struct mooring_event *event,
                struct meetings_change *change)
{
    const struct mooring_host *host = book->host;
    struct meetings_occurrence occurrence;
    char to[MEETINGS_LOCAL_BYTES], date[MEETINGS_DATE_BYTES], title[MEETINGS_TITLE_BYTES];
    int64_t to_at;
    int r = find(book, change, &occurrence);
    if (r == -ENOENT && change->to.kind == MEETINGS_DAY_ANY) {
        /* "move 2 fri 19:00": there is none on Friday, so Friday is where it goes. */
        change->to = change->which;
        change->which = (struct meetings_day){.kind = MEETINGS_DAY_ANY};
        r = find(book, change, &occurrence);
    }
    if (r == -ENOENT)
        return meetings_answer(host, event, "meetings.no-occurrence", NULL, 0);
    if (r >= 0)
        r = target_date(book, change, &occurrence, date);
    if (r < 0)
        return r;
    unsigned at = (unsigned)(change->at_minutes >= 0 ? change->at_minutes
                                                     : occurrence.item->at_minutes);
    (void)snprintf(to, sizeof to, "%.10sT%02u:%02u", date, at / 60 % 24, at % 60);
    r = host->clock->next(host->self, MOORING_STR(""), meetings_book_zone(book, occurrence.item),
                          meetings_str(to), 0, &to_at);
    if (r < 0 || to_at <= host->clock->now_at(host->self))
        return meetings_answer(host, event, "meetings.past", NULL, 0);
    meetings_copy(title, sizeof title, meetings_str(occurrence.item->title));
    int64_t until_at = to_at > occurrence.start_at ? to_at : occurrence.start_at;
    r = keep_change(book, &occurrence, to, until_at);
    if (r >= 0)
        r = audit(book, event, "meeting_moved", change->number, to_at);
    const struct mooring_arg args[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(title)},
        {.name = "when", .kind = MOORING_ARG_WHEN, .number = occurrence.start_at},
        {.name = "to", .kind = MOORING_ARG_WHEN, .number = to_at},
        {.name = "number", .kind = MOORING_ARG_INT, .number = change->number},
        {.name = "date", .kind = MOORING_ARG_TEXT, .text = meetings_str(occurrence.date)}};
    if (r >= 0)
        r = announce(book, "meetings.moved", args, 5);
    return r < 0 ? r : meetings_answer(host, event, "meetings.move-done", args, 5);
}

/* Takes back the change of a day; without a day the first one. */
static int restore(struct meetings_book *book, const struct mooring_event *event,
                   const struct meetings_change *change)
{
    const struct meetings_item *item = &book->items[change->number - 1];
    char buffer[MEETINGS_STORE_KEY_BYTES], title[MEETINGS_TITLE_BYTES];
    const struct meetings_exception *found = NULL;
    for (size_t i = 0; i < book->exception_count && found == NULL; i++) {
        bool is_meant = change->which.kind != MEETINGS_DAY_DATE ||
                        strcmp(book->exceptions[i].date, change->which.date) == 0;
        if (is_meant && strcmp(book->exceptions[i].key, item->key) == 0)
            found = &book->exceptions[i];
    }
    if (found == NULL)
        return meetings_answer(book->host, event, "meetings.nothing-changed", NULL, 0);
    meetings_copy(title, sizeof title, meetings_str(item->title));
    struct mooring_str key = change_key(found->key, found->date, buffer);
    int r = book->host->store->erase(book->host->self, meetings_book_owner(book), key);
    if (r >= 0)
        r = meetings_book_load(book->host, book->group, book);
    if (r >= 0)
        r = meetings_remind_arrange(book);
    if (r >= 0)
        r = audit(book, event, "meeting_restored", change->number, 0);
    const struct mooring_arg args[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(title)},
        {.name = "date", .kind = MOORING_ARG_TEXT, .text = {key.ptr + key.len - 10, 10}}};
    if (r >= 0)
        r = announce(book, "meetings.restored", args, 2);
    return r < 0 ? r : meetings_answer(book->host, event, "meetings.restore-done", args, 2);
}

static int remove_meeting(struct meetings_book *book, const struct mooring_event *event,
                          const struct meetings_change *change)
{
    const struct mooring_host *host = book->host;
    const struct meetings_item *item = &book->items[change->number - 1];
    char key[MEETINGS_STORE_KEY_BYTES], title[MEETINGS_TITLE_BYTES];
    meetings_copy(title, sizeof title, meetings_str(item->title));
    const struct mooring_arg args[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(title)},
        {.name = "number", .kind = MOORING_ARG_INT, .number = change->number}};
    if (!item->is_stored)
        return meetings_answer(host, event, "meetings.remove-configured", args, 2);
    int len = snprintf(key, sizeof key, "meeting/%s", item->key + 1);
    int r = host->store->erase(host->self, meetings_book_owner(book),
                               (struct mooring_str){key, (size_t)len});
    if (r >= 0) {
        len = snprintf(key, sizeof key, "change/%s/", item->key);
        r = host->store->erase(host->self, meetings_book_owner(book),
                               (struct mooring_str){key, (size_t)len});
        r = r == -ENOENT ? 0 : r;
    }
    if (r >= 0)
        r = meetings_book_load(host, book->group, book);
    if (r >= 0)
        r = meetings_remind_arrange(book);
    if (r >= 0)
        r = audit(book, event, "meeting_removed", change->number, 0);
    return r < 0 ? r : meetings_answer(host, event, "meetings.removed", args, 2);
}

/* ---- who is coming --------------------------------------------------------------------------- */

struct mooring_str meetings_going_key(const struct meetings_occurrence *occurrence,
                                      char buffer[MEETINGS_STORE_KEY_BYTES])
{
    int len = snprintf(buffer, MEETINGS_STORE_KEY_BYTES, "going/%s/%013" PRId64,
                       occurrence->item->key, occurrence->start_at);
    return (struct mooring_str){buffer, (size_t)len};
}

int meetings_going_count(const struct meetings_book *book,
                         const struct meetings_occurrence *occurrence)
{
    char buffer[MEETINGS_STORE_KEY_BYTES];
    uint64_t count;
    struct mooring_str value, key = meetings_going_key(occurrence, buffer);
    int r = book->host->store->get(book->host->self, meetings_book_owner(book), key, &value);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    return meetings_number_take(&value, INT_MAX, &count) ? (int)count : 0;
}

static int say_going(const struct meetings_book *book, const struct mooring_event *event,
                     const struct meetings_change *change)
{
    struct meetings_occurrence occurrence;
    int r = find(book, change, &occurrence);
    if (r == -ENOENT)
        return meetings_answer(book->host, event, "meetings.no-occurrence", NULL, 0);
    int count = r < 0 ? r : meetings_going_count(book, &occurrence);
    if (count < 0)
        return count;
    const struct mooring_arg args[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(occurrence.item->title)},
        {.name = "when", .kind = MOORING_ARG_WHEN, .number = occurrence.start_at},
        {.name = "count", .kind = MOORING_ARG_INT, .number = count}};
    return meetings_answer(book->host, event, "meetings.going-count", args, 3);
}

/* ---- the command ----------------------------------------------------------------------------- */

int meetings_change_run(const struct mooring_host *host, const struct mooring_event *event,
                        struct mooring_str args)
{
    struct meetings_book book;
    struct meetings_change change;
    struct mooring_str rest = args, word = meetings_line_word(&rest), odd = {NULL, 0};
    if (event->group.id == 0)
        return meetings_answer(host, event, "meetings.no-group", NULL, 0);
    int r = meetings_book_load(host, event->group, &book);
    if (r < 0)
        return r;
    if (meetings_line_is(word, "add"))
        return add(&book, event, rest);
    bool is_cancel = meetings_line_is(word, "cancel"), is_move = meetings_line_is(word, "move");
    bool is_restore = meetings_line_is(word, "restore"),
         is_remove = meetings_line_is(word, "remove");
    if (!is_cancel && !is_move && !is_restore && !is_remove && !meetings_line_is(word, "going"))
        return meetings_answer(host, event, "meetings.how", NULL, 0);
    enum meetings_trouble trouble = meetings_line_change(rest, &change, &odd);
    if (trouble == MEETINGS_TROUBLE_NONE && (size_t)change.number > book.item_count)
        trouble = MEETINGS_TROUBLE_NUMBER;
    if (trouble != MEETINGS_TROUBLE_NONE)
        return say_trouble(host, event, trouble, odd);
    if (is_move && change.at_minutes < 0 && change.to.kind == MEETINGS_DAY_ANY &&
        change.which.kind == MEETINGS_DAY_ANY)
        return say_trouble(host, event, MEETINGS_TROUBLE_TIME, odd);
    if (is_cancel)
        return cancel(&book, event, &change);
    if (is_move)
        return move(&book, event, &change);
    if (is_restore)
        return restore(&book, event, &change);
    return is_remove ? remove_meeting(&book, event, &change) : say_going(&book, event, &change);
}
