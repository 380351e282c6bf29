/* SPDX-License-Identifier: MIT */
/* more.c: a further call of somebody whose alert is open already, of no higher tier: the same words
 * again, or others, which are answered and told to the team. */
#include "alerts/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static bool holds_word(struct str list, struct str wanted)
{
    struct str word;
    while (str_word(&list, &word))
        if (str_eq(word, wanted))
            return true;
    return false;
}

static bool rings_another_rule(const struct alerts_call *call, const struct store_alert *alert)
{
    for (size_t i = 0; i < call->verdict.rule_count; i++)
        if (!holds_word(alert->rules, str_of(call->verdict.rules[i])))
            return true;
    return false;
}

/* Each call's words are a line under the alert. */
static bool holds_line(struct str text, struct str wanted)
{
    wanted = str_trim(wanted);
    if (str_empty(wanted)) /* a choice, a tap: nothing was said */
        return true;
    struct str line;
    while (str_split(&text, '\n', &line))
        if (str_eq_nocase(str_trim(line), wanted))
            return true;
    return false;
}

bool alerts_says_more(const struct alerts_call *call, const struct store_alert *alert)
{
    return rings_another_rule(call, alert) || !holds_line(alert->text, call->text);
}

struct str alerts_join_rules(struct alerts *alerts, struct str first, struct str then)
{
    AUTO_BUF rules;
    struct str rule;
    buf_init(&rules, 2048);
    buf_add(&rules, first);
    while (str_word(&then, &rule))
        if (!holds_word(first, rule))
            buf_add_format(&rules, "%s%.*s", rules.len ? " " : "", STR_ARG(rule));
    return rules.failed ? first : str_keep(&alerts->arena, buf_str(&rules));
}

/* A new rule is told each time, and there are so many of them; other words alone once a minute: a
 * person who writes and writes must not bury the page. */
int alerts_add_more(struct alerts *alerts, const struct alerts_call *call,
                    struct store_alert *alert)
{
    char key[64];
    int64_t once = rings_another_rule(call, alert) ? (int64_t)call->source
                                                   : -(alerts_now(alerts) / CLOCK_MINUTE_MS);
    (void)snprintf(key, sizeof key, "more/%" PRIu64 "/%" PRId64, alert->id, once);
    alert->rules = alerts_join_rules(alerts, alert->rules, alerts_rules_of(alerts, &call->verdict));
    alerts->more_source = call->source;
    int r = alerts_audit(alerts, "alert-more", alert, 0, STR(""));
    return r < 0 ? r : alerts_say_more(alerts, alert, call, key);
}
