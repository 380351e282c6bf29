/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of dispatch/ share. */
#ifndef DISPATCH_INTERNAL_H
#define DISPATCH_INTERNAL_H

#include "dispatch/dispatch.h"
#include "net/limits.h"

struct dispatch_rate {
    struct limits_bucket bucket;
    bool used, told;
};
struct dispatch {
    struct dispatch_parts parts;
    struct dispatch_rate rates[256];
};

#endif
