/* SPDX-License-Identifier: MIT */
/* fixture.h: two invented groups from a real file, a store in memory, a virtual clock. */
#ifndef PEOPLE_FIXTURE_H
#define PEOPLE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>
#include <errno.h>

#include "people/people.h"

#define FIXTURE_START 1795420500000LL

struct fixture {
    struct clock clock;
    struct store *store;
    struct settings *settings;
    struct groups *groups;
    struct people *people;
    struct group *harbor, *lagoon;
    struct arena arena;
};
int fixture_setup(void **state);
void fixture_load(struct settings **ret_settings); /* the same file once more */
int fixture_done(void **state);
struct people_speaker fixture_speaker(const char *network, const char *identity,
                                      const char *address);
uint64_t fixture_meet(struct fixture *f, const char *account,
                      const struct group *group); /* committed */

#define assert_str(view, literal) assert_true(str_eq((view), STR(literal)))

#endif
