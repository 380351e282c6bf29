/* SPDX-License-Identifier: MIT */
/* meetings_book.c: all meetings of a group, from configuration and commands, and when they take
 * place. */
#include "meetings_book.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_MAX = 400 }; /* of a rule in one walk: more than a year of daily ones */

struct mooring_owner meetings_book_owner(const struct meetings_book *book)
{
    return (struct mooring_owner){MOORING_OWN_GROUP, 0, book->group.id};
}

/* ---- loading --------------------------------------------------------------------------------- */

static struct mooring_str field(const struct meetings_book *book, struct mooring_record record,
                                const char *name)
{
    struct mooring_str value = {NULL, 0};
    if (book->host->settings->field(book->host->self, record, name, &value) < 0)
        return MOORING_STR("");
    return value;
}

/* One that cannot take place (no title, no time, no day) is left out. */
static int add_configured(void *ctx, struct mooring_record record)
{
    struct meetings_book *book = ctx;
    if (book->item_count == MEETINGS_ITEMS_MAX)
        return 0;
    struct meetings_item *item = &book->items[book->item_count];
    meetings_item_init(item);
    meetings_copy(item->title, sizeof item->title, field(book, record, "title"));
    meetings_copy(item->link, sizeof item->link, field(book, record, "link"));
    meetings_copy(item->place, sizeof item->place, field(book, record, "place"));
    meetings_copy(item->zone, sizeof item->zone, field(book, record, "zone"));
    meetings_copy(item->date, sizeof item->date, field(book, record, "date"));
    meetings_copy(item->until, sizeof item->until, field(book, record, "until"));
    meetings_copy(item->cancelled, sizeof item->cancelled, field(book, record, "cancelled"));
    item->days = meetings_days_read(field(book, record, "days"));
    item->at_minutes = meetings_time_read(field(book, record, "at"));
    int minutes = meetings_length_read(field(book, record, "minutes"));
    if (minutes > 0)
        item->minutes = minutes;
    struct mooring_str kind = field(book, record, "kind"),
                       leads = field(book, record, "remind_minutes");
    item->is_in_person = kind.len == 9 && memcmp(kind.ptr, "in-person", 9) == 0;
    meetings_leads_read(item, leads.len > 0 ? leads : MOORING_STR("60,10"));
    if (item->title[0] == '\0' || item->at_minutes < 0 ||
        (item->days == 0 && item->date[0] == '\0'))
        return 0;
    meetings_item_name(item);
    book->item_count++;
    return 0;
}

static void add_stored(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct meetings_book *book = ctx;
    const size_t before = sizeof "meeting/" - 1;
    if (book->item_count == MEETINGS_ITEMS_MAX || key.len <= before ||
        key.len - before > MEETINGS_KEY_BYTES - 2)
        return;
    struct meetings_item *item = &book->items[book->item_count];
    if (meetings_item_read(value, item) < 0)
        return;
    item->key[0] = 's';
    meetings_copy(item->key + 1, sizeof item->key - 1,
                  (struct mooring_str){key.ptr + before, key.len - before});
    book->item_count++;
}

/* "change/<key>/<date>": where it moved to, or "". */
static void add_exception(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct meetings_book *book = ctx;
    const size_t before = sizeof "change/" - 1;
    if (book->exception_count == MEETINGS_EXCEPTIONS_MAX || key.len < before + 12)
        return;
    struct meetings_exception *exception = &book->exceptions[book->exception_count];
    size_t key_len = key.len - before - MEETINGS_DATE_BYTES;
    meetings_copy(exception->key, sizeof exception->key,
                  (struct mooring_str){key.ptr + before, key_len});
    meetings_copy(exception->date, sizeof exception->date,
                  (struct mooring_str){key.ptr + key.len - (MEETINGS_DATE_BYTES - 1),
                                       MEETINGS_DATE_BYTES - 1});
    meetings_copy(exception->to, sizeof exception->to, value);
    book->exception_count++;
}

