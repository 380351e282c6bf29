/* SPDX-License-Identifier: MIT */
/* fixture.h: a store in a folder of its own (or in memory), with a virtual clock; invented people
 * only. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>
#include <errno.h>

#include "store/internal.h"
#include "store/members.h"
#include "store/sql.h"

#define FIXTURE_START 1795420500000LL /* 2026-11-23 07:55 UTC */

struct fixture {
    char folder[256];
    struct clock clock;
    unsigned char key[32];
    struct store *store;
    struct arena arena;
    struct error error;
};
int fixture_on_disk(void **state);   /* setup: an open store */
int fixture_in_memory(void **state); /* the same, nothing on disk */
int fixture_folder(void **state);    /* setup: an empty folder, no store */
int fixture_done(void **state);      /* teardown: closes, removes the folder */

int fixture_open(struct fixture *f) MUST_CHECK; /* error in f->error */
void fixture_close(struct fixture *f);
void fixture_reopen(struct fixture *f);
void fixture_path(const struct fixture *f, const char *name, char out[512]);
void fixture_copy(const struct fixture *f, const char *from, const char *to);
void fixture_flip(const struct fixture *f, const char *name,
                  long at); /* one bit of one byte; at < 0: from the end */
size_t fixture_read(const struct fixture *f, const char *name, unsigned char *out, size_t size);
void fixture_write(const struct fixture *f, const char *name, const void *bytes, size_t size);
int64_t fixture_number(struct fixture *f, const char *text); /* first column of the first row */
void fixture_execute(struct fixture *f, const char *text);

uint64_t fixture_member(struct fixture *f, const char *account); /* committed */
void fixture_commit(struct fixture *f);

#define assert_str(view, literal) assert_true(str_eq((view), STR(literal)))
#define assert_error_says(f, part)                                                                 \
    do {                                                                                           \
        if (!strstr((f)->error.text, (part)))                                                      \
            fail_msg("the error says: %s", (f)->error.text);                                       \
    } while (0)

#endif
