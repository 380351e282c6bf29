/* SPDX-License-Identifier: MIT */
/* bench.c: what a message costs, what a command with its commit costs, what a start with many
 * timers costs. mooring-bench quiet CONFIG COUNT      quiet messages through the whole path, in
 * memory mooring-bench command CONFIG COUNT    !tip with its commits, in a folder on disk
 *   mooring-bench jobs FOLDER COUNT       writes that many pending timers into a new store
 *   mooring-bench start CONFIG FOLDER     opens a bot on that store, ready to connect */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "bot.h"
#include "observe/log.h"

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double wall_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void stop(const char *what, const struct error *error)
{
    fprintf(stderr, "bench: %s: %s\n", what, error->text);
    exit(1);
}

static void mistake(void *ctx, const struct error *error)
{
    (void)ctx;
    fprintf(stderr, "%s\n", error->text);
}

static const unsigned char key[32] = "a key for measuring, nothing else";

static struct bot *open_bot(struct bot_ground *ground, const char *config, const char *folder)
{
    struct error error = {0};
    struct setup *setup;
    struct bot *bot;
    /* 2026-11-23 08:55 in New York; virtual, so that nothing waits. */
    struct bot_ground_options options = {
        .virtual_at = 1795442100000, .state_folder = folder, .master_key = folder ? key : NULL};
    if (bot_ground_open(ground, &options, &error) < 0)
        stop("ground", &error);
    if (setup_load(config, ground->zones, mistake, NULL, &setup) < 0)
        exit(1);
    if (bot_create(ground, config, setup, &bot, &error) < 0 || bot_start(bot, &error) < 0)
        stop("bot", &error);
    loop_advance(ground->loop, clock_wall_at(&ground->clock));
    return bot;
}

static void close_bot(struct bot_ground *ground, struct bot *bot)
{
    bot_destroy(bot);
    bot_ground_close(ground);
}

/* Ordinary talk of a group, about 60 bytes a line. */
static const char *const talk[] = {
    "good morning everyone, coffee is on and the sun is out",
    "does the 7pm still meet online tonight or in person?",
    "had a long day at work but dinner with my sister helped",
    "thanks for sharing that ben, it stayed with me all day",
    "I'll bring the key to the hall, see you there at half past",
    "anyone watching the game later? first one in years for me",
    "picked up the phone instead of the bottle, small steps",
    "the bus is late again so save me a chair please",
};

static void say(struct chat_network *network, const char *text)
{
    struct console_step step = {
        .kind = CONSOLE_SAY, .who = STR("ana"), .room = STR("harbor"), .text = str_of(text)};
    if (console_step(network, &step) < 0)
        abort();
}

static int quiet(const char *config, int count)
{
    struct bot_ground ground;
    struct bot *bot = open_bot(&ground, config, NULL);
    struct chat_network *network = bot_network_at(bot, 0);
    for (int i = 0; i < 1000 && i < count; i++)
        say(network, talk[(size_t)i % COUNT_OF(talk)]);
    double before = cpu_seconds();
    for (int i = 0; i < count; i++)
        say(network, talk[(size_t)i % COUNT_OF(talk)]);
    printf("%.3f us of CPU a quiet message (%d messages)\n", (cpu_seconds() - before) * 1e6 / count,
           count);
    close_bot(&ground, bot);
    return 0;
}

static int command(const char *config, int count)
{
    char folder[] = "/tmp/mooring-bench-XXXXXX";
    if (!mkdtemp(folder))
        return 1;
    struct bot_ground ground;
    struct bot *bot = open_bot(&ground, config, folder);
    struct chat_network *network = bot_network_at(bot, 0);
    double cpu = cpu_seconds(), wall = wall_seconds();
    for (int i = 0; i < count; i++) {
        say(network, "!tip");
        loop_advance(ground.loop, clock_wall_at(&ground.clock) + 10000);
    }
    printf("%.1f us of CPU, %.2f ms of wall clock a command with its commits (%d times !tip)\n",
           (cpu_seconds() - cpu) * 1e6 / count, (wall_seconds() - wall) * 1e3 / count, count);
    close_bot(&ground, bot);
    char line[128];
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {"mooring.db", "mooring.db-wal", "mooring.db-shm",
                                            "keyring"};
        snprintf(line, sizeof line, "%s/%s", folder, names[i]);
        unlink(line);
    }
    return rmdir(folder) == 0 ? 0 : 0;
}

static int jobs(const char *folder, int count)
{
    struct error error = {0};
    struct bot_ground ground;
    struct bot_ground_options options = {
        .virtual_at = 1795442100000, .state_folder = folder, .master_key = key};
    if (bot_ground_open(&ground, &options, &error) < 0)
        stop("store", &error);
    for (int i = 0; i < count; i++) {
        char name[32];
        uint64_t id;
        snprintf(name, sizeof name, "bench/%d", i);
        int64_t at = 1795442100000 + 86400000LL + (int64_t)(i % 1000) * 60000;
        struct store_job job = {.plugin = STR("meetings"),
                                .owner_id = (uint64_t)i + 1,
                                .key = str_of(name),
                                .due_at = at,
                                .rule_at = at};
        if (store_jobs_put(ground.store, &job, &id) < 0)
            return 1;
    }
    int r = store_commit(ground.store);
    bot_ground_close(&ground);
    return r < 0;
}

static int start(const char *config, const char *folder)
{
    struct bot_ground ground;
    double cpu = cpu_seconds(), wall = wall_seconds();
    struct bot *bot = open_bot(&ground, config, folder);
    printf("%.1f ms of CPU, %.1f ms of wall clock to a bot that is ready\n",
           (cpu_seconds() - cpu) * 1e3, (wall_seconds() - wall) * 1e3);
    close_bot(&ground, bot);
    return 0;
}

int main(int argc, char **argv)
{
    log_set_level(LOG_LEVEL_WARNING);
    if (sodium_init() < 0 || argc != 4)
        return 2;
    if (strcmp(argv[1], "quiet") == 0)
        return quiet(argv[2], atoi(argv[3]));
    if (strcmp(argv[1], "command") == 0)
        return command(argv[2], atoi(argv[3]));
    if (strcmp(argv[1], "jobs") == 0)
        return jobs(argv[2], atoi(argv[3]));
    return strcmp(argv[1], "start") == 0 ? start(argv[2], argv[3]) : 2;
}
