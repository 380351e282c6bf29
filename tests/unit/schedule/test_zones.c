/* SPDX-License-Identifier: MIT */
/* test_zones.c: zones by name, the nearest name, and a tzdata that changes while we run. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "schedule/zones.h"

/* A zone one hour, and two hours, ahead of UTC: version 1, one type, no transitions. */
#define ZONE_HEADER                                                                                \
    "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
static const struct str one_hour = STR(ZONE_HEADER "\0\0\x0e\x10\0\0ONE");
static const struct str two_hours = STR(ZONE_HEADER "\0\0\x1c\x20\0\0TWO");

struct place {
    char folder[64];
    struct zones *zones;
};

static void put_file(const struct place *place, const char *name, struct str text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    (void)unlink(path);
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(text.ptr, 1, text.len, out), text.len);
    assert_int_equal(fclose(out), 0);
}

static int make_place(void **state)
{
    static struct place place;
    char path[256];
    snprintf(place.folder, sizeof place.folder, "/tmp/mooring-zones-XXXXXX");
    if (!mkdtemp(place.folder))
        return -1;
    snprintf(path, sizeof path, "%s/Sea", place.folder);
    if (mkdir(path, 0700) < 0)
        return -1;
    place.zones = zones_create(place.folder);
    put_file(&place, "Sea/Haven", (struct str){one_hour.ptr, one_hour.len + 1});
    put_file(&place, "tzdata.zi", STR("# version 2026a\n"));
    *state = &place;
    return place.zones ? 0 : -1;
}

static int remove_place(void **state)
{
    static const char *const names[] = {"Sea/Haven", "Sea/Broken", "notes", "tzdata.zi", "big"};
    struct place *place = *state;
    char path[256];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", place->folder, names[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof path, "%s/Sea", place->folder);
    (void)rmdir(path);
    zones_destroy(place->zones);
    return rmdir(place->folder);
}

static void assert_get(void **state, const char *name, int result)
{
    const struct place *place = *state;
    const struct zone *zone;
    int r = zones_get(place->zones, str_of(name), &zone);
    if (r != result)
        fail_msg("%s: %d instead of %d", name, r, result);
}

static int hours_of(const struct zone *zone)
{
    struct zone_offset offset;
    zone_offset_at(zone, 0, &offset);
    return offset.seconds / 3600;
}

static void a_zone_is_read_once_and_kept(void **state)
{
    const struct place *place = *state;
    const struct zone *first, *second;
    assert_int_equal(zones_get(place->zones, STR("Sea/Haven"), &first), 0);
    put_file(place, "Sea/Haven", (struct str){two_hours.ptr, two_hours.len + 1});
    assert_int_equal(zones_get(place->zones, STR("Sea/Haven"), &second), 0);
    assert_ptr_equal(first, second);
    assert_int_equal(hours_of(first), 1);
}

