/* SPDX-License-Identifier: MIT */
/* files.h: a folder of its own for a test, files in it, and the mistakes told while one of them is
 * read. */
#ifndef TESTS_SETTINGS_FILES_H
#define TESTS_SETTINGS_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings/settings.h"

enum { FILES_LIMIT = 16, FILES_PATH_BYTES = 256, FILES_MISTAKES = 64 };

struct files {
    char folder[64];
    char paths[FILES_LIMIT][FILES_PATH_BYTES];
    size_t count;
    char mistakes[FILES_MISTAKES][ERROR_TEXT_BYTES]; /* without the folder */
    size_t mistake_count;
};

static inline int files_setup(void **state)
{
    struct files *files = calloc(1, sizeof *files);
    snprintf(files->folder, sizeof files->folder, "/tmp/mooring-test-XXXXXX");
    if (!mkdtemp(files->folder))
        return -1;
    *state = files;
    return 0;
}

static inline int files_teardown(void **state)
{
    struct files *files = *state;
    for (size_t i = 0; i < files->count; i++)
        unlink(files->paths[i]);
    rmdir(files->folder);
    free(files);
    return 0;
}

static inline const char *files_write_bytes(struct files *files, const char *name,
                                            const char *bytes, size_t size)
{
    char *path = files->paths[files->count++], folder[sizeof files->folder];
    memcpy(folder, files->folder, sizeof folder);
    snprintf(path, FILES_PATH_BYTES, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *files_write(struct files *files, const char *name, const char *text)
{
    return files_write_bytes(files, name, text, strlen(text));
}

static inline void files_tell(void *ctx, const struct error *mistake)
{
    struct files *files = ctx;
    const char *text = mistake->text;
    size_t length = strlen(files->folder);
    assert_true(files->mistake_count < FILES_MISTAKES);
    assert_true(mistake->code < 0);
    if (strncmp(text, files->folder, length) == 0)
        text += length + 1;
    snprintf(files->mistakes[files->mistake_count++], ERROR_TEXT_BYTES, "%s", text);
}

/* A stand-in for the schedule's zones. */
static inline bool files_zone_known(void *ctx, struct str zone, char *nearest, size_t size)
{
    (void)ctx;
    if (str_eq_c(zone, "America/New_York") || str_eq_c(zone, "Europe/Berlin") ||
        str_eq_c(zone, "UTC"))
        return true;
    snprintf(nearest, size, "%s", str_eq_c(zone, "America/Newyork") ? "America/New_York" : "");
    return false;
}

/* A plugin's options, of every kind. */
#define PLUGIN_OPTION(kind_, name_, flags_, ...)                                                   \
    &(const struct mooring_option)                                                                 \
    {                                                                                              \
        .struct_size = sizeof(struct mooring_option), .kind = MOORING_OPTION_##kind_,              \
        .name = (name_), .flags = (flags_), .help = "Help.", __VA_ARGS__                           \
    }
static const struct mooring_option *const files_checkin[] = {
    PLUGIN_OPTION(TIME, "prompt_at", 0, .default_text = "09:00"),
    PLUGIN_OPTION(INTEGER, "history_days", 0, .default_text = "14", .unit = "days", .min = 1,
                  .max = 90),
    PLUGIN_OPTION(BOOLEAN, "private", 0, .default_text = "true"), NULL};
static const struct mooring_option *const files_meetings[] = {
    PLUGIN_OPTION(LIST, "meetings", 0, .min = 0),
    PLUGIN_OPTION(TEXT, "meetings.title", MOORING_OPTION_REQUIRED, .default_text = "Evening IOP",
                  .min = 1),
    PLUGIN_OPTION(TEXTS, "meetings.days", 0, .default_text = "mon, wed",
                  .choices = "mon|tue|wed|thu|fri|sat|sun"),
    PLUGIN_OPTION(TIME, "meetings.at", MOORING_OPTION_REQUIRED, .default_text = "18:00"),
    PLUGIN_OPTION(INTEGERS, "meetings.remind_minutes", 0, .default_text = "60, 10", .min = 1,
                  .max = 1440),
    PLUGIN_OPTION(ZONE, "meetings.zone", 0, .default_text = ""),
    PLUGIN_OPTION(TEXT, "meetings.place", 0, .min = 1, .max = 80),
    PLUGIN_OPTION(TEXTS, "meetings.cancelled", 0, .min = 1, .max = 10, .choices = "a|b"),
    PLUGIN_OPTION(INTEGER, "late_minutes", 0, .default_text = "20", .min = 0, .max = 60),
    NULL};
static const struct mooring_option *const files_coping[] = {
    PLUGIN_OPTION(LIST, "tips", MOORING_OPTION_BY_LANGUAGE, .min = 0),
    PLUGIN_OPTION(TEXT, "tips.text", MOORING_OPTION_REQUIRED, .min = 1, .max = 400),
    PLUGIN_OPTION(CHOICE, "tips.kind", 0, .default_text = "craving",
                  .choices = "craving|sleep|anger"),
    NULL};

static inline struct settings_schema files_schema(void)
{
    static struct settings_table tables[4];
    tables[0] = settings_core;
    tables[1] = (struct settings_table){"checkin", files_checkin};
    tables[2] = (struct settings_table){"coping", files_coping};
    tables[3] = (struct settings_table){"meetings", files_meetings};
    return (struct settings_schema){tables, COUNT_OF(tables), files_zone_known, NULL};
}

/* Reads the file with the core's tables and the plugins' above. */
static inline int files_load(struct files *files, const char *text, struct settings **ret_settings)
{
    const struct settings_schema schema = files_schema();
    return settings_load(files_write(files, "mooring.cfg", text), &schema, files_tell, files,
                         ret_settings);
}

/* The one mistake that the file has. */
static inline void files_expect(void **state, const char *text, const char *mistake)
{
    struct files *files = *state;
    struct settings *settings = NULL;
    assert_int_equal(files_load(files, text, &settings), -22);
    assert_null(settings);
    assert_string_equal(files->mistakes[0], mistake);
    assert_int_equal(files->mistake_count, 1);
}

#define FILES_TEST(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

#endif
