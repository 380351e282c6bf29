/* SPDX-License-Identifier: MIT */
/* checkin_history.c: what a person wrote, shown back to them: lines, days, own averages, no
 * judgement. */
#include "checkin_host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MAX = 14, LINE_BYTES = 260, TEXT_BYTES = LINES_MAX * LINE_BYTES, EXPORT_PAGE = 50 };

static const int64_t day_ms = 86400000;

struct line_walk {
    const struct mooring_host *host;
    struct mooring_member member;
    char line[LINES_MAX][LINE_BYTES];
    size_t len[LINES_MAX], count;
};

/* Rows come newest first. */
static void add_line(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct line_walk *walk = ctx;
    struct checkin_entry entry;
    char summary[CHECKIN_SUMMARY_BYTES];
    int64_t at;
    if (walk->count == LINES_MAX || checkin_entry_key_at(key, &at) < 0 ||
        checkin_entry_read(value, &entry) < 0)
        return;
    size_t len = checkin_summary(walk->host, walk->member, &entry, summary);
    const struct mooring_arg args[] = {
        {.name = "when", .kind = MOORING_ARG_WHEN, .number = at},
        {.name = "summary", .kind = MOORING_ARG_TEXT, .text = {summary, len}}};
    const char *msgid = len > 0 ? "checkin.history-line" : "checkin.history-line-words";
    struct mooring_str text;
    if (walk->host->text->render(walk->host->self, (struct mooring_to){.member = walk->member},
                                 msgid, args, 2, &text) < 0)
        return;
    size_t keep = text.len < LINE_BYTES ? text.len : LINE_BYTES;
    memcpy(walk->line[walk->count], text.ptr, keep);
    walk->len[walk->count++] = keep;
}

/* Oldest first, so that today stands last, next to where one types. */
static size_t join_lines(const struct line_walk *walk, char *ret_text)
{
    size_t len = 0;
    for (size_t i = walk->count; i > 0; i--) {
        memcpy(ret_text + len, walk->line[i - 1], walk->len[i - 1]);
        len += walk->len[i - 1];
        if (i > 1 && len < TEXT_BYTES)
            ret_text[len++] = '\n';
    }
    return len;
}

static void add_value(void *ctx, int64_t at, int64_t value)
{
    struct checkin_mean *mean = ctx;
    (void)at;
    mean->sum += value;
    mean->count++;
}

/* Fourteen days up to `to_at`, as three arguments.  0: nothing in them. */
static int read_means(const struct mooring_host *host, struct mooring_member member, int64_t to_at,
                      char ret_text[CHECKIN_ITEM_COUNT][16], struct mooring_arg *ret_args)
{
    int found = 0;
    for (size_t i = 0; i < CHECKIN_ITEM_COUNT; i++) {
        struct checkin_mean mean = {0, 0};
        int r = host->series->read(host->self, member, checkin_series[i], to_at - 14 * day_ms,
                                   to_at, add_value, &mean);
        if (r < 0)
            return r;
        size_t len = checkin_mean_format(&mean, ret_text[i], 16);
        if (len > 0)
            found = 1;
        else
            len = (size_t)snprintf(ret_text[i], 16, "-");
        ret_args[i] = (struct mooring_arg){
            .name = checkin_series[i], .kind = MOORING_ARG_TEXT, .text = {ret_text[i], len}};
    }
    return found;
}

static int say_means(const struct mooring_host *host, const struct mooring_event *event)
{
    static const char *const msgids[] = {"checkin.history-means", "checkin.history-means-before"};
    int64_t now = host->clock->now_at(host->self);
    for (int i = 0; i < 2; i++) {
        char text[CHECKIN_ITEM_COUNT][16];
        struct mooring_arg args[CHECKIN_ITEM_COUNT];
        int r = read_means(host, event->member, now + 1 - i * 14 * day_ms, text, args);
        if (r <= 0)
            return r;
        const struct checkin_note note = {.member = event->member,
                                          .event = event,
                                          .msgid = msgids[i],
                                          .args = args,
                                          .arg_count = CHECKIN_ITEM_COUNT};
        r = checkin_say(host, &note);
        if (r < 0)
            return r;
    }
    return 0;
}

