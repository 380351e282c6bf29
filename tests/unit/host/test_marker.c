/* SPDX-License-Identifier: MIT */
/* test_marker.c: what a process leaves behind that is taken away in the middle of a call, and what
 * the next start makes of it. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#include "host/marker.h"
#include "host/marker_file.h"
#include "loop/clock.h"

#define NOW  INT64_C(1795442100000)
#define HOUR CLOCK_HOUR_MS

struct place {
    char folder[64], file[96];
};

static int setup(void **state)
{
    static struct place place;
    place = (struct place){.folder = "/tmp/mooring-marker-XXXXXX"};
    assert_non_null(mkdtemp(place.folder));
    (void)snprintf(place.file, sizeof place.file, "%s/" MARKER_FILE, place.folder);
    *state = &place;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int teardown(void **state)
{
    const struct place *place = *state;
    return nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct marker *open_at(const struct place *place, int64_t now_at)
{
    struct marker *marker;
    assert_int_equal(marker_open(place->folder, now_at, &marker), 0);
    assert_true(marker_is_kept(marker));
    return marker;
}

/* A life that ends inside a call.  `fault` UNKNOWN: by SIGKILL, without a word. */
static void die(const struct place *place, int64_t now_at, const char *plugin, const char *what,
                uint64_t subject, enum marker_fault fault)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct marker *marker;
        if (marker_open(place->folder, now_at, &marker) < 0)
            _exit(1);
        marker_who who = plugin ? marker_plugin(marker, plugin, 0) : MARKER_CORE;
        marker_subject(marker, subject);
        struct marker_was was UNUSED = marker_enter(marker, who, what);
        if (fault != MARKER_FAULT_UNKNOWN)
            marker_blame(marker, fault);
        (void)raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static bool is_poisonous(const struct place *place, int64_t now_at, const char *plugin,
                         uint64_t subject)
{
    struct marker *marker = open_at(place, now_at);
    marker_who who = plugin ? marker_plugin(marker, plugin, 0) : MARKER_CORE;
    bool is = marker_poisonous(marker, who, subject);
    marker_close(marker);
    return is;
}

static int64_t rest_of(const struct place *place, int64_t now_at, const char *plugin)
{
    struct marker *marker = open_at(place, now_at);
    int64_t left_ms = 0;
    (void)marker_rests(marker, marker_plugin(marker, plugin, 0), now_at, &left_ms);
    marker_close(marker);
    return left_ms;
}

/* ---- events -----------------------------------------------------------------------------------
 */

static void test_at_the_third_start_the_event_is_left_out(void **state)
{
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    assert_false(is_poisonous(*state, NOW, "puppet", 77));
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    assert_true(is_poisonous(*state, NOW, "puppet", 77));
    assert_false(is_poisonous(*state, NOW, "puppet", 78));
    assert_false(is_poisonous(*state, NOW, "shadow", 77));
    assert_false(is_poisonous(*state, NOW, NULL, 77));
    assert_int_equal(rest_of(*state, NOW, "puppet"), 0); /* the plugin itself goes on */
}

static void test_killed_without_a_word_it_takes_one_more(void **state)
{
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_UNKNOWN);
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_UNKNOWN);
    assert_false(is_poisonous(*state, NOW, "puppet", 77));
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_UNKNOWN);
    assert_true(is_poisonous(*state, NOW, "puppet", 77));
}

static void test_what_goes_well_once_breaks_the_row(void **state)
{
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    struct marker *marker = open_at(*state, NOW);
    marker_survived(marker, marker_plugin(marker, "puppet", 0), 77);
    marker_close(marker);
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    assert_false(is_poisonous(*state, NOW, "puppet", 77));
}

static void test_the_core_dies_of_an_event_too(void **state)
{
    die(*state, NOW, NULL, "read", 77, MARKER_FAULT_CRASH);
    die(*state, NOW, NULL, "read", 77, MARKER_FAULT_CRASH);
    struct marker *marker = open_at(*state, NOW);
    assert_true(marker_poisonous(marker, MARKER_CORE, 77));
    assert_string_equal(marker_poison_place(marker, MARKER_CORE, 77), "read");
    marker_close(marker);
}

