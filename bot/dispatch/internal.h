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

/* Inside a turn, in private.  1 said; 0: they were greeted before, or cannot be known again. */
int dispatch_greet(struct dispatch *dispatch, const struct inbox_item *item) MUST_CHECK;

int dispatch_say_invited(struct dispatch *dispatch, const struct inbox_item *item) MUST_CHECK;

#endif
