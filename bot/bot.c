/* SPDX-License-Identifier: MIT */
/* bot.c: builds the parts in order and tears them down in reverse. */
#include "bot.h"

#include <errno.h>

#include "host/marker.h"
#include "internal.h"
#include "observe/log.h"
#include "overdue.h"

int64_t bot_late_after_ms(const struct bot *bot)
{
    return settings_integer(settings_root(bot->setup->settings), "inbox.late_command_minutes") *
           CLOCK_MINUTE_MS;
}

int64_t bot_seen_ms(const struct bot *bot)
{
    return settings_integer(settings_root(bot->setup->settings), "inbox.seen_days") * CLOCK_DAY_MS;
}

struct host_parts bot_host_parts(struct bot *bot)
{
    return (struct host_parts){
        .loop = bot->ground->loop,
        .net = bot->ground->net,
        .store = bot->ground->store,
        .people = bot->people,
        .groups = bot->groups,
        .outbox = bot->outbox,
        .jobs = bot->jobs,
        .zones = bot->ground->zones,
        .alerts = bot->alerts,
        .safety = bot->safety,
        .text = bot->text,
        .settings = bot->setup->settings,
        .metrics = bot->ground->metrics,
        .marker = bot->ground->marker,
        .content_folders = bot->setup->folders,
        .content_folder_count = bot->setup->folder_count,
        .ctx = bot,
        .turn = wires_turn,
    };
}

/* What the bot knows: texts, groups, people, time. */
static int build_knowledge(struct bot *bot)
{
    struct bot_ground *ground = bot->ground;
    int r = 0;
    if (!bot->safety)
        bot->safety = safety_create();
    if (!bot->safety)
        return -ENOMEM;
    if (!bot->text)
        r = text_load(bot->setup->folders, bot->setup->folder_count, wires_text_mistake, NULL,
                      &bot->text);
    if (r == 0)
        r = groups_create(bot->setup->settings, ground->store, &bot->groups);
    if (r == 0)
        r = people_create(ground->store, bot->groups, &bot->people);
    if (r == 0)
        r = jobs_create(ground->loop, ground->store, ground->zones, ground->metrics,
                        &ground->random, wires_jobs_wake, bot, &bot->jobs);
    return r;
}

/* The way of a message. */
static int build_way(struct bot *bot)
{
    struct bot_ground *ground = bot->ground;
    struct outbox_parts outbox = {.loop = ground->loop,
                                  .store = ground->store,
                                  .people = bot->people,
                                  .groups = bot->groups,
                                  .text = bot->text,
                                  .metrics = ground->metrics,
                                  .local = wires_local_time,
                                  .network = wires_network,
                                  .ctx = bot};
    int r = outbox_create(&outbox, &bot->outbox);
    if (r < 0)
        return r;
    outbox_on_result(bot->outbox, wires_result, bot);
    struct alerts_parts alerts = {.store = ground->store,
                                  .people = bot->people,
                                  .groups = bot->groups,
                                  .outbox = bot->outbox,
                                  .jobs = bot->jobs,
                                  .zones = ground->zones,
                                  .clock = &ground->clock,
                                  .metrics = ground->metrics,
                                  .settings = bot->setup->settings};
    r = alerts_create(&alerts, &bot->alerts);
    if (r < 0)
        return r;
    struct host_parts host = bot_host_parts(bot);
    r = host_create(&host, &bot->host);
    if (r < 0)
        return r;
    alerts_on_change(bot->alerts, wires_alert_change, bot);
    struct dialogue_parts dialogue = {.store = ground->store,
                                      .outbox = bot->outbox,
                                      .clock = &ground->clock,
                                      .ctx = bot,
                                      .find = wires_dialogue,
                                      .done = wires_dialogue_done,
                                      .zone_known = wires_zone_known};
    r = dialogues_create(&dialogue, &bot->dialogues);
    if (r < 0)
        return r;
    host_set_dialogues(bot->host, bot->dialogues);
    struct inbox_parts inbox = {.store = ground->store,
                                .people = bot->people,
                                .groups = bot->groups,
                                .outbox = bot->outbox,
                                .clock = &ground->clock,
                                .safety = bot->safety,
                                .dialogues = bot->dialogues,
                                .late_after_ms = bot_late_after_ms(bot),
                                .seen_ms = bot_seen_ms(bot)};
    r = inbox_create(&inbox, &bot->inbox);
    if (r < 0)
        return r;
    const struct settings_node *root = settings_root(bot->setup->settings);
    struct dispatch_parts dispatch = {.host = bot->host,
                                      .people = bot->people,
                                      .outbox = bot->outbox,
                                      .dialogues = bot->dialogues,
                                      .clock = &ground->clock,
                                      .prefix = settings_text(root, "prefix"),
                                      .bot_name = settings_text(root, "bot_name")};
    return dispatch_create(&dispatch, &bot->dispatch);
}

