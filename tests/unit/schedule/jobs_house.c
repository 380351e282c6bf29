/* SPDX-License-Identifier: MIT */
/* jobs_house.c: a house with a clock of its own, in which jobs come due, for the tests of jobs. */
#include "jobs_house.h"

#include "observe/log.h"

const struct mooring_owner group = {.kind = MOORING_OWN_GROUP, .id = 3};

int64_t utc(const char *text)
{
    struct civil civil;
    assert_int_equal(civil_parse(str_of(text), &civil), 0);
    return civil_seconds(&civil) * 1000;
}

static int take_all(struct house *house)
{
    struct store_job job;
    bool late = false;
    int r = jobs_take(house->jobs, &house->arena, &job, &late);
    while (r > 0) {
        assert_true(house->count < TAKEN_MAX);
        struct taken *taken = &house->taken[house->count++];
        *taken = (struct taken){.due_at = job.due_at, .at = clock_wall_at(&house->clock), .late = late};
        snprintf(taken->key, sizeof taken->key, "%.*s", STR_ARG(job.key));
        snprintf(taken->plugin, sizeof taken->plugin, "%.*s", STR_ARG(job.plugin));
        r = house->during ? house->during(house, &job) : 0;
        if (r >= 0)
            r = jobs_take(house->jobs, &house->arena, &job, &late);
    }
    return r;
}

static void end_turn(struct house *house, int r)
{
    if (r >= 0 && !house->turns_fail)
        r = store_commit(house->store);
    if (r < 0 || house->turns_fail)
        store_rollback(house->store);
    arena_reset(&house->arena);
}

static void wake(void *ctx)
{
    struct house *house = ctx;
    house->wakes++;
    end_turn(house, take_all(house));
}

static void on_commit(void *ctx)
{
    jobs_committed(((struct house *)ctx)->jobs);
}

static void on_rollback(void *ctx)
{
    struct house *house = ctx;
    if (house->jobs)
        jobs_rolled_back(house->jobs);
}

static void no_log(void *ctx, enum log_level level, struct str line)
{
    (void)ctx, (void)level, (void)line;
}

static void open_jobs(struct house *house)
{
    assert_int_equal(jobs_create(house->loop, house->store, house->zones, house->metrics, &house->random, wake, house, &house->jobs), 0);
    assert_int_equal(jobs_load(house->jobs), 0);
    assert_true(store_commit(house->store) >= 0);
}

struct house *build(const char *zones_folder)
{
    struct error error = {0};
    struct house *house = mem_zalloc(sizeof *house);
    assert_non_null(house);
    log_set_sink(no_log, NULL);
    clock_init_virtual(&house->clock, utc("2026-11-23T13:55")); /* 08:55 in New York */
    assert_int_equal(loop_create(&house->clock, &house->loop), 0);
    const struct store_options options = {.clock = &house->clock, .in_memory = true};
    assert_int_equal(store_open(&options, &house->store, &error), 0);
    house->zones = zones_create(zones_folder);
    house->metrics = metrics_create();
    random_seed(&house->random, 1);
    arena_init(&house->arena, 0);
    assert_int_equal(store_on_commit(house->store, on_commit, house), 0);
    assert_int_equal(store_on_rollback(house->store, on_rollback, house), 0);
    open_jobs(house);
    return house;
}

int setup(void **state)
{
    *state = build(NULL);
    return 0;
}

void demolish(struct house *house)
{
    jobs_destroy(house->jobs);
    house->jobs = NULL;
    loop_destroy(house->loop);
    store_close(house->store);
    zones_destroy(house->zones);
    metrics_destroy(house->metrics);
    arena_done(&house->arena);
    log_set_sink(NULL, NULL);
    mem_free(house);
}

int teardown(void **state)
{
    demolish(*state);
    return 0;
}

struct mooring_when daily(const char *zone, const char *start)
{
    return (struct mooring_when){.struct_size = sizeof(struct mooring_when), .rrule = MOORING_STR("FREQ=DAILY"),
                                 .zone = abi_lend(str_of(zone)), .start_local = abi_lend(str_of(start))};
}

struct mooring_when once(int64_t at)
{
    return (struct mooring_when){.struct_size = sizeof(struct mooring_when), .at = at};
}

struct mooring_when tick(int64_t at)
{
    return (struct mooring_when){.struct_size = sizeof(struct mooring_when), .flags = MOORING_WHEN_VOLATILE, .at = at};
}

int set(struct house *house, const char *key, struct mooring_when when)
{
    return jobs_set(house->jobs, PLUGIN, group, str_of(key), &when);
}

void set_and_commit(struct house *house, const char *key, struct mooring_when when)
{
    assert_int_equal(set(house, key, when), 0);
    assert_true(store_commit(house->store) >= 0);
}

int64_t next_of(struct house *house, const char *key)
{
    int64_t at = -1;
    int r = jobs_next(house->jobs, PLUGIN, group, str_of(key), &at);
    return r < 0 ? r : at;
}

int64_t now(const struct house *house)
{
    return clock_wall_at(&house->clock);
}

void pass(struct house *house, int64_t ms)
{
    loop_advance(house->loop, now(house) + ms);
}

int64_t skipped(struct house *house)
{
    return metric_value(metrics_counter(house->metrics, "mooring_jobs_skipped_total", "", NULL, (struct str){0}));
}

/* As if the process had not run for a while. */
void be_away(struct house *house, int64_t ms)
{
    jobs_destroy(house->jobs);
    house->jobs = NULL;
    clock_advance(&house->clock, ms);
    open_jobs(house);
    pass(house, 1);
}

void step(struct house *house, int64_t by_ms)
{
    clock_step(&house->clock, by_ms);
    loop_clock_stepped(house->loop);
}
