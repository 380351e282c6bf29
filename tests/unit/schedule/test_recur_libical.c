/* SPDX-License-Identifier: MIT */
/* test_recur_libical.c: rules by chance, ours against libical's, in the part of RFC 5545 that
 * libical 3.0 gets right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <libical/ical.h>

#include "base/random.h"
#include "schedule/recur.h"

enum { RULES = 1000, INSTANCES = 12, RULE_BYTES = 256, LAST_YEAR = 2060 };

static unsigned below(struct random *random, unsigned bound)
{
    return (unsigned)random_below(random, bound);
}

/* A rule such as people make: days of the week, of the month, the n-th weekday, months, times. */
static void make_rule(struct random *random, char rule[RULE_BYTES])
{
    static const char *const freqs[] = {"DAILY",  "WEEKLY", "MONTHLY",
                                        "YEARLY", "HOURLY", "MINUTELY"};
    static const char *const parts[][5] = {
        {"", "BYDAY=MO,WE,TH", "BYMONTH=1,5,12", "BYMONTHDAY=1,15,31", "BYHOUR=6,18;BYMINUTE=0,30"},
        {"", "BYDAY=MO,WE,TH", "BYDAY=SU;WKST=SU", "BYDAY=SA,SU;BYMONTH=3,4",
         "BYHOUR=6,18;BYMINUTE=0,30"},
        {"", "BYDAY=1MO,-1FR", "BYMONTHDAY=-1,2", "BYDAY=FR;BYMONTHDAY=13",
         "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"},
        {"", "BYMONTH=2,6;BYDAY=2SU", "BYYEARDAY=1,100,-1", "BYDAY=-1MO;BYMONTH=5",
         "BYMONTH=1,6;BYMONTHDAY=3,30"},
        {"", "BYDAY=TU", "BYMONTH=2", "BYMONTHDAY=4", "BYMINUTE=10,50"},
        {"", "BYDAY=TU", "BYSECOND=0", "BYMONTHDAY=4", "BYDAY=SA,SU"},
    };
    unsigned freq = below(random, COUNT_OF(freqs));
    unsigned kind = below(random, COUNT_OF(parts[0]));
    /* Shorter than a day, libical takes INTERVAL and BY parts wrongly together, and keeps the
     * minute past a BYHOUR. */
    unsigned interval = freq >= 4 && kind > 0 ? 1 : 1 + below(random, 4);
    snprintf(rule, RULE_BYTES, "FREQ=%s;INTERVAL=%u%s%s", freqs[freq], interval, kind ? ";" : "",
             parts[freq][kind]);
}

static struct civil make_start(struct random *random)
{
    return (struct civil){.year = 2000 + (int)below(random, 30),
                          .month = 1 + (int)below(random, 12),
                          .day = 1 + (int)below(random, 28),
                          .hour = (int)below(random, 24),
                          .minute = (int)below(random, 60)};
}

/* Returns how many instances were compared. */
static size_t compare(const char *rule, const struct civil *start)
{
    struct icaltimetype first = icaltime_null_time();
    first.year = start->year;
    first.month = start->month;
    first.day = start->day;
    first.hour = start->hour;
    first.minute = start->minute;
    icalrecur_iterator *theirs = icalrecur_iterator_new(icalrecurrencetype_from_string(rule),
                                                        first);
    struct civil ours = {0};
    size_t count = 0;
    assert_non_null(theirs);
    for (int i = 0; i < INSTANCES; i++) {
        struct icaltimetype wanted = icalrecur_iterator_next(theirs);
        if (icaltime_is_null_time(wanted) || wanted.year > LAST_YEAR)
            break;
        struct civil next = {0};
        int r = recur_next(str_of(rule), start, count > 0 ? &ours : NULL, &next);
        if (r < 0 || next.year != wanted.year || next.month != wanted.month ||
            next.day != wanted.day || next.hour != wanted.hour || next.minute != wanted.minute) {
            char from[CIVIL_TEXT_BYTES], got[CIVIL_TEXT_BYTES];
            civil_format(start, from);
            civil_format(&next, got);
            fail_msg("%s from %s: %d %s, libical %s", rule, from, r, got,
                     icaltime_as_ical_string(wanted));
        }
        ours = next;
        count++;
    }
    icalrecur_iterator_free(theirs);
    return count;
}

static void rules_by_chance_agree_with_libical(void **state)
{
    (void)state;
    struct random random;
    size_t count = 0;
    random_seed(&random, 20261123);
    icalerror_set_errors_are_fatal(0);
    for (int i = 0; i < RULES; i++) {
        char rule[RULE_BYTES];
        make_rule(&random, rule);
        struct civil start = make_start(&random);
        count += compare(rule, &start);
    }
    icalmemory_free_ring();
    assert_true(count > (size_t)RULES * INSTANCES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules_by_chance_agree_with_libical)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