struct commands_parts bot_commands_parts(struct bot *bot)
{
    return (struct commands_parts){
        .store = bot->ground->store,
        .people = bot->people,
        .groups = bot->groups,
        .outbox = bot->outbox,
        .alerts = bot->alerts,
        .host = bot->host,
        .dialogues = bot->dialogues,
        .jobs = bot->jobs,
        .clock = &bot->ground->clock,
        .zones = bot->ground->zones,
        .text = bot->text,
        .schema = &bot->setup->schema,
        .settings = bot->setup->settings,
        .safety = bot->safety,
        .ctx = bot,
        .reload = bot_request_reload,
    };
}

static int build_commands(struct bot *bot, struct error *error)
{
    struct commands_parts parts = bot_commands_parts(bot);
    int r = commands_create(&parts, &bot->commands);
    if (r == 0)
        r = host_add_core(bot->host, commands_descriptor(), bot->commands);
    for (size_t i = 0; r == 0 && i < bot->setup->plugin_count; i++)
        r = host_load(bot->host, bot->setup->plugin_folder, bot->setup->plugin_names[i], error);
    struct turn_parts turn = {.store = bot->ground->store,
                              .inbox = bot->inbox,
                              .dispatch = bot->dispatch,
                              .dialogues = bot->dialogues,
                              .host = bot->host,
                              .alerts = bot->alerts,
                              .outbox = bot->outbox,
                              .jobs = bot->jobs,
                              .clock = &bot->ground->clock,
                              .metrics = bot->ground->metrics,
                              .job = wires_job,
                              .ctx = bot};
    return r < 0 ? r : turn_create(&turn, &bot->turn);
}

static int build_networks(struct bot *bot, struct error *error)
{
    struct chat_env env = wires_chat_env(bot);
    const struct settings_node *list = settings_at(settings_root(bot->setup->settings), "networks");
    if (settings_count(list) > BOT_NETWORKS_MAX)
        return error_set(error, -E2BIG, "more than %d networks in one process", BOT_NETWORKS_MAX);
    for (size_t i = 0; i < settings_count(list); i++) {
        const struct settings_node *node = settings_item(list, i);
        const struct chat_class *class = chat_class_find(settings_text(node, "kind"));
        if (!class)
            return error_set(error, -EINVAL, "networks[%zu].kind is not known", i);
        int r = class->create(&env, node, &bot->networks[bot->network_count], error);
        if (r < 0)
            return error_prefix(error, "network \"%.*s\"", STR_ARG(settings_text(node, "name")));
        bot->notes[bot->network_count++].since_at = clock_wall_at(&bot->ground->clock);
    }
    return 0;
}

/* A key alone is no place to write to: a start that was cut off leaves one, and so does an older
 * database under the newer keyring. */
static bool can_be_reached(struct bot *bot, const struct people_speaker *speaker)
{
    struct arena *arena = host_arena(bot->host);
    struct people_speaker known;
    uint64_t member = people_find(bot->people, speaker);
    return member && people_address(bot->people, member, arena, &known) == 0;
}

/* The team can be paged from the first minute: a moderator is known before they have said a word.
 * Where they are is guessed from what they are called, until they speak. */
static int meet_moderators(struct bot *bot)
{
    int r = 0;
    for (size_t g = 0; g < groups_count(bot->groups) && r >= 0; g++) {
        const struct group *group = groups_at(bot->groups, g);
        for (size_t i = 0; i < group->moderator_count && r >= 0; i++) {
            const struct groups_moderator *moderator = &group->moderators[i];
            struct people_speaker speaker = {.network = moderator->network,
                                             .identity = moderator->identity,
                                             .address = moderator->identity,
                                             .display = moderator->name};
            uint64_t member;
            if (!can_be_reached(bot, &speaker))
                r = people_meet(bot->people, &speaker, group, &member);
        }
    }
    return r;
}

static int set_daily(struct bot *bot, struct str key, struct str zone, const char *start)
{
    struct mooring_when daily = {.struct_size = sizeof daily,
                                 .rrule = MOORING_STR("FREQ=DAILY"),
                                 .zone = abi_lend(zone),
                                 .start_local = abi_lend(str_of(start))};
    struct mooring_owner owner = {.kind = MOORING_OWN_PLUGIN};
    return jobs_set(bot->jobs, (struct str){0}, owner, key, &daily);
}

