/* SPDX-License-Identifier: MIT */
/* export.c: !export: everything that is kept about the person who asks, in one go. */
#include "commands/export.h"

#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"

/* A message stays well under what the outbox splits (64 lines), and short enough that others have
 * their turn between two of them. */
enum {
    PART_BYTES = 1500,
    PART_LINES = 16,
    LINE_BYTES = 200, /* at least so much of a text becomes one line of a network */
    EXPORT_BYTES_MAX = 4 * 1024 * 1024,
    ROWS_MAX = 100000,
};

/* In the order in which a person would ask.  What plugins say of it in words comes before the same
 * as it lies in the store. */
enum section { WHO, AGREED, WORDS, HELP, DONE, STORED, SECTION_COUNT };
static const char *const headings[SECTION_COUNT] = {
    "export.heading-who",  "export.heading-agreed", "export.heading-words",
    "export.heading-help", "export.heading-done",   "export.heading-stored"};
static const struct {
    const char *what;
    enum section section;
} kinds[] = {{"member", WHO},
             {"forget", WHO},
             {"identity", WHO},
             {"group", WHO},
             {"consent", AGREED},
             {"preference", AGREED},
             {"plugin", WORDS},
             {"alert", HELP},
             {"handled-taken", DONE},
             {"handled-closed", DONE},
             {"handled-called", DONE},
             {"setting", DONE},
             {"audit-own", DONE},
             {"audit-bot", DONE},
             {"audit-other", DONE},
             {"series", STORED},
             {"value", STORED},
             {"dialogue", STORED},
             {"offer", STORED},
             {"trace", STORED},
             {"job", STORED},
             {"link", WHO},
             {"code", WHO},
             {"outbox", STORED},
             {"private-room", STORED},
             {"mark", STORED}};

struct row {
    struct str line; /* of `out`, once all rows are there */
    size_t start;
    unsigned kind; /* index of kinds */
    int64_t at;
};
struct dump {
    struct export_reader reader;
    struct buf out;
    struct row *rows;
    size_t row_count, row_capacity, count;
    struct store_export_field series[2]; /* of the row before: its plugin and name */
    char series_bytes[2 * 64];
    int failed;
};

static unsigned kind_of(const char *what)
{
    for (unsigned i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].what, what) == 0)
            return i;
    return COUNT_OF(kinds) - 1;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int begin_row(struct dump *dump, const char *what, int64_t at)
{
    int r = mem_grow(&dump->rows, &dump->row_capacity, dump->row_count, sizeof *dump->rows,
                     ROWS_MAX);
    if (r < 0)
        return r;
    dump->rows[dump->row_count++] = (struct row){
        .start = dump->out.len, .kind = kind_of(what), .at = at};
    buf_add_c(&dump->out, "- ");
    return 0;
}

/* Numbers of one series stand behind each other in one line: the store gives them in that order. */
static bool goes_on(struct dump *dump, const struct store_export_row *row)
{
    if (strcmp(row->what, "series") != 0)
        return false;
    struct str plugin = row->fields[0].text, name = row->fields[1].text;
    bool same = dump->row_count && str_eq(plugin, dump->series[0].text) &&
                str_eq(name, dump->series[1].text) &&
                dump->rows[dump->row_count - 1].kind == kind_of("series");
    plugin = str_upto(plugin, MIN_OF(plugin.len, sizeof dump->series_bytes / 2));
    name = str_upto(name, MIN_OF(name.len, sizeof dump->series_bytes / 2));
    char *bytes = dump->series_bytes;
    if (plugin.len)
        memcpy(bytes, plugin.ptr, plugin.len);
    if (name.len)
        memcpy(bytes + plugin.len, name.ptr, name.len);
    dump->series[0].text = (struct str){bytes, plugin.len};
    dump->series[1].text = (struct str){bytes + plugin.len, name.len};
    return same;
}

static void add_row(void *ctx, const struct store_export_row *row)
{
    struct dump *dump = ctx;
    struct store_export_row next = *row;
    if (dump->failed < 0)
        return;
    dump->count++;
    if (goes_on(dump, row)) {
        dump->out.len--; /* the line's end */
        next.what = "series-next";
        buf_add_c(&dump->out, ", ");
    } else {
        dump->failed = begin_row(dump, row->what, row->at);
    }
    if (dump->failed == 0)
        dump->failed = export_add_row(&dump->reader, &next, &dump->out);
    buf_add_c(&dump->out, "\n");
    dump->failed = MIN_OF(dump->failed, 0);
}

