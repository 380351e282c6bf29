/* SPDX-License-Identifier: MIT */
/* meetings.c: when the group meets: lists, reminders, who is coming; what this plugin declares. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "meetings_change.h"
#include "meetings_line.h"
#include "meetings_remind.h"

enum { LINES_MAX = 20, LINE_BYTES = 480, TEXT_BYTES = LINES_MAX * LINE_BYTES, SNOOZE_MAX = 180 };

static const struct mooring_host *host; /* the host lends it until fini */

static struct mooring_owner owner_of(struct mooring_member member)
{
    return (struct mooring_owner){MOORING_OWN_MEMBER, 0, member.id};
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* One line of a list, in the reader's language and zone.  Returns its length. */
static size_t format_line(const struct mooring_event *event,
                          const struct meetings_occurrence *occurrence, char ret_line[LINE_BYTES])
{
    const struct meetings_item *item = occurrence->item;
    const struct mooring_arg args[] = {
        {.name = "number", .kind = MOORING_ARG_INT, .number = occurrence->number},
        {.name = "when", .kind = MOORING_ARG_WHEN, .number = occurrence->start_at},
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(item->title)},
        {.name = "length",
         .kind = MOORING_ARG_DURATION,
         .number = item->minutes * meetings_minute_ms},
        {.name = "link", .kind = MOORING_ARG_TEXT, .text = meetings_str(item->link)},
        {.name = "place", .kind = MOORING_ARG_TEXT, .text = meetings_str(item->place)}};
    const char *msgid = item->link[0] != '\0' ? "meetings.line-link" : "meetings.line";
    struct mooring_str text;
    if (item->link[0] == '\0' && item->place[0] != '\0')
        msgid = "meetings.line-place";
    if (host->text->render(host->self, (struct mooring_to){.answers = event->source}, msgid, args,
                           6, &text) < 0)
        return 0;
    size_t len = text.len < LINE_BYTES ? text.len : LINE_BYTES - 1;
    memcpy(ret_line, text.ptr, len);
    return len;
}

static int say_list(const struct mooring_event *event, const struct meetings_occurrence *list,
                    int count, const char *msgid, const char *empty_msgid)
{
    char text[TEXT_BYTES];
    size_t len = 0;
    if (count == 0)
        return meetings_answer(host, event, empty_msgid, NULL, 0);
    for (int i = 0; i < count; i++) {
        len += format_line(event, &list[i], text + len);
        if (i + 1 < count)
            text[len++] = '\n';
    }
    const struct mooring_arg arg = {.name = "lines", .kind = MOORING_ARG_TEXT, .text = {text, len}};
    return meetings_answer(host, event, msgid, &arg, 1);
}

/* Those of today in the group's zone. */
static int only_today(const struct meetings_book *book, struct meetings_occurrence *list, int count)
{
    char today[MEETINGS_DATE_BYTES], date[MEETINGS_DATE_BYTES];
    int kept = 0;
    int r = meetings_book_date(book, meetings_str(book->zone), host->clock->now_at(host->self),
                               today, NULL);
    for (int i = 0; r >= 0 && i < count; i++) {
        r = meetings_book_date(book, meetings_str(book->zone), list[i].start_at, date, NULL);
        if (r >= 0 && strcmp(date, today) == 0)
            list[kept++] = list[i];
    }
    return r < 0 ? r : kept;
}

