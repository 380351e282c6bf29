/* SPDX-License-Identifier: MIT */
/* cases.h: the ecosystem's common parser cases (ircdocs/parser-tests), read where they lie and
 * turned by cases.py. */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "base/str.h"

enum { CASES_FIELDS_MAX = 32, CASES_BYTES_MAX = 16 * 1024 };
struct cases_field {
    struct str kind, name, value;
};
struct cases {
    struct cases_field fields[CASES_FIELDS_MAX];
    size_t count;
    char bytes[CASES_BYTES_MAX];
    size_t used;
};

static inline const struct cases_field *cases_find(const struct cases *cases, const char *kind,
                                                   struct str name)
{
    for (size_t i = 0; i < cases->count; i++)
        if (str_eq_c(cases->fields[i].kind, kind) && str_eq(cases->fields[i].name, name))
            return &cases->fields[i];
    return NULL;
}

static inline struct str cases_value(const struct cases *cases, const char *kind)
{
    const struct cases_field *field = cases_find(cases, kind, STR(""));
    return field ? field->value : STR("");
}

static inline struct str cases_keep(struct cases *cases, struct str word, bool is_hex)
{
    size_t len = word.len;
    char *at = cases->bytes + cases->used;
    assert_true(cases->used + word.len < CASES_BYTES_MAX);
    if (str_eq_c(word, "-") && is_hex)
        return STR("");
    if (!is_hex)
        memcpy(at, word.ptr, len);
    else
        assert_int_equal(
            sodium_hex2bin((unsigned char *)at, len, word.ptr, word.len, NULL, &len, NULL), 0);
    cases->used += len;
    return (struct str){at, len};
}

static inline void cases_add(struct cases *cases, struct str line)
{
    struct str words[3] = {{NULL, 0}};
    for (size_t i = 0; i < 3; i++)
        assert_true(str_word(&line, &words[i]));
    assert_true(cases->count < CASES_FIELDS_MAX);
    struct cases_field *field = &cases->fields[cases->count++];
    *field = (struct cases_field){cases_keep(cases, words[0], false),
                                  cases_keep(cases, words[1], true),
                                  cases_keep(cases, words[2], true)};
}

/* The converter's output, by a pipe and without a shell. */
static inline FILE *cases_open(const char *yaml, pid_t *ret_child)
{
    int ends[2];
    char script[512];
    const char *source = getenv("MOORING_SOURCE_DIR");
    snprintf(script, sizeof(script), "%s/tests/unit/chat/irc/cases.py", source ? source : ".");
    assert_int_equal(pipe(ends), 0);
    *ret_child = fork();
    assert_true(*ret_child >= 0);
    if (*ret_child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execlp("python3", "python3", script, yaml, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    return fdopen(ends[0], "r");
}

static inline size_t cases_run(FILE *file, void (*check)(const struct cases *cases))
{
    static struct cases cases;
    static char line[CASES_BYTES_MAX];
    size_t seen = 0;
    cases.count = cases.used = 0;
    while (fgets(line, sizeof(line), file)) {
        struct str text = str_trim(str_of(line));
        if (text.len) {
            cases_add(&cases, text);
            continue;
        }
        check(&cases);
        seen++;
        cases.count = cases.used = 0;
    }
    return seen;
}

/* Runs `check` on each case of NAME.yaml; there must be `wanted` of them. */
static inline void cases_each(const char *name, size_t wanted,
                              void (*check)(const struct cases *cases))
{
    char path[512];
    const char *data = getenv("MOORING_TEST_DATA"), *source = getenv("MOORING_SOURCE_DIR");
    pid_t child;
    int status = 0;
    if (data)
        snprintf(path, sizeof(path), "%s/irc/%s.yaml", data, name);
    else
        snprintf(path, sizeof(path), "%s/../shared/data/irc/%s.yaml", source ? source : ".", name);
    if (access(path, R_OK) != 0) {
        print_message("SKIPPED: %s is not there: %s\n", path, strerror(errno));
        skip();
    }
    FILE *file = cases_open(path, &child);
    assert_non_null(file);
    size_t seen = cases_run(file, check);
    fclose(file);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: %s needs python3-yaml\n", name);
        skip();
    }
    assert_int_equal(status, 0);
    assert_int_equal(seen, wanted);
}

#endif
