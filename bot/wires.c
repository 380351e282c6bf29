/* SPDX-License-Identifier: MIT */
/* wires.c: what lower parts ask of higher ones. */
#include <errno.h>

#include "internal.h"
#include "observe/log.h"
#include "overdue.h"

int wires_local_time(void *ctx, struct str zone_name, int64_t at, struct mooring_civil *ret_local)
{
    struct bot *bot = ctx;
    const struct zone *zone;
    struct civil civil;
    int r = zones_get(bot->ground->zones, zone_name, &zone);
    if (r == 0)
        r = zone_local_at(zone, at, &civil);
    if (r < 0)
        return r;
    *ret_local = (struct mooring_civil){civil.year,
                                        civil.month,
                                        civil.day,
                                        civil.hour,
                                        civil.minute,
                                        civil.second,
                                        civil_weekday(&civil) - 1};
    return 0;
}

bool wires_zone_known(void *ctx, struct str zone, char *nearest, size_t size)
{
    struct bot *bot = ctx;
    return bot->setup->schema.zone_known(bot->setup->schema.zone_ctx, zone, nearest, size);
}

struct chat_network *wires_network(void *ctx, struct str name)
{
    return bot_network(ctx, name);
}

int wires_turn(void *ctx, int (*work)(void *work_ctx), void *work_ctx)
{
    struct bot *bot = ctx;
    return turn_call(bot->turn, work, work_ctx);
}

void wires_jobs_wake(void *ctx)
{
    struct bot *bot = ctx;
    turn_due(bot->turn);
}

/* What became of a message, in a turn of its own. */
struct result_turn {
    struct bot *bot;
    const struct outbox_result *result;
};

static int result_work(void *ctx)
{
    struct result_turn *told = ctx;
    alerts_refused(told->bot->alerts, told->result);
    alerts_page_result(told->bot->alerts, told->result);
    alerts_drill_result(told->bot->alerts, told->result);
    host_sent(told->bot->host, told->result);
    return 0;
}

void wires_result(void *ctx, const struct outbox_result *result)
{
    struct bot *bot = ctx;
    struct result_turn told = {bot, result};
    bool wanted = (result->flags & (MOORING_SAY_REPORT | MOORING_SAY_CRISIS)) != 0 || result->alert;
    if (!wanted || !bot->turn)
        return;
    int r = turn_call(bot->turn, result_work, &told);
    if (r == -ENOMEM) { /* it left nothing behind, and is told only once: from the reserve */
        mem_reserve_begin();
        r = turn_call(bot->turn, result_work, &told);
        mem_reserve_end();
    }
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "result_turn_failed", LOG_ERRNO(r));
}

void wires_alert_change(void *ctx, uint64_t alert, enum alerts_change change)
{
    static const enum host_alert_change changes[] = {
        [ALERTS_OPENED] = HOST_ALERT_OPENED,
        [ALERTS_ACKNOWLEDGED] = HOST_ALERT_ACKNOWLEDGED,
        [ALERTS_CLOSED] = HOST_ALERT_CLOSED};
    struct bot *bot = ctx;
    host_alert(bot->host, alert, changes[change]);
}

void wires_committed(void *ctx)
{
    struct bot *bot = ctx;
    if (bot->hooks) {
        outbox_committed(bot->outbox);
        jobs_committed(bot->jobs);
        alerts_committed(bot->alerts);
    }
}

void wires_rolled_back(void *ctx)
{
    struct bot *bot = ctx;
    if (bot->hooks) {
        outbox_rolled_back(bot->outbox);
        jobs_rolled_back(bot->jobs);
        alerts_rolled_back(bot->alerts);
        dialogues_rolled_back(bot->dialogues);
    }
}

const struct mooring_dialogue *wires_dialogue(void *ctx, struct str plugin, struct str name)
{
    struct bot *bot = ctx;
    return host_dialogue_find(bot->host, plugin, name);
}

int wires_dialogue_done(void *ctx, struct str plugin, const struct mooring_dialogue *dialogue,
                        const struct mooring_event *event, const struct mooring_answers *answers)
{
    struct bot *bot = ctx;
    return host_dialogue_done(bot->host, plugin, dialogue, event, answers);
}

/* The floor's own reading and cards. */
static void read_floor(void *ctx, struct str text, struct safety_verdict *ret_verdict)
{
    struct bot *bot = ctx;
    safety_classify(bot->safety, text, 0, ret_verdict);
}

struct selftest_parts bot_selftest_parts(struct bot *bot)
{
    return (struct selftest_parts){.store = bot->ground->store,
                                   .groups = bot->groups,
                                   .alerts = bot->alerts,
                                   .clock = &bot->ground->clock,
                                   .read = read_floor,
                                   .card = card_text,
                                   .ctx = bot};
}

static int silently(void *ctx)
{
    struct bot *bot = ctx;
    struct selftest_parts parts = bot_selftest_parts(bot);
    return selftest_run(&parts, false, &bot->selftest);
}

void bot_selftest(struct bot *bot, struct selftest *ret_last)
{
    int r = turn_call(bot->turn, silently, bot);
    (void)
        r; /* past a disk that cannot be written it is not kept: what it found holds all the same */
    *ret_last = bot->selftest;
}

static int test_again(struct bot *bot)
{
    struct mooring_when when = {.struct_size = sizeof when,
                                .at = clock_wall_at(&bot->ground->clock) + SELFTEST_AGAIN_MS};
    struct mooring_owner owner = {.kind = MOORING_OWN_PLUGIN};
    return jobs_set(bot->jobs, (struct str){0}, owner, STR(SELFTEST_AGAIN_KEY), &when);
}

/* A network that comes back within a few minutes is no reason to wake anybody; nor is one that a
 * bot, begun a minute ago, has not reached yet. */
int wires_job(void *ctx, const struct store_job *job)
{
    struct bot *bot = ctx;
    if (str_eq_c(job->key, OVERDUE_KEY)) {
        int told = overdue_tell(bot->ground->store, bot->alerts);
        return told < 0 ? told : 1;
    }
    struct selftest_parts parts = bot_selftest_parts(bot);
    bool again = str_eq_c(job->key, SELFTEST_AGAIN_KEY);
    if (!again && !str_eq_c(job->key, SELFTEST_KEY))
        return 0;
    int64_t age_ms = clock_elapsed_ms(&bot->ground->clock) - bot->began_ms;
    int r = 0;
    if (age_ms >= SELFTEST_AGAIN_MS)
        r = selftest_run(&parts, again, &bot->selftest);
    if (r >= 0 &&
        (age_ms < SELFTEST_AGAIN_MS || (!again && bot->selftest.failed + bot->selftest.warned > 0)))
        r = test_again(bot);
    return r < 0 ? r : 1;
}

void wires_text_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    log_event(LOG_LEVEL_ERROR, "text_mistake", LOG_TEXT("what", mistake->text));
}
