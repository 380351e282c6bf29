/* SPDX-License-Identifier: MIT */
/* bench_backup.c: how long turns wait while a large database is copied beside them.
 * mooring-bench-backup FOLDER MEGABYTES: fills a store in FOLDER, then commits a small turn every
 * 10 ms, first alone, then while a backup is written to FOLDER/copy, then while that copy is read
 * for a restore; prints how long the commits took. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "store/restore.h"
#include "store/values.h"

enum { VALUE_BYTES = 3500, PER_COMMIT = 500, TURNS_MAX = 100000 };

struct run {
    struct backup *backup;
    int copy_fd; /* -2: written, not read */
    int result;
    bool done;
};
static struct error error;

static void check(const char *what, int r)
{
    if (r >= 0)
        return;
    fprintf(stderr, "%s: %d %s\n", what, r, error.text);
    exit(1);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void put(struct store *store, uint64_t owner, size_t size)
{
    static char bytes[VALUE_BYTES];
    check("put",
          store_values_put(store, STR("bench"), 0, owner, STR("k"), (struct str){bytes, size}, 0));
}

static void fill(struct store *store, int64_t megabytes)
{
    int64_t count = megabytes * 1024 * 1024 / 4096;
    for (int64_t i = 0; i < count; i++) {
        put(store, (uint64_t)i + 2, VALUE_BYTES);
        if (i % PER_COMMIT == PER_COMMIT - 1)
            check("commit", store_commit(store));
    }
    check("commit", store_commit(store));
}

static void *work(void *ctx)
{
    struct run *run = ctx;
    run->result = run->copy_fd == -2 ? backup_write(run->backup, NULL)
                                     : backup_read(run->backup, run->copy_fd, NULL);
    __atomic_store_n(&run->done, true, __ATOMIC_RELEASE);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A small turn every 10 ms until `run` is done, or for 5 s. */
static void turns(struct store *store, const struct run *run, const char *name)
{
    static double took[TURNS_MAX];
    size_t count = 0;
    double begin = now_ms();
    while (count < TURNS_MAX &&
           (run ? !__atomic_load_n(&run->done, __ATOMIC_ACQUIRE) : now_ms() - begin < 5000)) {
        double start = now_ms();
        put(store, 1, 100);
        check("commit", store_commit(store));
        took[count++] = now_ms() - start;
        usleep(10000);
    }
    qsort(took, count, sizeof *took, by_size);
    printf("%-22s %6.1f s  %5zu turns  median %5.2f ms  99%% %6.2f ms  longest %6.2f ms\n", name,
           (now_ms() - begin) / 1000, count, took[count / 2], took[count * 99 / 100],
           took[count - 1]);
}

static void beside(struct store *store, int fd, bool restoring, const char *name)
{
    int copy_fd = -2;
    pthread_t thread;
    struct run run = {0};
    check("backup", backup_create(store, fd, &run.backup, &error));
    if (restoring)
        check("incoming", restore_incoming(store, run.backup, &copy_fd, &error));
    run.copy_fd = copy_fd;
    check("thread", -pthread_create(&thread, NULL, work, &run));
    turns(store, &run, name);
    pthread_join(thread, NULL);
    check(name, run.result);
    check("judge", backup_judge(store, run.backup, &error));
    if (restoring)
        close(copy_fd);
    else
        backup_noted(store, run.backup);
    backup_destroy(run.backup);
}

/* The bot is down for this long, and for its own building. */
static void change(struct store *store, int fd)
{
    struct backup *backup;
    struct restore_report report;
    check("backup", backup_create(store, fd, &backup, &error));
    check("manifest", backup_read(backup, -1, &error));
    double begin = now_ms();
    check("change", restore_change(store, backup, &report, &error));
    printf("%-22s %6.1f ms\n", "the change itself", now_ms() - begin);
    backup_destroy(backup);
}

int main(int argc, char **argv)
{
    static const unsigned char key[32] = "a key for measuring, and no more";
    char path[512];
    struct clock clock;
    struct store *store;
    if (argc != 3 || strlen(argv[1]) > 400)
        return 2;
    clock_init(&clock);
    clock_refresh(&clock);
    struct store_options options = {.folder = argv[1], .clock = &clock, .master_key = key};
    check("open", store_open(&options, &store, &error));
    fill(store, atoll(argv[2]));
    snprintf(path, sizeof path, "%s/copy", argv[1]);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(path, fd);
    turns(store, NULL, "alone");
    beside(store, fd, false, "backup");
    beside(store, fd, true, "reading for a restore");
    change(store, fd);
    store_close(store);
    close(fd);
    return 0;
}
