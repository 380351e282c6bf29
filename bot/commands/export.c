/* SPDX-License-Identifier: MIT */
/* export.c: !export: everything that is kept about the person who asks, in one go. */
#include <errno.h>

#include "base/utf8.h"
#include "commands/internal.h"

enum { PART_BYTES = 3000, EXPORT_BYTES_MAX = 4 * 1024 * 1024 };

struct dump {
    struct buf out;
    struct zones *zones;
    struct str zone;
    size_t rows;
};

static void add_row(void *ctx, struct str table, struct str key, struct str value, int64_t at)
{
    struct dump *dump = ctx;
    const struct zone *zone;
    struct civil civil;
    char when[CIVIL_TEXT_BYTES] = "";
    if (at > 0 && zones_get(dump->zones, dump->zone, &zone) == 0 && zone_local_at(zone, at, &civil) == 0)
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
    dump->rows++;
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
        struct answer part = {.verbatim = str_upto(rest, length), .flags = MOORING_SAY_PRIVATE_ONLY};
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
                        .zone = people_zone(commands->parts.people, event->member.id, commands_group(commands, event), arena)};
    (void)args;
    buf_init(&dump.out, EXPORT_BYTES_MAX);
    int r = store_members_export(commands->parts.store, event->member.id, add_row, &dump);
    if (r >= 0)
        r = host_export(commands->parts.host, event->member.id, add_plugin_row, &dump);
    if (r >= 0)
        r = dump.out.failed;
    if (r >= 0)
        r = commands_audit(commands, event, event->member.id, "export", (struct str){0});
    if (r >= 0)
        r = commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.export-head", ARG_INT("count", dump.rows),
                              ARG_TEXT("prefix", commands_prefix(commands)));
    if (r >= 0)
        r = say_parts(commands, event, buf_str(&dump.out));
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
