/* SPDX-License-Identifier: MIT */
/* fuzz_bot.c: the whole bot with all its plugins: people who type anything, anywhere, at any time.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "observe/log.h"
#include "stage/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct stage stage;

static void swallow(void *ctx, enum log_level level, struct str line)
{
    (void)ctx, (void)level, (void)line;
}

/* The fuzzer counts in each library's own memory for ever: none may be unloaded between two loads.
 */
static void keep_plugins(const char *program)
{
    static const char *const names[] = {"checkin", "coping", "meetings", "crisis"};
    const char *slash = strrchr(program, '/');
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[1024];
        snprintf(path, sizeof path, "%.*s/plugins/%s.so", slash ? (int)(slash - program) : 1,
                 slash ? program : ".", names[i]);
        if (!dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
            abort();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    keep_plugins((*argv)[0]);
    const char *config = getenv("MOORING_FUZZ_CONFIG");
    FILE *out = fopen("/dev/null", "w");
    log_set_sink(swallow, NULL);
    if (sodium_init() < 0 || !out ||
        stage_open(&stage, config ? config : "config/demo.cfg", NULL, out) < 0)
        abort();
    return 0;
}

/* Each line is a step, but for those that only a rehearsal has: what breaks on purpose is no
 * finding. */
static bool harmless(struct str line)
{
    static const char *const kept[] = {"/as ",   "/room ",  "/dm",    "/wait ", "/react ",
                                       "/edit ", "/delete", "/join ", "/leave"};
    struct str step = str_trim(line);
    if (!str_starts(step, STR("/")) || str_starts(step, STR("//")))
        return true;
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (str_starts(step, str_of(kept[i])))
            return !str_has_byte(step, 'd') ||
                   i != 3; /* days of waiting are slow, and tell nothing new */
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, line;
    for (int lines = 0; lines < 12 && str_split(&rest, '\n', &line); lines++) {
        struct error error = {0};
        if (harmless(line) && stage_play(&stage, line, &error) == -ENOMEM)
            abort();
    }
    return 0;
}
