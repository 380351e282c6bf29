/* SPDX-License-Identifier: MIT */
/* catalogue_files.h: a folder of texts for a test, and what is told while they are read. */
#ifndef TESTS_TEXT_CATALOGUE_FILES_H
#define TESTS_TEXT_CATALOGUE_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/text.h"

enum { CATALOGUE_PATHS = 32, CATALOGUE_MISTAKES = 16 };

struct catalogue_files {
    char folder[64];
    char paths[CATALOGUE_PATHS][192]; /* in the order made: removed backwards */
    size_t count;
    char mistakes[CATALOGUE_MISTAKES][ERROR_TEXT_BYTES];
    size_t mistake_count;
};

static inline int catalogue_setup(void **state)
{
    struct catalogue_files *files = calloc(1, sizeof *files);
    snprintf(files->folder, sizeof files->folder, "/tmp/mooring-text-XXXXXX");
    if (!mkdtemp(files->folder))
        return -1;
    *state = files;
    return 0;
}

static inline int catalogue_teardown(void **state)
{
    struct catalogue_files *files = *state;
    while (files->count > 0)
        remove(files->paths[--files->count]);
    rmdir(files->folder);
    free(files);
    return 0;
}

static inline const char *catalogue_path(struct catalogue_files *files, const char *name)
{
    char folder[sizeof files->folder];
    memcpy(folder, files->folder, sizeof folder);
    char *path = files->paths[files->count++];
    snprintf(path, sizeof files->paths[0], "%s/%s", folder, name);
    return path;
}

/* "a/text/en/core.cfg", with the folders on the way. */
static inline void catalogue_write(struct catalogue_files *files, const char *name,
                                   const char *text)
{
    char part[128];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - name), name);
        mkdir(catalogue_path(files, part), 0700);
    }
    FILE *file = fopen(catalogue_path(files, name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void catalogue_tell(void *ctx, const struct error *mistake)
{
    struct catalogue_files *files = ctx;
    const char *text = mistake->text;
    size_t length = strlen(files->folder);
    assert_true(files->mistake_count < CATALOGUE_MISTAKES);
    if (strncmp(text, files->folder, length) == 0)
        text += length + 1;
    snprintf(files->mistakes[files->mistake_count++], ERROR_TEXT_BYTES, "%s", text);
}

/* Reads a/ and, when it has texts, b/. */
static inline int catalogue_load(struct catalogue_files *files, struct text **ret_text)
{
    char a[96], b[96];
    snprintf(a, sizeof a, "%s/a", files->folder);
    snprintf(b, sizeof b, "%s/b", files->folder);
    const char *const folders[] = {a, b};
    return text_load(folders, 2, catalogue_tell, files, ret_text);
}

#define CATALOGUE_TEST(function)                                                                   \
    cmocka_unit_test_setup_teardown(function, catalogue_setup, catalogue_teardown)

#endif
