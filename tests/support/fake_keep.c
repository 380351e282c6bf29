/* SPDX-License-Identifier: MIT */
/* fake_keep.c: the fake host's services that keep something: people, series, store, timers, alerts.
 */
#include "fake_services.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define fake fake_current

/* ---- people and series ----------------------------------------------------------------------- */

static int consent(struct mooring_self self, struct mooring_member member,
                   struct mooring_group group, const char *scope)
{
    (void)self, (void)member, (void)group;
    return strcmp(scope, "nudges") == 0 ? fake->consent_nudges : fake->consent_checkins;
}

static int preference(struct mooring_self self, struct mooring_member member, const char *name,
                      struct mooring_str *ret_value)
{
    (void)self, (void)member;
    if (strcmp(name, "zone") != 0)
        return -ENOENT;
    *ret_value = view(FAKE_ZONE);
    return 0;
}

static int reachable(struct mooring_self self, struct mooring_member member)
{
    (void)self, (void)member;
    return !fake->unreachable;
}

static int record(struct mooring_self self, struct mooring_member member, const char *series,
                  int64_t at, int64_t value)
{
    (void)self;
    if (fake->record_error < 0)
        return fake->record_error;
    if (fake->consent_checkins == 0)
        return -EACCES;
    fake_host_point(fake, member.id, series, at, value);
    return 0;
}

static int by_time(const void *a, const void *b)
{
    int64_t left = ((const struct fake_point *)a)->at, right = ((const struct fake_point *)b)->at;
    return (left > right) - (left < right);
}

static int read(struct mooring_self self, struct mooring_member member, const char *series,
                int64_t from_at, int64_t to_at, mooring_point_fn see, void *ctx)
{
    (void)self;
    qsort(fake->data.points, fake->data.point_count, sizeof *fake->data.points, by_time);
    for (size_t i = 0; i < fake->data.point_count; i++) {
        const struct fake_point *point = &fake->data.points[i];
        if (point->member == member.id && strcmp(point->series, series) == 0 &&
            point->at >= from_at && point->at < to_at)
            see(ctx, point->at, point->value);
    }
    return 0;
}

/* ---- store ----------------------------------------------------------------------------------- */

static bool is_owner(struct mooring_owner a, struct mooring_owner b)
{
    return a.kind == b.kind && a.id == b.id;
}

static struct fake_row *find_row(struct mooring_owner owner, struct mooring_str key)
{
    for (size_t i = 0; i < fake->data.row_count; i++) {
        struct fake_row *row = &fake->data.rows[i];
        if (is_owner(row->owner, owner) && is(key, row->key) &&
            (row->expires_at == 0 || row->expires_at > fake->now))
            return row;
    }
    return NULL;
}

static int erase(struct mooring_self self, struct mooring_owner owner, struct mooring_str prefix)
{
    size_t kept = 0, before = fake->data.row_count;
    (void)self;
    for (size_t i = 0; i < fake->data.row_count; i++) {
        const struct fake_row *row = &fake->data.rows[i];
        if (!is_owner(row->owner, owner) || strncmp(row->key, prefix.ptr, prefix.len) != 0)
            fake->data.rows[kept++] = *row;
    }
    fake->data.row_count = kept;
    return kept < before ? 0 : -ENOENT;
}

static int put(struct mooring_self self, struct mooring_owner owner, struct mooring_str key,
               struct mooring_str value, int64_t expires_at)
{
    (void)self;
    if (fake->put_error < 0)
        return fake->put_error;
    struct fake_row *row = find_row(owner, key);
    if (row == NULL) {
        assert_true(fake->data.row_count < FAKE_ROWS_MAX);
        row = &fake->data.rows[fake->data.row_count++];
    }
    *row = (struct fake_row){.owner = owner, .value_len = value.len, .expires_at = expires_at};
    copy(row->key, sizeof row->key, key);
    copy(row->value, sizeof row->value, value);
    return 0;
}

static int get(struct mooring_self self, struct mooring_owner owner, struct mooring_str key,
               struct mooring_str *ret_value)
{
    (void)self;
    const struct fake_row *row = find_row(owner, key);
    if (row == NULL)
        return -ENOENT;
    *ret_value = (struct mooring_str){row->value, row->value_len};
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct fake_row *)a)->key, ((const struct fake_row *)b)->key);
}

static int scan(struct mooring_self self, struct mooring_owner owner, struct mooring_str prefix,
                struct mooring_str after, uint32_t limit, mooring_row_fn see, void *ctx)
{
    char last[80];
    (void)self;
    copy(last, sizeof last, after);
    qsort(fake->data.rows, fake->data.row_count, sizeof *fake->data.rows, by_key);
    for (size_t i = 0; i < fake->data.row_count && limit > 0; i++) {
        const struct fake_row *row = &fake->data.rows[i];
        if (!is_owner(row->owner, owner) || strncmp(row->key, prefix.ptr, prefix.len) != 0 ||
            strcmp(row->key, last) <= 0 || (row->expires_at != 0 && row->expires_at <= fake->now))
            continue;
        see(ctx, view(row->key), (struct mooring_str){row->value, row->value_len});
        limit--;
    }
    return 0;
}

