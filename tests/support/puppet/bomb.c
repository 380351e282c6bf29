/* SPDX-License-Identifier: MIT */
/* bomb.c: a plugin that takes the process away as soon as it is opened. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "mooring.h"

static const struct mooring_plugin descriptor = {.struct_size = sizeof descriptor,
                                                 .abi_major = MOORING_ABI_MAJOR,
                                                 .abi_minor = MOORING_ABI_MINOR,
                                                 .name = "bomb",
                                                 .version = "1"};

static int explode(void)
{
#ifdef __SANITIZE_ADDRESS__
    volatile size_t size = 2;
    char *one = calloc(1, 1);
    memset(one, 1, size);
    return one[0] - 1;
#else
    return raise(SIGSEGV);
#endif
}

const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_major;
    (void)host_minor;
    return explode() == 0 ? &descriptor : NULL;
}
