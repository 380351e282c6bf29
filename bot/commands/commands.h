/* SPDX-License-Identifier: MIT */
/* commands.h: the bot's own commands, one file each, called by the same path as a plugin's. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "host/host.h"

struct commands_parts { /* all borrowed */
    struct store *store;
    struct people *people;
    struct groups *groups;
    struct outbox *outbox;
    struct alerts *alerts;
    struct host *host;
    struct dialogues *dialogues;
    struct jobs *jobs;
    struct clock *clock;
    struct zones *zones;
    const struct text *text;
    const struct settings_schema *schema;
    const struct settings *settings;
    const struct safety *safety;
    void *ctx;
    void (*reload)(void *ctx, uint64_t source); /* after the turn; answers `source` itself */
};
struct commands;
int commands_create(const struct commands_parts *parts, struct commands **ret_commands) MUST_CHECK;
void commands_destroy(struct commands *commands);
void commands_reloaded(struct commands *commands, const struct commands_parts *parts);
/* The core's job that ends joins whose day is over: set for the next one; at each start, too. */
#define COMMANDS_LINK_KEY "links"
int commands_arm_links(struct jobs *jobs, struct store *store) MUST_CHECK;
/* The core as a plugin named "": its commands, with struct commands as their state. */
const struct mooring_plugin *commands_descriptor(void);

#endif