static void unsafe_names_are_refused_before_any_file_is_opened(void **state)
{
    static const char *const names[] = {
        "",
        "../etc/passwd",
        "/etc/passwd",
        "Sea/../Sea/Haven",
        "Sea//Haven",
        "Sea/",
        "./Sea/Haven",
        "Sea\\Haven",
        "Sea/Ha ven",
        "Sea/Haven\n",
        "-x",
        "Sea/-x",
        "tzdata.zi",
        "S\xc3\xa9",
        "Sea/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_get(state, names[i], -EINVAL);
    const struct place *place = *state;
    const struct zone *zone;
    assert_int_equal(zones_get(place->zones, STR("Sea\0Haven"), &zone), -EINVAL);
}

static void unknown_names_and_other_files_are_no_zones(void **state)
{
    put_file(*state, "notes", STR("not a zone"));
    assert_get(state, "Sea/Nowhere", -ENOENT);
    assert_get(state, "Sea", -ENOENT);
    assert_get(state, "Sea/Haven/Deeper", -ENOENT);
    assert_get(state, "notes", -ENOENT);
    assert_get(state, "right/Sea/Haven", -ENOENT);
    assert_get(state, "posixrules", -ENOENT);
}

static void a_damaged_file_is_told_apart(void **state)
{
    static char big[ZONE_FILE_BYTES_MAX + 1] = "TZif";
    put_file(*state, "Sea/Broken", STR("TZif2 and then nothing"));
    put_file(*state, "big", (struct str){big, sizeof big});
    assert_get(state, "Sea/Broken", -EINVAL);
    assert_get(state, "big", -EINVAL);
}

static void after_a_refresh_the_new_file_counts_and_the_old_zone_still_works(void **state)
{
    const struct place *place = *state;
    const struct zone *old, *new;
    assert_int_equal(zones_get(place->zones, STR("Sea/Haven"), &old), 0);
    put_file(place, "Sea/Haven", (struct str){two_hours.ptr, two_hours.len + 1});
    zones_refresh(place->zones);
    assert_int_equal(zones_get(place->zones, STR("Sea/Haven"), &new), 0);
    assert_int_equal(hours_of(old), 1);
    assert_int_equal(hours_of(new), 2);
}

static void after_a_refresh_the_same_file_is_the_same_zone(void **state)
{
    const struct place *place = *state;
    const struct zone *old, *new;
    assert_int_equal(zones_get(place->zones, STR("Sea/Haven"), &old), 0);
    zones_refresh(place->zones);
    assert_int_equal(zones_get(place->zones, STR("Sea/Haven"), &new), 0);
    assert_ptr_equal(old, new);
}

static void the_version_changes_with_tzdata_and_not_by_itself(void **state)
{
    const struct place *place = *state;
    const struct zone *zone;
    uint64_t version = zones_version(place->zones);
    assert_int_equal(zones_get(place->zones, STR("Sea/Haven"), &zone), 0);
    assert_true(zones_version(place->zones) == version);
    put_file(place, "tzdata.zi", STR("# version 2026b\n"));
    assert_true(zones_version(place->zones) != version);
}

static void a_folder_that_is_not_there_has_no_zones(void **state)
{
    (void)state;
    struct zones *zones = zones_create("/nonexistent/zoneinfo");
    const struct zone *zone;
    char near[ZONES_NAME_BYTES];
    assert_non_null(zones);
    assert_int_equal(zones_get(zones, STR("UTC"), &zone), -ENOENT);
    assert_false(zones_nearest(zones, STR("UTC"), near, sizeof near));
    (void)zones_version(zones);
    zones_destroy(zones);
    zones_destroy(NULL);
}

static void the_nearest_name_is_what_a_person_meant(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *offered; /* NULL: nothing */
    } cases[] = {
        {"America/Newyork", "America/New_York"},
        {"america/new_york", "America/New_York"},
        {"America/New York", "America/New_York"},
        {"New York", "America/New_York"},
        {"Berlin", "Europe/Berlin"},
        {"berlin", "Europe/Berlin"},
        {"Europa/Berlin", "Europe/Berlin"},
        {"Germany/Berlin", "Europe/Berlin"},
        {"Europe/Berlinn", "Europe/Berlin"},
        {"Katmandu", "Asia/Katmandu"},
        {"Lord Howe", "Australia/Lord_Howe"},
        {" utc ", "UTC"},
        {"Ushuaia", "America/Argentina/Ushuaia"},
        {"Asia/Kathmandu", "Asia/Kathmandu"},
        {"Berlim", "Europe/Berlin"},
        {"somewhere over the rainbow", NULL},
        {"", NULL},
        {"../../etc/passwd", NULL},
    };
    struct zones *zones = zones_create(NULL);
    const struct zone *zone;
    assert_non_null(zones);
    if (zones_get(zones, STR("Europe/Berlin"), &zone) < 0) {
        zones_destroy(zones);
        print_message("SKIPPED: the system has no tzdata\n");
        skip();
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char near[ZONES_NAME_BYTES] = "nothing";
        bool found = zones_nearest(zones, str_of(cases[i].wanted), near, sizeof near);
        if (found != (cases[i].offered != NULL) || (found && strcmp(near, cases[i].offered) != 0))
            fail_msg("\"%s\": offered %s", cases[i].wanted, near);
    }
    zones_destroy(zones);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_zone_is_read_once_and_kept, make_place, remove_place),
        cmocka_unit_test_setup_teardown(unsafe_names_are_refused_before_any_file_is_opened,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(unknown_names_and_other_files_are_no_zones, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_told_apart, make_place, remove_place),
        cmocka_unit_test_setup_teardown(
            after_a_refresh_the_new_file_counts_and_the_old_zone_still_works, make_place,
            remove_place),
        cmocka_unit_test_setup_teardown(after_a_refresh_the_same_file_is_the_same_zone, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(the_version_changes_with_tzdata_and_not_by_itself,
                                        make_place, remove_place),
        cmocka_unit_test(a_folder_that_is_not_there_has_no_zones),
        cmocka_unit_test(the_nearest_name_is_what_a_person_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