/* ---- timers ---------------------------------------------------------------------------------- */

int fake_cancel_timer(struct mooring_self self, struct mooring_owner owner, struct mooring_str key)
{
    (void)self;
    for (size_t i = 0; i < fake->data.timer_count; i++) {
        if (is_owner(fake->data.timers[i].owner, owner) && is(key, fake->data.timers[i].key)) {
            fake->data.timers[i] = fake->data.timers[--fake->data.timer_count];
            return 0;
        }
    }
    return -ENOENT;
}

static int set_timer(struct mooring_self self, struct mooring_owner owner, struct mooring_str key,
                     const struct mooring_when *when)
{
    struct fake_timer timer = {
        .owner = owner, .flags = when->flags, .at = when->at, .late_ok_ms = when->late_ok_ms};
    copy(timer.key, sizeof timer.key, key);
    copy(timer.rrule, sizeof timer.rrule, when->rrule);
    copy(timer.zone, sizeof timer.zone, when->zone);
    copy(timer.start_local, sizeof timer.start_local, when->start_local);
    if (timer.at == 0) {
        int r = fake_clock.next(self, when->rrule, when->zone, when->start_local, fake->now,
                                &timer.at);
        if (r < 0)
            return r;
    }
    (void)fake_cancel_timer(self, owner, key);
    assert_true(fake->data.timer_count < FAKE_TIMERS_MAX);
    fake->data.timers[fake->data.timer_count++] = timer;
    return 0;
}

/* ---- alerts, safety, audit ------------------------------------------------------------------- */

static int raise_alert(struct mooring_self self, const struct mooring_alert *alert,
                       struct mooring_alert_status *ret_status)
{
    (void)self;
    if (fake->raise_error < 0)
        return fake->raise_error;
    if (alert->verdict.tier < 2)
        return -ENOENT;
    uint32_t tier = fake->data.has_alert && fake->data.alert.tier > alert->verdict.tier
                        ? fake->data.alert.tier
                        : alert->verdict.tier;
    fake->data.alert = fake->raised;
    fake->data.alert.alert.id = 17;
    fake->data.alert.tier = tier;
    fake->data.has_alert = true;
    *ret_status = fake->data.alert;
    return 0;
}

static int note(struct mooring_self self, struct mooring_alert_id alert, const char *msgid,
                const struct mooring_arg *args, size_t count)
{
    (void)self, (void)args, (void)count;
    struct fake_note *noted = &fake->data.notes[fake->data.note_count++];
    noted->alert = alert.id;
    copy(noted->msgid, sizeof noted->msgid, view(msgid));
    return 0;
}

static int open_alert(struct mooring_self self, struct mooring_member member,
                      struct mooring_alert_status *ret_status)
{
    (void)self, (void)member;
    if (!fake->data.has_alert)
        return -ENOENT;
    *ret_status = fake->data.alert;
    return 0;
}

static int classify(struct mooring_self self, struct mooring_str words, uint32_t context,
                    struct mooring_verdict *ret_verdict)
{
    (void)self, (void)words, (void)context;
    *ret_verdict = fake->classified;
    return 0;
}

static int card(struct mooring_self self, struct mooring_to to, uint32_t kind, uint32_t tier)
{
    (void)self;
    assert_true(fake->data.card_count < 16);
    fake->data.cards[fake->data.card_count++] = (struct fake_card){
        to, kind, tier, fake->data.said_count, fake->data.has_alert};
    return 1;
}

static int audit(struct mooring_self self, const char *event, struct mooring_member subject,
                 const struct mooring_field *fields, size_t count)
{
    (void)self, (void)subject, (void)fields, (void)count;
    size_t len = strlen(fake->data.audits);
    snprintf(fake->data.audits + len, sizeof fake->data.audits - len, "%s ", event);
    return 0;
}

const struct mooring_people fake_people = {.struct_size = sizeof fake_people,
                                           .consent = consent,
                                           .preference = preference,
                                           .reachable = reachable};
const struct mooring_series fake_series = {
    .struct_size = sizeof fake_series, .record = record, .read = read};
const struct mooring_store fake_store = {sizeof fake_store, put, get, erase, scan};
const struct mooring_timer fake_timer = {sizeof fake_timer, set_timer, fake_cancel_timer};
const struct mooring_alerts fake_alerts = {sizeof fake_alerts, raise_alert, note, open_alert};
const struct mooring_safety fake_safety = {sizeof fake_safety, classify, card};
const struct mooring_audit fake_audit = {sizeof fake_audit, audit};
