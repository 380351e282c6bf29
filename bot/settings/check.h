/* SPDX-License-Identifier: MIT */
/* check.h: libconfig's tree against the options' tree. */
#ifndef SETTINGS_CHECK_H
#define SETTINGS_CHECK_H

#include "settings/tree.h"

struct settings_check {
    const struct settings_schema *schema;
    const struct settings_source *source;
    struct settings *settings; /* receives the values */
    struct settings_mistakes mistakes;
    struct buf path; /* of what is being checked: "groups[0].zone" */
    int joined_line; /* of the nearest thing around it that stands in the file */
};

void settings_check_init(struct settings_check *check, const struct settings_schema *schema,
                         const struct settings_source *source, struct settings *settings);
void settings_check_done(struct settings_check *check);
/* Fills settings->root from the whole file.  Mistakes are noted, not returned; -ENOMEM. */
int settings_check_all(struct settings_check *check) MUST_CHECK;
/* Fills settings->root from the one list of that name, whatever else the file holds. */
int settings_check_list(struct settings_check *check, const char *list) MUST_CHECK;
/* What no single option can know: names that refer to each other, secrets without encryption; see
 * cross.c. */
void settings_cross_check(struct settings_check *check);

#endif
