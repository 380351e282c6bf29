/* SPDX-License-Identifier: MIT */
/* bench_safety.c: what reading a line costs.
 * Instructions: perf stat -e instructions:u bench_safety, or valgrind --tool=callgrind
 * bench_safety 1. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "safety/safety.h"

static const char *const quiet[] = {
    "does anyone know if the 7pm meeting is still on zoom tonight",
    "thanks everyone, that really helped me today",
    "i restarted the server and the build is green again, lunch?",
    "picking up my chip on friday, bring cake please :)",
};
static const char *const loud[] = {
    "i can't stop thinking about killing myself and i have a plan",
    "quiero morir, no puedo m\xC3\xA1s con esta vida",
};

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void measure(const struct safety *safety, const char *name, const char *const *lines,
                    size_t count, long rounds)
{
    unsigned long tiers = 0;
    double start = now_ns();
    for (long round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            struct safety_verdict verdict;
            safety_classify(safety, str_of(lines[i]), 0, &verdict);
            tiers += (unsigned long)verdict.tier;
        }
    }
    printf("%s: %.0f ns a line (sum of tiers %lu)\n", name,
           (now_ns() - start) / ((double)rounds * (double)count), tiers);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
    double start = now_ns();
    struct safety *safety = safety_create();
    if (!safety)
        return EXIT_FAILURE;
    printf("create: %.2f ms\n", (now_ns() - start) / 1e6);
    measure(safety, "quiet", quiet, COUNT_OF(quiet), rounds);
    measure(safety, "loud", loud, COUNT_OF(loud), rounds / 10 + 1);
    safety_destroy(safety);
    return EXIT_SUCCESS;
}