static int run_meetings(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct meetings_book book;
    struct meetings_occurrence list[LINES_MAX];
    struct mooring_str word = meetings_line_word(&args);
    (void)state;
    if (event->group.id == 0)
        return meetings_answer(host, event, "meetings.no-group", NULL, 0);
    int r = meetings_book_load(host, event->group, &book);
    if (r < 0)
        return r;
    int64_t now = host->clock->now_at(host->self);
    if (meetings_line_is(word, "now")) {
        r = meetings_book_span(&book, now, now + 60 * meetings_minute_ms + 1, list, LINES_MAX);
        return r < 0 ? r : say_list(event, list, r, "meetings.now", "meetings.none-now");
    }
    if (meetings_line_is(word, "today") || meetings_line_is(word, "tonight")) {
        /* A day of 25 hours and those that began before and still run. */
        r = meetings_book_span(&book, now, now + 26 * 60 * meetings_minute_ms, list, LINES_MAX);
        r = r < 0 ? r : only_today(&book, list, r);
        return r < 0 ? r : say_list(event, list, r, "meetings.today", "meetings.none-today");
    }
    if (word.len > 0 && !meetings_line_is(word, "week"))
        return meetings_answer(host, event, "meetings.how-list", NULL, 0);
    r = meetings_book_span(&book, now, now + 7 * meetings_day_ms, list, LINES_MAX);
    return r < 0 ? r : say_list(event, list, r, "meetings.week", "meetings.none-week");
}

static int run_meeting(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)state;
    return meetings_change_run(host, event, args);
}

/* ---- coming, and later ----------------------------------------------------------------------- */

static int whisper(const struct mooring_event *event, const char *msgid,
                   const struct mooring_arg *args, size_t arg_count)
{
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY,
                                      .to = {.member = event->member},
                                      .msgid = msgid,
                                      .args = args,
                                      .arg_count = arg_count};
    if ((event->flags & MOORING_EVENT_PRIVATE) != 0)
        message.to.answers = event->source;
    int r = host->say->send(host->self, &message, NULL);
    return r == -EACCES || r == -ENOENT ? 0 : r;
}

/* The running or next occurrence of the number in `word`; without one, of whatever is next.
 * -ENOENT. */
static int find(const struct meetings_book *book, struct mooring_str word,
                struct meetings_occurrence *ret_found)
{
    int64_t now = host->clock->now_at(host->self);
    int number = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9' || i > 2)
            return -ENOENT;
        number = number * 10 + (word.ptr[i] - '0');
    }
    if (number > (int)book->item_count || (word.len > 0 && number == 0))
        return -ENOENT;
    int count = number > 0 ? meetings_book_walk(book, (size_t)number - 1, now,
                                                now + 31 * meetings_day_ms, ret_found, 1)
                           : meetings_book_span(book, now, now + 7 * meetings_day_ms, ret_found, 1);
    return count == 0 ? -ENOENT : count < 0 ? count : 0;
}

static int count_in(const struct meetings_book *book, const struct meetings_occurrence *occurrence,
                    struct mooring_member member)
{
    char buffer[MEETINGS_STORE_KEY_BYTES], text[12];
    struct mooring_str key = meetings_going_key(occurrence, buffer), value;
    int64_t until_at = occurrence->end_at + meetings_day_ms;
    int r = host->store->get(host->self, owner_of(member), key, &value);
    if (r != -ENOENT)
        return r < 0 ? r : 0; /* said before */
    int count = meetings_going_count(book, occurrence);
    r = count < 0 ? count
                  : host->store->put(host->self, owner_of(member), key, MOORING_STR("1"), until_at);
    if (r < 0)
        return r;
    int len = snprintf(text, sizeof text, "%d", count + 1);
    return host->store->put(host->self, meetings_book_owner(book), key,
                            (struct mooring_str){text, (size_t)len}, until_at);
}

static int run_going(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct meetings_book book;
    struct meetings_occurrence occurrence;
    (void)state;
    int r = meetings_book_load(host, event->group, &book);
    if (r >= 0)
        r = find(&book, meetings_line_word(&args), &occurrence);
    if (r == -ENOENT)
        return whisper(event, "meetings.no-occurrence", NULL, 0);
    if (r >= 0)
        r = count_in(&book, &occurrence, event->member);
    if (r < 0)
        return r;
    const struct mooring_arg said[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(occurrence.item->title)},
        {.name = "when", .kind = MOORING_ARG_WHEN, .number = occurrence.start_at}};
    return whisper(event, "meetings.going-noted", said, 2);
}

/* Kept as "<group> <number> <start>": the occurrence is looked up again, for it may be cancelled
 * meanwhile. */
