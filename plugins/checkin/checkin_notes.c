/* SPDX-License-Identifier: MIT */
/* checkin_notes.c: a gentle note after silence, only for those who asked for it; rarer when
 * ignored, then none. */
#include "checkin_host.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

static const int64_t day_ms = 86400000;
static const int64_t note_lasts_ms = 6 * 3600000;

/* Stored per member as "<notes sent since the last check-in> <group>". */
struct silence {
    int sent;
    uint64_t group;
};

static int keep(const struct mooring_host *host, struct mooring_member member,
                const struct silence *silence)
{
    char text[40];
    int n = snprintf(text, sizeof text, "%d %llu", silence->sent,
                     (unsigned long long)silence->group);
    return host->store->put(host->self, (struct mooring_owner){MOORING_OWN_MEMBER, 0, member.id},
                            MOORING_STR("silence"), (struct mooring_str){text, (size_t)n}, 0);
}

static int read_silence(const struct mooring_host *host, struct mooring_member member,
                        struct silence *ret_silence)
{
    struct mooring_str value;
    int r = host->store->get(host->self, (struct mooring_owner){MOORING_OWN_MEMBER, 0, member.id},
                             MOORING_STR("silence"), &value);
    if (r < 0)
        return r;
    uint64_t sent, group;
    if (!checkin_take_number(&value, INT_MAX, &sent) ||
        !checkin_take_number(&value, UINT64_MAX, &group))
        return -EINVAL;
    *ret_silence = (struct silence){(int)sent, group};
    return 0;
}

/* Early evening of the last silent day: by then it is a day without a check-in, and not yet night.
 */
static int set_timer(const struct mooring_host *host, struct mooring_member member, uint64_t group,
                     int days)
{
    char zone[CHECKIN_ZONE_BYTES];
    size_t len = checkin_zone(host, member, (struct mooring_group){group}, zone);
    int64_t at, after = host->clock->now_at(host->self) + days * day_ms;
    int r = host->clock->next(host->self, MOORING_STR("FREQ=DAILY"),
                              (struct mooring_str){zone, len}, MOORING_STR("2026-01-05T18:00"),
                              after, &at);
    if (r < 0)
        return r;
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .flags = MOORING_WHEN_RESPECTS_QUIET,
                                      .at = at,
                                      .late_ok_ms = note_lasts_ms,
                                      .spread_ms = 600000};
    return host->timer->set(host->self, (struct mooring_owner){MOORING_OWN_MEMBER, 0, member.id},
                            MOORING_STR("silence"), &when);
}

/* Asked once, after the first steady week; a "no" or no answer is the end of it. */
static int offer(const struct mooring_host *host, const struct mooring_event *event)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("checkin.offer-yes", "consent nudges yes"),
        MOORING_CHOICE("checkin.offer-no", "checkin-fine")};
    const struct mooring_owner owner = {MOORING_OWN_MEMBER, 0, event->member.id};
    struct mooring_str value;
    int r = host->store->get(host->self, owner, MOORING_STR("offered"), &value);
    if (r != -ENOENT)
        return r < 0 ? r : 0;
    r = host->store->put(host->self, owner, MOORING_STR("offered"), MOORING_STR("1"), 0);
    if (r < 0)
        return r;
    const struct checkin_note note = {.member = event->member,
                                      .event = event,
                                      .msgid = "checkin.offer-notes",
                                      .choices = choices,
                                      .choice_count = 2};
    return checkin_say(host, &note);
}

/* Begins anew with each check-in.  Only after a first steady week: silence means something only
 * where there was a habit. */
int checkin_notes_arm(const struct mooring_host *host, const struct mooring_event *event,
                      const struct checkin_days *days, bool may_offer)
{
    if (host->timer == NULL || host->people == NULL)
        return 0;
    const struct mooring_owner owner = {MOORING_OWN_MEMBER, 0, event->member.id};
    (void)host->timer->cancel(host->self, owner, MOORING_STR("silence"));
    if (!checkin_days_is_steady(days))
        return 0;
    int r = host->people->consent(host->self, event->member, event->group, "nudges");
    if (r <= 0)
        return may_offer && r != 0 ? offer(host, event) : 0;
    const struct silence silence = {0, event->group.id};
    r = keep(host, event->member, &silence);
    if (r < 0)
        return r;
    return set_timer(host, event->member, silence.group, checkin_note_after_days(0));
}

/* The count is kept before the note is sent: if the turn fails both are undone, and nobody is
 * written to twice for one silence. */
int checkin_notes_due(const struct mooring_host *host, struct mooring_member member)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("checkin.start", "checkin"),
        MOORING_CHOICE("checkin.not-now", "checkin-fine")};
    struct silence silence;
    int r = read_silence(host, member, &silence);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    /* Consent may have been taken back since the timer was set. */
    if (host->people->consent(host->self, member, (struct mooring_group){silence.group},
                              "nudges") <= 0)
        return 0;
    silence.sent++;
    bool is_last = silence.sent >= CHECKIN_NOTES_MAX;
    r = keep(host, member, &silence);
    if (r >= 0 && !is_last)
        r = set_timer(host, member, silence.group, checkin_note_after_days(silence.sent));
    if (r < 0)
        return r;
    const struct checkin_note note = {.member = member,
                                      .msgid = is_last ? "checkin.note-last" : "checkin.note",
                                      .choices = choices,
                                      .choice_count = 2,
                                      .expires_at = host->clock->now_at(host->self) +
                                                    note_lasts_ms};
    return checkin_say(host, &note);
}
