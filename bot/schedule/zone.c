/* SPDX-License-Identifier: MIT */
/* zone.c: TZif files (RFC 9636) and the conversions between Unix time and the wall clock. */
#include "schedule/zone.h"

#include <errno.h>

#include "base/bytes.h"
#include "schedule/zone_rule.h"

enum {
    HEADER_BYTES = 44,
    TRANSITIONS_MAX = 4096, /* the longest real file has some 400 */
    TYPES_MAX = 256,        /* they are numbered by one byte */
    NAMES_BYTES_MAX = 2048,
    FOOTER_BYTES_MAX = 256,
    OFFSET_MIN = -89999, /* RFC 9636 section 3.2: less than 25 hours west, 26 east */
    OFFSET_MAX = 93599,
    WIDEST_OFFSET = 26 * 3600,
};

struct type {
    int32_t offset_seconds;
    bool is_dst;
    uint8_t name_at; /* in names */
};

struct zone {
    size_t transition_count, type_count;
    int64_t *at;        /* Unix seconds, ascending */
    uint8_t *type_from; /* the type that begins at at[i] */
    struct type *types; /* types[0] holds before the first transition */
    char *names;        /* each ends in NUL */
    bool has_rule;      /* for the time from the last transition on */
    struct zone_rule rule;
};

struct header {
    uint8_t version;
    uint32_t isut_count, isstd_count, leap_count, transition_count, type_count, names_bytes;
};

static uint32_t read_u32(const char *at)
{
    return (uint32_t)bytes_get_big((const unsigned char *)at, 4);
}

static int64_t read_time(const char *at, size_t size)
{
    if (size == 4)
        return (int32_t)read_u32(at);
    return (int64_t)bytes_get_big((const unsigned char *)at, 8);
}

static int parse_header(struct str bytes, struct header *ret_header)
{
    if (bytes.len < HEADER_BYTES || !str_starts(bytes, STR("TZif")))
        return -EINVAL;
    struct header header = {
        .version = (uint8_t)bytes.ptr[4],
        .isut_count = read_u32(bytes.ptr + 20),
        .isstd_count = read_u32(bytes.ptr + 24),
        .leap_count = read_u32(bytes.ptr + 28),
        .transition_count = read_u32(bytes.ptr + 32),
        .type_count = read_u32(bytes.ptr + 36),
        .names_bytes = read_u32(bytes.ptr + 40),
    };
    if (header.isut_count > TYPES_MAX || header.isstd_count > TYPES_MAX ||
        header.leap_count > TRANSITIONS_MAX || header.transition_count > TRANSITIONS_MAX ||
        header.type_count > TYPES_MAX || header.names_bytes > NAMES_BYTES_MAX)
        return -EINVAL;
    *ret_header = header;
    return 0;
}

/* The data block behind a header; time_size is 4 in the first block of a file and 8 in the second.
 */
static size_t block_bytes(const struct header *header, size_t time_size)
{
    return header->transition_count * (time_size + 1) + header->type_count * 6 +
           header->names_bytes + header->leap_count * (time_size + 4) + header->isstd_count +
           header->isut_count;
}

static int parse_transitions(struct zone *zone, const char *at, size_t time_size)
{
    const char *types = at + zone->transition_count * time_size;
    for (size_t i = 0; i < zone->transition_count; i++) {
        zone->at[i] = read_time(at + i * time_size, time_size);
        zone->type_from[i] = (uint8_t)types[i];
        if (zone->type_from[i] >= zone->type_count || (i > 0 && zone->at[i] <= zone->at[i - 1]))
            return -EINVAL;
    }
    return 0;
}

static int parse_types(struct zone *zone, const char *at, size_t names_bytes)
{
    for (size_t i = 0; i < zone->type_count; i++, at += 6) {
        struct type *type = &zone->types[i];
        type->offset_seconds = (int32_t)read_u32(at);
        type->is_dst = at[4] != 0;
        type->name_at = (uint8_t)at[5];
        if (type->offset_seconds < OFFSET_MIN || type->offset_seconds > OFFSET_MAX ||
            (unsigned char)at[4] > 1 || type->name_at >= names_bytes)
            return -EINVAL;
    }
    return 0;
}

static int parse_block(struct zone *zone, const struct header *header, const char *at,
                       size_t time_size)
{
    if (header->type_count == 0 || header->names_bytes == 0 || header->leap_count != 0)
        return -EINVAL;
    zone->transition_count = header->transition_count;
    zone->type_count = header->type_count;
    zone->at = mem_zalloc_array(zone->transition_count + 1, sizeof *zone->at);
    zone->type_from = mem_zalloc_array(zone->transition_count + 1, sizeof *zone->type_from);
    zone->types = mem_zalloc_array(zone->type_count, sizeof *zone->types);
    const char *types = at + zone->transition_count * (time_size + 1);
    const char *names = types + zone->type_count * 6;
    zone->names = mem_copy_text(names, header->names_bytes); /* so that the last name ends too */
    if (!zone->at || !zone->type_from || !zone->types || !zone->names)
        return -ENOMEM;
    int r = parse_transitions(zone, at, time_size);
    if (r < 0)
        return r;
    return parse_types(zone, types, header->names_bytes);
}

/* "\n" TZ string "\n"; an empty one says nothing about the time after the last transition. */
static int parse_footer(struct zone *zone, struct str footer)
{
    if (!str_starts(footer, STR("\n")))
        return -EINVAL;
    size_t end = str_find(footer, STR("\n"), 1);
    if (end == SIZE_MAX || end > FOOTER_BYTES_MAX)
        return -EINVAL;
    struct str text = {footer.ptr + 1, end - 1};
    if (str_empty(text))
        return 0;
    int r = zone_rule_parse(text, &zone->rule);
    zone->has_rule = r >= 0;
    return r;
}

