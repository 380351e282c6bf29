/* SPDX-License-Identifier: MIT */
/* report.c: what waits, for people who look after the bot: numbers alone. */
#include "outbox/internal.h"

void outbox_report(struct outbox *outbox, struct str network, struct outbox_report *ret_report)
{
    struct outbox_report report = {.more = outbox->more_rows};
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&outbox->entries, &cursor, &key, &value)) {
        const struct outbox_entry *entry = value;
        enum outbox_priority priority = entry->priority;
        if (entry->stage == OUTBOX_ENDED || entry->stage == OUTBOX_TAKEN_BACK ||
            (!str_empty(network) && !str_eq_c(network, entry->network->name)))
            continue;
        /* What waits for its moment (quiet hours, a reminder of tomorrow) is not late. */
        int64_t from_at = MAX_OF(entry->created_at, entry->not_before_at);
        report.waiting[priority]++;
        if (outbox_hold_until(outbox, entry) == 0 && from_at <= outbox_now(outbox))
            report.oldest_ms[priority] = MAX_OF(report.oldest_ms[priority],
                                                outbox_now(outbox) - entry->created_at);
    }
    *ret_report = report;
}
