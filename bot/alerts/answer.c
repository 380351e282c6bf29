/* SPDX-License-Identifier: MIT */
/* answer.c: what people do about an alert.  Only they end one; nothing here, and nothing elsewhere,
 * lowers a tier. */
#include "alerts/internal.h"

#include <errno.h>

const char *const alerts_codes[] = {"reached",    "safe",        "emergency", "referred",
                                    "no-contact", "false-alarm", NULL};

/* Only the group's own team: another group's must not learn of the call, and who took it there
 * would stop its pages here.  by 0: nobody in particular, a plugin. */
static bool may_answer(struct alerts *alerts, uint64_t by, const struct store_alert *alert)
{
    const struct group *group = alerts_group(alerts, alert->group);
    return by == 0 || !group ||
           people_member_role(alerts->parts.people, by, group) >= MOORING_ROLE_MODERATOR;
}

struct chooser {
    struct alerts *alerts;
    uint64_t by;
    int state; /* the one that is looked for; -1: any that is open */
    uint64_t found;
    size_t count;
};

static void choose(void *ctx, const struct store_alert *alert)
{
    struct chooser *chooser = ctx;
    if ((chooser->state >= 0 && alert->state != chooser->state) ||
        !may_answer(chooser->alerts, chooser->by, alert))
        return;
    chooser->found = alert->id;
    chooser->count++;
}

/* id 0: the only one in that state. */
static int find(struct alerts *alerts, uint64_t id, uint64_t by, int state,
                struct store_alert *ret_alert)
{
    arena_reset(&alerts->arena);
    if (id == 0) {
        struct chooser chooser = {.alerts = alerts, .by = by, .state = state};
        int r = store_alerts_each_open(alerts->parts.store, choose, &chooser);
        if (r < 0)
            return r;
        if (chooser.count != 1)
            return chooser.count ? -ENOTUNIQ : -ENOENT;
        id = chooser.found;
    }
    struct store_alert alert;
    int r = store_alerts_get(alerts->parts.store, id, &alerts->arena, &alert);
    if (r == 0 && !may_answer(alerts, by, &alert))
        return -ENOENT;
    if (r == 0)
        *ret_alert = alert;
    return r;
}

static int save(struct alerts *alerts, struct store_alert *alert)
{
    int r = store_alerts_put(alerts->parts.store, alert);
    return r < 0 ? r : alerts_set_clock(alerts, alert->id, alert->next_page_at);
}

int alerts_acknowledge(struct alerts *alerts, uint64_t id, uint64_t by, uint64_t *ret_id)
{
    struct store_alert alert;
    int r = find(alerts, id, by, MOORING_ALERT_OPEN, &alert);
    if (r < 0)
        return r;
    if (alert.state != MOORING_ALERT_OPEN)
        return -EALREADY;
    alert.state = MOORING_ALERT_ACKNOWLEDGED;
    alert.acknowledged_at = alerts_now(alerts);
    alert.acknowledged_by = by;
    alert.next_page_at = alert.acknowledged_at + ALERTS_REMIND_MS;
    r = save(alerts, &alert);
    if (r == 0)
        r = alerts_audit(alerts, "alert-acknowledge", &alert, by, STR(""));
    if (r == 0) {
        struct mooring_arg who = abi_member("by", by);
        r = alerts_say(alerts, &alert, "alerts.acknowledged", &who, 1);
    }
    if (r < 0)
        return r;
    alerts_tell(alerts, alert.id, ALERTS_ACKNOWLEDGED);
    *ret_id = alert.id;
    return 0;
}

static bool is_code(struct str code, const char **ret_code)
{
    for (const char *const *known = alerts_codes; *known; known++)
        if (str_eq_nocase(code, str_of(*known))) {
            *ret_code = *known;
            return true;
        }
    return false;
}

/* The outcome, and after a tier 4 a word to those who carried it. */
static int say_closed(struct alerts *alerts, const struct store_alert *alert)
{
    AUTO_BUF code;
    buf_init(&code, 64);
    buf_add_format(&code, "alerts.code-%.*s", STR_ARG(alert->code));
    struct mooring_arg args[] = {
        abi_member("by", alert->closed_by),
        abi_msgid("code", buf_str(&code)),
    };
    int r = code.failed ? code.failed : alerts_say(alerts, alert, "alerts.closed", args, 2);
    if (r < 0 || alert->tier < 4)
        return r;
    return alerts_say(alerts, alert, "alerts.debrief", NULL, 0);
}

int alerts_close(struct alerts *alerts, uint64_t id, uint64_t by, struct str code, uint64_t *ret_id)
{
    const char *known;
    if (!is_code(code, &known))
        return -EINVAL;
    struct store_alert alert;
    int r = find(alerts, id, by, -1, &alert);
    if (r < 0)
        return r;
    if (alert.state == MOORING_ALERT_CLOSED)
        return -EALREADY;
    alert.state = MOORING_ALERT_CLOSED;
    alert.closed_at = alerts_now(alerts);
    alert.closed_by = by;
    alert.next_page_at = 0;
    alert.code = str_of(known);
    r = save(alerts, &alert);
    if (r == 0)
        r = alerts_audit(alerts, "alert-close", &alert, by, alert.code);
    if (r == 0)
        r = say_closed(alerts, &alert);
    if (r < 0)
        return r;
    alerts_tell(alerts, alert.id, ALERTS_CLOSED);
    *ret_id = alert.id;
    return 0;
}

int alerts_note(struct alerts *alerts, uint64_t id, const char *msgid,
                const struct mooring_arg *args, size_t count)
{
    struct store_alert alert;
    int r = find(alerts, id, 0, -1, &alert);
    if (r < 0)
        return r;
    r = alerts_say(alerts, &alert, msgid, args, count);
    return r < 0 ? r : alerts_audit(alerts, "alert-note", &alert, 0, STR(""));
}
