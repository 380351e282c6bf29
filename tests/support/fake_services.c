/* SPDX-License-Identifier: MIT */
/* fake_services.c: the tables of services that the fake host lends. */
#include "fake_services.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <cmocka.h>
#include <libconfig.h>

#include "base/memory.h"

struct fake_host *fake_current; /* the tables' functions get no context of ours, so one at a time */
#define fake fake_current

/* ---- clock: the C library's zones, so that tests do not lean on what they might find wrong ----
 */

void fake_use_zone(struct mooring_str zone)
{
    char name[64];
    copy(name, sizeof name, zone);
    setenv("TZ", name, 1);
    tzset();
}

static int64_t now_at(struct mooring_self self)
{
    (void)self;
    return fake->now;
}

static int local(struct mooring_self self, struct mooring_str zone, int64_t at,
                 struct mooring_civil *ret_local)
{
    (void)self;
    if (memchr(zone.ptr, '/', zone.len) == NULL && !is(zone, "UTC"))
        return -EINVAL;
    fake_use_zone(zone);
    time_t seconds = (time_t)(at / 1000);
    struct tm tm;
    localtime_r(&seconds, &tm);
    *ret_local = (struct mooring_civil){tm.tm_year + 1900,   tm.tm_mon + 1, tm.tm_mday,
                                        tm.tm_hour,          tm.tm_min,     tm.tm_sec,
                                        (tm.tm_wday + 6) % 7};
    return 0;
}

int64_t fake_at_local(int year, int month, int day, int hour, int minute)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_isdst = -1};
    return (int64_t)mktime(&tm) * 1000;
}

static int next(struct mooring_self self, struct mooring_str rrule, struct mooring_str zone,
                struct mooring_str start_local, int64_t after_at, int64_t *ret_at)
{
    static const char *const codes[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    char start[32], rule[64];
    int year, month, day, hour, minute;
    (void)self;
    copy(start, sizeof start, start_local);
    copy(rule, sizeof rule, rrule);
    if (sscanf(start, "%d-%d-%dT%d:%d", &year, &month, &day, &hour, &minute) != 5)
        return -EINVAL;
    const char *days = strstr(rule, "BYDAY="); /* "WEEKLY" has a WE in it */
    fake_use_zone(zone);
    for (int step = 0; step < 4000; step++) {
        int64_t at = fake_at_local(year, month, day + step, hour, minute);
        time_t seconds = (time_t)(at / 1000);
        struct tm tm;
        localtime_r(&seconds, &tm);
        bool fits = rule[0] == '\0' || strstr(rule, "DAILY") != NULL ||
                    (days != NULL && strstr(days, codes[(tm.tm_wday + 6) % 7]) != NULL);
        if (fits && at > after_at) {
            *ret_at = at;
            return 0;
        }
        if (rule[0] == '\0')
            break;
    }
    return -ENOENT;
}

/* ---- settings -------------------------------------------------------------------------------- */

static int text(struct mooring_self self, struct mooring_group group, const char *name,
                struct mooring_str *ret_value)
{
    (void)self, (void)group;
    for (size_t i = 0; i < fake->option_count; i++) {
        if (strcmp(fake->options[i][0], name) == 0) {
            *ret_value = view(fake->options[i][1]);
            return 0;
        }
    }
    return -ENOENT;
}

static int integer(struct mooring_self self, struct mooring_group group, const char *name,
                   int64_t *ret_value)
{
    struct mooring_str value;
    int r = text(self, group, name, &value);
    if (r >= 0)
        *ret_value = strtoll(value.ptr, NULL, 10);
    return r;
}

static int each(struct mooring_self self, struct mooring_group group, const char *list,
                mooring_record_fn see, void *ctx)
{
    (void)self, (void)group;
    for (size_t i = 0; i < fake->record_count; i++) {
        if (strcmp(fake->records[i].list, list) != 0)
            continue;
        int r = see(ctx, (struct mooring_record){i + 1});
        if (r < 0)
            return r;
    }
    return 0;
}

static int field(struct mooring_self self, struct mooring_record record, const char *name,
                 struct mooring_str *ret_value)
{
    (void)self;
    const char *at = fake->records[record.id - 1].fields;
    size_t len = strlen(name);
    while (*at != '\0') {
        size_t line = strcspn(at, "\n");
        if (line > len && strncmp(at, name, len) == 0 && at[len] == '=') {
            *ret_value = (struct mooring_str){at + len + 1, line - len - 1};
            return 0;
        }
        at += line + (at[line] == '\n');
    }
    *ret_value = view("");
    return 0;
}

/* ---- text and say ---------------------------------------------------------------------------- */

static size_t write_args(char *out, size_t size, const struct mooring_arg *args, size_t count)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (args[i].kind == MOORING_ARG_TEXT)
            len += (size_t)snprintf(out + len, size - len, "%s=%.*s;", args[i].name,
                                    (int)args[i].text.len, args[i].text.ptr);
        else
            len += (size_t)snprintf(out + len, size - len, "%s=%" PRId64 ";", args[i].name,
                                    args[i].number);
        assert_true(len < size);
    }
    return len;
}

/* Whether `name` is given; what stands in braces and is no name (a plural's branch) counts as
 * given. */
