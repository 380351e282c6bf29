/* SPDX-License-Identifier: MIT */
/* export.c: !export: everything that is kept about the person who asks, in one go. */
#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "commands/internal.h"

enum { PART_BYTES = 3000, EXPORT_BYTES_MAX = 4 * 1024 * 1024, ROWS_MAX = 100000 };

struct row {
    struct str line; /* of `out`, once all rows are there */
    size_t start;
    unsigned section; /* rows of one table stay together, in the order of the tables */
    int64_t at;
};
struct dump {
    struct buf out;
    struct zones *zones;
    struct str zone;
    struct row *rows;
    size_t row_count, row_capacity;
    char table[32]; /* of the row before */
    unsigned section;
    int failed;
};

static void add_row(void *ctx, struct str table, struct str key, struct str value, int64_t at)
{
    struct dump *dump = ctx;
    const struct zone *zone;
    struct civil civil;
    char when[CIVIL_TEXT_BYTES] = "";
    size_t start = dump->out.len;
    if (str_eq_c(table, "outbox")) /* what is on its way is this very answer, as a rule: named, not
                                      shown again */
        value = (struct str){0};
    if (mem_grow(&dump->rows, &dump->row_capacity, dump->row_count, sizeof *dump->rows, ROWS_MAX) <
        0) {
        dump->failed = -E2BIG;
        return;
    }
    if (!str_eq_c(table, dump->table))
        dump->section++;
    str_to_c(str_upto(table, sizeof dump->table - 1), dump->table, sizeof dump->table);
    if (at > 0 && zones_get(dump->zones, dump->zone, &zone) == 0 &&
        zone_local_at(zone, at, &civil) == 0)
        civil_format_short(&civil, when);
    buf_add_c(&dump->out, "- ");
    text_escape(&dump->out, table);
    buf_add_c(&dump->out, " / ");
    text_escape(&dump->out, key);
    buf_add_c(&dump->out, ": ");
    text_escape(&dump->out, value);
    if (when[0])
        buf_add_format(&dump->out, " (%s)", when);
    buf_add_c(&dump->out, "\n");
    dump->rows[dump->row_count++] = (struct row){
        .start = start, .section = dump->section, .at = at};
}

/* The store gives values by keyed hash: the same export would come in another order for everybody.
 */
static int by_section_and_time(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->section != b->section)
        return a->section < b->section ? -1 : 1;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return str_compare(a->line, b->line);
}

static int arrange(struct dump *dump, struct buf *out)
{
    for (size_t i = 0; i < dump->row_count; i++) {
        size_t end = i + 1 < dump->row_count ? dump->rows[i + 1].start : dump->out.len;
        dump->rows[i].line = str_upto(str_from(buf_str(&dump->out), dump->rows[i].start),
                                      end - dump->rows[i].start);
    }
    if (dump->row_count)
        qsort(dump->rows, dump->row_count, sizeof *dump->rows, by_section_and_time);
    for (size_t i = 0; i < dump->row_count; i++)
        buf_add(out, dump->rows[i].line);
    return out->failed;
}

static void add_plugin_row(void *ctx, struct mooring_str key, struct mooring_str value)
{
    add_row(ctx, STR("plugin"), abi_take(key), abi_take(value), 0);
}

/* In parts that end at a line, so that no network has to refuse a long message. */
static int say_parts(struct commands *commands, const struct mooring_event *event, struct str rest)
{
    while (rest.len) {
        size_t length = rest.len;
        if (length > PART_BYTES) {
            length = PART_BYTES;
            while (length > 1 && rest.ptr[length - 1] != '\n')
                length--;
            if (length == 1)
                length = utf8_floor(rest.ptr, rest.len, PART_BYTES);
        }
        struct answer part = {.verbatim = str_upto(rest, length),
                              .flags = MOORING_SAY_PRIVATE_ONLY};
        int r = commands_answer(commands, event, &part);
        if (r < 0)
            return r;
        rest = str_from(rest, length);
    }
    return 0;
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct arena *arena = host_arena(commands->parts.host);
    struct dump dump = {.zones = commands->parts.zones,
                        .zone = people_zone(commands->parts.people, event->member.id,
                                            commands_group(commands, event), arena)};
    struct buf arranged CLEANUP(buf_wipe);
    (void)args;
    buf_init(&arranged, EXPORT_BYTES_MAX);
    buf_init(&dump.out, EXPORT_BYTES_MAX);
    int r = store_members_export(commands->parts.store, event->member.id, add_row, &dump);
    if (r >= 0)
        r = host_export(commands->parts.host, event->member.id, add_plugin_row, &dump);
    if (r >= 0)
        r = dump.out.failed ? dump.out.failed : dump.failed;
    if (r >= 0)
        r = arrange(&dump, &arranged);
    if (r >= 0)
        r = commands_audit(commands, event, event->member.id, "export", (struct str){0});
    if (r >= 0)
        r = commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.export-head",
                              ARG_INT("count", dump.row_count),
                              ARG_TEXT("prefix", commands_prefix(commands)));
    if (r >= 0)
        r = say_parts(commands, event, buf_str(&arranged));
    mem_free(dump.rows);
    buf_wipe(&dump.out);
    return r;
}

const struct mooring_command command_export = {
    .struct_size = sizeof command_export,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "export",
    .aliases = NULL,
    .usage = NULL,
    .help_msgid = "commands.help-export",
    .role = MOORING_ROLE_MEMBER,
    .run = run,
};
