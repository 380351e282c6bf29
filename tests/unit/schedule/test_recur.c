/* SPDX-License-Identifier: MIT */
/* test_recur.c: repeat rules: what is refused, what they cost, and both edges of daylight time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "schedule/recur.h"
#include "schedule/zones.h"

static struct civil civil(const char *text)
{
    struct civil result;
    if (civil_parse(str_of(text), &result) < 0)
        fail_msg("%s is no date", text);
    return result;
}

/* The first instances of a rule, "2026-11-23T09:00:00" with spaces between. */
static void assert_instances(const char *rule, const char *start, const char *wanted)
{
    char got[1024] = "";
    struct civil first = civil(start), last, next;
    size_t len = 0;
    while (len < strlen(wanted)) {
        char stamp[CIVIL_TEXT_BYTES];
        if (recur_next(str_of(rule), &first, len ? &last : NULL, &next) < 0)
            break;
        civil_format(&next, stamp);
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%s", len ? " " : "", stamp);
        last = next;
    }
    assert_string_equal(got, wanted);
}

static int load_zones(void **state)
{
    struct zones *zones = zones_create(NULL);
    *state = zones;
    return zones ? 0 : -1;
}

static int drop_zones(void **state)
{
    zones_destroy(*state);
    return 0;
}

static const struct zone *zone_of(void **state, const char *name)
{
    const struct zone *zone;
    if (zones_get(*state, str_of(name), &zone) < 0) {
        print_message("SKIPPED: the system has no zone %s\n", name);
        skip();
    }
    return zone;
}

/* What fires strictly after a moment, as the wall clock shows it then and with the abbreviation:
 * both show the edges. */
static void assert_fires(const struct zone *zone, const char *rule, const char *start,
                         int64_t after_ms, const char *wanted)
{
    char got[2048] = "";
    struct civil first = civil(start), local;
    size_t len = 0;
    while (len < strlen(wanted)) {
        char stamp[CIVIL_TEXT_BYTES];
        int64_t at;
        struct zone_offset offset;
        if (recur_next_at(str_of(rule), zone, &first, after_ms, &at) < 0)
            break;
        assert_true(at > after_ms);
        assert_int_equal(zone_local_at(zone, at, &local), 0);
        zone_offset_at(zone, at, &offset);
        civil_format_short(&local, stamp);
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%s %s", len ? ", " : "", stamp,
                                offset.abbreviation);
        after_ms = at;
    }
    assert_string_equal(got, wanted);
}

static int64_t moment(const struct zone *zone, const char *local)
{
    struct civil parsed = civil(local);
    int64_t at;
    assert_int_equal(zone_unix_at(zone, &parsed, &at, NULL), 0);
    return at;
}

