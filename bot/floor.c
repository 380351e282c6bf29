/* SPDX-License-Identifier: MIT */
/* floor.c: floor-only mode: begins when nothing can be saved, says so to the log, the service
 * manager, the metrics and the moderators, tries the disk again, and ends by itself. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "observe/log.h"

/* Asking a full disk costs nothing; a quarter of a minute is what a moderator waits for anyhow. */
enum { PROBE_FIRST_MS = 1000, PROBE_MAX_MS = 15000, POSTPONED_MAX = 10 };

struct cause_texts {
    const char *notice, *line, *action;
};
static const struct cause_texts texts[STORE_CAUSE_COUNT] = {
    [STORE_WELL] = {"notice.disk-well", "", ""},
    [STORE_FULL] = {"notice.disk-full", "the disk is full",
                    "make room on the disk of the state folder"},
    [STORE_READ_ONLY] = {"notice.disk-read-only", "the disk cannot be written (read-only)",
                         "see why it is read-only (dmesg), or to whom the state folder belongs; "
                         "mount it writable"},
    [STORE_BROKEN] = {"notice.disk-broken", "the disk reports errors, or its files are gone",
                      "look at the disk (dmesg, smartctl) and whether it is mounted"},
    [STORE_LOCKED] = {"notice.disk-locked", "another program holds the database",
                      "end the program that has mooring.db open (fuser)"},
    [STORE_DAMAGED] = {"notice.disk-damaged", "the database is damaged",
                       "mooring doctor says what is damaged; restore a backup"},
    [STORE_NO_KEY] = {"notice.disk-no-key", "the database and its keys do not go together",
                      "mooring doctor says which is missing; give the master key and the keyring "
                      "that belong to it"},
};

static enum store_cause cause_of(const struct bot *bot)
{
    return store_trouble(bot->ground->store)->cause;
}

bool floor_line(struct bot *bot, struct buf *line)
{
    enum store_cause cause = cause_of(bot);
    if (cause != STORE_WELL)
        buf_add_format(line, "floor only, calls for help alone are answered: %s",
                       texts[cause].line);
    return cause != STORE_WELL;
}

static void changed(struct bot *bot)
{
    metric_set(bot->floor.writable, cause_of(bot) == STORE_WELL);
    if (bot->floor.told_status)
        bot->floor.told_status(bot->floor.status_ctx);
}

void bot_on_status(struct bot *bot, void (*told)(void *ctx), void *ctx)
{
    bot->floor.told_status = told;
    bot->floor.status_ctx = ctx;
}

/* ---- trying ---------------------------------------------------------------------------------- */

static void arm(struct bot *bot)
{
    struct floor *floor = &bot->floor;
    floor->wait_ms = floor->wait_ms ? MIN_OF(floor->wait_ms * 2, PROBE_MAX_MS) : PROBE_FIRST_MS;
    if (loop_timer_arm_in(bot->ground->loop, &floor->probe, floor->wait_ms) < 0)
        log_event(LOG_LEVEL_ERROR, "floor_probe", LOG_ERRNO(-ENOMEM));
}

/* After this nothing works: the service manager starts us again, which is another try. */
static void give_up(struct bot *bot, const struct error *error)
{
    log_event(LOG_LEVEL_ERROR, "floor_lost", LOG_TEXT("why", error->text));
    bot->ground->lost = true;
    loop_stop(bot->ground->loop);
}

/* The folder's own store opens again: over to it, with what was kept meanwhile. */
static void leave_stand_in(struct bot *bot, struct store *store)
{
    struct error error = {0}, why = {0};
    if (bot_move(bot, store, STORE_WELL, &error) >= 0)
        return;
    log_event(LOG_LEVEL_ERROR, "floor_move", LOG_TEXT("why", error.text));
    error_set(&why, store_is_fault(error.code) ? error.code : -EIO, "%s", error.text);
    struct store *again;
    if (bot_ground_stand_in(bot->ground, &why, &again) < 0 ||
        bot_move(bot, again, bot->ground->stands_in, &error) < 0)
        give_up(bot, &error);
}

static void try_again(struct bot *bot)
{
    struct bot_ground *ground = bot->ground;
    struct floor *floor = &bot->floor;
    struct store *store;
    struct error error = {0};
    /* What a network has in its hands ends first; an unknown end would be said again. */
    if (!outbox_idle(bot->outbox) && floor->postponed++ < POSTPONED_MAX) {
        floor->wait_ms = 0;
        arm(bot);
        return;
    }
    floor->postponed = 0;
    int r = ground->open_store(ground->open_ctx, &ground->clock, &store, &error);
    if (r == 0 && floor->damaged)
        r = store_check(store, &error);
    if (r == 0) {
        leave_stand_in(bot, store);
        return;
    }
    if (strcmp(error.text, ground->why.text) != 0) /* one cause may hide another */
        log_event(LOG_LEVEL_ERROR, "floor_still", LOG_TEXT("what", error.text));
    ground->why = error;
    arm(bot);
}

static void probe(struct loop_timer *timer)
{
    struct bot *bot = CONTAINER_OF(timer, struct bot, floor.probe);
    clock_refresh(&bot->ground->clock);
    if (bot->ground->stands_in != STORE_WELL)
        try_again(bot);
    else if (store_probe(bot->ground->store) < 0)
        arm(bot);
}

/* Pages that cannot be read are met at any step.  A store in memory knows the rooms and moderators
 * of the configuration, and is whole. */
