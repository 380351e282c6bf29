/* SPDX-License-Identifier: MIT */
/* test_zones_python.c: every zone of the system against Python's zoneinfo, around every transition
 * from 2000 to 2037. */
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "schedule/zones.h"

extern char **environ;

enum { CTEST_SKIP = 77, ZONES_AT_LEAST = 400, LINES_AT_LEAST = 50000, SHOWN_FAILURES = 10 };

struct tally {
    size_t zones, lines, wrong;
};

/* Starts the generator; its output comes through *ret_out.  False when there is no Python. */
static bool start_python(FILE **ret_out, pid_t *ret_pid)
{
    char script[4096];
    int ends[2];
    const char *source = getenv("MOORING_SOURCE_DIR");
    snprintf(script, sizeof script, "%s/tests/unit/schedule/zones_expected.py",
             source ? source : ".");
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO), 0);
    char python[] = "python3";
    char *arguments[] = {python, script, NULL};
    int r = posix_spawnp(ret_pid, python, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (r != 0) {
        close(ends[0]);
        return false;
    }
    *ret_out = fdopen(ends[0], "r");
    assert_non_null(*ret_out);
    return true;
}

static void count_wrong(struct tally *tally, const char *name, const char *line)
{
    if (tally->wrong++ < SHOWN_FAILURES)
        print_error("%s differs: %s", name, line);
}

static bool moment_agrees(const struct zone *zone, const char *line)
{
    long long seconds;
    int offset, dst;
    char abbreviation[32];
    struct zone_offset got;
    if (sscanf(line, "U %lld %d %d %31s", &seconds, &offset, &dst, abbreviation) != 4)
        return false;
    zone_offset_at(zone, seconds * 1000 + 999, &got);
    return got.seconds == offset && got.is_dst == (dst == 1) &&
           strcmp(got.abbreviation, abbreviation) == 0;
}

static bool local_agrees(const struct zone *zone, const char *line)
{
    static const char letters[ZONE_FIT_COUNT] = {'E', 'G', 'A'};
    long long local_seconds, unix_seconds;
    char letter;
    struct civil local;
    int64_t got;
    enum zone_fit fit;
    if (sscanf(line, "L %lld %lld %c", &local_seconds, &unix_seconds, &letter) != 3)
        return false;
    if (civil_of_seconds(local_seconds, &local) < 0 || zone_unix_at(zone, &local, &got, &fit) < 0)
        return false;
    return got == unix_seconds * 1000 && letters[fit] == letter;
}

static void compare_all(FILE *in, struct zones *zones, struct tally *tally)
{
    char line[256], name[ZONES_NAME_BYTES] = "";
    const struct zone *zone = NULL;
    while (fgets(line, sizeof line, in)) {
        bool agrees = false;
        if (line[0] == 'Z') {
            assert_int_equal(sscanf(line, "Z %63s", name), 1);
            agrees = zones_get(zones, str_of(name), &zone) == 0;
            tally->zones++;
        } else if (zone) {
            agrees = line[0] == 'U' ? moment_agrees(zone, line) : local_agrees(zone, line);
        }
        tally->lines++;
        if (!agrees)
            count_wrong(tally, name, line);
    }
}

static int group_result;

static void every_zone_agrees_with_python(void **state)
{
    (void)state;
    FILE *in;
    pid_t pid;
    int status;
    struct tally tally = {0};
    if (!start_python(&in, &pid)) {
        print_message("SKIPPED: python3 is not here, so no zone was compared with zoneinfo\n");
        group_result = CTEST_SKIP;
        skip();
    }
    struct zones *zones = zones_create(NULL);
    assert_non_null(zones);
    compare_all(in, zones, &tally);
    fclose(in);
    zones_destroy(zones);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    print_message("%zu zones, %zu lines compared\n", tally.zones, tally.lines);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.zones >= ZONES_AT_LEAST);
    assert_true(tally.lines >= LINES_AT_LEAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_zone_agrees_with_python)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed ? failed : group_result;
}
