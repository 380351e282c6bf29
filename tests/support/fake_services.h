/* SPDX-License-Identifier: MIT */
/* fake_services.h: what the files of the fake host share. */
#ifndef SUPPORT_FAKE_SERVICES_H
#define SUPPORT_FAKE_SERVICES_H

#include <assert.h>
#include <string.h>

#include "fake_host.h"

#define FAKE_ZONE "America/New_York"

extern struct fake_host *fake_current; /* one at a time */

extern const struct mooring_clock fake_clock;
extern const struct mooring_settings fake_settings;
extern const struct mooring_text fake_text;
extern const struct mooring_say fake_say;
extern const struct mooring_ask fake_ask;
extern const struct mooring_people fake_people;
extern const struct mooring_series fake_series;
extern const struct mooring_store fake_store;
extern const struct mooring_timer fake_timer;
extern const struct mooring_alerts fake_alerts;
extern const struct mooring_safety fake_safety;
extern const struct mooring_audit fake_audit;

void fake_use_zone(struct mooring_str zone);
int64_t fake_at_local(int year, int month, int day, int hour, int minute);
int fake_cancel_timer(struct mooring_self self, struct mooring_owner owner, struct mooring_str key);

static inline struct mooring_str view(const char *text)
{
    return (struct mooring_str){text, strlen(text)};
}
static inline void copy(char *to, size_t size, struct mooring_str from)
{
    assert(from.len < size);
    memcpy(to, from.ptr != NULL ? from.ptr : "", from.len);
    to[from.len] = '\0';
}
static inline bool is(struct mooring_str text, const char *known)
{
    return text.len == strlen(known) && memcmp(text.ptr, known, text.len) == 0;
}

#endif
