/* SPDX-License-Identifier: MIT */
/* alive.c: what the service manager hears of the bot: whether a restart is needed, and one line. */
#include "internal.h"
#include "store/jobs.h"

/* Longer than any turn, shorter than what a person in danger should wait. */
enum { TIMERS_LATE_MS = 10000 };

bool bot_alive(struct bot *bot, struct buf *line)
{
    int64_t jobs;
    int r = store_jobs_count(bot->ground->store, &jobs);
    (void)r; /* an error is an answer: what is wrong with the disk is told by bot_healthy */
    int64_t late_ms = loop_timers_late_ms(bot->ground->loop);
    if (late_ms > TIMERS_LATE_MS) {
        buf_add_format(line, "a timer has been due for %lld s", (long long)(late_ms / 1000));
        return false;
    }
    /* Asked between turns: then nothing is committed any more, and nothing said. */
    if (store_in_transaction(bot->ground->store)) {
        buf_add_c(line, "a turn was never ended");
        return false;
    }
    return true;
}

void bot_status(struct bot *bot, struct buf *line)
{
    (void)bot_healthy(bot, line);
    if (bot->refused_mistakes)
        buf_add_format(line,
                       "; the last reload was refused (%zu mistake%s, see the log): the "
                       "configuration before it goes on",
                       bot->refused_mistakes, bot->refused_mistakes == 1 ? "" : "s");
}
