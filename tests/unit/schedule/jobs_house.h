/* SPDX-License-Identifier: MIT */
/* jobs_house.h: a house with a clock of its own, in which jobs come due, for the tests of jobs. */
#ifndef TEST_SCHEDULE_JOBS_HOUSE_H
#define TEST_SCHEDULE_JOBS_HOUSE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/abi.h"
#include "schedule/jobs.h"
#include "schedule/zones.h"

#define MINUTE CLOCK_MINUTE_MS
#define HOUR   CLOCK_HOUR_MS
#define DAY    CLOCK_DAY_MS
#define PLUGIN STR("checkin")

enum { TAKEN_MAX = 512 };

struct taken {
    char key[40], plugin[16];
    int64_t due_at, at;
    bool late;
};

/* A house with a clock of its own; each wake is a turn that takes what is due. */
struct house {
    struct clock clock;
    struct loop *loop;
    struct store *store;
    struct zones *zones;
    struct metrics *metrics;
    struct random random;
    struct jobs *jobs;
    struct arena arena;
    struct taken taken[TAKEN_MAX];
    size_t count, wakes;
    int (*during)(struct house *house, const struct store_job *job); /* what the plugin does */
    bool turns_fail;
};

extern const struct mooring_owner group;
int64_t utc(const char *text);
struct house *build(const char *zones_folder);
void demolish(struct house *house);
int setup(void **state);
int teardown(void **state);
struct mooring_when daily(const char *zone, const char *start);
struct mooring_when once(int64_t at);
struct mooring_when tick(int64_t at);
int set(struct house *house, const char *key, struct mooring_when when);
void set_and_commit(struct house *house, const char *key, struct mooring_when when);
int64_t next_of(struct house *house, const char *key);
int64_t now(const struct house *house);
void pass(struct house *house, int64_t ms);
int64_t skipped(struct house *house);
void be_away(struct house *house, int64_t ms);
void step(struct house *house, int64_t by_ms);

#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
