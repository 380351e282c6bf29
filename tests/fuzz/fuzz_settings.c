/* SPDX-License-Identifier: MIT */
/* fuzz_settings.c: any bytes as a configuration file: mistakes are told, nothing crashes. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "settings/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 forgets the text that it was reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

static const struct mooring_option *const options[] = {
    &(const struct mooring_option){.struct_size = sizeof(struct mooring_option),
                                   .name = "meetings",
                                   .kind = MOORING_OPTION_LIST},
    &(const struct mooring_option){.struct_size = sizeof(struct mooring_option),
                                   .name = "meetings.days",
                                   .kind = MOORING_OPTION_TEXTS,
                                   .choices = "mon|tue"},
    &(const struct mooring_option){.struct_size = sizeof(struct mooring_option),
                                   .name = "meetings.remind_minutes",
                                   .kind = MOORING_OPTION_INTEGERS,
                                   .min = 1,
                                   .max = 9},
    NULL};

static void ignore(void *ctx, const struct error *mistake)
{
    (void)ctx;
    if (!mistake->text[0] || mistake->code >= 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct settings_table tables[] = {settings_core, {"meetings", options}};
    const struct settings_schema schema = {.tables = tables, .table_count = 2};
    if (memmem(data, size, "@include", 8))
        return 0; /* files of this machine are not the fuzzer's business */
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct settings *settings = NULL;
    int r = settings_load(path, &schema, ignore, NULL, &settings);
    if ((r == 0) != (settings != NULL))
        abort();
    settings_destroy(settings);
    close(fd);
    return 0;
}
