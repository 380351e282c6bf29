/* SPDX-License-Identifier: MIT */
/* alerts.c: a call for help becomes a durable alert, or raises the one that is open; time drives
 * its pages. */
#include "alerts/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "base/utf8.h"
#include "observe/log.h"
#include "store/values.h"

static const char tier_two_key[] = "alerts.tier-two";

int64_t alerts_now(const struct alerts *alerts)
{
    return clock_wall_at(alerts->parts.clock);
}

bool alerts_is_recent(const struct alerts *alerts, int64_t at, int64_t within_ms)
{
    int64_t ago_ms = alerts_now(alerts) - at;
    return ago_ms < within_ms && ago_ms > -CLOCK_HOUR_MS;
}

/* ---- life ------------------------------------------------------------------------------------ */

int alerts_create(const struct alerts_parts *parts, struct alerts **ret_alerts)
{
    struct alerts *alerts = mem_zalloc(sizeof *alerts);
    if (!alerts)
        return -ENOMEM;
    alerts->parts = *parts;
    arena_init(&alerts->arena, 1024 * 1024);
    alerts->maybe_drill = true;
    struct metrics *all = parts->metrics;
    alerts->raised = metrics_counter(all, "mooring_alerts_total",
                                     "Calls for help that opened or raised an alert.", NULL,
                                     STR(""));
    alerts->paged = metrics_counter(all, "mooring_alert_pages_total", "Pages that reached a queue.",
                                    NULL, STR(""));
    alerts->unpaged = metrics_counter(all, "mooring_alert_unpaged_total",
                                      "Pages for which nobody could be reached.", NULL, STR(""));
    alerts->carded = metrics_counter(all, "mooring_alert_cards_total", "Crisis cards sent.", NULL,
                                     STR(""));
    *ret_alerts = alerts;
    return 0;
}

void alerts_destroy(struct alerts *alerts)
{
    if (!alerts)
        return;
    arena_done(&alerts->arena);
    mem_wipe(alerts->unsaved, sizeof alerts->unsaved);
    mem_free(alerts);
}

void alerts_reloaded(struct alerts *alerts, struct groups *groups, const struct settings *settings)
{
    alerts->parts.groups = groups;
    alerts->parts.settings = settings;
}

void alerts_on_change(struct alerts *alerts,
                      void (*changed)(void *ctx, uint64_t alert, enum alerts_change change),
                      void *ctx)
{
    alerts->changed = changed;
    alerts->changed_ctx = ctx;
}

void alerts_tell(struct alerts *alerts, uint64_t alert, enum alerts_change change)
{
    if (alerts->changed)
        alerts->changed(alerts->changed_ctx, alert, change);
}

/* ---- small things that the other files use --------------------------------------------------- */

const struct group *alerts_group(const struct alerts *alerts, uint64_t id)
{
    const struct group *group = id ? groups_by_id(alerts->parts.groups, id) : NULL;
    if (group)
        return group;
    return groups_count(alerts->parts.groups) ? groups_at(alerts->parts.groups, 0) : NULL;
}

struct str alerts_name(struct str who)
{
    size_t end = str_find(who, STR("|"), 0);
    return end == SIZE_MAX ? who : str_upto(who, end);
}

int alerts_audit(struct alerts *alerts, const char *event, const struct store_alert *alert,
                 uint64_t actor, struct str detail)
{
    AUTO_BUF details;
    buf_init(&details, 256);
    buf_add_format(&details, "alert=%" PRIu64 " tier=%d pages=%d", alert->id, alert->tier,
                   alert->pages);
    if (!str_empty(detail))
        buf_add_format(&details, " code=%.*s", STR_ARG(detail));
    struct store_audit_row row = {.at = alerts_now(alerts),
                                  .actor = actor,
                                  .subject = alert->member,
                                  .group = alert->group,
                                  .plugin = STR(""),
                                  .event = str_of(event),
                                  .details = buf_str(&details)};
    return store_audit_put(alerts->parts.store, &row);
}

static const struct mooring_owner house = {.kind = MOORING_OWN_PLUGIN};

/* One durable job for each alert, under the core's own name: it outlives a restart, and setting it
 * again moves it.  at 0 takes it away. */
int alerts_set_clock(struct alerts *alerts, uint64_t alert, int64_t at)
{
    char key[32];
    (void)snprintf(key, sizeof key, "page/%" PRIu64, alert);
    if (at == 0) {
        int r = jobs_cancel(alerts->parts.jobs, STR(""), house, str_of(key));
        return r == -ENOENT ? 0 : r;
    }
    struct mooring_when when = {.struct_size = sizeof when,
                                .flags = alerts->holds_clock ? MOORING_WHEN_VOLATILE : 0,
                                .at = at};
    return jobs_set(alerts->parts.jobs, STR(""), house, str_of(key), &when);
}

