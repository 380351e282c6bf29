/* SPDX-License-Identifier: MIT */
/* ground.c: what a bot stands on: clock, loop, network, zones, store, metrics. */
#include <errno.h>

#include "bot.h"
#include "host/marker.h"

int bot_ground_stand_in(struct bot_ground *ground, const struct error *why,
                        struct store **ret_store)
{
    enum store_cause cause = store_cause_of_open(why->code);
    if (cause == STORE_WELL)
        return -EINVAL;
    struct store_options options = {.clock = &ground->clock, .in_memory = true};
    struct error error = {0};
    int r = store_open(&options, ret_store, &error);
    if (r < 0)
        return r;
    ground->stands_in = cause;
    ground->why = *why;
    return 0;
}

/* At the first start an unwritable state is an error: nobody relies on this bot yet, and whoever
 * starts it looks.  Later somebody may be calling for help. */
static int open_store(struct bot_ground *ground, const struct bot_ground_options *options,
                      struct error *error)
{
    struct store_options store = {.folder = options->state_folder,
                                  .clock = &ground->clock,
                                  .master_key = options->master_key,
                                  .in_memory = options->state_folder == NULL};
    if (!options->open_store)
        return store_open(&store, &ground->store, error);
    bool is_later = store_holds_state(options->state_folder);
    ground->open_store = options->open_store;
    ground->open_ctx = options->open_ctx;
    int r = ground->open_store(ground->open_ctx, &ground->clock, &ground->store, error);
    if (r < 0 && is_later && bot_ground_stand_in(ground, error, &ground->store) == 0)
        return 0;
    return r;
}

int bot_ground_open(struct bot_ground *ground, const struct bot_ground_options *options,
                    struct error *error)
{
    *ground = (struct bot_ground){.marker = options->marker};
    if (options->state_folder &&
        !str_to_c(str_of(options->state_folder), ground->state_folder, sizeof ground->state_folder))
        return error_set(error, -ENAMETOOLONG, "state_folder: the path is too long");
    if (options->virtual_at)
        clock_init_virtual(&ground->clock, options->virtual_at);
    else
        clock_init(&ground->clock);
    if (options->virtual_at)
        random_seed(&ground->random, 1);
    else
        random_seed_from_system(&ground->random);
    int r = ground->marker ? 0
                           : marker_open(options->state_folder, clock_wall_at(&ground->clock),
                                         &ground->marker);
    if (r < 0)
        return error_set(error, r, "out of memory");
    ground->metrics = metrics_create();
    ground->zones = zones_create(NULL);
    if (!ground->metrics || !ground->zones)
        return error_set(error, -ENOMEM,
                         "out of memory, or the time zones in /usr/share/zoneinfo cannot be read "
                         "(install tzdata)");
    r = loop_create(&ground->clock, &ground->loop);
    if (r < 0)
        return error_set(error, r, "the event loop cannot start (%s)", strerror(-r));
    r = net_create(ground->loop, &ground->net, error);
    if (r < 0)
        return r;
    r = open_store(ground, options, error);
    if (r == 0 && options->state_folder)
        marker_keep(ground->marker, options->state_folder); /* the folder may be new */
    return r;
}

void bot_ground_close(struct bot_ground *ground)
{
    store_close(ground->store);
    net_destroy(ground->net);
    loop_destroy(ground->loop);
    zones_destroy(ground->zones);
    metrics_destroy(ground->metrics);
    marker_close(ground->marker);
    *ground = (struct bot_ground){0};
}
