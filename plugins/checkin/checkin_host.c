/* SPDX-License-Identifier: MIT */
/* checkin_host.c: how this plugin speaks and reads, for the glue's files. */
#include "checkin_host.h"

#include <errno.h>
#include <string.h>

const char *const checkin_series[CHECKIN_ITEM_COUNT] = {"mood", "craving", "confidence"};

int checkin_say(const struct mooring_host *host, const struct checkin_note *note)
{
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY,
                                      .to = {.member = note->member},
                                      .msgid = note->msgid,
                                      .args = note->args,
                                      .arg_count = note->arg_count,
                                      .choices = note->choices,
                                      .choice_count = note->choice_count,
                                      .member_text = note->words,
                                      .expires_at = note->expires_at};
    if (note->event != NULL && (note->event->flags & MOORING_EVENT_PRIVATE) != 0)
        message.to.answers = note->event->source;
    int r = host->say->send(host->self, &message, NULL);
    /* What was kept stays kept when nobody can be told in private; a room is no second choice for
     * it. */
    return r == -EEXIST || r == -EACCES || r == -ENOENT ? 0 : r;
}

static size_t append(char *text, size_t len, size_t size, struct mooring_str piece)
{
    size_t comma = len > 0 ? 2 : 0;
    if (len + comma + piece.len > size)
        return len;
    memcpy(text + len, ", ", comma);
    memcpy(text + len + comma, piece.ptr, piece.len);
    return len + comma + piece.len;
}

size_t checkin_summary(const struct mooring_host *host, struct mooring_member member,
                       const struct checkin_entry *entry, char ret_text[CHECKIN_SUMMARY_BYTES])
{
    static const char *const parts[CHECKIN_ITEM_COUNT] = {
        "checkin.part-mood", "checkin.part-craving", "checkin.part-confidence"};
    static const char *const feelings[] = {"checkin.ask-halt-hungry", "checkin.ask-halt-angry",
                                           "checkin.ask-halt-lonely", "checkin.ask-halt-tired"};
    const struct mooring_to to = {.member = member};
    struct mooring_str piece;
    size_t len = 0;
    for (size_t i = 0; i < CHECKIN_ITEM_COUNT; i++) {
        const struct mooring_arg value = {
            .name = "value", .kind = MOORING_ARG_INT, .number = entry->value[i]};
        if (entry->value[i] != CHECKIN_SKIPPED &&
            host->text->render(host->self, to, parts[i], &value, 1, &piece) >= 0)
            len = append(ret_text, len, CHECKIN_SUMMARY_BYTES, piece);
    }
    for (size_t i = 0; i < sizeof feelings / sizeof *feelings; i++) {
        if ((entry->halt & 1u << i) != 0 &&
            host->text->render(host->self, to, feelings[i], NULL, 0, &piece) >= 0)
            len = append(ret_text, len, CHECKIN_SUMMARY_BYTES, piece);
    }
    return len;
}

size_t checkin_zone(const struct mooring_host *host, struct mooring_member member,
                    struct mooring_group group, char ret_zone[CHECKIN_ZONE_BYTES])
{
    struct mooring_str zone = {NULL, 0};
    int r = -ENOENT;
    if (host->people != NULL && member.id != 0)
        r = host->people->preference(host->self, member, "zone", &zone);
    if (r < 0 || zone.len == 0)
        r = host->settings->text(host->self, group, "group.zone", &zone);
    if (r < 0 || zone.len == 0 || zone.len >= CHECKIN_ZONE_BYTES)
        zone = MOORING_STR("UTC");
    memcpy(ret_zone, zone.ptr, zone.len);
    ret_zone[zone.len] = '\0';
    return zone.len;
}

int64_t checkin_today(const struct mooring_host *host, struct mooring_str zone, int64_t at)
{
    struct mooring_civil local;
    if (host->clock->local(host->self, zone, at, &local) < 0)
        return at / 86400000;
    return checkin_days_of(&local);
}

struct day_walk {
    const struct mooring_host *host;
    struct mooring_str zone;
    struct checkin_days *days;
};

static void add_day(void *ctx, int64_t at, int64_t value)
{
    struct day_walk *walk = ctx;
    (void)value;
    checkin_days_add(walk->days, checkin_today(walk->host, walk->zone, at));
}

int checkin_read_days(const struct mooring_host *host, struct mooring_member member,
                      struct mooring_str zone, struct checkin_days *ret_days)
{
    int64_t now = host->clock->now_at(host->self);
    struct checkin_days days;
    checkin_days_init(&days, checkin_today(host, zone, now));
    struct day_walk walk = {host, zone, &days};
    int r = host->series->read(host->self, member, "done", 0, now + 1, add_day, &walk);
    if (r < 0)
        return r;
    *ret_days = days;
    return 0;
}

/* What stands in the store is ours, but an older version or a restored backup may have written it.
 */
bool checkin_take_number(struct mooring_str *text, uint64_t max, uint64_t *ret_number)
{
    size_t i = 0;
    uint64_t number = 0;
    while (i < text->len && text->ptr[i] == ' ')
        i++;
    size_t first = i;
    for (; i < text->len && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text->ptr[i] - '0');
        if (digit > max || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (i == first)
        return false;
    *text = (struct mooring_str){text->ptr + i, text->len - i};
    *ret_number = number;
    return true;
}
