/* SPDX-License-Identifier: MIT */
/* watch.c: the wall clock, watched: at the start one that cannot be right yet moves nothing that
 * cannot be taken back; when it is set, what hangs on it is put right. */
#include <errno.h>
#include <stdio.h>
#include <sys/timex.h>

#include "internal.h"
#include "observe/log.h"

/* A machine without a battery starts in another year, and is put right within a minute or two by
 * NTP.  A bot that was away for a month is rare, and then waits that long for its reminders alone.
 */
enum { HOLD_MS = 15 * 60 * 1000, LOOK_MS = 15 * 1000 };
#define AHEAD_MS  (60 * CLOCK_DAY_MS)
#define BEHIND_MS (5 * CLOCK_MINUTE_MS)

/* What the system itself says of its clock; in virtual time nobody keeps it. */
static bool is_kept(const struct bot *bot)
{
    struct timex kernel = {.modes = 0};
    return !bot->ground->clock.is_virtual && adjtimex(&kernel) != TIME_ERROR &&
           !(kernel.status & STA_UNSYNC);
}

static int64_t offset_of(const struct bot *bot)
{
    return clock_wall_at(&bot->ground->clock) - clock_elapsed_ms(&bot->ground->clock);
}

static void hold(struct bot *bot, bool holds)
{
    bot->watch.holds = holds;
    store_trust_clock(bot->ground->store, !holds);
    jobs_hold(bot->jobs, holds);
    alerts_hold_clock(bot->alerts, holds);
    outbox_hold_clock(bot->outbox, holds);
}

/* The alerts' clocks anew, by what the wall says now; and what plugins have arranged for the next
 * moment of a day that was not. */
static int set_anew(void *ctx)
{
    struct bot *bot = ctx;
    int r = alerts_load(bot->alerts);
    return r < 0 || !bot->watch.rearranges ? r : host_rearrange(bot->host, 0);
}

static void put_right(struct bot *bot, bool rearranges)
{
    bot->watch.rearranges = rearranges;
    int r = turn_call(bot->turn, set_anew, bot);
    if (r < 0 && !store_is_fault(r))
        log_event(LOG_LEVEL_ERROR, "alert_clock", LOG_ERRNO(r));
}

static void release(struct bot *bot, const char *why)
{
    loop_timer_disarm(bot->ground->loop, &bot->watch.timer);
    hold(bot, false);
    if (clock_wall_at(&bot->ground->clock) < bot->watch.last_at)
        jobs_set_back(bot->jobs); /* then it was ahead before */
    put_right(bot, true);
    log_event(LOG_LEVEL_NOTICE, "clock_trusted", LOG_TEXT("why", why));
}

static void arm(struct bot *bot)
{
    if (loop_timer_arm_in(bot->ground->loop, &bot->watch.timer, LOOK_MS) < 0)
        release(bot, "memory is short");
}

static void look(struct loop_timer *timer)
{
    struct bot *bot = CONTAINER_OF(timer, struct bot, watch.timer);
    if (is_kept(bot))
        release(bot, "the system says that it is right");
    else if (clock_elapsed_ms(&bot->ground->clock) >= bot->watch.until_ms)
        release(bot, "nobody put it right in a quarter of an hour");
    else
        arm(bot);
}

/* ---- when it is set -------------------------------------------------------------------------- */

static void after_step(struct loop_call *call)
{
    struct bot *bot = CONTAINER_OF(call, struct bot, watch.stepped);
    int64_t by_ms = offset_of(bot) - bot->watch.offset_ms;
    bot->watch.offset_ms += by_ms;
    outbox_clock_stepped(bot->outbox, by_ms);
    if (by_ms <= -CLOCK_DAY_MS)
        jobs_set_back(bot->jobs);
    if (bot->watch.holds)
        alerts_clock_set(bot->alerts, bot->watch.began_at, by_ms);
    if (bot->watch.holds)
        release(bot, "it was set");
    else if (by_ms > CLOCK_MINUTE_MS || by_ms < -CLOCK_MINUTE_MS)
        put_right(bot, by_ms <= -CLOCK_DAY_MS || by_ms >= CLOCK_DAY_MS);
}

static void stepped(void *ctx)
{
    struct watch *watch = ctx;
    loop_defer(watch->loop, &watch->stepped);
}

/* ---- at the start ---------------------------------------------------------------------------- */

/* With the year, which is what is wrong. */
static struct mooring_arg moment(const char *name, int64_t at, char out[32])
{
    struct civil civil = {0};
    if (civil_of_seconds(at / CLOCK_SECOND_MS, &civil) == 0)
        (void)snprintf(out, 32, "%d-%02d-%02d %02d:%02d UTC", civil.year, civil.month, civil.day,
                       civil.hour, civil.minute);
    return abi_text(name, str_of(out));
}

static int say_doubtful(void *ctx)
{
    struct bot *bot = ctx;
    char now[32] = "", last[32] = "";
    const struct mooring_arg args[] = {moment("now", clock_wall_at(&bot->ground->clock), now),
                                       moment("last", bot->watch.last_at, last)};
    int r = alerts_notice(bot->alerts, "notice.clock", args, COUNT_OF(args), (struct str){0});
    return MIN_OF(r, 0);
}

static void tell(struct bot *bot)
{
    log_event(LOG_LEVEL_WARNING, "clock_doubtful",
              LOG_INT("now_s", clock_wall_at(&bot->ground->clock) / CLOCK_SECOND_MS),
              LOG_INT("last_row_s", bot->watch.last_at / CLOCK_SECOND_MS),
              LOG_TEXT("do", "see that NTP keeps the clock (timedatectl); mooring doctor"));
    int r = turn_call(bot->turn, say_doubtful, bot);
    if (r < 0 && !store_is_fault(r))
        log_event(LOG_LEVEL_WARNING, "notice_failed", LOG_ERRNO(r));
}

/* Before the first turn: what it arranges must know already whether the clock is to be trusted. */
void watch_before(struct bot *bot)
{
    int64_t now = clock_wall_at(&bot->ground->clock);
    bot->watch.offset_ms = offset_of(bot);
    bot->watch.began_at = now;
    if (store_last_at(bot->ground->store, &bot->watch.last_at) < 0)
        bot->watch.last_at = now; /* a new house, or one that cannot be read */
    bot->watch.behind = now < bot->watch.last_at - BEHIND_MS;
    bool ahead = now > bot->watch.last_at + AHEAD_MS && !is_kept(bot);
    hold(bot, ahead || now < bot->watch.last_at - CLOCK_DAY_MS);
}

void watch_open(struct bot *bot)
{
    struct watch *watch = &bot->watch;
    watch->loop = bot->ground->loop;
    watch->stepped.run = after_step;
    watch->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = look};
    watch->until_ms = clock_elapsed_ms(&bot->ground->clock) + HOLD_MS;
    loop_on_clock_step(watch->loop, stepped, watch);
    if (watch->holds)
        arm(bot);
    if (watch->holds || watch->behind)
        tell(bot);
}

void watch_close(struct bot *bot)
{
    struct watch *watch = &bot->watch;
    if (!watch->loop)
        return;
    loop_on_clock_step(watch->loop, NULL, watch);
    loop_undefer(watch->loop, &watch->stepped);
    loop_timer_disarm(watch->loop, &watch->timer);
    watch->loop = NULL;
}