static int run_snooze(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct meetings_book book;
    struct meetings_occurrence occurrence;
    char text[80];
    struct mooring_str first = meetings_line_word(&args), second = meetings_line_word(&args);
    int minutes = meetings_length_read(first);
    (void)state;
    if (first.len == 0 || minutes <= 0)
        minutes = 10;
    if (minutes > SNOOZE_MAX)
        minutes = SNOOZE_MAX;
    int r = meetings_book_load(host, event->group, &book);
    if (r >= 0)
        r = find(&book, second, &occurrence);
    if (r == -ENOENT)
        return whisper(event, "meetings.no-occurrence", NULL, 0);
    if (r < 0)
        return r;
    int len = snprintf(text, sizeof text, "%" PRIu64 " %d %" PRId64, event->group.id,
                       occurrence.number, occurrence.start_at);
    r = host->store->put(host->self, owner_of(event->member), MOORING_STR("snooze"),
                         (struct mooring_str){text, (size_t)len},
                         occurrence.end_at + meetings_day_ms);
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .at = host->clock->now_at(host->self) +
                                            minutes * meetings_minute_ms,
                                      .late_ok_ms = 60 * meetings_minute_ms};
    if (r >= 0)
        r = host->timer->set(host->self, owner_of(event->member), MOORING_STR("snooze"), &when);
    const struct mooring_arg said[] = {
        {.name = "title", .kind = MOORING_ARG_TEXT, .text = meetings_str(occurrence.item->title)},
        {.name = "length", .kind = MOORING_ARG_DURATION, .number = minutes * meetings_minute_ms}};
    return r < 0 ? r : whisper(event, "meetings.snoozed", said, 2);
}

