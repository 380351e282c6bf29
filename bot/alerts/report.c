/* SPDX-License-Identifier: MIT */
/* report.c: the open alerts, for people who look after the bot: numbers and times, nobody's name.
 */
#include "alerts/internal.h"

#include "observe/log.h"

static struct alerts_ways *ways_of(struct alerts *alerts, uint64_t alert)
{
    for (size_t i = 0; i < ALERTS_WAYS; i++)
        if (alerts->ways[i].alert == alert)
            return &alerts->ways[i];
    return NULL;
}

/* The alert room takes a page also when the bot is alone in it, so only the private ones count. */
void alerts_page_result(struct alerts *alerts, const struct outbox_result *result)
{
    if (!result->alert || !(result->flags & MOORING_SAY_PRIVATE_ONLY))
        return;
    struct alerts_ways *ways = ways_of(alerts, result->alert);
    if (!ways) {
        ways = &alerts->ways[alerts->next_ways++ % ALERTS_WAYS];
        *ways = (struct alerts_ways){.alert = result->alert};
    }
    if (result->result == 0) {
        ways->confirmed++;
        return;
    }
    ways->refused++;
    log_event(LOG_LEVEL_ERROR, "alert_page_refused", LOG_INT("alert", result->alert),
              LOG_ERRNO(result->result));
}

struct lister {
    struct alerts *alerts;
    void (*each)(void *ctx, const struct alerts_open *open);
    void *ctx;
};

static void list_one(void *ctx, const struct store_alert *alert)
{
    struct lister *lister = ctx;
    const struct alerts_ways *ways = ways_of(lister->alerts, alert->id);
    struct alerts_open open = {.id = alert->id,
                               .group = alert->group,
                               .tier = alert->tier,
                               .pages = alert->pages,
                               .confirmed = ways ? ways->confirmed : 0,
                               .refused = ways ? ways->refused : 0,
                               .acknowledged = alert->state == MOORING_ALERT_ACKNOWLEDGED,
                               .raised_at = alert->raised_at,
                               .next_page_at = alert->next_page_at};
    lister->each(lister->ctx, &open);
}

int alerts_each_open(struct alerts *alerts, void (*each)(void *ctx, const struct alerts_open *open),
                     void *ctx)
{
    struct lister lister = {alerts, each, ctx};
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
