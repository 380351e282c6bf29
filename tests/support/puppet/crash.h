/* SPDX-License-Identifier: MIT */
/* crash.h: a crash as each build takes it: the sanitizer ends the process itself, the kernel sends
 * a signal. */
#ifndef SUPPORT_PUPPET_CRASH_H
#define SUPPORT_PUPPET_CRASH_H

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline int crash(void)
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

#endif
