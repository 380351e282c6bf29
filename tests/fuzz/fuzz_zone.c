/* SPDX-License-Identifier: MIT */
/* fuzz_zone.c: any bytes as a TZif file, and as a POSIX TZ string; what is taken must answer
 * questions. */
#include <assert.h>
#include <stdint.h>

#include "schedule/zone.h"
#include "schedule/zone_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t asked[] = {INT64_MIN,     -2208988800000, -1,       0, 1000,
                                1795424400000, 7258118400000,  INT64_MAX};

/* What a zone promises whatever its file says: a moment lies in its own span, and a local time has
 * a moment. */
static void ask_zone(const struct zone *zone)
{
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct zone_span span;
        struct civil local;
        enum zone_fit fit;
        int64_t unix_ms;
        zone_span_at(zone, asked[i], &span);
        assert(span.offset.abbreviation != NULL && strlen(span.offset.abbreviation) < 4096);
        if (zone_local_at(zone, asked[i], &local) < 0)
            continue;
        assert(span.from_ms <= asked[i] && asked[i] < span.until_ms);
        assert(zone_unix_at(zone, &local, &unix_ms, &fit) == 0);
        /* A file may skip its clocks about so that three moments show the same: then it is one of
         * them. */
        struct civil again;
        assert(fit != ZONE_FIT_EXACT ||
               (zone_local_at(zone, unix_ms, &again) == 0 && civil_compare(&again, &local) == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    struct zone *zone;
    struct zone_rule rule;
    struct zone_rule_span span;
    if (zone_parse(bytes, &zone) == 0) {
        ask_zone(zone);
        zone_destroy(zone);
    }
    if (zone_rule_parse(bytes, &rule) == 0)
        for (size_t i = 0; i < COUNT_OF(asked); i++)
            zone_rule_span_at(&rule, asked[i], &span);
    return 0;
}
