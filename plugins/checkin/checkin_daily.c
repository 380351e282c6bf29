/* SPDX-License-Identifier: MIT */
/* checkin_daily.c: being asked each day in private, at a time of one's own: only for who asked for
 * it, and never where a check-in was made that day already; rarer when it is not answered, then no
 * more. */
#include "checkin_host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const int64_t late_ok_ms = 2 * 3600000;

enum { START_BYTES = 20, TIME_BYTES = 8 };
#define ASKED_KEY "asked"

static struct mooring_owner owner_of(struct mooring_member member)
{
    return (struct mooring_owner){MOORING_OWN_MEMBER, 0, member.id};
}

static bool ends_with(struct mooring_str text, const char *word)
{
    size_t len = strlen(word);
    return text.len > len && strncasecmp(text.ptr + text.len - len, word, len) == 0;
}

/* "8 pm": the hour on the clock's other side.  Off the end of `text`. */
static int take_half(struct mooring_str *text)
{
    static const char *const halves[] = {"am", "pm", "a.m", "p.m", "a.m.", "p.m."};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        if (ends_with(*text, halves[i])) {
            text->len -= strlen(halves[i]);
            while (text->len > 0 && text->ptr[text->len - 1] == ' ')
                text->len--;
            return halves[i][0];
        }
    }
    return 0;
}

/* "9:00", "09:00", "18.30", "7", "8pm", "at 8:30 am": minutes after midnight; -EINVAL. */
static int parse_time(struct mooring_str text)
{
    if (text.len > 3 && strncasecmp(text.ptr, "at ", 3) == 0)
        text = (struct mooring_str){text.ptr + 3, text.len - 3};
    int half = take_half(&text);
    int parts[2] = {0, 0}, digits[2] = {0, 0}, part = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c == ':' || c == '.') && part == 0) {
            part = 1;
        } else if (c >= '0' && c <= '9' && digits[part] < 2) {
            parts[part] = parts[part] * 10 + (c - '0');
            digits[part]++;
        } else {
            return -EINVAL;
        }
    }
    bool whole = digits[0] > 0 && (part == 0 || digits[1] == 2);
    if (half != 0 && (parts[0] < 1 || parts[0] > 12))
        return -EINVAL;
    if (half != 0)
        parts[0] = parts[0] % 12 + (half == 'p' ? 12 : 0);
    return whole && parts[0] < 24 && parts[1] < 60 ? parts[0] * 60 + parts[1] : -EINVAL;
}

static int say(const struct mooring_host *host, const struct mooring_event *event,
               const char *msgid, const char *time)
{
    const struct mooring_arg arg = {
        .name = "time", .kind = MOORING_ARG_TEXT, .text = {time, strlen(time)}};
    const struct checkin_note note = {
        .member = event->member, .event = event, .msgid = msgid, .args = &arg, .arg_count = 1};
    return checkin_say(host, &note);
}

static int set(const struct mooring_host *host, struct mooring_member member,
               struct mooring_group group, const char *time)
{
    char zone[CHECKIN_ZONE_BYTES], start[START_BYTES];
    size_t zone_len = checkin_zone(host, member, group, zone);
    int start_len = snprintf(start, sizeof start, "2026-01-05T%s", time);
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .flags = MOORING_WHEN_RESPECTS_QUIET,
                                      .rrule = MOORING_STR("FREQ=DAILY"),
                                      .zone = {zone, zone_len},
                                      .start_local = {start, (size_t)start_len},
                                      .late_ok_ms = late_ok_ms};
    return host->timer->set(host->self, owner_of(member), MOORING_STR(CHECKIN_DAILY_KEY), &when);
}

static int stop(const struct mooring_host *host, struct mooring_member member)
{
    int r = host->timer->cancel(host->self, owner_of(member), MOORING_STR(CHECKIN_DAILY_KEY));
    if (r < 0 && r != -ENOENT)
        return r;
    (void)host->store->erase(host->self, owner_of(member), MOORING_STR(ASKED_KEY));
    return host->store->erase(host->self, owner_of(member), MOORING_STR(CHECKIN_DAILY_KEY));
}