static void test_a_day_later_it_is_another_row(void **state)
{
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    assert_false(is_poisonous(*state, NOW, "puppet", 77)); /* counted as the next life begins */
    die(*state, NOW + 26 * HOUR, "puppet", "message", 77, MARKER_FAULT_CRASH);
    assert_false(is_poisonous(*state, NOW + 27 * HOUR, "puppet", 77));
}

static void test_many_suspects_push_out_the_oldest(void **state)
{
    for (uint64_t i = 1; i <= MARKER_SUSPECTS + 1; i++)
        die(*state, NOW + (int64_t)i, NULL, "act", i, MARKER_FAULT_CRASH);
    die(*state, NOW + 100, NULL, "act", 1, MARKER_FAULT_CRASH);
    assert_false(is_poisonous(*state, NOW + 101, NULL, 1)); /* forgotten meanwhile */
    die(*state, NOW + 102, NULL, "act", MARKER_SUSPECTS, MARKER_FAULT_CRASH);
    assert_true(is_poisonous(*state, NOW + 103, NULL, MARKER_SUSPECTS));
}

/* ---- plugins ----------------------------------------------------------------------------------
 */

static void test_whatever_the_event_the_plugin_rests(void **state)
{
    die(*state, NOW, "puppet", "message", 1, MARKER_FAULT_CRASH);
    assert_int_equal(rest_of(*state, NOW, "puppet"), 0);
    die(*state, NOW, "puppet", "message", 2, MARKER_FAULT_LOOP);
    assert_int_equal(rest_of(*state, NOW, "puppet"), 10 * CLOCK_MINUTE_MS);
    assert_int_equal(rest_of(*state, NOW, "shadow"), 0);
    assert_int_equal(rest_of(*state, NOW + 10 * CLOCK_MINUTE_MS, "puppet"), 0);
}

static void test_each_rest_is_longer(void **state)
{
    static const int64_t rests[] = {10 * CLOCK_MINUTE_MS, HOUR, 6 * HOUR, 24 * HOUR, 24 * HOUR};
    int64_t now_at = NOW;
    die(*state, now_at, "puppet", "init", 0, MARKER_FAULT_CRASH);
    for (size_t i = 0; i < COUNT_OF(rests); i++) {
        /* counted when the next life begins */
        die(*state, now_at, "puppet", "init", 0, MARKER_FAULT_CRASH);
        assert_int_equal(rest_of(*state, now_at, "puppet"), rests[i]);
        now_at += rests[i] + 1;
        assert_int_equal(rest_of(*state, now_at, "puppet"), 0);
    }
}

static void test_a_good_day_forgives(void **state)
{
    die(*state, NOW, "puppet", "init", 0, MARKER_FAULT_CRASH);
    die(*state, NOW, "puppet", "init", 0, MARKER_FAULT_CRASH);
    assert_int_equal(rest_of(*state, NOW, "puppet"), 10 * CLOCK_MINUTE_MS);
    die(*state, NOW + 48 * HOUR, "puppet", "init", 0, MARKER_FAULT_CRASH);
    assert_int_equal(rest_of(*state, NOW + 48 * HOUR, "puppet"), 0);
}

/* Somebody kills the process here and there: no plugin is at fault. */
static void test_kills_from_outside_blame_nobody(void **state)
{
    for (uint64_t i = 1; i <= 8; i++)
        die(*state, NOW, "puppet", "message", i, MARKER_FAULT_UNKNOWN);
    assert_int_equal(rest_of(*state, NOW, "puppet"), 0);
}

/* But what dies of no event at all, again and again, does: a bound of the system took it. */
static void test_killed_at_its_start_it_rests_all_the_same(void **state)
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rest_of(*state, NOW, "puppet"), 0);
        die(*state, NOW, "puppet", "init", 0, MARKER_FAULT_UNKNOWN);
    }
    assert_int_equal(rest_of(*state, NOW, "puppet"), 10 * CLOCK_MINUTE_MS);
}

