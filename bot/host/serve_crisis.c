/* SPDX-License-Identifier: MIT */
/* serve_crisis.c: alerts, reading and cards. */
#include <errno.h>

#include "host/internal.h"

/* ABI verdict from the classifier's, in the arena. */
static void lend_verdict(struct arena *arena, const struct safety_verdict *verdict,
                         struct mooring_verdict *ret_verdict)
{
    AUTO_BUF rules;
    buf_init(&rules, 512);
    for (size_t i = 0; i < verdict->rule_count; i++)
        buf_add_format(&rules, "%s%s", i ? " " : "", verdict->rules[i]);
    *ret_verdict = (struct mooring_verdict){
        .struct_size = sizeof *ret_verdict,
        .kind = (uint32_t)verdict->kind,
        .tier = (uint32_t)verdict->tier,
        .who = (uint32_t)verdict->who,
        .rules = abi_lend(str_keep(arena, buf_str(&rules))),
    };
}

static int classify(struct mooring_self self, struct mooring_str text, uint32_t context,
                    struct mooring_verdict *ret_verdict)
{
    struct host *host = host_self(self)->host;
    struct safety_verdict verdict;
    safety_classify(host->parts.safety, abi_take(text), context, &verdict);
    lend_verdict(&host->arena, &verdict, ret_verdict);
    return 0;
}

static const struct group *group_for(struct host *host, uint64_t member, uint64_t source)
{
    const struct outbox_source *from = outbox_find_source(host->parts.outbox, source);
    if (from && from->group)
        return groups_by_id(host->parts.groups, from->group);
    return member ? people_home(host->parts.people, member) : NULL;
}

static int card(struct mooring_self self, struct mooring_to to, uint32_t kind, uint32_t tier)
{
    struct host *host = host_self(self)->host;
    if (kind >= SAFETY_KIND_COUNT || tier > 4)
        return -EINVAL;
    const struct outbox_source *from = outbox_find_source(host->parts.outbox, to.answers.id);
    uint64_t member = to.member.id ? to.member.id : from ? from->member : 0;
    return alerts_card(host->parts.alerts, to.answers.id, member,
                       group_for(host, member, to.answers.id), (enum safety_kind)kind, (int)tier);
}

const struct mooring_safety serve_safety = {
    .struct_size = sizeof serve_safety, .classify = classify, .card = card};

/* ---- alerts ---------------------------------------------------------------------------------- */

static int raise_alert(struct mooring_self self, const struct mooring_alert *alert,
                       struct mooring_alert_status *ret_status)
{
    struct host *host = host_self(self)->host;
    if (!alert || alert->verdict.kind >= SAFETY_KIND_COUNT || alert->verdict.tier > 4)
        return -EINVAL;
    const struct outbox_source *from = outbox_find_source(host->parts.outbox, alert->source.id);
    bool in_hand = host->event && host->event->source.id == alert->source.id;
    struct alerts_call call = {
        .member = alert->about.id,
        .source = alert->source.id,
        .group = group_for(host, alert->about.id, alert->source.id),
        .who = from ? from->display : (struct str){0},
        .text = in_hand ? abi_take(host->event->text) : (struct str){0},
        .verdict = {.kind = (enum safety_kind)alert->verdict.kind,
                    .tier = (int)alert->verdict.tier,
                    .who = alert->verdict.who < SAFETY_WHO_COUNT
                               ? (enum safety_who)alert->verdict.who
                               : SAFETY_WHO_NONE},
    };
    struct str rest = abi_take(alert->verdict.rules), rule;
    while (call.verdict.rule_count < SAFETY_RULES_MAX && str_word(&rest, &rule)) {
        const char *kept = arena_copy_text(&host->arena, rule.ptr, rule.len);
        if (!kept)
            return -ENOMEM;
        call.verdict.rules[call.verdict.rule_count++] = kept;
    }
    return alerts_raise(host->parts.alerts, &call, ret_status);
}

static int note(struct mooring_self self, struct mooring_alert_id alert, const char *msgid,
                const struct mooring_arg *args, size_t count)
{
    return alerts_note(host_self(self)->host->parts.alerts, alert.id, msgid, args, count);
}

static int open_alert(struct mooring_self self, struct mooring_member member,
                      struct mooring_alert_status *ret_status)
{
    return alerts_status_of(host_self(self)->host->parts.alerts, member.id, ret_status);
}

const struct mooring_alerts serve_alerts = {
    .struct_size = sizeof serve_alerts, .raise = raise_alert, .note = note, .open = open_alert};
