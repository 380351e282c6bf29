/* SPDX-License-Identifier: MIT */
/* fuzz_typed.c: what people type: command lines, one-line check-ins, meetings, numbers, durations,
 * times, dates. */
#include <stdint.h>
#include <stdlib.h>

#include "base/near.h"
#include "base/number.h"
#include "base/utf8.h"
#include "checkin_entry.h"
#include "checkin_line.h"
#include "dispatch/dispatch.h"
#include "meetings_item.h"
#include "meetings_line.h"
#include "schedule/civil.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_numbers(struct str text)
{
    int64_t value;
    int minutes;
    struct civil civil;
    if (number_parse(text, -10, 10, &value) == 0 && (value < -10 || value > 10))
        abort();
    if (number_parse_duration(text, 60000, &value) == 0 && value < 0)
        abort();
    if (number_parse_time_of_day(text, &minutes) == 0 && (minutes < 0 || minutes >= 1440))
        abort();
    if (civil_parse(text, &civil) == 0 && !civil_valid(&civil))
        abort();
}

static void read_command(struct str text)
{
    struct arena arena;
    struct str rest;
    arena_init(&arena, 0);
    if (dispatch_addressed(text, STR("!"), STR("mooring"), &rest) &&
        (rest.len > text.len ||
         (rest.len && (rest.ptr < text.ptr || rest.ptr + rest.len > text.ptr + text.len))))
        abort();
    struct str plain = dispatch_straighten(text, &arena);
    if (utf8_valid(text) && !utf8_valid(plain))
        abort();
    struct near near = {.wanted = str_upto(text, 64)};
    near_offer(&near, STR("checkin"));
    near_offer(&near, STR("meetings"));
    (void)near_found(&near, &rest);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mooring_str line = {(const char *)data, size}, word;
    struct checkin_entry entry;
    struct checkin_trouble trouble;
    struct meetings_item item;
    struct meetings_change change;
    (void)checkin_line_parse(line, &entry, &trouble);
    (void)meetings_line_add(line, &item, &word);
    (void)meetings_line_change(line, &change, &word);
    read_command((struct str){line.ptr, line.len});
    read_numbers((struct str){line.ptr, line.len});
    return 0;
}