static bool is_unloadable(const struct place *place, int64_t now_at)
{
    struct marker *marker = open_at(place, now_at);
    bool is = marker_unloadable(marker, marker_plugin(marker, "puppet", 0));
    marker_close(marker);
    return is;
}

static void test_one_that_cannot_be_loaded_is_passed_over(void **state)
{
    die(*state, NOW, "puppet", "load", 0, MARKER_FAULT_CRASH);
    assert_false(is_unloadable(*state, NOW));
    die(*state, NOW, "puppet", "load", 0, MARKER_FAULT_CRASH);
    assert_true(is_unloadable(*state, NOW));
    assert_false(is_unloadable(*state, NOW + HOUR));
}

static void test_one_that_refuses_to_start(void **state)
{
    struct marker *marker = open_at(*state, NOW);
    marker_who who = marker_plugin(marker, "puppet", 0);
    assert_int_equal(marker_refused(marker, who, NOW), 0);
    assert_int_equal(marker_refused(marker, who, NOW), 10 * CLOCK_MINUTE_MS);
    marker_close(marker);
    assert_int_equal(rest_of(*state, NOW, "puppet"), 10 * CLOCK_MINUTE_MS);
    assert_false(is_unloadable(*state, NOW));
}

static void test_another_build_has_no_past(void **state)
{
    struct marker *marker = open_at(*state, NOW);
    marker_who who = marker_plugin(marker, "puppet", 1001);
    marker_rest(marker, who, NOW + HOUR);
    who = marker_plugin(marker, "puppet", 0); /* not known is not another */
    assert_true(marker_rests(marker, who, NOW, NULL));
    who = marker_plugin(marker, "puppet", 1002);
    assert_false(marker_rests(marker, who, NOW, NULL));
    marker_close(marker);
}

static void test_a_stop_in_good_order_ends_rests_but_forgets_nothing(void **state)
{
    die(*state, NOW, "puppet", "init", 0, MARKER_FAULT_CRASH);
    die(*state, NOW, "puppet", "init", 0, MARKER_FAULT_CRASH);
    struct marker *marker = open_at(*state, NOW);
    marker_calm(marker);
    marker_close(marker);
    assert_int_equal(rest_of(*state, NOW, "puppet"), 0);
    die(*state, NOW, "puppet", "init", 0, MARKER_FAULT_CRASH);
    assert_int_equal(rest_of(*state, NOW, "puppet"), HOUR);
}

static void test_a_clock_set_back_keeps_nobody_for_ever(void **state)
{
    struct marker *marker = open_at(*state, NOW);
    marker_who who = marker_plugin(marker, "puppet", 0);
    int64_t left_ms = 0;
    marker_rest(marker, who, NOW + HOUR);
    assert_true(marker_rests(marker, who, NOW - 1000 * HOUR, &left_ms));
    assert_int_equal(left_ms, CLOCK_DAY_MS);
    marker_close(marker);
}

static void test_there_is_room_for_many_plugins(void **state)
{
    struct marker *marker = open_at(*state, NOW);
    marker_who first = marker_plugin(marker, "plugin-0", 0);
    marker_rest(marker, first, NOW + HOUR);
    assert_int_equal(marker_refused(marker, first, NOW), 0);
    for (int i = 1; i < 3 * MARKER_PLUGINS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "plugin-%d", i);
        assert_true(marker_plugin(marker, name, 0) > MARKER_CORE);
    }
    assert_int_equal(marker_plugin(marker, "", 0), MARKER_NOBODY);
    assert_int_equal(marker_plugin(marker, "a-name-that-is-longer-than-thirty-two", 0),
                     MARKER_NOBODY);
    marker_close(marker);
}

/* ---- the moment -------------------------------------------------------------------------------
 */

