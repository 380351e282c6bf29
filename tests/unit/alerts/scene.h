/* SPDX-License-Identifier: MIT */
/* scene.h: alerts in the outbox's test world: real jobs, real store, and turns for what is due. */
#ifndef TESTS_ALERTS_SCENE_H
#define TESTS_ALERTS_SCENE_H

#include "../outbox/world.h"
#include "alerts/alerts.h"
#include "schedule/zones.h"

struct scene {
    struct world *world;
    struct zones *zones;
    struct random random;
    struct jobs *jobs;
    struct alerts *alerts;
    struct groups_shift shifts[8];
    char changes[256]; /* "opened 1 acknowledged 1 " */
};

int scene_setup(void **state);
int scene_setup_on_disk(void **state);
int scene_teardown(void **state);

enum { EVERY_DAY = 0x7f };
/* A shift of a moderator (0 mara, 1 ben, 2 cleo); minutes after midnight in New York. */
void scene_shift(struct scene *scene, size_t moderator, unsigned days, int from_minutes,
                 int to_minutes);
struct alerts_call scene_call(struct scene *scene, const char *who, enum safety_kind kind,
                              int tier); /* in #harbor */
/* Raises and commits. */
struct mooring_alert_status scene_raise(struct scene *scene, const char *who, enum safety_kind kind,
                                        int tier);
void scene_floor(struct scene *scene, const struct alerts_call *call, int answered);
void scene_kill(struct scene *scene);
/* Who hears a page, minute by minute from now to the given minute: "0:#bridge,mara 5:#bridge,ben ".
 */
void scene_assert_pages(struct scene *scene, int until_minute, const char *expected);
struct store_alert scene_alert(struct scene *scene, uint64_t id, struct arena *arena);

#endif
