/* SPDX-License-Identifier: MIT */
/* load.c: at a start, and when the wall clock was set, every open alert is put on its clock. */
#include "alerts/internal.h"

#include <errno.h>

static const struct mooring_owner house = {.kind = MOORING_OWN_PLUGIN};

void alerts_hold_clock(struct alerts *alerts, bool holds)
{
    alerts->holds_clock = holds;
}

void alerts_clock_set(struct alerts *alerts, int64_t since_at, int64_t by_ms)
{
    alerts->shift_since_at = since_at;
    alerts->shift_ms = by_ms;
}

/* The ids first: rows are written while they are set. */
struct loader {
    uint64_t *ids;
    size_t count, capacity;
    int result;
};

static void note_id(void *ctx, const struct store_alert *alert)
{
    struct loader *loader = ctx;
    if (loader->result < 0 || alert->next_page_at == 0)
        return;
    loader->result = mem_grow(&loader->ids, &loader->capacity, loader->count, sizeof *loader->ids,
                              UINT16_MAX);
    if (loader->result >= 0)
        loader->ids[loader->count++] = alert->id;
}

/* Due while we were away: now, and from here on by the clock; not one page for each that was
 * missed. No page is ever so far ahead, and no call was made in the future: where it says so the
 * clock was ahead when it was written. */
static int load_one(struct alerts *alerts, uint64_t id)
{
    struct store_alert alert;
    int64_t now = alerts_now(alerts);
    arena_reset(&alerts->arena);
    int r = store_alerts_get(alerts->parts.store, id, &alerts->arena, &alert);
    if (r < 0)
        return r;
    bool shifts = alerts->shift_ms > 0 && alert.raised_at >= alerts->shift_since_at;
    if (shifts) {
        alert.opened_at += alerts->shift_ms;
        alert.raised_at += alerts->shift_ms;
    }
    int64_t at = MAX_OF(alert.next_page_at, now);
    if (shifts || at > now + ALERTS_REMIND_MS || alert.raised_at > now) {
        at = now;
        alert.opened_at = MIN_OF(alert.opened_at, now);
        alert.raised_at = MIN_OF(alert.raised_at, now);
        alert.acknowledged_at = MIN_OF(alert.acknowledged_at, now);
        alert.next_page_at = at;
        r = store_alerts_put(alerts->parts.store, &alert);
    }
    return r < 0 ? r : alerts_set_clock(alerts, id, at);
}

/* The jobs are durable as well, but a restored backup may hold alerts without them: the alert
 * itself says when it is due, and that is set again. */
int alerts_load(struct alerts *alerts)
{
    struct loader loader = {.ids = NULL};
    int r = store_alerts_each_open(alerts->parts.store, note_id, &loader);
    if (r >= 0)
        r = loader.result;
    for (size_t i = 0; i < loader.count && r >= 0; i++)
        r = load_one(alerts, loader.ids[i]);
    mem_free(loader.ids);
    if (r < 0)
        return r;
    alerts->shift_ms = 0;
    struct mooring_when daily = {.struct_size = sizeof daily,
                                 .rrule = MOORING_STR("FREQ=DAILY"),
                                 .zone = MOORING_STR("UTC"),
                                 .start_local = MOORING_STR("2026-01-01T03:30")};
    return jobs_set(alerts->parts.jobs, STR(""), house, STR("wipe"), &daily);
}
