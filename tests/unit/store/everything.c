/* SPDX-License-Identifier: MIT */
/* everything.c: fills every table that can hold a person, with texts that can be looked for. */
#include "everything.h"

#include <stdio.h>

#include "store/alerts.h"
#include "store/dialogues.h"
#include "store/events.h"
#include "store/jobs.h"
#include "store/link.h"
#include "store/matrix_direct.h"
#include "store/outbox.h"
#include "store/traces.h"
#include "store/values.h"

#define SAID STR(SECRET_WORDS)

static void who_they_are(struct fixture *f, uint64_t member)
{
    struct store_identity identity = {.network = STR("libera"),
                                      .identity = STR(SECRET_ACCOUNT),
                                      .address = STR(SECRET_ACCOUNT "_nick"),
                                      .display = STR(SECRET_ACCOUNT),
                                      .seen_at = 5};
    assert_int_equal(store_members_put_identity(f->store, member, &identity), 0);
    assert_int_equal(store_members_note_group(f->store, member, 77), 0);
    assert_int_equal(store_members_put_consent(f->store, member, 77, STR("checkins"), true), 0);
    assert_int_equal(
        store_members_put_preference(f->store, member, STR("zone"), STR("Europe/" SECRET_KEY)), 0);
}

static void where_they_talk(struct fixture *f, uint64_t member)
{
    char user[64];
    struct store_direct direct = {.state = STORE_DIRECT_JOINED,
                                  .room = STR("!" SECRET_ACCOUNT),
                                  .wish = STR(SECRET_KEY),
                                  .at = 7,
                                  .member = member};
    snprintf(user, sizeof user, "@" SECRET_ACCOUNT "%llu:home", (unsigned long long)member);
    assert_int_equal(store_direct_put(f->store, STR("home"), str_of(user), &direct), 0);
}

static void what_they_said(struct fixture *f, uint64_t member)
{
    struct store_job job = {.plugin = STR("checkin"),
                            .owner_kind = STORE_OWNER_MEMBER,
                            .owner_id = member,
                            .key = STR(SECRET_KEY),
                            .rrule = STR("FREQ=DAILY"),
                            .zone = STR("Europe/Berlin"),
                            .due_at = 9};
    struct store_dialogue dialogue = {
        .member = member, .plugin = STR("checkin"), .name = STR("daily"), .state = SAID};
    struct store_outbox_row reply = {
        .member = member, .plugin = STR("checkin"), .payload = SAID, .dedup_key = STR(SECRET_KEY)};
    struct store_trace trace = {.kind = STORE_TRACE_EFFECT,
                                .owner = member,
                                .network = STR("libera"),
                                .thing = STR(SECRET_KEY),
                                .cause = STR(SECRET_KEY),
                                .record = SAID,
                                .at = 1,
                                .expires_at = INT64_MAX};
    uint64_t id;
    assert_int_equal(store_traces_put(f->store, &trace), 0);
    assert_int_equal(store_jobs_put(f->store, &job, &id), 0);
    assert_int_equal(store_dialogues_put(f->store, &dialogue), 0);
    assert_int_equal(store_offers_put(f->store, member, true, false, SAID, 1, 0), 0);
    assert_int_equal(store_outbox_put(f->store, &reply, 1000), 0);
    assert_int_equal(store_values_put(f->store, STR("checkin"), STORE_OWNER_MEMBER, member,
                                      STR(SECRET_KEY), SAID, 0),
                     0);
    assert_int_equal(store_series_put(f->store, STR("checkin"), member, STR("mood"), 4, 6), 0);
}

static void what_was_done(struct fixture *f, uint64_t member)
{
    struct store_alert alert = {.member = member,
                                .group = 77,
                                .kind = 1,
                                .tier = 3,
                                .opened_at = 8,
                                .raised_at = 8,
                                .rules = STR("en.want.die"),
                                .who = STR(SECRET_ACCOUNT "|libera"),
                                .text = SAID};
    struct store_alert handled = {
        .acknowledged_by = member, .closed_by = member, .on_call = member};
    struct store_audit_row subject = {
        .at = 3, .actor = 0, .subject = member, .group = 77, .event = STR("consent")};
    struct store_audit_row actor = {
        .at = 3, .actor = member, .subject = 0, .group = 77, .event = STR("set")};
    struct store_override override = {
        .name = STR("checkin.prompt_at"), .value = STR("10:00"), .group = 77, .by = member};
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    assert_int_equal(store_alerts_put(f->store, &handled), 0);
    assert_int_equal(store_audit_put(f->store, &subject), 0);
    assert_int_equal(store_audit_put(f->store, &actor), 0);
    assert_int_equal(store_overrides_put(f->store, &override), 0);
    assert_int_equal(store_events_put_cursor(f->store, STR("libera"), STR(SECRET_ACCOUNT),
                                             STR("msgid=" SECRET_KEY)),
                     0);
    assert_int_equal(store_events_mark_seen(f->store, STR("libera"), STR(SECRET_KEY)), 0);
    assert_int_equal(
        store_events_bury(f->store, STR("libera"), STR(SECRET_KEY), -EIO, STR("checkin")), 0);
    assert_int_equal(store_meta_put(f->store, STR("token"), STR(SECRET_KEY)), 0);
}

static void whom_they_were_joined_to(struct fixture *f, uint64_t member)
{
    char code[STORE_LINK_CODE_BYTES + 1], row[256];
    assert_int_equal(store_link_ask(f->store, 4711, member, STR("b")), 0);
    assert_int_equal(store_link_code_make(f->store, member, code), 0);
    snprintf(
        row, sizeof row,
        "INSERT INTO link_row (member, kind, source, c1, c2, c3, c4) VALUES (%llu, 0, 'series', "
        "'checkin', 'mood', 4, x'00')",
        (unsigned long long)member);
    fixture_execute(f, row);
}

void everything_of(struct fixture *f, uint64_t member)
{
    who_they_are(f, member);
    where_they_talk(f, member);
    what_they_said(f, member);
    what_was_done(f, member);
    whom_they_were_joined_to(f, member);
    fixture_commit(f);
}
