/* SPDX-License-Identifier: MIT */
/* notify.h: systemd's notification socket protocol (sd_notify(3)), without its library. */
#ifndef LOOP_NOTIFY_H
#define LOOP_NOTIFY_H

#include "loop/loop.h"

struct notify;
/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the environment.
 * Without them every call is a no-op.  `alive` gates each watchdog ping (loop, store and timers;
 * never a network, never a full disk); NULL: always.  It pings each quarter of the limit: the one
 * wake-up of an idle daemon.  While `alive` says no it asks again each second, so that only what
 * stays so for the rest of the limit ends the process.  -EINVAL: a socket of a kind that we do not
 * speak to; else what connect(2) said. */
int notify_create(struct loop *loop, bool (*alive)(void *ctx), void *ctx,
                  struct notify **ret_notify) MUST_CHECK;
void notify_destroy(struct notify *notify);
void notify_ready(struct notify *notify);
void notify_status(struct notify *notify, const char *status); /* one line, no names */
/* with MONOTONIC_USEC; then notify_ready */
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify);

#endif