/* Before dawn, when nobody waits; what may wake a moderator, in the first group's own night. */
static int set_daily_jobs(struct bot *bot)
{
    struct str zone = groups_count(bot->groups) ? groups_at(bot->groups, 0)->zone : STR("UTC");
    int r = set_daily(bot, STR(TURN_PRUNE_KEY), STR("UTC"), "2026-01-01T04:10");
    if (r >= 0)
        r = set_daily(bot, STR(SELFTEST_KEY), zone, "2026-01-01T04:40");
    if (r >= 0)
        r = set_daily(bot, STR(OVERDUE_KEY), zone, "2026-01-01T10:00");
    return r < 0 ? r : commands_arm_links(bot->jobs, bot->ground->store);
}

struct start_turn {
    struct bot *bot;
    struct error *error;
};

/* The first turn of a life: plugins start, what was left is read. */
static int start_work(void *ctx)
{
    struct start_turn *start = ctx;
    struct bot *bot = start->bot;
    int r = jobs_load(bot->jobs);
    if (r >= 0)
        r = set_daily_jobs(bot);
    if (r >= 0)
        r = meet_moderators(bot);
    if (r >= 0)
        r = host_start(bot->host, start->error);
    if (r >= 0)
        r = alerts_load(bot->alerts);
    if (r >= 0)
        r = outbox_load(bot->outbox);
    selftest_load(bot->ground->store, &bot->selftest);
    return r;
}

/* All that knows the store, from the bottom up. */
static int build_parts(struct bot *bot, struct error *error)
{
    int r = build_knowledge(bot);
    if (r >= 0)
        r = build_way(bot);
    return r < 0 ? r : build_commands(bot, error);
}

/* The store's hooks, and the first turn of a life; with a store that stands in for another, its
 * last writing one. */
static int begin_life(struct bot *bot, unsigned long shortages, struct error *error)
{
    struct bot_ground *ground = bot->ground;
    int r = store_on_commit(ground->store, wires_committed, bot);
    if (r >= 0)
        r = store_on_rollback(ground->store, wires_rolled_back, bot);
    if (r >= 0 && mem_shortages() != shortages)
        r = -ENOMEM; /* it would stand on half of what there is */
    if (r < 0)
        return r;
    bot->hooks = 1;
    struct start_turn start = {bot, error};
    watch_before(bot);
    r = turn_call(bot->turn, start_work, &start);
    if (r < 0)
        return r;
    if (ground->stands_in != STORE_WELL)
        store_refuse(ground->store, ground->stands_in);
    floor_open(bot);
    watch_open(bot);
    return 0;
}

int bot_create(struct bot_ground *ground, const char *config_path, struct setup *setup,
               struct bot **ret_bot, struct error *error)
{
    unsigned long shortages = mem_shortages();
    struct bot *bot = mem_zalloc(sizeof *bot);
    if (!bot) {
        setup_destroy(setup);
        return error_set(error, -ENOMEM, "out of memory");
    }
    bot->ground = ground;
    bot->began_ms = clock_elapsed_ms(&ground->clock);
    bot->reload_call.run = bot_run_reload;
    str_to_c(str_of(config_path), bot->config_path, sizeof bot->config_path);
    bot->setup = setup;
    int r = build_parts(bot, error);
    if (r >= 0)
        r = build_networks(bot, error);
    if (r >= 0)
        r = begin_life(bot, shortages, error);
    if (r < 0) {
        if (error->code == 0)
            error_set(error, r, "mooring cannot start (%s)", strerror(-r));
        bot_destroy(bot);
        return r;
    }
    *ret_bot = bot;
    return 0;
}

int bot_start(struct bot *bot, struct error *error)
{
    for (size_t i = 0; i < bot->network_count; i++) {
        struct chat_network *network = bot->networks[i];
        int r = network->class->start(network);
        if (r < 0)
            return error_set(error, r, "network \"%s\" cannot start (%s)", network->name,
                             strerror(-r));
    }
    return 0;
}

/* ---- stopping -------------------------------------------------------------------------------- */

static void finish_stop(struct bot *bot)
{
    loop_timer_disarm(bot->ground->loop, &bot->stop_timer);
    outbox_flush(bot->outbox);
    marker_calm(bot->ground->marker);
    void (*stopped)(void *ctx) = TAKE(bot->stopped);
    if (stopped)
        stopped(bot->stopped_ctx);
}

static void stop_timed_out(struct loop_timer *timer)
{
    finish_stop(CONTAINER_OF(timer, struct bot, stop_timer));
}