static void add_plugin_row(void *ctx, struct mooring_str key, struct mooring_str value)
{
    struct dump *dump = ctx;
    const struct mooring_arg args[] = {abi_text("key", abi_take(key)),
                                       abi_text("value", abi_take(value))};
    if (dump->failed < 0)
        return;
    dump->failed = begin_row(dump, "plugin", 0);
    if (dump->failed == 0)
        dump->failed = export_add_text(&dump->reader, "export.plugin", args, COUNT_OF(args),
                                       &dump->out);
    buf_add_c(&dump->out, "\n");
    dump->failed = MIN_OF(dump->failed, 0);
}

/* The store gives values by keyed hash: the same export would come in another order for everybody.
 */
static int by_kind_and_time(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return str_compare(a->line, b->line);
}

static int arrange(struct dump *dump, struct buf *out)
{
    enum section section = SECTION_COUNT;
    int r = 0;
    for (size_t i = 0; i < dump->row_count; i++) {
        size_t end = i + 1 < dump->row_count ? dump->rows[i + 1].start : dump->out.len;
        dump->rows[i].line = str_upto(str_from(buf_str(&dump->out), dump->rows[i].start),
                                      end - dump->rows[i].start);
    }
    if (dump->row_count)
        qsort(dump->rows, dump->row_count, sizeof *dump->rows, by_kind_and_time);
    for (size_t i = 0; r >= 0 && i < dump->row_count; i++) {
        if (kinds[dump->rows[i].kind].section != section) {
            section = kinds[dump->rows[i].kind].section;
            r = export_add_text(&dump->reader, headings[section], NULL, 0, out);
            buf_add_c(out, "\n\n");
        }
        buf_add(out, dump->rows[i].line);
    }
    return r < 0 ? r : out->failed;
}

/* ---- saying it ------------------------------------------------------------------------------- */

/* How many lines of a network this line of Markdown may become; a line break that a person typed is
 * written "&#10;". */
static size_t lines_of(struct str line)
{
    size_t count = 1 + line.len / LINE_BYTES;
    for (size_t at = str_find(line, STR("&#10;"), 0); at != SIZE_MAX;
         at = str_find(line, STR("&#10;"), at + 1))
        count++;
    return count;
}

/* Where a long line may be cut: behind a space, else anywhere but within an escaped character. */
static size_t cut(struct str line)
{
    size_t at = PART_BYTES;
    while (at > PART_BYTES / 2 && line.ptr[at - 1] != ' ')
        at--;
    if (line.ptr[at - 1] == ' ')
        return at;
    at = utf8_floor(line.ptr, line.len, PART_BYTES);
    for (size_t back = 1; back < 8; back++)
        if (line.ptr[at - back] == '&' || line.ptr[at - back] == '\\')
            return at - back;
    return at;
}

/* The next message's share: whole lines where that can be. */
static size_t part_of(struct str rest)
{
    size_t size = 0, lines = 0;
    while (size < rest.len) {
        size_t end = str_find(rest, STR("\n"), size);
        end = end == SIZE_MAX ? rest.len : end + 1;
        lines += lines_of(str_upto(str_from(rest, size), end - size));
        if (size > 0 && (end > PART_BYTES || lines > PART_LINES))
            break;
        size = end;
    }
    return size > PART_BYTES ? cut(rest) : size;
}

/* A paced network needs its time for many of them: a day instead of ten minutes. */
static int say_parts(struct commands *commands, const struct mooring_event *event, struct str rest)
{
    int r = 0;
    while (r >= 0 && rest.len) {
        size_t size = part_of(rest);
        struct answer part = {.verbatim = str_upto(rest, size),
                              .flags = MOORING_SAY_PRIVATE_ONLY,
                              .is_long = true,
                              .expires_at = clock_wall_at(commands->parts.clock) + CLOCK_DAY_MS};
        r = commands_answer(commands, event, &part);
        rest = str_from(rest, size);
    }
    return r;
}

static int say(struct commands *commands, const struct mooring_event *event,
               const struct dump *dump, struct str arranged)
{
    int r = commands_audit(commands, event, event->member.id, "export", (struct str){0});
    if (r >= 0)
        r = commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.export-head",
                              abi_int("count", (int64_t)dump->count),
                              abi_text("zone", dump->reader.zone),
                              abi_text("prefix", commands_prefix(commands)));
    return r < 0 ? r : say_parts(commands, event, arranged);
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct arena *arena = host_arena(commands->parts.host);
    const struct group *group = commands_group(commands, event);
    struct people *people = commands->parts.people;
    struct dump dump = {
        .reader = {.commands = commands,
                   .language = people_language(people, event->member.id, group, arena),
                   .zone = people_zone(people, event->member.id, group, arena)}};
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
        r = say(commands, event, &dump, buf_str(&arranged));
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