/* Whether that minute lies in the hours that the host gives, "22:00-07:00"; they may begin in the
 * evening. */
static bool is_quiet(const struct mooring_host *host, struct mooring_member member, int minutes,
                     struct mooring_str *ret_hours)
{
    struct mooring_str hours;
    if (host->people == NULL || host->people->preference(host->self, member, "quiet", &hours) < 0)
        return false;
    const char *dash = memchr(hours.ptr, '-', hours.len);
    size_t half = dash ? (size_t)(dash - hours.ptr) : hours.len;
    int from = parse_time((struct mooring_str){hours.ptr, half});
    int to = dash ? parse_time((struct mooring_str){dash + 1, hours.len - half - 1}) : -EINVAL;
    if (from < 0 || to < 0 || from == to)
        return false;
    *ret_hours = hours;
    return from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}

/* A question in the quiet hours would wait for their end, and be too late by then: it is said now
 * that none will come. */
static int say_set(const struct mooring_host *host, const struct mooring_event *event, int minutes,
                   const char *time)
{
    struct mooring_str hours;
    if (!is_quiet(host, event->member, minutes, &hours))
        return say(host, event, "checkin.daily-set", time);
    const struct mooring_arg args[] = {
        {.name = "time", .kind = MOORING_ARG_TEXT, .text = {time, strlen(time)}},
        {.name = "hours", .kind = MOORING_ARG_TEXT, .text = hours}};
    const struct checkin_note note = {.member = event->member,
                                      .event = event,
                                      .msgid = "checkin.daily-quiet",
                                      .args = args,
                                      .arg_count = sizeof args / sizeof *args};
    return checkin_say(host, &note);
}

int checkin_daily_at(const struct mooring_host *host, const struct mooring_event *event,
                     int minutes)
{
    char time[TIME_BYTES], wish[TIME_BYTES + 24];
    (void)snprintf(time, sizeof time, "%02d:%02d", minutes / 60 % 24, minutes % 60);
    int n = snprintf(wish, sizeof wish, "%s %llu", time, (unsigned long long)event->group.id);
    int r = host->store->put(host->self, owner_of(event->member), MOORING_STR(CHECKIN_DAILY_KEY),
                             (struct mooring_str){wish, (size_t)n}, 0);
    (void)host->store->erase(host->self, owner_of(event->member), MOORING_STR(ASKED_KEY));
    if (r >= 0)
        r = set(host, event->member, event->group, time);
    return r < 0 ? r : say_set(host, event, minutes, time);
}

/* A question, so that "8:30" alone answers it, in whatever way people write a time. */
static int ask(const struct mooring_host *host, const struct mooring_event *event)
{
    int r = host->ask->start(host->self, event->member, "daily-time", MOORING_STR(""));
    if (r != -EACCES && r != -ENOENT && r != -EHOSTUNREACH)
        return r;
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .to = {.answers = event->source},
                                            .msgid = "checkin.no-private"};
    return host->say->send(host->self, &message, NULL);
}

int checkin_daily(const struct mooring_host *host, const struct mooring_event *event,
                  struct mooring_str typed)
{
    if (typed.len == 3 && strncasecmp(typed.ptr, "off", 3) == 0) {
        int r = stop(host, event->member);
        return r < 0 ? r : say(host, event, "checkin.daily-off", "");
    }
    int minutes = parse_time(typed);
    return minutes < 0 ? ask(host, event) : checkin_daily_at(host, event, minutes);
}

/* ---- how often ------------------------------------------------------------------------------- */

enum { EVERY_OTHER_DAY_AFTER = 2, NO_MORE_AFTER = 4 };

/* Questions in a row that no check-in followed, and the day of the last. */
struct asked {
    uint64_t ignored, day;
};

