/* SPDX-License-Identifier: MIT */
/* cross.h: what the files of the cross checks share. */
#ifndef SETTINGS_CROSS_H
#define SETTINGS_CROSS_H

#include "settings/check.h"

struct cross {
    struct settings_check *check;
    const struct settings_node *networks, *groups;
};

/* Notes a mistake at a node, under a path given like printf; the text stands in `error` already. */
void cross_note(const struct cross *cross, const struct settings_node *node, struct error *error,
                const char *path, ...) PRINTF_LIKE(4, 5);
/* A record's member, for its line; the record itself where the file does not name it. */
const struct settings_node *cross_spot(const struct settings_node *record, const char *name);
bool cross_is_loopback(struct str host);
/* cross_networks.c */
void cross_check_networks(const struct cross *cross);

#endif