static int parse_file(struct str bytes, struct zone *zone)
{
    struct header header;
    size_t time_size = 4;
    int r = parse_header(bytes, &header);
    if (r < 0)
        return r;
    if (header.version != 0) { /* the first block is for readers of 32 bits: over it */
        bytes = str_from(bytes, HEADER_BYTES + block_bytes(&header, time_size));
        time_size = 8;
        r = parse_header(bytes, &header);
        if (r < 0)
            return r;
    }
    size_t size = HEADER_BYTES + block_bytes(&header, time_size);
    if (bytes.len < size)
        return -EINVAL;
    r = parse_block(zone, &header, bytes.ptr + HEADER_BYTES, time_size);
    if (r < 0)
        return r;
    return time_size == 4 ? 0 : parse_footer(zone, str_from(bytes, size));
}

void zone_destroy(struct zone *zone)
{
    if (!zone)
        return;
    mem_free(zone->at);
    mem_free(zone->type_from);
    mem_free(zone->types);
    mem_free(zone->names);
    mem_free(zone);
}

static void zone_cleanup(struct zone **zone)
{
    zone_destroy(*zone);
}

int zone_parse(struct str bytes, struct zone **ret_zone)
{
    if (bytes.len > ZONE_FILE_BYTES_MAX)
        return -EINVAL;
    CLEANUP(zone_cleanup) struct zone *zone = mem_zalloc(sizeof *zone);
    if (!zone)
        return -ENOMEM;
    int r = parse_file(bytes, zone);
    if (r < 0)
        return r;
    *ret_zone = TAKE(zone);
    return 0;
}

/* A stretch with one offset, in seconds. */
struct span {
    int64_t from, until;
    struct zone_offset offset;
};

static struct zone_offset offset_of_type(const struct zone *zone, size_t index)
{
    const struct type *type = &zone->types[index];
    return (struct zone_offset){type->offset_seconds, type->is_dst, zone->names + type->name_at};
}

/* How many transitions are at or before that second. */
static size_t count_until(const struct zone *zone, int64_t seconds)
{
    size_t low = 0, high = zone->transition_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct span span_by_rule(const struct zone *zone, int64_t seconds)
{
    struct zone_rule_span found;
    zone_rule_span_at(&zone->rule, seconds, &found);
    struct span span = {.from = found.from, .until = found.until};
    const struct zone_rule_half *half = found.is_daylight ? &zone->rule.daylight
                                                          : &zone->rule.standard;
    span.offset = (struct zone_offset){half->offset_seconds, found.is_daylight, half->name};
    if (zone->transition_count > 0)
        span.from = MAX_OF(span.from, zone->at[zone->transition_count - 1]);
    return span;
}

static struct span span_at(const struct zone *zone, int64_t seconds)
{
    size_t count = count_until(zone, seconds);
    if (count == zone->transition_count && zone->has_rule)
        return span_by_rule(zone, seconds);
    struct span span = {.from = INT64_MIN, .until = INT64_MAX};
    span.offset = offset_of_type(zone, count == 0 ? 0 : zone->type_from[count - 1]);
    if (count > 0)
        span.from = zone->at[count - 1];
    if (count < zone->transition_count)
        span.until = zone->at[count];
    return span;
}

/* The first transition of a fat file may stand at the Big Bang, which does not fit in milliseconds.
 */
static int64_t to_ms(int64_t seconds)
{
    int64_t ms;
    if (__builtin_mul_overflow(seconds, (int64_t)1000, &ms))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return ms;
}

void zone_span_at(const struct zone *zone, int64_t unix_ms, struct zone_span *ret_span)
{
    struct span span = span_at(zone, civil_floor_div(unix_ms, 1000));
    *ret_span = (struct zone_span){to_ms(span.from), to_ms(span.until), span.offset};
}

void zone_offset_at(const struct zone *zone, int64_t unix_ms, struct zone_offset *ret_offset)
{
    *ret_offset = span_at(zone, civil_floor_div(unix_ms, 1000)).offset;
}

int zone_local_at(const struct zone *zone, int64_t unix_ms, struct civil *ret_local)
{
    int64_t seconds = civil_floor_div(unix_ms, 1000);
    return civil_of_seconds(seconds + span_at(zone, seconds).offset.seconds, ret_local);
}

/* Walks the stretches that can hold that local second: all within the widest offset of it.  The
 * first that does is the answer, a second makes it ambiguous; none does in a gap, where the last
 * stretch that ended too early counts. */
static int64_t find_second(const struct zone *zone, int64_t local, enum zone_fit *ret_fit)
{
    struct span span = span_at(zone, local - WIDEST_OFFSET);
    int64_t found = local - span.offset.seconds, before_gap = found;
    size_t fits = 0;
    for (;;) {
        int64_t candidate = local - span.offset.seconds;
        if (candidate >= span.from && candidate < span.until && fits++ == 0)
            found = candidate;
        if (candidate >= span.until)
            before_gap = candidate;
        if (span.until > local + WIDEST_OFFSET)
            break;
        span = span_at(zone, span.until);
    }
    *ret_fit = fits == 0 ? ZONE_FIT_GAP : fits == 1 ? ZONE_FIT_EXACT : ZONE_FIT_AMBIGUOUS;
    return fits == 0 ? before_gap : found;
}

int zone_unix_at(const struct zone *zone, const struct civil *local, int64_t *ret_unix_ms,
                 enum zone_fit *ret_fit)
{
    enum zone_fit fit;
    if (!civil_valid(local))
        return -EINVAL;
    *ret_unix_ms = find_second(zone, civil_seconds(local), &fit) * 1000;
    if (ret_fit)
        *ret_fit = fit;
    return 0;
}