static int say_days(const struct mooring_host *host, const struct mooring_event *event)
{
    char zone[CHECKIN_ZONE_BYTES];
    size_t len = checkin_zone(host, event->member, event->group, zone);
    struct checkin_days days;
    int r = checkin_read_days(host, event->member, (struct mooring_str){zone, len}, &days);
    if (r < 0)
        return r;
    const struct mooring_arg args[] = {
        {.name = "total", .kind = MOORING_ARG_INT, .number = days.total},
        {.name = "current", .kind = MOORING_ARG_INT, .number = checkin_days_current(&days)},
        {.name = "longest", .kind = MOORING_ARG_INT, .number = days.longest}};
    const struct checkin_note note = {.member = event->member,
                                      .event = event,
                                      .msgid = "checkin.history-days",
                                      .args = args,
                                      .arg_count = 3};
    return checkin_say(host, &note);
}

int checkin_history(const struct mooring_host *host, const struct mooring_event *event)
{
    const struct mooring_owner owner = {MOORING_OWN_MEMBER, 0, event->member.id};
    struct line_walk walk = {.host = host, .member = event->member};
    char text[TEXT_BYTES];
    int r = host->store->scan(host->self, owner, MOORING_STR("entry/"), MOORING_STR(""), LINES_MAX,
                              add_line, &walk);
    if (r < 0)
        return r;
    const struct mooring_arg lines = {
        .name = "lines", .kind = MOORING_ARG_TEXT, .text = {text, join_lines(&walk, text)}};
    struct checkin_note note = {.member = event->member,
                                .event = event,
                                .msgid = "checkin.history",
                                .args = &lines,
                                .arg_count = 1};
    if (walk.count == 0)
        note = (struct checkin_note){
            .member = event->member, .event = event, .msgid = "checkin.history-empty"};
    r = checkin_say(host, &note);
    if (r < 0 || walk.count == 0)
        return r;
    r = say_days(host, event);
    if (r < 0)
        return r;
    return say_means(host, event);
}

/* ---- export ---------------------------------------------------------------------------------- */

struct export_walk {
    const struct mooring_host *host;
    struct mooring_member member;
    mooring_row_fn row;
    void *ctx;
    char zone[CHECKIN_ZONE_BYTES];
    size_t zone_len;
    char last[CHECKIN_KEY_BYTES]; /* where the next page begins */
    size_t last_len, count;
};

static void export_row(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct export_walk *walk = ctx;
    struct checkin_entry entry;
    struct mooring_civil local;
    char when[40], text[CHECKIN_SUMMARY_BYTES + CHECKIN_INTENTION_BYTES + 2];
    int64_t at;
    walk->count++;
    walk->last_len = key.len < sizeof walk->last ? key.len : sizeof walk->last;
    memcpy(walk->last, key.ptr, walk->last_len);
    if (checkin_entry_key_at(key, &at) < 0 || checkin_entry_read(value, &entry) < 0 ||
        walk->host->clock->local(walk->host->self, (struct mooring_str){walk->zone, walk->zone_len},
                                 at, &local) < 0)
        return;
    int n = snprintf(when, sizeof when, "%04d-%02d-%02d %02d:%02d", local.year % 10000, local.month,
                     local.day, local.hour, local.minute);
    size_t len = checkin_summary(walk->host, walk->member, &entry, text);
    if (len > 0 && entry.intention_len > 0) {
        text[len++] = ';';
        text[len++] = ' ';
    }
    memcpy(text + len, entry.intention, entry.intention_len);
    walk->row(walk->ctx, (struct mooring_str){when, (size_t)n},
              (struct mooring_str){text, len + entry.intention_len});
}

int checkin_export(const struct mooring_host *host, struct mooring_member member,
                   mooring_row_fn row, void *ctx)
{
    const struct mooring_owner owner = {MOORING_OWN_MEMBER, 0, member.id};
    struct export_walk walk = {.host = host, .member = member, .row = row, .ctx = ctx};
    walk.zone_len = checkin_zone(host, member, (struct mooring_group){0}, walk.zone);
    do {
        char after[CHECKIN_KEY_BYTES];
        size_t after_len = walk.last_len;
        memcpy(after, walk.last, after_len);
        walk.count = 0;
        int r = host->store->scan(host->self, owner, MOORING_STR("entry/"),
                                  (struct mooring_str){after, after_len}, EXPORT_PAGE, export_row,
                                  &walk);
        if (r < 0)
            return r;
    } while (walk.count == EXPORT_PAGE);
    return 0;
}
