/* SPDX-License-Identifier: MIT */
/* test_alerts.c: calls for help, the audit's chain, settings changed by command. */
#include "fixture.h"

#include <stdio.h>

#include "store/alerts.h"
#include "store/members.h"

static struct store_alert alert_of(uint64_t member)
{
    return (struct store_alert){.member = member,
                                .group = 4,
                                .room = 5,
                                .kind = 1,
                                .tier = 3,
                                .opened_at = 10,
                                .raised_at = 11,
                                .on_call = 6,
                                .pages = 1,
                                .next_page_at = 12,
                                .rules = STR("r1 r2"),
                                .who = STR("kes|libera|kes"),
                                .text = STR("their words")};
}

static void an_alert_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    struct store_alert alert = alert_of(fixture_member(f, "kestrel")), out;
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    assert_int_equal(alert.id, 1);
    fixture_commit(f);
    fixture_reopen(f);
    assert_int_equal(store_alerts_get(f->store, 1, &f->arena, &out), 0);
    assert_int_equal(out.member, alert.member);
    assert_int_equal(out.group, 4);
    assert_int_equal(out.room, 5);
    assert_int_equal(out.tier, 3);
    assert_int_equal(out.raised_at, 11);
    assert_int_equal(out.on_call, 6);
    assert_int_equal(out.next_page_at, 12);
    assert_str(out.rules, "r1 r2");
    assert_str(out.who, "kes|libera|kes");
    assert_str(out.text, "their words");
}

/* A turn met them and was undone; the floor answered, and the call is saved later. */
static void who_calls_has_a_row_again(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member = 0;
    store_hash(f->store, STR("account"), STR("libera"), STR("lou"), hash);
    assert_int_equal(store_members_create(f->store, hash, &member), 0);
    store_rollback(f->store);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM member"), 0);
    struct store_alert alert = alert_of(member);
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    fixture_commit(f);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM alert WHERE member IN"
                                       " (SELECT member FROM member)"),
                     1);
}

static void numbers_go_up_by_one(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 1; i <= 3; i++) {
        struct store_alert alert = alert_of(0);
        assert_int_equal(store_alerts_put(f->store, &alert), 0);
        assert_int_equal(alert.id, i);
    }
}

static void count_open(void *ctx, const struct store_alert *alert)
{
    *(uint64_t *)ctx = *(uint64_t *)ctx * 10 + alert->id;
}

static void only_the_open_are_walked(void **state)
{
    struct fixture *f = *state;
    uint64_t ids = 0, member = fixture_member(f, "kestrel");
    struct store_alert out, alerts[] = {alert_of(member), alert_of(member), alert_of(0)};
    for (size_t i = 0; i < COUNT_OF(alerts); i++)
        assert_int_equal(store_alerts_put(f->store, &alerts[i]), 0);
    assert_int_equal(store_alerts_open_of(f->store, member, &f->arena, &out), 0);
    assert_int_equal(out.id, 2);
    alerts[1].state = 2;
    assert_int_equal(store_alerts_put(f->store, &alerts[1]), 0);
    assert_int_equal(store_alerts_each_open(f->store, count_open, &ids), 0);
    assert_int_equal(ids, 13);
    assert_int_equal(store_alerts_open_of(f->store, member, &f->arena, &out), 0);
    assert_int_equal(out.id, 1);
    assert_int_equal(store_alerts_open_of(f->store, 0, &f->arena, &out), -ENOENT);
}

static void words_are_wiped_after_their_time(void **state)
{
    struct fixture *f = *state;
    struct store_alert alert = alert_of(fixture_member(f, "kestrel")), out;
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    assert_int_equal(store_alerts_wipe_texts(f->store, 10), 0);
    assert_int_equal(store_alerts_get(f->store, 1, &f->arena, &out), 0);
    assert_str(out.text, "their words");
    assert_int_equal(store_alerts_wipe_texts(f->store, 11), 0);
    assert_int_equal(store_alerts_get(f->store, 1, &f->arena, &out), 0);
    assert_int_equal(out.text.len, 0);
    assert_str(out.who, "kes|libera|kes");
}

static void a_damaged_text_does_not_hide_the_call(void **state)
{
    struct fixture *f = *state;
    struct store_alert alert = alert_of(fixture_member(f, "kestrel")), out;
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    fixture_commit(f);
    fixture_execute(f, "UPDATE alert SET words = who");
    assert_int_equal(store_alerts_get(f->store, 1, &f->arena, &out), 0);
    assert_int_equal(out.text.len, 0);
    assert_int_equal(out.tier, 3);
}

