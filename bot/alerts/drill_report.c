/* SPDX-License-Identifier: MIT */
/* drill_report.c: what a drill found: how it ended, and how long each step took. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "alerts/drill.h"

/* "0.42 s", "2 min 10 s"; a clock that was set back meanwhile took no time. */
static struct str took(struct alerts *alerts, int64_t from_at, int64_t to_at)
{
    char out[48];
    int64_t ms = MAX_OF(to_at - from_at, 0), seconds = ms / CLOCK_SECOND_MS;
    if (seconds < 60)
        (void)snprintf(out, sizeof out, "%" PRId64 ".%02d s", seconds, (int)(ms % 1000 / 10));
    else
        (void)snprintf(out, sizeof out, "%" PRId64 " min %d s", seconds / 60, (int)(seconds % 60));
    return str_keep(&alerts->arena, str_of(out));
}

/* How a message got there, from the first page's row, sending, end and result: four fields in a
 * row. */
static struct str leg_piece(struct alerts *alerts, const struct drill *drill, enum drill_field row,
                            struct str where, const char *missing)
{
    const int64_t *leg = &drill->is[row];
    enum { SENT_AT = 1, DONE_AT = 2, RESULT = 3 };
    if (leg[0] == 0)
        return alerts_piece(alerts, drill->group, str_of(missing), NULL, 0);
    struct mooring_arg args[] = {
        abi_text("where", where),
        abi_text("queued", took(alerts, drill->is[DRILL_ASKED_AT], drill->is[DRILL_STARTED_AT])),
        abi_text("sent", took(alerts, drill->is[DRILL_STARTED_AT], leg[SENT_AT])),
        abi_text("confirmed", took(alerts, leg[SENT_AT], leg[DONE_AT])),
    };
    struct str msgid = leg[DONE_AT] == 0                      ? STR("alerts.drill-leg-waits")
                       : leg[RESULT] == 0                     ? STR("alerts.drill-leg")
                       : leg[RESULT] < 0 && leg[SENT_AT] == 0 ? STR("alerts.drill-leg-unsent")
                                                              : STR("alerts.drill-leg-refused");
    return alerts_piece(alerts, drill->group, msgid, args, COUNT_OF(args));
}

/* To the alert room; without one, to the team in private.  Not ahead of anything. */
static int say_to_team(struct alerts *alerts, const struct group *group,
                       struct mooring_message message)
{
    struct outbox_item item = {.message = &message, .plugin = STR(""), .priority = OUTBOX_REPLY};
    message.flags = MOORING_SAY_TEAM;
    message.to = (struct mooring_to){.group = {group->id}};
    int r = outbox_enqueue(alerts->parts.outbox, &item, NULL);
    if (r != -ENOENT)
        return r == -EEXIST ? 0 : r;
    struct alerts_team team;
    alerts_team_of(alerts, group, &team);
    message.flags = MOORING_SAY_PRIVATE_ONLY;
    for (size_t i = 0; i < team.count; i++) {
        message.to = (struct mooring_to){.member = {team.people[i].member}};
        r = team.people[i].member ? outbox_enqueue(alerts->parts.outbox, &item, NULL) : 0;
        if (r < 0 && r != -ENOENT && r != -EACCES && r != -EEXIST)
            return r;
    }
    return 0;
}

static const char *const end_msgids[] = {
    [ALERTS_DRILL_ANSWERED] = "alerts.drill-answered",
    [ALERTS_DRILL_UNANSWERED] = "alerts.drill-unanswered",
    [ALERTS_DRILL_UNREACHED] = "alerts.drill-unreached",
    [ALERTS_DRILL_STOPPED] = "alerts.drill-stopped",
    [ALERTS_DRILL_INTERRUPTED] = "alerts.drill-interrupted",
    [ALERTS_DRILL_AWAY] = "alerts.drill-away",
};

int alerts_drill_report(struct alerts *alerts, const struct drill *drill, enum alerts_drill_end end,
                        uint64_t by)
{
    const struct group *group = drill->group;
    struct mooring_arg head[] = {
        abi_member("by", by),
        abi_text("took", took(alerts, drill->is[DRILL_STARTED_AT], alerts_now(alerts))),
        abi_int("pages", drill->is[DRILL_PAGES]),
    };
    struct mooring_arg who = abi_member("who", (uint64_t)drill->is[DRILL_PERSON]);
    struct str room = alerts_piece(alerts, group, STR("alerts.drill-in-room"), NULL, 0);
    struct str person = alerts_piece(alerts, group, STR("alerts.drill-in-private"), &who, 1);
    struct mooring_arg args[] = {
        abi_text("head",
                 alerts_piece(alerts, group, str_of(end_msgids[end]), head, COUNT_OF(head))),
        abi_text("room", leg_piece(alerts, drill, DRILL_ROOM_ROW, room, "alerts.drill-no-room")),
        abi_text("person",
                 leg_piece(alerts, drill, DRILL_PERSON_ROW, person, "alerts.drill-no-person")),
    };
    struct mooring_message message = {
        .struct_size = sizeof message,
        /* in earnest now: one line, no figures */
        .msgid = end == ALERTS_DRILL_INTERRUPTED ? end_msgids[end] : "alerts.drill-over",
        .args = args,
        .arg_count = COUNT_OF(args)};
    return say_to_team(alerts, group, message);
}