static int snooze_due(struct mooring_member member)
{
    struct meetings_book book;
    struct meetings_occurrence occurrence;
    struct mooring_str value;
    struct mooring_group group;
    uint64_t number, start;
    int r = host->store->get(host->self, owner_of(member), MOORING_STR("snooze"), &value);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (!meetings_number_take(&value, UINT64_MAX, &group.id) ||
        !meetings_number_take(&value, INT_MAX, &number) ||
        !meetings_number_take(&value, INT64_MAX, &start))
        return 0;
    int64_t start_at = (int64_t)start;
    r = meetings_book_load(host, group, &book);
    if (r < 0 || number < 1 || number > book.item_count)
        return r < 0 ? r : 0;
    r = meetings_book_walk(&book, (size_t)number - 1, start_at, start_at + 1, &occurrence, 1);
    return r <= 0 ? r : meetings_remind_member(&book, &occurrence, member);
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static int arrange(void *state, struct mooring_group group, int served)
{
    struct meetings_book book;
    (void)state;
    if (!served)
        return meetings_remind_drop(host, group);
    int r = meetings_book_load(host, group, &book);
    return r < 0 ? r : meetings_remind_arrange(&book);
}

static int due(void *state, struct mooring_owner owner, struct mooring_str key, int64_t due_at,
               int late)
{
    (void)state, (void)due_at, (void)late;
    if (owner.kind == MOORING_OWN_MEMBER)
        return snooze_due((struct mooring_member){owner.id});
    return meetings_remind_due(host, (struct mooring_group){owner.id}, key);
}

static int init(const struct mooring_host *given, void **ret_state)
{
    host = given;
    *ret_state = NULL;
    return 0;
}

/* ---- what this plugin declares --------------------------------------------------------------- */

#define FIELD(id, option_name, option_kind, ...)                                                   \
    static const struct mooring_option id = {.struct_size = sizeof id,                             \
                                             .name = option_name,                                  \
                                             .kind = option_kind,                                  \
                                             .flags = MOORING_OPTION_FILE_ONLY,                    \
                                             __VA_ARGS__}
FIELD(list, "meetings", MOORING_OPTION_LIST,
      .help = "the group's regular meetings; moderators add others by !meeting add");
FIELD(list_title, "meetings.title", MOORING_OPTION_TEXT, .min = 1, .max = MEETINGS_TITLE_BYTES - 1,
      .help = "what people call it");
FIELD(list_days, "meetings.days", MOORING_OPTION_TEXTS, .choices = "mon|tue|wed|thu|fri|sat|sun",
      .help = "on which days of the week; or date for a single one");
FIELD(list_date, "meetings.date", MOORING_OPTION_TEXT, .max = 10,
      .help = "the day of a single meeting, \"2026-12-05\"");
FIELD(list_at, "meetings.at", MOORING_OPTION_TIME, .default_text = "18:00",
      .help = "when it begins, on the wall clock of its zone");
FIELD(list_minutes, "meetings.minutes", MOORING_OPTION_INTEGER, .unit = "minutes",
      .default_text = "60", .min = 5, .max = MEETINGS_MINUTES_MAX, .help = "how long it is");
FIELD(list_link, "meetings.link", MOORING_OPTION_TEXT, .max = MEETINGS_LINK_BYTES - 1,
      .help = "where to join online");
FIELD(list_place, "meetings.place", MOORING_OPTION_TEXT, .max = MEETINGS_PLACE_BYTES - 1,
      .help = "where to go");
FIELD(list_kind, "meetings.kind", MOORING_OPTION_CHOICE, .choices = "online|in-person",
      .default_text = "online", .help = "how it is held");
FIELD(list_zone, "meetings.zone", MOORING_OPTION_ZONE,
      .help = "its time zone, when not the group's");
FIELD(list_remind, "meetings.remind_minutes", MOORING_OPTION_INTEGERS, .unit = "minutes",
      .default_text = "60, 10", .min = 0, .max = 10080,
      .help = "how long before the start to remind the group's rooms; several are fine");
FIELD(list_until, "meetings.until", MOORING_OPTION_TEXT, .max = 10,
      .help = "the last day on which it takes place, \"2026-12-18\"");
FIELD(list_cancelled, "meetings.cancelled", MOORING_OPTION_TEXTS,
      .help = "days on which it does not take place, [\"2026-12-25\"]");

static const struct mooring_command meetings = {
    sizeof meetings,          MOORING_COMMAND_NO_CONSENT, "meetings", NULL,        "[today | now]",
    "meetings.help-meetings", MOORING_ROLE_NONE,          0,          run_meetings};
static const struct mooring_command meeting = {
    sizeof meeting,
    0,
    "meeting",
    NULL,
    "add \"Title\" mon,wed 18:00 90m [link] | cancel 1 [day] | move 1 [day] 19:00 | restore 1 | "
    "remove 1 | going 1",
    "meetings.help-meeting",
    MOORING_ROLE_MODERATOR,
    0,
    run_meeting};
static const struct mooring_command going = {
    sizeof going,          MOORING_COMMAND_PRIVATE, "going", "coming", "[number]",
    "meetings.help-going", MOORING_ROLE_MEMBER,     0,       run_going};
static const struct mooring_command snooze = {
    sizeof snooze,          MOORING_COMMAND_PRIVATE, "snooze", NULL,      "[15m] [number]",
    "meetings.help-snooze", MOORING_ROLE_MEMBER,     0,        run_snooze};

static const struct mooring_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = MOORING_ABI_MAJOR,
    .abi_minor = MOORING_ABI_MINOR,
    .data_version = 1,
    .name = "meetings",
    .version = "0.1",
    .needs = MOORING_USES_SAY | MOORING_USES_STORE | MOORING_USES_TIMER,
    .wants = MOORING_USES_AUDIT,
    .options = (const struct mooring_option *const[]){&list, &list_title, &list_days, &list_date,
                                                      &list_at, &list_minutes, &list_link,
                                                      &list_place, &list_kind, &list_zone,
                                                      &list_remind, &list_until, &list_cancelled,
                                                      NULL},
    .commands = (const struct mooring_command *const[]){&meetings, &meeting, &going, &snooze, NULL},
    .init = init,
    .group = arrange,
    .timer = due,
};

const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == MOORING_ABI_MAJOR ? &plugin : NULL;
}