static struct asked read_asked(const struct mooring_host *host, struct mooring_member member)
{
    struct mooring_str value;
    struct asked asked;
    bool is_kept = host->store->get(host->self, owner_of(member), MOORING_STR(ASKED_KEY), &value) >=
                       0 &&
                   checkin_take_number(&value, NO_MORE_AFTER, &asked.ignored) &&
                   checkin_take_number(&value, INT32_MAX, &asked.day);
    return is_kept ? asked : (struct asked){0, 0};
}

static int keep_asked(const struct mooring_host *host, struct mooring_member member,
                      struct asked asked)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%u %u", (unsigned)asked.ignored, (unsigned)asked.day);
    return host->store->put(host->self, owner_of(member), MOORING_STR(ASKED_KEY),
                            (struct mooring_str){text, (size_t)n}, 0);
}

/* The day of the last check-in, counted as `ret_today` is; -1: none. */
static int64_t last_checkin(const struct mooring_host *host, struct mooring_member member,
                            struct mooring_group group, int64_t *ret_today)
{
    struct checkin_days days;
    char zone[CHECKIN_ZONE_BYTES];
    struct mooring_str named = {zone, checkin_zone(host, member, group, zone)};
    *ret_today = checkin_today(host, named, host->clock->now_at(host->self));
    bool has = checkin_read_days(host, member, named, &days) >= 0 && days.total > 0;
    return has ? days.last_day : -1;
}

/* Nobody is asked for ever who does not answer: that is said, without blame, and how to go on. */
static int end(const struct mooring_host *host, struct mooring_member member, const char *time)
{
    const struct mooring_arg arg = {
        .name = "time", .kind = MOORING_ARG_TEXT, .text = {time, strlen(time)}};
    const struct checkin_note note = {
        .member = member, .msgid = "checkin.daily-ended", .args = &arg, .arg_count = 1};
    int r = stop(host, member);
    return r < 0 ? r : checkin_say(host, &note);
}

/* What is kept: "09:00 123", the time and the group.  0, or -EINVAL. */
static int read_wish(const struct mooring_host *host, struct mooring_member member,
                     char ret_time[TIME_BYTES], struct mooring_group *ret_group)
{
    struct mooring_str value;
    int r = host->store->get(host->self, owner_of(member), MOORING_STR(CHECKIN_DAILY_KEY), &value);
    if (r < 0)
        return r;
    if (value.len < 7 || value.len > 5 + 1 + 20 || value.ptr[5] != ' ')
        return -EINVAL;
    uint64_t group = 0;
    for (size_t i = 6; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return -EINVAL;
        group = group * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    memcpy(ret_time, value.ptr, 5);
    ret_time[5] = '\0';
    *ret_group = (struct mooring_group){group};
    return 0;
}

/* The zone may be another by now, from their profile or by their own word: the next time is in it.
 */
int checkin_daily_due(const struct mooring_host *host, struct mooring_member member)
{
    char time[TIME_BYTES];
    struct mooring_group group;
    int r = read_wish(host, member, time, &group);
    if (r == -ENOENT || r == -EINVAL) /* taken back, or not ours to read */
        return stop(host, member);
    if (r >= 0)
        r = set(host, member, group, time);
    if (r < 0)
        return r;
    int64_t today, last = last_checkin(host, member, group, &today);
    if (last == today)
        return 0;
    if (host->people && host->people->consent(host->self, member, group, "checkins") == 0)
        return 0; /* a "no" said since stands above it */
    struct asked asked = read_asked(host, member);
    if (last >= (int64_t)asked.day)
        asked.ignored = 0;
    if (asked.ignored >= NO_MORE_AFTER)
        return end(host, member, time);
    if (asked.ignored >= EVERY_OTHER_DAY_AFTER && today - (int64_t)asked.day < 2)
        return 0;
    r = host->ask->start(host->self, member, "daily", MOORING_STR(""));
    if (r == -EACCES || r == -ENOENT || r == -EHOSTUNREACH)
        return 0; /* not to be reached now */
    return r < 0 ? r : keep_asked(host, member, (struct asked){asked.ignored + 1, (uint64_t)today});
}