/* ---- raising --------------------------------------------------------------------------------- */

struct finder {
    struct alerts *alerts;
    struct str who;
    uint64_t group, found;
};

static void match_who(void *ctx, const struct store_alert *alert)
{
    struct finder *finder = ctx;
    if (!finder->found && alert->member == 0 && alert->group == finder->group &&
        str_eq(alert->who, finder->who))
        finder->found = alert->id;
}

/* The open alert of the same person; one without identity is known by where they speak from. */
int alerts_find_open(struct alerts *alerts, const struct alerts_call *call, struct str who,
                     struct store_alert *ret_alert)
{
    if (call->member)
        return store_alerts_open_of(alerts->parts.store, call->member, &alerts->arena, ret_alert);
    struct finder finder = {
        .alerts = alerts, .who = who, .group = call->group ? call->group->id : 0};
    int r = store_alerts_each_open(alerts->parts.store, match_who, &finder);
    if (r < 0)
        return r;
    return finder.found
               ? store_alerts_get(alerts->parts.store, finder.found, &alerts->arena, ret_alert)
               : -ENOENT;
}

struct str alerts_who_of(struct alerts *alerts, const struct alerts_call *call)
{
    const struct outbox_source *source = outbox_find_source(alerts->parts.outbox, call->source);
    AUTO_BUF who;
    buf_init(&who, ALERTS_WHO_MAX);
    for (size_t i = 0; i < call->who.len && who.len < 80; i++)
        buf_add_byte(&who, call->who.ptr[i] == '|' ? '/' : call->who.ptr[i]);
    who.len = utf8_whole(buf_str(&who));
    struct str network = source ? source->network : call->network;
    struct str user = source ? source->user : call->user;
    if (!str_empty(network))
        buf_add_format(&who, "|%.*s|%.*s", (int)MIN_OF(network.len, 40), network.ptr,
                       (int)MIN_OF(user.len, 70), user.ptr ? user.ptr : "");
    return str_keep(&alerts->arena, str_upto(buf_str(&who), utf8_whole(buf_str(&who))));
}

struct str alerts_rules_of(struct alerts *alerts, const struct safety_verdict *verdict)
{
    AUTO_BUF rules;
    buf_init(&rules, 512);
    for (size_t i = 0; i < verdict->rule_count; i++)
        buf_add_format(&rules, "%s%s", i ? " " : "", verdict->rules[i]);
    return str_keep(&alerts->arena, buf_str(&rules));
}

/* Two of tier 2 within a day make 3.  Remembered with the member, so that it also counts when the
 * first was closed. */
static int tier_of(struct alerts *alerts, const struct alerts_call *call,
                   const struct store_alert *open)
{
    int64_t now = alerts_now(alerts);
    if (call->verdict.tier != 2)
        return call->verdict.tier;
    if (open)
        return open->tier == 2 && now - open->raised_at < ALERTS_TIER_TWO_MS ? 3 : 2;
    struct str value;
    int64_t at;
    bool again = call->member &&
                 store_values_get(alerts->parts.store, STR(""), MOORING_OWN_MEMBER, call->member,
                                  STR(tier_two_key), &alerts->arena, &value) == 0 &&
                 number_parse(value, 0, INT64_MAX, &at) == 0 && now - at < ALERTS_TIER_TWO_MS;
    return again ? 3 : 2;
}

/* Expires by itself after the window in which a second one would count. */
static int note_tier_two(struct alerts *alerts, const struct alerts_call *call)
{
    if (call->verdict.tier != 2 || !call->member)
        return 0;
    char value[24];
    int64_t now = alerts_now(alerts);
    (void)snprintf(value, sizeof value, "%" PRId64, now);
    return store_values_put(alerts->parts.store, STR(""), MOORING_OWN_MEMBER, call->member,
                            STR(tier_two_key), str_of(value), now + ALERTS_TIER_TWO_MS);
}

static void fill_status(struct alerts *alerts, const struct store_alert *alert,
                        struct mooring_alert_status *ret_status)
{
    int64_t at;
    uint64_t on_call = alerts_on_call(alerts, alerts_group(alerts, alert->group), &at);
    *ret_status = (struct mooring_alert_status){.struct_size = sizeof *ret_status,
                                                .alert = {alert->id},
                                                .state = (uint32_t)alert->state,
                                                .tier = (uint32_t)alert->tier,
                                                .on_call = {on_call},
                                                .on_call_at = at,
                                                .acknowledged_by = {alert->acknowledged_by}};
}