static void test_calls_within_calls(void **state)
{
    struct marker *marker = open_at(*state, NOW);
    const char *name, *what;
    uint64_t beat = marker_beat(marker);
    assert_int_equal(beat % 2, 0);
    struct marker_was none = marker_enter(marker, MARKER_CORE, "act");
    assert_int_equal(marker_beat(marker), beat);
    struct marker_was outer = marker_enter(marker, marker_plugin(marker, "puppet", 0), "message");
    assert_int_equal(marker_beat(marker), beat + 1);
    struct marker_was inner = marker_enter(marker, marker_plugin(marker, "shadow", 0), "alert");
    assert_int_equal(marker_beat(marker), beat + 1); /* the outermost counts */
    marker_leave(marker, inner);
    marker_current(marker, &name, &what);
    assert_string_equal(name, "puppet");
    assert_string_equal(what, "message");
    marker_leave(marker, outer);
    assert_int_equal(marker_beat(marker), beat + 2);
    marker_current(marker, &name, &what);
    assert_string_equal(name, "core");
    marker_leave(marker, none);
    marker_close(marker);
}

static void test_what_the_last_life_died_of(void **state)
{
    die(*state, NOW, "puppet", "a-call-with-a-name-that-is-long", 5, MARKER_FAULT_MEMORY);
    struct marker *marker = open_at(*state, NOW);
    const struct marker_death *death = marker_last_death(marker);
    assert_string_equal(death->name, "puppet");
    assert_string_equal(death->what, "a-call-with-a-name-that");
    assert_int_equal(death->fault, MARKER_FAULT_MEMORY);
    assert_string_equal(marker_fault_name(death->fault), "memory");
    assert_true(death->on_subject);
    marker_close(marker);
    marker = open_at(*state, NOW); /* told once */
    assert_int_equal(marker_last_death(marker)->who, MARKER_NOBODY);
    marker_close(marker);
}

static void test_nobody_is_blamed_for_a_death_between_calls(void **state)
{
    die(*state, NOW, "puppet", "message", 7, MARKER_FAULT_CRASH);
    pid_t child = fork();
    if (child == 0) {
        struct marker *marker;
        if (marker_open(((const struct place *)*state)->folder, NOW, &marker) < 0)
            _exit(1);
        struct marker_was was = marker_enter(marker, marker_plugin(marker, "puppet", 0), "message");
        marker_leave(marker, was);
        (void)raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    struct marker *marker = open_at(*state, NOW);
    assert_int_equal(marker_last_death(marker)->who, MARKER_NOBODY);
    marker_close(marker);
}

/* Work on a pool thread: nobody was in a call when the process went. */
static void test_work_that_kills(void **state)
{
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            struct marker *marker;
            if (marker_open(((const struct place *)*state)->folder, NOW, &marker) < 0 ||
                marker_work_begin(marker, marker_plugin(marker, "puppet", 0)) < 0)
                _exit(1);
            (void)raise(SIGKILL);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    struct marker *marker = open_at(*state, NOW);
    assert_string_equal(marker_last_death(marker)->name, "puppet");
    assert_string_equal(marker_last_death(marker)->what, "work");
    assert_true(marker_rests(marker, marker_plugin(marker, "puppet", 0), NOW, NULL));
    marker_close(marker);
}

static void test_work_that_takes_long(void **state)
{
    struct marker *marker = open_at(*state, NOW);
    unsigned ticks = 9;
    assert_int_equal(marker_work_tick(marker, &ticks), -1);
    assert_int_equal(ticks, 0);
    int slot = marker_work_begin(marker, marker_plugin(marker, "puppet", 0));
    for (unsigned i = 0; i <= 3; i++) {
        (void)marker_work_tick(marker, &ticks);
        assert_int_equal(ticks, i);
    }
    marker_work_end(marker, slot);
    slot = marker_work_begin(marker, marker_plugin(marker, "puppet", 0)); /* another piece */
    (void)marker_work_tick(marker, &ticks);
    assert_int_equal(ticks, 0);
    assert_string_equal(marker_blame_work(marker, slot, MARKER_FAULT_LOOP), "puppet");
    marker_work_end(marker, slot);
    marker_close(marker);
}

/* ---- the file ---------------------------------------------------------------------------------
 */

static void read_file(const struct place *place, struct marker_file *ret_file)
{
    int fd = open(place->file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, ret_file, sizeof *ret_file), sizeof *ret_file);
    close(fd);
}

