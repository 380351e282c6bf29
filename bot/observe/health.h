/* SPDX-License-Identifier: MIT */
/* health.h: /metrics and /healthz on a loopback port (libmicrohttpd, its epoll descriptor under the
 * loop). */
#ifndef OBSERVE_HEALTH_H
#define OBSERVE_HEALTH_H

#include "base/error.h"
#include "observe/metrics.h"

struct uv_loop_s;
struct health;
/* `address` is "127.0.0.1:9464" or "[::1]:0"; anything but loopback is refused.  `refresh` is
 * called before a print so that gauges are current; `healthy` writes one line ("ok" or what is
 * wrong) and returns whether 200 or 503. */
struct health_source {
    struct metrics *metrics;
    void (*refresh)(void *ctx);
    bool (*healthy)(void *ctx, struct buf *line);
    void *ctx;
};
int health_create(struct uv_loop_s *uv, struct str address, const struct health_source *source,
                  struct health **ret_health, struct error *error) MUST_CHECK;
void health_destroy(struct health *health);
int health_port(const struct health *health);

#endif