static void wrong_rules_are_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *says;
    } cases[] = {
        {"FREQ", "no value"},
        {"FREQ=", "no value"},
        {"FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY"},
        {"INTERVAL=2", "no FREQ"},
        {";", "no value"},
        {"FREQ=DAILY;;COUNT=1", "no value"},
        {"FREQ=DAILY;FREQ=DAILY", "FREQ stands twice"},
        {"FREQ=DAILY;INTERVAL=0", "INTERVAL=0"},
        {"FREQ=DAILY;INTERVAL=4294967297", "INTERVAL=4294967297"},
        {"FREQ=DAILY;COUNT=-1", "COUNT=-1"},
        {"FREQ=DAILY;COUNT=10001", "COUNT=10001"},
        {"FREQ=DAILY;COUNT=2;UNTIL=20270101", "both UNTIL and COUNT"},
        {"FREQ=DAILY;UNTIL=20270230", "UNTIL=20270230"},
        {"FREQ=DAILY;UNTIL=20270101T2500", "UNTIL=20270101T2500"},
        {"FREQ=DAILY;UNTIL=20270101T090000X", "UNTIL=20270101T090000X"},
        {"FREQ=DAILY;BYHOUR=24", "\"24\""},
        {"FREQ=DAILY;BYMINUTE=60", "\"60\""},
        {"FREQ=DAILY;BYSECOND=60", "\"60\""},
        {"FREQ=DAILY;BYHOUR=9,", "\"\""},
        {"FREQ=DAILY;BYMONTH=13", "\"13\""},
        {"FREQ=MONTHLY;BYMONTHDAY=0", "\"0\""},
        {"FREQ=MONTHLY;BYMONTHDAY=32", "\"32\""},
        {"FREQ=YEARLY;BYYEARDAY=-367", "\"-367\""},
        {"FREQ=YEARLY;BYWEEKNO=54", "\"54\""},
        {"FREQ=WEEKLY;BYDAY=MONDAY", "\"MONDAY\""},
        {"FREQ=WEEKLY;BYDAY=XX", "\"XX\""},
        {"FREQ=WEEKLY;BYDAY=2FR", "FREQ=MONTHLY"},
        {"FREQ=MONTHLY;BYDAY=0FR", "\"0FR\""},
        {"FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "BYWEEKNO"},
        {"FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=WEEKLY"},
        {"FREQ=MONTHLY;BYWEEKNO=1", "FREQ=YEARLY"},
        {"FREQ=MONTHLY;BYYEARDAY=1", "FREQ=YEARLY"},
        {"FREQ=MONTHLY;BYSETPOS=1", "another BY part"},
        {"FREQ=WEEKLY;WKST=M", "WKST=M"},
        {"FREQ=WEEKLY;BYEASTER=0", "BYEASTER"},
        {"RRULE:FREQ=WEEKLY", "RRULE:FREQ"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = {0};
        if (recur_check(str_of(cases[i].rule), &error) != -EINVAL)
            fail_msg("%s was taken", cases[i].rule);
        if (!strstr(error.text, cases[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].rule, error.text, cases[i].says);
    }
}

static void right_rules_are_taken(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "",
        "FREQ=WEEKLY;BYDAY=MO,WE,TH",
        "freq=weekly;byday=mo",
        "FREQ=WEEKLY;",
        "INTERVAL=2;FREQ=DAILY",
        "FREQ=MONTHLY;BYDAY=+2FR,-1SU",
        "FREQ=DAILY;UNTIL=20270101T090000Z",
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (recur_check(str_of(rules[i]), NULL) != 0)
            fail_msg("%s was refused", rules[i]);
}

static void a_rule_longer_than_the_ceiling_is_refused(void **state)
{
    (void)state;
    static char rule[4096];
    memset(rule, 'A', sizeof rule);
    assert_int_equal(recur_check((struct str){rule, sizeof rule}, NULL), -EINVAL);
}

static void no_rule_is_the_start_alone(void **state)
{
    (void)state;
    struct civil start = civil("2026-11-23T09:00"), next;
    assert_instances("", "2026-11-23T09:00", "2026-11-23T09:00:00");
    assert_int_equal(recur_next(STR(""), &start, &start, &next), -ENOENT);
}

static void a_meeting_on_three_days_of_the_week(void **state)
{
    (void)state;
    assert_instances(
        "FREQ=WEEKLY;BYDAY=MO,WE,TH", "2026-11-23T18:00",
        "2026-11-23T18:00:00 2026-11-25T18:00:00 2026-11-26T18:00:00 2026-11-30T18:00:00");
}

static void a_start_that_does_not_fit_is_not_an_instance(void **state)
{
    (void)state;
    assert_instances("FREQ=WEEKLY;BYDAY=MO", "2026-11-24T18:00",
                     "2026-11-30T18:00:00 2026-12-07T18:00:00");
}

static void the_leap_day_waits_for_leap_years(void **state)
{
    (void)state;
    assert_instances("FREQ=YEARLY", "2096-02-29T12:00", "2096-02-29T12:00:00 2104-02-29T12:00:00");
}

static void a_month_without_the_day_is_left_out(void **state)
{
    (void)state;
    assert_instances("FREQ=MONTHLY", "2027-01-31T12:00", "2027-01-31T12:00:00 2027-03-31T12:00:00");
    assert_instances("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31T12:00",
                     "2027-01-31T12:00:00 2027-02-28T12:00:00");
}

static void a_day_of_december_in_the_first_week_of_the_next_year(void **state)
{
    (void)state;
    assert_instances(
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30;BYWEEKNO=1;UNTIL=20320101", "2024-12-30",
        "2024-12-30T00:00:00 2025-12-30T00:00:00 2030-12-30T00:00:00 2031-12-30T00:00:00");
}

static void until_includes_its_own_moment_and_a_date_its_whole_day(void **state)
{
    (void)state;
    struct civil start = civil("2026-11-23T09:00"), last = civil("2026-11-25T09:00"), next;
    assert_instances("FREQ=DAILY;UNTIL=20261124T090000", "2026-11-23T09:00",
                     "2026-11-23T09:00:00 2026-11-24T09:00:00");
    assert_instances("FREQ=DAILY;UNTIL=20261124", "2026-11-24T09:00", "2026-11-24T09:00:00");
    assert_int_equal(recur_next(STR("FREQ=DAILY;UNTIL=20261125"), &start, &last, &next), -ENOENT);
}

static void count_counts_from_the_start_wherever_one_asks(void **state)
{
    (void)state;
    struct civil start = civil("2026-11-23T09:00"), after = civil("2026-11-24T10:00"), next;
    assert_int_equal(recur_next(STR("FREQ=DAILY;COUNT=3"), &start, &after, &next), 0);
    assert_int_equal(next.day, 25);
    assert_int_equal(recur_next(STR("FREQ=DAILY;COUNT=2"), &start, &after, &next), -ENOENT);
}

static void bad_dates_are_refused(void **state)
{
    (void)state;
    struct civil start = {.year = 2026, .month = 2, .day = 30}, good = civil("2026-02-01"), next;
    assert_int_equal(recur_next(STR("FREQ=DAILY"), &start, NULL, &next), -EINVAL);
    assert_int_equal(recur_next(STR("FREQ=DAILY"), &good, &start, &next), -EINVAL);
}

static void a_rule_that_never_fits_ends(void **state)
{
    (void)state;
    struct civil start = civil("2026-01-01T00:00"), next;
    static const struct {
        const char *rule;
        int result;
    } cases[] = {
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", -ENOENT},
        {"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", -ENOENT},
        {"FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31;BYSETPOS=1", -ENOENT},
        {"FREQ=HOURLY;INTERVAL=2;BYHOUR=1,3,5", -ELOOP},
        {"FREQ=MINUTELY;INTERVAL=2;BYMINUTE=1,3", -ELOOP},
        {"FREQ=SECONDLY;INTERVAL=60;BYSECOND=7", -ELOOP},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (recur_next(str_of(cases[i].rule), &start, NULL, &next) != cases[i].result)
            fail_msg("%s did not end as it should", cases[i].rule);
}

static void new_york_in_spring_moves_forward_once(void **state)
{
    const struct zone *zone = zone_of(state, "America/New_York");
    assert_fires(zone, "FREQ=DAILY", "2027-03-13T02:30", moment(zone, "2027-03-12T12:00"),
                 "2027-03-13 02:30 EST, 2027-03-14 03:30 EDT, 2027-03-15 02:30 EDT");
}

static void new_york_in_autumn_fires_the_first_time_only(void **state)
{
    const struct zone *zone = zone_of(state, "America/New_York");
    assert_fires(zone, "FREQ=DAILY", "2026-10-31T01:30", moment(zone, "2026-10-31T12:00"),
                 "2026-11-01 01:30 EDT, 2026-11-02 01:30 EST, 2026-11-03 01:30 EST");
}

static void berlin_on_both_edges(void **state)
{
    const struct zone *zone = zone_of(state, "Europe/Berlin");
    assert_fires(zone, "FREQ=WEEKLY;BYDAY=SU", "2027-03-21T02:15", moment(zone, "2027-03-20T12:00"),
                 "2027-03-21 02:15 CET, 2027-03-28 03:15 CEST, 2027-04-04 02:15 CEST");
    assert_fires(zone, "FREQ=WEEKLY;BYDAY=SU", "2027-03-21T02:15", moment(zone, "2027-10-30T12:00"),
                 "2027-10-31 02:15 CEST, 2027-11-07 02:15 CET");
}

static void lord_howe_moves_by_half_an_hour(void **state)
{
    const struct zone *zone = zone_of(state, "Australia/Lord_Howe");
    assert_fires(zone, "FREQ=DAILY", "2026-10-03T02:15", moment(zone, "2026-10-03T12:00"),
                 "2026-10-04 02:45 +11, 2026-10-05 02:15 +11");
    assert_fires(zone, "FREQ=DAILY", "2026-10-03T01:45", moment(zone, "2027-04-03T12:00"),
                 "2027-04-04 01:45 +11, 2027-04-05 01:45 +1030");
}

static void kathmandu_has_no_edges(void **state)
{
    const struct zone *zone = zone_of(state, "Asia/Kathmandu");
    int64_t at;
    struct civil start = civil("2026-11-23T09:00");
    assert_int_equal(recur_next_at(STR("FREQ=DAILY"), zone, &start, 1795400000000, &at), 0);
    assert_int_equal(at, 1795403700000); /* 2026-11-23T03:15:00Z */
}

static void two_instances_on_one_moment_fire_once_and_in_order(void **state)
{
    const struct zone *zone = zone_of(state, "America/New_York");
    assert_fires(zone, "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30", "2027-03-13T02:00",
                 moment(zone, "2027-03-13T12:00"),
                 "2027-03-14 03:00 EDT, 2027-03-14 03:30 EDT, 2027-03-15 02:00 EDT");
    assert_fires(zone, "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=10,20;COUNT=100", "2027-03-13T02:00",
                 moment(zone, "2027-03-14T03:15"), "2027-03-14 03:20 EDT, 2027-03-15 02:10 EDT");
}

static void an_instance_in_the_gap_is_found_from_behind_it(void **state)
{
    const struct zone *zone = zone_of(state, "America/New_York");
    assert_fires(zone, "FREQ=DAILY", "2027-03-01T02:30", moment(zone, "2027-03-14T03:10"),
                 "2027-03-14 03:30 EDT, 2027-03-15 02:30 EDT");
}

static void every_half_hour_is_silent_in_the_repeated_hour(void **state)
{
    const struct zone *zone = zone_of(state, "America/New_York");
    assert_fires(
        zone, "FREQ=MINUTELY;INTERVAL=30", "2026-10-31T00:00", moment(zone, "2026-11-01T00:45"),
        "2026-11-01 01:00 EDT, 2026-11-01 01:30 EDT, 2026-11-01 02:00 EST, 2026-11-01 02:30 EST");
    assert_fires(zone, "FREQ=HOURLY", "2027-03-14T00:00", moment(zone, "2027-03-14T00:45"),
                 "2027-03-14 01:00 EST, 2027-03-14 03:00 EDT, 2027-03-14 04:00 EDT");
}

static void until_with_z_is_utc_in_a_zone(void **state)
{
    const struct zone *zone = zone_of(state, "America/New_York");
    struct civil start = civil("2026-11-23T09:00");
    int64_t at, first = moment(zone, "2026-11-23T09:00");
    assert_int_equal(
        recur_next_at(STR("FREQ=DAILY;UNTIL=20261124T140000Z"), zone, &start, first, &at), 0);
    assert_int_equal(at, moment(zone, "2026-11-24T09:00"));
    assert_int_equal(
        recur_next_at(STR("FREQ=DAILY;UNTIL=20261124T135959Z"), zone, &start, first, &at), -ENOENT);
}

static void moments_at_the_ends_of_time_are_answered(void **state)
{
    const struct zone *zone = zone_of(state, "America/New_York");
    struct civil start = civil("2026-11-23T09:00");
    int64_t at;
    assert_int_equal(recur_next_at(STR("FREQ=DAILY"), zone, &start, INT64_MAX, &at), -ENOENT);
    assert_int_equal(recur_next_at(STR("FREQ=DAILY"), zone, &start, INT64_MIN, &at), 0);
    assert_int_equal(at, moment(zone, "2026-11-23T09:00"));
    assert_int_equal(recur_next_at(STR(""), zone, &start, at, &at), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_rules_are_refused_with_a_sentence),
        cmocka_unit_test(right_rules_are_taken),
        cmocka_unit_test(a_rule_longer_than_the_ceiling_is_refused),
        cmocka_unit_test(no_rule_is_the_start_alone),
        cmocka_unit_test(a_meeting_on_three_days_of_the_week),
        cmocka_unit_test(a_start_that_does_not_fit_is_not_an_instance),
        cmocka_unit_test(the_leap_day_waits_for_leap_years),
        cmocka_unit_test(a_month_without_the_day_is_left_out),
        cmocka_unit_test(a_day_of_december_in_the_first_week_of_the_next_year),
        cmocka_unit_test(until_includes_its_own_moment_and_a_date_its_whole_day),
        cmocka_unit_test(count_counts_from_the_start_wherever_one_asks),
        cmocka_unit_test(bad_dates_are_refused),
        cmocka_unit_test(a_rule_that_never_fits_ends),
        cmocka_unit_test(new_york_in_spring_moves_forward_once),
        cmocka_unit_test(new_york_in_autumn_fires_the_first_time_only),
        cmocka_unit_test(berlin_on_both_edges),
        cmocka_unit_test(lord_howe_moves_by_half_an_hour),
        cmocka_unit_test(kathmandu_has_no_edges),
        cmocka_unit_test(two_instances_on_one_moment_fire_once_and_in_order),
        cmocka_unit_test(an_instance_in_the_gap_is_found_from_behind_it),
        cmocka_unit_test(every_half_hour_is_silent_in_the_repeated_hour),
        cmocka_unit_test(until_with_z_is_utc_in_a_zone),
        cmocka_unit_test(moments_at_the_ends_of_time_are_answered),
    };
    return cmocka_run_group_tests(tests, load_zones, drop_zones);
}