static bool leave_damaged(struct bot *bot)
{
    struct bot_ground *ground = bot->ground;
    struct error why = {0}, error = {0};
    struct store *store;
    if (!ground->open_store || ground->stands_in != STORE_WELL || cause_of(bot) != STORE_DAMAGED)
        return false;
    error_set(&why, -EUCLEAN,
              "the database is damaged: pages of it cannot be read. Restore the latest backup");
    if (bot_ground_stand_in(ground, &why, &store) < 0)
        return false;
    bot->floor.damaged = true;
    if (bot_move(bot, store, STORE_DAMAGED, &error) < 0)
        give_up(bot, &error);
    return true;
}

/* ---- beginning and ending -------------------------------------------------------------------- */

static int say_begin(void *ctx)
{
    struct bot *bot = ctx;
    int r = alerts_notice(bot->alerts, texts[bot->floor.cause].notice, NULL, 0, (struct str){0});
    return MIN_OF(r, 0);
}

/* How long is part of the key: each time that ends is told, however often it happens. */
static int say_end(struct bot *bot, int64_t took_ms)
{
    char key[32];
    const struct mooring_arg args[] = {abi_duration("for", took_ms)};
    snprintf(key, sizeof key, "%lld", (long long)clock_elapsed_ms(&bot->ground->clock));
    return alerts_notice(bot->alerts, texts[STORE_WELL].notice, args, COUNT_OF(args), str_of(key));
}

static int recover(void *ctx)
{
    struct bot *bot = ctx;
    int r = inbox_save_past_disk(bot->inbox);
    if (r == 0)
        r = alerts_retry_unsaved(bot->alerts);
    if (r == 0)
        r = say_end(bot, clock_elapsed_ms(&bot->ground->clock) - bot->floor.since_elapsed_ms);
    return MIN_OF(r, 0);
}

static void begin(struct bot *bot)
{
    struct floor *floor = &bot->floor;
    const struct store_trouble *trouble = store_trouble(bot->ground->store);
    bool is_new = floor->cause == STORE_WELL;
    floor->cause = trouble->cause;
    if (is_new)
        floor->since_elapsed_ms = trouble->since_elapsed_ms;
    struct error why = bot->ground->why;
    if (bot->ground->stands_in == STORE_WELL)
        error_set(&why, -EIO, "%s", texts[trouble->cause].line);
    log_event(LOG_LEVEL_ERROR, "floor_only", LOG_TEXT("cause", store_cause_name(trouble->cause)),
              LOG_TEXT("what", why.text), LOG_TEXT("do", texts[trouble->cause].action),
              LOG_TEXT("meanwhile", "only calls for help are answered, from memory"));
    int r = turn_call(bot->turn, say_begin, bot);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "notice_failed", LOG_ERRNO(r));
    if (is_new) {
        floor->wait_ms = 0;
        alerts_past_disk(bot->alerts);
    }
    if (!loop_timer_armed(&floor->probe))
        arm(bot);
}

/* In one turn: what was answered from memory is known to the store, what was raised is saved, and
 * the team hears that it is over; or all of it is still to be done. */
static void end(struct bot *bot)
{
    struct floor *floor = &bot->floor;
    int64_t took_ms = clock_elapsed_ms(&bot->ground->clock) - floor->since_elapsed_ms;
    int r = turn_call(bot->turn, recover, bot);
    if (r < 0) {
        log_event(LOG_LEVEL_WARNING, "floor_recovery", LOG_ERRNO(r));
        if (store_writable(bot->ground->store)) /* not the disk: again, in a while */
            arm(bot);
        return;
    }
    inbox_saved(bot->inbox);
    floor->cause = STORE_WELL;
    floor->damaged = false;
    loop_timer_disarm(bot->ground->loop, &floor->probe);
    log_event(LOG_LEVEL_NOTICE, "floor_over", LOG_INT("seconds", took_ms / CLOCK_SECOND_MS));
}

static void look(struct loop_call *call)
{
    struct bot *bot = CONTAINER_OF(call, struct bot, floor.look);
    clock_refresh(&bot->ground->clock);
    enum store_cause cause = cause_of(bot);
    if (leave_damaged(bot))
        return; /* the new store's own trouble calls again */
    if (cause != STORE_WELL && cause != bot->floor.cause)
        begin(bot);
    else if (cause == STORE_WELL && bot->floor.cause != STORE_WELL)
        end(bot);
    changed(bot);
}

static void trouble_changed(void *ctx)
{
    struct bot *bot = ctx;
    loop_defer(bot->ground->loop, &bot->floor.look);
}

void floor_open(struct bot *bot)
{
    bot->floor.look.run = look;
    bot->floor.probe = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = probe};
    bot->floor.writable = metrics_gauge(bot->ground->metrics, "mooring_store_writable",
                                        "1 while the store can be written.", NULL, (struct str){0});
    store_on_trouble(bot->ground->store, trouble_changed, bot);
    metric_set(bot->floor.writable, cause_of(bot) == STORE_WELL);
    if (cause_of(bot) != STORE_WELL || bot->floor.cause != STORE_WELL)
        trouble_changed(bot);
}

void floor_close(struct bot *bot)
{
    if (!bot->floor.look.run)
        return;
    store_on_trouble(bot->ground->store, NULL, NULL);
    loop_undefer(bot->ground->loop, &bot->floor.look);
    loop_timer_disarm(bot->ground->loop, &bot->floor.probe);
}
