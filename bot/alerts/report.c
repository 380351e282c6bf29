/* SPDX-License-Identifier: MIT */
/* report.c: the open alerts, for people who look after the bot: numbers and times, nobody's name.
 */
#include "alerts/internal.h"

struct lister {
    void (*each)(void *ctx, const struct alerts_open *open);
    void *ctx;
};

static void list_one(void *ctx, const struct store_alert *alert)
{
    struct lister *lister = ctx;
    struct alerts_open open = {.id = alert->id,
                               .group = alert->group,
                               .tier = alert->tier,
                               .pages = alert->pages,
                               .acknowledged = alert->state == MOORING_ALERT_ACKNOWLEDGED,
                               .raised_at = alert->raised_at,
                               .next_page_at = alert->next_page_at};
    lister->each(lister->ctx, &open);
}

int alerts_each_open(struct alerts *alerts, void (*each)(void *ctx, const struct alerts_open *open),
                     void *ctx)
{
    struct lister lister = {each, ctx};
    for (size_t i = 0; i < ALERTS_UNSAVED_MAX; i++) {
        const struct alerts_unsaved *unsaved = &alerts->unsaved[i];
        if (!unsaved->used || unsaved->stored)
            continue;
        struct alerts_open open = {.group = unsaved->group,
                                   .tier = unsaved->verdict.tier,
                                   .pages = unsaved->pages,
                                   .raised_at = unsaved->called_at};
        each(ctx, &open);
    }
    return store_alerts_each_open(alerts->parts.store, list_one, &lister);
}
