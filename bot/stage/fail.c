/* SPDX-License-Identifier: MIT */
/* fail.c: what breaks on stage: the disk, a network, a plugin. */
#include <errno.h>

#include "stage/stage.h"

static int fail_none(struct stage *stage)
{
    struct chat_network *network;
    store_inject(stage->ground.store, STORE_FAULT_NONE);
    for (size_t i = 0; (network = bot_network_at(stage->bot, i)) != NULL; i++) {
        if (network->class == &console_class)
            console_set_down(network, false);
    }
    for (size_t i = 0; i < host_plugin_count(bot_host(stage->bot)); i++) {
        int r = host_fail(bot_host(stage->bot), str_of(host_plugin_name(bot_host(stage->bot), i)),
                          false);
        (void)r; /* the core never fails by order */
    }
    const struct settings_node *list = settings_at(settings_root(bot_setup(stage->bot)->settings),
                                                   "networks");
    for (size_t i = 0; i < settings_count(list); i++) {
        struct str host = settings_text(settings_item(list, i), "host");
        if (str_starts(host, STR("memory:")))
            stage_peer_down(stage, str_from(host, 7), false);
    }
    return 0;
}

static int fail_network(struct stage *stage, struct str name, struct error *error)
{
    struct chat_network *network = bot_network(stage->bot, name);
    if (network && network->class == &console_class)
        console_set_down(network, true);
    else if (!stage_peer_down(stage, name, true))
        return error_set(error, -EINVAL, "there is no network \"%.*s\"", STR_ARG(name));
    return 0;
}

static const struct {
    const char *name;
    enum store_fault fault;
} disk_faults[] = {
    {"disk-full", STORE_FAULT_DISK_FULL},   {"read-only", STORE_FAULT_READ_ONLY},
    {"broken-disk", STORE_FAULT_IO},        {"slow-disk", STORE_FAULT_SLOW},
    {"torn-database", STORE_FAULT_DAMAGED},
};

int stage_fail(struct stage *stage, struct str args, struct error *error)
{
    struct str what = {0}, name = {0};
    str_word(&args, &what);
    str_word(&args, &name);
    if (str_eq_c(what, "none"))
        return fail_none(stage);
    for (size_t i = 0; i < COUNT_OF(disk_faults); i++)
        if (str_eq_c(what, disk_faults[i].name)) {
            store_inject(stage->ground.store, disk_faults[i].fault);
            return 0;
        }
    if (str_eq_c(what, "network-down"))
        return fail_network(stage, name, error);
    if (str_eq_c(what, "plugin") && host_fail(bot_host(stage->bot), name, true) == 0)
        return 0;
    return error_set(error, -EINVAL,
                     "/fail knows disk-full, read-only, broken-disk, torn-database, slow-disk, "
                     "network-down NAME, plugin NAME and none");
}
