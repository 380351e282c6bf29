/* SPDX-License-Identifier: MIT */
/* bomb.c: a plugin that takes the process away as soon as it is opened. */
#include "crash.h"
#include "mooring.h"

static const struct mooring_plugin descriptor = {.struct_size = sizeof descriptor,
                                                 .abi_major = MOORING_ABI_MAJOR,
                                                 .abi_minor = MOORING_ABI_MINOR,
                                                 .name = "bomb",
                                                 .version = "1"};

const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_major;
    (void)host_minor;
    return crash() == 0 ? &descriptor : NULL;
}
