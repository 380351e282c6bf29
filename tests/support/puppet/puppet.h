/* SPDX-License-Identifier: MIT */
/* puppet.h: a plugin whose every callback is a string that the test pulls. */
#ifndef TESTS_SUPPORT_PUPPET_H
#define TESTS_SUPPORT_PUPPET_H

#include "mooring.h"

struct puppet {
    const struct mooring_host *host;
    const char *command; /* the one that ran last */
    void *ctx;           /* the test's */
    unsigned inits, finis, reloads, groups, runs, messages, timers, worked_count, fetched_count,
        alerts, dones;
    int (*init)(struct puppet *);
    int (*run)(struct puppet *, const struct mooring_event *, struct mooring_str args);
    int (*message)(struct puppet *, const struct mooring_event *);
    int (*reaction)(struct puppet *, const struct mooring_event *);
    int (*presence)(struct puppet *, const struct mooring_event *, int joined);
    int (*timer)(struct puppet *, struct mooring_owner, struct mooring_str key, int late);
    int (*migrate)(struct puppet *, uint32_t from_version);
    int (*done)(struct puppet *, const struct mooring_event *, const struct mooring_answers *);
    int (*worked)(struct puppet *, uint64_t token, int result, struct mooring_str output);
    int (*fetched)(struct puppet *, uint64_t token, int result, uint32_t status,
                   struct mooring_str body);
    int (*sent)(struct puppet *, struct mooring_sent, int result);
    int (*export_member)(struct puppet *, struct mooring_member, mooring_row_fn, void *ctx);
};

/* Found by dlsym: the strings outlive every life of the bot, as the library stays open. */
MOORING_EXPORT struct puppet *puppet_strings(void);

#endif