/* ---- audit ----------------------------------------------------------------------------------- */

static void audit(struct fixture *f, const char *event, uint64_t group, uint64_t subject)
{
    struct store_audit_row row = {.at = 7,
                                  .actor = 2,
                                  .subject = subject,
                                  .group = group,
                                  .event = str_of(event),
                                  .details = STR("name=1")};
    assert_int_equal(store_audit_put(f->store, &row), 0);
}

static void add_event(void *ctx, const struct store_audit_row *row)
{
    strncat(ctx, row->event.ptr, row->event.len);
}

static void the_newest_comes_first_and_subjects_see_theirs(void **state)
{
    struct fixture *f = *state;
    char all[16] = "", own[16] = "", two[16] = "";
    audit(f, "a", 1, 0);
    audit(f, "b", 1, 9);
    audit(f, "c", 2, 9);
    audit(f, "d", 1, 0);
    assert_int_equal(store_audit_each(f->store, 1, 0, 10, add_event, all), 0);
    assert_int_equal(store_audit_each(f->store, 1, 9, 10, add_event, own), 0);
    assert_int_equal(store_audit_each(f->store, 1, 0, 2, add_event, two), 0);
    assert_string_equal(all, "dba");
    assert_string_equal(own, "b");
    assert_string_equal(two, "db");
}

static void the_chain_shows_what_was_changed(void **state)
{
    struct fixture *f = *state;
    uint64_t bad = 0;
    for (int i = 0; i < 5; i++)
        audit(f, "a", 1, 0);
    fixture_commit(f);
    assert_int_equal(store_audit_verify(f->store, &bad), 0);
    fixture_execute(f, "UPDATE audit SET details = 'name=2' WHERE id = 3");
    assert_int_equal(store_audit_verify(f->store, &bad), -EBADMSG);
    assert_int_equal(bad, 3);
}

static void the_chain_shows_what_was_taken_away(void **state)
{
    struct fixture *f = *state;
    uint64_t bad = 0;
    for (int i = 0; i < 5; i++)
        audit(f, "a", 1, 0);
    fixture_commit(f);
    fixture_execute(f, "DELETE FROM audit WHERE id = 2");
    assert_int_equal(store_audit_verify(f->store, &bad), -EBADMSG);
    assert_int_equal(bad, 3);
}

/* ---- overrides ------------------------------------------------------------------------------- */

static void override(struct fixture *f, uint64_t group, const char *name, const char *value)
{
    struct store_override row = {
        .name = str_of(name), .value = str_of(value), .group = group, .by = 3, .at = 4};
    assert_int_equal(store_overrides_put(f->store, &row), 0);
}

static void undo_brings_the_one_before_back(void **state)
{
    struct fixture *f = *state;
    struct store_override out;
    override(f, 1, "prompt_at", "09:00");
    override(f, 1, "prompt_at", "10:00");
    override(f, 2, "prompt_at", "11:00");
    assert_int_equal(store_overrides_get(f->store, 1, STR("prompt_at"), &f->arena, &out), 0);
    assert_str(out.value, "10:00");
    assert_int_equal(store_overrides_undo(f->store, 1, &f->arena, &out), 0);
    assert_str(out.value, "10:00");
    assert_int_equal(out.by, 3);
    assert_int_equal(store_overrides_get(f->store, 1, STR("prompt_at"), &f->arena, &out), 0);
    assert_str(out.value, "09:00");
    assert_int_equal(store_overrides_undo(f->store, 1, &f->arena, &out), 0);
    assert_int_equal(store_overrides_undo(f->store, 1, &f->arena, &out), -ENOENT);
    assert_int_equal(store_overrides_get(f->store, 1, STR("prompt_at"), &f->arena, &out), -ENOENT);
}

static void old_ones_are_dropped(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 50; i++)
        override(f, 1, "a", "1");
    override(f, 1, "b", "1");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM setting"), 21);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_alert_comes_back_whole, fixture_on_disk, fixture_done),
        cmocka_unit_test_setup_teardown(who_calls_has_a_row_again, fixture_on_disk, fixture_done),
        TEST(numbers_go_up_by_one),
        TEST(only_the_open_are_walked),
        TEST(words_are_wiped_after_their_time),
        TEST(a_damaged_text_does_not_hide_the_call),
        TEST(the_newest_comes_first_and_subjects_see_theirs),
        TEST(the_chain_shows_what_was_changed),
        TEST(the_chain_shows_what_was_taken_away),
        TEST(undo_brings_the_one_before_back),
        TEST(old_ones_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
