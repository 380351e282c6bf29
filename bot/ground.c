/* SPDX-License-Identifier: MIT */
/* ground.c: what a bot stands on: clock, loop, network, zones, store, metrics. */
#include <errno.h>

#include "bot.h"
#include "host/marker.h"

int bot_ground_open(struct bot_ground *ground, const struct bot_ground_options *options,
                    struct error *error)
{
    *ground = (struct bot_ground){.marker = options->marker};
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
    struct store_options store = {.folder = options->state_folder,
                                  .clock = &ground->clock,
                                  .master_key = options->master_key,
                                  .in_memory = options->state_folder == NULL};
    r = store_open(&store, &ground->store, error);
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