static bool all_down(const struct bot *bot)
{
    for (size_t i = 0; i < bot->network_count; i++)
        if (bot->networks[i]->state != CHAT_DOWN)
            return false;
    return true;
}

static void check_stop(struct loop_call *call)
{
    struct bot *bot = CONTAINER_OF(call, struct bot, stop_call);
    if (all_down(bot))
        finish_stop(bot);
}

void bot_stop(struct bot *bot, void (*stopped)(void *ctx), void *ctx)
{
    bot->stopped = stopped;
    bot->stopped_ctx = ctx;
    bot->stop_timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = stop_timed_out};
    bot->stop_call.run = check_stop;
    int r = loop_timer_arm_in(bot->ground->loop, &bot->stop_timer, BOT_STOP_WITHIN_MS);
    for (size_t i = 0; i < bot->network_count; i++)
        bot->networks[i]->class->stop(bot->networks[i]);
    if (r < 0 || all_down(bot))
        loop_defer(bot->ground->loop, &bot->stop_call);
}

/* Nothing of the store is touched any more; networks, texts and the configuration stay. */
static void end_life(struct bot *bot)
{
    bot->hooks = 0;
    watch_close(bot);
    floor_close(bot);
    store_rollback(bot->ground->store);
    store_forget_hooks(bot->ground->store);
}

static void destroy_parts(struct bot *bot)
{
    turn_destroy(TAKE(bot->turn));
    dispatch_destroy(TAKE(bot->dispatch));
    inbox_destroy(TAKE(bot->inbox));
    dialogues_destroy(TAKE(bot->dialogues));
    host_destroy(TAKE(bot->host));
    commands_destroy(TAKE(bot->commands));
    alerts_destroy(TAKE(bot->alerts));
    outbox_destroy(TAKE(bot->outbox));
    jobs_destroy(TAKE(bot->jobs));
    people_destroy(TAKE(bot->people));
    groups_destroy(TAKE(bot->groups));
}

void bot_destroy(struct bot *bot)
{
    if (!bot)
        return;
    end_life(bot);
    loop_undefer(bot->ground->loop, &bot->reload_call);
    loop_undefer(bot->ground->loop, &bot->stop_call);
    loop_timer_disarm(bot->ground->loop, &bot->stop_timer);
    for (size_t i = bot->network_count; i-- > 0;)
        bot->networks[i]->class->destroy(bot->networks[i]);
    destroy_parts(bot);
    text_destroy(bot->text);
    safety_destroy(bot->safety);
    setup_destroy(bot->setup);
    mem_free(bot);
}

/* ---- to another store -------------------------------------------------------------------------
 */

/* What memory alone knows is kept with what it was built of, until the new parts have taken it. */
struct carried {
    struct inbox *inbox;
    struct alerts *alerts;
    struct outbox *outbox;
    struct groups *groups;
};

static struct carried carry_out(struct bot *bot)
{
    return (struct carried){.inbox = TAKE(bot->inbox),
                            .alerts = TAKE(bot->alerts),
                            .outbox = TAKE(bot->outbox),
                            .groups = TAKE(bot->groups)};
}

static void carry_in(struct bot *bot, const struct carried *carried)
{
    if (bot->inbox && bot->alerts && bot->outbox) {
        inbox_take_past_disk(bot->inbox, carried->inbox);
        outbox_take_past_disk(bot->outbox, carried->outbox);
        alerts_take_past_disk(bot->alerts, carried->alerts);
    }
}

static void carried_done(const struct carried *carried)
{
    inbox_destroy(carried->inbox);
    alerts_destroy(carried->alerts);
    outbox_destroy(carried->outbox);
    groups_destroy(carried->groups);
}

int bot_move(struct bot *bot, struct store *store, enum store_cause stands_in, struct error *error)
{
    struct bot_ground *ground = bot->ground;
    unsigned long shortages = mem_shortages();
    end_life(bot);
    struct carried carried = carry_out(bot);
    destroy_parts(bot);
    store_close(ground->store);
    ground->store = store;
    ground->stands_in = stands_in;
    int r = build_parts(bot, error);
    if (r >= 0)
        r = groups_take_listed(bot->groups, carried.groups);
    carry_in(bot, &carried);
    carried_done(&carried);
    if (r >= 0)
        r = begin_life(bot, shortages, error);
    for (size_t i = 0; i < bot->network_count && r >= 0; i++)
        if (bot->networks[i]->class->moved)
            bot->networks[i]->class->moved(bot->networks[i]);
    if (r < 0 && error->code == 0)
        error_set(error, r, "mooring cannot go over to another store (%s)", strerror(-r));
    return r;
}