static void write_file(const struct place *place, const void *bytes, size_t count)
{
    int fd = open(place->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, count), count);
    close(fd);
}

/* Twice dead, so that the third life would leave it out; then the file is spoilt. */
static void die_twice(const struct place *place, struct marker_file *ret_file)
{
    die(place, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    die(place, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    read_file(place, ret_file);
}

static void test_each_torn_byte_of_the_rows_is_found(void **state)
{
    struct marker_file file, torn;
    die_twice(*state, &file);
    for (size_t at = 0; at < sizeof file.rows; at += 97) {
        torn = file;
        ((unsigned char *)&torn.rows)[at] ^= 0x40;
        write_file(*state, &torn, sizeof torn);
        struct marker *marker = open_at(*state, NOW);
        assert_false(
            marker_poisonous(marker, marker_plugin(marker, "puppet", 0), 77)); /* made anew */
        marker_close(marker);
    }
}

static void test_a_torn_moment_is_no_crash_of_ours(void **state)
{
    struct marker_file file, torn;
    die_twice(*state, &file);
    static const marker_who whos[] = {2, 3, 65, 66, 1000, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(whos); i++) {
        torn = file;
        torn.now.who = whos[i];
        torn.now.culprit = whos[COUNT_OF(whos) - 1 - i];
        torn.now.fault = whos[i];
        memset(torn.now.what, 'x', sizeof torn.now.what);
        for (size_t w = 0; w < MARKER_WORKS; w++)
            torn.now.works[w] = whos[i];
        write_file(*state, &torn, sizeof torn);
        struct marker *marker = open_at(*state, NOW);
        marker_close(marker);
    }
}

static void test_short_foreign_and_empty_files_are_made_anew(void **state)
{
    struct marker_file file, foreign;
    die_twice(*state, &file);
    /* what lies behind is zeros, as the file is filled up with */
    for (size_t count = 0; count < offsetof(struct marker_file, rows.suspects); count += 511) {
        write_file(*state, &file, count);
        assert_false(is_poisonous(*state, NOW, "puppet", 77));
    }
    foreign = file;
    foreign.format++; /* of a later version */
    write_file(*state, &foreign, sizeof foreign);
    assert_false(is_poisonous(*state, NOW, "puppet", 77));
    unsigned char noise[20000];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)(i * 2654435761u >> 13);
    write_file(*state, noise, sizeof noise);
    assert_false(is_poisonous(*state, NOW, "puppet", 77));
    struct stat status;
    assert_int_equal(stat(((const struct place *)*state)->file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_another_boot_says_nothing_of_the_moment(void **state)
{
    struct marker_file file;
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    read_file(*state, &file);
    file.boot++;
    write_file(*state, &file, sizeof file);
    assert_false(is_poisonous(*state, NOW, "puppet", 77)); /* the second is not counted */
    die(*state, NOW, "puppet", "message", 77, MARKER_FAULT_CRASH);
    assert_true(is_poisonous(*state, NOW, "puppet", 77)); /* the first still is */
}

/* A link might lead anywhere, a folder cannot be mapped, and another process has its own life. */
static void test_what_cannot_be_used_leaves_memory(void **state)
{
    const struct place *place = *state;
    struct marker *first = open_at(place, NOW), *second;
    assert_int_equal(marker_open(place->folder, NOW, &second), 0);
    assert_false(marker_is_kept(second));
    marker_rest(second, marker_plugin(second, "puppet", 0), NOW + HOUR);
    assert_false(marker_rests(first, marker_plugin(first, "puppet", 0), NOW, NULL));
    marker_close(second);
    marker_close(first);
    assert_int_equal(unlink(place->file), 0);
    assert_int_equal(symlink("/etc/passwd", place->file), 0);
    assert_int_equal(marker_open(place->folder, NOW, &second), 0);
    assert_false(marker_is_kept(second));
    marker_close(second);
    assert_int_equal(unlink(place->file), 0);
    assert_int_equal(mkdir(place->file, 0700), 0);
    assert_int_equal(marker_open(place->folder, NOW, &second), 0);
    assert_false(marker_is_kept(second));
    marker_close(second);
}

static void test_memory_goes_on_in_a_folder_that_came_later(void **state)
{
    const struct place *place = *state;
    struct marker *marker;
    assert_int_equal(marker_open("/nonexistent/mooring", NOW, &marker), 0);
    assert_false(marker_is_kept(marker));
    marker_rest(marker, marker_plugin(marker, "puppet", 0), NOW + HOUR);
    marker_keep(marker, place->folder);
    assert_true(marker_is_kept(marker));
    marker_close(marker);
    assert_int_equal(rest_of(place, NOW, "puppet"), HOUR);
}

/* A start that ends in good order changes no byte: nothing is overwritten by a failed one. */
static void test_a_quiet_life_changes_nothing(void **state)
{
    struct marker_file before, after;
    struct marker *marker = open_at(*state, NOW);
    (void)marker_plugin(marker, "puppet", 7);
    marker_close(marker);
    read_file(*state, &before);
    marker = open_at(*state, NOW + HOUR);
    struct marker_was was = marker_enter(marker, marker_plugin(marker, "puppet", 7), "load");
    marker_leave(marker, was);
    marker_close(marker);
    read_file(*state, &after);
    assert_memory_equal(&before, &after, sizeof before);
}

/* A mark costs stores, no system call: far below a microsecond, even with sanitizers. */
static void test_it_costs_nanoseconds(void **state)
{
    enum { MARKS = 20000 };
    struct marker *marker = open_at(*state, NOW);
    marker_who who = marker_plugin(marker, "puppet", 0);
    uint64_t best_ns = UINT64_MAX;
    for (int round = 0; round < 20; round++) {
        uint64_t from_ns = clock_precise_ns();
        for (int i = 0; i < MARKS; i++) {
            marker_subject(marker, (uint64_t)i);
            struct marker_was was = marker_enter(marker, who, "message");
            marker_leave(marker, was);
        }
        uint64_t took_ns = clock_precise_ns() - from_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
    }
    print_message("a call's marks: %llu ns\n", (unsigned long long)(best_ns / MARKS));
    assert_true(best_ns / MARKS < 1000);
    marker_close(marker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_at_the_third_start_the_event_is_left_out),
        TEST(test_killed_without_a_word_it_takes_one_more),
        TEST(test_what_goes_well_once_breaks_the_row),
        TEST(test_the_core_dies_of_an_event_too),
        TEST(test_a_day_later_it_is_another_row),
        TEST(test_many_suspects_push_out_the_oldest),
        TEST(test_whatever_the_event_the_plugin_rests),
        TEST(test_each_rest_is_longer),
        TEST(test_a_good_day_forgives),
        TEST(test_kills_from_outside_blame_nobody),
        TEST(test_killed_at_its_start_it_rests_all_the_same),
        TEST(test_one_that_cannot_be_loaded_is_passed_over),
        TEST(test_one_that_refuses_to_start),
        TEST(test_another_build_has_no_past),
        TEST(test_a_stop_in_good_order_ends_rests_but_forgets_nothing),
        TEST(test_a_clock_set_back_keeps_nobody_for_ever),
        TEST(test_there_is_room_for_many_plugins),
        TEST(test_calls_within_calls),
        TEST(test_what_the_last_life_died_of),
        TEST(test_nobody_is_blamed_for_a_death_between_calls),
        TEST(test_work_that_kills),
        TEST(test_work_that_takes_long),
        TEST(test_each_torn_byte_of_the_rows_is_found),
        TEST(test_a_torn_moment_is_no_crash_of_ours),
        TEST(test_short_foreign_and_empty_files_are_made_anew),
        TEST(test_another_boot_says_nothing_of_the_moment),
        TEST(test_what_cannot_be_used_leaves_memory),
        TEST(test_memory_goes_on_in_a_folder_that_came_later),
        TEST(test_a_quiet_life_changes_nothing),
        TEST(test_it_costs_nanoseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