/* What a person says while their alert is open stands under it, the latest last. */
static void add_text(struct alerts *alerts, struct store_alert *alert, struct str said)
{
    if (str_empty(said))
        return;
    AUTO_BUF all;
    buf_init(&all, 4 * ALERTS_TEXT_MAX + 1);
    buf_add(&all, alert->text);
    if (all.len)
        buf_add_byte(&all, '\n');
    buf_add(&all, str_upto(said, utf8_floor(said.ptr, said.len,
                                            MIN_OF(said.len, (size_t)ALERTS_TEXT_MAX))));
    if (all.failed)
        return;
    size_t from = all.len > ALERTS_TEXT_MAX
                      ? utf8_floor(all.ptr, all.len, all.len - ALERTS_TEXT_MAX)
                      : 0;
    struct str kept = str_keep(&alerts->arena, str_from(buf_str(&all), from));
    if (kept.ptr)
        alert->text = kept;
}

/* Stored first, so that the page carries the number that answers it. */
static int open_alert(struct alerts *alerts, const struct alerts_call *call, struct str who,
                      struct store_alert *alert)
{
    const struct outbox_source *source = outbox_find_source(alerts->parts.outbox, call->source);
    const struct group *group = call->group ? call->group : alerts_group(alerts, 0);
    int64_t now = alerts_now(alerts);
    *alert = (struct store_alert){.member = call->member,
                                  .group = group ? group->id : 0,
                                  .room = source && !str_empty(source->room) ? source->room_id
                                                                             : call->room_id,
                                  .kind = (int)call->verdict.kind,
                                  .tier = tier_of(alerts, call, NULL),
                                  .state = MOORING_ALERT_OPEN,
                                  .opened_at = call->called_at ? call->called_at : now,
                                  .raised_at = call->called_at ? call->called_at : now,
                                  .rules = alerts_rules_of(alerts, &call->verdict),
                                  .who = who};
    add_text(alerts, alert, call->text);
    int r = store_alerts_put(alerts->parts.store, alert);
    if (r == 0)
        r = alerts_audit(alerts, "alert-raise", alert, 0, STR(""));
    if (r == 0)
        r = alerts_page(alerts, alert);
    return r;
}

/* Never lower: a word that sounds better is not a person who looked. */
static int raise_open(struct alerts *alerts, const struct alerts_call *call,
                      struct store_alert *alert)
{
    int tier = tier_of(alerts, call, alert);
    bool more = alerts_says_more(call, alert);
    add_text(alerts, alert, call->text);
    if (tier <= alert->tier) {
        int added = more ? alerts_add_more(alerts, call, alert) : 0;
        return added < 0 ? added : store_alerts_put(alerts->parts.store, alert);
    }
    const struct outbox_source *source = outbox_find_source(alerts->parts.outbox, call->source);
    alert->tier = tier;
    if (call->verdict.kind !=
        SAFETY_NONE) /* "sos" says less of what it is than what was read before */
        alert->kind = (int)call->verdict.kind;
    alert->room = source && !str_empty(source->room) ? source->room_id : call->room_id; /* now */
    alert->rules = alerts_join_rules(alerts, alerts_rules_of(alerts, &call->verdict), alert->rules);
    alert->raised_at = alerts_now(alerts);
    alert->state = MOORING_ALERT_OPEN; /* who answered the lower one may not know of this */
    alert->pages = 0;
    int r = alerts_audit(alerts, "alert-raise", alert, 0, STR(""));
    return r < 0 ? r : alerts_page(alerts, alert);
}

static int raise_in_store(struct alerts *alerts, const struct alerts_call *call,
                          struct store_alert *alert)
{
    struct str who = alerts_who_of(alerts, call);
    int r = alerts_find_open(alerts, call, who, alert);
    bool is_new = r == -ENOENT;
    if (r < 0 && !is_new)
        return r;
    r = is_new ? open_alert(alerts, call, who, alert) : raise_open(alerts, call, alert);
    if (r == 0)
        r = note_tier_two(alerts, call);
    struct outbox_effect effect = {
        .kind = OUTBOX_EFFECT_ALERT, .member = call->member, .at = (int64_t)alert->id};
    if (r == 0)
        r = outbox_note_effect(alerts->parts.outbox, call->source, &effect);
    if (r == 0)
        alerts_tell(alerts, alert->id, ALERTS_OPENED);
    return r;
}

