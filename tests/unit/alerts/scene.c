/* SPDX-License-Identifier: MIT */
/* scene.c: the alerts' test world. */
#include "scene.h"

#include <errno.h>
#include <stdio.h>

static void run_due(void *ctx)
{
    struct scene *scene = ctx;
    struct arena arena;
    arena_init(&arena, 0);
    for (;;) {
        struct store_job job;
        bool late;
        int r = jobs_take(scene->jobs, &arena, &job, &late);
        if (r <= 0)
            break;
        r = alerts_due(scene->alerts, &job, late);
        if (r < 0) {
            store_rollback(scene->world->store);
            break;
        }
    }
    arena_done(&arena);
    if (store_commit(scene->world->store) < 0)
        store_rollback(scene->world->store);
    jobs_committed(scene->jobs);
}

static void on_commit(void *ctx)
{
    struct scene *scene = ctx;
    if (scene->jobs)
        jobs_committed(scene->jobs);
    if (scene->alerts)
        alerts_committed(scene->alerts);
}

static void on_rollback(void *ctx)
{
    struct scene *scene = ctx;
    if (scene->jobs)
        jobs_rolled_back(scene->jobs);
    if (scene->alerts)
        alerts_rolled_back(scene->alerts);
}

static void on_result(void *ctx, const struct outbox_result *result)
{
    struct scene *scene = ctx;
    alerts_refused(scene->alerts, result);
    alerts_page_result(scene->alerts, result);
    alerts_drill_result(scene->alerts, result);
    assert_true(store_commit(scene->world->store) >= 0);
}

static void on_change(void *ctx, uint64_t alert, enum alerts_change change)
{
    static const char *const names[] = {"opened", "acknowledged", "closed"};
    struct scene *scene = ctx;
    size_t used = strlen(scene->changes);
    (void)snprintf(scene->changes + used, sizeof scene->changes - used, "%s %d ", names[change],
                   (int)alert);
}

static void open_alerts(struct scene *scene)
{
    struct world *world = scene->world;
    assert_int_equal(jobs_create(world->loop, world->store, scene->zones, world->metrics,
                                 &scene->random, run_due, scene, &scene->jobs),
                     0);
    struct alerts_parts parts = {.store = world->store,
                                 .people = (struct people *)world,
                                 .groups = (struct groups *)world,
                                 .outbox = world->outbox,
                                 .jobs = scene->jobs,
                                 .zones = scene->zones,
                                 .clock = &world->clock,
                                 .metrics = world->metrics};
    assert_int_equal(alerts_create(&parts, &scene->alerts), 0);
    alerts_on_change(scene->alerts, on_change, scene);
    assert_int_equal(alerts_load(scene->alerts), 0);
    assert_true(store_commit(world->store) >= 0);
    assert_int_equal(jobs_load(scene->jobs), 0);
    assert_true(store_commit(world->store) >= 0);
    world_settle(world);
}

static int setup(void **state, int (*make_world)(void **state))
{
    struct scene *scene = mem_zalloc(sizeof *scene);
    assert_non_null(scene);
    void *world;
    assert_int_equal(make_world(&world), 0);
    scene->world = world;
    scene->world->committed = on_commit;
    scene->world->rolled_back = on_rollback;
    scene->world->told = on_result;
    scene->world->ctx = scene;
    scene->world->group.shifts = scene->shifts;
    scene->zones = zones_create(NULL);
    assert_non_null(scene->zones);
    random_seed(&scene->random, 1);
    open_alerts(scene);
    *state = scene;
    return 0;
}

int scene_setup(void **state)
{
    return setup(state, world_setup);
}

int scene_setup_on_disk(void **state)
{
    return setup(state, world_setup_on_disk);
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;
    void *world = scene->world;
    alerts_destroy(scene->alerts);
    jobs_destroy(scene->jobs);
    int r = world_teardown(&world);
    zones_destroy(scene->zones);
    mem_free(scene);
    return r;
}

void scene_kill(struct scene *scene)
{
    alerts_destroy(TAKE(scene->alerts));
    jobs_destroy(TAKE(scene->jobs));
    scene->world->told = NULL;
    world_kill(scene->world);
    scene->world->told = on_result;
    open_alerts(scene);
}

void scene_shift(struct scene *scene, size_t moderator, unsigned days, int from_minutes,
                 int to_minutes)
{
    struct group *group = &scene->world->group;
    scene->shifts[group->shift_count++] = (struct groups_shift){moderator, days, from_minutes,
                                                                to_minutes};
}

struct alerts_call scene_call(struct scene *scene, const char *who, enum safety_kind kind, int tier)
{
    return (struct alerts_call){.member = world_person(scene->world, who)->id,
                                .source = world_source(scene->world, who, "#harbor"),
                                .group = &scene->world->group,
                                .who = str_of(who),
                                .text = STR("PRIVATE WORDS"),
                                .verdict = {.kind = kind,
                                            .tier = tier,
                                            .who = SAFETY_WHO_SELF,
                                            .rule_count = 1,
                                            .rules = {"test.rule"}}};
}

struct mooring_alert_status scene_raise(struct scene *scene, const char *who, enum safety_kind kind,
                                        int tier)
{
    struct alerts_call call = scene_call(scene, who, kind, tier);
    struct mooring_alert_status status;
    assert_int_equal(alerts_raise(scene->alerts, &call, &status), 0);
    world_commit(scene->world);
    return status;
}

void scene_floor(struct scene *scene, const struct alerts_call *call, int answered)
{
    assert_int_equal(alerts_floor(scene->alerts, call, answered), 0);
    world_commit(scene->world);
}

static void note_minute(struct scene *scene, int minute, struct buf *out)
{
    struct world *world = scene->world;
    for (bool first = true; world->taken < world->said_count; first = false) {
        const struct world_said *said = world_next(world);
        if (first)
            buf_add_format(out, "%d:", minute);
        buf_add_format(out, "%s%s", first ? "" : ",", said->room[0] ? said->room : said->user);
        if (strstr(said->text, "PRIVATE WORDS"))
            fail_msg("a person's words were shown: %s", said->text);
        if (world->taken == world->said_count)
            buf_add_byte(out, ' ');
    }
}

void scene_assert_pages(struct scene *scene, int until_minute, const char *expected)
{
    AUTO_BUF heard;
    buf_init(&heard, 65536);
    note_minute(scene, 0, &heard);
    for (int minute = 1; minute <= until_minute; minute++) {
        world_advance(scene->world, CLOCK_MINUTE_MS);
        note_minute(scene, minute, &heard);
    }
    if (!str_eq_c(buf_str(&heard), expected))
        fail_msg("heard    \"%.*s\"\nexpected \"%s\"", STR_ARG(buf_str(&heard)), expected);
}

struct store_alert scene_alert(struct scene *scene, uint64_t id, struct arena *arena)
{
    struct store_alert alert;
    assert_int_equal(store_alerts_get(scene->world->store, id, arena, &alert), 0);
    return alert;
}
