/* SPDX-License-Identifier: MIT */
/* broken.c: plugins that must be refused with a sentence: BROKEN_AS says in which way. */
#include "mooring.h"

#define AS_MAJOR    1 /* built for another major version */
#define AS_NAME     2 /* calls itself otherwise */
#define AS_NULL     3 /* cannot work with this host */
#define AS_NO_ENTRY 4 /* exports nothing */
#define AS_SHORT    5 /* a descriptor without room for init */
#define AS_INIT     6 /* init fails */

static int init(const struct mooring_host *host, void **ret_state)
{
    (void)host;
    (void)ret_state;
    return -5;
}

static const struct mooring_plugin descriptor = {
    .struct_size = BROKEN_AS == AS_SHORT ? 16 : sizeof descriptor,
    .abi_major = BROKEN_AS == AS_MAJOR ? MOORING_ABI_MAJOR + 1 : MOORING_ABI_MAJOR,
    .abi_minor = MOORING_ABI_MINOR,
    .name = BROKEN_AS == AS_NAME ? "somebody" : BROKEN_NAME,
    .version = "1",
    .init = init,
};

#if BROKEN_AS != AS_NO_ENTRY
const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_major;
    (void)host_minor;
    return BROKEN_AS == AS_NULL ? NULL : &descriptor;
}
#else
MOORING_EXPORT const struct mooring_plugin *some_other_entry(void);
const struct mooring_plugin *some_other_entry(void)
{
    return &descriptor;
}
#endif