/* All of it, or none: what goes on in memory must not stand by half in the store as well. */
static int raise_whole(struct alerts *alerts, const struct alerts_call *call,
                       struct store_alert *alert)
{
    struct store_savepoint savepoint;
    int r = store_savepoint(alerts->parts.store, &savepoint);
    if (r < 0)
        return r;
    r = raise_in_store(alerts, call, alert);
    if (r == 0)
        return store_release(alerts->parts.store, savepoint);
    int undone = store_rollback_to(alerts->parts.store, savepoint);
    return undone < 0 ? undone : r;
}

int alerts_raise(struct alerts *alerts, const struct alerts_call *call,
                 struct mooring_alert_status *ret_status)
{
    metric_add(alerts->raised, 1);
    if (call->verdict.tier < 2)
        return -ENOENT;
    arena_reset(&alerts->arena);
    struct store_alert alert;
    int r = raise_whole(alerts, call, &alert);
    if (store_is_fault(r)) {
        log_event(LOG_LEVEL_ERROR, "alert_unsaved", LOG_ERRNO(r),
                  LOG_INT("tier", call->verdict.tier));
        alerts_keep_unsaved(alerts, call);
        alert = (struct store_alert){.group = call->group ? call->group->id : 0,
                                     .tier = call->verdict.tier};
        r = 0;
    }
    if (r < 0)
        return r;
    if (alert.id)
        alerts_stage(alerts, call, alert.id);
    fill_status(alerts, &alert, ret_status);
    alerts_drill_interrupt(alerts);
    return 0;
}

int alerts_forget_words(struct alerts *alerts, uint64_t id)
{
    struct store_alert alert;
    arena_reset(&alerts->arena);
    int r = store_alerts_get(alerts->parts.store, id, &alerts->arena, &alert);
    if (r < 0)
        return r;
    alert.text = (struct str){0};
    return store_alerts_put(alerts->parts.store, &alert);
}

int alerts_status_of(struct alerts *alerts, uint64_t member,
                     struct mooring_alert_status *ret_status)
{
    struct store_alert alert;
    arena_reset(&alerts->arena);
    int r = store_alerts_open_of(alerts->parts.store, member, &alerts->arena, &alert);
    if (r == 0)
        fill_status(alerts, &alert, ret_status);
    return r;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Somebody took it and did not say what came of it. */
static int remind(struct alerts *alerts, struct store_alert *alert)
{
    struct mooring_arg by = abi_member("by", alert->acknowledged_by);
    int r = alerts_say(alerts, alert, "alerts.still-open", &by, 1);
    if (r < 0)
        return r;
    alert->next_page_at = alerts_now(alerts) + ALERTS_REMIND_MS;
    r = store_alerts_put(alerts->parts.store, alert);
    return r < 0 ? r : alerts_set_clock(alerts, alert->id, alert->next_page_at);
}

/* The job may outlive its reason: an alert closed in the meantime is no error. */
static int page_due(struct alerts *alerts, uint64_t id)
{
    struct store_alert alert;
    int r = store_alerts_get(alerts->parts.store, id, &alerts->arena, &alert);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    switch ((enum mooring_alert_state)alert.state) {
    case MOORING_ALERT_OPEN:
        return alerts_page(alerts, &alert);
    case MOORING_ALERT_ACKNOWLEDGED:
        return remind(alerts, &alert);
    case MOORING_ALERT_CLOSED:
        break;
    }
    return 0;
}

/* Thirty days are the promise to members; no setting, and no mistake in one, makes it longer. */
static int wipe_due(struct alerts *alerts)
{
    const struct settings *settings = alerts->parts.settings;
    int64_t days = settings ? settings_integer(settings_root(settings), "safety.alert_text_days")
                            : 30;
    days = days < 1 || days > 30 ? 30 : days;
    return store_alerts_wipe_texts(alerts->parts.store, alerts_now(alerts) - days * CLOCK_DAY_MS);
}

int alerts_due(struct alerts *alerts, const struct store_job *job, bool late)
{
    (void)late; /* a page that is late is needed all the more */
    arena_reset(&alerts->arena);
    if (str_eq_c(job->key, "wipe"))
        return wipe_due(alerts);
    if (str_eq_c(job->key, "unsaved"))
        return alerts_retry_unsaved(alerts);
    int64_t id;
    bool is_drill = str_starts(job->key, STR("drill/"));
    if (!is_drill && !str_starts(job->key, STR("page/")))
        return -EINVAL;
    if (number_parse(str_from(job->key, is_drill ? 6 : 5), 1, INT64_MAX, &id) < 0)
        return -EINVAL;
    return is_drill ? alerts_drill_due(alerts, (uint64_t)id) : page_due(alerts, (uint64_t)id);
}