static bool is_given(const char *name, size_t len, const struct mooring_message *message)
{
    if (len == 0 || (name[len] != '}' && name[len] != ','))
        return true;
    if (len == strlen("member_text") && strncmp(name, "member_text", len) == 0)
        return message->member_text.len > 0;
    for (size_t i = 0; i < message->arg_count; i++) {
        if (strlen(message->args[i].name) == len && strncmp(message->args[i].name, name, len) == 0)
            return true;
    }
    return false;
}

static void check_wording(const char *wording, const struct mooring_message *message)
{
    for (const char *at = wording; (at = strchr(at, '{')) != NULL;) {
        at++;
        if (!is_given(at, strspn(at, "abcdefghijklmnopqrstuvwxyz_"), message))
            fail_msg("%s is said without an argument of: %s", message->msgid, wording);
    }
}

/* A message must bring what its text asks for, in every wording. */
static void check_text(const struct mooring_message *message)
{
    const char *folder = getenv("MOORING_SOURCE_DIR"), *key = strchr(message->msgid, '.');
    char path[1024];
    config_t config;
    if (folder == NULL)
        return;
    snprintf(path, sizeof path, "%s/config/text/en/%s.cfg", folder, fake->plugin->name);
    config_init(&config);
    assert_int_equal(config_read_file(&config, path), CONFIG_TRUE);
    config_setting_t *entry = key != NULL
                                  ? config_setting_get_member(config_root_setting(&config), key + 1)
                                  : NULL;
    if (entry == NULL)
        fail_msg("%s has no text", message->msgid);
    if (config_setting_get_string(entry) != NULL)
        check_wording(config_setting_get_string(entry), message);
    for (int i = 0; config_setting_is_array(entry) && i < config_setting_length(entry); i++)
        check_wording(config_setting_get_string_elem(entry, i), message);
    config_destroy(&config);
}

/* Pieces render as their id without the area, then the arguments in brackets. */
static int render(struct mooring_self self, struct mooring_to to, const char *msgid,
                  const struct mooring_arg *args, size_t count, struct mooring_str *ret_text)
{
    static char ring[64][600];
    static size_t at;
    (void)self;
    check_text(
        &(struct mooring_message){.to = to, .msgid = msgid, .args = args, .arg_count = count});
    char *out = ring[at++ % 64], values[500];
    write_args(values, sizeof values, args, count);
    const char *key = strchr(msgid, '.');
    assert_non_null(key);
    snprintf(out, 600, count > 0 ? "%s[%s]" : "%s", key + 1, values);
    *ret_text = view(out);
    return 0;
}

static int send(struct mooring_self self, const struct mooring_message *message,
                struct mooring_sent *ret_sent)
{
    (void)self;
    if (fake->send_error < 0)
        return fake->send_error;
    if (fake->unreachable && (message->flags & MOORING_SAY_PRIVATE_ONLY) != 0)
        return -EACCES;
    for (size_t i = 0; i < fake->data.said_count && message->dedup_key.len > 0; i++) {
        if (is(message->dedup_key, fake->data.said[i].dedup))
            return -EEXIST;
    }
    check_text(message);
    assert_true(fake->data.said_count < FAKE_SAID_MAX);
    assert_true(message->to.member.id != 0 || message->to.room.id != 0 ||
                message->to.group.id != 0 || message->to.answers.id != 0);
    struct fake_said *said = &fake->data.said[fake->data.said_count++];
    *said = (struct fake_said){
        .flags = message->flags, .to = message->to, .expires_at = message->expires_at};
    copy(said->msgid, sizeof said->msgid, view(message->msgid));
    copy(said->member_text, sizeof said->member_text, message->member_text);
    copy(said->dedup, sizeof said->dedup, message->dedup_key);
    write_args(said->args, sizeof said->args, message->args, message->arg_count);
    size_t len = 0;
    for (size_t i = 0; i < message->choice_count; i++)
        len += (size_t)snprintf(said->commands + len, sizeof said->commands - len, "%s%.*s",
                                i > 0 ? "|" : "", (int)message->choices[i].command.len,
                                message->choices[i].command.ptr);
    if (ret_sent != NULL)
        ret_sent->id = fake->data.said_count;
    return 0;
}

static int start(struct mooring_self self, struct mooring_member member, const char *dialogue,
                 struct mooring_str context)
{
    (void)self, (void)member, (void)context;
    if (fake->start_error < 0)
        return fake->start_error;
    if (fake->unreachable)
        return -EACCES;
    copy(fake->data.dialogue, sizeof fake->data.dialogue, view(dialogue));
    return 0;
}

const struct mooring_clock fake_clock = {.struct_size = sizeof fake_clock,
                                         .now_at = now_at,
                                         .elapsed_ms = now_at,
                                         .local = local,
                                         .next = next};
const struct mooring_settings fake_settings = {sizeof fake_settings, integer, text, each, field};
const struct mooring_text fake_text = {sizeof fake_text, render};
const struct mooring_say fake_say = {.struct_size = sizeof fake_say, .send = send};
const struct mooring_ask fake_ask = {.struct_size = sizeof fake_ask, .start = start};
