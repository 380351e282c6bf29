/* SPDX-License-Identifier: MIT */
/* checkin_undo.c: takes the last check-in back, with all that it left behind. */
#include <errno.h>
#include <string.h>

#include "checkin_host.h"

static const int64_t day_ms = 86400000;

struct last_entry {
    struct checkin_entry entry;
    char key[CHECKIN_KEY_BYTES];
    size_t key_len;
    int64_t at;
    bool is_found;
};

static void find_last(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct last_entry *last = ctx;
    if (last->is_found || key.len > sizeof last->key || checkin_entry_key_at(key, &last->at) < 0 ||
        checkin_entry_read(value, &last->entry) < 0)
        return;
    memcpy(last->key, key.ptr, key.len);
    last->key_len = key.len;
    last->is_found = true;
}

/* Takes the last check-in back; one older than a day only when asked again, so that a second "undo"
 * eats no history. */
int checkin_undo(const struct mooring_host *host, const struct mooring_event *event,
                 bool is_confirmed)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("checkin.undo-yes", "checkin undo yes"),
        MOORING_CHOICE("checkin.not-now", "checkin-fine")};
    const struct mooring_owner owner = {MOORING_OWN_MEMBER, 0, event->member.id};
    struct last_entry last = {.is_found = false};
    char summary[CHECKIN_SUMMARY_BYTES];
    int r = host->store->scan(host->self, owner, MOORING_STR("entry/"), MOORING_STR(""), 1,
                              find_last, &last);
    if (r < 0)
        return r;
    if (!last.is_found) {
        const struct checkin_note none = {
            .member = event->member, .event = event, .msgid = "checkin.undo-none"};
        return checkin_say(host, &none);
    }
    const struct mooring_arg args[] = {
        {.name = "when", .kind = MOORING_ARG_WHEN, .number = last.at},
        {.name = "summary",
         .kind = MOORING_ARG_TEXT,
         .text = {summary, checkin_summary(host, event->member, &last.entry, summary)}}};
    bool is_old = host->clock->now_at(host->self) - last.at > day_ms && !is_confirmed;
    const struct checkin_note note = {.member = event->member,
                                      .event = event,
                                      .msgid = is_old ? "checkin.undo-old" : "checkin.undone",
                                      .args = args,
                                      .arg_count = 2,
                                      .choices = choices,
                                      .choice_count = is_old ? 2 : 0};
    if (!is_old)
        r = host->store->erase(host->self, owner, (struct mooring_str){last.key, last.key_len});
    if (r >= 0 && !is_old)
        r = checkin_record(host, event->member, last.at, &last.entry, false);
    return r < 0 ? r : checkin_say(host, &note);
}