/* Read anew each time it is needed: configuration, commands and exceptions then never disagree with
 * a copy, and a group has few meetings. */
int meetings_book_load(const struct mooring_host *host, struct mooring_group group,
                       struct meetings_book *ret_book)
{
    struct mooring_str zone = {NULL, 0};
    ret_book->host = host;
    ret_book->group = group;
    ret_book->item_count = ret_book->exception_count = 0;
    if (host->settings->text(host->self, group, "group.zone", &zone) < 0 || zone.len == 0)
        zone = MOORING_STR("UTC");
    meetings_copy(ret_book->zone, sizeof ret_book->zone, zone);
    int r = host->settings->each(host->self, group, "meetings", add_configured, ret_book);
    if (r < 0 && r != -ENOENT)
        return r;
    ret_book->configured_count = ret_book->item_count;
    r = host->store->scan(host->self, meetings_book_owner(ret_book), MOORING_STR("meeting/"),
                          MOORING_STR(""), MEETINGS_ITEMS_MAX, add_stored, ret_book);
    if (r < 0)
        return r;
    r = host->store->scan(host->self, meetings_book_owner(ret_book), MOORING_STR("change/"),
                          MOORING_STR(""), MEETINGS_EXCEPTIONS_MAX, add_exception, ret_book);
    return r < 0 ? r : 0;
}

/* ---- when ------------------------------------------------------------------------------------ */

struct mooring_str meetings_book_zone(const struct meetings_book *book,
                                      const struct meetings_item *item)
{
    return meetings_str(item->zone[0] != '\0' ? item->zone : book->zone);
}

int meetings_book_date(const struct meetings_book *book, struct mooring_str zone, int64_t at,
                       char ret_date[MEETINGS_DATE_BYTES], int *ret_weekday)
{
    struct mooring_civil local;
    int r = book->host->clock->local(book->host->self, zone, at, &local);
    if (r < 0)
        return r;
    (void)snprintf(ret_date, MEETINGS_DATE_BYTES, "%04u-%02u-%02u", (unsigned)local.year % 10000,
                   (unsigned)local.month % 100, (unsigned)local.day % 100);
    if (ret_weekday != NULL)
        *ret_weekday = local.weekday;
    return 0;
}

const struct meetings_exception *meetings_book_exception(const struct meetings_book *book,
                                                         const char *key, const char *date)
{
    for (size_t i = 0; i < book->exception_count; i++) {
        if (strcmp(book->exceptions[i].key, key) == 0 &&
            strcmp(book->exceptions[i].date, date) == 0)
            return &book->exceptions[i];
    }
    return NULL;
}

struct walk {
    const struct meetings_book *book;
    size_t index;
    int64_t from_at, to_at;
    struct meetings_occurrence *list;
    size_t room, count;
};

/* Puts it in its place; when the list is full the latest falls out. */
static void insert(struct walk *walk, const struct meetings_occurrence *occurrence)
{
    if (occurrence->end_at <= walk->from_at || occurrence->start_at >= walk->to_at)
        return;
    size_t place = walk->count;
    while (place > 0 && walk->list[place - 1].start_at > occurrence->start_at)
        place--;
    if (place == walk->room)
        return;
    size_t moved = walk->count - place - (walk->count == walk->room);
    memmove(walk->list + place + 1, walk->list + place, moved * sizeof *walk->list);
    walk->list[place] = *occurrence;
    if (walk->count < walk->room)
        walk->count++;
}

static void make(const struct walk *walk, int64_t start_at, const char *date, bool is_moved,
                 struct meetings_occurrence *ret)
{
    const struct meetings_item *item = &walk->book->items[walk->index];
    *ret = (struct meetings_occurrence){.item = item,
                                        .number = (int)walk->index + 1,
                                        .start_at = start_at,
                                        .end_at = start_at + item->minutes * meetings_minute_ms,
                                        .is_moved = is_moved};
    meetings_copy(ret->date, sizeof ret->date, meetings_str(date));
}

