/* SPDX-License-Identifier: MIT */
/* doctor_time.c: whether the clock can be right, and how old the time zones are. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>

#include "base/number.h"
#include "tools/doctor.h"

enum { YEAR_DAYS = 365, TZDATA_OLD_YEARS = 2 };

static void date_of(int64_t at, char out[24])
{
    time_t seconds = (time_t)(at / CLOCK_SECOND_MS);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || strftime(out, 24, "%Y-%m-%d %H:%M", &tm) == 0)
        out[0] = '\0';
}

static bool is_synchronised(void)
{
    struct timex kernel = {.modes = 0};
    return adjtimex(&kernel) != TIME_ERROR && !(kernel.status & STA_UNSYNC);
}

/* No clock is right that stands before the program was installed, or before what it wrote.  One
 * that is far ahead of both, and that nobody keeps right, may be: that is a warning. */
static void look_at_clock(struct doctor *doctor)
{
    static const char set_it[] =
        "timedatectl set-ntp true; timedatectl (on a machine without a battery wait until it says "
        "synchronized). Then systemctl restart mooring.";
    struct stat program;
    char now[24], other[24];
    int64_t built_at = stat("/proc/self/exe", &program) < 0
                           ? 0
                           : (int64_t)program.st_mtim.tv_sec * CLOCK_SECOND_MS;
    int64_t newest_at = MAX_OF(doctor->newest_at, built_at);
    date_of(doctor->now, now);
    date_of(newest_at, other);
    if (doctor->now + CLOCK_DAY_MS < built_at)
        doctor_say(doctor, DOCTOR_PROBLEM, "clock", set_it,
                   "it is %s by it, and this program was installed on %s", now, other);
    else if (doctor->now + CLOCK_MINUTE_MS < doctor->newest_at)
        doctor_say(doctor, DOCTOR_PROBLEM, "clock", set_it,
                   "it is %s by it, and the newest row of the database is of %s: the clock is "
                   "behind, or was ahead then",
                   now, other);
    else if (!is_synchronised() && doctor->now - newest_at > YEAR_DAYS * CLOCK_DAY_MS)
        doctor_say(doctor, DOCTOR_WARNING, "clock", set_it,
                   "it is %s by it, more than a year after anything here was written (%s), and "
                   "nobody keeps it right",
                   now, other);
    else if (!is_synchronised())
        doctor_say(doctor, DOCTOR_WARNING, "clock", set_it, "%s UTC; nobody keeps it right (NTP)",
                   now);
    else
        doctor_say(doctor, DOCTOR_OK, "clock", NULL, "%s UTC, kept right by NTP", now);
}

/* "# version 2024a" stands at the beginning of tzdata.zi; 0: not known. */
static int64_t zones_year(void)
{
    char line[64] = "";
    int64_t year = 0;
    static const char before[] = "# version ";
    FILE *file = fopen("/usr/share/zoneinfo/tzdata.zi", "re");
    if (!file)
        return 0;
    struct str text = fgets(line, sizeof line, file) ? str_of(line) : (struct str){0};
    (void)fclose(file);
    if (!str_starts(text, str_of(before)) ||
        number_parse(str_upto(str_from(text, sizeof before - 1), 4), 1990, 9999, &year) < 0)
        return 0;
    return year;
}

static void look_at_zones(struct doctor *doctor)
{
    char now[24];
    int64_t year = zones_year(), this_year = 0;
    date_of(doctor->now, now);
    bool known = number_parse(str_upto(str_of(now), 4), 1970, 9999, &this_year) == 0 && year;
    if (known && this_year - year >= TZDATA_OLD_YEARS)
        doctor_say(doctor, DOCTOR_WARNING, "zones",
                   "apt install tzdata; the bot takes new rules without a restart.",
                   "/usr/share/zoneinfo is of %lld: a country may have changed its rules since",
                   (long long)year);
    else if (known)
        doctor_say(doctor, DOCTOR_OK, "zones", NULL, "/usr/share/zoneinfo, of %lld",
                   (long long)year);
    else
        doctor_say(doctor, DOCTOR_OK, "zones", NULL, "/usr/share/zoneinfo can be read");
}

void doctor_time(struct doctor *doctor)
{
    look_at_clock(doctor);
    if (doctor->zones)
        look_at_zones(doctor);
}
