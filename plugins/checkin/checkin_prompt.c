/* SPDX-License-Identifier: MIT */
/* checkin_prompt.c: the daily invitation to the group's rooms. */
#include <errno.h>

#include "checkin_host.h"
#include "checkin_rule.h"

static const int64_t minute_ms = 60000;

static int64_t option(const struct mooring_host *host, struct mooring_group group, const char *name,
                      int64_t otherwise)
{
    int64_t value;
    return host->settings->integer(host->self, group, name, &value) < 0 ? otherwise : value;
}

int checkin_prompt_arrange(const struct mooring_host *host, struct mooring_group group, int served)
{
    const struct mooring_owner owner = {MOORING_OWN_GROUP, 0, group.id};
    char rule[CHECKIN_RULE_BYTES], start_local[CHECKIN_START_BYTES], zone[CHECKIN_ZONE_BYTES];
    struct mooring_str days = {NULL, 0};
    unsigned bits;
    if (!served || option(host, group, "prompt", 1) == 0) {
        (void)host->timer->cancel(host->self, owner, MOORING_STR("prompt"));
        return 0;
    }
    if (host->settings->text(host->self, group, "prompt_days", &days) < 0)
        days = MOORING_STR("");
    size_t rule_len = checkin_rule_format(days, rule, &bits);
    size_t start_len = checkin_rule_start(bits, option(host, group, "prompt_at", 540), start_local);
    size_t zone_len = checkin_zone(host, (struct mooring_member){0}, group, zone);
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .rrule = {rule, rule_len},
                                      .zone = {zone, zone_len},
                                      .start_local = {start_local, start_len},
                                      .late_ok_ms = option(host, group, "late_ok", 120) *
                                                    minute_ms};
    return host->timer->set(host->self, owner, MOORING_STR("prompt"), &when);
}

int checkin_prompt_due(const struct mooring_host *host, struct mooring_group group, int64_t due_at)
{
    static const struct mooring_choice choice = MOORING_CHOICE("checkin.start", "checkin");
    int64_t lasts = option(host, group, "late_ok", 120) * minute_ms;
    if (lasts <= 0)
        lasts = minute_ms;
    if (host->clock->now_at(host->self) > due_at + lasts)
        return 0;
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .to = {.group = group},
                                            .msgid = "checkin.prompt",
                                            .choices = &choice,
                                            .choice_count = 1,
                                            .expires_at = due_at + lasts};
    int r = host->say->send(host->self, &message, NULL);
    return r == -ENOENT ? 0 : r; /* a group whose rooms are all away */
}