static int add_moved(struct walk *walk)
{
    const struct meetings_book *book = walk->book;
    const struct meetings_item *item = &book->items[walk->index];
    for (size_t i = 0; i < book->exception_count; i++) {
        const struct meetings_exception *exception = &book->exceptions[i];
        int64_t start_at;
        struct meetings_occurrence occurrence;
        if (exception->to[0] == '\0' || strcmp(exception->key, item->key) != 0)
            continue;
        int r = book->host->clock->next(book->host->self, MOORING_STR(""),
                                        meetings_book_zone(book, item), meetings_str(exception->to),
                                        0, &start_at);
        if (r < 0)
            continue;
        make(walk, start_at, exception->date, true, &occurrence);
        insert(walk, &occurrence);
    }
    return 0;
}

/* The wall clock of the meeting's zone decides: each occurrence is asked of the host, none is added
 * up in milliseconds. */
static int add_regular(struct walk *walk)
{
    const struct meetings_book *book = walk->book;
    const struct meetings_item *item = &book->items[walk->index];
    struct mooring_str zone = meetings_book_zone(book, item);
    char rule[MEETINGS_RULE_BYTES], start_local[MEETINGS_LOCAL_BYTES], date[MEETINGS_DATE_BYTES];
    size_t rule_len = meetings_rule(item, rule, start_local);
    int64_t after = walk->from_at - item->minutes * meetings_minute_ms - 1;
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        int64_t start_at;
        struct meetings_occurrence occurrence;
        int r = book->host->clock->next(book->host->self, (struct mooring_str){rule, rule_len},
                                        zone, meetings_str(start_local), after, &start_at);
        if (r == -ENOENT || (r >= 0 && start_at >= walk->to_at) || walk->count == walk->room)
            return 0;
        if (r >= 0)
            r = meetings_book_date(book, zone, start_at, date, NULL);
        if (r < 0)
            return r;
        after = start_at;
        if (item->until[0] != '\0' && strcmp(date, item->until) > 0)
            return 0;
        if (meetings_item_is_cancelled(item, date) ||
            meetings_book_exception(book, item->key, date) != NULL)
            continue;
        make(walk, start_at, date, false, &occurrence);
        insert(walk, &occurrence);
    }
    return 0;
}

int meetings_book_walk(const struct meetings_book *book, size_t index, int64_t from_at,
                       int64_t to_at, struct meetings_occurrence *ret_list, size_t room)
{
    struct walk walk = {book, index, from_at, to_at, ret_list, room, 0};
    /* The regular ones first: they end the walk when the list is full, and an earlier moved one
     * then takes its place. */
    int r = add_regular(&walk);
    if (r >= 0)
        r = add_moved(&walk);
    return r < 0 ? r : (int)walk.count;
}

int meetings_book_span(const struct meetings_book *book, int64_t from_at, int64_t to_at,
                       struct meetings_occurrence *ret_list, size_t room)
{
    struct walk all = {book, 0, from_at, to_at, ret_list, room, 0};
    for (size_t index = 0; index < book->item_count; index++) {
        struct meetings_occurrence some[14];
        int count = meetings_book_walk(book, index, from_at, to_at, some,
                                       sizeof some / sizeof *some);
        /* One meeting whose zone is gone from the system does not hide the others. */
        for (int i = 0; i < count; i++)
            insert(&all, &some[i]);
    }
    return (int)all.count;
}

int meetings_book_next(const struct meetings_book *book, size_t index, int64_t from_at,
                       struct meetings_occurrence *ret_next)
{
    enum { SOME = 4 };
    struct meetings_occurrence some[SOME];
    /* Those that are running come first and are not meant. */
    int count = meetings_book_walk(book, index, from_at, from_at + 400 * meetings_day_ms, some,
                                   SOME);
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++) {
        if (some[i].start_at < from_at)
            continue;
        *ret_next = some[i];
        return 0;
    }
    return -ENOENT;
}
